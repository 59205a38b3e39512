// SPDX-License-Identifier: Apache-2.0
// A process runs one job: it is started, says "ready" when its engine is loaded and it has given up
// the network, takes the job's line, answers, ends. After a job the pool starts a replacement, so
// that the next job finds a process that has loaded already; as many are kept as jobs have lately
// run at once, up to WARM_MAX.
//
// How many jobs run at once is bounded by the number of processors: queries and conversions are
// work for the processor, and each takes memory. The others wait in line.
//
// Cancelling kills. The thread that waits for the process sees its end, and the flag says why.
#include "lake/worker.h"

#include "os/channel.h"
#include "os/file.h"
#include "os/process.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WARM_MAX 2
#define LINE_BYTES_MAX ((size_t)256 << 20)
#define MEMORY_BYTES_DEFAULT ((uint64_t)2 << 30)
#define END_GRACE_MS 1000

struct process {
    struct process *next;
    struct channel channel;
    pid_t pid;
    struct str cancel_key; // of the job it runs; in that job's memory
    bool cancelled;
};
struct worker_pool {
    struct lake *lake;
    pthread_mutex_t lock;
    pthread_cond_t free_slot;
    struct process *warm;    // loaded, or loading, without a job
    struct process *running; // with one
    size_t warm_count, running_count;
    size_t running_max; // at once
    size_t peak;        // most that ran at once since the pool was last idle
    unsigned processors;
    bool stopping;
    bool protections_logged;
};

static char *scratch_root(struct lake *lake, struct arena *arena)
{
    return str_cstr(arena, str_format(arena, "%s/scratch", lake_folder(lake)));
}

struct worker_pool *worker_pool_new(struct lake *lake)
{
    struct worker_pool *pool = calloc(1, sizeof *pool);
    if (!pool)
        abort();
    pool->lake = lake;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->free_slot, NULL);
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    pool->processors = processors > 0 ? (unsigned)processors : 1;
    pool->running_max = pool->processors > 2 ? pool->processors : 2;
    // What a server that was killed has left behind.
    struct arena arena;
    arena_init(&arena);
    struct error error = {0};
    if (file_exists(scratch_root(lake, &arena)) &&
        folder_remove_all(scratch_root(lake, &arena), &error) != OK)
        log_event(lake_log(lake), LOG_WARN, "worker", "old scratch files stay: %s", error.text);
    arena_deinit(&arena);
    return pool;
}

// --- processes

// One that has answered or died is given a moment to end by itself, so that we learn how it ended.
static void process_free(struct process *process, int64_t grace_ms, struct process_end *out_end)
{
    channel_close(&process->channel);
    struct process_end end = {0};
    if (process_wait(process->pid, grace_ms, &end) != OK) {
        process_kill_tree(process->pid, SIGKILL);
        if (process_wait(process->pid, -1, &end) != OK)
            end = (struct process_end){0};
    }
    if (out_end)
        *out_end = end;
    free(process);
}

static enum err process_new(struct worker_pool *pool, struct process **out, struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    struct process *process = calloc(1, sizeof *process);
    if (!process)
        abort();
    int child_fd = -1;
    enum err err = channel_open(&process->channel, &child_fd, LINE_BYTES_MAX, error);
    if (err == OK) {
        const char *argv[] = {str_cstr(&arena, process_self_path(&arena)), "worker", NULL};
        struct process_spec spec = {
            .argv = argv,
            .stdin_fd = child_fd,
            .stdout_fd = child_fd,
            .stderr_fd = STDERR_FILENO,
            .new_session = true,
        };
        err = process_start(&spec, &process->pid, error);
        file_close(child_fd);
        if (err != OK)
            channel_close(&process->channel);
    }
    arena_deinit(&arena);
    if (err != OK)
        free(process);
    else
        *out = process;
    return err;
}

// --- the pool's lists; the lock is held

static void unlink_process(struct process **list, struct process *process)
{
    while (*list != process)
        list = &(*list)->next;
    *list = process->next;
    process->next = NULL;
}

// A process that is ready or about to be; waits for a slot.
static enum err acquire(struct worker_pool *pool, struct str cancel_key, struct process **out,
                        struct error *error)
{
    pthread_mutex_lock(&pool->lock);
    while (!pool->stopping && pool->running_count >= pool->running_max)
        pthread_cond_wait(&pool->free_slot, &pool->lock);
    struct process *process = pool->warm;
    enum err err = pool->stopping ? error_set(error, ERR_CANCELLED, "the server is stopping") : OK;
    if (err == OK && process) {
        unlink_process(&pool->warm, process);
        pool->warm_count--;
    } else if (err == OK) {
        err = process_new(pool, &process, error);
    }
    if (err == OK) {
        process->cancel_key = cancel_key;
        process->next = pool->running;
        pool->running = process;
        if (++pool->running_count > pool->peak)
            pool->peak = pool->running_count;
        *out = process;
    }
    pthread_mutex_unlock(&pool->lock);
    return err;
}

static void top_up(struct worker_pool *pool)
{
    size_t wanted = pool->peak < WARM_MAX ? pool->peak : WARM_MAX;
    while (!pool->stopping && pool->warm_count < wanted) {
        struct process *process = NULL;
        struct error error = {0};
        if (process_new(pool, &process, &error) != OK) {
            log_event(lake_log(pool->lake), LOG_WARN, "worker", "no process: %s", error.text);
            return;
        }
        process->next = pool->warm;
        pool->warm = process;
        pool->warm_count++;
    }
}

static void release(struct worker_pool *pool, struct process *process, int64_t grace_ms,
                    bool *out_cancelled, struct process_end *out_end)
{
    pthread_mutex_lock(&pool->lock);
    *out_cancelled = process->cancelled || pool->stopping;
    unlink_process(&pool->running, process);
    pool->running_count--;
    top_up(pool);
    if (pool->running_count == 0)
        pool->peak = pool->peak > 1 ? pool->peak - 1 : pool->peak;
    pthread_cond_broadcast(&pool->free_slot);
    pthread_mutex_unlock(&pool->lock);
    process_free(process, grace_ms, out_end);
}

void worker_pool_stop(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    for (struct process *p = pool->running; p; p = p->next)
        process_kill_tree(p->pid, SIGKILL);
    struct process *warm = pool->warm;
    pool->warm = NULL;
    pool->warm_count = 0;
    pthread_cond_broadcast(&pool->free_slot);
    pthread_mutex_unlock(&pool->lock);
    for (struct process *next; warm; warm = next) {
        next = warm->next;
        process_free(warm, 0, NULL);
    }
}

void worker_pool_free(struct worker_pool *pool)
{
    if (!pool)
        return;
    if (!pool->stopping)
        worker_pool_stop(pool);
    assert(!pool->running);
    pthread_cond_destroy(&pool->free_slot);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void worker_cancel(struct lake *lake, struct str cancel_key)
{
    struct worker_pool *pool = lake_workers(lake);
    pthread_mutex_lock(&pool->lock);
    for (struct process *p = pool->running; p; p = p->next)
        if (cancel_key.len && str_eq(p->cancel_key, cancel_key)) {
            p->cancelled = true;
            process_kill_tree(p->pid, SIGKILL);
        }
    pthread_mutex_unlock(&pool->lock);
}

// --- a job

static struct str job_line(struct worker_pool *pool, const struct worker_job *job,
                           struct arena *arena)
{
    struct json *line = json_object(arena), *paths = json_array(arena);
    for (const char *const *path = job->read_paths; path && *path; path++)
        json_push(arena, paths, json_string(arena, str_of(*path)));
    json_set_str(arena, line, "kind", str_of(job->kind));
    json_set(arena, line, "input", (struct json *)(uintptr_t)job->input);
    json_set(arena, line, "read_paths", paths);
    json_set_str(arena, line, "scratch", str_of(job->scratch));
    json_set_i64(arena, line, "memory_bytes_max",
                 (int64_t)(job->memory_bytes_max ? job->memory_bytes_max : MEMORY_BYTES_DEFAULT));
    json_set_i64(arena, line, "threads", pool->processors);
    struct buf text = buf_in(arena, LINE_BYTES_MAX);
    json_write(&text, line);
    buf_put_char(&text, '\n');
    return buf_str(&text);
}

static void log_protections(struct worker_pool *pool, const struct json *ready)
{
    pthread_mutex_lock(&pool->lock);
    bool logged = pool->protections_logged;
    pool->protections_logged = true;
    pthread_mutex_unlock(&pool->lock);
    if (logged)
        return;
    struct log *log = lake_log(pool->lake);
    if (!json_bool_or(ready, "network_confined", false))
        log_event(log, LOG_WARN, "worker",
                  "this system allows no namespaces: workers share the server's network");
    if (!json_bool_or(ready, "files_confined", false))
        log_event(
            log, LOG_WARN, "worker",
            "this kernel has no Landlock: only DuckDB's own rules keep workers from other files");
    if (json_has(ready, "engine_error"))
        log_event(log, LOG_WARN, "worker", "%.*s", STR_ARG(json_str(ready, "engine_error")));
}

static enum err kind_named(struct str name)
{
    for (int kind = ERR_SYNTAX; kind < ERR_CODED; kind++)
        if (str_is(name, err_name((enum err)kind)))
            return (enum err)kind;
    return ERR_IO;
}

// One line from the process: OK with *out_done when the job has its answer.
static enum err take_line(struct worker_pool *pool, const struct worker_job *job, struct str line,
                          struct arena *arena, struct json **out_result, bool *out_done,
                          struct error *error)
{
    struct json *message = NULL;
    if (json_parse(arena, str_dup(arena, line), &message, NULL) != OK)
        return error_set(error, ERR_IO, "a worker wrote something that is not JSON");
    double fraction;
    if (json_get(message, "ready"))
        log_protections(pool, json_get(message, "ready"));
    else if (job->progress && json_as_double(json_get(message, "progress"), &fraction))
        job->progress(job->context, fraction);
    struct json *failure = json_get(message, "error");
    if (failure)
        return error_set(error, kind_named(json_str(failure, "kind")), "%.*s",
                         STR_ARG(json_str(failure, "text")));
    *out_result = json_get(message, "result");
    *out_done = *out_result != NULL;
    return OK;
}

static enum err converse(struct worker_pool *pool, struct process *process,
                         const struct worker_job *job, struct arena *arena,
                         struct json **out_result, struct error *error)
{
    struct clock *clock = lake_clock(pool->lake);
    TRY(channel_write(&process->channel, job_line(pool, job, arena), error));
    int64_t start_us = clock_mono_us(clock);
    for (bool done = false; !done;) {
        int64_t left_ms = -1;
        if (job->timeout_ms)
            left_ms = job->timeout_ms - (clock_mono_us(clock) - start_us) / 1000;
        if (job->timeout_ms && left_ms < 0)
            left_ms = 0;
        struct str line;
        enum err err = channel_read(&process->channel, left_ms, &line, error);
        if (err == ERR_TIMEOUT)
            return error_set(error, ERR_TIMEOUT, "it ran longer than %lld ms",
                             (long long)job->timeout_ms);
        TRY(err);
        TRY(take_line(pool, job, line, arena, out_result, &done, error));
    }
    return OK;
}

// What a process that ended without an answer died of.
static enum err explain_end(const struct process_end *end, bool cancelled, struct error *error)
{
    if (cancelled)
        return error_set(error, ERR_CANCELLED, "it was cancelled");
    if (!end->exited && (end->signal == SIGKILL || end->signal == SIGBUS))
        return error_set(
            error, ERR_LIMIT,
            "the worker was killed by the system (signal %d): most likely out of memory",
            end->signal);
    if (!end->exited)
        return error_set(error, ERR_IO, "the worker died of signal %d", end->signal);
    return error_set(error, ERR_IO, "the worker ended without an answer (exit status %d)",
                     end->exit_code);
}

enum err worker_run(struct lake *lake, const struct worker_job *job, struct arena *arena,
                    struct json **out_result, struct error *error)
{
    struct worker_pool *pool = lake_workers(lake);
    struct process *process = NULL;
    TRY(acquire(pool, job->cancel_key, &process, error));
    struct json *result = NULL;
    enum err err = converse(pool, process, job, arena, &result, error);
    bool cancelled = false, died = err == ERR_NOT_FOUND;
    struct process_end end = {0};
    release(pool, process, err == OK || died ? END_GRACE_MS : 0, &cancelled, &end);
    if (err == OK) {
        *out_result = result;
        return OK;
    }
    return died || cancelled ? explain_end(&end, cancelled, error) : err;
}

enum err worker_scratch(struct lake *lake, struct arena *arena, char **out_folder,
                        struct error *error)
{
    char *root = scratch_root(lake, arena);
    TRY(folder_make(root, 0700, error));
    return folder_make_temp(arena, root, "job-", out_folder, error);
}

void worker_scratch_remove(struct lake *lake, const char *folder)
{
    struct error error = {0};
    if (folder_remove_all(folder, &error) != OK)
        log_event(lake_log(lake), LOG_WARN, "worker", "scratch files stay: %s", error.text);
}
