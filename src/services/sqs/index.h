// SPDX-License-Identifier: Apache-2.0
// A queue's index: which messages there are and when each becomes visible, in memory.
//
// The store is the truth; the index says where to look, so that a receive never scans and no two
// receives try the same message. A message is READY (visible, given out lowest sequence first),
// WAITING (delayed or in flight, ordered by the instant it becomes visible) or LEASED (a receive
// that has not committed yet looks at it).
//
// It is read from the store when the queue is first used, and then told of every change after the
// commit. It may be a little behind, never wrong for long: whoever leases a message locks its row
// and checks it there. A lease whose transaction was undone without a word is taken back after
// INDEX_LEASE_MS of real time.
//
// Threads: all functions from any thread; one mutex a queue, never held across a store call except
// for the first read. Limits: about 50 bytes of memory for each message in the queue.
#ifndef SQS_INDEX_H
#define SQS_INDEX_H

#include "lake/lake.h"

#define INDEX_LEASE_MS 10000

struct index;       // of all queues of a lake
struct queue_index; // of one queue; lives as long as the index

struct index *index_new(struct lake *lake);
void index_free(struct index *index); // takes NULL

// The index of a queue, read from the store if this is its first use. Messages below `first`
// (purged) are not in it.
enum err index_open(struct index *index, uint64_t queue_id, uint64_t first,
                    struct queue_index **out_queue) MUST_CHECK;
struct index *index_of(struct queue_index *queue);
uint64_t index_queue_id(const struct queue_index *queue);

// After commits. Adding what is known and changing what is not are without effect.
void index_add(struct queue_index *queue, uint64_t sequence, int64_t visible_ms, bool received,
               int64_t now_ms);
void index_set(struct queue_index *queue, uint64_t sequence, int64_t visible_ms, int64_t now_ms);
void index_remove(struct queue_index *queue, uint64_t sequence);
void index_purge(struct queue_index *queue,
                 uint64_t below); // forgets all messages below a sequence number

// Leases up to `max` ready messages; fewer when there are not as many.
size_t index_lease(struct queue_index *queue, int64_t now_ms, size_t max, uint64_t *out_sequences);
void index_release(struct queue_index *queue, uint64_t sequence,
                   int64_t now_ms); // a lease that came to nothing

// A receive that found nothing waits until `until_ms`: false when there is something ready after
// all. Wakes the queue's key on every change that gives waiting receives something to do.
bool index_await(struct queue_index *queue, int64_t now_ms, int64_t until_ms);
struct str index_wake_key(struct arena *arena, uint64_t queue_id);

struct index_counts {
    uint64_t visible, delayed, in_flight;
};
struct index_counts index_count(struct queue_index *queue, int64_t now_ms);

#endif
