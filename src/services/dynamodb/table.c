// SPDX-License-Identifier: Apache-2.0
// Tables: what DescribeTable shows is the row itself.
#include "services/dynamodb/dynamodb.h"

#include "base/timefmt.h"

#include <string.h>

const struct error_code DYNAMODB_NOT_FOUND = {"ResourceNotFoundException", 400, NULL};
const struct error_code DYNAMODB_IN_USE = {"ResourceInUseException", 400, NULL};
const struct error_code DYNAMODB_CONDITION_FAILED = {"ConditionalCheckFailedException", 400, NULL};
const struct error_code DYNAMODB_VALIDATION = {"ValidationException", 400, NULL};
const struct error_code DYNAMODB_TRANSACTION_CANCELLED = {"TransactionCanceledException", 400,
                                                          NULL};

const struct error_code DYNAMODB_TOKEN_MISMATCH = {"IdempotentParameterMismatchException", 400,
                                                   NULL};

#define LIST_DEFAULT 100

static struct key *table_row_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_DYNAMODB_TABLE), call->region), name);
}

static struct str plain_name(struct str name)
{
    struct arn arn;
    return arn_parse(name, &arn) && str_starts(arn.resource, S("table/"))
               ? str_from(arn.resource, 6)
               : name;
}

static struct str attribute_type(const struct json *row, struct str name)
{
    JSON_EACH(definition, json_get(row, "AttributeDefinitions"))
    if (str_eq(json_str(definition, "AttributeName"), name))
        return json_str(definition, "AttributeType");
    return STR_NONE;
}

static void read_schema(struct json *row, struct table *out)
{
    *out = (struct table){
        .row = row, .name = json_str(row, "TableName"), .id = json_str(row, "TableId")};
    JSON_EACH(key, json_get(row, "KeySchema"))
    {
        struct str name = json_str(key, "AttributeName");
        struct table_key parsed = {name, attribute_type(row, name)};
        if (str_is(json_str(key, "KeyType"), "HASH"))
            out->hash = parsed;
        else
            out->range = parsed;
    }
}

enum err table_open(struct call *call, struct str name, struct table *out)
{
    struct key key;
    struct json *row;
    enum err err =
        tx_get_json(call->tx, table_row_key(call, &key, plain_name(name)), call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, DYNAMODB_NOT_FOUND, "Requested resource not found: Table: %.*s not found",
             STR_ARG(plain_name(name)));
    TRY(err);
    read_schema(row, out);
    return OK;
}

static enum err check_schema(struct call *call, const struct json *in)
{
    const struct json *schema = json_get(in, "KeySchema"),
                      *definitions = json_get(in, "AttributeDefinitions");
    if (!str_is(json_str(json_at(schema, 0), "KeyType"), "HASH"))
        FAIL(call, DYNAMODB_VALIDATION,
             "Invalid KeySchema: The first KeySchemaElement is not a HASH key type");
    if (json_count(schema) == 2 && !str_is(json_str(json_at(schema, 1), "KeyType"), "RANGE"))
        FAIL(call, DYNAMODB_VALIDATION,
             "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type");
    JSON_EACH(key, schema)
    if (!attribute_type(in, json_str(key, "AttributeName")).len)
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: Some index key attributes are not defined "
             "in AttributeDefinitions. "
             "Keys: [%.*s]",
             STR_ARG(json_str(key, "AttributeName")));
    if (json_count(definitions) != json_count(schema))
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: Number of attributes in KeySchema does "
             "not exactly match number of "
             "attributes defined in AttributeDefinitions");
    return OK;
}

enum err dynamodb_create_table(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str name = json_str(in, "TableName"), old;
    TRY(check_schema(call, in));
    bool provisioned = !str_is(json_str_or(in, "BillingMode", S("PROVISIONED")), "PAY_PER_REQUEST");
    if (provisioned && !json_has(in, "ProvisionedThroughput"))
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits "
             "must "
             "both be specified when BillingMode is PROVISIONED");
    struct key key;
    enum err err = tx_lock(call->tx, table_row_key(call, &key, name), arena, &old);
    if (err == OK)
        FAIL(call, DYNAMODB_IN_USE, "Table already exists: %.*s", STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;

    struct json *row = json_object(arena), *throughput = json_object(arena);
    const struct json *asked = json_get(in, "ProvisionedThroughput");
    json_set_i64(arena, throughput, "NumberOfDecreasesToday", 0);
    json_set_i64(arena, throughput, "ReadCapacityUnits",
                 json_i64_or(asked, "ReadCapacityUnits", 0));
    json_set_i64(arena, throughput, "WriteCapacityUnits",
                 json_i64_or(asked, "WriteCapacityUnits", 0));
    json_set(arena, row, "AttributeDefinitions", json_get(in, "AttributeDefinitions"));
    json_set_str(arena, row, "TableName", name);
    json_set(arena, row, "KeySchema", json_get(in, "KeySchema"));
    json_set_str(arena, row, "TableStatus", S("ACTIVE"));
    json_set(arena, row, "CreationDateTime", time_json(arena, call->now_ms));
    json_set(arena, row, "ProvisionedThroughput", throughput);
    json_set_str(arena, row, "TableArn", call_arn(call, "dynamodb", "table/%.*s", STR_ARG(name)));
    json_set_str(arena, row, "TableId", call_uuid(call));
    if (!provisioned)
        json_set(arena, row, "BillingModeSummary",
                 json_set_str(arena, json_object(arena), "BillingMode", S("PAY_PER_REQUEST")));
    json_set_bool(arena, row, "DeletionProtectionEnabled",
                  json_bool_or(in, "DeletionProtectionEnabled", false));
    json_set(arena, row, "tags", json_get(in, "Tags"));
    TRY(tx_put_json(call->tx, &key, row));
    struct json *shown = json_copy_shallow(arena, row);
    json_remove(shown, S("tags"));
    *out = json_set(arena, json_object(arena), "TableDescription", shown);
    return OK;
}

// Counts items and bytes, as DescribeTable shows them. DynamoDB refreshes these every six hours;
// here they are exact.
static enum err count_items(struct call *call, const struct table *table, struct json *shown)
{
    struct key prefix;
    key_str(key_start(&prefix, KEYSPACE_DYNAMODB_ITEM), table->id);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    struct str key, value;
    int64_t count = 0, bytes = 0;
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        count++;
        bytes += (int64_t)value.len;
    }
    scan_close(scan);
    json_set_i64(call->arena, shown, "TableSizeBytes", bytes);
    json_set_i64(call->arena, shown, "ItemCount", count);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err dynamodb_describe_table(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    TRY(table_open(call, json_str(in, "TableName"), &table));
    json_remove(table.row, S("tags"));
    TRY(count_items(call, &table, table.row));
    *out = json_set(call->arena, json_object(call->arena), "Table", table.row);
    return OK;
}

enum err dynamodb_list_tables(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix, from;
    struct str key, value, after = json_str(in, "ExclusiveStartTableName");
    int64_t limit = json_i64_or(in, "Limit", LIST_DEFAULT);
    struct json *names = json_array(call->arena);
    *out = json_set(call->arena, json_object(call->arena), "TableNames", names);
    key_str(key_start(&prefix, KEYSPACE_DYNAMODB_TABLE), call->region);
    table_row_key(call, &from, after);
    struct scan *scan = scan_open(call->tx, &prefix, after.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, call->arena);
        struct str name = key_take_str(&cursor, call->arena);
        if (str_eq(name, after))
            continue;
        if ((int64_t)json_count(names) == limit) {
            json_set(call->arena, *out, "LastEvaluatedTableName",
                     json_at(names, json_count(names) - 1));
            break;
        }
        json_push(call->arena, names, json_string(call->arena, name));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// The items are taken off in tasks of bounded size, as a transaction over millions of them would be
// too large; nobody can reach them any more, as the table's id is gone with its row.
enum err dynamodb_delete_table(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    struct key key;
    struct str old;
    TRY(table_open(call, json_str(in, "TableName"), &table));
    if (json_bool_or(table.row, "DeletionProtectionEnabled", false))
        FAIL(call, DYNAMODB_VALIDATION,
             "Resource cannot be deleted as it is currently protected against deletion. Disable "
             "deletion "
             "protection first.");
    TRY(tx_lock(call->tx, table_row_key(call, &key, table.name), call->arena, &old));
    TRY(tx_delete(call->tx, &key));
    struct task task = {
        .service = S("dynamodb"),
        .op = S("SweepTable"),
        .input = json_set_str(call->arena, json_object(call->arena), "TableId", table.id)};
    TRY(call_later(call, &task));
    json_remove(table.row, S("tags"));
    json_set_str(call->arena, table.row, "TableStatus", S("DELETING"));
    *out = json_set(call->arena, json_object(call->arena), "TableDescription", table.row);
    return OK;
}

#define SWEEP_ITEMS_MAX 2000

enum err dynamodb_sweep_table(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct key prefix;
    key_str(key_start(&prefix, KEYSPACE_DYNAMODB_ITEM), json_str(in, "TableId"));
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    struct str key, value;
    int swept = 0;
    enum err err = OK;
    while (swept < SWEEP_ITEMS_MAX && (err = scan_next(scan, &key, &value)) == OK) {
        struct key item = {.len = key.len};
        memcpy(item.bytes, key.ptr, key.len);
        if ((err = tx_delete(call->tx, &item)) != OK)
            break;
        swept++;
    }
    scan_close(scan);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    struct task task = {
        .service = S("dynamodb"), .op = S("SweepTable"), .input = json_copy(call->arena, in)};
    return call_later(call, &task);
}

enum err dynamodb_update_table(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    struct key key;
    TRY(table_open(call, json_str(in, "TableName"), &table));
    TRY(tx_lock_json(call->tx, table_row_key(call, &key, table.name), call->arena, &table.row));
    struct str billing = json_str(in, "BillingMode");
    if (billing.len)
        json_set(call->arena, table.row, "BillingModeSummary",
                 json_set_str(call->arena, json_object(call->arena), "BillingMode", billing));
    json_set(call->arena, table.row, "DeletionProtectionEnabled",
             json_get(in, "DeletionProtectionEnabled"));
    const struct json *throughput = json_get(in, "ProvisionedThroughput");
    JSON_EACH_MEMBER(m, throughput)
    json_set_named(call->arena, json_get(table.row, "ProvisionedThroughput"), m->name, m->value);
    TRY(tx_put_json(call->tx, &key, table.row));
    json_remove(table.row, S("tags"));
    *out = json_set(call->arena, json_object(call->arena), "TableDescription", table.row);
    return OK;
}

// --- tags, and questions whose true answer is "no"

static enum err change_tags(struct call *call, const struct json *in, struct json *tags,
                            const struct json *without)
{
    struct table table;
    struct key key;
    TRY(table_open(call, json_str(in, "ResourceArn"), &table));
    TRY(tx_lock_json(call->tx, table_row_key(call, &key, table.name), call->arena, &table.row));
    JSON_EACH(tag, json_get(table.row, "tags"))
    {
        bool dropped = false;
        JSON_EACH(name, without)
        dropped |= str_eq(json_as_str(name), json_str(tag, "Key"));
        if (!dropped)
            json_push(call->arena, tags, tag);
    }
    json_set(call->arena, table.row, "tags", tags);
    return tx_put_json(call->tx, &key, table.row);
}

enum err dynamodb_tag(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *names = json_array(call->arena);
    JSON_EACH(tag, json_get(in, "Tags"))
    json_push(call->arena, names, json_get(tag, "Key"));
    return change_tags(call, in, json_copy_shallow(call->arena, json_get(in, "Tags")), names);
}

enum err dynamodb_untag(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    return change_tags(call, in, json_array(call->arena), json_get(in, "TagKeys"));
}

enum err dynamodb_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    TRY(table_open(call, json_str(in, "ResourceArn"), &table));
    struct json *tags = json_get(table.row, "tags");
    *out = json_set(call->arena, json_object(call->arena), "Tags",
                    tags ? tags : json_array(call->arena));
    return OK;
}

enum err dynamodb_describe_ttl(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    TRY(table_open(call, json_str(in, "TableName"), &table));
    struct json *description =
        json_set_str(call->arena, json_object(call->arena), "TimeToLiveStatus", S("DISABLED"));
    *out = json_set(call->arena, json_object(call->arena), "TimeToLiveDescription", description);
    return OK;
}

enum err dynamodb_describe_backups(struct call *call, const struct json *in, struct json **out)
{
    struct table table;
    struct arena *arena = call->arena;
    TRY(table_open(call, json_str(in, "TableName"), &table));
    struct json *recovery =
        json_set_str(arena, json_object(arena), "PointInTimeRecoveryStatus", S("DISABLED"));
    struct json *description =
        json_set_str(arena, json_object(arena), "ContinuousBackupsStatus", S("DISABLED"));
    json_set(arena, description, "PointInTimeRecoveryDescription", recovery);
    *out = json_set(arena, json_object(arena), "ContinuousBackupsDescription", description);
    return OK;
}

enum err dynamodb_describe_endpoints(struct call *call, const struct json *in, struct json **out)
{
    (void)in;
    struct json *endpoint = json_object(call->arena);
    json_set_str(call->arena, endpoint, "Address", call->host.len ? call->host : call->base_url);
    json_set_i64(call->arena, endpoint, "CachePeriodInMinutes", 1440);
    *out = json_set(call->arena, json_object(call->arena), "Endpoints",
                    json_push(call->arena, json_array(call->arena), endpoint));
    return OK;
}
