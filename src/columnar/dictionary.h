// SPDX-License-Identifier: Apache-2.0
// The different values of a chunk, numbered in the order they first came.
//
// Of two sorts: words (integers, and doubles by their bits) and texts. Look-ups go batch by batch:
// first all hashes, then all slots, then all comparisons with texts, so that the waits for memory
// overlap: a conversion of many columns finds none of its dictionaries in the cache.
//
// An open-addressing table; texts are kept the way a dictionary page has
// them, length and bytes. Nothing here limits the size: the caller looks at `count` and `bytes`
// between batches. `extra_probes` grows when hashes collide far more than chance has it; input that
// was made to do that is no case for a dictionary (dictionary_suffers).
//
// Threads: one a dictionary. Errors: memory aborts; the caller keeps it bounded.
#ifndef COLUMNAR_DICTIONARY_H
#define COLUMNAR_DICTIONARY_H

#include "base/buf.h"
#include "columnar/leaf_values.h"

#define DICTIONARY_BATCH 2048 // values in one look-up

// All that a look-up needs is in one place: a word itself, or what tells one text from nearly all
// others and where it is.
struct dictionary_slot {
    union {
        uint64_t word;
        struct {
            uint32_t hash, len;
        };
    };
    uint32_t entry;  // index + 1; 0: the slot is free
    uint32_t offset; // of a text in `texts`: of the length in front
};
struct dictionary {
    bool has_texts;
    size_t count; // entries
    size_t bytes; // of the dictionary page: with their lengths (words: 8 each)
    uint64_t extra_probes, lookups;
    struct dictionary_slot *slots;
    size_t mask, slots_allocated;
    size_t capacity;   // of the arrays of entries below
    uint64_t *words;   // values; of texts: their first eight bytes, big-endian (text_prefix)
    uint32_t *offsets; // of texts in `texts`: of the length in front
    uint8_t *seen;     // by dictionary_mark
    struct buf texts;
    uint32_t *hashes; // of a batch
};

void dictionary_init(struct dictionary *dictionary, bool has_texts);
void dictionary_deinit(struct dictionary *dictionary);
void dictionary_clear(struct dictionary *dictionary); // keeps the memory
// The indices of up to DICTIONARY_BATCH values.
void dictionary_words(struct dictionary *dictionary, const uint64_t *values, size_t count,
                      uint32_t *out_indices);
void dictionary_texts(struct dictionary *dictionary, const struct text_view *values, size_t count,
                      uint32_t *out_indices);
bool dictionary_suffers(const struct dictionary *dictionary);
struct text_view dictionary_text(const struct dictionary *dictionary, size_t index);
// The least and greatest text that the indices name, exactly. `count` > 0.
void dictionary_text_bounds(struct dictionary *dictionary, const uint32_t *indices, size_t count,
                            struct text_view out_bounds[2]);
// How many bits an index takes: at least 1.
unsigned dictionary_width(const struct dictionary *dictionary);

#endif
