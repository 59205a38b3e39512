// SPDX-License-Identifier: Apache-2.0
// DynamoDB's expressions: conditions, updates, projections and key conditions.
//
// Parsing makes a tree in an arena; placeholders (#name, :value) are resolved while parsing, and
// which of them were used is remembered, as DynamoDB refuses unused ones. Evaluating never fails on
// an item's contents except where DynamoDB says so (an update's operands of the wrong type).
//
// Errors: ERR_INVALID with DynamoDB's words ("Invalid ConditionExpression: Syntax error; token:
// ..."). Source: "Using expressions in DynamoDB", Amazon DynamoDB Developer Guide.
#ifndef SERVICES_DYNAMODB_EXPRESSION_H
#define SERVICES_DYNAMODB_EXPRESSION_H

#include "base/json.h"

// Placeholders of one request, shared by all its expressions.
struct placeholders {
    const struct json *names;  // {"#n": "name"}
    const struct json *values; // {":v": {"S": ...}}, in normal form
    struct json *used;         // placeholder -> true
};

struct path_step {
    struct str name; // a map's member, or
    int64_t index;   // a list's element when name.ptr is NULL
};
struct path {
    struct path_step *steps;
    size_t count, capacity;
};

enum node_kind {
    NODE_PATH,
    NODE_VALUE,
    NODE_SIZE, // operands
    NODE_IF_NOT_EXISTS,
    NODE_LIST_APPEND,
    NODE_PLUS,
    NODE_MINUS, // operands of updates
    NODE_EQ,
    NODE_NE,
    NODE_LT,
    NODE_LE,
    NODE_GT,
    NODE_GE, // comparisons
    NODE_BETWEEN,
    NODE_IN,
    NODE_AND,
    NODE_OR,
    NODE_NOT,
    NODE_EXISTS,
    NODE_NOT_EXISTS,
    NODE_TYPE,
    NODE_BEGINS,
    NODE_CONTAINS,
};
struct node {
    enum node_kind kind;
    struct path path;   // NODE_PATH
    struct json *value; // NODE_VALUE
    struct node **children;
    size_t count, capacity;
};

enum update_kind { UPDATE_SET, UPDATE_REMOVE, UPDATE_ADD, UPDATE_DELETE };
struct update_action {
    enum update_kind kind;
    struct path path;
    struct node *operand; // not for REMOVE
};
struct update {
    struct update_action *actions;
    size_t count, capacity;
};
struct projection {
    struct path *paths;
    size_t count, capacity;
};

// `kind` names the parameter in errors: "ConditionExpression", "FilterExpression",
// "KeyConditionExpression".
enum err expression_parse_condition(struct arena *arena, const char *kind, struct str text,
                                    struct placeholders *placeholders, struct node **out_node,
                                    struct error *error) MUST_CHECK;
enum err expression_parse_update(struct arena *arena, struct str text,
                                 struct placeholders *placeholders, struct update *out_update,
                                 struct error *error) MUST_CHECK;
enum err expression_parse_projection(struct arena *arena, struct str text,
                                     struct placeholders *placeholders,
                                     struct projection *out_projection,
                                     struct error *error) MUST_CHECK;
// After all expressions of a request were parsed: refuses placeholders that none of them used.
enum err expression_check_used(struct arena *arena, const struct placeholders *placeholders,
                               struct error *error) MUST_CHECK;

bool condition_holds(struct arena *arena, const struct node *node, const struct json *item);
struct json *path_find(const struct path *path, const struct json *item); // NULL when absent
// Changes `item` in place. `out_touched` gets the top-level attribute names that were changed.
enum err update_apply(struct arena *arena, const struct update *update, struct json *item,
                      struct json **out_touched, struct error *error) MUST_CHECK;
struct json *projection_of(struct arena *arena, const struct projection *projection,
                           const struct json *item);

#endif
