// SPDX-License-Identifier: Apache-2.0
#include "decode.h"
#include "columnar/levels.h"

#define COUNT 5000

static void check(struct levels *levels, const uint8_t *wanted, size_t count)
{
    struct str bytes = levels_finish(levels);
    static uint32_t got[COUNT * 10];
    decode_hybrid(bytes, levels->width, count, got);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(got[i], wanted[i]);
}

static void no_levels_cost_nothing(void **state)
{
    (void)state;
    struct levels levels = levels_new(0);
    levels_run(&levels, 0, 1000);
    assert_int_equal(levels_finish(&levels).len, 0);
    levels_deinit(&levels);
}

static void one_run_is_a_few_bytes(void **state)
{
    (void)state;
    struct levels levels = levels_new(1);
    uint8_t ones[COUNT];
    memset(ones, 1, sizeof ones);
    levels_run(&levels, 1, 100);
    levels_bytes(&levels, ones, 37);
    levels_run(&levels, 1, COUNT - 137);
    assert_in_range(levels.out.len, 0, 0);
    check(&levels, ones, COUNT);
    assert_in_range(levels.out.len, 1, 4);
    levels_deinit(&levels);
}

static void bits_take_bits(void **state)
{
    (void)state;
    struct levels levels = levels_new(1);
    uint8_t wanted[COUNT];
    uint64_t seed = 1;
    for (size_t i = 0; i < COUNT; i++)
        wanted[i] = random_next(&seed) & 1;
    levels_bytes(&levels, wanted, COUNT);
    check(&levels, wanted, COUNT);
    assert_in_range(levels.out.len, COUNT / 8, COUNT / 8 + COUNT / 100);
    levels_deinit(&levels);
}

// Runs and noise of all lengths, given in runs and pieces of all lengths, for every width.
static void any_mixture_comes_back(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (unsigned max = 1; max <= 255; max = max * 2 + 1) {
        struct levels levels = levels_new(max);
        for (int round = 0; round < 20; round++) {
            static uint8_t wanted[COUNT];
            size_t count = 0;
            levels_clear(&levels);
            while (count < COUNT - 300) {
                size_t part = random_next(&seed) % (round % 2 ? 300 : 20) + 1;
                uint8_t value = (uint8_t)(random_next(&seed) % (max + 1));
                bool noise = random_next(&seed) % 2;
                for (size_t i = 0; i < part; i++)
                    wanted[count + i] = noise ? (uint8_t)(random_next(&seed) % (max + 1)) : value;
                if (noise || random_next(&seed) % 2)
                    levels_bytes(&levels, wanted + count, part);
                else
                    levels_run(&levels, value, part);
                count += part;
            }
            check(&levels, wanted, count);
        }
        levels_deinit(&levels);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_levels_cost_nothing),
        cmocka_unit_test(one_run_is_a_few_bytes),
        cmocka_unit_test(bits_take_bits),
        cmocka_unit_test(any_mixture_comes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
