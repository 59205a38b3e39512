// SPDX-License-Identifier: Apache-2.0
// Every variant against base's validator, with each sequence at each place of the blocks.
#include "fixture.h"
#include "variant_probe.h"

#include <string.h>

static void check(const char *text, size_t len)
{
    char *copy = padded_copy(text, len);
    struct str whole = str_n(copy, len);
    bool expected = str_is_utf8(whole);
    for (const struct variant *const *variant = variants(); *variant; variant++)
        if ((*variant)->utf8_valid(whole) != expected)
            fail_msg("%s: %zu bytes from %02x are %s", (*variant)->name, len,
                     len ? (unsigned char)*text : 0, expected ? "valid" : "invalid");
    free(copy);
}

static void known_answers(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        char *good = padded_copy("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80", 15);
        assert_true((*variant)->utf8_valid(str_n(good, 15)));
        assert_false((*variant)->utf8_valid(str_n(good, 14)));
        assert_true((*variant)->utf8_valid(str_n(good, 0)));
        free(good);
    }
}

// All first bytes with the second, third and fourth bytes at the ranges' edges.
static void sequences_of_edges(void **state)
{
    (void)state;
    static const unsigned char edges[] = {0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0,
                                          0xbf, 0xc0, 0xc2, 0xe0, 0xf0, 0xff};
    enum { COUNT = sizeof edges };
    for (unsigned first = 0; first < 256; first++)
        for (unsigned i = 0; i < COUNT * COUNT * COUNT; i++) {
            char text[4] = {(char)first, (char)edges[i % COUNT], (char)edges[i / COUNT % COUNT],
                            (char)edges[i / COUNT / COUNT]};
            check(text, sizeof text);
        }
}

static void at_every_place(void **state)
{
    (void)state;
    static const char *const sequences[] = {"\xc2\x80",
                                            "\xdf\xbf",
                                            "\xe0\xa0\x80",
                                            "\xef\xbf\xbf",
                                            "\xf0\x90\x80\x80",
                                            "\xf4\x8f\xbf\xbf",
                                            "\xc2",
                                            "\xe0\xa0",
                                            "\xf0\x90\x80",
                                            "\x80",
                                            "\xc0\x80",
                                            "\xc1\xbf",
                                            "\xe0\x9f\xbf",
                                            "\xed\xa0\x80",
                                            "\xf0\x8f\xbf\xbf",
                                            "\xf4\x90\x80\x80",
                                            "\xf5\x80\x80\x80",
                                            "\xff",
                                            "\xc2\x80\x80",
                                            "\xe0\xa0\x80\x80"};
    static const size_t lengths[] = {0, 1, 3, 63, 300, 600};
    for (size_t s = 0; s < COUNT_OF(sequences); s++)
        for (size_t before = 0; before < 330; before++)
            for (size_t after = 0; after < COUNT_OF(lengths); after++) {
                char text[1024];
                size_t len = strlen(sequences[s]);
                memset(text, 'a', sizeof text);
                memcpy(text + before, sequences[s], len);
                check(text, before + len + lengths[after]);
            }
}

static size_t put_character(char *p, uint64_t random)
{
    uint32_t limits[] = {0x80, 0x800, 0x10000, 0x110000};
    uint32_t code = (uint32_t)(random >> 8) % limits[random % 4];
    if (code >= 0xd800 && code < 0xe000)
        code = 0xe000;
    size_t len = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char leads[] = {0, 0, 0xc0, 0xe0, 0xf0};
    for (size_t i = len; i-- > 1; code >>= 6)
        p[i] = (char)(0x80 | (code & 0x3f));
    p[0] = (char)(leads[len] | code);
    return len;
}

// Valid text, then one byte of it changed.
static void damaged_text(void **state)
{
    (void)state;
    uint64_t random = 5;
    for (unsigned round = 0; round < 4000; round++) {
        char text[1100];
        size_t len = 0, wanted = random_next(&random) % 1024;
        while (len < wanted)
            len += put_character(text + len, round % 2 ? random_next(&random)
                                                       : random_next(&random) & ~UINT64_C(3));
        check(text, len);
        if (len == 0)
            continue;
        assert_true(str_is_utf8(str_n(text, len)));
        text[random_next(&random) % len] ^= (char)(1 << random_next(&random) % 8);
        check(text, len);
        check(text, len - 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers), cmocka_unit_test(sequences_of_edges),
        cmocka_unit_test(at_every_place), cmocka_unit_test(damaged_text)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
