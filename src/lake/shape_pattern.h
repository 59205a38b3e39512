// SPDX-License-Identifier: Apache-2.0
// Patterns of string members: does the whole string match?
//
// Patterns are POSIX extended regular expressions over bytes, with what AWS's API models add to
// them: (?:group), \d \w \s and escapes within brackets. Lookaheads and Unicode classes are not
// understood: leave those to the handler.
//
// A pattern is compiled once per process and kept: patterns are string literals of shape tables, so
// their number is bounded by the program's text. (This memo is the one piece of state outside
// main's reach; it holds nothing but what can be computed from the program itself.)
//
// Threads: any. Errors: a pattern that does not compile is a bug of ours; pattern_is_sound lets a
// test find it first.
#ifndef LAKE_SHAPE_PATTERN_H
#define LAKE_SHAPE_PATTERN_H

#include "base/str.h"

bool pattern_matches(const char *pattern, struct str s);
bool pattern_is_sound(const char *pattern);

// The same for a pattern that a client gives: compiled for this once and forgotten. False, with
// *out_matches untouched, for one that is not understood or would cost too much (back references,
// huge repetitions).
bool pattern_match_once(struct str pattern, struct str s, bool *out_matches);

#endif
