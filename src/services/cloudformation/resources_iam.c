// SPDX-License-Identifier: Apache-2.0
// Roles, users, policies. Inline and attached policies of roles and users go one by one through
// IAM's operations; the two kinds of holder differ in the names of operations and members only.
#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

struct holder {
    const char *member; // "RoleName"
    const char *put, *remove, *attach, *detach;
    const char *list, *list_attached;
};
static const struct holder ROLE = {
    "RoleName",         "PutRolePolicy",    "DeleteRolePolicy",         "AttachRolePolicy",
    "DetachRolePolicy", "ListRolePolicies", "ListAttachedRolePolicies",
};
static const struct holder USER = {
    "UserName",         "PutUserPolicy",    "DeleteUserPolicy",         "AttachUserPolicy",
    "DetachUserPolicy", "ListUserPolicies", "ListAttachedUserPolicies",
};

static enum err attach(struct resource *resource, const struct holder *holder, const char *op,
                       struct str name, struct str policy_arn)
{
    struct json *input = resource_one(resource, holder->member, name);
    return resource_run(resource, op,
                        json_set_str(resource->call->arena, input, "PolicyArn", policy_arn), NULL);
}

static enum err put_inline(struct resource *resource, const struct holder *holder, struct str name,
                           struct str policy, const struct json *document)
{
    struct json *input = resource_one(resource, holder->member, name);
    json_set_str(resource->call->arena, input, "PolicyName", policy);
    json_set(resource->call->arena, input, "PolicyDocument", resource_document(resource, document));
    return resource_run(resource, holder->put, input, NULL);
}

static enum err remove_inline(struct resource *resource, const struct holder *holder,
                              struct str name, struct str policy)
{
    struct json *input = resource_one(resource, holder->member, name);
    return resource_run(resource, holder->remove,
                        json_set_str(resource->call->arena, input, "PolicyName", policy), NULL);
}

// Brings a holder's Policies and ManagedPolicyArns from what they were to what they are to be.
static enum err set_policies(struct resource *resource, const struct holder *holder)
{
    const struct json *arns = resource_get(resource, "ManagedPolicyArns"),
                      *policies = resource_get(resource, "Policies");
    const struct json *old_arns = json_get(resource->before, "ManagedPolicyArns");
    const struct json *old_policies = json_get(resource->before, "Policies");
    JSON_EACH (gone, resource_gone(resource, old_policies, policies, "PolicyName"))
        TRY(remove_inline(resource, holder, resource->physical, json_str(gone, "PolicyName")));
    JSON_EACH (gone, resource_gone(resource, old_arns, arns, NULL))
        TRY(attach(resource, holder, holder->detach, resource->physical, json_as_str(gone)));
    JSON_EACH (new, resource_gone(resource, arns, old_arns, NULL))
        TRY(attach(resource, holder, holder->attach, resource->physical, json_as_str(new)));
    JSON_EACH (policy, policies)
        TRY(put_inline(resource, holder, resource->physical, json_str(policy, "PolicyName"),
                       json_get(policy, "PolicyDocument")));
    return OK;
}

// All that it carries, whoever gave it: a holder with policies cannot be deleted.
static enum err strip(struct resource *resource, const struct holder *holder)
{
    struct json *reply;
    struct str name = resource->physical;
    TRY(resource_run(resource, holder->list, resource_one(resource, holder->member, name), &reply));
    JSON_EACH (policy, json_get(reply, "PolicyNames"))
        TRY(remove_inline(resource, holder, name, json_as_str(policy)));
    TRY(resource_run(resource, holder->list_attached, resource_one(resource, holder->member, name),
                     &reply));
    JSON_EACH (policy, json_get(reply, "AttachedPolicies"))
        TRY(attach(resource, holder, holder->detach, name, json_str(policy, "PolicyArn")));
    return OK;
}

// --- AWS::IAM::Role

static const struct property ROLE_PROPERTIES[] = {
    {"RoleName", PROPERTY_FIXED},
    {"Path", PROPERTY_FIXED},
    {"AssumeRolePolicyDocument", PROPERTY_REQUIRED | PROPERTY_TEXT},
    {"Description"},
    {"MaxSessionDuration"},
    {"PermissionsBoundary"},
    {"ManagedPolicyArns", PROPERTY_OWN},
    {"Policies", PROPERTY_OWN},
    {"Tags", PROPERTY_TAGS},
    {0},
};
static const char *const ROLE_ATTRIBUTES[] = {"Arn", "RoleId", NULL};

static enum err role_create(struct resource *resource)
{
    struct json *reply, *input = resource_input(resource, false);
    resource->physical = resource_name(resource);
    json_set_str(resource->call->arena, input, "RoleName", resource->physical);
    TRY(resource_run(resource, "CreateRole", input, &reply));
    resource_attribute(resource, "Arn", json_str(json_get(reply, "Role"), "Arn"));
    resource_attribute(resource, "RoleId", json_str(json_get(reply, "Role"), "RoleId"));
    return set_policies(resource, &ROLE);
}

static enum err role_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagRole", "UntagRole", "RoleName",
                                        "Tags",    "TagKeys",   false};
    struct arena *arena = resource->call->arena;
    if (resource_changed(resource, "PermissionsBoundary"))
        return error_set(&resource->call->error, ERR_UNSUPPORTED,
                         "PermissionsBoundary is not implemented");
    if (resource_changed(resource, "AssumeRolePolicyDocument")) {
        struct json *input = resource_one(resource, "RoleName", resource->physical);
        json_set(arena, input, "PolicyDocument",
                 resource_document(resource, resource_get(resource, "AssumeRolePolicyDocument")));
        TRY(resource_run(resource, "UpdateAssumeRolePolicy", input, NULL));
    }
    if (resource_changed(resource, "Description") ||
        resource_changed(resource, "MaxSessionDuration")) {
        struct json *input = resource_one(resource, "RoleName", resource->physical);
        struct str description = resource_get_text(resource, "Description");
        json_set_str(arena, input, "Description", description.ptr ? description : S(""));
        struct json *duration = resource_get(resource, "MaxSessionDuration");
        json_set(arena, input, "MaxSessionDuration", duration ? duration : json_i64(arena, 3600));
        TRY(resource_run(resource, "UpdateRole", input, NULL));
    }
    TRY(resource_retag(resource, &tags, resource->physical));
    return set_policies(resource, &ROLE);
}

static enum err role_delete(struct resource *resource)
{
    TRY(strip(resource, &ROLE));
    return resource_run(resource, "DeleteRole",
                        resource_one(resource, "RoleName", resource->physical), NULL);
}

const struct resource_type TYPE_IAM_ROLE = {
    .name = "AWS::IAM::Role",
    .service = "iam",
    .properties = ROLE_PROPERTIES,
    .attributes = ROLE_ATTRIBUTES,
    .name_property = "RoleName",
    .name_max = 64,
    .iam = true,
    .create = role_create,
    .update = role_update,
    .delete = role_delete,
};

// --- AWS::IAM::User

static const struct property USER_PROPERTIES[] = {
    {"UserName", PROPERTY_FIXED},
    {"Path", PROPERTY_FIXED},
    {"PermissionsBoundary", PROPERTY_FIXED},
    {"ManagedPolicyArns", PROPERTY_OWN},
    {"Policies", PROPERTY_OWN},
    {"Tags", PROPERTY_TAGS},
    {0},
};
static const char *const USER_ATTRIBUTES[] = {"Arn", NULL};

static enum err user_create(struct resource *resource)
{
    struct json *reply, *input = resource_input(resource, false);
    resource->physical = resource_name(resource);
    json_set_str(resource->call->arena, input, "UserName", resource->physical);
    TRY(resource_run(resource, "CreateUser", input, &reply));
    resource_attribute(resource, "Arn", json_str(json_get(reply, "User"), "Arn"));
    return set_policies(resource, &USER);
}

static enum err user_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagUser", "UntagUser", "UserName",
                                        "Tags",    "TagKeys",   false};
    TRY(resource_retag(resource, &tags, resource->physical));
    return set_policies(resource, &USER);
}

static enum err user_delete(struct resource *resource)
{
    TRY(strip(resource, &USER));
    return resource_run(resource, "DeleteUser",
                        resource_one(resource, "UserName", resource->physical), NULL);
}

const struct resource_type TYPE_IAM_USER = {
    .name = "AWS::IAM::User",
    .service = "iam",
    .properties = USER_PROPERTIES,
    .attributes = USER_ATTRIBUTES,
    .name_property = "UserName",
    .name_max = 64,
    .iam = true,
    .create = user_create,
    .update = user_update,
    .delete = user_delete,
};

// --- AWS::IAM::AccessKey

static const struct property ACCESS_KEY_PROPERTIES[] = {
    {"UserName", PROPERTY_REQUIRED | PROPERTY_FIXED}, {0}};
static const char *const ACCESS_KEY_ATTRIBUTES[] = {"SecretAccessKey", NULL};

static enum err access_key_create(struct resource *resource)
{
    struct json *reply;
    TRY(resource_run(resource, "CreateAccessKey", resource_input(resource, false), &reply));
    resource->physical = json_str(json_get(reply, "AccessKey"), "AccessKeyId");
    resource_attribute(resource, "SecretAccessKey",
                       json_str(json_get(reply, "AccessKey"), "SecretAccessKey"));
    return OK;
}

static enum err access_key_delete(struct resource *resource)
{
    struct json *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "AccessKeyId", resource->physical);
    return resource_run(resource, "DeleteAccessKey", input, NULL);
}

const struct resource_type TYPE_IAM_ACCESS_KEY = {
    .name = "AWS::IAM::AccessKey",
    .service = "iam",
    .properties = ACCESS_KEY_PROPERTIES,
    .attributes = ACCESS_KEY_ATTRIBUTES,
    .iam = true,
    .create = access_key_create,
    .delete = access_key_delete,
};

// --- AWS::IAM::Policy: one inline policy for several holders

static const struct property POLICY_PROPERTIES[] = {
    {"PolicyName", PROPERTY_REQUIRED},
    {"PolicyDocument", PROPERTY_REQUIRED},
    {"Roles"},
    {"Users"},
    {0},
};

static enum err policy_for(struct resource *resource, const struct holder *holder,
                           const char *holders)
{
    struct str name = resource_get_text(resource, "PolicyName"),
               old_name = json_str(resource->before, "PolicyName");
    const struct json *before = json_get(resource->before, holders),
                      *after = resource_get(resource, holders);
    if (resource->before && !str_eq(name, old_name)) {
        JSON_EACH (gone, before)
            TRY(remove_inline(resource, holder, json_as_str(gone), old_name));
    } else {
        JSON_EACH (gone, resource_gone(resource, before, after, NULL))
            TRY(remove_inline(resource, holder, json_as_str(gone), name));
    }
    JSON_EACH (one, after)
        TRY(put_inline(resource, holder, json_as_str(one), name,
                       resource_get(resource, "PolicyDocument")));
    return OK;
}

static enum err policy_put(struct resource *resource)
{
    if (!json_count(resource_get(resource, "Roles")) &&
        !json_count(resource_get(resource, "Users")))
        return error_set(&resource->call->error, ERR_INVALID,
                         "At least one of [Groups,Roles,Users] must be non-empty.");
    if (!resource->before)
        resource->physical = resource_generated_name(resource, 128, false);
    TRY(policy_for(resource, &ROLE, "Roles"));
    return policy_for(resource, &USER, "Users");
}

static enum err policy_remove(struct resource *resource, const struct holder *holder,
                              const char *holders)
{
    JSON_EACH (one, resource_get(resource, holders)) {
        enum err err = remove_inline(resource, holder, json_as_str(one),
                                     resource_get_text(resource, "PolicyName"));
        if (err != OK && !(err == ERR_CODED && resource_is_absent_error(resource->call)))
            return err;
    }
    return OK;
}

static enum err policy_delete(struct resource *resource)
{
    TRY(policy_remove(resource, &ROLE, "Roles"));
    return policy_remove(resource, &USER, "Users");
}

const struct resource_type TYPE_IAM_POLICY = {
    .name = "AWS::IAM::Policy",
    .service = "iam",
    .properties = POLICY_PROPERTIES,
    .iam = true,
    .create = policy_put,
    .update = policy_put,
    .delete = policy_delete,
};

// --- AWS::IAM::ManagedPolicy. IAM here keeps one version of a policy, so another document is
// another policy.

static const struct property MANAGED_PROPERTIES[] = {
    {"ManagedPolicyName", PROPERTY_FIXED | PROPERTY_OWN},
    {"PolicyDocument", PROPERTY_REQUIRED | PROPERTY_TEXT | PROPERTY_FIXED},
    {"Path", PROPERTY_FIXED},
    {"Description", PROPERTY_FIXED},
    {"Roles", PROPERTY_OWN},
    {"Users", PROPERTY_OWN},
    {0},
};
static const char *const MANAGED_ATTRIBUTES[] = {"PolicyArn", "DefaultVersionId", NULL};

static enum err managed_attach(struct resource *resource, const struct holder *holder,
                               const char *holders)
{
    const struct json *before = json_get(resource->before, holders),
                      *after = resource_get(resource, holders);
    JSON_EACH (gone, resource_gone(resource, before, after, NULL))
        TRY(attach(resource, holder, holder->detach, json_as_str(gone), resource->physical));
    JSON_EACH (new, resource_gone(resource, after, before, NULL))
        TRY(attach(resource, holder, holder->attach, json_as_str(new), resource->physical));
    return OK;
}

static enum err managed_update(struct resource *resource)
{
    TRY(managed_attach(resource, &ROLE, "Roles"));
    return managed_attach(resource, &USER, "Users");
}

static enum err managed_create(struct resource *resource)
{
    struct json *reply, *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "PolicyName", resource_name(resource));
    TRY(resource_run(resource, "CreatePolicy", input, &reply));
    resource->physical = json_str(json_get(reply, "Policy"), "Arn");
    resource_attribute(resource, "PolicyArn", resource->physical);
    resource_attribute(resource, "DefaultVersionId", S("v1"));
    return managed_update(resource);
}

static enum err managed_detach(struct resource *resource, const struct holder *holder,
                               const char *holders)
{
    JSON_EACH (one, resource_get(resource, holders)) {
        enum err err =
            attach(resource, holder, holder->detach, json_as_str(one), resource->physical);
        if (err != OK && !(err == ERR_CODED && resource_is_absent_error(resource->call)))
            return err;
    }
    return OK;
}

static enum err managed_delete(struct resource *resource)
{
    TRY(managed_detach(resource, &ROLE, "Roles"));
    TRY(managed_detach(resource, &USER, "Users"));
    return resource_run(resource, "DeletePolicy",
                        resource_one(resource, "PolicyArn", resource->physical), NULL);
}

const struct resource_type TYPE_IAM_MANAGED_POLICY = {
    .name = "AWS::IAM::ManagedPolicy",
    .service = "iam",
    .properties = MANAGED_PROPERTIES,
    .attributes = MANAGED_ATTRIBUTES,
    .name_property = "ManagedPolicyName",
    .name_max = 128,
    .iam = true,
    .create = managed_create,
    .update = managed_update,
    .delete = managed_delete,
};
