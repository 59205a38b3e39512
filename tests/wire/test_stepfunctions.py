# SPDX-License-Identifier: Apache-2.0
"""Step Functions with boto3."""

import io
import json
import shutil
import threading
import zipfile

import botocore.exceptions
import pytest

ROLE = "arn:aws:iam::000000000000:role/workflow"


def machine(lake, name, states, start=None, **more):
    definition = {"StartAt": start or next(iter(states)), "States": states}
    reply = lake.client("stepfunctions").create_state_machine(
        name=name, definition=json.dumps(definition), roleArn=ROLE, **more)
    return reply["stateMachineArn"]


def start(lake, arn, data=None, **more):
    reply = lake.client("stepfunctions").start_execution(stateMachineArn=arn, input=json.dumps(data or {}), **more)
    return reply["executionArn"]


def ended(lake, arn, wait_until):
    client = lake.client("stepfunctions")

    def look():
        reply = client.describe_execution(executionArn=arn)
        return reply if reply["status"] != "RUNNING" else None

    return wait_until(look, what=f"the end of {arn}")


def test_runs_and_shows_an_execution(lake, wait_until):
    client = lake.client("stepfunctions")
    arn = machine(lake, "shows", {
        "Shape": {"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, 1)"}, "Next": "Pick"},
        "Pick": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 1, "Next": "Done"}],
                 "Default": "Small"},
        "Small": {"Type": "Fail", "Error": "TooSmall", "Cause": "n must be positive"},
        "Done": {"Type": "Succeed"},
    })
    described = client.describe_state_machine(stateMachineArn=arn)
    assert described["status"] == "ACTIVE" and described["type"] == "STANDARD"
    assert arn in [m["stateMachineArn"] for m in client.list_state_machines()["stateMachines"]]

    good = start(lake, arn, {"n": 1}, name="good")
    reply = ended(lake, good, wait_until)
    assert reply["status"] == "SUCCEEDED" and json.loads(reply["output"]) == {"n": 2}
    events = client.get_execution_history(executionArn=good)["events"]
    assert [e["type"] for e in events] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "ChoiceStateEntered", "ChoiceStateExited",
        "SucceedStateEntered", "SucceedStateExited", "ExecutionSucceeded"]
    assert [e["id"] for e in events] == list(range(1, 9))
    backwards = client.get_execution_history(executionArn=good, reverseOrder=True, maxResults=3)
    assert [e["id"] for e in backwards["events"]] == [8, 7, 6]
    pages = client.get_paginator("get_execution_history").paginate(executionArn=good, maxResults=3)
    assert [e["id"] for page in pages for e in page["events"]] == list(range(1, 9))

    bad = ended(lake, start(lake, arn, {"n": 0}, name="bad"), wait_until)
    assert (bad["status"], bad["error"], bad["cause"]) == ("FAILED", "TooSmall", "n must be positive")
    listed = client.list_executions(stateMachineArn=arn, statusFilter="FAILED")["executions"]
    assert [e["name"] for e in listed] == ["bad"]
    with pytest.raises(client.exceptions.ExecutionAlreadyExists):
        start(lake, arn, {"n": 5}, name="good")
    client.delete_state_machine(stateMachineArn=arn)
    with pytest.raises(client.exceptions.StateMachineDoesNotExist):
        client.describe_state_machine(stateMachineArn=arn)


def test_refuses_a_definition_with_reasons(lake):
    client = lake.client("stepfunctions")
    with pytest.raises(client.exceptions.InvalidDefinition) as refused:
        machine(lake, "broken", {"A": {"Type": "Pass", "Next": "B"}})
    assert "MISSING_TRANSITION_TARGET: Missing 'Next' target: B at /States/A/Next" in str(refused.value)


def test_writes_to_tables_and_queues(lake, wait_until):
    sqs, dynamodb = lake.client("sqs"), lake.client("dynamodb")
    url = sqs.create_queue(QueueName="states-queue")["QueueUrl"]
    dynamodb.create_table(TableName="states-table", BillingMode="PAY_PER_REQUEST",
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                          KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}])
    put = {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "ResultPath": None,
           "Parameters": {"TableName": "states-table", "Item": {"id": {"S.$": "$"}},
                          "ConditionExpression": "attribute_not_exists(id)"},
           "Catch": [{"ErrorEquals": ["DynamoDB.ConditionalCheckFailedException"], "Next": "Again"}], "Next": "Send"}
    send = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True,
            "Parameters": {"QueueUrl": url, "MessageBody": {"id.$": "$"}}, "ResultSelector": {"id.$": "$.MessageId"}}
    arn = machine(lake, "writes", {"Each": {
        "Type": "Map", "ItemsPath": "$.ids", "MaxConcurrency": 2, "End": True,
        "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Put", "States": {
            "Put": put, "Send": send, "Again": {"Type": "Pass", "Result": "again", "End": True}}}}})
    reply = ended(lake, start(lake, arn, {"ids": ["a", "b", "a"]}), wait_until)
    assert reply["status"] == "SUCCEEDED", reply
    assert json.loads(reply["output"])[2] == "again"
    assert dynamodb.scan(TableName="states-table", Select="COUNT")["Count"] == 2
    bodies = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
    assert sorted(json.loads(m["Body"])["id"] for m in bodies) == ["a", "b"]


def test_waits_for_a_token_through_a_crash(fresh_lake, wait_until):
    lake = fresh_lake
    url = lake.client("sqs").create_queue(QueueName="tokens")["QueueUrl"]
    arn = machine(lake, "callback", {
        "Ask": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
                "Parameters": {"QueueUrl": url, "MessageBody": {"token.$": "$$.Task.Token"}}, "Next": "Rest"},
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "Done"},
        "Done": {"Type": "Pass", "End": True}})
    execution = start(lake, arn)
    message = lake.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"][0]
    lake.restart(kill=True)
    client = lake.client("stepfunctions")
    assert client.describe_execution(executionArn=execution)["status"] == "RUNNING"
    token = json.loads(message["Body"])["token"]
    client.send_task_heartbeat(taskToken=token)
    client.send_task_success(taskToken=token, output='{"answer": 42}')
    lake.restart(kill=True)  # in the Wait state
    reply = ended(lake, execution, wait_until)
    assert json.loads(reply["output"]) == {"answer": 42}
    with pytest.raises(lake.client("stepfunctions").exceptions.TaskTimedOut):
        lake.client("stepfunctions").send_task_success(taskToken=token, output="{}")


def test_stops_and_redrives(lake, wait_until):
    client = lake.client("stepfunctions")
    arn = machine(lake, "stops", {"Wait": {"Type": "Wait", "SecondsPath": "$.s", "End": True}})
    execution = start(lake, arn, {"s": 1000})
    client.stop_execution(executionArn=execution, error="Mine", cause="because")
    reply = ended(lake, execution, wait_until)
    assert (reply["status"], reply["error"]) == ("ABORTED", "Mine")


def test_express_and_its_errors(lake):
    client = lake.client("stepfunctions")
    arn = machine(lake, "express", {"P": {"Type": "Pass", "Result": [1, 2], "Next": "W"},
                                    "W": {"Type": "Wait", "Seconds": 1, "End": True}}, type="EXPRESS")
    # Debian's boto3 sends this one to a host of its own, sync-...
    config = client.meta.config.merge(type(client.meta.config)(inject_host_prefix=False))
    express = lake.client("stepfunctions", config=config)
    reply = express.start_sync_execution(stateMachineArn=arn, input="{}")
    assert reply["status"] == "SUCCEEDED" and json.loads(reply["output"]) == [1, 2]
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.list_executions(stateMachineArn=arn)
    assert refused.value.response["Error"]["Code"] == "StateMachineTypeNotSupported"
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        client.describe_map_run(mapRunArn="a")
    assert "DescribeMapRun" in str(refused.value)


def test_activities(lake, wait_until):
    client = lake.client("stepfunctions")
    activity = client.create_activity(name="outside")["activityArn"]
    arn = machine(lake, "asks-outside", {"Ask": {"Type": "Task", "Resource": activity, "End": True}})
    polled = []
    worker = threading.Thread(target=lambda: polled.append(client.get_activity_task(activityArn=activity)))
    worker.start()  # waits until there is something
    execution = start(lake, arn, {"question": 6})
    worker.join(20)
    assert json.loads(polled[0]["input"]) == {"question": 6}
    client.send_task_success(taskToken=polled[0]["taskToken"], output="42")
    assert ended(lake, execution, wait_until)["output"] == "42"


# --- functions and jobs, which run beside the server

needs_sandbox = pytest.mark.skipif(not shutil.which("bwrap"), reason="functions need bubblewrap")


def function(lake, name, source, **settings):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("app.py", source)
    client = lake.client("lambda")
    reply = client.create_function(FunctionName=name, Runtime="python3.12", Role=ROLE, Handler="app.handler",
                                   Code={"ZipFile": data.getvalue()}, **settings)
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return reply["FunctionArn"]


def task(resource, parameters=None, **more):
    state = {"Type": "Task", "Resource": resource, "End": True, **more}
    if parameters is not None:
        state["Parameters"] = parameters
    return state


@needs_sandbox
def test_functions(lake, wait_until):
    echo = function(lake, "states-echo", "def handler(event, context): return {'got': event}")
    function(lake, "states-bad", "def handler(event, context): raise ValueError('no ' + event['x'])")
    arn = machine(lake, "calls-functions", {
        "Bare": {"Type": "Task", "Resource": echo, "ResultPath": "$.bare", "Next": "Invoke"},
        "Invoke": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": "$.invoked",
                   "Parameters": {"FunctionName": "states-echo", "Payload": {"n.$": "$.n"}},
                   "ResultSelector": {"payload.$": "$.Payload", "status.$": "$.StatusCode"}, "Next": "Sdk"},
        "Sdk": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:lambda:invoke", "ResultPath": "$.sdk",
                "Parameters": {"FunctionName": echo, "Payload": "[1]"},
                "ResultSelector": {"payload.$": "States.StringToJson($.Payload)"}, "Next": "Async"},
        "Async": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": "$.async",
                  "Parameters": {"FunctionName": "states-echo", "InvocationType": "Event"},
                  "ResultSelector": {"status.$": "$.StatusCode"}, "Next": "Bad"},
        "Bad": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": "$.bad",
                "Parameters": {"FunctionName": "states-bad", "Payload": {"x": "luck"}},
                "Retry": [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1}],
                "Catch": [{"ErrorEquals": ["ValueError"], "ResultPath": "$.bad", "Next": "Missing"}], "Next": "Missing"},
        "Missing": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
                    "Parameters": {"FunctionName": "states-none"},
                    "Catch": [{"ErrorEquals": ["Lambda.ResourceNotFoundException"], "ResultPath": "$.missing",
                               "Next": "Done"}], "End": True},
        "Done": {"Type": "Succeed"}})
    execution = start(lake, arn, {"n": 3})
    reply = ended(lake, execution, wait_until)
    assert reply["status"] == "SUCCEEDED", reply
    output = json.loads(reply["output"])
    assert output["bare"] == {"got": {"n": 3}}
    assert output["invoked"] == {"payload": {"got": {"n": 3}}, "status": 200}
    assert output["sdk"] == {"payload": {"got": [1]}}
    assert output["async"] == {"status": 202}
    assert output["bad"]["Error"] == "ValueError" and json.loads(output["bad"]["Cause"])["errorMessage"] == "no luck"
    assert output["missing"]["Error"] == "Lambda.ResourceNotFoundException"
    events = lake.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=1000)["events"]
    assert [e["type"] for e in events].count("TaskFailed") == 3  # twice bad, once missing


@needs_sandbox
def test_a_function_runs_on_after_a_crash(fresh_lake, wait_until):
    lake = fresh_lake
    slow = function(lake, "slow", "import time\ndef handler(event, context):\n    time.sleep(1)\n    return 'slept'")
    arn = machine(lake, "sleeps", {"Map": {
        "Type": "Map", "ItemsPath": "$", "End": True,
        "ItemProcessor": {"StartAt": "Sleep", "States": {"Sleep": task(slow)}}}})
    execution = start(lake, arn, [1, 2, 3])
    wait_until(lambda: len(lake.client("stepfunctions").get_execution_history(executionArn=execution)["events"]) > 10)
    lake.restart(kill=True)
    reply = ended(lake, execution, wait_until)
    assert json.loads(reply["output"]) == ["slept"] * 3


def test_many_at_once(lake, wait_until):
    """Jobs beside the server end in one execution's transactions, many at a time."""
    lake.client("s3").create_bucket(Bucket="states-many")
    put = task("arn:aws:states:::aws-sdk:s3:putObject",
               {"Bucket": "states-many", "Key.$": "States.Format('k{}', $)", "Body": {"n.$": "$"}}, ResultPath=None)
    put.update(Next="Get")
    del put["End"]
    get = task("arn:aws:states:::aws-sdk:s3:getObject",
               {"Bucket": "states-many", "Key.$": "States.Format('k{}', $)"}, ResultSelector={"body.$": "$.Body"})
    arn = machine(lake, "many", {
        "Items": {"Type": "Pass", "Parameters": {"n.$": "States.ArrayRange(1, 200, 1)"}, "Next": "Map"},
        "Map": {"Type": "Map", "ItemsPath": "$.n", "End": True,
                "ItemProcessor": {"StartAt": "Put", "States": {"Put": put, "Get": get}}}})
    reply = ended(lake, start(lake, arn), wait_until)
    assert reply["status"] == "SUCCEEDED", reply
    assert [json.loads(item["body"])["n"] for item in json.loads(reply["output"])] == list(range(1, 201))
    assert len(lake.client("s3").list_objects_v2(Bucket="states-many")["Contents"]) == 200


def test_logs(lake):
    client, logs = lake.client("stepfunctions"), lake.client("logs")
    logs.create_log_group(logGroupName="/states/logged")
    group = "arn:aws:logs:us-east-1:000000000000:log-group:/states/logged:*"
    destinations = [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}]
    states = {"P": {"Type": "Pass", "Next": "F"}, "F": {"Type": "Fail", "Error": "E"}}
    with pytest.raises(client.exceptions.InvalidLoggingConfiguration):
        machine(lake, "logged", states, loggingConfiguration={"level": "ALL"})
    everything = machine(lake, "logged", states, type="EXPRESS", loggingConfiguration={
        "level": "ALL", "includeExecutionData": True, "destinations": destinations})
    errors = machine(lake, "logged-errors", states, loggingConfiguration={
        "level": "ERROR", "includeExecutionData": False, "destinations": destinations})

    def lines(arn):
        events = logs.filter_log_events(logGroupName="/states/logged")["events"]
        return [line for line in map(json.loads, (e["message"] for e in events)) if line["execution_arn"] == arn]

    execution = start(lake, everything, {"a": 1})
    assert [line["type"] for line in lines(execution)] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "FailStateEntered", "ExecutionFailed"]
    assert lines(execution)[1]["details"] == {"name": "P", "input": '{"a":1}', "inputDetails": {"truncated": False}}
    execution = start(lake, errors, {"a": 1})
    assert [line["type"] for line in lines(execution)] == ["FailStateEntered", "ExecutionFailed"]
    assert lines(execution)[0]["details"] == {"name": "F"}
