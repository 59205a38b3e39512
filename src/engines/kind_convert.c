// SPDX-License-Identifier: Apache-2.0
// "convert": JSON files to Parquet files of a table's columns, by the native engine
// (columnar/convert.h).
//
// One pass over all files with the table's columns as the given schema: many small files become one
// Parquet file of few row groups (of each partition), day=2026-11-23/part-00000-RUN.snappy.parquet.
// Names depend on the input alone, so a run that is done again makes the same files. A record that
// does not fit is rejected with file, offset and reason; the others go on.
//
// Limits. As many threads as there are processors, but THREADS_MAX at most, as a server has other
// work, too. In memory is, for each thread, an encoded row group: its size is chosen so that all of
// them take a quarter of the job's memory at most. With partition columns it is one thread, as each
// has a row group of every partition: about 50 KB for each partition and column.
#include "columnar/convert.h"
#include "engines/worker_main.h"
#include "base/encode.h"

#include <assert.h>
#include <string.h>

#define THREADS_MAX 4
#define REJECTED_LISTED_MAX 10000
#define MEMORY_SHARE 4 // of it for the text whose row groups are being made
#define ROW_GROUP_BYTES_MIN ((uint64_t)16 << 20)

struct convert {
    struct worker_run *run;
    struct convert_settings settings;
    const char **paths;
    struct json *rejected;
};

// ================================================================ what is asked for

static const struct codec_name {
    const char *name;
    enum parquet_codec codec;
    const char *suffix;
} CODECS[] = {
    {"snappy", PARQUET_SNAPPY, ".snappy.parquet"}, {"zstd", PARQUET_ZSTD, ".zstd.parquet"},
    {"gzip", PARQUET_GZIP, ".gz.parquet"},         {"lz4", PARQUET_LZ4_RAW, ".lz4.parquet"},
    {"none", PARQUET_UNCOMPRESSED, ".parquet"},
};

static enum err take_codec(struct convert *c, struct error *error)
{
    struct str codec = json_str_or(c->run->input, "codec", S("snappy")),
               run = json_str_or(c->run->input, "run", S("0"));
    for (size_t i = 0; i < sizeof CODECS / sizeof *CODECS; i++) {
        if (!str_is(codec, CODECS[i].name))
            continue;
        struct str suffix = str_format(c->run->arena, "-%.*s%s", STR_ARG(run), CODECS[i].suffix);
        c->settings.output.name_suffix = str_cstr(c->run->arena, suffix);
        c->settings.codec = CODECS[i].codec;
        return OK;
    }
    return error_set(error, ERR_UNSUPPORTED, "no such Parquet compression: %.*s", STR_ARG(codec));
}

static enum err take_columns(struct convert *c, struct error *error)
{
    struct arena *arena = c->run->arena;
    struct type *columns = type_new(arena, KIND_STRUCT), *type;
    JSON_EACH (column, json_get(c->run->input, "columns")) {
        struct str original = json_str(column, "name"), name = str_lower(arena, original);
        TRY(type_parse(arena, json_str(column, "type"), &type, error));
        if (type_field(columns, name))
            return error_set(error, ERR_INVALID, "two columns are named '%.*s'", STR_ARG(name));
        type_field_add(arena, columns, name, original, type);
    }
    const struct json *keys = json_get(c->run->input, "partition_by");
    struct str *names = ARENA_ARRAY(arena, struct str, json_count(keys) + 1);
    size_t count = 0;
    JSON_EACH (key, keys)
        names[count++] = str_lower(arena, json_as_str(key));
    c->settings.columns = columns;
    c->settings.partition_by = names;
    c->settings.partition_by_count = count;
    return columns->count > count
               ? OK
               : error_set(error, ERR_INVALID,
                           "a conversion needs at least one column that is not a partition key");
}

static void take_files(struct convert *c)
{
    struct arena *arena = c->run->arena;
    const struct json *files = json_get(c->run->input, "files");
    size_t count = 0;
    c->paths = ARENA_ARRAY(arena, const char *, json_count(files) + 1);
    struct str *names = ARENA_ARRAY(arena, struct str, json_count(files) + 1);
    JSON_EACH (file, files) {
        names[count] = json_str_or(file, "name", json_str(file, "path"));
        c->paths[count++] = str_cstr(arena, json_str(file, "path"));
    }
    c->settings.input = (struct input_settings){
        .paths = c->paths, .names = names, .path_count = count, .spool_folder = c->run->scratch};
}

static void take_limits(struct convert *c)
{
    unsigned threads = c->run->threads ? c->run->threads : 1;
    threads = threads < THREADS_MAX ? threads : THREADS_MAX;
    threads = c->settings.partition_by_count ? 1 : threads;
    uint64_t bytes = c->run->memory_bytes_max / MEMORY_SHARE / threads;
    if (bytes == 0 || bytes > CONVERT_ROW_GROUP_BYTES)
        bytes = CONVERT_ROW_GROUP_BYTES;
    c->settings.threads = threads;
    c->settings.row_group_bytes = bytes > ROW_GROUP_BYTES_MIN ? bytes : ROW_GROUP_BYTES_MIN;
    int64_t rows = json_i64_or(c->run->input, "row_group_rows", 0);
    c->settings.row_group_rows = rows > 0 ? (uint64_t)rows : 0;
}

// ================================================================ while it runs

static enum err list_rejected(void *context, const struct source *source,
                              const struct rejected *record, struct error *error)
{
    (void)source, (void)error;
    struct convert *c = context;
    struct arena *arena = c->run->arena;
    if (json_count(c->rejected) == REJECTED_LISTED_MAX)
        return OK; // counted all the same
    struct json *row = json_object(arena);
    json_set_str(arena, row, "path", str_of(c->paths[record->source_index]));
    json_set_i64(arena, row, "offset", (int64_t)record->offset);
    json_set_str(arena, row, "reason", str_dup(arena, record->reason));
    json_push(arena, c->rejected, row);
    return OK;
}

static bool show_progress(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    worker_progress(total ? (double)done / (double)total : 1);
    return true;
}

// ================================================================ what was made

// "%2F" back to "/".
static struct str unescape(struct arena *arena, struct str text)
{
    struct str plain = text;
    enum err err = uri_decode(arena, text, false, &plain);
    assert(err == OK); // partition_put_folder made it
    return plain;
}

// {"day": "2026-11-23"} of "day=2026-11-23/".
static struct json *partition_of(struct arena *arena, struct str folder)
{
    struct json *values = json_object(arena);
    for (struct str part, rest = folder; rest.len && str_cut(&rest, '/', &part);) {
        size_t equals = str_find_char(part, '=');
        struct str name = unescape(arena, str_slice(part, 0, equals)),
                   value = unescape(arena, str_from(part, equals + 1));
        json_set_named(arena, values, name, json_string(arena, value));
    }
    return values;
}

static struct json *reply_of(struct convert *c, const struct convert_result *result)
{
    struct arena *arena = c->run->arena;
    struct json *reply = json_object(arena), *files = json_array(arena);
    for (size_t i = 0; i < result->file_count; i++) {
        const struct output_file *made = result->files[i];
        struct json *file = json_object(arena);
        json_set_str(arena, file, "path",
                     str_dup(arena, str_from(made->path, strlen(c->run->scratch) + 1)));
        json_set(arena, file, "partition", partition_of(arena, made->folder));
        json_set_i64(arena, file, "rows", (int64_t)made->rows);
        json_set_i64(arena, file, "bytes", (int64_t)made->bytes);
        json_push(arena, files, file);
    }
    json_set_i64(arena, reply, "rows", (int64_t)result->rows);
    json_set(arena, reply, "files", files);
    json_set(arena, reply, "rejected", c->rejected);
    return json_set_i64(arena, reply, "rejected_count", (int64_t)result->rejected);
}

enum err worker_convert(struct worker_run *run, struct json **out_result, struct error *error)
{
    struct convert c = {.run = run, .rejected = json_array(run->arena)};
    struct conversion *conversion = NULL;
    struct convert_result result;
    c.settings.output.path = run->scratch;
    c.settings.rejected = list_rejected;
    c.settings.progress = show_progress;
    c.settings.context = &c;
    TRY(take_codec(&c, error));
    TRY(take_columns(&c, error));
    take_files(&c);
    take_limits(&c);
    TRY(convert_run(&c.settings, &conversion, &result, error));
    *out_result = reply_of(&c, &result);
    convert_free(conversion);
    return OK;
}
