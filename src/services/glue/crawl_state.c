// SPDX-License-Identifier: Apache-2.0
// A crawl's beginning and end: the crawler's state, the history, the events that AWS raises
// ("Glue Crawler State Change").
#include "services/glue/crawler.h"

#include "lake/lake.h"

static struct key *crawl_key(struct call *call, struct key *key, struct str crawler,
                             int64_t start_ms, struct str id)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_CRAWL), call->region), crawler);
    return key_str(key_u64(key, ~(uint64_t)start_ms), id);
}

static enum err put_history(struct call *call, struct str crawler, int64_t start_ms, struct str id,
                            const char *state, struct str error)
{
    struct arena *arena = call->arena;
    struct key key;
    struct json *row = json_set_str(arena, json_object(arena), "CrawlId", id);
    bool running = str_is(str_of(state), "RUNNING");
    json_set_str(arena, row, "State", str_of(state));
    json_set(arena, row, "StartTime", time_json(arena, start_ms));
    if (!running)
        json_set(arena, row, "EndTime", time_json(arena, call->now_ms));
    if (error.len)
        json_set_str(arena, row, "ErrorMessage", error);
    json_set_str(arena, row, "LogGroup", S("/aws-glue/crawlers"));
    json_set_str(arena, row, "LogStream", crawler);
    json_set_str(arena, row, "MessagePrefix", id);
    json_set_i64(arena, row, "DPUHour", 0);
    return tx_put_json(call->tx, crawl_key(call, &key, crawler, start_ms, id), row);
}

static struct json *event_detail(struct call *call, struct str crawler, const char *state,
                                 const char *message)
{
    struct json *detail = json_object(call->arena);
    json_set_str(call->arena, detail, "accountId", call->account);
    json_set_str(call->arena, detail, "crawlerName", crawler);
    json_set_str(call->arena, detail, "state", str_of(state));
    return json_set_str(call->arena, detail, "message", str_of(message));
}

enum err crawl_begin(struct call *call, struct json *row)
{
    struct arena *arena = call->arena;
    struct str name = json_str(row, "Name"), id = call_uuid(call);
    struct json *crawl = json_set_str(arena, json_object(arena), "id", id);
    json_set_i64(arena, crawl, "start_ms", call->now_ms);
    json_set_str(arena, row, "State", S("RUNNING"));
    json_set(arena, row, "_crawl", crawl);
    TRY(crawler_put(call, row));
    TRY(put_history(call, name, call->now_ms, id, "RUNNING", S("")));
    struct json *detail = event_detail(call, name, "Started", "Crawler Started");
    json_set_str(arena, detail, "startDate", time_iso(arena, call->now_ms));
    TRY(glue_emit(call, "Glue Crawler State Change", detail));
    // For ever: a crawl ends by its own transaction only.
    struct task task = {.service = S("glue"), .op = S("RunCrawl"), .backoff_ms = 1000};
    task.input = json_set_str(arena, json_object(arena), "Name", name);
    json_set_str(arena, task.input, "CrawlId", id);
    return call_later(call, &task);
}

static void set_counts(struct call *call, struct json *detail, const struct crawl_counts *counts)
{
    const struct {
        const char *name;
        int64_t value;
    } COUNTS[] = {
        {"tablesCreated", counts->tables_created},
        {"tablesUpdated", counts->tables_updated},
        {"tablesDeleted", counts->tables_deleted},
        {"partitionsCreated", counts->partitions_created},
        {"partitionsUpdated", counts->partitions_updated},
        {"partitionsDeleted", counts->partitions_deleted},
    };
    for (size_t i = 0; i < sizeof COUNTS / sizeof *COUNTS; i++)
        json_set_str(call->arena, detail, COUNTS[i].name,
                     str_format(call->arena, "%lld", (long long)COUNTS[i].value));
}

static enum err emit_end(struct call *call, struct str name, enum crawl_end end, struct str error,
                         int64_t took_ms, const struct crawl_counts *counts)
{
    static const char *const STATES[] = {"Succeeded", "Failed", "Stopped"};
    static const char *const MESSAGES[] = {"Crawler Succeeded", "Crawler Failed",
                                           "Crawler Stopped"};
    struct json *detail = event_detail(call, name, STATES[end], MESSAGES[end]);
    json_set_str(call->arena, detail, "completionDate", time_iso(call->arena, call->now_ms));
    json_set_str(call->arena, detail, "runningTime (sec)",
                 str_format(call->arena, "%lld", (long long)(took_ms / 1000)));
    if (end == CRAWL_FAILED)
        json_set_str(call->arena, detail, "errorMessage", error);
    if (end == CRAWL_SUCCEEDED) {
        set_counts(call, detail, counts);
        json_set_str(call->arena, detail, "warningMessage",
                     counts->files_refused
                         ? str_format(call->arena, "%lld of %lld new objects could not be read",
                                      (long long)counts->files_refused,
                                      (long long)counts->files_read)
                         : S("N/A"));
    }
    return glue_emit(call, "Glue Crawler State Change", detail);
}

enum err crawl_finish(struct call *call, struct json *row, enum crawl_end end, struct str error,
                      const struct crawl_counts *counts)
{
    static const char *const STATUSES[] = {"SUCCEEDED", "FAILED", "CANCELLED"};
    static const char *const HISTORY[] = {"COMPLETED", "FAILED", "STOPPED"};
    struct arena *arena = call->arena;
    const struct json *crawl = json_get(row, "_crawl");
    struct str name = json_str(row, "Name"), id = json_str(crawl, "id");
    int64_t start_ms = json_i64_or(crawl, "start_ms", call->now_ms);
    struct json *last = json_set_str(arena, json_object(arena), "Status", str_of(STATUSES[end]));
    error = str_slice(error, 0, str_utf8_prefix(str_slice(error, 0, 2048)));
    if (error.len)
        json_set_str(arena, last, "ErrorMessage", error);
    json_set_str(arena, last, "LogGroup", S("/aws-glue/crawlers"));
    json_set_str(arena, last, "LogStream", name);
    json_set_str(arena, last, "MessagePrefix", id);
    json_set(arena, last, "StartTime", time_json(arena, start_ms));
    struct json *stats = json_object(arena);
    json_set_i64(arena, stats, "took_ms", call->now_ms - start_ms);
    json_set_i64(arena, stats, "TablesCreated", counts->tables_created);
    json_set_i64(arena, stats, "TablesUpdated", counts->tables_updated);
    json_set_i64(arena, stats, "TablesDeleted", counts->tables_deleted);
    json_set(arena, row, "LastCrawl", last);
    json_set(arena, row, "_stats", stats);
    json_set_str(arena, row, "State", S("READY"));
    TRY(crawler_put(call, row));
    TRY(put_history(call, name, start_ms, id, HISTORY[end], error));
    log_event(lake_log(call->lake), end == CRAWL_FAILED ? LOG_WARN : LOG_INFO, "glue",
              "crawler=%.*s %s in %lld ms, read %lld objects: tables +%lld ~%lld -%lld %.*s",
              STR_ARG(name), STATUSES[end], (long long)(call->now_ms - start_ms),
              (long long)counts->files_read, (long long)counts->tables_created,
              (long long)counts->tables_updated, (long long)counts->tables_deleted, STR_ARG(error));
    return emit_end(call, name, end, error, call->now_ms - start_ms, counts);
}
