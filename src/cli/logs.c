// SPDX-License-Identifier: Apache-2.0
// tarn logs: what a function has written, and goes on writing.
#include "cli/commands.h"

#include "base/timefmt.h"
#include "os/clock.h"

#include <stdio.h>

const char LOGS_HELP[] =
    "tarn logs [options] NAME\n"
    "\n"
    "Prints what the function NAME (lake-transform, ...) or the log group /NAME has written.\n"
    "\n"
    "  --follow         go on with what is written from now\n"
    "  --minutes N      how far back (default 60)\n" CLIENT_OPTION_HELP;

static enum err print_since(struct client *client, struct str group, int64_t *since_ms)
{
    struct arena *arena = client->arena;
    struct json *ask = json_set_str(arena, json_object(arena), "logGroupName", group), *reply;
    json_set_i64(arena, ask, "startTime", *since_ms);
    do {
        TRY(client_json(client, "logs", "Logs_20140328.FilterLogEvents", ask, &reply));
        JSON_EACH(event, json_get(reply, "events"))
        {
            int64_t at_ms = json_i64_or(event, "timestamp", 0);
            struct str message = json_str(event, "message");
            printf("%.*s  %.*s%s", STR_ARG(time_iso_ms(arena, at_ms)), STR_ARG(message),
                   str_ends(message, S("\n")) ? "" : "\n");
            if (at_ms >= *since_ms)
                *since_ms = at_ms + 1;
        }
        json_set(arena, ask, "nextToken", json_get(reply, "nextToken"));
    } while (json_has(reply, "nextToken"));
    fflush(stdout);
    return OK;
}

static int run(const struct client_options *options, const char *name, int64_t minutes, bool follow)
{
    struct clock *clock = clock_new_real();
    int64_t since_ms = clock_now_ms(clock) - minutes * 60000;
    clock_free(clock);
    for (;;) {
        struct arena arena;
        struct client client;
        arena_init(&arena);
        struct str group =
            name[0] == '/' ? str_of(name) : str_format(&arena, "/aws/lambda/%s", name);
        enum err err = client_open(&arena, options, &client);
        if (err == OK)
            err = print_since(&client, group, &since_ms);
        int status = err == OK ? CLI_DONE : client_explain(&client);
        client_close(&client);
        arena_deinit(&arena);
        if (!follow || status != CLI_DONE)
            return status;
        pause_ms(500);
    }
}

int logs_main(int argc, char **argv)
{
    struct client_options options = {0};
    const char *minutes_text = "60";
    bool follow = false;
    int64_t minutes;
    int rest;
    const struct option_row rows[] = {
        CLIENT_OPTION_ROWS(&options),
        {"--follow", NULL, OPTION_FLAG, &follow},
        {"--minutes", NULL, OPTION_TEXT, &minutes_text},
        {0},
    };
    if (!cli_options("logs", rows, argc, argv, &rest))
        return CLI_USAGE;
    if (argc - rest != 1 || !str_to_i64(str_of(minutes_text), &minutes)) {
        cli_fail("logs: %s; see tarn logs --help",
                 argc - rest != 1 ? "of which function?" : "--minutes is a number");
        return CLI_USAGE;
    }
    return run(&options, argv[rest], minutes, follow);
}
