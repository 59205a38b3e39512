// SPDX-License-Identifier: Apache-2.0
// Change sets: an operation that was planned and waits to be executed.
//
// A change set is a row of its own: Id (uuid), Name, Arn, StackId (the stack's uuid), Type, Status,
// StatusReason, ExecutionStatus, CreatedMs, Description, Changes (plan.c), Operation (what
// ExecuteChangeSet begins), OnFailure. Its template is in the stack's slot of its id; the stack's
// member ChangeSets maps names to ids.
#ifndef CLOUDFORMATION_CHANGE_SET_H
#define CLOUDFORMATION_CHANGE_SET_H

#include "lake/call.h"

// By name and stack, or by its ARN alone. ChangeSetNotFoundException.
enum err change_set_find(struct call *call, struct str name, struct str stack_name,
                         struct json **out_stack, struct json **out_change_set) MUST_CHECK;

#endif
