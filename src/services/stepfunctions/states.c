// SPDX-License-Identifier: Apache-2.0
// Step Functions: the service, its errors and its table of operations.
#include "services/stepfunctions/ops.h"
#include "services/stepfunctions/states_shapes.h"

#define CODE(name, text) const struct error_code name = {text, 400, NULL}
CODE(STATES_ACTIVITY_DOES_NOT_EXIST, "ActivityDoesNotExist");
CODE(STATES_CONFLICT, "ConflictException");
CODE(STATES_EXECUTION_ALREADY_EXISTS, "ExecutionAlreadyExists");
CODE(STATES_EXECUTION_DOES_NOT_EXIST, "ExecutionDoesNotExist");
CODE(STATES_EXECUTION_NOT_REDRIVABLE, "ExecutionNotRedrivable");
CODE(STATES_INVALID_ARN, "InvalidArn");
CODE(STATES_INVALID_DEFINITION, "InvalidDefinition");
CODE(STATES_INVALID_INPUT, "InvalidExecutionInput");
CODE(STATES_INVALID_LOGGING, "InvalidLoggingConfiguration");
CODE(STATES_INVALID_NAME, "InvalidName");
CODE(STATES_INVALID_OUTPUT, "InvalidOutput");
CODE(STATES_INVALID_TOKEN, "InvalidToken");
CODE(STATES_MACHINE_ALREADY_EXISTS, "StateMachineAlreadyExists");
CODE(STATES_MACHINE_DOES_NOT_EXIST, "StateMachineDoesNotExist");
CODE(STATES_MACHINE_TYPE_NOT_SUPPORTED, "StateMachineTypeNotSupported");
CODE(STATES_MISSING_PARAMETER, "MissingRequiredParameter");
CODE(STATES_RESOURCE_NOT_FOUND, "ResourceNotFound");
CODE(STATES_TASK_DOES_NOT_EXIST, "TaskDoesNotExist");
CODE(STATES_TASK_TIMED_OUT, "TaskTimedOut");
CODE(STATES_TOO_MANY_TAGS, "TooManyTags");
CODE(STATES_VALIDATION, "ValidationException");

static const struct op OPS[] = {
    {"CreateStateMachine", states_create_machine, OP_WRITE, &STATES_CREATE_MACHINE_IN,
     .summary = "Creates a state machine from a definition"},
    {"UpdateStateMachine", states_update_machine, OP_WRITE, &STATES_UPDATE_MACHINE_IN,
     .summary = "Changes a state machine; running executions keep what they started with"},
    {"DescribeStateMachine", states_describe_machine, OP_READ, &STATES_DESCRIBE_MACHINE_IN,
     .summary = "Shows a state machine"},
    {"DescribeStateMachineForExecution", states_describe_machine_for_execution, OP_READ,
     &STATES_DESCRIBE_EXECUTION_IN, .summary = "Shows the state machine as an execution has it"},
    {"ListStateMachines", states_list_machines, OP_READ, &STATES_LIST_MACHINES_IN,
     .summary = "Lists state machines by name"},
    {"DeleteStateMachine", states_delete_machine, OP_WRITE, &STATES_DELETE_MACHINE_IN,
     .summary = "Deletes a state machine; its running executions end by themselves"},
    {"ValidateStateMachineDefinition", states_validate_definition, OP_READ,
     &STATES_VALIDATE_DEFINITION_IN,
     .summary = "Checks a definition and lists everything that is wrong"},
    {"TagResource", states_tag_resource, OP_WRITE, &STATES_TAG_RESOURCE_IN, .summary = "Sets tags"},
    {"UntagResource", states_untag_resource, OP_WRITE, &STATES_UNTAG_RESOURCE_IN,
     .summary = "Removes tags"},
    {"ListTagsForResource", states_list_tags, OP_READ, &STATES_LIST_TAGS_IN,
     .summary = "Lists tags"},
    {"StartExecution", states_start_execution, OP_WRITE, &STATES_START_EXECUTION_IN,
     .summary = "Starts an execution"},
    {"StartSyncExecution", states_start_sync_execution, OP_JOB, &STATES_START_SYNC_EXECUTION_IN,
     .summary = "Starts an Express execution and waits for its end"},
    {"StopExecution", states_stop_execution, OP_WRITE, &STATES_STOP_EXECUTION_IN,
     .summary = "Aborts an execution"},
    {"RedriveExecution", states_redrive_execution, OP_WRITE, &STATES_REDRIVE_EXECUTION_IN,
     .summary = "Goes on with a failed, aborted or timed out execution where it stopped"},
    {"DescribeExecution", states_describe_execution, OP_READ, &STATES_DESCRIBE_EXECUTION_IN,
     .summary = "Shows an execution's status, input and output"},
    {"ListExecutions", states_list_executions, OP_READ, &STATES_LIST_EXECUTIONS_IN,
     .summary = "Lists a state machine's executions, newest first"},
    {"GetExecutionHistory", states_get_history, OP_READ, &STATES_GET_HISTORY_IN,
     .summary = "Lists an execution's events"},
    {"CreateActivity", states_create_activity, OP_WRITE, &STATES_CREATE_ACTIVITY_IN,
     .summary = "Creates an activity, whose tasks workers ask for"},
    {"DeleteActivity", states_delete_activity, OP_WRITE, &STATES_ACTIVITY_IN,
     .summary = "Deletes an activity"},
    {"DescribeActivity", states_describe_activity, OP_READ, &STATES_ACTIVITY_IN,
     .summary = "Shows an activity"},
    {"ListActivities", states_list_activities, OP_READ, &STATES_LIST_MACHINES_IN,
     .summary = "Lists activities by name"},
    {"GetActivityTask", states_get_activity_task, OP_WRITE, &STATES_GET_ACTIVITY_TASK_IN,
     .summary = "Waits up to a minute for a task of an activity"},
    {"SendTaskSuccess", states_send_success, OP_WRITE, &STATES_SEND_SUCCESS_IN,
     .summary = "Ends a task that waits for its token"},
    {"SendTaskFailure", states_send_failure, OP_WRITE, &STATES_SEND_FAILURE_IN,
     .summary = "Fails a task that waits for its token"},
    {"SendTaskHeartbeat", states_send_heartbeat, OP_WRITE, &STATES_SEND_HEARTBEAT_IN,
     .summary = "Says that a task is still being worked on"},
    {"Advance", states_advance, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "Goes on with ready states"},
    {"Resume", states_resume, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "Ends a Wait or a retry's delay"},
    {"TimeOut", states_time_out, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "Times out a task or an execution"},
    {"TaskDone", states_task_done, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "A task's function ended"},
    {"JobDone", states_job_done, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "A .sync task's job ended"},
    {"RunJob", states_run_job, OP_JOB, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "Runs a task's operation outside of the transition"},
    {"WatchExecution", states_watch_execution, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "Calls an operation when an execution has ended"},
    {"Expire", states_expire, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL,
     .summary = "Forgets an old execution"},
    {0},
};

static const char *const KNOWN[] = {"CreateStateMachineAlias",
                                    "DeleteStateMachineAlias",
                                    "DeleteStateMachineVersion",
                                    "DescribeMapRun",
                                    "DescribeStateMachineAlias",
                                    "ListMapRuns",
                                    "ListStateMachineAliases",
                                    "ListStateMachineVersions",
                                    "PublishStateMachineVersion",
                                    "TestState",
                                    "UpdateMapRun",
                                    "UpdateStateMachineAlias",
                                    NULL};

static enum err start(struct lake *lake, void **out_state, struct error *error)
{
    (void)lake;
    (void)error;
    *out_state = definitions_new();
    return OK;
}

static void stop(void *state)
{
    definitions_free(state);
}

extern const struct service STATES_SERVICE;
const struct service STATES_SERVICE = {
    .name = "states",
    .title = "AWS Step Functions",
    .signing_name = "states",
    .target_prefix = "AWSStepFunctions",
    .api_version = "2016-11-23",
    .protocols = PROTOCOL_JSON_1_0,
    .error_namespace = "com.amazonaws.states",
    .ops = OPS,
    .known = KNOWN,
    .start = start,
    .stop = stop,
};
