// SPDX-License-Identifier: Apache-2.0
// Threads and a pool of them.
//
// A pool runs jobs as straight-line blocking code. It starts threads as jobs wait for one, up to its maximum, and
// lets idle ones end after a while down to its minimum, so that an idle server is small.
#ifndef OS_THREAD_H
#define OS_THREAD_H

#include "base/err.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

typedef void thread_body(void *argument);
// A named thread (15 characters are kept) that must be joined.
pthread_t thread_start(const char *name, thread_body *body, void *argument, size_t stack_bytes);
void thread_join(pthread_t thread);
// Lets others run for about that long, real time: for backing off from a contended lock, and for nothing else (what
// waits for an instant waits in os/clock.h).
void thread_pause_us(uint64_t us);

struct pool;
struct pool *pool_new(const char *name, size_t threads_min, size_t threads_max, size_t stack_bytes);
void pool_add(struct pool *pool, thread_body *body, void *argument); // queued without limit; first come, first served
size_t pool_waiting(struct pool *pool);
size_t pool_threads(struct pool *pool);
void pool_free(struct pool *pool); // runs what is queued, then joins

#endif
