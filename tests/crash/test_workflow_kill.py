# SPDX-License-Identifier: Apache-2.0
"""Workflows while the server is killed again and again: each execution ends, and what a state wrote with its transition
is there exactly once."""
import json
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "wire"))

from lake import Lake  # noqa: E402

EXECUTIONS, ITEMS = 12, 20
# Seconds between a start and the kill: from before the first commit to well into the work.
LIVES = [0.02, 0.05, 0.1, 0.03, 0.2, 0.07, 0.3, 0.15, 0.4, 0.25]


def definition(url):
    states = {
        "Put": {"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "ResultPath": None, "Next": "Send",
                "Parameters": {"TableName": "kills", "Item": {"id": {"S.$": "$.id"}},
                               "ConditionExpression": "attribute_not_exists(id)"}},  # a second time fails
        "Send": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "ResultPath": None, "Next": "Pause",
                 "Parameters": {"QueueUrl": url, "MessageBody.$": "$.id"}},
        "Pause": {"Type": "Wait", "SecondsPath": "$.pause", "Next": "Store"},
        "Store": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject", "End": True, "ResultPath": None,
                  "Parameters": {"Bucket": "kills", "Key.$": "$.id", "Body.$": "$.id"}, "OutputPath": "$.id"},
    }
    item = {"id.$": "States.Format('{}-{}', $$.Execution.Name, $$.Map.Item.Value)", "pause": 1}
    return {"StartAt": "Map", "States": {"Map": {
        "Type": "Map", "ItemsPath": "$.items", "ItemSelector": item, "MaxConcurrency": 7, "End": True,
        "ItemProcessor": {"StartAt": "Put", "States": states}}}}


@pytest.fixture
def lake(tmp_path):
    server = Lake(tmp_path).start()
    yield server
    if server.process:
        server.stop()


def test_killed_again_and_again(lake):
    url = lake.client("sqs").create_queue(QueueName="kills")["QueueUrl"]
    lake.client("s3").create_bucket(Bucket="kills")
    lake.client("dynamodb").create_table(
        TableName="kills", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])
    arn = lake.client("stepfunctions").create_state_machine(
        name="kills", roleArn="arn:aws:iam::000000000000:role/workflow", definition=json.dumps(definition(url)))["stateMachineArn"]
    for number in range(EXECUTIONS):
        lake.client("stepfunctions").start_execution(
            stateMachineArn=arn, name=f"e{number}", input=json.dumps({"items": list(range(ITEMS))}))
    for life in LIVES:
        lake.restart(kill=True)
        time.sleep(life)  # the kill's moment, not a condition
    lake.restart(kill=True)

    client = lake.client("stepfunctions")
    deadline = time.monotonic() + 60
    while client.list_executions(stateMachineArn=arn, statusFilter="RUNNING")["executions"]:
        assert time.monotonic() < deadline, "an execution is stuck"
        lake.advance(1000)
        time.sleep(0.05)
    ended = client.list_executions(stateMachineArn=arn)["executions"]
    assert [e["status"] for e in ended] == ["SUCCEEDED"] * EXECUTIONS
    wanted = sorted(f"e{number}-{item}" for number in range(EXECUTIONS) for item in range(ITEMS))
    for execution in ended:
        output = json.loads(client.describe_execution(executionArn=execution["executionArn"])["output"])
        assert output == [f"{execution['name']}-{item}" for item in range(ITEMS)]
        events = client.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)["events"]
        assert [e["id"] for e in events] == list(range(1, len(events) + 1))
    bodies = []
    while messages := lake.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        bodies += [m["Body"] for m in messages]
    assert sorted(bodies) == wanted
    objects = lake.client("s3").list_objects_v2(Bucket="kills")["Contents"]
    assert sorted(o["Key"] for o in objects) == wanted
