// SPDX-License-Identifier: Apache-2.0
// Requests for tests, written as on the wire: request line and headers, one a line.
#ifndef TESTS_HTTP_REQUEST_H
#define TESTS_HTTP_REQUEST_H

#include "../fixture.h"
#include "http/message.h"

static inline struct http_request *request_of(struct arena *arena, const char *text)
{
    struct http_request *request = ARENA_NEW(arena, struct http_request);
    size_t capacity = 0;
    struct str rest = str_of(text), line;
    request->arena = arena;
    assert_true(str_cut(&rest, '\n', &line));
    assert_true(str_cut(&line, ' ', &request->method));
    request->target = str_dup(arena, line);
    request->query = request->target;
    str_cut(&request->query, '?', &request->path);
    while (str_cut(&rest, '\n', &line)) {
        struct http_header header = {.value = line};
        if (!line.len)
            continue;
        str_cut(&header.value, ':', &header.name);
        header.name = str_lower(arena, header.name);
        header.value = str_dup(arena, str_trim(header.value));
        *ARENA_PUSH(arena, request->headers, request->header_count, capacity) = header;
    }
    request->host = http_request_header(request, "host");
    return request;
}

#endif
