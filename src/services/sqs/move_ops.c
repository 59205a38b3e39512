// SPDX-License-Identifier: Apache-2.0
// Moving messages out of a dead-letter queue, back to where they came from or elsewhere.
//
// A move is a row and a task; each step moves a batch and arms the next one in the same
// transaction. It takes the messages that were there when it started: what fails again and comes
// back is not moved twice.
//
// On disk: KEYSPACE_SQS_MOVE (region, source queue's name, ~id) -> JSON, newest first.
#include "services/sqs/ops.h"
#include "services/sqs/send.h"

#include "base/encode.h"

#define STEP_MESSAGES_MAX 100
#define LIST_MAX_DEFAULT 1

static struct key *move_key(struct key *key, struct str region, struct str source, uint64_t id)
{
    return key_u64(key_str(key_str(key_start(key, KEYSPACE_SQS_MOVE), region), source), ~id);
}

static struct str handle_of(struct call *call, uint64_t id, struct str source_arn)
{
    struct json *handle = json_object(call->arena);
    json_set(call->arena, handle, "taskId",
             json_stringf(call->arena, "%llu", (unsigned long long)id));
    json_set_str(call->arena, handle, "sourceArn", source_arn);
    return base64_encode(call->arena, json_text(call->arena, handle));
}

struct move {
    uint64_t id;
    struct str source_arn;
    struct arn source;
    struct json *row;
};

static enum err lock_move(struct call *call, struct str handle, struct move *out)
{
    struct str text;
    struct json *parsed = NULL;
    struct move move = {0};
    if (base64_decode(call->arena, handle, &text) == OK &&
        json_parse(call->arena, text, &parsed, NULL) != OK)
        parsed = NULL;
    move.source_arn = json_str(parsed, "sourceArn");
    if (!str_to_u64(json_str(parsed, "taskId"), &move.id) ||
        !arn_parse(move.source_arn, &move.source))
        FAIL(call, SQS_INVALID_PARAMETER_VALUE, "Value for parameter TaskHandle is invalid.");
    struct key key;
    enum err err =
        tx_lock_json(call->tx, move_key(&key, move.source.region, move.source.resource, move.id),
                     call->arena, &move.row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, SQS_RESOURCE_NOT_FOUND, "Task does not exist.");
    TRY(err);
    *out = move;
    return OK;
}

static enum err put_move(struct call *call, const struct move *move)
{
    struct key key;
    return tx_put_json(
        call->tx, move_key(&key, move->source.region, move->source.resource, move->id), move->row);
}

static struct str status_of(const struct move *move)
{
    return json_str(move->row, "Status");
}

static enum err step_later(struct call *call, const struct move *move, int64_t due_ms)
{
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "TaskHandle", handle_of(call, move->id, move->source_arn));
    struct task task = {.due_ms = due_ms, .service = S("sqs"), .op = S("MoveStep"), .input = input};
    return call_later(call, &task);
}

// Whether any queue of the region names this one as its dead-letter queue.
static enum err check_is_dead_letter_queue(struct call *call, const struct queue *queue)
{
    struct key prefix;
    key_str(key_start(&prefix, KEYSPACE_SQS_QUEUE), call->region);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    struct str key, value;
    bool found = false;
    enum err err = OK;
    while (!found && (err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        struct str name = key_take_str(&cursor, call->arena);
        struct json *row;
        if (json_parse(call->arena, str_dup(call->arena, value), &row, NULL) != OK) {
            err = ERR_CORRUPT;
            break;
        }
        struct queue other = queue_of_row(call, call->region, name, row);
        found = str_eq(other.dead_letter_arn, queue->arn);
    }
    scan_close(scan);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (!found)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE,
             "Source queue must be configured as a Dead Letter Queue.");
    return OK;
}

static enum err newest_moves(struct call *call, struct arn source, size_t max,
                             struct json *out_rows)
{
    struct key prefix;
    key_str(key_str(key_start(&prefix, KEYSPACE_SQS_MOVE), source.region), source.resource);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    struct str key, value;
    enum err err = OK;
    while (out_rows->count < max && (err = scan_next(scan, &key, &value)) == OK) {
        struct json *row;
        err = json_parse(call->arena, str_dup(call->arena, value), &row, NULL) == OK ? OK
                                                                                     : ERR_CORRUPT;
        if (err != OK)
            break;
        json_push(call->arena, out_rows, row);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err source_of(struct call *call, const struct json *in, struct queue *out,
                          struct arn *out_arn)
{
    struct str text = json_str(in, "SourceArn");
    enum err err = queue_by_arn(call, text, out);
    if (err == ERR_CODED && call->code == &SQS_QUEUE_DOES_NOT_EXIST)
        FAIL(call, SQS_RESOURCE_NOT_FOUND,
             "The resource that you specified for the SourceArn parameter doesn't exist.");
    TRY(err);
    (void)arn_parse(text, out_arn);
    return OK;
}

enum err sqs_start_message_move_task(struct call *call, const struct json *in, struct json **out)
{
    struct queue source, destination;
    struct move move = {.source_arn = json_str(in, "SourceArn")};
    TRY(source_of(call, in, &source, &move.source));
    TRY(check_is_dead_letter_queue(call, &source));
    struct str destination_arn = json_str(in, "DestinationArn");
    if (destination_arn.len) {
        enum err err = queue_by_arn(call, destination_arn, &destination);
        if (err == ERR_CODED && call->code == &SQS_QUEUE_DOES_NOT_EXIST)
            FAIL(call, SQS_RESOURCE_NOT_FOUND,
                 "The resource that you specified for the DestinationArn parameter doesn't exist.");
        TRY(err);
    }
    struct key key; // two starts at once meet at this lock
    struct json *newest = json_array(call->arena), *row;
    TRY(tx_lock_json(call->tx, queue_key(&key, move.source.region, source.name), call->arena,
                     &row));
    TRY(newest_moves(call, move.source, 1, newest));
    struct str status = json_str(json_at(newest, 0), "Status");
    if (str_is(status, "RUNNING") || str_is(status, "CANCELLING"))
        FAIL(call, SQS_UNSUPPORTED_OPERATION,
             "There is already a task running. Only one active task is allowed for a "
             "source queue arn at a given time.");
    struct queue_index *index;
    uint64_t limit;
    TRY(queue_open_index(call, &source, &index));
    TRY(store_next(tx_store(call->tx), "sqs/move", &move.id));
    TRY(store_next(tx_store(call->tx), "sqs/message", &limit));
    struct index_counts counts = index_count(index, call->now_ms);

    move.row = json_object(call->arena);
    json_set_str(call->arena, move.row, "TaskHandle", handle_of(call, move.id, move.source_arn));
    json_set_str(call->arena, move.row, "Status", S("RUNNING"));
    json_set_str(call->arena, move.row, "SourceArn", move.source_arn);
    if (destination_arn.len)
        json_set_str(call->arena, move.row, "DestinationArn", destination_arn);
    json_set(call->arena, move.row, "MaxNumberOfMessagesPerSecond",
             json_get(in, "MaxNumberOfMessagesPerSecond"));
    json_set_i64(call->arena, move.row, "ApproximateNumberOfMessagesMoved", 0);
    json_set_i64(call->arena, move.row, "ApproximateNumberOfMessagesToMove",
                 (int64_t)counts.visible);
    json_set_i64(call->arena, move.row, "StartedTimestamp", call->now_ms);
    json_set_i64(call->arena, move.row, "limit", (int64_t)limit);
    TRY(put_move(call, &move));
    TRY(step_later(call, &move, call->now_ms));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "TaskHandle", json_get(move.row, "TaskHandle"));
    return OK;
}

enum err sqs_list_message_move_tasks(struct call *call, const struct json *in, struct json **out)
{
    struct queue source;
    struct arn arn;
    struct json *rows = json_array(call->arena);
    TRY(source_of(call, in, &source, &arn));
    TRY(newest_moves(call, arn, (size_t)json_i64_or(in, "MaxResults", LIST_MAX_DEFAULT), rows));
    JSON_EACH(row, rows)
    {
        json_remove(row, S("limit"));
        if (!str_is(json_str(row, "Status"), "RUNNING")) // AWS shows handles of running tasks only
            json_remove(row, S("TaskHandle"));
    }
    *out = json_object(call->arena);
    json_set(call->arena, *out, "Results", rows);
    return OK;
}

enum err sqs_cancel_message_move_task(struct call *call, const struct json *in, struct json **out)
{
    struct move move;
    TRY(lock_move(call, json_str(in, "TaskHandle"), &move));
    if (!str_is(status_of(&move), "RUNNING"))
        FAIL(call, SQS_UNSUPPORTED_OPERATION, "Only active tasks can be cancelled.");
    json_set_str(call->arena, move.row, "Status", S("CANCELLING"));
    TRY(put_move(call, &move));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "ApproximateNumberOfMessagesMoved",
             json_get(move.row, "ApproximateNumberOfMessagesMoved"));
    return OK;
}

// --- a step

static enum err destination_of(struct call *call, const struct move *move,
                               const struct message *message, struct queue *out)
{
    struct str arn = json_str(move->row, "DestinationArn");
    if (!arn.len)
        arn = json_str(message->meta, "source");
    if (!arn.len)
        FAIL(call, SQS_INVALID_PARAMETER_VALUE, "CouldNotDetermineMessageSource");
    return queue_by_arn(call, arn, out);
}

static enum err move_one(struct call *call, const struct move *move, const struct queue *source,
                         uint64_t sequence, bool *out_moved)
{
    struct message_state state = {0};
    struct message message;
    struct queue destination;
    *out_moved = false;
    enum err err = message_state_lock(call->tx, call->arena, source->id, sequence, &state);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    err = message_get(call->tx, call->arena, source->id, sequence, &message);
    if (err == ERR_NOT_FOUND || (err == OK && state.visible_ms > call->now_ms))
        return OK;
    TRY(err);
    TRY(destination_of(call, move, &message, &destination));
    TRY(message_move(call, source, &destination, &message, STR_NONE));
    *out_moved = true;
    return OK;
}

// Moves up to `max` messages; *out_more when there may be others.
static enum err move_some(struct call *call, const struct move *move, const struct queue *source,
                          size_t max, int64_t *out_moved, bool *out_more)
{
    uint64_t sequences[STEP_MESSAGES_MAX], limit = (uint64_t)json_i64_or(move->row, "limit", 0);
    struct queue_index *index;
    TRY(queue_open_index(call, source, &index));
    size_t count = index_lease(index, call->now_ms, max, sequences);
    enum err err = OK;
    *out_moved = 0;
    *out_more = count == max;
    for (size_t i = 0; i < count; i++) {
        bool moved = false;
        if (err == OK && sequences[i] < limit)
            err = move_one(call, move, source, sequences[i], &moved);
        else
            *out_more = false;
        if (!moved)
            index_release(index, sequences[i], call->now_ms);
        *out_moved += moved;
    }
    return err;
}

static enum err end_move(struct call *call, struct move *move, struct str status, struct str reason)
{
    json_set_str(call->arena, move->row, "Status", status);
    if (reason.len)
        json_set_str(call->arena, move->row, "FailureReason", reason);
    return put_move(call, move);
}

enum err sqs_move_step(struct call *call, const struct json *in, struct json **out)
{
    struct move move;
    struct queue source;
    *out = NULL;
    TRY(lock_move(call, json_str(in, "TaskHandle"), &move));
    if (str_is(status_of(&move), "CANCELLING"))
        return end_move(call, &move, S("CANCELLED"), STR_NONE);
    int64_t rate = json_i64_or(move.row, "MaxNumberOfMessagesPerSecond", 0), moved;
    bool more;
    size_t max = rate && rate < STEP_MESSAGES_MAX ? (size_t)rate : STEP_MESSAGES_MAX;
    enum err err = queue_by_arn(call, move.source_arn, &source);
    if (err == OK)
        err = move_some(call, &move, &source, max, &moved, &more);
    if (err == ERR_CODED) { // what this step moved before stays moved
        struct str reason = str_dup(call->arena, str_of(call->error.text));
        call->code = NULL;
        return end_move(call, &move, S("FAILED"), reason);
    }
    TRY(err);
    json_set_i64(call->arena, move.row, "ApproximateNumberOfMessagesMoved",
                 json_i64_or(move.row, "ApproximateNumberOfMessagesMoved", 0) + moved);
    if (!more)
        return end_move(call, &move, S("COMPLETED"), STR_NONE);
    TRY(put_move(call, &move));
    return step_later(call, &move, rate ? call->now_ms + (int64_t)max * 1000 / rate : call->now_ms);
}
