// SPDX-License-Identifier: Apache-2.0
// Handing out: a heap in memory of what is due first, and the leases.
//
// The heap holds (due, id) of every row of KEYSPACE_TASK_DUE up to a horizon; rows behind it are
// read, a chunk at a time, when the heap has run empty. So the scan starts where the last one ended
// and never walks over the tombstones of finished tasks, and memory does not grow with a long
// queue.
//
// Heap entries are hints, and the row is the truth: an entry whose row is gone, or is due at
// another time, is dropped when it comes up; one that comes up while its task is leased is
// remembered in the lease. Hence a task may be in the heap twice without harm, and must never be
// missing: every commit that adds or moves a task announces it afterwards, and reading a chunk
// under the lock sees whatever was committed before.
//
// Waiting: of all idle runners one waits for the earliest due time, the others for a signal.
// Whoever takes a task, or wakes up for any reason, passes the signal on when there is more to do
// or to wait for.
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_ROWS 4096
#define HEAP_ENTRIES_MAX (4 * CHUNK_ROWS)
#define LEASES_MIN 64

struct entry {
    int64_t due_ms;
    uint64_t id;
};

struct lease {
    uint64_t id; // 0: a free slot; ids start at 1
    bool ended;  // its row is gone or was announced anew
    bool again;  // it came up while leased:
    int64_t again_due_ms;
};

struct task_queue {
    struct store *store;
    pthread_mutex_t lock; // all below
    pthread_cond_t changed;
    struct entry *heap;
    size_t count, capacity;
    struct entry horizon; // rows up to and including this one were read or announced
    bool has_all;         // there is nothing behind the horizon
    bool loaded;          // the first chunk was read
    struct lease *leases; // open addressing, linear probing
    size_t lease_count, lease_slots;
    int64_t waited_for_ms; // what the one timed waiter waits for; INT64_MAX: there is none
    bool stopped;
};

// --- the heap

static bool entry_less(struct entry a, struct entry b)
{
    return a.due_ms < b.due_ms || (a.due_ms == b.due_ms && a.id < b.id);
}

static void heap_push(struct task_queue *queue, struct entry entry)
{
    if (queue->count == queue->capacity) {
        queue->capacity = queue->capacity ? queue->capacity * 2 : 64;
        queue->heap = realloc(queue->heap, queue->capacity * sizeof *queue->heap);
        assert(queue->heap);
    }
    size_t at = queue->count++;
    for (; at > 0 && entry_less(entry, queue->heap[(at - 1) / 2]); at = (at - 1) / 2)
        queue->heap[at] = queue->heap[(at - 1) / 2];
    queue->heap[at] = entry;
}

static int entry_cmp(const void *a, const void *b)
{
    return entry_less(*(const struct entry *)a, *(const struct entry *)b) ? -1 : 1;
}

// Draws the horizon nearer: what is behind it is on disk anyway. Entries of tasks that were
// cancelled long before they were due leave this way too.
static void heap_trim(struct task_queue *queue)
{
    qsort(queue->heap, queue->count, sizeof *queue->heap, entry_cmp); // sorted is a heap
    queue->count = CHUNK_ROWS;
    queue->horizon = queue->heap[queue->count - 1];
    queue->has_all = false;
}

static struct entry heap_pop(struct task_queue *queue)
{
    struct entry top = queue->heap[0], last = queue->heap[--queue->count];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < queue->count; at = child) {
        if (child + 1 < queue->count && entry_less(queue->heap[child + 1], queue->heap[child]))
            child++;
        if (!entry_less(queue->heap[child], last))
            break;
        queue->heap[at] = queue->heap[child];
    }
    if (queue->count > 0)
        queue->heap[at] = last;
    return top;
}

// --- the leases

static size_t lease_home(const struct task_queue *queue, uint64_t id)
{
    return (size_t)(id * 0x9e3779b97f4a7c15u >> 32) & (queue->lease_slots - 1);
}

static struct lease *lease_find(struct task_queue *queue, uint64_t id)
{
    for (size_t at = lease_home(queue, id); queue->leases[at].id != 0;
         at = (at + 1) & (queue->lease_slots - 1))
        if (queue->leases[at].id == id)
            return &queue->leases[at];
    return NULL;
}

static void lease_insert(struct task_queue *queue, struct lease lease)
{
    size_t at = lease_home(queue, lease.id);
    while (queue->leases[at].id != 0)
        at = (at + 1) & (queue->lease_slots - 1);
    queue->leases[at] = lease;
}

static void lease_add(struct task_queue *queue, uint64_t id)
{
    if (2 * (queue->lease_count + 1) > queue->lease_slots) {
        struct lease *old = queue->leases;
        size_t old_slots = queue->lease_slots;
        queue->lease_slots *= 2;
        queue->leases = calloc(queue->lease_slots, sizeof *queue->leases);
        assert(queue->leases);
        for (size_t i = 0; i < old_slots; i++)
            if (old[i].id != 0)
                lease_insert(queue, old[i]);
        free(old);
    }
    lease_insert(queue, (struct lease){.id = id});
    queue->lease_count++;
}

// Removes it and moves back what was pushed behind it.
static struct lease lease_take(struct task_queue *queue, struct lease *lease)
{
    struct lease taken = *lease;
    size_t mask = queue->lease_slots - 1, hole = (size_t)(lease - queue->leases);
    for (size_t at = (hole + 1) & mask; queue->leases[at].id != 0; at = (at + 1) & mask) {
        size_t home = lease_home(queue, queue->leases[at].id);
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        queue->leases[hole] = queue->leases[at];
        hole = at;
    }
    queue->leases[hole].id = 0;
    queue->lease_count--;
    return taken;
}

// --- reading rows

// Reads the next chunk behind the horizon. With the lock held: an announcement that comes later is
// compared with the new horizon, and one that came before was committed before this scan began.
static enum err load(struct task_queue *queue)
{
    struct tx *tx = tx_begin(queue->store, true);
    struct key prefix, from;
    key_start(&prefix, KEYSPACE_TASK_DUE);
    key_u64(key_i64(key_start(&from, KEYSPACE_TASK_DUE), queue->horizon.due_ms),
            queue->horizon.id + 1);
    struct scan *scan = scan_open(tx, &prefix, queue->loaded ? &from : NULL, false);
    struct str key, value;
    enum err result = OK;
    for (size_t rows = 0; rows < CHUNK_ROWS && (result = scan_next(scan, &key, &value)) == OK;
         rows++) {
        struct cursor cursor = key_cursor(key);
        struct entry entry = {.due_ms = key_take_i64(&cursor)};
        entry.id = key_take_u64(&cursor);
        heap_push(queue, entry);
        queue->horizon = entry;
    }
    scan_close(scan);
    tx_abort(tx);
    queue->loaded = true;
    queue->has_all = result == ERR_NOT_FOUND;
    return queue->has_all ? OK : result;
}

// The row of a task that was just leased. ERR_NOT_FOUND when the heap's entry was out of date.
static enum err read_leased(struct task_queue *queue, struct entry entry, struct arena *arena,
                            struct task *out_task)
{
    struct task task;
    struct tx *tx = tx_begin(queue->store, true);
    enum err result = task_read_row(tx, arena, entry.id, false, &task);
    tx_abort(tx);
    TRY(result);
    if (task.due_ms != entry.due_ms)
        return ERR_NOT_FOUND; // moved: the other entry counts
    *out_task = task;
    return OK;
}

// --- the queue

struct task_queue *task_queue_new(struct store *store)
{
    struct task_queue *queue = calloc(1, sizeof *queue);
    assert(queue);
    queue->store = store;
    queue->lease_slots = LEASES_MIN;
    queue->leases = calloc(queue->lease_slots, sizeof *queue->leases);
    assert(queue->leases);
    queue->waited_for_ms = INT64_MAX;
    pthread_mutex_init(&queue->lock, NULL);
    pthread_cond_init(&queue->changed, NULL);
    struct task_queue *none = NULL;
    bool is_only = __atomic_compare_exchange_n(&store->queue, &none, queue, false, __ATOMIC_ACQ_REL,
                                               __ATOMIC_ACQUIRE);
    assert(is_only);
    return queue;
}

void task_queue_free(struct task_queue *queue)
{
    if (!queue)
        return;
    __atomic_store_n(&queue->store->queue, NULL, __ATOMIC_RELEASE);
    pthread_mutex_destroy(&queue->lock);
    pthread_cond_destroy(&queue->changed);
    free(queue->heap);
    free(queue->leases);
    free(queue);
}

void task_queue_stop(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->stopped = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

static void add_entry(struct task_queue *queue, struct entry entry)
{
    bool is_behind = !queue->has_all && entry_less(queue->horizon, entry);
    if (!queue->loaded || is_behind)
        return; // read from the store when its time comes
    heap_push(queue, entry);
    if (queue->count > HEAP_ENTRIES_MAX)
        heap_trim(queue);
    if (queue->heap[0].id == entry.id)
        pthread_cond_signal(&queue->changed);
}

void task_queue_notice(struct store *store, const struct task_change *change)
{
    struct task_queue *queue = __atomic_load_n(&store->queue, __ATOMIC_ACQUIRE);
    if (!queue)
        return;
    pthread_mutex_lock(&queue->lock);
    struct lease *lease = change->ends_lease ? lease_find(queue, change->id) : NULL;
    if (lease)
        lease->ended = true;
    if (!change->removed)
        add_entry(queue, (struct entry){change->due_ms, change->id});
    pthread_mutex_unlock(&queue->lock);
}

// The next entry that is due and not leased, or false; *out_next_ms is then when to look again.
static bool next_due(struct task_queue *queue, int64_t now_ms, struct entry *out_entry,
                     int64_t *out_next_ms)
{
    while (queue->count > 0 && queue->heap[0].due_ms <= now_ms) {
        struct entry entry = heap_pop(queue);
        struct lease *lease = lease_find(queue, entry.id);
        if (!lease) {
            *out_entry = entry;
            return true;
        }
        lease->again = true;
        lease->again_due_ms = entry.due_ms;
    }
    *out_next_ms = queue->count > 0 ? queue->heap[0].due_ms : INT64_MAX;
    return false;
}

// Fills the heap when it has run empty and there is more.
static enum err fill(struct task_queue *queue)
{
    while (queue->count == 0 && !(queue->loaded && queue->has_all))
        TRY(load(queue));
    return OK;
}

static void wait(struct task_queue *queue, int64_t next_ms)
{
    bool is_timed = next_ms < queue->waited_for_ms;
    if (is_timed)
        queue->waited_for_ms = next_ms;
    clock_wait(queue->store->clock, &queue->changed, &queue->lock, is_timed ? next_ms : INT64_MAX);
    if (is_timed && queue->waited_for_ms == next_ms)
        queue->waited_for_ms = INT64_MAX;
}

// Takes the next due entry and leases it: with the lock held. ERR_NOT_FOUND: nothing is due before
// *out_next_ms.
static enum err take(struct task_queue *queue, struct entry *out_entry, int64_t *out_next_ms)
{
    if (queue->stopped)
        return ERR_CANCELLED;
    TRY(fill(queue));
    bool found = next_due(queue, clock_now_ms(queue->store->clock), out_entry, out_next_ms);
    if (!found && queue->count == 0 && !queue->has_all)
        return take(queue, out_entry, out_next_ms); // all of the chunk was leased
    if (!found)
        return ERR_NOT_FOUND;
    lease_add(queue, out_entry->id);
    if (queue->count > 0 || !queue->has_all)
        pthread_cond_signal(&queue->changed); // for the next one, and for its due time
    return OK;
}

static enum err lease_next(struct task_queue *queue, struct arena *arena, bool patient,
                           struct task *out_task)
{
    for (;;) {
        struct entry entry;
        int64_t next_ms = INT64_MAX;
        pthread_mutex_lock(&queue->lock);
        enum err result;
        while ((result = take(queue, &entry, &next_ms)) == ERR_NOT_FOUND && patient)
            wait(queue, next_ms);
        pthread_mutex_unlock(&queue->lock);
        TRY(result);
        result = read_leased(queue, entry, arena, out_task);
        if (result == OK)
            return OK;
        if (result != ERR_NOT_FOUND) {
            log_event(queue->store->log, LOG_ERROR, "store", "task %llu can not be read: %s",
                      (unsigned long long)entry.id, err_name(result));
            continue; // stays leased, lest it comes up again and again
        }
        pthread_mutex_lock(&queue->lock);
        struct lease lease = lease_take(queue, lease_find(queue, entry.id));
        if (lease.again)
            add_entry(queue, (struct entry){lease.again_due_ms, entry.id});
        pthread_mutex_unlock(&queue->lock);
    }
}

enum err task_lease(struct task_queue *queue, struct arena *arena, struct task *out_task)
{
    return lease_next(queue, arena, true, out_task);
}

enum err task_try_lease(struct task_queue *queue, struct arena *arena, struct task *out_task)
{
    return lease_next(queue, arena, false, out_task);
}

// When a task shall come up again though nobody has announced it: its row is there, and the runner
// gave it back.
static enum err due_of_row(struct task_queue *queue, uint64_t id, int64_t *out_due_ms)
{
    struct arena arena;
    arena_init(&arena);
    struct task task;
    struct tx *tx = tx_begin(queue->store, true);
    enum err found = task_read_row(tx, &arena, id, false, &task);
    tx_abort(tx);
    if (found == OK)
        *out_due_ms = task.due_ms;
    arena_deinit(&arena);
    return found;
}

void task_release(struct task_queue *queue, uint64_t id)
{
    pthread_mutex_lock(&queue->lock);
    struct lease *lease = lease_find(queue, id);
    bool undecided = lease && !lease->ended;
    pthread_mutex_unlock(&queue->lock);
    int64_t due_ms = 0;
    bool is_there = undecided && due_of_row(queue, id, &due_ms) == OK;

    pthread_mutex_lock(&queue->lock);
    lease = lease_find(queue, id);
    if (lease) {
        struct lease ended = lease_take(queue, lease);
        if (ended.again)
            add_entry(queue, (struct entry){ended.again_due_ms, id});
        if (is_there && !(ended.again && ended.again_due_ms == due_ms))
            add_entry(queue, (struct entry){due_ms, id});
    }
    pthread_mutex_unlock(&queue->lock);
}

size_t task_count(struct task_queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    size_t count = queue->count + queue->lease_count;
    pthread_mutex_unlock(&queue->lock);
    return count;
}
