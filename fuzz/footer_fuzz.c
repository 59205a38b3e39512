// SPDX-License-Identifier: Apache-2.0
// The end of a Parquet file, of any bytes: a footer is read or refused with a reason, never with an
// offset outside of the file. What is read must keep what footer.h promises, and its columns,
// tables and JSON can be made. The same bytes as page indexes.
//
// The file is said to be large, so that footers without their data are footers of a file.
#include "columnar/inspect.h"
#include "columnar/page_index.h"
#include "fuzz.h"

#include <assert.h>

#define FILE_BYTES ((uint64_t)1 << 40)

static void check_footer(const struct parquet_footer *footer)
{
    size_t leaves = 0;
    assert(footer->element_count > 0 && footer->elements[0].next == footer->element_count);
    assert(footer->offset + footer->bytes + FOOTER_ENDING_BYTES == FILE_BYTES);
    for (size_t i = 1; i < footer->element_count; i++) {
        const struct parquet_element *element = &footer->elements[i];
        assert(element->parent < i && element->next > i && element->next <= footer->element_count);
        assert(element->max_repetition <= element->max_definition);
        assert(element->max_definition <= FOOTER_DEPTH_MAX);
        leaves += element->is_leaf;
    }
    assert(leaves == footer->leaf_count && footer->elements[0].leaf_count == leaves);
    for (size_t g = 0; g < footer->row_group_count; g++)
        for (size_t i = 0; i < footer->leaf_count; i++) {
            const struct parquet_chunk *chunk = &footer->row_groups[g].chunks[i];
            assert(chunk->entries >= 0 && chunk->bytes_compressed >= 0);
            assert(chunk->file_path.len || (uint64_t)chunk->data_offset <= footer->offset);
        }
}

static void check_tables(struct arena *arena, const struct parquet_footer *footer,
                         const struct type *columns)
{
    inspect_facts(arena, footer);
    inspect_columns(arena, footer);
    inspect_row_groups(arena, footer);
    struct inspect_table schema = inspect_schema(arena, footer, columns);
    assert(schema.count == footer->element_count - 1);
    for (size_t g = 0; g < footer->row_group_count && g < 4; g++)
        assert(inspect_chunks(arena, footer, g).count == footer->leaf_count);
    struct json *value = NULL;
    struct str text = json_text(arena, inspect_json(arena, footer, columns));
    struct error error = {0};
    enum err err = json_parse(arena, text, &value, &error);
    assert(err == OK || error.kind == ERR_LIMIT || text.len >= BUF_MAX_DEFAULT);
}

static void check_column_types(struct arena *arena, const struct type *columns)
{
    struct buf text = buf_in(arena, SIZE_MAX / 2);
    for (size_t i = 0; i < columns->count; i++) {
        for (size_t j = 0; j < i && columns->count < 100; j++)
            assert(!str_eq(columns->fields[i].name, columns->fields[j].name));
        type_put(&text, columns->fields[i].type);
    }
}

static void check_indexes(struct arena *arena, struct str bytes)
{
    struct page_index index = {0};
    if (page_index_offsets(arena, bytes, 0, &index, NULL) == OK)
        for (size_t i = 1; i < index.count; i++)
            assert(index.locations[i].first_row >= index.locations[i - 1].first_row);
    if (page_index_columns(arena, bytes, 0, &index, NULL) == OK)
        assert(index.bounds || index.count == 0);
}

static void run_tail(struct arena *arena, struct str tail)
{
    struct parquet_footer *footer = NULL;
    struct type *columns = NULL;
    struct error error = {0};
    enum err err = footer_parse(arena, tail, FILE_BYTES, &footer, &error);
    assert(err == error.kind && error.offset <= FILE_BYTES);
    if (err != OK)
        return;
    check_footer(footer);
    if (footer_type(arena, footer, &columns, &error) == OK) {
        check_column_types(arena, columns);
        check_tables(arena, footer, columns);
    }
}

// The same with an ending that is right, for a change of the length spoils the ending.
static struct str with_ending(struct arena *arena, struct str tail)
{
    struct str thrift = str_ends(tail, S("PAR1")) && tail.len >= FOOTER_ENDING_BYTES
                            ? str_slice(tail, 0, tail.len - FOOTER_ENDING_BYTES)
                            : tail;
    struct buf out = buf_in(arena, SIZE_MAX / 2);
    buf_put(&out, thrift);
    buf_put_u32le(&out, (uint32_t)thrift.len);
    buf_puts(&out, "PAR1");
    return buf_str(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    struct str tail = str_n((const char *)bytes, len), ended = with_ending(&arena, tail);
    enum err head = footer_head_check(tail, NULL);
    assert(head == OK || head == ERR_INVALID);
    check_indexes(&arena, tail);
    run_tail(&arena, tail);
    if (!str_eq(tail, ended))
        run_tail(&arena, ended);
    arena_deinit(&arena);
    return 0;
}
