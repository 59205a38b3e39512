// SPDX-License-Identifier: Apache-2.0
#include "sql/lexer.h"

#include <string.h>

struct lexer {
    struct arena *arena;
    struct str text;
    size_t at;
    uint32_t line;
    size_t line_start;
    struct error *error;
};

static char look(const struct lexer *l, size_t ahead)
{
    return l->at + ahead < l->text.len ? l->text.ptr[l->at + ahead] : 0;
}

static void advance(struct lexer *l)
{
    if (l->text.ptr[l->at++] == '\n') {
        l->line++;
        l->line_start = l->at;
    }
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_name_start(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (unsigned char)c >= 0x80;
}

static bool is_name_part(char c)
{
    return is_name_start(c) || is_digit(c) || c == '@' || c == '$';
}

static enum err fail(struct lexer *l, const struct sql_token *at, const char *what)
{
    return error_set_at(l->error, ERR_SYNTAX, at->start, "SYNTAX_ERROR: line %u:%u: %s", at->line,
                        at->column, what);
}

static enum err skip_blank(struct lexer *l)
{
    while (l->at < l->text.len) {
        char c = look(l, 0);
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            advance(l);
        } else if (c == '-' && look(l, 1) == '-') {
            while (l->at < l->text.len && look(l, 0) != '\n')
                advance(l);
        } else if (c == '/' && look(l, 1) == '*') {
            struct sql_token here = {
                .start = l->at, .line = l->line, .column = (uint32_t)(l->at - l->line_start) + 1};
            while (l->at < l->text.len && !(look(l, 0) == '*' && look(l, 1) == '/'))
                advance(l);
            if (l->at >= l->text.len)
                return fail(l, &here, "a comment is not closed");
            l->at += 2;
        } else {
            break;
        }
    }
    return OK;
}

// Up to the closing quote; a doubled quote is one.
static enum err take_quoted(struct lexer *l, char quote, struct sql_token *token)
{
    struct buf text = buf_in(l->arena, BUF_MAX_DEFAULT);
    for (advance(l); l->at < l->text.len; advance(l)) {
        char c = look(l, 0);
        if (c == quote && look(l, 1) != quote) {
            advance(l);
            token->text = buf_str(&text);
            if (!token->text.ptr)
                token->text = S("");
            return OK;
        }
        if (c == quote)
            advance(l);
        buf_put_char(&text, c);
    }
    return fail(l, token,
                quote == '\'' ? "a string is not closed" : "a quoted identifier is not closed");
}

static void take_number(struct lexer *l, struct sql_token *token)
{
    token->kind = TOKEN_INTEGER;
    while (is_digit(look(l, 0)))
        advance(l);
    if (look(l, 0) == '.') {
        token->kind = TOKEN_DECIMAL;
        advance(l);
        while (is_digit(look(l, 0)))
            advance(l);
    }
    char e = look(l, 0), sign = look(l, 1);
    if ((e == 'e' || e == 'E') &&
        (is_digit(sign) || ((sign == '+' || sign == '-') && is_digit(look(l, 2))))) {
        token->kind = TOKEN_DOUBLE;
        advance(l);
        advance(l);
        while (is_digit(look(l, 0)))
            advance(l);
    }
}

static enum err take_symbol(struct lexer *l, struct sql_token *token)
{
    static const char *const PAIRS[] = {"<>", "!=", "<=", ">=", "||", "->", "=>"};
    token->kind = TOKEN_SYMBOL;
    for (size_t i = 0; i < sizeof PAIRS / sizeof *PAIRS; i++)
        if (look(l, 0) == PAIRS[i][0] && look(l, 1) == PAIRS[i][1]) {
            l->at += 2;
            return OK;
        }
    if (!strchr("(),.;[]+-*/%=<>?:{}|", look(l, 0)))
        return fail(l, token, "unexpected character");
    advance(l);
    return OK;
}

static enum err take_token(struct lexer *l, struct sql_token *token)
{
    char c = look(l, 0);
    if (c == '\'') {
        token->kind = TOKEN_STRING;
        return take_quoted(l, c, token);
    }
    if (c == '"' || c == '`') {
        token->kind = TOKEN_QUOTED_NAME;
        return take_quoted(l, c, token);
    }
    if ((c == 'X' || c == 'x') && look(l, 1) == '\'') {
        token->kind = TOKEN_BINARY;
        advance(l);
        return take_quoted(l, '\'', token);
    }
    if (is_digit(c) || (c == '.' && is_digit(look(l, 1)))) {
        take_number(l, token);
    } else if (is_name_start(c)) {
        token->kind = TOKEN_NAME;
        while (is_name_part(look(l, 0)))
            advance(l);
    } else {
        TRY(take_symbol(l, token));
    }
    token->text = str_slice(l->text, token->start, l->at);
    return OK;
}

enum err sql_lex(struct arena *arena, struct str text, struct sql_token **out_tokens,
                 size_t *out_count, struct error *error)
{
    struct lexer l = {.arena = arena, .text = text, .line = 1, .error = error};
    struct sql_token *tokens = NULL;
    size_t count = 0, capacity = 0;
    do {
        TRY(skip_blank(&l));
        struct sql_token token = {.kind = TOKEN_END,
                                  .text = S("<EOF>"),
                                  .start = l.at,
                                  .line = l.line,
                                  .column = (uint32_t)(l.at - l.line_start) + 1};
        if (l.at < text.len)
            TRY(take_token(&l, &token));
        token.end = l.at;
        *ARENA_PUSH(arena, tokens, count, capacity) = token;
    } while (tokens[count - 1].kind != TOKEN_END);
    *out_tokens = tokens;
    *out_count = count;
    return OK;
}
