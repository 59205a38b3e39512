# SPDX-License-Identifier: Apache-2.0
"""Signatures: what is refused is refused in each service family's own words, and has no effect."""

import base64
import hashlib
import json
import os
import urllib.error
import urllib.request

import botocore.config
import botocore.exceptions
import pytest

from wire import CHECKSUMS, call, checksum, chunked_put, json_call, presigned_path, send, signed

BUCKET = "auth"


@pytest.fixture(scope="module", autouse=True)
def bucket(lake):
    lake.client("s3").create_bucket(Bucket=BUCKET)


def absent(lake, key):
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        lake.client("s3").head_object(Bucket=BUCKET, Key=key)
    return refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def content(lake, key):
    return lake.client("s3").get_object(Bucket=BUCKET, Key=key)["Body"].read()


# --- each family's refusals: service, how it is called, and what it says

FAMILIES = {
    "s3": lambda lake, **o: call(lake, "s3", "PUT", f"/{BUCKET}/refused", b"data", **o),
    "sqs": lambda lake, **o: json_call(lake, "sqs", "AmazonSQS.CreateQueue", b'{"QueueName":"refused"}', **o),
    "ssm": lambda lake, **o: json_call(lake, "ssm", "AmazonSSM.GetParametersByPath", b'{"Path":"/"}', "1.1", **o),
    "sts": lambda lake, **o: call(lake, "sts", "POST", "/", b"Action=GetCallerIdentity&Version=2011-06-15",
                                  {"Content-Type": "application/x-www-form-urlencoded"}, **o),
}
REFUSALS = {
    #                     keys                                s3                             JSON                                  Query
    "unknown key": (dict(access_key="AKIAUNKNOWN000000000"), (403, "InvalidAccessKeyId"), (400, "UnrecognizedClientException"),
                    (403, "InvalidClientTokenId")),
    "wrong secret": (dict(secret_key="x" * 40), (403, "SignatureDoesNotMatch"), (400, "InvalidSignatureException"),
                     (403, "SignatureDoesNotMatch")),
    "unknown token": (dict(token="token"), (400, "InvalidToken"), (400, "UnrecognizedClientException"),
                      (403, "InvalidClientTokenId")),
    "signed long ago": (dict(at=-16 * 60), (403, "RequestTimeTooSkewed"), (400, "InvalidSignatureException"),
                        (403, "SignatureDoesNotMatch")),
    "signed in the future": (dict(at=16 * 60), (403, "RequestTimeTooSkewed"), (400, "InvalidSignatureException"),
                             (403, "SignatureDoesNotMatch")),
}


@pytest.mark.parametrize("service", FAMILIES)
@pytest.mark.parametrize("why", REFUSALS)
def test_refused_in_the_services_words(lake, service, why):
    keys, s3, js, query = REFUSALS[why]
    status, code = {"s3": s3, "sts": query}.get(service, js)
    reply = FAMILIES[service](lake, **keys)
    assert (reply.status, reply.code) == (status, code), reply
    assert reply.message
    if why == "signed long ago" and service != "s3":
        assert reply.message.startswith("Signature expired: ") and "is now earlier than" in reply.message
    if service == "s3":
        assert absent(lake, "refused")
        assert reply.headers["x-amz-request-id"]
    else:
        assert reply.headers["x-amzn-RequestId"]


@pytest.mark.parametrize("service", FAMILIES)
def test_a_small_skew_is_allowed(lake, service):
    for at in (-14 * 60, 14 * 60):
        assert FAMILIES[service](lake, at=at).status == 200


def test_unsigned_requests(lake):
    json_headers = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = send(lake, "GET", f"/{BUCKET}")
    assert (reply.status, reply.code) == (403, "AccessDenied")
    reply = send(lake, "POST", "/", json_headers, b"{}")
    assert (reply.status, reply.code) == (400, "MissingAuthenticationTokenException")
    assert reply.headers["Content-Type"] == "application/x-amz-json-1.0"
    reply = send(lake, "POST", "/", form, b"Action=GetCallerIdentity&Version=2011-06-15")
    assert (reply.status, reply.code) == (403, "MissingAuthenticationToken")
    assert reply.headers["Content-Type"] == "text/xml"


def test_tampering(lake):
    # The body: of S3 its declared hash no longer fits; elsewhere the signature covers it.
    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/tampered", b"good")
    reply = send(lake, method, path, headers, b"evil")
    assert (reply.status, reply.code) == (400, "XAmzContentSHA256Mismatch")
    assert absent(lake, "tampered")
    target = {"X-Amz-Target": "AmazonSQS.CreateQueue", "Content-Type": "application/x-amz-json-1.0"}
    method, path, headers, _ = signed(lake, "sqs", "POST", "/", b'{"QueueName":"good"}', target)
    reply = send(lake, method, path, headers, b'{"QueueName":"evil"}')
    assert (reply.status, reply.code) == (400, "InvalidSignatureException")
    assert "QueueUrls" not in lake.client("sqs").list_queues(QueueNamePrefix="evil")
    # The path, the query, the operation, a signed header.
    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/one", b"good")
    assert send(lake, method, f"/{BUCKET}/two", headers, b"good").code == "SignatureDoesNotMatch"
    assert send(lake, method, path + "?x=1", headers, b"good").code == "SignatureDoesNotMatch"
    assert send(lake, "POST", path, headers, b"good").code in ("SignatureDoesNotMatch", "NotImplemented")
    method, path, headers, _ = signed(lake, "sqs", "POST", "/", b"{}", {**target, "X-Amz-Target": "AmazonSQS.ListQueues"})
    changed = {**headers, "X-Amz-Target": "AmazonSQS.CreateQueue"}
    assert send(lake, method, path, changed, b"{}").code == "InvalidSignatureException"
    # A header of S3's that was put in behind the signature.
    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/one", b"good")
    reply = send(lake, method, path, {**headers, "x-amz-meta-evil": "1"}, b"good")
    assert (reply.status, reply.code) == (403, "AccessDenied") and b"x-amz-meta-evil" in reply.body
    assert absent(lake, "one") and absent(lake, "two")


def test_malformed_authorization(lake):
    for value, code in (("AWS4-HMAC-SHA256 nonsense", "AuthorizationHeaderMalformed"), ("Bearer x", "InvalidRequest"),
                        ("AWS AKID:signature", "InvalidRequest")):
        reply = send(lake, "GET", "/", {"Authorization": value})
        assert (reply.status, reply.code) == (400, code), value


def test_the_scope_must_be_the_services(lake):
    target = {"X-Amz-Target": "AmazonSQS.ListQueues", "Content-Type": "application/x-amz-json-1.0"}
    reply = call(lake, "ssm", "POST", "/", b"{}", target)
    assert (reply.status, reply.code) == (400, "InvalidSignatureException")
    assert "'sqs'" in reply.message


def test_any_region(lake):
    assert call(lake, "s3", "GET", f"/{BUCKET}", region="eu-central-1").status == 200


def test_s3_needs_the_payload_hash(lake):
    method, path, headers, _ = signed(lake, "s3", "GET", f"/{BUCKET}")
    headers = {k: v for k, v in headers.items() if k.lower() != "x-amz-content-sha256"}
    reply = send(lake, method, path, headers)
    assert (reply.status, reply.code) == (400, "InvalidRequest") and "x-amz-content-sha256" in reply.message


def test_unsigned_payload(lake):
    reply = call(lake, "s3", "PUT", f"/{BUCKET}/unsigned-payload", b"any", payload="UNSIGNED-PAYLOAD")
    assert reply.status == 200 and content(lake, "unsigned-payload") == b"any"


# --- presigned URLs

def presigned(lake, operation="get_object", seconds=60, client=None, **parameters):
    config = botocore.config.Config(signature_version="s3v4")
    client = client or lake.client("s3", config=config)
    return client.generate_presigned_url(operation, Params={"Bucket": BUCKET, **parameters}, ExpiresIn=seconds)


def fetch(url, method="GET", data=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data, method=method), timeout=30) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read()


def test_presigned(lake):
    key = "dir/ü + &=?#.txt"
    assert fetch(presigned(lake, "put_object", Key=key), "PUT", b"by url")[0] == 200
    url = presigned(lake, Key=key)
    assert fetch(url) == (200, b"by url")
    assert fetch(url + "&x=1")[0] == 403
    assert fetch(url, "DELETE")[0] == 403
    assert fetch(url.replace("X-Amz-Expires=60", "X-Amz-Expires=600"))[0] == 403
    status, body = fetch(presigned(lake, Key=key, seconds=604801))
    assert status == 400 and b"AuthorizationQueryParametersError" in body


def test_presigned_expired(lake):
    lake.client("s3").put_object(Bucket=BUCKET, Key="expiring", Body=b"x")
    path = f"/{BUCKET}/expiring"
    assert send(lake, "GET", presigned_path(lake, path, seconds=120, at=-61)).body == b"x"
    reply = send(lake, "GET", presigned_path(lake, path, seconds=60, at=-61))
    assert (reply.status, reply.code, reply.message) == (403, "AccessDenied", "Request has expired")
    assert b"<X-Amz-Expires>60</X-Amz-Expires>" in reply.body
    reply = send(lake, "GET", presigned_path(lake, path, seconds=60, at=16 * 60))
    assert (reply.status, reply.code) == (403, "RequestTimeTooSkewed")


def test_aws_cli_presign(lake):
    lake.client("s3").put_object(Bucket=BUCKET, Key="cli", Body=b"cli")
    assert fetch(lake.aws("s3", "presign", f"s3://{BUCKET}/cli").stdout.strip()) == (200, b"cli")


def test_signature_version_2_is_named(lake):
    config = botocore.config.Config(signature_version="s3")
    status, body = fetch(presigned(lake, Key="x", client=lake.client("s3", config=config)))
    assert status == 400 and b"Please use AWS4-HMAC-SHA256" in body


# --- temporary credentials

def test_temporary_credentials(lake):
    if not lake.has("iam"):
        pytest.skip("no iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
    role = lake.client("iam").create_role(RoleName="temporary", AssumeRolePolicyDocument=json.dumps(trust))["Role"]
    given = lake.client("sts").assume_role(RoleArn=role["Arn"], RoleSessionName="me", DurationSeconds=900)["Credentials"]
    keys = dict(access_key=given["AccessKeyId"], secret_key=given["SecretAccessKey"])
    identity = lake.client("sts", token=given["SessionToken"], **keys).get_caller_identity()
    assert identity["Arn"].endswith(":assumed-role/temporary/me")
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        lake.client("sts", **keys).get_caller_identity()
    assert refused.value.response["Error"]["Code"] == "InvalidClientTokenId"
    lake.advance(900_000)
    reply = call(lake, "s3", "GET", f"/{BUCKET}", token=given["SessionToken"], **keys)
    assert (reply.status, reply.code) == (400, "ExpiredToken")


# --- chunks

@pytest.mark.parametrize("size", [0, 1, 65536, 200_000, 1_000_000])
def test_signed_chunks(lake, size):
    payload = os.urandom(size)
    reply = chunked_put(lake, f"/{BUCKET}/chunks", payload)
    assert reply.status == 200, reply
    assert reply.headers["ETag"] == f'"{hashlib.md5(payload).hexdigest()}"'
    assert content(lake, "chunks") == payload


@pytest.mark.parametrize("size", [1000, 700_000])
def test_tampered_chunks(lake, size):
    def tamper(body):
        at = len(body) // 2
        return body[:at] + bytes([body[at] ^ 1]) + body[at + 1:]

    reply = chunked_put(lake, f"/{BUCKET}/tampered-chunks", b"x" * size, tamper=tamper)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    reply = chunked_put(lake, f"/{BUCKET}/tampered-chunks", b"x" * size, tamper=lambda body: body[:-200])
    assert (reply.status, reply.code) == (400, "IncompleteBody")
    assert absent(lake, "tampered-chunks")


@pytest.mark.parametrize("unsigned", [False, True])
@pytest.mark.parametrize("name", CHECKSUMS)
def test_trailing_checksums(lake, name, unsigned):
    payload = os.urandom(100_000)
    header = f"x-amz-checksum-{name}"
    key = f"trailer-{name}-{unsigned}"
    reply = chunked_put(lake, f"/{BUCKET}/{key}", payload, trailer=(header, checksum(name, payload)), unsigned=unsigned)
    assert reply.status == 200, reply
    assert content(lake, key) == payload
    reply = chunked_put(lake, f"/{BUCKET}/wrong-trailer", payload, trailer=(header, checksum(name, b"other")), unsigned=unsigned)
    assert (reply.status, reply.code) == (400, "BadDigest")
    assert absent(lake, "wrong-trailer")


@pytest.mark.parametrize("name", CHECKSUMS)
def test_checksum_headers(lake, name):
    header = f"x-amz-checksum-{name}"
    assert call(lake, "s3", "PUT", f"/{BUCKET}/sum-{name}", b"data", {header: checksum(name, b"data")}).status == 200
    reply = call(lake, "s3", "PUT", f"/{BUCKET}/wrong-sum", b"data", {header: checksum(name, b"other")})
    assert (reply.status, reply.code) == (400, "BadDigest")
    reply = call(lake, "s3", "PUT", f"/{BUCKET}/wrong-sum", b"data", {header: "AAAA"})
    assert (reply.status, reply.code) == (400, "InvalidRequest")
    assert absent(lake, "wrong-sum")


def test_content_md5(lake):
    right = base64.b64encode(hashlib.md5(b"data").digest()).decode()
    wrong = base64.b64encode(hashlib.md5(b"other").digest()).decode()
    assert call(lake, "s3", "PUT", f"/{BUCKET}/md5", b"data", {"Content-MD5": right}).status == 200
    reply = call(lake, "s3", "PUT", f"/{BUCKET}/wrong-md5", b"data", {"Content-MD5": wrong})
    assert (reply.status, reply.code) == (400, "BadDigest")
    reply = call(lake, "s3", "PUT", f"/{BUCKET}/wrong-md5", b"data", {"Content-MD5": "nonsense"})
    assert (reply.status, reply.code) == (400, "InvalidDigest")
    assert absent(lake, "wrong-md5")


# --- Expect: 100-continue

def test_refused_before_the_body_is_sent(lake):
    import socket

    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/never", payload="UNSIGNED-PAYLOAD", secret_key="x" * 40)
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Expect": "100-continue", "Content-Length": "1000000000"})
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", lake.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 403 ")


def test_continue_comes_when_the_signature_is_good(lake):
    import socket

    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/continued", payload="UNSIGNED-PAYLOAD")
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Expect": "100-continue", "Content-Length": "4"})
    head = f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", lake.port), timeout=10) as connection:
        connection.sendall(head.encode())
        assert connection.recv(4096).startswith(b"HTTP/1.1 100 ")
        connection.sendall(b"body")
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert content(lake, "continued") == b"body"


def test_refused_large_bodies_keep_the_connection(lake):
    """Clients that send before they read get the refusal, and may go on with the connection."""
    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/large", b"x" * 5_000_000, secret_key="x" * 40)
    reply = send(lake, method, path, headers, b"x" * 5_000_000)
    assert (reply.status, reply.code) == (403, "SignatureDoesNotMatch")
    assert reply.headers.get("Connection") != "close"
