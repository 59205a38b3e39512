// SPDX-License-Identifier: Apache-2.0
// See auth.h. Each fault has a row: the code in S3, in the JSON protocols and in Query, with its
// status. REST-JSON services answer with 403 where the JSON ones say 400.
#include "http/auth.h"

#include "base/digest.h"
#include "base/encode.h"
#include "base/timefmt.h"

#include <string.h>

#define MISMATCH_TEXT                                                                              \
    "The request signature we calculated does not match the signature you provided. Check your "   \
    "AWS Secret Access Key "                                                                       \
    "and signing method. Consult the service documentation for details."
#define TOKEN_TEXT "The security token included in the request is invalid."

enum family { FAMILY_S3, FAMILY_JSON, FAMILY_REST_JSON, FAMILY_QUERY, FAMILIES };

// NULL text: made where the fault is found.
static const struct fault_row {
    struct error_code codes[FAMILIES];
    const char *s3_text;
    const char *text;
} FAULTS[] = {
    // S3, JSON, REST-JSON, Query; what S3 says; what the others say
    [SIGV4_ABSENT] = {{{"AccessDenied", 403},
                       {"MissingAuthenticationTokenException", 400},
                       {"MissingAuthenticationTokenException", 403},
                       {"MissingAuthenticationToken", 403}},
                      "Access Denied",
                      "Missing Authentication Token"},
    [SIGV4_MALFORMED] = {{{"AuthorizationHeaderMalformed", 400},
                          {"IncompleteSignatureException", 400},
                          {"IncompleteSignatureException", 403},
                          {"IncompleteSignature", 400}},
                         NULL,
                         NULL},
    [SIGV4_WRONG_ALGORITHM] = {{{"InvalidRequest", 400},
                                {"IncompleteSignatureException", 400},
                                {"IncompleteSignatureException", 403},
                                {"IncompleteSignature", 400}},
                               "The authorization mechanism you have provided is not supported. "
                               "Please use AWS4-HMAC-SHA256.",
                               NULL},
    [SIGV4_WRONG_SCOPE] = {{{"AuthorizationHeaderMalformed", 400},
                            {"InvalidSignatureException", 400},
                            {"InvalidSignatureException", 403},
                            {"SignatureDoesNotMatch", 403}},
                           NULL,
                           NULL},
    [SIGV4_UNSIGNED_HEADERS] = {{{"AccessDenied", 403},
                                 {"InvalidSignatureException", 400},
                                 {"InvalidSignatureException", 403},
                                 {"SignatureDoesNotMatch", 403}},
                                "There were headers present in the request which were not signed",
                                NULL},
    [SIGV4_UNKNOWN_KEY] = {{{"InvalidAccessKeyId", 403},
                            {"UnrecognizedClientException", 400},
                            {"UnrecognizedClientException", 403},
                            {"InvalidClientTokenId", 403}},
                           "The AWS Access Key Id you provided does not exist in our records.",
                           TOKEN_TEXT},
    [SIGV4_BAD_TOKEN] = {{{"InvalidToken", 400},
                          {"UnrecognizedClientException", 400},
                          {"UnrecognizedClientException", 403},
                          {"InvalidClientTokenId", 403}},
                         "The provided token is malformed or otherwise invalid.",
                         TOKEN_TEXT},
    [SIGV4_EXPIRED_TOKEN] = {{{"ExpiredToken", 400},
                              {"ExpiredTokenException", 400},
                              {"ExpiredTokenException", 403},
                              {"ExpiredToken", 403}},
                             "The provided token has expired.",
                             "The security token included in the request is expired"},
    [SIGV4_SKEWED] = {{{"RequestTimeTooSkewed", 403},
                       {"InvalidSignatureException", 400},
                       {"InvalidSignatureException", 403},
                       {"SignatureDoesNotMatch", 403}},
                      "The difference between the request time and the current time is too large.",
                      NULL},
    [SIGV4_PRESIGNED_EXPIRED] = {{{"AccessDenied", 403},
                                  {"InvalidSignatureException", 400},
                                  {"InvalidSignatureException", 403},
                                  {"SignatureDoesNotMatch", 403}},
                                 "Request has expired",
                                 NULL},
    [SIGV4_PRESIGNED_TOO_LONG] = {{{"AuthorizationQueryParametersError", 400},
                                   {"InvalidSignatureException", 400},
                                   {"InvalidSignatureException", 403},
                                   {"SignatureDoesNotMatch", 403}},
                                  "X-Amz-Expires must be less than a week (in seconds); that is, "
                                  "the given X-Amz-Expires must be less than 604800 seconds",
                                  "X-Amz-Expires must be less than 604800 seconds"},
    [SIGV4_MISMATCH] = {{{"SignatureDoesNotMatch", 403},
                         {"InvalidSignatureException", 400},
                         {"InvalidSignatureException", 403},
                         {"SignatureDoesNotMatch", 403}},
                        "The request signature we calculated does not match the signature you "
                        "provided. Check your key and signing method.",
                        MISMATCH_TEXT},
};
static const struct error_code QUERY_PARAMETERS_ERROR = {"AuthorizationQueryParametersError", 400,
                                                         NULL};
static const struct error_code INVALID_REQUEST = {"InvalidRequest", 400, NULL};
static const struct error_code INVALID_ARGUMENT = {"InvalidArgument", 400, NULL};
static const struct error_code INTERNAL = {"InternalFailure", 500, NULL};

static const struct principal ANONYMOUS = {.kind = PRINCIPAL_ANONYMOUS};

static enum family family_of(const struct route *route)
{
    switch (route->protocol) {
    case PROTOCOL_REST_XML:
        return FAMILY_S3;
    case PROTOCOL_REST_JSON:
        return FAMILY_REST_JSON;
    case PROTOCOL_QUERY:
        return FAMILY_QUERY;
    default:
        return FAMILY_JSON;
    }
}

struct check {
    const struct auth *auth;
    const struct http_request *request;
    const struct route *route;
    const struct sigv4 *sigv4;
    struct arena *arena;
    bool s3;
    int64_t now_ms;
    struct refusal *refusal;
};

static enum err refuse(const struct check *check, enum sigv4_fault fault, struct str text,
                       struct json *members)
{
    enum family family = family_of(check->route);
    const struct fault_row *row = &FAULTS[fault];
    const char *fixed = family == FAMILY_S3 ? row->s3_text : row->text;
    *check->refusal = (struct refusal){
        .code = &row->codes[family], .text = fixed ? str_of(fixed) : text, .members = members};
    if (check->s3 && check->sigv4->presigned &&
        (fault == SIGV4_MALFORMED || fault == SIGV4_WRONG_SCOPE))
        check->refusal->code = &QUERY_PARAMETERS_ERROR;
    return ERR_CODED;
}

// ================================================================ what refusals tell

static struct str skew_text(const struct check *check)
{
    struct arena *arena = check->arena;
    bool late = check->sigv4->time_ms < check->now_ms;
    int64_t edge_ms = late ? check->now_ms - SIGV4_SKEW_MS_MAX : check->now_ms + SIGV4_SKEW_MS_MAX;
    return str_format(arena, "%s: %.*s is %s than %.*s (%.*s %c 15 min.)",
                      late ? "Signature expired" : "Signature not yet current",
                      STR_ARG(check->sigv4->time_text), late ? "now earlier" : "still later",
                      STR_ARG(time_basic(arena, edge_ms)),
                      STR_ARG(time_basic(arena, check->now_ms)), late ? '-' : '+');
}

static enum err refuse_time(const struct check *check, enum sigv4_fault fault)
{
    struct arena *arena = check->arena;
    const struct sigv4 *sigv4 = check->sigv4;
    if (!check->s3)
        return refuse(check, fault, skew_text(check), NULL);
    struct json *members = json_object(arena);
    if (fault == SIGV4_SKEWED) {
        json_set_str(arena, members, "RequestTime", sigv4->time_text);
        json_set_str(arena, members, "ServerTime", time_iso(arena, check->now_ms));
        json_set_i64(arena, members, "MaxAllowedSkewMilliseconds", SIGV4_SKEW_MS_MAX);
    } else if (fault == SIGV4_PRESIGNED_EXPIRED) {
        json_set_i64(arena, members, "X-Amz-Expires", sigv4->expires_seconds);
        json_set_str(arena, members, "Expires",
                     time_iso(arena, sigv4->time_ms + sigv4->expires_seconds * 1000));
        json_set_str(arena, members, "ServerTime", time_iso(arena, check->now_ms));
    }
    return refuse(check, fault, STR_NONE, members);
}

static enum err refuse_mismatch(const struct check *check, const struct sigv4_texts *texts)
{
    struct arena *arena = check->arena;
    struct json *members = NULL;
    if (check->s3) {
        members = json_object(arena);
        json_set_str(arena, members, "AWSAccessKeyId", check->sigv4->access_key);
        json_set_str(arena, members, "StringToSign", texts->to_sign);
        json_set_str(arena, members, "SignatureProvided", check->sigv4->signature);
        json_set_str(arena, members, "CanonicalRequest", texts->canonical);
    }
    return refuse(check, SIGV4_MISMATCH, STR_NONE, members);
}

static enum err refuse_unsigned(const struct check *check, struct str names)
{
    struct json *members = json_object(check->arena);
    json_set_str(check->arena, members, "HeadersNotSigned", names);
    return refuse(check, SIGV4_UNSIGNED_HEADERS,
                  str_format(check->arena,
                             "'%.*s' must be a 'SignedHeader' in the AWS Authorization.",
                             STR_ARG(names)),
                  check->s3 ? members : NULL);
}

// ================================================================ the checks

static bool is_signed(const struct sigv4 *sigv4, struct str name)
{
    for (struct str at, rest = sigv4->signed_headers; str_cut(&rest, ';', &at);)
        if (str_eq(at, name))
            return true;
    return false;
}

// Host always; for S3 whatever starts with x-amz-, elsewhere the operation's name.
static enum err check_signed_headers(const struct check *check)
{
    if (!is_signed(check->sigv4, S("host")))
        return refuse_unsigned(check, S("host"));
    for (size_t i = 0; i < check->request->header_count; i++) {
        struct str name = check->request->headers[i].name;
        bool must = check->s3 ? str_starts(name, S("x-amz-")) : str_is(name, "x-amz-target");
        if (must && !is_signed(check->sigv4, name))
            return refuse_unsigned(check, name);
    }
    return OK;
}

static enum err check_scope(const struct check *check)
{
    const struct service *service = check->route->service;
    if (!service || str_is(check->sigv4->service, service->signing_name))
        return OK;
    struct str text =
        str_format(check->arena, "Credential should be scoped to correct service: '%s'.",
                   service->signing_name);
    if (check->s3)
        text = str_format(check->arena,
                          "The authorization header is malformed; incorrect service \"%.*s\". This "
                          "endpoint belongs to \"s3\".",
                          STR_ARG(check->sigv4->service));
    return refuse(check, SIGV4_WRONG_SCOPE, text, NULL);
}

static enum err find_credential(const struct check *check, struct credential *out)
{
    const struct sigv4 *sigv4 = check->sigv4;
    enum err err = credential_find(check->auth->lake, check->arena, sigv4->access_key, out);
    if (err == ERR_NOT_FOUND) {
        struct json *members = json_object(check->arena);
        json_set_str(check->arena, members, "AWSAccessKeyId", sigv4->access_key);
        return refuse(check, SIGV4_UNKNOWN_KEY, STR_NONE, check->s3 ? members : NULL);
    }
    if (err != OK) {
        *check->refusal =
            (struct refusal){.code = &INTERNAL, .text = S("The credentials could not be read.")};
        return ERR_CODED;
    }
    bool token_fits =
        out->session_token.len == sigv4->token.len &&
        bytes_equal_const_time(out->session_token.ptr, sigv4->token.ptr, sigv4->token.len);
    if (!token_fits)
        return refuse(check, SIGV4_BAD_TOKEN, STR_NONE, NULL);
    if (out->expires_ms && out->expires_ms <= clock_now_ms(lake_clock(check->auth->lake)))
        return refuse(check, SIGV4_EXPIRED_TOKEN, STR_NONE, NULL);
    return OK;
}

// What stands at the end of the canonical request.
static enum err payload_hash(const struct check *check, struct str body, struct str *out)
{
    const struct sigv4 *sigv4 = check->sigv4;
    if (!check->s3) {
        *out = digest_hex(check->arena, DIGEST_SHA256, body);
        return OK;
    }
    *out = sigv4->payload_hash;
    if (sigv4->presigned && (!out->ptr || !is_signed(sigv4, S("x-amz-content-sha256"))))
        *out = S(SIGV4_UNSIGNED_PAYLOAD);
    if (!out->ptr) {
        *check->refusal = (struct refusal){
            .code = &INVALID_REQUEST,
            .text = S("Missing required header for this request: x-amz-content-sha256")};
        return ERR_CODED;
    }
    if (out->len != 64 && !str_is(*out, SIGV4_UNSIGNED_PAYLOAD) &&
        !str_starts(*out, S("STREAMING-"))) {
        *check->refusal = (struct refusal){
            .code = &INVALID_ARGUMENT,
            .text = S("x-amz-content-sha256 must be UNSIGNED-PAYLOAD, "
                      "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, or a valid sha256 value.")};
        return ERR_CODED;
    }
    return OK;
}

static enum err check_claims(const struct check *check, struct credential *out_credential)
{
    TRY(check_scope(check));
    TRY(check_signed_headers(check));
    TRY(find_credential(check, out_credential));
    enum sigv4_fault fault = sigv4_check_time(check->sigv4, check->now_ms);
    return fault ? refuse_time(check, fault) : OK;
}

static enum err check_signature(const struct check *check, struct str body, struct auth_result *out)
{
    struct credential credential;
    struct str hash;
    struct sigv4_texts texts;
    TRY(check_claims(check, &credential));
    TRY(payload_hash(check, body, &hash));
    enum sigv4_fault fault =
        sigv4_verify(check->auth->keys, check->request, check->sigv4, credential.secret_key, hash,
                     check->s3, &texts, &out->seed);
    if (fault)
        return refuse_mismatch(check, &texts);
    struct principal *principal = ARENA_NEW(check->arena, struct principal);
    *principal = credential.principal;
    principal->access_key = credential.access_key;
    out->principal = principal;
    out->has_seed = !check->sigv4->presigned;
    return OK;
}

static struct check check_of(const struct auth *auth, const struct http_request *request,
                             const struct route *route, const struct sigv4 *sigv4,
                             struct refusal *out_refusal)
{
    return (struct check){
        .auth = auth,
        .request = request,
        .route = route,
        .sigv4 = sigv4,
        .arena = request->arena,
        .s3 = route->protocol == PROTOCOL_REST_XML,
        .now_ms = clock_now_ms(auth->clock),
        .refusal = out_refusal,
    };
}

static bool may_be_anonymous(const struct route *route, enum sigv4_fault fault)
{
    return fault == SIGV4_ABSENT && route->op && (route->op->flags & OP_ANONYMOUS);
}

enum err auth_check_claims(const struct auth *auth, const struct http_request *request,
                           const struct route *route, enum sigv4_fault fault,
                           const struct sigv4 *sigv4, const struct error *parse_error,
                           struct refusal *out_refusal)
{
    struct check check = check_of(auth, request, route, sigv4, out_refusal);
    struct credential credential;
    if (may_be_anonymous(route, fault) ||
        (fault == SIGV4_ABSENT && !route->op)) // the body will name it
        return OK;
    if (fault)
        return refuse(&check, fault, str_dup(request->arena, str_of(parse_error->text)), NULL);
    return check_claims(&check, &credential);
}

enum err auth_check(const struct auth *auth, const struct http_request *request,
                    const struct route *route, enum sigv4_fault fault, const struct sigv4 *sigv4,
                    const struct error *parse_error, struct str body, struct auth_result *out,
                    struct refusal *out_refusal)
{
    struct check check = check_of(auth, request, route, sigv4, out_refusal);
    *out = (struct auth_result){.principal = &ANONYMOUS};
    if (may_be_anonymous(route, fault))
        return OK;
    if (fault)
        return refuse(&check, fault, str_dup(request->arena, str_of(parse_error->text)), NULL);
    return check_signature(&check, body, out);
}
