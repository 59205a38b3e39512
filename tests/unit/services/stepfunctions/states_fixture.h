// SPDX-License-Identifier: Apache-2.0
// Executions in a few words. In definitions and inputs, ' stands for " and ` for '.
#ifndef TESTS_STATES_FIXTURE_H
#define TESTS_STATES_FIXTURE_H

#include "../lake_fixture.h"

#define ROLE "arn:aws:iam::000000000000:role/workflow"
#define MACHINE "arn:aws:states:us-east-1:000000000000:stateMachine:"
#define EXECUTION "arn:aws:states:us-east-1:000000000000:execution:"
// One state X, which ends the machine.
#define ONE(state) "{'StartAt':'X','States':{'X':{" state ",'End':true}}}"

static inline struct str quoted(struct fixture *f, const char *text)
{
    char *copy = str_cstr(&f->arena, str_of(text));
    for (char *c = copy; *c; c++)
        *c = *c == '\'' ? '"' : *c == '`' ? '\'' : *c;
    return str_of(copy);
}

static inline struct json *create_input(struct fixture *f, const char *name, const char *definition)
{
    struct json *input = json_object(&f->arena);
    json_set_str(&f->arena, input, "name", str_of(name));
    json_set_str(&f->arena, input, "roleArn", S(ROLE));
    return json_set_str(&f->arena, input, "definition", quoted(f, definition));
}

static inline void create(struct fixture *f, const char *name, const char *definition)
{
    struct json *reply = NULL;
    if (fixture_run(f, "states", "CreateStateMachine", create_input(f, name, definition), &reply) !=
        OK)
        fail_msg("%s", f->call->error.text);
}

static inline void start(struct fixture *f, const char *name, const char *execution,
                         const char *text)
{
    struct json *input = json_object(&f->arena), *reply = NULL;
    json_set(&f->arena, input, "stateMachineArn", json_stringf(&f->arena, MACHINE "%s", name));
    json_set_str(&f->arena, input, "name", str_of(execution));
    json_set_str(&f->arena, input, "input", quoted(f, text));
    if (fixture_run(f, "states", "StartExecution", input, &reply) != OK)
        fail_msg("%s", f->call->error.text);
}

static inline struct json *describe(struct fixture *f, const char *name, const char *execution)
{
    return fixture_ok(f, "states", "DescribeExecution", "{'executionArn': '" EXECUTION "%s:%s'}",
                      name, execution);
}

static inline void expect_status(struct fixture *f, const char *name, const char *execution,
                                 const char *status)
{
    struct json *reply = describe(f, name, execution);
    if (!str_is(json_str(reply, "status"), status))
        fail_msg("%.*s", STR_ARG(json_text(&f->arena, reply)));
}

// Runs a machine of its own from start to end.
static inline struct json *run(struct fixture *f, const char *definition, const char *input)
{
    static int number;
    char name[32];
    snprintf(name, sizeof name, "m%d", number++);
    create(f, name, definition);
    start(f, name, "e", input);
    lake_run_due(f->lake);
    return describe(f, name, "e");
}

static inline void expect_output(struct fixture *f, const char *definition, const char *input,
                                 const char *output)
{
    struct json *reply = run(f, definition, input);
    if (!str_eq(json_str(reply, "output"), quoted(f, output)))
        fail_msg("%.*s\n instead of %s", STR_ARG(json_text(&f->arena, reply)), output);
    assert_str(json_str(reply, "status"), "SUCCEEDED");
}

static inline struct json *expect_failure(struct fixture *f, const char *definition,
                                          const char *input, const char *error, const char *cause)
{
    struct json *reply = run(f, definition, input);
    assert_str(json_str(reply, "status"), "FAILED");
    assert_str(json_str(reply, "error"), error);
    if (cause && !str_eq(json_str(reply, "cause"), quoted(f, cause)))
        fail_msg("%.*s\n instead of %s", STR_ARG(json_str(reply, "cause")), cause);
    return reply;
}

static inline struct json *history(struct fixture *f, struct str arn)
{
    struct json *reply = fixture_ok(f, "states", "GetExecutionHistory",
                                    "{'executionArn': '%.*s', 'maxResults': 1000}", STR_ARG(arn));
    return json_get(reply, "events");
}

// "ExecutionStarted:0 PassStateEntered:0 ...": types and previous ids.
static inline void expect_history(struct fixture *f, struct str arn, const char *expected)
{
    struct buf text = buf_in(&f->arena, 1 << 20);
    JSON_EACH (event, history(f, arn))
        buf_printf(&text, "%s%.*s:%d", text.len ? " " : "", STR_ARG(json_str(event, "type")),
                   (int)json_i64_or(event, "previousEventId", -1));
    if (!str_is(buf_str(&text), expected))
        fail_msg("\n%.*s\n instead of\n%s", STR_ARG(buf_str(&text)), expected);
}

static inline void pass_time(struct fixture *f, int64_t ms)
{
    clock_advance(f->clock, ms);
    lake_run_due(f->lake);
}

#define LAKE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

#endif
