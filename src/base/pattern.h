// SPDX-License-Identifier: Apache-2.0
// Two small pattern languages. Both match the whole text and take time proportional to pattern times text at worst,
// whatever the pattern.
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include "base/str.h"

// '*' is any run of bytes, '?' any one character; all else stands for itself. IAM's resources and actions,
// EventBridge's wildcard filters (which have no '?': see wildcard_match_star).
bool wildcard_match(struct str pattern, struct str text);
// The same with '?' standing for itself, and '\' before '*' or '\' taking away its meaning, as EventBridge has it.
bool wildcard_match_star(struct str pattern, struct str text);

// Glue crawlers' exclude patterns, over paths with '/':
//     *       any run within a name          **      any run, across names
//     ?       one character, not '/'         {a,b}   either; not nested
//     [a-c]   one of a set, [!a-c] not of it \x      x itself
// See "Include and exclude patterns" in the AWS Glue guide. Characters are UTF-8, except in sets, which hold ASCII.
#define GLOB_BYTES_MAX 1024
bool glob_is_valid(struct str pattern); // brackets and braces closed, within GLOB_BYTES_MAX
bool glob_match(struct str pattern, struct str text); // false for a pattern that is not valid

#endif
