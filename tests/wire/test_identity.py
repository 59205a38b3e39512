# SPDX-License-Identifier: Apache-2.0
"""IAM, STS and the parameter store with boto3."""
import json

import pytest
from botocore.exceptions import ClientError

TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}})


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response["Error"]["Message"]


def test_roles(lake):
    iam = lake.client("iam")
    made = iam.create_role(RoleName="worker", AssumeRolePolicyDocument=TRUST, Description="works", Tags=[{"Key": "a", "Value": "1"}])["Role"]
    assert made["Arn"] == "arn:aws:iam::000000000000:role/worker" and made["RoleId"].startswith("AROA")
    shown = iam.get_role(RoleName="worker")["Role"]
    assert shown["CreateDate"].year >= 2026 and shown["AssumeRolePolicyDocument"] == json.loads(TRUST)
    refused("EntityAlreadyExists", iam.create_role, RoleName="Worker", AssumeRolePolicyDocument=TRUST)
    refused("MalformedPolicyDocument", iam.create_role, RoleName="other", AssumeRolePolicyDocument="{")
    refused("NoSuchEntity", iam.get_role, RoleName="nobody")
    iam.put_role_policy(RoleName="worker", PolicyName="s3", PolicyDocument=ALLOW)
    assert iam.list_role_policies(RoleName="worker")["PolicyNames"] == ["s3"]
    assert iam.get_role_policy(RoleName="worker", PolicyName="s3")["PolicyDocument"]["Statement"]["Action"] == "s3:*"
    policy = iam.create_policy(PolicyName="all", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    assert iam.list_attached_role_policies(RoleName="worker")["AttachedPolicies"] == [{"PolicyName": "all", "PolicyArn": policy}]
    refused("DeleteConflict", iam.delete_policy, PolicyArn=policy)
    refused("DeleteConflict", iam.delete_role, RoleName="worker")
    iam.detach_role_policy(RoleName="worker", PolicyArn=policy)
    iam.delete_role_policy(RoleName="worker", PolicyName="s3")
    iam.delete_policy(PolicyArn=policy)
    assert "worker" in [role["RoleName"] for page in iam.get_paginator("list_roles").paginate() for role in page["Roles"]]
    iam.delete_role(RoleName="worker")
    refused("NoSuchEntity", iam.get_role, RoleName="worker")


def test_users_and_their_keys(lake):
    iam = lake.client("iam")
    iam.create_user(UserName="ann")
    key = iam.create_access_key(UserName="ann")["AccessKey"]
    assert iam.list_access_keys(UserName="ann")["AccessKeyMetadata"][0]["AccessKeyId"] == key["AccessKeyId"]
    hers = lake.client("sts", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
    assert hers.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:user/ann"
    iam.delete_access_key(UserName="ann", AccessKeyId=key["AccessKeyId"])
    refused("InvalidClientTokenId", hers.get_caller_identity)
    iam.delete_user(UserName="ann")


def test_assumed_roles_expire(lake):
    lake.client("iam").create_role(RoleName="guest", AssumeRolePolicyDocument=TRUST)
    sts = lake.client("sts")
    assert sts.get_caller_identity()["Arn"] == "arn:aws:iam::000000000000:root"
    given = sts.assume_role(RoleArn="arn:aws:iam::000000000000:role/guest", RoleSessionName="visit", DurationSeconds=900)
    keys = given["Credentials"]
    assert given["AssumedRoleUser"]["Arn"] == "arn:aws:sts::000000000000:assumed-role/guest/visit"
    guest = lake.client("sts", access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"], token=keys["SessionToken"])
    assert guest.get_caller_identity()["Arn"].endswith("assumed-role/guest/visit")
    without = lake.client("sts", access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"])
    refused("InvalidClientTokenId", without.get_caller_identity)
    refused("AccessDenied", sts.assume_role, RoleArn="arn:aws:iam::000000000000:role/nobody", RoleSessionName="visit")


def test_parameters(lake):
    ssm = lake.client("ssm")
    assert ssm.put_parameter(Name="/lake/a", Value="1", Type="String")["Version"] == 1
    refused("ParameterAlreadyExists", ssm.put_parameter, Name="/lake/a", Value="2", Type="String")
    assert ssm.put_parameter(Name="/lake/a", Value="2", Overwrite=True)["Version"] == 2
    ssm.put_parameter(Name="/lake/deep/b", Value="secret", Type="SecureString")
    assert ssm.get_parameter(Name="/lake/a")["Parameter"]["Value"] == "2"
    assert ssm.get_parameter(Name="/lake/deep/b")["Parameter"]["Value"] != "secret"
    assert ssm.get_parameter(Name="/lake/deep/b", WithDecryption=True)["Parameter"]["Value"] == "secret"
    assert [p["Name"] for p in ssm.get_parameters_by_path(Path="/lake")["Parameters"]] == ["/lake/a"]
    assert len(ssm.get_parameters_by_path(Path="/lake/", Recursive=True)["Parameters"]) == 2
    reply = ssm.get_parameters(Names=["/lake/a", "/gone"])
    assert len(reply["Parameters"]) == 1 and reply["InvalidParameters"] == ["/gone"]
    refused("ParameterNotFound", ssm.get_parameter, Name="/gone")
    assert ssm.delete_parameters(Names=["/lake/a", "/gone"]) ["DeletedParameters"] == ["/lake/a"]
    refused("ParameterNotFound", ssm.delete_parameter, Name="/lake/a")
