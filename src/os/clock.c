// SPDX-License-Identifier: Apache-2.0
// One code for all three kinds: now = base + offset, where base is the real time or a constant.
//
// Advancing must not lose a wake-up: a waiter looks at the time with its mutex held and only then
// sleeps, so the broadcast must come with that mutex held too. Waiters are therefore listed with
// their mutex; clock_advance takes each one by trylock (the order elsewhere is mutex first, list
// second) and lets the list go between tries.
#include "os/clock.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

enum clock_kind { CLOCK_KIND_REAL, CLOCK_KIND_VIRTUAL, CLOCK_KIND_OFFSET };

struct waiter {
    struct waiter *next;
    struct waiter **link;
    pthread_cond_t *cond;
    pthread_mutex_t *mutex;
    uint64_t woken_by; // the advance that has broadcast this one
};

struct clock {
    enum clock_kind kind;
    int64_t offset_ms; // atomic; a virtual clock's whole time
    pthread_mutex_t lock;
    struct waiter *waiters; // under lock
    uint64_t advances;      // under lock
};

static struct clock *clock_new(enum clock_kind kind, int64_t offset_ms)
{
    struct clock *clock = calloc(1, sizeof *clock);
    assert(clock);
    clock->kind = kind;
    clock->offset_ms = offset_ms;
    pthread_mutex_init(&clock->lock, NULL);
    return clock;
}

struct clock *clock_new_real(void)
{
    return clock_new(CLOCK_KIND_REAL, 0);
}

struct clock *clock_new_virtual(int64_t start_ms)
{
    return clock_new(CLOCK_KIND_VIRTUAL, start_ms);
}

struct clock *clock_new_offset(void)
{
    return clock_new(CLOCK_KIND_OFFSET, 0);
}

void clock_free(struct clock *clock)
{
    if (!clock)
        return;
    assert(!clock->waiters);
    pthread_mutex_destroy(&clock->lock);
    free(clock);
}

int64_t clock_now_ms(struct clock *clock)
{
    int64_t offset_ms = __atomic_load_n(&clock->offset_ms, __ATOMIC_ACQUIRE);
    if (clock->kind == CLOCK_KIND_VIRTUAL)
        return offset_ms;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000 + offset_ms;
}

int64_t clock_mono_us(struct clock *clock)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

// The next waiter whose mutex could be had; *out_left says whether others are still to be woken.
static struct waiter *take_waiter(struct clock *clock, uint64_t advance, bool *out_left)
{
    *out_left = false;
    for (struct waiter *w = clock->waiters; w; w = w->next) {
        if (w->woken_by >= advance)
            continue;
        *out_left = true;
        if (pthread_mutex_trylock(w->mutex) == 0)
            return w;
    }
    return NULL;
}

void clock_advance(struct clock *clock, int64_t ms)
{
    assert(clock->kind != CLOCK_KIND_REAL && ms >= 0);
    __atomic_add_fetch(&clock->offset_ms, ms, __ATOMIC_ACQ_REL);
    pthread_mutex_lock(&clock->lock);
    uint64_t advance = ++clock->advances;
    for (bool left = true; left;) {
        struct waiter *w = take_waiter(clock, advance, &left);
        if (w) {
            w->woken_by = advance;
            pthread_cond_broadcast(w->cond);
            pthread_mutex_unlock(w->mutex);
        } else if (left) {
            pthread_mutex_unlock(&clock->lock);
            sched_yield();
            pthread_mutex_lock(&clock->lock);
        }
    }
    pthread_mutex_unlock(&clock->lock);
}

static void waiter_enlist(struct clock *clock, struct waiter *w)
{
    pthread_mutex_lock(&clock->lock);
    w->woken_by = clock->advances;
    w->next = clock->waiters;
    w->link = &clock->waiters;
    if (w->next)
        w->next->link = &w->next;
    clock->waiters = w;
    pthread_mutex_unlock(&clock->lock);
}

static void waiter_delist(struct clock *clock, struct waiter *w)
{
    pthread_mutex_lock(&clock->lock);
    *w->link = w->next;
    if (w->next)
        w->next->link = w->link;
    pthread_mutex_unlock(&clock->lock);
}

static void wait_real(struct clock *clock, pthread_cond_t *cond, pthread_mutex_t *mutex,
                      int64_t deadline_ms)
{
    if (deadline_ms == INT64_MAX || clock->kind == CLOCK_KIND_VIRTUAL) {
        pthread_cond_wait(cond, mutex);
        return;
    }
    int64_t real_ms = deadline_ms - __atomic_load_n(&clock->offset_ms, __ATOMIC_ACQUIRE);
    if (real_ms <= 0)
        return;
    struct timespec until = {real_ms / 1000, real_ms % 1000 * 1000000};
    pthread_cond_clockwait(cond, mutex, CLOCK_REALTIME, &until);
}

bool clock_wait(struct clock *clock, pthread_cond_t *cond, pthread_mutex_t *mutex,
                int64_t deadline_ms)
{
    struct waiter waiter = {.cond = cond, .mutex = mutex};
    bool listed = clock->kind != CLOCK_KIND_REAL && deadline_ms != INT64_MAX;
    if (listed)
        waiter_enlist(clock, &waiter);
    if (clock_now_ms(clock) < deadline_ms)
        wait_real(clock, cond, mutex, deadline_ms);
    if (listed)
        waiter_delist(clock, &waiter);
    return deadline_ms != INT64_MAX && clock_now_ms(clock) >= deadline_ms;
}
