// SPDX-License-Identifier: Apache-2.0
// A type as the schema in a Parquet footer.
//
// Every field is optional. Lists have three levels, maps a required key. Both logical and converted
// types are given wherever both exist. Specified in: parquet-format, LogicalTypes.md.
#ifndef COLUMNAR_SCHEMA_WRITE_H
#define COLUMNAR_SCHEMA_WRITE_H

#include "columnar/thrift_write.h"
#include "columnar/type.h"

// The field `id` of the struct that is open: a list of SchemaElements.
void schema_write(struct thrift_out *out, int id, const struct type *root);

#endif
