// SPDX-License-Identifier: Apache-2.0
#include "os/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define READ_BYTES ((size_t)64 << 10)

enum err channel_open(struct channel *out, int *out_child_fd, size_t line_bytes_max,
                      struct error *error)
{
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds))
        return error_set(error, ERR_IO, "socketpair: %s", strerror(errno));
    *out = (struct channel){.fd = fds[0], .pending = buf_heap(line_bytes_max)};
    *out_child_fd = fds[1];
    return OK;
}

enum err channel_write(struct channel *channel, struct str bytes, struct error *error)
{
    for (size_t sent = 0; sent < bytes.len;) {
        ssize_t n = send(channel->fd, bytes.ptr + sent, bytes.len - sent, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(error, ERR_IO, "a child process does not listen: %s", strerror(errno));
        sent += (size_t)n;
    }
    return OK;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

// Reads what there is: ERR_NOT_FOUND at the end of the stream.
static enum err fill(struct channel *channel, struct error *error)
{
    char *room = buf_reserve(&channel->pending, READ_BYTES);
    if (!room)
        return error_set(error, ERR_LIMIT, "a child process wrote a line of more than %zu bytes",
                         channel->pending.max_bytes - READ_BYTES);
    ssize_t n = recv(channel->fd, room, READ_BYTES, 0);
    if (n < 0 && errno == EINTR)
        return OK;
    if (n <= 0)
        return ERR_NOT_FOUND;
    channel->pending.len += (size_t)n;
    return OK;
}

enum err channel_read(struct channel *channel, int64_t timeout_ms, struct str *out_line,
                      struct error *error)
{
    struct buf *pending = &channel->pending;
    if (channel->taken) {
        memmove(pending->ptr, pending->ptr + channel->taken, pending->len - channel->taken);
        pending->len -= channel->taken;
        channel->taken = 0;
    }
    int64_t deadline = timeout_ms < 0 ? INT64_MAX : now_ms() + timeout_ms;
    for (size_t seen = 0;;) {
        const char *end =
            pending->len > seen ? memchr(pending->ptr + seen, '\n', pending->len - seen) : NULL;
        if (end) {
            *out_line = str_n(pending->ptr, (size_t)(end - pending->ptr));
            channel->taken = out_line->len + 1;
            return OK;
        }
        seen = pending->len;
        int64_t left = deadline == INT64_MAX ? -1 : deadline - now_ms();
        if (deadline != INT64_MAX && left <= 0)
            return ERR_TIMEOUT;
        struct pollfd poll_fd = {.fd = channel->fd, .events = POLLIN};
        if (poll(&poll_fd, 1, left > 1000000 ? 1000000 : (int)left) > 0)
            TRY(fill(channel, error));
    }
}

void channel_close(struct channel *channel)
{
    if (channel->fd >= 0)
        close(channel->fd);
    channel->fd = -1;
    buf_deinit(&channel->pending);
}
