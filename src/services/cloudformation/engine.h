// SPDX-License-Identifier: Apache-2.0
// The stack engine: a stack operation is a durable job that goes step by step.
//
// A step is one transaction: it makes, changes or deletes one resource through the other services'
// operations, writes the resource's row and appends its events. Where the job is, is in the rows; a
// server that is killed goes on there. The stack's row is locked by each step, and its member
// Operation says what is under way:
//
//     Id, Phase, Token (ClientRequestToken), StartedMs; and what the stack will have when it
//     succeeds: Parameters, Tags, Capabilities, RoleARN, NotificationARNs; DisableRollback; Retain
//     (DeleteStack's RetainResources); Reason
//
//     phase             does                                                          ends in
//     create            makes resources in order of dependency CREATE_COMPLETE, or on_failure
//     update            makes and changes resources in order of dependency update-cleanup, or undo
//     update-cleanup    deletes what was replaced or is no longer in the template UPDATE_COMPLETE
//     undo              puts back what update changed, in reverse order               undo-cleanup,
//     UPDATE_ROLLBACK_FAILED undo-cleanup      deletes what update made UPDATE_ROLLBACK_COMPLETE
//     rollback          deletes what create made ROLLBACK_COMPLETE, ROLLBACK_FAILED delete deletes
//     everything                                            DELETE_COMPLETE, DELETE_FAILED
//
// A job whose operation is no longer the stack's (a deletion began) ends without a word.
#ifndef CLOUDFORMATION_ENGINE_H
#define CLOUDFORMATION_ENGINE_H

#include "services/cloudformation/resolve.h"
#include "services/cloudformation/resource.h"
#include "services/cloudformation/stack.h"

// Begins an operation on a locked stack: sets Operation, Status and the stack's event, keeps the
// template (unless NULL) in the operation's slot, adds the job. The stack is stored.
enum err engine_begin(struct call *call, struct json *stack, struct json *operation,
                      const char *phase, const char *status,
                      const struct str *template_text) MUST_CHECK;

// Adds the job again for the operation that a locked stack still has.
enum err engine_resume(struct call *call, struct json *stack, const char *status) MUST_CHECK;

// One step's view.
struct step {
    struct call *call;
    const struct principal *principal;
    const struct template *template; // of the operation; NULL when deleting
    struct scope scope;
    struct json *order;     // logical ids of active resources
    struct json *stack;     // locked
    struct json *operation; // the stack's
    struct json *rows;
    bool finished; // the operation has ended: no more steps
};

// --- apply.c: one resource forward. *out_failed says that it was refused, with the reason in its
// row and events.
enum err apply_resource(struct step *step, struct str logical, bool *out_failed) MUST_CHECK;
// Puts one back to what its row's Before says.
enum err undo_resource(struct step *step, struct json *row, bool *out_failed) MUST_CHECK;
// The properties a resource has in this operation's template, with the stack's tags.
enum err desired_properties(struct scope *scope, struct str logical, const struct json *tags,
                            struct json **out) MUST_CHECK;

// --- remove.c
// Deletes one resource of those that `wanted` picks and nothing else needs; *out_done when none is
// left that can be. Failures are in the rows: Status DELETE_FAILED with Operation this one's id.
typedef bool row_filter(const struct step *step, const struct json *row);
enum err remove_next(struct step *step, row_filter *wanted, bool keep_row,
                     bool *out_done) MUST_CHECK;
// Deletes one replaced physical resource; *out_done when there is none.
enum err remove_leftover(struct step *step, bool *out_done) MUST_CHECK;

// --- engine.c: shared
struct json *step_row_new(struct step *step, struct str logical, struct str type);
enum err step_status(struct step *step, struct json *row, const char *status,
                     struct str reason) MUST_CHECK;
struct str step_refusal(struct step *step); // the last refusal in words, and the call cleared of it
bool is_of_operation(const struct step *step, const struct json *row);

// --- plan.c: what an operation would change
// A list of {"Action", "LogicalResourceId", "PhysicalResourceId", "ResourceType", "Replacement",
// "Scope", "Details"}.
enum err plan_changes(struct scope *scope, const struct json *order, const struct json *rows,
                      const struct json *tags, struct json **out_changes) MUST_CHECK;
// Outputs, resolved; the scope's imports are filled in.
enum err plan_outputs(struct scope *scope, struct json **out_outputs) MUST_CHECK;

#endif
