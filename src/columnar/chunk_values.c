// SPDX-License-Identifier: Apache-2.0
// Most values are encoded into the page as they come. Booleans stay bytes, and words of the modern
// profile words, until the page is closed, and indices stay where they are.
#include "columnar/chunk_parts.h"

#include <string.h>

static void put_hash(struct chunk_writer *w, const void *bytes, size_t len)
{
    uint64_t hash = bloom_hash(bytes, len);
    buf_put_bytes(&w->bloom_hashes, &hash, sizeof hash);
}

// Zeros of either sign are equal to who looks for one, so both go in.
static void hash_zero(struct chunk_writer *w)
{
    const double zeros[] = {0.0, -0.0};
    const float narrow[] = {0.0F, -0.0F};
    for (int i = 0; i < 2; i++)
        put_hash(w, w->width == 8 ? (const void *)&zeros[i] : (const void *)&narrow[i], w->width);
}

static bool is_zero(const struct chunk_writer *w, const char *value)
{
    uint64_t bits = 0;
    memcpy(&bits, value, w->width);
    return w->is_real && (bits & ~((uint64_t)1 << (8 * w->width - 1))) == 0;
}

void chunk_put_hashes(struct chunk_writer *w, const void *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *value = (const char *)values + i * w->width;
        const struct text_view *text = (const struct text_view *)values + i;
        if (w->form == FORM_TEXT)
            put_hash(w, text->ptr, text->len);
        else if (is_zero(w, value))
            hash_zero(w);
        else
            put_hash(w, value, w->width);
    }
}

// Words go in as they are when the page is encoded only when it is closed.
static bool is_encoded_late(const struct chunk_writer *w)
{
    return w->form == FORM_WORD && w->encoding != PARQUET_PLAIN;
}

void chunk_encode_words(const struct chunk_writer *w, const uint64_t *words, size_t count,
                        char *out)
{
    if (w->width == 8)
        memcpy(out, words, count * sizeof *words);
    else if (w->is_real)
        encode_float((const double *)words, count, out);
    else
        encode_int32((const int64_t *)words, count, out);
}

void chunk_put_words(struct chunk_writer *w, const uint64_t *words, size_t count)
{
    size_t bytes = count * (is_encoded_late(w) ? sizeof *words : w->width);
    char *room = pages_room(&w->pages, bytes + ENCODE_OVERRUN);
    if (is_encoded_late(w))
        memcpy(room, words, bytes);
    else
        chunk_encode_words(w, words, count, room);
    if (w->settings.bloom) {
        char *plain = room;
        if (is_encoded_late(w)) {
            buf_clear(&w->encoded);
            plain = buf_reserve(&w->encoded, bytes);
            chunk_encode_words(w, words, count, plain);
        }
        chunk_put_hashes(w, plain, count);
    }
    pages_filled(&w->pages, bytes);
}

void chunk_put_texts(struct chunk_writer *w, const struct text_view *texts, size_t count)
{
    size_t bytes = encode_text_bytes(texts, count);
    char *room = pages_room(&w->pages, bytes + count * sizeof(uint32_t) + ENCODE_OVERRUN);
    bounds_texts(&w->pages.bounds, texts, count);
    if (w->settings.bloom)
        chunk_put_hashes(w, texts, count);
    if (w->encoding == PARQUET_PLAIN) {
        pages_filled(&w->pages, encode_text(texts, count, room));
        return;
    }
    int64_t *lengths = (int64_t *)buf_reserve(&w->lengths, count * sizeof *lengths);
    for (size_t i = 0; i < count; i++) {
        lengths[i] = texts[i].len;
        memcpy(room, texts[i].ptr, texts[i].len);
        room += texts[i].len;
    }
    w->lengths.len += count * sizeof *lengths;
    pages_filled(&w->pages, bytes);
}

void chunk_put_decimals(struct chunk_writer *w, const int128 *values, size_t count)
{
    size_t bytes = count * w->width;
    char *room = pages_room(&w->pages, bytes + ENCODE_OVERRUN);
    encode_decimal(values, count, w->width, room);
    bounds_decimals(&w->pages.bounds, values, count);
    if (w->settings.bloom)
        chunk_put_hashes(w, room, count);
    pages_filled(&w->pages, bytes);
}

void chunk_put_booleans(struct chunk_writer *w, const uint8_t *values, size_t count)
{
    char *room = pages_room(&w->pages, count + ENCODE_OVERRUN); // bytes, until the page is closed
    memcpy(room, values, count);
    memset(room + count, 0, 8);
    bounds_booleans(&w->pages.bounds, values, count);
    pages_filled(&w->pages, count);
}

// --- closing a page

// Replaces the body of the open page by `encoded`.
static void replace_body(struct chunk_writer *w, size_t bytes)
{
    w->pages.body.len = PAGES_HEADROOM;
    memcpy(pages_room(&w->pages, bytes), w->encoded.ptr, bytes);
    pages_filled(&w->pages, bytes);
}

static void encode_late(struct chunk_writer *w)
{
    struct str body = pages_body(&w->pages);
    size_t count = body.len / sizeof(int64_t);
    buf_clear(&w->encoded);
    if (w->encoding == PARQUET_BYTE_STREAM_SPLIT) {
        encode_stream_split((const double *)body.ptr, count, buf_reserve(&w->encoded, body.len));
        replace_body(w, body.len);
        return;
    }
    char *room = buf_reserve(&w->encoded, encode_delta_bound(count));
    replace_body(w, encode_delta((const int64_t *)body.ptr, count, w->width == 4, room));
}

// Lengths in front of the bytes that are in the page.
static void encode_lengths(struct chunk_writer *w)
{
    struct str body = pages_body(&w->pages);
    size_t count = w->lengths.len / sizeof(int64_t);
    buf_clear(&w->encoded);
    char *room = buf_reserve(&w->encoded, encode_delta_bound(count) + body.len);
    size_t len = encode_delta((const int64_t *)w->lengths.ptr, count, true, room);
    memcpy(room + len, body.ptr, body.len);
    replace_body(w, len + body.len);
    buf_clear(&w->lengths);
}

static void encode_indices(struct chunk_writer *w)
{
    unsigned width = dictionary_width(&w->dictionary);
    char *room = pages_room(&w->pages, 1 + encode_hybrid_bound(w->index_count, width));
    room[0] = (char)width;
    pages_filled(&w->pages, 1 + encode_hybrid(w->indices, w->index_count, width, room + 1));
    if (w->form == FORM_TEXT) {
        struct text_view ends[2];
        dictionary_text_bounds(&w->dictionary, w->indices, w->index_count, ends);
        bounds_texts(&w->pages.bounds, ends, 2);
    }
    w->dictionary_values += w->index_count;
    w->index_count = 0;
}

struct str chunk_dictionary_body(struct chunk_writer *w)
{
    if (w->form == FORM_TEXT)
        return buf_str(&w->dictionary.texts);
    size_t bytes = w->dictionary.count * w->width;
    buf_clear(&w->words);
    char *room = buf_reserve(&w->words, bytes + ENCODE_OVERRUN);
    chunk_encode_words(w, w->dictionary.words, w->dictionary.count, room);
    return str_n(room, bytes);
}

void chunk_close_page(struct chunk_writer *w)
{
    if (w->pages.page_entries == 0)
        return;
    if (w->in_dictionary && w->index_count) {
        encode_indices(w);
        struct str dictionary = w->pages.settled ? STR_NONE : chunk_dictionary_body(w);
        pages_close(&w->pages, PARQUET_RLE_DICTIONARY, &w->format, dictionary);
        return;
    }
    enum parquet_encoding encoding = w->pages.page_values ? w->encoding : PARQUET_PLAIN;
    if (w->pages.page_values == 0) {
        pages_close(&w->pages, encoding, &w->format, STR_NONE);
        return;
    }
    if (w->form == FORM_BOOLEAN) {
        char *bytes = w->pages.body.ptr + PAGES_HEADROOM;
        size_t count = pages_body(&w->pages).len;
        w->pages.body.len = PAGES_HEADROOM + encode_booleans((const uint8_t *)bytes, count, bytes);
    } else if (is_encoded_late(w)) {
        encode_late(w);
    } else if (w->encoding == PARQUET_DELTA_LENGTH_BYTE_ARRAY) {
        encode_lengths(w);
    }
    pages_close(&w->pages, encoding, &w->format, STR_NONE);
}
