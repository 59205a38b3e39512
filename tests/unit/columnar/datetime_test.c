// SPDX-License-Identifier: Apache-2.0
// Every day against the C library's calendar, the grammar by table, and the inline functions
// against the general ones.
#include "fixture.h"
#include "variant_probe.h"
#include "columnar/datetime.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct answer {
    bool is, zoned;
    int64_t value;
};

static bool answer_eq(struct answer a, struct answer b)
{
    return a.is == b.is && (!a.is || (a.value == b.value && a.zoned == b.zoned));
}

// What datetime_timestamp says; all variants must say the same.
static struct answer timestamp(const char *text, size_t len)
{
    char *copy = padded_copy(text, len);
    struct answer general = {0};
    general.is = datetime_timestamp(str_n(copy, len), &general.value, &general.zoned);
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        struct answer taken = {0};
        taken.is = variant_probe(*variant)->timestamp_take(copy, len, &taken.value, &taken.zoned);
        if (!answer_eq(taken, general))
            fail_msg("%.*s: %s differs", (int)len, text, (*variant)->name);
    }
    free(copy);
    return general;
}

static struct answer date(const char *text, size_t len)
{
    char *copy = padded_copy(text, len);
    int32_t days = 0;
    struct answer general = {.is = datetime_date(str_n(copy, len), &days)};
    general.value = days;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        struct answer taken = {.is = variant_probe(*variant)->date_take(copy, len, &days)};
        taken.value = days;
        if (!answer_eq(taken, general))
            fail_msg("%.*s: %s differs", (int)len, text, (*variant)->name);
    }
    free(copy);
    return general;
}

static void known_dates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int32_t days;
    } rows[] = {{"1970-01-01", 0},     {"1969-12-31", -1},      {"2000-02-29", 11016},
                {"2024-12-31", 20088}, {"0001-01-01", -719162}, {"9999-12-31", 2932896}};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answer answer = date(rows[i].text, strlen(rows[i].text));
        assert_true(answer.is);
        assert_int_equal(answer.value, rows[i].days);
    }
}

static void what_is_no_date(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "0000-01-01",
                                       "2023-02-29",
                                       "1900-02-29",
                                       "2100-02-29",
                                       "2023-04-31",
                                       "2023-00-10",
                                       "2023-13-01",
                                       "2023-19-01",
                                       "2023-20-01",
                                       "2023-01-00",
                                       "2023-01-32",
                                       "2023-1-01",
                                       "2023/01/01",
                                       "2023-01-1",
                                       "2023-01-011",
                                       "20230101",
                                       "-023-01-01",
                                       "2023-01-01 ",
                                       " 2023-01-01",
                                       "2023-01-0a",
                                       "+2023-01-01",
                                       "2\xb0"
                                       "23-01-01"};
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (date(rows[i], strlen(rows[i])).is)
            fail_msg("%s is a date", rows[i]);
}

static void every_day(void **state)
{
    (void)state;
    for (int32_t days = -719162; days <= 2932896; days += days % 7 ? 1 : 3) {
        time_t seconds = (time_t)days * 86400;
        struct tm tm;
        assert_non_null(gmtime_r(&seconds, &tm));
        char text[48];
        int len = snprintf(text, sizeof text, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1,
                           tm.tm_mday);
        int32_t found;
        assert_true(datetime_date(str_n(text, (size_t)len), &found));
        assert_int_equal(found, days);
    }
}

static void every_month_ends(void **state)
{
    (void)state;
    for (unsigned year = 1; year <= 9999; year += year < 1890 || year > 2110 ? 99 : 1)
        for (unsigned month = 1; month <= 12; month++) {
            bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
            unsigned last = month == 2                                              ? 28 + leap
                            : month == 4 || month == 6 || month == 9 || month == 11 ? 30
                                                                                    : 31;
            for (unsigned day = 27; day <= 33; day++) {
                char text[48];
                snprintf(text, sizeof text, "%04u-%02u-%02u", year, month, day);
                assert_int_equal(date(text, 10).is, day <= last);
            }
        }
}

static void known_timestamps(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t micros;
        bool zoned;
    } rows[] = {
        {"1970-01-01T00:00", 0, false},
        {"1970-01-01 00:01", 60000000, false},
        {"1970-01-01T00:00Z", 0, true},
        {"1970-01-01T00:00:00", 0, false},
        {"1970-01-01 23:59:59Z", 86399000000, true},
        {"1970-01-01T00:00:01z", 1000000, true},
        {"1970-01-01T00:00:00.5", 500000, false},
        {"1970-01-01T00:00:00.12Z", 120000, true},
        {"1970-01-01T00:00:00.123Z", 123000, true},
        {"1970-01-01T00:00:00.1234", 123400, false},
        {"1970-01-01T00:00:00.12345Z", 123450, true},
        {"1970-01-01 00:00:00.000001", 1, false},
        {"1970-01-01T01:00:00+01:00", 0, true},
        {"1970-01-01T01:00:00.5+01:00", 500000, true},
        {"1970-01-01T00:00:00-0130", 5400000000, true},
        {"1970-01-01T00:00:00+05", -18000000000, true},
        {"1970-01-01T00:00:00-00:00", 0, true},
        {"1970-01-01T00:00-23:59", 86340000000, true},
        {"1969-12-31T23:59:59.999999Z", -1, true},
        {"2024-02-29T12:34:56.789Z", 1709210096789000, true},
        {"0001-01-01T00:00:00Z", -62135596800000000, true},
        {"9999-12-31T23:59:59.999999Z", 253402300799999999, true},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct answer answer = timestamp(rows[i].text, strlen(rows[i].text));
        if (!answer_eq(answer, (struct answer){true, rows[i].zoned, rows[i].micros}))
            fail_msg("%s: %lld", rows[i].text, (long long)answer.value);
    }
}

static void what_is_no_timestamp(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",
        "Z",
        "2024-02-29",
        "2024-02-29T",
        "2024-02-29T12",
        "2024-02-29T12:3",
        "2024-02-29T1:30",
        "2024-02-29T12:30:",
        "2024-02-29T12:30:5",
        "2024-02-29T24:00:00Z",
        "2024-02-29T12:60:00Z",
        "2024-02-29T12:30:60Z",
        "2023-02-29T12:30:00Z",
        "2024-02-29t12:30:00Z",
        "2024-02-29  12:30:00",
        "2024-02-29T12:30:00.",
        "2024-02-29T12:30:00.Z",
        "2024-02-29T12:30:00.1234567",
        "2024-02-29T12:30:00.1234567Z",
        "2024-02-29T12:30.5",
        "2024-02-29T12:30:00 Z",
        "2024-02-29T12:30:00ZZ",
        "2024-02-29T12:30:00+1",
        "2024-02-29T12:30:00+24:00",
        "2024-02-29T12:30:00+01:60",
        "2024-02-29T12:30:00+01:",
        "2024-02-29T12:30:00+01:0",
        "2024-02-29T12:30:00+010",
        "2024-02-29T12:30:00+01000",
        "2024-02-29T12:30:00 +01:00",
        "2024-02-29T12:30:00,5",
        "2024-02-29T12-30-00",
        "2024-02-29T12:30:00.12a",
        "2024-02-29T12:30:00Z ",
        " 2024-02-29T12:30:00Z",
        "0000-01-01T00:00:00Z",
        "2024-02-29T12:30:0\xb0",
        "20240229T123000Z",
        "2024-02-29T12:30:00X",
        "2024-02-29T12:30:00:",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        if (timestamp(rows[i], strlen(rows[i])).is)
            fail_msg("%s is a timestamp", rows[i]);
}

// One byte at every place made any byte at all, and every length of the text: timestamp() and
// date() compare.
static void mutations(void **state)
{
    (void)state;
    static const char *const layouts[] = {"2024-02-29T12:34:56Z",
                                          "2024-02-29 12:34:56",
                                          "2024-02-29T12:34:56.789Z",
                                          "1999-12-31T23:59:59.123456",
                                          "2019-10-09T08:07:06.123456+01:00",
                                          "2024-02-29T12:34"};
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        size_t len = strlen(layouts[i]), taken = 0;
        for (size_t at = 0; at < len; at++)
            for (int c = 0; c < 256; c++) {
                char text[64];
                strcpy(text, layouts[i]);
                text[at] = (char)c;
                taken += timestamp(text, len).is;
                date(text, 10);
            }
        assert_in_range(taken, 80, 200);
        for (size_t n = 0; n <= len; n++)
            timestamp(layouts[i], n);
    }
}

static void pairs_of_digits(void **state)
{
    (void)state;
    static const unsigned char places[] = {0, 2, 5, 8, 11, 14, 17};
    for (size_t i = 0; i < sizeof places; i++)
        for (unsigned value = 0; value < 100; value++) {
            char text[] = "2024-02-29T12:34:56.789Z";
            text[places[i]] = (char)('0' + value / 10);
            text[places[i] + 1] = (char)('0' + value % 10);
            timestamp(text, strlen(text));
            date(text, 10);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_dates),      cmocka_unit_test(what_is_no_date),
        cmocka_unit_test(every_day),        cmocka_unit_test(every_month_ends),
        cmocka_unit_test(known_timestamps), cmocka_unit_test(what_is_no_timestamp),
        cmocka_unit_test(mutations),        cmocka_unit_test(pairs_of_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
