// SPDX-License-Identifier: Apache-2.0
// Scalars join by a few rules over groups of kinds; nested types join field by field. What finds no
// common type becomes a string when all of it was written as strings, and JSON text otherwise.
#include "columnar/type.h"

#include "base/hive_type.h"

#include <assert.h>

#define PRECISION_MAX 38

struct type *type_new(struct arena *arena, enum kind kind)
{
    struct type *type = ARENA_NEW(arena, struct type);
    type->kind = kind;
    return type;
}

struct field *type_field_add(struct arena *arena, struct type *type, struct str name,
                             struct str original, struct type *child)
{
    struct field *field = ARENA_PUSH(arena, type->fields, type->count, type->capacity);
    *field = (struct field){.name = name, .original = original, .type = child};
    return field;
}

struct field *type_field(const struct type *type, struct str name)
{
    for (size_t i = 0; i < type->count; i++)
        if (str_eq(type->fields[i].name, name))
            return &type->fields[i];
    return NULL;
}

struct str type_free_name(struct arena *arena, const struct type *type, struct str original)
{
    struct str lower = str_lower(arena, original), name = lower;
    for (unsigned n = 2; type_field(type, name); n++)
        name = str_format(arena, "%.*s_%u", STR_ARG(lower), n);
    return name;
}

struct type *type_copy(struct arena *arena, const struct type *type)
{
    struct type *copy = type_new(arena, type->kind);
    copy->precision = type->precision;
    copy->scale = type->scale;
    copy->objects = type->objects;
    for (size_t i = 0; i < type->count; i++) {
        const struct field *field = &type->fields[i];
        type_field_add(arena, copy, str_dup(arena, field->name), str_dup(arena, field->original),
                       type_copy(arena, field->type));
    }
    return copy;
}

bool type_equal(const struct type *a, const struct type *b)
{
    if (a->kind != b->kind || a->count != b->count)
        return false;
    if (a->kind == KIND_DECIMAL && (a->precision != b->precision || a->scale != b->scale))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!str_eq(a->fields[i].name, b->fields[i].name) ||
            !type_equal(a->fields[i].type, b->fields[i].type))
            return false;
    return true;
}

// --- Hive's notation

static const enum kind KIND_OF_HIVE[] = {
    [HIVE_BOOLEAN] = KIND_BOOLEAN, [HIVE_TINYINT] = KIND_INT8,
    [HIVE_SMALLINT] = KIND_INT16,  [HIVE_INT] = KIND_INT32,
    [HIVE_BIGINT] = KIND_INT64,    [HIVE_FLOAT] = KIND_FLOAT,
    [HIVE_DOUBLE] = KIND_DOUBLE,   [HIVE_DECIMAL] = KIND_DECIMAL,
    [HIVE_STRING] = KIND_STRING,   [HIVE_VARCHAR] = KIND_STRING,
    [HIVE_CHAR] = KIND_STRING,     [HIVE_BINARY] = KIND_BINARY,
    [HIVE_DATE] = KIND_DATE,       [HIVE_TIMESTAMP] = KIND_TIMESTAMP,
    [HIVE_VOID] = KIND_NULL,       [HIVE_ARRAY] = KIND_LIST,
    [HIVE_MAP] = KIND_MAP,         [HIVE_STRUCT] = KIND_STRUCT,
};

static const char *const HIVE_NAMES[] = {
    [KIND_NULL] = "string",
    [KIND_BOOLEAN] = "boolean",
    [KIND_INT8] = "tinyint",
    [KIND_INT16] = "smallint",
    [KIND_INT32] = "int",
    [KIND_INT64] = "bigint",
    [KIND_FLOAT] = "float",
    [KIND_DOUBLE] = "double",
    [KIND_DECIMAL] = "decimal",
    [KIND_STRING] = "string",
    [KIND_JSON] = "string",
    [KIND_BINARY] = "binary",
    [KIND_DATE] = "date",
    [KIND_TIMESTAMP] = "timestamp",
    [KIND_TIMESTAMP_UTC] = "timestamp",
    [KIND_LIST] = "array",
    [KIND_MAP] = "map",
    [KIND_STRUCT] = "struct",
};

struct builder {
    struct arena *arena;
    struct error *error;
    size_t fields;
};

static struct str child_name(const struct hive_type *hive, size_t i)
{
    if (hive->kind == HIVE_STRUCT)
        return hive->names[i];
    return hive->kind == HIVE_ARRAY ? S("element") : i == 0 ? S("key") : S("value");
}

static enum err build(struct builder *b, const struct hive_type *hive, struct type **out)
{
    struct type *type = type_new(b->arena, KIND_OF_HIVE[hive->kind]);
    if (type->kind == KIND_DECIMAL) {
        if (hive->precision == 0)
            return error_set(b->error, ERR_INVALID, "a decimal has at least one digit");
        type->precision = (uint8_t)hive->precision;
        type->scale = (uint8_t)hive->scale;
    }
    if ((b->fields += hive->count) > TYPE_FIELDS_MAX)
        return error_set(b->error, ERR_LIMIT, "a type has more than %d fields", TYPE_FIELDS_MAX);
    for (size_t i = 0; i < hive->count; i++) {
        struct str original = str_dup(b->arena, child_name(hive, i));
        struct str name = str_lower(b->arena, original);
        if (type_field(type, name))
            return error_set(b->error, ERR_INVALID, "a struct has two fields named '%.*s'",
                             STR_ARG(name));
        struct type *child = NULL;
        TRY(build(b, hive->children[i], &child));
        type_field_add(b->arena, type, name, original, child);
    }
    *out = type;
    return OK;
}

enum err type_parse(struct arena *arena, struct str text, struct type **out_type,
                    struct error *error)
{
    struct builder b = {.arena = arena, .error = error};
    struct hive_type *hive = NULL;
    TRY(hive_type_parse(arena, text, &hive, error));
    return build(&b, hive, out_type);
}

// A name is read up to its colon and trimmed; backticks keep what that would spoil.
static void put_name(struct buf *out, struct str name)
{
    bool quoted = str_find_char(name, ':') != STR_NPOS || str_starts(name, S("`")) ||
                  str_trim(name).len != name.len;
    if (quoted)
        buf_put_char(out, '`');
    buf_put(out, name);
    if (quoted)
        buf_put_char(out, '`');
}

void type_put(struct buf *out, const struct type *type)
{
    if (type->kind == KIND_STRUCT && type->count == 0) { // in files it is its JSON text
        buf_puts(out, "string");
        return;
    }
    buf_puts(out, HIVE_NAMES[type->kind]);
    if (type->kind == KIND_DECIMAL)
        buf_printf(out, "(%u,%u)", type->precision, type->scale);
    if (!kind_is_nested(type->kind))
        return;
    buf_put_char(out, '<');
    for (size_t i = 0; i < type->count; i++) {
        if (i)
            buf_put_char(out, ',');
        if (type->kind == KIND_STRUCT) {
            put_name(out, type->fields[i].name);
            buf_put_char(out, ':');
        }
        type_put(out, type->fields[i].type);
    }
    buf_put_char(out, '>');
}

// --- the lattice

static bool is_int(enum kind kind)
{
    return kind >= KIND_INT8 && kind <= KIND_INT64;
}

static bool is_exact(enum kind kind)
{
    return is_int(kind) || kind == KIND_DECIMAL;
}

static bool is_number(enum kind kind)
{
    return is_exact(kind) || kind == KIND_FLOAT || kind == KIND_DOUBLE;
}

static bool is_written_as_string(enum kind kind)
{
    return kind == KIND_STRING || (kind >= KIND_BINARY && kind <= KIND_TIMESTAMP_UTC);
}

// The digits in front of the point that a kind needs.
static unsigned whole_digits(const struct type *type)
{
    switch (type->kind) {
    case KIND_INT8:
        return 3;
    case KIND_INT16:
        return 5;
    case KIND_INT32:
        return 10;
    case KIND_INT64:
        return 19;
    default:
        return (unsigned)(type->precision - type->scale);
    }
}

static struct type join_decimals(const struct type *a, const struct type *b)
{
    unsigned scale = a->scale > b->scale ? a->scale : b->scale;
    unsigned whole = whole_digits(a) > whole_digits(b) ? whole_digits(a) : whole_digits(b);
    if (whole + scale > PRECISION_MAX)
        return (struct type){.kind = KIND_JSON};
    return (struct type){
        .kind = KIND_DECIMAL, .precision = (uint8_t)(whole + scale), .scale = (uint8_t)scale};
}

static struct type join_numbers(const struct type *a, const struct type *b)
{
    enum kind less = a->kind < b->kind ? a->kind : b->kind;
    enum kind more = a->kind < b->kind ? b->kind : a->kind;
    if (more == KIND_DECIMAL) // a decimal's digits are lost in a double
        return is_exact(less) ? join_decimals(a, b) : (struct type){.kind = KIND_JSON};
    if (more == KIND_FLOAT && (less == KIND_INT32 || less == KIND_INT64))
        return (struct type){.kind = KIND_DOUBLE};
    return (struct type){.kind = more};
}

// Of two different scalars, or a scalar and a nested type.
static struct type join_scalars(const struct type *a, const struct type *b)
{
    enum kind less = a->kind < b->kind ? a->kind : b->kind;
    enum kind more = a->kind < b->kind ? b->kind : a->kind;
    if (is_number(a->kind) && is_number(b->kind))
        return join_numbers(a, b);
    if (less == KIND_DATE && more == KIND_TIMESTAMP)
        return (struct type){.kind = KIND_TIMESTAMP};
    if (is_written_as_string(a->kind) && is_written_as_string(b->kind))
        return (struct type){.kind = KIND_STRING};
    return (struct type){.kind = KIND_JSON};
}

static struct field *field_spelt(const struct type *type, struct str original)
{
    for (size_t i = 0; i < type->count; i++)
        if (str_eq(type->fields[i].original, original))
            return &type->fields[i];
    return NULL;
}

static bool join_fields(struct arena *arena, struct type *type, const struct type *other)
{
    bool changed = false;
    for (size_t i = 0; i < other->count; i++) {
        const struct field *theirs = &other->fields[i];
        bool same_place = i < type->count && str_eq(type->fields[i].original, theirs->original);
        struct field *ours = same_place ? &type->fields[i] : field_spelt(type, theirs->original);
        if (ours) {
            changed |= type_join(arena, ours->type, theirs->type);
            continue;
        }
        struct str original = str_dup(arena, theirs->original);
        type_field_add(arena, type, type_free_name(arena, type, original), original,
                       type_copy(arena, theirs->type));
        changed = true;
    }
    return changed;
}

// One of the two has seen nothing but empty objects.
static bool join_objects(struct arena *arena, struct type *type, const struct type *other)
{
    const struct type *rest = type->objects ? other : type;
    if (rest->objects || (!type->objects && type->kind == KIND_JSON))
        return false;
    if (rest->kind != KIND_STRUCT)
        *type = (struct type){.kind = KIND_JSON};
    else if (type->objects)
        *type = *type_copy(arena, other);
    else
        return false;
    return true;
}

bool type_join(struct arena *arena, struct type *type, const struct type *other)
{
    if (other->kind == KIND_NULL && !other->objects)
        return false;
    if (type->kind == KIND_NULL && !type->objects) {
        *type = *type_copy(arena, other);
        return true;
    }
    if (type->objects || other->objects)
        return join_objects(arena, type, other);
    if (type->kind == other->kind && kind_is_nested(type->kind))
        return join_fields(arena, type, other);
    bool same_decimal = type->precision == other->precision && type->scale == other->scale;
    if (type->kind == other->kind && (type->kind != KIND_DECIMAL || same_decimal))
        return false;
    struct type joined = join_scalars(type, other);
    bool changed = joined.kind != type->kind || joined.precision != type->precision ||
                   joined.scale != type->scale;
    *type = joined;
    return changed;
}

// --- leaves

#define PATH_MAX_PARTS (2 * TYPE_DEPTH_MAX + 2)

struct walk {
    struct arena *arena;
    struct leaf *leaves;
    size_t count, capacity;
    struct str path[PATH_MAX_PARTS];
    size_t depth;
    unsigned definition, repetition;
};

static void walk_type(struct walk *w, const struct type *type);

static void walk_field(struct walk *w, struct str name, const struct type *type, bool optional)
{
    assert(w->depth < PATH_MAX_PARTS);
    w->path[w->depth++] = name;
    w->definition += optional;
    walk_type(w, type);
    w->definition -= optional;
    w->depth--;
}

// A list's or map's repeated group with its fields in it.
static void walk_repeated(struct walk *w, const struct type *type)
{
    assert(w->depth < PATH_MAX_PARTS);
    bool is_map = type->kind == KIND_MAP;
    w->path[w->depth++] = is_map ? S("key_value") : S("list");
    w->definition++;
    w->repetition++;
    for (size_t i = 0; i < type->count; i++)
        walk_field(w, is_map ? (i == 0 ? S("key") : S("value")) : S("element"),
                   type->fields[i].type, !(is_map && i == 0));
    w->repetition--;
    w->definition--;
    w->depth--;
}

static void walk_leaf(struct walk *w, const struct type *type)
{
    struct leaf *leaf = ARENA_PUSH(w->arena, w->leaves, w->count, w->capacity);
    leaf->type = type;
    leaf->max_definition = (uint8_t)w->definition;
    leaf->max_repetition = (uint8_t)w->repetition;
    leaf->path = ARENA_ARRAY(w->arena, struct str, w->depth);
    leaf->path_count = w->depth;
    for (size_t i = 0; i < w->depth; i++)
        leaf->path[i] = w->path[i];
}

static void walk_type(struct walk *w, const struct type *type)
{
    if (type->kind == KIND_LIST || type->kind == KIND_MAP)
        walk_repeated(w, type);
    else if (type->kind == KIND_STRUCT)
        for (size_t i = 0; i < type->count; i++)
            walk_field(w, type->fields[i].name, type->fields[i].type, true);
    else
        walk_leaf(w, type);
}

struct leaf *type_leaves(struct arena *arena, const struct type *root, size_t *out_count)
{
    struct walk *w = ARENA_NEW(arena, struct walk);
    w->arena = arena;
    walk_type(w, root);
    *out_count = w->count;
    return w->leaves;
}
