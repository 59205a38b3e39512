// SPDX-License-Identifier: Apache-2.0
// Functions as rows, and the many ways to name one.
#include "services/lambda/lambda.h"

#include "base/timefmt.h"

#include <stdio.h>
#include <string.h>

static bool all_of(struct str s, bool (*is)(char))
{
    for (size_t i = 0; i < s.len; i++)
        if (!is(s.ptr[i]))
            return false;
    return s.len > 0;
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

// The name's part of an ARN or partial ARN: what follows "function:".
static struct str after_function(struct call *call, struct str text, struct str *out_region)
{
    struct arn arn;
    struct str prefix = S("function:");
    *out_region = call->region;
    if (arn_parse(text, &arn)) {
        *out_region = arn.region;
        return str_starts(arn.resource, prefix) ? str_from(arn.resource, prefix.len) : STR_NONE;
    }
    size_t at = str_find(text, prefix); // 000000000000:function:name
    return at == STR_NPOS ? text : str_from(text, at + prefix.len);
}

enum err function_ref_parse_text(struct call *call, struct str text, struct str qualifier,
                                 struct function_ref *out)
{
    struct str rest = after_function(call, text, &out->region);
    (void)str_cut(&rest, ':', &out->name);
    out->qualifier = rest.ptr ? rest : STR_NONE;
    bool name_ok = out->name.len <= 64 && all_of(out->name, is_name_char);
    bool qualifier_ok = !out->qualifier.len || str_is(out->qualifier, "$LATEST") ||
                        all_of(out->qualifier, is_name_char);
    if (!name_ok || !qualifier_ok)
        FAIL(call, LAMBDA_INVALID,
             "1 validation error detected: Value '%.*s' at 'functionName' failed to satisfy "
             "constraint: Member must "
             "satisfy regular expression pattern: "
             "(arn:(aws[a-zA-Z-]*)?:lambda:)?([a-z]{2}(-gov)?-[a-z]+-\\d{1}:)?"
             "(\\d{12}:)?(function:)?([a-zA-Z0-9-_]+)(:(\\$LATEST|[a-zA-Z0-9-_]+))?",
             STR_ARG(text));
    if (qualifier.len && out->qualifier.len && !str_eq(qualifier, out->qualifier))
        FAIL(
            call, LAMBDA_INVALID,
            "The derived qualifier from the function name does not match the specified qualifier.");
    if (qualifier.len)
        out->qualifier = qualifier;
    return OK;
}

enum err function_ref_parse(struct call *call, const struct json *in, struct function_ref *out)
{
    return function_ref_parse_text(call, json_str(in, "FunctionName"), json_str(in, "Qualifier"),
                                   out);
}

struct str function_arn(struct call *call, struct str name, struct str qualifier)
{
    if (qualifier.len)
        return call_arn(call, "lambda", "function:%.*s:%.*s", STR_ARG(name), STR_ARG(qualifier));
    return call_arn(call, "lambda", "function:%.*s", STR_ARG(name));
}

// --- rows

struct key *function_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_LAMBDA_FUNCTION), call->region), name);
}

struct key *version_key(struct call *call, struct key *key, struct str name, uint64_t version)
{
    return key_u64(key_str(key_str(key_start(key, KEYSPACE_LAMBDA_VERSION), call->region), name),
                   version);
}

struct key *alias_key(struct call *call, struct key *key, struct str name, struct str alias)
{
    return key_str(key_str(key_str(key_start(key, KEYSPACE_LAMBDA_ALIAS), call->region), name),
                   alias);
}

static enum err not_found(struct call *call, struct str name, struct str qualifier)
{
    FAIL(call, LAMBDA_NOT_FOUND, "Function not found: %.*s",
         STR_ARG(function_arn(call, name, qualifier)));
}

enum err function_get(struct call *call, struct str name, struct json **out_row)
{
    struct key key;
    enum err err = tx_get_json(call->tx, function_key(call, &key, name), call->arena, out_row);
    return err == ERR_NOT_FOUND ? not_found(call, name, STR_NONE) : err;
}

enum err function_lock(struct call *call, struct str name, struct json **out_row)
{
    struct key key;
    enum err err = tx_lock_json(call->tx, function_key(call, &key, name), call->arena, out_row);
    return err == ERR_NOT_FOUND ? not_found(call, name, STR_NONE) : err;
}

enum err function_put(struct call *call, struct str name, const struct json *row)
{
    struct key key;
    return tx_put_json(call->tx, function_key(call, &key, name), row);
}

static enum err version_get(struct call *call, const struct function_ref *ref, struct str version,
                            struct json **out_row)
{
    struct key key;
    uint64_t number;
    if (!str_to_u64(version, &number))
        return not_found(call, ref->name, ref->qualifier);
    enum err err =
        tx_get_json(call->tx, version_key(call, &key, ref->name, number), call->arena, out_row);
    return err == ERR_NOT_FOUND ? not_found(call, ref->name, ref->qualifier) : err;
}

enum err function_resolve(struct call *call, const struct function_ref *ref, struct json **out_row)
{
    struct key key;
    struct json *alias;
    if (!str_eq(ref->region, call->region))
        return not_found(call, ref->name, ref->qualifier);
    if (!ref->qualifier.len || str_is(ref->qualifier, "$LATEST"))
        return function_get(call, ref->name, out_row);
    if (all_of(ref->qualifier, is_digit))
        return version_get(call, ref, ref->qualifier, out_row);
    enum err err = tx_get_json(call->tx, alias_key(call, &key, ref->name, ref->qualifier),
                               call->arena, &alias);
    if (err == ERR_NOT_FOUND)
        return not_found(call, ref->name, ref->qualifier);
    TRY(err);
    struct str version = json_str(alias, "FunctionVersion");
    return str_is(version, "$LATEST") ? function_get(call, ref->name, out_row)
                                      : version_get(call, ref, version, out_row);
}

struct json *function_configuration(struct call *call, const struct json *row)
{
    struct json *config = json_copy_shallow(call->arena, json_get(row, "config"));
    json_set_str(call->arena, config, "State", S("Active"));
    json_set_str(call->arena, config, "LastUpdateStatus", S("Successful"));
    return config;
}

enum err function_check_revision(struct call *call, const struct json *in, const struct json *row)
{
    struct str given = json_str(in, "RevisionId");
    if (given.len && !str_eq(given, json_str(json_get(row, "config"), "RevisionId")))
        FAIL(call, LAMBDA_PRECONDITION,
             "The Revision Id provided does not match the latest Revision Id. Call the "
             "GetFunction/GetAlias API to "
             "retrieve the latest Revision Id");
    return OK;
}

void function_touch(struct call *call, struct json *config)
{
    struct civil now =
        civil_from_ms(call->now_ms); // Lambda's own form: 2026-11-23T04:05:06.789+0000
    json_set_str(call->arena, config, "LastModified",
                 str_format(call->arena, "%04d-%02d-%02dT%02d:%02d:%02d.%03d+0000", now.year,
                            now.month, now.day, now.hour, now.minute, now.second, now.ms));
    json_set_str(call->arena, config, "RevisionId", call_uuid(call));
}

struct changed {
    struct engine *engine;
    char region[64], name[80];
};

static void retire(void *context)
{
    struct changed *changed = context;
    engine_retire(changed->engine, str_of(changed->region), str_of(changed->name));
}

void function_changed(struct call *call, struct str name)
{
    struct lambda *lambda = call_state(call);
    struct changed changed = {.engine = lambda->engine};
    snprintf(changed.region, sizeof changed.region, "%.*s", STR_ARG(call->region));
    snprintf(changed.name, sizeof changed.name, "%.*s", STR_ARG(name));
    tx_after_commit(call->tx, retire, &changed, sizeof changed);
}

enum err rows_delete(struct call *call, const struct key *prefix)
{
    struct str key_text, value;
    struct scan *scan = scan_open(call->tx, prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        struct key key = {.len = key_text.len};
        memcpy(key.bytes, key_text.ptr, key_text.len);
        err = tx_delete(call->tx, &key);
        if (err != OK)
            break;
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err marker_position(struct call *call, const struct json *in, struct str *out_position)
{
    struct str marker = json_str(in, "Marker");
    *out_position = STR_NONE;
    return marker.len ? page_position(call, marker, out_position) : OK;
}
