// SPDX-License-Identifier: Apache-2.0
// The Runtime API's loop, and answering.
//
// Specified: AWS Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define API_VERSION "/2018-06-01/runtime/"
#define EVENT_BYTES_MAX ((size_t)16 << 20)
#define ANSWER_BYTES_MAX ((size_t)6 << 20) // Lambda's limit

// ================================================================ answering

static void post(struct tarn_event *event, const char *what, const char *type, struct str body)
{
    struct tarn_runtime *runtime = event->runtime;
    struct arena *arena = &runtime->arena;
    runtime->answered = true;
    if (!runtime->api.ptr) { // run by hand
        buf_put(&runtime->answer, body);
        return;
    }
    struct exchange e = {.authority = runtime->api, .method = S("POST"), .body = body};
    e.target = str_format(arena, API_VERSION "invocation/%s/%s", event->request_id, what);
    exchange_header(arena, &e, "content-type", S("application/json"));
    if (type)
        exchange_header(arena, &e, "lambda-runtime-function-error-type", str_of(type));
    struct error error = {0};
    if (exchange_run(runtime, &e, &error) != OK)
        fprintf(stderr, "the answer could not be given: %s\n", error.text);
    else if (e.status >= 300)
        fprintf(stderr, "the answer was refused with status %d: %.*s\n", e.status,
                STR_ARG(buf_str(&e.reply_body)));
}

int tarn_respond(struct tarn_event *event, const char *json, size_t len)
{
    post(event, "response", NULL, str_n(json, len));
    return 0;
}

int tarn_respondf(struct tarn_event *event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_formatv(&event->runtime->arena, format, args);
    va_end(args);
    return tarn_respond(event, text.ptr, text.len);
}

static int fail_with(struct tarn_event *event, const char *type, struct str message)
{
    struct arena *arena = &event->runtime->arena;
    struct json *error = json_object(arena);
    json_set_str(arena, error, "errorMessage", message);
    json_set_str(arena, error, "errorType", str_of(type));
    json_set(arena, error, "stackTrace", json_array(arena));
    fprintf(stderr, "ERROR %s %s: %.*s\n", event->request_id, type, STR_ARG(message));
    post(event, "error", type, json_text(arena, error));
    return -1;
}

int tarn_fail(struct tarn_event *event, const char *type, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str message = str_formatv(&event->runtime->arena, format, args);
    va_end(args);
    return fail_with(event, type, message);
}

int tarn_fail_reply(struct tarn_event *event, const struct tarn_reply *reply)
{
    const char *code = reply->error_code[0] ? reply->error_code : "UnknownError";
    return fail_with(event, code, str_of(reply->error_message));
}

// ================================================================ conveniences

int64_t tarn_remaining_ms(const struct tarn_event *event)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return event->deadline_ms - ((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

void *tarn_alloc(struct tarn_event *event, size_t bytes)
{
    return arena_alloc(&event->runtime->arena, bytes);
}

char *tarn_printf(struct tarn_event *event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_formatv(&event->runtime->arena, format, args);
    va_end(args);
    return str_cstr(&event->runtime->arena, text);
}

void tarn_log(struct tarn_event *event, const char *level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_formatv(&event->runtime->arena, format, args);
    va_end(args);
    fprintf(stderr, "%s %s %.*s\n", level, event->request_id, STR_ARG(text));
}

size_t tarn_json_quote(char *out, size_t capacity, struct tarn_text text)
{
    struct buf quoted = buf_heap(text.len * 6 + 2);
    json_write_string(&quoted, str_n(text.ptr, text.len));
    size_t needed = quoted.len;
    if (capacity) {
        size_t len = needed < capacity - 1 ? needed : capacity - 1;
        memcpy(out, quoted.ptr, len);
        out[len] = '\0';
    }
    buf_deinit(&quoted);
    return needed;
}

// ================================================================ the loop

static const char *header_text(struct arena *arena, const struct exchange *e, const char *name)
{
    return str_cstr(arena, exchange_reply_header(e, name));
}

static void run_handler(struct tarn_event *event, tarn_handler *handler, void *user)
{
    event->runtime->answered = false;
    int result = handler(event, user);
    if (event->runtime->answered)
        return;
    if (result == 0)
        tarn_respond(event, "null", 4);
    else
        tarn_fail(event, "Function.Failed", "the handler returned %d", result);
}

static bool next_event(struct tarn_runtime *runtime, struct tarn_event *out)
{
    struct arena *arena = &runtime->arena;
    struct error error = {0};
    struct exchange e = {.authority = runtime->api,
                         .method = S("GET"),
                         .target = S(API_VERSION "invocation/next"),
                         .no_time_limit = true};
    int64_t deadline_ms = 0;
    if (exchange_run(runtime, &e, &error) != OK || e.status != 200)
        return false;
    if (!str_to_i64(exchange_reply_header(&e, "lambda-runtime-deadline-ms"), &deadline_ms))
        deadline_ms = INT64_MAX;
    const char *trace = header_text(arena, &e, "lambda-runtime-trace-id");
    setenv("_X_AMZN_TRACE_ID", trace, 1);
    *out = (struct tarn_event){
        .payload = {str_cstr(arena, buf_str(&e.reply_body)), e.reply_body.len},
        .request_id = header_text(arena, &e, "lambda-runtime-aws-request-id"),
        .function_arn = header_text(arena, &e, "lambda-runtime-invoked-function-arn"),
        .trace_id = trace,
        .client_context = header_text(arena, &e, "lambda-runtime-client-context"),
        .deadline_ms = deadline_ms,
        .runtime = runtime,
    };
    return true;
}

// One event from standard input: for trying a function by hand and in tests.
static int run_by_hand(struct tarn_runtime *runtime, tarn_handler *handler, void *user)
{
    struct buf event_text = buf_in(&runtime->arena, EVENT_BYTES_MAX);
    char piece[4096];
    for (size_t len; (len = fread(piece, 1, sizeof piece, stdin)) > 0;)
        buf_put_bytes(&event_text, piece, len);
    runtime->answer = buf_heap(ANSWER_BYTES_MAX);
    struct tarn_event event = {
        .payload = {str_cstr(&runtime->arena, buf_str(&event_text)), event_text.len},
        .request_id = "by-hand",
        .function_arn = "",
        .trace_id = "",
        .client_context = "",
        .deadline_ms = INT64_MAX,
        .runtime = runtime};
    int result = handler(&event, user);
    printf("%.*s\n", STR_ARG(buf_str(&runtime->answer)));
    buf_deinit(&runtime->answer);
    return result == 0 ? 0 : 1;
}

int tarn_lambda_run(tarn_handler *handler, void *user)
{
    struct tarn_runtime runtime = {.api = str_of(getenv("AWS_LAMBDA_RUNTIME_API"))};
    struct tarn_event event;
    int status = 0;
    arena_init(&runtime.arena);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!runtime.api.len) {
        runtime.api = STR_NONE;
        status = run_by_hand(&runtime, handler, user);
    } else {
        while (next_event(&runtime, &event)) {
            run_handler(&event, handler, user);
            arena_reset(&runtime.arena);
        }
    }
    connections_close(&runtime);
    arena_deinit(&runtime.arena);
    return status;
}
