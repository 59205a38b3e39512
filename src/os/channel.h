// SPDX-License-Identifier: Apache-2.0
// Channels: lines of text to and from a child process, over a socket pair.
//
// A child gets one end as its standard input and output. A child that died is an error here, never
// a signal.
//
// Threads: one at a time per channel.
#ifndef OS_CHANNEL_H
#define OS_CHANNEL_H

#include "base/buf.h"

struct channel {
    int fd; // ours; -1 when closed
    struct buf pending;
    size_t taken; // of `pending`: lines already given out
};
// `*out_child_fd` goes to process_start and is then closed by the caller.
enum err channel_open(struct channel *out, int *out_child_fd, size_t line_bytes_max,
                      struct error *error) MUST_CHECK;
enum err channel_write(struct channel *channel, struct str bytes, struct error *error) MUST_CHECK;
// The next line without its end; valid until the next read. ERR_NOT_FOUND when the other side has
// closed, ERR_TIMEOUT after timeout_ms (-1: none), ERR_LIMIT for a line beyond the maximum.
enum err channel_read(struct channel *channel, int64_t timeout_ms, struct str *out_line,
                      struct error *error) MUST_CHECK;
void channel_close(struct channel *channel); // again is fine

#endif
