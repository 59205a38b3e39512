// SPDX-License-Identifier: Apache-2.0
// JSONPath, as Step Functions reads it: the dialect of Jayway's JsonPath.
//
// `$.a.b[0]`, `$['a']`, negative and listed indexes, slices, wildcards, deep scans, filters `[?(@.x
// > 1 && ...)]`, and the functions length(), keys(), min(), max(), avg(), sum() at the end. A path
// that can match only one place (names and indexes) is definite: it yields that value or nothing.
// Any other yields an array of its matches, perhaps empty.
//
// A reference path (ResultPath, ItemsPath...) is a definite path without functions and negative
// indexes.
//
// Specified in: states-language.net ("Paths", "Reference Paths") and the JsonPath project's README.
// Not done: `=~` and the filter operators other than == != < <= > >= in nin; a path that uses them
// is refused.
#ifndef STEPFUNCTIONS_PATH_H
#define STEPFUNCTIONS_PATH_H

#include "base/json.h"

struct path;
// `text` starts with `$` and must live as long as the path. ERR_SYNTAX with words in `error`.
enum err path_parse(struct arena *arena, struct str text, struct path **out_path,
                    struct error *error) MUST_CHECK;
bool path_is_reference(const struct path *path);

// ERR_NOT_FOUND when a definite path leads nowhere; ERR_LIMIT when only its last index is past the
// end of its array.
enum err path_get(struct arena *arena, const struct path *path, const struct json *root,
                  struct json **out_value) MUST_CHECK;

// A copy of `root` with `value` at a reference path; missing objects are made. ERR_INVALID where
// the path runs into something that is neither object nor (within its bounds) array.
enum err path_set(struct arena *arena, const struct path *path, const struct json *root,
                  struct json *value, struct json **out_root) MUST_CHECK;

#endif
