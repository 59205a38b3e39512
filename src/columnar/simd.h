// SPDX-License-Identifier: Apache-2.0
// Bytes in wide registers: the few primitives that hot loops are made of, for the variant that a
// file is compiled for.
//
// Files that loop over text or values are compiled once for each variant (meson.build:
// -DSIMD_AVX512, -DSIMD_AVX2, -DSIMD_NEON, or none, the portable one), and variant.h picks a table
// of their entry points at run time. Everything here is inline, so that no call stands in a hot
// loop. All variants give the same answers; the portable one is the reference in tests.
//
// Reading: functions may read up to 64 bytes from `p`, whatever they use of it. Whoever lends text
// sees to it that SIMD_PADDING bytes may be read behind its end.
#ifndef COLUMNAR_SIMD_H
#define COLUMNAR_SIMD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIMD_PADDING 64

// Bit i of a mask tells of p[i].
//   uint64_t simd_string_end(const char *p)    '"', '\\' or a control character (below 0x20)
//   uint64_t simd_not_space(const char *p)     anything but ' ', '\t', '\n', '\r'
//   uint64_t simd_equal(const char *p, char c)
//   unsigned simd_digits(const char *p)        how many ASCII digits stand at the front of p[0..16)
//   uint32_t simd_not_digit(const char *p)     of p[0..32): bytes that are no ASCII digit
//   uint64_t simd_decimal(const char *p, unsigned n)
//        the value of the n <= 16 digits at p
//   uint64_t simd_decimal_dotted(const char *p, unsigned end, unsigned fraction)
//        the same of p[0..end), end <= 16, in which a dot stands before the last `fraction` bytes:
//        "12.345", 6, 3 gives 12345
//   bool simd_matches(const char *p, const char *pattern, unsigned len)
//        whether p starts with pattern[0..len); pattern is readable for 64 bytes; any len, fast up
//        to 64 (AVX2, NEON: best up to 32)
//   bool simd_utf8_valid(const char *p, size_t len)
//        RFC 3629; p readable to p + len + SIMD_PADDING

// For finding where values end without parsing them (boundary.c): masks of a block of 64 bytes.
struct simd_structure {
    uint64_t quote, backslash, open, close, newline; // open: { or [
};
//   struct simd_structure simd_structure(const char *p)
//   uint64_t simd_prefix_xor(uint64_t bits)    bit i: parity of bits 0..i
// Which bytes are escaped: swar_escaped in swar.h.

#if defined(SIMD_AVX512)
#include "columnar/simd_avx512.h"
#elif defined(SIMD_AVX2)
#include "columnar/simd_avx2.h"
#elif defined(SIMD_NEON)
#include "columnar/simd_neon.h"
#else
#include "columnar/simd_portable.h"
#endif

#endif
