// SPDX-License-Identifier: Apache-2.0
// Query and Scan: a walk over the items' keys, filtered, projected, cut into pages.
//
// A page ends at Limit items looked at, or at 1 MB of them; LastEvaluatedKey says where the next
// one goes on.
#include "services/dynamodb/dynamodb.h"

#include "services/dynamodb/value.h"

#define PAGE_BYTES_MAX ((size_t)1 << 20)

struct walk {
    const struct json *in;
    struct table table;
    struct node *key_condition; // Query
    struct node *filter;
    struct projection projection;
    bool reverse;
    int64_t segment, segments; // Scan in parallel
    int64_t limit;
    // results
    struct json *items, *last_key;
    int64_t count, scanned;
    size_t bytes;
};

static struct json *key_of(struct call *call, const struct table *table, const struct json *item)
{
    struct json *key = json_object(call->arena);
    json_set_named(call->arena, key, table->hash.name, json_get_str(item, table->hash.name));
    if (table->range.name.ptr)
        json_set_named(call->arena, key, table->range.name, json_get_str(item, table->range.name));
    return key;
}

static bool in_segment(const struct walk *walk, const struct json *item)
{
    struct json *hash = json_get_str(item, walk->table.hash.name);
    return walk->segments <= 1 || (int64_t)(str_hash(json_as_str(value_content(hash))) %
                                            (uint64_t)walk->segments) == walk->segment;
}

static void take_item(struct call *call, struct walk *walk, struct json *item)
{
    if (walk->filter && !condition_holds(call->arena, walk->filter, item))
        return;
    walk->count++;
    if (str_is(json_str(walk->in, "Select"), "COUNT"))
        return;
    json_push(call->arena, walk->items,
              walk->projection.count ? projection_of(call->arena, &walk->projection, item) : item);
}

static enum err walk_items(struct call *call, struct walk *walk, const struct key *prefix,
                           const struct key *from, const struct key *after)
{
    struct scan *scan = scan_open(call->tx, prefix, after ? after : from, walk->reverse);
    struct str key, value;
    enum err err;
    walk->items = json_array(call->arena);
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *item;
        if (after && str_eq(key, key_bytes(after)))
            continue;
        if ((err = json_parse(call->arena, str_dup(call->arena, value), &item, &call->error)) != OK)
            break;
        if ((walk->key_condition && !condition_holds(call->arena, walk->key_condition, item)) ||
            !in_segment(walk, item))
            continue;
        walk->scanned++;
        walk->bytes += item_size(item);
        take_item(call, walk, item);
        if (walk->scanned == walk->limit || walk->bytes >= PAGE_BYTES_MAX) {
            walk->last_key = key_of(call, &walk->table, item);
            break;
        }
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err start_walk(struct call *call, const struct json *in,
                           struct placeholders *placeholders, struct walk *walk)
{
    *walk = (struct walk){.in = in, .limit = json_i64_or(in, "Limit", INT64_MAX)};
    TRY(table_open(call, json_str(in, "TableName"), &walk->table));
    TRY(placeholders_of(call, in, placeholders));
    if (json_has(in, "FilterExpression"))
        TRY(refuse(call, expression_parse_condition(call->arena, "FilterExpression",
                                                    json_str(in, "FilterExpression"), placeholders,
                                                    &walk->filter, &call->error)));
    if (json_has(in, "ProjectionExpression"))
        TRY(refuse(call,
                   expression_parse_projection(call->arena, json_str(in, "ProjectionExpression"),
                                               placeholders, &walk->projection, &call->error)));
    return OK;
}

static enum err start_key(struct call *call, const struct walk *walk, struct key *key,
                          const struct key **out_after)
{
    struct json *item;
    *out_after = NULL;
    if (!json_has(walk->in, "ExclusiveStartKey"))
        return OK;
    TRY(refuse(call, value_normalize_item(call->arena, json_get(walk->in, "ExclusiveStartKey"),
                                          &item, &call->error)));
    if (item_key(call, &walk->table, item, true, key) != OK)
        FAIL(call, DYNAMODB_VALIDATION, "The provided starting key is invalid: %s",
             call->error.text);
    *out_after = key;
    return OK;
}

static enum err answer_walk(struct call *call, const struct walk *walk, struct json **out)
{
    *out = json_object(call->arena);
    if (!str_is(json_str(walk->in, "Select"), "COUNT"))
        json_set(call->arena, *out, "Items", walk->items);
    json_set_i64(call->arena, *out, "Count", walk->count);
    json_set_i64(call->arena, *out, "ScannedCount", walk->scanned);
    json_set(call->arena, *out, "LastEvaluatedKey", walk->last_key);
    add_capacity(call, walk->in, &walk->table, read_units(walk->in, walk->bytes), *out);
    return OK;
}

enum err dynamodb_scan(struct call *call, const struct json *in, struct json **out)
{
    struct walk walk;
    struct placeholders placeholders;
    struct key prefix, after_key;
    const struct key *after;
    TRY(start_walk(call, in, &placeholders, &walk));
    TRY(check_used(call, &placeholders));
    walk.segments = json_i64_or(in, "TotalSegments", 1);
    walk.segment = json_i64_or(in, "Segment", 0);
    if (walk.segment >= walk.segments)
        FAIL(call, DYNAMODB_VALIDATION,
             "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
             "Segment: %lld is not less than TotalSegments: %lld",
             (long long)walk.segment, (long long)walk.segments);
    TRY(start_key(call, &walk, &after_key, &after));
    key_str(key_start(&prefix, KEYSPACE_DYNAMODB_ITEM), walk.table.id);
    TRY(walk_items(call, &walk, &prefix, NULL, after));
    return answer_walk(call, &walk, out);
}

// --- key conditions: partition key = value, and at most one condition on the sort key

static bool is_path_to(const struct node *node, struct str name)
{
    return node->kind == NODE_PATH && node->path.count == 1 &&
           str_eq(node->path.steps[0].name, name);
}

static const struct node *condition_on(const struct node *node, struct str name)
{
    if (!name.ptr)
        return NULL;
    if (node->kind == NODE_AND) {
        const struct node *left = condition_on(node->children[0], name);
        return left ? left : condition_on(node->children[1], name);
    }
    return node->count && is_path_to(node->children[0], name) ? node : NULL;
}

static enum err check_key_condition(struct call *call, const struct table *table,
                                    const struct node *root, const struct node **out_hash,
                                    const struct node **out_range)
{
    const struct node *hash = condition_on(root, table->hash.name),
                      *range = condition_on(root, table->range.name);
    if (!hash)
        FAIL(call, DYNAMODB_VALIDATION, "Query condition missed key schema element: %.*s",
             STR_ARG(table->hash.name));
    if (hash->kind != NODE_EQ || hash->children[1]->kind != NODE_VALUE)
        FAIL(call, DYNAMODB_VALIDATION, "Query key condition not supported");
    size_t parts = root->kind == NODE_AND ? 2 : 1;
    if (parts != (range ? 2u : 1u))
        FAIL(call, DYNAMODB_VALIDATION, "Query condition missed key schema element: %.*s",
             STR_ARG(table->range.name.ptr ? table->range.name : table->hash.name));
    if (range &&
        (range->kind == NODE_NE || range->kind == NODE_IN || range->kind == NODE_CONTAINS ||
         range->kind == NODE_TYPE || range->kind == NODE_EXISTS || range->kind == NODE_NOT_EXISTS))
        FAIL(call, DYNAMODB_VALIDATION, "Invalid operator used in KeyConditionExpression");
    *out_hash = hash;
    *out_range = range;
    return OK;
}

// Where a walk forward may begin, and one backward, as far as the sort key's condition tells.
static bool range_start(struct call *call, const struct node *range, bool reverse,
                        struct str *out_bytes)
{
    if (!range)
        return false;
    bool low = range->kind == NODE_EQ || range->kind == NODE_GT || range->kind == NODE_GE ||
               range->kind == NODE_BETWEEN || range->kind == NODE_BEGINS;
    bool high = range->kind == NODE_EQ || range->kind == NODE_LT || range->kind == NODE_LE ||
                range->kind == NODE_BETWEEN;
    if (reverse ? !high : !low)
        return false;
    const struct node *bound = range->children[reverse && range->kind == NODE_BETWEEN ? 2 : 1];
    *out_bytes = value_sortable(call->arena, bound->value);
    return bound->kind == NODE_VALUE;
}

enum err dynamodb_query(struct call *call, const struct json *in, struct json **out)
{
    struct walk walk;
    struct placeholders placeholders;
    struct key prefix, from, after_key;
    const struct key *after;
    const struct node *hash = NULL, *range = NULL;
    struct str bound;
    TRY(start_walk(call, in, &placeholders, &walk));
    TRY(refuse(call, expression_parse_condition(call->arena, "KeyConditionExpression",
                                                json_str(in, "KeyConditionExpression"),
                                                &placeholders, &walk.key_condition, &call->error)));
    TRY(check_used(call, &placeholders));
    TRY(check_key_condition(call, &walk.table, walk.key_condition, &hash, &range));
    const struct json *value = hash->children[1]->value;
    if (!str_eq(value_type(value), walk.table.hash.type))
        FAIL(call, DYNAMODB_VALIDATION,
             "One or more parameter values were invalid: Condition parameter type does not match "
             "schema type");
    walk.reverse = !json_bool_or(in, "ScanIndexForward", true);
    TRY(start_key(call, &walk, &after_key, &after));
    key_str(key_str(key_start(&prefix, KEYSPACE_DYNAMODB_ITEM), walk.table.id),
            value_sortable(call->arena, value));
    from = prefix;
    bool bounded = range_start(call, range, walk.reverse, &bound);
    if (bounded)
        key_str(&from, bound);
    TRY(walk_items(call, &walk, &prefix, bounded ? &from : NULL, after));
    return answer_walk(call, &walk, out);
}
