// SPDX-License-Identifier: Apache-2.0
// From requests to inputs. Members of REST operations are picked from where their fields say that
// they are; scalars stay text, as shape_check converts them.
#include "http/protocol.h"

#include "base/encode.h"

#include <string.h>

static const char *wire_name(const struct field *field)
{
    return field->wire ? field->wire : field->name;
}

static const struct field *payload_field(const struct shape *shape)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++)
        if (field->place == IN_PAYLOAD)
            return field;
    return NULL;
}

// ================================================================ parts of a REST request

static struct json *text_or_list(struct arena *arena, const struct shape *shape, struct str text)
{
    if (shape->type != SHAPE_LIST)
        return json_string(arena, text);
    struct json *list = json_array(arena);
    for (struct str part, rest = text; rest.len && str_cut(&rest, ',', &part);)
        json_push(arena, list, json_string(arena, str_trim(part)));
    return list;
}

static struct json *from_label(struct arena *arena, const struct route *route,
                               const struct field *field)
{
    const struct http_pair *label =
        http_pair_find(route->labels, route->label_count, wire_name(field));
    return label ? json_string(arena, label->value) : NULL;
}

static struct json *from_query(struct arena *arena, const struct route *route,
                               const struct field *field)
{
    if (field->shape->type != SHAPE_LIST) {
        const struct http_pair *pair =
            http_pair_find(route->pairs, route->pair_count, wire_name(field));
        return pair ? json_string(arena, pair->value) : NULL;
    }
    struct json *list = NULL;
    for (size_t i = 0; i < route->pair_count; i++) {
        if (!str_is(route->pairs[i].name, wire_name(field)))
            continue;
        list = list ? list : json_array(arena);
        json_push(arena, list, json_string(arena, route->pairs[i].value));
    }
    return list;
}

static struct json *from_header(struct arena *arena, const struct http_request *request,
                                const struct field *field)
{
    const char *name = str_cstr(arena, str_lower(arena, str_of(wire_name(field))));
    struct str value = http_request_header(request, name);
    return value.ptr ? text_or_list(arena, field->shape, value) : NULL;
}

// The headers that start with the field's wire name, without that.
static struct json *from_prefix(struct arena *arena, const struct http_request *request,
                                const struct field *field)
{
    struct str prefix = str_lower(arena, str_of(wire_name(field)));
    struct json *map = NULL;
    for (size_t i = 0; i < request->header_count; i++) {
        const struct http_header *header = &request->headers[i];
        if (!str_starts(header->name, prefix))
            continue;
        map = map ? map : json_object(arena);
        json_set_named(arena, map, str_from(header->name, prefix.len),
                       json_string(arena, header->value));
    }
    return map;
}

static void take_places(struct json *input, const struct route *route,
                        const struct http_request *request)
{
    struct arena *arena = request->arena;
    const struct shape *shape = route->op->input;
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++) {
        struct json *value = NULL;
        switch (field->place) {
        case IN_PATH:
            value = from_label(arena, route, field);
            break;
        case IN_QUERY:
            value = from_query(arena, route, field);
            break;
        case IN_HEADER:
            value = from_header(arena, request, field);
            break;
        case IN_PREFIX_HEADERS:
            value = from_prefix(arena, request, field);
            break;
        default:
            break;
        }
        json_set(arena, input, field->name, value);
    }
}

// ================================================================ bodies

static enum err parse_json_object(struct arena *arena, struct str body, struct json **out,
                                  struct error *error)
{
    *out = json_object(arena);
    if (!str_trim(body).len)
        return OK;
    TRY(json_parse(arena, body, out, error));
    if ((*out)->type != JSON_OBJECT)
        return error_set(error, ERR_SYNTAX, "Start of structure or map found where not expected.");
    return OK;
}

// A payload member that is text, bytes or anything: the whole body is its value.
static struct json *raw_payload(struct arena *arena, const struct field *field, struct str body)
{
    if (!body.len)
        return NULL;
    return json_string(arena, field->shape->type == SHAPE_BLOB ? base64_encode(arena, body) : body);
}

static bool is_document(const struct shape *shape)
{
    return shape->type == SHAPE_STRUCT || shape->type == SHAPE_LIST || shape->type == SHAPE_MAP;
}

static bool has_body_fields(const struct shape *shape)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++)
        if (field->place == IN_BODY)
            return true;
    return false;
}

static enum err parse_xml(const struct shape *shape, struct arena *arena, struct str body,
                          struct json **out, struct error *error)
{
    struct xml *root = NULL;
    TRY(xml_parse(arena, body, &root, error));
    return shape_from_xml(shape, root, arena, out, error);
}

static enum err decode_rest_xml(const struct route *route, const struct http_request *request,
                                struct str body, struct json **out, struct error *error)
{
    struct arena *arena = request->arena;
    const struct shape *shape = route->op->input;
    const struct field *payload = payload_field(shape);
    struct json *input = json_object(arena), *value = NULL;
    if (payload && is_document(payload->shape)) {
        if (str_trim(body).len)
            TRY(parse_xml(payload->shape, arena, body, &value, error));
        json_set(arena, input, payload->name, value);
    } else if (payload) {
        json_set(arena, input, payload->name, raw_payload(arena, payload, body));
    } else if (!(route->op->flags & OP_STREAM_IN) && has_body_fields(shape) && str_trim(body).len) {
        TRY(parse_xml(shape, arena, body, &input, error));
    }
    take_places(input, route, request);
    *out = input;
    return OK;
}

static enum err decode_rest_json(const struct route *route, const struct http_request *request,
                                 struct str body, struct json **out, struct error *error)
{
    struct arena *arena = request->arena;
    const struct field *payload = payload_field(route->op->input);
    struct json *input = json_object(arena), *value = NULL;
    if (payload && is_document(payload->shape)) {
        TRY(parse_json_object(arena, body, &value, error));
        json_set(arena, input, payload->name, value);
    } else if (payload) {
        json_set(arena, input, payload->name, raw_payload(arena, payload, body));
    } else if (has_body_fields(route->op->input)) {
        TRY(parse_json_object(arena, body, &input, error));
    }
    take_places(input, route, request);
    *out = input;
    return OK;
}

// Older SQS clients name the queue by the path that they post to.
static void take_queue_url(struct arena *arena, struct json *form, const struct shape *shape,
                           const struct http_request *request, struct str base_url)
{
    if (request->path.len < 2 || json_has(form, "QueueUrl"))
        return;
    for (const struct field *field = shape->fields; field && field->name; field++)
        if (strcmp(field->name, "QueueUrl") == 0)
            json_set_str(arena, form, "QueueUrl",
                         str_format(arena, "%.*s%.*s", STR_ARG(base_url), STR_ARG(request->path)));
}

static enum err decode_query(const struct route *route, const struct http_request *request,
                             struct str base_url, struct json **out, struct error *error)
{
    struct arena *arena = request->arena;
    struct json *form = json_object(arena);
    *out = json_object(arena);
    if (!route->op->input)
        return OK;
    for (size_t i = 0; i < route->pair_count; i++)
        json_set_named(arena, form, route->pairs[i].name,
                       json_string(arena, route->pairs[i].value));
    take_queue_url(arena, form, route->op->input, request, base_url);
    return shape_from_form(route->op->input, form, arena, out, error);
}

enum err protocol_decode(const struct route *route, const struct http_request *request,
                         struct str body, struct str base_url, struct json **out_input,
                         struct error *error)
{
    switch (route->protocol) {
    case PROTOCOL_REST_XML:
        return decode_rest_xml(route, request, body, out_input, error);
    case PROTOCOL_REST_JSON:
        return decode_rest_json(route, request, body, out_input, error);
    case PROTOCOL_QUERY:
        return decode_query(route, request, base_url, out_input, error);
    case PROTOCOL_JSON_1_0:
    case PROTOCOL_JSON_1_1:
        break;
    }
    return parse_json_object(request->arena, body, out_input, error);
}
