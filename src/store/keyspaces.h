// SPDX-License-Identifier: Apache-2.0
// Everything that is on disk in the store, on one page.
//
// One row a keyspace: name, number (the first two bytes of its keys), key tuple, value, owner. Numbers are never
// reused. JSON values carry their version in a member "v" when it is not 1; binary values start with a version byte.
// A service owns a block of 16 numbers; `region` leads the key of everything regional.
#ifndef STORE_KEYSPACES_H
#define STORE_KEYSPACES_H

#define KEYSPACES(X)                                                                                                   \
    /*  name                number  key                                   value                     owner */           \
    X(STORE_META,           0x0001, "name",                               "text",                   "store")           \
    X(STORE_BLOB_INLINE,    0x0002, "blob id",                            "version, crc32c, bytes", "store")           \
    X(STORE_BLOB_FILE,      0x0003, "blob id",                            "version, size, crc32c",  "store")           \
    X(STORE_SEQUENCE,       0x0004, "name",                               "u64le next",             "store")           \
    X(TASK_DUE,             0x0010, "due_ms, task id",                    "empty",                  "store/task")      \
    X(TASK,                 0x0011, "task id",                            "json task",              "store/task")      \
    X(TASK_NAME,            0x0012, "name",                               "task id",                "store/task")       \
    X(CREDENTIAL,           0x0020, "access key",                         "json credential",        "lake/credentials") \
    X(S3_BUCKET,            0x0100, "bucket",                             "json bucket",            "s3")               \
    X(S3_BUCKET_CONFIG,     0x0101, "bucket, kind",                       "json as it was given",   "s3")               \
    X(S3_OBJECT,            0x0102, "bucket, object key (raw)",           "json object",            "s3")               \
    X(S3_UPLOAD,            0x0103, "bucket, object key, upload id",      "json object to be",      "s3")               \
    X(S3_PART,              0x0104, "upload id, u64 part number",         "json part",              "s3")               \
    X(SQS_QUEUE,            0x0120, "region, name",                       "json queue",             "sqs")              \
    X(SQS_MESSAGE,          0x0121, "queue id, sequence",                 "sqs/message.h",          "sqs")              \
    X(SQS_MESSAGE_STATE,    0x0122, "queue id, sequence",                 "sqs/message.h",          "sqs")              \
    X(SQS_MOVE,             0x0123, "region, source queue, ~id",          "json move",              "sqs")              \
    X(EVENTS_BUS,           0x0130, "region, bus",                        "json bus",               "events")           \
    X(EVENTS_RULE,          0x0131, "region, bus, rule",                  "json rule with targets", "events")           \
    X(SCHEDULER_GROUP,      0x0140, "region, group",                      "json group",             "scheduler")        \
    X(SCHEDULER_SCHEDULE,   0x0141, "region, group, name",                "json schedule",          "scheduler")        \
    X(LAMBDA_FUNCTION,      0x0150, "region, name",                       "json function",          "lambda")           \
    X(LAMBDA_VERSION,       0x0151, "region, name, u64 version",          "json version",           "lambda")           \
    X(LAMBDA_ALIAS,         0x0152, "region, name, alias",                "json alias",             "lambda")           \
    X(LAMBDA_POLICY,        0x0153, "region, name, qualifier",            "json policy",            "lambda")           \
    X(LAMBDA_MAPPING,       0x0154, "region, uuid",                       "json mapping",           "lambda")           \
    X(LAMBDA_INVOKE_CONFIG, 0x0155, "region, name, qualifier",            "json configuration",     "lambda")           \
    X(LOGS_GROUP,           0x0160, "region, group",                      "json group with an id",  "logs")             \
    X(LOGS_STREAM,          0x0161, "u64 group id, stream",               "json stream with an id", "logs")             \
    X(LOGS_EVENT,           0x0162, "u64 group id, i64 ms, u64 number",   "logs/event.c",           "logs")             \
    X(LOGS_STREAM_EVENT,    0x0163, "u64 stream id, i64 ms, u64 number",  "empty",                  "logs")             \
    X(DYNAMODB_TABLE,       0x0180, "region, name",                       "json description",       "dynamodb")         \
    X(DYNAMODB_ITEM,        0x0181, "table id, partition key, sort key",  "json item",              "dynamodb")         \
    X(DYNAMODB_TOKEN,       0x0182, "region, token",                      "SHA-256 of the request", "dynamodb")         \
    X(STATES_MACHINE,       0x0170, "region, name",                       "json machine",           "states")           \
    X(STATES_DEFINITION,    0x0171, "sha-256 of the text, hex",           "text",                   "states")           \
    X(STATES_EXECUTION,     0x0172, "execution id",                       "json execution",         "states")           \
    X(STATES_EXECUTION_NAME, 0x0173, "region, machine, execution",        "execution id, decimal",  "states")           \
    X(STATES_EXECUTION_START, 0x0174, "region, machine id, ~start_ms, execution id", "status",      "states")           \
    X(STATES_FRAME,         0x0175, "execution id, frame id",             "json frame",             "states")           \
    X(STATES_DATA,          0x0176, "execution id, frame id, kind, index", "json",                  "states")           \
    X(STATES_HISTORY,       0x0177, "execution id, event id",             "json event",             "states")           \
    X(STATES_WATCH,         0x0178, "execution id, number",               "json operation",         "states")           \
    X(STATES_ACTIVITY,      0x0179, "region, name",                       "json activity",          "states")           \
    X(STATES_ACTIVITY_TASK, 0x017A, "region, activity, number",           "json task",              "states")           \
    X(GLUE_DATABASE,        0x0190, "region, name",                        "json database",           "glue")          \
    X(GLUE_TABLE,           0x0191, "region, database, name",              "json table",              "glue")          \
    X(GLUE_PARTITION,       0x0192, "region, database, table, value...",   "json partition",          "glue")          \
    X(GLUE_TABLE_VERSION,   0x0193, "region, database, table, ~version",   "json table",              "glue")          \
    X(GLUE_TAGS,            0x0194, "region, resource",                    "json map",                "glue")          \
    X(GLUE_CRAWLER,         0x0195, "region, name",                        "json crawler",            "glue")          \
    X(GLUE_CRAWL,           0x0196, "region, crawler, ~start ms, id",      "json crawl",              "glue")          \
    X(GLUE_CRAWLED,         0x0197, "region, crawler, bucket, object key", "json what was read",      "glue")          \
    X(GLUE_CRAWL_SCHEMA,    0x0198, "region, crawler, hash",               "json schema",             "glue")          \
    X(GLUE_JOB,             0x0199, "region, name",                        "json job",                "glue")          \
    X(GLUE_RUN,             0x019A, "region, job, ~start ms, id",          "json run",                "glue")          \
    X(GLUE_BOOKMARK,        0x019B, "region, job",                         "json bookmark state",     "glue")          \
    X(GLUE_BOOKMARK_SOURCE, 0x019C, "region, job, table, object path",     "json etag and run",       "glue")          \
    X(GLUE_BOOKMARK_OUTPUT, 0x019D, "region, job, table, run",             "json output objects",     "glue")          \
    X(GLUE_RUN_ID,          0x019E, "region, job, id",                     "u64be ~start ms",         "glue")          \
    X(GLUE_RUN_WATCH,       0x019F, "region, job, id, sequence",           "json call to be made",    "glue")          \
    X(ATHENA_WORKGROUP,     0x01B0, "region, name",                       "json workgroup",         "athena")           \
    X(ATHENA_EXECUTION,     0x01B1, "region, execution id",               "json execution",         "athena")           \
    X(ATHENA_HISTORY,       0x01B2, "region, workgroup, -submitted_ms, id", "empty",                "athena")           \
    X(ATHENA_TOKEN,         0x01B3, "region, client token",               "json id, query hash",    "athena")           \
    X(ATHENA_NAMED_QUERY,   0x01B4, "region, empty, id",                  "json query",             "athena")           \
    X(ATHENA_PREPARED,      0x01B5, "region, workgroup, name",            "json statement",         "athena")           \
    X(CLOUDFORMATION_STACK, 0x01C0, "region, stack id",                   "json stack",             "cloudformation")   \
    X(CLOUDFORMATION_NAME,  0x01C1, "region, stack name",                 "stack id",               "cloudformation")   \
    X(CLOUDFORMATION_TEMPLATE, 0x01C2, "stack id, current or operation or change set", "text",      "cloudformation")   \
    X(CLOUDFORMATION_RESOURCE, 0x01C3, "stack id, logical id",            "json resource",          "cloudformation")   \
    X(CLOUDFORMATION_EVENT, 0x01C4, "stack id, sequence",                 "json event",             "cloudformation")   \
    X(CLOUDFORMATION_CHANGE_SET, 0x01C5, "region, change set id",        "json change set",        "cloudformation")   \
    X(CLOUDFORMATION_EXPORT, 0x01C6, "region, export",                    "json export",            "cloudformation")   \
    X(CLOUDFORMATION_IMPORT, 0x01C7, "region, export, stack id",          "stack name",             "cloudformation")   \
    X(IAM_ENTITY,           0x01D0, "kind, lower-cased name",             "json entity",            "iam")              \
    X(SSM_PARAMETER,        0x01E0, "region, name",                       "json parameter",         "ssm")              \
    /* this line ends the list */

enum keyspace {
#define KEYSPACE_ENUM(name, number, key, value, owner) KEYSPACE_##name = number,
    KEYSPACES(KEYSPACE_ENUM)
#undef KEYSPACE_ENUM
};

#endif
