// SPDX-License-Identifier: Apache-2.0
// Bytes that are pushed, kept so that they can be read as an input, and more than once.
//
// In memory up to SPOOL_MEMORY_BYTES, in a file without a name (os/file.h) beyond: it is gone with
// the spool, or with the process.
#ifndef COLUMNAR_SPOOL_H
#define COLUMNAR_SPOOL_H

#include "columnar/input.h"

#define SPOOL_MEMORY_BYTES ((size_t)16 << 20)

struct spool {
    const char *folder; // for the file; NULL: $TMPDIR or /tmp
    struct buf memory;
    int fd; // -1: all of it is in memory
};
void spool_init(struct spool *spool, const char *folder); // `folder` is lent
void spool_deinit(struct spool *spool);
enum err spool_push(struct spool *spool, struct str bytes, struct error *error) MUST_CHECK;
// Ends the pushing: what is in memory or in the file as an input, both lent.
enum err spool_input(struct spool *spool, struct input_settings *out_settings,
                     struct error *error) MUST_CHECK;

#endif
