// SPDX-License-Identifier: Apache-2.0
// Threads start with all signals blocked, so that SIGTERM and the like reach main only.
//
// Handing jobs to threads is on every request's path, and a needless wake-up costs as much as a
// small request. Hence: idle threads are a stack, so that the one that slept least runs next and
// those at the bottom get to end; a thread is woken after the lock is released, or it would run
// into it; and one thread is on its way at a time. When it arrives and there is more to do, it
// wakes the next before it begins: jobs that block thus get threads as fast as before, while short
// ones are worked off by the few that are awake.
//
// A pool's thread that has idled for POOL_IDLE_S ends itself: it puts itself on the list of the
// ended, and whoever next starts a thread (or frees the pool) joins it. Idling is about resources,
// not about behaviour, and hence the one wait that is on real time rather than on os/clock.h.
#include "os/thread.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define POOL_IDLE_S 10
#define THREAD_NAME_MAX 16

struct start {
    char name[THREAD_NAME_MAX];
    thread_body *body;
    void *argument;
};

static void *trampoline(void *argument)
{
    struct start start = *(struct start *)argument;
    free(argument);
    pthread_setname_np(pthread_self(), start.name);
    start.body(start.argument);
    return NULL;
}

static int try_start(pthread_t *out_thread, const char *name, thread_body *body, void *argument,
                     size_t stack_bytes)
{
    struct start *start = calloc(1, sizeof *start);
    assert(start);
    snprintf(start->name, sizeof start->name, "%s", name);
    start->body = body;
    start->argument = argument;

    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    if (stack_bytes) {
        size_t least = (size_t)PTHREAD_STACK_MIN;
        pthread_attr_setstacksize(&attributes, stack_bytes < least ? least : stack_bytes);
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = pthread_create(out_thread, &attributes, trampoline, start);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failure)
        free(start);
    return failure;
}

pthread_t thread_start(const char *name, thread_body *body, void *argument, size_t stack_bytes)
{
    pthread_t thread;
    int failure = try_start(&thread, name, body, argument, stack_bytes);
    if (failure) {
        fprintf(stderr, "cannot start thread %s: %s\n", name, strerror(failure));
        abort();
    }
    return thread;
}

void thread_join(pthread_t thread)
{
    int failure = pthread_join(thread, NULL);
    assert(failure == 0);
}

void thread_pause_us(uint64_t us)
{
    struct timespec pause = {(time_t)(us / 1000000), (long)(us % 1000000) * 1000};
    nanosleep(&pause, NULL);
}

struct job {
    thread_body *body;
    void *argument;
};

struct pool_thread {
    struct pool *pool;
    struct pool_thread *next; // among the idle, or the ended
    pthread_t thread;
    sem_t wake; // posted once by who takes the thread off the idle stack
};

struct pool {
    char name[THREAD_NAME_MAX];
    size_t threads_min, threads_max, stack_bytes;
    pthread_mutex_t lock; // all below
    pthread_cond_t ended;
    struct job *jobs; // a ring
    size_t head, count, capacity;
    size_t threads;
    bool coming; // a thread was woken or started and has not arrived yet
    struct pool_thread *idle_threads, *ended_threads;
    bool stopping;
};

struct pool *pool_new(const char *name, size_t threads_min, size_t threads_max, size_t stack_bytes)
{
    assert(threads_max > 0 && threads_min <= threads_max);
    struct pool *pool = calloc(1, sizeof *pool);
    assert(pool);
    snprintf(pool->name, sizeof pool->name, "%s", name);
    pool->threads_min = threads_min;
    pool->threads_max = threads_max;
    pool->stack_bytes = stack_bytes;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->ended, NULL);
    return pool;
}

static bool leave_idle(struct pool *pool, struct pool_thread *self)
{
    for (struct pool_thread **at = &pool->idle_threads; *at; at = &(*at)->next) {
        if (*at == self) {
            *at = self->next;
            return true;
        }
    }
    return false;
}

// Sleeps on the idle stack, with the lock held before and after. False when the time is over and
// nobody has woken this thread.
static bool idle(struct pool *pool, struct pool_thread *self, const struct timespec *until)
{
    int waited;
    self->next = pool->idle_threads;
    pool->idle_threads = self;
    pthread_mutex_unlock(&pool->lock);
    do {
        waited = sem_clockwait(&self->wake, CLOCK_MONOTONIC, until);
    } while (waited != 0 && errno == EINTR);
    pthread_mutex_lock(&pool->lock);
    if (waited != 0 && leave_idle(pool, self))
        return false;
    while (waited != 0) // taken off the stack at the last moment: the post is on its way
        waited = sem_wait(&self->wake);
    pool->coming = false;
    return true;
}

// Waits for a job; false when this thread shall end.
static bool next_job(struct pool *pool, struct pool_thread *self, struct job *out_job)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += POOL_IDLE_S;
    while (pool->count == 0) {
        if (pool->stopping)
            return false;
        if (idle(pool, self, &until) || pool->count > 0)
            continue;
        if (pool->threads > pool->threads_min)
            return false;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += 3600; // of the last few, none is asked again soon
    }
    *out_job = pool->jobs[pool->head];
    pool->head = (pool->head + 1) % pool->capacity;
    pool->count--;
    return true;
}

static struct pool_thread *call_thread(struct pool *pool);

static void pool_thread_run(void *argument)
{
    struct pool_thread *self = argument;
    struct pool *pool = self->pool;
    pthread_mutex_lock(&pool->lock);
    pool->coming = false;
    for (struct job job; next_job(pool, self, &job);) {
        struct pool_thread *woken = call_thread(pool);
        pthread_mutex_unlock(&pool->lock);
        if (woken)
            sem_post(&woken->wake);
        job.body(job.argument);
        pthread_mutex_lock(&pool->lock);
    }
    pool->threads--;
    bool quiet = pool->threads == pool->threads_min && !pool->stopping;
    self->next = pool->ended_threads;
    pool->ended_threads = self;
    pthread_cond_signal(&pool->ended);
    pthread_mutex_unlock(&pool->lock);
    if (quiet) // the last of a busy time: what its heaps hold free goes back to the system
        malloc_trim(0);
}

static void join_ended(struct pool *pool)
{
    while (pool->ended_threads) {
        struct pool_thread *ended = pool->ended_threads;
        pool->ended_threads = ended->next;
        thread_join(ended->thread); // it holds no lock any more: a moment
        sem_destroy(&ended->wake);
        free(ended);
    }
}

static void add_thread(struct pool *pool)
{
    join_ended(pool);
    struct pool_thread *self = calloc(1, sizeof *self);
    assert(self);
    self->pool = pool;
    sem_init(&self->wake, 0, 0);
    int failure = try_start(&self->thread, pool->name, pool_thread_run, self, pool->stack_bytes);
    if (failure == 0) {
        pool->threads++;
        pool->coming = true;
        return;
    }
    sem_destroy(&self->wake);
    free(self);
    if (pool->threads == 0) {
        fprintf(stderr, "cannot start a thread of pool %s: %s\n", pool->name, strerror(failure));
        abort();
    } // else the threads that there are will get to it
}

// Gets one more thread for the jobs that wait, unless one is coming already. The one returned must
// be posted to as soon as the lock is released.
static struct pool_thread *call_thread(struct pool *pool)
{
    if (pool->count == 0 || pool->coming)
        return NULL;
    struct pool_thread *woken = pool->idle_threads;
    if (woken) {
        pool->idle_threads = woken->next;
        pool->coming = true;
    } else if (pool->threads < pool->threads_max) {
        add_thread(pool);
    }
    return woken;
}

void pool_add(struct pool *pool, thread_body *body, void *argument)
{
    pthread_mutex_lock(&pool->lock);
    assert(!pool->stopping || pool->threads > 0); // a running job may add more, nobody else
    if (pool->count == pool->capacity) {
        size_t capacity = pool->capacity ? pool->capacity * 2 : 64;
        struct job *jobs = malloc(capacity * sizeof *jobs);
        assert(jobs);
        for (size_t i = 0; i < pool->count; i++)
            jobs[i] = pool->jobs[(pool->head + i) % pool->capacity];
        free(pool->jobs);
        pool->jobs = jobs;
        pool->capacity = capacity;
        pool->head = 0;
    }
    pool->jobs[(pool->head + pool->count++) % pool->capacity] = (struct job){body, argument};
    struct pool_thread *woken = call_thread(pool);
    pthread_mutex_unlock(&pool->lock);
    if (woken)
        sem_post(&woken->wake);
}

size_t pool_waiting(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t waiting = pool->count;
    pthread_mutex_unlock(&pool->lock);
    return waiting;
}

size_t pool_threads(struct pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t threads = pool->threads;
    pthread_mutex_unlock(&pool->lock);
    return threads;
}

void pool_free(struct pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->stopping = true;
    while (pool->idle_threads) {
        struct pool_thread *woken = pool->idle_threads;
        pool->idle_threads = woken->next;
        sem_post(&woken->wake); // all of them, so after the last job none sleeps
    }
    while (pool->threads > 0)
        pthread_cond_wait(&pool->ended, &pool->lock);
    join_ended(pool);
    pthread_mutex_unlock(&pool->lock);
    pthread_mutex_destroy(&pool->lock);
    pthread_cond_destroy(&pool->ended);
    free(pool->jobs);
    free(pool);
}
