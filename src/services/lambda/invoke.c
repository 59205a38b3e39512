// SPDX-License-Identifier: Apache-2.0
// Invoke: the operation on the wire, and the task that workflows add.
//
// A synchronous invocation is handed to the engine on the handler's first run, and the call parks;
// when the engine is done the handler runs again and finds the result in the waiting table, under
// its request id. Nobody may come for it (the client went away): results that nobody took are
// thrown away after a while.
//
// An asynchronous one is a task (async.c), committed before the answer.
#include "services/lambda/lambda.h"

#include "base/encode.h"
#include "base/timefmt.h"
#include "lake/credentials.h"
#include "services/lambda/async.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SYNC_PAYLOAD_BYTES_MAX ((size_t)6 * 1024 * 1024)
#define ASYNC_PAYLOAD_BYTES_MAX ((size_t)256 * 1024)
#define WAIT_MS_MAX ((int64_t)20 * 60 * 1000) // the longest timeout, and a start before it
#define UNCLAIMED_US_MAX ((int64_t)60 * 1000 * 1000)

// --- the waiting table

struct sync_invocation {
    struct sync_invocation *next;
    struct waiting *waiting;
    struct lake *lake;
    struct invocation *invocation;
    bool is_done;
    int64_t done_us;
    char key[64]; // "lambda/invocation/<request id>", also what its call is parked on
};
struct waiting {
    pthread_mutex_t mutex;
    struct sync_invocation *first;
};

struct waiting *waiting_new(void)
{
    struct waiting *waiting = calloc(1, sizeof *waiting);
    if (!waiting)
        abort();
    pthread_mutex_init(&waiting->mutex, NULL);
    return waiting;
}

static void sync_free(struct sync_invocation *sync)
{
    invocation_free(sync->invocation);
    free(sync);
}

void waiting_free(struct waiting *waiting)
{
    if (!waiting)
        return;
    while (waiting->first) {
        struct sync_invocation *sync = waiting->first;
        waiting->first = sync->next;
        sync_free(sync);
    }
    pthread_mutex_destroy(&waiting->mutex);
    free(waiting);
}

static void waiting_done(void *context, struct invocation *invocation)
{
    struct sync_invocation *sync = context;
    struct lake *lake = sync->lake;
    char key[sizeof sync->key];
    (void)invocation;
    memcpy(key, sync->key, sizeof key);
    struct waiting *waiting = sync->waiting;
    pthread_mutex_lock(&waiting->mutex);
    sync->is_done = true;
    sync->done_us = clock_mono_us(lake_clock(lake));
    pthread_mutex_unlock(&waiting->mutex);
    lake_wake(lake, str_of(key)); // `sync` may be gone by now
}

static struct sync_invocation *waiting_add(struct waiting *waiting, struct call *call,
                                           const char *key, struct invocation *invocation)
{
    struct sync_invocation *sync = calloc(1, sizeof *sync);
    if (!sync)
        abort();
    sync->waiting = waiting;
    sync->lake = call->lake;
    sync->invocation = invocation;
    snprintf(sync->key, sizeof sync->key, "%s", key);
    int64_t now_us = clock_mono_us(lake_clock(call->lake));
    pthread_mutex_lock(&waiting->mutex);
    for (struct sync_invocation **at = &waiting->first; *at;) {
        struct sync_invocation *old = *at;
        if (old->is_done && now_us - old->done_us > UNCLAIMED_US_MAX) {
            *at = old->next;
            sync_free(old);
        } else {
            at = &old->next;
        }
    }
    sync->next = waiting->first;
    waiting->first = sync;
    pthread_mutex_unlock(&waiting->mutex);
    return sync;
}

// Takes the result out, when it is there; *out_known says whether this call has an invocation at
// all.
static struct sync_invocation *waiting_take(struct waiting *waiting, const char *key,
                                            bool *out_known)
{
    struct sync_invocation *taken = NULL;
    *out_known = false;
    pthread_mutex_lock(&waiting->mutex);
    for (struct sync_invocation **at = &waiting->first; *at && !*out_known; at = &(*at)->next)
        if (strcmp((*at)->key, key) == 0) {
            *out_known = true;
            if ((*at)->is_done) {
                taken = *at;
                *at = taken->next;
                break;
            }
        }
    pthread_mutex_unlock(&waiting->mutex);
    return taken;
}

// --- results

static enum err refuse_outcome(struct call *call, const struct invocation *invocation)
{
    switch (invocation->outcome) {
    case INVOCATION_THROTTLED:
        call->error_members = json_set_str(call->arena, json_object(call->arena), "Reason",
                                           S("ReservedFunctionConcurrentInvocationLimitExceeded"));
        FAIL(call, LAMBDA_TOO_MANY, "%s", invocation->message);
    case INVOCATION_REFUSED:
        FAIL(call, LAMBDA_BAD_RUNTIME, "%s", invocation->message);
    default:
        FAIL(call, LAMBDA_SERVICE_FAILED, "The server is being stopped. Please try again.");
    }
}

static enum err answer(struct call *call, struct invocation *invocation, struct json **out)
{
    if (invocation->outcome != INVOCATION_ANSWERED && invocation->outcome != INVOCATION_FAILED)
        return refuse_outcome(call, invocation);
    struct arena *arena = call->arena;
    struct str version = str_dup(arena, invocation->version);
    *out = json_set_i64(arena, json_object(arena), "StatusCode", 200);
    json_set_str(arena, *out, "ExecutedVersion", version);
    if (invocation->outcome == INVOCATION_FAILED) {
        call_reply_header(call, "X-Amz-Function-Error", S("Unhandled"));
        json_set_str(arena, *out, "FunctionError", S("Unhandled"));
    }
    call_reply_header(call, "X-Amz-Executed-Version", version);
    if (invocation->want_tail)
        call_reply_header(call, "X-Amz-Log-Result", base64_encode(arena, invocation->tail));
    call_reply_header(call, "Content-Type", S("application/json"));
    call->reply_body.present = true;
    call->reply_body.bytes = str_dup(arena, invocation->answer);
    call->reply_status = 200;
    return OK;
}

// --- starting

struct invocation *invocation_of(struct call *call, const struct function_ref *ref,
                                 const struct json *row, int64_t reserved)
{
    struct invocation *invocation = invocation_new();
    struct arena *arena = &invocation->arena;
    const struct json *config = json_get(row, "config");
    invocation->region = str_dup(arena, call->region);
    invocation->name = str_dup(arena, ref->name);
    invocation->version = str_dup(arena, json_str(config, "Version"));
    invocation->revision = str_dup(arena, json_str(config, "RevisionId"));
    invocation->arn = str_dup(arena, function_arn(call, ref->name, ref->qualifier));
    invocation->timeout_ms = json_i64_or(config, "Timeout", 3) * 1000;
    invocation->concurrency_max = reserved;
    invocation->function = row;
    return invocation;
}

static enum err payload_of(struct call *call, const struct json *in, size_t bytes_max,
                           struct str *out_payload)
{
    struct json *ignored;
    struct error error = {0};
    if (base64_decode(call->arena, json_str(in, "Payload"), out_payload) != OK)
        FAIL(call, LAMBDA_BAD_CONTENT, "The payload is not valid base64.");
    if (out_payload->len > bytes_max)
        FAIL(call, LAMBDA_TOO_LARGE,
             "Request must be smaller than %zu bytes for the InvokeFunction operation", bytes_max);
    if (out_payload->len == 0)
        *out_payload = S("{}");
    if (json_parse(call->arena, *out_payload, &ignored, &error) != OK)
        FAIL(call, LAMBDA_BAD_CONTENT, "Could not parse request body into json: %s", error.text);
    return OK;
}

static enum err invoke_sync(struct call *call, const struct json *in,
                            const struct function_ref *ref, const struct json *row,
                            int64_t reserved, const char *key)
{
    struct lambda *lambda = call_state(call);
    struct str payload, context;
    TRY(payload_of(call, in, SYNC_PAYLOAD_BYTES_MAX, &payload));
    if (base64_decode(call->arena, json_str(in, "ClientContext"), &context) != OK)
        FAIL(call, LAMBDA_BAD_CONTENT,
             "Client context must be a valid Base64-encoded JSON object.");
    if (call->outer || call->task_id)
        FAIL(call, LAMBDA_INVALID,
             "InvocationType RequestResponse cannot be waited for inside another operation: give "
             "Event instead.");
    struct invocation *invocation = invocation_of(call, ref, row, reserved);
    invocation->id = str_dup(&invocation->arena, call->request_id);
    invocation->payload = str_dup(&invocation->arena, payload);
    invocation->client_context = str_dup(&invocation->arena, context);
    invocation->want_tail = str_is(json_str(in, "LogType"), "Tail");
    invocation->done = waiting_done;
    invocation->context = waiting_add(lambda->waiting, call, key, invocation);
    engine_invoke(lambda->engine, invocation);
    return call_park(call, str_dup(call->arena, str_of(key)), call->now_ms + WAIT_MS_MAX);
}

static enum err invoke_event(struct call *call, const struct json *in,
                             const struct function_ref *ref)
{
    struct str payload;
    TRY(payload_of(call, in, ASYNC_PAYLOAD_BYTES_MAX, &payload));
    TRY(async_add(call, ref, payload));
    call->reply_status = 202;
    call->reply_body.present = true; // an empty one
    return OK;
}

enum err lambda_invoke(struct call *call, const struct json *in, struct json **out)
{
    struct lambda *lambda = call_state(call);
    struct function_ref ref;
    struct json *row, *main_row;
    char key[64];
    bool known;
    snprintf(key, sizeof key, "lambda/invocation/%.*s", STR_ARG(call->request_id));
    struct sync_invocation *sync = waiting_take(lambda->waiting, key, &known);
    if (sync) {
        enum err err = answer(call, sync->invocation, out);
        sync_free(sync);
        return err;
    }
    if (known && call->deadline_passed)
        FAIL(call, LAMBDA_SERVICE_FAILED, "The invocation did not end in time.");
    if (known)
        return call_park(call, str_dup(call->arena, str_of(key)), call->started_ms + WAIT_MS_MAX);
    struct str type = json_str_or(in, "InvocationType", S("RequestResponse"));
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &row));
    main_row = row;
    if (ref.qualifier.len)
        TRY(function_get(call, ref.name, &main_row));
    *out = json_set_i64(call->arena, json_object(call->arena), "StatusCode",
                        str_is(type, "DryRun") ? 204 : 202);
    if (str_is(type, "DryRun")) {
        call->reply_status = 204;
        return OK;
    }
    if (str_is(type, "Event"))
        return invoke_event(call, in, &ref);
    return invoke_sync(call, in, &ref, row, json_i64_or(main_row, "reserved", -1), key);
}

// --- for workflows: invoke, then tell the operation OnDone, in the transaction that ends the task

struct task_invocation {
    const struct json *in;
    struct invocation *invocation; // NULL: there is none, and the call's code and message say why
    struct str client_context;
    struct json *result;
};

static enum err load(struct call *call, void *context)
{
    struct task_invocation *task = context;
    struct function_ref ref;
    struct json *row, *main_row;
    TRY(function_ref_parse(call, task->in, &ref));
    TRY(function_resolve(call, &ref, &row));
    if (base64_decode(call->arena, json_str(task->in, "ClientContext"), &task->client_context) !=
        OK)
        FAIL(call, LAMBDA_BAD_CONTENT,
             "Client context must be a valid Base64-encoded JSON object.");
    TRY(function_get(call, ref.name, &main_row));
    invocation_free(task->invocation); // of a run that met a conflict
    task->invocation = invocation_of(call, &ref, row, json_i64_or(main_row, "reserved", -1));
    task->invocation->function = json_copy(&task->invocation->arena, row);
    return OK;
}

static struct str payload_text(struct arena *arena, const struct json *payload)
{
    if (!payload)
        return S("{}");
    return json_is(payload, JSON_STRING) ? json_as_str(payload) : json_text(arena, payload);
}

static void set_result(struct call *call, struct task_invocation *task)
{
    struct arena *arena = call->arena;
    const struct invocation *invocation = task->invocation;
    struct json *result = task->result = json_object(arena);
    struct str code = STR_NONE, message = STR_NONE;
    if (!invocation) {
        code = str_of(call->code->code);
        message = str_dup(arena, str_of(call->error.text));
    } else if (invocation->outcome == INVOCATION_THROTTLED ||
               invocation->outcome == INVOCATION_REFUSED) {
        bool throttled = invocation->outcome == INVOCATION_THROTTLED;
        code = str_of(throttled ? LAMBDA_TOO_MANY.code : LAMBDA_BAD_RUNTIME.code);
        message = str_dup(arena, str_of(invocation->message));
    }
    if (code.len) {
        struct json *error = json_set_str(arena, json_object(arena), "Code", code);
        json_set(arena, result, "Error", json_set_str(arena, error, "Message", message));
        return;
    }
    json_set_i64(arena, result, "StatusCode", 200);
    json_set_str(arena, result, "ExecutedVersion", invocation->version);
    json_set_str(arena, result, "Payload", invocation->answer);
    if (invocation->outcome == INVOCATION_FAILED)
        json_set_str(arena, result, "FunctionError", S("Unhandled"));
}

static enum err finish(struct call *call, void *context)
{
    struct task_invocation *task = context;
    const struct json *done = json_get(task->in, "OnDone");
    TRY(call_finish_task(call));
    struct json *input = json_copy_shallow(call->arena, json_get(done, "input"));
    json_set(call->arena, input, "Result", task->result);
    return call_operation(call, str_cstr(call->arena, json_str(done, "service")),
                          str_cstr(call->arena, json_str(done, "op")), input, NULL);
}

// InvocationType Event (or DryRun): the answer does not wait for the function.
static enum err finish_unwaited(struct call *call, void *context)
{
    struct task_invocation *task = context;
    struct function_ref ref;
    struct str payload = payload_text(call->arena, json_get(task->in, "Payload"));
    bool event = str_is(json_str(task->in, "InvocationType"), "Event");
    TRY(function_ref_parse(call, task->in, &ref));
    if (event)
        TRY(async_add(call, &ref, payload));
    task->result =
        json_set_i64(call->arena, json_object(call->arena), "StatusCode", event ? 202 : 204);
    return finish(call, context);
}

enum err lambda_invoke_task(struct call *call, const struct json *in, struct json **out)
{
    struct lambda *lambda = call_state(call);
    struct task_invocation task = {.in = in};
    struct str type = json_str_or(in, "InvocationType", S("RequestResponse"));
    (void)out;
    enum err err = call_transact(call, load, &task);
    if (err != OK && err != ERR_CODED)
        return err;
    if (err == OK && !str_is(type, "RequestResponse")) {
        invocation_free(task.invocation);
        return call_transact(call, finish_unwaited, &task);
    }
    if (err == OK) {
        struct invocation *invocation = task.invocation;
        invocation->id = call_uuid(call);
        invocation->payload = payload_text(&invocation->arena, json_get(in, "Payload"));
        invocation->client_context = task.client_context;
        engine_invoke_blocking(lambda->engine, invocation);
        if (invocation->outcome == INVOCATION_CANCELLED) {
            invocation_free(invocation);
            return ERR_CANCELLED; // the task is still there for the next server
        }
    }
    set_result(call, &task);
    err = call_transact(call, finish, &task);
    invocation_free(task.invocation);
    return err;
}

// --- the role's credential, for environments (environment.c)

enum err lambda_create_credential(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str role = json_str(in, "Role"), function = json_str(in, "FunctionName");
    struct arn arn;
    if (!arn_parse(role, &arn))
        FAIL(call, LAMBDA_INVALID, "%.*s is not the ARN of a role", STR_ARG(role));
    struct str name = str_from(arn.resource, str_rfind_char(arn.resource, '/') + 1);
    struct str id = call_random(call, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);
    struct principal principal = {
        .kind = PRINCIPAL_ROLE,
        .arn = str_format(arena, "arn:aws:sts::%.*s:assumed-role/%.*s/%.*s", STR_ARG(call->account),
                          STR_ARG(name), STR_ARG(function)),
        .role_arn = role,
        .user_id = str_format(arena, "AROA%.*s:%.*s", STR_ARG(id), STR_ARG(function)),
    };
    struct credential credential;
    TRY(credential_create(call, &principal, json_i64_or(in, "DurationMs", 3600 * 1000),
                          &credential));
    *out = json_object(arena);
    json_set_str(arena, *out, "AccessKey", credential.access_key);
    json_set_str(arena, *out, "SecretKey", credential.secret_key);
    json_set_str(arena, *out, "SessionToken", credential.session_token);
    json_set_i64(arena, *out, "ExpiresMs", credential.expires_ms);
    return OK;
}
