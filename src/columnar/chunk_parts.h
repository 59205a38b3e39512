// SPDX-License-Identifier: Apache-2.0
// What the files that make a chunk share: chunk.c takes values in and gives chunks out,
// chunk_values.c encodes values into the open page and closes it, chunk_dictionary.c turns values
// into indices and judges whether that pays.
#ifndef COLUMNAR_CHUNK_PARTS_H
#define COLUMNAR_CHUNK_PARTS_H

#include "columnar/bloom.h"
#include "columnar/chunk.h"
#include "columnar/dictionary.h"
#include "columnar/encode.h"
#include "columnar/pages.h"

#define SLICE DICTIONARY_BATCH // values that are handled at once, about
#define SAMPLE_HALF 2048       // values; twice as many to judge a dictionary by

enum form { FORM_BOOLEAN, FORM_WORD, FORM_DECIMAL, FORM_TEXT };

struct chunk_writer {
    struct chunk_settings settings;
    enum form form;
    bool is_real; // words are doubles
    enum order order;
    enum parquet_encoding encoding; // without a dictionary
    struct bound_format format;
    unsigned width; // bytes of a word in PLAIN, of a decimal
    struct pages pages;
    // the dictionary
    struct dictionary dictionary;
    bool has_dictionary;                  // memory for it
    bool in_dictionary;                   // the open page is made of indices
    uint64_t half_lookups, half_distinct; // of the sample's first half
    bool judged;                          // that it pays
    uint32_t *indices;                    // of the open page
    size_t index_count, index_capacity;
    uint64_t dictionary_values; // in closed pages
    // what chunks before have taught
    bool known, is_good;
    unsigned chunks_without;
    double values_expected;
    // scratch
    struct buf words;   // a slice's words, when they are not the values as given
    struct buf encoded; // what a page is encoded from or to
    struct buf lengths; // int64_t: of DELTA_LENGTH_BYTE_ARRAY
    struct buf bloom_hashes;
    struct buf bloom;
};

// --- chunk_values.c: values without a dictionary

void chunk_put_booleans(struct chunk_writer *w, const uint8_t *values, size_t count);
void chunk_put_words(struct chunk_writer *w, const uint64_t *words,
                     size_t count); // bounds are the caller's
void chunk_put_decimals(struct chunk_writer *w, const int128 *values, size_t count);
void chunk_put_texts(struct chunk_writer *w, const struct text_view *texts, size_t count);
// For the Bloom filter: values as PLAIN has them, or views of texts.
void chunk_put_hashes(struct chunk_writer *w, const void *values, size_t count);
void chunk_encode_words(const struct chunk_writer *w, const uint64_t *words, size_t count,
                        char *out); // PLAIN
// The dictionary page's body, lent until the next call with the writer.
struct str chunk_dictionary_body(struct chunk_writer *w);
void chunk_close_page(struct chunk_writer *w); // nothing happens to an empty one

// --- chunk_dictionary.c

void chunk_put_indices(struct chunk_writer *w, const struct leaf_values *slice,
                       const uint64_t *words);
// After a slice went into the dictionary: judges it when it is time, and leaves it when it is full.
void chunk_review_dictionary(struct chunk_writer *w);
// Leaves the dictionary unless it pays for a chunk of `total` values.
void chunk_judge_dictionary(struct chunk_writer *w, double total);

#endif
