// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

static void memory_is_zeroed_aligned_and_apart(void **state)
{
    struct arena *arena = *state;
    enum { ROUNDS = 2000 };
    static unsigned char *pieces[ROUNDS];
    static size_t sizes[ROUNDS];
    for (int round = 0; round < 2; round++) {
        uint32_t x = 1;
        for (size_t i = 0; i < ROUNDS; i++) {
            x = x * 1664525 + 1013904223;
            sizes[i] = x >> 24; // up to 255 bytes, now and then something large
            if (i % 100 == 50)
                sizes[i] = 100000;
            bool aligned = i % 3;
            pieces[i] = aligned ? arena_alloc(arena, sizes[i])
                                : (unsigned char *)arena_bytes(arena, sizes[i]);
            if (aligned) {
                assert_int_equal((uintptr_t)pieces[i] % alignof(max_align_t), 0);
                for (size_t j = 0; j < sizes[i]; j++)
                    assert_int_equal(pieces[i][j], 0);
            }
            memset(pieces[i], (int)(i & 0xFF), sizes[i]);
        }
        for (size_t i = 0; i < ROUNDS; i++)
            for (size_t j = 0; j < sizes[i]; j++)
                assert_int_equal(pieces[i][j], i & 0xFF);
        arena_reset(arena); // the second round runs on used memory
        assert_int_equal(arena->used_bytes, 0);
    }
}

static void used_bytes_are_counted(void **state)
{
    struct arena *arena = *state;
    arena_alloc(arena, 10);
    arena_bytes(arena, 7);
    arena_bytes(arena, 1000000);
    assert_int_equal(arena->used_bytes, 1000017);
}

static void arrays_grow_and_keep_their_items(void **state)
{
    struct point {
        int x, y;
    } *points = NULL;
    size_t count = 0, capacity = 0;
    for (int i = 0; i < 1000; i++) {
        struct point *point = ARENA_PUSH((struct arena *)*state, points, count, capacity);
        assert_int_equal(point->x, 0);
        *point = (struct point){i, -i};
    }
    assert_int_equal(count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_true(points[i].x == i && points[i].y == -i);
    count = 10; // what was taken off the end comes back zeroed
    assert_int_equal(ARENA_PUSH((struct arena *)*state, points, count, capacity)->x, 0);
}

static void an_empty_arena(void **state)
{
    struct arena arena;
    arena_init(&arena);
    arena_reset(&arena);
    arena_deinit(&arena);
    arena_deinit(&arena);
    arena_deinit(NULL);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(memory_is_zeroed_aligned_and_apart),
        ARENA_TEST(used_bytes_are_counted),
        ARENA_TEST(arrays_grow_and_keep_their_items),
        cmocka_unit_test(an_empty_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
