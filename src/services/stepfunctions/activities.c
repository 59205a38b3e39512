// SPDX-License-Identifier: Apache-2.0
// Activities: work that somebody outside does.
//
// A state offers a task as a row; GetActivityTask takes the oldest row that a state still waits
// for, or parks until one is offered. Rows whose states do not wait any more (timed out, stopped)
// are thrown away when they are met. From there on a task is known by its token: SendTaskSuccess,
// SendTaskFailure and SendTaskHeartbeat.
#include "services/stepfunctions/activities.h"

#include "base/timefmt.h"
#include "services/stepfunctions/ops.h"

#define PAGE_DEFAULT 100
#define POLL_MS 60000

static struct key *activity_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_STATES_ACTIVITY), call->region), name);
}

static struct key *tasks_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_STATES_ACTIVITY_TASK), call->region), name);
}

static struct str wake_key(struct call *call, struct str name)
{
    return str_format(call->arena, "states/activity/%.*s/%.*s", STR_ARG(call->region),
                      STR_ARG(name));
}

// --- activities

bool states_is_activity(struct str arn)
{
    struct arn parts;
    return arn_parse(arn, &parts) && str_is(parts.service, "states") &&
           str_starts(parts.resource, S("activity:"));
}

static enum err activity_name(struct call *call, struct str text, struct str *out_name)
{
    struct arn arn;
    if (!states_is_activity(text) || !arn_parse(text, &arn))
        FAIL(call, STATES_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %.*s'", STR_ARG(text));
    *out_name = str_from(arn.resource, sizeof "activity:" - 1);
    return OK;
}

enum err states_get_activity(struct call *call, struct str arn, bool lock, struct json **out_row)
{
    struct key key;
    struct str name;
    TRY(activity_name(call, arn, &name));
    activity_key(call, &key, name);
    enum err err = lock ? tx_lock_json(call->tx, &key, call->arena, out_row)
                        : tx_get_json(call->tx, &key, call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, STATES_ACTIVITY_DOES_NOT_EXIST, "Activity Does Not Exist: '%.*s'", STR_ARG(arn));
    return err;
}

enum err states_put_activity(struct call *call, const struct json *row)
{
    struct key key;
    return tx_put_json(call->tx, activity_key(call, &key, json_str(row, "name")), row);
}

static struct json *described(struct call *call, const struct json *row, bool with_name)
{
    struct json *reply = json_object(call->arena);
    json_set_str(call->arena, reply, "activityArn",
                 call_arn(call, "states", "activity:%.*s", STR_ARG(json_str(row, "name"))));
    if (with_name)
        json_set(call->arena, reply, "name", json_get(row, "name"));
    return json_set(call->arena, reply, "creationDate", json_get(row, "creationDate"));
}

enum err states_create_activity(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str name = json_str(in, "name");
    struct json *row = NULL, *tags = json_object(arena);
    struct key key;
    TRY(states_check_name(call, name));
    enum err err = tx_lock_json(call->tx, activity_key(call, &key, name), arena, &row);
    if (err == OK) { // creating it again is no error
        *out = described(call, row, false);
        return OK;
    }
    if (err != ERR_NOT_FOUND)
        return err;
    row = json_object(arena);
    json_set_str(arena, row, "name", name);
    json_set(arena, row, "creationDate", time_json(arena, call->now_ms));
    JSON_EACH (tag, json_get(in, "tags"))
        json_set_named(arena, tags, json_str(tag, "key"),
                       json_string(arena, json_str_or(tag, "value", S(""))));
    json_set(arena, row, "tags", tags);
    *out = described(call, row, false);
    return states_put_activity(call, row);
}

enum err states_delete_activity(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct str name;
    (void)out;
    TRY(activity_name(call, json_str(in, "activityArn"), &name));
    return tx_delete(call->tx, activity_key(call, &key, name));
}

enum err states_describe_activity(struct call *call, const struct json *in, struct json **out)
{
    struct json *row = NULL;
    TRY(states_get_activity(call, json_str(in, "activityArn"), false, &row));
    *out = described(call, row, true);
    return OK;
}

enum err states_list_activities(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct key prefix, from;
    struct str key, value, position = STR_NONE;
    struct json *activities = json_array(arena), *row = NULL;
    int64_t limit = json_i64_or(in, "maxResults", 0);
    limit = limit == 0 ? PAGE_DEFAULT : limit;
    *out = json_set(arena, json_object(arena), "activities", activities);
    if (json_has(in, "nextToken") &&
        page_position(call, json_str(in, "nextToken"), &position) != OK)
        FAIL(call, STATES_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    key_str(key_start(&prefix, KEYSPACE_STATES_ACTIVITY), call->region);
    activity_key(call, &from, position);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        if ((err = json_parse(arena, str_dup(arena, value), &row, &call->error)) != OK)
            break;
        if ((int64_t)activities->count == limit) {
            json_set_str(arena, *out, "nextToken", page_token(call, json_str(row, "name")));
            break;
        }
        json_push(arena, activities, described(call, row, true));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- tasks

enum err activity_offer(struct run *run, struct frame *frame, struct str name, struct str token,
                        const struct json *input)
{
    struct call *call = run->call;
    struct key key;
    struct json *row = NULL;
    uint64_t number;
    enum err err = tx_get_json(call->tx, activity_key(call, &key, name), run->arena, &row);
    if (err == ERR_NOT_FOUND) {
        struct str cause = str_format(run->arena, "Activity Does Not Exist: '%.*s'", STR_ARG(name));
        struct json *details = json_object(run->arena);
        json_set_str(run->arena, details, "error", S("ActivityDoesNotExist"));
        json_set_str(run->arena, details, "cause", cause);
        TRY(history_add(run, frame, "ActivityScheduleFailed", "activityScheduleFailedEventDetails",
                        details));
        return state_fails(run, frame, S("ActivityDoesNotExist"), cause);
    }
    TRY(err);
    TRY(store_next(tx_store(call->tx), "states/activity", &number));
    row = json_object(run->arena);
    json_set_str(run->arena, row, "token", token);
    json_set_str(run->arena, row, "input", json_text(run->arena, input));
    call_wake(call, wake_key(call, name));
    return tx_put_json(call->tx, key_u64(tasks_key(call, &key, name), number), row);
}

struct taking {
    struct task_token token;
    struct str worker;
    bool taken;
};

static enum err take(struct run *run, void *context)
{
    struct taking *taking = context;
    struct frame *frame = NULL;
    if (run->execution.status != EXECUTION_RUNNING)
        return OK;
    enum err err = run_frame(run, taking->token.frame, &frame);
    if (err == ERR_NOT_FOUND || (err == OK && !task_token_fits(&taking->token, frame)))
        return OK;
    TRY(err);
    taking->taken = true;
    return task_started(run, frame, taking->worker);
}

// The first task's number, or ERR_NOT_FOUND.
static enum err first_task(struct call *call, struct str name, uint64_t from, uint64_t *out_number)
{
    struct key prefix, start;
    struct str bytes, value;
    tasks_key(call, &prefix, name);
    start = prefix;
    struct scan *scan = scan_open(call->tx, &prefix, key_u64(&start, from), false);
    enum err err = scan_next(scan, &bytes, &value);
    if (err == OK) {
        struct cursor cursor = key_cursor(bytes);
        key_take_str(&cursor, call->arena);
        key_take_str(&cursor, call->arena);
        *out_number = key_take_u64(&cursor);
    }
    scan_close(scan);
    return err;
}

// Takes one task's row. A row that another worker took meanwhile, or that nothing waits for, is no
// task.
static enum err take_task(struct call *call, struct str name, uint64_t number,
                          struct taking *taking, struct json **out)
{
    struct key key;
    struct json *row = NULL;
    key_u64(tasks_key(call, &key, name), number);
    enum err err = tx_lock_json(call->tx, &key, call->arena, &row);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    TRY(tx_delete(call->tx, &key));
    if (!task_token_read(call->arena, json_str(row, "token"), &taking->token))
        return ERR_CORRUPT;
    err = run_execution(call, taking->token.execution, take, taking);
    if (err != OK || !taking->taken)
        return err == ERR_NOT_FOUND ? OK : err;
    *out = json_object(call->arena);
    json_set(call->arena, *out, "taskToken", json_get(row, "token"));
    json_set(call->arena, *out, "input", json_get(row, "input"));
    return OK;
}

enum err states_get_activity_task(struct call *call, const struct json *in, struct json **out)
{
    struct json *row = NULL;
    struct taking taking = {.worker = json_str(in, "workerName")};
    uint64_t number = 0;
    TRY(states_get_activity(call, json_str(in, "activityArn"), false, &row));
    struct str name = json_str(row, "name");
    enum err err;
    for (; (err = first_task(call, name, number, &number)) == OK; number++) {
        TRY(take_task(call, name, number, &taking, out));
        if (taking.taken)
            return OK;
    }
    if (err != ERR_NOT_FOUND)
        return err;
    if (!call->deadline_passed)
        return call_park(call, wake_key(call, name), call->started_ms + POLL_MS);
    *out = json_set(call->arena, json_object(call->arena), "taskToken", json_null(call->arena));
    return OK;
}
