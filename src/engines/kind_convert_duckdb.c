// SPDX-License-Identifier: Apache-2.0
// "convert_duckdb": what "convert" does, by DuckDB. It is kept to compare the native engine with.
//
// Each record is checked against the columns and written again (json_fit.h) into one NDJSON file
// per partition; those that do not fit are rejected with file, offset and reason. DuckDB then reads
// only clean lines, strictly, and writes one Parquet file per partition:
// day=2026-11-23/part-00000-RUN.snappy.parquet. Names depend on the input alone, so a run that is
// done again makes the same files.
#include "engines/clean_json.h"
#include "engines/records.h"
#include "engines/worker_main.h"
#include "base/encode.h"
#include "os/file.h"

#include <fcntl.h>
#include <string.h>

#define PARTITIONS_MAX 1000
#define FLUSH_BYTES ((size_t)256 << 10)
#define REJECTED_LISTED_MAX 10000

struct partition {
    struct str folder; // "day=2026-11-23/" or ""
    struct json *values;
    struct str name; // of the NDJSON file in the scratch folder
    struct buf pending;
    int64_t rows;
};
struct convert {
    struct worker_run *run;
    struct fit_column *columns; // of the data
    size_t column_count;
    struct str *keys; // partition columns
    size_t key_count;
    struct partition *partitions;
    size_t partition_count, partition_capacity;
    struct json *rejected;
    int64_t rejected_count, rows;
};

static enum err read_columns(struct convert *c, struct error *error)
{
    struct arena *arena = c->run->arena;
    const struct json *columns = json_get(c->run->input, "columns"),
                      *keys = json_get(c->run->input, "partition_by");
    c->keys = ARENA_ARRAY(arena, struct str, json_count(keys) + 1);
    JSON_EACH (key, keys)
        c->keys[c->key_count++] = json_as_str(key);
    c->columns = ARENA_ARRAY(arena, struct fit_column, json_count(columns) + 1);
    JSON_EACH (column, columns) {
        struct fit_column *out = &c->columns[c->column_count];
        out->name = json_str(column, "name");
        TRY(hive_type_parse(arena, json_str(column, "type"), &out->type, error));
        bool is_key = false;
        for (size_t i = 0; i < c->key_count; i++)
            is_key |= str_eq_nocase(c->keys[i], out->name);
        c->column_count += !is_key;
    }
    if (c->column_count == 0)
        return error_set(error, ERR_INVALID,
                         "a conversion needs at least one column that is not a partition key");
    return OK;
}

static enum err flush(struct convert *c, struct partition *p, struct error *error)
{
    int fd = open(worker_path(c->run, p->name), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        return error_set(error, ERR_IO, "cannot write %.*s", STR_ARG(p->name));
    enum err err = file_append(fd, buf_str(&p->pending), error);
    file_close(fd);
    buf_clear(&p->pending);
    return err;
}

// A partition value as text, escaped for a folder's name as Hive does.
static struct str folder_value(struct arena *arena, const struct json *value)
{
    if (!value || value->type == JSON_NULL || (value->type == JSON_STRING && value->text.len == 0))
        return S("__HIVE_DEFAULT_PARTITION__");
    struct str text = value->type == JSON_STRING ? value->text : json_text(arena, value);
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f || memchr("\"#%'*/:=?\\{}[]^", c, 15))
            buf_printf(&out, "%%%02X", c);
        else
            buf_put_char(&out, (char)c);
    }
    return buf_str(&out);
}

static enum err find_partition(struct convert *c, const struct json *record, struct arena *scratch,
                               struct partition **out, struct error *error)
{
    struct buf folder = buf_in(scratch, BUF_MAX_DEFAULT);
    for (size_t i = 0; i < c->key_count; i++) {
        buf_put(&folder, c->keys[i]);
        buf_put_char(&folder, '=');
        buf_put(&folder, folder_value(scratch, json_fit_member(record, c->keys[i])));
        buf_put_char(&folder, '/');
    }
    for (size_t i = 0; i < c->partition_count; i++)
        if (str_eq(c->partitions[i].folder, buf_str(&folder))) {
            *out = &c->partitions[i];
            return OK;
        }
    if (c->partition_count == PARTITIONS_MAX)
        return error_set(error, ERR_LIMIT, "more than %d partitions in one run", PARTITIONS_MAX);
    struct arena *arena = c->run->arena;
    struct partition *p =
        ARENA_PUSH(arena, c->partitions, c->partition_count, c->partition_capacity);
    p->folder = str_dup(arena, buf_str(&folder));
    p->name = str_format(arena, "clean-%zu.ndjson", c->partition_count - 1);
    p->pending = buf_heap(BUF_MAX_DEFAULT * 4);
    p->values = json_object(arena);
    for (size_t i = 0; i < c->key_count; i++) {
        const struct json *value = json_fit_member(record, c->keys[i]);
        bool none = !value || value->type == JSON_NULL ||
                    (value->type == JSON_STRING && value->text.len == 0);
        struct str text = none                         ? S("__HIVE_DEFAULT_PARTITION__")
                          : value->type == JSON_STRING ? value->text
                                                       : json_text(arena, value);
        json_set_named(arena, p->values, c->keys[i], json_string(arena, str_dup(arena, text)));
    }
    *out = p;
    return OK;
}

static enum err reject(struct convert *c, struct str path, uint64_t offset, const char *reason)
{
    struct arena *arena = c->run->arena;
    if (c->rejected_count++ >= REJECTED_LISTED_MAX)
        return OK; // counted all the same
    struct json *row = json_object(arena);
    json_set_str(arena, row, "path", path);
    json_set_i64(arena, row, "offset", (int64_t)offset);
    json_set_str(arena, row, "reason", str_dup(arena, str_of(reason)));
    json_push(arena, c->rejected, row);
    return OK;
}

static enum err take_record(struct convert *c, const struct json *record, struct arena *scratch,
                            struct error *error)
{
    struct buf line = buf_in(scratch, CLEAN_JSON_RECORD_BYTES_MAX);
    TRY(clean_json_put_record(&line, record, c->columns, c->column_count, scratch, error));
    struct partition *p = NULL;
    TRY(find_partition(c, record, scratch, &p, error));
    buf_put(&p->pending, buf_str(&line));
    p->rows++;
    c->rows++;
    return p->pending.len < FLUSH_BYTES ? OK : flush(c, p, error);
}

static enum err take_file(struct convert *c, const struct json *file, struct error *error)
{
    struct str path = json_str(file, "path");
    struct records *records = NULL;
    TRY(records_open(str_cstr(c->run->arena, path),
                     records_compression_named(json_str(file, "compression")), c->run->scratch, 0,
                     &records, error));
    struct arena scratch;
    arena_init(&scratch);
    enum err err = OK;
    while (err == OK) {
        arena_reset(&scratch);
        struct json *record = NULL;
        uint64_t offset = 0;
        struct error reason = {0};
        err = records_next(records, &scratch, &record, &offset, &reason);
        if (err == OK)
            err = take_record(c, record, &scratch, &reason);
        if (err == ERR_SYNTAX || err == ERR_INVALID)
            err = reject(c, path, offset, reason.text);
        else if (err != OK && error)
            *error = reason;
    }
    arena_deinit(&scratch);
    records_close(records);
    return err == ERR_NOT_FOUND ? OK : err;
}

static enum err check_codec(struct str codec, const char **out_suffix, struct error *error)
{
    static const char *const CODECS[][2] = {{"snappy", ".snappy.parquet"},
                                            {"zstd", ".zstd.parquet"},
                                            {"gzip", ".gz.parquet"},
                                            {"lz4", ".lz4.parquet"},
                                            {"none", ".parquet"}};
    for (size_t i = 0; i < sizeof CODECS / sizeof *CODECS; i++)
        if (str_is(codec, CODECS[i][0])) {
            *out_suffix = CODECS[i][1];
            return OK;
        }
    return error_set(error, ERR_UNSUPPORTED, "no such Parquet compression: %.*s", STR_ARG(codec));
}

static enum err write_partition(struct convert *c, struct partition *p, struct json *files,
                                struct error *error)
{
    struct arena *arena = c->run->arena;
    struct str codec = json_str_or(c->run->input, "codec", S("snappy"));
    const char *suffix = NULL;
    TRY(check_codec(codec, &suffix, error));
    TRY(flush(c, p, error));
    struct str name = str_format(arena, "%.*spart-00000-%.*s%s", STR_ARG(p->folder),
                                 STR_ARG(json_str_or(c->run->input, "run", S("0"))), suffix);
    const char *path = worker_path(c->run, name);
    if (p->folder.len)
        TRY(folder_make(worker_path(c->run, p->folder), 0700, error));
    struct buf sql = buf_heap(BUF_MAX_DEFAULT);
    buf_puts(&sql, "COPY (");
    clean_json_put_source(&sql, worker_path(c->run, p->name), c->columns, c->column_count);
    buf_puts(&sql, ") TO ");
    sql_put_text(&sql, str_of(path));
    buf_printf(&sql, " (FORMAT parquet, CODEC '%.*s', ROW_GROUP_SIZE %lld)",
               STR_ARG(str_is(codec, "none")  ? S("uncompressed")
                       : str_is(codec, "lz4") ? S("lz4_raw")
                                              : codec),
               (long long)json_i64_or(c->run->input, "row_group_rows", 122880));
    enum err err = engine_exec(c->run->engine, buf_str(&sql), error);
    if (err == OK) {
        buf_clear(&sql);
        buf_puts(&sql, "SELECT num_rows FROM parquet_file_metadata(");
        sql_put_text(&sql, str_of(path));
        buf_put_char(&sql, ')');
        int64_t written = -1;
        err = engine_number(c->run->engine, buf_str(&sql), &written, error);
        if (err == OK && written != p->rows)
            err = error_set(error, ERR_IO, "%.*s has %lld rows of %lld", STR_ARG(name),
                            (long long)written, (long long)p->rows);
    }
    buf_deinit(&sql);
    TRY(err);
    int fd = -1;
    uint64_t size = 0;
    TRY(file_open_read(path, &fd, error));
    err = file_sync(fd, error);
    file_close(fd);
    TRY(err);
    TRY(file_size(path, &size, error));
    TRY(file_remove(worker_path(c->run, p->name), error));
    struct json *file = json_object(arena);
    json_set_str(arena, file, "path", name);
    json_set(arena, file, "partition", p->values);
    json_set_i64(arena, file, "rows", p->rows);
    json_set_i64(arena, file, "bytes", (int64_t)size);
    json_push(arena, files, file);
    return OK;
}

enum err worker_convert_duckdb(struct worker_run *run, struct json **out_result,
                               struct error *error)
{
    TRY(worker_need_engine(run, error));
    struct arena *arena = run->arena;
    struct convert c = {.run = run, .rejected = json_array(arena)};
    TRY(read_columns(&c, error));
    TRY(clean_json_check(c.columns, c.column_count, error));
    const struct json *inputs = json_get(run->input, "files");
    for (size_t i = 0; i < json_count(inputs); i++) {
        TRY(take_file(&c, json_at(inputs, i), error));
        worker_progress(0.6 * (double)(i + 1) / (double)json_count(inputs));
    }
    struct json *files = json_array(arena);
    for (size_t i = 0; i < c.partition_count; i++) {
        TRY(write_partition(&c, &c.partitions[i], files, error));
        worker_progress(0.6 + 0.4 * (double)(i + 1) / (double)c.partition_count);
    }
    struct json *reply = json_object(arena);
    json_set_i64(arena, reply, "rows", c.rows);
    json_set(arena, reply, "files", files);
    json_set(arena, reply, "rejected", c.rejected);
    json_set_i64(arena, reply, "rejected_count", c.rejected_count);
    *out_result = reply;
    return OK;
}
