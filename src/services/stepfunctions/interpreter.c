// SPDX-License-Identifier: Apache-2.0
// States, one step at a time: entering, working, exiting.
//
// Data flows as the States Language says: InputPath and Parameters make the effective input,
// ResultSelector shapes the result, ResultPath puts it into the raw input, OutputPath picks what
// the next state gets.
#include "services/stepfunctions/run.h"

#include "base/timefmt.h"
#include "lake/lake.h"
#include "services/stepfunctions/choice.h"
#include "services/stepfunctions/path.h"

#define WAIT_MS_MAX ((int64_t)366 * 24 * 3600 * 1000)

// --- scopes and the context object

struct scope state_scope(struct run *run, struct frame *frame)
{
    return (struct scope){
        .arena = run->arena, .random = lake_random(run->call->lake), .input = frame->input};
}

static struct json *execution_context(struct run *run, struct json *input)
{
    struct arena *arena = run->arena;
    const struct execution *execution = &run->execution;
    struct json *json = json_object(arena);
    json_set_str(arena, json, "Id", execution->arn);
    json_set(arena, json, "Input", input);
    json_set_str(arena, json, "Name", execution->name);
    json_set_str(arena, json, "RoleArn", execution->role_arn);
    json_set_str(arena, json, "StartTime", time_iso_ms(arena, execution->start_ms));
    json_set_i64(arena, json, "RedriveCount", (int64_t)execution->redrives);
    if (execution->redrives)
        json_set_str(arena, json, "RedriveTime", time_iso_ms(arena, execution->redrive_ms));
    return json;
}

// The innermost Map iteration that the frame is in.
static enum err iteration_of(struct run *run, const struct frame *frame, struct iteration *out,
                             bool *out_found)
{
    for (struct frame *parent = NULL; frame->parent; frame = parent) {
        struct json *value = NULL;
        TRY(run_frame(run, frame->parent, &parent));
        if (parent->asl->type != ASL_MAP)
            continue;
        TRY(data_get(run->call, run->execution.id, parent->id, SLOT_ITEM, frame->index, &value));
        *out = (struct iteration){frame->index, value};
        *out_found = true;
        return OK;
    }
    return OK;
}

enum err state_context(struct run *run, struct frame *frame, const struct iteration *item,
                       struct scope *scope)
{
    struct arena *arena = run->arena;
    struct json *input = NULL, *context = json_object(arena), *machine = json_object(arena),
                *state = json_object(arena);
    struct iteration own = {0};
    bool in_map = item != NULL;
    if (!frame->asl->uses_context)
        return OK;
    TRY(run_execution_input(run, &input));
    if (!item)
        TRY(iteration_of(run, frame, &own, &in_map));
    json_set(arena, context, "Execution", execution_context(run, input));
    json_set_str(arena, machine, "Id", run->execution.machine_arn);
    json_set_str(arena, machine, "Name", run->execution.machine);
    json_set(arena, context, "StateMachine", machine);
    json_set_str(arena, state, "Name", frame->state);
    json_set_str(arena, state, "EnteredTime", time_iso_ms(arena, frame->entered_ms));
    json_set_i64(arena, state, "RetryCount", (int64_t)frame->retry_count);
    json_set(arena, context, "State", state);
    if (in_map) {
        const struct iteration *shown = item ? item : &own;
        struct json *map = json_object(arena), *map_item = json_object(arena);
        json_set_i64(arena, map_item, "Index", (int64_t)shown->index);
        json_set(arena, map_item, "Value", (struct json *)shown->value);
        json_set(arena, context, "Map", json_set(arena, map, "Item", map_item));
    }
    scope->context = context;
    return OK;
}

// --- data flow

// InputPath or OutputPath: absent is everything, null is {}.
static enum err pick(struct scope *scope, const struct json *path, const struct json *from,
                     struct json **out)
{
    if (json_is(path, JSON_NULL)) {
        *out = json_object(scope->arena);
        return OK;
    }
    *out = (struct json *)from;
    if (!path || str_is(path->text, "$"))
        return OK;
    const struct json *before = scope->input;
    scope->input = from;
    enum err err = scope_path(scope, path->text, out);
    scope->input = before;
    if (err == OK)
        return OK;
    return scope_fail(scope, STATES_RUNTIME,
                      "Invalid path '%.*s' : No results for path in the input '%.*s'",
                      STR_ARG(path->text), STR_ARG(json_text(scope->arena, from)));
}

enum err state_effective_input(struct run *run, struct frame *frame, struct scope *scope)
{
    (void)run;
    struct json *picked = NULL;
    TRY(pick(scope, json_get(frame->asl->json, "InputPath"), frame->input, &picked));
    scope->input = picked;
    return OK;
}

static enum err place_result(struct scope *scope, const struct frame *frame,
                             const struct json *where, struct json *result, struct json **out)
{
    struct path *path = NULL;
    if (json_is(where, JSON_NULL)) {
        *out = frame->input;
        return OK;
    }
    *out = result;
    if (!where || str_is(where->text, "$"))
        return OK;
    if (path_parse(scope->arena, where->text, &path, NULL) == OK &&
        path_set(scope->arena, path, frame->input, result, out) == OK)
        return OK;
    return scope_fail(scope, "States.ResultPathMatchFailure",
                      "Unable to apply step \"%.*s\" to input %.*s", STR_ARG(where->text),
                      STR_ARG(json_text(scope->arena, frame->input)));
}

// What Catch and results have in common: into the raw input, and from there to the output.
static enum err shape_result(struct scope *scope, const struct frame *frame, struct json *result,
                             struct json **out)
{
    const struct json *state = frame->asl->json, *selector = json_get(state, "ResultSelector");
    struct json *placed = NULL;
    if (selector) {
        scope->input = result;
        TRY(template_fill(scope, selector, &result));
    }
    TRY(place_result(scope, frame, json_get(state, "ResultPath"), result, &placed));
    return pick(scope, json_get(state, "OutputPath"), placed, out);
}

enum err state_result(struct run *run, struct frame *frame, struct json *result)
{
    struct scope scope = state_scope(run, frame);
    struct json *output = NULL;
    TRY(run_input(run, frame));
    TRY(state_context(run, frame, NULL, &scope));
    enum err err = shape_result(&scope, frame, result, &output);
    if (err != OK)
        return state_fails_by(run, frame, &scope, err);
    return state_exits(run, frame, output, frame->asl->next);
}

// --- moving on

enum err state_exits(struct run *run, struct frame *frame, struct json *output, struct str next)
{
    struct str text = json_text(run->arena, output);
    if (text.len > DATA_BYTES_MAX)
        return state_fails(
            run, frame, S("States.DataLimitExceeded"),
            str_format(run->arena,
                       "The state/task '%.*s' returned a result with a size exceeding the maximum "
                       "number of bytes service limit.",
                       STR_ARG(frame->state)));
    struct json *details = json_set_str(run->arena, json_object(run->arena), "name", frame->state);
    JSON_EACH_MEMBER (member, history_data(run, "output", text))
        json_set_named(run->arena, details, member->name, member->value);
    TRY(history_state(run, frame, "Exited", "stateExitedEventDetails", details));
    frame->retries = NULL;
    frame->retry_count = 0;
    if (next.len == 0)
        return branch_ends(run, frame, output);
    frame->state = next;
    frame->asl = asl_state(run->asl, next);
    frame->entered = false;
    frame->input = output;
    frame->input_text = text;
    frame->input_moved = true;
    run_ready(run, frame);
    return OK;
}

static enum err enter(struct run *run, struct frame *frame)
{
    struct json *details = json_set_str(run->arena, json_object(run->arena), "name", frame->state);
    JSON_EACH_MEMBER (member, history_data(run, "input", frame->input_text))
        json_set_named(run->arena, details, member->name, member->value);
    TRY(history_state(run, frame, "Entered", "stateEnteredEventDetails", details));
    frame->entered = true;
    frame->entered_event = run->execution.events;
    frame->entered_ms = run->call->now_ms;
    return OK;
}

// --- the plain states

static enum err pass(struct run *run, struct frame *frame, struct scope *scope)
{
    const struct json *state = frame->asl->json, *parameters = json_get(state, "Parameters"),
                      *fixed = json_get(state, "Result");
    struct json *result = NULL, *placed = NULL, *output = NULL;
    enum err err = state_effective_input(run, frame, scope);
    result = (struct json *)scope->input;
    if (err == OK && parameters)
        err = template_fill(scope, parameters, &result);
    if (fixed)
        result = (struct json *)fixed;
    if (err == OK)
        err = place_result(scope, frame, json_get(state, "ResultPath"), result, &placed);
    if (err == OK)
        err = pick(scope, json_get(state, "OutputPath"), placed, &output);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    return state_exits(run, frame, output, frame->asl->next);
}

// Choice, Succeed and Wait: InputPath and OutputPath only.
static enum err exit_unchanged(struct run *run, struct frame *frame, struct scope *scope,
                               struct str next)
{
    struct json *output = NULL;
    enum err err = pick(scope, json_get(frame->asl->json, "OutputPath"), scope->input, &output);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    return state_exits(run, frame, output, next);
}

static enum err choose(struct run *run, struct frame *frame, struct scope *scope)
{
    enum err err = state_effective_input(run, frame, scope);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    JSON_EACH (rule, json_get(frame->asl->json, "Choices")) {
        bool holds = false;
        err = choice_holds(scope, rule, &holds);
        if (err != OK)
            return state_fails_by(run, frame, scope, err);
        if (holds)
            return exit_unchanged(run, frame, scope, json_str(rule, "Next"));
    }
    struct str next = json_str(frame->asl->json, "Default");
    if (next.len == 0)
        return state_fails_runtime(
            run, frame,
            "Failed to transition out of the state. The state does not point to a next state.");
    return exit_unchanged(run, frame, scope, next);
}

static enum err succeed(struct run *run, struct frame *frame, struct scope *scope)
{
    enum err err = state_effective_input(run, frame, scope);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    return exit_unchanged(run, frame, scope, STR_NONE);
}

static enum err fail_member(struct scope *scope, const struct json *state, const char *name,
                            const char *path_name, struct str *out)
{
    struct json *value = NULL;
    struct str path = json_str(state, path_name);
    *out = json_str(state, name);
    if (!path.ptr)
        return OK;
    TRY(expression_value(scope, str_of(path_name), path, &value));
    if (!json_is(value, JSON_STRING))
        return scope_fail(scope, STATES_RUNTIME, "The field '%s' must be a string", path_name);
    *out = value->text;
    return OK;
}

static enum err fail(struct run *run, struct frame *frame, struct scope *scope)
{
    struct str error = STR_NONE, cause = STR_NONE;
    enum err err = fail_member(scope, frame->asl->json, "Error", "ErrorPath", &error);
    if (err == OK)
        err = fail_member(scope, frame->asl->json, "Cause", "CausePath", &cause);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    return state_fails(run, frame, error, cause);
}

// --- Wait

static enum err wait_until(struct run *run, struct scope *scope, const struct json *state,
                           int64_t *out_ms)
{
    struct json *value = NULL;
    struct str path = json_str_or(state, "SecondsPath", json_str(state, "TimestampPath"));
    bool by_seconds = json_has(state, "Seconds") || json_has(state, "SecondsPath");
    int64_t seconds;
    if (path.ptr)
        TRY(expression_value(scope, by_seconds ? S("SecondsPath") : S("TimestampPath"), path,
                             &value));
    else
        value = json_get(state, by_seconds ? "Seconds" : "Timestamp");
    if (!by_seconds)
        return json_is(value, JSON_STRING) && time_parse_iso(value->text, out_ms)
                   ? OK
                   : scope_fail(scope, STATES_RUNTIME,
                                "The TimestampPath parameter does not reference a valid ISO-8601 "
                                "extended offset "
                                "date-time format string: %.*s == %.*s",
                                STR_ARG(path), STR_ARG(json_text(scope->arena, value)));
    if (!json_as_i64(value, &seconds) || seconds < 0 || seconds > WAIT_MS_MAX / 1000)
        return scope_fail(
            scope, STATES_RUNTIME,
            "The SecondsPath parameter does not reference an integer value: %.*s == %.*s",
            STR_ARG(path), STR_ARG(json_text(scope->arena, value)));
    *out_ms = run->call->now_ms + seconds * 1000;
    return OK;
}

static enum err wait_begin(struct run *run, struct frame *frame, struct scope *scope)
{
    int64_t due_ms = 0;
    enum err err = state_effective_input(run, frame, scope);
    if (err == OK)
        err = wait_until(run, scope, frame->asl->json, &due_ms);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    if (due_ms <= run->call->now_ms)
        return exit_unchanged(run, frame, scope, frame->asl->next);
    frame->wait = FRAME_TIME;
    frame->attempt++;
    return run_later(run, run_task_name(run, frame, "due"), "Resume", run_task_input(run, frame),
                     due_ms);
}

enum err state_wait_over(struct run *run, struct frame *frame)
{
    struct scope scope;
    TRY(run_input(run, frame));
    scope = state_scope(run, frame);
    TRY(state_context(run, frame, NULL, &scope));
    enum err err = state_effective_input(run, frame, &scope);
    if (err != OK)
        return state_fails_by(run, frame, &scope, err);
    return exit_unchanged(run, frame, &scope, frame->asl->next);
}

// --- a step

enum err state_step(struct run *run, struct frame *frame)
{
    TRY(run_input(run, frame));
    if (history_is_full(run))
        return execution_ends(
            run, frame, EXECUTION_FAILED, S(STATES_RUNTIME),
            S("The execution reached the maximum number of history events (25000)."), NULL);
    if (!frame->entered)
        TRY(enter(run, frame));
    struct scope scope = state_scope(run, frame);
    if (frame->asl->type != ASL_TASK) // a task's context holds its token
        TRY(state_context(run, frame, NULL, &scope));
    switch (frame->asl->type) {
    case ASL_PASS:
        return pass(run, frame, &scope);
    case ASL_CHOICE:
        return choose(run, frame, &scope);
    case ASL_SUCCEED:
        return succeed(run, frame, &scope);
    case ASL_FAIL:
        return fail(run, frame, &scope);
    case ASL_WAIT:
        return wait_begin(run, frame, &scope);
    case ASL_TASK:
        return task_begin(run, frame);
    case ASL_PARALLEL:
    case ASL_MAP:
        return branches_begin(run, frame);
    }
    return ERR_CORRUPT;
}
