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
    batch->unwanted = json_array(arena);
    JSON_EACH (filter, json_get(json_get(mapping, "FilterCriteria"), "Filters")) {
        struct str pattern =
            str_dup(arena, json_str(filter, "Pattern")); // checked when the mapping was made
        if (batch->filter_count < SQS_FILTERS_MAX &&
            event_pattern_compile(arena, pattern, &batch->filters[batch->filter_count], NULL) == OK)
            batch->filter_count++;
    }
}

// A message's body as its filters see it: JSON where it is an object, else the text.
static bool is_wanted(const struct sqs_batch *batch, const struct json *record)
{
    struct json *seen, *body;
    bool wanted = batch->filter_count == 0;
    if (wanted)
        return true;
    seen = json_copy_shallow(batch->arena, record);
    if (json_parse(batch->arena, json_str(record, "body"), &body, NULL) == OK &&
        json_is(body, JSON_OBJECT))
        json_set(batch->arena, seen, "body", body);
    for (size_t i = 0; i < batch->filter_count && !wanted; i++)
        wanted = event_pattern_match(batch->filters[i], seen);
    return wanted;
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
        struct json *made = record(batch, message);
        if (!is_wanted(batch, made)) {
            json_push(batch->arena, batch->unwanted, json_get(made, "receiptHandle"));
            continue;
        }
        json_push(batch->arena, batch->records, made);
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

struct deletions {
    struct arena *arena;
    struct str queue_url;
    struct json *inputs, *entries; // the last input's
};

static void delete_one(struct deletions *deletions, struct json *receipt_handle)
{
    struct arena *arena = deletions->arena;
    if (!deletions->entries || deletions->entries->count == DELETE_MAX) {
        deletions->entries = json_array(arena);
        struct json *input =
            json_set_str(arena, json_object(arena), "QueueUrl", deletions->queue_url);
        json_push(arena, deletions->inputs, json_set(arena, input, "Entries", deletions->entries));
    }
    struct json *entry = json_object(arena);
    json_set(arena, entry, "Id", json_stringf(arena, "m%zu", deletions->entries->count));
    json_set(arena, entry, "ReceiptHandle", receipt_handle);
    json_push(arena, deletions->entries, entry);
}

struct json *sqs_batch_deletions(const struct sqs_batch *batch, struct arena *arena,
                                 struct str answer)
{
    struct deletions deletions = {arena, batch->queue_url, json_array(arena), NULL};
    const struct json *failures;
    if (!read_failures(batch, arena, answer, &failures))
        return deletions.inputs;
    JSON_EACH (r, batch->records)
        if (!has_failed(failures, json_str(r, "messageId")))
            delete_one(&deletions, json_get(r, "receiptHandle"));
    return deletions.inputs;
}

struct json *sqs_batch_unwanted(const struct sqs_batch *batch, struct arena *arena)
{
    struct deletions deletions = {arena, batch->queue_url, json_array(arena), NULL};
    JSON_EACH (handle, batch->unwanted)
        delete_one(&deletions, handle);
    return deletions.inputs;
}
