// SPDX-License-Identifier: Apache-2.0
// One resource forward, or back.
//
// What an action did before it was refused is undone with it: a resource's operations are done
// together or not at all.
#include "services/cloudformation/engine.h"
#include "services/cloudformation/graph.h"

// --- what it should be

static struct json *with_stack_tags(struct arena *arena, const struct resource_type *type,
                                    struct json *properties, const struct json *stack_tags)
{
    const struct property *property = resource_property(type, S("Tags"));
    struct json *own = json_get(properties, "Tags");
    if (!property || !(property->flags & PROPERTY_TAGS) || !json_count(stack_tags))
        return properties;
    struct json *tags =
        json_is(own, JSON_ARRAY) ? json_copy_shallow(arena, own) : json_array(arena);
    JSON_EACH (tag, stack_tags) {
        bool overridden = false;
        JSON_EACH (mine, own)
            overridden = overridden || str_eq(json_str(mine, "Key"), json_str(tag, "Key"));
        if (!overridden)
            json_push(arena, tags, json_copy(arena, tag));
    }
    return json_set(arena, properties, "Tags", tags);
}

enum err desired_properties(struct scope *scope, struct str logical, const struct json *tags,
                            struct json **out)
{
    const struct json *resource = json_get_str(scope->template->resources, logical);
    const struct resource_type *type = resource_type_find(json_str(resource, "Type"));
    struct json *properties = NULL;
    if (json_has(resource, "Properties"))
        TRY(resolve(scope, json_get(resource, "Properties"), &properties));
    if (!json_is(properties, JSON_OBJECT))
        properties = json_object(scope->call->arena);
    *out = with_stack_tags(scope->call->arena, type, properties, tags);
    return OK;
}

// --- running an action

static struct resource resource_of(struct step *step, const struct json *row,
                                   const struct json *properties)
{
    return (struct resource){
        .call = step->call,
        .principal = step->principal,
        .type = resource_type_find(json_str(row, "Type")),
        .stack_name = json_str(step->stack, "Name"),
        .stack_id = json_str(step->stack, "Id"),
        .logical = json_str(row, "Logical"),
        .properties = properties,
        .physical = json_str(row, "Physical"),
        .was = json_get(row, "Attributes"),
    };
}

// ERR_CONFLICT and the store's own failures go through; everything else is a refusal, which
// *out_failed says.
static enum err attempt(struct step *step, resource_action *action, struct resource *resource,
                        bool *out_failed)
{
    tx_mark(step->call->tx);
    enum err err = resource_check(resource);
    if (err == OK)
        err = action(resource);
    *out_failed = err == ERR_CODED || err == ERR_INVALID || err == ERR_UNSUPPORTED ||
                  err == ERR_SYNTAX || err == ERR_LIMIT || err == ERR_NOT_FOUND ||
                  err == ERR_EXISTS || err == ERR_DENIED;
    if (err != OK)
        tx_undo_to_mark(step->call->tx);
    else
        tx_forget_mark(step->call->tx);
    return *out_failed ? OK : err;
}

static void take_result(struct step *step, struct json *row, const struct resource *resource)
{
    struct arena *arena = step->call->arena;
    json_set_str(arena, row, "Physical", resource->physical);
    if (resource->attributes)
        json_set(arena, row, "Attributes", resource->attributes);
    else if (!json_has(row, "Attributes"))
        json_set(arena, row, "Attributes", json_object(arena));
}

// --- what its row says

// What the row takes from the template besides properties.
static void describe(struct step *step, struct json *row, struct json *properties)
{
    static const char *const members[] = {"DeletionPolicy", "UpdateReplacePolicy", "Metadata",
                                          "Description"};
    struct arena *arena = step->call->arena;
    const struct json *resource = json_get_str(step->template->resources, json_str(row, "Logical"));
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_remove(row, str_of(members[i]));
        json_set(arena, row, members[i], json_get(resource, members[i]));
    }
    json_set(arena, row, "Properties", properties);
    json_set(arena, row, "DependsOn", graph_dependencies(&step->scope, json_str(row, "Logical")));
    json_set(arena, row, "Imports", step->scope.imports);
}

static void mark_done(struct step *step, struct json *row, const char *done)
{
    json_set(step->call->arena, row, "Operation", json_get(step->operation, "Id"));
    json_set_str(step->call->arena, row, "Done", str_of(done));
}

// Everything of the row that an undo puts back.
static struct json *before_of(struct step *step, const struct json *row)
{
    static const char *const members[] = {
        "Physical",       "Properties",          "Attributes", "DependsOn", "Status",
        "DeletionPolicy", "UpdateReplacePolicy", "Metadata",   "Imports",   "Description"};
    struct json *before = json_object(step->call->arena);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_set(step->call->arena, before, members[i], json_get(row, members[i]));
    return before;
}

static void put_back(struct step *step, struct json *row, const struct json *before)
{
    JSON_EACH_MEMBER (m, before)
        if (!str_is(m->name, "Status"))
            json_set_named(step->call->arena, row, m->name, m->value);
}

// --- forward

static enum err create(struct step *step, struct json *row, struct json *properties,
                       bool *out_failed)
{
    struct resource resource = resource_of(step, row, properties);
    json_set(step->call->arena, row, "Properties", properties);
    TRY(step_status(step, row, "CREATE_IN_PROGRESS", STR_NONE));
    TRY(attempt(step, resource.type->create, &resource, out_failed));
    describe(step, row, properties);
    mark_done(step, row, *out_failed ? "failed" : "created");
    if (*out_failed)
        return step_status(step, row, "CREATE_FAILED", step_refusal(step));
    take_result(step, row, &resource);
    TRY(step_status(step, row, "CREATE_IN_PROGRESS", S("Resource creation Initiated")));
    return step_status(step, row, "CREATE_COMPLETE", STR_NONE);
}

static enum err fail_update(struct step *step, struct json *row, struct str reason)
{
    struct json *before = json_get(row, "Before");
    put_back(step, row, before);
    mark_done(step, row, "refused");
    return step_status(step, row, "UPDATE_FAILED", reason);
}

static void leave_behind(struct step *step, struct json *row, const struct json *old,
                         struct str policy)
{
    struct arena *arena = step->call->arena;
    struct json *leftovers = json_get(row, "Leftovers");
    if (!leftovers)
        json_set(arena, row, "Leftovers", leftovers = json_array(arena));
    struct json *one = json_set(arena, json_object(arena), "Physical", json_get(old, "Physical"));
    json_set(arena, one, "Properties", json_get(old, "Properties"));
    json_set(arena, one, "Attributes", json_get(old, "Attributes"));
    json_set_str(arena, one, "Policy", policy);
    json_push(arena, leftovers, one);
}

// Two resources of one name cannot be there at once.
static bool is_named_the_same(const struct resource_type *type, const struct json *before,
                              const struct json *after)
{
    const struct json *a = type->name_property ? json_get(before, type->name_property) : NULL;
    const struct json *b = type->name_property ? json_get(after, type->name_property) : NULL;
    return a && b && json_equal(a, b);
}

static enum err replace(struct step *step, struct json *row, struct json *properties,
                        bool *out_failed)
{
    struct resource resource = resource_of(step, row, properties);
    struct json *before = json_get(row, "Before");
    TRY(step_status(step, row, "UPDATE_IN_PROGRESS",
                    S("Requested update requires the creation of a new physical resource; hence "
                      "creating one.")));
    *out_failed = is_named_the_same(resource.type, json_get(before, "Properties"), properties);
    if (*out_failed)
        return fail_update(
            step, row,
            str_format(step->call->arena,
                       "CloudFormation cannot update a stack when a custom-named resource requires "
                       "replacing. Rename %.*s and update the stack again.",
                       STR_ARG(resource.physical)));
    resource.physical = STR_NONE;
    TRY(attempt(step, resource.type->create, &resource, out_failed));
    if (*out_failed)
        return fail_update(step, row, step_refusal(step));
    json_remove(row, S("Attributes"));
    take_result(step, row, &resource);
    describe(step, row, properties);
    leave_behind(step, row, before, json_str(row, "UpdateReplacePolicy"));
    mark_done(step, row, "replaced");
    return step_status(step, row, "UPDATE_COMPLETE", STR_NONE);
}

static enum err change(struct step *step, struct json *row, struct json *properties,
                       bool *out_failed)
{
    struct resource resource = resource_of(step, row, properties);
    struct json *before = json_get(row, "Before");
    resource.before = json_get(before, "Properties");
    TRY(step_status(step, row, "UPDATE_IN_PROGRESS", STR_NONE));
    TRY(attempt(step, resource.type->update, &resource, out_failed));
    if (*out_failed)
        return fail_update(step, row, step_refusal(step));
    take_result(step, row, &resource);
    describe(step, row, properties);
    mark_done(step, row, "updated");
    return step_status(step, row, "UPDATE_COMPLETE", STR_NONE);
}

static enum err keep(struct step *step, struct json *row, struct json *properties)
{
    describe(step, row, properties);
    mark_done(step, row, "same");
    json_set_named(step->call->arena, step->rows, json_str(row, "Logical"), row);
    return resource_put(step->call, step->stack, row);
}

static enum err refuse_properties(struct step *step, struct json *row, bool is_new)
{
    struct str reason = step_refusal(step);
    if (!is_new)
        return fail_update(step, row, reason);
    mark_done(step, row, "failed");
    return step_status(step, row, "CREATE_FAILED", reason);
}

enum err apply_resource(struct step *step, struct str logical, bool *out_failed)
{
    const struct json *resource = json_get_str(step->template->resources, logical);
    struct json *old = json_get_str(step->rows, logical), *properties;
    bool is_new = !resource_is_there(old);
    struct json *row = is_new ? step_row_new(step, logical, json_str(resource, "Type")) : old;
    if (!is_new)
        json_set(step->call->arena, row, "Before", before_of(step, row));
    step->scope.imports = json_array(step->call->arena);
    *out_failed = false;
    enum err err =
        desired_properties(&step->scope, logical, json_get(step->operation, "Tags"), &properties);
    if (err == ERR_INVALID || err == ERR_UNSUPPORTED) {
        *out_failed = true;
        return refuse_properties(step, row, is_new);
    }
    TRY(err);
    if (is_new)
        return create(step, row, properties, out_failed);
    if (json_equal(json_get(row, "Properties"), properties))
        return keep(step, row, properties);
    if (resource_is_replaced(resource_type_find(json_str(row, "Type")), json_get(row, "Properties"),
                             properties))
        return replace(step, row, properties, out_failed);
    return change(step, row, properties, out_failed);
}

// --- back

static enum err change_back(struct step *step, struct json *row, const struct json *before,
                            bool *out_failed)
{
    struct resource resource = resource_of(step, row, json_get(before, "Properties"));
    resource.before = json_get(row, "Properties");
    TRY(step_status(step, row, "UPDATE_IN_PROGRESS", STR_NONE));
    TRY(attempt(step, resource.type->update, &resource, out_failed));
    if (*out_failed)
        return step_status(step, row, "UPDATE_FAILED", step_refusal(step));
    put_back(step, row, before);
    return OK;
}

// The old one was not deleted yet: it comes back, and the new one is to go.
static void swap_back(struct step *step, struct json *row, const struct json *before)
{
    struct arena *arena = step->call->arena;
    const struct json *leftovers = json_get(row, "Leftovers");
    struct json *kept = json_array(arena);
    struct json *new = json_copy_shallow(arena, row);
    JSON_EACH (one, leftovers)
        if (!str_eq(json_str(one, "Physical"), json_str(before, "Physical")))
            json_push(arena, kept, one);
    json_set(arena, row, "Leftovers", kept);
    leave_behind(step, row, new, STR_NONE);
    put_back(step, row, before);
}

enum err undo_resource(struct step *step, struct json *row, bool *out_failed)
{
    struct json *before = json_get(row, "Before");
    struct str done = json_str(row, "Done");
    *out_failed = false;
    if (str_is(done, "updated"))
        TRY(change_back(step, row, before, out_failed));
    if (*out_failed)
        return OK;
    if (str_is(done, "replaced"))
        swap_back(step, row, before);
    json_remove(row, S("Before"));
    if (!str_is(done, "same"))
        return step_status(step, row, "UPDATE_COMPLETE", STR_NONE);
    put_back(step, row, before);
    return resource_put(step->call, step->stack, row);
}
