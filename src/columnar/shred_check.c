// SPDX-License-Identifier: Apache-2.0
// Values that nobody wants, checked all the same.
#include "columnar/shred_hot.h"

#include "columnar/number_inline.h"
#include "columnar/unescape.h"

static const char *check_string(struct shredder *s, const char *p)
{
    bool escaped;
    const char *end = string_end(s, p, &escaped), *bad = NULL;
    if (unlikely(!end) || likely(!escaped))
        return end;
    size_t len = (size_t)(end - 1 - p);
    if (len > RECORD_BYTES_MAX)
        return shred_fail(s, p, "a string of at most 256 MiB");
    char small[512],
        *room = len + SIMD_PADDING <= sizeof small ? small : columns_text_room(s->columns, len);
    if (unescape(str_n(p, len), room, &bad) == SIZE_MAX)
        return shred_fail(s, bad, "an escape of JSON's");
    return end;
}

static const char *check_scalar(struct shredder *s, const char *p)
{
    if (*p == '"')
        return check_string(s, p + 1);
    if (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)
        return p + 4;
    if (memcmp(p, "false", 5) == 0)
        return p + 5;
    int64_t integer;
    const char *end = number_take_integer(p, &integer);
    if (likely(end != NULL))
        return end;
    struct number number;
    number_read(p, &number);
    if (number.kind == NUMBER_NONE)
        return shred_fail(s, number.end, number.end == p ? "a value" : "a number");
    return number.end;
}

// Any value, checked by RFC 8259, without recursion: a bit for each level says object or array.
const char *check_value(struct shredder *s, const char *p)
{
    uint64_t is_object[SHRED_DEPTH_MAX / 64] = {0};
    unsigned depth = 0;
    for (;;) {
        if (*p == '{' || *p == '[') { // opens
            bool object = *p == '{';
            if (depth == SHRED_DEPTH_MAX)
                return shred_fail(s, p, "nesting of at most 1024 levels");
            uint64_t bit = (uint64_t)1 << (depth % 64);
            is_object[depth / 64] =
                object ? is_object[depth / 64] | bit : is_object[depth / 64] & ~bit;
            depth++;
            p = skip_space(p + 1);
            if (*p == (object ? '}' : ']')) {
                p++;
                depth--;
                goto closed;
            }
        } else {
            p = check_scalar(s, p);
            if (!p)
                return NULL;
            goto closed;
        }
    name_or_item:
        if (is_object[(depth - 1) / 64] >> ((depth - 1) % 64) & 1) {
            if (*p != '"')
                return shred_fail(s, p, "a member's name");
            p = check_string(s, p + 1);
            if (!p)
                return NULL;
            p = skip_space(p);
            if (*p != ':')
                return shred_fail(s, p, "':'");
            p = skip_space(p + 1);
        }
        continue;
    closed:
        for (;;) {
            if (depth == 0)
                return p;
            p = skip_space(p);
            bool object = is_object[(depth - 1) / 64] >> ((depth - 1) % 64) & 1;
            if (*p == ',') {
                p = skip_space(p + 1);
                goto name_or_item;
            }
            if (*p != (object ? '}' : ']'))
                return shred_fail(s, p, object ? "',' or '}'" : "',' or ']'");
            p++;
            depth--;
        }
    }
}

bool VARIANT(json_check)(struct str text, size_t *out_failed)
{
    struct columns columns = {0};
    struct shredder s = {.columns = &columns,
                         .window = text.ptr,
                         .at = text.ptr,
                         .end = text.ptr + text.len,
                         .final = true};
    s.record = text.ptr;
    const char *p = check_value(&s, skip_space(text.ptr));
    if (p && (p = skip_space(p)) != s.end && !s.failed_at)
        s.failed_at = p;
    *out_failed = s.failed_at ? (size_t)(s.failed_at - text.ptr) : 0;
    columns_clear_texts(&columns);
    return !s.failed_at;
}
