// SPDX-License-Identifier: Apache-2.0
// The rows of stacks. Everything but names and exports lives under a stack's id, so that a new
// stack of the same name shares nothing with the one before it.
#include "services/cloudformation/stack.h"

#include "base/timefmt.h"
#include "services/cloudformation/cloudformation.h"

static struct key *stack_key(struct call *call, struct key *key, struct str id)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_STACK), call->region), id);
}

static struct key *name_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_NAME), call->region), name);
}

// --- stacks

// The id behind a name or an ARN: arn:aws:cloudformation:REGION:ACCOUNT:stack/NAME/ID.
static enum err id_of(struct call *call, struct str name, struct str *out_id)
{
    struct arn arn;
    if (arn_parse(name, &arn)) {
        size_t slash = str_rfind_char(arn.resource, '/');
        *out_id = slash == STR_NPOS ? STR_NONE : str_from(arn.resource, slash + 1);
        bool ours = str_is(arn.service, "cloudformation") && str_eq(arn.region, call->region) &&
                    str_starts(arn.resource, S("stack/"));
        return ours && out_id->len ? OK : ERR_NOT_FOUND;
    }
    struct key key;
    return tx_get(call->tx, name_key(call, &key, name), call->arena, out_id);
}

enum err stack_find(struct call *call, struct str name, struct json **out_stack)
{
    struct key key;
    struct str id;
    TRY(id_of(call, name, &id));
    return tx_get_json(call->tx, stack_key(call, &key, id), call->arena, out_stack);
}

enum err stack_lock_id(struct call *call, struct str id, struct json **out_stack)
{
    struct key key;
    return tx_lock_json(call->tx, stack_key(call, &key, id), call->arena, out_stack);
}

enum err stack_lock(struct call *call, struct str name, struct json **out_stack)
{
    struct str id;
    TRY(id_of(call, name, &id));
    return stack_lock_id(call, id, out_stack);
}

static enum err refuse_absent(struct call *call, struct str name, enum err err)
{
    if (err != ERR_NOT_FOUND)
        return err;
    return error_set(&call->error, ERR_INVALID, "Stack with id %.*s does not exist", STR_ARG(name));
}

enum err stack_get(struct call *call, struct str name, struct json **out_stack)
{
    return refuse_absent(call, name, stack_find(call, name, out_stack));
}

enum err stack_get_locked(struct call *call, struct str name, struct json **out_stack)
{
    return refuse_absent(call, name, stack_lock(call, name, out_stack));
}

enum err stack_put(struct call *call, const struct json *stack)
{
    struct key key;
    return tx_put_json(call->tx, stack_key(call, &key, json_str(stack, "Id")), stack);
}

enum err stack_new(struct call *call, struct str name, struct json **out_stack)
{
    struct key key;
    struct str id = call_uuid(call), other;
    enum err err = tx_lock(call->tx, name_key(call, &key, name), call->arena, &other);
    if (err == OK)
        FAIL(call, CLOUDFORMATION_ALREADY_EXISTS, "Stack [%.*s] already exists", STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(tx_put(call->tx, &key, id));
    struct json *stack = json_object(call->arena);
    json_set_str(call->arena, stack, "Id", id);
    json_set_str(call->arena, stack, "Name", name);
    json_set_str(call->arena, stack, "Arn",
                 call_arn(call, "cloudformation", "stack/%.*s/%.*s", STR_ARG(name), STR_ARG(id)));
    json_set_i64(call->arena, stack, "CreatedMs", call->now_ms);
    *out_stack = stack;
    return OK;
}

enum err stack_release_name(struct call *call, const struct json *stack)
{
    struct key key;
    return tx_delete(call->tx, name_key(call, &key, json_str(stack, "Name")));
}

bool stack_is_busy(const struct json *stack)
{
    struct str status = json_str(stack, "Status");
    return str_ends(status, S("_IN_PROGRESS")) && !str_is(status, "REVIEW_IN_PROGRESS");
}

enum err stack_set_status(struct call *call, struct json *stack, const char *status,
                          struct str reason)
{
    json_set_str(call->arena, stack, "Status", str_of(status));
    json_remove(stack, S("StatusReason"));
    if (reason.len)
        json_set_str(call->arena, stack, "StatusReason", reason);
    call_wake(call, str_format(call->arena, "cloudformation/%.*s", STR_ARG(json_str(stack, "Id"))));
    return event_add(call, stack, json_str(stack, "Name"), json_str(stack, "Arn"),
                     S("AWS::CloudFormation::Stack"), str_of(status), reason, NULL);
}

// --- templates

static struct key *template_key(struct key *key, struct str stack_id, struct str slot)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_TEMPLATE), stack_id), slot);
}

enum err stack_template_put(struct call *call, struct str stack_id, struct str slot,
                            struct str text)
{
    struct key key;
    return tx_put(call->tx, template_key(&key, stack_id, slot), text);
}

enum err stack_template_text(struct call *call, struct str stack_id, struct str slot,
                             struct str *out)
{
    struct key key;
    return tx_get(call->tx, template_key(&key, stack_id, slot), call->arena, out);
}

enum err stack_template_delete(struct call *call, struct str stack_id, struct str slot)
{
    struct key key;
    return tx_delete(call->tx, template_key(&key, stack_id, slot));
}

// --- resources

static struct key *resource_key(struct key *key, struct str stack_id, struct str logical)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_RESOURCE), stack_id), logical);
}

enum err resources_load(struct call *call, struct str stack_id, struct json **out_rows)
{
    struct key prefix;
    struct str key, value;
    struct json *rows = json_object(call->arena);
    key_str(key_start(&prefix, KEYSPACE_CLOUDFORMATION_RESOURCE), stack_id);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *row;
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        json_set_named(call->arena, rows, json_str(row, "Logical"), row);
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    *out_rows = rows;
    return OK;
}

enum err resource_put(struct call *call, const struct json *stack, const struct json *row)
{
    struct key key;
    return tx_put_json(call->tx,
                       resource_key(&key, json_str(stack, "Id"), json_str(row, "Logical")), row);
}

enum err resource_remove(struct call *call, const struct json *stack, struct str logical)
{
    struct key key;
    return tx_delete(call->tx, resource_key(&key, json_str(stack, "Id"), logical));
}

bool resource_is_there(const struct json *row)
{
    return row && json_str(row, "Physical").ptr &&
           !str_is(json_str(row, "Status"), "DELETE_COMPLETE") &&
           !str_is(json_str(row, "Status"), "DELETE_SKIPPED");
}

// --- events

enum err event_add(struct call *call, const struct json *stack, struct str logical,
                   struct str physical, struct str type, struct str status, struct str reason,
                   const struct json *properties)
{
    struct arena *arena = call->arena;
    struct json *event = json_object(arena);
    uint64_t sequence;
    struct key key;
    TRY(store_next(tx_store(call->tx), "cloudformation_event", &sequence));
    bool of_stack = str_is(type, "AWS::CloudFormation::Stack");
    json_set_str(arena, event, "EventId",
                 of_stack ? call_uuid(call)
                          : str_format(arena, "%.*s-%.*s-%.*s", STR_ARG(logical), STR_ARG(status),
                                       STR_ARG(time_iso_ms(arena, call->now_ms))));
    json_set_str(arena, event, "LogicalResourceId", logical);
    json_set_str(arena, event, "PhysicalResourceId", physical);
    json_set_str(arena, event, "ResourceType", type);
    json_set_str(arena, event, "ResourceStatus", status);
    json_set(arena, event, "Timestamp", time_json(arena, call->now_ms));
    if (reason.len)
        json_set_str(arena, event, "ResourceStatusReason", reason);
    if (properties && !json_bool_or(stack, "HasSecrets", false))
        json_set_str(arena, event, "ResourceProperties", json_text(arena, properties));
    struct str token = json_str(json_get(stack, "Operation"), "Token");
    if (token.len)
        json_set_str(arena, event, "ClientRequestToken", token);
    key_u64(key_str(key_start(&key, KEYSPACE_CLOUDFORMATION_EVENT), json_str(stack, "Id")),
            sequence);
    return tx_put_json(call->tx, &key, event);
}
