// SPDX-License-Identifier: Apache-2.0
// Trino's SQL, printed as DuckDB's.
//
// Every construct and every function is printed by a rule of ours; text of the user never passes
// through. What has no faithful translation is refused with its name and position:
//     SYNTAX_ERROR: line 1:8: Function 'foo' not registered        COLUMN_NOT_FOUND: line 1:8:
//     Column 'x' cannot be resolved NOT_SUPPORTED: line 1:8: kurtosis() is not supported
//     TABLE_NOT_FOUND, from the catalog
//
// Names are resolved and types inferred as far as the translation needs them (UNNEST of rows and
// maps, cardinality, unknown columns); where a type is not known here, a macro decides when DuckDB
// knows it (engines/macros.c).
#ifndef SQL_TRANSLATE_H
#define SQL_TRANSLATE_H

#include "base/hive_type.h"
#include "sql/parser.h"

struct sql_column {
    struct str name;
    const struct hive_type *type; // NULL: not known
};
struct sql_table {
    struct str sql_name; // as the engine knows it: "db"."t"
    struct sql_column *columns;
    size_t count;
};
// Knows the tables. `node` is where the name stands, for the error; names are lower case.
struct sql_catalog {
    enum err (*find_table)(void *context, struct str database, struct str table,
                           const struct sql_node *node, struct sql_table *out, struct error *error);
    void *context;
    struct str database;          // of unqualified names; "" when there is none
    const struct str *parameters; // SQL expressions for the question marks
    size_t parameter_count;
};
// `query` is a SQL_QUERY.
enum err sql_translate(struct arena *arena, const struct sql_node *query,
                       const struct sql_catalog *catalog, struct str *out_sql,
                       struct error *error) MUST_CHECK;

// "CODE: line 1:8: ..." in `error`; returns ERR_UNSUPPORTED for NOT_SUPPORTED, else ERR_INVALID.
enum err sql_refuse(struct error *error, const struct sql_node *node, const char *code,
                    const char *format, ...) PRINTF_LIKE(4, 5);

#endif
