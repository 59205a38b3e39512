// SPDX-License-Identifier: Apache-2.0
#include "services/eventbridge/events_shapes.h"

static const struct shape BUS_NAME = SHAPE_STRING(1, 256, "[/._A-Za-z0-9-]+");
static const struct shape BUS_NAME_OR_ARN =
    SHAPE_STRING(1, 1600,
                 "(arn:aws[A-Za-z0-9_-]*:events:[a-z]{2}-[a-z]+-[A-Za-z0-9_-]+:[0-9]{12}:event-bus/"
                 ")?[/._A-Za-z0-9-]+");
static const struct shape RULE_NAME = SHAPE_STRING(1, 64, "[._A-Za-z0-9-]+");
static const struct shape ARN = SHAPE_STRING(1, 1600, NULL);
static const struct shape NEXT_TOKEN = SHAPE_STRING(1, 2048, NULL);
static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 100);
static const struct shape DESCRIPTION = SHAPE_STRING(0, 512, NULL);

static const struct shape TAG_KEY = SHAPE_STRING(1, 128, NULL),
                          TAG_VALUE = SHAPE_STRING(0, 256, NULL);
static const struct field TAG_FIELDS[] = {
    {"Key", &TAG_KEY, FIELD_REQUIRED},
    {"Value", &TAG_VALUE, FIELD_REQUIRED},
    {0},
};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 50);
static const struct shape TAG_KEYS = SHAPE_LIST(&TAG_KEY, 0, 50);

// --- buses
static const struct field CREATE_BUS_FIELDS[] = {
    {"Name", &BUS_NAME, FIELD_REQUIRED},
    {"Description", &DESCRIPTION},
    {"Tags", &TAGS},
    {"EventSourceName", &ANY_STRING, FIELD_REFUSED},
    {"KmsKeyIdentifier", &ANY_STRING, FIELD_REFUSED},
    {"DeadLetterConfig", &ANY_JSON, FIELD_REFUSED},
    {"LogConfig", &ANY_JSON, FIELD_REFUSED},
    {0},
};
const struct shape EVENTS_CREATE_BUS_IN = SHAPE_STRUCT(CREATE_BUS_FIELDS);
static const struct field BUS_FIELDS[] = {{"Name", &BUS_NAME_OR_ARN}, {0}};
const struct shape EVENTS_BUS_IN = SHAPE_STRUCT(BUS_FIELDS);
static const struct field BUS_REQUIRED_FIELDS[] = {{"Name", &BUS_NAME, FIELD_REQUIRED}, {0}};
const struct shape EVENTS_BUS_REQUIRED_IN = SHAPE_STRUCT(BUS_REQUIRED_FIELDS);
static const struct field LIST_BUSES_FIELDS[] = {
    {"NamePrefix", &BUS_NAME},
    {"NextToken", &NEXT_TOKEN},
    {"Limit", &PAGE_SIZE},
    {0},
};
const struct shape EVENTS_LIST_BUSES_IN = SHAPE_STRUCT(LIST_BUSES_FIELDS);

// --- rules
static const char *const RULE_STATES[] = {"ENABLED", "DISABLED", NULL};
static const struct shape RULE_STATE = SHAPE_ENUM(RULE_STATES);
static const struct shape PATTERN = SHAPE_STRING(0, 4096, NULL),
                          SCHEDULE = SHAPE_STRING(0, 256, NULL);
static const struct field PUT_RULE_FIELDS[] = {
    {"Name", &RULE_NAME, FIELD_REQUIRED},
    {"ScheduleExpression", &SCHEDULE},
    {"EventPattern", &PATTERN},
    {"State", &RULE_STATE},
    {"Description", &DESCRIPTION},
    {"RoleArn", &ARN},
    {"Tags", &TAGS},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {0},
};
const struct shape EVENTS_PUT_RULE_IN = SHAPE_STRUCT(PUT_RULE_FIELDS);
static const struct field RULE_FIELDS[] = {
    {"Name", &RULE_NAME, FIELD_REQUIRED},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"Force", &ANY_BOOLEAN,
     FIELD_IGNORED}, // of rules that an AWS service manages: there are none here
    {0},
};
const struct shape EVENTS_RULE_IN = SHAPE_STRUCT(RULE_FIELDS);
static const struct field LIST_RULES_FIELDS[] = {
    {"NamePrefix", &RULE_NAME},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"NextToken", &NEXT_TOKEN},
    {"Limit", &PAGE_SIZE},
    {0},
};
const struct shape EVENTS_LIST_RULES_IN = SHAPE_STRUCT(LIST_RULES_FIELDS);

// --- targets
static const struct shape TARGET_ID = SHAPE_STRING(1, 64, "[._A-Za-z0-9-]+");
static const struct shape TARGET_INPUT = SHAPE_STRING(0, 8192, NULL),
                          TARGET_PATH = SHAPE_STRING(0, 256, NULL);
static const struct shape TEMPLATE = SHAPE_STRING(1, 8192, NULL);
static const struct shape PATHS = SHAPE_MAP(&TARGET_PATH, 0, 100);
static const struct field TRANSFORMER_FIELDS[] = {
    {"InputPathsMap", &PATHS},
    {"InputTemplate", &TEMPLATE, FIELD_REQUIRED},
    {0},
};
static const struct shape TRANSFORMER = SHAPE_STRUCT(TRANSFORMER_FIELDS);
static const struct shape ATTEMPTS = {.type = SHAPE_INTEGER, .min = 0, .max = 185};
static const struct shape AGE = SHAPE_INTEGER(60, 86400);
static const struct field RETRY_FIELDS[] = {
    {"MaximumRetryAttempts", &ATTEMPTS},
    {"MaximumEventAgeInSeconds", &AGE},
    {0},
};
static const struct shape RETRY = SHAPE_STRUCT(RETRY_FIELDS);
static const struct field DEAD_LETTER_FIELDS[] = {{"Arn", &ARN}, {0}};
static const struct shape DEAD_LETTER = SHAPE_STRUCT(DEAD_LETTER_FIELDS);
static const struct field TARGET_FIELDS[] = {
    {"Id", &TARGET_ID, FIELD_REQUIRED},
    {"Arn", &ARN, FIELD_REQUIRED},
    {"RoleArn", &ARN},
    {"Input", &TARGET_INPUT},
    {"InputPath", &TARGET_PATH},
    {"InputTransformer", &TRANSFORMER},
    {"RetryPolicy", &RETRY},
    {"DeadLetterConfig", &DEAD_LETTER},
    {"SqsParameters", &ANY_JSON, FIELD_REFUSED}, // FIFO queues
    {"KinesisParameters", &ANY_JSON, FIELD_REFUSED},
    {"RunCommandParameters", &ANY_JSON, FIELD_REFUSED},
    {"EcsParameters", &ANY_JSON, FIELD_REFUSED},
    {"BatchParameters", &ANY_JSON, FIELD_REFUSED},
    {"HttpParameters", &ANY_JSON, FIELD_REFUSED},
    {"RedshiftDataParameters", &ANY_JSON, FIELD_REFUSED},
    {"SageMakerPipelineParameters", &ANY_JSON, FIELD_REFUSED},
    {"AppSyncParameters", &ANY_JSON, FIELD_REFUSED},
    {0},
};
static const struct shape TARGET = SHAPE_STRUCT(TARGET_FIELDS);
static const struct shape TARGETS = SHAPE_LIST(&TARGET, 1, 100);
static const struct field PUT_TARGETS_FIELDS[] = {
    {"Rule", &RULE_NAME, FIELD_REQUIRED},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"Targets", &TARGETS, FIELD_REQUIRED},
    {0},
};
const struct shape EVENTS_PUT_TARGETS_IN = SHAPE_STRUCT(PUT_TARGETS_FIELDS);
static const struct shape TARGET_IDS = SHAPE_LIST(&TARGET_ID, 1, 100);
static const struct field REMOVE_TARGETS_FIELDS[] = {
    {"Rule", &RULE_NAME, FIELD_REQUIRED},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"Ids", &TARGET_IDS, FIELD_REQUIRED},
    {"Force", &ANY_BOOLEAN, FIELD_IGNORED},
    {0},
};
const struct shape EVENTS_REMOVE_TARGETS_IN = SHAPE_STRUCT(REMOVE_TARGETS_FIELDS);
static const struct field LIST_TARGETS_FIELDS[] = {
    {"Rule", &RULE_NAME, FIELD_REQUIRED},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"NextToken", &NEXT_TOKEN},
    {"Limit", &PAGE_SIZE},
    {0},
};
const struct shape EVENTS_LIST_TARGETS_IN = SHAPE_STRUCT(LIST_TARGETS_FIELDS);
static const struct field RULES_BY_TARGET_FIELDS[] = {
    {"TargetArn", &ARN, FIELD_REQUIRED},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"NextToken", &NEXT_TOKEN},
    {"Limit", &PAGE_SIZE},
    {0},
};
const struct shape EVENTS_RULES_BY_TARGET_IN = SHAPE_STRUCT(RULES_BY_TARGET_FIELDS);

// --- events. Members of entries are checked one entry at a time, as a bad one does not refuse the
// others.
static const struct field ENTRY_FIELDS[] = {
    {"Time", &ANY_TIMESTAMP},
    {"Source", &ANY_STRING},
    {"Resources", &STRING_LIST},
    {"DetailType", &ANY_STRING},
    {"Detail", &ANY_STRING},
    {"EventBusName", &BUS_NAME_OR_ARN},
    {"TraceHeader", &ANY_STRING, FIELD_IGNORED},
    {0},
};
static const struct shape ENTRY = SHAPE_STRUCT(ENTRY_FIELDS);
static const struct shape ENTRIES = SHAPE_LIST(&ENTRY, 1, 10);
static const struct field PUT_EVENTS_FIELDS[] = {
    {"Entries", &ENTRIES, FIELD_REQUIRED},
    {"EndpointId", &ANY_STRING, FIELD_REFUSED},
    {0},
};
const struct shape EVENTS_PUT_EVENTS_IN = SHAPE_STRUCT(PUT_EVENTS_FIELDS);
static const struct field TEST_PATTERN_FIELDS[] = {
    {"EventPattern", &PATTERN, FIELD_REQUIRED},
    {"Event", &ANY_STRING, FIELD_REQUIRED},
    {0},
};
const struct shape EVENTS_TEST_PATTERN_IN = SHAPE_STRUCT(TEST_PATTERN_FIELDS);

// --- tags
static const struct field LIST_TAGS_FIELDS[] = {{"ResourceARN", &ARN, FIELD_REQUIRED}, {0}};
const struct shape EVENTS_LIST_TAGS_IN = SHAPE_STRUCT(LIST_TAGS_FIELDS);
static const struct field TAG_IN_FIELDS[] = {
    {"ResourceARN", &ARN, FIELD_REQUIRED},
    {"Tags", &TAGS, FIELD_REQUIRED},
    {0},
};
const struct shape EVENTS_TAG_IN = SHAPE_STRUCT(TAG_IN_FIELDS);
static const struct field UNTAG_FIELDS[] = {
    {"ResourceARN", &ARN, FIELD_REQUIRED},
    {"TagKeys", &TAG_KEYS, FIELD_REQUIRED},
    {0},
};
const struct shape EVENTS_UNTAG_IN = SHAPE_STRUCT(UNTAG_FIELDS);

// --- inside
static const struct field EMIT_FIELDS[] = {
    {"Source", &ANY_STRING, FIELD_REQUIRED},
    {"DetailType", &ANY_STRING, FIELD_REQUIRED},
    {"Resources", &STRING_LIST},
    {"Detail", &ANY_JSON, FIELD_REQUIRED},
    {"Time", &ANY_TIMESTAMP},
    {0},
};
const struct shape EVENTS_EMIT_IN = SHAPE_STRUCT(EMIT_FIELDS);
static const struct field DELIVERY_FIELDS[] = {
    {"RuleArn", &ANY_STRING, FIELD_REQUIRED},
    {"TargetArn", &ANY_STRING, FIELD_REQUIRED},
    {"DeadLetterArn", &ANY_STRING},
    {"EventId", &ANY_STRING},
    {"Body", &ANY_STRING, FIELD_REQUIRED},
    {"Attempts", &ANY_INTEGER},
    {"Hops", &ANY_INTEGER},
    {"task", &ANY_JSON},
    {"error", &ANY_JSON},
    {0},
};
const struct shape EVENTS_DELIVERY_IN = SHAPE_STRUCT(DELIVERY_FIELDS);
static const struct field FIRE_RULE_FIELDS[] = {
    {"Bus", &ANY_STRING, FIELD_REQUIRED},
    {"Rule", &ANY_STRING, FIELD_REQUIRED},
    {"At", &ANY_INTEGER, FIELD_REQUIRED},
    {0},
};
const struct shape EVENTS_FIRE_RULE_IN = SHAPE_STRUCT(FIRE_RULE_FIELDS);
