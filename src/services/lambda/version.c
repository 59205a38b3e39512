// SPDX-License-Identifier: Apache-2.0
// Published versions, which never change, and aliases, which point to one.
#include "services/lambda/lambda.h"

#include "base/timefmt.h"

#include <string.h>

#define PAGE_DEFAULT 50

// Nothing new to publish when the last version has the same code and settings: then that one is the
// answer, as on AWS.
static enum err same_as_last(struct call *call, struct str name, const struct json *row,
                             uint64_t next, struct json **out_same)
{
    static const char *const WHAT[] = {"CodeSha256", "Role",       "Handler",    "Runtime",
                                       "Timeout",    "MemorySize", "Environment"};
    struct key key;
    struct json *last;
    *out_same = NULL;
    if (next <= 1)
        return OK;
    enum err err =
        tx_get_json(call->tx, version_key(call, &key, name, next - 1), call->arena, &last);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    for (size_t i = 0; i < sizeof WHAT / sizeof *WHAT; i++) {
        struct json *a = json_get(json_get(row, "config"), WHAT[i]),
                    *b = json_get(json_get(last, "config"), WHAT[i]);
        if (!a != !b || (a && !json_equal(a, b)))
            return OK;
    }
    *out_same = last;
    return OK;
}

enum err version_publish(struct call *call, struct str name, struct json *row,
                         struct str description, struct json **out_version)
{
    struct arena *arena = call->arena;
    uint64_t number = (uint64_t)json_i64_or(row, "next_version", 1);
    struct blob code, copy;
    struct key key;
    TRY(same_as_last(call, name, row, number, out_version));
    if (*out_version)
        return OK;
    TRY(blob_from_json(json_get(row, "code"), &code));
    TRY(tx_blob_share(call->tx, &code, &copy));
    struct str text = str_format(arena, "%llu", (unsigned long long)number);
    struct json *version = json_object(arena),
                *config = json_copy_shallow(arena, json_get(row, "config"));
    json_set_str(arena, config, "Version", text);
    json_set_str(arena, config, "FunctionArn", function_arn(call, name, text));
    json_set_str(arena, config, "RevisionId", call_uuid(call));
    if (description.len)
        json_set_str(arena, config, "Description", description);
    json_set(arena, version, "config", config);
    json_set(arena, version, "code", blob_to_json(arena, &copy));
    json_set(arena, version, "sha256", json_get(row, "sha256"));
    TRY(tx_put_json(call->tx, version_key(call, &key, name, number), version));
    json_set_i64(arena, row, "next_version", (int64_t)number + 1);
    *out_version = version;
    return OK;
}

enum err lambda_publish_version(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row, *version;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_lock(call, ref.name, &row));
    TRY(function_check_revision(call, in, row));
    struct str expected = json_str(in, "CodeSha256");
    if (expected.len && !str_eq(expected, json_str(json_get(row, "config"), "CodeSha256")))
        FAIL(call, LAMBDA_INVALID,
             "CodeSHA256 (%.*s) is different from current CodeSHA256 in $LATEST (%.*s). Please try "
             "again "
             "with the CodeSHA256 in $LATEST.",
             STR_ARG(expected), STR_ARG(json_str(json_get(row, "config"), "CodeSha256")));
    TRY(version_publish(call, ref.name, row, json_str(in, "Description"), &version));
    *out = function_configuration(call, version);
    call->reply_status = 201;
    return function_put(call, ref.name, row);
}

// Rows below a function's prefix, as pages: `shown` makes an item, `position` is the key's last
// field as text.
struct listing {
    enum keyspace keyspace;
    const char *member;
    struct json *(*shown)(struct call *call, const struct json *row);
};

static enum err list_rows(struct call *call, const struct json *in, struct str name,
                          const struct listing *listing, struct json *items, struct json **out)
{
    struct key prefix, from = {0};
    struct str position, key_text, value;
    struct json *row;
    TRY(marker_position(call, in, &position));
    int64_t left = json_i64_or(in, "MaxItems", PAGE_DEFAULT);
    key_str(key_str(key_start(&prefix, listing->keyspace), call->region), name);
    if (position.len) {
        from = prefix;
        key_raw(&from, position);
    }
    *out = json_set(call->arena, json_object(call->arena), listing->member, items);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        if (left-- == 0) {
            json_set_str(call->arena, *out, "NextMarker",
                         page_token(call, str_dup(call->arena, str_from(key_text, prefix.len))));
            break;
        }
        json_push(call->arena, items, listing->shown(call, row));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err lambda_list_versions(struct call *call, const struct json *in, struct json **out)
{
    static const struct listing VERSIONS = {KEYSPACE_LAMBDA_VERSION, "Versions",
                                            function_configuration};
    struct function_ref ref;
    struct json *row, *items = json_array(call->arena);
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_get(call, ref.name, &row));
    if (!json_str(in, "Marker").len) {
        struct json *latest = function_configuration(call, row);
        json_set_str(call->arena, latest, "FunctionArn",
                     function_arn(call, ref.name, S("$LATEST")));
        json_push(call->arena, items, latest);
    }
    return list_rows(call, in, ref.name, &VERSIONS, items, out);
}

enum err versions_delete_all(struct call *call, struct str name)
{
    struct key prefix;
    struct str key_text, value;
    struct json *row;
    struct blob code;
    key_str(key_str(key_start(&prefix, KEYSPACE_LAMBDA_VERSION), call->region), name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err == OK)
            err = blob_from_json(json_get(row, "code"), &code);
        if (err == OK)
            err = tx_blob_drop(call->tx, &code);
        if (err != OK)
            break;
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(rows_delete(call, &prefix));
    key_str(key_str(key_start(&prefix, KEYSPACE_LAMBDA_ALIAS), call->region), name);
    return rows_delete(call, &prefix);
}

// --- aliases

static struct json *alias_shown(struct call *call, const struct json *row)
{
    return json_copy_shallow(call->arena, row);
}

static enum err alias_fill(struct call *call, const struct json *in, struct str name,
                           struct json *alias)
{
    struct json *target;
    if (json_count(json_get(json_get(in, "RoutingConfig"), "AdditionalVersionWeights")))
        FAIL(call, LAMBDA_INVALID,
             "RoutingConfig is not supported: an alias points to one version.");
    if (json_has(in, "FunctionVersion")) {
        struct function_ref ref = {name, json_str(in, "FunctionVersion"), call->region};
        TRY(function_resolve(call, &ref, &target));
        json_set(call->arena, alias, "FunctionVersion", json_get(in, "FunctionVersion"));
    }
    if (json_has(in, "Description"))
        json_set(call->arena, alias, "Description", json_get(in, "Description"));
    json_set_str(call->arena, alias, "RevisionId", call_uuid(call));
    return OK;
}

static enum err alias_lock(struct call *call, const struct json *in, struct function_ref *out_ref,
                           struct json **out_alias)
{
    struct key key;
    struct json *row;
    TRY(function_ref_parse(call, in, out_ref));
    TRY(function_get(call, out_ref->name, &row));
    enum err err = tx_get_json(call->tx, alias_key(call, &key, out_ref->name, json_str(in, "Name")),
                               call->arena, out_alias);
    if (err == ERR_NOT_FOUND)
        FAIL(call, LAMBDA_NOT_FOUND, "Cannot find alias arn: %.*s",
             STR_ARG(function_arn(call, out_ref->name, json_str(in, "Name"))));
    return err;
}

enum err lambda_create_alias(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    struct json *row, *alias = json_object(call->arena);
    struct str existing, name = json_str(in, "Name");
    uint64_t number;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_get(call, ref.name, &row));
    if (str_to_u64(name, &number))
        FAIL(call, LAMBDA_INVALID, "An alias' name must not be a number: %.*s", STR_ARG(name));
    enum err err = tx_lock(call->tx, alias_key(call, &key, ref.name, name), call->arena, &existing);
    if (err == OK)
        FAIL(call, LAMBDA_CONFLICT, "Alias already exists: %.*s",
             STR_ARG(function_arn(call, ref.name, name)));
    if (err != ERR_NOT_FOUND)
        return err;
    json_set_str(call->arena, alias, "AliasArn", function_arn(call, ref.name, name));
    json_set_str(call->arena, alias, "Name", name);
    json_set_str(call->arena, alias, "Description", S(""));
    TRY(alias_fill(call, in, ref.name, alias));
    *out = alias;
    call->reply_status = 201;
    return tx_put_json(call->tx, &key, alias);
}

enum err lambda_get_alias(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    return alias_lock(call, in, &ref, out);
}

enum err lambda_update_alias(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    TRY(alias_lock(call, in, &ref, out));
    struct str revision = json_str(in, "RevisionId");
    if (revision.len && !str_eq(revision, json_str(*out, "RevisionId")))
        FAIL(call, LAMBDA_PRECONDITION,
             "The Revision Id provided does not match the latest Revision Id. Call the "
             "GetFunction/GetAlias API to retrieve the latest Revision Id");
    TRY(alias_fill(call, in, ref.name, *out));
    return tx_put_json(call->tx, alias_key(call, &key, ref.name, json_str(in, "Name")), *out);
}

enum err lambda_delete_alias(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    struct json *row;
    (void)out;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_get(call, ref.name, &row));
    call->reply_status = 204;
    return tx_delete(call->tx, alias_key(call, &key, ref.name,
                                         json_str(in, "Name"))); // absent is a success on AWS too
}

enum err lambda_list_aliases(struct call *call, const struct json *in, struct json **out)
{
    static const struct listing ALIASES = {KEYSPACE_LAMBDA_ALIAS, "Aliases", alias_shown};
    struct function_ref ref;
    struct json *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_get(call, ref.name, &row));
    return list_rows(call, in, ref.name, &ALIASES, json_array(call->arena), out);
}
