// SPDX-License-Identifier: Apache-2.0
// Refusals, parking, and the small things handlers reach for. Running operations is lake.c.
#include "lake/call.h"

#include "base/encode.h"
#include "lake/errors.h"
#include "lake/lake.h"

#include <assert.h>
#include <string.h>

enum err call_fail(struct call *call, const struct error_code *code, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    error_setv(&call->error, ERR_CODED, 0, format, args);
    va_end(args);
    call->code = code;
    return ERR_CODED;
}

enum err call_park(struct call *call, struct str key, int64_t deadline_ms)
{
    assert(!call->deadline_passed); // the last run must answer
    call->park_key = str_dup(call->arena, key);
    call->park_deadline_ms = deadline_ms;
    return ERR_PARKED;
}

struct wake_context {
    struct lake *lake;
    struct str key; // in the call's arena, which outlives the commit
};

static void wake_after_commit(void *context)
{
    struct wake_context *wake = context;
    lake_wake(wake->lake, wake->key);
}

void call_wake(struct call *call, struct str key)
{
    struct wake_context wake = {call->lake, str_dup(call->arena, key)};
    tx_after_commit(call->tx, wake_after_commit, &wake, sizeof wake);
}

void call_reply_header(struct call *call, const char *name, struct str value)
{
    if (!call->reply_headers)
        call->reply_headers = json_object(call->arena);
    json_set_str(call->arena, call->reply_headers, name, value);
}

struct str call_uuid(struct call *call)
{
    return random_uuid(lake_random(call->lake), call->arena);
}

struct str call_random(struct call *call, const char *alphabet, size_t len)
{
    return random_text(lake_random(call->lake), call->arena, alphabet, len);
}

struct str call_arn(struct call *call, const char *service, const char *resource_format, ...)
{
    va_list args;
    va_start(args, resource_format);
    struct str resource = str_formatv(call->arena, resource_format, args);
    va_end(args);
    return str_format(call->arena, "arn:aws:%s:%.*s:%.*s:%.*s", service, STR_ARG(call->region),
                      STR_ARG(call->account), STR_ARG(resource));
}

bool arn_parse(struct str arn, struct arn *out)
{
    struct str part, rest = arn;
    struct arn parsed;
    struct str *const fields[] = {&parsed.partition, &parsed.service, &parsed.region,
                                  &parsed.account};
    if (!str_cut(&rest, ':', &part) || !str_is(part, "arn"))
        return false;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (!str_cut(&rest, ':', fields[i]))
            return false;
    if (!rest.ptr || rest.len == 0 || parsed.service.len == 0)
        return false;
    parsed.resource = rest;
    *out = parsed;
    return true;
}

// A page token is base64url of "<service>:<op>:<position>": opaque to clients, and refused by other
// operations.
struct str page_token(struct call *call, struct str position)
{
    struct str plain = str_format(call->arena, "%s:%s:%.*s", call->service->name, call->op->name,
                                  STR_ARG(position));
    return base64url_encode(call->arena, plain);
}

enum err page_position(struct call *call, struct str token, struct str *out_position)
{
    struct str plain, service, op;
    if (base64url_decode(call->arena, token, &plain) != OK || !str_cut(&plain, ':', &service) ||
        !str_is(service, call->service->name) || !str_cut(&plain, ':', &op) ||
        !str_is(op, call->op->name) || !plain.ptr)
        return error_set(&call->error, ERR_INVALID, "The pagination token is not valid.");
    *out_position = plain;
    return OK;
}
