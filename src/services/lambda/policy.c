// SPDX-License-Identifier: Apache-2.0
// Resource policies of functions: who else may invoke them. Kept and shown as AWS writes them;
// lake/authorize.h is where they will be asked.
//
// A row by function and qualifier: {"revision", "statements": [...]}.
#include "services/lambda/lambda.h"

#define POLICY_BYTES_MAX 20480

static struct key *policy_key(struct call *call, struct key *key, const struct function_ref *ref)
{
    return key_str(
        key_str(key_str(key_start(key, KEYSPACE_LAMBDA_POLICY), call->region), ref->name),
        ref->qualifier);
}

static enum err policy_lock(struct call *call, const struct function_ref *ref,
                            struct json **out_row)
{
    struct key key;
    enum err err = tx_get_json(call->tx, policy_key(call, &key, ref), call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, LAMBDA_NOT_FOUND, "The resource you requested does not exist.");
    return err;
}

static struct json *principal_of(struct call *call, struct str principal)
{
    struct arena *arena = call->arena;
    uint64_t account;
    if (str_is(principal, "*"))
        return json_string(arena, S("*"));
    if (str_ends(principal, S(".amazonaws.com")))
        return json_set_str(arena, json_object(arena), "Service", principal);
    if (principal.len == 12 && str_to_u64(principal, &account))
        principal = str_format(arena, "arn:aws:iam::%.*s:root", STR_ARG(principal));
    return json_set_str(arena, json_object(arena), "AWS", principal);
}

static struct json *condition_of(struct call *call, const struct json *in)
{
    struct arena *arena = call->arena;
    struct json *condition = json_object(arena);
    if (json_has(in, "SourceAccount"))
        json_set(arena, condition, "StringEquals",
                 json_set(arena, json_object(arena), "AWS:SourceAccount",
                          json_get(in, "SourceAccount")));
    if (json_has(in, "SourceArn"))
        json_set(arena, condition, "ArnLike",
                 json_set(arena, json_object(arena), "AWS:SourceArn", json_get(in, "SourceArn")));
    return condition->count ? condition : NULL;
}

static struct json *statement_of(struct call *call, const struct json *in,
                                 const struct function_ref *ref)
{
    struct arena *arena = call->arena;
    struct json *statement = json_object(arena);
    json_set(arena, statement, "Sid", json_get(in, "StatementId"));
    json_set_str(arena, statement, "Effect", S("Allow"));
    json_set(arena, statement, "Principal", principal_of(call, json_str(in, "Principal")));
    json_set(arena, statement, "Action", json_get(in, "Action"));
    json_set_str(arena, statement, "Resource", function_arn(call, ref->name, ref->qualifier));
    return json_set(arena, statement, "Condition", condition_of(call, in));
}

static struct json *document(struct call *call, const struct json *row)
{
    struct arena *arena = call->arena;
    struct json *policy = json_object(arena);
    json_set_str(arena, policy, "Version", S("2012-10-17"));
    json_set_str(arena, policy, "Id", S("default"));
    return json_set(arena, policy, "Statement", json_get(row, "statements"));
}

enum err lambda_add_permission(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    struct json *target, *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &target));
    enum err err = tx_lock_json(call->tx, policy_key(call, &key, &ref), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        row =
            json_set(call->arena, json_object(call->arena), "statements", json_array(call->arena));
    else
        TRY(err);
    JSON_EACH (statement, json_get(row, "statements"))
        if (str_eq(json_str(statement, "Sid"), json_str(in, "StatementId")))
            FAIL(call, LAMBDA_CONFLICT,
                 "The statement id (%.*s) provided already exists. Please provide a new statement "
                 "id, "
                 "or remove the existing statement.",
                 STR_ARG(json_str(in, "StatementId")));
    struct json *statement = statement_of(call, in, &ref);
    json_push(call->arena, json_get(row, "statements"), statement);
    json_set_str(call->arena, row, "revision", call_uuid(call));
    if (json_text(call->arena, document(call, row)).len > POLICY_BYTES_MAX)
        FAIL(call, LAMBDA_POLICY_LENGTH, "The final policy size is bigger than the limit (%d).",
             POLICY_BYTES_MAX);
    *out = json_set_str(call->arena, json_object(call->arena), "Statement",
                        json_text(call->arena, statement));
    call->reply_status = 201;
    return tx_put_json(call->tx, &key, row);
}

enum err lambda_remove_permission(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    struct json *target, *row, *kept = json_array(call->arena);
    (void)out;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &target));
    TRY(policy_lock(call, &ref, &row));
    JSON_EACH (statement, json_get(row, "statements"))
        if (!str_eq(json_str(statement, "Sid"), json_str(in, "StatementId")))
            json_push(call->arena, kept, statement);
    if (kept->count == json_count(json_get(row, "statements")))
        FAIL(call, LAMBDA_NOT_FOUND, "Statement %.*s is not found in resource policy.",
             STR_ARG(json_str(in, "StatementId")));
    json_set(call->arena, row, "statements", kept);
    json_set_str(call->arena, row, "revision", call_uuid(call));
    call->reply_status = 204;
    policy_key(call, &key, &ref);
    return kept->count ? tx_put_json(call->tx, &key, row) : tx_delete(call->tx, &key);
}

enum err lambda_get_policy(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *target, *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &target));
    TRY(policy_lock(call, &ref, &row));
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "Policy", json_text(call->arena, document(call, row)));
    json_set(call->arena, *out, "RevisionId", json_get(row, "revision"));
    return OK;
}

enum err policies_delete_all(struct call *call, struct str name)
{
    struct key prefix;
    key_str(key_str(key_start(&prefix, KEYSPACE_LAMBDA_POLICY), call->region), name);
    return rows_delete(call, &prefix);
}
