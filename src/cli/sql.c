// SPDX-License-Identifier: Apache-2.0
// tarn sql: one query through Athena, its result on standard output.
#include "cli/commands.h"

#include "cli/progress.h"
#include "os/thread.h"

#include <stdio.h>
#include <string.h>

const char SQL_HELP[] =
    "tarn sql [options] \"SELECT ...\"\n"
    "\n"
    "Runs a query through Athena and prints its result. Without a query it is read from standard "
    "input.\n"
    "\n"
    "  --database NAME   (default analytics)\n"
    "  --workgroup NAME  (default lake)\n"
    "  --output FORM     table, json or csv (default table)\n" CLIENT_OPTION_HELP;

#define SQL_BYTES_MAX 262144 // Athena's limit

void pause_ms(int64_t ms)
{
    thread_pause_us((uint64_t)ms * 1000);
}

static enum err wait_until_done(struct client *client, const struct json *ask,
                                struct json **out_execution)
{
    struct json *reply;
    for (int64_t wait_ms = 2;; wait_ms = wait_ms < 200 ? wait_ms * 2 : 200) {
        TRY(client_json(client, "athena", "AmazonAthena.GetQueryExecution", ask, &reply));
        const struct json *execution = json_get(reply, "QueryExecution"),
                          *status = json_get(execution, "Status");
        struct str state = json_str(status, "State");
        if (str_is(state, "SUCCEEDED")) {
            *out_execution = (struct json *)execution;
            return OK;
        }
        if (str_is(state, "FAILED") || str_is(state, "CANCELLED")) {
            client->code = state;
            struct str reason = json_str(status, "StateChangeReason");
            return error_set(&client->error, ERR_CODED, "%.*s", STR_ARG(reason));
        }
        pause_ms(wait_ms);
    }
}

static void take_columns(struct client *client, const struct json *metadata,
                         struct query_result *out)
{
    const struct json *info = json_get(metadata, "ColumnInfo");
    const char **names = ARENA_ARRAY(client->arena, const char *, json_count(info) + 1);
    for (size_t i = 0; i < json_count(info); i++)
        names[i] = str_cstr(client->arena, json_str(json_at(info, i), "Name"));
    out->columns = names;
}

static void take_rows(struct client *client, const struct json *rows, size_t skip,
                      struct query_result *out)
{
    size_t columns = 0;
    while (out->columns[columns])
        columns++;
    for (size_t r = skip; r < json_count(rows); r++) {
        const struct json *data = json_get(json_at(rows, r), "Data");
        struct str *row = ARENA_ARRAY(client->arena, struct str, columns + 1);
        for (size_t c = 0; c < columns; c++)
            row[c] = json_str(json_at(data, c), "VarCharValue");
        *ARENA_PUSH(client->arena, out->rows, out->count, out->capacity) = row;
    }
}

enum err query_run(struct client *client, const struct query *query, struct query_result *out)
{
    struct arena *arena = client->arena;
    struct json *input = json_object(arena), *reply, *execution = NULL;
    json_set_str(arena, input, "QueryString", str_of(query->sql));
    json_set_str(arena, input, "WorkGroup", str_of(query->workgroup));
    json_set(arena, input, "QueryExecutionContext",
             json_set_str(arena, json_object(arena), "Database", str_of(query->database)));
    TRY(client_json(client, "athena", "AmazonAthena.StartQueryExecution", input, &reply));
    struct json *ask = json_set(arena, json_object(arena), "QueryExecutionId",
                                json_get(reply, "QueryExecutionId"));
    TRY(wait_until_done(client, ask, &execution));

    *out = (struct query_result){0};
    const struct json *statistics = json_get(execution, "Statistics");
    out->took_ms = json_i64_or(statistics, "TotalExecutionTimeInMillis",
                               json_i64_or(statistics, "EngineExecutionTimeInMillis", 0));
    out->scanned_bytes = json_i64_or(statistics, "DataScannedInBytes", 0);
    bool has_header =
        str_is(json_str(execution, "StatementType"), "DML"); // its first row holds the column names
    do {
        TRY(client_json(client, "athena", "AmazonAthena.GetQueryResults", ask, &reply));
        const struct json *set = json_get(reply, "ResultSet");
        bool first = !out->columns;
        if (first)
            take_columns(client, json_get(set, "ResultSetMetadata"), out);
        take_rows(client, json_get(set, "Rows"), first && has_header ? 1 : 0, out);
        json_set(arena, ask, "NextToken", json_get(reply, "NextToken"));
    } while (json_has(reply, "NextToken"));
    return OK;
}

static const char *read_stdin(struct arena *arena)
{
    struct buf text = buf_in(arena, SQL_BYTES_MAX);
    char piece[4096];
    for (size_t len; (len = fread(piece, 1, sizeof piece, stdin)) > 0;)
        buf_put_bytes(&text, piece, len);
    return str_cstr(arena, buf_str(&text));
}

static int run(struct arena *arena, const struct client_options *options, const struct query *query,
               enum table_form form)
{
    struct client client;
    struct query_result result;
    enum err err = client_open(arena, options, &client);
    if (err == OK)
        err = query_run(&client, query, &result);
    int status = err == OK ? CLI_DONE : client_explain(&client);
    if (err == OK) {
        struct table_view table = {
            .arena = arena, .columns = result.columns, .rows = result.rows, .count = result.count};
        table_view_print(&table, form, stdout);
        if (terminal_err())
            fprintf(stderr, "%zu rows, %lld ms, %.1f MB read\n", result.count,
                    (long long)result.took_ms, (double)result.scanned_bytes / 1e6);
    }
    client_close(&client);
    return status;
}

int sql_main(int argc, char **argv)
{
    struct client_options options = {0};
    struct query query = {.workgroup = "lake", .database = "analytics"};
    const char *output = "table";
    enum table_form form;
    int rest;
    const struct option_row rows[] = {
        CLIENT_OPTION_ROWS(&options),
        {"--database", NULL, OPTION_TEXT, &query.database},
        {"--workgroup", NULL, OPTION_TEXT, &query.workgroup},
        {"--output", NULL, OPTION_TEXT, &output},
        {0},
    };
    if (!cli_options("sql", rows, argc, argv, &rest) || !table_form_parse(output, &form))
        return CLI_USAGE;
    if (argc - rest > 1) {
        cli_fail("sql: one query, in quotes; see tarn sql --help");
        return CLI_USAGE;
    }
    struct arena arena;
    arena_init(&arena);
    query.sql = rest < argc ? argv[rest] : read_stdin(&arena);
    int status = run(&arena, &options, &query, form);
    arena_deinit(&arena);
    return status;
}
