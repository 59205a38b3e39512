// SPDX-License-Identifier: Apache-2.0
// Entries live in one array with a free list; an open-addressed table finds them by sequence
// number; two binary heaps of entry numbers order them (ready: by sequence, waiting: by instant).
// Leased entries are in no heap but in a ring of leases, oldest first, so that forgotten leases are
// found at the front.
//
// Callbacks of different commits may arrive in another order than the commits: an entry may thus
// outlive its message for a moment (the next lease finds no row and removes it); it is never lost,
// as only the commit that made the message adds it.
#include "services/sqs/index.h"

#include "services/sqs/message.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define SLOTS 256

enum place { FREE, READY, WAITING, LEASED };
struct entry {
    uint64_t sequence;
    int64_t visible_ms;
    uint32_t at; // position in its heap; next free entry
    uint8_t place;
    bool received; // in flight rather than delayed, while it waits
};

struct heap {
    uint32_t *entries;
    size_t count, capacity;
};

struct lease {
    uint64_t sequence;
    int64_t until_us; // monotonic
};

struct queue_index {
    struct index *index;
    struct queue_index *next;
    uint64_t id;
    uint64_t first; // messages below are purged
    bool loaded;
    pthread_mutex_t mutex;
    struct entry *entries;
    size_t entry_count, entry_capacity;
    uint32_t free_entry;
    uint32_t *table; // entry number + 1, or 0
    size_t table_slots, live;
    struct heap ready, waiting;
    uint64_t delayed, in_flight; // of those that wait
    struct lease *leases;        // ring
    size_t lease_head, lease_count, lease_capacity;
    int64_t awaited_until_ms; // some receive may be waiting until then
    int64_t alarm_ms;         // an alarm is set for this instant
};

struct index {
    struct lake *lake;
    pthread_mutex_t mutex; // of the lists
    struct queue_index *slots[SLOTS];
};

static void *grown(void *items, size_t *capacity, size_t needed, size_t item_bytes)
{
    if (needed <= *capacity)
        return items;
    size_t wanted = *capacity ? *capacity * 2 : 16;
    while (wanted < needed)
        wanted *= 2;
    items = realloc(items, wanted * item_bytes);
    if (!items)
        abort();
    *capacity = wanted;
    return items;
}

// --- the table: linear probing, deletion by moving back

static size_t slot_of(const struct queue_index *queue, uint64_t sequence)
{
    return (size_t)((sequence * 0x9E3779B97F4A7C15u) >> 20) & (queue->table_slots - 1);
}

static uint32_t table_find(const struct queue_index *queue, uint64_t sequence)
{
    if (!queue->table_slots)
        return NONE;
    for (size_t slot = slot_of(queue, sequence); queue->table[slot];
         slot = (slot + 1) & (queue->table_slots - 1))
        if (queue->entries[queue->table[slot] - 1].sequence == sequence)
            return queue->table[slot] - 1;
    return NONE;
}

static void table_put(struct queue_index *queue, uint32_t number)
{
    size_t slot = slot_of(queue, queue->entries[number].sequence);
    while (queue->table[slot])
        slot = (slot + 1) & (queue->table_slots - 1);
    queue->table[slot] = number + 1;
}

static void table_reserve(struct queue_index *queue)
{
    if ((queue->live + 1) * 2 <= queue->table_slots)
        return;
    size_t old_slots = queue->table_slots;
    uint32_t *old = queue->table;
    queue->table_slots = old_slots ? old_slots * 2 : 64;
    queue->table = calloc(queue->table_slots, sizeof *queue->table);
    if (!queue->table)
        abort();
    for (size_t i = 0; i < old_slots; i++)
        if (old[i])
            table_put(queue, old[i] - 1);
    free(old);
}

static void table_remove(struct queue_index *queue, uint64_t sequence)
{
    size_t mask = queue->table_slots - 1, hole = slot_of(queue, sequence);
    while (queue->entries[queue->table[hole] - 1].sequence != sequence)
        hole = (hole + 1) & mask;
    for (size_t at = (hole + 1) & mask; queue->table[at]; at = (at + 1) & mask) {
        size_t home = slot_of(queue, queue->entries[queue->table[at] - 1].sequence);
        if (((at - home) & mask) >= ((at - hole) & mask)) {
            queue->table[hole] = queue->table[at];
            hole = at;
        }
    }
    queue->table[hole] = 0;
}

// --- heaps

static bool before(const struct queue_index *queue, const struct heap *heap, uint32_t a, uint32_t b)
{
    const struct entry *x = &queue->entries[a], *y = &queue->entries[b];
    if (heap == &queue->waiting && x->visible_ms != y->visible_ms)
        return x->visible_ms < y->visible_ms;
    return x->sequence < y->sequence;
}

static void heap_set(struct queue_index *queue, struct heap *heap, size_t at, uint32_t number)
{
    heap->entries[at] = number;
    queue->entries[number].at = (uint32_t)at;
}

static void sift_up(struct queue_index *queue, struct heap *heap, size_t at)
{
    uint32_t number = heap->entries[at];
    while (at > 0 && before(queue, heap, number, heap->entries[(at - 1) / 2])) {
        heap_set(queue, heap, at, heap->entries[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    heap_set(queue, heap, at, number);
}

static void sift_down(struct queue_index *queue, struct heap *heap, size_t at)
{
    uint32_t number = heap->entries[at];
    for (size_t child; (child = at * 2 + 1) < heap->count; at = child) {
        if (child + 1 < heap->count &&
            before(queue, heap, heap->entries[child + 1], heap->entries[child]))
            child++;
        if (!before(queue, heap, heap->entries[child], number))
            break;
        heap_set(queue, heap, at, heap->entries[child]);
    }
    heap_set(queue, heap, at, number);
}

static void heap_push(struct queue_index *queue, struct heap *heap, uint32_t number)
{
    heap->entries = grown(heap->entries, &heap->capacity, heap->count + 1, sizeof *heap->entries);
    heap->entries[heap->count++] = number;
    sift_up(queue, heap, heap->count - 1);
}

static void heap_remove(struct queue_index *queue, struct heap *heap, size_t at)
{
    uint32_t last = heap->entries[--heap->count];
    if (at == heap->count)
        return;
    heap_set(queue, heap, at, last);
    sift_up(queue, heap, at);
    sift_down(queue, heap, queue->entries[last].at);
}

// --- moving entries between places

static void leave(struct queue_index *queue, struct entry *entry)
{
    if (entry->place == READY) {
        heap_remove(queue, &queue->ready, entry->at);
    } else if (entry->place == WAITING) {
        heap_remove(queue, &queue->waiting, entry->at);
        *(entry->received ? &queue->in_flight : &queue->delayed) -= 1;
    }
}

static void enter(struct queue_index *queue, uint32_t number, int64_t now_ms)
{
    struct entry *entry = &queue->entries[number];
    if (entry->visible_ms <= now_ms) {
        entry->place = READY;
        heap_push(queue, &queue->ready, number);
    } else {
        entry->place = WAITING;
        *(entry->received ? &queue->in_flight : &queue->delayed) += 1;
        heap_push(queue, &queue->waiting, number);
    }
}

static void remove_entry(struct queue_index *queue, uint32_t number)
{
    struct entry *entry = &queue->entries[number];
    leave(queue, entry);
    table_remove(queue, entry->sequence);
    entry->place = FREE;
    entry->at = queue->free_entry;
    queue->free_entry = number;
    queue->live--;
}

static void add_entry(struct queue_index *queue, uint64_t sequence, int64_t visible_ms,
                      bool received, int64_t now_ms)
{
    if (sequence < queue->first || table_find(queue, sequence) != NONE)
        return;
    table_reserve(queue);
    uint32_t number = queue->free_entry;
    if (number == NONE) {
        queue->entries = grown(queue->entries, &queue->entry_capacity, queue->entry_count + 1,
                               sizeof *queue->entries);
        number = (uint32_t)queue->entry_count++;
    } else {
        queue->free_entry = queue->entries[number].at;
    }
    queue->entries[number] =
        (struct entry){.sequence = sequence, .visible_ms = visible_ms, .received = received};
    table_put(queue, number);
    queue->live++;
    enter(queue, number, now_ms);
}

static void advance(struct queue_index *queue, int64_t now_ms)
{
    while (queue->waiting.count && queue->entries[queue->waiting.entries[0]].visible_ms <= now_ms) {
        uint32_t number = queue->waiting.entries[0];
        leave(queue, &queue->entries[number]);
        enter(queue, number, now_ms);
    }
    while (queue->lease_count) {
        const struct lease *oldest = &queue->leases[queue->lease_head];
        uint32_t number = table_find(queue, oldest->sequence);
        bool held = number != NONE && queue->entries[number].place == LEASED;
        if (held && oldest->until_us > clock_mono_us(lake_clock(queue->index->lake)))
            break;
        queue->lease_head = (queue->lease_head + 1) % queue->lease_capacity;
        queue->lease_count--;
        if (held)
            enter(queue, number, now_ms);
    }
}

// --- waking

struct alarm {
    struct lake *lake;
    uint64_t queue_id;
};

static void wake(struct lake *lake, uint64_t queue_id)
{
    struct arena arena;
    arena_init(&arena);
    lake_wake(lake, index_wake_key(&arena, queue_id));
    arena_deinit(&arena);
}

static void ring(void *context, bool deadline_passed)
{
    struct alarm *alarm = context;
    wake(alarm->lake, alarm->queue_id);
    free(alarm);
}

// Whether an alarm is due to be set for the next message that becomes visible; the caller sets it
// without the mutex.
static bool alarm_needed(struct queue_index *queue, int64_t now_ms, int64_t *out_at_ms)
{
    if (!queue->waiting.count || queue->awaited_until_ms <= now_ms)
        return false;
    int64_t next_ms = queue->entries[queue->waiting.entries[0]].visible_ms;
    bool set = queue->alarm_ms > now_ms && queue->alarm_ms <= next_ms;
    if (next_ms > queue->awaited_until_ms || set)
        return false;
    queue->alarm_ms = *out_at_ms = next_ms;
    return true;
}

// A parked alarm is a call that does nothing but wake the queue's key: the lake's parking lot is
// the only timer.
static void set_alarm(struct queue_index *queue, int64_t at_ms)
{
    struct lake *lake = queue->index->lake;
    struct alarm *alarm = malloc(sizeof *alarm);
    if (!alarm)
        abort();
    *alarm = (struct alarm){lake, queue->id};
    struct arena arena;
    arena_init(&arena);
    struct str key = str_format(&arena, "sqs-alarm/%llu", (unsigned long long)queue->id);
    lake_park(lake, key, at_ms, lake_wake_epoch(lake), ring, alarm);
    arena_deinit(&arena);
}

struct str index_wake_key(struct arena *arena, uint64_t queue_id)
{
    return str_format(arena, "sqs/%llu", (unsigned long long)queue_id);
}

// Ends a change: unlocks, then wakes or sets an alarm if somebody waits.
static void changed(struct queue_index *queue, int64_t now_ms)
{
    advance(queue, now_ms);
    bool awaited = queue->awaited_until_ms >= now_ms;
    bool wake_now = awaited && queue->ready.count;
    int64_t alarm_ms;
    bool alarm = awaited && !wake_now && alarm_needed(queue, now_ms, &alarm_ms);
    if (wake_now)
        queue->awaited_until_ms = INT64_MIN; // whoever goes on waiting says so again
    pthread_mutex_unlock(&queue->mutex);
    if (wake_now)
        wake(queue->index->lake, queue->id);
    if (alarm)
        set_alarm(queue, alarm_ms);
}

// --- the first read

static int64_t visible_from(struct tx *tx, struct arena *arena, uint64_t queue_id,
                            uint64_t sequence, struct str message, bool *out_received)
{
    struct message_state state;
    *out_received = message_state_get(tx, arena, queue_id, sequence, &state) == OK;
    return *out_received ? state.visible_ms : message_first_visible_ms(message);
}

static enum err load(struct queue_index *queue)
{
    struct tx *tx = tx_begin(lake_store(queue->index->lake), true);
    struct arena arena;
    arena_init(&arena);
    int64_t now_ms = clock_now_ms(lake_clock(queue->index->lake));
    struct key prefix, from;
    message_queue_key(&prefix, queue->id);
    struct scan *scan = scan_open(tx, &prefix, message_key(&from, queue->id, queue->first), false);
    struct str key, value;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_u64(&cursor);
        uint64_t sequence = key_take_u64(&cursor);
        bool received;
        int64_t visible_ms = visible_from(tx, &arena, queue->id, sequence, value, &received);
        add_entry(queue, sequence, visible_ms, received, now_ms);
        arena_reset(&arena);
    }
    scan_close(scan);
    arena_deinit(&arena);
    tx_abort(tx);
    return err == ERR_NOT_FOUND ? OK : err;
}

static struct queue_index *find_or_add(struct index *index, uint64_t queue_id)
{
    pthread_mutex_lock(&index->mutex);
    struct queue_index **slot = &index->slots[queue_id % SLOTS], *queue = *slot;
    while (queue && queue->id != queue_id)
        queue = queue->next;
    if (!queue) {
        queue = calloc(1, sizeof *queue);
        if (!queue)
            abort();
        *queue = (struct queue_index){.index = index,
                                      .next = *slot,
                                      .id = queue_id,
                                      .free_entry = NONE,
                                      .awaited_until_ms = INT64_MIN,
                                      .alarm_ms = INT64_MIN};
        pthread_mutex_init(&queue->mutex, NULL);
        *slot = queue;
    }
    pthread_mutex_unlock(&index->mutex);
    return queue;
}

// Commits that happen while the queue is being read wait for the mutex with their news, so none is
// missed.
enum err index_open(struct index *index, uint64_t queue_id, uint64_t first,
                    struct queue_index **out_queue)
{
    struct queue_index *queue = find_or_add(index, queue_id);
    enum err err = OK;
    pthread_mutex_lock(&queue->mutex);
    if (!queue->loaded) {
        queue->first = first;
        err = load(queue);
        queue->loaded = err == OK;
    }
    pthread_mutex_unlock(&queue->mutex);
    if (err == OK)
        *out_queue = queue;
    return err;
}

struct index *index_of(struct queue_index *queue)
{
    return queue->index;
}

uint64_t index_queue_id(const struct queue_index *queue)
{
    return queue->id;
}

// --- changes

void index_add(struct queue_index *queue, uint64_t sequence, int64_t visible_ms, bool received,
               int64_t now_ms)
{
    pthread_mutex_lock(&queue->mutex);
    add_entry(queue, sequence, visible_ms, received, now_ms);
    changed(queue, now_ms);
}

void index_set(struct queue_index *queue, uint64_t sequence, int64_t visible_ms, int64_t now_ms)
{
    pthread_mutex_lock(&queue->mutex);
    uint32_t number = table_find(queue, sequence);
    if (number != NONE) {
        struct entry *entry = &queue->entries[number];
        leave(queue, entry);
        entry->visible_ms = visible_ms;
        entry->received = true;
        enter(queue, number, now_ms);
    }
    changed(queue, now_ms);
}

void index_remove(struct queue_index *queue, uint64_t sequence)
{
    pthread_mutex_lock(&queue->mutex);
    uint32_t number = table_find(queue, sequence);
    if (number != NONE)
        remove_entry(queue, number);
    pthread_mutex_unlock(&queue->mutex);
}

void index_purge(struct queue_index *queue, uint64_t below)
{
    pthread_mutex_lock(&queue->mutex);
    queue->first = below;
    for (uint32_t number = 0; number < queue->entry_count; number++)
        if (queue->entries[number].place != FREE && queue->entries[number].sequence < below)
            remove_entry(queue, number);
    pthread_mutex_unlock(&queue->mutex);
}

static void remember_lease(struct queue_index *queue, uint64_t sequence, int64_t until_us)
{
    if (queue->lease_count == queue->lease_capacity) {
        size_t old = queue->lease_capacity;
        queue->leases =
            grown(queue->leases, &queue->lease_capacity, old + 1, sizeof *queue->leases);
        // The ring's front part moves behind its end.
        for (size_t i = 0; i < queue->lease_head; i++)
            queue->leases[(old + i) % queue->lease_capacity] = queue->leases[i];
    }
    size_t at = (queue->lease_head + queue->lease_count++) % queue->lease_capacity;
    queue->leases[at] = (struct lease){sequence, until_us};
}

size_t index_lease(struct queue_index *queue, int64_t now_ms, size_t max, uint64_t *out_sequences)
{
    size_t count = 0;
    pthread_mutex_lock(&queue->mutex);
    advance(queue, now_ms);
    int64_t until_us = clock_mono_us(lake_clock(queue->index->lake)) + INDEX_LEASE_MS * 1000;
    while (count < max && queue->ready.count) {
        struct entry *entry = &queue->entries[queue->ready.entries[0]];
        leave(queue, entry);
        entry->place = LEASED;
        remember_lease(queue, entry->sequence, until_us);
        out_sequences[count++] = entry->sequence;
    }
    pthread_mutex_unlock(&queue->mutex);
    return count;
}

void index_release(struct queue_index *queue, uint64_t sequence, int64_t now_ms)
{
    pthread_mutex_lock(&queue->mutex);
    uint32_t number = table_find(queue, sequence);
    if (number != NONE && queue->entries[number].place == LEASED)
        enter(queue, number, now_ms);
    changed(queue, now_ms);
}

bool index_await(struct queue_index *queue, int64_t now_ms, int64_t until_ms)
{
    pthread_mutex_lock(&queue->mutex);
    advance(queue, now_ms);
    if (queue->ready.count) {
        pthread_mutex_unlock(&queue->mutex);
        return false;
    }
    if (until_ms > queue->awaited_until_ms)
        queue->awaited_until_ms = until_ms;
    int64_t alarm_ms;
    bool alarm = alarm_needed(queue, now_ms, &alarm_ms);
    pthread_mutex_unlock(&queue->mutex);
    if (alarm)
        set_alarm(queue, alarm_ms);
    return true;
}

struct index_counts index_count(struct queue_index *queue, int64_t now_ms)
{
    pthread_mutex_lock(&queue->mutex);
    advance(queue, now_ms);
    uint64_t leased = queue->live - queue->ready.count - queue->waiting.count;
    struct index_counts counts = {queue->ready.count, queue->delayed, queue->in_flight + leased};
    pthread_mutex_unlock(&queue->mutex);
    return counts;
}

// --- all queues

struct index *index_new(struct lake *lake)
{
    struct index *index = calloc(1, sizeof *index);
    if (!index)
        abort();
    index->lake = lake;
    pthread_mutex_init(&index->mutex, NULL);
    return index;
}

void index_free(struct index *index)
{
    for (size_t i = 0; index && i < SLOTS; i++)
        for (struct queue_index *queue = index->slots[i], *next; queue; queue = next) {
            next = queue->next;
            pthread_mutex_destroy(&queue->mutex);
            free(queue->entries);
            free(queue->table);
            free(queue->ready.entries);
            free(queue->waiting.entries);
            free(queue->leases);
            free(queue);
        }
    if (index)
        pthread_mutex_destroy(&index->mutex);
    free(index);
}
