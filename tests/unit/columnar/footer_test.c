// SPDX-License-Identifier: Apache-2.0
// Footers written by hand: what they say must come out, and whatever is wrong with one must be
// told.
#include "fixture.h"

#include "columnar/footer.h"
#include "columnar/page_index.h"
#include "os/file.h"
#include "thrift_build.h"

#include <string.h>

// ================================================================ a footer to change

// One column "id" (INT64, optional) and a list of strings "tags", one row group of three rows.
struct sample {
    int64_t rows, children, chunks, data_offset, physical, entries, dictionary_offset;
    int64_t repetition, column_index_offset;
    bool no_codec, no_name;
};
static const struct sample GOOD = {.rows = 3,
                                   .children = 2,
                                   .chunks = 2,
                                   .data_offset = 40,
                                   .physical = PARQUET_INT64,
                                   .entries = 3,
                                   .dictionary_offset = 4,
                                   .repetition = PARQUET_OPTIONAL,
                                   .column_index_offset = 200};

static void put_element(struct build *b, int physical, int repetition, struct str name,
                        int children, int converted)
{
    build_item(b);
    if (physical >= 0)
        build_int(b, 1, physical);
    build_int(b, 3, repetition);
    build_text(b, 4, name);
    if (children >= 0)
        build_int(b, 5, children);
    if (converted >= 0)
        build_int(b, 6, converted);
    build_end(b);
}

static void put_schema(struct build *b, const struct sample *s)
{
    build_list(b, 2, THRIFT_STRUCT, 5);
    put_element(b, -1, PARQUET_REQUIRED, S("schema"), (int)s->children, -1);
    build_item(b);
    build_int(b, 1, s->physical);
    build_int(b, 3, s->repetition);
    if (!s->no_name)
        build_text(b, 4, S("id"));
    build_int(b, 9, 77);
    build_struct(b, 10); // LogicalType
    build_struct(b, 8);  // TIMESTAMP
    build_bool(b, 1, true);
    build_struct(b, 2);
    build_struct(b, 2); // MICROS
    build_end(b);
    build_end(b);
    build_end(b);
    build_end(b);
    build_end(b);
    put_element(b, -1, PARQUET_OPTIONAL, S("tags"), 1, 3);
    put_element(b, -1, PARQUET_REPEATED, S("list"), 1, -1);
    put_element(b, PARQUET_BYTE_ARRAY, PARQUET_OPTIONAL, S("element"), -1, 0);
}

static void put_statistics(struct build *b)
{
    build_struct(b, 12);
    build_int(b, 3, 1);
    build_text(b, 5, S("\x02\0\0\0\0\0\0\0"));
    build_text(b, 6, S("\x01\0\0\0\0\0\0\0"));
    build_bool(b, 7, false);
    build_bool(b, 8, true);
    build_end(b);
}

static void put_chunk(struct build *b, const struct sample *s, bool is_tags)
{
    build_item(b);
    build_int(b, 2, 0);
    build_struct(b, 3);
    build_int(b, 1, is_tags ? PARQUET_BYTE_ARRAY : PARQUET_INT64);
    build_list(b, 2, THRIFT_I32, 3);
    build_zigzag(b, PARQUET_PLAIN);
    build_zigzag(b, PARQUET_RLE_DICTIONARY);
    build_zigzag(b, 99);
    build_list(b, 3, THRIFT_BINARY, is_tags ? 3 : 1);
    build_text_item(b, is_tags ? S("tags") : S("id"));
    if (is_tags) {
        build_text_item(b, S("list"));
        build_text_item(b, S("item")); // as older pyarrow: not the schema's name
    }
    if (!s->no_codec)
        build_int(b, 4, PARQUET_ZSTD);
    build_int(b, 5, s->entries);
    build_int(b, 6, 500);
    build_int(b, 7, 100);
    build_int(b, 9, s->data_offset);
    if (!is_tags)
        build_int(b, 11, s->dictionary_offset);
    if (!is_tags)
        put_statistics(b);
    build_list(b, 13, THRIFT_STRUCT, 1);
    build_item(b);
    build_int(b, 1, PARQUET_DATA_PAGE_V2);
    build_int(b, 2, PARQUET_RLE_DICTIONARY);
    build_int(b, 3, 6);
    build_end(b);
    build_struct(b, 16);
    build_int(b, 1, 1234);
    build_list(b, 3, THRIFT_I64, 2);
    build_zigzag(b, 1);
    build_zigzag(b, 2);
    build_end(b);
    build_end(b);
    build_int(b, 6, s->column_index_offset);
    build_int(b, 7, 20);
    build_end(b);
}

static struct str file_of(struct arena *arena, const struct sample *s)
{
    struct build b = build_in(arena);
    build_int(&b, 1, 2);
    put_schema(&b, s);
    build_int(&b, 3, s->rows);
    build_list(&b, 4, THRIFT_STRUCT, 1);
    build_item(&b);
    build_list(&b, 1, THRIFT_STRUCT, (size_t)s->chunks);
    for (int64_t i = 0; i < s->chunks; i++)
        put_chunk(&b, s, i > 0);
    build_int(&b, 2, 1000);
    build_int(&b, 3, s->rows);
    build_end(&b);
    build_list(&b, 5, THRIFT_STRUCT, 1);
    build_item(&b);
    build_text(&b, 1, S("k"));
    build_end(&b);
    build_text(&b, 6, S("by hand"));
    build_list(&b, 7, THRIFT_STRUCT, 2);
    for (int i = 0; i < 2; i++) {
        build_item(&b);
        build_struct(&b, 1);
        build_end(&b);
        build_end(&b);
    }
    buf_put_u8(&b.bytes, THRIFT_STOP);
    struct buf file = buf_in(arena, BUF_MAX_DEFAULT);
    buf_puts(&file, "PAR1");
    for (int i = 0; i < 300; i++) // pages
        buf_put_char(&file, '.');
    buf_put(&file, buf_str(&b.bytes));
    buf_put_u32le(&file, (uint32_t)b.bytes.len);
    buf_puts(&file, "PAR1");
    return buf_str(&file);
}

static struct parquet_footer *parse(struct arena *arena, struct str file)
{
    struct parquet_footer *footer = NULL;
    struct error error = {0};
    if (footer_parse(arena, file, file.len, &footer, &error) != OK)
        print_error("%s at %zu\n", error.text, error.offset);
    assert_non_null(footer);
    return footer;
}

// ================================================================ what is read

static void test_a_footer_says_what_was_written(void **state)
{
    struct str file = file_of(*state, &GOOD);
    struct parquet_footer *footer = parse(*state, file);
    assert_int_equal(footer->version, 2);
    assert_int_equal(footer->rows, 3);
    assert_str(footer->created_by, "by hand");
    assert_int_equal(footer->element_count, 5);
    assert_int_equal(footer->leaf_count, 2);
    assert_int_equal(footer->row_group_count, 1);
    assert_int_equal(footer->metadata_count, 1);
    assert_str(footer->metadata[0].key, "k");
    assert_null(footer->metadata[0].value.ptr);
    assert_int_equal(footer->file_bytes, file.len);
    assert_int_equal(footer->offset, 304);
}

static void test_the_schema_is_a_tree_with_levels(void **state)
{
    struct parquet_footer *footer = parse(*state, file_of(*state, &GOOD));
    const struct parquet_element *id = footer_leaf(footer, 0), *tag = footer_leaf(footer, 1);
    assert_int_equal(id->logical.kind, LOGICAL_TIMESTAMP);
    assert_int_equal(id->logical.unit, PARQUET_MICROS);
    assert_true(id->logical.is_utc && id->has_field_id);
    assert_int_equal(id->field_id, 77);
    assert_int_equal(id->max_definition, 1);
    assert_int_equal(id->max_repetition, 0);
    assert_int_equal(id->order, ORDER_BY_TYPE);
    assert_int_equal(tag->logical.kind, LOGICAL_STRING);
    assert_int_equal(tag->max_definition, 3);
    assert_int_equal(tag->max_repetition, 1);
    assert_int_equal(footer->elements[1].next, 2);
    assert_int_equal(footer->elements[2].next, 5);
    assert_int_equal(footer->elements[2].leaf_count, 1);
    struct buf path = buf_in(*state, 100);
    footer_path_put(&path, footer, 1);
    assert_str(buf_str(&path), "tags.list.element");
}

static void test_column_chunks(void **state)
{
    struct parquet_footer *footer = parse(*state, file_of(*state, &GOOD));
    const struct parquet_chunk *id = &footer->row_groups[0].chunks[0], *tags = id + 1;
    assert_int_equal(id->codec, PARQUET_ZSTD);
    assert_int_equal(id->encodings, 1u << PARQUET_PLAIN | 1u << PARQUET_RLE_DICTIONARY | 1u << 31);
    assert_int_equal(id->bytes_compressed, 100);
    assert_int_equal(id->bytes_uncompressed, 500);
    assert_int_equal(id->dictionary_offset, 4);
    assert_int_equal(tags->dictionary_offset, -1);
    assert_int_equal(id->column_index_offset, 200);
    assert_int_equal(id->offset_index_offset, -1);
    assert_int_equal(id->bloom_offset, -1);
    assert_int_equal(id->data_pages, 6);
    assert_int_equal(id->data_pages_v2, 6);
    assert_int_equal(id->dictionary_coded_pages, 6);
    assert_int_equal(id->unencoded_bytes, 1234);
    assert_int_equal(id->definition_levels, 2);
    assert_int_equal(id->definition_histogram[1], 2);
    assert_null(id->repetition_histogram);
    assert_false(id->path_differs);
    assert_true(tags->path_differs);
}

static void test_statistics(void **state)
{
    struct parquet_footer *footer = parse(*state, file_of(*state, &GOOD));
    const struct parquet_statistics *told = &footer->row_groups[0].chunks[0].statistics;
    const struct parquet_statistics *none = &footer->row_groups[0].chunks[1].statistics;
    assert_int_equal(told->nulls, 1);
    assert_int_equal(told->distinct, -1);
    assert_int_equal(told->least.ptr[0], 1);
    assert_int_equal(told->greatest.ptr[0], 2);
    assert_int_equal(told->least_exact, 1);
    assert_int_equal(told->greatest_exact, 0);
    assert_true(footer_bounds_hold(footer_leaf(footer, 0), told));
    assert_int_equal(none->nulls, -1);
    assert_null(none->least.ptr);
    assert_int_equal(none->least_exact, -1);
}

static void test_when_bounds_hold(void **state)
{
    (void)state;
    static const struct {
        struct parquet_element leaf;
        bool deprecated, holds;
    } ROWS[] = {
        {{.physical = PARQUET_INT32}, true, true},
        {{.physical = PARQUET_BYTE_ARRAY}, true, false}, // compared as signed bytes
        {{.physical = PARQUET_BYTE_ARRAY}, false, true},
        {{.physical = PARQUET_INT32, .logical = {.kind = LOGICAL_INTEGER, .bits = 32}},
         true,
         false},
        {{.physical = PARQUET_INT32, .logical = {.kind = LOGICAL_INTEGER, .bits = 32}},
         false,
         true},
        {{.physical = PARQUET_INT96}, false, false},
        {{.physical = PARQUET_INT96, .order = ORDER_INT96}, false, true},
        {{.physical = PARQUET_DOUBLE, .order = ORDER_OTHER}, false, false},
        {{.physical = PARQUET_BYTE_ARRAY, .logical = {.kind = LOGICAL_GEOMETRY}}, false, false},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct parquet_statistics statistics = {
            .least = S("a"), .greatest = S("b"), .deprecated = ROWS[i].deprecated};
        assert_int_equal(footer_bounds_hold(&ROWS[i].leaf, &statistics), ROWS[i].holds);
    }
    struct parquet_statistics one = {.least = S("a"), .greatest = S("a"), .deprecated = true};
    assert_true(footer_bounds_hold(&ROWS[1].leaf, &one)); // one value is in any order
}

// ================================================================ what is refused

static void expect(struct arena *arena, struct str file, enum err kind, const char *words)
{
    struct parquet_footer *footer = NULL;
    struct error error = {0};
    assert_int_equal(footer_parse(arena, file, file.len, &footer, &error), kind);
    if (!strstr(error.text, words))
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
    assert_true(error.offset <= file.len);
    assert_null(footer);
}

static void test_what_a_footer_cannot_say(void **state)
{
    static const struct {
        struct sample change; // of GOOD: fields that are not zero
        enum err kind;
        const char *words;
    } ROWS[] = {
        {{.rows = -1}, ERR_CORRUPT, "negative"},
        {{.entries = -7}, ERR_CORRUPT, "negative"},
        {{.children = 1}, ERR_CORRUPT, "belongs to no group"},
        {{.children = 3}, ERR_CORRUPT, "fewer children"},
        {{.chunks = 1}, ERR_CORRUPT, "1 column chunks, the schema 2"},
        {{.chunks = 3}, ERR_CORRUPT, "3 column chunks, the schema 2"},
        {{.data_offset = 250}, ERR_CORRUPT, "(100 bytes at 250)"},
        {{.data_offset = -1, .dictionary_offset = -1}, ERR_CORRUPT, "at -1) is not between"},
        {{.data_offset = INT64_MAX}, ERR_CORRUPT, "first data page of column \"id\""},
        {{.dictionary_offset = 305}, ERR_CORRUPT, "dictionary page"},
        {{.column_index_offset = 290}, ERR_CORRUPT, "column index"},
        {{.physical = PARQUET_INT32}, ERR_CORRUPT, "another type"},
        {{.physical = 8}, ERR_UNSUPPORTED, "physical type"},
        {{.repetition = 3}, ERR_UNSUPPORTED, "repetition"},
        {{.no_codec = true}, ERR_CORRUPT, "lacks a field"},
        {{.no_name = true}, ERR_CORRUPT, "no name"},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct sample s = GOOD;
        const struct sample *c = &ROWS[i].change;
        s.rows = c->rows ? c->rows : s.rows;
        s.entries = c->entries ? c->entries : s.entries;
        s.children = c->children ? c->children : s.children;
        s.chunks = c->chunks ? c->chunks : s.chunks;
        s.data_offset = c->data_offset ? c->data_offset : s.data_offset;
        s.dictionary_offset = c->dictionary_offset ? c->dictionary_offset : s.dictionary_offset;
        s.column_index_offset =
            c->column_index_offset ? c->column_index_offset : s.column_index_offset;
        s.physical = c->physical ? c->physical : s.physical;
        s.repetition = c->repetition ? c->repetition : s.repetition;
        s.no_codec = c->no_codec;
        s.no_name = c->no_name;
        expect(*state, file_of(*state, &s), ROWS[i].kind, ROWS[i].words);
    }
}

static void test_a_dictionary_at_zero_is_none(void **state)
{
    struct sample s = GOOD;
    s.dictionary_offset = 0;
    struct parquet_footer *footer = parse(*state, file_of(*state, &s));
    assert_int_equal(footer->row_groups[0].chunks[0].dictionary_offset, -1);
}

static void test_lengths_and_magic(void **state)
{
    struct str file = file_of(*state, &GOOD);
    char *bytes = str_cstr(*state, file);
    memcpy(bytes + file.len - 4, "PARE", 4);
    expect(*state, str_n(bytes, file.len), ERR_UNSUPPORTED, "encrypted");
    memcpy(bytes + file.len - 4, "PAR2", 4);
    expect(*state, str_n(bytes, file.len), ERR_CORRUPT, "cut short");
    memcpy(bytes + file.len - 4, "PAR1", 4);
    memset(bytes + file.len - 8, 0xFF, 4);
    expect(*state, str_n(bytes, file.len), ERR_CORRUPT, "greater than the file");
    expect(*state, S("PAR1PAR1"), ERR_INVALID, "too few");
    expect(*state, STR_NONE, ERR_INVALID, "too few");
    uint64_t needed;
    struct error error = {0};
    assert_int_equal(footer_tail_bytes(S("\x00\x00\x00\x7fPAR1"), UINT64_MAX, &needed, &error),
                     ERR_LIMIT);
}

static void test_no_part_of_a_footer_can_be_missing(void **state)
{
    struct str file = file_of(*state, &GOOD);
    size_t footer_bytes = file.len - 304 - FOOTER_ENDING_BYTES;
    for (size_t len = 0; len < footer_bytes; len++) {
        struct buf cut = buf_in(*state, BUF_MAX_DEFAULT);
        buf_put(&cut, str_slice(file, 0, 304 + len));
        buf_put_u32le(&cut, (uint32_t)len);
        buf_puts(&cut, "PAR1");
        expect(*state, buf_str(&cut), ERR_CORRUPT, "");
    }
}

static void test_heads_of_other_formats(void **state)
{
    (void)state;
    struct error error = {0};
    assert_int_equal(footer_head_check(S("PAR1...."), &error), OK);
    assert_int_equal(footer_head_check(S("\x1f\x8b\x08\x00"), &error), ERR_INVALID);
    assert_non_null(strstr(error.text, "gzip"));
    assert_int_equal(footer_head_check(S("{\"a\""), &error), ERR_INVALID);
    assert_non_null(strstr(error.text, "JSON"));
    assert_int_equal(footer_head_check(S("abcd"), &error), ERR_INVALID);
    assert_non_null(strstr(error.text, "PAR1"));
}

// A footer that is longer than what is read first, and files that are not there or no files of
// ours.
static void test_files(void **state)
{
    struct arena *arena = *state;
    char *folder;
    struct error error = {0};
    struct parquet_footer *footer = NULL;
    assert_int_equal(folder_make_temp(arena, NULL, "footer", &folder, &error), OK);
    const char *path = str_cstr(arena, str_format(arena, "%s/x.parquet", folder));
    assert_int_equal(footer_open(arena, path, &footer, &error), ERR_NOT_FOUND);
    assert_int_equal(file_write_atomic(path, S("PAR"), 0600, &error), OK);
    assert_int_equal(footer_open(arena, path, &footer, &error), ERR_INVALID);
    assert_int_equal(file_write_atomic(path, S("{\"json\": true}\n"), 0600, &error), OK);
    assert_int_equal(footer_open(arena, path, &footer, &error), ERR_INVALID);
    assert_int_equal(file_write_atomic(path, file_of(arena, &GOOD), 0600, &error), OK);
    assert_int_equal(footer_open(arena, path, &footer, &error), OK);
    assert_int_equal(footer->rows, 3);

    struct build b = build_in(arena);
    build_list(&b, 2, THRIFT_STRUCT, 1);
    put_element(&b, -1, PARQUET_REQUIRED, S("schema"), 0, -1);
    build_int(&b, 3, 5);
    build_list(&b, 4, THRIFT_STRUCT, 0);
    char *text = (char *)arena_alloc(arena, 3 * FOOTER_TAIL_BYTES);
    memset(text, 'x', 3 * FOOTER_TAIL_BYTES);
    build_text(&b, 6, str_n(text, 3 * FOOTER_TAIL_BYTES));
    buf_put_u8(&b.bytes, THRIFT_STOP);
    struct buf file = buf_in(arena, BUF_MAX_DEFAULT);
    buf_puts(&file, "PAR1");
    buf_put(&file, buf_str(&b.bytes));
    buf_put_u32le(&file, (uint32_t)b.bytes.len);
    buf_puts(&file, "PAR1");
    assert_int_equal(file_write_atomic(path, buf_str(&file), 0600, &error), OK);
    assert_int_equal(footer_open(arena, path, &footer, &error), OK);
    assert_int_equal(footer->created_by.len, 3 * FOOTER_TAIL_BYTES);
    assert_int_equal(folder_remove_all(folder, &error), OK);
}

static void test_deep_schemas_are_refused(void **state)
{
    struct parquet_footer footer = {0};
    struct error error = {0};
    footer.element_count = FOOTER_DEPTH_MAX + 3;
    footer.elements = ARENA_ARRAY(*state, struct parquet_element, footer.element_count);
    for (size_t i = 0; i < footer.element_count; i++)
        footer.elements[i] = (struct parquet_element){.name = S("g"), .children = 1};
    footer.elements[footer.element_count - 1].is_leaf = true;
    footer.elements[footer.element_count - 1].children = 0;
    assert_int_equal(footer_link(*state, &footer, &error), ERR_LIMIT);
    footer.elements += 3;
    footer.element_count -= 3;
    assert_int_equal(footer_link(*state, &footer, &error), OK);
    struct type *type;
    assert_int_equal(footer_type(*state, &footer, &type, &error), ERR_LIMIT);
}

// ================================================================ page indexes

static void test_page_indexes(void **state)
{
    struct build b = build_in(*state);
    build_list(&b, 1, THRIFT_STRUCT, 2);
    for (int i = 0; i < 2; i++) {
        build_item(&b);
        build_int(&b, 1, 4 + 100 * i);
        build_int(&b, 2, 100);
        build_int(&b, 3, 10 * i);
        build_end(&b);
    }
    buf_put_u8(&b.bytes, THRIFT_STOP);
    struct page_index index = {0};
    struct error error = {0};
    assert_int_equal(page_index_offsets(*state, buf_str(&b.bytes), 0, &index, &error), OK);
    assert_int_equal(index.count, 2);
    assert_int_equal(index.locations[1].offset, 104);
    assert_int_equal(index.locations[1].first_row, 10);

    struct build c = build_in(*state);
    build_list(&c, 1, THRIFT_TRUE, 2);
    buf_put_u8(&c.bytes, THRIFT_FALSE);
    buf_put_u8(&c.bytes, THRIFT_TRUE);
    for (int id = 2; id <= 3; id++) {
        build_list(&c, id, THRIFT_BINARY, 2);
        build_text_item(&c, id == 2 ? S("a") : S("z"));
        build_text_item(&c, S(""));
    }
    build_int(&c, 4, PARQUET_ASCENDING);
    buf_put_u8(&c.bytes, THRIFT_STOP);
    assert_int_equal(page_index_columns(*state, buf_str(&c.bytes), 0, &index, &error), OK);
    assert_false(index.bounds[0].is_null);
    assert_true(index.bounds[1].is_null);
    assert_str(index.bounds[0].least, "a");
    assert_str(index.bounds[0].greatest, "z");
    assert_int_equal(index.bounds[0].nulls, -1);
    assert_int_equal(index.boundary, PARQUET_ASCENDING);

    index = (struct page_index){.locations = index.locations, .count = 1}; // of another chunk
    assert_int_equal(page_index_columns(*state, buf_str(&c.bytes), 0, &index, &error), ERR_CORRUPT);
}

static void test_page_indexes_that_go_backwards(void **state)
{
    struct build b = build_in(*state);
    build_list(&b, 1, THRIFT_STRUCT, 2);
    for (int i = 0; i < 2; i++) {
        build_item(&b);
        build_int(&b, 1, 4);
        build_int(&b, 2, 100);
        build_int(&b, 3, 10 - i);
        build_end(&b);
    }
    buf_put_u8(&b.bytes, THRIFT_STOP);
    struct page_index index = {0};
    struct error error = {0};
    assert_int_equal(page_index_offsets(*state, buf_str(&b.bytes), 0, &index, &error), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_a_footer_says_what_was_written),
        ARENA_TEST(test_the_schema_is_a_tree_with_levels),
        ARENA_TEST(test_column_chunks),
        ARENA_TEST(test_statistics),
        ARENA_TEST(test_when_bounds_hold),
        ARENA_TEST(test_what_a_footer_cannot_say),
        ARENA_TEST(test_a_dictionary_at_zero_is_none),
        ARENA_TEST(test_lengths_and_magic),
        ARENA_TEST(test_no_part_of_a_footer_can_be_missing),
        ARENA_TEST(test_heads_of_other_formats),
        ARENA_TEST(test_files),
        ARENA_TEST(test_deep_schemas_are_refused),
        ARENA_TEST(test_page_indexes),
        ARENA_TEST(test_page_indexes_that_go_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
