// SPDX-License-Identifier: Apache-2.0
// DynamoDB's table of operations.
#include "services/dynamodb/dynamodb.h"

static const char *const KEY_TYPES[] = {"HASH", "RANGE", NULL};
static const char *const SCALAR_TYPES[] = {"S", "N", "B", NULL};
static const char *const BILLING_MODES[] = {"PROVISIONED", "PAY_PER_REQUEST", NULL};
static const char *const RETURNS[] = {"NONE",    "ALL_OLD",     "UPDATED_OLD",
                                      "ALL_NEW", "UPDATED_NEW", NULL};
static const char *const CAPACITIES[] = {"INDEXES", "TOTAL", "NONE", NULL};
static const char *const SELECTS[] = {"ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES",
                                      "SPECIFIC_ATTRIBUTES", "COUNT", NULL};

static const struct shape NEW_TABLE_NAME = SHAPE_STRING(3, 255, "[a-zA-Z0-9_.-]+");
static const struct shape TABLE_NAME = SHAPE_STRING(1, 1024, NULL); // or an ARN
static const struct shape ATTRIBUTE_NAME = SHAPE_STRING(1, 255, NULL);
static const struct shape KEY_TYPE = SHAPE_ENUM(KEY_TYPES);
static const struct shape SCALAR_TYPE = SHAPE_ENUM(SCALAR_TYPES);
static const struct shape BILLING_MODE = SHAPE_ENUM(BILLING_MODES);
static const struct shape RETURN_VALUES = SHAPE_ENUM(RETURNS);
static const struct shape RETURN_CAPACITY = SHAPE_ENUM(CAPACITIES);
static const struct shape SELECT = SHAPE_ENUM(SELECTS);
static const struct shape UNITS = SHAPE_INTEGER(1, INT64_MAX);
static const struct shape LIST_LIMIT = SHAPE_INTEGER(1, 100);
static const struct shape PAGE_LIMIT = SHAPE_INTEGER(1, INT64_MAX);
static const struct shape SEGMENT = SHAPE_INTEGER(0, 999999);
static const struct shape SEGMENTS = SHAPE_INTEGER(1, 1000000);
static const struct shape ITEM = SHAPE_MAP(&ANY_JSON, 0, 0);
static const struct shape ITEMS = SHAPE_LIST(&ITEM, 1, 100);

static const struct field KEY_ELEMENT_FIELDS[] = {
    {"AttributeName", &ATTRIBUTE_NAME, FIELD_REQUIRED},
    {"KeyType", &KEY_TYPE, FIELD_REQUIRED},
    {0}};
static const struct shape KEY_ELEMENT = SHAPE_STRUCT(KEY_ELEMENT_FIELDS);
static const struct shape KEY_SCHEMA = SHAPE_LIST(&KEY_ELEMENT, 1, 2);
static const struct field DEFINITION_FIELDS[] = {{"AttributeName", &ATTRIBUTE_NAME, FIELD_REQUIRED},
                                                 {"AttributeType", &SCALAR_TYPE, FIELD_REQUIRED},
                                                 {0}};
static const struct shape DEFINITION = SHAPE_STRUCT(DEFINITION_FIELDS);
static const struct shape DEFINITIONS = SHAPE_LIST(&DEFINITION, 0, 0);
static const struct field THROUGHPUT_FIELDS[] = {{"ReadCapacityUnits", &UNITS, FIELD_REQUIRED},
                                                 {"WriteCapacityUnits", &UNITS, FIELD_REQUIRED},
                                                 {0}};
static const struct shape THROUGHPUT = SHAPE_STRUCT(THROUGHPUT_FIELDS);

#define INPUT(name, ...)                                                                           \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)
#define TABLE_FIELD                                                                                \
    {                                                                                              \
        "TableName", &TABLE_NAME, FIELD_REQUIRED                                                   \
    }
#define EXPRESSION_FIELDS                                                                          \
    {"ExpressionAttributeNames", &STRING_MAP},                                                     \
    {                                                                                              \
        "ExpressionAttributeValues", &ITEM                                                         \
    }
#define WRITE_FIELDS                                                                               \
    TABLE_FIELD, EXPRESSION_FIELDS, {"ConditionExpression", &ANY_STRING},                          \
        {"ReturnValues", &RETURN_VALUES}, {"ReturnConsumedCapacity", &RETURN_CAPACITY},            \
        {"ReturnItemCollectionMetrics", &ANY_STRING, FIELD_IGNORED},                               \
        {"ReturnValuesOnConditionCheckFailure", &ANY_STRING},                                      \
        {"Expected", &ANY_JSON, FIELD_REFUSED},                                                    \
    {                                                                                              \
        "ConditionalOperator", &ANY_STRING, FIELD_REFUSED                                          \
    }
#define WALK_FIELDS                                                                                \
    TABLE_FIELD, EXPRESSION_FIELDS, {"IndexName", &ANY_STRING, FIELD_REFUSED},                     \
        {"Select", &SELECT}, {"Limit", &PAGE_LIMIT}, {"ConsistentRead", &ANY_BOOLEAN},             \
        {"ExclusiveStartKey", &ITEM}, {"ReturnConsumedCapacity", &RETURN_CAPACITY},                \
        {"ProjectionExpression", &ANY_STRING}, {"FilterExpression", &ANY_STRING},                  \
        {"AttributesToGet", &ANY_JSON, FIELD_REFUSED}, {"QueryFilter", &ANY_JSON, FIELD_REFUSED},  \
        {"ScanFilter", &ANY_JSON, FIELD_REFUSED},                                                  \
    {                                                                                              \
        "ConditionalOperator", &ANY_STRING, FIELD_REFUSED                                          \
    }

INPUT(CREATE_TABLE, {"TableName", &NEW_TABLE_NAME, FIELD_REQUIRED},
      {"AttributeDefinitions", &DEFINITIONS, FIELD_REQUIRED},
      {"KeySchema", &KEY_SCHEMA, FIELD_REQUIRED}, {"BillingMode", &BILLING_MODE},
      {"ProvisionedThroughput", &THROUGHPUT}, {"LocalSecondaryIndexes", &ANY_JSON, FIELD_REFUSED},
      {"GlobalSecondaryIndexes", &ANY_JSON, FIELD_REFUSED},
      {"StreamSpecification", &ANY_JSON, FIELD_REFUSED},
      {"SSESpecification", &ANY_JSON, FIELD_IGNORED}, {"Tags", &ANY_JSON},
      {"TableClass", &ANY_STRING, FIELD_IGNORED}, {"DeletionProtectionEnabled", &ANY_BOOLEAN});
INPUT(TABLE_ONLY, TABLE_FIELD);
INPUT(LIST_TABLES, {"ExclusiveStartTableName", &TABLE_NAME}, {"Limit", &LIST_LIMIT});
INPUT(UPDATE_TABLE, TABLE_FIELD, {"BillingMode", &BILLING_MODE},
      {"ProvisionedThroughput", &THROUGHPUT}, {"AttributeDefinitions", &DEFINITIONS, FIELD_REFUSED},
      {"GlobalSecondaryIndexUpdates", &ANY_JSON, FIELD_REFUSED},
      {"StreamSpecification", &ANY_JSON, FIELD_REFUSED},
      {"DeletionProtectionEnabled", &ANY_BOOLEAN});
INPUT(TAG, {"ResourceArn", &TABLE_NAME, FIELD_REQUIRED}, {"Tags", &ANY_JSON, FIELD_REQUIRED});
INPUT(UNTAG, {"ResourceArn", &TABLE_NAME, FIELD_REQUIRED},
      {"TagKeys", &STRING_LIST, FIELD_REQUIRED});
INPUT(LIST_TAGS, {"ResourceArn", &TABLE_NAME, FIELD_REQUIRED}, {"NextToken", &ANY_STRING});
INPUT(SWEEP, {"TableId", &ANY_STRING, FIELD_REQUIRED});

INPUT(PUT_ITEM, WRITE_FIELDS, {"Item", &ITEM, FIELD_REQUIRED});
INPUT(DELETE_ITEM, WRITE_FIELDS, {"Key", &ITEM, FIELD_REQUIRED});
INPUT(UPDATE_ITEM, WRITE_FIELDS, {"Key", &ITEM, FIELD_REQUIRED}, {"UpdateExpression", &ANY_STRING},
      {"AttributeUpdates", &ANY_JSON, FIELD_REFUSED});
INPUT(GET_ITEM, TABLE_FIELD, {"Key", &ITEM, FIELD_REQUIRED}, {"ConsistentRead", &ANY_BOOLEAN},
      {"ReturnConsumedCapacity", &RETURN_CAPACITY}, {"ProjectionExpression", &ANY_STRING},
      {"ExpressionAttributeNames", &STRING_MAP}, {"AttributesToGet", &ANY_JSON, FIELD_REFUSED});

static const struct field GET_REQUEST_FIELDS[] = {{"Keys", &ITEMS, FIELD_REQUIRED},
                                                  {"ConsistentRead", &ANY_BOOLEAN},
                                                  {"ProjectionExpression", &ANY_STRING},
                                                  {"ExpressionAttributeNames", &STRING_MAP},
                                                  {"AttributesToGet", &ANY_JSON, FIELD_REFUSED},
                                                  {0}};
static const struct shape GET_REQUEST = SHAPE_STRUCT(GET_REQUEST_FIELDS);
static const struct shape GET_REQUESTS = SHAPE_MAP(&GET_REQUEST, 1, 100);
INPUT(BATCH_GET, {"RequestItems", &GET_REQUESTS, FIELD_REQUIRED},
      {"ReturnConsumedCapacity", &RETURN_CAPACITY, FIELD_IGNORED});
static const struct shape WRITE_REQUEST_LIST = SHAPE_LIST(&ANY_JSON, 1, 25);
static const struct shape WRITE_REQUESTS = SHAPE_MAP(&WRITE_REQUEST_LIST, 1, 25);
INPUT(BATCH_WRITE, {"RequestItems", &WRITE_REQUESTS, FIELD_REQUIRED},
      {"ReturnConsumedCapacity", &RETURN_CAPACITY, FIELD_IGNORED},
      {"ReturnItemCollectionMetrics", &ANY_STRING, FIELD_IGNORED});
static const struct shape REQUEST_TOKEN = SHAPE_STRING(1, 36, NULL);
INPUT(FORGET_TOKEN, {"Token", &ANY_STRING, FIELD_REQUIRED});
static const struct shape TRANSACT_ITEMS = SHAPE_LIST(&ANY_JSON, 1, 100);
INPUT(TRANSACT_WRITE, {"TransactItems", &TRANSACT_ITEMS, FIELD_REQUIRED},
      {"ClientRequestToken", &REQUEST_TOKEN},
      {"ReturnConsumedCapacity", &RETURN_CAPACITY, FIELD_IGNORED},
      {"ReturnItemCollectionMetrics", &ANY_STRING, FIELD_IGNORED});
INPUT(QUERY, WALK_FIELDS, {"KeyConditionExpression", &ANY_STRING, FIELD_REQUIRED},
      {"ScanIndexForward", &ANY_BOOLEAN}, {"KeyConditions", &ANY_JSON, FIELD_REFUSED});
INPUT(SCAN, WALK_FIELDS, {"Segment", &SEGMENT}, {"TotalSegments", &SEGMENTS});

#define ROW(name_, handler_, kind_, input_, summary_)                                              \
    {                                                                                              \
        .name = name_, .handler = handler_, .kind = kind_, .input = &input_, .summary = summary_   \
    }

static const struct op OPS[] = {
    ROW("CreateTable", dynamodb_create_table, OP_WRITE, CREATE_TABLE, "Make a table"),
    ROW("DescribeTable", dynamodb_describe_table, OP_READ, TABLE_ONLY, "Describe a table"),
    ROW("ListTables", dynamodb_list_tables, OP_READ, LIST_TABLES, "List tables"),
    ROW("UpdateTable", dynamodb_update_table, OP_WRITE, UPDATE_TABLE,
        "Change a table's billing or protection"),
    ROW("DeleteTable", dynamodb_delete_table, OP_WRITE, TABLE_ONLY, "Delete a table and its items"),
    ROW("TagResource", dynamodb_tag, OP_WRITE, TAG, "Add tags to a table"),
    ROW("UntagResource", dynamodb_untag, OP_WRITE, UNTAG, "Take tags off a table"),
    ROW("ListTagsOfResource", dynamodb_list_tags, OP_READ, LIST_TAGS, "List a table's tags"),
    ROW("DescribeTimeToLive", dynamodb_describe_ttl, OP_READ, TABLE_ONLY,
        "Say whether items expire (they do not)"),
    ROW("DescribeContinuousBackups", dynamodb_describe_backups, OP_READ, TABLE_ONLY,
        "Say whether there are continuous backups (there are none)"),
    {.name = "DescribeEndpoints",
     .handler = dynamodb_describe_endpoints,
     .kind = OP_READ,
     .summary = "Say where to send requests"},
    ROW("PutItem", dynamodb_put_item, OP_WRITE, PUT_ITEM,
        "Put an item, replacing the one with its key"),
    ROW("GetItem", dynamodb_get_item, OP_READ, GET_ITEM, "Read an item by its key"),
    ROW("UpdateItem", dynamodb_update_item, OP_WRITE, UPDATE_ITEM, "Change an item's attributes"),
    ROW("DeleteItem", dynamodb_delete_item, OP_WRITE, DELETE_ITEM, "Delete an item by its key"),
    ROW("BatchGetItem", dynamodb_batch_get, OP_READ, BATCH_GET, "Read up to 100 items"),
    ROW("BatchWriteItem", dynamodb_batch_write, OP_WRITE, BATCH_WRITE,
        "Put or delete up to 25 items"),
    ROW("TransactWriteItems", dynamodb_transact_write, OP_WRITE, TRANSACT_WRITE,
        "Write up to 100 items, all or none"),
    ROW("Query", dynamodb_query, OP_READ, QUERY,
        "Read the items of one partition, in order of their sort key"),
    ROW("Scan", dynamodb_scan, OP_READ, SCAN, "Read all items of a table"),
    {.name = "SweepTable",
     .handler = dynamodb_sweep_table,
     .kind = OP_WRITE,
     .input = &SWEEP,
     .flags = OP_INTERNAL,
     .summary = "Remove a deleted table's items"},
    {.name = "ForgetToken",
     .handler = dynamodb_forget_token,
     .kind = OP_WRITE,
     .input = &FORGET_TOKEN,
     .flags = OP_INTERNAL,
     .summary = "Forget a write transaction's token"},
    {0},
};

static const char *const KNOWN[] = {"BatchExecuteStatement",
                                    "CreateBackup",
                                    "CreateGlobalTable",
                                    "DeleteBackup",
                                    "DeleteResourcePolicy",
                                    "DescribeBackup",
                                    "DescribeContributorInsights",
                                    "DescribeExport",
                                    "DescribeGlobalTable",
                                    "DescribeImport",
                                    "DescribeKinesisStreamingDestination",
                                    "DescribeLimits",
                                    "DescribeTableReplicaAutoScaling",
                                    "EnableKinesisStreamingDestination",
                                    "ExecuteStatement",
                                    "ExecuteTransaction",
                                    "ExportTableToPointInTime",
                                    "GetResourcePolicy",
                                    "ImportTable",
                                    "ListBackups",
                                    "ListContributorInsights",
                                    "ListExports",
                                    "ListGlobalTables",
                                    "ListImports",
                                    "PutResourcePolicy",
                                    "RestoreTableFromBackup",
                                    "RestoreTableToPointInTime",
                                    "TransactGetItems",
                                    "UpdateContinuousBackups",
                                    "UpdateContributorInsights",
                                    "UpdateGlobalTable",
                                    "UpdateTimeToLive",
                                    NULL};

const struct service DYNAMODB_SERVICE = {
    .name = "dynamodb",
    .title = "Amazon DynamoDB",
    .signing_name = "dynamodb",
    .target_prefix = "DynamoDB_20120810",
    .api_version = "2012-08-10",
    .protocols = PROTOCOL_JSON_1_0,
    .error_namespace = "com.amazonaws.dynamodb.v20120810",
    .ops = OPS,
    .known = KNOWN,
};
