// SPDX-License-Identifier: Apache-2.0
// Every test of appending runs on an arena and on the heap.
#include "fixture.h"
#include "base/buf.h"

#include <string.h>

static struct buf buf_for(int round, struct arena *arena, size_t max_bytes)
{
    return round ? buf_heap(max_bytes) : buf_in(arena, max_bytes);
}

static void appending(void **state)
{
    for (int round = 0; round < 2; round++) {
        struct buf buf = buf_for(round, *state, 1000);
        assert_int_equal(buf_str(&buf).len, 0);
        assert_non_null(buf_str(&buf).ptr);
        buf_put(&buf, S("ab"));
        buf_put(&buf, STR_NONE);
        buf_puts(&buf, "cd");
        buf_put_char(&buf, 'e');
        buf_put_bytes(&buf, "fg", 2);
        buf_printf(&buf, "%d-%s", 42, "x");
        assert_str(buf_str(&buf), "abcdefg42-x");
        buf_clear(&buf);
        buf_puts(&buf, "again");
        assert_str(buf_str(&buf), "again");
        buf_deinit(&buf);
    }
}

static void growing_keeps_contents(void **state)
{
    struct arena *arena = *state;
    for (int round = 0; round < 2; round++) {
        struct buf buf = buf_for(round, arena, BUF_MAX_DEFAULT);
        for (uint32_t i = 0; i < 50000; i++) {
            buf_put_u32le(&buf, i);
            if (i % 1000 == 0)
                arena_bytes(arena, 3); // so that it cannot always grow in place
        }
        struct cursor cursor = cursor_of(buf_str(&buf));
        for (uint32_t i = 0; i < 50000; i++)
            assert_int_equal(cursor_u32le(&cursor), i);
        buf_deinit(&buf);
    }
}

static void the_maximum_is_kept(void **state)
{
    for (int round = 0; round < 2; round++) {
        struct buf buf = buf_for(round, *state, 10);
        buf_puts(&buf, "0123456");
        buf_puts(&buf, "789");
        assert_false(buf.overflowed);
        buf_put(&buf, STR_NONE);
        assert_false(buf.overflowed);
        buf_put_char(&buf, 'x');
        assert_true(buf.overflowed);
        assert_str(buf_str(&buf), "0123456789");
        buf_clear(&buf);
        buf_puts(&buf, "01234567");
        buf_puts(&buf, "too long");
        buf_puts(&buf, "x"); // would fit, but the contents end before what did not
        buf_put_char(&buf, 'x');
        assert_true(buf.overflowed);
        assert_str(buf_str(&buf), "01234567");
        assert_null(buf_reserve(&buf, 1));
        buf_deinit(&buf);
    }
}

static void long_formats(void **state)
{
    char text[1000];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int round = 0; round < 2; round++) {
        struct buf buf = buf_for(round, *state, 999);
        buf_printf(&buf, "%s", text);
        assert_false(buf.overflowed);
        assert_str(buf_str(&buf), text);
        buf_clear(&buf);
        buf_printf(&buf, "%sx", text);
        assert_true(buf.overflowed);
        assert_int_equal(buf.len, 0);
        buf_deinit(&buf);
    }
}

static void reserving(void **state)
{
    struct buf buf = buf_in(*state, 100);
    char *room = buf_reserve(&buf, 60);
    memset(room, 'r', 60);
    buf.len += 60;
    assert_null(buf_reserve(&buf, 41));
    assert_null(buf_reserve(&buf, SIZE_MAX));
    assert_int_equal(buf.len, 60);
}

static void integers(void **state)
{
    struct buf buf = buf_in(*state, 100);
    buf_put_u8(&buf, 0xFE);
    buf_put_u16be(&buf, 0x0102);
    buf_put_u32le(&buf, 0x01020304);
    buf_put_u64le(&buf, 0x0102030405060708);
    buf_put_u64be(&buf, 0x0102030405060708);
    static const char expected[] = "\xFE\1\2\4\3\2\1\10\7\6\5\4\3\2\1\1\2\3\4\5\6\7\10";
    assert_int_equal(buf.len, 23);
    assert_memory_equal(buf.ptr, expected, 23);
    struct cursor cursor = cursor_of(buf_str(&buf));
    assert_int_equal(cursor_u8(&cursor), 0xFE);
    assert_int_equal(cursor_u16be(&cursor), 0x0102);
    assert_int_equal(cursor_u32le(&cursor), 0x01020304);
    assert_true(cursor_u64le(&cursor) == 0x0102030405060708);
    assert_true(cursor_u64be(&cursor) == 0x0102030405060708);
    assert_int_equal(cursor_left(&cursor), 0);
    assert_false(cursor.failed);
}

static void a_cursor_stops_at_the_end(void **state)
{
    struct cursor cursor = cursor_of(S("abc"));
    assert_str(cursor_take(&cursor, 2), "ab");
    assert_int_equal(cursor_left(&cursor), 1);
    assert_int_equal(cursor_u16be(&cursor), 0);
    assert_true(cursor.failed);
    assert_int_equal(cursor_u8(&cursor), 0); // there was a byte, but a read has failed
    assert_int_equal(cursor_left(&cursor), 0);
    cursor = cursor_of(S("abc"));
    assert_null(cursor_take(&cursor, SIZE_MAX).ptr);
    assert_true(cursor.failed);
    cursor = cursor_of(STR_NONE);
    assert_int_equal(cursor_take(&cursor, 0).len, 0);
    assert_false(cursor.failed);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(appending),
        ARENA_TEST(growing_keeps_contents),
        ARENA_TEST(the_maximum_is_kept),
        ARENA_TEST(long_formats),
        ARENA_TEST(reserving),
        ARENA_TEST(integers),
        cmocka_unit_test(a_cursor_stops_at_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
