// SPDX-License-Identifier: Apache-2.0
// Crawlers: rows, their schedules, and one crawl from start to end.
//
// A crawler's row is what GetCrawler shows and, in members that begin with "_", what only we need:
//   _crawl    id and start_ms of the running or last crawl
//   _stats    of the last crawl: tables created, updated, deleted, milliseconds it took
// State READY -> RUNNING (StartCrawler, a task RunCrawl) -> READY; StopCrawler makes it STOPPING.
//
// A crawl lists the targets, reads the objects that it does not remember (crawl.c), groups files
// into tables (crawl_group.h) and in one transaction changes the catalog (crawl_catalog.c), its
// memory, its history and its state.
#ifndef GLUE_CRAWLER_H
#define GLUE_CRAWLER_H

#include "services/glue/crawl_group.h"
#include "services/glue/glue.h"

extern const struct error_code GLUE_CRAWLER_RUNNING;

struct key *crawler_key(struct call *call, struct key *key, struct str name);
enum err crawler_lock(struct call *call, struct str name, struct json **out_row) MUST_CHECK;
enum err crawler_put(struct call *call, const struct json *row) MUST_CHECK;
struct str crawl_cancel_key(struct call *call, struct str crawler);
struct str crawler_configuration_error(struct arena *arena, struct str text,
                                       struct crawl_grouping *out_grouping,
                                       bool *out_merge_columns); // STR_NONE: none

// Sets the row's schedule and its next firing; "" takes it away. ERR_CODED for what is no cron().
enum err crawler_schedule(struct call *call, struct json *row, struct str expression) MUST_CHECK;

enum crawl_end { CRAWL_SUCCEEDED, CRAWL_FAILED, CRAWL_CANCELLED };
// What a crawl did to the catalog, for its events and metrics.
struct crawl_counts {
    int64_t tables_created, tables_updated, tables_deleted;
    int64_t partitions_created, partitions_updated, partitions_deleted;
    int64_t files_read, files_refused;
};
// Begins a crawl of a READY crawler whose row is locked: state, history, event, task.
enum err crawl_begin(struct call *call, struct json *row) MUST_CHECK;
// Ends it: state, LastCrawl, history, event. `error` is "" on success.
enum err crawl_finish(struct call *call, struct json *row, enum crawl_end end, struct str error,
                      const struct crawl_counts *counts) MUST_CHECK;

// Makes the catalog say what was found. `row` is the crawler's.
enum err crawl_update_catalog(struct call *call, const struct json *row,
                              const struct crawl_tables *tables,
                              struct crawl_counts *counts) MUST_CHECK;

// What a crawl remembers of an object. ERR_NOT_FOUND when no crawler of the region remembers this
// version of it, or knows the schema of only a part of it.
enum err crawl_recall(struct call *call, struct str bucket, struct str key, struct str etag,
                      struct json **out_columns) MUST_CHECK;

GLUE_HANDLER(create_crawler);
GLUE_HANDLER(update_crawler);
GLUE_HANDLER(get_crawler);
GLUE_HANDLER(get_crawlers);
GLUE_HANDLER(list_crawlers);
GLUE_HANDLER(batch_get_crawlers);
GLUE_HANDLER(delete_crawler);
GLUE_HANDLER(start_crawler);
GLUE_HANDLER(stop_crawler);
GLUE_HANDLER(get_crawler_metrics);
GLUE_HANDLER(list_crawls);
GLUE_HANDLER(start_crawler_schedule);
GLUE_HANDLER(stop_crawler_schedule);
GLUE_HANDLER(update_crawler_schedule);
GLUE_HANDLER(crawl_on_schedule); // internal
GLUE_HANDLER(run_crawl);         // internal, OP_JOB

#endif
