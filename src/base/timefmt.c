// SPDX-License-Identifier: Apache-2.0
// Calendar arithmetic counts days in a year that starts on 1 March, so that the leap day is its
// last: then a month's first day is a linear formula and an era of 400 years has a fixed number of
// days (Howard Hinnant's algorithms).
#include "base/timefmt.h"

#include <math.h>

#define MS_PER_DAY INT64_C(86400000)
#define YEAR_1_MS INT64_C(-62135596800000)
#define YEAR_10000_MS INT64_C(253402300800000)

static const char weekday_names[7][10] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                          "Thursday", "Friday", "Saturday"};
static const char month_names[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static bool is_leap(int64_t year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int days_in_month(int year, int month)
{
    static const int8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month < 1 || month > 12)
        return 0;
    return days[month - 1] + (month == 2 && is_leap(year));
}

// Days since 1970-01-01; month 1-12, any day.
static int64_t days_from_civil(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

struct civil civil_from_ms(int64_t ms)
{
    int64_t days = floor_div(ms, MS_PER_DAY);
    int64_t in_day = ms - days * MS_PER_DAY;
    int64_t shifted = days + 719468;
    int64_t era = floor_div(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day_of_year + 2) / 153;
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    return (struct civil){
        .year = (int)year,
        .month = (int)month,
        .day = (int)(day_of_year - (153 * shifted_month + 2) / 5 + 1),
        .hour = (int)(in_day / 3600000),
        .minute = (int)(in_day / 60000 % 60),
        .second = (int)(in_day / 1000 % 60),
        .ms = (int)(in_day % 1000),
        .weekday = (int)((days % 7 + 11) % 7), // day 0 was a Thursday
        .year_day = (int)(days - days_from_civil(year, 1, 1) + 1),
    };
}

int64_t civil_to_ms(const struct civil *civil)
{
    int64_t month0 = (int64_t)civil->month - 1;
    int64_t year = civil->year + floor_div(month0, 12);
    int64_t month = month0 - floor_div(month0, 12) * 12 + 1;
    int64_t days = days_from_civil(year, month, 1) + civil->day - 1;
    return days * MS_PER_DAY + civil->hour * INT64_C(3600000) + civil->minute * INT64_C(60000) +
           civil->second * INT64_C(1000) + civil->ms;
}

// --- writing

struct str time_iso(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", c.year, c.month, c.day, c.hour,
                      c.minute, c.second);
}

struct str time_iso_ms(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return str_format(arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", c.year, c.month, c.day, c.hour,
                      c.minute, c.second, c.ms);
}

struct str time_http(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return str_format(arena, "%.3s, %02d %s %04d %02d:%02d:%02d GMT", weekday_names[c.weekday],
                      c.day, month_names[c.month - 1], c.year, c.hour, c.minute, c.second);
}

struct str time_basic(struct arena *arena, int64_t ms)
{
    struct civil c = civil_from_ms(ms);
    return str_format(arena, "%04d%02d%02dT%02d%02d%02dZ", c.year, c.month, c.day, c.hour, c.minute,
                      c.second);
}

struct json *time_json(struct arena *arena, int64_t ms)
{
    uint64_t magnitude = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
    return json_number(arena, str_format(arena, "%s%llu.%03u", ms < 0 ? "-" : "",
                                         (unsigned long long)(magnitude / 1000),
                                         (unsigned)(magnitude % 1000)));
}

// --- reading. Each step takes something off the front of *s, or answers false.

static bool take_digits(struct str *s, size_t count, int *out)
{
    if (s->len < count)
        return false;
    int value = 0;
    for (size_t i = 0; i < count; i++) {
        if (s->ptr[i] < '0' || s->ptr[i] > '9')
            return false;
        value = value * 10 + (s->ptr[i] - '0');
    }
    *out = value;
    *s = str_from(*s, count);
    return true;
}

static bool take(struct str *s, const char *literal)
{
    struct str prefix = str_of(literal);
    if (!str_starts(*s, prefix))
        return false;
    *s = str_from(*s, prefix.len);
    return true;
}

static bool take_month(struct str *s, int *out_month)
{
    for (int i = 0; i < 12; i++) {
        if (take(s, month_names[i])) {
            *out_month = i + 1;
            return true;
        }
    }
    return false;
}

static bool take_weekday(struct str *s, bool whole)
{
    for (int i = 0; i < 7; i++) {
        struct str name = str_of(weekday_names[i]);
        if (!whole)
            name.len = 3;
        if (str_starts(*s, name)) {
            *s = str_from(*s, name.len);
            return true;
        }
    }
    return false;
}

static bool take_clock(struct str *s, struct civil *c) // hh:mm:ss
{
    return take_digits(s, 2, &c->hour) && take(s, ":") && take_digits(s, 2, &c->minute) &&
           take(s, ":") && take_digits(s, 2, &c->second);
}

// A leap second (60) is taken as the second after it, as POSIX does.
static bool civil_is_valid(const struct civil *c)
{
    return c->year >= 1 && c->month >= 1 && c->month <= 12 && c->day >= 1 &&
           c->day <= days_in_month(c->year, c->month) && c->hour <= 23 && c->minute <= 59 &&
           c->second <= 60;
}

static bool take_fraction(struct str *s, int *out_ms)
{
    int ms = 0, digits = 0;
    for (; s->len && s->ptr[0] >= '0' && s->ptr[0] <= '9'; *s = str_from(*s, 1), digits++)
        if (digits < 3)
            ms = ms * 10 + (s->ptr[0] - '0');
    if (digits == 0)
        return false;
    for (; digits < 3; digits++)
        ms *= 10;
    *out_ms = ms;
    return true;
}

static bool take_zone(struct str *s, int *out_minutes)
{
    *out_minutes = 0;
    if (take(s, "Z"))
        return true;
    bool east = take(s, "+");
    int hours, minutes;
    if ((!east && !take(s, "-")) || !take_digits(s, 2, &hours) || !take(s, ":") ||
        !take_digits(s, 2, &minutes) || hours > 23 || minutes > 59)
        return false;
    *out_minutes = (hours * 60 + minutes) * (east ? 1 : -1);
    return true;
}

bool time_parse_iso(struct str s, int64_t *out_ms)
{
    struct civil c = {0};
    int zone_minutes;
    if (!take_digits(&s, 4, &c.year) || !take(&s, "-") || !take_digits(&s, 2, &c.month) ||
        !take(&s, "-") || !take_digits(&s, 2, &c.day) || !take(&s, "T") || !take_clock(&s, &c))
        return false;
    if (take(&s, ".") && !take_fraction(&s, &c.ms))
        return false;
    if (!take_zone(&s, &zone_minutes) || s.len || !civil_is_valid(&c))
        return false;
    c.minute -= zone_minutes;
    *out_ms = civil_to_ms(&c);
    return true;
}

bool time_parse_basic(struct str s, int64_t *out_ms)
{
    struct civil c = {0};
    if (!take_digits(&s, 4, &c.year) || !take_digits(&s, 2, &c.month) ||
        !take_digits(&s, 2, &c.day) || !take(&s, "T") || !take_digits(&s, 2, &c.hour) ||
        !take_digits(&s, 2, &c.minute) || !take_digits(&s, 2, &c.second) || !take(&s, "Z") ||
        s.len || !civil_is_valid(&c))
        return false;
    *out_ms = civil_to_ms(&c);
    return true;
}

static bool take_imf_fixdate(struct str s, struct civil *c) // Mon, 23 Nov 2026 04:05:06 GMT
{
    return take_weekday(&s, false) && take(&s, ", ") && take_digits(&s, 2, &c->day) &&
           take(&s, " ") && take_month(&s, &c->month) && take(&s, " ") &&
           take_digits(&s, 4, &c->year) && take(&s, " ") && take_clock(&s, c) && take(&s, " GMT") &&
           s.len == 0;
}

static bool take_rfc850(struct str s, struct civil *c) // Monday, 23-Nov-26 04:05:06 GMT
{
    if (!take_weekday(&s, true) || !take(&s, ", ") || !take_digits(&s, 2, &c->day) ||
        !take(&s, "-") || !take_month(&s, &c->month) || !take(&s, "-") ||
        !take_digits(&s, 2, &c->year) || !take(&s, " ") || !take_clock(&s, c) ||
        !take(&s, " GMT") || s.len)
        return false;
    c->year +=
        c->year < 69 ? 2000 : 1900; // POSIX's pivot: there is no clock here to count 50 years from
    return true;
}

static bool take_asctime(struct str s, struct civil *c) // Mon Nov  3 04:05:06 2026
{
    return take_weekday(&s, false) && take(&s, " ") && take_month(&s, &c->month) && take(&s, " ") &&
           (take(&s, " ") ? take_digits(&s, 1, &c->day) : take_digits(&s, 2, &c->day)) &&
           take(&s, " ") && take_clock(&s, c) && take(&s, " ") && take_digits(&s, 4, &c->year) &&
           s.len == 0;
}

bool time_parse_http(struct str s, int64_t *out_ms)
{
    struct civil c = {0};
    if (!take_imf_fixdate(s, &c) && !take_rfc850(s, &c) && !take_asctime(s, &c))
        return false;
    if (!civil_is_valid(&c))
        return false;
    *out_ms = civil_to_ms(&c);
    return true;
}

bool time_from_json(const struct json *value, int64_t *out_ms)
{
    double seconds;
    if (json_as_double(value, &seconds)) {
        double ms = round(seconds * 1000);
        if (!(ms >= (double)YEAR_1_MS && ms < (double)YEAR_10000_MS))
            return false;
        *out_ms = (int64_t)ms;
        return true;
    }
    struct str text = json_as_str(value);
    return time_parse_iso(text, out_ms) || time_parse_http(text, out_ms);
}
