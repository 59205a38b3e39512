// SPDX-License-Identifier: Apache-2.0
// Schedule expressions: rate(), cron() and at(), as EventBridge's rules and Scheduler have them.
//
//     rate(5 minutes)            every so often, counted from an anchor; rate() in seconds is
//     Tarn's extension cron(0/15 8-17 ? * MON-FRI *)   minutes, hours, day of month, month, day of
//     week, year; with , - * / ? L W # at(2026-11-23T04:05:06)    once
//
// cron() and at() are local times of a zone: one that daylight saving leaves out is skipped, one
// that occurs twice happens the first time only ("Daylight savings time" in the EventBridge
// Scheduler User Guide).
//
// This module computes; it knows neither a clock nor files. Errors: ERR_INVALID with the reason.
#ifndef BASE_SCHEDULE_H
#define BASE_SCHEDULE_H

#include "base/zone.h"

enum schedule_kind { SCHEDULE_RATE, SCHEDULE_CRON, SCHEDULE_AT };

#define SCHEDULE_YEAR_MIN 1970
#define SCHEDULE_YEAR_MAX 2199

struct schedule {
    enum schedule_kind kind;
    int64_t period_ms;   // rate
    int64_t at_local_ms; // at
    // cron: bit n is value n; years from SCHEDULE_YEAR_MIN
    uint64_t minutes, hours, months;
    uint64_t years[4];
    bool by_weekday;           // days come from the weekday field, the other is "?"
    uint64_t month_days;       // bits 1-31
    int last_day_before;       // "L" is 1, "L-3" 4; 0: none
    bool last_weekday;         // "LW"
    uint64_t near_weekdays;    // bit n: "nW"
    uint64_t week_days;        // bits 1 (Sunday) to 7
    uint64_t last_week_days;   // "6L"
    uint64_t nth_week_days[6]; // [2] bit 6: "6#2"
};

enum schedule_flags {
    SCHEDULE_NO_AT = 1,          // EventBridge's rules: rate() and cron() only
    SCHEDULE_SINGULAR_UNITS = 2, // rate(1 minute), rate(2 minutes), and nothing else
};
enum err schedule_parse(struct str text, unsigned flags, struct schedule *out,
                        struct error *error) MUST_CHECK;

// The first instant strictly after `after_ms`; false when there is none any more. A rate counts
// from `anchor_ms`.
bool schedule_next(const struct schedule *schedule, const struct zone *zone, int64_t anchor_ms,
                   int64_t after_ms, int64_t *out_ms);

#endif
