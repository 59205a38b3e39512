// SPDX-License-Identifier: Apache-2.0
// drain-queue (step 6): takes the messages of the stage-events queue and starts one execution of
// the stage-to-analytics workflow for all of them.
//
// Messages are deleted only after the execution was started, and the execution is named after the
// first message: a crash in between starts it again under another name at worst, and the
// conversion's bookmark lets that run find nothing new. While an execution runs, the messages stay
// where they are until the next tick.
#include "function.h"

#define MESSAGES_MAX 5000 // at one tick
#define BATCH 10          // SQS's limit for one receive or delete

struct drain {
    struct tarn_event *event;
    struct arena *arena;
    const char *queue_url, *state_machine;
    struct json *receipts; // of the messages taken
    struct json *files;    // "s3://bucket/key" -> true
    struct json *first_event;
    struct str first_id;
};

static int is_running(struct drain *drain, bool *out_running)
{
    struct arena *arena = drain->arena;
    struct tarn_reply reply;
    struct json *input =
        json_set_str(arena, json_object(arena), "stateMachineArn", str_of(drain->state_machine));
    json_set_str(arena, input, "statusFilter", S("RUNNING"));
    if (call_json(drain->event, arena, "states", "AWSStepFunctions.ListExecutions", input,
                  &reply) != 0)
        return tarn_fail_reply(drain->event, &reply);
    *out_running = json_count(json_get(reply_json(&reply, arena), "executions")) > 0;
    return 0;
}

static void take(struct drain *drain, const struct json *message)
{
    struct arena *arena = drain->arena;
    struct json *event = NULL;
    struct object_event object;
    json_push(arena, drain->receipts, json_get(message, "ReceiptHandle"));
    if (json_parse(arena, json_str(message, "Body"), &event, NULL) != OK ||
        !object_event_read(event, &object)) {
        tarn_log(drain->event, "WARN", "message %.*s is not an Object Created event and is dropped",
                 STR_ARG(json_str(message, "MessageId")));
        return;
    }
    json_set_named(arena, drain->files,
                   str_format(arena, "s3://%.*s/%.*s", STR_ARG(object.bucket), STR_ARG(object.key)),
                   json_bool(arena, true));
    if (!drain->first_event) {
        drain->first_event = event;
        drain->first_id = json_str(message, "MessageId");
    }
}

static int receive_all(struct drain *drain)
{
    struct tarn_reply reply;
    while (json_count(drain->receipts) < MESSAGES_MAX) {
        if (tarn_sqs_receive(drain->event, drain->queue_url, BATCH, 0, -1, &reply) != 0)
            return tarn_fail_reply(drain->event, &reply);
        // the reply's bytes live until the handler returns, so what is parsed from them does too
        const struct json *messages = json_get(reply_json(&reply, drain->arena), "Messages");
        if (json_count(messages) == 0)
            return 0;
        JSON_EACH(message, messages)
        take(drain, message);
    }
    return 0;
}

static int start(struct drain *drain)
{
    struct arena *arena = drain->arena;
    struct tarn_reply reply;
    struct json *input = json_object(arena);
    json_set_i64(arena, input, "files", (int64_t)json_count(drain->files));
    json_set_i64(arena, input, "messages", (int64_t)json_count(drain->receipts));
    json_set(arena, input, "event", drain->first_event);
    struct str name = str_format(arena, "drain-%.*s", STR_ARG(drain->first_id));
    if (tarn_start_execution(drain->event, drain->state_machine, str_cstr(arena, name),
                             lambda_text(json_text(arena, input)), &reply) == 0 ||
        str_contains(str_of(reply.error_code), S("ExecutionAlreadyExists")))
        return 0;
    return tarn_fail_reply(drain->event, &reply);
}

static int delete_batch(struct drain *drain, size_t from)
{
    struct arena *arena = drain->arena;
    struct tarn_reply reply;
    struct json *entries = json_array(arena),
                *input =
                    json_set_str(arena, json_object(arena), "QueueUrl", str_of(drain->queue_url));
    for (size_t i = from; i < from + BATCH && i < json_count(drain->receipts); i++) {
        struct json *entry =
            json_set_str(arena, json_object(arena), "Id", str_format(arena, "m%zu", i));
        json_push(arena, entries,
                  json_set(arena, entry, "ReceiptHandle", json_at(drain->receipts, i)));
    }
    json_set(arena, input, "Entries", entries);
    return call_json(drain->event, arena, "sqs", "AmazonSQS.DeleteMessageBatch", input, &reply);
}

static int handle(struct tarn_event *event, struct arena *arena)
{
    struct drain drain = {event,
                          arena,
                          setting(event, "QUEUE_URL"),
                          setting(event, "STATE_MACHINE_ARN"),
                          json_array(arena),
                          json_object(arena),
                          NULL,
                          STR_NONE};
    bool running;
    if (!drain.queue_url || !drain.state_machine || is_running(&drain, &running) != 0)
        return -1;
    if (running)
        return tarn_respondf(event,
                             "{\"started\": false, \"reason\": \"an execution is running\"}");
    if (receive_all(&drain) != 0)
        return -1;
    if (drain.first_event && start(&drain) != 0)
        return -1;
    for (size_t i = 0; i < json_count(drain.receipts); i += BATCH)
        if (delete_batch(&drain, i) != 0)
            tarn_log(event, "WARN", "some messages were not deleted and will come again");
    return tarn_respondf(event, "{\"started\": %s, \"files\": %zu}",
                         drain.first_event ? "true" : "false", json_count(drain.files));
}

int main(void)
{
    return function_serve(handle);
}
