// SPDX-License-Identifier: Apache-2.0
#include "services/stepfunctions/run.h"

#include "services/stepfunctions/logging.h"

#include "lake/lake.h"

#include <assert.h>

// Steps of states in one transaction: enough that its commit costs little for each, few enough that
// nobody waits long for the execution's lock.
#define STEPS_MAX 200

// --- frames

enum err run_frame(struct run *run, uint64_t id, struct frame **out_frame)
{
    for (size_t i = 0; i < run->frames.count; i++) {
        if (run->frames.items[i]->id != id)
            continue;
        *out_frame = run->frames.items[i];
        return (*out_frame)->deleted ? ERR_NOT_FOUND : OK;
    }
    struct frame *frame = NULL;
    TRY(frame_get(run->call, run->execution.id, id, &frame));
    frame->asl = asl_state(run->asl, frame->state);
    if (!frame->asl)
        return error_set(&run->call->error, ERR_CORRUPT,
                         "frame %llu is in no state of its definition", (unsigned long long)id);
    *ARENA_PUSH(run->arena, run->frames.items, run->frames.count, run->frames.capacity) = frame;
    *out_frame = frame;
    return OK;
}

void frame_set_input(struct run *run, struct frame *frame, struct json *input)
{
    frame->input = input;
    frame->input_text = json_text(run->arena, input);
    frame->input_moved = true;
}

struct frame *run_add_frame(struct run *run, const struct frame *parent, uint64_t index,
                            const struct asl_state *state, struct json *input)
{
    struct frame *frame = ARENA_NEW(run->arena, struct frame);
    *frame = (struct frame){
        .id = ++run->execution.frames,
        .parent = parent ? parent->id : 0,
        .index = index,
        .state = state->name,
        .asl = state,
        .last_event = parent ? parent->started_event : 0,
    };
    frame_set_input(run, frame, input);
    *ARENA_PUSH(run->arena, run->frames.items, run->frames.count, run->frames.capacity) = frame;
    return frame;
}

enum err run_drop_frame(struct run *run, struct frame *frame)
{
    frame->deleted = true;
    return frame->stored ? frame_delete(run->call, run->execution.id, frame->id) : OK;
}

void run_ready(struct run *run, struct frame *frame)
{
    frame->wait = FRAME_READY;
    if (frame->queued)
        return;
    frame->queued = true;
    *ARENA_PUSH(run->arena, run->queue.items, run->queue.count, run->queue.capacity) = frame;
}

enum err run_input(struct run *run, struct frame *frame)
{
    if (frame->input)
        return OK;
    TRY(data_text(run->call, run->execution.id, frame->id, SLOT_INPUT, 0, &frame->input_text));
    return json_parse(run->arena, frame->input_text, &frame->input, &run->call->error) == OK
               ? OK
               : ERR_CORRUPT;
}

enum err run_execution_input(struct run *run, struct json **out)
{
    if (!run->input)
        TRY(data_get(run->call, run->execution.id, 0, SLOT_INPUT, 0, &run->input));
    *out = run->input;
    return OK;
}

// --- tasks

struct json *run_task_input(struct run *run, const struct frame *frame)
{
    struct json *input = json_object(run->arena);
    json_set_i64(run->arena, input, "Execution", (int64_t)run->execution.id);
    json_set_i64(run->arena, input, "Frame", frame ? (int64_t)frame->id : 0);
    return json_set_i64(run->arena, input, "Attempt", frame ? (int64_t)frame->attempt : 0);
}

struct str run_task_name(struct run *run, const struct frame *frame, const char *what)
{
    return str_format(run->arena, "states/%llu/%llu/%llu/%s", (unsigned long long)run->execution.id,
                      frame ? (unsigned long long)frame->id : 0,
                      frame ? (unsigned long long)frame->attempt : 0, what);
}

enum err run_later(struct run *run, struct str name, const char *op, struct json *input,
                   int64_t due_ms)
{
    struct task task = {.due_ms = due_ms,
                        .name = name,
                        .service = S("states"),
                        .op = str_of(op),
                        .input = input,
                        .backoff_ms = 1000}; // and for ever: an execution is never lost
    return call_later(run->call, &task);
}

enum err run_later_as_role(struct run *run, struct task *task)
{
    const struct principal *asked_by = run->call->principal;
    run->call->principal = &run->role;
    enum err err = call_later(run->call, task);
    run->call->principal = asked_by;
    return err;
}

enum err run_tell(struct run *run, const struct principal *principal, const char *service,
                  const char *op, struct json *input)
{
    struct call *call = run->call;
    enum err err = call_operation_as(call, principal, service, op, input, NULL);
    if (err != ERR_CODED)
        return err;
    log_event(lake_log(call->lake), LOG_WARN, "states", "%s:%s refused what %.*s had to tell: %s",
              service, op, STR_ARG(run->execution.arn), call->error.text);
    call->code = NULL;
    call->error_members = NULL;
    call->error = (struct error){0};
    return OK;
}

static enum err cancel_job(struct run *run, const struct frame *frame)
{
    const struct json *plan = frame->canceller;
    struct task task = {.service = json_str(plan, "service"),
                        .op = json_str(plan, "op"),
                        .input = json_get(plan, "input")};
    return run_later_as_role(run, &task);
}

enum err frame_stop_waiting(struct run *run, struct frame *frame, bool abandon)
{
    if (frame->wait == FRAME_TIME)
        TRY(call_cancel(run->call, run_task_name(run, frame, "due")));
    if (frame->timed)
        TRY(call_cancel(run->call, run_task_name(run, frame, "timeout")));
    if (frame->beating)
        TRY(call_cancel(run->call, run_task_name(run, frame, "heartbeat")));
    if (frame->working)
        TRY(call_cancel(run->call, run_task_name(run, frame, "work")));
    if (frame->canceller && abandon)
        TRY(cancel_job(run, frame));
    frame->timed = frame->beating = frame->working = frame->submitted = false;
    frame->canceller = NULL;
    frame->secret = STR_NONE;
    frame->attempt++;
    return OK;
}

// --- a run

static enum err step_queue(struct run *run)
{
    for (size_t steps = 0; steps < STEPS_MAX && run->queue_next < run->queue.count && !run->ended;
         steps++) {
        struct frame *frame = run->queue.items[run->queue_next++];
        frame->queued = false;
        if (!frame->deleted && frame->wait == FRAME_READY)
            TRY(state_step(run, frame));
    }
    return OK;
}

// What is still ready goes on in another transaction.
static enum err advance_later(struct run *run)
{
    struct json *frames = json_array(run->arena);
    for (size_t i = run->queue_next; i < run->queue.count; i++) {
        const struct frame *frame = run->queue.items[i];
        if (!frame->deleted && frame->wait == FRAME_READY)
            json_push(run->arena, frames, json_i64(run->arena, (int64_t)frame->id));
    }
    if (frames->count == 0 || run->ended)
        return OK;
    struct json *input = run_task_input(run, NULL);
    json_set(run->arena, input, "Frames", frames);
    return run_later(run, STR_NONE, "Advance", input, 0);
}

static enum err save(struct run *run)
{
    struct call *call = run->call;
    uint64_t id = run->execution.id;
    for (size_t i = 0; i < run->frames.count; i++) {
        struct frame *frame = run->frames.items[i];
        if (frame->deleted)
            continue;
        TRY(frame_put(call, id, frame));
        if (frame->input_moved)
            TRY(data_put_text(call, id, frame->id, SLOT_INPUT, 0, frame->input_text));
    }
    TRY(logging_write(run));
    return execution_put(call, &run->execution);
}

// The workflow acts as its role: "arn:aws:sts::<account>:assumed-role/<role>/<execution>".
static struct principal role_of(struct call *call, const struct execution *execution)
{
    struct str role = execution->role_arn;
    size_t slash = str_rfind_char(role, '/');
    struct str name = slash == STR_NPOS ? role : str_from(role, slash + 1);
    struct str arn = str_format(call->arena, "arn:aws:sts::%.*s:assumed-role/%.*s/%.*s",
                                STR_ARG(call->account), STR_ARG(name), STR_ARG(execution->name));
    return (struct principal){.kind = PRINCIPAL_ROLE,
                              .arn = arn,
                              .role_arn = role,
                              .access_key = S(""),
                              .user_id = execution->name};
}

static enum err run_open(struct call *call, struct run *run)
{
    run->call = call;
    run->arena = call->arena;
    run->role = role_of(call, &run->execution);
    TRY(definition_acquire(call, run->execution.definition, &run->definition));
    run->asl = definition_asl(run->definition);
    return OK;
}

enum err run_execution(struct call *call, uint64_t execution, run_body *body, void *context)
{
    struct run run = {0};
    TRY(execution_get(call, execution, true, &run.execution));
    enum err err = run_open(call, &run);
    if (err == OK && (err = body(&run, context)) == OK && (err = step_queue(&run)) == OK &&
        (err = advance_later(&run)) == OK)
        err = save(&run);
    definition_release(call, run.definition);
    if (err == ERR_NOT_FOUND) // to the caller this would say that there is no such execution
        err = error_set(&call->error, ERR_CORRUPT, "execution %.*s lacks a row",
                        STR_ARG(run.execution.arn));
    return err;
}

static enum err start(struct run *run, struct json *input, bool later)
{
    struct arena *arena = run->arena;
    struct str text = json_text(arena, input);
    struct json *details = history_data(run, "input", text);
    json_set_str(arena, details, "roleArn", run->execution.role_arn);
    TRY(data_put_text(run->call, run->execution.id, 0, SLOT_INPUT, 0, text));
    TRY(history_add(run, NULL, "ExecutionStarted", "executionStartedEventDetails", details));
    run->input = input;
    int64_t timeout_ms = run->asl->timeout_ms;
    if (run->execution.express && (timeout_ms == 0 || timeout_ms > 5 * 60 * 1000))
        timeout_ms = 5 * 60 * 1000; // an Express execution lives five minutes at most
    if (timeout_ms)
        TRY(run_later(run, run_task_name(run, NULL, "timeout"), "TimeOut",
                      run_task_input(run, NULL), run->call->now_ms + timeout_ms));
    TRY(execution_announce(run, NULL));
    run_ready(run, run_add_frame(run, NULL, 0, asl_start(run->asl->top), input));
    return later ? OK : step_queue(run);
}

enum err run_new_execution(struct call *call, const struct execution *execution, struct json *input,
                           bool later)
{
    struct run run = {.execution = *execution};
    enum err err = run_open(call, &run);
    if (err == OK && (err = start(&run, input, later)) == OK && (err = advance_later(&run)) == OK)
        err = save(&run);
    definition_release(call, run.definition);
    return err;
}
