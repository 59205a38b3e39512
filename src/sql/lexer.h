// SPDX-License-Identifier: Apache-2.0
// Tokens of Trino's SQL and Hive's DDL, with the position that an error message needs.
//
// Identifiers are "quoted" or `quoted` or plain; strings are 'it''s' (Hive's DDL also takes "text"
// where a string is meant: the parser decides); comments are -- and /* */. A whole statement is
// lexed at once, so the parser can look ahead freely.
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include "base/buf.h"

enum sql_token_kind {
    TOKEN_END,
    TOKEN_NAME,        // a plain identifier or keyword; text as written
    TOKEN_QUOTED_NAME, // text without its quotes
    TOKEN_STRING,
    TOKEN_BINARY, // X'4142': text is the hexadecimal digits
    TOKEN_INTEGER,
    TOKEN_DECIMAL, // 1.5
    TOKEN_DOUBLE,  // 1.5e3
    TOKEN_SYMBOL,  // ( ) , . ; [ ] + - * / % = <> != < <= > >= || -> ? : =>
};
struct sql_token {
    enum sql_token_kind kind;
    struct str text;
    size_t start, end; // bytes in the statement
    uint32_t line, column;
};
// `*out_tokens` is ended by TOKEN_END. ERR_SYNTAX: "SYNTAX_ERROR: line 1:8: ...".
enum err sql_lex(struct arena *arena, struct str text, struct sql_token **out_tokens,
                 size_t *out_count, struct error *error) MUST_CHECK;

#endif
