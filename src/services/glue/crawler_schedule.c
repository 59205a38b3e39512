// SPDX-License-Identifier: Apache-2.0
// Crawlers' schedules: a named task that starts the crawler and adds its own next firing.
#include "services/glue/crawler.h"

#include "base/schedule.h"

static const struct error_code SCHEDULE_RUNNING = {"SchedulerRunningException", 400, NULL};
static const struct error_code SCHEDULE_NOT_RUNNING = {"SchedulerNotRunningException", 400, NULL};
static const struct error_code NO_SCHEDULE = {"NoScheduleException", 400, NULL};

static struct str task_name(struct call *call, struct str crawler)
{
    return str_format(call->arena, "glue/crawler/%.*s/%.*s", STR_ARG(call->region),
                      STR_ARG(crawler));
}

static enum err next_firing(struct call *call, struct str crawler, struct str expression)
{
    struct schedule schedule;
    struct error error = {0};
    struct task task = {
        .name = task_name(call, crawler), .service = S("glue"), .op = S("CrawlOnSchedule")};
    if (!str_starts(expression, S("cron(")) ||
        schedule_parse(expression, SCHEDULE_NO_AT, &schedule, &error) != OK)
        FAIL(call, GLUE_INVALID, "Schedule %.*s is not a valid cron expression: %s",
             STR_ARG(expression), error.text);
    if (!schedule_next(&schedule, NULL, call->now_ms, call->now_ms, &task.due_ms))
        return OK; // it lies in the past altogether
    task.input = json_set_str(call->arena, json_object(call->arena), "Name", crawler);
    return call_later(call, &task);
}

enum err crawler_schedule(struct call *call, struct json *row, struct str expression)
{
    struct str name = json_str(row, "Name");
    TRY(call_cancel(call, task_name(call, name)));
    json_remove(row, S("Schedule"));
    if (!expression.len)
        return OK;
    struct json *schedule = json_object(call->arena);
    json_set_str(call->arena, schedule, "ScheduleExpression", expression);
    json_set_str(call->arena, schedule, "State", S("SCHEDULED"));
    json_set(call->arena, row, "Schedule", schedule);
    return next_firing(call, name, expression);
}

enum err glue_crawl_on_schedule(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row;
    TRY(call_finish_task(call));
    enum err err = crawler_lock(call, json_str(in, "Name"), &row);
    if (err != OK)
        return err == ERR_CODED ? OK : err; // deleted meanwhile
    const struct json *schedule = json_get(row, "Schedule");
    if (!str_is(json_str(schedule, "State"), "SCHEDULED"))
        return OK;
    TRY(next_firing(call, json_str(row, "Name"), json_str(schedule, "ScheduleExpression")));
    return str_is(json_str(row, "State"), "READY") ? crawl_begin(call, row) : OK;
}

static enum err find_schedule(struct call *call, const struct json *in, struct json **out_row,
                              struct json **out_schedule)
{
    TRY(crawler_lock(call, json_str(in, "CrawlerName"), out_row));
    if (!json_has(*out_row, "Schedule"))
        FAIL(call, NO_SCHEDULE, "Crawler with name %.*s has no schedule",
             STR_ARG(json_str(in, "CrawlerName")));
    *out_schedule = json_get(*out_row, "Schedule");
    return OK;
}

enum err glue_start_crawler_schedule(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row, *schedule;
    TRY(find_schedule(call, in, &row, &schedule));
    if (str_is(json_str(schedule, "State"), "SCHEDULED"))
        FAIL(call, SCHEDULE_RUNNING, "The schedule of the crawler is running already");
    TRY(crawler_schedule(call, row, json_str(schedule, "ScheduleExpression")));
    return crawler_put(call, row);
}

enum err glue_stop_crawler_schedule(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row, *schedule;
    TRY(find_schedule(call, in, &row, &schedule));
    if (!str_is(json_str(schedule, "State"), "SCHEDULED"))
        FAIL(call, SCHEDULE_NOT_RUNNING, "The schedule of the crawler is not running");
    TRY(call_cancel(call, task_name(call, json_str(row, "Name"))));
    json_set_str(call->arena, schedule, "State", S("NOT_SCHEDULED"));
    return crawler_put(call, row);
}

enum err glue_update_crawler_schedule(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row;
    TRY(crawler_lock(call, json_str(in, "CrawlerName"), &row));
    TRY(crawler_schedule(call, row, json_str(in, "Schedule")));
    return crawler_put(call, row);
}
