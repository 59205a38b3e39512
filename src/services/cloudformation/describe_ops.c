// SPDX-License-Identifier: Apache-2.0
// Showing stacks, their resources and events, and exports.
//
// DescribeStacks of one stack that is at work answers when its status changes, at latest after
// DESCRIBE_WAIT_MS: the SDKs' waiters sleep for seconds between two looks, and a stack here is done
// in less.
#include "base/timefmt.h"
#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/engine.h"
#include "services/cloudformation/parameters.h"

#define DESCRIBE_WAIT_MS 1000
#define PAGE_STACKS 100
#define PAGE_EVENTS 100
#define PAGE_RESOURCES 100
#define PAGE_EXPORTS 100
#define DESCRIBE_RESOURCES_MAX 100

static void set_time(struct arena *arena, struct json *out, const char *member,
                     const struct json *row, const char *from)
{
    int64_t ms = json_i64_or(row, from, 0);
    if (ms)
        json_set(arena, out, member, time_json(arena, ms));
}

static void copy_members(struct arena *arena, struct json *out, const struct json *row,
                         const char *const *members)
{
    for (; *members; members++)
        json_set(arena, out, *members, json_get(row, *members));
}

// --- stacks

static struct json *no_drift(struct arena *arena)
{
    return json_set_str(arena, json_object(arena), "StackDriftStatus", S("NOT_CHECKED"));
}

static enum err show_stack(struct call *call, const struct json *stack, struct json **out)
{
    static const char *const same[] = {"Description",
                                       "Capabilities",
                                       "Tags",
                                       "Outputs",
                                       "RoleARN",
                                       "NotificationARNs",
                                       "DisableRollback",
                                       "TimeoutInMinutes",
                                       "EnableTerminationProtection",
                                       "StackStatusReason",
                                       NULL};
    struct arena *arena = call->arena;
    struct json *shown = json_set(arena, json_object(arena), "StackId", json_get(stack, "Arn"));
    struct template template = {0};
    struct str text;
    json_set(arena, shown, "StackName", json_get(stack, "Name"));
    json_set(arena, shown, "ChangeSetId", json_get(stack, "ChangeSetId"));
    copy_members(arena, shown, stack, same);
    set_time(arena, shown, "CreationTime", stack, "CreatedMs");
    set_time(arena, shown, "LastUpdatedTime", stack, "UpdatedMs");
    set_time(arena, shown, "DeletionTime", stack, "DeletedMs");
    json_set(arena, shown, "StackStatus", json_get(stack, "Status"));
    json_set(arena, shown, "StackStatusReason", json_get(stack, "StatusReason"));
    json_set(arena, shown, "RollbackConfiguration", json_object(arena));
    json_set(arena, shown, "DriftInformation", no_drift(arena));
    if (!json_has(shown, "DisableRollback"))
        json_set_bool(arena, shown, "DisableRollback", false);
    if (!json_has(shown, "EnableTerminationProtection"))
        json_set_bool(arena, shown, "EnableTerminationProtection", false);
    if (json_count(json_get(
            stack, "Parameters"))) { // which of them are not to be echoed is in the template
        TRY(stack_template_text(call, json_str(stack, "Id"), S("current"), &text));
        TRY(template_read(arena, text, &template, &call->error));
        json_set(arena, shown, "Parameters",
                 parameters_shown(arena, &template, json_get(stack, "Parameters")));
    }
    *out = shown;
    return OK;
}

typedef enum err stack_shower(struct call *call, const struct json *stack, struct json **out);
typedef bool stack_filter(const struct json *in, const struct json *stack);

static enum err list_stacks(struct call *call, const struct json *in, const char *member,
                            stack_filter *wanted, stack_shower *show, struct json **out)
{
    struct key prefix, from;
    struct str position = STR_NONE, key, value;
    struct json *list = json_array(call->arena);
    *out = json_set(call->arena, json_object(call->arena), member, list);
    key_str(key_start(&prefix, KEYSPACE_CLOUDFORMATION_STACK), call->region);
    if (json_has(in, "NextToken"))
        TRY(page_position(call, json_str(in, "NextToken"), &position));
    from = prefix;
    key_str(&from, position);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *stack, *shown;
        err = json_parse(call->arena, str_dup(call->arena, value), &stack, &call->error);
        if (err != OK)
            break;
        if (!wanted(in, stack))
            continue;
        if (json_count(list) == PAGE_STACKS) {
            json_set_str(call->arena, *out, "NextToken", page_token(call, json_str(stack, "Id")));
            break;
        }
        err = show(call, stack, &shown);
        if (err != OK)
            break;
        json_push(call->arena, list, shown);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

static bool is_live(const struct json *in, const struct json *stack)
{
    return !str_is(json_str(stack, "Status"), "DELETE_COMPLETE");
}

enum err cloudformation_describe_stacks(struct call *call, const struct json *in, struct json **out)
{
    struct str name = json_str(in, "StackName");
    struct json *stack, *shown;
    if (!name.len)
        return list_stacks(call, in, "Stacks", is_live, show_stack, out);
    TRY(stack_get(call, name, &stack));
    if (stack_is_busy(stack) && !call->deadline_passed &&
        call->now_ms < call->started_ms + DESCRIBE_WAIT_MS)
        return call_park(
            call, str_format(call->arena, "cloudformation/%.*s", STR_ARG(json_str(stack, "Id"))),
            call->started_ms + DESCRIBE_WAIT_MS);
    TRY(show_stack(call, stack, &shown));
    struct json *list = json_push(call->arena, json_array(call->arena), shown);
    *out = json_set(call->arena, json_object(call->arena), "Stacks", list);
    return OK;
}

static bool has_status(const struct json *in, const struct json *stack)
{
    const struct json *filter = json_get(in, "StackStatusFilter");
    JSON_EACH (status, filter)
        if (str_eq(json_as_str(status), json_str(stack, "Status")))
            return true;
    return !json_count(filter);
}

static enum err summarize_stack(struct call *call, const struct json *stack, struct json **out)
{
    struct arena *arena = call->arena;
    struct json *shown = json_set(arena, json_object(arena), "StackId", json_get(stack, "Arn"));
    json_set(arena, shown, "StackName", json_get(stack, "Name"));
    json_set(arena, shown, "TemplateDescription", json_get(stack, "Description"));
    set_time(arena, shown, "CreationTime", stack, "CreatedMs");
    set_time(arena, shown, "LastUpdatedTime", stack, "UpdatedMs");
    set_time(arena, shown, "DeletionTime", stack, "DeletedMs");
    json_set(arena, shown, "StackStatus", json_get(stack, "Status"));
    json_set(arena, shown, "StackStatusReason", json_get(stack, "StatusReason"));
    *out = json_set(arena, shown, "DriftInformation", no_drift(arena));
    return OK;
}

enum err cloudformation_list_stacks(struct call *call, const struct json *in, struct json **out)
{
    return list_stacks(call, in, "StackSummaries", has_status, summarize_stack, out);
}

// --- events, the newest first

enum err cloudformation_describe_stack_events(struct call *call, const struct json *in,
                                              struct json **out)
{
    struct arena *arena = call->arena;
    struct json *stack, *events = json_array(arena);
    struct key prefix, from;
    struct str position = STR_NONE, key, value;
    uint64_t sequence = 0;
    TRY(stack_get(call, json_str(in, "StackName"), &stack));
    if (json_has(in, "NextToken"))
        TRY(page_position(call, json_str(in, "NextToken"), &position));
    if (position.len && !str_to_u64(position, &sequence))
        return error_set(&call->error, ERR_INVALID, "The pagination token is not valid.");
    key_str(key_start(&prefix, KEYSPACE_CLOUDFORMATION_EVENT), json_str(stack, "Id"));
    from = prefix;
    key_u64(&from, sequence);
    *out = json_set(arena, json_object(arena), "StackEvents", events);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, true);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *event;
        struct cursor cursor = key_cursor(key);
        key_take_str(&cursor, arena);
        sequence = key_take_u64(&cursor);
        if (json_count(events) == PAGE_EVENTS) {
            struct str next = str_format(arena, "%llu", (unsigned long long)sequence);
            json_set_str(arena, *out, "NextToken", page_token(call, next));
            break;
        }
        err = json_parse(arena, str_dup(arena, value), &event, &call->error);
        if (err != OK)
            break;
        json_set(arena, event, "StackId", json_get(stack, "Arn"));
        json_set(arena, event, "StackName", json_get(stack, "Name"));
        json_push(arena, events, event);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

// --- resources

static struct json *show_resource(struct call *call, const struct json *stack,
                                  const struct json *row, const char *time, bool whole)
{
    struct arena *arena = call->arena;
    struct json *shown = json_object(arena);
    if (whole) {
        json_set(arena, shown, "StackName", json_get(stack, "Name"));
        json_set(arena, shown, "StackId", json_get(stack, "Arn"));
        json_set(arena, shown, "Description", json_get(row, "Description"));
    }
    json_set(arena, shown, "LogicalResourceId", json_get(row, "Logical"));
    json_set(arena, shown, "PhysicalResourceId", json_get(row, "Physical"));
    json_set(arena, shown, "ResourceType", json_get(row, "Type"));
    set_time(arena, shown, time, row, "UpdatedMs");
    json_set(arena, shown, "ResourceStatus", json_get(row, "Status"));
    json_set(arena, shown, "ResourceStatusReason", json_get(row, "Reason"));
    struct json *drift =
        json_set_str(arena, json_object(arena), "StackResourceDriftStatus", S("NOT_CHECKED"));
    return json_set(arena, shown, "DriftInformation", drift);
}

enum err cloudformation_describe_stack_resource(struct call *call, const struct json *in,
                                                struct json **out)
{
    struct json *stack, *rows;
    struct str logical = json_str(in, "LogicalResourceId");
    TRY(stack_get(call, json_str(in, "StackName"), &stack));
    TRY(resources_load(call, json_str(stack, "Id"), &rows));
    const struct json *row = json_get_str(rows, logical);
    if (!row)
        return error_set(&call->error, ERR_INVALID, "Resource %.*s does not exist for stack %.*s",
                         STR_ARG(logical), STR_ARG(json_str(stack, "Name")));
    struct json *detail = show_resource(call, stack, row, "LastUpdatedTimestamp", true);
    if (json_has(row, "Metadata"))
        json_set_str(call->arena, detail, "Metadata",
                     json_text(call->arena, json_get(row, "Metadata")));
    *out = json_set(call->arena, json_object(call->arena), "StackResourceDetail", detail);
    return OK;
}

// The stack that has a physical resource, for DescribeStackResources without a stack's name.
static enum err find_by_physical(struct call *call, struct str physical, struct json **out_stack)
{
    struct key prefix;
    struct str key, value;
    struct scan *scan =
        scan_open(call->tx, key_start(&prefix, KEYSPACE_CLOUDFORMATION_RESOURCE), NULL, false);
    enum err err;
    struct str id = STR_NONE;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *row;
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        struct cursor cursor = key_cursor(key);
        id = key_take_str(&cursor, call->arena);
        if (str_eq(json_str(row, "Physical"), physical) && resource_is_there(row) &&
            stack_find(call, call_arn(call, "cloudformation", "stack/x/%.*s", STR_ARG(id)),
                       out_stack) == OK)
            break;
    }
    scan_close(scan);
    if (err == ERR_NOT_FOUND)
        return error_set(&call->error, ERR_INVALID, "Stack for %.*s does not exist",
                         STR_ARG(physical));
    return err;
}

enum err cloudformation_describe_stack_resources(struct call *call, const struct json *in,
                                                 struct json **out)
{
    struct json *stack, *rows, *list = json_array(call->arena);
    struct str name = json_str(in, "StackName"), physical = json_str(in, "PhysicalResourceId");
    struct str logical = json_str(in, "LogicalResourceId");
    if (!name.len == !physical.len)
        return error_set(&call->error, ERR_INVALID,
                         "Either StackName or PhysicalResourceId must be specified");
    TRY(name.len ? stack_get(call, name, &stack) : find_by_physical(call, physical, &stack));
    TRY(resources_load(call, json_str(stack, "Id"), &rows));
    JSON_EACH_MEMBER (m, rows)
        if ((!logical.len || str_eq(logical, m->name)) && json_count(list) < DESCRIBE_RESOURCES_MAX)
            json_push(call->arena, list, show_resource(call, stack, m->value, "Timestamp", true));
    *out = json_set(call->arena, json_object(call->arena), "StackResources", list);
    return OK;
}

enum err cloudformation_list_stack_resources(struct call *call, const struct json *in,
                                             struct json **out)
{
    struct json *stack, *rows, *list = json_array(call->arena);
    struct str position = STR_NONE;
    TRY(stack_get(call, json_str(in, "StackName"), &stack));
    TRY(resources_load(call, json_str(stack, "Id"), &rows));
    if (json_has(in, "NextToken"))
        TRY(page_position(call, json_str(in, "NextToken"), &position));
    *out = json_set(call->arena, json_object(call->arena), "StackResourceSummaries", list);
    JSON_EACH_MEMBER (m, rows) {
        if (position.len && str_cmp(m->name, position) < 0)
            continue;
        if (json_count(list) == PAGE_RESOURCES) {
            json_set_str(call->arena, *out, "NextToken", page_token(call, m->name));
            break;
        }
        json_push(call->arena, list,
                  show_resource(call, stack, m->value, "LastUpdatedTimestamp", false));
    }
    return OK;
}

// --- exports and imports

enum err cloudformation_list_exports(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix, from;
    struct str position = STR_NONE, key, value;
    struct json *list = json_array(call->arena);
    *out = json_set(call->arena, json_object(call->arena), "Exports", list);
    key_str(key_start(&prefix, KEYSPACE_CLOUDFORMATION_EXPORT), call->region);
    if (json_has(in, "NextToken"))
        TRY(page_position(call, json_str(in, "NextToken"), &position));
    from = prefix;
    key_str(&from, position);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        struct json *row;
        err = json_parse(call->arena, str_dup(call->arena, value), &row, &call->error);
        if (err != OK)
            break;
        if (json_count(list) == PAGE_EXPORTS) {
            json_set_str(call->arena, *out, "NextToken", page_token(call, json_str(row, "Name")));
            break;
        }
        json_remove(row, S("StackName"));
        json_push(call->arena, list, row);
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err cloudformation_list_imports(struct call *call, const struct json *in, struct json **out)
{
    struct key prefix;
    struct str key, value, name = json_str(in, "ExportName");
    struct json *list = json_array(call->arena);
    key_str(key_str(key_start(&prefix, KEYSPACE_CLOUDFORMATION_IMPORT), call->region), name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK)
        json_push(call->arena, list, json_string(call->arena, str_dup(call->arena, value)));
    scan_close(scan);
    if (err != ERR_NOT_FOUND)
        return err;
    if (!json_count(list))
        return error_set(&call->error, ERR_INVALID, "Export '%.*s' is not imported by any stack.",
                         STR_ARG(name));
    *out = json_set(call->arena, json_object(call->arena), "Imports", list);
    return OK;
}
