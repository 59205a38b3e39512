// SPDX-License-Identifier: Apache-2.0
#include "../../fixture.h"

#include "services/eventbridge/transform.h"

static const char EVENT[] =
    "{'id':'1','detail-type':'T','resources':['r0','r1'],'detail':{'name':'a \\'b\\'','n':5,"
    "'o':{'x':true},'list':[1,2]}}";

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *value;
    struct error error = {0};
    struct str json = str_replace(arena, str_of(text), S("'"), S("\""));
    if (json_parse(arena, json, &value, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static const struct {
    const char *target, *expected;
} CASES[] = {
    {"{}", "{'id':'1','detail-type':'T','resources':['r0','r1'],'detail':{'name':'a "
           "\\'b\\'','n':5,'o':{'x':true},"
           "'list':[1,2]}}"},
    {"{'Input':'7'}", "7"},
    {"{'InputPath':'$.detail.o'}", "{'x':true}"},
    {"{'InputPath':'$.detail-type'}", "'T'"},
    {"{'InputPath':'$.resources[1]'}", "'r1'"},
    {"{'InputPath':'$.detail[\\'n\\']'}", "5"},
    {"{'InputPath':'$.nowhere'}", "null"},
    {"{'InputTransformer':{'InputPathsMap':{'n':'$.detail.n','o':'$.detail.o'},'InputTemplate':'{@"
     "n@: <n>, @o@: <o>}'}}",
     "{'n': 5, 'o': {'x':true}}"},
    {"{'InputTransformer':{'InputPathsMap':{'n':'$.detail.name','l':'$.detail.list'},'"
     "InputTemplate':'@<n> has <l>, <x@'}}",
     "'a \\'b\\' has [1,2], <x'"},
    {"{'InputTransformer':{'InputPathsMap':{'no':'$.nowhere'},'InputTemplate':'{@a@: <no>, @b@: "
     "@-<no>-@}'}}",
     "{'a': null, 'b': '--'}"},
    {"{'InputTransformer':{'InputTemplate':'{@r@: <aws.events.rule-name>, @t@: "
     "@<aws.events.event.ingestion-time>@}'}}",
     "{'r': 'rule', 't': '1970-01-01T00:00:00.001Z'}"},
    {"{'InputTransformer':{'InputTemplate':'<aws.events.event>'}}",
     "{'id':'1','detail-type':'T','resources':['r0','r1']}"},
};

static void transforms(void **state)
{
    struct transform_context context = {S("arn"), S("rule"), 1};
    struct json *event = parse(*state, EVENT);
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct str text = str_replace(*state, str_of(CASES[i].target), S("@"), S("\\'"));
        struct json *target = parse(*state, str_cstr(*state, text));
        struct error error = {0};
        if (transform_check(target, &error) != OK)
            fail_msg("%s: %s", CASES[i].target, error.text);
        struct str actual = transform_input(*state, target, event, &context);
        assert_str(str_replace(*state, actual, S("\""), S("'")), CASES[i].expected);
    }
}

static void refuses(void **state)
{
    static const char *const BROKEN[] = {
        "{'Input':'{}','InputPath':'$'}",
        "{'Input':'not json'}",
        "{'InputPath':'detail'}",
        "{'InputPath':'$.a[x]'}",
        "{'InputTransformer':{'InputPathsMap':{'a':'x'},'InputTemplate':'<a>'}}",
        "{'InputTransformer':{'InputPathsMap':{'AWS.a':'$.x'},'InputTemplate':'1'}}",
        "{'InputTransformer':{'InputTemplate':'<undefined>'}}",
    };
    for (size_t i = 0; i < COUNT_OF(BROKEN); i++)
        if (transform_check(parse(*state, BROKEN[i]), NULL) == OK)
            fail_msg("accepted: %s", BROKEN[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {ARENA_TEST(transforms), ARENA_TEST(refuses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
