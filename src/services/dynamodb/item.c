// SPDX-License-Identifier: Apache-2.0
// Single items: read, put, update, delete; batches and transactions of them.
//
// Every write locks its item's key, reads the old item, checks the condition, writes: one path,
// `write_item`, for all.
#include "services/dynamodb/dynamodb.h"

#include "base/digest.h"
#include "services/dynamodb/value.h"

#define HASH_KEY_BYTES_MAX 2048
#define RANGE_KEY_BYTES_MAX 1024

enum err refuse(struct call *call, enum err err)
{
    if (err != ERR_INVALID)
        return err;
    call->code = &DYNAMODB_VALIDATION;
    call->error.kind = ERR_CODED;
    return ERR_CODED;
}

// --- keys

static enum err key_value(struct call *call, const struct table_key *part, const struct json *item,
                          size_t bytes_max, struct str *out_bytes)
{
    const struct json *value = json_get_str(item, part->name);
    if (!value)
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: Missing the key %.*s in the item",
             STR_ARG(part->name));
    struct str type = value_type(value);
    if (!str_eq(type, part->type))
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: Type mismatch for key %.*s expected: %.*s "
             "actual: %.*s",
             STR_ARG(part->name), STR_ARG(part->type), STR_ARG(type));
    struct str bytes = value_sortable(call->arena, value);
    if (bytes.len == 0)
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values are not valid. The AttributeValue for a key attribute "
             "cannot contain an empty string "
             "value. Key: %.*s",
             STR_ARG(part->name));
    if (bytes.len > bytes_max)
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: Size of key %.*s has exceeded the maximum "
             "size limit of %zu bytes",
             STR_ARG(part->name), bytes_max);
    *out_bytes = bytes;
    return OK;
}

enum err item_key(struct call *call, const struct table *table, const struct json *item, bool exact,
                  struct key *out_key)
{
    struct str hash, range;
    if (exact && json_count(item) != (table->range.name.ptr ? 2 : 1))
        FAIL(call, DYNAMODB_VALIDATION, "The provided key element does not match the schema");
    TRY(key_value(call, &table->hash, item, HASH_KEY_BYTES_MAX, &hash));
    key_str(key_str(key_start(out_key, KEYSPACE_DYNAMODB_ITEM), table->id), hash);
    if (table->range.name.ptr) {
        TRY(key_value(call, &table->range, item, RANGE_KEY_BYTES_MAX, &range));
        key_str(out_key, range);
    }
    return OK;
}

enum err item_read(struct call *call, const struct key *key, bool lock, struct json **out_item)
{
    enum err err = lock ? tx_lock_json(call->tx, key, call->arena, out_item)
                        : tx_get_json(call->tx, key, call->arena, out_item);
    if (err == ERR_NOT_FOUND) {
        *out_item = NULL;
        return OK;
    }
    return err;
}

// --- what requests have in common

enum err placeholders_of(struct call *call, const struct json *in, struct placeholders *out)
{
    struct json *values = NULL;
    if (json_has(in, "ExpressionAttributeValues"))
        TRY(refuse(call,
                   value_normalize_item(call->arena, json_get(in, "ExpressionAttributeValues"),
                                        &values, &call->error)));
    *out =
        (struct placeholders){.names = json_get(in, "ExpressionAttributeNames"), .values = values};
    return OK;
}

enum err check_used(struct call *call, const struct placeholders *placeholders)
{
    return refuse(call, expression_check_used(call->arena, placeholders, &call->error));
}

double read_units(const struct json *in, size_t bytes)
{
    double blocks = (double)((bytes + 4095) / 4096);
    return (blocks < 1 ? 1 : blocks) * (json_bool_or(in, "ConsistentRead", false) ? 1 : 0.5);
}

double write_units(size_t bytes)
{
    return bytes <= 1024 ? 1 : (double)((bytes + 1023) / 1024);
}

static struct json *capacity(struct call *call, const struct table *table, double units)
{
    struct json *consumed =
        json_set_str(call->arena, json_object(call->arena), "TableName", table->name);
    return json_set(call->arena, consumed, "CapacityUnits", json_double(call->arena, units));
}

void add_capacity(struct call *call, const struct json *in, const struct table *table, double units,
                  struct json *reply)
{
    struct str asked = json_str(in, "ReturnConsumedCapacity");
    if (asked.len && !str_is(asked, "NONE"))
        json_set(call->arena, reply, "ConsumedCapacity", capacity(call, table, units));
}

// --- reading

static enum err get_one(struct call *call, const struct table *table, const struct json *in,
                        const struct json *asked_key, struct projection *projection,
                        struct json **out_item, size_t *out_bytes)
{
    struct json *key_item;
    struct key key;
    TRY(refuse(call, value_normalize_item(call->arena, asked_key, &key_item, &call->error)));
    TRY(item_key(call, table, key_item, true, &key));
    TRY(item_read(call, &key, false, out_item));
    *out_bytes = item_size(*out_item);
    if (*out_item && projection->count)
        *out_item = projection_of(call->arena, projection, *out_item);
    (void)in;
    return OK;
}

static enum err parse_projection(struct call *call, const struct json *in, struct projection *out)
{
    struct placeholders placeholders;
    *out = (struct projection){0};
    TRY(placeholders_of(call, in, &placeholders));
    if (json_has(in, "ProjectionExpression"))
        TRY(refuse(call,
                   expression_parse_projection(call->arena, json_str(in, "ProjectionExpression"),
                                               &placeholders, out, &call->error)));
    return check_used(call, &placeholders);
}

enum err dynamodb_get_item(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    struct projection projection;
    struct json *item;
    size_t bytes;
    TRY(table_open(call, json_str(in, "TableName"), &table));
    TRY(parse_projection(call, in, &projection));
    TRY(get_one(call, &table, in, json_get(in, "Key"), &projection, &item, &bytes));
    *out = json_object(call->arena);
    json_set(call->arena, *out, "Item", item);
    add_capacity(call, in, &table, read_units(in, bytes), *out);
    return OK;
}

#define BATCH_GET_MAX 100
#define BATCH_WRITE_MAX 25
#define BATCH_BYTES_MAX ((size_t)16 << 20)

enum err dynamodb_batch_get(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    size_t keys = 0, total_bytes = 0;
    struct json *responses = json_object(arena), *unprocessed = json_object(arena);
    JSON_EACH_MEMBER(request, json_get(in, "RequestItems"))
    keys += json_count(json_get(request->value, "Keys"));
    if (keys > BATCH_GET_MAX)
        FAIL(call, DYNAMODB_VALIDATION, "Too many items requested for the BatchGetItem call");
    JSON_EACH_MEMBER(request, json_get(in, "RequestItems"))
    {
        struct table table;
        struct projection projection;
        struct json *items = json_array(arena), *left = json_array(arena);
        TRY(table_open(call, request->name, &table));
        TRY(parse_projection(call, request->value, &projection));
        JSON_EACH(key, json_get(request->value, "Keys"))
        {
            struct json *item;
            size_t bytes;
            if (total_bytes > BATCH_BYTES_MAX) {
                json_push(arena, left, key);
                continue;
            }
            TRY(get_one(call, &table, request->value, key, &projection, &item, &bytes));
            total_bytes += bytes;
            if (item)
                json_push(arena, items, item);
        }
        json_set_named(arena, responses, request->name, items);
        if (json_count(left)) {
            struct json *rest = json_copy_shallow(arena, request->value);
            json_set(arena, rest, "Keys", left);
            json_set_named(arena, unprocessed, request->name, rest);
        }
    }
    *out = json_set(arena, json_object(arena), "Responses", responses);
    json_set(arena, *out, "UnprocessedKeys", unprocessed);
    return OK;
}

// --- writing

struct write {
    const struct json *in;  // ConditionExpression, ReturnValuesOnConditionCheckFailure, ...
    const struct json *put; // the new item, or
    const struct json *key; // the key of the item to update, delete or check
    bool update, check_only;
    // results
    struct table table;
    struct json *old_item, *new_item, *touched;
    size_t bytes;
};

static enum err condition_failed(struct call *call, const struct write *write)
{
    if (str_is(json_str(write->in, "ReturnValuesOnConditionCheckFailure"), "ALL_OLD") &&
        write->old_item)
        call->error_members =
            json_set(call->arena, json_object(call->arena), "Item", write->old_item);
    FAIL(call, DYNAMODB_CONDITION_FAILED, "The conditional request failed");
}

static enum err make_new(struct call *call, struct write *write, const struct json *key_item,
                         const struct update *update)
{
    if (!write->update)
        return OK;
    struct json *item =
        write->old_item ? json_copy(call->arena, write->old_item) : json_object(call->arena);
    JSON_EACH_MEMBER(m, key_item)
    if (!json_get_str(item, m->name))
        json_set_named(call->arena, item, m->name, m->value);
    write->touched = json_object(call->arena);
    for (size_t i = 0; i < update->count; i++) {
        struct str top = update->actions[i].path.steps[0].name;
        if (json_get_str(key_item, top))
            FAIL(call, DYNAMODB_VALIDATION,
                 "One or more parameter values were invalid: Cannot update attribute %.*s. This "
                 "attribute is part of the key",
                 STR_ARG(top));
    }
    TRY(refuse(call, update_apply(call->arena, update, item, &write->touched, &call->error)));
    write->new_item = item;
    return OK;
}

static enum err write_item(struct call *call, struct write *write)
{
    struct placeholders placeholders;
    struct node *condition = NULL;
    struct update update = {0};
    struct json *item;
    struct key key;
    TRY(table_open(call, json_str(write->in, "TableName"), &write->table));
    TRY(placeholders_of(call, write->in, &placeholders));
    if (write->update && json_has(write->in, "UpdateExpression"))
        TRY(refuse(call,
                   expression_parse_update(call->arena, json_str(write->in, "UpdateExpression"),
                                           &placeholders, &update, &call->error)));
    if (json_has(write->in, "ConditionExpression"))
        TRY(refuse(call, expression_parse_condition(call->arena, "ConditionExpression",
                                                    json_str(write->in, "ConditionExpression"),
                                                    &placeholders, &condition, &call->error)));
    TRY(check_used(call, &placeholders));
    TRY(refuse(call, value_normalize_item(call->arena, write->put ? write->put : write->key, &item,
                                          &call->error)));
    TRY(item_key(call, &write->table, item, !write->put, &key));
    TRY(item_read(call, &key, true, &write->old_item));
    if (condition && !condition_holds(call->arena, condition, write->old_item))
        return condition_failed(call, write);
    if (write->check_only)
        return OK;

    write->new_item = write->put ? item : NULL;
    TRY(make_new(call, write, item, &update));
    size_t new_bytes = item_size(write->new_item), old_bytes = item_size(write->old_item);
    write->bytes = new_bytes > old_bytes ? new_bytes : old_bytes;
    if (new_bytes > ITEM_BYTES_MAX)
        FAIL(call, DYNAMODB_VALIDATION, "Item size has exceeded the maximum allowed size");
    return write->new_item ? tx_put_json(call->tx, &key, write->new_item)
                           : tx_delete(call->tx, &key);
}

static struct json *touched_of(struct call *call, const struct json *item,
                               const struct json *touched)
{
    struct json *part = json_object(call->arena);
    JSON_EACH_MEMBER(m, touched)
    if (json_get_str(item, m->name))
        json_set_named(call->arena, part, m->name, json_get_str(item, m->name));
    return json_count(part) ? part : NULL;
}

static enum err answer_write(struct call *call, const struct write *write, struct json **out)
{
    struct str returned = json_str(write->in, "ReturnValues");
    struct json *attributes = NULL;
    if (str_is(returned, "ALL_OLD"))
        attributes = write->old_item;
    else if (str_is(returned, "ALL_NEW"))
        attributes = write->new_item;
    else if (str_is(returned, "UPDATED_OLD"))
        attributes = touched_of(call, write->old_item, write->touched);
    else if (str_is(returned, "UPDATED_NEW"))
        attributes = touched_of(call, write->new_item, write->touched);
    *out = json_object(call->arena);
    json_set(call->arena, *out, "Attributes", attributes);
    add_capacity(call, write->in, &write->table, write_units(write->bytes), *out);
    return OK;
}

static enum err check_returned(struct call *call, const struct json *in)
{
    struct str returned = json_str_or(in, "ReturnValues", S("NONE"));
    if (!str_is(returned, "NONE") && !str_is(returned, "ALL_OLD"))
        FAIL(call, DYNAMODB_VALIDATION, "ReturnValues can only be ALL_OLD or NONE");
    return OK;
}

enum err dynamodb_put_item(struct call *call, const struct json *in, struct json **out)
{
    struct write write = {.in = in, .put = json_get(in, "Item")};
    TRY(check_returned(call, in));
    TRY(write_item(call, &write));
    return answer_write(call, &write, out);
}

enum err dynamodb_delete_item(struct call *call, const struct json *in, struct json **out)
{
    struct write write = {.in = in, .key = json_get(in, "Key")};
    TRY(check_returned(call, in));
    TRY(write_item(call, &write));
    return answer_write(call, &write, out);
}

enum err dynamodb_update_item(struct call *call, const struct json *in, struct json **out)
{
    struct write write = {.in = in, .key = json_get(in, "Key"), .update = true};
    TRY(write_item(call, &write));
    return answer_write(call, &write, out);
}

// --- several at once

static enum err batch_one(struct call *call, struct str table_name, const struct json *request)
{
    const struct json *put = json_get(request, "PutRequest"),
                      *delete = json_get(request, "DeleteRequest");
    if (!put == !delete)
        FAIL(call, DYNAMODB_VALIDATION,
             "Supplied AttributeValue has more than one datatypes set, must contain exactly one of "
             "PutRequest and DeleteRequest");
    struct json *in = json_set_str(call->arena, json_object(call->arena), "TableName", table_name);
    struct write write = {.in = in, .put = json_get(put, "Item"), .key = json_get(delete, "Key")};
    return write_item(call, &write);
}

// Two requests for one item would depend on their order, which a batch does not have: DynamoDB
// refuses them.
static enum err check_distinct(struct call *call, struct json *seen, const struct table *table,
                               const struct json *request)
{
    const struct json *put = json_get(request, "PutRequest");
    struct json *item;
    struct key key;
    const struct json *given =
        put ? json_get(put, "Item") : json_get(json_get(request, "DeleteRequest"), "Key");
    TRY(refuse(call, value_normalize_item(call->arena, given, &item, &call->error)));
    TRY(item_key(call, table, item, false, &key));
    struct str name = str_dup(call->arena, key_bytes(&key));
    if (json_get_str(seen, name))
        FAIL(call, DYNAMODB_VALIDATION, "Provided list of item keys contains duplicates");
    json_set_named(call->arena, seen, name, json_bool(call->arena, true));
    return OK;
}

enum err dynamodb_batch_write(struct call *call, const struct json *in, struct json **out)
{
    size_t count = 0;
    struct json *seen = json_object(call->arena);
    JSON_EACH_MEMBER(requests, json_get(in, "RequestItems"))
    {
        struct table table;
        count += json_count(requests->value);
        if (count > BATCH_WRITE_MAX)
            FAIL(call, DYNAMODB_VALIDATION, "Too many items requested for the BatchWriteItem call");
        TRY(table_open(call, requests->name, &table));
        JSON_EACH(request, requests->value)
        TRY(check_distinct(call, seen, &table, request));
    }
    JSON_EACH_MEMBER(requests, json_get(in, "RequestItems"))
    JSON_EACH(request, requests->value)
    TRY(batch_one(call, requests->name, request));
    *out = json_set(call->arena, json_object(call->arena), "UnprocessedItems",
                    json_object(call->arena));
    return OK;
}

static enum err transact_one(struct call *call, const struct json *action)
{
    static const char *const KINDS[] = {"Put", "Update", "Delete", "ConditionCheck"};
    const struct json *in = NULL;
    size_t kind = 0;
    for (size_t i = 0; i < 4; i++)
        if (json_has(action, KINDS[i])) {
            in = json_get(action, KINDS[i]);
            kind = i;
        }
    if (!in || json_count(action) != 1)
        FAIL(call, DYNAMODB_VALIDATION,
             "TransactItems can only contain one of Check, Put, Update or Delete");
    struct write write = {.in = in,
                          .put = kind == 0 ? json_get(in, "Item") : NULL,
                          .key = json_get(in, "Key"),
                          .update = kind == 1,
                          .check_only = kind == 3};
    return write_item(call, &write);
}

static struct json *reason_of(struct call *call, enum err err)
{
    struct json *reason = json_object(call->arena);
    if (err == OK)
        return json_set_str(call->arena, reason, "Code", S("None"));
    bool condition = call->code == &DYNAMODB_CONDITION_FAILED;
    json_set_str(call->arena, reason, "Code",
                 condition ? S("ConditionalCheckFailed") : S("ValidationError"));
    return json_set_str(call->arena, reason, "Message",
                        str_dup(call->arena, str_of(call->error.text)));
}

// A token makes a transaction idempotent for ten minutes: the same request again does nothing,
// another one under the same token is refused.
#define TOKEN_MS ((int64_t)10 * 60 * 1000)

static struct key *token_key(struct call *call, struct key *key, struct str token)
{
    return key_str(key_str(key_start(key, KEYSPACE_DYNAMODB_TOKEN), call->region), token);
}

static enum err take_token(struct call *call, const struct json *in, bool *out_done)
{
    struct str token = json_str(in, "ClientRequestToken"), before;
    struct str digest = digest_hex(call->arena, DIGEST_SHA256,
                                   json_text(call->arena, json_get(in, "TransactItems")));
    struct key key;
    *out_done = false;
    if (!token.len)
        return OK;
    enum err err = tx_lock(call->tx, token_key(call, &key, token), call->arena, &before);
    if (err == OK && !str_eq(before, digest))
        FAIL(call, DYNAMODB_TOKEN_MISMATCH,
             "The request uses the same client token as a previous, but non-identical request.");
    *out_done = err == OK;
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(tx_put(call->tx, &key, digest));
    struct task task = {.service = S("dynamodb"),
                        .op = S("ForgetToken"),
                        .due_ms = call->now_ms + TOKEN_MS,
                        .input =
                            json_set_str(call->arena, json_object(call->arena), "Token", token)};
    return call_later(call, &task);
}

enum err dynamodb_forget_token(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct key key;
    return tx_delete(call->tx, token_key(call, &key, json_str(in, "Token")));
}

enum err dynamodb_transact_write(struct call *call, const struct json *in, struct json **out)
{
    struct json *reasons = json_array(call->arena);
    struct buf codes = buf_in(call->arena, 8192);
    bool failed = false, done_before;
    *out = json_object(call->arena);
    TRY(take_token(call, in, &done_before));
    if (done_before)
        return OK;
    JSON_EACH(action, json_get(in, "TransactItems"))
    {
        enum err err = transact_one(call, action);
        if (err != OK && err != ERR_CODED)
            return err;
        failed |= err != OK;
        struct json *reason = reason_of(call, err);
        buf_printf(&codes, "%s%.*s", codes.len ? ", " : "", STR_ARG(json_str(reason, "Code")));
        json_push(call->arena, reasons, reason);
    }
    if (failed) {
        call->error_members =
            json_set(call->arena, json_object(call->arena), "CancellationReasons", reasons);
        FAIL(call, DYNAMODB_TRANSACTION_CANCELLED,
             "Transaction cancelled, please refer cancellation reasons for specific reasons [%.*s]",
             STR_ARG(buf_str(&codes)));
    }
    return OK;
}
