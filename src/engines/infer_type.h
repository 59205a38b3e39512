// SPDX-License-Identifier: Apache-2.0
// Inferring Hive types from JSON values, as Glue's crawler names them.
//
// A type is learnt value by value: whole numbers are int, then bigint, beyond that decimal(38,0);
// with a fraction double; struct fields are the union of all that were seen, in order of first
// appearance; what conflicts is a string (which keeps the raw JSON text). Names are lower case, as
// the catalog wants them.
#ifndef ENGINES_INFER_TYPE_H
#define ENGINES_INFER_TYPE_H

#include "base/json.h"

struct inferred_type; // NULL: nothing seen but null, written "void"
void infer_value(struct arena *arena, struct inferred_type **type, const struct json *value);
void infer_type_put(struct buf *out, const struct inferred_type *type); // Hive's notation
// The fields of an inferred struct, for a table's columns: 0 when it is no struct.
size_t infer_field_count(const struct inferred_type *type);
struct str infer_field_name(const struct inferred_type *type, size_t index);
const struct inferred_type *infer_field_type(const struct inferred_type *type, size_t index);

#endif
