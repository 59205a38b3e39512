// SPDX-License-Identifier: Apache-2.0
// SQS messages as the event that Lambda hands to functions, and a function's answer as what to
// delete.
//
// Shapes: "Using Lambda with Amazon SQS" in the Lambda Developer Guide (example event;
// "Implementing partial batch responses").
#ifndef LAMBDA_SQS_EVENT_H
#define LAMBDA_SQS_EVENT_H

#include "lake/event_pattern.h"

#define SQS_FILTERS_MAX 10 // AWS's quota; five without asking

struct sqs_batch {
    struct arena *arena;
    struct json *records;
    struct str queue_arn, queue_url, region;
    bool reports_failures; // ReportBatchItemFailures
    size_t count, bytes;
    struct event_pattern *filters[SQS_FILTERS_MAX]; // a message is handed over when one matches
    size_t filter_count;
    struct json *unwanted; // receipt handles of messages that none matched: to be deleted
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
// The same for messages that no filter matched.
struct json *sqs_batch_unwanted(const struct sqs_batch *batch, struct arena *arena);
struct str sqs_queue_url(struct arena *arena, const struct json *mapping, struct str base_url);

#endif
