// SPDX-License-Identifier: Apache-2.0
// Named queries and prepared statements: texts that Athena keeps for people. (EXECUTE of a prepared
// statement is not done here; execution parameters of StartQueryExecution are.)
#include "services/athena/athena.h"

#include "base/timefmt.h"

static struct key *saved_key(struct call *call, struct key *key, enum keyspace space,
                             struct str group, struct str name)
{
    key_str(key_str(key_start(key, space), call->region), group);
    return name.ptr ? key_str(key, name) : key;
}

// All of one group, or of one page of it.
static enum err list_saved(struct call *call, const struct json *in, enum keyspace space,
                           struct str group, struct json *rows, struct json *out)
{
    struct key prefix, from;
    struct str raw, value, position = STR_NONE;
    struct json *row;
    int64_t left = json_i64_or(in, "MaxResults", 50);
    if (json_has(in, "NextToken") &&
        page_position(call, json_str(in, "NextToken"), &position) != OK)
        FAIL(call, ATHENA_INVALID_REQUEST, "Malformed next token");
    saved_key(call, &prefix, space, group, STR_NONE);
    if (position.len)
        saved_key(call, &from, space, group, position);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &raw, &value)) == OK) {
        if ((err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error)) != OK)
            break;
        if (left-- <= 0) {
            const char *name =
                space == KEYSPACE_ATHENA_NAMED_QUERY ? "NamedQueryId" : "StatementName";
            json_set_str(call->arena, out, "NextToken", page_token(call, json_str(row, name)));
            break;
        }
        json_push(call->arena, rows, row);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- named queries: found by id alone, so the group is part of the value and the key's group is
// empty

static enum err get_named(struct call *call, struct str id, struct key *key, struct json **out)
{
    saved_key(call, key, KEYSPACE_ATHENA_NAMED_QUERY, S(""), id);
    enum err err = tx_get_json(call->tx, key, call->arena, out);
    if (err == ERR_NOT_FOUND)
        FAIL(call, ATHENA_INVALID_REQUEST, "NamedQuery %.*s was not found", STR_ARG(id));
    return err;
}

enum err athena_create_named_query(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *query = json_copy_shallow(call->arena, in), *group;
    struct str id = call_uuid(call), name = json_str_or(in, "WorkGroup", S("primary"));
    TRY(workgroup_get(call, name, &group));
    json_remove(query, S("ClientRequestToken"));
    json_set_str(call->arena, query, "NamedQueryId", id);
    json_set_str(call->arena, query, "WorkGroup", name);
    *out = json_set_str(call->arena, json_object(call->arena), "NamedQueryId", id);
    return tx_put_json(call->tx, saved_key(call, &key, KEYSPACE_ATHENA_NAMED_QUERY, S(""), id),
                       query);
}

enum err athena_get_named_query(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *query;
    TRY(get_named(call, json_str(in, "NamedQueryId"), &key, &query));
    *out = json_set(call->arena, json_object(call->arena), "NamedQuery", query);
    return OK;
}

enum err athena_batch_get_named_query(struct call *call, const struct json *in, struct json **out)
{
    struct json *found = json_array(call->arena), *missing = json_array(call->arena);
    JSON_EACH (id, json_get(in, "NamedQueryIds")) {
        struct key key;
        struct json *query;
        saved_key(call, &key, KEYSPACE_ATHENA_NAMED_QUERY, S(""), id->text);
        enum err err = tx_get_json(call->tx, &key, call->arena, &query);
        if (err != OK && err != ERR_NOT_FOUND)
            return err;
        if (err == OK) {
            json_push(call->arena, found, query);
            continue;
        }
        struct json *entry = json_object(call->arena);
        json_set_str(call->arena, entry, "NamedQueryId", id->text);
        json_set_str(call->arena, entry, "ErrorCode", S("INVALID_INPUT"));
        json_set(call->arena, entry, "ErrorMessage",
                 json_stringf(call->arena, "NamedQuery %.*s was not found", STR_ARG(id->text)));
        json_push(call->arena, missing, entry);
    }
    *out = json_set(call->arena, json_object(call->arena), "NamedQueries", found);
    json_set(call->arena, *out, "UnprocessedNamedQueryIds", missing);
    return OK;
}

enum err athena_list_named_queries(struct call *call, const struct json *in, struct json **out)
{
    struct json *rows = json_array(call->arena), *ids = json_array(call->arena);
    struct str group = json_str_or(in, "WorkGroup", S("primary"));
    *out = json_set(call->arena, json_object(call->arena), "NamedQueryIds", ids);
    TRY(list_saved(call, in, KEYSPACE_ATHENA_NAMED_QUERY, S(""), rows, *out));
    JSON_EACH (row, rows)
        if (str_eq(json_str(row, "WorkGroup"), group))
            json_push(call->arena, ids, json_get(row, "NamedQueryId"));
    return OK;
}

enum err athena_update_named_query(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *query;
    TRY(get_named(call, json_str(in, "NamedQueryId"), &key, &query));
    static const char *const NAMES[] = {"Name", "Description", "QueryString"};
    for (size_t i = 0; i < 3; i++)
        json_set(call->arena, query, NAMES[i], json_get(in, NAMES[i]));
    *out = json_object(call->arena);
    return tx_put_json(call->tx, &key, query);
}

enum err athena_delete_named_query(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *query;
    TRY(get_named(call, json_str(in, "NamedQueryId"), &key, &query));
    *out = json_object(call->arena);
    return tx_delete(call->tx, &key);
}

// --- prepared statements

static enum err get_prepared(struct call *call, const struct json *in, struct key *key,
                             struct json **out)
{
    struct str name = json_str(in, "StatementName");
    saved_key(call, key, KEYSPACE_ATHENA_PREPARED, json_str(in, "WorkGroup"), name);
    enum err err = tx_get_json(call->tx, key, call->arena, out);
    if (err == ERR_NOT_FOUND)
        FAIL(call, ATHENA_NOT_FOUND, "Prepared Statement %.*s does not exist in WorkGroup %.*s",
             STR_ARG(name), STR_ARG(json_str(in, "WorkGroup")));
    return err;
}

static enum err put_prepared(struct call *call, const struct json *in, const struct key *key)
{
    struct json *statement = json_object(call->arena);
    json_set(call->arena, statement, "StatementName", json_get(in, "StatementName"));
    json_set(call->arena, statement, "QueryStatement", json_get(in, "QueryStatement"));
    json_set(call->arena, statement, "WorkGroupName", json_get(in, "WorkGroup"));
    json_set(call->arena, statement, "Description", json_get(in, "Description"));
    json_set(call->arena, statement, "LastModifiedTime", time_json(call->arena, call->now_ms));
    return tx_put_json(call->tx, key, statement);
}

enum err athena_create_prepared_statement(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct key key;
    struct json *old, *group;
    TRY(workgroup_get(call, json_str(in, "WorkGroup"), &group));
    saved_key(call, &key, KEYSPACE_ATHENA_PREPARED, json_str(in, "WorkGroup"),
              json_str(in, "StatementName"));
    enum err err = tx_lock_json(call->tx, &key, call->arena, &old);
    if (err == OK)
        FAIL(call, ATHENA_INVALID_REQUEST, "Prepared statement with the same name already exists");
    if (err != ERR_NOT_FOUND)
        return err;
    *out = json_object(call->arena);
    return put_prepared(call, in, &key);
}

enum err athena_get_prepared_statement(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *statement;
    TRY(get_prepared(call, in, &key, &statement));
    *out = json_set(call->arena, json_object(call->arena), "PreparedStatement", statement);
    return OK;
}

enum err athena_list_prepared_statements(struct call *call, const struct json *in,
                                         struct json **out)
{
    struct json *rows = json_array(call->arena), *list = json_array(call->arena);
    *out = json_set(call->arena, json_object(call->arena), "PreparedStatements", list);
    TRY(list_saved(call, in, KEYSPACE_ATHENA_PREPARED, json_str(in, "WorkGroup"), rows, *out));
    JSON_EACH (row, rows) {
        struct json *summary = json_object(call->arena);
        json_set(call->arena, summary, "StatementName", json_get(row, "StatementName"));
        json_set(call->arena, summary, "LastModifiedTime", json_get(row, "LastModifiedTime"));
        json_push(call->arena, list, summary);
    }
    return OK;
}

enum err athena_update_prepared_statement(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct key key;
    struct json *statement;
    TRY(get_prepared(call, in, &key, &statement));
    *out = json_object(call->arena);
    return put_prepared(call, in, &key);
}

enum err athena_delete_prepared_statement(struct call *call, const struct json *in,
                                          struct json **out)
{
    struct key key;
    struct json *statement;
    TRY(get_prepared(call, in, &key, &statement));
    *out = json_object(call->arena);
    return tx_delete(call->tx, &key);
}
