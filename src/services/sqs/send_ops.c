// SPDX-License-Identifier: Apache-2.0
// SendMessage, SendMessageBatch, and what all batches share.
#include "services/sqs/send.h"

#include "services/sqs/ops.h"

#include "base/digest.h"

#define BATCH_MAX 10
#define BATCH_BYTES_MAX 1048576
#define ATTRIBUTES_MAX 10

// --- storing

struct addition {
    struct queue_index *index;
    uint64_t sequence;
    int64_t visible_ms, now_ms;
};

static void add_after_commit(void *context)
{
    struct addition *addition = context;
    index_add(addition->index, addition->sequence, addition->visible_ms, false, addition->now_ms);
}

enum err message_add(struct call *call, const struct queue *queue, struct message *message)
{
    struct addition addition = {.visible_ms = message->first_visible_ms, .now_ms = call->now_ms};
    TRY(queue_open_index(call, queue, &addition.index));
    TRY(store_next(tx_store(call->tx), "sqs/message", &message->sequence));
    TRY(message_put(call->tx, call->arena, queue->id, message));
    addition.sequence = message->sequence;
    tx_after_commit(call->tx, add_after_commit, &addition, sizeof addition);
    return OK;
}

struct removal {
    struct queue_index *index;
    uint64_t sequence;
};

static void remove_after_commit(void *context)
{
    struct removal *removal = context;
    index_remove(removal->index, removal->sequence);
}

enum err message_drop(struct call *call, const struct queue *queue, uint64_t sequence)
{
    struct removal removal = {.sequence = sequence};
    TRY(queue_open_index(call, queue, &removal.index));
    TRY(message_delete(call->tx, queue->id, sequence));
    tx_after_commit(call->tx, remove_after_commit, &removal, sizeof removal);
    return OK;
}

enum err message_move(struct call *call, const struct queue *from, const struct queue *to,
                      struct message *message, struct str source_arn)
{
    uint64_t sequence = message->sequence;
    struct json *meta = json_copy_shallow(call->arena, message->meta);
    json_remove(meta, S("source"));
    if (source_arn.len)
        json_set_str(call->arena, meta, "source", source_arn);
    struct message moved = {.first_visible_ms = call->now_ms, .meta = meta, .body = message->body};
    TRY(message_add(call, to, &moved));
    return message_drop(call, from, sequence);
}

// --- checking

static enum err check_value(struct call *call, struct str name, const struct json *value)
{
    struct str type = json_str(value, "DataType");
    bool binary = str_is(type, "Binary") || str_starts(type, S("Binary."));
    bool text = str_is(type, "String") || str_starts(type, S("String.")) ||
                str_is(type, "Number") || str_starts(type, S("Number."));
    double number;
    if (json_count(json_get(value, "StringListValues")) ||
        json_count(json_get(value, "BinaryListValues")))
        FAIL(call, SQS_UNSUPPORTED_OPERATION, "Message attribute list values are not supported.");
    if (!binary && !text)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "The message attribute '%.*s' has an invalid message attribute type, the set of "
             "supported type prefixes is "
             "Binary, Number, and String.",
             STR_ARG(name));
    if (json_str(value, binary ? "BinaryValue" : "StringValue").len == 0)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "The message attribute '%.*s' must contain non-empty message attribute value for "
             "message attribute type "
             "'%.*s'.",
             STR_ARG(name), STR_ARG(type));
    struct str string = json_str(value, "StringValue");
    if (str_starts(type, S("Number")) && !str_to_double(string, &number))
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Can't cast the value of message attribute '%.*s' to a number.", STR_ARG(name));
    if (text && !message_text_allowed(string))
        FAIL(call, SQS_INVALID_MESSAGE_CONTENTS,
             "Invalid characters in the message attribute '%.*s'.", STR_ARG(name));
    return OK;
}

static bool attribute_name_allowed(struct str name)
{
    if (name.len < 1 || name.len > 256 || name.ptr[0] == '.' || name.ptr[name.len - 1] == '.' ||
        str_contains(name, S("..")))
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_' || c == '.'))
            return false;
    }
    return true;
}

static enum err check_attributes(struct call *call, const struct json *attributes)
{
    if (json_count(attributes) > ATTRIBUTES_MAX)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Number of message attributes [%zu] exceeds the allowed maximum [%d].",
             json_count(attributes), ATTRIBUTES_MAX);
    JSON_EACH_MEMBER(m, attributes)
    {
        struct str lower = str_lower(call->arena, m->name);
        if (!attribute_name_allowed(m->name) || str_starts(lower, S("aws.")) ||
            str_starts(lower, S("amazon.")))
            FAIL(call, SQS_INVALID_PARAMETER_VALUE,
                 "Message (user) attribute name is invalid: '%.*s'. It may hold letters, digits, "
                 "'_', '-' and '.'.",
                 STR_ARG(m->name));
        TRY(check_value(call, m->name, m->value));
    }
    return OK;
}

static enum err check_system_attributes(struct call *call, const struct json *attributes)
{
    JSON_EACH_MEMBER(m, attributes)
    if (!str_is(m->name, "AWSTraceHeader") || !str_is(json_str(m->value, "DataType"), "String") ||
        json_str(m->value, "StringValue").len == 0)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Message system attribute %.*s is not valid: only AWSTraceHeader of type String is.",
             STR_ARG(m->name));
    return OK;
}

static enum err check_entry(struct call *call, const struct queue *queue, const struct json *entry)
{
    struct str body = json_str(entry, "MessageBody");
    int64_t delay = json_i64_or(entry, "DelaySeconds", 0);
    if (body.len == 0)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "The request must contain a message body of at least one character.");
    if (delay < 0 || delay > 900)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Value %lld for parameter DelaySeconds is invalid. Reason: DelaySeconds must be >= 0 "
             "and <= 900.",
             (long long)delay);
    if (json_has(entry, "MessageDeduplicationId"))
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "The request include parameter that is not valid for this queue type: "
             "MessageDeduplicationId is for FIFO queues, which Tarn does not implement.");
    if (json_has(entry, "MessageGroupId"))
        FAIL(call, SQS_UNSUPPORTED_OPERATION,
             "Tarn does not implement MessageGroupId (FIFO and fair queues).");
    const struct json *attributes = json_get(entry, "MessageAttributes");
    TRY(check_attributes(call, attributes));
    TRY(check_system_attributes(call, json_get(entry, "MessageSystemAttributes")));
    if (!message_text_allowed(body))
        FAIL(call, SQS_INVALID_MESSAGE_CONTENTS,
             "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | "
             "#x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF.");
    size_t bytes = body.len + message_attributes_bytes(call->arena, attributes);
    if (bytes > (size_t)queue->message_bytes_max)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "One or more parameters are invalid. Reason: Message must be shorter than %lld bytes.",
             (long long)queue->message_bytes_max);
    return OK;
}

// --- operations

static enum err send(struct call *call, const struct queue *queue, const struct json *entry,
                     struct json **out)
{
    TRY(check_entry(call, queue, entry));
    struct arena *arena = call->arena;
    const struct json *attributes = json_get(entry, "MessageAttributes");
    const struct json *system = json_get(entry, "MessageSystemAttributes");
    struct str body = json_str(entry, "MessageBody");
    struct str md5 = digest_hex(arena, DIGEST_MD5, body), id = call_uuid(call);
    struct str attributes_md5 = message_attributes_md5(arena, attributes);

    struct json *meta = json_object(arena);
    json_set_str(arena, meta, "id", id);
    json_set_i64(arena, meta, "sent", call->now_ms);
    json_set_str(arena, meta, "md5", md5);
    json_set_str(arena, meta, "sender",
                 call->principal->user_id.len ? call->principal->user_id : call->principal->arn);
    if (attributes_md5.len) {
        json_set(arena, meta, "attributes", json_copy_shallow(arena, attributes));
        json_set_str(arena, meta, "attributes_md5", attributes_md5);
    }
    struct str trace = json_str(json_get(system, "AWSTraceHeader"), "StringValue");
    if (trace.len)
        json_set_str(arena, meta, "trace", trace);
    int64_t delay_s = json_i64_or(entry, "DelaySeconds", queue->delay_s);
    struct message message = {
        .first_visible_ms = call->now_ms + delay_s * 1000, .meta = meta, .body = body};
    TRY(message_add(call, queue, &message));

    struct json *reply = json_object(arena);
    json_set_str(arena, reply, "MD5OfMessageBody", md5);
    if (attributes_md5.len)
        json_set_str(arena, reply, "MD5OfMessageAttributes", attributes_md5);
    if (trace.len)
        json_set_str(arena, reply, "MD5OfMessageSystemAttributes",
                     message_attributes_md5(arena, system));
    json_set_str(arena, reply, "MessageId", id);
    *out = reply;
    return OK;
}

enum err sqs_send_message(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    return send(call, &queue, in, out);
}

enum err sqs_send_message_batch(struct call *call, const struct json *in, struct json **out)
{
    size_t bytes = 0;
    JSON_EACH(entry, json_get(in, "Entries"))
    bytes += json_str(entry, "MessageBody").len +
             message_attributes_bytes(call->arena, json_get(entry, "MessageAttributes"));
    if (bytes > BATCH_BYTES_MAX)
        FAIL(call, SQS_BATCH_TOO_LONG,
             "Batch requests cannot be longer than %d bytes. You have sent %zu bytes.",
             BATCH_BYTES_MAX, bytes);
    return batch_run(call, in, send, out);
}

// --- batches

static bool batch_id_allowed(struct str id)
{
    for (size_t i = 0; i < id.len; i++) {
        char c = id.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return id.len >= 1 && id.len <= 80;
}

static enum err check_batch(struct call *call, const struct json *entries)
{
    size_t count = json_count(entries);
    if (count == 0)
        FAIL(call, SQS_BATCH_EMPTY, "There should be at least one entry in the request.");
    if (count > BATCH_MAX)
        FAIL(call, SQS_BATCH_TOO_MANY,
             "Maximum number of entries per request are %d. You have sent %zu.", BATCH_MAX, count);
    for (size_t i = 0; i < count; i++) {
        struct str id = json_str(json_at(entries, i), "Id");
        if (!batch_id_allowed(id))
            FAIL(call, SQS_BATCH_INVALID_ID,
                 "A batch entry id can only contain alphanumeric characters, hyphens and "
                 "underscores. It can be at most 80 "
                 "letters long.");
        for (size_t j = 0; j < i; j++)
            if (str_eq(id, json_str(json_at(entries, j), "Id")))
                FAIL(call, SQS_BATCH_IDS_NOT_DISTINCT, "Id %.*s repeated.", STR_ARG(id));
    }
    return OK;
}

static struct json *batch_error(struct call *call, struct str id)
{
    struct json *failed = json_object(call->arena);
    json_set_str(call->arena, failed, "Id", id);
    json_set_bool(call->arena, failed, "SenderFault", call->code->status < 500);
    json_set_str(call->arena, failed, "Code", str_of(call->code->code));
    json_set_str(call->arena, failed, "Message", str_dup(call->arena, str_of(call->error.text)));
    call->code = NULL;
    call->error = (struct error){0};
    return failed;
}

enum err batch_run(struct call *call, const struct json *in, batch_entry *run, struct json **out)
{
    struct queue queue;
    const struct json *entries = json_get(in, "Entries");
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    TRY(check_batch(call, entries));
    struct json *done = json_array(call->arena), *failed = json_array(call->arena);
    JSON_EACH(entry, entries)
    {
        struct str id = json_str(entry, "Id");
        struct json *result = NULL;
        enum err err = run(call, &queue, entry, &result); // refuses before it writes anything
        if (err == ERR_CODED) {
            json_push(call->arena, failed, batch_error(call, id));
            continue;
        }
        TRY(err);
        if (!result)
            result = json_object(call->arena);
        json_set_str(call->arena, result, "Id", id);
        json_push(call->arena, done, result);
    }
    *out = json_object(call->arena);
    json_set(call->arena, *out, "Successful", done);
    json_set(call->arena, *out, "Failed", failed);
    return OK;
}
