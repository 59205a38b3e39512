// SPDX-License-Identifier: Apache-2.0
// The table of commands, help, and reading options.
#include "cli/cli.h"

#include "cli/commands.h"

#include "engines/worker_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SERVE_HELP[] =
    "tarn serve [options]\n"
    "\n"
    "Serves a data lake: the AWS services' APIs on one port.\n"
    "\n"
    "  --data DIR          where everything is kept (TARN_DATA; default ./tarn-data)\n"
    "  --listen HOST:PORT  address to serve at (TARN_LISTEN; default 127.0.0.1:4566; port 0 takes "
    "a free one)\n"
    "  --account ID        the account's twelve digits (TARN_ACCOUNT; default 000000000000)\n"
    "  --region NAME       the default region (TARN_REGION; default us-east-1)\n"
    "  --log-level LEVEL   debug, info, warn or error (TARN_LOG_LEVEL; default info)\n"
    "  --test-clock        a clock that POST /_tarn/clock {\"advance_ms\": n} moves forward; for "
    "tests\n"
    "\n"
    "The first start makes the root credentials, in DIR/credentials. SIGTERM and SIGINT end the "
    "server cleanly;\n"
    "being killed loses nothing that was acknowledged.\n";

static int run_worker(int argc, char **argv)
{
    (void)argc, (void)argv;
    return engine_worker_main();
}

static const struct command COMMANDS[] = {
    {"serve", serve_main, "serve a data lake", SERVE_HELP},
    {"demo", demo_main, "a whole lake in a temporary folder, step by step", DEMO_HELP},
    {"convert", convert_main, "JSON files to Parquet", CONVERT_HELP},
    {"deploy", deploy_main, "deploy a template with its files", DEPLOY_HELP},
    {"put", put_main, "upload JSON files that become tables", PUT_HELP},
    {"status", status_main, "jobs, queues and tables", STATUS_HELP},
    {"sql", sql_main, "run a query", SQL_HELP},
    {"inspect", inspect_main, "what Parquet files hold", INSPECT_HELP},
    {"logs", logs_main, "what a function has written", LOGS_HELP},
    {"env", env_main, "settings for AWS's clients", ENV_HELP},
    {"api", api_main, "the services and their operations", API_HELP},
    {"worker", run_worker, NULL, NULL}, // started by serve
};
#define COMMAND_COUNT (sizeof COMMANDS / sizeof *COMMANDS)

int cli_fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("tarn: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    return CLI_FAILED;
}

// ================================================================ options

static const struct option_row *row_named(const struct option_row *rows, const char *name,
                                          size_t len)
{
    for (; rows->name; rows++)
        if (strlen(rows->name) == len && memcmp(rows->name, name, len) == 0)
            return rows;
    return NULL;
}

static void take_environment(const struct option_row *rows)
{
    for (; rows->name; rows++) {
        const char *value = rows->environment ? getenv(rows->environment) : NULL;
        if (!value || !*value)
            continue;
        if (rows->kind == OPTION_FLAG)
            *(bool *)rows->value = strcmp(value, "0") != 0;
        else
            *(const char **)rows->value = value;
    }
}

bool cli_options(const char *command, const struct option_row *rows, int argc, char **argv,
                 int *out_rest)
{
    take_environment(rows);
    int at = 1;
    for (; at < argc && argv[at][0] == '-' && argv[at][1]; at++) {
        const char *argument = argv[at], *equals = strchr(argument, '=');
        if (strcmp(argument, "--") == 0) {
            at++;
            break;
        }
        size_t len = equals ? (size_t)(equals - argument) : strlen(argument);
        const struct option_row *row = row_named(rows, argument, len);
        if (!row) {
            cli_fail("%s: unknown option %.*s; see tarn %s --help", command, (int)len, argument,
                     command);
            return false;
        }
        if (row->kind == OPTION_FLAG) {
            *(bool *)row->value = true;
            continue;
        }
        const char *value = equals ? equals + 1 : at + 1 < argc ? argv[++at] : NULL;
        if (!value) {
            cli_fail("%s: %s needs a value", command, row->name);
            return false;
        }
        *(const char **)row->value = value;
    }
    *out_rest = at;
    return true;
}

// ================================================================ commands

static void overview(FILE *out)
{
    fputs("tarn " TARN_VERSION
          ": a data lake in one program, with the APIs of AWS\n\nUsage: tarn COMMAND [options]\n\n",
          out);
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (COMMANDS[i].summary)
            fprintf(out, "  %-10s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    fputs("\ntarn COMMAND --help tells more.\n", out);
}

static const struct command *command_named(const char *name)
{
    for (size_t i = 0; i < COMMAND_COUNT; i++)
        if (strcmp(COMMANDS[i].name, name) == 0)
            return &COMMANDS[i];
    return NULL;
}

static bool asks_for_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            return true;
    return false;
}

int cli_main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (argc < 2 || strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "help") == 0) {
        overview(argc < 2 ? stderr : stdout);
        return argc < 2 ? CLI_USAGE : CLI_DONE;
    }
    if (strcmp(name, "--version") == 0) {
        puts("tarn " TARN_VERSION);
        return CLI_DONE;
    }
    const struct command *command = command_named(name);
    if (!command) {
        cli_fail("there is no command %s", name);
        overview(stderr);
        return CLI_USAGE;
    }
    if (command->help && asks_for_help(argc - 1, argv + 1)) {
        printf("Usage: %s", command->help);
        return CLI_DONE;
    }
    return command->run(argc - 1, argv + 1);
}
