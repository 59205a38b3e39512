// SPDX-License-Identifier: Apache-2.0
// Strings by value. Nothing here reads past `len`, and a NULL pointer is only ever used with length
// 0.
#include "base/str.h"
#include "base/json.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct str str_of(const char *cstr)
{
    return cstr ? (struct str){cstr, strlen(cstr)} : STR_NONE;
}

struct str str_n(const char *ptr, size_t len)
{
    return (struct str){ptr, len};
}

bool str_eq(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool str_is(struct str a, const char *cstr)
{
    return str_eq(a, str_of(cstr));
}

static unsigned char lower(char c)
{
    return (unsigned char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
}

bool str_eq_nocase(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (lower(a.ptr[i]) != lower(b.ptr[i]))
            return false;
    return true;
}

int str_cmp(struct str a, struct str b)
{
    size_t common = a.len < b.len ? a.len : b.len;
    int order = common ? memcmp(a.ptr, b.ptr, common) : 0;
    return order ? order : (a.len > b.len) - (a.len < b.len);
}

bool str_starts(struct str s, struct str prefix)
{
    return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.ptr, prefix.ptr, prefix.len) == 0);
}

bool str_ends(struct str s, struct str suffix)
{
    return s.len >= suffix.len &&
           (suffix.len == 0 || memcmp(s.ptr + s.len - suffix.len, suffix.ptr, suffix.len) == 0);
}

bool str_contains(struct str s, struct str part)
{
    return str_find(s, part) != STR_NPOS;
}

size_t str_find(struct str s, struct str part)
{
    if (part.len == 0)
        return 0;
    if (part.len > s.len)
        return STR_NPOS;
    const char *found = memmem(s.ptr, s.len, part.ptr, part.len);
    return found ? (size_t)(found - s.ptr) : STR_NPOS;
}

size_t str_find_char(struct str s, char c)
{
    const char *found = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return found ? (size_t)(found - s.ptr) : STR_NPOS;
}

size_t str_rfind_char(struct str s, char c)
{
    const char *found = s.len ? memrchr(s.ptr, c, s.len) : NULL;
    return found ? (size_t)(found - s.ptr) : STR_NPOS;
}

struct str str_slice(struct str s, size_t start, size_t end)
{
    if (end > s.len)
        end = s.len;
    if (start > end)
        start = end;
    return s.ptr ? str_n(s.ptr + start, end - start) : STR_NONE;
}

struct str str_from(struct str s, size_t start)
{
    return start > s.len ? str_slice(s, s.len, s.len) : str_slice(s, start, s.len);
}

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str str_trim(struct str s)
{
    while (s.len && is_space(s.ptr[0]))
        s = str_from(s, 1);
    while (s.len && is_space(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

bool str_cut(struct str *rest, char separator, struct str *out_part)
{
    if (!rest->ptr)
        return false;
    size_t at = str_find_char(*rest, separator);
    if (at == STR_NPOS) {
        *out_part = *rest;
        *rest = STR_NONE;
    } else {
        *out_part = str_slice(*rest, 0, at);
        *rest = str_from(*rest, at + 1);
    }
    return true;
}

struct str str_dup(struct arena *arena, struct str s)
{
    if (!s.ptr)
        return STR_NONE;
    return str_n(str_cstr(arena, s), s.len);
}

char *str_cstr(struct arena *arena, struct str s)
{
    char *copy = arena_bytes(arena, s.len + 1);
    if (s.len)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return copy;
}

struct str str_lower(struct arena *arena, struct str s)
{
    char *copy = arena_bytes(arena, s.len);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = (char)lower(s.ptr[i]);
    return str_n(copy, s.len);
}

struct str str_upper(struct arena *arena, struct str s)
{
    char *copy = arena_bytes(arena, s.len);
    for (size_t i = 0; i < s.len; i++)
        copy[i] = (char)(s.ptr[i] >= 'a' && s.ptr[i] <= 'z' ? s.ptr[i] - 32 : s.ptr[i]);
    return str_n(copy, s.len);
}

struct str str_formatv(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    char small[256];
    int len = vsnprintf(small, sizeof small, format, args);
    assert(len >= 0);
    char *text = arena_bytes(arena, (size_t)len + 1);
    if ((size_t)len < sizeof small)
        memcpy(text, small, (size_t)len + 1);
    else
        vsnprintf(text, (size_t)len + 1, format, again);
    va_end(again);
    return str_n(text, (size_t)len);
}

struct str str_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str s = str_formatv(arena, format, args);
    va_end(args);
    return s;
}

struct str str_replace(struct arena *arena, struct str s, struct str from, struct str to)
{
    if (from.len == 0)
        return str_dup(arena, s);
    size_t count = 0;
    for (struct str rest = s;;) {
        size_t at = str_find(rest, from);
        if (at == STR_NPOS)
            break;
        count++;
        rest = str_from(rest, at + from.len);
    }
    char *text = arena_bytes(arena, s.len - count * from.len + count * to.len), *end = text;
    for (struct str rest = s;;) {
        size_t at = str_find(rest, from);
        size_t plain = at == STR_NPOS ? rest.len : at;
        if (plain)
            end = mempcpy(end, rest.ptr, plain);
        if (at == STR_NPOS)
            break;
        if (to.len)
            end = mempcpy(end, to.ptr, to.len);
        rest = str_from(rest, at + from.len);
    }
    return str_n(text, (size_t)(end - text));
}

bool str_to_u64(struct str s, uint64_t *out_value)
{
    if (s.len == 0)
        return false;
    uint64_t value = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit > 9 || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    *out_value = value;
    return true;
}

bool str_to_i64(struct str s, int64_t *out_value)
{
    bool negative = s.len && s.ptr[0] == '-';
    uint64_t magnitude;
    if (!str_to_u64(negative ? str_from(s, 1) : s, &magnitude))
        return false;
    if (magnitude > (uint64_t)INT64_MAX + negative)
        return false;
    *out_value = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

// Up to 2^53 and 10^22 are exact in a double, so one multiplication or division of them is rounded
// correctly (Clinger's fast path). All else goes to strtod.
static bool to_double_fast(struct str s, double *out_value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    size_t i = s.ptr[0] == '-';
    uint64_t digits = 0;
    size_t digit_count = 0, scale = 0;
    bool point = false;
    for (; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.') {
            point = true;
            continue;
        }
        if (c < '0' || c > '9' || ++digit_count > 15)
            return false;
        digits = digits * 10 + (uint64_t)(c - '0');
        scale += point;
    }
    double value = (double)digits / powers[scale];
    *out_value = s.ptr[0] == '-' ? -value : value;
    return true;
}

bool str_to_double(struct str s, double *out_value)
{
    if (!json_number_is(s))
        return false;
    if (to_double_fast(s, out_value))
        return true;
    // strtod wants a terminator, and obeys the locale's decimal point: nothing in Tarn calls
    // setlocale.
    char small[128];
    char *text = s.len < sizeof small ? small : malloc(s.len + 1);
    if (!text)
        abort();
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    *out_value = strtod(text, NULL);
    if (text != small)
        free(text);
    return true;
}

// Length of the UTF-8 sequence at p, 0 when it is broken. The legal ranges of the second byte keep
// out overlong forms, surrogates and what is above U+10FFFF.
static size_t utf8_sequence(const unsigned char *p, size_t left)
{
    unsigned lead = p[0], low = 0x80, high = 0xBF;
    size_t len;
    if (lead < 0x80)
        return 1;
    if (lead >= 0xC2 && lead <= 0xDF) {
        len = 2;
    } else if (lead >= 0xE0 && lead <= 0xEF) {
        len = 3;
        low = lead == 0xE0 ? 0xA0 : 0x80;
        high = lead == 0xED ? 0x9F : 0xBF;
    } else if (lead >= 0xF0 && lead <= 0xF4) {
        len = 4;
        low = lead == 0xF0 ? 0x90 : 0x80;
        high = lead == 0xF4 ? 0x8F : 0xBF;
    } else {
        return 0;
    }
    if (left < len || p[1] < low || p[1] > high)
        return 0;
    for (size_t i = 2; i < len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return len;
}

size_t str_utf8_prefix(struct str s)
{
    const unsigned char *p = (const unsigned char *)s.ptr;
    size_t i = 0;
    while (i < s.len) {
        uint64_t eight;
        if (s.len - i >= 8 && (memcpy(&eight, p + i, 8), (eight & 0x8080808080808080u) == 0)) {
            i += 8;
            continue;
        }
        size_t len = utf8_sequence(p + i, s.len - i);
        if (len == 0)
            break;
        i += len;
    }
    return i;
}

bool str_is_utf8(struct str s)
{
    return str_utf8_prefix(s) == s.len;
}

// Eight bytes a step, mixed by a multiplication that folds its high half back in.
uint64_t str_hash(struct str s)
{
    const uint64_t prime = 0x9E3779B97F4A7C15u;
    uint64_t hash = 0xCBF29CE484222325u ^ s.len;
    size_t i = 0;
    for (; i + 8 <= s.len; i += 8) {
        uint64_t eight;
        memcpy(&eight, s.ptr + i, 8);
        hash = (hash ^ eight) * prime;
        hash ^= hash >> 32;
    }
    uint64_t tail = 0;
    for (; i < s.len; i++)
        tail = tail << 8 | (unsigned char)s.ptr[i];
    hash = (hash ^ tail) * prime;
    return hash ^ hash >> 29;
}
