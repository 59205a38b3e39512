// SPDX-License-Identifier: Apache-2.0
// Rules. A rule with a schedule has a task under its own name: firing delivers, arms the next
// firing and removes the task, all in one transaction. After downtime a rule fires once and goes
// on.
#include "services/eventbridge/deliver.h"
#include "services/eventbridge/ops.h"

#include "base/schedule.h"
#include "base/timefmt.h"

static struct str task_name(struct call *call, struct str bus, struct str rule)
{
    return str_format(call->arena, "events/rule/%.*s/%.*s/%.*s", STR_ARG(call->region),
                      STR_ARG(bus), STR_ARG(rule));
}

// Arms the next firing after `after_ms`, or disarms when the rule has none.
static enum err arm(struct call *call, const struct bus *bus, struct str name,
                    const struct json *row, int64_t after_ms)
{
    struct schedule schedule;
    struct str expression = json_str(row, "schedule");
    int64_t due_ms;
    if (!expression.len || !str_is(json_str(row, "state"), "ENABLED") ||
        schedule_parse(expression, SCHEDULE_NO_AT, &schedule, NULL) != OK ||
        !schedule_next(&schedule, NULL, json_i64_or(row, "created", 0), after_ms, &due_ms))
        return call_cancel(call, task_name(call, bus->name, name));
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "Bus", bus->name);
    json_set_str(call->arena, input, "Rule", name);
    json_set_i64(call->arena, input, "At", due_ms);
    struct task task = {
        .due_ms = due_ms,
        .name = task_name(call, bus->name, name),
        .service = S("events"),
        .op = S("FireRule"),
        .input = input,
        .backoff_ms = 1000,
    };
    return call_later(call, &task);
}

enum err events_fire_rule(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct json *row;
    struct str name = json_str(in, "Rule");
    *out = NULL;
    TRY(call_finish_task(call)); // the next firing has the same name
    enum err err = bus_find(call, json_str(in, "Bus"), &bus);
    if (err == OK)
        err = rule_find(call, &bus, name, &row);
    if (err == ERR_CODED) { // deleted meanwhile
        call->code = NULL;
        return OK;
    }
    TRY(err);
    struct json *resources = json_push(call->arena, json_array(call->arena),
                                       json_string(call->arena, rule_arn(call, bus.name, name)));
    struct event_source source = {
        .source = S("aws.events"),
        .detail_type = S("Scheduled Event"),
        .resources = resources,
        .detail = json_object(call->arena),
        .time_ms = json_i64_or(in, "At", call->now_ms),
    };
    TRY(event_to_rule(call, &bus, name, event_new(call, &source)));
    return arm(call, &bus, name, row, call->now_ms);
}

// --- operations

static enum err check_rule(struct call *call, const struct bus *bus, struct str pattern,
                           struct str schedule)
{
    struct event_pattern *compiled;
    struct schedule parsed;
    struct error error = {0};
    if (!pattern.len && !schedule.len)
        FAIL(call, EVENTS_VALIDATION,
             "Parameter(s) EventPattern or ScheduleExpression must be specified.");
    if (pattern.len && event_pattern_compile(call->arena, pattern, &compiled, &error) != OK)
        FAIL(call, EVENTS_INVALID_PATTERN, "Event pattern is not valid. Reason: %s", error.text);
    if (schedule.len && !str_is(bus->name, "default"))
        FAIL(call, EVENTS_VALIDATION,
             "ScheduleExpression is supported only on the default event bus.");
    if (schedule.len &&
        schedule_parse(schedule, SCHEDULE_NO_AT | SCHEDULE_SINGULAR_UNITS, &parsed, &error) != OK)
        FAIL(call, EVENTS_VALIDATION, "Parameter ScheduleExpression is not valid. Reason: %s.",
             error.text);
    return OK;
}

static void set_or_remove(struct call *call, struct json *row, const char *name, struct str value)
{
    if (value.len)
        json_set_str(call->arena, row, name, value);
    else
        json_remove(row, str_of(name));
}

enum err events_put_rule(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct key key;
    struct json *row;
    struct str name = json_str(in, "Name"), pattern = json_str(in, "EventPattern");
    struct str schedule = json_str(in, "ScheduleExpression");
    TRY(bus_lock(call, json_str(in, "EventBusName"), &bus));
    TRY(check_rule(call, &bus, pattern, schedule));
    rule_key(&key, call->region, bus.name, name);
    enum err err = tx_get_json(call->tx, &key, call->arena, &row);
    if (err == ERR_NOT_FOUND) {
        row = json_object(call->arena);
        json_set(call->arena, row, "targets", json_array(call->arena));
        const struct json *tags = json_get(in, "Tags");
        json_set(call->arena, row, "tags",
                 tags ? json_copy_shallow(call->arena, tags) : json_array(call->arena));
        err = OK;
    }
    TRY(err);
    if (!str_eq(schedule, json_str(row, "schedule")) || !json_has(row, "created"))
        json_set_i64(call->arena, row, "created", call->now_ms); // a rate counts from here
    json_set_str(call->arena, row, "state", json_str_or(in, "State", S("ENABLED")));
    set_or_remove(call, row, "pattern", pattern);
    set_or_remove(call, row, "schedule", schedule);
    set_or_remove(call, row, "description", json_str(in, "Description"));
    set_or_remove(call, row, "role", json_str(in, "RoleArn"));
    TRY(tx_put_json(call->tx, &key, row));
    TRY(bus_changed(call, &bus));
    *out = json_set_str(call->arena, json_object(call->arena), "RuleArn",
                        rule_arn(call, bus.name, name));
    return arm(call, &bus, name, row, call->now_ms);
}

static struct json *describe(struct call *call, const struct bus *bus, struct str name,
                             const struct json *row)
{
    struct json *rule = json_object(call->arena);
    json_set_str(call->arena, rule, "Name", name);
    json_set_str(call->arena, rule, "Arn", rule_arn(call, bus->name, name));
    json_set(call->arena, rule, "EventPattern", json_get(row, "pattern"));
    json_set(call->arena, rule, "State", json_get(row, "state"));
    json_set(call->arena, rule, "Description", json_get(row, "description"));
    json_set(call->arena, rule, "ScheduleExpression", json_get(row, "schedule"));
    json_set(call->arena, rule, "RoleArn", json_get(row, "role"));
    json_set_str(call->arena, rule, "EventBusName", bus->name);
    return rule;
}

enum err events_describe_rule(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct json *row;
    struct str name = json_str(in, "Name");
    TRY(bus_find(call, json_str(in, "EventBusName"), &bus));
    TRY(rule_find(call, &bus, name, &row));
    *out = json_set_str(call->arena, describe(call, &bus, name, row), "CreatedBy", call->account);
    return OK;
}

enum err events_list_rules(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct str token = json_str(in, "NextToken"), from_name = STR_NONE,
               prefix_name = json_str(in, "NamePrefix");
    TRY(bus_find(call, json_str(in, "EventBusName"), &bus));
    if (token.len && page_position(call, token, &from_name) != OK)
        FAIL(call, EVENTS_VALIDATION, "The value of NextToken is not valid.");
    int64_t limit = json_i64_or(in, "Limit", 100);
    struct json *rules = json_array(call->arena);
    struct key prefix, from;
    key_str(key_str(key_start(&prefix, KEYSPACE_EVENTS_RULE), call->region), bus.name);
    from = prefix;
    if (from_name.len)
        key_str(&from, from_name);
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    struct str key, value, next = STR_NONE;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        key_take_str(&cursor, call->arena);
        struct str name = key_take_str(&cursor, call->arena);
        struct json *row;
        if (!str_starts(name, prefix_name))
            continue;
        if ((int64_t)rules->count == limit) {
            next = name;
            break;
        }
        if (json_parse(call->arena, str_dup(call->arena, value), &row, NULL) != OK) {
            err = ERR_CORRUPT;
            break;
        }
        json_push(call->arena, rules, describe(call, &bus, name, row));
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    *out = json_set(call->arena, json_object(call->arena), "Rules", rules);
    if (next.len)
        json_set_str(call->arena, *out, "NextToken", page_token(call, next));
    return OK;
}

enum err events_delete_rule(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct key key;
    struct json *row;
    struct str name = json_str(in, "Name");
    *out = NULL;
    TRY(bus_lock(call, json_str(in, "EventBusName"), &bus));
    enum err err =
        tx_get_json(call->tx, rule_key(&key, call->region, bus.name, name), call->arena, &row);
    if (err == ERR_NOT_FOUND) // deleting what is not there succeeds
        return OK;
    TRY(err);
    if (json_count(json_get(row, "targets")))
        FAIL(call, EVENTS_VALIDATION, "Rule can't be deleted since it has targets.");
    TRY(tx_delete(call->tx, &key));
    TRY(call_cancel(call, task_name(call, bus.name, name)));
    return bus_changed(call, &bus);
}

static enum err set_state(struct call *call, const struct json *in, struct str state)
{
    struct bus bus;
    struct key key;
    struct json *row;
    struct str name = json_str(in, "Name");
    TRY(bus_lock(call, json_str(in, "EventBusName"), &bus));
    TRY(rule_find(call, &bus, name, &row));
    json_set_str(call->arena, row, "state", state);
    TRY(tx_put_json(call->tx, rule_key(&key, call->region, bus.name, name), row));
    TRY(bus_changed(call, &bus));
    return arm(call, &bus, name, row, call->now_ms);
}

enum err events_enable_rule(struct call *call, const struct json *in, struct json **out)
{
    *out = NULL;
    return set_state(call, in, S("ENABLED"));
}

enum err events_disable_rule(struct call *call, const struct json *in, struct json **out)
{
    *out = NULL;
    return set_state(call, in, S("DISABLED"));
}
