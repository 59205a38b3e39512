// SPDX-License-Identifier: Apache-2.0
// Stacks, their resources, templates, events and exports, as rows.
//
// A stack is JSON (members in AWS's names where the API has them):
//     Id (uuid), Name, Arn, Status, StatusReason, CreatedMs, UpdatedMs, DeletedMs, Description,
//     Parameters (parameters.h), Capabilities, Tags, Outputs, RoleARN, NotificationARNs,
//     DisableRollback, OnFailure, TimeoutInMinutes, EnableTerminationProtection, ChangeSetId, and
//     Operation while one is under way (engine.h)
// A live stack's name is a row of its own; a deleted stack is found by its id only.
//
// A resource is JSON: Logical, Type, Physical, Status, Reason, UpdatedMs, Properties (resolved),
// Attributes (for Fn::GetAtt), DependsOn (logical ids), DeletionPolicy, UpdateReplacePolicy,
// Metadata; and of the operation that touched it last: Operation (its id), Done ("created",
// "updated", "replaced", "same", "failed"), Before (what an undo needs), Leftovers (physical
// resources that were replaced and are still to be deleted).
#ifndef CLOUDFORMATION_STACK_H
#define CLOUDFORMATION_STACK_H

#include "lake/call.h"
#include "services/cloudformation/template.h"

// --- stacks. `name` may be a name, or the id (ARN) of a stack, deleted ones included.
// ERR_NOT_FOUND when there is none.
enum err stack_find(struct call *call, struct str name, struct json **out_stack) MUST_CHECK;
enum err stack_lock(struct call *call, struct str name, struct json **out_stack) MUST_CHECK;
// stack_find, stack_lock with CloudFormation's refusal when there is none.
enum err stack_get(struct call *call, struct str name, struct json **out_stack) MUST_CHECK;
enum err stack_get_locked(struct call *call, struct str name, struct json **out_stack) MUST_CHECK;
enum err stack_lock_id(struct call *call, struct str id, struct json **out_stack) MUST_CHECK;
enum err stack_put(struct call *call, const struct json *stack) MUST_CHECK;
// A new stack under a name that is free (AlreadyExistsException otherwise). Not yet stored.
enum err stack_new(struct call *call, struct str name, struct json **out_stack) MUST_CHECK;
enum err stack_release_name(struct call *call, const struct json *stack) MUST_CHECK;
bool stack_is_busy(const struct json *stack); // ..._IN_PROGRESS
// Sets status and reason, and appends the stack's own event.
enum err stack_set_status(struct call *call, struct json *stack, const char *status,
                          struct str reason) MUST_CHECK;

// --- templates. `slot`: "current", or the id of an operation or change set
enum err stack_template_put(struct call *call, struct str stack_id, struct str slot,
                            struct str text) MUST_CHECK;
enum err stack_template_text(struct call *call, struct str stack_id, struct str slot,
                             struct str *out) MUST_CHECK;
enum err stack_template_delete(struct call *call, struct str stack_id, struct str slot) MUST_CHECK;

// --- resources
enum err resources_load(struct call *call, struct str stack_id,
                        struct json **out_rows) MUST_CHECK; // logical id to row
enum err resource_put(struct call *call, const struct json *stack,
                      const struct json *row) MUST_CHECK;
enum err resource_remove(struct call *call, const struct json *stack,
                         struct str logical) MUST_CHECK;
bool resource_is_there(
    const struct json *row); // made, and neither deleted nor failed at being made

// --- events
enum err event_add(struct call *call, const struct json *stack, struct str logical,
                   struct str physical, struct str type, struct str status, struct str reason,
                   const struct json *properties) MUST_CHECK;

// --- exports
enum err export_value(struct call *call, struct str name,
                      struct json **out_value) MUST_CHECK; // ERR_NOT_FOUND
// Makes the stack's exports and imports what these outputs and names say. ERR_INVALID when an
// export that another stack imports would change or go, or when another stack has that name.
enum err exports_set(struct call *call, const struct json *stack, const struct json *outputs,
                     const struct json *imports) MUST_CHECK;

#endif
