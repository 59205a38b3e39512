// SPDX-License-Identifier: Apache-2.0
// The primitives of simd.h with NEON, as every 64-bit ARM has it: 64 bytes are four registers.
// There is no instruction that makes a mask of a comparison: each byte keeps the bit of its place,
// and neighbours are added until 64 bits are left.
#ifndef COLUMNAR_SIMD_NEON_H
#define COLUMNAR_SIMD_NEON_H

#include "columnar/simd.h"
#include "columnar/simd_utf8.h"
#include "columnar/swar.h"

#include <arm_neon.h>

HOT_INLINE uint8x16_t simd_load16(const char *p)
{
    return vld1q_u8((const uint8_t *)p);
}

HOT_INLINE uint8x16_t simd_place_bits(void)
{
    const uint8x16_t bits = {1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128};
    return bits;
}

struct simd_64 {
    uint8x16_t part[4];
};

HOT_INLINE struct simd_64 simd_load64(const char *p)
{
    return (struct simd_64){
        {simd_load16(p), simd_load16(p + 16), simd_load16(p + 32), simd_load16(p + 48)}};
}

HOT_INLINE uint64_t simd_mask_of(struct simd_64 flags)
{
    const uint8x16_t bits = simd_place_bits();
    uint8x16_t low = vpaddq_u8(vandq_u8(flags.part[0], bits), vandq_u8(flags.part[1], bits));
    uint8x16_t high = vpaddq_u8(vandq_u8(flags.part[2], bits), vandq_u8(flags.part[3], bits));
    uint8x16_t both = vpaddq_u8(low, high);
    return vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(both, both)), 0);
}

HOT_INLINE uint64_t simd_equal_64(struct simd_64 block, char c)
{
    uint8x16_t wanted = vdupq_n_u8((uint8_t)c);
    for (unsigned i = 0; i < 4; i++)
        block.part[i] = vceqq_u8(block.part[i], wanted);
    return simd_mask_of(block);
}

HOT_INLINE uint64_t simd_equal(const char *p, char c)
{
    return simd_equal_64(simd_load64(p), c);
}

HOT_INLINE uint64_t simd_string_end(const char *p)
{
    struct simd_64 block = simd_load64(p);
    for (unsigned i = 0; i < 4; i++) {
        uint8x16_t bytes = block.part[i];
        uint8x16_t quote = vceqq_u8(bytes, vdupq_n_u8('"'));
        uint8x16_t backslash = vceqq_u8(bytes, vdupq_n_u8('\\'));
        block.part[i] = vorrq_u8(vorrq_u8(quote, backslash), vcltq_u8(bytes, vdupq_n_u8(0x20)));
    }
    return simd_mask_of(block);
}

// White space is looked up by its low nibble: a byte that is not the one in its place is none; zero
// must not find zero.
HOT_INLINE uint64_t simd_not_space(const char *p)
{
    const uint8x16_t spaces = {' ', 255,  255,  255, 255, 255,  255, 255,
                               255, '\t', '\n', 255, 255, '\r', 255, 255};
    struct simd_64 block = simd_load64(p);
    for (unsigned i = 0; i < 4; i++) {
        uint8x16_t place =
            vandq_u8(block.part[i], vdupq_n_u8(0x8f)); // above 0x7f: out of the table
        block.part[i] = vceqq_u8(block.part[i], vqtbl1q_u8(spaces, place));
    }
    return ~simd_mask_of(block);
}

HOT_INLINE uint8x16_t simd_not_digit_16(const char *p)
{
    return vcgtq_u8(vsubq_u8(simd_load16(p), vdupq_n_u8('0')), vdupq_n_u8(9));
}

HOT_INLINE uint32_t simd_not_digit(const char *p)
{
    const uint8x16_t bits = simd_place_bits();
    uint8x16_t pairs =
        vpaddq_u8(vandq_u8(simd_not_digit_16(p), bits), vandq_u8(simd_not_digit_16(p + 16), bits));
    uint8x16_t fours = vpaddq_u8(pairs, pairs);
    return vgetq_lane_u32(vreinterpretq_u32_u8(vpaddq_u8(fours, fours)), 0);
}

// Four bits for each byte are enough here, and cheaper than one.
HOT_INLINE unsigned simd_digits(const char *p)
{
    uint8x8_t nibbles = vshrn_n_u16(vreinterpretq_u16_u8(simd_not_digit_16(p)), 4);
    uint64_t wrong = vget_lane_u64(vreinterpret_u64_u8(nibbles), 0);
    return wrong ? (unsigned)__builtin_ctzll(wrong) / 4 : 16;
}

// The first n <= 16 bytes, moved to the register's end, zeros before them: a window of a table
// slides with n.
HOT_INLINE uint8x16_t simd_align_right(uint8x16_t bytes, unsigned n)
{
    static const uint8_t slide[32] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255,
                                      255, 255, 255, 255, 255, 0,   1,   2,   3,   4,   5,
                                      6,   7,   8,   9,   10,  11,  12,  13,  14,  15};
    return vqtbl1q_u8(bytes, vld1q_u8(slide + n));
}

HOT_INLINE uint64_t simd_decimal_of(uint8x16_t values)
{
    uint64x2_t words = vreinterpretq_u64_u8(values);
    return (uint64_t)swar_decimal(vgetq_lane_u64(words, 0)) * 100000000 +
           swar_decimal(vgetq_lane_u64(words, 1));
}

HOT_INLINE uint64_t simd_decimal(const char *p, unsigned n)
{
    return simd_decimal_of(simd_align_right(vsubq_u8(simd_load16(p), vdupq_n_u8('0')), n));
}

// With everything at the right end, what stands before the dot is one place too far left: taken
// from the same bytes moved by one instead.
HOT_INLINE uint64_t simd_decimal_dotted(const char *p, unsigned end, unsigned fraction)
{
    static const uint8_t behind_dot[32] = {0,   0,   0,   0,   0,   0,   0,   0,   0,   0,   0,
                                           0,   0,   0,   0,   0,   255, 255, 255, 255, 255, 255,
                                           255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    uint8x16_t with_dot = simd_align_right(vsubq_u8(simd_load16(p), vdupq_n_u8('0')), end);
    uint8x16_t moved = vextq_u8(vdupq_n_u8(0), with_dot, 15);
    return simd_decimal_of(vbslq_u8(vld1q_u8(behind_dot + fraction), with_dot, moved));
}

HOT_INLINE bool simd_matches(const char *p, const char *pattern, unsigned len)
{
    if (__builtin_expect(len > 32, 0))
        return memcmp(p, pattern, len) == 0;
    const uint8x16_t bits = simd_place_bits();
    uint8x16_t low = vceqq_u8(simd_load16(p), simd_load16(pattern));
    uint8x16_t high = vceqq_u8(simd_load16(p + 16), simd_load16(pattern + 16));
    uint8x16_t pairs = vpaddq_u8(vandq_u8(low, bits), vandq_u8(high, bits));
    uint8x16_t fours = vpaddq_u8(pairs, pairs);
    uint64_t same = vgetq_lane_u32(vreinterpretq_u32_u8(vpaddq_u8(fours, fours)), 0);
    return (~same & ((UINT64_C(1) << len) - 1)) == 0;
}

HOT_INLINE struct simd_structure simd_structure(const char *p)
{
    struct simd_64 block = simd_load64(p), folded = block;
    for (unsigned i = 0; i < 4; i++) // '[' to '{', ']' to '}'
        folded.part[i] = vorrq_u8(block.part[i], vdupq_n_u8(0x20));
    return (struct simd_structure){
        .quote = simd_equal_64(block, '"'),
        .backslash = simd_equal_64(block, '\\'),
        .open = simd_equal_64(folded, '{'),
        .close = simd_equal_64(folded, '}'),
        .newline = simd_equal_64(block, '\n'),
    };
}

HOT_INLINE uint64_t simd_prefix_xor(uint64_t bits)
{
#if defined(__ARM_FEATURE_AES)
    return (uint64_t)vmull_p64(bits, ~UINT64_C(0));
#else
    for (unsigned shift = 1; shift < 64; shift *= 2)
        bits ^= bits << shift;
    return bits;
#endif
}

// What is wrong in `block` that follows `before` (simd_utf8.h); what is missing behind it is found
// with the next.
static inline uint8x16_t simd_utf8_wrong(uint8x16_t block, uint8x16_t before)
{
    uint8x16_t back_1 = vextq_u8(before, block, 15);
    uint8x16_t back_2 = vextq_u8(before, block, 14);
    uint8x16_t back_3 = vextq_u8(before, block, 13);
    uint8x16_t first_high = vqtbl1q_u8(vld1q_u8(simd_utf8_first_high), vshrq_n_u8(back_1, 4));
    uint8x16_t first_low =
        vqtbl1q_u8(vld1q_u8(simd_utf8_first_low), vandq_u8(back_1, vdupq_n_u8(0x0f)));
    uint8x16_t second_high = vqtbl1q_u8(vld1q_u8(simd_utf8_second_high), vshrq_n_u8(block, 4));
    uint8x16_t wrong = vandq_u8(vandq_u8(first_high, first_low), second_high);
    uint8x16_t third = vqsubq_u8(back_2, vdupq_n_u8(0xe0 - 0x80));
    uint8x16_t fourth = vqsubq_u8(back_3, vdupq_n_u8(0xf0 - 0x80));
    return veorq_u8(wrong, vandq_u8(vorrq_u8(third, fourth), vdupq_n_u8(0x80)));
}

// Not zero when the block ends inside a character.
HOT_INLINE uint8x16_t simd_utf8_unfinished(uint8x16_t block)
{
    const uint8x16_t greatest = {255, 255, 255, 255, 255, 255,  255,  255,
                                 255, 255, 255, 255, 255, 0xef, 0xdf, 0xbf};
    return vqsubq_u8(block, greatest);
}

HOT_INLINE bool simd_is_ascii_64(const char *p)
{
    struct simd_64 block = simd_load64(p);
    uint8x16_t any =
        vorrq_u8(vorrq_u8(block.part[0], block.part[1]), vorrq_u8(block.part[2], block.part[3]));
    return vmaxvq_u8(any) < 0x80;
}

static inline bool simd_utf8_valid(const char *p, size_t len)
{
    uint8x16_t before = vdupq_n_u8(0), wrong = before;
    const char *end = p + len;
    while (end - p >= 16) {
        if (end - p >= 64 && simd_is_ascii_64(p)) {
            wrong = vorrq_u8(wrong, simd_utf8_unfinished(before));
            before = vdupq_n_u8(0);
            p += 64;
            continue;
        }
        uint8x16_t block = simd_load16(p);
        wrong = vorrq_u8(wrong, simd_utf8_wrong(block, before));
        before = block;
        p += 16;
    }
    // Fewer than 16 bytes, perhaps none: what is unfinished shows by the zeros behind it.
    char rest[16] = {0};
    memcpy(rest, p, (size_t)(end - p));
    wrong = vorrq_u8(wrong, simd_utf8_wrong(simd_load16(rest), before));
    return vmaxvq_u8(wrong) == 0;
}

#endif
