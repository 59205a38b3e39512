// SPDX-License-Identifier: Apache-2.0
// Expressions, by precedence: OR, AND, NOT, predicates, ||, + -, * / %, sign, AT TIME ZONE, then
// primaries and what follows them.
#include "sql/parser_internal.h"

#include <string.h>

static void add2(struct parser *p, struct sql_node *node, struct sql_node *a, struct sql_node *b)
{
    node->start = a->start;
    node->line = a->line;
    node->column = a->column;
    parser_add(p, node, a);
    parser_add(p, node, b);
}

enum err parse_expressions(struct parser *p, struct sql_node *list)
{
    struct sql_node *item = NULL;
    do {
        TRY(parse_expression(p, &item));
        parser_add(p, list, item);
    } while (parser_take_symbol(p, ","));
    return OK;
}

// --- primaries

static enum err literal(struct parser *p, enum sql_kind kind, struct sql_node **out)
{
    *out = parser_node(p, kind);
    (*out)->text = parser_peek(p, 0)->text;
    (*out)->end = parser_peek(p, 0)->end;
    p->at++;
    return OK;
}

static enum err parse_cast(struct parser *p, bool safe, struct sql_node **out)
{
    struct sql_node *cast = parser_node(p, SQL_CAST), *expression = NULL, *type = NULL;
    p->at++;
    cast->flags = safe ? SQL_SAFE : 0;
    TRY(parser_need_symbol(p, "("));
    TRY(parse_expression(p, &expression));
    TRY(parser_need_word(p, "AS"));
    TRY(parse_type(p, &type));
    TRY(parser_need_symbol(p, ")"));
    parser_add(p, cast, expression);
    parser_add(p, cast, type);
    *out = cast;
    return OK;
}

static enum err parse_case(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_CASE), *operand = NULL, *when = NULL, *then = NULL;
    p->at++;
    if (!parser_is_word(p, 0, "WHEN"))
        TRY(parse_expression(p, &operand));
    parser_add(p, node, operand);
    parser_add(p, node, NULL);
    while (parser_take_word(p, "WHEN")) {
        TRY(parse_expression(p, &when));
        TRY(parser_need_word(p, "THEN"));
        TRY(parse_expression(p, &then));
        parser_add(p, node, when);
        parser_add(p, node, then);
    }
    if (node->count == 2)
        return parser_fail(p, "'WHEN'");
    if (parser_take_word(p, "ELSE"))
        TRY(parse_expression(p, &node->children[1]));
    TRY(parser_need_word(p, "END"));
    node->end = p->tokens[p->at - 1].end;
    *out = node;
    return OK;
}

static bool take_unit(struct parser *p, struct sql_node *interval)
{
    static const char *const UNITS[] = {"SECOND", "MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"};
    for (size_t i = 0; i < sizeof UNITS / sizeof *UNITS; i++) {
        if (!parser_is_word(p, 0, UNITS[i]))
            continue;
        struct sql_node *unit = parser_node(p, SQL_NAME);
        unit->text = str_of(UNITS[i]);
        p->at++;
        parser_add(p, interval, unit);
        return true;
    }
    return false;
}

static enum err parse_interval(struct parser *p, struct sql_node **out)
{
    struct sql_node *interval = parser_node(p, SQL_INTERVAL);
    p->at++;
    if (parser_take_symbol(p, "-"))
        interval->flags = SQL_NEGATED;
    else
        parser_take_symbol(p, "+");
    TRY(parse_string(p, &interval->text));
    if (!take_unit(p, interval))
        return parser_fail(p, "'DAY', 'HOUR', 'MINUTE', 'MONTH', 'SECOND', 'YEAR'");
    if (parser_take_word(p, "TO") && !take_unit(p, interval))
        return parser_fail(p, "'HOUR', 'MINUTE', 'MONTH', 'SECOND'");
    *out = interval;
    return OK;
}

static enum err parse_extract(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_EXTRACT), *field = NULL, *value = NULL;
    p->at++;
    TRY(parser_need_symbol(p, "("));
    TRY(parse_identifier(p, &field));
    TRY(parser_need_word(p, "FROM"));
    TRY(parse_expression(p, &value));
    TRY(parser_need_symbol(p, ")"));
    node->text = str_lower(p->arena, field->text);
    parser_add(p, node, value);
    *out = node;
    return OK;
}

// A call's fixed children come first: order, filter, over.
static struct sql_node *new_call(struct parser *p, const char *name)
{
    struct sql_node *call = parser_node(p, SQL_CALL);
    call->text = str_of(name);
    for (int i = 0; i < 3; i++)
        parser_add(p, call, NULL);
    return call;
}

static enum err parse_trim(struct parser *p, struct sql_node **out)
{
    struct sql_node *call = new_call(p, "trim"), *what = NULL, *from = NULL;
    p->at++;
    TRY(parser_need_symbol(p, "("));
    bool side = true;
    if (parser_take_word(p, "LEADING"))
        call->text = S("ltrim");
    else if (parser_take_word(p, "TRAILING"))
        call->text = S("rtrim");
    else
        side = parser_take_word(p, "BOTH");
    if (side && parser_take_word(p, "FROM")) {
        TRY(parse_expression(p, &from));
    } else {
        TRY(parse_expression(p, &what));
        if (parser_take_word(p, "FROM")) {
            TRY(parse_expression(p, &from));
        } else {
            from = what;
            what = NULL;
            if (parser_take_symbol(p, ","))
                TRY(parse_expression(p, &what));
        }
    }
    parser_add(p, call, from);
    if (what)
        parser_add(p, call, what);
    *out = call;
    return parser_need_symbol(p, ")");
}

// substring(x FROM a FOR b) and position(a IN b); their plain forms are ordinary calls.
static enum err parse_special_arguments(struct parser *p, struct sql_node *call, bool *out_done)
{
    struct sql_node *first = NULL, *argument = NULL;
    size_t start = p->at, parameters = p->parameters;
    *out_done = false;
    bool position = str_is(call->text, "position"), substring = str_is(call->text, "substring");
    if (!position && !substring)
        return OK;
    TRY(position ? parse_value(p, &first) : parse_expression(p, &first));
    if (!parser_take_word(p, position ? "IN" : "FROM")) {
        p->at = start;
        p->parameters = parameters;
        return OK;
    }
    TRY(position ? parse_value(p, &argument) : parse_expression(p, &argument));
    if (position) {
        call->text = S("strpos");
        parser_add(p, call, argument);
        parser_add(p, call, first);
    } else {
        parser_add(p, call, first);
        parser_add(p, call, argument);
        if (parser_take_word(p, "FOR")) {
            TRY(parse_expression(p, &argument));
            parser_add(p, call, argument);
        }
    }
    *out_done = true;
    return parser_need_symbol(p, ")");
}

static enum err parse_arguments(struct parser *p, struct sql_node *call)
{
    bool done = false;
    TRY(parse_special_arguments(p, call, &done));
    if (done)
        return OK;
    if (parser_take_symbol(p, "*")) {
        call->flags |= SQL_COUNT_STAR;
        return parser_need_symbol(p, ")");
    }
    if (parser_take_symbol(p, ")"))
        return OK;
    if (parser_take_word(p, "DISTINCT"))
        call->flags |= SQL_DISTINCT;
    else
        parser_take_word(p, "ALL");
    TRY(parse_expressions(p, call));
    if (parser_take_words(p, "ORDER BY"))
        TRY(parse_sorts(p, &call->children[0]));
    if (parser_take_word(p, "ON")) { // LISTAGG(x, ',' ON OVERFLOW ...)
        const struct sql_token *token = parser_peek(p, 0);
        return error_set_at(p->error, ERR_UNSUPPORTED, token->start,
                            "NOT_SUPPORTED: line %u:%u: ON OVERFLOW is not supported", token->line,
                            token->column);
    }
    return parser_need_symbol(p, ")");
}

static enum err parse_call_tail(struct parser *p, struct sql_node *call)
{
    if (parser_take_words(p, "WITHIN GROUP")) {
        TRY(parser_need_symbol(p, "("));
        if (!parser_take_words(p, "ORDER BY"))
            return parser_fail(p, "'ORDER'");
        TRY(parse_sorts(p, &call->children[0]));
        TRY(parser_need_symbol(p, ")"));
    }
    if (parser_is_word(p, 0, "FILTER") && parser_is_symbol(p, 1, "(")) {
        p->at += 2;
        TRY(parser_need_word(p, "WHERE"));
        TRY(parse_expression(p, &call->children[1]));
        TRY(parser_need_symbol(p, ")"));
    }
    if (parser_take_words(p, "IGNORE NULLS"))
        call->flags |= SQL_IGNORE_NULLS;
    else
        parser_take_words(p, "RESPECT NULLS");
    if (parser_take_word(p, "OVER")) {
        struct sql_node *spec = NULL;
        if (parser_take_symbol(p, "(")) {
            TRY(parse_window_spec(p, &spec));
            TRY(parser_need_symbol(p, ")"));
        } else {
            struct sql_node *name = NULL;
            TRY(parse_identifier(p, &name));
            spec = name;
        }
        call->children[2] = spec;
    }
    call->end = p->tokens[p->at - 1].end;
    return OK;
}

static enum err parse_call(struct parser *p, struct sql_node **out)
{
    struct sql_node *call = new_call(p, "");
    call->text = str_lower(p->arena, parser_peek(p, 0)->text);
    p->at += 2;
    TRY(parse_arguments(p, call));
    TRY(parse_call_tail(p, call));
    *out = call;
    return OK;
}

// (a, b) -> ... ; the cursor is at the parenthesis
static bool is_lambda(const struct parser *p)
{
    size_t ahead = 1;
    while (parser_peek(p, ahead)->kind == TOKEN_NAME ||
           parser_peek(p, ahead)->kind == TOKEN_QUOTED_NAME || parser_is_symbol(p, ahead, ","))
        ahead++;
    return parser_is_symbol(p, ahead, ")") && parser_is_symbol(p, ahead + 1, "->");
}

static enum err parse_lambda(struct parser *p, struct sql_node **out)
{
    struct sql_node *lambda = parser_node(p, SQL_LAMBDA), *parameters = parser_node(p, SQL_LIST),
                    *name = NULL, *body = NULL;
    if (parser_take_symbol(p, "(")) {
        while (!parser_take_symbol(p, ")")) {
            TRY(parse_identifier(p, &name));
            parser_add(p, parameters, name);
            parser_take_symbol(p, ",");
        }
    } else {
        TRY(parse_identifier(p, &name));
        parser_add(p, parameters, name);
    }
    TRY(parser_need_symbol(p, "->"));
    TRY(parse_expression(p, &body));
    parser_add(p, lambda, parameters);
    parser_add(p, lambda, body);
    *out = lambda;
    return OK;
}

static bool starts_query(const struct parser *p, size_t ahead)
{
    while (parser_is_symbol(p, ahead, "("))
        ahead++;
    return parser_is_word(p, ahead, "SELECT") || parser_is_word(p, ahead, "WITH") ||
           parser_is_word(p, ahead, "VALUES") ||
           (parser_is_word(p, ahead, "TABLE") && parser_peek(p, ahead + 1)->kind == TOKEN_NAME);
}

// A query if it parses as one up to the closing parenthesis, else an expression or a row.
static enum err parse_parenthesized(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_ROW), *inner = NULL;
    if (is_lambda(p))
        return parse_lambda(p, out);
    p->at++;
    if (starts_query(p, 0)) {
        size_t start = p->at, parameters = p->parameters;
        struct error *error = p->error, first = {0};
        p->error = &first;
        enum err err = parse_query(p, &inner);
        p->error = error;
        if (err == OK && parser_take_symbol(p, ")")) {
            node->kind = SQL_SUBQUERY;
            parser_add(p, node, inner);
            *out = node;
            return OK;
        }
        if (p->tokens[start].kind == TOKEN_NAME) { // it began with SELECT: it is a query
            if (err != OK && error)
                *error = first;
            return err != OK ? err : parser_need_symbol(p, ")");
        }
        p->at = start;
        p->parameters = parameters;
    }
    TRY(parse_expressions(p, node));
    TRY(parser_need_symbol(p, ")"));
    *out = node->count == 1 ? node->children[0] : node;
    return OK;
}

static enum err parse_list_of(struct parser *p, enum sql_kind kind, const char *open,
                              const char *close, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, kind);
    p->at++;
    TRY(parser_need_symbol(p, open));
    if (!parser_is_symbol(p, 0, close))
        TRY(parse_expressions(p, node));
    TRY(parser_need_symbol(p, close));
    node->end = p->tokens[p->at - 1].end;
    *out = node;
    return OK;
}

// DATE '2020-01-01', TIMESTAMP '...', decimal '1.0', ...
static enum err parse_typed_string(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_TYPED_STRING), *type = parser_node(p, SQL_TYPE);
    type->text = str_lower(p->arena, parser_peek(p, 0)->text);
    p->at++;
    node->text = parser_peek(p, 0)->text;
    p->at++;
    parser_add(p, node, type);
    *out = node;
    return OK;
}

static bool is_typed_string(const struct parser *p)
{
    static const char *const TYPES[] = {
        "DATE",    "TIMESTAMP", "TIME",    "DECIMAL", "JSON",    "BIGINT", "DOUBLE", "REAL",
        "INTEGER", "SMALLINT",  "TINYINT", "BOOLEAN", "VARCHAR", "CHAR",   "UUID",   "IPADDRESS"};
    if (parser_peek(p, 1)->kind != TOKEN_STRING)
        return false;
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (parser_is_word(p, 0, TYPES[i]))
            return true;
    return false;
}

static enum err parse_exists(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_EXISTS), *query = NULL;
    p->at++;
    TRY(parser_need_symbol(p, "("));
    TRY(parse_query(p, &query));
    TRY(parser_need_symbol(p, ")"));
    parser_add(p, node, query);
    *out = node;
    return OK;
}

static bool is_current(const struct parser *p)
{
    static const char *const WORDS[] = {"CURRENT_DATE",    "CURRENT_TIMESTAMP", "CURRENT_TIME",
                                        "LOCALTIMESTAMP",  "LOCALTIME",         "CURRENT_USER",
                                        "CURRENT_CATALOG", "CURRENT_SCHEMA"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (parser_is_word(p, 0, WORDS[i]))
            return true;
    return false;
}

static enum err parse_current(struct parser *p, struct sql_node **out)
{
    TRY(literal(p, SQL_CURRENT, out));
    (*out)->text = str_upper(p->arena, (*out)->text);
    if (parser_is_symbol(p, 0, "(") && parser_peek(p, 1)->kind == TOKEN_INTEGER &&
        parser_is_symbol(p, 2, ")"))
        p->at += 3;
    return OK;
}

static enum err parse_word(struct parser *p, struct sql_node **out)
{
    if (parser_is_word(p, 0, "NULL"))
        return literal(p, SQL_NULL, out);
    if (parser_is_word(p, 0, "TRUE") || parser_is_word(p, 0, "FALSE"))
        return literal(p, SQL_BOOLEAN, out);
    if (parser_is_word(p, 0, "CASE"))
        return parse_case(p, out);
    if (parser_is_word(p, 0, "CAST"))
        return parse_cast(p, false, out);
    if (parser_is_word(p, 0, "TRY_CAST"))
        return parse_cast(p, true, out);
    if (parser_is_word(p, 0, "EXISTS"))
        return parse_exists(p, out);
    if (parser_is_word(p, 0, "EXTRACT"))
        return parse_extract(p, out);
    if (parser_is_word(p, 0, "TRIM"))
        return parse_trim(p, out);
    if (parser_is_word(p, 0, "INTERVAL") &&
        (parser_peek(p, 1)->kind == TOKEN_STRING || parser_is_symbol(p, 1, "-") ||
         parser_is_symbol(p, 1, "+")))
        return parse_interval(p, out);
    if (parser_is_word(p, 0, "ARRAY") && parser_is_symbol(p, 1, "["))
        return parse_list_of(p, SQL_ARRAY, "[", "]", out);
    if (parser_is_word(p, 0, "ROW") && parser_is_symbol(p, 1, "("))
        return parse_list_of(p, SQL_ROW, "(", ")", out);
    if (is_typed_string(p))
        return parse_typed_string(p, out);
    if (is_current(p))
        return parse_current(p, out);
    if (parser_is_symbol(p, 1, "->"))
        return parse_lambda(p, out);
    if (parser_is_symbol(p, 1, "("))
        return parse_call(p, out);
    if (parser_is_symbol(p, 1, ".") && parser_is_symbol(p, 3, "(") &&
        parser_peek(p, 2)->kind == TOKEN_NAME)
        return parser_fail(p, "a function without a qualifier");
    return parse_identifier(p, out) == OK ? OK : parser_fail(p, "<expression>");
}

static enum err parse_primary(struct parser *p, struct sql_node **out)
{
    switch (parser_peek(p, 0)->kind) {
    case TOKEN_STRING:
        return literal(p, SQL_STRING, out);
    case TOKEN_BINARY:
        return literal(p, SQL_BINARY_TEXT, out);
    case TOKEN_INTEGER:
        return literal(p, SQL_INTEGER, out);
    case TOKEN_DECIMAL:
        return literal(p, SQL_DECIMAL, out);
    case TOKEN_DOUBLE:
        return literal(p, SQL_DOUBLE, out);
    case TOKEN_QUOTED_NAME:
        return parser_is_symbol(p, 1, "->") ? parse_lambda(p, out) : parse_identifier(p, out);
    case TOKEN_NAME:
        return parse_word(p, out);
    default:
        break;
    }
    if (parser_is_symbol(p, 0, "("))
        return parse_parenthesized(p, out);
    if (parser_is_symbol(p, 0, "?")) {
        TRY(literal(p, SQL_PARAMETER, out));
        (*out)->text = str_format(p->arena, "%zu", p->parameters++);
        return OK;
    }
    return parser_fail(p, "<expression>");
}

static enum err parse_postfix(struct parser *p, struct sql_node **out)
{
    struct sql_node *base = NULL;
    TRY(parse_primary(p, &base));
    for (;;) {
        struct sql_node *node = parser_node(p, SQL_FIELD), *part = NULL;
        node->line = base->line;
        node->column = base->column;
        node->start = base->start;
        if (parser_is_symbol(p, 0, ".") && !parser_is_symbol(p, 1, "*")) {
            p->at++;
            const struct sql_token *token = parser_peek(p, 0);
            if (token->kind == TOKEN_NAME) { // after a point no word is reserved
                node->text = token->text;
                p->at++;
            } else {
                TRY(parse_identifier(p, &part));
                node->text = part->text;
                node->flags = part->flags;
            }
            parser_add(p, node, base);
        } else if (parser_take_symbol(p, "[")) {
            node->kind = SQL_SUBSCRIPT;
            TRY(parse_value(p, &part));
            TRY(parser_need_symbol(p, "]"));
            parser_add(p, node, base);
            parser_add(p, node, part);
        } else {
            break;
        }
        base = node;
    }
    *out = base;
    return OK;
}

// --- values: AT TIME ZONE, sign, * / %, + -, ||

static enum err parse_sign(struct parser *p, struct sql_node **out)
{
    TRY(parser_enter(p));
    struct sql_node *node = parser_node(p, SQL_UNARY), *operand = NULL;
    if (parser_is_symbol(p, 0, "-") || parser_is_symbol(p, 0, "+")) {
        node->text = parser_peek(p, 0)->text;
        p->at++;
        TRY(parse_sign(p, &operand));
        parser_add(p, node, operand);
        *out = node;
    } else {
        TRY(parse_postfix(p, out));
        while (parser_take_words(p, "AT TIME ZONE")) {
            struct sql_node *at = parser_node(p, SQL_AT_TIME_ZONE), *zone = NULL;
            TRY(parse_postfix(p, &zone));
            add2(p, at, *out, zone);
            *out = at;
        }
    }
    p->depth--;
    return OK;
}

static enum err parse_binary(struct parser *p, int level, struct sql_node **out)
{
    static const char *const OPERATORS[3][4] = {
        {"||", NULL}, {"+", "-", NULL}, {"*", "/", "%", NULL}};
    if (level == 3)
        return parse_sign(p, out);
    TRY(parse_binary(p, level + 1, out));
    for (;;) {
        const char *found = NULL;
        for (const char *const *o = OPERATORS[level]; *o && !found; o++)
            if (parser_is_symbol(p, 0, *o))
                found = *o;
        if (!found)
            return OK;
        struct sql_node *node = parser_node(p, SQL_BINARY), *right = NULL;
        node->text = str_of(found);
        p->at++;
        TRY(parse_binary(p, level + 1, &right));
        add2(p, node, *out, right);
        *out = node;
    }
}

enum err parse_value(struct parser *p, struct sql_node **out)
{
    return parse_binary(p, 0, out);
}

// --- predicates

static enum err parse_in(struct parser *p, struct sql_node *value, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_IN_LIST), *query = NULL;
    node->start = value->start;
    TRY(parser_need_symbol(p, "("));
    parser_add(p, node, value);
    if (parser_is_word(p, 0, "SELECT") || parser_is_word(p, 0, "WITH") ||
        parser_is_word(p, 0, "VALUES")) {
        node->kind = SQL_IN_QUERY;
        TRY(parse_query(p, &query));
        parser_add(p, node, query);
    } else {
        TRY(parse_expressions(p, node));
    }
    *out = node;
    return parser_need_symbol(p, ")");
}

static enum err parse_is(struct parser *p, struct sql_node *value, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_IS_NULL), *right = NULL;
    if (parser_take_word(p, "NOT"))
        node->flags = SQL_NEGATED;
    if (parser_take_words(p, "DISTINCT FROM")) {
        node->kind = SQL_IS_DISTINCT;
        TRY(parse_value(p, &right));
        add2(p, node, value, right);
    } else {
        TRY(parser_need_word(p, "NULL"));
        parser_add(p, node, value);
        node->start = value->start;
    }
    *out = node;
    return OK;
}

static enum err parse_like(struct parser *p, struct sql_node *value, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_LIKE), *pattern = NULL, *escape = NULL;
    TRY(parse_value(p, &pattern));
    if (parser_take_word(p, "ESCAPE"))
        TRY(parse_value(p, &escape));
    add2(p, node, value, pattern);
    parser_add(p, node, escape);
    *out = node;
    return OK;
}

static enum err parse_between(struct parser *p, struct sql_node *value, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_BETWEEN), *low = NULL, *high = NULL;
    TRY(parse_value(p, &low));
    TRY(parser_need_word(p, "AND"));
    TRY(parse_value(p, &high));
    add2(p, node, value, low);
    parser_add(p, node, high);
    *out = node;
    return OK;
}

static enum err parse_comparison(struct parser *p, struct sql_node *value, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_BINARY), *right = NULL;
    node->text = parser_peek(p, 0)->text;
    p->at++;
    bool all = parser_is_word(p, 0, "ALL");
    if ((all || parser_is_word(p, 0, "ANY") || parser_is_word(p, 0, "SOME")) &&
        parser_is_symbol(p, 1, "(")) {
        node->kind = SQL_QUANTIFIED;
        node->flags = all ? SQL_IS_ALL : 0;
        p->at += 2;
        TRY(parse_query(p, &right));
        TRY(parser_need_symbol(p, ")"));
    } else {
        TRY(parse_value(p, &right));
    }
    add2(p, node, value, right);
    *out = node;
    return OK;
}

static bool is_comparison(const struct parser *p)
{
    static const char *const OPERATORS[] = {"=", "<>", "!=", "<", "<=", ">", ">="};
    for (size_t i = 0; i < sizeof OPERATORS / sizeof *OPERATORS; i++)
        if (parser_is_symbol(p, 0, OPERATORS[i]))
            return true;
    return false;
}

static enum err parse_predicate(struct parser *p, struct sql_node **out)
{
    TRY(parse_value(p, out));
    for (;;) {
        if (is_comparison(p)) {
            TRY(parse_comparison(p, *out, out));
            continue;
        }
        if (parser_take_word(p, "IS")) {
            TRY(parse_is(p, *out, out));
            continue;
        }
        bool negated = parser_is_word(p, 0, "NOT") &&
                       (parser_is_word(p, 1, "IN") || parser_is_word(p, 1, "LIKE") ||
                        parser_is_word(p, 1, "BETWEEN"));
        p->at += negated;
        if (parser_take_word(p, "IN"))
            TRY(parse_in(p, *out, out));
        else if (parser_take_word(p, "LIKE"))
            TRY(parse_like(p, *out, out));
        else if (parser_take_word(p, "BETWEEN"))
            TRY(parse_between(p, *out, out));
        else
            return OK;
        if (negated)
            (*out)->flags |= SQL_NEGATED;
    }
}

static enum err parse_not(struct parser *p, struct sql_node **out)
{
    if (!parser_is_word(p, 0, "NOT"))
        return parse_predicate(p, out);
    struct sql_node *node = parser_node(p, SQL_NOT), *operand = NULL;
    p->at++;
    TRY(parser_enter(p));
    TRY(parse_not(p, &operand));
    p->depth--;
    parser_add(p, node, operand);
    *out = node;
    return OK;
}

static enum err parse_logical(struct parser *p, bool is_or, struct sql_node **out)
{
    TRY(is_or ? parse_logical(p, false, out) : parse_not(p, out));
    for (;;) {
        struct sql_node *node = parser_node(p, SQL_BINARY), *right = NULL;
        if (!parser_take_word(p, is_or ? "OR" : "AND"))
            return OK;
        node->text = is_or ? S("OR") : S("AND");
        TRY(is_or ? parse_logical(p, false, &right) : parse_not(p, &right));
        add2(p, node, *out, right);
        *out = node;
    }
}

enum err parse_expression(struct parser *p, struct sql_node **out)
{
    TRY(parser_enter(p));
    TRY(parse_logical(p, true, out));
    p->depth--;
    return OK;
}
