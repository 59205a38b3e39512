// SPDX-License-Identifier: Apache-2.0
// Whether a dictionary pays is judged on the first slices: the number of different values that the
// chunk will have is extrapolated from them, and the sizes of both ways, compressed as the sample
// compresses, are compared. Indices of a page that is open when the dictionary is given up are
// turned back into values.
#include "columnar/chunk_parts.h"

#include <math.h>
#include <stdlib.h>

#define ENTRIES_MAX ((size_t)128 << 10) // of a dictionary
#define DICTIONARY_BYTES_MAX ((size_t)1 << 20)
#define MEMORY_DEFAULT ((size_t)8 << 20)
#define ENTRY_MEMORY 64     // of an entry: its slots, and what is kept of it beside its text
#define WIN 0.9             // a dictionary must be smaller by a tenth,
#define WIN_COMPRESSED 1.05 // but not when it spares us a slow codec

static size_t memory_of(const struct chunk_writer *w)
{
    return w->settings.dictionary_memory ? w->settings.dictionary_memory : MEMORY_DEFAULT;
}

static size_t entries_max(const struct chunk_writer *w)
{
    size_t fit = memory_of(w) / ENTRY_MEMORY;
    return fit < ENTRIES_MAX ? fit : ENTRIES_MAX;
}

static size_t bytes_max(const struct chunk_writer *w)
{
    size_t fit = memory_of(w) / 2;
    return fit < DICTIONARY_BYTES_MAX ? fit : DICTIONARY_BYTES_MAX;
}

static uint32_t *index_room(struct chunk_writer *w, size_t count)
{
    size_t needed = w->index_count + count + 8;
    if (needed > w->index_capacity) {
        size_t capacity = needed * 2;
        w->indices = realloc(w->indices, capacity * sizeof *w->indices);
        if (!w->indices)
            abort();
        w->index_capacity = capacity;
    }
    return w->indices + w->index_count;
}

// Puts the values that the open page's indices name into it.
static void leave_dictionary(struct chunk_writer *w)
{
    size_t count = w->index_count;
    w->in_dictionary = false;
    w->index_count = 0;
    for (size_t i = 0; i < count; i += SLICE) {
        size_t part = count - i < SLICE ? count - i : SLICE;
        if (w->form == FORM_TEXT) {
            struct text_view texts[SLICE];
            for (size_t k = 0; k < part; k++)
                texts[k] = dictionary_text(&w->dictionary, w->indices[i + k]);
            chunk_put_texts(w, texts, part);
        } else {
            uint64_t words[SLICE];
            for (size_t k = 0; k < part; k++)
                words[k] = w->dictionary.words[w->indices[i + k]];
            chunk_put_words(w, words, part);
        }
    }
    if (w->dictionary_values == 0) { // no page needs it
        dictionary_deinit(&w->dictionary);
        w->has_dictionary = false;
    }
}

// How many different values `total` values will have, when the first half of a sample brought
// `first` and the second half `second` new ones: of N equally likely values, every draw is new with
// probability e^(-n/N) after n draws. (That repetitions are few in both halves alike, as when a
// clock stands still for a moment, says nothing of values to come.)
static double extrapolate(double half, double first, double second, double total)
{
    if (second >= first)
        return total;
    double seen = first + second;
    if (second <= 0)
        return seen;
    double n = half / log(first / second);
    double all = n * -expm1(-total / n);
    return all > seen ? all : seen;
}

// What the dictionary will have when the chunk ends. Chunks that are no longer than the sample are
// known already.
static double distinct_expected(const struct chunk_writer *w, double total)
{
    const struct dictionary *d = &w->dictionary;
    if (w->half_lookups == 0 || total <= (double)d->lookups)
        return (double)d->count;
    double rest = (double)(d->lookups - w->half_lookups), half = (double)w->half_lookups;
    double second =
        (double)(d->count - w->half_distinct) * half / rest; // halves may differ in length
    return extrapolate(half, (double)w->half_distinct, second, total);
}

// Bytes that the values of the open page take in PLAIN, compressed; through `encoded`.
static size_t plain_sample(struct chunk_writer *w, size_t count)
{
    buf_clear(&w->encoded);
    for (size_t i = 0; i < count; i++) {
        char *room = buf_reserve(&w->encoded, ENCODE_OVERRUN);
        if (w->form == FORM_TEXT) {
            struct text_view text = dictionary_text(&w->dictionary, w->indices[i]);
            buf_put_bytes(&w->encoded, &text.len, sizeof text.len);
            buf_put_bytes(&w->encoded, text.ptr, text.len);
        } else {
            chunk_encode_words(w, &w->dictionary.words[w->indices[i]], 1, room);
            w->encoded.len += w->width;
        }
    }
    return pages_sample(&w->pages, buf_str(&w->encoded), w->pages.has_words);
}

static size_t index_sample(struct chunk_writer *w, size_t count, unsigned width)
{
    buf_clear(&w->encoded);
    char *room = buf_reserve(&w->encoded, encode_hybrid_bound(count, width));
    w->encoded.len = encode_hybrid(w->indices, count, width, room);
    return pages_sample(&w->pages, buf_str(&w->encoded), false);
}

static bool pays(struct chunk_writer *w, double total)
{
    const struct dictionary *d = &w->dictionary;
    size_t count = w->index_count;
    if (d->count == 0)
        return true;
    struct str body = chunk_dictionary_body(w);
    double distinct = distinct_expected(w, total);
    double entry_raw = (double)body.len / (double)d->count;
    if (distinct > (double)entries_max(w) || distinct * entry_raw > (double)bytes_max(w))
        return false;
    double entry = (double)pages_sample(&w->pages, body, w->pages.has_words) / (double)d->count;
    unsigned width = dictionary_width(d);
    double bits = distinct > 2 ? ceil(log2(distinct)) : 1;
    double index = (double)index_sample(w, count, width) / (double)count * bits / width;
    double plain = (double)plain_sample(w, count) / (double)count;
    double win = w->settings.codec == PARQUET_UNCOMPRESSED ? WIN : WIN_COMPRESSED;
    return distinct * entry + total * index < win * total * plain;
}

void chunk_judge_dictionary(struct chunk_writer *w, double total)
{
    w->judged = w->known = true;
    w->is_good = pays(w, total);
    if (!w->is_good)
        leave_dictionary(w);
}

static bool is_full(const struct chunk_writer *w)
{
    return w->dictionary.count > entries_max(w) ||
           w->dictionary.count * w->width + w->dictionary.texts.len > bytes_max(w) ||
           dictionary_suffers(&w->dictionary);
}

void chunk_put_indices(struct chunk_writer *w, const struct leaf_values *slice,
                       const uint64_t *words)
{
    uint32_t *out = index_room(w, slice->count);
    for (size_t i = 0; i < slice->count; i += SLICE) {
        size_t part = slice->count - i < SLICE ? slice->count - i : SLICE;
        if (w->form == FORM_TEXT)
            dictionary_texts(&w->dictionary, slice->texts + i, part, out + i);
        else
            dictionary_words(&w->dictionary, words + i, part, out + i);
    }
    w->index_count += slice->count;
}

void chunk_review_dictionary(struct chunk_writer *w)
{
    uint64_t lookups = w->dictionary.lookups;
    if (!w->judged && w->half_lookups == 0 && lookups >= SAMPLE_HALF) {
        w->half_lookups = lookups;
        w->half_distinct = w->dictionary.count;
    } else if (!w->judged && w->half_lookups && lookups >= 2 * w->half_lookups) {
        chunk_judge_dictionary(w, fmax(w->values_expected, 2 * (double)lookups));
    }
    if (!w->in_dictionary || !is_full(w))
        return;
    chunk_close_page(w);
    w->in_dictionary = false;
}
