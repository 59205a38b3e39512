// SPDX-License-Identifier: Apache-2.0
// Positions are kept by their low 16 bits: the distance to one is taken modulo 64 KiB, so an entry
// that is out of date names some place in the window all the same, and comparing bytes shows
// whether it is of any use. Hence the table needs no bounds.
//
// Elements are stored with wide writes that the next element covers.
#include "columnar/snappy.h"

#include <string.h>

#define LITERAL_SHORT 60 // the longest literal whose tag holds its length
#define COPY_MAX 64
#define COPY_NEAR 2048 // offsets below it have short tags
#define COPY_NEAR_LENGTH 12
#define MATCH_MIN 4
#define WORD 8
#define OVERRUN 64   // of the last wide write
#define WORD_BITS 13 // of each half of the table
#define TAIL 64      // bytes at the end that are not looked up, so that wide loads stay inside

enum tag { TAG_LITERAL = 0, TAG_COPY_1 = 1, TAG_COPY_2 = 2 };

static inline uint64_t load64(const char *p)
{
    uint64_t value;
    memcpy(&value, p, sizeof value);
    return value;
}

size_t snappy_room(size_t len)
{
    return 32 + len + len / 6 + OVERRUN;
}

static char *put_length(char *out, size_t len)
{
    for (; len >= 0x80; len >>= 7)
        *out++ = (char)(len | 0x80);
    *out++ = (char)len;
    return out;
}

static char *put_long_literal(char *out, const char *from, size_t len)
{
    size_t rest = len - 1;
    unsigned bytes = rest < 0x100 ? 1 : rest < 0x10000 ? 2 : rest < 0x1000000 ? 3 : 4;
    *out++ = (char)((LITERAL_SHORT - 1 + bytes) << 2 | TAG_LITERAL);
    for (unsigned i = 0; i < bytes; i++, rest >>= 8)
        *out++ = (char)rest;
    memcpy(out, from, len);
    return out + len;
}

// For places where 64 bytes may be read from `from`; len > 0.
static inline char *put_literal(char *out, const char *from, size_t len)
{
    if (__builtin_expect(len > LITERAL_SHORT, 0))
        return put_long_literal(out, from, len);
    *out++ = (char)((len - 1) << 2 | TAG_LITERAL);
    memcpy(out, from, 16);
    if (__builtin_expect(len > 16, 0))
        memcpy(out + 16, from + 16, 48);
    return out + len;
}

// The same near the end of the input.
static char *put_last_literal(char *out, const char *from, size_t len)
{
    if (len == 0)
        return out;
    if (len > LITERAL_SHORT)
        return put_long_literal(out, from, len);
    *out++ = (char)((len - 1) << 2 | TAG_LITERAL);
    memcpy(out, from, len);
    return out + len;
}

static inline char *put_copy_64(char *out, size_t offset, size_t len)
{
    uint32_t word = (uint32_t)((len << 2) + (offset << 8));
    bool near = len < COPY_NEAR_LENGTH && offset < COPY_NEAR;
    uint32_t short_tag = (uint32_t)(TAG_COPY_1 + ((offset >> 3) & 0xE0)) - (MATCH_MIN << 2);
    uint32_t long_tag = (uint32_t)TAG_COPY_2 - (1 << 2);
    word += near ? short_tag : long_tag;
    memcpy(out, &word, sizeof word);
    return out + 3 - near;
}

static inline char *put_copy(char *out, size_t offset, size_t len)
{
    while (__builtin_expect(len > COPY_MAX, 0)) {
        // what is left over must be long enough to be a copy of its own
        size_t part = len < COPY_MAX + MATCH_MIN ? COPY_MAX - MATCH_MIN : COPY_MAX;
        out = put_copy_64(out, offset, part);
        len -= part;
    }
    return put_copy_64(out, offset, len);
}

// How many bytes are the same at `a` and `b`, a < b, up to `end`. `known` of them are.
static inline size_t match_length(const char *a, const char *b, const char *end, size_t known)
{
    size_t len = known;
    while (b + len + 8 <= end) {
        uint64_t difference = load64(a + len) ^ load64(b + len);
        if (difference)
            return len + (size_t)(__builtin_ctzll(difference) >> 3);
        len += 8;
    }
    while (b + len < end && a[len] == b[len])
        len++;
    return len;
}

// The last words that were the same altogether, and those that had the same low half, with the byte
// in front of it: that is the highest of the word before, and in most columns it has few values.
static inline uint32_t hash_word(uint64_t word)
{
    return (uint32_t)(word * 0x9E3779B97F4A7C15u >> (64 - WORD_BITS));
}

static inline uint32_t hash_low(uint64_t from_before)
{
    return (uint32_t)((from_before << 24) * 0x9E3779B97F4A7C15u >> (64 - WORD_BITS)) +
           (1u << WORD_BITS);
}

// Where bytes are like those here, and how many.
struct likeness {
    size_t offset;
    unsigned bytes;
};

static inline struct likeness look_up(uint16_t *entry, const char *base, const char *ip,
                                      uint64_t word)
{
    size_t position = (size_t)(ip - base), offset = (uint16_t)(position - *entry);
    *entry = (uint16_t)position;
    uint64_t difference = load64(ip - offset) ^ word;
    unsigned same = difference ? (unsigned)__builtin_ctzll(difference) >> 3 : WORD;
    return (struct likeness){offset, offset ? same : 0};
}

static inline unsigned high_bytes(uint64_t a, uint64_t b)
{
    uint64_t difference = a ^ b;
    return difference ? (unsigned)__builtin_clzll(difference) >> 3 : WORD;
}

size_t snappy_words(struct snappy *snappy, struct str input, size_t words_at, char *out)
{
    const char *base = input.ptr, *end = base + input.len, *emitted = base;
    const char *start_out = out;
    out = put_length(out, input.len);
    if (input.len < words_at + 2 * TAIL)
        return (size_t)(put_last_literal(out, base, input.len) - start_out);
    uint16_t *table = snappy->table;
    memset(table, 0, sizeof snappy->table);
    const char *limit = end - TAIL, *ip = base + words_at + WORD;
    while (ip < limit) {
        uint64_t word = load64(ip), shifted = load64(ip - 1);
        struct likeness whole = look_up(&table[hash_word(word)], base, ip, word);
        struct likeness low = look_up(&table[hash_low(shifted)], base, ip - 1, shifted);
        unsigned high = high_bytes(word, load64(ip - WORD));
        if (whole.bytes == WORD) {
            if (ip > emitted)
                out = put_literal(out, emitted, (size_t)(ip - emitted));
            size_t len = match_length(ip - whole.offset, ip, end, WORD) & ~(size_t)(WORD - 1);
            out = put_copy(out, whole.offset, len);
            ip += len;
            emitted = ip;
            continue;
        }
        if (high >= MATCH_MIN && high >= low.bytes) {
            out = put_literal(out, emitted, (size_t)(ip - emitted) + WORD - high);
            out = put_copy_64(out, WORD, high);
            emitted = ip + WORD;
        } else if (low.bytes > MATCH_MIN) {
            const char *start = emitted < ip ? ip - 1 : ip;
            if (start > emitted)
                out = put_literal(out, emitted, (size_t)(start - emitted));
            out = put_copy_64(out, low.offset, low.bytes - (size_t)(start == ip));
            emitted = ip - 1 + low.bytes;
        }
        ip += WORD;
    }
    return (size_t)(put_last_literal(out, emitted, (size_t)(end - emitted)) - start_out);
}
