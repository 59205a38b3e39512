// SPDX-License-Identifier: Apache-2.0
// Databases of the Data Catalog. Specified by "Database API" in the AWS Glue guide.
#include "services/glue/glue.h"

static const char *const INPUT_MEMBERS[] = {"Description",    "LocationUri",
                                            "Parameters",     "CreateTableDefaultPermissions",
                                            "TargetDatabase", NULL};

struct key *glue_database_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_GLUE_DATABASE), call->region), name);
}

enum err glue_database_get(struct call *call, struct str name, enum glue_hold hold,
                           struct json **out_row)
{
    struct key key;
    struct str text;
    glue_database_key(call, &key, name);
    enum err err = hold == GLUE_READ     ? tx_get(call->tx, &key, call->arena, &text)
                   : hold == GLUE_SHARED ? tx_lock_shared(call->tx, &key, call->arena, &text)
                                         : tx_lock(call->tx, &key, call->arena, &text);
    if (err == ERR_NOT_FOUND)
        FAIL(call, GLUE_NOT_FOUND, "Database %.*s not found.", STR_ARG(name));
    TRY(err);
    return json_parse(call->arena, text, out_row, &call->error) == OK ? OK : ERR_CORRUPT;
}

// Lake Formation's default: whoever IAM lets may do everything.
static struct json *default_permissions(struct arena *arena)
{
    struct json *grant = json_object(arena), *who = json_object(arena);
    json_set_str(arena, who, "DataLakePrincipalIdentifier", S("IAM_ALLOWED_PRINCIPALS"));
    json_set(arena, grant, "Principal", who);
    json_set(arena, grant, "Permissions",
             json_push(arena, json_array(arena), json_string(arena, S("ALL"))));
    return json_push(arena, json_array(arena), grant);
}

static enum err put_database(struct call *call, struct str name, const struct json *input,
                             struct json *create_time)
{
    struct key key;
    struct json *row = json_set_str(call->arena, json_object(call->arena), "Name", name);
    glue_copy(call, row, input, INPUT_MEMBERS);
    if (!json_has(row, "CreateTableDefaultPermissions"))
        json_set(call->arena, row, "CreateTableDefaultPermissions",
                 default_permissions(call->arena));
    json_set(call->arena, row, "CreateTime", create_time);
    json_set_str(call->arena, row, "CatalogId", call->account);
    return tx_put_json(call->tx, glue_database_key(call, &key, name), row);
}

enum err glue_create_database(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    const struct json *input = json_get(in, "DatabaseInput");
    struct str name = glue_name(call, input, "Name"), text;
    struct key key;
    TRY(glue_check_catalog(call, in));
    enum err err = tx_lock(call->tx, glue_database_key(call, &key, name), call->arena, &text);
    if (err == OK)
        FAIL(call, GLUE_EXISTS, "Database already exists.");
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(put_database(call, name, input, time_json(call->arena, call->now_ms)));
    return glue_tags_set(call, str_format(call->arena, "database/%.*s", STR_ARG(name)),
                         json_get(in, "Tags"));
}

enum err glue_get_database(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(glue_check_catalog(call, in));
    TRY(glue_database_get(call, glue_name(call, in, "Name"), GLUE_READ, &row));
    *out = json_set(call->arena, json_object(call->arena), "Database", row);
    return OK;
}

enum err glue_get_databases(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix;
    struct glue_list list;
    struct json *row;
    enum err err;
    TRY(glue_check_catalog(call, in));
    key_str(key_start(&prefix, KEYSPACE_GLUE_DATABASE), call->region);
    TRY(glue_list_begin(call, in, &prefix, 100, &list));
    while ((err = glue_list_next(&list, &row)) == OK)
        if (!glue_list_push(&list, row))
            break;
    return glue_list_end(&list, err, "DatabaseList", out);
}

enum err glue_update_database(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct json *row;
    const struct json *input = json_get(in, "DatabaseInput");
    struct str name = glue_name(call, in, "Name");
    TRY(glue_check_catalog(call, in));
    TRY(glue_database_get(call, name, GLUE_ALONE, &row));
    if (!str_eq(name, glue_name(call, input, "Name")))
        FAIL(call, GLUE_INVALID, "Database name cannot be changed.");
    return put_database(call, name, input, json_get(row, "CreateTime"));
}

enum err glue_delete_database(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct str name = glue_name(call, in, "Name");
    struct json *row;
    struct key key;
    static const enum keyspace BELOW[] = {KEYSPACE_GLUE_TABLE, KEYSPACE_GLUE_PARTITION,
                                          KEYSPACE_GLUE_TABLE_VERSION};
    TRY(glue_check_catalog(call, in));
    TRY(glue_database_get(call, name, GLUE_ALONE, &row));
    for (size_t i = 0; i < sizeof BELOW / sizeof *BELOW; i++)
        TRY(glue_delete_prefix(call,
                               key_str(key_str(key_start(&key, BELOW[i]), call->region), name)));
    TRY(glue_tags_drop(call, str_format(call->arena, "database/%.*s", STR_ARG(name))));
    return tx_delete(call->tx, glue_database_key(call, &key, name));
}
