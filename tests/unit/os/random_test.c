// SPDX-License-Identifier: Apache-2.0
#include "os/random.h"

#include "fixture.h"

#include "base/encode.h"

#include <string.h>

static void a_seed_repeats_itself(void **state)
{
    struct arena *arena = *state;
    struct random *a = random_new_seeded(7), *b = random_new_seeded(7), *c = random_new_seeded(8);
    uint64_t first = random_u64(a);
    assert_true(first == random_u64(b) && first != random_u64(c));
    char ten[10], other[10];
    random_bytes(a, ten, sizeof ten);
    random_bytes(b, other, sizeof other);
    assert_memory_equal(ten, other, sizeof ten);
    assert_true(str_eq(random_text(a, arena, "abc", 40), random_text(b, arena, "abc", 40)));
    random_free(a);
    random_free(b);
    random_free(c);
    random_free(NULL);
}

static void the_system_does_not_repeat_itself(void **state)
{
    struct arena *arena = *state;
    struct random *random = random_new_system();
    assert_true(random_u64(random) != random_u64(random));
    struct str a = random_uuid(random, arena), b = random_uuid(random, arena);
    assert_true(uuid_is(a) && uuid_is(b) && !str_eq(a, b));
    char none[1] = {'x'};
    random_bytes(random, none, 0);
    assert_int_equal(none[0], 'x');
    random_free(random);
}

static void texts_use_the_whole_alphabet_evenly(void **state)
{
    struct arena *arena = *state;
    struct random *random = random_new_seeded(1);
    static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    struct str text = random_text(random, arena, alphabet, 36000);
    assert_int_equal(text.len, 36000);
    size_t counts[256] = {0};
    for (size_t i = 0; i < text.len; i++)
        counts[(uint8_t)text.ptr[i]]++;
    for (const char *letter = alphabet; *letter; letter++)
        assert_in_range(counts[(uint8_t)*letter], 800, 1200);
    assert_str(random_text(random, arena, "x", 3), "xxx");
    assert_int_equal(random_text(random, arena, "xy", 0).len, 0);
    random_free(random);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(a_seed_repeats_itself),
        ARENA_TEST(the_system_does_not_repeat_itself),
        ARENA_TEST(texts_use_the_whole_alphabet_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
