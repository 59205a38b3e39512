// SPDX-License-Identifier: Apache-2.0
// Any bytes as a request - its first line is method and target, then headers, an empty line, a body
// - through everything that looks at a request before its signature is known to be good, and
// through the decoding after it, with the services' own tables.
#include "fuzz.h"
#include "http/protocol.h"
#include "http/sigv4.h"
#include "lake/shape.h"

#include <assert.h>

static struct str take_line(struct str *rest)
{
    struct str line = STR_NONE;
    str_cut(rest, '\n', &line);
    return line;
}

static struct str read_request(struct arena *arena, struct str text, struct http_request *request)
{
    size_t capacity = 0;
    struct str line = take_line(&text);
    request->arena = arena;
    request->target = line;
    str_cut(&request->target, ' ', &request->method);
    request->query = request->target;
    str_cut(&request->query, '?', &request->path);
    for (line = take_line(&text); line.len; line = take_line(&text)) {
        struct http_header header = {.value = line};
        str_cut(&header.value, ':', &header.name);
        header.name = str_lower(arena, header.name);
        header.value = str_trim(header.value);
        *ARENA_PUSH(arena, request->headers, request->header_count, capacity) = header;
    }
    request->host = http_request_header(request, "host");
    return text;
}

static void check_signature(struct http_request *request, struct sigv4 *sigv4, struct error *error)
{
    struct sigv4_texts texts;
    struct sigv4_seed seed;
    if (sigv4_parse(request, sigv4, error) != SIGV4_OK)
        return;
    (void)!sigv4_check_time(sigv4, 1795305600000);
    for (int s3 = 0; s3 < 2; s3++)
        assert(sigv4_verify(NULL, request, sigv4, S("secret"), S("hash"), s3, &texts, &seed) ==
               SIGV4_MISMATCH);
}

static void check_input(const struct route *route, const struct http_request *request,
                        struct str body)
{
    struct json *input = NULL, *checked = NULL;
    struct error error = {0};
    if (protocol_decode(route, request, body, S("http://h"), &input, &error) != OK)
        return;
    assert(json_is(input, JSON_OBJECT));
    if (!route->op->input ||
        shape_check(route->op->input, input, request->arena, &checked, &error) != OK)
        return;
    struct json *again = NULL; // what is canonical stays as it is
    assert(shape_check(route->op->input, checked, request->arena, &again, &error) == OK);
    assert(json_equal(checked, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct arena arena;
    arena_init(&arena);
    struct http_request request = {0};
    struct sigv4 sigv4 = {0};
    struct route route;
    struct error error = {0};
    struct str body = read_request(&arena, str_n((const char *)bytes, len), &request);
    struct router *router = router_new(SERVICES);
    check_signature(&request, &sigv4, &error);
    if (router_find(router, &request, sigv4.service, body, &route, &error) == OK && route.op)
        check_input(&route, &request, body);
    struct refusal refusal = protocol_unknown_operation(&route, &request);
    struct http_response response = {.file_fd = -1};
    protocol_refuse(&route, &request, S("id"), &refusal, &response);
    assert(response.body.len);
    router_free(router);
    arena_deinit(&arena);
    return 0;
}
