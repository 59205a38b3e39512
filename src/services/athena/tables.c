// SPDX-License-Identifier: Apache-2.0
// Catalog tables as DuckDB views over exact files.
//
// In one transaction the table's definition and partitions come from Glue and the objects under its
// locations from S3; each object's file is linked (or, when small, copied) into the job's folder,
// so that the query sees one moment of the lake whatever happens meanwhile. A view gives every
// column its catalog type; a column that a file lacks is NULL; partition keys are constants.
#include "services/athena/athena.h"

#include "os/file.h"

#define FILES_MAX 100000
#define COPY_BYTES_MAX ((size_t)BLOB_INLINE_MAX)

enum err s3_location(struct arena *arena, struct str location, struct str *out_bucket,
                     struct str *out_prefix)
{
    size_t scheme = str_starts(location, S("s3://"))    ? 5
                    : str_starts(location, S("s3a://")) ? 6
                                                        : 0;
    struct str rest = str_from(location, scheme), bucket;
    if (!scheme || !str_cut(&rest, '/', &bucket) || bucket.len == 0)
        return ERR_INVALID;
    *out_bucket = bucket;
    *out_prefix =
        rest.len && !str_ends(rest, S("/")) ? str_format(arena, "%.*s/", STR_ARG(rest)) : rest;
    return OK;
}

struct str table_format(const struct json *descriptor, const struct json *parameters)
{
    static const struct {
        const char *part, *format;
    } SERDES[] = {{"ParquetHiveSerDe", "parquet"},
                  {"JsonSerDe", "json"},
                  {"JsonSerde", "json"},
                  {"OpenCSVSerde", "csv"},
                  {"LazySimpleSerDe", "csv"}};
    struct str serde = json_str(json_get(descriptor, "SerdeInfo"), "SerializationLibrary");
    for (size_t i = 0; i < sizeof SERDES / sizeof *SERDES; i++)
        if (str_contains(serde, str_of(SERDES[i].part)))
            return str_of(SERDES[i].format);
    struct str classification = json_str(parameters, "classification");
    if (!serde.len && (str_is(classification, "parquet") || str_is(classification, "json") ||
                       str_is(classification, "csv")))
        return classification;
    return S("");
}

// --- files

// As Hive has it: a name that starts with _ or . is hidden, folders below the location too. A key
// that ends in a slash is a folder.
static bool is_hidden(struct str below)
{
    for (struct str name, rest = below; str_cut(&rest, '/', &name);)
        if (name.len == 0 || name.ptr[0] == '_' || name.ptr[0] == '.')
            return true;
    return false;
}

static enum err copy_small(struct call *call, const struct blob *blob, const char *path,
                           struct error *error)
{
    struct str bytes;
    int fd = -1;
    TRY(blob_read_all(call->tx, blob, call->arena, COPY_BYTES_MAX, &bytes, error));
    TRY(file_create(path, 0600, &fd, error));
    enum err err = file_append(fd, bytes, error);
    file_close(fd);
    return err;
}

// The object's file in the job's folder. Its name keeps the key's ending, by which compression is
// told.
static enum err take_object(struct query_tables *q, const struct json *object, const char *ending,
                            struct str *out_path, struct error *error)
{
    struct call *call = q->call;
    struct blob blob;
    bool gzip = str_ends(json_str(object, "Key"), S(".gz")) ||
                str_is(json_str(object, "ContentEncoding"), "gzip");
    if (q->files == FILES_MAX)
        return error_set(error, ERR_LIMIT,
                         "NOT_SUPPORTED: a query over more than %d files is not supported",
                         FILES_MAX);
    TRY(blob_from_json(json_get(object, "Blob"), &blob));
    *out_path =
        str_format(call->arena, "%s/%zu%s%s", q->folder, q->files++, ending, gzip ? ".gz" : "");
    const char *path = str_cstr(call->arena, *out_path),
               *file = blob_path(lake_store(call->lake), call->arena, &blob);
    q->bytes += blob.size_bytes;
    return file ? file_link(file, path, error) : copy_small(call, &blob, path, error);
}

static enum err list_files(struct query_tables *q, struct str location, const char *ending,
                           struct json *out_paths, struct error *error)
{
    struct call *call = q->call;
    struct json *input = json_object(call->arena), *reply;
    struct str bucket, prefix;
    if (s3_location(call->arena, location, &bucket, &prefix) != OK)
        return error_set(error, ERR_INVALID,
                         "HIVE_METASTORE_ERROR: the table's location is not an S3 path: %.*s",
                         STR_ARG(location));
    json_set_str(call->arena, input, "Bucket", bucket);
    json_set_str(call->arena, input, "Prefix", prefix);
    enum err err = call_operation(call, "s3", "ListForEngine", input, &reply);
    if (err == ERR_CODED)
        return error_set(error, ERR_INVALID, "PERMISSION_DENIED: Unable to access %.*s: %s",
                         STR_ARG(location), call->error.text);
    TRY(err);
    JSON_EACH (object, json_get(reply, "Contents")) {
        struct str path;
        if (is_hidden(str_from(json_str(object, "Key"), prefix.len)) ||
            json_i64_or(object, "Size", 0) == 0)
            continue;
        TRY(take_object(q, object, ending, &path, error));
        json_push(call->arena, out_paths, json_string(call->arena, path));
    }
    return OK;
}

// --- SQL

static void put_name(struct buf *out, struct str name)
{
    buf_put_char(out, '"');
    buf_put(out, name); // catalog names have no quotes: Glue refuses them
    buf_put_char(out, '"');
}

static void put_text(struct arena *arena, struct buf *out, struct str text)
{
    buf_printf(out, "'%.*s'", STR_ARG(str_replace(arena, text, S("'"), S("''"))));
}

static void put_paths(struct arena *arena, struct buf *out, const struct json *paths)
{
    buf_put_char(out, '[');
    for (size_t i = 0; i < json_count(paths); i++) {
        if (i)
            buf_puts(out, ", ");
        put_text(arena, out, json_as_str(json_at(paths, i)));
    }
    buf_put_char(out, ']');
}

// What the files give, before the columns get their types.
static enum err put_files(struct query_tables *q, struct str format, const struct json *descriptor,
                          const struct json *table, const struct json *paths, struct buf *out)
{
    struct arena *arena = q->call->arena;
    const struct json *columns = json_get(descriptor, "Columns"),
                      *serde = json_get(descriptor, "SerdeInfo");
    if (str_is(format, "parquet")) {
        buf_puts(out, "read_parquet(");
        put_paths(arena, out, paths);
        buf_puts(out, ", union_by_name=true, hive_partitioning=false)");
        return OK;
    }
    if (str_is(format, "json")) {
        struct json *source = json_object(arena), *files = json_array(arena),
                    *types = json_array(arena);
        JSON_EACH (path, paths)
            json_push(arena, files, json_set(arena, json_object(arena), "path", path));
        JSON_EACH (column, columns) {
            struct json *typed = json_object(arena);
            json_set_str(arena, typed, "name", json_str(column, "Name"));
            json_set_str(arena, typed, "type", json_str(column, "Type"));
            json_push(arena, types, typed);
        }
        struct str name = str_format(arena, "json_%zu", json_count(q->json_sources));
        json_set_str(arena, source, "name", name);
        json_set(arena, source, "files", files);
        json_set(arena, source, "columns", types);
        json_set_bool(
            arena, source, "ignore_malformed",
            str_is(json_str(json_get(serde, "Parameters"), "ignore.malformed.json"), "true"));
        json_push(arena, q->json_sources, source);
        buf_printf(out, "tarn_sources.\"%.*s\"", STR_ARG(name));
        return OK;
    }
    const struct json *parameters = json_get(serde, "Parameters");
    bool quoted = str_contains(json_str(serde, "SerializationLibrary"), S("OpenCSVSerde"));
    struct str delimiter = json_str_or(parameters, quoted ? "separatorChar" : "field.delim",
                                       quoted ? S(",") : S("\x01"));
    struct str skip = json_str_or(json_get(table, "Parameters"), "skip.header.line.count",
                                  json_str_or(parameters, "skip.header.line.count", S("0")));
    int64_t skipped = 0;
    if (!str_to_i64(skip, &skipped))
        skipped = 0;
    buf_puts(out, "read_csv(");
    put_paths(arena, out, paths);
    buf_puts(out, ", auto_detect=false, header=false, null_padding=true, hive_partitioning=false, "
                  "nullstr='\\N', delim=");
    put_text(arena, out, str_is(delimiter, "\\t") ? S("\t") : delimiter);
    buf_puts(out, ", quote=");
    put_text(arena, out, quoted ? json_str_or(parameters, "quoteChar", S("\"")) : S(""));
    buf_puts(out, ", escape=");
    put_text(arena, out, quoted ? json_str_or(parameters, "quoteChar", S("\"")) : S(""));
    buf_printf(out, ", skip=%lld, columns={", (long long)skipped);
    for (size_t i = 0; i < json_count(columns); i++) {
        buf_puts(out, i ? ", " : "");
        put_name(out, json_str(json_at(columns, i), "Name"));
        buf_puts(out, ": 'VARCHAR'");
    }
    buf_puts(out, "})");
    return OK;
}

// One SELECT with every column of the table: typed, and NULL where the files lack it.
static enum err put_source(struct query_tables *q, const struct json *table,
                           const struct json *descriptor, const struct json *values,
                           const struct sql_table *typed, struct buf *out, struct error *error)
{
    struct arena *arena = q->call->arena;
    struct str format = table_format(descriptor, json_get(table, "Parameters"));
    struct json *paths = json_array(arena);
    size_t data = json_count(json_get(json_get(table, "StorageDescriptor"), "Columns"));
    if (!format.len)
        return error_set(
            error, ERR_UNSUPPORTED, "NOT_SUPPORTED: the SerDe '%.*s' is not supported",
            STR_ARG(json_str(json_get(descriptor, "SerdeInfo"), "SerializationLibrary")));
    TRY(list_files(q, json_str(descriptor, "Location"), str_is(format, "parquet") ? ".parquet" : "",
                   paths, error));
    bool csv = str_is(format, "csv"), empty = json_count(paths) == 0;
    buf_puts(out, "SELECT ");
    for (size_t i = 0; i < typed->count; i++) {
        bool is_key = i >= data;
        buf_printf(out, "%s%s(", i ? ", " : "", csv && !is_key ? "TRY_CAST" : "CAST");
        if (is_key && values &&
            str_is(json_as_str(json_at(values, i - data)), "__HIVE_DEFAULT_PARTITION__"))
            buf_puts(out, "NULL");
        else if (is_key && values)
            put_text(arena, out, json_as_str(json_at(values, i - data)));
        else if (is_key || empty)
            buf_puts(out, "NULL");
        else
            put_name(out, typed->columns[i].name);
        buf_puts(out, " AS ");
        hive_type_put_duckdb(out, typed->columns[i].type);
        buf_puts(out, ") AS ");
        put_name(out, typed->columns[i].name);
    }
    if (empty) {
        buf_puts(out, " WHERE FALSE");
        return OK;
    }
    if (!str_is(format, "parquet")) {
        buf_puts(out, " FROM ");
        return put_files(q, format, descriptor, table, paths, out);
    }
    buf_puts(out, " FROM (SELECT ");
    for (size_t i = 0; i < data; i++) {
        buf_printf(out, "%sCAST(NULL AS ", i ? ", " : "");
        hive_type_put_duckdb(out, typed->columns[i].type);
        buf_puts(out, ") AS ");
        put_name(out, typed->columns[i].name);
    }
    buf_puts(out, " WHERE FALSE UNION ALL BY NAME SELECT * FROM ");
    TRY(put_files(q, format, descriptor, table, paths, out));
    buf_put_char(out, ')');
    return OK;
}

static enum err put_partitions(struct query_tables *q, const struct json *table,
                               const struct sql_table *typed, struct buf *out, struct error *error)
{
    struct call *call = q->call;
    struct json *input = json_object(call->arena), *reply, *token = NULL;
    size_t count = 0;
    json_set_str(call->arena, input, "DatabaseName", json_str(table, "DatabaseName"));
    json_set_str(call->arena, input, "TableName", json_str(table, "Name"));
    do {
        json_set(call->arena, input, "NextToken", token);
        TRY(call_operation(call, "glue", "GetPartitions", input, &reply));
        JSON_EACH (partition, json_get(reply, "Partitions")) {
            struct json *descriptor = json_get(partition, "StorageDescriptor");
            if (!json_str(descriptor, "Location").len)
                continue;
            if (!json_has(descriptor, "SerdeInfo")) { // then the table's
                descriptor = json_copy_shallow(call->arena, descriptor);
                json_set(call->arena, descriptor, "SerdeInfo",
                         json_get(json_get(table, "StorageDescriptor"), "SerdeInfo"));
            }
            json_set(call->arena, descriptor = json_copy_shallow(call->arena, descriptor),
                     "Columns", json_get(json_get(table, "StorageDescriptor"), "Columns"));
            buf_puts(out, count++ ? " UNION ALL " : "");
            TRY(put_source(q, table, descriptor, json_get(partition, "Values"), typed, out, error));
        }
        token = json_get(reply, "NextToken");
    } while (token);
    if (count)
        return OK;
    buf_puts(out, "SELECT ");
    for (size_t i = 0; i < typed->count; i++) {
        buf_printf(out, "%sCAST(NULL AS ", i ? ", " : "");
        hive_type_put_duckdb(out, typed->columns[i].type);
        buf_puts(out, ") AS ");
        put_name(out, typed->columns[i].name);
    }
    buf_puts(out, " WHERE FALSE");
    return OK;
}

// --- the table

static enum err type_columns(struct query_tables *q, const struct json *table,
                             const struct sql_node *node, struct sql_table *out,
                             struct error *error)
{
    struct arena *arena = q->call->arena;
    const struct json *lists[] = {json_get(json_get(table, "StorageDescriptor"), "Columns"),
                                  json_get(table, "PartitionKeys")};
    out->columns =
        ARENA_ARRAY(arena, struct sql_column, json_count(lists[0]) + json_count(lists[1]) + 1);
    for (size_t i = 0; i < 2; i++)
        JSON_EACH (column, lists[i]) {
            struct hive_type *type = NULL;
            struct error why = {0};
            struct str text = json_str_or(column, "Type", S("string"));
            if (hive_type_parse(arena, text, &type, &why) != OK)
                return sql_refuse(error, node, "NOT_SUPPORTED", "column '%.*s': %s",
                                  STR_ARG(json_str(column, "Name")), why.text);
            out->columns[out->count++] = (struct sql_column){json_str(column, "Name"), type};
        }
    return OK;
}

static enum err get_table(struct call *call, struct str database, struct str table,
                          const struct sql_node *node, struct json **out_table, struct error *error)
{
    struct json *input = json_object(call->arena), *reply;
    json_set_str(call->arena, input, "DatabaseName", database);
    json_set_str(call->arena, input, "Name", table);
    enum err err = call_operation(call, "glue", "GetTable", input, &reply);
    if (err == ERR_CODED && str_is(str_of(call->code->code), "EntityNotFoundException")) {
        json_remove(input, S("DatabaseName"));
        json_set_str(call->arena, input, "Name", database);
        struct json *ignored;
        if (call_operation(call, "glue", "GetDatabase", input, &ignored) == ERR_CODED)
            return sql_refuse(error, node, "SCHEMA_NOT_FOUND", "Schema '%.*s' does not exist",
                              STR_ARG(database));
        return sql_refuse(error, node, "TABLE_NOT_FOUND",
                          "Table 'awsdatacatalog.%.*s.%.*s' does not exist", STR_ARG(database),
                          STR_ARG(table));
    }
    if (err == ERR_CODED)
        return error_set(error, ERR_INVALID, "PERMISSION_DENIED: %s", call->error.text);
    TRY(err);
    *out_table = json_get(reply, "Table");
    return OK;
}

enum err query_tables_find(void *context, struct str database, struct str name,
                           const struct sql_node *node, struct sql_table *out, struct error *error)
{
    struct query_tables *q = context;
    struct arena *arena = q->call->arena;
    struct json *table = NULL;
    struct str full = str_format(arena, "%.*s.%.*s", STR_ARG(database), STR_ARG(name));
    struct json *seen = json_get_str(q->seen, full);
    if (seen)
        table = seen;
    else
        TRY(get_table(q->call, database, name, node, &table, error));
    if (str_is(json_str(table, "TableType"), "VIRTUAL_VIEW"))
        return sql_refuse(error, node, "NOT_SUPPORTED", "'%.*s' is a view: views are not supported",
                          STR_ARG(full));
    if (str_is(json_str(json_get(table, "Parameters"), "projection.enabled"), "true"))
        return sql_refuse(error, node, "NOT_SUPPORTED", "partition projection is not supported");
    if (str_eq_nocase(json_str(json_get(table, "Parameters"), "table_type"), S("ICEBERG")))
        return sql_refuse(error, node, "NOT_SUPPORTED", "Iceberg tables are not supported");
    TRY(type_columns(q, table, node, out, error));
    struct buf sql_name = buf_in(arena, BUF_MAX_DEFAULT);
    buf_puts(&sql_name, "\"db_"); // so that a database may be called main
    buf_printf(&sql_name, "%.*s\".\"%.*s\"", STR_ARG(database), STR_ARG(name));
    out->sql_name = buf_str(&sql_name);
    if (seen)
        return OK;
    struct buf sql = buf_in(arena, BUF_MAX_DEFAULT);
    if (json_count(json_get(table, "PartitionKeys")))
        TRY(put_partitions(q, table, out, &sql, error));
    else
        TRY(put_source(q, table, json_get(table, "StorageDescriptor"), NULL, out, &sql, error));
    if (sql.overflowed)
        return sql_refuse(error, node, "NOT_SUPPORTED", "'%.*s' has too many files", STR_ARG(full));
    struct json *view = json_object(arena);
    json_set_str(arena, view, "schema", str_format(arena, "db_%.*s", STR_ARG(database)));
    json_set_str(arena, view, "name", name);
    json_set_str(arena, view, "view_sql", buf_str(&sql));
    json_push(arena, q->views, view);
    json_set_named(arena, q->seen, full, table);
    return OK;
}
