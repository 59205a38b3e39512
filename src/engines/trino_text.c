// SPDX-License-Identifier: Apache-2.0
// See trino_text.h. Doubles: the shortest digits that read back the same, laid out by Java's rules.
#include "engines/trino_text.h"

#include "base/timefmt.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The fewest significant digits that identify `value`, without point or trailing zeros; the
// exponent is that of the first digit.
static int shortest_digits(double value, bool is_real, char digits[32])
{
    char text[48];
    int first = is_real ? 6 : 15, last = is_real ? 9 : 17;
    for (int precision = first; precision <= last; precision++) {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
        if (is_real ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value)
            break;
    }
    size_t count = 0;
    const char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p != '.')
            digits[count++] = *p;
    while (count > 1 && digits[count - 1] == '0')
        count--;
    digits[count] = 0;
    return atoi(p + 1);
}

void trino_double_put(struct buf *out, double value, bool is_real)
{
    if (isnan(value)) {
        buf_puts(out, "NaN");
        return;
    }
    if (signbit(value))
        buf_put_char(out, '-');
    value = fabs(value);
    if (isinf(value)) {
        buf_puts(out, "Infinity");
        return;
    }
    if (value == 0) {
        buf_puts(out, "0.0");
        return;
    }
    char digits[32];
    int exponent = shortest_digits(value, is_real, digits);
    int count = (int)strlen(digits);
    if (exponent < -3 || exponent >= 7) {
        buf_printf(out, "%c.%sE%d", digits[0], count > 1 ? digits + 1 : "0", exponent);
    } else if (exponent < 0) {
        buf_puts(out, "0.");
        for (int i = -1; i > exponent; i--)
            buf_put_char(out, '0');
        buf_puts(out, digits);
    } else {
        for (int i = 0; i <= exponent; i++)
            buf_put_char(out, i < count ? digits[i] : '0');
        buf_printf(out, ".%s", count > exponent + 1 ? digits + exponent + 1 : "0");
    }
}

static void put_int128(struct buf *out, wide_int value, unsigned scale)
{
    char text[48];
    size_t at = sizeof text;
    bool negative = value < 0;
    wide_uint rest = negative ? -(wide_uint)value : (wide_uint)value;
    unsigned digits = 0;
    do {
        text[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
        if (++digits == scale && scale)
            text[--at] = '.';
    } while (rest || digits <= scale);
    if (negative)
        text[--at] = '-';
    buf_put_bytes(out, text + at, sizeof text - at);
}

static void put_date(struct buf *out, int64_t days)
{
    struct civil civil = civil_from_ms(days * 86400000);
    buf_printf(out, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

static void put_clock(struct buf *out, int64_t micros_of_day)
{
    int64_t ms = micros_of_day / 1000;
    buf_printf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 ".%03" PRId64, ms / 3600000,
               ms / 60000 % 60, ms / 1000 % 60, ms % 1000);
}

static void put_timestamp(struct buf *out, int64_t micros)
{
    const int64_t day = INT64_C(86400000000);
    int64_t days = micros / day - (micros % day < 0);
    put_date(out, days);
    buf_put_char(out, ' ');
    put_clock(out, micros - days * day);
}

static void put_interval(struct buf *out, const struct cell *cell)
{
    if (cell->months) {
        int32_t months = abs(cell->months);
        buf_printf(out, "%s%d-%d", cell->months < 0 ? "-" : "", months / 12, months % 12);
        return;
    }
    const int64_t day = INT64_C(86400000000);
    int64_t micros = cell->days * day + cell->micros;
    if (micros < 0)
        buf_put_char(out, '-');
    micros = llabs(micros);
    buf_printf(out, "%" PRId64 " ", micros / day);
    put_clock(out, micros % day);
}

static void put_uuid(struct buf *out, wide_int stored)
{
    wide_uint value = (wide_uint)stored ^ ((wide_uint)1 << 127); // DuckDB flips it to sort
    for (int nibble = 31; nibble >= 0; nibble--) {
        buf_put_char(out, "0123456789abcdef"[(int)(value >> (4 * nibble)) & 15]);
        if (nibble == 24 || nibble == 20 || nibble == 16 || nibble == 12)
            buf_put_char(out, '-');
    }
}

static enum err put_item(struct buf *out, const struct engine_type *type, const struct cell *cell,
                         struct error *error)
{
    if (!cell->is_null)
        return trino_text_put(out, type, cell, error);
    buf_puts(out, "null");
    return OK;
}

static enum err put_nested(struct buf *out, const struct engine_type *type, const struct cell *cell,
                           struct error *error)
{
    bool is_list = type->kind == CELL_LIST, is_map = type->kind == CELL_MAP;
    buf_put_char(out, is_list ? '[' : '{');
    for (size_t i = 0; i < cell->count; i += is_map ? 2 : 1) {
        if (i)
            buf_puts(out, ", ");
        if (is_map) {
            TRY(put_item(out, &type->children[0], &cell->items[i], error));
            buf_put_char(out, '=');
            TRY(put_item(out, &type->children[1], &cell->items[i + 1], error));
            continue;
        }
        if (!is_list && type->names[i].len)
            buf_printf(out, "%.*s=", STR_ARG(type->names[i]));
        else if (!is_list)
            buf_printf(out, "field%zu=", i);
        TRY(put_item(out, is_list ? type->children : &type->children[i], &cell->items[i], error));
    }
    buf_put_char(out, is_list ? ']' : '}');
    return OK;
}

enum err trino_text_put(struct buf *out, const struct engine_type *type, const struct cell *cell,
                        struct error *error)
{
    switch (type->kind) {
    case CELL_BOOLEAN:
        buf_puts(out, cell->boolean ? "true" : "false");
        return OK;
    case CELL_INTEGER:
        if (cell->integer > INT64_MAX || cell->integer < INT64_MIN)
            return error_set(error, ERR_LIMIT,
                             "NUMERIC_VALUE_OUT_OF_RANGE: bigint addition overflow");
        buf_printf(out, "%" PRId64, (int64_t)cell->integer);
        return OK;
    case CELL_REAL:
    case CELL_DOUBLE:
        trino_double_put(out, cell->number, type->kind == CELL_REAL);
        return OK;
    case CELL_DECIMAL:
        put_int128(out, cell->integer, type->scale);
        return OK;
    case CELL_TEXT:
        buf_put(out, cell->text);
        return OK;
    case CELL_BYTES:
        for (size_t i = 0; i < cell->text.len; i++)
            buf_printf(out, i ? " %02x" : "%02x", (unsigned char)cell->text.ptr[i]);
        return OK;
    case CELL_DATE:
        put_date(out, (int64_t)cell->integer);
        return OK;
    case CELL_TIME:
        put_clock(out, (int64_t)cell->integer);
        return OK;
    case CELL_TIMESTAMP:
    case CELL_INSTANT:
        put_timestamp(out, (int64_t)cell->integer);
        if (type->kind == CELL_INSTANT)
            buf_puts(out, " UTC");
        return OK;
    case CELL_INTERVAL:
        put_interval(out, cell);
        return OK;
    case CELL_UUID:
        put_uuid(out, cell->integer);
        return OK;
    case CELL_LIST:
    case CELL_MAP:
    case CELL_STRUCT:
        return put_nested(out, type, cell, error);
    case CELL_NOTHING:
        return OK;
    }
    return OK;
}

const char *trino_type_word(const struct engine_type *type)
{
    static const char *const WORDS[] = {
        [CELL_BOOLEAN] = "boolean",
        [CELL_REAL] = "float", // Athena's word in results; "real" in SQL
        [CELL_DOUBLE] = "double",
        [CELL_DECIMAL] = "decimal",
        [CELL_TEXT] = "varchar",
        [CELL_BYTES] = "varbinary",
        [CELL_DATE] = "date",
        [CELL_TIME] = "time",
        [CELL_TIMESTAMP] = "timestamp",
        [CELL_INSTANT] = "timestamp with time zone",
        [CELL_INTERVAL] = "interval day to second",
        [CELL_UUID] = "uuid",
        [CELL_LIST] = "array",
        [CELL_MAP] = "map",
        [CELL_STRUCT] = "row",
        [CELL_NOTHING] = "unknown",
    };
    if (type->kind == CELL_TEXT && type->is_json)
        return "json";
    if (type->kind != CELL_INTEGER)
        return WORDS[type->kind];
    return type->bits <= 8    ? "tinyint"
           : type->bits <= 16 ? "smallint"
           : type->bits <= 32 ? "integer"
                              : "bigint";
}

void trino_type_put(struct buf *out, const struct engine_type *type)
{
    buf_puts(out, type->kind == CELL_REAL ? "real" : trino_type_word(type));
    if (type->kind == CELL_DECIMAL)
        buf_printf(out, "(%u,%u)", type->precision, type->scale);
    if (!type->child_count ||
        (type->kind != CELL_LIST && type->kind != CELL_MAP && type->kind != CELL_STRUCT))
        return;
    buf_put_char(out, '(');
    for (size_t i = 0; i < type->child_count; i++) {
        if (i)
            buf_puts(out, ", ");
        if (type->kind == CELL_STRUCT && type->names[i].len)
            buf_printf(out, "%.*s ", STR_ARG(type->names[i]));
        trino_type_put(out, &type->children[i]);
    }
    buf_put_char(out, ')');
}
