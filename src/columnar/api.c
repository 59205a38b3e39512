// SPDX-License-Identifier: Apache-2.0
// The public interface: options in, codes out, and the conversion of files. What callers hand in is
// checked here, so that the engine behind may assert.
#include "columnar/api_internal.h"

#include <stdlib.h>
#include <string.h>

const char *columnar_version(void)
{
    return TARN_VERSION;
}

// ================================================================ errors

static const uint8_t CODES[] = {
    [OK] = COLUMNAR_OK,
    [ERR_SYNTAX] = COLUMNAR_BAD_RECORD,
    [ERR_LIMIT] = COLUMNAR_LIMIT,
    [ERR_NOT_FOUND] = COLUMNAR_NOT_FOUND,
    [ERR_EXISTS] = COLUMNAR_IO,
    [ERR_CONFLICT] = COLUMNAR_IO, // the input changed while it was read
    [ERR_DENIED] = COLUMNAR_DENIED,
    [ERR_UNSUPPORTED] = COLUMNAR_UNSUPPORTED,
    [ERR_INVALID] = COLUMNAR_BAD_ARGUMENT,
    [ERR_CORRUPT] = COLUMNAR_BAD_DATA,
    [ERR_IO] = COLUMNAR_IO,
    [ERR_CANCELLED] = COLUMNAR_STOPPED,
};

int api_answer(enum err err, const struct error *error, struct columnar_error *out)
{
    int code = (size_t)err < sizeof CODES && (err == OK || CODES[err]) ? CODES[err] : COLUMNAR_IO;
    if (out) {
        _Static_assert(COLUMNAR_ERROR_TEXT_MAX >= ERROR_TEXT_MAX, "texts fit");
        *out = (struct columnar_error){.code = code};
        if (err != OK)
            memcpy(out->text, error->text, ERROR_TEXT_MAX);
    }
    return code;
}

enum err api_bad_argument(struct error *error, const char *text)
{
    return error_set(error, ERR_INVALID, "%s", text);
}

// ================================================================ options

struct codec_row { // in the order of enum columnar_codec
    enum parquet_codec codec;
    int level_max;
    const char *suffix;
};
static const struct codec_row CODECS[] = {
    [COLUMNAR_SNAPPY] = {PARQUET_SNAPPY, 0, ".snappy.parquet"},
    [COLUMNAR_ZSTD] = {PARQUET_ZSTD, 22, ".zstd.parquet"},
    [COLUMNAR_LZ4] = {PARQUET_LZ4_RAW, 0, ".lz4.parquet"},
    [COLUMNAR_GZIP] = {PARQUET_GZIP, 9, ".gz.parquet"},
    [COLUMNAR_UNCOMPRESSED] = {PARQUET_UNCOMPRESSED, 0, ".parquet"},
};
#define CODEC_COUNT ((int)(sizeof CODECS / sizeof *CODECS))

// The caller's struct may be older and shorter than this library's, or newer and longer: what is
// longer must be zero, as nothing here could meet it.
static enum err take_struct(struct columnar_options *out, const struct columnar_options *given,
                            struct error *error)
{
    const struct columnar_options defaults = COLUMNAR_OPTIONS;
    *out = defaults;
    if (!given)
        return OK;
    size_t size = given->size_bytes;
    if (size < sizeof given->size_bytes || size > 65536)
        return api_bad_argument(error, "the options do not begin as COLUMNAR_OPTIONS does");
    for (size_t i = sizeof *out; i < size; i++)
        if (((const char *)given)[i])
            return api_bad_argument(error, "options of a newer library than this one are set");
    memcpy(out, given, size < sizeof *out ? size : sizeof *out);
    return OK;
}

static enum err take_text(struct api_options *options, const char *what, const char *text,
                          struct str *out, struct error *error)
{
    if (!text)
        return error_set(error, ERR_INVALID, "%s is NULL", what);
    struct str given = str_n(text, strnlen(text, API_TEXT_MAX + 1));
    if (given.len > API_TEXT_MAX)
        return error_set(error, ERR_LIMIT, "%s is longer than 1 MiB", what);
    if (!str_is_utf8(given))
        return error_set(error, ERR_INVALID, "%s is not UTF-8", what);
    *out = str_of(str_cstr(&options->arena, given));
    return OK;
}

static enum err take_names(struct api_options *options, const char *what, const char *const *names,
                           size_t count, const struct str **out, size_t *out_count,
                           struct error *error)
{
    if (count > API_NAMES_MAX)
        return error_set(error, ERR_LIMIT, "more than %d %ss", API_NAMES_MAX, what);
    if (count && !names)
        return error_set(error, ERR_INVALID, "the %ss are NULL", what);
    struct str *taken = ARENA_ARRAY(&options->arena, struct str, count + 1), name;
    for (size_t i = 0; i < count; i++) {
        TRY(take_text(options, what, names[i], &name, error));
        taken[i] = str_lower(&options->arena, name);
        for (size_t k = 0; k < i; k++)
            if (str_eq(taken[i], taken[k]))
                return error_set(error, ERR_INVALID, "the %s %s is named twice", what, names[i]);
    }
    *out = taken;
    *out_count = count;
    return OK;
}

static enum err take_metadata(struct api_options *options, const struct columnar_options *given,
                              struct error *error)
{
    size_t count = given->metadata_count;
    if (count > API_NAMES_MAX)
        return error_set(error, ERR_LIMIT, "more than %d pairs of metadata", API_NAMES_MAX);
    if (count && !given->metadata)
        return api_bad_argument(error, "the metadata is NULL");
    struct key_value *pairs = ARENA_ARRAY(&options->arena, struct key_value, count + 1);
    for (size_t i = 0; i < count; i++) {
        TRY(take_text(options, "a metadata key", given->metadata[i].key, &pairs[i].key, error));
        TRY(take_text(options, "a metadata value", given->metadata[i].value, &pairs[i].value,
                      error));
    }
    options->convert.metadata = pairs;
    options->convert.metadata_count = count;
    return OK;
}

static enum err check_ranges(const struct columnar_options *given, struct error *error)
{
    if (given->infer < COLUMNAR_INFER_FULL || given->infer > COLUMNAR_INFER_SPARK)
        return error_set(error, ERR_INVALID, "there is no mode of inference %d", given->infer);
    if (given->profile < COLUMNAR_COMPAT || given->profile > COLUMNAR_MODERN)
        return error_set(error, ERR_INVALID, "there is no profile %d", given->profile);
    if (given->codec < 0 || given->codec >= CODEC_COUNT)
        return error_set(error, ERR_INVALID, "there is no codec %d", given->codec);
    if (given->level < 0 || given->level > CODECS[given->codec].level_max)
        return error_set(error, ERR_INVALID, "the codec has no level %d", given->level);
    if (given->threads > 256)
        return error_set(error, ERR_INVALID, "%u threads: at most 256", given->threads);
    if (given->row_group_rows > INT32_MAX)
        return api_bad_argument(error, "row_group_rows is more than 2147483647");
    if (given->row_group_bytes > (uint64_t)1 << 40)
        return api_bad_argument(error, "row_group_bytes is more than 1 TiB");
    if (given->batch_rows > API_BATCH_ROWS_MAX)
        return api_bad_argument(error, "batch_rows is more than 1048576");
    return OK;
}

static enum err take_schema(struct api_options *options, const char *schema, struct error *error)
{
    struct type *type;
    if (!schema)
        return OK;
    TRY(take_text(options, "the schema", schema, &options->convert.schema, error));
    TRY(type_parse(&options->arena, options->convert.schema, &type, error));
    if (type->kind != KIND_STRUCT || type->count == 0)
        return error_set(error, ERR_INVALID, "the schema is not a struct with columns: %s", schema);
    return OK;
}

static bool go_on(void *context, uint64_t done, uint64_t all)
{
    struct api_options *options = context;
    return !options->progress || options->progress(options->context, done, all) == 0;
}

enum err api_options_take(struct api_options *options, const struct columnar_options *given,
                          struct error *error)
{
    static const enum infer_mode MODES[] = {INFER_FULL, INFER_GLUE, INFER_SPARK};
    struct columnar_options o;
    struct convert_settings *convert = &options->convert;
    *options = (struct api_options){0};
    arena_init(&options->arena);
    TRY(take_struct(&o, given, error));
    TRY(check_ranges(&o, error));
    TRY(take_schema(options, o.schema, error));
    TRY(take_names(options, "partition column", o.partition_by, o.partition_by_count,
                   &convert->partition_by, &convert->partition_by_count, error));
    TRY(take_names(options, "bloom column", o.bloom_columns, o.bloom_column_count,
                   &convert->bloom_columns, &convert->bloom_column_count, error));
    TRY(take_metadata(options, &o, error));
    struct str folder;
    if (o.temporary_folder) {
        TRY(take_text(options, "the temporary folder", o.temporary_folder, &folder, error));
        options->temporary_folder = folder.ptr;
    }
    convert->infer = MODES[o.infer];
    convert->profile = o.profile == COLUMNAR_MODERN ? PROFILE_MODERN : PROFILE_COMPAT;
    convert->codec = CODECS[o.codec].codec;
    convert->codec_level = o.level;
    convert->threads = o.threads;
    convert->row_group_rows = o.row_group_rows;
    convert->row_group_bytes = o.row_group_bytes;
    convert->output.file_bytes = o.file_bytes;
    convert->output.name_suffix = CODECS[o.codec].suffix;
    convert->rejected = api_reject;
    convert->progress = go_on;
    convert->context = options;
    convert->input.spool_folder = options->temporary_folder;
    options->batch_rows = o.batch_rows;
    options->rejected = o.rejected;
    options->progress = o.progress;
    options->context = o.context;
    return OK;
}

void api_options_deinit(struct api_options *options)
{
    line_counter_deinit(&options->lines);
    arena_deinit(&options->arena);
}

enum err api_paths_take(struct api_options *options, const char *const *paths, size_t count,
                        struct input_settings *out_input, struct error *error)
{
    if (!paths || count == 0)
        return api_bad_argument(error, "there are no paths to read");
    if (count > API_PATHS_MAX)
        return api_bad_argument(error, "more than 1048576 paths");
    const char **taken = ARENA_ARRAY(&options->arena, const char *, count);
    for (size_t i = 0; i < count; i++) {
        if (!paths[i])
            return api_bad_argument(error, "a path is NULL");
        taken[i] = str_cstr(&options->arena, str_of(paths[i]));
    }
    *out_input = (struct input_settings){
        .paths = taken, .path_count = count, .spool_folder = options->temporary_folder};
    return OK;
}

enum err api_out_path_take(struct api_options *options, const char *path, struct error *error)
{
    struct convert_settings *convert = &options->convert;
    if (!path || !*path)
        return api_bad_argument(error, "there is no path to write to");
    bool divided = convert->partition_by_count || convert->output.file_bytes;
    if (divided && str_ends(str_of(path), S(".parquet")))
        return error_set(error, ERR_INVALID,
                         "%s is one file; partitions and parts by size need a folder", path);
    convert->output.path = str_cstr(&options->arena, str_of(path));
    return OK;
}

// ================================================================ rejected records

enum err api_reject(void *context, const struct source *source, const struct rejected *record,
                    struct error *error)
{
    struct api_options *options = context;
    struct arena arena;
    struct columnar_rejected told = {.offset = record->offset,
                                     .bytes = record->bytes,
                                     .text = record->text.ptr,
                                     .text_bytes = record->text.len,
                                     .is_json = record->is_json};
    TRY(line_counter_find(&options->lines, source, record->offset, &told.line, error));
    if (!options->rejected) {
        return error_set(error, ERR_SYNTAX, "%.*s, line %llu, byte %llu: %.*s",
                         STR_ARG(source->name), (unsigned long long)told.line,
                         (unsigned long long)told.offset, STR_ARG(record->reason));
    }
    arena_init(&arena);
    told.source = str_cstr(&arena, source->name);
    told.reason = str_cstr(&arena, record->reason);
    int stop = options->rejected(options->context, &told);
    arena_deinit(&arena);
    return stop ? error_set(error, ERR_CANCELLED, "the callback for rejected records said so") : OK;
}

// ================================================================ converting

struct owned {
    struct arena arena;
};

static void put_result(struct columnar_result *out, const struct convert_result *from,
                       bool has_paths)
{
    struct owned *owned = calloc(1, sizeof *owned);
    if (!owned)
        abort();
    arena_init(&owned->arena);
    size_t count = has_paths ? from->file_count : 0;
    const char **paths = ARENA_ARRAY(&owned->arena, const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        paths[i] = str_cstr(&owned->arena, from->files[i]->path);
    struct buf schema = buf_in(&owned->arena, SIZE_MAX / 2);
    type_put(&schema, from->schema);
    *out = (struct columnar_result){.rows = from->rows,
                                    .rejected = from->rejected,
                                    .text_bytes = from->text_bytes,
                                    .stored_bytes = from->stored_bytes,
                                    .output_bytes = from->output_bytes,
                                    .row_groups = from->row_groups,
                                    .passes = from->passes,
                                    .schema = str_cstr(&owned->arena, buf_str(&schema)),
                                    .paths = paths,
                                    .path_count = count,
                                    .owned = owned};
}

void columnar_result_free(struct columnar_result *result)
{
    if (!result || !result->owned)
        return;
    struct owned *owned = result->owned;
    arena_deinit(&owned->arena);
    free(owned);
    *result = (struct columnar_result){0};
}

enum err api_convert(struct api_options *options, struct columnar_result *result,
                     struct error *error)
{
    struct conversion *conversion = NULL;
    struct convert_result converted;
    TRY(convert_run(&options->convert, &conversion, &converted, error));
    if (result)
        put_result(result, &converted, options->convert.output.path != NULL);
    convert_free(conversion);
    return OK;
}

static enum err convert_files(struct api_options *options, const char *const *paths,
                              size_t path_count, const char *out_path,
                              struct columnar_result *result, struct error *error)
{
    TRY(api_paths_take(options, paths, path_count, &options->convert.input, error));
    TRY(api_out_path_take(options, out_path, error));
    return api_convert(options, result, error);
}

int columnar_convert_files(const char *const *paths, size_t path_count, const char *out_path,
                           const struct columnar_options *given, struct columnar_result *result,
                           struct columnar_error *error)
{
    struct api_options options;
    struct error reason = {0};
    enum err err = api_options_take(&options, given, &reason);
    if (err == OK)
        err = convert_files(&options, paths, path_count, out_path, result, &reason);
    api_options_deinit(&options);
    return api_answer(err, &reason, error);
}
