// SPDX-License-Identifier: Apache-2.0
// Tags of databases, tables, crawlers and jobs, by ARN; and what engines ask for that nothing here
// ever has: functions, partition indexes, column statistics.
#include "services/glue/glue.h"

#define TAGS_MAX 50

static struct key *tags_key(struct call *call, struct key *key, struct str resource)
{
    return key_str(key_str(key_start(key, KEYSPACE_GLUE_TAGS), call->region), resource);
}

enum err glue_tags_set(struct call *call, struct str resource, const struct json *tags)
{
    struct key key;
    if (!json_count(tags))
        return OK;
    if (json_count(tags) > TAGS_MAX)
        FAIL(call, GLUE_INVALID, "A resource has at most %d tags.", TAGS_MAX);
    return tx_put_json(call->tx, tags_key(call, &key, resource), tags);
}

enum err glue_tags_drop(struct call *call, struct str resource)
{
    struct key key;
    return tx_delete(call->tx, tags_key(call, &key, resource));
}

bool glue_tags_match(struct call *call, struct str resource, const struct json *wanted)
{
    struct key key;
    struct json *tags = NULL;
    if (!json_count(wanted))
        return true;
    if (tx_get_json(call->tx, tags_key(call, &key, resource), call->arena, &tags) != OK)
        return false;
    JSON_EACH_MEMBER (m, wanted)
        if (!json_equal(json_get_str(tags, m->name), m->value))
            return false;
    return true;
}

// The resource that an ARN names, which must be there.
static enum err find_resource(struct call *call, const struct json *in, struct str *out_resource)
{
    static const struct {
        const char *kind;
        enum keyspace keyspace;
    } KINDS[] = {{"database", KEYSPACE_GLUE_DATABASE},
                 {"table", KEYSPACE_GLUE_TABLE},
                 {"crawler", KEYSPACE_GLUE_CRAWLER},
                 {"job", KEYSPACE_GLUE_JOB}};
    struct str text = json_str(in, "ResourceArn"), part, value;
    struct arn arn;
    struct key key;
    if (!arn_parse(text, &arn) || !str_is(arn.service, "glue"))
        FAIL(call, GLUE_INVALID, "%.*s is not the ARN of a Glue resource.", STR_ARG(text));
    struct str rest = arn.resource;
    if (!str_cut(&rest, '/', &part))
        part = STR_NONE;
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (!str_is(part, KINDS[i].kind) || !rest.len)
            continue;
        key_str(key_start(&key, KINDS[i].keyspace), call->region);
        for (struct str name; str_cut(&rest, '/', &name);)
            key_str(&key, name);
        enum err err = tx_get(call->tx, &key, call->arena, &value);
        if (err == ERR_NOT_FOUND)
            FAIL(call, GLUE_NOT_FOUND, "Entity not found: %.*s", STR_ARG(text));
        *out_resource = arn.resource;
        return err;
    }
    FAIL(call, GLUE_INVALID, "Resources of this kind have no tags here: %.*s", STR_ARG(text));
}

static enum err read_tags(struct call *call, const struct json *in, struct key *key,
                          struct json **out_tags)
{
    struct str resource;
    TRY(find_resource(call, in, &resource));
    enum err err = tx_get_json(call->tx, tags_key(call, key, resource), call->arena, out_tags);
    if (err == ERR_NOT_FOUND)
        *out_tags = json_object(call->arena);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err glue_get_tags(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct json *tags;
    TRY(read_tags(call, in, &key, &tags));
    *out = json_set(call->arena, json_object(call->arena), "Tags", tags);
    return OK;
}

enum err glue_tag_resource(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct key key;
    struct json *tags;
    TRY(read_tags(call, in, &key, &tags));
    JSON_EACH_MEMBER (m, json_get(in, "TagsToAdd"))
        json_set_named(call->arena, tags, m->name, m->value);
    if (json_count(tags) > TAGS_MAX)
        FAIL(call, GLUE_INVALID, "A resource has at most %d tags.", TAGS_MAX);
    return tx_put_json(call->tx, &key, tags);
}

enum err glue_untag_resource(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    struct key key;
    struct json *tags;
    TRY(read_tags(call, in, &key, &tags));
    JSON_EACH (name, json_get(in, "TagsToRemove"))
        json_remove(tags, json_as_str(name));
    return tx_put_json(call->tx, &key, tags);
}

// Spark, Hive and Trino ask for these when they open a database or a table.
enum err glue_get_user_defined_functions(struct call *call, const struct json *in,
                                         struct json **out)
{
    struct json *row;
    if (json_has(in, "DatabaseName"))
        TRY(glue_database_get(call, glue_name(call, in, "DatabaseName"), GLUE_READ, &row));
    *out = json_set(call->arena, json_object(call->arena), "UserDefinedFunctions",
                    json_array(call->arena));
    return OK;
}

enum err glue_get_partition_indexes(struct call *call, const struct json *in, struct json **out)
{
    struct json *row;
    TRY(glue_table_get(call, glue_name(call, in, "DatabaseName"), glue_name(call, in, "TableName"),
                       GLUE_READ, &row));
    *out = json_set(call->arena, json_object(call->arena), "PartitionIndexDescriptorList",
                    json_array(call->arena));
    return OK;
}

// No statistics are kept, and AWS's answer to that is an error for each column.
enum err glue_get_column_statistics(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *row, *errors = json_array(arena);
    TRY(glue_table_get(call, glue_name(call, in, "DatabaseName"), glue_name(call, in, "TableName"),
                       GLUE_READ, &row));
    JSON_EACH (name, json_get(in, "ColumnNames")) {
        struct json *error = json_set(arena, json_object(arena), "ColumnName", name),
                    *detail = json_object(arena);
        json_set_str(arena, detail, "ErrorCode", str_of(GLUE_NOT_FOUND.code));
        json_set_str(arena, detail, "ErrorMessage", S("Column statistics not found."));
        json_push(arena, errors, json_set(arena, error, "Error", detail));
    }
    *out = json_set(arena, json_object(arena), "ColumnStatisticsList", json_array(arena));
    json_set(arena, *out, "Errors", errors);
    return OK;
}
