# SPDX-License-Identifier: Apache-2.0
"""S3 over the wire: boto3, aws-cli, presigned URLs, virtual-hosted addressing, and plain HTTP."""

import base64
import datetime
import hashlib
import http.client
import json
import os
import threading
import urllib.error
import urllib.parse
import urllib.request
import zlib

import botocore.config
import botocore.exceptions
import pytest

MIB = 1 << 20


@pytest.fixture(scope="module")
def s3(lake):
    return lake.client("s3")


@pytest.fixture
def bucket(s3, request):
    """A bucket of the test's own, named after it."""
    name = request.node.name.split("[")[0].removeprefix("test_").replace("_", "-")[:60]
    s3.create_bucket(Bucket=name)
    return name


def refused(code, status, call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    assert response["Error"]["Code"] == code, response
    assert response["ResponseMetadata"]["HTTPStatusCode"] == status
    return response


def keys(reply):
    return [entry["Key"] for entry in reply.get("Contents", [])]


# --- buckets
def test_bucket_life(s3):
    s3.create_bucket(Bucket="bucket-life")
    assert s3.head_bucket(Bucket="bucket-life")["ResponseMetadata"]["HTTPHeaders"]["x-amz-bucket-region"] == "us-east-1"
    reply = s3.list_buckets()
    entry = next(b for b in reply["Buckets"] if b["Name"] == "bucket-life")
    assert abs((datetime.datetime.now(datetime.timezone.utc) - entry["CreationDate"]).total_seconds()) < 60
    assert len(reply["Owner"]["ID"]) == 64
    assert s3.get_bucket_location(Bucket="bucket-life")["LocationConstraint"] is None
    s3.put_object(Bucket="bucket-life", Key="k")
    refused("BucketNotEmpty", 409, s3.delete_bucket, Bucket="bucket-life")
    s3.delete_object(Bucket="bucket-life", Key="k")
    s3.delete_bucket(Bucket="bucket-life")
    refused("404", 404, s3.head_bucket, Bucket="bucket-life")
    refused("NoSuchBucket", 404, s3.list_objects_v2, Bucket="bucket-life")


def test_bucket_in_another_region(lake):
    s3 = lake.session().client("s3", region_name="eu-central-1", endpoint_url=lake.url)
    s3.create_bucket(Bucket="in-frankfurt", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    assert s3.get_bucket_location(Bucket="in-frankfurt")["LocationConstraint"] == "eu-central-1"
    refused("IllegalLocationConstraintException", 400, s3.create_bucket, Bucket="in-oregon",
            CreateBucketConfiguration={"LocationConstraint": "us-west-2"})


def test_bucket_configuration(s3, bucket):
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)
    s3.put_bucket_notification_configuration(Bucket=bucket,
                                             NotificationConfiguration={"EventBridgeConfiguration": {}})
    assert "EventBridgeConfiguration" in s3.get_bucket_notification_configuration(Bucket=bucket)
    refused("NotImplemented", 501, s3.put_bucket_notification_configuration, Bucket=bucket,
            NotificationConfiguration={"QueueConfigurations": [
                {"QueueArn": "arn:aws:sqs:us-east-1:000000000000:q", "Events": ["s3:ObjectCreated:*"]}]})
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})

    refused("NoSuchBucketPolicy", 404, s3.get_bucket_policy, Bucket=bucket)
    policy = {"Version": "2012-10-17", "Statement": []}
    s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
    assert json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"]) == policy
    s3.delete_bucket_policy(Bucket=bucket)
    refused("MalformedPolicy", 400, s3.put_bucket_policy, Bucket=bucket, Policy="nonsense")

    refused("NoSuchTagSet", 404, s3.get_bucket_tagging, Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "b&<c>"}]})
    assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "a", "Value": "b&<c>"}]
    s3.delete_bucket_tagging(Bucket=bucket)

    block = {"BlockPublicAcls": True, "IgnorePublicAcls": False, "BlockPublicPolicy": True,
             "RestrictPublicBuckets": False}
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"] == block
    s3.delete_public_access_block(Bucket=bucket)
    refused("NoSuchPublicAccessBlockConfiguration", 404, s3.get_public_access_block, Bucket=bucket)

    rules = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}
    refused("ServerSideEncryptionConfigurationNotFoundError", 404, s3.get_bucket_encryption, Bucket=bucket)
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=rules)
    got = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]
    assert got["Rules"][0]["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    s3.delete_bucket_encryption(Bucket=bucket)

    ownership = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=ownership)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == ownership
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    refused("OwnershipControlsNotFoundError", 404, s3.get_bucket_ownership_controls, Bucket=bucket)


def test_answers_that_are_true_of_every_bucket(s3, bucket):
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)
    assert "Status" not in s3.get_bucket_accelerate_configuration(Bucket=bucket)
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    acl = s3.get_bucket_acl(Bucket=bucket)
    assert acl["Grants"] == [{"Grantee": {**acl["Owner"], "Type": "CanonicalUser"}, "Permission": "FULL_CONTROL"}]
    s3.put_object(Bucket=bucket, Key="k")
    assert s3.get_object_acl(Bucket=bucket, Key="k")["Grants"] == acl["Grants"]
    refused("NoSuchCORSConfiguration", 404, s3.get_bucket_cors, Bucket=bucket)
    refused("NoSuchWebsiteConfiguration", 404, s3.get_bucket_website, Bucket=bucket)
    refused("NoSuchLifecycleConfiguration", 404, s3.get_bucket_lifecycle_configuration, Bucket=bucket)
    refused("ReplicationConfigurationNotFoundError", 404, s3.get_bucket_replication, Bucket=bucket)
    refused("ObjectLockConfigurationNotFoundError", 404, s3.get_object_lock_configuration, Bucket=bucket)


def test_what_is_missing_is_named(s3, bucket):
    calls = {
        "PutBucketVersioning": (s3.put_bucket_versioning, {"VersioningConfiguration": {"Status": "Enabled"}}),
        "PutBucketWebsite": (s3.put_bucket_website,
                             {"WebsiteConfiguration": {"IndexDocument": {"Suffix": "index.html"}}}),
        "GetBucketPolicyStatus": (s3.get_bucket_policy_status, {}),
        "PutObjectAcl": (s3.put_object_acl, {"Key": "k", "ACL": "private"}),
        "SelectObjectContent": (s3.select_object_content, {
            "Key": "k", "Expression": "select 1", "ExpressionType": "SQL",
            "InputSerialization": {"CSV": {}}, "OutputSerialization": {"CSV": {}}}),
        "RestoreObject": (s3.restore_object, {"Key": "k", "RestoreRequest": {"Days": 1}}),
    }
    for name, (call, arguments) in calls.items():
        response = refused("NotImplemented", 501, call, Bucket=bucket, **arguments)
        assert name in response["Error"]["Message"]


# --- objects
def test_put_get_head_delete(s3, bucket):
    body = b"hello \x00\xff"
    reply = s3.put_object(Bucket=bucket, Key="a/b", Body=body, ContentType="text/x", CacheControl="no-cache",
                          ContentDisposition="inline", ContentEncoding="gzip", ContentLanguage="de",
                          Metadata={"Who": "me", "other": "x y"})
    etag = '"%s"' % hashlib.md5(body).hexdigest()
    assert reply["ETag"] == etag
    got = s3.get_object(Bucket=bucket, Key="a/b")
    assert got["Body"].read() == body
    for reply in (got, s3.head_object(Bucket=bucket, Key="a/b")):
        assert reply["ETag"] == etag and reply["ContentLength"] == len(body)
        assert reply["ContentType"] == "text/x" and reply["CacheControl"] == "no-cache"
        assert reply["ContentDisposition"] == "inline" and reply["ContentEncoding"] == "gzip"
        assert reply["ContentLanguage"] == "de" and reply["AcceptRanges"] == "bytes"
        assert reply["Metadata"] == {"who": "me", "other": "x y"}
        assert abs((datetime.datetime.now(datetime.timezone.utc) - reply["LastModified"]).total_seconds()) < 60
    s3.delete_object(Bucket=bucket, Key="a/b")
    response = refused("NoSuchKey", 404, s3.get_object, Bucket=bucket, Key="a/b")
    assert response["Error"]["Key"] == "a/b"
    refused("404", 404, s3.head_object, Bucket=bucket, Key="a/b")


@pytest.mark.parametrize("key", ["plain", "with space", "a+b", "ü/ä?x=1&y#z", "a//b", "/leading", "trailing/", "%41",
                                 "..", "a/../b", "'quotes\"", "<xml>&", "k" * 1024, "日本語"])
def test_any_key(s3, bucket, key):
    s3.put_object(Bucket=bucket, Key=key, Body=key.encode())
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == key.encode()
    assert keys(s3.list_objects_v2(Bucket=bucket, Prefix=key)) == [key]
    s3.delete_object(Bucket=bucket, Key=key)
    assert keys(s3.list_objects_v2(Bucket=bucket)) == []


@pytest.mark.parametrize("size", [0, 1, 16 * 1024, 16 * 1024 + 1, 3 * MIB + 17])
def test_any_size(s3, bucket, size):
    body = os.urandom(size)
    s3.put_object(Bucket=bucket, Key="k", Body=body)
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body
    assert s3.head_object(Bucket=bucket, Key="k")["ContentLength"] == size
    if size > 10:
        part = s3.get_object(Bucket=bucket, Key="k", Range="bytes=7-%d" % (size - 2))
        assert part["Body"].read() == body[7:-1]
        assert part["ContentRange"] == f"bytes 7-{size - 2}/{size}"
        assert part["ResponseMetadata"]["HTTPStatusCode"] == 206


def test_ranges(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"0123456789")
    for header, expected in (("bytes=0-0", b"0"), ("bytes=-3", b"789"), ("bytes=8-99", b"89"), ("bytes=4-", b"456789")):
        assert s3.get_object(Bucket=bucket, Key="k", Range=header)["Body"].read() == expected
    response = refused("InvalidRange", 416, s3.get_object, Bucket=bucket, Key="k", Range="bytes=10-")
    assert response["Error"]["ActualObjectSize"] == "10"
    assert s3.head_object(Bucket=bucket, Key="k", Range="bytes=2-4")["ContentLength"] == 3


def test_conditions(s3, bucket):
    etag = s3.put_object(Bucket=bucket, Key="k", Body=b"x")["ETag"]
    modified = s3.head_object(Bucket=bucket, Key="k")["LastModified"]
    hour = datetime.timedelta(hours=1)
    arguments = {"Bucket": bucket, "Key": "k"}
    s3.get_object(**arguments, IfMatch=etag)
    s3.get_object(**arguments, IfNoneMatch='"other"')
    s3.get_object(**arguments, IfModifiedSince=modified - hour)
    s3.get_object(**arguments, IfUnmodifiedSince=modified + hour)
    refused("PreconditionFailed", 412, s3.get_object, **arguments, IfMatch='"other"')
    refused("PreconditionFailed", 412, s3.get_object, **arguments, IfUnmodifiedSince=modified - hour)
    refused("304", 304, s3.get_object, **arguments, IfNoneMatch=etag)
    refused("304", 304, s3.head_object, **arguments, IfModifiedSince=modified)


def test_conditional_writes(lake, bucket):
    # boto3 1.26 does not know If-None-Match on PutObject: add the header before signing.
    s3 = lake.session().client("s3", endpoint_url=lake.url)
    s3.meta.events.register("before-sign.s3.PutObject", lambda request, **_: request.headers.add_header("If-None-Match", "*"))
    s3.put_object(Bucket=bucket, Key="k", Body=b"first")
    refused("PreconditionFailed", 412, s3.put_object, Bucket=bucket, Key="k", Body=b"second")
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == b"first"


def test_response_overrides(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    reply = s3.get_object(Bucket=bucket, Key="k", ResponseContentType="a/b", ResponseCacheControl="private",
                          ResponseContentDisposition='attachment; filename="x y"')
    assert (reply["ContentType"], reply["CacheControl"]) == ("a/b", "private")
    assert reply["ContentDisposition"] == 'attachment; filename="x y"'


def test_checksums(s3, bucket):
    body = b"some bytes"
    crc = base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()
    sha = base64.b64encode(hashlib.sha256(body).digest()).decode()
    assert s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumAlgorithm="CRC32")["ChecksumCRC32"] == crc
    assert "ChecksumCRC32" not in s3.head_object(Bucket=bucket, Key="k")
    assert s3.head_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["ChecksumCRC32"] == crc
    assert s3.get_object(Bucket=bucket, Key="k", ChecksumMode="ENABLED")["Body"].read() == body
    assert s3.put_object(Bucket=bucket, Key="k", Body=body, ChecksumSHA256=sha)["ChecksumSHA256"] == sha
    attributes = s3.get_object_attributes(Bucket=bucket, Key="k",
                                          ObjectAttributes=["ETag", "Checksum", "ObjectSize", "StorageClass"])
    assert attributes["Checksum"]["ChecksumSHA256"] == sha and attributes["ObjectSize"] == len(body)
    assert attributes["StorageClass"] == "STANDARD"
    wrong = base64.b64encode(hashlib.sha256(b"other").digest()).decode()
    with pytest.raises(botocore.exceptions.ClientError):
        s3.put_object(Bucket=bucket, Key="wrong", Body=body, ChecksumSHA256=wrong)
    with pytest.raises(botocore.exceptions.ClientError):
        s3.put_object(Bucket=bucket, Key="wrong", Body=body,
                      ContentMD5=base64.b64encode(hashlib.md5(b"other").digest()).decode())
    refused("404", 404, s3.head_object, Bucket=bucket, Key="wrong")


def test_copy(s3, bucket):
    body = os.urandom(100_000)
    s3.put_object(Bucket=bucket, Key="a b/ü", Body=body, ContentType="a/b", Metadata={"m": "1"})
    source = {"Bucket": bucket, "Key": "a b/ü"}
    result = s3.copy_object(Bucket=bucket, Key="copy", CopySource=source)["CopyObjectResult"]
    assert result["ETag"] == '"%s"' % hashlib.md5(body).hexdigest()
    got = s3.get_object(Bucket=bucket, Key="copy")
    assert got["Body"].read() == body and got["Metadata"] == {"m": "1"} and got["ContentType"] == "a/b"
    s3.copy_object(Bucket=bucket, Key="copy", CopySource=source, MetadataDirective="REPLACE", Metadata={"n": "2"})
    assert s3.head_object(Bucket=bucket, Key="copy")["Metadata"] == {"n": "2"}
    refused("InvalidRequest", 400, s3.copy_object, Bucket=bucket, Key="copy",
            CopySource={"Bucket": bucket, "Key": "copy"})
    refused("NoSuchKey", 404, s3.copy_object, Bucket=bucket, Key="x", CopySource={"Bucket": bucket, "Key": "none"})
    refused("PreconditionFailed", 412, s3.copy_object, Bucket=bucket, Key="x", CopySource=source,
            CopySourceIfMatch='"other"')


def test_delete_many(s3, bucket):
    names = [f"k{i}" for i in range(10)] + ["<&>", "ü"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name)
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": name} for name in names + ["not there"]]})
    assert sorted(entry["Key"] for entry in reply["Deleted"]) == sorted(names + ["not there"])
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 0
    reply = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "x"}], "Quiet": True})
    assert "Deleted" not in reply and "Errors" not in reply


def test_tagging(s3, bucket):
    s3.put_object(Bucket=bucket, Key="k", Tagging="a=1&b=x%20y")
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "x y"}]
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags
    assert s3.get_object(Bucket=bucket, Key="k")["TagCount"] == 2
    s3.put_object_tagging(Bucket=bucket, Key="k", Tagging={"TagSet": tags[:1]})
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == tags[:1]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []


def test_refusals(s3, bucket):
    refused("InvalidBucketName", 400, lambda **_: s3.create_bucket(Bucket="UPPER-case"))
    refused("NoSuchBucket", 404, s3.put_object, Bucket="nowhere-at-all", Key="k", Body=b"x")
    refused("InvalidStorageClass", 400, s3.put_object, Bucket=bucket, Key="k", StorageClass="FAST")
    refused("NotImplemented", 501, s3.put_object, Bucket=bucket, Key="k", ServerSideEncryption="aws:kms")
    refused("AccessControlListNotSupported", 400, s3.put_object, Bucket=bucket, Key="k", ACL="public-read")
    refused("MetadataTooLarge", 400, s3.put_object, Bucket=bucket, Key="k", Metadata={"x": "y" * 2048})
    refused("KeyTooLongError", 400, s3.put_object, Bucket=bucket, Key="k" * 1025)


# --- listings
def test_listings(s3, bucket):
    names = ["a", "b/1", "b/2", "b/c/1", "c d", "d+e/1", "ü"]
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"12345")
    reply = s3.list_objects_v2(Bucket=bucket, FetchOwner=True)
    assert keys(reply) == names and reply["KeyCount"] == 7 and not reply["IsTruncated"]
    assert reply["Contents"][0]["Size"] == 5 and reply["Contents"][0]["StorageClass"] == "STANDARD"
    assert len(reply["Contents"][0]["Owner"]["ID"]) == 64
    reply = s3.list_objects_v2(Bucket=bucket, Delimiter="/")
    assert keys(reply) == ["a", "c d", "ü"]
    assert [p["Prefix"] for p in reply["CommonPrefixes"]] == ["b/", "d+e/"]
    assert keys(s3.list_objects_v2(Bucket=bucket, Prefix="b/", StartAfter="b/1")) == ["b/2", "b/c/1"]
    pages = list(s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, PaginationConfig={"PageSize": 2}))
    assert [keys(page) for page in pages] == [names[0:2], names[2:4], names[4:6], names[6:]]
    pages = list(s3.get_paginator("list_objects").paginate(Bucket=bucket, Delimiter="/",
                                                           PaginationConfig={"PageSize": 2}))
    assert [k for page in pages for k in keys(page)] == ["a", "c d", "ü"]
    versions = s3.list_object_versions(Bucket=bucket)["Versions"]
    assert [v["Key"] for v in versions] == names and {v["VersionId"] for v in versions} == {"null"}


# --- uploads in parts
def test_multipart(s3, bucket):
    parts = [os.urandom(5 * MIB), os.urandom(5 * MIB + 1), os.urandom(10)]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k", ContentType="a/b", Metadata={"m": "1"})["UploadId"]
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    etags = [s3.upload_part(**target, PartNumber=i + 1, Body=part)["ETag"] for i, part in enumerate(parts)]
    listed = s3.list_parts(**target)
    assert [(p["PartNumber"], p["Size"], p["ETag"]) for p in listed["Parts"]] == \
        [(i + 1, len(part), etags[i]) for i, part in enumerate(parts)]
    assert [u["UploadId"] for u in s3.list_multipart_uploads(Bucket=bucket)["Uploads"]] == [upload]
    named = [{"PartNumber": i + 1, "ETag": etag} for i, etag in enumerate(etags)]
    refused("InvalidPartOrder", 400, s3.complete_multipart_upload, **target, MultipartUpload={"Parts": named[::-1]})
    refused("InvalidPart", 400, s3.complete_multipart_upload, **target,
            MultipartUpload={"Parts": [{"PartNumber": 9, "ETag": "x"}]})
    refused("EntityTooSmall", 400, s3.complete_multipart_upload, **target, MultipartUpload={
        "Parts": [{**named[2], "PartNumber": 3}, s3_part(s3, target, 4, b"more")]})
    reply = s3.complete_multipart_upload(**target, MultipartUpload={"Parts": named})
    digest = hashlib.md5(b"".join(hashlib.md5(part).digest() for part in parts)).hexdigest()
    assert reply["ETag"] == f'"{digest}-3"'
    got = s3.get_object(Bucket=bucket, Key="k")
    assert got["Body"].read() == b"".join(parts)
    assert got["ContentType"] == "a/b" and got["Metadata"] == {"m": "1"}
    assert s3.get_object(Bucket=bucket, Key="k", PartNumber=3)["Body"].read() == parts[2]
    refused("NoSuchUpload", 404, s3.list_parts, **target)
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=bucket)


def s3_part(s3, target, number, body):
    return {"PartNumber": number, "ETag": s3.upload_part(**target, PartNumber=number, Body=body)["ETag"]}


def test_multipart_copy_and_abort(s3, bucket):
    body = os.urandom(6 * MIB)
    s3.put_object(Bucket=bucket, Key="source", Body=body)
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k")["UploadId"]
    target = {"Bucket": bucket, "Key": "k", "UploadId": upload}
    source = {"Bucket": bucket, "Key": "source"}
    results = [s3.upload_part_copy(**target, PartNumber=1, CopySource=source),
               s3.upload_part_copy(**target, PartNumber=2, CopySource=source, CopySourceRange="bytes=10-19")]
    named = [{"PartNumber": i + 1, "ETag": r["CopyPartResult"]["ETag"]} for i, r in enumerate(results)]
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": named})
    assert s3.get_object(Bucket=bucket, Key="k")["Body"].read() == body + body[10:20]
    upload = s3.create_multipart_upload(Bucket=bucket, Key="k2")["UploadId"]
    s3.abort_multipart_upload(Bucket=bucket, Key="k2", UploadId=upload)
    refused("NoSuchUpload", 404, s3.abort_multipart_upload, Bucket=bucket, Key="k2", UploadId=upload)


# --- ways to address and to sign
def test_virtual_hosted(lake, bucket):
    """The bucket in the host name, as SDKs do it by default; resolved to the server by hand."""
    s3 = lake.client("s3")
    s3.put_object(Bucket=bucket, Key="k/ü", Body=b"x")
    port = lake.port
    config = botocore.config.Config(signature_version="s3v4", s3={"addressing_style": "virtual"})
    hosted = lake.session().client("s3", endpoint_url=f"http://localhost:{port}", config=config)
    url = hosted.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k/ü"})
    parts = urllib.parse.urlsplit(url)
    assert parts.hostname == f"{bucket}.localhost"
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})
    reply = connection.getresponse()
    assert (reply.status, reply.read()) == (200, b"x")


def test_presigned(lake, bucket):
    s3 = lake.client("s3", config=botocore.config.Config(signature_version="s3v4"))
    url = s3.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": "a b"})
    reply = urllib.request.urlopen(urllib.request.Request(url, data=b"by url", method="PUT"), timeout=30)
    assert reply.headers["ETag"] == '"%s"' % hashlib.md5(b"by url").hexdigest()
    url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "a b",
                                                          "ResponseContentType": "x/y"})
    reply = urllib.request.urlopen(url, timeout=30)
    assert reply.read() == b"by url" and reply.headers["Content-Type"] == "x/y"
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(url.replace("a%20b", "other"), timeout=30)
    assert caught.value.code == 403 and b"<Code>SignatureDoesNotMatch</Code>" in caught.value.read()


def test_unsigned_is_refused(lake, bucket):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{lake.url}/{bucket}/k", timeout=30)
    assert caught.value.code == 403 and b"<Code>AccessDenied</Code>" in caught.value.read()


# --- aws-cli
def test_aws_cli(lake, s3, tmp_path):
    lake.aws("s3", "mb", "s3://cli-bucket")
    assert "cli-bucket" in lake.aws("s3", "ls").stdout
    folder = tmp_path / "files"
    (folder / "sub").mkdir(parents=True)
    large = os.urandom(20_000_000)
    (folder / "large.bin").write_bytes(large)
    (folder / "sub" / "a b.json").write_text('{"a": 1}')
    lake.aws("s3", "cp", folder / "large.bin", "s3://cli-bucket/large.bin")
    assert s3.head_object(Bucket="cli-bucket", Key="large.bin")["ETag"].endswith('-3"')
    lake.aws("s3", "cp", "s3://cli-bucket/large.bin", tmp_path / "back.bin")
    assert (tmp_path / "back.bin").read_bytes() == large
    lake.aws("s3", "sync", folder, "s3://cli-bucket/synced")
    assert "upload" not in lake.aws("s3", "sync", folder, "s3://cli-bucket/synced").stdout
    listing = lake.aws("s3", "ls", "--recursive", "s3://cli-bucket/synced/").stdout
    assert "synced/sub/a b.json" in listing and "20000000" in listing
    assert "PRE sub/" in lake.aws("s3", "ls", "s3://cli-bucket/synced/").stdout
    lake.aws("s3", "mv", "s3://cli-bucket/synced/sub/a b.json", "s3://cli-bucket/moved.json")
    assert lake.aws("s3", "cp", "s3://cli-bucket/moved.json", "-").stdout == '{"a": 1}'
    lake.aws("s3", "cp", "s3://cli-bucket/large.bin", "s3://cli-bucket/large-copy.bin")
    assert s3.head_object(Bucket="cli-bucket", Key="large-copy.bin")["ContentLength"] == len(large)
    url = lake.aws("s3", "presign", "s3://cli-bucket/moved.json").stdout.strip()
    assert urllib.request.urlopen(url, timeout=30).read() == b'{"a": 1}'
    assert lake.aws("s3", "rb", "s3://cli-bucket", check=False).returncode != 0
    lake.aws("s3", "rm", "s3://cli-bucket/moved.json")
    lake.aws("s3", "rb", "--force", "s3://cli-bucket")
    refused("404", 404, s3.head_bucket, Bucket="cli-bucket")


def test_survives_a_crash(fresh_lake):
    s3 = fresh_lake.client("s3")
    s3.create_bucket(Bucket="kept")
    small, large = os.urandom(1000), os.urandom(3 * MIB)
    s3.put_object(Bucket="kept", Key="small", Body=small)
    s3.put_object(Bucket="kept", Key="large", Body=large)
    upload = s3.create_multipart_upload(Bucket="kept", Key="parts")["UploadId"]
    target = {"Bucket": "kept", "Key": "parts", "UploadId": upload}
    part = s3_part(s3, target, 1, large)
    fresh_lake.restart(kill=True)
    s3 = fresh_lake.client("s3")
    assert s3.get_object(Bucket="kept", Key="small")["Body"].read() == small
    assert s3.get_object(Bucket="kept", Key="large")["Body"].read() == large
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [part]})
    assert s3.get_object(Bucket="kept", Key="parts")["Body"].read() == large


def test_acknowledged_means_kept(fresh_lake):
    """Writers at work while the server is killed: what was acknowledged is there, and exactly that or newer."""
    fresh_lake.client("s3").create_bucket(Bucket="kept")
    acknowledged = {}  # key: number of its last acknowledged version

    def body(key, number, size):
        return f"{key} {number} ".encode().ljust(size, b".")

    def write(worker, client, stop):
        size = (300, 20_000, 200_000)[worker % 3]  # inline, and files
        number = acknowledged.get(f"w{worker}", 0)
        while not stop.is_set():
            number += 1
            try:
                client.put_object(Bucket="kept", Key=f"w{worker}", Body=body(f"w{worker}", number, size))
            except botocore.exceptions.BotoCoreError:
                return  # the server is gone
            acknowledged[f"w{worker}"] = number

    for _ in range(3):
        stop = threading.Event()
        before = dict(acknowledged)
        config = botocore.config.Config(retries={"max_attempts": 0})
        clients = [fresh_lake.session().client("s3", endpoint_url=fresh_lake.url, config=config) for _ in range(6)]
        threads = [threading.Thread(target=write, args=(i, client, stop)) for i, client in enumerate(clients)]
        for thread in threads:
            thread.start()
        while any(acknowledged.get(f"w{i}", 0) < before.get(f"w{i}", 0) + 10 for i in range(6)):
            threads[0].join(0.01)
        fresh_lake.stop(kill=True)
        stop.set()
        for thread in threads:
            thread.join()
        fresh_lake.start()
        s3 = fresh_lake.client("s3")
        for key, number in acknowledged.items():
            got = s3.get_object(Bucket="kept", Key=key)
            data = got["Body"].read()
            found = int(data.split()[1])
            # The one in flight may have been committed without its acknowledgement.
            assert found in (number, number + 1)
            assert data == body(key, found, len(data)) and got["ETag"] == '"%s"' % hashlib.md5(data).hexdigest()
            acknowledged[key] = found


# --- events
@pytest.fixture
def events(lake, s3, request):
    """A bucket whose events go to a queue: (bucket, a function that takes the next event)."""
    name = request.node.name.removeprefix("test_").replace("_", "-")
    sqs, bus = lake.client("sqs"), lake.client("events")
    s3.create_bucket(Bucket=name)
    s3.put_bucket_notification_configuration(Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}})
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
    bus.put_rule(Name=name, EventPattern=json.dumps(
        {"source": ["aws.s3"], "detail": {"bucket": {"name": [name]}, "object": {"key": [{"prefix": "in/"}]}}}))
    assert bus.put_targets(Rule=name, Targets=[{"Id": "q", "Arn": arn}])["FailedEntryCount"] == 0

    def take(wait=5):
        messages = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=wait).get("Messages", [])
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return json.loads(messages[0]["Body"]) if messages else None

    return name, take


def test_events_reach_a_queue(s3, events):
    bucket, take = events
    reply = s3.put_object(Bucket=bucket, Key="in/a b.json", Body=b"[1]")
    event = take()
    assert event["source"] == "aws.s3" and event["detail-type"] == "Object Created"
    assert event["resources"] == [f"arn:aws:s3:::{bucket}"] and event["region"] == "us-east-1"
    detail = event["detail"]
    assert detail["bucket"] == {"name": bucket} and detail["reason"] == "PutObject"
    assert detail["object"]["key"] == "in/a b.json" and detail["object"]["size"] == 3
    assert detail["object"]["etag"] == reply["ETag"].strip('"')
    assert detail["request-id"] == reply["ResponseMetadata"]["RequestId"]
    assert detail["source-ip-address"] == "127.0.0.1"
    sequencer = detail["object"]["sequencer"]

    s3.put_object(Bucket=bucket, Key="elsewhere", Body=b"x")
    s3.copy_object(Bucket=bucket, Key="in/copy", CopySource={"Bucket": bucket, "Key": "elsewhere"})
    event = take()
    assert event["detail"]["reason"] == "CopyObject" and event["detail"]["object"]["sequencer"] > sequencer
    s3.delete_object(Bucket=bucket, Key="in/copy")
    event = take()
    assert event["detail-type"] == "Object Deleted" and event["detail"]["deletion-type"] == "Permanently Deleted"

    upload = s3.create_multipart_upload(Bucket=bucket, Key="in/parts")["UploadId"]
    target = {"Bucket": bucket, "Key": "in/parts", "UploadId": upload}
    s3.complete_multipart_upload(**target, MultipartUpload={"Parts": [s3_part(s3, target, 1, b"part")]})
    assert take()["detail"]["reason"] == "CompleteMultipartUpload"
    refused("PreconditionFailed", 412, s3.copy_object, Bucket=bucket, Key="in/x",
            CopySource={"Bucket": bucket, "Key": "elsewhere"}, CopySourceIfMatch='"other"')
    assert take(wait=0) is None
