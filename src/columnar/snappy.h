// SPDX-License-Identifier: Apache-2.0
// Raw Snappy for pages of eight-byte words: integers, timestamps, doubles.
//
// Such a page is compressed two to three times as fast as by libsnappy, and no less, because it is
// looked at word by word: a word shares its high bytes with the word before, or its low bytes with
// an earlier one, or is the same as one. Texts are libsnappy's.
//
// Output depends on nothing but the input.
// Specified in: google/snappy, format_description.txt.
#ifndef COLUMNAR_SNAPPY_H
#define COLUMNAR_SNAPPY_H

#include "base/str.h"

#define SNAPPY_TABLE ((size_t)1 << 14)

struct snappy {
    uint16_t table[SNAPPY_TABLE]; // low 16 bits of the last position of a hash
};

// Room for the result of `len` bytes and for what is written beyond it.
size_t snappy_room(size_t len);
// The words start at `words_at`; bytes in front of them are taken as they are. Returns the length
// of the result. Input is shorter than 4 GiB.
size_t snappy_words(struct snappy *snappy, struct str input, size_t words_at, char *out);

#endif
