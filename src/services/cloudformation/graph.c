// SPDX-License-Identifier: Apache-2.0
// Takes, again and again, the first resource in template order all of whose dependencies have been
// taken. Templates have at most TEMPLATE_RESOURCES_MAX resources, so a quadratic walk is fine.
#include "services/cloudformation/graph.h"

bool graph_is_active(const struct scope *scope, const struct json *resource)
{
    struct str condition = json_str(resource, "Condition");
    return !condition.len || scope_condition(scope, condition);
}

struct json *graph_dependencies(const struct scope *scope, struct str logical)
{
    struct arena *arena = scope->call->arena;
    const struct json *resource = json_get_str(scope->template->resources, logical);
    struct json *names = json_array(arena), *dependencies = json_array(arena),
                *on = json_get(resource, "DependsOn");
    template_references(arena, json_get(resource, "Properties"), scope->conditions, names);
    if (json_is(on, JSON_STRING))
        json_push(arena, names, on);
    JSON_EACH (name, on)
        json_push(arena, names, name);
    JSON_EACH (name, names) {
        const struct json *other = json_get_str(scope->template->resources, json_as_str(name));
        if (other && graph_is_active(scope, other))
            json_push(arena, dependencies, name);
    }
    return dependencies;
}

struct node {
    struct str name;
    struct json *dependencies;
    bool taken;
};

static struct node *find(struct node *nodes, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq(nodes[i].name, name))
            return &nodes[i];
    return NULL;
}

static bool is_ready(struct node *nodes, size_t count, const struct node *node)
{
    JSON_EACH (name, node->dependencies) {
        const struct node *other = find(nodes, count, json_as_str(name));
        if (other && !other->taken)
            return false;
    }
    return true;
}

// What is left cannot be ordered; what nothing else of it needs is only downstream of the circle.
static bool is_needed(struct node *nodes, size_t count, const struct node *node)
{
    for (size_t i = 0; i < count; i++)
        JSON_EACH (name, nodes[i].taken ? NULL : nodes[i].dependencies)
            if (str_eq(json_as_str(name), node->name))
                return true;
    return false;
}

static enum err refuse_circle(const struct scope *scope, struct node *nodes, size_t count)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < count; i++)
            if (!nodes[i].taken && !is_needed(nodes, count, &nodes[i]))
                nodes[i].taken = changed = true;
    }
    struct buf names = buf_in(scope->call->arena, 4096);
    for (size_t i = 0; i < count; i++)
        if (!nodes[i].taken)
            buf_printf(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(nodes[i].name));
    return error_set(&scope->call->error, ERR_INVALID,
                     "Circular dependency between resources: [%.*s]", STR_ARG(buf_str(&names)));
}

enum err graph_order(const struct scope *scope, struct json **out_order)
{
    struct arena *arena = scope->call->arena;
    size_t count = 0, taken = 0;
    struct node *nodes = ARENA_ARRAY(arena, struct node, json_count(scope->template->resources));
    JSON_EACH_MEMBER (m, scope->template->resources)
        if (graph_is_active(scope, m->value))
            nodes[count++] =
                (struct node){.name = m->name, .dependencies = graph_dependencies(scope, m->name)};
    struct json *order = json_array(arena);
    while (taken < count) {
        size_t before = taken;
        for (size_t i = 0; i < count; i++)
            if (!nodes[i].taken && is_ready(nodes, count, &nodes[i])) {
                nodes[i].taken = true;
                taken++;
                json_push(arena, order, json_string(arena, nodes[i].name));
            }
        if (taken == before)
            return refuse_circle(scope, nodes, count);
    }
    *out_order = order;
    return OK;
}
