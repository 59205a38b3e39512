// SPDX-License-Identifier: Apache-2.0
// "infer": the schema of files, as the crawler needs it.
//
// JSON is read by the native engine (infer_json.h): the first megabyte, in steps of one up to ten
// while no record was valid, or all of it. Parquet tells its own schema in its footer
// (columnar/footer.h). CSV's comes from DuckDB: its sniffer over the first 1,000 rows. A file that
// cannot be read gets an "error", the others their columns.
#include "columnar/footer.h"
#include "engines/infer_json.h"
#include "engines/records.h"
#include "engines/worker_main.h"
#include "os/file.h"

#include <string.h>

#define SAMPLE_BYTES_DEFAULT (1 << 20)
#define CSV_SAMPLE_ROWS "1000"

static void push_column(struct arena *arena, struct json *columns, struct str name, struct str type)
{
    struct json *column = json_object(arena);
    json_set_str(arena, column, "name", name);
    json_set_str(arena, column, "type", type);
    json_push(arena, columns, column);
}

// --- Parquet

static bool has_codec(const struct parquet_footer *footer, enum parquet_codec codec)
{
    for (size_t g = 0; g < footer->row_group_count; g++)
        for (size_t i = 0; i < footer->leaf_count; i++)
            if (footer->row_groups[g].chunks[i].codec == (int32_t)codec)
                return true;
    return false;
}

static enum err put_parquet(struct arena *arena, const struct parquet_footer *footer,
                            const struct type *type, struct json *out, struct error *error)
{
    if (type->count == 0)
        return error_set(error, ERR_INVALID, "the file has no columns");
    struct json *columns = json_array(arena);
    for (size_t i = 0; i < type->count; i++) {
        struct str name = str_dup(arena, type->fields[i].name);
        struct buf text = buf_in(arena, BUF_MAX_DEFAULT);
        type_put(&text, type->fields[i].type);
        if (text.overflowed || !str_is_utf8(name) || !str_is_utf8(buf_str(&text)))
            return error_set(error, ERR_INVALID, "column %zu has a name that is not UTF-8", i);
        push_column(arena, columns, name, buf_str(&text));
    }
    json_set(arena, out, "columns", columns);
    json_set_str(arena, out, "format", S("parquet"));
    json_set_str(arena, out, "compression",
                 has_codec(footer, PARQUET_SNAPPY) ? S("snappy") : S("none"));
    json_set_i64(arena, out, "rows", footer->rows);
    return OK;
}

// A footer may be large and is gone before the next file's is read.
static enum err infer_parquet(struct worker_run *run, const char *path, struct json *out,
                              struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    struct parquet_footer *footer = NULL;
    struct type *type = NULL;
    struct error reason = {0};
    enum err err = footer_open(&arena, path, &footer, &reason);
    if (err == OK)
        err = footer_type(&arena, footer, &type, &reason);
    if (err == OK)
        err = put_parquet(run->arena, footer, type, out, error);
    else if (err == ERR_CORRUPT)
        error_set(error, err, "byte %zu: %s", reason.offset, reason.text);
    else
        error_set(error, err, "%s", reason.text);
    arena_deinit(&arena);
    return err;
}

// --- CSV, by DuckDB

// What the CSV SerDe reads.
static struct str csv_type(const struct engine_type *type)
{
    switch (type->kind) {
    case CELL_INTEGER:
        return type->bits <= 8    ? S("tinyint")
               : type->bits <= 16 ? S("smallint")
               : type->bits <= 32 ? S("int")
               : type->bits <= 64 ? S("bigint")
                                  : S("decimal(38,0)");
    case CELL_BOOLEAN:
        return S("boolean");
    case CELL_DOUBLE:
        return S("double");
    default:
        return S("string");
    }
}

static enum err columns_of_query(struct worker_run *run, struct str sql, struct json *out,
                                 struct error *error)
{
    struct arena *arena = run->arena;
    struct engine_result *result = NULL;
    TRY(engine_query(run->engine, sql, &result, error));
    struct json *columns = json_array(arena);
    for (size_t i = 0; i < engine_column_count(result); i++)
        push_column(arena, columns, str_lower(arena, engine_column_name(result, i)),
                    csv_type(engine_column_type(result, i)));
    json_set(arena, out, "columns", columns);
    engine_result_close(result);
    return OK;
}

static struct str one_text(struct worker_run *run, const struct engine_result *result,
                           size_t column)
{
    struct cell cell = engine_cell(result, run->arena, column, 0);
    return cell.is_null ? S("") : cell.text;
}

static enum err infer_csv(struct worker_run *run, const char *path, struct str compression,
                          struct json *out, struct error *error)
{
    TRY(worker_need_engine(run, error));
    struct arena *arena = run->arena;
    struct buf source = buf_in(arena, BUF_MAX_DEFAULT), sql = buf_in(arena, BUF_MAX_DEFAULT);
    sql_put_text(&source, str_of(path));
    buf_puts(&source, ", sample_size=" CSV_SAMPLE_ROWS ", compression=");
    sql_put_text(&source, str_is(compression, "gzip") || str_is(compression, "zstd") ? compression
                                                                                     : S("none"));
    buf_printf(&sql, "SELECT Delimiter, Quote, Escape, HasHeader FROM sniff_csv(%.*s)",
               STR_ARG(buf_str(&source)));
    struct engine_result *result = NULL;
    TRY(engine_query(run->engine, buf_str(&sql), &result, error));
    size_t rows = 0;
    enum err err = engine_fetch(result, &rows, error);
    if (err == OK && rows) {
        struct json *csv = json_object(arena);
        json_set_str(arena, csv, "delimiter", one_text(run, result, 0));
        json_set_str(arena, csv, "quote", one_text(run, result, 1));
        json_set_str(arena, csv, "escape", one_text(run, result, 2));
        json_set_bool(arena, csv, "header", engine_cell(result, arena, 3, 0).boolean);
        json_set(arena, out, "csv", csv);
    }
    engine_result_close(result);
    TRY(err);
    buf_clear(&sql);
    buf_printf(&sql, "SELECT * FROM read_csv(%.*s) LIMIT 0", STR_ARG(buf_str(&source)));
    TRY(columns_of_query(run, buf_str(&sql), out, error));
    buf_clear(&sql);
    buf_printf(&sql,
               "SELECT count(*) FROM (SELECT 1 FROM read_csv(%.*s, ignore_errors=true) LIMIT 1000)",
               STR_ARG(buf_str(&source)));
    int64_t sampled = 0;
    TRY(engine_number(run->engine, buf_str(&sql), &sampled, error));
    json_set_str(arena, out, "format", S("csv"));
    json_set_str(arena, out, "compression", compression.len ? compression : S("none"));
    json_set_i64(arena, out, "rows", sampled);
    return OK;
}

// --- which it is

static enum err guess_format(struct worker_run *run, const char *path, struct str *format,
                             struct str *compression, struct error *error)
{
    struct records *records = NULL;
    TRY(records_open(path, records_compression_named(*compression), run->scratch, 4096, &records,
                     error));
    struct str bytes = str_trim(records_bytes(records));
    *compression = str_of(records_compression_name(records_compression(records)));
    char first = bytes.len ? bytes.ptr[0] : 0;
    if (!str_is(*format, "auto") && format->len)
        ;
    else if (str_starts(bytes, S("PAR1")))
        *format = S("parquet");
    else if (first == '{' || first == '[')
        *format = S("json");
    else if (str_is_utf8(str_slice(bytes, 0, bytes.len > 4000 ? 0 : bytes.len)) ||
             memchr(bytes.ptr, '\n', bytes.len))
        *format = bytes.len ? S("csv") : S("unknown");
    else
        *format = S("unknown");
    records_close(records);
    return OK;
}

static enum err infer_file(struct worker_run *run, const struct json *file, struct json *out,
                           struct error *error)
{
    const char *path = str_cstr(run->arena, json_str(file, "path"));
    struct str format = json_str(file, "format"), compression = json_str(file, "compression");
    TRY(guess_format(run, path, &format, &compression, error));
    int64_t sample_bytes = json_i64_or(run->input, "sample_bytes", SAMPLE_BYTES_DEFAULT);
    if (str_is(format, "json"))
        return infer_json(run->arena, path, (uint64_t)(sample_bytes > 0 ? sample_bytes : 0), out,
                          error);
    if (str_is(format, "parquet"))
        return infer_parquet(run, path, out, error);
    if (str_is(format, "csv"))
        return infer_csv(run, path, compression, out, error);
    return error_set(error, ERR_UNSUPPORTED, "the format is not known");
}

enum err worker_infer(struct worker_run *run, struct json **out_result, struct error *error)
{
    struct arena *arena = run->arena;
    struct json *results = json_array(arena);
    const struct json *files = json_get(run->input, "files");
    for (size_t i = 0; i < json_count(files); i++) {
        struct json *result = json_object(arena);
        struct error reason = {0};
        if (infer_file(run, json_at(files, i), result, &reason) != OK)
            json_set_str(arena, result, "error", str_dup(arena, str_of(reason.text)));
        json_push(arena, results, result);
        worker_progress((double)(i + 1) / (double)json_count(files));
    }
    *out_result = json_set(arena, json_object(arena), "files", results);
    return OK;
}
