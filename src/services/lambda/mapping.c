// SPDX-License-Identifier: Apache-2.0
// Event source mappings: which queue invokes which function, as rows. poller.c does the work.
#include "services/lambda/lambda.h"

#include "base/timefmt.h"
#include "services/lambda/poller.h"
#include "services/lambda/sqs_event.h"

#include <stdio.h>

#define PAGE_DEFAULT 100
#define BATCH_SIZE_DEFAULT 10
#define BATCH_SIZE_PLAIN_MAX 10 // without a window

static struct key *mapping_key(struct call *call, struct key *key, struct str uuid)
{
    return key_str(key_str(key_start(key, KEYSPACE_LAMBDA_MAPPING), call->region), uuid);
}

static enum err mapping_lock(struct call *call, const struct json *in, struct key *out_key,
                             struct json **out_row)
{
    mapping_key(call, out_key, json_str(in, "UUID"));
    enum err err = call->op->kind == OP_READ
                       ? tx_get_json(call->tx, out_key, call->arena, out_row)
                       : tx_lock_json(call->tx, out_key, call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, LAMBDA_NOT_FOUND, "The resource you requested does not exist.");
    return err;
}

struct changed {
    struct pollers *pollers;
    char region[64], uuid[64];
};

static void refresh(void *context)
{
    struct changed *changed = context;
    pollers_refresh(changed->pollers, str_of(changed->region), str_of(changed->uuid));
}

static void mapping_changed(struct call *call, struct str uuid)
{
    struct lambda *lambda = call_state(call);
    struct changed changed = {.pollers = lambda->pollers};
    snprintf(changed.region, sizeof changed.region, "%.*s", STR_ARG(call->region));
    snprintf(changed.uuid, sizeof changed.uuid, "%.*s", STR_ARG(uuid));
    tx_after_commit(call->tx, refresh, &changed, sizeof changed);
}

// --- checks

static enum err queue_visibility(struct call *call, struct str queue_arn, int64_t *out_seconds)
{
    struct arena *arena = call->arena;
    struct arn arn;
    struct json *ask = json_object(arena), *queue, *attributes;
    if (!arn_parse(queue_arn, &arn) || !str_is(arn.service, "sqs"))
        FAIL(call, LAMBDA_INVALID, "EventSourceArn %.*s: only SQS queues are event sources here.",
             STR_ARG(queue_arn));
    if (str_ends(arn.resource, S(".fifo")))
        FAIL(call, LAMBDA_INVALID,
             "EventSourceArn %.*s: only standard queues are event sources here.",
             STR_ARG(queue_arn));
    json_set_str(arena, ask, "QueueName", arn.resource);
    enum err err = call_operation(call, "sqs", "GetQueueUrl", ask, &queue);
    if (err == ERR_CODED)
        FAIL(call, LAMBDA_INVALID,
             "Error occurred while ReceiveMessage. SQS Error Code: "
             "AWS.SimpleQueueService.NonExistentQueue. SQS Error "
             "Message: The specified queue does not exist.");
    TRY(err);
    ask = json_object(arena);
    json_set(arena, ask, "QueueUrl", json_get(queue, "QueueUrl"));
    json_set(arena, ask, "AttributeNames",
             json_push(arena, json_array(arena), json_string(arena, S("VisibilityTimeout"))));
    TRY(call_operation(call, "sqs", "GetQueueAttributes", ask, &attributes));
    *out_seconds = 30;
    (void)str_to_i64(json_str(json_get(attributes, "Attributes"), "VisibilityTimeout"),
                     out_seconds);
    return OK;
}

static enum err check_function(struct call *call, struct json *row, struct str name)
{
    struct function_ref ref;
    struct json *function;
    int64_t visibility;
    TRY(function_ref_parse_text(call, name, STR_NONE, &ref));
    TRY(function_resolve(call, &ref, &function));
    TRY(queue_visibility(call, json_str(row, "EventSourceArn"), &visibility));
    int64_t timeout = json_i64_or(json_get(function, "config"), "Timeout", 3);
    if (visibility < timeout)
        FAIL(call, LAMBDA_INVALID,
             "Queue visibility timeout: %lld seconds is less than Function timeout: %lld seconds",
             (long long)visibility, (long long)timeout);
    json_set_str(call->arena, row, "FunctionArn", function_arn(call, ref.name, ref.qualifier));
    return OK;
}

static enum err check_unique(struct call *call, const struct json *row)
{
    struct key prefix;
    struct str key_text, value;
    struct json *other;
    key_str(key_start(&prefix, KEYSPACE_LAMBDA_MAPPING), call->region);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &other, &call->error);
        if (err != OK ||
            (str_eq(json_str(other, "EventSourceArn"), json_str(row, "EventSourceArn")) &&
             str_eq(json_str(other, "FunctionArn"), json_str(row, "FunctionArn"))))
            break;
    }
    scan_close(scan);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    FAIL(call, LAMBDA_CONFLICT,
         "An event source mapping with SQS arn (\" %.*s \") and function (\" %.*s \") already "
         "exists. Please update or "
         "delete the existing mapping with UUID %.*s",
         STR_ARG(json_str(row, "EventSourceArn")), STR_ARG(json_str(row, "FunctionArn")),
         STR_ARG(json_str(other, "UUID")));
}

static enum err check_filters(struct call *call, const struct json *in)
{
    const struct json *filters = json_get(json_get(in, "FilterCriteria"), "Filters");
    if (json_count(filters) > SQS_FILTERS_MAX)
        FAIL(call, LAMBDA_INVALID, "A mapping has at most %d filters.", SQS_FILTERS_MAX);
    JSON_EACH (filter, filters) {
        struct event_pattern *ignored;
        struct error error = {0};
        if (event_pattern_compile(call->arena, json_str(filter, "Pattern"), &ignored, &error) != OK)
            FAIL(call, LAMBDA_INVALID, "Invalid filter pattern definition. %s", error.text);
    }
    return OK;
}

// What creation and update set, onto the row.
static enum err mapping_fill(struct call *call, const struct json *in, struct json *row)
{
    static const char *const PLAIN[] = {"BatchSize", "MaximumBatchingWindowInSeconds",
                                        "FunctionResponseTypes", "ScalingConfig"};
    TRY(check_filters(call, in));
    if (json_count(json_get(json_get(in, "FilterCriteria"), "Filters")))
        json_set(call->arena, row, "FilterCriteria", json_get(in, "FilterCriteria"));
    else if (json_has(in, "FilterCriteria"))
        json_remove(row, S("FilterCriteria"));
    for (size_t i = 0; i < sizeof PLAIN / sizeof *PLAIN; i++)
        json_set(call->arena, row, PLAIN[i], json_get(in, PLAIN[i]));
    if (json_i64_or(row, "BatchSize", 0) > BATCH_SIZE_PLAIN_MAX &&
        json_i64_or(row, "MaximumBatchingWindowInSeconds", 0) < 1)
        FAIL(call, LAMBDA_INVALID,
             "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
             "greater than %d",
             BATCH_SIZE_PLAIN_MAX);
    if (json_has(in, "Enabled"))
        json_set_str(call->arena, row, "State",
                     json_bool_or(in, "Enabled", true) ? S("Enabled") : S("Disabled"));
    json_set(call->arena, row, "LastModified", time_json(call->arena, call->now_ms));
    return OK;
}

// As a reply shows it: with what only memory knows.
static struct json *mapping_shown(struct call *call, const struct json *row, const char *state)
{
    struct lambda *lambda = call_state(call);
    struct json *shown = json_copy_shallow(call->arena, row);
    struct str result = pollers_last_result(lambda->pollers, call->arena, json_str(row, "UUID"));
    json_set_str(call->arena, shown, "LastProcessingResult",
                 result.len ? result : S("No records processed"));
    if (state)
        json_set_str(call->arena, shown, "State", str_of(state));
    return shown;
}

// --- operations

enum err lambda_create_mapping(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row = json_object(call->arena);
    struct str uuid = call_uuid(call);
    if (!json_has(in, "EventSourceArn"))
        FAIL(call, LAMBDA_INVALID,
             "EventSourceArn is required: SQS queues are the event sources here.");
    json_set_str(call->arena, row, "UUID", uuid);
    json_set_i64(call->arena, row, "BatchSize", BATCH_SIZE_DEFAULT);
    json_set_i64(call->arena, row, "MaximumBatchingWindowInSeconds", 0);
    json_set(call->arena, row, "EventSourceArn", json_get(in, "EventSourceArn"));
    json_set(call->arena, row, "FunctionResponseTypes", json_array(call->arena));
    json_set_str(call->arena, row, "State", S("Enabled"));
    json_set_str(call->arena, row, "StateTransitionReason", S("USER_INITIATED"));
    TRY(mapping_fill(call, in, row));
    TRY(check_function(call, row, json_str(in, "FunctionName")));
    TRY(check_unique(call, row));
    TRY(tx_put_json(call->tx, mapping_key(call, &key, uuid), row));
    mapping_changed(call, uuid);
    *out = mapping_shown(call, row, "Creating");
    return OK;
}

enum err lambda_get_mapping(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    TRY(mapping_lock(call, in, &key, &row));
    *out = mapping_shown(call, row, NULL);
    return OK;
}

enum err lambda_update_mapping(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    TRY(mapping_lock(call, in, &key, &row));
    TRY(mapping_fill(call, in, row));
    if (json_has(in, "FunctionName"))
        TRY(check_function(call, row, json_str(in, "FunctionName")));
    TRY(tx_put_json(call->tx, &key, row));
    mapping_changed(call, json_str(row, "UUID"));
    *out = mapping_shown(call, row, "Updating");
    return OK;
}

enum err lambda_delete_mapping(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    TRY(mapping_lock(call, in, &key, &row));
    TRY(tx_delete(call->tx, &key));
    mapping_changed(call, json_str(row, "UUID"));
    *out = mapping_shown(call, row, "Deleting");
    return OK;
}

static bool mapping_matches(const struct json *row, struct str source,
                            struct str function_arn_asked)
{
    return (!source.len || str_eq(source, json_str(row, "EventSourceArn"))) &&
           (!function_arn_asked.len || str_eq(function_arn_asked, json_str(row, "FunctionArn")));
}

enum err lambda_list_mappings(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix, from;
    struct str position, key_text, value, function = STR_NONE;
    struct json *row, *items = json_array(call->arena);
    TRY(marker_position(call, in, &position));
    if (json_has(in, "FunctionName")) {
        struct function_ref ref;
        TRY(function_ref_parse(call, in, &ref));
        function = function_arn(call, ref.name, ref.qualifier);
    }
    int64_t left = json_i64_or(in, "MaxItems", PAGE_DEFAULT);
    key_str(key_start(&prefix, KEYSPACE_LAMBDA_MAPPING), call->region);
    *out = json_set(call->arena, json_object(call->arena), "EventSourceMappings", items);
    struct scan *scan = scan_open(call->tx, &prefix,
                                  position.len ? mapping_key(call, &from, position) : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key_text, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        if (!mapping_matches(row, json_str(in, "EventSourceArn"), function))
            continue;
        if (left-- == 0) {
            json_set_str(call->arena, *out, "NextMarker", page_token(call, json_str(row, "UUID")));
            break;
        }
        json_push(call->arena, items, mapping_shown(call, row, NULL));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}
