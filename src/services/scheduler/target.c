// SPDX-License-Identifier: Apache-2.0
// Targets. Whatever a target is, invoking it is running one operation of Tarn with an input: the
// templated ones name it by their ARN, the universal one
// (arn:aws:scheduler:::aws-sdk:service:action) outright. That operation becomes a task with the
// target's retry policy.
#include "services/scheduler/scheduler.h"

#include "base/encode.h"
#include "base/timefmt.h"
#include "lake/sdk_name.h"

#define UNIVERSAL "arn:aws:scheduler:::aws-sdk:"
#define BACKOFF_MAX_MS (10 * 60 * 1000)

struct plan {
    struct str service, op, region;
    struct json *input;
};

// --- payload

// The event that a target receives when it has no input.
static struct str default_payload(struct call *call, const struct firing *firing)
{
    struct arena *arena = call->arena;
    struct json *event = json_object(arena), *resources = json_array(arena);
    json_set_str(arena, event, "version", S("0"));
    json_set_str(arena, event, "id", firing->execution_id);
    json_set_str(arena, event, "detail-type", S("Scheduled Event"));
    json_set_str(arena, event, "source", S("aws.scheduler"));
    json_set_str(arena, event, "account", call->account);
    json_set_str(arena, event, "time", time_iso(arena, firing->at_ms));
    json_set_str(arena, event, "region", call->region);
    json_set(arena, event, "resources",
             json_push(arena, resources, json_string(arena, firing->schedule_arn)));
    json_set_str(arena, event, "detail", S("{}"));
    return json_text(arena, event);
}

// Input with its context attributes filled in.
static struct str payload_of(struct call *call, const struct json *target,
                             const struct firing *firing)
{
    struct str input = json_str(target, "Input");
    if (!input.len)
        return default_payload(call, firing);
    const struct {
        struct str attribute, value;
    } ATTRIBUTES[] = {
        {S("<aws.scheduler.schedule-arn>"), firing->schedule_arn},
        {S("<aws.scheduler.scheduled-time>"), time_iso(call->arena, firing->at_ms)},
        {S("<aws.scheduler.execution-id>"), firing->execution_id},
        {S("<aws.scheduler.attempt-number>"), S("1")},
    };
    for (size_t i = 0; i < sizeof ATTRIBUTES / sizeof *ATTRIBUTES; i++)
        input = str_replace(call->arena, input, ATTRIBUTES[i].attribute, ATTRIBUTES[i].value);
    return input;
}

// --- from a target to an operation

static enum err plan_queue(struct call *call, const struct arn *arn, struct str payload,
                           struct plan *out)
{
    struct str base = lake_base_url(call->lake);
    out->service = S("sqs");
    out->op = S("SendMessage");
    json_set(call->arena, out->input, "QueueUrl",
             json_stringf(call->arena, "%.*s/%.*s/%.*s", STR_ARG(base), STR_ARG(arn->account),
                          STR_ARG(arn->resource)));
    json_set_str(call->arena, out->input, "MessageBody", payload);
    return OK;
}

static enum err plan_events(struct call *call, const struct json *target, struct str payload,
                            struct plan *out)
{
    const struct json *parameters = json_get(target, "EventBridgeParameters");
    struct json *entry = json_object(call->arena);
    if (!parameters)
        FAIL(call, SCHEDULER_VALIDATION,
             "EventBridgeParameters must be specified for an event bus.");
    out->service = S("events");
    out->op = S("PutEvents");
    json_set_str(call->arena, entry, "EventBusName", json_str(target, "Arn"));
    json_set(call->arena, entry, "Source", json_get(parameters, "Source"));
    json_set(call->arena, entry, "DetailType", json_get(parameters, "DetailType"));
    json_set_str(call->arena, entry, "Detail", payload);
    json_set(call->arena, out->input, "Entries",
             json_push(call->arena, json_array(call->arena), entry));
    return OK;
}

// Blobs are texts in a schedule's input, and base64 in operations' inputs.
static void encode_blobs(struct call *call, const struct op *op, struct json *input)
{
    for (const struct field *field = op->input ? op->input->fields : NULL; field && field->name;
         field++) {
        struct json *value = json_get(input, field->name);
        if (field->shape->type == SHAPE_BLOB && json_is(value, JSON_STRING))
            json_set_str(call->arena, input, field->name, base64_encode(call->arena, value->text));
    }
}

static enum err plan_universal(struct call *call, struct str arn, struct str payload,
                               struct plan *out)
{
    struct str rest = str_from(arn, S(UNIVERSAL).len), sdk = STR_NONE;
    struct error error = {0};
    const struct service *service;
    const struct op *op;
    struct json *parameters;
    if (!str_cut(&rest, ':', &sdk) ||
        sdk_operation(call->lake, call->arena, sdk, rest, &service, &op, &error) != OK)
        FAIL(call, SCHEDULER_VALIDATION, "%.*s is not a target: %s.", STR_ARG(arn), error.text);
    if (json_parse(call->arena, payload, &parameters, &error) != OK ||
        !json_is(parameters, JSON_OBJECT))
        FAIL(call, SCHEDULER_VALIDATION, "The Input of a universal target must be a JSON object.");
    out->service = str_of(service->name);
    out->op = str_of(op->name);
    out->input = sdk_input(call->arena, op, parameters);
    encode_blobs(call, op, out->input);
    return OK;
}

static enum err plan_of(struct call *call, const struct json *target, struct str payload,
                        struct str execution_id, struct plan *out)
{
    struct str text = json_str(target, "Arn");
    struct arn arn;
    *out = (struct plan){.region = call->region, .input = json_object(call->arena)};
    if (str_starts(text, S(UNIVERSAL)))
        return plan_universal(call, text, payload, out);
    if (!arn_parse(text, &arn))
        FAIL(call, SCHEDULER_VALIDATION, "Provided Arn is not in correct format: %.*s",
             STR_ARG(text));
    out->region = arn.region.len ? arn.region : call->region;
    if (str_is(arn.service, "lambda") && str_starts(arn.resource, S("function:"))) {
        out->service = S("lambda");
        out->op = S("Invoke");
        json_set_str(call->arena, out->input, "FunctionName", text);
        json_set_str(call->arena, out->input, "InvocationType", S("Event"));
        json_set_str(call->arena, out->input, "Payload", base64_encode(call->arena, payload));
        return OK;
    }
    if (str_is(arn.service, "states") && str_starts(arn.resource, S("stateMachine:"))) {
        out->service = S("states");
        out->op = S("StartExecution");
        json_set_str(call->arena, out->input, "stateMachineArn", text);
        json_set_str(call->arena, out->input, "name",
                     execution_id); // a repeated start is the same execution
        json_set_str(call->arena, out->input, "input", payload);
        return OK;
    }
    if (str_is(arn.service, "sqs"))
        return plan_queue(call, &arn, payload, out);
    if (str_is(arn.service, "events") && str_starts(arn.resource, S("event-bus/")))
        return plan_events(call, target, payload, out);
    FAIL(call, SCHEDULER_VALIDATION,
         "Tarn's schedules invoke Lambda functions, Step Functions state machines, SQS queues, "
         "event "
         "buses and universal targets (" UNIVERSAL "SERVICE:ACTION), not %.*s.",
         STR_ARG(text));
}

enum err target_check(struct call *call, const struct json *target)
{
    struct plan plan;
    struct arn arn;
    struct json *parsed;
    struct str input = json_str(target, "Input"), role = json_str(target, "RoleArn");
    struct str dead_letters = json_str(json_get(target, "DeadLetterConfig"), "Arn");
    if (!arn_parse(role, &arn) || !str_is(arn.service, "iam"))
        FAIL(call, SCHEDULER_VALIDATION, "RoleArn must be the ARN of an IAM role.");
    if (dead_letters.len && (!arn_parse(dead_letters, &arn) || !str_is(arn.service, "sqs")))
        FAIL(call, SCHEDULER_VALIDATION, "DeadLetterConfig's Arn must be an SQS queue's.");
    bool bus = arn_parse(json_str(target, "Arn"), &arn) && str_is(arn.service, "events");
    if (bus && input.len && json_parse(call->arena, input, &parsed, NULL) != OK)
        FAIL(call, SCHEDULER_VALIDATION, "The Input for an event bus must be valid JSON.");
    return plan_of(call, target, input.len ? input : S("{}"), S("check"), &plan);
}

// --- running it

static struct principal role_principal(struct call *call, struct str role_arn,
                                       struct str execution_id)
{
    struct str name = str_from(role_arn, str_rfind_char(role_arn, '/') + 1);
    return (struct principal){
        .kind = PRINCIPAL_ROLE,
        .arn = str_format(call->arena, "arn:aws:sts::%.*s:assumed-role/%.*s/%.*s",
                          STR_ARG(call->account), STR_ARG(name), STR_ARG(execution_id)),
        .role_arn = role_arn,
        .user_id = str_format(call->arena, "%.*s:%.*s", STR_ARG(name), STR_ARG(execution_id)),
    };
}

static struct json *dead_letter_plan(struct call *call, struct str queue_arn,
                                     const struct json *target, const struct firing *firing,
                                     struct str payload, int64_t attempts)
{
    struct json *input = json_object(call->arena), *plan = json_object(call->arena);
    json_set_str(call->arena, input, "QueueArn", queue_arn);
    json_set_str(call->arena, input, "TargetArn", json_str(target, "Arn"));
    json_set_str(call->arena, input, "ScheduleArn", firing->schedule_arn);
    json_set_str(call->arena, input, "ExecutionId", firing->execution_id);
    json_set_str(call->arena, input, "ScheduledTime", time_iso(call->arena, firing->at_ms));
    json_set_str(call->arena, input, "Payload", payload);
    json_set_i64(call->arena, input, "Attempts", attempts);
    json_set_str(call->arena, plan, "service", S("scheduler"));
    json_set_str(call->arena, plan, "op", S("DeadLetter"));
    return json_set(call->arena, plan, "input", input);
}

enum err target_invoke(struct call *call, const struct json *target, const struct firing *firing)
{
    struct plan plan;
    struct str payload = payload_of(call, target, firing);
    enum err err = plan_of(call, target, payload, firing->execution_id, &plan);
    if (err == ERR_CODED) { // it was checked when it was made; its context attributes may have
                            // broken the input
        log_event(lake_log(call->lake), LOG_ERROR, "scheduler", "%.*s cannot invoke its target: %s",
                  STR_ARG(firing->schedule_arn), call->error.text);
        call->code = NULL;
        return OK;
    }
    TRY(err);
    const struct json *retry = json_get(target, "RetryPolicy");
    int64_t attempts = json_i64_or(retry, "MaximumRetryAttempts", TARGET_ATTEMPTS_DEFAULT);
    int64_t age_s = json_i64_or(retry, "MaximumEventAgeInSeconds", TARGET_AGE_S_DEFAULT);
    struct str dead_letters = json_str(json_get(target, "DeadLetterConfig"), "Arn");
    struct task task = {
        .due_ms = call->now_ms,
        .service = plan.service,
        .op = plan.op,
        .input = plan.input,
        .attempts_max = (uint32_t)attempts + 1,
        .backoff_ms = 1000,
        .backoff_ms_max = BACKOFF_MAX_MS,
        .expires_ms = call->now_ms + age_s * 1000,
    };
    if (dead_letters.len)
        task.on_failure = dead_letter_plan(call, dead_letters, target, firing, payload, attempts);
    struct principal role = role_principal(call, json_str(target, "RoleArn"), firing->execution_id);
    const struct principal *caller = call->principal;
    struct str here = call->region;
    call->principal = &role;
    call->region = plan.region;
    err = call_later(call, &task);
    call->principal = caller;
    call->region = here;
    return err;
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

enum err scheduler_dead_letter(struct call *call, const struct json *in, struct json **out)
{
    struct arn arn;
    const struct json *error = json_get(in, "error");
    struct json *input = json_object(call->arena), *attributes = json_object(call->arena);
    *out = NULL;
    if (!arn_parse(json_str(in, "QueueArn"), &arn))
        return ERR_CORRUPT;
    set_attribute(call, attributes, "ERROR_CODE", json_str(error, "Code"));
    set_attribute(call, attributes, "ERROR_MESSAGE", json_str(error, "Message"));
    set_attribute(call, attributes, "EXECUTION_ID", json_str(in, "ExecutionId"));
    set_attribute(call, attributes, "EXHAUSTED_RETRY_CONDITION", S("MaximumRetryAttempts"));
    set_attribute(call, attributes, "IS_PAYLOAD_TRUNCATED", S("false"));
    set_attribute(call, attributes, "RETRY_ATTEMPTS",
                  str_format(call->arena, "%lld", (long long)json_i64_or(in, "Attempts", 0)));
    set_attribute(call, attributes, "SCHEDULE_ARN", json_str(in, "ScheduleArn"));
    set_attribute(call, attributes, "SCHEDULED_TIME", json_str(in, "ScheduledTime"));
    set_attribute(call, attributes, "TARGET_ARN", json_str(in, "TargetArn"));
    struct plan plan = {.input = input};
    TRY(plan_queue(call, &arn, json_str(in, "Payload"), &plan));
    json_set(call->arena, input, "MessageAttributes", attributes);
    struct str here = call->region;
    call->region = arn.region;
    enum err err = call_operation(call, "sqs", "SendMessage", input, NULL);
    call->region = here;
    if (err != ERR_CODED)
        return err;
    log_event(lake_log(call->lake), LOG_ERROR, "scheduler",
              "a firing of %.*s is lost: its dead-letter queue: %s",
              STR_ARG(json_str(in, "ScheduleArn")), call->error.text);
    call->code = NULL;
    return OK;
}
