// SPDX-License-Identifier: Apache-2.0
// Rows of the REST services are compiled to patterns; a request is compared with all patterns of
// its method. There are about a hundred for S3, each refused after its first segment or query part,
// so no index is needed.
#include "http/router.h"

#include "base/encode.h"

#include <string.h>

enum segment_kind { SEGMENT_LITERAL, SEGMENT_LABEL, SEGMENT_GREEDY };
struct segment {
    enum segment_kind kind;
    struct str text; // the literal, or the label's name
};
struct part {
    struct str name, value;
    bool value_given; // "?a=b": this value; else "?a=" or "?a": any
};
struct pattern {
    const struct service *service;
    const struct op *op; // NULL: a documented operation that we lack
    struct str op_name;
    struct str method;
    struct segment *segments;
    size_t segment_count, segment_capacity;
    struct part *parts;
    size_t part_count, part_capacity;
    struct str header; // must be present, or ""
    int score;
};
struct router {
    struct arena arena;
    const struct service *const *services;
    const struct service *s3;
    struct pattern *patterns;
    size_t count, capacity;
};

// ================================================================ compiling

static void compile_path(struct arena *arena, struct pattern *pattern, struct str path)
{
    for (struct str text, rest = path; str_cut(&rest, '/', &text);) {
        if (text.len == 0)
            continue;
        struct segment segment = {SEGMENT_LITERAL, text};
        if (text.ptr[0] == '{') {
            bool greedy = str_ends(text, S("+}"));
            segment.kind = greedy ? SEGMENT_GREEDY : SEGMENT_LABEL;
            segment.text = str_slice(text, 1, text.len - (greedy ? 2 : 1));
        }
        pattern->score += segment.kind == SEGMENT_LITERAL ? 1000
                          : segment.kind == SEGMENT_LABEL ? 1
                                                          : 0;
        *ARENA_PUSH(arena, pattern->segments, pattern->segment_count, pattern->segment_capacity) =
            segment;
    }
}

static void compile_query(struct arena *arena, struct pattern *pattern, struct str query)
{
    for (struct str text; query.len && str_cut(&query, '&', &text);) {
        struct part part = {.value = text};
        str_cut(&part.value, '=', &part.name);
        part.value_given = part.value.len > 0;
        pattern->score += 10 + part.value_given;
        *ARENA_PUSH(arena, pattern->parts, pattern->part_count, pattern->part_capacity) = part;
    }
}

// "PUT /{Bucket}/{Key+}?uploads#header"
static struct pattern *compile(struct router *router, const struct service *service,
                               struct str op_name, struct str row)
{
    struct pattern *pattern =
        ARENA_PUSH(&router->arena, router->patterns, router->count, router->capacity);
    *pattern = (struct pattern){.service = service, .op_name = op_name};
    struct str target, path;
    str_cut(&row, ' ', &pattern->method);
    str_cut(&row, '#', &target);
    pattern->header = row;
    pattern->score = row.len ? 10 : 0;
    str_cut(&target, '?', &path);
    compile_path(&router->arena, pattern, path);
    compile_query(&router->arena, pattern, target);
    return pattern;
}

static void compile_service(struct router *router, const struct service *service)
{
    for (const struct op *op = service->ops; op->name; op++)
        if (op->http && !(op->flags & OP_INTERNAL))
            compile(router, service, str_of(op->name), str_of(op->http))->op = op;
    for (const char *const *known = service->known; known && *known; known++) {
        struct str row = str_of(*known), name;
        str_cut(&row, ' ', &name);
        if (row.ptr)
            compile(router, service, name, row);
    }
}

struct router *router_new(const struct service *const *services)
{
    struct arena arena;
    arena_init(&arena);
    struct router *router = ARENA_NEW(&arena, struct router);
    router->arena = arena;
    router->services = services;
    for (; *services; services++) {
        if (strcmp((*services)->name, "s3") == 0)
            router->s3 = *services;
        if ((*services)->protocols & (PROTOCOL_REST_XML | PROTOCOL_REST_JSON))
            compile_service(router, *services);
    }
    return router;
}

void router_free(struct router *router)
{
    if (!router)
        return;
    struct arena arena = router->arena; // which the router itself lives in
    arena_deinit(&arena);
}

// ================================================================ matching

static bool query_matches(const struct pattern *pattern, const struct http_pair *pairs,
                          size_t count)
{
    for (size_t i = 0; i < pattern->part_count; i++) {
        const struct part *part = &pattern->parts[i];
        size_t at = 0;
        while (at < count && !str_eq(pairs[at].name, part->name))
            at++;
        if (at == count || (part->value_given && !str_eq(pairs[at].value, part->value)))
            return false;
    }
    return true;
}

// Walks path and pattern together. A slash at the path's end does not matter, except within a
// greedy label.
static bool path_matches(const struct pattern *pattern, struct str path, struct http_pair *labels,
                         size_t *out_count)
{
    struct str rest = str_from(path, path.len > 0 && path.ptr[0] == '/');
    size_t labels_found = 0;
    for (size_t i = 0; i < pattern->segment_count; i++) {
        const struct segment *segment = &pattern->segments[i];
        struct str text = rest;
        if (segment->kind == SEGMENT_GREEDY)
            rest = STR_NONE;
        else if (!str_cut(&rest, '/', &text))
            return false;
        if (text.len == 0 || (segment->kind == SEGMENT_LITERAL && !str_eq(text, segment->text)))
            return false;
        if (segment->kind != SEGMENT_LITERAL)
            labels[labels_found++] = (struct http_pair){segment->text, text, true};
    }
    *out_count = labels_found;
    return rest.len == 0;
}

#define LABELS_MAX 16

static enum err take_labels(struct arena *arena, struct http_pair *labels, size_t count,
                            struct route *out, struct error *error)
{
    out->labels = ARENA_ARRAY(arena, struct http_pair, count + 1);
    out->label_count = count;
    for (size_t i = 0; i < count; i++) {
        out->labels[i] = labels[i];
        if (uri_decode(arena, labels[i].value, false, &out->labels[i].value) != OK ||
            !str_is_utf8(out->labels[i].value))
            return error_set(error, ERR_SYNTAX, "Couldn't parse the specified URI.");
    }
    return OK;
}

// The best pattern for the request among the services of a signing name (NULL-service: all).
static const struct pattern *match(const struct router *router, const struct http_request *request,
                                   struct str path, struct str signing_name,
                                   const struct route *route, struct http_pair *labels,
                                   size_t *out_label_count)
{
    const struct pattern *best = NULL;
    struct str method = request->method;
    for (size_t i = 0; i < router->count; i++) {
        const struct pattern *pattern = &router->patterns[i];
        struct http_pair found[LABELS_MAX];
        size_t count;
        if (!str_eq(pattern->method, method) ||
            !str_is(signing_name, pattern->service->signing_name) ||
            (best && best->score >= pattern->score) || pattern->segment_count > LABELS_MAX ||
            !path_matches(pattern, path, found, &count) ||
            !query_matches(pattern, route->pairs, route->pair_count))
            continue;
        if (pattern->header.len && !http_request_header(request, pattern->header.ptr).ptr)
            continue;
        best = pattern;
        memcpy(labels, found, count * sizeof *found);
        *out_label_count = count;
    }
    return best;
}

// ================================================================ which service

static const struct service *service_by_signing_name(const struct router *router, struct str name)
{
    for (const struct service *const *at = router->services; *at; at++)
        if (str_is(name, (*at)->signing_name))
            return *at;
    return NULL;
}

static bool is_address(struct str host)
{
    for (size_t i = 0; i < host.len; i++)
        if ((host.ptr[i] < '0' || host.ptr[i] > '9') && host.ptr[i] != '.')
            return host.ptr[0] == '[';
    return true;
}

static struct str without_port(struct str host)
{
    size_t colon = str_rfind_char(host, ':');
    return colon != STR_NPOS && !str_ends(host, S("]")) ? str_slice(host, 0, colon) : host;
}

struct str router_bucket_of_host(const struct router *router, struct str host)
{
    host = without_port(host);
    if (is_address(host) || str_starts(host, S("s3.")) || str_starts(host, S("s3-")))
        return STR_NONE;
    size_t at = str_find(host, S(".s3."));
    if (at == STR_NPOS)
        at = str_find(host, S(".s3-"));
    if (at != STR_NPOS)
        return str_slice(host, 0, at);
    if (!str_ends(host, S(".localhost")))
        return STR_NONE;
    struct str rest = host, first;
    str_cut(&rest, '.', &first);
    if (service_by_signing_name(router, first))
        return STR_NONE;
    return str_slice(host, 0, host.len - strlen(".localhost"));
}

static struct str signing_name_of_host(const struct router *router, struct str host)
{
    struct str rest = without_port(host), first = STR_NONE;
    str_cut(&rest, '.', &first);
    const struct service *service = rest.len ? service_by_signing_name(router, first) : NULL;
    return service ? str_of(service->signing_name) : STR_NONE;
}

static struct str signing_name_of_path(const struct router *router, struct str path)
{
    if (path.len < 12 || path.ptr[5] != '-' || path.ptr[8] != '-')
        return STR_NONE;
    for (const struct service *const *at = router->services; *at; at++)
        if (((*at)->protocols & PROTOCOL_REST_JSON) && (*at)->api_version &&
            str_starts(str_from(path, 1), str_of((*at)->api_version)))
            return str_of((*at)->signing_name);
    return STR_NONE;
}

// ================================================================ the protocols' ways

static struct str content_type(const struct http_request *request)
{
    struct str type = http_request_header(request, "content-type"), bare = STR_NONE;
    str_cut(&type, ';', &bare);
    return str_trim(bare);
}

static enum err find_by_target(const struct router *router, const struct http_request *request,
                               struct str target, struct route *out)
{
    size_t dot = str_rfind_char(target, '.');
    struct str prefix = str_slice(target, 0, dot == STR_NPOS ? 0 : dot);
    bool older = str_is(content_type(request), "application/x-amz-json-1.1");
    out->protocol = older ? PROTOCOL_JSON_1_1 : PROTOCOL_JSON_1_0;
    out->op_name = dot == STR_NPOS ? target : str_from(target, dot + 1);
    for (const struct service *const *at = router->services; *at; at++)
        if ((*at)->target_prefix && str_is(prefix, (*at)->target_prefix))
            out->service = *at;
    if (!out->service)
        return OK;
    if (!(out->service->protocols &
          out->protocol)) // the other version: answered as the service speaks
        out->protocol =
            out->service->protocols & PROTOCOL_JSON_1_1 ? PROTOCOL_JSON_1_1 : PROTOCOL_JSON_1_0;
    out->op = service_op(out->service, out->op_name);
    return OK;
}

static const struct service *service_of_action(const struct router *router, struct str signing_name,
                                               struct str version, struct str action)
{
    const struct service *found = NULL;
    for (const struct service *const *at = router->services; *at; at++) {
        if (!((*at)->protocols & PROTOCOL_QUERY) ||
            (signing_name.len && !str_is(signing_name, (*at)->signing_name)))
            continue;
        bool has_op = service_op(*at, action) != NULL;
        if (has_op && (*at)->api_version && str_is(version, (*at)->api_version))
            return *at;
        if (signing_name.len || has_op)
            found = *at;
    }
    return found;
}

static enum err find_by_action(const struct router *router, const struct http_request *request,
                               struct str signing_name, struct str body, struct route *out,
                               struct error *error)
{
    struct str host_name = signing_name_of_host(router, request->host);
    if (!signing_name.len)
        signing_name = host_name;
    out->protocol = PROTOCOL_QUERY;
    out->service = service_of_action(router, signing_name, STR_NONE, STR_NONE);
    if (str_is(request->method, "POST") &&
        http_pairs_parse(request->arena, body, true, &out->pairs, &out->pair_count) != OK)
        return error_set(error, ERR_SYNTAX, "the form cannot be decoded");
    const struct http_pair *action = http_pair_find(out->pairs, out->pair_count, "Action");
    const struct http_pair *version = http_pair_find(out->pairs, out->pair_count, "Version");
    out->op_name = action ? action->value : S("");
    out->service =
        service_of_action(router, signing_name, version ? version->value : STR_NONE, out->op_name);
    out->op = out->service ? service_op(out->service, out->op_name) : NULL;
    return OK;
}

// A parameter without a value that neither the row nor the input knows is a subresource of AWS's
// that we do not know: taking the request for one on the plain resource would do something else
// than what was asked for.
static const struct http_pair *unknown_subresource(const struct pattern *pattern,
                                                   const struct route *route)
{
    for (size_t i = 0; i < route->pair_count; i++) {
        const struct http_pair *pair = &route->pairs[i];
        if (pair->value.len || str_starts(pair->name, S("X-Amz-")) ||
            str_starts(pair->name, S("x-")))
            continue;
        bool known = false;
        for (size_t p = 0; p < pattern->part_count; p++)
            known |= str_eq(pattern->parts[p].name, pair->name);
        const struct shape *input = pattern->op ? pattern->op->input : NULL;
        for (const struct field *field = input ? input->fields : NULL; field && field->name;
             field++)
            known |= field->place == IN_QUERY &&
                     str_is(pair->name, field->wire ? field->wire : field->name);
        if (!known)
            return pair;
    }
    return NULL;
}

// The protocol of answers to requests that did not make theirs clear.
static enum protocol protocol_of(const struct service *service)
{
    static const enum protocol ORDER[] = {PROTOCOL_REST_XML, PROTOCOL_REST_JSON, PROTOCOL_QUERY,
                                          PROTOCOL_JSON_1_1};
    for (size_t i = 0; i < sizeof ORDER / sizeof *ORDER; i++)
        if (service->protocols & ORDER[i])
            return ORDER[i];
    return PROTOCOL_JSON_1_0;
}

static enum err find_by_path(const struct router *router, const struct http_request *request,
                             struct str signing_name, struct route *out, struct error *error)
{
    struct http_pair labels[LABELS_MAX];
    size_t label_count = 0;
    struct str path = request->path;
    out->service = service_by_signing_name(router, signing_name);
    if (!out->service)
        return OK;
    out->protocol = protocol_of(out->service);
    bool xml = out->protocol == PROTOCOL_REST_XML;
    struct str bucket =
        out->service == router->s3 ? router_bucket_of_host(router, request->host) : STR_NONE;
    if (bucket.len)
        path = str_format(request->arena, "/%.*s%.*s", STR_ARG(bucket), STR_ARG(path));
    const struct pattern *found =
        match(router, request, path, signing_name, out, labels, &label_count);
    if (!found)
        return OK;
    out->service = found->service;
    out->op_name = found->op_name;
    const struct http_pair *unknown = xml ? unknown_subresource(found, out) : NULL;
    if (unknown)
        out->op_name = str_format(request->arena, "%.*s ?%.*s", STR_ARG(found->op_name),
                                  STR_ARG(unknown->name));
    else
        out->op = found->op;
    return take_labels(request->arena, labels, label_count, out, error);
}

enum err router_find(const struct router *router, const struct http_request *request,
                     struct str signing_name, struct str body, struct route *out,
                     struct error *error)
{
    *out = (struct route){.op_name = S(""), .protocol = PROTOCOL_REST_XML};
    struct str target = http_request_header(request, "x-amz-target");
    enum err err = OK;
    if (target.ptr) {
        err = find_by_target(router, request, target, out);
    } else {
        bool form = str_is(content_type(request), "application/x-www-form-urlencoded");
        if (http_pairs_parse(request->arena, request->query, false, &out->pairs,
                             &out->pair_count) != OK)
            err = error_set(error, ERR_SYNTAX, "Couldn't parse the specified URI.");
        const struct service *signer = service_by_signing_name(router, signing_name);
        bool query = (form && str_is(request->method, "POST")) ||
                     http_pair_find(out->pairs, out->pair_count, "Action");
        if (query && (!signer || (signer->protocols & PROTOCOL_QUERY))) {
            TRY(find_by_action(router, request, signing_name, body, out, error));
        } else {
            if (!signing_name.len)
                signing_name = signing_name_of_host(router, request->host);
            if (!signing_name.len)
                signing_name = signing_name_of_path(router, request->path);
            if (!signing_name.len && router->s3)
                signing_name = str_of(router->s3->signing_name);
            TRY(find_by_path(router, request, signing_name, out, error));
        }
    }
    if (out->op && (out->op->flags & OP_INTERNAL))
        out->op = NULL;
    return err;
}
