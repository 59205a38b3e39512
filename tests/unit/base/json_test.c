// SPDX-License-Identifier: Apache-2.0
// The document model and numbers; the parser's accept/refuse tables are in json_cases_test.c.
#include "fixture.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *value = NULL;
    struct error error = {0};
    if (json_parse(arena, str_of(text), &value, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static void assert_text(struct arena *arena, const struct json *value, const char *expected)
{
    assert_string_equal(str_cstr(arena, json_text(arena, value)), expected);
}

static void round_trip_keeps_order_and_number_text(void **state)
{
    const char *text = "{\"b\":[1,2.50,-0,1e400,12345678901234567890123456789012345678],\"a\":null,"
                       "\"c\":{\"t\":true,\"f\":false},\"s\":\"x\"}";
    assert_text(*state, parse(*state, text), text);
}

static void escapes_are_decoded(void **state)
{
    struct json *value =
        parse(*state, "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\u20AC\\ud83d\\ude00\"");
    assert_string_equal(str_cstr(*state, json_as_str(value)),
                        "\"\\/\b\f\n\r\t\u00e9\u20ac\U0001F600");
    struct json *zero = parse(*state, "\"a\\u0000b\"");
    assert_int_equal(zero->text.len, 3);
    assert_memory_equal(zero->text.ptr, "a\0b", 3);
}

static void plain_strings_point_into_the_text(void **state)
{
    struct str text = S("[\"plain\", \"esc\\n\"]");
    struct json *value;
    assert_int_equal(json_parse(*state, text, &value, NULL), OK);
    assert_ptr_equal(json_at(value, 0)->text.ptr, text.ptr + 2);
}

static void writing_escapes_and_repairs(void **state)
{
    struct json *value = json_string(*state, S("q\"b\\ \n\t\x01\x7f\xff\xc3\xa9 \xe2\x82"));
    assert_text(*state, value, "\"q\\\"b\\\\ \\n\\t\\u0001\x7f\uFFFD\u00e9 \uFFFD\uFFFD\"");
}

static void pretty_form(void **state)
{
    struct buf buf = buf_in(*state, 1000);
    json_write_pretty(&buf, parse(*state, "{\"a\":[1,{}],\"b\":[],\"c\":{\"d\":2}}"));
    assert_string_equal(str_cstr(*state, buf_str(&buf)),
                        "{\n  \"a\": [\n    1,\n    {}\n  ],\n"
                        "  \"b\": [],\n  \"c\": {\n    \"d\": 2\n  }\n}");
}

static void reading_is_forgiving(void **state)
{
    struct json *o =
        parse(*state, "{\"s\":\"\",\"n\":3e2,\"h\":0.5,\"b\":true,\"z\":null,\"a\":[7]}");
    assert_non_null(json_str(o, "s").ptr);
    assert_null(json_str(o, "n").ptr);
    assert_null(json_str(NULL, "s").ptr);
    assert_true(str_is(json_str_or(o, "nope", S("d")), "d"));
    assert_int_equal(json_i64_or(o, "n", 1), 300);
    assert_int_equal(json_i64_or(o, "h", 1), 1);
    assert_true(json_double_or(o, "h", 0) == 0.5);
    assert_true(json_bool_or(o, "b", false));
    assert_true(json_bool_or(o, "s", true));
    assert_true(json_has(o, "z"));
    assert_false(json_has(o, "y"));
    assert_null(json_at(json_get(o, "a"), 1));
    assert_null(json_at(o, 0));
    assert_int_equal(json_count(json_get(o, "s")), 0);
    assert_int_equal(json_count(o), 6);
}

static void whole_numbers(void **state)
{
    static const struct {
        const char *text;
        bool whole;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"-0.0e5", true, 0},
        {"3.0", true, 3},
        {"3e2", true, 300},
        {"120e-1", true, 12},
        {"1.5e1", true, 15},
        {"1.5", false, 0},
        {"0.1", false, 0},
        {"1e-1", false, 0},
        {"9223372036854775807", true, INT64_MAX},
        {"9223372036854775808", false, 0},
        {"-9223372036854775808", true, INT64_MIN},
        {"-9223372036854775808.000", true, INT64_MIN},
        {"-9223372036854775809", false, 0},
        {"9.223372036854775807e18", true, INT64_MAX},
        {"1e19", false, 0},
        {"99999999999999999999e-1", false, 0},
        {"1e99999999999999999999", false, 0},
        {"0e99999999999999999999", true, 0},
        {"1000e-3", true, 1},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 42;
        bool whole = json_as_i64(json_number(*state, str_of(rows[i].text)), &value);
        if (whole != rows[i].whole || value != (whole ? rows[i].value : 42))
            fail_msg("%s gave %d %lld", rows[i].text, whole, (long long)value);
    }
}

static void numbers_compare_exactly(void **state)
{
    // Ascending; numbers in the same row are equal.
    static const char *const rows[][4] = {
        {"-1e100000000000000000001"},
        {"-1e100000000000000000000", "-0.1e100000000000000000001"},
        {"-2"},
        {"-1.5", "-15e-1"},
        {"-1e-5"},
        {"0", "-0", "0.000", "0e9999999999999999999999"},
        {"1e-100000000000000000000"},
        {"10e-100000000000000000000", "1e-99999999999999999999"},
        {"0.00001", "1e-5", "0.1e-4", "10E-06"},
        {"0.1"},
        {"1", "1.0", "10e-1", "0.01e+2"},
        {"1.00000000000000000000000000000000000001"},
        {"9007199254740992"},
        {"9007199254740993", "9007199254740993.0"},
        {"12345678901234567890123456789012345677"},
        {"12345678901234567890123456789012345678", "1.2345678901234567890123456789012345678e37"},
        {"1e400"},
        {"1e99999999999999999998"},
        {"1e99999999999999999999", "0.01e100000000000000000001"},
        {"1.1e99999999999999999999"},
    };
    size_t count = COUNT_OF(rows);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < count; j++)
            for (int x = 0; x < 4 && rows[i][x]; x++)
                for (int y = 0; y < 4 && rows[j][y]; y++) {
                    int order = json_number_cmp(str_of(rows[i][x]), str_of(rows[j][y]));
                    order = (order > 0) - (order < 0);
                    if (order != (i > j) - (i < j))
                        fail_msg("%s against %s gave %d", rows[i][x], rows[j][y], order);
                }
    (void)state;
}

static void doubles_have_the_shortest_text(void **state)
{
    static const struct {
        double value;
        const char *text;
    } rows[] = {
        {0, "0"},
        {-0.0, "-0"},
        {1, "1"},
        {0.1, "0.1"},
        {-2.5, "-2.5"},
        {1e15, "1000000000000000"},
        {9007199254740992.0, "9007199254740992"},
        {1e17, "1e+17"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1.0 / 3, "0.3333333333333333"},
        {5e-324, "4.94065645841247e-324"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {INFINITY, "null"},
        {NAN, "null"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_text(*state, json_double(*state, rows[i].value), rows[i].text);
        double back;
        if (isfinite(rows[i].value)) {
            assert_true(json_number_is(str_of(rows[i].text)));
            assert_true(json_as_double(json_double(*state, rows[i].value), &back));
            assert_true(back == rows[i].value);
        }
    }
}

static void equality_ignores_order_and_number_form(void **state)
{
    assert_true(json_equal(parse(*state, "{\"a\":1,\"b\":[true,null,\"x\"]}"),
                           parse(*state, "{\"b\":[true,null,\"\\u0078\"],\"a\":1.0}")));
    assert_false(json_equal(parse(*state, "{\"a\":1}"), parse(*state, "{\"a\":1,\"b\":1}")));
    assert_false(
        json_equal(parse(*state, "{\"a\":1,\"c\":1}"), parse(*state, "{\"b\":1,\"a\":1}")));
    assert_false(json_equal(parse(*state, "[1,2]"), parse(*state, "[2,1]")));
    assert_false(json_equal(parse(*state, "1"), parse(*state, "\"1\"")));
    assert_false(json_equal(parse(*state, "null"), NULL));
    assert_true(json_equal(NULL, NULL));
}

static void building(void **state)
{
    struct json *o = json_object(*state);
    json_set_str(*state, o, "s", S("v"));
    json_set_i64(*state, o, "n", -5);
    json_set_bool(*state, o, "b", true);
    json_set(*state, o, "skipped", NULL);
    json_set(*state, o, "a", json_push(*state, json_array(*state), json_null(*state)));
    json_set(*state, o, "f", json_stringf(*state, "%d-%s", 7, "x"));
    json_set_i64(*state, o, "n", 6); // replaces, in place
    assert_text(*state, o, "{\"s\":\"v\",\"n\":6,\"b\":true,\"a\":[null],\"f\":\"7-x\"}");
    assert_true(json_remove(o, S("n")));
    assert_false(json_remove(o, S("n")));
    assert_text(*state, o, "{\"s\":\"v\",\"b\":true,\"a\":[null],\"f\":\"7-x\"}");
}

static void copies_are_independent(void **state)
{
    struct json *o = parse(*state, "{\"a\":{\"x\":1},\"b\":[\"s\"]}");
    struct json *deep = json_copy(*state, o), *shallow = json_copy_shallow(*state, o);
    json_set_i64(*state, shallow, "c", 1);
    assert_text(*state, o, "{\"a\":{\"x\":1},\"b\":[\"s\"]}");
    assert_text(*state, shallow, "{\"a\":{\"x\":1},\"b\":[\"s\"],\"c\":1}");
    assert_ptr_equal(json_get(shallow, "a"), json_get(o, "a"));
    assert_true(json_equal(deep, o));
    assert_ptr_not_equal(json_get(deep, "a"), json_get(o, "a"));
    assert_ptr_not_equal(json_at(json_get(deep, "b"), 0)->text.ptr,
                         json_at(json_get(o, "b"), 0)->text.ptr);
}

static void iterating_allows_break_and_continue(void **state)
{
    struct json *array = parse(*state, "[1,2,3,4,5]");
    int sum = 0;
    JSON_EACH(item, array)
    {
        int64_t n = 0;
        assert_true(json_as_i64(item, &n));
        if (n == 2)
            continue;
        if (n == 4)
            break;
        sum += (int)n;
    }
    assert_int_equal(sum, 4);
    JSON_EACH(item, NULL)
    fail_msg("%p", (void *)item);
    JSON_EACH(item, parse(*state, "{\"a\":1}"))
    fail_msg("%p", (void *)item);
    size_t length = 0;
    JSON_EACH_MEMBER(m, parse(*state, "{\"a\":1,\"bc\":2}"))
    length += m->name.len;
    assert_int_equal(length, 3);
    JSON_EACH_MEMBER(m, array)
    fail_msg("%p", (void *)m);
}

static void values_are_read_one_by_one(void **state)
{
    struct str text = S(" {\"a\":1} [2]\n3 ");
    struct json *value;
    size_t taken;
    const char *const expected[] = {"{\"a\":1}", "[2]", "3"};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(json_parse_next(*state, text, &value, &taken, NULL), OK);
        assert_text(*state, value, expected[i]);
        text = str_from(text, taken);
    }
    assert_int_equal(json_parse_next(*state, text, &value, &taken, NULL), OK);
    assert_null(value);
    assert_int_equal(taken, 1);
    assert_int_equal(json_parse_next(*state, S(" x"), &value, &taken, NULL), ERR_SYNTAX);
}

static void duplicates_in_large_objects(void **state)
{
    for (int count = 1; count <= 4000; count = count * 3 + 1) {
        for (int duplicate = 0; duplicate < 2; duplicate++) {
            struct buf buf = buf_in(*state, BUF_MAX_DEFAULT);
            buf_puts(&buf, "{");
            for (int i = 0; i < count; i++)
                buf_printf(&buf, "\"key%d\":%d,", i, i);
            size_t offset = buf.len;
            buf_printf(&buf, "\"key%d\":0}", duplicate ? count / 2 : count);
            struct json *value;
            struct error error = {0};
            enum err err = json_parse(*state, buf_str(&buf), &value, &error);
            assert_int_equal(err, duplicate ? ERR_SYNTAX : OK);
            assert_int_equal(error.offset, duplicate ? offset : 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(round_trip_keeps_order_and_number_text),
        ARENA_TEST(escapes_are_decoded),
        ARENA_TEST(plain_strings_point_into_the_text),
        ARENA_TEST(writing_escapes_and_repairs),
        ARENA_TEST(pretty_form),
        ARENA_TEST(reading_is_forgiving),
        ARENA_TEST(whole_numbers),
        ARENA_TEST(numbers_compare_exactly),
        ARENA_TEST(doubles_have_the_shortest_text),
        ARENA_TEST(equality_ignores_order_and_number_form),
        ARENA_TEST(building),
        ARENA_TEST(copies_are_independent),
        ARENA_TEST(iterating_allows_break_and_continue),
        ARENA_TEST(values_are_read_one_by_one),
        ARENA_TEST(duplicates_in_large_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
