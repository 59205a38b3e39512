// SPDX-License-Identifier: Apache-2.0
#include "decode.h"
#include "columnar/encode.h"

static void numbers_are_narrowed(void **state)
{
    (void)state;
    const int64_t integers[] = {0, -1, 2147483647, -2147483648};
    const double reals[] = {0.5, -1e30};
    char out[64 + ENCODE_OVERRUN];
    encode_int32(integers, 4, out);
    const int32_t wanted[] = {0, -1, 2147483647, -2147483647 - 1};
    assert_memory_equal(out, wanted, sizeof wanted);
    encode_float(reals, 2, out);
    const float floats[] = {0.5f, -1e30f};
    assert_memory_equal(out, floats, sizeof floats);
}

static void decimals_are_big_endian(void **state)
{
    (void)state;
    const int128 values[] = {1, -2, 0x010203};
    char out[64 + ENCODE_OVERRUN];
    encode_decimal(values, 3, 9, out);
    assert_memory_equal(
        out, "\0\0\0\0\0\0\0\0\1\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFE\0\0\0\0\0\0\1\2\3", 27);
    encode_decimal(values, 1, 16, out);
    assert_memory_equal(out, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1", 16);
}

static void texts_have_lengths_in_front(void **state)
{
    (void)state;
    char bytes[400], out[1000 + ENCODE_OVERRUN], *at = out;
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (char)(i * 7);
    struct text_view texts[130];
    size_t total = 0;
    for (uint32_t i = 0; i < 130; i += 10) { // across every width of copying
        texts[i / 10] = (struct text_view){bytes + i, i, 0};
        total += i;
    }
    assert_int_equal(encode_text_bytes(texts, 13), total);
    assert_int_equal(encode_text(texts, 13, out), total + 13 * 4);
    for (size_t i = 0; i < 13; i++) {
        uint32_t len;
        memcpy(&len, at, sizeof len);
        assert_int_equal(len, texts[i].len);
        assert_memory_equal(at + 4, texts[i].ptr, len);
        at += 4 + len;
    }
}

static void booleans_are_bits_even_in_place(void **state)
{
    (void)state;
    char bytes[32] = {1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 1};
    assert_int_equal(encode_booleans((const uint8_t *)bytes, 11, bytes), 2);
    assert_memory_equal(bytes, "\x59\x06", 2);
}

static size_t hybrid(uint32_t *indices, size_t count, unsigned width)
{
    static char out[1 << 18];
    static uint32_t back[20000];
    size_t len = encode_hybrid(indices, count, width, out);
    assert_true(len + ENCODE_OVERRUN <= encode_hybrid_bound(count, width));
    decode_hybrid(str_n(out, len), width, count, back);
    assert_memory_equal(indices, back, count * sizeof *indices);
    return len;
}

static void indices_of_every_width_come_back(void **state)
{
    (void)state;
    static uint32_t indices[20000];
    uint64_t seed = 3;
    for (unsigned width = 1; width <= 32; width++)
        for (size_t count = 1; count < 12000; count = count * 5 + 3) {
            for (size_t i = 0; i < count; i++)
                indices[i] = (uint32_t)random_next(&seed) & (uint32_t)(((uint64_t)1 << width) - 1);
            size_t len = hybrid(indices, count, width);
            assert_in_range(len, 1, (count + 7) / 8 * width + 4);
        }
}

static void runs_are_found_among_indices(void **state)
{
    (void)state;
    static uint32_t indices[20000];
    uint64_t seed = 5;
    assert_in_range(hybrid(indices, 10000, 1), 2, 4);
    for (unsigned width = 1; width <= 20; width++) {
        size_t count = 0;
        while (count < 15000) {
            size_t run =
                random_next(&seed) % 4 ? 1 + random_next(&seed) % 12 : random_next(&seed) % 900;
            uint32_t value = (uint32_t)random_next(&seed) & ((1u << width) - 1);
            for (; run; run--)
                indices[count++] = value;
        }
        hybrid(indices, count, width);
    }
    for (size_t i = 0; i < 16000; i++)
        indices[i] = (uint32_t)(i / 1000);
    assert_in_range(hybrid(indices, 16000, 4), 16, 16 * 5);
}

static void delta(const int64_t *values, size_t count, bool is_int32)
{
    char *out = malloc(encode_delta_bound(count));
    int64_t *back = malloc((count + 1) * sizeof *back);
    size_t len = encode_delta(values, count, is_int32, out);
    assert_true(len + ENCODE_OVERRUN <= encode_delta_bound(count));
    struct cursor c = cursor_of(str_n(out, len));
    assert_int_equal(decode_delta(&c, is_int32, back), count);
    assert_int_equal(cursor_left(&c), 0);
    if (count)
        assert_memory_equal(values, back, count * sizeof *values);
    free(out);
    free(back);
}

static void deltas_come_back(void **state)
{
    (void)state;
    static int64_t values[3000];
    uint64_t seed = 9;
    for (unsigned bits = 0; bits <= 64; bits++)
        for (size_t count = 0; count < 2000; count = count * 3 + 1) {
            for (size_t i = 0; i < count; i++)
                values[i] = bits ? (int64_t)random_next(&seed) >> (64 - bits) : 42;
            delta(values, count, false);
            if (bits <= 32)
                delta(values, count, true);
        }
    values[0] = INT64_MIN;
    values[1] = INT64_MAX;
    values[2] = INT64_MIN;
    delta(values, 3, false);
    values[0] = INT32_MIN;
    values[1] = INT32_MAX;
    values[2] = INT32_MIN;
    delta(values, 3, true);
}

static void steady_steps_take_almost_nothing(void **state)
{
    (void)state;
    static int64_t values[1280];
    static char out[1 << 17];
    for (int i = 0; i < 1280; i++)
        values[i] = 1000 + 25 * (int64_t)i;
    assert_in_range(encode_delta(values, 1280, false, out), 10, 80);
}

static void doubles_are_split_into_streams(void **state)
{
    (void)state;
    const double values[] = {1.5, -2.25, 1e300};
    char out[24 + ENCODE_OVERRUN];
    encode_stream_split(values, 3, out);
    for (size_t i = 0; i < 3; i++)
        for (size_t b = 0; b < 8; b++)
            assert_int_equal(out[b * 3 + i], ((const char *)values)[i * 8 + b]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_narrowed),
        cmocka_unit_test(decimals_are_big_endian),
        cmocka_unit_test(texts_have_lengths_in_front),
        cmocka_unit_test(booleans_are_bits_even_in_place),
        cmocka_unit_test(indices_of_every_width_come_back),
        cmocka_unit_test(runs_are_found_among_indices),
        cmocka_unit_test(deltas_come_back),
        cmocka_unit_test(steady_steps_take_almost_nothing),
        cmocka_unit_test(doubles_are_split_into_streams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
