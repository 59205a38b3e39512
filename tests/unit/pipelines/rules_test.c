// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "base/json.h"
#include "../pipelines/guidance/functions/rules.h"

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *value;
    assert_int_equal(json_parse(arena, str_of(text), &value, NULL), OK);
    return value;
}

static void applies(struct arena *arena, const char *rules_text, const char *record,
                    const char *expected)
{
    struct error error = {0};
    struct json *rules = parse(arena, rules_text), *out;
    assert_int_equal(rules_check(rules, &error), OK);
    assert_int_equal(rules_apply(rules, arena, parse(arena, record), &out, &error), OK);
    assert_str(json_text(arena, out), expected);
}

static void each_rule_does_what_it_says(void **state)
{
    applies(*state, "{\"keep\":[\"a\",\"s.x\"]}", "{\"a\":1,\"b\":2,\"s\":{\"x\":1,\"y\":2}}",
            "{\"a\":1,\"s\":{\"x\":1}}");
    applies(*state, "{\"drop\":[\"b\",\"s.y\",\"gone\"]}",
            "{\"a\":1,\"b\":2,\"s\":{\"x\":1,\"y\":2}}", "{\"a\":1,\"s\":{\"x\":1}}");
    applies(*state, "{\"default\":{\"c\":\"CH\",\"a\":9}}", "{\"a\":1,\"c\":null}",
            "{\"a\":1,\"c\":\"CH\"}");
    applies(*state,
            "{\"cast\":{\"a\":\"bigint\",\"b\":\"string\",\"c\":\"boolean\",\"d\":\"double\"}}",
            "{\"a\":\"12\",\"b\":1.50,\"c\":\"TRUE\",\"d\":\"2.5\",\"e\":null}",
            "{\"a\":12,\"b\":\"1.50\",\"c\":true,\"d\":2.5,\"e\":null}");
    applies(*state, "{\"hash\":[\"m\"]}", "{\"m\":\"abc\"}",
            "{\"m\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"}");
    applies(*state, "{\"flatten\":[\"n\"],\"rename\":{\"n_x\":\"x\"}}",
            "{\"n\":{\"x\":1,\"y\":2},\"o\":3}", "{\"x\":1,\"n_y\":2,\"o\":3}");
}

static void a_value_that_cannot_be_cast_makes_the_record_bad(void **state)
{
    struct error error = {0};
    struct json *out;
    struct json *rules = parse(*state, "{\"cast\":{\"a\":\"bigint\"}}");
    assert_int_equal(rules_apply(rules, *state, parse(*state, "{\"a\":\"twelve\"}"), &out, &error),
                     ERR_INVALID);
    assert_string_equal(error.text, "a: 'twelve' is no bigint");
    assert_int_equal(rules_apply(rules, *state, parse(*state, "{\"a\":\"x\"}"), &out, &error), ERR_INVALID);
    assert_int_equal(rules_apply(rules, *state, parse(*state, "{\"a\":1.5}"), &out, &error), ERR_INVALID);
}

static void rules_that_are_none_are_named(void **state)
{
    struct error error = {0};
    assert_int_equal(rules_check(parse(*state, "{\"kepp\":[]}"), &error), ERR_INVALID);
    assert_string_equal(error.text, "there is no rule \"kepp\"");
    assert_int_equal(rules_check(parse(*state, "{\"keep\":{}}"), &error), ERR_INVALID);
    assert_int_equal(rules_check(parse(*state, "{\"cast\":{\"a\":\"float\"}}"), &error),
                     ERR_INVALID);
    assert_int_equal(rules_check(parse(*state, "[]"), &error), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(each_rule_does_what_it_says),
        ARENA_TEST(a_value_that_cannot_be_cast_makes_the_record_bad),
        ARENA_TEST(rules_that_are_none_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
