// SPDX-License-Identifier: Apache-2.0
// Each state, its data flow and its history, without other services.
#include "states_fixture.h"

static void passes_data(void **state)
{
    struct fixture *f = *state;
    expect_output(f, ONE("'Type':'Pass'"), "{'a':1}", "{'a':1}");
    expect_output(f, ONE("'Type':'Pass','Result':{'r':[1]},'ResultPath':'$.x.y'"), "{'a':1}",
                  "{'a':1,'x':{'y':{'r':[1]}}}");
    expect_output(f, ONE("'Type':'Pass','Result':5,'ResultPath':null"), "{'a':1}", "{'a':1}");
    expect_output(f, ONE("'Type':'Pass','InputPath':'$.a','OutputPath':'$.b'"), "{'a':{'b':2}}",
                  "2");
    expect_output(f, ONE("'Type':'Pass','InputPath':null"), "{'a':1}", "{}");
    expect_output(
        f,
        ONE("'Type':'Pass','Parameters':{'k':[{'v.$':'$.a'}],'id.$':'States.Format(`{}-{}`, "
            "$$.Execution.Name, $$.State.Name)'}"),
        "{'a':[1,2]}", "{'k':[{'v':[1,2]}],'id':'e-X'}");
    expect_output(f, ONE("'Type':'Pass','Parameters':{'v.$':'$.a[7]'}"), "{'a':[]}", "{'v':null}");
    expect_output(f,
                  "{'StartAt':'A','States':{'A':{'Type':'Pass','Next':'B'},'B':{'Type':'Succeed','"
                  "OutputPath':'$.a'}}}",
                  "{'a':'x'}", "'x'");
}

static void writes_history(void **state)
{
    struct fixture *f = *state;
    struct json *reply =
        run(f, "{'StartAt':'A','States':{'A':{'Type':'Pass','Next':'B'},'B':{'Type':'Succeed'}}}",
            "{}");
    struct str arn = json_str(reply, "executionArn");
    expect_history(f, arn,
                   "ExecutionStarted:0 PassStateEntered:0 PassStateExited:2 SucceedStateEntered:3 "
                   "SucceedStateExited:4 ExecutionSucceeded:5");
    struct json *events = history(f, arn);
    assert_str(json_str(json_get(json_at(events, 0), "executionStartedEventDetails"), "roleArn"),
               ROLE);
    assert_str(json_str(json_get(json_at(events, 1), "stateEnteredEventDetails"), "input"), "{}");
    assert_str(json_str(json_get(json_at(events, 2), "stateExitedEventDetails"), "name"), "A");

    reply =
        fixture_ok(f, "states", "GetExecutionHistory",
                   "{'executionArn': '%.*s', 'maxResults': 4, 'reverseOrder': true}", STR_ARG(arn));
    assert_int_equal(json_i64_or(json_at(json_get(reply, "events"), 0), "id", 0), 6);
    reply = fixture_ok(
        f, "states", "GetExecutionHistory",
        "{'executionArn': '%.*s', 'maxResults': 4, 'reverseOrder': true, 'nextToken': '%.*s', "
        "'includeExecutionData': false}",
        STR_ARG(arn), STR_ARG(json_str(reply, "nextToken")));
    assert_int_equal(json_count(json_get(reply, "events")), 2);
    assert_false(json_has(reply, "nextToken"));
    assert_false(json_has(
        json_get(json_at(json_get(reply, "events"), 1), "executionStartedEventDetails"), "input"));
    fixture_refused(f, "InvalidToken", "states", "GetExecutionHistory",
                    "{'executionArn': '%.*s', 'nextToken': 'x'}", STR_ARG(arn));
}

static void chooses_and_fails(void **state)
{
    struct fixture *f = *state;
    static const char machine[] = "{'StartAt':'C','States':{'C':{'Type':'Choice','Choices':[{'"
                                  "Variable':'$.n','NumericGreaterThan':5,'Next':'Big'},"
                                  "{'Variable':'$.n','NumericEquals':0,'Next':'Zero'}],'Default':'"
                                  "Other'},'Big':{'Type':'Pass','Result':'big',"
                                  "'End':true},'Zero':{'Type':'Fail','Error':'Zero.Error','Cause':'"
                                  "it is 0'},'Other':{'Type':'Fail',"
                                  "'ErrorPath':'$.e','CausePath':'States.Format(`n={}`, $.n)'}}}";
    expect_output(f, machine, "{'n':6}", "'big'");
    struct json *reply = expect_failure(f, machine, "{'n':0}", "Zero.Error", "it is 0");
    expect_history(f, json_str(reply, "executionArn"),
                   "ExecutionStarted:0 ChoiceStateEntered:0 ChoiceStateExited:2 FailStateEntered:3 "
                   "ExecutionFailed:4");
    expect_failure(f, machine, "{'n':3,'e':'E'}", "E", "n=3");
    expect_failure(f, machine, "{}", "States.Runtime",
                   "An error occurred while executing the state `C` (entered at the event id #2). "
                   "Invalid path `$.n`: "
                   "The choice state`s condition path references an invalid value.");
    reply = expect_failure(
        f,
        "{'StartAt':'C','States':{'C':{'Type':'Choice','Choices':[{'Variable':'$.n',"
        "'NumericEquals':1,'Next':'D'}]},'D':{'Type':'Succeed'}}}",
        "{'n':2}", "States.Runtime",
        "An error occurred while executing the state `C` (entered at the event id #2). Failed to "
        "transition out of the state. The state does not point to a next state.");
    expect_history(f, json_str(reply, "executionArn"),
                   "ExecutionStarted:0 ChoiceStateEntered:0 ExecutionFailed:2");
}

static void says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    expect_failure(f, ONE("'Type':'Pass','Parameters':{'m.$':'$.nope'}"), "{'x':'a'}",
                   "States.Runtime",
                   "An error occurred while executing the state `X` (entered at the event id #2). "
                   "The JSONPath `$.nope` "
                   "specified for the field `m.$` could not be found in the input `{'x':'a'}`");
    expect_failure(f,
                   ONE("'Type':'Pass','Parameters':{'v.$':'States.Format(`{}`, States.Format(`{}`, "
                       "$.nope))'}"),
                   "{'other':1}", "States.Runtime",
                   "An error occurred while executing the state `X` (entered at the event id #2). "
                   "The function "
                   "`States.Format(`{}`, States.Format(`{}`, $.nope))` had the following error: "
                   "The JsonPath argument "
                   "for the field `$.nope` could not be found in the input `{'other':1}`");
    expect_failure(f, ONE("'Type':'Pass','Result':1,'ResultPath':'$.a.b'"), "{'a':3}",
                   "States.ResultPathMatchFailure", NULL);
    expect_failure(f, ONE("'Type':'Pass','InputPath':'$.nope'"), "{}", "States.Runtime", NULL);
}

static void waits(void **state)
{
    struct fixture *f = *state;
    create(f, "w",
           "{'StartAt':'W','States':{'W':{'Type':'Wait','SecondsPath':'$.s','Next':'V'},"
           "'V':{'Type':'Wait','TimestampPath':'$.t','OutputPath':'$.s','End':true}}}");
    start(f, "w", "e", "{'s':10,'t':'2026-11-22T00:00:20Z'}");
    pass_time(f, 9999);
    expect_status(f, "w", "e", "RUNNING");
    fixture_reopen(f);
    pass_time(f, 1);
    expect_history(f, S(EXECUTION "w:e"),
                   "ExecutionStarted:0 WaitStateEntered:0 WaitStateExited:2 WaitStateEntered:3");
    pass_time(f, 9999);
    expect_status(f, "w", "e", "RUNNING");
    pass_time(f, 1);
    expect_status(f, "w", "e", "SUCCEEDED");
    assert_str(json_str(describe(f, "w", "e"), "output"), "10");
    expect_failure(f, ONE("'Type':'Wait','SecondsPath':'$.s'"), "{'s':'x'}", "States.Runtime",
                   NULL);
    expect_output(f, ONE("'Type':'Wait','Seconds':0"), "{}", "{}");
}

static void runs_branches(void **state)
{
    struct fixture *f = *state;
    static const char machine[] = "{'StartAt':'P','States':{'P':{'Type':'Parallel','Branches':["
                                  "{'StartAt':'A1','States':{'A1':{'Type':'Pass','Next':'A2'},'A2':"
                                  "{'Type':'Pass','End':true}}},"
                                  "{'StartAt':'B1','States':{'B1':{'Type':'Pass','Next':'B2'},'B2':"
                                  "{'Type':'Pass','Result':7,'End':true}}}],"
                                  "'ResultSelector':{'second.$':'$[1]'},'ResultPath':'$.r','Next':'"
                                  "After'},'After':{'Type':'Pass','End':true}}}";
    struct json *reply = run(f, machine, "{'x':'a'}");
    assert_str(json_str(reply, "output"), "{\"x\":\"a\",\"r\":{\"second\":7}}");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 PassStateEntered:3 "
        "PassStateExited:4 PassStateEntered:3 PassStateExited:6 PassStateEntered:5 "
        "PassStateExited:8 "
        "PassStateEntered:7 PassStateExited:10 ParallelStateSucceeded:11 ParallelStateExited:11 "
        "PassStateEntered:13 PassStateExited:14 ExecutionSucceeded:15");
}

static void branch_failures(void **state)
{
    struct fixture *f = *state;
#define FAILING(rest)                                                                              \
    "{'StartAt':'P','States':{'P':{'Type':'Parallel','Branches':[{'StartAt':'Boom','States':{'"    \
    "Boom':{'Type':'Fail',"                                                                        \
    "'Error':'MyError','Cause':'my cause'}}}]," rest                                               \
    ",'Next':'Done'},'Done':{'Type':'Pass','End':true}}}"
    struct json *reply = expect_failure(f, FAILING("'Comment':'x'"), "{}", "MyError", "my cause");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 FailStateEntered:3 "
        "ParallelStateFailed:4 ExecutionFailed:5");
    reply = expect_failure(
        f, FAILING("'Retry':[{'ErrorEquals':['States.ALL'],'MaxAttempts':1,'IntervalSeconds':0}]"),
        "{}", "MyError", "my cause");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 FailStateEntered:3 "
        "ParallelStateStarted:4 FailStateEntered:5 ParallelStateFailed:6 ExecutionFailed:7");
    reply =
        run(f, FAILING("'Catch':[{'ErrorEquals':['MyError'],'ResultPath':'$.e','Next':'Done'}]"),
            "{'k':1}");
    assert_str(json_str(reply, "output"),
               "{\"k\":1,\"e\":{\"Error\":\"MyError\",\"Cause\":\"my cause\"}}");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 FailStateEntered:3 "
        "ParallelStateFailed:4 ParallelStateExited:5 PassStateEntered:6 PassStateExited:7 "
        "ExecutionSucceeded:8");
    // A runtime error is nobody's to catch.
    reply = expect_failure(
        f,
        "{'StartAt':'P','States':{'P':{'Type':'Parallel','Branches':[{'StartAt':'Fast','States':"
        "{'Fast':{'Type':'Pass','Parameters':{'m.$':'$.nope'},'End':true}}}],"
        "'Catch':[{'ErrorEquals':['States.ALL'],'Next':'D'}],'End':true},'D':{'Type':'Succeed'}}}",
        "{'x':'a'}", "States.Runtime",
        "An error occurred while executing the state `Fast` (entered at the event id #4). The "
        "JSONPath `$.nope` specified for the field `m.$` could not be found in the input "
        "`{'x':'a'}`");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 PassStateEntered:3 "
        "ExecutionFailed:4");
}

static void ends_other_branches(void **state)
{
    struct fixture *f = *state;
    create(f, "p",
           "{'StartAt':'P','States':{'P':{'Type':'Parallel','Branches':[{'StartAt':'Slow','States':"
           "{'Slow':{"
           "'Type':'Wait','Seconds':100,'End':true}}},{'StartAt':'Quick','States':{'Quick':{'Type':"
           "'Wait',"
           "'Seconds':5,'Next':'Boom'},'Boom':{'Type':'Fail','Error':'E'}}}],"
           "'Catch':[{'ErrorEquals':['E'],'Next':'D'}],'Next':'D'},'D':{'Type':'Succeed'}}}");
    start(f, "p", "e", "{}");
    pass_time(f, 5000);
    expect_status(f, "p", "e", "SUCCEEDED");
    expect_history(
        f, S(EXECUTION "p:e"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 WaitStateEntered:3 "
        "WaitStateEntered:3 WaitStateExited:5 FailStateEntered:6 WaitStateAborted:4 "
        "ParallelStateFailed:7 "
        "ParallelStateExited:9 SucceedStateEntered:10 SucceedStateExited:11 ExecutionSucceeded:12");
    pass_time(f, 200000); // the slow branch's wait is gone
    expect_status(f, "p", "e", "SUCCEEDED");
}

static void maps(void **state)
{
    struct fixture *f = *state;
    struct json *reply = run(
        f,
        "{'StartAt':'M','States':{'M':{'Type':'Map','ItemsPath':'$.items','MaxConcurrency':1,"
        "'ItemProcessor':{'ProcessorConfig':{'Mode':'INLINE'},'StartAt':'I','States':{'I':{'Type':"
        "'Pass','Parameters':{'v.$':'$','i.$':'$$.Map.Item.Index'},'End':true}}},'End':true}}}",
        "{'items':['a','b']}");
    assert_str(json_str(reply, "output"), "[{\"v\":\"a\",\"i\":0},{\"v\":\"b\",\"i\":1}]");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 MapStateEntered:0 MapStateStarted:2 MapIterationStarted:3 "
        "PassStateEntered:4 "
        "PassStateExited:5 MapIterationSucceeded:6 MapIterationStarted:3 PassStateEntered:8 "
        "PassStateExited:9 MapIterationSucceeded:10 MapStateSucceeded:11 MapStateExited:11 "
        "ExecutionSucceeded:13");
    reply = run(f,
                ONE("'Type':'Map','ItemProcessor':{'StartAt':'I','States':{'I':{'Type':'Pass','End'"
                    ":true}}}"),
                "[]");
    assert_str(json_str(reply, "output"), "[]");
    expect_history(f, json_str(reply, "executionArn"),
                   "ExecutionStarted:0 MapStateEntered:0 MapStateStarted:2 "
                   "MapStateSucceeded:3 MapStateExited:3 ExecutionSucceeded:5");
    expect_output(
        f,
        ONE("'Type':'Map','InputPath':'$.in','ItemsPath':'$.items','ItemSelector':{'item.$':"
            "'$$.Map.Item.Value','all.$':'$.k'},'Iterator':{'StartAt':'I','States':{'I':{'Type':'"
            "Pass',"
            "'End':true}}},'ResultPath':'$.out'"),
        "{'in':{'items':[1,2],'k':9}}",
        "{'in':{'items':[1,2],'k':9},'out':[{'item':1,'all':9},{'item':2,'all':9}]}");
    expect_failure(
        f,
        ONE("'Type':'Map','ItemsPath':'$.a','Iterator':{'StartAt':'I','States':{'I':{'Type':'Pass',"
            "'End':true}}}"),
        "{'a':1}", "States.Runtime",
        "An error occurred while executing the state `X` (entered at the event id #2). Reference "
        "path "
        "'$.a' must point to array.");
}

// More than one transaction can hold, and nested, with a restart in the middle.
static void maps_many(void **state)
{
    struct fixture *f = *state;
    create(f, "m",
           "{'StartAt':'R','States':{'R':{'Type':'Pass','Parameters':{'n.$':'States.ArrayRange(1, "
           "300, 1)'},'Next':'M'},"
           "'M':{'Type':'Map','ItemsPath':'$.n','ItemProcessor':{'StartAt':'W','States':{'W':{'"
           "Type':'Wait',"
           "'Seconds':1,'Next':'In'},'In':{'Type':'Map','ItemsPath':'$$.Execution.Input.pair','"
           "ItemProcessor':{"
           "'StartAt':'I','States':{'I':{'Type':'Pass','Parameters':{'v.$':'$$.Map.Item.Value'},'"
           "End':true}}},"
           "'End':true}}},'Next':'L'},'L':{'Type':'Pass','Parameters':{'length.$':'States."
           "ArrayLength($)','last.$':"
           "'$[299]'},'End':true}}}");
    start(f, "m", "e", "{'pair':['x','y']}");
    for (int second = 0; second < 8; second++) {
        pass_time(f, 1000);
        if (second == 3)
            fixture_reopen(f);
    }
    expect_status(f, "m", "e", "SUCCEEDED");
    assert_str(json_str(describe(f, "m", "e"), "output"),
               "{\"length\":300,\"last\":[{\"v\":\"x\"},{\"v\":\"y\"}]}");
}

static void limits(void **state)
{
    struct fixture *f = *state;
    // 2^18 bytes by doubling.
    expect_failure(f,
                   "{'StartAt':'A','States':{'A':{'Type':'Pass','Parameters':{'s.$':'States.Format("
                   "`{}{}`, $.s, $.s)'},"
                   "'Next':'A2'},'A2':{'Type':'Choice','Choices':[{'Variable':'$.s','StringEquals':"
                   "'','Next':'D'}],"
                   "'Default':'A'},'D':{'Type':'Succeed'}}}",
                   "{'s':'xxxxxxxx'}", "States.DataLimitExceeded", NULL);
    create(
        f, "loop",
        "{'StartAt':'A','States':{'A':{'Type':'Pass','Next':'B'},'B':{'Type':'Choice','Choices':[{"
        "'Variable':'$.x','IsPresent':true,'Next':'D'}],'Default':'A'},'D':{'Type':'Succeed'}}}");
    start(f, "loop", "e", "{}");
    lake_run_due(f->lake);
    struct json *reply = describe(f, "loop", "e");
    assert_str(json_str(reply, "status"), "FAILED");
    assert_str(json_str(reply, "cause"),
               "The execution reached the maximum number of history events (25000).");
}

static void times_out(void **state)
{
    struct fixture *f = *state;
    create(f, "t",
           "{'StartAt':'W','TimeoutSeconds':30,'States':{'W':{'Type':'Wait','Seconds':60,'End':"
           "true}}}");
    start(f, "t", "e", "{}");
    fixture_reopen(f);
    pass_time(f, 29999);
    expect_status(f, "t", "e", "RUNNING");
    pass_time(f, 1);
    expect_status(f, "t", "e", "TIMED_OUT");
    assert_str(json_str(describe(f, "t", "e"), "error"), "States.Timeout");
    pass_time(f, 60000);
    expect_history(f, S(EXECUTION "t:e"),
                   "ExecutionStarted:0 WaitStateEntered:0 WaitStateAborted:2 ExecutionTimedOut:3");
    pass_time(f, (int64_t)91 * 24 * 3600 * 1000);
    fixture_refused(f, "ExecutionDoesNotExist", "states", "DescribeExecution",
                    "{'executionArn': '" EXECUTION "t:e'}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAKE_TEST(passes_data),
        LAKE_TEST(writes_history),
        LAKE_TEST(chooses_and_fails),
        LAKE_TEST(says_what_is_wrong),
        LAKE_TEST(waits),
        LAKE_TEST(runs_branches),
        LAKE_TEST(branch_failures),
        LAKE_TEST(ends_other_branches),
        LAKE_TEST(maps),
        LAKE_TEST(maps_many),
        LAKE_TEST(limits),
        LAKE_TEST(times_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
