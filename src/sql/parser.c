// SPDX-License-Identifier: Apache-2.0
// The cursor, and queries: WITH, SELECT, set operations, relations. Expressions:
// parse_expression.c; DDL: parse_ddl.c.
#include "sql/parser_internal.h"

#include <string.h>

// Words that cannot be an identifier without quotes (Trino's reserved words).
static const char *const RESERVED[] = {
    "ALTER",        "AND",
    "AS",           "BETWEEN",
    "BY",           "CASE",
    "CAST",         "CONSTRAINT",
    "CREATE",       "CROSS",
    "CUBE",         "CURRENT_CATALOG",
    "CURRENT_DATE", "CURRENT_PATH",
    "CURRENT_ROLE", "CURRENT_SCHEMA",
    "CURRENT_TIME", "CURRENT_TIMESTAMP",
    "CURRENT_USER", "DEALLOCATE",
    "DELETE",       "DESCRIBE",
    "DISTINCT",     "DROP",
    "ELSE",         "END",
    "ESCAPE",       "EXCEPT",
    "EXECUTE",      "EXISTS",
    "EXTRACT",      "FALSE",
    "FOR",          "FROM",
    "FULL",         "GROUP",
    "GROUPING",     "HAVING",
    "IN",           "INNER",
    "INSERT",       "INTERSECT",
    "INTO",         "IS",
    "JOIN",         "LEFT",
    "LIKE",         "LISTAGG",
    "LOCALTIME",    "LOCALTIMESTAMP",
    "NATURAL",      "NORMALIZE",
    "NOT",          "NULL",
    "ON",           "OR",
    "ORDER",        "OUTER",
    "PREPARE",      "RECURSIVE",
    "RIGHT",        "ROLLUP",
    "SELECT",       "SKIP",
    "TABLE",        "THEN",
    "TRIM",         "TRUE",
    "UESCAPE",      "UNION",
    "UNNEST",       "USING",
    "VALUES",       "WHEN",
    "WHERE",        "WITH",
};

static bool is_reserved(struct str word)
{
    for (size_t i = 0; i < sizeof RESERVED / sizeof *RESERVED; i++)
        if (str_eq_nocase(word, str_of(RESERVED[i])))
            return true;
    return false;
}

// --- the cursor

const struct sql_token *parser_peek(const struct parser *p, size_t ahead)
{
    const struct sql_token *token = &p->tokens[p->at];
    while (ahead-- && token->kind != TOKEN_END)
        token++;
    return token;
}

bool parser_is_word(const struct parser *p, size_t ahead, const char *word)
{
    const struct sql_token *token = parser_peek(p, ahead);
    return token->kind == TOKEN_NAME && str_eq_nocase(token->text, str_of(word));
}

bool parser_is_symbol(const struct parser *p, size_t ahead, const char *symbol)
{
    const struct sql_token *token = parser_peek(p, ahead);
    return token->kind == TOKEN_SYMBOL && str_is(token->text, symbol);
}

bool parser_take_word(struct parser *p, const char *word)
{
    bool found = parser_is_word(p, 0, word);
    p->at += found;
    return found;
}

bool parser_take_words(struct parser *p, const char *words)
{
    size_t ahead = 0;
    for (struct str word, rest = str_of(words); str_cut(&rest, ' ', &word); ahead++) {
        const struct sql_token *token = parser_peek(p, ahead);
        if (token->kind != TOKEN_NAME || !str_eq_nocase(token->text, word))
            return false;
    }
    p->at += ahead;
    return true;
}

bool parser_take_symbol(struct parser *p, const char *symbol)
{
    bool found = parser_is_symbol(p, 0, symbol);
    p->at += found;
    return found;
}

enum err parser_fail(struct parser *p, const char *expecting)
{
    const struct sql_token *token = parser_peek(p, 0);
    struct str text =
        token->kind == TOKEN_END ? S("<EOF>") : str_slice(p->text, token->start, token->end);
    return error_set_at(p->error, ERR_SYNTAX, token->start,
                        "SYNTAX_ERROR: line %u:%u: mismatched input '%.*s'. Expecting: %s",
                        token->line, token->column, STR_ARG(text), expecting);
}

enum err parser_need_word(struct parser *p, const char *word)
{
    if (parser_take_word(p, word))
        return OK;
    char expecting[64] = "'";
    strncat(expecting, word, 60);
    return parser_fail(p, strcat(expecting, "'"));
}

enum err parser_need_symbol(struct parser *p, const char *symbol)
{
    if (parser_take_symbol(p, symbol))
        return OK;
    char expecting[8] = "'";
    strncat(expecting, symbol, 4);
    return parser_fail(p, strcat(expecting, "'"));
}

enum err parser_enter(struct parser *p)
{
    if (++p->depth <= SQL_DEPTH_MAX)
        return OK;
    const struct sql_token *token = parser_peek(p, 0);
    return error_set_at(p->error, ERR_SYNTAX, token->start,
                        "SYNTAX_ERROR: line %u:%u: the statement is nested more than %d deep",
                        token->line, token->column, SQL_DEPTH_MAX);
}

struct sql_node *parser_node(struct parser *p, enum sql_kind kind)
{
    const struct sql_token *token = parser_peek(p, 0);
    struct sql_node *node = ARENA_NEW(p->arena, struct sql_node);
    node->kind = kind;
    node->line = token->line;
    node->column = token->column;
    node->start = token->start;
    return node;
}

void parser_add(struct parser *p, struct sql_node *node, struct sql_node *child)
{
    *ARENA_PUSH(p->arena, node->children, node->count, node->capacity) = child;
    node->end = p->at ? p->tokens[p->at - 1].end : 0;
}

// --- names

enum err parse_identifier(struct parser *p, struct sql_node **out)
{
    const struct sql_token *token = parser_peek(p, 0);
    if (token->kind != TOKEN_QUOTED_NAME && (token->kind != TOKEN_NAME || is_reserved(token->text)))
        return parser_fail(p, "<identifier>");
    struct sql_node *node = parser_node(p, SQL_NAME);
    node->text = token->text;
    node->flags = token->kind == TOKEN_QUOTED_NAME ? SQL_QUOTED : 0;
    p->at++;
    node->end = token->end;
    *out = node;
    return OK;
}

enum err parse_table_name(struct parser *p, struct sql_node **out)
{
    struct sql_node *table = parser_node(p, SQL_TABLE), *part = NULL;
    do {
        TRY(parse_identifier(p, &part));
        parser_add(p, table, part);
    } while (table->count < 3 && parser_take_symbol(p, "."));
    *out = table;
    return OK;
}

enum err parse_string(struct parser *p, struct str *out)
{
    const struct sql_token *token = parser_peek(p, 0);
    if (token->kind != TOKEN_STRING && token->kind != TOKEN_QUOTED_NAME)
        return parser_fail(p, "<string>");
    *out = token->text;
    p->at++;
    return OK;
}

// --- relations

static enum err parse_relation(struct parser *p, struct sql_node **out);

static enum err parse_column_aliases(struct parser *p, struct sql_node **out)
{
    *out = NULL;
    if (!parser_is_symbol(p, 0, "("))
        return OK;
    struct sql_node *list = parser_node(p, SQL_LIST), *name = NULL;
    p->at++;
    do {
        TRY(parse_identifier(p, &name));
        parser_add(p, list, name);
    } while (parser_take_symbol(p, ","));
    *out = list;
    return parser_need_symbol(p, ")");
}

static bool starts_query(const struct parser *p, size_t ahead)
{
    while (parser_is_symbol(p, ahead, "("))
        ahead++;
    return parser_is_word(p, ahead, "SELECT") || parser_is_word(p, ahead, "WITH") ||
           parser_is_word(p, ahead, "VALUES") || parser_is_word(p, ahead, "TABLE");
}

// "(": a query, or relations that are only grouped. ((SELECT 1) UNION ...) is a query, ((SELECT 1)
// a JOIN b) is not; the query is tried first and the cursor set back.
static enum err parse_parenthesized_relation(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_SUBQUERY), *inner = NULL;
    p->at++;
    if (starts_query(p, 0)) {
        size_t start = p->at, parameters = p->parameters;
        struct error *error = p->error, first = {0};
        p->error = &first;
        enum err err = parse_query(p, &inner);
        p->error = error;
        if (err == OK && parser_take_symbol(p, ")")) {
            parser_add(p, node, inner);
            *out = node;
            return OK;
        }
        if (!parser_is_symbol(&(struct parser){.tokens = p->tokens, .at = start}, 0, "(")) {
            if (err != OK && error)
                *error = first;
            return err != OK ? err : parser_need_symbol(p, ")");
        }
        p->at = start;
        p->parameters = parameters;
    }
    TRY(parse_relation(p, &inner));
    *out = inner;
    return parser_need_symbol(p, ")");
}

static enum err parse_unnest(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_UNNEST);
    p->at++;
    TRY(parser_need_symbol(p, "("));
    TRY(parse_expressions(p, node));
    TRY(parser_need_symbol(p, ")"));
    if (parser_take_words(p, "WITH ORDINALITY"))
        node->flags |= SQL_ORDINALITY;
    *out = node;
    return OK;
}

static enum err refuse(struct parser *p, const char *what)
{
    const struct sql_token *token = parser_peek(p, 0);
    return error_set_at(p->error, ERR_UNSUPPORTED, token->start,
                        "NOT_SUPPORTED: line %u:%u: %s is not supported", token->line,
                        token->column, what);
}

static enum err parse_primary_relation(struct parser *p, struct sql_node **out)
{
    if (parser_is_symbol(p, 0, "("))
        return parse_parenthesized_relation(p, out);
    if (parser_is_word(p, 0, "UNNEST"))
        return parse_unnest(p, out);
    if (parser_is_word(p, 0, "LATERAL") && parser_is_symbol(p, 1, "(")) {
        p->at++;
        TRY(parse_parenthesized_relation(p, out));
        if ((*out)->kind != SQL_SUBQUERY)
            return refuse(p, "LATERAL of something that is no query");
        (*out)->flags |= SQL_LATERAL;
        return OK;
    }
    if (parser_is_word(p, 0, "TABLE") && parser_is_symbol(p, 1, "("))
        return refuse(p, "a table function");
    return parse_table_name(p, out);
}

// Words after a relation that are not its alias.
static bool follows_relation(const struct parser *p)
{
    static const char *const WORDS[] = {"LIMIT",  "OFFSET",      "FETCH",
                                        "WINDOW", "TABLESAMPLE", "MATCH_RECOGNIZE"};
    const struct sql_token *token = parser_peek(p, 0);
    if (token->kind == TOKEN_QUOTED_NAME)
        return false;
    if (token->kind != TOKEN_NAME || is_reserved(token->text))
        return true;
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++)
        if (parser_is_word(p, 0, WORDS[i]))
            return true;
    return false;
}

static enum err parse_aliased_relation(struct parser *p, struct sql_node **out)
{
    struct sql_node *relation = NULL, *aliased = parser_node(p, SQL_ALIASED), *name = NULL,
                    *columns = NULL;
    TRY(parse_primary_relation(p, &relation));
    if (parser_is_word(p, 0, "TABLESAMPLE"))
        return refuse(p, "TABLESAMPLE");
    if (parser_is_word(p, 0, "MATCH_RECOGNIZE"))
        return refuse(p, "MATCH_RECOGNIZE");
    if (parser_is_word(p, 0, "FOR"))
        return refuse(p, "FOR VERSION or TIMESTAMP AS OF");
    bool as = parser_take_word(p, "AS");
    if (!as && follows_relation(p)) {
        *out = relation;
        return OK;
    }
    TRY(parse_identifier(p, &name));
    TRY(parse_column_aliases(p, &columns));
    aliased->text = name->text;
    parser_add(p, aliased, relation);
    parser_add(p, aliased, columns);
    *out = aliased;
    return OK;
}

static enum err parse_join_condition(struct parser *p, struct sql_node *join)
{
    struct sql_node *on = NULL, *using = NULL;
    if (parser_take_word(p, "ON"))
        TRY(parse_expression(p, &on));
    else if (parser_take_word(p, "USING"))
        TRY(parse_column_aliases(p, &using));
    else
        return parser_fail(p, "'ON', 'USING'");
    parser_add(p, join, on);
    parser_add(p, join, using);
    return OK;
}

static const char *take_join(struct parser *p, bool *natural)
{
    size_t start = p->at;
    *natural = parser_take_word(p, "NATURAL");
    const char *type = "INNER";
    if (!*natural && parser_take_words(p, "CROSS JOIN"))
        return "CROSS";
    static const char *const OUTER[] = {"LEFT", "RIGHT", "FULL"};
    for (size_t i = 0; i < 3; i++)
        if (parser_take_word(p, OUTER[i])) {
            parser_take_word(p, "OUTER");
            type = OUTER[i];
        }
    if (!strcmp(type, "INNER"))
        parser_take_word(p, "INNER");
    if (parser_take_word(p, "JOIN"))
        return type;
    p->at = start;
    return NULL;
}

static enum err parse_relation(struct parser *p, struct sql_node **out)
{
    TRY(parser_enter(p));
    struct sql_node *left = NULL;
    TRY(parse_aliased_relation(p, &left));
    for (;;) {
        struct sql_node *join = parser_node(p, SQL_JOIN), *right = NULL;
        bool natural = false;
        const char *type = take_join(p, &natural);
        if (!type)
            break;
        join->text = str_of(type);
        join->flags = natural ? SQL_NATURAL : 0;
        if (join->text.ptr[0] == 'C' || natural)
            TRY(parse_aliased_relation(p, &right));
        else
            TRY(parse_relation(p, &right)); // ends before ON: a JOIN b JOIN c ON x ON y
        parser_add(p, join, left);
        parser_add(p, join, right);
        if (join->text.ptr[0] != 'C' && !natural)
            TRY(parse_join_condition(p, join));
        left = join;
    }
    p->depth--;
    *out = left;
    return OK;
}

// --- SELECT

static enum err parse_item(struct parser *p, struct sql_node **out)
{
    struct sql_node *item = parser_node(p, SQL_ITEM), *expression = NULL, *name = NULL;
    if (parser_is_symbol(p, 0, "*")) {
        item->kind = SQL_STAR;
        p->at++;
        parser_add(p, item, NULL);
        *out = item;
        return OK;
    }
    TRY(parse_expression(p, &expression));
    if (parser_is_symbol(p, 0, ".") && parser_is_symbol(p, 1, "*")) {
        item->kind = SQL_STAR;
        p->at += 2;
        parser_add(p, item, expression);
        *out = item;
        return parser_is_word(p, 0, "AS") ? refuse(p, "aliases for the columns of a row") : OK;
    }
    bool as = parser_take_word(p, "AS");
    parser_add(p, item, expression);
    if (as || !follows_relation(p)) {
        TRY(parse_identifier(p, &name));
        item->text = name->text;
    }
    *out = item;
    return OK;
}

static enum err parse_from(struct parser *p, struct sql_node **out)
{
    struct sql_node *left = NULL;
    TRY(parse_relation(p, &left));
    while (parser_is_symbol(p, 0, ",")) {
        struct sql_node *join = parser_node(p, SQL_JOIN), *right = NULL;
        p->at++;
        TRY(parse_relation(p, &right));
        join->text = S("CROSS");
        parser_add(p, join, left);
        parser_add(p, join, right);
        left = join;
    }
    *out = left;
    return OK;
}

static enum err parse_grouping(struct parser *p, struct sql_node **out)
{
    static const struct {
        const char *words;
        enum sql_kind kind;
    } KINDS[] = {{"GROUPING SETS", SQL_GROUPING_SETS}, {"ROLLUP", SQL_ROLLUP}, {"CUBE", SQL_CUBE}};
    struct sql_node *node = parser_node(p, SQL_LIST);
    for (size_t i = 0; i < 3; i++) {
        if (!parser_take_words(p, KINDS[i].words))
            continue;
        node->kind = KINDS[i].kind;
        TRY(parser_need_symbol(p, "("));
        do {
            struct sql_node *set = NULL;
            if (parser_is_symbol(p, 0, "(")) {
                set = parser_node(p, SQL_LIST);
                p->at++;
                if (!parser_is_symbol(p, 0, ")"))
                    TRY(parse_expressions(p, set));
                TRY(parser_need_symbol(p, ")"));
            } else {
                TRY(parse_expression(p, &set));
            }
            parser_add(p, node, set);
        } while (parser_take_symbol(p, ","));
        *out = node;
        return parser_need_symbol(p, ")");
    }
    if (parser_is_symbol(p, 0, "(") && parser_is_symbol(p, 1, ")")) {
        p->at += 2;
        *out = node;
        return OK;
    }
    return parse_expression(p, out);
}

static enum err parse_group_by(struct parser *p, struct sql_node **out)
{
    struct sql_node *list = parser_node(p, SQL_LIST), *element = NULL;
    if (parser_take_word(p, "DISTINCT"))
        return refuse(p, "GROUP BY DISTINCT");
    if (parser_is_word(p, 0, "ALL"))
        p->at++;
    do {
        TRY(parse_grouping(p, &element));
        parser_add(p, list, element);
    } while (parser_take_symbol(p, ","));
    *out = list;
    return OK;
}

static enum err parse_windows(struct parser *p, struct sql_node **out)
{
    struct sql_node *list = parser_node(p, SQL_LIST);
    do {
        struct sql_node *window = parser_node(p, SQL_WINDOW), *name = NULL, *spec = NULL;
        TRY(parse_identifier(p, &name));
        TRY(parser_need_word(p, "AS"));
        TRY(parser_need_symbol(p, "("));
        TRY(parse_window_spec(p, &spec));
        TRY(parser_need_symbol(p, ")"));
        window->text = name->text;
        parser_add(p, window, spec);
        parser_add(p, list, window);
    } while (parser_take_symbol(p, ","));
    *out = list;
    return OK;
}

static enum err parse_select(struct parser *p, struct sql_node **out)
{
    struct sql_node *select = parser_node(p, SQL_SELECT), *items = NULL, *item = NULL;
    struct sql_node *from = NULL, *where = NULL, *group = NULL, *having = NULL, *windows = NULL;
    TRY(parser_need_word(p, "SELECT"));
    if (parser_take_word(p, "DISTINCT"))
        select->flags |= SQL_DISTINCT;
    else
        parser_take_word(p, "ALL");
    items = parser_node(p, SQL_LIST);
    do {
        TRY(parse_item(p, &item));
        parser_add(p, items, item);
    } while (parser_take_symbol(p, ","));
    if (parser_take_word(p, "FROM"))
        TRY(parse_from(p, &from));
    if (parser_take_word(p, "WHERE"))
        TRY(parse_expression(p, &where));
    if (parser_take_words(p, "GROUP BY"))
        TRY(parse_group_by(p, &group));
    if (parser_take_word(p, "HAVING"))
        TRY(parse_expression(p, &having));
    if (parser_take_word(p, "WINDOW"))
        TRY(parse_windows(p, &windows));
    struct sql_node *const parts[] = {items, from, where, group, having, windows};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parser_add(p, select, parts[i]);
    *out = select;
    return OK;
}

static enum err parse_primary_query(struct parser *p, struct sql_node **out)
{
    if (parser_take_symbol(p, "(")) {
        TRY(parse_query(p, out));
        return parser_need_symbol(p, ")");
    }
    struct sql_node *node = parser_node(p, SQL_VALUES);
    if (parser_take_word(p, "VALUES")) {
        *out = node;
        return parse_expressions(p, node);
    }
    if (parser_take_word(p, "TABLE"))
        return parse_table_name(p, out);
    if (!parser_is_word(p, 0, "SELECT"))
        return parser_fail(p, "'(', 'SELECT', 'TABLE', 'VALUES'");
    return parse_select(p, out);
}

static enum err parse_set_operation(struct parser *p, bool intersect, struct sql_node **out)
{
    struct sql_node *left = NULL;
    TRY(intersect ? parse_primary_query(p, &left) : parse_set_operation(p, true, &left));
    for (;;) {
        struct sql_node *node = parser_node(p, SQL_SET_OPERATION), *right = NULL;
        if (intersect ? parser_take_word(p, "INTERSECT") : parser_take_word(p, "UNION"))
            node->text = intersect ? S("INTERSECT") : S("UNION");
        else if (!intersect && parser_take_word(p, "EXCEPT"))
            node->text = S("EXCEPT");
        else
            break;
        if (parser_take_word(p, "ALL"))
            node->flags |= SQL_ALL;
        else
            parser_take_word(p, "DISTINCT");
        TRY(intersect ? parse_primary_query(p, &right) : parse_set_operation(p, true, &right));
        parser_add(p, node, left);
        parser_add(p, node, right);
        left = node;
    }
    *out = left;
    return OK;
}

// --- queries

static enum err parse_with(struct parser *p, struct sql_node **out)
{
    struct sql_node *with = parser_node(p, SQL_WITH);
    p->at++;
    if (parser_take_word(p, "RECURSIVE"))
        with->flags |= SQL_RECURSIVE;
    do {
        struct sql_node *cte = parser_node(p, SQL_CTE), *name = NULL, *columns = NULL,
                        *query = NULL;
        TRY(parse_identifier(p, &name));
        TRY(parse_column_aliases(p, &columns));
        TRY(parser_need_word(p, "AS"));
        TRY(parser_need_symbol(p, "("));
        TRY(parse_query(p, &query));
        TRY(parser_need_symbol(p, ")"));
        cte->text = name->text;
        parser_add(p, cte, query);
        parser_add(p, cte, columns);
        parser_add(p, with, cte);
    } while (parser_take_symbol(p, ","));
    *out = with;
    return OK;
}

static enum err parse_count(struct parser *p, struct sql_node **out)
{
    struct sql_node *node = parser_node(p, SQL_INTEGER);
    if (parser_is_symbol(p, 0, "?"))
        return parse_expression(p, out);
    if (parser_peek(p, 0)->kind != TOKEN_INTEGER)
        return parser_fail(p, "<integer>, '?'");
    node->text = parser_peek(p, 0)->text;
    p->at++;
    *out = node;
    return OK;
}

static enum err parse_limits(struct parser *p, struct sql_node **offset, struct sql_node **limit)
{
    if (parser_take_word(p, "OFFSET")) {
        TRY(parse_count(p, offset));
        if (!parser_take_word(p, "ROWS"))
            parser_take_word(p, "ROW");
    }
    if (parser_take_word(p, "LIMIT")) {
        if (!parser_take_word(p, "ALL"))
            TRY(parse_count(p, limit));
    } else if (parser_take_word(p, "FETCH")) {
        if (!parser_take_word(p, "FIRST"))
            TRY(parser_need_word(p, "NEXT"));
        struct sql_node *one = parser_node(p, SQL_INTEGER);
        one->text = S("1");
        *limit = one;
        if (!parser_is_word(p, 0, "ROW") && !parser_is_word(p, 0, "ROWS"))
            TRY(parse_count(p, limit));
        if (!parser_take_word(p, "ROWS"))
            TRY(parser_need_word(p, "ROW"));
        if (parser_is_word(p, 0, "WITH"))
            return refuse(p, "FETCH ... WITH TIES");
        TRY(parser_need_word(p, "ONLY"));
    }
    return OK;
}

enum err parse_query(struct parser *p, struct sql_node **out)
{
    TRY(parser_enter(p));
    struct sql_node *query = parser_node(p, SQL_QUERY);
    struct sql_node *with = NULL, *body = NULL, *order = NULL, *offset = NULL, *limit = NULL;
    if (parser_is_word(p, 0, "WITH"))
        TRY(parse_with(p, &with));
    TRY(parse_set_operation(p, false, &body));
    if (parser_take_words(p, "ORDER BY"))
        TRY(parse_sorts(p, &order));
    TRY(parse_limits(p, &offset, &limit));
    struct sql_node *const parts[] = {with, body, order, offset, limit};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        parser_add(p, query, parts[i]);
    p->depth--;
    *out = query;
    return OK;
}

// --- statements

static enum err parse_explain(struct parser *p, struct sql_node **out)
{
    struct sql_node *explain = parser_node(p, SQL_EXPLAIN), *query = NULL;
    p->at++;
    if (parser_is_word(p, 0, "ANALYZE"))
        return refuse(p, "EXPLAIN ANALYZE");
    if (parser_is_symbol(p, 0, "(") && !starts_query(p, 0))
        return refuse(p, "an option of EXPLAIN");
    TRY(parse_query(p, &query));
    parser_add(p, explain, query);
    *out = explain;
    return OK;
}

enum err sql_parse(struct arena *arena, struct str text, struct sql_statement *out,
                   struct error *error)
{
    struct sql_token *tokens = NULL;
    size_t count = 0;
    if (text.len > SQL_STATEMENT_BYTES_MAX)
        return error_set(error, ERR_LIMIT, "a statement holds at most %d bytes",
                         SQL_STATEMENT_BYTES_MAX);
    TRY(sql_lex(arena, text, &tokens, &count, error));
    struct parser p = {.arena = arena, .text = text, .tokens = tokens, .error = error};
    struct sql_node *root = NULL;
    if (starts_query(&p, 0)) {
        TRY(parse_query(&p, &root));
    } else if (parser_is_word(&p, 0, "EXPLAIN")) {
        TRY(parse_explain(&p, &root));
    } else {
        enum err err = parse_ddl(&p, &root);
        if (err == ERR_NOT_FOUND)
            return parser_fail(&p, "'ALTER', 'CREATE', 'DESCRIBE', 'DROP', 'EXPLAIN', 'INSERT', "
                                   "'MSCK', 'SELECT', 'SHOW', "
                                   "'UNLOAD', 'VALUES', 'WITH'");
        TRY(err);
    }
    root->line = tokens->line; // a statement stands where its first word does
    root->column = tokens->column;
    root->start = tokens->start;
    parser_take_symbol(&p, ";");
    if (parser_peek(&p, 0)->kind != TOKEN_END)
        return parser_fail(&p, "<EOF>");
    *out = (struct sql_statement){.root = root, .text = text, .parameter_count = p.parameters};
    return OK;
}
