// SPDX-License-Identifier: Apache-2.0
// What the AVX2 and AVX-512 variants have in common: everything about 16 bytes.
#ifndef COLUMNAR_SIMD_X86_H
#define COLUMNAR_SIMD_X86_H

#include "columnar/swar.h"

#include <immintrin.h>

HOT_INLINE __m128i simd_load16(const char *p)
{
    return _mm_loadu_si128((const __m128i *)p);
}

HOT_INLINE unsigned simd_digits(const char *p)
{
    __m128i values = _mm_sub_epi8(simd_load16(p), _mm_set1_epi8('0'));
    __m128i wrong = _mm_cmpeq_epi8(_mm_max_epu8(values, _mm_set1_epi8(10)), values);
    return (unsigned)__builtin_ctz((unsigned)_mm_movemask_epi8(wrong) | 1u << 16);
}

// The first n <= 16 bytes, moved to the register's end, zeros before them: a window of a table
// slides with n.
HOT_INLINE __m128i simd_align_right(__m128i bytes, unsigned n)
{
    static const char slide[32] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                   0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15};
    return _mm_shuffle_epi8(bytes, simd_load16(slide + n));
}

// Sixteen digit values to a number: pairs, fours, eights, each step one multiply-and-add.
HOT_INLINE uint64_t simd_decimal_of(__m128i values)
{
    const __m128i tens = _mm_set1_epi16(0x010a);
    const __m128i hundreds = _mm_set1_epi32(0x00010064);
    const __m128i ten_thousands = _mm_set1_epi32(0x00012710);
    __m128i pairs = _mm_maddubs_epi16(values, tens);
    __m128i fours = _mm_madd_epi16(pairs, hundreds);
    __m128i eights = _mm_madd_epi16(_mm_packus_epi32(fours, fours), ten_thousands);
    uint64_t halves = (uint64_t)_mm_cvtsi128_si64(eights);
    return (halves & UINT32_MAX) * 100000000 + (halves >> 32);
}

HOT_INLINE uint64_t simd_decimal(const char *p, unsigned n)
{
    __m128i values = _mm_sub_epi8(simd_load16(p), _mm_set1_epi8('0'));
    return simd_decimal_of(simd_align_right(values, n));
}

// With everything at the right end, what stands before the dot is one place too far left: taken
// from the same bytes moved by one instead.
HOT_INLINE uint64_t simd_decimal_dotted(const char *p, unsigned end, unsigned fraction)
{
    static const char behind_dot[32] = {0,  0,  0,  0,  0,  0,  0,  0,  0,  0,  0,
                                        0,  0,  0,  0,  0,  -1, -1, -1, -1, -1, -1,
                                        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    __m128i values = _mm_sub_epi8(simd_load16(p), _mm_set1_epi8('0'));
    __m128i with_dot = simd_align_right(values, end);
    __m128i moved = _mm_slli_si128(with_dot, 1);
    return simd_decimal_of(_mm_blendv_epi8(moved, with_dot, simd_load16(behind_dot + fraction)));
}

HOT_INLINE uint64_t simd_prefix_xor(uint64_t bits)
{
    __m128i product =
        _mm_clmulepi64_si128(_mm_set_epi64x(0, (long long)bits), _mm_set1_epi8(-1), 0);
    return (uint64_t)_mm_cvtsi128_si64(product);
}

#endif
