// SPDX-License-Identifier: Apache-2.0
// Sorting, and windows: PARTITION BY, ORDER BY and the frame.
#include "sql/parser_internal.h"

#include <string.h>

enum err parse_sorts(struct parser *p, struct sql_node **out)
{
    struct sql_node *list = parser_node(p, SQL_LIST);
    do {
        struct sql_node *sort = parser_node(p, SQL_SORT), *expression = NULL;
        TRY(parse_expression(p, &expression));
        parser_add(p, sort, expression);
        if (parser_take_word(p, "DESC"))
            sort->flags |= SQL_DESCENDING;
        else
            parser_take_word(p, "ASC");
        if (parser_take_words(p, "NULLS FIRST"))
            sort->flags |= SQL_NULLS_FIRST;
        else if (parser_take_words(p, "NULLS LAST"))
            sort->flags |= SQL_NULLS_LAST;
        parser_add(p, list, sort);
    } while (parser_take_symbol(p, ","));
    *out = list;
    return OK;
}

static enum err parse_bound(struct parser *p, struct sql_node *frame, struct buf *words)
{
    static const char *const FIXED[] = {"UNBOUNDED PRECEDING", "UNBOUNDED FOLLOWING",
                                        "CURRENT ROW"};
    for (size_t i = 0; i < 3; i++)
        if (parser_take_words(p, FIXED[i])) {
            buf_puts(words, FIXED[i]);
            return OK;
        }
    struct sql_node *expression = NULL;
    TRY(parse_value(p, &expression));
    parser_add(p, frame, expression);
    if (!parser_is_word(p, 0, "PRECEDING") && !parser_is_word(p, 0, "FOLLOWING"))
        return parser_fail(p, "'FOLLOWING', 'PRECEDING'");
    buf_puts(words, parser_is_word(p, 0, "PRECEDING") ? "% PRECEDING" : "% FOLLOWING");
    p->at++;
    return OK;
}

static enum err parse_frame(struct parser *p, struct sql_node **out)
{
    static const char *const UNITS[] = {"ROWS", "RANGE", "GROUPS"};
    *out = NULL;
    for (size_t i = 0; i < 3; i++) {
        if (!parser_is_word(p, 0, UNITS[i]))
            continue;
        struct sql_node *frame = parser_node(p, SQL_FRAME);
        struct buf words = buf_in(p->arena, BUF_MAX_DEFAULT);
        p->at++;
        buf_printf(&words, "%s ", UNITS[i]);
        bool between = parser_take_word(p, "BETWEEN");
        if (between)
            buf_puts(&words, "BETWEEN ");
        TRY(parse_bound(p, frame, &words));
        if (between) {
            TRY(parser_need_word(p, "AND"));
            buf_puts(&words, " AND ");
            TRY(parse_bound(p, frame, &words));
        }
        frame->text = buf_str(&words);
        *out = frame;
        return OK;
    }
    return OK;
}

// Inside the parentheses.
enum err parse_window_spec(struct parser *p, struct sql_node **out)
{
    struct sql_node *spec = parser_node(p, SQL_WINDOW_SPEC), *partition = NULL, *order = NULL,
                    *frame = NULL;
    if (!parser_is_word(p, 0, "PARTITION") && !parser_is_word(p, 0, "ORDER") &&
        !parser_is_symbol(p, 0, ")") && !parser_is_word(p, 0, "ROWS") &&
        !parser_is_word(p, 0, "RANGE") && !parser_is_word(p, 0, "GROUPS")) {
        struct sql_node *name = NULL;
        TRY(parse_identifier(p, &name));
        spec->text = name->text;
    }
    if (parser_take_words(p, "PARTITION BY")) {
        partition = parser_node(p, SQL_LIST);
        TRY(parse_expressions(p, partition));
    }
    if (parser_take_words(p, "ORDER BY"))
        TRY(parse_sorts(p, &order));
    TRY(parse_frame(p, &frame));
    parser_add(p, spec, partition);
    parser_add(p, spec, order);
    parser_add(p, spec, frame);
    *out = spec;
    return OK;
}
