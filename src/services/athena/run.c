// SPDX-License-Identifier: Apache-2.0
// RunQuery, the job: prepare (one transaction), compute (a worker process, no transaction), finish
// (one transaction).
//
// Preparing marks the execution RUNNING, resolves tables and pins their files. DDL is done while
// preparing and finished there: its effects, its result and its status are one transaction. A crash
// at any point leaves the task in the queue: the run starts over, and nothing it did before can be
// seen twice.
#include "services/athena/athena.h"

#include "base/timefmt.h"
#include "lake/worker.h"
#include "os/file.h"

#define QUERY_TIMEOUT_MS (30 * 60 * 1000)

struct run {
    struct str id;
    char *inputs, *outputs; // scratch folders: what is read, what is written
    struct json *input;     // of the worker; NULL when the run is finished
    uint64_t scanned_bytes;
    int64_t start_us, prepared_us, computed_us;
    // what came of it
    struct json *result;
    enum err err;
    struct error error;
};

// --- the end

// DuckDB's words as Athena's: its own codes pass, kinds of error get Trino's names, and only the
// first line is for clients.
// What is wrong with a file is said without the folder in which the query saw it.
static struct str reason_of(struct call *call, const struct run *run, enum err err, struct str text)
{
    static const struct {
        const char *duckdb, *code;
    } KINDS[] = {
        {"Invalid Input Error: ", ""},
        {"Conversion Error: ", "INVALID_CAST_ARGUMENT"},
        {"Out of Range Error: ", "NUMERIC_VALUE_OUT_OF_RANGE"},
        {"Binder Error: ", "SYNTAX_ERROR"},
        {"Catalog Error: ", "SYNTAX_ERROR"},
        {"Parser Error: ", "SYNTAX_ERROR"},
        {"Not implemented Error: ", "NOT_SUPPORTED"},
    };
    size_t line = str_find_char(text, '\n');
    text = line == STR_NPOS ? text : str_slice(text, 0, line);
    if (err == ERR_TIMEOUT)
        return S("Query timeout");
    if (err == ERR_LIMIT && !str_contains(text, S("_")))
        return str_format(call->arena,
                          "EXCEEDED_LOCAL_MEMORY_LIMIT: Query exhausted resources: %.*s",
                          STR_ARG(text));
    bool about_file = run->inputs && str_contains(text, str_of(run->inputs));
    if (about_file)
        text = str_replace(call->arena, text, str_format(call->arena, "%s/", run->inputs), S(""));
    const char *code = "GENERIC_INTERNAL_ERROR";
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++)
        if (str_starts(text, str_of(KINDS[i].duckdb))) {
            text = str_from(text, str_of(KINDS[i].duckdb).len);
            code = KINDS[i].code[0] ? KINDS[i].code
                   : about_file     ? "HIVE_BAD_DATA"
                                    : "INVALID_FUNCTION_ARGUMENT";
            break;
        }
    size_t colon = str_find_char(text, ':');
    bool has_code = colon != STR_NPOS && colon > 3;
    for (size_t i = 0; has_code && i < colon; i++)
        has_code = (text.ptr[i] >= 'A' && text.ptr[i] <= 'Z') || text.ptr[i] == '_';
    return has_code || str_starts(text, S("FAILED: "))
               ? str_dup(call->arena, text)
               : str_format(call->arena, "%s: %.*s", code, STR_ARG(text));
}

// Types as Athena's error catalog numbers them: 1000 the user's error, 1003 a DDL task, 206 a
// timeout, 0 resources, 200 the engine.
static struct json *athena_error(struct call *call, enum err err, struct str reason)
{
    struct json *error = json_object(call->arena);
    int64_t type = err == ERR_TIMEOUT                                ? 206
                   : err == ERR_LIMIT                                ? 0
                   : str_starts(reason, S("FAILED: "))               ? 1003
                   : str_starts(reason, S("GENERIC_INTERNAL_ERROR")) ? 200
                   : str_starts(reason, S("HIVE_"))                  ? 1001
                                                                     : 1000;
    json_set_i64(call->arena, error, "ErrorCategory", type >= 1000 ? 2 : 1);
    json_set_i64(call->arena, error, "ErrorType", type);
    json_set_bool(call->arena, error, "Retryable", false);
    json_set_str(call->arena, error, "ErrorMessage", reason);
    return error;
}

static void set_statistics(struct call *call, const struct run *run, struct json *row)
{
    struct arena *arena = call->arena;
    struct json *statistics = json_object(arena), *execution = json_get(row, "QueryExecution");
    int64_t now_us = clock_mono_us(lake_clock(call->lake)), submitted_ms = call->now_ms;
    if (!time_from_json(json_get(json_get(execution, "Status"), "SubmissionDateTime"),
                        &submitted_ms))
        submitted_ms = call->now_ms;
    int64_t total = (now_us - run->start_us) / 1000,
            planning = (run->prepared_us - run->start_us) / 1000;
    int64_t engine = run->computed_us ? (run->computed_us - run->prepared_us) / 1000 : 0;
    json_set_i64(arena, statistics, "EngineExecutionTimeInMillis", engine > 0 ? engine : total);
    json_set_i64(arena, statistics, "DataScannedInBytes", (int64_t)run->scanned_bytes);
    json_set_i64(arena, statistics, "TotalExecutionTimeInMillis", total);
    json_set_i64(arena, statistics, "QueryQueueTimeInMillis", 0);
    json_set_i64(arena, statistics, "ServicePreProcessingTimeInMillis", 0);
    json_set_i64(arena, statistics, "QueryPlanningTimeInMillis", planning);
    json_set_i64(arena, statistics, "ServiceProcessingTimeInMillis", 0);
    json_set(arena, statistics, "ResultReuseInformation",
             json_set_bool(arena, json_object(arena), "ReusedPreviousResult", false));
    json_set(arena, execution, "Statistics", statistics);
}

static enum err adopt(struct call *call, struct str bucket, struct str key, const char *path,
                      const char *type, struct error *error)
{
    struct blob blob;
    struct json *input = json_object(call->arena), *ignored;
    TRY(blob_adopt_file(lake_store(call->lake), path, &blob, error));
    json_set_str(call->arena, input, "Bucket", bucket);
    json_set_str(call->arena, input, "Key", key);
    json_set(call->arena, input, "Blob", blob_to_json(call->arena, &blob));
    json_set_str(call->arena, input, "ContentType", str_of(type));
    enum err err = call_operation(call, "s3", "AdoptBlob", input, &ignored);
    if (err == ERR_CODED)
        return error_set(error, ERR_INVALID, "Unable to write the result to s3://%.*s/%.*s: %s",
                         STR_ARG(bucket), STR_ARG(key), call->error.text);
    return err;
}

// Makes the result's objects: the file, and beside it what its columns are.
static enum err adopt_results(struct call *call, struct run *run, struct json *row,
                              const char *file, struct error *error)
{
    struct arena *arena = call->arena;
    struct str location = json_str(json_get(json_get(row, "QueryExecution"), "ResultConfiguration"),
                                   "OutputLocation"),
               bucket, key;
    struct str rest = str_from(location, 5);
    if (!str_cut(&rest, '/', &bucket))
        return error_set(error, ERR_INVALID, "outputLocation is not a valid S3 path.");
    key = rest;
    TRY(adopt(call, bucket, key, file,
              str_ends(key, S(".csv")) ? "application/octet-stream" : "text/plain", error));
    const char *metadata = str_cstr(arena, str_format(arena, "%s/metadata", run->outputs));
    struct json *description =
        json_set(arena, json_object(arena), "ColumnInfo", json_get(row, "Columns"));
    TRY(file_write_atomic(metadata, json_text(arena, description), 0600, error));
    return adopt(call, bucket, str_format(arena, "%.*s.metadata", STR_ARG(key)), metadata,
                 "application/octet-stream", error);
}

static struct json *column_infos(struct call *call, const struct json *columns)
{
    struct arena *arena = call->arena;
    struct json *infos = json_array(arena);
    JSON_EACH (column, columns) {
        struct json *info = json_object(arena);
        struct str type = json_str_or(column, "type", S("varchar"));
        json_set_str(arena, info, "CatalogName", S("hive"));
        json_set_str(arena, info, "SchemaName", S(""));
        json_set_str(arena, info, "TableName", S(""));
        json_set_str(arena, info, "Name", json_str(column, "name"));
        json_set_str(arena, info, "Label", json_str(column, "name"));
        json_set_str(arena, info, "Type", type);
        json_set_i64(arena, info, "Precision", json_i64_or(column, "precision", 0));
        json_set_i64(arena, info, "Scale", json_i64_or(column, "scale", 0));
        json_set_str(arena, info, "Nullable", S("UNKNOWN"));
        json_set_bool(arena, info, "CaseSensitive", str_is(type, "varchar"));
        json_push(arena, infos, info);
    }
    return infos;
}

static enum err end(struct call *call, struct run *run, struct json *row, enum err err,
                    struct str text)
{
    set_statistics(call, run, row);
    if (err == OK)
        return query_set_state(call, run->id, row, "SUCCEEDED", STR_NONE);
    struct str reason = reason_of(call, run, err, text);
    json_set(call->arena, json_get(json_get(row, "QueryExecution"), "Status"), "AthenaError",
             athena_error(call, err, reason));
    return query_set_state(call, run->id, row, "FAILED", reason);
}

// Errors that are not about this query: they go to the runner, which tries again.
static bool is_ours(enum err err)
{
    return err == ERR_CONFLICT || err == ERR_CANCELLED || err == ERR_CORRUPT || err == ERR_PARKED;
}

static enum err finish(struct call *call, void *context)
{
    struct run *run = context;
    struct json *row;
    struct arena *arena = call->arena;
    TRY(query_get(call, run->id, true, &row));
    TRY(call_finish_task(call));
    if (query_is_over(row))
        return OK;
    enum err err = run->err;
    struct error error = run->error;
    if (err == OK) {
        json_set(arena, row, "Columns", column_infos(call, json_get(run->result, "columns")));
        json_set(arena, row, "Rows", json_get(run->result, "rows"));
        json_set(arena, row, "Bytes", json_get(run->result, "bytes"));
        const char *file = str_cstr(arena, str_format(arena, "%s/result.csv", run->outputs));
        err = adopt_results(call, run, row, file, &error);
        if (is_ours(err))
            return err;
    }
    return end(call, run, row, err, str_of(error.text));
}

// --- preparing

static enum err prepare_query(struct call *call, struct run *run, const struct json *execution,
                              const struct sql_statement *statement, struct str database,
                              struct error *error)
{
    struct arena *arena = call->arena;
    const struct json *given = json_get(execution, "ExecutionParameters");
    struct str *parameters = ARENA_ARRAY(arena, struct str, json_count(given) + 1);
    struct query_tables tables = {.call = call,
                                  .folder = run->inputs,
                                  .views = json_array(arena),
                                  .json_sources = json_array(arena),
                                  .seen = json_object(arena)};
    struct sql_catalog catalog = {.find_table = query_tables_find,
                                  .context = &tables,
                                  .database = database,
                                  .parameters = parameters,
                                  .parameter_count = json_count(given)};
    struct str sql;
    for (size_t i = 0; i < json_count(given); i++)
        parameters[i] = json_as_str(json_at(given, i));
    if (json_count(given) != statement->parameter_count)
        return error_set(error, ERR_INVALID,
                         "INVALID_PARAMETER_USAGE: line 1:1: Incorrect number of parameters: "
                         "expected %zu but found %zu",
                         statement->parameter_count, json_count(given));
    TRY(sql_translate(arena, statement->root, &catalog, &sql, error));
    struct json *input = json_object(arena);
    json_set_str(arena, input, "sql", sql);
    json_set(arena, input, "tables", tables.views);
    json_set(arena, input, "json_sources", tables.json_sources);
    json_set_str(arena, input, "output", S("result.csv"));
    run->input = input;
    run->scanned_bytes = tables.bytes;
    return OK;
}

static enum err run_ddl(struct call *call, struct run *run, struct json *row,
                        const struct sql_statement *statement, struct str database,
                        struct error *error)
{
    struct arena *arena = call->arena;
    struct ddl_result result = {.text = buf_in(arena, BUF_MAX_DEFAULT),
                                .columns = json_array(arena)};
    TRY(ddl_run(call, statement, database, &result, error));
    json_set(arena, row, "Columns", column_infos(call, result.columns));
    const char *file = str_cstr(arena, str_format(arena, "%s/result.txt", run->outputs));
    TRY(file_write_atomic(file, buf_str(&result.text), 0600, error));
    return adopt_results(call, run, row, file, error);
}

static enum err fresh_folder(struct call *call, char **folder)
{
    if (*folder)
        worker_scratch_remove(call->lake, *folder);
    *folder = NULL;
    return worker_scratch(call->lake, call->arena, folder, &call->error);
}

static enum err prepare(struct call *call, void *context)
{
    struct run *run = context;
    struct json *row;
    struct sql_statement statement = {0};
    struct error error = {0};
    TRY(query_get(call, run->id, true, &row));
    run->input = NULL;
    if (query_is_over(row))
        return call_finish_task(call);
    TRY(fresh_folder(call, &run->inputs)); // a second attempt starts over
    TRY(fresh_folder(call, &run->outputs));
    const struct json *execution = json_get(row, "QueryExecution");
    struct str database =
        str_lower(call->arena, json_str(json_get(execution, "QueryExecutionContext"), "Database"));
    enum err err = sql_parse(call->arena, json_str(execution, "Query"), &statement, &error);
    bool query = err == OK && statement.root->kind == SQL_QUERY;
    if (query)
        err = prepare_query(call, run, execution, &statement, database, &error);
    else if (err == OK)
        err = run_ddl(call, run, row, &statement, database, &error);
    if (is_ours(err))
        return err;
    run->prepared_us = clock_mono_us(lake_clock(call->lake));
    if (query && err == OK)
        return query_set_state(call, run->id, row, "RUNNING", STR_NONE);
    TRY(call_finish_task(call));
    return end(call, run, row, err, str_of(error.text));
}

static void compute(struct call *call, struct run *run)
{
    const char *read_paths[] = {run->inputs, NULL};
    struct worker_job job = {
        .kind = "query",
        .input = run->input,
        .read_paths = read_paths,
        .scratch = run->outputs,
        .timeout_ms = QUERY_TIMEOUT_MS,
        .cancel_key = str_format(call->arena, "athena/%.*s", STR_ARG(run->id)),
    };
    run->err = worker_run(call->lake, &job, call->arena, &run->result, &run->error);
    run->computed_us = clock_mono_us(lake_clock(call->lake));
}

enum err athena_run_query(struct call *call, const struct json *in, struct json **out)
{
    struct run run = {.id = json_str(in, "QueryExecutionId"),
                      .start_us = clock_mono_us(lake_clock(call->lake))};
    *out = json_object(call->arena);
    enum err err = call_transact(call, prepare, &run);
    if (err == OK && run.input) {
        compute(call, &run);
        // Cancelled by StopQueryExecution, and then over; or by a server that stops, and then run
        // again.
        err = run.err == ERR_CANCELLED ? ERR_CANCELLED : call_transact(call, finish, &run);
    }
    if (run.inputs)
        worker_scratch_remove(call->lake, run.inputs);
    if (run.outputs)
        worker_scratch_remove(call->lake, run.outputs);
    return err;
}
