// SPDX-License-Identifier: Apache-2.0
// The runner: leases due tasks and runs their operations.
//
// One thread leases; what it leases runs on one of two pools: operations that are a transaction on
// a few threads (enough for RocksDB to group their commits), jobs on a pool that grows with them,
// as they block on foreign work. How a task ends:
//
//   done       its own transaction removed it (dispatch.c does that for OP_WRITE, call_finish_task
//   for OP_JOB) failed     a transaction of its own counts the attempt, or gives up and runs the
//   task's on_failure cancelled  somebody removed or replaced it meanwhile; nothing was committed;
//   nothing is left to do
//
// A lease is memory only: when the process dies, the row is still there and simply due again.
#include "lake/lake_internal.h"

#include <assert.h>
#include <stdlib.h>

#define TRANSACTIONS_RUNNING_MAX                                                                   \
    512 // leased but unfinished, so that a long queue does not come into memory whole
#define TRANSACTION_THREADS_MAX 32
#define JOB_THREADS_DEFAULT 128
#define THREAD_STACK_BYTES ((size_t)512 * 1024)

struct runner {
    struct lake *lake;
    struct task_queue *queue;
    struct pool *transactions;
    struct pool *jobs;
    pthread_t leaser;
    bool leaser_started, stopped;
    pthread_mutex_t mutex;
    pthread_cond_t fewer; // `running` went down
    size_t running;
};

struct run {
    struct runner *runner;
    struct arena arena;
    struct task task;
    const struct service *service;
    const struct op *op;
};

// --- failure

struct failure {
    const struct run *run;
    struct str error;
    const char *code;
    bool gave_up;
};

static enum err give_up(struct call *call, struct failure *failure)
{
    const struct task *task = &failure->run->task;
    const struct json *plan = task->on_failure;
    if (!plan)
        return OK;
    struct json *error = json_object(call->arena);
    json_set_str(call->arena, error, "Code", str_of(failure->code));
    json_set_str(call->arena, error, "Message", failure->error);
    struct json *input = json_copy_shallow(call->arena, json_get(plan, "input"));
    json_set(call->arena, input, "task", task->input);
    json_set(call->arena, input, "error", error);
    return call_operation(call, str_cstr(call->arena, json_str(plan, "service")),
                          str_cstr(call->arena, json_str(plan, "op")), input, NULL);
}

static enum err count_failure(struct call *call, void *context)
{
    struct failure *failure = context;
    enum err err = task_retry(call->tx, failure->run->task.id, call->now_ms, failure->error,
                              &failure->gave_up);
    if (err == ERR_NOT_FOUND)
        return ERR_CANCELLED;
    TRY(err);
    return failure->gave_up ? give_up(call, failure) : OK;
}

static void note_failure(struct run *run, struct call *call)
{
    struct log *log = lake_log(run->runner->lake);
    struct failure failure = {
        .run = run,
        .error = str_of(str_cstr(call->arena, str_of(call->error.text))),
        .code = call->code ? call->code->code : "InternalFailure",
    };
    enum err err = call_transact(call, count_failure, &failure);
    if (err == ERR_CANCELLED)
        return;
    if (err != OK) // the row stays and is leased again
        log_event(log, LOG_ERROR, "runner", "task %llu: its failure could not be recorded: %s",
                  (unsigned long long)run->task.id, call->error.text);
    else
        log_event(log, failure.gave_up && !run->task.on_failure ? LOG_ERROR : LOG_WARN, "runner",
                  "task %llu %s:%s attempt %u failed%s: %s: %.*s", (unsigned long long)run->task.id,
                  run->service->name, run->op->name, run->task.attempt + 1,
                  failure.gave_up ? ", giving up" : "", failure.code, STR_ARG(failure.error));
}

// --- running one

static enum err finish_only(struct call *call, void *context)
{
    (void)context;
    return call_finish_task(call);
}

static void run_task(struct run *run)
{
    struct lake *lake = run->runner->lake;
    struct principal principal;
    struct str region;
    principal_from_json(run->task.caller, &principal, &region);
    struct call *call = lake_call(lake, &run->arena, &principal, region);
    call->task_id = run->task.id;
    call->task_attempt = run->task.attempt;
    call->deadline_passed = true; // tasks never wait
    struct json *reply = NULL;
    enum err err = lake_run(call, run->service, run->op, run->task.input, &reply);
    if (err == OK && run->op->kind == OP_JOB && !call->task_finished)
        err = call_transact(call, finish_only, NULL); // a job without anything to adopt
    if (err != OK && err != ERR_CANCELLED && !call->task_finished)
        note_failure(run, call);
}

static void run_free(struct run *run)
{
    struct runner *runner = run->runner;
    task_release(runner->queue, run->task.id);
    bool counted = run->op && run->op->kind != OP_JOB;
    arena_deinit(&run->arena);
    free(run);
    if (!counted)
        return;
    pthread_mutex_lock(&runner->mutex);
    runner->running--;
    pthread_cond_signal(&runner->fewer);
    pthread_mutex_unlock(&runner->mutex);
}

static void run_on_pool(void *argument)
{
    run_task(argument);
    run_free(argument);
}

// --- leasing

static struct run *run_new(struct runner *runner)
{
    struct run *run = calloc(1, sizeof *run);
    if (!run)
        abort();
    run->runner = runner;
    arena_init(&run->arena);
    return run;
}

// A task names an operation of this program's tables; one written by a newer program may not be
// there.
static bool run_resolve(struct run *run)
{
    run->service = lake_service(run->runner->lake, run->task.service);
    run->op = run->service ? service_op(run->service, run->task.op) : NULL;
    if (run->op)
        return true;
    log_event(lake_log(run->runner->lake), LOG_ERROR, "runner",
              "task %llu wants %.*s:%.*s, which this program does not have; it stays in the queue",
              (unsigned long long)run->task.id, STR_ARG(run->task.service), STR_ARG(run->task.op));
    return false;
}

static void run_drop(struct run *run) // keeps the lease, so that it is not handed out again
{
    arena_deinit(&run->arena);
    free(run);
}

static void lease_loop(void *argument)
{
    struct runner *runner = argument;
    for (;;) {
        pthread_mutex_lock(&runner->mutex);
        while (runner->running >= TRANSACTIONS_RUNNING_MAX)
            pthread_cond_wait(&runner->fewer, &runner->mutex);
        pthread_mutex_unlock(&runner->mutex);

        struct run *run = run_new(runner);
        if (task_lease(runner->queue, &run->arena, &run->task) != OK) {
            run_drop(run);
            return; // stopped
        }
        if (!run_resolve(run)) {
            run_drop(run);
            continue;
        }
        bool job = run->op->kind == OP_JOB;
        if (!job) {
            pthread_mutex_lock(&runner->mutex);
            runner->running++;
            pthread_mutex_unlock(&runner->mutex);
        }
        pool_add(job ? runner->jobs : runner->transactions, run_on_pool, run);
    }
}

size_t runner_run_due(struct runner *runner)
{
    size_t count = 0;
    for (;;) {
        struct run *run = run_new(runner);
        if (task_try_lease(runner->queue, &run->arena, &run->task) != OK || !run_resolve(run)) {
            run_drop(run);
            return count;
        }
        if (run->op->kind != OP_JOB)
            runner->running++; // as lease_loop does; nobody else runs here
        run_task(run);
        run_free(run);
        count++;
    }
}

// --- life

struct runner *runner_new(struct lake *lake)
{
    struct runner *runner = calloc(1, sizeof *runner);
    if (!runner)
        abort();
    runner->lake = lake;
    runner->queue = task_queue_new(lake_store(lake));
    pthread_mutex_init(&runner->mutex, NULL);
    pthread_cond_init(&runner->fewer, NULL);
    return runner;
}

void runner_begin(struct runner *runner)
{
    size_t jobs_max = runner->lake->options.runner_threads_max;
    runner->transactions = pool_new("task", 1, TRANSACTION_THREADS_MAX, THREAD_STACK_BYTES);
    runner->jobs =
        pool_new("job", 0, jobs_max ? jobs_max : JOB_THREADS_DEFAULT, THREAD_STACK_BYTES);
    runner->leaser = thread_start("lease", lease_loop, runner, THREAD_STACK_BYTES);
    runner->leaser_started = true;
}

void runner_stop(struct runner *runner)
{
    if (runner->stopped)
        return;
    runner->stopped = true;
    task_queue_stop(runner->queue);
    if (runner->leaser_started)
        thread_join(runner->leaser);
}

void runner_free(struct runner *runner)
{
    if (!runner)
        return;
    runner_stop(runner);
    if (runner->leaser_started) {
        pool_free(runner->transactions);
        pool_free(runner->jobs);
    }
    task_queue_free(runner->queue);
    pthread_cond_destroy(&runner->fewer);
    pthread_mutex_destroy(&runner->mutex);
    free(runner);
}

size_t runner_task_count(struct runner *runner)
{
    return task_count(runner->queue);
}
