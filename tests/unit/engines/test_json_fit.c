// SPDX-License-Identifier: Apache-2.0
// What a JSON value becomes in a column, exactly; and what does not fit.
#include "../fixture.h"

#include "engines/json_fit.h"

// NULL: it does not fit.
static void check(void **state, const char *type_text, const char *json, const char *expected)
{
    struct arena *arena = *state;
    struct hive_type *type = NULL;
    struct json *value = NULL;
    struct error error = {0};
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    assert_int_equal(hive_type_parse(arena, str_of(type_text), &type, &error), OK);
    assert_int_equal(json_parse(arena, str_of(json), &value, &error), OK);
    enum err err = json_fit_value(&out, type, value, S("c"), arena, &error);
    if (!expected && err == ERR_INVALID && str_starts(str_of(error.text), S("c")))
        return;
    if (!expected || err != OK)
        fail_msg("%s as %s: %d %s", json, type_text, (int)err, error.text);
    assert_str(buf_str(&out), expected);
}

static void whole_numbers_keep_their_value(void **state)
{
    check(state, "bigint", "9223372036854775807", "9223372036854775807");
    check(state, "bigint", "9223372036854775808", NULL);
    check(state, "int", "1e2", "100");
    check(state, "int", "1.0", "1");
    check(state, "int", "1.5", NULL);
    check(state, "int", "2147483648", NULL);
    check(state, "tinyint", "-128", "-128");
    check(state, "int", "\"1\"", NULL);
    check(state, "int", "true", NULL);
}

static void decimals_are_exact_or_refused(void **state)
{
    check(state, "decimal(10,2)", "12.5", "\"12.5\"");
    check(state, "decimal(10,2)", "12.500", "\"12.5\"");
    check(state, "decimal(10,2)", "12.505", NULL);
    check(state, "decimal(4,2)", "123", NULL);
    check(state, "decimal(4,2)", "-99.99", "\"-99.99\"");
    check(state, "decimal(10,2)", "1e3", "\"1000\"");
    check(state, "decimal(10,4)", "1.5e-3", "\"0.0015\"");
    check(state, "decimal(10,2)", "0", "\"0\"");
    check(state, "decimal(10,2)", "0.00", "\"0\"");
    check(state, "decimal(38,0)", "99999999999999999999999999999999999999",
          "\"99999999999999999999999999999999999999\"");
    check(state, "decimal(10,2)", "\"7.25\"", "\"7.25\"");
    check(state, "decimal(10,2)", "\"x\"", NULL);
}

static void times_are_utc(void **state)
{
    check(state, "timestamp", "\"2020-01-01T10:00:00Z\"", "\"2020-01-01 10:00:00\"");
    check(state, "timestamp", "\"2020-01-01T00:30:00.123456+02:00\"",
          "\"2019-12-31 22:30:00.123456\"");
    check(state, "timestamp", "\"2020-01-01 10:00\"", "\"2020-01-01 10:00:00\"");
    check(state, "timestamp", "\"2020-01-01\"", "\"2020-01-01 00:00:00\"");
    check(state, "timestamp", "\"2020-13-01 00:00:00\"", NULL);
    check(state, "timestamp", "\"2020-01-01 00:00:00.1234567\"", NULL);
    check(state, "timestamp", "5", NULL);
    check(state, "date", "\"2020-02-29\"", "\"2020-02-29\"");
    check(state, "date", "\"2019-02-29\"", NULL);
}

static void text_takes_anything_and_nested_values_by_name(void **state)
{
    check(state, "string", "{\"a\": [1, null]}", "\"{\\\"a\\\":[1,null]}\"");
    check(state, "string", "12.50", "\"12.50\"");
    check(state, "string", "null", "null");
    check(state, "struct<first:string,n:int>", "{\"FIRST\":\"a\",\"other\":1}",
          "{\"first\":\"a\",\"n\":null}");
    check(state, "array<int>", "[1,null]", "[1,null]");
    check(state, "array<int>", "[1,\"x\"]", NULL);
    check(state, "map<string,double>", "{\"k\":1.5}", "{\"k\":1.5}");
    check(state, "array<int>", "{}", NULL);
    check(state, "boolean", "true", "true");
    check(state, "boolean", "1", NULL);
    check(state, "binary", "\"QQ==\"", "\"\\\\x41\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(whole_numbers_keep_their_value),
        ARENA_TEST(decimals_are_exact_or_refused),
        ARENA_TEST(times_are_utc),
        ARENA_TEST(text_takes_anything_and_nested_values_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
