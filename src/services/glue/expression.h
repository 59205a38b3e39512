// SPDX-License-Identifier: Apache-2.0
// Expressions over partition values, as GetPartitions takes them: SQL's WHERE over partition keys.
//
//     year = '2026' AND (month IN ('01','02') OR month > '10') AND NOT day LIKE '3%'
//
// Operators: = <> != < <= > >= BETWEEN IN LIKE, IS [NOT] NULL, AND OR NOT and parentheses. A key of
// a numeric type compares by number, all others as text; a literal may be a number, a 'text', or
// date/timestamp 'text'. Specified by "GetPartitions" in the Glue API reference.
//
// Errors: ERR_INVALID with the reason; JSON_DEPTH_MAX-like nesting is limited.
#ifndef GLUE_EXPRESSION_H
#define GLUE_EXPRESSION_H

#include "base/json.h"

struct expression; // NULL accepts everything
// `keys` are the table's PartitionKeys.
enum err expression_parse(struct arena *arena, struct str text, const struct json *keys,
                          struct expression **out_expression, struct error *error) MUST_CHECK;
bool expression_accepts(const struct expression *expression, const struct json *values);

#endif
