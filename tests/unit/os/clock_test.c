// SPDX-License-Identifier: Apache-2.0
#include "os/clock.h"

#include "os/thread.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void a_virtual_clock_stands_until_advanced(void **state)
{
    struct clock *clock = clock_new_virtual(5000);
    assert_int_equal(clock_now_ms(clock), 5000);
    clock_advance(clock, 250);
    assert_int_equal(clock_now_ms(clock), 5250);
    clock_free(clock);
    clock_free(NULL);
}

static void real_and_offset_clocks_run(void **state)
{
    struct clock *real = clock_new_real(), *offset = clock_new_offset();
    int64_t before = clock_now_ms(real), between = clock_now_ms(offset);
    assert_true(before > 1600000000000 && between >= before && between < before + 60000);
    clock_advance(offset, 3600000);
    assert_true(clock_now_ms(offset) >= before + 3600000);
    assert_true(clock_mono_us(real) <= clock_mono_us(real));
    clock_free(real);
    clock_free(offset);
}

static void a_deadline_that_has_passed_does_not_wait(void **state)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct clock *clocks[] = {clock_new_real(), clock_new_virtual(1000), clock_new_offset()};
    for (int i = 0; i < 3; i++) {
        pthread_mutex_lock(&mutex);
        assert_true(clock_wait(clocks[i], &cond, &mutex, clock_now_ms(clocks[i])));
        assert_true(clock_wait(clocks[i], &cond, &mutex, INT64_MIN));
        pthread_mutex_unlock(&mutex);
        clock_free(clocks[i]);
    }
}

static void real_time_passes(void **state)
{
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
    struct clock *clock = clock_new_real();
    int64_t deadline_ms = clock_now_ms(clock) + 5;
    pthread_mutex_lock(&mutex);
    while (!clock_wait(clock, &cond, &mutex, deadline_ms))
        ;
    assert_true(clock_now_ms(clock) >= deadline_ms);
    pthread_mutex_unlock(&mutex);
    clock_free(clock);
}

// --- many waiters, each for its own instant, while the clock is advanced

#define WAITERS 16
#define ROUNDS 200

struct waiters {
    struct clock *clock;
    pthread_mutex_t mutex; // the counters
    pthread_cond_t cond;   // shared by half of the waiters
    int finished;
};

struct waiter_job {
    struct waiters *all;
    int64_t step_ms;
};

static void wait_often(void *argument)
{
    struct waiter_job *job = argument;
    struct waiters *all = job->all;
    pthread_mutex_t own_mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t own_cond = PTHREAD_COND_INITIALIZER;
    bool shares = job->step_ms % 2 == 0;
    pthread_mutex_t *mutex = shares ? &all->mutex : &own_mutex;
    pthread_cond_t *cond = shares ? &all->cond : &own_cond;
    for (int round = 1; round <= ROUNDS; round++) {
        int64_t deadline_ms = round * job->step_ms;
        pthread_mutex_lock(mutex);
        while (!clock_wait(all->clock, cond, mutex, deadline_ms))
            ;
        assert_true(clock_now_ms(all->clock) >= deadline_ms);
        pthread_mutex_unlock(mutex);
    }
    pthread_mutex_lock(&all->mutex);
    all->finished++;
    pthread_mutex_unlock(&all->mutex);
}

static void no_wake_up_is_lost(void **state)
{
    struct waiters all = {.clock = clock_new_virtual(0),
                          .mutex = PTHREAD_MUTEX_INITIALIZER,
                          .cond = PTHREAD_COND_INITIALIZER};
    struct waiter_job jobs[WAITERS];
    pthread_t threads[WAITERS];
    for (int i = 0; i < WAITERS; i++) {
        jobs[i] = (struct waiter_job){&all, i + 1};
        threads[i] = thread_start("waiter", wait_often, &jobs[i], 0);
    }
    // Exactly to the last deadline and not beyond: a lost wake-up would hang.
    for (int i = 0; i < WAITERS * ROUNDS; i++)
        clock_advance(all.clock, 1);
    for (int i = 0; i < WAITERS; i++)
        thread_join(threads[i]);
    assert_int_equal(all.finished, WAITERS);
    clock_free(all.clock);
}

static void signal_it(void *argument)
{
    struct waiters *all = argument;
    pthread_mutex_lock(&all->mutex);
    all->finished = 1;
    pthread_cond_signal(&all->cond);
    pthread_mutex_unlock(&all->mutex);
}

static void a_signal_wakes_without_a_deadline(void **state)
{
    struct clock *clocks[] = {clock_new_real(), clock_new_virtual(1000), clock_new_offset()};
    for (int i = 0; i < 3; i++) {
        struct waiters all = {.clock = clocks[i],
                              .mutex = PTHREAD_MUTEX_INITIALIZER,
                              .cond = PTHREAD_COND_INITIALIZER};
        pthread_mutex_lock(&all.mutex);
        pthread_t thread = thread_start("signal", signal_it, &all, 0);
        while (!all.finished)
            assert_false(clock_wait(all.clock, &all.cond, &all.mutex, INT64_MAX));
        pthread_mutex_unlock(&all.mutex);
        thread_join(thread);
        clock_free(clocks[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_virtual_clock_stands_until_advanced),
        cmocka_unit_test(real_and_offset_clocks_run),
        cmocka_unit_test(a_deadline_that_has_passed_does_not_wait),
        cmocka_unit_test(real_time_passes),
        cmocka_unit_test(no_wake_up_is_lost),
        cmocka_unit_test(a_signal_wakes_without_a_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
