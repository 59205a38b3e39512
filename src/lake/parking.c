// SPDX-License-Identifier: Apache-2.0
// Parked calls sit in a hash table of lists by key, guarded by one mutex that is never held while a
// call is resumed. Deadlines are found by walking the table: there are as many entries as open long
// polls, hundreds at most, and the walk happens once a deadline.
#include "lake/parking.h"

#include "os/thread.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SLOTS 1024 // a power of two

struct parked {
    struct parked *next;
    uint64_t hash;
    int64_t deadline_ms;
    parking_resume *resume;
    void *context;
    bool deadline_passed;
    size_t key_len;
    char key[];
};

struct parking {
    struct clock *clock;
    pthread_mutex_t mutex;
    pthread_cond_t changed; // an earlier deadline, or stopping
    pthread_t thread;
    bool thread_started, stopping;
    uint64_t epoch;
    uint64_t woken[SLOTS]; // epoch of the last wake of a key in this slot
    struct parked *lists[SLOTS];
    size_t count;
};

struct parking *parking_new(struct clock *clock)
{
    struct parking *parking = calloc(1, sizeof *parking);
    if (!parking)
        abort();
    parking->clock = clock;
    pthread_mutex_init(&parking->mutex, NULL);
    pthread_cond_init(&parking->changed, NULL);
    return parking;
}

static void resume_all(struct parked *parked)
{
    while (parked) {
        struct parked *next = parked->next;
        parked->resume(parked->context, parked->deadline_passed);
        free(parked);
        parked = next;
    }
}

// Takes off the lot whoever's deadline has come; *out_next is the earliest deadline left. Mutex
// held.
static struct parked *take_due(struct parking *parking, int64_t now_ms, int64_t *out_next)
{
    struct parked *due = NULL;
    *out_next = INT64_MAX;
    for (size_t slot = 0; slot < SLOTS; slot++) {
        for (struct parked **at = &parking->lists[slot]; *at;) {
            struct parked *parked = *at;
            if (parked->deadline_ms > now_ms) {
                if (parked->deadline_ms < *out_next)
                    *out_next = parked->deadline_ms;
                at = &parked->next;
                continue;
            }
            *at = parked->next;
            parked->deadline_passed = true;
            parked->next = due;
            due = parked;
            parking->count--;
        }
    }
    return due;
}

static void watch_deadlines(void *argument)
{
    struct parking *parking = argument;
    pthread_mutex_lock(&parking->mutex);
    while (!parking->stopping) {
        int64_t next_ms;
        struct parked *due = take_due(parking, clock_now_ms(parking->clock), &next_ms);
        if (due) {
            pthread_mutex_unlock(&parking->mutex);
            resume_all(due);
            pthread_mutex_lock(&parking->mutex);
            continue;
        }
        clock_wait(parking->clock, &parking->changed, &parking->mutex, next_ms);
    }
    pthread_mutex_unlock(&parking->mutex);
}

void parking_stop(struct parking *parking)
{
    pthread_mutex_lock(&parking->mutex);
    bool stopped_before = parking->stopping;
    parking->stopping = true;
    pthread_cond_broadcast(&parking->changed);
    pthread_mutex_unlock(&parking->mutex);
    if (stopped_before)
        return;
    if (parking->thread_started)
        thread_join(parking->thread);
    int64_t next_ms;
    pthread_mutex_lock(&parking->mutex);
    struct parked *everybody = take_due(parking, INT64_MAX, &next_ms);
    pthread_mutex_unlock(&parking->mutex);
    resume_all(everybody);
}

void parking_free(struct parking *parking)
{
    if (!parking)
        return;
    parking_stop(parking);
    pthread_cond_destroy(&parking->changed);
    pthread_mutex_destroy(&parking->mutex);
    free(parking);
}

uint64_t parking_epoch(struct parking *parking)
{
    pthread_mutex_lock(&parking->mutex);
    uint64_t epoch = parking->epoch;
    pthread_mutex_unlock(&parking->mutex);
    return epoch;
}

void parking_park(struct parking *parking, struct str key, int64_t deadline_ms, uint64_t seen_epoch,
                  parking_resume *resume, void *context)
{
    struct parked *parked = malloc(sizeof *parked + key.len);
    if (!parked)
        abort();
    *parked = (struct parked){.hash = str_hash(key),
                              .deadline_ms = deadline_ms,
                              .resume = resume,
                              .context = context,
                              .key_len = key.len};
    memcpy(parked->key, key.ptr, key.len);
    size_t slot = parked->hash & (SLOTS - 1);

    pthread_mutex_lock(&parking->mutex);
    if (parking->woken[slot] > seen_epoch || parking->stopping) {
        parked->deadline_passed = parking->stopping;
        pthread_mutex_unlock(&parking->mutex);
        resume_all(parked);
        return;
    }
    parked->next = parking->lists[slot];
    parking->lists[slot] = parked;
    parking->count++;
    if (!parking->thread_started) {
        parking->thread_started = true;
        parking->thread = thread_start("parking", watch_deadlines, parking, 64 * 1024);
    }
    pthread_cond_signal(&parking->changed);
    pthread_mutex_unlock(&parking->mutex);
}

void parking_wake(struct parking *parking, struct str key)
{
    uint64_t hash = str_hash(key);
    size_t slot = hash & (SLOTS - 1);
    struct parked *woken = NULL;
    pthread_mutex_lock(&parking->mutex);
    parking->woken[slot] = ++parking->epoch;
    for (struct parked **at = &parking->lists[slot]; *at;) {
        struct parked *parked = *at;
        if (parked->hash != hash || !str_eq(str_n(parked->key, parked->key_len), key)) {
            at = &parked->next;
            continue;
        }
        *at = parked->next;
        parked->next = woken;
        woken = parked;
        parking->count--;
    }
    pthread_mutex_unlock(&parking->mutex);
    resume_all(woken);
}

size_t parking_count(struct parking *parking)
{
    pthread_mutex_lock(&parking->mutex);
    size_t count = parking->count;
    pthread_mutex_unlock(&parking->mutex);
    return count;
}
