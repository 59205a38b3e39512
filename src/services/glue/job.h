// SPDX-License-Identifier: Apache-2.0
// Jobs and their runs.
//
// A job's row is what GetJob shows; in "_active" it has the ids of the runs that have not ended,
// which its lock guards. A run's row is what GetJobRun shows. States of a run:
//
//     STARTING -> RUNNING -> SUCCEEDED | FAILED | TIMEOUT
//     STARTING | RUNNING -> STOPPING -> STOPPED
//
// Jobs run on an embedded engine (`--tarn-engine` = "embedded" or "native": Tarn's own; "duckdb":
// to compare with): JSON tables of the catalog become Parquet (convert.c). A job whose script needs
// Spark is refused when it is started.
#ifndef GLUE_JOB_H
#define GLUE_JOB_H

#include "services/glue/glue.h"

// --- jobs
struct key *job_key(struct call *call, struct key *key, struct str name);
enum err job_lock(struct call *call, struct str name, struct json **out_row) MUST_CHECK;

// --- runs
// The arguments of an embedded run, checked.
struct run_arguments {
    struct str source_database, codec;
    struct str source_tables; // comma list; "": all
    struct str target_bucket, target_prefix;
    struct str partition_by;
    bool bookmark;
    bool duckdb; // convert by DuckDB
};
enum err run_arguments(struct call *call, const struct json *job, const struct json *arguments,
                       struct run_arguments *out) MUST_CHECK;
struct str run_partition_columns(struct str partition_by, struct str table); // comma list

struct key *run_key(struct call *call, struct key *key, struct str job, int64_t start_ms,
                    struct str id);
enum err run_get(struct call *call, struct str job, struct str id, bool lock,
                 struct json **out_row) MUST_CHECK;
enum err run_put(struct call *call, const struct json *row) MUST_CHECK;
int64_t run_start_ms(const struct json *row);
struct str run_cancel_key(struct call *call, struct str run_id);
// Ends the run in this transaction: its row, the job's row, the event, those who watch it, and
// another attempt when it failed and the job has retries. `state` is the last one.
enum err run_finish(struct call *call, struct json *row, const char *state,
                    struct str error) MUST_CHECK;

// --- bookmarks (bookmark.c): what a job has converted. Per source object the version and the run
// that converted it; per table and run the objects it made. The state row's version grows with each
// run that adopts; it tells whether a plan is still good.
struct bookmark_source {
    struct str path; // "bucket/key"
    struct str etag, run;
};
enum err bookmark_version(struct call *call, struct str job, bool lock,
                          int64_t *out_version) MUST_CHECK;
enum err bookmark_advance(struct call *call, struct str job, struct str run_id) MUST_CHECK;
enum err bookmark_sources(struct call *call, struct str job, struct str table,
                          struct bookmark_source **out_sources,
                          size_t *out_count) MUST_CHECK; // sorted by path
enum err bookmark_put_source(struct call *call, struct str job, struct str table,
                             const struct bookmark_source *source) MUST_CHECK;
enum err bookmark_drop_source(struct call *call, struct str job, struct str table,
                              struct str path) MUST_CHECK;
// {"bucket", "keys": [...]}; ERR_NOT_FOUND when that run made none.
enum err bookmark_outputs(struct call *call, struct str job, struct str table, struct str run,
                          struct json **out_outputs) MUST_CHECK;
enum err bookmark_put_outputs(struct call *call, struct str job, struct str table, struct str run,
                              const struct json *outputs) MUST_CHECK;   // NULL: forget them
enum err bookmark_forget(struct call *call, struct str job) MUST_CHECK; // with the job

GLUE_HANDLER(create_job); // job.c
GLUE_HANDLER(get_job);
GLUE_HANDLER(get_jobs);
GLUE_HANDLER(list_jobs);
GLUE_HANDLER(batch_get_jobs);
GLUE_HANDLER(update_job);
GLUE_HANDLER(delete_job);
GLUE_HANDLER(start_job_run); // run.c
GLUE_HANDLER(get_job_run);
GLUE_HANDLER(get_job_runs);
GLUE_HANDLER(batch_stop_job_run);
GLUE_HANDLER(watch_job_run);    // internal
GLUE_HANDLER(run_job);          // internal, OP_JOB; convert.c
GLUE_HANDLER(get_job_bookmark); // bookmark.c
GLUE_HANDLER(reset_job_bookmark);

#endif
