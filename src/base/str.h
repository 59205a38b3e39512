// SPDX-License-Identifier: Apache-2.0
// Strings: a pointer and a length, by value, never assumed terminated.
//
// A `struct str` does not own its bytes: they live in an arena, a buffer or the program text. {NULL, 0} is "absent"
// where a function says so, and compares equal to the empty string.
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/arena.h"
#include "base/err.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

struct str {
    const char *ptr;
    size_t len;
};

// A literal: S("queue").   A constant initialiser: S_INIT("queue").
#define S(literal) ((struct str){"" literal, sizeof(literal) - 1})
#define S_INIT(literal) {"" literal, sizeof(literal) - 1}
#define STR_NONE ((struct str){0})

// For printf's "%.*s": printf("%.*s", STR_ARG(name)).
#define STR_ARG(s) (int)(s).len, (s).ptr ? (s).ptr : ""

struct str str_of(const char *cstr); // NULL gives STR_NONE
struct str str_n(const char *ptr, size_t len);

bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *cstr); // equal to a C string
bool str_eq_nocase(struct str a, struct str b); // ASCII case folded
int str_cmp(struct str a, struct str b);        // byte order; <0, 0, >0
bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_contains(struct str s, struct str part);

#define STR_NPOS SIZE_MAX
size_t str_find(struct str s, struct str part); // STR_NPOS when absent
size_t str_find_char(struct str s, char c);
size_t str_rfind_char(struct str s, char c);

struct str str_from(struct str s, size_t start);             // s[start..], empty past the end
struct str str_slice(struct str s, size_t start, size_t end); // s[start..end), clipped to s
struct str str_trim(struct str s);                            // ASCII white space off both ends

// Takes the part before `separator` off the front of `*rest`; false when `*rest` was exhausted (ptr NULL).
//     for (struct str part, rest = path; str_cut(&rest, '/', &part);) ...
// "a//b" yields "a", "", "b"; "" yields one empty part.
bool str_cut(struct str *rest, char separator, struct str *out_part);

struct str str_dup(struct arena *arena, struct str s);
char *str_cstr(struct arena *arena, struct str s); // a terminated copy
struct str str_lower(struct arena *arena, struct str s);
struct str str_upper(struct arena *arena, struct str s);
struct str str_format(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
struct str str_formatv(struct arena *arena, const char *format, va_list args);
// Replaces every occurrence.
struct str str_replace(struct arena *arena, struct str s, struct str from, struct str to);

// Whole string must be a decimal integer with optional '-'; false (out untouched) otherwise or on overflow.
bool str_to_i64(struct str s, int64_t *out_value);
bool str_to_u64(struct str s, uint64_t *out_value);
// Whole string must be a JSON-style number. Correctly rounded.
bool str_to_double(struct str s, double *out_value);

bool str_is_utf8(struct str s);
size_t str_utf8_prefix(struct str s); // length of the longest valid UTF-8 prefix
uint64_t str_hash(struct str s); // FNV-1a style: for in-memory tables only, not stable on disk

#endif
