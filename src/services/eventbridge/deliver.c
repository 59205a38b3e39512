// SPDX-License-Identifier: Apache-2.0
// A delivery is a target, the text it receives, and the rule it comes from; as a task it is the
// same three as JSON.
#include "services/eventbridge/deliver.h"

#include "services/eventbridge/transform.h"

#include "base/encode.h"
#include "base/timefmt.h"

#define HOPS_MAX 5 // from bus to bus
#define ATTEMPTS_DEFAULT 185
#define AGE_S_DEFAULT 86400
#define BACKOFF_MAX_MS (10 * 60 * 1000)

struct delivery {
    struct str rule_arn;
    struct str target_arn;
    struct str dead_letter_arn;
    struct str event_id;
    struct str body;
    int64_t attempts_max, age_s;
    size_t hops;
};

struct json *event_new(struct call *call, const struct event_source *source)
{
    struct arena *arena = call->arena;
    struct json *event = json_object(arena);
    json_set_str(arena, event, "version", S("0"));
    json_set_str(arena, event, "id", call_uuid(call));
    json_set_str(arena, event, "detail-type", source->detail_type);
    json_set_str(arena, event, "source", source->source);
    json_set_str(arena, event, "account", call->account);
    json_set_str(arena, event, "time", time_iso(arena, source->time_ms));
    json_set_str(arena, event, "region", call->region);
    json_set(arena, event, "resources",
             source->resources ? json_copy_shallow(arena, source->resources) : json_array(arena));
    json_set(arena, event, "detail", (struct json *)source->detail);
    return event;
}

// --- one delivery, now

// Runs as EventBridge itself, in the target's region.
static enum err run(struct call *call, struct str region, const char *service, const char *op,
                    struct json *input)
{
    struct principal *principal = ARENA_NEW(call->arena, struct principal);
    *principal = lake_service_principal(call->arena, "events.amazonaws.com");
    struct str here = call->region;
    call->region = region;
    enum err err = call_operation_as(call, principal, service, op, input, NULL);
    call->region = here;
    return err;
}

static struct str queue_url_of(struct call *call, const struct arn *arn)
{
    struct str base = lake_base_url(call->lake);
    return str_format(call->arena, "%.*s/%.*s/%.*s", STR_ARG(base), STR_ARG(arn->account),
                      STR_ARG(arn->resource));
}

static enum err to_queue(struct call *call, const struct arn *arn, const struct delivery *d)
{
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "QueueUrl", queue_url_of(call, arn));
    json_set_str(call->arena, input, "MessageBody", d->body);
    return run(call, arn->region, "sqs", "SendMessage", input);
}

// arn:aws:logs:region:account:log-group:NAME[:*]
static enum err to_log_group(struct call *call, const struct arn *arn, const struct delivery *d)
{
    struct str group = str_from(arn->resource, S("log-group:").len);
    if (str_ends(group, S(":*")))
        group.len -= 2;
    struct str stream = d->event_id; // a stream of its own, as AWS has it
    struct json *input = json_object(call->arena), *line = json_object(call->arena),
                *lines = json_array(call->arena);
    json_set_str(call->arena, input, "logGroupName", group);
    json_set_str(call->arena, input, "logStreamName", stream);
    enum err err =
        run(call, arn->region, "logs", "CreateLogStream", json_copy_shallow(call->arena, input));
    if (err == ERR_CODED && !str_is(str_of(call->code->code), "ResourceAlreadyExistsException"))
        return err;
    if (err != OK && err != ERR_CODED)
        return err;
    json_set_i64(call->arena, line, "timestamp", call->now_ms);
    json_set_str(call->arena, line, "message", d->body);
    json_set(call->arena, input, "logEvents", json_push(call->arena, lines, line));
    return run(call, arn->region, "logs", "PutLogEvents", input);
}

static enum err publish(struct call *call, const struct bus *bus, const struct json *event,
                        size_t hops);

static enum err to_bus(struct call *call, const struct arn *arn, const struct delivery *d)
{
    struct bus bus;
    struct json *event;
    if (d->hops >= HOPS_MAX)
        FAIL(call, EVENTS_INVALID_STATE, "The event went from bus to bus more than %d times.",
             HOPS_MAX);
    if (json_parse(call->arena, d->body, &event, NULL) != OK || !json_is(event, JSON_OBJECT))
        FAIL(call, EVENTS_INVALID_STATE, "What is sent to a bus must be an event.");
    struct str here = call->region;
    call->region = arn->region;
    enum err err = bus_find(call, str_from(arn->resource, S("event-bus/").len), &bus);
    if (err == OK)
        err = publish(call, &bus, event, d->hops + 1);
    call->region = here;
    return err;
}

static bool is_function(const struct arn *arn)
{
    return str_is(arn->service, "lambda") && str_starts(arn->resource, S("function:"));
}

static bool is_workflow(const struct arn *arn)
{
    return str_is(arn->service, "states") && str_starts(arn->resource, S("stateMachine:"));
}

bool target_supported(struct str text)
{
    struct arn arn;
    if (!arn_parse(text, &arn))
        return false;
    return is_function(&arn) || is_workflow(&arn) || str_is(arn.service, "sqs") ||
           (str_is(arn.service, "events") && str_starts(arn.resource, S("event-bus/"))) ||
           (str_is(arn.service, "logs") && str_starts(arn.resource, S("log-group:")));
}

static enum err deliver_now(struct call *call, const struct arn *arn, const struct delivery *d)
{
    if (str_is(arn->service, "sqs"))
        return to_queue(call, arn, d);
    if (str_is(arn->service, "logs"))
        return to_log_group(call, arn, d);
    return to_bus(call, arn, d);
}

// --- one delivery, later

static struct json *delivery_to_json(struct call *call, const struct delivery *d)
{
    struct json *json = json_object(call->arena);
    json_set_str(call->arena, json, "RuleArn", d->rule_arn);
    json_set_str(call->arena, json, "TargetArn", d->target_arn);
    json_set_str(call->arena, json, "DeadLetterArn", d->dead_letter_arn);
    json_set_str(call->arena, json, "EventId", d->event_id);
    json_set_str(call->arena, json, "Body", d->body);
    json_set_i64(call->arena, json, "Attempts", d->attempts_max);
    json_set_i64(call->arena, json, "Hops", (int64_t)d->hops);
    return json;
}

static struct delivery delivery_from_json(const struct json *json)
{
    return (struct delivery){
        .rule_arn = json_str(json, "RuleArn"),
        .target_arn = json_str(json, "TargetArn"),
        .dead_letter_arn = json_str(json, "DeadLetterArn"),
        .event_id = json_str(json, "EventId"),
        .body = json_str(json, "Body"),
        .attempts_max = json_i64_or(json, "Attempts", 0),
        .hops = (size_t)json_i64_or(json, "Hops", 0),
    };
}

static enum err later(struct call *call, const struct arn *arn, const struct delivery *d,
                      const char *service, const char *op, struct json *input)
{
    struct task task = {
        .due_ms = call->now_ms,
        .service = str_of(service),
        .op = str_of(op),
        .input = input,
        .attempts_max = (uint32_t)d->attempts_max + 1,
        .backoff_ms = 1000,
        .backoff_ms_max = BACKOFF_MAX_MS,
        .expires_ms = call->now_ms + d->age_s * 1000,
    };
    if (d->dead_letter_arn.len) {
        task.on_failure = json_object(call->arena);
        json_set_str(call->arena, task.on_failure, "service", S("events"));
        json_set_str(call->arena, task.on_failure, "op", S("DeadLetter"));
        json_set(call->arena, task.on_failure, "input", delivery_to_json(call, d));
    }
    struct principal principal = lake_service_principal(call->arena, "events.amazonaws.com");
    const struct principal *caller = call->principal;
    struct str here = call->region;
    call->principal = &principal;
    call->region = arn->region;
    enum err err = call_later(call, &task);
    call->principal = caller;
    call->region = here;
    return err;
}

static enum err start_function(struct call *call, const struct arn *arn, const struct delivery *d)
{
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "FunctionName", d->target_arn);
    json_set_str(call->arena, input, "InvocationType", S("Event"));
    json_set_str(call->arena, input, "Payload", base64_encode(call->arena, d->body));
    return later(call, arn, d, "lambda", "Invoke", input);
}

// The execution's name makes a repeated start harmless: StartExecution with the same name and input
// is the same execution.
static enum err start_workflow(struct call *call, const struct arn *arn, const struct delivery *d)
{
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "stateMachineArn", d->target_arn);
    json_set(
        call->arena, input, "name",
        json_stringf(call->arena, "%.*s_%.*s", STR_ARG(d->event_id), STR_ARG(call_uuid(call))));
    json_set_str(call->arena, input, "input", d->body);
    return later(call, arn, d, "states", "StartExecution", input);
}

static enum err send_dead_letter(struct call *call, const struct delivery *d, struct str code,
                                 struct str message, const char *condition, int64_t attempts);

// What cannot succeed by trying again goes to the dead-letter queue at once.
static bool retriable(const struct error_code *code)
{
    return code->status >= 500 || str_is(str_of(code->code), "ThrottlingException");
}

static enum err deliver(struct call *call, const struct delivery *d)
{
    struct arn arn;
    if (!arn_parse(d->target_arn, &arn))
        return ERR_CORRUPT; // PutTargets checked it
    if (is_function(&arn))
        return start_function(call, &arn, d);
    if (is_workflow(&arn))
        return start_workflow(call, &arn, d);
    tx_mark(call->tx);
    enum err err = deliver_now(call, &arn, d);
    if (err == OK) {
        tx_forget_mark(call->tx);
        return OK;
    }
    tx_undo_to_mark(call->tx);
    if (err != ERR_CODED)
        return err;
    const struct error_code *code = call->code;
    struct str message = str_dup(call->arena, str_of(call->error.text));
    call->code = NULL;
    call->error = (struct error){0};
    if (retriable(code) || !d->dead_letter_arn.len)
        return later(call, &arn, d, "events", "DeliverToTarget", delivery_to_json(call, d));
    return send_dead_letter(call, d, str_of(code->code), message, NULL, 0);
}

// --- dead letters

static void set_attribute(struct call *call, struct json *attributes, const char *name,
                          struct str value)
{
    struct json *attribute = json_object(call->arena);
    if (!value.len)
        return;
    json_set_str(call->arena, attribute, "DataType", S("String"));
    json_set_str(call->arena, attribute, "StringValue", value);
    json_set(call->arena, attributes, name, attribute);
}

static enum err send_dead_letter(struct call *call, const struct delivery *d, struct str code,
                                 struct str message, const char *condition, int64_t attempts)
{
    struct arn arn;
    if (!arn_parse(d->dead_letter_arn, &arn))
        return ERR_CORRUPT;
    struct json *input = json_object(call->arena), *attributes = json_object(call->arena);
    set_attribute(call, attributes, "RULE_ARN", d->rule_arn);
    set_attribute(call, attributes, "TARGET_ARN", d->target_arn);
    set_attribute(call, attributes, "ERROR_CODE", code);
    set_attribute(call, attributes, "ERROR_MESSAGE", message);
    set_attribute(call, attributes, "EXHAUSTED_RETRY_CONDITION", str_of(condition));
    set_attribute(call, attributes, "RETRY_ATTEMPTS",
                  str_format(call->arena, "%lld", (long long)attempts));
    json_set_str(call->arena, input, "QueueUrl", queue_url_of(call, &arn));
    json_set_str(call->arena, input, "MessageBody", d->body);
    json_set(call->arena, input, "MessageAttributes", attributes);
    enum err err = run(call, arn.region, "sqs", "SendMessage", input);
    if (err != ERR_CODED)
        return err;
    log_event(lake_log(call->lake), LOG_ERROR, "events",
              "an event for %.*s is lost: its dead-letter queue %.*s: %s", STR_ARG(d->target_arn),
              STR_ARG(d->dead_letter_arn), call->error.text);
    call->code = NULL;
    return OK;
}

enum err events_dead_letter(struct call *call, const struct json *in, struct json **out)
{
    struct delivery d = delivery_from_json(in);
    const struct json *error = json_get(in, "error");
    *out = NULL;
    return send_dead_letter(call, &d, json_str(error, "Code"), json_str(error, "Message"),
                            "MaximumRetryAttempts", d.attempts_max);
}

enum err events_deliver_to_target(struct call *call, const struct json *in, struct json **out)
{
    struct delivery d = delivery_from_json(in);
    struct arn arn;
    *out = NULL;
    return arn_parse(d.target_arn, &arn) ? deliver_now(call, &arn, &d) : ERR_CORRUPT;
}

// --- all targets of a rule, all rules of a bus

static enum err to_targets(struct call *call, const struct rule *rule, const struct json *event,
                           size_t hops)
{
    struct transform_context context = {rule->arn, rule->name, call->now_ms};
    JSON_EACH(target, rule->targets)
    {
        const struct json *retry = json_get(target, "RetryPolicy");
        struct delivery d = {
            .rule_arn = rule->arn,
            .target_arn = json_str(target, "Arn"),
            .dead_letter_arn = json_str(json_get(target, "DeadLetterConfig"), "Arn"),
            .event_id = json_str(event, "id"),
            .body = transform_input(call->arena, target, event, &context),
            .attempts_max = json_i64_or(retry, "MaximumRetryAttempts", ATTEMPTS_DEFAULT),
            .age_s = json_i64_or(retry, "MaximumEventAgeInSeconds", AGE_S_DEFAULT),
            .hops = hops,
        };
        TRY(deliver(call, &d));
    }
    return OK;
}

static enum err publish(struct call *call, const struct bus *bus, const struct json *event,
                        size_t hops)
{
    const struct ruleset *rules;
    TRY(ruleset_hold(call, bus, &rules));
    enum err err = OK;
    for (size_t i = 0; i < rules->count && err == OK; i++) {
        const struct rule *rule = &rules->rules[i];
        if (rule->enabled && rule->pattern && event_pattern_match(rule->pattern, event))
            err = to_targets(call, rule, event, hops);
    }
    ruleset_release(rules);
    return err;
}

enum err event_publish(struct call *call, const struct bus *bus, const struct json *event)
{
    return publish(call, bus, event, 0);
}

enum err event_to_rule(struct call *call, const struct bus *bus, struct str rule,
                       const struct json *event)
{
    const struct ruleset *rules;
    TRY(ruleset_hold(call, bus, &rules));
    enum err err = OK;
    for (size_t i = 0; i < rules->count && err == OK; i++)
        if (str_eq(rules->rules[i].name, rule))
            err = to_targets(call, &rules->rules[i], event, 0);
    ruleset_release(rules);
    return err;
}
