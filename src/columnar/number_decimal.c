// SPDX-License-Identifier: Apache-2.0
// Numbers as exact decimals: the significant digits, without zeros at either end, and the exponent
// of the last of them. With these, whether a number fits a precision and a scale is a matter of
// comparing lengths.
//
// Texts may be strings of any content, so nothing is read past their end and nothing but RFC 8259's
// grammar is taken.
#include "columnar/number.h"

#include <assert.h>

#define DECIMAL_DIGITS_MAX 38

struct significand {
    bool negative;
    const char *first,
        *end;      // from the first significant digit to behind the last; a dot may stand between
    int64_t count; // digits in there; 0: the number is zero
    int64_t exponent; // of the last one
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && is_digit(*p))
        p++;
    return p;
}

// The digits behind an 'e', to the text's end. Beyond the limit no text is long enough to make up
// for it.
static bool exponent_of(const char *p, const char *end, int64_t *out_exponent)
{
    const int64_t limit = INT64_C(1) << 50;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end || skip_digits(p, end) != end)
        return false;
    int64_t exponent = 0;
    for (; p < end; p++)
        if (exponent < limit)
            exponent = exponent * 10 + (*p - '0');
    *out_exponent = negative ? -exponent : exponent;
    return true;
}

// Takes zeros off both ends; `whole_end` is behind the digits before the dot.
static void trim(struct significand *number, const char *whole_end)
{
    while (number->first < number->end && (*number->first == '0' || *number->first == '.'))
        number->first++;
    while (number->first < number->end && (number->end[-1] == '0' || number->end[-1] == '.'))
        number->end--;
    number->count = number->end - number->first;
    if (number->first < whole_end && number->end > whole_end)
        number->count--; // the dot
    // What is cut behind the last digit raises the exponent, the dot does not.
    number->exponent +=
        number->end > whole_end ? -(number->end - whole_end - 1) : whole_end - number->end;
}

static bool significand_of(struct str text, struct significand *out)
{
    const char *p = text.ptr, *end = text.ptr + text.len;
    *out = (struct significand){.negative = text.len > 0 && *p == '-'};
    p += out->negative;
    const char *whole_end = skip_digits(p, end);
    if (whole_end == p || (*p == '0' && whole_end - p > 1))
        return false;
    out->first = p;
    out->end = p = whole_end;
    if (p < end && *p == '.') {
        out->end = skip_digits(p + 1, end);
        if (out->end == p + 1)
            return false;
        p = out->end;
    }
    if (p < end && ((*p | 0x20) != 'e' || !exponent_of(p + 1, end, &out->exponent)))
        return false;
    trim(out, whole_end);
    return true;
}

bool number_decimal(struct str text, unsigned precision, unsigned scale, int128 *out_unscaled)
{
    assert(precision >= 1 && precision <= DECIMAL_DIGITS_MAX && scale <= precision);
    struct significand number;
    if (!significand_of(text, &number))
        return false;
    int128 unscaled = 0;
    if (number.count > 0) {
        int64_t zeros = number.exponent + (int64_t)scale;
        if (zeros < 0 || number.count > precision || zeros > (int64_t)precision - number.count)
            return false;
        for (const char *p = number.first; p < number.end; p++)
            if (*p != '.')
                unscaled = unscaled * 10 + (*p - '0');
        for (; zeros > 0; zeros--)
            unscaled *= 10;
    }
    *out_unscaled = number.negative ? -unscaled : unscaled;
    return true;
}

bool number_whole(struct str text, int64_t *out_integer)
{
    int128 value;
    if (!number_decimal(text, 19, 0, &value) || value < INT64_MIN || value > INT64_MAX)
        return false;
    *out_integer = (int64_t)value;
    return true;
}
