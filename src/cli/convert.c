// SPDX-License-Identifier: Apache-2.0
// tarn convert: the columnar engine on its own, from files to files.
#include "cli/commands.h"

#include "base/json.h"
#include "cli/progress.h"
#include "columnar/convert.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char CONVERT_HELP[] =
    "tarn convert [options] IN... -o OUT\n"
    "\n"
    "Converts JSON to Parquet: newline-delimited, arrays, values one after another, "
    "pretty-printed; plain, gzip or zstd.\n"
    "IN is a file, or - for standard input. OUT is a file when it ends in .parquet, else a folder "
    "that gets part-00000...\n"
    "Nothing is there under OUT before all of it is.\n"
    "\n"
    "  -o, --out OUT           where the Parquet goes\n"
    "  --schema TYPE           the columns, as Hive writes a struct: "
    "'struct<id:bigint,tags:array<string>>'\n"
    "  --infer MODE            without --schema: full (every row counts; default), glue (the first "
    "megabyte), spark\n"
    "  --codec NAME            snappy (default), zstd, lz4, gzip, none\n"
    "  --level N               of zstd and gzip\n"
    "  --profile NAME          compat (every reader takes it; default) or modern (smaller)\n"
    "  --partition-by A,B      a folder for each value: OUT/a=.../b=.../\n"
    "  --bloom A,B.C           bloom filters for these columns\n"
    "  --row-group-rows N      at most (default 1048576)\n"
    "  --row-group-bytes N     of JSON text (default 128 MiB)\n"
    "  --file-bytes N          begin another part after this many; OUT is a folder (default: "
    "never)\n"
    "  --threads N             (default: one for each processor)\n"
    "  --quarantine FILE       records that are broken or do not fit, one JSON line each (default: "
    "refused with an error)\n"
    "  --explain               why each column has its type\n"
    "  --output FORM           of the summary: table or json\n"
    "\n"
    "Exit status 0: all records were converted, or are in the quarantine; 1: nothing was written, "
    "the reason is on standard error.\n";

#define LIST_MAX 64
#define HEAP_BYTES ((size_t)256 << 20)

struct conversion_run {
    struct arena arena;
    struct convert_settings settings;
    const char *out, *schema, *infer, *codec, *level, *profile, *partition_by, *bloom,
        *row_group_rows, *row_group_bytes, *file_bytes, *threads, *quarantine, *form;
    bool explain, as_json;
    const char **paths;
    size_t path_count;
    struct progress progress;
    int quarantine_fd;
    struct buf quarantined;
    struct line_counter lines;
};

// ================================================================ options

struct choice {
    const char *name;
    int value;
    const char *suffix;
};
static const struct choice CODECS[] = {
    {"snappy", PARQUET_SNAPPY, ".snappy.parquet"}, {"zstd", PARQUET_ZSTD, ".zstd.parquet"},
    {"lz4", PARQUET_LZ4_RAW, ".lz4.parquet"},      {"gzip", PARQUET_GZIP, ".gz.parquet"},
    {"none", PARQUET_UNCOMPRESSED, ".parquet"},    {0}};
static const struct choice PROFILES[] = {
    {"compat", PROFILE_COMPAT, NULL}, {"modern", PROFILE_MODERN, NULL}, {0}};
static const struct choice FORMS[] = {{"table", 0, NULL}, {"json", 1, NULL}, {0}};
static const struct choice MODES[] = {
    {"full", INFER_FULL, NULL}, {"glue", INFER_GLUE, NULL}, {"spark", INFER_SPARK, NULL}, {0}};

static const struct choice *choose(const char *option, const struct choice *choices,
                                   const char *name)
{
    for (const struct choice *c = choices; c->name; c++)
        if (!name || strcmp(c->name, name) == 0)
            return c;
    char names[128] = "";
    for (const struct choice *c = choices; c->name; c++)
        snprintf(names + strlen(names), sizeof names - strlen(names), "%s%s",
                 c == choices ? "" : ", ", c->name);
    cli_fail("convert: %s %s: it is one of %s", option, name, names);
    return NULL;
}

static bool take_number(const char *option, const char *text, uint64_t least, uint64_t most,
                        uint64_t *out)
{
    if (!text || (str_to_u64(str_of(text), out) && *out >= least && *out <= most))
        return true;
    cli_fail("convert: %s %s: a whole number from %llu to %llu", option, text,
             (unsigned long long)least, (unsigned long long)most);
    return false;
}

static bool take_list(const char *option, const char *text, struct arena *arena,
                      const struct str **out, size_t *out_count)
{
    struct str *items = ARENA_ARRAY(arena, struct str, LIST_MAX), part, rest = str_of(text);
    while (text && str_cut(&rest, ',', &part)) {
        if (*out_count == LIST_MAX || str_trim(part).len == 0) {
            cli_fail("convert: %s %s: a list of up to %d names", option, text, LIST_MAX);
            return false;
        }
        items[(*out_count)++] = str_lower(arena, str_trim(part));
    }
    *out = items;
    return true;
}

static bool take_settings(struct conversion_run *run)
{
    struct convert_settings *s = &run->settings;
    const struct choice *codec = choose("--codec", CODECS, run->codec),
                        *profile = choose("--profile", PROFILES, run->profile),
                        *mode = choose("--infer", MODES, run->infer),
                        *form = choose("--output", FORMS, run->form);
    uint64_t level = 0, threads = 0;
    if (!codec || !profile || !mode || !form ||
        !take_number("--level", run->level, 1, 22, &level) ||
        !take_number("--threads", run->threads, 1, 256, &threads) ||
        !take_number("--row-group-rows", run->row_group_rows, 1, INT32_MAX, &s->row_group_rows) ||
        !take_number("--row-group-bytes", run->row_group_bytes, 1 << 16, (uint64_t)1 << 40,
                     &s->row_group_bytes) ||
        !take_number("--file-bytes", run->file_bytes, 1, UINT64_MAX, &s->output.file_bytes) ||
        !take_list("--partition-by", run->partition_by, &run->arena, &s->partition_by,
                   &s->partition_by_count) ||
        !take_list("--bloom", run->bloom, &run->arena, &s->bloom_columns, &s->bloom_column_count))
        return false;
    if ((s->partition_by_count || s->output.file_bytes) &&
        str_ends(str_of(run->out), S(".parquet"))) {
        cli_fail("convert: %s is one file; with --partition-by and --file-bytes name a folder",
                 run->out);
        return false;
    }
    s->codec = (enum parquet_codec)codec->value;
    s->codec_level = (int)level;
    s->profile = (enum profile)profile->value;
    s->infer = (enum infer_mode)mode->value;
    s->threads = (unsigned)threads;
    run->as_json = form->value;
    s->schema = str_of(run->schema);
    s->explain = run->explain;
    s->input.paths = run->paths;
    s->input.path_count = run->path_count;
    s->output.path = run->out;
    s->output.name_suffix = codec->suffix;
    return true;
}

// ================================================================ while it runs

static bool show(void *context, uint64_t done, uint64_t total)
{
    struct conversion_run *run = context;
    progress_show(&run->progress, done, total);
    return true;
}

// Without a quarantine the first one is remembered, and nothing is written.
static enum err refuse(struct conversion_run *run, const struct source *source,
                       const struct rejected *record, struct error *error)
{
    uint64_t line = 0;
    TRY(line_counter_find(&run->lines, source, record->offset, &line, error));
    return error_set(error, ERR_INVALID,
                     "%.*s, line %llu, byte %llu: %.*s (--quarantine FILE sets such records aside)",
                     STR_ARG(source->name), (unsigned long long)line,
                     (unsigned long long)record->offset, STR_ARG(record->reason));
}

static enum err set_aside(void *context, const struct source *source, const struct rejected *record,
                          struct error *error)
{
    struct conversion_run *run = context;
    if (!run->quarantine)
        return refuse(run, source, record, error);
    struct buf *line = &run->quarantined;
    uint64_t number;
    TRY(line_counter_find(&run->lines, source, record->offset, &number, error));
    buf_clear(line);
    buf_puts(line, "{\"source\":");
    json_write_string(line, source->name);
    buf_printf(line, ",\"line\":%llu,\"offset\":%llu,\"bytes\":%llu,\"reason\":",
               (unsigned long long)number, (unsigned long long)record->offset,
               (unsigned long long)record->bytes);
    json_write_string(line, record->reason);
    buf_puts(line, ",\"record\":");
    json_write_string(line, record->text);
    buf_puts(line, "}\n");
    return file_append(run->quarantine_fd, buf_str(line), error);
}

static const char *folder_of(struct arena *arena, const char *path)
{
    size_t slash = str_rfind_char(str_of(path), '/');
    return slash == STR_NPOS ? "."
           : slash == 0      ? "/"
                             : str_cstr(arena, str_slice(str_of(path), 0, slash));
}

static enum err begin_quarantine(void *context, struct error *error)
{
    struct conversion_run *run = context;
    file_discard(run->quarantine_fd);
    run->quarantine_fd = -1;
    return run->quarantine ? file_create_unnamed(folder_of(&run->arena, run->quarantine), 0666,
                                                 &run->quarantine_fd, error)
                           : OK;
}

static enum err publish_quarantine(struct conversion_run *run, struct error *error)
{
    if (!run->quarantine)
        return OK;
    TRY(file_sync(run->quarantine_fd, error));
    return file_publish(run->quarantine_fd, run->quarantine, error);
}

// ================================================================ the summary

static struct json *mixed_columns(struct arena *arena, const struct convert_result *result)
{
    struct json *mixed = json_array(arena);
    for (size_t i = 0; i < result->census_count; i++) {
        const struct census *census = &result->censuses[i];
        struct json *column = json_set_str(arena, json_object(arena), "column", census->path);
        json_set_i64(arena, column, "strings", (int64_t)census->strings);
        json_set_i64(arena, column, "numbers", (int64_t)census->numbers);
        json_set_i64(arena, column, "booleans", (int64_t)census->booleans);
        json_set_i64(arena, column, "lists", (int64_t)census->lists);
        json_push(arena, mixed, json_set_i64(arena, column, "structs", (int64_t)census->structs));
    }
    return mixed;
}

static void print_json(const struct conversion_run *run, const struct convert_result *result,
                       double seconds)
{
    struct arena arena;
    arena_init(&arena);
    struct buf out = buf_in(&arena, SIZE_MAX / 2), schema = buf_in(&arena, SIZE_MAX / 2);
    type_put(&schema, result->schema);
    struct json *files = json_array(&arena), *columns = json_array(&arena),
                *reasons = json_array(&arena);
    for (size_t i = 0; i < result->file_count; i++) {
        struct json *file =
            json_set_str(&arena, json_object(&arena), "path", result->files[i]->path);
        json_set_i64(&arena, file, "rows", (int64_t)result->files[i]->rows);
        json_push(&arena, files,
                  json_set_i64(&arena, file, "bytes", (int64_t)result->files[i]->bytes));
    }
    for (size_t i = 0; i < result->schema->count; i++) {
        struct buf type = buf_in(&arena, SIZE_MAX / 2);
        type_put(&type, result->schema->fields[i].type);
        struct json *column =
            json_set_str(&arena, json_object(&arena), "name", result->schema->fields[i].name);
        json_push(&arena, columns, json_set_str(&arena, column, "type", buf_str(&type)));
    }
    for (size_t i = 0; run->explain && i < result->explanation_count; i++) {
        const struct convert_explanation *e = &result->explanations[i];
        struct json *reason = json_set_str(&arena, json_object(&arena), "column", e->widening.path);
        json_set_str(&arena, reason, "from", e->widening.from);
        json_set_str(&arena, reason, "to", e->widening.to);
        json_set_str(&arena, reason, "source", e->source);
        json_set_i64(&arena, reason, "offset", (int64_t)e->widening.offset);
        json_push(&arena, reasons, json_set_str(&arena, reason, "value", e->widening.value));
    }
    struct json *summary = json_object(&arena);
    json_set_i64(&arena, summary, "rows", (int64_t)result->rows);
    json_set_i64(&arena, summary, "rejected", (int64_t)result->rejected);
    json_set_i64(&arena, summary, "text_bytes", (int64_t)result->text_bytes);
    json_set_i64(&arena, summary, "stored_bytes", (int64_t)result->stored_bytes);
    json_set_i64(&arena, summary, "output_bytes", (int64_t)result->output_bytes);
    json_set_i64(&arena, summary, "row_groups", (int64_t)result->row_groups);
    json_set_i64(&arena, summary, "passes", (int64_t)result->passes);
    json_set(&arena, summary, "seconds", json_double(&arena, seconds));
    json_set_str(&arena, summary, "schema", buf_str(&schema));
    json_set(&arena, summary, "columns", columns);
    json_set(&arena, summary, "files", files);
    if (run->explain) {
        json_set(&arena, summary, "explanations", reasons);
        json_set(&arena, summary, "mixed", mixed_columns(&arena, result));
    }
    json_write_pretty(&out, summary);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    arena_deinit(&arena);
}

static void print_summary(const struct conversion_run *run, const struct convert_result *result,
                          double seconds)
{
    double text = (double)result->text_bytes, out = (double)result->output_bytes;
    printf("%llu rows, %zu columns: %.1f MB of JSON to %.1f MB of Parquet",
           (unsigned long long)result->rows, result->schema->count, text / 1e6, out / 1e6);
    if (out > 0)
        printf(" (%.1f : 1)", text / out);
    printf(" in %zu %s, %.2f s, %.2f GB/s\n", result->file_count,
           result->file_count == 1 ? "file" : "files", seconds,
           seconds > 0 ? text / 1e9 / seconds : 0);
    if (result->rejected)
        printf("%llu records are in quarantine: %s\n", (unsigned long long)result->rejected,
               run->quarantine);
}

static bool is_below(struct str path, struct str column)
{
    return str_starts(path, column) &&
           (path.len == column.len || path.ptr[column.len] == '.' || path.ptr[column.len] == '[');
}

// "1 number, 2 strings", of what there is.
static void print_census(const struct census *census)
{
    const struct {
        uint64_t count;
        const char *name;
    } kinds[] = {{census->strings, "string"},
                 {census->numbers, "number"},
                 {census->booleans, "boolean"},
                 {census->lists, "list"},
                 {census->structs, "struct"}};
    printf("      %.*s holds", STR_ARG(census->path));
    const char *between = " ";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!kinds[i].count)
            continue;
        printf("%s%llu %s%s", between, (unsigned long long)kinds[i].count, kinds[i].name,
               kinds[i].count == 1 ? "" : "s");
        between = ", ";
    }
    putchar('\n');
}

static void print_explanation(const struct convert_result *result)
{
    for (size_t i = 0; i < result->schema->count; i++) {
        struct buf type = buf_heap(SIZE_MAX / 2);
        const struct field *field = &result->schema->fields[i];
        type_put(&type, field->type);
        printf("  %.*s: %.*s\n", STR_ARG(field->name), STR_ARG(buf_str(&type)));
        buf_deinit(&type);
        for (size_t k = 0; k < result->explanation_count; k++) {
            const struct convert_explanation *e = &result->explanations[k];
            struct str path = e->widening.path;
            if (is_below(path, field->name))
                printf("      %.*s: %.*s until %.*s, byte %llu, has %.*s; then %.*s\n",
                       STR_ARG(path), STR_ARG(e->widening.from), STR_ARG(e->source),
                       (unsigned long long)e->widening.offset, STR_ARG(e->widening.value),
                       STR_ARG(e->widening.to));
        }
        for (size_t k = 0; k < result->census_count; k++)
            if (is_below(result->censuses[k].path, field->name))
                print_census(&result->censuses[k]);
    }
}

static int run_conversion(struct conversion_run *run)
{
    struct error error = {0};
    struct conversion *conversion = NULL;
    struct convert_result result;
    struct clock *clock = clock_new_real();
    int64_t begun_us = clock_mono_us(clock);
    run->settings.rejected = set_aside;
    run->settings.restarted = begin_quarantine;
    run->settings.progress = show;
    run->settings.context = run;
    progress_begin(&run->progress, "converting");
    enum err err = begin_quarantine(run, &error);
    if (err == OK)
        err = convert_run(&run->settings, &conversion, &result, &error);
    if (err == OK)
        err = publish_quarantine(run, &error);
    progress_end(&run->progress);
    double seconds = (double)(clock_mono_us(clock) - begun_us) / 1e6;
    clock_free(clock);
    file_discard(run->quarantine_fd);
    line_counter_deinit(&run->lines);
    if (err != OK) {
        convert_free(conversion);
        return cli_fail("convert: %s", error.text);
    }
    if (run->as_json) {
        print_json(run, &result, seconds);
    } else {
        print_summary(run, &result, seconds);
        if (run->explain)
            print_explanation(&result);
    }
    convert_free(conversion);
    return CLI_DONE;
}

int convert_main(int argc, char **argv)
{
    memory_expect_large(HEAP_BYTES);
    struct conversion_run run = {.quarantine_fd = -1};
    arena_init(&run.arena);
    run.quarantined = buf_in(&run.arena, (size_t)1 << 20);
    const struct option_row rows[] = {
        {"-o", NULL, OPTION_TEXT, &run.out},
        {"--out", NULL, OPTION_TEXT, &run.out},
        {"--schema", NULL, OPTION_TEXT, &run.schema},
        {"--infer", NULL, OPTION_TEXT, &run.infer},
        {"--codec", NULL, OPTION_TEXT, &run.codec},
        {"--level", NULL, OPTION_TEXT, &run.level},
        {"--profile", NULL, OPTION_TEXT, &run.profile},
        {"--partition-by", NULL, OPTION_TEXT, &run.partition_by},
        {"--bloom", NULL, OPTION_TEXT, &run.bloom},
        {"--row-group-rows", NULL, OPTION_TEXT, &run.row_group_rows},
        {"--row-group-bytes", NULL, OPTION_TEXT, &run.row_group_bytes},
        {"--file-bytes", NULL, OPTION_TEXT, &run.file_bytes},
        {"--threads", NULL, OPTION_TEXT, &run.threads},
        {"--quarantine", NULL, OPTION_TEXT, &run.quarantine},
        {"--explain", NULL, OPTION_FLAG, &run.explain},
        {"--output", NULL, OPTION_TEXT, &run.form},
        {0},
    };
    run.paths = ARENA_ARRAY(&run.arena, const char *, argc + 1);
    int status = CLI_USAGE, at = 0, rest;
    while (at + 1 < argc && cli_options("convert", rows, argc - at, argv + at, &rest)) {
        at += rest;
        if (at < argc)
            run.paths[run.path_count++] = argv[at];
    }
    if (at + 1 < argc)
        ; // the options were wrong, and that has been said
    else if (run.path_count == 0 || !run.out)
        cli_fail("convert: which files, and where to? See tarn convert --help");
    else if (take_settings(&run))
        status = run_conversion(&run);
    arena_deinit(&run.arena);
    return status;
}
