// SPDX-License-Identifier: Apache-2.0
// From tables that were found to the catalog: what to create, change, deprecate or delete, by the
// crawler's schema change policy.
//
// A table belongs to the place it was found at: a table of the crawler's database with that
// location is the one to change, whatever its name. What users have added to it (a description,
// parameters of their own) stays.
#include "services/glue/crawler.h"
#include "services/glue/schema.h"

#include "base/digest.h"

struct update {
    struct call *call;
    const struct json *crawler;
    struct crawl_counts *counts;
    struct str database;
    struct json *existing; // all tables of the database, by name
    struct json *found;    // names of the tables that this crawl has found
    bool merge_columns;
    bool may_update;      // UpdateBehavior
    struct str on_delete; // DeleteBehavior
};

// --- what a table says of its files

static const struct {
    const char *format, *input, *output, *serde;
} FORMATS[] = {
    {"json", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
     "org.openx.data.jsonserde.JsonSerDe"},
    {"csv", "org.apache.hadoop.mapred.TextInputFormat",
     "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
     "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"},
    {"parquet", "org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat",
     "org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe"},
};

static struct json *serde(struct arena *arena, const struct crawl_table *table, size_t format,
                          const struct json *columns)
{
    struct json *serde = json_object(arena), *parameters = json_object(arena);
    if (str_is(table->format, "json")) {
        struct buf paths = buf_in(arena, BUF_MAX_DEFAULT);
        JSON_EACH (column, columns)
            buf_printf(&paths, "%s%.*s", paths.len ? "," : "", STR_ARG(json_str(column, "Name")));
        json_set_str(arena, parameters, "paths", buf_str(&paths));
    } else if (str_is(table->format, "csv")) {
        json_set_str(arena, parameters, "field.delim",
                     json_str_or(table->csv, "delimiter", S(",")));
    } else {
        json_set_str(arena, parameters, "serialization.format", S("1"));
    }
    json_set_str(arena, serde, "SerializationLibrary", str_of(FORMATS[format].serde));
    return json_set(arena, serde, "Parameters", parameters);
}

static void set_number(struct arena *arena, struct json *json, const char *name, int64_t value)
{
    json_set_str(arena, json, name, str_format(arena, "%lld", (long long)value));
}

static void set_statistics(struct update *u, struct json *parameters,
                           const struct crawl_file *const *files, size_t count)
{
    struct arena *arena = u->call->arena;
    int64_t rows = 0, bytes = 0;
    for (size_t i = 0; i < count; i++) {
        rows += files[i]->rows;
        bytes += (int64_t)files[i]->size_bytes;
    }
    set_number(arena, parameters, "sizeKey", bytes);
    set_number(arena, parameters, "objectCount", (int64_t)count);
    set_number(arena, parameters, "recordCount", rows);
    set_number(arena, parameters, "averageRecordSize", rows ? bytes / rows : 0);
}

static struct json *table_parameters(struct update *u, const struct crawl_table *table)
{
    struct arena *arena = u->call->arena;
    struct json *p = json_object(arena);
    set_statistics(u, p, table->files, table->count);
    json_set_str(arena, p, "UPDATED_BY_CRAWLER", json_str(u->crawler, "Name"));
    json_set_str(arena, p, "CrawlerSchemaSerializerVersion", S("1.0"));
    json_set_str(arena, p, "CrawlerSchemaDeserializerVersion", S("1.0"));
    json_set_str(arena, p, "compressionType", table->compression);
    json_set_str(arena, p, "classification", table->format);
    json_set_str(arena, p, "typeOfData", S("file"));
    if (table->csv) {
        json_set_str(arena, p, "columnsOrdered", S("true"));
        json_set_str(arena, p, "areColumnsQuoted", S("false"));
        json_set_str(arena, p, "delimiter", json_str_or(table->csv, "delimiter", S(",")));
        if (json_bool_or(table->csv, "header", false))
            json_set_str(arena, p, "skip.header.line.count", S("1"));
    }
    return p;
}

static struct str location_of(struct arena *arena, struct str bucket, struct str prefix)
{
    return str_format(arena, "s3://%.*s/%.*s", STR_ARG(bucket), STR_ARG(prefix));
}

static struct json *storage_of(struct update *u, const struct crawl_table *table, struct str prefix,
                               struct json *columns, struct json *parameters)
{
    struct arena *arena = u->call->arena;
    struct json *storage = json_object(arena);
    size_t format = 0;
    while (!str_is(table->format, FORMATS[format].format))
        format++;
    json_set(arena, storage, "Columns", columns);
    json_set_str(arena, storage, "Location", location_of(arena, table->bucket, prefix));
    json_set_str(arena, storage, "InputFormat", str_of(FORMATS[format].input));
    json_set_str(arena, storage, "OutputFormat", str_of(FORMATS[format].output));
    bool plain = str_is(table->format, "parquet") || str_is(table->compression, "none");
    json_set_bool(arena, storage, "Compressed", !plain);
    json_set_i64(arena, storage, "NumberOfBuckets", -1);
    json_set(arena, storage, "SerdeInfo", serde(arena, table, format, columns));
    json_set(arena, storage, "BucketColumns", json_array(arena));
    json_set(arena, storage, "Parameters", parameters);
    return glue_storage_defaults(u->call, storage);
}

// The columns of the table as they will be: in the order that the table has them already, then
// what is new. Those that no file has any more go, unless the crawler is to merge only.
static struct json *final_columns(struct update *u, const struct crawl_table *table,
                                  const struct json *old)
{
    struct arena *arena = u->call->arena;
    const struct json *old_columns =
        schema_of_table(arena, json_get(json_get(old, "StorageDescriptor"), "Columns"));
    struct json *kept = json_array(arena);
    if (u->merge_columns)
        return schema_columns(arena, schema_merge(arena, old_columns, table->columns));
    JSON_EACH (column, old_columns)
        JSON_EACH (now, table->columns)
            if (str_eq_nocase(json_str(now, "name"), json_str(column, "name")))
                json_push(arena, kept, now);
    return schema_columns(arena, schema_merge(arena, kept, table->columns));
}

// --- which table of the catalog it is

static struct json *find_by_location(struct update *u, struct str location)
{
    JSON_EACH_MEMBER (m, u->existing)
        if (str_eq(json_str(json_get(m->value, "StorageDescriptor"), "Location"), location))
            return m->value;
    return NULL;
}

static bool name_is_taken(struct update *u, struct str name)
{
    JSON_EACH (found, u->found)
        if (str_eq(json_as_str(found), name))
            return true;
    return json_get_str(u->existing, name) != NULL;
}

static struct str new_name(struct update *u, const struct crawl_table *table, struct str location)
{
    struct arena *arena = u->call->arena;
    struct str prefix = str_lower(arena, json_str(u->crawler, "TablePrefix")),
               name = str_format(arena, "%.*s%.*s", STR_ARG(prefix),
                                 STR_ARG(crawl_table_name(arena, table)));
    if (!name_is_taken(u, name))
        return name;
    return str_format(arena, "%.*s_%.*s", STR_ARG(name),
                      STR_ARG(digest_hex(arena, DIGEST_MD5, location)));
}

// --- partitions

static struct json *partition_input(struct update *u, const struct crawl_table *table,
                                    const struct crawl_partition *partition, struct json *columns)
{
    struct arena *arena = u->call->arena;
    struct json *input = json_object(arena), *parameters = table_parameters(u, table);
    json_remove(parameters, S("UPDATED_BY_CRAWLER"));
    set_statistics(u, parameters, partition->files, partition->count);
    json_set(arena, input, "Values", partition->values);
    json_set(arena, input, "StorageDescriptor",
             storage_of(u, table, partition->prefix, columns, parameters));
    return json_set(arena, input, "Parameters", parameters);
}

static enum err put_partition(struct update *u, struct str table_name, const struct json *input)
{
    struct call *call = u->call;
    struct key key;
    struct json *old = NULL;
    glue_partition_key(call, &key, u->database, table_name, json_get(input, "Values"));
    enum err err = tx_lock_json(call->tx, &key, call->arena, &old);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    if (old &&
        (!u->may_update ||
         (json_equal(json_get(old, "StorageDescriptor"), json_get(input, "StorageDescriptor")) &&
          json_equal(json_get(old, "Parameters"), json_get(input, "Parameters")))))
        return OK;
    struct json *row = glue_partition_row(call, u->database, table_name, input);
    if (old)
        json_set(call->arena, row, "CreationTime", json_get(old, "CreationTime"));
    u->counts->partitions_created += !old;
    u->counts->partitions_updated += old != NULL;
    return tx_put_json(call->tx, &key, row);
}

static bool has_partition(const struct crawl_table *table, const struct json *values)
{
    for (size_t i = 0; i < table->partition_count; i++)
        if (json_equal(table->partitions[i].values, values))
            return true;
    return false;
}

// Partitions whose folders are gone. Only those below the table's folder: others were put there by
// somebody who knows better.
static enum err drop_partitions(struct update *u, const struct crawl_table *table,
                                struct str table_name)
{
    struct call *call = u->call;
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    struct str root = location_of(call->arena, table->bucket, table->root);
    if (!str_is(u->on_delete, "DELETE_FROM_DATABASE"))
        return OK;
    glue_partition_key(call, &prefix, u->database, table_name, NULL);
    TRY(glue_list_begin(call, NULL, &prefix, INT64_MAX, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        const struct json *values = json_get(row, "Values");
        struct str location = json_str(json_get(row, "StorageDescriptor"), "Location");
        if (has_partition(table, values) || !str_starts(location, root))
            continue;
        struct key key;
        glue_partition_key(call, &key, u->database, table_name, values);
        err = tx_delete(call->tx, &key);
        if (err != OK)
            break;
        u->counts->partitions_deleted++;
    }
    scan_close(list.scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- tables

static struct json *keys_of(struct arena *arena, const struct crawl_table *table)
{
    struct json *keys = json_array(arena);
    JSON_EACH (name, table->partition_keys) {
        struct json *key = json_set(arena, json_object(arena), "Name", name);
        json_push(arena, keys, json_set_str(arena, key, "Type", S("string")));
    }
    return keys;
}

static bool same_members(const struct json *a, const struct json *b)
{
    static const char *const MEMBERS[] = {"StorageDescriptor", "PartitionKeys", "Parameters"};
    for (size_t i = 0; i < sizeof MEMBERS / sizeof *MEMBERS; i++)
        if (!json_equal(json_get(a, MEMBERS[i]), json_get(b, MEMBERS[i])))
            return false;
    return true;
}

static enum err change_table(struct update *u, const struct crawl_table *table, struct json *old,
                             struct json *input, struct json *columns)
{
    struct arena *arena = u->call->arena;
    static const char *const KEPT[] = {"Description",      "Owner", "Retention", "ViewOriginalText",
                                       "ViewExpandedText", NULL};
    glue_copy(u->call, input, old, KEPT);
    struct json *parameters = json_copy_shallow(arena, json_get(old, "Parameters"));
    JSON_EACH_MEMBER (m, json_get(input, "Parameters"))
        json_set_named(arena, parameters, m->name, m->value);
    json_remove(parameters, S("DEPRECATED_BY_CRAWLER"));
    json_set(arena, input, "Parameters", parameters);
    if (same_members(old, input))
        return OK;
    bool same_schema =
        json_equal(json_get(json_get(old, "StorageDescriptor"), "Columns"), columns) &&
        json_equal(json_get(old, "PartitionKeys"), json_get(input, "PartitionKeys"));
    if (!same_schema && json_count(json_get(old, "PartitionKeys")) != table->depth) {
        struct key prefix; // its partitions have other keys now
        TRY(glue_delete_prefix(u->call, glue_partition_key(u->call, &prefix, u->database,
                                                           json_str(old, "Name"), NULL)));
    }
    u->counts->tables_updated++;
    return glue_table_update(u->call, u->database, input, same_schema);
}

static enum err put_table(struct update *u, const struct crawl_table *table)
{
    struct arena *arena = u->call->arena;
    struct str location = location_of(arena, table->bucket, table->root);
    struct json *old = find_by_location(u, location), *input = json_object(arena);
    struct str name = old ? json_str(old, "Name") : new_name(u, table, location);
    json_push(arena, u->found, json_string(arena, name));
    struct json *columns = final_columns(u, table, old), *parameters = table_parameters(u, table);
    if (old && !u->may_update)
        columns = json_get(json_get(old, "StorageDescriptor"), "Columns");
    json_set_str(arena, input, "Name", name);
    json_set_str(arena, input, "Owner", S("owner"));
    json_set(arena, input, "StorageDescriptor",
             storage_of(u, table, table->root, columns, parameters));
    json_set(arena, input, "PartitionKeys", keys_of(arena, table));
    json_set_str(arena, input, "TableType", S("EXTERNAL_TABLE"));
    json_set(arena, input, "Parameters", json_copy_shallow(arena, parameters));
    if (!old) {
        TRY(glue_table_create(u->call, u->database, input));
        u->counts->tables_created++;
    } else if (u->may_update) {
        TRY(change_table(u, table, old, input, columns));
    } else if (json_count(json_get(old, "PartitionKeys")) != table->depth) {
        return OK; // the files changed shape and the policy is to leave the table alone
    }
    for (size_t i = 0; i < table->partition_count; i++)
        TRY(put_partition(u, name, partition_input(u, table, &table->partitions[i], columns)));
    return table->partition_count ? drop_partitions(u, table, name) : OK;
}

// --- what is gone

static bool is_below_targets(struct update *u, struct str location)
{
    struct str bucket, key, target_bucket, target_key;
    if (!glue_s3_path(location, &bucket, &key))
        return false;
    JSON_EACH (target, json_get(json_get(u->crawler, "Targets"), "S3Targets"))
        if (glue_s3_path(json_str(target, "Path"), &target_bucket, &target_key) &&
            str_eq(bucket, target_bucket) && str_starts(key, target_key))
            return true;
    return false;
}

static enum err drop_table(struct update *u, struct json *row)
{
    struct call *call = u->call;
    struct str name = json_str(row, "Name");
    struct json *parameters = json_get(row, "Parameters");
    if (str_is(u->on_delete, "DELETE_FROM_DATABASE")) {
        u->counts->tables_deleted++;
        return glue_table_delete(call, u->database, name);
    }
    if (!str_is(u->on_delete, "DEPRECATE_IN_DATABASE") ||
        json_has(parameters, "DEPRECATED_BY_CRAWLER"))
        return OK;
    struct json *input = json_copy_shallow(call->arena, row);
    parameters = json_copy_shallow(call->arena, parameters);
    set_number(call->arena, parameters, "DEPRECATED_BY_CRAWLER", call->now_ms);
    json_set(call->arena, input, "Parameters", parameters);
    u->counts->tables_updated++;
    return glue_table_update(call, u->database, input, false);
}

static enum err drop_tables(struct update *u)
{
    JSON_EACH_MEMBER (m, u->existing) {
        struct json *parameters = json_get(m->value, "Parameters");
        struct str location = json_str(json_get(m->value, "StorageDescriptor"), "Location");
        bool ours =
            str_eq(json_str(parameters, "UPDATED_BY_CRAWLER"), json_str(u->crawler, "Name"));
        JSON_EACH (found, u->found)
            ours &= !str_eq(json_as_str(found), m->name);
        if (ours && is_below_targets(u, location))
            TRY(drop_table(u, m->value));
    }
    return OK;
}

static enum err read_existing(struct update *u)
{
    struct call *call = u->call;
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_TABLE), call->region), u->database);
    TRY(glue_list_begin(call, NULL, &prefix, INT64_MAX, &list));
    while ((err = glue_list_next(&list, &row)) == OK)
        json_set_named(call->arena, u->existing, json_str(row, "Name"), row);
    scan_close(list.scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err crawl_update_catalog(struct call *call, const struct json *row,
                              const struct crawl_tables *tables, struct crawl_counts *counts)
{
    const struct json *policy = json_get(row, "SchemaChangePolicy");
    struct update u = {
        .call = call,
        .crawler = row,
        .counts = counts,
        .database = glue_name(call, row, "DatabaseName"),
        .existing = json_object(call->arena),
        .found = json_array(call->arena),
        .may_update = !str_is(json_str(policy, "UpdateBehavior"), "LOG"),
        .on_delete = json_str_or(policy, "DeleteBehavior", S("DEPRECATE_IN_DATABASE")),
    };
    struct crawl_grouping grouping;
    struct json *database;
    struct str bad = crawler_configuration_error(call->arena, json_str(row, "Configuration"),
                                                 &grouping, &u.merge_columns);
    if (bad.len)
        FAIL(call, GLUE_INVALID, "%.*s", STR_ARG(bad));
    TRY(glue_database_get(call, u.database, GLUE_SHARED, &database));
    TRY(read_existing(&u));
    for (size_t i = 0; i < tables->count; i++)
        TRY(put_table(&u, tables->items[i]));
    return drop_tables(&u);
}
