// SPDX-License-Identifier: Apache-2.0
// Intrinsic functions: from a template's values to plain ones.
//
// A scope says what names stand for. Resources are the rows of the stack (stack.h), by logical id:
// a Ref is a row's "Physical", a Fn::GetAtt one of its "Attributes".
//
// Planning: when a change is foreseen and not yet made, a resource may not be there or will be
// replaced. What depends on it then resolves to text that contains RESOLVE_UNKNOWN, which differs
// from every value there was before.
//
// Source: Intrinsic function reference, AWS CloudFormation User Guide. Errors: ERR_INVALID with
// CloudFormation's words in call->error; ERR_UNSUPPORTED naming the function.
#ifndef CLOUDFORMATION_RESOLVE_H
#define CLOUDFORMATION_RESOLVE_H

#include "lake/call.h"
#include "services/cloudformation/template.h"

#define RESOLVE_UNKNOWN                                                                            \
    "\x01"                                                                                         \
    "known after apply"

struct scope {
    struct call *call;
    const struct template *template;
    struct str stack_name, stack_arn;
    const struct json *notification_arns;
    const struct json *parameters; // name to string or list of strings: parameters_resolved
    struct json *conditions;       // name to boolean: scope_conditions fills it in
    const struct json *resources;  // logical id to row
    struct json *imports;          // names of exports that were used are added; may be NULL
    bool planning;
    bool unknown_met; // planning: something was not known
    size_t depth;
};

// Evaluates all conditions into scope->conditions.
enum err scope_conditions(struct scope *scope) MUST_CHECK;
bool scope_condition(const struct scope *scope, struct str name);

// *out is NULL for AWS::NoValue.
enum err resolve(struct scope *scope, const struct json *value, struct json **out) MUST_CHECK;
// One that must be text; numbers and booleans are written out.
enum err resolve_text(struct scope *scope, const struct json *value, const char *what,
                      struct str *out) MUST_CHECK;

// A scalar as text ("true", "12"); STR_NONE for lists and objects.
struct str scalar_text(const struct json *value);

#endif
