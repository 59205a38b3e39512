// SPDX-License-Identifier: Apache-2.0
#include "services/stepfunctions/states_shapes.h"

static const char *const TYPES[] = {"STANDARD", "EXPRESS", NULL};
static const char *const LEVELS[] = {"ALL", "ERROR", "FATAL", "OFF", NULL};
static const char *const INCLUDED[] = {"ALL_DATA", "METADATA_ONLY", NULL};
static const char *const STATUSES[] = {"RUNNING", "SUCCEEDED",       "FAILED", "TIMED_OUT",
                                       "ABORTED", "PENDING_REDRIVE", NULL};
static const char *const REDRIVES[] = {"REDRIVEN", "NOT_REDRIVEN", NULL};
static const char *const SEVERITIES[] = {"ERROR", "WARNING", NULL};

static const struct shape ARN = SHAPE_STRING(1, 256, NULL);
static const struct shape NAME = SHAPE_STRING(1, 80, NULL);
static const struct shape DEFINITION = SHAPE_STRING(1, 1048576, NULL);
static const struct shape TYPE = SHAPE_ENUM(TYPES);
static const struct shape LEVEL = SHAPE_ENUM(LEVELS);
static const struct shape INCLUDED_DATA = SHAPE_ENUM(INCLUDED);
static const struct shape STATUS = SHAPE_ENUM(STATUSES);
static const struct shape REDRIVE_FILTER = SHAPE_ENUM(REDRIVES);
static const struct shape SEVERITY = SHAPE_ENUM(SEVERITIES);
static const struct shape DATA = SHAPE_STRING(0, 262144, NULL);
static const struct shape TRACE_HEADER = SHAPE_STRING(0, 256, NULL);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(0, 1000);
static const struct shape DIAGNOSTICS = SHAPE_INTEGER(0, 100);
static const struct shape PAGE_TOKEN = SHAPE_STRING(1, 3096, NULL);
static const struct shape TASK_TOKEN = SHAPE_STRING(1, 2048, NULL);
static const struct shape ERROR_NAME = SHAPE_STRING(0, 256, NULL);
static const struct shape CAUSE = SHAPE_STRING(0, 32768, NULL);
static const struct shape TAG_KEY = SHAPE_STRING(1, 128, NULL);
static const struct shape TAG_VALUE = SHAPE_STRING(0, 256, NULL);
static const struct shape CLIENT_TOKEN = SHAPE_STRING(1, 64, "[!-~]+");

static const struct field TAG_FIELDS[] = {{"key", &TAG_KEY}, {"value", &TAG_VALUE}, {0}};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 0);
static const struct shape TAG_KEYS = SHAPE_LIST(&TAG_KEY, 0, 0);

static const struct field LOG_GROUP_FIELDS[] = {{"logGroupArn", &ARN}, {0}};
static const struct shape LOG_GROUP = SHAPE_STRUCT(LOG_GROUP_FIELDS);
static const struct field DESTINATION_FIELDS[] = {{"cloudWatchLogsLogGroup", &LOG_GROUP}, {0}};
static const struct shape DESTINATION = SHAPE_STRUCT(DESTINATION_FIELDS);
static const struct shape DESTINATIONS = SHAPE_LIST(&DESTINATION, 0, 0);
static const struct field LOGGING_FIELDS[] = {{"level", &LEVEL},
                                              {"includeExecutionData", &ANY_BOOLEAN},
                                              {"destinations", &DESTINATIONS},
                                              {0}};
static const struct shape LOGGING = SHAPE_STRUCT(LOGGING_FIELDS);
static const struct field TRACING_FIELDS[] = {{"enabled", &ANY_BOOLEAN}, {0}};
static const struct shape TRACING = SHAPE_STRUCT(TRACING_FIELDS);

#define INPUT(name, ...)                                                                           \
    static const struct field name##_FIELDS[] = {__VA_ARGS__, {0}};                                \
    const struct shape name = SHAPE_STRUCT(name##_FIELDS)

INPUT(STATES_CREATE_MACHINE_IN, {"name", &NAME, FIELD_REQUIRED},
      {"definition", &DEFINITION, FIELD_REQUIRED}, {"roleArn", &ARN, FIELD_REQUIRED},
      {"type", &TYPE}, {"loggingConfiguration", &LOGGING}, {"tags", &TAGS},
      {"tracingConfiguration", &TRACING}, {"publish", &ANY_BOOLEAN, FIELD_REFUSED},
      {"versionDescription", &ANY_STRING, FIELD_REFUSED},
      {"encryptionConfiguration", &ANY_JSON, FIELD_REFUSED});
INPUT(STATES_UPDATE_MACHINE_IN, {"stateMachineArn", &ARN, FIELD_REQUIRED},
      {"definition", &DEFINITION}, {"roleArn", &ARN}, {"loggingConfiguration", &LOGGING},
      {"tracingConfiguration", &TRACING}, {"publish", &ANY_BOOLEAN, FIELD_REFUSED},
      {"versionDescription", &ANY_STRING, FIELD_REFUSED},
      {"encryptionConfiguration", &ANY_JSON, FIELD_REFUSED});
INPUT(STATES_DESCRIBE_MACHINE_IN, {"stateMachineArn", &ARN, FIELD_REQUIRED},
      {"includedData", &INCLUDED_DATA});
INPUT(STATES_LIST_MACHINES_IN, {"maxResults", &PAGE_SIZE}, {"nextToken", &PAGE_TOKEN});
INPUT(STATES_DELETE_MACHINE_IN, {"stateMachineArn", &ARN, FIELD_REQUIRED});
INPUT(STATES_VALIDATE_DEFINITION_IN, {"definition", &DEFINITION, FIELD_REQUIRED}, {"type", &TYPE},
      {"severity", &SEVERITY}, {"maxResults", &DIAGNOSTICS});
INPUT(STATES_TAG_RESOURCE_IN, {"resourceArn", &ARN, FIELD_REQUIRED},
      {"tags", &TAGS, FIELD_REQUIRED});
INPUT(STATES_UNTAG_RESOURCE_IN, {"resourceArn", &ARN, FIELD_REQUIRED},
      {"tagKeys", &TAG_KEYS, FIELD_REQUIRED});
INPUT(STATES_LIST_TAGS_IN, {"resourceArn", &ARN, FIELD_REQUIRED});
INPUT(STATES_START_EXECUTION_IN, {"stateMachineArn", &ARN, FIELD_REQUIRED}, {"name", &NAME},
      {"input", &DATA}, {"traceHeader", &TRACE_HEADER});
INPUT(STATES_START_SYNC_EXECUTION_IN, {"stateMachineArn", &ARN, FIELD_REQUIRED}, {"name", &NAME},
      {"input", &DATA}, {"traceHeader", &TRACE_HEADER}, {"includedData", &INCLUDED_DATA});
INPUT(STATES_STOP_EXECUTION_IN, {"executionArn", &ARN, FIELD_REQUIRED}, {"error", &ERROR_NAME},
      {"cause", &CAUSE});
INPUT(STATES_DESCRIBE_EXECUTION_IN, {"executionArn", &ARN, FIELD_REQUIRED},
      {"includedData", &INCLUDED_DATA});
INPUT(STATES_LIST_EXECUTIONS_IN, {"stateMachineArn", &ARN}, {"statusFilter", &STATUS},
      {"maxResults", &PAGE_SIZE}, {"nextToken", &PAGE_TOKEN},
      {"mapRunArn", &ANY_STRING, FIELD_REFUSED}, {"redriveFilter", &REDRIVE_FILTER});
INPUT(STATES_GET_HISTORY_IN, {"executionArn", &ARN, FIELD_REQUIRED}, {"maxResults", &PAGE_SIZE},
      {"reverseOrder", &ANY_BOOLEAN}, {"nextToken", &PAGE_TOKEN},
      {"includeExecutionData", &ANY_BOOLEAN});
INPUT(STATES_REDRIVE_EXECUTION_IN, {"executionArn", &ARN, FIELD_REQUIRED},
      {"clientToken", &CLIENT_TOKEN});
INPUT(STATES_SEND_SUCCESS_IN, {"taskToken", &TASK_TOKEN, FIELD_REQUIRED},
      {"output", &DATA, FIELD_REQUIRED});
INPUT(STATES_SEND_FAILURE_IN, {"taskToken", &TASK_TOKEN, FIELD_REQUIRED}, {"error", &ERROR_NAME},
      {"cause", &CAUSE});
INPUT(STATES_SEND_HEARTBEAT_IN, {"taskToken", &TASK_TOKEN, FIELD_REQUIRED});
INPUT(STATES_CREATE_ACTIVITY_IN, {"name", &NAME, FIELD_REQUIRED}, {"tags", &TAGS},
      {"encryptionConfiguration", &ANY_JSON, FIELD_REFUSED});
INPUT(STATES_ACTIVITY_IN, {"activityArn", &ARN, FIELD_REQUIRED});
INPUT(STATES_GET_ACTIVITY_TASK_IN, {"activityArn", &ARN, FIELD_REQUIRED}, {"workerName", &NAME});
