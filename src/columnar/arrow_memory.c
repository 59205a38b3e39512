// SPDX-License-Identifier: Apache-2.0
// A buffer has a header in front, which says whose it is. Capacities are powers of two (the header
// included), and a list of free ones is kept for each. Small buffers are left to malloc, which is
// good at these.
#include "columnar/arrow_memory.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

#define CLASSES 40
#define KEPT_CLASS_LEAST 14 // 16 KiB

struct header {
    struct arrow_store *store;
    struct header *next_free;
    unsigned class;
};
_Static_assert(sizeof(struct header) <= ARROW_ALIGNMENT, "a header fits in front of a buffer");

struct arrow_store {
    pthread_mutex_t lock;
    struct header *free[CLASSES];
    size_t free_bytes;
    size_t buffers; // that are in use
    bool closed;
};

struct arrow_store *arrow_store_new(void)
{
    struct arrow_store *store = calloc(1, sizeof *store);
    if (!store)
        abort();
    pthread_mutex_init(&store->lock, NULL);
    return store;
}

static void free_store(struct arrow_store *store)
{
    pthread_mutex_destroy(&store->lock);
    free(store);
}

void arrow_store_close(struct arrow_store *store)
{
    pthread_mutex_lock(&store->lock);
    for (unsigned i = 0; i < CLASSES; i++)
        while (store->free[i]) {
            struct header *header = store->free[i];
            store->free[i] = header->next_free;
            free(header);
        }
    store->closed = true;
    bool last = store->buffers == 0;
    pthread_mutex_unlock(&store->lock);
    if (last)
        free_store(store);
}

static unsigned class_of(size_t bytes)
{
    return bytes <= ARROW_ALIGNMENT * 2 ? 7 : 64 - (unsigned)__builtin_clzll(bytes - 1);
}

void *arrow_buffer_new(struct arrow_store *store, size_t bytes, size_t *out_capacity)
{
    unsigned class = class_of(bytes + ARROW_ALIGNMENT);
    if (class >= CLASSES) // a batch's limits are far below
        abort();
    pthread_mutex_lock(&store->lock);
    struct header *header = store->free[class];
    if (header) {
        store->free[class] = header->next_free;
        store->free_bytes -= (size_t)1 << class;
    }
    store->buffers++;
    pthread_mutex_unlock(&store->lock);
    if (!header)
        header = aligned_alloc(ARROW_ALIGNMENT, (size_t)1 << class);
    if (!header)
        abort();
    *header = (struct header){.store = store, .class = class};
    *out_capacity = ((size_t)1 << class) - ARROW_ALIGNMENT;
    return (char *)header + ARROW_ALIGNMENT;
}

void arrow_buffer_free(void *buffer)
{
    if (!buffer)
        return;
    struct header *header = (struct header *)((char *)buffer - ARROW_ALIGNMENT);
    struct arrow_store *store = header->store;
    size_t bytes = (size_t)1 << header->class;
    pthread_mutex_lock(&store->lock);
    bool keep = !store->closed && header->class >= KEPT_CLASS_LEAST &&
                store->free_bytes + bytes <= STORE_BYTES_MAX;
    if (keep) {
        header->next_free = store->free[header->class];
        store->free[header->class] = header;
        store->free_bytes += bytes;
    }
    bool last = --store->buffers == 0 && store->closed;
    pthread_mutex_unlock(&store->lock);
    if (!keep)
        free(header);
    if (last)
        free_store(store);
}
