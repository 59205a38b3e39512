// SPDX-License-Identifier: Apache-2.0
// Entities in the store, and what roles, users and policies have in common.
#include "services/iam/iam.h"

#include "base/timefmt.h"

#include <string.h>

const struct error_code IAM_NO_SUCH_ENTITY = {"NoSuchEntity", 404, NULL};
const struct error_code IAM_ENTITY_EXISTS = {"EntityAlreadyExists", 409, NULL};
const struct error_code IAM_DELETE_CONFLICT = {"DeleteConflict", 409, NULL};
const struct error_code IAM_MALFORMED_POLICY = {"MalformedPolicyDocument", 400, NULL};
const struct error_code IAM_LIMIT_EXCEEDED = {"LimitExceeded", 409, NULL};
const struct error_code IAM_INVALID_INPUT = {"InvalidInput", 400, NULL};

static const struct kind_row {
    const char *key, *words, *name_member;
} KINDS[] = {
    [IAM_ROLE] = {"role", "role", "RoleName"},
    [IAM_USER] = {"user", "user", "UserName"},
    [IAM_POLICY] = {"policy", "policy", "PolicyName"},
};
static const char *const OWN_MEMBERS[] = {"inline", "attached", "keys", "Document"};

#define PAGE_DEFAULT 100

static struct key *entity_key(struct call *call, struct key *key, enum iam_kind kind,
                              struct str name)
{
    key_start(key, KEYSPACE_IAM_ENTITY);
    return key_str(key_str(key, str_of(KINDS[kind].key)), str_lower(call->arena, name));
}

struct str iam_name_of(enum iam_kind kind, const struct json *entity)
{
    return json_str(entity, KINDS[kind].name_member);
}

static enum err no_such(struct call *call, enum iam_kind kind, struct str name)
{
    if (kind == IAM_POLICY)
        FAIL(call, IAM_NO_SUCH_ENTITY, "Policy %.*s does not exist or is not attachable.",
             STR_ARG(name));
    FAIL(call, IAM_NO_SUCH_ENTITY, "The %s with name %.*s cannot be found.", KINDS[kind].words,
         STR_ARG(name));
}

enum err iam_get(struct call *call, enum iam_kind kind, struct str name, struct json **out_entity)
{
    struct key key;
    enum err err =
        tx_get_json(call->tx, entity_key(call, &key, kind, name), call->arena, out_entity);
    return err == ERR_NOT_FOUND ? no_such(call, kind, name) : err;
}

enum err iam_get_for_change(struct call *call, enum iam_kind kind, struct str name,
                            struct json **out_entity)
{
    struct key key;
    enum err err =
        tx_lock_json(call->tx, entity_key(call, &key, kind, name), call->arena, out_entity);
    return err == ERR_NOT_FOUND ? no_such(call, kind, name) : err;
}

enum err iam_put(struct call *call, enum iam_kind kind, const struct json *entity)
{
    struct key key;
    return tx_put_json(call->tx, entity_key(call, &key, kind, iam_name_of(kind, entity)), entity);
}

enum err iam_put_new(struct call *call, enum iam_kind kind, const struct json *entity)
{
    struct key key;
    struct str name = iam_name_of(kind, entity), old;
    enum err err = tx_lock(call->tx, entity_key(call, &key, kind, name), call->arena, &old);
    if (err == OK)
        FAIL(call, IAM_ENTITY_EXISTS, "%s with name %.*s already exists.",
             kind == IAM_ROLE   ? "Role"
             : kind == IAM_USER ? "User"
                                : "A policy",
             STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;
    return iam_put(call, kind, entity);
}

enum err iam_delete(struct call *call, enum iam_kind kind, struct str name)
{
    struct key key;
    return tx_delete(call->tx, entity_key(call, &key, kind, name));
}

struct json *iam_reply(struct call *call, const char *name, struct json *value)
{
    return json_set(call->arena, json_object(call->arena), name, value);
}

struct json *iam_shown(struct call *call, const struct json *entity)
{
    struct json *shown = json_copy_shallow(call->arena, entity);
    for (size_t i = 0; i < sizeof OWN_MEMBERS / sizeof *OWN_MEMBERS; i++)
        json_remove(shown, str_of(OWN_MEMBERS[i]));
    return shown;
}

enum err iam_list(struct call *call, enum iam_kind kind, const struct json *in,
                  const char *list_name, struct json *reply)
{
    struct key prefix, from;
    key_str(key_start(&prefix, KEYSPACE_IAM_ENTITY), str_of(KINDS[kind].key));
    struct str position = STR_NONE, path = json_str(in, "PathPrefix");
    if (json_has(in, "Marker"))
        TRY(page_position(call, json_str(in, "Marker"), &position));
    entity_key(call, &from, kind, position);
    int64_t max_items = json_i64_or(in, "MaxItems", PAGE_DEFAULT);
    struct json *list = json_array(call->arena);
    json_set(call->arena, reply, list_name, list);
    json_set_bool(call->arena, reply, "IsTruncated", false);

    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    struct str key, value;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *entity;
        err = json_parse(call->arena, str_dup(call->arena, value), &entity, &call->error);
        if (err != OK)
            break;
        if (!str_starts(json_str(entity, "Path"), path))
            continue;
        if ((int64_t)json_count(list) == max_items) {
            json_set_bool(call->arena, reply, "IsTruncated", true);
            json_set_str(call->arena, reply, "Marker",
                         page_token(call, str_lower(call->arena, iam_name_of(kind, entity))));
            break;
        }
        json_push(call->arena, list, iam_shown(call, entity));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err iam_check_document(struct call *call, struct str document)
{
    struct json *policy;
    struct error error = {0};
    if (json_parse(call->arena, document, &policy, &error) != OK)
        FAIL(call, IAM_MALFORMED_POLICY, "This policy contains invalid Json: %s (at byte %zu)",
             error.text, error.offset);
    const struct json *statement = json_get(policy, "Statement");
    if (!json_is(statement, JSON_ARRAY) && !json_is(statement, JSON_OBJECT))
        FAIL(call, IAM_MALFORMED_POLICY,
             "Syntax errors in policy: the document must have a Statement.");
    struct json *list = json_push(call->arena, json_array(call->arena), (struct json *)statement);
    if (json_is(statement, JSON_ARRAY))
        list = (struct json *)statement;
    JSON_EACH (one, list) {
        struct str effect = json_str(one, "Effect");
        if (!str_is(effect, "Allow") && !str_is(effect, "Deny"))
            FAIL(call, IAM_MALFORMED_POLICY,
                 "Syntax errors in policy: Effect must be Allow or Deny, not '%.*s'.",
                 STR_ARG(effect));
        if (!json_has(one, "Action") && !json_has(one, "NotAction"))
            FAIL(call, IAM_MALFORMED_POLICY, "Policy statement must contain actions.");
    }
    return OK;
}

struct str iam_unique_id(struct call *call, const char *prefix)
{
    struct str tail = call_random(call, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 17);
    return str_format(call->arena, "%s%.*s", prefix, STR_ARG(tail));
}
