// SPDX-License-Identifier: Apache-2.0
#include "services/scheduler/scheduler_shapes.h"

static const struct shape NAME = SHAPE_STRING(1, 64, "[0-9a-zA-Z_.-]+");
static const struct shape NAME_PREFIX = SHAPE_STRING(1, 64, "[a-zA-Z][0-9a-zA-Z_-]*");
static const struct shape TOKEN = SHAPE_STRING(1, 64, "[a-zA-Z0-9_-]+");
static const struct shape NEXT_TOKEN = SHAPE_STRING(1, 2048, NULL);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 100);
static const struct shape DESCRIPTION = SHAPE_STRING(0, 512, NULL),
                          EXPRESSION = SHAPE_STRING(1, 256, NULL);
static const struct shape TIMEZONE = SHAPE_STRING(1, 50, NULL);
static const struct shape ARN = SHAPE_STRING(1, 1600, NULL);

static const struct shape TAG_KEY = SHAPE_STRING(1, 128, NULL),
                          TAG_VALUE = SHAPE_STRING(1, 256, NULL);
static const struct field TAG_FIELDS[] = {
    {"Key", &TAG_KEY, FIELD_REQUIRED},
    {"Value", &TAG_VALUE, FIELD_REQUIRED},
    {0},
};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 200), TAG_KEYS = SHAPE_LIST(&TAG_KEY, 0, 200);

// --- targets
static const struct shape ATTEMPTS = {.type = SHAPE_INTEGER, .min = 0, .max = 185};
static const struct shape AGE = SHAPE_INTEGER(60, 86400);
static const struct field RETRY_FIELDS[] = {
    {"MaximumEventAgeInSeconds", &AGE},
    {"MaximumRetryAttempts", &ATTEMPTS},
    {0},
};
static const struct shape RETRY = SHAPE_STRUCT(RETRY_FIELDS);
static const struct field DEAD_LETTER_FIELDS[] = {{"Arn", &ARN}, {0}};
static const struct shape DEAD_LETTER = SHAPE_STRUCT(DEAD_LETTER_FIELDS);
static const struct shape DETAIL_TYPE = SHAPE_STRING(1, 128, NULL),
                          SOURCE = SHAPE_STRING(1, 256, NULL);
static const struct field EVENTS_FIELDS[] = {
    {"DetailType", &DETAIL_TYPE, FIELD_REQUIRED},
    {"Source", &SOURCE, FIELD_REQUIRED},
    {0},
};
static const struct shape EVENTS = SHAPE_STRUCT(EVENTS_FIELDS);
static const struct field QUEUE_FIELDS[] = {{"MessageGroupId", &ANY_STRING, FIELD_REFUSED},
                                            {0}}; // FIFO queues
static const struct shape QUEUE = SHAPE_STRUCT(QUEUE_FIELDS);
static const struct shape TARGET_INPUT = SHAPE_STRING(1, 262144, NULL);
static const struct field TARGET_FIELDS[] = {
    {"Arn", &ARN, FIELD_REQUIRED},
    {"RoleArn", &ARN, FIELD_REQUIRED},
    {"Input", &TARGET_INPUT},
    {"RetryPolicy", &RETRY},
    {"DeadLetterConfig", &DEAD_LETTER},
    {"EventBridgeParameters", &EVENTS},
    {"SqsParameters", &QUEUE},
    {"EcsParameters", &ANY_JSON, FIELD_REFUSED},
    {"KinesisParameters", &ANY_JSON, FIELD_REFUSED},
    {"SageMakerPipelineParameters", &ANY_JSON, FIELD_REFUSED},
    {0},
};
static const struct shape TARGET = SHAPE_STRUCT(TARGET_FIELDS);

// --- schedules
static const char *const MODES[] = {"OFF", "FLEXIBLE", NULL},
                         *const STATES[] = {"ENABLED", "DISABLED", NULL},
                         *const ACTIONS[] = {"NONE", "DELETE", NULL};
static const struct shape MODE = SHAPE_ENUM(MODES), STATE = SHAPE_ENUM(STATES),
                          ACTION = SHAPE_ENUM(ACTIONS);
static const struct shape WINDOW_MINUTES = SHAPE_INTEGER(1, 1440);
static const struct field WINDOW_FIELDS[] = {
    {"Mode", &MODE, FIELD_REQUIRED},
    {"MaximumWindowInMinutes", &WINDOW_MINUTES},
    {0},
};
static const struct shape WINDOW = SHAPE_STRUCT(WINDOW_FIELDS);
static const struct field PUT_SCHEDULE_FIELDS[] = {
    {"Name", &NAME, FIELD_REQUIRED, IN_PATH},
    {"GroupName", &NAME},
    {"ScheduleExpression", &EXPRESSION, FIELD_REQUIRED},
    {"ScheduleExpressionTimezone", &TIMEZONE},
    {"FlexibleTimeWindow", &WINDOW, FIELD_REQUIRED},
    {"Target", &TARGET, FIELD_REQUIRED},
    {"StartDate", &ANY_TIMESTAMP},
    {"EndDate", &ANY_TIMESTAMP},
    {"State", &STATE},
    {"Description", &DESCRIPTION},
    {"ActionAfterCompletion", &ACTION},
    {"KmsKeyArn", &ANY_STRING, FIELD_REFUSED},
    {"ClientToken", &TOKEN},
    {0},
};
const struct shape SCHEDULER_CREATE_SCHEDULE_IN = SHAPE_STRUCT(PUT_SCHEDULE_FIELDS);
const struct shape SCHEDULER_UPDATE_SCHEDULE_IN = SHAPE_STRUCT(PUT_SCHEDULE_FIELDS);
static const struct field SCHEDULE_FIELDS[] = {
    {"Name", &NAME, FIELD_REQUIRED, IN_PATH},
    {"GroupName", &NAME, 0, IN_QUERY, "groupName"},
    {0},
};
const struct shape SCHEDULER_SCHEDULE_IN = SHAPE_STRUCT(SCHEDULE_FIELDS);
static const struct field DELETE_SCHEDULE_FIELDS[] = {
    {"Name", &NAME, FIELD_REQUIRED, IN_PATH},
    {"GroupName", &NAME, 0, IN_QUERY, "groupName"},
    {"ClientToken", &TOKEN, FIELD_IGNORED, IN_QUERY, "clientToken"},
    {0},
};
const struct shape SCHEDULER_DELETE_SCHEDULE_IN = SHAPE_STRUCT(DELETE_SCHEDULE_FIELDS);
static const struct field LIST_SCHEDULES_FIELDS[] = {
    {"GroupName", &NAME, 0, IN_QUERY, "ScheduleGroup"},
    {"NamePrefix", &NAME_PREFIX, 0, IN_QUERY},
    {"State", &STATE, 0, IN_QUERY},
    {"MaxResults", &PAGE_SIZE, 0, IN_QUERY},
    {"NextToken", &NEXT_TOKEN, 0, IN_QUERY},
    {0},
};
const struct shape SCHEDULER_LIST_SCHEDULES_IN = SHAPE_STRUCT(LIST_SCHEDULES_FIELDS);

// --- groups
static const struct field CREATE_GROUP_FIELDS[] = {
    {"Name", &NAME, FIELD_REQUIRED, IN_PATH},
    {"Tags", &TAGS},
    {"ClientToken", &TOKEN},
    {0},
};
const struct shape SCHEDULER_CREATE_GROUP_IN = SHAPE_STRUCT(CREATE_GROUP_FIELDS);
static const struct field GROUP_FIELDS[] = {{"Name", &NAME, FIELD_REQUIRED, IN_PATH}, {0}};
const struct shape SCHEDULER_GROUP_IN = SHAPE_STRUCT(GROUP_FIELDS);
static const struct field DELETE_GROUP_FIELDS[] = {
    {"Name", &NAME, FIELD_REQUIRED, IN_PATH},
    {"ClientToken", &TOKEN, FIELD_IGNORED, IN_QUERY, "clientToken"},
    {0},
};
const struct shape SCHEDULER_DELETE_GROUP_IN = SHAPE_STRUCT(DELETE_GROUP_FIELDS);
static const struct field LIST_GROUPS_FIELDS[] = {
    {"NamePrefix", &NAME_PREFIX, 0, IN_QUERY},
    {"MaxResults", &PAGE_SIZE, 0, IN_QUERY},
    {"NextToken", &NEXT_TOKEN, 0, IN_QUERY},
    {0},
};
const struct shape SCHEDULER_LIST_GROUPS_IN = SHAPE_STRUCT(LIST_GROUPS_FIELDS);

// --- tags
static const struct field LIST_TAGS_FIELDS[] = {{"ResourceArn", &ARN, FIELD_REQUIRED, IN_PATH},
                                                {0}};
const struct shape SCHEDULER_LIST_TAGS_IN = SHAPE_STRUCT(LIST_TAGS_FIELDS);
static const struct field TAG_IN_FIELDS[] = {
    {"ResourceArn", &ARN, FIELD_REQUIRED, IN_PATH},
    {"Tags", &TAGS, FIELD_REQUIRED},
    {0},
};
const struct shape SCHEDULER_TAG_IN = SHAPE_STRUCT(TAG_IN_FIELDS);
static const struct field UNTAG_FIELDS[] = {
    {"ResourceArn", &ARN, FIELD_REQUIRED, IN_PATH},
    {"TagKeys", &TAG_KEYS, FIELD_REQUIRED, IN_QUERY},
    {0},
};
const struct shape SCHEDULER_UNTAG_IN = SHAPE_STRUCT(UNTAG_FIELDS);

// --- tasks
static const struct field FIRE_FIELDS[] = {
    {"GroupName", &ANY_STRING, FIELD_REQUIRED},
    {"Name", &ANY_STRING, FIELD_REQUIRED},
    {"At", &ANY_INTEGER, FIELD_REQUIRED},
    {0},
};
const struct shape SCHEDULER_FIRE_IN = SHAPE_STRUCT(FIRE_FIELDS);
static const struct field DEAD_LETTER_IN_FIELDS[] = {
    {"QueueArn", &ANY_STRING, FIELD_REQUIRED},
    {"TargetArn", &ANY_STRING},
    {"ScheduleArn", &ANY_STRING},
    {"ExecutionId", &ANY_STRING},
    {"ScheduledTime", &ANY_STRING},
    {"Payload", &ANY_STRING},
    {"Attempts", &ANY_INTEGER},
    {"task", &ANY_JSON},
    {"error", &ANY_JSON},
    {0},
};
const struct shape SCHEDULER_DEAD_LETTER_IN = SHAPE_STRUCT(DEAD_LETTER_IN_FIELDS);
