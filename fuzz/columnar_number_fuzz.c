// SPDX-License-Identifier: Apache-2.0
// The kernels that turn text into values: what the hot paths take, the general functions take, too,
// and to the same value; and both agree with the C library and the document parser.
#include "base/json.h"
#include "columnar/datetime_inline.h"
#include "columnar/number_inline.h"
#include "columnar/unescape.h"
#include "fuzz.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static bool same_bits(double a, double b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

static void check_number(const char *p, size_t len)
{
    struct number number;
    number_read(p, &number);
    assert(number.end >= p && number.end <= p + len);
    int64_t integer, whole_value;
    double real;
    bool whole;
    const char *end = number_take_integer(p, &integer);
    assert(!end ||
           (number.kind == NUMBER_INTEGER && end == number.end && integer == number.integer));
    end = number_take_real(p, &real, &whole);
    assert(!end ||
           (number.kind != NUMBER_NONE && end == number.end && same_bits(real, number.real)));
    assert(!end || whole == (number.kind == NUMBER_INTEGER));
    if (number.kind == NUMBER_NONE)
        return;
    struct str text = str_n(p, (size_t)(number.end - p));
    char *terminated = strndup(p, text.len);
    assert(terminated && json_number_is(text) && same_bits(strtod(terminated, NULL), number.real));
    free(terminated);
    int128 unscaled;
    bool decimal = number_decimal(text, 38, 0, &unscaled);
    if (number_whole(text, &whole_value))
        assert(decimal && unscaled == whole_value &&
               (number.kind != NUMBER_INTEGER || whole_value == number.integer));
    else
        assert(number.kind != NUMBER_INTEGER);
    (void)number_decimal(text, 9, 4, &unscaled);
}

static void check_instant(const char *p, size_t len)
{
    int32_t days = 0, days_taken = 0;
    int64_t micros = 0, micros_taken = 0;
    bool zoned = false, zoned_taken = false, is_date = datetime_date(str_n(p, len), &days);
    assert(datetime_date_take(p, len, &days_taken) == is_date && days == days_taken);
    bool is_timestamp = datetime_timestamp(str_n(p, len), &micros, &zoned);
    assert(datetime_timestamp_take(p, len, &micros_taken, &zoned_taken) == is_timestamp);
    assert(!is_timestamp || (micros == micros_taken && zoned == zoned_taken && !is_date));
}

// What stands between quotes, if it may.
static void check_string(const char *p, size_t len)
{
    size_t end = 0;
    while (end < len && p[end] != '"' && (unsigned char)p[end] >= ' ')
        end += p[end] == '\\' ? 2 : 1;
    if (end > len || (end == len && len > 0 && p[len - 1] == '\\'))
        return;
    struct arena arena;
    arena_init(&arena);
    const char *bad = NULL;
    char *out = arena_bytes(&arena, end + SIMD_PADDING);
    size_t got = unescape(str_n(p, end), out, &bad);
    struct json *value = NULL;
    enum err err = json_parse(&arena, str_format(&arena, "\"%.*s\"", (int)end, p), &value, NULL);
    bool utf8 = str_is_utf8(str_n(p, end)) && !memchr(p, 0, end);
    if (utf8)
        assert((err == OK) == (got != SIZE_MAX));
    assert(err != OK || str_eq(json_as_str(value), str_n(out, got)));
    assert(got != SIZE_MAX || (bad >= p && bad < p + end));
    arena_deinit(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    char *padded = calloc(1, len + SIMD_PADDING);
    if (!padded)
        abort();
    if (len)
        memcpy(padded, bytes, len);
    check_number(padded, len);
    check_instant(padded, len);
    check_string(padded, len);
    free(padded);
    return 0;
}
