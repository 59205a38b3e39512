// SPDX-License-Identifier: Apache-2.0
// Zones are small TZif files made here, whose footers say what the real ones say.
#include "../fixture.h"

#include "base/schedule.h"
#include "base/timefmt.h"
#include "base/buf.h"

static void put_header(struct buf *out, uint8_t version)
{
    buf_puts(out, "TZif");
    buf_put_u8(out, version);
    buf_put_bytes(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 15);
    static const uint8_t COUNTS[] = {0, 0, 0, 0, 1, 4}; // one type, four characters
    for (size_t i = 0; i < sizeof COUNTS; i++) {
        buf_put_u16be(out, 0);
        buf_put_u16be(out, COUNTS[i]);
    }
    buf_put_bytes(out, "\0\0\0\0\0\0LMT\0", 10); // UTC before the first transition; then "LMT"
}

static const struct zone *zone_of(struct arena *arena, const char *footer)
{
    struct buf bytes = buf_in(arena, 4096);
    const struct zone *zone;
    struct error error = {0};
    put_header(&bytes, '2');
    put_header(&bytes, '2');
    buf_printf(&bytes, "\n%s\n", footer);
    if (zone_parse(arena, buf_str(&bytes), &zone, &error) != OK)
        fail_msg("%s: %s", footer, error.text);
    return zone;
}

#define NEW_YORK "EST5EDT,M3.2.0,M11.1.0"
#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define SYDNEY "AEST-10AEDT,M10.1.0,M4.1.0/3"
#define KOLKATA "IST-5:30"

static int64_t utc(const char *text)
{
    int64_t ms = 0;
    if (!time_parse_iso(str_of(text), &ms))
        fail_msg("not a time: %s", text);
    return ms;
}

static void knows_offsets(void **state)
{
    const struct zone *ny = zone_of(*state, NEW_YORK), *sydney = zone_of(*state, SYDNEY);
    assert_int_equal(zone_offset_s(ny, utc("2026-01-15T12:00:00Z")), -5 * 3600);
    assert_int_equal(zone_offset_s(ny, utc("2026-03-08T06:59:59Z")), -5 * 3600);
    assert_int_equal(zone_offset_s(ny, utc("2026-03-08T07:00:00Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(ny, utc("2026-11-01T05:59:59Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(ny, utc("2026-11-01T06:00:00Z")), -5 * 3600);
    assert_int_equal(zone_offset_s(ny, utc("2199-07-01T00:00:00Z")), -4 * 3600);
    assert_int_equal(zone_offset_s(sydney, utc("2026-01-15T00:00:00Z")), 11 * 3600);
    assert_int_equal(zone_offset_s(sydney, utc("2026-07-15T00:00:00Z")), 10 * 3600);
    assert_int_equal(zone_offset_s(zone_of(*state, KOLKATA), 0), 19800);
    assert_int_equal(zone_offset_s(NULL, 0), 0);
    int64_t ms;
    assert_false(zone_to_utc(ny, utc("2026-03-08T02:30:00Z"), &ms)); // left out
    assert_true(zone_to_utc(ny, utc("2026-11-01T01:30:00Z"), &ms));  // twice: the first
    assert_int_equal(ms, utc("2026-11-01T05:30:00Z"));
}

static void refuses_broken_files(void **state)
{
    const struct zone *zone;
    assert_int_equal(zone_parse(*state, S(""), &zone, NULL), ERR_CORRUPT);
    assert_int_equal(zone_parse(*state, S("TZif2"), &zone, NULL), ERR_CORRUPT);
    assert_true(zone_name_valid(S("America/Argentina/Buenos_Aires")));
    assert_true(zone_name_valid(S("Etc/GMT+5")));
    assert_false(zone_name_valid(S("../../etc/passwd")));
    assert_false(zone_name_valid(S("/etc/passwd")));
    assert_false(zone_name_valid(S("")));
}

// What comes after an instant, one after the other.
static const struct {
    const char *expression, *zone, *after;
    const char *next[4];
} NEXT[] = {
    {"rate(5 minutes)",
     NULL,
     "2026-11-22T00:07:30Z",
     {"2026-11-22T00:10:00Z", "2026-11-22T00:15:00Z"}},
    {"rate(10 seconds)", NULL, "2026-11-22T00:00:00Z", {"2026-11-22T00:00:10Z"}},
    {"at(2026-11-23T04:05:06)", NULL, "2026-11-22T00:00:00Z", {"2026-11-23T04:05:06Z", ""}},
    {"at(2026-07-01T12:00:00)", BERLIN, "2026-01-01T00:00:00Z", {"2026-07-01T10:00:00Z", ""}},
    {"cron(0/15 * * * ? *)",
     NULL,
     "2026-11-22T23:44:59Z",
     {"2026-11-22T23:45:00Z", "2026-11-23T00:00:00Z"}},
    {"cron(0 10 * * ? *)", NULL, "2026-11-22T10:00:00Z", {"2026-11-23T10:00:00Z"}},
    {"cron(15 12 * * ? *)", NULL, "2026-12-31T12:15:00Z", {"2027-01-01T12:15:00Z"}},
    {"cron(0 18 ? * MON-FRI *)",
     NULL,
     "2026-11-20T18:00:00Z",
     {"2026-11-23T18:00:00Z", "2026-11-24T18:00:00Z"}},
    {"cron(0 8 1 * ? *)",
     NULL,
     "2026-11-22T00:00:00Z",
     {"2026-12-01T08:00:00Z", "2027-01-01T08:00:00Z"}},
    {"cron(0/30 20-2 ? * FRI-SAT *)", NULL, "2026-11-21T02:30:00Z", {"2026-11-21T20:00:00Z"}},
    {"cron(0 0 L * ? *)",
     NULL,
     "2027-02-01T00:00:00Z",
     {"2027-02-28T00:00:00Z", "2027-03-31T00:00:00Z"}},
    {"cron(0 0 L-2 * ? *)", NULL, "2027-02-01T00:00:00Z", {"2027-02-26T00:00:00Z"}},
    {"cron(0 0 LW * ? *)",
     NULL,
     "2027-02-01T00:00:00Z",
     {"2027-02-26T00:00:00Z"}}, // the 28th is a Sunday
    {"cron(0 0 1W * ? *)",
     NULL,
     "2027-04-30T12:00:00Z",
     {"2027-05-03T00:00:00Z"}}, // May 1st is a Saturday
    {"cron(0 0 15W * ? *)",
     NULL,
     "2026-11-01T00:00:00Z",
     {"2026-11-16T00:00:00Z"}}, // the 15th is a Sunday
    {"cron(0 0 ? * 6L *)",
     NULL,
     "2026-11-01T00:00:00Z",
     {"2026-11-27T00:00:00Z", "2026-12-25T00:00:00Z"}},
    {"cron(0 0 ? * TUE#3 *)",
     NULL,
     "2026-11-01T00:00:00Z",
     {"2026-11-17T00:00:00Z", "2026-12-15T00:00:00Z"}},
    {"cron(0 0 29 2 ? *)",
     NULL,
     "2026-01-01T00:00:00Z",
     {"2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"}},
    {"cron(0 0 1 JAN,JUL ? 2026-2027)",
     NULL,
     "2026-02-01T00:00:00Z",
     {"2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z", "2027-07-01T00:00:00Z", ""}},
    {"cron(0 0 31 2 ? *)", NULL, "2026-01-01T00:00:00Z", {""}},
    // daylight saving
    {"cron(30 2 * * ? *)",
     NEW_YORK,
     "2026-03-07T00:00:00Z",
     {"2026-03-07T07:30:00Z", "2026-03-09T06:30:00Z"}},
    {"cron(30 1 * * ? *)",
     NEW_YORK,
     "2026-10-31T12:00:00Z",
     {"2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"}},
    {"cron(0 9 * * ? *)", BERLIN, "2026-10-24T12:00:00Z", {"2026-10-25T08:00:00Z"}},
    {"cron(0/30 * * * ? *)",
     NEW_YORK,
     "2026-11-01T05:30:00Z",
     {"2026-11-01T07:00:00Z", "2026-11-01T07:30:00Z"}},
    {"cron(0 9 * * ? *)", KOLKATA, "2026-11-22T00:00:00Z", {"2026-11-22T03:30:00Z"}},
};

static void finds_what_is_next(void **state)
{
    int64_t anchor_ms = utc("2026-11-22T00:00:00Z");
    for (size_t i = 0; i < COUNT_OF(NEXT); i++) {
        struct schedule schedule;
        struct error error = {0};
        if (schedule_parse(str_of(NEXT[i].expression), 0, &schedule, &error) != OK)
            fail_msg("%s: %s", NEXT[i].expression, error.text);
        const struct zone *zone = NEXT[i].zone ? zone_of(*state, NEXT[i].zone) : NULL;
        int64_t at_ms = utc(NEXT[i].after);
        for (size_t n = 0; n < 4 && NEXT[i].next[n]; n++) {
            struct str actual = S("");
            if (schedule_next(&schedule, zone, anchor_ms, at_ms, &at_ms))
                actual = time_iso(*state, at_ms);
            if (!str_is(actual, NEXT[i].next[n]))
                fail_msg("%s after %s: %.*s instead of %s", NEXT[i].expression, NEXT[i].after,
                         STR_ARG(actual), NEXT[i].next[n]);
        }
    }
}

static void refuses(void **state)
{
    static const char *const BROKEN[] = {
        "",
        "rate",
        "rate()",
        "rate(5)",
        "rate(0 minutes)",
        "rate(-1 minutes)",
        "rate(5 weeks)",
        "cron()",
        "cron(* * * * *)",
        "cron(* * * * ? * *)",
        "cron(* * * * * *)",
        "cron(* * ? * ? *)",
        "cron(60 * * * ? *)",
        "cron(* 24 * * ? *)",
        "cron(* * 32 * ? *)",
        "cron(* * * 13 ? *)",
        "cron(* * ? * 8 *)",
        "cron(* * * * ? 1969)",
        "cron(* * ? * MON#6 *)",
        "cron(a * * * ? *)",
        "cron(*/0 * * * ? *)",
        "at(2026-11-23)",
        "at(2026-13-23T00:00:00)",
        "once(2026-11-23T04:05:06)",
    };
    struct schedule schedule;
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++)
        if (schedule_parse(str_of(BROKEN[i]), 0, &schedule, NULL) == OK)
            fail_msg("accepted: %s", BROKEN[i]);
    unsigned rule = SCHEDULE_NO_AT | SCHEDULE_SINGULAR_UNITS;
    assert_int_equal(schedule_parse(S("rate(1 minutes)"), rule, &schedule, NULL), ERR_INVALID);
    assert_int_equal(schedule_parse(S("rate(2 minute)"), rule, &schedule, NULL), ERR_INVALID);
    assert_int_equal(schedule_parse(S("rate(1 minute)"), rule, &schedule, NULL), OK);
    assert_int_equal(schedule_parse(S("at(2026-11-23T04:05:06)"), rule, &schedule, NULL),
                     ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(knows_offsets),
        ARENA_TEST(refuses_broken_files),
        ARENA_TEST(finds_what_is_next),
        ARENA_TEST(refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
