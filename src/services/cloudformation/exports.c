// SPDX-License-Identifier: Apache-2.0
// Outputs that other stacks import: names are unique in a region, and what is imported can neither
// change nor go.
#include "services/cloudformation/stack.h"

static struct key *export_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_EXPORT), call->region), name);
}

static struct key *import_prefix(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_CLOUDFORMATION_IMPORT), call->region), name);
}

enum err export_value(struct call *call, struct str name, struct json **out_value)
{
    struct key key;
    struct json *row;
    TRY(tx_get_json(call->tx, export_key(call, &key, name), call->arena, &row));
    *out_value = json_string(call->arena, json_str(row, "Value"));
    return OK;
}

// The name of a stack that imports it; STR_NONE when nobody does.
static enum err importer(struct call *call, struct str name, struct str *out_stack_name)
{
    struct key prefix;
    struct str key, value;
    struct scan *scan = scan_open(call->tx, import_prefix(call, &prefix, name), NULL, false);
    enum err err = scan_next(scan, &key, &value);
    *out_stack_name = err == OK ? str_dup(call->arena, value) : STR_NONE;
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err check_unused(struct call *call, struct str name, const char *verb)
{
    struct str user;
    TRY(importer(call, name, &user));
    if (user.ptr)
        return error_set(&call->error, ERR_INVALID,
                         "Export %.*s cannot be %s as it is in use by %.*s", STR_ARG(name), verb,
                         STR_ARG(user));
    return OK;
}

static const struct json *output_exporting(const struct json *outputs, struct str name)
{
    JSON_EACH (output, outputs)
        if (str_eq(json_str(output, "ExportName"), name))
            return output;
    return NULL;
}

// Removes what the stack exported before and does no more.
static enum err remove_old(struct call *call, const struct json *stack, const struct json *outputs)
{
    JSON_EACH (old, json_get(stack, "Outputs")) {
        struct key key;
        struct str name = json_str(old, "ExportName");
        if (!name.len || output_exporting(outputs, name))
            continue;
        TRY(check_unused(call, name, "deleted"));
        TRY(tx_delete(call->tx, export_key(call, &key, name)));
    }
    return OK;
}

static enum err put_export(struct call *call, const struct json *stack, struct str name,
                           struct str value)
{
    struct key key;
    struct json *row = NULL;
    enum err err = tx_lock_json(call->tx, export_key(call, &key, name), call->arena, &row);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (row && !str_eq(json_str(row, "ExportingStackId"), json_str(stack, "Arn")))
        return error_set(&call->error, ERR_INVALID,
                         "Export with name %.*s is already exported by stack %.*s", STR_ARG(name),
                         STR_ARG(json_str(row, "StackName")));
    if (row && !str_eq(json_str(row, "Value"), value))
        TRY(check_unused(call, name, "updated"));
    row = json_set_str(call->arena, json_object(call->arena), "ExportingStackId",
                       json_str(stack, "Arn"));
    json_set_str(call->arena, row, "StackName", json_str(stack, "Name"));
    json_set_str(call->arena, row, "Name", name);
    json_set_str(call->arena, row, "Value", value);
    return tx_put_json(call->tx, &key, row);
}

static enum err set_imports(struct call *call, const struct json *stack, const struct json *imports)
{
    struct key key;
    JSON_EACH (name, json_get(stack, "Imports"))
        TRY(tx_delete(call->tx, key_str(import_prefix(call, &key, json_as_str(name)),
                                        json_str(stack, "Id"))));
    JSON_EACH (name, imports) {
        struct str row;
        enum err err =
            tx_lock(call->tx, export_key(call, &key, json_as_str(name)), call->arena, &row);
        if (err == ERR_NOT_FOUND)
            return error_set(&call->error, ERR_INVALID, "No export named %.*s found.",
                             STR_ARG(json_as_str(name)));
        TRY(err);
        TRY(tx_put(call->tx,
                   key_str(import_prefix(call, &key, json_as_str(name)), json_str(stack, "Id")),
                   json_str(stack, "Name")));
    }
    return OK;
}

enum err exports_set(struct call *call, const struct json *stack, const struct json *outputs,
                     const struct json *imports)
{
    TRY(remove_old(call, stack, outputs));
    JSON_EACH (output, outputs)
        if (json_str(output, "ExportName").len)
            TRY(put_export(call, stack, json_str(output, "ExportName"),
                           json_str(output, "OutputValue")));
    return set_imports(call, stack, imports);
}
