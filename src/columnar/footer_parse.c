// SPDX-License-Identifier: Apache-2.0
// From FileMetaData's Thrift structs to the model.
//
// One function a struct, in the order of parquet.thrift. Lists are allocated once, of the count
// that their header says: the reader has compared it with the bytes that are left, and `room`
// compares what it takes with the limit on memory, so that a small file cannot ask for a large
// array.
#include "columnar/footer_parse.h"

// The fewest bytes of an item, for thrift_list: a required field takes at least two, the end of a
// struct one.
#define ELEMENT_BYTES 3
#define PAIR_BYTES 3
#define ROW_GROUP_BYTES 7
#define CHUNK_BYTES 3
#define SORTING_BYTES 5

struct parse {
    struct thrift_reader reader;
    struct arena *arena;
    struct parquet_footer *footer;
    size_t arena_start;
    bool has_rows, has_schema, has_row_groups;
};

// `count` zeroed items, or NULL past the limit.
static void *room(struct parse *p, size_t count, size_t item_bytes)
{
    size_t used = p->arena->used_bytes - p->arena_start;
    if (count > (FOOTER_MEMORY_MAX - used) / item_bytes) {
        thrift_fail(&p->reader, ERR_LIMIT, "the footer takes more than %llu bytes of memory",
                    (unsigned long long)FOOTER_MEMORY_MAX);
        return NULL;
    }
    return arena_alloc(p->arena, count * item_bytes);
}

static int64_t read_count(struct thrift_reader *r, uint8_t type, const char *what)
{
    int64_t count = thrift_i64(r, type);
    if (count < 0)
        thrift_fail(r, ERR_CORRUPT, "%s is negative (%lld)", what, (long long)count);
    return count < 0 ? 0 : count;
}

// ================================================================ schema

static void read_schema(struct parse *p, uint8_t type)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    size_t count = thrift_list(r, type, ELEMENT_BYTES, &item);
    struct parquet_element *elements = room(p, count, sizeof *elements);
    for (size_t i = 0; i < count && r->failed == OK; i++)
        footer_element_read(r, item, &elements[i]);
    if (p->has_schema)
        thrift_fail(r, ERR_CORRUPT, "there are two schemas");
    p->footer->elements = elements;
    p->footer->element_count = count;
    p->has_schema = true;
    struct error reason = {0};
    enum err err = r->failed == OK ? footer_link(p->arena, p->footer, &reason) : OK;
    if (err != OK)
        thrift_fail(r, err, "%s", reason.text);
}

// ================================================================ column chunks

static void read_statistics(struct thrift_reader *r, uint8_t type, struct parquet_statistics *out)
{
    struct str old_least = STR_NONE, old_greatest = STR_NONE;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case BINARY_FIELD(1):
            old_greatest = thrift_binary(r, f.type);
            break;
        case BINARY_FIELD(2):
            old_least = thrift_binary(r, f.type);
            break;
        case INT_FIELD(3):
            out->nulls = thrift_i64(r, f.type);
            break;
        case INT_FIELD(4):
            out->distinct = thrift_i64(r, f.type);
            break;
        case BINARY_FIELD(5):
            out->greatest = thrift_binary(r, f.type);
            break;
        case BINARY_FIELD(6):
            out->least = thrift_binary(r, f.type);
            break;
        case BOOL_FIELD(7):
            out->greatest_exact = thrift_bool(r, f.type);
            break;
        case BOOL_FIELD(8):
            out->least_exact = thrift_bool(r, f.type);
            break;
        case INT_FIELD(9):
            out->nans = thrift_i64(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
    if (!out->least.ptr && !out->greatest.ptr && (old_least.ptr || old_greatest.ptr)) {
        out->least = old_least;
        out->greatest = old_greatest;
        out->deprecated = true;
    }
}

static uint32_t read_encodings(struct thrift_reader *r, uint8_t type)
{
    uint8_t item;
    uint32_t bits = 0;
    for (size_t count = thrift_list(r, type, 1, &item); count && r->failed == OK; count--) {
        int32_t encoding = thrift_i32(r, item);
        bits |= (uint32_t)1 << (encoding >= 0 && encoding < 31 ? encoding : 31);
    }
    return bits;
}

// Whether the path is that of the leaf.
static bool read_path(struct parse *p, uint8_t type, size_t leaf)
{
    const struct parquet_element *elements = p->footer->elements;
    size_t path[FOOTER_DEPTH_MAX + 1], depth = 0;
    for (size_t at = p->footer->leaves[leaf]; at; at = elements[at].parent)
        path[depth++] = at;
    uint8_t item;
    size_t count = thrift_list(&p->reader, type, 1, &item);
    bool is_same = count == depth;
    while (count-- && p->reader.failed == OK) {
        struct str name = thrift_binary(&p->reader, item);
        is_same = is_same && str_eq(name, elements[path[--depth]].name);
    }
    return is_same;
}

static int32_t added(int32_t a, int32_t b)
{
    return b < 0 || a > INT32_MAX - b ? INT32_MAX : a + b;
}

static void read_encoding_stats(struct thrift_reader *r, uint8_t type, struct parquet_chunk *out)
{
    uint8_t item;
    size_t count = thrift_list(r, type, 1, &item);
    out->data_pages = out->data_pages_v2 = out->dictionary_coded_pages = out->dictionary_pages = 0;
    while (count-- && r->failed == OK) {
        int32_t page = -1, encoding = -1, pages = 0;
        for (struct thrift_field f = thrift_enter(r, item); thrift_next(r, &f);)
            if (f.id >= 1 && f.id <= 3 && thrift_key(f) == INT_FIELD(f.id))
                *(f.id == 1 ? &page : f.id == 2 ? &encoding : &pages) = thrift_i32(r, f.type);
            else
                thrift_skip(r, f.type);
        bool is_coded = encoding == PARQUET_PLAIN_DICTIONARY || encoding == PARQUET_RLE_DICTIONARY;
        if (page == PARQUET_DICTIONARY_PAGE)
            out->dictionary_pages = added(out->dictionary_pages, pages);
        if (page != PARQUET_DATA_PAGE && page != PARQUET_DATA_PAGE_V2)
            continue;
        out->data_pages = added(out->data_pages, pages);
        if (page == PARQUET_DATA_PAGE_V2)
            out->data_pages_v2 = added(out->data_pages_v2, pages);
        if (is_coded)
            out->dictionary_coded_pages = added(out->dictionary_coded_pages, pages);
    }
}

static const int64_t *read_histogram(struct parse *p, uint8_t type, uint8_t *out_levels)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    size_t count = thrift_list(r, type, 1, &item), kept = count;
    if (count > FOOTER_HISTOGRAM_MAX)
        kept = 0; // no leaf has so many levels
    int64_t *levels = kept ? room(p, kept, sizeof *levels) : NULL;
    for (size_t i = 0; i < count && r->failed == OK; i++) {
        int64_t entries = thrift_i64(r, item);
        if (i < kept && levels)
            levels[i] = entries;
    }
    *out_levels = levels ? (uint8_t)kept : 0;
    return levels;
}

static void read_size_statistics(struct parse *p, uint8_t type, struct parquet_chunk *out)
{
    struct thrift_reader *r = &p->reader;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            out->unencoded_bytes = thrift_i64(r, f.type);
            break;
        case LIST_FIELD(2):
            out->repetition_histogram = read_histogram(p, f.type, &out->repetition_levels);
            break;
        case LIST_FIELD(3):
            out->definition_histogram = read_histogram(p, f.type, &out->definition_levels);
            break;
        default:
            thrift_skip(r, f.type);
        }
}

#define REQUIRED_CHUNK_FIELDS 0x2FE // bits 1 to 7 and 9

static void read_chunk_metadata(struct parse *p, uint8_t type, size_t leaf,
                                struct parquet_chunk *out)
{
    struct thrift_reader *r = &p->reader;
    uint32_t seen = 0;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);) {
        uint32_t bit = f.id > 0 && f.id < 32 ? (uint32_t)1 << f.id : 0;
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            out->physical = (enum parquet_physical)thrift_i32(r, f.type);
            break;
        case LIST_FIELD(2):
            out->encodings = read_encodings(r, f.type);
            break;
        case LIST_FIELD(3):
            out->path_differs = !read_path(p, f.type, leaf);
            break;
        case INT_FIELD(4):
            out->codec = thrift_i32(r, f.type);
            break;
        case INT_FIELD(5):
            out->entries = read_count(r, f.type, "a column chunk's number of values");
            break;
        case INT_FIELD(6):
            out->bytes_uncompressed = read_count(r, f.type, "a column chunk's uncompressed size");
            break;
        case INT_FIELD(7):
            out->bytes_compressed = read_count(r, f.type, "a column chunk's compressed size");
            break;
        case INT_FIELD(9):
            out->data_offset = thrift_i64(r, f.type);
            break;
        case INT_FIELD(11):
            out->dictionary_offset = thrift_i64(r, f.type);
            break;
        case STRUCT_FIELD(12):
            read_statistics(r, f.type, &out->statistics);
            break;
        case LIST_FIELD(13):
            read_encoding_stats(r, f.type, out);
            break;
        case INT_FIELD(14):
            out->bloom_offset = thrift_i64(r, f.type);
            break;
        case INT_FIELD(15):
            out->bloom_bytes = thrift_i64(r, f.type);
            break;
        case STRUCT_FIELD(16):
            read_size_statistics(p, f.type, out);
            break;
        default:
            thrift_skip(r, f.type);
            bit = 0;
        }
        seen |= bit;
    }
    out->has_metadata = true;
    if ((seen & REQUIRED_CHUNK_FIELDS) != REQUIRED_CHUNK_FIELDS)
        thrift_fail(r, ERR_CORRUPT, "a column chunk lacks a field that it must have");
}

static void read_chunk(struct parse *p, uint8_t type, size_t leaf, struct parquet_chunk *out)
{
    struct thrift_reader *r = &p->reader;
    *out = (struct parquet_chunk){
        .dictionary_offset = -1,
        .bloom_offset = -1,
        .bloom_bytes = -1,
        .column_index_offset = -1,
        .offset_index_offset = -1,
        .data_pages = -1,
        .unencoded_bytes = -1,
        .statistics =
            {.least_exact = -1, .greatest_exact = -1, .nulls = -1, .distinct = -1, .nans = -1},
    };
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case BINARY_FIELD(1):
            out->file_path = thrift_binary(r, f.type);
            break;
        case STRUCT_FIELD(3):
            read_chunk_metadata(p, f.type, leaf, out);
            break;
        case INT_FIELD(4):
            out->offset_index_offset = thrift_i64(r, f.type);
            break;
        case INT_FIELD(5):
            out->offset_index_bytes = read_count(r, f.type, "an offset index's size");
            break;
        case INT_FIELD(6):
            out->column_index_offset = thrift_i64(r, f.type);
            break;
        case INT_FIELD(7):
            out->column_index_bytes = read_count(r, f.type, "a column index's size");
            break;
        case STRUCT_FIELD(8):
            out->is_encrypted = true;
            thrift_skip(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
    if (!out->has_metadata && !out->is_encrypted)
        thrift_fail(r, ERR_CORRUPT, "a column chunk has no metadata");
}

// ================================================================ checks

// Writers of old have 0 where there is no dictionary; the file's magic stands there.
static void forget_zero_offsets(struct parquet_chunk *chunk)
{
    int64_t *offsets[] = {&chunk->dictionary_offset, &chunk->bloom_offset,
                          &chunk->column_index_offset, &chunk->offset_index_offset};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++)
        if (*offsets[i] == 0)
            *offsets[i] = -1;
}

static bool is_inside(const struct parse *p, int64_t offset, int64_t bytes)
{
    uint64_t end = p->footer->offset;
    return offset >= 0 && (uint64_t)offset <= end && (uint64_t)bytes <= end - (uint64_t)offset;
}

static bool check_place(struct parse *p, const char *what, size_t leaf, int64_t offset,
                        int64_t bytes)
{
    if (is_inside(p, offset, bytes))
        return true;
    struct str name = str_slice(footer_leaf(p->footer, leaf)->name, 0, 100);
    return thrift_fail(
        &p->reader, ERR_CORRUPT,
        "%s of column \"%.*s\" (%lld bytes at %lld) is not between the file's start and its footer",
        what, STR_ARG(name), (long long)bytes, (long long)offset);
}

static void check_chunk(struct parse *p, size_t leaf, struct parquet_chunk *chunk)
{
    forget_zero_offsets(chunk);
    if (chunk->has_metadata && chunk->physical != footer_leaf(p->footer, leaf)->physical)
        thrift_fail(&p->reader, ERR_CORRUPT, "a column chunk has another type than its column");
    if (chunk->file_path.len) // a summary file: the offsets are another file's
        return;
    if (chunk->column_index_offset != -1)
        check_place(p, "the column index", leaf, chunk->column_index_offset,
                    chunk->column_index_bytes);
    if (chunk->offset_index_offset != -1)
        check_place(p, "the offset index", leaf, chunk->offset_index_offset,
                    chunk->offset_index_bytes);
    if (chunk->bloom_offset != -1)
        check_place(p, "the bloom filter", leaf, chunk->bloom_offset,
                    chunk->bloom_bytes > 0 ? chunk->bloom_bytes : 0);
    if (!chunk->has_metadata)
        return;
    int64_t start = chunk->data_offset;
    check_place(p, "the first data page", leaf, start, 0);
    if (chunk->dictionary_offset != -1) {
        check_place(p, "the dictionary page", leaf, chunk->dictionary_offset, 0);
        start = chunk->dictionary_offset < start ? chunk->dictionary_offset : start;
    }
    check_place(p, "the data", leaf, start, chunk->bytes_compressed);
}

// ================================================================ row groups

static void read_sorting(struct parse *p, uint8_t type, struct parquet_row_group *out)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    size_t count = thrift_list(r, type, SORTING_BYTES, &item);
    out->sorting = room(p, count, sizeof *out->sorting);
    for (size_t i = 0; i < count && r->failed == OK; i++) {
        struct parquet_sorting *sorting = &out->sorting[out->sorting_count++];
        for (struct thrift_field f = thrift_enter(r, item); thrift_next(r, &f);)
            switch (thrift_key(f)) {
            case INT_FIELD(1):
                sorting->leaf = thrift_i32(r, f.type);
                break;
            case BOOL_FIELD(2):
                sorting->is_descending = thrift_bool(r, f.type);
                break;
            case BOOL_FIELD(3):
                sorting->nulls_first = thrift_bool(r, f.type);
                break;
            default:
                thrift_skip(r, f.type);
            }
        if (sorting->leaf < 0 || (size_t)sorting->leaf >= p->footer->leaf_count)
            thrift_fail(r, ERR_CORRUPT, "a row group is sorted by a column that is not there");
    }
}

static void read_chunks(struct parse *p, uint8_t type, struct parquet_row_group *out)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    size_t count = thrift_list(r, type, CHUNK_BYTES, &item);
    if (r->failed == OK && count != p->footer->leaf_count)
        thrift_fail(r, ERR_CORRUPT, "a row group has %zu column chunks, the schema %zu columns",
                    count, p->footer->leaf_count);
    if (r->failed == OK)
        out->chunks = room(p, count, sizeof *out->chunks);
    for (size_t i = 0; i < count && r->failed == OK; i++) {
        read_chunk(p, item, i, &out->chunks[i]);
        if (r->failed == OK)
            check_chunk(p, i, &out->chunks[i]);
    }
}

static void read_row_group(struct parse *p, uint8_t type, struct parquet_row_group *out)
{
    struct thrift_reader *r = &p->reader;
    bool has_rows = false;
    out->bytes_compressed = -1;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case LIST_FIELD(1):
            read_chunks(p, f.type, out);
            break;
        case INT_FIELD(2):
            out->bytes_uncompressed = read_count(r, f.type, "a row group's size");
            break;
        case INT_FIELD(3):
            out->rows = read_count(r, f.type, "a row group's number of rows");
            has_rows = true;
            break;
        case LIST_FIELD(4):
            read_sorting(p, f.type, out);
            break;
        case INT_FIELD(6):
            out->bytes_compressed = thrift_i64(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
    if (!has_rows || (!out->chunks && p->footer->leaf_count))
        thrift_fail(r, ERR_CORRUPT, "a row group lacks its rows or its columns");
}

static void read_row_groups(struct parse *p, uint8_t type)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    if (!p->has_schema || p->has_row_groups) {
        thrift_fail(r, ERR_CORRUPT, "the row groups do not stand once and behind the schema");
        return;
    }
    size_t count = thrift_list(r, type, ROW_GROUP_BYTES, &item);
    struct parquet_row_group *groups = room(p, count, sizeof *groups);
    for (size_t i = 0; i < count && r->failed == OK; i++)
        read_row_group(p, item, &groups[i]);
    p->footer->row_groups = groups;
    p->footer->row_group_count = count;
    p->has_row_groups = true;
}

// ================================================================ the file

static void read_metadata(struct parse *p, uint8_t type)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    size_t count = thrift_list(r, type, PAIR_BYTES, &item);
    struct parquet_pair *pairs = room(p, count, sizeof *pairs);
    for (size_t i = 0; i < count && r->failed == OK; i++)
        for (struct thrift_field f = thrift_enter(r, item); thrift_next(r, &f);)
            if (thrift_key(f) == BINARY_FIELD(1))
                pairs[i].key = thrift_binary(r, f.type);
            else if (thrift_key(f) == BINARY_FIELD(2))
                pairs[i].value = thrift_binary(r, f.type);
            else
                thrift_skip(r, f.type);
    p->footer->metadata = pairs;
    p->footer->metadata_count = count;
}

static enum parquet_order read_order(struct thrift_reader *r, uint8_t type)
{
    enum parquet_order order = ORDER_OTHER;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);) {
        if (f.id >= 1 && f.id <= 3)
            order = (enum parquet_order)(ORDER_BY_TYPE + f.id - 1);
        thrift_skip(r, f.type);
    }
    return order;
}

// Orders for other columns than the schema's say nothing about these.
static void read_orders(struct parse *p, uint8_t type)
{
    struct thrift_reader *r = &p->reader;
    uint8_t item;
    size_t count = thrift_list(r, type, 1, &item);
    for (size_t i = 0; i < count && r->failed == OK; i++) {
        enum parquet_order order = read_order(r, item);
        if (count == p->footer->leaf_count)
            p->footer->elements[p->footer->leaves[i]].order = order;
    }
}

static void read_file(struct parse *p)
{
    struct thrift_reader *r = &p->reader;
    struct parquet_footer *footer = p->footer;
    for (struct thrift_field f = thrift_enter(r, THRIFT_STRUCT); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            footer->version = thrift_i32(r, f.type);
            break;
        case LIST_FIELD(2):
            read_schema(p, f.type);
            break;
        case INT_FIELD(3):
            footer->rows = read_count(r, f.type, "the number of rows");
            p->has_rows = true;
            break;
        case LIST_FIELD(4):
            read_row_groups(p, f.type);
            break;
        case LIST_FIELD(5):
            read_metadata(p, f.type);
            break;
        case BINARY_FIELD(6):
            footer->created_by = thrift_binary(r, f.type);
            break;
        case LIST_FIELD(7):
            read_orders(p, f.type);
            break;
        case STRUCT_FIELD(8):
            footer->is_signed = true;
            thrift_skip(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
    if (!p->has_schema || !p->has_rows || !p->has_row_groups)
        thrift_fail(r, ERR_CORRUPT,
                    "the footer lacks its schema, its number of rows or its row groups");
}

enum err footer_parse_thrift(struct arena *arena, struct str bytes, struct parquet_footer *footer,
                             struct error *error)
{
    struct parse p = {
        .reader = thrift_reader_of(bytes, footer->offset, error),
        .arena = arena,
        .footer = footer,
        .arena_start = arena->used_bytes,
    };
    read_file(&p);
    return thrift_end(&p.reader);
}
