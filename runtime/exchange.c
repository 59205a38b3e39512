// SPDX-License-Identifier: Apache-2.0
// HTTP/1.1 over a kept plain connection: what the Runtime API and Tarn's own endpoint need.
//
// A connection is kept for each authority. When a kept one turns out to be closed before any byte
// of a reply came, the exchange is run once more on a new one: a server may close an idle
// connection at any time.
#include "internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define HEAD_BYTES_MAX ((size_t)64 << 10)
#define PIECE_BYTES ((size_t)128 << 10)
#define TIME_LIMIT_SECONDS 120

// ================================================================ connections

static struct connection *connection_of(struct tarn_runtime *runtime, struct str authority)
{
    for (size_t i = 0; i < runtime->connection_count; i++)
        if (str_eq(runtime->connections[i].authority, authority))
            return &runtime->connections[i];
    if (runtime->connection_count == CONNECTIONS_MAX)
        connections_close(runtime);
    struct connection *connection = &runtime->connections[runtime->connection_count++];
    char *copy = malloc(authority.len + 1);
    if (!copy)
        abort();
    memcpy(copy, authority.ptr, authority.len);
    copy[authority.len] = '\0';
    *connection = (struct connection){.authority = str_n(copy, authority.len), .fd = -1};
    return connection;
}

static void connection_drop(struct connection *connection)
{
    if (connection->fd >= 0)
        close(connection->fd);
    connection->fd = -1;
}

void connections_close(struct tarn_runtime *runtime)
{
    for (size_t i = 0; i < runtime->connection_count; i++) {
        connection_drop(&runtime->connections[i]);
        free((char *)runtime->connections[i].authority.ptr);
    }
    runtime->connection_count = 0;
}

// A numeric address needs no resolver, whose libraries would cost a start its milliseconds.
static int connect_numeric(const char *host, uint16_t port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    if (inet_pton(AF_INET, host, &address.sin_addr) != 1)
        return -2;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
        close(fd);
        fd = -1;
    }
    return fd;
}

static int connect_named(const char *host, const char *port)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    int fd = -1;
    if (getaddrinfo(host, port, &hints, &found) != 0)
        return -1;
    for (struct addrinfo *at = found; at && fd < 0; at = at->ai_next) {
        fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

static enum err connection_open(struct connection *connection, bool no_time_limit,
                                struct error *error)
{
    if (connection->fd < 0) {
        char host[256], port[8] = "80";
        size_t colon = str_rfind_char(connection->authority, ':');
        struct str name = str_slice(connection->authority, 0, colon);
        snprintf(host, sizeof host, "%.*s", STR_ARG(name));
        if (colon != STR_NPOS)
            snprintf(port, sizeof port, "%.*s",
                     STR_ARG(str_from(connection->authority, colon + 1)));
        int fd = connect_numeric(host, (uint16_t)atoi(port));
        if (fd == -2)
            fd = connect_named(host, port);
        if (fd < 0)
            return error_set(error, ERR_IO, "%.*s cannot be reached: %s",
                             STR_ARG(connection->authority), strerror(errno));
        int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        connection->fd = fd;
    }
    struct timeval limit = {.tv_sec = no_time_limit ? 0 : TIME_LIMIT_SECONDS};
    setsockopt(connection->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(connection->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    return OK;
}

// ================================================================ sending

static enum err send_all(int fd, struct str bytes, struct error *error)
{
    while (bytes.len) {
        ssize_t sent = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return error_set(error, ERR_IO, "the connection broke while sending: %s",
                             strerror(errno));
        bytes = str_from(bytes, (size_t)sent);
    }
    return OK;
}

#define SMALL_BODY_BYTES ((size_t)16 << 10) // goes out with the head, in one packet

static enum err send_exchange(struct tarn_runtime *runtime, const struct exchange *exchange, int fd,
                              struct error *error)
{
    struct buf head = buf_in(&runtime->arena, HEAD_BYTES_MAX + SMALL_BODY_BYTES);
    buf_printf(&head, "%.*s %.*s HTTP/1.1\r\n", STR_ARG(exchange->method),
               STR_ARG(exchange->target));
    bool has_host = false;
    for (size_t i = 0; i < exchange->header_count; i++) {
        const struct http_header *header = &exchange->headers[i];
        has_host |= str_is(header->name, "host");
        buf_printf(&head, "%.*s: %.*s\r\n", STR_ARG(header->name), STR_ARG(header->value));
    }
    if (!has_host)
        buf_printf(&head, "host: %.*s\r\n", STR_ARG(exchange->authority));
    if (exchange->body.len || !str_is(exchange->method, "GET"))
        buf_printf(&head, "content-length: %zu\r\n", exchange->body.len);
    buf_puts(&head, "\r\n");
    bool together = exchange->body.len <= SMALL_BODY_BYTES;
    if (together)
        buf_put(&head, exchange->body);
    if (head.overflowed)
        return error_set(error, ERR_LIMIT, "the request's headers are too large");
    TRY(send_all(fd, buf_str(&head), error));
    return together ? OK : send_all(fd, exchange->body, error);
}

// ================================================================ receiving

struct receiver {
    struct tarn_runtime *runtime;
    struct exchange *exchange;
    int fd;
    char *bytes; // PIECE_BYTES
    size_t start, end;
    bool closed;
    struct error *error;
};

// More bytes behind those that are there. ERR_IO when the connection broke, OK with `closed` at its
// end.
static enum err receive_more(struct receiver *r)
{
    if (r->start == r->end)
        r->start = r->end = 0;
    for (;;) {
        ssize_t got = recv(r->fd, r->bytes + r->end, PIECE_BYTES - r->end, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(r->error, ERR_IO, "the connection broke while receiving: %s",
                             strerror(errno));
        r->closed = got == 0;
        r->end += (size_t)got;
        return OK;
    }
}

static struct str received(const struct receiver *r)
{
    return str_n(r->bytes + r->start, r->end - r->start);
}

static enum err broken(struct receiver *r, const char *what)
{
    return error_set(r->error, ERR_IO, "the reply broke off %s", what);
}

static void take_header_line(struct receiver *r, struct str line)
{
    struct exchange *e = r->exchange;
    struct str value = line, name;
    if (!str_cut(&value, ':', &name) || !value.ptr)
        return;
    struct arena *arena = &r->runtime->arena;
    struct http_header header = {str_lower(arena, name), str_dup(arena, str_trim(value))};
    *ARENA_PUSH(arena, e->reply_headers, e->reply_header_count, e->reply_header_capacity) = header;
}

static enum err receive_head(struct receiver *r)
{
    size_t end;
    while ((end = str_find(received(r), S("\r\n\r\n"))) == STR_NPOS) {
        if (r->closed || r->end == PIECE_BYTES)
            return broken(r, "before its headers ended");
        TRY(receive_more(r));
    }
    struct str head = str_slice(received(r), 0, end), line;
    int64_t status = 0;
    str_cut(&head, '\n', &line);
    if (line.len < 12 || !str_to_i64(str_slice(line, 9, 12), &status))
        return broken(r, "in its status line");
    r->exchange->status = (int)status;
    r->exchange->reply_header_count = 0;
    while (head.ptr && str_cut(&head, '\n', &line))
        take_header_line(r, line);
    r->start += end + 4;
    return OK;
}

static void give(struct receiver *r, size_t len)
{
    struct exchange *e = r->exchange;
    const char *bytes = r->bytes + r->start;
    if (e->sink && e->status < 300)
        e->aborted |= e->sink(e->sink_context, bytes, len) != 0;
    else
        buf_put_bytes(&e->reply_body, bytes, len);
    e->body_taken += len;
    r->start += len;
}

static enum err receive_length(struct receiver *r, uint64_t left)
{
    while (left && !r->exchange->aborted) {
        size_t there = r->end - r->start;
        if (there == 0) {
            TRY(receive_more(r));
            if (r->closed)
                return broken(r, "before its end");
            continue;
        }
        size_t len = there < left ? there : (size_t)left;
        give(r, len);
        left -= len;
    }
    return OK;
}

static enum err receive_line(struct receiver *r, struct str *out_line)
{
    size_t end;
    while ((end = str_find_char(received(r), '\n')) == STR_NPOS) {
        if (r->start) { // make room
            memmove(r->bytes, r->bytes + r->start, r->end - r->start);
            r->end -= r->start;
            r->start = 0;
        }
        TRY(receive_more(r));
        if (r->closed || r->end == PIECE_BYTES)
            return broken(r, "in a chunk's size");
    }
    *out_line = str_trim(str_slice(received(r), 0, end));
    r->start += end + 1;
    return OK;
}

static enum err receive_chunks(struct receiver *r)
{
    for (;;) {
        struct str line;
        TRY(receive_line(r, &line));
        uint64_t size = strtoull(str_cstr(&r->runtime->arena, line), NULL, 16);
        if (size == 0)
            break;
        TRY(receive_length(r, size));
        if (r->exchange->aborted)
            return OK;
        TRY(receive_line(r, &line));
    }
    struct str line;
    do // trailers
        TRY(receive_line(r, &line));
    while (line.len);
    return OK;
}

static enum err receive_body(struct receiver *r, bool *out_keep)
{
    struct exchange *e = r->exchange;
    struct str length = exchange_reply_header(e, "content-length");
    *out_keep = !str_eq_nocase(exchange_reply_header(e, "connection"), S("close"));
    e->content_length = HTTP_LENGTH_UNKNOWN;
    if (length.len && !str_to_u64(length, &e->content_length))
        return broken(r, "in its Content-Length");
    if (str_is(e->method, "HEAD") || e->status == 204 || e->status == 304)
        return OK;
    if (str_eq_nocase(exchange_reply_header(e, "transfer-encoding"), S("chunked")))
        return receive_chunks(r);
    if (length.len)
        return receive_length(r, e->content_length);
    *out_keep = false; // up to the connection's end
    while (!r->closed && !e->aborted) {
        give(r, r->end - r->start);
        TRY(receive_more(r));
    }
    return OK;
}

static enum err receive_exchange(struct receiver *r, bool *out_keep)
{
    do
        TRY(receive_head(r));
    while (r->exchange->status == 100);
    return receive_body(r, out_keep);
}

// ================================================================ an exchange

void exchange_header(struct arena *arena, struct exchange *exchange, const char *name,
                     struct str value)
{
    struct http_header header = {str_of(name), value};
    *ARENA_PUSH(arena, exchange->headers, exchange->header_count, exchange->header_capacity) =
        header;
}

struct str exchange_reply_header(const struct exchange *exchange, const char *name)
{
    for (size_t i = 0; i < exchange->reply_header_count; i++)
        if (str_is(exchange->reply_headers[i].name, name))
            return exchange->reply_headers[i].value;
    return STR_NONE;
}

static enum err run_once(struct tarn_runtime *runtime, struct exchange *exchange,
                         struct connection *connection, struct error *error)
{
    struct receiver r = {.runtime = runtime, .exchange = exchange, .error = error};
    bool keep = false;
    exchange->may_repeat = true;
    exchange->status = 0;
    TRY(connection_open(connection, exchange->no_time_limit, error));
    r.fd = connection->fd;
    enum err err = send_exchange(runtime, exchange, r.fd, error);
    if (err == OK) {
        r.bytes = malloc(PIECE_BYTES);
        if (!r.bytes)
            abort();
        err = receive_exchange(&r, &keep);
        exchange->may_repeat = r.end == 0 && exchange->status == 0;
        free(r.bytes);
    }
    if (err != OK || !keep || exchange->aborted)
        connection_drop(connection);
    return err;
}

enum err exchange_run(struct tarn_runtime *runtime, struct exchange *exchange, struct error *error)
{
    if (!exchange->reply_body.max_bytes)
        exchange->reply_body = buf_in(&runtime->arena, BUF_MAX_DEFAULT);
    exchange->body_taken = 0;
    if (exchange->https)
        return exchange_run_https(runtime, exchange, error);
    struct connection *connection = connection_of(runtime, exchange->authority);
    bool was_kept = connection->fd >= 0;
    enum err err = run_once(runtime, exchange, connection, error);
    if (err != OK && was_kept && exchange->may_repeat)
        err = run_once(runtime, exchange, connection, error);
    return err;
}
