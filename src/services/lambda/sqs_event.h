// SPDX-License-Identifier: Apache-2.0
// SQS messages as the event that Lambda hands to functions, and a function's answer as what to
// delete.
//
// Shapes: "Using Lambda with Amazon SQS" in the Lambda Developer Guide (example event;
// "Implementing partial batch responses").
#ifndef LAMBDA_SQS_EVENT_H
#define LAMBDA_SQS_EVENT_H

#include "base/json.h"

struct sqs_batch {
    struct arena *arena;
    struct json *records;
    struct str queue_arn, queue_url, region;
    bool reports_failures; // ReportBatchItemFailures
    size_t count, bytes;
};
void sqs_batch_init(struct sqs_batch *batch, struct arena *arena, const struct json *mapping,
                    struct str region, struct str base_url);
void sqs_batch_add(struct sqs_batch *batch,
                   const struct json *messages); // ReceiveMessage's; copied
struct str sqs_batch_event(const struct sqs_batch *batch,
                           struct arena *arena); // {"Records": [...]}
// Inputs for DeleteMessageBatch, ten messages each, for all that `answer` does not report as
// failed.
struct json *sqs_batch_deletions(const struct sqs_batch *batch, struct arena *arena,
                                 struct str answer);
struct str sqs_queue_url(struct arena *arena, const struct json *mapping, struct str base_url);

#endif
