// SPDX-License-Identifier: Apache-2.0
// Where JSON values end, found without parsing them: for cutting text that several threads share.
//
// A scanner is fed text in pieces and keeps its state between them: inside a string or not, behind
// a backslash, how deep. It trusts that the text is JSON; for text that is not it answers
// something, and whoever parses the piece finds out.
//
// The functions are compiled for each variant and called through variant.h's table.
#ifndef COLUMNAR_BOUNDARY_H
#define COLUMNAR_BOUNDARY_H

#include "base/str.h"

struct boundary {
    bool in_string, escaped; // at the end of what was fed
    int64_t depth;           // of { and [, relative to the start
};
// Feeds `text` and gives the offset behind the last closing bracket in it that came down to `depth`
// (0: concatenated values; 1: items of a top-level array); SIZE_MAX when there is none. Text is
// readable SIMD_PADDING bytes past its end.
typedef size_t boundary_last_function(struct boundary *state, struct str text, int64_t depth);
// The offset behind the first such bracket, with the state there; with none SIZE_MAX and the state
// at the text's end.
typedef size_t boundary_first_function(struct boundary *state, struct str text, int64_t depth);
// Newlines in the text.
typedef uint64_t boundary_newlines_function(struct str text);

#endif
