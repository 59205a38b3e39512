// SPDX-License-Identifier: Apache-2.0
// JSON values against Hive types: does a record fit a table, and what exactly are its values?
//
// DuckDB's own JSON reader would lose digits of decimals, turn what does not fit into NULL, or
// refuse a whole file. So each record is checked here first, and written again in a form that
// DuckDB reads without loss: decimals, dates and timestamps as text that casts exactly, integers as
// integers (1.0 and 1e2 are whole numbers), strings as strings, any other value in a string column
// as its JSON text. Names are compared without case, as Hive does; a record's other members are not
// part of the table.
#ifndef ENGINES_JSON_FIT_H
#define ENGINES_JSON_FIT_H

#include "base/json.h"
#include "base/hive_type.h"

struct fit_column {
    struct str name;
    struct hive_type *type;
};
// Writes `value` as the column's type has it; ERR_INVALID with the reason ("terms[2].start: not a
// date: ...").
enum err json_fit_value(struct buf *out, const struct hive_type *type, const struct json *value,
                        struct str path, struct arena *arena, struct error *error) MUST_CHECK;
// Member of an object by name, first exactly, then without case.
const struct json *json_fit_member(const struct json *object, struct str name);

#endif
