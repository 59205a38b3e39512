// SPDX-License-Identifier: Apache-2.0
#include "http/system.h"

#define METRICS_BYTES_MAX ((size_t)4 * 1024 * 1024)
#define CLOCK_BODY_BYTES_MAX 1024

static void respond_json(struct http_request *request, struct http_response *response, int status,
                         const struct json *value)
{
    http_respond(response, request->arena, status, "application/json",
                 json_text(request->arena, value));
}

static void respond_error(struct http_request *request, struct http_response *response, int status,
                          const char *text)
{
    struct json *body = json_object(request->arena);
    json_set_str(request->arena, body, "message", str_of(text));
    respond_json(request, response, status, body);
}

static void health(const struct system_options *options, struct http_request *request,
                   struct http_response *response)
{
    struct arena *arena = request->arena;
    struct json *body = json_object(arena), *services = json_array(arena);
    json_set_str(arena, body, "status", S("ok"));
    json_set_str(arena, body, "version", S(TARN_VERSION));
    json_set_str(arena, body, "account", lake_account(options->lake));
    json_set_str(arena, body, "region", lake_region(options->lake));
    for (const struct service *const *at = lake_services(options->lake); *at; at++)
        json_push(arena, services, json_string(arena, str_of((*at)->name)));
    json_set(arena, body, "services", services);
    respond_json(request, response, 200, body);
}

static void metrics(const struct system_options *options, struct http_request *request,
                    struct http_response *response)
{
    struct buf out = buf_in(request->arena, METRICS_BYTES_MAX);
    lake_metrics(options->lake, &out);
    http_server_metrics(request->server, &out);
    http_respond(response, request->arena, 200, "text/plain; version=0.0.4", buf_str(&out));
}

static void advance(const struct system_options *options, struct http_request *request,
                    struct http_response *response)
{
    struct json *body = NULL;
    int64_t ms;
    if (json_parse(request->arena, request->body, &body, NULL) != OK ||
        !json_as_i64(json_get(body, "advance_ms"), &ms) || ms < 0) {
        respond_error(request, response, 400, "expected {\"advance_ms\": n}, n not negative");
        return;
    }
    clock_advance(lake_clock(options->lake), ms);
    struct json *reply = json_object(request->arena);
    json_set_i64(request->arena, reply, "now_ms", clock_now_ms(lake_clock(options->lake)));
    respond_json(request, response, 200, reply);
}

static enum http_outcome system_run(void *context, struct http_request *request,
                                    struct http_response *response)
{
    const struct system_options *options = context;
    bool get = str_is(request->method, "GET") || str_is(request->method, "HEAD");
    if (get && str_is(request->path, "/_tarn/health"))
        health(options, request, response);
    else if (get && str_is(request->path, "/_tarn/metrics"))
        metrics(options, request, response);
    else if (options->clock_may_advance && str_is(request->method, "POST") &&
             str_is(request->path, "/_tarn/clock"))
        advance(options, request, response);
    else
        respond_error(request, response, 404, "There is nothing here.");
    return HTTP_DONE;
}

struct http_handler system_handler(const struct system_options *options)
{
    return (struct http_handler){.prefix = "/_tarn/",
                                 .body_bytes_max = CLOCK_BODY_BYTES_MAX,
                                 .run = system_run,
                                 .context = (void *)(uintptr_t)options};
}
