// SPDX-License-Identifier: Apache-2.0
// Asynchronous invocations: durable tasks with retries, destinations and dead letters.
#ifndef LAMBDA_ASYNC_H
#define LAMBDA_ASYNC_H

#include "services/lambda/lambda.h"

// Adds the task in the call's transaction. `payload` is JSON text.
enum err async_add(struct call *call, const struct function_ref *ref,
                   struct str payload) MUST_CHECK;

#endif
