// SPDX-License-Identifier: Apache-2.0
// tarn demo: a whole lake in a temporary folder, from nothing to SQL, shown step by step.
//
// It starts a server of its own, deploys the reference pipeline, uploads the sample data, and then
// looks from outside - by the same API as everybody - for each of the guidance's eleven steps,
// printing when it saw it. Nothing is assumed: a step that does not happen ends the demo with what
// went wrong.
#include "cli/commands.h"

#include "cli/progress.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char DEMO_HELP[] = "tarn demo [options]\n"
                         "\n"
                         "Runs a whole lake in a temporary folder: deploys the reference pipeline, "
                         "uploads sample data, shows its eleven\n"
                         "steps with their times, and queries the tables.\n"
                         "\n"
                         "  --keep    leave the lake running at the end, until Enter or Ctrl-C\n";

#define LAKE "lake"
#define SCHEDULE "rate(2 seconds)"
#define STEP_MS_MAX 60000
#define LINE_BYTES_MAX 512

struct demo {
    struct arena arena;
    struct clock *clock;
    char *folder;
    pid_t server;
    struct client client;
    struct error error;
    int64_t begun_us; // of the upload
    size_t files;
};

static const char *const SAMPLES[] = {"persons.json", "memberships.json", "committees.json",
                                      "offices.ndjson"};
#define SAMPLE_COUNT (sizeof SAMPLES / sizeof *SAMPLES)

// ================================================================ what is shown

static const char *paint(const char *code)
{
    return terminal_out() ? code : "";
}

static void heading(const char *text)
{
    printf("\n%s%s%s\n", paint("\033[1m"), text, paint("\033[0m"));
}

static double elapsed_ms(const struct demo *demo)
{
    return (double)(clock_mono_us(demo->clock) - demo->begun_us) / 1000;
}

static void step(const struct demo *demo, int number, const char *format, ...) PRINTF_LIKE(3, 4);
static void step(const struct demo *demo, int number, const char *format, ...)
{
    va_list args;
    printf("%s%8.0f ms%s  %2d  ", paint("\033[2m"), elapsed_ms(demo), paint("\033[0m"), number);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    fflush(stdout);
}

// ================================================================ the server

// The first line that the server prints says where it serves.
static enum err read_url(struct demo *demo, int fd, struct str *out_url)
{
    char line[LINE_BYTES_MAX];
    size_t len = 0;
    while (len < sizeof line) {
        ssize_t got = read(fd, line + len, sizeof line - len);
        if (got <= 0)
            break;
        len += (size_t)got;
        struct str text = str_n(line, len);
        size_t at = str_find(text, S("http://")), end = str_find_char(text, '\n');
        if (at != STR_NPOS && end != STR_NPOS && end > at) {
            struct str url = str_slice(text, at, end);
            size_t space = str_find_char(url, ' ');
            *out_url = str_dup(&demo->arena, space == STR_NPOS ? url : str_slice(url, 0, space));
            return OK;
        }
    }
    return error_set(&demo->error, ERR_IO, "the server did not start; its log is %s/serve.log",
                     demo->folder);
}

static enum err start_server(struct demo *demo)
{
    int pipe_fds[2], log_fd;
    struct str url;
    const char *data = str_cstr(&demo->arena, str_format(&demo->arena, "%s/data", demo->folder));
    const char *log_path =
        str_cstr(&demo->arena, str_format(&demo->arena, "%s/serve.log", demo->folder));
    const char *self = str_cstr(&demo->arena, process_self_path(&demo->arena));
    const char *argv[] = {self, "serve", "--data", data, "--listen", "127.0.0.1:0", NULL};
    TRY(file_create(log_path, 0600, &log_fd, &demo->error));
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return error_set(&demo->error, ERR_IO, "pipe: no descriptors left");
    struct process_spec spec = {.argv = argv,
                                .stdin_fd = -1,
                                .stdout_fd = pipe_fds[1],
                                .stderr_fd = log_fd,
                                .new_session = true};
    enum err err = process_start(&spec, &demo->server, &demo->error);
    file_close(pipe_fds[1]);
    file_close(log_fd);
    if (err == OK)
        err = read_url(demo, pipe_fds[0], &url);
    if (err != OK)
        return err;
    struct client_options options = {.endpoint = str_cstr(&demo->arena, url), .data = data};
    err = client_open(&demo->arena, &options, &demo->client);
    printf("tarn serve answers at %.*s after %.0f ms, its data in %s\n", STR_ARG(url),
           elapsed_ms(demo), data);
    return err;
}

static void stop_server(struct demo *demo)
{
    struct process_end end;
    if (demo->server <= 0)
        return;
    kill(demo->server, SIGTERM);
    if (process_wait(demo->server, 20000, &end) != OK)
        process_kill_tree(demo->server, SIGKILL);
}

// ================================================================ the steps, seen from outside

typedef enum err look_for(struct demo *demo, bool *out_seen);

static enum err wait_for(struct demo *demo, look_for *look, const char *what)
{
    int64_t begun_us = clock_mono_us(demo->clock);
    for (bool seen = false;;) {
        TRY(look(demo, &seen));
        if (seen)
            return OK;
        if (clock_mono_us(demo->clock) - begun_us > STEP_MS_MAX * (int64_t)1000)
            return error_set(&demo->client.error, ERR_TIMEOUT,
                             "%s did not happen within %d s; the server's log is %s/serve.log",
                             what, STEP_MS_MAX / 1000, demo->folder);
        pause_ms(5);
    }
}

static enum err executions(struct demo *demo, const char *workflow, const char *status,
                           size_t *out_count)
{
    struct arena *arena = demo->client.arena;
    struct json *ask = json_object(arena), *reply;
    json_set_str(arena, ask, "stateMachineArn",
                 str_format(arena, "arn:aws:states:%.*s:000000000000:stateMachine:" LAKE "-%s",
                            STR_ARG(demo->client.region), workflow));
    if (status)
        json_set_str(arena, ask, "statusFilter", str_of(status));
    TRY(client_json(&demo->client, "states", "AWSStepFunctions.ListExecutions", ask, &reply));
    *out_count = json_count(json_get(reply, "executions"));
    return OK;
}

// A failed workflow would be waited for in vain.
static enum err check_failures(struct demo *demo, const char *workflow)
{
    size_t failed;
    TRY(executions(demo, workflow, "FAILED", &failed));
    if (failed)
        return error_set(&demo->client.error, ERR_INVALID,
                         "%zu executions of %s failed; the server's log is %s/serve.log", failed,
                         workflow, demo->folder);
    return OK;
}

static enum err workflows_started(struct demo *demo, bool *out_seen)
{
    size_t count;
    TRY(executions(demo, "raw-to-stage", NULL, &count));
    *out_seen = count >= demo->files;
    return OK;
}

static enum err files_staged(struct demo *demo, bool *out_seen)
{
    size_t count;
    TRY(executions(demo, "raw-to-stage", "SUCCEEDED", &count));
    *out_seen = count >= demo->files;
    return *out_seen ? OK : check_failures(demo, "raw-to-stage");
}

static enum err jobs(struct demo *demo, const char *workflow, int64_t *out_jobs,
                     int64_t *out_records)
{
    struct arena *arena = demo->client.arena;
    struct json *ask = json_set_str(arena, json_object(arena), "TableName", S(LAKE "-job-status")),
                *reply;
    *out_jobs = *out_records = 0;
    TRY(client_json(&demo->client, "dynamodb", "DynamoDB_20120810.Scan", ask, &reply));
    JSON_EACH(item, json_get(reply, "Items"))
    {
        int64_t records = 0;
        if (!str_is(json_str(json_get(item, "workflow"), "S"), workflow) ||
            !str_is(json_str(json_get(item, "status"), "S"), "SUCCEEDED"))
            continue;
        ++*out_jobs;
        if (str_to_i64(json_str(json_get(item, "records"), "N"), &records))
            *out_records += records;
    }
    return OK;
}

static enum err second_started(struct demo *demo, bool *out_seen)
{
    size_t count;
    TRY(executions(demo, "stage-to-analytics", NULL, &count));
    *out_seen = count > 0;
    return OK;
}

static enum err last_run(struct demo *demo, struct json **out_run)
{
    struct arena *arena = demo->client.arena;
    struct json *ask =
                    json_set_str(arena, json_object(arena), "JobName", S(LAKE "-json-to-parquet")),
                *reply;
    TRY(client_json(&demo->client, "glue", "AWSGlue.GetJobRuns", ask, &reply));
    *out_run = json_at(json_get(reply, "JobRuns"), 0);
    return OK;
}

static enum err converted(struct demo *demo, bool *out_seen)
{
    struct json *run;
    TRY(last_run(demo, &run));
    *out_seen = str_is(json_str(run, "JobRunState"), "SUCCEEDED");
    return *out_seen ? OK : check_failures(demo, "stage-to-analytics");
}

static enum err tables_of(struct demo *demo, const char *database, size_t *out_count)
{
    struct json *reply, *ask = json_set_str(demo->client.arena, json_object(demo->client.arena),
                                            "DatabaseName", str_of(database));
    TRY(client_json(&demo->client, "glue", "AWSGlue.GetTables", ask, &reply));
    *out_count = json_count(json_get(reply, "TableList"));
    return OK;
}

static enum err tables_made(struct demo *demo, bool *out_seen)
{
    size_t count;
    TRY(tables_of(demo, "analytics", &count));
    *out_seen = count >= demo->files;
    return *out_seen ? OK : check_failures(demo, "stage-to-analytics");
}

// Everything uploaded has arrived: the second workflow may need a second tick for what came late.
static enum err second_done(struct demo *demo, bool *out_seen)
{
    size_t running;
    int64_t count, records;
    TRY(executions(demo, "stage-to-analytics", "RUNNING", &running));
    TRY(jobs(demo, "stage-to-analytics", &count, &records));
    *out_seen = count > 0 && running == 0;
    return OK;
}

// ================================================================ the demo

static struct str sample_folder(struct arena *arena)
{
    static const char *const PLACES[] = {"../examples/legislators",
                                         "../share/tarn/examples/legislators"};
    struct str self = process_self_path(arena);
    for (size_t i = 0; i < sizeof PLACES / sizeof *PLACES; i++) {
        struct str folder = str_format(
            arena, "%.*s/%s", STR_ARG(str_slice(self, 0, str_rfind_char(self, '/'))), PLACES[i]);
        if (file_exists(str_cstr(arena, str_format(arena, "%.*s/%s", STR_ARG(folder), SAMPLES[0]))))
            return folder;
    }
    return STR_NONE;
}

static void count_resource(void *context, struct str logical_id, struct str type, struct str status,
                           struct str reason)
{
    size_t *count = context;
    (void)logical_id, (void)reason;
    *count += str_is(status, "CREATE_COMPLETE") && !str_is(type, "AWS::CloudFormation::Stack");
}

static enum err deploy(struct demo *demo)
{
    struct arena *arena = demo->client.arena;
    struct str template = guidance_template(arena);
    size_t resources = 0;
    bool changed;
    if (!template.len)
        return error_set(&demo->client.error, ERR_NOT_FOUND,
                         "pipelines/guidance/template.yaml is not beside this program");
    struct deployment d = {.template_path = str_cstr(arena, template),
                           .stack_name = LAKE,
                           .say = count_resource,
                           .context = &resources};
    d.parameters = json_set_str(arena, json_object(arena), "ScheduleExpression", S(SCHEDULE));
    demo->begun_us = clock_mono_us(demo->clock);
    TRY(deploy_run(&demo->client, &d, &changed));
    printf("The stack %s is deployed: %zu resources in %.0f ms. Its schedule: %s.\n", LAKE,
           resources, elapsed_ms(demo), SCHEDULE);
    return OK;
}

static enum err upload(struct demo *demo)
{
    struct str folder = sample_folder(demo->client.arena);
    if (!folder.len)
        return error_set(&demo->client.error, ERR_NOT_FOUND,
                         "the sample data, examples/legislators, is not beside this program");
    demo->begun_us = clock_mono_us(demo->clock);
    uint64_t bytes = 0, size;
    for (size_t i = 0; i < SAMPLE_COUNT; i++, demo->files++) {
        const char *path = str_cstr(demo->client.arena, str_format(demo->client.arena, "%.*s/%s",
                                                                   STR_ARG(folder), SAMPLES[i]));
        struct str key = str_format(demo->client.arena, "%.*s/%s",
                                    STR_ARG(dataset_of(str_of(SAMPLES[i]))), SAMPLES[i]);
        TRY(file_size(path, &size, &demo->client.error));
        TRY(client_put_file(&demo->client, S(LAKE "-raw"), key, path, NULL, NULL));
        bytes += size;
    }
    step(demo, 1, "%zu JSON files, %.1f MB, are in s3://" LAKE "-raw", demo->files,
         (double)bytes / 1e6);
    return OK;
}

static enum err watch(struct demo *demo)
{
    int64_t count, records;
    size_t tables;
    struct json *run;
    TRY(wait_for(demo, workflows_started, "the first workflow"));
    step(demo, 2, "events, rule, queue, function: %zu executions of raw-to-stage were started",
         demo->files);
    TRY(wait_for(demo, files_staged, "the transformation"));
    TRY(jobs(demo, "raw-to-stage", &count, &records));
    step(demo, 3, "the function transform wrote %lld records to s3://" LAKE "-stage",
         (long long)records);
    step(demo, 4, "the table " LAKE "-job-status has %lld jobs that succeeded", (long long)count);
    step(demo, 5, "the stage bucket's events wait in the queue " LAKE "-stage-events");
    TRY(wait_for(demo, second_started, "the second workflow"));
    step(demo, 6, "the schedule's function drained the queue and started stage-to-analytics");
    TRY(wait_for(demo, converted, "the conversion"));
    TRY(last_run(demo, &run));
    step(demo, 7, "the ETL job converted JSON to Parquet (run time %lld s)",
         (long long)json_i64_or(run, "ExecutionTime", 0));
    TRY(wait_for(demo, tables_made, "the crawl"));
    step(demo, 8, "the Parquet files are in s3://" LAKE "-analytics, and crawled");
    TRY(tables_of(demo, "analytics", &tables));
    step(demo, 9,
         "the Data Catalog has the databases stage and analytics, with %zu tables for analysts",
         tables);
    TRY(wait_for(demo, second_done, "the second job status"));
    step(demo, 10, "the job status says that stage-to-analytics succeeded");
    return OK;
}

static enum err ask(struct demo *demo)
{
    static const char *const QUERIES[] = {
        "SELECT (SELECT count(*) FROM persons) AS persons, (SELECT count(*) FROM memberships) AS "
        "memberships,\n"
        "       (SELECT count(*) FROM committees) AS committees, (SELECT count(*) FROM offices) AS "
        "offices",
        "SELECT name.last, name.first, cardinality(terms) AS served FROM persons\n"
        "ORDER BY served DESC, name.last LIMIT 5",
        "SELECT state, count(*) AS offices, count(DISTINCT city) AS cities FROM offices\n"
        "GROUP BY state ORDER BY offices DESC LIMIT 5",
    };
    for (size_t i = 0; i < sizeof QUERIES / sizeof *QUERIES; i++) {
        struct query query = {.sql = QUERIES[i], .workgroup = LAKE, .database = "analytics"};
        struct query_result result;
        int64_t begun_us = clock_mono_us(demo->clock);
        TRY(query_run(&demo->client, &query, &result));
        if (i == 0)
            step(demo, 11, "analysts query the tables with SQL");
        printf("\n%s%s%s\n\n", paint("\033[36m"), QUERIES[i], paint("\033[0m"));
        struct table_view table = {.arena = demo->client.arena,
                                   .columns = result.columns,
                                   .rows = result.rows,
                                   .count = result.count};
        table_view_print(&table, TABLE_ALIGNED, stdout);
        printf("%s%zu rows, %.0f ms%s\n", paint("\033[2m"), result.count,
               (double)(clock_mono_us(demo->clock) - begun_us) / 1000, paint("\033[0m"));
    }
    return OK;
}

static enum err play(struct demo *demo)
{
    heading("A lake of its own");
    TRY(start_server(demo));
    TRY(deploy(demo));
    heading("Eleven steps, timed from the first upload");
    TRY(upload(demo));
    TRY(watch(demo));
    return ask(demo);
}

static void wait_for_enter(const struct demo *demo)
{
    printf("\nThe lake goes on at %.*s. For your shell:\n  eval \"$(tarn env --endpoint %.*s "
           "--data %s/data)\"\nEnter ends it. ",
           STR_ARG(demo->client.endpoint), STR_ARG(demo->client.endpoint), demo->folder);
    fflush(stdout);
    (void)getchar();
}

int demo_main(int argc, char **argv)
{
    bool keep = false;
    int rest;
    const struct option_row rows[] = {{"--keep", NULL, OPTION_FLAG, &keep}, {0}};
    if (!cli_options("demo", rows, argc, argv, &rest))
        return CLI_USAGE;
    struct demo demo = {.clock = clock_new_real()};
    demo.begun_us = clock_mono_us(demo.clock);
    arena_init(&demo.arena);
    enum err err = folder_make_temp(&demo.arena, NULL, "tarn-demo-", &demo.folder, &demo.error);
    if (err == OK)
        err = play(&demo);
    int status = err == OK            ? CLI_DONE
                 : demo.error.text[0] ? cli_fail("%s", demo.error.text)
                                      : client_explain(&demo.client);
    if (err == OK && keep)
        wait_for_enter(&demo);
    stop_server(&demo);
    client_close(&demo.client);
    if (err == OK && folder_remove_all(demo.folder, &demo.error) != OK)
        status = cli_fail("%s", demo.error.text);
    if (err == OK)
        puts("\nThe demo's lake is gone again. `tarn serve` starts one that stays.");
    arena_deinit(&demo.arena);
    clock_free(demo.clock);
    return status;
}
