// SPDX-License-Identifier: Apache-2.0
// The tables by which wide registers check UTF-8: Keiser and Lemire, "Validating UTF-8 in less than
// one instruction per byte", 2021.
//
// Whether two neighbouring bytes are wrong together can be told from three nibbles: both of the
// first byte and the high one of the second. Each table gives, for one nibble, the set of errors
// that it leaves possible, one bit an error; the three sets' intersection is what is wrong.
// UTF8_CONTINUATIONS is special: two continuation bytes in a row are right exactly when a lead of
// three or four bytes stands two or three bytes before the second; that is compared apart.
#ifndef COLUMNAR_SIMD_UTF8_H
#define COLUMNAR_SIMD_UTF8_H

#include <stdint.h>

enum {
    UTF8_SHORT = 1,           // a lead, then no continuation
    UTF8_STRAY = 2,           // ASCII, then a continuation
    UTF8_OVERLONG_2 = 4,      // C0 or C1
    UTF8_OVERLONG_3 = 8,      // E0, then 80 to 9F
    UTF8_SURROGATE = 16,      // ED, then A0 to BF
    UTF8_BEYOND = 32,         // F4, then 90 to BF; F5 and more, then 90 to BF
    UTF8_FOUR = 64,           // F0, then 80 to 8F; F5 and more, then 80 to 8F
    UTF8_CONTINUATIONS = 128, // two continuations
    UTF8_ANY_LOW = UTF8_SHORT | UTF8_STRAY | UTF8_CONTINUATIONS, // depend on no low nibble
};

static const uint8_t simd_utf8_first_high[16] = {
    [0x0] = UTF8_STRAY,
    [0x1] = UTF8_STRAY,
    [0x2] = UTF8_STRAY,
    [0x3] = UTF8_STRAY,
    [0x4] = UTF8_STRAY,
    [0x5] = UTF8_STRAY,
    [0x6] = UTF8_STRAY,
    [0x7] = UTF8_STRAY,
    [0x8] = UTF8_CONTINUATIONS,
    [0x9] = UTF8_CONTINUATIONS,
    [0xa] = UTF8_CONTINUATIONS,
    [0xb] = UTF8_CONTINUATIONS,
    [0xc] = UTF8_SHORT | UTF8_OVERLONG_2,
    [0xd] = UTF8_SHORT,
    [0xe] = UTF8_SHORT | UTF8_OVERLONG_3 | UTF8_SURROGATE,
    [0xf] = UTF8_SHORT | UTF8_BEYOND | UTF8_FOUR,
};
static const uint8_t simd_utf8_first_low[16] = {
    [0x0] = UTF8_ANY_LOW | UTF8_OVERLONG_2 | UTF8_OVERLONG_3 | UTF8_FOUR,
    [0x1] = UTF8_ANY_LOW | UTF8_OVERLONG_2,
    [0x2] = UTF8_ANY_LOW,
    [0x3] = UTF8_ANY_LOW,
    [0x4] = UTF8_ANY_LOW | UTF8_BEYOND,
    [0x5] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0x6] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0x7] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0x8] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0x9] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0xa] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0xb] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0xc] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0xd] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR | UTF8_SURROGATE,
    [0xe] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
    [0xf] = UTF8_ANY_LOW | UTF8_BEYOND | UTF8_FOUR,
};
#define UTF8_ANY_CONTINUATION (UTF8_STRAY | UTF8_OVERLONG_2 | UTF8_CONTINUATIONS)
static const uint8_t simd_utf8_second_high[16] = {
    [0x0] = UTF8_SHORT,
    [0x1] = UTF8_SHORT,
    [0x2] = UTF8_SHORT,
    [0x3] = UTF8_SHORT,
    [0x4] = UTF8_SHORT,
    [0x5] = UTF8_SHORT,
    [0x6] = UTF8_SHORT,
    [0x7] = UTF8_SHORT,
    [0x8] = UTF8_ANY_CONTINUATION | UTF8_OVERLONG_3 | UTF8_FOUR,
    [0x9] = UTF8_ANY_CONTINUATION | UTF8_OVERLONG_3 | UTF8_BEYOND,
    [0xa] = UTF8_ANY_CONTINUATION | UTF8_SURROGATE | UTF8_BEYOND,
    [0xb] = UTF8_ANY_CONTINUATION | UTF8_SURROGATE | UTF8_BEYOND,
    [0xc] = UTF8_SHORT,
    [0xd] = UTF8_SHORT,
    [0xe] = UTF8_SHORT,
    [0xf] = UTF8_SHORT,
};

#endif
