// SPDX-License-Identifier: Apache-2.0
// From an event to its targets, in the transaction that raised it.
//
// Queues, log groups and other buses receive at once, each on a savepoint; if that fails, the
// delivery becomes a task. Functions and workflows are started by tasks of their own. A task that
// gives up goes to the target's dead-letter queue, with the attributes that the User Guide's page
// on dead-letter queues lists.
#ifndef EVENTS_DELIVER_H
#define EVENTS_DELIVER_H

#include "services/eventbridge/bus.h"

struct event_source {
    struct str source, detail_type;
    const struct json *resources; // array or NULL
    const struct json *detail;
    int64_t time_ms;
};
// The event as rules and targets see it, under a new id.
struct json *event_new(struct call *call, const struct event_source *source);

// Matches the event against all rules of the bus and delivers it.
enum err event_publish(struct call *call, const struct bus *bus,
                       const struct json *event) MUST_CHECK;
// To the targets of one rule, whatever its pattern (schedules).
enum err event_to_rule(struct call *call, const struct bus *bus, struct str rule,
                       const struct json *event) MUST_CHECK;

// Whether Tarn delivers to this ARN; says what it can when not.
bool target_supported(struct str arn);

op_handler events_deliver_to_target, events_dead_letter;

#endif
