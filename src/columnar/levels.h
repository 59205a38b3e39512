// SPDX-License-Identifier: Apache-2.0
// Definition or repetition levels of a page, in the RLE/bit-packing hybrid, encoded as they come.
//
// Levels are told in runs or byte by byte. A run costs nothing per level however it is cut, so that
// a column without nulls pays a few instructions for a batch. Specified in: parquet-format,
// Encodings.md, "Run Length Encoding / Bit-Packing Hybrid".
#ifndef COLUMNAR_LEVELS_H
#define COLUMNAR_LEVELS_H

#include "base/buf.h"

struct levels {
    unsigned width; // bits of a level; 0: there are none, everything is ignored
    struct buf out;
    uint8_t run_value; // the run that is open; it is not in `out` yet
    uint64_t run_count;
    uint64_t pending; // or up to 7 levels, a byte each, that start a group of 8
    unsigned pending_count;
    size_t packed_at;       // header of the open bit-packed run in `out`
    unsigned packed_groups; // in it; 0: none is open
};

struct levels levels_new(unsigned level_max); // free with levels_deinit
void levels_deinit(struct levels *levels);
void levels_clear(struct levels *levels);
void levels_run(struct levels *levels, uint8_t value, uint64_t count);
void levels_bytes(struct levels *levels, const uint8_t *values, size_t count);
// The encoded levels, without a length. Lent until the next call.
struct str levels_finish(struct levels *levels);

#endif
