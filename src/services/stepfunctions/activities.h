// SPDX-License-Identifier: Apache-2.0
// What a Task state needs of activities.
#ifndef STEPFUNCTIONS_ACTIVITIES_H
#define STEPFUNCTIONS_ACTIVITIES_H

#include "services/stepfunctions/run.h"

// Leaves a task for the workers of the activity and wakes one that waits.
enum err activity_offer(struct run *run, struct frame *frame, struct str name, struct str token,
                        const struct json *input) MUST_CHECK;

#endif
