// SPDX-License-Identifier: Apache-2.0
// Signed calls of AWS services.
//
// Credentials and region come from the environment that Lambda sets. The endpoint is
// AWS_ENDPOINT_URL_<SERVICE>, else AWS_ENDPOINT_URL, else AWS's own. Signing is http/sigv4.h, the
// code that checks signatures in the server.
#include "internal.h"

#include "base/digest.h"
#include "base/timefmt.h"
#include "base/xml.h"
#include "http/sigv4.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRIES 3
#define BACK_OFF_MS 100

int reply_fail(struct tarn_reply *reply, const char *code, const char *format, ...)
{
    va_list args;
    snprintf(reply->error_code, sizeof reply->error_code, "%s", code);
    va_start(args, format);
    vsnprintf(reply->error_message, sizeof reply->error_message, format, args);
    va_end(args);
    return -1;
}

void aws_header(struct aws_call *call, const char *name, struct str value)
{
    call->headers[call->header_count++] = (struct http_header){str_of(name), value};
}

// ================================================================ endpoint

// "states" is called "STEP_FUNCTIONS"... in AWS's variables; those that functions use are listed.
static const char *endpoint_variable(const char *service)
{
    static const struct {
        const char *service, *variable;
    } ROWS[] = {{"states", "SFN"}, {"events", "EVENTBRIDGE"}, {"logs", "CLOUDWATCH_LOGS"}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (strcmp(ROWS[i].service, service) == 0)
            return ROWS[i].variable;
    return NULL;
}

static const char *configured_endpoint(const char *service)
{
    char name[64];
    const char *variable = endpoint_variable(service);
    int len = snprintf(name, sizeof name, "AWS_ENDPOINT_URL_%s", variable ? variable : service);
    for (int i = 0; i < len && i < (int)sizeof name; i++)
        name[i] = (char)toupper((unsigned char)name[i]);
    const char *url = getenv(name);
    return url && *url ? url : getenv("AWS_ENDPOINT_URL");
}

static struct str region_name(void)
{
    const char *region = getenv("AWS_REGION");
    return region && *region ? str_of(region) : S("us-east-1");
}

static void find_endpoint(struct arena *arena, const char *service, struct exchange *out)
{
    const char *url = configured_endpoint(service);
    if (!url || !*url) {
        out->https = true;
        out->authority =
            str_format(arena, "%s.%.*s.amazonaws.com", service, STR_ARG(region_name()));
        return;
    }
    struct str rest = str_of(url);
    out->https = str_starts(rest, S("https://"));
    size_t scheme = str_find(rest, S("://"));
    rest = scheme == STR_NPOS ? rest : str_from(rest, scheme + 3);
    out->authority = str_slice(rest, 0, str_find_char(rest, '/'));
}

// ================================================================ a call

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void sign(struct arena *arena, struct aws_call *call, struct exchange *e)
{
    struct sigv4_signer signer = {
        .access_key = str_of(getenv("AWS_ACCESS_KEY_ID")),
        .secret_key = str_of(getenv("AWS_SECRET_ACCESS_KEY")),
        .token = str_of(getenv("AWS_SESSION_TOKEN")),
        .region = region_name(),
        .service = str_of(call->service),
        .now_ms = now_ms(),
    };
    struct str hash = digest_hex(arena, DIGEST_SHA256, call->body);
    exchange_header(arena, e, "host", e->authority);
    exchange_header(arena, e, "x-amz-date", time_basic(arena, signer.now_ms));
    exchange_header(arena, e, "x-amz-content-sha256", hash);
    if (signer.token.len)
        exchange_header(arena, e, "x-amz-security-token", signer.token);
    for (size_t i = 0; i < call->header_count; i++)
        *ARENA_PUSH(arena, e->headers, e->header_count, e->header_capacity) = call->headers[i];
    struct http_request request = {.arena = arena,
                                   .method = str_of(call->method),
                                   .target = e->target,
                                   .path = call->path,
                                   .query = call->query,
                                   .headers = e->headers,
                                   .header_count = e->header_count,
                                   .host = e->authority};
    exchange_header(arena, e, "authorization", sigv4_authorization(arena, &signer, &request, hash));
}

static void read_error(struct arena *arena, const struct exchange *e, struct tarn_reply *reply)
{
    struct str body = buf_str(&e->reply_body), code = STR_NONE, message = STR_NONE;
    struct json *json = NULL;
    struct xml *xml = NULL;
    if (json_parse(arena, body, &json, NULL) == OK && json_is(json, JSON_OBJECT)) {
        struct str type = json_str(json, "__type");
        size_t hash = str_rfind_char(type, '#');
        code = hash == STR_NPOS ? type : str_from(type, hash + 1);
        message = json_str_or(json, "message", json_str(json, "Message"));
    } else if (xml_parse(arena, body, &xml, NULL) == OK) {
        struct xml *error = str_is(xml->name, "Error") ? xml : xml_child(xml, "Error");
        code = xml_child_text(error, "Code");
        message = xml_child_text(error, "Message");
    }
    if (!code.len && e->status == 404)
        code = S("NotFound"); // HEAD has no body
    if (code.len)
        reply_fail(reply, str_cstr(arena, code), "%.*s", STR_ARG(message));
    else
        reply_fail(reply, "UnknownError", "the service answered with status %d", e->status);
}

static void take_reply(struct arena *arena, const struct exchange *e, struct tarn_reply *reply)
{
    struct str body = str_of(str_cstr(arena, STR_NONE));
    if (e->reply_body.len)
        body = (struct str){str_cstr(arena, buf_str(&e->reply_body)), e->reply_body.len};
    reply->status = e->status;
    reply->body = text_from(body);
    reply->etag = text_from(exchange_reply_header(e, "etag"));
    reply->content_type = text_from(exchange_reply_header(e, "content-type"));
    reply->version_id = text_from(exchange_reply_header(e, "x-amz-version-id"));
    reply->content_length = e->content_length == HTTP_LENGTH_UNKNOWN ? 0 : e->content_length;
}

static bool worth_repeating(const struct aws_call *call, enum err err)
{
    const struct exchange *e = &call->exchange;
    if (e->aborted || (e->sink && e->body_taken))
        return false;
    if (err != OK)
        return call->repeatable || e->may_repeat;
    return (call->repeatable && e->status >= 500) || e->status == 429 || e->status == 503;
}

static void back_off(int try)
{
    struct timespec wait = {.tv_nsec = (long)BACK_OFF_MS * 1000000 << try};
    nanosleep(&wait, NULL);
}

int aws_run(struct tarn_event *event, struct aws_call *call, struct tarn_reply *out_reply)
{
    struct tarn_runtime *runtime = event->runtime;
    struct arena *arena = &runtime->arena;
    struct error error = {0};
    enum err err = OK;
    *out_reply = (struct tarn_reply){0};
    for (int try = 0; try < TRIES; try++) {
        struct exchange *e = &call->exchange;
        *e = (struct exchange){.method = str_of(call->method),
                               .body = call->body,
                               .sink = call->sink,
                               .sink_context = call->sink_context};
        e->reply_body =
            buf_in(arena, call->reply_bytes_max ? call->reply_bytes_max : BUF_MAX_DEFAULT);
        e->target = call->query.len
                        ? str_format(arena, "%.*s?%.*s", STR_ARG(call->path), STR_ARG(call->query))
                        : call->path;
        find_endpoint(arena, call->service, e);
        sign(arena, call, e);
        err = exchange_run(runtime, e, &error);
        if (!worth_repeating(call, err))
            break;
        if (try + 1 < TRIES)
            back_off(try);
    }
    take_reply(arena, &call->exchange, out_reply);
    if (call->exchange.aborted)
        return reply_fail(out_reply, "Aborted", "the reader stopped");
    if (err != OK) {
        out_reply->status = 0;
        return reply_fail(out_reply, "ConnectionFailed", "%s", error.text);
    }
    if (call->exchange.reply_body.overflowed)
        return reply_fail(out_reply, "TooLarge", "the reply is larger than %zu bytes",
                          call->exchange.reply_body.max_bytes);
    if (call->exchange.status >= 300) {
        read_error(arena, &call->exchange, out_reply);
        return -1;
    }
    return 0;
}
