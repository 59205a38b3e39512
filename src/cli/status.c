// SPDX-License-Identifier: Apache-2.0
// tarn status: what the lake is doing - its jobs, its queues, its tables.
#include "cli/commands.h"

#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>

const char STATUS_HELP[] =
    "tarn status [options]\n"
    "\n"
    "Shows the lake's latest jobs, the messages that wait in its queues, and its tables.\n"
    "\n"
    "  --watch          show it again every second until interrupted\n"
    "  --jobs N         how many jobs, newest first (default 12)\n"
    "  --lake NAME      the deployed lake's name (default lake)\n"
    "  --output FORM    table, or json or csv for the jobs alone (default "
    "table)\n" CLIENT_OPTION_HELP;

static const char *const JOB_COLUMNS[] = {"started",     "workflow", "status", "files", "records",
                                          "quarantined", "source",   "error",  NULL};
static const char *const JOB_ATTRIBUTES[] = {"started_at", "workflow",    "status", "files",
                                             "records",    "quarantined", "source", "error"};
#define JOB_ATTRIBUTE_COUNT (sizeof JOB_ATTRIBUTES / sizeof *JOB_ATTRIBUTES)

// An attribute's text, whatever its type.
static struct str attribute(const struct json *item, const char *name)
{
    const struct json *value = json_get(item, name);
    return json_count(value) ? json_as_str(value->members[0].value) : STR_NONE;
}

static int newest_first(const void *a, const void *b)
{
    return str_cmp(((struct str *const *)b)[0][0], ((struct str *const *)a)[0][0]);
}

static enum err read_jobs(struct client *client, const char *lake, struct table_view *table)
{
    struct arena *arena = client->arena;
    struct json *ask = json_set_str(arena, json_object(arena), "TableName",
                                    str_format(arena, "%s-job-status", lake)),
                *reply;
    *table = table_view_new(arena, JOB_COLUMNS);
    do {
        TRY(client_json(client, "dynamodb", "DynamoDB_20120810.Scan", ask, &reply));
        JSON_EACH(item, json_get(reply, "Items"))
        {
            struct str *row = table_view_add(table);
            for (size_t i = 0; i < JOB_ATTRIBUTE_COUNT; i++)
                row[i] = attribute(item, JOB_ATTRIBUTES[i]);
        }
        json_set(arena, ask, "ExclusiveStartKey", json_get(reply, "LastEvaluatedKey"));
    } while (json_has(reply, "LastEvaluatedKey"));
    if (table->count)
        qsort(table->rows, table->count, sizeof *table->rows, newest_first);
    return OK;
}

static enum err print_queues(struct client *client, const char *lake)
{
    static const char *const QUEUES[] = {"raw-events", "stage-events", "raw-events-dlq",
                                         "stage-events-dlq"};
    static const char *const COLUMNS[] = {"queue", "waiting", "in flight", NULL};
    struct arena *arena = client->arena;
    struct table_view table = table_view_new(arena, COLUMNS);
    for (size_t i = 0; i < sizeof QUEUES / sizeof *QUEUES; i++) {
        struct json *url, *reply,
            *names = json_push(arena, json_array(arena), json_string(arena, S("All")));
        struct str name = str_format(arena, "%s-%s", lake, QUEUES[i]);
        TRY(client_json(client, "sqs", "AmazonSQS.GetQueueUrl",
                        json_set_str(arena, json_object(arena), "QueueName", name), &url));
        struct json *ask =
            json_set(arena, json_object(arena), "QueueUrl", json_get(url, "QueueUrl"));
        TRY(client_json(client, "sqs", "AmazonSQS.GetQueueAttributes",
                        json_set(arena, ask, "AttributeNames", names), &reply));
        const struct json *attributes = json_get(reply, "Attributes");
        struct str *row = table_view_add(&table);
        row[0] = name;
        row[1] = json_str(attributes, "ApproximateNumberOfMessages");
        row[2] = json_str(attributes, "ApproximateNumberOfMessagesNotVisible");
    }
    table_view_print(&table, TABLE_ALIGNED, stdout);
    return OK;
}

static enum err print_tables(struct client *client)
{
    static const char *const COLUMNS[] = {"table", "columns", "files", "records", "crawler", NULL};
    struct arena *arena = client->arena;
    struct table_view table = table_view_new(arena, COLUMNS);
    struct json *reply,
        *ask = json_set_str(arena, json_object(arena), "DatabaseName", S("analytics"));
    TRY(client_json(client, "glue", "AWSGlue.GetTables", ask, &reply));
    JSON_EACH(one, json_get(reply, "TableList"))
    {
        const struct json *parameters = json_get(one, "Parameters");
        struct str *row = table_view_add(&table);
        row[0] = str_format(arena, "analytics.%.*s", STR_ARG(json_str(one, "Name")));
        row[1] = str_format(arena, "%zu",
                            json_count(json_get(json_get(one, "StorageDescriptor"), "Columns")));
        row[2] = json_str(parameters, "objectCount");
        row[3] = json_str(parameters, "recordCount");
        row[4] = json_str(parameters, "UPDATED_BY_CRAWLER");
    }
    table_view_print(&table, TABLE_ALIGNED, stdout);
    return OK;
}

static enum err show(struct client *client, const char *lake, size_t jobs_max, enum table_form form)
{
    struct table_view jobs;
    TRY(read_jobs(client, lake, &jobs));
    jobs.count = jobs.count < jobs_max ? jobs.count : jobs_max;
    table_view_print(&jobs, form, stdout);
    if (form != TABLE_ALIGNED)
        return OK;
    putchar('\n');
    TRY(print_queues(client, lake));
    putchar('\n');
    return print_tables(client);
}

static int run(const struct client_options *options, const char *lake, size_t jobs_max,
               enum table_form form, bool watch)
{
    for (;;) {
        struct arena arena;
        struct client client;
        arena_init(&arena);
        enum err err = client_open(&arena, options, &client);
        if (watch && terminal_out())
            fputs("\033[H\033[2J", stdout);
        if (err == OK)
            err = show(&client, lake, jobs_max, form);
        int status = err == OK ? CLI_DONE : client_explain(&client);
        client_close(&client);
        arena_deinit(&arena);
        if (!watch || status != CLI_DONE)
            return status;
        fflush(stdout);
        pause_ms(1000);
    }
}

int status_main(int argc, char **argv)
{
    struct client_options options = {0};
    const char *lake = "lake", *output = "table", *jobs = "12";
    bool watch = false;
    enum table_form form;
    uint64_t jobs_max;
    int rest;
    const struct option_row rows[] = {
        CLIENT_OPTION_ROWS(&options),
        {"--watch", NULL, OPTION_FLAG, &watch},
        {"--jobs", NULL, OPTION_TEXT, &jobs},
        {"--lake", NULL, OPTION_TEXT, &lake},
        {"--output", NULL, OPTION_TEXT, &output},
        {0},
    };
    if (!cli_options("status", rows, argc, argv, &rest) || !table_form_parse(output, &form))
        return CLI_USAGE;
    if (rest != argc || !str_to_u64(str_of(jobs), &jobs_max)) {
        cli_fail("status: %s; see tarn status --help",
                 rest != argc ? "it takes no arguments" : "--jobs is a number");
        return CLI_USAGE;
    }
    return run(&options, lake, (size_t)jobs_max, form, watch);
}
