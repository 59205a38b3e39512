// SPDX-License-Identifier: Apache-2.0
// A cron expression becomes sets of bits. The next instant is found by going through years, months,
// days, hours and minutes of local time, skipping what the sets exclude, and mapping each hit to
// UTC.
#include "base/schedule.h"

#include "base/timefmt.h"

#define INVALID(error, ...) return error_set((error), ERR_INVALID, __VA_ARGS__)

// --- reading

struct field {
    const char *name;
    int min, max;
    const char *names; // three letters each, the first is `names_from`
    int names_from;
};
static const struct field MINUTES = {"minutes", 0, 59}, HOURS = {"hours", 0, 23},
                          MONTH_DAYS = {"day-of-month", 1, 31},
                          MONTHS = {"month", 1, 12, "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC", 1},
                          WEEK_DAYS = {"day-of-week", 1, 7, "SUNMONTUEWEDTHUFRISAT", 1},
                          YEARS = {"year", SCHEDULE_YEAR_MIN, SCHEDULE_YEAR_MAX};

static bool parse_value(const struct field *field, struct str text, int *out)
{
    int64_t value;
    if (field->names && text.len == 3)
        for (int i = 0; field->names[i * 3]; i++)
            if (str_eq_nocase(text, str_n(field->names + (size_t)i * 3, 3))) {
                *out = field->names_from + i;
                return true;
            }
    if (text.len == 0 || text.len > 4 || !str_to_i64(text, &value) || value < field->min ||
        value > field->max)
        return false;
    *out = (int)value;
    return true;
}

static void set_bit(uint64_t *bits, int at)
{
    bits[at / 64] |= UINT64_C(1) << (at % 64);
}

// One part of a list: "*", "5", "5-9", and either with "/step". Bits count from `base`.
static bool parse_part(const struct field *field, struct str text, int base, uint64_t *bits)
{
    struct str range = text, step_text = STR_NONE;
    size_t slash = str_find_char(text, '/');
    int64_t step = 1;
    if (slash != STR_NPOS) {
        range = str_slice(text, 0, slash);
        step_text = str_from(text, slash + 1);
        if (!str_to_i64(step_text, &step) || step < 1 || step > field->max)
            return false;
    }
    int first = field->min, last = field->max;
    size_t dash = str_find_char(range, '-');
    if (!str_is(range, "*")) {
        if (!parse_value(field, str_slice(range, 0, dash == STR_NPOS ? range.len : dash), &first))
            return false;
        if (dash != STR_NPOS && !parse_value(field, str_from(range, dash + 1), &last))
            return false;
        if (dash == STR_NPOS && slash == STR_NPOS)
            last = first;
    }
    if (first > last) { // FRI-MON wraps around
        for (int v = first; v <= field->max; v += (int)step)
            set_bit(bits, v - base);
        first = field->min;
    }
    for (int v = first; v <= last; v += (int)step)
        set_bit(bits, v - base);
    return true;
}

static enum err parse_plain(const struct field *field, struct str text, int base, uint64_t *bits,
                            struct error *error)
{
    struct str part, rest = text;
    while (str_cut(&rest, ',', &part))
        if (!parse_part(field, part, base, bits))
            INVALID(error, "\"%.*s\" is not valid for %s", STR_ARG(text), field->name);
    return OK;
}

static bool parse_month_day(struct str part, struct schedule *out)
{
    int day;
    int64_t before;
    if (str_is(part, "L")) {
        out->last_day_before = 1;
    } else if (str_is(part, "LW")) {
        out->last_weekday = true;
    } else if (str_starts(part, S("L-")) && str_to_i64(str_from(part, 2), &before) && before >= 1 &&
               before <= 30) {
        out->last_day_before = (int)before + 1;
    } else if (str_ends(part, S("W")) &&
               parse_value(&MONTH_DAYS, str_slice(part, 0, part.len - 1), &day)) {
        out->near_weekdays |= UINT64_C(1) << day;
    } else {
        return parse_part(&MONTH_DAYS, part, 0, &out->month_days);
    }
    return true;
}

static bool parse_week_day(struct str part, struct schedule *out)
{
    int day;
    int64_t nth;
    size_t hash = str_find_char(part, '#');
    if (str_is(part, "L")) {
        out->week_days |= UINT64_C(1) << 7; // the week's last day is Saturday
    } else if (hash != STR_NPOS) {
        if (!parse_value(&WEEK_DAYS, str_slice(part, 0, hash), &day) ||
            !str_to_i64(str_from(part, hash + 1), &nth) || nth < 1 || nth > 5)
            return false;
        out->nth_week_days[nth] |= UINT64_C(1) << day;
    } else if (part.len > 1 && str_ends(part, S("L")) &&
               parse_value(&WEEK_DAYS, str_slice(part, 0, part.len - 1), &day)) {
        out->last_week_days |= UINT64_C(1) << day;
    } else {
        return parse_part(&WEEK_DAYS, part, 0, &out->week_days);
    }
    return true;
}

static enum err parse_days(struct str month_days, struct str week_days, struct schedule *out,
                           struct error *error)
{
    bool no_month_day = str_is(month_days, "?"), no_week_day = str_is(week_days, "?");
    if (no_month_day == no_week_day)
        INVALID(error, "one of day-of-month and day-of-week must be \"?\", and only one");
    out->by_weekday = no_month_day;
    struct str rest = no_month_day ? week_days : month_days, all = rest, part;
    while (str_cut(&rest, ',', &part))
        if (!(out->by_weekday ? parse_week_day(part, out) : parse_month_day(part, out)))
            INVALID(error, "\"%.*s\" is not valid for %s", STR_ARG(all),
                    out->by_weekday ? WEEK_DAYS.name : MONTH_DAYS.name);
    return OK;
}

static enum err parse_cron(struct str text, struct schedule *out, struct error *error)
{
    struct str fields[6], part, rest = text;
    size_t count = 0;
    while (str_cut(&rest, ' ', &part)) {
        if (part.len == 0)
            continue;
        if (count == 6)
            INVALID(
                error,
                "cron() has six fields: minutes, hours, day-of-month, month, day-of-week, year");
        fields[count++] = part;
    }
    if (count != 6)
        INVALID(error,
                "cron() has six fields: minutes, hours, day-of-month, month, day-of-week, year");
    out->kind = SCHEDULE_CRON;
    TRY(parse_plain(&MINUTES, fields[0], 0, &out->minutes, error));
    TRY(parse_plain(&HOURS, fields[1], 0, &out->hours, error));
    TRY(parse_plain(&MONTHS, fields[3], 0, &out->months, error));
    TRY(parse_plain(&YEARS, fields[5], SCHEDULE_YEAR_MIN, out->years, error));
    return parse_days(fields[2], fields[4], out, error);
}

static enum err parse_rate(struct str text, unsigned flags, struct schedule *out,
                           struct error *error)
{
    static const struct {
        const char *singular, *plural;
        int64_t ms;
    } UNITS[] = {{"second", "seconds", 1000},
                 {"minute", "minutes", 60000},
                 {"hour", "hours", 3600000},
                 {"day", "days", 86400000}};
    size_t space = str_find_char(text, ' ');
    int64_t value;
    if (space == STR_NPOS || !str_to_i64(str_slice(text, 0, space), &value) || value < 1 ||
        value > 1000000000)
        INVALID(error, "rate() needs a positive whole number and a unit");
    struct str unit = str_trim(str_from(text, space));
    bool strict = flags & SCHEDULE_SINGULAR_UNITS;
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        bool singular = str_is(unit, UNITS[i].singular), plural = str_is(unit, UNITS[i].plural);
        if (!singular && !plural)
            continue;
        if (strict && (value == 1) != singular)
            INVALID(error, "rate(1 %s) and rate(2 %s): the unit must agree with the number",
                    UNITS[i].singular, UNITS[i].plural);
        out->kind = SCHEDULE_RATE;
        out->period_ms = value * UNITS[i].ms;
        return OK;
    }
    INVALID(error, "\"%.*s\" is not a unit of rate(): minutes, hours, days (and seconds)",
            STR_ARG(unit));
}

static enum err parse_at(struct arena *arena, struct str text, struct schedule *out,
                         struct error *error)
{
    struct str with_zone = str_format(arena, "%.*sZ", STR_ARG(text));
    if (text.len != 19 || !time_parse_iso(with_zone, &out->at_local_ms))
        INVALID(error, "at() needs a local time as yyyy-mm-ddThh:mm:ss");
    out->kind = SCHEDULE_AT;
    return OK;
}

enum err schedule_parse(struct str text, unsigned flags, struct schedule *out, struct error *error)
{
    struct schedule schedule = {0};
    size_t open = str_find_char(text, '(');
    if (open == STR_NPOS || !str_ends(text, S(")")))
        INVALID(error, "a schedule is rate(...), cron(...)%s",
                flags & SCHEDULE_NO_AT ? "" : " or at(...)");
    struct str name = str_slice(text, 0, open),
               inside = str_trim(str_slice(text, open + 1, text.len - 1));
    enum err err;
    if (str_is(name, "rate")) {
        err = parse_rate(inside, flags, &schedule, error);
    } else if (str_is(name, "cron")) {
        err = parse_cron(inside, &schedule, error);
    } else if (str_is(name, "at") && !(flags & SCHEDULE_NO_AT)) {
        struct arena arena;
        arena_init(&arena);
        err = parse_at(&arena, inside, &schedule, error);
        arena_deinit(&arena);
    } else {
        INVALID(error, "a schedule is rate(...), cron(...)%s",
                flags & SCHEDULE_NO_AT ? "" : " or at(...)");
    }
    if (err == OK)
        *out = schedule;
    return err;
}

// --- computing

static bool has(uint64_t bits, int at)
{
    return bits >> at & 1;
}

static int weekday_of(int year, int month, int day) // 1 is Sunday
{
    struct civil civil = {.year = year, .month = month, .day = day};
    return civil_from_ms(civil_to_ms(&civil)).weekday + 1;
}

// The weekday (Monday to Friday) nearest to a day, within the month.
static int nearest_weekday(int year, int month, int day)
{
    int last = days_in_month(year, month);
    if (day > last)
        return 0;
    int weekday = weekday_of(year, month, day);
    if (weekday == 7)
        return day > 1 ? day - 1 : day + 2;
    if (weekday == 1)
        return day < last ? day + 1 : day - 2;
    return day;
}

static bool day_matches(const struct schedule *s, int year, int month, int day)
{
    int last = days_in_month(year, month), weekday = weekday_of(year, month, day);
    if (s->by_weekday)
        return has(s->week_days, weekday) || (has(s->last_week_days, weekday) && day + 7 > last) ||
               has(s->nth_week_days[(day - 1) / 7 + 1], weekday);
    if (has(s->month_days, day) || (s->last_day_before && day == last - s->last_day_before + 1))
        return true;
    if (s->last_weekday && day == nearest_weekday(year, month, last))
        return true;
    for (int near = 1; near <= last && s->near_weekdays; near++)
        if (has(s->near_weekdays, near) && nearest_weekday(year, month, near) == day)
            return true;
    return false;
}

// Moves a local minute on to the first that matches, at or after it. False past the last year.
static bool next_local(const struct schedule *s, struct civil *at)
{
    while (at->year <= SCHEDULE_YEAR_MAX) {
        int year = at->year - SCHEDULE_YEAR_MIN;
        if (year < 0 || !has(s->years[year / 64], year % 64)) {
            *at = (struct civil){
                .year = year < 0 ? SCHEDULE_YEAR_MIN : at->year + 1, .month = 1, .day = 1};
        } else if (at->month > 12) {
            *at = (struct civil){.year = at->year + 1, .month = 1, .day = 1};
        } else if (!has(s->months, at->month) || at->day > days_in_month(at->year, at->month)) {
            *at = (struct civil){.year = at->year, .month = at->month + 1, .day = 1};
        } else if (at->hour > 23 || !day_matches(s, at->year, at->month, at->day)) {
            *at = (struct civil){.year = at->year, .month = at->month, .day = at->day + 1};
        } else if (at->minute > 59 || !has(s->hours, at->hour)) {
            at->hour++;
            at->minute = 0;
        } else if (!has(s->minutes, at->minute)) {
            at->minute++;
        } else {
            return true;
        }
    }
    return false;
}

static bool next_cron(const struct schedule *s, const struct zone *zone, int64_t after_ms,
                      int64_t *out_ms)
{
    struct civil at = civil_from_ms(after_ms + (int64_t)zone_offset_s(zone, after_ms) * 1000);
    at.second = at.ms = 0;
    while (next_local(s, &at)) {
        int64_t utc_ms;
        if (zone_to_utc(zone, civil_to_ms(&at), &utc_ms) && utc_ms > after_ms) {
            *out_ms = utc_ms;
            return true;
        }
        at.minute++;
    }
    return false;
}

bool schedule_next(const struct schedule *s, const struct zone *zone, int64_t anchor_ms,
                   int64_t after_ms, int64_t *out_ms)
{
    int64_t at_ms;
    switch (s->kind) {
    case SCHEDULE_RATE:
        *out_ms = after_ms < anchor_ms
                      ? anchor_ms
                      : anchor_ms + ((after_ms - anchor_ms) / s->period_ms + 1) * s->period_ms;
        return true;
    case SCHEDULE_AT:
        if (!zone_to_utc(zone, s->at_local_ms, &at_ms) || at_ms <= after_ms)
            return false;
        *out_ms = at_ms;
        return true;
    case SCHEDULE_CRON:
        return next_cron(s, zone, after_ms, out_ms);
    }
    return false;
}
