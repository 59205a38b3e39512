// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/str.h"

#include <string.h>

static void comparing(void **state)
{
    assert_true(str_eq(STR_NONE, S("")));
    assert_true(str_is(S("ab"), "ab"));
    assert_false(str_is(S("ab"), "abc"));
    assert_true(str_is(STR_NONE, NULL));
    assert_true(str_eq_nocase(S("Content-TYPE"), S("content-type")));
    assert_false(str_eq_nocase(S("a"), S("ab")));
    assert_false(str_eq_nocase(S("[\u00c9"), S("{\u00e9")));
    assert_true(str_cmp(S("a"), S("ab")) < 0);
    assert_true(str_cmp(S("b"), S("ab")) > 0);
    assert_true(str_cmp(S("\xff"), S("a")) > 0); // bytes are unsigned
    assert_int_equal(str_cmp(STR_NONE, S("")), 0);
    (void)state;
}

static void searching(void **state)
{
    assert_true(str_starts(S("abc"), S("ab")));
    assert_true(str_starts(S("abc"), STR_NONE));
    assert_false(str_starts(S("a"), S("ab")));
    assert_true(str_ends(S("abc"), S("bc")));
    assert_false(str_ends(S("c"), S("bc")));
    assert_int_equal(str_find(S("abcabc"), S("ca")), 2);
    assert_int_equal(str_find(S("abc"), S("")), 0);
    assert_true(str_find(S("abc"), S("abcd")) == STR_NPOS);
    assert_true(str_find(STR_NONE, S("x")) == STR_NPOS);
    assert_int_equal(str_find_char(S("a/b/c"), '/'), 1);
    assert_int_equal(str_rfind_char(S("a/b/c"), '/'), 3);
    assert_true(str_rfind_char(STR_NONE, '/') == STR_NPOS);
    assert_true(str_contains(S("haystack"), S("st")));
    (void)state;
}

static void slicing(void **state)
{
    assert_str(str_slice(S("abcdef"), 1, 3), "bc");
    assert_str(str_slice(S("abc"), 1, 99), "bc");
    assert_str(str_slice(S("abc"), 5, 2), "");
    assert_str(str_from(S("abc"), 3), "");
    assert_str(str_from(S("abc"), 99), "");
    assert_non_null(str_from(S("abc"), 99).ptr);
    assert_str(str_trim(S(" \t\r\na b\v\f ")), "a b");
    assert_str(str_trim(S("  ")), "");
    (void)state;
}

static void cutting(void **state)
{
    static const struct {
        const char *text;
        const char *parts[4];
    } rows[] = {
        {"a//b", {"a", "", "b"}}, {"", {""}}, {"/", {"", ""}}, {"abc", {"abc"}}, {"a/", {"a", ""}},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t n = 0;
        for (struct str part, rest = str_of(rows[i].text); str_cut(&rest, '/', &part);)
            assert_str(part, rows[i].parts[n++]);
        assert_null(rows[i].parts[n]);
    }
    struct str none = STR_NONE, part;
    assert_false(str_cut(&none, '/', &part));
    (void)state;
}

static void making(void **state)
{
    struct arena *arena = *state;
    assert_null(str_dup(arena, STR_NONE).ptr);
    assert_non_null(str_dup(arena, S("")).ptr);
    assert_string_equal(str_cstr(arena, str_n("abc", 2)), "ab");
    assert_string_equal(str_cstr(arena, STR_NONE), "");
    assert_str(str_lower(arena, S("AbZ[\u00c9")), "abz[\u00c9");
    assert_str(str_upper(arena, S("aBz{\u00e9")), "ABZ{\u00e9");
    assert_str(str_format(arena, "%s-%04d", "x", 7), "x-0007");
    struct str wide = str_format(arena, "%1000d", 5);
    assert_int_equal(wide.len, 1000);
    assert_int_equal(wide.ptr[999], '5');
    assert_str(str_replace(arena, S("a.b.c"), S("."), S("::")), "a::b::c");
    assert_str(str_replace(arena, S("aaa"), S("aa"), S("")), "a");
    assert_str(str_replace(arena, S("abc"), S("x"), S("y")), "abc");
    assert_str(str_replace(arena, S("abc"), S(""), S("y")), "abc");
    assert_str(str_replace(arena, S(".."), S("."), STR_NONE), "");
}

static void integers(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        int64_t value;
    } rows[] = {
        {"0", true, 0},
        {"-0", true, 0},
        {"007", true, 7},
        {"9223372036854775807", true, INT64_MAX},
        {"-9223372036854775808", true, INT64_MIN},
        {"9223372036854775808", false, 0},
        {"-9223372036854775809", false, 0},
        {"99999999999999999999", false, 0},
        {"", false, 0},
        {"-", false, 0},
        {"+1", false, 0},
        {" 1", false, 0},
        {"1 ", false, 0},
        {"1.0", false, 0},
        {"0x1", false, 0},
        {"--1", false, 0},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        int64_t value = 42;
        if (str_to_i64(str_of(rows[i].text), &value) != rows[i].valid ||
            value != (rows[i].valid ? rows[i].value : 42))
            fail_msg("%s", rows[i].text);
    }
    uint64_t value = 42;
    assert_true(str_to_u64(S("18446744073709551615"), &value) && value == UINT64_MAX);
    assert_false(str_to_u64(S("18446744073709551616"), &value));
    assert_false(str_to_u64(S("-1"), &value));
    (void)state;
}

static void doubles(void **state)
{
    static const char *const texts[] = {
        "0",
        "-0",
        "1",
        "0.1",
        "123456789012345",
        "1234567890123456",
        "0.000000000000001",
        "1.7976931348623157e308",
        "5e-324",
        "9007199254740993",
        "0.30000000000000004",
        "1e23",
        "8.5e-1",
        "-12.75",
        "123456789.123456",
        "1e400",
        "1e-400",
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        double value;
        assert_true(str_to_double(str_of(texts[i]), &value));
        assert_true(value == strtod(texts[i], NULL));
    }
    static const char *const refused[] = {"",   "-",   ".5",  "5.",  "1e", "01",
                                          "+1", "nan", "inf", "0x1", "1 "};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        double value = 42;
        assert_false(str_to_double(str_of(refused[i]), &value));
        assert_true(value == 42);
    }
    char many_digits[300] = "0.";
    memset(many_digits + 2, '3', sizeof many_digits - 3);
    double value;
    assert_true(str_to_double(str_of(many_digits), &value) && value == 1.0 / 3);
    (void)state;
}

static void utf8(void **state)
{
    static const struct {
        const char *text;
        size_t valid;
    } rows[] = {
        {"", 0},
        {"plain ASCII, long enough for the fast way", 41},
        {"\u00e9\u20ac\U0001F600", 9},
        {"\xF4\x8F\xBF\xBF", 4},
        {"ab\xC0\x80", 2},         // overlong
        {"ab\xC1\xBF", 2},         // overlong
        {"ab\xE0\x9F\xBF", 2},     // overlong
        {"ab\xF0\x8F\xBF\xBF", 2}, // overlong
        {"ab\xED\xA0\x80", 2},     // surrogate
        {"ab\xF4\x90\x80\x80", 2}, // above U+10FFFF
        {"ab\xF5\x80\x80\x80", 2},
        {"ab\x80", 2},
        {"ab\xC3", 2},
        {"ab\xE2\x82", 2},
        {"ab\xF0\x9F\x98", 2},
        {"ab\xC3\x41", 2},
        {"ab\xE2\x82\x41", 2},
        {"12345678\xFF", 8},
        {"1234567\xC3\xA9\xFF", 9},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(str_utf8_prefix(str_of(rows[i].text)), rows[i].valid);
        assert_int_equal(str_is_utf8(str_of(rows[i].text)), strlen(rows[i].text) == rows[i].valid);
    }
    assert_true(str_is_utf8(STR_NONE));
    (void)state;
}

static void hashes_spread(void **state)
{
    enum { SLOTS = 4096 };
    static int used[SLOTS];
    int collisions = 0;
    for (int i = 0; i < SLOTS / 4; i++) {
        struct str name = str_format(*state, "member_%d", i);
        collisions += used[str_hash(name) % SLOTS]++ > 0;
    }
    assert_in_range(collisions, 0, SLOTS / 4 / 5); // chance gives about an eighth
    assert_true(str_hash(S("a")) != str_hash(S("a\0")));
    assert_true(str_hash(STR_NONE) == str_hash(S("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comparing), cmocka_unit_test(searching), cmocka_unit_test(slicing),
        cmocka_unit_test(cutting),   ARENA_TEST(making),          cmocka_unit_test(integers),
        cmocka_unit_test(doubles),   cmocka_unit_test(utf8),      ARENA_TEST(hashes_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
