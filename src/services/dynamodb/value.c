// SPDX-License-Identifier: Apache-2.0
#include "services/dynamodb/value.h"

#include "base/encode.h"
#include "services/dynamodb/number.h"

#include <string.h>

static const char *const TYPES[] = {"S", "N", "B", "BOOL", "NULL", "M", "L", "SS", "NS", "BS"};

struct str value_type(const struct json *value)
{
    if (!json_is(value, JSON_OBJECT) || value->count != 1)
        return STR_NONE;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (str_is(value->members[0].name, TYPES[i]))
            return value->members[0].name;
    return STR_NONE;
}

struct json *value_content(const struct json *value)
{
    return value && value->count ? value->members[0].value : NULL;
}

struct json *value_number(struct arena *arena, struct str text)
{
    return json_set_str(arena, json_object(arena), "N", text);
}

static struct json *typed(struct arena *arena, struct str type, struct json *content)
{
    return json_set_named(arena, json_object(arena), type, content);
}

// --- checking

static enum err normalize(struct arena *arena, const struct json *value, int depth,
                          struct json **out, struct error *error);

static enum err wrong(struct error *error, const char *why)
{
    return error_set(error, ERR_INVALID, "%s", why);
}

static enum err normalize_scalar(struct arena *arena, struct str type, const struct json *content,
                                 struct json **out, struct error *error)
{
    if (!json_is(content, JSON_STRING))
        return wrong(error, "Supplied AttributeValue has more than one datatypes set or is empty, "
                            "must contain exactly one of "
                            "the supported datatypes");
    struct str text = json_as_str(content), bytes;
    if (str_is(type, "N")) {
        struct number number;
        if (number_parse(text, &number, error) != OK) {
            error->kind = ERR_INVALID;
            return ERR_INVALID;
        }
        text = number_text(arena, &number);
    } else if (str_is(type, "B") && base64_decode(arena, text, &bytes) != OK) {
        return wrong(error, "Invalid base64 in a Binary attribute value");
    }
    *out = json_string(arena, text);
    return OK;
}

static enum err normalize_set(struct arena *arena, struct str type, const struct json *content,
                              struct json **out, struct error *error)
{
    struct json *set = json_array(arena);
    if (!json_is(content, JSON_ARRAY) || json_count(content) == 0)
        return error_set(error, ERR_INVALID,
                         "One or more parameter values were invalid: An %s set may not be empty",
                         str_is(type, "SS")   ? "string"
                         : str_is(type, "NS") ? "number"
                                              : "binary");
    JSON_EACH(element, content)
    {
        struct json *normal;
        TRY(normalize_scalar(arena, str_slice(type, 0, 1), element, &normal, error));
        JSON_EACH(other, set)
        if (str_eq(json_as_str(other), json_as_str(normal)))
            return error_set(
                error, ERR_INVALID,
                "One or more parameter values were invalid: Input collection contains duplicates.");
        json_push(arena, set, normal);
    }
    *out = set;
    return OK;
}

static enum err normalize_content(struct arena *arena, struct str type, const struct json *content,
                                  int depth, struct json **out, struct error *error)
{
    if (type.len == 2)
        return normalize_set(arena, type, content, out, error);
    if (str_is(type, "M")) {
        if (!json_is(content, JSON_OBJECT))
            return wrong(error, "A Map attribute value must be an object");
        *out = json_object(arena);
        JSON_EACH_MEMBER(m, content)
        {
            struct json *normal;
            TRY(normalize(arena, m->value, depth + 1, &normal, error));
            json_set_named(arena, *out, m->name, normal);
        }
        return OK;
    }
    if (str_is(type, "L")) {
        if (!json_is(content, JSON_ARRAY))
            return wrong(error, "A List attribute value must be an array");
        *out = json_array(arena);
        JSON_EACH(element, content)
        {
            struct json *normal;
            TRY(normalize(arena, element, depth + 1, &normal, error));
            json_push(arena, *out, normal);
        }
        return OK;
    }
    if (str_is(type, "BOOL") || str_is(type, "NULL")) {
        if (!json_is(content, JSON_BOOL))
            return wrong(error, "A Boolean or Null attribute value must be true or false");
        if (str_is(type, "NULL") && !content->boolean)
            return wrong(error, "One or more parameter values were invalid: Null attribute value "
                                "types must have the value of true");
        *out = json_bool(arena, content->boolean);
        return OK;
    }
    return normalize_scalar(arena, type, content, out, error);
}

static enum err normalize(struct arena *arena, const struct json *value, int depth,
                          struct json **out, struct error *error)
{
    struct str type = value_type(value);
    struct json *content;
    if (!type.len)
        return wrong(error, "Supplied AttributeValue is empty, must contain exactly one of the "
                            "supported datatypes");
    if (depth > VALUE_DEPTH_MAX)
        return wrong(error, "Nesting Levels have exceeded supported limits: Attributes can only be "
                            "nested up to 32 levels deep");
    TRY(normalize_content(arena, type, value_content(value), depth, &content, error));
    *out = typed(arena, type, content);
    return OK;
}

enum err value_normalize(struct arena *arena, const struct json *value, struct json **out,
                         struct error *error)
{
    return normalize(arena, value, 1, out, error);
}

enum err value_normalize_item(struct arena *arena, const struct json *item, struct json **out,
                              struct error *error)
{
    struct json *normal_item = json_object(arena);
    JSON_EACH_MEMBER(m, item)
    {
        struct json *normal;
        TRY(normalize(arena, m->value, 1, &normal, error));
        json_set_named(arena, normal_item, m->name, normal);
    }
    *out = normal_item;
    return OK;
}

// --- sizes ("Item sizes and formats")

static size_t base64_size(struct str text)
{
    size_t padding = str_ends(text, S("==")) ? 2 : str_ends(text, S("=")) ? 1 : 0;
    return text.len / 4 * 3 - padding;
}

static size_t scalar_size(char type, struct str text)
{
    if (type == 'S')
        return text.len;
    if (type == 'B')
        return base64_size(text);
    return (text.len + 1) / 2 + 1; // about one byte for two significant digits, and one
}

size_t value_size(const struct json *value)
{
    struct str type = value_type(value);
    const struct json *content = value_content(value);
    size_t size = 0;
    if (type.len == 4 || type.len == 0)
        return 1;
    if (type.len == 2) {
        JSON_EACH(element, content)
        size += scalar_size(type.ptr[0], json_as_str(element));
        return size;
    }
    if (type.ptr[0] == 'M') {
        JSON_EACH_MEMBER(m, content)
        size += m->name.len + value_size(m->value) + 1;
        return size + 3;
    }
    if (type.ptr[0] == 'L') {
        JSON_EACH(element, content)
        size += value_size(element) + 1;
        return size + 3;
    }
    return scalar_size(type.ptr[0], json_as_str(content));
}

size_t item_size(const struct json *item)
{
    size_t size = 0;
    JSON_EACH_MEMBER(m, item)
    size += m->name.len + value_size(m->value);
    return size;
}

// --- comparing

bool value_in_set(const struct json *set, const struct json *element_content)
{
    JSON_EACH(element, set)
    if (str_eq(json_as_str(element), json_as_str(element_content)))
        return true;
    return false;
}

static bool sets_equal(const struct json *a, const struct json *b)
{
    if (json_count(a) != json_count(b))
        return false;
    JSON_EACH(element, a)
    if (!value_in_set(b, element))
        return false;
    return true;
}

bool value_equal(const struct json *a, const struct json *b)
{
    struct str type = value_type(a);
    if (!type.len || !str_eq(type, value_type(b)))
        return false;
    const struct json *x = value_content(a), *y = value_content(b);
    if (type.len == 2)
        return sets_equal(x, y);
    if (str_is(type, "L") || str_is(type, "M")) {
        if (json_count(x) != json_count(y))
            return false;
        for (size_t i = 0; i < json_count(x); i++) {
            bool same = type.ptr[0] == 'L'
                            ? value_equal(x->items[i], y->items[i])
                            : value_equal(x->members[i].value, json_get_str(y, x->members[i].name));
            if (!same)
                return false;
        }
        return true;
    }
    return json_equal(x, y);
}

bool value_cmp(const struct json *a, const struct json *b, int *out_order)
{
    struct str type = value_type(a);
    if (type.len != 1 || !str_eq(type, value_type(b)) || !strchr("SNB", type.ptr[0]))
        return false;
    struct str x = json_as_str(value_content(a)), y = json_as_str(value_content(b));
    if (type.ptr[0] == 'S') {
        *out_order = str_cmp(x, y);
    } else if (type.ptr[0] == 'N') {
        struct number m, n;
        if (number_parse(x, &m, NULL) != OK || number_parse(y, &n, NULL) != OK)
            return false;
        *out_order = number_cmp(&m, &n);
    } else {
        struct arena arena;
        struct str p, q;
        arena_init(&arena);
        bool ok = base64_decode(&arena, x, &p) == OK && base64_decode(&arena, y, &q) == OK;
        if (ok)
            *out_order = str_cmp(p, q);
        arena_deinit(&arena);
        return ok;
    }
    return true;
}

struct str value_sortable(struct arena *arena, const struct json *value)
{
    struct str type = value_type(value), text = json_as_str(value_content(value));
    struct number number;
    struct str bytes;
    if (str_is(type, "N") && number_parse(text, &number, NULL) == OK)
        return number_sortable(arena, &number);
    if (str_is(type, "B") && base64_decode(arena, text, &bytes) == OK)
        return bytes;
    return text;
}
