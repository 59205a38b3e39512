// SPDX-License-Identifier: Apache-2.0
// The clock: the only source of time in Tarn.
//
// A clock is real, or virtual: a virtual one stands at an instant until a test advances it (optionally it also runs
// along with real time, with an offset: what `tarn serve --test-clock` uses). Everything that waits for a time waits
// here, so that advancing a virtual clock wakes it and no test ever sleeps.
//
// Threads: all functions may be called from any thread.
#ifndef OS_CLOCK_H
#define OS_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct clock;

struct clock *clock_new_real(void);
struct clock *clock_new_virtual(int64_t start_ms); // stands still
struct clock *clock_new_offset(void);              // real time plus an offset that clock_advance raises
void clock_free(struct clock *clock);

int64_t clock_now_ms(struct clock *clock);   // wall time, milliseconds since the epoch
int64_t clock_mono_us(struct clock *clock);  // for measuring durations; always real
void clock_advance(struct clock *clock, int64_t ms); // virtual and offset clocks only

// Waits on `cond` (its mutex held) until it is signalled, or `deadline_ms` of this clock has come: true when the
// deadline has passed. A virtual clock broadcasts every condition that is waited on when it is advanced.
// INT64_MAX waits for a signal only. Spurious returns are possible, as with pthread_cond_wait.
bool clock_wait(struct clock *clock, pthread_cond_t *cond, pthread_mutex_t *mutex, int64_t deadline_ms);

#endif
