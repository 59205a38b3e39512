// SPDX-License-Identifier: Apache-2.0
// Which column a name means, and what type an expression has - as far as it is known.
#include "sql/translate_internal.h"

void scope_add(struct translator *t, struct scope *scope, struct relation relation)
{
    *ARENA_PUSH(t->arena, scope->relations, scope->count, scope->capacity) = relation;
}

const struct hive_type *scope_column(const struct scope *scope, struct str name, bool *out_found)
{
    *out_found = false;
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->count; i++) {
            const struct relation *relation = &scope->relations[i];
            for (size_t k = 0; k < relation->count; k++)
                if (str_eq_nocase(relation->columns[k].name, name)) {
                    *out_found = true;
                    return relation->columns[k].type;
                }
            if (!relation->known)
                *out_found = true; // it may be there
        }
    return NULL;
}

const struct relation *scope_relation(const struct scope *scope, struct str alias)
{
    for (; scope; scope = scope->outer)
        for (size_t i = 0; i < scope->count; i++)
            if (scope->relations[i].alias.len && str_eq_nocase(scope->relations[i].alias, alias))
                return &scope->relations[i];
    return NULL;
}

static const struct hive_type SIMPLE[] = {
    [HIVE_BOOLEAN] = {.kind = HIVE_BOOLEAN},     [HIVE_INT] = {.kind = HIVE_INT},
    [HIVE_BIGINT] = {.kind = HIVE_BIGINT},       [HIVE_DOUBLE] = {.kind = HIVE_DOUBLE},
    [HIVE_STRING] = {.kind = HIVE_STRING},       [HIVE_DATE] = {.kind = HIVE_DATE},
    [HIVE_TIMESTAMP] = {.kind = HIVE_TIMESTAMP},
};

static struct hive_type *new_type(struct translator *t, enum hive_kind kind)
{
    struct hive_type *type = ARENA_NEW(t->arena, struct hive_type);
    type->kind = kind;
    return type;
}

static bool add_child(struct translator *t, struct hive_type *type, struct str name,
                      const struct hive_type *child)
{
    if (!child)
        return false;
    size_t count = type->count;
    *ARENA_PUSH(t->arena, type->names, count, type->name_capacity) = name;
    *ARENA_PUSH(t->arena, type->children, type->count, type->capacity) =
        (struct hive_type *)(uintptr_t)child;
    return true;
}

const struct hive_type *infer_type_node(struct translator *t, const struct sql_node *node)
{
    static const struct {
        const char *name;
        enum hive_kind kind;
    } NAMES[] = {{"boolean", HIVE_BOOLEAN}, {"integer", HIVE_INT},         {"int", HIVE_INT},
                 {"bigint", HIVE_BIGINT},   {"double", HIVE_DOUBLE},       {"varchar", HIVE_STRING},
                 {"date", HIVE_DATE},       {"timestamp", HIVE_TIMESTAMP}, {"array", HIVE_ARRAY},
                 {"map", HIVE_MAP},         {"row", HIVE_STRUCT}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!str_is(node->text, NAMES[i].name))
            continue;
        if (NAMES[i].kind < HIVE_ARRAY)
            return &SIMPLE[NAMES[i].kind];
        struct hive_type *type = new_type(t, NAMES[i].kind);
        for (size_t k = 0; k < node->count; k++) {
            const struct sql_node *child = node->children[k];
            bool field = child->kind == SQL_TYPE_FIELD;
            if (!add_child(t, type, field ? child->text : STR_NONE,
                           infer_type_node(t, field ? child->children[0] : child)))
                return NULL;
        }
        return type;
    }
    return NULL;
}

static const struct hive_type *infer_field(struct translator *t, const struct sql_node *node)
{
    const struct sql_node *base = node->children[0];
    bool found;
    const struct relation *relation = NULL;
    if (base->kind == SQL_NAME && !scope_column(t->scope, base->text, &found))
        relation = scope_relation(t->scope, base->text);
    if (relation) {
        for (size_t i = 0; i < relation->count; i++)
            if (str_eq_nocase(relation->columns[i].name, node->text))
                return relation->columns[i].type;
        return NULL;
    }
    const struct hive_type *type = infer_expression(t, base);
    for (size_t i = 0; type && type->kind == HIVE_STRUCT && i < type->count; i++)
        if (str_eq_nocase(type->names[i], node->text))
            return type->children[i];
    return NULL;
}

static const struct hive_type *infer_name(struct translator *t, const struct sql_node *node)
{
    for (const struct binding *b = t->bindings; b; b = b->outer)
        if (str_eq_nocase(b->name, node->text))
            return b->type;
    bool found;
    return scope_column(t->scope, node->text, &found);
}

static const struct hive_type *infer_array(struct translator *t, const struct sql_node *node)
{
    struct hive_type *type = new_type(t, HIVE_ARRAY);
    return node->count && add_child(t, type, STR_NONE, infer_expression(t, node->children[0]))
               ? type
               : NULL;
}

static bool is_whole(const struct hive_type *type)
{
    return type && type->kind >= HIVE_TINYINT && type->kind <= HIVE_BIGINT;
}

static const struct hive_type *infer_binary(struct translator *t, const struct sql_node *node)
{
    if (node->text.len > 1 && !str_is(node->text, "||"))
        return &SIMPLE[HIVE_BOOLEAN];
    const struct hive_type *a = infer_expression(t, node->children[0]),
                           *b = infer_expression(t, node->children[1]);
    switch (node->text.ptr[0]) {
    case '|':
        return a ? a : b;
    case '=':
    case '<':
    case '>':
        return &SIMPLE[HIVE_BOOLEAN];
    default:
        if ((a && a->kind == HIVE_DOUBLE) || (b && b->kind == HIVE_DOUBLE))
            return &SIMPLE[HIVE_DOUBLE];
        return is_whole(a) && is_whole(b) ? &SIMPLE[HIVE_BIGINT] : NULL;
    }
}

const struct hive_type *infer_expression(struct translator *t, const struct sql_node *node)
{
    const struct hive_type *base;
    switch (node->kind) {
    case SQL_NAME:
        return infer_name(t, node);
    case SQL_FIELD:
        return infer_field(t, node);
    case SQL_SUBSCRIPT:
        base = infer_expression(t, node->children[0]);
        return base && base->kind == HIVE_ARRAY ? base->children[0]
               : base && base->kind == HIVE_MAP ? base->children[1]
                                                : NULL;
    case SQL_STRING:
    case SQL_LIKE:
        return &SIMPLE[node->kind == SQL_STRING ? HIVE_STRING : HIVE_BOOLEAN];
    case SQL_INTEGER:
        return &SIMPLE[HIVE_INT];
    case SQL_DOUBLE:
        return &SIMPLE[HIVE_DOUBLE];
    case SQL_BOOLEAN:
        return &SIMPLE[HIVE_BOOLEAN];
    case SQL_TYPED_STRING:
        return infer_type_node(t, node->children[0]);
    case SQL_CAST:
        return infer_type_node(t, node->children[1]);
    case SQL_ARRAY:
        return infer_array(t, node);
    case SQL_CALL:
        return infer_call(t, node);
    case SQL_CASE:
        return infer_expression(t, node->children[3]);
    case SQL_BINARY:
        return infer_binary(t, node);
    case SQL_UNARY:
        return infer_expression(t, node->children[0]);
    default:
        return NULL;
    }
}
