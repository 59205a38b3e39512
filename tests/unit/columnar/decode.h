// SPDX-License-Identifier: Apache-2.0
// What tests of the encoder read its output with: plain, slow decoders, written from the format's
// description.
#ifndef TESTS_COLUMNAR_DECODE_H
#define TESTS_COLUMNAR_DECODE_H

#include "fixture.h"
#include "base/buf.h"

#include <string.h>

static inline uint64_t decode_varint(struct cursor *c)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = cursor_u8(c);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            break;
    }
    return value;
}

static inline int64_t decode_zigzag(struct cursor *c)
{
    uint64_t value = decode_varint(c);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static inline uint64_t decode_bits(const char *bytes, size_t index, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++) {
        size_t bit = index * width + i;
        value |= (uint64_t)((uint8_t)bytes[bit / 8] >> bit % 8 & 1) << i;
    }
    return value;
}

// RLE/bit-packing hybrid: `count` values, and not a byte more than they need.
static inline void decode_hybrid(struct str bytes, unsigned width, size_t count, uint32_t *out)
{
    struct cursor c = cursor_of(bytes);
    size_t got = 0;
    while (got < count) {
        uint64_t header = decode_varint(&c);
        assert_false(c.failed);
        if (header & 1) {
            size_t values = (size_t)(header >> 1) * 8;
            struct str packed = cursor_take(&c, values / 8 * width);
            assert_false(c.failed);
            for (size_t i = 0; i < values && got < count; i++)
                out[got++] = (uint32_t)decode_bits(packed.ptr, i, width);
        } else {
            uint32_t value = 0;
            for (unsigned i = 0; i < (width + 7) / 8; i++)
                value |= (uint32_t)cursor_u8(&c) << 8 * i;
            assert_true(header >> 1 > 0 && (header >> 1) <= count - got);
            for (uint64_t i = 0; i < header >> 1; i++)
                out[got++] = value;
        }
    }
    assert_false(c.failed);
    assert_int_equal(cursor_left(&c), 0);
}

// DELTA_BINARY_PACKED; the bytes that follow it stay in `c`.
static inline size_t decode_delta(struct cursor *c, bool is_int32, int64_t *out)
{
    size_t block = (size_t)decode_varint(c), minis = (size_t)decode_varint(c);
    size_t count = (size_t)decode_varint(c), per = block / minis;
    uint64_t value = (uint64_t)decode_zigzag(c);
    size_t got = 0;
    if (count)
        out[got++] = (int64_t)value;
    while (got < count) {
        uint64_t least = (uint64_t)decode_zigzag(c);
        struct str widths = cursor_take(c, minis);
        for (size_t m = 0; m < minis && got < count; m++) {
            unsigned width = (uint8_t)widths.ptr[m];
            struct str packed = cursor_take(c, per / 8 * width);
            assert_false(c->failed);
            for (size_t i = 0; i < per && got < count; i++) {
                value += least + decode_bits(packed.ptr, i, width);
                out[got++] = is_int32 ? (int32_t)value : (int64_t)value;
            }
        }
    }
    assert_false(c->failed);
    return count;
}

// A small generator, so that a test is the same every time.
static inline uint64_t random_next(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 20 ^ *state << 13;
}

#endif
