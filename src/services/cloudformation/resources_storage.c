// SPDX-License-Identifier: Apache-2.0
// Buckets, tables, parameters, log groups; and the types that are nothing but a name.
#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

// --- AWS::S3::Bucket

static const struct property BUCKET_PROPERTIES[] = {
    {"BucketName", PROPERTY_FIXED | PROPERTY_OWN},
    {"NotificationConfiguration", PROPERTY_OWN},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {"PublicAccessBlockConfiguration", PROPERTY_OWN},
    {"BucketEncryption", PROPERTY_OWN},
    {"OwnershipControls", PROPERTY_OWN},
    {0},
};
static const char *const BUCKET_ATTRIBUTES[] = {
    "Arn", "DomainName", "RegionalDomainName", "DualStackDomainName", "WebsiteURL", NULL};

// {"Bucket": name, member: value} to `put`, or `remove` when the property went away.
static enum err bucket_setting(struct resource *resource, const char *property, const char *member,
                               struct json *value, const char *put, const char *remove)
{
    struct json *input = resource_one(resource, "Bucket", resource->physical);
    if (!resource_changed(resource, property))
        return OK;
    if (!resource_get(resource, property))
        return resource_run(resource, remove, input, NULL);
    return resource_run(resource, put, json_set(resource->call->arena, input, member, value), NULL);
}

static enum err bucket_notification(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    const struct json *given = resource_get(resource, "NotificationConfiguration");
    struct json *api = json_object(arena);
    if (!resource_changed(resource, "NotificationConfiguration"))
        return OK;
    JSON_EACH_MEMBER (m, given) {
        if (!str_is(m->name, "EventBridgeConfiguration"))
            return error_set(&resource->call->error, ERR_UNSUPPORTED,
                             "NotificationConfiguration.%.*s is not implemented: use "
                             "EventBridgeConfiguration and a rule",
                             STR_ARG(m->name));
        struct str enabled = scalar_text(json_get(m->value, "EventBridgeEnabled"));
        if (!enabled.ptr || str_is(enabled, "true"))
            json_set(arena, api, "EventBridgeConfiguration", json_object(arena));
    }
    struct json *input = resource_one(resource, "Bucket", resource->physical);
    return resource_run(resource, "PutBucketNotificationConfiguration",
                        json_set(arena, input, "NotificationConfiguration", api), NULL);
}

// ServerSideEncryptionConfiguration's ServerSideEncryptionByDefault is the API's
// ApplyServerSideEncryptionByDefault.
static struct json *encryption(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct json *rules = json_array(arena);
    JSON_EACH (given, json_get(resource_get(resource, "BucketEncryption"),
                               "ServerSideEncryptionConfiguration")) {
        struct json *rule = json_object(arena);
        JSON_EACH_MEMBER (m, given)
            json_set_named(arena, rule,
                           str_is(m->name, "ServerSideEncryptionByDefault")
                               ? S("ApplyServerSideEncryptionByDefault")
                               : m->name,
                           m->value);
        json_push(arena, rules, rule);
    }
    return json_set(arena, json_object(arena), "Rules", rules);
}

static enum err bucket_configure(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct json *tagging =
        json_set(arena, json_object(arena), "TagSet", resource_get(resource, "Tags"));
    TRY(bucket_notification(resource));
    TRY(bucket_setting(resource, "Tags", "Tagging", tagging, "PutBucketTagging",
                       "DeleteBucketTagging"));
    TRY(bucket_setting(resource, "PublicAccessBlockConfiguration", "PublicAccessBlockConfiguration",
                       resource_get(resource, "PublicAccessBlockConfiguration"),
                       "PutPublicAccessBlock", "DeletePublicAccessBlock"));
    TRY(bucket_setting(resource, "BucketEncryption", "ServerSideEncryptionConfiguration",
                       encryption(resource), "PutBucketEncryption", "DeleteBucketEncryption"));
    return bucket_setting(resource, "OwnershipControls", "OwnershipControls",
                          resource_get(resource, "OwnershipControls"), "PutBucketOwnershipControls",
                          "DeleteBucketOwnershipControls");
}

static void bucket_describe(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct str name = resource->physical, region = resource->call->region;
    resource_attribute(resource, "Arn", str_format(arena, "arn:aws:s3:::%.*s", STR_ARG(name)));
    resource_attribute(resource, "DomainName",
                       str_format(arena, "%.*s.s3.amazonaws.com", STR_ARG(name)));
    resource_attribute(
        resource, "RegionalDomainName",
        str_format(arena, "%.*s.s3.%.*s.amazonaws.com", STR_ARG(name), STR_ARG(region)));
    resource_attribute(
        resource, "DualStackDomainName",
        str_format(arena, "%.*s.s3.dualstack.%.*s.amazonaws.com", STR_ARG(name), STR_ARG(region)));
    resource_attribute(resource, "WebsiteURL",
                       str_format(arena, "http://%.*s.s3-website-%.*s.amazonaws.com", STR_ARG(name),
                                  STR_ARG(region)));
}

static enum err bucket_create(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    resource->physical = resource_name(resource);
    struct json *input = resource_one(resource, "Bucket", resource->physical);
    if (!str_is(resource->call->region, "us-east-1"))
        json_set(arena, input, "CreateBucketConfiguration",
                 resource_one(resource, "LocationConstraint", resource->call->region));
    enum err err = resource_run(resource, "CreateBucket", input, NULL);
    if (err == ERR_CODED && str_is(str_of(resource->call->code->code), "BucketAlreadyOwnedByYou"))
        return error_set(&resource->call->error, ERR_INVALID, "%.*s already exists",
                         STR_ARG(resource->physical));
    TRY(err);
    bucket_describe(resource);
    return bucket_configure(resource);
}

static enum err bucket_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteBucket",
                        resource_one(resource, "Bucket", resource->physical), NULL);
}

const struct resource_type TYPE_S3_BUCKET = {
    .name = "AWS::S3::Bucket",
    .service = "s3",
    .properties = BUCKET_PROPERTIES,
    .attributes = BUCKET_ATTRIBUTES,
    .name_property = "BucketName",
    .name_max = 63,
    .name_lower = true,
    .create = bucket_create,
    .update = bucket_configure,
    .delete = bucket_delete,
};

// --- AWS::S3::BucketPolicy

static const struct property BUCKET_POLICY_PROPERTIES[] = {
    {"Bucket", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"PolicyDocument", PROPERTY_REQUIRED | PROPERTY_TEXT, "Policy"},
    {0},
};

static enum err bucket_policy_put(struct resource *resource)
{
    resource->physical = resource_get_text(resource, "Bucket");
    return resource_run(resource, "PutBucketPolicy", resource_input(resource, false), NULL);
}

static enum err bucket_policy_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteBucketPolicy",
                        resource_one(resource, "Bucket", resource->physical), NULL);
}

const struct resource_type TYPE_S3_BUCKET_POLICY = {
    .name = "AWS::S3::BucketPolicy",
    .service = "s3",
    .properties = BUCKET_POLICY_PROPERTIES,
    .create = bucket_policy_put,
    .update = bucket_policy_put,
    .delete = bucket_policy_delete,
};

// --- AWS::DynamoDB::Table

static const struct property TABLE_PROPERTIES[] = {
    {"TableName", PROPERTY_FIXED},
    {"KeySchema", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"AttributeDefinitions", PROPERTY_FIXED},
    {"BillingMode"},
    {"ProvisionedThroughput"},
    {"DeletionProtectionEnabled"},
    {"Tags", PROPERTY_TAGS},
    {"LocalSecondaryIndexes", PROPERTY_FIXED},
    {"GlobalSecondaryIndexes", PROPERTY_FIXED},
    {"StreamSpecification", PROPERTY_FIXED},
    {"SSESpecification", PROPERTY_FIXED},
    {"TableClass", PROPERTY_FIXED},
    {0},
};
static const char *const TABLE_ATTRIBUTES[] = {"Arn", NULL};

static enum err table_create(struct resource *resource)
{
    struct json *reply;
    resource->physical = resource_name(resource);
    struct json *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "TableName", resource->physical);
    TRY(resource_run(resource, "CreateTable", input, &reply));
    resource_attribute(resource, "Arn", json_str(json_get(reply, "TableDescription"), "TableArn"));
    return OK;
}

static enum err table_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "ResourceArn",
                                        "Tags",        "TagKeys",       false};
    TRY(resource_retag(resource, &tags, json_str(resource->was, "Arn")));
    static const char *const members[] = {"BillingMode", "ProvisionedThroughput",
                                          "DeletionProtectionEnabled"};
    struct json *input = resource_one(resource, "TableName", resource->physical);
    bool changed = false;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_set(resource->call->arena, input, members[i], resource_get(resource, members[i]));
        changed = changed || resource_changed(resource, members[i]);
    }
    return changed ? resource_run(resource, "UpdateTable", input, NULL) : OK;
}

static enum err table_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteTable",
                        resource_one(resource, "TableName", resource->physical), NULL);
}

const struct resource_type TYPE_DYNAMODB_TABLE = {
    .name = "AWS::DynamoDB::Table",
    .service = "dynamodb",
    .properties = TABLE_PROPERTIES,
    .attributes = TABLE_ATTRIBUTES,
    .name_property = "TableName",
    .name_max = 255,
    .create = table_create,
    .update = table_update,
    .delete = table_delete,
};

// --- AWS::SSM::Parameter

static const struct property PARAMETER_PROPERTIES[] = {
    {"Name", PROPERTY_FIXED},
    {"Type", PROPERTY_REQUIRED},
    {"Value", PROPERTY_REQUIRED},
    {"Description"},
    {"AllowedPattern"},
    {"Tier"},
    {"DataType"},
    {"Policies"},
    {0},
};
static const char *const PARAMETER_ATTRIBUTES[] = {"Type", "Value", NULL};

static enum err parameter_put(struct resource *resource)
{
    bool create = !resource->before;
    if (create)
        resource->physical = resource_name(resource);
    struct json *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "Name", resource->physical);
    json_set_bool(resource->call->arena, input, "Overwrite", !create);
    resource_attribute(resource, "Type", resource_get_text(resource, "Type"));
    resource_attribute(resource, "Value", resource_get_text(resource, "Value"));
    return resource_run(resource, "PutParameter", input, NULL);
}

static enum err parameter_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteParameter",
                        resource_one(resource, "Name", resource->physical), NULL);
}

const struct resource_type TYPE_SSM_PARAMETER = {
    .name = "AWS::SSM::Parameter",
    .service = "ssm",
    .properties = PARAMETER_PROPERTIES,
    .attributes = PARAMETER_ATTRIBUTES,
    .name_property = "Name",
    .name_max = 1011,
    .create = parameter_put,
    .update = parameter_put,
    .delete = parameter_delete,
};

// --- AWS::Logs::LogGroup

static const struct property LOG_GROUP_PROPERTIES[] = {
    {"LogGroupName", PROPERTY_FIXED},           {"RetentionInDays", PROPERTY_OWN},
    {"LogGroupClass", PROPERTY_FIXED},          {"KmsKeyId", PROPERTY_FIXED},
    {"Tags", PROPERTY_TAGS | PROPERTY_TAG_MAP}, {0},
};
static const char *const LOG_GROUP_ATTRIBUTES[] = {"Arn", NULL};

static enum err log_group_retention(struct resource *resource)
{
    struct json *input = resource_one(resource, "logGroupName", resource->physical);
    struct json *days = resource_get(resource, "RetentionInDays");
    if (!resource_changed(resource, "RetentionInDays"))
        return OK;
    if (!days)
        return resource_run(resource, "DeleteRetentionPolicy", input, NULL);
    json_set(resource->call->arena, input, "retentionInDays", days);
    return resource_run(resource, "PutRetentionPolicy", input, NULL);
}

static enum err log_group_create(struct resource *resource)
{
    resource->physical = resource_name(resource);
    struct json *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "LogGroupName", resource->physical);
    resource_attribute(
        resource, "Arn",
        call_arn(resource->call, "logs", "log-group:%.*s:*", STR_ARG(resource->physical)));
    TRY(resource_run(resource, "CreateLogGroup", input, NULL));
    return log_group_retention(resource);
}

static enum err log_group_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagLogGroup", "UntagLogGroup", "logGroupName",
                                        "tags",        "tags",          true};
    TRY(resource_retag(resource, &tags, resource->physical));
    return log_group_retention(resource);
}

static enum err log_group_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteLogGroup",
                        resource_one(resource, "logGroupName", resource->physical), NULL);
}

const struct resource_type TYPE_LOGS_LOG_GROUP = {
    .name = "AWS::Logs::LogGroup",
    .service = "logs",
    .properties = LOG_GROUP_PROPERTIES,
    .attributes = LOG_GROUP_ATTRIBUTES,
    .name_property = "LogGroupName",
    .name_max = 512,
    .create = log_group_create,
    .update = log_group_update,
    .delete = log_group_delete,
};

// --- nothing but a name

static const struct property NO_PROPERTIES[] = {{0}};
static const struct property METADATA_PROPERTIES[] = {{"Analytics"}, {0}};

static enum err name_only(struct resource *resource)
{
    if (!resource->before)
        resource->physical = resource_generated_name(resource, 0, false);
    return OK;
}

const struct resource_type TYPE_WAIT_CONDITION_HANDLE = {
    .name = "AWS::CloudFormation::WaitConditionHandle",
    .properties = NO_PROPERTIES,
    .create = name_only,
    .update = name_only,
};
const struct resource_type TYPE_CDK_METADATA = {
    .name = "AWS::CDK::Metadata",
    .properties = METADATA_PROPERTIES,
    .create = name_only,
    .update = name_only,
};
