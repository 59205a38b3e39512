// SPDX-License-Identifier: Apache-2.0
// Memory that batches are made of: what a released batch had is what the next one is made of.
//
// Fresh memory costs more than what is done with it: for each batch the system would hand out and
// zero megabytes of pages, and take them back. So buffers go back to the store that they came from,
// up to STORE_BYTES_MAX, as long as their builder lives.
//
// Ownership: a store lives as long as anything that came from it, however long after its builder.
// Threads: any. Buffers are aligned to ARROW_ALIGNMENT, as Arrow recommends.
#ifndef COLUMNAR_ARROW_MEMORY_H
#define COLUMNAR_ARROW_MEMORY_H

#include <stddef.h>

#define ARROW_ALIGNMENT 64
#define STORE_BYTES_MAX ((size_t)128 << 20) // that wait to be used again

struct arrow_store;
struct arrow_store *arrow_store_new(void);
void arrow_store_close(struct arrow_store *store); // by the builder: buffers are kept no longer

// At least `bytes`; *out_capacity has how many.
void *arrow_buffer_new(struct arrow_store *store, size_t bytes, size_t *out_capacity);
void arrow_buffer_free(void *buffer); // takes NULL

#endif
