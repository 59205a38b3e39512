// SPDX-License-Identifier: Apache-2.0
// aws-chunked bodies against the examples that AWS publishes (S3 API Reference, "Signature
// calculations: transferring payload in multiple chunks" and "... trailing headers"), fed in pieces
// of every size.
#include "request.h"

#include "base/encode.h"
#include "http/chunked.h"

#include <string.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define TIME "20130524T000000Z"
#define SCOPE "20130524/us-east-1/s3/aws4_request"

static struct sigv4_seed seed_of(const char *signature)
{
    struct sigv4_seed seed = {
        .time_text = S(TIME), .scope = S(SCOPE), .signature = str_of(signature)};
    sigv4_signing_key(NULL, S("AKIAIOSFODNN7EXAMPLE"), S(SECRET), S("20130524"), S("us-east-1"),
                      S("s3"), seed.key);
    return seed;
}

static void put_chunk(struct buf *out, size_t size, const char *signature)
{
    buf_printf(out, "%zx%s%s\r\n", size, signature ? ";chunk-signature=" : "",
               signature ? signature : "");
    for (size_t i = 0; i < size; i++)
        buf_put_char(out, 'a');
    if (size)
        buf_puts(out, "\r\n");
}

// Feeds the body in pieces of `piece` bytes; the payload must be all 'a'.
static enum err feed(struct chunked *chunked, struct str body, size_t piece, uint64_t *out_payload)
{
    struct error error = {0};
    uint64_t payload = 0;
    for (size_t at = 0; at < body.len; at += piece) {
        struct str input = str_slice(body, at, at + piece);
        while (input.len) {
            struct str bytes;
            TRY(chunked_next(chunked, &input, &bytes, &error));
            for (size_t i = 0; i < bytes.len; i++)
                assert_int_equal(bytes.ptr[i], 'a');
            payload += bytes.len;
        }
    }
    *out_payload = payload;
    return OK;
}

static struct str signed_body(struct arena *arena)
{
    struct buf out = buf_in(arena, 100000);
    put_chunk(&out, 65536, "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648");
    put_chunk(&out, 1024, "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497");
    put_chunk(&out, 0, "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9");
    buf_puts(&out, "\r\n");
    return buf_str(&out);
}

static void signed_chunks(void **state)
{
    const size_t pieces[] = {1, 7, 1000, 65536, 1000000};
    struct str body = signed_body(*state);
    assert_int_equal(body.len, 66824); // as AWS's page states it
    for (size_t i = 0; i < COUNT_OF(pieces); i++) {
        struct sigv4_seed seed =
            seed_of("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
        struct chunked chunked;
        uint64_t payload;
        chunked_init(&chunked, *state, &seed, false);
        assert_int_equal(feed(&chunked, body, pieces[i], &payload), OK);
        assert_true(chunked_is_complete(&chunked));
        assert_int_equal(payload, 66560);
        chunked_deinit(&chunked);
    }
}

static enum err feed_changed(struct arena *arena, size_t offset, char to)
{
    struct str body = str_dup(arena, signed_body(arena));
    ((char *)(uintptr_t)body.ptr)[offset] = to;
    struct sigv4_seed seed =
        seed_of("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");
    struct chunked chunked;
    struct error error = {0};
    chunked_init(&chunked, arena, &seed, false);
    enum err err = OK;
    for (struct str bytes; body.len && err == OK;)
        err = chunked_next(&chunked, &body, &bytes, &error);
    chunked_deinit(&chunked);
    return err;
}

static void tampered_chunks(void **state)
{
    assert_int_equal(feed_changed(*state, 1000, 'a'), OK); // nothing changed
    assert_int_equal(feed_changed(*state, 1000, 'b'), ERR_DENIED);
    assert_int_equal(feed_changed(*state, 30, '0'), ERR_DENIED);    // its signature
    assert_int_equal(feed_changed(*state, 66800, '0'), ERR_DENIED); // the last chunk's
    assert_int_equal(feed_changed(*state, 0, 'g'), ERR_SYNTAX);
}

static void signed_trailer(void **state)
{
    struct buf out = buf_in(*state, 100000);
    put_chunk(&out, 65536, "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2");
    put_chunk(&out, 1024, "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7");
    put_chunk(&out, 0, "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992");
    buf_puts(&out, "x-amz-checksum-crc32c:sOO8/Q==\r\n"
                   "x-amz-trailer-signature:"
                   "d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n");
    struct sigv4_seed seed =
        seed_of("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    struct chunked chunked;
    uint64_t payload;
    chunked_init(&chunked, *state, &seed, true);
    assert_int_equal(feed(&chunked, buf_str(&out), 100, &payload), OK);
    assert_true(chunked_is_complete(&chunked));
    assert_str(chunked_trailer(&chunked, "x-amz-checksum-crc32c"), "sOO8/Q==");
    chunked_deinit(&chunked);

    struct str unsigned_trailer =
        str_replace(*state, buf_str(&out), S("x-amz-trailer-signature"), S("x-amz-nothing"));
    chunked_init(&chunked, *state, &seed, true);
    assert_int_equal(feed(&chunked, unsigned_trailer, 100, &payload), ERR_DENIED);
    chunked_deinit(&chunked);
}

static void unsigned_trailer(void **state)
{
    struct chunked chunked;
    uint64_t payload;
    chunked_init(&chunked, *state, NULL, true);
    assert_int_equal(feed(&chunked,
                          S("3\r\naaa\r\n2\r\naa\r\n0\r\nX-Amz-Checksum-CRC32: AAAAAA==\r\n\r\n"),
                          1, &payload),
                     OK);
    assert_true(chunked_is_complete(&chunked));
    assert_int_equal(payload, 5);
    assert_str(chunked_trailer(&chunked, "x-amz-checksum-crc32"), "AAAAAA==");
    chunked_deinit(&chunked);
}

static enum err feed_unsigned(struct arena *arena, const char *body, bool has_trailer,
                              bool *out_complete)
{
    struct chunked chunked;
    uint64_t payload;
    chunked_init(&chunked, arena, NULL, has_trailer);
    enum err err = feed(&chunked, str_of(body), 1, &payload);
    *out_complete = chunked_is_complete(&chunked);
    chunked_deinit(&chunked);
    return err;
}

static void broken_framing(void **state)
{
    bool complete;
    char long_line[CHUNK_LINE_BYTES_MAX + 100];
    memset(long_line, '0', sizeof long_line - 1);
    long_line[sizeof long_line - 1] = '\0';
    assert_int_equal(feed_unsigned(*state, "3\r\naaa\r\n", false, &complete), OK);
    assert_false(complete);
    assert_int_equal(feed_unsigned(*state, "3\r\naaaa\r\n", false, &complete), ERR_SYNTAX);
    assert_int_equal(feed_unsigned(*state, "\r\n", false, &complete), ERR_SYNTAX);
    assert_int_equal(feed_unsigned(*state, "-1\r\n", false, &complete), ERR_SYNTAX);
    assert_int_equal(feed_unsigned(*state, "1234567890abcdef\r\n", false, &complete), ERR_SYNTAX);
    assert_int_equal(feed_unsigned(*state, "0\r\nx: y\r\n\r\n", false, &complete), ERR_SYNTAX);
    assert_int_equal(feed_unsigned(*state, "0\r\n\r\nmore", false, &complete), ERR_SYNTAX);
    assert_int_equal(feed_unsigned(*state, long_line, false, &complete), ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(unsigned_trailer), ARENA_TEST(broken_framing), ARENA_TEST(signed_chunks),
        ARENA_TEST(tampered_chunks),  ARENA_TEST(signed_trailer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
