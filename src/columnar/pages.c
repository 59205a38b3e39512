// SPDX-License-Identifier: Apache-2.0
// A page is compressed to where it will lie, a header's room further back, and moved up once the
// header, which holds its length, is known.
#include "columnar/pages.h"
#include "columnar/thrift_write.h"

#include <assert.h>
#include <string.h>

#define HEADER_ROOM 64
#define LENGTH_BYTES 4   // in front of levels
#define GAIN_NUMERATOR 9 // compressed to at most nine tenths
#define GAIN_DENOMINATOR 10

void pages_init(struct pages *pages, const struct chunk_settings *settings, bool has_words)
{
    *pages = (struct pages){.settings = settings, .has_words = has_words};
    pages->codec = settings->lent_codec ? settings->lent_codec
                                        : codec_new(settings->codec, settings->codec_level);
    pages->repetition = levels_new(settings->max_repetition);
    pages->definition = levels_new(settings->max_definition);
    pages->body = buf_heap(SIZE_MAX);
    pages->bytes = buf_heap(SIZE_MAX);
    pages->header = buf_heap(HEADER_ROOM * 2);
    arena_init(&pages->arena);
}

void pages_deinit(struct pages *pages)
{
    if (!pages->settings->lent_codec)
        codec_free(pages->codec);
    levels_deinit(&pages->repetition);
    levels_deinit(&pages->definition);
    buf_deinit(&pages->body);
    buf_deinit(&pages->bytes);
    buf_deinit(&pages->header);
    arena_deinit(&pages->arena);
}

static void begin_page(struct pages *pages)
{
    levels_clear(&pages->repetition);
    levels_clear(&pages->definition);
    pages->page_rows = pages->page_entries = pages->page_values = 0;
    bounds_clear(&pages->bounds, pages->bounds.order);
    buf_clear(&pages->body);
    buf_reserve(&pages->body, PAGES_HEADROOM);
    pages->body.len = PAGES_HEADROOM;
}

void pages_begin(struct pages *pages, enum order order)
{
    arena_reset(&pages->arena);
    buf_clear(&pages->bytes);
    pages->locations = NULL;
    pages->count = pages->capacity = pages->dictionary_pages = 0;
    pages->rows = pages->entries = pages->values = pages->bytes_uncompressed = 0;
    pages->encodings = 0;
    pages->settled = pages->compressed = false;
    bounds_clear(&pages->chunk_bounds, order);
    bounds_clear(&pages->bounds, order);
    begin_page(pages);
}

struct str pages_body(const struct pages *pages)
{
    return str_n(pages->body.ptr + PAGES_HEADROOM, pages->body.len - PAGES_HEADROOM);
}

char *pages_room(struct pages *pages, size_t bytes)
{
    return buf_reserve(&pages->body, bytes);
}

void pages_filled(struct pages *pages, size_t bytes)
{
    pages->body.len += bytes;
}

// --- levels in front of values

static size_t levels_size(struct levels *levels)
{
    return levels->width ? LENGTH_BYTES + levels_finish(levels).len : 0;
}

static char *put_levels(char *out, const struct levels *levels)
{
    if (levels->width == 0)
        return out;
    uint32_t len = (uint32_t)levels->out.len;
    memcpy(out, &len, LENGTH_BYTES);
    memcpy(out + LENGTH_BYTES, levels->out.ptr, len);
    return out + LENGTH_BYTES + len;
}

// The whole page, uncompressed: a view into `body`.
static struct str assemble(struct pages *pages)
{
    size_t size = levels_size(&pages->repetition) + levels_size(&pages->definition);
    size_t shift = size > PAGES_HEADROOM ? size - PAGES_HEADROOM : 0;
    size_t values = pages->body.len - PAGES_HEADROOM;
    buf_reserve(&pages->body, shift);
    char *at = pages->body.ptr + PAGES_HEADROOM;
    if (shift)
        memmove(at + shift, at, values);
    char *start = at + shift - size;
    put_levels(put_levels(start, &pages->repetition), &pages->definition);
    return str_n(start, size + values);
}

// --- compression

static bool is_gain(size_t before, size_t after)
{
    return after * GAIN_DENOMINATOR <= before * GAIN_NUMERATOR;
}

static char *bytes_room(struct pages *pages, struct str input)
{
    return buf_reserve(&pages->bytes, HEADER_ROOM + codec_bound(pages->codec, input.len));
}

size_t pages_sample(struct pages *pages, struct str input, bool is_words)
{
    if (pages->settings->codec == PARQUET_UNCOMPRESSED || input.len == 0)
        return input.len;
    size_t words_at = is_words ? 0 : CODEC_BYTES;
    size_t size = codec_compress(pages->codec, input, words_at, bytes_room(pages, input));
    return is_gain(input.len, size) ? size : input.len;
}

// Compresses the page and says whether the chunk is to be compressed; a page without values cannot
// tell, and they are too small to matter.
static size_t settle(struct pages *pages, struct str input, size_t words_at, struct str dictionary)
{
    pages->settled = true;
    pages->compressed = pages->settings->codec != PARQUET_UNCOMPRESSED;
    if (!pages->compressed)
        return 0;
    size_t before = input.len, after = 0;
    if (dictionary.len && pages->page_values) {
        before += dictionary.len;
        after += codec_compress(pages->codec, dictionary, pages->has_words ? 0 : CODEC_BYTES,
                                bytes_room(pages, dictionary));
    }
    size_t size =
        codec_compress(pages->codec, input, words_at, bytes_room(pages, input) + HEADER_ROOM);
    if (pages->page_values && !is_gain(before, after + size))
        pages->compressed = false;
    return size;
}

// Puts a page's body HEADER_ROOM behind the end of `bytes`, and gives its length there.
static size_t put_body(struct pages *pages, struct str input, size_t words_at,
                       struct str dictionary)
{
    if (!pages->settled) {
        size_t size = settle(pages, input, words_at, dictionary);
        if (pages->compressed)
            return size;
    }
    char *out = bytes_room(pages, input) + HEADER_ROOM;
    if (pages->compressed)
        return codec_compress(pages->codec, input, words_at, out);
    if (input.len)
        memcpy(out, input.ptr, input.len);
    return input.len;
}

// --- headers

struct header {
    enum parquet_page type;
    enum parquet_encoding encoding;
    size_t uncompressed, compressed;
    uint64_t entries;
};

static void write_header(struct buf *buf, const struct header *header)
{
    buf_clear(buf);
    struct thrift_out out = thrift_begin(buf);
    thrift_put_i32(&out, 1, (int32_t)header->type);
    thrift_put_i32(&out, 2, (int32_t)header->uncompressed);
    thrift_put_i32(&out, 3, (int32_t)header->compressed);
    bool is_data = header->type == PARQUET_DATA_PAGE;
    thrift_put_struct(&out, is_data ? 5 : 7);
    thrift_put_i32(&out, 1, (int32_t)header->entries);
    thrift_put_i32(&out, 2, (int32_t)header->encoding);
    if (is_data) {
        thrift_put_i32(&out, 3, PARQUET_RLE);
        thrift_put_i32(&out, 4, PARQUET_RLE);
    }
    thrift_finish(&out);
    thrift_finish(&out);
}

// Header and body of a page, whose body was put behind the header's room. The length of both.
static size_t finish_page(struct pages *pages, const struct header *header)
{
    write_header(&pages->header, header);
    assert(!pages->header.overflowed && pages->header.len <= HEADER_ROOM);
    char *at = pages->bytes.ptr + pages->bytes.len;
    memcpy(at, pages->header.ptr, pages->header.len);
    memmove(at + pages->header.len, at + HEADER_ROOM, header->compressed);
    size_t size = pages->header.len + header->compressed;
    pages->bytes.len += size;
    pages->bytes_uncompressed += pages->header.len + header->uncompressed;
    pages->encodings |= 1u << header->encoding;
    return size;
}

void pages_close(struct pages *pages, enum parquet_encoding encoding,
                 const struct bound_format *format, struct str dictionary)
{
    struct page_location location = {
        .offset = pages->bytes.len,
        .first_row = pages->rows,
        .rows = pages->page_rows,
        .entries = pages->page_entries,
        .nulls = pages->page_entries - pages->page_values,
    };
    struct written_bounds written;
    location.has_bounds = bounds_write(&pages->arena, &pages->bounds, format, &written);
    if (location.has_bounds) {
        location.least = written.least;
        location.greatest = written.greatest;
    }
    bounds_merge(&pages->chunk_bounds, &pages->bounds);
    size_t values = pages_body(pages).len;
    struct str input = assemble(pages);
    struct header header = {.type = PARQUET_DATA_PAGE,
                            .encoding = encoding,
                            .uncompressed = input.len,
                            .entries = pages->page_entries};
    bool is_words = pages->has_words && encoding == PARQUET_PLAIN && pages->page_values;
    size_t words_at = is_words ? input.len - values : CODEC_BYTES;
    header.compressed = put_body(pages, input, words_at, dictionary);
    location.bytes = (uint32_t)finish_page(pages, &header);
    pages->dictionary_pages += encoding == PARQUET_RLE_DICTIONARY;
    pages->encodings |= 1u << PARQUET_RLE; // the levels
    pages->rows += pages->page_rows;
    pages->entries += pages->page_entries;
    pages->values += pages->page_values;
    *ARENA_PUSH(&pages->arena, pages->locations, pages->count, pages->capacity) = location;
    begin_page(pages);
}

void pages_put_dictionary(struct pages *pages, struct str body, size_t count)
{
    struct header header = {.type = PARQUET_DICTIONARY_PAGE,
                            .encoding = PARQUET_PLAIN,
                            .uncompressed = body.len,
                            .entries = count};
    header.compressed = put_body(pages, body, pages->has_words ? 0 : CODEC_BYTES, STR_NONE);
    size_t data = pages->bytes.len;
    size_t size = finish_page(pages, &header);
    buf_reserve(&pages->bytes, size);
    char *start = pages->bytes.ptr;

    buf_clear(&pages->body);
    buf_put_bytes(&pages->body, start + data, size);
    memmove(start + size, start, data);
    memcpy(start, pages->body.ptr, size);
    for (size_t i = 0; i < pages->count; i++)
        pages->locations[i].offset += size;
}
