// SPDX-License-Identifier: Apache-2.0
// Private to input.c (sources, windows) and portion.c (cutting).
#ifndef COLUMNAR_INPUT_INTERNAL_H
#define COLUMNAR_INPUT_INTERNAL_H

#include "columnar/unpack.h"

#include <pthread.h>

#define PORTION_BYTES_MIN ((uint64_t)8 << 20) // less is not worth a thread

struct input {
    struct source *sources;
    size_t source_count;
    uint64_t stored_bytes, portion_bytes;
    pthread_mutex_t lock; // guards what follows
    size_t next_number;
    // Where the next portion begins.
    size_t source;
    uint64_t offset;
    enum shred_place place;
    // Of a compressed source.
    struct unpacker *unpacker;
    uint64_t unpacked_bytes, stored_before;
    char *rest; // text behind the last portion's end
    size_t rest_len;
};

#endif
