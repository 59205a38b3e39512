// SPDX-License-Identifier: Apache-2.0
// The shredder, alone: each text is read by every variant and with windows cut at every byte of it.
#include "shredding.h"

static void check(struct arena *arena, const char *schema, const char *text, const char *expected)
{
    struct str got = shredded_always(arena, schema, str_of(text));
    if (!str_is(got, expected))
        fail_msg("%s\ngives\n%.*s\ninstead of\n%s", text, STR_ARG(got), expected);
}

static void scalars_get_their_types(void **state)
{
    check(*state, NULL,
          "{\"b\":true,\"i\":-7,\"d\":1.5,\"s\":\"x\",\"n\":null,\"t\":\"2024-02-29\",\"u\":\"1970-"
          "01-01T00:00:01Z\"}\n",
          "b boolean;true\ni bigint;-7\nd double;1.5\ns string;x\nn string;~0\nt date;19782\nu "
          "timestamp;1000000\n");
    check(*state, NULL, "{\"a\":9223372036854775807}{\"a\":-9223372036854775808}",
          "a bigint;9223372036854775807;-9223372036854775808\n");
    check(*state, NULL, "{\"a\":9223372036854775808}", "a decimal(38,0);0:9223372036854775808\n");
    check(*state, NULL, "{\"a\":-0}{\"a\":1e2}{\"a\":0.1}",
          "a double;-0;100;0.10000000000000001\n");
    check(*state, NULL, "{\"a\":\"\"}{}{\"a\":\"\\u00e9\\ud83d\\ude00\\n\"}",
          "a string;;~0;\xc3\xa9\xf0\x9f\x98\x80\n\n");
}

static void nested_values_get_levels(void **state)
{
    check(*state, NULL, "{\"l\":[1,2]}\n{\"l\":[]}\n{\"l\":null}\n{\"l\":[null,3]}\n",
          "l.list.element bigint;1,2;~1;~0;~2,3\n");
    check(*state, NULL, "{\"s\":{\"a\":1}}\n{\"s\":{}}\n{}\n", "s.a bigint;1;~1;~0\n");
    check(*state, NULL, "{\"l\":[{\"a\":[1]},{\"a\":[]},{}]}\n{\"l\":[{\"a\":[2,3]}]}\n",
          "l.list.element.a.list.element bigint;1,~4,~3;2,3\n");
    check(*state, "struct<m:map<string,int>>", "{\"m\":{\"x\":1,\"y\":null}}{\"m\":{}}{}",
          "m.key_value.key string;x,y;~1;~0\nm.key_value.value int;1,~2;~1;~0\n");
}

static void values_widen_in_any_order(void **state)
{
    static const struct {
        const char *a, *b, *column;
    } rows[] = {
        {"1", "1.5", "double;1;1.5"},
        {"9007199254740993", "1.5", "string;9007199254740993;1.5"},
        {"1", "9223372036854775808", "decimal(38,0);0:1;0:9223372036854775808"},
        {"1", "\"x\"", "string;1;x"},
        {"1", "true", "string;1;true"},
        {"1.50", "\"x\"", "string;1.50;x"},
        {"\"2024-01-01\"", "\"x\"", "string;2024-01-01;x"},
        {"\"2024-01-01\"", "\"1970-01-01 00:00\"", "timestamp;1704067200000000;0"},
        {"\"1970-01-01T00:00\"", "\"1970-01-01T00:00Z\"",
         "string;1970-01-01T00:00;1970-01-01T00:00Z"},
        {"{\"x\":1}", "\"x\"", "string;{\"x\":1};x"},
        {"[1, 2]", "{\"x\": 1}", "string;[1, 2];{\"x\": 1}"},
        {"1e400", "1.5", "string;1e400;1.5"},
        {"1e-400", "0.0", "string;1e-400;0.0"},
        {"100000000000000000000000000000000000000", "1",
         "string;100000000000000000000000000000000000000;1"},
        {"null", "3", "bigint;~0;3"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str text = str_format(*state, "{\"a\":%s}\n{\"a\":%s}\n", rows[i].a, rows[i].b);
        assert_str(shredded_always(*state, NULL, text),
                   str_cstr(*state, str_format(*state, "a %s\n", rows[i].column)));
        text = str_format(*state, "{\"a\":%s}\n{\"a\":%s}\n", rows[i].b, rows[i].a);
        struct str back = shredded_always(*state, NULL, text);
        struct str type =
            str_slice(str_of(rows[i].column), 0, str_find_char(str_of(rows[i].column), ';'));
        assert_true(str_starts(back, str_format(*state, "a %.*s;", STR_ARG(type))));
    }
}

static void fields_appear_late_and_in_any_order(void **state)
{
    check(*state, NULL,
          "{\"a\":1}\n{\"b\":\"x\",\"a\":2}\n{\"c\":{\"d\":1}}\n{\"c\":{\"e\":2},\"a\":3}\n",
          "a bigint;1;2;~0;3\nb string;~0;x;~0;~0\nc.d bigint;~0;~0;1;~1\nc.e bigint;~0;~0;~1;2\n");
}

static void of_a_name_that_comes_twice_the_last_value_counts(void **state)
{
    check(*state, NULL, "{\"a\":1,\"a\":2}{\"a\":3,\"a\":null}{\"a\":[1,2],\"a\":4}",
          "a string;2;~0;4\n");
    check(*state, NULL, "{\"l\":[1,2],\"l\":[3]}{\"s\":{\"x\":1},\"s\":{\"y\":2}}",
          "l.list.element bigint;3;~0\ns.x bigint;~0;~1\ns.y bigint;~0;2\n");
    check(*state, "struct<a:bigint>", "{\"a\":1,\"A\":2,\"b\":[{}],\"a\":3}", "a bigint;3\n");
}

static void spellings_that_differ_in_case_are_fields_of_their_own(void **state)
{
    check(*state, NULL, "{\"A\":1,\"a\":\"x\"}\n{\"a\":\"y\",\"a_2\":true}\n",
          "a bigint;1;~0\na_2 string;x;y\na_2_2 boolean;~0;true\n");
}

// A name is known by the bytes it was written with only while these can be nothing else.
static void names_with_escapes_are_no_other_text(void **state)
{
    check(*state, NULL, "{\"a\\\": 1, \\\"b\":5}\n{\"a\": 1, \"b\":2}\n{\"\\u0061\" : 7}\n",
          "a\": 1, \"b bigint;5;~0;~0\na bigint;~0;1;7\nb bigint;~0;2;~0\n");
    check(*state, NULL, "{\"x\\\":\":1}\n{\"x\"::2}\n",
          "x\": bigint;1\n11+9 invalid JSON at byte 5: expected a value\n");
}

static void more_spellings_than_are_remembered(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    const char *letters = "abcdefghijklm"; // 8192 ways to write one name
    for (unsigned i = 0; i < 8192; i++) {
        buf_puts(&text, "{\"s\":{\"");
        for (unsigned k = 0; k < 13; k++)
            buf_printf(&text, i >> k & 1 ? "\\u%04x" : "%c", (unsigned)letters[k]);
        buf_printf(&text, "\":%u,\"z\":1},\"t\":{\"z\":%u}}\n", i, i);
    }
    struct str expected = shredded(*state, variant_best(), NULL, buf_str(&text), text.len);
    assert_true(str_starts(expected, S("s.abcdefghijklm bigint;0;1;2;3;")));
    assert_true(str_contains(expected, S(";8190;8191\ns.z bigint;1;1;")) &&
                str_contains(expected, S(";8190;8191\nt.z bigint;")) == false);
    assert_true(str_contains(expected, S("\nt.z bigint;0;1;2;3;")));
    assert_true(str_ends(expected, S(";8190;8191\n")));
    for (const struct variant *const *v = variants(); *v; v++)
        assert_true(str_eq(shredded(*state, *v, NULL, buf_str(&text), 5000), expected));
}

static void a_struct_with_too_many_names_is_text(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    buf_puts(&text, "{\"m\":{\"k\":1},\"n\":1}\n{\"m\":{\"first\":1");
    for (unsigned i = 0; i < SHRED_STRUCT_FIELDS_MAX; i++)
        buf_printf(&text, ",\"k%u\":%u", i, i);
    buf_puts(&text, "},\"n\":2}\n");
    struct str got = shredded(*state, variant_best(), NULL, buf_str(&text), text.len);
    assert_true(str_starts(got, S("m string;{\"k\":1};{\"first\":1,\"k0\":0")));
    assert_true(str_ends(got, S("\nn bigint;1;2\n")));
}

static struct str nested(struct arena *arena, const char *open, const char *inside,
                         const char *close, int levels)
{
    struct buf out = buf_in(arena, SIZE_MAX / 2);
    buf_puts(&out, "{\"a\":");
    for (int i = 1; i < levels; i++)
        buf_puts(&out, open);
    buf_puts(&out, inside);
    for (int i = 1; i < levels; i++)
        buf_puts(&out, close);
    buf_puts(&out, "}\n");
    return buf_str(&out);
}

static void depth_has_limits(void **state)
{
    for (int levels = 62; levels < 68; levels++)
        for (int lists = 0; lists < 2; lists++) {
            struct str text =
                nested(*state, lists ? "[" : "{\"b\":", "1", lists ? "]" : "}", levels);
            struct str got = shredded(*state, variant_best(), NULL, text, text.len);
            assert_int_equal(str_contains(got, S("bigint;1\n")), levels <= TYPE_DEPTH_MAX);
            assert_int_equal(str_contains(got, lists ? S("string;[") : S("string;{")),
                             levels > TYPE_DEPTH_MAX);
        }
    for (int levels = SHRED_DEPTH_MAX; levels < SHRED_DEPTH_MAX + 2; levels++) {
        struct str text = nested(*state, "[", "1", "]", levels);
        for (const struct variant *const *v = variants(); *v; v++) {
            struct str got = shredded(*state, *v, NULL, text, text.len);
            assert_int_equal(str_contains(got, S("expected nesting of at most 1024 levels")),
                             levels > SHRED_DEPTH_MAX);
        }
    }
}

static void broken_records_are_rejected_and_the_others_kept(void **state)
{
    check(*state, NULL, "{\"a\":1}\n{\"a\":tru}\n{\"a\":3}\n",
          "a bigint;1;3\n8+10 invalid JSON at byte 5: expected a value\n");
    check(*state, NULL, "[{\"a\":1},{\"a\":},{\"a\":3}]",
          "a bigint;1;3\n9+6 invalid JSON at byte 5: expected a value\n");
    check(*state, NULL, "[{\"a\":1},nan,{\"a\":3}]",
          "a bigint;1;3\n9+3 invalid JSON at byte 0: expected a value\n");
    check(*state, NULL, "[{\"a\":1} {\"a\":2},{\"a\":3}]",
          "a bigint;1;3\n9+7 invalid JSON at byte 0: expected ',' or ']'\n");
    check(*state, NULL, "[{\"a\":1},5,\"x\",[{}],{\"a\":3}]",
          "a bigint;1;3\n9+1 the record is not an object\n11+3 the record is not an object\n15+4 "
          "the record is not an object\n");
    check(*state, NULL, "{\n\"a\":1\n}\n{\n\"a\":,\n\"b\":{}}\n{\"a\":3}",
          "a bigint;1;3\n10+15 invalid JSON at byte 6: expected a value\n");
    check(*state, NULL, "{\"a\":1}\n{\"a\":\"\\x\"}\r\n{\"a\":3}",
          "a bigint;1;3\n8+12 invalid JSON at byte 6: expected an escape of JSON's\n");
    check(*state, NULL, "{\"a\":1}\n{\"a\":2,\"b\"",
          "a bigint;1\n8+10 invalid JSON at byte 10: expected ':'\n");
    check(*state, NULL, "[{\"a\":1}",
          "a bigint;1\n8+0 invalid JSON at byte 0: expected the end of the array\n");
    check(*state, NULL, "[{\"a\":1},5",
          "a bigint;1\n9+1 the record is not an object\n10+0 invalid JSON at byte 0: expected the "
          "end of the array\n");
}

static void a_broken_record_teaches_nothing(void **state)
{
    check(*state, NULL, "{\"a\":1}\n{\"a\":\"x\",\"b\":1\n{\"a\":2}\n",
          "a bigint;1;2\n8+15 invalid JSON at byte 15: expected ',' or '}'\n");
    check(*state, NULL, "{\"a\":1}\n{\"a\":\"x\",\"b\":\"\xff\"}\n{\"a\":2}\n",
          "a bigint;1;2\n8+18 invalid JSON at byte 14: expected UTF-8\n");
}

static void what_is_not_utf8_spoils_its_record_alone(void **state)
{
    check(*state, NULL, "{\"a\":\"x\"}\n{\"a\":\"\xc3\"}\n{\"a\":\"y\"}\n",
          "a string;x;y\n10+10 invalid JSON at byte 6: expected UTF-8\n");
    check(*state, NULL, "\xff\n{\"a\":\"x\"}\n",
          "a string;x\n0+2 invalid JSON at byte 0: expected a value\n");
    check(*state, NULL, "{\"a\":\"x\"}\n{\"a\":tru,\"b\":\"\xff\"}\n{\"a\":\"y\"}\n",
          "a string;x;y\n10+18 invalid JSON at byte 5: expected a value\n");
    check(*state, NULL, "{\"a\":\"x\"}\n{\"\xed\xa0\x80\":1}\n{\"a\":\"y\"}\n",
          "a string;x;y\n10+10 invalid JSON at byte 2: expected UTF-8\n");
    check(*state, "struct<a:string>", "[{\"b\":\"\xf4\x90\x80\x80\",\"a\":\"x\"},{\"a\":\"y\"}]",
          "a string;y\n1+20 invalid JSON at byte 6: expected UTF-8\n");
}

static void given_types_take_what_fits(void **state)
{
    static const struct {
        const char *type, *value, *column;
    } rows[] = {
        {"tinyint", "-128", "tinyint;-128"},
        {"tinyint", "128", "a: not a tinyint: 128"},
        {"smallint", "-32769", "a: not a smallint: -32769"},
        {"int", "2147483647", "int;2147483647"},
        {"int", "2147483648", "a: not an int: 2147483648"},
        {"int", "3.0", "int;3"},
        {"int", "3.5", "a: not an int: 3.5"},
        {"bigint", "1e3", "bigint;1000"},
        {"bigint", "9223372036854775808", "a: not a bigint: 9223372036854775808"},
        {"bigint", "\"1\"", "a: not a bigint: \"1\""},
        {"boolean", "false", "boolean;false"},
        {"boolean", "0", "a: not a boolean: 0"},
        {"float", "0.5", "float;0.5"},
        {"float", "1e39", "a: not a float: 1e39"},
        {"double", "7", "double;7"},
        {"double", "true", "a: not a double: true"},
        {"double", "1e999", "a: not a double: 1e999"},
        {"decimal(5,2)", "123.45", "decimal(5,2);0:12345"},
        {"decimal(5,2)", "\"123.4\"", "decimal(5,2);0:12340"},
        {"decimal(5,2)", "1234.5", "a: not a decimal(5,2): 1234.5"},
        {"decimal(5,2)", "1.234", "a: not a decimal(5,2): 1.234"},
        {"string", "[1, {}]", "string;[1, {}]"},
        {"string", "\"a\\tb\"", "string;a\tb"},
        {"binary", "\"aGk=\"", "binary;hi"},
        {"binary", "\"?\"", "a: not a binary: \"?\""},
        {"date", "\"1970-01-02\"", "date;1"},
        {"date", "\"1970-01-02T00:00\"", "a: not a date: \"1970-01-02T00:00\""},
        {"timestamp", "\"1970-01-02\"", "timestamp;86400000000"},
        {"timestamp", "\"1970-01-01T01:00+01:00\"", "timestamp;0"},
        {"timestamp", "12", "a: not a timestamp: 12"},
        {"array<int>", "[1,2]", NULL},
        {"array<int>", "{\"x\":1}", "a: not an array<int>: {\"x\":1}"},
        {"struct<x:int>", "[1]", "a: not a struct<x:int>: [1]"},
        {"struct<x:int>", "{\"x\":\"y\"}", "a.x: not an int: \"y\""},
        {"array<struct<x:int>>", "[{\"x\":true}]", "a[].x: not an int: true"},
        {"map<string,int>", "[]", "a: not a map<string,int>: []"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str schema = str_format(*state, "struct<a:%s,z:bigint>", rows[i].type);
        struct str text = str_format(*state, "{\"a\":%s,\"z\":1}\n{\"z\":2}\n", rows[i].value);
        struct str got = shredded_always(*state, str_cstr(*state, schema), text);
        if (rows[i].column && !str_contains(got, str_of(rows[i].column)))
            fail_msg("%s of %s: %.*s", rows[i].type, rows[i].value, STR_ARG(got));
        bool rejected = rows[i].column && str_contains(str_of(rows[i].column), S("not a"));
        assert_true(str_contains(got, rejected ? S("z bigint;2\n") : S("z bigint;1;2\n")));
    }
}

static void a_misfit_is_judged_to_its_end(void **state)
{
    check(*state, "struct<a:int>", "{\"a\":\"x\",\"b\":[1,{}]} {\"a\":2}\n",
          "a int;2\n0+20 a: not an int: \"x\"\n");
    check(*state, "struct<a:int>", "{\"a\":\"x\",\"b\":[1,}\n{\"a\":2}\n",
          "a int;2\n0+18 invalid JSON at byte 16: expected a value\n");
}

static void a_record_has_a_limit(void **state)
{
    struct shredding t = {.arena = *state, .rejected = buf_in(*state, SIZE_MAX / 2)};
    struct str text = S("{\"a\":\"0123456789\"}\n{\"a\":"
                        "\"0123456789012345678901234567890123456789\"}\n{\"a\":\"x\"}\n");
    struct type *type = type_new(*state, KIND_STRUCT);
    t.columns = columns_new(type, false);
    t.s = (struct shredder){
        .columns = t.columns, .arena = *state, .notes = &t.notes, .record_bytes_max = 20};
    arena_init(&t.notes.arena);
    next_text(&t, text, text.len);
    assert_int_equal(variant_best()->shred(&t.s), SHRED_REJECTED);
    put_rejected(&t);
    assert_str(buf_str(&t.rejected), "19+48 the record has more than 20 bytes\n");
    assert_int_equal(variant_best()->shred(&t.s), SHRED_DONE);
    assert_int_equal(t.columns->rows, 2);
    columns_free(t.columns);
    arena_deinit(&t.notes.arena);
    free(t.window);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(scalars_get_their_types),
        ARENA_TEST(nested_values_get_levels),
        ARENA_TEST(values_widen_in_any_order),
        ARENA_TEST(fields_appear_late_and_in_any_order),
        ARENA_TEST(of_a_name_that_comes_twice_the_last_value_counts),
        ARENA_TEST(spellings_that_differ_in_case_are_fields_of_their_own),
        ARENA_TEST(names_with_escapes_are_no_other_text),
        ARENA_TEST(more_spellings_than_are_remembered),
        ARENA_TEST(a_struct_with_too_many_names_is_text),
        ARENA_TEST(depth_has_limits),
        ARENA_TEST(broken_records_are_rejected_and_the_others_kept),
        ARENA_TEST(a_broken_record_teaches_nothing),
        ARENA_TEST(what_is_not_utf8_spoils_its_record_alone),
        ARENA_TEST(given_types_take_what_fits),
        ARENA_TEST(a_misfit_is_judged_to_its_end),
        ARENA_TEST(a_record_has_a_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
