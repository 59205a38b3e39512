// SPDX-License-Identifier: Apache-2.0
// Queues: their rows, attributes and names.
//
// On disk: KEYSPACE_SQS_QUEUE (region, name) -> JSON {"id", "created", "modified", "first",
// "purged"?, "attributes": {name: text}, "tags": {}}. A queue that is deleted and made again has
// another id, so messages of the old one are never seen; the sweep removes them. "first" is the
// lowest sequence number that a purge left.
#ifndef SQS_QUEUE_H
#define SQS_QUEUE_H

#include "lake/call.h"
#include "lake/lake.h"
#include "services/sqs/index.h"

// The service's codes: API_*.html of the Amazon SQS API Reference, "Errors".
extern const struct error_code SQS_QUEUE_DOES_NOT_EXIST, SQS_QUEUE_NAME_EXISTS,
    SQS_INVALID_ATTRIBUTE_NAME, SQS_INVALID_ATTRIBUTE_VALUE, SQS_INVALID_PARAMETER_VALUE,
    SQS_INVALID_ADDRESS, SQS_UNSUPPORTED_OPERATION, SQS_PURGE_IN_PROGRESS,
    SQS_RECEIPT_HANDLE_INVALID, SQS_MESSAGE_NOT_INFLIGHT, SQS_INVALID_MESSAGE_CONTENTS,
    SQS_BATCH_EMPTY, SQS_BATCH_TOO_MANY, SQS_BATCH_IDS_NOT_DISTINCT, SQS_BATCH_INVALID_ID,
    SQS_BATCH_TOO_LONG, SQS_RESOURCE_NOT_FOUND, SQS_OVER_LIMIT;

struct queue {
    uint64_t id;
    uint64_t first;
    struct str name;
    struct str arn;
    struct json *row;
    int64_t visibility_timeout_s, delay_s, wait_s, retention_s, message_bytes_max;
    struct str dead_letter_arn; // "" without redrive policy
    int64_t receives_max;
};

// By URL (only its path counts: account and name), or by ARN in this account. Refuses with
// QueueDoesNotExist, InvalidAddress.
enum err queue_by_url(struct call *call, struct str url, struct queue *out) MUST_CHECK;
enum err queue_by_arn(struct call *call, struct str arn, struct queue *out) MUST_CHECK;
enum err queue_by_name(struct call *call, struct str name, struct queue *out) MUST_CHECK;
struct str queue_url(struct call *call, struct str name);
enum err queue_open_index(struct call *call, const struct queue *queue,
                          struct queue_index **out) MUST_CHECK;
enum err queue_put(struct call *call, const struct queue *queue) MUST_CHECK;
struct key *queue_key(struct key *key, struct str region, struct str name);
struct queue queue_of_row(struct call *call, struct str region, struct str name, struct json *row);

// Checks `given` and sets it in `attributes` (both name to text; an empty policy removes one).
enum err queue_set_attributes(struct call *call, const struct json *given,
                              struct json *attributes) MUST_CHECK;
// The attributes that `names` asks for (an array; "All").
enum err queue_describe(struct call *call, const struct queue *queue, const struct json *names,
                        struct json **out_attributes) MUST_CHECK;

// Arms the queue's sweep: removes what was purged, has expired, or belongs to a deleted queue.
enum err queue_sweep_later(struct call *call, uint64_t queue_id, struct str name, uint64_t from,
                           int64_t due_ms) MUST_CHECK;
#define SQS_SWEEP_EVERY_MS (60 * 60 * 1000)

#endif
