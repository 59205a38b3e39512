// SPDX-License-Identifier: Apache-2.0
// Every codec's output is read by its own library.
#include "decode.h"
#include "columnar/codec.h"
#include "columnar/snappy.h"

#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

#define SIZE 200000

static void decompress(enum parquet_codec kind, struct str input, char *out, size_t *len)
{
    z_stream stream = {0};
    switch (kind) {
    case PARQUET_SNAPPY:
        assert_int_equal(snappy_uncompress(input.ptr, input.len, out, len), SNAPPY_OK);
        return;
    case PARQUET_GZIP:
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        stream.next_in = (Bytef *)(uintptr_t)input.ptr;
        stream.avail_in = (uInt)input.len;
        stream.next_out = (Bytef *)out;
        stream.avail_out = (uInt)*len;
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        *len = stream.total_out;
        inflateEnd(&stream);
        return;
    case PARQUET_ZSTD:
        *len = ZSTD_decompress(out, *len, input.ptr, input.len);
        return;
    case PARQUET_LZ4_RAW:
        *len = (size_t)LZ4_decompress_safe(input.ptr, out, (int)input.len, (int)*len);
        return;
    default:
        memcpy(out, input.ptr, input.len);
        *len = input.len;
    }
}

static void check(struct codec *codec, enum parquet_codec kind, struct str input)
{
    size_t bound = codec_bound(codec, input.len), len = input.len + 1;
    char *out = malloc(bound ? bound : 1), *back = malloc(len);
    size_t size = codec_compress(codec, input, CODEC_BYTES, out);
    assert_true(size <= bound);
    decompress(kind, str_n(out, size), back, &len);
    assert_int_equal(len, input.len);
    if (len)
        assert_memory_equal(back, input.ptr, len);
    free(out);
    free(back);
}

static void every_codec_and_level_comes_back(void **state)
{
    (void)state;
    static const struct {
        enum parquet_codec codec;
        int level;
    } rows[] = {{PARQUET_UNCOMPRESSED, 0}, {PARQUET_SNAPPY, 0}, {PARQUET_GZIP, 0},
                {PARQUET_GZIP, 3},         {PARQUET_GZIP, 6},   {PARQUET_ZSTD, 0},
                {PARQUET_ZSTD, 9},         {PARQUET_LZ4_RAW, 0}};
    static char noise[SIZE], text[SIZE];
    uint64_t seed = 13;
    for (size_t i = 0; i < SIZE; i++) {
        noise[i] = (char)random_next(&seed);
        text[i] = "the quick brown fox "[(i + (random_next(&seed) % 50 == 0)) % 20];
    }
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct codec *codec = codec_new(rows[i].codec, rows[i].level);
        for (size_t len = 0; len <= SIZE; len = len * 9 + 1) {
            check(codec, rows[i].codec, str_n(noise, len));
            check(codec, rows[i].codec, str_n(text, len));
        }
        codec_free(codec);
    }
    codec_free(NULL);
}

// --- words

static size_t words(struct str input, size_t words_at)
{
    struct snappy *snappy = malloc(sizeof *snappy);
    char *out = malloc(snappy_room(input.len)), *back = malloc(input.len + 1);
    size_t size = snappy_words(snappy, input, words_at, out), len = input.len + 1;
    assert_true(size <= snappy_room(input.len));
    assert_int_equal(snappy_uncompress(out, size, back, &len), SNAPPY_OK);
    assert_int_equal(len, input.len);
    assert_memory_equal(back, input.ptr, len);
    free(snappy);
    free(out);
    free(back);
    return size;
}

// Words of every sort that there is: steps, few values, few bits at either end, repetition, noise.
static uint64_t make_word(unsigned sort, size_t i, uint64_t *seed)
{
    uint64_t random = random_next(seed);
    double real = (double)(int64_t)(random % 360000) / 1000;
    switch (sort) {
    case 0:
        return 1000000 + i;
    case 1:
        return random % 7 * 0x0102030405060708u;
    case 2:
        return random >> (random % 64);
    case 3:
        return random << (random % 64);
    case 4:
        return 42;
    case 5:
        memcpy(&random, &real, sizeof real);
        return random;
    case 6:
        return i / 40 % 3 * 0xFF00FF00FF00FF00u + (random % 30 == 0);
    default:
        return random;
    }
}

static void words_of_every_sort_come_back(void **state)
{
    (void)state;
    static char bytes[SIZE + 16];
    uint64_t seed = 17;
    for (unsigned sort = 0; sort < 24; sort++)
        for (size_t len = 0; len <= SIZE; len = len * 3 + 1 + random_next(&seed) % 7) {
            size_t at = random_next(&seed) % 3 ? 7 : 0;
            for (size_t i = 0; i < 8; i++)
                bytes[i] = (char)i;
            for (size_t i = at; i < len; i += 8) {
                unsigned kind = sort < 8 ? sort : (unsigned)(random_next(&seed) % (sort - 4));
                uint64_t word = make_word(kind, i / 8, &seed);
                memcpy(bytes + i, &word, sizeof word);
            }
            words(str_n(bytes, len), at);
        }
}

static void words_shrink_as_they_should(void **state)
{
    (void)state;
    static uint64_t values[20000];
    struct str input = str_n((const char *)values, sizeof values);
    uint64_t seed = 19;
    assert_in_range(words(input, 0), 100, sizeof values / 15); // all zero
    for (size_t i = 0; i < 20000; i++)
        values[i] = make_word(0, i, &seed);
    assert_in_range(words(input, 0), 100, sizeof values * 51 / 100);
    for (size_t i = 0; i < 20000; i++)
        values[i] = make_word(5, i, &seed);
    assert_in_range(words(input, 0), 100, sizeof values * 72 / 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_and_level_comes_back),
        cmocka_unit_test(words_of_every_sort_come_back),
        cmocka_unit_test(words_shrink_as_they_should),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
