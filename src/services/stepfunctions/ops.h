// SPDX-License-Identifier: Apache-2.0
// The handlers behind the table of operations in states.c, and what they share.
#ifndef STEPFUNCTIONS_OPS_H
#define STEPFUNCTIONS_OPS_H

#include "lake/call.h"
#include "services/stepfunctions/definitions.h"
#include "services/stepfunctions/execution.h"

extern const struct error_code STATES_ACTIVITY_DOES_NOT_EXIST, STATES_CONFLICT,
    STATES_EXECUTION_ALREADY_EXISTS, STATES_EXECUTION_DOES_NOT_EXIST,
    STATES_EXECUTION_NOT_REDRIVABLE, STATES_INVALID_ARN, STATES_INVALID_DEFINITION,
    STATES_INVALID_INPUT, STATES_INVALID_LOGGING, STATES_INVALID_NAME, STATES_INVALID_OUTPUT,
    STATES_INVALID_TOKEN, STATES_MACHINE_ALREADY_EXISTS, STATES_MACHINE_DOES_NOT_EXIST,
    STATES_MACHINE_TYPE_NOT_SUPPORTED, STATES_MISSING_PARAMETER, STATES_RESOURCE_NOT_FOUND,
    STATES_TASK_DOES_NOT_EXIST, STATES_TASK_TIMED_OUT, STATES_TOO_MANY_TAGS, STATES_VALIDATION;

// machines.c
struct machine {
    uint64_t id;
    struct json *row;
    struct str arn, name, type, role_arn, definition;
};
enum err states_get_machine(struct call *call, struct str arn, bool lock,
                            struct machine *out) MUST_CHECK;
enum err states_check_name(struct call *call, struct str name) MUST_CHECK;
struct key *states_machine_key(struct call *call, struct key *key, struct str name);

op_handler states_create_machine, states_update_machine, states_describe_machine,
    states_list_machines, states_delete_machine, states_validate_definition,
    states_describe_machine_for_execution;
op_handler states_tag_resource, states_untag_resource, states_list_tags;

// executions.c
// The execution behind an ARN; STATES_EXECUTION_DOES_NOT_EXIST.
enum err states_find_execution(struct call *call, struct str arn, bool lock,
                               uint64_t *out_id) MUST_CHECK;
op_handler states_start_execution, states_start_sync_execution, states_stop_execution,
    states_describe_execution, states_list_executions, states_get_history, states_redrive_execution;

// tokens.c
op_handler states_send_success, states_send_failure, states_send_heartbeat;

// activities.c
op_handler states_create_activity, states_delete_activity, states_describe_activity,
    states_list_activities, states_get_activity_task;
// Tags of an activity's ARN: false when it is not one.
bool states_is_activity(struct str arn);
enum err states_get_activity(struct call *call, struct str arn, bool lock,
                             struct json **out_row) MUST_CHECK;
enum err states_put_activity(struct call *call, const struct json *row) MUST_CHECK;

// steps.c: internal
op_handler states_advance, states_resume, states_time_out, states_task_done, states_job_done,
    states_run_job, states_watch_execution, states_expire;

#endif
