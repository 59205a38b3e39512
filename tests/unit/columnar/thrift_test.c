// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "thrift_build.h"

#include <string.h>

#define READER(...)                                                                                \
    thrift_reader_of(str_n((const char[]){__VA_ARGS__}, sizeof((const char[]){__VA_ARGS__})), 0,   \
                     NULL)

static void test_integers_of_every_width(void **state)
{
    static const int64_t VALUES[] = {0,         1,         -1,        63,        -64,      64,
                                     INT16_MAX, INT32_MIN, INT32_MAX, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < COUNT_OF(VALUES); i++) {
        struct build b = build_in(*state);
        build_zigzag(&b, VALUES[i]);
        struct thrift_reader r = thrift_reader_of(buf_str(&b.bytes), 0, NULL);
        assert_true(thrift_i64(&r, THRIFT_I64) == VALUES[i]);
        assert_int_equal(thrift_end(&r), OK);
        assert_ptr_equal(r.at, r.end);
    }
    struct thrift_reader byte = READER((char)0x80);
    assert_int_equal(thrift_i32(&byte, THRIFT_I8), -128);
}

static void test_an_integer_beyond_its_width_is_an_error(void **state)
{
    struct build b = build_in(*state);
    build_zigzag(&b, (int64_t)INT32_MAX + 1);
    struct thrift_reader r = thrift_reader_of(buf_str(&b.bytes), 0, NULL);
    assert_int_equal(thrift_i32(&r, THRIFT_I32), 0);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
    char endless[12];
    memset(endless, 0xFF, sizeof endless);
    r = thrift_reader_of(str_n(endless, sizeof endless), 0, NULL);
    thrift_i64(&r, THRIFT_I64);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
}

static void test_a_struct_of_every_type(void **state)
{
    struct build b = build_in(*state);
    build_int(&b, 1, -5);
    build_bool(&b, 2, true);
    build_bool(&b, 3, false);
    build_text(&b, 20, S("text")); // too far for a delta
    build_list(&b, 21, THRIFT_I32, 2);
    build_zigzag(&b, 7);
    build_zigzag(&b, 8);
    build_struct(&b, 22);
    build_int(&b, 1, 9);
    build_end(&b);
    buf_put_u8(&b.bytes, THRIFT_STOP);
    struct thrift_reader r = thrift_reader_of(buf_str(&b.bytes), 0, NULL);
    int64_t sum = 0;
    unsigned seen = 0;
    for (struct thrift_field f = thrift_enter(&r, THRIFT_STRUCT); thrift_next(&r, &f); seen++)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            assert_int_equal(thrift_i32(&r, f.type), -5);
            break;
        case BOOL_FIELD(2):
            assert_true(thrift_bool(&r, f.type));
            break;
        case BOOL_FIELD(3):
            assert_false(thrift_bool(&r, f.type));
            break;
        case BINARY_FIELD(20):
            assert_str(thrift_binary(&r, f.type), "text");
            break;
        case LIST_FIELD(21): {
            uint8_t item;
            for (size_t count = thrift_list(&r, f.type, 1, &item); count; count--)
                sum += thrift_i64(&r, item);
            break;
        }
        default:
            assert_int_equal(thrift_key(f), STRUCT_FIELD(22));
            thrift_skip(&r, f.type);
        }
    assert_int_equal(thrift_end(&r), OK);
    assert_int_equal(seen, 6);
    assert_int_equal(sum, 15);
    assert_int_equal(r.depth, 0);
    assert_ptr_equal(r.at, r.end);
}

// Of each type one, followed by a byte that must be left.
static void test_everything_can_be_skipped(void **state)
{
    static const struct {
        uint8_t type;
        struct str bytes;
    } ROWS[] = {
        {THRIFT_TRUE, S_INIT("")},
        {THRIFT_I8, S_INIT("\x7f")},
        {THRIFT_I16, S_INIT("\xff\x01")},
        {THRIFT_DOUBLE, S_INIT("12345678")},
        {THRIFT_BINARY, S_INIT("\x03xyz")},
        {THRIFT_UUID, S_INIT("0123456789abcdef")},
        {THRIFT_LIST, S_INIT("\x38\x01x\x00\x02yz")}, // three binaries
        {THRIFT_SET, S_INIT("\x21\x01\x02")},         // two booleans
        {THRIFT_MAP, S_INIT("\x00")},
        {THRIFT_MAP, S_INIT("\x01\x85\x01k\x04")}, // binary to i32
        {THRIFT_STRUCT, S_INIT("\x15\x02\x1c\x00\x00")},
    };
    for (size_t i = 0; i < COUNT_OF(ROWS); i++) {
        struct buf buf = buf_in(*state, 100);
        buf_put(&buf, ROWS[i].bytes);
        buf_put_char(&buf, '!');
        struct str bytes = buf_str(&buf);
        struct thrift_reader r = thrift_reader_of(bytes, 0, NULL);
        thrift_skip(&r, ROWS[i].type);
        assert_int_equal(thrift_end(&r), OK);
        assert_int_equal(r.end - r.at, 1);
        for (size_t len = 0; len < ROWS[i].bytes.len; len++) { // and all of it is needed
            r = thrift_reader_of(str_slice(bytes, 0, len), 0, NULL);
            thrift_skip(&r, ROWS[i].type);
            assert_int_equal(thrift_end(&r), ERR_CORRUPT);
        }
    }
}

static void test_the_first_error_stays_with_its_place(void **state)
{
    (void)state;
    struct error error = {0};
    struct thrift_reader r = thrift_reader_of(S("\x18\x7fshort"), 1000, &error);
    struct thrift_field f = thrift_enter(&r, THRIFT_STRUCT);
    assert_true(thrift_next(&r, &f));
    assert_int_equal(thrift_binary(&r, f.type).len, 0);
    assert_false(thrift_next(&r, &f));
    assert_int_equal(thrift_i64(&r, THRIFT_I64), 0);
    assert_false(thrift_fail(&r, ERR_LIMIT, "later"));
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
    assert_int_equal(error.offset, 1002);
    assert_non_null(strstr(error.text, "127 bytes"));
}

static void test_counts_are_not_trusted(void **state)
{
    (void)state;
    uint8_t item;
    struct thrift_reader r = READER((char)0xF5, (char)0xFF, (char)0xFF, (char)0xFF, 0x7F, 0);
    assert_int_equal(thrift_list(&r, THRIFT_LIST, 1, &item), 0);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
    r = READER(0x35, 0, 0, 0, 0, 0); // three items of two bytes in five
    assert_int_equal(thrift_list(&r, THRIFT_LIST, 2, &item), 0);
    r = READER(0x35, 0, 0, 0, 0, 0, 0);
    assert_int_equal(thrift_list(&r, THRIFT_LIST, 2, &item), 3);
    r = READER((char)0xFF, (char)0xFF, (char)0xFF, 0x7F, 0x55, 0, 0);
    thrift_skip(&r, THRIFT_MAP);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
}

static void test_depth_is_limited(void **state)
{
    struct buf buf = buf_in(*state, 1000);
    for (int i = 0; i <= THRIFT_DEPTH_MAX; i++)
        buf_put_u8(&buf, 0x10 | THRIFT_STRUCT);
    struct thrift_reader r = thrift_reader_of(buf_str(&buf), 0, NULL);
    thrift_skip(&r, THRIFT_STRUCT);
    assert_int_equal(thrift_end(&r), ERR_LIMIT);
    buf_clear(&buf);
    for (int i = 0; i <= THRIFT_DEPTH_MAX; i++)
        buf_put_u8(&buf, 0x10 | THRIFT_LIST);
    r = thrift_reader_of(buf_str(&buf), 0, NULL);
    thrift_skip(&r, THRIFT_LIST);
    assert_int_equal(thrift_end(&r), ERR_LIMIT);
}

static void test_values_of_a_wrong_type_are_errors(void **state)
{
    (void)state;
    struct thrift_reader r = READER(0, 0);
    assert_int_equal(thrift_i64(&r, THRIFT_BINARY), 0);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
    r = READER(0, 0);
    thrift_binary(&r, THRIFT_I32);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
    r = READER(0, 0);
    struct thrift_field f = thrift_enter(&r, THRIFT_LIST);
    assert_false(thrift_next(&r, &f));
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
    r = READER(0, 0);
    thrift_skip(&r, 15);
    assert_int_equal(thrift_end(&r), ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_integers_of_every_width),
        ARENA_TEST(test_an_integer_beyond_its_width_is_an_error),
        ARENA_TEST(test_a_struct_of_every_type),
        ARENA_TEST(test_everything_can_be_skipped),
        ARENA_TEST(test_the_first_error_stays_with_its_place),
        ARENA_TEST(test_counts_are_not_trusted),
        ARENA_TEST(test_depth_is_limited),
        ARENA_TEST(test_values_of_a_wrong_type_are_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
