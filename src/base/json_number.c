// SPDX-License-Identifier: Apache-2.0
// Numbers as decimal text. A number is taken apart into a sign, significant digits d1 d2 ... (d1
// not zero) and a power of ten, so that its magnitude is 0.d1d2... x 10^(exponent + shift). The
// exponent stays text: it may have any number of digits, and two numbers compare exactly by
// comparing exponents first, then digits.
#include "base/json.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

struct decimal {
    bool negative;
    bool zero;
    struct str digits; // from the first significant digit on; may contain the point
    bool exponent_negative;
    struct str exponent; // digits only, leading zeros cut
    int64_t shift;
};

static size_t skip_digits(struct str s, size_t i)
{
    while (i < s.len && s.ptr[i] >= '0' && s.ptr[i] <= '9')
        i++;
    return i;
}

// -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
bool json_number_is(struct str text)
{
    size_t i = text.len && text.ptr[0] == '-';
    size_t whole = i;
    i = skip_digits(text, i);
    if (i == whole || (text.ptr[whole] == '0' && i - whole > 1))
        return false;
    if (i < text.len && text.ptr[i] == '.') {
        size_t fraction = ++i;
        i = skip_digits(text, i);
        if (i == fraction)
            return false;
    }
    if (i < text.len && (text.ptr[i] == 'e' || text.ptr[i] == 'E')) {
        i++;
        if (i < text.len && (text.ptr[i] == '+' || text.ptr[i] == '-'))
            i++;
        size_t exponent = i;
        i = skip_digits(text, i);
        if (i == exponent)
            return false;
    }
    return i == text.len;
}

static struct decimal decimal_of(struct str text)
{
    struct decimal d = {.negative = str_starts(text, S("-"))};
    if (d.negative)
        text = str_from(text, 1);
    size_t e = 0;
    while (e < text.len && text.ptr[e] != 'e' && text.ptr[e] != 'E')
        e++;
    d.exponent = str_from(text, e + 1);
    d.exponent_negative = str_starts(d.exponent, S("-"));
    if (d.exponent_negative || str_starts(d.exponent, S("+")))
        d.exponent = str_from(d.exponent, 1);
    while (d.exponent.len && d.exponent.ptr[0] == '0')
        d.exponent = str_from(d.exponent, 1);

    struct str mantissa = str_slice(text, 0, e);
    size_t point = str_find_char(mantissa, '.');
    if (point == STR_NPOS)
        point = mantissa.len;
    size_t first = 0;
    while (first < mantissa.len && (mantissa.ptr[first] == '0' || mantissa.ptr[first] == '.'))
        first++;
    d.zero = first == mantissa.len;
    d.digits = str_from(mantissa, first);
    d.shift = first < point ? (int64_t)(point - first) : (int64_t)point + 1 - (int64_t)first;
    return d;
}

// The next significant digit, 0 past the last.
static int next_digit(struct str digits, size_t *at)
{
    if (*at < digits.len && digits.ptr[*at] == '.')
        (*at)++;
    return *at < digits.len ? digits.ptr[(*at)++] - '0' : 0;
}

#define DIFFERENCE_MAX                                                                             \
    ((int64_t)1 << 56) // far above any text's length, so that its sign alone decides

static int exponent_digit(const struct decimal *d, size_t place)
{
    if (place >= d->exponent.len)
        return 0;
    int digit = d->exponent.ptr[d->exponent.len - 1 - place] - '0';
    return d->exponent_negative ? -digit : digit;
}

// a's exponent less b's, clamped to +-DIFFERENCE_MAX.
static int64_t exponent_difference(const struct decimal *a, const struct decimal *b)
{
    size_t places = a->exponent.len > b->exponent.len ? a->exponent.len : b->exponent.len;
    int64_t difference = 0;
    for (size_t place = places; place-- > 0;) {
        difference = difference * 10 + exponent_digit(a, place) - exponent_digit(b, place);
        // From here on lower places cannot bring it back below the bound's order of magnitude.
        if (difference > DIFFERENCE_MAX || difference < -DIFFERENCE_MAX)
            return difference > 0 ? DIFFERENCE_MAX : -DIFFERENCE_MAX;
    }
    return difference;
}

static int magnitude_cmp(const struct decimal *a, const struct decimal *b)
{
    int64_t difference = exponent_difference(a, b) + a->shift - b->shift;
    if (difference)
        return difference > 0 ? 1 : -1;
    for (size_t i = 0, j = 0; i < a->digits.len || j < b->digits.len;) {
        int x = next_digit(a->digits, &i), y = next_digit(b->digits, &j);
        if (x != y)
            return x > y ? 1 : -1;
    }
    return 0;
}

int json_number_cmp(struct str a, struct str b)
{
    struct decimal x = decimal_of(a), y = decimal_of(b);
    int sign_x = x.zero ? 0 : x.negative ? -1 : 1, sign_y = y.zero ? 0 : y.negative ? -1 : 1;
    if (sign_x != sign_y || sign_x == 0)
        return (sign_x > sign_y) - (sign_x < sign_y);
    return sign_x * magnitude_cmp(&x, &y);
}

// "3.0", "3e2", "120e-1": the digits before the decimal point, when only zeros follow it.
static bool whole_to_i64(struct str text, int64_t *out)
{
    struct decimal d = decimal_of(text), zero = {0};
    if (d.zero) {
        *out = 0;
        return true;
    }
    int64_t places = exponent_difference(&d, &zero) + d.shift;
    if (places < 1 || places > 19)
        return false;
    uint64_t magnitude = 0;
    size_t at = 0;
    for (int64_t i = 0; i < places; i++)
        magnitude = magnitude * 10 + (uint64_t)next_digit(d.digits, &at);
    while (at < d.digits.len)
        if (next_digit(d.digits, &at) != 0)
            return false;
    if (magnitude > (uint64_t)INT64_MAX + d.negative)
        return false;
    *out = d.negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return true;
}

bool json_as_i64(const struct json *value, int64_t *out)
{
    if (!json_is(value, JSON_NUMBER))
        return false;
    return str_to_i64(value->text, out) || whole_to_i64(value->text, out);
}

bool json_as_double(const struct json *value, double *out)
{
    return json_is(value, JSON_NUMBER) && str_to_double(value->text, out);
}

struct json *json_number(struct arena *arena, struct str text)
{
    struct json *value = ARENA_NEW(arena, struct json);
    value->type = JSON_NUMBER;
    value->text = text;
    return value;
}

struct json *json_i64(struct arena *arena, int64_t value)
{
    return json_number(arena, str_format(arena, "%lld", (long long)value));
}

struct json *json_double(struct arena *arena, double value)
{
    if (!isfinite(value))
        return json_null(arena);
    if (fabs(value) <= 9007199254740992.0 && value == floor(value))
        return json_number(arena, str_format(arena, "%.0f", value));
    struct str text = STR_NONE;
    for (int precision = 15; precision <= 17; precision++) {
        text = str_format(arena, "%.*g", precision, value);
        double back;
        if (str_to_double(text, &back) && back == value)
            break;
    }
    return json_number(arena, text);
}
