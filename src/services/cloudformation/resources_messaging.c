// SPDX-License-Identifier: Apache-2.0
// Queues, event buses, rules, schedules.
#include "services/cloudformation/resolve.h"
#include "services/cloudformation/types.h"

// --- AWS::SQS::Queue: every property but name and tags is an attribute, and every attribute is
// text.

static const struct property QUEUE_PROPERTIES[] = {
    {"QueueName", PROPERTY_FIXED | PROPERTY_OWN},
    {"FifoQueue", PROPERTY_FIXED},
    {"ContentBasedDeduplication"},
    {"DeduplicationScope"},
    {"FifoThroughputLimit"},
    {"DelaySeconds"},
    {"MaximumMessageSize"},
    {"MessageRetentionPeriod"},
    {"ReceiveMessageWaitTimeSeconds"},
    {"VisibilityTimeout"},
    {"RedrivePolicy", PROPERTY_TEXT},
    {"RedriveAllowPolicy", PROPERTY_TEXT},
    {"KmsMasterKeyId"},
    {"KmsDataKeyReusePeriodSeconds"},
    {"SqsManagedSseEnabled"},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {0},
};
static const char *const QUEUE_ATTRIBUTES[] = {"Arn", "QueueName", "QueueUrl", NULL};

// What an attribute is when a template no longer sets it.
static const struct {
    const char *name, *value;
} QUEUE_DEFAULTS[] = {
    {"DelaySeconds", "0"},
    {"MaximumMessageSize", "262144"},
    {"MessageRetentionPeriod", "345600"},
    {"ReceiveMessageWaitTimeSeconds", "0"},
    {"VisibilityTimeout", "30"},
    {"RedrivePolicy", ""},
    {"RedriveAllowPolicy", ""},
};

static enum err queue_create(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct json *reply, *tags = resource_get(resource, "Tags");
    struct str name = resource_name(resource);
    struct json *input = resource_one(resource, "QueueName", name);
    json_set(arena, input, "Attributes", resource_input(resource, false));
    if (tags)
        json_set(arena, input, "tags", resource_tag_map(resource, tags));
    enum err err =
        resource_run(resource, "GetQueueUrl", resource_one(resource, "QueueName", name), &reply);
    if (err == OK) // CreateQueue would take it as its own
        return error_set(&resource->call->error, ERR_INVALID, "%.*s already exists", STR_ARG(name));
    if (err != ERR_CODED)
        return err;
    resource->call->code = NULL;
    TRY(resource_run(resource, "CreateQueue", input, &reply));
    resource->physical = json_str(reply, "QueueUrl");
    resource_attribute(resource, "Arn", call_arn(resource->call, "sqs", "%.*s", STR_ARG(name)));
    resource_attribute(resource, "QueueName", name);
    resource_attribute(resource, "QueueUrl", resource->physical);
    return OK;
}

static enum err queue_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagQueue", "UntagQueue", "QueueUrl",
                                        "Tags",     "TagKeys",    true};
    struct arena *arena = resource->call->arena;
    struct json *attributes = resource_input(resource, true), *changed = json_object(arena);
    JSON_EACH_MEMBER (m, attributes)
        if (resource_changed(resource, str_cstr(arena, m->name)))
            json_set_named(arena, changed, m->name, m->value);
    for (size_t i = 0; i < sizeof QUEUE_DEFAULTS / sizeof *QUEUE_DEFAULTS; i++)
        if (json_has(resource->before, QUEUE_DEFAULTS[i].name) &&
            !resource_get(resource, QUEUE_DEFAULTS[i].name))
            json_set_str(arena, changed, QUEUE_DEFAULTS[i].name, str_of(QUEUE_DEFAULTS[i].value));
    TRY(resource_retag(resource, &tags, resource->physical));
    if (!json_count(changed))
        return OK;
    struct json *input = resource_one(resource, "QueueUrl", resource->physical);
    return resource_run(resource, "SetQueueAttributes",
                        json_set(arena, input, "Attributes", changed), NULL);
}

static enum err queue_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteQueue",
                        resource_one(resource, "QueueUrl", resource->physical), NULL);
}

const struct resource_type TYPE_SQS_QUEUE = {
    .name = "AWS::SQS::Queue",
    .service = "sqs",
    .properties = QUEUE_PROPERTIES,
    .attributes = QUEUE_ATTRIBUTES,
    .name_property = "QueueName",
    .name_max = 80,
    .create = queue_create,
    .update = queue_update,
    .delete = queue_delete,
};

// --- AWS::SQS::QueuePolicy

static const struct property QUEUE_POLICY_PROPERTIES[] = {
    {"Queues", PROPERTY_REQUIRED},
    {"PolicyDocument", PROPERTY_REQUIRED},
    {0},
};
static const char *const QUEUE_POLICY_ATTRIBUTES[] = {"Id", NULL};

static enum err queue_policy_set(struct resource *resource, const struct json *queues,
                                 struct str policy)
{
    struct arena *arena = resource->call->arena;
    JSON_EACH (queue, queues) {
        struct json *input = resource_one(resource, "QueueUrl", json_as_str(queue));
        json_set(arena, input, "Attributes", resource_one(resource, "Policy", policy));
        TRY(resource_run(resource, "SetQueueAttributes", input, NULL));
    }
    return OK;
}

static enum err queue_policy_put(struct resource *resource)
{
    struct json *document = resource_document(resource, resource_get(resource, "PolicyDocument"));
    struct json *queues = resource_get(resource, "Queues");
    if (!resource->before)
        resource->physical = resource_generated_name(resource, 0, false);
    resource_attribute(resource, "Id", resource->physical);
    TRY(queue_policy_set(
        resource, resource_gone(resource, json_get(resource->before, "Queues"), queues, NULL),
        S("")));
    return queue_policy_set(resource, queues, document->text);
}

// A queue that went before its policy is no reason to fail.
static enum err queue_policy_delete(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    JSON_EACH (queue, resource_get(resource, "Queues")) {
        enum err err =
            queue_policy_set(resource, json_push(arena, json_array(arena), queue), S(""));
        if (err != OK && !(err == ERR_CODED && resource_is_absent_error(resource->call)))
            return err;
    }
    return OK;
}

const struct resource_type TYPE_SQS_QUEUE_POLICY = {
    .name = "AWS::SQS::QueuePolicy",
    .service = "sqs",
    .properties = QUEUE_POLICY_PROPERTIES,
    .attributes = QUEUE_POLICY_ATTRIBUTES,
    .create = queue_policy_put,
    .update = queue_policy_put,
    .delete = queue_policy_delete,
};

// --- AWS::Events::EventBus

static const struct property BUS_PROPERTIES[] = {
    {"Name", PROPERTY_REQUIRED | PROPERTY_FIXED},
    {"Description", PROPERTY_FIXED},
    {"EventSourceName", PROPERTY_FIXED},
    {"KmsKeyIdentifier", PROPERTY_FIXED},
    {"DeadLetterConfig", PROPERTY_FIXED},
    {"Tags", PROPERTY_TAGS},
    {0},
};
static const char *const BUS_ATTRIBUTES[] = {"Arn", "Name", NULL};

static enum err bus_create(struct resource *resource)
{
    struct json *reply;
    resource->physical = resource_get_text(resource, "Name");
    TRY(resource_run(resource, "CreateEventBus", resource_input(resource, false), &reply));
    resource_attribute(resource, "Name", resource->physical);
    resource_attribute(resource, "Arn", json_str(reply, "EventBusArn"));
    return OK;
}

static enum err bus_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "ResourceARN",
                                        "Tags",        "TagKeys",       false};
    return resource_retag(resource, &tags, json_str(resource->was, "Arn"));
}

static enum err bus_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteEventBus",
                        resource_one(resource, "Name", resource->physical), NULL);
}

const struct resource_type TYPE_EVENTS_EVENT_BUS = {
    .name = "AWS::Events::EventBus",
    .service = "events",
    .properties = BUS_PROPERTIES,
    .attributes = BUS_ATTRIBUTES,
    .name_property = "Name",
    .name_max = 256,
    .create = bus_create,
    .update = bus_update,
    .delete = bus_delete,
};

// --- AWS::Events::Rule: a rule and its targets. Ref is "bus|rule", or the rule's name on the
// default bus.

static const struct property RULE_PROPERTIES[] = {
    {"Name", PROPERTY_FIXED},
    {"EventBusName", PROPERTY_FIXED},
    {"Description"},
    {"EventPattern", PROPERTY_TEXT},
    {"ScheduleExpression"},
    {"State"},
    {"RoleArn"},
    {"Targets", PROPERTY_OWN},
    {"Tags", PROPERTY_OWN | PROPERTY_TAGS},
    {0},
};
static const char *const RULE_ATTRIBUTES[] = {"Arn", NULL};

static struct str rule_of(struct str physical)
{
    size_t bar = str_rfind_char(physical, '|');
    return bar == STR_NPOS ? physical : str_from(physical, bar + 1);
}

// {"Rule": name, "EventBusName": bus}
static struct json *rule_input(struct resource *resource, const char *member)
{
    struct json *input = resource_one(resource, member, rule_of(resource->physical));
    return json_set(resource->call->arena, input, "EventBusName",
                    resource_get(resource, "EventBusName"));
}

static enum err rule_remove_targets(struct resource *resource, const struct json *targets)
{
    struct arena *arena = resource->call->arena;
    struct json *ids = json_array(arena);
    JSON_EACH (target, targets)
        json_push(arena, ids, json_string(arena, scalar_text(json_get(target, "Id"))));
    if (!json_count(ids))
        return OK;
    return resource_run(resource, "RemoveTargets",
                        json_set(arena, rule_input(resource, "Rule"), "Ids", ids), NULL);
}

static enum err rule_put_targets(struct resource *resource)
{
    struct json *reply, *targets = resource_get(resource, "Targets");
    const struct json *before = json_get(resource->before, "Targets");
    TRY(rule_remove_targets(resource, resource_gone(resource, before, targets, "Id")));
    if (!json_count(targets))
        return OK;
    struct json *input =
        json_set(resource->call->arena, rule_input(resource, "Rule"), "Targets", targets);
    TRY(resource_run(resource, "PutTargets", input, &reply));
    const struct json *failed = json_at(json_get(reply, "FailedEntries"), 0);
    if (failed)
        return error_set(&resource->call->error, ERR_INVALID, "Target %.*s: %.*s",
                         STR_ARG(json_str(failed, "TargetId")),
                         STR_ARG(json_str(failed, "ErrorMessage")));
    return OK;
}

static enum err rule_put(struct resource *resource, struct str name, struct json **out_reply)
{
    struct json *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "Name", name);
    return resource_run(resource, "PutRule", input, out_reply);
}

static enum err rule_create(struct resource *resource)
{
    struct arena *arena = resource->call->arena;
    struct json *reply, *tags = resource_get(resource, "Tags");
    struct str name = resource_name(resource), bus = resource_get_text(resource, "EventBusName");
    TRY(rule_put(resource, name, &reply));
    resource->physical = name;
    if (bus.len && !str_is(bus, "default"))
        resource->physical = str_format(arena, "%.*s|%.*s", STR_ARG(bus), STR_ARG(name));
    resource_attribute(resource, "Arn", json_str(reply, "RuleArn"));
    if (json_count(tags)) {
        struct json *input = resource_one(resource, "ResourceARN", json_str(reply, "RuleArn"));
        TRY(resource_run(resource, "TagResource", json_set(arena, input, "Tags", tags), NULL));
    }
    return rule_put_targets(resource);
}

static enum err rule_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "ResourceARN",
                                        "Tags",        "TagKeys",       false};
    TRY(rule_put(resource, rule_of(resource->physical), NULL));
    TRY(resource_retag(resource, &tags, json_str(resource->was, "Arn")));
    return rule_put_targets(resource);
}

static enum err rule_delete(struct resource *resource)
{
    TRY(rule_remove_targets(resource, resource_get(resource, "Targets")));
    return resource_run(resource, "DeleteRule", rule_input(resource, "Name"), NULL);
}

const struct resource_type TYPE_EVENTS_RULE = {
    .name = "AWS::Events::Rule",
    .service = "events",
    .properties = RULE_PROPERTIES,
    .attributes = RULE_ATTRIBUTES,
    .name_property = "Name",
    .name_max = 64,
    .create = rule_create,
    .update = rule_update,
    .delete = rule_delete,
};

// --- AWS::Scheduler::ScheduleGroup

static const struct property GROUP_PROPERTIES[] = {
    {"Name", PROPERTY_FIXED},
    {"Tags", PROPERTY_TAGS},
    {0},
};
static const char *const GROUP_ATTRIBUTES[] = {"Arn", "State", NULL};

static enum err group_create(struct resource *resource)
{
    struct json *reply, *input = resource_input(resource, false);
    resource->physical = resource_name(resource);
    json_set_str(resource->call->arena, input, "Name", resource->physical);
    TRY(resource_run(resource, "CreateScheduleGroup", input, &reply));
    resource_attribute(resource, "Arn", json_str(reply, "ScheduleGroupArn"));
    resource_attribute(resource, "State", S("ACTIVE"));
    return OK;
}

static enum err group_update(struct resource *resource)
{
    static const struct tag_ops tags = {"TagResource", "UntagResource", "ResourceArn",
                                        "Tags",        "TagKeys",       false};
    return resource_retag(resource, &tags, json_str(resource->was, "Arn"));
}

static enum err group_delete(struct resource *resource)
{
    return resource_run(resource, "DeleteScheduleGroup",
                        resource_one(resource, "Name", resource->physical), NULL);
}

const struct resource_type TYPE_SCHEDULER_SCHEDULE_GROUP = {
    .name = "AWS::Scheduler::ScheduleGroup",
    .service = "scheduler",
    .properties = GROUP_PROPERTIES,
    .attributes = GROUP_ATTRIBUTES,
    .name_property = "Name",
    .name_max = 64,
    .create = group_create,
    .update = group_update,
    .delete = group_delete,
};

// --- AWS::Scheduler::Schedule

static const struct property SCHEDULE_PROPERTIES[] = {
    {"Name", PROPERTY_FIXED},
    {"GroupName", PROPERTY_FIXED},
    {"Description"},
    {"ScheduleExpression", PROPERTY_REQUIRED},
    {"ScheduleExpressionTimezone"},
    {"StartDate"},
    {"EndDate"},
    {"State"},
    {"KmsKeyArn"},
    {"FlexibleTimeWindow", PROPERTY_REQUIRED},
    {"Target", PROPERTY_REQUIRED},
    {0},
};
static const char *const SCHEDULE_ATTRIBUTES[] = {"Arn", NULL};

static enum err schedule_put(struct resource *resource, const char *op)
{
    struct json *reply, *input = resource_input(resource, false);
    json_set_str(resource->call->arena, input, "Name", resource->physical);
    TRY(resource_run(resource, op, input, &reply));
    resource_attribute(resource, "Arn", json_str(reply, "ScheduleArn"));
    return OK;
}

static enum err schedule_create(struct resource *resource)
{
    resource->physical = resource_name(resource);
    return schedule_put(resource, "CreateSchedule");
}

static enum err schedule_update(struct resource *resource)
{
    return schedule_put(resource, "UpdateSchedule");
}

static enum err schedule_delete(struct resource *resource)
{
    struct json *input = resource_one(resource, "Name", resource->physical);
    json_set(resource->call->arena, input, "GroupName", resource_get(resource, "GroupName"));
    return resource_run(resource, "DeleteSchedule", input, NULL);
}

const struct resource_type TYPE_SCHEDULER_SCHEDULE = {
    .name = "AWS::Scheduler::Schedule",
    .service = "scheduler",
    .properties = SCHEDULE_PROPERTIES,
    .attributes = SCHEDULE_ATTRIBUTES,
    .name_property = "Name",
    .name_max = 64,
    .create = schedule_create,
    .update = schedule_update,
    .delete = schedule_delete,
};
