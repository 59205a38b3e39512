// SPDX-License-Identifier: Apache-2.0
// Removes blobs that no transaction ever named: what uploads that ended with the process, or were given up, left behind.
//
// One thread looks at the start and then once a day, for files old enough that no request can still be about to name
// them. It waits on the lake's clock, and ends at once when the lake does.
#include "lake/lake_internal.h"

#include <stdlib.h>

#define SWEEP_EVERY_MS ((int64_t)24 * 60 * 60 * 1000)
#define UNNAMED_MS_MAX ((int64_t)24 * 60 * 60 * 1000) // longer than any request lasts
#define STACK_BYTES ((size_t)256 * 1024)

struct sweeper {
    struct lake *lake;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t stop;
    bool stopping;
};

static void sweep_once(struct lake *lake)
{
    struct error error = {0};
    size_t removed = 0;
    if (blob_sweep(lake_store(lake), UNNAMED_MS_MAX, &removed, &error) != OK)
        log_event(lake_log(lake), LOG_ERROR, "sweep", "%s", error.text);
    else if (removed)
        log_event(lake_log(lake), LOG_INFO, "sweep", "removed %zu files that no object names", removed);
}

static void sweep_loop(void *argument)
{
    struct sweeper *sweeper = argument;
    struct clock *clock = lake_clock(sweeper->lake);
    pthread_mutex_lock(&sweeper->mutex);
    while (!sweeper->stopping) {
        pthread_mutex_unlock(&sweeper->mutex);
        sweep_once(sweeper->lake);
        int64_t next_ms = clock_now_ms(clock) + SWEEP_EVERY_MS;
        pthread_mutex_lock(&sweeper->mutex);
        while (!sweeper->stopping && !clock_wait(clock, &sweeper->stop, &sweeper->mutex, next_ms))
            ;
    }
    pthread_mutex_unlock(&sweeper->mutex);
}

struct sweeper *sweeper_new(struct lake *lake)
{
    struct sweeper *sweeper = calloc(1, sizeof *sweeper);
    if (!sweeper)
        abort();
    sweeper->lake = lake;
    pthread_mutex_init(&sweeper->mutex, NULL);
    pthread_cond_init(&sweeper->stop, NULL);
    sweeper->thread = thread_start("sweep", sweep_loop, sweeper, STACK_BYTES);
    return sweeper;
}

void sweeper_free(struct sweeper *sweeper)
{
    if (!sweeper)
        return;
    pthread_mutex_lock(&sweeper->mutex);
    sweeper->stopping = true;
    pthread_cond_broadcast(&sweeper->stop);
    pthread_mutex_unlock(&sweeper->mutex);
    thread_join(sweeper->thread);
    pthread_cond_destroy(&sweeper->stop);
    pthread_mutex_destroy(&sweeper->mutex);
    free(sweeper);
}
