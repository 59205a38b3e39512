// SPDX-License-Identifier: Apache-2.0
// Expressions. Every operator is put in parentheses, so that precedence is ours and not DuckDB's.
// What differs in meaning (/ and %, dates and intervals, casts to text) goes through macros of
// engines/macros.c, named tarn_*.
#include "sql/translate_internal.h"

#include <stdio.h>
#include <string.h>

void put_name(struct buf *out, struct str name)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_put_char(out, '"');
        buf_put_char(out, name.ptr[i]);
    }
    buf_put_char(out, '"');
}

void put_text(struct buf *out, struct str text)
{
    buf_put_char(out, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_put_char(out, '\'');
        buf_put_char(out, text.ptr[i]);
    }
    buf_put_char(out, '\'');
}

enum err translate_to_str(struct translator *t, const struct sql_node *node, struct str *out)
{
    struct buf buf = buf_in(t->arena, BUF_MAX_DEFAULT);
    TRY(translate_expression(t, node, &buf));
    *out = buf_str(&buf);
    return OK;
}

enum err translate_list(struct translator *t, const struct sql_node *list, size_t from,
                        struct buf *out)
{
    for (size_t i = from; i < list->count; i++) {
        if (i > from)
            buf_puts(out, ", ");
        TRY(translate_expression(t, list->children[i], out));
    }
    return OK;
}

// --- types

enum err translate_type(struct translator *t, const struct sql_node *type, struct buf *out)
{
    static const char *const NAMES[][2] = {{"boolean", "BOOLEAN"},
                                           {"tinyint", "TINYINT"},
                                           {"smallint", "SMALLINT"},
                                           {"integer", "INTEGER"},
                                           {"int", "INTEGER"},
                                           {"bigint", "BIGINT"},
                                           {"real", "FLOAT"},
                                           {"double", "DOUBLE"},
                                           {"varchar", "VARCHAR"},
                                           {"string", "VARCHAR"},
                                           {"varbinary", "BLOB"},
                                           {"json", "JSON"},
                                           {"date", "DATE"},
                                           {"time", "TIME"},
                                           {"timestamp", "TIMESTAMP"},
                                           {"timestamp with time zone", "TIMESTAMPTZ"},
                                           {"uuid", "UUID"}};
    if (str_is(type->text, "array") && type->count == 1) {
        TRY(translate_type(t, type->children[0], out));
        buf_puts(out, "[]");
        return OK;
    }
    if (str_is(type->text, "map") && type->count == 2) {
        buf_puts(out, "MAP(");
        TRY(translate_type(t, type->children[0], out));
        buf_puts(out, ", ");
        TRY(translate_type(t, type->children[1], out));
        buf_put_char(out, ')');
        return OK;
    }
    if (str_is(type->text, "row")) {
        buf_puts(out, "STRUCT(");
        for (size_t i = 0; i < type->count; i++) {
            if (i)
                buf_puts(out, ", ");
            put_name(out, type->children[i]->text.len ? type->children[i]->text
                                                      : str_format(t->arena, "field%zu", i));
            buf_put_char(out, ' ');
            TRY(translate_type(t, type->children[i]->children[0], out));
        }
        buf_put_char(out, ')');
        return OK;
    }
    if (str_is(type->text, "decimal")) {
        struct str precision = type->count > 0 ? type->children[0]->text : S("38");
        struct str scale = type->count > 1 ? type->children[1]->text : S("0");
        buf_printf(out, "DECIMAL(%.*s,%.*s)", STR_ARG(precision), STR_ARG(scale));
        return OK;
    }
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (str_is(type->text, NAMES[i][0])) {
            buf_puts(out, NAMES[i][1]);
            return OK;
        }
    if (str_is(type->text, "char"))
        return sql_refuse(t->error, type, "NOT_SUPPORTED",
                          "the type char is not supported; use varchar");
    return sql_refuse(t->error, type, "TYPE_NOT_FOUND", "Unknown type: %.*s", STR_ARG(type->text));
}

// Casts whose rules differ: to text (Trino's formats), to integers (halves round up), to JSON (a
// string is a JSON string).
static enum err put_cast(struct translator *t, const struct sql_node *value,
                         const struct sql_node *type, struct buf *out)
{
    bool whole = str_ends(type->text, S("int")) || str_is(type->text, "integer"),
         json = str_is(type->text, "json");
    bool text = str_is(type->text, "varchar"), cut = text && type->count == 1;
    const struct hive_type *from = infer_expression(t, value);
    if (text && from && from->kind >= HIVE_ARRAY)
        return sql_refuse(t->error, value, "TYPE_MISMATCH", "Cannot cast %s to varchar",
                          from->kind == HIVE_ARRAY ? "array"
                          : from->kind == HIVE_MAP ? "map"
                                                   : "row");
    if (whole)
        buf_printf(out, "tarn_to_%s(",
                   str_is(type->text, "int") ? "integer" : str_cstr(t->arena, type->text));
    else
        buf_puts(out, cut    ? "substr(tarn_to_varchar("
                      : text ? "tarn_to_varchar("
                      : json ? "to_json("
                             : "CAST(");
    t->local =
        str_is(type->text, "date") || str_is(type->text, "timestamp") || str_is(type->text, "time");
    TRY(translate_expression(t, value, out));
    if (cut)
        buf_printf(out, "), 1, %.*s)", STR_ARG(type->children[0]->text));
    if (text || json || whole) {
        buf_puts(out, cut ? "" : ")");
        return OK;
    }
    buf_puts(out, " AS ");
    TRY(translate_type(t, type, out));
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_cast(struct translator *t, const struct sql_node *cast, struct buf *out)
{
    bool saved = t->in_try, safe = cast->flags & SQL_SAFE;
    t->in_try |= safe;
    buf_puts(out, safe ? "TRY(" : "");
    enum err err = put_cast(t, cast->children[0], cast->children[1], out);
    buf_puts(out, safe ? ")" : "");
    t->in_try = saved;
    return err;
}

// --- names

static const struct binding *find_binding(const struct translator *t, struct str name)
{
    for (const struct binding *b = t->bindings; b; b = b->outer)
        if (str_eq_nocase(b->name, name))
            return b;
    return NULL;
}

static enum err translate_name(struct translator *t, const struct sql_node *node, struct buf *out)
{
    const struct binding *binding = find_binding(t, node->text);
    if (binding) {
        buf_put(out, binding->text);
        return OK;
    }
    bool found = false;
    scope_column(t->scope, node->text, &found);
    if (!found && !scope_relation(t->scope, node->text))
        return sql_refuse(t->error, node, "COLUMN_NOT_FOUND", "Column '%.*s' cannot be resolved",
                          STR_ARG(node->text));
    put_name(out, node->text);
    return OK;
}

static bool relation_has(const struct relation *relation, struct str column)
{
    for (size_t i = 0; i < relation->count; i++)
        if (str_eq_nocase(relation->columns[i].name, column))
            return true;
    return !relation->known;
}

// alias.column, database.table.column, or a field of a row.
static enum err translate_field(struct translator *t, const struct sql_node *node, struct buf *out)
{
    const struct sql_node *base = node->children[0];
    bool is_column = false;
    if (base->kind == SQL_NAME && !find_binding(t, base->text)) {
        const struct relation *relation = scope_relation(t->scope, base->text);
        if (relation && relation_has(relation, node->text)) {
            put_name(out, relation->alias);
            buf_put_char(out, '.');
            put_name(out, node->text);
            return OK;
        }
        scope_column(t->scope, base->text, &is_column);
        if (!is_column)
            return sql_refuse(t->error, node, "COLUMN_NOT_FOUND",
                              "Column '%.*s.%.*s' cannot be resolved", STR_ARG(base->text),
                              STR_ARG(node->text));
    }
    if (base->kind == SQL_FIELD && base->children[0]->kind == SQL_NAME) {
        const struct relation *relation = scope_relation(t->scope, base->text);
        if (relation && relation->database.len &&
            str_eq_nocase(relation->database, base->children[0]->text)) {
            put_name(out, relation->alias);
            buf_put_char(out, '.');
            put_name(out, node->text);
            return OK;
        }
    }
    const struct hive_type *type = infer_expression(t, base);
    bool known = false;
    for (size_t i = 0; type && type->kind == HIVE_STRUCT && i < type->count; i++)
        known |= str_eq_nocase(type->names[i], node->text);
    if (type && !known)
        return sql_refuse(t->error, node,
                          type->kind == HIVE_STRUCT ? "COLUMN_NOT_FOUND" : "TYPE_MISMATCH",
                          type->kind == HIVE_STRUCT ? "Column '%.*s' cannot be resolved"
                                                    : "Expression is not of type ROW: '%.*s'",
                          STR_ARG(node->text));
    buf_put_char(out, '(');
    TRY(translate_expression(t, base, out));
    buf_puts(out, ").");
    put_name(out, node->text);
    return OK;
}

// --- literals

// A timestamp literal with a zone at its end is an instant.
static bool has_zone(struct str text)
{
    text = str_trim(text);
    if (text.len <= 10)
        return false;
    for (size_t i = 11; i < text.len; i++) {
        char c = text.ptr[i];
        if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || (c == '-' && i > 11))
            return true;
    }
    return false;
}

static enum err translate_typed_string(struct translator *t, const struct sql_node *node,
                                       struct buf *out)
{
    const struct sql_node *type = node->children[0];
    buf_puts(out, "CAST(");
    put_text(out, node->text);
    buf_puts(out, " AS ");
    if (str_is(type->text, "timestamp") && has_zone(node->text))
        buf_puts(out, "TIMESTAMPTZ");
    else if (str_is(type->text, "decimal")) {
        struct str digits = str_trim(node->text);
        size_t point = str_find_char(digits, '.'),
               sign = digits.len && (digits.ptr[0] == '-' || digits.ptr[0] == '+');
        size_t scale = point == STR_NPOS ? 0 : digits.len - point - 1;
        buf_printf(out, "DECIMAL(%zu,%zu)", digits.len - sign - (point != STR_NPOS), scale);
    } else {
        TRY(translate_type(t, type, out));
    }
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_interval(struct translator *t, const struct sql_node *node,
                                   struct buf *out)
{
    struct str unit = node->children[0]->text;
    int64_t number, months;
    double seconds;
    const char *sign = node->flags & SQL_NEGATED ? "-" : "";
    if (node->count == 1 && str_is(unit, "SECOND") && str_to_double(node->text, &seconds)) {
        buf_printf(out, "to_seconds(%s%.*s)", sign, STR_ARG(node->text));
        return OK;
    }
    if (node->count == 1 && str_to_i64(node->text, &number)) {
        struct str lower = str_lower(t->arena, unit);
        buf_printf(out, "to_%.*ss(%s%lld)", STR_ARG(lower), sign, (long long)number);
        return OK;
    }
    struct str years, rest = node->text;
    if (node->count == 2 && str_is(unit, "YEAR") && str_is(node->children[1]->text, "MONTH") &&
        str_cut(&rest, '-', &years) && str_to_i64(years, &number) && str_to_i64(rest, &months)) {
        buf_printf(out, "to_months(%s%lld)", sign, (long long)(12 * number + months));
        return OK;
    }
    int hours, minutes, days;
    char text[64] = "";
    strncat(text, str_cstr(t->arena, node->text), sizeof text - 1);
    if (node->count == 2 && str_is(unit, "DAY") &&
        sscanf(text, "%d %d:%d:%lf", &days, &hours, &minutes, &seconds) == 4) {
        buf_printf(out, "(to_days(%s%d) + to_seconds(%s%d + %.6f))", sign, days, sign,
                   hours * 3600 + minutes * 60, seconds);
        return OK;
    }
    return sql_refuse(t->error, node, "NOT_SUPPORTED", "this interval is not supported");
}

static enum err translate_current(struct translator *t, const struct sql_node *node,
                                  struct buf *out)
{
    static const char *const NAMES[][2] = {{"CURRENT_DATE", "current_date"},
                                           {"CURRENT_TIMESTAMP", "now()"},
                                           {"LOCALTIMESTAMP", "CAST(now() AS TIMESTAMP)"},
                                           {"LOCALTIME", "CAST(now() AS TIME)"}};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (str_is(node->text, NAMES[i][0])) {
            buf_puts(out, NAMES[i][1]);
            return OK;
        }
    return sql_refuse(t->error, node, "NOT_SUPPORTED", "%.*s is not supported",
                      STR_ARG(node->text));
}

static enum err translate_binary_text(struct translator *t, const struct sql_node *node,
                                      struct buf *out)
{
    buf_puts(out, "unhex('");
    for (size_t i = 0; i < node->text.len; i++) {
        if (!strchr("0123456789abcdefABCDEF ", node->text.ptr[i]))
            return sql_refuse(t->error, node, "SYNTAX_ERROR",
                              "Binary literal can only contain hexadecimal digits");
        if (node->text.ptr[i] != ' ')
            buf_put_char(out, node->text.ptr[i]);
    }
    buf_puts(out, "')");
    return OK;
}

static enum err translate_parameter(struct translator *t, const struct sql_node *node,
                                    struct buf *out)
{
    int64_t index = 0;
    if (!str_to_i64(node->text, &index) || (size_t)index >= t->catalog->parameter_count)
        return sql_refuse(t->error, node, "INVALID_PARAMETER_USAGE",
                          "Incorrect number of parameters: expected at least %lld but found %zu",
                          (long long)index + 1, t->catalog->parameter_count);
    // A parameter is an expression of its own: a literal, mostly.
    struct sql_statement statement = {0};
    struct error why = {0};
    struct str text = str_format(t->arena, "SELECT %.*s", STR_ARG(t->catalog->parameters[index]));
    if (sql_parse(t->arena, text, &statement, &why) != OK || statement.parameter_count)
        return sql_refuse(t->error, node, "SYNTAX_ERROR",
                          "the execution parameter %lld is not an expression",
                          (long long)index + 1);
    const struct sql_node *select = statement.root->children[1];
    if (select->kind != SQL_SELECT || select->children[0]->count != 1 || select->children[1] ||
        select->children[0]->children[0]->text.len)
        return sql_refuse(t->error, node, "SYNTAX_ERROR",
                          "the execution parameter %lld is not one expression",
                          (long long)index + 1);
    return translate_expression(t, select->children[0]->children[0]->children[0], out);
}

// --- operators

static enum err translate_binary(struct translator *t, const struct sql_node *node, struct buf *out)
{
    struct str left, right;
    TRY(translate_to_str(t, node->children[0], &left));
    TRY(translate_to_str(t, node->children[1], &right));
    bool with_interval = node->children[1]->kind == SQL_INTERVAL;
    const struct hive_type *type = infer_expression(t, node);
    bool is_double = type && type->kind == HIVE_DOUBLE;
    bool divides = str_is(node->text, "/") || str_is(node->text, "%");
    if (t->in_try && divides) // by zero: NULL
        buf_printf(out, "(%.*s %.*s %.*s)", STR_ARG(left), STR_ARG(node->text), STR_ARG(right));
    else if (str_is(node->text, "/") && is_double)
        buf_printf(out, "tarn_divide_double(%.*s, %.*s)", STR_ARG(left), STR_ARG(right));
    else if (str_is(node->text, "/"))
        buf_printf(out, "tarn_divide(%.*s, %.*s)", STR_ARG(left), STR_ARG(right));
    else if (str_is(node->text, "%"))
        buf_printf(out, "tarn_modulus(%.*s, %.*s)", STR_ARG(left), STR_ARG(right));
    else if (with_interval && str_is(node->text, "+"))
        buf_printf(out, "tarn_add_interval(%.*s, %.*s)", STR_ARG(left), STR_ARG(right));
    else if (with_interval && str_is(node->text, "-"))
        buf_printf(out, "tarn_add_interval(%.*s, -%.*s)", STR_ARG(left), STR_ARG(right));
    else if (node->children[0]->kind == SQL_INTERVAL && str_is(node->text, "+"))
        buf_printf(out, "tarn_add_interval(%.*s, %.*s)", STR_ARG(right), STR_ARG(left));
    else if (str_is(node->text, "-"))
        buf_printf(out, "tarn_minus(%.*s, %.*s)", STR_ARG(left), STR_ARG(right));
    else
        buf_printf(out, "(%.*s %.*s %.*s)", STR_ARG(left), STR_ARG(node->text), STR_ARG(right));
    return OK;
}

static enum err translate_between(struct translator *t, const struct sql_node *node,
                                  struct buf *out)
{
    buf_put_char(out, '(');
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, node->flags & SQL_NEGATED ? " NOT BETWEEN " : " BETWEEN ");
    TRY(translate_expression(t, node->children[1], out));
    buf_puts(out, " AND ");
    TRY(translate_expression(t, node->children[2], out));
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_in(struct translator *t, const struct sql_node *node, struct buf *out)
{
    struct columns columns = {0};
    buf_put_char(out, '(');
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, node->flags & SQL_NEGATED ? " NOT IN (" : " IN (");
    if (node->kind == SQL_IN_QUERY)
        TRY(translate_query(t, node->children[1], out, &columns));
    else
        TRY(translate_list(t, node, 1, out));
    buf_puts(out, "))");
    return OK;
}

static enum err translate_like(struct translator *t, const struct sql_node *node, struct buf *out)
{
    buf_put_char(out, '(');
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, node->flags & SQL_NEGATED ? " NOT LIKE " : " LIKE ");
    TRY(translate_expression(t, node->children[1], out));
    if (sql_child(node, 2)) {
        buf_puts(out, " ESCAPE ");
        TRY(translate_expression(t, node->children[2], out));
    }
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_case(struct translator *t, const struct sql_node *node, struct buf *out)
{
    buf_puts(out, "CASE");
    if (node->children[0]) {
        buf_put_char(out, ' ');
        TRY(translate_expression(t, node->children[0], out));
    }
    for (size_t i = 2; i < node->count; i += 2) {
        buf_puts(out, " WHEN ");
        TRY(translate_expression(t, node->children[i], out));
        buf_puts(out, " THEN ");
        TRY(translate_expression(t, node->children[i + 1], out));
    }
    if (node->children[1]) {
        buf_puts(out, " ELSE ");
        TRY(translate_expression(t, node->children[1], out));
    }
    buf_puts(out, " END");
    return OK;
}

static enum err translate_subscript(struct translator *t, const struct sql_node *node,
                                    struct buf *out)
{
    buf_puts(out, t->in_try ? "(" : "tarn_subscript(");
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, t->in_try ? ")[" : ", ");
    TRY(translate_expression(t, node->children[1], out));
    buf_puts(out, t->in_try ? "]" : ")");
    return OK;
}

static enum err translate_subquery(struct translator *t, const struct sql_node *query,
                                   const char *open, struct buf *out)
{
    struct columns columns = {0};
    buf_puts(out, open);
    TRY(translate_query(t, query, out, &columns));
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_quantified(struct translator *t, const struct sql_node *node,
                                     struct buf *out)
{
    buf_put_char(out, '(');
    TRY(translate_expression(t, node->children[0], out));
    buf_printf(out, " %.*s %s ", STR_ARG(node->text), node->flags & SQL_IS_ALL ? "ALL" : "ANY");
    TRY(translate_subquery(t, node->children[1], "(", out));
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_extract(struct translator *t, const struct sql_node *node,
                                  struct buf *out)
{
    static const char *const FIELDS[][2] = {{"year", "year"},
                                            {"quarter", "quarter"},
                                            {"month", "month"},
                                            {"week", "week"},
                                            {"day", "day"},
                                            {"day_of_month", "day"},
                                            {"day_of_week", "isodow"},
                                            {"dow", "isodow"},
                                            {"day_of_year", "dayofyear"},
                                            {"doy", "dayofyear"},
                                            {"hour", "hour"},
                                            {"minute", "minute"},
                                            {"second", "second"},
                                            {"year_of_week", "isoyear"},
                                            {"yow", "isoyear"}};
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++)
        if (str_is(node->text, FIELDS[i][0])) {
            buf_printf(out, "%s(", FIELDS[i][1]);
            t->local = true;
            TRY(translate_expression(t, node->children[0], out));
            buf_put_char(out, ')');
            return OK;
        }
    return sql_refuse(t->error, node, "SYNTAX_ERROR", "Invalid EXTRACT field: %.*s",
                      STR_ARG(node->text));
}

static enum err translate_pair(struct translator *t, const struct sql_node *node,
                               const char *operator, struct buf * out)
{
    buf_put_char(out, '(');
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, operator);
    TRY(translate_expression(t, node->children[1], out));
    buf_put_char(out, ')');
    return OK;
}

static enum err translate_one(struct translator *t, const struct sql_node *node, const char *before,
                              const char *after, struct buf *out)
{
    buf_puts(out, before);
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, after);
    return OK;
}

// DuckDB's instants have no zone of their own, so x AT TIME ZONE z can be had only where nothing
// but its local time matters: date(x AT TIME ZONE z), hour(...), casts to date and timestamp.
static enum err translate_at_time_zone(struct translator *t, const struct sql_node *node,
                                       bool local, struct buf *out)
{
    if (!local)
        return sql_refuse(t->error, node, "NOT_SUPPORTED", "AT TIME ZONE is not supported here");
    buf_puts(out, "timezone(");
    TRY(translate_expression(t, node->children[1], out));
    buf_puts(out, ", CAST(");
    TRY(translate_expression(t, node->children[0], out));
    buf_puts(out, " AS TIMESTAMPTZ))");
    return OK;
}

static enum err translate_node(struct translator *t, const struct sql_node *node, struct buf *out)
{
    bool negated = node->flags & SQL_NEGATED, local = t->local;
    t->local = false;
    switch (node->kind) {
    case SQL_NAME:
        return translate_name(t, node, out);
    case SQL_FIELD:
        return translate_field(t, node, out);
    case SQL_SUBSCRIPT:
        return translate_subscript(t, node, out);
    case SQL_STRING:
        put_text(out, node->text);
        return OK;
    case SQL_INTEGER:
    case SQL_DECIMAL:
        buf_put(out, node->text);
        return OK;
    case SQL_DOUBLE:
        buf_printf(out, "CAST('%.*s' AS DOUBLE)", STR_ARG(node->text));
        return OK;
    case SQL_BINARY_TEXT:
        return translate_binary_text(t, node, out);
    case SQL_NULL:
        buf_puts(out, "NULL");
        return OK;
    case SQL_BOOLEAN:
        buf_put(out, str_upper(t->arena, node->text));
        return OK;
    case SQL_TYPED_STRING:
        return translate_typed_string(t, node, out);
    case SQL_INTERVAL:
        return translate_interval(t, node, out);
    case SQL_PARAMETER:
        return translate_parameter(t, node, out);
    case SQL_CURRENT:
        return translate_current(t, node, out);
    case SQL_BINARY:
        return translate_binary(t, node, out);
    case SQL_UNARY:
        return translate_one(t, node, node->text.ptr[0] == '-' ? "(-" : "(+", ")", out);
    case SQL_NOT:
        return translate_one(t, node, "(NOT ", ")", out);
    case SQL_IS_NULL:
        return translate_one(t, node, "(", negated ? " IS NOT NULL)" : " IS NULL)", out);
    case SQL_IS_DISTINCT:
        return translate_pair(t, node, negated ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ",
                              out);
    case SQL_BETWEEN:
        return translate_between(t, node, out);
    case SQL_IN_LIST:
    case SQL_IN_QUERY:
        return translate_in(t, node, out);
    case SQL_LIKE:
        return translate_like(t, node, out);
    case SQL_EXISTS:
        return translate_subquery(t, node->children[0], "EXISTS (", out);
    case SQL_SUBQUERY:
        return translate_subquery(t, node->children[0], "(", out);
    case SQL_QUANTIFIED:
        return translate_quantified(t, node, out);
    case SQL_CASE:
        return translate_case(t, node, out);
    case SQL_CAST:
        return translate_cast(t, node, out);
    case SQL_CALL:
        return translate_call(t, node, out);
    case SQL_EXTRACT:
        return translate_extract(t, node, out);
    case SQL_ROW:
        buf_puts(out, "row(");
        TRY(translate_list(t, node, 0, out));
        buf_put_char(out, ')');
        return OK;
    case SQL_ARRAY:
        buf_put_char(out, '[');
        TRY(translate_list(t, node, 0, out));
        buf_put_char(out, ']');
        return OK;
    case SQL_LAMBDA:
        return sql_refuse(t->error, node, "SYNTAX_ERROR", "a lambda is not expected here");
    case SQL_AT_TIME_ZONE:
        return translate_at_time_zone(t, node, local, out);
    default:
        return sql_refuse(t->error, node, "NOT_SUPPORTED", "this expression is not supported");
    }
}

enum err translate_expression(struct translator *t, const struct sql_node *node, struct buf *out)
{
    return translate_node(t, node, out);
}

// --- sorting and windows

enum err translate_sorts(struct translator *t, const struct sql_node *sorts, struct buf *out)
{
    for (size_t i = 0; i < sorts->count; i++) {
        const struct sql_node *sort = sorts->children[i];
        if (i)
            buf_puts(out, ", ");
        TRY(translate_expression(t, sort->children[0], out)); // an integer is a position, in both
        buf_puts(out, sort->flags & SQL_DESCENDING ? " DESC" : " ASC");
        buf_puts(out, sort->flags & SQL_NULLS_FIRST ? " NULLS FIRST" : " NULLS LAST");
    }
    return OK;
}

enum err translate_window_spec(struct translator *t, const struct sql_node *spec, struct buf *out)
{
    if (spec->kind == SQL_NAME) {
        put_name(out, spec->text);
        return OK;
    }
    const struct sql_node *partition = sql_child(spec, 0), *order = sql_child(spec, 1),
                          *frame = sql_child(spec, 2);
    buf_put_char(out, '(');
    if (spec->text.len)
        put_name(out, spec->text);
    if (partition) {
        buf_puts(out, " PARTITION BY ");
        TRY(translate_list(t, partition, 0, out));
    }
    if (order) {
        buf_puts(out, " ORDER BY ");
        TRY(translate_sorts(t, order, out));
    }
    if (frame) {
        size_t bound = 0;
        buf_put_char(out, ' ');
        for (size_t i = 0; i < frame->text.len; i++) {
            if (frame->text.ptr[i] == '%')
                TRY(translate_expression(t, frame->children[bound++], out));
            else
                buf_put_char(out, frame->text.ptr[i]);
        }
    }
    buf_put_char(out, ')');
    return OK;
}
