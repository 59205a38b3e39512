// SPDX-License-Identifier: Apache-2.0
// An arena is a list of blocks, newest first; the newest is carved from its front. Blocks double in
// size up to a bound, so that a small call costs one allocation and a large one a few. Something
// larger than the next block gets a block of its own behind the newest, so that the room left in
// the newest is not lost.
#include "base/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES_FIRST ((size_t)4 << 10)
#define BLOCK_BYTES_MAX ((size_t)256 << 10)
#define KEEP_BYTES_MAX ((size_t)256 << 10) // the largest block that a reset keeps

struct arena_block {
    struct arena_block *older;
    size_t size_bytes; // of bytes[]
    alignas(max_align_t) char bytes[];
};

static struct arena_block *block_new(size_t size_bytes)
{
    if (size_bytes > SIZE_MAX - sizeof(struct arena_block))
        abort();
    struct arena_block *block = malloc(sizeof *block + size_bytes);
    if (!block)
        abort();
    block->size_bytes = size_bytes;
    block->older = NULL;
    return block;
}

void arena_init(struct arena *arena)
{
    *arena = (struct arena){0};
}

static void free_blocks(struct arena_block *block)
{
    while (block) {
        struct arena_block *older = block->older;
        free(block);
        block = older;
    }
}

void arena_deinit(struct arena *arena)
{
    if (!arena)
        return;
    free_blocks(arena->blocks);
    *arena = (struct arena){0};
}

void arena_reset(struct arena *arena)
{
    struct arena_block *kept = arena->blocks;
    arena->used_bytes = 0;
    if (!kept)
        return;
    free_blocks(kept->older);
    kept->older = NULL;
    if (kept->size_bytes > KEEP_BYTES_MAX) {
        arena_deinit(arena);
        return;
    }
    arena->next = kept->bytes;
    arena->end = kept->bytes + kept->size_bytes;
}

static char *alloc_slow(struct arena *arena, size_t size_bytes)
{
    size_t block_bytes = BLOCK_BYTES_FIRST;
    if (arena->blocks) {
        block_bytes = arena->blocks->size_bytes * 2;
        if (block_bytes > BLOCK_BYTES_MAX)
            block_bytes = BLOCK_BYTES_MAX;
    }
    if (size_bytes > block_bytes / 4) {
        // A block of its own. Behind the newest when there is one, whose room stays in use.
        struct arena_block *own = block_new(size_bytes);
        if (arena->blocks) {
            own->older = arena->blocks->older;
            arena->blocks->older = own;
        } else {
            arena->blocks = own;
            arena->next = arena->end = own->bytes + size_bytes;
        }
        return own->bytes;
    }
    struct arena_block *block = block_new(block_bytes);
    block->older = arena->blocks;
    arena->blocks = block;
    arena->next = block->bytes + size_bytes;
    arena->end = block->bytes + block_bytes;
    return block->bytes;
}

char *arena_bytes(struct arena *arena, size_t size_bytes)
{
    arena->used_bytes += size_bytes;
    if (arena->next && size_bytes <= (size_t)(arena->end - arena->next)) {
        char *bytes = arena->next;
        arena->next += size_bytes;
        return bytes;
    }
    return alloc_slow(arena, size_bytes);
}

void *arena_alloc(struct arena *arena, size_t size_bytes)
{
    arena->used_bytes += size_bytes;
    char *bytes = NULL;
    if (arena->next) {
        size_t pad = -(uintptr_t)arena->next & (alignof(max_align_t) - 1);
        size_t left = (size_t)(arena->end - arena->next);
        if (pad <= left && size_bytes <= left - pad) {
            bytes = arena->next + pad;
            arena->next = bytes + size_bytes;
        }
    }
    if (!bytes)
        bytes = alloc_slow(arena, size_bytes);
    return memset(bytes, 0, size_bytes);
}

void *arena_grow(struct arena *arena, void *items, size_t count, size_t *capacity, size_t needed,
                 size_t item_bytes)
{
    assert(count <= *capacity && item_bytes > 0);
    if (needed <= *capacity) {
        if (needed > count)
            memset((char *)items + count * item_bytes, 0, (needed - count) * item_bytes);
        return items;
    }
    size_t grown = *capacity ? *capacity * 2 : 4;
    if (grown < needed)
        grown = needed;
    if (grown > SIZE_MAX / 2 / item_bytes)
        abort();
    void *moved = arena_alloc(arena, grown * item_bytes);
    if (count)
        memcpy(moved, items, count * item_bytes);
    *capacity = grown;
    return moved;
}
