# SPDX-License-Identifier: Apache-2.0
"""SQS with boto3 and aws-cli (Query protocol), and by hand in JSON 1.0; the queues of one file share a server."""
import concurrent.futures
import json
import time

import pytest
from botocore.exceptions import ClientError

import wire


@pytest.fixture(scope="module")
def sqs(lake):
    return lake.client("sqs")


@pytest.fixture
def queue(sqs, request):
    url = sqs.create_queue(QueueName=f"q-{abs(hash(request.node.name))}")["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


def refused(code, call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == code, caught.value
    return caught.value.response


def attributes(sqs, url):
    return sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]


def test_queues(sqs):
    url = sqs.create_queue(QueueName="one", Attributes={"VisibilityTimeout": "60"}, tags={"a": "b"})["QueueUrl"]
    assert url.endswith("/000000000000/one")
    assert sqs.create_queue(QueueName="one", Attributes={"VisibilityTimeout": "60"})["QueueUrl"] == url
    refused("QueueAlreadyExists", sqs.create_queue, QueueName="one", Attributes={"VisibilityTimeout": "61"})
    assert sqs.get_queue_url(QueueName="one")["QueueUrl"] == url
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="none")
    refused("AWS.SimpleQueueService.NonExistentQueue", sqs.get_queue_url, QueueName="none")
    all_of_it = attributes(sqs, url)
    assert all_of_it["QueueArn"] == "arn:aws:sqs:us-east-1:000000000000:one"
    assert all_of_it["VisibilityTimeout"] == "60"
    assert all_of_it["ApproximateNumberOfMessages"] == "0"
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "1", "Policy": '{"Statement":[]}'})
    assert attributes(sqs, url)["DelaySeconds"] == "1"
    assert url in sqs.list_queues(QueueNamePrefix="on")["QueueUrls"]
    sqs.tag_queue(QueueUrl=url, Tags={"c": "d"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"c": "d"}
    sqs.add_permission(QueueUrl=url, Label="l", AWSAccountIds=["111111111111"], Actions=["SendMessage"])
    assert json.loads(attributes(sqs, url)["Policy"])["Statement"][0]["Sid"] == "l"
    sqs.remove_permission(QueueUrl=url, Label="l")
    sqs.delete_queue(QueueUrl=url)
    assert url not in sqs.list_queues().get("QueueUrls", [])


def test_messages(sqs, queue):
    # boto checks every MD5 itself
    sent = sqs.send_message(QueueUrl=queue, MessageBody="grüße <&> \n", MessageAttributes={
        "s": {"DataType": "String", "StringValue": "ü"}, "n": {"DataType": "Number.int", "StringValue": "12"},
        "b": {"DataType": "Binary", "BinaryValue": b"\x00\xff"}},
        MessageSystemAttributes={"AWSTraceHeader": {"DataType": "String", "StringValue": "Root=1"}})
    message = sqs.receive_message(QueueUrl=queue, AttributeNames=["All"], MessageAttributeNames=["All"])["Messages"][0]
    assert message["MessageId"] == sent["MessageId"]
    assert message["Body"] == "grüße <&> \n"
    assert message["MessageAttributes"]["b"]["BinaryValue"] == b"\x00\xff"
    assert message["MD5OfMessageAttributes"] == sent["MD5OfMessageAttributes"]
    assert message["Attributes"]["ApproximateReceiveCount"] == "1"
    assert message["Attributes"]["AWSTraceHeader"] == "Root=1"
    assert attributes(sqs, queue)["ApproximateNumberOfMessagesNotVisible"] == "1"
    sqs.change_message_visibility(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"], VisibilityTimeout=0)
    again = sqs.receive_message(QueueUrl=queue)["Messages"][0]
    sqs.delete_message(QueueUrl=queue, ReceiptHandle=again["ReceiptHandle"])
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    refused("ReceiptHandleIsInvalid", sqs.delete_message, QueueUrl=queue, ReceiptHandle="x")


def test_batches(sqs, queue):
    reply = sqs.send_message_batch(QueueUrl=queue, Entries=[
        {"Id": str(i), "MessageBody": f"m{i}", "DelaySeconds": 1000 if i == 3 else 0} for i in range(5)])
    assert [e["Id"] for e in reply["Successful"]] == ["0", "1", "2", "4"]
    assert reply["Failed"][0]["Id"] == "3" and reply["Failed"][0]["SenderFault"] is True
    messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)["Messages"]
    assert sorted(m["Body"] for m in messages) == ["m0", "m1", "m2", "m4"]
    changed = sqs.change_message_visibility_batch(QueueUrl=queue, Entries=[
        {"Id": m["Body"], "ReceiptHandle": m["ReceiptHandle"], "VisibilityTimeout": 100} for m in messages])
    assert len(changed["Successful"]) == 4
    deleted = sqs.delete_message_batch(QueueUrl=queue, Entries=[
        {"Id": m["Body"], "ReceiptHandle": m["ReceiptHandle"]} for m in messages])
    assert len(deleted["Successful"]) == 4 and not deleted.get("Failed")
    refused("AWS.SimpleQueueService.EmptyBatchRequest", sqs.send_message_batch, QueueUrl=queue, Entries=[])
    refused("AWS.SimpleQueueService.TooManyEntriesInBatchRequest", sqs.send_message_batch, QueueUrl=queue,
            Entries=[{"Id": str(i), "MessageBody": "x"} for i in range(11)])


def test_long_poll(sqs, queue):
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = [pool.submit(sqs.receive_message, QueueUrl=queue, WaitTimeSeconds=20) for _ in range(5)]
        for i in range(5):
            sqs.send_message(QueueUrl=queue, MessageBody=str(i))
        begun = time.monotonic()
        bodies = sorted(w.result()["Messages"][0]["Body"] for w in waiting)
    assert bodies == ["0", "1", "2", "3", "4"]
    assert time.monotonic() - begun < 10


def test_long_poll_ends_with_the_clock(fresh_lake):
    sqs = fresh_lake.client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="late", DelaySeconds=600)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        waiting = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        fresh_lake.advance(30_000)
        assert "Messages" not in waiting.result()
        waiting = pool.submit(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        fresh_lake.advance(580_000)
        assert waiting.result()["Messages"][0]["Body"] == "late"


def test_redrive(fresh_lake):
    sqs = fresh_lake.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    arn = attributes(sqs, dead)["QueueArn"]
    url = sqs.create_queue(QueueName="q", Attributes={
        "VisibilityTimeout": "10", "RedrivePolicy": json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})})["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="poison")
    assert sqs.receive_message(QueueUrl=url)["Messages"]
    fresh_lake.restart(kill=True)
    sqs = fresh_lake.client("sqs")
    fresh_lake.advance(11_000)
    assert "Messages" not in sqs.receive_message(QueueUrl=url)
    assert attributes(sqs, dead)["ApproximateNumberOfMessages"] == "1"
    assert sqs.list_dead_letter_source_queues(QueueUrl=dead)["queueUrls"] == [url]
    handle = json.loads(call(fresh_lake, "StartMessageMoveTask", SourceArn=arn).body)["TaskHandle"]
    assert handle
    message = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=20)["Messages"][0]
    assert message["Body"] == "poison"
    moves = json.loads(call(fresh_lake, "ListMessageMoveTasks", SourceArn=arn).body)["Results"]
    assert moves[0]["Status"] == "COMPLETED" and moves[0]["ApproximateNumberOfMessagesMoved"] == 1


def test_no_message_twice(sqs, queue):
    """Many receivers at once: every message is received exactly once while it is invisible."""
    count = 300
    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda i: sqs.send_message(QueueUrl=queue, MessageBody=str(i)), range(count)))

        def drain(_):
            bodies = []
            while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=3).get("Messages"):
                bodies += [m["Body"] for m in messages]
            return bodies

        bodies = sum(pool.map(drain, range(16)), [])
    assert sorted(map(int, bodies)) == list(range(count))


def test_purge(sqs, queue):
    for i in range(3):
        sqs.send_message(QueueUrl=queue, MessageBody=str(i))
    sqs.purge_queue(QueueUrl=queue)
    assert "Messages" not in sqs.receive_message(QueueUrl=queue)
    refused("AWS.SimpleQueueService.PurgeQueueInProgress", sqs.purge_queue, QueueUrl=queue)


# --- JSON 1.0, as newer SDKs speak it

def call(lake, operation, **arguments):
    return wire.json_call(lake, "sqs", f"AmazonSQS.{operation}", json.dumps(arguments).encode())


def test_json(lake):
    url = json.loads(call(lake, "CreateQueue", QueueName="json", Attributes={"DelaySeconds": "0"}).body)["QueueUrl"]
    sent = json.loads(call(lake, "SendMessage", QueueUrl=url, MessageBody="x", MessageAttributes={
        "b": {"DataType": "Binary", "BinaryValue": "AP8="}}).body)
    got = json.loads(call(lake, "ReceiveMessage", QueueUrl=url, MessageSystemAttributeNames=["All"],
                          MessageAttributeNames=["All"]).body)["Messages"][0]
    assert got["MessageId"] == sent["MessageId"] and got["MessageAttributes"]["b"]["BinaryValue"] == "AP8="
    assert got["Attributes"]["ApproximateReceiveCount"] == "1"
    reply = call(lake, "GetQueueUrl", QueueName="none")
    assert reply.status == 400
    assert json.loads(reply.body)["__type"] == "com.amazonaws.sqs#QueueDoesNotExist"
    assert reply.headers["x-amzn-query-error"] == "AWS.SimpleQueueService.NonExistentQueue;Sender"


def test_cli(lake):
    url = lake.aws_json("sqs", "create-queue", "--queue-name", "cli")["QueueUrl"]
    lake.aws("sqs", "send-message", "--queue-url", url, "--message-body", "from the shell")
    got = lake.aws_json("sqs", "receive-message", "--queue-url", url, "--wait-time-seconds", "1")
    assert got["Messages"][0]["Body"] == "from the shell"
    lake.aws("sqs", "delete-message", "--queue-url", url, "--receipt-handle", got["Messages"][0]["ReceiptHandle"])
    lake.aws("sqs", "delete-queue", "--queue-url", url)
