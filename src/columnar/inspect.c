// SPDX-License-Identifier: Apache-2.0
// Tables and JSON are made from the same model; a column's row over several row groups is made by
// summing its chunks up to one chunk, which then is shown like any other.
#include "columnar/inspect.h"

#include "columnar/inspect_text.h"

#define METADATA_VALUE_MAX 200 // bytes of a value in a table
#define SEVERAL_CODECS INT32_MIN

static struct str *add_row(struct arena *arena, struct inspect_table *table)
{
    size_t cells = 0;
    while (table->columns[cells])
        cells++;
    struct str *row = ARENA_ARRAY(arena, struct str, cells);
    *ARENA_PUSH(arena, table->rows, table->count, table->capacity) = row;
    return row;
}

// Valid UTF-8 whatever the file holds.
struct str inspect_clean(struct arena *arena, struct str text)
{
    if (str_is_utf8(text))
        return text;
    struct buf out = buf_in(arena, 3 * text.len);
    while (text.len) {
        size_t valid = str_utf8_prefix(text);
        buf_put(&out, str_slice(text, 0, valid));
        if (valid < text.len)
            buf_puts(&out, "\xEF\xBF\xBD");
        text = str_from(text, valid < text.len ? valid + 1 : valid);
    }
    return buf_str(&out);
}

static struct str number(struct arena *arena, int64_t value)
{
    return str_format(arena, "%lld", (long long)value);
}

static struct str told(struct arena *arena, int64_t value) // -1: not told
{
    return value < 0 ? STR_NONE : number(arena, value);
}

static struct str ratio(struct arena *arena, int64_t uncompressed, int64_t compressed)
{
    if (compressed <= 0)
        return STR_NONE;
    return str_format(arena, "%.2f", (double)uncompressed / (double)compressed);
}

struct str inspect_path(struct arena *arena, const struct parquet_footer *footer, size_t leaf)
{
    struct buf path = buf_in(arena, BUF_MAX_DEFAULT);
    footer_path_put(&path, footer, leaf);
    return inspect_clean(arena, buf_str(&path));
}

struct str inspect_logical(struct arena *arena, const struct parquet_element *element)
{
    if (element->logical.kind == LOGICAL_NONE)
        return STR_NONE;
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    inspect_logical_put(&out, &element->logical);
    return buf_str(&out);
}

struct str inspect_hive(struct arena *arena, const struct type *type)
{
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    type_put(&out, type);
    return inspect_clean(arena, buf_str(&out));
}

// ================================================================ chunks

static struct str encodings_of(struct arena *arena, uint32_t encodings)
{
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    for (unsigned i = 0; i < 32; i++)
        if (encodings >> i & 1)
            buf_printf(&out, "%s%s", out.len ? " " : "", parquet_encoding_name(i));
    return buf_str(&out);
}

struct str inspect_codec(struct arena *arena, int32_t codec)
{
    if (codec == SEVERAL_CODECS)
        return S("several");
    if (codec < 0 || codec > PARQUET_LZ4_RAW)
        return str_format(arena, "unknown (%d)", codec);
    return str_of(parquet_codec_name(codec));
}

static struct str bound_of(struct arena *arena, const struct parquet_element *leaf,
                           const struct parquet_statistics *statistics, struct str value,
                           int8_t exact)
{
    if (!value.ptr || !footer_bounds_hold(leaf, statistics))
        return STR_NONE;
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    inspect_value_put(&out, leaf, value);
    if (exact == 0)
        buf_puts(&out, "…");
    return out.len ? buf_str(&out) : S("");
}

static const char *const CHUNK_COLUMNS[] = {
    "column",       "values", "nulls", "encodings", "codec", "compressed",
    "uncompressed", "ratio",  "min",   "max",       NULL};

static void chunk_row(struct arena *arena, const struct parquet_footer *footer, size_t leaf,
                      const struct parquet_chunk *chunk, struct inspect_table *table)
{
    struct str *row = add_row(arena, table);
    const struct parquet_statistics *statistics = &chunk->statistics;
    const struct parquet_element *element = footer_leaf(footer, leaf);
    row[0] = inspect_path(arena, footer, leaf);
    if (!chunk->has_metadata) {
        row[3] = S("encrypted");
        return;
    }
    row[1] = number(arena, chunk->entries);
    row[2] = told(arena, statistics->nulls);
    row[3] = encodings_of(arena, chunk->encodings);
    row[4] = inspect_codec(arena, chunk->codec);
    row[5] = number(arena, chunk->bytes_compressed);
    row[6] = number(arena, chunk->bytes_uncompressed);
    row[7] = ratio(arena, chunk->bytes_uncompressed, chunk->bytes_compressed);
    row[8] = bound_of(arena, element, statistics, statistics->least, statistics->least_exact);
    row[9] = bound_of(arena, element, statistics, statistics->greatest, statistics->greatest_exact);
}

struct inspect_table inspect_chunks(struct arena *arena, const struct parquet_footer *footer,
                                    size_t row_group)
{
    struct inspect_table table = {.columns = CHUNK_COLUMNS};
    for (size_t leaf = 0; leaf < footer->leaf_count; leaf++)
        chunk_row(arena, footer, leaf, &footer->row_groups[row_group].chunks[leaf], &table);
    return table;
}

static int64_t sum(int64_t a, int64_t b) // of counts; stays at the greatest
{
    return a > INT64_MAX - b ? INT64_MAX : a + b;
}

static bool has_values(const struct parquet_chunk *chunk)
{
    return chunk->entries > 0 && chunk->statistics.nulls < chunk->entries;
}

// Bounds of the sum hold only as long as every chunk with values has told its own.
static void sum_bounds(const struct parquet_element *leaf, struct parquet_chunk *total,
                       const struct parquet_chunk *chunk, bool *is_told)
{
    const struct parquet_statistics *from = &chunk->statistics;
    struct parquet_statistics *to = &total->statistics;
    if (!has_values(chunk) || !*is_told)
        return;
    *is_told = from->least.ptr && from->greatest.ptr && footer_bounds_hold(leaf, from);
    if (!*is_told) {
        to->least = to->greatest = STR_NONE;
        return;
    }
    if (!to->least.ptr || inspect_value_cmp(leaf, from->least, to->least) < 0) {
        to->least = from->least;
        to->least_exact = from->least_exact;
    }
    if (!to->greatest.ptr || inspect_value_cmp(leaf, from->greatest, to->greatest) > 0) {
        to->greatest = from->greatest;
        to->greatest_exact = from->greatest_exact;
    }
}

static struct parquet_chunk sum_chunks(const struct parquet_footer *footer, size_t leaf)
{
    struct parquet_chunk total = {.has_metadata = true};
    bool is_told = true;
    for (size_t i = 0; i < footer->row_group_count; i++) {
        const struct parquet_chunk *chunk = &footer->row_groups[i].chunks[leaf];
        int64_t nulls = chunk->statistics.nulls;
        total.codec = i == 0 || total.codec == chunk->codec ? chunk->codec : SEVERAL_CODECS;
        total.has_metadata &= chunk->has_metadata;
        total.encodings |= chunk->encodings;
        total.entries = sum(total.entries, chunk->entries);
        total.bytes_compressed = sum(total.bytes_compressed, chunk->bytes_compressed);
        total.bytes_uncompressed = sum(total.bytes_uncompressed, chunk->bytes_uncompressed);
        total.statistics.nulls =
            nulls < 0 || total.statistics.nulls < 0 ? -1 : sum(total.statistics.nulls, nulls);
        sum_bounds(footer_leaf(footer, leaf), &total, chunk, &is_told);
    }
    return total;
}

struct inspect_table inspect_columns(struct arena *arena, const struct parquet_footer *footer)
{
    struct inspect_table table = {.columns = CHUNK_COLUMNS};
    for (size_t leaf = 0; leaf < footer->leaf_count; leaf++) {
        struct parquet_chunk total = sum_chunks(footer, leaf);
        chunk_row(arena, footer, leaf, &total, &table);
    }
    return table;
}

// ================================================================ row groups

static void group_bytes(const struct parquet_row_group *group, size_t leaves,
                        int64_t *out_compressed, int64_t *out_uncompressed)
{
    *out_compressed = *out_uncompressed = 0;
    for (size_t i = 0; i < leaves; i++) {
        *out_compressed = sum(*out_compressed, group->chunks[i].bytes_compressed);
        *out_uncompressed = sum(*out_uncompressed, group->chunks[i].bytes_uncompressed);
    }
}

static struct str sorting_of(struct arena *arena, const struct parquet_footer *footer,
                             const struct parquet_row_group *group)
{
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < group->sorting_count; i++) {
        const struct parquet_sorting *by = &group->sorting[i];
        struct str path = inspect_path(arena, footer, (size_t)by->leaf);
        buf_printf(&out, "%s%.*s%s", i ? ", " : "", STR_ARG(path),
                   by->is_descending ? " desc" : "");
    }
    return out.len ? buf_str(&out) : STR_NONE;
}

struct inspect_table inspect_row_groups(struct arena *arena, const struct parquet_footer *footer)
{
    static const char *const COLUMNS[] = {"row group", "rows",      "compressed", "uncompressed",
                                          "ratio",     "sorted by", NULL};
    struct inspect_table table = {.columns = COLUMNS};
    for (size_t i = 0; i < footer->row_group_count; i++) {
        const struct parquet_row_group *group = &footer->row_groups[i];
        struct str *row = add_row(arena, &table);
        int64_t compressed, uncompressed;
        group_bytes(group, footer->leaf_count, &compressed, &uncompressed);
        row[0] = number(arena, (int64_t)i);
        row[1] = number(arena, group->rows);
        row[2] = number(arena, compressed);
        row[3] = number(arena, uncompressed);
        row[4] = ratio(arena, uncompressed, compressed);
        row[5] = sorting_of(arena, footer, group);
    }
    return table;
}

// ================================================================ the file

static void fact(struct arena *arena, struct inspect_table *table, struct str name,
                 struct str value)
{
    struct str *row = add_row(arena, table);
    row[0] = name;
    row[1] = value;
}

static struct str shortened(struct arena *arena, struct str value)
{
    if (value.len <= METADATA_VALUE_MAX)
        return inspect_clean(arena, value);
    struct str start = inspect_clean(arena, str_slice(value, 0, METADATA_VALUE_MAX));
    return str_format(arena, "%.*s... (%zu bytes)", STR_ARG(start), value.len);
}

struct features {
    size_t chunks, column_indexes, offset_indexes, blooms, encrypted, elsewhere, odd_paths;
    int64_t rows;
};

static struct features features_of(const struct parquet_footer *footer)
{
    struct features f = {0};
    for (size_t g = 0; g < footer->row_group_count; g++) {
        f.rows = sum(f.rows, footer->row_groups[g].rows);
        for (size_t i = 0; i < footer->leaf_count; i++) {
            const struct parquet_chunk *chunk = &footer->row_groups[g].chunks[i];
            f.chunks++;
            f.column_indexes += chunk->column_index_offset >= 0;
            f.offset_indexes += chunk->offset_index_offset >= 0;
            f.blooms += chunk->bloom_offset >= 0;
            f.encrypted += chunk->is_encrypted;
            f.elsewhere += chunk->file_path.len > 0;
            f.odd_paths += chunk->path_differs;
        }
    }
    return f;
}

static void feature_fact(struct arena *arena, struct inspect_table *table, const char *name,
                         size_t count, size_t of)
{
    if (count)
        fact(arena, table, str_of(name), str_format(arena, "%zu of %zu column chunks", count, of));
}

static void odd_facts(struct arena *arena, const struct parquet_footer *footer,
                      const struct features *f, struct inspect_table *table)
{
    if (f->rows != footer->rows)
        fact(arena, table, S("odd"),
             str_format(arena, "the row groups have %lld rows together", (long long)f->rows));
    if (f->odd_paths)
        fact(arena, table, S("odd"),
             str_format(arena, "%zu column chunks have another path than their column",
                        f->odd_paths));
}

struct inspect_table inspect_facts(struct arena *arena, const struct parquet_footer *footer)
{
    static const char *const COLUMNS[] = {"fact", "value", NULL};
    struct inspect_table table = {.columns = COLUMNS};
    struct features f = features_of(footer);
    fact(arena, &table, S("rows"), number(arena, footer->rows));
    fact(arena, &table, S("row groups"), number(arena, (int64_t)footer->row_group_count));
    fact(arena, &table, S("columns"), number(arena, (int64_t)footer->leaf_count));
    fact(arena, &table, S("bytes"), number(arena, (int64_t)footer->file_bytes));
    fact(arena, &table, S("footer bytes"), number(arena, (int64_t)footer->bytes));
    fact(arena, &table, S("format version"), number(arena, footer->version));
    fact(arena, &table, S("created by"), inspect_clean(arena, footer->created_by));
    feature_fact(arena, &table, "column index", f.column_indexes, f.chunks);
    feature_fact(arena, &table, "offset index", f.offset_indexes, f.chunks);
    feature_fact(arena, &table, "bloom filter", f.blooms, f.chunks);
    feature_fact(arena, &table, "encrypted", f.encrypted, f.chunks);
    feature_fact(arena, &table, "data in other files", f.elsewhere, f.chunks);
    for (size_t i = 0; i < footer->metadata_count; i++)
        fact(arena, &table, shortened(arena, footer->metadata[i].key),
             shortened(arena, footer->metadata[i].value));
    odd_facts(arena, footer, &f, &table);
    return table;
}

static struct str indented(struct arena *arena, const struct parquet_footer *footer, size_t index)
{
    size_t depth = 0;
    for (size_t at = footer->elements[index].parent; at; at = footer->elements[at].parent)
        depth++;
    struct str name = inspect_clean(arena, footer->elements[index].name);
    return str_format(arena, "%*s%.*s", (int)(2 * depth), "", STR_ARG(name));
}

static struct str physical_of(struct arena *arena, const struct parquet_element *element)
{
    if (!element->is_leaf)
        return STR_NONE;
    const char *name = parquet_physical_name(element->physical);
    if (element->physical == PARQUET_FIXED_LEN_BYTE_ARRAY)
        return str_format(arena, "%s(%d)", name, element->type_length);
    return str_of(name);
}

struct inspect_table inspect_schema(struct arena *arena, const struct parquet_footer *footer,
                                    const struct type *columns)
{
    static const char *const COLUMNS[] = {"field",   "repetition",  "physical",
                                          "logical", "column type", NULL};
    struct inspect_table table = {.columns = COLUMNS};
    size_t column =
        0; // fields of `columns` are the top-level elements in order, but for empty groups
    for (size_t i = 1; i < footer->element_count; i++) {
        const struct parquet_element *element = &footer->elements[i];
        struct str *row = add_row(arena, &table);
        row[0] = indented(arena, footer, i);
        row[1] = str_of(parquet_repetition_name(element->repetition));
        row[2] = physical_of(arena, element);
        row[3] = inspect_logical(arena, element);
        bool is_column = element->parent == 0 && column < columns->count &&
                         str_eq(columns->fields[column].original, element->name);
        if (is_column)
            row[4] = inspect_hive(arena, columns->fields[column++].type);
    }
    return table;
}
