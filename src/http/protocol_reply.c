// SPDX-License-Identifier: Apache-2.0
// From replies to responses. XML protocols need the operation's output shape for order and names;
// JSON ones write the reply as it is, less what REST puts into headers and the status.
#include "http/protocol.h"

#include "base/encode.h"
#include "base/timefmt.h"
#include "base/xml.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define XML_DECLARATION "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

static const char *const CONTENT_TYPES[] = {
    [PROTOCOL_REST_XML] = "application/xml",
    [PROTOCOL_REST_JSON] = "application/json",
    [PROTOCOL_JSON_1_0] = "application/x-amz-json-1.0",
    [PROTOCOL_JSON_1_1] = "application/x-amz-json-1.1",
    [PROTOCOL_QUERY] = "text/xml",
};

static const char *wire_name(const struct field *field)
{
    return field->wire ? field->wire : field->name;
}

// ================================================================ headers

static bool has_header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (str_eq_nocase(response->headers[i].name, str_of(name)))
            return true;
    return false;
}

static struct str header_text(struct arena *arena, const struct shape *shape,
                              const struct json *value)
{
    int64_t ms;
    if (shape && shape->type == SHAPE_TIMESTAMP && time_from_json(value, &ms))
        return time_http(arena, ms);
    if (value->type == JSON_BOOL)
        return value->boolean ? S("true") : S("false");
    if (value->type != JSON_ARRAY)
        return value->text;
    struct buf out = buf_in(arena, PROTOCOL_REPLY_BYTES_MAX);
    for (size_t i = 0; i < value->count; i++) {
        if (i)
            buf_puts(&out, ", ");
        buf_put(&out, value->items[i]->text);
    }
    return buf_str(&out);
}

static void put_prefix_headers(struct arena *arena, struct http_response *response,
                               const struct field *field, const struct json *map)
{
    JSON_EACH_MEMBER (member, map)
        http_response_header(
            response, arena,
            str_cstr(arena, str_format(arena, "%s%.*s", wire_name(field), STR_ARG(member->name))),
            json_as_str(member->value));
}

// A header value that the client would not see as it was set: libmicrohttpd counts and states
// lengths itself.
static bool take_length(struct http_response *response, struct str name, struct str value)
{
    if (!str_eq_nocase(name, S("content-length")))
        return false;
    response->has_length_only = str_to_u64(value, &response->length_only);
    return true;
}

static void put_header(struct arena *arena, struct http_response *response, const char *name,
                       struct str value)
{
    if (!take_length(response, str_of(name), value))
        http_response_header(response, arena, name, value);
}

static void put_places(struct arena *arena, struct http_response *response,
                       const struct shape *shape, const struct json *reply)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++) {
        const struct json *value = json_get(reply, field->name);
        int64_t status;
        if (!value || value->type == JSON_NULL)
            continue;
        if (field->place == IN_HEADER)
            put_header(arena, response, wire_name(field), header_text(arena, field->shape, value));
        else if (field->place == IN_PREFIX_HEADERS)
            put_prefix_headers(arena, response, field, value);
        else if (field->place == IN_STATUS && json_as_i64(value, &status))
            response->status = (int)status;
    }
}

static void put_request_id(const struct route *route, struct arena *arena,
                           struct http_response *response, struct str request_id)
{
    if (route->protocol == PROTOCOL_REST_XML) {
        http_response_header(response, arena, "x-amz-request-id", request_id);
        http_response_header(response, arena, "x-amz-id-2", base64_encode(arena, request_id));
    } else {
        http_response_header(response, arena, "x-amzn-RequestId", request_id);
    }
}

// ================================================================ bodies

static const struct field *payload_field(const struct shape *shape)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++)
        if (field->place == IN_PAYLOAD)
            return field;
    return NULL;
}

static bool has_body_fields(const struct shape *shape)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++)
        if (field->place == IN_BODY)
            return true;
    return false;
}

static struct str decoded_payload(struct arena *arena, const struct field *field,
                                  const struct json *value)
{
    struct str bytes;
    if (field->shape->type == SHAPE_BLOB && base64_decode(arena, json_as_str(value), &bytes) == OK)
        return bytes;
    return value->type == JSON_STRING ? value->text : json_text(arena, value);
}

static bool is_document(const struct shape *shape)
{
    return shape->type == SHAPE_STRUCT || shape->type == SHAPE_LIST || shape->type == SHAPE_MAP;
}

// <Root xmlns="...">members</Root>
static struct str xml_document(struct arena *arena, const struct service *service, struct str root,
                               const struct shape *shape, const struct json *value)
{
    struct buf out = buf_in(arena, PROTOCOL_REPLY_BYTES_MAX);
    buf_puts(&out, XML_DECLARATION "<");
    buf_put(&out, root);
    if (service->xml_namespace)
        buf_printf(&out, " xmlns=\"%s\"", service->xml_namespace);
    buf_put_char(&out, '>');
    shape_to_xml(shape, value, NULL, &out);
    buf_puts(&out, "</");
    buf_put(&out, root);
    buf_put_char(&out, '>');
    return buf_str(&out);
}

static struct str body_rest_xml(const struct route *route, struct arena *arena,
                                const struct json *reply)
{
    const struct op *op = route->op;
    const struct field *payload = payload_field(op->output);
    if (payload) {
        const struct json *value = json_get(reply, payload->name);
        if (!value)
            return STR_NONE;
        if (!is_document(payload->shape))
            return decoded_payload(arena, payload, value);
        return xml_document(arena, route->service,
                            str_of(op->wrapper ? op->wrapper : wire_name(payload)), payload->shape,
                            value);
    }
    if (op->output ? !has_body_fields(op->output) && !op->wrapper : !json_count(reply))
        return STR_NONE;
    struct str root = op->wrapper ? str_of(op->wrapper) : str_format(arena, "%sResult", op->name);
    return xml_document(arena, route->service, root, op->output, reply);
}

static struct str body_rest_json(const struct route *route, struct arena *arena,
                                 const struct json *reply)
{
    const struct shape *output = route->op->output;
    const struct field *payload = payload_field(output);
    if (payload) {
        const struct json *value = json_get(reply, payload->name);
        return value ? decoded_payload(arena, payload, value) : STR_NONE;
    }
    if (!output)
        return json_count(reply) || route->op->status != 204 ? json_text(arena, reply) : STR_NONE;
    struct json *body = json_copy_shallow(arena, reply);
    for (const struct field *field = output->fields; field && field->name; field++)
        if (field->place != IN_BODY)
            json_remove(body, str_of(field->name));
    return route->op->status == 204 ? STR_NONE : json_text(arena, body);
}

static struct str body_query(const struct route *route, struct arena *arena,
                             const struct json *reply, struct str request_id)
{
    const struct op *op = route->op;
    struct buf out = buf_in(arena, PROTOCOL_REPLY_BYTES_MAX);
    buf_printf(&out, "<%sResponse", op->name);
    if (route->service->xml_namespace)
        buf_printf(&out, " xmlns=\"%s\"", route->service->xml_namespace);
    buf_put_char(&out, '>');
    if (op->output || json_count(reply)) {
        struct str result =
            op->wrapper ? str_of(op->wrapper) : str_format(arena, "%sResult", op->name);
        shape_to_xml(op->output, reply, str_cstr(arena, result), &out);
    }
    buf_puts(&out, "<ResponseMetadata>");
    xml_write_element(&out, S("RequestId"), request_id);
    buf_printf(&out, "</ResponseMetadata></%sResponse>", op->name);
    return buf_str(&out);
}

// ================================================================ replies that are bytes

static enum err take_reader(struct arena *arena, struct reply_body *body,
                            struct http_response *response, struct error *error)
{
    int fd = blob_reader_fd(body->reader);
    if (fd >= 0) {
        response->file_fd = dup(fd);
        if (response->file_fd < 0)
            return error_set(error, ERR_IO, "a descriptor could not be duplicated: %s",
                             strerror(errno));
        response->file_offset = body->offset;
        response->file_length = body->length;
        return OK;
    }
    char *bytes = arena_bytes(arena, body->length); // at most BLOB_INLINE_MAX
    TRY(blob_reader_read(body->reader, body->offset, bytes, body->length, error));
    response->body = str_n(bytes, body->length);
    return OK;
}

static enum err take_reply_body(const struct http_request *request, struct call *call,
                                struct http_response *response, struct error *error)
{
    struct reply_body *body = &call->reply_body;
    response->has_length_only = str_is(request->method, "HEAD");
    response->length_only = body->reader ? body->length : body->bytes.len;
    if (!body->reader) {
        response->body = body->bytes;
        return OK;
    }
    enum err err =
        response->has_length_only ? OK : take_reader(request->arena, body, response, error);
    blob_reader_close(body->reader);
    body->reader = NULL;
    return err;
}

enum err protocol_reply(const struct route *route, const struct http_request *request,
                        struct call *call, const struct json *reply, struct http_response *response,
                        struct error *error)
{
    struct arena *arena = request->arena;
    const struct op *op = route->op;
    bool rest = route->protocol == PROTOCOL_REST_XML || route->protocol == PROTOCOL_REST_JSON;
    response->status = op->status ? op->status : 200;
    put_request_id(route, arena, response, call->request_id);
    if (rest)
        put_places(arena, response, op->output, reply);
    JSON_EACH_MEMBER (member, call->reply_headers)
        put_header(arena, response, str_cstr(arena, member->name), json_as_str(member->value));
    if (call->reply_status)
        response->status = call->reply_status;

    const char *type = CONTENT_TYPES[route->protocol];
    if (call->reply_body.present) {
        TRY(take_reply_body(request, call, response, error));
        type = route->protocol == PROTOCOL_REST_XML ? "binary/octet-stream"
                                                    : "application/octet-stream";
    } else if (route->protocol == PROTOCOL_REST_XML) {
        response->body = body_rest_xml(route, arena, reply);
    } else if (route->protocol == PROTOCOL_REST_JSON) {
        response->body = body_rest_json(route, arena, reply);
    } else if (route->protocol == PROTOCOL_QUERY) {
        response->body = body_query(route, arena, reply, call->request_id);
    } else {
        response->body = json_text(arena, reply);
    }
    bool has_body = response->body.len || response->file_fd >= 0 || call->reply_body.present;
    if (has_body && !has_header(response, "content-type"))
        http_response_header(response, arena, "Content-Type", str_of(type));
    return OK;
}

// ================================================================ refusals

static void put_members_xml(struct buf *out, const struct json *members)
{
    JSON_EACH_MEMBER (member, members) {
        xml_write_open(out, member->name);
        shape_to_xml(NULL, member->value, NULL, out);
        xml_write_close(out, member->name);
    }
}

static void refuse_rest_xml(const struct http_request *request, struct str request_id,
                            const struct refusal *refusal, struct buf *out)
{
    buf_puts(out, XML_DECLARATION "<Error>");
    xml_write_element(out, S("Code"), str_of(refusal->code->code));
    xml_write_element(out, S("Message"), refusal->text);
    put_members_xml(out, refusal->members);
    xml_write_element(out, S("Resource"), request->path);
    xml_write_element(out, S("RequestId"), request_id);
    xml_write_element(out, S("HostId"), base64_encode(request->arena, request_id));
    buf_puts(out, "</Error>");
}

static const char *fault_of(const struct error_code *code)
{
    return code->status >= 500 ? "Receiver" : "Sender";
}

static void refuse_query(const struct route *route, struct str request_id,
                         const struct refusal *refusal, struct buf *out)
{
    const struct error_code *code = refusal->code;
    buf_puts(out, "<ErrorResponse");
    if (route->service && route->service->xml_namespace)
        buf_printf(out, " xmlns=\"%s\"", route->service->xml_namespace);
    buf_puts(out, "><Error>");
    xml_write_element(out, S("Type"), str_of(fault_of(code)));
    xml_write_element(out, S("Code"), str_of(code->query_code ? code->query_code : code->code));
    xml_write_element(out, S("Message"), refusal->text);
    put_members_xml(out, refusal->members);
    buf_puts(out, "</Error>");
    xml_write_element(out, S("RequestId"), request_id);
    buf_puts(out, "</ErrorResponse>");
}

static void refuse_json(const struct route *route, struct arena *arena,
                        const struct refusal *refusal, struct http_response *response,
                        struct buf *out)
{
    const struct error_code *code = refusal->code;
    const struct service *service = route->service;
    struct json *body = json_object(arena);
    if (route->protocol == PROTOCOL_REST_JSON) {
        http_response_header(response, arena, "x-amzn-ErrorType", str_of(code->code));
        json_set_str(arena, body, "Type", code->status >= 500 ? S("Service") : S("User"));
    } else {
        const char *space =
            service && route->protocol == PROTOCOL_JSON_1_0 ? service->error_namespace : NULL;
        json_set_str(arena, body, "__type",
                     str_format(arena, "%s%s%s", space ? space : "", space ? "#" : "", code->code));
    }
    if (service && (service->protocols &
                    PROTOCOL_QUERY)) // awsQueryCompatible: clients that know the old names
        http_response_header(response, arena, "x-amzn-query-error",
                             str_format(arena, "%s;%s",
                                        code->query_code ? code->query_code : code->code,
                                        fault_of(code)));
    json_set_str(arena, body, "message", refusal->text);
    JSON_EACH_MEMBER (member, refusal->members)
        json_set_named(arena, body, member->name, member->value);
    json_write(out, body);
}

void protocol_refuse(const struct route *route, const struct http_request *request,
                     struct str request_id, const struct refusal *refusal,
                     struct http_response *response)
{
    struct arena *arena = request->arena;
    struct buf out = buf_in(arena, PROTOCOL_REPLY_BYTES_MAX);
    put_request_id(route, arena, response, request_id);
    if (route->protocol == PROTOCOL_REST_XML)
        refuse_rest_xml(request, request_id, refusal, &out);
    else if (route->protocol == PROTOCOL_QUERY)
        refuse_query(route, request_id, refusal, &out);
    else
        refuse_json(route, arena, refusal, response, &out);
    response->status = refusal->code->status;
    if (response->status == 304) // no body, and no type of one
        return;
    http_respond(response, arena, refusal->code->status, CONTENT_TYPES[route->protocol],
                 buf_str(&out));
}

// Which code an operation that is not there gets, and with which status.
static const struct error_code UNKNOWN_REST_XML = {"NotImplemented", 501, NULL};
static const struct error_code UNKNOWN_REST_JSON = {"UnknownOperationException", 404, NULL};
static const struct error_code UNKNOWN_JSON = {"UnknownOperationException", 400, "InvalidAction"};
static const struct error_code UNKNOWN_QUERY = {"InvalidAction", 400, NULL};

static bool documented(const struct service *service, struct str op_name)
{
    for (const char *const *known = service->known; known && *known; known++) {
        struct str row = str_of(*known), name;
        str_cut(&row, ' ', &name);
        if (str_eq(name, op_name))
            return true;
    }
    return false;
}

struct refusal protocol_unknown_operation(const struct route *route,
                                          const struct http_request *request)
{
    struct arena *arena = request->arena;
    const struct service *service = route->service;
    struct refusal refusal = {.code = &UNKNOWN_JSON};
    if (route->protocol == PROTOCOL_REST_XML)
        refusal.code = &UNKNOWN_REST_XML;
    else if (route->protocol == PROTOCOL_REST_JSON)
        refusal.code = &UNKNOWN_REST_JSON;
    else if (route->protocol == PROTOCOL_QUERY)
        refusal.code = &UNKNOWN_QUERY;
    if (!service)
        refusal.text = str_format(arena, "Tarn has no service for this request (operation '%.*s').",
                                  STR_ARG(route->op_name));
    else if (!route->op_name.len)
        refusal.text = str_format(arena, "No operation of %s answers %.*s %.*s.", service->title,
                                  STR_ARG(request->method), STR_ARG(request->target));
    else if (documented(service, route->op_name) || route->protocol == PROTOCOL_REST_XML)
        refusal.text = str_format(arena, "Tarn does not implement the operation %.*s of %s.",
                                  STR_ARG(route->op_name), service->title);
    else
        refusal.text = str_format(arena, "The operation %.*s is not one of %s.",
                                  STR_ARG(route->op_name), service->title);
    return refusal;
}
