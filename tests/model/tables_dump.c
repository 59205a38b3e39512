// SPDX-License-Identifier: Apache-2.0
// Prints the services' tables as JSON, for compare.py: {"services": [...], "shapes": [...]}, shapes
// by number as they may be recursive.
#include "lake/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHAPES_MAX 8192

struct dump {
    struct arena arena;
    const struct shape *shapes[SHAPES_MAX];
    size_t count;
};

static size_t shape_number(struct dump *dump, const struct shape *shape)
{
    for (size_t i = 0; i < dump->count; i++)
        if (dump->shapes[i] == shape)
            return i;
    if (dump->count == SHAPES_MAX)
        abort();
    dump->shapes[dump->count] = shape;
    return dump->count++;
}

static void set_text(struct dump *dump, struct json *object, const char *name, const char *text)
{
    if (text)
        json_set_str(&dump->arena, object, name, str_of(text));
}

static void set_shape(struct dump *dump, struct json *object, const char *name,
                      const struct shape *shape)
{
    if (shape)
        json_set_i64(&dump->arena, object, name, (int64_t)shape_number(dump, shape));
}

static struct json *field_json(struct dump *dump, const struct field *field)
{
    static const char *const PLACES[] = {
        [IN_BODY] = "body",
        [IN_PATH] = "uri",
        [IN_QUERY] = "querystring",
        [IN_HEADER] = "header",
        [IN_PREFIX_HEADERS] = "headers",
        [IN_PAYLOAD] = "payload",
        [IN_STREAM] = "stream",
        [IN_STATUS] = "statusCode",
    };
    struct json *object = json_object(&dump->arena);
    set_text(dump, object, "name", field->name);
    set_text(dump, object, "place", PLACES[field->place]);
    set_text(dump, object, "wire", field->wire);
    set_shape(dump, object, "shape", field->shape);
    json_set_bool(&dump->arena, object, "required", field->flags & FIELD_REQUIRED);
    json_set_bool(&dump->arena, object, "attribute", field->flags & FIELD_ATTRIBUTE);
    return object;
}

static struct json *shape_json(struct dump *dump, const struct shape *shape)
{
    static const char *const TYPES[] = {
        [SHAPE_STRING] = "string",    [SHAPE_INTEGER] = "integer",     [SHAPE_NUMBER] = "number",
        [SHAPE_BOOLEAN] = "boolean",  [SHAPE_TIMESTAMP] = "timestamp", [SHAPE_BLOB] = "blob",
        [SHAPE_STRUCT] = "structure", [SHAPE_LIST] = "list",           [SHAPE_MAP] = "map",
        [SHAPE_ANY] = "any",
    };
    struct json *object = json_object(&dump->arena), *fields = json_array(&dump->arena);
    set_text(dump, object, "type", TYPES[shape->type]);
    json_set_i64(&dump->arena, object, "min", shape->min);
    json_set_i64(&dump->arena, object, "max", shape->max);
    set_text(dump, object, "item_name", shape->item_name);
    set_text(dump, object, "key_name", shape->key_name);
    set_text(dump, object, "value_name", shape->value_name);
    json_set_bool(&dump->arena, object, "flat", shape->flat);
    set_shape(dump, object, "item", shape->item);
    for (const struct field *field = shape->fields; field && field->name; field++)
        json_push(&dump->arena, fields, field_json(dump, field));
    json_set(&dump->arena, object, "fields", fields);
    struct json *values = json_array(&dump->arena);
    for (const char *const *value = shape->values; value && *value; value++)
        json_push(&dump->arena, values, json_string(&dump->arena, str_of(*value)));
    json_set(&dump->arena, object, "values", values);
    return object;
}

static struct json *op_json(struct dump *dump, const struct op *op)
{
    struct json *object = json_object(&dump->arena);
    set_text(dump, object, "name", op->name);
    set_text(dump, object, "http", op->http);
    set_text(dump, object, "wrapper", op->wrapper);
    json_set_i64(&dump->arena, object, "status", op->status);
    set_shape(dump, object, "input", op->input);
    set_shape(dump, object, "output", op->output);
    return object;
}

static struct json *service_json(struct dump *dump, const struct service *service)
{
    struct json *object = json_object(&dump->arena), *ops = json_array(&dump->arena);
    struct json *known = json_array(&dump->arena);
    set_text(dump, object, "name", service->name);
    set_text(dump, object, "signing_name", service->signing_name);
    set_text(dump, object, "target_prefix", service->target_prefix);
    set_text(dump, object, "api_version", service->api_version);
    set_text(dump, object, "xml_namespace", service->xml_namespace);
    json_set_i64(&dump->arena, object, "protocols", service->protocols);
    for (const struct op *op = service->ops; op->name; op++)
        if (!(op->flags & OP_INTERNAL))
            json_push(&dump->arena, ops, op_json(dump, op));
    for (const char *const *row = service->known; row && *row; row++)
        json_push(&dump->arena, known, json_string(&dump->arena, str_of(*row)));
    json_set(&dump->arena, object, "operations", ops);
    json_set(&dump->arena, object, "known", known);
    return object;
}

int main(void)
{
    static struct dump dump;
    arena_init(&dump.arena);
    struct json *services = json_array(&dump.arena), *shapes = json_array(&dump.arena);
    for (const struct service *const *at = SERVICES; *at; at++)
        json_push(&dump.arena, services, service_json(&dump, *at));
    for (size_t i = 0; i < dump.count; i++) // grows on the way
        json_push(&dump.arena, shapes, shape_json(&dump, dump.shapes[i]));
    struct json *all = json_object(&dump.arena);
    json_set(&dump.arena, all, "services", services);
    json_set(&dump.arena, all, "shapes", shapes);
    struct str text = json_text(&dump.arena, all);
    fwrite(text.ptr, 1, text.len, stdout);
    arena_deinit(&dump.arena);
    return 0;
}
