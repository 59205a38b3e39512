// SPDX-License-Identifier: Apache-2.0
// Lists and maps are flat in the Query protocol; `wire` is the name that their entries carry there.
// Limits that SQS answers with codes of its own (batch sizes, ranges of attributes) are checked by
// the handlers, not here.
#include "services/sqs/sqs_shapes.h"

#define FLAT_LIST(item_, name_)                                                                    \
    {                                                                                              \
        .type = SHAPE_LIST, .item = &(item_), .flat = true, .item_name = (name_)                   \
    }
#define FLAT_MAP(item_, key_, value_)                                                              \
    {                                                                                              \
        .type = SHAPE_MAP, .item = &(item_), .flat = true, .key_name = (key_),                     \
        .value_name = (value_)                                                                     \
    }

static const struct shape ATTRIBUTE_MAP = FLAT_MAP(ANY_STRING, "Name", "Value");
static const struct shape TAG_MAP = FLAT_MAP(ANY_STRING, "Key", "Value");
static const struct shape ATTRIBUTE_NAMES = FLAT_LIST(ANY_STRING, "AttributeName");
static const struct shape QUEUE_URLS = FLAT_LIST(ANY_STRING, "QueueUrl");

// --- message attributes
static const struct shape STRING_VALUES = FLAT_LIST(ANY_STRING, "StringListValue");
static const struct shape BINARY_VALUES = FLAT_LIST(ANY_BLOB, "BinaryListValue");
static const struct field MESSAGE_ATTRIBUTE_FIELDS[] = {
    {"StringValue", &ANY_STRING},
    {"BinaryValue", &ANY_BLOB},
    {"StringListValues", &STRING_VALUES, .wire = "StringListValue"},
    {"BinaryListValues", &BINARY_VALUES, .wire = "BinaryListValue"},
    {"DataType", &ANY_STRING, FIELD_REQUIRED},
    {0},
};
static const struct shape MESSAGE_ATTRIBUTE = SHAPE_STRUCT(MESSAGE_ATTRIBUTE_FIELDS);
static const struct shape MESSAGE_ATTRIBUTES = FLAT_MAP(MESSAGE_ATTRIBUTE, "Name", "Value");

// --- queues
static const struct field QUEUE_URL_FIELDS[] = {{"QueueUrl", &ANY_STRING, FIELD_REQUIRED}, {0}};
const struct shape SQS_QUEUE_URL_IN = SHAPE_STRUCT(QUEUE_URL_FIELDS);
static const struct field QUEUE_URL_OUT_FIELDS[] = {{"QueueUrl", &ANY_STRING}, {0}};
const struct shape SQS_QUEUE_URL_OUT = SHAPE_STRUCT(QUEUE_URL_OUT_FIELDS);

static const struct field CREATE_QUEUE_FIELDS[] = {
    {"QueueName", &ANY_STRING, FIELD_REQUIRED},
    {"Attributes", &ATTRIBUTE_MAP, .wire = "Attribute"},
    {"tags", &TAG_MAP, .wire = "Tag"},
    {0},
};
const struct shape SQS_CREATE_QUEUE_IN = SHAPE_STRUCT(CREATE_QUEUE_FIELDS);

static const struct field GET_QUEUE_URL_FIELDS[] = {
    {"QueueName", &ANY_STRING, FIELD_REQUIRED},
    {"QueueOwnerAWSAccountId", &ANY_STRING},
    {0},
};
const struct shape SQS_GET_QUEUE_URL_IN = SHAPE_STRUCT(GET_QUEUE_URL_FIELDS);

static const struct shape PAGE_SIZE = SHAPE_INTEGER(1, 1000);
static const struct field LIST_QUEUES_FIELDS[] = {
    {"QueueNamePrefix", &ANY_STRING},
    {"NextToken", &ANY_STRING},
    {"MaxResults", &PAGE_SIZE},
    {0},
};
const struct shape SQS_LIST_QUEUES_IN = SHAPE_STRUCT(LIST_QUEUES_FIELDS);
static const struct field LIST_QUEUES_OUT_FIELDS[] = {
    {"QueueUrls", &QUEUE_URLS, .wire = "QueueUrl"},
    {"NextToken", &ANY_STRING},
    {0},
};
const struct shape SQS_LIST_QUEUES_OUT = SHAPE_STRUCT(LIST_QUEUES_OUT_FIELDS);

static const struct field LIST_SOURCES_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"NextToken", &ANY_STRING},
    {"MaxResults", &PAGE_SIZE},
    {0},
};
const struct shape SQS_LIST_SOURCES_IN = SHAPE_STRUCT(LIST_SOURCES_FIELDS);
static const struct field LIST_SOURCES_OUT_FIELDS[] = {
    {"queueUrls", &QUEUE_URLS, .wire = "QueueUrl"},
    {"NextToken", &ANY_STRING},
    {0},
};
const struct shape SQS_LIST_SOURCES_OUT = SHAPE_STRUCT(LIST_SOURCES_OUT_FIELDS);

static const struct field GET_ATTRIBUTES_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"AttributeNames", &ATTRIBUTE_NAMES, .wire = "AttributeName"},
    {0},
};
const struct shape SQS_GET_ATTRIBUTES_IN = SHAPE_STRUCT(GET_ATTRIBUTES_FIELDS);
static const struct field ATTRIBUTES_OUT_FIELDS[] = {
    {"Attributes", &ATTRIBUTE_MAP, .wire = "Attribute"},
    {0},
};
const struct shape SQS_ATTRIBUTES_OUT = SHAPE_STRUCT(ATTRIBUTES_OUT_FIELDS);
static const struct field SET_ATTRIBUTES_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"Attributes", &ATTRIBUTE_MAP, FIELD_REQUIRED, .wire = "Attribute"},
    {0},
};
const struct shape SQS_SET_ATTRIBUTES_IN = SHAPE_STRUCT(SET_ATTRIBUTES_FIELDS);

static const struct field TAG_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"Tags", &TAG_MAP, FIELD_REQUIRED, .wire = "Tag"},
    {0},
};
const struct shape SQS_TAG_IN = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAG_KEYS = FLAT_LIST(ANY_STRING, "TagKey");
static const struct field UNTAG_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"TagKeys", &TAG_KEYS, FIELD_REQUIRED, .wire = "TagKey"},
    {0},
};
const struct shape SQS_UNTAG_IN = SHAPE_STRUCT(UNTAG_FIELDS);
static const struct field TAGS_OUT_FIELDS[] = {{"Tags", &TAG_MAP, .wire = "Tag"}, {0}};
const struct shape SQS_TAGS_OUT = SHAPE_STRUCT(TAGS_OUT_FIELDS);

static const struct shape ACCOUNT_IDS = FLAT_LIST(ANY_STRING, "AWSAccountId");
static const struct shape ACTION_NAMES = FLAT_LIST(ANY_STRING, "ActionName");
static const struct field ADD_PERMISSION_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"Label", &ANY_STRING, FIELD_REQUIRED},
    {"AWSAccountIds", &ACCOUNT_IDS, FIELD_REQUIRED, .wire = "AWSAccountId"},
    {"Actions", &ACTION_NAMES, FIELD_REQUIRED, .wire = "ActionName"},
    {0},
};
const struct shape SQS_ADD_PERMISSION_IN = SHAPE_STRUCT(ADD_PERMISSION_FIELDS);
static const struct field REMOVE_PERMISSION_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"Label", &ANY_STRING, FIELD_REQUIRED},
    {0},
};
const struct shape SQS_REMOVE_PERMISSION_IN = SHAPE_STRUCT(REMOVE_PERMISSION_FIELDS);

// --- send
static const struct field SEND_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"MessageBody", &ANY_STRING, FIELD_REQUIRED},
    {"DelaySeconds", &ANY_INTEGER},
    {"MessageAttributes", &MESSAGE_ATTRIBUTES, .wire = "MessageAttribute"},
    {"MessageSystemAttributes", &MESSAGE_ATTRIBUTES, .wire = "MessageSystemAttribute"},
    {"MessageDeduplicationId", &ANY_STRING},
    {"MessageGroupId", &ANY_STRING},
    {0},
};
const struct shape SQS_SEND_IN = SHAPE_STRUCT(SEND_FIELDS);
static const struct field SEND_OUT_FIELDS[] = {
    {"MD5OfMessageBody", &ANY_STRING},
    {"MD5OfMessageAttributes", &ANY_STRING},
    {"MD5OfMessageSystemAttributes", &ANY_STRING},
    {"MessageId", &ANY_STRING},
    {0},
};
const struct shape SQS_SEND_OUT = SHAPE_STRUCT(SEND_OUT_FIELDS);

// --- batches: entries in, those that were done and those that were not out
static const struct field BATCH_ERROR_FIELDS[] = {
    {"Id", &ANY_STRING},
    {"SenderFault", &ANY_BOOLEAN},
    {"Code", &ANY_STRING},
    {"Message", &ANY_STRING},
    {0},
};
static const struct shape BATCH_ERROR = SHAPE_STRUCT(BATCH_ERROR_FIELDS);
static const struct shape BATCH_ERRORS = FLAT_LIST(BATCH_ERROR, "BatchResultErrorEntry");
static const struct field BATCH_ID_FIELDS[] = {{"Id", &ANY_STRING}, {0}};
static const struct shape BATCH_ID = SHAPE_STRUCT(BATCH_ID_FIELDS);

#define BATCH_IN(shape_, entry_fields_, entry_name_)                                               \
    static const struct shape shape_##_ENTRY = SHAPE_STRUCT(entry_fields_);                        \
    static const struct shape shape_##_ENTRIES = FLAT_LIST(shape_##_ENTRY, entry_name_);           \
    static const struct field shape_##_FIELDS[] = {                                                \
        {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},                                                 \
        {"Entries", &shape_##_ENTRIES, .wire = entry_name_}, /* empty: its own error */            \
        {0},                                                                                       \
    };                                                                                             \
    const struct shape shape_ = SHAPE_STRUCT(shape_##_FIELDS)
#define BATCH_OUT(shape_, entry_, entry_name_)                                                     \
    static const struct shape shape_##_ENTRIES = FLAT_LIST(entry_, entry_name_);                   \
    static const struct field shape_##_FIELDS[] = {                                                \
        {"Successful", &shape_##_ENTRIES, .wire = entry_name_},                                    \
        {"Failed", &BATCH_ERRORS, .wire = "BatchResultErrorEntry"},                                \
        {0},                                                                                       \
    };                                                                                             \
    const struct shape shape_ = SHAPE_STRUCT(shape_##_FIELDS)

static const struct field SEND_ENTRY_FIELDS[] = {
    {"Id", &ANY_STRING, FIELD_REQUIRED},
    {"MessageBody", &ANY_STRING, FIELD_REQUIRED},
    {"DelaySeconds", &ANY_INTEGER},
    {"MessageAttributes", &MESSAGE_ATTRIBUTES, .wire = "MessageAttribute"},
    {"MessageSystemAttributes", &MESSAGE_ATTRIBUTES, .wire = "MessageSystemAttribute"},
    {"MessageDeduplicationId", &ANY_STRING},
    {"MessageGroupId", &ANY_STRING},
    {0},
};
BATCH_IN(SQS_SEND_BATCH_IN, SEND_ENTRY_FIELDS, "SendMessageBatchRequestEntry");
static const struct field SEND_RESULT_FIELDS[] = {
    {"Id", &ANY_STRING},
    {"MessageId", &ANY_STRING},
    {"MD5OfMessageBody", &ANY_STRING},
    {"MD5OfMessageAttributes", &ANY_STRING},
    {"MD5OfMessageSystemAttributes", &ANY_STRING},
    {0},
};
static const struct shape SEND_RESULT = SHAPE_STRUCT(SEND_RESULT_FIELDS);
BATCH_OUT(SQS_SEND_BATCH_OUT, SEND_RESULT, "SendMessageBatchResultEntry");

static const struct field DELETE_MESSAGE_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"ReceiptHandle", &ANY_STRING, FIELD_REQUIRED},
    {0},
};
const struct shape SQS_DELETE_MESSAGE_IN = SHAPE_STRUCT(DELETE_MESSAGE_FIELDS);
static const struct field DELETE_ENTRY_FIELDS[] = {
    {"Id", &ANY_STRING, FIELD_REQUIRED},
    {"ReceiptHandle", &ANY_STRING, FIELD_REQUIRED},
    {0},
};
BATCH_IN(SQS_DELETE_MESSAGE_BATCH_IN, DELETE_ENTRY_FIELDS, "DeleteMessageBatchRequestEntry");
BATCH_OUT(SQS_BATCH_OUT_DELETE, BATCH_ID, "DeleteMessageBatchResultEntry");

static const struct field CHANGE_VISIBILITY_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"ReceiptHandle", &ANY_STRING, FIELD_REQUIRED},
    {"VisibilityTimeout", &ANY_INTEGER, FIELD_REQUIRED},
    {0},
};
const struct shape SQS_CHANGE_VISIBILITY_IN = SHAPE_STRUCT(CHANGE_VISIBILITY_FIELDS);
static const struct field CHANGE_ENTRY_FIELDS[] = {
    {"Id", &ANY_STRING, FIELD_REQUIRED},
    {"ReceiptHandle", &ANY_STRING, FIELD_REQUIRED},
    {"VisibilityTimeout", &ANY_INTEGER},
    {0},
};
BATCH_IN(SQS_CHANGE_VISIBILITY_BATCH_IN, CHANGE_ENTRY_FIELDS,
         "ChangeMessageVisibilityBatchRequestEntry");
BATCH_OUT(SQS_BATCH_OUT_CHANGE, BATCH_ID, "ChangeMessageVisibilityBatchResultEntry");

// --- receive
static const struct shape MESSAGE_ATTRIBUTE_NAMES = FLAT_LIST(ANY_STRING, "MessageAttributeName");
static const struct shape SYSTEM_ATTRIBUTE_NAMES =
    FLAT_LIST(ANY_STRING, "MessageSystemAttributeName");
static const struct field RECEIVE_FIELDS[] = {
    {"QueueUrl", &ANY_STRING, FIELD_REQUIRED},
    {"AttributeNames", &ATTRIBUTE_NAMES, .wire = "AttributeName"},
    {"MessageSystemAttributeNames", &SYSTEM_ATTRIBUTE_NAMES, .wire = "MessageSystemAttributeName"},
    {"MessageAttributeNames", &MESSAGE_ATTRIBUTE_NAMES, .wire = "MessageAttributeName"},
    {"MaxNumberOfMessages", &ANY_INTEGER},
    {"VisibilityTimeout", &ANY_INTEGER},
    {"WaitTimeSeconds", &ANY_INTEGER},
    {"ReceiveRequestAttemptId", &ANY_STRING, FIELD_IGNORED},
    {0},
};
const struct shape SQS_RECEIVE_IN = SHAPE_STRUCT(RECEIVE_FIELDS);
static const struct field MESSAGE_FIELDS[] = {
    {"MessageId", &ANY_STRING},
    {"ReceiptHandle", &ANY_STRING},
    {"MD5OfBody", &ANY_STRING},
    {"Body", &ANY_STRING},
    {"Attributes", &ATTRIBUTE_MAP, .wire = "Attribute"},
    {"MD5OfMessageAttributes", &ANY_STRING},
    {"MessageAttributes", &MESSAGE_ATTRIBUTES, .wire = "MessageAttribute"},
    {0},
};
static const struct shape MESSAGE = SHAPE_STRUCT(MESSAGE_FIELDS);
static const struct shape MESSAGES = FLAT_LIST(MESSAGE, "Message");
static const struct field RECEIVE_OUT_FIELDS[] = {{"Messages", &MESSAGES, .wire = "Message"}, {0}};
const struct shape SQS_RECEIVE_OUT = SHAPE_STRUCT(RECEIVE_OUT_FIELDS);

// --- moving messages between queues
static const struct shape MOVE_RATE = SHAPE_INTEGER(1, 500);
static const struct field START_MOVE_FIELDS[] = {
    {"SourceArn", &ANY_STRING, FIELD_REQUIRED},
    {"DestinationArn", &ANY_STRING},
    {"MaxNumberOfMessagesPerSecond", &MOVE_RATE},
    {0},
};
const struct shape SQS_START_MOVE_IN = SHAPE_STRUCT(START_MOVE_FIELDS);
static const struct field TASK_HANDLE_FIELDS[] = {{"TaskHandle", &ANY_STRING, FIELD_REQUIRED}, {0}};
const struct shape SQS_START_MOVE_OUT = SHAPE_STRUCT(TASK_HANDLE_FIELDS);
const struct shape SQS_CANCEL_MOVE_IN = SHAPE_STRUCT(TASK_HANDLE_FIELDS);
static const struct field CANCEL_MOVE_OUT_FIELDS[] = {
    {"ApproximateNumberOfMessagesMoved", &ANY_INTEGER}, {0}};
const struct shape SQS_CANCEL_MOVE_OUT = SHAPE_STRUCT(CANCEL_MOVE_OUT_FIELDS);
static const struct shape MOVE_PAGE_SIZE = SHAPE_INTEGER(1, 10);
static const struct field LIST_MOVES_FIELDS[] = {
    {"SourceArn", &ANY_STRING, FIELD_REQUIRED},
    {"MaxResults", &MOVE_PAGE_SIZE},
    {0},
};
const struct shape SQS_LIST_MOVES_IN = SHAPE_STRUCT(LIST_MOVES_FIELDS);
static const struct field MOVE_FIELDS[] = {
    {"TaskHandle", &ANY_STRING},
    {"Status", &ANY_STRING},
    {"SourceArn", &ANY_STRING},
    {"DestinationArn", &ANY_STRING},
    {"MaxNumberOfMessagesPerSecond", &ANY_INTEGER},
    {"ApproximateNumberOfMessagesMoved", &ANY_INTEGER},
    {"ApproximateNumberOfMessagesToMove", &ANY_INTEGER},
    {"FailureReason", &ANY_STRING},
    {"StartedTimestamp", &ANY_INTEGER},
    {0},
};
static const struct shape MOVE = SHAPE_STRUCT(MOVE_FIELDS);
static const struct shape MOVES = FLAT_LIST(MOVE, "ListMessageMoveTasksResultEntry");
static const struct field LIST_MOVES_OUT_FIELDS[] = {
    {"Results", &MOVES, .wire = "ListMessageMoveTasksResultEntry"},
    {0},
};
const struct shape SQS_LIST_MOVES_OUT = SHAPE_STRUCT(LIST_MOVES_OUT_FIELDS);

// --- tasks
static const struct field SWEEP_FIELDS[] = {
    {"QueueId", &ANY_INTEGER, FIELD_REQUIRED},
    {"QueueName", &ANY_STRING, FIELD_REQUIRED},
    {"From", &ANY_INTEGER},
    {0},
};
const struct shape SQS_SWEEP_IN = SHAPE_STRUCT(SWEEP_FIELDS);
static const struct field MOVE_STEP_FIELDS[] = {{"TaskHandle", &ANY_STRING, FIELD_REQUIRED}, {0}};
const struct shape SQS_MOVE_STEP_IN = SHAPE_STRUCT(MOVE_STEP_FIELDS);
