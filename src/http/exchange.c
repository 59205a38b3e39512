// SPDX-License-Identifier: Apache-2.0
// One request and its response, from the request line to the last byte sent.
//
// libmicrohttpd calls exchange_handle on its event-loop thread: once with the headers, then with
// each piece of the body, then once more at the body's end. Whenever something takes time, the
// connection is suspended and a job added to a pool; the job moves the exchange on and resumes the
// connection, whereupon exchange_handle is called again. So at any moment one thread owns an
// exchange: the event loop, or, while it is suspended, the job.
//
// A response that is queued before the body's end makes libmicrohttpd close the connection, so that
// is done only when the body shall not be read at all.
//
// What may follow what is a table, checked at each move.
#include "http/server_internal.h"

#include "os/clock.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <stdlib.h>

enum exchange_state {
    ON_HEADERS, // the request line is there, headers follow
    BEGINNING,  // handler->begin on a worker
    RECEIVING,  // pieces of the body arrive
    CONSUMING,  // handler->receive on a worker
    RUNNING,    // handler->run on a worker, or parked
    DRAINING,   // the response is ready; the rest of the body is thrown away
    ANSWERING,  // the response is ready to be queued
    ANSWERED,
    STATES
};

#define MAY(state) (1u << (state))
static const unsigned MOVES[STATES] = {
    [ON_HEADERS] = MAY(BEGINNING) | MAY(RECEIVING) | MAY(ANSWERING),
    [BEGINNING] = MAY(RECEIVING) | MAY(DRAINING) | MAY(ANSWERING),
    [RECEIVING] = MAY(CONSUMING) | MAY(RUNNING) | MAY(DRAINING),
    [CONSUMING] = MAY(RECEIVING) | MAY(DRAINING),
    [RUNNING] = MAY(ANSWERING),
    [DRAINING] = MAY(ANSWERING),
    [ANSWERING] = MAY(ANSWERED),
};

struct exchange {
    struct http_server *server;
    struct MHD_Connection *connection;
    const struct http_handler *handler;
    enum exchange_state state;
    struct arena arena;
    struct http_request request;
    struct http_response response;
    enum http_intake intake;
    bool chunked;
    bool headers_again; // resumed while on the headers: libmicrohttpd shows them once more
    bool as_job;
    int64_t opened_us;
    uint64_t received;
    struct buf body; // heap: the buffered body, or the next piece of a streamed one
};

static void move_to(struct exchange *exchange, enum exchange_state state)
{
    assert(MOVES[exchange->state] & MAY(state));
    exchange->state = state;
}

// ================================================================ birth and death

void *exchange_open(void *context, const char *target, struct MHD_Connection *connection)
{
    struct exchange *exchange = calloc(1, sizeof *exchange);
    if (!exchange)
        abort();
    exchange->server = context;
    exchange->connection = connection;
    exchange->response.file_fd = -1;
    exchange->opened_us = clock_mono_us(lake_clock(exchange->server->lake));
    exchange->body = buf_heap(HTTP_BODY_BYTES_MAX);
    arena_init(&exchange->arena);

    struct http_request *request = &exchange->request;
    request->arena = &exchange->arena;
    request->server = context;
    request->target = str_dup(&exchange->arena, str_of(target));
    request->query = request->target;
    str_cut(&request->query, '?', &request->path);
    server_count_exchange(context, +1);
    return exchange;
}

void exchange_close(void *context, struct MHD_Connection *connection, void **slot,
                    enum MHD_RequestTerminationCode how)
{
    (void)connection, (void)how;
    struct exchange *exchange = *slot;
    if (!exchange)
        return;
    *slot = NULL;
    if (exchange->handler && exchange->handler->end)
        exchange->handler->end(exchange->handler->context, &exchange->request);
    if (exchange->response.file_fd >= 0)
        close(exchange->response.file_fd);
    buf_deinit(&exchange->body);
    arena_deinit(&exchange->arena);
    free(exchange);
    server_count_exchange(context, -1);
}

// ================================================================ on pool threads

static void exchange_resume(struct exchange *exchange, enum exchange_state state)
{
    struct MHD_Connection *connection = exchange->connection;
    move_to(exchange, state);
    MHD_resume_connection(connection); // from here on the event loop owns the exchange
}

static void exchange_suspend(struct exchange *exchange, enum exchange_state state, thread_body *job)
{
    move_to(exchange, state);
    MHD_suspend_connection(exchange->connection);
    pool_add(exchange->server->workers, job, exchange);
}

// The response is there and the body is still to come: throw that away first, so that a client that
// sends before it reads gets the response. A client that waits for our "100 Continue" is told at
// once; so is one whose body is too large to be swallowed for politeness.
static enum exchange_state state_to_answer(const struct exchange *exchange)
{
    bool unsent = exchange->request.expects_continue && exchange->received == 0;
    bool too_much = !exchange->chunked && exchange->request.length > HTTP_DRAIN_BYTES_MAX;
    return unsent || too_much ? ANSWERING : DRAINING;
}

static void begin_job(void *argument)
{
    struct exchange *exchange = argument;
    const struct http_handler *handler = exchange->handler;
    exchange->headers_again = true;
    exchange->intake = HTTP_BUFFER;
    if (handler->begin)
        exchange->intake =
            handler->begin(handler->context, &exchange->request, &exchange->response);
    if (exchange->intake == HTTP_ANSWERED)
        exchange_resume(exchange, state_to_answer(exchange));
    else
        exchange_resume(exchange, RECEIVING);
}

static bool client_is_gone(struct exchange *exchange)
{
    char byte;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

static void run_job(void *argument);

static void on_wake(void *argument, bool deadline_passed)
{
    struct exchange *exchange = argument;
    exchange->request.deadline_passed |= deadline_passed;
    exchange->server->parked--;
    pool_add(exchange->as_job ? exchange->server->jobs : exchange->server->workers, run_job,
             exchange);
}

// Runs the handler as far as it goes. True when the response is there.
static bool exchange_run(struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    struct http_request *request = &exchange->request;
    if (request->park_key.ptr && client_is_gone(exchange)) {
        exchange->response.status =
            499; // nobody will read it; what was waited for stays for others
        return true;
    }
    uint64_t epoch = lake_wake_epoch(server->lake);
    switch (exchange->handler->run(exchange->handler->context, request, &exchange->response)) {
    case HTTP_DONE:
        return true;
    case HTTP_PARKED:
        server->parked++;
        lake_park(server->lake, request->park_key, request->park_deadline_ms, epoch, on_wake,
                  exchange);
        return false;
    case HTTP_AS_JOB:
        assert(!exchange->as_job);
        exchange->as_job = true;
        pool_add(server->jobs, run_job, exchange);
        return false;
    }
    return true;
}

static void run_job(void *argument)
{
    struct exchange *exchange = argument;
    if (exchange_run(exchange))
        exchange_resume(exchange, ANSWERING);
}

// A full piece of a streamed body. When the handler wants no more, it answers at once and the rest
// is drained. Such a run has failed already, so it neither parks nor asks for the job pool.
static void consume_job(void *argument)
{
    struct exchange *exchange = argument;
    const struct http_handler *handler = exchange->handler;
    bool go_on = handler->receive(handler->context, &exchange->request, buf_str(&exchange->body));
    buf_clear(&exchange->body);
    if (!go_on) {
        enum http_outcome outcome =
            handler->run(handler->context, &exchange->request, &exchange->response);
        assert(outcome == HTTP_DONE);
    }
    exchange_resume(exchange, go_on ? RECEIVING : DRAINING);
}

// The rest of a streamed body, if any, then the handler's run.
static void finish_job(void *argument)
{
    struct exchange *exchange = argument;
    const struct http_handler *handler = exchange->handler;
    if (exchange->intake == HTTP_STREAM && exchange->body.len)
        (void)handler->receive(handler->context, &exchange->request, buf_str(&exchange->body));
    else
        exchange->request.body = buf_str(&exchange->body);
    run_job(exchange);
}

// ================================================================ on the event loop: headers

static enum MHD_Result take_header(void *context, enum MHD_ValueKind kind, const char *name,
                                   size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    struct exchange *exchange = context;
    struct http_header *headers = exchange->request.headers;
    headers[exchange->request.header_count++] = (struct http_header){
        str_lower(&exchange->arena, str_n(name, name_len)), str_n(value, value_len)};
    return MHD_YES;
}

static void take_headers(struct exchange *exchange)
{
    int count = MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, NULL, NULL);
    exchange->request.headers =
        ARENA_ARRAY(&exchange->arena, struct http_header, count > 0 ? count : 1);
    MHD_get_connection_values_n(exchange->connection, MHD_HEADER_KIND, take_header, exchange);
    exchange->request.host = http_request_header(&exchange->request, "host");
}

static struct str address_text(struct arena *arena, const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address && address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    else if (address && address->sa_family == AF_INET6)
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
    return str_dup(arena, str_of(text));
}

static void take_connection(struct exchange *exchange)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    const struct tagged_connection *tagged = info ? info->socket_context : NULL;
    if (tagged) {
        exchange->request.tag = str_dup(&exchange->arena, tagged->tag);
        return;
    }
    info = MHD_get_connection_info(exchange->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    exchange->request.source_ip = address_text(&exchange->arena, info ? info->client_addr : NULL);
}

static void refuse(struct exchange *exchange, int status, const char *why)
{
    exchange->response.close = true;
    http_respond(&exchange->response, &exchange->arena, status, "text/plain", str_of(why));
}

// How the body is framed (RFC 9112, 6). False: refused.
static bool take_framing(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    size_t bytes = request->target.len, lengths = 0;
    struct str transfer = STR_NONE;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        bytes += header->name.len + header->value.len;
        if (str_is(header->name, "content-length")) {
            lengths++;
            if (!str_to_u64(header->value, &request->length) ||
                request->length == HTTP_LENGTH_UNKNOWN)
                return refuse(exchange, 400, "The Content-Length is not a number.\n"), false;
        } else if (str_is(header->name, "transfer-encoding")) {
            transfer = header->value;
        } else if (str_is(header->name, "expect")) {
            request->expects_continue = str_eq_nocase(header->value, S("100-continue"));
        }
    }
    if (bytes > HTTP_HEADER_BYTES_MAX)
        return refuse(exchange, 431, "The request's headers are too large.\n"), false;
    if (lengths > 1 || (lengths && transfer.ptr))
        return refuse(exchange, 400, "The length of the request's body is stated twice.\n"), false;
    if (transfer.ptr && !str_eq_nocase(transfer, S("chunked")))
        return refuse(exchange, 501, "The only known Transfer-Encoding is chunked.\n"), false;
    exchange->chunked = transfer.ptr != NULL;
    if (exchange->chunked)
        request->length = HTTP_LENGTH_UNKNOWN;
    return true;
}

static bool find_handler(struct exchange *exchange)
{
    struct http_request *request = &exchange->request;
    exchange->handler =
        server_find_handler(exchange->server, request->path, request->tag.ptr != NULL);
    if (!exchange->handler)
        return refuse(exchange, 404, "There is nothing here.\n"), false;
    uint64_t max =
        exchange->handler->body_bytes_max ? exchange->handler->body_bytes_max : HTTP_BODY_BYTES_MAX;
    exchange->body.max_bytes = max;
    if (!exchange->handler->begin && !exchange->chunked && request->length > max)
        return refuse(exchange, 413, "The request's body is too large.\n"), false;
    return true;
}

static enum MHD_Result exchange_answer(struct exchange *exchange);

static enum MHD_Result on_headers(struct exchange *exchange, const char *method)
{
    struct http_request *request = &exchange->request;
    request->method = str_of(method);
    take_headers(exchange);
    take_connection(exchange);
    if (exchange->server->stopping)
        refuse(exchange, 503, "The server is shutting down.\n");
    else if (take_framing(exchange) && find_handler(exchange)) {
        bool begin_first =
            request->length && (request->expects_continue || request->length > HTTP_PIECE_BYTES);
        if (begin_first)
            exchange_suspend(exchange, BEGINNING, begin_job);
        else
            move_to(exchange, RECEIVING);
        return MHD_YES;
    }
    move_to(exchange, ANSWERING);
    return exchange_answer(exchange);
}

// ================================================================ on the event loop: the body

static void reserve_body(struct exchange *exchange)
{
    if (exchange->intake == HTTP_STREAM)
        exchange->body.max_bytes = HTTP_PIECE_BYTES + HTTP_HEADER_BYTES_MAX * 4;
    else if (!exchange->chunked)
        (void)buf_reserve(&exchange->body, exchange->request.length);
}

static enum MHD_Result on_body(struct exchange *exchange, const char *bytes, size_t *len)
{
    if (exchange->received == 0)
        reserve_body(exchange);
    buf_put_bytes(&exchange->body, bytes, *len);
    exchange->received += *len;
    exchange->server->bytes_in += *len;
    *len = 0;
    if (exchange->body.overflowed) {
        refuse(exchange, 413, "The request's body is too large.\n");
        move_to(exchange, DRAINING);
    } else if (exchange->intake == HTTP_STREAM && exchange->body.len >= HTTP_PIECE_BYTES) {
        exchange_suspend(exchange, CONSUMING, consume_job);
    }
    return MHD_YES;
}

static enum MHD_Result on_drain(struct exchange *exchange, size_t *len)
{
    exchange->received += *len;
    *len = 0;
    uint64_t expected = exchange->chunked ? exchange->received : exchange->request.length;
    return expected > HTTP_DRAIN_BYTES_MAX ? MHD_NO : MHD_YES;
}

// ================================================================ on the event loop: the response

static ssize_t no_content(void *context, uint64_t position, char *out, size_t max)
{
    (void)context, (void)position, (void)out, (void)max;
    return MHD_CONTENT_READER_END_WITH_ERROR; // HEAD: libmicrohttpd never asks
}

static struct MHD_Response *make_response(struct exchange *exchange)
{
    struct http_response *response = &exchange->response;
    if (response->has_length_only && str_is(exchange->request.method, "HEAD"))
        return MHD_create_response_from_callback(response->length_only, 1, no_content, NULL, NULL);
    if (response->file_fd >= 0 && response->file_length > 0) {
        int fd = response->file_fd;
        response->file_fd = -1; // libmicrohttpd closes it
        exchange->server->bytes_out += response->file_length;
        return MHD_create_response_from_fd_at_offset64(response->file_length, fd,
                                                       response->file_offset);
    }
    exchange->server->bytes_out += response->body.len;
    return MHD_create_response_from_buffer(
        response->body.len, (void *)(uintptr_t)response->body.ptr, MHD_RESPMEM_PERSISTENT);
}

static void add_header(struct exchange *exchange, struct MHD_Response *response, struct str name,
                       struct str value)
{
    MHD_add_response_header(response, str_cstr(&exchange->arena, name),
                            str_cstr(&exchange->arena, value));
}

// The query is left out: that of a presigned URL is as good as a password.
static void log_answer(const struct exchange *exchange)
{
    struct http_server *server = exchange->server;
    int64_t took_us = clock_mono_us(lake_clock(server->lake)) - exchange->opened_us;
    log_event(
        server->log, LOG_DEBUG, "http", "%.*s %.*s status=%d ms=%.2f source=%.*s",
        STR_ARG(exchange->request.method), STR_ARG(exchange->request.path),
        exchange->response.status, (double)took_us / 1000,
        STR_ARG(exchange->request.tag.len ? exchange->request.tag : exchange->request.source_ip));
}

static enum MHD_Result exchange_answer(struct exchange *exchange)
{
    struct http_response *ours = &exchange->response;
    struct MHD_Response *response = make_response(exchange);
    if (!response)
        return MHD_NO;
    add_header(exchange, response, S("Server"), S("Tarn"));
    for (size_t i = 0; i < ours->header_count; i++)
        add_header(exchange, response, ours->headers[i].name, ours->headers[i].value);
    if (ours->close || exchange->server->stopping)
        add_header(exchange, response, S("Connection"), S("close"));
    exchange->server->responses[ours->status / 100 % HTTP_STATUS_CLASSES]++;
    log_answer(exchange);
    move_to(exchange, ANSWERED);
    enum MHD_Result queued =
        MHD_queue_response(exchange->connection, (unsigned)ours->status, response);
    MHD_destroy_response(response);
    return queued;
}

// libmicrohttpd goes on through the chunks that it has read already, though the connection was
// suspended by one of them. What is not taken now is offered again after the resume. The exchange
// itself must not be looked at: a job owns it.
static bool is_suspended(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_SUSPENDED);
    return info && info->suspended == MHD_YES;
}

enum MHD_Result exchange_handle(void *server, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload,
                                size_t *upload_bytes, void **slot)
{
    (void)server, (void)url, (void)version;
    struct exchange *exchange = *slot;
    if (is_suspended(connection))
        return MHD_YES;
    if (exchange->headers_again && exchange->state != ANSWERING) {
        exchange->headers_again = false;
        if (!*upload_bytes)
            return MHD_YES;
    }
    switch (exchange->state) {
    case ON_HEADERS:
        return on_headers(exchange, method);
    case RECEIVING:
        if (*upload_bytes)
            return on_body(exchange, upload, upload_bytes);
        exchange_suspend(exchange, RUNNING, finish_job);
        return MHD_YES;
    case DRAINING:
        if (*upload_bytes)
            return on_drain(exchange, upload_bytes);
        move_to(exchange, ANSWERING);
        return exchange_answer(exchange);
    case ANSWERING:
        return exchange_answer(exchange);
    default:
        return MHD_YES;
    }
}
