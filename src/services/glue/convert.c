// SPDX-License-Identifier: Apache-2.0
// A run on an embedded engine: plan, convert in workers, and in one transaction adopt everything -
// the new objects, the end of those they replace, the bookmark, the run's state and its event.
//
// A run that is killed has adopted nothing and is done again by its task. Should another run of the
// job adopt first, the bookmark's version tells, and the plan is made anew.
#include "services/glue/convert_plan.h"
#include "services/glue/schema.h"

#include "lake/worker.h"
#include "os/file.h"

#define ATTEMPTS_MAX 5   // to read what is overwritten while it is read
#define ADOPTIONS_MAX 10 // of plans that another run has overtaken
#define MINUTE_MS 60000

struct conversion {
    struct call *call;
    struct str job, run_id;
    struct json *row; // the run's
    struct run_arguments arguments;
    struct convert_plan plan;
    char *scratch;          // for small sources and for inferring
    struct json *scratches; // all of them
    size_t small_count;
    bool over, stopping, overtaken;
    int64_t files, records, objects, rejected;
    struct error error;
};

// --- plan

static enum err begin(struct call *call, void *context)
{
    struct conversion *c = context;
    struct json *job;
    struct key key;
    enum err err = run_get(call, c->job, c->run_id, true, &c->row);
    c->over = err == ERR_CODED;
    if (c->over)
        return OK; // the job was deleted
    TRY(err);
    c->stopping = str_is(json_str(c->row, "JobRunState"), "STOPPING");
    if (c->stopping)
        return OK;
    TRY(tx_get_json(call->tx, job_key(call, &key, c->job), call->arena, &job));
    TRY(run_arguments(call, job, json_get(c->row, "Arguments"), &c->arguments));
    if (str_is(json_str(c->row, "JobRunState"), "RUNNING"))
        return OK;
    json_set_str(call->arena, c->row, "JobRunState", S("RUNNING"));
    return run_put(call, c->row);
}

static enum err make_plan(struct call *call, void *context)
{
    struct conversion *c = context;
    TRY(convert_make_plan(call, c->job, &c->arguments, &c->plan));
    c->small_count = 0;
    for (size_t t = 0; t < c->plan.count; t++) {
        struct convert_table *table = c->plan.tables[t];
        for (size_t i = 0; i < table->count; i++)
            if (table->sources[i].wanted)
                TRY(engine_file(call, table->sources[i].blob, c->scratch, c->small_count++,
                                &table->sources[i].path));
    }
    return OK;
}

// --- workers

static enum err new_scratch(struct conversion *c, char **out)
{
    TRY(worker_scratch(c->call->lake, c->call->arena, out, &c->error));
    json_push(c->call->arena, c->scratches, json_string(c->call->arena, str_of(*out)));
    return OK;
}

static enum err time_left(struct conversion *c, int64_t *out_ms)
{
    int64_t minutes = json_i64_or(c->row, "Timeout", 2880),
            end_ms = run_start_ms(c->row) + minutes * MINUTE_MS;
    *out_ms = end_ms - clock_now_ms(lake_clock(c->call->lake));
    if (*out_ms <= 0)
        return error_set(&c->error, ERR_TIMEOUT, "it ran longer than %lld minutes",
                         (long long)minutes);
    return OK;
}

static enum err run_worker(struct conversion *c, const char *kind, const struct json *input,
                           const char *const *paths, const char *scratch, struct json **out_result)
{
    struct worker_job job = {
        .kind = kind,
        .input = input,
        .read_paths = paths,
        .scratch = scratch,
        .cancel_key = run_cancel_key(c->call, c->run_id),
    };
    TRY(time_left(c, &job.timeout_ms));
    return worker_run(c->call->lake, &job, c->call->arena, out_result, &c->error);
}

// The schemas of sources that no crawler has read in full: all of their records count here.
static enum err infer(struct conversion *c)
{
    struct arena *arena = c->call->arena;
    struct json *files = json_array(arena), *input = json_object(arena), *result;
    struct convert_source **unknown = NULL;
    const char **paths = NULL;
    size_t count = 0, capacity = 0, path_count = 0, path_capacity = 0;
    for (size_t t = 0; t < c->plan.count; t++)
        for (size_t i = 0; i < c->plan.tables[t]->count; i++) {
            struct convert_source *source = &c->plan.tables[t]->sources[i];
            if (!source->wanted || source->columns)
                continue;
            struct json *file =
                json_set_str(arena, json_object(arena), "path", str_of(source->path));
            json_set_str(arena, file, "format", S("json"));
            json_push(arena, files, json_set_str(arena, file, "compression", S("auto")));
            *ARENA_PUSH(arena, unknown, count, capacity) = source;
            *ARENA_PUSH(arena, paths, path_count, path_capacity) = source->path;
        }
    if (count == 0)
        return OK;
    *ARENA_PUSH(arena, paths, path_count, path_capacity) = NULL;
    json_set(arena, input, "files", files);
    json_set_i64(arena, input, "sample_bytes", 0); // all
    TRY(run_worker(c, "infer", input, paths, c->scratch, &result));
    for (size_t i = 0; i < count; i++) // a file without any record adds no columns
        unknown[i]->columns = json_get(json_at(json_get(result, "files"), i), "columns");
    return OK;
}

static struct json *partition_columns(struct conversion *c, const struct convert_table *table)
{
    struct arena *arena = c->call->arena;
    struct json *names = json_array(arena);
    struct str list = run_partition_columns(c->arguments.partition_by, table->name);
    for (struct str part, rest = list; list.len && str_cut(&rest, ',', &part);)
        JSON_EACH (column, table->columns)
            if (str_eq_nocase(json_str(column, "name"), str_trim(part)))
                json_push(arena, names, json_get(column, "name"));
    return names;
}

static struct json *source_uri(struct conversion *c, const struct convert_table *table,
                               struct str key)
{
    return json_stringf(c->call->arena, "s3://%.*s/%.*s", STR_ARG(table->bucket), STR_ARG(key));
}

static struct json *convert_input(struct conversion *c, const struct convert_table *table)
{
    struct arena *arena = c->call->arena;
    struct json *files = json_array(arena), *input = json_object(arena),
                *columns = json_array(arena);
    for (size_t i = 0; i < table->count; i++) {
        if (!table->sources[i].wanted)
            continue;
        struct json *file =
            json_set_str(arena, json_object(arena), "path", str_of(table->sources[i].path));
        json_set(arena, file, "name", source_uri(c, table, table->sources[i].key));
        json_push(arena, files, json_set_str(arena, file, "compression", S("auto")));
    }
    JSON_EACH (column, schema_columns(arena, table->columns)) {
        struct json *item = json_set(arena, json_object(arena), "name", json_get(column, "Name"));
        json_push(arena, columns, json_set(arena, item, "type", json_get(column, "Type")));
    }
    json_set(arena, input, "files", files);
    json_set(arena, input, "columns", columns);
    json_set(arena, input, "partition_by", partition_columns(c, table));
    json_set_str(arena, input, "codec", c->arguments.codec);
    return json_set_str(arena, input, "run", c->run_id);
}

static enum err convert_table(struct conversion *c, struct convert_table *table)
{
    struct arena *arena = c->call->arena;
    if (table->wanted_count == 0)
        return OK;
    const char **paths = ARENA_ARRAY(arena, const char *, table->wanted_count + 1);
    size_t count = 0;
    const struct json *seen = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const struct convert_source *source = &table->sources[i];
        if (!source->wanted)
            continue;
        paths[count++] = source->path;
        if (source->columns && source->columns != seen)
            table->columns = schema_merge(arena, table->columns, source->columns);
        seen = source->columns;
    }
    TRY(new_scratch(c, &table->scratch));
    const char *kind = c->arguments.duckdb ? "convert_duckdb" : "convert";
    return run_worker(c, kind, convert_input(c, table), paths, table->scratch, &table->result);
}

static bool sources_vanished(const struct conversion *c)
{
    for (size_t t = 0; t < c->plan.count; t++)
        for (size_t i = 0; i < c->plan.tables[t]->count; i++) {
            const struct convert_source *source = &c->plan.tables[t]->sources[i];
            const char *paths[] = {source->path, NULL};
            if (source->wanted && engine_files_vanished(paths))
                return true;
        }
    return false;
}

// Until nothing changes under our eyes.
static enum err plan_and_convert(struct conversion *c)
{
    for (unsigned attempt = 1;; attempt++) {
        c->error = (struct error){0};
        TRY(call_transact(c->call, make_plan, c));
        enum err err = infer(c);
        for (size_t t = 0; err == OK && t < c->plan.count; t++)
            err = convert_table(c, c->plan.tables[t]);
        if (err == OK || err == ERR_CANCELLED || err == ERR_TIMEOUT || attempt == ATTEMPTS_MAX ||
            !sources_vanished(c))
            return err;
    }
}

// --- the files become blobs, before the transaction that adopts them

static enum err take_file(struct conversion *c, struct json *outputs, const char *path,
                          struct str key)
{
    struct arena *arena = c->call->arena;
    struct blob blob;
    TRY(blob_adopt_file(lake_store(c->call->lake), path, &blob, &c->error));
    struct json *output = json_set_str(arena, json_object(arena), "key", key);
    json_set(arena, output, "blob", blob_to_json(arena, &blob));
    json_push(arena, outputs, output);
    return OK;
}

static struct str source_of_path(const struct convert_table *table, struct str path)
{
    for (size_t i = 0; i < table->count; i++)
        if (table->sources[i].wanted && str_is(path, table->sources[i].path))
            return table->sources[i].key;
    return STR_NONE;
}

// What the worker could not convert: one line a record, with where it is. Nothing is dropped
// without a word.
static enum err quarantine(struct conversion *c, struct convert_table *table)
{
    struct arena *arena = c->call->arena;
    int64_t count = json_i64_or(table->result, "rejected_count", 0);
    if (count == 0)
        return OK;
    c->rejected += count;
    struct buf lines = buf_in(arena, BUF_MAX_DEFAULT);
    JSON_EACH (rejected, json_get(table->result, "rejected")) {
        struct json *line = json_object(arena);
        struct str key = source_of_path(table, json_str(rejected, "path"));
        json_set(arena, line, "source", source_uri(c, table, key));
        json_set(arena, line, "offset", json_get(rejected, "offset"));
        json_set(arena, line, "reason", json_get(rejected, "reason"));
        json_write(&lines, line);
        buf_put_char(&lines, '\n');
    }
    log_event(lake_log(c->call->lake), LOG_ERROR, "glue",
              "job=%.*s run=%.*s table=%.*s: %lld records could not be converted; see "
              "_quarantine/ in s3://%.*s",
              STR_ARG(c->job), STR_ARG(c->run_id), STR_ARG(table->name), (long long)count,
              STR_ARG(c->arguments.target_bucket));
    char *path = str_cstr(arena, str_format(arena, "%s/rejected.ndjson", table->scratch));
    TRY(file_write_atomic(path, buf_str(&lines), 0600, &c->error));
    return take_file(c, table->outputs, path,
                     str_format(arena, "_quarantine/%.*s/%.*s.ndjson", STR_ARG(table->name),
                                STR_ARG(c->run_id)));
}

static enum err take_files(struct conversion *c)
{
    struct arena *arena = c->call->arena;
    c->files = c->records = c->objects = c->rejected = 0;
    for (size_t t = 0; t < c->plan.count; t++) {
        struct convert_table *table = c->plan.tables[t];
        table->outputs = json_array(arena);
        c->files += (int64_t)table->wanted_count;
        c->records += json_i64_or(table->result, "rows", 0);
        JSON_EACH (file, json_get(table->result, "files")) {
            struct str name = json_str(file, "path");
            char *path =
                str_cstr(arena, str_format(arena, "%s/%.*s", table->scratch, STR_ARG(name)));
            TRY(take_file(c, table->outputs, path,
                          str_format(arena, "%.*s%.*s/%.*s", STR_ARG(c->arguments.target_prefix),
                                     STR_ARG(table->name), STR_ARG(name))));
        }
        c->objects += (int64_t)json_count(table->outputs);
        TRY(quarantine(c, table));
    }
    return OK;
}

// --- the one transaction

static enum err delete_object(struct call *call, struct str bucket, struct str key)
{
    struct json *input = json_set_str(call->arena, json_object(call->arena), "Bucket", bucket);
    return call_operation(call, "s3", "DeleteObject", json_set_str(call->arena, input, "Key", key),
                          NULL);
}

static enum err adopt_object(struct call *call, struct str bucket, const struct json *output)
{
    struct json *input = json_set_str(call->arena, json_object(call->arena), "Bucket", bucket);
    json_set(call->arena, input, "Key", json_get(output, "key"));
    json_set(call->arena, input, "Blob", json_get(output, "blob"));
    json_set_str(call->arena, input, "ContentType", S("application/octet-stream"));
    return call_operation(call, "s3", "AdoptBlob", input, NULL);
}

static enum err adopt_bookmark(struct conversion *c, const struct convert_table *table)
{
    struct call *call = c->call;
    struct arena *arena = call->arena;
    JSON_EACH (path, table->dead)
        TRY(bookmark_drop_source(call, c->job, table->id, json_as_str(path)));
    JSON_EACH (run, table->dirty_runs)
        TRY(bookmark_put_outputs(call, c->job, table->id, json_as_str(run), NULL));
    for (size_t i = 0; i < table->count; i++) {
        const struct convert_source *source = &table->sources[i];
        struct bookmark_source mark = {.etag = source->etag, .run = c->run_id};
        mark.path = str_format(arena, "%.*s/%.*s", STR_ARG(table->bucket), STR_ARG(source->key));
        if (source->wanted)
            TRY(bookmark_put_source(call, c->job, table->id, &mark));
    }
    struct json *keys = json_array(arena), *outputs = json_object(arena);
    JSON_EACH (output, table->outputs)
        json_push(arena, keys, json_get(output, "key"));
    if (!json_count(keys))
        return OK;
    json_set_str(arena, outputs, "bucket", c->arguments.target_bucket);
    json_set(arena, outputs, "keys", keys);
    return bookmark_put_outputs(call, c->job, table->id, c->run_id, outputs);
}

static enum err adopt_table(struct conversion *c, const struct convert_table *table)
{
    JSON_EACH (old, table->old_objects)
        JSON_EACH (key, json_get(old, "keys"))
            TRY(delete_object(c->call, json_str(old, "bucket"), json_as_str(key)));
    JSON_EACH (output, table->outputs)
        TRY(adopt_object(c->call, c->arguments.target_bucket, output));
    return c->arguments.bookmark ? adopt_bookmark(c, table) : OK;
}

static void describe(struct conversion *c, struct json *row)
{
    struct arena *arena = c->call->arena;
    struct json *result = json_object(arena);
    json_set_i64(arena, result, "Files", c->files);
    json_set_i64(arena, result, "Records", c->records);
    json_set_i64(arena, result, "Objects", c->objects);
    json_set_i64(arena, result, "Rejected", c->rejected);
    if (json_count(c->plan.skipped))
        json_set(arena, result, "Skipped", c->plan.skipped);
    json_set(arena, row, "TarnResult", result);
    json_set(arena, row, "StateDetail",
             json_stringf(arena,
                          "read %lld new files of %zu tables, wrote %lld records into %lld "
                          "objects, rejected %lld records, skipped %zu tables",
                          (long long)c->files, c->plan.count, (long long)c->records,
                          (long long)c->objects, (long long)c->rejected,
                          json_count(c->plan.skipped)));
    JSON_EACH (reason, c->plan.skipped)
        log_event(lake_log(c->call->lake), LOG_WARN, "glue", "job=%.*s run=%.*s skipped: %.*s",
                  STR_ARG(c->job), STR_ARG(c->run_id), STR_ARG(json_as_str(reason)));
}

static enum err adopt(struct call *call, void *context)
{
    struct conversion *c = context;
    struct json *row;
    int64_t version;
    c->overtaken = false;
    TRY(call_finish_task(call));
    enum err err = run_get(call, c->job, c->run_id, true, &row);
    if (err != OK)
        return err == ERR_CODED ? OK : err; // the job was deleted
    if (str_is(json_str(row, "JobRunState"), "STOPPING"))
        return run_finish(call, row, "STOPPED", S(""));
    TRY(bookmark_version(call, c->job, c->arguments.bookmark, &version));
    c->overtaken = c->arguments.bookmark && version != c->plan.bookmark_version;
    if (c->overtaken)
        return ERR_EXISTS; // undone; the plan is made anew
    for (size_t t = 0; t < c->plan.count; t++)
        TRY(adopt_table(c, c->plan.tables[t]));
    if (c->arguments.bookmark)
        TRY(bookmark_advance(call, c->job, c->run_id));
    describe(c, row);
    return run_finish(call, row, "SUCCEEDED", S(""));
}

struct failure {
    struct conversion *conversion;
    const char *state;
    struct str text;
};
static enum err fail(struct call *call, void *context)
{
    struct failure *failure = context;
    struct conversion *c = failure->conversion;
    struct json *row;
    TRY(call_finish_task(call));
    enum err err = run_get(call, c->job, c->run_id, true, &row);
    if (err != OK)
        return err == ERR_CODED ? OK : err;
    bool stopping = str_is(json_str(row, "JobRunState"), "STOPPING");
    return run_finish(call, row, stopping ? "STOPPED" : failure->state,
                      stopping ? S("") : failure->text);
}

static enum err convert_and_adopt(struct conversion *c)
{
    for (int i = 0; i < ADOPTIONS_MAX; i++) {
        TRY(plan_and_convert(c));
        TRY(take_files(c));
        enum err err = call_transact(c->call, adopt, c);
        if (!c->overtaken)
            return err;
    }
    return error_set(&c->error, ERR_CONFLICT,
                     "other runs of the job adopted first, again and again");
}

enum err glue_run_job(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct arena *arena = call->arena;
    struct conversion c = {.call = call,
                           .job = json_str(in, "JobName"),
                           .run_id = json_str(in, "RunId"),
                           .scratches = json_array(arena)};
    enum err err = call_transact(call, begin, &c);
    if (err == OK && c.over)
        return OK;
    if (err == OK && !c.stopping)
        err = new_scratch(&c, &c.scratch);
    if (err == OK && !c.stopping)
        err = convert_and_adopt(&c);
    JSON_EACH (scratch, c.scratches)
        worker_scratch_remove(call->lake, str_cstr(arena, json_as_str(scratch)));
    if (err == OK && !c.stopping)
        return OK;
    // Cancelled by BatchStopJobRun, or because the server ends: then the task runs again.
    if (err == ERR_CANCELLED && (call_transact(call, begin, &c) != OK || !(c.stopping || c.over)))
        return ERR_CANCELLED;
    struct str text =
        str_of(err == ERR_CODED || !c.error.text[0] ? call->error.text : c.error.text);
    struct failure failure = {.conversion = &c,
                              .state = err == ERR_TIMEOUT ? "TIMEOUT" : "FAILED",
                              .text = str_dup(arena, text)};
    return call_transact(call, fail, &failure);
}
