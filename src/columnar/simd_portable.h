// SPDX-License-Identifier: Apache-2.0
// The primitives of simd.h in plain C, eight bytes at a time: the reference that the other variants
// are tested against.
#ifndef COLUMNAR_SIMD_PORTABLE_H
#define COLUMNAR_SIMD_PORTABLE_H

#include "columnar/simd.h"
#include "columnar/swar.h"

HOT_INLINE uint64_t simd_equal(const char *p, char c)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 64; i += 8)
        mask |= (uint64_t)swar_mask(swar_equal(swar_load(p + i), (unsigned char)c)) << i;
    return mask;
}

HOT_INLINE uint64_t simd_string_end(const char *p)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t word = swar_load(p + i);
        uint64_t control = swar_greater(word, SWAR_ONES * 0x1f) ^ SWAR_HIGHS;
        mask |= (uint64_t)swar_mask(control | swar_equal(word, '"') | swar_equal(word, '\\')) << i;
    }
    return mask;
}

HOT_INLINE uint64_t simd_not_space(const char *p)
{
    return ~(simd_equal(p, ' ') | simd_equal(p, '\t') | simd_equal(p, '\n') | simd_equal(p, '\r'));
}

HOT_INLINE uint32_t simd_not_digit(const char *p)
{
    uint32_t mask = 0;
    for (unsigned i = 0; i < 32; i += 8)
        mask |= (uint32_t)swar_mask(swar_not_digit(swar_load(p + i))) << i;
    return mask;
}

HOT_INLINE unsigned simd_digits(const char *p)
{
    uint64_t wrong = swar_not_digit(swar_load(p));
    if (wrong)
        return (unsigned)__builtin_ctzll(wrong) / 8;
    wrong = swar_not_digit(swar_load(p + 8));
    return wrong ? 8 + (unsigned)__builtin_ctzll(wrong) / 8 : 16;
}

HOT_INLINE uint64_t simd_decimal(const char *p, unsigned n)
{
    if (n == 0)
        return 0;
    if (n <= 8) // shifted up, zeros take the places before the digits
        return swar_decimal((swar_load(p) ^ SWAR_ZEROS) << (64 - 8 * n));
    uint64_t high = swar_decimal((swar_load(p) ^ SWAR_ZEROS) << (128 - 8 * n));
    return high * 100000000 + swar_decimal(swar_load(p + n - 8) ^ SWAR_ZEROS);
}

HOT_INLINE uint64_t simd_decimal_dotted(const char *p, unsigned end, unsigned fraction)
{
    static const uint64_t powers[16] = {1,
                                        10,
                                        100,
                                        1000,
                                        10000,
                                        100000,
                                        1000000,
                                        10000000,
                                        100000000,
                                        1000000000,
                                        10000000000,
                                        100000000000,
                                        1000000000000,
                                        10000000000000,
                                        100000000000000,
                                        1000000000000000};
    return simd_decimal(p, end - fraction - 1) * powers[fraction] +
           simd_decimal(p + end - fraction, fraction);
}

HOT_INLINE bool simd_matches(const char *p, const char *pattern, unsigned len)
{
    return memcmp(p, pattern, len) == 0;
}

HOT_INLINE struct simd_structure simd_structure(const char *p)
{
    return (struct simd_structure){
        .quote = simd_equal(p, '"'),
        .backslash = simd_equal(p, '\\'),
        .open = simd_equal(p, '{') | simd_equal(p, '['),
        .close = simd_equal(p, '}') | simd_equal(p, ']'),
        .newline = simd_equal(p, '\n'),
    };
}

HOT_INLINE uint64_t simd_prefix_xor(uint64_t bits)
{
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
}

// The length of the character at p, 1 to 4; 0 when it is none. The second byte's range is what
// tells overlong forms, surrogates and what is beyond U+10FFFF (RFC 3629, section 4).
static inline unsigned simd_utf8_character(const unsigned char *p, size_t left)
{
    unsigned length = p[0] < 0x80   ? 1
                      : p[0] < 0xc2 ? 0
                      : p[0] < 0xe0 ? 2
                      : p[0] < 0xf0 ? 3
                      : p[0] < 0xf5 ? 4
                                    : 0;
    if (length < 2 || length > left)
        return length > left ? 0 : length;
    unsigned least = p[0] == 0xe0 ? 0xa0 : p[0] == 0xf0 ? 0x90 : 0x80;
    unsigned greatest = p[0] == 0xed ? 0x9f : p[0] == 0xf4 ? 0x8f : 0xbf;
    if (p[1] < least || p[1] > greatest)
        return 0;
    for (unsigned i = 2; i < length; i++)
        if ((p[i] & 0xc0) != 0x80)
            return 0;
    return length;
}

static inline bool simd_utf8_valid(const char *p, size_t len)
{
    for (const char *end = p + len; p < end;) {
        if ((swar_load(p) & SWAR_HIGHS) == 0) {
            p += 8; // past the end it does not matter
            continue;
        }
        unsigned length = simd_utf8_character((const unsigned char *)p, (size_t)(end - p));
        if (length == 0)
            return false;
        p += length;
    }
    return true;
}

#endif
