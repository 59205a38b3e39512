// SPDX-License-Identifier: Apache-2.0
// A TZif file of version 2 or later holds the data twice, with 32 and with 64 bits, and then the
// footer. The first block is only skipped. Transitions are looked up by bisection; the footer's
// rules are computed a year at a time.
#include "base/zone.h"

#include "base/buf.h"
#include "base/timefmt.h"

#define DAY_S 86400
#define OFFSET_S_MAX (26 * 3600) // RFC 9636 3.2 asks for less than 26 hours

// "M3.2.0/2": month, week (5 is the last), weekday, and the second of the day. "J60" and "60": day
// of the year.
struct change {
    enum { CHANGE_WEEKDAY, CHANGE_JULIAN, CHANGE_YEAR_DAY } kind;
    int month, week, day;
    int32_t second;
};
struct zone {
    int64_t *transitions_s;
    int32_t *offsets_s; // from transition i on
    size_t count;
    int32_t first_offset_s;
    bool has_footer, has_daylight;
    int32_t standard_s, daylight_s;
    struct change begin, end; // of daylight saving, in local time before the change
};

// --- the footer: POSIX TZ, as RFC 9636 3.3 restricts and extends it

static bool take_char(struct str *s, char c)
{
    if (s->len == 0 || s->ptr[0] != c)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool take_number(struct str *s, int *out)
{
    size_t digits = 0;
    int value = 0;
    while (digits < s->len && digits < 4 && s->ptr[digits] >= '0' && s->ptr[digits] <= '9')
        value = value * 10 + (s->ptr[digits++] - '0');
    *s = str_from(*s, digits);
    *out = value;
    return digits > 0;
}

static bool take_name(struct str *s)
{
    bool quoted = take_char(s, '<');
    size_t len = 0;
    while (len < s->len &&
           (quoted ? s->ptr[len] != '>' : (s->ptr[len] | 32) >= 'a' && (s->ptr[len] | 32) <= 'z'))
        len++;
    *s = str_from(*s, len);
    return len > 0 && (!quoted || take_char(s, '>'));
}

// [+-]hh[:mm[:ss]]
static bool take_time(struct str *s, int32_t *out)
{
    bool negative = take_char(s, '-');
    int hours, minutes = 0, seconds = 0;
    if (!negative)
        take_char(s, '+');
    if (!take_number(s, &hours) || hours > 167)
        return false;
    if (take_char(s, ':') && !take_number(s, &minutes))
        return false;
    if (take_char(s, ':') && !take_number(s, &seconds))
        return false;
    int32_t value = hours * 3600 + minutes * 60 + seconds;
    *out = negative ? -value : value;
    return true;
}

static bool take_change(struct str *s, struct change *out)
{
    *out = (struct change){.second = 2 * 3600};
    if (take_char(s, 'M')) {
        out->kind = CHANGE_WEEKDAY;
        if (!take_number(s, &out->month) || !take_char(s, '.') || !take_number(s, &out->week) ||
            !take_char(s, '.') || !take_number(s, &out->day) || out->month < 1 || out->month > 12 ||
            out->week < 1 || out->week > 5 || out->day > 6)
            return false;
    } else {
        out->kind = take_char(s, 'J') ? CHANGE_JULIAN : CHANGE_YEAR_DAY;
        if (!take_number(s, &out->day) || out->day > 365)
            return false;
    }
    return !take_char(s, '/') || take_time(s, &out->second);
}

static bool offset_valid(int32_t offset_s)
{
    return offset_s >= -OFFSET_S_MAX && offset_s <= OFFSET_S_MAX;
}

static bool parse_footer(struct str s, struct zone *zone)
{
    int32_t west;
    if (!take_name(&s) || !take_time(&s, &west))
        return false;
    zone->standard_s = zone->daylight_s = -west;
    if (s.len) {
        zone->has_daylight = true;
        zone->daylight_s = zone->standard_s + 3600;
        if (!take_name(&s))
            return false;
        if (s.len && s.ptr[0] != ',') {
            if (!take_time(&s, &west))
                return false;
            zone->daylight_s = -west;
        }
        if (!take_char(&s, ',') || !take_change(&s, &zone->begin) || !take_char(&s, ',') ||
            !take_change(&s, &zone->end))
            return false;
    }
    zone->has_footer = true;
    return s.len == 0 && offset_valid(zone->standard_s) && offset_valid(zone->daylight_s);
}

// --- the file

struct counts {
    uint32_t is_ut, is_std, leaps, transitions, types, characters;
};

static uint32_t take_u32be(struct cursor *c)
{
    uint32_t high = cursor_u16be(c);
    return high << 16 | cursor_u16be(c);
}

static bool take_header(struct cursor *c, uint8_t *out_version, struct counts *out)
{
    if (!str_is(cursor_take(c, 4), "TZif"))
        return false;
    *out_version = cursor_u8(c);
    cursor_take(c, 15);
    out->is_ut = take_u32be(c);
    out->is_std = take_u32be(c);
    out->leaps = take_u32be(c);
    out->transitions = take_u32be(c);
    out->types = take_u32be(c);
    out->characters = take_u32be(c);
    return !c->failed && out->transitions <= 100000 && out->types >= 1 && out->types <= 256;
}

static bool take_block(struct cursor *c, struct arena *arena, const struct counts *counts,
                       size_t time_bytes, struct zone *zone)
{
    struct cursor times = cursor_of(cursor_take(c, counts->transitions * time_bytes));
    struct cursor indexes = cursor_of(cursor_take(c, counts->transitions));
    struct str types = cursor_take(c, (size_t)counts->types * 6);
    cursor_take(c, counts->characters);
    cursor_take(c, counts->leaps * (time_bytes + 4));
    cursor_take(c, counts->is_std);
    cursor_take(c, counts->is_ut);
    if (c->failed)
        return false;
    int32_t *offsets = ARENA_ARRAY(arena, int32_t, counts->types);
    struct cursor type = cursor_of(types);
    for (size_t i = 0; i < counts->types; i++) {
        offsets[i] = (int32_t)take_u32be(&type);
        cursor_take(&type, 2);
        if (!offset_valid(offsets[i]))
            return false;
    }
    zone->count = counts->transitions;
    zone->first_offset_s = offsets[0];
    zone->transitions_s = ARENA_ARRAY(arena, int64_t, zone->count + 1);
    zone->offsets_s = ARENA_ARRAY(arena, int32_t, zone->count + 1);
    for (size_t i = 0; i < zone->count; i++) {
        zone->transitions_s[i] =
            time_bytes == 8 ? (int64_t)cursor_u64be(&times) : (int32_t)take_u32be(&times);
        uint8_t index = cursor_u8(&indexes);
        if (index >= counts->types || (i && zone->transitions_s[i] <= zone->transitions_s[i - 1]))
            return false;
        zone->offsets_s[i] = offsets[index];
    }
    return true;
}

enum err zone_parse(struct arena *arena, struct str tzif, const struct zone **out_zone,
                    struct error *error)
{
    struct cursor c = cursor_of(tzif);
    struct zone *zone = ARENA_NEW(arena, struct zone);
    struct counts counts;
    uint8_t version;
    if (!take_header(&c, &version, &counts) || !take_block(&c, arena, &counts, 4, zone))
        return error_set(error, ERR_CORRUPT, "not a time zone file (TZif)");
    if (version >= '2') {
        if (!take_header(&c, &version, &counts) || !take_block(&c, arena, &counts, 8, zone))
            return error_set(error, ERR_CORRUPT, "the time zone file's second block is broken");
        struct str footer = str_trim(cursor_take(&c, cursor_left(&c)));
        if (footer.len && !parse_footer(footer, zone))
            return error_set(error, ERR_CORRUPT,
                             "the time zone file's footer is not understood: %.*s",
                             STR_ARG(footer));
    }
    *out_zone = zone;
    return OK;
}

// --- looking up

static bool is_leap(int year)
{
    return days_in_month(year, 2) == 29;
}

// Local seconds since the epoch at which a change happens in a year, by the clock before it.
static int64_t change_local_s(const struct change *change, int year)
{
    struct civil first = {.year = year, .month = 1, .day = 1};
    int64_t day;
    if (change->kind != CHANGE_WEEKDAY) {
        int64_t offset = change->day;
        if (change->kind == CHANGE_JULIAN) // counts from 1 and never February 29th
            offset = change->day - 1 + (change->day >= 60 && is_leap(year));
        day = civil_to_ms(&first) / 1000 / DAY_S + offset;
    } else {
        first.month = change->month;
        int64_t first_ms = civil_to_ms(&first);
        int ahead = (change->day - civil_from_ms(first_ms).weekday + 7) % 7;
        int of_month = 1 + ahead + (change->week - 1) * 7;
        if (of_month > days_in_month(year, change->month))
            of_month -= 7;
        day = first_ms / 1000 / DAY_S + of_month - 1;
    }
    return day * DAY_S + change->second;
}

static int32_t footer_offset_s(const struct zone *zone, int64_t utc_s)
{
    if (!zone->has_daylight)
        return zone->standard_s;
    int year = civil_from_ms((utc_s + zone->standard_s) * 1000).year;
    int64_t begin_s = change_local_s(&zone->begin, year) - zone->standard_s;
    int64_t end_s = change_local_s(&zone->end, year) - zone->daylight_s;
    bool daylight =
        begin_s < end_s ? utc_s >= begin_s && utc_s < end_s : utc_s >= begin_s || utc_s < end_s;
    return daylight ? zone->daylight_s : zone->standard_s;
}

int32_t zone_offset_s(const struct zone *zone, int64_t utc_ms)
{
    if (!zone)
        return 0;
    int64_t utc_s = utc_ms >= 0 ? utc_ms / 1000 : -((-utc_ms + 999) / 1000);
    size_t low = 0, high = zone->count; // transitions before `low` have happened
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (zone->transitions_s[middle] <= utc_s)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == zone->count && zone->has_footer)
        return footer_offset_s(zone, utc_s);
    return low ? zone->offsets_s[low - 1] : zone->first_offset_s;
}

bool zone_to_utc(const struct zone *zone, int64_t local_ms, int64_t *out_utc_ms)
{
    const int64_t day_ms = (int64_t)DAY_S * 1000;
    int64_t first = local_ms - (int64_t)zone_offset_s(zone, local_ms - day_ms) * 1000;
    int64_t second = local_ms - (int64_t)zone_offset_s(zone, local_ms + day_ms) * 1000;
    if (second < first) {
        int64_t swap = first;
        first = second;
        second = swap;
    }
    for (int i = 0; i < 2; i++) {
        int64_t utc_ms = i ? second : first;
        if (utc_ms + (int64_t)zone_offset_s(zone, utc_ms) * 1000 == local_ms) {
            *out_utc_ms = utc_ms;
            return true;
        }
    }
    return false;
}

bool zone_name_valid(struct str name)
{
    if (name.len == 0 || name.len > 50 || name.ptr[0] == '/' || str_contains(name, S("..")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(((c | 32) >= 'a' && (c | 32) <= 'z') || (c >= '0' && c <= '9') || c == '/' ||
              c == '_' || c == '-' || c == '+'))
            return false;
    }
    return true;
}
