// SPDX-License-Identifier: Apache-2.0
// When a schedule fires, and the firing itself.
#include "services/scheduler/scheduler.h"

#include "base/timefmt.h"

static bool time_member(const struct json *input, const char *name, int64_t fallback,
                        int64_t *out_ms)
{
    *out_ms = fallback;
    return !json_has(input, name) || time_from_json(json_get(input, name), out_ms);
}

static enum err check_window(struct call *call, const struct json *window, struct timing *timing)
{
    bool flexible = str_is(json_str(window, "Mode"), "FLEXIBLE"),
         minutes = json_has(window, "MaximumWindowInMinutes");
    if (flexible && !minutes)
        FAIL(call, SCHEDULER_VALIDATION,
             "MaximumWindowInMinutes must be specified for a flexible time window.");
    if (!flexible && minutes)
        FAIL(call, SCHEDULER_VALIDATION,
             "MaximumWindowInMinutes must not be specified when Mode is OFF.");
    timing->window_ms = json_i64_or(window, "MaximumWindowInMinutes", 0) * 60000;
    return OK;
}

enum err timing_of(struct call *call, const struct json *input, struct timing *out)
{
    struct str expression = json_str(input, "ScheduleExpression"),
               zone = json_str(input, "ScheduleExpressionTimezone");
    struct timing timing = {0};
    struct error error = {0};
    if (schedule_parse(expression, 0, &timing.schedule, &error) != OK)
        FAIL(call, SCHEDULER_VALIDATION, "Invalid Schedule Expression %.*s. Reason: %s.",
             STR_ARG(expression), error.text);
    if (zones_find(lake_state(call->lake, "scheduler"), zone, &timing.zone) != OK)
        FAIL(call, SCHEDULER_VALIDATION,
             "Invalid ScheduleExpressionTimezone %.*s: this machine's time zone database does not "
             "have it.",
             STR_ARG(zone));
    if (!time_member(input, "StartDate", INT64_MIN, &timing.start_ms) ||
        !time_member(input, "EndDate", INT64_MAX, &timing.end_ms))
        FAIL(call, SCHEDULER_VALIDATION, "StartDate and EndDate must be timestamps.");
    if (timing.schedule.kind == SCHEDULE_AT) { // as AWS documents, one-time schedules ignore both
        timing.start_ms = INT64_MIN;
        timing.end_ms = INT64_MAX;
    }
    if (timing.end_ms <= timing.start_ms)
        FAIL(call, SCHEDULER_VALIDATION, "The EndDate must come after the StartDate.");
    TRY(check_window(call, json_get(input, "FlexibleTimeWindow"), &timing));
    *out = timing;
    return OK;
}

bool timing_next(const struct timing *timing, int64_t anchor_ms, int64_t after_ms, int64_t *out_ms)
{
    int64_t at_ms;
    if (timing->start_ms != INT64_MIN) {
        anchor_ms = timing->start_ms;
        if (after_ms < timing->start_ms)
            after_ms = timing->start_ms - 1;
    }
    if (!schedule_next(&timing->schedule, timing->zone, anchor_ms, after_ms, &at_ms) ||
        at_ms > timing->end_ms)
        return false;
    *out_ms = at_ms;
    return true;
}

// --- arming

static struct str task_name(struct call *call, struct str group, struct str name)
{
    return str_format(call->arena, "scheduler/%.*s/%.*s/%.*s", STR_ARG(call->region),
                      STR_ARG(group), STR_ARG(name));
}

enum err schedule_disarm(struct call *call, struct str group, struct str name)
{
    return call_cancel(call, task_name(call, group, name));
}

enum err schedule_arm(struct call *call, struct str group, struct str name, const struct json *row,
                      const struct timing *timing, int64_t after_ms, bool *out_over)
{
    int64_t at_ms, delay_ms = 0;
    *out_over = !timing_next(timing, json_i64_or(row, "anchor", 0), after_ms, &at_ms);
    if (*out_over || str_is(json_str(json_get(row, "input"), "State"), "DISABLED"))
        return schedule_disarm(call, group, name);
    if (timing->window_ms)
        delay_ms = (int64_t)(random_u64(lake_random(call->lake)) % (uint64_t)timing->window_ms);
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "GroupName", group);
    json_set_str(call->arena, input, "Name", name);
    json_set_i64(call->arena, input, "At", at_ms);
    struct task task = {
        .due_ms = at_ms + delay_ms,
        .name = task_name(call, group, name),
        .service = S("scheduler"),
        .op = S("FireSchedule"),
        .input = input,
        .backoff_ms = 1000,
    };
    return call_later(call, &task);
}

// --- firing

// What comes after a firing: the next time in line, or, when that has passed too, the first that
// lies ahead.
static int64_t go_on_after(struct call *call, const struct timing *timing, const struct json *row,
                           int64_t at_ms)
{
    int64_t next_ms;
    bool missed = timing_next(timing, json_i64_or(row, "anchor", 0), at_ms, &next_ms) &&
                  next_ms + timing->window_ms < call->now_ms;
    return missed ? call->now_ms : at_ms;
}

static enum err complete(struct call *call, const struct json *input, struct str group,
                         struct str name)
{
    struct key key;
    if (!str_is(json_str(input, "ActionAfterCompletion"), "DELETE"))
        return OK;
    return tx_delete(call->tx, schedule_key(&key, call->region, group, name));
}

enum err scheduler_fire(struct call *call, const struct json *in, struct json **out)
{
    struct str group = json_str(in, "GroupName"), name = json_str(in, "Name");
    struct key key;
    struct json *row;
    struct timing timing;
    *out = NULL;
    TRY(call_finish_task(call)); // the next firing has the same name
    enum err err =
        tx_lock_json(call->tx, schedule_key(&key, call->region, group, name), call->arena, &row);
    if (err == ERR_NOT_FOUND) // deleted meanwhile
        return OK;
    TRY(err);
    const struct json *input = json_get(row, "input");
    TRY(timing_of(call, input, &timing));
    struct firing firing = {
        .schedule_arn = schedule_arn(call, group, name),
        .execution_id = call_uuid(call),
        .at_ms = json_i64_or(in, "At", call->now_ms),
    };
    TRY(target_invoke(call, json_get(input, "Target"), &firing));
    bool over;
    TRY(schedule_arm(call, group, name, row, &timing, go_on_after(call, &timing, row, firing.at_ms),
                     &over));
    return over ? complete(call, input, group, name) : OK;
}
