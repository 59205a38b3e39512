// SPDX-License-Identifier: Apache-2.0
// The primitives of simd.h with AVX2: 64 bytes are two registers.
#ifndef COLUMNAR_SIMD_AVX2_H
#define COLUMNAR_SIMD_AVX2_H

#include "columnar/simd.h"
#include "columnar/simd_utf8.h"
#include "columnar/simd_x86.h"

HOT_INLINE __m256i simd_load32(const char *p)
{
    return _mm256_loadu_si256((const __m256i *)p);
}

HOT_INLINE uint64_t simd_masks(__m256i low, __m256i high)
{
    return (uint32_t)_mm256_movemask_epi8(low) | (uint64_t)(uint32_t)_mm256_movemask_epi8(high)
                                                     << 32;
}

HOT_INLINE uint64_t simd_equal(const char *p, char c)
{
    __m256i wanted = _mm256_set1_epi8(c);
    return simd_masks(_mm256_cmpeq_epi8(simd_load32(p), wanted),
                      _mm256_cmpeq_epi8(simd_load32(p + 32), wanted));
}

HOT_INLINE __m256i simd_string_end_32(__m256i bytes)
{
    __m256i quote = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('"'));
    __m256i backslash = _mm256_cmpeq_epi8(bytes, _mm256_set1_epi8('\\'));
    __m256i control = _mm256_cmpeq_epi8(_mm256_min_epu8(bytes, _mm256_set1_epi8(0x1f)), bytes);
    return _mm256_or_si256(_mm256_or_si256(quote, backslash), control);
}

HOT_INLINE uint64_t simd_string_end(const char *p)
{
    return simd_masks(simd_string_end_32(simd_load32(p)), simd_string_end_32(simd_load32(p + 32)));
}

// White space is looked up by its low nibble: a byte that is not the one in its place is none.
// Bytes above 0x7f find zero, which they are not; zero itself must not find zero.
HOT_INLINE __m256i simd_space_32(__m256i bytes)
{
    const __m256i spaces = _mm256_broadcastsi128_si256(
        _mm_setr_epi8(' ', -1, -1, -1, -1, -1, -1, -1, -1, '\t', '\n', -1, -1, '\r', -1, -1));
    return _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(spaces, bytes));
}

HOT_INLINE uint64_t simd_not_space(const char *p)
{
    return ~simd_masks(simd_space_32(simd_load32(p)), simd_space_32(simd_load32(p + 32)));
}

HOT_INLINE uint32_t simd_not_digit(const char *p)
{
    __m256i values = _mm256_sub_epi8(simd_load32(p), _mm256_set1_epi8('0'));
    __m256i wrong = _mm256_cmpeq_epi8(_mm256_max_epu8(values, _mm256_set1_epi8(10)), values);
    return (uint32_t)_mm256_movemask_epi8(wrong);
}

HOT_INLINE bool simd_matches(const char *p, const char *pattern, unsigned len)
{
    __m256i same = _mm256_cmpeq_epi8(simd_load32(p), simd_load32(pattern));
    uint32_t differ = ~(uint32_t)_mm256_movemask_epi8(same);
    if (__builtin_expect(len <= 32, 1))
        return _bzhi_u32(differ, len) == 0;
    if (differ != 0 || len > 64)
        return differ == 0 && memcmp(p + 32, pattern + 32, len - 32) == 0;
    same = _mm256_cmpeq_epi8(simd_load32(p + 32), simd_load32(pattern + 32));
    return _bzhi_u32(~(uint32_t)_mm256_movemask_epi8(same), len - 32) == 0;
}

HOT_INLINE struct simd_structure simd_structure(const char *p)
{
    const __m256i fold = _mm256_set1_epi8(0x20); // '[' to '{', ']' to '}'
    const __m256i open = _mm256_set1_epi8('{'), close = _mm256_set1_epi8('}');
    __m256i low = _mm256_or_si256(simd_load32(p), fold);
    __m256i high = _mm256_or_si256(simd_load32(p + 32), fold);
    return (struct simd_structure){
        .quote = simd_equal(p, '"'),
        .backslash = simd_equal(p, '\\'),
        .open = simd_masks(_mm256_cmpeq_epi8(low, open), _mm256_cmpeq_epi8(high, open)),
        .close = simd_masks(_mm256_cmpeq_epi8(low, close), _mm256_cmpeq_epi8(high, close)),
        .newline = simd_equal(p, '\n'),
    };
}

HOT_INLINE __m256i simd_utf8_find(const uint8_t table[16], __m256i bytes)
{
    __m256i wide = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)table));
    return _mm256_shuffle_epi8(wide, _mm256_and_si256(bytes, _mm256_set1_epi8(0x0f)));
}

// What is wrong in `block` that follows `before` (simd_utf8.h); what is missing behind it is found
// with the next.
static inline __m256i simd_utf8_wrong(__m256i block, __m256i before)
{
    __m256i carried = _mm256_permute2x128_si256(before, block, 0x21);
    __m256i back_1 = _mm256_alignr_epi8(block, carried, 15);
    __m256i back_2 = _mm256_alignr_epi8(block, carried, 14);
    __m256i back_3 = _mm256_alignr_epi8(block, carried, 13);
    __m256i first_high = simd_utf8_find(simd_utf8_first_high, _mm256_srli_epi16(back_1, 4));
    __m256i first_low = simd_utf8_find(simd_utf8_first_low, back_1);
    __m256i second_high = simd_utf8_find(simd_utf8_second_high, _mm256_srli_epi16(block, 4));
    __m256i wrong = _mm256_and_si256(_mm256_and_si256(first_high, first_low), second_high);
    __m256i third = _mm256_subs_epu8(back_2, _mm256_set1_epi8(0xe0 - 0x80));
    __m256i fourth = _mm256_subs_epu8(back_3, _mm256_set1_epi8(0xf0 - 0x80));
    __m256i expected = _mm256_and_si256(_mm256_or_si256(third, fourth), _mm256_set1_epi8(-128));
    return _mm256_xor_si256(wrong, expected);
}

// Not zero when the block ends inside a character.
HOT_INLINE __m256i simd_utf8_unfinished(__m256i block)
{
    return _mm256_subs_epu8(block, _mm256_set_epi32((int)0xbfdfefff, -1, -1, -1, -1, -1, -1, -1));
}

HOT_INLINE bool simd_is_ascii_128(const char *p)
{
    __m256i first = _mm256_or_si256(simd_load32(p), simd_load32(p + 32));
    __m256i second = _mm256_or_si256(simd_load32(p + 64), simd_load32(p + 96));
    return _mm256_movemask_epi8(_mm256_or_si256(first, second)) == 0;
}

static inline bool simd_utf8_valid(const char *p, size_t len)
{
    __m256i before = _mm256_setzero_si256(), wrong = before;
    const char *end = p + len;
    while (end - p >= 32) {
        if (end - p >= 128 && simd_is_ascii_128(p)) {
            wrong = _mm256_or_si256(wrong, simd_utf8_unfinished(before));
            before = _mm256_setzero_si256();
            do
                p += 128;
            while (end - p >= 128 && simd_is_ascii_128(p));
            continue;
        }
        __m256i block = simd_load32(p);
        wrong = _mm256_or_si256(wrong, simd_utf8_wrong(block, before));
        before = block;
        p += 32;
    }
    // Fewer than 32 bytes, perhaps none: what is unfinished shows by the zeros behind it.
    char rest[32] = {0};
    memcpy(rest, p, (size_t)(end - p));
    wrong = _mm256_or_si256(wrong, simd_utf8_wrong(simd_load32(rest), before));
    return _mm256_testz_si256(wrong, wrong);
}

#endif
