// SPDX-License-Identifier: Apache-2.0
// The characters of a JSON string that was written with escapes (RFC 8259, section 7).
//
// What stands between escapes is copied in blocks, and a block is copied before it is known how
// much of it counts; texts with many escapes, as writers that keep to ASCII make them, go from one
// escape to the next without a search.
#ifndef COLUMNAR_UNESCAPE_H
#define COLUMNAR_UNESCAPE_H

#include "base/str.h"
#include "columnar/simd.h"

#include <string.h>

#define DIGIT(c, value) [c] = (value) + 1
static const uint8_t unescape_digits[256] = {
    // value + 1; 0: no hexadecimal digit
    DIGIT('0', 0),  DIGIT('1', 1),  DIGIT('2', 2),  DIGIT('3', 3),  DIGIT('4', 4),  DIGIT('5', 5),
    DIGIT('6', 6),  DIGIT('7', 7),  DIGIT('8', 8),  DIGIT('9', 9),  DIGIT('a', 10), DIGIT('b', 11),
    DIGIT('c', 12), DIGIT('d', 13), DIGIT('e', 14), DIGIT('f', 15), DIGIT('A', 10), DIGIT('B', 11),
    DIGIT('C', 12), DIGIT('D', 13), DIGIT('E', 14), DIGIT('F', 15),
};
#undef DIGIT

// The four digits at p, or -1; p is readable for four bytes.
static inline int32_t unescape_hex4(const char *p)
{
    unsigned a = unescape_digits[(unsigned char)p[0]], b = unescape_digits[(unsigned char)p[1]];
    unsigned c = unescape_digits[(unsigned char)p[2]], d = unescape_digits[(unsigned char)p[3]];
    if (!a || !b || !c || !d)
        return -1;
    return (int32_t)((a - 1) << 12 | (b - 1) << 8 | (c - 1) << 4 | (d - 1));
}

static inline char *unescape_put(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xc0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        *to++ = (char)(0xe0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    } else {
        *to++ = (char)(0xf0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3f));
        *to++ = (char)(0x80 | (c >> 6 & 0x3f));
        *to++ = (char)(0x80 | (c & 0x3f));
    }
    return to;
}

// p is behind "\\u"; NULL when it is no character: half of a surrogate pair cannot be UTF-8.
static inline const char *unescape_unicode(const char *p, const char *end, char **to)
{
    int32_t c = end - p >= 4 ? unescape_hex4(p) : -1;
    if (c < 0 || (c >= 0xdc00 && c < 0xe000))
        return NULL;
    p += 4;
    if (c >= 0xd800 && c < 0xdc00) {
        int32_t low = end - p >= 6 && p[0] == '\\' && p[1] == 'u' ? unescape_hex4(p + 2) : -1;
        if (low < 0xdc00 || low > 0xdfff)
            return NULL;
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
        p += 6;
    }
    *to = unescape_put(*to, (uint32_t)c);
    return p;
}

// Unescapes the inside of a string (readable SIMD_PADDING bytes past its end; it does not end in an
// odd number of backslashes) into room for text.len + SIMD_PADDING bytes. SIZE_MAX at a bad escape,
// whose place is in *out_bad.
static inline size_t unescape(struct str text, char *out, const char **out_bad)
{
    static const char PLAIN[256] = {['"'] = '"',  ['\\'] = '\\', ['/'] = '/',  ['b'] = '\b',
                                    ['f'] = '\f', ['n'] = '\n',  ['r'] = '\r', ['t'] = '\t'};
    const char *p = text.ptr, *end = text.ptr + text.len;
    char *to = out;
    while (p < end) {
        if (*p == '\\') {
            const char *escape = p;
            char c = PLAIN[(unsigned char)p[1]];
            p += 2;
            if (c)
                *to++ = c;
            else if (p[-1] != 'u' || !(p = unescape_unicode(p, end, &to)))
                return *out_bad = escape, SIZE_MAX;
            continue;
        }
        uint64_t backslashes = simd_equal(p, '\\');
        size_t plain = backslashes ? (size_t)__builtin_ctzll(backslashes) : 64,
               left = (size_t)(end - p);
        memcpy(to, p, 64);
        plain = plain < left ? plain : left;
        to += plain;
        p += plain;
    }
    return (size_t)(to - out);
}

#endif
