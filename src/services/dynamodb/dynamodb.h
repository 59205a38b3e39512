// SPDX-License-Identifier: Apache-2.0
// DynamoDB: tables of items, by one or two key attributes.
//
// A table is a row of DYNAMODB_TABLE; its "id" leads the keys of its items, so that a table which
// is deleted and made again starts empty at once. An item is a row of DYNAMODB_ITEM under (table
// id, partition key, sort key), keys encoded so that they sort as DynamoDB sorts them; the value is
// the item's typed JSON. Every read is strongly consistent.
//
// Source: Amazon DynamoDB API Reference and Developer Guide.
#ifndef SERVICES_DYNAMODB_DYNAMODB_H
#define SERVICES_DYNAMODB_DYNAMODB_H

#include "lake/call.h"
#include "services/dynamodb/expression.h"

extern const struct error_code DYNAMODB_NOT_FOUND, DYNAMODB_IN_USE, DYNAMODB_CONDITION_FAILED,
    DYNAMODB_VALIDATION, DYNAMODB_TRANSACTION_CANCELLED, DYNAMODB_TOKEN_MISMATCH;

struct table_key {
    struct str name; // attribute; ptr NULL: the table has no sort key
    struct str type; // "S", "N", "B"
};
struct table {
    struct json *row;
    struct str name, id;
    struct table_key hash, range;
};
// Refuses with ResourceNotFoundException. `name` may be an ARN.
enum err table_open(struct call *call, struct str name, struct table *out) MUST_CHECK;

// --- items: typed functions under the operations
// The store's key of an item, from its key attributes. `exact`: nothing but key attributes may be
// there.
enum err item_key(struct call *call, const struct table *table, const struct json *item, bool exact,
                  struct key *out_key) MUST_CHECK;
enum err item_read(struct call *call, const struct key *key, bool lock,
                   struct json **out_item) MUST_CHECK; // NULL: absent
// A request's placeholders and its ReturnConsumedCapacity member.
enum err placeholders_of(struct call *call, const struct json *in,
                         struct placeholders *out) MUST_CHECK;
enum err check_used(struct call *call, const struct placeholders *placeholders) MUST_CHECK;
void add_capacity(struct call *call, const struct json *in, const struct table *table, double units,
                  struct json *reply);
double read_units(const struct json *in, size_t bytes);
double write_units(size_t bytes);
enum err refuse(struct call *call, enum err err); // an ERR_INVALID of ours as a ValidationException

op_handler dynamodb_sweep_table, dynamodb_create_table, dynamodb_describe_table,
    dynamodb_list_tables, dynamodb_delete_table, dynamodb_update_table, dynamodb_tag,
    dynamodb_untag, dynamodb_list_tags, dynamodb_describe_ttl, dynamodb_describe_backups,
    dynamodb_describe_endpoints;
op_handler dynamodb_put_item, dynamodb_get_item, dynamodb_update_item, dynamodb_delete_item,
    dynamodb_batch_get, dynamodb_batch_write, dynamodb_transact_write, dynamodb_forget_token;
op_handler dynamodb_query, dynamodb_scan;

#endif
