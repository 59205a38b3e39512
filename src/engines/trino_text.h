// SPDX-License-Identifier: Apache-2.0
// Values as text, the way Athena prints them: in result files and in GetQueryResults.
//
// Numbers follow Java's Double.toString, timestamps have three decimals, arrays are [a, b], rows
// {name=value}, maps {key=value}, varbinary is hexadecimal in pairs. A NULL inside a nested value
// is `null`; a NULL cell is the caller's business (an empty field without quotes in CSV).
#ifndef ENGINES_TRINO_TEXT_H
#define ENGINES_TRINO_TEXT_H

#include "engines/duckdb.h"

// ERR_LIMIT for an integer beyond bigint: DuckDB's sums are wider than Trino's, where the same sum
// is an error.
enum err trino_text_put(struct buf *out, const struct engine_type *type, const struct cell *cell,
                        struct error *error) MUST_CHECK;
// "bigint", "varchar", "array(integer)", "row(a integer, b varchar)", ...
void trino_type_put(struct buf *out, const struct engine_type *type);
// "bigint", "varchar", "array", "row", ...: GetQueryResults' ColumnInfo.Type
const char *trino_type_word(const struct engine_type *type);
void trino_double_put(struct buf *out, double value, bool is_real);

#endif
