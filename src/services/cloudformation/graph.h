// SPDX-License-Identifier: Apache-2.0
// In which order a template's resources are made.
//
// A resource comes after all that its properties refer to and all that its DependsOn names.
// Resources whose condition is false are not there; a branch of Fn::If that is not taken refers to
// nothing.
#ifndef CLOUDFORMATION_GRAPH_H
#define CLOUDFORMATION_GRAPH_H

#include "services/cloudformation/resolve.h"

// Logical ids in an order of making: template order wherever there is a choice. ERR_INVALID for a
// circle.
enum err graph_order(const struct scope *scope, struct json **out_order) MUST_CHECK;
// What one resource comes after.
struct json *graph_dependencies(const struct scope *scope, struct str logical);
// Whether the resource is there at all.
bool graph_is_active(const struct scope *scope, const struct json *resource);

#endif
