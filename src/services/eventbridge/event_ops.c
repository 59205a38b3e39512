// SPDX-License-Identifier: Apache-2.0
// Events in: from clients (PutEvents), from Tarn's own services (EmitEvent, within their
// transactions), and to try a pattern.
#include "services/eventbridge/deliver.h"
#include "services/eventbridge/ops.h"

#include "base/timefmt.h"

#define ENTRIES_BYTES_MAX (256 * 1024)

// Under a new id.
static enum err publish(struct call *call, const struct bus *bus, const struct event_source *source,
                        struct str *out_id)
{
    struct json *event = event_new(call, source);
    if (out_id)
        *out_id = json_str(event, "id");
    return event_publish(call, bus, event);
}

enum err events_emit(struct call *call, const struct json *in, struct json **out)
{
    struct bus bus;
    struct event_source source = {
        .source = json_str(in, "Source"),
        .detail_type = json_str(in, "DetailType"),
        .resources = json_get(in, "Resources"),
        .detail = json_get(in, "Detail"),
        .time_ms = call->now_ms,
    };
    *out = NULL;
    (void)time_from_json(json_get(in, "Time"), &source.time_ms);
    TRY(bus_find(call, STR_NONE, &bus));
    return bus.version ? publish(call, &bus, &source, NULL) : OK;
}

// --- PutEvents

// Sizes as "Calculating Amazon EventBridge PutEvents event entry size" has them.
static size_t entry_bytes(const struct json *entry)
{
    size_t bytes = json_has(entry, "Time") ? 14 : 0;
    bytes += json_str(entry, "Source").len + json_str(entry, "DetailType").len +
             json_str(entry, "Detail").len;
    JSON_EACH(resource, json_get(entry, "Resources"))
    bytes += json_as_str(resource).len;
    return bytes;
}

struct refusal {
    const char *code;
    struct str message;
};

static struct refusal missing(struct call *call, const char *name)
{
    return (struct refusal){"InvalidArgument",
                            str_format(call->arena,
                                       "Parameter %s is not valid. Reason: %s is a required "
                                       "argument.",
                                       name, name)};
}

// A refusal without a code: the entry is fine.
static struct refusal check_entry(struct call *call, const struct json *entry,
                                  struct event_source *out)
{
    struct str detail = json_str(entry, "Detail");
    struct json *parsed = NULL;
    *out = (struct event_source){
        .source = json_str(entry, "Source"),
        .detail_type = json_str(entry, "DetailType"),
        .resources = json_get(entry, "Resources"),
        .time_ms = call->now_ms,
    };
    (void)time_from_json(json_get(entry, "Time"), &out->time_ms);
    if (!out->source.len)
        return missing(call, "Source");
    if (!out->detail_type.len)
        return missing(call, "DetailType");
    if (!detail.len)
        return missing(call, "Detail");
    if (out->detail_type.len > 128 || out->source.len > 256)
        return (struct refusal){"InvalidArgument",
                                S("Source holds at most 256 characters, DetailType 128.")};
    if (str_starts(out->source, S("aws.")))
        return (struct refusal){"NotAuthorizedForSourceException",
                                S("Not authorized for the source.")};
    if (json_parse(call->arena, detail, &parsed, NULL) != OK || !json_is(parsed, JSON_OBJECT))
        return (struct refusal){"MalformedDetail", S("Detail is malformed.")};
    out->detail = parsed;
    return (struct refusal){0};
}

static enum err put_entry(struct call *call, const struct json *entry, struct json *result,
                          bool *out_failed)
{
    struct event_source source;
    struct refusal refusal = check_entry(call, entry, &source);
    struct bus bus;
    struct str id;
    enum err err = refusal.code ? ERR_CODED : bus_find(call, json_str(entry, "EventBusName"), &bus);
    if (err == ERR_CODED && !refusal.code)
        refusal =
            (struct refusal){call->code->code, str_dup(call->arena, str_of(call->error.text))};
    *out_failed = err == ERR_CODED;
    if (err == ERR_CODED) {
        call->code = NULL;
        json_set_str(call->arena, result, "ErrorCode", str_of(refusal.code));
        json_set_str(call->arena, result, "ErrorMessage", refusal.message);
        return OK;
    }
    TRY(err);
    TRY(publish(call, &bus, &source, &id));
    json_set_str(call->arena, result, "EventId", id);
    return OK;
}

enum err events_put_events(struct call *call, const struct json *in, struct json **out)
{
    size_t bytes = 0;
    int64_t failed = 0;
    struct json *results = json_array(call->arena);
    JSON_EACH(entry, json_get(in, "Entries"))
    bytes += entry_bytes(entry);
    if (bytes > ENTRIES_BYTES_MAX)
        FAIL(call, EVENTS_VALIDATION,
             "Total size of the entries in the request is over the limit.");
    JSON_EACH(entry, json_get(in, "Entries"))
    {
        struct json *result = json_object(call->arena);
        bool this_failed;
        TRY(put_entry(call, entry, result, &this_failed));
        failed += this_failed;
        json_push(call->arena, results, result);
    }
    *out = json_set_i64(call->arena, json_object(call->arena), "FailedEntryCount", failed);
    json_set(call->arena, *out, "Entries", results);
    return OK;
}

// --- TestEventPattern

enum err events_test_pattern(struct call *call, const struct json *in, struct json **out)
{
    static const char *const REQUIRED[] = {"id",     "account",   "source",     "time",
                                           "region", "resources", "detail-type"};
    struct event_pattern *pattern;
    struct json *event;
    struct error error = {0};
    if (event_pattern_compile(call->arena, json_str(in, "EventPattern"), &pattern, &error) != OK)
        FAIL(call, EVENTS_INVALID_PATTERN, "Event pattern is not valid. Reason: %s", error.text);
    if (json_parse(call->arena, json_str(in, "Event"), &event, &error) != OK ||
        !json_is(event, JSON_OBJECT))
        FAIL(call, EVENTS_VALIDATION,
             "Parameter Event is not valid. Reason: it must be a JSON object. %s", error.text);
    for (size_t i = 0; i < sizeof REQUIRED / sizeof *REQUIRED; i++)
        if (!json_has(event, REQUIRED[i]))
            FAIL(call, EVENTS_VALIDATION,
                 "Parameter Event is not valid. Reason: it has no member \"%s\".", REQUIRED[i]);
    *out = json_set_bool(call->arena, json_object(call->arena), "Result",
                         event_pattern_match(pattern, event));
    return OK;
}
