// SPDX-License-Identifier: Apache-2.0
// Paths, intrinsic functions, choice rules: without a lake.
#include "../../fixture.h"

#include "services/stepfunctions/choice.h"
#include "services/stepfunctions/path.h"
#include "services/stepfunctions/scope.h"

#include <string.h>

static struct str quoted(struct arena *arena, const char *text)
{
    char *copy = str_cstr(arena, str_of(text));
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
    return str_of(copy);
}

static struct json *value_of(struct arena *arena, const char *text)
{
    struct json *value = NULL;
    assert_int_equal(json_parse(arena, quoted(arena, text), &value, NULL), OK);
    return value;
}

static const char BOOKS[] =
    "{'store':{'book':[{'title':'A','price':8.95,'tags':['x','y']},{'title':'B','price':12},"
    "{'title':'C','price':22.5}],'bicycle':{'price':19}},'n':2,'a b':1,'list':[1,2,3,4,5]}";

static void reads_paths(void **state)
{
    struct arena *arena = *state;
    static const char *const cases[][2] = {
        {"$", BOOKS},
        {"$.n", "2"},
        {"$['a b']", "1"},
        {"$.store.book[0].title", "'A'"},
        {"$.store.book[-1].title", "'C'"},
        {"$.store.book[*].title", "['A','B','C']"},
        {"$.store.book[0:2].title", "['A','B']"},
        {"$.store.book[1:].title", "['B','C']"},
        {"$.store.book[:1].title", "['A']"},
        {"$.list[-2:]", "[4,5]"},
        {"$.list[0,2]", "[1,3]"},
        {"$..price", "[8.95,12,22.5,19]"},
        {"$.store..tags[0]", "['x']"},
        {"$.store.bicycle.*", "[19]"},
        {"$.store.book[?(@.price > 10)].title", "['B','C']"},
        {"$.store.book[?(@.price>10&&@.title!='C')].title", "['B']"},
        {"$.store.book[?(@.tags)].title", "['A']"},
        {"$.store.book[?(!@.tags)].title", "['B','C']"},
        {"$.store.book[?(@.title in ['A','C'])].price", "[8.95,22.5]"},
        {"$.store.book[?(@.price <= $.n || @.title == 'B')].title", "['B']"},
        {"$.store.book[?(@.price == 1000)]", "[]"},
        {"$.store.book[0]['title','price']", "[{'title':'A','price':8.95}]"},
        {"$.store.book.length()", "3"},
        {"$.list.max()", "5"},
        {"$.list.sum()", "15"},
        {"$.store.keys()", "['book','bicycle']"},
    };
    struct json *root = value_of(arena, BOOKS);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct path *path = NULL;
        struct json *value = NULL;
        struct error error = {0};
        if (path_parse(arena, quoted(arena, cases[i][0]), &path, &error) != OK)
            fail_msg("%s: %s at %zu", cases[i][0], error.text, error.offset);
        if (path_get(arena, path, root, &value) != OK)
            fail_msg("%s finds nothing", cases[i][0]);
        if (!json_equal(value, value_of(arena, cases[i][1])))
            fail_msg("%s is %.*s", cases[i][0], STR_ARG(json_text(arena, value)));
    }
}

static void paths_lead_nowhere(void **state)
{
    struct arena *arena = *state;
    struct json *root = value_of(arena, BOOKS), *value = NULL;
    struct path *path = NULL;
    assert_int_equal(path_parse(arena, S("$.x.y"), &path, NULL), OK);
    assert_int_equal(path_get(arena, path, root, &value), ERR_NOT_FOUND);
    assert_int_equal(path_parse(arena, S("$.list[5]"), &path, NULL), OK);
    assert_int_equal(path_get(arena, path, root, &value), ERR_LIMIT);
    static const char *const broken[] = {
        "", "a", "$.", "$[", "$['a", "$[a]", "$.a[?(@.x]", "$.a[?(@.x =~ /y/)]", "$x"};
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        if (path_parse(arena, str_of(broken[i]), &path, NULL) == OK)
            fail_msg("%s is not a path", broken[i]);
}

static void writes_at_reference_paths(void **state)
{
    struct arena *arena = *state;
    static const char *const cases[][3] = {
        {"$.a", "{}", "{'a':1}"},
        {"$.a.b", "{'a':{'c':2}}", "{'a':{'c':2,'b':1}}"},
        {"$.a.b.c", "{'x':0}", "{'x':0,'a':{'b':{'c':1}}}"},
        {"$.a[1]", "{'a':[5,6]}", "{'a':[5,1]}"},
        {"$.a[2]", "{'a':[5,6]}", "{'a':[5,6,1]}"},
        {"$", "{'a':2}", "1"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct path *path = NULL;
        struct json *root = NULL;
        assert_int_equal(path_parse(arena, str_of(cases[i][0]), &path, NULL), OK);
        assert_true(path_is_reference(path));
        assert_int_equal(
            path_set(arena, path, value_of(arena, cases[i][1]), json_i64(arena, 1), &root), OK);
        if (!json_equal(root, value_of(arena, cases[i][2])))
            fail_msg("%s: %.*s", cases[i][0], STR_ARG(json_text(arena, root)));
    }
    struct path *path = NULL;
    struct json *root = NULL;
    assert_int_equal(path_parse(arena, S("$.a.b"), &path, NULL), OK);
    assert_int_equal(path_set(arena, path, value_of(arena, "{'a':3}"), json_i64(arena, 1), &root),
                     ERR_INVALID);
    assert_int_equal(path_parse(arena, S("$.a[*]"), &path, NULL), OK);
    assert_false(path_is_reference(path));
}

static struct scope scope_with(struct arena *arena, const char *input)
{
    return (struct scope){.arena = arena,
                          .random = random_new_seeded(7),
                          .input = value_of(arena, input),
                          .context = value_of(arena, "{'Execution':{'Name':'e'}}")};
}

static void runs_intrinsic_functions(void **state)
{
    struct arena *arena = *state;
    static const char *const cases[][2] = {
        {"States.Format(`a {} b {} {}`, $.s, $.n, $.o)", "'a x b 2 {\\'k\\':[1]}'"},
        {"States.Format(`\\{\\} \\` {}`, 1)", "'{} ` 1'"},
        {"States.Format(`plain`)", "'plain'"},
        {"States.StringToJson(`[1, {\"a\": null}]`)", "[1,{'a':null}]"},
        {"States.JsonToString($.o)", "'{\\'k\\':[1]}'"},
        {"States.Array(1, `two`, $.n, true, null)", "[1,'two',2,true,null]"},
        {"States.Array()", "[]"},
        {"States.ArrayPartition($.list, 2)", "[[1,2],[3,4],[5]]"},
        {"States.ArrayContains($.list, 3)", "true"},
        {"States.ArrayContains($.list, `3`)", "false"},
        {"States.ArrayRange(1, 9, 2)", "[1,3,5,7,9]"},
        {"States.ArrayRange(3, 1, -1)", "[3,2,1]"},
        {"States.ArrayGetItem($.list, 4)", "5"},
        {"States.ArrayLength($.list)", "5"},
        {"States.ArrayUnique(States.Array(1, 2, 1, `a`, `a`))", "[1,2,'a']"},
        {"States.Base64Encode(`Data to encode`)", "'RGF0YSB0byBlbmNvZGU='"},
        {"States.Base64Decode(`RGF0YSB0byBlbmNvZGU=`)", "'Data to encode'"},
        {"States.Hash(`input data`, `SHA-1`)", "'aaff4a450a104cd177d28d18d74485e8cae074b7'"},
        {"States.Hash(``, `MD5`)", "'d41d8cd98f00b204e9800998ecf8427e'"},
        {"States.JsonMerge($.o, States.StringToJson(`{\"k\":2,\"m\":3}`), false)", "{'k':2,'m':3}"},
        {"States.MathAdd(111, -1)", "110"},
        {"States.MathAdd($.n, 1.6)", "4"},
        {"States.StringSplit(`1,2,,3`, `,`)", "['1','2','3']"},
        {"States.StringSplit(`This.is+a,test=string`, `.+,=`)",
         "['This','is','a','test','string']"},
        {"States.Format(`{}`, $$.Execution.Name)", "'e'"},
        {"States.ArrayGetItem(States.StringSplit($.s2, `/`), 1)", "'b'"},
        {"States.ArrayLength($.items[?(@.a == 1)])", "1"},
    };
    struct scope scope = scope_with(
        arena,
        "{'s':'x','s2':'a/b','n':2,'o':{'k':[1]},'list':[1,2,3,4,5],'items':[{'a':1},{'a':2}]}");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        // Here ` is the only quote that changes: the calls' strings hold double ones.
        char *text = str_cstr(arena, str_of(cases[i][0])),
             *wanted = str_cstr(arena, str_of(cases[i][1]));
        for (char *c = text; *c; c++)
            *c = *c == '`' ? '\'' : *c;
        for (char *c = wanted; *c; c++)
            *c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
        struct json *value = NULL, *expected = NULL;
        assert_int_equal(intrinsic_check(arena, str_of(text), NULL), OK);
        if (intrinsic_value(&scope, str_of(text), &value) != OK)
            fail_msg("%s: %.*s", text, STR_ARG(scope.cause));
        assert_int_equal(json_parse(arena, str_of(wanted), &expected, NULL), OK);
        if (!json_equal(value, expected))
            fail_msg("%s is %.*s", text, STR_ARG(json_text(arena, value)));
    }
    random_free(scope.random);
}

static void random_functions(void **state)
{
    struct arena *arena = *state;
    struct scope scope = scope_with(arena, "{}");
    struct json *a = NULL, *b = NULL;
    int64_t number;
    assert_int_equal(intrinsic_value(&scope, S("States.MathRandom(1, 10)"), &a), OK);
    assert_true(json_as_i64(a, &number) && number >= 1 && number < 10);
    assert_int_equal(intrinsic_value(&scope, S("States.MathRandom(1, 1000000, 5)"), &a), OK);
    assert_int_equal(intrinsic_value(&scope, S("States.MathRandom(1, 1000000, 5)"), &b), OK);
    assert_true(json_equal(a, b));
    assert_int_equal(intrinsic_value(&scope, S("States.UUID()"), &a), OK);
    assert_int_equal(json_as_str(a).len, 36);
    random_free(scope.random);
}

static void refuses_broken_calls(void **state)
{
    struct arena *arena = *state;
    static const char *const broken[] = {
        "States.Nothing()",     "States.Format()",      "States.UUID(1)",   "States.Format('a'",
        "States.Format('a) x",  "States.Format('a') x", "States.Array(a)",  "States.Array($.)",
        "States.Format('\\x')", "States.MathAdd(1)",    "States.Array(1,)", "States.",
    };
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        if (intrinsic_check(arena, str_of(broken[i]), NULL) == OK)
            fail_msg("%s is not a call", broken[i]);
    static const char *const failing[] = {
        "States.Format('{}')",
        "States.Format('a', 1)",
        "States.ArrayGetItem($.list, 9)",
        "States.StringToJson('{')",
        "States.ArrayPartition($.n, 1)",
        "States.ArrayPartition($.list, 0)",
        "States.ArrayRange(1, 9999, 1)",
        "States.ArrayRange(1, 2, 0)",
        "States.Hash('a', 'SHA-3')",
        "States.Base64Decode('%')",
        "States.MathRandom(2, 1)",
        "States.MathAdd('a', 1)",
        "States.JsonMerge($.o, $.o, true)",
    };
    struct scope scope = scope_with(arena, "{'list':[1],'n':1,'o':{}}");
    for (size_t i = 0; i < COUNT_OF(failing); i++) {
        struct json *value = NULL;
        assert_int_equal(intrinsic_value(&scope, str_of(failing[i]), &value), ERR_INVALID);
        assert_str(scope.error, "States.IntrinsicFailure");
    }
    random_free(scope.random);
}

static void chooses(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *rule;
        bool holds;
    } cases[] = {
        {"'Variable':'$.s','StringEquals':'foo'", true},
        {"'Variable':'$.s','StringEqualsPath':'$.s2'", false},
        {"'Variable':'$.s','StringLessThan':'g'", true},
        {"'Variable':'$.s','StringGreaterThanEquals':'foo'", true},
        {"'Variable':'$.s','StringMatches':'f*'", true},
        {"'Variable':'$.log','StringMatches':'log-*.txt'", true},
        {"'Variable':'$.log','StringMatches':'*.tx'", false},
        {"'Variable':'$.star','StringMatches':'a\\\\*b'", true},
        {"'Variable':'$.s','StringMatches':'f\\\\*'", false},
        {"'Variable':'$.n','NumericEquals':5.0", true},
        {"'Variable':'$.n','NumericGreaterThan':4", true},
        {"'Variable':'$.n','NumericLessThanEquals':4", false},
        {"'Variable':'$.n','NumericLessThanPath':'$.big'", true},
        {"'Variable':'$.n','StringEquals':'5'", false},
        {"'Variable':'$.b','BooleanEquals':true", true},
        {"'Variable':'$.b','BooleanEqualsPath':'$.b'", true},
        {"'Variable':'$.t','TimestampLessThan':'2027-01-01T00:00:00Z'", true},
        {"'Variable':'$.t','TimestampEquals':'2026-01-01T01:00:00+01:00'", true},
        {"'Variable':'$.t','TimestampGreaterThanPath':'$.t'", false},
        {"'Variable':'$.nul','IsNull':true", true},
        {"'Variable':'$.s','IsNull':false", true},
        {"'Variable':'$.nope','IsPresent':false", true},
        {"'Variable':'$.nul','IsPresent':true", true},
        {"'Variable':'$.n','IsNumeric':true", true},
        {"'Variable':'$.s','IsString':true", true},
        {"'Variable':'$.b','IsBoolean':true", true},
        {"'Variable':'$.t','IsTimestamp':true", true},
        {"'Variable':'$.s','IsTimestamp':true", false},
        {"'Not':{'Variable':'$.n','NumericEquals':5}", false},
        {"'And':[{'Variable':'$.n','NumericEquals':5},{'Variable':'$.s','StringEquals':'foo'}]",
         true},
        {"'Or':[{'Variable':'$.n','NumericEquals':6},{'Not':{'Variable':'$.s','StringEquals':'x'}}"
         "]",
         true},
        {"'And':[{'Variable':'$.nope','IsPresent':true},{'Variable':'$.nope','StringEquals':'x'}]",
         false},
        {"'Variable':'$$.Execution.Name','StringEquals':'e'", true},
    };
    struct scope scope = scope_with(
        arena, "{'s':'foo','s2':'bar','n':5,'big':1e3,'b':true,'t':'2026-01-01T00:00:00Z',"
               "'nul':null,'log':'log-2026.txt','star':'a*b'}");
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct json *rule =
            value_of(arena, str_cstr(arena, str_format(arena, "{%s,'Next':'N'}", cases[i].rule)));
        struct error error = {0};
        bool holds = !cases[i].holds;
        if (choice_check(arena, rule, true, &error) != OK)
            fail_msg("%s: %s", cases[i].rule, error.text);
        assert_int_equal(choice_holds(&scope, rule, &holds), OK);
        if (holds != cases[i].holds)
            fail_msg("%s", cases[i].rule);
    }
    bool holds;
    assert_int_equal(
        choice_holds(&scope, value_of(arena, "{'Variable':'$.nope','StringEquals':'x'}"), &holds),
        ERR_INVALID);
    assert_str(
        scope.cause,
        "Invalid path '$.nope': The choice state's condition path references an invalid value.");
    static const char *const broken[] = {
        "{'Variable':'$.a','Next':'N'}",
        "{'Variable':'$.a','StringEquals':1,'Next':'N'}",
        "{'Variable':'$.a','StringEquals':'a','NumericEquals':1,'Next':'N'}",
        "{'Variable':'a','StringEquals':'a','Next':'N'}",
        "{'Variable':'$.a','StringEquals':'a'}",
        "{'And':[],'Next':'N'}",
        "{'And':[{'Variable':'$.a','IsNull':true,'Next':'N'}],'Next':'N'}",
        "{'Variable':'$.a','IsNullPath':'$.b','Next':'N'}",
        "{'Variable':'$.a','Equals':'b','Next':'N'}",
    };
    for (size_t i = 0; i < COUNT_OF(broken); i++)
        if (choice_check(arena, value_of(arena, broken[i]), true, NULL) == OK)
            fail_msg("%s is not a rule", broken[i]);
    random_free(scope.random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(reads_paths),
        ARENA_TEST(paths_lead_nowhere),
        ARENA_TEST(writes_at_reference_paths),
        ARENA_TEST(runs_intrinsic_functions),
        ARENA_TEST(random_functions),
        ARENA_TEST(refuses_broken_calls),
        ARENA_TEST(chooses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
