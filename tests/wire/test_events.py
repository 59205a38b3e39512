# SPDX-License-Identifier: Apache-2.0
"""EventBridge with boto3 and aws-cli: buses, rules, targets, events from clients and from S3."""
import datetime
import io
import json
import shutil
import threading
import zipfile

import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError


@pytest.fixture(scope="module")
def events(lake):
    return lake.client("events")


@pytest.fixture(scope="module")
def sqs(lake):
    return lake.client("sqs")


@pytest.fixture
def queue(sqs, request):
    """(url, arn) of a queue of the test's own."""
    name = request.node.name.replace("[", "-").replace("]", "")
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    yield url, f"arn:aws:sqs:us-east-1:000000000000:{name}"
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def rule(events, queue, request):
    """Makes the test's rule, with the test's queue as its target."""
    name = request.node.name[:64]
    made = []

    def make(pattern, bus="default", **target):
        arn = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        reply = events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": queue[1], **target}])
        assert reply["FailedEntryCount"] == 0
        made.append(bus)
        return arn

    yield make
    for bus in made:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)


def bodies(sqs, queue):
    messages = sqs.receive_message(QueueUrl=queue[0], MaxNumberOfMessages=10).get("Messages", [])
    for message in messages:
        sqs.delete_message(QueueUrl=queue[0], ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(m["Body"]) for m in messages]


def put(events, source="test", detail=None, **entry):
    reply = events.put_events(Entries=[{"Source": source, "DetailType": "t", "Detail": json.dumps(detail or {}), **entry}])
    assert reply["FailedEntryCount"] == 0, reply
    return reply["Entries"][0]["EventId"]


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def test_delivers_within_the_call(events, sqs, queue, rule):
    rule({"source": ["test"], "detail": {"n": [{"numeric": [">", 1]}]}})
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
    put(events, detail={"n": 1})
    event_id = put(events, detail={"n": 2}, Time=moment, Resources=["arn:x"])
    (event,) = bodies(sqs, queue)
    assert event == {"version": "0", "id": event_id, "detail-type": "t", "source": "test", "account": "000000000000",
                     "time": "2026-01-02T03:04:05Z", "region": "us-east-1", "resources": ["arn:x"], "detail": {"n": 2}}


def test_s3_events(lake, sqs, queue, rule):
    s3 = lake.client("s3")
    s3.create_bucket(Bucket="wired")
    s3.put_bucket_notification_configuration(Bucket="wired", NotificationConfiguration={"EventBridgeConfiguration": {}})
    rule({"source": ["aws.s3"], "detail-type": ["Object Created"],
          "detail": {"bucket": {"name": ["wired"]}, "object": {"key": [{"prefix": "raw/"}]}}})
    s3.put_object(Bucket="wired", Key="raw/a b.json", Body=b"{}")
    s3.put_object(Bucket="wired", Key="other.json", Body=b"{}")
    (event,) = bodies(sqs, queue)
    assert event["resources"] == ["arn:aws:s3:::wired"]
    assert event["detail"]["object"]["key"] == "raw/a b.json" and event["detail"]["object"]["size"] == 2
    assert event["detail"]["reason"] == "PutObject"


def test_input_transformer(events, sqs, queue, rule):
    arn = rule({"source": ["test"]}, InputTransformer={
        "InputPathsMap": {"name": "$.detail.name", "all": "$.detail"},
        "InputTemplate": '{"text": "it is <name>", "detail": <all>, "rule": <aws.events.rule-arn>}'})
    put(events, detail={"name": 'a "b"'})
    assert bodies(sqs, queue) == [{"text": 'it is a "b"', "detail": {"name": 'a "b"'}, "rule": arn}]


def test_refusals(events, queue):
    message = refused("InvalidEventPatternException", events.put_rule, Name="x", EventPattern='{"source": [{"nope": 1}]}')
    assert message == "Event pattern is not valid. Reason: Unrecognized match type nope"
    refused("ResourceNotFoundException", events.describe_rule, Name="none")
    refused("ResourceNotFoundException", events.put_rule, Name="x", EventBusName="none", EventPattern='{"a": ["b"]}')
    refused("ValidationException", events.put_rule, Name="x", ScheduleExpression="rate(one minute)")
    assert "CreateArchive" in refused("UnknownOperationException", events.create_archive, ArchiveName="a", EventSourceArn="arn:aws:x")
    reply = events.put_events(Entries=[{"Source": "a", "DetailType": "b", "Detail": "not json"},
                                       {"Source": "a", "DetailType": "b", "Detail": "{}"}])
    assert reply["FailedEntryCount"] == 1
    assert reply["Entries"][0]["ErrorCode"] == "MalformedDetail" and "EventId" in reply["Entries"][1]


def test_buses(events, sqs, queue, rule):
    arn = events.create_event_bus(Name="orders", Tags=[{"Key": "a", "Value": "b"}])["EventBusArn"]
    assert arn == "arn:aws:events:us-east-1:000000000000:event-bus/orders"
    assert [b["Name"] for b in events.list_event_buses()["EventBuses"]] == ["default", "orders"]
    assert events.describe_event_bus(Name="orders")["Arn"] == arn
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": "b"}]
    rule({"source": ["test"]}, bus="orders")
    put(events)
    put(events, EventBusName=arn)
    assert len(bodies(sqs, queue)) == 1
    refused("ValidationException", events.delete_event_bus, Name="orders")


def test_scheduled_rule(fresh_lake, wait_until):
    events, sqs = fresh_lake.client("events"), fresh_lake.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    events.put_rule(Name="r", ScheduleExpression="rate(1 minute)")
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:q", "Input": '"tick"'}])
    fresh_lake.advance(60_000)
    assert sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]["Body"] == '"tick"'


def test_starts_workflows(lake, events, wait_until):
    states = lake.client("stepfunctions")
    machine = states.create_state_machine(
        name="echo", roleArn="arn:aws:iam::000000000000:role/r",
        definition=json.dumps({"StartAt": "p", "States": {"p": {"Type": "Pass", "End": True}}}))["stateMachineArn"]
    events.put_rule(Name="start", EventPattern='{"source": ["start"]}')
    events.put_targets(Rule="start", Targets=[{"Id": "m", "Arn": machine, "RoleArn": "arn:aws:iam::000000000000:role/r",
                                               "InputPath": "$.detail"}])
    put(events, source="start", detail={"a": 1})
    execution = wait_until(lambda: states.list_executions(stateMachineArn=machine)["executions"])[0]
    done = wait_until(lambda: (e := states.describe_execution(executionArn=execution["executionArn"]))["status"] != "RUNNING"
                      and e)
    assert done["status"] == "SUCCEEDED" and json.loads(done["output"]) == {"a": 1}


@pytest.mark.skipif(not shutil.which("bwrap"), reason="functions need bubblewrap")
def test_invokes_functions(lake, events, wait_until):
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", "import json\ndef handler(event, context): print('got', json.dumps(event))\n")
    functions, logs = lake.client("lambda"), lake.client("logs")
    arn = functions.create_function(FunctionName="listens", Runtime="python3.11", Handler="app.handler",
                                    Role="arn:aws:iam::000000000000:role/r", Code={"ZipFile": package.getvalue()})["FunctionArn"]
    functions.get_waiter("function_active_v2").wait(FunctionName="listens")
    events.put_rule(Name="invoke", EventPattern='{"source": ["invoke"]}')
    events.put_targets(Rule="invoke", Targets=[{"Id": "f", "Arn": arn, "InputPath": "$.detail"}])
    put(events, source="invoke", detail={"from": "a rule"})
    lake.client("scheduler").create_schedule(
        Name="invoke", ScheduleExpression="rate(1 hour)", FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn, "RoleArn": "arn:aws:iam::000000000000:role/r", "Input": '{"from": "a schedule"}'})

    def lines():
        try:
            found = logs.filter_log_events(logGroupName="/aws/lambda/listens", filterPattern="got")["events"]
        except logs.exceptions.ResourceNotFoundException:
            return []
        return sorted(e["message"].strip() for e in found)

    assert wait_until(lambda: len(lines()) == 2 and lines()) == ['got {"from": "a rule"}', 'got {"from": "a schedule"}']
    lake.client("scheduler").delete_schedule(Name="invoke")


def test_writes_to_log_groups(lake, events):
    logs = lake.client("logs")
    logs.create_log_group(logGroupName="/aws/events/all")
    events.put_rule(Name="log", EventPattern='{"source": ["log"]}')
    events.put_targets(Rule="log", Targets=[
        {"Id": "g", "Arn": "arn:aws:logs:us-east-1:000000000000:log-group:/aws/events/all"}])
    put(events, source="log", detail={"a": 1})
    (line,) = logs.filter_log_events(logGroupName="/aws/events/all")["events"]
    assert json.loads(line["message"])["detail"] == {"a": 1}


def test_every_event_once_through_kills(fresh_lake):
    """Events go through a rule into a queue, from which others take and delete them, while the server is killed: every event that
    was acknowledged arrives, none arrives after its deletion was acknowledged, and none is there twice."""
    events, sqs = fresh_lake.client("events"), fresh_lake.client("sqs")
    config = Config(retries={"max_attempts": 0})
    url = sqs.create_queue(QueueName="q", Attributes={"VisibilityTimeout": "1000"})["QueueUrl"]
    events.put_rule(Name="r", EventPattern='{"source": ["test"]}')
    events.put_targets(Rule="r", Targets=[{"Id": "q", "Arn": "arn:aws:sqs:us-east-1:000000000000:q", "InputPath": "$.id"}])
    sent, deleted, tried, received_again = set(), set(), set(), []

    def send(client, stop):
        while not stop.is_set():
            try:
                sent.add(put(client))
            except BotoCoreError:
                return  # the server is gone

    def take(client, stop):
        while not stop.is_set():
            try:
                for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=5).get("Messages", []):
                    event_id = json.loads(message["Body"])
                    if event_id in deleted:
                        received_again.append(event_id)
                    tried.add(event_id)  # a deletion may be done without having been acknowledged
                    client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                    deleted.add(event_id)
            except BotoCoreError:
                return

    for round_number in range(1, 4):
        stop = threading.Event()
        threads = [threading.Thread(target=work, args=(fresh_lake.client(service, config), stop))
                   for work, service in ((send, "events"), (send, "events"), (send, "events"), (take, "sqs"), (take, "sqs"))]
        for thread in threads:
            thread.start()
        while len(sent) < 100 * round_number or len(deleted) < 50 * round_number:
            threads[0].join(0.01)
        fresh_lake.stop(kill=True)
        stop.set()
        for thread in threads:
            thread.join()
        fresh_lake.start()
    sqs = fresh_lake.client("sqs")
    fresh_lake.advance(1_001_000)  # what was received and not deleted comes back
    left = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        left += [json.loads(m["Body"]) for m in messages]
    assert not received_again and not deleted & set(left)
    assert len(left) == len(set(left))
    assert sent <= tried | set(left)
    assert len(tried - deleted) <= 6


def test_cli(lake):
    lake.aws("events", "put-rule", "--name", "cli", "--event-pattern", '{"source":["cli"]}')
    assert lake.aws_json("events", "describe-rule", "--name", "cli")["State"] == "ENABLED"
    lake.aws("events", "delete-rule", "--name", "cli")
