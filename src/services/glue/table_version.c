// SPDX-License-Identifier: Apache-2.0
// Older versions of tables: rows that updates have replaced, newest first.
#include "services/glue/glue.h"

static struct json *version_entry(struct call *call, struct json *row)
{
    struct json *entry = json_set(call->arena, json_object(call->arena), "Table", row);
    return json_set(call->arena, entry, "VersionId", json_get(row, "VersionId"));
}

static struct key *versions_prefix(struct call *call, struct key *key, const struct json *in)
{
    key_str(key_str(key_start(key, KEYSPACE_GLUE_TABLE_VERSION), call->region),
            glue_name(call, in, "DatabaseName"));
    return key_str(key, glue_name(call, in, "TableName"));
}

enum err glue_get_table_versions(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(glue_check_catalog(call, in));
    TRY(glue_table_get(call, glue_name(call, in, "DatabaseName"), glue_name(call, in, "TableName"),
                       GLUE_READ, &row));
    TRY(glue_list_begin(call, in, versions_prefix(call, &prefix, in), 100, &list));
    if (!json_has(in, "NextToken"))
        glue_list_push(&list, version_entry(call, row)); // the current one leads the first page
    while ((err = glue_list_next(&list, &row)) == OK)
        if (!glue_list_push(&list, version_entry(call, row)))
            break;
    return glue_list_end(&list, err, "TableVersions", out);
}

static enum err find_version(struct call *call, const struct json *in, struct key *key,
                             struct json **out_row, bool *out_current)
{
    struct str wanted = json_str(in, "VersionId");
    uint64_t number;
    TRY(glue_check_catalog(call, in));
    TRY(glue_table_get(call, glue_name(call, in, "DatabaseName"), glue_name(call, in, "TableName"),
                       GLUE_READ, out_row));
    *out_current = !wanted.len || str_eq(wanted, json_str(*out_row, "VersionId"));
    if (*out_current)
        return OK;
    if (!str_to_u64(wanted, &number))
        FAIL(call, GLUE_INVALID, "version id %.*s is not a number.", STR_ARG(wanted));
    enum err err = tx_get_json(call->tx, key_u64(versions_prefix(call, key, in), ~number),
                               call->arena, out_row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Table version %.*s not found.", STR_ARG(wanted));
    return err;
}

enum err glue_get_table_version(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *row;
    bool current;
    TRY(find_version(call, in, &key, &row, &current));
    *out =
        json_set(call->arena, json_object(call->arena), "TableVersion", version_entry(call, row));
    return OK;
}

enum err glue_delete_table_version(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct key key;
    struct json *row;
    bool current;
    TRY(find_version(call, in, &key, &row, &current));
    if (current)
        FAIL(call, GLUE_INVALID, "The current version of a table cannot be deleted.");
    return tx_delete(call->tx, &key);
}
