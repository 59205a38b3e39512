// SPDX-License-Identifier: Apache-2.0
// Instants and their texts. An instant is `int64_t` milliseconds since 1970-01-01T00:00:00Z, named `..._ms`.
//
// This module only computes; the clock is os/clock.h. Years 1 to 9999, proleptic Gregorian calendar.
#ifndef BASE_TIMEFMT_H
#define BASE_TIMEFMT_H

#include "base/json.h"

struct civil {
    int year, month, day; // month 1-12
    int hour, minute, second, ms;
    int weekday;  // 0 = Sunday
    int year_day; // 1-366
};
struct civil civil_from_ms(int64_t ms);
int64_t civil_to_ms(const struct civil *civil); // weekday and year_day ignored; fields may overflow their range
int days_in_month(int year, int month);

// 2026-11-23T04:05:06Z, ...06.789Z, Mon, 23 Nov 2026 04:05:06 GMT, 20261123T040506Z
struct str time_iso(struct arena *arena, int64_t ms);
struct str time_iso_ms(struct arena *arena, int64_t ms);
struct str time_http(struct arena *arena, int64_t ms);
struct str time_basic(struct arena *arena, int64_t ms);
// Epoch seconds as a JSON number with three decimals, the form of timestamps in AWS's JSON protocols.
struct json *time_json(struct arena *arena, int64_t ms);

// RFC 3339 / ISO 8601 with zone (Z or +hh:mm), fraction optional. False when it is not one.
bool time_parse_iso(struct str s, int64_t *out_ms);
bool time_parse_http(struct str s, int64_t *out_ms);  // IMF-fixdate, RFC 850 and asctime forms (RFC 9110 5.6.7)
bool time_parse_basic(struct str s, int64_t *out_ms); // 20261123T040506Z
// A timestamp member of an input: number of epoch seconds (fraction allowed), or ISO text, or HTTP date.
bool time_from_json(const struct json *value, int64_t *out_ms);

#endif
