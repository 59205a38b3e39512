// SPDX-License-Identifier: Apache-2.0
// Amazon CloudWatch Logs: the table of operations and their inputs. Source: CloudWatch Logs API
// Reference.
#include "services/logs/logs.h"

#define LOGS_ERROR_DEFINE(name, code, status) const struct error_code name = {code, status, NULL};
LOGS_ERRORS(LOGS_ERROR_DEFINE)

static const char *const ORDERS[] = {"LogStreamName", "LastEventTime", NULL};
static const struct shape GROUP_NAME = SHAPE_STRING(1, 512, "[._/#A-Za-z0-9-]+");
static const struct shape STREAM_NAME = SHAPE_STRING(1, 512, "[^:*]*");
static const struct shape DESCRIBE_LIMIT = SHAPE_INTEGER(1, 50);
static const struct shape EVENTS_LIMIT = SHAPE_INTEGER(1, 10000);
static const struct shape DAYS = SHAPE_INTEGER(1, 3653);
static const struct shape MILLISECONDS = SHAPE_INTEGER(0, INT64_MAX);
static const struct shape ORDER = SHAPE_ENUM(ORDERS);
static const struct shape PATTERN = SHAPE_STRING(0, 1024, NULL);
static const struct shape STREAM_NAMES = SHAPE_LIST(&STREAM_NAME, 1, 100);

#define STRUCTURE(name, ...)                                                                       \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    static const struct shape name = SHAPE_STRUCT(name##_FIELDS)
#define GROUP                                                                                      \
    {                                                                                              \
        "logGroupName", &GROUP_NAME, FIELD_REQUIRED                                                \
    }
#define EITHER_GROUP                                                                               \
    {"logGroupName", &GROUP_NAME},                                                                 \
    {                                                                                              \
        "logGroupIdentifier", &ANY_STRING                                                          \
    }
#define STREAM                                                                                     \
    {                                                                                              \
        "logStreamName", &STREAM_NAME, FIELD_REQUIRED                                              \
    }
#define TOKEN                                                                                      \
    {                                                                                              \
        "nextToken", &ANY_STRING                                                                   \
    }

STRUCTURE(CREATE_GROUP, GROUP, {"kmsKeyId", &ANY_STRING, FIELD_REFUSED}, {"tags", &STRING_MAP},
          {"logGroupClass", &ANY_STRING, FIELD_IGNORED});
STRUCTURE(ONE_GROUP, GROUP);
STRUCTURE(DESCRIBE_GROUPS, {"logGroupNamePrefix", &GROUP_NAME},
          {"logGroupNamePattern", &ANY_STRING}, {"accountIdentifiers", &ANY_JSON, FIELD_IGNORED},
          {"includeLinkedAccounts", &ANY_BOOLEAN, FIELD_IGNORED},
          {"logGroupClass", &ANY_STRING, FIELD_IGNORED}, {"limit", &DESCRIBE_LIMIT}, TOKEN);
STRUCTURE(RETENTION, GROUP, {"retentionInDays", &DAYS, FIELD_REQUIRED});
STRUCTURE(TAG_GROUP, GROUP, {"tags", &STRING_MAP, FIELD_REQUIRED});
STRUCTURE(UNTAG_GROUP, GROUP, {"tags", &STRING_LIST, FIELD_REQUIRED});
STRUCTURE(TAG, {"resourceArn", &ANY_STRING, FIELD_REQUIRED}, {"tags", &STRING_MAP, FIELD_REQUIRED});
STRUCTURE(UNTAG, {"resourceArn", &ANY_STRING, FIELD_REQUIRED},
          {"tagKeys", &STRING_LIST, FIELD_REQUIRED});
STRUCTURE(LIST_TAGS, {"resourceArn", &ANY_STRING, FIELD_REQUIRED});
STRUCTURE(ONE_STREAM, GROUP, STREAM);
STRUCTURE(DESCRIBE_STREAMS, EITHER_GROUP, {"logStreamNamePrefix", &STREAM_NAME},
          {"orderBy", &ORDER}, {"descending", &ANY_BOOLEAN}, {"limit", &DESCRIBE_LIMIT}, TOKEN);
STRUCTURE(EVENT, {"timestamp", &MILLISECONDS, FIELD_REQUIRED},
          {"message", &ANY_STRING, FIELD_REQUIRED});
static const struct shape EVENTS = SHAPE_LIST(&EVENT, 1, 10000);
STRUCTURE(PUT_EVENTS, GROUP, STREAM, {"logEvents", &EVENTS, FIELD_REQUIRED},
          {"sequenceToken", &ANY_STRING, FIELD_IGNORED}, {"entity", &ANY_JSON, FIELD_IGNORED});
STRUCTURE(GET_EVENTS, EITHER_GROUP, STREAM, {"startTime", &MILLISECONDS},
          {"endTime", &MILLISECONDS}, {"limit", &EVENTS_LIMIT}, {"startFromHead", &ANY_BOOLEAN},
          {"unmask", &ANY_BOOLEAN, FIELD_IGNORED}, TOKEN);
STRUCTURE(FILTER_EVENTS, EITHER_GROUP, {"logStreamNames", &STREAM_NAMES},
          {"logStreamNamePrefix", &STREAM_NAME}, {"startTime", &MILLISECONDS},
          {"endTime", &MILLISECONDS}, {"filterPattern", &PATTERN}, {"limit", &EVENTS_LIMIT},
          {"interleaved", &ANY_BOOLEAN, FIELD_IGNORED}, {"unmask", &ANY_BOOLEAN, FIELD_IGNORED},
          TOKEN);
static const struct shape ANYTHING = {.type = SHAPE_ANY}; // what other parts of Tarn hand in

static const struct op OPS[] = {
    {"CreateLogGroup", logs_create_group, OP_WRITE, &CREATE_GROUP, .summary = "Makes a log group"},
    {"DeleteLogGroup", logs_delete_group, OP_WRITE, &ONE_GROUP,
     .summary = "Removes a group with all its events"},
    {"DescribeLogGroups", logs_describe_groups, OP_READ, &DESCRIBE_GROUPS,
     .summary = "Lists groups"},
    {"PutRetentionPolicy", logs_put_retention, OP_WRITE, &RETENTION,
     .summary = "Sets after how many days events expire"},
    {"DeleteRetentionPolicy", logs_delete_retention, OP_WRITE, &ONE_GROUP,
     .summary = "Lets events be kept for ever"},
    {"TagLogGroup", logs_tag_group, OP_WRITE, &TAG_GROUP, .summary = "Adds tags to a group"},
    {"UntagLogGroup", logs_untag_group, OP_WRITE, &UNTAG_GROUP,
     .summary = "Removes tags from a group"},
    {"ListTagsLogGroup", logs_list_tags_group, OP_READ, &ONE_GROUP, .summary = "A group's tags"},
    {"TagResource", logs_tag_resource, OP_WRITE, &TAG,
     .summary = "Adds tags to a group, by its ARN"},
    {"UntagResource", logs_untag_resource, OP_WRITE, &UNTAG,
     .summary = "Removes tags from a group, by its ARN"},
    {"ListTagsForResource", logs_list_tags_resource, OP_READ, &LIST_TAGS,
     .summary = "A group's tags, by its ARN"},
    {"CreateLogStream", logs_create_stream, OP_WRITE, &ONE_STREAM,
     .summary = "Makes a stream in a group"},
    {"DeleteLogStream", logs_delete_stream, OP_WRITE, &ONE_STREAM,
     .summary = "Removes a stream with all its events"},
    {"DescribeLogStreams", logs_describe_streams, OP_READ, &DESCRIBE_STREAMS,
     .summary = "Lists a group's streams"},
    {"PutLogEvents", logs_put_events, OP_WRITE, &PUT_EVENTS,
     .summary = "Writes events to a stream"},
    {"GetLogEvents", logs_get_events, OP_READ, &GET_EVENTS,
     .summary = "Reads a stream's events, forwards or backwards"},
    {"FilterLogEvents", logs_filter_events, OP_READ, &FILTER_EVENTS,
     .summary = "Finds events of a group by time, stream and pattern"},
    {"AppendLines", logs_append_lines, OP_WRITE, &ANYTHING, .flags = OP_INTERNAL,
     .action = "logs:PutLogEvents",
     .summary = "Writes output of functions, of many streams at once"},
    {"PurgeEvents", logs_purge, OP_WRITE, &ANYTHING, .flags = OP_INTERNAL,
     .action = "logs:DeleteLogGroup",
     .summary = "Removes events of what was deleted, piece by piece"},
    {"ExpireEvents", logs_expire, OP_WRITE, &ANYTHING, .flags = OP_INTERNAL,
     .action = "logs:PutRetentionPolicy",
     .summary = "Removes events beyond a group's retention, piece by piece"},
    {0},
};

static const char *const KNOWN[] = {
    "AssociateKmsKey",
    "CancelExportTask",
    "CreateDelivery",
    "CreateExportTask",
    "CreateLogAnomalyDetector",
    "DeleteAccountPolicy",
    "DeleteDataProtectionPolicy",
    "DeleteDelivery",
    "DeleteDeliveryDestination",
    "DeleteDeliverySource",
    "DeleteDestination",
    "DeleteIndexPolicy",
    "DeleteLogAnomalyDetector",
    "DeleteMetricFilter",
    "DeleteQueryDefinition",
    "DeleteResourcePolicy",
    "DeleteSubscriptionFilter",
    "DeleteTransformer",
    "DescribeAccountPolicies",
    "DescribeDeliveries",
    "DescribeDeliveryDestinations",
    "DescribeDeliverySources",
    "DescribeDestinations",
    "DescribeExportTasks",
    "DescribeFieldIndexes",
    "DescribeIndexPolicies",
    "DescribeMetricFilters",
    "DescribeQueries",
    "DescribeQueryDefinitions",
    "DescribeResourcePolicies",
    "DescribeSubscriptionFilters",
    "DisassociateKmsKey",
    "GetDataProtectionPolicy",
    "GetDelivery",
    "GetDeliveryDestination",
    "GetDeliverySource",
    "GetLogAnomalyDetector",
    "GetLogGroupFields",
    "GetLogRecord",
    "GetQueryResults",
    "GetTransformer",
    "ListAnomalies",
    "ListLogAnomalyDetectors",
    "ListLogGroupsForQuery",
    "PutAccountPolicy",
    "PutDataProtectionPolicy",
    "PutDeliveryDestination",
    "PutDeliverySource",
    "PutDestination",
    "PutDestinationPolicy",
    "PutIndexPolicy",
    "PutMetricFilter",
    "PutQueryDefinition",
    "PutResourcePolicy",
    "PutSubscriptionFilter",
    "PutTransformer",
    "StartLiveTail",
    "StartQuery",
    "StopQuery",
    "TestMetricFilter",
    "TestTransformer",
    "UpdateAnomaly",
    "UpdateDeliveryConfiguration",
    "UpdateLogAnomalyDetector",
    NULL,
};

const struct service LOGS_SERVICE = {
    .name = "logs",
    .title = "Amazon CloudWatch Logs",
    .signing_name = "logs",
    .target_prefix = "Logs_20140328",
    .api_version = "2014-03-28",
    .protocols = PROTOCOL_JSON_1_1,
    .error_namespace = "com.amazonaws.logs",
    .ops = OPS,
    .known = KNOWN,
    .validation_error = &LOGS_INVALID,
};
