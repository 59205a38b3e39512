// SPDX-License-Identifier: Apache-2.0
// What the files of the parser share: the token cursor and the entry points of the grammar's parts.
#ifndef SQL_PARSER_INTERNAL_H
#define SQL_PARSER_INTERNAL_H

#include "sql/parser.h"

struct parser {
    struct arena *arena;
    struct str text;
    const struct sql_token *tokens;
    size_t at;
    unsigned depth;
    size_t parameters;
    struct error *error;
};

// --- the cursor
const struct sql_token *parser_peek(const struct parser *p, size_t ahead);
bool parser_is_word(const struct parser *p, size_t ahead,
                    const char *word); // keyword, without case
bool parser_is_symbol(const struct parser *p, size_t ahead, const char *symbol);
bool parser_take_word(struct parser *p, const char *word);   // and moves past it
bool parser_take_words(struct parser *p, const char *words); // "GROUP BY": all or nothing
bool parser_take_symbol(struct parser *p, const char *symbol);
enum err parser_fail(struct parser *p, const char *expecting);
enum err parser_need_word(struct parser *p, const char *word) MUST_CHECK;
enum err parser_need_symbol(struct parser *p, const char *symbol) MUST_CHECK;
enum err parser_enter(struct parser *p) MUST_CHECK; // depth; leave with p->depth--

// --- nodes
struct sql_node *parser_node(struct parser *p, enum sql_kind kind); // at the current token
void parser_add(struct parser *p, struct sql_node *node, struct sql_node *child);

// --- grammar
enum err parse_query(struct parser *p, struct sql_node **out) MUST_CHECK;
enum err parse_expression(struct parser *p, struct sql_node **out) MUST_CHECK;
enum err parse_value(struct parser *p, struct sql_node **out) MUST_CHECK; // without AND, OR, NOT and predicates
enum err parse_expressions(struct parser *p,
                           struct sql_node *list) MUST_CHECK; // comma separated, at least one
enum err parse_type(struct parser *p, struct sql_node **out) MUST_CHECK;
enum err parse_sorts(struct parser *p, struct sql_node **out) MUST_CHECK; // after ORDER BY
enum err parse_window_spec(struct parser *p, struct sql_node **out) MUST_CHECK;
enum err parse_identifier(struct parser *p,
                          struct sql_node **out) MUST_CHECK; // SQL_NAME; not a reserved word
enum err parse_table_name(struct parser *p, struct sql_node **out) MUST_CHECK; // SQL_TABLE: a.b.c
enum err parse_string(struct parser *p, struct str *out) MUST_CHECK;
enum err parse_ddl(struct parser *p, struct sql_node **out) MUST_CHECK; // ERR_NOT_FOUND: not DDL

#endif
