// SPDX-License-Identifier: Apache-2.0
// Targets: members of their rule's row.
#include "services/eventbridge/deliver.h"
#include "services/eventbridge/ops.h"
#include "services/eventbridge/transform.h"

static enum err lock_rule(struct call *call, const struct json *in, struct bus *bus,
                          struct json **out_row)
{
    TRY(bus_lock(call, json_str(in, "EventBusName"), bus));
    return rule_find(call, bus, json_str(in, "Rule"), out_row);
}

static enum err put_rule(struct call *call, struct bus *bus, struct str name,
                         const struct json *row)
{
    struct key key;
    TRY(tx_put_json(call->tx, rule_key(&key, call->region, bus->name, name), row));
    return bus_changed(call, bus);
}

static struct json *without_id(struct call *call, const struct json *targets, struct str id,
                               bool *out_was_there)
{
    struct json *others = json_array(call->arena);
    JSON_EACH(target, targets)
    if (!str_eq(json_str(target, "Id"), id))
        json_push(call->arena, others, target);
    *out_was_there = others->count < json_count(targets);
    return others;
}

static enum err check_target(struct call *call, const struct json *target)
{
    struct error error = {0};
    struct arn arn;
    struct str id = json_str(target, "Id"), text = json_str(target, "Arn");
    struct str dead_letters = json_str(json_get(target, "DeadLetterConfig"), "Arn");
    if (!arn_parse(text, &arn))
        FAIL(call, EVENTS_VALIDATION,
             "Parameter %.*s is not valid. Reason: Provided Arn is not in correct format.",
             STR_ARG(text));
    if (!target_supported(text))
        FAIL(call, EVENTS_VALIDATION,
             "Parameter %.*s is not valid. Reason: Tarn delivers to Lambda functions, Step "
             "Functions "
             "state machines, SQS queues, event buses and log groups, not to %.*s.",
             STR_ARG(id), STR_ARG(text));
    if (transform_check(target, &error) != OK)
        FAIL(call, EVENTS_VALIDATION, "%s At target %.*s.", error.text, STR_ARG(id));
    if (dead_letters.len && (!arn_parse(dead_letters, &arn) || !str_is(arn.service, "sqs")))
        FAIL(call, EVENTS_VALIDATION,
             "Parameter DeadLetterConfig is not valid: its Arn must be an SQS queue's.");
    return OK;
}

static struct json *no_failures(struct call *call)
{
    struct json *reply = json_set_i64(call->arena, json_object(call->arena), "FailedEntryCount", 0);
    return json_set(call->arena, reply, "FailedEntries", json_array(call->arena));
}

enum err events_put_targets(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct json *row;
    bool was_there;
    TRY(lock_rule(call, in, &bus, &row));
    struct json *targets = json_get(row, "targets");
    JSON_EACH(target, json_get(in, "Targets"))
    {
        TRY(check_target(call, target));
        targets = json_push(call->arena,
                            without_id(call, targets, json_str(target, "Id"), &was_there), target);
    }
    json_set(call->arena, row, "targets", targets);
    *out = no_failures(call);
    return put_rule(call, &bus, json_str(in, "Rule"), row);
}

enum err events_remove_targets(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct json *row;
    TRY(lock_rule(call, in, &bus, &row));
    struct json *targets = json_get(row, "targets"), *failed = json_array(call->arena);
    JSON_EACH(item, json_get(in, "Ids"))
    {
        struct str id = json_as_str(item);
        bool was_there;
        targets = without_id(call, targets, id, &was_there);
        if (was_there)
            continue;
        struct json *failure = json_set_str(call->arena, json_object(call->arena), "TargetId", id);
        json_set_str(call->arena, failure, "ErrorCode", S("ResourceNotFoundException"));
        json_set(call->arena, failure, "ErrorMessage",
                 json_stringf(call->arena, "Rule %.*s does not have a target with the Id %.*s.",
                              STR_ARG(json_str(in, "Rule")), STR_ARG(id)));
        json_push(call->arena, failed, failure);
    }
    json_set(call->arena, row, "targets", targets);
    *out = json_set_i64(call->arena, json_object(call->arena), "FailedEntryCount",
                        (int64_t)failed->count);
    json_set(call->arena, *out, "FailedEntries", failed);
    return put_rule(call, &bus, json_str(in, "Rule"), row);
}

// The token is the number of targets before the page.
enum err events_list_targets(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct json *row;
    struct str token = json_str(in, "NextToken"), position;
    int64_t from = 0, limit = json_i64_or(in, "Limit", 100);
    TRY(bus_find(call, json_str(in, "EventBusName"), &bus));
    TRY(rule_find(call, &bus, json_str(in, "Rule"), &row));
    if (token.len && (page_position(call, token, &position) != OK || !str_to_i64(position, &from)))
        FAIL(call, EVENTS_VALIDATION, "The value of NextToken is not valid.");
    const struct json *targets = json_get(row, "targets");
    struct json *page = json_array(call->arena);
    size_t at = (size_t)from;
    for (; at < json_count(targets) && (int64_t)page->count < limit; at++)
        json_push(call->arena, page, json_at(targets, at));
    *out = json_set(call->arena, json_object(call->arena), "Targets", page);
    if (at < json_count(targets))
        json_set_str(call->arena, *out, "NextToken",
                     page_token(call, str_format(call->arena, "%zu", at)));
    return OK;
}

enum err events_list_rules_by_target(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    const struct ruleset *rules;
    struct str wanted = json_str(in, "TargetArn"), token = json_str(in, "NextToken"), position;
    int64_t from = 0, limit = json_i64_or(in, "Limit", 100);
    TRY(bus_find(call, json_str(in, "EventBusName"), &bus));
    if (token.len && (page_position(call, token, &position) != OK || !str_to_i64(position, &from)))
        FAIL(call, EVENTS_VALIDATION, "The value of NextToken is not valid.");
    TRY(ruleset_hold(call, &bus, &rules));
    struct json *names = json_array(call->arena);
    size_t at = (size_t)from;
    for (; at < rules->count && (int64_t)names->count < limit; at++) {
        bool has = false;
        JSON_EACH(target, rules->rules[at].targets)
        has = has || str_eq(json_str(target, "Arn"), wanted);
        if (has)
            json_push(call->arena, names,
                      json_string(call->arena, str_dup(call->arena, rules->rules[at].name)));
    }
    *out = json_set(call->arena, json_object(call->arena), "RuleNames", names);
    if (at < rules->count)
        json_set_str(call->arena, *out, "NextToken",
                     page_token(call, str_format(call->arena, "%zu", at)));
    ruleset_release(rules);
    return OK;
}
