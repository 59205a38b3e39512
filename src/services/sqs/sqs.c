// SPDX-License-Identifier: Apache-2.0
// Amazon SQS: standard queues.
#include "services/sqs/index.h"
#include "services/sqs/ops.h"
#include "services/sqs/queue.h"
#include "services/sqs/sqs_shapes.h"

static const struct op OPS[] = {
    {"AddPermission", sqs_add_permission, OP_WRITE, &SQS_ADD_PERMISSION_IN,
     .summary = "Adds a statement to a queue's policy"},
    {"CancelMessageMoveTask", sqs_cancel_message_move_task, OP_WRITE, &SQS_CANCEL_MOVE_IN,
     &SQS_CANCEL_MOVE_OUT, .summary = "Stops moving messages"},
    {"ChangeMessageVisibility", sqs_change_message_visibility, OP_WRITE, &SQS_CHANGE_VISIBILITY_IN,
     .summary = "Changes when a received message becomes visible again"},
    {"ChangeMessageVisibilityBatch", sqs_change_message_visibility_batch, OP_WRITE,
     &SQS_CHANGE_VISIBILITY_BATCH_IN, &SQS_BATCH_OUT_CHANGE,
     .action = "sqs:ChangeMessageVisibility",
     .summary = "Changes the visibility of up to ten messages"},
    {"CreateQueue", sqs_create_queue, OP_WRITE, &SQS_CREATE_QUEUE_IN, &SQS_QUEUE_URL_OUT,
     .summary = "Makes a queue"},
    {"DeleteMessage", sqs_delete_message, OP_WRITE, &SQS_DELETE_MESSAGE_IN,
     .summary = "Deletes a received message"},
    {"DeleteMessageBatch", sqs_delete_message_batch, OP_WRITE, &SQS_DELETE_MESSAGE_BATCH_IN,
     &SQS_BATCH_OUT_DELETE, .action = "sqs:DeleteMessage",
     .summary = "Deletes up to ten received messages"},
    {"DeleteQueue", sqs_delete_queue, OP_WRITE, &SQS_QUEUE_URL_IN,
     .summary = "Deletes a queue and its messages"},
    {"GetQueueAttributes", sqs_get_queue_attributes, OP_READ, &SQS_GET_ATTRIBUTES_IN,
     &SQS_ATTRIBUTES_OUT, .summary = "Shows a queue's attributes"},
    {"GetQueueUrl", sqs_get_queue_url, OP_READ, &SQS_GET_QUEUE_URL_IN, &SQS_QUEUE_URL_OUT,
     .summary = "Finds a queue by name"},
    {"ListDeadLetterSourceQueues", sqs_list_dead_letter_source_queues, OP_READ,
     &SQS_LIST_SOURCES_IN, &SQS_LIST_SOURCES_OUT,
     .summary = "Lists the queues that use this one as their dead-letter queue"},
    {"ListMessageMoveTasks", sqs_list_message_move_tasks, OP_READ, &SQS_LIST_MOVES_IN,
     &SQS_LIST_MOVES_OUT, .summary = "Lists the newest moves out of a dead-letter queue"},
    {"ListQueueTags", sqs_list_queue_tags, OP_READ, &SQS_QUEUE_URL_IN, &SQS_TAGS_OUT,
     .summary = "Lists a queue's tags"},
    {"ListQueues", sqs_list_queues, OP_READ, &SQS_LIST_QUEUES_IN, &SQS_LIST_QUEUES_OUT,
     .summary = "Lists queues"},
    {"PurgeQueue", sqs_purge_queue, OP_WRITE, &SQS_QUEUE_URL_IN,
     .summary = "Deletes all messages of a queue"},
    {"ReceiveMessage", sqs_receive_message, OP_WRITE, &SQS_RECEIVE_IN, &SQS_RECEIVE_OUT,
     .summary = "Takes up to ten messages, waiting for them if asked to"},
    {"RemovePermission", sqs_remove_permission, OP_WRITE, &SQS_REMOVE_PERMISSION_IN,
     .summary = "Removes a statement from a queue's policy"},
    {"SendMessage", sqs_send_message, OP_WRITE, &SQS_SEND_IN, &SQS_SEND_OUT,
     .summary = "Sends a message"},
    {"SendMessageBatch", sqs_send_message_batch, OP_WRITE, &SQS_SEND_BATCH_IN, &SQS_SEND_BATCH_OUT,
     .action = "sqs:SendMessage", .summary = "Sends up to ten messages"},
    {"SetQueueAttributes", sqs_set_queue_attributes, OP_WRITE, &SQS_SET_ATTRIBUTES_IN,
     .summary = "Changes a queue's attributes"},
    {"StartMessageMoveTask", sqs_start_message_move_task, OP_WRITE, &SQS_START_MOVE_IN,
     &SQS_START_MOVE_OUT, .summary = "Moves a dead-letter queue's messages back, or elsewhere"},
    {"TagQueue", sqs_tag_queue, OP_WRITE, &SQS_TAG_IN, .summary = "Adds tags to a queue"},
    {"UntagQueue", sqs_untag_queue, OP_WRITE, &SQS_UNTAG_IN,
     .summary = "Removes tags from a queue"},
    // tasks
    {"MoveStep", sqs_move_step, OP_WRITE, &SQS_MOVE_STEP_IN, .flags = OP_INTERNAL,
     .summary = "Moves the next messages of a move"},
    {"SweepQueue", sqs_sweep_queue, OP_WRITE, &SQS_SWEEP_IN, .flags = OP_INTERNAL,
     .summary = "Removes purged, expired and orphaned messages"},
    {0},
};

static enum err start(struct lake *lake, void **out_state, struct error *error)
{
    *out_state = index_new(lake);
    return OK;
}

static void stop(void *state)
{
    index_free(state);
}

const struct service SQS_SERVICE = {
    .name = "sqs",
    .title = "Amazon SQS",
    .signing_name = "sqs",
    .target_prefix = "AmazonSQS",
    .api_version = "2012-11-05",
    .xml_namespace = "http://queue.amazonaws.com/doc/2012-11-05/",
    .protocols = PROTOCOL_JSON_1_0 | PROTOCOL_QUERY,
    .error_namespace = "com.amazonaws.sqs",
    .ops = OPS,
    .validation_error = &SQS_INVALID_PARAMETER_VALUE,
    .start = start,
    .stop = stop,
};
