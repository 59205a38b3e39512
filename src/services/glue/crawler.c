// SPDX-License-Identifier: Apache-2.0
// Crawlers as rows: create, change, list, delete, start and stop. Specified by "Crawler API" in the
// AWS Glue guide.
#include "services/glue/crawler.h"

#include "base/pattern.h"
#include "lake/worker.h"

#include <string.h>

const struct error_code GLUE_CRAWLER_RUNNING = {"CrawlerRunningException", 400, NULL};
static const struct error_code NOT_RUNNING = {"CrawlerNotRunningException", 400, NULL};
static const struct error_code STOPPING = {"CrawlerStoppingException", 400, NULL};

static const char *const INPUT_MEMBERS[] = {"Role",          "DatabaseName",  "Description",
                                            "Targets",       "TablePrefix",   "SchemaChangePolicy",
                                            "RecrawlPolicy", "Configuration", NULL};

struct key *crawler_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_GLUE_CRAWLER), call->region), name);
}

static enum err refuse_missing(struct call *call, struct str name)
{
    FAIL(call, GLUE_NOT_FOUND, "Crawler with name %.*s does not exist", STR_ARG(name));
}

enum err crawler_lock(struct call *call, struct str name, struct json **out_row)
{
    struct key key;
    enum err err = tx_lock_json(call->tx, crawler_key(call, &key, name), call->arena, out_row);
    return err == ERR_NOT_FOUND ? refuse_missing(call, name) : err;
}

enum err crawler_put(struct call *call, const struct json *row)
{
    struct key key;
    return tx_put_json(call->tx, crawler_key(call, &key, json_str(row, "Name")), row);
}

struct str crawl_cancel_key(struct call *call, struct str crawler)
{
    return str_format(call->arena, "glue/crawler/%.*s/%.*s", STR_ARG(call->region),
                      STR_ARG(crawler));
}

static struct json *shown(struct call *call, const struct json *row)
{
    struct json *json = json_copy_shallow(call->arena, row);
    int64_t start_ms = json_i64_or(json_get(row, "_crawl"), "start_ms", 0);
    bool running = !str_is(json_str(row, "State"), "READY");
    json_set_i64(call->arena, json, "CrawlElapsedTime", running ? call->now_ms - start_ms : 0);
    json_remove(json, S("_crawl"));
    json_remove(json, S("_stats"));
    return json;
}

// --- checking

struct str crawler_configuration_error(struct arena *arena, struct str text,
                                       struct crawl_grouping *out_grouping, bool *out_merge_columns)
{
    struct json *configuration;
    struct error error = {0};
    *out_grouping = (struct crawl_grouping){0};
    *out_merge_columns = false;
    if (!text.len)
        return STR_NONE;
    if (json_parse(arena, text, &configuration, &error) != OK)
        return str_format(arena, "Configuration is not JSON: %s", error.text);
    double version = 0;
    if (!json_as_double(json_get(configuration, "Version"), &version) || version < 1 ||
        version >= 2)
        return S("Configuration: Version must be 1.0");
    JSON_EACH_MEMBER (m, configuration)
        if (!str_is(m->name, "Version") && !str_is(m->name, "Grouping") &&
            !str_is(m->name, "CrawlerOutput") && !str_is(m->name, "CreatePartitionIndex"))
            return str_format(arena, "Configuration: %.*s is not supported by this server",
                              STR_ARG(m->name));
    const struct json *grouping = json_get(configuration, "Grouping"),
                      *output = json_get(configuration, "CrawlerOutput");
    struct str policy = json_str(grouping, "TableGroupingPolicy"),
               tables = json_str(json_get(output, "Tables"), "AddOrUpdateBehavior"),
               partitions = json_str(json_get(output, "Partitions"), "AddOrUpdateBehavior");
    if (policy.len && !str_is(policy, "CombineCompatibleSchemas"))
        return S("Configuration: TableGroupingPolicy must be CombineCompatibleSchemas");
    if (tables.len && !str_is(tables, "MergeNewColumns"))
        return S("Configuration: Tables.AddOrUpdateBehavior must be MergeNewColumns");
    if (partitions.len && !str_is(partitions, "InheritFromTable"))
        return S("Configuration: Partitions.AddOrUpdateBehavior must be InheritFromTable");
    int64_t level = json_i64_or(grouping, "TableLevelConfiguration", 0);
    if (json_has(grouping, "TableLevelConfiguration") && level < 1)
        return S("Configuration: TableLevelConfiguration must be a positive whole number");
    out_grouping->combine = policy.len > 0;
    out_grouping->table_level = level;
    *out_merge_columns = tables.len > 0;
    return STR_NONE;
}

static enum err check_targets(struct call *call, const struct json *targets)
{
    struct str bucket, key;
    JSON_EACH_MEMBER (m, targets)
        if (!str_is(m->name, "S3Targets") && json_count(m->value))
            FAIL(call, GLUE_NOT_IMPLEMENTED, "Crawler targets of the kind %.*s are not implemented",
                 STR_ARG(m->name));
    if (!json_count(json_get(targets, "S3Targets")))
        FAIL(call, GLUE_INVALID, "Targets: at least one S3 target is needed.");
    JSON_EACH (target, json_get(targets, "S3Targets")) {
        if (!glue_s3_path(json_str(target, "Path"), &bucket, &key))
            FAIL(call, GLUE_INVALID, "Path %.*s is not of the form s3://bucket/prefix",
                 STR_ARG(json_str(target, "Path")));
        static const char *const REFUSED[] = {"ConnectionName", "EventQueueArn", "DlqEventQueueArn",
                                              "SampleSize"};
        for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++)
            if (json_has(target, REFUSED[i]))
                FAIL(call, GLUE_NOT_IMPLEMENTED, "S3Targets.%s is not implemented", REFUSED[i]);
        JSON_EACH (glob, json_get(target, "Exclusions"))
            if (!glob_is_valid(json_as_str(glob)))
                FAIL(call, GLUE_INVALID, "Exclusion %.*s is not a valid pattern.",
                     STR_ARG(json_as_str(glob)));
    }
    return OK;
}

static enum err check(struct call *call, const struct json *in)
{
    struct crawl_grouping grouping;
    bool merge_columns;
    if (json_has(in, "Targets"))
        TRY(check_targets(call, json_get(in, "Targets")));
    if (json_count(json_get(in, "Classifiers")))
        FAIL(call, GLUE_NOT_IMPLEMENTED, "Classifiers are not implemented");
    struct str bad = crawler_configuration_error(call->arena, json_str(in, "Configuration"),
                                                 &grouping, &merge_columns);
    if (bad.len)
        FAIL(call, GLUE_INVALID, "%.*s", STR_ARG(bad));
    struct str recrawl = json_str(json_get(in, "RecrawlPolicy"), "RecrawlBehavior");
    if (str_is(recrawl, "CRAWL_EVENT_MODE"))
        FAIL(call, GLUE_NOT_IMPLEMENTED, "RecrawlPolicy CRAWL_EVENT_MODE is not implemented");
    return OK;
}

// --- create, change, delete

enum err glue_create_crawler(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct arena *arena = call->arena;
    struct str name = json_str(in, "Name"), text;
    struct key key;
    TRY(check(call, in));
    if (!json_str(in, "DatabaseName").len)
        FAIL(call, GLUE_INVALID, "DatabaseName must be given for S3 targets.");
    enum err err = tx_lock(call->tx, crawler_key(call, &key, name), arena, &text);
    if (err == OK)
        FAIL(call, GLUE_EXISTS, "Crawler with name %.*s already exists", STR_ARG(name));
    if (err != ERR_NOT_FOUND)
        return err;
    struct json *row = json_set_str(arena, json_object(arena), "Name", name);
    json_set(arena, row, "Classifiers", json_array(arena));
    struct json *policy = json_object(arena), *recrawl = json_object(arena),
                *lineage = json_object(arena);
    json_set_str(arena, policy, "UpdateBehavior", S("UPDATE_IN_DATABASE"));
    json_set_str(arena, policy, "DeleteBehavior", S("DEPRECATE_IN_DATABASE"));
    json_set(arena, row, "SchemaChangePolicy", policy);
    json_set_str(arena, recrawl, "RecrawlBehavior", S("CRAWL_EVERYTHING"));
    json_set(arena, row, "RecrawlPolicy", recrawl);
    json_set_str(arena, lineage, "CrawlerLineageSettings", S("DISABLE"));
    json_set(arena, row, "LineageConfiguration", lineage);
    glue_copy(call, row, in, INPUT_MEMBERS);
    json_set_str(arena, row, "State", S("READY"));
    json_set(arena, row, "CreationTime", time_json(arena, call->now_ms));
    json_set(arena, row, "LastUpdated", time_json(arena, call->now_ms));
    json_set_i64(arena, row, "Version", 1);
    if (json_str(in, "Schedule").len)
        TRY(crawler_schedule(call, row, json_str(in, "Schedule")));
    TRY(tx_put_json(call->tx, &key, row));
    return glue_tags_set(call, str_format(arena, "crawler/%.*s", STR_ARG(name)),
                         json_get(in, "Tags"));
}

enum err glue_update_crawler(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row;
    TRY(crawler_lock(call, json_str(in, "Name"), &row));
    if (!str_is(json_str(row, "State"), "READY"))
        FAIL(call, GLUE_CRAWLER_RUNNING, "Crawler with name %.*s is running",
             STR_ARG(json_str(in, "Name")));
    TRY(check(call, in));
    glue_copy(call, row, in, INPUT_MEMBERS);
    json_set(call->arena, row, "LastUpdated", time_json(call->arena, call->now_ms));
    json_set_i64(call->arena, row, "Version", json_i64_or(row, "Version", 1) + 1);
    if (json_has(in, "Schedule"))
        TRY(crawler_schedule(call, row, json_str(in, "Schedule")));
    return crawler_put(call, row);
}

enum err glue_delete_crawler(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    static const enum keyspace BELOW[] = {KEYSPACE_GLUE_CRAWL, KEYSPACE_GLUE_CRAWLED,
                                          KEYSPACE_GLUE_CRAWL_SCHEMA};
    struct str name = json_str(in, "Name");
    struct json *row;
    struct key key;
    TRY(crawler_lock(call, name, &row));
    if (!str_is(json_str(row, "State"), "READY"))
        FAIL(call, GLUE_CRAWLER_RUNNING, "Crawler with name %.*s is running", STR_ARG(name));
    TRY(crawler_schedule(call, row, S("")));
    for (size_t i = 0; i < sizeof BELOW / sizeof *BELOW; i++)
        TRY(glue_delete_prefix(call,
                               key_str(key_str(key_start(&key, BELOW[i]), call->region), name)));
    TRY(glue_tags_drop(call, str_format(call->arena, "crawler/%.*s", STR_ARG(name))));
    return tx_delete(call->tx, crawler_key(call, &key, name));
}

// --- reading

static enum err read_crawler(struct call *call, struct str name, struct json **out_row)
{
    struct key key;
    enum err err = tx_get_json(call->tx, crawler_key(call, &key, name), call->arena, out_row);
    return err == ERR_NOT_FOUND ? refuse_missing(call, name) : err;
}

enum err glue_get_crawler(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(read_crawler(call, json_str(in, "Name"), &row));
    *out = json_set(call->arena, json_object(call->arena), "Crawler", shown(call, row));
    return OK;
}

static enum err begin_list(struct call *call, const struct json *in, struct glue_list *list)
{
    struct key prefix;
    key_str(key_start(&prefix, KEYSPACE_GLUE_CRAWLER), call->region);
    return glue_list_begin(call, in, &prefix, 100, list);
}

enum err glue_get_crawlers(struct call *call, const struct json *in, struct json **out)
{
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(begin_list(call, in, &list));
    while ((err = glue_list_next(&list, &row)) == OK)
        if (!glue_list_push(&list, shown(call, row)))
            break;
    return glue_list_end(&list, err, "Crawlers", out);
}

enum err glue_list_crawlers(struct call *call, const struct json *in, struct json **out)
{
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(begin_list(call, in, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        struct str resource =
            str_format(call->arena, "crawler/%.*s", STR_ARG(json_str(row, "Name")));
        if (glue_tags_match(call, resource, json_get(in, "Tags")) &&
            !glue_list_push(&list, json_get(row, "Name")))
            break;
    }
    return glue_list_end(&list, err, "CrawlerNames", out);
}

enum err glue_batch_get_crawlers(struct call *call, const struct json *in, struct json **out)
{
    struct json *found = json_array(call->arena), *missing = json_array(call->arena), *row;
    JSON_EACH (name, json_get(in, "CrawlerNames")) {
        enum err err = read_crawler(call, json_as_str(name), &row);
        if (err != OK && err != ERR_CODED)
            return err;
        json_push(call->arena, err == OK ? found : missing, err == OK ? shown(call, row) : name);
    }
    *out = json_set(call->arena, json_object(call->arena), "Crawlers", found);
    json_set(call->arena, *out, "CrawlersNotFound", missing);
    return OK;
}

static struct json *metrics_of(struct call *call, const struct json *row)
{
    static const char *const COUNTS[] = {"TablesCreated", "TablesUpdated", "TablesDeleted", NULL};
    struct arena *arena = call->arena;
    const struct json *stats = json_get(row, "_stats");
    struct json *metrics = json_object(arena);
    double seconds = (double)json_i64_or(stats, "took_ms", 0) / 1000;
    json_set_str(arena, metrics, "CrawlerName", json_str(row, "Name"));
    json_set_i64(arena, metrics, "TimeLeftSeconds", 0);
    json_set_bool(arena, metrics, "StillEstimating", !str_is(json_str(row, "State"), "READY"));
    json_set(arena, metrics, "LastRuntimeSeconds", json_double(arena, seconds));
    json_set(arena, metrics, "MedianRuntimeSeconds", json_double(arena, seconds));
    for (size_t i = 0; COUNTS[i]; i++)
        json_set_i64(arena, metrics, COUNTS[i], json_i64_or(stats, COUNTS[i], 0));
    return metrics;
}

enum err glue_get_crawler_metrics(struct call *call, const struct json *in, struct json **out)
{
    const struct json *names = json_get(in, "CrawlerNameList");
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(begin_list(call, in, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        bool wanted = !json_count(names);
        JSON_EACH (name, names)
            wanted |= str_eq(json_as_str(name), json_str(row, "Name"));
        if (wanted && !glue_list_push(&list, metrics_of(call, row)))
            break;
    }
    return glue_list_end(&list, err, "CrawlerMetricsList", out);
}

enum err glue_list_crawls(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "CrawlerName");
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(read_crawler(call, name, &row));
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_CRAWL), call->region), name);
    TRY(glue_list_begin(call, in, &prefix, 20, &list));
    while ((err = glue_list_next(&list, &row)) == OK)
        if (!glue_list_push(&list, row))
            break;
    return glue_list_end(&list, err, "Crawls", out);
}

// --- start and stop

enum err glue_start_crawler(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row;
    TRY(crawler_lock(call, json_str(in, "Name"), &row));
    if (!str_is(json_str(row, "State"), "READY"))
        FAIL(call, GLUE_CRAWLER_RUNNING, "Crawler with name %.*s has already started",
             STR_ARG(json_str(in, "Name")));
    return crawl_begin(call, row);
}

struct stop {
    struct lake *lake;
    char key[512];
};
static void stop_worker(void *context)
{
    struct stop *stop = context;
    worker_cancel(stop->lake, str_of(stop->key));
}

enum err glue_stop_crawler(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct str name = json_str(in, "Name");
    struct json *row;
    TRY(crawler_lock(call, name, &row));
    if (str_is(json_str(row, "State"), "STOPPING"))
        FAIL(call, STOPPING, "Crawler with name %.*s is already stopping", STR_ARG(name));
    if (!str_is(json_str(row, "State"), "RUNNING"))
        FAIL(call, NOT_RUNNING, "Crawler with name %.*s isn't running", STR_ARG(name));
    json_set_str(call->arena, row, "State", S("STOPPING"));
    struct stop stop = {.lake = call->lake};
    struct str key = crawl_cancel_key(call, name);
    memcpy(stop.key, key.ptr, key.len < sizeof stop.key ? key.len : sizeof stop.key - 1);
    tx_after_commit(call->tx, stop_worker, &stop, sizeof stop);
    return crawler_put(call, row);
}
