// SPDX-License-Identifier: Apache-2.0
// Values of statistics as text, and their order.
//
// Lengths come from the file and are checked before a value is taken out of its bytes; dates and
// times are of any year that their integers can hold.
#include "columnar/inspect.h"

#include "columnar/leaf_values.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

#define INT96_BYTES 12
#define JULIAN_DAY_OF_EPOCH 2440588
#define DAY_SECONDS 86400
#define DECIMAL_BYTES_MAX 16
#define SCALE_MAX 38

static size_t width_of(const struct parquet_element *leaf) // 0: any
{
    static const uint8_t WIDTHS[] = {
        [PARQUET_BOOLEAN] = 1,    [PARQUET_INT32] = 4,
        [PARQUET_INT64] = 8,      [PARQUET_INT96] = 12,
        [PARQUET_FLOAT] = 4,      [PARQUET_DOUBLE] = 8,
        [PARQUET_BYTE_ARRAY] = 0, [PARQUET_FIXED_LEN_BYTE_ARRAY] = 0,
    };
    return WIDTHS[leaf->physical];
}

static int64_t integer_of(const struct parquet_element *leaf, struct str value)
{
    int32_t narrow;
    int64_t wide;
    if (leaf->physical == PARQUET_INT64) {
        memcpy(&wide, value.ptr, sizeof wide);
        return wide;
    }
    memcpy(&narrow, value.ptr, sizeof narrow);
    return narrow;
}

static bool is_unsigned(const struct parquet_element *leaf)
{
    return leaf->logical.kind == LOGICAL_INTEGER && !leaf->logical.is_signed;
}

static uint64_t unsigned_of(const struct parquet_element *leaf, struct str value)
{
    int64_t integer = integer_of(leaf, value);
    return leaf->physical == PARQUET_INT32 ? (uint32_t)integer : (uint64_t)integer;
}

static double half_of(struct str value)
{
    unsigned bits = (uint8_t)value.ptr[0] | (unsigned)(uint8_t)value.ptr[1] << 8;
    unsigned exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
    double magnitude = exponent == 0   ? ldexp(fraction, -24)
                       : exponent < 31 ? ldexp(fraction + 1024, (int)exponent - 25)
                       : fraction == 0 ? (double)INFINITY
                                       : (double)NAN;
    return bits & 0x8000 ? -magnitude : magnitude;
}

static double real_of(const struct parquet_element *leaf, struct str value)
{
    float narrow;
    double wide;
    if (leaf->physical == PARQUET_DOUBLE) {
        memcpy(&wide, value.ptr, sizeof wide);
        return wide;
    }
    if (leaf->physical != PARQUET_FLOAT)
        return half_of(value);
    memcpy(&narrow, value.ptr, sizeof narrow);
    return (double)narrow;
}

// Big-endian two's complement, up to 16 bytes.
static int128 unscaled_of(struct str value)
{
    uint128 bits = value.len && value.ptr[0] & 0x80 ? ~(uint128)0 : 0;
    for (size_t i = 0; i < value.len; i++)
        bits = bits << 8 | (uint8_t)value.ptr[i];
    return (int128)bits;
}

// Without the leading bytes that only repeat the sign; DECIMAL_BYTES_MAX or fewer are left of what
// fits.
static struct str without_sign_bytes(struct str value)
{
    while (value.len > DECIMAL_BYTES_MAX) {
        uint8_t first = (uint8_t)value.ptr[0], sign = (uint8_t)value.ptr[1] & 0x80;
        if (first != (sign ? 0xFF : 0))
            break;
        value = str_from(value, 1);
    }
    return value;
}

// Nanoseconds of the day, then the Julian day.
static void int96_of(struct str value, int64_t *out_day, int64_t *out_nanos)
{
    uint32_t day;
    memcpy(out_nanos, value.ptr, sizeof *out_nanos);
    memcpy(&day, value.ptr + sizeof *out_nanos, sizeof day);
    *out_day = (int64_t)(int32_t)day - JULIAN_DAY_OF_EPOCH;
}

// ================================================================ text

static void put_hex(struct buf *out, struct str value)
{
    buf_puts(out, "0x");
    for (size_t i = 0; i < value.len; i++)
        buf_printf(out, "%02x", (uint8_t)value.ptr[i]);
}

static bool is_printable(struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] < 0x20 || value.ptr[i] > 0x7E)
            return false;
    return value.len > 0;
}

// Howard Hinnant's days_from_civil the other way round: 400-year eras of March-based years.
static void put_date(struct buf *out, int64_t days)
{
    int64_t shifted = days + 719468, era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;
    int64_t year = year_of_era + era * 400 + (month >= 10);
    buf_printf(out, "%s%04lld-%02d-%02d", year < 0 ? "-" : "", llabs(year),
               (int)(month < 10 ? month + 3 : month - 9),
               (int)(day_of_year - (153 * month + 2) / 5 + 1));
}

static int digits_of(enum parquet_unit unit)
{
    return unit == PARQUET_MILLIS ? 3 : unit == PARQUET_MICROS ? 6 : 9;
}

static int64_t second_of(enum parquet_unit unit)
{
    return unit == PARQUET_MILLIS ? 1000 : unit == PARQUET_MICROS ? 1000000 : 1000000000;
}

static void put_clock(struct buf *out, int64_t units, enum parquet_unit unit)
{
    int64_t seconds = units / second_of(unit), fraction = units % second_of(unit);
    buf_printf(out, "%02lld:%02lld:%02lld", (long long)(seconds / 3600),
               (long long)(seconds / 60 % 60), (long long)(seconds % 60));
    if (fraction)
        buf_printf(out, ".%0*lld", digits_of(unit), (long long)fraction);
}

static void put_timestamp(struct buf *out, int64_t units, const struct parquet_logical *logical)
{
    int64_t day_units = second_of(logical->unit) * DAY_SECONDS;
    int64_t days = units / day_units, rest = units % day_units;
    if (rest < 0) {
        days--;
        rest += day_units;
    }
    put_date(out, days);
    buf_put_char(out, ' ');
    put_clock(out, rest, logical->unit);
    if (logical->is_utc)
        buf_put_char(out, 'Z');
}

static void put_int96(struct buf *out, struct str value)
{
    int64_t day, nanos;
    int96_of(value, &day, &nanos);
    if (nanos < 0 || nanos >= second_of(PARQUET_NANOS) * DAY_SECONDS) {
        put_hex(out, value);
        return;
    }
    put_date(out, day);
    buf_put_char(out, ' ');
    put_clock(out, nanos, PARQUET_NANOS);
}

static void put_decimal(struct buf *out, int128 unscaled, int32_t scale)
{
    char digits[64];
    size_t at = sizeof digits;
    uint128 rest = unscaled < 0 ? -(uint128)unscaled : (uint128)unscaled;
    int32_t places = scale < 0 || scale > SCALE_MAX ? 0 : scale;
    for (int32_t place = 0; rest || place <= places; place++) {
        if (place == places && places)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (unscaled < 0)
        digits[--at] = '-';
    buf_put(out, str_n(digits + at, sizeof digits - at));
}

// The fewest digits that read back the same.
static void put_real(struct buf *out, double value, bool is_double)
{
    char text[40];
    int most = is_double ? 17 : 9;
    for (int digits = is_double ? 15 : 6; digits <= most; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (is_double ? back == value : (float)back == (float)value)
            break;
    }
    buf_puts(out, text);
}

static void put_uuid(struct buf *out, struct str value)
{
    for (size_t i = 0; i < value.len; i++)
        buf_printf(out, i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
                   (uint8_t)value.ptr[i]);
}

static void put_integer(struct buf *out, const struct parquet_element *leaf, struct str value)
{
    int64_t integer = integer_of(leaf, value);
    const struct parquet_logical *logical = &leaf->logical;
    if (is_unsigned(leaf))
        buf_printf(out, "%llu", (unsigned long long)unsigned_of(leaf, value));
    else if (logical->kind == LOGICAL_DECIMAL)
        put_decimal(out, integer, logical->scale);
    else if (logical->kind == LOGICAL_DATE && leaf->physical == PARQUET_INT32)
        put_date(out, integer);
    else if (logical->kind == LOGICAL_TIMESTAMP)
        put_timestamp(out, integer, logical);
    else if (logical->kind == LOGICAL_TIME && integer >= 0)
        put_clock(out, integer, logical->unit);
    else
        buf_printf(out, "%lld", (long long)integer);
}

static bool is_text(const struct parquet_element *leaf)
{
    enum parquet_logical_kind kind = leaf->logical.kind;
    return kind == LOGICAL_STRING || kind == LOGICAL_ENUM || kind == LOGICAL_JSON;
}

static void put_bytes(struct buf *out, const struct parquet_element *leaf, struct str value)
{
    enum parquet_logical_kind kind = leaf->logical.kind;
    struct str digits = without_sign_bytes(value);
    if (kind == LOGICAL_DECIMAL && digits.len && digits.len <= DECIMAL_BYTES_MAX)
        put_decimal(out, unscaled_of(digits), leaf->logical.scale);
    else if (kind == LOGICAL_UUID && value.len == 16)
        put_uuid(out, value);
    else if (kind == LOGICAL_FLOAT16 && value.len == 2)
        put_real(out, half_of(value), false);
    else if (is_text(leaf) ? str_is_utf8(value) : kind == LOGICAL_NONE && is_printable(value))
        buf_put(out, value);
    else
        put_hex(out, value);
}

void inspect_value_put(struct buf *out, const struct parquet_element *leaf, struct str value)
{
    if (width_of(leaf) && value.len != width_of(leaf)) {
        put_hex(out, value);
        return;
    }
    switch (leaf->physical) {
    case PARQUET_BOOLEAN:
        buf_puts(out, value.ptr[0] ? "true" : "false");
        return;
    case PARQUET_INT32:
    case PARQUET_INT64:
        put_integer(out, leaf, value);
        return;
    case PARQUET_INT96:
        put_int96(out, value);
        return;
    case PARQUET_FLOAT:
    case PARQUET_DOUBLE:
        put_real(out, real_of(leaf, value), leaf->physical == PARQUET_DOUBLE);
        return;
    default:
        put_bytes(out, leaf, value);
    }
}

// ================================================================ order

#define COMPARE(a, b) (((a) > (b)) - ((a) < (b)))

static int cmp_int96(struct str a, struct str b)
{
    int64_t day_a, day_b, nanos_a, nanos_b;
    int96_of(a, &day_a, &nanos_a);
    int96_of(b, &day_b, &nanos_b);
    return day_a != day_b ? COMPARE(day_a, day_b) : COMPARE(nanos_a, nanos_b);
}

static int cmp_bytes(const struct parquet_element *leaf, struct str a, struct str b)
{
    enum parquet_logical_kind kind = leaf->logical.kind;
    if (kind == LOGICAL_DECIMAL) {
        a = without_sign_bytes(a);
        b = without_sign_bytes(b);
        if (a.len <= DECIMAL_BYTES_MAX && b.len <= DECIMAL_BYTES_MAX)
            return COMPARE(unscaled_of(a), unscaled_of(b));
    }
    if (kind == LOGICAL_FLOAT16 && a.len == 2 && b.len == 2)
        return COMPARE(half_of(a), half_of(b));
    return str_cmp(a, b);
}

int inspect_value_cmp(const struct parquet_element *leaf, struct str a, struct str b)
{
    size_t width = width_of(leaf);
    if (width && (a.len != width || b.len != width))
        return str_cmp(a, b);
    switch (leaf->physical) {
    case PARQUET_INT32:
    case PARQUET_INT64:
        return is_unsigned(leaf) ? COMPARE(unsigned_of(leaf, a), unsigned_of(leaf, b))
                                 : COMPARE(integer_of(leaf, a), integer_of(leaf, b));
    case PARQUET_INT96:
        return cmp_int96(a, b);
    case PARQUET_FLOAT:
    case PARQUET_DOUBLE:
        return COMPARE(real_of(leaf, a), real_of(leaf, b));
    default:
        return cmp_bytes(leaf, a, b);
    }
}

// ================================================================ annotations

static const char *unit_name(enum parquet_unit unit)
{
    return unit == PARQUET_MILLIS ? "MILLIS" : unit == PARQUET_MICROS ? "MICROS" : "NANOS";
}

void inspect_logical_put(struct buf *out, const struct parquet_logical *logical)
{
    static const char *const NAMES[] = {
        [LOGICAL_NONE] = "",
        [LOGICAL_STRING] = "STRING",
        [LOGICAL_MAP] = "MAP",
        [LOGICAL_LIST] = "LIST",
        [LOGICAL_ENUM] = "ENUM",
        [LOGICAL_DECIMAL] = "DECIMAL",
        [LOGICAL_DATE] = "DATE",
        [LOGICAL_TIME] = "TIME",
        [LOGICAL_TIMESTAMP] = "TIMESTAMP",
        [LOGICAL_INTERVAL] = "INTERVAL",
        [LOGICAL_INTEGER] = "INTEGER",
        [LOGICAL_UNKNOWN] = "UNKNOWN",
        [LOGICAL_JSON] = "JSON",
        [LOGICAL_BSON] = "BSON",
        [LOGICAL_UUID] = "UUID",
        [LOGICAL_FLOAT16] = "FLOAT16",
        [LOGICAL_VARIANT] = "VARIANT",
        [LOGICAL_GEOMETRY] = "GEOMETRY",
        [LOGICAL_GEOGRAPHY] = "GEOGRAPHY",
        [LOGICAL_MAP_KEY_VALUE] = "MAP_KEY_VALUE",
    };
    buf_puts(out, NAMES[logical->kind]);
    if (logical->kind == LOGICAL_DECIMAL)
        buf_printf(out, "(%d, %d)", logical->precision, logical->scale);
    else if (logical->kind == LOGICAL_TIME || logical->kind == LOGICAL_TIMESTAMP)
        buf_printf(out, "(%s, %s)", unit_name(logical->unit), logical->is_utc ? "UTC" : "local");
    else if (logical->kind == LOGICAL_INTEGER)
        buf_printf(out, "(%u, %s)", logical->bits, logical->is_signed ? "signed" : "unsigned");
}
