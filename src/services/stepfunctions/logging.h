// SPDX-License-Identifier: Apache-2.0
// Logging: an execution's events as lines in CloudWatch Logs, as its machine's loggingConfiguration
// asks.
//
// What an execution logs is fixed when it starts, and written with each transition's commit. A line
// is a JSON object as Step Functions writes it: id, type, details, previous_event_id,
// event_timestamp, execution_arn. Specified in: Step Functions Developer Guide, "Using CloudWatch
// Logs to log execution history".
#ifndef STEPFUNCTIONS_LOGGING_H
#define STEPFUNCTIONS_LOGGING_H

#include "services/stepfunctions/run.h"

// STATES_INVALID_LOGGING when a configuration that is not OFF names no log group.
enum err logging_check(struct call *call, const struct json *configuration) MUST_CHECK;
// What an execution that starts now keeps of it; NULL: nothing is logged.
struct json *logging_of(struct call *call, const struct json *configuration, struct str machine,
                        struct str execution);

void logging_add(struct run *run, const struct json *event, const char *details_name);
enum err logging_write(struct run *run) MUST_CHECK;

#endif
