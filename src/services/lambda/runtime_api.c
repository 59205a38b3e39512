// SPDX-License-Identifier: Apache-2.0
// The Runtime API (AWS Lambda Developer Guide: "Using the Lambda runtime API for custom runtimes"),
// version 2018-06-01.
//
//     GET  /runtime/invocation/next                the next event; waits for one
//     POST /runtime/invocation/<id>/response       the function's answer
//     POST /runtime/invocation/<id>/error          the function failed
//     POST /runtime/init/error                     the function could not start
//
// Only connections that came out of a sandbox reach this handler, and their tag says whose they
// are: an environment can answer for its own invocation only.
#include "services/lambda/engine_internal.h"

#include "http/server.h"

#include <stdio.h>
#include <string.h>

#define API_PREFIX "/2018-06-01/runtime/"
#define ERROR_BODY_BYTES_MAX ((size_t)1 << 20)

static enum http_outcome answer(struct http_request *request, struct http_response *response,
                                int status, const char *type, const char *message)
{
    struct json *body = json_object(request->arena);
    if (type) {
        json_set_str(request->arena, body, "errorMessage", str_of(message));
        json_set_str(request->arena, body, "errorType", str_of(type));
    } else {
        json_set_str(request->arena, body, "status", S("OK"));
    }
    http_respond(response, request->arena, status, "application/json",
                 json_text(request->arena, body));
    return HTTP_DONE;
}

// --- next

static void respond_event(struct http_request *request, struct http_response *response,
                          const struct invocation *invocation, int64_t deadline_ms)
{
    struct arena *arena = request->arena;
    http_respond(response, arena, 200, "application/json", str_dup(arena, invocation->payload));
    http_response_header(response, arena, "Lambda-Runtime-Aws-Request-Id",
                         str_dup(arena, invocation->id));
    http_response_header(response, arena, "Lambda-Runtime-Deadline-Ms",
                         str_format(arena, "%lld", (long long)deadline_ms));
    http_response_header(response, arena, "Lambda-Runtime-Invoked-Function-Arn",
                         str_dup(arena, invocation->arn));
    struct str id = str_replace(arena, invocation->id, S("-"), STR_NONE);
    http_response_header(response, arena, "Lambda-Runtime-Trace-Id",
                         str_format(arena, "Root=1-%.*s-%.*s;Parent=%.*s;Sampled=0",
                                    STR_ARG(str_slice(id, 0, 8)), STR_ARG(str_slice(id, 8, 32)),
                                    STR_ARG(str_slice(id, 0, 16))));
    if (invocation->client_context.len)
        http_response_header(response, arena, "Lambda-Runtime-Client-Context",
                             str_dup(arena, invocation->client_context));
}

static enum http_outcome next_locked(struct environment *e, struct http_request *request,
                                     struct http_response *response)
{
    struct engine *engine = e->engine;
    int64_t now_us = engine_now_us(engine);
    if (e->state == ENVIRONMENT_BUSY)
        return answer(request, response, 400, "InvalidStateTransition",
                      "The last invocation has no response yet");
    if (e->state == ENVIRONMENT_INITIALISING) {
        e->init_us = now_us - e->created_us;
        e->deadline_us = 0;
    }
    if (e->retiring || request->deadline_passed)
        return answer(request, response, 503, "ServiceException", "The environment ends");
    if (e->state != ENVIRONMENT_ASSIGNED) {
        if (e->state != ENVIRONMENT_IDLE)
            e->since_us = now_us;
        e->state = ENVIRONMENT_IDLE;
        struct invocation *pending = engine_take_pending(engine, e);
        if (!pending)
            return http_park(request, str_dup(request->arena, e->tag), INT64_MAX);
        environment_assign(e, pending);
    }
    e->state = ENVIRONMENT_BUSY;
    int64_t left_ms = (e->deadline_us - now_us) / 1000;
    respond_event(request, response, e->invocation,
                  clock_now_ms(lake_clock(engine->lake)) + left_ms);
    return HTTP_DONE;
}

// --- answers

static enum http_outcome finish_locked(struct environment *e, struct http_request *request,
                                       struct http_response *response, struct str id, bool is_error,
                                       struct finished *finished)
{
    struct invocation *invocation = e->invocation;
    if (!invocation || e->state != ENVIRONMENT_BUSY || !str_eq(invocation->id, id))
        return answer(request, response, 403, "InvalidRequestID", "Invalid request ID");
    struct arena *arena = &invocation->arena;
    if (!is_error && request->body.len > LAMBDA_PAYLOAD_BYTES_MAX) {
        environment_finish(
            e, finished, INVOCATION_FAILED,
            failure_json(
                arena, id, "Function.ResponseSizeTooLarge",
                "Response payload size exceeded maximum allowed payload size (6291556 bytes)."));
        return answer(request, response, 413, "RequestEntityTooLarge",
                      "Exceeded maximum allowed payload size (6291556 bytes).");
    }
    struct str body = str_dup(arena, request->body);
    if (is_error && body.len == 0) {
        struct str type = http_request_header(request, "lambda-runtime-function-error-type");
        body = failure_json(arena, id, type.len ? str_cstr(arena, type) : "Unknown",
                            "The function failed");
    }
    environment_finish(e, finished, is_error ? INVOCATION_FAILED : INVOCATION_ANSWERED, body);
    return answer(request, response, 202, NULL, NULL);
}

static enum http_outcome init_error_locked(struct environment *e, struct http_request *request,
                                           struct http_response *response)
{
    if (e->state != ENVIRONMENT_INITIALISING)
        return answer(request, response, 403, "InvalidStateTransition",
                      "The runtime has started already");
    struct str body = str_slice(request->body, 0, ERROR_BODY_BYTES_MAX);
    e->init_error = body.len ? str_dup(&e->arena, body)
                             : failure_json(&e->arena, S("init"), "Runtime.Unknown",
                                            "The function could not start");
    return answer(request, response, 202, NULL, NULL); // its exit, which is next, is what ends it
}

static enum http_outcome route_locked(struct environment *e, struct http_request *request,
                                      struct http_response *response, struct finished *finished)
{
    struct str path = str_from(request->path, sizeof API_PREFIX - 1);
    if (str_is(request->method, "GET") && str_is(path, "invocation/next"))
        return next_locked(e, request, response);
    if (str_is(request->method, "POST") && str_is(path, "init/error"))
        return init_error_locked(e, request, response);
    struct str prefix = S("invocation/");
    if (str_is(request->method, "POST") && str_starts(path, prefix)) {
        struct str id, rest = str_from(path, prefix.len);
        (void)str_cut(&rest, '/', &id);
        if (str_is(rest, "response") || str_is(rest, "error"))
            return finish_locked(e, request, response, id, str_is(rest, "error"), finished);
    }
    return answer(request, response, 404, "NotFound", "Not a path of the Runtime API");
}

static enum http_outcome run(void *context, struct http_request *request,
                             struct http_response *response)
{
    struct engine *engine = context;
    struct finished finished = {0};
    pthread_mutex_lock(&engine->mutex);
    struct environment *e = engine_environment_tagged(engine, request->tag);
    enum http_outcome outcome =
        e ? route_locked(e, request, response, &finished)
          : answer(request, response, 403, "Gone", "The environment has ended");
    pthread_mutex_unlock(&engine->mutex);
    finished_call(&finished);
    return outcome;
}

void runtime_api_serve(struct engine *engine, struct http_server *server)
{
    if (engine->serving)
        return;
    engine->serving = true;
    struct http_handler handler = {
        .prefix = API_PREFIX,
        .tagged_only = true,
        .body_bytes_max = HTTP_BODY_BYTES_MAX, // too large answers get their own error
        .run = run,
        .context = engine,
    };
    http_server_handle(server, &handler);
}
