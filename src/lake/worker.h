// SPDX-License-Identifier: Apache-2.0
// Worker processes: heavy or foreign work outside the server (idea 4 of the architecture).
//
// A job is a kind ("query", "convert", "infer"), a JSON input and the files it may touch. It runs in a process of this same
// binary (`tarn worker`, src/engines/), which gets no network, reads only the listed paths, writes only its scratch
// folder, and can crash, time out or exhaust memory without touching the server. It answers with JSON; files it
// made stay in the scratch folder, finished and synced, for one operation to adopt (blob_adopt_file: the folder is on the
// same file system as the blobs).
//
// A small pool of warm processes is kept so that a job does not wait for the engine to load; each process runs one
// job and ends, so nothing leaks from one job to the next.
//
// Threads: worker_run blocks its thread (call it from OP_JOB handlers); worker_cancel comes from any other.
// Errors: ERR_TIMEOUT, ERR_CANCELLED, ERR_LIMIT (memory), ERR_IO (it died: the text says how), and whatever kind and text the
// worker itself answered with.
#ifndef LAKE_WORKER_H
#define LAKE_WORKER_H

#include "lake/lake.h"

struct worker_job {
    const char *kind;
    const struct json *input;
    const char *const *read_paths; // NULL-terminated: files or folders
    const char *scratch;           // from worker_scratch
    int64_t timeout_ms;            // 0: none
    uint64_t memory_bytes_max;     // 0: the pool's default
    struct str cancel_key;         // names the run for worker_cancel ("athena/ID"), or ""
    // Called now and then with the fraction done (0 to 1), or NULL.
    void (*progress)(void *context, double fraction);
    void *context;
};
// A fresh folder DIR/scratch/..., removed by worker_scratch_remove (and at the next start, if we die before).
enum err worker_scratch(struct lake *lake, struct arena *arena, char **out_folder, struct error *error) MUST_CHECK;
void worker_scratch_remove(struct lake *lake, const char *folder);
enum err worker_run(struct lake *lake, const struct worker_job *job, struct arena *arena, struct json **out_result,
                    struct error *error) MUST_CHECK;
void worker_cancel(struct lake *lake, struct str cancel_key); // ends the run if it is running

// The pool belongs to the lake; made by lake_open, idle until first used (no process is started before).
struct worker_pool;
struct worker_pool *worker_pool_new(struct lake *lake);
void worker_pool_stop(struct worker_pool *pool); // ends all processes; runs are refused with ERR_CANCELLED from now on
void worker_pool_free(struct worker_pool *pool); // when nobody is inside any more; takes NULL
struct worker_pool *lake_workers(struct lake *lake);

// --- the kinds' inputs and results, which src/engines/ implements
//
// "query":   {"sql": DuckDB SQL, "tables": [{"schema", "name", "view_sql"}...], "output": "result.csv" | absent,
//             "json_sources": [{"name", "files": [{"path"}], "columns": [{"name", "type" (Hive's)}], "ignore_malformed"}]
//             (each becomes tarn_sources.NAME, for view_sql to read),
//             "row_limit": n | absent}
//         -> {"columns": [{"name", "type" (Athena's word: "row"), "full_type" ("row(a integer)"), "precision", "scale"}],
//             "rows": n, "bytes": n (of the output), "files": ["result.csv"]}
// "convert": {"files": [{"path", "name" (for the Parquet files' metadata) | absent, "compression": "none"|"gzip"|"zstd"|"auto"}],
//             "columns": [{"name", "type" (Hive's)}], "partition_by": ["name"...],
//             "codec": "snappy"|"zstd"|"gzip"|"lz4"|"none", "row_group_rows": n | absent, "run": text in names}
//         -> {"rows": n, "files": [{"path" (below scratch: "day=x/part-00000-RUN.snappy.parquet"),
//                                   "partition": {"name": "value"...}, "rows": n, "bytes": n}],
//             "rejected": [{"path", "offset", "reason"}...] (the first 10,000), "rejected_count": n}
//            Good records are written whatever the others are; a file that cannot be read at all fails the job.
//            The native engine recognises compression by itself. "convert_duckdb": the same, by DuckDB.
// "infer":   {"files": [{"path", "format": "json"|"csv"|"parquet"|"auto", "compression"}], "sample_bytes": 1048576 (of JSON; 0: all)}
//         -> {"files": [{"format", "compression", "rows" (sampled; exact for Parquet), "sampled_bytes" (JSON),
//             "columns": [{"name", "type" (Hive's; "void": only nulls)}], "error": text | absent, "csv": {"delimiter", "quote", "escape",
//             "header"} | absent}...]}   one for each input file, in order; a partition's folders are the caller's business
//
// Protections, each applied by the worker to itself (os/confine.h) before it sees the job's SQL or files: no network (user
// and network namespace, Landlock's TCP rules), Landlock on files, RLIMIT_AS, no core dumps; DuckDB's own settings
// (engines/duckdb.h) beneath. What the system does not offer is logged as a warning at the first job.

#endif
