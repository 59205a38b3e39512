// SPDX-License-Identifier: Apache-2.0
// Signatures against the examples that AWS publishes: IAM User Guide, "Signature Version 4 signing
// process" and S3 API Reference, "Signature calculations for the Authorization header", "... query
// parameters".
#include "request.h"

#include "base/encode.h"
#include "base/timefmt.h"
#include "http/sigv4.h"

#include <stdio.h>
#include <string.h>

#define SECRET "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define S3_SCOPE "Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request"
#define EMPTY SIGV4_EMPTY_SHA256

static enum sigv4_fault verify(struct arena *arena, const char *text, const char *secret,
                               struct str payload, bool s3)
{
    struct http_request *request = request_of(arena, text);
    struct sigv4 sigv4;
    struct sigv4_texts texts;
    struct sigv4_seed seed;
    struct error error = {0};
    enum sigv4_fault fault = sigv4_parse(request, &sigv4, &error);
    if (fault)
        return fault;
    if (!payload.ptr)
        payload = sigv4.payload_hash;
    return sigv4_verify(NULL, request, &sigv4, str_of(secret), payload, s3, &texts, &seed);
}

static void iam_list_users(void **state)
{
    static const char text[] =
        "GET /?Action=ListUsers&Version=2010-05-08\n"
        "Host: iam.amazonaws.com\nContent-Type: application/x-www-form-urlencoded; charset=utf-8\n"
        "X-Amz-Date: 20150830T123600Z\n"
        "Authorization: AWS4-HMAC-SHA256 "
        "Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, "
        "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7\n";
    const char *secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    assert_int_equal(verify(*state, text, secret, S(EMPTY), false), SIGV4_OK);
    assert_int_equal(verify(*state, text, "another", S(EMPTY), false), SIGV4_MISMATCH);
    assert_int_equal(verify(*state, text, secret, S("UNSIGNED-PAYLOAD"), false), SIGV4_MISMATCH);
}

static void s3_get_object(void **state)
{
    assert_int_equal(
        verify(*state,
               "GET /test.txt\nHost: examplebucket.s3.amazonaws.com\nRange: bytes=0-9\n"
               "x-amz-content-sha256: " EMPTY "\nx-amz-date: 20130524T000000Z\n"
               "Authorization: AWS4-HMAC-SHA256 " S3_SCOPE
               ",SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
               "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41\n",
               SECRET, STR_NONE, true),
        SIGV4_OK);
}

// A key with a character that must be escaped, and the Date header.
static void s3_put_object(void **state)
{
    assert_int_equal(
        verify(*state,
               "PUT /test$file.text\nHost: examplebucket.s3.amazonaws.com\nDate: Fri, 24 May 2013 "
               "00:00:00 GMT\n"
               "x-amz-date: 20130524T000000Z\nx-amz-storage-class: REDUCED_REDUNDANCY\n"
               "x-amz-content-sha256: "
               "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n"
               "Authorization: AWS4-HMAC-SHA256 " S3_SCOPE ","
               "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
               "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd\n",
               SECRET, STR_NONE, true),
        SIGV4_OK);
}

static void s3_query_strings(void **state)
{
#define GET_WITH(query, signature)                                                                 \
    "GET /" query "\nHost: examplebucket.s3.amazonaws.com\nx-amz-date: 20130524T000000Z\n"         \
    "x-amz-content-sha256: " EMPTY "\nAuthorization: AWS4-HMAC-SHA256 " S3_SCOPE ","               \
    "SignedHeaders=host;x-amz-content-sha256;x-amz-date,Signature=" signature "\n"
    static const char lifecycle[] =
        GET_WITH("?lifecycle", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    static const char list[] = GET_WITH(
        "?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    static const char swapped[] = GET_WITH(
        "?prefix=J&max-keys=2", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    static const char other[] = GET_WITH(
        "?max-keys=3&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
    assert_int_equal(verify(*state, lifecycle, SECRET, STR_NONE, true), SIGV4_OK);
    assert_int_equal(verify(*state, list, SECRET, STR_NONE, true), SIGV4_OK);
    assert_int_equal(verify(*state, swapped, SECRET, STR_NONE, true), SIGV4_OK);
    assert_int_equal(verify(*state, other, SECRET, STR_NONE, true), SIGV4_MISMATCH);
}

static const char PRESIGNED[] =
    "GET /test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
    "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date="
    "20130524T000000Z"
    "&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
    "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404\n"
    "Host: examplebucket.s3.amazonaws.com\n";

static void s3_presigned(void **state)
{
    assert_int_equal(verify(*state, PRESIGNED, SECRET, S("UNSIGNED-PAYLOAD"), true), SIGV4_OK);
    struct sigv4 sigv4;
    struct error error;
    assert_int_equal(sigv4_parse(request_of(*state, PRESIGNED), &sigv4, &error), SIGV4_OK);
    assert_true(sigv4.presigned);
    int64_t signed_ms = sigv4.time_ms;
    assert_int_equal(sigv4_check_time(&sigv4, signed_ms + 86400 * 1000), SIGV4_OK);
    assert_int_equal(sigv4_check_time(&sigv4, signed_ms + 86400 * 1000 + 1),
                     SIGV4_PRESIGNED_EXPIRED);
    assert_int_equal(sigv4_check_time(&sigv4, signed_ms - SIGV4_SKEW_MS_MAX - 1), SIGV4_SKEWED);
    sigv4.expires_seconds = SIGV4_PRESIGNED_SECONDS_MAX + 1;
    assert_int_equal(sigv4_check_time(&sigv4, signed_ms), SIGV4_PRESIGNED_TOO_LONG);
}

static void clock_skew(void **state)
{
    (void)state;
    const struct sigv4 sigv4 = {.time_ms = 1000000000000};
    assert_int_equal(sigv4_check_time(&sigv4, 1000000000000 + SIGV4_SKEW_MS_MAX), SIGV4_OK);
    assert_int_equal(sigv4_check_time(&sigv4, 1000000000000 - SIGV4_SKEW_MS_MAX), SIGV4_OK);
    assert_int_equal(sigv4_check_time(&sigv4, 1000000000001 + SIGV4_SKEW_MS_MAX), SIGV4_SKEWED);
    assert_int_equal(sigv4_check_time(&sigv4, 999999999999 - SIGV4_SKEW_MS_MAX), SIGV4_SKEWED);
}

static void canonical_paths(void **state)
{
    struct http_request *request =
        request_of(*state, "GET /a//b/../c%20d/%2F%E4+~?b=1&a=%20x&a=\nHost: h\n");
    assert_str(sigv4_canonical_request(*state, request, S("host"), S("H"), true),
               "GET\n/a//b/../c%20d//%E4%2B~\na=&a=%20x&b=1\nhost:h\n\nhost\nH");
    assert_str(sigv4_canonical_request(*state, request, S("host"), S("H"), false),
               "GET\n/a/c%2520d/%252F%25E4%2B~\na=&a=%20x&b=1\nhost:h\n\nhost\nH");
    request = request_of(*state, "GET /\nHost: h\nX: a   b \nx: c\n");
    assert_str(sigv4_canonical_request(*state, request, S("host;x"), S("H"), false),
               "GET\n/\n\nhost:h\nx:a b,c\n\nhost;x\nH");
}

static enum sigv4_fault parse(struct arena *arena, const char *text)
{
    struct sigv4 sigv4;
    struct error error = {0};
    return sigv4_parse(request_of(arena, text), &sigv4, &error);
}

static void what_cannot_be_read(void **state)
{
#define AUTHORIZED(value) "GET /\nHost: h\nX-Amz-Date: 20130524T000000Z\nAuthorization: " value "\n"
#define REST ", SignedHeaders=host, Signature=00"
    assert_int_equal(parse(*state, "GET /\nHost: h\n"), SIGV4_ABSENT);
    assert_int_equal(parse(*state, "GET /?x=1\nHost: h\n"), SIGV4_ABSENT);
    assert_int_equal(parse(*state, AUTHORIZED("AWS AKID:sig")), SIGV4_WRONG_ALGORITHM);
    assert_int_equal(parse(*state, AUTHORIZED("Bearer x")), SIGV4_WRONG_ALGORITHM);
    assert_int_equal(parse(*state, AUTHORIZED("")), SIGV4_WRONG_ALGORITHM);
    assert_int_equal(parse(*state, AUTHORIZED("AWS4-HMAC-SHA256")), SIGV4_MALFORMED);
    assert_int_equal(parse(*state, AUTHORIZED("AWS4-HMAC-SHA256 Credential=a/b" REST)),
                     SIGV4_MALFORMED);
    assert_int_equal(
        parse(*state, AUTHORIZED("AWS4-HMAC-SHA256 Credential=a/20130524/r/s/aws4_request")),
        SIGV4_MALFORMED);
    assert_int_equal(
        parse(*state, AUTHORIZED("AWS4-HMAC-SHA256 Credential=a/20130524/r/s/aws3_request" REST)),
        SIGV4_WRONG_SCOPE);
    assert_int_equal(
        parse(*state, AUTHORIZED("AWS4-HMAC-SHA256 Credential=a/20130525/r/s/aws4_request" REST)),
        SIGV4_WRONG_SCOPE);
    assert_int_equal(
        parse(*state, AUTHORIZED("AWS4-HMAC-SHA256 Credential=a/20130524/r/s/aws4_request" REST)),
        SIGV4_OK);
    assert_int_equal(parse(*state, "GET /\nHost: h\nAuthorization: AWS4-HMAC-SHA256 "
                                   "Credential=a/20130524/r/s/aws4_request" REST "\n"),
                     SIGV4_MALFORMED);
    assert_int_equal(parse(*state, "GET /?X-Amz-Algorithm=AWS4-HMAC-SHA256\nHost: h\n"),
                     SIGV4_MALFORMED);
    assert_int_equal(parse(*state, "GET /?AWSAccessKeyId=a&Signature=b&Expires=1\nHost: h\n"),
                     SIGV4_WRONG_ALGORITHM);
}

static void signs_what_it_verifies(void **state)
{
    struct arena *arena = *state;
    const struct sigv4_signer signer = {.access_key = S("AKID"),
                                        .secret_key = S(SECRET),
                                        .region = S("eu-west-1"),
                                        .service = S("lambda"),
                                        .now_ms = 1369353600000};
    struct http_request *request = request_of(
        arena,
        "POST /2015-03-31/functions/a%3Ab/x?q=1\nHost: h:4566\nX-Amz-Date: 20130524T000000Z\n");
    struct str authorization = sigv4_authorization(arena, &signer, request, S(EMPTY));
    const char *text =
        str_cstr(arena, str_format(arena,
                                   "POST /2015-03-31/functions/a%%3Ab/x?q=1\nHost: h:4566\n"
                                   "X-Amz-Date: 20130524T000000Z\nAuthorization: %.*s\n",
                                   STR_ARG(authorization)));
    assert_int_equal(verify(arena, text, SECRET, S(EMPTY), false), SIGV4_OK);

    struct sigv4_signer s3 = signer;
    s3.service = S("s3");
    s3.token = S("to/ken=");
    struct str query =
        sigv4_presign(arena, &s3, request_of(arena, "GET /b/k%20k?versionId=1\nHost: h\n"), 60);
    text = str_cstr(arena, str_format(arena, "GET /b/k%%20k?%.*s\nHost: h\n", STR_ARG(query)));
    assert_int_equal(verify(arena, text, SECRET, S("UNSIGNED-PAYLOAD"), true), SIGV4_OK);
}

// A cached key is used only for exactly what it was derived from.
static void key_cache(void **state)
{
    (void)state;
    struct sigv4_keys *keys = sigv4_keys_new();
    uint8_t first[32], again[32], plain[32];
    for (int round = 0; round < 1000; round++) {
        char date[16], secret[16];
        snprintf(date, sizeof date, "2013%04d", round % 300);
        snprintf(secret, sizeof secret, "secret%d", round % 7);
        sigv4_signing_key(keys, S("A"), str_of(secret), str_of(date), S("r"), S("s"), first);
        sigv4_signing_key(keys, S("A"), str_of(secret), str_of(date), S("r"), S("s"), again);
        sigv4_signing_key(NULL, S("A"), str_of(secret), str_of(date), S("r"), S("s"), plain);
        assert_memory_equal(first, again, 32);
        assert_memory_equal(first, plain, 32);
    }
    sigv4_keys_free(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(canonical_paths),
        ARENA_TEST(iam_list_users),
        ARENA_TEST(s3_get_object),
        ARENA_TEST(s3_put_object),
        ARENA_TEST(s3_query_strings),
        ARENA_TEST(s3_presigned),
        ARENA_TEST(clock_skew),
        ARENA_TEST(what_cannot_be_read),
        ARENA_TEST(signs_what_it_verifies),
        ARENA_TEST(key_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
