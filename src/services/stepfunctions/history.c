// SPDX-License-Identifier: Apache-2.0
// Execution history: events as GetExecutionHistory returns them, one row each. Express executions
// count events (messages name them) but keep none, as on AWS.
#include "services/stepfunctions/logging.h"
#include "services/stepfunctions/run.h"

#include "base/timefmt.h"

// Room that a step, with all it may add before it is asked again, does not exhaust.
#define HISTORY_EVENTS_RESERVE 60

bool history_is_full(const struct run *run)
{
    return run->execution.events + HISTORY_EVENTS_RESERVE > HISTORY_EVENTS_MAX;
}

struct json *history_data(struct run *run, const char *name, struct str text)
{
    struct arena *arena = run->arena;
    struct json *details = json_object(arena), *about = json_object(arena);
    json_set_bool(arena, about, "truncated", false);
    json_set_str(arena, details, name, text);
    return json_set(arena, details, name[0] == 'i' ? "inputDetails" : "outputDetails", about);
}

static enum err add(struct run *run, uint64_t previous, const char *type, const char *details_name,
                    struct json *details)
{
    struct arena *arena = run->arena;
    struct key key;
    uint64_t id = ++run->execution.events;
    if (id > HISTORY_EVENTS_MAX || (run->execution.express && !run->execution.logging))
        return OK;
    struct json *event = json_object(arena);
    json_set(arena, event, "timestamp", time_json(arena, run->call->now_ms));
    json_set_str(arena, event, "type", str_of(type));
    json_set_i64(arena, event, "id", (int64_t)id);
    json_set_i64(arena, event, "previousEventId", (int64_t)previous);
    if (details_name)
        json_set(arena, event, details_name, details);
    logging_add(run, event, details_name);
    if (run->execution.express)
        return OK;
    return tx_put_json(run->call->tx, key_u64(history_key(&key, run->execution.id), id), event);
}

enum err history_add(struct run *run, struct frame *frame, const char *type,
                     const char *details_name, struct json *details)
{
    TRY(add(run, frame ? frame->last_event : run->execution.events, type, details_name, details));
    if (frame)
        frame->last_event = run->execution.events;
    return OK;
}

enum err history_add_aside(struct run *run, struct frame *frame, const char *type,
                           const char *details_name, struct json *details)
{
    return add(run, frame->last_event, type, details_name, details);
}

enum err history_state(struct run *run, struct frame *frame, const char *what,
                       const char *details_name, struct json *details)
{
    struct str type = str_format(run->arena, "%sState%s", asl_type_name(frame->asl->type), what);
    return history_add(run, frame, str_cstr(run->arena, type), details_name, details);
}
