// SPDX-License-Identifier: Apache-2.0
// The server's life: listening, libmicrohttpd's daemon, connections that are handed in, stopping.
//
// libmicrohttpd's memory pool of a connection holds its headers and its read buffer. 64 KiB instead
// of the default 32 nearly doubles the speed of uploads; more would cost small requests, as the
// pool is cleared after each.
#include "http/server_internal.h"

#include "os/clock.h"

#include <assert.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <unistd.h>

#define CONNECTION_POOL_BYTES ((size_t)64 * 1024)
#define EVENT_THREADS 2
#define LISTEN_BACKLOG 1024
#define HELD_TRIES 100
#define HELD_PAUSE_MS 10
#define WORKERS_MIN 1
#define STACK_BYTES ((size_t)512 * 1024)

// ================================================================ listening

static int listen_on(const struct addrinfo *address)
{
    int on = 1;
    int fd = socket(address->ai_family, address->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK,
                    address->ai_protocol);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage address;
    socklen_t len = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        return 0;
    return address.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&address)->sin6_port)
                                         : ntohs(((struct sockaddr_in *)&address)->sin_port);
}

enum err http_listen(const char *host, uint16_t port, int *out_fd, uint16_t *out_port,
                     struct error *error)
{
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *addresses;
    int failed = getaddrinfo(host, service, &hints, &addresses);
    if (failed)
        return error_set(error, ERR_IO, "cannot find the address %s: %s", host,
                         gai_strerror(failed));
    int fd = listen_on(addresses);
    // The children of a server that was just killed hold its sockets for a moment, until they are gone, too.
    for (int tries = 0; fd < 0 && errno == EADDRINUSE && port && tries < HELD_TRIES; tries++) {
        poll(NULL, 0, HELD_PAUSE_MS);
        fd = listen_on(addresses);
    }
    int why = errno;
    freeaddrinfo(addresses);
    if (fd < 0)
        return error_set(error, ERR_IO, "cannot listen on %s:%u: %s", host, port, strerror(why));
    *out_fd = fd;
    *out_port = port_of(fd);
    return OK;
}

// ================================================================ connections that are handed in

// A socket's cookie is unique for the life of the kernel, unlike its descriptor's number.
static uint64_t socket_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t len = sizeof cookie;
    getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &len);
    return cookie;
}

static struct tagged_connection *take_tagged(struct http_server *server, uint64_t cookie)
{
    struct tagged_connection *found = NULL;
    pthread_mutex_lock(&server->mutex);
    for (struct tagged_connection **at = &server->tagged; *at; at = &(*at)->next) {
        if ((*at)->cookie == cookie) {
            found = *at;
            *at = found->next;
            break;
        }
    }
    pthread_mutex_unlock(&server->mutex);
    return found;
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = context;
    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        free(*socket_context);
        *socket_context = NULL;
        return;
    }
    if (!server->any_tagged)
        return;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = take_tagged(server, socket_cookie(info->connect_fd));
}

enum err http_server_add_connection(struct http_server *server, int fd, struct str tag,
                                    struct error *error)
{
    struct tagged_connection *tagged = calloc(1, sizeof *tagged + tag.len + 1);
    if (!tagged)
        abort();
    memcpy(tagged->text, tag.ptr ? tag.ptr : "", tag.len);
    tagged->tag = str_n(tagged->text, tag.len);
    tagged->cookie = socket_cookie(fd);

    pthread_mutex_lock(&server->mutex);
    server->any_tagged = true;
    tagged->next = server->tagged;
    server->tagged = tagged;
    pthread_mutex_unlock(&server->mutex);

    struct sockaddr_storage peer = {.ss_family = AF_INET};
    socklen_t len = sizeof peer;
    (void)getpeername(fd, (struct sockaddr *)&peer, &len);
    fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
    uint64_t cookie = tagged->cookie;
    if (MHD_add_connection(server->daemon, fd, (struct sockaddr *)&peer, len) == MHD_YES)
        return OK; // on_connection may have taken it already
    int why = errno;
    free(take_tagged(server, cookie)); // libmicrohttpd has closed fd
    return error_set(error, ERR_IO, "a connection could not be taken over: %s", strerror(why));
}

// ================================================================ handlers

void http_server_handle(struct http_server *server, const struct http_handler *handler)
{
    pthread_mutex_lock(&server->mutex);
    size_t count = server->handler_count;
    assert(count < HANDLERS_MAX);
    server->handlers[count] = *handler;
    server->handler_count = count + 1;
    pthread_mutex_unlock(&server->mutex);
}

const struct http_handler *server_find_handler(struct http_server *server, struct str path,
                                               bool tagged)
{
    const struct http_handler *best = NULL;
    size_t count = server->handler_count;
    for (size_t i = 0; i < count; i++) {
        const struct http_handler *handler = &server->handlers[i];
        if ((handler->tagged_only && !tagged) || !str_starts(path, str_of(handler->prefix)))
            continue;
        if (!best || strlen(handler->prefix) > strlen(best->prefix))
            best = handler;
    }
    return best;
}

enum http_outcome http_park(struct http_request *request, struct str key, int64_t deadline_ms)
{
    request->park_key = str_dup(request->arena, key);
    request->park_deadline_ms = deadline_ms;
    return HTTP_PARKED;
}

struct lake *http_server_lake(struct http_server *server)
{
    return server->lake;
}

// ================================================================ life

void server_count_exchange(struct http_server *server, int change)
{
    pthread_mutex_lock(&server->mutex);
    server->exchange_count += (size_t)change;
    if (server->exchange_count == 0)
        pthread_cond_broadcast(&server->idle);
    pthread_mutex_unlock(&server->mutex);
}

static void on_log(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *context, const char *format, va_list args)
{
    struct http_server *server = context;
    char line[512];
    vsnprintf(line, sizeof line, format, args);
    log_event(server->log, LOG_DEBUG, "http", "%s", line);
}

// Arguments are taken from the raw target (message.c); libmicrohttpd need not decode them.
static size_t leave_escaped(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static struct MHD_Daemon *daemon_start(struct http_server *server, int listen_fd)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    const struct MHD_OptionItem listening[] = {{MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL},
                                               {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem not_listening[] = {{MHD_OPTION_END, 0, NULL}};
    if (listen_fd < 0)
        flags |= MHD_USE_NO_LISTEN_SOCKET;
    return MHD_start_daemon(
        flags, 0, NULL, NULL, exchange_handle, server, MHD_OPTION_EXTERNAL_LOGGER, on_log,
        (void *)server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        CONNECTION_POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)HTTP_CONNECTIONS_MAX,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HTTP_IDLE_SECONDS_MAX, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)EVENT_THREADS, MHD_OPTION_URI_LOG_CALLBACK, exchange_open, (void *)server,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_escaped, (void *)NULL, MHD_OPTION_NOTIFY_COMPLETED,
        exchange_close, (void *)server, MHD_OPTION_NOTIFY_CONNECTION, on_connection, (void *)server,
        MHD_OPTION_ARRAY, listen_fd < 0 ? not_listening : listening, MHD_OPTION_END);
}

struct http_server *http_server_new(struct lake *lake, struct log *log)
{
    struct http_server *server = calloc(1, sizeof *server);
    if (!server)
        abort();
    server->lake = lake;
    server->log = log;
    pthread_mutex_init(&server->mutex, NULL);
    pthread_cond_init(&server->idle, NULL);
    server->workers = pool_new("http", WORKERS_MIN, HTTP_WORKERS_MAX, STACK_BYTES);
    server->jobs = pool_new("http-job", 0, HTTP_JOBS_MAX, STACK_BYTES);
    return server;
}

enum err http_server_start(struct http_server *server, int listen_fd, struct error *error)
{
    server->daemon = daemon_start(server, listen_fd);
    if (server->daemon)
        return OK;
    int why = errno;
    if (listen_fd >= 0)
        close(listen_fd);
    return error_set(error, ERR_IO, "the HTTP server could not start: %s", strerror(why));
}

bool http_server_stop(struct http_server *server, int64_t grace_ms)
{
    server->stopping = true;
    if (!server->daemon)
        return true;
    int listen_fd = MHD_quiesce_daemon(server->daemon);
    if (listen_fd >= 0)
        close(listen_fd);
    struct clock *clock = clock_new_real(); // the lake's may stand still
    int64_t deadline_ms = clock_now_ms(clock) + grace_ms;
    pthread_mutex_lock(&server->mutex);
    while (server->exchange_count && !clock_wait(clock, &server->idle, &server->mutex, deadline_ms))
        ;
    bool idle = server->exchange_count == 0;
    pthread_mutex_unlock(&server->mutex);
    clock_free(clock);
    return idle;
}

void http_server_free(struct http_server *server)
{
    if (!server)
        return;
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    pool_free(server->workers);
    pool_free(server->jobs);
    while (server->tagged) {
        struct tagged_connection *tagged = server->tagged;
        server->tagged = tagged->next;
        free(tagged);
    }
    pthread_cond_destroy(&server->idle);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

void http_server_metrics(struct http_server *server, struct buf *out)
{
    const union MHD_DaemonInfo *info =
        MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);
    buf_puts(out, "# TYPE tarn_http_connections gauge\n");
    buf_printf(out, "tarn_http_connections %u\n", info ? info->num_connections : 0);
    buf_puts(out, "# TYPE tarn_http_parked gauge\n");
    buf_printf(out, "tarn_http_parked %llu\n", (unsigned long long)server->parked);
    buf_puts(out, "# TYPE tarn_http_responses_total counter\n");
    for (int class = 1; class < HTTP_STATUS_CLASSES; class ++)
        buf_printf(out, "tarn_http_responses_total{status=\"%dxx\"} %llu\n", class,
                   (unsigned long long)server->responses[class]);
    buf_puts(out, "# TYPE tarn_http_body_bytes_total counter\n");
    buf_printf(out, "tarn_http_body_bytes_total{direction=\"in\"} %llu\n",
               (unsigned long long)server->bytes_in);
    buf_printf(out, "tarn_http_body_bytes_total{direction=\"out\"} %llu\n",
               (unsigned long long)server->bytes_out);
    buf_puts(out, "# TYPE tarn_http_threads gauge\n");
    buf_printf(out, "tarn_http_threads{pool=\"workers\"} %zu\n", pool_threads(server->workers));
    buf_printf(out, "tarn_http_threads{pool=\"jobs\"} %zu\n", pool_threads(server->jobs));
}
