// SPDX-License-Identifier: Apache-2.0
// Items are allocated by the count in a list's header, which cannot be more than the bytes behind
// it. An item of the model is some fifty times as large as the least that it takes in the file:
// hence the limit on an index.
#include "columnar/page_index.h"

#include "columnar/thrift_read.h"

#define LOCATION_BYTES 7
#define INDEX_BYTES_MAX ((size_t)16 << 20)

static void read_location(struct thrift_reader *r, uint8_t type, struct page_index_location *out)
{
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            out->offset = thrift_i64(r, f.type);
            break;
        case INT_FIELD(2):
            out->bytes = thrift_i32(r, f.type);
            break;
        case INT_FIELD(3):
            out->first_row = thrift_i64(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
}

// All lists of both indexes have an item for each page.
static bool has_count(struct thrift_reader *r, bool is_known, struct page_index *out, size_t count)
{
    if (r->failed != OK)
        return false;
    if (is_known && count != out->count)
        return thrift_fail(r, ERR_CORRUPT, "a page index has lists of %zu and of %zu pages",
                           out->count, count);
    out->count = count;
    return true;
}

static void read_locations(struct thrift_reader *r, uint8_t type, struct arena *arena,
                           struct page_index *out)
{
    uint8_t item;
    size_t count = thrift_list(r, type, LOCATION_BYTES, &item);
    if (!has_count(r, out->bounds != NULL, out, count))
        return;
    out->locations = ARENA_ARRAY(arena, struct page_index_location, count);
    for (size_t i = 0; i < count && r->failed == OK; i++) {
        struct page_index_location *location = &out->locations[i];
        read_location(r, item, location);
        bool is_backwards = i && (location->offset < location[-1].offset ||
                                  location->first_row < location[-1].first_row);
        if (location->offset < 0 || location->bytes < 0 || location->first_row < 0 || is_backwards)
            thrift_fail(r, ERR_CORRUPT, "page %zu of an offset index is out of order", i);
    }
}

static enum err check_bytes(struct str bytes, struct error *error)
{
    if (bytes.len <= INDEX_BYTES_MAX)
        return OK;
    return error_set(error, ERR_LIMIT, "a page index has more than %zu bytes", INDEX_BYTES_MAX);
}

enum err page_index_offsets(struct arena *arena, struct str bytes, uint64_t offset,
                            struct page_index *out, struct error *error)
{
    TRY(check_bytes(bytes, error));
    struct thrift_reader r = thrift_reader_of(bytes, offset, error);
    for (struct thrift_field f = thrift_enter(&r, THRIFT_STRUCT); thrift_next(&r, &f);)
        if (thrift_key(f) == LIST_FIELD(1) && !out->locations)
            read_locations(&r, f.type, arena, out);
        else
            thrift_skip(&r, f.type);
    if (!out->locations)
        thrift_fail(&r, ERR_CORRUPT, "an offset index has no pages");
    return thrift_end(&r);
}

// ================================================================ column index

// The lists are parallel: the first makes the items, the others must have as many.
static size_t read_parallel(struct thrift_reader *r, uint8_t type, struct arena *arena,
                            struct page_index *out, uint8_t *out_item)
{
    size_t count = thrift_list(r, type, 1, out_item);
    if (!has_count(r, out->bounds || out->locations, out, count))
        return 0;
    if (!out->bounds) {
        out->bounds = ARENA_ARRAY(arena, struct page_index_bounds, count);
        for (size_t i = 0; i < count; i++)
            out->bounds[i].nulls = -1;
    }
    return count;
}

static void read_bounds(struct thrift_reader *r, struct thrift_field f, struct arena *arena,
                        struct page_index *out)
{
    uint8_t item;
    size_t count = read_parallel(r, f.type, arena, out, &item);
    for (size_t i = 0; i < count && r->failed == OK; i++) {
        struct page_index_bounds *bounds = &out->bounds[i];
        if (f.id == 1)
            bounds->is_null = thrift_item_bool(r, item);
        else if (f.id == 5)
            bounds->nulls = thrift_i64(r, item);
        else
            *(f.id == 2 ? &bounds->least : &bounds->greatest) = thrift_binary(r, item);
    }
}

enum err page_index_columns(struct arena *arena, struct str bytes, uint64_t offset,
                            struct page_index *out, struct error *error)
{
    TRY(check_bytes(bytes, error));
    struct thrift_reader r = thrift_reader_of(bytes, offset, error);
    unsigned seen = 0;
    for (struct thrift_field f = thrift_enter(&r, THRIFT_STRUCT); thrift_next(&r, &f);) {
        bool is_list = thrift_key(f) == LIST_FIELD(f.id);
        if (is_list && ((f.id >= 1 && f.id <= 3) || f.id == 5))
            read_bounds(&r, f, arena, out);
        else if (thrift_key(f) == INT_FIELD(4))
            out->boundary = (enum parquet_boundary)thrift_i32(&r, f.type);
        else
            thrift_skip(&r, f.type);
        seen |= f.id >= 1 && f.id <= 4 ? 1u << f.id : 0;
    }
    if (seen != 0x1E || (unsigned)out->boundary > PARQUET_DESCENDING)
        thrift_fail(&r, ERR_CORRUPT, "a column index lacks a field that it must have");
    return thrift_end(&r);
}
