// SPDX-License-Identifier: Apache-2.0
// All resource types. To add one: its row in the file of its service, its line here.
#ifndef CLOUDFORMATION_TYPES_H
#define CLOUDFORMATION_TYPES_H

#include "services/cloudformation/resource.h"

#define RESOURCE_TYPES(X)                                                                          \
    X(TYPE_ATHENA_NAMED_QUERY)                                                                     \
    X(TYPE_ATHENA_WORK_GROUP)                                                                      \
    X(TYPE_CDK_METADATA)                                                                           \
    X(TYPE_DYNAMODB_TABLE)                                                                         \
    X(TYPE_EVENTS_EVENT_BUS)                                                                       \
    X(TYPE_EVENTS_RULE)                                                                            \
    X(TYPE_GLUE_CRAWLER)                                                                           \
    X(TYPE_GLUE_DATABASE)                                                                          \
    X(TYPE_GLUE_JOB)                                                                               \
    X(TYPE_GLUE_PARTITION)                                                                         \
    X(TYPE_GLUE_TABLE)                                                                             \
    X(TYPE_IAM_ACCESS_KEY)                                                                         \
    X(TYPE_IAM_MANAGED_POLICY)                                                                     \
    X(TYPE_IAM_POLICY)                                                                             \
    X(TYPE_IAM_ROLE)                                                                               \
    X(TYPE_IAM_USER)                                                                               \
    X(TYPE_LAMBDA_ALIAS)                                                                           \
    X(TYPE_LAMBDA_EVENT_SOURCE_MAPPING)                                                            \
    X(TYPE_LAMBDA_FUNCTION)                                                                        \
    X(TYPE_LAMBDA_PERMISSION)                                                                      \
    X(TYPE_LAMBDA_VERSION)                                                                         \
    X(TYPE_LOGS_LOG_GROUP)                                                                         \
    X(TYPE_S3_BUCKET)                                                                              \
    X(TYPE_S3_BUCKET_POLICY)                                                                       \
    X(TYPE_SCHEDULER_SCHEDULE)                                                                     \
    X(TYPE_SCHEDULER_SCHEDULE_GROUP)                                                               \
    X(TYPE_SQS_QUEUE)                                                                              \
    X(TYPE_SQS_QUEUE_POLICY)                                                                       \
    X(TYPE_SSM_PARAMETER)                                                                          \
    X(TYPE_STATES_STATE_MACHINE)                                                                   \
    X(TYPE_WAIT_CONDITION_HANDLE)                                                                  \
    /* this line ends the list */

#define TYPE_DECLARE(name) extern const struct resource_type name;
RESOURCE_TYPES(TYPE_DECLARE)
#undef TYPE_DECLARE

#endif
