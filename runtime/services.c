// SPDX-License-Identifier: Apache-2.0
// Calls of the JSON services.
#include "internal.h"

#include <stdarg.h>
#include <string.h>

// Which operations may be sent twice without doing something twice.
static bool repeatable(const char *target)
{
    static const char *const PREFIXES[] = {"Get",           "List",    "Describe",
                                           "Query",         "Scan",    "BatchGet",
                                           "DeleteMessage", "PutItem", "StartExecution"};
    const char *dot = strrchr(target, '.');
    const char *name = dot ? dot + 1 : target;
    for (size_t i = 0; i < sizeof PREFIXES / sizeof *PREFIXES; i++)
        if (strncmp(name, PREFIXES[i], strlen(PREFIXES[i])) == 0)
            return true;
    return false;
}

int tarn_call(struct tarn_event *event, const char *service, const char *target, const char *json,
              size_t len, struct tarn_reply *out_reply)
{
    struct aws_call call = {.service = service,
                            .method = "POST",
                            .path = S("/"),
                            .body = str_n(json, len),
                            .repeatable = repeatable(target)};
    bool one_zero = strcmp(service, "sqs") == 0 || strcmp(service, "dynamodb") == 0 ||
                    strcmp(service, "states") == 0;
    aws_header(&call, "content-type",
               one_zero ? S("application/x-amz-json-1.0") : S("application/x-amz-json-1.1"));
    aws_header(&call, "x-amz-target", str_of(target));
    return aws_run(event, &call, out_reply);
}

int tarn_callf(struct tarn_event *event, const char *service, const char *target,
               struct tarn_reply *out_reply, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str input = str_formatv(&event->runtime->arena, format, args);
    va_end(args);
    return tarn_call(event, service, target, input.ptr, input.len, out_reply);
}

static int call_with(struct tarn_event *event, const char *service, const char *target,
                     const struct json *input, struct tarn_reply *out_reply)
{
    struct str text = json_text(&event->runtime->arena, input);
    return tarn_call(event, service, target, text.ptr, text.len, out_reply);
}

int tarn_sqs_receive(struct tarn_event *event, const char *queue_url, int max_messages,
                     int wait_seconds, int visibility_seconds, struct tarn_reply *out_reply)
{
    struct arena *arena = &event->runtime->arena;
    struct json *input = json_set_str(arena, json_object(arena), "QueueUrl", str_of(queue_url));
    json_set_i64(arena, input, "MaxNumberOfMessages", max_messages);
    json_set_i64(arena, input, "WaitTimeSeconds", wait_seconds);
    if (visibility_seconds >= 0)
        json_set_i64(arena, input, "VisibilityTimeout", visibility_seconds);
    return call_with(event, "sqs", "AmazonSQS.ReceiveMessage", input, out_reply);
}

int tarn_sqs_delete(struct tarn_event *event, const char *queue_url, const char *receipt_handle,
                    struct tarn_reply *out_reply)
{
    struct arena *arena = &event->runtime->arena;
    struct json *input = json_set_str(arena, json_object(arena), "QueueUrl", str_of(queue_url));
    json_set_str(arena, input, "ReceiptHandle", str_of(receipt_handle));
    return call_with(event, "sqs", "AmazonSQS.DeleteMessage", input, out_reply);
}

int tarn_sqs_send(struct tarn_event *event, const char *queue_url, struct tarn_text body,
                  struct tarn_reply *out_reply)
{
    struct arena *arena = &event->runtime->arena;
    struct json *input = json_set_str(arena, json_object(arena), "QueueUrl", str_of(queue_url));
    json_set_str(arena, input, "MessageBody", str_n(body.ptr, body.len));
    return call_with(event, "sqs", "AmazonSQS.SendMessage", input, out_reply);
}

int tarn_dynamodb_put_item(struct tarn_event *event, const char *json, size_t len,
                           struct tarn_reply *out_reply)
{
    return tarn_call(event, "dynamodb", "DynamoDB_20120810.PutItem", json, len, out_reply);
}

int tarn_dynamodb_update_item(struct tarn_event *event, const char *json, size_t len,
                              struct tarn_reply *out_reply)
{
    return tarn_call(event, "dynamodb", "DynamoDB_20120810.UpdateItem", json, len, out_reply);
}

int tarn_dynamodb_get_item(struct tarn_event *event, const char *json, size_t len,
                           struct tarn_reply *out_reply)
{
    return tarn_call(event, "dynamodb", "DynamoDB_20120810.GetItem", json, len, out_reply);
}

int tarn_start_execution(struct tarn_event *event, const char *state_machine_arn, const char *name,
                         struct tarn_text input, struct tarn_reply *out_reply)
{
    struct arena *arena = &event->runtime->arena;
    struct json *ask =
        json_set_str(arena, json_object(arena), "stateMachineArn", str_of(state_machine_arn));
    if (name)
        json_set_str(arena, ask, "name", str_of(name));
    json_set_str(arena, ask, "input", str_n(input.ptr, input.len));
    return call_with(event, "states", "AWSStepFunctions.StartExecution", ask, out_reply);
}
