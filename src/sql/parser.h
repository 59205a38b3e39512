// SPDX-License-Identifier: Apache-2.0
// Statements of Athena - Trino's queries, Hive's DDL - as trees (ast.h).
//
// Limits: nesting SQL_DEPTH_MAX; statements up to 262,144 bytes, as Athena has it.
// Errors: ERR_SYNTAX with Athena's words: "SYNTAX_ERROR: line 1:8: mismatched input 'FROM'.
// Expecting: an expression".
#ifndef SQL_PARSER_H
#define SQL_PARSER_H

#include "sql/ast.h"
#include "sql/lexer.h"

#define SQL_DEPTH_MAX 200
#define SQL_STATEMENT_BYTES_MAX 262144

struct sql_statement {
    struct sql_node *root;
    struct str text;
    size_t parameter_count; // question marks
};
enum err sql_parse(struct arena *arena, struct str text, struct sql_statement *out,
                   struct error *error) MUST_CHECK;

#endif
