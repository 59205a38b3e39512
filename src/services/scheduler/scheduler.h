// SPDX-License-Identifier: Apache-2.0
// EventBridge Scheduler: schedule groups, schedules, and their firings.
//
// A schedule that is enabled and not over has one named task, due at its next firing. Firing adds a
// task that runs the target's operation, arms the next firing, and removes itself, in one
// transaction: no firing is lost or doubled. After downtime a schedule fires once and then goes on
// with what lies ahead.
//
// On disk: KEYSPACE_SCHEDULER_GROUP (region, group) -> JSON {"created", "modified", "state",
// "tags"}; the default group is there without a row. KEYSPACE_SCHEDULER_SCHEDULE (region, group,
// name) -> JSON {"input": as it was given, "created", "modified", "anchor": what a rate counts
// from, "token"?}.
#ifndef SCHEDULER_SCHEDULER_H
#define SCHEDULER_SCHEDULER_H

#include "base/schedule.h"
#include "lake/call.h"
#include "lake/lake.h"

extern const struct error_code SCHEDULER_NOT_FOUND, SCHEDULER_CONFLICT, SCHEDULER_VALIDATION;

struct key *group_key(struct key *key, struct str region, struct str group);
struct key *schedule_key(struct key *key, struct str region, struct str group, struct str name);
struct str group_arn(struct call *call, struct str group);
struct str schedule_arn(struct call *call, struct str group, struct str name);
// ResourceNotFoundException when there is none. The default group is an empty row until it is
// changed.
enum err group_find(struct call *call, struct str group, struct json **out_row) MUST_CHECK;

// --- zones: read once each
struct zones;
struct zones *zones_new(void);
void zones_free(struct zones *zones);
// "UTC" and "" are NULL. ERR_NOT_FOUND when this machine does not know the zone.
enum err zones_find(struct zones *zones, struct str name, const struct zone **out_zone) MUST_CHECK;

// --- firing (fire.c)
// Parses what a schedule's input says about time. ERR_CODED ValidationException.
struct timing {
    struct schedule schedule;
    const struct zone *zone;
    int64_t start_ms, end_ms; // INT64_MIN, INT64_MAX: none
    int64_t window_ms;        // flexible time window
};
enum err timing_of(struct call *call, const struct json *input, struct timing *out) MUST_CHECK;
// The first firing after `after_ms`; false when there is none any more.
bool timing_next(const struct timing *timing, int64_t anchor_ms, int64_t after_ms, int64_t *out_ms);
// Arms the first firing after `after_ms`, or disarms. *out_over: nothing is left to fire.
enum err schedule_arm(struct call *call, struct str group, struct str name, const struct json *row,
                      const struct timing *timing, int64_t after_ms, bool *out_over) MUST_CHECK;
enum err schedule_disarm(struct call *call, struct str group, struct str name) MUST_CHECK;

// --- targets (target.c)
struct firing {
    struct str schedule_arn;
    struct str execution_id;
    int64_t at_ms; // scheduled time
};
enum err target_check(struct call *call, const struct json *target) MUST_CHECK;
// Adds the task that runs the target's operation.
enum err target_invoke(struct call *call, const struct json *target,
                       const struct firing *firing) MUST_CHECK;

#define TARGET_ATTEMPTS_DEFAULT 185
#define TARGET_AGE_S_DEFAULT 86400

// --- operations
op_handler scheduler_create_schedule, scheduler_get_schedule, scheduler_update_schedule,
    scheduler_delete_schedule,
    scheduler_list_schedules; // schedule_ops.c
op_handler scheduler_create_group, scheduler_get_group, scheduler_delete_group,
    scheduler_list_groups, scheduler_tag, scheduler_untag, scheduler_list_tags,
    scheduler_empty_group;                        // group_ops.c
op_handler scheduler_fire, scheduler_dead_letter; // fire.c, target.c

#endif
