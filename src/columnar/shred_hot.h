// SPDX-License-Identifier: Apache-2.0
// Private to the three files of hot loops, each compiled once for each variant (simd.h):
// shred_check.c reads values that nobody wants, shred_value.c puts values into columns, shred.c
// goes from record to record.
//
// Every function that takes a value gets its first byte and returns the byte behind it, or NULL
// when the record has failed (shred_fail has the reason). Reading stops by itself at the window's
// end: the padding's zero bytes fit nowhere. A failure close to the end of a window that is not the
// last is no failure but a cut.
#ifndef COLUMNAR_SHRED_HOT_H
#define COLUMNAR_SHRED_HOT_H

#include "columnar/shred.h"
#include "columnar/simd.h"
#include "columnar/variant.h"

#include <string.h>

#define likely(condition) __builtin_expect(!!(condition), 1)
#define unlikely(condition) __builtin_expect(!!(condition), 0)

// Any value, checked by RFC 8259.
const char *VARIANT(shred_check)(struct shredder *s, const char *p);
#define check_value VARIANT(shred_check)
// An object's members into the fields of a struct at `slot`; `p` is behind the '{'.
const char *VARIANT(shred_members)(struct shredder *s, struct column *column, size_t slot,
                                   const char *p);
#define take_members VARIANT(shred_members)

static __attribute__((noinline, unused)) const char *skip_space_slow(const char *p)
{
    for (;;) {
        uint64_t other = simd_not_space(p);
        if (other)
            return p + __builtin_ctzll(other);
        p += 64;
    }
}

static inline const char *skip_space(const char *p)
{
    if (likely((unsigned char)*p > ' '))
        return p;
    if (*p == ' ' && (unsigned char)p[1] > ' ')
        return p + 1;
    return skip_space_slow(p);
}

// Behind the string's closing quote; `p` is behind the opening one. *out_escaped: there is a
// backslash.
static inline const char *string_end(struct shredder *s, const char *p, bool *out_escaped)
{
    *out_escaped = false;
    for (;;) {
        uint64_t special = simd_string_end(p);
        if (likely(special)) {
            p += __builtin_ctzll(special);
            if (likely(*p == '"'))
                return p + 1;
            if (*p != '\\')
                return shred_fail(s, p,
                                  p >= s->end ? "the end of a string"
                                              : "an escape instead of a control character");
            *out_escaped = true;
            if (p + 1 >= s->end)
                return shred_fail(s, p, "the end of a string");
            p += 2;
        } else {
            p += 64;
        }
    }
}

#endif
