// SPDX-License-Identifier: Apache-2.0
// The primitives of simd.h with AVX-512 (BW, VL): 64 bytes are one register, and comparisons give
// masks.
#ifndef COLUMNAR_SIMD_AVX512_H
#define COLUMNAR_SIMD_AVX512_H

#include "columnar/simd.h"
#include "columnar/simd_utf8.h"
#include "columnar/simd_x86.h"

HOT_INLINE uint64_t simd_equal(const char *p, char c)
{
    return _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(p), _mm512_set1_epi8(c));
}

HOT_INLINE uint64_t simd_string_end(const char *p)
{
    __m512i block = _mm512_loadu_si512(p);
    return _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')) |
           _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')) |
           _mm512_cmplt_epu8_mask(block, _mm512_set1_epi8(0x20));
}

// White space is looked up by its low nibble: a byte that is not the one in its place is none.
// Bytes above 0x7f find zero, which they are not; zero itself must not find zero.
HOT_INLINE uint64_t simd_not_space(const char *p)
{
    const __m512i spaces = _mm512_broadcast_i32x4(
        _mm_setr_epi8(' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1));
    __m512i block = _mm512_loadu_si512(p);
    return _mm512_cmpneq_epi8_mask(block, _mm512_shuffle_epi8(spaces, block));
}

HOT_INLINE uint32_t simd_not_digit(const char *p)
{
    __m256i values = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)p), _mm256_set1_epi8('0'));
    return _mm256_cmpgt_epu8_mask(values, _mm256_set1_epi8(9));
}

HOT_INLINE bool simd_matches(const char *p, const char *pattern, unsigned len)
{
    uint64_t differ = _mm512_cmpneq_epi8_mask(_mm512_loadu_si512(p), _mm512_loadu_si512(pattern));
    if (__builtin_expect(len <= 64, 1))
        return _bzhi_u64(differ, len) == 0;
    return differ == 0 && memcmp(p + 64, pattern + 64, len - 64) == 0;
}

HOT_INLINE struct simd_structure simd_structure(const char *p)
{
    __m512i block = _mm512_loadu_si512(p);
    __m512i folded = _mm512_or_si512(block, _mm512_set1_epi8(0x20)); // '[' to '{', ']' to '}'
    return (struct simd_structure){
        .quote = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('"')),
        .backslash = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\\')),
        .open = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('{')),
        .close = _mm512_cmpeq_epi8_mask(folded, _mm512_set1_epi8('}')),
        .newline = _mm512_cmpeq_epi8_mask(block, _mm512_set1_epi8('\n')),
    };
}

HOT_INLINE __m512i simd_utf8_table(const uint8_t table[16])
{
    return _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)table));
}

// What is wrong in `block` that follows `before` (simd_utf8.h); what is missing behind it is found
// with the next.
static inline __m512i simd_utf8_wrong(__m512i block, __m512i before)
{
    const __m512i nibble = _mm512_set1_epi8(0x0f);
    __m512i carried = _mm512_alignr_epi32(block, before, 12);
    __m512i back_1 = _mm512_alignr_epi8(block, carried, 15);
    __m512i back_2 = _mm512_alignr_epi8(block, carried, 14);
    __m512i back_3 = _mm512_alignr_epi8(block, carried, 13);
    __m512i first_high =
        _mm512_shuffle_epi8(simd_utf8_table(simd_utf8_first_high),
                            _mm512_and_si512(_mm512_srli_epi16(back_1, 4), nibble));
    __m512i first_low =
        _mm512_shuffle_epi8(simd_utf8_table(simd_utf8_first_low), _mm512_and_si512(back_1, nibble));
    __m512i second_high =
        _mm512_shuffle_epi8(simd_utf8_table(simd_utf8_second_high),
                            _mm512_and_si512(_mm512_srli_epi16(block, 4), nibble));
    __m512i wrong =
        _mm512_ternarylogic_epi64(first_high, first_low, second_high, 0x80); // a & b & c
    __m512i third = _mm512_subs_epu8(back_2, _mm512_set1_epi8(0xe0 - 0x80));
    __m512i fourth = _mm512_subs_epu8(back_3, _mm512_set1_epi8(0xf0 - 0x80));
    __m512i expected =
        _mm512_ternarylogic_epi64(third, fourth, _mm512_set1_epi8(-128), 0xa8); // (a | b) & c
    return _mm512_xor_si512(wrong, expected);
}

// Not zero when the block ends inside a character.
HOT_INLINE __m512i simd_utf8_unfinished(__m512i block)
{
    const __m512i greatest = _mm512_set_epi32((int)0xbfdfefff, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                              -1, -1, -1, -1, -1, -1);
    return _mm512_subs_epu8(block, greatest);
}

HOT_INLINE bool simd_is_ascii_256(const char *p)
{
    __m512i first = _mm512_or_si512(_mm512_loadu_si512(p), _mm512_loadu_si512(p + 64));
    __m512i second = _mm512_or_si512(_mm512_loadu_si512(p + 128), _mm512_loadu_si512(p + 192));
    return _mm512_movepi8_mask(_mm512_or_si512(first, second)) == 0;
}

static inline bool simd_utf8_valid(const char *p, size_t len)
{
    __m512i before = _mm512_setzero_si512(), wrong = before;
    for (const char *end = p + len;; p += 64) {
        if (end - p >= 256 && simd_is_ascii_256(p)) {
            wrong = _mm512_or_si512(wrong, simd_utf8_unfinished(before));
            before = _mm512_setzero_si512();
            do
                p += 256;
            while (end - p >= 256 && simd_is_ascii_256(p));
        }
        // The last block has fewer than 64 bytes, perhaps none: what is unfinished shows by the
        // zeros behind it.
        size_t left = (size_t)(end - p);
        __m512i block =
            _mm512_maskz_loadu_epi8(left < 64 ? _bzhi_u64(~0ull, (unsigned)left) : ~0ull, p);
        wrong = _mm512_or_si512(wrong, simd_utf8_wrong(block, before));
        before = block;
        if (left < 64)
            return _mm512_test_epi8_mask(wrong, wrong) == 0;
    }
}

#endif
