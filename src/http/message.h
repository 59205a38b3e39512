// SPDX-License-Identifier: Apache-2.0
// Requests and responses, as everything above the socket sees them.
//
// A request keeps the raw target, exactly as it stood on the request line: signatures are over raw bytes, so nothing is
// decoded before they are checked. Header names are lower-cased, values as they came, repeated headers in order.
//
// Ownership: all bytes of both live in the request's arena, until the response has been sent. A response's file
// descriptor belongs to the response.
#ifndef HTTP_MESSAGE_H
#define HTTP_MESSAGE_H

#include "base/buf.h"

struct http_header {
    struct str name;
    struct str value;
};

#define HTTP_LENGTH_UNKNOWN UINT64_MAX // a chunked body

struct http_server;
struct http_request {
    struct arena *arena;
    struct http_server *server;
    struct str method;
    struct str target;      // raw: path, and what follows '?'
    struct str path, query; // raw views into target; query without its '?'
    struct http_header *headers;
    size_t header_count;
    struct str host;      // the Host header
    struct str source_ip; // "" for connections that were handed in
    struct str tag;       // of a connection that was handed in (http_server_add_connection), else ""
    uint64_t length;      // of the body, as declared; 0: none
    bool expects_continue;
    struct str body; // all of it, when it was buffered

    // For handlers that wait: see http_park in server.h.
    bool deadline_passed;
    struct str park_key;
    int64_t park_deadline_ms;

    void *state; // of the handler, across the steps of one request
};

struct http_response {
    int status;
    struct http_header *headers;
    size_t header_count, header_capacity;
    struct str body;
    int file_fd; // a range of a file instead of `body`; -1: none
    uint64_t file_offset, file_length;
    bool has_length_only; // HEAD: no body, but the length that GET would have
    uint64_t length_only;
    bool close; // end the connection after it
};

// First header of that name (given in lower case); STR_NONE when absent.
struct str http_request_header(const struct http_request *request, const char *name);
void http_response_header(struct http_response *response, struct arena *arena, const char *name, struct str value);
// Status, Content-Type and body in one.
void http_respond(struct http_response *response, struct arena *arena, int status, const char *content_type,
                  struct str body);

// The pairs of a query string or form, decoded, in order. Broken escapes are ERR_SYNTAX.
struct http_pair {
    struct str name;
    struct str value;
    bool has_value; // "a=" has, "a" has not
};
enum err http_pairs_parse(struct arena *arena, struct str text, bool form, struct http_pair **out_pairs,
                          size_t *out_count) MUST_CHECK;
const struct http_pair *http_pair_find(const struct http_pair *pairs, size_t count, const char *name);

#endif
