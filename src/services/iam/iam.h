// SPDX-License-Identifier: Apache-2.0
// IAM: roles, users, their access keys, managed and inline policies - stored and returned as AWS
// does.
//
// An entity (role, user, customer managed policy) is one row of KEYSPACE_IAM_ENTITY, by kind and
// lower-cased name, as IAM's names are unique without regard to case. The row is a JSON object with
// the API's own members, and three of ours: "inline" (policy name -> document), "attached" (policy
// ARNs, in order), "keys" (a user's access keys). IAM is global: keys carry no region. Evaluation
// of policies is lake/authorize.h.
//
// Source: IAM API Reference. Limits: "IAM and AWS STS quotas".
#ifndef SERVICES_IAM_IAM_H
#define SERVICES_IAM_IAM_H

#include "lake/credentials.h"

extern const struct error_code IAM_NO_SUCH_ENTITY, IAM_ENTITY_EXISTS, IAM_DELETE_CONFLICT,
    IAM_MALFORMED_POLICY, IAM_LIMIT_EXCEEDED, IAM_INVALID_INPUT;

enum iam_kind { IAM_ROLE, IAM_USER, IAM_POLICY };

// Reads an entity; for change, its row is locked. Refuses with NoSuchEntity in AWS's words.
enum err iam_get(struct call *call, enum iam_kind kind, struct str name,
                 struct json **out_entity) MUST_CHECK;
enum err iam_get_for_change(struct call *call, enum iam_kind kind, struct str name,
                            struct json **out_entity) MUST_CHECK;
enum err iam_put(struct call *call, enum iam_kind kind, const struct json *entity) MUST_CHECK;
enum err iam_put_new(struct call *call, enum iam_kind kind,
                     const struct json *entity) MUST_CHECK; // EntityAlreadyExists
enum err iam_delete(struct call *call, enum iam_kind kind, struct str name) MUST_CHECK;
// A page of entities of a kind whose Path starts with PathPrefix, by name, as MaxItems and Marker
// ask; sets IsTruncated and Marker of `reply` and its list member `list_name`. The rows' own
// members are left out.
enum err iam_list(struct call *call, enum iam_kind kind, const struct json *in,
                  const char *list_name, struct json *reply) MUST_CHECK;

// An entity as the API shows it: without our own members.
struct json *iam_shown(struct call *call, const struct json *entity);
// A reply of one member.
struct json *iam_reply(struct call *call, const char *name, struct json *value);
// Policy documents are JSON objects with a Statement; MalformedPolicyDocument otherwise.
enum err iam_check_document(struct call *call, struct str document) MUST_CHECK;
struct str iam_name_of(enum iam_kind kind, const struct json *entity);
// "AROA..." and the like: the prefix and 17 random characters.
struct str iam_unique_id(struct call *call, const char *prefix);

op_handler iam_create_role, iam_get_role, iam_list_roles, iam_delete_role, iam_update_role,
    iam_update_trust;
op_handler iam_create_user, iam_get_user, iam_list_users, iam_delete_user;
op_handler iam_create_access_key, iam_list_access_keys, iam_delete_access_key;
op_handler iam_create_policy, iam_get_policy, iam_get_policy_version, iam_list_policy_versions,
    iam_list_policies, iam_delete_policy;
// Inline and attached policies of roles and users: one handler for both, told apart by RoleName or
// UserName.
op_handler iam_put_inline, iam_get_inline, iam_list_inline, iam_delete_inline;
op_handler iam_attach, iam_detach, iam_list_attached;
op_handler iam_tag, iam_untag, iam_list_tags;
op_handler iam_list_instance_profiles_for_role, iam_list_groups_for_user;

#endif
