// SPDX-License-Identifier: Apache-2.0
// State machines: rows by region and name, whose definitions are texts of their own
// (definitions.h).
#include "services/stepfunctions/ops.h"

#include "base/timefmt.h"
#include "services/stepfunctions/integration.h"
#include "services/stepfunctions/logging.h"

#define PAGE_DEFAULT 100
#define DIAGNOSTICS_DEFAULT 100

struct key *states_machine_key(struct call *call, struct key *key, struct str name)
{
    return key_str(key_str(key_start(key, KEYSPACE_STATES_MACHINE), call->region), name);
}

// --- checks

enum err states_check_name(struct call *call, struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        unsigned char c = (unsigned char)name.ptr[i];
        if (c <= ' ' || c == 0x7f ||
            str_find_char(S("<>{}[]?*\"#%\\^|~`$&,;:/"), (char)c) != STR_NPOS)
            FAIL(call, STATES_INVALID_NAME, "Invalid Name: '%.*s'", STR_ARG(name));
    }
    return OK;
}

static enum err check_role(struct call *call, struct str role)
{
    struct arn arn;
    if (!arn_parse(role, &arn) || !str_is(arn.service, "iam") ||
        !str_starts(arn.resource, S("role/")))
        FAIL(call, STATES_INVALID_ARN, "Invalid Role Arn: '%.*s'", STR_ARG(role));
    return OK;
}

static void check_resources(struct call *call, const struct asl *asl,
                            struct diagnostics *diagnostics)
{
    for (size_t i = 0; i < asl->count; i++) {
        const struct asl_state *state = asl->states[i];
        struct integration integration;
        struct error error = {0};
        if (state->type == ASL_TASK &&
            integration_parse(call->lake, call->arena, json_str(state->json, "Resource"),
                              &integration, &error) != OK)
            diagnostic_add(call->arena, diagnostics, "SCHEMA_VALIDATION_FAILED",
                           str_format(call->arena, "%.*s/Resource", STR_ARG(state->location)), "%s",
                           error.text);
    }
}

static bool definition_is_valid(struct call *call, struct str text, struct diagnostics *diagnostics)
{
    struct asl *asl = NULL;
    if (asl_compile(call->arena, text, &asl, diagnostics) != OK)
        return false;
    check_resources(call, asl, diagnostics);
    return diagnostics->count == 0;
}

static enum err check_definition(struct call *call, struct str text)
{
    struct diagnostics diagnostics = {0};
    struct buf words = buf_in(call->arena, ERROR_TEXT_MAX);
    if (definition_is_valid(call, text, &diagnostics))
        return OK;
    for (size_t i = 0; i < diagnostics.count; i++) {
        const struct diagnostic *item = &diagnostics.items[i];
        const char *quote = diagnostics.count > 1 ? "'" : "";
        buf_printf(&words, "%s%s%s: %.*s at %.*s%s", i ? ", " : "", quote, item->code,
                   STR_ARG(item->message), STR_ARG(item->location), quote);
    }
    FAIL(call, STATES_INVALID_DEFINITION, "Invalid State Machine Definition: '%.*s'",
         STR_ARG(buf_str(&words)));
}

// --- rows

static enum err machine_name_of(struct call *call, struct str text, struct str *out_name)
{
    struct arn arn;
    struct str prefix = S("stateMachine:");
    if (!arn_parse(text, &arn) || !str_is(arn.service, "states"))
        FAIL(call, STATES_INVALID_ARN, "Invalid Arn: 'Invalid ARN prefix: %.*s'", STR_ARG(text));
    if (!str_starts(arn.resource, prefix)) {
        size_t colon = str_find_char(arn.resource, ':');
        FAIL(call, STATES_INVALID_ARN,
             "Invalid Arn: 'Resource type not valid in this context: %.*s'",
             STR_ARG(str_slice(arn.resource, 0, colon)));
    }
    *out_name = str_from(arn.resource, prefix.len);
    return OK;
}

static void machine_from_row(struct call *call, struct json *row, struct machine *out)
{
    struct str name = json_str(row, "name");
    *out = (struct machine){
        .id = (uint64_t)json_i64_or(row, "id", 0),
        .row = row,
        .arn = call_arn(call, "states", "stateMachine:%.*s", STR_ARG(name)),
        .name = name,
        .type = json_str(row, "type"),
        .role_arn = json_str(row, "roleArn"),
        .definition = json_str(row, "definition"),
    };
}

enum err states_get_machine(struct call *call, struct str arn, bool lock, struct machine *out)
{
    struct key key;
    struct str name;
    struct json *row = NULL;
    TRY(machine_name_of(call, arn, &name));
    states_machine_key(call, &key, name);
    enum err err = lock ? tx_lock_json(call->tx, &key, call->arena, &row)
                        : tx_get_json(call->tx, &key, call->arena, &row);
    if (err == ERR_NOT_FOUND)
        FAIL(call, STATES_MACHINE_DOES_NOT_EXIST, "State Machine Does Not Exist: '%.*s'",
             STR_ARG(arn));
    TRY(err);
    machine_from_row(call, row, out);
    return OK;
}

// --- create

static struct json *logging_or_off(struct call *call, const struct json *in)
{
    struct json *logging = json_get(in, "loggingConfiguration"), *off = json_object(call->arena);
    json_set_str(call->arena, off, "level", S("OFF"));
    json_set_bool(call->arena, off, "includeExecutionData", false);
    if (!logging)
        return off;
    JSON_EACH_MEMBER (member, logging)
        json_set_named(call->arena, off, member->name, member->value);
    return off;
}

static struct json *tracing_or_off(struct call *call, const struct json *in)
{
    struct json *tracing = json_get(in, "tracingConfiguration");
    return tracing ? tracing
                   : json_set_bool(call->arena, json_object(call->arena), "enabled", false);
}

static enum err check_tags(struct call *call, const struct json *tags)
{
    if (json_count(tags) > 50)
        FAIL(call, STATES_TOO_MANY_TAGS, "Too many tags: a resource holds at most 50");
    return OK;
}

static struct json *tags_from_list(struct call *call, struct json *tags, const struct json *list)
{
    JSON_EACH (tag, list)
        json_set_named(call->arena, tags, json_str(tag, "key"),
                       json_string(call->arena, json_str_or(tag, "value", S(""))));
    return tags;
}

static bool same_machine(const struct json *row, const struct json *wanted)
{
    static const char *const members[] = {"definition", "type", "loggingConfiguration",
                                          "tracingConfiguration"};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (!json_equal(json_get(row, members[i]), json_get(wanted, members[i])))
            return false;
    return true;
}

static struct json *created(struct call *call, const struct json *row)
{
    struct json *reply = json_object(call->arena);
    json_set_str(call->arena, reply, "stateMachineArn",
                 call_arn(call, "states", "stateMachine:%.*s", STR_ARG(json_str(row, "name"))));
    return json_set(call->arena, reply, "creationDate", json_get(row, "creationDate"));
}

enum err states_create_machine(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct str name = json_str(in, "name"), definition;
    struct json *row = json_object(arena), *old = NULL;
    struct key key;
    uint64_t id;
    TRY(states_check_name(call, name));
    TRY(check_role(call, json_str(in, "roleArn")));
    TRY(check_definition(call, json_str(in, "definition")));
    TRY(logging_check(call, json_get(in, "loggingConfiguration")));
    TRY(definition_put(call, json_str(in, "definition"), &definition));
    json_set_str(arena, row, "name", name);
    json_set_str(arena, row, "type", json_str_or(in, "type", S("STANDARD")));
    json_set_str(arena, row, "roleArn", json_str(in, "roleArn"));
    json_set_str(arena, row, "definition", definition);
    json_set(arena, row, "loggingConfiguration", logging_or_off(call, in));
    json_set(arena, row, "tracingConfiguration", tracing_or_off(call, in));
    json_set(arena, row, "creationDate", time_json(arena, call->now_ms));
    json_set(arena, row, "updateDate", time_json(arena, call->now_ms));
    json_set(arena, row, "tags", tags_from_list(call, json_object(arena), json_get(in, "tags")));
    TRY(check_tags(call, json_get(row, "tags")));
    enum err err = tx_lock_json(call->tx, states_machine_key(call, &key, name), arena, &old);
    if (err == OK && same_machine(old, row)) {
        *out = created(call, old);
        return OK;
    }
    if (err == OK)
        FAIL(call, STATES_MACHINE_ALREADY_EXISTS, "State Machine Already Exists: '%.*s'",
             STR_ARG(call_arn(call, "states", "stateMachine:%.*s", STR_ARG(name))));
    if (err != ERR_NOT_FOUND)
        return err;
    TRY(store_next(tx_store(call->tx), "states/machine", &id));
    json_set_i64(arena, row, "id", (int64_t)id + 1);
    *out = created(call, row);
    return tx_put_json(call->tx, &key, row);
}

// --- update, describe, list, delete

enum err states_update_machine(struct call *call, const struct json *in, struct json **out)
{
    static const char *const configurations[] = {"loggingConfiguration", "tracingConfiguration"};
    struct arena *arena = call->arena;
    struct machine machine;
    struct key key;
    struct str definition;
    bool anything = false;
    TRY(logging_check(call, json_get(in, "loggingConfiguration")));
    TRY(states_get_machine(call, json_str(in, "stateMachineArn"), true, &machine));
    struct json *row = json_copy_shallow(arena, machine.row);
    if (json_has(in, "definition")) {
        anything = true;
        TRY(check_definition(call, json_str(in, "definition")));
        TRY(definition_put(call, json_str(in, "definition"), &definition));
        json_set_str(arena, row, "definition", definition);
    }
    if (json_has(in, "roleArn")) {
        anything = true;
        TRY(check_role(call, json_str(in, "roleArn")));
        json_set(arena, row, "roleArn", json_get(in, "roleArn"));
    }
    for (size_t i = 0; i < sizeof configurations / sizeof *configurations; i++) {
        if (!json_has(in, configurations[i]))
            continue;
        anything = true;
        json_set(arena, row, configurations[i],
                 i == 0 ? logging_or_off(call, in) : tracing_or_off(call, in));
    }
    if (!anything)
        FAIL(call, STATES_MISSING_PARAMETER,
             "Either the definition, the role ARN, the LoggingConfiguration, or the "
             "TracingConfiguration must be "
             "specified");
    json_set(arena, row, "updateDate", time_json(arena, call->now_ms));
    json_set_str(arena, row, "revisionId", call_uuid(call));
    *out = json_object(arena);
    json_set(arena, *out, "updateDate", json_get(row, "updateDate"));
    json_set(arena, *out, "revisionId", json_get(row, "revisionId"));
    return tx_put_json(call->tx, states_machine_key(call, &key, machine.name), row);
}

static struct json *described(struct call *call, const struct machine *machine,
                              struct str definition)
{
    static const char *const members[] = {"name",
                                          "roleArn",
                                          "type",
                                          "creationDate",
                                          "loggingConfiguration",
                                          "tracingConfiguration",
                                          "revisionId"};
    struct json *json = json_object(call->arena);
    json_set_str(call->arena, json, "stateMachineArn", machine->arn);
    json_set_str(call->arena, json, "status", S("ACTIVE"));
    if (definition.ptr)
        json_set_str(call->arena, json, "definition", definition);
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        json_set(call->arena, json, members[i], json_get(machine->row, members[i]));
    return json;
}

enum err states_describe_machine(struct call *call, const struct json *in, struct json **out)
{
    struct machine machine;
    struct str definition = STR_NONE;
    TRY(states_get_machine(call, json_str(in, "stateMachineArn"), false, &machine));
    if (!str_is(json_str(in, "includedData"), "METADATA_ONLY"))
        TRY(definition_text(call, machine.definition, &definition));
    *out = described(call, &machine, definition);
    return OK;
}

// The definition and role that the execution was started with, even when the machine has changed or
// gone.
enum err states_describe_machine_for_execution(struct call *call, const struct json *in,
                                               struct json **out)
{
    struct arena *arena = call->arena;
    struct execution execution;
    struct machine machine;
    struct str definition;
    uint64_t id = 0;
    TRY(states_find_execution(call, json_str(in, "executionArn"), false, &id));
    TRY(execution_get(call, id, false, &execution));
    TRY(definition_text(call, execution.definition, &definition));
    enum err err = states_get_machine(call, execution.machine_arn, false, &machine);
    if (err == ERR_CODED) // deleted meanwhile
        machine.row =
            json_set(arena, json_object(arena), "updateDate", time_json(arena, execution.start_ms));
    else
        TRY(err);
    *out = json_object(arena);
    json_set_str(arena, *out, "stateMachineArn", execution.machine_arn);
    json_set_str(arena, *out, "name", execution.machine);
    if (!str_is(json_str(in, "includedData"), "METADATA_ONLY"))
        json_set_str(arena, *out, "definition", definition);
    json_set_str(arena, *out, "roleArn", execution.role_arn);
    json_set(arena, *out, "updateDate", json_get(machine.row, "updateDate"));
    json_set(arena, *out, "loggingConfiguration", json_get(machine.row, "loggingConfiguration"));
    json_set(arena, *out, "tracingConfiguration", json_get(machine.row, "tracingConfiguration"));
    return OK;
}

static struct json *listed(struct call *call, const struct json *row)
{
    struct json *item = created(call, row);
    json_set(call->arena, item, "name", json_get(row, "name"));
    return json_set(call->arena, item, "type", json_get(row, "type"));
}

enum err states_list_machines(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct key prefix, from;
    struct str key, value, position = STR_NONE;
    struct json *machines = json_array(arena), *row = NULL;
    int64_t limit = json_i64_or(in, "maxResults", 0);
    limit = limit == 0 ? PAGE_DEFAULT : limit;
    *out = json_set(arena, json_object(arena), "stateMachines", machines);
    if (json_has(in, "nextToken") &&
        page_position(call, json_str(in, "nextToken"), &position) != OK)
        FAIL(call, STATES_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    key_str(key_start(&prefix, KEYSPACE_STATES_MACHINE), call->region);
    states_machine_key(call, &from, position);
    struct scan *scan = scan_open(call->tx, &prefix, position.len ? &from : NULL, false);
    enum err err;
    while ((err = scan_next(scan, &key, &value)) == OK) {
        if ((err = json_parse(arena, str_dup(arena, value), &row, &call->error)) != OK)
            break;
        if ((int64_t)machines->count == limit) {
            json_set_str(arena, *out, "nextToken", page_token(call, json_str(row, "name")));
            break;
        }
        json_push(arena, machines, listed(call, row));
    }
    scan_close(scan);
    return err == ERR_NOT_FOUND ? OK : err;
}

enum err states_delete_machine(struct call *call, const struct json *in, struct json **out)
{
    struct key key;
    struct str name;
    (void)out;
    TRY(machine_name_of(call, json_str(in, "stateMachineArn"), &name));
    return tx_delete(call->tx, states_machine_key(
                                   call, &key, name)); // its running executions go on to their end
}

enum err states_validate_definition(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct diagnostics found = {0};
    struct json *list = json_array(arena);
    int64_t limit = json_i64_or(in, "maxResults", 0);
    limit = limit == 0 ? DIAGNOSTICS_DEFAULT : limit;
    bool valid = definition_is_valid(call, json_str(in, "definition"), &found);
    for (size_t i = 0; i < found.count && (int64_t)i < limit; i++) {
        const struct diagnostic *item = &found.items[i];
        struct json *json = json_object(arena);
        json_set_str(arena, json, "severity", item->warning ? S("WARNING") : S("ERROR"));
        json_set_str(arena, json, "code", str_of(item->code));
        json_set_str(arena, json, "message", item->message);
        json_set_str(arena, json, "location", item->location);
        json_push(arena, list, json);
    }
    *out = json_object(arena);
    json_set_str(arena, *out, "result", valid ? S("OK") : S("FAIL"));
    json_set(arena, *out, "diagnostics", list);
    json_set_bool(arena, *out, "truncated", (int64_t)found.count > limit);
    return OK;
}

// --- tags

// A machine's row or an activity's: both hold their tags.
struct tagged {
    bool activity;
    struct json *row;
};

static enum err get_tagged(struct call *call, const struct json *in, bool lock, struct tagged *out)
{
    struct str arn = json_str(in, "resourceArn");
    struct machine machine;
    enum err err;
    out->activity = states_is_activity(arn);
    if (out->activity) {
        err = states_get_activity(call, arn, lock, &out->row);
    } else {
        err = states_get_machine(call, arn, lock, &machine);
        out->row = machine.row;
    }
    if (err == ERR_CODED && call->code != &STATES_INVALID_ARN)
        FAIL(call, STATES_RESOURCE_NOT_FOUND, "Resource not found: '%.*s'", STR_ARG(arn));
    return err;
}

static enum err put_tags(struct call *call, const struct tagged *tagged, struct json *tags)
{
    struct key key;
    struct json *row = json_copy_shallow(call->arena, tagged->row);
    TRY(check_tags(call, tags));
    json_set(call->arena, row, "tags", tags);
    if (tagged->activity)
        return states_put_activity(call, row);
    return tx_put_json(call->tx, states_machine_key(call, &key, json_str(row, "name")), row);
}

enum err states_tag_resource(struct call *call, const struct json *in, struct json **out)
{
    struct tagged tagged = {0};
    (void)out;
    TRY(get_tagged(call, in, true, &tagged));
    struct json *tags = json_copy_shallow(call->arena, json_get(tagged.row, "tags"));
    return put_tags(call, &tagged, tags_from_list(call, tags, json_get(in, "tags")));
}

enum err states_untag_resource(struct call *call, const struct json *in, struct json **out)
{
    struct tagged tagged = {0};
    (void)out;
    TRY(get_tagged(call, in, true, &tagged));
    struct json *tags = json_copy_shallow(call->arena, json_get(tagged.row, "tags"));
    JSON_EACH (name, json_get(in, "tagKeys"))
        json_remove(tags, json_as_str(name));
    return put_tags(call, &tagged, tags);
}

enum err states_list_tags(struct call *call, const struct json *in, struct json **out)
{
    struct tagged tagged = {0};
    struct json *list = json_array(call->arena);
    TRY(get_tagged(call, in, false, &tagged));
    JSON_EACH_MEMBER (tag, json_get(tagged.row, "tags")) {
        struct json *item = json_set_str(call->arena, json_object(call->arena), "key", tag->name);
        json_push(call->arena, list, json_set(call->arena, item, "value", tag->value));
    }
    *out = json_set(call->arena, json_object(call->arena), "tags", list);
    return OK;
}
