// SPDX-License-Identifier: Apache-2.0
// Amazon EventBridge: buses, rules and their targets.
#include "services/eventbridge/deliver.h"
#include "services/eventbridge/events_shapes.h"
#include "services/eventbridge/ops.h"

static const struct op OPS[] = {
    {"CreateEventBus", events_create_bus, OP_WRITE, &EVENTS_CREATE_BUS_IN,
     .summary = "Makes an event bus"},
    {"DeleteEventBus", events_delete_bus, OP_WRITE, &EVENTS_BUS_REQUIRED_IN,
     .summary = "Deletes an event bus"},
    {"DeleteRule", events_delete_rule, OP_WRITE, &EVENTS_RULE_IN,
     .summary = "Deletes a rule without targets"},
    {"DescribeEventBus", events_describe_bus, OP_READ, &EVENTS_BUS_IN,
     .summary = "Shows an event bus"},
    {"DescribeRule", events_describe_rule, OP_READ, &EVENTS_RULE_IN, .summary = "Shows a rule"},
    {"DisableRule", events_disable_rule, OP_WRITE, &EVENTS_RULE_IN, .summary = "Stops a rule"},
    {"EnableRule", events_enable_rule, OP_WRITE, &EVENTS_RULE_IN,
     .summary = "Lets a rule work again"},
    {"ListEventBuses", events_list_buses, OP_READ, &EVENTS_LIST_BUSES_IN,
     .summary = "Lists event buses"},
    {"ListRuleNamesByTarget", events_list_rules_by_target, OP_READ, &EVENTS_RULES_BY_TARGET_IN,
     .summary = "Lists the rules that have a target"},
    {"ListRules", events_list_rules, OP_READ, &EVENTS_LIST_RULES_IN,
     .summary = "Lists a bus's rules"},
    {"ListTagsForResource", events_list_tags, OP_READ, &EVENTS_LIST_TAGS_IN,
     .summary = "Lists the tags of a bus or a rule"},
    {"ListTargetsByRule", events_list_targets, OP_READ, &EVENTS_LIST_TARGETS_IN,
     .summary = "Lists a rule's targets"},
    {"PutEvents", events_put_events, OP_WRITE, &EVENTS_PUT_EVENTS_IN,
     .summary = "Sends up to ten events to buses"},
    {"PutRule", events_put_rule, OP_WRITE, &EVENTS_PUT_RULE_IN,
     .summary = "Makes or changes a rule"},
    {"PutTargets", events_put_targets, OP_WRITE, &EVENTS_PUT_TARGETS_IN,
     .summary = "Adds or changes a rule's targets"},
    {"RemoveTargets", events_remove_targets, OP_WRITE, &EVENTS_REMOVE_TARGETS_IN,
     .summary = "Removes targets from a rule"},
    {"TagResource", events_tag, OP_WRITE, &EVENTS_TAG_IN,
     .summary = "Adds tags to a bus or a rule"},
    {"TestEventPattern", events_test_pattern, OP_READ, &EVENTS_TEST_PATTERN_IN,
     .summary = "Says whether a pattern matches an event"},
    {"UntagResource", events_untag, OP_WRITE, &EVENTS_UNTAG_IN,
     .summary = "Removes tags from a bus or a rule"},
    // inside
    {"EmitEvent", events_emit, OP_WRITE, &EVENTS_EMIT_IN, .flags = OP_INTERNAL,
     .summary = "Raises an event of one of Tarn's services"},
    {"FireRule", events_fire_rule, OP_WRITE, &EVENTS_FIRE_RULE_IN, .flags = OP_INTERNAL,
     .summary = "Fires a rule's schedule"},
    {"DeliverToTarget", events_deliver_to_target, OP_WRITE, &EVENTS_DELIVERY_IN,
     .flags = OP_INTERNAL, .summary = "Tries a delivery again"},
    {"DeadLetter", events_dead_letter, OP_WRITE, &EVENTS_DELIVERY_IN, .flags = OP_INTERNAL,
     .summary = "Puts what could not be delivered into a dead-letter queue"},
    {0},
};

static const char *const KNOWN[] = {
    "ActivateEventSource",
    "CancelReplay",
    "CreateApiDestination",
    "CreateArchive",
    "CreateConnection",
    "CreateEndpoint",
    "CreatePartnerEventSource",
    "DeactivateEventSource",
    "DeauthorizeConnection",
    "DeleteApiDestination",
    "DeleteArchive",
    "DeleteConnection",
    "DeleteEndpoint",
    "DeletePartnerEventSource",
    "DescribeApiDestination",
    "DescribeArchive",
    "DescribeConnection",
    "DescribeEndpoint",
    "DescribeEventSource",
    "DescribePartnerEventSource",
    "DescribeReplay",
    "ListApiDestinations",
    "ListArchives",
    "ListConnections",
    "ListEndpoints",
    "ListEventSources",
    "ListPartnerEventSourceAccounts",
    "ListPartnerEventSources",
    "ListReplays",
    "PutPartnerEvents",
    "PutPermission",
    "RemovePermission",
    "StartReplay",
    "UpdateApiDestination",
    "UpdateArchive",
    "UpdateConnection",
    "UpdateEndpoint",
    "UpdateEventBus",
    NULL,
};

static enum err start(struct lake *lake, void **out_state, struct error *error)
{
    *out_state = ruleset_cache_new();
    return OK;
}

static void stop(void *state)
{
    ruleset_cache_free(state);
}

const struct service EVENTS_SERVICE = {
    .name = "events",
    .title = "Amazon EventBridge",
    .signing_name = "events",
    .target_prefix = "AWSEvents",
    .api_version = "2015-10-07",
    .protocols = PROTOCOL_JSON_1_1,
    .ops = OPS,
    .known = KNOWN,
    .start = start,
    .stop = stop,
};
