// SPDX-License-Identifier: Apache-2.0
// The values of one leaf for some rows: what the shredder's side hands to the encoder's.
//
// Dremel's form: an entry has a definition and a repetition level; entries whose definition level
// is the leaf's maximum have a value, and values stand close together, without gaps for nulls. A
// batch of rows is a few thousand; rows are never cut.
//
// Ownership: everything is lent until the call returns; texts point into the JSON that was read.
#ifndef COLUMNAR_LEAF_VALUES_H
#define COLUMNAR_LEAF_VALUES_H

#include <stddef.h>
#include <stdint.h>

__extension__ typedef __int128 int128; // ISO C has no name for them
__extension__ typedef unsigned __int128 uint128;

struct text_view { // not terminated; at least 64 readable bytes follow the end of whatever holds it
    const char *ptr;
    uint32_t len;
    uint32_t first; // of JSON text that stands in a column of text: its first byte; 0: characters
                    // of a string
};

struct leaf_values {
    size_t rows;
    size_t entries;            // == rows where the maximum repetition level is 0
    const uint8_t *definition; // one per entry; NULL: all at the maximum
    const uint8_t *repetition; // one per entry; NULL where the maximum is 0
    size_t count;              // values
    union {
        const uint8_t *booleans;       // 0 or 1
        const int64_t *integers;       // kind_is_integer
        const double *doubles;         // KIND_FLOAT and KIND_DOUBLE
        const int128 *decimals;        // unscaled
        const struct text_view *texts; // kind_is_text
    };
};

#endif
