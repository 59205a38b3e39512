// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/encode.h"

#include <string.h>

static void all_bytes(char bytes[256])
{
    for (int i = 0; i < 256; i++)
        bytes[i] = (char)i;
}

static void hex(void **state)
{
    struct str out;
    assert_str(hex_encode(*state, S("\x00\xab\xff\x10")), "00abff10");
    assert_int_equal(hex_decode(*state, S("00aBFf"), &out), OK);
    assert_int_equal(out.len, 3);
    assert_memory_equal(out.ptr, "\x00\xab\xff", 3);
    assert_int_equal(hex_decode(*state, S("0"), &out), ERR_SYNTAX);
    assert_int_equal(hex_decode(*state, S("0g"), &out), ERR_SYNTAX);
    assert_int_equal(hex_decode(*state, S("@0"), &out), ERR_SYNTAX);
    assert_int_equal(hex_decode(*state, STR_NONE, &out), OK);
    assert_int_equal(out.len, 0);
}

static void base64_of_rfc_4648(void **state)
{
    static const char *const rows[][3] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str out;
        assert_str(base64_encode(*state, str_of(rows[i][0])), rows[i][1]);
        assert_str(base64url_encode(*state, str_of(rows[i][0])), rows[i][2]);
        assert_int_equal(base64_decode(*state, str_of(rows[i][1]), &out), OK);
        assert_str(out, rows[i][0]);
        assert_int_equal(base64url_decode(*state, str_of(rows[i][2]), &out), OK);
        assert_str(out, rows[i][0]);
    }
    static const char *const refused[] = {
        "Z",      "Zg",   "Zg=",  "Zm9v=",           "=", "====", "Z===", "Zg==Zg==", "Zm9 ",
        "Zm9v\n", "-__-", "Zm=v", "\xff\xff\xff\xff"};
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct str out;
        if (base64_decode(*state, str_of(refused[i]), &out) != ERR_SYNTAX)
            fail_msg("%s", refused[i]);
    }
    struct str out;
    assert_int_equal(base64url_decode(*state, S("Zg=="), &out), ERR_SYNTAX);
    assert_int_equal(base64url_decode(*state, S("+//+"), &out), ERR_SYNTAX);
}

static void every_length_comes_back(void **state)
{
    char bytes[256];
    all_bytes(bytes);
    for (size_t len = 0; len <= 256; len++) {
        struct str in = str_n(bytes + 256 - len, len), out;
        assert_int_equal(base64_decode(*state, base64_encode(*state, in), &out), OK);
        assert_true(str_eq(in, out));
        assert_int_equal(hex_decode(*state, hex_encode(*state, in), &out), OK);
        assert_true(str_eq(in, out));
    }
}

static void uris(void **state)
{
    struct buf buf = buf_in(*state, 1000);
    uri_encode(&buf, S("aZ09-._~ /+*%\u00e9"), false);
    assert_str(buf_str(&buf), "aZ09-._~%20%2F%2B%2A%25%C3%A9");
    buf_clear(&buf);
    uri_encode(&buf, S("/a b/"), true);
    assert_str(buf_str(&buf), "/a%20b/");
    struct str out;
    assert_int_equal(uri_decode(*state, S("%41%2f+%c3%A9"), false, &out), OK);
    assert_str(out, "A/+\u00e9");
    assert_int_equal(uri_decode(*state, S("a+b%2B"), true, &out), OK);
    assert_str(out, "a b+");
    static const char *const refused[] = {"%", "%4", "%4g", "%g4", "a%", "abc%2"};
    for (size_t i = 0; i < COUNT_OF(refused); i++)
        assert_int_equal(uri_decode(*state, str_of(refused[i]), false, &out), ERR_SYNTAX);
    char bytes[256];
    all_bytes(bytes);
    buf_clear(&buf);
    uri_encode(&buf, str_n(bytes, 256), false);
    assert_int_equal(uri_decode(*state, buf_str(&buf), false, &out), OK);
    assert_true(str_eq(out, str_n(bytes, 256)));
}

static void uuids(void **state)
{
    uint8_t random[16];
    memset(random, 0xFF, sizeof random);
    assert_str(uuid_text(*state, random), "ffffffff-ffff-4fff-bfff-ffffffffffff");
    memset(random, 0, sizeof random);
    assert_str(uuid_text(*state, random), "00000000-0000-4000-8000-000000000000");
    assert_true(uuid_is(S("0123ABCD-89ab-4cde-8F01-23456789abcd")));
    assert_false(uuid_is(S("0123ABCD-89ab-4cde-8F01-23456789abc")));
    assert_false(uuid_is(S("0123ABCD-89ab-4cde-8F01-23456789abcg")));
    assert_false(uuid_is(S("0123ABCD089ab-4cde-8F01-23456789abcd")));
    assert_false(uuid_is(STR_NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(hex),
        ARENA_TEST(base64_of_rfc_4648),
        ARENA_TEST(every_length_comes_back),
        ARENA_TEST(uris),
        ARENA_TEST(uuids),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
