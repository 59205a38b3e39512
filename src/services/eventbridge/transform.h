// SPDX-License-Identifier: Apache-2.0
// What a target receives of an event: all of it, a constant, a part (InputPath), or a text made
// from parts (InputTransformer).
//
// Specified by "Amazon EventBridge input transformation" in the User Guide. A template's <name>
// outside of quotes becomes the value as JSON; inside a quoted string it becomes the value's text,
// escaped. A path that leads nowhere becomes null, or nothing inside quotes.
#ifndef EVENTS_TRANSFORM_H
#define EVENTS_TRANSFORM_H

#include "base/json.h"

#define TRANSFORM_BYTES_MAX ((size_t)1 << 20)

// $.a.b[0]['c d']; NULL when it leads nowhere or is not a path.
const struct json *event_path(const struct json *event, struct str path);
bool event_path_valid(struct str path);

struct transform_context {
    struct str rule_arn, rule_name;
    int64_t ingested_ms;
};
// `target` holds at most one of Input, InputPath and InputTransformer.
struct str transform_input(struct arena *arena, const struct json *target, const struct json *event,
                           const struct transform_context *context);
// Checks paths, template and variables: ERR_INVALID with the reason.
enum err transform_check(const struct json *target, struct error *error) MUST_CHECK;

#endif
