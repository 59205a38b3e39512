// SPDX-License-Identifier: Apache-2.0
// update-status (steps 4 and 10): one item of the job-status table for each execution of a
// workflow.
//
// The event is the item: {"job_id", "workflow", "status", "started_at", "files", "records",
// "quarantined", "error", ...}. What an update does not name stays; a job that has ended gets its
// finished_at.
#include "function.h"

#include <time.h>

static struct str now_text(struct arena *arena)
{
    struct timespec now;
    struct tm utc;
    char text[32];
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    return str_format(arena, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

// A JSON value as an attribute value: what is neither text nor number is kept as its JSON text.
static struct json *attribute(struct arena *arena, const struct json *value)
{
    struct json *attribute = json_object(arena);
    if (value->type == JSON_NUMBER)
        return json_set_str(arena, attribute, "N", value->text);
    if (value->type == JSON_STRING)
        return json_set_str(arena, attribute, "S", value->text);
    return json_set_str(arena, attribute, "S", json_text(arena, value));
}

struct update {
    struct arena *arena;
    struct buf expression;
    struct json *names, *values;
    int count;
};

static void set(struct update *update, struct str name, const struct json *value)
{
    int n = update->count++;
    buf_printf(&update->expression, "%s#n%d = :v%d", n ? ", " : "SET ", n, n);
    json_set_named(update->arena, update->names, str_format(update->arena, "#n%d", n),
                   json_string(update->arena, name));
    json_set_named(update->arena, update->values, str_format(update->arena, ":v%d", n),
                   attribute(update->arena, value));
}

static int handle(struct tarn_event *event, struct arena *arena)
{
    const char *table = setting(event, "STATUS_TABLE");
    struct json *payload = event_json(event, arena), *input = json_object(arena),
                *key = json_object(arena);
    struct str job_id = json_str(payload, "job_id"), status = json_str(payload, "status");
    if (!table || !payload)
        return -1;
    if (!job_id.len || !status.len)
        return tarn_fail(event, "Event.Malformed", "job_id and status are required");

    struct update update = {arena, buf_in(arena, 8192), json_object(arena), json_object(arena), 0};
    struct json *now = json_string(arena, now_text(arena));
    JSON_EACH_MEMBER(m, payload)
    if (!str_is(m->name, "job_id"))
        set(&update, m->name, m->value);
    set(&update, S("updated_at"), now);
    if (!str_is(status, "RUNNING"))
        set(&update, S("finished_at"), now);

    json_set_str(arena, input, "TableName", str_of(table));
    json_set(arena, input, "Key",
             json_set(arena, key, "job_id", json_set_str(arena, json_object(arena), "S", job_id)));
    json_set_str(arena, input, "UpdateExpression", buf_str(&update.expression));
    json_set(arena, input, "ExpressionAttributeNames", update.names);
    json_set(arena, input, "ExpressionAttributeValues", update.values);
    struct tarn_reply reply;
    struct str text = json_text(arena, input);
    if (tarn_dynamodb_update_item(event, text.ptr, text.len, &reply) != 0)
        return tarn_fail_reply(event, &reply);
    return tarn_respondf(event, "{}");
}

int main(void)
{
    return function_serve(handle);
}
