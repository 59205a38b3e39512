// SPDX-License-Identifier: Apache-2.0
// Shapes as XML and as Query forms. Reading yields text for scalars; shape_check makes numbers,
// booleans and timestamps of them afterwards, so conversion and its errors are in one place.
//
// A list or map stands in an element of its own, `<Tags><member>..</member></Tags>`, or is flat,
// repeating the element that bears the field's name. Forms spell the same with dots and numbers:
// Tags.member.1.Key, or flat Attribute.1.Name.
#include "lake/shape.h"

#include "base/timefmt.h"

#include <string.h>

static const char *wire_name(const struct field *field)
{
    return field->wire ? field->wire : field->name;
}

static const char *item_name(const struct shape *shape)
{
    return shape->item_name ? shape->item_name : shape->type == SHAPE_MAP ? "entry" : "member";
}

static const char *key_name(const struct shape *shape)
{
    return shape->key_name ? shape->key_name : "key";
}

static const char *value_name(const struct shape *shape)
{
    return shape->value_name ? shape->value_name : "value";
}

static bool in_document(const struct field *field)
{
    return field->place == IN_BODY || field->place == IN_PAYLOAD;
}

// ================================================================ from XML

// The items of a list or map are children of `parent` with the given name: `parent` is the list's
// own element, or, when it is flat, the element of the structure that it belongs to.
static enum err list_from_xml(const struct shape *shape, const struct xml *parent, const char *name,
                              struct arena *arena, struct json **out, struct error *error)
{
    struct json *list = json_array(arena);
    for (size_t i = 0; i < parent->count; i++) {
        if (!str_is(parent->children[i]->name, name))
            continue;
        struct json *item = NULL;
        TRY(shape_from_xml(shape->item, parent->children[i], arena, &item, error));
        json_push(arena, list, item);
    }
    *out = list;
    return OK;
}

static enum err map_from_xml(const struct shape *shape, const struct xml *parent, const char *name,
                             struct arena *arena, struct json **out, struct error *error)
{
    struct json *map = json_object(arena);
    for (size_t i = 0; i < parent->count; i++) {
        const struct xml *entry = parent->children[i];
        if (!str_is(entry->name, name))
            continue;
        struct json *value = NULL;
        TRY(shape_from_xml(shape->item, xml_child(entry, value_name(shape)), arena, &value, error));
        json_set_named(arena, map, xml_child_text(entry, key_name(shape)), value);
    }
    *out = map;
    return OK;
}

static enum err field_from_xml(const struct field *field, const struct xml *element,
                               struct arena *arena, struct json **out, struct error *error)
{
    const char *name = wire_name(field);
    if (field->flags & FIELD_ATTRIBUTE) {
        struct str text = xml_attribute(element, name);
        *out = text.ptr ? json_string(arena, text) : NULL;
        return OK;
    }
    const struct xml *child = xml_child(element, name);
    if (!child)
        return OK;
    if (field->shape->flat && field->shape->type == SHAPE_LIST)
        return list_from_xml(field->shape, element, name, arena, out, error);
    if (field->shape->flat && field->shape->type == SHAPE_MAP)
        return map_from_xml(field->shape, element, name, arena, out, error);
    return shape_from_xml(field->shape, child, arena, out, error);
}

static enum err struct_from_xml(const struct shape *shape, const struct xml *element,
                                struct arena *arena, struct json **out, struct error *error)
{
    struct json *object = json_object(arena);
    for (const struct field *field = shape->fields; element && field && field->name; field++) {
        if (!in_document(field))
            continue;
        struct json *value = NULL;
        TRY(field_from_xml(field, element, arena, &value, error));
        json_set(arena, object, field->name, value);
    }
    *out = object;
    return OK;
}

enum err shape_from_xml(const struct shape *shape, const struct xml *element, struct arena *arena,
                        struct json **out_value, struct error *error)
{
    if (shape->type == SHAPE_STRUCT)
        return struct_from_xml(shape, element, arena, out_value, error);
    if (!element) {
        *out_value = json_string(arena, S(""));
        return OK;
    }
    if (shape->type == SHAPE_LIST)
        return list_from_xml(shape, element, item_name(shape), arena, out_value, error);
    if (shape->type == SHAPE_MAP)
        return map_from_xml(shape, element, item_name(shape), arena, out_value, error);
    if (element->count)
        return error_set(error, ERR_SYNTAX,
                         "the element %.*s holds elements where text was expected",
                         STR_ARG(element->name));
    bool verbatim = shape->type == SHAPE_STRING || shape->type == SHAPE_ANY;
    *out_value = json_string(arena, verbatim ? element->text : str_trim(element->text));
    return OK;
}

// ================================================================ to XML

static void open_tag(struct buf *out, const char *name)
{
    if (name)
        xml_write_open(out, str_of(name));
}

static void close_tag(struct buf *out, const char *name)
{
    if (name)
        xml_write_close(out, str_of(name));
}

static void timestamp_write(struct buf *out, const struct shape *shape, const struct json *value)
{
    struct arena scratch;
    int64_t ms;
    arena_init(&scratch);
    if (!time_from_json(value, &ms))
        xml_write_text(out, value->text);
    else if (shape->time_format && strcmp(shape->time_format, "http") == 0)
        buf_put(out, time_http(&scratch, ms));
    else
        buf_put(out, time_iso_ms(&scratch, ms));
    arena_deinit(&scratch);
}

// What no shape describes: objects as elements, arrays as repeated <member>.
static void any_to_xml(const struct json *value, struct buf *out)
{
    if (value->type == JSON_OBJECT) {
        JSON_EACH_MEMBER(member, value)
        {
            xml_write_open(out, member->name);
            any_to_xml(member->value, out);
            xml_write_close(out, member->name);
        }
    } else if (value->type == JSON_ARRAY) {
        for (size_t i = 0; i < value->count; i++) {
            open_tag(out, "member");
            any_to_xml(value->items[i], out);
            close_tag(out, "member");
        }
    } else if (value->type == JSON_BOOL) {
        buf_puts(out, value->boolean ? "true" : "false");
    } else if (value->type != JSON_NULL) {
        xml_write_text(out, value->text);
    }
}

static void list_to_xml(const struct shape *shape, const struct json *value, const char *name,
                        struct buf *out)
{
    const char *wrapper = shape->flat ? NULL : name;
    open_tag(out, wrapper);
    for (size_t i = 0; value->type == JSON_ARRAY && i < value->count; i++)
        shape_to_xml(shape->item, value->items[i], shape->flat ? name : item_name(shape), out);
    close_tag(out, wrapper);
}

static void map_to_xml(const struct shape *shape, const struct json *value, const char *name,
                       struct buf *out)
{
    const char *wrapper = shape->flat ? NULL : name;
    const char *entry = shape->flat ? name : item_name(shape);
    open_tag(out, wrapper);
    JSON_EACH_MEMBER(member, value)
    {
        open_tag(out, entry);
        xml_write_element(out, str_of(key_name(shape)), member->name);
        shape_to_xml(shape->item, member->value, value_name(shape), out);
        close_tag(out, entry);
    }
    close_tag(out, wrapper);
}

// <name attribute="...">: attributes that have a prefix bring its namespace with them (xsi:type of
// S3's grantees).
static void struct_open(const struct shape *shape, const struct json *value, const char *name,
                        struct buf *out)
{
    if (!name)
        return;
    buf_printf(out, "<%s", name);
    for (const struct field *field = shape->fields; field && field->name; field++) {
        struct str text = json_str(value, field->name);
        if (!(field->flags & FIELD_ATTRIBUTE) || !text.ptr)
            continue;
        if (strncmp(wire_name(field), "xsi:", 4) == 0)
            buf_puts(out, " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
        buf_printf(out, " %s=\"", wire_name(field));
        xml_write_text(out, text);
        buf_put_char(out, '"');
    }
    buf_put_char(out, '>');
}

static void struct_to_xml(const struct shape *shape, const struct json *value, const char *name,
                          struct buf *out)
{
    struct_open(shape, value, name, out);
    for (const struct field *field = shape->fields; field && field->name; field++) {
        const struct json *member = json_get(value, field->name);
        if (member && member->type != JSON_NULL && in_document(field) &&
            !(field->flags & FIELD_ATTRIBUTE))
            shape_to_xml(field->shape, member, wire_name(field), out);
    }
    close_tag(out, name);
}

void shape_to_xml(const struct shape *shape, const struct json *value, const char *name,
                  struct buf *out)
{
    enum shape_type type = shape ? shape->type : SHAPE_ANY;
    if (!value) {
        open_tag(out, name);
        close_tag(out, name);
    } else if (type == SHAPE_STRUCT) {
        struct_to_xml(shape, value, name, out);
    } else if (type == SHAPE_LIST) {
        list_to_xml(shape, value, name, out);
    } else if (type == SHAPE_MAP) {
        map_to_xml(shape, value, name, out);
    } else {
        open_tag(out, name);
        if (type == SHAPE_TIMESTAMP)
            timestamp_write(out, shape, value);
        else
            any_to_xml(value, out);
        close_tag(out, name);
    }
}

// ================================================================ from a form

static enum err value_from_form(const struct shape *shape, const struct json *form, struct str name,
                                struct arena *arena, struct json **out, struct error *error);

// Is there a parameter `name`, or one below it (`name.` ...)?
static bool form_has(const struct json *form, struct str name)
{
    JSON_EACH_MEMBER(member, form)
    {
        if (str_starts(member->name, name) &&
            (member->name.len == name.len || member->name.ptr[name.len] == '.'))
            return true;
    }
    return false;
}

static struct str below(struct arena *arena, struct str name, const char *part)
{
    return name.len ? str_format(arena, "%.*s.%s", STR_ARG(name), part) : str_of(part);
}

static struct str numbered(struct arena *arena, const struct shape *shape, struct str name,
                           size_t number)
{
    return shape->flat ? str_format(arena, "%.*s.%zu", STR_ARG(name), number)
                       : str_format(arena, "%.*s.%s.%zu", STR_ARG(name), item_name(shape), number);
}

static enum err list_from_form(const struct shape *shape, const struct json *form, struct str name,
                               struct arena *arena, struct json **out, struct error *error)
{
    struct json *list = json_array(arena);
    for (size_t number = 1;; number++) {
        struct str at = numbered(arena, shape, name, number);
        if (!form_has(form, at))
            break;
        struct json *item = NULL;
        TRY(value_from_form(shape->item, form, at, arena, &item, error));
        if (item)
            json_push(arena, list, item);
    }
    *out = list;
    return OK;
}

static enum err map_from_form(const struct shape *shape, const struct json *form, struct str name,
                              struct arena *arena, struct json **out, struct error *error)
{
    struct json *map = json_object(arena);
    for (size_t number = 1;; number++) {
        struct str at = numbered(arena, shape, name, number);
        if (!form_has(form, at))
            break;
        struct json *value = NULL;
        TRY(value_from_form(shape->item, form, below(arena, at, value_name(shape)), arena, &value,
                            error));
        struct str key = json_as_str(json_get_str(form, below(arena, at, key_name(shape))));
        if (!key.ptr)
            return error_set(error, ERR_SYNTAX, "the parameter %.*s.%s is missing", STR_ARG(at),
                             key_name(shape));
        if (value)
            json_set_named(arena, map, key, value);
    }
    *out = map;
    return OK;
}

static enum err struct_from_form(const struct shape *shape, const struct json *form,
                                 struct str name, struct arena *arena, struct json **out,
                                 struct error *error)
{
    struct json *object = json_object(arena);
    for (const struct field *field = shape->fields; field && field->name; field++) {
        struct str at = below(arena, name, wire_name(field));
        if (field->place == IN_STREAM || !form_has(form, at))
            continue;
        struct json *value = NULL;
        TRY(value_from_form(field->shape, form, at, arena, &value, error));
        json_set(arena, object, field->name, value);
    }
    *out = object;
    return OK;
}

static enum err value_from_form(const struct shape *shape, const struct json *form, struct str name,
                                struct arena *arena, struct json **out, struct error *error)
{
    switch (shape->type) {
    case SHAPE_STRUCT:
        return struct_from_form(shape, form, name, arena, out, error);
    case SHAPE_LIST:
        return list_from_form(shape, form, name, arena, out, error);
    case SHAPE_MAP:
        return map_from_form(shape, form, name, arena, out, error);
    default:
        *out = json_get_str(form, name);
        return OK;
    }
}

enum err shape_from_form(const struct shape *shape, const struct json *form, struct arena *arena,
                         struct json **out_value, struct error *error)
{
    return value_from_form(shape, form, STR_NONE, arena, out_value, error);
}
