// SPDX-License-Identifier: Apache-2.0
// Query executions: start, stop, look, list, watch.
//
// A statement is parsed when it is started, so that what is not SQL is refused at once, as Athena
// does; everything that needs the catalog is found out by the run.
#include "services/athena/athena.h"

#include "base/encode.h"
#include "base/digest.h"
#include "base/timefmt.h"
#include "lake/worker.h"

#define PAGE_DEFAULT 50
#define RUN_ATTEMPTS_MAX 3

struct key *query_key(struct call *call, struct key *key, struct str id)
{
    return key_str(key_str(key_start(key, KEYSPACE_ATHENA_EXECUTION), call->region), id);
}

static struct key *history_key(struct call *call, struct key *key, struct str group,
                               int64_t submitted_ms, struct str id)
{
    key_str(key_str(key_start(key, KEYSPACE_ATHENA_HISTORY), call->region), group);
    return key_str(key_i64(key, -submitted_ms), id); // newest first
}

static struct key *token_key(struct call *call, struct key *key, struct str token)
{
    return key_str(key_str(key_start(key, KEYSPACE_ATHENA_TOKEN), call->region), token);
}

enum err query_get(struct call *call, struct str id, bool lock, struct json **out_row)
{
    struct key key;
    query_key(call, &key, id);
    enum err err = lock ? tx_lock_json(call->tx, &key, call->arena, out_row)
                        : tx_get_json(call->tx, &key, call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, ATHENA_INVALID_REQUEST, "QueryExecution %.*s was not found", STR_ARG(id));
    return err;
}

enum err query_put(struct call *call, struct str id, const struct json *row)
{
    struct key key;
    return tx_put_json(call->tx, query_key(call, &key, id), row);
}

bool query_is_over(const struct json *row)
{
    struct str state = json_str(json_get(json_get(row, "QueryExecution"), "Status"), "State");
    return str_is(state, "SUCCEEDED") || str_is(state, "FAILED") || str_is(state, "CANCELLED");
}

static enum err tell(struct call *call, const struct json *watcher, struct json *execution)
{
    struct json *input = json_copy_shallow(call->arena, json_get(watcher, "input"));
    if (!json_is(input, JSON_OBJECT))
        input = json_object(call->arena);
    json_set(call->arena, input, "Result", execution);
    return call_operation(call, str_cstr(call->arena, json_str(watcher, "service")),
                          str_cstr(call->arena, json_str(watcher, "op")), input, NULL);
}

enum err query_set_state(struct call *call, struct str id, struct json *row, const char *state,
                         struct str reason)
{
    struct arena *arena = call->arena;
    struct json *execution = json_get(row, "QueryExecution"),
                *status = json_get(execution, "Status");
    json_set_str(arena, status, "State", str_of(state));
    if (reason.len)
        json_set_str(arena, status, "StateChangeReason", reason);
    if (query_is_over(row)) {
        json_set(arena, status, "CompletionDateTime", time_json(arena, call->now_ms));
        JSON_EACH (watcher, json_get(row, "Watchers"))
            TRY(tell(call, watcher, execution));
        json_remove(row, S("Watchers"));
    }
    return query_put(call, id, row);
}

// --- start

static struct str location_of(const struct json *holder)
{
    return json_str(json_get(holder, "ResultConfiguration"), "OutputLocation");
}

// The workgroup's when it enforces its settings, else the client's, else the workgroup's.
static enum err output_location(struct call *call, const struct json *in, const struct json *group,
                                struct str *out)
{
    const struct json *config = json_get(group, "Configuration");
    struct str own = location_of(config), given = location_of(in);
    bool enforced = json_bool_or(config, "EnforceWorkGroupConfiguration", false);
    *out = (enforced && own.len) || !given.len ? own : given;
    struct str bucket, prefix;
    if (!out->len)
        FAIL(call, ATHENA_INVALID_REQUEST,
             "No output location provided. An output location is required either through the "
             "Workgroup result configuration setting or as an API input.");
    if (s3_location(call->arena, *out, &bucket, &prefix) != OK)
        FAIL(call, ATHENA_INVALID_REQUEST, "outputLocation is not a valid S3 path.");
    return OK;
}

static struct json *new_execution(struct call *call, const struct json *in,
                                  const struct sql_statement *statement, struct str id,
                                  struct str group, struct str location)
{
    struct arena *arena = call->arena;
    struct json *execution = json_object(arena), *status = json_object(arena),
                *results = json_object(arena);
    const char *type = statement_type(statement->root->kind);
    json_set_str(arena, execution, "QueryExecutionId", id);
    json_set_str(arena, execution, "Query", json_str(in, "QueryString"));
    json_set_str(arena, execution, "StatementType", str_of(type));
    json_set_str(arena, execution, "SubstatementType",
                 str_of(ddl_substatement(statement->root->kind)));
    json_set_str(arena, results, "OutputLocation",
                 str_format(arena, "%.*s%s%.*s%s", STR_ARG(location),
                            str_ends(location, S("/")) ? "" : "/", STR_ARG(id),
                            str_is(S("DML"), type) ? ".csv" : ".txt"));
    json_set(arena, execution, "ResultConfiguration", results);
    struct json *context = json_get(in, "QueryExecutionContext");
    json_set(arena, execution, "QueryExecutionContext", context ? context : json_object(arena));
    json_set_str(arena, status, "State", S("QUEUED"));
    json_set(arena, status, "SubmissionDateTime", time_json(arena, call->now_ms));
    json_set(arena, execution, "Status", status);
    json_set(arena, execution, "Statistics", json_object(arena));
    json_set_str(arena, execution, "WorkGroup", group);
    struct json *version = json_object(arena);
    json_set_str(arena, version, "SelectedEngineVersion", S("AUTO"));
    json_set_str(arena, version, "EffectiveEngineVersion", S("Athena engine version 3"));
    json_set(arena, execution, "EngineVersion", version);
    json_set(arena, execution, "ExecutionParameters", json_get(in, "ExecutionParameters"));
    return execution;
}

// The same token and request answer with the first execution; another request under it is refused.
static enum err check_token(struct call *call, const struct json *in, struct str *out_id)
{
    struct key key;
    struct json *known;
    *out_id = STR_NONE;
    struct str token = json_str(in, "ClientRequestToken"),
               hash = digest_hex(call->arena, DIGEST_SHA256, json_str(in, "QueryString"));
    if (!token.len)
        return OK;
    enum err err = tx_lock_json(call->tx, token_key(call, &key, token), call->arena, &known);
    if (err == ERR_NOT_FOUND)
        return OK;
    TRY(err);
    if (!str_eq(json_str(known, "query"), hash))
        FAIL(call, ATHENA_INVALID_REQUEST, "Idempotent parameters do not match");
    *out_id = json_str(known, "id");
    return OK;
}

static enum err remember_token(struct call *call, const struct json *in, struct str id)
{
    struct key key;
    struct str token = json_str(in, "ClientRequestToken");
    if (!token.len)
        return OK;
    struct json *row = json_object(call->arena);
    json_set_str(call->arena, row, "id", id);
    json_set_str(call->arena, row, "query",
                 digest_hex(call->arena, DIGEST_SHA256, json_str(in, "QueryString")));
    return tx_put_json(call->tx, token_key(call, &key, token), row);
}

static enum err add_run(struct call *call, struct str id)
{
    struct json *input = json_object(call->arena), *failure = json_object(call->arena);
    json_set_str(call->arena, input, "QueryExecutionId", id);
    json_set_str(call->arena, failure, "service", S("athena"));
    json_set_str(call->arena, failure, "op", S("FailQuery"));
    json_set(call->arena, failure, "input", input);
    struct task task = {.due_ms = call->now_ms,
                        .name = str_format(call->arena, "athena/%.*s", STR_ARG(id)),
                        .service = S("athena"),
                        .op = S("RunQuery"),
                        .input = input,
                        .attempts_max = RUN_ATTEMPTS_MAX,
                        .backoff_ms = 200,
                        .on_failure = failure};
    return call_later(call, &task);
}

enum err athena_start_query_execution(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str group_name = json_str_or(in, "WorkGroup", S("primary")), location, id;
    struct json *group, *row = json_object(arena);
    struct sql_statement statement = {0};
    struct error error = {0};
    struct key key;
    *out = json_object(arena);
    TRY(check_token(call, in, &id));
    if (id.len) {
        json_set_str(arena, *out, "QueryExecutionId", id);
        return OK;
    }
    TRY(workgroup_get(call, group_name, &group));
    if (str_is(json_str(group, "State"), "DISABLED"))
        FAIL(call, ATHENA_INVALID_REQUEST, "WorkGroup %.*s is disabled", STR_ARG(group_name));
    TRY(output_location(call, in, group, &location));
    if (sql_parse(arena, json_str(in, "QueryString"), &statement, &error) != OK) {
        struct str text = str_of(error.text);
        bool prefixed = str_starts(text, S("SYNTAX_ERROR: "));
        call->error_members =
            json_set_str(arena, json_object(arena), "AthenaErrorCode", S("MALFORMED_QUERY"));
        FAIL(call, ATHENA_INVALID_REQUEST, "%s", error.text + (prefixed ? 14 : 0));
    }
    id = call_uuid(call);
    json_set(arena, row, "QueryExecution",
             new_execution(call, in, &statement, id, group_name, location));
    TRY(query_put(call, id, row));
    TRY(tx_put(call->tx, history_key(call, &key, group_name, call->now_ms, id), S("")));
    TRY(remember_token(call, in, id));
    TRY(add_run(call, id));
    json_set_str(arena, *out, "QueryExecutionId", id);
    return OK;
}

// --- stop

struct stop {
    struct lake *lake;
    struct str key; // in the call's arena
};

static void stop_worker(void *context)
{
    struct stop *stop = context;
    worker_cancel(stop->lake, stop->key);
}

enum err athena_stop_query_execution(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    struct str id = json_str(in, "QueryExecutionId");
    TRY(query_get(call, id, true, &row));
    *out = json_object(call->arena);
    if (query_is_over(row))
        return OK;
    struct stop stop = {call->lake, str_format(call->arena, "athena/%.*s", STR_ARG(id))};
    TRY(call_cancel(call, stop.key));
    tx_after_commit(call->tx, stop_worker, &stop, sizeof stop);
    return query_set_state(call, id, row, "CANCELLED", S("Query cancelled by user"));
}

// The run could not be carried out at all, for a reason that is not the query's.
enum err athena_fail_query(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    struct str id = json_str(in, "QueryExecutionId"),
               why = json_str(json_get(in, "error"), "Message");
    *out = json_object(call->arena);
    TRY(query_get(call, id, true, &row));
    if (query_is_over(row))
        return OK;
    return query_set_state(call, id, row, "FAILED",
                           str_format(call->arena, "GENERIC_INTERNAL_ERROR: %.*s", STR_ARG(why)));
}

// --- look

enum err athena_get_query_execution(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(query_get(call, json_str(in, "QueryExecutionId"), false, &row));
    *out = json_set(call->arena, json_object(call->arena), "QueryExecution",
                    json_get(row, "QueryExecution"));
    return OK;
}

enum err athena_batch_get_query_execution(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct arena *arena = call->arena;
    struct json *found = json_array(arena), *missing = json_array(arena);
    JSON_EACH (id, json_get(in, "QueryExecutionIds")) {
        struct json *row;
        struct key key;
        enum err err = tx_get_json(call->tx, query_key(call, &key, id->text), arena, &row);
        if (err == OK) {
            json_push(arena, found, json_get(row, "QueryExecution"));
        } else if (err == ERR_NOT_FOUND) {
            struct json *entry = json_object(arena);
            json_set_str(arena, entry, "QueryExecutionId", id->text);
            json_set_str(arena, entry, "ErrorCode", S("INVALID_INPUT"));
            json_set(arena, entry, "ErrorMessage",
                     json_stringf(arena, "QueryExecution %.*s was not found", STR_ARG(id->text)));
            json_push(arena, missing, entry);
        } else {
            return err;
        }
    }
    *out = json_set(arena, json_object(arena), "QueryExecutions", found);
    json_set(arena, *out, "UnprocessedQueryExecutionIds", missing);
    return OK;
}

enum err athena_list_query_executions(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct key prefix, from;
    struct str group = json_str_or(in, "WorkGroup", S("primary")), position = STR_NONE, raw, value;
    int64_t left = json_i64_or(in, "MaxResults", PAGE_DEFAULT);
    struct json *ids = json_array(arena), *ignored;
    TRY(workgroup_get(call, group, &ignored));
    if (json_has(in, "NextToken") &&
        page_position(call, json_str(in, "NextToken"), &position) != OK)
        FAIL(call, ATHENA_INVALID_REQUEST, "Malformed next token");
    key_str(key_str(key_start(&prefix, KEYSPACE_ATHENA_HISTORY), call->region), group);
    *out = json_set(arena, json_object(arena), "QueryExecutionIds", ids);
    if (position.len)
        key_raw(key_str(key_str(key_start(&from, KEYSPACE_ATHENA_HISTORY), call->region), group),
                position);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        struct cursor cursor = key_cursor(raw);
        key_take_str(&cursor, arena);
        key_take_str(&cursor, arena);
        struct str rest = str_dup(arena, str_n(cursor.ptr, cursor_left(&cursor)));
        key_take_i64(&cursor);
        struct str id = key_take_str(&cursor, arena);
        if (left-- <= 0) {
            json_set_str(arena, *out, "NextToken", page_token(call, rest));
            break;
        }
        json_push(arena, ids, json_string(arena, id));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err athena_get_query_runtime_statistics(struct call *call, const struct json *in,
                                             struct json **out)
{
    struct arena *arena = call->arena;
    struct json *row, *all = json_object(arena), *timeline = json_object(arena),
                      *rows = json_object(arena);
    TRY(query_get(call, json_str(in, "QueryExecutionId"), false, &row));
    const struct json *statistics = json_get(json_get(row, "QueryExecution"), "Statistics");
    static const char *const NAMES[] = {
        "QueryQueueTimeInMillis", "QueryPlanningTimeInMillis", "EngineExecutionTimeInMillis",
        "ServiceProcessingTimeInMillis", "TotalExecutionTimeInMillis"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        json_set(arena, timeline, NAMES[i], json_get(statistics, NAMES[i]));
    json_set(arena, rows, "InputBytes", json_get(statistics, "DataScannedInBytes"));
    json_set(arena, rows, "OutputRows", json_get(row, "Rows"));
    json_set(arena, rows, "OutputBytes", json_get(row, "Bytes"));
    json_set(arena, all, "Timeline", timeline);
    json_set(arena, all, "Rows", rows);
    *out = json_set(arena, json_object(arena), "QueryRuntimeStatistics", all);
    return OK;
}

// OnDone runs in the transaction that ends the execution, or now when it has ended.
enum err athena_watch_query_execution(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    struct str id = json_str(in, "QueryExecutionId");
    TRY(query_get(call, id, true, &row));
    *out = json_object(call->arena);
    if (query_is_over(row))
        return tell(call, json_get(in, "OnDone"), json_get(row, "QueryExecution"));
    struct json *watchers = json_get(row, "Watchers");
    if (!watchers)
        json_set(call->arena, row, "Watchers", watchers = json_array(call->arena));
    json_push(call->arena, watchers, json_get(in, "OnDone"));
    return query_put(call, id, row);
}
