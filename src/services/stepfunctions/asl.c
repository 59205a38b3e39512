// SPDX-License-Identifier: Apache-2.0
// Compiling in two passes: the first lays out machines and states of all levels, the second
// (asl_check.c) looks at each state's fields and at the transitions between states.
#include "services/stepfunctions/asl_internal.h"

#include <string.h>

static const char *const TYPE_NAMES[ASL_TYPES] = {"Pass",    "Task", "Choice",   "Wait",
                                                  "Succeed", "Fail", "Parallel", "Map"};

const char *asl_type_name(enum asl_type type)
{
    return TYPE_NAMES[type];
}

void diagnostic_add(struct arena *arena, struct diagnostics *diagnostics, const char *code,
                    struct str location, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct diagnostic item = {
        .code = code, .message = str_formatv(arena, format, args), .location = location};
    va_end(args);
    *ARENA_PUSH(arena, diagnostics->items, diagnostics->count, diagnostics->capacity) = item;
}

const struct asl_state *asl_state(const struct asl *asl, struct str name)
{
    for (size_t i = 0; i < asl->count; i++)
        if (str_eq(asl->states[i]->name, name))
            return asl->states[i];
    return NULL;
}

const struct asl_state *asl_start(const struct asl_machine *machine)
{
    for (size_t i = 0; i < machine->count; i++)
        if (str_eq(machine->states[i]->name, machine->start_at))
            return machine->states[i];
    return NULL;
}

static bool type_named(struct str name, enum asl_type *out)
{
    for (int i = 0; i < ASL_TYPES; i++) {
        if (str_is(name, TYPE_NAMES[i])) {
            *out = (enum asl_type)i;
            return true;
        }
    }
    return false;
}

static bool mentions_context(const struct json *value)
{
    if (json_is(value, JSON_STRING))
        return str_contains(value->text, S("$$"));
    bool found = false;
    JSON_EACH (item, value)
        found |= mentions_context(item);
    JSON_EACH_MEMBER (member, value)
        found |= mentions_context(member->value);
    return found;
}

// --- laying out

static struct asl_machine *lay_machine(struct compiler *c, const struct json *json,
                                       struct asl_state *owner, struct str location);

static void lay_inner(struct compiler *c, struct asl_state *state, const struct json *json,
                      struct str location)
{
    struct asl_machine *machine = lay_machine(c, json, state, location);
    if (machine)
        *ARENA_PUSH(c->arena, state->branches, state->branch_count, state->branch_capacity) =
            machine;
}

static void lay_branches(struct compiler *c, struct asl_state *state, struct str location)
{
    if (state->type == ASL_MAP) {
        const char *name = json_has(state->json, "ItemProcessor") ? "ItemProcessor" : "Iterator";
        if (!json_has(state->json, name))
            compiler_refuse(c, location, "These fields are required: [ItemProcessor]");
        else
            lay_inner(c, state, json_get(state->json, name), compiler_at(c, location, name));
        return;
    }
    const struct json *branches = json_get(state->json, "Branches");
    if (!json_is(branches, JSON_ARRAY) || branches->count == 0)
        compiler_refuse(c, location, "The field 'Branches' must be a non-empty array");
    JSON_EACH (branch, branches)
        lay_inner(c, state, branch,
                  str_format(c->arena, "%.*s/Branches[%zu]", STR_ARG(location),
                             (size_t)(branch_at - branches->items)));
}

static void lay_state(struct compiler *c, struct asl_machine *machine, struct str name,
                      const struct json *json, struct str location)
{
    struct asl_state *state = ARENA_NEW(c->arena, struct asl_state);
    *state = (struct asl_state){.name = name,
                                .json = json,
                                .machine = machine,
                                .next = json_str(json, "Next"),
                                .location = location};
    if (!json_is(json, JSON_OBJECT)) {
        compiler_refuse(c, location, "A state must be an object");
        return;
    }
    if (name.len == 0 || name.len > ASL_NAME_MAX)
        compiler_refuse(c, location, "State name must be between 1 and %d characters long",
                        ASL_NAME_MAX);
    if (!json_has(json, "Type")) {
        compiler_refuse(c, location, "These fields are required: [Type]");
        return;
    }
    if (!type_named(json_str(json, "Type"), &state->type)) {
        compiler_refuse(
            c, compiler_at(c, location, "Type"),
            "Value must be one of [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait]");
        return;
    }
    if (asl_state(c->asl, name))
        diagnostic_add(c->arena, c->diagnostics, "DUPLICATE_STATE_NAME", location,
                       "Duplicate State name: %.*s", STR_ARG(name));
    state->uses_context = mentions_context(json);
    *ARENA_PUSH(c->arena, machine->states, machine->count, machine->capacity) = state;
    *ARENA_PUSH(c->arena, c->asl->states, c->asl->count, c->asl->capacity) = state;
    if (state->type == ASL_PARALLEL || state->type == ASL_MAP)
        lay_branches(c, state, location);
}

static struct asl_machine *lay_machine(struct compiler *c, const struct json *json,
                                       struct asl_state *owner, struct str location)
{
    struct asl_machine *machine = ARENA_NEW(c->arena, struct asl_machine);
    *machine = (struct asl_machine){.start_at = json_str(json, "StartAt"), .owner = owner};
    struct str shown = location.len ? location : S("/");
    if (!json_is(json, JSON_OBJECT)) {
        compiler_refuse(c, shown, "Expected value of type Object");
        return NULL;
    }
    if (!json_has(json, "StartAt") || !json_has(json, "States")) {
        bool both = !json_has(json, "StartAt") && !json_has(json, "States");
        compiler_refuse(c, shown, "These fields are required: [%s]",
                        both                       ? "StartAt, States"
                        : json_has(json, "States") ? "StartAt"
                                                   : "States");
        return NULL;
    }
    const struct json *states = json_get(json, "States");
    if (!json_is(states, JSON_OBJECT) || states->count == 0) {
        compiler_refuse(c, compiler_at(c, location, "States"), "Expected a non-empty Object");
        return NULL;
    }
    JSON_EACH_MEMBER (member, states)
        lay_state(
            c, machine, member->name, member->value,
            str_format(c->arena, "%.*s/States/%.*s", STR_ARG(location), STR_ARG(member->name)));
    if (!asl_start(machine))
        diagnostic_add(c->arena, c->diagnostics, "MISSING_TRANSITION_TARGET",
                       compiler_at(c, location, "StartAt"), "Missing 'Next' target: %.*s",
                       STR_ARG(machine->start_at));
    return machine;
}

// --- helpers for both passes

struct str compiler_at(struct compiler *c, struct str location, const char *field)
{
    return str_format(c->arena, "%.*s/%s", STR_ARG(location), field);
}

void compiler_refuse(struct compiler *c, struct str location, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct str message = str_formatv(c->arena, format, args);
    va_end(args);
    diagnostic_add(c->arena, c->diagnostics, "SCHEMA_VALIDATION_FAILED", location, "%.*s",
                   STR_ARG(message));
}

enum err asl_compile(struct arena *arena, struct str text, struct asl **out_asl,
                     struct diagnostics *diagnostics)
{
    struct error error = {0};
    struct json *json = NULL;
    struct asl *asl = ARENA_NEW(arena, struct asl);
    struct compiler c = {.arena = arena, .asl = asl, .diagnostics = diagnostics};
    if (json_parse(arena, text, &json, &error) != OK) {
        diagnostic_add(arena, diagnostics, "INVALID_JSON_DESCRIPTION", S("/"), "%s (at byte %zu)",
                       error.text, error.offset);
        return ERR_INVALID;
    }
    asl->json = json;
    asl->top = lay_machine(&c, json, NULL, S(""));
    if (asl->top)
        compiler_check(&c);
    for (size_t i = 0; i < diagnostics->count; i++)
        if (!diagnostics->items[i].warning)
            return ERR_INVALID;
    asl->timeout_ms = json_i64_or(json, "TimeoutSeconds", 0) * 1000;
    *out_asl = asl;
    return OK;
}
