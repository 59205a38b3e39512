// SPDX-License-Identifier: Apache-2.0
// "query": tables become views, the query runs once, rows go to a CSV file as Athena writes it:
// every field quoted, a quote doubled, NULL empty and without quotes, names first. Rows stream:
// memory is one chunk.
#include "engines/clean_json.h"
#include "engines/trino_text.h"
#include "engines/worker_main.h"
#include "os/file.h"

#define FLUSH_BYTES ((size_t)1 << 20)

struct csv {
    int fd;
    struct buf pending;
    struct buf field;
    uint64_t bytes;
};

static enum err csv_flush(struct csv *csv, struct error *error)
{
    TRY(file_append(csv->fd, buf_str(&csv->pending), error));
    csv->bytes += csv->pending.len;
    buf_clear(&csv->pending);
    return OK;
}

static enum err csv_field(struct csv *csv, struct str text, bool first, struct error *error)
{
    struct buf *out = &csv->pending;
    if (!first)
        buf_put_char(out, ',');
    buf_put_char(out, '"');
    for (size_t start = 0; start <= text.len;) {
        size_t quote = str_find_char(str_from(text, start), '"');
        size_t end = quote == STR_NPOS ? text.len : start + quote + 1;
        buf_put(out, str_slice(text, start, end));
        if (quote == STR_NPOS)
            break;
        buf_put_char(out, '"');
        start = end;
    }
    buf_put_char(out, '"');
    if (out->overflowed)
        return error_set(error, ERR_LIMIT, "a row of the result is larger than %zu MiB",
                         BUF_MAX_DEFAULT >> 20);
    return OK;
}

static enum err csv_row(struct csv *csv, const struct engine_result *result, size_t row,
                        struct arena *arena, struct error *error)
{
    for (size_t column = 0; column < engine_column_count(result); column++) {
        struct cell cell = engine_cell(result, arena, column, row);
        if (cell.is_null) {
            if (column)
                buf_put_char(&csv->pending, ',');
            continue;
        }
        buf_clear(&csv->field);
        TRY(trino_text_put(&csv->field, engine_column_type(result, column), &cell, error));
        if (csv->field.overflowed)
            return error_set(error, ERR_LIMIT, "a value of the result is larger than %zu MiB",
                             BUF_MAX_DEFAULT >> 20);
        TRY(csv_field(csv, buf_str(&csv->field), column == 0, error));
    }
    buf_put_char(&csv->pending, '\n');
    return csv->pending.len < FLUSH_BYTES ? OK : csv_flush(csv, error);
}

static enum err write_rows(struct csv *csv, struct engine_result *result, int64_t row_limit,
                           int64_t *out_rows, struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    enum err err = OK;
    int64_t total = 0;
    for (size_t rows = 1; err == OK && rows && total < row_limit;) {
        err = engine_fetch(result, &rows, error);
        for (size_t row = 0; err == OK && row < rows && total < row_limit; row++, total++) {
            err = csv_row(csv, result, row, &arena, error);
            arena_reset(&arena);
        }
    }
    arena_deinit(&arena);
    *out_rows = total;
    return err == OK ? csv_flush(csv, error) : err;
}

static enum err write_csv(struct worker_run *run, struct engine_result *result, struct str name,
                          int64_t *out_rows, uint64_t *out_bytes, struct error *error)
{
    const char *path = worker_path(run, name);
    struct csv csv = {
        .fd = -1, .pending = buf_heap(BUF_MAX_DEFAULT), .field = buf_heap(BUF_MAX_DEFAULT)};
    int64_t limit = json_i64_or(run->input, "row_limit", INT64_MAX);
    enum err err = file_create(path, 0600, &csv.fd, error);
    for (size_t i = 0; err == OK && i < engine_column_count(result); i++)
        err = csv_field(&csv, engine_column_name(result, i), i == 0, error);
    buf_put_char(&csv.pending, '\n');
    if (err == OK)
        err = write_rows(&csv, result, limit, out_rows, error);
    if (err == OK)
        err = file_sync(csv.fd, error);
    file_close(csv.fd);
    buf_deinit(&csv.pending);
    buf_deinit(&csv.field);
    *out_bytes = csv.bytes;
    return err;
}

static struct json *columns_of(struct arena *arena, const struct engine_result *result)
{
    struct json *columns = json_array(arena);
    for (size_t i = 0; i < engine_column_count(result); i++) {
        const struct engine_type *type = engine_column_type(result, i);
        struct json *column = json_object(arena);
        struct buf full = buf_in(arena, BUF_MAX_DEFAULT);
        trino_type_put(&full, type);
        json_set_str(arena, column, "name", str_dup(arena, engine_column_name(result, i)));
        json_set_str(arena, column, "type", str_of(trino_type_word(type)));
        json_set_str(arena, column, "full_type", buf_str(&full));
        static const int64_t DIGITS[] = {3, 5, 10, 19, 19};
        int64_t precision = type->kind == CELL_DECIMAL  ? type->precision
                            : type->kind == CELL_TEXT   ? 2147483647
                            : type->kind == CELL_BYTES  ? 1073741824
                            : type->kind == CELL_DOUBLE ? 17
                            : type->kind == CELL_REAL   ? 17
                            : type->kind == CELL_TIMESTAMP || type->kind == CELL_INSTANT ? 3
                            : type->kind == CELL_INTEGER ? DIGITS[type->bits <= 8    ? 0
                                                                  : type->bits <= 16 ? 1
                                                                  : type->bits <= 32 ? 2
                                                                                     : 3]
                                                         : 0;
        json_set_i64(arena, column, "precision", precision);
        json_set_i64(arena, column, "scale", type->kind == CELL_DECIMAL ? type->scale : 0);
        json_push(arena, columns, column);
    }
    return columns;
}

static enum err make_views(struct worker_run *run, struct error *error)
{
    JSON_EACH (source, json_get(run->input, "json_sources"))
        TRY(clean_json_make_view(run, source, error));
    const struct json *tables = json_get(run->input, "tables");
    JSON_EACH (table, tables) {
        struct buf sql = buf_in(run->arena, BUF_MAX_DEFAULT);
        buf_puts(&sql, "CREATE SCHEMA IF NOT EXISTS ");
        sql_put_name(&sql, json_str(table, "schema"));
        buf_puts(&sql, "; CREATE VIEW ");
        sql_put_name(&sql, json_str(table, "schema"));
        buf_put_char(&sql, '.');
        sql_put_name(&sql, json_str(table, "name"));
        buf_puts(&sql, " AS ");
        buf_put(&sql, json_str(table, "view_sql"));
        TRY(engine_exec(run->engine, buf_str(&sql), error));
    }
    return OK;
}

enum err worker_query(struct worker_run *run, struct json **out_result, struct error *error)
{
    TRY(worker_need_engine(run, error));
    TRY(make_views(run, error));
    struct engine_result *result = NULL;
    TRY(engine_query(run->engine, json_str(run->input, "sql"), &result, error));
    struct str output = json_str(run->input, "output");
    int64_t rows = 0;
    uint64_t bytes = 0;
    enum err err = OK;
    if (output.len)
        err = write_csv(run, result, output, &rows, &bytes, error);
    if (err == OK) {
        struct arena *arena = run->arena;
        struct json *reply = json_object(arena), *files = json_array(arena);
        json_set(arena, reply, "columns", columns_of(arena, result));
        json_set_i64(arena, reply, "rows", rows);
        json_set_i64(arena, reply, "bytes", (int64_t)bytes);
        if (output.len)
            json_push(arena, files, json_string(arena, output));
        json_set(arena, reply, "files", files);
        *out_result = reply;
    }
    engine_result_close(result);
    return err;
}
