// SPDX-License-Identifier: Apache-2.0
// What an operation would change, found out without changing anything: for change sets, and to say
// that there is nothing to do. Resources that would be made or replaced are unknown to what refers
// to them (see resolve.h).
#include "services/cloudformation/engine.h"
#include "services/cloudformation/graph.h"

static bool has_unknown(const struct json *value)
{
    if (json_is(value, JSON_STRING))
        return str_contains(value->text, S(RESOLVE_UNKNOWN));
    JSON_EACH (item, value)
        if (has_unknown(item))
            return true;
    JSON_EACH_MEMBER (m, value)
        if (has_unknown(m->value))
            return true;
    return false;
}

static struct json *change_of(struct arena *arena, const char *action, struct str logical,
                              const struct json *row, struct str type)
{
    struct json *change = json_set_str(arena, json_object(arena), "Action", str_of(action));
    json_set_str(arena, change, "LogicalResourceId", logical);
    if (row)
        json_set_str(arena, change, "PhysicalResourceId", json_str(row, "Physical"));
    json_set_str(arena, change, "ResourceType", type);
    json_set(arena, change, "Scope", json_array(arena));
    return json_set(arena, change, "Details", json_array(arena));
}

enum replacement { REPLACED_NEVER, REPLACED_PERHAPS, REPLACED_ALWAYS };

// One property that differs, as a detail of the change.
static enum replacement add_detail(struct arena *arena, struct json *change,
                                   const struct resource_type *type, struct str name,
                                   const struct json *after)
{
    static const char *const words[] = {"Never", "Conditionally", "Always"};
    const struct property *property = resource_property(type, name);
    bool unknown = has_unknown(after);
    enum replacement replacement = REPLACED_NEVER;
    if (!type->update || (property && (property->flags & PROPERTY_FIXED)))
        replacement = unknown ? REPLACED_PERHAPS : REPLACED_ALWAYS;
    struct json *target = json_set_str(arena, json_object(arena), "Attribute", S("Properties"));
    json_set_str(arena, target, "Name", name);
    json_set_str(arena, target, "RequiresRecreation", str_of(words[replacement]));
    struct json *detail = json_set(arena, json_object(arena), "Target", target);
    json_set_str(arena, detail, "Evaluation", unknown ? S("Dynamic") : S("Static"));
    json_set_str(arena, detail, "ChangeSource",
                 unknown ? S("ResourceReference") : S("DirectModification"));
    json_push(arena, json_get(change, "Details"), detail);
    return replacement;
}

static enum replacement add_details(struct arena *arena, struct json *change,
                                    const struct resource_type *type, const struct json *before,
                                    const struct json *after)
{
    enum replacement worst = REPLACED_NEVER;
    JSON_EACH_MEMBER (m, after) {
        const struct json *old = json_get_str(before, m->name);
        if (old && json_equal(old, m->value))
            continue;
        enum replacement one = add_detail(arena, change, type, m->name, m->value);
        worst = one > worst ? one : worst;
    }
    JSON_EACH_MEMBER (m, before) {
        if (json_get_str(after, m->name))
            continue;
        enum replacement one = add_detail(arena, change, type, m->name, NULL);
        worst = one > worst ? one : worst;
    }
    return worst;
}

static enum err plan_one(struct scope *scope, struct str logical, struct json *known,
                         const struct json *tags, struct json *changes)
{
    static const char *const words[] = {"False", "Conditional", "True"};
    struct arena *arena = scope->call->arena;
    const struct json *row = json_get_str(known, logical);
    struct str type_name = json_str(json_get_str(scope->template->resources, logical), "Type");
    const struct resource_type *type = resource_type_find(type_name);
    struct json *properties;
    scope->unknown_met = false;
    TRY(desired_properties(scope, logical, tags, &properties));
    if (!resource_is_there(row)) {
        json_push(arena, changes, change_of(arena, "Add", logical, NULL, type_name));
        json_remove(known, logical);
        return OK;
    }
    if (!str_eq(json_str(row, "Type"), type_name))
        return error_set(&scope->call->error, ERR_INVALID,
                         "Update of resource type is not permitted. The new template modifies "
                         "resource type of the "
                         "following resources: [%.*s]",
                         STR_ARG(logical));
    if (json_equal(json_get(row, "Properties"), properties))
        return OK;
    struct json *change = change_of(arena, "Modify", logical, row, type_name);
    enum replacement replacement =
        add_details(arena, change, type, json_get(row, "Properties"), properties);
    json_push(arena, json_get(change, "Scope"), json_string(arena, S("Properties")));
    json_set_str(arena, change, "Replacement", str_of(words[replacement]));
    json_push(arena, changes, change);
    if (replacement != REPLACED_NEVER)
        json_remove(known, logical);
    return OK;
}

static bool is_in_order(const struct json *order, struct str logical)
{
    JSON_EACH (name, order)
        if (str_eq(json_as_str(name), logical))
            return true;
    return false;
}

enum err plan_changes(struct scope *scope, const struct json *order, const struct json *rows,
                      const struct json *tags, struct json **out_changes)
{
    struct arena *arena = scope->call->arena;
    struct json *known = json_copy_shallow(arena, rows), *changes = json_array(arena);
    scope->resources = known;
    scope->planning = true;
    JSON_EACH (name, order)
        TRY(plan_one(scope, json_as_str(name), known, tags, changes));
    JSON_EACH_MEMBER (m, rows)
        if (resource_is_there(m->value) && !is_in_order(order, m->name))
            json_push(arena, changes,
                      change_of(arena, "Remove", m->name, m->value, json_str(m->value, "Type")));
    *out_changes = changes;
    return OK;
}

enum err plan_outputs(struct scope *scope, struct json **out_outputs)
{
    struct arena *arena = scope->call->arena;
    struct json *outputs = json_array(arena);
    JSON_EACH_MEMBER (m, scope->template->outputs) {
        struct str value, name, condition = json_str(m->value, "Condition");
        if (condition.len && !scope_condition(scope, condition))
            continue;
        struct json *output = json_set_str(arena, json_object(arena), "OutputKey", m->name);
        TRY(resolve_text(scope, json_get(m->value, "Value"), "the Value of an output", &value));
        json_set_str(arena, output, "OutputValue", value);
        json_set(arena, output, "Description", json_get(m->value, "Description"));
        if (json_has(m->value, "Export")) {
            TRY(resolve_text(scope, json_get(json_get(m->value, "Export"), "Name"),
                             "the name of an export", &name));
            json_set_str(arena, output, "ExportName", name);
        }
        json_push(arena, outputs, output);
    }
    *out_outputs = outputs;
    return OK;
}
