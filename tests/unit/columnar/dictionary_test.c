// SPDX-License-Identifier: Apache-2.0
#include "decode.h"
#include "columnar/dictionary.h"

static void words_get_numbers_in_order(void **state)
{
    (void)state;
    struct dictionary d;
    dictionary_init(&d, false);
    const uint64_t values[] = {7, 9, 7, UINT64_MAX, 0, 9};
    uint32_t indices[6];
    dictionary_words(&d, values, 6, indices);
    const uint32_t wanted[] = {0, 1, 0, 2, 3, 1};
    assert_memory_equal(indices, wanted, sizeof wanted);
    assert_int_equal(d.count, 4);
    assert_int_equal(dictionary_width(&d), 2);
    dictionary_clear(&d);
    dictionary_words(&d, values + 1, 1, indices);
    assert_int_equal(indices[0], 0);
    assert_int_equal(d.count, 1);
    assert_int_equal(dictionary_width(&d), 1);
    dictionary_deinit(&d);
}

static void many_words_are_all_found_again(void **state)
{
    (void)state;
    struct dictionary d;
    dictionary_init(&d, false);
    static uint64_t values[DICTIONARY_BATCH];
    static uint32_t indices[DICTIONARY_BATCH];
    for (int pass = 0; pass < 2; pass++)
        for (uint64_t batch = 0; batch < 100; batch++) {
            for (uint64_t i = 0; i < DICTIONARY_BATCH; i++)
                values[i] = (batch * DICTIONARY_BATCH + i)
                            << 40; // doubles differ in their high bits, too
            dictionary_words(&d, values, DICTIONARY_BATCH, indices);
            for (uint64_t i = 0; i < DICTIONARY_BATCH; i++)
                assert_int_equal(indices[i], batch * DICTIONARY_BATCH + i);
        }
    assert_int_equal(d.count, 100 * DICTIONARY_BATCH);
    assert_false(dictionary_suffers(&d));
    dictionary_deinit(&d);
}

#define TEXTS 600
#define TEXT_ROOM 256

// Texts of all lengths up to 200, in pairs that differ in one byte, somewhere.
static void make_texts(char (*bytes)[TEXT_ROOM], struct text_view *views)
{
    uint64_t seed = 11;
    for (uint32_t i = 0; i < TEXTS; i++) {
        uint32_t len = i / 3;
        if (i % 3 == 0 || len == 0)
            for (uint32_t k = 0; k < len; k++)
                bytes[i][k] = (char)random_next(&seed);
        else
            memcpy(bytes[i], bytes[i - 1], TEXT_ROOM);
        if (i % 3 && len)
            bytes[i][random_next(&seed) % len] ^= 1 << i % 3;
        views[i] = (struct text_view){bytes[i], len, 0};
        memset(bytes[i] + len, (int)i, TEXT_ROOM - len); // what follows must not matter
    }
}

static bool same(struct text_view a, struct text_view b)
{
    return a.len == b.len && memcmp(a.ptr, b.ptr, a.len) == 0;
}

static void texts_are_told_apart_by_every_byte(void **state)
{
    (void)state;
    static char bytes[TEXTS][TEXT_ROOM];
    struct text_view views[TEXTS];
    uint32_t indices[TEXTS], again[TEXTS];
    make_texts(bytes, views);
    struct dictionary d;
    dictionary_init(&d, true);
    dictionary_texts(&d, views, TEXTS, indices);
    for (size_t i = 0; i < TEXTS; i++)
        assert_true(same(dictionary_text(&d, indices[i]), views[i]));
    for (size_t i = 1; i < TEXTS; i++)
        assert_int_equal(indices[i] == indices[i - 1], same(views[i], views[i - 1]));
    size_t count = d.count;
    dictionary_texts(&d, views, TEXTS, again);
    assert_memory_equal(indices, again, sizeof indices);
    assert_int_equal(d.count, count);
    dictionary_deinit(&d);
}

// Each is the beginning of the one before it, and some of one batch want the same place.
static void beginnings_of_texts_are_other_texts(void **state)
{
    (void)state;
    static char bytes[DICTIONARY_BATCH + TEXT_ROOM];
    static struct text_view views[DICTIONARY_BATCH];
    static uint32_t indices[DICTIONARY_BATCH];
    memset(bytes, 'x', sizeof bytes);
    for (uint32_t i = 0; i < DICTIONARY_BATCH; i++)
        views[i] = (struct text_view){.ptr = bytes, .len = DICTIONARY_BATCH - i};
    struct dictionary d;
    dictionary_init(&d, true);
    dictionary_texts(&d, views, DICTIONARY_BATCH, indices);
    for (uint32_t i = 0; i < DICTIONARY_BATCH; i++)
        assert_int_equal(dictionary_text(&d, indices[i]).len, views[i].len);
    dictionary_deinit(&d);
}

static void bounds_are_of_the_texts_that_were_named(void **state)
{
    (void)state;
    static char pad[6][80] = {"prefixed-b", "prefixed-a", "zzz", "", "prefixed-", "prefixed-c"};
    struct text_view views[6], ends[2];
    for (size_t i = 0; i < 6; i++)
        views[i] = (struct text_view){pad[i], (uint32_t)strlen(pad[i]), 0};
    struct dictionary d;
    dictionary_init(&d, true);
    uint32_t indices[6];
    dictionary_texts(&d, views, 6, indices);
    dictionary_text_bounds(&d, indices, 6, ends);
    assert_str(str_n(ends[0].ptr, ends[0].len), "");
    assert_str(str_n(ends[1].ptr, ends[1].len), "zzz");
    const uint32_t some[] = {5, 0, 1, 0};
    dictionary_text_bounds(&d, some, 4, ends);
    assert_str(str_n(ends[0].ptr, ends[0].len), "prefixed-a");
    assert_str(str_n(ends[1].ptr, ends[1].len), "prefixed-c");
    dictionary_text_bounds(&d, some + 1, 1, ends);
    assert_str(str_n(ends[1].ptr, ends[1].len), "prefixed-b");
    dictionary_deinit(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_get_numbers_in_order),
        cmocka_unit_test(many_words_are_all_found_again),
        cmocka_unit_test(texts_are_told_apart_by_every_byte),
        cmocka_unit_test(beginnings_of_texts_are_other_texts),
        cmocka_unit_test(bounds_are_of_the_texts_that_were_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
