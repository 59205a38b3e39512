// SPDX-License-Identifier: Apache-2.0
// The operations on machines and executions, with each error they can return.
#include "states_fixture.h"

#define PASS "{'StartAt':'P','States':{'P':{'Type':'Pass','End':true}}}"

static void create_refused(struct fixture *f, const char *code, const char *name,
                           const char *definition)
{
    struct json *reply = NULL;
    if (fixture_run(f, "states", "CreateStateMachine", create_input(f, name, definition), &reply) ==
        OK)
        fail_msg("%s was created", definition);
    assert_string_equal(f->call->code->code, code);
}

static void makes_machines(void **state)
{
    struct fixture *f = *state;
    create(f, "m", PASS);
    create(f, "m", PASS); // the same again
    create_refused(f, "StateMachineAlreadyExists", "m",
                   "{'StartAt':'Q','States':{'Q':{'Type':'Pass','End':true}}}");
    create_refused(f, "InvalidName", "a b", PASS);
    struct json *input = create_input(f, "x", PASS), *reply = NULL;
    json_set_str(&f->arena, input, "roleArn", S("role"));
    assert_int_equal(fixture_run(f, "states", "CreateStateMachine", input, &reply), ERR_CODED);
    assert_string_equal(f->call->code->code, "InvalidArn");

    reply = fixture_ok(f, "states", "DescribeStateMachine", "{'stateMachineArn': '" MACHINE "m'}");
    assert_str(json_str(reply, "status"), "ACTIVE");
    assert_str(json_str(reply, "type"), "STANDARD");
    assert_str(json_str(json_get(reply, "loggingConfiguration"), "level"), "OFF");
    assert_true(str_contains(json_str(reply, "definition"), S("StartAt")));
    fixture_refused(f, "StateMachineDoesNotExist", "states", "DescribeStateMachine",
                    "{'stateMachineArn': '" MACHINE "none'}");
    fixture_refused(f, "InvalidArn", "states", "DescribeStateMachine", "{'stateMachineArn': 'm'}");
    fixture_refused(f, "InvalidArn", "states", "DescribeStateMachine",
                    "{'stateMachineArn': '" EXECUTION "m:e'}");

    fixture_refused(f, "MissingRequiredParameter", "states", "UpdateStateMachine",
                    "{'stateMachineArn': '" MACHINE "m'}");
    reply = fixture_ok(f, "states", "UpdateStateMachine",
                       "{'stateMachineArn': '" MACHINE "m', 'roleArn': '" ROLE "2'}");
    assert_true(json_has(reply, "revisionId"));
    reply = fixture_ok(f, "states", "DescribeStateMachine", "{'stateMachineArn': '" MACHINE "m'}");
    assert_str(json_str(reply, "roleArn"), ROLE "2");
    fixture_ok(f, "states", "DeleteStateMachine", "{'stateMachineArn': '" MACHINE "m'}");
    fixture_ok(f, "states", "DeleteStateMachine", "{'stateMachineArn': '" MACHINE "m'}");
    fixture_refused(f, "StateMachineDoesNotExist", "states", "DescribeStateMachine",
                    "{'stateMachineArn': '" MACHINE "m'}");
}

static void lists_machines(void **state)
{
    struct fixture *f = *state;
    create(f, "a", PASS);
    create(f, "b", PASS);
    create(f, "c", PASS);
    struct json *reply = fixture_ok(f, "states", "ListStateMachines", "{'maxResults': 2}");
    assert_int_equal(json_count(json_get(reply, "stateMachines")), 2);
    reply = fixture_ok(f, "states", "ListStateMachines", "{'maxResults': 2, 'nextToken': '%.*s'}",
                       STR_ARG(json_str(reply, "nextToken")));
    assert_int_equal(json_count(json_get(reply, "stateMachines")), 1);
    assert_str(json_str(json_at(json_get(reply, "stateMachines"), 0), "name"), "c");
    assert_false(json_has(reply, "nextToken"));
    fixture_refused(f, "InvalidToken", "states", "ListStateMachines", "{'nextToken': 'x'}");
}

static void tags(void **state)
{
    struct fixture *f = *state;
    create(f, "m", PASS);
    fixture_ok(f, "states", "TagResource",
               "{'resourceArn': '" MACHINE
               "m', 'tags': [{'key':'a','value':'1'},{'key':'b','value':'2'}]}");
    fixture_ok(f, "states", "UntagResource", "{'resourceArn': '" MACHINE "m', 'tagKeys': ['a']}");
    struct json *reply =
        fixture_ok(f, "states", "ListTagsForResource", "{'resourceArn': '" MACHINE "m'}");
    assert_str(json_text(&f->arena, json_get(reply, "tags")), "[{\"key\":\"b\",\"value\":\"2\"}]");
    fixture_refused(f, "ResourceNotFound", "states", "ListTagsForResource",
                    "{'resourceArn': '" MACHINE "none'}");
}

static void checks_definitions(void **state)
{
    struct fixture *f = *state;
    static const char *const cases[][2] = {
        {"{", "INVALID_JSON_DESCRIPTION"},
        {"{}", "SCHEMA_VALIDATION_FAILED: These fields are required: [StartAt, States] at /"},
        {"{'StartAt':'A','States':{}}",
         "SCHEMA_VALIDATION_FAILED: Expected a non-empty Object at /States"},
        {"{'StartAt':'B','States':{'A':{'Type':'Succeed'}}}",
         "MISSING_TRANSITION_TARGET: Missing `Next` target: B at /StartAt"},
        {ONE("'Type':'Nope'"), "SCHEMA_VALIDATION_FAILED: Value must be one of"},
        {"{'StartAt':'A','States':{'A':{'Type':'Pass','Next':'B'}}}",
         "MISSING_TRANSITION_TARGET: Missing `Next` target: B at /States/A/Next"},
        {"{'StartAt':'A','States':{'A':{'Type':'Pass'}}}",
         "SCHEMA_VALIDATION_FAILED: One of the fields [Next, End] is "
         "required at /States/A"},
        {"{'StartAt':'A','States':{'A':{'Type':'Succeed'},'B':{'Type':'Succeed'}}}",
         "MISSING_TRANSITION_TARGET: State 'B' is not reachable. at /States/B"},
        {ONE("'Type':'Pass','Frobnicate':1"),
         "SCHEMA_VALIDATION_FAILED: Field `Frobnicate` is not supported at "
         "/States/X/Frobnicate"},
        {ONE("'Type':'Pass','Parameters':{'a.$':'x'}"),
         "SCHEMA_VALIDATION_FAILED: The value for the field `a.$` must be a valid JSONPath or a "
         "valid intrinsic function "
         "call at /States/X/Parameters"},
        {ONE("'Type':'Pass','ResultPath':'$.a[*]'"),
         "Value is not a Reference Path at /States/X/ResultPath"},
        {ONE("'Type':'Pass','InputPath':'a'"),
         "Value is not a valid JSONPath at /States/X/InputPath"},
        {ONE("'Type':'Pass','Assign':{'a':1}"),
         "Field `Assign` is not implemented by this server at /States/X/Assign"},
        {"{'QueryLanguage':'JSONata','StartAt':'A','States':{'A':{'Type':'Succeed'}}}",
         "QueryLanguage `JSONata` is not implemented by this server"},
        {ONE("'Type':'Task'"), "These fields are required: [Resource] at /States/X"},
        {ONE("'Type':'Task','Resource':'arn:aws:states:::nothing:here'"),
         "SCHEMA_VALIDATION_FAILED: The resource provided arn:aws:states:::nothing:here is not "
         "recognized. The value is "
         "not a valid resource ARN, or the resource is not available in this region. at "
         "/States/X/Resource"},
        {ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:sqs:frobnicate'"),
         "is not recognized"},
        {ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:sqs:sendMessage.sync'"),
         "is not recognized"},
        {ONE("'Type':'Wait'"),
         "Exactly one of the fields [Seconds, SecondsPath, Timestamp, TimestampPath] is required"},
        {ONE("'Type':'Wait','Seconds':-1"),
         "Expected an Integer between 0 and 99999999 at /States/X/Seconds"},
        {ONE("'Type':'Wait','Timestamp':'noon'"), "Expected a valid RFC3339 timestamp"},
        {"{'StartAt':'C','States':{'C':{'Type':'Choice','Choices':[]}}}",
         "must be a non-empty array"},
        {"{'StartAt':'C','States':{'C':{'Type':'Choice','Choices':[{'Variable':'$.a','Next':'C'}]}}"
         "}",
         "A choice rule needs exactly one comparison operator at /States/C/Choices[0]"},
        {ONE("'Type':'Parallel','Branches':[]"), "The field `Branches` must be a non-empty array"},
        {ONE("'Type':'Parallel','Branches':[{'StartAt':'X','States':{'X':{'Type':'Succeed'}}}]"),
         "DUPLICATE_STATE_NAME: Duplicate State name: X at /States/X/Branches[0]/States/X"},
        {ONE("'Type':'Map'"), "These fields are required: [ItemProcessor] at /States/X"},
        {ONE("'Type':'Map','ItemProcessor':{'ProcessorConfig':{'Mode':'DISTRIBUTED','ExecutionType'"
             ":'STANDARD'},"
             "'StartAt':'I','States':{'I':{'Type':'Succeed'}}}"),
         "Mode `DISTRIBUTED` is not implemented by this server"},
        {ONE("'Type':'Parallel','Branches':[{'StartAt':'I','States':{'I':{'Type':'Succeed'}}}],'"
             "Retry':[{'ErrorEquals':"
             "['States.ALL']},{'ErrorEquals':['x']}]"),
         "`States.ALL` must appear alone and in the last element at "
         "/States/X/Retry[0]/ErrorEquals"},
        {ONE("'Type':'Parallel','Branches':[{'StartAt':'I','States':{'I':{'Type':'Succeed'}}}],'"
             "Catch':[{'ErrorEquals':"
             "['x']}]"),
         "These fields are required: [Next] at /States/X/Catch[0]"},
        {ONE("'Type':'Parallel','Branches':[{'StartAt':'I','States':{'I':{'Type':'Succeed'}}}],'"
             "Retry':[{'ErrorEquals':"
             "['x'],'BackoffRate':0.5}]"),
         "Expected a number of at least 1.0"},
        {"{'StartAt':'F','States':{'F':{'Type':'Fail','Error':'a','ErrorPath':'$.b'}}}",
         "Only one of the fields [Error, ErrorPath] may be given"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        create_refused(f, "InvalidDefinition", "x", cases[i][0]);
        struct str text = str_of(f->call->error.text);
        if (!str_starts(text, S("Invalid State Machine Definition: '")) ||
            !str_contains(text, quoted(f, cases[i][1])))
            fail_msg("%s\n instead of %s", f->call->error.text, cases[i][1]);
    }
    struct json *input = json_object(&f->arena), *reply = NULL;
    json_set_str(&f->arena, input, "definition",
                 quoted(f, "{'StartAt':'A','States':{'A':{'Type':'Pass'},'B':{'Type':'X'}}}"));
    assert_int_equal(fixture_run(f, "states", "ValidateStateMachineDefinition", input, &reply), OK);
    assert_str(json_str(reply, "result"), "FAIL");
    assert_int_equal(json_count(json_get(reply, "diagnostics")), 2);
    json_set_str(&f->arena, input, "definition", quoted(f, PASS));
    assert_int_equal(fixture_run(f, "states", "ValidateStateMachineDefinition", input, &reply), OK);
    assert_str(json_str(reply, "result"), "OK");
}

static void starts_once(void **state)
{
    struct fixture *f = *state;
    create(f, "m", "{'StartAt':'W','States':{'W':{'Type':'Wait','Seconds':10,'End':true}}}");
    start(f, "m", "e", "{'a':1}");
    start(f, "m", "e", "{ 'a' : 1 }");
    fixture_refused(f, "ExecutionAlreadyExists", "states", "StartExecution",
                    "{'stateMachineArn': '" MACHINE "m', 'name': 'e', 'input': '{}'}");
    fixture_refused(f, "InvalidExecutionInput", "states", "StartExecution",
                    "{'stateMachineArn': '" MACHINE "m', 'input': '{'}");
    fixture_refused(f, "InvalidName", "states", "StartExecution",
                    "{'stateMachineArn': '" MACHINE "m', 'name': 'a b'}");
    fixture_refused(f, "StateMachineDoesNotExist", "states", "StartExecution",
                    "{'stateMachineArn': '" MACHINE "none'}");
    pass_time(f, 10000);
    expect_status(f, "m", "e", "SUCCEEDED");
    fixture_refused(f, "ExecutionAlreadyExists", "states", "StartExecution",
                    "{'stateMachineArn': '" MACHINE "m', 'name': 'e', 'input': '{\\'a\\':1}'}");
    fixture_refused(f, "ExecutionDoesNotExist", "states", "DescribeExecution",
                    "{'executionArn': '" EXECUTION "m:x'}");
    fixture_refused(f, "ExecutionDoesNotExist", "states", "StopExecution",
                    "{'executionArn': '" EXECUTION "m:x'}");
    fixture_refused(f, "ExecutionDoesNotExist", "states", "RedriveExecution",
                    "{'executionArn': '" EXECUTION "m:x'}");
    fixture_refused(f, "ExecutionDoesNotExist", "states", "GetExecutionHistory",
                    "{'executionArn': '" EXECUTION "m:x'}");
    fixture_refused(f, "InvalidArn", "states", "DescribeExecution",
                    "{'executionArn': '" MACHINE "m'}");

    // A running execution keeps its definition.
    start(f, "m", "e2", "{}");
    struct json *input = json_object(&f->arena), *reply = NULL;
    json_set_str(&f->arena, input, "stateMachineArn", S(MACHINE "m"));
    json_set_str(&f->arena, input, "definition",
                 quoted(f, "{'StartAt':'F','States':{'F':{'Type':'Fail'}}}"));
    assert_int_equal(fixture_run(f, "states", "UpdateStateMachine", input, &reply), OK);
    reply = fixture_ok(f, "states", "DescribeStateMachineForExecution",
                       "{'executionArn': '" EXECUTION "m:e2'}");
    assert_true(str_contains(json_str(reply, "definition"), S("Wait")));
    pass_time(f, 10000);
    expect_status(f, "m", "e2", "SUCCEEDED");
    start(f, "m", "e3", "{}");
    expect_status(f, "m", "e3", "FAILED");
}

static void lists_executions(void **state)
{
    struct fixture *f = *state;
    create(f, "m", PASS);
    create(f, "w", "{'StartAt':'W','States':{'W':{'Type':'Wait','Seconds':10,'End':true}}}");
    for (int i = 0; i < 5; i++) {
        char name[8];
        snprintf(name, sizeof name, "e%d", i);
        start(f, "m", name, "{}");
        clock_advance(f->clock, 1000);
    }
    start(f, "w", "other", "{}");
    struct json *reply = fixture_ok(f, "states", "ListExecutions",
                                    "{'stateMachineArn': '" MACHINE "m', 'maxResults': 3}");
    assert_str(json_str(json_at(json_get(reply, "executions"), 0), "name"), "e4");
    reply = fixture_ok(f, "states", "ListExecutions",
                       "{'stateMachineArn': '" MACHINE "m', 'nextToken': '%.*s'}",
                       STR_ARG(json_str(reply, "nextToken")));
    assert_int_equal(json_count(json_get(reply, "executions")), 2);
    assert_str(json_str(json_at(json_get(reply, "executions"), 1), "name"), "e0");
    reply = fixture_ok(f, "states", "ListExecutions",
                       "{'stateMachineArn': '" MACHINE "m', 'statusFilter': 'RUNNING'}");
    assert_int_equal(json_count(json_get(reply, "executions")), 0);
    reply = fixture_ok(f, "states", "ListExecutions",
                       "{'stateMachineArn': '" MACHINE "w', 'statusFilter': 'RUNNING'}");
    assert_int_equal(json_count(json_get(reply, "executions")), 1);
    fixture_refused(f, "InvalidToken", "states", "ListExecutions",
                    "{'stateMachineArn': '" MACHINE "m', 'nextToken': 'x'}");
    fixture_refused(f, "ValidationException", "states", "ListExecutions", "{}");
}

static void runs_express(void **state)
{
    struct fixture *f = *state;
    struct json *input = create_input(
                    f, "x",
                    "{'StartAt':'P','States':{'P':{'Type':'Pass','Parameters':{'v.$':'$.a'},"
                    "'Next':'C'},'C':{'Type':'Choice','Choices':[{'Variable':'$.v',"
                    "'NumericEquals':1,'Next':'S'}],'Default':'F'},'S':{'Type':'Succeed'},"
                    "'F':{'Type':'Fail','Error':'E'}}}"),
                *reply = NULL;
    json_set_str(&f->arena, input, "type", S("EXPRESS"));
    assert_int_equal(fixture_run(f, "states", "CreateStateMachine", input, &reply), OK);
    reply = fixture_ok(f, "states", "StartSyncExecution",
                       "{'stateMachineArn': '" MACHINE "x', 'name': 'n', 'input': '{\\'a\\':1}'}");
    assert_str(json_str(reply, "status"), "SUCCEEDED");
    assert_str(json_str(reply, "output"), "{\"v\":1}");
    reply = fixture_ok(f, "states", "StartSyncExecution",
                       "{'stateMachineArn': '" MACHINE "x', 'name': 'n', 'input': '{\\'a\\':2}'}");
    assert_str(json_str(reply, "status"), "FAILED");
    assert_str(json_str(reply, "error"), "E");
    reply = fixture_ok(f, "states", "StartExecution",
                       "{'stateMachineArn': '" MACHINE "x', 'name': 'n', 'input': '{\\'a\\':2}'}");
    assert_true(str_starts(json_str(reply, "executionArn"),
                           S("arn:aws:states:us-east-1:000000000000:express:x:n:")));
    fixture_refused(f, "StateMachineTypeNotSupported", "states", "ListExecutions",
                    "{'stateMachineArn': '" MACHINE "x'}");
    create(f, "m", PASS);
    fixture_refused(f, "StateMachineTypeNotSupported", "states", "StartSyncExecution",
                    "{'stateMachineArn': '" MACHINE "m'}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAKE_TEST(makes_machines),     LAKE_TEST(lists_machines), LAKE_TEST(tags),
        LAKE_TEST(checks_definitions), LAKE_TEST(starts_once),    LAKE_TEST(lists_executions),
        LAKE_TEST(runs_express),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
