// SPDX-License-Identifier: Apache-2.0
// Types are parsed only where their texts differ, which is rare.
#include "services/glue/schema.h"

#include "base/hive_type.h"

#include <stdlib.h>

static struct hive_type *plain(struct arena *arena, enum hive_kind kind)
{
    struct hive_type *type = ARENA_NEW(arena, struct hive_type);
    type->kind = kind;
    return type;
}

// Digits before the point that a whole-number type needs; 0 for what is none.
static unsigned whole_digits(const struct hive_type *type)
{
    switch (type->kind) {
    case HIVE_TINYINT:
        return 3;
    case HIVE_SMALLINT:
        return 5;
    case HIVE_INT:
        return 10;
    case HIVE_BIGINT:
        return 19;
    case HIVE_DECIMAL:
        return type->precision - type->scale;
    default:
        return 0;
    }
}

static bool is_number(const struct hive_type *type)
{
    return type->kind >= HIVE_TINYINT && type->kind <= HIVE_DECIMAL;
}

static struct hive_type *merge_numbers(struct arena *arena, struct hive_type *a,
                                       struct hive_type *b)
{
    bool floats = a->kind == HIVE_FLOAT || a->kind == HIVE_DOUBLE || b->kind == HIVE_FLOAT ||
                  b->kind == HIVE_DOUBLE;
    if (floats) // a float beside whole numbers needs more digits than it has
        return a->kind == HIVE_FLOAT && b->kind == HIVE_FLOAT ? a : plain(arena, HIVE_DOUBLE);
    if (a->kind != HIVE_DECIMAL && b->kind != HIVE_DECIMAL)
        return a->kind > b->kind ? a : b;
    unsigned whole = whole_digits(a) > whole_digits(b) ? whole_digits(a) : whole_digits(b);
    unsigned scale = a->scale > b->scale ? a->scale : b->scale;
    if (whole + scale > 38)
        return plain(arena, HIVE_DOUBLE);
    struct hive_type *type = plain(arena, HIVE_DECIMAL);
    type->precision = whole + scale;
    type->scale = scale;
    return type;
}

static struct hive_type *merge(struct arena *arena, struct hive_type *a, struct hive_type *b);

static struct hive_type *merge_structs(struct arena *arena, const struct hive_type *a,
                                       const struct hive_type *b)
{
    struct hive_type *type = plain(arena, HIVE_STRUCT);
    const struct hive_type *sources[] = {a, b};
    for (size_t s = 0; s < 2; s++)
        for (size_t i = 0; i < sources[s]->count; i++) {
            size_t at = 0, count = type->count;
            while (at < count && !str_eq_nocase(type->names[at], sources[s]->names[i]))
                at++;
            if (at < count) {
                type->children[at] = merge(arena, type->children[at], sources[s]->children[i]);
                continue;
            }
            *ARENA_PUSH(arena, type->names, count, type->name_capacity) = sources[s]->names[i];
            *ARENA_PUSH(arena, type->children, type->count, type->capacity) =
                sources[s]->children[i];
        }
    return type;
}

static struct hive_type *merge(struct arena *arena, struct hive_type *a, struct hive_type *b)
{
    if (a->kind == HIVE_VOID || b->kind == HIVE_VOID)
        return a->kind == HIVE_VOID ? b : a;
    if (is_number(a) && is_number(b))
        return merge_numbers(arena, a, b);
    if (a->kind != b->kind)
        return plain(arena, HIVE_STRING);
    if (a->kind == HIVE_STRUCT)
        return merge_structs(arena, a, b);
    if (a->kind == HIVE_ARRAY || a->kind == HIVE_MAP) {
        struct hive_type *type = plain(arena, a->kind);
        for (size_t i = 0; i < a->count; i++)
            *ARENA_PUSH(arena, type->children, type->count, type->capacity) =
                merge(arena, a->children[i], b->children[i]);
        return type;
    }
    if ((a->kind == HIVE_VARCHAR || a->kind == HIVE_CHAR) && a->precision != b->precision)
        return plain(arena, HIVE_STRING);
    return a;
}

struct str schema_merge_types(struct arena *arena, struct str a, struct str b)
{
    struct hive_type *x, *y;
    if (str_eq(a, b))
        return a;
    if (hive_type_parse(arena, a, &x, NULL) != OK || hive_type_parse(arena, b, &y, NULL) != OK)
        return S("string");
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    hive_type_put(&out, merge(arena, x, y));
    return buf_str(&out);
}

// --- finding columns by name: schemas have up to thousands of columns, so in sorted order

struct named {
    struct str name;
    const struct json *column;
    size_t index;
};

static int compare_named(const void *left, const void *right)
{
    const struct named *a = left, *b = right;
    size_t len = a->name.len < b->name.len ? a->name.len : b->name.len;
    for (size_t i = 0; i < len; i++) {
        int x = (unsigned char)a->name.ptr[i], y = (unsigned char)b->name.ptr[i];
        x += x >= 'A' && x <= 'Z' ? 32 : 0;
        y += y >= 'A' && y <= 'Z' ? 32 : 0;
        if (x != y)
            return x - y;
    }
    return (a->name.len > b->name.len) - (a->name.len < b->name.len);
}

static struct named *sorted(const struct json *columns, size_t *out_count)
{
    size_t count = json_count(columns), i = 0;
    struct named *index = calloc(count + 1, sizeof *index);
    if (!index)
        abort();
    JSON_EACH (column, columns) {
        index[i] = (struct named){json_str(column, "name"), column, i};
        i++;
    }
    qsort(index, count, sizeof *index, compare_named);
    *out_count = count;
    return index;
}

static const struct named *find(const struct named *index, size_t count, struct str name)
{
    struct named wanted = {.name = name};
    return bsearch(&wanted, index, count, sizeof *index, compare_named);
}

struct json *schema_merge(struct arena *arena, const struct json *a, const struct json *b)
{
    size_t count;
    struct json *merged = json_array(arena);
    struct named *index = sorted(a, &count);
    JSON_EACH (column, a)
        json_push(arena, merged, column);
    JSON_EACH (column, b) {
        const struct named *same = find(index, count, json_str(column, "name"));
        if (!same) {
            json_push(arena, merged, column);
            continue;
        }
        struct str old = json_str(merged->items[same->index], "type"),
                   type = schema_merge_types(arena, old, json_str(column, "type"));
        if (!str_eq(old, type)) {
            struct json *wider = json_copy_shallow(arena, merged->items[same->index]);
            merged->items[same->index] = json_set_str(arena, wider, "type", type);
        }
    }
    free(index);
    return merged;
}

double schema_similarity(const struct json *a, const struct json *b)
{
    size_t count, common = 0,
                  larger = json_count(a) > json_count(b) ? json_count(a) : json_count(b);
    if (larger == 0)
        return 1;
    struct named *index = sorted(a, &count);
    JSON_EACH (column, b)
        common += find(index, count, json_str(column, "name")) != NULL;
    free(index);
    return (double)common / (double)larger;
}

// --- the catalog's form

// "void" can stand anywhere in a type.
static void without_void(struct hive_type *type)
{
    if (type->kind == HIVE_VOID)
        type->kind = HIVE_STRING;
    for (size_t i = 0; i < type->count; i++)
        without_void(type->children[i]);
}

struct json *schema_columns(struct arena *arena, const struct json *columns)
{
    struct json *out = json_array(arena);
    JSON_EACH (column, columns) {
        struct json *item = json_object(arena);
        struct str type = json_str(column, "type"), name = json_str(column, "name");
        struct hive_type *parsed;
        if (!name.len || name.len > SCHEMA_NAME_MAX)
            continue;
        if (str_contains(type, S("void")) && hive_type_parse(arena, type, &parsed, NULL) == OK) {
            struct buf text = buf_in(arena, BUF_MAX_DEFAULT);
            without_void(parsed);
            hive_type_put(&text, parsed);
            type = buf_str(&text);
        }
        json_set_str(arena, item, "Name", str_lower(arena, name));
        json_set_str(arena, item, "Type", type);
        json_push(arena, out, item);
    }
    return out;
}

struct json *schema_of_table(struct arena *arena, const struct json *columns)
{
    struct json *out = json_array(arena);
    JSON_EACH (column, columns) {
        struct json *item = json_object(arena);
        json_set_str(arena, item, "name", json_str(column, "Name"));
        json_set_str(arena, item, "type", json_str_or(column, "Type", S("string")));
        json_push(arena, out, item);
    }
    return out;
}
