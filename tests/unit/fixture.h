// SPDX-License-Identifier: Apache-2.0
// What nearly every unit test starts with: cmocka, and an arena per test as its state.
//     static void something(void **state) { struct arena *arena = *state; ... }
//     const struct CMUnitTest tests[] = {ARENA_TEST(something)};
#ifndef TESTS_FIXTURE_H
#define TESTS_FIXTURE_H

#include "base/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdlib.h>

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

static inline int arena_setup(void **state)
{
    struct arena *arena = malloc(sizeof *arena);
    if (!arena)
        return -1;
    arena_init(arena);
    *state = arena;
    return 0;
}

static inline int arena_teardown(void **state)
{
    arena_deinit(*state);
    free(*state);
    return 0;
}

#define ARENA_TEST(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

static inline void assert_str_at(struct str actual, const char *expected, const char *file,
                                 int line)
{
    struct str wanted = str_of(expected);
    if (str_eq(actual, wanted))
        return;
    print_error("\"%.*s\" instead of \"%s\"\n", STR_ARG(actual), expected);
    _fail(file, line);
}
#define assert_str(actual, expected) assert_str_at((actual), (expected), __FILE__, __LINE__)

#endif
