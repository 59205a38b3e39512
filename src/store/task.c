// SPDX-License-Identifier: Apache-2.0
// A task's rows: KEYSPACE_TASK holds the task, KEYSPACE_TASK_DUE orders the ids by due time,
// KEYSPACE_TASK_NAME finds a named one. Who changes a named task locks its name first and its row
// second, so that two who do it cannot deadlock.
#include "store/internal.h"

#include <assert.h>
#include <string.h>

#define SEQUENCE_TASK "task"

static struct key *row_key(struct key *key, uint64_t id)
{
    return key_u64(key_start(key, KEYSPACE_TASK), id);
}

static struct key *due_key(struct key *key, int64_t due_ms, uint64_t id)
{
    return key_u64(key_i64(key_start(key, KEYSPACE_TASK_DUE), due_ms), id);
}

static struct key *name_key(struct key *key, struct str name)
{
    return key_str(key_start(key, KEYSPACE_TASK_NAME), name);
}

// --- the row

static void set_i64_unless_0(struct arena *arena, struct json *row, const char *name, int64_t value)
{
    if (value != 0)
        json_set_i64(arena, row, name, value);
}

static void set_str_unless_empty(struct arena *arena, struct json *row, const char *name,
                                 struct str value)
{
    if (value.len > 0)
        json_set_str(arena, row, name, value);
}

static struct json *to_row(struct arena *arena, const struct task *task, struct str error)
{
    struct json *row = json_object(arena);
    json_set_i64(arena, row, "due", task->due_ms);
    set_str_unless_empty(arena, row, "name", task->name);
    json_set_str(arena, row, "service", task->service);
    json_set_str(arena, row, "op", task->op);
    json_set(arena, row, "input", task->input);
    json_set(arena, row, "caller", task->caller);
    set_i64_unless_0(arena, row, "attempt", task->attempt);
    set_i64_unless_0(arena, row, "attempts_max", task->attempts_max);
    set_i64_unless_0(arena, row, "backoff_ms", task->backoff_ms);
    set_i64_unless_0(arena, row, "backoff_ms_max", task->backoff_ms_max);
    set_i64_unless_0(arena, row, "expires_ms", task->expires_ms);
    json_set(arena, row, "on_failure", task->on_failure);
    set_str_unless_empty(arena, row, "error", error);
    return row;
}

static void from_row(const struct json *row, uint64_t id, struct task *out_task)
{
    *out_task = (struct task){
        .id = id,
        .due_ms = json_i64_or(row, "due", 0),
        .name = json_str(row, "name"),
        .service = json_str(row, "service"),
        .op = json_str(row, "op"),
        .input = json_get(row, "input"),
        .caller = json_get(row, "caller"),
        .attempt = (uint32_t)json_i64_or(row, "attempt", 0),
        .attempts_max = (uint32_t)json_i64_or(row, "attempts_max", 0),
        .backoff_ms = json_i64_or(row, "backoff_ms", 0),
        .backoff_ms_max = json_i64_or(row, "backoff_ms_max", 0),
        .expires_ms = json_i64_or(row, "expires_ms", 0),
        .on_failure = json_get(row, "on_failure"),
    };
}

enum err task_read_row(struct tx *tx, struct arena *arena, uint64_t id, bool lock,
                       struct task *out_task)
{
    struct key key;
    struct json *row;
    row_key(&key, id);
    TRY(lock ? tx_lock_json(tx, &key, arena, &row) : tx_get_json(tx, &key, arena, &row));
    from_row(row, id, out_task);
    return OK;
}

static enum err write_row(struct tx *tx, const struct task *task, struct str error)
{
    struct key key;
    TRY(tx_put_json(tx, row_key(&key, task->id), to_row(&tx->arena, task, error)));
    return tx_put(tx, due_key(&key, task->due_ms, task->id), S(""));
}

// --- changes, announced to the queue after the commit

struct announcement {
    struct store *store;
    struct task_change change;
};

static void announce_now(void *context)
{
    struct announcement *announcement = context;
    task_queue_notice(announcement->store, &announcement->change);
}

static void announce(struct tx *tx, struct task_change change)
{
    struct announcement announcement = {tx->store, change};
    tx_after_commit(tx, announce_now, &announcement, sizeof announcement);
}

static enum err remove_rows(struct tx *tx, const struct task *task)
{
    struct key key;
    TRY(tx_delete(tx, row_key(&key, task->id)));
    TRY(tx_delete(tx, due_key(&key, task->due_ms, task->id)));
    if (task->name.len > 0)
        TRY(tx_delete(tx, name_key(&key, task->name)));
    announce(tx, (struct task_change){
                     .id = task->id, .due_ms = task->due_ms, .removed = true, .ends_lease = true});
    return OK;
}

// Locks a name; the id it stands for, or ERR_NOT_FOUND.
static enum err lock_name(struct tx *tx, struct str name, uint64_t *out_id)
{
    struct key key;
    struct str value;
    TRY(tx_lock(tx, name_key(&key, name), &tx->arena, &value));
    struct cursor cursor = cursor_of(value);
    uint64_t id = cursor_u64be(&cursor);
    if (cursor.failed)
        return ERR_CORRUPT;
    *out_id = id;
    return OK;
}

// The task's row, locked, in the order that avoids deadlocks.
static enum err lock_task(struct tx *tx, uint64_t id, struct task *out_task)
{
    struct task seen;
    uint64_t named;
    TRY(task_read_row(tx, &tx->arena, id, false, &seen));
    if (seen.name.len > 0) {
        enum err found = lock_name(tx, seen.name, &named);
        if (found == OK && named != id)
            return ERR_NOT_FOUND; // replaced
        TRY(found);
    }
    return task_read_row(tx, &tx->arena, id, true, out_task);
}

enum err task_cancel(struct tx *tx, struct str name)
{
    uint64_t id;
    struct task task;
    enum err found = lock_name(tx, name, &id);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    found = task_read_row(tx, &tx->arena, id, true, &task);
    if (found == ERR_NOT_FOUND)
        return ERR_CORRUPT; // a name without a task
    TRY(found);
    return remove_rows(tx, &task);
}

enum err task_add(struct tx *tx, struct task *task)
{
    assert(task->op.len > 0 && task->service.len > 0);
    TRY(store_next(tx->store, SEQUENCE_TASK, &task->id));
    if (task->name.len > 0) {
        TRY(task_cancel(tx, task->name));
        struct key key;
        struct buf id = buf_in(&tx->arena, 8);
        buf_put_u64be(&id, task->id);
        TRY(tx_put(tx, name_key(&key, task->name), buf_str(&id)));
    }
    TRY(write_row(tx, task, STR_NONE));
    announce(tx, (struct task_change){.id = task->id, .due_ms = task->due_ms});
    return OK;
}

enum err task_get_named(struct tx *tx, struct arena *arena, struct str name, struct task *out_task)
{
    struct key key;
    struct str value;
    TRY(tx_get(tx, name_key(&key, name), arena, &value));
    struct cursor cursor = cursor_of(value);
    uint64_t id = cursor_u64be(&cursor);
    if (cursor.failed)
        return ERR_CORRUPT;
    return task_read_row(tx, arena, id, false, out_task);
}

enum err task_done(struct tx *tx, uint64_t id)
{
    struct task task;
    TRY(lock_task(tx, id, &task));
    return remove_rows(tx, &task);
}

// Before the n-th retry: backoff_ms doubled n-1 times, not beyond backoff_ms_max.
static int64_t backoff_ms(const struct task *task)
{
    int64_t wait_ms = task->backoff_ms;
    for (uint32_t i = 1; i < task->attempt && wait_ms < INT64_MAX / 2; i++) {
        wait_ms *= 2;
        if (task->backoff_ms_max > 0 && wait_ms >= task->backoff_ms_max)
            break;
    }
    return task->backoff_ms_max > 0 && wait_ms > task->backoff_ms_max ? task->backoff_ms_max
                                                                      : wait_ms;
}

enum err task_retry(struct tx *tx, uint64_t id, int64_t now_ms, struct str error, bool *out_gave_up)
{
    struct task task;
    TRY(lock_task(tx, id, &task));
    struct task next = task;
    next.attempt++;
    int64_t wait_ms = backoff_ms(&next);
    next.due_ms = now_ms > INT64_MAX - wait_ms ? INT64_MAX : now_ms + wait_ms;
    bool exhausted = task.attempts_max > 0 && next.attempt >= task.attempts_max;
    if (exhausted || (task.expires_ms > 0 && next.due_ms > task.expires_ms)) {
        TRY(remove_rows(tx, &task));
        *out_gave_up = true;
        return OK;
    }
    struct key key;
    TRY(tx_delete(tx, due_key(&key, task.due_ms, id)));
    TRY(write_row(tx, &next, error));
    announce(tx, (struct task_change){.id = id, .due_ms = next.due_ms, .ends_lease = true});
    *out_gave_up = false;
    return OK;
}
