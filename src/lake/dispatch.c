// SPDX-License-Identifier: Apache-2.0
// Running operations: the one path that every call takes, from the wire, from tasks, and from
// inside other operations.
//
//     check the input against its shape -> authorise -> open a transaction -> handler -> commit ->
//     answer
//
// The handler may run several times: after a conflict (the transaction is undone and everything
// starts again), and after a park. What it left in the call on an earlier run is cleared first.
//
// An inside call runs the same steps on a savepoint of its caller's transaction.
#include "lake/lake_internal.h"

#include "lake/authorize.h"
#include "lake/errors.h"

#include <assert.h>
#include <string.h>

#define CONFLICT_RUNS_MAX 30
#define INSIDE_DEPTH_MAX 32

struct call *lake_call(struct lake *lake, struct arena *arena, const struct principal *principal,
                       struct str region)
{
    struct call *call = ARENA_NEW(arena, struct call);
    call->lake = lake;
    call->arena = arena;
    call->principal = principal;
    call->account = lake_account(lake);
    call->region = region.len ? region : lake_region(lake);
    call->request_id = random_uuid(lake_random(lake), arena);
    call->now_ms = call->started_ms = clock_now_ms(lake_clock(lake));
    call->base_url = lake_base_url(lake);
    return call;
}

// --- from a failure to an answer

// Shape violations carry AWS's sentence; which code names them is the service's choice.
static enum err refuse_input(struct call *call, enum err err)
{
    const struct error_code *code = call->service->validation_error;
    if (err == ERR_UNSUPPORTED)
        code = &NOT_IMPLEMENTED;
    else if (err == ERR_SYNTAX)
        code = &SERIALIZATION_EXCEPTION;
    else if (!code)
        code = &VALIDATION_EXCEPTION;
    call->code = code;
    call->error.kind = ERR_CODED;
    return ERR_CODED;
}

// Gives every failure a code, so that the edge always has an answer. What is not a refusal is our
// fault: the words go to the log, not to the client.
static enum err name_failure(struct call *call, enum err err)
{
    if (err == OK || err == ERR_PARKED || err == ERR_CODED || err == ERR_CANCELLED)
        return err;
    if (err == ERR_INVALID || err == ERR_UNSUPPORTED || err == ERR_SYNTAX)
        return refuse_input(call, err);
    if (err == ERR_CONFLICT)
        return call_fail(call, &SERVICE_UNAVAILABLE,
                         "The request met conflicting ones again and again. Please try again.");
    log_event(lake_log(call->lake), LOG_ERROR, "lake", "%s:%s failed: %s: %s request=%.*s",
              call->service->name, call->op->name, err_name(err), call->error.text,
              STR_ARG(call->request_id));
    return call_fail(call, &INTERNAL_FAILURE,
                     "An internal error occurred; the server's log has the reason under this "
                     "request id.");
}

static void clear_answer(struct call *call)
{
    call->reply_headers = NULL;
    call->reply_body = (struct reply_body){0};
    call->reply_status = 0;
    call->code = NULL;
    call->error_members = NULL;
    call->error = (struct error){0};
}

// --- the steps

static enum err check_input(struct call *call, const struct json *input, struct json **out_checked)
{
    if (!call->op->input) {
        *out_checked = json_object(call->arena);
        return OK;
    }
    enum err err = shape_check(call->op->input, input, call->arena, out_checked, &call->error);
    return err == OK ? OK : refuse_input(call, err);
}

static enum err run_in_transaction(struct call *call, const struct json *input, struct json **out)
{
    bool read_only = call->op->kind == OP_READ && !call->task_id;
    call->task_finished = false;
    call->tx = tx_begin(lake_store(call->lake), read_only);
    enum err err = call->op->handler(call, input, out);
    if (err == OK && call->task_id && !call->outer && !call->task_finished) {
        err = task_done(call->tx, call->task_id);
        if (err == ERR_NOT_FOUND)
            err = ERR_CANCELLED;
    }
    struct tx *tx = call->tx;
    if (err == OK) {
        err = tx_commit(tx, &call->error); // after-commit actions see call->tx still set
        call->tx = NULL;
        call->task_finished = call->task_finished && err == OK;
        return err;
    }
    tx_abort(tx);
    call->tx = NULL;
    call->task_finished = false;
    return err;
}

static enum err run_handler(struct call *call, const struct json *input, struct json **out)
{
    if (call->op->kind == OP_JOB)
        return call->op->handler(call, input, out);
    enum err err = ERR_CONFLICT;
    for (unsigned run = 0; run < CONFLICT_RUNS_MAX && err == ERR_CONFLICT; run++) {
        if (run)
            store_back_off(lake_store(call->lake), run);
        clear_answer(call);
        *out = NULL;
        err = run_in_transaction(call, input, out);
    }
    return err;
}

static void count(struct call *call, enum err err, int64_t begun_us)
{
    struct service_slot *slot = lake_slot(call->lake, call->service);
    if (!slot || err == ERR_PARKED)
        return;
    struct op_counters *counters = &slot->counters[call->op - call->service->ops];
    atomic_fetch_add(&counters->calls, 1);
    if (err != OK && call->code && call->code->status >= 500)
        atomic_fetch_add(&counters->failures, 1);
    else if (err != OK)
        atomic_fetch_add(&counters->refusals, 1);
    int64_t took_us = clock_mono_us(lake_clock(call->lake)) - begun_us;
    atomic_fetch_add(&counters->time_us, (uint64_t)took_us);
}

static enum err run_checked(struct call *call, struct json *input, struct json **out)
{
    struct json *checked = NULL;
    TRY(check_input(call, input, &checked));
    TRY(authorize(call, checked));
    return run_handler(call, checked, out);
}

enum err lake_run(struct call *call, const struct service *service, const struct op *op,
                  struct json *input, struct json **out_reply)
{
    int64_t begun_us = clock_mono_us(lake_clock(call->lake));
    call->service = service;
    call->op = op;
    clear_answer(call);
    struct json *reply = NULL;
    enum err err = name_failure(call, run_checked(call, input, &reply));
    count(call, err, begun_us);
    if (err == OK)
        *out_reply = reply ? reply : json_object(call->arena);
    return err;
}

// --- waiting on this thread

struct blocker {
    pthread_mutex_t mutex;
    pthread_cond_t resumed_cond;
    bool resumed, deadline_passed;
};

static void unblock(void *context, bool deadline_passed)
{
    struct blocker *blocker = context;
    pthread_mutex_lock(&blocker->mutex);
    blocker->resumed = true;
    blocker->deadline_passed = deadline_passed;
    pthread_cond_signal(&blocker->resumed_cond);
    pthread_mutex_unlock(&blocker->mutex);
}

static bool block_until_resumed(struct call *call, uint64_t epoch)
{
    struct blocker blocker = {.mutex = PTHREAD_MUTEX_INITIALIZER,
                              .resumed_cond = PTHREAD_COND_INITIALIZER};
    lake_park(call->lake, call->park_key, call->park_deadline_ms, epoch, unblock, &blocker);
    pthread_mutex_lock(&blocker.mutex);
    while (!blocker.resumed)
        pthread_cond_wait(&blocker.resumed_cond, &blocker.mutex);
    pthread_mutex_unlock(&blocker.mutex);
    return blocker.deadline_passed;
}

enum err lake_run_blocking(struct call *call, const char *service, const char *op,
                           struct json *input, struct json **out_reply)
{
    const struct service *service_row = lake_service(call->lake, str_of(service));
    const struct op *op_row = service_row ? service_op(service_row, str_of(op)) : NULL;
    assert(op_row); // names of operations in our own code
    for (;;) {
        uint64_t epoch = lake_wake_epoch(call->lake);
        call->now_ms = clock_now_ms(lake_clock(call->lake));
        enum err err = lake_run(call, service_row, op_row, input, out_reply);
        if (err != ERR_PARKED)
            return err;
        call->deadline_passed = block_until_resumed(call, epoch);
    }
}

// --- inside calls

static size_t depth_of(const struct call *call)
{
    size_t depth = 0;
    for (; call->outer; call = call->outer)
        depth++;
    return depth;
}

static struct call *inner_call(struct call *call, const struct principal *principal)
{
    struct call *inner = ARENA_NEW(call->arena, struct call);
    *inner = (struct call){
        .lake = call->lake,
        .arena = call->arena,
        .tx = call->tx,
        .principal = principal,
        .account = call->account,
        .region = call->region,
        .request_id = call->request_id,
        .source_ip = call->source_ip,
        .now_ms = call->now_ms,
        .started_ms = call->now_ms,
        .deadline_passed = true,
        .outer = call,
        .base_url = call->base_url,
    };
    return inner;
}

static void take_refusal(struct call *call, const struct call *inner)
{
    call->code = inner->code;
    call->error = inner->error;
    call->error_members = inner->error_members;
}

enum err call_operation_as(struct call *call, const struct principal *principal,
                           const char *service, const char *op, struct json *input,
                           struct json **out_reply)
{
    struct call *inner = inner_call(call, principal);
    inner->service = lake_service(call->lake, str_of(service));
    inner->op = inner->service ? service_op(inner->service, str_of(op)) : NULL;
    if (!inner->op)
        return call_fail(call, &NOT_IMPLEMENTED, "%s:%s is not an operation of this server",
                         service, op);
    if (inner->op->kind == OP_JOB && call->tx)
        return call_fail(call, &NOT_IMPLEMENTED,
                         "%s:%s runs outside of transactions and cannot be a part of %s:%s",
                         service, op, call->service->name, call->op->name);
    if (depth_of(inner) > INSIDE_DEPTH_MAX)
        return call_fail(call, &INTERNAL_FAILURE, "%s:%s: operations call each other without end",
                         service, op);

    struct json *reply = NULL;
    if (!call->tx) { // a job between its transactions: the inner operation has one of its own
        enum err err = lake_run(inner, inner->service, inner->op, input, &reply);
        if (err != OK)
            take_refusal(call, inner);
        else if (out_reply)
            *out_reply = reply;
        return err;
    }

    int64_t begun_us = clock_mono_us(lake_clock(call->lake));
    struct json *checked = NULL;
    tx_mark(call->tx);
    enum err err = check_input(inner, input, &checked);
    if (err == OK)
        err = authorize(inner, checked);
    if (err == OK)
        err = inner->op->handler(inner, checked, &reply);
    assert(err != ERR_PARKED); // deadline_passed is set
    if (err == ERR_CONFLICT) { // the whole transaction starts again
        tx_undo_to_mark(call->tx);
        return err;
    }
    err = name_failure(inner, err);
    count(inner, err, begun_us);
    if (err != OK) {
        tx_undo_to_mark(call->tx);
        take_refusal(call, inner);
        return err;
    }
    tx_forget_mark(call->tx);
    if (out_reply)
        *out_reply = reply ? reply : json_object(call->arena);
    return OK;
}

enum err call_operation(struct call *call, const char *service, const char *op, struct json *input,
                        struct json **out_reply)
{
    return call_operation_as(call, call->principal, service, op, input, out_reply);
}

// --- a job's transactions

enum err call_transact(struct call *call, call_body *body, void *context)
{
    assert(!call->tx);
    enum err err = ERR_CONFLICT;
    for (unsigned run = 0; run < CONFLICT_RUNS_MAX && err == ERR_CONFLICT; run++) {
        if (run)
            store_back_off(lake_store(call->lake), run);
        bool finished_before = call->task_finished;
        call->now_ms = clock_now_ms(lake_clock(call->lake));
        call->tx = tx_begin(lake_store(call->lake), false);
        err = body(call, context);
        if (err == OK)
            err = tx_commit(call->tx, &call->error);
        else
            tx_abort(call->tx);
        call->tx = NULL;
        if (err != OK)
            call->task_finished = finished_before;
    }
    return err;
}

enum err call_finish_task(struct call *call)
{
    if (!call->task_id)
        return OK; // the job was asked for directly
    enum err err = task_done(call->tx, call->task_id);
    if (err == ERR_NOT_FOUND)
        return ERR_CANCELLED;
    if (err == OK)
        call->task_finished = true;
    return err;
}

// --- later

enum err call_later(struct call *call, struct task *task)
{
    const struct service *service = lake_service(call->lake, task->service);
    assert(service && service_op(service, task->op));
    task->caller = principal_to_json(call->arena, call->principal, call->region);
    if (task->due_ms == 0)
        task->due_ms = call->now_ms;
    if (task->backoff_ms == 0) {
        task->backoff_ms = 1000;
        task->attempts_max = task->attempts_max ? task->attempts_max : 5;
    }
    if (task->backoff_ms_max == 0)
        task->backoff_ms_max = 5 * 60 * 1000;
    return task_add(call->tx, task);
}

enum err call_cancel(struct call *call, struct str task_name)
{
    return task_cancel(call->tx, task_name);
}

static const char *const PRINCIPAL_KINDS[] = {"root", "user", "role", "service", "anonymous"};

struct json *principal_to_json(struct arena *arena, const struct principal *principal,
                               struct str region)
{
    struct json *json = json_object(arena);
    json_set_str(arena, json, "kind", str_of(PRINCIPAL_KINDS[principal->kind]));
    json_set_str(arena, json, "arn", principal->arn);
    json_set_str(arena, json, "access_key", principal->access_key);
    json_set_str(arena, json, "role_arn", principal->role_arn);
    json_set_str(arena, json, "user_id", principal->user_id);
    return json_set_str(arena, json, "region", region);
}

void principal_from_json(const struct json *json, struct principal *out_principal,
                         struct str *out_region)
{
    *out_principal = (struct principal){
        .kind = PRINCIPAL_ANONYMOUS,
        .arn = json_str(json, "arn"),
        .access_key = json_str(json, "access_key"),
        .role_arn = json_str(json, "role_arn"),
        .user_id = json_str(json, "user_id"),
    };
    for (size_t i = 0; i < sizeof PRINCIPAL_KINDS / sizeof *PRINCIPAL_KINDS; i++)
        if (str_is(json_str(json, "kind"), PRINCIPAL_KINDS[i]))
            out_principal->kind = (enum principal_kind)i;
    *out_region = json_str(json, "region");
}
