// SPDX-License-Identifier: Apache-2.0
// The schema of JSON files, learnt by the native engine and named as Glue's crawler does.
//
// Whole numbers are int, then bigint, beyond that decimal(38,0); with a fraction double; struct
// fields are the union of all that were seen, in order of first appearance; what conflicts is a
// string (which keeps the raw JSON text). Names are lower case, and names that differ in case alone
// are one. A struct with a name that Hive's notation cannot carry is a string; what was only null
// is "void".
#ifndef ENGINES_INFER_JSON_H
#define ENGINES_INFER_JSON_H

#include "base/json.h"

// Sets "columns", "rows", "sampled_bytes", "format" and "compression" in `out`. Reads the first
// `sample_bytes` of the unpacked text, in steps of as many up to ten while no record was valid; 0:
// all of it. ERR_INVALID when there is no valid record; ERR_IO and kin.
enum err infer_json(struct arena *arena, const char *path, uint64_t sample_bytes, struct json *out,
                    struct error *error) MUST_CHECK;

#endif
