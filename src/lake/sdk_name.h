// SPDX-License-Identifier: Apache-2.0
// How AWS's SDK integrations call services, operations, members and errors.
//
// Workflows (`arn:aws:states:::aws-sdk:sfn:startExecution`) and schedules
// (`arn:aws:scheduler:::aws-sdk:sqs:sendMessage`) name any operation of any service in the way of
// AWS's SDK for Java: service names of their own, operations with a small first letter, members
// with a capital one whatever the API itself writes, and errors as `S3.NoSuchKeyException`. This is
// the one table between those names and ours.
#ifndef LAKE_SDK_NAME_H
#define LAKE_SDK_NAME_H

#include "lake/lake.h"

struct sdk_name {
    const char *sdk;     // "sfn"
    const char *service; // struct service's name: "states"
    const char *prefix;  // of errors: "Sfn"
    bool camel_members;  // the API's members have a small first letter
};
// NULL when it is no service of AWS that this table knows.
const struct sdk_name *sdk_name(struct str sdk);

// The operation behind `sdk` and `action` ("sendMessage"). ERR_NOT_FOUND with words when this lake
// does not have it.
enum err sdk_operation(struct lake *lake, struct arena *arena, struct str sdk, struct str action,
                       const struct service **out_service, const struct op **out_op,
                       struct error *error) MUST_CHECK;

// An SDK call's parameters with the members' names that the operation's shape has. Unknown members
// are kept as they are.
struct json *sdk_input(struct arena *arena, const struct op *op, const struct json *parameters);
// A reply with the members' names that the SDK has.
struct json *sdk_output(struct arena *arena, const struct sdk_name *name, const struct op *op,
                        struct json *reply);
// "NoSuchKey" of S3 is "S3.NoSuchKeyException".
struct str sdk_error(struct arena *arena, const struct sdk_name *name, struct str code);

#endif
