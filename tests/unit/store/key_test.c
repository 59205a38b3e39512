// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

static const char *const ordered_texts[] = {"", "a", "a\x01", "aa", "ab", "b", "\xff", "\xff\xff"};

static struct str encode_str(struct arena *arena, struct str text, uint64_t then)
{
    struct key key;
    key_u64(key_str(key_start(&key, KEYSPACE_TASK), text), then);
    assert_false(key.overflowed);
    return str_dup(arena, key_bytes(&key));
}

static void strings_sort_as_tuples(void **state)
{
    struct arena arena;
    arena_init(&arena);
    size_t count = sizeof ordered_texts / sizeof *ordered_texts;
    for (size_t i = 0; i + 1 < count; i++) {
        struct str low = encode_str(&arena, str_of(ordered_texts[i]), UINT64_MAX);
        struct str high = encode_str(&arena, str_of(ordered_texts[i + 1]), 0);
        assert_true(str_cmp(low, high) < 0);
    }
    // Zero bytes: "a" < "a\0" < "a\0\0" < "a\0b" < "a\1"
    struct str zeros[] = {S("a"), S("a\0"), S("a\0\0"), S("a\0b"), S("a\1")};
    for (size_t i = 0; i + 1 < sizeof zeros / sizeof *zeros; i++)
        assert_true(str_cmp(encode_str(&arena, zeros[i], 9), encode_str(&arena, zeros[i + 1], 1)) <
                    0);
    arena_deinit(&arena);
}

static void numbers_sort_as_numbers(void **state)
{
    int64_t numbers[] = {INT64_MIN, -2, -1, 0, 1, 255, 256, INT64_MAX};
    for (size_t i = 0; i + 1 < sizeof numbers / sizeof *numbers; i++) {
        struct key low, high;
        key_i64(key_start(&low, KEYSPACE_TASK), numbers[i]);
        key_i64(key_start(&high, KEYSPACE_TASK), numbers[i + 1]);
        assert_true(str_cmp(key_bytes(&low), key_bytes(&high)) < 0);
    }
}

static void fields_come_back(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct key key;
    key_raw(
        key_i64(key_u64(key_str(key_str(key_start(&key, KEYSPACE_TASK), S("x\0y\0")), S("")), 7),
                -7),
        S("ta\0il"));
    struct cursor cursor = key_cursor(key_bytes(&key));
    assert_str(key_take_str(&cursor, &arena), S("x\0y\0"));
    assert_str(key_take_str(&cursor, &arena), S(""));
    assert_int_equal(key_take_u64(&cursor), 7);
    assert_int_equal(key_take_i64(&cursor), -7);
    assert_str(key_take_raw(&cursor), S("ta\0il"));
    assert_false(cursor.failed);
    arena_deinit(&arena);
}

static void malformed_keys_fail(void **state)
{
    struct arena arena;
    arena_init(&arena);
    struct str malformed[] = {S("\0\x11"
                                "abc"),
                              S("\0\x11"
                                "abc\0"),
                              S("\0\x11"
                                "abc\0\x02"),
                              S("\0")};
    for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
        struct cursor cursor = key_cursor(malformed[i]);
        key_take_str(&cursor, &arena);
        assert_true(cursor.failed);
    }
    arena_deinit(&arena);
}

static void too_long_is_remembered_and_refused(void **state)
{
    struct fixture *f = *state;
    struct str letters = str_n(memset(arena_bytes(&f->arena, 3000), 'x', 3000), 3000);
    struct key key;
    key_str(key_str(key_start(&key, KEYSPACE_STORE_META), letters), letters);
    key_u64(&key, 1);
    assert_true(key.overflowed);
    struct tx *tx = tx_begin(f->store, false);
    struct str value;
    assert_int_equal(tx_put(tx, &key, S("v")), ERR_LIMIT);
    assert_int_equal(tx_get(tx, &key, &f->arena, &value), ERR_LIMIT);
    assert_int_equal(tx_lock(tx, &key, &f->arena, &value), ERR_LIMIT);
    assert_int_equal(tx_delete(tx, &key), ERR_LIMIT);
    tx_abort(tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_sort_as_tuples), cmocka_unit_test(numbers_sort_as_numbers),
        cmocka_unit_test(fields_come_back),       cmocka_unit_test(malformed_keys_fail),
        TEST(too_long_is_remembered_and_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
