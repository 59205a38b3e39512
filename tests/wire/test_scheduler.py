# SPDX-License-Identifier: Apache-2.0
"""EventBridge Scheduler with boto3 and aws-cli, on a clock that the tests move."""
import datetime
import json

import pytest
from botocore.exceptions import ClientError

ROLE = "arn:aws:iam::000000000000:role/scheduler"
OFF = {"Mode": "OFF"}
QUEUE = {"Arn": "arn:aws:sqs:us-east-1:000000000000:q", "RoleArn": ROLE}


@pytest.fixture
def scheduler(lake):
    return lake.client("scheduler")


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value


def create(scheduler, name, expression="rate(1 hour)", target=None, **more):
    return scheduler.create_schedule(Name=name, ScheduleExpression=expression, FlexibleTimeWindow=OFF,
                                     Target=target or QUEUE, **more)["ScheduleArn"]


def test_schedules(scheduler):
    start = datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc)
    arn = create(scheduler, "one", "cron(0 9 ? * MON-FRI *)", ScheduleExpressionTimezone="Europe/Berlin", StartDate=start,
                 Description="d")
    assert arn == "arn:aws:scheduler:us-east-1:000000000000:schedule/default/one"
    schedule = scheduler.get_schedule(Name="one")
    assert schedule["StartDate"] == start and schedule["State"] == "ENABLED" and schedule["Target"]["Arn"] == QUEUE["Arn"]
    assert schedule["ScheduleExpressionTimezone"] == "Europe/Berlin"
    refused("ConflictException", create, scheduler=scheduler, name="one")
    scheduler.update_schedule(Name="one", ScheduleExpression="rate(2 days)", FlexibleTimeWindow=OFF, Target=QUEUE,
                              State="DISABLED")
    assert scheduler.get_schedule(Name="one")["State"] == "DISABLED"
    assert [s["Name"] for s in scheduler.list_schedules(NamePrefix="on", State="DISABLED")["Schedules"]] == ["one"]
    scheduler.delete_schedule(Name="one")
    refused("ResourceNotFoundException", scheduler.get_schedule, Name="one")
    refused("ValidationException", create, scheduler=scheduler, name="x", expression="cron(bad)")
    refused("ValidationException", create, scheduler=scheduler, name="x", expression="at(2001-01-01T00:00:00)")


def test_groups(scheduler, wait_until):
    arn = scheduler.create_schedule_group(Name="g", Tags=[{"Key": "a", "Value": "b"}])["ScheduleGroupArn"]
    create(scheduler, "in-group", GroupName="g", State="DISABLED")
    assert scheduler.get_schedule(Name="in-group", GroupName="g")["GroupName"] == "g"
    assert len(scheduler.list_schedules(GroupName="g")["Schedules"]) == 1
    assert {g["Name"] for g in scheduler.list_schedule_groups()["ScheduleGroups"]} >= {"default", "g"}
    scheduler.tag_resource(ResourceArn=arn, Tags=[{"Key": "c", "Value": "d"}])
    scheduler.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert scheduler.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    scheduler.delete_schedule_group(Name="g")
    wait_until(lambda: "g" not in [g["Name"] for g in scheduler.list_schedule_groups()["ScheduleGroups"]])


def test_fires_and_survives(fresh_lake):
    scheduler, sqs = fresh_lake.client("scheduler"), fresh_lake.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]

    def next_message():
        message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message["Body"]

    create(scheduler, "tick", "rate(30 seconds)", {**QUEUE, "Input": "tick <aws.scheduler.schedule-arn>"})
    assert next_message() == "tick arn:aws:scheduler:us-east-1:000000000000:schedule/default/tick"
    fresh_lake.advance(30_000)
    assert next_message().startswith("tick")
    fresh_lake.restart(kill=True)
    scheduler, sqs = fresh_lake.client("scheduler"), fresh_lake.client("sqs")
    fresh_lake.advance(120_000)
    assert next_message().startswith("tick")
    scheduler.delete_schedule(Name="tick")
    create(scheduler, "any", "rate(1 hour)", {
        "Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "RoleArn": ROLE,
        "Input": json.dumps({"QueueUrl": url, "MessageBody": "universal"})})
    assert next_message() == "universal"


def test_cli(lake):
    lake.aws("scheduler", "create-schedule", "--name", "cli", "--schedule-expression", "rate(1 day)",
             "--flexible-time-window", "Mode=OFF", "--target", json.dumps(QUEUE), "--state", "DISABLED")
    assert lake.aws_json("scheduler", "get-schedule", "--name", "cli")["ScheduleExpression"] == "rate(1 day)"
    lake.aws("scheduler", "delete-schedule", "--name", "cli")
