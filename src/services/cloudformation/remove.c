// SPDX-License-Identifier: Apache-2.0
// Deleting resources: what nothing else depends on goes first.
#include "services/cloudformation/engine.h"

// Something that is there, and is to stay or is still to go, depends on it.
static bool is_needed(const struct step *step, struct str logical)
{
    JSON_EACH_MEMBER (m, step->rows)
        if (resource_is_there(m->value))
            JSON_EACH (name, json_get(m->value, "DependsOn"))
                if (str_eq(json_as_str(name), logical))
                    return true;
    return false;
}

static bool has_failed(const struct step *step, const struct json *row)
{
    return str_is(json_str(row, "Status"), "DELETE_FAILED") && is_of_operation(step, row);
}

static struct json *find_next(const struct step *step, row_filter *wanted)
{
    JSON_EACH_MEMBER (m, step->rows) {
        bool gone = str_is(json_str(m->value, "Status"), "DELETE_COMPLETE") ||
                    str_is(json_str(m->value, "Status"), "DELETE_SKIPPED");
        if (gone || !wanted(step, m->value) || has_failed(step, m->value))
            continue;
        if (!is_needed(step, m->name))
            return m->value;
    }
    return NULL;
}

static bool is_retained(const struct step *step, const struct json *row)
{
    struct str policy = json_str(row, "DeletionPolicy");
    bool rolling_back = str_is(json_str(step->operation, "Phase"), "rollback");
    JSON_EACH (name, json_get(step->operation, "Retain"))
        if (str_eq(json_as_str(name), json_str(row, "Logical")))
            return true;
    return str_is(policy, "Retain") || (str_is(policy, "RetainExceptOnCreate") && !rolling_back);
}

// Deletes what `physical` names; an absent one counts as deleted.
static enum err delete_physical(struct step *step, const struct json *row, const struct json *of,
                                bool *out_failed)
{
    struct resource resource = {
        .call = step->call,
        .principal = step->principal,
        .type = resource_type_find(json_str(row, "Type")),
        .stack_name = json_str(step->stack, "Name"),
        .stack_id = json_str(step->stack, "Id"),
        .logical = json_str(row, "Logical"),
        .properties = json_get(of, "Properties"),
        .physical = json_str(of, "Physical"),
        .was = json_get(of, "Attributes"),
    };
    *out_failed = false;
    tx_mark(step->call->tx);
    enum err err = resource.type->delete ? resource.type->delete (&resource) : OK;
    if (err == OK) {
        tx_forget_mark(step->call->tx);
        return OK;
    }
    tx_undo_to_mark(step->call->tx);
    if (err == ERR_CODED && resource_is_absent_error(step->call)) {
        (void)step_refusal(step);
        return OK;
    }
    *out_failed = err == ERR_CODED || err == ERR_INVALID || err == ERR_UNSUPPORTED;
    return *out_failed ? OK : err;
}

static enum err end_row(struct step *step, struct json *row, const char *status, bool keep_row)
{
    struct str logical = json_str(row, "Logical");
    TRY(step_status(step, row, status, STR_NONE));
    if (keep_row)
        return OK;
    json_remove(step->rows, logical);
    return resource_remove(step->call, step->stack, logical);
}

enum err remove_next(struct step *step, row_filter *wanted, bool keep_row, bool *out_done)
{
    struct json *row = find_next(step, wanted);
    bool failed;
    *out_done = !row;
    if (!row)
        return OK;
    if (!json_str(row, "Physical").ptr) { // was never made
        if (keep_row)
            return end_row(step, row, "DELETE_COMPLETE", true);
        json_remove(step->rows, json_str(row, "Logical"));
        return resource_remove(step->call, step->stack, json_str(row, "Logical"));
    }
    if (is_retained(step, row))
        return end_row(step, row, "DELETE_SKIPPED", keep_row);
    TRY(step_status(step, row, "DELETE_IN_PROGRESS", STR_NONE));
    TRY(delete_physical(step, row, row, &failed));
    if (!failed)
        return end_row(step, row, "DELETE_COMPLETE", keep_row);
    json_set(step->call->arena, row, "Operation", json_get(step->operation, "Id"));
    json_set_str(step->call->arena, row, "Done", S("kept"));
    return step_status(step, row, "DELETE_FAILED", step_refusal(step));
}

// --- what was replaced

static enum err event_of(struct step *step, const struct json *row, const struct json *leftover,
                         const char *status, struct str reason)
{
    return event_add(step->call, step->stack, json_str(row, "Logical"),
                     json_str(leftover, "Physical"), json_str(row, "Type"), str_of(status), reason,
                     json_get(leftover, "Properties"));
}

static enum err delete_leftover(struct step *step, struct json *row, const struct json *leftover)
{
    bool failed;
    if (str_is(json_str(leftover, "Policy"), "Retain"))
        return event_of(step, row, leftover, "DELETE_SKIPPED", STR_NONE);
    TRY(event_of(step, row, leftover, "DELETE_IN_PROGRESS", STR_NONE));
    TRY(delete_physical(step, row, leftover, &failed));
    return event_of(step, row, leftover, failed ? "DELETE_FAILED" : "DELETE_COMPLETE",
                    failed ? step_refusal(step) : STR_NONE);
}

// In reverse order of making, as what replaced resources depend on was replaced before them.
enum err remove_leftover(struct step *step, bool *out_done)
{
    struct arena *arena = step->call->arena;
    struct json *found = NULL;
    JSON_EACH (name, step->order) {
        struct json *row = json_get_str(step->rows, json_as_str(name));
        if (json_count(json_get(row, "Leftovers")))
            found = row;
    }
    if (!step->order)
        JSON_EACH_MEMBER (m, step->rows)
            if (json_count(json_get(m->value, "Leftovers")))
                found = m->value;
    *out_done = !found;
    if (!found)
        return OK;
    struct json *leftovers = json_get(found, "Leftovers"), *rest = json_array(arena);
    TRY(delete_leftover(step, found, json_at(leftovers, 0)));
    for (size_t i = 1; i < json_count(leftovers); i++)
        json_push(arena, rest, json_at(leftovers, i));
    json_remove(found, S("Leftovers"));
    if (json_count(rest))
        json_set(arena, found, "Leftovers", rest);
    return resource_put(step->call, step->stack, found);
}
