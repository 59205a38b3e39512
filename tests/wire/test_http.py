# SPDX-License-Identifier: Apache-2.0
"""The server and the wire protocols, below what SDKs show: framing, limits, formats of replies and errors."""

import json
import os
import re
import socket
import threading
import urllib.parse

import pytest

from wire import call, json_call, raw, send, signed

BUCKET = "http"


@pytest.fixture(scope="module", autouse=True)
def bucket(lake):
    lake.client("s3").create_bucket(Bucket=BUCKET)


def put(lake, key, body):
    lake.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)


def head_of(method, path, headers):
    return (f"{method} {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n").encode()


# --- framing

def test_two_lengths_are_refused(lake):
    both = raw(lake, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", True)
    assert both.startswith(b"HTTP/1.1 400 ") and b"Connection: close" in both
    twice = raw(lake, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd", True)
    assert twice.startswith(b"HTTP/1.1 400 ")
    assert raw(lake, b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: x\r\n\r\n", True).startswith(b"HTTP/1.1 400 ")
    unknown = raw(lake, b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", True)
    assert unknown.startswith(b"HTTP/1.1 501 ") or unknown.startswith(b"HTTP/1.1 400 ")


def test_headers_have_a_limit(lake):
    lines = b"".join(b"X-%d: %s\r\n" % (i, b"y" * 1000) for i in range(200))
    assert raw(lake, b"GET /_tarn/health HTTP/1.1\r\nHost: h\r\n" + lines + b"\r\n", True).startswith(b"HTTP/1.1 431 ")
    assert raw(lake, b"GET /" + b"x" * 200_000 + b" HTTP/1.1\r\nHost: h\r\n\r\n", True)[:12] in (b"HTTP/1.1 414", b"HTTP/1.1 431")


def test_nonsense_is_refused(lake):
    assert raw(lake, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", True)[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.0 400")
    assert lake.health()["status"] == "ok"


@pytest.mark.parametrize("size", [0, 3, 300_000, 3_000_000])
def test_chunked_transfer_encoding(lake, size):
    payload = os.urandom(size)
    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/te", payload="UNSIGNED-PAYLOAD")
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Transfer-Encoding": "chunked"})
    headers.pop("Content-Length", None)
    body = b"".join(b"%x\r\n%s\r\n" % (len(payload[at:at + 70_000]), payload[at:at + 70_000])
                    for at in range(0, size, 70_000)) + b"0\r\n\r\n"
    assert raw(lake, head_of(method, path, headers) + body).startswith(b"HTTP/1.1 200 ")
    assert lake.client("s3").get_object(Bucket=BUCKET, Key="te")["Body"].read() == payload


def test_chunked_transfer_encoding_of_a_small_operation(lake):
    body = json.dumps({"QueueName": "te"}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.CreateQueue", "Content-Type": "application/x-amz-json-1.0"}
    method, path, headers, _ = signed(lake, "sqs", "POST", "/", body, headers)
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Transfer-Encoding": "chunked"})
    headers.pop("Content-Length", None)
    assert raw(lake, head_of(method, path, headers) + b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_ends_early_has_no_effect(lake):
    method, path, headers, _ = signed(lake, "s3", "PUT", f"/{BUCKET}/cut", payload="UNSIGNED-PAYLOAD")
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Content-Length": "1000000"})
    with socket.create_connection(("127.0.0.1", lake.port), timeout=10) as connection:
        connection.sendall(head_of(method, path, headers) + b"x" * 600_000)
    assert call(lake, "s3", "HEAD", f"/{BUCKET}/cut").status == 404


def test_keep_alive_and_pipelining(lake):
    request = b"GET /_tarn/health HTTP/1.1\r\nHost: h\r\n\r\n"
    with socket.create_connection(("127.0.0.1", lake.port), timeout=10) as connection:
        connection.sendall(request * 50)
        got = b""
        while got.count(b"HTTP/1.1 200 ") < 50 or not got.endswith(b"}"):
            piece = connection.recv(65536)
            assert piece, "closed early"
            got += piece
    assert b"Connection: close" not in got


def test_large_json_body_is_refused_by_its_length(lake):
    method, path, headers, _ = signed(lake, "sqs", "POST", "/", b"{}", {"X-Amz-Target": "AmazonSQS.ListQueues",
                                                                     "Content-Type": "application/x-amz-json-1.0"})
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Content-Length": str(73 * 1024 * 1024), "Expect": "100-continue"})
    got = raw(lake, head_of(method, path, headers), True)
    assert got.startswith(b"HTTP/1.1 413 ") and b"RequestEntityTooLargeException" in got


def test_large_bodies_of_strangers_are_not_waited_for(lake):
    body = json.dumps({"QueueName": "x" * 1_000_000}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.CreateQueue", "Content-Type": "application/x-amz-json-1.0"}
    for expected, keys in (("UnrecognizedClientException", {"access_key": "AKIAUNKNOWN000000000"}),
                           ("InvalidSignatureException", {"at": -16 * 60})):
        method, path, signed_headers, _ = signed(lake, "sqs", "POST", "/", body, headers, **keys)
        signed_headers.update({"Host": f"127.0.0.1:{lake.port}", "Expect": "100-continue", "Content-Length": str(len(body))})
        got = raw(lake, head_of(method, path, signed_headers), True)
        assert got.startswith(b"HTTP/1.1 400 ") and expected.encode() in got


# --- replies

def test_head_has_the_length_and_no_body(lake):
    for key, size in (("inline", 100), ("file", 100_000)):
        put(lake, key, b"x" * size)
        method, path, headers, _ = signed(lake, "s3", "HEAD", f"/{BUCKET}/{key}")
        headers.update({"Host": f"127.0.0.1:{lake.port}", "Connection": "close"})
        got = raw(lake, head_of(method, path, headers), True)
        assert got.startswith(b"HTTP/1.1 200 ") and f"Content-Length: {size}\r\n".encode() in got
        assert got.endswith(b"\r\n\r\n")
    reply = call(lake, "s3", "HEAD", f"/{BUCKET}/absent")
    assert reply.status == 404 and reply.body == b""


def test_ranges_and_conditions(lake):
    data = os.urandom(100_000)
    for key, body in (("r-inline", data[:1000]), ("r-file", data)):
        put(lake, key, body)
        reply = call(lake, "s3", "GET", f"/{BUCKET}/{key}", headers={"Range": "bytes=10-19"})
        assert (reply.status, reply.body) == (206, body[10:20])
        assert reply.headers["Content-Range"] == f"bytes 10-19/{len(body)}"
        etag = reply.headers["ETag"]
        reply = call(lake, "s3", "GET", f"/{BUCKET}/{key}", headers={"If-None-Match": etag})
        assert (reply.status, reply.body) == (304, b"") and reply.headers["ETag"] == etag
        reply = call(lake, "s3", "GET", f"/{BUCKET}/{key}", headers={"Range": "bytes=200000-"})
        assert (reply.status, reply.code) == (416, "InvalidRange")


def test_delete_is_204_without_a_body(lake):
    put(lake, "gone", b"x")
    reply = call(lake, "s3", "DELETE", f"/{BUCKET}/gone")
    assert (reply.status, reply.body) == (204, b"")


def test_a_reader_survives_an_overwrite(lake):
    """A download that has begun goes on with the bytes it began with."""
    first = os.urandom(8_000_000)
    put(lake, "replaced", first)
    method, path, headers, _ = signed(lake, "s3", "GET", f"/{BUCKET}/replaced")
    headers.update({"Host": f"127.0.0.1:{lake.port}", "Connection": "close"})
    with socket.create_connection(("127.0.0.1", lake.port), timeout=10) as connection:
        connection.sendall(head_of(method, path, headers))
        got = connection.recv(1000)
        put(lake, "replaced", b"new")
        while piece := connection.recv(1 << 20):
            got += piece
    assert got.split(b"\r\n\r\n", 1)[1] == first


# --- keys, hosts and paths

@pytest.mark.parametrize("key", ["a b", "a+b", "a%2Fb", "a//b", "/lead", "a/../b", "a/./b", "ü/€/\U0001F600", "q?x=1&y#z", "~!*'()",
                                 "trailing/", "%", "a\\b", "=;:@,$"])
def test_any_key(lake, key):
    path = f"/{BUCKET}/" + urllib.parse.quote(key, safe="/~")
    assert call(lake, "s3", "PUT", path, key.encode()).status == 200
    assert call(lake, "s3", "GET", path).body == key.encode()
    listed = lake.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=key)
    assert key in [entry["Key"] for entry in listed["Contents"]]


def test_virtual_hosted_buckets(lake):
    put(lake, "vh/key", b"virtual")
    for host in (f"{BUCKET}.localhost:{lake.port}", f"{BUCKET}.s3.localhost", f"{BUCKET}.s3.us-east-1.amazonaws.com",
                 f"{BUCKET}.s3.amazonaws.com", f"{BUCKET}.s3-us-west-2.amazonaws.com"):
        method, path, headers, _ = signed(lake, "s3", "GET", "/vh/key", headers={"Host": host})
        assert send(lake, method, path, headers).body == b"virtual", host
    for host in ("s3.us-east-1.amazonaws.com", "s3.localhost", "localhost", f"[::1]:{lake.port}"):
        method, path, headers, _ = signed(lake, "s3", "GET", f"/{BUCKET}/vh/key", headers={"Host": host})
        assert send(lake, method, path, headers).body == b"virtual", host


# --- errors in each protocol's form

def test_unknown_operations_are_named(lake):
    reply = json_call(lake, "sqs", "AmazonSQS.MakeTea")
    assert (reply.status, reply.code) == (400, "UnknownOperationException") and "MakeTea" in reply.message
    reply = json_call(lake, "ssm", "AmazonSSM.GetDocument", version="1.1")
    assert (reply.status, reply.code) == (400, "UnknownOperationException") and "GetDocument" in reply.message
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = call(lake, "sts", "POST", "/", b"Action=MakeTea&Version=2011-06-15", form)
    assert (reply.status, reply.code) == (400, "InvalidAction") and "MakeTea" in reply.message
    reply = call(lake, "s3", "GET", f"/{BUCKET}?analytics")
    assert (reply.status, reply.code) == (501, "NotImplemented")
    reply = call(lake, "s3", "PUT", f"/{BUCKET}?somethingNew")
    assert (reply.status, reply.code) == (501, "NotImplemented") and "somethingNew" in reply.message
    reply = call(lake, "s3", "PATCH", f"/{BUCKET}/x")
    assert (reply.status, reply.code) == (501, "NotImplemented")


def test_unreadable_bodies(lake):
    reply = json_call(lake, "sqs", "AmazonSQS.CreateQueue", b"{nonsense")
    assert (reply.status, reply.code) == (400, "SerializationException")
    reply = json_call(lake, "sqs", "AmazonSQS.CreateQueue", b"[]")
    assert (reply.status, reply.code) == (400, "SerializationException")
    reply = call(lake, "s3", "POST", f"/{BUCKET}?delete", b"<Delete><Object>")
    assert (reply.status, reply.code) == (400, "MalformedXML")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = call(lake, "sts", "POST", "/", b"Action=Get%zz", form)
    assert (reply.status, reply.code) == (400, "MalformedQueryString")


def test_sqs_errors_carry_the_old_names(lake):
    reply = json_call(lake, "sqs", "AmazonSQS.GetQueueUrl", b'{"QueueName":"absent"}')
    assert reply.status == 400 and reply.code == "QueueDoesNotExist"
    assert re.match(r'{"__type":"com.amazonaws.sqs#QueueDoesNotExist"', reply.body.decode())
    assert reply.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = call(lake, "sqs", "POST", "/", b"Action=GetQueueUrl&QueueName=absent&Version=2012-11-05", form)
    assert (reply.status, reply.code) == (400, "AWS.SimpleQueueService.NonExistentQueue")
    assert b"<Type>Sender</Type>" in reply.body and b"<RequestId>" in reply.body


def test_query_by_get_and_by_queue_path(lake):
    lake.client("sqs").create_queue(QueueName="by-path")
    reply = call(lake, "sqs", "GET", "/?Action=ListQueues&QueueNamePrefix=by-path&Version=2012-11-05")
    assert reply.status == 200 and b"/000000000000/by-path</QueueUrl>" in reply.body
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = call(lake, "sqs", "POST", "/000000000000/by-path", b"Action=SendMessage&MessageBody=m&Version=2012-11-05", form)
    assert reply.status == 200 and b"<SendMessageResult><" in reply.body


def test_validation_in_awss_words(lake):
    reply = json_call(lake, "ssm", "AmazonSSM.PutParameter", b'{"Value":"x"}', "1.1")
    assert (reply.status, reply.code) == (400, "ValidationException")
    assert "Value null at 'name' failed to satisfy constraint: Member must not be null" in reply.message


# --- waiting

def test_waiting_calls_hold_no_threads(fresh_lake):
    """Two hundred long polls at once: answered when messages come, by a handful of threads meanwhile."""
    queue = fresh_lake.client("sqs").create_queue(QueueName="polled")["QueueUrl"]
    body = json.dumps({"QueueUrl": queue, "WaitTimeSeconds": 20}).encode()
    headers = {"X-Amz-Target": "AmazonSQS.ReceiveMessage", "Content-Type": "application/x-amz-json-1.0"}
    method, path, headers, _ = signed(fresh_lake, "sqs", "POST", "/", body, headers)
    headers.update({"Host": f"127.0.0.1:{fresh_lake.port}", "Content-Length": str(len(body))})
    polls = []
    for _ in range(200):
        connection = socket.create_connection(("127.0.0.1", fresh_lake.port), timeout=30)
        connection.sendall(head_of(method, path, headers) + body)
        polls.append(connection)
    # Another call is answered meanwhile, and the process has no thread for each poll.
    assert fresh_lake.health()["status"] == "ok"
    threads = len(os.listdir(f"/proc/{fresh_lake.process.pid}/task"))
    assert threads < 150, threads
    for number in range(0, 200, 10):
        fresh_lake.client("sqs").send_message_batch(
            QueueUrl=queue, Entries=[{"Id": str(i), "MessageBody": str(number + i)} for i in range(10)])
    received = 0
    answers = []

    def read(connection):
        got = b""
        while b"\r\n\r\n" not in got or not got.rstrip().endswith(b"}"):
            got += connection.recv(65536)
        answers.append(got)

    readers = [threading.Thread(target=read, args=(connection,)) for connection in polls]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(30)
    for got in answers:
        assert got.startswith(b"HTTP/1.1 200 ")
        received += got.count(b'"MessageId"')
    assert received == 200
    for connection in polls:
        connection.close()


def test_stop_answers_those_who_wait(fresh_lake):
    queue = fresh_lake.client("sqs").create_queue(QueueName="polled")["QueueUrl"]
    result = []

    def poll():
        result.append(fresh_lake.client("sqs").receive_message(QueueUrl=queue, WaitTimeSeconds=20))

    poller = threading.Thread(target=poll)
    poller.start()
    while "tarn_http_parked 1" not in fresh_lake.metrics() and poller.is_alive():
        pass
    assert fresh_lake.stop() == 0
    poller.join(10)
    assert result and "Messages" not in result[0]
    fresh_lake.start()
