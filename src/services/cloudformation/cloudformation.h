// SPDX-License-Identifier: Apache-2.0
// AWS CloudFormation: handlers and refusals.
#ifndef CLOUDFORMATION_H
#define CLOUDFORMATION_H

#include "lake/call.h"

extern const struct error_code CLOUDFORMATION_ALREADY_EXISTS,
    CLOUDFORMATION_INSUFFICIENT_CAPABILITIES, CLOUDFORMATION_CHANGE_SET_NOT_FOUND,
    CLOUDFORMATION_INVALID_CHANGE_SET_STATUS, CLOUDFORMATION_VALIDATION_ERROR;

op_handler cloudformation_create_stack, cloudformation_update_stack, cloudformation_delete_stack,
    cloudformation_update_termination_protection, cloudformation_describe_stacks,
    cloudformation_list_stacks, cloudformation_describe_stack_events,
    cloudformation_describe_stack_resource, cloudformation_describe_stack_resources,
    cloudformation_list_stack_resources, cloudformation_get_template,
    cloudformation_get_template_summary, cloudformation_validate_template,
    cloudformation_create_change_set, cloudformation_describe_change_set,
    cloudformation_execute_change_set, cloudformation_delete_change_set,
    cloudformation_list_change_sets, cloudformation_list_exports, cloudformation_list_imports,
    cloudformation_continue_update_rollback, cloudformation_run_stack;

#endif
