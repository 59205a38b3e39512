// SPDX-License-Identifier: Apache-2.0
// The command line: `tarn COMMAND [options]`, a table of commands.
//
// A command is a row: its name, a function that gets its own arguments (argv[0] is the command's name) and returns the exit
// status, one line for the overview, and the text of `tarn COMMAND --help`. To add one: a file with its function, a row in
// cli.c, a line in meson.build.
//
// Exit statuses: 0 done, 1 it failed (the reason is on standard error), 2 wrong usage.
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include "base/str.h"

enum { CLI_DONE = 0, CLI_FAILED = 1, CLI_USAGE = 2 };

struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
    const char *help; // after "Usage: "; NULL: no page (internal commands)
};
int cli_main(int argc, char **argv);

// --- options, as rows too: an environment variable's value, then the command line's, over the value that is there
enum option_kind { OPTION_TEXT, OPTION_FLAG };
struct option_row {
    const char *name;        // "--data", "-o"
    const char *environment; // "TARN_DATA", or NULL
    enum option_kind kind;
    void *value; // const char ** or bool *
};
// Reads options up to the first argument that is not one. False after saying on standard error what is wrong. `--name value` and
// `--name=value`. *out_rest is the index of the first argument left.
bool cli_options(const char *command, const struct option_row *rows, int argc, char **argv, int *out_rest);
// "tarn: ..." on standard error; returns CLI_FAILED.
int cli_fail(const char *format, ...) PRINTF_LIKE(1, 2);

// --- commands
int serve_main(int argc, char **argv); // serve.c

#endif
