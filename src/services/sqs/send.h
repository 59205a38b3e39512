// SPDX-License-Identifier: Apache-2.0
// Putting a message into a queue, whoever it comes from: a client, a redrive, a move.
#ifndef SQS_SEND_H
#define SQS_SEND_H

#include "services/sqs/message.h"
#include "services/sqs/queue.h"

// Stores the message under a new sequence number (set in `message`), and shows it in the index
// after the commit.
enum err message_add(struct call *call, const struct queue *queue,
                     struct message *message) MUST_CHECK;
// Moves a message that `from` has (its state locked by this transaction) to `to`: id, body,
// attributes and the time it was sent stay; receives start again. `source_arn` is kept as
// DeadLetterQueueSourceArn unless empty.
enum err message_move(struct call *call, const struct queue *from, const struct queue *to,
                      struct message *message, struct str source_arn) MUST_CHECK;
// Deletes both rows and, after the commit, the index's entry.
enum err message_drop(struct call *call, const struct queue *queue, uint64_t sequence) MUST_CHECK;

// --- batches
typedef enum err batch_entry(struct call *call, const struct queue *queue, const struct json *entry,
                             struct json **out);
// Runs `entry` for each of the input's entries; refusals go to "Failed", and the reply holds both
// lists.
enum err batch_run(struct call *call, const struct json *in, batch_entry *entry,
                   struct json **out) MUST_CHECK;

#endif
