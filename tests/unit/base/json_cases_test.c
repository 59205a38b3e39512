// SPDX-License-Identifier: Apache-2.0
// What the JSON parser takes and what it refuses, case by case, after the manner of the public JSON
// test suites. Where RFC 8259 leaves a choice, Tarn's is in the tables: duplicate names, lone
// surrogates and broken UTF-8 are refused, numbers have no limit. A refusal states the byte at
// which it must be reported.
#include "fixture.h"
#include "base/json.h"

#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *text;
    size_t len;
    const char *compact; // as written back; NULL when the same
} accepted[] = {
    // words and numbers
    {TEXT("null"), NULL},
    {TEXT(" true "), "true"},
    {TEXT("\t\r\n false"), "false"},
    {TEXT("0"), NULL},
    {TEXT("-0"), NULL},
    {TEXT("-1"), NULL},
    {TEXT("10"), NULL},
    {TEXT("0.5"), NULL},
    {TEXT("-0.0"), NULL},
    {TEXT("1e5"), NULL},
    {TEXT("1E+5"), NULL},
    {TEXT("0e-00"), NULL},
    {TEXT("1.5e-10"), NULL},
    {TEXT("1e99999"), NULL},
    {TEXT("-12345678901234567890123456789012345678901234567890"), NULL},
    {TEXT("0.00000000000000000000000000000000000000000000000000000000000000000001"), NULL},
    // strings
    {TEXT("\"\""), NULL},
    {TEXT("\"a\""), NULL},
    {TEXT("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
    {TEXT("\"\\u0041\\u00e9\\u20AC\""), "\"A\u00e9\u20ac\""},
    {TEXT("\"\\uD834\\uDd1e\""), "\"\U0001D11E\""},
    {TEXT("\"\\uDBFF\\uDFFF\""), "\"\xF4\x8F\xBF\xBF\""},
    {TEXT("\"\\u0000\""), NULL},
    {TEXT("\"\\uFFFF\""), "\"\xEF\xBF\xBF\""},
    {TEXT("\"\u00e9\u20ac\U0001D11E\""), NULL},
    {TEXT("\"\x7f\""), NULL},
    {TEXT("\"\u2028\u2029\""), NULL},
    {TEXT("\"/* not a comment */\""), NULL},
    {TEXT("\"0123456789abcdef0123456789abcdef\\n0123456789abcdef\""), NULL},
    {TEXT("\"0123456789abcde\u00e90123456789abcdef\""), NULL},
    {TEXT("\"\\\\\\\\\""), NULL},
    {TEXT("\"new\\u000aline\""), "\"new\\nline\""},
    // arrays
    {TEXT("[]"), NULL},
    {TEXT("[ ]"), "[]"},
    {TEXT("[[]]"), NULL},
    {TEXT("[1,\t2 , 3]\n"), "[1,2,3]"},
    {TEXT("[null,true,\"\",{},[]]"), NULL},
    // objects
    {TEXT("{}"), NULL},
    {TEXT("{ \"a\" : 1 }"), "{\"a\":1}"},
    {TEXT("{\"\":0}"), NULL},
    {TEXT("{\"a\":{\"a\":{\"a\":1}}}"), NULL},
    {TEXT("{\"a\":1,\"A\":2,\"a \":3}"), NULL},
    {TEXT("{\"\\u0061b\":[]}"), "{\"ab\":[]}"},
    {TEXT("{\"a\\u0000b\":1,\"a\\u0000c\":2}"), NULL},
};

static const struct {
    const char *text;
    size_t len, offset;
} refused[] = {
    // nothing, and more than one thing
    {TEXT(""), 0},
    {TEXT(" "), 1},
    {TEXT("\n\t"), 2},
    {TEXT("1 2"), 2},
    {TEXT("{}x"), 2},
    {TEXT("[]]"), 2},
    {TEXT("\"a\" \"b\""), 4},
    {TEXT("\xEF\xBB\xBF{}"), 0},
    {TEXT("null\0"), 4},
    {TEXT("\f1"), 0},
    {TEXT("\xC2\xA0"
          "1"),
     0},
    // words
    {TEXT("nul"), 0},
    {TEXT("nulL"), 0},
    {TEXT("True"), 0},
    {TEXT("tru"), 0},
    {TEXT("truex"), 4},
    {TEXT("undefined"), 0},
    {TEXT("NaN"), 0},
    {TEXT("Infinity"), 0},
    {TEXT("-Infinity"), 1},
    {TEXT("'a'"), 0},
    {TEXT("a"), 0},
    {TEXT("\\u0061"), 0},
    {TEXT("\xFF"), 0},
    // numbers
    {TEXT("-"), 1},
    {TEXT("+1"), 0},
    {TEXT("01"), 0},
    {TEXT("-01"), 1},
    {TEXT("00"), 0},
    {TEXT(".5"), 0},
    {TEXT("-.5"), 1},
    {TEXT("1."), 2},
    {TEXT("1.e5"), 2},
    {TEXT("1e"), 2},
    {TEXT("1e+"), 3},
    {TEXT("1e5.5"), 3},
    {TEXT("1.2.3"), 3},
    {TEXT("1ee2"), 2},
    {TEXT("0x10"), 1},
    {TEXT("1_000"), 1},
    {TEXT("1a"), 1},
    {TEXT("--1"), 1},
    {TEXT("- 1"), 1},
    {TEXT("\xEF\xBC\x91"), 0}, // a full-width digit
    // strings
    {TEXT("\""), 1},
    {TEXT("\"a"), 2},
    {TEXT("\"\\"), 2},
    {TEXT("\"\\\""), 3},
    {TEXT("\"\\x\""), 1},
    {TEXT("\"\\a\""), 1},
    {TEXT("\"\\'\""), 1},
    {TEXT("\"\\U0041\""), 1},
    {TEXT("\"\\u\""), 1},
    {TEXT("\"\\u004\""), 1},
    {TEXT("\"\\u00g0\""), 1},
    {TEXT("\"\\u 041\""), 1},
    {TEXT("\"a\\u12"), 2},
    {TEXT("\"\\uD800\""), 1},
    {TEXT("\"\\uDC00\""), 1},
    {TEXT("\"\\uD800x\""), 1},
    {TEXT("\"\\uD800\\n\""), 1},
    {TEXT("\"\\uD800\\uD800\""), 1},
    {TEXT("\"\\uD800\\u0041\""), 1},
    {TEXT("\"\\uDC00\\uD800\""), 1},
    {TEXT("\"\\uD834\\uDd\""), 1},
    {TEXT("\"a\nb\""), 2},
    {TEXT("\"a\tb\""), 2},
    {TEXT("\"a\0b\""), 2},
    {TEXT("\"\x1f\""), 1},
    {TEXT("\"\\n\x01\""), 3},
    {TEXT("\"0123456789abcdef0123\n\""), 21},
    {TEXT("\"\xFF\""), 1},
    {TEXT("\"ab\xC3\""), 3},
    {TEXT("\"\xC0\xAF\""), 1},
    {TEXT("\"\xED\xA0\x80\""), 1},
    {TEXT("\"\xF4\x90\x80\x80\""), 1},
    {TEXT("\"\xE2\x82\""), 1},
    {TEXT("\"\\n\x80\""), 3},
    {TEXT("\"0123456789abcdef\x80"
          "0123456789abcdef\""),
     17},
    {TEXT("\"\xC3\\u00a9\""), 1},
    // arrays
    {TEXT("["), 1},
    {TEXT("]"), 0},
    {TEXT("[1"), 2},
    {TEXT("[1,"), 3},
    {TEXT("[1,]"), 3},
    {TEXT("[,1]"), 1},
    {TEXT("[1,,2]"), 3},
    {TEXT("[1 2]"), 3},
    {TEXT("[1}"), 2},
    {TEXT("[1:2]"), 2},
    {TEXT("[1;2]"), 2},
    {TEXT("[1,\n1\n,1"), 8},
    {TEXT("[*]"), 1},
    {TEXT("[1]//"), 3},
    {TEXT("[/**/1]"), 1},
    {TEXT("[#]"), 1},
    // objects
    {TEXT("{"), 1},
    {TEXT("}"), 0},
    {TEXT("{\"a\""), 4},
    {TEXT("{\"a\":"), 5},
    {TEXT("{\"a\":1"), 6},
    {TEXT("{\"a\":1,"), 7},
    {TEXT("{\"a\":1,}"), 7},
    {TEXT("{,}"), 1},
    {TEXT("{\"a\" 1}"), 5},
    {TEXT("{\"a\",1}"), 4},
    {TEXT("{\"a\"}"), 4},
    {TEXT("{\"a\"::1}"), 5},
    {TEXT("{\"a\":1 \"b\":2}"), 7},
    {TEXT("{\"a\":1;\"b\":2}"), 6},
    {TEXT("{a:1}"), 1},
    {TEXT("{'a':1}"), 1},
    {TEXT("{1:1}"), 1},
    {TEXT("{null:1}"), 1},
    {TEXT("{[]:1}"), 1},
    {TEXT("{\"a\":1]"), 6},
    {TEXT("{\"a\":}"), 5},
    {TEXT("{\"a\":a}"), 5},
    {TEXT("{:1}"), 1},
    {TEXT("{\"a\":1,\"a\":1}"), 7},
    {TEXT("{\"a\":1,\"b\":2,\"a\":3}"), 13},
    {TEXT("{\"x\":{\"\":1,\"\":2}}"), 11},
    {TEXT("{\"a\":1,\"\\u0061\":1}"), 17}, // a name with escapes is reported at the object's end
};

static void what_is_accepted(void **state)
{
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct json *value;
        struct error error = {0};
        struct str text = str_n(accepted[i].text, accepted[i].len);
        if (json_parse(*state, text, &value, &error) != OK)
            fail_msg("%s: %s", accepted[i].text, error.text);
        assert_str(json_text(*state, value),
                   accepted[i].compact ? accepted[i].compact : accepted[i].text);
    }
}

// Each text is parsed from a block of exactly its size, so that a sanitizer sees a read past its
// end.
static void what_is_refused(void **state)
{
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        char *block = malloc(refused[i].len + !refused[i].len);
        assert_non_null(block);
        memcpy(block, refused[i].text, refused[i].len);
        struct json *value = NULL;
        struct error error = {0};
        enum err err = json_parse(*state, str_n(block, refused[i].len), &value, &error);
        free(block);
        if (err != ERR_SYNTAX || value)
            fail_msg("%s was accepted", refused[i].text);
        if (error.kind != ERR_SYNTAX || error.offset != refused[i].offset)
            fail_msg("%s: %s", refused[i].text, error.text);
    }
}

// Any prefix of a text is refused, and at its end at the latest.
static void prefixes_are_refused(void **state)
{
    static const char text[] =
        "{\"a\\u00e9\":[1.5e-3,true,null,{\"\\ud83d\\ude00\":\"\u00e9\"}],\"b\":\"\\n\"}";
    for (size_t len = 0; len < sizeof text - 1; len++) {
        char *block = malloc(len + !len);
        assert_non_null(block);
        memcpy(block, text, len);
        struct json *value;
        struct error error = {0};
        assert_int_equal(json_parse(*state, str_n(block, len), &value, &error), ERR_SYNTAX);
        assert_true(error.offset <= len);
        free(block);
    }
    struct json *value;
    assert_int_equal(json_parse(*state, str_of(text), &value, NULL), OK);
}

static void depth_is_limited(void **state)
{
    for (int object = 0; object < 2; object++) {
        for (size_t depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 1; depth++) {
            struct buf buf = buf_in(*state, BUF_MAX_DEFAULT);
            for (size_t i = 0; i < depth; i++)
                buf_puts(&buf, object ? "{\"a\":" : "[");
            buf_puts(&buf, "1");
            for (size_t i = 0; i < depth; i++)
                buf_puts(&buf, object ? "}" : "]");
            struct json *value;
            struct error error = {0};
            enum err err = json_parse(*state, buf_str(&buf), &value, &error);
            assert_int_equal(err, depth > JSON_DEPTH_MAX ? ERR_SYNTAX : OK);
        }
    }
    struct buf buf = buf_in(*state, BUF_MAX_DEFAULT);
    for (int i = 0; i < 1000000; i++)
        buf_put_char(&buf, '[');
    struct json *value;
    assert_int_equal(json_parse(*state, buf_str(&buf), &value, NULL), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(what_is_accepted),
        ARENA_TEST(what_is_refused),
        ARENA_TEST(prefixes_are_refused),
        ARENA_TEST(depth_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
