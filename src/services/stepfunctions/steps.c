// SPDX-License-Identifier: Apache-2.0
// The operations that move executions: tasks of our own, and what other services call when a job is
// done. Each looks whether what it is about still waits for it, and else does nothing.
#include "services/stepfunctions/ops.h"

#include "base/digest.h"
#include "lake/lake.h"
#include "services/stepfunctions/integration.h"
#include "services/stepfunctions/run.h"

// One of the frame's parts in a step.
struct step {
    const struct json *in;
    struct frame *frame;
    enum err (*apply)(struct run *run, struct step *step);
    struct json *reply; // RunJob's
    struct error refusal;
    const struct error_code *code;
    bool done;
};

static enum err on_frame(struct run *run, void *context)
{
    struct step *step = context;
    if (run->execution.status != EXECUTION_RUNNING)
        return OK;
    enum err err = run_frame(run, (uint64_t)json_i64_or(step->in, "Frame", 0), &step->frame);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    if (step->frame->attempt != (uint64_t)json_i64_or(step->in, "Attempt", -1))
        return OK;
    step->done = true;
    return step->apply(run, step);
}

static enum err step_frame(struct call *call, struct step *step)
{
    enum err err =
        run_execution(call, (uint64_t)json_i64_or(step->in, "Execution", 0), on_frame, step);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- Advance

static enum err advance(struct run *run, void *context)
{
    const struct json *in = context;
    if (run->execution.status != EXECUTION_RUNNING)
        return OK;
    JSON_EACH (id, json_get(in, "Frames")) {
        int64_t number = 0;
        struct frame *frame = NULL;
        if (!json_as_i64(id, &number))
            continue;
        enum err err = run_frame(run, (uint64_t)number, &frame);
        if (err == ERR_NOT_FOUND)
            continue;
        TRY(err);
        if (frame->wait == FRAME_READY)
            run_ready(run, frame);
    }
    return OK;
}

enum err states_advance(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    enum err err =
        run_execution(call, (uint64_t)json_i64_or(in, "Execution", 0), advance, (void *)in);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- Resume: a Wait state's time has come, or a retry's

static enum err resume(struct run *run, struct step *step)
{
    struct frame *frame = step->frame;
    if (frame->wait != FRAME_TIME)
        return OK;
    frame->attempt++;
    frame->wait = FRAME_READY;
    if (frame->asl->type == ASL_WAIT)
        return state_wait_over(run, frame);
    run_ready(run, frame);
    return OK;
}

enum err states_resume(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct step step = {.in = in, .apply = resume};
    return step_frame(call, &step);
}

// --- TimeOut: of a task, or of the execution

static enum err time_out(struct run *run, struct step *step)
{
    bool heartbeat = json_bool_or(step->in, "Heartbeat", false);
    if (step->frame->wait != FRAME_TASK)
        return OK;
    if (heartbeat)
        step->frame->beating = false;
    else
        step->frame->timed = false;
    return task_times_out(run, step->frame, heartbeat);
}

static enum err time_out_execution(struct run *run, void *context)
{
    struct frame_list all = {0};
    (void)context;
    if (run->execution.status != EXECUTION_RUNNING)
        return OK;
    TRY(branches_list(run, NULL, NULL, &all));
    TRY(frames_abort(run, &all, true));
    return execution_ends(run, all.count ? all.items[0] : NULL, EXECUTION_TIMED_OUT,
                          S("States.Timeout"), STR_NONE, NULL);
}

enum err states_time_out(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct step step = {.in = in, .apply = time_out};
    if (json_i64_or(in, "Frame", 0) != 0)
        return step_frame(call, &step);
    enum err err =
        run_execution(call, (uint64_t)json_i64_or(in, "Execution", 0), time_out_execution, NULL);
    return err == ERR_NOT_FOUND ? OK : err;
}

// A job that ended before the transition that started it has committed: its execution is in the
// hands of a run of an outer call, which writes it at its end. What came of the job is then a task.
static enum err put_off(struct call *call, const struct json *in, bool *out_put_off)
{
    const struct call *outer = call->outer;
    while (outer && outer->service != call->service)
        outer = outer->outer;
    *out_put_off = outer != NULL;
    if (!outer)
        return OK;
    struct task task = {.service = S("states"),
                        .op = str_of(call->op->name),
                        .input = (struct json *)in,
                        .backoff_ms = 1000};
    return call_later(call, &task);
}

// --- TaskDone: a function ended. Called in the transaction that ends its task.

static enum err function_ended(struct run *run, struct step *step)
{
    const struct json *result = json_get(step->in, "Result"),
                      *gave_up = json_get(step->in, "error");
    if (step->frame->wait != FRAME_TASK || step->frame->submitted)
        return OK;
    step->frame->working = false;
    if (gave_up) { // the runner could not run InvokeTask
        struct json *refusal = json_object(run->arena);
        json_set(run->arena, refusal, "Error", (struct json *)gave_up);
        result = refusal;
    }
    return task_function_ended(run, step->frame, result);
}

enum err states_task_done(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct step step = {.in = in, .apply = function_ended};
    bool later;
    TRY(put_off(call, in, &later));
    return later ? OK : step_frame(call, &step);
}

// --- JobDone: the job behind a .sync integration ended

static enum err job_ended(struct run *run, struct step *step)
{
    if (step->frame->wait != FRAME_TASK || !step->frame->submitted)
        return OK;
    return task_job_ended(run, step->frame, json_get(step->in, "Result"));
}

enum err states_job_done(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct step step = {.in = in, .apply = job_ended};
    bool later;
    TRY(put_off(call, in, &later));
    return later ? OK : step_frame(call, &step);
}

// --- RunJob: an operation that blocks or streams

static enum err job_ran(struct run *run, struct step *step)
{
    if (step->frame->wait != FRAME_TASK || step->frame->submitted)
        return OK;
    step->frame->working = false;
    if (step->code)
        return task_refused(run, step->frame, str_of(step->code->code), step->code->status,
                            str_of(step->refusal.text));
    return task_replied(run, step->frame, json_get(step->in, "Input"), step->reply);
}

static enum err finish_job(struct call *call, void *context)
{
    TRY(step_frame(call, context));
    return call_finish_task(call);
}

// Body is a member of SDK calls and a stream on the wire.
static enum err give_body(struct call *call, struct call *inner, const struct json *input,
                          struct blob *blob)
{
    const struct json *body = json_get(input, "Body");
    struct str bytes = json_is(body, JSON_STRING) ? body->text
                       : body                     ? json_text(call->arena, body)
                                                  : S("");
    struct json *digests = json_object(call->arena);
    TRY(blob_of_bytes(lake_store(call->lake), call->arena, bytes, blob, &call->error));
    json_set_str(call->arena, digests, "md5", digest_hex(call->arena, DIGEST_MD5, bytes));
    json_set_str(call->arena, digests, "sha256", digest_hex(call->arena, DIGEST_SHA256, bytes));
    inner->body = blob;
    inner->body_digests = digests;
    return OK;
}

static enum err take_body(struct call *call, struct call *inner, struct step *step)
{
    struct reply_body *body = &inner->reply_body;
    struct str bytes = body->bytes;
    enum err err = OK;
    if (!body->present)
        return OK;
    if (body->reader) {
        size_t len = body->length > DATA_BYTES_MAX ? DATA_BYTES_MAX + 1 : (size_t)body->length;
        char *room = arena_bytes(call->arena, len + 1);
        err = blob_reader_read(body->reader, body->offset, room, len, &call->error);
        blob_reader_close(body->reader);
        bytes = str_n(room, len);
    }
    json_set_str(call->arena, step->reply, "Body", bytes);
    if (str_is_utf8(bytes))
        return err;
    step->code = &STATES_VALIDATION;
    error_set(&step->refusal, ERR_CODED,
              "The body is not text in UTF-8 and cannot be a state's result.");
    return err;
}

static enum err run_job(struct call *call, struct step *step)
{
    struct arena *arena = call->arena;
    const struct json *input = json_get(step->in, "Input");
    struct call *inner = lake_call(call->lake, arena, call->principal, call->region);
    const char *service = str_cstr(arena, json_str(step->in, "Service"));
    const char *op = str_cstr(arena, json_str(step->in, "Op"));
    const struct service *row = lake_service(call->lake, str_of(service));
    const struct op *op_row = row ? service_op(row, str_of(op)) : NULL;
    struct blob blob;
    if (!op_row)
        return error_set(&call->error, ERR_UNSUPPORTED, "%s:%s is not an operation of this server",
                         service, op);
    if (op_row->flags & OP_STREAM_IN)
        TRY(give_body(call, inner, input, &blob));
    enum err err = lake_run_blocking(inner, service, op, (struct json *)input, &step->reply);
    if (err == OK)
        return take_body(call, inner, step);
    if (err != ERR_CODED)
        return err;
    step->code = inner->code;
    step->refusal = inner->error;
    return OK;
}

enum err states_run_job(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct step step = {.in = in, .apply = job_ran};
    TRY(run_job(call, &step));
    return call_transact(call, finish_job, &step);
}

// --- WatchExecution: of our own .sync integration

static enum err watch(struct run *run, void *context)
{
    const struct json *on_done = context;
    struct key key;
    struct json *output = NULL;
    if (run->execution.status == EXECUTION_RUNNING) {
        key_u64(watch_key(&key, run->execution.id), ++run->execution.watches);
        return tx_put_json(run->call->tx, &key, on_done);
    }
    enum err err = data_get(run->call, run->execution.id, 0, SLOT_OUTPUT, 0, &output);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    return on_done_call(run->call, on_done, execution_described(run, output));
}

enum err states_watch_execution(struct call *call, const struct json *in, struct json **out)
{
    uint64_t id = 0;
    (void)out;
    TRY(states_find_execution(call, json_str(in, "executionArn"), true, &id));
    enum err err = run_execution(call, id, watch, json_get(in, "OnDone"));
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- Expire: an ended execution's time is over

enum err states_expire(struct call *call, const struct json *in, struct json **out)
{
    struct execution execution;
    (void)out;
    enum err err = execution_get(call, (uint64_t)json_i64_or(in, "Execution", 0), true, &execution);
    if (err == ERR_NOT_FOUND || (err == OK && execution.status == EXECUTION_RUNNING))
        return OK;
    TRY(err);
    return execution_delete(call, &execution);
}
