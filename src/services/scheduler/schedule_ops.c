// SPDX-License-Identifier: Apache-2.0
// Making, showing, changing and deleting schedules.
#include "services/scheduler/scheduler.h"

#include "base/timefmt.h"

const struct error_code SCHEDULER_NOT_FOUND = {"ResourceNotFoundException", 404, NULL};
const struct error_code SCHEDULER_CONFLICT = {"ConflictException", 409, NULL};
const struct error_code SCHEDULER_VALIDATION = {"ValidationException", 400, NULL};

struct key *schedule_key(struct key *key, struct str region, struct str group, struct str name)
{
    return key_str(key_str(key_str(key_start(key, KEYSPACE_SCHEDULER_SCHEDULE), region), group),
                   name);
}

struct str schedule_arn(struct call *call, struct str group, struct str name)
{
    return call_arn(call, "scheduler", "schedule/%.*s/%.*s", STR_ARG(group), STR_ARG(name));
}

static struct str group_of(const struct json *in)
{
    return json_str_or(in, "GroupName", S("default"));
}

static enum err find(struct call *call, const struct json *in, struct key *key,
                     struct json **out_row)
{
    schedule_key(key, call->region, group_of(in), json_str(in, "Name"));
    enum err err = call->op->kind == OP_READ ? tx_get_json(call->tx, key, call->arena, out_row)
                                             : tx_lock_json(call->tx, key, call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, SCHEDULER_NOT_FOUND, "Schedule %.*s does not exist.",
             STR_ARG(json_str(in, "Name")));
    return err;
}

// A rate without a start date fires at once ("Rate-based schedules" in the User Guide): its first
// time is now.
static int64_t first_after(struct call *call, const struct timing *timing)
{
    return timing->schedule.kind == SCHEDULE_RATE ? call->now_ms - 1 : call->now_ms;
}

// Checks the input and what it says about time; what cannot fire any more is refused.
static enum err check(struct call *call, const struct json *in, int64_t anchor_ms,
                      struct timing *out)
{
    int64_t at_ms;
    TRY(timing_of(call, in, out));
    TRY(target_check(call, json_get(in, "Target")));
    if (out->end_ms <= call->now_ms)
        FAIL(call, SCHEDULER_VALIDATION, "The EndDate you specify must be in the future.");
    if (!timing_next(out, anchor_ms, first_after(call, out), &at_ms))
        FAIL(call, SCHEDULER_VALIDATION,
             "Invalid Schedule Expression %.*s: it has no time in the future.",
             STR_ARG(json_str(in, "ScheduleExpression")));
    return OK;
}

static struct json *stored_input(struct call *call, const struct json *in)
{
    struct json *input = json_copy_shallow(call->arena, in);
    json_remove(input, S("ClientToken"));
    if (!json_has(input, "State"))
        json_set_str(call->arena, input, "State", S("ENABLED"));
    if (!json_has(input, "ScheduleExpressionTimezone"))
        json_set_str(call->arena, input, "ScheduleExpressionTimezone", S("UTC"));
    if (!json_has(input, "ActionAfterCompletion"))
        json_set_str(call->arena, input, "ActionAfterCompletion", S("NONE"));
    json_set_str(call->arena, input, "GroupName", group_of(in));
    return input;
}

static enum err put_and_arm(struct call *call, const struct key *key, const struct json *in,
                            struct json *row, const struct timing *timing, struct json **out)
{
    struct str group = group_of(in), name = json_str(in, "Name");
    bool over;
    json_set_i64(call->arena, row, "modified", call->now_ms);
    TRY(tx_put_json(call->tx, key, row));
    TRY(schedule_arm(call, group, name, row, timing, first_after(call, timing), &over));
    *out = json_set_str(call->arena, json_object(call->arena), "ScheduleArn",
                        schedule_arn(call, group, name));
    return OK;
}

enum err scheduler_create_schedule(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row, *group;
    struct timing timing;
    struct str name = json_str(in, "Name"), token = json_str(in, "ClientToken");
    TRY(group_find(call, group_of(in), &group));
    if (str_is(json_str(group, "state"), "DELETING"))
        FAIL(call, SCHEDULER_CONFLICT, "Schedule group %.*s is being deleted.",
             STR_ARG(group_of(in)));
    TRY(check(call, in, call->now_ms, &timing));
    schedule_key(&key, call->region, group_of(in), name);
    enum err err = tx_lock_json(call->tx, &key, call->arena, &row);
    if (err == OK && token.len &&
        str_eq(token, json_str(row, "token"))) { // the same request once more
        *out = json_set_str(call->arena, json_object(call->arena), "ScheduleArn",
                            schedule_arn(call, group_of(in), name));
        return OK;
    }
    if (err == OK)
        FAIL(call, SCHEDULER_CONFLICT, "Schedule %.*s already exists.", STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;
    row = json_object(call->arena);
    json_set(call->arena, row, "input", stored_input(call, in));
    json_set_i64(call->arena, row, "created", call->now_ms);
    json_set_i64(call->arena, row, "anchor", call->now_ms);
    if (token.len)
        json_set_str(call->arena, row, "token", token);
    return put_and_arm(call, &key, in, row, &timing, out);
}

// A rate goes on counting from where it did unless the change is about time or sets it going again.
static bool keeps_rhythm(const struct json *old, const struct json *new)
{
    static const char *const MEMBERS[] = {"ScheduleExpression", "ScheduleExpressionTimezone",
                                          "State"};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
        if (!str_eq(json_str(old, MEMBERS[i]), json_str(new, MEMBERS[i])))
            return false;
    return true;
}

enum err scheduler_update_schedule(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    struct timing timing;
    TRY(find(call, in, &key, &row));
    struct json *input = stored_input(call, in);
    if (!keeps_rhythm(json_get(row, "input"), input))
        json_set_i64(call->arena, row, "anchor", call->now_ms);
    TRY(check(call, in, json_i64_or(row, "anchor", 0), &timing));
    json_set(call->arena, row, "input", input);
    return put_and_arm(call, &key, in, row, &timing, out);
}

enum err scheduler_delete_schedule(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    *out = NULL;
    TRY(find(call, in, &key, &row));
    TRY(tx_delete(call->tx, &key));
    return schedule_disarm(call, group_of(in), json_str(in, "Name"));
}

// --- showing

static struct json *with_retry_policy(struct call *call, const struct json *target)
{
    struct json *retry = json_object(call->arena), *copy = json_copy_shallow(call->arena, target);
    const struct json *given = json_get(target, "RetryPolicy");
    json_set_i64(call->arena, retry, "MaximumEventAgeInSeconds",
                 json_i64_or(given, "MaximumEventAgeInSeconds", TARGET_AGE_S_DEFAULT));
    json_set_i64(call->arena, retry, "MaximumRetryAttempts",
                 json_i64_or(given, "MaximumRetryAttempts", TARGET_ATTEMPTS_DEFAULT));
    return json_set(call->arena, copy, "RetryPolicy", retry);
}

enum err scheduler_get_schedule(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    TRY(find(call, in, &key, &row));
    struct json *schedule = json_copy_shallow(call->arena, json_get(row, "input"));
    json_set_str(call->arena, schedule, "Arn",
                 schedule_arn(call, group_of(in), json_str(in, "Name")));
    json_set(call->arena, schedule, "CreationDate",
             time_json(call->arena, json_i64_or(row, "created", 0)));
    json_set(call->arena, schedule, "LastModificationDate",
             time_json(call->arena, json_i64_or(row, "modified", 0)));
    json_set(call->arena, schedule, "Target",
             with_retry_policy(call, json_get(schedule, "Target")));
    *out = schedule;
    return OK;
}

static struct json *summarise(struct call *call, struct str group, struct str name,
                              const struct json *row)
{
    const struct json *input = json_get(row, "input");
    struct json *summary = json_object(call->arena), *target = json_object(call->arena);
    json_set(call->arena, target, "Arn", json_get(json_get(input, "Target"), "Arn"));
    json_set_str(call->arena, summary, "Arn", schedule_arn(call, group, name));
    json_set(call->arena, summary, "CreationDate",
             time_json(call->arena, json_i64_or(row, "created", 0)));
    json_set_str(call->arena, summary, "GroupName", group);
    json_set(call->arena, summary, "LastModificationDate",
             time_json(call->arena, json_i64_or(row, "modified", 0)));
    json_set_str(call->arena, summary, "Name", name);
    json_set(call->arena, summary, "State", json_get(input, "State"));
    return json_set(call->arena, summary, "Target", target);
}

// The token is "group/name" of the next schedule.
enum err scheduler_list_schedules(struct call *call, const struct json *in, struct json **out)
{
    struct str only_group = json_str(in, "GroupName"), prefix_name = json_str(in, "NamePrefix");
    struct str state = json_str(in, "State"), token = json_str(in, "NextToken"), position,
               from_group;
    int64_t max = json_i64_or(in, "MaxResults", 100);
    struct json *schedules = json_array(call->arena), *group_row;
    struct key prefix, from;
    if (only_group.len)
        TRY(group_find(call, only_group, &group_row));
    key_str(key_start(&prefix, KEYSPACE_SCHEDULER_SCHEDULE), call->region);
    from = prefix;
    if (only_group.len)
        from = *key_str(&prefix, only_group);
    if (token.len) {
        if (page_position(call, token, &position) != OK || !str_cut(&position, '/', &from_group))
            FAIL(call, SCHEDULER_VALIDATION, "The value of NextToken is not valid.");
        schedule_key(&from, call->region, from_group, position);
    }
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    struct str key, value, next = STR_NONE;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        struct str group = key_take_str(&cursor, call->arena),
                   name = key_take_str(&cursor, call->arena);
        struct json *row;
        if (json_parse(call->arena, str_dup(call->arena, value), &row, NULL) != OK) {
            err = ERR_CORRUPT;
            break;
        }
        if (!str_starts(name, prefix_name) ||
            (state.len && !str_eq(state, json_str(json_get(row, "input"), "State"))))
            continue;
        if ((int64_t)schedules->count == max) {
            next = str_format(call->arena, "%.*s/%.*s", STR_ARG(group), STR_ARG(name));
            break;
        }
        json_push(call->arena, schedules, summarise(call, group, name, row));
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = json_set(call->arena, json_object(call->arena), "Schedules", schedules);
    if (next.len)
        json_set_str(call->arena, *out, "NextToken", page_token(call, next));
    return OK;
}
