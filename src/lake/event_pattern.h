// SPDX-License-Identifier: Apache-2.0
// Event patterns: EventBridge's filter language, which Lambda's event source mappings share.
//
// A pattern is compiled once and then matched against events. It has the event's structure; every
// leaf is an array of alternatives, of which one must match:
//     {"source": ["aws.s3"], "detail": {"object": {"key": [{"prefix": "raw/"}], "size":
//     [{"numeric": [">", 0]}]}}}
// Alternatives: strings, numbers (compared as they are written), true, false, null; and objects of
// one of: prefix, suffix, equals-ignore-case, anything-but, numeric, cidr, exists, wildcard. "$or"
// holds patterns of which one must match. Where the event has an array, one of its elements must
// match; all conditions below an array of objects hold for the same element.
//
// Specified by "Event patterns" and "Comparison operators" in the Amazon EventBridge User Guide.
//
// Ownership: a compiled pattern lives in the arena it was given, and so must the pattern's text.
// Errors: ERR_INVALID, with the reason.
#ifndef LAKE_EVENT_PATTERN_H
#define LAKE_EVENT_PATTERN_H

#include "base/json.h"

#define EVENT_PATTERN_BYTES_MAX 4096
#define EVENT_PATTERN_DEPTH_MAX 64

struct event_pattern;
enum err event_pattern_compile(struct arena *arena, struct str text,
                               struct event_pattern **out_pattern, struct error *error) MUST_CHECK;
bool event_pattern_match(const struct event_pattern *pattern, const struct json *event);

#endif
