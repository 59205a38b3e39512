// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/pattern.h"

#include <string.h>

struct row {
    const char *pattern, *text;
    bool match;
};

static void check(const struct row *rows, size_t count, bool (*match)(struct str, struct str))
{
    for (size_t i = 0; i < count; i++)
        if (match(str_of(rows[i].pattern), str_of(rows[i].text)) != rows[i].match)
            fail_msg("%s against %s", rows[i].pattern, rows[i].text);
}

static void wildcards(void **state)
{
    static const struct row rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "anything/at:all", true},
        {"a", "a", true},
        {"a", "A", false},
        {"a", "ab", false},
        {"ab", "a", false},
        {"?", "a", true},
        {"?", "", false},
        {"?", "\u00e9", true},
        {"??", "\u00e9", false},
        {"*?", "\u00e9", true},
        {"*??", "\u00e9", false},
        {"s3:Get*", "s3:GetObject", true},
        {"s3:Get*", "s3:PutObject", false},
        {"arn:aws:s3:::b/*/x?.json", "arn:aws:s3:::b/a/b/x1.json", true},
        {"*a*b*c", "xaxbxbxc", true},
        {"*a*b*c", "xaxcxb", false},
        {"a**b", "ab", true},
        {"*.json", ".json.json", true},
        {"a\\*", "a\\b", true},
        {"[a]", "[a]", true},
    };
    check(rows, COUNT_OF(rows), wildcard_match);
    (void)state;
}

static void wildcards_with_escapes(void **state)
{
    static const struct row rows[] = {
        {"a?", "a?", true},
        {"a?", "ab", false},
        {"*\\**", "x*y", true},
        {"*\\**", "xy", false},
        {"a\\\\b", "a\\b", true},
        {"dir/*.png", "dir/x.png", true},
        {"dir/*.png", "dir/x.jpg", false},
    };
    check(rows, COUNT_OF(rows), wildcard_match_star);
    (void)state;
}

// The rows with "departments" and "Sales" are the examples of Glue's guide.
static void globs(void **state)
{
    static const struct row rows[] = {
        {"*.csv", "x.csv", true},
        {"*.csv", ".csv", true},
        {"*.csv", "dir/x.csv", false},
        {"*.*", "a.b", true},
        {"*.*", "ab", false},
        {"*.{csv,avro}", "x.csv", true},
        {"*.{csv,avro}", "x.avro", true},
        {"*.{csv,avro}", "x.json", false},
        {"foo.?", "foo.x", true},
        {"foo.?", "foo.xy", false},
        {"foo.?", "foo.\u00e9", true},
        {"foo?x", "foo/x", false},
        {"myfolder/*", "myfolder/mytable", true},
        {"myfolder/*", "myfolder/a/b", false},
        {"myfolder/*/*", "myfolder/a/b", true},
        {"myfolder/**", "myfolder/a/b", true},
        {"myfolder/**", "myfolder/", true},
        {"myfolder**", "myfolder2/x", true},
        {"**", "", true},
        {"**/x", "a/b/x", true},
        {"departments/market*", "departments/marketing.csv", true},
        {"departments/{finance.json,market-us.json}", "departments/market-us.json", true},
        {"departments/{finance.json,market-us.json}", "departments/market-eu.json", false},
        {"Sales/{,a}{,b}.csv", "Sales/.csv", true},
        {"Sales/{,a}{,b}.csv", "Sales/ab.csv", true},
        {"Sales/{,a}{,b}.csv", "Sales/ba.csv", false},
        {"{a*,b}c", "axxc", true},
        {"{a*,b}c", "bc", true},
        {"{a*,b}c", "bxc", false},
        {"[abc]x", "bx", true},
        {"[abc]x", "dx", false},
        {"[a-c]x", "cx", true},
        {"[!a-c]x", "cx", false},
        {"[!a-c]x", "dx", true},
        {"[!a]x", "/x", false},
        {"[*?\\]x", "\\x", true},
        {"[-a]", "-", true},
        {"[!-a]", "-", false},
        {"\\{", "{", true},
        {"\\*", "x", false},
        {"\\*", "*", true},
        {"a,b}", "a,b}", true},
        {"\u00e9*", "\u00e9\u00e8", true},
        {"{a", "a", false},
        {"[a", "a", false},
        {"a\\", "a\\", false},
        {"{a,{b}}", "a", false},
    };
    check(rows, COUNT_OF(rows), glob_match);
    assert_true(glob_is_valid(S("a/**/{b,c}[!d]?")));
    assert_false(glob_is_valid(S("{a")));
    (void)state;
}

static void hostile_patterns_stay_quick(void **state)
{
    // With backtracking these take longer than anybody waits.
    static char pattern[GLOB_BYTES_MAX + 1], text[20001];
    memset(text, 'a', sizeof text - 1);
    for (size_t i = 0; i + 2 < 600; i += 2)
        memcpy(pattern + i, "*a", 2);
    strcat(pattern, "*b");
    assert_false(wildcard_match(str_of(pattern), str_of(text)));
    assert_false(glob_match(str_of(pattern), str_slice(str_of(text), 0, 2000)));
    pattern[0] = '\0';
    for (int i = 0; i < 150; i++)
        strcat(pattern, "{a,aa}");
    assert_true(glob_match(str_of(pattern), str_slice(str_of(text), 0, 299)));
    assert_false(glob_match(str_of(pattern), str_slice(str_of(text), 0, 301)));
    static char too_long[GLOB_BYTES_MAX + 1];
    memset(too_long, 'a', sizeof too_long);
    assert_true(glob_is_valid(str_n(too_long, GLOB_BYTES_MAX)));
    assert_false(glob_is_valid(str_n(too_long, GLOB_BYTES_MAX + 1)));
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wildcards),
        cmocka_unit_test(wildcards_with_escapes),
        cmocka_unit_test(globs),
        cmocka_unit_test(hostile_patterns_stay_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
