// SPDX-License-Identifier: Apache-2.0
#include "columnar/partition.h"

#include "../fixture.h"

#include <string.h>

static void rows_are_divided_in_order(void **state)
{
    struct arena *arena = *state;
    const uint32_t partition_of[] = {2, 0, 2, 3, 0, 2};
    size_t count;
    struct partition_rows *parts = partition_divide(arena, partition_of, 6, 5, &count);
    static const uint32_t ROWS[3][3] = {{1, 4}, {0, 2, 5}, {3}};
    static const struct {
        uint32_t partition;
        size_t count;
    } WANTED[] = {{0, 2}, {2, 3}, {3, 1}};
    assert_int_equal(count, 3);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(parts[i].partition, WANTED[i].partition);
        assert_int_equal(parts[i].count, WANTED[i].count);
        assert_memory_equal(parts[i].rows, ROWS[i], parts[i].count * sizeof(uint32_t));
    }
}

static struct leaf_values share(struct arena *arena, const struct leaf_values *all,
                                uint8_t max_definition, const uint32_t *rows, size_t count)
{
    struct partition_places places = partition_find_places(arena, all, max_definition);
    struct partition_rows part = {.rows = rows, .count = count};
    return partition_share(arena, all, KIND_INT64, max_definition, &places, &part);
}

static void a_share_of_plain_values(void **state)
{
    const int64_t values[] = {10, 11, 12, 13};
    const struct leaf_values all = {.rows = 4, .entries = 4, .count = 4, .integers = values};
    const uint32_t rows[] = {1, 3};
    struct leaf_values part = share(*state, &all, 1, rows, 2);
    assert_int_equal(part.rows, 2);
    assert_int_equal(part.count, 2);
    assert_null(part.definition);
    assert_null(part.repetition);
    assert_int_equal(part.integers[0], 11);
    assert_int_equal(part.integers[1], 13);
}

static void a_share_with_nulls(void **state)
{
    const int64_t values[] = {10, 12};
    const uint8_t definition[] = {1, 0, 1, 0};
    const struct leaf_values all = {
        .rows = 4, .entries = 4, .count = 2, .definition = definition, .integers = values};
    const uint32_t rows[] = {1, 2, 3};
    struct leaf_values part = share(*state, &all, 1, rows, 3);
    const uint8_t wanted[] = {0, 1, 0};
    assert_int_equal(part.entries, 3);
    assert_int_equal(part.count, 1);
    assert_memory_equal(part.definition, wanted, 3);
    assert_int_equal(part.integers[0], 12);
    const uint32_t full[] = {0, 2};
    assert_null(share(*state, &all, 1, full, 2).definition); // nothing is null in it
}

// [1, 2], null, [], [3, null, 4]
static void a_share_of_lists(void **state)
{
    const int64_t values[] = {1, 2, 3, 4};
    const uint8_t definition[] = {3, 3, 0, 1, 3, 2, 3}, repetition[] = {0, 1, 0, 0, 0, 1, 1};
    const struct leaf_values all = {.rows = 4,
                                    .entries = 7,
                                    .count = 4,
                                    .definition = definition,
                                    .repetition = repetition,
                                    .integers = values};
    const uint32_t rows[] = {1, 3};
    struct leaf_values part = share(*state, &all, 3, rows, 2);
    const uint8_t definitions[] = {0, 3, 2, 3}, repetitions[] = {0, 0, 1, 1};
    assert_int_equal(part.rows, 2);
    assert_int_equal(part.entries, 4);
    assert_int_equal(part.count, 2);
    assert_memory_equal(part.definition, definitions, 4);
    assert_memory_equal(part.repetition, repetitions, 4);
    assert_int_equal(part.integers[0], 3);
    assert_int_equal(part.integers[1], 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(rows_are_divided_in_order),
        ARENA_TEST(a_share_of_plain_values),
        ARENA_TEST(a_share_with_nulls),
        ARENA_TEST(a_share_of_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
