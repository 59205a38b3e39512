// SPDX-License-Identifier: Apache-2.0
// The tree of a statement: one kind of node, with a legend.
//
// A node has a kind, a text, flags and children; the legend says what each kind keeps where. "a|-"
// is an optional child: the slot is there and NULL. "a..." is any number of children from that slot
// on.
#ifndef SQL_AST_H
#define SQL_AST_H

#include "base/str.h"

enum sql_kind {
    // queries                 text          flags            children
    SQL_QUERY,         //                                    with|- body order|- offset|- limit|-
    SQL_WITH,          //                   recursive        cte...
    SQL_CTE,           //     name                           query columns|-
    SQL_SELECT,        //                   distinct         items from|- where|- group|- having|-
                       //                   windows|-
    SQL_ITEM,          //     alias or none                  expression
    SQL_STAR,          //                                    qualifier|-
    SQL_SET_OPERATION, //     UNION...      all              left right
    SQL_VALUES,        //                                    row...
    SQL_SORT,          //                   descending first last    expression
    SQL_LIST,          //                                    item...
    SQL_WINDOW,        //     name                           specification
    // grouping
    SQL_GROUPING_SETS, //                                    list...
    SQL_ROLLUP,        //                                    expression...
    SQL_CUBE,          //                                    expression...
    // relations
    SQL_TABLE,    //                                    name part...
    SQL_ALIASED,  //     alias                          relation columns|-
    SQL_SUBQUERY, //                   lateral          query         (relation or expression)
    SQL_UNNEST,   //                   ordinality       expression...
    SQL_JOIN,     //     INNER LEFT RIGHT FULL CROSS   natural    left right on|- using|-
    // expressions
    SQL_NAME,         //     name          quoted
    SQL_FIELD,        //     name          quoted           base
    SQL_SUBSCRIPT,    //                                    base index
    SQL_STRING,       //     value
    SQL_INTEGER,      //     digits
    SQL_DECIMAL,      //     digits
    SQL_DOUBLE,       //     digits
    SQL_BINARY_TEXT,  //     hexadecimal
    SQL_NULL,         //
    SQL_BOOLEAN,      //     true, false
    SQL_TYPED_STRING, //     value                          type
    SQL_INTERVAL,     //     value         negative         from unit, to unit|-
    SQL_PARAMETER,    //     its number, from 0
    SQL_CURRENT,      //     CURRENT_DATE...
    SQL_BINARY,       //     operator                       left right
    SQL_UNARY,        //     operator                       operand
    SQL_NOT,          //                                    operand
    SQL_IS_NULL,      //                   negated          operand
    SQL_IS_DISTINCT,  //                   negated          left right
    SQL_BETWEEN,      //                   negated          value low high
    SQL_IN_LIST,      //                   negated          value item...
    SQL_IN_QUERY,     //                   negated          value query
    SQL_LIKE,         //                   negated          value pattern escape|-
    SQL_EXISTS,       //                                    query
    SQL_QUANTIFIED,   //     operator; ANY or ALL in flags  value query
    SQL_CASE,         //                                    operand|- else|- when then...
    SQL_CAST,         //                   safe             expression type
    SQL_CALL, //     name, lower   distinct star ignore_nulls   order|- filter|- over|- argument...
    SQL_WINDOW_SPEC,  //     name or none                   partition|- order|- frame|-
    SQL_FRAME,        //     the frame's words, upper case, bounds as %    bound expression...
    SQL_LAMBDA,       //                                    parameters(list) body
    SQL_ROW,          //                                    item...
    SQL_ARRAY,        //                                    item...
    SQL_EXTRACT,      //     field, lower                   expression
    SQL_AT_TIME_ZONE, //                                    expression zone
    SQL_TYPE,         //     name, lower                    argument types or lengths...
    SQL_TYPE_FIELD,   //     name                           type
    // statements that are no queries
    SQL_EXPLAIN,             //   text is what follows            query
    SQL_CREATE_TABLE,        //                 if_not_exists    name columns|- partitioned|-
                             //                 properties(table's own, see ddl)
    SQL_CREATE_TABLE_AS,     //                 if_not_exists    name
    SQL_CREATE_VIEW,         //                                  name
    SQL_CREATE_DATABASE,     //   name          if_not_exists    properties
    SQL_DROP_DATABASE,       //   name          if_exists cascade
    SQL_DROP_TABLE,          //                 if_exists        name
    SQL_DROP_VIEW,           //                 if_exists        name
    SQL_INSERT,              //                                  name
    SQL_DELETE_UPDATE_MERGE, // the word
    SQL_UNLOAD,              //                                  query
    SQL_SHOW_DATABASES,      //   pattern
    SQL_SHOW_TABLES,         //   pattern                        database name|-
    SQL_SHOW_VIEWS,          //   pattern                        database name|-
    SQL_SHOW_COLUMNS,        //                                  name
    SQL_SHOW_PARTITIONS,     //                                  name
    SQL_SHOW_CREATE_TABLE,   //                                 name
    SQL_SHOW_PROPERTIES,     //                                  name
    SQL_DESCRIBE,            //                 extended         name
    SQL_ADD_PARTITION,       //                 if_not_exists    name partition...
    SQL_DROP_PARTITION,      //                 if_exists        name partition...
    SQL_ALTER_OTHER,         //   what it is                     name
    SQL_REPAIR_TABLE,        //                                  name
    SQL_PREPARED,            //   PREPARE, EXECUTE, DEALLOCATE
    // parts of DDL
    SQL_COLUMN, //   name          comment in children[1]   type(STRING, Hive's notation) comment|-
    SQL_PROPERTY,  //   key                            value(STRING)
    SQL_PARTITION, //   location or none               property...
};

enum sql_flags {
    SQL_DISTINCT = 1,
    SQL_ALL = 2,
    SQL_RECURSIVE = 4,
    SQL_DESCENDING = 8,
    SQL_NULLS_FIRST = 16,
    SQL_NULLS_LAST = 32,
    SQL_LATERAL = 64,
    SQL_ORDINALITY = 128,
    SQL_NATURAL = 256,
    SQL_QUOTED = 512,
    SQL_NEGATED = 1024,
    SQL_SAFE = 2048,
    SQL_COUNT_STAR = 4096,
    SQL_IGNORE_NULLS = 8192,
    SQL_IF = 16384, // IF EXISTS, IF NOT EXISTS
    SQL_CASCADE = 32768,
    SQL_EXTENDED = 65536,
    SQL_IS_ALL = 131072, // SQL_QUANTIFIED: ALL, else ANY
};

struct sql_node {
    enum sql_kind kind;
    unsigned flags;
    struct str text;
    uint32_t line, column;
    size_t start, end; // bytes in the statement
    size_t count, capacity;
    struct sql_node **children;
};

static inline struct sql_node *sql_child(const struct sql_node *node, size_t index)
{
    return node && index < node->count ? node->children[index] : NULL;
}

#endif
