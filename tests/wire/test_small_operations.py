# SPDX-License-Identifier: Apache-2.0
"""The small operations around the big ones - tags, lists, updates, deletions - with boto3: each is called, and its effect is
looked at by another. What they refuse is tested with their services."""
import io
import json
import time
import zipfile

import pytest
from botocore.exceptions import ClientError

import wire

ROLE = "arn:aws:iam::000000000000:role/small"
REGION = "us-east-1:000000000000"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value


def by_hand(lake, service, target, body, version="1.0"):
    """An operation that Debian's boto3 does not know yet."""
    reply = wire.json_call(lake, service, target, json.dumps(body).encode(), version)
    assert reply.status == 200, reply
    return json.loads(reply.body)


def tags_of(pairs, key="Key", value="Value"):
    return {pair[key]: pair[value] for pair in pairs}


# --- DynamoDB

def test_dynamodb(lake):
    db = lake.client("dynamodb")
    arn = db.create_table(TableName="small", BillingMode="PAY_PER_REQUEST", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
                          AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}])["TableDescription"]["TableArn"]
    one = {"id": {"S": "1"}}
    db.put_item(TableName="small", Item={**one, "n": {"N": "1"}})
    assert db.delete_item(TableName="small", Key=one, ReturnValues="ALL_OLD")["Attributes"]["n"] == {"N": "1"}
    assert "Item" not in db.get_item(TableName="small", Key=one)
    db.transact_write_items(TransactItems=[{"Put": {"TableName": "small", "Item": one}},
                                           {"Put": {"TableName": "small", "Item": {"id": {"S": "2"}}}}])
    assert db.scan(TableName="small")["Count"] == 2
    db.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    db.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert tags_of(db.list_tags_of_resource(ResourceArn=arn)["Tags"]) == {"b": "2"}
    db.update_table(TableName="small", BillingMode="PROVISIONED", ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 6})
    assert db.describe_table(TableName="small")["Table"]["ProvisionedThroughput"]["WriteCapacityUnits"] == 6
    assert db.describe_time_to_live(TableName="small")["TimeToLiveDescription"]["TimeToLiveStatus"] == "DISABLED"
    backups = db.describe_continuous_backups(TableName="small")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "DISABLED"
    assert db.describe_endpoints()["Endpoints"][0]["Address"]


# --- EventBridge and Scheduler

def test_eventbridge(lake):
    events = lake.client("events")
    events.create_event_bus(Name="small")
    arn = events.put_rule(Name="small", EventPattern='{"source": ["small"]}')["RuleArn"]
    target = f"arn:aws:sqs:{REGION}:small"
    events.put_targets(Rule="small", Targets=[{"Id": "q", "Arn": target}])
    assert [t["Arn"] for t in events.list_targets_by_rule(Rule="small")["Targets"]] == [target]
    assert events.list_rule_names_by_target(TargetArn=target)["RuleNames"] == ["small"]
    events.disable_rule(Name="small")
    assert events.list_rules(NamePrefix="sma")["Rules"][0]["State"] == "DISABLED"
    events.enable_rule(Name="small")
    assert events.list_rules(NamePrefix="sma")["Rules"][0]["State"] == "ENABLED"
    events.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    events.untag_resource(ResourceARN=arn, TagKeys=["b"])
    assert tags_of(events.list_tags_for_resource(ResourceARN=arn)["Tags"]) == {"a": "1"}
    event = {"id": "1", "source": "small", "detail-type": "t", "account": "0", "region": "r", "time": "2026-01-01T00:00:00Z",
             "resources": [], "detail": {}}
    for source, expected in (("small", True), ("large", False)):
        assert events.test_event_pattern(EventPattern='{"source": ["small"]}', Event=json.dumps({**event, "source": source}))["Result"] is expected
    events.delete_event_bus(Name="small")
    assert "small" not in [bus["Name"] for bus in events.list_event_buses()["EventBuses"]]


def test_scheduler(lake):
    scheduler = lake.client("scheduler")
    scheduler.create_schedule_group(Name="small")
    assert scheduler.get_schedule_group(Name="small")["State"] == "ACTIVE"


# --- Glue

def table(name, *columns):
    return {"Name": name, "TableType": "EXTERNAL_TABLE", "PartitionKeys": [{"Name": "day", "Type": "string"}],
            "StorageDescriptor": {"Columns": [{"Name": c, "Type": "int"} for c in columns], "Location": "s3://small/" + name}}


def partition(day, location="s3://small/x"):
    return {"Values": [day], "StorageDescriptor": {"Columns": [], "Location": location}}


@pytest.fixture(scope="module")
def glue(lake):
    client = lake.client("glue")
    client.create_database(DatabaseInput={"Name": "small"})
    return client


def test_glue_databases_and_tables(glue):
    here = {"DatabaseName": "small"}
    glue.update_database(Name="small", DatabaseInput={"Name": "small", "Description": "of small things"})
    assert glue.get_database(Name="small")["Database"]["Description"] == "of small things"
    for name in ("one", "two", "three"):
        glue.create_table(**here, TableInput=table(name, "a"))
    glue.update_table(**here, TableInput=table("one", "a", "b"))
    versions = [v["VersionId"] for v in glue.get_table_versions(**here, TableName="one")["TableVersions"]]
    assert len(versions) == 2
    old = glue.get_table_version(**here, TableName="one", VersionId=versions[-1])["TableVersion"]["Table"]
    assert [c["Name"] for c in old["StorageDescriptor"]["Columns"]] == ["a"]
    glue.delete_table_version(**here, TableName="one", VersionId=versions[-1])
    assert len(glue.get_table_versions(**here, TableName="one")["TableVersions"]) == 1
    assert "one" in [t["Name"] for t in glue.search_tables(SearchText="one")["TableList"]]
    assert glue.get_partition_indexes(**here, TableName="one")["PartitionIndexDescriptorList"] == []
    assert glue.get_user_defined_functions(**here, Pattern="*")["UserDefinedFunctions"] == []
    glue.delete_table(**here, Name="three")
    assert glue.batch_delete_table(**here, TablesToDelete=["two", "none"])["Errors"][0]["TableName"] == "none"
    assert [t["Name"] for t in glue.get_tables(**here)["TableList"]] == ["one"]


def test_glue_partitions(glue):
    glue.create_table(DatabaseName="small", TableInput=table("days", "a"))
    here = {"DatabaseName": "small", "TableName": "days"}
    glue.batch_create_partition(**here, PartitionInputList=[partition(day) for day in ("1", "2", "3", "4")])
    glue.update_partition(**here, PartitionValueList=["1"], PartitionInput=partition("1", "s3://small/moved"))
    assert glue.get_partition(**here, PartitionValues=["1"])["Partition"]["StorageDescriptor"]["Location"] == "s3://small/moved"
    glue.batch_update_partition(**here, Entries=[{"PartitionValueList": ["2"], "PartitionInput": partition("2", "s3://small/too")}])
    found = glue.batch_get_partition(**here, PartitionsToGet=[{"Values": ["2"]}])["Partitions"]
    assert found[0]["StorageDescriptor"]["Location"] == "s3://small/too"
    statistics = glue.get_column_statistics_for_partition(**here, PartitionValues=["1"], ColumnNames=["a"])
    assert statistics["ColumnStatisticsList"] == []
    glue.delete_partition(**here, PartitionValues=["3"])
    glue.batch_delete_partition(**here, PartitionsToDelete=[{"Values": ["4"]}])
    assert [p["Values"] for p in glue.get_partitions(**here)["Partitions"]] == [["1"], ["2"]]


def test_glue_crawlers(glue, lake, wait_until):
    s3 = lake.client("s3")
    s3.create_bucket(Bucket="small-crawl")
    glue.create_crawler(Name="small", Role="r", DatabaseName="small", Targets={"S3Targets": [{"Path": "s3://small-crawl/"}]},
                        Schedule="cron(0 1 * * ? *)")
    glue.update_crawler(Name="small", Description="updated")
    assert glue.batch_get_crawlers(CrawlerNames=["small", "none"])["CrawlersNotFound"] == ["none"]
    assert "updated" in [c.get("Description") for c in glue.get_crawlers()["Crawlers"]]
    glue.stop_crawler_schedule(CrawlerName="small")
    assert glue.get_crawler(Name="small")["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
    glue.start_crawler_schedule(CrawlerName="small")
    glue.update_crawler_schedule(CrawlerName="small", Schedule="cron(0 2 * * ? *)")
    shown = glue.get_crawler(Name="small")["Crawler"]["Schedule"]
    assert shown["State"] == "SCHEDULED" and shown["ScheduleExpression"] == "cron(0 2 * * ? *)"
    arn = f"arn:aws:glue:{REGION}:crawler/small"
    glue.tag_resource(ResourceArn=arn, TagsToAdd={"a": "1", "b": "2"})
    glue.untag_resource(ResourceArn=arn, TagsToRemove=["a"])
    assert glue.get_tags(ResourceArn=arn)["Tags"] == {"b": "2"}

    def stopped():  # a crawl may end before the stop comes: then another is started
        wait_until(lambda: glue.get_crawler(Name="small")["Crawler"]["State"] == "READY")
        s3.put_object(Bucket="small-crawl", Key=f"t/{time.monotonic_ns()}", Body=b'{"a": 1}')
        glue.start_crawler(Name="small")
        try:
            return glue.stop_crawler(Name="small")
        except glue.exceptions.CrawlerNotRunningException:
            return None

    wait_until(stopped, what="a crawl that was stopped")
    wait_until(lambda: glue.get_crawler(Name="small")["Crawler"]["State"] == "READY")
    assert glue.get_crawler(Name="small")["Crawler"]["LastCrawl"]["Status"] == "CANCELLED"


def test_glue_jobs(glue):
    glue.create_job(Name="small", Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://small/x.py"}, Tags={"team": "small"})
    assert glue.get_job(JobName="small")["Job"]["Command"]["ScriptLocation"] == "s3://small/x.py"
    assert "small" in [job["Name"] for job in glue.get_jobs()["Jobs"]]
    assert glue.list_jobs(Tags={"team": "small"})["JobNames"] == ["small"]
    found = glue.batch_get_jobs(JobNames=["small", "none"])
    assert [job["Name"] for job in found["Jobs"]] == ["small"] and found["JobsNotFound"] == ["none"]


# --- IAM and STS

def test_iam(lake):
    iam = lake.client("iam")
    policy = iam.create_policy(PolicyName="small", PolicyDocument=ALLOW)["Policy"]["Arn"]
    assert iam.get_policy(PolicyArn=policy)["Policy"]["DefaultVersionId"] == "v1"
    assert iam.get_policy_version(PolicyArn=policy, VersionId="v1")["PolicyVersion"]["Document"] == json.loads(ALLOW)
    assert [v["VersionId"] for v in iam.list_policy_versions(PolicyArn=policy)["Versions"]] == ["v1"]
    assert policy in [p["Arn"] for p in iam.list_policies(Scope="Local")["Policies"]]

    ann = {"UserName": "small-ann"}
    iam.create_user(**ann)
    assert iam.get_user(**ann)["User"]["UserName"] in [u["UserName"] for u in iam.list_users()["Users"]]
    iam.put_user_policy(**ann, PolicyName="p", PolicyDocument=ALLOW)
    assert iam.list_user_policies(**ann)["PolicyNames"] == ["p"]
    assert iam.get_user_policy(**ann, PolicyName="p")["PolicyDocument"] == json.loads(ALLOW)
    iam.delete_user_policy(**ann, PolicyName="p")
    iam.attach_user_policy(**ann, PolicyArn=policy)
    assert [p["PolicyArn"] for p in iam.list_attached_user_policies(**ann)["AttachedPolicies"]] == [policy]
    iam.detach_user_policy(**ann, PolicyArn=policy)
    assert iam.list_groups_for_user(**ann)["Groups"] == []
    iam.tag_user(**ann, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_user(**ann, TagKeys=["a"])
    assert tags_of(iam.list_user_tags(**ann)["Tags"]) == {"b": "2"}

    role = {"RoleName": "small-role"}
    iam.create_role(**role, AssumeRolePolicyDocument=TRUST)
    iam.update_role(**role, Description="d", MaxSessionDuration=7200)
    other = TRUST.replace("lambda", "glue")
    iam.update_assume_role_policy(**role, PolicyDocument=other)
    shown = iam.get_role(**role)["Role"]
    assert (shown["Description"], shown["MaxSessionDuration"]) == ("d", 7200) and shown["AssumeRolePolicyDocument"] == json.loads(other)
    iam.tag_role(**role, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    iam.untag_role(**role, TagKeys=["b"])
    assert tags_of(iam.list_role_tags(**role)["Tags"]) == {"a": "1"}
    assert iam.list_instance_profiles_for_role(**role)["InstanceProfiles"] == []


def test_session_tokens(lake):
    keys = lake.client("sts").get_session_token(DurationSeconds=900)["Credentials"]
    mine = lake.client("sts", access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys["SessionToken"])
    assert mine.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"


# --- Lambda

def test_lambda(lake):
    client = lake.client("lambda")
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("bootstrap", "#!/bin/sh\n")
    small = {"FunctionName": "small"}
    client.create_function(**small, Runtime="provided.al2023", Role=ROLE, Handler="h", Code={"ZipFile": code.getvalue()}, Publish=True)
    client.create_alias(**small, Name="live", FunctionVersion="1")
    assert client.get_alias(**small, Name="live")["FunctionVersion"] == "1"
    client.delete_alias(**small, Name="live")
    assert client.list_aliases(**small)["Aliases"] == []
    client.put_function_concurrency(**small, ReservedConcurrentExecutions=3)
    assert client.get_function_concurrency(**small)["ReservedConcurrentExecutions"] == 3
    client.put_function_event_invoke_config(**small, MaximumRetryAttempts=1, MaximumEventAgeInSeconds=60)
    client.update_function_event_invoke_config(**small, MaximumRetryAttempts=0)
    shown = client.get_function_event_invoke_config(**small)
    assert (shown["MaximumRetryAttempts"], shown["MaximumEventAgeInSeconds"]) == (0, 60)
    assert len(client.list_function_event_invoke_configs(**small)["FunctionEventInvokeConfigs"]) == 1
    client.delete_function_event_invoke_config(**small)
    assert client.list_function_event_invoke_configs(**small)["FunctionEventInvokeConfigs"] == []
    assert client.get_account_settings()["AccountUsage"]["FunctionCount"] >= 1


# --- Logs, SQS, SSM

def test_log_group_tags(lake):
    logs = lake.client("logs")
    logs.create_log_group(logGroupName="/small")
    arn = f"arn:aws:logs:{REGION}:log-group:/small"
    logs.tag_resource(resourceArn=arn, tags={"a": "1", "b": "2"})
    logs.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}


def test_message_moves_can_be_cancelled(lake):
    sqs = lake.client("sqs")
    dead = sqs.create_queue(QueueName="small-dead")["QueueUrl"]
    arn = f"arn:aws:sqs:{REGION}:small-dead"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    sqs.create_queue(QueueName="small", Attributes={"RedrivePolicy": policy})
    for _ in range(10):
        sqs.send_message_batch(QueueUrl=dead, Entries=[{"Id": str(i), "MessageBody": "x"} for i in range(10)])
    move = by_hand(lake, "sqs", "AmazonSQS.StartMessageMoveTask",
                   {"SourceArn": arn, "DestinationArn": f"arn:aws:sqs:{REGION}:small", "MaxNumberOfMessagesPerSecond": 1})
    by_hand(lake, "sqs", "AmazonSQS.CancelMessageMoveTask", {"TaskHandle": move["TaskHandle"]})
    listed = by_hand(lake, "sqs", "AmazonSQS.ListMessageMoveTasks", {"SourceArn": arn})
    assert listed["Results"][0]["Status"] in ("CANCELLING", "CANCELLED")


def test_parameters(lake):
    ssm = lake.client("ssm")
    ssm.put_parameter(Name="/small", Value="1", Type="String", Description="d")
    shown, = ssm.describe_parameters()["Parameters"]
    assert (shown["Name"], shown["Description"]) == ("/small", "d") and "Value" not in shown
    ssm.delete_parameter(Name="/small")
    assert ssm.describe_parameters()["Parameters"] == []


# --- S3: what a bucket has not got

@pytest.mark.parametrize("call, code", [
    ("get_bucket_cors", "NoSuchCORSConfiguration"),
    ("get_bucket_lifecycle_configuration", "NoSuchLifecycleConfiguration"),
    ("get_bucket_replication", "ReplicationConfigurationNotFoundError"),
    ("get_bucket_website", "NoSuchWebsiteConfiguration"),
    ("get_object_lock_configuration", "ObjectLockConfigurationNotFoundError")])
def test_buckets_without(lake, call, code):
    s3 = lake.client("s3")
    s3.create_bucket(Bucket="small-without")
    refused(code, getattr(s3, call), Bucket="small-without")


# --- Step Functions

def test_step_functions(lake, wait_until):
    client = lake.client("stepfunctions")

    def definition(result):
        return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": result, "End": True}}})

    arn = client.create_state_machine(name="small", definition=definition(1), roleArn=ROLE)["stateMachineArn"]
    client.update_state_machine(stateMachineArn=arn, definition=definition(2))
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]
    wait_until(lambda: client.describe_execution(executionArn=execution)["status"] == "SUCCEEDED")
    assert client.describe_execution(executionArn=execution)["output"] == "2"
    assert client.describe_state_machine_for_execution(executionArn=execution)["definition"] == definition(2)
    client.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    client.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert tags_of(client.list_tags_for_resource(resourceArn=arn)["tags"], "key", "value") == {"b": "2"}
    checked = by_hand(lake, "states", "AWSStepFunctions.ValidateStateMachineDefinition", {"definition": definition(1)})
    assert checked["result"] == "OK"


def test_activities_fail_and_executions_are_redriven(lake, wait_until):
    client = lake.client("stepfunctions")
    activity = client.create_activity(name="small")["activityArn"]
    assert client.describe_activity(activityArn=activity)["name"] == "small"
    assert activity in [a["activityArn"] for a in client.list_activities()["activities"]]
    arn = client.create_state_machine(name="small-activity", roleArn=ROLE, definition=json.dumps(
        {"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": activity, "End": True}}}))["stateMachineArn"]
    execution = client.start_execution(stateMachineArn=arn)["executionArn"]

    def status(wanted):
        wait_until(lambda: client.describe_execution(executionArn=execution)["status"] == wanted, what=wanted)

    client.send_task_failure(taskToken=client.get_activity_task(activityArn=activity)["taskToken"], error="Small", cause="c")
    status("FAILED")
    by_hand(lake, "states", "AWSStepFunctions.RedriveExecution", {"executionArn": execution})
    client.send_task_success(taskToken=client.get_activity_task(activityArn=activity)["taskToken"], output="1")
    status("SUCCEEDED")
    client.delete_activity(activityArn=activity)
    assert activity not in [a["activityArn"] for a in client.list_activities()["activities"]]
