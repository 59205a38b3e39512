// SPDX-License-Identifier: Apache-2.0
// The HTTP server: connections, bodies, threads. It knows nothing of AWS; handlers do (api.h for the services' protocols,
// system.h for /_tarn/, the Lambda service for its Runtime API).
//
// A few event-loop threads (libmicrohttpd, epoll) hold the connections: reading headers, gathering bodies, sending
// responses. A request that has arrived runs on a worker thread as straight-line blocking code, its connection suspended
// meanwhile. Thus an idle connection costs no thread, and a busy disk no event loop.
//
//   headers arrive -> [begin] -> body arrives, [receive] piece by piece -> run -> response is sent -> end
//
// A handler is a path prefix and these steps, all of them on worker threads, one at a time for one request:
//   begin    (optional) when the body is large, chunked, or not yet sent (Expect: 100-continue): says whether the body shall
//            be buffered, streamed to `receive`, or not be read at all because the response is already there. Small bodies
//            are buffered without asking.
//   receive  (with begin) some bytes of a streamed body. False: no more is wanted; run comes next, to answer.
//   run      answers; or parks (http_park): then it is called again, from the start, when the key is woken or the
//            deadline has passed (request->deadline_passed), and no thread is held meanwhile. It may ask to be called
//            again on the job pool, for work that blocks long.
//   end      (optional) the request is over, however it went: frees request->state.
//
// The longest matching prefix wins; "" matches everything.
//
// Connections can also be handed in (http_server_add_connection): accepted on a socket that lives elsewhere, as inside a
// sandbox's network namespace. They carry a tag, which handlers see; a handler may be for tagged connections only.
//
// Threads: all functions from any thread.
// Limits: named below. A request with both Transfer-Encoding and Content-Length is refused (RFC 9112, 6.1).
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "http/message.h"
#include "lake/lake.h"

#define HTTP_HEADER_BYTES_MAX ((size_t)32 * 1024)    // request line and headers
#define HTTP_BODY_BYTES_MAX ((size_t)72 * 1024 * 1024) // a buffered body: a function of 50 MB in base64 fits
#define HTTP_PIECE_BYTES ((size_t)256 * 1024)        // what `receive` is given at a time; smaller bodies come whole
#define HTTP_DRAIN_BYTES_MAX ((uint64_t)16 * 1024 * 1024) // of an unwanted body, to answer and keep the connection
#define HTTP_CONNECTIONS_MAX 16384
#define HTTP_IDLE_SECONDS_MAX 120
#define HTTP_WORKERS_MAX 64
#define HTTP_JOBS_MAX 256

enum http_intake { HTTP_BUFFER, HTTP_STREAM, HTTP_ANSWERED };
enum http_outcome { HTTP_DONE, HTTP_PARKED, HTTP_AS_JOB };

struct http_handler {
    const char *prefix; // "/_tarn/", "" for everything
    bool tagged_only;   // connections that were handed in
    size_t body_bytes_max; // buffered; 0: HTTP_BODY_BYTES_MAX
    enum http_intake (*begin)(void *context, struct http_request *request, struct http_response *response);
    bool (*receive)(void *context, struct http_request *request, struct str bytes);
    enum http_outcome (*run)(void *context, struct http_request *request, struct http_response *response);
    void (*end)(void *context, struct http_request *request);
    void *context;
};

// Binds and listens; port 0 takes a free one. ERR_IO says why not.
enum err http_listen(const char *host, uint16_t port, int *out_fd, uint16_t *out_port, struct error *error) MUST_CHECK;

// A server that does not serve yet. `lake` (for parking) and `log` (may be NULL) are borrowed.
struct http_server *http_server_new(struct lake *lake, struct log *log);
// May be called at any time, also while serving; handlers stay until the server is freed. `handler` is copied.
void http_server_handle(struct http_server *server, const struct http_handler *handler);
// Serves. `listen_fd` belongs to the server from now on, also on failure; -1: only connections that are handed in.
enum err http_server_start(struct http_server *server, int listen_fd, struct error *error) MUST_CHECK;
struct lake *http_server_lake(struct http_server *server);
// Serves an accepted stream socket, which belongs to the server from now on.
enum err http_server_add_connection(struct http_server *server, int fd, struct str tag, struct error *error) MUST_CHECK;

// Takes no new connections and waits for the requests under way, `grace_ms` at most (call lake_cancel before, so that what is
// parked answers). False: some still run; then the server cannot be freed, and the process must end without.
bool http_server_stop(struct http_server *server, int64_t grace_ms);
void http_server_free(struct http_server *server); // after a stop that returned true; takes NULL

// In a handler's run: `return http_park(request, key, deadline_ms);`. lake_wake and call_wake wake keys.
enum http_outcome http_park(struct http_request *request, struct str key, int64_t deadline_ms);

// Requests by status, connections: Prometheus text for /_tarn/metrics.
void http_server_metrics(struct http_server *server, struct buf *out);

#endif
