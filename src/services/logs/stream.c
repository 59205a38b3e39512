// SPDX-License-Identifier: Apache-2.0
// Log streams of a group.
#include "services/logs/logs.h"

#include <stdlib.h>

#define PAGE_DEFAULT 50
#define STREAMS_SORTED_MAX 20000 // ordering by time reads all streams of the group

struct key *logs_stream_key(struct key *key, uint64_t group_id, struct str name)
{
    return key_str(key_u64(key_start(key, KEYSPACE_LOGS_STREAM), group_id), name);
}

static void stream_of(struct json *row, struct logs_stream *out)
{
    out->row = row;
    out->name = json_str(row, "logStreamName");
    out->id = (uint64_t)json_i64_or(row, "id", 0);
}

enum err logs_stream_lock(struct call *call, const struct logs_group *group, struct str name,
                          struct logs_stream *out)
{
    struct key key;
    struct json *row;
    logs_stream_key(&key, group->id, name);
    enum err err = call->op->kind == OP_READ ? tx_get_json(call->tx, &key, call->arena, &row)
                                             : tx_lock_json(call->tx, &key, call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, LOGS_NOT_FOUND, "The specified log stream does not exist.");
    TRY(err);
    stream_of(row, out);
    return OK;
}

static enum err stream_new(struct call *call, const struct logs_group *group, struct str name,
                           struct logs_stream *out)
{
    struct key key;
    uint64_t id;
    struct json *row = json_object(call->arena);
    TRY(store_next(tx_store(call->tx), "logs/id", &id));
    json_set_str(call->arena, row, "logStreamName", name);
    json_set_i64(call->arena, row, "id", (int64_t)id);
    json_set_i64(call->arena, row, "creationTime", call->now_ms);
    stream_of(row, out);
    return tx_put_json(call->tx, logs_stream_key(&key, group->id, name), row);
}

enum err logs_stream_ensure(struct call *call, const struct logs_group *group, struct str name,
                            struct logs_stream *out)
{
    struct key key;
    struct json *row;
    enum err err =
        tx_lock_json(call->tx, logs_stream_key(&key, group->id, name), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        return stream_new(call, group, name, out);
    TRY(err);
    stream_of(row, out);
    return OK;
}

enum err logs_create_stream(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct logs_group group;
    struct logs_stream stream;
    struct str existing, name = json_str(in, "logStreamName");
    (void)out;
    TRY(logs_group_get(call, in, &group));
    enum err err = tx_lock(call->tx, logs_stream_key(&key, group.id, name), call->arena, &existing);
    if (err == OK)
        FAIL(call, LOGS_EXISTS, "The specified log stream already exists");
    if (err != ERR_NOT_FOUND)
        return err;
    return stream_new(call, &group, name, &stream);
}

enum err logs_delete_stream(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct logs_group group;
    struct logs_stream stream;
    (void)out;
    TRY(logs_group_get(call, in, &group));
    TRY(logs_stream_lock(call, &group, json_str(in, "logStreamName"), &stream));
    TRY(tx_delete(call->tx, logs_stream_key(&key, group.id, stream.name)));
    struct json *input = json_object(call->arena);
    json_set_str(call->arena, input, "What", S("stream"));
    json_set_i64(call->arena, input, "Id", (int64_t)stream.id);
    json_set_i64(call->arena, input, "Group", (int64_t)group.id);
    struct task task = {.service = S("logs"), .op = S("PurgeEvents"), .input = input};
    return call_later(call, &task);
}

struct json *logs_stream_shown(struct call *call, const struct logs_group *group,
                               const struct json *row)
{
    struct json *shown = json_copy_shallow(call->arena, row);
    json_remove(shown, S("id"));
    json_remove(shown, S("bytes"));
    json_set_str(call->arena, shown, "arn",
                 call_arn(call, "logs", "log-group:%.*s:log-stream:%.*s", STR_ARG(group->name),
                          STR_ARG(json_str(row, "logStreamName"))));
    json_set_str(call->arena, shown, "uploadSequenceToken", S("0"));
    json_set_i64(call->arena, shown, "storedBytes", 0); // as AWS since 2019
    return shown;
}

static int later_first(const void *a, const void *b)
{
    int64_t x = json_i64_or(*(struct json *const *)a, "lastEventTimestamp", 0);
    int64_t y = json_i64_or(*(struct json *const *)b, "lastEventTimestamp", 0);
    return (x < y) - (x > y);
}

static enum err read_streams(struct call *call, uint64_t group_id, struct str name_prefix,
                             struct json **out_rows)
{
    struct key prefix;
    struct str key_text, value;
    struct json *row, *rows = json_array(call->arena);
    enum err err;
    struct scan *scan = scan_open(
        call->tx, key_u64(key_start(&prefix, KEYSPACE_LOGS_STREAM), group_id), NULL, false);
    while ((err = scan_next(scan, &key_text, &value)) == OK && rows->count < STREAMS_SORTED_MAX) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        if (str_starts(json_str(row, "logStreamName"), name_prefix))
            json_push(call->arena, rows, row);
    }
    scan_close(scan);
    *out_rows = rows;
    return err == ERR_NOT_FOUND ? OK : err;
}

static void reverse(struct json *rows)
{
    for (size_t i = 0; i < rows->count / 2; i++) {
        struct json *other = rows->items[rows->count - 1 - i];
        rows->items[rows->count - 1 - i] = rows->items[i];
        rows->items[i] = other;
    }
}

enum err logs_describe_streams(struct call *call, const struct json *in, struct json **out)
{
    struct logs_group group;
    struct str position = STR_NONE, token = json_str(in, "nextToken"),
               prefix = json_str(in, "logStreamNamePrefix");
    struct json *rows, *streams = json_array(call->arena);
    int64_t start = 0, limit = json_i64_or(in, "limit", PAGE_DEFAULT);
    bool by_time = str_is(json_str(in, "orderBy"), "LastEventTime"),
         descending = json_bool_or(in, "descending", false);
    TRY(logs_group_get(call, in, &group));
    if (by_time && prefix.len)
        FAIL(call, LOGS_INVALID, "Cannot order by LastEventTime with a logStreamNamePrefix.");
    if (token.len)
        TRY(page_position(call, token, &position));
    if (position.len && (!str_to_i64(position, &start) || start < 0))
        FAIL(call, LOGS_INVALID, "The specified nextToken is invalid.");
    TRY(read_streams(call, group.id, prefix, &rows));
    if (by_time)
        qsort(rows->items, rows->count, sizeof *rows->items, later_first);
    if (by_time != descending)
        reverse(rows);
    for (int64_t i = start; i < (int64_t)rows->count && i < start + limit; i++)
        json_push(call->arena, streams, logs_stream_shown(call, &group, rows->items[i]));
    *out = json_set(call->arena, json_object(call->arena), "logStreams", streams);
    if (start + limit < (int64_t)rows->count)
        json_set_str(call->arena, *out, "nextToken",
                     page_token(call, str_format(call->arena, "%lld", (long long)(start + limit))));
    return OK;
}
