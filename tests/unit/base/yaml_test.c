// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/yaml.h"

#include <string.h>

static struct json *tag(struct arena *arena, struct str name, struct json *value)
{
    return str_is(name, "No") ? NULL : json_set_named(arena, json_object(arena), name, value);
}

static void assert_yaml(struct arena *arena, const char *text, const char *expected)
{
    struct json *value = NULL;
    struct error error = {0};
    if (yaml_parse(arena, str_of(text), tag, &value, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    assert_string_equal(str_cstr(arena, json_text(arena, value)), expected);
}

static void assert_refused(struct arena *arena, const char *text, enum err kind, size_t offset,
                           const char *words)
{
    struct json *value = NULL;
    struct error error = {0};
    assert_int_equal(yaml_parse(arena, str_of(text), tag, &value, &error), kind);
    assert_null(value);
    assert_int_equal(error.offset, offset);
    if (!strstr(error.text, words))
        fail_msg("\"%s\" does not say \"%s\"", error.text, words);
}

static void collections(void **state)
{
    assert_yaml(*state, "a: 1\nb:\n  - x\n  - {c: d}\n", "{\"a\":1,\"b\":[\"x\",{\"c\":\"d\"}]}");
    assert_yaml(*state, "[]", "[]");
    assert_yaml(*state, "{\"a\": [1, 2.50, null, true]}", "{\"a\":[1,2.50,null,true]}");
    assert_yaml(*state, "", "null");
    assert_yaml(*state, "1: x\ntrue: y\n", "{\"1\":\"x\",\"true\":\"y\"}");
}

static void scalars(void **state)
{
    assert_yaml(*state, "[~, null, Null, NULL, ]", "[null,null,null,null]");
    assert_yaml(*state, "[true, Yes, ON, false, no, Off, y, n, tRue]",
                "[true,true,true,false,false,false,\"y\",\"n\",\"tRue\"]");
    assert_yaml(
        *state, "[0, -12, 3.50, 1e3, +1, 017, 0x1F, 1_000, .5, 12:30:00, 2012-10-17]",
        "[0,-12,3.50,1e3,\"+1\",\"017\",\"0x1F\",\"1_000\",\".5\",\"12:30:00\",\"2012-10-17\"]");
    assert_yaml(*state, "['true', \"1\", 'it''s', \"\\u00e9\\n\"]",
                "[\"true\",\"1\",\"it's\",\"\u00e9\\n\"]");
    assert_yaml(*state, "a: |\n  x\n   y\nb: >-\n  x\n  y\n",
                "{\"a\":\"x\\n y\\n\",\"b\":\"x y\"}");
}

static void tags(void **state)
{
    assert_yaml(*state, "!Ref x", "{\"Ref\":\"x\"}");
    assert_yaml(*state, "[!Ref yes, !Ref 1, !Sub 'a']",
                "[{\"Ref\":\"yes\"},{\"Ref\":\"1\"},{\"Sub\":\"a\"}]");
    assert_yaml(*state, "!Join ['', [!Ref a, 1]]", "{\"Join\":[\"\",[{\"Ref\":\"a\"},1]]}");
    assert_yaml(*state, "!If {a: b}", "{\"If\":{\"a\":\"b\"}}");
    assert_yaml(*state, "[!!str 12, !!int '3', !!bool yes, !!seq [], !!map {}]",
                "[\"12\",3,true,[],{}]");
    assert_refused(*state, "a: !No x", ERR_SYNTAX, 3,
                   "the tag !No is not supported here (line 1, column 4)");
    assert_refused(*state, "a: !!int x", ERR_SYNTAX, 3, "is not supported");
    assert_refused(*state, "a: !!set {x}", ERR_SYNTAX, 3, "is not supported");
}

static void aliases_share(void **state)
{
    assert_yaml(*state, "a: &x {k: 1}\nb: *x\nc: [*x, *x]\n",
                "{\"a\":{\"k\":1},\"b\":{\"k\":1},\"c\":[{\"k\":1},{\"k\":1}]}");
    assert_refused(*state, "a: *x", ERR_SYNTAX, 3, "alias");
    assert_refused(*state, "a: &x [*x]", ERR_SYNTAX, 7, "alias"); // not complete yet
}

static void laughs_are_limited(void **state)
{
    struct buf buf = buf_in(*state, 10000);
    buf_puts(&buf, "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for (int i = 1; i < 9; i++) {
        buf_printf(&buf, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++)
            buf_printf(&buf, "%s*a%d", k ? ", " : "", i - 1);
        buf_puts(&buf, "]\n");
    }
    struct json *value = NULL;
    struct error error = {0};
    assert_int_equal(yaml_parse(*state, buf_str(&buf), NULL, &value, &error), ERR_LIMIT);
    assert_non_null(strstr(error.text, "too large"));
}

static void depth_is_limited(void **state)
{
    struct buf buf = buf_in(*state, 10000);
    for (int i = 0; i < YAML_DEPTH_MAX + 1; i++)
        buf_put_char(&buf, '[');
    struct json *value = NULL;
    struct error error = {0};
    assert_int_equal(yaml_parse(*state, buf_str(&buf), NULL, &value, &error), ERR_LIMIT);
    assert_int_equal(error.offset, YAML_DEPTH_MAX);
}

static void refusals(void **state)
{
    assert_refused(*state, "a: 1\nb: 2\na: 3\n", ERR_SYNTAX, 0, "the key \"a\" comes twice");
    assert_refused(*state, "<<: {a: 1}", ERR_SYNTAX, 0, "merge keys");
    assert_refused(*state, "? [a]\n: b", ERR_SYNTAX, 2, "a key must be a plain value");
    assert_refused(*state, "--- a\n--- b\n", ERR_SYNTAX, 6, "more than one document");
    assert_refused(*state, "\u00e9: [1,\n  2\nb: 3", ERR_SYNTAX, 13, "line 3");
    assert_refused(*state, "a: \xff", ERR_SYNTAX, 3, "UTF-8");
    assert_refused(*state, "a:\n\tb: 1", ERR_SYNTAX, 3, "line 2");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(collections),
        ARENA_TEST(scalars),
        ARENA_TEST(tags),
        ARENA_TEST(aliases_share),
        ARENA_TEST(laughs_are_limited),
        ARENA_TEST(depth_is_limited),
        ARENA_TEST(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
