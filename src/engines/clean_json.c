// SPDX-License-Identifier: Apache-2.0
#include "engines/clean_json.h"

#include "engines/records.h"
#include "os/file.h"

#define FLUSH_BYTES ((size_t)1 << 20)

static bool has_binary(const struct hive_type *type)
{
    if (type->kind == HIVE_BINARY)
        return true;
    for (size_t i = 0; i < type->count; i++)
        if (has_binary(type->children[i]))
            return true;
    return false;
}

enum err clean_json_check(const struct fit_column *columns, size_t count, struct error *error)
{
    for (size_t i = 0; i < count; i++)
        if (columns[i].type->kind != HIVE_BINARY && has_binary(columns[i].type))
            return error_set(error, ERR_UNSUPPORTED,
                             "NOT_SUPPORTED: %.*s: binary inside a nested column is not supported",
                             STR_ARG(columns[i].name));
    return OK;
}

enum err clean_json_put_record(struct buf *line, const struct json *record,
                               const struct fit_column *columns, size_t count, struct arena *arena,
                               struct error *error)
{
    if (!json_is(record, JSON_OBJECT))
        return error_set(error, ERR_INVALID, "a record must be an object");
    for (size_t i = 0; i < count; i++) {
        const struct fit_column *column = &columns[i];
        buf_put_char(line, i ? ',' : '{');
        json_write_string(line, column->name);
        buf_put_char(line, ':');
        TRY(json_fit_value(line, column->type, json_fit_member(record, column->name), column->name,
                           arena, error));
    }
    buf_puts(line, "}\n");
    if (line->overflowed)
        return error_set(error, ERR_INVALID, "a record is larger than %zu MiB",
                         CLEAN_JSON_RECORD_BYTES_MAX >> 20);
    return OK;
}

// Scalars that DuckDB's JSON reader would take through a double or not at all are read as text and
// cast.
static bool read_as_text(const struct hive_type *type)
{
    return type->kind == HIVE_DECIMAL || type->kind == HIVE_BINARY;
}

void clean_json_put_source(struct buf *sql, const char *path, const struct fit_column *columns,
                           size_t count)
{
    buf_puts(sql, "SELECT ");
    for (size_t i = 0; i < count; i++) {
        if (i)
            buf_puts(sql, ", ");
        if (read_as_text(columns[i].type)) {
            buf_puts(sql, "CAST(");
            sql_put_name(sql, columns[i].name);
            buf_puts(sql, " AS ");
            hive_type_put_duckdb(sql, columns[i].type);
            buf_puts(sql, ") AS ");
        }
        sql_put_name(sql, columns[i].name);
    }
    buf_puts(sql, " FROM read_json(");
    sql_put_text(sql, str_of(path));
    buf_puts(sql, ", format='newline_delimited', compression='uncompressed', "
                  "maximum_object_size=134217728, columns={");
    for (size_t i = 0; i < count; i++) {
        struct buf type = buf_heap(BUF_MAX_DEFAULT);
        if (read_as_text(columns[i].type))
            buf_puts(&type, "VARCHAR");
        else
            hive_type_put_duckdb(&type, columns[i].type);
        buf_puts(sql, i ? ", " : "");
        sql_put_name(sql, columns[i].name);
        buf_puts(sql, ": ");
        sql_put_text(sql, buf_str(&type));
        buf_deinit(&type);
    }
    buf_puts(sql, "})");
}

// --- a query's JSON tables

struct source {
    struct worker_run *run;
    struct fit_column *columns;
    size_t count;
    bool ignore_malformed;
    int fd;
    struct buf pending;
};

static enum err read_columns(struct source *source, const struct json *columns, struct error *error)
{
    struct arena *arena = source->run->arena;
    source->columns = ARENA_ARRAY(arena, struct fit_column, json_count(columns) + 1);
    JSON_EACH (column, columns) {
        struct fit_column *out = &source->columns[source->count++];
        out->name = json_str(column, "name");
        TRY(hive_type_parse(arena, json_str(column, "type"), &out->type, error));
    }
    return clean_json_check(source->columns, source->count, error);
}

static enum err take_records(struct source *source, struct records *records, struct error *error)
{
    struct arena arena;
    enum err err = OK;
    arena_init(&arena);
    while (err == OK) {
        struct json *record = NULL;
        uint64_t offset = 0;
        struct error reason = {0};
        arena_reset(&arena);
        err = records_next(records, &arena, &record, &offset, &reason);
        struct buf line = buf_in(&arena, CLEAN_JSON_RECORD_BYTES_MAX);
        if (err == OK)
            err = clean_json_put_record(&line, record, source->columns, source->count, &arena,
                                        &reason);
        if (err == OK)
            buf_put(&source->pending, buf_str(&line));
        if ((err == ERR_INVALID || err == ERR_SYNTAX) && source->ignore_malformed)
            err = OK;
        else if (err == ERR_INVALID || err == ERR_SYNTAX)
            err =
                error_set(error, ERR_INVALID, "%s at offset %llu: %s",
                          err == ERR_SYNTAX ? "HIVE_CURSOR_ERROR: Row is not a valid JSON Object"
                                            : "HIVE_BAD_DATA: Error Parsing a column in the table",
                          (unsigned long long)offset, reason.text);
        if (err == OK && source->pending.len >= FLUSH_BYTES) {
            err = file_append(source->fd, buf_str(&source->pending), error);
            buf_clear(&source->pending);
        }
    }
    arena_deinit(&arena);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err write_lines(struct source *source, const struct json *files, const char *path,
                            struct error *error)
{
    enum err err = file_create(path, 0600, &source->fd, error);
    source->pending = buf_heap(BUF_MAX_DEFAULT * 4);
    JSON_EACH (file, files) {
        struct records *records = NULL;
        if (err == OK)
            err = records_open(str_cstr(source->run->arena, json_str(file, "path")), RECORDS_AUTO,
                               source->run->scratch, 0, &records, error);
        if (err == OK)
            err = take_records(source, records, error);
        records_close(records);
    }
    if (err == OK)
        err = file_append(source->fd, buf_str(&source->pending), error);
    file_close(source->fd);
    buf_deinit(&source->pending);
    return err;
}

enum err clean_json_make_view(struct worker_run *run, const struct json *json, struct error *error)
{
    struct source source = {
        .run = run, .fd = -1, .ignore_malformed = json_bool_or(json, "ignore_malformed", false)};
    struct str name = json_str(json, "name");
    const char *path = worker_path(run, str_format(run->arena, "%.*s.ndjson", STR_ARG(name)));
    struct buf sql = buf_in(run->arena, BUF_MAX_DEFAULT);
    TRY(read_columns(&source, json_get(json, "columns"), error));
    TRY(write_lines(&source, json_get(json, "files"), path, error));
    buf_puts(&sql, "CREATE SCHEMA IF NOT EXISTS tarn_sources; CREATE VIEW tarn_sources.");
    sql_put_name(&sql, name);
    buf_puts(&sql, " AS ");
    clean_json_put_source(&sql, path, source.columns, source.count);
    return engine_exec(run->engine, buf_str(&sql), error);
}
