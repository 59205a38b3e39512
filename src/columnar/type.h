// SPDX-License-Identifier: Apache-2.0
// The types of columns: a tree that is given, or grows while records are read.
//
// A table is a struct of columns. Every value may be null. Types know nothing of rows; columns
// (column.h) hold the values of a type, and the Parquet schema follows from it.
//
// The lattice. In mode `full` a type is the least one that holds, without loss, every value seen:
//
//     null < boolean                    null < date < timestamp
//     null < int64 < decimal(38,0)      null < timestamp, null < timestamp_utc
//     null < int64 < double             (only while every integer is exact as a double)
//     null < struct (fields: union, in order of first appearance)       null < list (of the join)
//     json: the top. A string keeps its characters, anything else the text it was written with.
//
// Names are lower case, as Hive wants them; fields keep the spelling that made them. Spellings that
// differ in case alone are fields of their own: the first gets the name, others get _2, _3, ...
// behind it.
//
// Ownership: a type lives in the arena it was made in and is changed in place only by type_join and
// type_field_add.
#ifndef COLUMNAR_TYPE_H
#define COLUMNAR_TYPE_H

#include "base/buf.h"

enum kind {
    KIND_NULL, // nothing but null was seen (see `objects`); written as a string
    KIND_BOOLEAN,
    KIND_INT8,
    KIND_INT16,
    KIND_INT32,
    KIND_INT64,
    KIND_FLOAT,
    KIND_DOUBLE,
    KIND_DECIMAL, // precision 1 to 38
    KIND_STRING, // given: any value (what is no string keeps its JSON text); inferred: only strings
                 // were seen
    KIND_JSON,   // inferred top; a string in files and catalogs
    KIND_BINARY, // base64 in JSON; only given
    KIND_DATE,   // days since 1970-01-01
    KIND_TIMESTAMP,     // microseconds, without a zone
    KIND_TIMESTAMP_UTC, // microseconds, of values that carried a zone
    KIND_LIST,          // one field, "element"
    KIND_MAP,           // two fields, "key" and "value"; only given
    KIND_STRUCT,
};
#define TYPE_DEPTH_MAX 64     // structs, lists and maps inside each other
#define TYPE_FIELDS_MAX 10000 // of all structs of a schema together

struct field;
struct type {
    enum kind kind;
    uint8_t precision, scale; // KIND_DECIMAL
    bool objects; // KIND_NULL: empty objects were seen, too. No file has a struct without fields:
                  // they are kept as text
    size_t count, capacity; // fields: 1 of a list, 2 of a map
    struct field *fields;
};
struct field {
    struct str name;     // lower case, unique in its struct
    struct str original; // as the first record spelt it
    struct type *type;
};

static inline bool kind_is_nested(enum kind kind)
{
    return kind >= KIND_LIST;
}
static inline bool kind_is_integer(enum kind kind) // in int64_t values, dates and times included
{
    return (kind >= KIND_INT8 && kind <= KIND_INT64) ||
           (kind >= KIND_DATE && kind <= KIND_TIMESTAMP_UTC);
}
static inline bool kind_is_text(enum kind kind) // in views
{
    return kind == KIND_NULL || (kind >= KIND_STRING && kind <= KIND_BINARY);
}

struct type *type_new(struct arena *arena, enum kind kind);
struct type *type_copy(struct arena *arena, const struct type *type);
bool type_equal(const struct type *a, const struct type *b);
struct field *type_field_add(struct arena *arena, struct type *type, struct str name,
                             struct str original, struct type *child);
struct field *type_field(const struct type *type, struct str name); // NULL when absent
// The name for a new field that is spelt so.
struct str type_free_name(struct arena *arena, const struct type *type, struct str original);

// From and to Hive's notation ("struct<a:bigint,b:array<string>>"), which catalogs use. ERR_INVALID
// with the position for what is no type.
enum err type_parse(struct arena *arena, struct str text, struct type **out_type,
                    struct error *error) MUST_CHECK;
void type_put(struct buf *out, const struct type *type);

// Makes `type` hold whatever `other` holds, too (mode full's lattice). Fields of structs are the
// same when their originals are. True when that changed it.
bool type_join(struct arena *arena, struct type *type, const struct type *other);

// Leaves, depth first: what a Parquet file has chunks of. Max levels: every field is optional (a
// map's key required), a list adds one of each for its repeated group.
struct leaf {
    const struct type *type;
    struct str *path; // of the schema elements in the file: "a", "list", "element"
    size_t path_count;
    uint8_t max_definition, max_repetition;
};
struct leaf *type_leaves(struct arena *arena, const struct type *root, size_t *out_count);

#endif
