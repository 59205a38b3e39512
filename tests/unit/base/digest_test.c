// SPDX-License-Identifier: Apache-2.0
// Published check values, then: pieces agree with the whole, and the fast kernels agree with the
// portable ones.
#include "fixture.h"
#include "base/digest.h"
#include "base/crc.h"
#include "base/encode.h"

#include <string.h>

#define SAMPLE_BYTES 3000

static void fill_sample(uint8_t sample[SAMPLE_BYTES])
{
    uint32_t x = 12345;
    for (int i = 0; i < SAMPLE_BYTES; i++) {
        x = x * 1664525 + 1013904223;
        sample[i] = (uint8_t)(x >> 24);
    }
}

static void check_values(void **state)
{
    static const struct {
        enum digest_kind kind;
        const char *nothing, *digits; // of "" and of "123456789"
    } rows[] = {
        {DIGEST_CRC32, "00000000", "cbf43926"},
        {DIGEST_CRC32C, "00000000", "e3069283"},
        {DIGEST_CRC64NVME, "0000000000000000", "ae8b14860a799888"},
        {DIGEST_MD5, "d41d8cd98f00b204e9800998ecf8427e", "25f9e794323b453885f5181f1b624d0b"},
        {DIGEST_SHA1, "da39a3ee5e6b4b0d3255bfef95601890afd80709",
         "f7c3bc1d808e04732adf679965ccc34ca7ae3441"},
        {DIGEST_SHA256, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
         "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str nothing = digest_hex(*state, rows[i].kind, STR_NONE);
        struct str digits = digest_hex(*state, rows[i].kind, S("123456789"));
        assert_string_equal(str_cstr(*state, nothing), rows[i].nothing);
        assert_string_equal(str_cstr(*state, digits), rows[i].digits);
        assert_int_equal(digest_size(rows[i].kind) * 2, digits.len);
    }
}

static void pieces_agree_with_the_whole(void **state)
{
    uint8_t sample[SAMPLE_BYTES];
    fill_sample(sample);
    struct str whole = str_n((const char *)sample, SAMPLE_BYTES);
    for (enum digest_kind kind = DIGEST_CRC32; kind <= DIGEST_SHA256; kind++) {
        uint8_t expected[DIGEST_BYTES_MAX], value[DIGEST_BYTES_MAX];
        size_t size = digest_of(kind, whole, expected);
        for (size_t cut = 0; cut <= SAMPLE_BYTES; cut += 37) {
            struct digest digest;
            digest_init(&digest, kind);
            digest_update(&digest, sample, cut);
            digest_update(&digest, sample + cut, 0);
            digest_update(&digest, sample + cut, SAMPLE_BYTES - cut);
            assert_int_equal(digest_final(&digest, value), size);
            assert_memory_equal(value, expected, size);
            digest_deinit(&digest);
        }
    }
    (void)state;
}

static uint32_t crc32_bit_by_bit(const uint8_t *p, size_t len)
{
    uint32_t crc = 0xFFFFFFFF;
    for (size_t i = 0; i < len; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return ~crc;
}

static void fast_kernels_agree_with_portable_ones(void **state)
{
    uint8_t sample[SAMPLE_BYTES];
    fill_sample(sample);
    for (size_t start = 0; start < 17; start += 4) {
        for (size_t len = 0; len < 700; len++) {
            const uint8_t *p = sample + start;
            assert_int_equal(crc32_update(0, p, len), crc32_bit_by_bit(p, len));
            assert_int_equal(crc32c_update(7, p, len), crc32c_portable(7, p, len));
            assert_true(crc64nvme_update(7, p, len) == crc64nvme_portable(7, p, len));
        }
    }
    (void)state;
}

static uint64_t crc_value(enum digest_kind kind, const uint8_t *p, size_t len)
{
    uint8_t bytes[DIGEST_BYTES_MAX];
    size_t size = digest_of(kind, str_n((const char *)p, len), bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | bytes[i];
    return value;
}

static void combined_crcs(void **state)
{
    uint8_t sample[SAMPLE_BYTES];
    fill_sample(sample);
    for (enum digest_kind kind = DIGEST_CRC32; kind <= DIGEST_CRC64NVME; kind++) {
        uint64_t whole = crc_value(kind, sample, SAMPLE_BYTES);
        for (size_t cut = 0; cut <= SAMPLE_BYTES; cut += 500) {
            uint64_t first = crc_value(kind, sample, cut);
            uint64_t second = crc_value(kind, sample + cut, SAMPLE_BYTES - cut);
            assert_true(crc_combine(kind, first, second, SAMPLE_BYTES - cut) == whole);
        }
    }
    (void)state;
}

static void hmac(void **state)
{
    uint8_t value[32]; // RFC 4231, test cases 2 and 6
    hmac_sha256(S("Jefe"), S("what do ya want for nothing?"), value);
    struct str hex = hex_encode(*state, str_n((char *)value, 32));
    assert_true(str_is(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"));
    char key[131];
    memset(key, 0xAA, sizeof key);
    hmac_sha256(str_n(key, sizeof key), S("Test Using Larger Than Block-Size Key - Hash Key First"),
                value);
    hex = hex_encode(*state, str_n((char *)value, 32));
    assert_true(str_is(hex, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"));
    hmac_sha256(STR_NONE, STR_NONE, value);
    hex = hex_encode(*state, str_n((char *)value, 32));
    assert_true(str_is(hex, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"));
}

static void constant_time_equality(void **state)
{
    assert_true(bytes_equal_const_time("abc", "abd", 2));
    assert_false(bytes_equal_const_time("abc", "abd", 3));
    assert_true(bytes_equal_const_time(NULL, NULL, 0));
    (void)state;
}

static void abandoning(void **state)
{
    struct digest digest;
    digest_init(&digest, DIGEST_SHA256);
    digest_update(&digest, "x", 1);
    digest_deinit(&digest);
    digest_deinit(&digest);
    digest_deinit(NULL);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(check_values),
        cmocka_unit_test(pieces_agree_with_the_whole),
        cmocka_unit_test(fast_kernels_agree_with_portable_ones),
        cmocka_unit_test(combined_crcs),
        ARENA_TEST(hmac),
        cmocka_unit_test(constant_time_equality),
        cmocka_unit_test(abandoning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
