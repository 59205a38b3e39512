// SPDX-License-Identifier: Apache-2.0
#include "os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <signal.h>
#include <sched.h>
#include <string.h>

struct seen {
    char name[32];
    bool term_is_blocked;
};

static void look(void *argument)
{
    struct seen *seen = argument;
    sigset_t mask;
    pthread_getname_np(pthread_self(), seen->name, sizeof seen->name);
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    seen->term_is_blocked = sigismember(&mask, SIGTERM);
}

static void threads_have_names_and_no_signals(void **state)
{
    struct seen seen = {0};
    thread_join(thread_start("a-rather-long-name", look, &seen, 1));
    assert_string_equal(seen.name, "a-rather-long-n");
    assert_true(seen.term_is_blocked);
    sigset_t mask;
    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    assert_false(sigismember(&mask, SIGTERM));
}

struct count {
    struct pool *pool;
    int64_t left, sum;
};

static void add_one(void *argument)
{
    __atomic_add_fetch(&((struct count *)argument)->sum, 1, __ATOMIC_RELAXED);
}

static void freeing_runs_what_is_queued(void **state)
{
    struct count count = {0};
    struct pool *pool = pool_new("pool", 0, 4, 0);
    assert_int_equal(pool_threads(pool), 0);
    for (int i = 0; i < 5000; i++)
        pool_add(pool, add_one, &count);
    assert_in_range(pool_threads(pool), 1, 4);
    pool_free(pool);
    assert_int_equal(count.sum, 5000);
    pool_free(NULL);
}

static void chain(void *argument)
{
    struct count *count = argument;
    if (__atomic_sub_fetch(&count->left, 1, __ATOMIC_RELAXED) > 0)
        pool_add(count->pool, chain, count);
    __atomic_add_fetch(&count->sum, 1, __ATOMIC_RELAXED);
}

static void jobs_may_add_jobs(void **state)
{
    struct count count = {.left = 1000};
    count.pool = pool_new("pool", 1, 3, 0);
    pool_add(count.pool, chain, &count);
    pool_free(count.pool);
    assert_int_equal(count.sum, 1000);
}

struct meeting {
    pthread_mutex_t mutex;
    pthread_cond_t cond;
    int present, expected, left;
};

// Ends only when all are there at once.
static void meet(void *argument)
{
    struct meeting *meeting = argument;
    pthread_mutex_lock(&meeting->mutex);
    meeting->present++;
    pthread_cond_broadcast(&meeting->cond);
    while (meeting->present < meeting->expected)
        pthread_cond_wait(&meeting->cond, &meeting->mutex);
    pthread_mutex_unlock(&meeting->mutex);
    __atomic_add_fetch(&meeting->left, 1, __ATOMIC_RELEASE);
}

static void it_grows_to_its_maximum_while_jobs_block(void **state)
{
    struct meeting meeting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 8};
    struct pool *pool = pool_new("pool", 0, 8, 0);
    for (int i = 0; i < 8; i++)
        pool_add(pool, meet, &meeting);
    while (pool_waiting(pool) > 0) // one thread calls the next
        sched_yield();
    assert_int_equal(pool_threads(pool), 8);
    pool_free(pool);
    assert_int_equal(meeting.present, 8);
}

// The same meeting, but of threads that sleep already.
static void idle_threads_come_for_jobs_that_block(void **state)
{
    struct pool *pool = pool_new("pool", 0, 8, 0);
    for (int round = 0; round < 200; round++) {
        struct meeting meeting = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 8};
        for (int i = 0; i < 8; i++)
            pool_add(pool, meet, &meeting);
        pthread_mutex_lock(&meeting.mutex);
        while (meeting.present < 8)
            pthread_cond_wait(&meeting.cond, &meeting.mutex);
        pthread_mutex_unlock(&meeting.mutex);
        while (__atomic_load_n(&meeting.left, __ATOMIC_ACQUIRE) < 8)
            sched_yield(); // the meeting is on this stack
    }
    pool_free(pool);
}

struct order {
    size_t next;
    bool wrong;
};
struct order_job {
    struct order *order;
    size_t number;
};

static void check_order(void *argument)
{
    struct order_job *job = argument;
    job->order->wrong |= job->order->next++ != job->number;
}

static void one_thread_keeps_the_order(void **state)
{
    static struct order_job jobs[500];
    struct order order = {0};
    struct pool *pool = pool_new("pool", 1, 1, 0);
    for (size_t i = 0; i < 500; i++) {
        jobs[i] = (struct order_job){&order, i};
        pool_add(pool, check_order, &jobs[i]);
    }
    pool_free(pool);
    assert_false(order.wrong);
    assert_int_equal(order.next, 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_have_names_and_no_signals),
        cmocka_unit_test(freeing_runs_what_is_queued),
        cmocka_unit_test(jobs_may_add_jobs),
        cmocka_unit_test(it_grows_to_its_maximum_while_jobs_block),
        cmocka_unit_test(idle_threads_come_for_jobs_that_block),
        cmocka_unit_test(one_thread_keeps_the_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
