// SPDX-License-Identifier: Apache-2.0
// Arenas: memory with one lifetime, freed at once.
//
// A function that allocates says so by taking a `struct arena *`; what it returns lives as long as that arena.
// There are three lifetimes in Tarn: the call, the transaction or scan, and the module. Nothing is freed one by one.
//
// Threads: an arena belongs to one thread at a time.
// Errors: running out of memory aborts. A size that comes from outside must be checked against a named limit
// before it gets here.
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

struct arena_block;
struct arena {
    struct arena_block *blocks; // newest first
    char *next;                 // first free byte of the newest block
    char *end;
    size_t used_bytes; // handed out since init or reset
};

void arena_init(struct arena *arena);
void arena_deinit(struct arena *arena); // takes NULL
void arena_reset(struct arena *arena);  // forgets everything, keeps one block for reuse

// Zeroed, aligned for any type.
void *arena_alloc(struct arena *arena, size_t size_bytes) __attribute__((malloc, returns_nonnull));
// Not zeroed, unaligned: for bytes.
char *arena_bytes(struct arena *arena, size_t size_bytes) __attribute__((returns_nonnull));

#define ARENA_NEW(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (size_t)(count)))

// Grows an array that lives in an arena: returns room for at least `needed` items, old contents kept (by moving
// when necessary), capacity doubled. Use through ARENA_PUSH.
void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t needed, size_t item_bytes);

// Appends a zeroed item to (items, count, capacity) and yields a pointer to it:
//     *ARENA_PUSH(arena, list->items, list->count, list->capacity) = item;
#define ARENA_PUSH(arena, items, count, capacity)                                                  \
    ((items) = arena_grow((arena), (items), (count), &(capacity), (count) + 1, sizeof *(items)),   \
     &(items)[(count)++])

#endif
