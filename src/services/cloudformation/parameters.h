// SPDX-License-Identifier: Apache-2.0
// A template's parameters: their values in one operation.
//
// Values as they were given are text: {"Name": {"Value": "...", "Resolved": "..."}}; Resolved is
// what the SSM parameter of that name held when the operation began. Source: Parameters, AWS
// CloudFormation User Guide.
#ifndef CLOUDFORMATION_PARAMETERS_H
#define CLOUDFORMATION_PARAMETERS_H

#include "lake/call.h"
#include "services/cloudformation/template.h"

// `given`: a list of {"ParameterKey", "ParameterValue", "UsePreviousValue"}. `previous`: the
// stack's values, or NULL. ERR_INVALID with CloudFormation's words when one is missing, unknown, or
// breaks a constraint.
enum err parameters_values(struct call *call, const struct template *template,
                           const struct json *given, const struct json *previous,
                           struct json **out_values) MUST_CHECK;
// Names to what a Ref gives: text, or a list of texts for the list types.
struct json *parameters_resolved(struct arena *arena, const struct template *template,
                                 const struct json *values);
// As Describe shows them: a list; NoEcho ones as "****".
struct json *parameters_shown(struct arena *arena, const struct template *template,
                              const struct json *values);

#endif
