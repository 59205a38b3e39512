// SPDX-License-Identifier: Apache-2.0
// Looking into requests, filling responses, and the pairs of query strings and forms.
#include "http/message.h"

#include "base/encode.h"

struct str http_request_header(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < request->header_count; i++)
        if (str_is(request->headers[i].name, name))
            return request->headers[i].value;
    return STR_NONE;
}

void http_response_header(struct http_response *response, struct arena *arena, const char *name,
                          struct str value)
{
    *ARENA_PUSH(arena, response->headers, response->header_count, response->header_capacity) =
        (struct http_header){str_of(name), value};
}

void http_respond(struct http_response *response, struct arena *arena, int status,
                  const char *content_type, struct str body)
{
    response->status = status;
    response->body = body;
    http_response_header(response, arena, "Content-Type", str_of(content_type));
}

enum err http_pairs_parse(struct arena *arena, struct str text, bool form,
                          struct http_pair **out_pairs, size_t *out_count)
{
    struct http_pair *pairs = NULL;
    size_t count = 0, capacity = 0;
    for (struct str part; text.len && str_cut(&text, '&', &part);) {
        if (part.len == 0)
            continue;
        struct http_pair pair = {0};
        struct str value = part, name;
        str_cut(&value, '=', &name);
        pair.has_value = value.ptr != NULL;
        TRY(uri_decode(arena, name, form, &pair.name));
        TRY(uri_decode(arena, value, form, &pair.value));
        *ARENA_PUSH(arena, pairs, count, capacity) = pair;
    }
    *out_pairs = pairs;
    *out_count = count;
    return OK;
}

const struct http_pair *http_pair_find(const struct http_pair *pairs, size_t count,
                                       const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (str_is(pairs[i].name, name))
            return &pairs[i];
    return NULL;
}
