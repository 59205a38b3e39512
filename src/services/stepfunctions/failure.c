// SPDX-License-Identifier: Apache-2.0
// Failures: which frame handles one, what happens to those between, and how executions end.
//
// A failure climbs from the state it happened in to the first one whose Retry or Catch takes it;
// everything below that one is then removed. When nothing takes it, the execution fails and all
// frames stay as they are, stopped: that is what RedriveExecution continues from.
#include "services/stepfunctions/run.h"

#include "lake/lake.h"
#include "services/stepfunctions/path.h"

#include <math.h>

#define CAUSE_BYTES_MAX 32768

// --- matching

static bool is_timeout(struct str error)
{
    return str_is(error, "States.Timeout") || str_is(error, "States.HeartbeatTimeout");
}

static bool error_matches(struct str wanted, struct str error)
{
    bool terminal = str_is(error, "States.DataLimitExceeded") || str_is(error, STATES_RUNTIME);
    if (str_is(wanted, "States.ALL"))
        return !terminal;
    if (str_is(wanted, "States.TaskFailed"))
        return !terminal && !is_timeout(error);
    if (str_is(wanted, "States.Timeout"))
        return is_timeout(error);
    return str_eq(wanted, error);
}

static const struct json *find_handler(const struct json *handlers, struct str error,
                                       size_t *out_index)
{
    for (size_t i = 0; i < json_count(handlers); i++) {
        JSON_EACH (wanted, json_get(handlers->items[i], "ErrorEquals")) {
            if (!error_matches(json_as_str(wanted), error))
                continue;
            *out_index = i;
            return handlers->items[i];
        }
    }
    return NULL;
}

static const struct json *find_retrier(const struct frame *frame, struct str error,
                                       size_t *out_index)
{
    const struct json *retrier =
        find_handler(json_get(frame->asl->json, "Retry"), error, out_index);
    int64_t used = 0;
    if (!retrier)
        return NULL;
    json_as_i64(json_at(frame->retries, *out_index), &used);
    return used < json_i64_or(retrier, "MaxAttempts", 3) ? retrier : NULL;
}

static const struct json *find_catcher(const struct frame *frame, struct str error)
{
    size_t index;
    return find_handler(json_get(frame->asl->json, "Catch"), error, &index);
}

// --- handling

static int64_t retry_delay_ms(struct run *run, const struct json *retrier, int64_t used)
{
    double seconds = (double)json_i64_or(retrier, "IntervalSeconds", 1) *
                     pow(json_double_or(retrier, "BackoffRate", 2.0), (double)used);
    double most = (double)json_i64_or(retrier, "MaxDelaySeconds", 31622400);
    seconds = seconds > most ? most : seconds;
    int64_t ms = (int64_t)(seconds * 1000);
    if (str_is(json_str(retrier, "JitterStrategy"), "FULL") && ms > 0)
        ms = (int64_t)(random_u64(lake_random(run->call->lake)) % ((uint64_t)ms + 1));
    return ms;
}

static enum err retry(struct run *run, struct frame *frame, const struct json *retrier,
                      size_t index)
{
    struct json *counts = json_array(run->arena);
    int64_t used = 0;
    for (size_t i = 0; i < json_count(json_get(frame->asl->json, "Retry")); i++) {
        int64_t count = 0;
        json_as_i64(json_at(frame->retries, i), &count);
        used = i == index ? count : used;
        json_push(run->arena, counts, json_i64(run->arena, count + (i == index)));
    }
    frame->retries = counts;
    frame->retry_count++;
    int64_t delay_ms = retry_delay_ms(run, retrier, used);
    if (delay_ms == 0) {
        run_ready(run, frame);
        return OK;
    }
    frame->wait = FRAME_TIME;
    return run_later(run, run_task_name(run, frame, "due"), "Resume", run_task_input(run, frame),
                     run->call->now_ms + delay_ms);
}

static enum err catch_failure(struct run *run, struct frame *frame, const struct json *catcher,
                              struct str error, struct str cause)
{
    struct json *output = json_object(run->arena), *placed = output;
    if (error.ptr)
        json_set_str(run->arena, output, "Error", error);
    if (cause.ptr)
        json_set_str(run->arena, output, "Cause", cause);
    const struct json *where = json_get(catcher, "ResultPath");
    struct path *path = NULL;
    TRY(run_input(run, frame));
    if (json_is(where, JSON_NULL))
        placed = frame->input;
    else if (where && (path_parse(run->arena, where->text, &path, NULL) != OK ||
                       path_set(run->arena, path, frame->input, output, &placed) != OK))
        return state_fails_runtime(run, frame,
                                   "Unable to apply ReferencePath %.*s of a catcher to the input",
                                   STR_ARG(where->text));
    return state_exits(run, frame, placed, json_str(catcher, "Next"));
}

// --- leaving frames behind

enum err frames_abort(struct run *run, const struct frame_list *frames, bool tell)
{
    static const bool told[ASL_TYPES] = {
        [ASL_TASK] = true, [ASL_WAIT] = true, [ASL_PARALLEL] = true, [ASL_MAP] = true};
    for (size_t i = 0; i < frames->count; i++) {
        struct frame *frame = frames->items[i], *parent = NULL;
        bool active = frame->entered && frame->wait != FRAME_STOPPED;
        TRY(frame_stop_waiting(run, frame, true));
        if (frame->wait != FRAME_CHILDREN)
            frame->wait = FRAME_STOPPED;
        if (!tell || history_is_full(run))
            continue;
        if (active && told[frame->asl->type])
            TRY(history_state(run, frame, "Aborted", NULL, NULL));
        if (frame->parent)
            TRY(run_frame(run, frame->parent, &parent));
        if (!parent || parent->asl->type != ASL_MAP)
            continue;
        struct json *details =
            json_set_str(run->arena, json_object(run->arena), "name", parent->state);
        json_set_i64(run->arena, details, "index", (int64_t)frame->index);
        TRY(history_add(run, frame, "MapIterationAborted", "mapIterationAbortedEventDetails",
                        details));
    }
    return OK;
}

// The failure passes `frame`, whose parent's branch it ends: events of both, and the end of the
// other branches.
static enum err climb(struct run *run, struct frame *frame, struct frame *parent)
{
    struct frame_list others = {0};
    if (frame->asl->type == ASL_TASK)
        TRY(history_add_aside(run, frame, "TaskStateAborted", NULL, NULL));
    TRY(branches_list(run, parent, frame, &others));
    TRY(frames_abort(run, &others, true));
    if (parent->asl->type == ASL_MAP) {
        struct json *details =
            json_set_str(run->arena, json_object(run->arena), "name", parent->state);
        json_set_i64(run->arena, details, "index", (int64_t)frame->index);
        TRY(history_add_aside(run, frame, "MapIterationFailed", "mapIterationFailedEventDetails",
                              details));
    }
    parent->last_event = frame->last_event;
    return OK;
}

static enum err drop_below(struct run *run, struct frame *frame)
{
    struct frame_list below = {0};
    if (frame->asl->type != ASL_PARALLEL && frame->asl->type != ASL_MAP)
        return OK;
    TRY(run_input(run, frame));
    TRY(branches_list(run, frame, NULL, &below));
    TRY(frames_abort(run, &below, false));
    for (size_t i = 0; i < below.count; i++) {
        TRY(frame_clear(run->call, run->execution.id, below.items[i]->id));
        TRY(run_drop_frame(run, below.items[i]));
    }
    TRY(frame_clear(run->call, run->execution.id, frame->id));
    frame->input_moved = true;
    return OK;
}

static bool handles(const struct frame *frame, struct str error)
{
    size_t index;
    return find_retrier(frame, error, &index) || find_catcher(frame, error);
}

static enum err find_handling(struct run *run, struct frame *frame, struct str error,
                              struct frame **out)
{
    *out = frame;
    while (!handles(*out, error)) {
        if ((*out)->parent == 0) {
            *out = NULL;
            return OK;
        }
        TRY(run_frame(run, (*out)->parent, out));
    }
    return OK;
}

// From `frame` up to below `handler`, or up to the root and beyond it.
static enum err climb_to(struct run *run, struct frame **frame, const struct frame *handler)
{
    while (*frame != handler && (*frame)->parent) {
        struct frame *parent = NULL;
        TRY(run_frame(run, (*frame)->parent, &parent));
        TRY(climb(run, *frame, parent));
        *frame = parent;
        if (parent != handler)
            TRY(history_state(run, parent, "Failed", NULL, NULL));
    }
    return OK;
}

enum err state_fails(struct run *run, struct frame *frame, struct str error, struct str cause)
{
    struct frame *handler = NULL, *top = frame;
    size_t index = 0;
    cause = str_slice(cause, 0, CAUSE_BYTES_MAX);
    bool had_children = frame->wait == FRAME_CHILDREN;
    TRY(frame_stop_waiting(run, frame, true));
    frame->wait = had_children ? FRAME_CHILDREN : FRAME_STOPPED;
    if (str_is(error, STATES_RUNTIME))
        return execution_ends(run, frame, EXECUTION_FAILED, error, cause, NULL);
    TRY(find_handling(run, frame, error, &handler));
    TRY(climb_to(run, &top, handler));
    if (!handler)
        return execution_ends(run, top, EXECUTION_FAILED, error, cause, NULL);
    const struct json *retrier = find_retrier(handler, error, &index);
    if (!retrier && handler != frame)
        TRY(history_state(run, handler, "Failed", NULL, NULL));
    TRY(drop_below(run, handler));
    if (retrier)
        return retry(run, handler, retrier, index);
    return catch_failure(run, handler, find_catcher(handler, error), error, cause);
}

static struct str with_place(struct run *run, const struct frame *frame, struct str cause)
{
    if (run->execution.express)
        return str_format(run->arena, "An error occurred while executing the state '%.*s'. %.*s",
                          STR_ARG(frame->state), STR_ARG(cause));
    return str_format(
        run->arena,
        "An error occurred while executing the state '%.*s' (entered at the event id #%llu). %.*s",
        STR_ARG(frame->state), (unsigned long long)frame->entered_event, STR_ARG(cause));
}

enum err state_fails_by(struct run *run, struct frame *frame, const struct scope *scope,
                        enum err err)
{
    if (err != ERR_INVALID)
        return err;
    return state_fails(run, frame, scope->error, with_place(run, frame, scope->cause));
}

enum err state_fails_runtime(struct run *run, struct frame *frame, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str cause = str_formatv(run->arena, format, args);
    va_end(args);
    return state_fails(run, frame, S(STATES_RUNTIME), with_place(run, frame, cause));
}

// --- the end

static enum err end_event(struct run *run, struct frame *frame, struct str output_text)
{
    static const char *const types[][2] = {
        [EXECUTION_SUCCEEDED] = {"ExecutionSucceeded", "executionSucceededEventDetails"},
        [EXECUTION_FAILED] = {"ExecutionFailed", "executionFailedEventDetails"},
        [EXECUTION_TIMED_OUT] = {"ExecutionTimedOut", "executionTimedOutEventDetails"},
        [EXECUTION_ABORTED] = {"ExecutionAborted", "executionAbortedEventDetails"},
    };
    const struct execution *execution = &run->execution;
    struct json *details = json_object(run->arena);
    if (execution->status == EXECUTION_SUCCEEDED)
        details = history_data(run, "output", output_text);
    if (execution->has_error)
        json_set_str(run->arena, details, "error", execution->error);
    if (execution->has_cause)
        json_set_str(run->arena, details, "cause", execution->cause);
    return history_add(run, frame, types[execution->status][0], types[execution->status][1],
                       details);
}

// Nothing is left of a success but its input and output; of anything else all is, for a redrive.
static enum err settle_frames(struct run *run)
{
    struct frame_list all = {0};
    TRY(branches_list(run, NULL, NULL, &all));
    TRY(frames_abort(run, &all, false));
    if (run->execution.status == EXECUTION_SUCCEEDED)
        for (size_t i = 0; i < all.count; i++)
            TRY(run_drop_frame(run, all.items[i]));
    for (size_t i = 0; i < all.count; i++) {
        struct frame_list below = {0};
        if (all.items[i]->deleted || all.items[i]->wait != FRAME_CHILDREN)
            continue;
        TRY(branches_list(run, all.items[i], NULL, &below));
        if (below.count == 0)
            all.items[i]->wait = FRAME_STOPPED;
    }
    return OK;
}

enum err execution_ends(struct run *run, struct frame *frame, enum execution_status status,
                        struct str error, struct str cause, struct json *output)
{
    struct execution *execution = &run->execution;
    struct str text = output ? json_text(run->arena, output) : STR_NONE;
    run->ended = true;
    execution->status = status;
    execution->stop_ms = run->call->now_ms;
    execution->error = error;
    execution->has_error = error.ptr != NULL;
    execution->cause = cause;
    execution->has_cause = cause.ptr != NULL;
    TRY(end_event(run, frame, text));
    if (status != EXECUTION_TIMED_OUT) // else it is the task that runs this
        TRY(call_cancel(run->call, run_task_name(run, NULL, "timeout")));
    TRY(settle_frames(run));
    if (output)
        TRY(data_put_text(run->call, execution->id, 0, SLOT_OUTPUT, 0, text));
    TRY(execution_status_changed(run->call, execution));
    return execution_announce(run, output);
}
