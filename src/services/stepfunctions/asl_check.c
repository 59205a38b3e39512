// SPDX-License-Identifier: Apache-2.0
// The second pass: fields and transitions. Which fields a state may have, and what their values
// must look like, is the table FIELDS; what cannot be said there (either Next or End, unreachable
// states...) follows as code.
#include "services/stepfunctions/asl_internal.h"
#include "services/stepfunctions/choice.h"
#include "services/stepfunctions/scope.h"

#include "base/timefmt.h"

#define SECONDS_MAX 99999999

// Types of states, as bits.
enum {
    PASS = 1 << ASL_PASS,
    TASK = 1 << ASL_TASK,
    CHOICE = 1 << ASL_CHOICE,
    WAIT = 1 << ASL_WAIT,
    SUCCEED = 1 << ASL_SUCCEED,
    FAIL = 1 << ASL_FAIL,
    PARALLEL = 1 << ASL_PARALLEL,
    MAP = 1 << ASL_MAP,
    WORKS = TASK | PARALLEL | MAP,
    GOES_ON = PASS | TASK | WAIT | PARALLEL | MAP,
    HAS_DATA = GOES_ON | CHOICE | SUCCEED,
    ANY = HAS_DATA | FAIL,
};

enum value_kind {
    V_ANY,
    V_STRING,
    V_BOOL,
    V_OBJECT,
    V_ARRAY,
    V_SECONDS,          // whole, from 0
    V_POSITIVE_SECONDS, // whole, from 1
    V_TIMESTAMP,
    V_TEMPLATE,
    V_PATH,
    V_PATH_OR_NULL,
    V_REFERENCE_OR_NULL,
    V_EXPRESSION, // a path or an intrinsic function call
    V_REFUSED,    // AWS has it, Tarn does not
};

static const struct {
    const char *name;
    unsigned types;
    enum value_kind kind;
} FIELDS[] = {
    {"Type", ANY, V_STRING},
    {"Comment", ANY, V_STRING},
    {"QueryLanguage", ANY, V_STRING},
    {"Assign", ANY & ~(SUCCEED | FAIL), V_REFUSED},
    {"Next", GOES_ON, V_STRING},
    {"End", GOES_ON, V_BOOL},
    {"InputPath", HAS_DATA, V_PATH_OR_NULL},
    {"OutputPath", HAS_DATA, V_PATH_OR_NULL},
    {"Parameters", PASS | WORKS, V_TEMPLATE},
    {"ResultPath", PASS | WORKS, V_REFERENCE_OR_NULL},
    {"ResultSelector", WORKS, V_TEMPLATE},
    {"Retry", WORKS, V_ARRAY},
    {"Catch", WORKS, V_ARRAY},
    {"Result", PASS, V_ANY},
    {"Resource", TASK, V_STRING},
    {"TimeoutSeconds", TASK, V_POSITIVE_SECONDS},
    {"TimeoutSecondsPath", TASK, V_PATH},
    {"HeartbeatSeconds", TASK, V_POSITIVE_SECONDS},
    {"HeartbeatSecondsPath", TASK, V_PATH},
    {"Credentials", TASK, V_REFUSED},
    {"Choices", CHOICE, V_ARRAY},
    {"Default", CHOICE, V_STRING},
    {"Seconds", WAIT, V_SECONDS},
    {"SecondsPath", WAIT, V_PATH},
    {"Timestamp", WAIT, V_TIMESTAMP},
    {"TimestampPath", WAIT, V_PATH},
    {"Error", FAIL, V_STRING},
    {"ErrorPath", FAIL, V_EXPRESSION},
    {"Cause", FAIL, V_STRING},
    {"CausePath", FAIL, V_EXPRESSION},
    {"Branches", PARALLEL, V_ARRAY},
    {"ItemProcessor", MAP, V_OBJECT},
    {"Iterator", MAP, V_OBJECT},
    {"ItemsPath", MAP, V_PATH},
    {"ItemSelector", MAP, V_TEMPLATE},
    {"MaxConcurrency", MAP, V_SECONDS},
    {"MaxConcurrencyPath", MAP, V_PATH},
    {"ItemReader", MAP, V_REFUSED},
    {"ItemBatcher", MAP, V_REFUSED},
    {"ResultWriter", MAP, V_REFUSED},
    {"Label", MAP, V_REFUSED},
    {"ToleratedFailureCount", MAP, V_REFUSED},
    {"ToleratedFailureCountPath", MAP, V_REFUSED},
    {"ToleratedFailurePercentage", MAP, V_REFUSED},
    {"ToleratedFailurePercentagePath", MAP, V_REFUSED},
};

// --- values

static bool is_whole(const struct json *value, int64_t least, int64_t most)
{
    int64_t number;
    return json_as_i64(value, &number) && number >= least && number <= most;
}

static bool is_path(struct compiler *c, const struct json *value, bool reference)
{
    return json_is(value, JSON_STRING) &&
           scope_path_check(c->arena, value->text, reference, NULL) == OK;
}

static void check_value(struct compiler *c, struct str at, struct str name, enum value_kind kind,
                        const struct json *value)
{
    struct error error = {0};
    int64_t ms;
    const char *problem = NULL;
    switch (kind) {
    case V_ANY:
        return;
    case V_STRING:
        problem = json_is(value, JSON_STRING) ? NULL : "Expected value of type String";
        break;
    case V_BOOL:
        problem = json_is(value, JSON_BOOL) ? NULL : "Expected value of type Boolean";
        break;
    case V_OBJECT:
        problem = json_is(value, JSON_OBJECT) ? NULL : "Expected value of type Object";
        break;
    case V_ARRAY:
        problem = json_is(value, JSON_ARRAY) ? NULL : "Expected value of type Array";
        break;
    case V_SECONDS:
        problem =
            is_whole(value, 0, SECONDS_MAX) ? NULL : "Expected an Integer between 0 and 99999999";
        break;
    case V_POSITIVE_SECONDS:
        problem =
            is_whole(value, 1, SECONDS_MAX) ? NULL : "Expected an Integer between 1 and 99999999";
        break;
    case V_TIMESTAMP:
        problem =
            time_parse_iso(json_as_str(value), &ms) ? NULL : "Expected a valid RFC3339 timestamp";
        break;
    case V_TEMPLATE:
        problem = template_check(c->arena, value, &error) == OK ? NULL : error.text;
        break;
    case V_PATH:
    case V_PATH_OR_NULL:
        problem = is_path(c, value, false) || (kind == V_PATH_OR_NULL && json_is(value, JSON_NULL))
                      ? NULL
                      : "Value is not a valid JSONPath";
        break;
    case V_REFERENCE_OR_NULL:
        problem = is_path(c, value, true) || json_is(value, JSON_NULL)
                      ? NULL
                      : "Value is not a Reference Path";
        break;
    case V_EXPRESSION:
        problem = is_path(c, value, false) || (json_is(value, JSON_STRING) &&
                                               intrinsic_check(c->arena, value->text, NULL) == OK)
                      ? NULL
                      : "Value is not a valid JSONPath or intrinsic function call";
        break;
    case V_REFUSED:
        compiler_refuse(c, at, "Field '%.*s' is not implemented by this server", STR_ARG(name));
        return;
    }
    if (problem)
        compiler_refuse(c, at, "%s", problem);
}

static void check_fields(struct compiler *c, const struct asl_state *state, struct str location)
{
    JSON_EACH_MEMBER (member, state->json) {
        size_t i = 0, rows = sizeof FIELDS / sizeof *FIELDS;
        while (i < rows && !str_is(member->name, FIELDS[i].name))
            i++;
        struct str at = str_format(c->arena, "%.*s/%.*s", STR_ARG(location), STR_ARG(member->name));
        if (i == rows || !(FIELDS[i].types & (1u << state->type)))
            compiler_refuse(c, at, "Field '%.*s' is not supported", STR_ARG(member->name));
        else
            check_value(c, at, member->name, FIELDS[i].kind, member->value);
    }
}

// --- Retry and Catch

static void check_errors(struct compiler *c, const struct json *handler, bool last,
                         struct str location)
{
    const struct json *errors = json_get(handler, "ErrorEquals");
    if (!json_is(errors, JSON_ARRAY) || errors->count == 0) {
        compiler_refuse(c, location,
                        "The field 'ErrorEquals' must be a non-empty array of strings");
        return;
    }
    JSON_EACH (error, errors) {
        if (!json_is(error, JSON_STRING))
            compiler_refuse(c, compiler_at(c, location, "ErrorEquals"),
                            "Expected value of type String");
        else if (str_is(error->text, "States.ALL") && (errors->count > 1 || !last))
            compiler_refuse(c, compiler_at(c, location, "ErrorEquals"),
                            "'States.ALL' must appear alone and in the last element");
    }
}

static void check_retrier(struct compiler *c, const struct json *retrier, struct str location)
{
    static const struct {
        const char *name;
        int64_t least, most;
    } whole[] = {{"IntervalSeconds", 0, SECONDS_MAX},
                 {"MaxAttempts", 0, SECONDS_MAX},
                 {"MaxDelaySeconds", 1, 31622400}};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (json_has(retrier, whole[i].name) &&
            !is_whole(json_get(retrier, whole[i].name), whole[i].least, whole[i].most))
            compiler_refuse(c, compiler_at(c, location, whole[i].name),
                            "Expected an Integer between %lld and %lld", (long long)whole[i].least,
                            (long long)whole[i].most);
    if (json_has(retrier, "BackoffRate") && json_double_or(retrier, "BackoffRate", 0) < 1.0)
        compiler_refuse(c, compiler_at(c, location, "BackoffRate"),
                        "Expected a number of at least 1.0");
    struct str jitter = json_str_or(retrier, "JitterStrategy", S("NONE"));
    if (!str_is(jitter, "NONE") && !str_is(jitter, "FULL"))
        compiler_refuse(c, compiler_at(c, location, "JitterStrategy"),
                        "Value must be one of [FULL, NONE]");
    if (json_has(retrier, "MaxDelaySeconds") &&
        json_i64_or(retrier, "MaxDelaySeconds", 0) <= json_i64_or(retrier, "IntervalSeconds", 1))
        compiler_refuse(c, compiler_at(c, location, "MaxDelaySeconds"),
                        "Must be greater than IntervalSeconds");
}

static void check_target(struct compiler *c, const struct asl_machine *machine, struct str target,
                         struct str location)
{
    for (size_t i = 0; i < machine->count; i++)
        if (str_eq(machine->states[i]->name, target))
            return;
    diagnostic_add(c->arena, c->diagnostics, "MISSING_TRANSITION_TARGET", location,
                   "Missing 'Next' target: %.*s", STR_ARG(target));
}

static bool one_of(struct str name, const char *const *names)
{
    for (; *names; names++)
        if (str_is(name, *names))
            return true;
    return false;
}

static void check_handlers(struct compiler *c, const struct asl_state *state, const char *field,
                           struct str location)
{
    static const char *const retry_fields[] = {
        "ErrorEquals",     "IntervalSeconds", "MaxAttempts", "BackoffRate",
        "MaxDelaySeconds", "JitterStrategy",  "Comment",     NULL};
    static const char *const catch_fields[] = {"ErrorEquals", "Next", "ResultPath", "Comment",
                                               NULL};
    const struct json *handlers = json_get(state->json, field);
    bool catches = field[0] == 'C';
    JSON_EACH (handler, handlers) {
        struct str at = str_format(c->arena, "%.*s/%s[%zu]", STR_ARG(location), field,
                                   (size_t)(handler_at - handlers->items));
        if (!json_is(handler, JSON_OBJECT)) {
            compiler_refuse(c, at, "Expected value of type Object");
            continue;
        }
        JSON_EACH_MEMBER (member, handler)
            if (!one_of(member->name, catches ? catch_fields : retry_fields))
                compiler_refuse(c, at, "Field '%.*s' is not supported", STR_ARG(member->name));
        check_errors(c, handler, handler_at + 1 == handler_end, at);
        if (!catches) {
            check_retrier(c, handler, at);
            continue;
        }
        if (!json_is(json_get(handler, "Next"), JSON_STRING))
            compiler_refuse(c, at, "These fields are required: [Next]");
        else
            check_target(c, state->machine, json_str(handler, "Next"), compiler_at(c, at, "Next"));
        if (json_has(handler, "ResultPath"))
            check_value(c, compiler_at(c, at, "ResultPath"), S("ResultPath"), V_REFERENCE_OR_NULL,
                        json_get(handler, "ResultPath"));
    }
}

// --- what each type needs

static size_t count_of(const struct json *object, const char *const *names)
{
    size_t count = 0;
    for (; *names; names++)
        count += json_has(object, *names);
    return count;
}

static void check_pair(struct compiler *c, const struct asl_state *state, const char *a,
                       const char *b, struct str location)
{
    if (json_has(state->json, a) && json_has(state->json, b))
        compiler_refuse(c, location, "Only one of the fields [%s, %s] may be given", a, b);
}

static void check_choices(struct compiler *c, const struct asl_state *state, struct str location)
{
    const struct json *choices = json_get(state->json, "Choices");
    if (!json_is(choices, JSON_ARRAY) || choices->count == 0)
        compiler_refuse(c, location, "The field 'Choices' must be a non-empty array");
    JSON_EACH (rule, choices) {
        struct error error = {0};
        struct str at = str_format(c->arena, "%.*s/Choices[%zu]", STR_ARG(location),
                                   (size_t)(rule_at - choices->items));
        if (choice_check(c->arena, rule, true, &error) != OK)
            compiler_refuse(c, at, "%s", error.text);
        else
            check_target(c, state->machine, json_str(rule, "Next"), compiler_at(c, at, "Next"));
    }
    if (json_is(json_get(state->json, "Default"), JSON_STRING))
        check_target(c, state->machine, json_str(state->json, "Default"),
                     compiler_at(c, location, "Default"));
}

static void check_map(struct compiler *c, const struct asl_state *state, struct str location)
{
    const struct json *processor = json_get(state->json, "ItemProcessor");
    struct str mode = json_str_or(json_get(processor, "ProcessorConfig"), "Mode", S("INLINE"));
    if (str_is(mode, "DISTRIBUTED"))
        compiler_refuse(c, compiler_at(c, location, "ItemProcessor/ProcessorConfig/Mode"),
                        "Mode 'DISTRIBUTED' is not implemented by this server; use 'INLINE'");
    else if (!str_is(mode, "INLINE"))
        compiler_refuse(c, compiler_at(c, location, "ItemProcessor/ProcessorConfig/Mode"),
                        "Value must be one of [DISTRIBUTED, INLINE]");
    check_pair(c, state, "ItemProcessor", "Iterator", location);
    check_pair(c, state, "ItemSelector", "Parameters", location);
    check_pair(c, state, "MaxConcurrency", "MaxConcurrencyPath", location);
}

static void check_task(struct compiler *c, const struct asl_state *state, struct str location)
{
    if (!json_has(state->json, "Resource"))
        compiler_refuse(c, location, "These fields are required: [Resource]");
    check_pair(c, state, "TimeoutSeconds", "TimeoutSecondsPath", location);
    check_pair(c, state, "HeartbeatSeconds", "HeartbeatSecondsPath", location);
    if (json_has(state->json, "TimeoutSeconds") && json_has(state->json, "HeartbeatSeconds") &&
        json_i64_or(state->json, "HeartbeatSeconds", 0) >=
            json_i64_or(state->json, "TimeoutSeconds", 0))
        compiler_refuse(c, location, "HeartbeatSeconds must be smaller than TimeoutSeconds");
}

static void check_type(struct compiler *c, const struct asl_state *state, struct str location)
{
    static const char *const wait_fields[] = {"Seconds", "SecondsPath", "Timestamp",
                                              "TimestampPath", NULL};
    switch (state->type) {
    case ASL_TASK:
        check_task(c, state, location);
        break;
    case ASL_CHOICE:
        check_choices(c, state, location);
        break;
    case ASL_WAIT:
        if (count_of(state->json, wait_fields) != 1)
            compiler_refuse(c, location,
                            "Exactly one of the fields [Seconds, SecondsPath, Timestamp, "
                            "TimestampPath] is required");
        break;
    case ASL_FAIL:
        check_pair(c, state, "Error", "ErrorPath", location);
        check_pair(c, state, "Cause", "CausePath", location);
        break;
    case ASL_MAP:
        check_map(c, state, location);
        break;
    case ASL_PASS:
    case ASL_SUCCEED:
    case ASL_PARALLEL:
        break;
    }
}

static void check_transition(struct compiler *c, const struct asl_state *state, struct str location)
{
    if (!(GOES_ON & (1u << state->type)))
        return;
    bool ends = json_bool_or(state->json, "End", false);
    if (json_is(json_get(state->json, "Next"), JSON_STRING))
        check_target(c, state->machine, state->next, compiler_at(c, location, "Next"));
    if (ends == json_has(state->json, "Next"))
        compiler_refuse(c, location,
                        ends ? "Only one of the fields [Next, End] may be given"
                             : "One of the fields [Next, End] is required");
}

// --- reachability

static size_t index_of(const struct asl_machine *machine, struct str name)
{
    for (size_t i = 0; i < machine->count; i++)
        if (str_eq(machine->states[i]->name, name))
            return i;
    return machine->count;
}

struct reach {
    const struct asl_machine *machine;
    bool *reached;
    size_t *queue;
    size_t count;
};

static void reach_name(struct reach *reach, struct str name)
{
    size_t i = index_of(reach->machine, name);
    if (i == reach->machine->count || reach->reached[i])
        return;
    reach->reached[i] = true;
    reach->queue[reach->count++] = i;
}

static void check_reachable(struct compiler *c, const struct asl_machine *machine)
{
    struct reach reach = {machine, ARENA_ARRAY(c->arena, bool, machine->count),
                          ARENA_ARRAY(c->arena, size_t, machine->count), 0};
    reach_name(&reach, machine->start_at);
    for (size_t next = 0; next < reach.count; next++) {
        const struct json *state = machine->states[reach.queue[next]]->json;
        reach_name(&reach, json_str(state, "Next"));
        reach_name(&reach, json_str(state, "Default"));
        JSON_EACH (rule, json_get(state, "Choices"))
            reach_name(&reach, json_str(rule, "Next"));
        JSON_EACH (catcher, json_get(state, "Catch"))
            reach_name(&reach, json_str(catcher, "Next"));
    }
    for (size_t i = 0; i < machine->count; i++) {
        const struct asl_state *state = machine->states[i];
        if (!reach.reached[i])
            diagnostic_add(c->arena, c->diagnostics, "MISSING_TRANSITION_TARGET", state->location,
                           "State \"%.*s\" is not reachable.", STR_ARG(state->name));
        for (size_t k = 0; k < state->branch_count; k++)
            check_reachable(c, state->branches[k]);
    }
}

// --- the whole

static void check_language(struct compiler *c, const struct json *json, struct str location)
{
    struct str language = json_str_or(json, "QueryLanguage", S("JSONPath"));
    if (str_is(language, "JSONata"))
        compiler_refuse(
            c, compiler_at(c, location, "QueryLanguage"),
            "QueryLanguage 'JSONata' is not implemented by this server; use 'JSONPath'");
    else if (!str_is(language, "JSONPath"))
        compiler_refuse(c, compiler_at(c, location, "QueryLanguage"),
                        "Value must be one of [JSONPath, JSONata]");
}

static void check_top(struct compiler *c)
{
    static const char *const fields[] = {"Comment",        "StartAt",       "States", "Version",
                                         "TimeoutSeconds", "QueryLanguage", NULL};
    const struct json *json = c->asl->json;
    JSON_EACH_MEMBER (member, json)
        if (!one_of(member->name, fields))
            compiler_refuse(c, str_format(c->arena, "/%.*s", STR_ARG(member->name)),
                            "Field '%.*s' is not supported", STR_ARG(member->name));
    if (json_has(json, "TimeoutSeconds"))
        check_value(c, S("/TimeoutSeconds"), S("TimeoutSeconds"), V_POSITIVE_SECONDS,
                    json_get(json, "TimeoutSeconds"));
    if (json_has(json, "Version") && !str_is(json_str(json, "Version"), "1.0"))
        compiler_refuse(c, S("/Version"), "Value must be one of [1.0]");
    check_language(c, json, S(""));
}

void compiler_check(struct compiler *c)
{
    check_top(c);
    for (size_t i = 0; i < c->asl->count; i++) {
        const struct asl_state *state = c->asl->states[i];
        struct str location = state->location;
        check_language(c, state->json, location);
        check_fields(c, state, location);
        check_type(c, state, location);
        check_transition(c, state, location);
        check_handlers(c, state, "Retry", location);
        check_handlers(c, state, "Catch", location);
    }
    check_reachable(c, c->asl->top);
}
