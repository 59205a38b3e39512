// SPDX-License-Identifier: Apache-2.0
#include "services/stepfunctions/logging.h"

#include "base/timefmt.h"
#include "lake/lake.h"
#include "services/stepfunctions/ops.h"

// CloudWatch Logs takes no longer events: those lose their data.
#define MESSAGE_BYTES_MAX ((size_t)256 * 1024)

// "arn:aws:logs:REGION:ACCOUNT:log-group:NAME:*"
static struct str group_in(const struct json *configuration)
{
    struct arn arn;
    const struct json *destination = json_at(json_get(configuration, "destinations"), 0);
    struct str text = json_str(json_get(destination, "cloudWatchLogsLogGroup"), "logGroupArn");
    struct str prefix = S("log-group:"), end = S(":*");
    if (!arn_parse(text, &arn) || !str_is(arn.service, "logs") ||
        !str_starts(arn.resource, prefix) || !str_ends(arn.resource, end))
        return STR_NONE;
    return str_slice(arn.resource, prefix.len, arn.resource.len - end.len);
}

static bool is_off(const struct json *configuration)
{
    return str_is(json_str_or(configuration, "level", S("OFF")), "OFF");
}

enum err logging_check(struct call *call, const struct json *configuration)
{
    if (is_off(configuration))
        return OK;
    if (json_count(json_get(configuration, "destinations")) != 1)
        FAIL(call, STATES_INVALID_LOGGING,
             "Invalid Logging Configuration: Must specify exactly one Log Destination.");
    if (group_in(configuration).len == 0)
        FAIL(call, STATES_INVALID_LOGGING,
             "Invalid Logging Configuration: The Log Destination must be the ARN of a log group, "
             "ended by ':*'.");
    return OK;
}

struct json *logging_of(struct call *call, const struct json *configuration, struct str machine,
                        struct str execution)
{
    struct arena *arena = call->arena;
    struct json *kept = json_object(arena);
    struct civil now = civil_from_ms(call->now_ms);
    if (is_off(configuration))
        return NULL;
    json_set_str(arena, kept, "level", json_str(configuration, "level"));
    json_set_bool(arena, kept, "data", json_bool_or(configuration, "includeExecutionData", false));
    json_set_str(arena, kept, "group", group_in(configuration));
    json_set_str(arena, kept, "stream",
                 str_format(arena, "states/%.*s/%04d-%02d-%02d-%02d-%02d/%.*s", STR_ARG(machine),
                            now.year, now.month, now.day, now.hour, now.minute,
                            STR_ARG(execution)));
    return kept;
}

static bool is_logged(struct str level, struct str type)
{
    bool ends_badly = str_contains(type, S("Failed")) || str_contains(type, S("Aborted")) ||
                      str_contains(type, S("TimedOut"));
    if (str_is(level, "ALL"))
        return true;
    if (str_is(level, "ERROR"))
        return ends_badly || str_is(type, "FailStateEntered");
    return ends_badly && str_starts(type, S("Execution"));
}

static struct json *without_data(struct arena *arena, const struct json *details)
{
    struct json *copy = json_copy_shallow(arena, details);
    static const char *const data[] = {"input", "inputDetails", "output", "outputDetails",
                                       "parameters"};
    for (size_t i = 0; i < sizeof data / sizeof *data; i++)
        json_remove(copy, str_of(data[i]));
    return copy;
}

static struct str line_of(struct run *run, const struct json *event, const struct json *details)
{
    struct arena *arena = run->arena;
    struct json *line = json_object(arena);
    json_set_str(arena, line, "id", json_text(arena, json_get(event, "id")));
    json_set(arena, line, "type", json_get(event, "type"));
    json_set(arena, line, "details", details ? (struct json *)details : json_object(arena));
    json_set_str(arena, line, "previous_event_id",
                 json_text(arena, json_get(event, "previousEventId")));
    json_set_str(arena, line, "event_timestamp",
                 str_format(arena, "%lld", (long long)run->call->now_ms));
    json_set_str(arena, line, "execution_arn", run->execution.arn);
    json_set_str(arena, line, "redrive_count",
                 str_format(arena, "%llu", (unsigned long long)run->execution.redrives));
    return json_text(arena, line);
}

void logging_add(struct run *run, const struct json *event, const char *details_name)
{
    struct arena *arena = run->arena;
    const struct json *logging = run->execution.logging;
    const struct json *details = details_name ? json_get(event, details_name) : NULL;
    if (!logging || !is_logged(json_str(logging, "level"), json_str(event, "type")))
        return;
    if (details && !json_bool_or(logging, "data", false))
        details = without_data(arena, details);
    struct str message = line_of(run, event, details);
    if (message.len > MESSAGE_BYTES_MAX)
        message = line_of(run, event, without_data(arena, details));
    struct json *line = json_object(arena);
    json_set_i64(arena, line, "timestamp", run->call->now_ms);
    json_set_str(arena, line, "message", message);
    if (!run->log)
        run->log = json_array(arena);
    json_push(arena, run->log, line);
}

enum err logging_write(struct run *run)
{
    struct call *call = run->call;
    struct arena *arena = run->arena;
    const struct json *logging = run->execution.logging;
    const struct service *logs = lake_service(call->lake, S("logs"));
    if (!run->log || !logs || !service_op(logs, S("AppendLines")))
        return OK;
    struct json *stream = json_object(arena), *streams = json_array(arena);
    json_set_str(arena, stream, "Region", run->execution.region);
    json_set(arena, stream, "Group", json_get(logging, "group"));
    json_set(arena, stream, "Stream", json_get(logging, "stream"));
    json_set(arena, stream, "Lines", run->log);
    json_push(arena, streams, stream);
    struct json *input = json_set(arena, json_object(arena), "Streams", streams);
    run->log = NULL;
    return run_tell(run, &run->role, "logs", "AppendLines", input);
}
