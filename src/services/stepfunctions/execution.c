// SPDX-License-Identifier: Apache-2.0
// The rows of execution.h. Both kinds are JSON; members that have their zero value are left out.
#include "services/stepfunctions/execution.h"

static const char *const STATUS_NAMES[] = {"RUNNING", "SUCCEEDED", "FAILED", "TIMED_OUT",
                                           "ABORTED"};

const char *execution_status_name(enum execution_status status)
{
    return STATUS_NAMES[status];
}

bool execution_status_parse(struct str name, enum execution_status *out_status)
{
    for (int i = 0; i < (int)(sizeof STATUS_NAMES / sizeof *STATUS_NAMES); i++) {
        if (str_is(name, STATUS_NAMES[i])) {
            *out_status = (enum execution_status)i;
            return true;
        }
    }
    return false;
}

// --- keys

static struct key *execution_key(struct key *key, uint64_t id)
{
    return key_u64(key_start(key, KEYSPACE_STATES_EXECUTION), id);
}

static struct key *name_key(struct key *key, struct str region, struct str machine, struct str name)
{
    return key_str(
        key_str(key_str(key_start(key, KEYSPACE_STATES_EXECUTION_NAME), region), machine), name);
}

struct key *execution_list_key(struct key *key, struct str region, uint64_t machine_id)
{
    return key_u64(key_str(key_start(key, KEYSPACE_STATES_EXECUTION_START), region), machine_id);
}

static struct key *frame_key(struct key *key, uint64_t execution, uint64_t id)
{
    return key_u64(key_u64(key_start(key, KEYSPACE_STATES_FRAME), execution), id);
}

static struct key *data_key(struct key *key, uint64_t execution, uint64_t frame,
                            enum data_slot_kind kind, uint64_t index)
{
    struct key *start = key_u64(key_u64(key_start(key, KEYSPACE_STATES_DATA), execution), frame);
    return key_u64(key_u64(start, kind), index);
}

struct key *history_key(struct key *key, uint64_t execution)
{
    return key_u64(key_start(key, KEYSPACE_STATES_HISTORY), execution);
}

struct key *watch_key(struct key *key, uint64_t execution)
{
    return key_u64(key_start(key, KEYSPACE_STATES_WATCH), execution);
}

// Express executions may share a name: their index has the id that AWS puts behind it in the ARN.
static struct str indexed_name(const struct execution *execution)
{
    if (!execution->express)
        return execution->name;
    size_t id = str_rfind_char(execution->arn, ':');
    return str_from(execution->arn, str_rfind_char(str_slice(execution->arn, 0, id), ':') + 1);
}

// --- members

static void put_u64(struct arena *arena, struct json *row, const char *name, uint64_t value)
{
    if (value)
        json_set_i64(arena, row, name, (int64_t)value);
}

static void put_str(struct arena *arena, struct json *row, const char *name, struct str value)
{
    if (value.len)
        json_set_str(arena, row, name, value);
}

static void put_bool(struct arena *arena, struct json *row, const char *name, bool value)
{
    if (value)
        json_set_bool(arena, row, name, true);
}

static uint64_t take_u64(const struct json *row, const char *name)
{
    return (uint64_t)json_i64_or(row, name, 0);
}

// --- executions

enum err execution_put(struct call *call, const struct execution *e)
{
    struct arena *arena = call->arena;
    struct json *row = json_object(arena);
    struct key key;
    json_set_str(arena, row, "status", str_of(STATUS_NAMES[e->status]));
    put_u64(arena, row, "machineId", e->machine_id);
    put_str(arena, row, "machine", e->machine);
    put_str(arena, row, "machineArn", e->machine_arn);
    put_str(arena, row, "name", e->name);
    put_str(arena, row, "arn", e->arn);
    put_str(arena, row, "role", e->role_arn);
    put_str(arena, row, "region", e->region);
    put_str(arena, row, "trace", e->trace_header);
    put_str(arena, row, "definition", e->definition);
    put_bool(arena, row, "express", e->express);
    put_u64(arena, row, "start", (uint64_t)e->start_ms);
    put_u64(arena, row, "stop", (uint64_t)e->stop_ms);
    if (e->has_error)
        json_set_str(arena, row, "error", e->error);
    if (e->has_cause)
        json_set_str(arena, row, "cause", e->cause);
    put_u64(arena, row, "events", e->events);
    put_u64(arena, row, "frames", e->frames);
    put_u64(arena, row, "watches", e->watches);
    put_u64(arena, row, "redrives", e->redrives);
    put_u64(arena, row, "redriven", (uint64_t)e->redrive_ms);
    if (e->logging)
        json_set(arena, row, "logging", e->logging);
    return tx_put_json(call->tx, execution_key(&key, e->id), row);
}

enum err execution_get(struct call *call, uint64_t id, bool lock, struct execution *out)
{
    struct key key;
    struct json *row = NULL;
    execution_key(&key, id);
    if (lock)
        TRY(tx_lock_json(call->tx, &key, call->arena, &row));
    else
        TRY(tx_get_json(call->tx, &key, call->arena, &row));
    *out = (struct execution){
        .id = id,
        .machine_id = take_u64(row, "machineId"),
        .machine = json_str(row, "machine"),
        .machine_arn = json_str(row, "machineArn"),
        .name = json_str(row, "name"),
        .arn = json_str(row, "arn"),
        .role_arn = json_str(row, "role"),
        .region = json_str(row, "region"),
        .trace_header = json_str(row, "trace"),
        .definition = json_str(row, "definition"),
        .express = json_bool_or(row, "express", false),
        .start_ms = json_i64_or(row, "start", 0),
        .stop_ms = json_i64_or(row, "stop", 0),
        .error = json_str(row, "error"),
        .cause = json_str(row, "cause"),
        .has_error = json_has(row, "error"),
        .has_cause = json_has(row, "cause"),
        .events = take_u64(row, "events"),
        .frames = take_u64(row, "frames"),
        .watches = take_u64(row, "watches"),
        .redrives = take_u64(row, "redrives"),
        .redrive_ms = json_i64_or(row, "redriven", 0),
        .logging = json_get(row, "logging"),
    };
    if (!execution_status_parse(json_str(row, "status"), &out->status))
        return error_set(&call->error, ERR_CORRUPT, "execution %llu has no status",
                         (unsigned long long)id);
    return OK;
}

enum err execution_find(struct call *call, struct str machine, struct str name, bool lock,
                        uint64_t *out_id)
{
    struct key key;
    struct str text;
    name_key(&key, call->region, machine, name);
    if (lock)
        TRY(tx_lock(call->tx, &key, call->arena, &text));
    else
        TRY(tx_get(call->tx, &key, call->arena, &text));
    return str_to_u64(text, out_id) ? OK : ERR_CORRUPT;
}

// The list's key ends in the inverse start time, so that the newest comes first.
static struct key *listed_key(struct key *key, const struct execution *e)
{
    execution_list_key(key, e->region, e->machine_id);
    return key_u64(key_u64(key, ~(uint64_t)e->start_ms), e->id);
}

enum err execution_status_changed(struct call *call, const struct execution *execution)
{
    struct key key;
    return tx_put(call->tx, listed_key(&key, execution), str_of(STATUS_NAMES[execution->status]));
}

enum err execution_create(struct call *call, struct execution *execution)
{
    struct key key;
    TRY(store_next(tx_store(call->tx), "states/execution", &execution->id));
    execution->id++; // 0 is nobody
    struct str id = str_format(call->arena, "%llu", (unsigned long long)execution->id);
    TRY(tx_put(call->tx,
               name_key(&key, execution->region, execution->machine, indexed_name(execution)), id));
    TRY(execution_status_changed(call, execution));
    return execution_put(call, execution);
}

static enum err delete_all(struct call *call, const struct key *prefix)
{
    struct scan *scan = scan_open(call->tx, prefix, NULL, false);
    struct str bytes, value;
    enum err err;
    struct str *keys = NULL;
    size_t count = 0, capacity = 0;
    while ((err = scan_next(scan, &bytes, &value)) == OK)
        *ARENA_PUSH(call->arena, keys, count, capacity) = str_dup(call->arena, bytes);
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    for (size_t i = 0; i < count; i++) {
        struct key key = {0};
        key.len = 0;
        key_raw(&key, keys[i]);
        TRY(tx_delete(call->tx, &key));
    }
    return OK;
}

enum err execution_delete(struct call *call, const struct execution *execution)
{
    struct key key;
    struct str text;
    uint64_t named = 0;
    TRY(delete_all(call, history_key(&key, execution->id)));
    TRY(delete_all(call, key_u64(key_start(&key, KEYSPACE_STATES_FRAME), execution->id)));
    TRY(delete_all(call, key_u64(key_start(&key, KEYSPACE_STATES_DATA), execution->id)));
    TRY(delete_all(call, watch_key(&key, execution->id)));
    TRY(tx_delete(call->tx, listed_key(&key, execution)));
    name_key(&key, execution->region, execution->machine, indexed_name(execution));
    enum err err = tx_lock(call->tx, &key, call->arena, &text);
    if (err == OK && str_to_u64(text, &named) &&
        named == execution->id) // else a later one took the name over
        err = tx_delete(call->tx, &key);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    return tx_delete(call->tx, execution_key(&key, execution->id));
}

// --- frames

static const char *const WAIT_NAMES[] = {"ready", "time", "task", "children", "stopped"};

enum err frame_put(struct call *call, uint64_t execution, const struct frame *f)
{
    struct arena *arena = call->arena;
    struct json *row = json_object(arena);
    struct key key;
    json_set_str(arena, row, "state", f->state);
    json_set_str(arena, row, "wait", str_of(WAIT_NAMES[f->wait]));
    put_u64(arena, row, "parent", f->parent);
    put_u64(arena, row, "index", f->index);
    put_bool(arena, row, "entered", f->entered);
    put_u64(arena, row, "attempt", f->attempt);
    put_u64(arena, row, "lastEvent", f->last_event);
    put_u64(arena, row, "enteredEvent", f->entered_event);
    put_u64(arena, row, "startedEvent", f->started_event);
    put_u64(arena, row, "enteredAt", (uint64_t)f->entered_ms);
    put_u64(arena, row, "retryCount", f->retry_count);
    if (f->retries)
        json_set(arena, row, "retries", f->retries);
    put_bool(arena, row, "timed", f->timed);
    put_bool(arena, row, "beating", f->beating);
    put_bool(arena, row, "working", f->working);
    put_u64(arena, row, "heartbeat", (uint64_t)f->heartbeat_ms);
    put_str(arena, row, "secret", f->secret);
    put_bool(arena, row, "submitted", f->submitted);
    if (f->canceller)
        json_set(arena, row, "canceller", f->canceller);
    put_u64(arena, row, "total", f->total);
    put_u64(arena, row, "started", f->started);
    put_u64(arena, row, "done", f->done);
    put_u64(arena, row, "concurrency", f->concurrency);
    return tx_put_json(call->tx, frame_key(&key, execution, f->id), row);
}

static enum err frame_from_row(struct call *call, uint64_t id, const struct json *row,
                               struct frame **out)
{
    struct frame *f = ARENA_NEW(call->arena, struct frame);
    *f = (struct frame){
        .id = id,
        .parent = take_u64(row, "parent"),
        .index = take_u64(row, "index"),
        .state = json_str(row, "state"),
        .entered = json_bool_or(row, "entered", false),
        .attempt = take_u64(row, "attempt"),
        .last_event = take_u64(row, "lastEvent"),
        .entered_event = take_u64(row, "enteredEvent"),
        .started_event = take_u64(row, "startedEvent"),
        .entered_ms = json_i64_or(row, "enteredAt", 0),
        .retry_count = take_u64(row, "retryCount"),
        .retries = json_get(row, "retries"),
        .timed = json_bool_or(row, "timed", false),
        .beating = json_bool_or(row, "beating", false),
        .working = json_bool_or(row, "working", false),
        .heartbeat_ms = json_i64_or(row, "heartbeat", 0),
        .secret = json_str(row, "secret"),
        .submitted = json_bool_or(row, "submitted", false),
        .canceller = json_get(row, "canceller"),
        .total = take_u64(row, "total"),
        .started = take_u64(row, "started"),
        .done = take_u64(row, "done"),
        .concurrency = take_u64(row, "concurrency"),
        .stored = true,
    };
    for (int i = 0; i < (int)(sizeof WAIT_NAMES / sizeof *WAIT_NAMES); i++) {
        if (!str_is(json_str(row, "wait"), WAIT_NAMES[i]))
            continue;
        f->wait = (enum frame_wait)i;
        *out = f;
        return OK;
    }
    return error_set(&call->error, ERR_CORRUPT, "frame %llu waits for nothing known",
                     (unsigned long long)id);
}

enum err frame_get(struct call *call, uint64_t execution, uint64_t id, struct frame **out)
{
    struct key key;
    struct json *row = NULL;
    TRY(tx_get_json(call->tx, frame_key(&key, execution, id), call->arena, &row));
    return frame_from_row(call, id, row, out);
}

enum err frame_delete(struct call *call, uint64_t execution, uint64_t id)
{
    struct key key;
    TRY(tx_delete(call->tx, data_key(&key, execution, id, SLOT_INPUT, 0)));
    return tx_delete(call->tx, frame_key(&key, execution, id));
}

enum err frame_clear(struct call *call, uint64_t execution, uint64_t id)
{
    struct key key;
    return delete_all(call, key_u64(key_u64(key_start(&key, KEYSPACE_STATES_DATA), execution), id));
}

static enum err list_frame(struct call *call, struct str key, struct str value,
                           struct frame_list *out)
{
    struct cursor cursor = key_cursor(key);
    key_take_u64(&cursor);
    uint64_t id = key_take_u64(&cursor);
    struct json *row = NULL;
    struct frame *frame = NULL;
    if (json_parse(call->arena, str_dup(call->arena, value), &row, &call->error) != OK)
        return ERR_CORRUPT;
    TRY(frame_from_row(call, id, row, &frame));
    *ARENA_PUSH(call->arena, out->items, out->count, out->capacity) = frame;
    return OK;
}

enum err frame_list(struct call *call, uint64_t execution, struct frame_list *out)
{
    struct key prefix;
    struct str key, value;
    struct scan *scan = scan_open(
        call->tx, key_u64(key_start(&prefix, KEYSPACE_STATES_FRAME), execution), NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK &&
           (err = list_frame(call, key, value, out)) == OK)
        ;
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- data

enum err data_put_text(struct call *call, uint64_t execution, uint64_t frame,
                       enum data_slot_kind kind, uint64_t index, struct str text)
{
    struct key key;
    return tx_put(call->tx, data_key(&key, execution, frame, kind, index), text);
}

enum err data_put(struct call *call, uint64_t execution, uint64_t frame, enum data_slot_kind kind,
                  uint64_t index, const struct json *value)
{
    return data_put_text(call, execution, frame, kind, index, json_text(call->arena, value));
}

enum err data_text(struct call *call, uint64_t execution, uint64_t frame, enum data_slot_kind kind,
                   uint64_t index, struct str *out_text)
{
    struct key key;
    return tx_get(call->tx, data_key(&key, execution, frame, kind, index), call->arena, out_text);
}

enum err data_get(struct call *call, uint64_t execution, uint64_t frame, enum data_slot_kind kind,
                  uint64_t index, struct json **out_value)
{
    struct str text;
    TRY(data_text(call, execution, frame, kind, index, &text));
    return json_parse(call->arena, text, out_value, &call->error) == OK ? OK : ERR_CORRUPT;
}
