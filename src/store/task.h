// SPDX-License-Identifier: Apache-2.0
// The durable task queue: operations that run later.
//
// A task is a row: when it is due, which operation to run with which input, on whose behalf, and how to retry. It is
// added in the transaction that wants it, and removed in the transaction that did it: running and removing commit
// together. After a crash the queue is simply read again.
//
// This module keeps the rows and hands out the due ones; what running means is lake/runner.h. A task that is handed out is
// leased in memory to one runner (there is one server process to a store); a lease dies with the process.
//
// A named task is unique: adding one whose name is there replaces it (a schedule's next firing, a workflow's timeout),
// and task_cancel removes it.
#ifndef STORE_TASK_H
#define STORE_TASK_H

#include "store/store.h"

struct task {
    uint64_t id;          // given by task_add
    int64_t due_ms;
    struct str name;      // "" unless unique
    struct str service;   // "events", "sqs", ...: as in struct service
    struct str op;        // "SendMessage"
    struct json *input;
    struct json *caller;  // principal and region it runs as, opaque here (lake/call.h)
    uint32_t attempt;     // failures so far
    uint32_t attempts_max;   // 0: for ever
    int64_t backoff_ms;      // before the first retry; doubles, up to backoff_ms_max
    int64_t backoff_ms_max;
    int64_t expires_ms;      // no retry after this instant; 0: none
    struct json *on_failure; // {"service", "op", "input"} run in the transaction that gives up (the failed task's
                             // input and error are added as "task" and "error"); NULL: the task is dropped with a log line
};

enum err task_add(struct tx *tx, struct task *task) MUST_CHECK; // sets id
enum err task_cancel(struct tx *tx, struct str name) MUST_CHECK; // absent is OK
enum err task_get_named(struct tx *tx, struct arena *arena, struct str name, struct task *out_task) MUST_CHECK;
// In the transaction that did the work. ERR_NOT_FOUND when it was cancelled or replaced meanwhile: then the
// transaction must not commit its effects.
enum err task_done(struct tx *tx, uint64_t id) MUST_CHECK;
// After a failure: counts the attempt and sets the next due time; *out_gave_up when no retry is left (the row is then removed).
enum err task_retry(struct tx *tx, uint64_t id, int64_t now_ms, struct str error, bool *out_gave_up) MUST_CHECK;

// --- handing out
struct task_queue;
struct task_queue *task_queue_new(struct store *store); // reads what is there lazily
void task_queue_free(struct task_queue *queue);
// Leases the next due task, waiting for one; NULL-op and ERR_CANCELLED after task_queue_stop.
enum err task_lease(struct task_queue *queue, struct arena *arena, struct task *out_task) MUST_CHECK;
// The same without waiting: ERR_NOT_FOUND when nothing is due.
enum err task_try_lease(struct task_queue *queue, struct arena *arena, struct task *out_task) MUST_CHECK;
void task_release(struct task_queue *queue, uint64_t id); // after done, retry or cancellation: the lease ends
void task_queue_stop(struct task_queue *queue);
// Called by task_add after its commit: there may be something due earlier. (Registered by task_add itself.)
size_t task_count(struct task_queue *queue); // rows in memory's view: for metrics

#endif
