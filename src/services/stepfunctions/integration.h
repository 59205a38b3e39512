// SPDX-License-Identifier: Apache-2.0
// What a Task state's Resource calls, and what goes in and comes out.
//
//     arn:aws:lambda:REGION:ACCOUNT:function:NAME        a function; the state's input is its
//     payload arn:aws:states:::SERVICE:ACTION[.sync|.sync:2|.waitForTaskToken]     an optimised
//     integration: a row of a table arn:aws:states:::aws-sdk:SERVICE:ACTION[.waitForTaskToken] any
//     operation of any service here
//
// Specified in: Step Functions Developer Guide, "Integrating services".
#ifndef STEPFUNCTIONS_INTEGRATION_H
#define STEPFUNCTIONS_INTEGRATION_H

#include "lake/sdk_name.h"

enum pattern { PATTERN_RESPONSE = 1, PATTERN_SYNC = 2, PATTERN_SYNC2 = 4, PATTERN_TOKEN = 8 };
struct optimised;
struct integration {
    bool function;  // by a function's ARN: the history's Lambda... events
    bool activity;  // by an activity's ARN; its name is `resource`, and there is no operation
    struct str arn; // of these two
    struct str resource_type; // "sqs", "aws-sdk:s3"
    struct str resource;      // "sendMessage.waitForTaskToken"
    enum pattern pattern;
    const struct optimised *optimised; // or
    const struct sdk_name *sdk;
    const struct service *service;
    const struct op *op;
};
// ERR_NOT_FOUND, with AWS's words, when nothing here answers to it.
enum err integration_parse(struct lake *lake, struct arena *arena, struct str resource,
                           struct integration *out, struct error *error) MUST_CHECK;

bool integration_is_lambda(const struct integration *integration);
// Whether it must run outside of the transition's transaction, by a task.
bool integration_is_job(const struct integration *integration);

// Parameters as the operation takes them. ERR_INVALID with words when they cannot be.
enum err integration_input(struct call *call, const struct integration *integration,
                           const struct json *parameters, struct json **out_input,
                           struct error *error) MUST_CHECK;
// A reply as the state's result.
struct json *integration_output(struct call *call, const struct integration *integration,
                                struct json *reply);
// The States Language's name of a refusal.
struct str integration_error(struct arena *arena, const struct integration *integration,
                             struct str code);
// A reply that is a failure all the same (PutEvents' failed entries): yields error and cause.
bool integration_refused(struct arena *arena, const struct integration *integration,
                         const struct json *reply, struct str *out_error, struct str *out_cause);

// --- .sync: how to be told of the job's end, how to end it, and what its end means
const char *integration_watch_op(const struct integration *integration);
// The watch's or the stop's input, from the reply of the start.
struct json *integration_job_input(struct arena *arena, const struct integration *integration,
                                   const struct json *input, const struct json *reply);
// {"service", "op", "input"} that ends the job, or NULL.
struct json *integration_canceller(struct arena *arena, const struct integration *integration,
                                   const struct json *input, const struct json *reply);
// The finished job: true and the state's result, or false and the failure's cause.
bool integration_job_result(struct arena *arena, const struct integration *integration,
                            struct json *job, struct json **out_result, struct str *out_cause);

#endif
