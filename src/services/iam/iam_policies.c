// SPDX-License-Identifier: Apache-2.0
// Managed policies, and the policies and tags that roles and users carry.
//
// The same API exists twice, for roles and for users; a handler here serves both and looks which
// name it was given.
#include "services/iam/iam.h"

#include "base/timefmt.h"

#include <string.h>

// --- managed policies

// arn:aws:iam::ACCOUNT:policy/path/NAME; AWS's own (arn:aws:iam::aws:policy/...) have no row here.
static bool policy_name(struct str arn, struct str *out_name, bool *out_aws)
{
    struct arn parts;
    if (!arn_parse(arn, &parts) || !str_is(parts.service, "iam") ||
        !str_starts(parts.resource, S("policy/")))
        return false;
    *out_name = str_from(parts.resource, str_rfind_char(parts.resource, '/') + 1);
    *out_aws = str_is(parts.account, "aws");
    return out_name->len > 0;
}

static enum err named_policy(struct call *call, const struct json *in, bool change,
                             struct json **out_policy)
{
    struct str arn = json_str(in, "PolicyArn"), name;
    bool aws;
    if (!policy_name(arn, &name, &aws))
        FAIL(call, IAM_INVALID_INPUT, "ARN %.*s is not valid.", STR_ARG(arn));
    if (aws)
        FAIL(call, IAM_NO_SUCH_ENTITY, "Policy %.*s is AWS's own; its document is not kept here.",
             STR_ARG(arn));
    return change ? iam_get_for_change(call, IAM_POLICY, name, out_policy)
                  : iam_get(call, IAM_POLICY, name, out_policy);
}

enum err iam_create_policy(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    TRY(iam_check_document(call, json_str(in, "PolicyDocument")));
    struct json *policy = json_object(arena);
    struct str path = json_str_or(in, "Path", S("/")), name = json_str(in, "PolicyName");
    json_set_str(arena, policy, "PolicyName", name);
    json_set_str(arena, policy, "PolicyId", iam_unique_id(call, "ANPA"));
    json_set_str(arena, policy, "Arn",
                 str_format(arena, "arn:aws:iam::%.*s:policy%.*s%.*s", STR_ARG(call->account),
                            STR_ARG(path), STR_ARG(name)));
    json_set_str(arena, policy, "Path", path);
    json_set_str(arena, policy, "DefaultVersionId", S("v1"));
    json_set_i64(arena, policy, "AttachmentCount", 0);
    json_set_bool(arena, policy, "IsAttachable", true);
    json_set(arena, policy, "Description", json_get(in, "Description"));
    json_set(arena, policy, "CreateDate", time_json(arena, call->now_ms));
    json_set(arena, policy, "UpdateDate", time_json(arena, call->now_ms));
    json_set(arena, policy, "Tags", json_get(in, "Tags"));
    json_set_str(arena, policy, "Document", json_str(in, "PolicyDocument"));
    TRY(iam_put_new(call, IAM_POLICY, policy));
    *out = iam_reply(call, "Policy", iam_shown(call, policy));
    return OK;
}

enum err iam_get_policy(struct call *call, const struct json *in, struct json **out)
{
    struct json *policy;
    TRY(named_policy(call, in, false, &policy));
    *out = iam_reply(call, "Policy", iam_shown(call, policy));
    return OK;
}

static struct json *version_of(struct call *call, const struct json *policy, bool with_document)
{
    struct json *version = json_object(call->arena);
    if (with_document)
        json_set_str(call->arena, version, "Document", json_str(policy, "Document"));
    json_set_str(call->arena, version, "VersionId", S("v1"));
    json_set_bool(call->arena, version, "IsDefaultVersion", true);
    return json_set(call->arena, version, "CreateDate", json_get(policy, "CreateDate"));
}

enum err iam_get_policy_version(struct call *call, const struct json *in, struct json **out)
{
    struct json *policy;
    TRY(named_policy(call, in, false, &policy));
    if (!str_is(json_str(in, "VersionId"), "v1"))
        FAIL(call, IAM_NO_SUCH_ENTITY,
             "Policy %.*s version %.*s does not exist or is not attachable.",
             STR_ARG(json_str(in, "PolicyArn")), STR_ARG(json_str(in, "VersionId")));
    *out = iam_reply(call, "PolicyVersion", version_of(call, policy, true));
    return OK;
}

enum err iam_list_policy_versions(struct call *call, const struct json *in, struct json **out)
{
    struct json *policy;
    TRY(named_policy(call, in, false, &policy));
    *out =
        iam_reply(call, "Versions",
                  json_push(call->arena, json_array(call->arena), version_of(call, policy, false)));
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}

enum err iam_list_policies(struct call *call, const struct json *in, struct json **out)
{
    *out = json_object(call->arena);
    return iam_list(call, IAM_POLICY, in, "Policies", *out);
}

enum err iam_delete_policy(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *policy;
    TRY(named_policy(call, in, true, &policy));
    if (json_i64_or(policy, "AttachmentCount", 0) > 0)
        FAIL(call, IAM_DELETE_CONFLICT, "Cannot delete a policy attached to entities.");
    return iam_delete(call, IAM_POLICY, json_str(policy, "PolicyName"));
}

// --- what roles and users carry

static enum iam_kind kind_of(const struct json *in)
{
    return json_has(in, "RoleName") ? IAM_ROLE : IAM_USER;
}

static enum err carrier(struct call *call, const struct json *in, bool change,
                        struct json **out_entity)
{
    enum iam_kind kind = kind_of(in);
    struct str name = iam_name_of(kind, in);
    return change ? iam_get_for_change(call, kind, name, out_entity)
                  : iam_get(call, kind, name, out_entity);
}

enum err iam_put_inline(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *entity;
    TRY(carrier(call, in, true, &entity));
    TRY(iam_check_document(call, json_str(in, "PolicyDocument")));
    json_set_named(call->arena, json_get(entity, "inline"), json_str(in, "PolicyName"),
                   json_get(in, "PolicyDocument"));
    return iam_put(call, kind_of(in), entity);
}

static enum err no_inline(struct call *call, const struct json *in)
{
    enum iam_kind kind = kind_of(in);
    FAIL(call, IAM_NO_SUCH_ENTITY, "The %s policy with name %.*s cannot be found.",
         kind == IAM_ROLE ? "role" : "user", STR_ARG(json_str(in, "PolicyName")));
}

enum err iam_get_inline(struct call *call, const struct json *in, struct json **out)
{
    struct json *entity;
    TRY(carrier(call, in, false, &entity));
    struct json *document = json_get_str(json_get(entity, "inline"), json_str(in, "PolicyName"));
    if (!document)
        return no_inline(call, in);
    const char *name_member = kind_of(in) == IAM_ROLE ? "RoleName" : "UserName";
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, name_member, json_str(entity, name_member));
    json_set_str(call->arena, *out, "PolicyName", json_str(in, "PolicyName"));
    json_set(call->arena, *out, "PolicyDocument", document);
    return OK;
}

enum err iam_list_inline(struct call *call, const struct json *in, struct json **out)
{
    struct json *entity, *names = json_array(call->arena);
    TRY(carrier(call, in, false, &entity));
    JSON_EACH_MEMBER (m, json_get(entity, "inline"))
        json_push(call->arena, names, json_string(call->arena, m->name));
    *out = iam_reply(call, "PolicyNames", names);
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}

enum err iam_delete_inline(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *entity;
    TRY(carrier(call, in, true, &entity));
    if (!json_remove(json_get(entity, "inline"), json_str(in, "PolicyName")))
        return no_inline(call, in);
    return iam_put(call, kind_of(in), entity);
}

// Raises or lowers the count that DeletePolicy looks at. AWS's own policies are taken by their
// names.
static enum err count_attachment(struct call *call, struct str arn, int64_t change)
{
    struct str name;
    bool aws;
    if (!policy_name(arn, &name, &aws))
        FAIL(call, IAM_INVALID_INPUT, "ARN %.*s is not valid.", STR_ARG(arn));
    if (aws)
        return OK;
    struct json *policy;
    TRY(iam_get_for_change(call, IAM_POLICY, name, &policy));
    json_set_i64(call->arena, policy, "AttachmentCount",
                 json_i64_or(policy, "AttachmentCount", 0) + change);
    return iam_put(call, IAM_POLICY, policy);
}

static struct json *without(struct call *call, const struct json *list, struct str text)
{
    struct json *left = json_array(call->arena);
    JSON_EACH (item, list)
        if (!str_eq(json_as_str(item), text))
            json_push(call->arena, left, item);
    return left;
}

enum err iam_attach(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *entity;
    struct str arn = json_str(in, "PolicyArn");
    TRY(carrier(call, in, true, &entity));
    struct json *attached = json_get(entity, "attached");
    if (json_count(without(call, attached, arn)) != json_count(attached))
        return OK; // already there
    TRY(count_attachment(call, arn, 1));
    json_push(call->arena, attached, json_get(in, "PolicyArn"));
    return iam_put(call, kind_of(in), entity);
}

enum err iam_detach(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *entity;
    struct str arn = json_str(in, "PolicyArn");
    TRY(carrier(call, in, true, &entity));
    struct json *left = without(call, json_get(entity, "attached"), arn);
    if (json_count(left) == json_count(json_get(entity, "attached")))
        FAIL(call, IAM_NO_SUCH_ENTITY, "Policy %.*s was not found.", STR_ARG(arn));
    TRY(count_attachment(call, arn, -1));
    json_set(call->arena, entity, "attached", left);
    return iam_put(call, kind_of(in), entity);
}

enum err iam_list_attached(struct call *call, const struct json *in, struct json **out)
{
    struct json *entity, *policies = json_array(call->arena);
    TRY(carrier(call, in, false, &entity));
    JSON_EACH (arn, json_get(entity, "attached")) {
        struct json *policy = json_object(call->arena);
        struct str text = json_as_str(arn);
        json_set_str(call->arena, policy, "PolicyName",
                     str_from(text, str_rfind_char(text, '/') + 1));
        json_set(call->arena, policy, "PolicyArn", arn);
        json_push(call->arena, policies, policy);
    }
    *out = iam_reply(call, "AttachedPolicies", policies);
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}

// --- tags

static struct json *without_tags(struct call *call, const struct json *tags,
                                 const struct json *names)
{
    struct json *left = json_array(call->arena);
    JSON_EACH (tag, tags) {
        bool named = false;
        JSON_EACH (name, names)
            named |= str_eq(json_str(tag, "Key"), json_as_str(name));
        if (!named)
            json_push(call->arena, left, tag);
    }
    return left;
}

enum err iam_tag(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *entity, *names = json_array(call->arena);
    TRY(carrier(call, in, true, &entity));
    JSON_EACH (tag, json_get(in, "Tags"))
        json_push(call->arena, names, json_get(tag, "Key"));
    struct json *tags = without_tags(call, json_get(entity, "Tags"), names);
    JSON_EACH (tag, json_get(in, "Tags"))
        json_push(call->arena, tags, tag);
    json_set(call->arena, entity, "Tags", tags);
    return iam_put(call, kind_of(in), entity);
}

enum err iam_untag(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *entity;
    TRY(carrier(call, in, true, &entity));
    json_set(call->arena, entity, "Tags",
             without_tags(call, json_get(entity, "Tags"), json_get(in, "TagKeys")));
    return iam_put(call, kind_of(in), entity);
}

enum err iam_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct json *entity;
    TRY(carrier(call, in, false, &entity));
    struct json *tags = json_get(entity, "Tags");
    *out = iam_reply(call, "Tags", tags ? tags : json_array(call->arena));
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}

// --- what a role and a user may belong to: there are no instance profiles and no groups here, and
// that is the true answer

enum err iam_list_instance_profiles_for_role(struct call *call, const struct json *in,
                                             struct json **out)
{
    struct json *role;
    TRY(iam_get(call, IAM_ROLE, json_str(in, "RoleName"), &role));
    *out = iam_reply(call, "InstanceProfiles", json_array(call->arena));
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}

enum err iam_list_groups_for_user(struct call *call, const struct json *in, struct json **out)
{
    struct json *user;
    TRY(iam_get(call, IAM_USER, json_str(in, "UserName"), &user));
    *out = iam_reply(call, "Groups", json_array(call->arena));
    json_set_bool(call->arena, *out, "IsTruncated", false);
    return OK;
}
