// SPDX-License-Identifier: Apache-2.0
// Every primitive of every variant against a loop over bytes.
#include "fixture.h"
#include "variant_probe.h"
#include "columnar/swar.h"

#include <string.h>

#define BLOCKS 4000

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// Blocks of bytes that matter and their neighbours, some of any byte at all.
static void fill(uint64_t *random, char block[128])
{
    static const char alphabet[] =
        "\"\\{}[] \t\n\r\x1f\x20\x00\x7f\x80\xdc\xa2\xff/0189:;,az\x0b\x0c\x0d@`";
    uint64_t kind = random_next(random) % 3;
    for (unsigned i = 0; i < 128; i++) {
        uint64_t value = random_next(random) >> 32;
        if (kind == 0)
            block[i] = (char)value;
        else if (kind == 1)
            block[i] = alphabet[value % (sizeof alphabet - 1)];
        else
            block[i] =
                value % 40 ? (char)('0' + value % 10) : alphabet[value % (sizeof alphabet - 1)];
    }
}

static void the_portable_variant_is_last(void **state)
{
    (void)state;
    const struct variant *const *all = variants();
    assert_ptr_equal(all[0], variant_best());
    size_t count = 0;
    while (all[count])
        count++;
    assert_true(count >= 1);
    assert_string_equal(all[count - 1]->name, "portable");
}

static void masks_are_those_of_bytes(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        const struct variant_probe *probe = variant_probe(*variant);
        uint64_t random = 1;
        char block[128];
        for (unsigned round = 0; round < BLOCKS; round++) {
            fill(&random, block);
            uint64_t end = 0, not_space = 0, equal = 0, not_digit = 0;
            char wanted = block[random % 64];
            for (unsigned i = 0; i < 64; i++) {
                char c = block[i];
                end |= (uint64_t)(c == '"' || c == '\\' || (unsigned char)c < 0x20) << i;
                not_space |= (uint64_t)!is_space(c) << i;
                equal |= (uint64_t)(c == wanted) << i;
                not_digit |= (uint64_t)!is_digit(c) << i;
            }
            assert_int_equal(probe->string_end(block), end);
            assert_int_equal(probe->not_space(block), not_space);
            assert_int_equal(probe->equal(block, wanted), equal);
            assert_int_equal(probe->not_digit(block), (uint32_t)not_digit);
            uint64_t sixteen = not_digit & 0xffff;
            assert_int_equal(probe->digits(block), sixteen ? __builtin_ctzll(sixteen) : 16);
        }
    }
}

static void every_byte_is_classified(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        const struct variant_probe *probe = variant_probe(*variant);
        for (int c = 0; c < 256; c++) {
            char block[64];
            memset(block, c, sizeof block);
            assert_int_equal(probe->string_end(block),
                             c == '"' || c == '\\' || c < 0x20 ? UINT64_MAX : 0);
            assert_int_equal(probe->not_space(block), is_space((char)c) ? 0 : UINT64_MAX);
            assert_int_equal(probe->not_digit(block), is_digit((char)c) ? 0 : UINT32_MAX);
            struct simd_structure found = probe->structure(block);
            assert_int_equal(found.open, c == '{' || c == '[' ? UINT64_MAX : 0);
            assert_int_equal(found.close, c == '}' || c == ']' ? UINT64_MAX : 0);
        }
    }
}

static void structure_is_that_of_bytes(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        const struct variant_probe *probe = variant_probe(*variant);
        uint64_t random = 2;
        char block[128];
        for (unsigned round = 0; round < BLOCKS; round++) {
            fill(&random, block);
            struct simd_structure found = probe->structure(block);
            for (unsigned i = 0; i < 64; i++) {
                char c = block[i];
                assert_int_equal(found.quote >> i & 1, c == '"');
                assert_int_equal(found.backslash >> i & 1, c == '\\');
                assert_int_equal(found.open >> i & 1, c == '{' || c == '[');
                assert_int_equal(found.close >> i & 1, c == '}' || c == ']');
                assert_int_equal(found.newline >> i & 1, c == '\n');
            }
            uint64_t bits = random_next(&random), parity = probe->prefix_xor(bits);
            for (unsigned i = 0; i < 64; i++)
                assert_int_equal(parity >> i & 1, __builtin_popcountll(bits << (63 - i)) & 1);
        }
    }
}

static void digits_have_their_value(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        const struct variant_probe *probe = variant_probe(*variant);
        uint64_t random = 3;
        for (unsigned round = 0; round < BLOCKS; round++) {
            char block[128];
            fill(&random, block); // what follows the digits must not matter
            unsigned n = round % 17;
            uint64_t value = 0;
            for (unsigned i = 0; i < n; i++) {
                block[i] = (char)('0' + (round % 3 ? random_next(&random) % 10 : 9));
                value = value * 10 + (uint64_t)(block[i] - '0');
            }
            assert_int_equal(probe->decimal(block, n), value);
            if (n == 16)
                continue;
            unsigned fraction = n ? (unsigned)(random % (n + 1)) : 0;
            memmove(block + n - fraction + 1, block + n - fraction, fraction);
            block[n - fraction] = '.';
            assert_int_equal(probe->decimal_dotted(block, n + 1, fraction), value);
        }
    }
}

static void patterns_match_byte_for_byte(void **state)
{
    (void)state;
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        const struct variant_probe *probe = variant_probe(*variant);
        for (unsigned len = 0; len <= 140; len++) {
            char text[140 + SIMD_PADDING], pattern[140 + SIMD_PADDING];
            for (unsigned i = 0; i < sizeof text; i++) {
                text[i] = (char)(i * 7);
                pattern[i] = i < len ? text[i] : (char)~text[i]; // must not be looked at
            }
            assert_true(probe->matches(text, pattern, len));
            for (unsigned i = 0; i < len; i++) {
                pattern[i] ^= 0x20;
                assert_false(probe->matches(text, pattern, len));
                pattern[i] ^= 0x20;
            }
        }
    }
}

static void escapes_follow_odd_runs(void **state)
{
    (void)state;
    uint64_t random = 4;
    bool escaped = false, expected = false; // over all blocks as one text
    for (unsigned round = 0; round < BLOCKS; round++) {
        uint64_t backslash = random_next(&random) | (round % 2 ? random_next(&random) : 0);
        if (round % 5 == 0)
            backslash = round % 10 ? UINT64_MAX : UINT64_MAX << round % 64;
        uint64_t found = swar_escaped(backslash, &escaped);
        for (unsigned i = 0; i < 64; i++) {
            bool is_backslash = backslash >> i & 1;
            if (!is_backslash)
                assert_int_equal(found >> i & 1, expected);
            expected = is_backslash && !expected;
        }
        assert_int_equal(escaped, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_portable_variant_is_last),
        cmocka_unit_test(every_byte_is_classified),
        cmocka_unit_test(masks_are_those_of_bytes),
        cmocka_unit_test(structure_is_that_of_bytes),
        cmocka_unit_test(digits_have_their_value),
        cmocka_unit_test(patterns_match_byte_for_byte),
        cmocka_unit_test(escapes_follow_odd_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
