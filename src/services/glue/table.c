// SPDX-License-Identifier: Apache-2.0
// Tables of the Data Catalog. Specified by "Table API" in the AWS Glue guide.
//
// A table's row is what GetTable shows. Each update gives it the next version number and keeps the
// row it replaces (table_version.c), unless the client asks to skip that.
#include "services/glue/glue.h"

#include "base/pattern.h"

#include <string.h>

static const char *const INPUT_MEMBERS[] = {
    "Description",       "Owner",         "LastAccessTime",   "LastAnalyzedTime",
    "StorageDescriptor", "PartitionKeys", "ViewOriginalText", "ViewExpandedText",
    "TableType",         "Parameters",    "TargetTable",      NULL};

struct key *glue_table_key(struct call *call, struct key *key, struct str database, struct str name)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_TABLE), call->region), database);
    return key_str(key, name);
}

enum err glue_table_get(struct call *call, struct str database, struct str name,
                        enum glue_hold hold, struct json **out_row)
{
    struct key key;
    struct str text;
    struct json *row;
    glue_table_key(call, &key, database, name);
    enum err err = hold == GLUE_READ     ? tx_get(call->tx, &key, call->arena, &text)
                   : hold == GLUE_SHARED ? tx_lock_shared(call->tx, &key, call->arena, &text)
                                         : tx_lock(call->tx, &key, call->arena, &text);
    if (err == ERR_NOT_FOUND) {
        TRY(glue_database_get(call, database, GLUE_READ, &row));
        FAIL(call, GLUE_NOT_FOUND, "Table %.*s not found.", STR_ARG(name));
    }
    TRY(err);
    return json_parse(call->arena, text, out_row, &call->error) == OK ? OK : ERR_CORRUPT;
}

struct json *glue_storage_defaults(struct call *call, struct json *storage)
{
    struct arena *arena = call->arena;
    storage = storage ? json_copy_shallow(arena, storage) : json_object(arena);
    if (!json_has(storage, "Columns"))
        json_set(arena, storage, "Columns", json_array(arena));
    if (!json_has(storage, "Compressed"))
        json_set_bool(arena, storage, "Compressed", false);
    if (!json_has(storage, "NumberOfBuckets"))
        json_set_i64(arena, storage, "NumberOfBuckets", 0);
    if (!json_has(storage, "SortColumns"))
        json_set(arena, storage, "SortColumns", json_array(arena));
    if (!json_has(storage, "StoredAsSubDirectories"))
        json_set_bool(arena, storage, "StoredAsSubDirectories", false);
    return storage;
}

static enum err check_columns(struct call *call, const struct json *columns)
{
    JSON_EACH (column, columns) {
        if (!json_str(column, "Name").len)
            FAIL(call, GLUE_INVALID, "Column name cannot be empty.");
        struct str type = json_str(column, "Type");
        if (json_has(column, "Type") && !str_trim(type).len)
            FAIL(call, GLUE_INVALID, "Unsupported column type %.*s", STR_ARG(type));
    }
    return OK;
}

static struct json *table_row(struct call *call, struct str database, struct str name,
                              const struct json *input, int64_t version)
{
    struct arena *arena = call->arena;
    struct json *row = json_object(arena);
    json_set_str(arena, row, "Name", name);
    json_set_str(arena, row, "DatabaseName", database);
    glue_copy(call, row, input, INPUT_MEMBERS);
    json_set_i64(arena, row, "Retention", json_i64_or(input, "Retention", 0));
    if (json_has(input, "StorageDescriptor"))
        json_set(arena, row, "StorageDescriptor",
                 glue_storage_defaults(call, json_get(input, "StorageDescriptor")));
    json_set(arena, row, "UpdateTime", time_json(arena, call->now_ms));
    json_set_bool(arena, row, "IsRegisteredWithLakeFormation", false);
    json_set_str(arena, row, "CatalogId", call->account);
    json_set_str(arena, row, "VersionId", str_format(arena, "%lld", (long long)version));
    json_set_bool(arena, row, "IsMultiDialectView", false);
    return row;
}

enum err glue_table_create(struct call *call, struct str database, const struct json *input)
{
    struct str name = glue_name(call, input, "Name"), text;
    struct key key;
    TRY(check_columns(call, json_get(json_get(input, "StorageDescriptor"), "Columns")));
    TRY(check_columns(call, json_get(input, "PartitionKeys")));
    enum err err =
        tx_lock(call->tx, glue_table_key(call, &key, database, name), call->arena, &text);
    if (err == OK)
        FAIL(call, GLUE_EXISTS, "Table already exists.");
    if (err != ERR_NOT_FOUND)
        return err;
    struct json *row = table_row(call, database, name, input, 0);
    json_set(call->arena, row, "CreateTime", json_get(row, "UpdateTime"));
    json_set_str(call->arena, row, "CreatedBy", call->principal->arn);
    return tx_put_json(call->tx, &key, row);
}

enum err glue_create_table(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct str database = glue_name(call, in, "DatabaseName");
    struct json *row;
    TRY(glue_check_catalog(call, in));
    if (!json_has(in, "TableInput"))
        FAIL(call, GLUE_INVALID, "TableInput is required.");
    TRY(glue_database_get(call, database, GLUE_SHARED, &row));
    return glue_table_create(call, database, json_get(in, "TableInput"));
}

enum err glue_get_table(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(glue_check_catalog(call, in));
    TRY(glue_table_get(call, glue_name(call, in, "DatabaseName"), glue_name(call, in, "Name"),
                       GLUE_READ, &row));
    *out = json_set(call->arena, json_object(call->arena), "Table", row);
    return OK;
}

// --- expressions over names: a regular expression or Hive's pattern. What clients send is
// alternatives of literals and "any text" (".*" or "*"), so that is what is understood; anything
// else is refused by name rather than taken for something it is not.
static enum err name_pattern(struct call *call, struct str text, struct str *out_wildcard)
{
    struct buf out = buf_in(call->arena, 4096);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool at_edge = (c == '^' && i == 0) || (c == '$' && i + 1 == text.len);
        if (at_edge)
            continue;
        if (c == '.' && i + 1 < text.len && text.ptr[i + 1] == '*')
            continue;
        if (c == '\\' && i + 1 < text.len)
            buf_put_char(&out, text.ptr[++i]);
        else if (c == '.')
            buf_put_char(&out, '?');
        else if (strchr("+?()[]{}^$\\", c))
            FAIL(call, GLUE_INVALID, "Expression: '%c' is not understood by this server in %.*s", c,
                 STR_ARG(text));
        else
            buf_put_char(&out, c);
    }
    *out_wildcard = str_lower(call->arena, buf_str(&out));
    return OK;
}

static enum err name_matches(struct call *call, struct str expression, struct str name,
                             bool *out_matches)
{
    *out_matches = !expression.len;
    for (struct str part, rest = expression; !*out_matches && str_cut(&rest, '|', &part);) {
        struct str wildcard;
        TRY(name_pattern(call, part, &wildcard));
        *out_matches = wildcard_match(wildcard, name);
    }
    return OK;
}

enum err glue_get_tables(struct call *call, const struct json *in, struct json **out)
{
    struct str database = glue_name(call, in, "DatabaseName");
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(glue_check_catalog(call, in));
    TRY(glue_database_get(call, database, GLUE_READ, &row));
    key_str(key_str(key_start(&prefix, KEYSPACE_GLUE_TABLE), call->region), database);
    TRY(glue_list_begin(call, in, &prefix, 100, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        bool wanted = false;
        err = name_matches(call, json_str(in, "Expression"), json_str(row, "Name"), &wanted);
        if (err != OK || (wanted && !glue_list_push(&list, row)))
            break;
    }
    return glue_list_end(&list, err, "TableList", out);
}

enum err glue_search_tables(struct call *call, const struct json *in, struct json **out)
{
    struct str wanted = str_lower(call->arena, json_str(in, "SearchText"));
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(glue_check_catalog(call, in));
    key_str(key_start(&prefix, KEYSPACE_GLUE_TABLE), call->region);
    TRY(glue_list_begin(call, in, &prefix, 100, &list));
    while ((err = glue_list_next(&list, &row)) == OK) {
        struct str about = str_format(call->arena, "%.*s %.*s %.*s", STR_ARG(json_str(row, "Name")),
                                      STR_ARG(json_str(row, "DatabaseName")),
                                      STR_ARG(json_str(row, "Description")));
        if (str_contains(str_lower(call->arena, about), wanted) && !glue_list_push(&list, row))
            break;
    }
    return glue_list_end(&list, err, "TableList", out);
}

// --- changing

static enum err archive(struct call *call, struct str database, struct str name,
                        const struct json *row, int64_t version)
{
    struct key key;
    key_str(key_str(key_start(&key, KEYSPACE_GLUE_TABLE_VERSION), call->region), database);
    return tx_put_json(call->tx, key_u64(key_str(&key, name), ~(uint64_t)version), row);
}

static int64_t version_of(const struct json *row)
{
    int64_t version = 0;
    return str_to_i64(json_str(row, "VersionId"), &version) ? version : 0;
}

enum err glue_table_update(struct call *call, struct str database, const struct json *input,
                           bool skip_archive)
{
    struct str name = glue_name(call, input, "Name");
    struct json *old;
    struct key key;
    TRY(glue_table_get(call, database, name, GLUE_ALONE, &old));
    TRY(check_columns(call, json_get(json_get(input, "StorageDescriptor"), "Columns")));
    int64_t version = version_of(old);
    if (!skip_archive)
        TRY(archive(call, database, name, old, version));
    struct json *row = table_row(call, database, name, input, version + 1);
    json_set(call->arena, row, "CreateTime", json_get(old, "CreateTime"));
    json_set(call->arena, row, "CreatedBy", json_get(old, "CreatedBy"));
    return tx_put_json(call->tx, glue_table_key(call, &key, database, name), row);
}

enum err glue_update_table(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct str database = glue_name(call, in, "DatabaseName"), expected = json_str(in, "VersionId");
    const struct json *input = json_get(in, "TableInput");
    struct json *old;
    TRY(glue_check_catalog(call, in));
    if (!input)
        FAIL(call, GLUE_INVALID, "TableInput is required.");
    struct str name = glue_name(call, input, "Name");
    if (json_has(in, "Name") && !str_eq(glue_name(call, in, "Name"), name))
        FAIL(call, GLUE_INVALID, "Table name cannot be changed.");
    TRY(glue_table_get(call, database, name, GLUE_ALONE, &old));
    if (expected.len && !str_eq(expected, json_str(old, "VersionId")))
        FAIL(call, GLUE_MODIFIED, "Update table failed due to concurrent modifications.");
    return glue_table_update(call, database, input, json_bool_or(in, "SkipArchive", false));
}

enum err glue_table_delete(struct call *call, struct str database, struct str name)
{
    static const enum keyspace BELOW[] = {KEYSPACE_GLUE_PARTITION, KEYSPACE_GLUE_TABLE_VERSION};
    struct json *row;
    struct key key;
    TRY(glue_table_get(call, database, name, GLUE_ALONE, &row));
    for (size_t i = 0; i < sizeof BELOW / sizeof *BELOW; i++) {
        key_str(key_str(key_start(&key, BELOW[i]), call->region), database);
        TRY(glue_delete_prefix(call, key_str(&key, name)));
    }
    TRY(glue_tags_drop(
        call, str_format(call->arena, "table/%.*s/%.*s", STR_ARG(database), STR_ARG(name))));
    return tx_delete(call->tx, glue_table_key(call, &key, database, name));
}

enum err glue_delete_table(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    TRY(glue_check_catalog(call, in));
    return glue_table_delete(call, glue_name(call, in, "DatabaseName"),
                             glue_name(call, in, "Name"));
}

enum err glue_batch_delete_table(struct call *call, const struct json *in, struct json **out)
{
    struct str database = glue_name(call, in, "DatabaseName");
    struct json *row, *errors = json_array(call->arena);
    TRY(glue_check_catalog(call, in));
    TRY(glue_database_get(call, database, GLUE_READ, &row));
    JSON_EACH (item, json_get(in, "TablesToDelete")) {
        struct str name = str_lower(call->arena, json_as_str(item));
        enum err err = glue_table_delete(call, database, name);
        if (err == ERR_CODED) {
            struct json *error = json_object(call->arena);
            json_set_str(call->arena, error, "TableName", name);
            json_set(call->arena, error, "ErrorDetail", glue_error_detail(call));
            json_push(call->arena, errors, error);
        } else if (err != OK) {
            return err;
        }
    }
    *out = json_set(call->arena, json_object(call->arena), "Errors", errors);
    return OK;
}
