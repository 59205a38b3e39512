// SPDX-License-Identifier: Apache-2.0
// How a signature comes about: the request is brought into one canonical text; its hash, the time
// and the scope make the string to sign; HMAC with the derived key signs it. Checking does the same
// and compares in constant time.
//
// Path and query are decoded and encoded again, so that clients that left different characters
// unescaped agree.
#include "http/sigv4.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/timefmt.h"

#include <stdlib.h>
#include <string.h>

#define ALGORITHM "AWS4-HMAC-SHA256"
#define CANONICAL_BYTES_MAX ((size_t)1024 * 1024)
#define SIGNATURE_HEX 64

// ================================================================ reading what a request says

static enum sigv4_fault read_credential(struct str credential, struct sigv4 *out,
                                        struct error *error)
{
    struct str rest = credential, terminator;
    size_t slash = str_find_char(credential, '/');
    if (!str_cut(&rest, '/', &out->access_key) || !str_cut(&rest, '/', &out->date) ||
        !str_cut(&rest, '/', &out->region) || !str_cut(&rest, '/', &out->service) ||
        !str_cut(&rest, '/', &terminator) || rest.ptr || !out->access_key.len) {
        (void)error_set(error, ERR_SYNTAX,
                        "the Credential is mal-formed; expecting "
                        "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
        return SIGV4_MALFORMED;
    }
    if (!str_is(terminator, "aws4_request")) {
        (void)error_set(error, ERR_SYNTAX,
                        "Credential should be scoped with a valid terminator: 'aws4_request'.");
        return SIGV4_WRONG_SCOPE;
    }
    out->scope = str_from(credential, slash + 1);
    return SIGV4_OK;
}

static enum sigv4_fault read_time(struct sigv4 *out, struct str text, struct error *error)
{
    out->time_text = text;
    if (!time_parse_basic(text, &out->time_ms)) {
        (void)error_set(error, ERR_SYNTAX,
                        "AWS authentication requires a valid Date or x-amz-date header in the form "
                        "YYYYMMDD'T'HHMMSS'Z'.");
        return SIGV4_MALFORMED;
    }
    if (!str_starts(text, out->date) || out->date.len != 8) {
        (void)error_set(error, ERR_SYNTAX,
                        "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of "
                        "date from HTTP: "
                        "'%.*s' != '%.*s', from '%.*s'.",
                        STR_ARG(out->date), STR_ARG(str_slice(text, 0, 8)), STR_ARG(text));
        return SIGV4_WRONG_SCOPE;
    }
    return SIGV4_OK;
}

// "Credential=..., SignedHeaders=..., Signature=..." after the algorithm.
static enum sigv4_fault read_header(const struct http_request *request, struct str header,
                                    struct sigv4 *out, struct error *error)
{
    struct str rest = str_trim(header), algorithm = STR_NONE, credential = STR_NONE;
    str_cut(&rest, ' ', &algorithm);
    if (!str_is(algorithm, ALGORITHM)) {
        (void)error_set(error, ERR_UNSUPPORTED, "Unsupported Authorization Type");
        return SIGV4_WRONG_ALGORITHM;
    }
    for (struct str part; str_cut(&rest, ',', &part);) {
        struct str value = str_trim(part), name;
        str_cut(&value, '=', &name);
        if (str_is(name, "Credential"))
            credential = value;
        else if (str_is(name, "SignedHeaders"))
            out->signed_headers = value;
        else if (str_is(name, "Signature"))
            out->signature = value;
    }
    const char *missing = !credential.ptr            ? "Credential"
                          : !out->signature.ptr      ? "Signature"
                          : !out->signed_headers.ptr ? "SignedHeaders"
                                                     : NULL;
    if (missing) {
        (void)error_set(error, ERR_SYNTAX,
                        "Authorization header requires '%s' parameter. Authorization=%s", missing,
                        ALGORITHM);
        return SIGV4_MALFORMED;
    }
    enum sigv4_fault fault = read_credential(credential, out, error);
    if (fault)
        return fault;
    out->token = http_request_header(request, "x-amz-security-token");
    struct str time = http_request_header(request, "x-amz-date");
    int64_t ms;
    if (!time.ptr && time_parse_http(http_request_header(request, "date"), &ms))
        time = time_basic(request->arena, ms);
    return read_time(out, time, error);
}

static struct str pair_value(const struct http_pair *pairs, size_t count, const char *name)
{
    const struct http_pair *pair = http_pair_find(pairs, count, name);
    return pair ? pair->value : STR_NONE;
}

static enum sigv4_fault read_presigned(const struct http_pair *pairs, size_t count,
                                       struct sigv4 *out, struct error *error)
{
    out->presigned = true;
    if (!str_is(pair_value(pairs, count, "X-Amz-Algorithm"), ALGORITHM)) {
        (void)error_set(error, ERR_UNSUPPORTED, "X-Amz-Algorithm only supports \"%s\"", ALGORITHM);
        return SIGV4_WRONG_ALGORITHM;
    }
    struct str credential = pair_value(pairs, count, "X-Amz-Credential");
    struct str expires = pair_value(pairs, count, "X-Amz-Expires");
    out->signature = pair_value(pairs, count, "X-Amz-Signature");
    out->signed_headers = pair_value(pairs, count, "X-Amz-SignedHeaders");
    out->token = pair_value(pairs, count, "X-Amz-Security-Token");
    if (!credential.ptr || !out->signature.ptr || !out->signed_headers.ptr || !expires.ptr) {
        (void)error_set(
            error, ERR_SYNTAX,
            "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, "
            "X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
        return SIGV4_MALFORMED;
    }
    if (!str_to_i64(expires, &out->expires_seconds) || out->expires_seconds < 0) {
        (void)error_set(error, ERR_SYNTAX, "X-Amz-Expires should be a number");
        return SIGV4_MALFORMED;
    }
    enum sigv4_fault fault = read_credential(credential, out, error);
    if (fault)
        return fault;
    return read_time(out, pair_value(pairs, count, "X-Amz-Date"), error);
}

enum sigv4_fault sigv4_parse(const struct http_request *request, struct sigv4 *out,
                             struct error *error)
{
    struct http_pair *pairs;
    size_t count;
    *out = (struct sigv4){0};
    out->payload_hash = http_request_header(request, "x-amz-content-sha256");
    struct str header = http_request_header(request, "authorization");
    if (header.ptr)
        return read_header(request, header, out, error);
    if (!str_contains(request->query, S("X-Amz-")) &&
        !str_contains(request->query, S("AWSAccessKeyId=")))
        return SIGV4_ABSENT;
    if (http_pairs_parse(request->arena, request->query, false, &pairs, &count) != OK) {
        (void)error_set(error, ERR_SYNTAX, "the query string cannot be decoded");
        return SIGV4_MALFORMED;
    }
    if (http_pair_find(pairs, count, "AWSAccessKeyId") &&
        http_pair_find(pairs, count, "Signature")) {
        (void)error_set(error, ERR_UNSUPPORTED, "Signature Version 2 is not supported");
        return SIGV4_WRONG_ALGORITHM;
    }
    if (!http_pair_find(pairs, count, "X-Amz-Algorithm") &&
        !http_pair_find(pairs, count, "X-Amz-Signature"))
        return SIGV4_ABSENT;
    return read_presigned(pairs, count, out, error);
}

enum sigv4_fault sigv4_check_time(const struct sigv4 *sigv4, int64_t now_ms)
{
    if (!sigv4->presigned)
        return llabs(now_ms - sigv4->time_ms) > SIGV4_SKEW_MS_MAX ? SIGV4_SKEWED : SIGV4_OK;
    if (sigv4->expires_seconds > SIGV4_PRESIGNED_SECONDS_MAX)
        return SIGV4_PRESIGNED_TOO_LONG;
    if (sigv4->time_ms - now_ms > SIGV4_SKEW_MS_MAX)
        return SIGV4_SKEWED;
    return now_ms > sigv4->time_ms + sigv4->expires_seconds * 1000 ? SIGV4_PRESIGNED_EXPIRED
                                                                   : SIGV4_OK;
}

// ================================================================ the canonical request

// Decodes and encodes again. What cannot be decoded is encoded as it stands: the signature will not
// match.
static void put_reencoded(struct buf *out, struct arena *arena, struct str raw, bool keep_slash)
{
    struct str plain;
    if (uri_decode(arena, raw, false, &plain) != OK)
        plain = raw;
    uri_encode(out, plain, keep_slash);
}

// RFC 3986 5.2.4 on whole segments; repeated slashes become one, as AWS's "normalize URI path" has
// it.
static struct str normalised_path(struct arena *arena, struct str path)
{
    struct str *kept = NULL;
    size_t count = 0, capacity = 0;
    bool slash_at_end = path.len && path.ptr[path.len - 1] == '/';
    for (struct str segment, rest = path; str_cut(&rest, '/', &segment);) {
        if (segment.len == 0 || str_is(segment, "."))
            continue;
        if (str_is(segment, "..")) {
            count -= count > 0;
            continue;
        }
        *ARENA_PUSH(arena, kept, count, capacity) = segment;
    }
    struct buf out = buf_in(arena, path.len + 1);
    for (size_t i = 0; i < count; i++) {
        buf_put_char(&out, '/');
        buf_put(&out, kept[i]);
    }
    if (slash_at_end || count == 0)
        buf_put_char(&out, '/');
    return buf_str(&out);
}

static void put_path(struct buf *out, struct arena *arena, struct str path, bool s3)
{
    if (s3)
        put_reencoded(out, arena, path, true);
    else
        uri_encode(out, normalised_path(arena, path), true);
}

static int compare_pairs(const void *a, const void *b)
{
    const struct http_pair *left = a, *right = b;
    int order = str_cmp(left->name, right->name);
    return order ? order : str_cmp(left->value, right->value);
}

static struct str reencoded(struct arena *arena, struct str raw)
{
    struct buf out = buf_in(arena, raw.len * 3 + 1);
    put_reencoded(&out, arena, raw, false);
    return buf_str(&out);
}

static void put_query(struct buf *out, struct arena *arena, struct str query)
{
    struct http_pair *pairs = NULL;
    size_t count = 0, capacity = 0;
    for (struct str part; query.len && str_cut(&query, '&', &part);) {
        struct str value = part, name;
        str_cut(&value, '=', &name);
        if (!part.len || str_is(name, "X-Amz-Signature"))
            continue;
        *ARENA_PUSH(arena, pairs, count, capacity) =
            (struct http_pair){.name = reencoded(arena, name), .value = reencoded(arena, value)};
    }
    if (count)
        qsort(pairs, count, sizeof *pairs, compare_pairs);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_put_char(out, '&');
        buf_put(out, pairs[i].name);
        buf_put_char(out, '=');
        buf_put(out, pairs[i].value);
    }
}

// Trimmed, runs of spaces as one.
static void put_header_value(struct buf *out, struct str value)
{
    value = str_trim(value);
    for (size_t i = 0; i < value.len; i++)
        if (value.ptr[i] != ' ' || value.ptr[i - 1] != ' ')
            buf_put_char(out, value.ptr[i]);
}

static void put_headers(struct buf *out, const struct http_request *request,
                        struct str signed_headers)
{
    for (struct str name, rest = signed_headers; str_cut(&rest, ';', &name);) {
        buf_put(out, name);
        buf_put_char(out, ':');
        bool first = true;
        for (size_t i = 0; i < request->header_count; i++) {
            if (!str_eq(request->headers[i].name, name))
                continue;
            if (!first)
                buf_put_char(out, ',');
            put_header_value(out, request->headers[i].value);
            first = false;
        }
        buf_put_char(out, '\n');
    }
}

struct str sigv4_canonical_request(struct arena *arena, const struct http_request *request,
                                   struct str signed_headers, struct str payload_hash, bool s3)
{
    struct buf out = buf_in(arena, CANONICAL_BYTES_MAX);
    buf_put(&out, request->method);
    buf_put_char(&out, '\n');
    put_path(&out, arena, request->path, s3);
    buf_put_char(&out, '\n');
    put_query(&out, arena, request->query);
    buf_put_char(&out, '\n');
    put_headers(&out, request, signed_headers);
    buf_put_char(&out, '\n');
    buf_put(&out, signed_headers);
    buf_put_char(&out, '\n');
    buf_put(&out, payload_hash);
    return buf_str(&out);
}

struct str sigv4_string_to_sign(struct arena *arena, struct str time_text, struct str scope,
                                struct str canonical)
{
    return str_format(arena, ALGORITHM "\n%.*s\n%.*s\n%.*s", STR_ARG(time_text), STR_ARG(scope),
                      STR_ARG(digest_hex(arena, DIGEST_SHA256, canonical)));
}

// ================================================================ checking

enum sigv4_fault sigv4_verify(struct sigv4_keys *keys, const struct http_request *request,
                              const struct sigv4 *sigv4, struct str secret_key,
                              struct str payload_hash, bool s3, struct sigv4_texts *out_texts,
                              struct sigv4_seed *out_seed)
{
    struct arena *arena = request->arena;
    struct str canonical =
        sigv4_canonical_request(arena, request, sigv4->signed_headers, payload_hash, s3);
    struct str to_sign = sigv4_string_to_sign(arena, sigv4->time_text, sigv4->scope, canonical);
    struct sigv4_seed seed = {
        .time_text = sigv4->time_text, .scope = sigv4->scope, .signature = sigv4->signature};
    sigv4_signing_key(keys, sigv4->access_key, secret_key, sigv4->date, sigv4->region,
                      sigv4->service, seed.key);
    uint8_t mac[32];
    hmac_sha256(str_n((char *)seed.key, 32), to_sign, mac);
    struct str expected = hex_encode(arena, str_n((char *)mac, 32));
    if (sigv4->signature.len != SIGNATURE_HEX ||
        !bytes_equal_const_time(expected.ptr, sigv4->signature.ptr, SIGNATURE_HEX)) {
        *out_texts = (struct sigv4_texts){canonical, to_sign};
        return SIGV4_MISMATCH;
    }
    *out_seed = seed;
    return SIGV4_OK;
}

// ================================================================ signing

static int compare_strs(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static struct str all_header_names(struct arena *arena, const struct http_request *request)
{
    struct str *names = ARENA_ARRAY(arena, struct str, request->header_count + 1);
    for (size_t i = 0; i < request->header_count; i++)
        names[i] = request->headers[i].name;
    qsort(names, request->header_count, sizeof *names, compare_strs);
    struct buf out = buf_in(arena, CANONICAL_BYTES_MAX);
    for (size_t i = 0; i < request->header_count; i++) {
        if (i && str_eq(names[i], names[i - 1]))
            continue;
        if (out.len)
            buf_put_char(&out, ';');
        buf_put(&out, names[i]);
    }
    return buf_str(&out);
}

static struct str signature_of(struct arena *arena, const struct sigv4_signer *signer,
                               const struct http_request *request, struct str scope,
                               struct str signed_headers, struct str payload_hash)
{
    bool s3 = str_is(signer->service, "s3");
    struct str time_text = time_basic(arena, signer->now_ms);
    struct str canonical =
        sigv4_canonical_request(arena, request, signed_headers, payload_hash, s3);
    uint8_t key[32], mac[32];
    sigv4_signing_key(NULL, signer->access_key, signer->secret_key, str_slice(time_text, 0, 8),
                      signer->region, signer->service, key);
    hmac_sha256(str_n((char *)key, 32), sigv4_string_to_sign(arena, time_text, scope, canonical),
                mac);
    return hex_encode(arena, str_n((char *)mac, 32));
}

static struct str scope_of(struct arena *arena, const struct sigv4_signer *signer)
{
    return str_format(arena, "%.*s/%.*s/%.*s/aws4_request",
                      STR_ARG(str_slice(time_basic(arena, signer->now_ms), 0, 8)),
                      STR_ARG(signer->region), STR_ARG(signer->service));
}

struct str sigv4_authorization(struct arena *arena, const struct sigv4_signer *signer,
                               const struct http_request *request, struct str payload_hash)
{
    struct str scope = scope_of(arena, signer);
    struct str names = all_header_names(arena, request);
    struct str signature = signature_of(arena, signer, request, scope, names, payload_hash);
    return str_format(arena, ALGORITHM " Credential=%.*s/%.*s, SignedHeaders=%.*s, Signature=%.*s",
                      STR_ARG(signer->access_key), STR_ARG(scope), STR_ARG(names),
                      STR_ARG(signature));
}

struct str sigv4_presign(struct arena *arena, const struct sigv4_signer *signer,
                         const struct http_request *request, int64_t expires_seconds)
{
    struct str scope = scope_of(arena, signer);
    struct buf query = buf_in(arena, CANONICAL_BYTES_MAX);
    buf_put(&query, request->query);
    if (query.len)
        buf_put_char(&query, '&');
    buf_puts(&query, "X-Amz-Algorithm=" ALGORITHM "&X-Amz-Credential=");
    uri_encode(&query, str_format(arena, "%.*s/%.*s", STR_ARG(signer->access_key), STR_ARG(scope)),
               false);
    buf_printf(&query, "&X-Amz-Date=%.*s&X-Amz-Expires=%lld",
               STR_ARG(time_basic(arena, signer->now_ms)), (long long)expires_seconds);
    if (signer->token.len) {
        buf_puts(&query, "&X-Amz-Security-Token=");
        uri_encode(&query, signer->token, false);
    }
    buf_puts(&query, "&X-Amz-SignedHeaders=host");
    struct http_request signed_request = *request;
    signed_request.query = buf_str(&query);
    bool s3 = str_is(signer->service, "s3");
    struct str signature = signature_of(arena, signer, &signed_request, scope, S("host"),
                                        s3 ? S(SIGV4_UNSIGNED_PAYLOAD) : S(SIGV4_EMPTY_SHA256));
    buf_puts(&query, "&X-Amz-Signature=");
    buf_put(&query, signature);
    return buf_str(&query);
}
