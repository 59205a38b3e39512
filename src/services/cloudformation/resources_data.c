// SPDX-License-Identifier: Apache-2.0
// The catalog, crawlers, jobs; Athena.
#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

// --- AWS::Glue::Database: named by DatabaseInput.Name

static const struct property DATABASE_PROPERTIES[] = {
    {"CatalogId", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"DatabaseName", PROPERTY_FIXED | PROPERTY_OWN},
    {"DatabaseInput", PROPERTY_REQUIRED},
    {0},
};

// A nested Name says what the resource is called, so it cannot change in place.
static enum err same_nested_name(struct resource *resource, const char *property)
{
    struct str name = scalar_text(json_get(resource_get(resource, property), "Name"));
    if (!name.len || str_eq_nocase(name, resource->physical))
        return OK;
    return error_set(&resource->call->error, ERR_UNSUPPORTED,
                     "%s.Name cannot be changed: use another logical id", property);
}

static struct json *named_input(struct resource *resource, const char *property)
{
    struct json *given = resource_get(resource, property);
    struct json *input = json_is(given, JSON_OBJECT)
                             ? json_copy_shallow(resource->call->arena, given)
                             : json_object(resource->call->arena);
    return json_set_str(resource->call->arena, input, "Name", resource->physical);
}

static enum err database_create(struct resource *resource)
{
    struct str name = scalar_text(json_get(resource_get(resource, "DatabaseInput"), "Name"));
    struct str other = resource_get_text(resource, "DatabaseName");
    name = name.len ? name : other;
    resource->physical = name.len ? name : resource_generated_name(resource, 255, true);
    struct json *input = resource_input(resource, false);
    json_set(resource->call->arena, input, "DatabaseInput", named_input(resource, "DatabaseInput"));
    return resource_run(resource, "CreateDatabase", input, NULL);
}

static enum err database_update(struct resource *resource)
{
    TRY(same_nested_name(resource, "DatabaseInput"));
    struct json *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "Name", resource->physical);
    json_set(resource->call->arena, input, "DatabaseInput", named_input(resource, "DatabaseInput"));
    return resource_run(resource, "UpdateDatabase", input, NULL);
}

static enum err database_delete(struct resource *resource)
{
    struct json *input = resource_one(resource, "Name", resource->physical);
    json_set(resource->call->arena, input, "CatalogId", resource_get(resource, "CatalogId"));
    return resource_run(resource, "DeleteDatabase", input, NULL);
}

const struct resource_type TYPE_GLUE_DATABASE = {
    .name = "AWS::Glue::Database",
    .service = "glue",
    .properties = DATABASE_PROPERTIES,
    .create = database_create,
    .update = database_update,
    .delete = database_delete,
};

// --- AWS::Glue::Table

static const struct property TABLE_PROPERTIES[] = {
    {"CatalogId", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"DatabaseName", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"Name", PROPERTY_FIXED | PROPERTY_OWN},
    {"TableInput", PROPERTY_REQUIRED},
    {"OpenTableFormatInput", PROPERTY_FIXED},
    {0},
};

static enum err table_create(struct resource *resource)
{
    struct str name = scalar_text(json_get(resource_get(resource, "TableInput"), "Name"));
    struct str other = resource_get_text(resource, "Name");
    name = name.len ? name : other;
    resource->physical = name.len ? name : resource_generated_name(resource, 255, true);
    struct json *input = resource_input(resource, false);
    json_set(resource->call->arena, input, "TableInput", named_input(resource, "TableInput"));
    return resource_run(resource, "CreateTable", input, NULL);
}

static enum err table_update(struct resource *resource)
{
    TRY(same_nested_name(resource, "TableInput"));
    struct json *input = resource_input(resource, false);
    json_set(resource->call->arena, input, "TableInput", named_input(resource, "TableInput"));
    return resource_run(resource, "UpdateTable", input, NULL);
}

static enum err table_delete(struct resource *resource)
{
    struct json *input = resource_one(resource, "Name", resource->physical);
    json_set(resource->call->arena, input, "CatalogId", resource_get(resource, "CatalogId"));
    json_set(resource->call->arena, input, "DatabaseName", resource_get(resource, "DatabaseName"));
    return resource_run(resource, "DeleteTable", input, NULL);
}

const struct resource_type TYPE_GLUE_TABLE = {
    .name = "AWS::Glue::Table",
    .service = "glue",
    .properties = TABLE_PROPERTIES,
    .create = table_create,
    .update = table_update,
    .delete = table_delete,
};

// --- AWS::Glue::Partition: Ref is "database|table|[values]"

static const struct property PARTITION_PROPERTIES[] = {
    {"CatalogId", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"DatabaseName", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"TableName", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"PartitionInput", PROPERTY_REQUIRED},
    {0},
};

static struct json *partition_values(struct resource *resource, const struct json *properties)
{
    struct json *values = json_array(resource->call->arena);
    JSON_EACH (value, json_get(json_get(properties, "PartitionInput"), "Values"))
        json_push(resource->call->arena, values,
                  json_string(resource->call->arena, scalar_text(value)));
    return values;
}

static enum err partition_create(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    resource->physical =
        str_format(arena, "%.*s|%.*s|%.*s", STR_ARG(resource_get_text(resource, "DatabaseName")),
                   STR_ARG(resource_get_text(resource, "TableName")),
                   STR_ARG(json_text(arena, partition_values(resource, resource->properties))));
    return resource_run(resource, "CreatePartition", resource_input(resource, false), NULL);
}

static enum err partition_update(struct resource *resource)
{
    struct json *input = resource_input(resource, false);
    struct json *old = partition_values(resource, resource->before);
    if (!json_equal(old, partition_values(resource, resource->properties)))
        return error_set(&resource->call->error, ERR_UNSUPPORTED,
                         "PartitionInput.Values cannot be changed: use another logical id");
    json_set(resource->call->arena, input, "PartitionValueList", old);
    return resource_run(resource, "UpdatePartition", input, NULL);
}

static enum err partition_delete(struct resource *resource)
{
    struct json *input = resource_input(resource, false);
    json_remove(input, S("PartitionInput"));
    json_set(resource->call->arena, input, "PartitionValues",
             partition_values(resource, resource->properties));
    return resource_run(resource, "DeletePartition", input, NULL);
}

const struct resource_type TYPE_GLUE_PARTITION = {
    .name = "AWS::Glue::Partition",
    .service = "glue",
    .properties = PARTITION_PROPERTIES,
    .create = partition_create,
    .update = partition_update,
    .delete = partition_delete,
};

// --- AWS::Glue::Crawler: Schedule is {"ScheduleExpression"} here and text in the API

static const struct property CRAWLER_PROPERTIES[] = {
    {"Name", PROPERTY_FIXED},
    {"Role", PROPERTY_REQUIRED},
    {"Targets", PROPERTY_REQUIRED},
    {"Classifiers"},
    {"Configuration", PROPERTY_TEXT},
    {"CrawlerSecurityConfiguration"},
    {"DatabaseName"},
    {"Description"},
    {"LakeFormationConfiguration"},
    {"RecrawlPolicy"},
    {"Schedule", PROPERTY_OWN},
    {"SchemaChangePolicy"},
    {"TablePrefix"},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {0},
};

static struct json *crawler_input(struct resource *resource)
{
    struct json *input = resource_input(resource, false),
                *schedule = resource_get(resource, "Schedule");
    json_set_str(resource->call->arena, input, "Name", resource->physical);
    json_set(resource->call->arena, input, "Schedule", json_get(schedule, "ScheduleExpression"));
    return input;
}

static enum err crawler_create(struct resource *resource)
{
    struct json *tags = resource_get(resource, "Tags");
    resource->physical = resource_name(resource);
    struct json *input = crawler_input(resource);
    if (tags)
        json_set(resource->call->arena, input, "Tags", resource_tag_map(resource, tags));
    return resource_run(resource, "CreateCrawler", input, NULL);
}

// Glue's tags are a map, of resources by ARN.
static enum err glue_retag(struct resource *resource, const char *kind)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "ResourceArn",
                                        "TagsToAdd",   "TagsToRemove",  true};
    return resource_retag(
        resource, &tags,
        call_arn(resource->call, "glue", "%s/%.*s", kind, STR_ARG(resource->physical)));
}

static enum err crawler_update(struct resource *resource)
{
    struct json *input = crawler_input(resource);
    if (json_has(resource->before, "Schedule") && !json_has(input, "Schedule"))
        json_set_str(resource->call->arena, input, "Schedule", S(""));
    TRY(resource_run(resource, "UpdateCrawler", input, NULL));
    return glue_retag(resource, "crawler");
}

static enum err crawler_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteCrawler",
                        resource_one(resource, "Name", resource->physical), NULL);
}

const struct resource_type TYPE_GLUE_CRAWLER = {
    .name = "AWS::Glue::Crawler",
    .service = "glue",
    .properties = CRAWLER_PROPERTIES,
    .name_property = "Name",
    .name_max = 255,
    .create = crawler_create,
    .update = crawler_update,
    .delete = crawler_delete,
};

// --- AWS::Glue::Job

static const struct property JOB_PROPERTIES[] = {
    {"Name", PROPERTY_FIXED | PROPERTY_OWN},
    {"Role", PROPERTY_REQUIRED},
    {"Command", PROPERTY_REQUIRED},
    {"AllocatedCapacity"},
    {"Connections"},
    {"DefaultArguments"},
    {"Description"},
    {"ExecutionClass"},
    {"ExecutionProperty"},
    {"GlueVersion"},
    {"JobMode"},
    {"JobRunQueuingEnabled"},
    {"LogUri"},
    {"MaintenanceWindow"},
    {"MaxCapacity"},
    {"MaxRetries"},
    {"NonOverridableArguments"},
    {"NotificationProperty"},
    {"NumberOfWorkers"},
    {"SecurityConfiguration"},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {"Timeout"},
    {"WorkerType"},
    {0},
};

static enum err job_create(struct resource *resource)
{
    struct json *input = resource_input(resource, false), *tags = resource_get(resource, "Tags");
    resource->physical = resource_name(resource);
    json_set_str(resource->call->arena, input, "Name", resource->physical);
    if (tags)
        json_set(resource->call->arena, input, "Tags", resource_tag_map(resource, tags));
    return resource_run(resource, "CreateJob", input, NULL);
}

static enum err job_update(struct resource *resource)
{
    struct json *input = resource_one(resource, "JobName", resource->physical);
    json_set(resource->call->arena, input, "JobUpdate", resource_input(resource, false));
    TRY(resource_run(resource, "UpdateJob", input, NULL));
    return glue_retag(resource, "job");
}

static enum err job_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteJob",
                        resource_one(resource, "JobName", resource->physical), NULL);
}

const struct resource_type TYPE_GLUE_JOB = {
    .name = "AWS::Glue::Job",
    .service = "glue",
    .properties = JOB_PROPERTIES,
    .name_property = "Name",
    .name_max = 255,
    .create = job_create,
    .update = job_update,
    .delete = job_delete,
};

// --- AWS::Athena::WorkGroup

static const struct property WORK_GROUP_PROPERTIES[] = {
    {"Name", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"Description"},
    {"State", PROPERTY_OWN},
    {"WorkGroupConfiguration", 0, "Configuration"},
    {"RecursiveDeleteOption", PROPERTY_OWN},
    {"Tags", PROPERTY_TAGS},
    {0},
};
static const char *const WORK_GROUP_ATTRIBUTES[] = {"CreationTime", NULL};

static enum err work_group_state(struct resource *resource)
{
    struct str state = resource_get_text(resource, "State");
    if (!resource_changed(resource, "State"))
        return OK;
    struct json *input = resource_one(resource, "WorkGroup", resource->physical);
    return resource_run(
        resource, "UpdateWorkGroup",
        json_set_str(resource->call->arena, input, "State", state.len ? state : S("ENABLED")),
        NULL);
}

static enum err work_group_create(struct resource *resource)
{
    resource->physical = resource_get_text(resource, "Name");
    resource_attribute(
        resource, "CreationTime",
        str_format(resource->call->arena, "%lld", (long long)(resource->call->now_ms / 1000)));
    TRY(resource_run(resource, "CreateWorkGroup", resource_input(resource, false), NULL));
    return work_group_state(resource);
}

// An update says ResultConfigurationUpdates, and by name what is to go.
static struct json *work_group_updates(struct resource *resource)
{
    static const char *const members[] = {"OutputLocation", "EncryptionConfiguration",
                                          "ExpectedBucketOwner", "AclConfiguration"};
    struct arena *arena = resource->call->arena;
    const struct json *after = resource_get(resource, "WorkGroupConfiguration");
    const struct json *before =
        json_get(json_get(resource->before, "WorkGroupConfiguration"), "ResultConfiguration");
    struct json *updates =
        json_is(after, JSON_OBJECT) ? json_copy_shallow(arena, after) : json_object(arena);
    struct json *results = json_get(after, "ResultConfiguration");
    json_remove(updates, S("ResultConfiguration"));
    results =
        json_is(results, JSON_OBJECT) ? json_copy_shallow(arena, results) : json_object(arena);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_has(before, members[i]) && !json_has(results, members[i])) {
            struct str remove = str_format(arena, "Remove%s", members[i]);
            json_set_named(arena, results, remove, json_bool(arena, true));
        }
    return json_set(arena, updates, "ResultConfigurationUpdates", results);
}

static enum err work_group_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "ResourceARN",
                                        "Tags",        "TagKeys",       false};
    struct json *input = resource_one(resource, "WorkGroup", resource->physical);
    struct str description = resource_get_text(resource, "Description");
    if (resource_changed(resource, "Description"))
        json_set_str(resource->call->arena, input, "Description",
                     description.ptr ? description : S(""));
    if (resource_changed(resource, "WorkGroupConfiguration"))
        json_set(resource->call->arena, input, "ConfigurationUpdates",
                 work_group_updates(resource));
    TRY(resource_run(resource, "UpdateWorkGroup", input, NULL));
    TRY(work_group_state(resource));
    return resource_retag(
        resource, &tags,
        call_arn(resource->call, "athena", "workgroup/%.*s", STR_ARG(resource->physical)));
}

static enum err work_group_delete(struct resource *resource)
{
    struct json *input = resource_one(resource, "WorkGroup", resource->physical);
    json_set(resource->call->arena, input, "RecursiveDeleteOption",
             resource_get(resource, "RecursiveDeleteOption"));
    return resource_run(resource, "DeleteWorkGroup", input, NULL);
}

const struct resource_type TYPE_ATHENA_WORK_GROUP = {
    .name = "AWS::Athena::WorkGroup",
    .service = "athena",
    .properties = WORK_GROUP_PROPERTIES,
    .attributes = WORK_GROUP_ATTRIBUTES,
    .name_property = "Name",
    .name_max = 128,
    .create = work_group_create,
    .update = work_group_update,
    .delete = work_group_delete,
};

// --- AWS::Athena::NamedQuery: every change makes another one

static const struct property NAMED_QUERY_PROPERTIES[] = {
    {"Name"},        {"Database", PROPERTY_REQUIRED},
    {"Description"}, {"QueryString", PROPERTY_REQUIRED},
    {"WorkGroup"},   {0},
};
static const char *const NAMED_QUERY_ATTRIBUTES[] = {"NamedQueryId", NULL};

static enum err named_query_create(struct resource *resource)
{
    struct json *reply, *input = resource_input(resource, false);
    struct str name = resource_get_text(resource, "Name");
    json_set_str(resource->call->arena, input, "Name",
                 name.len ? name : resource_generated_name(resource, 128, false));
    TRY(resource_run(resource, "CreateNamedQuery", input, &reply));
    resource->physical = json_str(reply, "NamedQueryId");
    resource_attribute(resource, "NamedQueryId", resource->physical);
    return OK;
}

static enum err named_query_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteNamedQuery",
                        resource_one(resource, "NamedQueryId", resource->physical), NULL);
}

const struct resource_type TYPE_ATHENA_NAMED_QUERY = {
    .name = "AWS::Athena::NamedQuery",
    .service = "athena",
    .properties = NAMED_QUERY_PROPERTIES,
    .attributes = NAMED_QUERY_ATTRIBUTES,
    .create = named_query_create,
    .delete = named_query_delete,
};
