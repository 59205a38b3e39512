// SPDX-License-Identifier: Apache-2.0
// AWS Signature Version 4: making signatures and checking them.
//
// A request says who signed it in its Authorization header or, presigned, in its query string. sigv4_parse reads that;
// sigv4_verify computes the signature anew with the secret key and compares. Both are pure: finding the credential,
// and saying refusals in each service's words, is auth.h.
//
// What differs between S3 and the others: S3 signs the path encoded once and not normalised, the others encode it again and
// remove dot segments; S3 requires the header x-amz-content-sha256, the others sign the hash of the body. S3's
// streaming uploads go on signing each chunk: the seed for that is in struct sigv4_seed.
//
// Signing keys are derived by four HMACs from secret, date, region and service; a bounded cache keeps the last ones.
//
// Specified: IAM User Guide, "AWS Signature Version 4 for API requests"; Amazon S3 API Reference, "Authenticating
// Requests (AWS Signature Version 4)".
#ifndef HTTP_SIGV4_H
#define HTTP_SIGV4_H

#include "http/message.h"

#define SIGV4_SKEW_MS_MAX ((int64_t)15 * 60 * 1000)
#define SIGV4_PRESIGNED_SECONDS_MAX 604800
#define SIGV4_UNSIGNED_PAYLOAD "UNSIGNED-PAYLOAD"
#define SIGV4_EMPTY_SHA256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// What can be wrong with a signature. Each service family has its own words for them (auth.c).
enum sigv4_fault {
    SIGV4_OK,
    SIGV4_ABSENT,            // not signed at all
    SIGV4_MALFORMED,         // the header or the query parameters cannot be read: the text says why
    SIGV4_WRONG_ALGORITHM,   // SigV2, SigV4A, or something unheard of
    SIGV4_WRONG_SCOPE,       // date, region, service or terminator of the credential scope
    SIGV4_UNSIGNED_HEADERS,  // headers that must be signed are not: the text names them
    SIGV4_UNKNOWN_KEY,
    SIGV4_BAD_TOKEN,         // the session token is missing or not the key's
    SIGV4_EXPIRED_TOKEN,
    SIGV4_SKEWED,            // signed too long ago, or in the future
    SIGV4_PRESIGNED_EXPIRED,
    SIGV4_PRESIGNED_TOO_LONG,
    SIGV4_MISMATCH,
};

struct sigv4 {
    bool presigned;
    struct str access_key, date, region, service; // of the credential scope
    struct str scope;                             // date/region/service/aws4_request
    struct str signed_headers;                    // "host;x-amz-date"
    struct str signature;                         // hexadecimal
    struct str time_text;                         // 20261123T040506Z
    int64_t time_ms;
    int64_t expires_seconds; // presigned
    struct str token;        // session token, or STR_NONE
    struct str payload_hash; // x-amz-content-sha256, or STR_NONE
};

// What signed chunks continue from.
struct sigv4_seed {
    uint8_t key[32];
    struct str time_text, scope, signature;
};

struct sigv4_keys;
struct sigv4_keys *sigv4_keys_new(void);
void sigv4_keys_free(struct sigv4_keys *keys); // takes NULL
// `keys` NULL: derived without a cache.
void sigv4_signing_key(struct sigv4_keys *keys, struct str access_key, struct str secret_key, struct str date,
                       struct str region, struct str service, uint8_t out[32]);

// --- checking
enum sigv4_fault sigv4_parse(const struct http_request *request, struct sigv4 *out, struct error *error) MUST_CHECK;
// Time: skew for headers, expiry for presigned URLs.
enum sigv4_fault sigv4_check_time(const struct sigv4 *sigv4, int64_t now_ms) MUST_CHECK;
// `payload_hash` is what stands at the end of the canonical request. On SIGV4_MISMATCH the two texts, for S3's error, are
// in *out_canonical and *out_to_sign. *out_seed is filled when it matches.
struct sigv4_texts {
    struct str canonical, to_sign;
};
enum sigv4_fault sigv4_verify(struct sigv4_keys *keys, const struct http_request *request, const struct sigv4 *sigv4,
                              struct str secret_key, struct str payload_hash, bool s3, struct sigv4_texts *out_texts,
                              struct sigv4_seed *out_seed) MUST_CHECK;

// --- the steps, as AWS names them
// `signed_headers` lists the names, lower case, sorted, with ';' between.
struct str sigv4_canonical_request(struct arena *arena, const struct http_request *request, struct str signed_headers,
                                   struct str payload_hash, bool s3);
struct str sigv4_string_to_sign(struct arena *arena, struct str time_text, struct str scope, struct str canonical);

// --- signing
struct sigv4_signer {
    struct str access_key, secret_key, token; // token "" or STR_NONE for long-lived keys
    struct str region, service;
    int64_t now_ms;
};
// The Authorization header's value for a request whose headers include host, x-amz-date (time_basic of now_ms) and,
// with a token, x-amz-security-token; all its headers are signed.
struct str sigv4_authorization(struct arena *arena, const struct sigv4_signer *signer, const struct http_request *request,
                               struct str payload_hash);
// A presigned query string (to follow '?') for the request's method, host, path and query.
struct str sigv4_presign(struct arena *arena, const struct sigv4_signer *signer, const struct http_request *request,
                         int64_t expires_seconds);

#endif
