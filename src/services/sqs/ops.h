// SPDX-License-Identifier: Apache-2.0
// The handlers of SQS's operations, by the file that holds them. Each is specified by its page of
// the Amazon SQS API Reference.
#ifndef SQS_OPS_H
#define SQS_OPS_H

#include "lake/service.h"

// queue_ops.c
op_handler sqs_create_queue, sqs_delete_queue, sqs_get_queue_url, sqs_list_queues,
    sqs_get_queue_attributes, sqs_set_queue_attributes, sqs_purge_queue,
    sqs_list_dead_letter_source_queues, sqs_sweep_queue;
// tag_ops.c
op_handler sqs_tag_queue, sqs_untag_queue, sqs_list_queue_tags, sqs_add_permission,
    sqs_remove_permission;
// send_ops.c
op_handler sqs_send_message, sqs_send_message_batch;
// receive_ops.c
op_handler sqs_receive_message, sqs_delete_message, sqs_delete_message_batch,
    sqs_change_message_visibility, sqs_change_message_visibility_batch;
// move_ops.c
op_handler sqs_start_message_move_task, sqs_list_message_move_tasks, sqs_cancel_message_move_task,
    sqs_move_step;

#endif
