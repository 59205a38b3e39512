// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/timefmt.h"

#define EXAMPLE_MS INT64_C(1795406706789) // 2026-11-23T04:05:06.789Z, a Monday

static void formats(void **state)
{
    assert_true(str_is(time_iso(*state, EXAMPLE_MS), "2026-11-23T04:05:06Z"));
    assert_true(str_is(time_iso_ms(*state, EXAMPLE_MS), "2026-11-23T04:05:06.789Z"));
    assert_true(str_is(time_http(*state, EXAMPLE_MS), "Mon, 23 Nov 2026 04:05:06 GMT"));
    assert_true(str_is(time_basic(*state, EXAMPLE_MS), "20261123T040506Z"));
    assert_true(str_is(time_json(*state, EXAMPLE_MS)->text, "1795406706.789"));
    assert_true(str_is(time_json(*state, -1)->text, "-0.001"));
    assert_true(str_is(time_json(*state, 5)->text, "0.005"));
    assert_true(str_is(time_iso_ms(*state, -1), "1969-12-31T23:59:59.999Z"));
}

static void every_day_of_eight_centuries(void **state)
{
    int year = 1600, month = 1, day = 1, year_day = 1, weekday = 6; // a Saturday
    for (int64_t ms = INT64_C(-11676096000000); year < 2400; ms += 86400000) {
        struct civil c = civil_from_ms(ms + 1);
        if (c.year != year || c.month != month || c.day != day || c.year_day != year_day ||
            c.weekday != weekday || c.ms != 1 || civil_to_ms(&c) != ms + 1)
            fail_msg("%d-%d-%d came out as %d-%d-%d", year, month, day, c.year, c.month, c.day);
        weekday = (weekday + 1) % 7;
        year_day++;
        if (++day > days_in_month(year, month)) {
            day = 1;
            if (++month > 12) {
                month = 1;
                year++;
                year_day = 1;
            }
        }
    }
    (void)state;
}

static void fields_may_overflow(void **state)
{
    struct civil c = {.year = 2024, .month = 14, .day = 31, .hour = 25, .minute = -1, .second = 61};
    struct civil r = civil_from_ms(civil_to_ms(&c));
    assert_int_equal(r.year, 2025);
    assert_int_equal(r.month, 3);
    assert_int_equal(r.day, 4);
    assert_int_equal(r.hour, 1);
    assert_int_equal(r.minute, 0);
    assert_int_equal(r.second, 1);
    c = (struct civil){.year = 2024, .month = -11, .day = 0};
    r = civil_from_ms(civil_to_ms(&c));
    assert_int_equal(r.year, 2022);
    assert_int_equal(r.month, 12);
    assert_int_equal(r.day, 31);
    (void)state;
}

static void iso_texts(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        int64_t ms;
    } rows[] = {
        {"2026-11-23T04:05:06.789Z", true, EXAMPLE_MS},
        {"2026-11-23T04:05:06.7891234Z", true, EXAMPLE_MS},
        {"2026-11-23T06:05:06.789+02:00", true, EXAMPLE_MS},
        {"2026-11-22T22:35:06.789-05:30", true, EXAMPLE_MS},
        {"1970-01-01T00:00:00Z", true, 0},
        {"1970-01-01T00:00:00.5Z", true, 500},
        {"1969-12-31T23:59:60Z", true, 0},
        {"2024-02-29T00:00:00Z", true, 1709164800000},
        {"2023-02-29T00:00:00Z", false, 0},
        {"2026-11-23T04:05:06", false, 0},
        {"2026-11-23", false, 0},
        {"2026-13-01T00:00:00Z", false, 0},
        {"2026-00-01T00:00:00Z", false, 0},
        {"2026-01-00T00:00:00Z", false, 0},
        {"2026-01-01T24:00:00Z", false, 0},
        {"2026-01-01T00:60:00Z", false, 0},
        {"2026-01-01T00:00:00.Z", false, 0},
        {"2026-01-01T00:00:00Zx", false, 0},
        {"2026-01-01T00:00:00+0100", false, 0},
        {"2026-01-01T00:00:00+24:00", false, 0},
        {"0000-01-01T00:00:00Z", false, 0},
        {"", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t ms = 42;
        bool valid = time_parse_iso(str_of(rows[i].text), &ms);
        if (valid != rows[i].valid || ms != (valid ? rows[i].ms : 42))
            fail_msg("%s gave %d %lld", rows[i].text, valid, (long long)ms);
    }
    (void)state;
}

static void http_and_basic_texts(void **state)
{
    int64_t whole = EXAMPLE_MS / 1000 * 1000, ms = 0;
    assert_true(time_parse_http(S("Mon, 23 Nov 2026 04:05:06 GMT"), &ms) && ms == whole);
    assert_true(time_parse_http(S("Monday, 23-Nov-26 04:05:06 GMT"), &ms) && ms == whole);
    assert_true(time_parse_http(S("Mon Nov 23 04:05:06 2026"), &ms) && ms == whole);
    assert_true(time_parse_http(S("Sun Nov  6 08:49:37 1994"), &ms) && ms == 784111777000);
    assert_true(time_parse_http(S("Sunday, 06-Nov-94 08:49:37 GMT"), &ms) && ms == 784111777000);
    assert_false(time_parse_http(S("Mon, 23 Nov 2026 04:05:06 UTC"), &ms));
    assert_false(time_parse_http(S("Mon, 31 Nov 2026 04:05:06 GMT"), &ms));
    assert_false(time_parse_http(S("23 Nov 2026 04:05:06 GMT"), &ms));
    assert_false(time_parse_http(STR_NONE, &ms));
    assert_true(time_parse_basic(S("20261123T040506Z"), &ms) && ms == whole);
    assert_false(time_parse_basic(S("20261123T040506"), &ms));
    assert_false(time_parse_basic(S("20261123T240506Z"), &ms));
    (void)state;
}

static void json_members(void **state)
{
    int64_t ms = 0;
    assert_true(time_from_json(json_number(*state, S("1795406706.789")), &ms) && ms == EXAMPLE_MS);
    assert_true(time_from_json(json_number(*state, S("1.795406706789e9")), &ms) &&
                ms == EXAMPLE_MS);
    assert_true(time_from_json(json_number(*state, S("-1")), &ms) && ms == -1000);
    assert_true(time_from_json(json_string(*state, S("2026-11-23T04:05:06.789Z")), &ms) &&
                ms == EXAMPLE_MS);
    assert_false(time_from_json(json_number(*state, S("1e30")), &ms));
    assert_false(time_from_json(json_string(*state, S("soon")), &ms));
    assert_false(time_from_json(json_bool(*state, true), &ms));
    assert_false(time_from_json(NULL, &ms));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(formats),
        cmocka_unit_test(every_day_of_eight_centuries),
        cmocka_unit_test(fields_may_overflow),
        cmocka_unit_test(iso_texts),
        cmocka_unit_test(http_and_basic_texts),
        ARENA_TEST(json_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
