// SPDX-License-Identifier: Apache-2.0
// Evaluating conditions, applying updates, projecting.
//
// An update's right-hand sides are all computed against the item as it was, then the changes are
// made: DynamoDB's rule.
#include "services/dynamodb/expression.h"

#include "base/encode.h"
#include "services/dynamodb/number.h"
#include "services/dynamodb/value.h"

#include <string.h>

// --- paths

static struct json *step_into(const struct json *value, const struct path_step *step)
{
    struct str type = value_type(value);
    if (step->name.ptr)
        return str_is(type, "M") ? json_get_str(value_content(value), step->name) : NULL;
    return str_is(type, "L") ? json_at(value_content(value), (size_t)step->index) : NULL;
}

struct json *path_find(const struct path *path, const struct json *item)
{
    struct json *value = json_get_str(item, path->steps[0].name);
    for (size_t i = 1; value && i < path->count; i++)
        value = step_into(value, &path->steps[i]);
    return value;
}

// --- conditions

static size_t length_of(struct arena *arena, const struct json *value)
{
    struct str type = value_type(value), bytes;
    const struct json *content = value_content(value);
    if (str_is(type, "S"))
        return json_as_str(content).len;
    if (str_is(type, "B"))
        return base64_decode(arena, json_as_str(content), &bytes) == OK ? bytes.len : 0;
    return json_count(content);
}

static struct json *operand_value(struct arena *arena, const struct node *node,
                                  const struct json *item)
{
    if (node->kind == NODE_VALUE)
        return node->value;
    if (node->kind == NODE_PATH)
        return path_find(&node->path, item);
    struct json *inner = operand_value(arena, node->children[0], item);
    struct str type = value_type(inner);
    if (!type.len || str_is(type, "N") || str_is(type, "BOOL") || str_is(type, "NULL"))
        return NULL; // size() has no value there
    return value_number(arena, str_format(arena, "%zu", length_of(arena, inner)));
}

static bool compare(enum node_kind kind, const struct json *a, const struct json *b)
{
    if (!a || !b)
        return kind == NODE_NE && a != b;
    if (kind == NODE_EQ)
        return value_equal(a, b);
    if (kind == NODE_NE)
        return !value_equal(a, b);
    int order;
    if (!value_cmp(a, b, &order))
        return false;
    return kind == NODE_LT   ? order < 0
           : kind == NODE_LE ? order <= 0
           : kind == NODE_GT ? order > 0
                             : order >= 0;
}

static bool begins_with(struct arena *arena, const struct json *value, const struct json *prefix)
{
    struct str type = value_type(value);
    if (!str_eq(type, value_type(prefix)) || (!str_is(type, "S") && !str_is(type, "B")))
        return false;
    return str_starts(value_sortable(arena, value), value_sortable(arena, prefix));
}

static bool contains(const struct json *value, const struct json *part)
{
    struct str type = value_type(value), part_type = value_type(part);
    if (str_is(type, "S") && str_is(part_type, "S"))
        return str_contains(json_as_str(value_content(value)), json_as_str(value_content(part)));
    if (type.len == 2 && part_type.len == 1 && type.ptr[0] == part_type.ptr[0])
        return value_in_set(value_content(value), value_content(part));
    if (str_is(type, "L"))
        JSON_EACH(element, value_content(value))
    if (value_equal(element, part))
        return true;
    return false;
}

bool condition_holds(struct arena *arena, const struct node *node, const struct json *item)
{
    struct node **child = node->children;
    switch (node->kind) {
    case NODE_AND:
        return condition_holds(arena, child[0], item) && condition_holds(arena, child[1], item);
    case NODE_OR:
        return condition_holds(arena, child[0], item) || condition_holds(arena, child[1], item);
    case NODE_NOT:
        return !condition_holds(arena, child[0], item);
    case NODE_EXISTS:
        return path_find(&child[0]->path, item) != NULL;
    case NODE_NOT_EXISTS:
        return path_find(&child[0]->path, item) == NULL;
    default:
        break;
    }
    struct json *value = operand_value(arena, child[0], item);
    struct json *second = operand_value(arena, child[1], item);
    switch (node->kind) {
    case NODE_BETWEEN:
        return compare(NODE_GE, value, second) &&
               compare(NODE_LE, value, operand_value(arena, child[2], item));
    case NODE_IN:
        for (size_t i = 1; i < node->count; i++)
            if (compare(NODE_EQ, value, operand_value(arena, child[i], item)))
                return true;
        return false;
    case NODE_TYPE:
        return value && str_eq(value_type(value), json_as_str(value_content(second)));
    case NODE_BEGINS:
        return value && second && begins_with(arena, value, second);
    case NODE_CONTAINS:
        return value && second && contains(value, second);
    default:
        return compare(node->kind, value, second);
    }
}

// --- updates

static enum err wrong_operand(struct error *error, const char *operation, const struct json *value)
{
    struct str type = value_type(value);
    return error_set(error, ERR_INVALID,
                     "Invalid UpdateExpression: Incorrect operand type for operator or function; "
                     "operator or function: %s, "
                     "operand type: %.*s",
                     operation, STR_ARG(type));
}

static enum err add_numbers(struct arena *arena, const struct json *a, const struct json *b,
                            bool minus, struct json **out, struct error *error)
{
    struct number x, y, sum;
    const char *operation = minus ? "-" : "+";
    if (!str_is(value_type(a), "N"))
        return wrong_operand(error, operation, a);
    if (!str_is(value_type(b), "N"))
        return wrong_operand(error, operation, b);
    TRY(number_parse(json_as_str(value_content(a)), &x, error));
    TRY(number_parse(json_as_str(value_content(b)), &y, error));
    if (minus)
        y = number_negated(&y);
    if (number_add(&x, &y, &sum, error) != OK)
        return ERR_INVALID; // DynamoDB's words are in place
    *out = value_number(arena, number_text(arena, &sum));
    return OK;
}

static enum err set_value(struct arena *arena, const struct node *node, const struct json *item,
                          struct json **out, struct error *error)
{
    struct json *a, *b;
    if (node->kind == NODE_IF_NOT_EXISTS) {
        *out = path_find(&node->children[0]->path, item);
        return *out ? OK : set_value(arena, node->children[1], item, out, error);
    }
    if (node->kind != NODE_PLUS && node->kind != NODE_MINUS && node->kind != NODE_LIST_APPEND) {
        *out = operand_value(arena, node, item);
        if (!*out)
            return error_set(
                error, ERR_INVALID,
                "The provided expression refers to an attribute that does not exist in the item");
        return OK;
    }
    TRY(set_value(arena, node->children[0], item, &a, error));
    TRY(set_value(arena, node->children[1], item, &b, error));
    if (node->kind != NODE_LIST_APPEND)
        return add_numbers(arena, a, b, node->kind == NODE_MINUS, out, error);
    if (!str_is(value_type(a), "L") || !str_is(value_type(b), "L"))
        return wrong_operand(error, "list_append", str_is(value_type(a), "L") ? b : a);
    struct json *list = json_copy_shallow(arena, value_content(a));
    JSON_EACH(element, value_content(b))
    json_push(arena, list, element);
    *out = json_set(arena, json_object(arena), "L", list);
    return OK;
}

// ADD: numbers are added, sets united. DELETE: elements are taken out of a set; NULL when none is
// left.
static enum err add_value(struct arena *arena, struct json *old, struct json *value,
                          struct json **out, struct error *error)
{
    struct str type = value_type(value);
    if (str_is(type, "N")) {
        struct json *zero = value_number(arena, S("0"));
        return add_numbers(arena, old ? old : zero, value, false, out, error);
    }
    if (type.len != 2 || (old && !str_eq(type, value_type(old))))
        return wrong_operand(error, "ADD", type.len != 2 ? value : old);
    struct json *set = old ? json_copy_shallow(arena, value_content(old)) : json_array(arena);
    JSON_EACH(element, value_content(value))
    if (!value_in_set(set, element))
        json_push(arena, set, element);
    *out = json_set_named(arena, json_object(arena), type, set);
    return OK;
}

static enum err delete_value(struct arena *arena, struct json *old, struct json *value,
                             struct json **out, struct error *error)
{
    struct str type = value_type(value);
    if (type.len != 2 || (old && !str_eq(type, value_type(old))))
        return wrong_operand(error, "DELETE", type.len != 2 ? value : old);
    *out = NULL;
    struct json *set = json_array(arena);
    JSON_EACH(element, value_content(old))
    if (!value_in_set(value_content(value), element))
        json_push(arena, set, element);
    if (json_count(set))
        *out = json_set_named(arena, json_object(arena), type, set);
    return OK;
}

static enum err bad_path(struct error *error)
{
    return error_set(error, ERR_INVALID,
                     "The document path provided in the update expression is invalid for update");
}

// Where the last step of a path leads: the map or list that holds it.
static enum err find_holder(const struct path *path, struct json *item, struct json **out_holder,
                            struct error *error)
{
    struct path before = {.steps = path->steps, .count = path->count - 1};
    if (before.count == 0) {
        *out_holder = item;
        return OK;
    }
    struct json *value = path_find(&before, item);
    bool map = path->steps[path->count - 1].name.ptr != NULL;
    if (!str_is(value_type(value), map ? "M" : "L"))
        return bad_path(error);
    *out_holder = value_content(value);
    return OK;
}

static enum err put_at(struct arena *arena, const struct path *path, struct json *item,
                       struct json *value, struct error *error)
{
    const struct path_step *last = &path->steps[path->count - 1];
    struct json *holder;
    TRY(find_holder(path, item, &holder, error));
    if (last->name.ptr)
        json_set_named(arena, holder, last->name, value);
    else if ((size_t)last->index < json_count(holder))
        holder->items[last->index] = value;
    else
        json_push(arena, holder, value);
    return OK;
}

// A removed list element leaves a NULL until all removals are done, so that the others' indexes
// stay what they were.
static enum err remove_at(const struct path *path, struct json *item, struct json **out_list,
                          struct error *error)
{
    const struct path_step *last = &path->steps[path->count - 1];
    struct json *holder;
    *out_list = NULL;
    TRY(find_holder(path, item, &holder, error));
    if (last->name.ptr) {
        json_remove(holder, last->name);
    } else if ((size_t)last->index < json_count(holder)) {
        holder->items[last->index] = NULL;
        *out_list = holder;
    }
    return OK;
}

static void close_gaps(struct json *list)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i])
            list->items[kept++] = list->items[i];
    list->count = kept;
}

enum err update_apply(struct arena *arena, const struct update *update, struct json *item,
                      struct json **out_touched, struct error *error)
{
    struct json **values = ARENA_ARRAY(arena, struct json *, update->count);
    for (size_t i = 0; i < update->count; i++) {
        const struct update_action *action = &update->actions[i];
        struct json *old = path_find(&action->path, item);
        if (action->kind == UPDATE_SET)
            TRY(set_value(arena, action->operand, item, &values[i], error));
        else if (action->kind == UPDATE_ADD)
            TRY(add_value(arena, old, action->operand->value, &values[i], error));
        else if (action->kind == UPDATE_DELETE)
            TRY(delete_value(arena, old, action->operand->value, &values[i], error));
        values[i] = values[i] ? json_copy(arena, values[i]) : NULL;
    }
    *out_touched = json_object(arena);
    struct json **lists = ARENA_ARRAY(arena, struct json *, update->count);
    for (size_t i = 0; i < update->count; i++) {
        const struct path *path = &update->actions[i].path;
        json_set_named(arena, *out_touched, path->steps[0].name, json_bool(arena, true));
        if (values[i])
            TRY(put_at(arena, path, item, values[i], error));
        else
            TRY(remove_at(path, item, &lists[i], error));
    }
    for (size_t i = 0; i < update->count; i++)
        if (lists[i])
            close_gaps(lists[i]);
    return OK;
}

// --- projections: the parts asked for, in the shape they have in the item

static struct json *graft(struct arena *arena, struct json *target, const struct path *path,
                          size_t depth, struct json *value)
{
    if (depth == path->count)
        return value;
    const struct path_step *step = &path->steps[depth];
    const char *type = step->name.ptr ? "M" : "L";
    if (!target)
        target = json_set(arena, json_object(arena), type,
                          step->name.ptr ? json_object(arena) : json_array(arena));
    struct json *content = value_content(target);
    if (step->name.ptr)
        json_set_named(arena, content, step->name,
                       graft(arena, json_get_str(content, step->name), path, depth + 1, value));
    else
        json_push(arena, content, graft(arena, NULL, path, depth + 1, value));
    return target;
}

struct json *projection_of(struct arena *arena, const struct projection *projection,
                           const struct json *item)
{
    struct json *result = json_object(arena);
    for (size_t i = 0; i < projection->count; i++) {
        const struct path *path = &projection->paths[i];
        struct json *value = path_find(path, item);
        if (!value)
            continue;
        struct str top = path->steps[0].name;
        json_set_named(arena, result, top, graft(arena, json_get_str(result, top), path, 1, value));
    }
    return result;
}
