// SPDX-License-Identifier: Apache-2.0
// tarn inspect: what Parquet files say of themselves, read from their footers alone.
#include "cli/commands.h"

#include "cli/cli.h"
#include "columnar/inspect.h"

#include <stdio.h>

const char INSPECT_HELP[] =
    "tarn inspect [options] FILE...\n"
    "\n"
    "Shows what Parquet files hold: schema, row groups, sizes, encodings, statistics. Reads their "
    "footers, no data.\n"
    "\n"
    "  --row-groups     every row group's columns, however many there are; without it those of "
    "more than "
    "three are summed up\n"
    "  --output FORM    table, or json: one line a file, with everything (default table)\n"
    "\n"
    "min and max are left out where the file's order of values is not to be relied on; … behind "
    "one says that it was "
    "cut.\n"
    "Files that cannot be read are told on standard error, the others are shown all the same; the "
    "exit status is then 1.\n";

#define ROW_GROUPS_SHOWN_MAX 3
#define ROW_GROUPS_LISTED_MAX 20

struct inspection {
    struct arena *arena;
    enum table_form form;
    bool all_row_groups;
};

static void print_table(struct arena *arena, struct inspect_table table)
{
    struct table_view view = {
        .arena = arena, .columns = table.columns, .rows = table.rows, .count = table.count};
    table_view_print(&view, TABLE_ALIGNED, stdout);
    putchar('\n');
}

static void print_facts(const struct parquet_footer *footer, struct arena *arena)
{
    struct inspect_table facts = inspect_facts(arena, footer);
    size_t width = 0;
    for (size_t i = 0; i < facts.count; i++) {
        size_t name = display_width(facts.rows[i][0]);
        width = name > width ? name : width;
    }
    for (size_t i = 0; i < facts.count; i++) {
        struct str name = facts.rows[i][0], value = facts.rows[i][1];
        printf("%.*s%*s", STR_ARG(name), (int)(width - display_width(name)) + 2, "");
        for (size_t at = 0; at < value.len;
             at++) // one line each, and nothing that a terminal obeys
            putchar((unsigned char)value.ptr[at] < 0x20 || value.ptr[at] == 0x7F ? ' '
                                                                                 : value.ptr[at]);
        putchar('\n');
    }
    putchar('\n');
}

static void print_row_groups(const struct inspection *i, const struct parquet_footer *footer)
{
    bool show_all = i->all_row_groups || footer->row_group_count <= ROW_GROUPS_SHOWN_MAX;
    if (footer->row_group_count > 1) {
        struct inspect_table groups = inspect_row_groups(i->arena, footer);
        size_t left_out = 0;
        if (!show_all && groups.count > ROW_GROUPS_LISTED_MAX) {
            left_out = groups.count - ROW_GROUPS_LISTED_MAX;
            groups.count = ROW_GROUPS_LISTED_MAX;
        }
        print_table(i->arena, groups);
        if (left_out)
            printf("and %zu more; --row-groups shows them\n\n", left_out);
    }
    if (!show_all) {
        puts("all row groups");
        print_table(i->arena, inspect_columns(i->arena, footer));
        return;
    }
    for (size_t group = 0; group < footer->row_group_count; group++) {
        printf("row group %zu, %lld rows\n", group, (long long)footer->row_groups[group].rows);
        print_table(i->arena, inspect_chunks(i->arena, footer, group));
    }
}

static void print_json(const struct inspection *i, const char *path,
                       const struct parquet_footer *footer, const struct type *columns)
{
    struct json *line = json_object(i->arena);
    struct buf text = buf_heap(SIZE_MAX / 2);
    if (str_is_utf8(str_of(path)))
        json_set_str(i->arena, line, "file", str_of(path));
    JSON_EACH_MEMBER (m, inspect_json(i->arena, footer, columns))
        json_set_named(i->arena, line, m->name, m->value);
    json_write(&text, line);
    buf_put_char(&text, '\n');
    fwrite(text.ptr, 1, text.len, stdout);
    buf_deinit(&text);
}

static int inspect_file(const struct inspection *i, const char *path)
{
    struct parquet_footer *footer = NULL;
    struct type *columns = NULL;
    struct error error = {0};
    enum err err = footer_open(i->arena, path, &footer, &error);
    if (err == OK)
        err = footer_type(i->arena, footer, &columns, &error);
    if (err == ERR_CORRUPT)
        return cli_fail("%s: byte %zu: %s", path, error.offset, error.text);
    if (err == ERR_INVALID || err == ERR_UNSUPPORTED || err == ERR_LIMIT)
        return cli_fail("%s: %s", path, error.text);
    if (err != OK) // names the file itself
        return cli_fail("%s", error.text);
    if (i->form == TABLE_JSON) {
        print_json(i, path, footer, columns);
        return CLI_DONE;
    }
    printf("%s\n\n", path);
    print_facts(footer, i->arena);
    print_table(i->arena, inspect_schema(i->arena, footer, columns));
    print_row_groups(i, footer);
    return CLI_DONE;
}

int inspect_main(int argc, char **argv)
{
    struct inspection i = {0};
    const char *output = "table";
    int rest;
    const struct option_row rows[] = {
        {"--row-groups", NULL, OPTION_FLAG, &i.all_row_groups},
        {"--output", NULL, OPTION_TEXT, &output},
        {0},
    };
    if (!cli_options("inspect", rows, argc, argv, &rest) || !table_form_parse(output, &i.form))
        return CLI_USAGE;
    if (i.form == TABLE_CSV || rest == argc) {
        cli_fail(rest == argc ? "inspect: name the files; see tarn inspect --help"
                              : "inspect: --output is table or json");
        return CLI_USAGE;
    }
    int status = CLI_DONE;
    for (; rest < argc; rest++) {
        struct arena arena;
        arena_init(&arena);
        i.arena = &arena;
        if (inspect_file(&i, argv[rest]) != CLI_DONE)
            status = CLI_FAILED;
        arena_deinit(&arena);
    }
    return status;
}
