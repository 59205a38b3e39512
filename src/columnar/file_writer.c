// SPDX-License-Identifier: Apache-2.0
// Of each chunk that is written, what the footer will say of it is copied. At the end come: null
// chunks for columns that earlier row groups did not have, column indexes, offset indexes, bloom
// filters, the footer.
#include "columnar/file_writer.h"
#include "columnar/schema_write.h"
#include "columnar/thrift_write.h"

#include <assert.h>
#include <stdlib.h>

#define MAGIC S("PAR1")
#define FOOTER_BYTES_MAX ((size_t)1 << 30)

struct range {
    uint64_t offset;
    size_t bytes; // 0: there is none
};
struct written_chunk {
    struct chunk chunk; // its texts are ours, its bytes are gone
    uint64_t offset;
    struct range column_index, offset_index, bloom;
};
struct row_group {
    uint64_t rows;
    struct written_chunk *chunks;
    size_t count;
};
struct file_writer {
    struct byte_sink sink;
    struct arena arena;
    uint64_t bytes, rows;
    struct row_group *groups;
    size_t count, capacity;
    struct buf scratch;
};

static enum err put(struct file_writer *writer, struct str bytes, struct error *error)
{
    if (bytes.len == 0)
        return OK;
    TRY(writer->sink.write(writer->sink.context, bytes, error));
    writer->bytes += bytes.len;
    return OK;
}

enum err file_writer_open(struct byte_sink sink, struct file_writer **out_writer,
                          struct error *error)
{
    struct file_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        abort();
    writer->sink = sink;
    arena_init(&writer->arena);
    writer->scratch = buf_heap(FOOTER_BYTES_MAX);
    enum err err = put(writer, MAGIC, error);
    if (err != OK) {
        file_writer_free(writer);
        return err;
    }
    *out_writer = writer;
    return OK;
}

void file_writer_free(struct file_writer *writer)
{
    if (!writer)
        return;
    arena_deinit(&writer->arena);
    buf_deinit(&writer->scratch);
    free(writer);
}

uint64_t file_writer_bytes(const struct file_writer *writer)
{
    return writer->bytes;
}

uint64_t file_writer_rows(const struct file_writer *writer)
{
    return writer->rows;
}

// --- row groups

static struct written_chunk keep(struct arena *arena, const struct chunk *chunk, uint64_t offset)
{
    struct written_chunk kept = {.chunk = *chunk, .offset = offset};
    struct page_location *pages = ARENA_ARRAY(arena, struct page_location, chunk->page_count);
    for (size_t i = 0; i < chunk->page_count; i++) {
        pages[i] = chunk->pages[i];
        pages[i].least = str_dup(arena, pages[i].least);
        pages[i].greatest = str_dup(arena, pages[i].greatest);
    }
    kept.chunk.pages = pages;
    kept.chunk.least = str_dup(arena, chunk->least);
    kept.chunk.greatest = str_dup(arena, chunk->greatest);
    kept.chunk.bloom = str_dup(arena, chunk->bloom);
    return kept;
}

static enum err put_chunk(struct file_writer *writer, const struct chunk *chunk,
                          struct written_chunk *out, struct error *error)
{
    uint64_t offset = writer->bytes;
    TRY(put(writer, chunk->bytes, error));
    *out = keep(&writer->arena, chunk, offset);
    out->chunk.bytes.ptr = NULL; // its length is still of use
    return OK;
}

enum err file_writer_row_group(struct file_writer *writer, uint64_t rows,
                               const struct chunk *chunks, size_t count, struct error *error)
{
    struct row_group group = {.rows = rows, .count = count};
    group.chunks = ARENA_ARRAY(&writer->arena, struct written_chunk, count);
    for (size_t i = 0; i < count; i++) {
        assert(chunks[i].rows == rows);
        TRY(put_chunk(writer, &chunks[i], &group.chunks[i], error));
    }
    *ARENA_PUSH(&writer->arena, writer->groups, writer->count, writer->capacity) = group;
    writer->rows += rows;
    return OK;
}

// Null chunks of leaf `leaf` for the row groups that lack it.
static enum err fill_leaf(struct file_writer *writer, const struct leaf *leaf, size_t index,
                          const struct chunk_settings *like, struct error *error)
{
    struct chunk_settings settings = *like;
    settings.kind = leaf->type->kind;
    settings.precision = leaf->type->precision;
    settings.scale = leaf->type->scale;
    settings.max_definition = leaf->max_definition;
    settings.max_repetition = leaf->max_repetition;
    struct chunk_writer *chunks = chunk_writer_new(&settings);
    enum err err = OK;
    for (size_t g = 0; g < writer->count && err == OK; g++) {
        struct row_group *group = &writer->groups[g];
        if (index < group->count)
            continue;
        struct chunk chunk;
        chunk_begin(chunks);
        chunk_add_nulls(chunks, group->rows);
        chunk_finish(chunks, &chunk);
        err = put_chunk(writer, &chunk, &group->chunks[index], error);
    }
    chunk_writer_free(chunks);
    return err;
}

static enum err fill_groups(struct file_writer *writer, const struct leaf *leaves, size_t count,
                            const struct chunk_settings *settings, struct error *error)
{
    size_t least = count;
    for (size_t g = 0; g < writer->count; g++) {
        struct row_group *group = &writer->groups[g];
        assert(group->count <= count);
        if (group->count == count)
            continue;
        struct written_chunk *all = ARENA_ARRAY(&writer->arena, struct written_chunk, count);
        for (size_t i = 0; i < group->count; i++)
            all[i] = group->chunks[i];
        group->chunks = all;
        least = group->count < least ? group->count : least;
    }
    for (size_t i = least; i < count; i++)
        TRY(fill_leaf(writer, &leaves[i], i, settings, error));
    for (size_t g = 0; g < writer->count; g++)
        writer->groups[g].count = count;
    return OK;
}

// --- indexes and filters

static enum err put_scratch(struct file_writer *writer, struct range *out, struct error *error)
{
    if (writer->scratch.overflowed)
        return error_set(error, ERR_LIMIT, "the footer or an index grew beyond %zu bytes",
                         writer->scratch.max_bytes);
    struct str bytes = buf_str(&writer->scratch);
    *out = (struct range){writer->bytes, bytes.len};
    TRY(put(writer, bytes, error));
    buf_clear(&writer->scratch);
    return OK;
}

// A page that has values, but no bounds for them, makes an index impossible.
static bool can_index(const struct chunk *chunk)
{
    for (size_t i = 0; i < chunk->page_count; i++)
        if (!chunk->pages[i].has_bounds && chunk->pages[i].nulls < chunk->pages[i].entries)
            return false;
    return chunk->page_count > 0;
}

static void write_column_index(struct buf *buf, const struct chunk *chunk)
{
    struct thrift_out out = thrift_begin(buf);
    size_t count = chunk->page_count;
    thrift_put_list(&out, 1, THRIFT_TRUE, count);
    for (size_t i = 0; i < count; i++)
        thrift_put_item_bool(&out, !chunk->pages[i].has_bounds);
    thrift_put_list(&out, 2, THRIFT_BINARY, count);
    for (size_t i = 0; i < count; i++)
        thrift_put_item_binary(&out, chunk->pages[i].least);
    thrift_put_list(&out, 3, THRIFT_BINARY, count);
    for (size_t i = 0; i < count; i++)
        thrift_put_item_binary(&out, chunk->pages[i].greatest);
    thrift_put_i32(&out, 4, (int32_t)chunk->boundary);
    thrift_put_list(&out, 5, THRIFT_I64, count);
    for (size_t i = 0; i < count; i++)
        thrift_put_item_i64(&out, (int64_t)chunk->pages[i].nulls);
    thrift_finish(&out);
}

static void write_offset_index(struct buf *buf, const struct written_chunk *written)
{
    struct thrift_out out = thrift_begin(buf);
    const struct chunk *chunk = &written->chunk;
    thrift_put_list(&out, 1, THRIFT_STRUCT, chunk->page_count);
    for (size_t i = 0; i < chunk->page_count; i++) {
        thrift_put_item_struct(&out);
        thrift_put_i64(&out, 1, (int64_t)(written->offset + chunk->pages[i].offset));
        thrift_put_i32(&out, 2, (int32_t)chunk->pages[i].bytes);
        thrift_put_i64(&out, 3, (int64_t)chunk->pages[i].first_row);
        thrift_finish(&out);
    }
    thrift_finish(&out);
}

static void write_bloom(struct buf *buf, struct str filter)
{
    struct thrift_out out = thrift_begin(buf);
    thrift_put_i32(&out, 1, (int32_t)filter.len);
    for (int id = 2; id <= 4;
         id++) { // split block, XXH64, uncompressed: each the first of its union
        thrift_put_struct(&out, id);
        thrift_put_empty(&out, 1);
        thrift_finish(&out);
    }
    thrift_finish(&out);
    buf_put(buf, filter);
}

#define EACH_CHUNK(writer, chunk)                                                                  \
    for (size_t g = 0; g < (writer)->count; g++)                                                   \
        for (struct written_chunk *chunk = (writer)->groups[g].chunks,                             \
                                  *end_ = chunk + (writer)->groups[g].count;                       \
             chunk < end_; chunk++)

static enum err put_indexes(struct file_writer *writer, struct error *error)
{
    EACH_CHUNK(writer, written)
    {
        if (written->chunk.bloom.len == 0)
            continue;
        write_bloom(&writer->scratch, written->chunk.bloom);
        TRY(put_scratch(writer, &written->bloom, error));
    }
    EACH_CHUNK(writer, written)
    {
        if (!can_index(&written->chunk))
            continue;
        write_column_index(&writer->scratch, &written->chunk);
        TRY(put_scratch(writer, &written->column_index, error));
    }
    EACH_CHUNK(writer, written)
    {
        if (written->chunk.page_count == 0)
            continue;
        write_offset_index(&writer->scratch, written);
        TRY(put_scratch(writer, &written->offset_index, error));
    }
    return OK;
}

// --- the footer

static void write_statistics(struct thrift_out *out, const struct chunk *chunk)
{
    thrift_put_struct(out, 12);
    thrift_put_i64(out, 3, (int64_t)chunk->nulls);
    if (chunk->distinct)
        thrift_put_i64(out, 4, (int64_t)chunk->distinct);
    if (chunk->has_bounds) {
        thrift_put_binary(out, 5, chunk->greatest);
        thrift_put_binary(out, 6, chunk->least);
        thrift_put_bool(out, 7, chunk->greatest_exact);
        thrift_put_bool(out, 8, chunk->least_exact);
    }
    thrift_finish(out);
}

static void write_encoding_count(struct thrift_out *out, enum parquet_page page,
                                 enum parquet_encoding encoding, size_t count)
{
    thrift_put_item_struct(out);
    thrift_put_i32(out, 1, (int32_t)page);
    thrift_put_i32(out, 2, (int32_t)encoding);
    thrift_put_i32(out, 3, (int32_t)count);
    thrift_finish(out);
}

// The encoding of data pages that are not made of indices: there is one at most beside PLAIN, which
// the dictionary page and pages of nulls have, too.
static enum parquet_encoding value_encoding(const struct chunk *chunk)
{
    static const enum parquet_encoding MODERN[] = {
        PARQUET_DELTA_BINARY_PACKED, PARQUET_DELTA_LENGTH_BYTE_ARRAY, PARQUET_BYTE_STREAM_SPLIT};
    for (size_t i = 0; i < sizeof MODERN / sizeof *MODERN; i++)
        if (chunk->encodings & 1u << MODERN[i])
            return MODERN[i];
    return PARQUET_PLAIN;
}

static void write_encodings(struct thrift_out *out, uint32_t encodings)
{
    thrift_put_list(out, 2, THRIFT_I32, (size_t)__builtin_popcount(encodings));
    for (int encoding = 0; encoding < 32; encoding++)
        if (encodings & 1u << encoding)
            thrift_put_item_i32(out, encoding);
}

static void write_encoding_counts(struct thrift_out *out, const struct chunk *chunk)
{
    size_t others = chunk->page_count - chunk->dictionary_pages;
    thrift_put_list(out, 13, THRIFT_STRUCT,
                    (size_t)chunk->has_dictionary + (chunk->dictionary_pages > 0) + (others > 0));
    if (chunk->has_dictionary)
        write_encoding_count(out, PARQUET_DICTIONARY_PAGE, PARQUET_PLAIN, 1);
    if (chunk->dictionary_pages)
        write_encoding_count(out, PARQUET_DATA_PAGE, PARQUET_RLE_DICTIONARY,
                             chunk->dictionary_pages);
    if (others)
        write_encoding_count(out, PARQUET_DATA_PAGE, value_encoding(chunk), others);
}

static void write_meta_data(struct thrift_out *out, const struct written_chunk *written,
                            const struct leaf *leaf)
{
    const struct chunk *chunk = &written->chunk;
    unsigned width;
    thrift_put_struct(out, 3);
    thrift_put_i32(out, 1,
                   (int32_t)chunk_physical(leaf->type->kind, leaf->type->precision, &width));
    write_encodings(out, chunk->encodings);
    thrift_put_list(out, 3, THRIFT_BINARY, leaf->path_count);
    for (size_t i = 0; i < leaf->path_count; i++)
        thrift_put_item_binary(out, leaf->path[i]);
    thrift_put_i32(out, 4, (int32_t)chunk->codec);
    thrift_put_i64(out, 5, (int64_t)chunk->entries);
    thrift_put_i64(out, 6, (int64_t)chunk->bytes_uncompressed);
    thrift_put_i64(out, 7, (int64_t)chunk->bytes.len);
    thrift_put_i64(out, 9, (int64_t)(written->offset + chunk->data_offset));
    if (chunk->has_dictionary)
        thrift_put_i64(out, 11, (int64_t)(written->offset + chunk->dictionary_offset));
    write_statistics(out, chunk);
    write_encoding_counts(out, chunk);
    if (written->bloom.bytes) {
        thrift_put_i64(out, 14, (int64_t)written->bloom.offset);
        thrift_put_i32(out, 15, (int32_t)written->bloom.bytes);
    }
    thrift_finish(out);
}

static void write_column_chunk(struct thrift_out *out, const struct written_chunk *written,
                               const struct leaf *leaf)
{
    thrift_put_item_struct(out);
    thrift_put_i64(out, 2, 0); // no metadata beside the footer
    write_meta_data(out, written, leaf);
    if (written->offset_index.bytes) {
        thrift_put_i64(out, 4, (int64_t)written->offset_index.offset);
        thrift_put_i32(out, 5, (int32_t)written->offset_index.bytes);
    }
    if (written->column_index.bytes) {
        thrift_put_i64(out, 6, (int64_t)written->column_index.offset);
        thrift_put_i32(out, 7, (int32_t)written->column_index.bytes);
    }
    thrift_finish(out);
}

static void write_row_group(struct thrift_out *out, const struct row_group *group, size_t ordinal,
                            const struct leaf *leaves)
{
    uint64_t uncompressed = 0, compressed = 0;
    for (size_t i = 0; i < group->count; i++) {
        uncompressed += group->chunks[i].chunk.bytes_uncompressed;
        compressed += group->chunks[i].chunk.bytes.len;
    }
    thrift_put_item_struct(out);
    thrift_put_list(out, 1, THRIFT_STRUCT, group->count);
    for (size_t i = 0; i < group->count; i++)
        write_column_chunk(out, &group->chunks[i], &leaves[i]);
    thrift_put_i64(out, 2, (int64_t)uncompressed);
    thrift_put_i64(out, 3, (int64_t)group->rows);
    thrift_put_i64(out, 5, (int64_t)(group->count ? group->chunks[0].offset : 0));
    thrift_put_i64(out, 6, (int64_t)compressed);
    if (ordinal <= INT16_MAX)
        thrift_put_i16(out, 7, (int16_t)ordinal);
    thrift_finish(out);
}

struct footer {
    const struct type *schema;
    const struct leaf *leaves;
    size_t leaf_count;
    enum profile profile;
    const struct key_value *metadata;
    size_t metadata_count;
};

static void write_footer(struct file_writer *writer, const struct footer *footer)
{
    struct thrift_out out = thrift_begin(&writer->scratch);
    thrift_put_i32(&out, 1, footer->profile == PROFILE_MODERN ? 2 : 1);
    schema_write(&out, 2, footer->schema);
    thrift_put_i64(&out, 3, (int64_t)writer->rows);
    thrift_put_list(&out, 4, THRIFT_STRUCT, writer->count);
    for (size_t g = 0; g < writer->count; g++)
        write_row_group(&out, &writer->groups[g], g, footer->leaves);
    if (footer->metadata_count) {
        thrift_put_list(&out, 5, THRIFT_STRUCT, footer->metadata_count);
        for (size_t i = 0; i < footer->metadata_count; i++) {
            thrift_put_item_struct(&out);
            thrift_put_binary(&out, 1, footer->metadata[i].key);
            thrift_put_binary(&out, 2, footer->metadata[i].value);
            thrift_finish(&out);
        }
    }
    thrift_put_binary(&out, 6, S("tarn version " TARN_VERSION));
    thrift_put_list(&out, 7, THRIFT_STRUCT, footer->leaf_count);
    for (size_t i = 0; i < footer->leaf_count; i++) {
        thrift_put_item_struct(&out);
        thrift_put_empty(&out, 1); // ordered as its type is
        thrift_finish(&out);
    }
    thrift_finish(&out);
}

enum err file_writer_finish(struct file_writer *writer, const struct type *schema,
                            const struct chunk_settings *settings, const struct key_value *metadata,
                            size_t metadata_count, struct error *error)
{
    struct footer footer = {.schema = schema,
                            .profile = settings->profile,
                            .metadata = metadata,
                            .metadata_count = metadata_count};
    const struct leaf *leaves = type_leaves(&writer->arena, schema, &footer.leaf_count);
    footer.leaves = leaves;
    TRY(fill_groups(writer, leaves, footer.leaf_count, settings, error));
    TRY(put_indexes(writer, error));
    write_footer(writer, &footer);
    struct range range = {0};
    TRY(put_scratch(writer, &range, error));
    buf_put_u32le(&writer->scratch, (uint32_t)range.bytes);
    buf_put(&writer->scratch, MAGIC);
    return put(writer, buf_str(&writer->scratch), error);
}
