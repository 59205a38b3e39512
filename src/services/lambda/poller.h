// SPDX-License-Identifier: Apache-2.0
// Pollers: one for each enabled event source mapping. It takes messages from the queue, invokes the
// function with them, and deletes those that were processed; all else is SQS's: what is not deleted
// comes back after its visibility timeout, and goes to the dead-letter queue when it came too
// often. So nothing of a poller needs to be on disk but its mapping.
//
// A poller that waits (a long poll, a batching window, a pause after a failure) is parked and holds
// no thread.
//
// Threads: any.
#ifndef LAMBDA_POLLER_H
#define LAMBDA_POLLER_H

#include "services/lambda/lambda.h"

struct pollers *pollers_new(struct lambda *lambda);
void pollers_start(struct pollers *pollers); // one for every mapping that there is
void pollers_refresh(struct pollers *pollers, struct str region,
                     struct str uuid); // it was made, changed or removed
struct str pollers_last_result(struct pollers *pollers, struct arena *arena,
                               struct str uuid); // "" when there is no poller
void pollers_cancel(struct pollers *pollers);
void pollers_free(struct pollers *pollers); // takes NULL

#endif
