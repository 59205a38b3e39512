// SPDX-License-Identifier: Apache-2.0
// Types as CAST takes them: names, arguments, ROW's fields.
#include "sql/parser_internal.h"

#include <string.h>

static enum err parse_type_fields(struct parser *p, struct sql_node *type)
{
    do {
        struct sql_node *field = parser_node(p, SQL_TYPE_FIELD), *name = NULL, *child = NULL;
        // `row(bigint, x varchar)`: a field may have no name
        bool named = parser_peek(p, 0)->kind == TOKEN_QUOTED_NAME ||
                     (parser_peek(p, 1)->kind == TOKEN_NAME && !parser_is_word(p, 1, "WITH") &&
                      !parser_is_word(p, 0, "double"));
        if (named) {
            TRY(parse_identifier(p, &name));
            field->text = name->text;
        }
        TRY(parse_type(p, &child));
        parser_add(p, field, child);
        parser_add(p, type, field);
    } while (parser_take_symbol(p, ","));
    return OK;
}

static enum err parse_type_arguments(struct parser *p, struct sql_node *type)
{
    if (str_is(type->text, "row"))
        return parse_type_fields(p, type);
    do {
        struct sql_node *argument = parser_node(p, SQL_INTEGER);
        if (parser_peek(p, 0)->kind == TOKEN_INTEGER) {
            argument->text = parser_peek(p, 0)->text;
            p->at++;
        } else {
            TRY(parse_type(p, &argument));
        }
        parser_add(p, type, argument);
    } while (parser_take_symbol(p, ","));
    return OK;
}

enum err parse_type(struct parser *p, struct sql_node **out)
{
    TRY(parser_enter(p));
    struct sql_node *type = parser_node(p, SQL_TYPE), *name = NULL;
    TRY(parse_identifier(p, &name));
    type->text = str_lower(p->arena, name->text);
    if (str_is(type->text, "double"))
        parser_take_word(p, "PRECISION");
    bool clock = str_is(type->text, "timestamp") || str_is(type->text, "time");
    bool angles = parser_is_symbol(p, 0, "<"); // array<bigint>, the older notation
    if (angles || parser_is_symbol(p, 0, "(")) {
        p->at++;
        TRY(parse_type_arguments(p, type));
        TRY(parser_need_symbol(p, angles ? ">" : ")"));
    }
    if (clock && parser_take_words(p, "WITH TIME ZONE"))
        type->text = str_format(p->arena, "%.*s with time zone", STR_ARG(type->text));
    else if (clock)
        parser_take_words(p, "WITHOUT TIME ZONE");
    while (parser_is_word(p, 0, "ARRAY")) { // bigint array
        struct sql_node *array = parser_node(p, SQL_TYPE);
        p->at++;
        array->text = S("array");
        parser_add(p, array, type);
        type = array;
    }
    p->depth--;
    type->end = p->tokens[p->at - 1].end;
    *out = type;
    return OK;
}
