// SPDX-License-Identifier: Apache-2.0
// What CreateStack, UpdateStack and CreateChangeSet have in common: a template, its parameters'
// values, capabilities.
#ifndef CLOUDFORMATION_REQUEST_H
#define CLOUDFORMATION_REQUEST_H

#include "services/cloudformation/engine.h"

struct request {
    struct template template;
    struct json *operation; // the members of engine.h's Operation that the request decides
    struct scope scope;     // parameters and conditions known
    struct json *order;
};

// The text from TemplateBody, TemplateURL, or (for a stack that is there) the one in use.
// ERR_INVALID.
enum err request_template_text(struct call *call, const struct json *in, const struct json *stack,
                               struct str *out_text) MUST_CHECK;
// Reads and checks everything; `stack` is the one to update (its values may be reused), or a new
// one.
enum err request_read(struct call *call, const struct json *in, const struct json *stack,
                      struct request *out) MUST_CHECK;
// What it would change on the stack. *out_nothing: neither resources nor outputs nor tags differ.
enum err request_plan(struct call *call, struct request *request, const struct json *stack,
                      struct json **out_changes, bool *out_nothing) MUST_CHECK;
// Whether the stack's status allows an update. ERR_INVALID.
enum err request_check_updatable(struct call *call, const struct json *stack) MUST_CHECK;

#endif
