// SPDX-License-Identifier: Apache-2.0
// The handlers of EventBridge's operations, by the file that holds them. Each is specified by its
// page of the Amazon EventBridge API Reference.
#ifndef EVENTS_OPS_H
#define EVENTS_OPS_H

#include "lake/service.h"

// bus_ops.c
op_handler events_create_bus, events_describe_bus, events_list_buses, events_delete_bus, events_tag,
    events_untag, events_list_tags;
// rule_ops.c
op_handler events_put_rule, events_describe_rule, events_list_rules, events_delete_rule,
    events_enable_rule, events_disable_rule, events_fire_rule;
// target_ops.c
op_handler events_put_targets, events_remove_targets, events_list_targets,
    events_list_rules_by_target;
// event_ops.c
op_handler events_put_events, events_test_pattern, events_emit;

#endif
