// SPDX-License-Identifier: Apache-2.0
// Making, describing, purging and deleting queues. Deleting and purging only change the queue's
// row; the messages that this leaves behind are removed by the sweep, a task that takes a few
// hundred at a time.
#include "services/sqs/message.h"
#include "services/sqs/ops.h"
#include "services/sqs/queue.h"

#define SWEEP_BATCH 500
#define SWEEP_AFTER_DELETE_MS 60000 // sends that raced with the deletion have ended by then

static bool name_allowed(struct str name)
{
    if (name.len < 1 || name.len > 80)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static enum err check_name(struct call *call, struct str name)
{
    if (str_ends(name, S(".fifo")))
        FAIL(call, SQS_UNSUPPORTED_OPERATION,
             "Tarn does not implement FIFO queues; make a standard queue.");
    if (!name_allowed(name))
        FAIL(
            call, SQS_INVALID_PARAMETER_VALUE,
            "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length");
    return OK;
}

// A queue of this name exists: fine when every attribute that was given has that value there.
static enum err same_queue(struct call *call, const struct queue *queue, const struct json *given)
{
    struct json *names = json_array(call->arena), *there;
    JSON_EACH_MEMBER(m, given)
    json_push(call->arena, names, json_string(call->arena, m->name));
    TRY(queue_describe(call, queue, names, &there));
    JSON_EACH_MEMBER(m, given)
    if (!str_eq(json_as_str(m->value), json_as_str(json_get_str(there, m->name))))
        FAIL(call, SQS_QUEUE_NAME_EXISTS,
             "A queue already exists with the same name and a different value for attribute %.*s",
             STR_ARG(m->name));
    return OK;
}

enum err sqs_create_queue(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "QueueName");
    const struct json *given = json_get(in, "Attributes");
    TRY(check_name(call, name));
    struct json *attributes = json_object(call->arena), *row;
    TRY(queue_set_attributes(call, given, attributes));

    struct key key;
    enum err err = tx_lock_json(call->tx, queue_key(&key, call->region, name), call->arena, &row);
    if (err == OK) {
        struct queue queue = queue_of_row(call, call->region, name, row);
        TRY(same_queue(call, &queue, given));
    } else if (err != ERR_NOT_FOUND) {
        return err;
    } else {
        uint64_t id;
        TRY(store_next(tx_store(call->tx), "sqs/queue", &id));
        row = json_object(call->arena);
        json_set_i64(call->arena, row, "id", (int64_t)id);
        json_set_i64(call->arena, row, "created", call->now_ms);
        json_set_i64(call->arena, row, "modified", call->now_ms);
        json_set(call->arena, row, "attributes", attributes);
        const struct json *tags = json_get(in, "tags");
        json_set(call->arena, row, "tags",
                 tags ? json_copy(call->arena, tags) : json_object(call->arena));
        TRY(tx_put_json(call->tx, &key, row));
        TRY(queue_sweep_later(call, id, name, 0, call->now_ms + SQS_SWEEP_EVERY_MS));
    }
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "QueueUrl", queue_url(call, name));
    return OK;
}

enum err sqs_get_queue_url(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    struct str owner = json_str(in, "QueueOwnerAWSAccountId");
    if (owner.len && !str_eq(owner, call->account))
        FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    TRY(queue_by_name(call, json_str(in, "QueueName"), &queue));
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "QueueUrl", queue_url(call, queue.name));
    return OK;
}

// --- lists: in order of name; the token is the last name of the page

typedef bool keeps_queue(struct call *call, const struct queue *queue, struct str argument);

static bool has_prefix(struct call *call, const struct queue *queue, struct str prefix)
{
    return str_starts(queue->name, prefix);
}

static bool has_dead_letter_queue(struct call *call, const struct queue *queue, struct str arn)
{
    return str_eq(queue->dead_letter_arn, arn);
}

static enum err list(struct call *call, const struct json *in, keeps_queue *keeps,
                     struct str argument, struct json *urls, struct str *out_token)
{
    struct key prefix, from;
    key_str(key_start(&prefix, KEYSPACE_SQS_QUEUE), call->region);
    from = prefix;
    struct str token = json_str(in, "NextToken"), after = STR_NONE;
    if (token.len) {
        if (page_position(call, token, &after) != OK)
            FAIL(call, SQS_INVALID_PARAMETER_VALUE, "Value for parameter NextToken is invalid.");
        key_str(&from, after);
    }
    int64_t max = json_i64_or(in, "MaxResults", 1000);
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    struct str key, value, last = STR_NONE;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        struct str name = key_take_str(&cursor, call->arena);
        struct json *row;
        if (token.len && str_eq(name, after))
            continue;
        err = json_parse(call->arena, str_dup(call->arena, value), &row, NULL) == OK ? OK
                                                                                     : ERR_CORRUPT;
        if (err != OK)
            break;
        struct queue queue = queue_of_row(call, call->region, name, row);
        if (!keeps(call, &queue, argument))
            continue;
        if ((int64_t)urls->count == max) {
            *out_token = page_token(call, last);
            break;
        }
        json_push(call->arena, urls, json_string(call->arena, queue_url(call, name)));
        last = name;
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err sqs_list_queues(struct call *call, const struct json *in, struct json **out)
{
    struct json *urls = json_array(call->arena);
    struct str token = STR_NONE;
    TRY(list(call, in, has_prefix, json_str(in, "QueueNamePrefix"), urls, &token));
    *out = json_object(call->arena);
    if (urls->count)
        json_set(call->arena, *out, "QueueUrls", urls);
    if (token.len &&
        json_has(in, "MaxResults")) // without a size, AWS gives the first 1,000 and no token
        json_set_str(call->arena, *out, "NextToken", token);
    return OK;
}

enum err sqs_list_dead_letter_source_queues(struct call *call, const struct json *in,
                                            struct json **out)
{
    struct queue queue;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    struct json *urls = json_array(call->arena);
    struct str token = STR_NONE;
    TRY(list(call, in, has_dead_letter_queue, queue.arn, urls, &token));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "queueUrls", urls);
    if (token.len)
        json_set_str(call->arena, *out, "NextToken", token);
    return OK;
}

// --- attributes

enum err sqs_get_queue_attributes(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    struct json *attributes;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &queue));
    TRY(queue_describe(call, &queue, json_get(in, "AttributeNames"), &attributes));
    *out = json_object(call->arena);
    if (attributes->count)
        json_set(call->arena, *out, "Attributes", attributes);
    return OK;
}

static enum err lock_queue(struct call *call, const struct json *in, struct queue *out)
{
    struct queue found;
    struct key key;
    struct json *row;
    TRY(queue_by_url(call, json_str(in, "QueueUrl"), &found));
    enum err err =
        tx_lock_json(call->tx, queue_key(&key, call->region, found.name), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
    TRY(err);
    *out = queue_of_row(call, call->region, found.name, row);
    return OK;
}

enum err sqs_set_queue_attributes(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(lock_queue(call, in, &queue));
    struct json *attributes = json_copy_shallow(call->arena, json_get(queue.row, "attributes"));
    TRY(queue_set_attributes(call, json_get(in, "Attributes"), attributes));
    json_set(call->arena, queue.row, "attributes", attributes);
    json_set_i64(call->arena, queue.row, "modified", call->now_ms);
    *out = NULL;
    return queue_put(call, &queue);
}

// --- purging and deleting

struct forget {
    struct queue_index *index;
    uint64_t below;
    struct lake *lake;
};

static void forget_after_commit(void *context)
{
    struct forget *forget = context;
    index_purge(forget->index, forget->below);
    if (forget->below == UINT64_MAX) { // whoever waits on a deleted queue learns it
        struct arena arena;
        arena_init(&arena);
        lake_wake(forget->lake, index_wake_key(&arena, index_queue_id(forget->index)));
        arena_deinit(&arena);
    }
}

static enum err forget_messages(struct call *call, const struct queue *queue, uint64_t below)
{
    struct forget forget = {.below = below, .lake = call->lake};
    TRY(queue_open_index(call, queue, &forget.index));
    tx_after_commit(call->tx, forget_after_commit, &forget, sizeof forget);
    return OK;
}

enum err sqs_purge_queue(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    TRY(lock_queue(call, in, &queue));
    if (call->now_ms - json_i64_or(queue.row, "purged", 0) < 60000)
        FAIL(call, SQS_PURGE_IN_PROGRESS,
             "Only one PurgeQueue operation on %.*s is allowed every 60 seconds.",
             STR_ARG(queue.name));
    uint64_t first;
    TRY(store_next(tx_store(call->tx), "sqs/message", &first));
    json_set_i64(call->arena, queue.row, "first", (int64_t)first);
    json_set_i64(call->arena, queue.row, "purged", call->now_ms);
    TRY(queue_put(call, &queue));
    TRY(forget_messages(call, &queue, first));
    *out = NULL;
    return queue_sweep_later(call, queue.id, queue.name, 0, call->now_ms);
}

enum err sqs_delete_queue(struct call *call, const struct json *in, struct json **out)
{
    struct queue queue;
    struct key key;
    TRY(lock_queue(call, in, &queue));
    TRY(tx_delete(call->tx, queue_key(&key, call->region, queue.name)));
    TRY(forget_messages(call, &queue, UINT64_MAX));
    *out = NULL;
    return queue_sweep_later(call, queue.id, queue.name, 0, call->now_ms + SWEEP_AFTER_DELETE_MS);
}

// --- the sweep

struct sweep {
    uint64_t queue_id, first;
    bool deleted;
    int64_t retention_ms;
    struct queue_index *index;
};

static bool is_dead(struct call *call, const struct sweep *sweep, uint64_t sequence, struct str row)
{
    if (sweep->deleted || sequence < sweep->first)
        return true;
    struct message message;
    return message_get(call->tx, call->arena, sweep->queue_id, sequence, &message) == OK &&
           message_sent_ms(&message) + sweep->retention_ms <= call->now_ms;
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

// Removes dead messages from `from` on, up to a batch; *out_next is where to go on, or 0 when done.
// Messages are in the order in which they were sent, so the first live one ends it.
static enum err sweep_batch(struct call *call, const struct sweep *sweep, uint64_t from,
                            uint64_t *out_next)
{
    struct key prefix, start;
    message_queue_key(&prefix, sweep->queue_id);
    struct scan *scan =
        scan_open(call->tx, &prefix, message_key(&start, sweep->queue_id, from), false);
    uint64_t dead[SWEEP_BATCH];
    size_t count = 0;
    struct str key, value;
    enum err err = OK;
    while (count < SWEEP_BATCH && (err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_u64(&cursor);
        uint64_t sequence = key_take_u64(&cursor);
        if (!is_dead(call, sweep, sequence, value))
            break;
        dead[count++] = sequence;
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    for (size_t i = 0; i < count; i++) {
        TRY(message_delete(call->tx, sweep->queue_id, dead[i]));
        struct removal removal = {sweep->index, dead[i]};
        if (sweep->index)
            tx_after_commit(call->tx, remove_after_commit, &removal, sizeof removal);
    }
    *out_next = count == SWEEP_BATCH ? dead[count - 1] + 1 : 0;
    return OK;
}

enum err sqs_sweep_queue(struct call *call, const struct json *in, struct json **out)
{
    struct sweep sweep = {.queue_id = (uint64_t)json_i64_or(in, "QueueId", 0)};
    struct str name = json_str(in, "QueueName");
    struct key key;
    struct json *row;
    TRY(call_finish_task(call)); // the next sweep has the same name
    enum err err = tx_get_json(call->tx, queue_key(&key, call->region, name), call->arena, &row);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    struct queue queue = {0};
    if (err == OK)
        queue = queue_of_row(call, call->region, name, row);
    sweep.deleted = queue.id != sweep.queue_id;
    if (!sweep.deleted) {
        sweep.first = queue.first;
        sweep.retention_ms = queue.retention_s * 1000;
        TRY(queue_open_index(call, &queue, &sweep.index));
    }
    uint64_t next;
    TRY(sweep_batch(call, &sweep, (uint64_t)json_i64_or(in, "From", 0), &next));
    *out = NULL;
    if (next)
        return queue_sweep_later(call, sweep.queue_id, name, next, call->now_ms);
    if (!sweep.deleted)
        return queue_sweep_later(call, sweep.queue_id, name, 0, call->now_ms + SQS_SWEEP_EVERY_MS);
    return OK;
}
