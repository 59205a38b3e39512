# SPDX-License-Identifier: Apache-2.0
"""AWS Lambda through boto3: functions, the Runtime API and its runtimes, the sandbox, asynchronous invocations, queues."""

import base64
import hashlib
import io
import json
import pathlib
import shutil
import time
import urllib.request
import zipfile

import pytest
from botocore.exceptions import ClientError

from lake import tarn_program

ROLE = "arn:aws:iam::000000000000:role/worker"
pytestmark = pytest.mark.skipif(not shutil.which("bwrap"), reason="functions need bubblewrap")


def package(**files):
    """A zip of {name: text}; names with '__' for '.'."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, text in files.items():
            info = zipfile.ZipInfo(name.replace("__", "."))
            info.external_attr = 0o100755 << 16
            archive.writestr(info, text)
    return data.getvalue()


def create(lake, name, source, handler="app.handler", runtime="python3.12", file="app__py", **settings):
    client = lake.client("lambda")
    reply = client.create_function(FunctionName=name, Runtime=runtime, Role=ROLE, Handler=handler,
                                   Code={"ZipFile": package(**{file: source})}, **settings)
    client.get_waiter("function_active_v2").wait(FunctionName=name)
    return reply


def invoke(lake, name, event=None, **settings):
    reply = lake.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event), **settings)
    return reply, json.loads(reply["Payload"].read() or "null")


def code_of(error):
    return error.value.response["Error"]["Code"]


# --- functions

def test_create_get_list_delete(lake):
    client = lake.client("lambda")
    zip_bytes = package(app__py="def handler(event, context): return 1")
    made = client.create_function(FunctionName="crud", Runtime="python3.11", Role=ROLE, Handler="app.handler",
                                  Code={"ZipFile": zip_bytes}, Description="d", Timeout=7, MemorySize=256,
                                  Environment={"Variables": {"COLOR": "blue"}}, Tags={"team": "lake"})
    assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert made["FunctionArn"] == "arn:aws:lambda:us-east-1:000000000000:function:crud"
    assert made["CodeSha256"] == base64.b64encode(hashlib.sha256(zip_bytes).digest()).decode()
    assert made["CodeSize"] == len(zip_bytes)
    assert (made["Version"], made["Timeout"], made["MemorySize"]) == ("$LATEST", 7, 256)
    assert made["State"] in ("Active", "Pending")
    got = client.get_function(FunctionName=made["FunctionArn"])
    assert got["Configuration"]["Environment"] == {"Variables": {"COLOR": "blue"}}
    assert got["Tags"] == {"team": "lake"}
    assert urllib.request.urlopen(got["Code"]["Location"]).read() == zip_bytes
    assert "crud" in [f["FunctionName"] for f in client.list_functions()["Functions"]]
    with pytest.raises(ClientError) as error:
        create(lake, "crud", "")
    assert code_of(error) == "ResourceConflictException"
    client.delete_function(FunctionName="crud")
    with pytest.raises(ClientError) as error:
        client.get_function_configuration(FunctionName="crud")
    assert code_of(error) == "ResourceNotFoundException"


def test_download_needs_its_token(lake):
    create(lake, "secret", "def handler(event, context): return 1")
    location = lake.client("lambda").get_function(FunctionName="secret")["Code"]["Location"]
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(location[:-4] + "0000")


def test_pages_of_functions(fresh_lake):
    for number in range(5):
        create(fresh_lake, f"page-{number}", "")
    pages = list(fresh_lake.client("lambda").get_paginator("list_functions").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(p["Functions"]) for p in pages] == [2, 2, 1]


@pytest.mark.parametrize("change, code", [
    ({"Timeout": 901}, "ValidationException"),
    ({"Handler": "with space"}, "ValidationException"),
    ({"Runtime": "cobol"}, "InvalidParameterValueException"),
    ({"Runtime": "java21"}, "InvalidParameterValueException"),
    ({"Role": "nobody"}, "ValidationException"),
    ({"Code": {"ZipFile": b"this is no zip"}}, "InvalidParameterValueException"),
    ({"Code": {"ZipFile": package(**{"../escape": "x"})}}, "InvalidParameterValueException"),
    ({"Code": {"S3Bucket": "no-such-bucket", "S3Key": "k"}}, "InvalidParameterValueException"),
    ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "InvalidParameterValueException"),
    ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "InvalidParameterValueException"),
    ({"Layers": ["arn:aws:lambda:us-east-1:000000000000:layer:l:1"]}, "InvalidParameterValueException"),
    ({"PackageType": "Image"}, "InvalidParameterValueException"),
    ({"FunctionName": "bad name"}, "InvalidParameterValueException"),
])
def test_refusals(lake, change, code):
    arguments = {"FunctionName": "refused", "Runtime": "python3.12", "Role": ROLE, "Handler": "a.b",
                 "Code": {"ZipFile": package(a__py="")}, **change}
    with pytest.raises(ClientError) as error:
        lake.client("lambda").create_function(**arguments)
    assert code_of(error) == code, error.value


def test_update_code_and_configuration(lake):
    client = lake.client("lambda")
    first = create(lake, "changing", "def handler(event, context): return 'one'")
    assert invoke(lake, "changing")[1] == "one"
    changed = client.update_function_code(FunctionName="changing",
                                          ZipFile=package(app__py="import os\ndef handler(event, context): return os.environ.get('N', 'two')"))
    client.get_waiter("function_updated").wait(FunctionName="changing")
    assert changed["RevisionId"] != first["RevisionId"]
    assert invoke(lake, "changing")[1] == "two"
    client.update_function_configuration(FunctionName="changing", Environment={"Variables": {"NN": "x", "N_": "y"}}, Timeout=9)
    assert client.get_function_configuration(FunctionName="changing")["Timeout"] == 9
    with pytest.raises(ClientError) as error:
        client.update_function_configuration(FunctionName="changing", RevisionId=first["RevisionId"], Timeout=1)
    assert code_of(error) == "PreconditionFailedException"


def test_code_from_s3(lake):
    s3 = lake.client("s3")
    s3.create_bucket(Bucket="lambda-code")
    s3.put_object(Bucket="lambda-code", Key="f.zip", Body=package(app__py="def handler(event, context): return 's3'"))
    lake.client("lambda").create_function(FunctionName="from-s3", Runtime="python3.12", Role=ROLE, Handler="app.handler",
                                          Code={"S3Bucket": "lambda-code", "S3Key": "f.zip"})
    assert invoke(lake, "from-s3")[1] == "s3"


def test_versions_and_aliases(lake):
    client = lake.client("lambda")
    create(lake, "versioned", "def handler(event, context): return 'old ' + context.function_version")
    assert client.publish_version(FunctionName="versioned")["Version"] == "1"
    assert client.publish_version(FunctionName="versioned")["Version"] == "1"  # nothing changed
    client.create_alias(FunctionName="versioned", Name="live", FunctionVersion="1")
    client.update_function_code(FunctionName="versioned", ZipFile=package(app__py="def handler(event, context): return 'new'"))
    reply, answer = invoke(lake, "versioned", Qualifier="live")
    assert (reply["ExecutedVersion"], answer) == ("1", "old 1")
    assert invoke(lake, "versioned:1")[1] == "old 1"
    assert invoke(lake, "versioned")[1] == "new"
    assert client.publish_version(FunctionName="versioned")["Version"] == "2"
    client.update_alias(FunctionName="versioned", Name="live", FunctionVersion="2")
    assert invoke(lake, "versioned", Qualifier="live")[1] == "new"
    assert [v["Version"] for v in client.list_versions_by_function(FunctionName="versioned")["Versions"]] == ["$LATEST", "1", "2"]
    assert [a["Name"] for a in client.list_aliases(FunctionName="versioned")["Aliases"]] == ["live"]
    client.delete_function(FunctionName="versioned", Qualifier="1")
    with pytest.raises(ClientError) as error:
        invoke(lake, "versioned", Qualifier="1")
    assert code_of(error) == "ResourceNotFoundException"


def test_permissions_concurrency_tags(lake):
    client = lake.client("lambda")
    create(lake, "settings", "def handler(event, context): return 1")
    client.add_permission(FunctionName="settings", StatementId="rule", Action="lambda:InvokeFunction",
                          Principal="events.amazonaws.com", SourceArn="arn:aws:events:us-east-1:000000000000:rule/r")
    with pytest.raises(ClientError) as error:
        client.add_permission(FunctionName="settings", StatementId="rule", Action="lambda:InvokeFunction", Principal="*")
    assert code_of(error) == "ResourceConflictException"
    statement = json.loads(client.get_policy(FunctionName="settings")["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "events.amazonaws.com"}
    assert statement["Condition"]["ArnLike"]["AWS:SourceArn"].endswith("rule/r")
    client.remove_permission(FunctionName="settings", StatementId="rule")
    with pytest.raises(ClientError) as error:
        client.get_policy(FunctionName="settings")
    assert code_of(error) == "ResourceNotFoundException"
    client.put_function_concurrency(FunctionName="settings", ReservedConcurrentExecutions=0)
    with pytest.raises(ClientError) as error:
        invoke(lake, "settings")
    assert code_of(error) == "TooManyRequestsException"
    client.delete_function_concurrency(FunctionName="settings")
    assert invoke(lake, "settings")[1] == 1
    arn = client.get_function_configuration(FunctionName="settings")["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={"a": "1", "b": "2"})
    client.untag_resource(Resource=arn, TagKeys=["a"])
    assert client.list_tags(Resource=arn)["Tags"] == {"b": "2"}


# --- runtimes

def test_python_handler_and_context(lake):
    source = """
import os
def handler(event, context):
    print("hello from", event["name"])
    return {"name": event["name"], "function": context.function_name, "arn": context.invoked_function_arn,
            "id": context.aws_request_id, "left": context.get_remaining_time_in_millis(), "color": os.environ["COLOR"],
            "region": os.environ["AWS_REGION"], "key": os.environ["AWS_ACCESS_KEY_ID"][:4], "cwd": os.getcwd(),
            "custom": context.client_context.custom}
"""
    create(lake, "py", source, Environment={"Variables": {"COLOR": "blue"}}, Timeout=20)
    reply, answer = invoke(lake, "py", {"name": "Ada"}, LogType="Tail",
                           ClientContext=base64.b64encode(b'{"custom": {"k": "v"}}').decode())
    assert reply["StatusCode"] == 200 and "FunctionError" not in reply
    assert reply["ExecutedVersion"] == "$LATEST"
    assert answer["name"] == "Ada" and answer["color"] == "blue" and answer["function"] == "py"
    assert 0 < answer["left"] <= 20000 and answer["key"] == "ASIA" and answer["cwd"] == "/var/task"
    assert answer["custom"] == {"k": "v"}
    tail = base64.b64decode(reply["LogResult"]).decode()
    assert tail.startswith(f"START RequestId: {answer['id']} Version: $LATEST\n")
    assert "hello from Ada\n" in tail and "REPORT RequestId" in tail and "Init Duration" in tail


def test_warm_environment_is_reused(lake):
    create(lake, "warm", "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n")
    assert [invoke(lake, "warm")[1] for _ in range(5)] == [1, 2, 3, 4, 5]


def test_python_failure(lake):
    create(lake, "failing", "def handler(event, context):\n    raise KeyError('gone')")
    reply, answer = invoke(lake, "failing")
    assert reply["StatusCode"] == 200 and reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] == "KeyError" and answer["errorMessage"] == "'gone'" and answer["stackTrace"]
    reply, answer = invoke(lake, "failing")  # the environment lives on
    assert answer["errorType"] == "KeyError"


@pytest.mark.parametrize("handler, source, kind", [
    ("missing.handler", "", "Runtime.ImportModuleError"),
    ("app.missing", "x = 1", "Runtime.HandlerNotFound"),
    ("app.handler", "def handler(:", "Runtime.UserCodeSyntaxError"),
    ("app.handler", "def handler(event, context): return object()", "Runtime.MarshalError"),
    ("app.handler", "import os\ndef handler(event, context): os._exit(3)", "Runtime.ExitError"),
])
def test_python_problems(lake, handler, source, kind):
    name = "problem-" + hashlib.md5((handler + source).encode()).hexdigest()[:8]
    create(lake, name, source, handler)
    reply, answer = invoke(lake, name)
    assert reply["FunctionError"] == "Unhandled"
    assert answer["errorType"] == kind, answer


@pytest.mark.skipif(not shutil.which("node"), reason="no node")
@pytest.mark.parametrize("file, source, event, expected", [
    ("index__js", "exports.handler = async (event, context) => ({twice: event.n * 2, f: context.functionName})", {"n": 4},
     {"twice": 8, "f": "node-0"}),
    ("index__mjs", "export const handler = async (event) => event.n + 1", {"n": 1}, 2),
    ("index__js", "exports.handler = (event, context, callback) => callback(null, 'called back')", {}, "called back"),
    ("index__js", "exports.handler = (event, context, done) => setTimeout(() => done(null, 'later'), 5)", {}, "later"),
    ("index__js", "exports.handler = async () => { throw new TypeError('bad') }", {}, "TypeError"),
    ("index__js", "exports.other = 1", {}, "Runtime.HandlerNotFound"),
])
def test_node(lake, request, file, source, event, expected):
    name = f"node-{request.node.callspec.indices['file']}"
    create(lake, name, source, "index.handler", "nodejs20.x", file, MemorySize=256)
    reply, answer = invoke(lake, name, event)
    if "FunctionError" in reply:
        assert answer["errorType"] == expected, answer
    else:
        assert answer == expected


BOOTSTRAP = """#!/bin/sh
# A runtime in the shell, over /dev/tcp's absence: python for the sockets.
exec python3 - <<'END'
import http.client, json, os
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
while True:
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    reply = api.getresponse()
    event = json.loads(reply.read())
    ident = reply.headers["Lambda-Runtime-Aws-Request-Id"]
    body = json.dumps({"event": event, "deadline": reply.headers["Lambda-Runtime-Deadline-Ms"],
                       "arn": reply.headers["Lambda-Runtime-Invoked-Function-Arn"], "handler": os.environ["_HANDLER"]})
    api.request("POST", f"/2018-06-01/runtime/invocation/wrong/response", body)
    wrong = api.getresponse(); wrong.read()
    assert wrong.status == 403
    api.request("POST", f"/2018-06-01/runtime/invocation/{ident}/response", body)
    api.getresponse().read()
END
"""


def test_provided_runtime(lake):
    create(lake, "provided", BOOTSTRAP, "my.handler", "provided.al2023", "bootstrap")
    for number in (1, 2):
        reply, answer = invoke(lake, "provided", {"n": number})
        assert answer["event"] == {"n": number} and answer["handler"] == "my.handler"
        assert int(answer["deadline"]) > 0 and answer["arn"].endswith("function:provided")


def test_provided_without_bootstrap(lake):
    create(lake, "empty", "nothing", "x", "provided.al2", "readme")
    reply, answer = invoke(lake, "empty")
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"] == "Runtime.InvalidEntrypoint"


# --- limits and the sandbox

def test_timeout_ends_the_function(lake):
    create(lake, "slow", "import time\ndef handler(event, context):\n    time.sleep(event)\n    return 'done'", Timeout=1)
    began = time.monotonic()
    reply, answer = invoke(lake, "slow", 60)
    assert time.monotonic() - began < 10
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"] == "Sandbox.Timedout"
    assert "Task timed out after 1.00 seconds" in answer["errorMessage"]
    assert invoke(lake, "slow", 0)[1] == "done"


def test_memory_limit(lake):
    create(lake, "hungry", "import time\ndef handler(event, context):\n    x = bytearray(event << 20)\n    time.sleep(1)\n    return len(x)",
           MemorySize=128, Timeout=20)
    reply, answer = invoke(lake, "hungry", 300)
    assert reply["FunctionError"] == "Unhandled", answer
    assert answer["errorType"] in ("Runtime.OutOfMemory", "MemoryError")
    assert invoke(lake, "hungry", 1)[1] == 1 << 20


def test_sandbox(lake):
    source = """
import os, socket
def handler(event, context):
    seen = {}
    for path in ("/home", "/root", "/etc/shadow", "/var/lib", "/proc/1/root/etc/shadow"):
        seen[path] = os.path.exists(path)
    try:
        open("/var/task/new", "w"); seen["write"] = True
    except OSError:
        seen["write"] = False
    open("/tmp/ok", "w").write("x")
    try:
        socket.create_connection(("127.0.0.1", 22), 1); seen["network"] = True
    except OSError:
        seen["network"] = False
    seen["interfaces"] = sorted(name for _, name in socket.if_nameindex())
    seen["uid"] = os.getuid()
    import pwd
    assert socket.gethostbyname("localhost") == "127.0.0.1" and pwd.getpwuid(os.getuid()).pw_name == "sbx_user"
    return seen
"""
    create(lake, "prison", source)
    reply, answer = invoke(lake, "prison")
    assert "FunctionError" not in reply, answer
    assert answer.pop("interfaces") == ["lo"] and answer.pop("uid") != 0
    assert not any(answer.values()), answer


def test_functions_reach_tarn_with_their_role(lake):
    source = """
import boto3, os
def handler(event, context):
    client = boto3.client("sts")
    return client.get_caller_identity()["Arn"]
"""
    create(lake, "caller", source, Timeout=30, MemorySize=512)
    reply, answer = invoke(lake, "caller")
    assert answer == "arn:aws:sts::000000000000:assumed-role/worker/caller", answer


def test_payload_limits(lake):
    create(lake, "large", "def handler(event, context): return 'x' * event['n']")
    assert len(invoke(lake, "large", {"n": 1_000_000, "pad": "y" * 3_000_000})[1]) == 1_000_000
    reply, answer = invoke(lake, "large", {"n": 7_000_000})
    assert answer["errorType"] == "Function.ResponseSizeTooLarge"
    with pytest.raises(ClientError) as error:
        invoke(lake, "large", {"pad": "y" * 6_300_000})
    assert code_of(error) == "RequestTooLargeException"
    with pytest.raises(ClientError) as error:
        lake.client("lambda").invoke(FunctionName="large", Payload=b"{no json")
    assert code_of(error) == "InvalidRequestContentException"


def test_concurrent_invocations(lake):
    import concurrent.futures
    create(lake, "parallel", "import time\ndef handler(event, context):\n    time.sleep(0.2)\n    return event", Timeout=30)
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: invoke(lake, "parallel", n)[1], range(16)))
    assert answers == list(range(16))


def test_dry_run(lake):
    create(lake, "dry", "")
    assert lake.client("lambda").invoke(FunctionName="dry", InvocationType="DryRun")["StatusCode"] == 204
    with pytest.raises(ClientError) as error:
        lake.client("lambda").invoke(FunctionName="never-made", InvocationType="DryRun")
    assert code_of(error) == "ResourceNotFoundException"


def test_sandboxes_die_with_the_server(fresh_lake, wait_until):
    create(fresh_lake, "orphan", "import os\ndef handler(event, context): return open('/proc/self/environ').read()")
    marker = invoke(fresh_lake, "orphan")[1].split("AWS_LAMBDA_LOG_STREAM_NAME=")[1].split("\0")[0].encode()

    def alive():
        found = []
        for environ in pathlib.Path("/proc").glob("[0-9]*/environ"):
            try:
                if marker in environ.read_bytes():
                    found.append(environ)
            except OSError:
                pass  # gone, or not ours to read
        return found
    assert alive()
    fresh_lake.stop(kill=True)
    wait_until(lambda: not alive())
    fresh_lake.start()


# --- asynchronous invocations

def make_queue(lake, name, **attributes):
    sqs = lake.client("sqs")
    url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]


def receive(lake, url):
    messages = lake.client("sqs").receive_message(QueueUrl=url, WaitTimeSeconds=20).get("Messages", [])
    return [json.loads(m["Body"]) for m in messages]


def test_async_success_goes_to_its_destination(lake):
    url, arn = make_queue(lake, "successes")
    create(lake, "later", "def handler(event, context): return event['n'] + 1")
    lake.client("lambda").put_function_event_invoke_config(FunctionName="later",
                                                           DestinationConfig={"OnSuccess": {"Destination": arn}})
    reply = lake.client("lambda").invoke(FunctionName="later", InvocationType="Event", Payload=b'{"n": 1}')
    assert reply["StatusCode"] == 202 and reply["Payload"].read() == b""
    record, = receive(lake, url)
    assert record["requestContext"]["condition"] == "Success" and record["requestPayload"] == {"n": 1}
    assert record["responsePayload"] == 2


def test_async_failure_is_retried_then_given_up(fresh_lake, wait_until):
    failures, failures_arn = make_queue(fresh_lake, "failures")
    letters, letters_arn = make_queue(fresh_lake, "letters")
    create(fresh_lake, "never", "def handler(event, context): raise ValueError('no')", DeadLetterConfig={"TargetArn": letters_arn})
    fresh_lake.client("lambda").put_function_event_invoke_config(
        FunctionName="never", MaximumRetryAttempts=2, DestinationConfig={"OnFailure": {"Destination": failures_arn}})
    fresh_lake.client("lambda").invoke(FunctionName="never", InvocationType="Event", Payload=b'{"n": 1}')

    def given_up():
        fresh_lake.advance(130_000)
        return receive_now(fresh_lake, failures)
    message, = wait_until(given_up, 30)
    record = json.loads(message["Body"])
    assert record["requestContext"]["condition"] == "RetriesExhausted"
    assert record["requestContext"]["approximateInvokeCount"] == 3
    assert record["responsePayload"]["errorType"] == "ValueError"
    letter, = wait_until(lambda: receive_now(fresh_lake, letters))
    assert json.loads(letter["Body"]) == {"n": 1}


def receive_now(lake, url):
    return lake.client("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])


def test_async_survives_a_kill(fresh_lake, wait_until):
    url, arn = make_queue(fresh_lake, "after")
    create(fresh_lake, "crash", "def handler(event, context): return event")
    fresh_lake.client("lambda").put_function_event_invoke_config(FunctionName="crash",
                                                                 DestinationConfig={"OnSuccess": {"Destination": arn}})
    for number in range(5):
        fresh_lake.client("lambda").invoke(FunctionName="crash", InvocationType="Event", Payload=json.dumps(number))
    fresh_lake.restart(kill=True)
    seen = set()

    def all_came():
        seen.update(json.loads(m["Body"])["responsePayload"] for m in receive_now(fresh_lake, url))
        return len(seen) == 5
    wait_until(all_came, 30)


def test_a_stop_interrupts_functions_and_events_run_again(fresh_lake, wait_until):
    create(fresh_lake, "long", "import time\ndef handler(event, context):\n    print('run', flush=True)\n    time.sleep(60)", Timeout=90)
    fresh_lake.client("lambda").invoke(FunctionName="long", InvocationType="Event", Payload=b"{}")

    def runs():
        try:
            events = fresh_lake.client("logs").filter_log_events(logGroupName="/aws/lambda/long", filterPattern="run")["events"]
        except ClientError:
            return 0  # nothing was written yet
        return len([e for e in events if e["message"] == "run\n"])
    wait_until(lambda: runs() == 1)
    began = time.monotonic()
    assert fresh_lake.stop() == 0
    assert time.monotonic() - began < 20
    fresh_lake.start()
    wait_until(lambda: runs() == 2)


# --- queues

def test_mapping_hands_messages_over(lake, wait_until):
    client = lake.client("lambda")
    url, arn = make_queue(lake, "work")
    results, _ = make_queue(lake, "results")
    source = """
import boto3, os, json
def handler(event, context):
    client = boto3.client("sqs")
    client.send_message(QueueUrl=os.environ["RESULTS"], MessageBody=json.dumps(event))
"""
    create(lake, "worker", source, Timeout=20, MemorySize=512, Environment={"Variables": {"RESULTS": results}})
    made = client.create_event_source_mapping(FunctionName="worker", EventSourceArn=arn)
    assert made["BatchSize"] == 10 and made["EventSourceArn"] == arn and made["FunctionArn"].endswith(":worker")
    lake.client("sqs").send_message(QueueUrl=url, MessageBody="task", MessageAttributes={
        "kind": {"DataType": "String", "StringValue": "small"}})
    event, = receive(lake, results)
    record, = event["Records"]
    assert record["body"] == "task" and record["eventSource"] == "aws:sqs" and record["eventSourceARN"] == arn
    assert record["attributes"]["ApproximateReceiveCount"] == "1" and record["awsRegion"] == "us-east-1"
    assert record["md5OfBody"] == hashlib.md5(b"task").hexdigest() and record["receiptHandle"]
    assert record["messageAttributes"]["kind"]["stringValue"] == "small"
    attributes = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    wait_until(lambda: set(lake.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=attributes)["Attributes"]
                           .values()) == {"0"})
    assert wait_until(lambda: client.get_event_source_mapping(UUID=made["UUID"])["LastProcessingResult"] == "OK")
    with pytest.raises(ClientError) as error:
        client.create_event_source_mapping(FunctionName="worker", EventSourceArn=arn)
    assert code_of(error) == "ResourceConflictException"
    client.update_event_source_mapping(UUID=made["UUID"], Enabled=False)
    assert client.list_event_source_mappings(FunctionName="worker")["EventSourceMappings"][0]["State"] == "Disabled"
    client.delete_event_source_mapping(UUID=made["UUID"])
    with pytest.raises(ClientError) as error:
        client.get_event_source_mapping(UUID=made["UUID"])
    assert code_of(error) == "ResourceNotFoundException"


def test_partial_batch_failures(fresh_lake, wait_until):
    letters, letters_arn = make_queue(fresh_lake, "bad")
    url, arn = make_queue(fresh_lake, "mixed", VisibilityTimeout="5",
                          RedrivePolicy=json.dumps({"deadLetterTargetArn": letters_arn, "maxReceiveCount": 2}))
    source = """
def handler(event, context):
    return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in event["Records"] if "bad" in r["body"]]}
"""
    create(fresh_lake, "picky", source, Timeout=5)
    for body in ("good 1", "bad 2", "good 3"):
        fresh_lake.client("sqs").send_message(QueueUrl=url, MessageBody=body)
    fresh_lake.client("lambda").create_event_source_mapping(
        FunctionName="picky", EventSourceArn=arn, BatchSize=10, FunctionResponseTypes=["ReportBatchItemFailures"])

    def dead():
        fresh_lake.advance(6000)
        return receive_now(fresh_lake, letters)
    message, = wait_until(dead, 30)
    assert message["Body"] == "bad 2"
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    left = fresh_lake.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    assert set(left.values()) == {"0"}


def test_batching_window_gathers(fresh_lake, wait_until):
    url, arn = make_queue(fresh_lake, "many", VisibilityTimeout="60")
    out, out_arn = make_queue(fresh_lake, "counts")
    source = """
import boto3, os
def handler(event, context):
    boto3.client("sqs").send_message(
        QueueUrl=os.environ["OUT"], MessageBody=str(len(event["Records"])))
"""
    create(fresh_lake, "gather", source, Timeout=30, MemorySize=512, Environment={"Variables": {"OUT": out}})
    for number in range(25):
        fresh_lake.client("sqs").send_message(QueueUrl=url, MessageBody=str(number))
    fresh_lake.client("lambda").create_event_source_mapping(FunctionName="gather", EventSourceArn=arn, BatchSize=25,
                                                            MaximumBatchingWindowInSeconds=20)
    assert receive(fresh_lake, out) == [25]


def test_filters(fresh_lake, wait_until):
    url, arn = make_queue(fresh_lake, "filtered")
    out, _ = make_queue(fresh_lake, "chosen")
    source = """
import boto3, os
def handler(event, context):
    for record in event["Records"]:
        boto3.client("sqs").send_message(QueueUrl=os.environ["OUT"], MessageBody='"' + record["messageId"] + '"')
"""
    create(fresh_lake, "chooser", source, Timeout=30, MemorySize=512, Environment={"Variables": {"OUT": out}})
    fresh_lake.client("lambda").create_event_source_mapping(
        FunctionName="chooser", EventSourceArn=arn, FilterCriteria={"Filters": [{"Pattern": '{"body": {"n": [{"numeric": [">", 1]}]}}'}]})
    sent = {n: fresh_lake.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps({"n": n}))["MessageId"] for n in (1, 2)}
    assert receive(fresh_lake, out) == [sent[2]]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    wait_until(lambda: set(fresh_lake.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                           .values()) == {"0"})


@pytest.mark.parametrize("change, code", [
    ({"EventSourceArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}, "InvalidParameterValueException"),
    ({"EventSourceArn": "arn:aws:sqs:us-east-1:000000000000:nowhere"}, "InvalidParameterValueException"),
    ({"FunctionName": "nobody"}, "ResourceNotFoundException"),
    ({"BatchSize": 11}, "InvalidParameterValueException"),
    ({"FilterCriteria": {"Filters": [{"Pattern": "no json"}]}}, "InvalidParameterValueException"),
])
def test_mapping_refusals(lake, change, code):
    client = lake.client("lambda")
    _, arn = make_queue(lake, "refusing")
    try:
        create(lake, "mapped", "")
    except ClientError:
        pass  # made by an earlier case
    with pytest.raises(ClientError) as error:
        client.create_event_source_mapping(**{"FunctionName": "mapped", "EventSourceArn": arn, **change})
    assert code_of(error) == code, error.value


def test_mapping_needs_a_long_enough_visibility_timeout(lake):
    _, arn = make_queue(lake, "short", VisibilityTimeout="10")
    create(lake, "long", "", Timeout=60)
    with pytest.raises(ClientError) as error:
        lake.client("lambda").create_event_source_mapping(FunctionName="long", EventSourceArn=arn)
    assert "Queue visibility timeout: 10 seconds is less than Function timeout: 60 seconds" in str(error.value)


def test_mapping_goes_on_after_a_restart(fresh_lake, wait_until):
    url, arn = make_queue(fresh_lake, "steady")
    create(fresh_lake, "steady", "def handler(event, context): return None")
    fresh_lake.client("lambda").create_event_source_mapping(FunctionName="steady", EventSourceArn=arn)
    fresh_lake.restart(kill=True)
    fresh_lake.client("sqs").send_message(QueueUrl=url, MessageBody="after")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    wait_until(lambda: set(fresh_lake.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
                           .values()) == {"0"})


# --- logs

def test_output_is_logged(lake, wait_until):
    create(lake, "talking", "def handler(event, context):\n    print('two\\nlines')\n    print('no end', end='')\n    return 1")
    invoke(lake, "talking")

    def logged():
        try:
            events = lake.client("logs").filter_log_events(logGroupName="/aws/lambda/talking")["events"]
        except ClientError:
            return None  # not yet written
        return events if any(e["message"].startswith("REPORT") for e in events) else None
    messages = [e["message"] for e in wait_until(logged)]
    assert messages[0].startswith("START RequestId: ") and messages[0].endswith("Version: $LATEST\n")
    assert messages[1:4] == ["two\n", "lines\n", "no end\n"]
    assert messages[4].startswith("END RequestId: ")
    assert "Memory Size: 128 MB" in messages[5] and "Init Duration" in messages[5]
    stream, = lake.client("logs").describe_log_streams(logGroupName="/aws/lambda/talking")["logStreams"]
    assert "/[$LATEST]" in stream["logStreamName"]


# --- workflows

def test_functions_written_in_c(lake):
    """One of the reference pipeline's: C on include/tarn/lambda.h."""
    archive = pathlib.Path(tarn_program()).parent / "pipelines" / "guidance" / "update-status.zip"
    if not archive.exists():
        pytest.skip("the pipeline's functions are not built")
    lake.client("lambda").create_function(FunctionName="in-c", Runtime="provided.al2023", Role=ROLE, Handler="bootstrap",
                                          Code={"ZipFile": archive.read_bytes()})
    reply, answer = invoke(lake, "in-c", {})
    assert reply["FunctionError"] == "Unhandled" and answer["errorType"]  # it runs, and refuses an empty event
