# SPDX-License-Identifier: Apache-2.0
"""CloudFormation with boto3, its waiters, and aws-cli's package and deploy."""
import json

import botocore.exceptions
import pytest

TEMPLATE = """
Parameters:
  Delay: {Type: Number, Default: 3, MinValue: 0, MaxValue: 900}
  Secret: {Type: String, Default: hidden, NoEcho: true}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      QueueName: !Sub "${AWS::StackName}-queue"
      DelaySeconds: !Ref Delay
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}
Outputs:
  Url: {Value: !Ref Queue, Description: where it is, Export: {Name: !Sub "${AWS::StackName}-url"}}
"""
CAPABILITIES = ["CAPABILITY_IAM"]


@pytest.fixture
def cloudformation(lake):
    return lake.client("cloudformation")


def wait(client, name, stack):
    client.get_waiter(name).wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30})


def test_stack_from_making_to_deletion(lake, cloudformation):
    made = cloudformation.create_stack(StackName="whole", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES,
                                       Tags=[{"Key": "team", "Value": "data"}])
    wait(cloudformation, "stack_create_complete", "whole")
    stack = cloudformation.describe_stacks(StackName="whole")["Stacks"][0]
    assert stack["StackId"] == made["StackId"]
    assert stack["Capabilities"] == CAPABILITIES and stack["Tags"] == [{"Key": "team", "Value": "data"}]
    assert {p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]} == {"Delay": "3", "Secret": "****"}
    url = lake.client("sqs").get_queue_url(QueueName="whole-queue")["QueueUrl"]
    assert stack["Outputs"] == [{"OutputKey": "Url", "OutputValue": url, "Description": "where it is", "ExportName": "whole-url"}]
    assert stack["CreationTime"].year >= 2025

    cloudformation.update_stack(StackName="whole", UsePreviousTemplate=True, Capabilities=CAPABILITIES,
                                Parameters=[{"ParameterKey": "Delay", "ParameterValue": "7"}])
    wait(cloudformation, "stack_update_complete", "whole")
    attributes = lake.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["DelaySeconds"])["Attributes"]
    assert attributes == {"DelaySeconds": "7"}
    with pytest.raises(botocore.exceptions.ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName="whole", UsePreviousTemplate=True, Capabilities=CAPABILITIES,
                                    Parameters=[{"ParameterKey": "Delay", "ParameterValue": "7"}])

    cloudformation.delete_stack(StackName="whole")
    wait(cloudformation, "stack_delete_complete", "whole")
    with pytest.raises(botocore.exceptions.ClientError, match="Stack with id whole does not exist") as refused:
        cloudformation.describe_stacks(StackName="whole")
    assert refused.value.response["Error"]["Code"] == "ValidationError"
    assert cloudformation.describe_stacks(StackName=made["StackId"])["Stacks"][0]["StackStatus"] == "DELETE_COMPLETE"


def test_what_is_shown(cloudformation):
    cloudformation.create_stack(StackName="shown", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES)
    wait(cloudformation, "stack_create_complete", "shown")
    resources = cloudformation.list_stack_resources(StackName="shown")["StackResourceSummaries"]
    assert {(r["LogicalResourceId"], r["ResourceStatus"]) for r in resources} == {("Queue", "CREATE_COMPLETE"),
                                                                                ("Role", "CREATE_COMPLETE")}
    one = cloudformation.describe_stack_resource(StackName="shown", LogicalResourceId="Queue")["StackResourceDetail"]
    assert one["ResourceType"] == "AWS::SQS::Queue" and one["PhysicalResourceId"].endswith("/shown-queue")
    of = cloudformation.describe_stack_resources(PhysicalResourceId=one["PhysicalResourceId"])["StackResources"]
    assert {r["StackName"] for r in of} == {"shown"}
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName="shown")
    events = [event for page in pages for event in page["StackEvents"]]
    assert events[0]["ResourceStatus"] == "CREATE_COMPLETE" and events[-1]["ResourceStatusReason"] == "User Initiated"
    assert cloudformation.get_template(StackName="shown")["TemplateBody"] == TEMPLATE
    names = [s["StackName"] for s in cloudformation.list_stacks(StackStatusFilter=["CREATE_COMPLETE"])["StackSummaries"]]
    assert "shown" in names
    exports = {e["Name"]: e["Value"] for e in cloudformation.list_exports()["Exports"]}
    assert exports["shown-url"] == one["PhysicalResourceId"]


def test_templates_are_checked(cloudformation):
    summary = cloudformation.get_template_summary(TemplateBody=TEMPLATE)
    assert summary["Capabilities"] == CAPABILITIES and set(summary["ResourceTypes"]) == {"AWS::SQS::Queue", "AWS::IAM::Role"}
    assert {p["ParameterKey"]: p["ParameterType"] for p in summary["Parameters"]} == {"Delay": "Number", "Secret": "String"}
    assert cloudformation.validate_template(TemplateBody=TEMPLATE)["Parameters"][1]["NoEcho"] is True
    cases = {
        "Resources: {A: {Type: AWS::No::Such}}": "Unrecognized resource types: \\[AWS::No::Such\\]",
        "Resources: {A: {Type: AWS::SQS::Queue, Properties: {QueueName: !Ref B}}}": "Unresolved resource dependencies \\[B\\]",
        "Resources: [": "YAML not well-formed",
        "Transform: AWS::Serverless-2016-10-31\nResources: {}": "AWS::Serverless-2016-10-31",
    }
    for body, words in cases.items():
        with pytest.raises(botocore.exceptions.ClientError, match=words):
            cloudformation.validate_template(TemplateBody=body)


def test_refusals(cloudformation):
    with pytest.raises(cloudformation.exceptions.InsufficientCapabilitiesException, match="CAPABILITY_IAM"):
        cloudformation.create_stack(StackName="refused", TemplateBody=TEMPLATE)
    with pytest.raises(botocore.exceptions.ClientError, match="Parameters: \\[Other\\] do not exist in the template"):
        cloudformation.create_stack(StackName="refused", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES,
                                    Parameters=[{"ParameterKey": "Other", "ParameterValue": "1"}])
    with pytest.raises(botocore.exceptions.ClientError, match="must be a number not greater than 900"):
        cloudformation.create_stack(StackName="refused", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES,
                                    Parameters=[{"ParameterKey": "Delay", "ParameterValue": "901"}])
    with pytest.raises(botocore.exceptions.ClientError, match="DetectStackDrift"):
        cloudformation.detect_stack_drift(StackName="refused")
    with pytest.raises(cloudformation.exceptions.ChangeSetNotFoundException):
        cloudformation.describe_change_set(ChangeSetName="arn:aws:cloudformation:us-east-1:000000000000:changeSet/a/b")


def test_change_sets(cloudformation):
    made = cloudformation.create_change_set(StackName="planned", ChangeSetName="first", ChangeSetType="CREATE",
                                            TemplateBody=TEMPLATE, Capabilities=CAPABILITIES)
    cloudformation.get_waiter("change_set_create_complete").wait(ChangeSetName="first", StackName="planned")
    plan = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert plan["ExecutionStatus"] == "AVAILABLE"
    assert [(c["ResourceChange"]["Action"], c["ResourceChange"]["LogicalResourceId"]) for c in plan["Changes"]] == [
        ("Add", "Queue"), ("Add", "Role")]
    assert cloudformation.describe_stacks(StackName="planned")["Stacks"][0]["StackStatus"] == "REVIEW_IN_PROGRESS"
    cloudformation.execute_change_set(ChangeSetName="first", StackName="planned")
    wait(cloudformation, "stack_create_complete", "planned")

    cloudformation.create_change_set(StackName="planned", ChangeSetName="none", TemplateBody=TEMPLATE, Capabilities=CAPABILITIES)
    plan = cloudformation.describe_change_set(ChangeSetName="none", StackName="planned")
    assert plan["Status"] == "FAILED" and "didn't contain changes" in plan["StatusReason"]
    with pytest.raises(cloudformation.exceptions.InvalidChangeSetStatusException):
        cloudformation.execute_change_set(ChangeSetName="none", StackName="planned")

    cloudformation.create_change_set(StackName="planned", ChangeSetName="second", Capabilities=CAPABILITIES,
                                     TemplateBody=TEMPLATE.replace("-queue", "-other"))
    change = cloudformation.describe_change_set(ChangeSetName="second", StackName="planned")["Changes"][0]["ResourceChange"]
    assert (change["Action"], change["Replacement"]) == ("Modify", "True")
    assert change["Details"][0]["Target"] == {"Attribute": "Properties", "Name": "QueueName", "RequiresRecreation": "Always"}
    names = {s["ChangeSetName"] for s in cloudformation.list_change_sets(StackName="planned")["Summaries"]}
    assert names == {"none", "second"}
    cloudformation.delete_change_set(ChangeSetName="second", StackName="planned")
    cloudformation.delete_change_set(ChangeSetName="second", StackName="planned")


def test_package_and_deploy(lake, tmp_path):
    """A function in a local folder, a template above 51,200 bytes, outputs, an update, no changes, deletion."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "index.py").write_text("def handler(event, context):\n    return event\n")
    template = {
        "Description": "x" * 1000,
        "Parameters": {"Size": {"Type": "Number", "Default": 128}},
        "Metadata": {f"Filler{i}": "y" * 1000 for i in range(60)},
        "Resources": {
            "Role": {"Type": "AWS::IAM::Role", "Properties": {
                "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}},
            "Function": {"Type": "AWS::Lambda::Function", "Properties": {
                "FunctionName": "packaged", "Runtime": "python3.11", "Handler": "index.handler", "Code": "code",
                "MemorySize": {"Ref": "Size"}, "Role": {"Fn::GetAtt": ["Role", "Arn"]}}},
        },
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Function", "Arn"]}}},
    }
    (tmp_path / "template.json").write_text(json.dumps(template))
    lake.aws("s3", "mb", "s3://artifacts")
    packaged = tmp_path / "packaged.yaml"
    lake.aws("cloudformation", "package", "--template-file", tmp_path / "template.json", "--s3-bucket", "artifacts",
             "--output-template-file", packaged)

    def deploy(*more):
        return lake.aws("cloudformation", "deploy", "--template-file", packaged, "--stack-name", "packaged", "--s3-bucket",
                        "artifacts", "--capabilities", "CAPABILITY_IAM", *more)
    deploy()
    function = lake.client("lambda").get_function(FunctionName="packaged")["Configuration"]
    assert function["MemorySize"] == 128
    described = lake.aws_json("cloudformation", "describe-stacks", "--stack-name", "packaged")["Stacks"][0]
    assert described["Outputs"] == [{"OutputKey": "Arn", "OutputValue": function["FunctionArn"]}]
    assert "No changes to deploy" in deploy().stdout
    deploy("--parameter-overrides", "Size=256")
    assert lake.client("lambda").get_function(FunctionName="packaged")["Configuration"]["MemorySize"] == 256
    lake.aws("cloudformation", "delete-stack", "--stack-name", "packaged")
    lake.aws("cloudformation", "wait", "stack-delete-complete", "--stack-name", "packaged")
    with pytest.raises(botocore.exceptions.ClientError, match="ResourceNotFoundException"):
        lake.client("lambda").get_function(FunctionName="packaged")


def test_a_killed_server_goes_on(fresh_lake, wait_until):
    """Thirty queues in a row, the server killed in the middle: the stack is complete after the restart, each queue once."""
    resources = {f"Q{i}": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": f"queue-{i}"}} for i in range(30)}
    for i in range(1, 30):
        resources[f"Q{i}"]["DependsOn"] = f"Q{i - 1}"
    sqs = fresh_lake.client("sqs")
    fresh_lake.client("cloudformation").create_stack(StackName="long", TemplateBody=json.dumps({"Resources": resources}))
    wait_until(lambda: len(sqs.list_queues().get("QueueUrls", [])) > 3, what="the first queues")
    fresh_lake.restart(kill=True)
    wait(fresh_lake.client("cloudformation"), "stack_create_complete", "long")
    assert len(fresh_lake.client("sqs").list_queues()["QueueUrls"]) == 30
    pages = fresh_lake.client("cloudformation").get_paginator("describe_stack_events").paginate(StackName="long")
    done = [e["LogicalResourceId"] for page in pages for e in page["StackEvents"] if e["ResourceStatus"] == "CREATE_COMPLETE"]
    assert len(done) == len(set(done)) == 31


def test_exports_and_imports(cloudformation):
    exporter = """
Resources: {Queue: {Type: AWS::SQS::Queue}}
Outputs: {Arn: {Value: !GetAtt Queue.Arn, Export: {Name: shared-arn}}}
"""
    importer = """
Resources:
  Parameter: {Type: AWS::SSM::Parameter, Properties: {Name: /imported, Type: String, Value: !ImportValue shared-arn}}
"""
    cloudformation.create_stack(StackName="exporter", TemplateBody=exporter, EnableTerminationProtection=True)
    wait(cloudformation, "stack_create_complete", "exporter")
    cloudformation.create_stack(StackName="importer", TemplateBody=importer)
    wait(cloudformation, "stack_create_complete", "importer")
    assert cloudformation.list_imports(ExportName="shared-arn")["Imports"] == ["importer"]
    with pytest.raises(botocore.exceptions.ClientError, match="TerminationProtection is enabled"):
        cloudformation.delete_stack(StackName="exporter")
    cloudformation.update_termination_protection(StackName="exporter", EnableTerminationProtection=False)
    with pytest.raises(botocore.exceptions.ClientError, match="in use by importer"):
        cloudformation.delete_stack(StackName="exporter")
    for name in ("importer", "exporter"):
        cloudformation.delete_stack(StackName=name)
        wait(cloudformation, "stack_delete_complete", name)


def test_an_undoing_that_fails_is_continued(lake, cloudformation):
    """What the old state needs is gone when an update fails: the undoing waits until it is back."""
    template = """
Parameters: {Redrive: {Type: String, Default: 'yes'}, Delay: {Type: Number, Default: 0}}
Conditions: {Redrive: !Equals [!Ref Redrive, 'yes']}
Resources:
  Queue:
    Type: AWS::SQS::Queue
    Properties:
      RedrivePolicy: !If
        - Redrive
        - {deadLetterTargetArn: !Sub 'arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:gone', maxReceiveCount: 3}
        - !Ref AWS::NoValue
  Last: {Type: AWS::SQS::Queue, DependsOn: Queue, Properties: {DelaySeconds: !Ref Delay}}
"""
    sqs = lake.client("sqs")
    url = sqs.create_queue(QueueName="gone")["QueueUrl"]
    cloudformation.create_stack(StackName="undone", TemplateBody=template)
    wait(cloudformation, "stack_create_complete", "undone")
    sqs.delete_queue(QueueUrl=url)
    cloudformation.update_stack(StackName="undone", UsePreviousTemplate=True, Parameters=[
        {"ParameterKey": "Redrive", "ParameterValue": "no"}, {"ParameterKey": "Delay", "ParameterValue": "99999"}])
    with pytest.raises(botocore.exceptions.WaiterError):
        wait(cloudformation, "stack_update_complete", "undone")
    assert cloudformation.describe_stacks(StackName="undone")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_FAILED"
    sqs.create_queue(QueueName="gone")
    cloudformation.continue_update_rollback(StackName="undone")
    wait(cloudformation, "stack_rollback_complete", "undone")
