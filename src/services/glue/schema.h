// SPDX-License-Identifier: Apache-2.0
// Columns of files and tables: how two schemas become one, and how alike they are.
//
// Columns are JSON as workers give them: [{"name", "type" (Hive's notation)}...]. Merging is a
// union: columns and struct fields keep their order, new ones are appended; whole numbers widen,
// then become decimals or doubles; "void" (only nulls were seen) gives way to anything; what
// conflicts becomes a string. Names compare without case.
#ifndef GLUE_SCHEMA_H
#define GLUE_SCHEMA_H

#include "base/json.h"

// `a` with `b` merged into it, as a new value. Types that do not parse count as they are written.
struct json *schema_merge(struct arena *arena, const struct json *a, const struct json *b);
// The narrowest type that holds both.
struct str schema_merge_types(struct arena *arena, struct str a, struct str b);
// The share of columns that both have, by name, of those of the larger one: 0 to 1.
double schema_similarity(const struct json *a, const struct json *b);
// For the catalog: "void" written as string, members named as Glue does ({"Name", "Type"}). Names
// that no catalog can hold (empty, or longer than SCHEMA_NAME_MAX) are left out.
#define SCHEMA_NAME_MAX 255
struct json *schema_columns(struct arena *arena, const struct json *columns);
// The other way, from a table's columns.
struct json *schema_of_table(struct arena *arena, const struct json *columns);

#endif
