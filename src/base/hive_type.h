// SPDX-License-Identifier: Apache-2.0
// Hive's types, as the catalog writes them: "bigint", "decimal(10,2)",
// "array<struct<id:int,name:string>>".
//
// The catalog (Glue), the crawler, the ETL engine and Athena all speak of columns in this notation;
// here it becomes a tree, and the tree becomes the notation of DuckDB or Trino. Struct fields are
// separated by colons and commas, names may be quoted by backticks.
#ifndef BASE_HIVE_TYPE_H
#define BASE_HIVE_TYPE_H

#include "base/buf.h"

enum hive_kind {
    HIVE_BOOLEAN,
    HIVE_TINYINT,
    HIVE_SMALLINT,
    HIVE_INT,
    HIVE_BIGINT,
    HIVE_FLOAT,
    HIVE_DOUBLE,
    HIVE_DECIMAL,
    HIVE_STRING,
    HIVE_VARCHAR, // precision is its length
    HIVE_CHAR,
    HIVE_BINARY,
    HIVE_DATE,
    HIVE_TIMESTAMP,
    HIVE_VOID, // nothing but null was seen; reads as a string
    HIVE_ARRAY,
    HIVE_MAP,
    HIVE_STRUCT,
};
#define HIVE_DEPTH_MAX 64

struct hive_type {
    enum hive_kind kind;
    unsigned precision, scale;
    size_t count, capacity; // children: 1 of an array, 2 of a map, the fields of a struct
    struct hive_type **children;
    struct str *names; // HIVE_STRUCT
    size_t name_capacity;
};

// ERR_INVALID with the reason for what is no type.
enum err hive_type_parse(struct arena *arena, struct str text, struct hive_type **out_type,
                         struct error *error) MUST_CHECK;
void hive_type_put(struct buf *out, const struct hive_type *type); // Hive's notation
void hive_type_put_duckdb(struct buf *out,
                          const struct hive_type *type); // BIGINT, STRUCT("a" INTEGER), ...
void hive_type_put_trino(struct buf *out,
                         const struct hive_type *type); // row(a integer), varchar, ...

#endif
