// SPDX-License-Identifier: Apache-2.0
// Parallel and Map: frames for branches and iterations, and what their ends lead to.
//
// A Map writes all its items at once, a row each, and starts iterations as others end; at no time
// are there more frames than its concurrency allows. Results are rows by index and gathered when
// the last one is in.
#include "services/stepfunctions/run.h"

// What AWS runs at once when MaxConcurrency is 0.
#define INLINE_CONCURRENCY 40

static struct json *iteration_details(struct run *run, const struct frame *map, uint64_t index)
{
    struct json *details = json_set_str(run->arena, json_object(run->arena), "name", map->state);
    return json_set_i64(run->arena, details, "index", (int64_t)index);
}

static enum err gather(struct run *run, struct frame *frame)
{
    struct json *results = json_array(run->arena), *result = NULL;
    for (uint64_t i = 0; i < frame->total; i++) {
        TRY(data_get(run->call, run->execution.id, frame->id, SLOT_RESULT, i, &result));
        json_push(run->arena, results, result);
    }
    TRY(run_input(run, frame));
    TRY(frame_clear(run->call, run->execution.id, frame->id));
    frame->input_moved = true; // cleared, too: written again if the frame goes on
    frame->wait = FRAME_READY;
    bool is_map = frame->asl->type == ASL_MAP;
    TRY(history_add_aside(run, frame, is_map ? "MapStateSucceeded" : "ParallelStateSucceeded", NULL,
                          NULL));
    return state_result(run, frame, results);
}

// --- beginning

static enum err begin_parallel(struct run *run, struct frame *frame, struct scope *scope)
{
    const struct asl_state *state = frame->asl;
    const struct json *parameters = json_get(state->json, "Parameters");
    struct json *input = NULL;
    enum err err = state_effective_input(run, frame, scope);
    input = (struct json *)scope->input;
    if (err == OK && parameters)
        err = template_fill(scope, parameters, &input);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    TRY(history_state(run, frame, "Started", NULL, NULL));
    frame->started_event = run->execution.events;
    frame->wait = FRAME_CHILDREN;
    frame->total = frame->started = state->branch_count;
    frame->done = 0;
    for (size_t i = 0; i < state->branch_count; i++)
        run_ready(run, run_add_frame(run, frame, i, asl_start(state->branches[i]), input));
    return OK;
}

static enum err item_input(struct run *run, struct frame *map, uint64_t index, struct json *item,
                           struct scope *scope, struct json **out)
{
    const struct json *state = map->asl->json;
    const struct json *selector = json_has(state, "ItemSelector") ? json_get(state, "ItemSelector")
                                                                  : json_get(state, "Parameters");
    struct iteration iteration = {index, item};
    *out = item;
    if (!selector)
        return OK;
    TRY(run_input(run, map));
    *scope = state_scope(run, map);
    TRY(state_context(run, map, &iteration, scope));
    TRY(state_effective_input(run, map, scope));
    return template_fill(scope, selector, out);
}

static enum err start_iteration(struct run *run, struct frame *map)
{
    struct json *item = NULL, *input = NULL, *details = NULL;
    struct scope scope = {0};
    uint64_t index = map->started++;
    TRY(data_get(run->call, run->execution.id, map->id, SLOT_ITEM, index, &item));
    enum err err = item_input(run, map, index, item, &scope, &input);
    if (err != OK) {
        map->started--; // so that a redrive starts it again
        return state_fails_by(run, map, &scope, err);
    }
    struct frame *child = run_add_frame(run, map, index, asl_start(map->asl->branches[0]), input);
    details = iteration_details(run, map, index);
    TRY(history_add(run, child, "MapIterationStarted", "mapIterationStartedEventDetails", details));
    run_ready(run, child);
    return OK;
}

static enum err map_concurrency(struct scope *scope, const struct json *state, uint64_t *out)
{
    int64_t limit = json_i64_or(state, "MaxConcurrency", 0);
    struct str path = json_str(state, "MaxConcurrencyPath");
    struct json *value = NULL;
    if (path.ptr)
        TRY(expression_value(scope, S("MaxConcurrencyPath"), path, &value));
    if (path.ptr && (!json_as_i64(value, &limit) || limit < 0))
        return scope_fail(scope, STATES_RUNTIME,
                          "MaxConcurrencyPath must reference a non-negative integer: %.*s",
                          STR_ARG(json_text(scope->arena, value)));
    *out = limit == 0 || limit > INLINE_CONCURRENCY ? INLINE_CONCURRENCY : (uint64_t)limit;
    return OK;
}

static enum err map_items(struct scope *scope, const struct json *state, struct json **out)
{
    struct str path = json_str_or(state, "ItemsPath", S("$"));
    TRY(expression_value(scope, S("ItemsPath"), path, out));
    if (!json_is(*out, JSON_ARRAY))
        return scope_fail(scope, STATES_RUNTIME, "Reference path \"%.*s\" must point to array.",
                          STR_ARG(path));
    return OK;
}

static enum err begin_map(struct run *run, struct frame *frame, struct scope *scope)
{
    const struct json *state = frame->asl->json;
    struct json *items = NULL, *details = json_object(run->arena);
    enum err err = state_effective_input(run, frame, scope);
    if (err == OK)
        err = map_items(scope, state, &items);
    if (err == OK)
        err = map_concurrency(scope, state, &frame->concurrency);
    if (err != OK)
        return state_fails_by(run, frame, scope, err);
    json_set_i64(run->arena, details, "length", (int64_t)items->count);
    TRY(history_state(run, frame, "Started", "mapStateStartedEventDetails", details));
    frame->started_event = run->execution.events;
    frame->wait = FRAME_CHILDREN;
    frame->total = items->count;
    frame->started = frame->done = 0;
    for (size_t i = 0; i < items->count; i++)
        TRY(data_put(run->call, run->execution.id, frame->id, SLOT_ITEM, i, items->items[i]));
    if (items->count == 0)
        return gather(run, frame);
    while (frame->wait == FRAME_CHILDREN && frame->started < frame->total &&
           frame->started < frame->concurrency)
        TRY(start_iteration(run, frame)); // a selector that fails ends the waiting
    return OK;
}

enum err branches_begin(struct run *run, struct frame *frame)
{
    struct scope scope = state_scope(run, frame);
    TRY(state_context(run, frame, NULL, &scope));
    frame->attempt++;
    return frame->asl->type == ASL_MAP ? begin_map(run, frame, &scope)
                                       : begin_parallel(run, frame, &scope);
}

// --- ending

enum err branch_ends(struct run *run, struct frame *child, struct json *output)
{
    struct frame *parent = NULL;
    struct str none = STR_NONE;
    if (child->parent == 0)
        return execution_ends(run, child, EXECUTION_SUCCEEDED, none, none, output);
    TRY(run_frame(run, child->parent, &parent));
    bool is_map = parent->asl->type == ASL_MAP;
    if (is_map)
        TRY(history_add(run, child, "MapIterationSucceeded", "mapIterationSucceededEventDetails",
                        iteration_details(run, parent, child->index)));
    TRY(data_put(run->call, run->execution.id, parent->id, SLOT_RESULT, child->index, output));
    parent->last_event = child->last_event;
    parent->done++;
    TRY(run_drop_frame(run, child));
    if (parent->done == parent->total)
        return gather(run, parent);
    return is_map && parent->started < parent->total ? start_iteration(run, parent) : OK;
}

// --- descendants

static bool is_below(const struct frame_list *all, const struct frame *frame, uint64_t ancestor)
{
    while (frame->parent && frame->parent != ancestor) {
        const struct frame *parent = NULL;
        for (size_t i = 0; i < all->count && !parent; i++)
            if (all->items[i]->id == frame->parent)
                parent = all->items[i];
        if (!parent)
            return false;
        frame = parent;
    }
    return frame->parent == ancestor;
}

// Those on disk and those made in this run, each once.
static enum err all_frames(struct run *run, struct frame_list *out)
{
    struct frame_list stored = {0};
    TRY(frame_list(run->call, run->execution.id, &stored));
    for (size_t i = 0; i < stored.count; i++) {
        struct frame *frame = NULL;
        enum err err = run_frame(run, stored.items[i]->id, &frame);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
    }
    for (size_t i = 0; i < run->frames.count; i++)
        if (!run->frames.items[i]->deleted)
            *ARENA_PUSH(run->arena, out->items, out->count, out->capacity) = run->frames.items[i];
    return OK;
}

enum err branches_list(struct run *run, const struct frame *frame, const struct frame *except,
                       struct frame_list *out)
{
    struct frame_list all = {0};
    uint64_t ancestor = frame ? frame->id : 0;
    TRY(all_frames(run, &all));
    for (size_t i = 0; i < all.count; i++) {
        struct frame *candidate = all.items[i];
        bool wanted = !frame || is_below(&all, candidate, ancestor);
        if (except && (candidate == except || is_below(&all, candidate, except->id)))
            wanted = false;
        if (wanted)
            *ARENA_PUSH(run->arena, out->items, out->count, out->capacity) = candidate;
    }
    return OK;
}
