// SPDX-License-Identifier: Apache-2.0
// tarn put: files into the raw bucket, from where they become rows of a table.
#include "cli/commands.h"

#include "cli/progress.h"
#include "os/file.h"

#include <stdio.h>

const char PUT_HELP[] =
    "tarn put [options] FILE...\n"
    "\n"
    "Uploads JSON files (array, newline-delimited, pretty-printed; .gz too) to the lake's raw "
    "bucket. Each becomes\n"
    "rows of the table analytics.<dataset>.\n"
    "\n"
    "  --dataset NAME   (default: the file's name up to its first dot)\n"
    "  --lake NAME      the deployed lake's name (default lake)\n" CLIENT_OPTION_HELP;

static struct str base_name(struct str path)
{
    size_t slash = str_rfind_char(path, '/');
    return slash == STR_NPOS ? path : str_from(path, slash + 1);
}

struct str dataset_of(struct str path)
{
    struct str name = base_name(path);
    size_t dot = str_find_char(name, '.');
    return dot == STR_NPOS ? name : str_slice(name, 0, dot);
}

static void show(void *context, uint64_t done, uint64_t total)
{
    progress_show(context, done, total);
}

static int put_one(struct client *client, const char *lake, const char *dataset, const char *path)
{
    struct arena *arena = client->arena;
    struct str name = dataset ? str_of(dataset) : dataset_of(str_of(path));
    struct str bucket = str_format(arena, "%s-raw", lake);
    struct str key =
        str_format(arena, "%.*s/%.*s", STR_ARG(name), STR_ARG(base_name(str_of(path))));
    struct progress progress;
    uint64_t size;
    progress_begin(&progress, path);
    enum err err = client_put_file(client, bucket, key, path, show, &progress);
    progress_end(&progress);
    if (err != OK)
        return client_explain(client);
    if (file_size(path, &size, NULL) == OK)
        printf("%s  ->  s3://%.*s/%.*s  (%.1f MB)\n", path, STR_ARG(bucket), STR_ARG(key),
               (double)size / 1e6);
    return CLI_DONE;
}

int put_main(int argc, char **argv)
{
    struct client_options options = {0};
    const char *lake = "lake", *dataset = NULL;
    int rest;
    const struct option_row rows[] = {
        CLIENT_OPTION_ROWS(&options),
        {"--dataset", NULL, OPTION_TEXT, &dataset},
        {"--lake", NULL, OPTION_TEXT, &lake},
        {0},
    };
    if (!cli_options("put", rows, argc, argv, &rest))
        return CLI_USAGE;
    if (rest == argc) {
        cli_fail("put: which file? See tarn put --help");
        return CLI_USAGE;
    }
    struct arena arena;
    struct client client;
    arena_init(&arena);
    int status = client_open(&arena, &options, &client) == OK ? CLI_DONE : client_explain(&client);
    for (int i = rest; i < argc && status == CLI_DONE; i++)
        status = put_one(&client, lake, dataset, argv[i]);
    client_close(&client);
    arena_deinit(&arena);
    return status;
}
