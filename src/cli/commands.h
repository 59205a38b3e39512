// SPDX-License-Identifier: Apache-2.0
// The client commands' help texts and functions, for the table in cli.c, and what several of them do.
#ifndef CLI_COMMANDS_H
#define CLI_COMMANDS_H

#include "cli/client.h"
#include "cli/table.h"

int convert_main(int argc, char **argv);
int env_main(int argc, char **argv);
int deploy_main(int argc, char **argv);
int put_main(int argc, char **argv);
int status_main(int argc, char **argv);
int sql_main(int argc, char **argv);
int logs_main(int argc, char **argv);
int api_main(int argc, char **argv);
int demo_main(int argc, char **argv);
int inspect_main(int argc, char **argv);
extern const char CONVERT_HELP[];
extern const char ENV_HELP[], DEPLOY_HELP[], PUT_HELP[], STATUS_HELP[], SQL_HELP[], LOGS_HELP[], API_HELP[], DEMO_HELP[],
    INSPECT_HELP[];

// --- shared with the demo

// Runs a query to its end and reads its whole result. ERR_CODED with Athena's reason when it failed.
struct query {
    const char *sql, *workgroup, *database;
};
struct query_result {
    const char *const *columns; // NULL-terminated
    struct str **rows;
    size_t count, capacity;
    int64_t took_ms, scanned_bytes;
};
enum err query_run(struct client *client, const struct query *query, struct query_result *out) MUST_CHECK;

// Deploys a template: uploads the files that it names, creates or updates the stack, waits for its end. `say` (may be NULL) is told of
// each finished resource.
struct deployment {
    const char *template_path, *stack_name;
    const struct json *parameters; // name -> value
    void (*say)(void *context, struct str logical_id, struct str type, struct str status, struct str reason);
    void *context;
};
enum err deploy_run(struct client *client, const struct deployment *deployment, bool *out_changed) MUST_CHECK;
// The reference pipeline's template: beside this program when built, else where it was installed.
struct str guidance_template(struct arena *arena);

// "persons" of "/data/persons.json.gz".
struct str dataset_of(struct str path);
void pause_ms(int64_t ms);

#endif
