// SPDX-License-Identifier: Apache-2.0
// The parking lot: calls that wait for a key to be woken or a deadline to pass, holding no thread.
//
// A wake between a handler's look at the store and its parking must not be missed. Every wake raises an epoch; whoever
// is about to run a handler that may park takes the epoch first, and parking with an older epoch than that of the last
// wake of its key resumes at once. (The lot remembers the last wake by a small table of hashed keys, so two keys may
// share a slot: that costs a needless run, never a missed one.)
//
// One thread waits for deadlines on the lake's clock; it starts with the first parked call.
#ifndef LAKE_PARKING_H
#define LAKE_PARKING_H

#include "base/log.h"
#include "os/clock.h"
#include "base/str.h"

struct parking;
typedef void parking_resume(void *context, bool deadline_passed);

struct parking *parking_new(struct clock *clock);
// Resumes everybody as if their deadlines had passed; who parks from now on is resumed at once, the same way.
void parking_stop(struct parking *parking);
void parking_free(struct parking *parking); // stops first; takes NULL
uint64_t parking_epoch(struct parking *parking);
void parking_park(struct parking *parking, struct str key, int64_t deadline_ms, uint64_t seen_epoch,
                  parking_resume *resume, void *context);
void parking_wake(struct parking *parking, struct str key);
size_t parking_count(struct parking *parking);

#endif
