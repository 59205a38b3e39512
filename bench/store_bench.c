// SPDX-License-Identifier: Apache-2.0
// Measures the store alone: durable transactions of one lock and three 300-byte puts, by a number
// of threads; the task queue; the time of an open; resident memory when idle.
//     store_bench FOLDER [SECONDS [THREADS...]]
#include "os/file.h"
#include "os/process.h"
#include "os/thread.h"
#include "store/task.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define THREADS_MAX 256
#define VALUE_BYTES 300

struct bench {
    struct store *store;
    struct task_queue *queue;
    bool stop;      // atomic
    uint64_t count; // atomic
    uint64_t waited_us;
};

struct worker {
    struct bench *bench;
    uint64_t number, next;
};

static void die(const char *what, const struct error *error)
{
    fprintf(stderr, "%s: %s\n", what, error->text);
    exit(1);
}

static enum err lock_and_put(struct tx *tx, void *context)
{
    struct worker *worker = context;
    struct arena arena;
    arena_init(&arena);
    static const char value[VALUE_BYTES];
    struct key key;
    struct str old;
    key_u64(key_u64(key_start(&key, KEYSPACE_STORE_META), worker->number), 0);
    enum err result = tx_lock(tx, &key, &arena, &old);
    arena_deinit(&arena);
    if (result != OK && result != ERR_NOT_FOUND)
        return result;
    TRY(tx_put(tx, &key, str_n(value, sizeof value)));
    for (int i = 0; i < 2; i++) {
        key_u64(key_u64(key_start(&key, KEYSPACE_STORE_META), worker->number), ++worker->next);
        TRY(tx_put(tx, &key, str_n(value, sizeof value)));
    }
    return OK;
}

static void transact_often(void *argument)
{
    struct worker *worker = argument;
    struct bench *bench = worker->bench;
    struct error error = {0};
    while (!__atomic_load_n(&bench->stop, __ATOMIC_RELAXED)) {
        if (store_transact(bench->store, lock_and_put, worker, &error) != OK)
            die("transact", &error);
        __atomic_add_fetch(&bench->count, 1, __ATOMIC_RELAXED);
    }
}

// One transaction ends a task and adds the next, as a workflow's transition does.
static void run_tasks(void *argument)
{
    struct worker *worker = argument;
    struct bench *bench = worker->bench;
    struct error error = {0};
    struct arena arena;
    arena_init(&arena);
    struct task task;
    while (task_lease(bench->queue, &arena, &task) == OK) {
        uint64_t id = task.id;
        struct tx *tx = tx_begin(bench->store, false);
        if (task_done(tx, id) != OK || task_add(tx, &task) != OK || tx_commit(tx, &error) != OK)
            die("task", &error);
        task_release(bench->queue, id);
        __atomic_add_fetch(&bench->count, 1, __ATOMIC_RELAXED);
        arena_reset(&arena);
    }
    arena_deinit(&arena);
}

static void measure(struct bench *bench, const char *what, thread_body *body, unsigned threads,
                    unsigned seconds)
{
    static struct worker workers[THREADS_MAX];
    pthread_t ids[THREADS_MAX];
    struct clock *clock = store_clock(bench->store);
    bench->stop = false;
    bench->count = 0;
    for (unsigned i = 0; i < threads; i++) {
        workers[i].bench = bench;
        workers[i].number = i + 1;
        ids[i] = thread_start("bench", body, &workers[i], 256 * 1024);
    }
    int64_t start_us = clock_mono_us(clock);
    thread_pause_us((uint64_t)seconds * 1000000);
    uint64_t count = __atomic_load_n(&bench->count, __ATOMIC_RELAXED);
    double took_s = (double)(clock_mono_us(clock) - start_us) / 1e6;
    __atomic_store_n(&bench->stop, true, __ATOMIC_RELAXED);
    if (bench->queue)
        task_queue_stop(bench->queue);
    for (unsigned i = 0; i < threads; i++)
        thread_join(ids[i]);
    printf("%-28s %4u threads  %8.0f /s  %6.2f ms each\n", what, threads, (double)count / took_s,
           threads * took_s * 1000 / (double)(count ? count : 1));
    fflush(stdout);
}

static void measure_tasks(struct bench *bench, unsigned threads, unsigned seconds)
{
    struct error error = {0};
    struct tx *tx = tx_begin(bench->store, false);
    for (unsigned i = 0; i < threads; i++) {
        struct task task = {.service = S("bench"), .op = S("Step"), .due_ms = 1};
        if (task_add(tx, &task) != OK)
            die("add", &error);
    }
    if (tx_commit(tx, &error) != OK)
        die("commit", &error);
    bench->queue = task_queue_new(bench->store);
    measure(bench, "task done + next task added", run_tasks, threads, seconds);
    task_queue_free(bench->queue);
    bench->queue = NULL;
}

static struct store *open_timed(const struct store_options *options, const char *what)
{
    struct error error = {0};
    struct store *store;
    int64_t start_us = clock_mono_us(options->clock);
    if (store_open(options, &store, &error) != OK)
        die("open", &error);
    printf("%-28s %8.1f ms, resident %.1f MB\n", what,
           (double)(clock_mono_us(options->clock) - start_us) / 1000,
           (double)process_memory_bytes(0) / 1e6);
    return store;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: store_bench FOLDER [SECONDS [THREADS...]]\n");
        return 2;
    }
    unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 3;
    struct store_options options = {
        .folder = argv[1], .clock = clock_new_real(), .random = random_new_system()};
    struct bench bench = {.store = open_timed(&options, "open")};
    unsigned standard[] = {1, 16, 64};
    for (int i = 0; i < (argc > 3 ? argc - 3 : 3); i++) {
        unsigned threads = argc > 3 ? (unsigned)atoi(argv[3 + i]) : standard[i];
        measure(&bench, "lock + 3 puts, durable", transact_often,
                threads < THREADS_MAX ? threads : THREADS_MAX, seconds);
    }
    measure_tasks(&bench, 32, seconds);
    store_close(bench.store);
    bench.store = open_timed(&options, "open again");
    store_close(bench.store);
    clock_free(options.clock);
    random_free(options.random);
    return 0;
}
