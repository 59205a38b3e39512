// SPDX-License-Identifier: Apache-2.0
// What the expressions of a state see, and how they fail.
//
// A scope holds the values behind `$` (the state's data) and `$$` (the context object). A function
// that evaluates returns OK, or ERR_INVALID with the States Language's error name and a cause in
// the scope.
#ifndef STEPFUNCTIONS_SCOPE_H
#define STEPFUNCTIONS_SCOPE_H

#include "base/json.h"
#include "os/random.h"

struct scope {
    struct arena *arena;
    struct random *random;
    const struct json *input;   // $
    const struct json *context; // $$; NULL when the state does not use it
    struct str error;           // "States.Runtime", ...: after ERR_INVALID
    struct str cause;
};

#define STATES_RUNTIME "States.Runtime"

enum err scope_fail(struct scope *scope, const char *error, const char *format, ...)
    PRINTF_LIKE(3, 4);

// Whether `text` is a path that scope_path can read: `$...` or `$$...`.
enum err scope_path_check(struct arena *arena, struct str text, bool reference,
                          struct error *error) MUST_CHECK;
// The value at `text`. ERR_NOT_FOUND, or ERR_LIMIT for an index past an array's end; the scope's
// error is not set.
enum err scope_path(struct scope *scope, struct str text, struct json **out_value) MUST_CHECK;

// A payload template (Parameters, ResultSelector, ItemSelector): members whose names end in `.$`
// are paths or intrinsic function calls; everything else is copied.
enum err template_check(struct arena *arena, const struct json *value,
                        struct error *error) MUST_CHECK;
enum err template_fill(struct scope *scope, const struct json *value,
                       struct json **out_value) MUST_CHECK;

// A path or an intrinsic function call, as the value of the field `name`.
enum err expression_value(struct scope *scope, struct str name, struct str text,
                          struct json **out_value) MUST_CHECK;

// Intrinsic functions: `States.Format('{}', $.a)`. Checking knows names, numbers of arguments and
// nesting.
bool intrinsic_is(struct str text);
enum err intrinsic_check(struct arena *arena, struct str text, struct error *error) MUST_CHECK;
enum err intrinsic_value(struct scope *scope, struct str text, struct json **out_value) MUST_CHECK;

#endif
