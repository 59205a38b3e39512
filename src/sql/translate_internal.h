// SPDX-License-Identifier: Apache-2.0
// What the files of the translator share.
//
// Printing goes into a buf; a scope says which relations' columns a name may mean, and leads to the
// scope outside it.
#ifndef SQL_TRANSLATE_INTERNAL_H
#define SQL_TRANSLATE_INTERNAL_H

#include "sql/translate.h"

struct relation {
    struct str alias, database;
    struct sql_column *columns;
    size_t count;
    bool known; // the columns are all there are
};
struct scope {
    struct relation *relations;
    size_t count, capacity;
    const struct scope *outer;
};
struct columns {
    struct sql_column *items;
    size_t count, capacity;
    bool known;
};
// A lambda's parameter: what it is printed as.
struct binding {
    struct str name, text;
    const struct hive_type *type;
    const struct binding *outer;
};
struct cte {
    struct str name;
    struct columns columns;
    const struct cte *outer;
};
struct translator {
    struct arena *arena;
    const struct sql_catalog *catalog;
    struct error *error;
    const struct scope *scope;
    const struct binding *bindings;
    const struct cte *ctes;
    unsigned lambdas; // for fresh names
    bool local;       // the next expression's zone does not show: its local time is enough
    bool in_try;      // an error is a NULL: DuckDB's TRY refuses error(), which macros use
};

// --- queries (translate.c)
enum err translate_query(struct translator *t, const struct sql_node *query, struct buf *out,
                         struct columns *out_columns) MUST_CHECK;

// --- expressions (translate_expression.c)
enum err translate_expression(struct translator *t, const struct sql_node *node,
                              struct buf *out) MUST_CHECK;
enum err translate_list(struct translator *t, const struct sql_node *list, size_t from,
                        struct buf *out) MUST_CHECK;
enum err translate_sorts(struct translator *t, const struct sql_node *sorts,
                         struct buf *out) MUST_CHECK;
enum err translate_window_spec(struct translator *t, const struct sql_node *spec,
                               struct buf *out) MUST_CHECK;
enum err translate_type(struct translator *t, const struct sql_node *type,
                        struct buf *out) MUST_CHECK;
// Prints into a fresh string of the arena.
enum err translate_to_str(struct translator *t, const struct sql_node *node,
                          struct str *out) MUST_CHECK;
void put_name(struct buf *out, struct str name);
void put_text(struct buf *out, struct str text);

// --- names and types (scope.c)
void scope_add(struct translator *t, struct scope *scope, struct relation relation);
// The column's type (may be NULL); *out_found false when no relation that is known has it, and all
// are known.
const struct hive_type *scope_column(const struct scope *scope, struct str name, bool *out_found);
const struct relation *scope_relation(const struct scope *scope, struct str alias);
const struct hive_type *infer_expression(struct translator *t,
                                         const struct sql_node *node); // NULL: not known
const struct hive_type *infer_type_node(struct translator *t, const struct sql_node *type);

// --- functions (functions.c)
enum err translate_call(struct translator *t, const struct sql_node *call,
                        struct buf *out) MUST_CHECK;
bool call_is_macro(const struct sql_node *call); // its arguments may be printed more than once
const struct hive_type *infer_call(struct translator *t, const struct sql_node *call);
#define CALL_ARGUMENTS 3 // the first children of a SQL_CALL are order, filter, over
enum err translate_lambda(struct translator *t, const struct sql_node *lambda,
                          const struct str *texts, const struct hive_type *const *types,
                          size_t count, struct buf *out) MUST_CHECK;
enum err translate_try(struct translator *t, const struct sql_node *expression,
                       struct buf *out) MUST_CHECK; // TRY(...)
enum err translate_special(struct translator *t, const struct sql_node *call,
                           struct buf *out) MUST_CHECK; // ERR_NOT_FOUND: not special

// --- formats of dates (date_format.c)
// MySQL's (date_format) and Joda's (format_datetime) patterns as strftime's. ERR_UNSUPPORTED names
// the letter.
enum err date_pattern_mysql(struct translator *t, const struct sql_node *node, struct str pattern,
                            bool parsing, struct str *out) MUST_CHECK;
enum err date_pattern_joda(struct translator *t, const struct sql_node *node, struct str pattern,
                           bool parsing, struct str *out) MUST_CHECK;

#endif
