// SPDX-License-Identifier: Apache-2.0
// Runs of jobs as rows: starting, reading, stopping, ending, and telling who waits.
#include "services/glue/job.h"

#include "lake/lake.h"
#include "lake/worker.h"

#include <string.h>

static const struct error_code CONCURRENT_RUNS = {"ConcurrentRunsExceededException", 400, NULL};

struct key *run_key(struct call *call, struct key *key, struct str job, int64_t start_ms,
                    struct str id)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_RUN), call->region), job);
    return key_str(key_u64(key, ~(uint64_t)start_ms), id);
}

static struct key *run_id_key(struct call *call, struct key *key, struct str job, struct str id)
{
    return key_str(key_str(key_str(key_start(key, KEYSPACE_GLUE_RUN_ID), call->region), job), id);
}

static struct key *watch_key(struct call *call, struct key *key, struct str job, struct str id)
{
    return key_str(key_str(key_str(key_start(key, KEYSPACE_GLUE_RUN_WATCH), call->region), job),
                   id);
}

int64_t run_start_ms(const struct json *row)
{
    int64_t ms = 0;
    return time_from_json(json_get(row, "StartedOn"), &ms) ? ms : 0;
}

enum err run_get(struct call *call, struct str job, struct str id, bool lock, struct json **out_row)
{
    struct key key;
    struct json *start;
    int64_t start_ms = 0;
    enum err err = tx_get_json(call->tx, run_id_key(call, &key, job, id), call->arena, &start);
    if (err == OK && !json_as_i64(start, &start_ms))
        err = ERR_CORRUPT;
    if (err == OK) {
        run_key(call, &key, job, start_ms, id);
        err = lock ? tx_lock_json(call->tx, &key, call->arena, out_row)
                   : tx_get_json(call->tx, &key, call->arena, out_row);
    }
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Job run %.*s of job %.*s not found.", STR_ARG(id),
             STR_ARG(job));
    return err;
}

enum err run_put(struct call *call, const struct json *row)
{
    struct key key;
    return tx_put_json(
        call->tx,
        run_key(call, &key, json_str(row, "JobName"), run_start_ms(row), json_str(row, "Id")), row);
}

struct str run_cancel_key(struct call *call, struct str run_id)
{
    return str_format(call->arena, "glue/run/%.*s", STR_ARG(run_id));
}

// --- arguments

static bool is_one_of(struct str value, const char *const *values)
{
    for (; *values; values++)
        if (str_is(value, *values))
            return true;
    return false;
}

enum err run_arguments(struct call *call, const struct json *job, const struct json *arguments,
                       struct run_arguments *out)
{
    static const char *const CODECS[] = {"snappy", "zstd", "gzip", "lz4", "none", NULL};
    static const char *const ENGINES[] = {"embedded", "native", "duckdb", NULL};
    static const char *const BOOKMARKS[] = {"job-bookmark-enable", "job-bookmark-disable", NULL};
    struct str engine = json_str(arguments, "--tarn-engine"),
               target = json_str(arguments, "--target_path"),
               bookmark =
                   json_str_or(arguments, "--job-bookmark-option", S("job-bookmark-disable"));
    if (!engine.len)
        FAIL(call, GLUE_INVALID,
             "The script %.*s of job %.*s needs Spark, which this server does not run. To convert "
             "JSON tables to Parquet without a script, give the argument --tarn-engine = embedded.",
             STR_ARG(json_str(json_get(job, "Command"), "ScriptLocation")),
             STR_ARG(json_str(job, "Name")));
    if (!is_one_of(engine, ENGINES))
        FAIL(
            call, GLUE_INVALID,
            "The argument --tarn-engine must be embedded or native, which are the same, or duckdb; "
            "it is %.*s.",
            STR_ARG(engine));
    *out = (struct run_arguments){
        .source_database = str_lower(call->arena, json_str(arguments, "--source_database")),
        .source_tables = str_lower(call->arena, json_str(arguments, "--source_tables")),
        .codec = json_str_or(arguments, "--codec", S("snappy")),
        .partition_by = json_str(arguments, "--partition_by"),
        .duckdb = str_is(engine, "duckdb"),
        .bookmark = str_is(bookmark, "job-bookmark-enable"),
    };
    if (!out->source_database.len)
        FAIL(call, GLUE_INVALID, "The argument --source_database is needed.");
    if (!glue_s3_path(target, &out->target_bucket, &out->target_prefix))
        FAIL(call, GLUE_INVALID, "The argument --target_path must be s3://bucket/prefix/.");
    if (out->target_prefix.len && !str_ends(out->target_prefix, S("/")))
        out->target_prefix = str_format(call->arena, "%.*s/", STR_ARG(out->target_prefix));
    if (!is_one_of(out->codec, CODECS))
        FAIL(call, GLUE_INVALID, "The argument --codec must be snappy, zstd, gzip, lz4 or none.");
    if (!is_one_of(bookmark, BOOKMARKS))
        FAIL(call, GLUE_INVALID,
             "The argument --job-bookmark-option must be job-bookmark-enable or "
             "job-bookmark-disable.");
    return OK;
}

// "a,b" is for all tables; "t:a,b;u:c" says it table by table.
struct str run_partition_columns(struct str partition_by, struct str table)
{
    if (str_find_char(partition_by, ':') == STR_NPOS)
        return partition_by;
    for (struct str part, rest = partition_by; str_cut(&rest, ';', &part);) {
        size_t colon = str_find_char(part, ':');
        if (colon != STR_NPOS && str_eq_nocase(str_trim(str_slice(part, 0, colon)), table))
            return str_from(part, colon + 1);
    }
    return STR_NONE;
}

static struct json *merge_arguments(struct call *call, const struct json *job,
                                    const struct json *given)
{
    const struct json *layers[] = {json_get(job, "DefaultArguments"), given,
                                   json_get(job, "NonOverridableArguments")};
    struct json *merged = json_object(call->arena);
    for (size_t i = 0; i < 3; i++)
        JSON_EACH_MEMBER (m, layers[i])
            json_set_named(call->arena, merged, m->name, m->value);
    return merged;
}

// --- start

static enum err put_new_run(struct call *call, struct json *job, struct json *row)
{
    struct key key;
    struct str name = json_str(job, "Name"), id = json_str(row, "Id");
    struct json *active = json_copy(call->arena, json_get(job, "_active"));
    json_push(call->arena, active, json_string(call->arena, id));
    json_set(call->arena, job, "_active", active);
    TRY(tx_put_json(call->tx, job_key(call, &key, name), job));
    TRY(tx_put_json(call->tx, run_id_key(call, &key, name, id),
                    json_i64(call->arena, run_start_ms(row))));
    TRY(run_put(call, row));
    // For ever: a run ends by its own transaction only.
    struct task task = {.service = S("glue"), .op = S("RunJob"), .backoff_ms = 1000};
    task.input = json_set_str(call->arena, json_object(call->arena), "JobName", name);
    json_set_str(call->arena, task.input, "RunId", id);
    return call_later(call, &task);
}

static struct json *new_run(struct call *call, const struct json *job, const struct json *in,
                            struct str id, struct json *arguments)
{
    static const char *const SIZES[] = {"AllocatedCapacity",
                                        "MaxCapacity",
                                        "WorkerType",
                                        "NumberOfWorkers",
                                        "Timeout",
                                        "GlueVersion",
                                        "ExecutionClass",
                                        "NotificationProperty",
                                        NULL};
    struct arena *arena = call->arena;
    struct json *row = json_set_str(arena, json_object(arena), "Id", id);
    json_set_i64(arena, row, "Attempt", 0);
    json_set_str(arena, row, "JobName", json_str(job, "Name"));
    json_set(arena, row, "StartedOn", time_json(arena, call->now_ms));
    json_set(arena, row, "LastModifiedOn", time_json(arena, call->now_ms));
    json_set_str(arena, row, "JobRunState", S("STARTING"));
    json_set(arena, row, "Arguments", arguments);
    json_set(arena, row, "PredecessorRuns", json_array(arena));
    json_set_i64(arena, row, "ExecutionTime", 0);
    json_set_str(arena, row, "LogGroupName", S("/aws-glue/jobs"));
    glue_copy(call, row, job, SIZES);
    glue_copy(call, row, in, SIZES);
    return row;
}

enum err glue_start_job_run(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "JobName");
    struct json *job, *previous;
    struct run_arguments checked;
    const struct json *given = json_get(in, "Arguments");
    TRY(job_lock(call, name, &job));
    if (json_has(in, "JobRunId")) { // a run that is to be done again
        TRY(run_get(call, name, json_str(in, "JobRunId"), false, &previous));
        given = given ? given : json_get(previous, "Arguments");
    }
    struct json *arguments = merge_arguments(call, job, given);
    TRY(run_arguments(call, job, arguments, &checked));
    int64_t max = json_i64_or(json_get(job, "ExecutionProperty"), "MaxConcurrentRuns", 1);
    if ((int64_t)json_count(json_get(job, "_active")) >= max)
        FAIL(call, CONCURRENT_RUNS, "Concurrent runs exceeded for %.*s", STR_ARG(name));
    struct str id =
        str_format(call->arena, "jr_%.*s", STR_ARG(call_random(call, "0123456789abcdef", 64)));
    struct json *row = new_run(call, job, in, id, arguments);
    if (json_has(in, "JobRunId"))
        json_set_str(call->arena, row, "PreviousRunId", json_str(in, "JobRunId"));
    *out = json_set_str(call->arena, json_object(call->arena), "JobRunId", id);
    return put_new_run(call, job, row);
}

// --- reading

enum err glue_get_job_run(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(run_get(call, json_str(in, "JobName"), json_str(in, "RunId"), false, &row));
    *out = json_set(call->arena, json_object(call->arena), "JobRun", row);
    return OK;
}

enum err glue_get_job_runs(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "JobName"), text;
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err = tx_get(call->tx, job_key(call, &prefix, name), call->arena, &text);
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Job %.*s not found.", STR_ARG(name));
    TRY(err);
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_RUN), call->region), name);
    TRY(glue_list_begin(call, in, &prefix, 100, &list));
    while ((err = glue_list_next(&list, &row)) == OK)
        if (!glue_list_push(&list, row))
            break;
    return glue_list_end(&list, err, "JobRuns", out);
}

// --- stop

struct stop {
    struct lake *lake;
    char key[128];
};
static void stop_worker(void *context)
{
    struct stop *stop = context;
    worker_cancel(stop->lake, str_of(stop->key));
}

static enum err stop_one(struct call *call, struct str job, struct str id)
{
    struct json *row;
    TRY(run_get(call, job, id, true, &row));
    struct str state = json_str(row, "JobRunState");
    if (str_is(state, "STOPPING"))
        return OK;
    if (!str_is(state, "STARTING") && !str_is(state, "RUNNING"))
        FAIL(call, GLUE_INVALID, "Job run %.*s is %.*s and cannot be stopped.", STR_ARG(id),
             STR_ARG(state));
    json_set_str(call->arena, row, "JobRunState", S("STOPPING"));
    json_set(call->arena, row, "LastModifiedOn", time_json(call->arena, call->now_ms));
    struct stop stop = {.lake = call->lake};
    struct str key = run_cancel_key(call, id);
    memcpy(stop.key, key.ptr, key.len < sizeof stop.key ? key.len : sizeof stop.key - 1);
    tx_after_commit(call->tx, stop_worker, &stop, sizeof stop);
    return run_put(call, row);
}

enum err glue_batch_stop_job_run(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *stopped = json_array(arena), *errors = json_array(arena);
    struct str job = json_str(in, "JobName");
    JSON_EACH (id, json_get(in, "JobRunIds")) {
        struct json *about = json_set_str(arena, json_object(arena), "JobName", job);
        json_set(arena, about, "JobRunId", id);
        enum err err = stop_one(call, job, json_as_str(id));
        if (err != OK && err != ERR_CODED)
            return err;
        if (err == ERR_CODED)
            json_set(arena, about, "ErrorDetail", glue_error_detail(call));
        json_push(arena, err == OK ? stopped : errors, about);
    }
    *out = json_set(arena, json_object(arena), "SuccessfulSubmissions", stopped);
    json_set(arena, *out, "Errors", errors);
    return OK;
}

// --- end

static bool has_ended(const struct json *row)
{
    static const char *const LAST[] = {"SUCCEEDED", "FAILED", "TIMEOUT", "STOPPED", NULL};
    return is_one_of(json_str(row, "JobRunState"), LAST);
}

static enum err tell(struct call *call, const struct json *on_done, struct json *row)
{
    struct json *input = json_copy_shallow(call->arena, json_get(on_done, "input"));
    struct principal self = lake_service_principal(call->arena, "glue.amazonaws.com");
    json_set(call->arena, input, "Result", row);
    enum err err =
        call_operation_as(call, &self, str_cstr(call->arena, json_str(on_done, "service")),
                          str_cstr(call->arena, json_str(on_done, "op")), input, NULL);
    if (err != ERR_CODED)
        return err;
    // Who waited is gone: that must not keep the run from ending.
    log_event(lake_log(call->lake), LOG_WARN, "glue", "run=%.*s nobody to tell its end: %s",
              STR_ARG(json_str(row, "Id")), call->error.text);
    return OK;
}

static enum err tell_watchers(struct call *call, struct json *row)
{
    struct key prefix;
    struct str raw, value;
    enum err err;
    struct json *watches = json_array(call->arena), *watch;
    watch_key(call, &prefix, json_str(row, "JobName"), json_str(row, "Id"));
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        err = json_parse(call->arena, str_dup(call->arena, value), &watch, &call->error);
        if (err != OK)
            break;
        json_push(call->arena, watches, watch);
    }
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(glue_delete_prefix(call, &prefix));
    JSON_EACH (on_done, watches)
        TRY(tell(call, on_done, row));
    return OK;
}

static enum err emit_end(struct call *call, const struct json *row, const char *state,
                         struct str error)
{
    bool failed = str_is(str_of(state), "FAILED"), timeout = str_is(str_of(state), "TIMEOUT");
    struct json *detail = json_object(call->arena);
    json_set_str(call->arena, detail, "jobName", json_str(row, "JobName"));
    json_set_str(call->arena, detail, "severity",
                 failed    ? S("ERROR")
                 : timeout ? S("WARN")
                           : S("INFO"));
    json_set_str(call->arena, detail, "state", str_of(state));
    json_set_str(call->arena, detail, "jobRunId", json_str(row, "Id"));
    json_set_str(call->arena, detail, "message",
                 error.len                            ? error
                 : str_is(str_of(state), "SUCCEEDED") ? S("Job run succeeded")
                                                      : S("Job run stopped"));
    return glue_emit(call, "Glue Job State Change", detail);
}

// The next attempt of a run that failed has its id with the attempt's number behind it.
static enum err retry(struct call *call, struct json *job, const struct json *failed)
{
    struct arena *arena = call->arena;
    int64_t attempt = json_i64_or(failed, "Attempt", 0) + 1;
    struct str id = json_str(failed, "Id");
    if (attempt > json_i64_or(job, "MaxRetries", 0))
        return OK;
    struct str base = str_slice(id, 0, str_find(id, S("_attempt_")));
    struct str next = str_format(arena, "%.*s_attempt_%lld", STR_ARG(base), (long long)attempt);
    struct json *row = new_run(call, job, failed, next, json_get(failed, "Arguments"));
    json_set_i64(arena, row, "Attempt", attempt);
    json_set_str(arena, row, "PreviousRunId", id);
    return put_new_run(call, job, row);
}

enum err run_finish(struct call *call, struct json *row, const char *state, struct str error)
{
    struct arena *arena = call->arena;
    struct str id = json_str(row, "Id");
    struct json *job, *active = json_array(arena);
    struct key key;
    int64_t took_ms = call->now_ms - run_start_ms(row);
    TRY(job_lock(call, json_str(row, "JobName"), &job));
    JSON_EACH (other, json_get(job, "_active"))
        if (!str_eq(json_as_str(other), id))
            json_push(arena, active, other);
    json_set(arena, job, "_active", active);
    TRY(tx_put_json(call->tx, job_key(call, &key, json_str(row, "JobName")), job));
    json_set_str(arena, row, "JobRunState", str_of(state));
    json_set(arena, row, "CompletedOn", time_json(arena, call->now_ms));
    json_set(arena, row, "LastModifiedOn", time_json(arena, call->now_ms));
    json_set_i64(arena, row, "ExecutionTime", (took_ms + 999) / 1000);
    if (error.len)
        json_set_str(arena, row, "ErrorMessage", error);
    TRY(run_put(call, row));
    TRY(emit_end(call, row, state, error));
    TRY(tell_watchers(call, row));
    log_event(lake_log(call->lake), error.len ? LOG_WARN : LOG_INFO, "glue",
              "job=%.*s run=%.*s %s in %lld ms: %.*s", STR_ARG(json_str(row, "JobName")),
              STR_ARG(id), state, (long long)took_ms,
              STR_ARG(error.len ? error : json_str(row, "StateDetail")));
    return str_is(str_of(state), "FAILED") ? retry(call, job, row) : OK;
}

enum err glue_watch_job_run(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct str job = json_str(in, "JobName"), id = json_str(in, "RunId");
    struct json *row;
    struct key key;
    uint64_t number;
    TRY(run_get(call, job, id, true, &row));
    if (has_ended(row))
        return tell(call, json_get(in, "OnDone"), row);
    TRY(store_next(lake_store(call->lake), "glue-watch", &number));
    return tx_put_json(call->tx, key_u64(watch_key(call, &key, job, id), number),
                       json_get(in, "OnDone"));
}
