// SPDX-License-Identifier: Apache-2.0
// Settings around a function: reserved concurrency, tags, asynchronous invocation, the account's.
#include "services/lambda/lambda.h"

#include "base/timefmt.h"

#define ACCOUNT_CONCURRENCY 1000 // AWS's default quota; 100 of it stay unreserved
#define UNRESERVED_MIN 100

// --- concurrency

enum err lambda_put_concurrency(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_lock(call, ref.name, &row));
    int64_t reserved = json_i64_or(in, "ReservedConcurrentExecutions", 0);
    if (reserved > ACCOUNT_CONCURRENCY - UNRESERVED_MIN)
        FAIL(call, LAMBDA_INVALID,
             "Specified ReservedConcurrentExecutions for function decreases account's "
             "UnreservedConcurrentExecution below "
             "its minimum value of [%d].",
             UNRESERVED_MIN);
    json_set_i64(call->arena, row, "reserved", reserved);
    *out = json_set_i64(call->arena, json_object(call->arena), "ReservedConcurrentExecutions",
                        reserved);
    return function_put(call, ref.name, row);
}

enum err lambda_get_concurrency(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_get(call, ref.name, &row));
    *out = json_set(call->arena, json_object(call->arena), "ReservedConcurrentExecutions",
                    json_get(row, "reserved"));
    return OK;
}

enum err lambda_delete_concurrency(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    (void)out;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_lock(call, ref.name, &row));
    json_remove(row, S("reserved"));
    call->reply_status = 204;
    return function_put(call, ref.name, row);
}

enum err lambda_get_account_settings(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct key prefix;
    struct str key_text, value;
    int64_t count = 0, bytes = 0, reserved = 0;
    struct json *row, *limit = json_object(arena), *usage = json_object(arena);
    (void)in;
    key_str(key_start(&prefix, KEYSPACE_LAMBDA_FUNCTION), call->region);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(arena, str_dup(arena, value), &row, &call->error);
        if (err != OK)
            break;
        count++;
        bytes += json_i64_or(json_get(row, "config"), "CodeSize", 0);
        reserved += json_i64_or(row, "reserved", 0);
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    json_set_i64(arena, limit, "TotalCodeSize", 80530636800);
    json_set_i64(arena, limit, "CodeSizeUnzipped", 262144000);
    json_set_i64(arena, limit, "CodeSizeZipped", 52428800);
    json_set_i64(arena, limit, "ConcurrentExecutions", ACCOUNT_CONCURRENCY);
    json_set_i64(arena, limit, "UnreservedConcurrentExecutions", ACCOUNT_CONCURRENCY - reserved);
    json_set_i64(arena, usage, "TotalCodeSize", bytes);
    json_set_i64(arena, usage, "FunctionCount", count);
    *out = json_object(arena);
    json_set(arena, *out, "AccountLimit", limit);
    json_set(arena, *out, "AccountUsage", usage);
    return OK;
}

// --- tags, of the function that an ARN names

static enum err tagged_row(struct call *call, const struct json *in, struct function_ref *out_ref,
                           struct json **out_row)
{
    struct arn arn;
    struct str text = json_str(in, "Resource");
    if (!arn_parse(text, &arn) || !str_starts(arn.resource, S("function:")))
        FAIL(call, LAMBDA_INVALID,
             "%.*s is not the ARN of a function: only functions have tags here", STR_ARG(text));
    TRY(function_ref_parse_text(call, text, STR_NONE, out_ref));
    return function_lock(call, out_ref->name, out_row);
}

enum err lambda_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    struct str text = json_str(in, "Resource");
    TRY(function_ref_parse_text(call, text, STR_NONE, &ref));
    TRY(function_get(call, ref.name, &row));
    *out = json_set(call->arena, json_object(call->arena), "Tags", json_get(row, "tags"));
    return OK;
}

enum err lambda_tag_resource(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    (void)out;
    TRY(tagged_row(call, in, &ref, &row));
    JSON_EACH_MEMBER (m, json_get(in, "Tags"))
        json_set_named(call->arena, json_get(row, "tags"), m->name, m->value);
    if (json_count(json_get(row, "tags")) > 50)
        FAIL(call, LAMBDA_INVALID, "A function has at most 50 tags.");
    call->reply_status = 204;
    return function_put(call, ref.name, row);
}

enum err lambda_untag_resource(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct json *row;
    (void)out;
    TRY(tagged_row(call, in, &ref, &row));
    JSON_EACH (name, json_get(in, "TagKeys"))
        json_remove(json_get(row, "tags"), json_as_str(name));
    call->reply_status = 204;
    return function_put(call, ref.name, row);
}

// --- asynchronous invocation

static struct key *config_key(struct call *call, struct key *key, const struct function_ref *ref)
{
    struct str qualifier = ref->qualifier.len ? ref->qualifier : S("$LATEST");
    return key_str(
        key_str(key_str(key_start(key, KEYSPACE_LAMBDA_INVOKE_CONFIG), call->region), ref->name),
        qualifier);
}

static enum err check_destination(struct call *call, const struct json *in, const char *which)
{
    struct arn arn;
    struct str target = json_str(json_get(json_get(in, "DestinationConfig"), which), "Destination");
    if (!target.len)
        return OK;
    if (arn_parse(target, &arn) && (str_is(arn.service, "sqs") || str_is(arn.service, "lambda") ||
                                    str_is(arn.service, "events")))
        return OK;
    FAIL(call, LAMBDA_INVALID,
         "The destination ARN %.*s is invalid: destinations are SQS queues, functions and event "
         "buses here.",
         STR_ARG(target));
}

static enum err put_config(struct call *call, const struct json *in, bool keep, struct json **out)
{
    static const char *const MEMBERS[] = {"MaximumRetryAttempts", "MaximumEventAgeInSeconds",
                                          "DestinationConfig"};
    struct function_ref ref;
    struct key key;
    struct json *target, *row;
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_resolve(call, &ref, &target));
    TRY(check_destination(call, in, "OnSuccess"));
    TRY(check_destination(call, in, "OnFailure"));
    enum err err = tx_lock_json(call->tx, config_key(call, &key, &ref), call->arena, &row);
    if (err == ERR_NOT_FOUND && keep)
        FAIL(call, LAMBDA_NOT_FOUND, "The function %.*s doesn't have an EventInvokeConfig",
             STR_ARG(function_arn(call, ref.name, ref.qualifier)));
    if (err == ERR_NOT_FOUND || (err == OK && !keep))
        row = json_object(call->arena);
    else
        TRY(err);
    struct str qualifier = ref.qualifier.len ? ref.qualifier : S("$LATEST");
    json_set_str(call->arena, row, "FunctionArn", function_arn(call, ref.name, qualifier));
    json_set(call->arena, row, "LastModified", time_json(call->arena, call->now_ms));
    for (size_t i = 0; i < 3; i++)
        json_set(call->arena, row, MEMBERS[i], json_get(in, MEMBERS[i]));
    *out = row;
    return tx_put_json(call->tx, &key, row);
}

enum err lambda_put_invoke_config(struct call *call, const struct json *in, struct json **out)
{
    return put_config(call, in, false, out);
}

enum err lambda_update_invoke_config(struct call *call, const struct json *in, struct json **out)
{
    return put_config(call, in, true, out);
}

enum err lambda_get_invoke_config(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    TRY(function_ref_parse(call, in, &ref));
    enum err err = tx_get_json(call->tx, config_key(call, &key, &ref), call->arena, out);
    if (err == ERR_NOT_FOUND)
        FAIL(call, LAMBDA_NOT_FOUND, "The function %.*s doesn't have an EventInvokeConfig",
             STR_ARG(function_arn(call, ref.name, ref.qualifier)));
    return err;
}

enum err lambda_delete_invoke_config(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key key;
    TRY(lambda_get_invoke_config(call, in, out));
    TRY(function_ref_parse(call, in, &ref));
    *out = NULL;
    call->reply_status = 204;
    return tx_delete(call->tx, config_key(call, &key, &ref));
}

enum err lambda_list_invoke_configs(struct call *call, const struct json *in, struct json **out)
{
    struct function_ref ref;
    struct key prefix;
    struct str key_text, value;
    struct json *row, *rows = json_array(call->arena);
    TRY(function_ref_parse(call, in, &ref));
    TRY(function_get(call, ref.name, &row));
    key_str(key_str(key_start(&prefix, KEYSPACE_LAMBDA_INVOKE_CONFIG), call->region), ref.name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        json_push(call->arena, rows, row);
    }
    scan_close(scan);
    *out = json_set(call->arena, json_object(call->arena), "FunctionEventInvokeConfigs", rows);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err invoke_config_get(struct call *call, const struct function_ref *ref,
                           struct invoke_config *out)
{
    struct key key;
    struct json *row = NULL;
    enum err err = tx_get_json(call->tx, config_key(call, &key, ref), call->arena, &row);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    const struct json *destinations = json_get(row, "DestinationConfig");
    *out = (struct invoke_config){
        .retries_max = (uint32_t)json_i64_or(row, "MaximumRetryAttempts", 2),
        .age_seconds_max = json_i64_or(row, "MaximumEventAgeInSeconds", 21600),
        .on_success = json_str(json_get(destinations, "OnSuccess"), "Destination"),
        .on_failure = json_str(json_get(destinations, "OnFailure"), "Destination"),
    };
    return OK;
}

enum err invoke_configs_delete_all(struct call *call, struct str name)
{
    struct key prefix;
    key_str(key_str(key_start(&prefix, KEYSPACE_LAMBDA_INVOKE_CONFIG), call->region), name);
    return rows_delete(call, &prefix);
}
