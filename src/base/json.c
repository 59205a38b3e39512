// SPDX-License-Identifier: Apache-2.0
// The document model: reading, comparing and building. Objects are member lists in their order;
// looking up is a linear walk, which for the few members that an AWS shape has beats any index.
#include "base/json.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

// --- reading

static struct json_member *find_member(const struct json *object, struct str name)
{
    if (!json_is(object, JSON_OBJECT))
        return NULL;
    for (size_t i = 0; i < object->count; i++)
        if (str_eq(object->members[i].name, name))
            return &object->members[i];
    return NULL;
}

struct json *json_get_str(const struct json *object, struct str name)
{
    struct json_member *member = find_member(object, name);
    return member ? member->value : NULL;
}

struct json *json_get(const struct json *object, const char *name)
{
    return json_get_str(object, str_of(name));
}

struct json *json_at(const struct json *array, size_t index)
{
    return json_is(array, JSON_ARRAY) && index < array->count ? array->items[index] : NULL;
}

size_t json_count(const struct json *value)
{
    return json_is(value, JSON_ARRAY) || json_is(value, JSON_OBJECT) ? value->count : 0;
}

bool json_is(const struct json *value, enum json_type type)
{
    return value && value->type == type;
}

bool json_has(const struct json *object, const char *name)
{
    return find_member(object, str_of(name)) != NULL;
}

struct str json_as_str(const struct json *value)
{
    if (!json_is(value, JSON_STRING))
        return STR_NONE;
    return value->text.ptr ? value->text : S(""); // an empty string is present
}

struct str json_str(const struct json *object, const char *name)
{
    return json_as_str(json_get(object, name));
}

struct str json_str_or(const struct json *object, const char *name, struct str fallback)
{
    struct json *value = json_get(object, name);
    return json_is(value, JSON_STRING) ? json_as_str(value) : fallback;
}

int64_t json_i64_or(const struct json *object, const char *name, int64_t fallback)
{
    json_as_i64(json_get(object, name), &fallback);
    return fallback;
}

double json_double_or(const struct json *object, const char *name, double fallback)
{
    json_as_double(json_get(object, name), &fallback);
    return fallback;
}

bool json_bool_or(const struct json *object, const char *name, bool fallback)
{
    struct json *value = json_get(object, name);
    return json_is(value, JSON_BOOL) ? value->boolean : fallback;
}

// --- comparing

static int member_name_cmp(const void *a, const void *b)
{
    const struct json_member *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static struct json_member **sorted_members(const struct json *object)
{
    struct json_member **sorted = malloc(object->count * sizeof *sorted);
    if (!sorted)
        abort();
    for (size_t i = 0; i < object->count; i++)
        sorted[i] = &object->members[i];
    qsort(sorted, object->count, sizeof *sorted, member_name_cmp);
    return sorted;
}

static bool objects_equal(const struct json *a, const struct json *b)
{
    // Mostly both have the same order. From the first difference on, both are compared by name.
    bool same_order = true;
    for (size_t i = 0; i < a->count && same_order; i++)
        same_order = str_eq(a->members[i].name, b->members[i].name);
    if (same_order) {
        for (size_t i = 0; i < a->count; i++)
            if (!json_equal(a->members[i].value, b->members[i].value))
                return false;
        return true;
    }
    struct json_member **x = sorted_members(a), **y = sorted_members(b);
    bool equal = true;
    for (size_t i = 0; i < a->count && equal; i++)
        equal = str_eq(x[i]->name, y[i]->name) && json_equal(x[i]->value, y[i]->value);
    free(x);
    free(y);
    return equal;
}

static bool arrays_equal(const struct json *a, const struct json *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!json_equal(a->items[i], b->items[i]))
            return false;
    return true;
}

bool json_equal(const struct json *a, const struct json *b)
{
    if (a == b)
        return true;
    if (!a || !b || a->type != b->type)
        return false;
    switch (a->type) {
    case JSON_NULL:
        return true;
    case JSON_BOOL:
        return a->boolean == b->boolean;
    case JSON_NUMBER:
        return str_eq(a->text, b->text) || json_number_cmp(a->text, b->text) == 0;
    case JSON_STRING:
        return str_eq(a->text, b->text);
    case JSON_ARRAY:
        return a->count == b->count && arrays_equal(a, b);
    case JSON_OBJECT:
        return a->count == b->count && objects_equal(a, b);
    }
    return false;
}

// --- building

static struct json *new_value(struct arena *arena, enum json_type type)
{
    struct json *value = ARENA_NEW(arena, struct json);
    value->type = type;
    return value;
}

struct json *json_null(struct arena *arena)
{
    return new_value(arena, JSON_NULL);
}

struct json *json_bool(struct arena *arena, bool boolean)
{
    struct json *value = new_value(arena, JSON_BOOL);
    value->boolean = boolean;
    return value;
}

struct json *json_string(struct arena *arena, struct str text)
{
    struct json *value = new_value(arena, JSON_STRING);
    value->text = text.ptr ? text : S("");
    return value;
}

struct json *json_stringf(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str text = str_formatv(arena, format, args);
    va_end(args);
    return json_string(arena, text);
}

struct json *json_array(struct arena *arena)
{
    return new_value(arena, JSON_ARRAY);
}

struct json *json_object(struct arena *arena)
{
    return new_value(arena, JSON_OBJECT);
}

struct json *json_push(struct arena *arena, struct json *array, struct json *value)
{
    assert(json_is(array, JSON_ARRAY) && value);
    *ARENA_PUSH(arena, array->items, array->count, array->capacity) = value;
    return array;
}

struct json *json_set_named(struct arena *arena, struct json *object, struct str name,
                            struct json *value)
{
    assert(json_is(object, JSON_OBJECT));
    if (!value)
        return object;
    struct json_member *member = find_member(object, name);
    if (member)
        member->value = value;
    else
        *ARENA_PUSH(arena, object->members, object->count, object->capacity) =
            (struct json_member){name, value};
    return object;
}

struct json *json_set(struct arena *arena, struct json *object, const char *name,
                      struct json *value)
{
    return json_set_named(arena, object, str_of(name), value);
}

struct json *json_set_str(struct arena *arena, struct json *object, const char *name,
                          struct str value)
{
    return json_set(arena, object, name, json_string(arena, value));
}

struct json *json_set_i64(struct arena *arena, struct json *object, const char *name, int64_t value)
{
    return json_set(arena, object, name, json_i64(arena, value));
}

struct json *json_set_bool(struct arena *arena, struct json *object, const char *name, bool value)
{
    return json_set(arena, object, name, json_bool(arena, value));
}

bool json_remove(struct json *object, struct str name)
{
    struct json_member *member = find_member(object, name);
    if (!member)
        return false;
    size_t behind = (size_t)(object->members + object->count - (member + 1));
    memmove(member, member + 1, behind * sizeof *member);
    object->count--;
    return true;
}

struct json *json_copy_shallow(struct arena *arena, const struct json *value)
{
    struct json *copy = ARENA_NEW(arena, struct json);
    *copy = *value;
    copy->capacity = json_count(value);
    if (value->type == JSON_ARRAY) {
        copy->items = ARENA_ARRAY(arena, struct json *, value->count);
        if (value->count)
            memcpy(copy->items, value->items, value->count * sizeof *value->items);
    } else if (value->type == JSON_OBJECT) {
        copy->members = ARENA_ARRAY(arena, struct json_member, value->count);
        if (value->count)
            memcpy(copy->members, value->members, value->count * sizeof *value->members);
    }
    return copy;
}

struct json *json_copy(struct arena *arena, const struct json *value)
{
    if (!value)
        return NULL;
    struct json *copy = json_copy_shallow(arena, value);
    copy->text = str_dup(arena, value->text);
    for (size_t i = 0; i < json_count(value); i++) {
        if (value->type == JSON_ARRAY) {
            copy->items[i] = json_copy(arena, value->items[i]);
        } else {
            copy->members[i].name = str_dup(arena, value->members[i].name);
            copy->members[i].value = json_copy(arena, value->members[i].value);
        }
    }
    return copy;
}
