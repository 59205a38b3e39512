// SPDX-License-Identifier: Apache-2.0
// Batches are cut into slices of whole rows, a look-up of the dictionary long. A slice either
// becomes indices, which stay numbers until the page is closed, or is encoded into the page at
// once.
#include "columnar/chunk_parts.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// Of texts that are looked up at once; a single row may have more.
#define SLICE_BYTES_MAX ((size_t)4 << 20)
#define CHUNK_VALUES_EXPECTED 500000.0 // of the first chunk
#define RETRY_CHUNKS 8                 // until a dictionary is tried again
#define DECIMAL_INT64_DIGITS 18
#define DECIMAL_INT32_DIGITS 9

// --- what a kind becomes

static const struct kind_row {
    enum parquet_physical physical;
    unsigned width; // bytes; 0: they vary
    enum parquet_encoding modern;
} KINDS[] = {
    [KIND_NULL] = {PARQUET_BYTE_ARRAY, 0, PARQUET_DELTA_LENGTH_BYTE_ARRAY},
    [KIND_BOOLEAN] = {PARQUET_BOOLEAN, 1, PARQUET_PLAIN},
    [KIND_INT8] = {PARQUET_INT32, 4, PARQUET_DELTA_BINARY_PACKED},
    [KIND_INT16] = {PARQUET_INT32, 4, PARQUET_DELTA_BINARY_PACKED},
    [KIND_INT32] = {PARQUET_INT32, 4, PARQUET_DELTA_BINARY_PACKED},
    [KIND_INT64] = {PARQUET_INT64, 8, PARQUET_DELTA_BINARY_PACKED},
    [KIND_FLOAT] = {PARQUET_FLOAT, 4, PARQUET_PLAIN},
    [KIND_DOUBLE] = {PARQUET_DOUBLE, 8, PARQUET_BYTE_STREAM_SPLIT},
    [KIND_DECIMAL] = {PARQUET_FIXED_LEN_BYTE_ARRAY, 16, PARQUET_PLAIN}, // of more than 18 digits
    [KIND_STRING] = {PARQUET_BYTE_ARRAY, 0, PARQUET_DELTA_LENGTH_BYTE_ARRAY},
    [KIND_JSON] = {PARQUET_BYTE_ARRAY, 0, PARQUET_DELTA_LENGTH_BYTE_ARRAY},
    [KIND_BINARY] = {PARQUET_BYTE_ARRAY, 0, PARQUET_DELTA_LENGTH_BYTE_ARRAY},
    [KIND_DATE] = {PARQUET_INT32, 4, PARQUET_DELTA_BINARY_PACKED},
    [KIND_TIMESTAMP] = {PARQUET_INT64, 8, PARQUET_DELTA_BINARY_PACKED},
    [KIND_TIMESTAMP_UTC] = {PARQUET_INT64, 8, PARQUET_DELTA_BINARY_PACKED},
};

enum parquet_physical chunk_physical(enum kind kind, unsigned precision, unsigned *out_width)
{
    const struct kind_row *row = &KINDS[kind];
    *out_width = row->width;
    if (kind != KIND_DECIMAL)
        return row->physical;
    if (precision <= DECIMAL_INT64_DIGITS) {
        *out_width = precision <= DECIMAL_INT32_DIGITS ? 4 : 8;
        return precision <= DECIMAL_INT32_DIGITS ? PARQUET_INT32 : PARQUET_INT64;
    }
    unsigned bytes = 1; // the least that holds 10^precision - 1 and a sign
    while (ldexp(1, (int)(8 * bytes - 1)) <= pow(10, precision))
        bytes++;
    *out_width = bytes;
    return PARQUET_FIXED_LEN_BYTE_ARRAY;
}

static void set_form(struct chunk_writer *w)
{
    static const enum order ORDERS[] = {[FORM_BOOLEAN] = ORDER_BOOLEAN,
                                        [FORM_WORD] = ORDER_INTEGER,
                                        [FORM_DECIMAL] = ORDER_DECIMAL,
                                        [FORM_TEXT] = ORDER_TEXT};
    const struct chunk_settings *s = &w->settings;
    w->format.physical = chunk_physical(s->kind, s->precision, &w->width);
    w->format.width = w->width;
    w->format.characters = s->kind != KIND_BINARY;
    switch (w->format.physical) {
    case PARQUET_BOOLEAN:
        w->form = FORM_BOOLEAN;
        break;
    case PARQUET_BYTE_ARRAY:
        w->form = FORM_TEXT;
        break;
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        w->form = FORM_DECIMAL;
        break;
    default:
        w->form = FORM_WORD;
    }
    w->is_real = s->kind == KIND_FLOAT || s->kind == KIND_DOUBLE;
    w->order = w->is_real ? ORDER_DOUBLE : ORDERS[w->form];
    w->encoding = s->profile == PROFILE_MODERN ? KINDS[s->kind].modern : PARQUET_PLAIN;
    if (s->profile == PROFILE_MODERN && s->kind == KIND_DECIMAL && w->form == FORM_WORD)
        w->encoding = PARQUET_DELTA_BINARY_PACKED;
}

struct chunk_writer *chunk_writer_new(const struct chunk_settings *settings)
{
    assert(!kind_is_nested(settings->kind));
    struct chunk_writer *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->settings = *settings;
    w->values_expected = CHUNK_VALUES_EXPECTED;
    set_form(w);
    pages_init(&w->pages, &w->settings, w->form == FORM_WORD && w->width == 8);
    w->words = w->encoded = w->lengths = w->bloom_hashes = w->bloom = buf_heap(SIZE_MAX);
    return w;
}

void chunk_writer_free(struct chunk_writer *w)
{
    if (!w)
        return;
    pages_deinit(&w->pages);
    if (w->has_dictionary)
        dictionary_deinit(&w->dictionary);
    free(w->indices);
    buf_deinit(&w->words);
    buf_deinit(&w->encoded);
    buf_deinit(&w->lengths);
    buf_deinit(&w->bloom_hashes);
    buf_deinit(&w->bloom);
    free(w);
}

static bool may_have_dictionary(const struct chunk_writer *w)
{
    return w->form == FORM_WORD || w->form == FORM_TEXT;
}

void chunk_begin(struct chunk_writer *w)
{
    pages_begin(&w->pages, w->order);
    buf_clear(&w->lengths);
    buf_clear(&w->bloom_hashes);
    w->index_count = 0;
    w->dictionary_values = 0;
    w->judged = w->known;
    w->half_lookups = 0;
    bool retry = w->known && !w->is_good && ++w->chunks_without >= RETRY_CHUNKS;
    if (retry) {
        w->judged = false;
        w->chunks_without = 0;
    }
    w->in_dictionary = may_have_dictionary(w) && (!w->judged || w->is_good);
    if (!w->in_dictionary)
        return;
    if (!w->has_dictionary)
        dictionary_init(&w->dictionary, w->form == FORM_TEXT);
    else
        dictionary_clear(&w->dictionary);
    w->has_dictionary = true;
}

// --- slices

// The values of words as the encoder wants them: decimals narrowed, floats rounded to what will be
// stored.
static const uint64_t *words_of(struct chunk_writer *w, const struct leaf_values *slice)
{
    if (w->settings.kind != KIND_DECIMAL && w->settings.kind != KIND_FLOAT)
        return (const uint64_t *)slice->integers;
    buf_clear(&w->words);
    char *room = buf_reserve(&w->words, slice->count * sizeof(uint64_t) + ENCODE_OVERRUN);
    if (w->settings.kind == KIND_DECIMAL) {
        int64_t *out = (int64_t *)room;
        for (size_t i = 0; i < slice->count; i++)
            out[i] = (int64_t)slice->decimals[i];
        return (const uint64_t *)out;
    }
    double *out = (double *)room;
    for (size_t i = 0; i < slice->count; i++)
        out[i] = (double)(float)slice->doubles[i];
    return (const uint64_t *)out;
}

static void add_words(struct chunk_writer *w, const struct leaf_values *slice)
{
    const uint64_t *words = words_of(w, slice);
    if (w->is_real)
        bounds_doubles(&w->pages.bounds, (const double *)words, slice->count);
    else
        bounds_integers(&w->pages.bounds, (const int64_t *)words, slice->count);
    if (w->in_dictionary)
        chunk_put_indices(w, slice, words);
    else
        chunk_put_words(w, words, slice->count);
}

static void add_texts(struct chunk_writer *w, const struct leaf_values *slice)
{
    if (w->in_dictionary && encode_text_bytes(slice->texts, slice->count) > SLICE_BYTES_MAX) {
        chunk_close_page(w);
        w->in_dictionary = false;
    }
    if (w->in_dictionary)
        chunk_put_indices(w, slice, NULL);
    else
        chunk_put_texts(w, slice->texts, slice->count);
}

static void add_slice(struct chunk_writer *w, const struct leaf_values *slice)
{
    struct pages *pages = &w->pages;
    bool has_been_full = pages->page_rows >= PAGE_ROWS; // of nulls
    if (has_been_full)
        chunk_close_page(w);
    switch (w->form) {
    case FORM_BOOLEAN:
        chunk_put_booleans(w, slice->booleans, slice->count);
        break;
    case FORM_WORD:
        add_words(w, slice);
        break;
    case FORM_DECIMAL:
        chunk_put_decimals(w, slice->decimals, slice->count);
        break;
    case FORM_TEXT:
        add_texts(w, slice);
        break;
    }
    if (slice->definition)
        levels_bytes(&pages->definition, slice->definition, slice->entries);
    else
        levels_run(&pages->definition, w->settings.max_definition, slice->entries);
    if (slice->repetition)
        levels_bytes(&pages->repetition, slice->repetition, slice->entries);
    else
        levels_run(&pages->repetition, 0, slice->entries);
    pages->page_rows += slice->rows;
    pages->page_entries += slice->entries;
    pages->page_values += slice->count;
    if (w->in_dictionary)
        chunk_review_dictionary(w);
    size_t bytes = w->in_dictionary ? w->index_count * sizeof *w->indices : pages_body(pages).len;
    if (pages->page_rows >= PAGE_ROWS || bytes >= PAGE_BYTES)
        chunk_close_page(w);
}

static size_t count_equal(const uint8_t *levels, size_t count, uint8_t level)
{
    size_t equal = 0;
    for (size_t i = 0; i < count; i++)
        equal += levels[i] == level;
    return equal;
}

// The first rows of `rest`: about `target` entries of them.
static struct leaf_values first_rows(const struct chunk_writer *w, const struct leaf_values *rest,
                                     size_t target)
{
    struct leaf_values slice = *rest;
    size_t entries = target < rest->entries ? target : rest->entries;
    while (rest->repetition && entries < rest->entries && rest->repetition[entries])
        entries++;
    slice.entries = entries;
    slice.rows = rest->repetition ? count_equal(rest->repetition, entries, 0) : entries;
    slice.count = rest->definition
                      ? count_equal(rest->definition, entries, w->settings.max_definition)
                      : entries;
    return slice;
}

// No more bytes than a page should have, when there is a choice.
static struct leaf_values next_slice(const struct chunk_writer *w, const struct leaf_values *rest)
{
    struct leaf_values slice = first_rows(w, rest, SLICE);
    if (w->form != FORM_TEXT)
        return slice;
    for (size_t target = SLICE / 2; target && slice.rows > 1; target /= 2) {
        if (encode_text_bytes(slice.texts, slice.count) <= PAGE_BYTES)
            break;
        slice = first_rows(w, rest, target);
    }
    return slice;
}

static size_t value_bytes(const struct chunk_writer *w)
{
    static const size_t BYTES[] = {
        [FORM_BOOLEAN] = 1, [FORM_WORD] = 8, [FORM_DECIMAL] = 16, [FORM_TEXT] = 16};
    return w->settings.kind == KIND_DECIMAL ? sizeof(int128) : BYTES[w->form];
}

void chunk_add(struct chunk_writer *w, const struct leaf_values *values)
{
    struct leaf_values rest = *values;
    while (rest.entries) {
        struct leaf_values slice = next_slice(w, &rest);
        add_slice(w, &slice);
        rest.rows -= slice.rows;
        rest.entries -= slice.entries;
        rest.count -= slice.count;
        rest.definition = rest.definition ? rest.definition + slice.entries : NULL;
        rest.repetition = rest.repetition ? rest.repetition + slice.entries : NULL;
        rest.booleans += slice.count * value_bytes(w);
    }
}

// Pages of nothing but nulls cost nothing, and may be long.
void chunk_add_nulls(struct chunk_writer *w, uint64_t rows)
{
    levels_run(&w->pages.definition, 0, rows);
    levels_run(&w->pages.repetition, 0, rows);
    w->pages.page_rows += rows;
    w->pages.page_entries += rows;
    if (w->pages.page_values && w->pages.page_rows >= PAGE_ROWS)
        chunk_close_page(w);
}

// --- the finished chunk

static void put_bloom(struct chunk_writer *w, struct str dictionary, size_t count)
{
    buf_clear(&w->bloom);
    if (!w->settings.bloom)
        return;
    if (w->form == FORM_TEXT) {
        for (size_t i = 0; i < count; i++) {
            struct text_view text = dictionary_text(&w->dictionary, i);
            chunk_put_hashes(w, &text, 1);
        }
    } else if (count) {
        chunk_put_hashes(w, dictionary.ptr, count);
    }
    const uint64_t *hashes = (const uint64_t *)w->bloom_hashes.ptr;
    size_t hash_count = w->bloom_hashes.len / sizeof *hashes;
    if (hash_count == 0)
        return;
    size_t bytes = bloom_bytes(bloom_distinct(hashes, hash_count));
    memset(buf_reserve(&w->bloom, bytes), 0, bytes);
    w->bloom.len = bytes;
    bloom_set(w->bloom.ptr, bytes, hashes, hash_count);
}

static void remember(struct chunk_writer *w)
{
    uint64_t values = w->pages.values;
    if (values >= SAMPLE_HALF)
        w->values_expected = (double)values;
    else
        w->known = false; // too few to learn from
    if (w->is_good && w->dictionary_values * 2 < values)
        w->is_good = false; // it overflowed early
}

static void finish_bounds(struct chunk_writer *w, struct chunk *chunk)
{
    struct written_bounds written;
    chunk->has_bounds = bounds_write(&w->pages.arena, &w->pages.chunk_bounds, &w->format, &written);
    if (!chunk->has_bounds)
        return;
    chunk->least = written.least;
    chunk->greatest = written.greatest;
    chunk->least_exact = written.least_exact;
    chunk->greatest_exact = written.greatest_exact;
}

void chunk_finish(struct chunk_writer *w, struct chunk *out_chunk)
{
    struct pages *pages = &w->pages;
    if (w->in_dictionary && w->dictionary_values == 0 && w->index_count)
        chunk_judge_dictionary(w, (double)w->index_count);
    bool all = w->in_dictionary;
    chunk_close_page(w);
    struct chunk chunk = {.has_dictionary = pages->dictionary_pages > 0};
    struct str dictionary = chunk.has_dictionary ? chunk_dictionary_body(w) : STR_NONE;
    size_t entries = chunk.has_dictionary ? w->dictionary.count : 0;
    put_bloom(w, dictionary, entries);
    if (chunk.has_dictionary)
        pages_put_dictionary(pages, dictionary, entries);
    finish_bounds(w, &chunk);
    chunk.rows = pages->rows;
    chunk.entries = pages->entries;
    chunk.values = pages->values;
    chunk.nulls = pages->entries - pages->values;
    chunk.bytes = buf_str(&pages->bytes);
    chunk.data_offset = pages->count ? pages->locations[0].offset : 0;
    chunk.bytes_uncompressed = pages->bytes_uncompressed;
    chunk.encodings = pages->encodings;
    chunk.dictionary_pages = pages->dictionary_pages;
    chunk.codec = pages->compressed ? w->settings.codec : PARQUET_UNCOMPRESSED;
    chunk.pages = pages->locations;
    chunk.page_count = pages->count;
    chunk.boundary = boundary_order(pages->locations, pages->count, &w->format);
    chunk.bloom = buf_str(&w->bloom);
    chunk.distinct = all ? entries : 0;
    remember(w);
    *out_chunk = chunk;
}

const struct chunk_settings *chunk_writer_settings(const struct chunk_writer *w)
{
    return &w->settings;
}
