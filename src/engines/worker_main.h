// SPDX-License-Identifier: Apache-2.0
// `tarn worker`: the process in which foreign SQL runs and foreign files are read. Started by
// lake/worker.c only.
//
// It gives up the network, loads the engine and waits for one line of JSON on its input: the job.
// It then gives up every file but the job's, runs it, answers with one line (after progress lines,
// if any), and ends. Lines:
//     -> {"kind", "input", "read_paths": [...], "scratch", "memory_bytes_max", "threads"}
//     <- {"ready": {...protections}}  <- {"progress": 0.5}  <- {"result": ...} or {"error":
//     {"kind", "text"}}
//
// A kind is a row of a table: its name, its function, and whether DuckDB is locked down and started
// for it.
#ifndef ENGINES_WORKER_MAIN_H
#define ENGINES_WORKER_MAIN_H

#include "base/json.h"
#include "engines/duckdb.h"

struct worker_run {
    struct arena *arena;
    const struct json *input;
    const char *scratch;
    unsigned threads;          // that the job may use
    uint64_t memory_bytes_max; // 0: no limit is known
    struct engine *engine;     // locked down; NULL when there is none: engine_error says why
    struct error engine_error;
};
typedef enum err worker_kind(struct worker_run *run, struct json **out_result, struct error *error);
worker_kind worker_query, worker_convert, worker_convert_duckdb, worker_infer;

void worker_progress(double fraction);
// ERR_UNSUPPORTED with the reason when the worker has no engine.
enum err worker_need_engine(const struct worker_run *run, struct error *error) MUST_CHECK;
// A path below the scratch folder, terminated.
char *worker_path(const struct worker_run *run, struct str name);

int engine_worker_main(void);

#endif
