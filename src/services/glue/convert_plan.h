// SPDX-License-Identifier: Apache-2.0
// What a run has to do, table by table: pure bookkeeping between the catalog, the listing of a
// table's folder and the bookmark.
//
// An object made by an earlier run (a batch) holds records of all the sources of that run. So when
// one of them is replaced or deleted, the whole batch is made anew: its objects go, and those of
// its sources that are still there are converted again, together with what is new.
#ifndef GLUE_CONVERT_PLAN_H
#define GLUE_CONVERT_PLAN_H

#include "services/glue/engine_files.h"
#include "services/glue/job.h"

struct convert_source {
    struct str key, etag;
    uint64_t size_bytes;
    struct json *blob;
    char *path;            // its file
    struct json *columns;  // NULL: not known yet
    bool wanted;           // to be converted
    struct str marked_run; // the run that converted this version, or ""
};
struct convert_table {
    struct str name, id; // id: "database.table"
    struct str bucket, prefix;
    struct json *columns; // schema.h; the table's, widened by those of the wanted sources
    struct convert_source *sources;
    size_t count, capacity, wanted_count;
    struct json *dead;        // paths that the bookmark has and the listing has not
    struct json *dirty_runs;  // batches to be made anew
    struct json *old_objects; // of those: [{"bucket", "keys"}...]
    // What the worker made.
    char *scratch;
    struct json *result;
    struct json *outputs; // [{"key", "blob"}...]
};

// Which sources are wanted, which batches are dirty. `marks` are sorted by path, as the sources
// are by key. Without a bookmark there are no marks.
void convert_choose(struct arena *arena, struct convert_table *table,
                    const struct bookmark_source *marks, size_t mark_count);

struct convert_plan {
    struct convert_table **tables;
    size_t count, capacity;
    int64_t bookmark_version;
    struct json *skipped; // why a table that nobody asked for by name is left out
};
// Within a transaction: reads catalog, listing and bookmark. ERR_CODED for what cannot be
// converted.
enum err convert_make_plan(struct call *call, struct str job, const struct run_arguments *arguments,
                           struct convert_plan *out) MUST_CHECK;

#endif
