// SPDX-License-Identifier: Apache-2.0
// IAM's table of operations.
#include "services/iam/iam.h"

static const struct shape ROLE_NAME = SHAPE_STRING(1, 64, "[a-zA-Z0-9_+=,.@-]+");
static const struct shape NAME = SHAPE_STRING(1, 128, "[a-zA-Z0-9_+=,.@-]+");
static const struct shape PATH = SHAPE_STRING(1, 512, "(/)|(/[!-~]+/)");
static const struct shape DOCUMENT = SHAPE_STRING(1, 131072, NULL);
static const struct shape ARN = SHAPE_STRING(20, 2048, NULL);
static const struct shape DESCRIPTION = SHAPE_STRING(0, 1000, NULL);
static const struct shape DURATION = SHAPE_INTEGER(3600, 43200);
static const struct shape MAX_ITEMS = SHAPE_INTEGER(1, 1000);
static const struct shape TAG_KEY = SHAPE_STRING(1, 128, NULL);
static const struct shape TAG_VALUE = SHAPE_STRING(0, 256, NULL);
static const struct field TAG_FIELDS[] = {
    {"Key", &TAG_KEY, FIELD_REQUIRED}, {"Value", &TAG_VALUE, FIELD_REQUIRED}, {0}};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 50);
static const struct shape TAG_KEYS = SHAPE_LIST(&TAG_KEY, 0, 50);

#define INPUT(name, ...)                                                                           \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)

#define PAGING                                                                                \
    {"PathPrefix", &PATH}, {"Marker", &ANY_STRING},                                                \
    {                                                                                              \
        "MaxItems", &MAX_ITEMS                                                                     \
    }
#define ROLE_FIELD                                                                                 \
    {                                                                                              \
        "RoleName", &ROLE_NAME, FIELD_REQUIRED                                                     \
    }
#define USER_FIELD                                                                                 \
    {                                                                                              \
        "UserName", &ROLE_NAME, FIELD_REQUIRED                                                     \
    }
#define POLICY_FIELD                                                                               \
    {                                                                                              \
        "PolicyName", &NAME, FIELD_REQUIRED                                                        \
    }
#define DOCUMENT_FIELD                                                                             \
    {                                                                                              \
        "PolicyDocument", &DOCUMENT, FIELD_REQUIRED                                                \
    }
#define ARN_FIELD                                                                                  \
    {                                                                                              \
        "PolicyArn", &ARN, FIELD_REQUIRED                                                          \
    }

INPUT(CREATE_ROLE, ROLE_FIELD, {"AssumeRolePolicyDocument", &DOCUMENT, FIELD_REQUIRED},
      {"Path", &PATH}, {"Description", &DESCRIPTION}, {"MaxSessionDuration", &DURATION},
      {"Tags", &TAGS}, {"PermissionsBoundary", &ARN, FIELD_REFUSED});
INPUT(ROLE_ONLY, ROLE_FIELD);
INPUT(ROLE_PAGE, ROLE_FIELD, PAGING);
INPUT(PAGE, PAGING, {"Scope", &ANY_STRING}, {"OnlyAttached", &ANY_BOOLEAN},
      {"PolicyUsageFilter", &ANY_STRING});
INPUT(UPDATE_ROLE, ROLE_FIELD, {"Description", &DESCRIPTION}, {"MaxSessionDuration", &DURATION});
INPUT(UPDATE_TRUST, ROLE_FIELD, DOCUMENT_FIELD);
INPUT(ROLE_INLINE_PUT, ROLE_FIELD, POLICY_FIELD, DOCUMENT_FIELD);
INPUT(ROLE_INLINE, ROLE_FIELD, POLICY_FIELD);
INPUT(ROLE_ATTACH, ROLE_FIELD, ARN_FIELD);
INPUT(ROLE_TAG, ROLE_FIELD, {"Tags", &TAGS, FIELD_REQUIRED});
INPUT(ROLE_UNTAG, ROLE_FIELD, {"TagKeys", &TAG_KEYS, FIELD_REQUIRED});
INPUT(CREATE_USER, USER_FIELD, {"Path", &PATH}, {"Tags", &TAGS},
      {"PermissionsBoundary", &ARN, FIELD_REFUSED});
INPUT(USER_ONLY, USER_FIELD);
INPUT(USER_OPTIONAL, {"UserName", &ROLE_NAME});
INPUT(USER_PAGE, USER_FIELD, PAGING);
INPUT(USER_INLINE_PUT, USER_FIELD, POLICY_FIELD, DOCUMENT_FIELD);
INPUT(USER_INLINE, USER_FIELD, POLICY_FIELD);
INPUT(USER_ATTACH, USER_FIELD, ARN_FIELD);
INPUT(USER_TAG, USER_FIELD, {"Tags", &TAGS, FIELD_REQUIRED});
INPUT(USER_UNTAG, USER_FIELD, {"TagKeys", &TAG_KEYS, FIELD_REQUIRED});
INPUT(ACCESS_KEY, USER_FIELD, {"AccessKeyId", &ANY_STRING, FIELD_REQUIRED});
INPUT(CREATE_POLICY, POLICY_FIELD, DOCUMENT_FIELD, {"Path", &PATH}, {"Description", &DESCRIPTION},
      {"Tags", &TAGS});
INPUT(POLICY_ARN, ARN_FIELD);
INPUT(POLICY_VERSION, ARN_FIELD, {"VersionId", &ANY_STRING, FIELD_REQUIRED});

// --- outputs: XML needs the timestamps' type; documents travel percent-encoded (see GetRole in the
// API reference)

static const struct field ENTITY_FIELDS[] = {{"Path", &ANY_STRING},
                                             {"RoleName", &ANY_STRING},
                                             {"RoleId", &ANY_STRING},
                                             {"UserName", &ANY_STRING},
                                             {"UserId", &ANY_STRING},
                                             {"PolicyName", &ANY_STRING},
                                             {"PolicyId", &ANY_STRING},
                                             {"Arn", &ANY_STRING},
                                             {"CreateDate", &ANY_TIMESTAMP},
                                             {"UpdateDate", &ANY_TIMESTAMP},
                                             {"AssumeRolePolicyDocument", &ANY_STRING},
                                             {"Description", &ANY_STRING},
                                             {"MaxSessionDuration", &ANY_INTEGER},
                                             {"DefaultVersionId", &ANY_STRING},
                                             {"AttachmentCount", &ANY_INTEGER},
                                             {"IsAttachable", &ANY_BOOLEAN},
                                             {"Tags", &TAGS},
                                             {"AccessKeyId", &ANY_STRING},
                                             {"Status", &ANY_STRING},
                                             {"SecretAccessKey", &ANY_STRING, FIELD_SECRET},
                                             {"Document", &ANY_STRING},
                                             {"VersionId", &ANY_STRING},
                                             {"IsDefaultVersion", &ANY_BOOLEAN},
                                             {0}};
static const struct shape ENTITY = SHAPE_STRUCT(ENTITY_FIELDS);
static const struct shape ENTITIES = SHAPE_LIST(&ENTITY, 0, 0);
static const struct field ATTACHED_FIELDS[] = {
    {"PolicyName", &ANY_STRING}, {"PolicyArn", &ANY_STRING}, {0}};
static const struct shape ATTACHED = SHAPE_STRUCT(ATTACHED_FIELDS);
static const struct shape ATTACHED_LIST = SHAPE_LIST(&ATTACHED, 0, 0);
static const struct field OUTPUT_FIELDS[] = {{"Role", &ENTITY},
                                             {"User", &ENTITY},
                                             {"Policy", &ENTITY},
                                             {"AccessKey", &ENTITY},
                                             {"PolicyVersion", &ENTITY},
                                             {"Roles", &ENTITIES},
                                             {"Users", &ENTITIES},
                                             {"Policies", &ENTITIES},
                                             {"Versions", &ENTITIES},
                                             {"AccessKeyMetadata", &ENTITIES},
                                             {"PolicyNames", &STRING_LIST},
                                             {"AttachedPolicies", &ATTACHED_LIST},
                                             {"InstanceProfiles", &ENTITIES},
                                             {"Groups", &ENTITIES},
                                             {"Tags", &TAGS},
                                             {"RoleName", &ANY_STRING},
                                             {"UserName", &ANY_STRING},
                                             {"PolicyName", &ANY_STRING},
                                             {"PolicyDocument", &ANY_STRING},
                                             {"IsTruncated", &ANY_BOOLEAN},
                                             {"Marker", &ANY_STRING},
                                             {0}};
static const struct shape OUTPUT = SHAPE_STRUCT(OUTPUT_FIELDS);

#define ROW(name_, handler_, kind_, input_, summary_)                                              \
    {                                                                                              \
        .name = name_, .handler = handler_, .kind = kind_, .input = &input_, .output = &OUTPUT,    \
        .summary = summary_                                                                        \
    }

static const struct op OPS[] = {
    ROW("CreateRole", iam_create_role, OP_WRITE, CREATE_ROLE,
        "Make a role that services and functions can take"),
    ROW("GetRole", iam_get_role, OP_READ, ROLE_ONLY, "Describe a role"),
    ROW("ListRoles", iam_list_roles, OP_READ, PAGE, "List roles"),
    ROW("DeleteRole", iam_delete_role, OP_WRITE, ROLE_ONLY,
        "Delete a role that carries no policies"),
    ROW("UpdateRole", iam_update_role, OP_WRITE, UPDATE_ROLE,
        "Change a role's description or session duration"),
    ROW("UpdateAssumeRolePolicy", iam_update_trust, OP_WRITE, UPDATE_TRUST,
        "Change who may take a role"),
    ROW("PutRolePolicy", iam_put_inline, OP_WRITE, ROLE_INLINE_PUT, "Set a role's inline policy"),
    ROW("GetRolePolicy", iam_get_inline, OP_READ, ROLE_INLINE, "Show a role's inline policy"),
    ROW("ListRolePolicies", iam_list_inline, OP_READ, ROLE_PAGE, "List a role's inline policies"),
    ROW("DeleteRolePolicy", iam_delete_inline, OP_WRITE, ROLE_INLINE,
        "Delete a role's inline policy"),
    ROW("AttachRolePolicy", iam_attach, OP_WRITE, ROLE_ATTACH, "Attach a managed policy to a role"),
    ROW("DetachRolePolicy", iam_detach, OP_WRITE, ROLE_ATTACH,
        "Detach a managed policy from a role"),
    ROW("ListAttachedRolePolicies", iam_list_attached, OP_READ, ROLE_PAGE,
        "List a role's managed policies"),
    ROW("TagRole", iam_tag, OP_WRITE, ROLE_TAG, "Add tags to a role"),
    ROW("UntagRole", iam_untag, OP_WRITE, ROLE_UNTAG, "Take tags off a role"),
    ROW("ListRoleTags", iam_list_tags, OP_READ, ROLE_PAGE, "List a role's tags"),
    ROW("ListInstanceProfilesForRole", iam_list_instance_profiles_for_role, OP_READ, ROLE_PAGE,
        "List a role's instance profiles (there are none)"),
    ROW("CreateUser", iam_create_user, OP_WRITE, CREATE_USER, "Make a user"),
    ROW("GetUser", iam_get_user, OP_READ, USER_OPTIONAL, "Describe a user, or the caller"),
    ROW("ListUsers", iam_list_users, OP_READ, PAGE, "List users"),
    ROW("DeleteUser", iam_delete_user, OP_WRITE, USER_ONLY,
        "Delete a user that carries no policies or keys"),
    ROW("ListGroupsForUser", iam_list_groups_for_user, OP_READ, USER_PAGE,
        "List a user's groups (there are none)"),
    ROW("PutUserPolicy", iam_put_inline, OP_WRITE, USER_INLINE_PUT, "Set a user's inline policy"),
    ROW("GetUserPolicy", iam_get_inline, OP_READ, USER_INLINE, "Show a user's inline policy"),
    ROW("ListUserPolicies", iam_list_inline, OP_READ, USER_PAGE, "List a user's inline policies"),
    ROW("DeleteUserPolicy", iam_delete_inline, OP_WRITE, USER_INLINE,
        "Delete a user's inline policy"),
    ROW("AttachUserPolicy", iam_attach, OP_WRITE, USER_ATTACH, "Attach a managed policy to a user"),
    ROW("DetachUserPolicy", iam_detach, OP_WRITE, USER_ATTACH,
        "Detach a managed policy from a user"),
    ROW("ListAttachedUserPolicies", iam_list_attached, OP_READ, USER_PAGE,
        "List a user's managed policies"),
    ROW("TagUser", iam_tag, OP_WRITE, USER_TAG, "Add tags to a user"),
    ROW("UntagUser", iam_untag, OP_WRITE, USER_UNTAG, "Take tags off a user"),
    ROW("ListUserTags", iam_list_tags, OP_READ, USER_PAGE, "List a user's tags"),
    ROW("CreateAccessKey", iam_create_access_key, OP_WRITE, USER_ONLY,
        "Make an access key; its secret is shown once"),
    ROW("ListAccessKeys", iam_list_access_keys, OP_READ, USER_PAGE, "List a user's access keys"),
    ROW("DeleteAccessKey", iam_delete_access_key, OP_WRITE, ACCESS_KEY, "Delete an access key"),
    ROW("CreatePolicy", iam_create_policy, OP_WRITE, CREATE_POLICY, "Make a managed policy"),
    ROW("GetPolicy", iam_get_policy, OP_READ, POLICY_ARN, "Describe a managed policy"),
    ROW("GetPolicyVersion", iam_get_policy_version, OP_READ, POLICY_VERSION,
        "Show a managed policy's document"),
    ROW("ListPolicyVersions", iam_list_policy_versions, OP_READ, POLICY_ARN,
        "List a managed policy's versions"),
    ROW("ListPolicies", iam_list_policies, OP_READ, PAGE, "List managed policies of this account"),
    ROW("DeletePolicy", iam_delete_policy, OP_WRITE, POLICY_ARN,
        "Delete a managed policy nobody carries"),
    {0},
};

static const char *const KNOWN[] = {"AddRoleToInstanceProfile",
                                    "AddUserToGroup",
                                    "CreateAccountAlias",
                                    "CreateGroup",
                                    "CreateInstanceProfile",
                                    "CreateLoginProfile",
                                    "CreateOpenIDConnectProvider",
                                    "CreatePolicyVersion",
                                    "CreateSAMLProvider",
                                    "CreateServiceLinkedRole",
                                    "DeleteGroup",
                                    "DeleteInstanceProfile",
                                    "DeletePolicyVersion",
                                    "DeleteServerCertificate",
                                    "GetAccessKeyLastUsed",
                                    "GetAccountAuthorizationDetails",
                                    "GetAccountPasswordPolicy",
                                    "GetAccountSummary",
                                    "GetGroup",
                                    "GetInstanceProfile",
                                    "GetLoginProfile",
                                    "ListAccountAliases",
                                    "ListEntitiesForPolicy",
                                    "ListGroups",
                                    "ListInstanceProfiles",
                                    "ListMFADevices",
                                    "ListPolicyTags",
                                    "PutRolePermissionsBoundary",
                                    "SetDefaultPolicyVersion",
                                    "SimulatePrincipalPolicy",
                                    "TagPolicy",
                                    "UntagPolicy",
                                    "UpdateAccessKey",
                                    "UpdateUser",
                                    NULL};

static const struct error_code VALIDATION_ERROR = {"ValidationError", 400, NULL};

const struct service IAM_SERVICE = {
    .name = "iam",
    .title = "AWS Identity and Access Management",
    .signing_name = "iam",
    .api_version = "2010-05-08",
    .xml_namespace = "https://iam.amazonaws.com/doc/2010-05-08/",
    .protocols = PROTOCOL_QUERY,
    .ops = OPS,
    .known = KNOWN,
    .validation_error = &VALIDATION_ERROR,
};
