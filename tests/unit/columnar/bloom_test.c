// SPDX-License-Identifier: Apache-2.0
#include "decode.h"
#include "columnar/bloom.h"

static void hashes_are_xxh64(void **state)
{
    (void)state;
    assert_int_equal(bloom_hash("", 0), 0xEF46DB3751D8E999u); // the algorithm's own example
}

static void different_values_are_counted(void **state)
{
    (void)state;
    static uint64_t hashes[30000];
    for (uint64_t i = 0; i < 30000; i++) {
        uint64_t value = i % 1000;
        hashes[i] = bloom_hash(&value, sizeof value);
    }
    assert_in_range(bloom_distinct(hashes, 30000), 950, 1050);
    assert_in_range(bloom_distinct(hashes, 1000), 900, 1000);
    assert_int_equal(bloom_distinct(hashes, 1), 1);
}

static void sizes_are_powers_of_two_within_bounds(void **state)
{
    (void)state;
    assert_int_equal(bloom_bytes(0), 32);
    assert_int_equal(bloom_bytes(1), 32);
    assert_int_equal(bloom_bytes(1000000), 2 << 20);
    assert_int_equal(bloom_bytes(1000000000), BLOOM_BYTES_MAX);
}

static void what_was_put_in_is_found_and_little_else(void **state)
{
    (void)state;
    static uint64_t hashes[20000];
    for (uint64_t i = 0; i < 20000; i++)
        hashes[i] = bloom_hash(&i, sizeof i);
    size_t bytes = bloom_bytes(10000);
    char *filter = calloc(1, bytes);
    bloom_set(filter, bytes, hashes, 10000);
    size_t others = 0;
    for (size_t i = 0; i < 20000; i++) {
        bool has = bloom_has(filter, bytes, hashes[i]);
        assert_true(has || i >= 10000);
        others += i >= 10000 && has;
    }
    assert_in_range(others, 0, 150);
    free(filter);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_are_xxh64),
        cmocka_unit_test(different_values_are_counted),
        cmocka_unit_test(sizes_are_powers_of_two_within_bounds),
        cmocka_unit_test(what_was_put_in_is_found_and_little_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
