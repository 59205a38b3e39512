// SPDX-License-Identifier: Apache-2.0
// What the runtime library's files share. Nothing here is public; that is include/tarn/lambda.h.
//
//     loop.c        the Runtime API: next invocation, answer, failure
//     exchange.c    one HTTP/1.1 exchange on a kept connection: plain sockets, or libcurl (loaded
//     when needed) for https aws.c         a signed call of a service: endpoint, credentials,
//     Signature V4, retries, error codes s3.c upload.c services.c    the calls themselves
#ifndef RUNTIME_INTERNAL_H
#define RUNTIME_INTERNAL_H

#include "base/json.h"
#include "http/message.h"
#include "tarn/lambda.h"

#define CONNECTIONS_MAX 8

struct connection {
    struct str authority; // "127.0.0.1:4566", on the heap
    int fd;
};

struct tarn_runtime {
    struct arena arena; // of one invocation
    struct connection connections[CONNECTIONS_MAX];
    size_t connection_count;
    void *curl, *curl_handle; // libcurl, once loaded
    struct str api;           // the Runtime API's authority, or STR_NONE when run by hand
    bool answered;
    struct buf answer; // when run by hand
};

// One exchange. What is sent and where is set by the caller; the rest is the reply.
struct exchange {
    bool https;
    struct str authority, method, target;
    struct http_header *headers;
    size_t header_count, header_capacity;
    struct str body;
    bool no_time_limit; // the Runtime API's next invocation may be hours away
    tarn_sink *sink;    // of a successful reply's body; NULL: collected
    void *sink_context;
    // reply
    int status;
    struct http_header *reply_headers;
    size_t reply_header_count, reply_header_capacity;
    uint64_t content_length; // HTTP_LENGTH_UNKNOWN without one
    uint64_t body_taken;     // bytes given to the sink or collected
    struct buf reply_body;
    bool aborted;    // the sink said stop
    bool may_repeat; // nothing of the request reached the server
};
void exchange_header(struct arena *arena, struct exchange *exchange, const char *name,
                     struct str value);
struct str exchange_reply_header(const struct exchange *exchange,
                                 const char *name); // lower-case name
// ERR_IO with the reason when there was no whole reply. A kept connection that the server closed
// meanwhile is replaced.
enum err exchange_run(struct tarn_runtime *runtime, struct exchange *exchange,
                      struct error *error) MUST_CHECK;
enum err exchange_run_https(struct tarn_runtime *runtime, struct exchange *exchange,
                            struct error *error) MUST_CHECK;
void connections_close(struct tarn_runtime *runtime);

// A signed call. `path` and `query` are encoded. `repeatable`: lost connections, throttling and 5xx
// are tried again twice.
struct aws_call {
    const char *service; // signing name
    const char *method;
    struct str path, query;
    struct http_header headers[8]; // beyond those that signing adds
    size_t header_count;
    struct str body;
    size_t reply_bytes_max;
    bool repeatable;
    tarn_sink *sink;
    void *sink_context;
    struct exchange exchange; // the last one
};
int aws_run(struct tarn_event *event, struct aws_call *call,
            struct tarn_reply *out_reply); // 0 or -1
void aws_header(struct aws_call *call, const char *name, struct str value);
int reply_fail(struct tarn_reply *reply, const char *code, const char *format, ...)
    PRINTF_LIKE(3, 4); // -1

struct str s3_path(struct arena *arena, const char *bucket, const char *key);

static inline struct tarn_text text_from(struct str s)
{
    return (struct tarn_text){s.ptr, s.len};
}

#endif
