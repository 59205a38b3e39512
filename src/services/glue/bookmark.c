// SPDX-License-Identifier: Apache-2.0
// Job bookmarks: rows that say which versions of which objects are converted, and into what.
#include "services/glue/job.h"

static struct key *job_prefix(struct call *call, struct key *key, enum keyspace keyspace,
                              struct str job)
{
    return key_str(key_str(key_start(key, keyspace), call->region), job);
}

static struct key *table_prefix(struct call *call, struct key *key, enum keyspace keyspace,
                                struct str job, struct str table)
{
    return key_str(job_prefix(call, key, keyspace, job), table);
}

static enum err read_state(struct call *call, struct str job, bool lock, struct json **out_state)
{
    struct key key;
    job_prefix(call, &key, KEYSPACE_GLUE_BOOKMARK, job);
    enum err err = lock ? tx_lock_json(call->tx, &key, call->arena, out_state)
                        : tx_get_json(call->tx, &key, call->arena, out_state);
    if (err == ERR_NOT_FOUND)
        *out_state = NULL;
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err bookmark_version(struct call *call, struct str job, bool lock, int64_t *out_version)
{
    struct json *state;
    TRY(read_state(call, job, lock, &state));
    *out_version = json_i64_or(state, "Version", 0);
    return OK;
}

enum err bookmark_advance(struct call *call, struct str job, struct str run_id)
{
    struct arena *arena = call->arena;
    struct json *state, *row = json_object(arena);
    struct key key;
    TRY(read_state(call, job, true, &state));
    json_set_str(arena, row, "JobName", job);
    json_set_i64(arena, row, "Version", json_i64_or(state, "Version", 0) + 1);
    json_set_i64(arena, row, "Run", json_i64_or(state, "Run", 0) + 1);
    json_set_i64(arena, row, "Attempt", 0);
    if (json_str(state, "RunId").len)
        json_set_str(arena, row, "PreviousRunId", json_str(state, "RunId"));
    json_set_str(arena, row, "RunId", run_id);
    return tx_put_json(call->tx, job_prefix(call, &key, KEYSPACE_GLUE_BOOKMARK, job), row);
}

enum err bookmark_sources(struct call *call, struct str job, struct str table,
                          struct bookmark_source **out_sources, size_t *out_count)
{
    struct arena *arena = call->arena;
    struct key prefix;
    struct str raw, value;
    size_t count = 0, capacity = 0;
    struct bookmark_source *sources = NULL;
    enum err err;
    table_prefix(call, &prefix, KEYSPACE_GLUE_BOOKMARK_SOURCE, job, table);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        struct cursor cursor = key_cursor(raw);
        struct json *row;
        for (int i = 0; i < 3; i++)
            key_take_str(&cursor, arena);
        struct bookmark_source source = {.path = key_take_str(&cursor, arena)};
        if (json_parse(arena, str_dup(arena, value), &row, &call->error) != OK) {
            err = ERR_CORRUPT;
            break;
        }
        source.etag = json_str(row, "etag");
        source.run = json_str(row, "run");
        *ARENA_PUSH(arena, sources, count, capacity) = source;
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    *out_sources = sources;
    *out_count = count;
    return OK;
}

enum err bookmark_put_source(struct call *call, struct str job, struct str table,
                             const struct bookmark_source *source)
{
    struct key key;
    struct json *row = json_set_str(call->arena, json_object(call->arena), "etag", source->etag);
    json_set_str(call->arena, row, "run", source->run);
    table_prefix(call, &key, KEYSPACE_GLUE_BOOKMARK_SOURCE, job, table);
    return tx_put_json(call->tx, key_str(&key, source->path), row);
}

enum err bookmark_drop_source(struct call *call, struct str job, struct str table, struct str path)
{
    struct key key;
    table_prefix(call, &key, KEYSPACE_GLUE_BOOKMARK_SOURCE, job, table);
    return tx_delete(call->tx, key_str(&key, path));
}

enum err bookmark_outputs(struct call *call, struct str job, struct str table, struct str run,
                          struct json **out_outputs)
{
    struct key key;
    table_prefix(call, &key, KEYSPACE_GLUE_BOOKMARK_OUTPUT, job, table);
    return tx_get_json(call->tx, key_str(&key, run), call->arena, out_outputs);
}

enum err bookmark_put_outputs(struct call *call, struct str job, struct str table, struct str run,
                              const struct json *outputs)
{
    struct key key;
    key_str(table_prefix(call, &key, KEYSPACE_GLUE_BOOKMARK_OUTPUT, job, table), run);
    return outputs ? tx_put_json(call->tx, &key, outputs) : tx_delete(call->tx, &key);
}

enum err bookmark_forget(struct call *call, struct str job)
{
    static const enum keyspace ALL[] = {KEYSPACE_GLUE_BOOKMARK, KEYSPACE_GLUE_BOOKMARK_SOURCE,
                                        KEYSPACE_GLUE_BOOKMARK_OUTPUT};
    struct key key;
    for (size_t i = 0; i < sizeof ALL / sizeof *ALL; i++)
        TRY(glue_delete_prefix(call, job_prefix(call, &key, ALL[i], job)));
    return OK;
}

// --- operations

static struct json *entry_of(struct call *call, struct str job, const struct json *state)
{
    struct json *entry = state ? json_copy_shallow(call->arena, state) : json_object(call->arena);
    json_set_str(call->arena, entry, "JobName", job);
    json_set_str(call->arena, entry, "JobBookmark", S("{}"));
    return json_set(call->arena, json_object(call->arena), "JobBookmarkEntry", entry);
}

enum err glue_get_job_bookmark(struct call *call, const struct json *in, struct json **out)
{
    struct str job = json_str(in, "JobName");
    struct json *state;
    TRY(read_state(call, job, false, &state));
    if (!state)
        FAIL(call, GLUE_NOT_FOUND, "Continuation for job %.*s not found", STR_ARG(job));
    *out = entry_of(call, job, state);
    return OK;
}

// The next run converts everything again. What was made from it stays known, so that the run takes
// it away in the transaction that adopts the new objects: nothing is ever there twice.
enum err glue_reset_job_bookmark(struct call *call, const struct json *in, struct json **out)
{
    struct str job = json_str(in, "JobName"), raw, value;
    struct json *row, *state;
    struct key prefix;
    enum err err;
    TRY(job_lock(call, job, &row));
    if (json_has(in, "RunId"))
        FAIL(call, GLUE_NOT_IMPLEMENTED, "ResetJobBookmark: RunId is not implemented");
    TRY(read_state(call, job, true, &state));
    if (!state)
        FAIL(call, GLUE_NOT_FOUND, "Continuation for job %.*s not found", STR_ARG(job));
    job_prefix(call, &prefix, KEYSPACE_GLUE_BOOKMARK_SOURCE, job);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        struct key key = prefix;
        key_raw(&key, str_dup(call->arena, str_from(raw, prefix.len)));
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err == OK)
            err = tx_put_json(call->tx, &key, json_set_str(call->arena, row, "etag", S("reset")));
        if (err != OK)
            break;
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(bookmark_advance(call, job, S("reset")));
    TRY(read_state(call, job, false, &state));
    *out = entry_of(call, job, state);
    return OK;
}
