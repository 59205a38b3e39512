// SPDX-License-Identifier: Apache-2.0
// "infer": the schema of files, as the crawler needs it.
//
// JSON is read by our own parser: the first megabyte, in steps of one up to ten while no record was
// valid. Parquet's and CSV's schemas come from DuckDB (a footer; its sniffer over the first 1,000
// rows). A file that cannot be read gets an "error", the others their columns.
#include "engines/infer_type.h"
#include "engines/records.h"
#include "engines/trino_text.h"
#include "engines/worker_main.h"
#include "os/file.h"

#include <string.h>

#define SAMPLE_STEPS_MAX 10
#define CSV_SAMPLE_ROWS "1000"

static void push_column(struct arena *arena, struct json *columns, struct str name, struct str type)
{
    struct json *column = json_object(arena);
    json_set_str(arena, column, "name", name);
    json_set_str(arena, column, "type", type);
    json_push(arena, columns, column);
}

// --- JSON

static enum err sample_json(struct worker_run *run, const char *path, struct str compression,
                            uint64_t sample_bytes, struct json *out, int64_t *out_rows,
                            struct error *error)
{
    struct arena *arena = run->arena;
    struct records *records = NULL;
    TRY(records_open(path, records_compression_named(compression), run->scratch, sample_bytes,
                     &records, error));
    struct inferred_type *type = NULL;
    int64_t rows = 0, bad = 0;
    struct error first_bad = {0};
    for (;;) {
        struct json *value = NULL;
        uint64_t offset = 0;
        struct error reason = {0};
        enum err err = records_next(records, arena, &value, &offset, &reason);
        if (err == ERR_NOT_FOUND)
            break;
        if (err == OK && value->type == JSON_OBJECT) {
            infer_value(arena, &type, value);
            rows++;
        } else if (bad++ == 0) {
            first_bad = reason;
        }
    }
    struct json *columns = json_array(arena);
    for (size_t i = 0; i < infer_field_count(type); i++) {
        struct buf text = buf_in(arena, BUF_MAX_DEFAULT);
        infer_type_put(&text, infer_field_type(type, i));
        push_column(arena, columns, str_dup(arena, infer_field_name(type, i)), buf_str(&text));
    }
    json_set_str(arena, out, "format", S("json"));
    json_set_str(arena, out, "compression",
                 str_of(records_compression_name(records_compression(records))));
    json_set_i64(arena, out, "rows", rows);
    json_set_i64(arena, out, "sampled_bytes", (int64_t)records_position(records));
    json_set(arena, out, "columns", columns);
    records_close(records);
    *out_rows = rows;
    if (rows == 0)
        return error_set(error, ERR_INVALID, "no valid JSON object: %s",
                         bad ? first_bad.text : "the file is empty");
    return OK;
}

static enum err infer_json(struct worker_run *run, const char *path, struct str compression,
                           struct json *out, struct error *error)
{
    int64_t step = json_i64_or(run->input, "sample_bytes", 1 << 20), rows = 0;
    enum err err = OK;
    for (int64_t i = 1; i <= SAMPLE_STEPS_MAX; i++) {
        err = sample_json(run, path, compression, (uint64_t)(step * i), out, &rows, error);
        if (err != ERR_INVALID)
            break;
    }
    return err;
}

// --- Parquet and CSV, by DuckDB

static void put_hive(struct buf *out, const struct engine_type *type)
{
    switch (type->kind) {
    case CELL_INTEGER:
        buf_puts(out, type->bits <= 8    ? "tinyint"
                      : type->bits <= 16 ? "smallint"
                      : type->bits <= 32 ? "int"
                      : type->bits <= 64 ? "bigint"
                                         : "decimal(38,0)");
        return;
    case CELL_REAL:
        buf_puts(out, "float");
        return;
    case CELL_DECIMAL:
        buf_printf(out, "decimal(%u,%u)", type->precision, type->scale);
        return;
    case CELL_BYTES:
        buf_puts(out, "binary");
        return;
    case CELL_TIMESTAMP:
    case CELL_INSTANT:
        buf_puts(out, "timestamp");
        return;
    case CELL_BOOLEAN:
    case CELL_DOUBLE:
    case CELL_DATE:
        buf_puts(out, trino_type_word(type));
        return;
    case CELL_LIST:
    case CELL_MAP:
    case CELL_STRUCT:
        buf_puts(out, type->kind == CELL_LIST  ? "array<"
                      : type->kind == CELL_MAP ? "map<"
                                               : "struct<");
        for (size_t i = 0; i < type->child_count; i++) {
            if (i)
                buf_put_char(out, ',');
            if (type->kind == CELL_STRUCT)
                buf_printf(out, "%.*s:", STR_ARG(type->names[i]));
            put_hive(out, &type->children[i]);
        }
        buf_put_char(out, '>');
        return;
    default:
        buf_puts(out, "string");
    }
}

static enum err columns_of_query(struct worker_run *run, struct str sql, bool csv, struct json *out,
                                 struct error *error)
{
    struct arena *arena = run->arena;
    struct engine_result *result = NULL;
    TRY(engine_query(run->engine, sql, &result, error));
    struct json *columns = json_array(arena);
    for (size_t i = 0; i < engine_column_count(result); i++) {
        struct buf type = buf_in(arena, BUF_MAX_DEFAULT);
        const struct engine_type *read = engine_column_type(result, i);
        if (csv && read->kind != CELL_INTEGER && read->kind != CELL_DOUBLE &&
            read->kind != CELL_BOOLEAN)
            buf_puts(&type, "string"); // what the CSV SerDe reads
        else
            put_hive(&type, read);
        push_column(arena, columns, str_lower(arena, engine_column_name(result, i)),
                    buf_str(&type));
    }
    json_set(arena, out, "columns", columns);
    engine_result_close(result);
    return OK;
}

static enum err infer_parquet(struct worker_run *run, const char *path, struct json *out,
                              struct error *error)
{
    TRY(worker_need_engine(run, error));
    struct buf sql = buf_in(run->arena, BUF_MAX_DEFAULT);
    buf_puts(&sql, "SELECT * FROM read_parquet(");
    sql_put_text(&sql, str_of(path));
    buf_puts(&sql, ", hive_partitioning=false) LIMIT 0");
    TRY(columns_of_query(run, buf_str(&sql), false, out, error));
    buf_clear(&sql);
    buf_puts(&sql, "SELECT num_rows FROM parquet_file_metadata(");
    sql_put_text(&sql, str_of(path));
    buf_put_char(&sql, ')');
    int64_t rows = 0;
    TRY(engine_number(run->engine, buf_str(&sql), &rows, error));
    buf_clear(&sql);
    buf_puts(&sql, "SELECT count(*) FROM parquet_metadata(");
    sql_put_text(&sql, str_of(path));
    buf_puts(&sql, ") WHERE compression='SNAPPY'");
    int64_t snappy = 0;
    TRY(engine_number(run->engine, buf_str(&sql), &snappy, error));
    json_set_str(run->arena, out, "format", S("parquet"));
    json_set_str(run->arena, out, "compression", snappy ? S("snappy") : S("none"));
    json_set_i64(run->arena, out, "rows", rows);
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
    TRY(columns_of_query(run, buf_str(&sql), true, out, error));
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
    if (str_is(format, "json"))
        return infer_json(run, path, compression, out, error);
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
