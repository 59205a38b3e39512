// SPDX-License-Identifier: Apache-2.0
// Amazon EventBridge Scheduler.
#include "services/scheduler/scheduler.h"

#include "services/scheduler/scheduler_shapes.h"

static const struct op OPS[] = {
    {"CreateSchedule", scheduler_create_schedule, OP_WRITE, &SCHEDULER_CREATE_SCHEDULE_IN,
     .http = "POST /schedules/{Name}", .summary = "Makes a schedule"},
    {"CreateScheduleGroup", scheduler_create_group, OP_WRITE, &SCHEDULER_CREATE_GROUP_IN,
     .http = "POST /schedule-groups/{Name}", .summary = "Makes a schedule group"},
    {"DeleteSchedule", scheduler_delete_schedule, OP_WRITE, &SCHEDULER_DELETE_SCHEDULE_IN,
     .http = "DELETE /schedules/{Name}", .summary = "Deletes a schedule"},
    {"DeleteScheduleGroup", scheduler_delete_group, OP_WRITE, &SCHEDULER_DELETE_GROUP_IN,
     .http = "DELETE /schedule-groups/{Name}",
     .summary = "Deletes a schedule group and its schedules"},
    {"GetSchedule", scheduler_get_schedule, OP_READ, &SCHEDULER_SCHEDULE_IN,
     .http = "GET /schedules/{Name}", .summary = "Shows a schedule"},
    {"GetScheduleGroup", scheduler_get_group, OP_READ, &SCHEDULER_GROUP_IN,
     .http = "GET /schedule-groups/{Name}", .summary = "Shows a schedule group"},
    {"ListScheduleGroups", scheduler_list_groups, OP_READ, &SCHEDULER_LIST_GROUPS_IN,
     .http = "GET /schedule-groups", .summary = "Lists schedule groups"},
    {"ListSchedules", scheduler_list_schedules, OP_READ, &SCHEDULER_LIST_SCHEDULES_IN,
     .http = "GET /schedules", .summary = "Lists schedules"},
    {"ListTagsForResource", scheduler_list_tags, OP_READ, &SCHEDULER_LIST_TAGS_IN,
     .http = "GET /tags/{ResourceArn}", .summary = "Lists the tags of a schedule group"},
    {"TagResource", scheduler_tag, OP_WRITE, &SCHEDULER_TAG_IN, .http = "POST /tags/{ResourceArn}",
     .summary = "Adds tags to a schedule group"},
    {"UntagResource", scheduler_untag, OP_WRITE, &SCHEDULER_UNTAG_IN,
     .http = "DELETE /tags/{ResourceArn}", .summary = "Removes tags from a schedule group"},
    {"UpdateSchedule", scheduler_update_schedule, OP_WRITE, &SCHEDULER_UPDATE_SCHEDULE_IN,
     .http = "PUT /schedules/{Name}", .summary = "Replaces a schedule"},
    // tasks
    {"DeadLetter", scheduler_dead_letter, OP_WRITE, &SCHEDULER_DEAD_LETTER_IN, .flags = OP_INTERNAL,
     .summary = "Puts a firing that failed into a dead-letter queue"},
    {"EmptyGroup", scheduler_empty_group, OP_WRITE, &SCHEDULER_GROUP_IN, .flags = OP_INTERNAL,
     .summary = "Deletes the next schedules of a deleted group"},
    {"FireSchedule", scheduler_fire, OP_WRITE, &SCHEDULER_FIRE_IN, .flags = OP_INTERNAL,
     .summary = "Fires a schedule"},
    {0},
};

static enum err start(struct lake *lake, void **out_state, struct error *error)
{
    *out_state = zones_new();
    return OK;
}

static void stop(void *state)
{
    zones_free(state);
}

const struct service SCHEDULER_SERVICE = {
    .name = "scheduler",
    .title = "Amazon EventBridge Scheduler",
    .signing_name = "scheduler",
    .api_version = "2021-06-30",
    .protocols = PROTOCOL_REST_JSON,
    .ops = OPS,
    .start = start,
    .stop = stop,
};
