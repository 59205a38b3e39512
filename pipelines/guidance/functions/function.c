// SPDX-License-Identifier: Apache-2.0
#include "function.h"

#include <stdlib.h>

#define OUTPUT_BYTES_MAX ((size_t)6 << 20) // Lambda's limit

struct served {
    function_handler *handle;
};

static int serve_one(struct tarn_event *event, void *user)
{
    struct served *served = user;
    struct arena arena;
    arena_init(&arena);
    int result = served->handle(event, &arena);
    arena_deinit(&arena);
    return result;
}

int function_serve(function_handler *handle)
{
    struct served served = {handle};
    return tarn_lambda_run(serve_one, &served);
}

struct str text_of(struct tarn_text text)
{
    return str_n(text.ptr, text.len);
}

struct tarn_text lambda_text(struct str s)
{
    return (struct tarn_text){s.ptr, s.len};
}

struct json *event_json(struct tarn_event *event, struct arena *arena)
{
    struct json *value;
    struct error error = {0};
    if (json_parse(arena, text_of(event->payload), &value, &error) == OK)
        return value;
    tarn_fail(event, "Event.Malformed", "the event is not JSON: %s at byte %zu", error.text,
              error.offset);
    return NULL;
}

struct json *reply_json(const struct tarn_reply *reply, struct arena *arena)
{
    struct json *value = NULL;
    return json_parse(arena, text_of(reply->body), &value, NULL) == OK ? value : NULL;
}

const char *setting(struct tarn_event *event, const char *name)
{
    const char *value = getenv(name);
    if (!value || !*value)
        tarn_fail(event, "Setting.Missing", "the environment variable %s is not set", name);
    return value && *value ? value : NULL;
}

int respond_json(struct tarn_event *event, struct arena *arena, const struct json *value)
{
    struct buf text = buf_in(arena, OUTPUT_BYTES_MAX);
    json_write(&text, value);
    if (text.overflowed)
        return tarn_fail(event, "Response.TooLarge", "the answer is larger than %zu bytes",
                         OUTPUT_BYTES_MAX);
    return tarn_respond(event, text.ptr, text.len);
}

int call_json(struct tarn_event *event, struct arena *arena, const char *service,
              const char *target, const struct json *input, struct tarn_reply *out_reply)
{
    struct str text = json_text(arena, input);
    return tarn_call(event, service, target, text.ptr, text.len, out_reply);
}

bool object_event_read(const struct json *event, struct object_event *out)
{
    const struct json *detail = json_get(event, "detail");
    struct object_event read = {json_str(json_get(detail, "bucket"), "name"),
                                json_str(json_get(detail, "object"), "key")};
    if (!read.bucket.len || !read.key.len)
        return false;
    *out = read;
    return true;
}
