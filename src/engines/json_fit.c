// SPDX-License-Identifier: Apache-2.0
// One function a family of types. `path` names the value for the reason; it is only made longer
// when going down.
#include "engines/json_fit.h"

#include "base/encode.h"
#include "base/timefmt.h"

#include <string.h>

const struct json *json_fit_member(const struct json *object, struct str name)
{
    const struct json *exact = json_get_str(object, name);
    if (exact)
        return exact;
    JSON_EACH_MEMBER (member, object)
        if (str_eq_nocase(member->name, name))
            return member->value;
    return NULL;
}

static enum err misfit(struct error *error, struct str path, const char *expected,
                       const struct json *value, struct arena *arena)
{
    struct str text = json_text(arena, value);
    bool is_long = text.len > 80;
    return error_set(error, ERR_INVALID, "%.*s: not %s: %.*s%s", STR_ARG(path), expected,
                     (int)(is_long ? 80 : text.len), text.ptr, is_long ? "..." : "");
}

static enum err fit_integer(struct buf *out, const struct hive_type *type, const struct json *value,
                            struct str path, struct arena *arena, struct error *error)
{
    static const struct {
        int64_t least, most;
        const char *name;
    } RANGES[] = {
        [HIVE_TINYINT] = {INT8_MIN, INT8_MAX, "a tinyint"},
        [HIVE_SMALLINT] = {INT16_MIN, INT16_MAX, "a smallint"},
        [HIVE_INT] = {INT32_MIN, INT32_MAX, "an int"},
        [HIVE_BIGINT] = {INT64_MIN, INT64_MAX, "a bigint"},
    };
    int64_t number;
    if (!json_as_i64(value, &number) || number < RANGES[type->kind].least ||
        number > RANGES[type->kind].most)
        return misfit(error, path, RANGES[type->kind].name, value, arena);
    buf_printf(out, "%lld", (long long)number);
    return OK;
}

// The number's text, when its digits fit: at most `scale` after the point, precision - scale before
// it.
static enum err fit_decimal(struct buf *out, const struct hive_type *type, const struct json *value,
                            struct str path, struct arena *arena, struct error *error)
{
    struct str text = value->text; // of a number, or of a string that holds one
    double ignored;
    if ((value->type != JSON_NUMBER && value->type != JSON_STRING) ||
        !str_to_double(text, &ignored))
        return misfit(error, path, "a decimal", value, arena);
    int64_t exponent = 0;
    size_t e = 0;
    while (e < text.len && text.ptr[e] != 'e' && text.ptr[e] != 'E')
        e++;
    struct str power = str_from(text, e + 1);
    if (power.len && power.ptr[0] == '+')
        power = str_from(power, 1);
    if (e < text.len && (!str_to_i64(power, &exponent) || exponent > 1000 || exponent < -1000))
        return misfit(error, path, "a decimal of its precision", value, arena);
    char digits[1100];
    size_t count = 0, start = text.ptr[0] == '-';
    int64_t point = -1;
    for (size_t i = start; i < e; i++) {
        if (text.ptr[i] == '.')
            point = (int64_t)count;
        else if (count < sizeof digits)
            digits[count++] = text.ptr[i];
        else
            return misfit(error, path, "a decimal of its precision", value, arena);
    }
    point = (point < 0 ? (int64_t)count : point) + exponent;
    while (count && digits[count - 1] == '0')
        count--;
    size_t zeros = 0;
    while (zeros < count && digits[zeros] == '0')
        zeros++;
    if (zeros < count && (point - (int64_t)zeros > (int64_t)(type->precision - type->scale) ||
                          (int64_t)count - point > (int64_t)type->scale))
        return misfit(error, path, "a decimal of its precision and scale", value, arena);
    buf_puts(out, start ? "\"-" : "\"");
    if (point <= 0)
        buf_put_char(out, '0');
    for (int64_t i = zeros < count && point > 0 ? 0 : point; i < point; i++)
        buf_put_char(out, i < (int64_t)count ? digits[i] : '0');
    if (zeros == count && point > 0)
        buf_put_char(out, '0');
    if ((int64_t)count > point && zeros < count) {
        buf_put_char(out, '.');
        for (int64_t i = point; i < (int64_t)count; i++)
            buf_put_char(out, i < 0 ? '0' : digits[i]);
    }
    buf_put_char(out, '"');
    return OK;
}

static bool is_digits(struct str s, size_t at, size_t count)
{
    if (at + count > s.len)
        return false;
    for (size_t i = at; i < at + count; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    return true;
}

static int two(struct str s, size_t at)
{
    return (s.ptr[at] - '0') * 10 + s.ptr[at + 1] - '0';
}

static bool is_date(struct str s)
{
    if (s.len < 10 || !is_digits(s, 0, 4) || s.ptr[4] != '-' || !is_digits(s, 5, 2) ||
        s.ptr[7] != '-' || !is_digits(s, 8, 2))
        return false;
    int year = two(s, 0) * 100 + two(s, 2), month = two(s, 5), day = two(s, 8);
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days_in_month(year, month);
}

// date, 'T' or space, hh:mm[:ss[.fraction up to 6]], then nothing, Z or an offset: what follows the
// clock is in *out_zone.
static bool is_timestamp(struct str s, struct str *out_clock, struct str *out_zone)
{
    if (!is_date(s))
        return false;
    if (s.len == 10) {
        *out_clock = S("00:00:00");
        *out_zone = S("");
        return true;
    }
    if ((s.ptr[10] != 'T' && s.ptr[10] != ' ') || !is_digits(s, 11, 2) || s.len < 16 ||
        s.ptr[13] != ':' || !is_digits(s, 14, 2) || two(s, 11) > 23 || two(s, 14) > 59)
        return false;
    size_t at = 16;
    if (at < s.len && s.ptr[at] == ':') {
        if (!is_digits(s, at + 1, 2) || two(s, at + 1) > 59)
            return false;
        at += 3;
        size_t point = at;
        if (at < s.len && s.ptr[at] == '.')
            for (at++; at < s.len && s.ptr[at] >= '0' && s.ptr[at] <= '9';)
                at++;
        if (at == point + 1 || at > point + 7)
            return false;
    }
    *out_clock = str_slice(s, 11, at);
    *out_zone = str_from(s, at);
    return true;
}

// Minutes east of UTC: "", "Z", "+hh:mm", "+hhmm", "+hh".
static bool zone_minutes(struct str zone, int *out)
{
    *out = 0;
    if (zone.len == 0 || str_is(zone, "Z") || str_is(zone, "z"))
        return true;
    bool colon = zone.len == 6 && zone.ptr[3] == ':';
    if ((zone.ptr[0] != '+' && zone.ptr[0] != '-') || (zone.len != 3 && zone.len != 5 && !colon) ||
        !is_digits(zone, 1, 2) || (zone.len > 3 && !is_digits(zone, colon ? 4 : 3, 2)))
        return false;
    int minutes = two(zone, 1) * 60 + (zone.len > 3 ? two(zone, colon ? 4 : 3) : 0);
    *out = zone.ptr[0] == '-' ? -minutes : minutes;
    return minutes < 24 * 60;
}

static enum err fit_timestamp(struct buf *out, const struct json *value, struct str path,
                              struct arena *arena, struct error *error)
{
    struct str text = json_as_str(value), clock, zone;
    int east = 0;
    if (!is_timestamp(text, &clock, &zone) || !zone_minutes(zone, &east))
        return misfit(error, path, "a timestamp", value, arena);
    struct civil civil = {.year = two(text, 0) * 100 + two(text, 2),
                          .month = two(text, 5),
                          .day = two(text, 8),
                          .hour = two(clock, 0),
                          .minute = two(clock, 3) - east};
    struct civil utc = civil_from_ms(civil_to_ms(&civil));
    buf_printf(out, "\"%04d-%02d-%02d %02d:%02d", utc.year, utc.month, utc.day, utc.hour,
               utc.minute);
    if (clock.len > 5)
        buf_put(out, str_from(clock, 5));
    else
        buf_puts(out, ":00");
    buf_put_char(out, '"');
    return OK;
}

static enum err fit_binary(struct buf *out, const struct json *value, struct str path,
                           struct arena *arena, struct error *error)
{
    struct str bytes;
    if (!json_is(value, JSON_STRING) || base64_decode(arena, value->text, &bytes) != OK)
        return misfit(error, path, "binary in base64", value, arena);
    buf_put_char(out, '"');
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(out, "\\\\x%02X", (unsigned char)bytes.ptr[i]);
    buf_put_char(out, '"');
    return OK;
}

static enum err fit_text(struct buf *out, const struct json *value, struct arena *arena)
{
    json_write_string(out, value->type == JSON_STRING ? value->text : json_text(arena, value));
    return OK;
}

static enum err fit_nested(struct buf *out, const struct hive_type *type, const struct json *value,
                           struct str path, struct arena *arena, struct error *error)
{
    bool is_array = type->kind == HIVE_ARRAY;
    if (!json_is(value, is_array ? JSON_ARRAY : JSON_OBJECT))
        return misfit(error, path,
                      is_array                 ? "an array"
                      : type->kind == HIVE_MAP ? "a map"
                                               : "a struct",
                      value, arena);
    buf_put_char(out, is_array ? '[' : '{');
    size_t count = type->kind == HIVE_STRUCT ? type->count : value->count;
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_put_char(out, ',');
        struct str name = is_array                 ? STR_NONE
                          : type->kind == HIVE_MAP ? value->members[i].name
                                                   : type->names[i];
        if (!is_array) {
            json_write_string(out, name);
            buf_put_char(out, ':');
        }
        const struct json *item = is_array                 ? value->items[i]
                                  : type->kind == HIVE_MAP ? value->members[i].value
                                                           : json_fit_member(value, name);
        const struct hive_type *child = is_array                 ? type->children[0]
                                        : type->kind == HIVE_MAP ? type->children[1]
                                                                 : type->children[i];
        struct str below = path;
        if (item && item->type != JSON_NULL) // only then may a reason be needed
            below = is_array ? str_format(arena, "%.*s[%zu]", STR_ARG(path), i)
                             : str_format(arena, "%.*s.%.*s", STR_ARG(path), STR_ARG(name));
        TRY(json_fit_value(out, child, item, below, arena, error));
    }
    buf_put_char(out, is_array ? ']' : '}');
    return OK;
}

enum err json_fit_value(struct buf *out, const struct hive_type *type, const struct json *value,
                        struct str path, struct arena *arena, struct error *error)
{
    if (!value || value->type == JSON_NULL) {
        buf_puts(out, "null");
        return OK;
    }
    switch (type->kind) {
    case HIVE_BOOLEAN:
        if (value->type != JSON_BOOL)
            return misfit(error, path, "a boolean", value, arena);
        buf_puts(out, value->boolean ? "true" : "false");
        return OK;
    case HIVE_TINYINT:
    case HIVE_SMALLINT:
    case HIVE_INT:
    case HIVE_BIGINT:
        return fit_integer(out, type, value, path, arena, error);
    case HIVE_FLOAT:
    case HIVE_DOUBLE:
        if (value->type != JSON_NUMBER)
            return misfit(error, path, "a number", value, arena);
        buf_put(out, value->text);
        return OK;
    case HIVE_DECIMAL:
        return fit_decimal(out, type, value, path, arena, error);
    case HIVE_VOID:
    case HIVE_STRING:
    case HIVE_VARCHAR:
    case HIVE_CHAR:
        return fit_text(out, value, arena);
    case HIVE_BINARY:
        return fit_binary(out, value, path, arena, error);
    case HIVE_DATE:
        if (!json_is(value, JSON_STRING) || value->text.len != 10 || !is_date(value->text))
            return misfit(error, path, "a date", value, arena);
        return fit_text(out, value, arena);
    case HIVE_TIMESTAMP:
        return fit_timestamp(out, value, path, arena, error);
    case HIVE_ARRAY:
    case HIVE_MAP:
    case HIVE_STRUCT:
        return fit_nested(out, type, value, path, arena, error);
    }
    return OK;
}
