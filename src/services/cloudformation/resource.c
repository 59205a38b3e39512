// SPDX-License-Identifier: Apache-2.0
// The table of types, and what all actions share.
#include "services/cloudformation/resource.h"

#include "lake/lake.h"

#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

#include <string.h>

#define TYPE_ROW(name) &name,
static const struct resource_type *const TYPES[] = {RESOURCE_TYPES(TYPE_ROW) NULL};

const struct resource_type *resource_type_find(struct str name)
{
    for (size_t i = 0; TYPES[i]; i++)
        if (str_is(name, TYPES[i]->name))
            return TYPES[i];
    return NULL;
}

const struct resource_type *resource_type_at(size_t index)
{
    return index < sizeof TYPES / sizeof *TYPES ? TYPES[index] : NULL;
}

// --- properties

const struct property *resource_property(const struct resource_type *type, struct str name)
{
    for (const struct property *property = type->properties; property->name; property++)
        if (str_is(name, property->name))
            return property;
    return NULL;
}

enum err resource_check(struct resource *resource)
{
    JSON_EACH_MEMBER (m, resource->properties)
        if (!resource_property(resource->type, m->name))
            return error_set(&resource->call->error, ERR_INVALID,
                             "Encountered unsupported property %.*s", STR_ARG(m->name));
    for (const struct property *property = resource->type->properties; property->name; property++)
        if ((property->flags & PROPERTY_REQUIRED) &&
            !json_has(resource->properties, property->name))
            return error_set(&resource->call->error, ERR_INVALID, "Property %s cannot be empty.",
                             property->name);
    return OK;
}

bool resource_is_replaced(const struct resource_type *type, const struct json *before,
                          const struct json *after)
{
    if (!type->update)
        return true;
    for (const struct property *property = type->properties; property->name; property++) {
        const struct json *a = json_get(before, property->name),
                          *b = json_get(after, property->name);
        if ((property->flags & PROPERTY_FIXED) && (a || b) && !(a && b && json_equal(a, b)))
            return true;
    }
    return false;
}

// Services say it in different ways; all of their codes have one of these parts.
bool resource_is_absent_error(const struct call *call)
{
    static const char *const parts[] = {"NotFound", "NoSuch", "NonExistent", "DoesNotExist"};
    struct str code = str_of(call->code ? call->code->code : NULL);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (str_contains(code, str_of(parts[i])))
            return true;
    return str_is(code, "InvalidRequestException") && strstr(call->error.text, "not found");
}

// --- values in the types that an operation wants

static enum err fit(struct resource *resource, const struct shape *shape, const struct json *value,
                    struct json **out);

static enum err fit_items(struct resource *resource, const struct shape *shape,
                          const struct json *value, struct json **out)
{
    struct arena *arena = resource->call->arena;
    struct json *fitted = NULL;
    *out = value->type == JSON_ARRAY ? json_array(arena) : json_object(arena);
    JSON_EACH (item, value) {
        TRY(fit(resource, shape->item, item, &fitted));
        json_push(arena, *out, fitted);
    }
    JSON_EACH_MEMBER (m, value) {
        TRY(fit(resource, shape->item, m->value, &fitted));
        json_set_named(arena, *out, m->name, fitted);
    }
    return OK;
}

// APIs whose members begin with a small letter have them in templates with a capital one.
static const struct field *field_of(const struct shape *shape, struct str name)
{
    for (const struct field *field = shape->fields; field->name; field++)
        if (str_is(name, field->name) ||
            (name.len == strlen(field->name) && str_eq_nocase(name, str_of(field->name)) &&
             str_eq(str_from(name, 1), str_from(str_of(field->name), 1))))
            return field;
    return NULL;
}

static enum err fit_members(struct resource *resource, const struct shape *shape,
                            const struct json *value, struct json **out)
{
    *out = json_object(resource->call->arena);
    JSON_EACH_MEMBER (m, value) {
        const struct field *field = field_of(shape, m->name);
        struct json *fitted = NULL;
        if (!field)
            return error_set(&resource->call->error, ERR_INVALID,
                             "Encountered unsupported property %.*s", STR_ARG(m->name));
        TRY(fit(resource, field->shape, m->value, &fitted));
        json_set(resource->call->arena, *out, field->name, fitted);
    }
    return OK;
}

static enum err fit(struct resource *resource, const struct shape *shape, const struct json *value,
                    struct json **out)
{
    struct arena *arena = resource->call->arena;
    struct str text = scalar_text(value);
    *out = json_copy_shallow(arena, value);
    switch (shape->type) {
    case SHAPE_STRUCT:
        return value->type == JSON_OBJECT ? fit_members(resource, shape, value, out) : OK;
    case SHAPE_LIST:
    case SHAPE_MAP:
        return text.ptr ? OK : fit_items(resource, shape, value, out);
    case SHAPE_STRING:
        if (text.ptr)
            *out = json_string(arena, text);
        return OK;
    case SHAPE_BOOLEAN:
        if (str_is(text, "true") || str_is(text, "false"))
            *out = json_bool(arena, str_is(text, "true"));
        return OK;
    case SHAPE_INTEGER:
    case SHAPE_NUMBER:
    case SHAPE_TIMESTAMP:
        if (json_number_is(text))
            *out = json_number(arena, text);
        return OK;
    default:
        return OK;
    }
}

enum err resource_run_in(struct resource *resource, const char *service, const char *op,
                         struct json *input, struct json **out_reply)
{
    struct call *call = resource->call;
    const struct service *row = lake_service(call->lake, str_of(service));
    const struct op *op_row = row ? service_op(row, str_of(op)) : NULL;
    struct json *fitted = input;
    if (op_row && op_row->input)
        TRY(fit(resource, op_row->input, input, &fitted));
    return call_operation_as(call, resource->principal, service, op, fitted, out_reply);
}

enum err resource_run(struct resource *resource, const char *op, struct json *input,
                      struct json **out_reply)
{
    return resource_run_in(resource, resource->type->service, op, input, out_reply);
}

// --- inputs

struct json *resource_get(const struct resource *resource, const char *property)
{
    return json_get(resource->properties, property);
}

struct str resource_get_text(const struct resource *resource, const char *property)
{
    return scalar_text(resource_get(resource, property));
}

struct json *resource_document(struct resource *resource, const struct json *value)
{
    struct arena *arena = resource->call->arena;
    return json_string(arena, json_is(value, JSON_STRING) ? value->text : json_text(arena, value));
}

struct json *resource_tag_map(struct resource *resource, const struct json *tags)
{
    struct arena *arena = resource->call->arena;
    if (json_is(tags, JSON_OBJECT))
        return json_copy_shallow(arena, tags);
    struct json *map = json_object(arena);
    JSON_EACH (tag, tags)
        json_set_named(arena, map, scalar_text(json_get(tag, "Key")),
                       json_string(arena, scalar_text(json_get(tag, "Value"))));
    return map;
}

struct json *resource_input(struct resource *resource, bool skip_fixed)
{
    struct arena *arena = resource->call->arena;
    struct json *input = json_object(arena);
    JSON_EACH_MEMBER (m, resource->properties) {
        const struct property *property = resource_property(resource->type, m->name);
        if (!property || (property->flags & PROPERTY_OWN) ||
            (skip_fixed && (property->flags & PROPERTY_FIXED)))
            continue;
        struct json *value = m->value;
        if (property->flags & PROPERTY_TEXT)
            value = resource_document(resource, value);
        if (property->flags & PROPERTY_TAG_MAP)
            value = resource_tag_map(resource, value);
        json_set(arena, input, property->member ? property->member : property->name, value);
    }
    return input;
}

struct json *resource_one(struct resource *resource, const char *member, struct str value)
{
    return json_set_str(resource->call->arena, json_object(resource->call->arena), member, value);
}

#define SUFFIX_LEN 12

struct str resource_generated_name(struct resource *resource, size_t max, bool lower)
{
    struct arena *arena = resource->call->arena;
    struct str suffix =
        call_random(resource->call, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", SUFFIX_LEN);
    struct str front =
        str_format(arena, "%.*s-%.*s", STR_ARG(resource->stack_name), STR_ARG(resource->logical));
    if (max && front.len > max - SUFFIX_LEN - 1)
        front = str_slice(front, 0, max - SUFFIX_LEN - 1);
    struct str name = str_format(arena, "%.*s-%.*s", STR_ARG(front), STR_ARG(suffix));
    return lower ? str_lower(arena, name) : name;
}

struct str resource_name(struct resource *resource)
{
    const struct resource_type *type = resource->type;
    struct str given = resource_get_text(resource, type->name_property);
    return given.len ? given : resource_generated_name(resource, type->name_max, type->name_lower);
}

// --- changes

bool resource_changed(const struct resource *resource, const char *property)
{
    const struct json *a = json_get(resource->before, property),
                      *b = json_get(resource->properties, property);
    return (a || b) && !(a && b && json_equal(a, b));
}

struct json *resource_gone(struct resource *resource, const struct json *before,
                           const struct json *after, const char *key_member)
{
    struct json *gone = json_array(resource->call->arena);
    JSON_EACH (old, before) {
        bool kept = false;
        JSON_EACH (new, after)
            kept = kept || (key_member ? str_eq(scalar_text(json_get(old, key_member)),
                                                scalar_text(json_get(new, key_member)))
                                       : json_equal(old, new));
        if (!kept)
            json_push(resource->call->arena, gone, old);
    }
    return gone;
}

enum err resource_retag(struct resource *resource, const struct tag_ops *ops, struct str id)
{
    struct arena *arena = resource->call->arena;
    if (!resource_changed(resource, "Tags"))
        return OK;
    struct json *before = resource_tag_map(resource, json_get(resource->before, "Tags"));
    struct json *after = resource_tag_map(resource, resource_get(resource, "Tags"));
    struct json *keys = json_array(arena), *list = json_array(arena);
    JSON_EACH_MEMBER (m, before)
        if (!json_get_str(after, m->name))
            json_push(arena, keys, json_string(arena, m->name));
    JSON_EACH_MEMBER (m, after) {
        struct json *tag = json_set_str(arena, json_object(arena), "Key", m->name);
        json_push(arena, list, json_set(arena, tag, "Value", m->value));
    }
    if (json_count(keys))
        TRY(resource_run(resource, ops->untag,
                         json_set(arena, resource_one(resource, ops->id, id), ops->keys, keys),
                         NULL));
    if (!json_count(list))
        return OK;
    struct json *input =
        json_set(arena, resource_one(resource, ops->id, id), ops->tags, ops->map ? after : list);
    return resource_run(resource, ops->tag, input, NULL);
}

// --- attributes

void resource_attribute(struct resource *resource, const char *name, struct str value)
{
    if (!resource->attributes)
        resource->attributes = json_object(resource->call->arena);
    json_set_str(resource->call->arena, resource->attributes, name, value);
}

void resource_attribute_arn(struct resource *resource, const char *service, const char *format,
                            struct str name)
{
    struct str tail = str_format(resource->call->arena, "%s%.*s", format, STR_ARG(name));
    resource_attribute(resource, "Arn", call_arn(resource->call, service, "%.*s", STR_ARG(tail)));
}
