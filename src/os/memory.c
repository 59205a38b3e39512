// SPDX-License-Identifier: Apache-2.0
// By glibc's own settings: nothing is mapped singly, nothing is trimmed, one arena. The heap is
// then grown once by all of `bytes` (the top pad of one allocation that is freed again), and the
// system advised to use large pages for it.
#include "os/memory.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define LARGE_PAGE_BYTES ((uintptr_t)2 << 20)
// The most that glibc takes: pieces from there on are mapped all the same.
#define MAPPED_BYTES_MIN (32 << 20)
#define GROWTH_BYTES (8 << 20)

void memory_expect_large(size_t bytes)
{
    if (bytes > INT32_MAX)
        bytes = INT32_MAX;
    mallopt(M_ARENA_MAX, 1);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES_MIN);
    mallopt(M_TRIM_THRESHOLD, INT32_MAX);
    mallopt(M_TOP_PAD, (int)bytes);
    char *before = sbrk(0);
    void *volatile piece =
        malloc(MAPPED_BYTES_MIN /
               2); // more than is left, so that the heap grows; volatile: or it is optimized away
    free(piece);
    char *after = sbrk(0);
    mallopt(M_TOP_PAD, GROWTH_BYTES);
    uintptr_t start =
                  ((uintptr_t)before + LARGE_PAGE_BYTES - 1) / LARGE_PAGE_BYTES * LARGE_PAGE_BYTES,
              end = (uintptr_t)after;
    if (end > start)
        madvise((void *)start, end - start, MADV_HUGEPAGE);
}
