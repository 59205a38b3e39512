// SPDX-License-Identifier: Apache-2.0
// Task states: integrations, errors, retries, timeouts, tokens, redrives. Queues, tables and
// buckets are the real ones; Lambda and Glue are stand-ins here, which keep the contracts of
// InvokeTask and WatchJobRun.
#include "lake/service.h"

extern const struct service DYNAMODB_SERVICE, EVENTS_SERVICE, IAM_SERVICE, S3_SERVICE, SQS_SERVICE,
    STATES_SERVICE;
extern const struct service FAKE_LAMBDA, FAKE_GLUE;
static const struct service *const SOME_SERVICES[] = {
    &DYNAMODB_SERVICE, &EVENTS_SERVICE, &IAM_SERVICE, &S3_SERVICE, &SQS_SERVICE,
    &STATES_SERVICE,   &FAKE_LAMBDA,    &FAKE_GLUE,   NULL};
#define FIXTURE_SERVICES SOME_SERVICES
#include "states_fixture.h"

// --- Lambda: the function's name says what it does, and its payload comes back

static enum err call_done(struct call *call, const struct json *on_done, struct json *result)
{
    struct json *input = json_copy_shallow(call->arena, json_get(on_done, "input"));
    json_set(call->arena, input, "Result", result);
    return call_operation(call, str_cstr(call->arena, json_str(on_done, "service")),
                          str_cstr(call->arena, json_str(on_done, "op")), input, NULL);
}

static enum err finish_invoke(struct call *call, void *context)
{
    const struct json *in = context;
    struct arena *arena = call->arena;
    struct str name = json_str(in, "FunctionName"), payload = json_str(in, "Payload");
    struct json *result = json_object(arena), *error = json_object(arena);
    if (str_ends(name, S("missing"))) {
        json_set_str(arena, error, "Code", S("ResourceNotFoundException"));
        json_set_str(arena, error, "Message", S("Function not found"));
        json_set(arena, result, "Error", error);
    } else {
        json_set_i64(arena, result, "StatusCode", 200);
        json_set_str(arena, result, "Payload", payload);
    }
    if (str_ends(name, S("broken"))) {
        json_set_str(arena, result, "FunctionError", S("Unhandled"));
        json_set_str(arena, result, "Payload",
                     S("{\"errorMessage\":\"bad\",\"errorType\":\"ValueError\"}"));
    }
    TRY(call_finish_task(call));
    return call_done(call, json_get(in, "OnDone"), result);
}

static enum err fake_invoke(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    if (str_ends(json_str(in, "FunctionName"), S("silent"))) // as a function that never ends
        return error_set(&call->error, ERR_IO, "silence");
    return call_transact(call, finish_invoke, (void *)in);
}

static const struct op LAMBDA_OPS[] = {
    {"Invoke", fake_invoke, OP_JOB, &ANY_JSON},
    {"InvokeTask", fake_invoke, OP_JOB, &ANY_JSON, .flags = OP_INTERNAL},
    {0}};
const struct service FAKE_LAMBDA = {.name = "lambda", .ops = LAMBDA_OPS};

// --- Glue: one job at a time, ended by the test

static char watched[1024]; // the OnDone of the run that is watched
static bool stopped, ends_at_once;

static enum err fake_start_run(struct call *call, const struct json *in, struct json **out)
{
    static const struct error_code busy = {"ConcurrentRunsExceededException", 400, NULL};
    if (str_is(json_str(in, "JobName"), "busy"))
        FAIL(call, busy, "Concurrent runs exceeded for busy");
    *out = json_set_str(call->arena, json_object(call->arena), "JobRunId", S("jr_1"));
    return OK;
}

static enum err fake_watch_run(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    assert_str(json_str(in, "RunId"), "jr_1");
    assert_str(json_str(in, "JobName"), "job");
    struct str text = json_text(call->arena, json_get(in, "OnDone"));
    snprintf(watched, sizeof watched, "%.*s", STR_ARG(text));
    if (ends_at_once) {
        struct json *run =
            json_set_str(call->arena, json_object(call->arena), "JobRunState", S("SUCCEEDED"));
        return call_done(call, json_get(in, "OnDone"), run);
    }
    return OK;
}

static enum err fake_stop_run(struct call *call, const struct json *in, struct json **out)
{
    (void)call;
    (void)out;
    assert_str(json_as_str(json_at(json_get(in, "JobRunIds"), 0)), "jr_1");
    stopped = true;
    return OK;
}

static enum err fake_end_run(struct call *call, const struct json *in, struct json **out)
{
    struct json *on_done = NULL;
    (void)out;
    assert_int_equal(json_parse(call->arena, str_of(watched), &on_done, NULL), OK);
    return call_done(call, on_done, json_get(in, "JobRun"));
}

static const struct op GLUE_OPS[] = {
    {"StartJobRun", fake_start_run, OP_WRITE, &ANY_JSON},
    {"WatchJobRun", fake_watch_run, OP_WRITE, &ANY_JSON, .flags = OP_INTERNAL},
    {"BatchStopJobRun", fake_stop_run, OP_WRITE, &ANY_JSON},
    {"EndRun", fake_end_run, OP_WRITE, &ANY_JSON},
    {0}};
const struct service FAKE_GLUE = {.name = "glue", .ops = GLUE_OPS};

#define FUNCTION(name)                                                                             \
    "'Type':'Task','Resource':'arn:aws:lambda:us-east-1:000000000000:function:" name "'"
#define INVOKE(name, rest)                                                                         \
    "'Type':'Task','Resource':'arn:aws:states:::lambda:invoke','Parameters':{'FunctionName':"      \
    "'" name "'" rest "}"
#define QUEUE_URL "http://127.0.0.1:4566/000000000000/q"

// --- tests

static void calls_functions(void **state)
{
    struct fixture *f = *state;
    struct json *reply =
        run(f, ONE(FUNCTION("echo") ",'Parameters':{'a.$':'$.x'},'ResultPath':'$.r'"), "{'x':1}");
    assert_str(json_str(reply, "output"), "{\"x\":1,\"r\":{\"a\":1}}");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 TaskStateEntered:0 LambdaFunctionScheduled:2 LambdaFunctionStarted:3 "
        "LambdaFunctionSucceeded:4 TaskStateExited:5 ExecutionSucceeded:6");
    expect_output(
        f,
        ONE(INVOKE("echo",
                   ",'Payload':{'k.$':'$$.Execution.Name'}") ",'ResultSelector':{'p.$':'$.Payload',"
                                                             "'s.$':'$.StatusCode'}"),
        "{}", "{'p':{'k':'e'},'s':200}");
    reply = expect_failure(f, ONE(FUNCTION("broken")), "{}", "ValueError",
                           "{'errorMessage':'bad','errorType':'ValueError'}");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 TaskStateEntered:0 LambdaFunctionScheduled:2 LambdaFunctionStarted:3 "
        "LambdaFunctionFailed:4 ExecutionFailed:5");
    reply = expect_failure(f, ONE(INVOKE("missing", "")), "{}", "Lambda.ResourceNotFoundException",
                           NULL);
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 TaskStateEntered:0 TaskScheduled:2 TaskStarted:3 TaskFailed:4 "
        "ExecutionFailed:5");
}

static void retries_and_catches(void **state)
{
    struct fixture *f = *state;
    create(f, "r",
           "{'StartAt':'T','States':{'T':{" FUNCTION(
               "broken") ",'Retry':[{'ErrorEquals':['Other'],'MaxAttempts':9},"
                         "{'ErrorEquals':['ValueError'],'IntervalSeconds':10,'MaxAttempts':2,'"
                         "BackoffRate':3}],"
                         "'Catch':[{'ErrorEquals':['States.Timeout'],'Next':'No'},{'ErrorEquals':['"
                         "States.TaskFailed'],"
                         "'ResultPath':'$.err','Next':'Yes'}],'Next':'No'},'No':{'Type':'Fail'},"
                         "'Yes':{'Type':'Pass','Parameters':{'error.$':'$.err.Error','x.$':'$.x'},'"
                         "End':true}}}");
    start(f, "r", "e", "{'x':7}");
    lake_run_due(f->lake);
    pass_time(f, 9999);
    assert_int_equal(json_count(history(f, S(EXECUTION "r:e"))), 5);
    pass_time(f, 1); // the first retry fails, too
    assert_int_equal(json_count(history(f, S(EXECUTION "r:e"))), 8);
    fixture_reopen(f);
    pass_time(f, 29999);
    assert_int_equal(json_count(history(f, S(EXECUTION "r:e"))), 8);
    pass_time(f, 1);
    assert_str(json_str(describe(f, "r", "e"), "output"), "{\"error\":\"ValueError\",\"x\":7}");
}

static void runs_operations_in_the_transition(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    fixture_ok(
        f, "dynamodb", "CreateTable",
        "{'TableName':'table','AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}],"
        "'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}],'BillingMode':'PAY_PER_REQUEST'}");
    struct json *reply =
        run(f,
            "{'StartAt':'Put','States':{'Put':{'Type':'Task','Resource':'arn:aws:states:::dynamodb:"
            "putItem','Parameters':{"
            "'TableName':'table','Item':{'id':{'S.$':'$.id'}}},'ResultPath':'$.put','Next':'Send'},"
            "'Send':{'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage','Parameters':{'"
            "QueueUrl':'" QUEUE_URL "','MessageBody':{'id.$':'$.id'}},'ResultPath':null,'"
            "OutputPath':'$.put.SdkHttpMetadata.HttpStatusCode',"
            "'End':true}}}",
            "{'id':'one'}");
    assert_str(json_str(reply, "output"), "200");
    reply = fixture_ok(f, "sqs", "ReceiveMessage", "{'QueueUrl':'" QUEUE_URL "'}");
    assert_str(json_str(json_at(json_get(reply, "Messages"), 0), "Body"), "{\"id\":\"one\"}");
    reply = fixture_ok(f, "dynamodb", "GetItem", "{'TableName':'table','Key':{'id':{'S':'one'}}}");
    assert_true(json_has(reply, "Item"));

    expect_output(f,
                  ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:dynamodb:getItem','"
                      "Parameters':{'TableName':'table',"
                      "'Key':{'id':{'S':'one'}}},'ResultSelector':{'i.$':'$.Item'}"),
                  "{}", "{'i':{'id':{'S':'one'}}}");
    expect_failure(
        f,
        ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:dynamodb:putItem','Parameters':{'"
            "TableName':'table',"
            "'Item':{'id':{'S':'one'}},'ConditionExpression':'attribute_not_exists(id)'}"),
        "{}", "DynamoDb.ConditionalCheckFailedException", NULL);
    expect_failure(
        f,
        ONE("'Type':'Task','Resource':'arn:aws:states:::dynamodb:putItem','Parameters':{'TableName'"
            ":'table',"
            "'Item':{'id':{'S':'one'}},'ConditionExpression':'attribute_not_exists(id)'}"),
        "{}", "DynamoDB.ConditionalCheckFailedException", NULL);
    reply = expect_failure(
        f,
        ONE("'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage','Parameters':{'QueueUrl':'"
            "http://127.0.0.1:4566/000000000000/none','MessageBody':'x'}"),
        "{}", "SQS.QueueDoesNotExistException", NULL);
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 TaskStateEntered:0 TaskScheduled:2 TaskStarted:3 TaskFailed:4 "
        "ExecutionFailed:5");
}

static void streams_objects(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'bucket'}");
    expect_output(f,
                  "{'StartAt':'Put','States':{'Put':{'Type':'Task','Resource':'arn:aws:states:::"
                  "aws-sdk:s3:putObject',"
                  "'Parameters':{'Bucket':'bucket','Key':'k','Body':'hello'},'Next':'Get'},"
                  "'Get':{'Type':'Task','Resource':'arn:aws:states:::aws-sdk:s3:getObject','"
                  "Parameters':{'Bucket':"
                  "'bucket','Key':'k'},'ResultSelector':{'b.$':'$.Body'},'End':true}}}",
                  "{}", "{'b':'hello'}");
    expect_failure(f,
                   ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:s3:getObject','"
                       "Parameters':{'Bucket':"
                       "'bucket','Key':'none'}"),
                   "{}", "S3.NoSuchKeyException", NULL);
}

static struct str token_of(struct fixture *f)
{
    struct json *reply = fixture_ok(f, "sqs", "ReceiveMessage", "{'QueueUrl':'" QUEUE_URL "'}"),
                *body = NULL;
    struct json *message = json_at(json_get(reply, "Messages"), 0);
    assert_non_null(message);
    assert_int_equal(json_parse(&f->arena, json_str(message, "Body"), &body, NULL), OK);
    fixture_ok(f, "sqs", "DeleteMessage", "{'QueueUrl':'" QUEUE_URL "','ReceiptHandle':'%.*s'}",
               STR_ARG(json_str(message, "ReceiptHandle")));
    return json_str(body, "token");
}

#define WAIT_FOR_TOKEN                                                                             \
    "'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage.waitForTaskToken','Parameters':{'" \
    "QueueUrl':'" QUEUE_URL "','MessageBody':{'token.$':'$$.Task.Token'}}"

static void waits_for_tokens(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    create(f, "t", ONE(WAIT_FOR_TOKEN ",'TimeoutSeconds':100,'HeartbeatSeconds':20"));
    start(f, "t", "ok", "{}");
    struct str token = token_of(f);
    fixture_reopen(f);
    pass_time(f, 19000);
    fixture_ok(f, "states", "SendTaskHeartbeat", "{'taskToken': '%.*s'}", STR_ARG(token));
    pass_time(f, 19000);
    fixture_refused(f, "InvalidToken", "states", "SendTaskSuccess",
                    "{'taskToken': 'x', 'output': '1'}");
    fixture_refused(f, "InvalidOutput", "states", "SendTaskSuccess",
                    "{'taskToken': '%.*s', 'output': '{'}", STR_ARG(token));
    fixture_ok(f, "states", "SendTaskSuccess", "{'taskToken': '%.*s', 'output': '[1]'}",
               STR_ARG(token));
    fixture_refused(f, "TaskTimedOut", "states", "SendTaskSuccess",
                    "{'taskToken': '%.*s', 'output': '[1]'}", STR_ARG(token));
    assert_str(json_str(describe(f, "t", "ok"), "output"), "[1]");
    expect_history(
        f, S(EXECUTION "t:ok"),
        "ExecutionStarted:0 TaskStateEntered:0 TaskScheduled:2 TaskStarted:3 TaskSubmitted:4 "
        "TaskSucceeded:5 TaskStateExited:6 ExecutionSucceeded:7");

    start(f, "t", "fails", "{}");
    token = token_of(f);
    fixture_ok(f, "states", "SendTaskFailure", "{'taskToken': '%.*s', 'error': 'E', 'cause': 'C'}",
               STR_ARG(token));
    expect_status(f, "t", "fails", "FAILED");
    assert_str(json_str(describe(f, "t", "fails"), "error"), "E");

    start(f, "t", "late", "{}");
    token = token_of(f);
    pass_time(f, 20000);
    assert_str(json_str(describe(f, "t", "late"), "error"), "States.HeartbeatTimeout");
    fixture_refused(f, "TaskTimedOut", "states", "SendTaskHeartbeat", "{'taskToken': '%.*s'}",
                    STR_ARG(token));
}

static void times_tasks_out(void **state)
{
    struct fixture *f = *state;
    create(f, "s",
           "{'StartAt':'T','States':{'T':{" FUNCTION(
               "silent") ",'TimeoutSecondsPath':'$.s','Catch':[{"
                         "'ErrorEquals':['States.Timeout'],'Next':'D'}],'Next':'D'},'D':{'Type':'"
                         "Succeed'}}}");
    start(f, "s", "e", "{'s':2}");
    lake_run_due(f->lake);
    pass_time(f, 1999);
    expect_status(f, "s", "e", "RUNNING");
    pass_time(f, 1);
    expect_status(f, "s", "e", "SUCCEEDED");
    expect_history(
        f, S(EXECUTION "s:e"),
        "ExecutionStarted:0 TaskStateEntered:0 LambdaFunctionScheduled:2 LambdaFunctionStarted:3 "
        "LambdaFunctionTimedOut:4 TaskStateExited:5 SucceedStateEntered:6 SucceedStateExited:7 "
        "ExecutionSucceeded:8");
}

static void follows_jobs(void **state)
{
    struct fixture *f = *state;
    create(f, "g",
           ONE("'Type':'Task','Resource':'arn:aws:states:::glue:startJobRun.sync','Parameters':{'"
               "JobName':'job'}"));
    start(f, "g", "ok", "{}");
    lake_run_due(f->lake);
    expect_status(f, "g", "ok", "RUNNING");
    fixture_reopen(f);
    fixture_ok(f, "glue", "EndRun", "{'JobRun': {'Id': 'jr_1', 'JobRunState': 'SUCCEEDED'}}");
    assert_str(json_str(describe(f, "g", "ok"), "output"),
               "{\"Id\":\"jr_1\",\"JobRunState\":\"SUCCEEDED\"}");
    fixture_ok(f, "glue", "EndRun", "{'JobRun': {'JobRunState': 'FAILED'}}"); // said twice: ignored
    expect_status(f, "g", "ok", "SUCCEEDED");

    start(f, "g", "fails", "{}");
    fixture_ok(f, "glue", "EndRun", "{'JobRun': {'JobRunState': 'FAILED'}}");
    assert_str(json_str(describe(f, "g", "fails"), "error"), "States.TaskFailed");
    assert_str(json_str(describe(f, "g", "fails"), "cause"), "{\"JobRunState\":\"FAILED\"}");

    ends_at_once = true; // told while the start's transaction is still open
    start(f, "g", "quick", "{}");
    lake_run_due(f->lake);
    expect_status(f, "g", "quick", "SUCCEEDED");
    ends_at_once = false;

    stopped = false;
    start(f, "g", "stop", "{}");
    fixture_ok(f, "states", "StopExecution",
               "{'executionArn': '" EXECUTION "g:stop', 'error': 'mine', 'cause': 'why'}");
    lake_run_due(f->lake);
    assert_true(stopped);
    expect_status(f, "g", "stop", "ABORTED");
    expect_history(
        f, S(EXECUTION "g:stop"),
        "ExecutionStarted:0 TaskStateEntered:0 TaskScheduled:2 TaskStarted:3 TaskSubmitted:4 "
        "TaskStateAborted:5 ExecutionAborted:6");
    fixture_ok(f, "glue", "EndRun", "{'JobRun': {'JobRunState': 'SUCCEEDED'}}");
    expect_status(f, "g", "stop", "ABORTED");
    expect_failure(f,
                   ONE("'Type':'Task','Resource':'arn:aws:states:::glue:startJobRun','Parameters':{"
                       "'JobName':'busy'}"),
                   "{}", "Glue.ConcurrentRunsExceededException", NULL);
}

static void starts_executions(void **state)
{
    struct fixture *f = *state;
    create(f, "child",
           "{'StartAt':'C','States':{'C':{'Type':'Choice','Choices':[{'Variable':'$.fail','"
           "BooleanEquals':"
           "true,'Next':'F'}],'Default':'W'},'F':{'Type':'Fail','Error':'Inner'},'W':{'Type':'Wait'"
           ",'Seconds':5,"
           "'Next':'P'},'P':{'Type':'Pass','Result':{'done':true},'End':true}}}");
#define START_CHILD(pattern, input)                                                                \
    "'Type':'Task','Resource':'arn:aws:states:::states:startExecution" pattern                     \
    "','Parameters':{'StateMachineArn':'" MACHINE "child','Input':" input "}"
    create(f, "parent", ONE(START_CHILD(".sync:2", "{'fail':false}") ",'OutputPath':'$.Output'"));
    start(f, "parent", "e", "{}");
    lake_run_due(f->lake);
    expect_status(f, "parent", "e", "RUNNING");
    pass_time(f, 5000);
    assert_str(json_str(describe(f, "parent", "e"), "output"), "{\"done\":true}");
    struct json *reply = expect_failure(f, ONE(START_CHILD(".sync", "{'fail':true}")), "{}",
                                        "States.TaskFailed", NULL);
    assert_true(str_contains(json_str(reply, "cause"), S("\"Error\":\"Inner\"")));
    reply =
        run(f, ONE(START_CHILD("", "{'fail':true}") ",'ResultSelector':{'a.$':'$.ExecutionArn'}"),
            "{}");
    assert_str(json_str(reply, "status"), "SUCCEEDED");
    expect_output(f,
                  ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:sfn:describeStateMachine'"
                      ",'Parameters':{"
                      "'StateMachineArn':'" MACHINE "child'},'ResultSelector':{'n.$':'$.Name'}"),
                  "{}", "{'n':'child'}");
    expect_failure(f,
                   ONE("'Type':'Task','Resource':'arn:aws:states:::aws-sdk:sfn:"
                       "describeStateMachine','Parameters':{"
                       "'StateMachineArn':'" MACHINE "none'}"),
                   "{}", "Sfn.StateMachineDoesNotExistException", NULL);
}

#define ACTIVITY "arn:aws:states:us-east-1:000000000000:activity:"

static struct str activity_token(struct fixture *f, const char *input)
{
    struct json *reply = fixture_ok(f, "states", "GetActivityTask",
                                    "{'activityArn': '" ACTIVITY "work', 'workerName': 'me'}");
    assert_str(json_str(reply, "input"), input);
    return json_str(reply, "taskToken");
}

static void offers_activities(void **state)
{
    struct fixture *f = *state;
    fixture_refused(f, "ActivityDoesNotExist", "states", "GetActivityTask",
                    "{'activityArn': '" ACTIVITY "work'}");
    fixture_refused(f, "InvalidArn", "states", "DescribeActivity", "{'activityArn': 'work'}");
    fixture_refused(f, "InvalidName", "states", "CreateActivity", "{'name': 'a b'}");
    create(f, "a",
           ONE("'Type':'Task','Resource':'" ACTIVITY
               "work','TimeoutSeconds':60,'HeartbeatSeconds':10"));
    start(f, "a", "none", "{}");
    assert_str(json_str(describe(f, "a", "none"), "error"), "ActivityDoesNotExist");
    fixture_ok(f, "states", "CreateActivity",
               "{'name': 'work', 'tags': [{'key':'k','value':'v'}]}");
    fixture_ok(f, "states", "CreateActivity", "{'name': 'work'}");
    struct json *reply =
        fixture_ok(f, "states", "ListTagsForResource", "{'resourceArn': '" ACTIVITY "work'}");
    assert_int_equal(json_count(json_get(reply, "tags")), 1);
    reply = fixture_ok(f, "states", "ListActivities", "{}");
    assert_int_equal(json_count(json_get(reply, "activities")), 1);
    assert_str(
        json_str(fixture_ok(f, "states", "DescribeActivity", "{'activityArn': '" ACTIVITY "work'}"),
                 "name"),
        "work");

    start(f, "a", "late", "{'n':0}");
    pass_time(f, 10000);
    assert_str(json_str(describe(f, "a", "late"), "error"), "States.HeartbeatTimeout");
    start(f, "a", "ok", "{'n':1}");
    start(f, "a", "bad", "{'n':2}");
    struct str first = activity_token(f, "{\"n\":1}"), second = activity_token(f, "{\"n\":2}");
    fixture_ok(f, "states", "SendTaskSuccess", "{'taskToken': '%.*s', 'output': '5'}",
               STR_ARG(first));
    fixture_ok(f, "states", "SendTaskFailure", "{'taskToken': '%.*s', 'error': 'E'}",
               STR_ARG(second));
    assert_str(json_str(describe(f, "a", "ok"), "output"), "5");
    assert_str(json_str(describe(f, "a", "bad"), "error"), "E");
    expect_history(f, S(EXECUTION "a:ok"),
                   "ExecutionStarted:0 TaskStateEntered:0 ActivityScheduled:2 ActivityStarted:3 "
                   "ActivitySucceeded:4 "
                   "TaskStateExited:5 ExecutionSucceeded:6");
    fixture_ok(f, "states", "DeleteActivity", "{'activityArn': '" ACTIVITY "work'}");
    fixture_refused(f, "ActivityDoesNotExist", "states", "DescribeActivity",
                    "{'activityArn': '" ACTIVITY "work'}");
}

// A branch that answers for another branch of the same execution, and one that stops its own
// execution.
static void acts_on_itself(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    create(
        f, "answer",
        "{'StartAt':'P','States':{'P':{'Type':'Parallel','Branches':[{'StartAt':'Ask','States':{'"
        "Ask':{" WAIT_FOR_TOKEN ",'End':true}}},{'StartAt':'Later','States':{'Later':{'Type':'Wait'"
        ",'Seconds':1,'Next':'Take'},'Take':{'Type':'Task','Resource':"
        "'arn:aws:states:::aws-sdk:sqs:receiveMessage','Parameters':{'QueueUrl':'" QUEUE_URL
        "'},'ResultSelector':{'body.$':'States.StringToJson($.Messages[0].Body)'},'Next':'Answer'},"
        "'Answer':{'Type':'Task','Resource':'arn:aws:states:::aws-sdk:sfn:sendTaskSuccess','"
        "Parameters':{"
        "'TaskToken.$':'$.body.token','Output':'7'},'End':true}}}],'End':true}}}");
    start(f, "answer", "e", "{}");
    lake_run_due(f->lake);
    pass_time(f, 1000);
    expect_status(f, "answer", "e", "SUCCEEDED");
    assert_str(json_str(describe(f, "answer", "e"), "output"), "[7,{}]");

    create(f, "suicide",
           "{'StartAt':'S','States':{'S':{'Type':'Task','Resource':'arn:aws:states:::aws-sdk:sfn:"
           "stopExecution','Parameters':{'ExecutionArn.$':'$$.Execution.Id','Error':'Own'},'Next':'"
           "N'},"
           "'N':{'Type':'Succeed'}}}");
    start(f, "suicide", "e", "{}");
    lake_run_due(f->lake);
    expect_status(f, "suicide", "e", "ABORTED");
    lake_run_due(f->lake);
    expect_status(f, "suicide", "e", "ABORTED");
}

static void task_failures_in_branches(void **state)
{
    struct fixture *f = *state;
    struct json *reply =
        run(f,
            "{'StartAt':'P','States':{'P':{'Type':'Parallel','Branches':[{'StartAt':'Send','States'"
            ":{'Send':{'Type':'Task',"
            "'Resource':'arn:aws:states:::sqs:sendMessage','Parameters':{'QueueUrl':"
            "'http://127.0.0.1:4566/000000000000/none','MessageBody':'hi'},'End':true}}}],"
            "'Catch':[{'ErrorEquals':['States.ALL'],'Next':'Handled'}],'End':true},'Handled':{'"
            "Type':'Pass','End':true}}}",
            "{'x':'a'}");
    expect_history(
        f, json_str(reply, "executionArn"),
        "ExecutionStarted:0 ParallelStateEntered:0 ParallelStateStarted:2 TaskStateEntered:3 "
        "TaskScheduled:4 TaskStarted:5 TaskFailed:6 TaskStateAborted:7 ParallelStateFailed:7 "
        "ParallelStateExited:9 PassStateEntered:10 PassStateExited:11 ExecutionSucceeded:12");
}

// A workflow that failed for want of a queue completes when there is one.
static void redrives(void **state)
{
    struct fixture *f = *state;
    create(f, "m",
           "{'StartAt':'M','States':{'M':{'Type':'Map','ItemsPath':'$','ItemProcessor':{'StartAt':'"
           "S','States':{'S':{"
           "'Type':'Task','Resource':'arn:aws:states:::sqs:sendMessage','Parameters':{'QueueUrl.$':"
           "'$','MessageBody':'x'},"
           "'ResultSelector':{'sent':true},'End':true}}},'End':true}}}");
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    start(f, "m", "e", "['" QUEUE_URL "','http://127.0.0.1:4566/000000000000/q2']");
    lake_run_due(f->lake);
    expect_status(f, "m", "e", "FAILED");
    assert_str(json_str(describe(f, "m", "e"), "redriveStatus"), "REDRIVABLE");
    fixture_ok(f, "states", "RedriveExecution", "{'executionArn': '" EXECUTION "m:e'}");
    expect_status(f, "m", "e", "FAILED");
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q2'}");
    fixture_reopen(f);
    fixture_ok(f, "states", "RedriveExecution", "{'executionArn': '" EXECUTION "m:e'}");
    expect_status(f, "m", "e", "SUCCEEDED");
    assert_int_equal(json_i64_or(describe(f, "m", "e"), "redriveCount", 0), 2);
    assert_str(json_str(describe(f, "m", "e"), "output"), "[{\"sent\":true},{\"sent\":true}]");
    struct json *reply = fixture_ok(f, "sqs", "ReceiveMessage",
                                    "{'QueueUrl':'" QUEUE_URL "','MaxNumberOfMessages':10}");
    assert_int_equal(json_count(json_get(reply, "Messages")),
                     1); // the first iteration was not repeated
    fixture_refused(f, "ExecutionNotRedrivable", "states", "RedriveExecution",
                    "{'executionArn': '" EXECUTION "m:e'}");
}

static void raises_events(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    fixture_ok(f, "events", "PutRule",
               "{'Name':'r','EventPattern':'{\\'source\\':[\\'aws.states\\'],\\'detail\\':{\\'"
               "status\\':[\\'FAILED\\']}}'}");
    fixture_ok(f, "events", "PutTargets",
               "{'Rule':'r','Targets':[{'Id':'1','Arn':'arn:aws:sqs:us-east-1:000000000000:q'}]}");
    expect_failure(f, "{'StartAt':'F','States':{'F':{'Type':'Fail','Error':'E','Cause':'C'}}}",
                   "{}", "E", "C");
    lake_run_due(f->lake);
    struct json *reply = fixture_ok(f, "sqs", "ReceiveMessage", "{'QueueUrl':'" QUEUE_URL "'}"),
                *event = NULL;
    assert_int_equal(json_parse(&f->arena,
                                json_str(json_at(json_get(reply, "Messages"), 0), "Body"), &event,
                                NULL),
                     OK);
    assert_str(json_str(event, "detail-type"), "Step Functions Execution Status Change");
    assert_str(json_str(json_get(event, "detail"), "error"), "E");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        LAKE_TEST(calls_functions),
        LAKE_TEST(retries_and_catches),
        LAKE_TEST(runs_operations_in_the_transition),
        LAKE_TEST(streams_objects),
        LAKE_TEST(waits_for_tokens),
        LAKE_TEST(times_tasks_out),
        LAKE_TEST(follows_jobs),
        LAKE_TEST(starts_executions),
        LAKE_TEST(task_failures_in_branches),
        LAKE_TEST(redrives),
        LAKE_TEST(acts_on_itself),
        LAKE_TEST(offers_activities),
        LAKE_TEST(raises_events),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
