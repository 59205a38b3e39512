// SPDX-License-Identifier: Apache-2.0
// Values as Parquet's encodings have them: loops over arrays, without state.
//
// Output: every function returns how many bytes it wrote (or they follow from the count), and may
// write up to ENCODE_OVERRUN bytes more. Input texts are readable 64 bytes past their end
// (leaf_values.h). Specified in: parquet-format, Encodings.md.
#ifndef COLUMNAR_ENCODE_H
#define COLUMNAR_ENCODE_H

#include "base/str.h"
#include "columnar/leaf_values.h"

#define ENCODE_OVERRUN 64

// --- PLAIN
void encode_int32(const int64_t *values, size_t count, char *out);
void encode_float(const double *values, size_t count, char *out);
// Unscaled, big-endian, two's complement, `width` bytes each (1 to 16).
void encode_decimal(const int128 *values, size_t count, unsigned width, char *out);
size_t encode_text(const struct text_view *values, size_t count, char *out);
size_t encode_text_bytes(const struct text_view *values, size_t count); // the bytes without lengths
// Bits, the first the lowest; `bytes` are 0 or 1, and 0 up to a multiple of 8; `out` may be where
// they are.
size_t encode_booleans(const uint8_t *bytes, size_t count, char *out);

// --- RLE/bit-packing hybrid. Indices are below 2^width, 1 <= width <= 32, and writable to a
// multiple of 8.
size_t encode_hybrid_bound(size_t count, unsigned width);
size_t encode_hybrid(uint32_t *indices, size_t count, unsigned width, char *out);

// --- the modern profile's
size_t encode_delta_bound(size_t count);
size_t encode_delta(const int64_t *values, size_t count, bool is_int32,
                    char *out);                                          // DELTA_BINARY_PACKED
void encode_stream_split(const double *values, size_t count, char *out); // BYTE_STREAM_SPLIT

#endif
