# SPDX-License-Identifier: Apache-2.0
"""CloudWatch Logs through boto3 and the aws command."""

import hashlib
import re
import time

import pytest
from botocore.exceptions import ClientError


def now_ms():
    return int(time.time() * 1000)


@pytest.fixture
def stream(lake, request):
    """A group and stream of the test's own: (client, group, stream)."""
    client = lake.client("logs")
    group = "/test/" + re.sub("[^a-z_]", "", request.node.originalname) + "/" + hashlib.md5(request.node.name.encode()).hexdigest()
    client.create_log_group(logGroupName=group, tags={"team": "lake"})
    client.create_log_stream(logGroupName=group, logStreamName="s1")
    return client, group, "s1"


def put(client, group, stream, messages, start=None):
    start = start or now_ms() - 1000
    return client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=[
        {"timestamp": start + i, "message": m} for i, m in enumerate(messages)])


def code_of(error):
    return error.value.response["Error"]["Code"]


def test_groups(stream):
    client, group, _ = stream
    shown, = client.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
    assert shown["logGroupName"] == group and shown["arn"].endswith(f":log-group:{group}:*")
    assert "retentionInDays" not in shown
    with pytest.raises(ClientError) as error:
        client.create_log_group(logGroupName=group)
    assert code_of(error) == "ResourceAlreadyExistsException"
    client.put_retention_policy(logGroupName=group, retentionInDays=7)
    assert client.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"] == 7
    with pytest.raises(ClientError) as error:
        client.put_retention_policy(logGroupName=group, retentionInDays=8)
    assert code_of(error) == "InvalidParameterException"
    client.delete_retention_policy(logGroupName=group)
    assert client.list_tags_log_group(logGroupName=group)["tags"] == {"team": "lake"}
    client.tag_log_group(logGroupName=group, tags={"x": "y"})
    client.untag_log_group(logGroupName=group, tags=["team"])
    assert client.list_tags_log_group(logGroupName=group)["tags"] == {"x": "y"}
    client.delete_log_group(logGroupName=group)
    with pytest.raises(ClientError) as error:
        client.delete_log_group(logGroupName=group)
    assert code_of(error) == "ResourceNotFoundException"


def test_deleted_group_keeps_nothing(stream):
    client, group, name = stream
    put(client, group, name, ["old"])
    client.delete_log_group(logGroupName=group)
    client.create_log_group(logGroupName=group)
    assert client.filter_log_events(logGroupName=group)["events"] == []
    assert client.describe_log_streams(logGroupName=group)["logStreams"] == []


def test_streams(stream):
    client, group, name = stream
    for other in ("s3", "s2"):
        client.create_log_stream(logGroupName=group, logStreamName=other)
    with pytest.raises(ClientError) as error:
        client.create_log_stream(logGroupName=group, logStreamName="s2")
    assert code_of(error) == "ResourceAlreadyExistsException"
    start = now_ms() - 5000
    put(client, group, "s2", ["a", "b"], start)
    put(client, group, "s1", ["c"], start + 100)
    names = [s["logStreamName"] for p in client.get_paginator("describe_log_streams").paginate(
        logGroupName=group, PaginationConfig={"PageSize": 2}) for s in p["logStreams"]]
    assert names == ["s1", "s2", "s3"]
    latest = client.describe_log_streams(logGroupName=group, orderBy="LastEventTime", descending=True)["logStreams"]
    assert [s["logStreamName"] for s in latest][:2] == ["s1", "s2"]
    assert latest[1]["firstEventTimestamp"] == start and latest[1]["lastEventTimestamp"] == start + 1
    client.delete_log_stream(logGroupName=group, logStreamName="s2")
    with pytest.raises(ClientError) as error:
        client.get_log_events(logGroupName=group, logStreamName="s2")
    assert code_of(error) == "ResourceNotFoundException"


def test_get_events_in_both_directions(stream):
    client, group, name = stream
    put(client, group, name, [f"line {i}" for i in range(10)])

    def get(**arguments):
        reply = client.get_log_events(logGroupName=group, logStreamName=name, **arguments)
        return [int(e["message"].split()[1]) for e in reply["events"]], reply
    assert get(startFromHead=True)[0] == list(range(10))
    first, reply = get(startFromHead=True, limit=4)
    second, reply2 = get(nextToken=reply["nextForwardToken"], limit=4)
    assert (first, second) == ([0, 1, 2, 3], [4, 5, 6, 7])
    assert get(nextToken=reply2["nextBackwardToken"], limit=4)[0] == [0, 1, 2, 3]
    assert get(limit=3)[0] == [7, 8, 9]
    rest, reply3 = get(nextToken=reply2["nextForwardToken"])
    none, reply4 = get(nextToken=reply3["nextForwardToken"])
    assert (rest, none) == ([8, 9], [])
    assert reply4["nextForwardToken"] == reply3["nextForwardToken"]  # how a client knows the end
    put(client, group, name, ["line 10"], now_ms())
    assert get(nextToken=reply4["nextForwardToken"])[0] == [10]


def test_filter_across_streams(stream):
    client, group, name = stream
    client.create_log_stream(logGroupName=group, logStreamName="t2")
    start = now_ms() - 10000
    put(client, group, "s1", ["ERROR one", "fine", "ERROR three"], start)
    put(client, group, "t2", ["ERROR late", "WARN x"], start + 10)

    def found(**arguments):
        return [e["message"] for p in client.get_paginator("filter_log_events").paginate(logGroupName=group, **arguments)
                for e in p["events"]]
    assert found() == ["ERROR one", "fine", "ERROR three", "ERROR late", "WARN x"]
    assert found(PaginationConfig={"PageSize": 2}) == found()
    assert found(filterPattern="ERROR") == ["ERROR one", "ERROR three", "ERROR late"]
    assert found(filterPattern="ERROR -late") == ["ERROR one", "ERROR three"]
    assert found(filterPattern="?WARN ?fine") == ["fine", "WARN x"]
    assert found(filterPattern='"ERROR one"') == ["ERROR one"]
    assert found(logStreamNames=["t2"]) == ["ERROR late", "WARN x"]
    assert found(logStreamNamePrefix="s") == ["ERROR one", "fine", "ERROR three"]
    assert found(startTime=start + 1, endTime=start + 10) == ["fine", "ERROR three", "ERROR late"]
    event = client.filter_log_events(logGroupName=group)["events"][0]
    assert event["logStreamName"] == "s1" and len(event["eventId"]) == 56


@pytest.mark.parametrize("pattern, expected", [
    ('{ $.level = "error" }', [0, 2]),
    ('{ $.level = "err*" && $.ms > 100 }', [2]),
    ('{ ($.ms >= 250) || ($.user.name = "ada") }', [1, 2]),
    ('{ $.level != "error" }', [1]),
    ('{ $.items[1] = 5 }', [0]),
    ('{ $.gone IS NULL }', [1]),
    ('{ $.user NOT EXISTS }', [0, 2]),
    ('{ $.ok IS TRUE }', [0]),
])
def test_filter_json(stream, pattern, expected):
    client, group, name = stream
    put(client, group, name, ['{"level": "error", "ms": 10, "items": [4, 5], "ok": true, "n": 0}',
                              '{"level": "info", "ms": 20, "user": {"name": "ada"}, "gone": null, "n": 1}',
                              '{"level": "error", "ms": 250.5, "ok": false, "n": 2}', "no json"])
    events = client.filter_log_events(logGroupName=group, filterPattern=pattern)["events"]
    assert [int(e["message"].rstrip("}")[-1]) for e in events] == expected


@pytest.mark.parametrize("pattern", ["{ $.level }", "[ip, user]", "{ $.a = %x% }", '"open'])
def test_bad_patterns(stream, pattern):
    client, group, _ = stream
    with pytest.raises(ClientError) as error:
        client.filter_log_events(logGroupName=group, filterPattern=pattern)
    assert code_of(error) == "InvalidParameterException"


def test_put_rules(stream):
    client, group, name = stream
    with pytest.raises(ClientError) as error:
        client.put_log_events(logGroupName=group, logStreamName=name, logEvents=[
            {"timestamp": now_ms(), "message": "b"}, {"timestamp": now_ms() - 1000, "message": "a"}])
    assert code_of(error) == "InvalidParameterException"
    with pytest.raises(ClientError) as error:
        put(client, group, "nowhere", ["x"])
    assert code_of(error) == "ResourceNotFoundException"
    old = now_ms() - 15 * 24 * 3600 * 1000
    reply = client.put_log_events(logGroupName=group, logStreamName=name, logEvents=[{"timestamp": old, "message": "old"}])
    assert reply["rejectedLogEventsInfo"] == {"tooOldLogEventEndIndex": 1}
    with pytest.raises(ClientError) as error:
        put(client, group, name, ["x" * 200_000] * 6)
    assert code_of(error) == "InvalidParameterException"


def test_retention_removes(fresh_lake, wait_until):
    client = fresh_lake.client("logs")
    client.create_log_group(logGroupName="g")
    client.create_log_stream(logGroupName="g", logStreamName="s")
    put(client, "g", "s", ["short-lived"])
    client.put_retention_policy(logGroupName="g", retentionInDays=1)
    assert len(client.filter_log_events(logGroupName="g")["events"]) == 1
    fresh_lake.advance(25 * 3600 * 1000)
    assert client.filter_log_events(logGroupName="g")["events"] == []
    assert client.get_log_events(logGroupName="g", logStreamName="s", startFromHead=True)["events"] == []
    client.delete_retention_policy(logGroupName="g")
    wait_until(lambda: client.filter_log_events(logGroupName="g")["events"] == [])  # and they are gone, not hidden


def test_aws_logs_tail(lake, stream):
    client, group, name = stream
    put(client, group, name, ["first line", "second line"])
    done = lake.aws("logs", "tail", group, "--format", "short").stdout
    assert [line.split(" ", 1)[1] for line in done.splitlines()] == ["first line", "second line"]
