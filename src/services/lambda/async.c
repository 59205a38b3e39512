// SPDX-License-Identifier: Apache-2.0
// Each attempt is a task of its own: one that fails adds the next in the transaction that ends it,
// so that the count of attempts and the queue can not disagree. AWS's rules ("Asynchronous
// invocation", "Error handling"): two retries, after one and two minutes, for errors of the
// function; throttled events are tried again for up to six hours with growing pauses; what fails
// finally goes to the OnFailure destination, else to the dead-letter queue.
#include "services/lambda/async.h"

#include "base/encode.h"
#include "base/timefmt.h"

#define FIRST_RETRY_MS ((int64_t)60 * 1000)
#define THROTTLED_MS_MIN ((int64_t)1000)
#define THROTTLED_MS_MAX ((int64_t)5 * 60 * 1000)

struct event {
    const struct json *in; // {"FunctionName", "Qualifier", "Payload", "RequestId", "EnqueuedMs",
                           // "Attempt", "Throttled"}
    struct function_ref ref;
    struct invoke_config config;
    struct str dead_letters;
    struct invocation *invocation;
    const char *condition; // of a final failure
};

static enum err add_attempt(struct call *call, const struct json *input, int64_t delay_ms)
{
    struct task task = {
        .service = S("lambda"),
        .op = S("InvokeAsynchronously"),
        .input = (struct json *)input,
        .due_ms = call->now_ms + delay_ms,
        .backoff_ms = THROTTLED_MS_MIN, // for failures of ours, not of the function
        .backoff_ms_max = THROTTLED_MS_MAX,
    };
    return call_later(call, &task);
}

enum err async_add(struct call *call, const struct function_ref *ref, struct str payload)
{
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "FunctionName", ref->name);
    json_set_str(call->arena, input, "Qualifier", ref->qualifier);
    json_set_str(call->arena, input, "Payload", payload);
    json_set_str(call->arena, input, "RequestId",
                 call->outer || call->task_id ? call_uuid(call) : call->request_id);
    json_set_i64(call->arena, input, "EnqueuedMs", call->now_ms);
    json_set_i64(call->arena, input, "Attempt", 1);
    return add_attempt(call, input, 0);
}

// --- what becomes of it

static enum err send_message(struct call *call, struct str queue_arn, struct str body,
                             struct json *attributes)
{
    struct arn arn;
    struct json *ask = json_object(call->arena), *queue;
    if (!arn_parse(queue_arn, &arn))
        return OK;
    json_set_str(call->arena, ask, "QueueName", arn.resource);
    TRY(call_operation(call, "sqs", "GetQueueUrl", ask, &queue));
    struct json *message = json_object(call->arena);
    json_set(call->arena, message, "QueueUrl", json_get(queue, "QueueUrl"));
    json_set_str(call->arena, message, "MessageBody", body);
    json_set(call->arena, message, "MessageAttributes", attributes);
    return call_operation(call, "sqs", "SendMessage", message, NULL);
}

static enum err put_event(struct call *call, struct str bus_arn, struct json *record, bool success)
{
    struct arena *arena = call->arena;
    struct json *entry = json_object(arena), *input = json_object(arena);
    json_set_str(arena, entry, "Source", S("lambda"));
    json_set_str(arena, entry, "DetailType",
                 success ? S("Lambda Function Invocation Result - Success")
                         : S("Lambda Function Invocation Result - Failure"));
    json_set_str(arena, entry, "Detail", json_text(arena, record));
    json_set_str(arena, entry, "EventBusName", bus_arn);
    json_set(arena, input, "Entries", json_push(arena, json_array(arena), entry));
    return call_operation(call, "events", "PutEvents", input, NULL);
}

static struct json *parsed_or_text(struct arena *arena, struct str text)
{
    struct json *value;
    return json_parse(arena, text, &value, NULL) == OK ? value : json_string(arena, text);
}

// "Invocation record" in the developer guide.
static struct json *record_of(struct call *call, const struct event *event, const char *condition)
{
    struct arena *arena = call->arena;
    struct json *record = json_object(arena), *request = json_object(arena),
                *response = json_object(arena);
    struct str qualifier = event->ref.qualifier.len ? event->ref.qualifier : S("$LATEST");
    json_set_str(arena, record, "version", S("1.0"));
    json_set_str(arena, record, "timestamp", time_iso_ms(arena, call->now_ms));
    json_set(arena, request, "requestId", json_get(event->in, "RequestId"));
    json_set_str(arena, request, "functionArn", function_arn(call, event->ref.name, qualifier));
    json_set_str(arena, request, "condition", str_of(condition));
    json_set(arena, request, "approximateInvokeCount", json_get(event->in, "Attempt"));
    json_set(arena, record, "requestContext", request);
    json_set(arena, record, "requestPayload",
             parsed_or_text(arena, json_str(event->in, "Payload")));
    const struct invocation *invocation = event->invocation;
    if (invocation &&
        (invocation->outcome == INVOCATION_ANSWERED || invocation->outcome == INVOCATION_FAILED)) {
        json_set_i64(arena, response, "statusCode", 200);
        json_set_str(arena, response, "executedVersion", invocation->version);
        if (invocation->outcome == INVOCATION_FAILED)
            json_set_str(arena, response, "functionError", S("Unhandled"));
        json_set(arena, record, "responseContext", response);
        json_set(arena, record, "responsePayload", parsed_or_text(arena, invocation->answer));
    }
    return record;
}

static enum err send_record(struct call *call, const struct event *event, struct str target,
                            const char *condition, bool success)
{
    struct arn arn;
    struct json *record = record_of(call, event, condition);
    struct str text = json_text(call->arena, record);
    if (!arn_parse(target, &arn))
        return OK;
    if (str_is(arn.service, "sqs"))
        return send_message(call, target, text, NULL);
    if (str_is(arn.service, "events"))
        return put_event(call, target, record, success);
    struct function_ref ref;
    TRY(function_ref_parse_text(call, target, STR_NONE, &ref));
    return async_add(call, &ref, text);
}

static struct json *text_attribute(struct arena *arena, struct str value)
{
    struct json *attribute = json_set_str(arena, json_object(arena), "DataType", S("String"));
    return json_set_str(arena, attribute, "StringValue", value);
}

static enum err send_dead_letter(struct call *call, const struct event *event)
{
    struct arena *arena = call->arena;
    struct json *attributes = json_object(arena);
    const struct invocation *invocation = event->invocation;
    struct str message =
        invocation ? invocation->answer.len ? invocation->answer : str_of(invocation->message)
                   : str_of(event->condition);
    json_set(arena, attributes, "RequestID",
             text_attribute(arena, json_str(event->in, "RequestId")));
    json_set(arena, attributes, "ErrorCode",
             text_attribute(arena, invocation ? S("200") : S("500")));
    json_set(arena, attributes, "ErrorMessage", text_attribute(arena, str_slice(message, 0, 1024)));
    return send_message(call, event->dead_letters, json_str(event->in, "Payload"), attributes);
}

// A destination that is gone must not keep the event for ever: it is said in the log, as nobody
// else can be told.
static enum err tolerate(struct call *call, const struct event *event, struct str target,
                         enum err err)
{
    if (err != ERR_CODED)
        return err;
    log_event(lake_log(call->lake), LOG_WARN, "lambda",
              "the result of an asynchronous invocation of %.*s could not be sent to %.*s: %s",
              STR_ARG(event->ref.name), STR_ARG(target), call->error.text);
    return OK;
}

static enum err succeed(struct call *call, void *context)
{
    struct event *event = context;
    struct str target = event->config.on_success;
    TRY(call_finish_task(call));
    return target.len
               ? tolerate(call, event, target, send_record(call, event, target, "Success", true))
               : OK;
}

static enum err fail_finally(struct call *call, void *context)
{
    struct event *event = context;
    struct str target = event->config.on_failure;
    TRY(call_finish_task(call));
    if (target.len)
        TRY(tolerate(call, event, target,
                     send_record(call, event, target, event->condition, false)));
    if (event->dead_letters.len)
        TRY(tolerate(call, event, event->dead_letters, send_dead_letter(call, event)));
    return OK;
}

static enum err try_again(struct call *call, void *context)
{
    struct event *event = context;
    bool throttled = event->invocation->outcome == INVOCATION_THROTTLED;
    struct json *next = json_copy_shallow(call->arena, event->in);
    const char *counter = throttled ? "Throttled" : "Attempt";
    int64_t count = json_i64_or(event->in, counter, 0);
    json_set_i64(call->arena, next, counter, count + 1);
    int64_t delay_ms = FIRST_RETRY_MS * count;
    if (throttled)
        delay_ms = count > 8 ? THROTTLED_MS_MAX : THROTTLED_MS_MIN << count;
    TRY(call_finish_task(call));
    return add_attempt(call, next, delay_ms);
}

// --- one attempt

static enum err load(struct call *call, void *context)
{
    struct event *event = context;
    struct json *row, *main_row;
    TRY(function_ref_parse(call, event->in, &event->ref));
    TRY(function_resolve(call, &event->ref, &row));
    TRY(function_get(call, event->ref.name, &main_row));
    TRY(invoke_config_get(call, &event->ref, &event->config));
    event->dead_letters =
        json_str(json_get(json_get(row, "config"), "DeadLetterConfig"), "TargetArn");
    invocation_free(event->invocation);
    event->invocation =
        invocation_of(call, &event->ref, row, json_i64_or(main_row, "reserved", -1));
    return OK;
}

static enum err forget(struct call *call, void *context)
{
    (void)context;
    return call_finish_task(call);
}

static enum err settle(struct call *call, struct event *event)
{
    int64_t age_ms = call->now_ms - json_i64_or(event->in, "EnqueuedMs", 0);
    bool too_old = age_ms > event->config.age_seconds_max * 1000;
    int64_t attempt = json_i64_or(event->in, "Attempt", 1);
    event->condition = too_old ? "EventAgeExceeded" : "RetriesExhausted";
    switch (event->invocation->outcome) {
    case INVOCATION_ANSWERED:
        return call_transact(call, succeed, event);
    case INVOCATION_CANCELLED:
        return ERR_CANCELLED; // the task is still there for the next server
    case INVOCATION_THROTTLED:
        return call_transact(call, too_old ? fail_finally : try_again, event);
    default:
        return call_transact(
            call, too_old || attempt > event->config.retries_max ? fail_finally : try_again, event);
    }
}

enum err lambda_invoke_async(struct call *call, const struct json *in, struct json **out)
{
    struct lambda *lambda = call_state(call);
    struct event event = {.in = in};
    (void)out;
    enum err err = call_transact(call, load, &event);
    if (err == ERR_CODED) { // the function is gone: so is the event, as on AWS
        invocation_free(event.invocation);
        return call_transact(call, forget, NULL);
    }
    TRY(err);
    event.invocation->id = json_str(in, "RequestId");
    event.invocation->payload = json_str(in, "Payload");
    engine_invoke_blocking(lambda->engine, event.invocation);
    err = settle(call, &event);
    invocation_free(event.invocation);
    return err;
}
