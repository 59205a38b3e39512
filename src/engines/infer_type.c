// SPDX-License-Identifier: Apache-2.0
// A small lattice; the only interesting part is what happens when two kinds meet (meet()).
#include "engines/infer_type.h"

#include <string.h>

enum inferred_kind {
    INFER_BOOLEAN,
    INFER_INT,
    INFER_BIGINT,
    INFER_DECIMAL,
    INFER_DOUBLE,
    INFER_STRING,
    INFER_ARRAY,
    INFER_STRUCT
};
struct inferred_type {
    enum inferred_kind kind;
    struct inferred_type *item; // INFER_ARRAY
    struct str *names;          // INFER_STRUCT
    struct inferred_type **fields;
    size_t count, name_capacity, capacity;
};

static bool is_number(enum inferred_kind kind)
{
    return kind >= INFER_INT && kind <= INFER_DOUBLE;
}

static enum inferred_kind kind_of_number(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == '.' || text.ptr[i] == 'e' || text.ptr[i] == 'E')
            return INFER_DOUBLE;
    int64_t number;
    if (str_to_i64(text, &number))
        return number >= INT32_MIN && number <= INT32_MAX ? INFER_INT : INFER_BIGINT;
    return text.len - (text.ptr[0] == '-') <= 38 ? INFER_DECIMAL : INFER_DOUBLE;
}

static enum inferred_kind kind_of(const struct json *value)
{
    switch (value->type) {
    case JSON_BOOL:
        return INFER_BOOLEAN;
    case JSON_NUMBER:
        return kind_of_number(value->text);
    case JSON_ARRAY:
        return INFER_ARRAY;
    case JSON_OBJECT:
        return INFER_STRUCT;
    default:
        return INFER_STRING;
    }
}

// Two numbers widen (the kinds are in that order), equal kinds stay, all else is a string.
static enum inferred_kind meet(enum inferred_kind a, enum inferred_kind b)
{
    if (a == b)
        return a;
    if (is_number(a) && is_number(b))
        return a > b ? a : b;
    return INFER_STRING;
}

static void infer_member(struct arena *arena, struct inferred_type *type,
                         const struct json_member *member)
{
    for (size_t i = 0; i < type->count; i++)
        if (str_eq_nocase(type->names[i], member->name)) {
            infer_value(arena, &type->fields[i], member->value);
            return;
        }
    size_t count = type->count;
    *ARENA_PUSH(arena, type->names, count, type->name_capacity) = str_lower(arena, member->name);
    infer_value(arena, ARENA_PUSH(arena, type->fields, type->count, type->capacity), member->value);
}

void infer_value(struct arena *arena, struct inferred_type **type, const struct json *value)
{
    if (value->type == JSON_NULL)
        return;
    enum inferred_kind kind = kind_of(value);
    if (!*type) {
        *type = ARENA_NEW(arena, struct inferred_type);
        (*type)->kind = kind;
    } else {
        (*type)->kind = meet((*type)->kind, kind);
    }
    if ((*type)->kind == INFER_ARRAY)
        JSON_EACH (item, value)
            infer_value(arena, &(*type)->item, item);
    if ((*type)->kind == INFER_STRUCT)
        JSON_EACH_MEMBER (member, value)
            infer_member(arena, *type, member);
}

// A name that the notation cannot carry makes the whole struct a string.
static bool has_plain_names(const struct inferred_type *type)
{
    for (size_t i = 0; i < type->count; i++) {
        if (type->names[i].len == 0)
            return false;
        for (size_t k = 0; k < type->names[i].len; k++)
            if (strchr(":,<>`() ", type->names[i].ptr[k]) ||
                (unsigned char)type->names[i].ptr[k] < 0x20)
                return false;
    }
    return type->count > 0;
}

void infer_type_put(struct buf *out, const struct inferred_type *type)
{
    static const char *const NAMES[] = {
        [INFER_BOOLEAN] = "boolean",       [INFER_INT] = "int",       [INFER_BIGINT] = "bigint",
        [INFER_DECIMAL] = "decimal(38,0)", [INFER_DOUBLE] = "double", [INFER_STRING] = "string"};
    if (!type) {
        buf_puts(out, "void");
        return;
    }
    if (type->kind == INFER_STRUCT && !has_plain_names(type)) {
        buf_puts(out, "string");
        return;
    }
    if (type->kind == INFER_ARRAY) {
        buf_puts(out, "array<");
        infer_type_put(out, type->item);
        buf_put_char(out, '>');
        return;
    }
    if (type->kind != INFER_STRUCT) {
        buf_puts(out, NAMES[type->kind]);
        return;
    }
    buf_puts(out, "struct<");
    for (size_t i = 0; i < type->count; i++) {
        if (i)
            buf_put_char(out, ',');
        buf_put(out, type->names[i]);
        buf_put_char(out, ':');
        infer_type_put(out, type->fields[i]);
    }
    buf_put_char(out, '>');
}

size_t infer_field_count(const struct inferred_type *type)
{
    return type && type->kind == INFER_STRUCT ? type->count : 0;
}

struct str infer_field_name(const struct inferred_type *type, size_t index)
{
    return type->names[index];
}

const struct inferred_type *infer_field_type(const struct inferred_type *type, size_t index)
{
    return type->fields[index];
}
