// SPDX-License-Identifier: Apache-2.0
// The catalog as Athena shows it: one data catalog, AwsDataCatalog, which is Glue's.
#include "services/athena/athena.h"

static struct json *the_catalog(struct arena *arena)
{
    struct json *catalog = json_object(arena);
    json_set_str(arena, catalog, "Name", S("AwsDataCatalog"));
    json_set_str(arena, catalog, "Type", S("GLUE"));
    return catalog;
}

enum err athena_list_data_catalogs(struct call *call, const struct json *in, struct json **out)
{
    struct json *summary = json_object(call->arena);
    json_set_str(call->arena, summary, "CatalogName", S("AwsDataCatalog"));
    json_set_str(call->arena, summary, "Type", S("GLUE"));
    *out = json_set(call->arena, json_object(call->arena), "DataCatalogsSummary",
                    json_push(call->arena, json_array(call->arena), summary));
    return OK;
}

static enum err check_catalog(struct call *call, const struct json *in, const char *member)
{
    struct str name = json_str(in, member);
    if (!str_eq_nocase(name, S("AwsDataCatalog")))
        FAIL(call, ATHENA_INVALID_REQUEST, "DataCatalog %.*s was not found", STR_ARG(name));
    return OK;
}

enum err athena_get_data_catalog(struct call *call, const struct json *in, struct json **out)
{
    TRY(check_catalog(call, in, "Name"));
    *out = json_set(call->arena, json_object(call->arena), "DataCatalog", the_catalog(call->arena));
    return OK;
}

// Glue's errors, in Athena's.
static enum err glue(struct call *call, const char *op, struct json *input, struct json **out_reply)
{
    enum err err = call_operation(call, "glue", op, input, out_reply);
    if (err == ERR_CODED) {
        struct str text = str_dup(call->arena, str_of(call->error.text));
        FAIL(call, ATHENA_METADATA, "%.*s", STR_ARG(text));
    }
    return err;
}

static struct json *database_of(struct arena *arena, const struct json *glue_database)
{
    struct json *database = json_object(arena);
    json_set(arena, database, "Name", json_get(glue_database, "Name"));
    json_set(arena, database, "Description", json_get(glue_database, "Description"));
    json_set(arena, database, "Parameters", json_get(glue_database, "Parameters"));
    return database;
}

static void copy_page(struct call *call, const struct json *in, struct json *input)
{
    json_set(call->arena, input, "MaxResults", json_get(in, "MaxResults"));
    json_set(call->arena, input, "NextToken", json_get(in, "NextToken"));
    json_set(call->arena, input, "Expression", json_get(in, "Expression"));
}

enum err athena_list_databases(struct call *call, const struct json *in, struct json **out)
{
    struct json *input = json_object(call->arena), *reply, *list = json_array(call->arena);
    TRY(check_catalog(call, in, "CatalogName"));
    copy_page(call, in, input);
    TRY(glue(call, "GetDatabases", input, &reply));
    JSON_EACH (database, json_get(reply, "DatabaseList"))
        json_push(call->arena, list, database_of(call->arena, database));
    *out = json_set(call->arena, json_object(call->arena), "DatabaseList", list);
    json_set(call->arena, *out, "NextToken", json_get(reply, "NextToken"));
    return OK;
}

enum err athena_get_database(struct call *call, const struct json *in, struct json **out)
{
    struct json *input = json_object(call->arena), *reply;
    TRY(check_catalog(call, in, "CatalogName"));
    json_set(call->arena, input, "Name", json_get(in, "DatabaseName"));
    TRY(glue(call, "GetDatabase", input, &reply));
    *out = json_set(call->arena, json_object(call->arena), "Database",
                    database_of(call->arena, json_get(reply, "Database")));
    return OK;
}

static struct json *metadata_of(struct arena *arena, const struct json *table)
{
    static const char *const NAMES[][2] = {{"Name", "Name"},
                                           {"CreateTime", "CreateTime"},
                                           {"LastAccessTime", "LastAccessTime"},
                                           {"TableType", "TableType"},
                                           {"PartitionKeys", "PartitionKeys"}};
    struct json *metadata = json_object(arena), *descriptor = json_get(table, "StorageDescriptor");
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        json_set(arena, metadata, NAMES[i][0], json_get(table, NAMES[i][1]));
    json_set(arena, metadata, "Columns", json_get(descriptor, "Columns"));
    struct json *parameters = json_copy_shallow(arena, json_get(table, "Parameters"));
    if (!json_is(parameters, JSON_OBJECT))
        parameters = json_object(arena);
    json_set(arena, parameters, "location", json_get(descriptor, "Location"));
    json_set(arena, parameters, "inputformat", json_get(descriptor, "InputFormat"));
    json_set(arena, parameters, "outputformat", json_get(descriptor, "OutputFormat"));
    json_set(arena, parameters, "serde.serialization.lib",
             json_get(json_get(descriptor, "SerdeInfo"), "SerializationLibrary"));
    json_set(arena, metadata, "Parameters", parameters);
    return metadata;
}

enum err athena_list_table_metadata(struct call *call, const struct json *in, struct json **out)
{
    struct json *input = json_object(call->arena), *reply, *list = json_array(call->arena);
    TRY(check_catalog(call, in, "CatalogName"));
    copy_page(call, in, input);
    json_set(call->arena, input, "DatabaseName", json_get(in, "DatabaseName"));
    TRY(glue(call, "GetTables", input, &reply));
    JSON_EACH (table, json_get(reply, "TableList"))
        json_push(call->arena, list, metadata_of(call->arena, table));
    *out = json_set(call->arena, json_object(call->arena), "TableMetadataList", list);
    json_set(call->arena, *out, "NextToken", json_get(reply, "NextToken"));
    return OK;
}

enum err athena_get_table_metadata(struct call *call, const struct json *in, struct json **out)
{
    struct json *input = json_object(call->arena), *reply;
    TRY(check_catalog(call, in, "CatalogName"));
    json_set(call->arena, input, "DatabaseName", json_get(in, "DatabaseName"));
    json_set(call->arena, input, "Name", json_get(in, "TableName"));
    TRY(glue(call, "GetTable", input, &reply));
    *out = json_set(call->arena, json_object(call->arena), "TableMetadata",
                    metadata_of(call->arena, json_get(reply, "Table")));
    return OK;
}
