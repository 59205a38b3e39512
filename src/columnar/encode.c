// SPDX-License-Identifier: Apache-2.0
// Everything is laid down with stores wider than what is meant, and the next store covers the
// excess. Bit-packing takes eight values at a time, which end on a byte whatever their width.
#include "columnar/encode.h"

#include <assert.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

static void store64(char *out, uint64_t value)
{
    memcpy(out, &value, sizeof value);
}

void encode_int32(const int64_t *values, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++) {
        int32_t value = (int32_t)values[i];
        memcpy(out + 4 * i, &value, sizeof value);
    }
}

void encode_float(const double *values, size_t count, char *out)
{
    for (size_t i = 0; i < count; i++) {
        float value = (float)values[i];
        memcpy(out + 4 * i, &value, sizeof value);
    }
}

void encode_decimal(const int128 *values, size_t count, unsigned width, char *out)
{
    for (size_t i = 0; i < count; i++) {
        char swapped[16];
        store64(swapped, __builtin_bswap64((uint64_t)(values[i] >> 64)));
        store64(swapped + 8, __builtin_bswap64((uint64_t)values[i]));
        memcpy(out, swapped + 16 - width, width);
        out += width;
    }
}

size_t encode_text_bytes(const struct text_view *values, size_t count)
{
    size_t bytes = 0;
    for (size_t i = 0; i < count; i++)
        bytes += values[i].len;
    return bytes;
}

static inline void copy_wide(char *out, const char *from, size_t len)
{
    memcpy(out, from, 32);
    if (__builtin_expect(len <= 32, 1))
        return;
    memcpy(out + 32, from + 32, 32);
    if (len > 64)
        memcpy(out + 64, from + 64, len - 64);
}

size_t encode_text(const struct text_view *values, size_t count, char *out)
{
    char *at = out;
    for (size_t i = 0; i < count; i++) {
        uint32_t len = values[i].len;
        memcpy(at, &len, sizeof len);
        copy_wide(at + sizeof len, values[i].ptr, len);
        at += sizeof len + len;
    }
    return (size_t)(at - out);
}

size_t encode_booleans(const uint8_t *bytes, size_t count, char *out)
{
    size_t groups = (count + 7) / 8;
    for (size_t i = 0; i < groups; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, 8);
        out[i] = (char)(eight * 0x0102040810204080u >> 56);
    }
    return groups;
}

// --- bit-packing

// Eight values whose bits together fit in 64, 128 or more.
static inline void pack_narrow(const uint32_t *v, unsigned w, char *out)
{
    uint64_t low = v[0] | (uint64_t)v[1] << w | (uint64_t)v[2] << 2 * w | (uint64_t)v[3] << 3 * w;
    uint64_t high = v[4] | (uint64_t)v[5] << w | (uint64_t)v[6] << 2 * w | (uint64_t)v[7] << 3 * w;
    store64(out, low | high << 4 * w);
}

static inline void pack_middle(const uint32_t *v, unsigned w, char *out)
{
    uint64_t low = v[0] | (uint64_t)v[1] << w | (uint64_t)v[2] << 2 * w | (uint64_t)v[3] << 3 * w;
    uint64_t high = v[4] | (uint64_t)v[5] << w | (uint64_t)v[6] << 2 * w | (uint64_t)v[7] << 3 * w;
    uint128 both = low | (uint128)high << 4 * w;
    memcpy(out, &both, sizeof both);
}

static inline void pack_wide(const uint32_t *v, unsigned w, char *out)
{
    uint64_t bits = 0;
    unsigned filled = 0;
    for (unsigned i = 0; i < 8; i++) {
        bits |= (uint64_t)v[i] << filled;
        filled += w;
        if (filled >= 32) {
            uint32_t word = (uint32_t)bits;
            memcpy(out, &word, sizeof word);
            out += sizeof word;
            bits >>= 32;
            filled -= 32;
        }
    }
    store64(out, bits);
}

static size_t pack(const uint32_t *values, size_t groups, unsigned width, char *out)
{
    if (width <= 8)
        for (size_t i = 0; i < groups; i++)
            pack_narrow(values + 8 * i, width, out + width * i);
    else if (width <= 16)
        for (size_t i = 0; i < groups; i++)
            pack_middle(values + 8 * i, width, out + width * i);
    else
        for (size_t i = 0; i < groups; i++)
            pack_wide(values + 8 * i, width, out + width * i);
    return groups * width;
}

static size_t put_varint(char *out, uint64_t value)
{
    size_t len = 0;
    for (; value >= 0x80; value >>= 7)
        out[len++] = (char)(value | 0x80);
    out[len++] = (char)value;
    return len;
}

static size_t put_packed(const uint32_t *indices, size_t groups, unsigned width, char *out)
{
    size_t len = put_varint(out, groups << 1 | 1);
    return len + pack(indices, groups, width, out + len);
}

static size_t put_run(uint32_t index, size_t count, unsigned width, char *out)
{
    size_t len = put_varint(out, (uint64_t)count << 1);
    memcpy(out + len, &index, sizeof index);
    return len + (width + 7) / 8;
}

size_t encode_hybrid_bound(size_t count, unsigned width)
{
    // a run's header is paid by what it saves: see run_min
    return (count + 8) * width / 8 + 32 + ENCODE_OVERRUN;
}

// Whether an eighth of the groups look as if they were of one value: then runs are worth looking
// for.
static bool has_runs(const uint32_t *v, size_t groups)
{
    size_t uniform = 0;
    for (size_t i = 0; i < groups; i++, v += 8)
        uniform +=
            ((v[0] ^ v[7]) | (v[1] ^ v[4]) | (v[2] ^ v[6]) | (v[0] ^ v[4]) | (v[3] ^ v[6])) == 0;
    return uniform * 8 >= groups;
}

// The least run that is smaller by itself, with the header of the packed run that must start anew
// behind it.
static size_t run_min(unsigned width)
{
    size_t bytes = 8 + (width + 7) / 8;
    size_t values = (bytes * 8 + width - 1) / width;
    return values < 8 ? 8 : values;
}

static size_t run_length(const uint32_t *indices, size_t from, size_t count)
{
    size_t end = from + 1;
    while (end < count && indices[end] == indices[from])
        end++;
    return end - from;
}

static size_t encode_with_runs(uint32_t *indices, size_t count, unsigned width, char *out)
{
    size_t least = run_min(width), len = 0;
    for (size_t i = 0; i < count;) {
        size_t run = run_length(indices, i, count);
        if (run >= least || i + run == count) {
            len += put_run(indices[i], run, width, out + len);
            i += run;
            continue;
        }
        size_t end = i;
        do
            end += 8;
        while (end + 8 <= count &&
               (indices[end] != indices[end + 7] || run_length(indices, end, count) < least));
        if (end + 8 > count)
            end = count;
        len += put_packed(indices + i, (end - i + 7) / 8, width, out + len);
        i = end;
    }
    return len;
}

size_t encode_hybrid(uint32_t *indices, size_t count, unsigned width, char *out)
{
    assert(width >= 1 && width <= 32);
    if (count == 0)
        return 0;
    size_t groups = (count + 7) / 8;
    memset(indices + count, 0, (8 * groups - count) * sizeof *indices);
    if (!has_runs(indices, groups))
        return put_packed(indices, groups, width, out);
    return encode_with_runs(indices, count, width, out);
}

// --- DELTA_BINARY_PACKED: blocks of 128 deltas, four miniblocks of 32, each with its own width

#define BLOCK 128
#define MINIBLOCKS 4
#define MINIBLOCK (BLOCK / MINIBLOCKS)

size_t encode_delta_bound(size_t count)
{
    size_t blocks = count / BLOCK + 1;
    return 32 + blocks * (10 + MINIBLOCKS + BLOCK * 8) + ENCODE_OVERRUN;
}

static size_t put_zigzag(char *out, int64_t value)
{
    return put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static unsigned width_of(uint64_t bits)
{
    return bits ? 64 - (unsigned)__builtin_clzll(bits) : 0;
}

static size_t pack_miniblock(const uint64_t *deltas, unsigned width, char *out)
{
    if (width <= 32) {
        uint32_t narrow[MINIBLOCK];
        for (int i = 0; i < MINIBLOCK; i++)
            narrow[i] = (uint32_t)deltas[i];
        return width ? pack(narrow, MINIBLOCK / 8, width, out) : 0;
    }
    uint128 bits = 0;
    unsigned filled = 0;
    char *at = out;
    for (int i = 0; i < MINIBLOCK; i++) {
        bits |= (uint128)deltas[i] << filled;
        filled += width;
        if (filled >= 64) {
            store64(at, (uint64_t)bits);
            at += 8;
            bits >>= 64;
            filled -= 64;
        }
    }
    store64(at, (uint64_t)bits); // half a word is left when the width is odd
    return MINIBLOCK / 8 * width;
}

// `deltas` may wrap around: arithmetic is modulo the type's size, as the format demands.
static size_t put_block(int64_t *deltas, size_t count, bool is_int32, char *out)
{
    int64_t least = deltas[0];
    for (size_t i = 1; i < count; i++)
        least = deltas[i] < least ? deltas[i] : least;
    uint64_t rest[BLOCK] = {0};
    for (size_t i = 0; i < count; i++)
        rest[i] = (uint64_t)deltas[i] - (uint64_t)least;
    if (is_int32)
        for (size_t i = 0; i < count; i++)
            rest[i] = (uint32_t)rest[i];
    size_t len = put_zigzag(out, least);
    char *widths = out + len;
    memset(widths, 0, MINIBLOCKS);
    len += MINIBLOCKS;
    for (size_t m = 0; m * MINIBLOCK < count; m++) {
        uint64_t all = 0;
        for (int i = 0; i < MINIBLOCK; i++)
            all |= rest[m * MINIBLOCK + (size_t)i];
        widths[m] = (char)width_of(all);
        len += pack_miniblock(rest + m * MINIBLOCK, width_of(all), out + len);
    }
    return len;
}

static int64_t delta(int64_t value, int64_t before, bool is_int32)
{
    uint64_t difference = (uint64_t)value - (uint64_t)before;
    return is_int32 ? (int32_t)(uint32_t)difference : (int64_t)difference;
}

size_t encode_delta(const int64_t *values, size_t count, bool is_int32, char *out)
{
    size_t len = put_varint(out, BLOCK);
    len += put_varint(out + len, MINIBLOCKS);
    len += put_varint(out + len, count);
    len += put_zigzag(out + len, count ? values[0] : 0);
    int64_t deltas[BLOCK];
    for (size_t i = 1; i < count;) {
        size_t part = count - i < BLOCK ? count - i : BLOCK;
        for (size_t k = 0; k < part; k++)
            deltas[k] = delta(values[i + k], values[i + k - 1], is_int32);
        len += put_block(deltas, part, is_int32, out + len);
        i += part;
    }
    return len;
}

void encode_stream_split(const double *values, size_t count, char *out)
{
    const char *bytes = (const char *)values;
    for (size_t b = 0; b < sizeof *values; b++)
        for (size_t i = 0; i < count; i++)
            out[b * count + i] = bytes[i * sizeof *values + b];
}
