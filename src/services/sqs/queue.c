// SPDX-License-Identifier: Apache-2.0
// One table holds what each attribute may be; reading, checking and describing a queue all go by
// it.
#include "services/sqs/queue.h"

#include "services/sqs/message.h"

#include <string.h>

const struct error_code SQS_QUEUE_DOES_NOT_EXIST = {"QueueDoesNotExist", 400,
                                                    "AWS.SimpleQueueService.NonExistentQueue"};
const struct error_code SQS_QUEUE_NAME_EXISTS = {"QueueNameExists", 400, "QueueAlreadyExists"};
const struct error_code SQS_INVALID_ATTRIBUTE_NAME = {"InvalidAttributeName", 400, NULL};
const struct error_code SQS_INVALID_ATTRIBUTE_VALUE = {"InvalidAttributeValue", 400, NULL};
const struct error_code SQS_INVALID_PARAMETER_VALUE = {"InvalidParameterValue", 400, NULL};
const struct error_code SQS_INVALID_ADDRESS = {"InvalidAddress", 404, NULL};
const struct error_code SQS_UNSUPPORTED_OPERATION = {"UnsupportedOperation", 400,
                                                     "AWS.SimpleQueueService.UnsupportedOperation"};
const struct error_code SQS_PURGE_IN_PROGRESS = {"PurgeQueueInProgress", 403,
                                                 "AWS.SimpleQueueService.PurgeQueueInProgress"};
const struct error_code SQS_RECEIPT_HANDLE_INVALID = {"ReceiptHandleIsInvalid", 400, NULL};
const struct error_code SQS_MESSAGE_NOT_INFLIGHT = {"MessageNotInflight", 400,
                                                    "AWS.SimpleQueueService.MessageNotInflight"};
const struct error_code SQS_INVALID_MESSAGE_CONTENTS = {"InvalidMessageContents", 400, NULL};
const struct error_code SQS_BATCH_EMPTY = {"EmptyBatchRequest", 400,
                                           "AWS.SimpleQueueService.EmptyBatchRequest"};
const struct error_code SQS_BATCH_TOO_MANY = {
    "TooManyEntriesInBatchRequest", 400, "AWS.SimpleQueueService.TooManyEntriesInBatchRequest"};
const struct error_code SQS_BATCH_IDS_NOT_DISTINCT = {
    "BatchEntryIdsNotDistinct", 400, "AWS.SimpleQueueService.BatchEntryIdsNotDistinct"};
const struct error_code SQS_BATCH_INVALID_ID = {"InvalidBatchEntryId", 400,
                                                "AWS.SimpleQueueService.InvalidBatchEntryId"};
const struct error_code SQS_BATCH_TOO_LONG = {"BatchRequestTooLong", 400,
                                              "AWS.SimpleQueueService.BatchRequestTooLong"};
const struct error_code SQS_RESOURCE_NOT_FOUND = {"ResourceNotFoundException", 404, NULL};
const struct error_code SQS_OVER_LIMIT = {"OverLimit", 403, NULL};

enum attribute_kind { NUMBER, POLICY, REDRIVE, REDRIVE_ALLOW, FLAG, COMPUTED, REFUSED };
static const struct attribute {
    const char *name;
    enum attribute_kind kind;
    int64_t min, max, fallback; // NUMBER
} ATTRIBUTES[] = {
    {"DelaySeconds", NUMBER, 0, 900, 0},
    {"MaximumMessageSize", NUMBER, 1024, 1048576, 1048576},
    {"MessageRetentionPeriod", NUMBER, 60, 1209600, 345600},
    {"ReceiveMessageWaitTimeSeconds", NUMBER, 0, 20, 0},
    {"VisibilityTimeout", NUMBER, 0, 43200, 30},
    {"Policy", POLICY},
    {"RedrivePolicy", REDRIVE},
    {"RedriveAllowPolicy", REDRIVE_ALLOW},
    {"SqsManagedSseEnabled", FLAG},
    {"ApproximateNumberOfMessages", COMPUTED},
    {"ApproximateNumberOfMessagesDelayed", COMPUTED},
    {"ApproximateNumberOfMessagesNotVisible", COMPUTED},
    {"CreatedTimestamp", COMPUTED},
    {"LastModifiedTimestamp", COMPUTED},
    {"QueueArn", COMPUTED},
    {"FifoQueue", REFUSED},
    {"ContentBasedDeduplication", REFUSED},
    {"DeduplicationScope", REFUSED},
    {"FifoThroughputLimit", REFUSED},
    {"KmsMasterKeyId", REFUSED},
    {"KmsDataKeyReusePeriodSeconds", REFUSED},
    {0},
};

static const struct attribute *attribute_named(struct str name)
{
    for (const struct attribute *a = ATTRIBUTES; a->name; a++)
        if (str_is(name, a->name))
            return a;
    return NULL;
}

static int64_t number_of(const struct json *attributes, const char *name)
{
    int64_t value = attribute_named(str_of(name))->fallback;
    (void)str_to_i64(json_str(attributes, name), &value);
    return value;
}

// --- rows

struct key *queue_key(struct key *key, struct str region, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_SQS_QUEUE), region), name);
}

// {"deadLetterTargetArn": ..., "maxReceiveCount": 3 or "3"}
static bool parse_redrive(struct arena *arena, struct str text, struct str *out_arn,
                          int64_t *out_max)
{
    struct json *policy;
    if (json_parse(arena, text, &policy, NULL) != OK)
        return false;
    const struct json *max = json_get(policy, "maxReceiveCount");
    struct str arn = json_str(policy, "deadLetterTargetArn");
    int64_t count;
    if (!json_as_i64(max, &count) && !str_to_i64(json_as_str(max), &count))
        return false;
    if (arn.len == 0 || count < 1 || count > 1000)
        return false;
    *out_arn = arn;
    *out_max = count;
    return true;
}

struct queue queue_of_row(struct call *call, struct str region, struct str name, struct json *row)
{
    const struct json *attributes = json_get(row, "attributes");
    struct queue queue = {
        .id = (uint64_t)json_i64_or(row, "id", 0),
        .first = (uint64_t)json_i64_or(row, "first", 0),
        .name = name,
        .row = row,
        .visibility_timeout_s = number_of(attributes, "VisibilityTimeout"),
        .delay_s = number_of(attributes, "DelaySeconds"),
        .wait_s = number_of(attributes, "ReceiveMessageWaitTimeSeconds"),
        .retention_s = number_of(attributes, "MessageRetentionPeriod"),
        .message_bytes_max = number_of(attributes, "MaximumMessageSize"),
    };
    queue.arn = str_format(call->arena, "arn:aws:sqs:%.*s:%.*s:%.*s", STR_ARG(region),
                           STR_ARG(call->account), STR_ARG(name));
    struct str redrive = json_str(attributes, "RedrivePolicy");
    if (redrive.len)
        (void)parse_redrive(call->arena, redrive, &queue.dead_letter_arn, &queue.receives_max);
    return queue;
}

static enum err find(struct call *call, struct str region, struct str name, struct queue *out)
{
    struct key key;
    struct json *row;
    enum err err = tx_get_json(call->tx, queue_key(&key, region, name), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    TRY(err);
    *out = queue_of_row(call, region, name, row);
    return OK;
}

enum err queue_by_name(struct call *call, struct str name, struct queue *out)
{
    return find(call, call->region, name, out);
}

enum err queue_by_url(struct call *call, struct str url, struct queue *out)
{
    size_t slash = str_rfind_char(url, '/');
    if (slash == STR_NPOS)
        FAIL(call, SQS_INVALID_ADDRESS, "The address %.*s is not valid for this endpoint.",
             STR_ARG(url));
    struct str name = str_from(url, slash + 1), before = str_slice(url, 0, slash);
    struct str account = str_from(before, str_rfind_char(before, '/') + 1);
    if (!str_eq(account, call->account) || name.len == 0)
        FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    return find(call, call->region, name, out);
}

enum err queue_by_arn(struct call *call, struct str text, struct queue *out)
{
    struct arn arn;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "sqs"))
        FAIL(call, SQS_INVALID_PARAMETER_VALUE, "Value %.*s is not the ARN of a queue.",
             STR_ARG(text));
    if (!str_eq(arn.account, call->account))
        FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    return find(call, arn.region, arn.resource, out);
}

struct str queue_url(struct call *call, struct str name)
{
    struct str base = call->base_url.len ? call->base_url : lake_base_url(call->lake);
    return str_format(call->arena, "%.*s/%.*s/%.*s", STR_ARG(base), STR_ARG(call->account),
                      STR_ARG(name));
}

enum err queue_open_index(struct call *call, const struct queue *queue, struct queue_index **out)
{
    return index_open(lake_state(call->lake, "sqs"), queue->id, queue->first, out);
}

enum err queue_put(struct call *call, const struct queue *queue)
{
    struct key key;
    struct arn arn;
    bool is_arn = arn_parse(queue->arn, &arn);
    return tx_put_json(call->tx, queue_key(&key, is_arn ? arn.region : call->region, queue->name),
                       queue->row);
}

// --- attributes

static enum err invalid(struct call *call, const char *name, struct str value, const char *reason)
{
    FAIL(call, SQS_INVALID_ATTRIBUTE_VALUE, "Value %.*s for parameter %s is invalid. Reason: %s",
         STR_ARG(value), name, reason);
}

static enum err check_redrive(struct call *call, struct str value)
{
    struct str arn;
    int64_t max;
    struct queue target;
    if (!parse_redrive(call->arena, value, &arn, &max))
        return invalid(
            call, "RedrivePolicy", value,
            "It must be JSON with deadLetterTargetArn and maxReceiveCount from 1 to 1000.");
    enum err err = queue_by_arn(call, arn, &target);
    if (err == ERR_CODED)
        return invalid(call, "RedrivePolicy", value, "Dead letter target does not exist.");
    return err;
}

static enum err check_redrive_allow(struct call *call, struct str value)
{
    static const char *const PERMISSIONS[] = {"allowAll", "denyAll", "byQueue", NULL};
    struct json *policy;
    if (json_parse(call->arena, value, &policy, NULL) == OK)
        for (const char *const *p = PERMISSIONS; *p; p++)
            if (str_is(json_str(policy, "redrivePermission"), *p))
                return OK;
    return invalid(call, "RedriveAllowPolicy", value,
                   "redrivePermission must be allowAll, denyAll or byQueue.");
}

static enum err check(struct call *call, const struct attribute *attribute, struct str value)
{
    int64_t number;
    struct json *parsed;
    switch (attribute->kind) {
    case NUMBER:
        if (str_to_i64(value, &number) && number >= attribute->min && number <= attribute->max)
            return OK;
        FAIL(call, SQS_INVALID_ATTRIBUTE_VALUE, "Invalid value for the parameter %s.",
             attribute->name);
    case FLAG:
        if (str_is(value, "true") || str_is(value, "false"))
            return OK;
        FAIL(call, SQS_INVALID_ATTRIBUTE_VALUE, "Invalid value for the parameter %s.",
             attribute->name);
    case POLICY:
        if (value.len &&
            (json_parse(call->arena, value, &parsed, NULL) != OK || !json_is(parsed, JSON_OBJECT)))
            FAIL(call, SQS_INVALID_ATTRIBUTE_VALUE, "Invalid value for the parameter Policy.");
        return OK;
    case REDRIVE:
        return value.len ? check_redrive(call, value) : OK;
    case REDRIVE_ALLOW:
        return value.len ? check_redrive_allow(call, value) : OK;
    case COMPUTED:
        FAIL(call, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %s.", attribute->name);
    case REFUSED:
        FAIL(call, SQS_UNSUPPORTED_OPERATION,
             "Tarn does not implement the queue attribute %s: its queues are standard "
             "queues, without KMS encryption.",
             attribute->name);
    }
    return OK;
}

enum err queue_set_attributes(struct call *call, const struct json *given, struct json *attributes)
{
    JSON_EACH_MEMBER(m, given)
    {
        const struct attribute *attribute = attribute_named(m->name);
        struct str value = json_as_str(m->value);
        if (!attribute)
            FAIL(call, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %.*s.", STR_ARG(m->name));
        TRY(check(call, attribute, value));
        if (value.len)
            json_set_str(call->arena, attributes, attribute->name, value);
        else
            json_remove(attributes, m->name);
    }
    return OK;
}

static struct json *number_text(struct call *call, int64_t number)
{
    return json_stringf(call->arena, "%lld", (long long)number);
}

// The value as GetQueueAttributes shows it, NULL when the queue has none.
static struct json *describe_one(struct call *call, const struct queue *queue,
                                 const struct attribute *attribute,
                                 const struct index_counts *counts)
{
    struct str name = str_of(attribute->name);
    const struct json *attributes = json_get(queue->row, "attributes");
    if (attribute->kind == NUMBER)
        return number_text(call, number_of(attributes, attribute->name));
    if (attribute->kind == FLAG)
        return json_string(call->arena, json_str_or(attributes, attribute->name, S("false")));
    if (str_is(name, "QueueArn"))
        return json_string(call->arena, queue->arn);
    if (str_is(name, "CreatedTimestamp"))
        return number_text(call, json_i64_or(queue->row, "created", 0) / 1000);
    if (str_is(name, "LastModifiedTimestamp"))
        return number_text(call, json_i64_or(queue->row, "modified", 0) / 1000);
    if (str_is(name, "ApproximateNumberOfMessages"))
        return number_text(call, (int64_t)counts->visible);
    if (str_is(name, "ApproximateNumberOfMessagesDelayed"))
        return number_text(call, (int64_t)counts->delayed);
    if (str_is(name, "ApproximateNumberOfMessagesNotVisible"))
        return number_text(call, (int64_t)counts->in_flight);
    return json_get_str(attributes, name);
}

enum err queue_describe(struct call *call, const struct queue *queue, const struct json *names,
                        struct json **out_attributes)
{
    struct queue_index *index;
    TRY(queue_open_index(call, queue, &index));
    struct index_counts counts = index_count(index, call->now_ms);
    struct json *described = json_object(call->arena);
    JSON_EACH(item, names)
    {
        struct str name = json_as_str(item);
        bool all = str_is(name, "All");
        if (!all && !attribute_named(name))
            FAIL(call, SQS_INVALID_ATTRIBUTE_NAME, "Unknown Attribute %.*s.", STR_ARG(name));
        for (const struct attribute *a = ATTRIBUTES; a->name; a++)
            if (all || str_is(name, a->name))
                json_set(call->arena, described, a->name, describe_one(call, queue, a, &counts));
    }
    *out_attributes = described;
    return OK;
}

// --- the sweep

enum err queue_sweep_later(struct call *call, uint64_t queue_id, struct str name, uint64_t from,
                           int64_t due_ms)
{
    struct json *input = json_object(call->arena);
    json_set_i64(call->arena, input, "QueueId", (int64_t)queue_id);
    json_set_str(call->arena, input, "QueueName", name);
    json_set_i64(call->arena, input, "From", (int64_t)from);
    struct task task = {
        .due_ms = due_ms,
        .name = str_format(call->arena, "sqs/sweep/%llu", (unsigned long long)queue_id),
        .service = S("sqs"),
        .op = S("SweepQueue"),
        .input = input,
    };
    return call_later(call, &task);
}
