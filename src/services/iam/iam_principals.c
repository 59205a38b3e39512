// SPDX-License-Identifier: Apache-2.0
// Roles, users and access keys.
#include "services/iam/iam.h"

#include "base/timefmt.h"

#define ACCESS_KEYS_MAX 2 // "IAM and AWS STS quotas"

// The members that every new entity has.
static struct json *new_entity(struct call *call, const struct json *in, const char *resource,
                               const char *name_member, const char *id_member,
                               const char *id_prefix)
{
    struct json *entity = json_object(call->arena);
    struct str path = json_str_or(in, "Path", S("/")), name = json_str(in, name_member);
    json_set_str(call->arena, entity, "Path", path);
    json_set_str(call->arena, entity, name_member, name);
    json_set_str(call->arena, entity, id_member, iam_unique_id(call, id_prefix));
    json_set_str(call->arena, entity, "Arn",
                 str_format(call->arena, "arn:aws:iam::%.*s:%s%.*s%.*s", STR_ARG(call->account),
                            resource, STR_ARG(path), STR_ARG(name)));
    json_set(call->arena, entity, "CreateDate", time_json(call->arena, call->now_ms));
    json_set(call->arena, entity, "Tags", json_get(in, "Tags"));
    json_set(call->arena, entity, "inline", json_object(call->arena));
    json_set(call->arena, entity, "attached", json_array(call->arena));
    return entity;
}

enum err iam_create_role(struct call *call, const struct json *in, struct json **out)
{
    TRY(iam_check_document(call, json_str(in, "AssumeRolePolicyDocument")));
    struct json *role = new_entity(call, in, "role", "RoleName", "RoleId", "AROA");
    json_set_str(call->arena, role, "AssumeRolePolicyDocument",
                 json_str(in, "AssumeRolePolicyDocument"));
    json_set(call->arena, role, "Description", json_get(in, "Description"));
    json_set_i64(call->arena, role, "MaxSessionDuration",
                 json_i64_or(in, "MaxSessionDuration", 3600));
    TRY(iam_put_new(call, IAM_ROLE, role));
    *out = iam_reply(call, "Role", iam_shown(call, role));
    return OK;
}

enum err iam_get_role(struct call *call, const struct json *in, struct json **out)
{
    struct json *role;
    TRY(iam_get(call, IAM_ROLE, json_str(in, "RoleName"), &role));
    *out = iam_reply(call, "Role", iam_shown(call, role));
    return OK;
}

enum err iam_list_roles(struct call *call, const struct json *in, struct json **out)
{
    *out = json_object(call->arena);
    return iam_list(call, IAM_ROLE, in, "Roles", *out);
}

// What must be taken off an entity before it can go.
static enum err check_bare(struct call *call, const struct json *entity)
{
    if (json_count(json_get(entity, "attached")))
        FAIL(call, IAM_DELETE_CONFLICT, "Cannot delete entity, must detach all policies first.");
    if (json_count(json_get(entity, "inline")))
        FAIL(call, IAM_DELETE_CONFLICT, "Cannot delete entity, must delete policies first.");
    if (json_count(json_get(entity, "keys")))
        FAIL(call, IAM_DELETE_CONFLICT, "Cannot delete entity, must delete access keys first.");
    return OK;
}

static enum err delete_entity(struct call *call, enum iam_kind kind, struct str name)
{
    struct json *entity;
    TRY(iam_get_for_change(call, kind, name, &entity));
    TRY(check_bare(call, entity));
    return iam_delete(call, kind, name);
}

enum err iam_delete_role(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return delete_entity(call, IAM_ROLE, json_str(in, "RoleName"));
}

enum err iam_update_role(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *role;
    TRY(iam_get_for_change(call, IAM_ROLE, json_str(in, "RoleName"), &role));
    json_set(call->arena, role, "Description", json_get(in, "Description"));
    json_set(call->arena, role, "MaxSessionDuration", json_get(in, "MaxSessionDuration"));
    return iam_put(call, IAM_ROLE, role);
}

enum err iam_update_trust(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *role;
    TRY(iam_get_for_change(call, IAM_ROLE, json_str(in, "RoleName"), &role));
    TRY(iam_check_document(call, json_str(in, "PolicyDocument")));
    json_set_str(call->arena, role, "AssumeRolePolicyDocument", json_str(in, "PolicyDocument"));
    return iam_put(call, IAM_ROLE, role);
}

enum err iam_create_user(struct call *call, const struct json *in, struct json **out)
{
    struct json *user = new_entity(call, in, "user", "UserName", "UserId", "AIDA");
    json_set(call->arena, user, "keys", json_array(call->arena));
    TRY(iam_put_new(call, IAM_USER, user));
    *out = iam_reply(call, "User", iam_shown(call, user));
    return OK;
}

// Without a name it is the caller: root has no row of its own.
enum err iam_get_user(struct call *call, const struct json *in, struct json **out)
{
    if (!json_has(in, "UserName")) {
        struct json *self = json_object(call->arena);
        json_set_str(call->arena, self, "Path", S("/"));
        json_set_str(call->arena, self, "UserId", call->principal->user_id);
        json_set_str(call->arena, self, "Arn", call->principal->arn);
        json_set(call->arena, self, "CreateDate", time_json(call->arena, 0));
        *out = iam_reply(call, "User", self);
        return OK;
    }
    struct json *user;
    TRY(iam_get(call, IAM_USER, json_str(in, "UserName"), &user));
    *out = iam_reply(call, "User", iam_shown(call, user));
    return OK;
}

enum err iam_list_users(struct call *call, const struct json *in, struct json **out)
{
    *out = json_object(call->arena);
    return iam_list(call, IAM_USER, in, "Users", *out);
}

enum err iam_delete_user(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return delete_entity(call, IAM_USER, json_str(in, "UserName"));
}

// --- access keys

enum err iam_create_access_key(struct call *call, const struct json *in, struct json **out)
{
    struct json *user;
    struct str name = json_str(in, "UserName");
    TRY(iam_get_for_change(call, IAM_USER, name, &user));
    struct json *keys = json_get(user, "keys");
    if (json_count(keys) >= ACCESS_KEYS_MAX)
        FAIL(call, IAM_LIMIT_EXCEEDED, "Cannot exceed quota for AccessKeysPerUser: %d",
             ACCESS_KEYS_MAX);
    struct principal principal = {
        .kind = PRINCIPAL_USER, .arn = json_str(user, "Arn"), .user_id = json_str(user, "UserId")};
    struct credential made;
    TRY(credential_create(call, &principal, 0, &made));

    struct json *key = json_object(call->arena);
    json_set_str(call->arena, key, "UserName", json_str(user, "UserName"));
    json_set_str(call->arena, key, "AccessKeyId", made.access_key);
    json_set_str(call->arena, key, "Status", S("Active"));
    json_set(call->arena, key, "CreateDate", time_json(call->arena, call->now_ms));
    json_push(call->arena, keys, key);
    TRY(iam_put(call, IAM_USER, user));
    struct json *shown = json_copy_shallow(call->arena, key);
    json_set_str(call->arena, shown, "SecretAccessKey", made.secret_key); // shown this once
    *out = iam_reply(call, "AccessKey", shown);
    return OK;
}

enum err iam_list_access_keys(struct call *call, const struct json *in, struct json **out)
{
    struct json *user;
    TRY(iam_get(call, IAM_USER, json_str(in, "UserName"), &user));
    *out = iam_reply(call, "AccessKeyMetadata", json_get(user, "keys"));
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}

enum err iam_delete_access_key(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *user, *left = json_array(call->arena);
    struct str access_key = json_str(in, "AccessKeyId");
    TRY(iam_get_for_change(call, IAM_USER, json_str(in, "UserName"), &user));
    JSON_EACH (key, json_get(user, "keys"))
        if (!str_eq(json_str(key, "AccessKeyId"), access_key))
            json_push(call->arena, left, key);
    if (json_count(left) == json_count(json_get(user, "keys")))
        FAIL(call, IAM_NO_SUCH_ENTITY, "The Access Key with id %.*s cannot be found.",
             STR_ARG(access_key));
    json_set(call->arena, user, "keys", left);
    TRY(credential_delete(call, access_key));
    return iam_put(call, IAM_USER, user);
}
