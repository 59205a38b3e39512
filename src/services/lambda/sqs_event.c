// SPDX-License-Identifier: Apache-2.0
#include "services/lambda/sqs_event.h"

#define DELETE_MAX 10

// arn:aws:sqs:region:account:name
struct str sqs_queue_url(struct arena *arena, const struct json *mapping, struct str base_url)
{
    struct str part, name = STR_NONE, account = STR_NONE,
                     rest = json_str(mapping, "EventSourceArn");
    while (str_cut(&rest, ':', &part)) {
        account = name;
        name = part;
    }
    return str_format(arena, "%.*s/%.*s/%.*s", STR_ARG(base_url), STR_ARG(account), STR_ARG(name));
}

void sqs_batch_init(struct sqs_batch *batch, struct arena *arena, const struct json *mapping,
                    struct str region, struct str base_url)
{
    *batch = (struct sqs_batch){
        .arena = arena, .records = json_array(arena), .region = str_dup(arena, region)};
    batch->queue_arn = str_dup(arena, json_str(mapping, "EventSourceArn"));
    batch->queue_url = sqs_queue_url(arena, mapping, base_url);
    JSON_EACH (type, json_get(mapping, "FunctionResponseTypes"))
        if (str_is(json_as_str(type), "ReportBatchItemFailures"))
            batch->reports_failures = true;
}

static struct json *attribute(struct arena *arena, const struct json *value)
{
    struct json *out = json_object(arena);
    json_set(arena, out, "stringValue", json_copy(arena, json_get(value, "StringValue")));
    json_set(arena, out, "binaryValue", json_copy(arena, json_get(value, "BinaryValue")));
    json_set(arena, out, "stringListValues", json_array(arena));
    json_set(arena, out, "binaryListValues", json_array(arena));
    return json_set(arena, out, "dataType", json_copy(arena, json_get(value, "DataType")));
}

static struct json *record(const struct sqs_batch *batch, const struct json *message)
{
    struct arena *arena = batch->arena;
    struct json *out = json_object(arena), *attributes = json_object(arena);
    json_set_str(arena, out, "messageId", str_dup(arena, json_str(message, "MessageId")));
    json_set_str(arena, out, "receiptHandle", str_dup(arena, json_str(message, "ReceiptHandle")));
    json_set_str(arena, out, "body", str_dup(arena, json_str(message, "Body")));
    struct json *system = json_get(message, "Attributes");
    json_set(arena, out, "attributes", system ? json_copy(arena, system) : json_object(arena));
    JSON_EACH_MEMBER (m, json_get(message, "MessageAttributes"))
        json_set_named(arena, attributes, str_dup(arena, m->name), attribute(arena, m->value));
    json_set(arena, out, "messageAttributes", attributes);
    struct str md5 = json_str(message, "MD5OfMessageAttributes");
    if (md5.len)
        json_set_str(arena, out, "md5OfMessageAttributes", str_dup(arena, md5));
    json_set_str(arena, out, "md5OfBody", str_dup(arena, json_str(message, "MD5OfBody")));
    json_set_str(arena, out, "eventSource", S("aws:sqs"));
    json_set_str(arena, out, "eventSourceARN", batch->queue_arn);
    return json_set_str(arena, out, "awsRegion", batch->region);
}

void sqs_batch_add(struct sqs_batch *batch, const struct json *messages)
{
    JSON_EACH (message, messages) {
        json_push(batch->arena, batch->records, record(batch, message));
        batch->count++;
        batch->bytes += json_str(message, "Body").len + 1024;
    }
}

struct str sqs_batch_event(const struct sqs_batch *batch, struct arena *arena)
{
    struct json *event = json_object(arena);
    json_set(arena, event, "Records", batch->records);
    return json_text(arena, event);
}

// --- the answer

static bool is_record(const struct sqs_batch *batch, struct str id)
{
    JSON_EACH (r, batch->records)
        if (str_eq(json_str(r, "messageId"), id))
            return true;
    return false;
}

// False when the whole batch counts as failed: the answer is no JSON, or an item names no message
// of this batch.
static bool read_failures(const struct sqs_batch *batch, struct arena *arena, struct str answer,
                          const struct json **out_failures)
{
    struct json *parsed;
    *out_failures = NULL;
    if (!batch->reports_failures || str_trim(answer).len == 0)
        return true;
    if (json_parse(arena, answer, &parsed, NULL) != OK)
        return false;
    const struct json *failures = json_get(parsed, "batchItemFailures");
    if (failures && !json_is(failures, JSON_ARRAY) && !json_is(failures, JSON_NULL))
        return false;
    JSON_EACH (failure, failures)
        if (!is_record(batch, json_str(failure, "itemIdentifier")))
            return false;
    *out_failures = failures;
    return true;
}

static bool has_failed(const struct json *failures, struct str id)
{
    JSON_EACH (failure, failures)
        if (str_eq(json_str(failure, "itemIdentifier"), id))
            return true;
    return false;
}

struct json *sqs_batch_deletions(const struct sqs_batch *batch, struct arena *arena,
                                 struct str answer)
{
    struct json *inputs = json_array(arena), *entries = NULL;
    const struct json *failures;
    if (!read_failures(batch, arena, answer, &failures))
        return inputs;
    JSON_EACH (r, batch->records) {
        if (has_failed(failures, json_str(r, "messageId")))
            continue;
        if (!entries || entries->count == DELETE_MAX) {
            entries = json_array(arena);
            struct json *input =
                json_set_str(arena, json_object(arena), "QueueUrl", batch->queue_url);
            json_push(arena, inputs, json_set(arena, input, "Entries", entries));
        }
        struct json *entry = json_object(arena);
        json_set(arena, entry, "Id", json_stringf(arena, "m%zu", entries->count));
        json_set(arena, entry, "ReceiptHandle", json_get(r, "receiptHandle"));
        json_push(arena, entries, entry);
    }
    return inputs;
}
