// SPDX-License-Identifier: Apache-2.0
// Templates: text to document, and what can be said about one before anything is known about its
// parameters.
//
// A template is JSON or YAML (base/yaml.h, with the short forms of intrinsic functions); a text
// that begins with '{' is JSON. After reading, both are the same document. Refusals are ERR_INVALID
// with CloudFormation's own words; the service answers them as ValidationError. Source: Template
// anatomy and Intrinsic function reference, AWS CloudFormation User Guide.
#ifndef CLOUDFORMATION_TEMPLATE_H
#define CLOUDFORMATION_TEMPLATE_H

#include "base/json.h"

#define TEMPLATE_BODY_BYTES_MAX 51200
#define TEMPLATE_URL_BYTES_MAX 1000000
#define TEMPLATE_RESOURCES_MAX 500

struct template
{
    struct str text;
    struct json *document;
    // Sections; empty objects when absent.
    struct json *parameters, *mappings, *conditions, *resources, *outputs;
};

// Reads and checks structure, names, types of resources, and that everything referred to is there.
enum err template_read(struct arena *arena, struct str text, struct template *out,
                       struct error *error) MUST_CHECK;

// Names that a value refers to by Ref, Fn::GetAtt and Fn::Sub, each once, added to the array
// `names`. With `conditions` (names to booleans) only the branch of Fn::If that is taken counts.
void template_references(struct arena *arena, const struct json *value,
                         const struct json *conditions, struct json *names);

// "Ref" or "Fn::..." when `value` is an intrinsic function's object, else STR_NONE.
struct str intrinsic_of(const struct json *value);
// The resource and the attribute of a Fn::GetAtt's argument: ["A", "B.C"] or "A.B.C".
bool get_att_parts(const struct json *argument, struct str *out_resource,
                   struct json **out_attribute, struct arena *arena);
// Walks a Fn::Sub's text: the next piece, as it stands or as the name of a variable. False at the
// end.
bool sub_next(struct str *rest, struct str *out_piece, bool *out_is_variable);

bool is_pseudo_parameter(struct str name);

// CAPABILITY_IAM, CAPABILITY_NAMED_IAM or NULL: what a caller must acknowledge, and the types that
// ask for it.
const char *template_capability(struct arena *arena, const struct template *template,
                                struct json *out_types);

#endif
