// SPDX-License-Identifier: Apache-2.0
// Planning needs no foreign work, so a change set is complete (or has failed) when CreateChangeSet
// answers; clients that wait for it find it so.
#include "services/cloudformation/change_set.h"

#include "base/timefmt.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/parameters.h"
#include "services/cloudformation/request.h"

#define NO_CHANGES                                                                                 \
    "The submitted information didn't contain changes. Submit different information to create a "  \
    "change set."

static struct key *change_set_key(struct call *call, struct key *key, struct str id)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_CHANGE_SET), call->region), id);
}

// --- finding

static enum err refuse_absent(struct call *call, struct str name)
{
    FAIL(call, CLOUDFORMATION_CHANGE_SET_NOT_FOUND, "ChangeSet [%.*s] does not exist",
         STR_ARG(name));
}

enum err change_set_find(struct call *call, struct str name, struct str stack_name,
                         struct json **out_stack, struct json **out_change_set)
{
    struct arn arn;
    struct key key;
    struct str id;
    bool by_arn = arn_parse(name, &arn);
    if (by_arn) {
        size_t slash = str_rfind_char(arn.resource, '/');
        id = slash == STR_NPOS ? STR_NONE : str_from(arn.resource, slash + 1);
    } else {
        if (!stack_name.len)
            return error_set(
                &call->error, ERR_INVALID,
                "StackName must be specified if ChangeSetName is not specified as an ARN.");
        TRY(stack_get(call, stack_name, out_stack));
        id = json_as_str(json_get_str(json_get(*out_stack, "ChangeSets"), name));
    }
    enum err err =
        id.len ? tx_get_json(call->tx, change_set_key(call, &key, id), call->arena, out_change_set)
               : ERR_NOT_FOUND;
    if (err == ERR_NOT_FOUND)
        return refuse_absent(call, name);
    TRY(err);
    if (!by_arn)
        return OK;
    struct str stack_id = json_str(*out_change_set, "StackId");
    return stack_get(call, call_arn(call, "cloudformation", "stack/x/%.*s", STR_ARG(stack_id)),
                     out_stack);
}

// The same with the stack's row locked.
static enum err find_locked(struct call *call, const struct json *in, struct json **out_stack,
                            struct json **out_change_set)
{
    struct json *unlocked;
    TRY(change_set_find(call, json_str(in, "ChangeSetName"), json_str(in, "StackName"), &unlocked,
                        out_change_set));
    TRY(stack_lock_id(call, json_str(unlocked, "Id"), out_stack));
    return change_set_find(call, json_str(in, "ChangeSetName"), json_str(in, "StackName"),
                           &unlocked, out_change_set);
}

static enum err remove_one(struct call *call, const struct json *stack, struct str id)
{
    struct key key;
    TRY(stack_template_delete(call, json_str(stack, "Id"), id));
    return tx_delete(call->tx, change_set_key(call, &key, id));
}

// --- CreateChangeSet

static enum err stack_of(struct call *call, const struct json *in, bool create,
                         struct json **out_stack)
{
    struct str name = json_str(in, "StackName");
    enum err err = stack_lock(call, name, out_stack);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    bool reviewed = err == OK && str_is(json_str(*out_stack, "Status"), "REVIEW_IN_PROGRESS");
    if (!create && (err != OK || reviewed))
        return error_set(&call->error, ERR_INVALID, "Stack [%.*s] does not exist", STR_ARG(name));
    if (!create)
        return request_check_updatable(call, *out_stack);
    if (err == OK && !reviewed)
        return error_set(&call->error, ERR_INVALID,
                         "Stack [%.*s] already exists and cannot be created again with the "
                         "changeSet [%.*s].",
                         STR_ARG(name), STR_ARG(json_str(in, "ChangeSetName")));
    if (reviewed)
        return OK;
    TRY(stack_new(call, name, out_stack));
    return stack_set_status(call, *out_stack, "REVIEW_IN_PROGRESS", S("User Initiated"));
}

static struct json *new_change_set(struct call *call, const struct json *in, struct json *stack,
                                   struct str type)
{
    struct arena *arena = call->arena;
    struct str id = call_uuid(call), name = json_str(in, "ChangeSetName");
    struct json *row = json_set_str(arena, json_object(arena), "Id", id);
    json_set_str(arena, row, "Name", name);
    json_set_str(
        arena, row, "Arn",
        call_arn(call, "cloudformation", "changeSet/%.*s/%.*s", STR_ARG(name), STR_ARG(id)));
    json_set(arena, row, "StackId", json_get(stack, "Id"));
    json_set_str(arena, row, "Type", type);
    json_set_i64(arena, row, "CreatedMs", call->now_ms);
    json_set(arena, row, "Description", json_get(in, "Description"));
    json_set(arena, row, "OnStackFailure", json_get(in, "OnStackFailure"));
    struct json *known = json_get(stack, "ChangeSets");
    if (!known)
        json_set(arena, stack, "ChangeSets", known = json_object(arena));
    json_set_named(arena, known, name, json_string(arena, id));
    return row;
}

static void set_outcome(struct call *call, struct json *row, struct json *changes, bool nothing)
{
    struct arena *arena = call->arena;
    json_set(arena, row, "Changes", changes);
    json_set_str(arena, row, "Status", nothing ? S("FAILED") : S("CREATE_COMPLETE"));
    json_set_str(arena, row, "ExecutionStatus", nothing ? S("UNAVAILABLE") : S("AVAILABLE"));
    if (nothing)
        json_set_str(arena, row, "StatusReason", S(NO_CHANGES));
}

enum err cloudformation_create_change_set(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct arena *arena = call->arena;
    struct str type = json_str_or(in, "ChangeSetType", S("UPDATE")),
               name = json_str(in, "ChangeSetName");
    struct json *stack, *changes;
    struct request request;
    struct key key;
    bool nothing;
    if (str_is(type, "IMPORT"))
        return error_set(&call->error, ERR_UNSUPPORTED, "ChangeSetType IMPORT is not implemented");
    TRY(stack_of(call, in, str_is(type, "CREATE"), &stack));
    if (json_get_str(json_get(stack, "ChangeSets"), name))
        FAIL(call, CLOUDFORMATION_ALREADY_EXISTS, "ChangeSet %.*s already exists", STR_ARG(name));
    TRY(request_read(call, in, stack, &request));
    TRY(request_plan(call, &request, stack, &changes, &nothing));
    struct json *row = new_change_set(call, in, stack, type);
    set_outcome(call, row, changes, nothing && !str_is(type, "CREATE"));
    json_set(arena, row, "Operation", request.operation);
    json_set(arena, row, "Parameters",
             parameters_shown(arena, &request.template, json_get(request.operation, "Parameters")));
    TRY(tx_put_json(call->tx, change_set_key(call, &key, json_str(row, "Id")), row));
    TRY(stack_template_put(call, json_str(stack, "Id"), json_str(row, "Id"),
                           request.template.text));
    TRY(stack_put(call, stack));
    *out = json_set(arena, json_object(arena), "Id", json_get(row, "Arn"));
    json_set(arena, *out, "StackId", json_get(stack, "Arn"));
    return OK;
}

// --- showing

static void show_common(struct arena *arena, const struct json *stack, const struct json *row,
                        struct json *shown)
{
    json_set(arena, shown, "ChangeSetName", json_get(row, "Name"));
    json_set(arena, shown, "ChangeSetId", json_get(row, "Arn"));
    json_set(arena, shown, "StackId", json_get(stack, "Arn"));
    json_set(arena, shown, "StackName", json_get(stack, "Name"));
    json_set(arena, shown, "Description", json_get(row, "Description"));
    json_set(arena, shown, "CreationTime", time_json(arena, json_i64_or(row, "CreatedMs", 0)));
    json_set(arena, shown, "ExecutionStatus", json_get(row, "ExecutionStatus"));
    json_set(arena, shown, "Status", json_get(row, "Status"));
    json_set(arena, shown, "StatusReason", json_get(row, "StatusReason"));
    json_set_bool(arena, shown, "IncludeNestedStacks", false);
}

enum err cloudformation_describe_change_set(struct call *call, const struct json *in,
                                            struct json **out)
{
    struct arena *arena = call->arena;
    struct json *stack, *row, *changes = json_array(arena);
    TRY(change_set_find(call, json_str(in, "ChangeSetName"), json_str(in, "StackName"), &stack,
                        &row));
    const struct json *operation = json_get(row, "Operation");
    struct json *shown = json_object(arena);
    show_common(arena, stack, row, shown);
    json_set(arena, shown, "Parameters", json_get(row, "Parameters"));
    json_set(arena, shown, "NotificationARNs", json_get(operation, "NotificationARNs"));
    json_set(arena, shown, "RollbackConfiguration", json_object(arena));
    json_set(arena, shown, "Capabilities", json_get(operation, "Capabilities"));
    json_set(arena, shown, "Tags", json_get(operation, "Tags"));
    JSON_EACH (change, json_get(row, "Changes")) {
        struct json *one = json_set_str(arena, json_object(arena), "Type", S("Resource"));
        json_push(arena, changes, json_set(arena, one, "ResourceChange", change));
    }
    json_set(arena, shown, "Changes", changes);
    *out = shown;
    return OK;
}

enum err cloudformation_list_change_sets(struct call *call, const struct json *in,
                                         struct json **out)
{
    struct arena *arena = call->arena;
    struct json *stack, *summaries = json_array(arena);
    TRY(stack_get(call, json_str(in, "StackName"), &stack));
    JSON_EACH_MEMBER (m, json_get(stack, "ChangeSets")) {
        struct key key;
        struct json *row;
        TRY(tx_get_json(call->tx, change_set_key(call, &key, json_as_str(m->value)), arena, &row));
        struct json *shown = json_object(arena);
        show_common(arena, stack, row, shown);
        json_push(arena, summaries, shown);
    }
    *out = json_set(arena, json_object(arena), "Summaries", summaries);
    return OK;
}

// --- ExecuteChangeSet, DeleteChangeSet

static enum err begin_create(struct call *call, const struct json *in, struct json *stack,
                             const struct json *row, struct str text)
{
    struct arena *arena = call->arena;
    struct json *operation = json_get(row, "Operation");
    static const char *const shown[] = {"Parameters", "Tags", "Capabilities", "RoleARN",
                                        "NotificationARNs"};
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++)
        json_set(arena, stack, shown[i], json_get(operation, shown[i]));
    struct template template;
    TRY(template_read(arena, text, &template, &call->error));
    json_set(arena, stack, "Description", json_get(template.document, "Description"));
    bool disabled = json_bool_or(in, "DisableRollback", false);
    json_set_bool(arena, stack, "DisableRollback", disabled);
    json_set_str(arena, stack, "OnFailure",
                 disabled ? S("DO_NOTHING") : json_str_or(row, "OnStackFailure", S("ROLLBACK")));
    TRY(stack_template_put(call, json_str(stack, "Id"), S("current"), text));
    return engine_begin(call, stack, operation, "create", "CREATE_IN_PROGRESS", &text);
}

static enum err begin_update(struct call *call, const struct json *in, struct json *stack,
                             const struct json *row, struct str text)
{
    struct json *operation = json_get(row, "Operation");
    TRY(request_check_updatable(call, stack));
    json_set(call->arena, operation, "DisableRollback", json_get(in, "DisableRollback"));
    json_set_i64(call->arena, stack, "UpdatedMs", call->now_ms);
    return engine_begin(call, stack, operation, "update", "UPDATE_IN_PROGRESS", &text);
}

// All change sets of the stack go with the execution of one: they were planned for what was there
// before.
static enum err remove_all(struct call *call, struct json *stack)
{
    JSON_EACH_MEMBER (m, json_get(stack, "ChangeSets"))
        TRY(remove_one(call, stack, json_as_str(m->value)));
    json_remove(stack, S("ChangeSets"));
    return OK;
}

enum err cloudformation_execute_change_set(struct call *call, const struct json *in,
                                           struct json **out)
{
    struct json *stack, *row;
    struct str text;
    TRY(find_locked(call, in, &stack, &row));
    if (!str_is(json_str(row, "ExecutionStatus"), "AVAILABLE"))
        FAIL(call, CLOUDFORMATION_INVALID_CHANGE_SET_STATUS,
             "ChangeSet [%.*s] cannot be executed in its current status of [%.*s]",
             STR_ARG(json_str(row, "Arn")), STR_ARG(json_str(row, "Status")));
    TRY(stack_template_text(call, json_str(stack, "Id"), json_str(row, "Id"), &text));
    TRY(remove_all(call, stack));
    json_set(call->arena, stack, "ChangeSetId", json_get(row, "Arn"));
    if (json_str(in, "ClientRequestToken").len)
        json_set(call->arena, json_get(row, "Operation"), "Token",
                 json_get(in, "ClientRequestToken"));
    *out = json_object(call->arena);
    return str_is(json_str(row, "Type"), "CREATE") ? begin_create(call, in, stack, row, text)
                                                   : begin_update(call, in, stack, row, text);
}

enum err cloudformation_delete_change_set(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct json *stack, *row;
    enum err err = find_locked(call, in, &stack, &row);
    *out = json_object(call->arena);
    if (err == ERR_CODED && call->code == &CLOUDFORMATION_CHANGE_SET_NOT_FOUND) {
        call->code = NULL;
        call->error = (struct error){0};
        return OK; // as in AWS: deleting what is not there succeeds
    }
    TRY(err);
    TRY(remove_one(call, stack, json_str(row, "Id")));
    json_remove(json_get(stack, "ChangeSets"), json_str(row, "Name"));
    return stack_put(call, stack);
}
