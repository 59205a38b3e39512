// SPDX-License-Identifier: Apache-2.0
// CreateStack, UpdateStack, DeleteStack and what belongs to them.
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/request.h"

static struct json *stack_id_reply(struct call *call, const struct json *stack)
{
    return json_set(call->arena, json_object(call->arena), "StackId", json_get(stack, "Arn"));
}

// OnFailure, or DisableRollback, which is DO_NOTHING.
static enum err set_on_failure(struct call *call, const struct json *in, struct json *stack)
{
    if (json_has(in, "OnFailure") && json_has(in, "DisableRollback"))
        return error_set(&call->error, ERR_INVALID,
                         "Only one of DisableRollback and OnFailure may be specified");
    bool disabled = json_bool_or(in, "DisableRollback", false);
    struct str on_failure =
        json_str_or(in, "OnFailure", disabled ? S("DO_NOTHING") : S("ROLLBACK"));
    json_set_str(call->arena, stack, "OnFailure", on_failure);
    json_set_bool(call->arena, stack, "DisableRollback", str_is(on_failure, "DO_NOTHING"));
    return OK;
}

enum err cloudformation_create_stack(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *stack;
    struct request request;
    TRY(stack_new(call, json_str(in, "StackName"), &stack));
    TRY(request_read(call, in, stack, &request));
    TRY(set_on_failure(call, in, stack));
    json_set(arena, stack, "TimeoutInMinutes", json_get(in, "TimeoutInMinutes"));
    json_set(arena, stack, "EnableTerminationProtection",
             json_get(in, "EnableTerminationProtection"));
    json_set(arena, stack, "Description", json_get(request.template.document, "Description"));
    static const char *const shown[] = {"Parameters", "Tags", "Capabilities", "RoleARN",
                                        "NotificationARNs"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        json_set(arena, stack, shown[i], json_get(request.operation, shown[i]));
    TRY(stack_template_put(call, json_str(stack, "Id"), S("current"), request.template.text));
    TRY(engine_begin(call, stack, request.operation, "create", "CREATE_IN_PROGRESS",
                     &request.template.text));
    *out = stack_id_reply(call, stack);
    return OK;
}

enum err cloudformation_update_stack(struct call *call, const struct json *in, struct json **out)
{
    struct json *stack, *changes;
    struct request request;
    bool nothing;
    TRY(stack_get_locked(call, json_str(in, "StackName"), &stack));
    TRY(request_check_updatable(call, stack));
    TRY(request_read(call, in, stack, &request));
    TRY(request_plan(call, &request, stack, &changes, &nothing));
    if (nothing)
        return error_set(&call->error, ERR_INVALID, "No updates are to be performed.");
    json_set_i64(call->arena, stack, "UpdatedMs", call->now_ms);
    TRY(engine_begin(call, stack, request.operation, "update", "UPDATE_IN_PROGRESS",
                     &request.template.text));
    *out = stack_id_reply(call, stack);
    return OK;
}

// A stack that was never more than a change set has nothing to delete.
static enum err delete_now(struct call *call, struct json *stack)
{
    json_remove(stack, S("Operation"));
    json_set_i64(call->arena, stack, "DeletedMs", call->now_ms);
    TRY(stack_set_status(call, stack, "DELETE_COMPLETE", STR_NONE));
    TRY(stack_release_name(call, stack));
    return stack_put(call, stack);
}

enum err cloudformation_delete_stack(struct call *call, const struct json *in, struct json **out)
{
    struct json *stack;
    struct str name = json_str(in, "StackName");
    enum err err = stack_lock(call, name, &stack);
    if (err == ERR_NOT_FOUND || (err == OK && str_is(json_str(stack, "Status"), "DELETE_COMPLETE")))
        return OK; // as in AWS: deleting what is not there succeeds
    TRY(err);
    if (json_bool_or(stack, "EnableTerminationProtection", false))
        return error_set(&call->error, ERR_INVALID,
                         "Stack [%.*s] cannot be deleted while TerminationProtection is enabled",
                         STR_ARG(json_str(stack, "Name")));
    if (json_count(json_get(in, "RetainResources")) &&
        !str_is(json_str(stack, "Status"), "DELETE_FAILED"))
        return error_set(&call->error, ERR_INVALID,
                         "Invalid operation on stack [%.*s]. Specify resources to retain only when "
                         "the stack is in the "
                         "DELETE_FAILED state.",
                         STR_ARG(json_str(stack, "Name")));
    if (str_is(json_str(stack, "Status"), "DELETE_IN_PROGRESS"))
        return OK;
    if (str_is(json_str(stack, "Status"), "REVIEW_IN_PROGRESS"))
        return delete_now(call, stack);
    TRY(exports_set(call, stack, NULL, NULL));
    json_remove(stack, S("Outputs"));
    json_remove(stack, S("Imports"));
    struct json *operation = json_object(call->arena);
    json_set(call->arena, operation, "Retain", json_get(in, "RetainResources"));
    json_set(call->arena, operation, "RoleARN", json_get(in, "RoleARN"));
    if (json_str(in, "ClientRequestToken").len)
        json_set(call->arena, operation, "Token", json_get(in, "ClientRequestToken"));
    return engine_begin(call, stack, operation, "delete", "DELETE_IN_PROGRESS", NULL);
}

enum err cloudformation_continue_update_rollback(struct call *call, const struct json *in,
                                                 struct json **out)
{
    struct json *stack;
    TRY(stack_get_locked(call, json_str(in, "StackName"), &stack));
    if (!str_is(json_str(stack, "Status"), "UPDATE_ROLLBACK_FAILED"))
        return error_set(&call->error, ERR_INVALID,
                         "Stack:%.*s is in %.*s state and can not continue update rollback.",
                         STR_ARG(json_str(stack, "Arn")), STR_ARG(json_str(stack, "Status")));
    *out = json_object(call->arena);
    return engine_resume(call, stack, "UPDATE_ROLLBACK_IN_PROGRESS");
}

enum err cloudformation_update_termination_protection(struct call *call, const struct json *in,
                                                      struct json **out)
{
    struct json *stack;
    TRY(stack_get_locked(call, json_str(in, "StackName"), &stack));
    json_set(call->arena, stack, "EnableTerminationProtection",
             json_get(in, "EnableTerminationProtection"));
    *out = stack_id_reply(call, stack);
    return stack_put(call, stack);
}
