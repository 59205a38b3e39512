// SPDX-License-Identifier: Apache-2.0
// Every variant against a scanner that goes byte by byte, on text in pieces of all sizes.
#include "fixture.h"
#include "variant_probe.h"

#include <stdio.h>
#include <string.h>

// The reference: feeds until the first find (`last` false) or to the end.
static size_t scan(struct boundary *state, struct str text, int64_t depth, bool last)
{
    size_t found = SIZE_MAX;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool escaped = state->escaped;
        state->escaped = false;
        if (c == '\\')
            state->escaped = !escaped;
        else if (c == '"' && !escaped)
            state->in_string = !state->in_string;
        else if (!state->in_string && (c == '{' || c == '['))
            state->depth++;
        else if (!state->in_string && (c == '}' || c == ']') && --state->depth == depth) {
            found = i + 1;
            if (!last)
                return found;
        }
    }
    return found;
}

static void assert_same_state(struct boundary a, struct boundary b)
{
    assert_int_equal(a.in_string, b.in_string);
    assert_int_equal(a.escaped, b.escaped);
    assert_int_equal(a.depth, b.depth);
}

static void check(const struct variant *variant, struct boundary start, const char *text,
                  size_t len, int64_t depth)
{
    char *copy = padded_copy(text, len);
    memset(copy + len, '}', SIMD_PADDING); // must not count
    struct str piece = str_n(copy, len);
    struct boundary expected = start, actual = start;
    size_t offset = scan(&expected, piece, depth, true);
    assert_int_equal(variant->boundary_last(&actual, piece, depth), offset);
    assert_same_state(actual, expected);
    expected = actual = start;
    offset = scan(&expected, piece, depth, false);
    assert_int_equal(variant->boundary_first(&actual, piece, depth), offset);
    assert_same_state(actual, expected);
    free(copy);
}

static void known_answers(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        char text[64 + SIMD_PADDING] = "{\"a\":\"}\\\"}\",\"b\":[{}]} {\"c\":1}\n[2] {";
        struct str piece = str_n(text, strlen(text));
        struct boundary at = {0};
        assert_int_equal((*variant)->boundary_first(&at, piece, 0), 21);
        assert_int_equal(at.depth, 0);
        at = (struct boundary){0};
        assert_int_equal((*variant)->boundary_last(&at, piece, 0), 33);
        assert_int_equal(at.depth, 1);
        at = (struct boundary){0};
        assert_int_equal((*variant)->boundary_last(&at, piece, 1), 20);
        at = (struct boundary){0};
        assert_int_equal((*variant)->boundary_last(&at, piece, 2), 19);
        assert_true((*variant)->boundary_last(&at, piece, -5) == SIZE_MAX);
        assert_true((*variant)->boundary_last(&at, STR_NONE, 0) == SIZE_MAX);
        assert_int_equal((*variant)->newlines(piece), 1);
    }
}

// Anything at all from what matters; the scanner has no idea whether it is JSON.
static void noise(void **state)
{
    (void)state;
    static const char alphabets[][16] = {"{}[]\"\\\n a1,:{}x", "\\\\\\\\\\\\\\\\\\\\\\\\\"\"}",
                                         "{}{}[][]{[]}  \n\"", "aaaaaaaaaaa\"\\{}"};
    uint64_t random = 6;
    for (unsigned round = 0; round < 3000; round++) {
        char text[700];
        size_t len = random_next(&random) % sizeof text;
        const char *alphabet = alphabets[round % 4];
        for (size_t i = 0; i < len; i++)
            text[i] = alphabet[random_next(&random) % 15];
        struct boundary start = {.in_string = round % 3 == 0,
                                 .escaped = round % 5 == 0,
                                 .depth = (int64_t)(random_next(&random) % 5)};
        for (const struct variant *const *variant = variants(); *variant; variant++)
            check(*variant, start, text, len, (int64_t)(random_next(&random) % 5) - 1);
    }
}

// Longer than the segments of the search from the back; records of all sizes, so that it must go
// back far, too.
static void long_text(void **state)
{
    (void)state;
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);
    uint64_t random = 7;
    for (unsigned round = 0; round < 12; round++) {
        size_t len = 0;
        while (len < SIZE - 64) {
            uint64_t value = random_next(&random);
            size_t fill = value % (round % 4 == 3 ? 900000 : 200);
            len += (size_t)snprintf(text + len, 32, "{\"k\":[%u,\"", (unsigned)(value >> 40));
            for (; fill > 0 && len < SIZE - 64; fill--)
                text[len++] = "x {}\n"[fill % 5];
            len += (size_t)snprintf(text + len, 16, "\\\"\"]}%s", value >> 63 ? "\n" : "");
        }
        for (const struct variant *const *variant = variants(); *variant; variant++) {
            check(*variant, (struct boundary){0}, text, len - round * 1000, 0);
            check(*variant, (struct boundary){0}, text, len - round, 1);
            check(*variant, (struct boundary){0}, text, len, 7);
        }
    }
    free(text);
}

static void newlines_are_counted(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++)
        for (size_t len = 0; len < 300; len++) {
            char text[300 + SIMD_PADDING];
            memset(text, '\n', sizeof text);
            assert_int_equal((*variant)->newlines(str_n(text, len)), len);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(known_answers), cmocka_unit_test(noise),
                                       cmocka_unit_test(long_text),
                                       cmocka_unit_test(newlines_are_counted)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
