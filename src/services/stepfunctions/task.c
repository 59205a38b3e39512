// SPDX-License-Identifier: Apache-2.0
// Task states: starting their work, and what may come of it.
//
//   operations that are transactions   run at once, in the transition's own transaction, on a
//   savepoint: a refusal is the
//                                      state's error, a success commits with the transition
//   functions                          Lambda's InvokeTask, a task; it ends with our TaskDone in
//   its last transaction operations that block or stream    our RunJob, a task (steps.c) .sync the
//   start as above; then the job's service tells us by JobDone .waitForTaskToken the start as
//   above; then SendTaskSuccess or SendTaskFailure
#include "services/stepfunctions/activities.h"
#include "services/stepfunctions/integration.h"
#include "services/stepfunctions/run.h"

#include "base/encode.h"
#include "lake/lake.h"

#define SECONDS_MAX 99999999

// --- tokens

static struct str token_text(struct run *run, const struct frame *frame)
{
    return base64url_encode(
        run->arena, str_format(run->arena, "1:%llu:%llu:%llu:%.*s",
                               (unsigned long long)run->execution.id, (unsigned long long)frame->id,
                               (unsigned long long)frame->attempt, STR_ARG(frame->secret)));
}

bool task_token_read(struct arena *arena, struct str token, struct task_token *out)
{
    struct str rest, part;
    uint64_t numbers[4];
    if (base64url_decode(arena, token, &rest) != OK)
        return false;
    for (int i = 0; i < 4; i++)
        if (!str_cut(&rest, ':', &part) || !str_to_u64(part, &numbers[i]))
            return false;
    *out = (struct task_token){numbers[1], numbers[2], numbers[3], rest};
    return numbers[0] == 1 && rest.len > 0;
}

bool task_token_fits(const struct task_token *token, const struct frame *frame)
{
    return frame->wait == FRAME_TASK && frame->attempt == token->attempt &&
           str_eq(frame->secret, token->secret);
}

// --- events

static enum err resource_of(struct run *run, const struct frame *frame, struct integration *out)
{
    return integration_parse(run->call->lake, run->arena, json_str(frame->asl->json, "Resource"),
                             out, NULL);
}

static struct json *with_members(struct run *run, struct json *details, const struct json *more)
{
    JSON_EACH_MEMBER (member, more)
        json_set_named(run->arena, details, member->name, member->value);
    return details;
}

static struct json *error_details(struct run *run, struct str error, struct str cause)
{
    struct json *details = json_object(run->arena);
    if (error.ptr)
        json_set_str(run->arena, details, "error", error);
    if (cause.ptr)
        json_set_str(run->arena, details, "cause", cause);
    return details;
}

// A task's event, in the words of its family: LambdaFunctionFailed, ActivityFailed, TaskFailed.
// Only the last one's details name the resource each time. `details` NULL: none of its own.
static enum err tell(struct run *run, struct frame *frame, const struct integration *integration,
                     const char *what, const struct json *details)
{
    struct arena *arena = run->arena;
    bool plain = !integration->function && !integration->activity;
    const char *family = plain ? "Task" : integration->function ? "LambdaFunction" : "Activity";
    struct str type = str_format(arena, "%s%s", family, what);
    struct str name = str_format(arena, "%c%.*sEventDetails", type.ptr[0] - 'A' + 'a',
                                 STR_ARG(str_from(type, 1)));
    struct json *all = json_object(arena);
    if (plain) {
        json_set_str(arena, all, "resourceType", integration->resource_type);
        json_set_str(arena, all, "resource", integration->resource);
    }
    with_members(run, all, details);
    return history_add(run, frame, str_cstr(arena, type), all->count ? str_cstr(arena, name) : NULL,
                       all);
}

struct timing {
    int64_t timeout_s, heartbeat_s; // 0: none
};

static enum err tell_scheduled(struct run *run, struct frame *frame,
                               const struct integration *integration, struct str parameters,
                               struct timing timing)
{
    struct arena *arena = run->arena;
    struct json *details = json_object(arena);
    if (integration->function || integration->activity) {
        json_set_str(arena, details, "resource", integration->arn);
        with_members(run, details, history_data(run, "input", parameters));
    } else {
        json_set_str(arena, details, "region", run->execution.region);
        json_set_str(arena, details, "parameters", parameters);
    }
    if (timing.timeout_s)
        json_set_i64(arena, details, "timeoutInSeconds", timing.timeout_s);
    if (timing.heartbeat_s && !integration->function)
        json_set_i64(arena, details, "heartbeatInSeconds", timing.heartbeat_s);
    TRY(tell(run, frame, integration, "Scheduled", details));
    if (integration->activity) // a worker starts it
        return OK;
    return tell(run, frame, integration, "Started", NULL);
}

enum err task_started(struct run *run, struct frame *frame, struct str worker)
{
    struct integration integration;
    struct json *details = json_object(run->arena);
    TRY(resource_of(run, frame, &integration));
    if (worker.len)
        json_set_str(run->arena, details, "workerName", worker);
    return tell(run, frame, &integration, "Started", details);
}

// --- ends

enum err task_fails(struct run *run, struct frame *frame, struct str error, struct str cause)
{
    struct integration integration;
    TRY(resource_of(run, frame, &integration));
    TRY(tell(run, frame, &integration, "Failed", error_details(run, error, cause)));
    return state_fails(run, frame, error, cause);
}

enum err task_ends(struct run *run, struct frame *frame, struct json *output)
{
    struct integration integration;
    struct str text = json_text(run->arena, output);
    TRY(resource_of(run, frame, &integration));
    TRY(frame_stop_waiting(run, frame, false));
    frame->wait = FRAME_READY;
    if (text.len > DATA_BYTES_MAX) // the history does not hold it either
        return state_exits(run, frame, output, frame->asl->next);
    TRY(tell(run, frame, &integration, "Succeeded", history_data(run, "output", text)));
    return state_result(run, frame, output);
}

enum err task_times_out(struct run *run, struct frame *frame, bool heartbeat)
{
    struct integration integration;
    struct str error = heartbeat ? S("States.HeartbeatTimeout") : S("States.Timeout");
    TRY(resource_of(run, frame, &integration));
    TRY(tell(run, frame, &integration, "TimedOut", error_details(run, error, STR_NONE)));
    return state_fails(run, frame, error, STR_NONE);
}

enum err task_refused(struct run *run, struct frame *frame, struct str code, int status,
                      struct str message)
{
    struct integration integration;
    TRY(resource_of(run, frame, &integration));
    struct str error = integration_error(run->arena, &integration, code);
    struct str cause = str_format(
        run->arena, "%.*s (Service: %.*s, Status Code: %d, Request ID: %.*s)", STR_ARG(message),
        (int)str_find_char(error, '.'), error.ptr, status, STR_ARG(run->call->request_id));
    return task_fails(run, frame, error, cause);
}

// What an inside call was refused with is the state's error, not ours.
static enum err take_refusal(struct run *run, struct frame *frame)
{
    struct call *call = run->call;
    struct str message = str_of(str_cstr(run->arena, str_of(call->error.text)));
    struct str code = str_of(call->code->code);
    int status = call->code->status;
    call->code = NULL;
    call->error_members = NULL;
    call->error = (struct error){0};
    return task_refused(run, frame, code, status, message);
}

// --- after the start: the end, or the wait for it

static enum err watch_job(struct run *run, struct frame *frame,
                          const struct integration *integration, const struct json *input,
                          const struct json *reply)
{
    struct arena *arena = run->arena;
    struct json *watch = integration_job_input(arena, integration, input, reply),
                *on_done = json_object(arena);
    json_set_str(arena, on_done, "service", S("states"));
    json_set_str(arena, on_done, "op", S("JobDone"));
    json_set(arena, on_done, "input", run_task_input(run, frame));
    json_set(arena, watch, "OnDone", on_done);
    frame->canceller = integration_canceller(arena, integration, input, reply);
    enum err err = call_operation_as(run->call, &run->role, integration->service->name,
                                     integration_watch_op(integration), watch, NULL);
    return err == ERR_CODED ? take_refusal(run, frame) : err;
}

enum err task_replied(struct run *run, struct frame *frame, const struct json *input,
                      struct json *reply)
{
    struct integration integration;
    struct str error, cause;
    TRY(resource_of(run, frame, &integration));
    if (integration_refused(run->arena, &integration, reply, &error, &cause))
        return task_fails(run, frame, error, cause);
    struct json *output = integration_output(run->call, &integration, reply);
    if (integration.pattern == PATTERN_RESPONSE)
        return task_ends(run, frame, output);
    frame->submitted = true;
    TRY(tell(run, frame, &integration, "Submitted",
             history_data(run, "output", json_text(run->arena, output))));
    if (integration.pattern == PATTERN_TOKEN)
        return OK;
    return watch_job(run, frame, &integration, input, reply);
}

enum err task_job_ended(struct run *run, struct frame *frame, struct json *job)
{
    struct integration integration;
    struct json *result = NULL;
    struct str cause = STR_NONE;
    TRY(resource_of(run, frame, &integration));
    frame->canceller = NULL; // there is nothing left to end
    if (integration_job_result(run->arena, &integration, job, &result, &cause))
        return task_ends(run, frame, result);
    return task_fails(run, frame, S("States.TaskFailed"), cause);
}

// --- functions

static enum err function_failed(struct run *run, struct frame *frame, const struct json *payload,
                                struct str text)
{
    struct str error = json_str(payload, "errorType");
    if (error.ptr)
        return task_fails(run, frame, error, text);
    return task_fails(
        run, frame, S("Lambda.Unknown"),
        str_format(run->arena,
                   "The cause could not be determined because Lambda did not return an error type. "
                   "Returned payload: %.*s",
                   STR_ARG(text)));
}

enum err task_function_ended(struct run *run, struct frame *frame, const struct json *result)
{
    struct arena *arena = run->arena;
    struct integration integration;
    const struct json *refusal = json_get(result, "Error");
    struct str text = json_str(result, "Payload");
    struct json *payload = NULL, *reply = json_object(arena);
    TRY(resource_of(run, frame, &integration));
    if (refusal)
        return task_refused(run, frame, json_str(refusal, "Code"),
                            (int)json_i64_or(refusal, "Status", 400), json_str(refusal, "Message"));
    if (text.len == 0 || json_parse(arena, text, &payload, NULL) != OK)
        payload = text.len ? json_string(arena, text) : json_null(arena);
    struct str function_error = json_str(result, "FunctionError");
    if (function_error.len && !integration.sdk)
        return function_failed(run, frame, payload, text);
    if (integration.function)
        return task_ends(run, frame, payload);
    json_set_str(arena, reply, "ExecutedVersion",
                 json_str_or(result, "ExecutedVersion", S("$LATEST")));
    if (function_error.len)
        json_set_str(arena, reply, "FunctionError", function_error);
    json_set(arena, reply, "Payload", integration.sdk ? json_string(arena, text) : payload);
    json_set_i64(arena, reply, "StatusCode", json_i64_or(result, "StatusCode", 200));
    return task_replied(run, frame, NULL, reply);
}

// An optimised integration's payload is JSON; an SDK call's is a string that holds it.
static struct str payload_text(struct run *run, const struct integration *integration,
                               const struct json *parameters)
{
    const struct json *payload =
        integration->function ? parameters : json_get(parameters, "Payload");
    if (!payload)
        return S("{}");
    if (integration->sdk && json_is(payload, JSON_STRING))
        return payload->text;
    return json_text(run->arena, payload);
}

static struct json *invocation_of(struct run *run, const struct integration *integration,
                                  const struct json *parameters)
{
    static const char *const passed[] = {"FunctionName", "Qualifier", "ClientContext"};
    struct json *input = json_object(run->arena);
    if (integration->function)
        return json_set_str(run->arena, input, "FunctionName", integration->arn);
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        json_set(run->arena, input, passed[i], json_get(parameters, passed[i]));
    return input;
}

static enum err start_function(struct run *run, struct frame *frame,
                               const struct integration *integration, struct json *parameters)
{
    struct arena *arena = run->arena;
    struct json *input = invocation_of(run, integration, parameters), *on_done = json_object(arena);
    json_set_str(arena, on_done, "service", S("states"));
    json_set_str(arena, on_done, "op", S("TaskDone"));
    json_set(arena, on_done, "input", run_task_input(run, frame));
    json_set_str(arena, input, "Payload", payload_text(run, integration, parameters));
    json_set(arena, input, "OnDone", on_done);
    struct task task = {.name = run_task_name(run, frame, "work"),
                        .service = S("lambda"),
                        .op = S("InvokeTask"),
                        .input = input,
                        .on_failure = on_done};
    frame->working = true;
    return run_later_as_role(run, &task);
}

// --- operations

static enum err run_operation(struct run *run, struct frame *frame,
                              const struct integration *integration, struct json *input)
{
    struct call *call = run->call;
    struct json *reply = NULL;
    enum err err = call_operation_as(call, &run->role, integration->service->name,
                                     integration->op->name, input, &reply);
    if (err == OK && integration_is_lambda(integration))
        json_set_i64(run->arena, reply, "StatusCode",
                     str_is(json_str(input, "InvocationType"), "Event") ? 202 : 204);
    if (err == OK)
        return task_replied(run, frame, input, reply);
    return err == ERR_CODED ? take_refusal(run, frame) : err;
}

// InvocationType Event (or DryRun): Lambda takes it over within this transaction, and there is no
// answer to wait for.
static enum err start_unanswered_function(struct run *run, struct frame *frame,
                                          const struct integration *integration,
                                          const struct json *parameters)
{
    struct json *input = invocation_of(run, integration, parameters);
    struct str payload = payload_text(run, integration, parameters);
    json_set(run->arena, input, "InvocationType", json_get(parameters, "InvocationType"));
    json_set_str(run->arena, input, "Payload", base64_encode(run->arena, payload));
    return run_operation(run, frame, integration, input);
}

static enum err start_work(struct run *run, struct frame *frame,
                           const struct integration *integration, struct json *parameters)
{
    struct error error = {0};
    struct json *input = NULL;
    if (integration->activity)
        return activity_offer(run, frame, integration->resource, token_text(run, frame),
                              parameters);
    if (integration_is_lambda(integration)) {
        struct str type = json_str_or(integration->function ? NULL : parameters, "InvocationType",
                                      S("RequestResponse"));
        return str_is(type, "RequestResponse")
                   ? start_function(run, frame, integration, parameters)
                   : start_unanswered_function(run, frame, integration, parameters);
    }
    if (integration_input(run->call, integration, parameters, &input, &error) != OK)
        return state_fails_runtime(run, frame, "%s", error.text);
    if (!integration_is_job(integration))
        return run_operation(run, frame, integration, input);
    struct json *job = run_task_input(run, frame);
    json_set_str(run->arena, job, "Service", str_of(integration->service->name));
    json_set_str(run->arena, job, "Op", str_of(integration->op->name));
    json_set(run->arena, job, "Input", input);
    struct task task = {.name = run_task_name(run, frame, "work"),
                        .service = S("states"),
                        .op = S("RunJob"),
                        .input = job,
                        .backoff_ms = 1000};
    frame->working = true;
    return run_later_as_role(run, &task);
}

// --- beginning

static enum err seconds_of(struct scope *scope, const struct json *state, const char *name,
                           const char *path_name, int64_t *out)
{
    struct str path = json_str(state, path_name);
    struct json *value = NULL;
    *out = json_i64_or(state, name, 0);
    if (!path.ptr)
        return OK;
    TRY(expression_value(scope, str_of(path_name), path, &value));
    if (!json_as_i64(value, out) || *out <= 0 || *out > SECONDS_MAX)
        return scope_fail(scope, STATES_RUNTIME,
                          "The %s parameter does not reference an integer value: %.*s == %.*s",
                          path_name, STR_ARG(path), STR_ARG(json_text(scope->arena, value)));
    return OK;
}

static enum err prepare(struct run *run, struct frame *frame, const struct integration *integration,
                        struct scope *scope, struct json **out_parameters,
                        struct timing *out_timing)
{
    const struct json *state = frame->asl->json, *parameters = json_get(state, "Parameters");
    if (integration->pattern == PATTERN_TOKEN) {
        frame->secret =
            random_text(lake_random(run->call->lake), run->arena, "0123456789abcdef", 32);
        struct json *task = json_object(run->arena);
        json_set_str(run->arena, task, "Token", token_text(run, frame));
        if (scope->context)
            json_set(run->arena, (struct json *)scope->context, "Task", task);
    }
    TRY(state_effective_input(run, frame, scope));
    *out_parameters = (struct json *)scope->input;
    if (parameters)
        TRY(template_fill(scope, parameters, out_parameters));
    TRY(seconds_of(scope, state, "TimeoutSeconds", "TimeoutSecondsPath", &out_timing->timeout_s));
    return seconds_of(scope, state, "HeartbeatSeconds", "HeartbeatSecondsPath",
                      &out_timing->heartbeat_s);
}

static enum err set_timer(struct run *run, struct frame *frame, const char *what, int64_t ms)
{
    struct json *input = run_task_input(run, frame);
    json_set_bool(run->arena, input, "Heartbeat", what[0] == 'h');
    return run_later(run, run_task_name(run, frame, what), "TimeOut", input,
                     run->call->now_ms + ms);
}

static enum err set_timers(struct run *run, struct frame *frame, struct timing timing)
{
    frame->timed = timing.timeout_s > 0;
    frame->beating = timing.heartbeat_s > 0;
    frame->heartbeat_ms = timing.heartbeat_s * 1000;
    if (frame->timed)
        TRY(set_timer(run, frame, "timeout", timing.timeout_s * 1000));
    return frame->beating ? set_timer(run, frame, "heartbeat", frame->heartbeat_ms) : OK;
}

enum err task_beats(struct run *run, struct frame *frame)
{
    return frame->beating ? set_timer(run, frame, "heartbeat", frame->heartbeat_ms) : OK;
}

enum err task_begin(struct run *run, struct frame *frame)
{
    struct integration integration;
    struct error error = {0};
    struct scope scope = state_scope(run, frame);
    struct json *parameters = NULL;
    struct timing timing = {0};
    frame->attempt++;
    if (integration_parse(run->call->lake, run->arena, json_str(frame->asl->json, "Resource"),
                          &integration, &error) != OK)
        return state_fails_runtime(run, frame, "%s", error.text);
    TRY(state_context(run, frame, NULL, &scope));
    enum err err = prepare(run, frame, &integration, &scope, &parameters, &timing);
    if (err != OK)
        return state_fails_by(run, frame, &scope, err);
    struct str text = json_text(run->arena, parameters);
    if (text.len > DATA_BYTES_MAX)
        return state_fails(
            run, frame, S("States.DataLimitExceeded"),
            str_format(run->arena,
                       "The state/task '%.*s' tried to send a payload with a size exceeding the "
                       "maximum number of bytes service limit.",
                       STR_ARG(frame->state)));
    frame->wait = FRAME_TASK;
    TRY(tell_scheduled(run, frame, &integration, text, timing));
    TRY(set_timers(run, frame, timing));
    return start_work(run, frame, &integration, parameters);
}
