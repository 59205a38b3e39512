# SPDX-License-Identifier: Apache-2.0
"""The reference pipeline as its users drive it: deployed with aws-cli, fed and queried with boto3."""
import pathlib
import time

from lake import ROOT, tarn_program

SAMPLES = ROOT / "examples" / "legislators"
COUNTS = {"persons": 537, "memberships": 3879, "committees": 49, "offices": 1312}
FILES = {"persons": "persons.json", "memberships": "memberships.json", "committees": "committees.json", "offices": "offices.ndjson"}
INTERVAL_MS = 60_000  # the template's default schedule


def template_folder():
    return pathlib.Path(tarn_program()).parent / "pipelines" / "guidance"


def deploy(lake, *parameters):
    """`aws cloudformation package` and `deploy`, as on AWS."""
    lake.aws("s3", "mb", "s3://deployment")
    packaged = lake.folder / "packaged.yaml"
    lake.aws("cloudformation", "package", "--template-file", template_folder() / "template.yaml", "--s3-bucket", "deployment",
             "--output-template-file", packaged)
    options = ("--parameter-overrides", *parameters) if parameters else ()
    lake.aws("cloudformation", "deploy", "--template-file", packaged, "--stack-name", "lake",
             "--capabilities", "CAPABILITY_NAMED_IAM", *options)


def upload_samples(lake):
    for dataset, name in FILES.items():
        lake.client("s3").upload_file(str(SAMPLES / name), "lake-raw", f"{dataset}/{name}")


def query(lake, sql, database="analytics"):
    """The rows of a SELECT, as lists of text; an AssertionError with Athena's reason when it fails."""
    athena = lake.client("athena")
    query_id = athena.start_query_execution(QueryString=sql, WorkGroup="lake",
                                            QueryExecutionContext={"Database": database})["QueryExecutionId"]
    while True:
        status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        if status["State"] not in ("QUEUED", "RUNNING"):
            break
        time.sleep(0.01)  # between looks
    assert status["State"] == "SUCCEEDED", status.get("StateChangeReason")
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    rows = [[cell.get("VarCharValue") for cell in row["Data"]] for page in pages for row in page["ResultSet"]["Rows"]]
    return rows[1:]


def tables(lake):
    return {table["Name"] for table in lake.client("glue").get_tables(DatabaseName="analytics")["TableList"]}


def counts(lake):
    """Rows by table, of the tables that are there."""
    return {name: int(query(lake, f'SELECT count(*) FROM "{name}"')[0][0]) for name in sorted(tables(lake))}


def executions(lake, workflow, status=None):
    arn = f"arn:aws:states:us-east-1:000000000000:stateMachine:lake-{workflow}"
    options = {"statusFilter": status} if status else {}
    pages = lake.client("stepfunctions").get_paginator("list_executions").paginate(stateMachineArn=arn, **options)
    return [execution for page in pages for execution in page["executions"]]


def jobs(lake):
    items = lake.client("dynamodb").scan(TableName="lake-job-status", ConsistentRead=True)["Items"]
    return {item["job_id"]["S"]: {name: next(iter(value.values())) for name, value in item.items()} for item in items}


def waiting(lake, queue):
    sqs = lake.client("sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed"]
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def staged(lake, files):
    """Whether that many uploads have gone through the first workflow, and nothing is on its way."""
    return (len(executions(lake, "raw-to-stage", "SUCCEEDED")) >= files and not executions(lake, "raw-to-stage", "RUNNING")
            and not waiting(lake, "lake-raw-events"))


def settled(lake):
    """Whether nothing is on its way any more."""
    return not (waiting(lake, "lake-raw-events") or waiting(lake, "lake-stage-events") or executions(lake, "raw-to-stage", "RUNNING")
                or executions(lake, "stage-to-analytics", "RUNNING"))


def tick(lake, wait_until):
    """One schedule interval: lets the schedule fire, and waits until what it started has ended."""
    lake.advance(INTERVAL_MS)
    wait_until(lambda: settled(lake), 60, "the end of everything under way")
