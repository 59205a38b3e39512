// SPDX-License-Identifier: Apache-2.0
// The JSON document of a footer: all of the model, under parquet.thrift's names where it has one.
#include "columnar/inspect.h"

#include "columnar/inspect_text.h"

struct writer {
    struct arena *arena;
    const struct parquet_footer *footer;
};

static void set_text(struct writer *w, struct json *object, const char *name, struct str text)
{
    if (text.ptr)
        json_set_str(w->arena, object, name, inspect_clean(w->arena, text));
}

static void set_told(struct writer *w, struct json *object, const char *name, int64_t value)
{
    if (value >= 0)
        json_set_i64(w->arena, object, name, value);
}

static struct json *array_field(struct writer *w, struct json *object, const char *name)
{
    struct json *array = json_array(w->arena);
    json_set(w->arena, object, name, array);
    return array;
}

// ================================================================ schema

static struct json *element_json(struct writer *w, size_t index)
{
    const struct parquet_element *element = &w->footer->elements[index];
    struct json *object = json_object(w->arena);
    set_text(w, object, "name", element->name);
    set_text(w, object, "repetition_type", str_of(parquet_repetition_name(element->repetition)));
    if (element->is_leaf)
        set_text(w, object, "type", str_of(parquet_physical_name(element->physical)));
    if (element->is_leaf && element->physical == PARQUET_FIXED_LEN_BYTE_ARRAY)
        json_set_i64(w->arena, object, "type_length", element->type_length);
    set_text(w, object, "logical_type", inspect_logical(w->arena, element));
    set_text(w, object, "crs", element->logical.crs);
    if (element->has_field_id)
        json_set_i64(w->arena, object, "field_id", element->field_id);
    if (element->is_leaf) {
        json_set_i64(w->arena, object, "max_definition_level", element->max_definition);
        json_set_i64(w->arena, object, "max_repetition_level", element->max_repetition);
        return object;
    }
    struct json *children = array_field(w, object, "children");
    for (size_t i = index + 1; i < element->next; i = w->footer->elements[i].next)
        json_push(w->arena, children, element_json(w, i));
    return object;
}

static struct json *columns_json(struct writer *w, const struct type *columns)
{
    struct json *array = json_array(w->arena);
    for (size_t i = 0; i < columns->count; i++) {
        struct json *column = json_object(w->arena);
        set_text(w, column, "name", columns->fields[i].name);
        set_text(w, column, "type", inspect_hive(w->arena, columns->fields[i].type));
        json_push(w->arena, array, column);
    }
    return array;
}

// ================================================================ row groups

static struct str value_text(struct writer *w, const struct parquet_element *leaf, struct str value)
{
    if (!value.ptr)
        return STR_NONE;
    struct buf out = buf_in(w->arena, BUF_MAX_DEFAULT);
    inspect_value_put(&out, leaf, value);
    return out.len ? buf_str(&out) : S("");
}

static struct json *statistics_json(struct writer *w, const struct parquet_element *leaf,
                                    const struct parquet_statistics *statistics)
{
    struct json *object = json_object(w->arena);
    set_told(w, object, "null_count", statistics->nulls);
    set_told(w, object, "distinct_count", statistics->distinct);
    set_told(w, object, "nan_count", statistics->nans);
    set_text(w, object, "min", value_text(w, leaf, statistics->least));
    set_text(w, object, "max", value_text(w, leaf, statistics->greatest));
    if (statistics->least_exact >= 0)
        json_set_bool(w->arena, object, "is_min_exact", statistics->least_exact == 1);
    if (statistics->greatest_exact >= 0)
        json_set_bool(w->arena, object, "is_max_exact", statistics->greatest_exact == 1);
    if (statistics->deprecated)
        json_set_bool(w->arena, object, "deprecated_fields", true);
    if (statistics->least.ptr || statistics->greatest.ptr)
        json_set_bool(w->arena, object, "is_ordered", footer_bounds_hold(leaf, statistics));
    return object;
}

static void set_histogram(struct writer *w, struct json *object, const char *name,
                          const int64_t *levels, size_t count)
{
    if (!levels)
        return;
    struct json *array = array_field(w, object, name);
    for (size_t i = 0; i < count; i++)
        json_push(w->arena, array, json_i64(w->arena, levels[i]));
}

static void set_place(struct writer *w, struct json *object, const char *name, int64_t offset,
                      int64_t bytes)
{
    if (offset < 0)
        return;
    struct json *place = json_object(w->arena);
    json_set_i64(w->arena, place, "offset", offset);
    set_told(w, place, "bytes", bytes);
    json_set(w->arena, object, name, place);
}

static void set_pages(struct writer *w, struct json *object, const struct parquet_chunk *chunk)
{
    if (chunk->data_pages < 0)
        return;
    struct json *pages = json_object(w->arena);
    json_set_i64(w->arena, pages, "data", chunk->data_pages);
    json_set_i64(w->arena, pages, "data_v2", chunk->data_pages_v2);
    json_set_i64(w->arena, pages, "data_dictionary_coded", chunk->dictionary_coded_pages);
    json_set_i64(w->arena, pages, "dictionary", chunk->dictionary_pages);
    json_set(w->arena, object, "pages", pages);
}

static void set_metadata(struct writer *w, struct json *object, const struct parquet_element *leaf,
                         const struct parquet_chunk *chunk)
{
    struct json *encodings = array_field(w, object, "encodings");
    for (unsigned i = 0; i < 32; i++)
        if (chunk->encodings >> i & 1)
            json_push(w->arena, encodings, json_string(w->arena, str_of(parquet_encoding_name(i))));
    set_text(w, object, "codec", inspect_codec(w->arena, chunk->codec));
    json_set_i64(w->arena, object, "num_values", chunk->entries);
    json_set_i64(w->arena, object, "total_compressed_size", chunk->bytes_compressed);
    json_set_i64(w->arena, object, "total_uncompressed_size", chunk->bytes_uncompressed);
    json_set_i64(w->arena, object, "data_page_offset", chunk->data_offset);
    set_told(w, object, "dictionary_page_offset", chunk->dictionary_offset);
    json_set(w->arena, object, "statistics", statistics_json(w, leaf, &chunk->statistics));
    set_told(w, object, "unencoded_byte_array_data_bytes", chunk->unencoded_bytes);
    set_histogram(w, object, "repetition_level_histogram", chunk->repetition_histogram,
                  chunk->repetition_levels);
    set_histogram(w, object, "definition_level_histogram", chunk->definition_histogram,
                  chunk->definition_levels);
    set_pages(w, object, chunk);
    set_place(w, object, "bloom_filter", chunk->bloom_offset, chunk->bloom_bytes);
}

static struct json *chunk_json(struct writer *w, size_t leaf, const struct parquet_chunk *chunk)
{
    struct json *object = json_object(w->arena);
    set_text(w, object, "path", inspect_path(w->arena, w->footer, leaf));
    if (chunk->file_path.len)
        set_text(w, object, "file_path", chunk->file_path);
    if (chunk->is_encrypted)
        json_set_bool(w->arena, object, "is_encrypted", true);
    if (chunk->path_differs)
        json_set_bool(w->arena, object, "path_differs", true);
    if (chunk->has_metadata)
        set_metadata(w, object, footer_leaf(w->footer, leaf), chunk);
    set_place(w, object, "column_index", chunk->column_index_offset, chunk->column_index_bytes);
    set_place(w, object, "offset_index", chunk->offset_index_offset, chunk->offset_index_bytes);
    return object;
}

static struct json *row_group_json(struct writer *w, const struct parquet_row_group *group)
{
    struct json *object = json_object(w->arena);
    json_set_i64(w->arena, object, "num_rows", group->rows);
    json_set_i64(w->arena, object, "total_byte_size", group->bytes_uncompressed);
    set_told(w, object, "total_compressed_size", group->bytes_compressed);
    if (group->sorting_count) {
        struct json *sorting = array_field(w, object, "sorting_columns");
        for (size_t i = 0; i < group->sorting_count; i++) {
            struct json *by = json_object(w->arena);
            json_set_i64(w->arena, by, "column_idx", group->sorting[i].leaf);
            json_set_bool(w->arena, by, "descending", group->sorting[i].is_descending);
            json_set_bool(w->arena, by, "nulls_first", group->sorting[i].nulls_first);
            json_push(w->arena, sorting, by);
        }
    }
    struct json *chunks = array_field(w, object, "columns");
    for (size_t leaf = 0; leaf < w->footer->leaf_count; leaf++)
        json_push(w->arena, chunks, chunk_json(w, leaf, &group->chunks[leaf]));
    return object;
}

// ================================================================ the file

static struct json *metadata_json(struct writer *w)
{
    struct json *array = json_array(w->arena);
    for (size_t i = 0; i < w->footer->metadata_count; i++) {
        struct json *pair = json_object(w->arena);
        set_text(w, pair, "key", w->footer->metadata[i].key);
        set_text(w, pair, "value", w->footer->metadata[i].value);
        json_push(w->arena, array, pair);
    }
    return array;
}

struct json *inspect_json(struct arena *arena, const struct parquet_footer *footer,
                          const struct type *columns)
{
    struct writer writer = {.arena = arena, .footer = footer}, *w = &writer;
    struct json *object = json_object(arena);
    json_set_i64(arena, object, "bytes", (int64_t)footer->file_bytes);
    json_set_i64(arena, object, "footer_bytes", (int64_t)footer->bytes);
    json_set_i64(arena, object, "version", footer->version);
    set_text(w, object, "created_by", footer->created_by);
    json_set_i64(arena, object, "num_rows", footer->rows);
    json_set(arena, object, "columns", columns_json(w, columns));
    json_set(arena, object, "schema", element_json(w, 0));
    json_set(arena, object, "key_value_metadata", metadata_json(w));
    struct json *groups = array_field(w, object, "row_groups");
    for (size_t i = 0; i < footer->row_group_count; i++)
        json_push(arena, groups, row_group_json(w, &footer->row_groups[i]));
    return object;
}
