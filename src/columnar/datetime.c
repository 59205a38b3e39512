// SPDX-License-Identifier: Apache-2.0
// The grammar of datetime.h, field by field: the reference for the inline functions, and for all
// that is rare.
//
// Fields are taken off the front of a text. Nothing is read past its end.
#include "columnar/datetime.h"
#include "columnar/datetime_inline.h"

#define FRACTION_DIGITS_MAX 6

static bool take_char(struct str *rest, char c)
{
    if (rest->len == 0 || *rest->ptr != c)
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

// A number of exactly `digits` digits, from least to greatest.
static bool take_field(struct str *rest, unsigned digits, unsigned least, unsigned greatest,
                       unsigned *out)
{
    if (rest->len < digits)
        return false;
    unsigned value = 0;
    for (unsigned i = 0; i < digits; i++) {
        char c = rest->ptr[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (unsigned)(c - '0');
    }
    if (value < least || value > greatest)
        return false;
    *rest = str_from(*rest, digits);
    *out = value;
    return true;
}

static bool take_date(struct str *rest, int32_t *out_days)
{
    unsigned year, month, day;
    return take_field(rest, 4, 1, 9999, &year) && take_char(rest, '-') &&
           take_field(rest, 2, 1, 12, &month) && take_char(rest, '-') &&
           take_field(rest, 2, 1, 31, &day) && datetime_date_of(year, month, day, out_days);
}

// What follows the dot.
static bool take_fraction(struct str *rest, unsigned *out_micros)
{
    unsigned micros = 0, taken = 0, digit;
    for (; taken < FRACTION_DIGITS_MAX && take_field(rest, 1, 0, 9, &digit); taken++)
        micros = micros * 10 + digit;
    if (taken == 0)
        return false;
    for (; taken < FRACTION_DIGITS_MAX; taken++)
        micros *= 10;
    *out_micros = micros;
    return true; // a seventh digit is left, and nothing takes it
}

static bool take_time(struct str *rest, int64_t *out_micros)
{
    unsigned hour, minute, second = 0, micros = 0;
    if (!take_field(rest, 2, 0, 23, &hour) || !take_char(rest, ':') ||
        !take_field(rest, 2, 0, 59, &minute))
        return false;
    if (take_char(rest, ':')) {
        if (!take_field(rest, 2, 0, 59, &second))
            return false;
        if (take_char(rest, '.') && !take_fraction(rest, &micros))
            return false;
    }
    *out_micros = (hour * 3600 + minute * 60 + second) * INT64_C(1000000) + micros;
    return true;
}

// Nothing, Z, or an offset from UTC.
static bool take_zone(struct str *rest, bool *out_zoned, int *out_minutes)
{
    *out_zoned = rest->len > 0;
    *out_minutes = 0;
    if (rest->len == 0 || take_char(rest, 'Z') || take_char(rest, 'z'))
        return true;
    bool west = take_char(rest, '-');
    if (!west && !take_char(rest, '+'))
        return false;
    unsigned hours, minutes = 0;
    if (!take_field(rest, 2, 0, 23, &hours))
        return false;
    if (rest->len > 0) {
        take_char(rest, ':');
        if (!take_field(rest, 2, 0, 59, &minutes))
            return false;
    }
    int offset = (int)(hours * 60 + minutes);
    *out_minutes = west ? -offset : offset;
    return true;
}

bool datetime_date(struct str text, int32_t *out_days)
{
    int32_t days;
    if (!take_date(&text, &days) || text.len > 0)
        return false;
    *out_days = days;
    return true;
}

bool datetime_timestamp(struct str text, int64_t *out_micros, bool *out_zoned)
{
    int32_t days;
    int64_t micros;
    bool zoned;
    int offset_minutes;
    if (!take_date(&text, &days) || (!take_char(&text, 'T') && !take_char(&text, ' ')) ||
        !take_time(&text, &micros) || !take_zone(&text, &zoned, &offset_minutes) || text.len > 0)
        return false;
    *out_micros = (days * INT64_C(86400) - offset_minutes * 60) * 1000000 + micros;
    *out_zoned = zoned;
    return true;
}
