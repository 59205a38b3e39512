// SPDX-License-Identifier: Apache-2.0
// What server.c (life, connections, handlers) and exchange.c (one request's way through) share. Nobody else includes this.
#ifndef HTTP_SERVER_INTERNAL_H
#define HTTP_SERVER_INTERNAL_H

#include "http/server.h"
#include "os/thread.h"

#include <microhttpd.h>
#include <stdatomic.h>

#define HANDLERS_MAX 32
#define HTTP_STATUS_CLASSES 6

// A connection that was handed in, from http_server_add_connection until it is closed.
struct tagged_connection {
    struct tagged_connection *next;
    uint64_t cookie; // of its socket
    struct str tag;
    char text[]; // the tag's bytes
};

struct http_server {
    struct lake *lake;
    struct log *log;
    struct MHD_Daemon *_Atomic daemon; // serves before http_server_start has it in hand
    struct pool *workers;
    struct pool *jobs;
    struct http_handler handlers[HANDLERS_MAX]; // written under the mutex, the first handler_count are final
    _Atomic size_t handler_count;
    _Atomic bool stopping;
    _Atomic uint64_t responses[HTTP_STATUS_CLASSES];
    _Atomic uint64_t bytes_in, bytes_out, parked;
    pthread_mutex_t mutex;
    pthread_cond_t idle; // exchange_count is zero
    size_t exchange_count;
    struct tagged_connection *tagged; // handed in, not yet seen by an event loop
    _Atomic bool any_tagged;
};

const struct http_handler *server_find_handler(struct http_server *server, struct str path, bool tagged);
void server_count_exchange(struct http_server *server, int change);

// libmicrohttpd's callbacks.
void *exchange_open(void *server, const char *target, struct MHD_Connection *connection);
enum MHD_Result exchange_handle(void *server, struct MHD_Connection *connection, const char *url, const char *method,
                                const char *version, const char *upload, size_t *upload_bytes, void **exchange);
void exchange_close(void *server, struct MHD_Connection *connection, void **exchange,
                    enum MHD_RequestTerminationCode how);

#endif
