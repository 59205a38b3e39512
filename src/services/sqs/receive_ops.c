// SPDX-License-Identifier: Apache-2.0
// ReceiveMessage, and what is done with a receipt handle: deleting, changing visibility.
//
// A receive takes candidates from the index, locks each one's state row and looks again: only a
// message that is visible there is given out, and that it is now invisible commits before the reply
// is sent. Whatever the index believes, no message is given to two receivers at once.
#include "services/sqs/ops.h"
#include "services/sqs/send.h"

#define RECEIVE_MAX 10
#define LOOKS_MAX 200 // messages that one receive may expire or move to a dead-letter queue
#define VISIBILITY_S_MAX 43200

static enum err check_range(struct call *call, const struct json *in, const char *name, int64_t min,
                            int64_t max)
{
    int64_t value = json_i64_or(in, name, min);
    if (value < min || value > max)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Value %lld for parameter %s is invalid. Reason: Must be between %lld and %lld, if "
             "provided.",
             (long long)value, name, (long long)min, (long long)max);
    return OK;
}

// --- after the commit: news for the index

struct change {
    struct queue_index *index;
    uint64_t sequence;
    int64_t visible_ms, now_ms;
};

static void set_after_commit(void *context)
{
    struct change *change = context;
    index_set(change->index, change->sequence, change->visible_ms, change->now_ms);
}

static enum err put_state(struct call *call, const struct queue *queue, struct queue_index *index,
                          uint64_t sequence, const struct message_state *state)
{
    TRY(message_state_put(call->tx, call->arena, queue->id, sequence, state));
    struct change change = {index, sequence, state->visible_ms, call->now_ms};
    tx_after_commit(call->tx, set_after_commit, &change, sizeof change);
    return OK;
}

// --- the message as a receiver sees it

static bool name_wanted(const struct json *names, struct str name)
{
    JSON_EACH(item, names)
    {
        struct str wanted = json_as_str(item);
        if (str_is(wanted, "All") || str_is(wanted, ".*") || str_eq(wanted, name))
            return true;
        if (str_ends(wanted, S(".*")) && str_starts(name, str_slice(wanted, 0, wanted.len - 1)))
            return true;
    }
    return false;
}

static void set_system(struct call *call, const struct json *in, struct json *attributes,
                       const char *name, struct str value)
{
    if (value.len && (name_wanted(json_get(in, "AttributeNames"), str_of(name)) ||
                      name_wanted(json_get(in, "MessageSystemAttributeNames"), str_of(name))))
        json_set_str(call->arena, attributes, name, value);
}

static struct str number(struct call *call, int64_t value)
{
    return str_format(call->arena, "%lld", (long long)value);
}

static struct json *describe(struct call *call, const struct json *in, const struct queue *queue,
                             const struct message *message, const struct message_state *state)
{
    struct arena *arena = call->arena;
    const struct json *meta = message->meta;
    struct receipt receipt = {queue->id, message->sequence, state->receives};
    struct json *reply = json_object(arena);
    json_set_str(arena, reply, "MessageId", json_str(meta, "id"));
    json_set_str(arena, reply, "ReceiptHandle", receipt_text(arena, &receipt));
    json_set_str(arena, reply, "MD5OfBody", json_str(meta, "md5"));
    json_set_str(arena, reply, "Body", message->body);

    struct json *system = json_object(arena);
    set_system(call, in, system, "SenderId", json_str(meta, "sender"));
    set_system(call, in, system, "SentTimestamp", number(call, message_sent_ms(message)));
    set_system(call, in, system, "ApproximateReceiveCount", number(call, state->receives));
    set_system(call, in, system, "ApproximateFirstReceiveTimestamp",
               number(call, state->first_received_ms));
    set_system(call, in, system, "AWSTraceHeader", json_str(meta, "trace"));
    set_system(call, in, system, "DeadLetterQueueSourceArn", json_str(meta, "source"));
    if (system->count)
        json_set(arena, reply, "Attributes", system);

    struct json *chosen = json_object(arena);
    JSON_EACH_MEMBER(m, json_get(meta, "attributes"))
    if (name_wanted(json_get(in, "MessageAttributeNames"), m->name))
        json_set_named(arena, chosen, m->name, m->value);
    if (chosen->count) {
        json_set_str(arena, reply, "MD5OfMessageAttributes", message_attributes_md5(arena, chosen));
        json_set(arena, reply, "MessageAttributes", chosen);
    }
    return reply;
}

// --- receiving

struct receive {
    struct call *call;
    const struct json *in;
    struct queue queue;
    struct queue_index *index;
    int64_t visibility_ms;
    struct json *messages;
    size_t looks;
};

static enum err to_dead_letter_queue(struct receive *receive, struct message *message,
                                     bool *out_moved)
{
    struct call *call = receive->call;
    struct queue target;
    *out_moved = false;
    enum err err = queue_by_arn(call, receive->queue.dead_letter_arn, &target);
    if (err ==
        ERR_CODED) { // the dead-letter queue is gone: the message stays and goes on being received
        call->code = NULL;
        return OK;
    }
    TRY(err);
    TRY(message_move(call, &receive->queue, &target, message, receive->queue.arn));
    *out_moved = true;
    return OK;
}

// Looks at one leased candidate: gives it out, drops it, moves it to the dead-letter queue, or
// leaves it.
static enum err take(struct receive *receive, uint64_t sequence)
{
    struct call *call = receive->call;
    struct queue *queue = &receive->queue;
    struct message_state state = {0};
    struct message message;
    enum err err = message_state_lock(call->tx, call->arena, queue->id, sequence, &state);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    err = message_get(call->tx, call->arena, queue->id, sequence, &message);
    if (err == ERR_NOT_FOUND || sequence < queue->first) {
        index_remove(receive->index, sequence);
        return OK;
    }
    TRY(err);
    int64_t visible_ms = state.receives ? state.visible_ms : message.first_visible_ms;
    if (visible_ms > call->now_ms) {
        index_set(receive->index, sequence, visible_ms, call->now_ms);
        return OK;
    }
    if (message_sent_ms(&message) + queue->retention_s * 1000 <= call->now_ms)
        return message_drop(call, queue, sequence);
    if (queue->dead_letter_arn.len && (int64_t)state.receives >= queue->receives_max) {
        bool moved;
        TRY(to_dead_letter_queue(receive, &message, &moved));
        if (moved)
            return OK;
    }
    if (!state.receives)
        state.first_received_ms = call->now_ms;
    state.receives++;
    state.visible_ms = call->now_ms + receive->visibility_ms;
    TRY(put_state(call, queue, receive->index, sequence, &state));
    json_push(call->arena, receive->messages, describe(call, receive->in, queue, &message, &state));
    return OK;
}

static enum err take_some(struct receive *receive, size_t max)
{
    uint64_t sequences[RECEIVE_MAX];
    size_t count;
    while (receive->messages->count < max && receive->looks < LOOKS_MAX &&
           (count = index_lease(receive->index, receive->call->now_ms,
                                max - receive->messages->count, sequences)) > 0)
        for (size_t i = 0; i < count; i++) {
            enum err err = take(receive, sequences[i]);
            receive->looks++;
            if (err == OK)
                continue;
            for (; i < count;
                 i++) // those that this call took before come back when their leases end
                index_release(receive->index, sequences[i], receive->call->now_ms);
            return err;
        }
    return OK;
}

enum err sqs_receive_message(struct call *call, const struct json *in, struct json **out)
{
    struct receive receive = {.call = call, .in = in, .messages = json_array(call->arena)};
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &receive.queue));
    TRY(check_range(call, in, "MaxNumberOfMessages", 1, RECEIVE_MAX));
    TRY(check_range(call, in, "VisibilityTimeout", 0, VISIBILITY_S_MAX));
    TRY(check_range(call, in, "WaitTimeSeconds", 0, 20));
    TRY(queue_open_index(call, &receive.queue, &receive.index));
    receive.visibility_ms =
        json_i64_or(in, "VisibilityTimeout", receive.queue.visibility_timeout_s) * 1000;
    int64_t wait_ms = json_i64_or(in, "WaitTimeSeconds", receive.queue.wait_s) * 1000;
    size_t max = (size_t)json_i64_or(in, "MaxNumberOfMessages", 1);
    do {
        TRY(take_some(&receive, max));
        if (receive.messages->count || wait_ms == 0 || call->deadline_passed ||
            receive.looks >= LOOKS_MAX)
            break;
        int64_t until_ms = call->started_ms + wait_ms;
        if (until_ms <= call->now_ms)
            break;
        if (index_await(receive.index, call->now_ms, until_ms))
            return call_park(call, index_wake_key(call->arena, receive.queue.id), until_ms);
    } while (true);
    *out = json_object(call->arena);
    if (receive.messages->count)
        json_set(call->arena, *out, "Messages", receive.messages);
    return OK;
}

// --- by receipt handle

static enum err receipt_of(struct call *call, const struct queue *queue, const struct json *in,
                           struct receipt *out)
{
    struct str text = json_str(in, "ReceiptHandle");
    if (!receipt_parse(call->arena, text, out) || out->queue_id != queue->id)
        FAIL(call, SQS_RECEIPT_HANDLE_INVALID,
             "The input receipt handle \"%.*s\" is not a valid receipt handle.", STR_ARG(text));
    return OK;
}

// The request succeeds when the message is gone, or was received again since (then it is not
// deleted).
static enum err remove_message(struct call *call, const struct queue *queue,
                               const struct json *entry, struct json **out)
{
    struct receipt receipt;
    struct message_state state;
    TRY(receipt_of(call, queue, entry, &receipt));
    *out = NULL;
    enum err err = message_state_lock(call->tx, call->arena, queue->id, receipt.sequence, &state);
    if (err == ERR_NOT_FOUND || (err == OK && state.receives != receipt.receives))
        return OK;
    TRY(err);
    return message_drop(call, queue, receipt.sequence);
}

static enum err change_visibility(struct call *call, const struct queue *queue,
                                  const struct json *entry, struct json **out)
{
    struct receipt receipt;
    struct message_state state;
    struct queue_index *index;
    TRY(receipt_of(call, queue, entry, &receipt));
    TRY(check_range(call, entry, "VisibilityTimeout", 0, VISIBILITY_S_MAX));
    TRY(queue_open_index(call, queue, &index));
    *out = NULL;
    enum err err = message_state_lock(call->tx, call->arena, queue->id, receipt.sequence, &state);
    if (err == ERR_NOT_FOUND)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Value %.*s for parameter ReceiptHandle is invalid. Reason: Message does not exist or "
             "is not available for "
             "visibility timeout change.",
             STR_ARG(json_str(entry, "ReceiptHandle")));
    TRY(err);
    if (state.receives != receipt.receives || state.visible_ms <= call->now_ms)
        FAIL(call, SQS_MESSAGE_NOT_INFLIGHT, "The specified message isn't in flight.");
    state.visible_ms = call->now_ms + json_i64_or(entry, "VisibilityTimeout", 0) * 1000;
    if (state.visible_ms > state.first_received_ms + (int64_t)VISIBILITY_S_MAX * 1000 &&
        state.receives == 1)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Total VisibilityTimeout for the message is beyond the limit [%d seconds].",
             VISIBILITY_S_MAX);
    return put_state(call, queue, index, receipt.sequence, &state);
}

enum err sqs_delete_message(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    return remove_message(call, &queue, in, out);
}

enum err sqs_delete_message_batch(struct call *call, const struct json *in, struct json **out)
{
    return batch_run(call, in, remove_message, out);
}

enum err sqs_change_message_visibility(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    return change_visibility(call, &queue, in, out);
}

enum err sqs_change_message_visibility_batch(struct call *call, const struct json *in,
                                             struct json **out)
{
    return batch_run(call, in, change_visibility, out);
}
