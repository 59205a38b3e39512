// SPDX-License-Identifier: Apache-2.0
// Queries. FROM is translated first, as it makes the scope in which the other clauses' names are
// resolved; the parts are then put together in SQL's order.
//
// Every select item gets an explicit name, as Trino would call it: the column's own, the field's
// own, or _colN.
#include "sql/translate_internal.h"

#include <stdarg.h>
#include <stdio.h>

#define EXPANSION_MAX 1e6

enum err sql_refuse(struct error *error, const struct sql_node *node, const char *code,
                    const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    enum err kind = str_is(S("NOT_SUPPORTED"), code) ? ERR_UNSUPPORTED : ERR_INVALID;
    return error_set_at(error, kind, node->start, "%s: line %u:%u: %s", code, node->line,
                        node->column, text);
}

static void add_column(struct translator *t, struct columns *columns, struct str name,
                       const struct hive_type *type)
{
    *ARENA_PUSH(t->arena, columns->items, columns->count, columns->capacity) =
        (struct sql_column){name, type};
}

// --- relations

static enum err translate_relation(struct translator *t, const struct sql_node *node,
                                   struct scope *scope, struct buf *out);

// Renames columns by an alias list: (a, b).
static enum err rename_columns(struct translator *t, const struct sql_node *list,
                               struct columns *columns)
{
    if (!list)
        return OK;
    if (columns->known && list->count != columns->count)
        return sql_refuse(t->error, list, "MISMATCHED_COLUMN_ALIASES",
                          "Column alias list has %zu entries but relation has %zu columns",
                          list->count, columns->count);
    struct columns renamed = {.known = columns->known};
    for (size_t i = 0; i < list->count; i++)
        add_column(t, &renamed, list->children[i]->text,
                   i < columns->count ? columns->items[i].type : NULL);
    *columns = renamed;
    return OK;
}

static void put_column_aliases(const struct sql_node *list, struct buf *out)
{
    if (!list)
        return;
    buf_puts(out, " (");
    for (size_t i = 0; i < list->count; i++) {
        if (i)
            buf_puts(out, ", ");
        put_name(out, list->children[i]->text);
    }
    buf_put_char(out, ')');
}

static enum err find_table(struct translator *t, const struct sql_node *node, struct relation *out,
                           struct buf *sql)
{
    struct str name = str_lower(t->arena, node->children[node->count - 1]->text);
    if (node->count == 1)
        for (const struct cte *cte = t->ctes; cte; cte = cte->outer)
            if (str_eq_nocase(cte->name, name)) {
                *out = (struct relation){name, STR_NONE, cte->columns.items, cte->columns.count,
                                         cte->columns.known};
                put_name(sql, cte->name);
                return OK;
            }
    if (node->count == 3 && !str_eq_nocase(node->children[0]->text, S("awsdatacatalog")))
        return sql_refuse(t->error, node, "CATALOG_NOT_FOUND", "Catalog '%.*s' does not exist",
                          STR_ARG(node->children[0]->text));
    struct str database = node->count > 1
                              ? str_lower(t->arena, node->children[node->count - 2]->text)
                              : t->catalog->database;
    if (database.len == 0)
        return sql_refuse(t->error, node, "MISSING_SCHEMA_NAME",
                          "Schema must be specified when session schema is not set");
    struct sql_table table = {0};
    TRY(t->catalog->find_table(t->catalog->context, database, name, node, &table, t->error));
    *out = (struct relation){name, database, table.columns, table.count, true};
    buf_put(sql, table.sql_name);
    return OK;
}

// What one array, map or array of rows contributes: columns of the inner and the outer SELECT.
static enum err unnest_one(struct translator *t, const struct sql_node *expression, size_t index,
                           struct buf *inner, struct buf *lengths, struct columns *columns,
                           struct buf *outer)
{
    struct str text;
    TRY(translate_to_str(t, expression, &text));
    const struct hive_type *type = infer_expression(t, expression);
    bool is_map = type && type->kind == HIVE_MAP;
    const struct hive_type *item = type && type->kind == HIVE_ARRAY ? type->children[0] : NULL;
    bool is_rows = item && item->kind == HIVE_STRUCT && item->count;
    if (type && !is_map && type->kind != HIVE_ARRAY)
        return sql_refuse(t->error, expression, "TYPE_MISMATCH",
                          "Cannot unnest a value that is no array, map or row array");
    if (index)
        buf_puts(inner, ", ");
    if (is_map) {
        buf_printf(inner, "unnest(map_keys(%.*s)) AS k%zu, unnest(map_values(%.*s)) AS v%zu",
                   STR_ARG(text), index, STR_ARG(text), index);
        buf_printf(lengths, "%slen(map_keys(%.*s))", index ? ", " : "", STR_ARG(text));
        buf_printf(outer, "%sk%zu, v%zu", index ? ", " : "", index, index);
        add_column(t, columns, S("key"), type->children[0]);
        add_column(t, columns, S("value"), type->children[1]);
        return OK;
    }
    buf_printf(inner, type ? "unnest(%.*s) AS e%zu" : "unnest(tarn_no_rows(%.*s)) AS e%zu",
               STR_ARG(text), index);
    buf_printf(lengths, "%slen(%.*s)", index ? ", " : "", STR_ARG(text));
    if (!is_rows) {
        buf_printf(outer, "%se%zu", index ? ", " : "", index);
        add_column(t, columns, str_format(t->arena, "_col%zu", columns->count), item);
        return OK;
    }
    for (size_t i = 0; i < item->count; i++) {
        buf_printf(outer, "%se%zu.", index || i ? ", " : "", index);
        put_name(outer, item->names[i]);
        add_column(t, columns, item->names[i], item->children[i]);
    }
    return OK;
}

// LATERAL (SELECT e0 AS "x", ... FROM (SELECT unnest(a) AS e0, ...)) AS alias: arrays of unequal
// length are padded with NULL by both engines.
static enum err translate_unnest(struct translator *t, const struct sql_node *node,
                                 struct str alias, const struct sql_node *names,
                                 struct scope *scope, struct buf *out)
{
    struct buf inner = buf_in(t->arena, BUF_MAX_DEFAULT), outer = inner, lengths = inner;
    struct columns columns = {.known = true};
    const struct scope *saved = t->scope;
    t->scope = scope;
    for (size_t i = 0; i < node->count; i++)
        TRY(unnest_one(t, node->children[i], i, &inner, &lengths, &columns, &outer));
    t->scope = saved;
    if (node->flags & SQL_ORDINALITY) {
        buf_printf(&inner, ", unnest(range(1, 1 + coalesce(greatest(%.*s), 0))) AS o",
                   STR_ARG(buf_str(&lengths)));
        buf_puts(&outer, ", o");
        add_column(t, &columns, S("ordinality"), NULL);
    }
    TRY(rename_columns(t, names, &columns));
    if (alias.len == 0)
        alias = str_format(t->arena, "unnest_%zu", scope->count);
    buf_printf(out, "LATERAL (SELECT %.*s FROM (SELECT %.*s)) AS ", STR_ARG(buf_str(&outer)),
               STR_ARG(buf_str(&inner)));
    put_name(out, alias);
    buf_puts(out, " (");
    for (size_t i = 0; i < columns.count; i++) {
        if (i)
            buf_puts(out, ", ");
        put_name(out, columns.items[i].name);
    }
    buf_put_char(out, ')');
    scope_add(t, scope, (struct relation){alias, STR_NONE, columns.items, columns.count, true});
    return OK;
}

static enum err translate_subquery(struct translator *t, const struct sql_node *node,
                                   struct str alias, const struct sql_node *names,
                                   struct scope *scope, struct buf *out)
{
    struct columns columns = {0};
    const struct scope *saved = t->scope;
    if (node->flags & SQL_LATERAL) {
        t->scope = scope;
        buf_puts(out, "LATERAL ");
    }
    buf_put_char(out, '(');
    TRY(translate_query(t, node->children[0], out, &columns));
    buf_put_char(out, ')');
    t->scope = saved;
    TRY(rename_columns(t, names, &columns));
    if (alias.len == 0)
        alias = str_format(t->arena, "subquery_%zu", scope->count);
    buf_puts(out, " AS ");
    put_name(out, alias);
    put_column_aliases(names, out);
    scope_add(t, scope,
              (struct relation){alias, STR_NONE, columns.items, columns.count, columns.known});
    return OK;
}

static enum err translate_table(struct translator *t, const struct sql_node *node, struct str alias,
                                const struct sql_node *names, struct scope *scope, struct buf *out)
{
    struct relation relation = {0};
    TRY(find_table(t, node, &relation, out));
    struct columns columns = {relation.columns, relation.count, relation.count, relation.known};
    TRY(rename_columns(t, names, &columns));
    relation.columns = columns.items;
    relation.count = columns.count;
    if (alias.len) {
        relation.alias = alias;
        relation.database = STR_NONE;
    }
    buf_puts(out, " AS ");
    put_name(out, relation.alias);
    put_column_aliases(names, out);
    scope_add(t, scope, relation);
    return OK;
}

static enum err translate_join(struct translator *t, const struct sql_node *join,
                               struct scope *scope, struct buf *out)
{
    const struct sql_node *on = sql_child(join, 2), *using = sql_child(join, 3),
                          *right = join->children[1];
    TRY(translate_relation(t, join->children[0], scope, out));
    buf_printf(out, " %s%.*s JOIN ", join->flags & SQL_NATURAL ? "NATURAL " : "",
               STR_ARG(join->text));
    bool grouped = right->kind == SQL_JOIN;
    if (grouped)
        buf_put_char(out, '(');
    TRY(translate_relation(t, right, scope, out));
    if (grouped)
        buf_put_char(out, ')');
    if (using) {
        buf_puts(out, " USING");
        put_column_aliases(using, out);
    }
    if (on) {
        const struct scope *saved = t->scope;
        t->scope = scope;
        buf_puts(out, " ON ");
        TRY(translate_expression(t, on, out));
        t->scope = saved;
    }
    return OK;
}

static enum err translate_relation(struct translator *t, const struct sql_node *node,
                                   struct scope *scope, struct buf *out)
{
    struct str alias = STR_NONE;
    const struct sql_node *names = NULL;
    if (node->kind == SQL_ALIASED) {
        alias = node->text;
        names = sql_child(node, 1);
        node = node->children[0];
    }
    switch (node->kind) {
    case SQL_TABLE:
        return translate_table(t, node, alias, names, scope, out);
    case SQL_UNNEST:
        return translate_unnest(t, node, alias, names, scope, out);
    case SQL_SUBQUERY:
        return translate_subquery(t, node, alias, names, scope, out);
    case SQL_JOIN:
        if (alias.len)
            return sql_refuse(t->error, node, "NOT_SUPPORTED",
                              "an alias for a join in parentheses is not supported");
        return translate_join(t, node, scope, out);
    default:
        return sql_refuse(t->error, node, "NOT_SUPPORTED", "this relation is not supported");
    }
}

// --- SELECT

static enum err translate_star(struct translator *t, const struct sql_node *star, struct buf *out,
                               struct columns *columns)
{
    const struct sql_node *qualifier = star->children[0];
    if (!qualifier) {
        if (t->scope->count == 0)
            return sql_refuse(t->error, star, "SYNTAX_ERROR",
                              "SELECT * not allowed in queries without FROM clause");
        buf_put_char(out, '*');
        for (size_t i = 0; i < t->scope->count; i++) {
            const struct relation *relation = &t->scope->relations[i];
            columns->known = columns->known && relation->known;
            for (size_t k = 0; k < relation->count; k++)
                add_column(t, columns, relation->columns[k].name, relation->columns[k].type);
        }
        return OK;
    }
    const struct relation *relation =
        qualifier->kind == SQL_NAME ? scope_relation(t->scope, qualifier->text) : NULL;
    if (!relation && qualifier->kind == SQL_FIELD)
        relation = scope_relation(t->scope, qualifier->text);
    if (relation) {
        put_name(out, relation->alias);
        buf_puts(out, ".*");
        columns->known = columns->known && relation->known;
        for (size_t k = 0; k < relation->count; k++)
            add_column(t, columns, relation->columns[k].name, relation->columns[k].type);
        return OK;
    }
    const struct hive_type *type = infer_expression(t, qualifier);
    if (!type || type->kind != HIVE_STRUCT)
        return sql_refuse(t->error, star, "SYNTAX_ERROR",
                          "Unable to resolve reference before '.*'");
    struct str text;
    TRY(translate_to_str(t, qualifier, &text));
    for (size_t i = 0; i < type->count; i++) {
        buf_printf(out, "%s(%.*s).", i ? ", " : "", STR_ARG(text));
        put_name(out, type->names[i]);
        add_column(t, columns, type->names[i], type->children[i]);
    }
    return OK;
}

static enum err translate_items(struct translator *t, const struct sql_node *items, struct buf *out,
                                struct columns *columns)
{
    columns->known = true;
    for (size_t i = 0; i < items->count; i++) {
        const struct sql_node *item = items->children[i];
        if (i)
            buf_puts(out, ", ");
        if (item->kind == SQL_STAR) {
            TRY(translate_star(t, item, out, columns));
            continue;
        }
        const struct sql_node *expression = item->children[0];
        struct str name = item->text;
        if (!name.len && (expression->kind == SQL_NAME || expression->kind == SQL_FIELD))
            name = expression->text;
        if (!name.len)
            name = str_format(t->arena, "_col%zu", i);
        TRY(translate_expression(t, expression, out));
        buf_puts(out, " AS ");
        put_name(out, name);
        add_column(t, columns, name, infer_expression(t, expression));
    }
    return OK;
}

static enum err translate_group(struct translator *t, const struct sql_node *node, struct buf *out)
{
    static const char *const WORDS[] = {
        [SQL_GROUPING_SETS] = "GROUPING SETS", [SQL_ROLLUP] = "ROLLUP", [SQL_CUBE] = "CUBE"};
    if (node->kind == SQL_INTEGER) { // a position
        buf_put(out, node->text);
        return OK;
    }
    if (node->kind != SQL_GROUPING_SETS && node->kind != SQL_ROLLUP && node->kind != SQL_CUBE &&
        node->kind != SQL_LIST)
        return translate_expression(t, node, out);
    if (node->kind != SQL_LIST)
        buf_puts(out, WORDS[node->kind]);
    buf_puts(out, " (");
    for (size_t i = 0; i < node->count; i++) {
        if (i)
            buf_puts(out, ", ");
        TRY(translate_group(t, node->children[i], out));
    }
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_clauses(struct translator *t, const struct sql_node *select,
                                  struct buf *out)
{
    const struct sql_node *where = sql_child(select, 2), *group = sql_child(select, 3),
                          *having = sql_child(select, 4), *windows = sql_child(select, 5);
    if (where) {
        buf_puts(out, " WHERE ");
        TRY(translate_expression(t, where, out));
    }
    for (size_t i = 0; group && i < group->count; i++) {
        buf_puts(out, i ? ", " : " GROUP BY ");
        TRY(translate_group(t, group->children[i], out));
    }
    if (having) {
        buf_puts(out, " HAVING ");
        TRY(translate_expression(t, having, out));
    }
    for (size_t i = 0; windows && i < windows->count; i++) {
        buf_puts(out, i ? ", " : " WINDOW ");
        put_name(out, windows->children[i]->text);
        buf_puts(out, " AS ");
        TRY(translate_window_spec(t, windows->children[i]->children[0], out));
    }
    return OK;
}

// *out_scope is what ORDER BY sees.
static enum err translate_select(struct translator *t, const struct sql_node *select,
                                 struct buf *out, struct columns *out_columns,
                                 const struct scope **out_scope)
{
    struct scope *scope = ARENA_NEW(t->arena, struct scope);
    const struct scope *saved = t->scope;
    scope->outer = saved;
    struct buf from = buf_in(t->arena, BUF_MAX_DEFAULT);
    if (sql_child(select, 1))
        TRY(translate_relation(t, select->children[1], scope, &from));
    t->scope = scope;
    buf_puts(out, select->flags & SQL_DISTINCT ? "SELECT DISTINCT " : "SELECT ");
    TRY(translate_items(t, select->children[0], out, out_columns));
    if (from.len) {
        buf_puts(out, " FROM ");
        buf_put(out, buf_str(&from));
    }
    TRY(translate_clauses(t, select, out));
    t->scope = saved;
    *out_scope = scope;
    return OK;
}

// --- queries

static enum err translate_values(struct translator *t, const struct sql_node *values,
                                 struct buf *out, struct columns *columns)
{
    columns->known = true;
    buf_puts(out, "VALUES ");
    for (size_t i = 0; i < values->count; i++) {
        const struct sql_node *row = values->children[i];
        if (i)
            buf_puts(out, ", ");
        buf_put_char(out, '(');
        if (row->kind == SQL_ROW)
            TRY(translate_list(t, row, 0, out));
        else
            TRY(translate_expression(t, row, out));
        buf_put_char(out, ')');
        for (size_t k = 0; i == 0 && k < (row->kind == SQL_ROW ? row->count : 1); k++)
            add_column(t, columns, str_format(t->arena, "_col%zu", k),
                       infer_expression(t, row->kind == SQL_ROW ? row->children[k] : row));
    }
    return OK;
}

static enum err translate_body(struct translator *t, const struct sql_node *body, struct buf *out,
                               struct columns *columns, const struct scope **out_scope)
{
    struct relation relation = {0};
    struct columns ignored = {0};
    switch (body->kind) {
    case SQL_SELECT:
        return translate_select(t, body, out, columns, out_scope);
    case SQL_VALUES:
        return translate_values(t, body, out, columns);
    case SQL_TABLE:
        buf_puts(out, "SELECT * FROM ");
        TRY(find_table(t, body, &relation, out));
        *columns =
            (struct columns){relation.columns, relation.count, relation.count, relation.known};
        return OK;
    case SQL_QUERY:
        buf_put_char(out, '(');
        TRY(translate_query(t, body, out, columns));
        buf_put_char(out, ')');
        return OK;
    default: // SQL_SET_OPERATION
        TRY(translate_body(t, body->children[0], out, columns, out_scope));
        *out_scope = NULL;
        buf_printf(out, " %.*s %s", STR_ARG(body->text), body->flags & SQL_ALL ? "ALL " : "");
        if (body->children[1]->kind == SQL_SET_OPERATION)
            buf_put_char(out, '(');
        TRY(translate_body(t, body->children[1], out, &ignored, out_scope));
        *out_scope = NULL;
        if (body->children[1]->kind == SQL_SET_OPERATION)
            buf_put_char(out, ')');
        return OK;
    }
}

static enum err translate_with(struct translator *t, const struct sql_node *with, struct buf *out)
{
    bool recursive = with->flags & SQL_RECURSIVE;
    buf_puts(out, recursive ? "WITH RECURSIVE " : "WITH ");
    for (size_t i = 0; i < with->count; i++) {
        const struct sql_node *node = with->children[i], *names = sql_child(node, 1);
        struct cte *cte = ARENA_NEW(t->arena, struct cte);
        cte->name = node->text;
        cte->outer = t->ctes;
        for (size_t k = 0; names && k < names->count; k++) // what it sees of itself
            add_column(t, &cte->columns, names->children[k]->text, NULL);
        if (recursive)
            t->ctes = cte;
        if (i)
            buf_puts(out, ", ");
        put_name(out, node->text);
        put_column_aliases(names, out);
        buf_puts(out, " AS (");
        struct columns columns = {0};
        TRY(translate_query(t, node->children[0], out, &columns));
        buf_puts(out, ")");
        TRY(rename_columns(t, names, &columns));
        cte->columns = columns;
        t->ctes = cte;
    }
    buf_put_char(out, ' ');
    return OK;
}

// ORDER BY sees the output's names and, for a plain SELECT, what its expressions see.
static enum err translate_order(struct translator *t, const struct sql_node *order,
                                const struct columns *columns, const struct scope *select_scope,
                                struct buf *out)
{
    struct scope scope = {.outer = select_scope ? select_scope : t->scope};
    const struct scope *saved = t->scope;
    scope_add(
        t, &scope,
        (struct relation){STR_NONE, STR_NONE, columns->items, columns->count, columns->known});
    t->scope = &scope;
    buf_puts(out, " ORDER BY ");
    TRY(translate_sorts(t, order, out));
    t->scope = saved;
    return OK;
}

enum err translate_query(struct translator *t, const struct sql_node *query, struct buf *out,
                         struct columns *out_columns)
{
    const struct cte *ctes = t->ctes;
    const struct scope *select_scope = NULL;
    const struct sql_node *offset = sql_child(query, 3), *limit = sql_child(query, 4);
    if (query->children[0])
        TRY(translate_with(t, query->children[0], out));
    TRY(translate_body(t, query->children[1], out, out_columns, &select_scope));
    if (query->children[2])
        TRY(translate_order(t, query->children[2], out_columns, select_scope, out));
    if (limit) {
        buf_puts(out, " LIMIT ");
        TRY(translate_expression(t, limit, out));
    }
    if (offset) {
        buf_puts(out, " OFFSET ");
        TRY(translate_expression(t, offset, out));
    }
    t->ctes = ctes;
    return OK;
}

// How large an expression becomes when DuckDB has put the macros' bodies in: an argument that a
// macro names six times is bound six times, so a chain of twenty divisions would never end.
// Estimated from above, and bounded.
static double expansion(const struct sql_node *node)
{
    double size = 1;
    for (size_t i = 0; i < node->count; i++)
        if (node->children[i])
            size += expansion(node->children[i]);
    switch (node->kind) {
    case SQL_BINARY:
        return node->text.ptr[0] == '/' || node->text.ptr[0] == '%' ? 7 * size : size;
    case SQL_SUBSCRIPT:
        return 10 * size;
    case SQL_CAST:
        return str_is(node->children[1]->text, "varchar") ? 10 * size : 5 * size;
    case SQL_CALL:
        return call_is_macro(node) ? 4 * size : size;
    default:
        return size;
    }
}

enum err sql_translate(struct arena *arena, const struct sql_node *query,
                       const struct sql_catalog *catalog, struct str *out_sql, struct error *error)
{
    struct translator t = {.arena = arena, .catalog = catalog, .error = error};
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    struct columns columns = {0};
    if (expansion(query) > EXPANSION_MAX)
        return sql_refuse(error, query, "NOT_SUPPORTED",
                          "an expression that is nested so deep is not supported");
    TRY(translate_query(&t, query, &out, &columns));
    if (out.overflowed)
        return error_set(error, ERR_LIMIT, "the translated query is too long");
    *out_sql = buf_str(&out);
    return OK;
}
