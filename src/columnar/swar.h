// SPDX-License-Identifier: Apache-2.0
// Eight bytes at a time in a plain 64-bit word: what the portable variant is made of, and what
// suits short fixed layouts (dates, a few digits) better than wide registers do in every variant.
//
// The first byte of the text is the lowest of the word, on every machine. Tests of bytes are exact:
// no carry from one byte touches the next, whatever the bytes are.
#ifndef COLUMNAR_SWAR_H
#define COLUMNAR_SWAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// For what hot loops are made of: a call there would cost more than the function does.
#define HOT_INLINE static inline __attribute__((always_inline))

// 1 when c is `wanted`, else 0, by arithmetic. A comparison's result is written to a byte of a
// register, whose other bytes then wait for what the register held: often the value that the loop
// made last time, which costs more than all else here.
HOT_INLINE uint64_t swar_is(char c, char wanted)
{
    // Only 0 - 1 reaches the highest bit: a difference that wrapped around did so in 32 bits.
    uint32_t difference = (uint32_t)(unsigned char)c - (unsigned char)wanted;
    return ((uint64_t)difference - 1) >> 63;
}

#define SWAR_ONES UINT64_C(0x0101010101010101)
#define SWAR_HIGHS UINT64_C(0x8080808080808080)
#define SWAR_ZEROS UINT64_C(0x3030303030303030) // "00000000"

HOT_INLINE uint64_t swar_load(const char *p)
{
    uint64_t word;
    memcpy(&word, p, sizeof word);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    return word;
}

// The high bit of each byte of `word` that is greater than the same byte of `limits`, each at most
// 0x7f.
HOT_INLINE uint64_t swar_greater(uint64_t word, uint64_t limits)
{
    return (((word & ~SWAR_HIGHS) + (~SWAR_HIGHS - limits)) | word) & SWAR_HIGHS;
}

// Of flags in the high bits of bytes: bit i for byte i.
HOT_INLINE unsigned swar_mask(uint64_t flags)
{
    return (unsigned)((flags >> 7) * UINT64_C(0x0102040810204080) >> 56);
}

HOT_INLINE uint64_t swar_equal(uint64_t word, unsigned char c)
{
    return swar_greater(word ^ SWAR_ONES * c, 0) ^ SWAR_HIGHS;
}

// The high bit of each byte that is no ASCII digit.
HOT_INLINE uint64_t swar_not_digit(uint64_t word)
{
    return swar_greater(word ^ SWAR_ZEROS, SWAR_ONES * 9);
}

// In every byte: ten times its value plus the next byte's, for values 0 to 9.
HOT_INLINE uint64_t swar_pairs(uint64_t values)
{
    return values * 10 + (values >> 8);
}

// The number of eight digits, given as values 0 to 9: pairs, then both halves of four by one
// multiplication for each pair's weight, summed in the upper half.
HOT_INLINE uint32_t swar_decimal(uint64_t values)
{
    const uint64_t even = UINT64_C(0x000000FF000000FF);
    uint64_t pairs = swar_pairs(values);
    uint64_t first = (pairs & even) * (100 + (UINT64_C(1000000) << 32));
    uint64_t second = (pairs >> 16 & even) * (1 + (UINT64_C(10000) << 32));
    return (uint32_t)((first + second) >> 32);
}

// Which bytes of a block of 64 stand behind an odd run of backslashes, of those that end a run;
// *escaped: whether the block's first byte is escaped, then the same of the next block's.
// Backslashes that are escaped themselves are not marked.
//
// A run's end is found by adding its first bit to it: the carry comes out behind the run. Runs that
// start at even places and end at odd ones are odd, and the other way round.
HOT_INLINE uint64_t swar_escaped(uint64_t backslash, bool *escaped)
{
    const uint64_t even = UINT64_C(0x5555555555555555);
    uint64_t first = *escaped; // an escaped backslash starts no run
    backslash &= ~first;
    uint64_t starts = backslash & ~(backslash << 1);
    uint64_t after_odd_start, after_even_start = backslash + (starts & even);
    // What starts odd and reaches the block's end is an odd run: it escapes the next block's first
    // byte.
    *escaped = __builtin_add_overflow(backslash, starts & ~even, &after_odd_start);
    return first | (((after_even_start & ~even) | (after_odd_start & even)) & ~backslash);
}

#endif
