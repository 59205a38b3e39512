// SPDX-License-Identifier: Apache-2.0
// Functions and what belongs to them.
#include "services/cloudformation/inline_code.h"
#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

// --- AWS::Lambda::Function

static const struct property FUNCTION_PROPERTIES[] = {
    {"FunctionName", PROPERTY_FIXED},
    {"PackageType", PROPERTY_FIXED},
    {"Code", PROPERTY_REQUIRED | PROPERTY_OWN},
    {"Architectures", PROPERTY_OWN},
    {"ReservedConcurrentExecutions", PROPERTY_OWN},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {"CodeSigningConfigArn"},
    {"DeadLetterConfig"},
    {"Description"},
    {"Environment"},
    {"EphemeralStorage"},
    {"FileSystemConfigs"},
    {"Handler"},
    {"ImageConfig"},
    {"KmsKeyArn", 0, "KMSKeyArn"},
    {"Layers"},
    {"LoggingConfig"},
    {"MemorySize"},
    {"Role", PROPERTY_REQUIRED},
    {"Runtime"},
    {"SnapStart"},
    {"Timeout"},
    {"TracingConfig"},
    {"VpcConfig"},
    {0},
};
static const char *const FUNCTION_ATTRIBUTES[] = {"Arn", NULL};

// Code.ZipFile is source text in a template, and an archive in the API.
static enum err function_code(struct resource *resource, struct json **out)
{
    struct call *call = resource->call;
    const struct json *code = resource_get(resource, "Code");
    struct str source = scalar_text(json_get(code, "ZipFile")),
               runtime = resource_get_text(resource, "Runtime");
    if (!json_is(code, JSON_OBJECT))
        return error_set(&call->error, ERR_INVALID,
                         "Code must be an object: a path to a local file is replaced by `aws "
                         "cloudformation package`.");
    *out = json_copy_shallow(call->arena, code);
    if (!source.ptr)
        return OK;
    struct str archive;
    TRY(inline_code_zip(call->arena, runtime, source, &archive, &call->error));
    json_set_str(call->arena, *out, "ZipFile", archive);
    return OK;
}

static enum err function_concurrency(struct resource *resource)
{
    struct json *input = resource_one(resource, "FunctionName", resource->physical);
    struct json *reserved = resource_get(resource, "ReservedConcurrentExecutions");
    if (!resource_changed(resource, "ReservedConcurrentExecutions"))
        return OK;
    if (!reserved)
        return resource_run(resource, "DeleteFunctionConcurrency", input, NULL);
    json_set(resource->call->arena, input, "ReservedConcurrentExecutions", reserved);
    return resource_run(resource, "PutFunctionConcurrency", input, NULL);
}

static enum err function_create(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct json *reply, *code, *input = resource_input(resource, false),
                               *tags = resource_get(resource, "Tags");
    resource->physical = resource_name(resource);
    TRY(function_code(resource, &code));
    json_set_str(arena, input, "FunctionName", resource->physical);
    json_set(arena, input, "Code", code);
    json_set(arena, input, "Architectures", resource_get(resource, "Architectures"));
    if (tags)
        json_set(arena, input, "Tags", resource_tag_map(resource, tags));
    TRY(resource_run(resource, "CreateFunction", input, &reply));
    resource_attribute(resource, "Arn", json_str(reply, "FunctionArn"));
    return function_concurrency(resource);
}

static enum err function_update_code(struct resource *resource)
{
    struct json *code;
    if (!resource_changed(resource, "Code") && !resource_changed(resource, "Architectures"))
        return OK;
    TRY(function_code(resource, &code));
    json_set_str(resource->call->arena, code, "FunctionName", resource->physical);
    json_set(resource->call->arena, code, "Architectures", resource_get(resource, "Architectures"));
    return resource_run(resource, "UpdateFunctionCode", code, NULL);
}

// What a template no longer sets goes back to Lambda's default.
static void function_defaults(struct resource *resource, struct json *input)
{
    struct arena *arena = resource->call->arena;
    struct json *nothing = json_set(arena, json_object(arena), "Variables", json_object(arena));
    const struct {
        const char *name;
        struct json *value;
    } defaults[] = {
        {"Description", json_string(arena, S(""))},
        {"Timeout", json_i64(arena, 3)},
        {"MemorySize", json_i64(arena, 128)},
        {"Environment", nothing},
        {"Layers", json_array(arena)},
    };
    for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
        if (json_has(resource->before, defaults[i].name) && !json_has(input, defaults[i].name))
            json_set(arena, input, defaults[i].name, defaults[i].value);
}

static enum err function_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "Resource",
                                        "Tags",        "TagKeys",       true};
    struct json *input = resource_input(resource, true);
    bool changed = false;
    for (const struct property *property = FUNCTION_PROPERTIES; property->name; property++)
        changed = changed || (!(property->flags & (PROPERTY_OWN | PROPERTY_FIXED)) &&
                              resource_changed(resource, property->name));
    if (changed) {
        json_set_str(resource->call->arena, input, "FunctionName", resource->physical);
        function_defaults(resource, input);
        TRY(resource_run(resource, "UpdateFunctionConfiguration", input, NULL));
    }
    TRY(function_update_code(resource));
    TRY(function_concurrency(resource));
    return resource_retag(resource, &tags, json_str(resource->was, "Arn"));
}

static enum err function_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteFunction",
                        resource_one(resource, "FunctionName", resource->physical), NULL);
}

const struct resource_type TYPE_LAMBDA_FUNCTION = {
    .name = "AWS::Lambda::Function",
    .service = "lambda",
    .properties = FUNCTION_PROPERTIES,
    .attributes = FUNCTION_ATTRIBUTES,
    .name_property = "FunctionName",
    .name_max = 64,
    .create = function_create,
    .update = function_update,
    .delete = function_delete,
};

// --- AWS::Lambda::Permission

static const struct property PERMISSION_PROPERTIES[] = {
    {"FunctionName", PROPERTY_REQUIRED},
    {"Action", PROPERTY_REQUIRED},
    {"Principal", PROPERTY_REQUIRED},
    {"SourceArn"},
    {"SourceAccount"},
    {"EventSourceToken"},
    {"PrincipalOrgID"},
    {"FunctionUrlAuthType"},
    {0},
};

static enum err permission_create(struct resource *resource)
{
    struct json *input = resource_input(resource, false);
    resource->physical = resource_generated_name(resource, 100, false);
    json_set_str(resource->call->arena, input, "StatementId", resource->physical);
    return resource_run(resource, "AddPermission", input, NULL);
}

static enum err permission_delete(struct resource *resource)
{
    struct json *input =
        resource_one(resource, "FunctionName", resource_get_text(resource, "FunctionName"));
    json_set_str(resource->call->arena, input, "StatementId", resource->physical);
    return resource_run(resource, "RemovePermission", input, NULL);
}

const struct resource_type TYPE_LAMBDA_PERMISSION = {
    .name = "AWS::Lambda::Permission",
    .service = "lambda",
    .properties = PERMISSION_PROPERTIES,
    .create = permission_create,
    .delete = permission_delete,
};

// --- AWS::Lambda::EventSourceMapping

static const struct property MAPPING_PROPERTIES[] = {
    {"EventSourceArn", PROPERTY_FIXED},
    {"StartingPosition", PROPERTY_FIXED},
    {"FunctionName", PROPERTY_REQUIRED},
    {"Enabled"},
    {"BatchSize"},
    {"MaximumBatchingWindowInSeconds"},
    {"FilterCriteria"},
    {"FunctionResponseTypes"},
    {"ScalingConfig"},
    {"DestinationConfig"},
    {"ParallelizationFactor"},
    {"BisectBatchOnFunctionError"},
    {"MaximumRecordAgeInSeconds"},
    {"MaximumRetryAttempts"},
    {"TumblingWindowInSeconds"},
    {0},
};
static const char *const MAPPING_ATTRIBUTES[] = {"Id", "EventSourceMappingArn", NULL};

static enum err mapping_create(struct resource *resource)
{
    struct json *reply;
    TRY(resource_run(resource, "CreateEventSourceMapping", resource_input(resource, false),
                     &reply));
    resource->physical = json_str(reply, "UUID");
    resource_attribute(resource, "Id", resource->physical);
    resource_attribute(resource, "EventSourceMappingArn",
                       call_arn(resource->call, "lambda", "event-source-mapping:%.*s",
                                STR_ARG(resource->physical)));
    return OK;
}

static enum err mapping_update(struct resource *resource)
{
    struct json *input = resource_input(resource, true);
    json_set_str(resource->call->arena, input, "UUID", resource->physical);
    return resource_run(resource, "UpdateEventSourceMapping", input, NULL);
}

static enum err mapping_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteEventSourceMapping",
                        resource_one(resource, "UUID", resource->physical), NULL);
}

const struct resource_type TYPE_LAMBDA_EVENT_SOURCE_MAPPING = {
    .name = "AWS::Lambda::EventSourceMapping",
    .service = "lambda",
    .properties = MAPPING_PROPERTIES,
    .attributes = MAPPING_ATTRIBUTES,
    .create = mapping_create,
    .update = mapping_update,
    .delete = mapping_delete,
};

// --- AWS::Lambda::Version

static const struct property VERSION_PROPERTIES[] = {
    {"FunctionName", PROPERTY_REQUIRED},
    {"CodeSha256"},
    {"Description"},
    {0},
};
static const char *const VERSION_ATTRIBUTES[] = {"FunctionArn", "Version", NULL};

static enum err version_create(struct resource *resource)
{
    struct json *reply;
    TRY(resource_run(resource, "PublishVersion", resource_input(resource, false), &reply));
    resource->physical = json_str(reply, "FunctionArn");
    resource_attribute(resource, "FunctionArn", resource->physical);
    resource_attribute(resource, "Version", json_str(reply, "Version"));
    return OK;
}

static enum err version_delete(struct resource *resource)
{
    struct json *input =
        resource_one(resource, "FunctionName", resource_get_text(resource, "FunctionName"));
    json_set_str(resource->call->arena, input, "Qualifier", json_str(resource->was, "Version"));
    return resource_run(resource, "DeleteFunction", input, NULL);
}

const struct resource_type TYPE_LAMBDA_VERSION = {
    .name = "AWS::Lambda::Version",
    .service = "lambda",
    .properties = VERSION_PROPERTIES,
    .attributes = VERSION_ATTRIBUTES,
    .create = version_create,
    .delete = version_delete,
};

// --- AWS::Lambda::Alias: Ref is its ARN

static const struct property ALIAS_PROPERTIES[] = {
    {"Name", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"FunctionName", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"FunctionVersion", PROPERTY_REQUIRED},
    {"Description"},
    {"RoutingConfig"},
    {0},
};
static const char *const ALIAS_ATTRIBUTES[] = {"AliasArn", NULL};

static enum err alias_create(struct resource *resource)
{
    struct json *reply;
    TRY(resource_run(resource, "CreateAlias", resource_input(resource, false), &reply));
    resource->physical = json_str(reply, "AliasArn");
    resource_attribute(resource, "AliasArn", resource->physical);
    return OK;
}

static enum err alias_update(struct resource *resource)
{
    return resource_run(resource, "UpdateAlias", resource_input(resource, false), NULL);
}

static enum err alias_delete(struct resource *resource)
{
    struct json *input =
        resource_one(resource, "FunctionName", resource_get_text(resource, "FunctionName"));
    json_set_str(resource->call->arena, input, "Name", resource_get_text(resource, "Name"));
    return resource_run(resource, "DeleteAlias", input, NULL);
}

const struct resource_type TYPE_LAMBDA_ALIAS = {
    .name = "AWS::Lambda::Alias",
    .service = "lambda",
    .properties = ALIAS_PROPERTIES,
    .attributes = ALIAS_ATTRIBUTES,
    .create = alias_create,
    .update = alias_update,
    .delete = alias_delete,
};
