// SPDX-License-Identifier: Apache-2.0
// Telling others: the event bus of status changes, and at the end those who wait - a synchronous
// start, a parent execution.
#include "services/stepfunctions/run.h"

#include "base/timefmt.h"
#include "lake/lake.h"

// How long an ended execution is kept: as on AWS; Express ones only until a synchronous start has
// seen the end.
#define KEPT_MS ((int64_t)90 * 24 * 3600 * 1000)
#define EVENT_DATA_BYTES_MAX ((size_t)200 * 1024)
#define KEPT_EXPRESS_MS ((int64_t)5 * 60 * 1000)

static struct json *included(struct arena *arena)
{
    return json_set_bool(arena, json_object(arena), "Included", true);
}

struct json *execution_described(struct run *run, struct json *output)
{
    struct arena *arena = run->arena;
    const struct execution *execution = &run->execution;
    struct json *json = json_object(arena), *input = NULL;
    json_set_str(arena, json, "ExecutionArn", execution->arn);
    if (run_execution_input(run, &input) == OK) {
        json_set_str(arena, json, "Input", json_text(arena, input));
        json_set(arena, json, "InputDetails", included(arena));
    }
    json_set_str(arena, json, "Name", execution->name);
    if (output) {
        json_set_str(arena, json, "Output", json_text(arena, output));
        json_set(arena, json, "OutputDetails", included(arena));
    }
    json_set_i64(arena, json, "StartDate", execution->start_ms);
    json_set_str(arena, json, "StateMachineArn", execution->machine_arn);
    json_set_str(arena, json, "Status", str_of(execution_status_name(execution->status)));
    if (execution->stop_ms)
        json_set_i64(arena, json, "StopDate", execution->stop_ms);
    if (execution->has_error)
        json_set_str(arena, json, "Error", execution->error);
    if (execution->has_cause)
        json_set_str(arena, json, "Cause", execution->cause);
    return json;
}

static struct json *whether_included(struct arena *arena, bool is)
{
    return json_set_bool(arena, json_object(arena), "included", is);
}

// The event's detail has the same members in small letters, and null for those that are not there.
// Input and output that do not fit an event are left out.
static struct json *event_detail(struct run *run, struct json *output)
{
    static const char *const names[][2] = {
        {"executionArn", "ExecutionArn"},
        {"stateMachineArn", "StateMachineArn"},
        {"name", "Name"},
        {"status", "Status"},
        {"startDate", "StartDate"},
        {"stopDate", "StopDate"},
        {"input", "Input"},
        {"output", "Output"},
        {"error", "Error"},
        {"cause", "Cause"},
    };
    struct arena *arena = run->arena;
    struct json *described = execution_described(run, output), *detail = json_object(arena);
    bool fits = json_str(described, "Input").len + json_str(described, "Output").len <=
                EVENT_DATA_BYTES_MAX;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct json *value = json_get(described, names[i][1]);
        bool data = str_is(str_of(names[i][0]), "input") || str_is(str_of(names[i][0]), "output");
        json_set(arena, detail, names[i][0], value && (fits || !data) ? value : json_null(arena));
    }
    json_set(arena, detail, "inputDetails", whether_included(arena, fits));
    json_set(arena, detail, "outputDetails",
             output ? whether_included(arena, fits) : json_null(arena));
    return detail;
}

static enum err emit_event(struct run *run, struct json *output)
{
    struct call *call = run->call;
    struct arena *arena = run->arena;
    const struct service *events = lake_service(call->lake, S("events"));
    if (run->execution.express || !events || !service_op(events, S("EmitEvent")))
        return OK;
    struct json *input = json_object(arena), *resources = json_array(arena);
    json_push(arena, resources, json_string(arena, run->execution.arn));
    json_set_str(arena, input, "Source", S("aws.states"));
    json_set_str(arena, input, "DetailType", S("Step Functions Execution Status Change"));
    json_set(arena, input, "Resources", resources);
    json_set(arena, input, "Detail", event_detail(run, output));
    struct principal self = lake_service_principal(arena, "states.amazonaws.com");
    return run_tell(run, &self, "events", "EmitEvent", input);
}

enum err on_done_call(struct call *call, const struct json *on_done, struct json *result)
{
    struct json *input = json_copy_shallow(call->arena, json_get(on_done, "input"));
    json_set(call->arena, input, "Result", result);
    struct task task = {.service = json_str(on_done, "service"),
                        .op = json_str(on_done, "op"),
                        .input = input,
                        .backoff_ms = 1000};
    return call_later(call, &task);
}

static enum err tell_watchers(struct run *run, struct json *output)
{
    struct key key;
    struct json *described = run->execution.watches ? execution_described(run, output) : NULL;
    for (uint64_t i = 1; i <= run->execution.watches; i++) {
        struct json *on_done = NULL;
        key_u64(watch_key(&key, run->execution.id), i);
        TRY(tx_get_json(run->call->tx, &key, run->arena, &on_done));
        TRY(on_done_call(run->call, on_done, described));
        TRY(tx_delete(run->call->tx, &key));
    }
    run->execution.watches = 0;
    return OK;
}

enum err execution_announce(struct run *run, struct json *output)
{
    TRY(emit_event(run, output));
    if (run->execution.status == EXECUTION_RUNNING)
        return OK;
    TRY(tell_watchers(run, output));
    call_wake(run->call, run_task_name(run, NULL, "end"));
    int64_t kept_ms = run->execution.express ? KEPT_EXPRESS_MS : KEPT_MS;
    return run_later(run, run_task_name(run, NULL, "expiry"), "Expire", run_task_input(run, NULL),
                     run->call->now_ms + kept_ms);
}
