// SPDX-License-Identifier: Apache-2.0
#include "../../fixture.h"

#include "services/logs/pattern.h"

#include <string.h>

struct row {
    const char *pattern, *message;
    bool matches;
};

static void check(const struct row *rows, size_t count)
{
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < count; i++) {
        struct log_pattern *pattern;
        struct error error = {0};
        if (log_pattern_parse(&arena, str_of(rows[i].pattern), &pattern, &error) != OK)
            fail_msg("%s: %s", rows[i].pattern, error.text);
        if (log_pattern_matches(pattern, &arena, str_of(rows[i].message)) != rows[i].matches)
            fail_msg("%s on %s: not %s", rows[i].pattern, rows[i].message,
                     rows[i].matches ? "found" : "left out");
    }
    arena_deinit(&arena);
}

static void terms(void **state)
{
    static const struct row ROWS[] = {
        {"", "anything", true},
        {"  ", "", true},
        {"ERROR", "an ERROR here", true},
        {"ERROR", "an error here", false},
        {"a b", "b and a", true},
        {"a b", "only b", false},
        {"\"b a\"", "b a", true},
        {"\"b a\"", "a b", false},
        {"\"say \\\"x\\\"\"", "they say \"x\"", true},
        {"?a ?b", "b", true},
        {"?a ?b", "c", false},
        {"?a ?b c", "a", false},
        {"?a ?b c", "a c", true},
        {"-a", "b", true},
        {"x -a", "x a", false},
        {"-", "a-b", true},
    };
    (void)state;
    check(ROWS, sizeof ROWS / sizeof *ROWS);
}

static void json_tests(void **state)
{
    static const struct row ROWS[] = {
        {"{ $.a = 1 }", "{\"a\": 1}", true},
        {"{ $.a = 1 }", "{\"a\": 1.0}", true},
        {"{ $.a = 1 }", "{\"a\": \"1\"}", true},
        {"{ $.a = 1 }", "{\"a\": 2}", false},
        {"{ $.a = 1 }", "a = 1", false},
        {"{ $.a = 1 }", "[1]", false},
        {"{$.a=1}", " {\"a\":1}\n", true},
        {"{ $.a = x* }", "{\"a\": \"xyz\"}", true},
        {"{ $.a = \"x y\" }", "{\"a\": \"x y\"}", true},
        {"{ $.a != 1 }", "{\"a\": 2}", true},
        {"{ $.a != 1 }", "{\"b\": 2}", false},
        {"{ $.a < 1.5 }", "{\"a\": 1}", true},
        {"{ $.a <= 1 }", "{\"a\": 1}", true},
        {"{ $.a > 1 }", "{\"a\": \"9\"}", false},
        {"{ $.a.b[1].c = z }", "{\"a\": {\"b\": [0, {\"c\": \"z\"}]}}", true},
        {"{ $.a.b[1].c = z }", "{\"a\": {\"b\": [0]}}", false},
        {"{ $[\"a b\"] = 1 }", "{\"a b\": 1}", true},
        {"{ $.a IS NULL }", "{\"a\": null}", true},
        {"{ $.a IS NULL }", "{}", false},
        {"{ $.a NOT EXISTS }", "{}", true},
        {"{ $.a IS TRUE }", "{\"a\": true}", true},
        {"{ $.a IS FALSE }", "{\"a\": true}", false},
        {"{ $.a = 1 && $.b = 2 }", "{\"a\": 1, \"b\": 2}", true},
        {"{ $.a = 1 && $.b = 2 }", "{\"a\": 1, \"b\": 3}", false},
        {"{ $.a = 1 || $.b = 2 && $.c = 3 }", "{\"a\": 1}", true},
        {"{ ($.a = 1 || $.b = 2) && $.c = 3 }", "{\"a\": 1}", false},
    };
    (void)state;
    check(ROWS, sizeof ROWS / sizeof *ROWS);
}

static void refusals(void **state)
{
    static const struct {
        const char *pattern;
        enum err err;
    } ROWS[] = {
        {"{ $.a", ERR_SYNTAX},
        {"{ $.a = }", ERR_SYNTAX},
        {"{ a = 1 }", ERR_SYNTAX},
        {"{ $.a = 1 } x", ERR_SYNTAX},
        {"{ ($.a = 1 }", ERR_SYNTAX},
        {"{ $.a[x] = 1 }", ERR_SYNTAX},
        {"{ $ = 1 }", ERR_SYNTAX},
        {"{ $.a IS MAYBE }", ERR_SYNTAX},
        {"\"open", ERR_SYNTAX},
        {"[ip, user]", ERR_UNSUPPORTED},
        {"{ $.a = %x% }", ERR_UNSUPPORTED},
    };
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++) {
        struct log_pattern *pattern;
        struct error error = {0};
        enum err err = log_pattern_parse(&arena, str_of(ROWS[i].pattern), &pattern, &error);
        if (err != ROWS[i].err)
            fail_msg("%s: %s (%s)", ROWS[i].pattern, err_name(err), error.text);
    }
    char deep[200] = "{";
    memset(deep + 1, '(', 100);
    struct log_pattern *pattern;
    struct error error = {0};
    assert_int_equal(log_pattern_parse(&arena, str_of(deep), &pattern, &error), ERR_LIMIT);
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms),
        cmocka_unit_test(json_tests),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
