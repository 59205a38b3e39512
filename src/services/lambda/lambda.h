// SPDX-License-Identifier: Apache-2.0
// What the files of this service share: its state, its errors, its handlers, and functions as rows.
//
// A function is a row {"config": as FunctionConfiguration, "code": blob, "sha256": hex, "tags",
// "reserved": n, "next_version": n}; a published version is a row of its own with "config", "code"
// and "sha256". An environment belongs to one RevisionId of one version.
#ifndef LAMBDA_LAMBDA_H
#define LAMBDA_LAMBDA_H

#include "lake/lake.h"
#include "services/lambda/engine.h"

struct pollers;
struct waiting;
struct lambda {
    struct lake *lake;
    struct engine *engine;
    struct pollers *pollers; // poller.h
    struct waiting *waiting; // invoke.c: synchronous invocations
};

#define LAMBDA_ERRORS(X)                                                                           \
    X(LAMBDA_NOT_FOUND, "ResourceNotFoundException", 404)                                          \
    X(LAMBDA_CONFLICT, "ResourceConflictException", 409)                                           \
    X(LAMBDA_INVALID, "InvalidParameterValueException", 400)                                       \
    X(LAMBDA_BAD_CONTENT, "InvalidRequestContentException", 400)                                   \
    X(LAMBDA_TOO_LARGE, "RequestTooLargeException", 413)                                           \
    X(LAMBDA_TOO_MANY, "TooManyRequestsException", 429)                                            \
    X(LAMBDA_PRECONDITION, "PreconditionFailedException", 412)                                     \
    X(LAMBDA_BAD_RUNTIME, "InvalidRuntimeException", 502)                                          \
    X(LAMBDA_SERVICE_FAILED, "ServiceException", 500)                                              \
    X(LAMBDA_STORAGE, "CodeStorageExceededException", 400)                                         \
    X(LAMBDA_POLICY_LENGTH, "PolicyLengthExceededException", 400)
#define LAMBDA_ERROR_DECLARE(name, code, status) extern const struct error_code name;
LAMBDA_ERRORS(LAMBDA_ERROR_DECLARE)
#undef LAMBDA_ERROR_DECLARE

// --- function.c: names and rows

// What a request means: "f", "f:alias", a partial or full ARN, with the Qualifier parameter.
struct function_ref {
    struct str name;
    struct str qualifier; // "" is the unqualified function
    struct str region;    // of a full ARN, else the call's
};
enum err function_ref_parse(struct call *call, const struct json *in,
                            struct function_ref *out) MUST_CHECK;
enum err function_ref_parse_text(struct call *call, struct str text, struct str qualifier,
                                 struct function_ref *out) MUST_CHECK;
struct str function_arn(struct call *call, struct str name, struct str qualifier);
struct key *function_key(struct call *call, struct key *key, struct str name);
struct key *version_key(struct call *call, struct key *key, struct str name, uint64_t version);
struct key *alias_key(struct call *call, struct key *key, struct str name, struct str alias);
// The function's own row. LAMBDA_NOT_FOUND.
enum err function_get(struct call *call, struct str name, struct json **out_row) MUST_CHECK;
enum err function_lock(struct call *call, struct str name, struct json **out_row) MUST_CHECK;
enum err function_put(struct call *call, struct str name, const struct json *row) MUST_CHECK;
// The row a reference resolves to: the function's, or a version's (through an alias too).
enum err function_resolve(struct call *call, const struct function_ref *ref,
                          struct json **out_row) MUST_CHECK;
struct json *function_configuration(struct call *call,
                                    const struct json *row); // as replies show it
enum err function_check_revision(struct call *call, const struct json *in,
                                 const struct json *row) MUST_CHECK;
void function_touch(struct call *call, struct json *config); // new RevisionId and LastModified
void function_changed(struct call *call, struct str name); // after the commit its environments end

// --- handlers
#define LAMBDA_HANDLERS(X)                                                                         \
    X(create_function)                                                                             \
    X(update_function_code)                                                                        \
    X(update_function_configuration)                                                               \
    X(get_function) X(get_function_configuration) X(list_functions) X(delete_function)             \
        X(download_code) X(publish_version) X(list_versions) X(create_alias) X(get_alias)          \
            X(update_alias) X(delete_alias) X(list_aliases) X(add_permission) X(remove_permission) \
                X(get_policy) X(put_concurrency) X(get_concurrency) X(delete_concurrency)          \
                    X(list_tags) X(tag_resource) X(untag_resource) X(get_account_settings)         \
                        X(put_invoke_config) X(update_invoke_config) X(get_invoke_config)          \
                            X(delete_invoke_config) X(list_invoke_configs) X(invoke)               \
                                X(invoke_async) X(invoke_task) X(create_credential)                \
                                    X(create_mapping) X(get_mapping) X(list_mappings)              \
                                        X(update_mapping) X(delete_mapping)
#define LAMBDA_HANDLER_DECLARE(name)                                                               \
    enum err lambda_##name(struct call *call, const struct json *in, struct json **out);
LAMBDA_HANDLERS(LAMBDA_HANDLER_DECLARE)
#undef LAMBDA_HANDLER_DECLARE

// --- version.c
enum err version_publish(struct call *call, struct str name, struct json *row,
                         struct str description, struct json **out_version) MUST_CHECK;
enum err versions_delete_all(struct call *call, struct str name) MUST_CHECK;

// --- policy.c
enum err policies_delete_all(struct call *call, struct str name) MUST_CHECK;

// --- settings.c: how asynchronous invocations of what `ref` names are treated; defaults when
// nothing was put
struct invoke_config {
    uint32_t retries_max;              // 2
    int64_t age_seconds_max;           // 21600
    struct str on_success, on_failure; // destination ARNs, "" for none
};
enum err invoke_config_get(struct call *call, const struct function_ref *ref,
                           struct invoke_config *out) MUST_CHECK;
enum err invoke_configs_delete_all(struct call *call, struct str name) MUST_CHECK;

// --- invoke.c
struct waiting *waiting_new(void);
void waiting_free(struct waiting *waiting); // takes NULL
// An invocation of what `row` describes; payload and the like are still to be set. `in_arena`
// copies are made.
struct invocation *invocation_of(struct call *call, const struct function_ref *ref,
                                 const struct json *row, int64_t reserved);

enum err marker_position(struct call *call, const struct json *in,
                         struct str *out_position) MUST_CHECK; // "" at the start
// Removes every row whose key starts so.
enum err rows_delete(struct call *call, const struct key *prefix) MUST_CHECK;

#endif
