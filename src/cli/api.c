// SPDX-License-Identifier: Apache-2.0
// tarn api: which operations there are, from the tables that drive them; and tarn env: settings for
// other clients.
#include "cli/commands.h"

#include "lake/service.h"

#include <stdio.h>
#include <string.h>

const char API_HELP[] = "tarn api [SERVICE] [options]\n"
                        "\n"
                        "Lists the AWS services that Tarn has, or one service's operations, with "
                        "what each input takes.\n"
                        "\n"
                        "  --output FORM    table, json or csv (default table)\n";
const char ENV_HELP[] =
    "tarn env [options]\n"
    "\n"
    "Prints settings for AWS's clients, for a shell to take: eval \"$(tarn env)\"\n"
    "\n" CLIENT_OPTION_HELP;

static size_t count_public(const struct service *service)
{
    size_t count = 0;
    for (const struct op *op = service->ops; op->name; op++)
        count += !(op->flags & OP_INTERNAL);
    return count;
}

static void list_services(struct table_view *table)
{
    for (const struct service *const *service = SERVICES; *service; service++) {
        struct str *row = table_view_add(table);
        row[0] = str_of((*service)->name);
        row[1] = str_format(table->arena, "%zu", count_public(*service));
        row[2] = str_of((*service)->title);
    }
}

// "Name*, Path": members in order, required ones with a star; what is refused is left out.
static struct str members_of(struct arena *arena, const struct op *op)
{
    struct buf out = buf_in(arena, 8192);
    for (const struct field *field = op->input && op->input->fields ? op->input->fields : NULL;
         field && field->name; field++)
        if (!(field->flags & FIELD_REFUSED))
            buf_printf(&out, "%s%s%s", out.len ? ", " : "", field->name,
                       field->flags & FIELD_REQUIRED ? "*" : "");
    return buf_str(&out);
}

static bool list_operations(struct table_view *table, const char *name)
{
    for (const struct service *const *service = SERVICES; *service; service++) {
        if (strcmp((*service)->name, name) != 0)
            continue;
        for (const struct op *op = (*service)->ops; op->name; op++) {
            if (op->flags & OP_INTERNAL)
                continue;
            struct str *row = table_view_add(table);
            row[0] = str_of(op->name);
            row[1] = str_of(op->summary);
            row[2] = members_of(table->arena, op);
        }
        return true;
    }
    cli_fail("there is no service %s; `tarn api` lists them", name);
    return false;
}

int api_main(int argc, char **argv)
{
    static const char *const SERVICE_COLUMNS[] = {"service", "operations", "title", NULL};
    static const char *const OPERATION_COLUMNS[] = {"operation", "summary", "input", NULL};
    const char *output = "table";
    enum table_form form;
    int rest;
    const struct option_row rows[] = {{"--output", NULL, OPTION_TEXT, &output}, {0}};
    if (!cli_options("api", rows, argc, argv, &rest))
        return CLI_USAGE;
    const char *service = rest < argc ? argv[rest] : NULL;
    if (service && (!cli_options("api", rows, argc - rest, argv + rest, &rest)))
        return CLI_USAGE;
    if (!table_form_parse(output, &form))
        return CLI_USAGE;
    struct arena arena;
    arena_init(&arena);
    struct table_view table = table_view_new(&arena, service ? OPERATION_COLUMNS : SERVICE_COLUMNS);
    bool found = true;
    if (service)
        found = list_operations(&table, service);
    else
        list_services(&table);
    if (found)
        table_view_print(&table, form, stdout);
    arena_deinit(&arena);
    return found ? CLI_DONE : CLI_FAILED;
}

int env_main(int argc, char **argv)
{
    struct client_options options = {0};
    int rest;
    const struct option_row rows[] = {CLIENT_OPTION_ROWS(&options), {0}};
    if (!cli_options("env", rows, argc, argv, &rest))
        return CLI_USAGE;
    struct arena arena;
    struct client client;
    arena_init(&arena);
    int status = client_open(&arena, &options, &client) == OK ? CLI_DONE : client_explain(&client);
    if (status == CLI_DONE) {
        printf("export AWS_ENDPOINT_URL=%.*s\n", STR_ARG(client.endpoint));
        printf("export AWS_ACCESS_KEY_ID=%.*s\n", STR_ARG(client.access_key));
        printf("export AWS_SECRET_ACCESS_KEY=%.*s\n", STR_ARG(client.secret_key));
        printf("export AWS_DEFAULT_REGION=%.*s\nexport AWS_REGION=%.*s\n", STR_ARG(client.region),
               STR_ARG(client.region));
        printf("# aws-cli before 2.13 does not read AWS_ENDPOINT_URL:\nalias aws='aws "
               "--endpoint-url %.*s'\n",
               STR_ARG(client.endpoint));
    }
    client_close(&client);
    arena_deinit(&arena);
    return status;
}
