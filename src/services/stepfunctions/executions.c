// SPDX-License-Identifier: Apache-2.0
// The operations on executions: starting, stopping, redriving, looking.
#include "services/stepfunctions/ops.h"

#include "base/timefmt.h"
#include "lake/lake.h"
#include "services/stepfunctions/logging.h"
#include "services/stepfunctions/run.h"

#define PAGE_DEFAULT 100
#define PAGE_BYTES_MAX ((size_t)4 << 20) // of history: events may hold a state's whole data
#define REDRIVE_MS ((int64_t)14 * 24 * 3600 * 1000)

// --- finding

// "execution:MACHINE:NAME" or "express:MACHINE:NAME:ID", cut into machine and the name of the
// index.
static enum err execution_arn_parts(struct call *call, struct str text, bool express,
                                    struct str *out_machine, struct str *out_name)
{
    struct arn arn;
    struct str type;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "states"))
        FAIL(call, STATES_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %.*s'", STR_ARG(text));
    struct str rest = arn.resource;
    if (!str_cut(&rest, ':', &type) || !str_is(type, express ? "express" : "execution"))
        FAIL(call, STATES_INVALID_ARN,
             "Invalid Arn: 'Resource type not valid in this context: %.*s'", STR_ARG(type));
    if (!str_cut(&rest, ':', out_machine) || rest.len == 0)
        FAIL(call, STATES_INVALID_ARN, "Invalid Arn: 'Invalid ARN: %.*s'", STR_ARG(text));
    *out_name = rest;
    return OK;
}

enum err states_find_execution(struct call *call, struct str arn, bool lock, uint64_t *out_id)
{
    struct str machine, name;
    TRY(execution_arn_parts(call, arn, false, &machine, &name));
    enum err err = execution_find(call, machine, name, lock, out_id);
    if (err == ERR_NOT_FOUND)
        FAIL(call, STATES_EXECUTION_DOES_NOT_EXIST, "Execution Does Not Exist: '%.*s'",
             STR_ARG(arn));
    return err;
}

static enum err find_and_get(struct call *call, const struct json *in, struct execution *out)
{
    uint64_t id = 0;
    TRY(states_find_execution(call, json_str(in, "executionArn"), false, &id));
    return execution_get(call, id, false, out);
}

// --- starting

static enum err read_input(struct call *call, const struct json *in, struct json **out_input)
{
    struct error error = {0};
    struct str text = json_str_or(in, "input", S("{}"));
    if (json_parse(call->arena, text, out_input, &error) != OK)
        FAIL(call, STATES_INVALID_INPUT, "Invalid State Machine Execution Input: '%s at byte %zu'",
             error.text, error.offset);
    return OK;
}

static struct json *started(struct call *call, const struct execution *execution)
{
    struct json *reply = json_object(call->arena);
    json_set_str(call->arena, reply, "executionArn", execution->arn);
    return json_set(call->arena, reply, "startDate", time_json(call->arena, execution->start_ms));
}

static void fill_execution(struct call *call, const struct machine *machine, const struct json *in,
                           struct str name, struct execution *out)
{
    *out = (struct execution){
        .machine_id = machine->id,
        .machine = machine->name,
        .machine_arn = machine->arn,
        .name = name,
        .arn =
            call_arn(call, "states", "execution:%.*s:%.*s", STR_ARG(machine->name), STR_ARG(name)),
        .role_arn = machine->role_arn,
        .region = call->region,
        .trace_header = json_str(in, "traceHeader"),
        .definition = machine->definition,
        .express = str_is(machine->type, "EXPRESS"),
        .start_ms = call->now_ms,
    };
    if (out->express)
        out->arn = call_arn(call, "states", "express:%.*s:%.*s:%.*s", STR_ARG(machine->name),
                            STR_ARG(name), STR_ARG(call->request_id));
    out->logging =
        logging_of(call, json_get(machine->row, "loggingConfiguration"), machine->name, name);
}

// The same name and input as a running execution's is the same start, said twice.
static enum err started_before(struct call *call, uint64_t id, const struct machine *machine,
                               const struct json *input, struct json **out, bool *out_before)
{
    struct execution old;
    struct json *old_input = NULL;
    TRY(execution_get(call, id, false, &old));
    if (old.machine_id != machine->id) // of a machine that had the same name
        return OK;
    TRY(data_get(call, id, 0, SLOT_INPUT, 0, &old_input));
    if (old.status != EXECUTION_RUNNING || !json_equal(old_input, input))
        FAIL(call, STATES_EXECUTION_ALREADY_EXISTS, "Execution Already Exists: '%.*s'",
             STR_ARG(old.arn));
    *out = started(call, &old);
    *out_before = true;
    return OK;
}

enum err states_start_execution(struct call *call, const struct json *in, struct json **out)
{
    struct machine machine;
    struct execution execution;
    struct json *input = NULL;
    struct str name = json_str(in, "name");
    uint64_t id = 0;
    bool before = false;
    TRY(states_get_machine(call, json_str(in, "stateMachineArn"), false, &machine));
    TRY(states_check_name(call, name));
    TRY(read_input(call, in, &input));
    bool express = str_is(machine.type, "EXPRESS");
    if (name.len && !express) {
        enum err err = execution_find(call, machine.name, name, true, &id);
        if (err == OK)
            TRY(started_before(call, id, &machine, input, out, &before));
        else if (err != ERR_NOT_FOUND)
            return err;
        if (before)
            return OK;
    }
    fill_execution(call, &machine, in, name.len ? name : call_uuid(call), &execution);
    TRY(execution_create(call, &execution));
    // A start from inside leaves the first step to a task, so that machines which start each other
    // do not run in one transaction without end.
    TRY(run_new_execution(call, &execution, input, call->outer != NULL));
    *out = started(call, &execution);
    return OK;
}

// --- starting and waiting

struct sync_start {
    const struct json *in;
    struct execution execution;
    struct json *input, *output;
};

// The request's id is the execution's, so that a call that was parked finds what it has started.
static enum err start_or_look(struct call *call, void *context)
{
    struct sync_start *sync = context;
    struct machine machine;
    struct str name = json_str(sync->in, "name");
    uint64_t id = 0;
    TRY(states_get_machine(call, json_str(sync->in, "stateMachineArn"), false, &machine));
    if (!str_is(machine.type, "EXPRESS"))
        FAIL(call, STATES_MACHINE_TYPE_NOT_SUPPORTED,
             "This operation is not supported by this type of state machine");
    TRY(states_check_name(call, name));
    TRY(read_input(call, sync->in, &sync->input));
    name = name.len ? name : call->request_id;
    struct str indexed =
        str_format(call->arena, "%.*s:%.*s", STR_ARG(name), STR_ARG(call->request_id));
    enum err err = execution_find(call, machine.name, indexed, true, &id);
    if (err == ERR_NOT_FOUND) {
        fill_execution(call, &machine, sync->in, name, &sync->execution);
        TRY(execution_create(call, &sync->execution));
        id = sync->execution.id;
        TRY(run_new_execution(call, &sync->execution, sync->input, false));
    } else {
        TRY(err);
    }
    TRY(execution_get(call, id, false, &sync->execution));
    err = data_get(call, id, 0, SLOT_OUTPUT, 0, &sync->output);
    return err == ERR_NOT_FOUND ? OK : err;
}

static struct json *included(struct arena *arena)
{
    return json_set_bool(arena, json_object(arena), "included", true);
}

static struct json *sync_reply(struct call *call, const struct sync_start *sync)
{
    struct arena *arena = call->arena;
    const struct execution *execution = &sync->execution;
    struct json *reply = started(call, execution), *billing = json_object(arena);
    int64_t took_ms = execution->stop_ms - execution->start_ms;
    json_set_str(arena, reply, "stateMachineArn", execution->machine_arn);
    json_set_str(arena, reply, "name", execution->name);
    json_set(arena, reply, "stopDate", time_json(arena, execution->stop_ms));
    json_set_str(arena, reply, "status", str_of(execution_status_name(execution->status)));
    if (execution->has_error)
        json_set_str(arena, reply, "error", execution->error);
    if (execution->has_cause)
        json_set_str(arena, reply, "cause", execution->cause);
    json_set_str(arena, reply, "input", json_text(arena, sync->input));
    json_set(arena, reply, "inputDetails", included(arena));
    if (sync->output) {
        json_set_str(arena, reply, "output", json_text(arena, sync->output));
        json_set(arena, reply, "outputDetails", included(arena));
    }
    json_set_i64(arena, billing, "billedMemoryUsedInMB", 64);
    json_set_i64(arena, billing, "billedDurationInMilliseconds", (took_ms + 99) / 100 * 100);
    return json_set(arena, reply, "billingDetails", billing);
}

enum err states_start_sync_execution(struct call *call, const struct json *in, struct json **out)
{
    struct sync_start sync = {.in = in};
    TRY(call_transact(call, start_or_look, &sync));
    if (sync.execution.status == EXECUTION_RUNNING) { // it ends within five minutes
        if (call->deadline_passed)
            return error_set(&call->error, ERR_TIMEOUT, "the execution %.*s has not ended",
                             STR_ARG(sync.execution.arn));
        struct str key =
            str_format(call->arena, "states/%llu/0/0/end", (unsigned long long)sync.execution.id);
        return call_park(call, key, call->now_ms + 6 * 60 * 1000);
    }
    *out = sync_reply(call, &sync);
    return OK;
}

// --- stopping

static enum err stop(struct run *run, void *context)
{
    const struct json *in = context;
    struct frame_list all = {0};
    if (run->execution.status != EXECUTION_RUNNING)
        return OK;
    TRY(branches_list(run, NULL, NULL, &all));
    TRY(frames_abort(run, &all, true));
    return execution_ends(run, all.count ? all.items[0] : NULL, EXECUTION_ABORTED,
                          json_str(in, "error"), json_str(in, "cause"), NULL);
}

enum err states_stop_execution(struct call *call, const struct json *in, struct json **out)
{
    struct execution execution;
    uint64_t id = 0;
    TRY(states_find_execution(call, json_str(in, "executionArn"), true, &id));
    TRY(run_execution(call, id, stop, (void *)in));
    TRY(execution_get(call, id, false, &execution));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "stopDate", time_json(call->arena, execution.stop_ms));
    return OK;
}

// --- redriving

static const char *not_redrivable(const struct execution *execution, int64_t now_ms)
{
    if (execution->status == EXECUTION_RUNNING)
        return "Execution is RUNNING and cannot be redriven";
    if (execution->status == EXECUTION_SUCCEEDED)
        return "Execution is SUCCEEDED and cannot be redriven";
    if (execution->events >= HISTORY_EVENTS_MAX - 100)
        return "Execution history event limit exceeded";
    if (now_ms - execution->start_ms > REDRIVE_MS)
        return "Execution redrivable period exceeded";
    return NULL;
}

static enum err redrive(struct run *run, void *context)
{
    struct execution *execution = &run->execution;
    struct call *call = run->call;
    struct frame_list all = {0};
    struct json *details = json_object(run->arena);
    (void)context;
    const char *reason = not_redrivable(execution, call->now_ms);
    if (reason)
        FAIL(call, STATES_EXECUTION_NOT_REDRIVABLE, "Execution is not redrivable: '%s'", reason);
    execution->status = EXECUTION_RUNNING;
    execution->stop_ms = 0;
    execution->has_error = execution->has_cause = false;
    execution->redrives++;
    execution->redrive_ms = call->now_ms;
    json_set_i64(run->arena, details, "redriveCount", (int64_t)execution->redrives);
    TRY(history_add(run, NULL, "ExecutionRedriven", "executionRedrivenEventDetails", details));
    uint64_t redriven = execution->events;
    TRY(call_cancel(call, run_task_name(run, NULL, "expiry")));
    if (run->asl->timeout_ms)
        TRY(run_later(run, run_task_name(run, NULL, "timeout"), "TimeOut",
                      run_task_input(run, NULL), call->now_ms + run->asl->timeout_ms));
    TRY(execution_status_changed(call, execution));
    TRY(execution_announce(run, NULL));
    TRY(branches_list(run, NULL, NULL, &all));
    for (size_t i = 0; i < all.count; i++) {
        struct frame *frame = all.items[i];
        if (frame->wait != FRAME_STOPPED)
            continue;
        frame->retries = NULL;
        frame->retry_count = 0;
        frame->last_event = redriven;
        run_ready(run, frame);
    }
    return OK;
}

enum err states_redrive_execution(struct call *call, const struct json *in, struct json **out)
{
    uint64_t id = 0;
    TRY(states_find_execution(call, json_str(in, "executionArn"), true, &id));
    TRY(run_execution(call, id, redrive, NULL));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "redriveDate", time_json(call->arena, call->now_ms));
    return OK;
}

// --- looking

static void describe_redrives(struct call *call, const struct execution *execution,
                              struct json *reply)
{
    struct arena *arena = call->arena;
    const char *reason = not_redrivable(execution, call->now_ms);
    json_set_i64(arena, reply, "redriveCount", (int64_t)execution->redrives);
    if (execution->redrives)
        json_set(arena, reply, "redriveDate", time_json(arena, execution->redrive_ms));
    json_set_str(arena, reply, "redriveStatus", reason ? S("NOT_REDRIVABLE") : S("REDRIVABLE"));
    if (reason)
        json_set_str(arena, reply, "redriveStatusReason", str_of(reason));
}

enum err states_describe_execution(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct execution execution;
    struct str text;
    TRY(find_and_get(call, in, &execution));
    struct json *reply = started(call, &execution);
    json_set_str(arena, reply, "stateMachineArn", execution.machine_arn);
    json_set_str(arena, reply, "name", execution.name);
    json_set_str(arena, reply, "status", str_of(execution_status_name(execution.status)));
    if (execution.stop_ms)
        json_set(arena, reply, "stopDate", time_json(arena, execution.stop_ms));
    bool with_data = !str_is(json_str(in, "includedData"), "METADATA_ONLY");
    if (with_data) {
        TRY(data_text(call, execution.id, 0, SLOT_INPUT, 0, &text));
        json_set_str(arena, reply, "input", text);
        json_set(arena, reply, "inputDetails", included(arena));
    }
    enum err err =
        with_data ? data_text(call, execution.id, 0, SLOT_OUTPUT, 0, &text) : ERR_NOT_FOUND;
    if (err == OK) {
        json_set_str(arena, reply, "output", text);
        json_set(arena, reply, "outputDetails", included(arena));
    } else if (err != ERR_NOT_FOUND) {
        return err;
    }
    if (execution.trace_header.len)
        json_set_str(arena, reply, "traceHeader", execution.trace_header);
    if (execution.has_error)
        json_set_str(arena, reply, "error", execution.error);
    if (execution.has_cause)
        json_set_str(arena, reply, "cause", execution.cause);
    describe_redrives(call, &execution, reply);
    *out = reply;
    return OK;
}

static struct json *listed(struct call *call, const struct execution *execution)
{
    struct arena *arena = call->arena;
    struct json *item = started(call, execution);
    json_set_str(arena, item, "stateMachineArn", execution->machine_arn);
    json_set_str(arena, item, "name", execution->name);
    json_set_str(arena, item, "status", str_of(execution_status_name(execution->status)));
    if (execution->stop_ms)
        json_set(arena, item, "stopDate", time_json(arena, execution->stop_ms));
    json_set_i64(arena, item, "redriveCount", (int64_t)execution->redrives);
    if (execution->redrives)
        json_set(arena, item, "redriveDate", time_json(arena, execution->redrive_ms));
    return item;
}

struct listing {
    struct str status, redriven; // filters, or ""
    struct json *executions;
    int64_t limit;
    struct str next; // where the next page begins
};

// One row of the list: ~start, id -> status. ERR_LIMIT when the page was full before it.
static enum err list_row(struct call *call, struct listing *listing, struct str key,
                         struct str status)
{
    struct execution execution;
    struct cursor cursor = key_cursor(key);
    if (listing->status.len && !str_eq(listing->status, status))
        return OK;
    key_take_str(&cursor, call->arena);
    key_take_u64(&cursor);
    uint64_t start = key_take_u64(&cursor), id = key_take_u64(&cursor);
    if ((int64_t)listing->executions->count == listing->limit) {
        listing->next =
            str_format(call->arena, "%llu.%llu", (unsigned long long)start, (unsigned long long)id);
        return ERR_LIMIT;
    }
    TRY(execution_get(call, id, false, &execution));
    if (listing->redriven.len && str_is(listing->redriven, "REDRIVEN") != (execution.redrives > 0))
        return OK;
    json_push(call->arena, listing->executions, listed(call, &execution));
    return OK;
}

static enum err list_from(struct call *call, const struct json *in, struct key *from,
                          bool *out_given)
{
    struct str position, start;
    uint64_t start_number, id;
    *out_given = json_has(in, "nextToken");
    if (!*out_given)
        return OK;
    if (page_position(call, json_str(in, "nextToken"), &position) != OK ||
        !str_cut(&position, '.', &start) || !str_to_u64(start, &start_number) ||
        !str_to_u64(position, &id))
        FAIL(call, STATES_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    key_u64(key_u64(from, start_number), id);
    return OK;
}

enum err states_list_executions(struct call *call, const struct json *in, struct json **out)
{
    struct machine machine;
    struct key prefix, from;
    struct str key, value;
    bool from_given;
    int64_t limit = json_i64_or(in, "maxResults", 0);
    struct listing listing = {.status = json_str(in, "statusFilter"),
                              .redriven = json_str(in, "redriveFilter"),
                              .executions = json_array(call->arena),
                              .limit = limit == 0 ? PAGE_DEFAULT : limit};
    if (!json_has(in, "stateMachineArn"))
        FAIL(call, STATES_VALIDATION,
             "Must specify exactly one of either 'stateMachineArn' or 'mapRunArn'");
    TRY(states_get_machine(call, json_str(in, "stateMachineArn"), false, &machine));
    if (str_is(machine.type, "EXPRESS"))
        FAIL(call, STATES_MACHINE_TYPE_NOT_SUPPORTED,
             "This operation is not supported by this type of state machine");
    execution_list_key(&prefix, call->region, machine.id);
    from = prefix;
    TRY(list_from(call, in, &from, &from_given));
    struct scan *scan = scan_open(call->tx, &prefix, from_given ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK &&
           (err = list_row(call, &listing, key, value)) == OK)
        ;
    scan_close(scan);
    if (err != ERR_NOT_FOUND && err != ERR_LIMIT)
        return err;
    *out = json_set(call->arena, json_object(call->arena), "executions", listing.executions);
    if (listing.next.len)
        json_set_str(call->arena, *out, "nextToken", page_token(call, listing.next));
    return OK;
}

// --- history

static void hide_data(struct json *event)
{
    static const char *const hidden[] = {"input", "output", "inputDetails", "outputDetails",
                                         "parameters"};
    JSON_EACH_MEMBER (member, event)
        for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++)
            json_remove(member->value, str_of(hidden[i]));
}

static enum err history_page(struct call *call, const struct json *in,
                             const struct execution *execution, uint64_t first, struct json *events,
                             uint64_t *out_next)
{
    struct key prefix, from;
    struct str key, value;
    bool reverse = json_bool_or(in, "reverseOrder", false),
         shown = json_bool_or(in, "includeExecutionData", true);
    int64_t limit = json_i64_or(in, "maxResults", 0);
    limit = limit == 0 ? PAGE_DEFAULT : limit;
    key_u64(history_key(&from, execution->id), first);
    struct scan *scan =
        scan_open(call->tx, history_key(&prefix, execution->id), first ? &from : NULL, reverse);
    enum err err;
    size_t bytes = 0;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *event = NULL;
        if ((err = json_parse(call->arena, str_dup(call->arena, value), &event, &call->error)) !=
            OK)
            break;
        bytes += value.len;
        if ((int64_t)events->count == limit || (events->count && bytes > PAGE_BYTES_MAX)) {
            *out_next = (uint64_t)json_i64_or(event, "id", 0);
            break;
        }
        if (!shown)
            hide_data(event);
        json_push(call->arena, events, event);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err states_get_history(struct call *call, const struct json *in, struct json **out)
{
    struct execution execution;
    struct str position;
    uint64_t first = 0, next = 0;
    struct json *events = json_array(call->arena);
    TRY(find_and_get(call, in, &execution));
    if (json_has(in, "nextToken") &&
        (page_position(call, json_str(in, "nextToken"), &position) != OK ||
         !str_to_u64(position, &first)))
        FAIL(call, STATES_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    TRY(history_page(call, in, &execution, first, events, &next));
    *out = json_set(call->arena, json_object(call->arena), "events", events);
    if (next)
        json_set_str(call->arena, *out, "nextToken",
                     page_token(call, str_format(call->arena, "%llu", (unsigned long long)next)));
    return OK;
}
