# SPDX-License-Identifier: Apache-2.0
"""The whole lake: JSON in, SQL out, through all eleven services, with real clients only."""
import gzip
import json

import pytest

import pipeline
import wire
from pipeline import COUNTS, counts, executions, jobs, query, settled, staged, tick, waiting


@pytest.fixture(scope="module")
def deployed(lake):
    pipeline.deploy(lake)
    return lake


@pytest.fixture(scope="module")
def filled(deployed, wait_until):
    pipeline.upload_samples(deployed)
    wait_until(lambda: staged(deployed, len(COUNTS)), 30, "the stage bucket's files")
    tick(deployed, wait_until)
    return deployed


def put(lake, key, text):
    lake.client("s3").put_object(Bucket="lake-raw", Key=key, Body=text)


def run(lake, wait_until):
    """Lets everything that was uploaded arrive."""
    wait_until(lambda: not waiting(lake, "lake-raw-events") and not executions(lake, "raw-to-stage", "RUNNING"), 30, "the first workflow")
    tick(lake, wait_until)


def redrive(lake, source, target):
    """Debian's boto3 is older than StartMessageMoveTask, so the request is made by hand."""
    arn = "arn:aws:sqs:us-east-1:000000000000:"
    body = json.dumps({"SourceArn": arn + source, "DestinationArn": arn + target}).encode()
    reply = wire.json_call(lake, "sqs", "AmazonSQS.StartMessageMoveTask", body)
    assert reply.status == 200, reply


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def test_sample_data_becomes_tables(filled):
    found = counts(filled)
    assert {name: found[name] for name in COUNTS} == COUNTS


def test_nested_fields_are_structs_and_lists(filled):
    rows = query(filled, "SELECT name.last, cardinality(terms) FROM persons ORDER BY 2 DESC, 1 LIMIT 3")
    assert len(rows) == 3 and all(last and int(terms) > 1 for last, terms in rows)
    whole = json.loads((pipeline.SAMPLES / "persons.json").read_text())
    most = max(len(person["terms"]) for person in whole)
    assert int(rows[0][1]) == most
    # every person's name and number of terms, as in the file
    expected = sorted([person["name"]["last"], str(len(person["terms"]))] for person in whole)
    assert sorted(query(filled, "SELECT name.last, cardinality(terms) FROM persons")) == expected
    assert query(filled, "SELECT count(*) FROM persons CROSS JOIN UNNEST(terms)") == [[str(sum(len(p["terms"]) for p in whole))]]


def test_text_survives_as_it_was(filled):
    names = sorted(item["name"] for item in json.loads((pipeline.SAMPLES / "committees.json").read_text()))
    assert sorted(row[0] for row in query(filled, "SELECT name FROM committees")) == names


def test_job_status_tells_the_story(filled):
    first = [job for job in jobs(filled).values() if job["workflow"] == "raw-to-stage" and job["status"] == "SUCCEEDED"]
    records = {job["source"].split("/")[3]: int(job["records"]) for job in first}
    assert {name: records[name] for name in COUNTS} == COUNTS
    assert all(job["started_at"] <= job["finished_at"] for job in first)
    assert any(job["workflow"] == "stage-to-analytics" and job["status"] == "SUCCEEDED" for job in jobs(filled).values())


def test_catalog_and_files(filled):
    table = filled.client("glue").get_table(DatabaseName="analytics", Name="offices")["Table"]
    assert table["StorageDescriptor"]["Location"] == "s3://lake-analytics/offices/" and table["Parameters"]["classification"] == "parquet"
    keys = [item["Key"] for item in filled.client("s3").list_objects_v2(Bucket="lake-analytics", Prefix="offices/")["Contents"]]
    assert keys and all(key.endswith(".parquet") for key in keys)


@pytest.mark.parametrize("layout", ["array", "pretty", "concatenated", "gzip"])
def test_every_layout_of_json(filled, wait_until, layout):
    records = [{"id": i, "text": f"Zürich {i}", "deep": {"list": [1, 2, {"x": i}]}} for i in range(100)]
    text = {"array": json.dumps(records), "pretty": json.dumps(records, indent=2),
            "concatenated": "".join(map(json.dumps, records)), "gzip": gzip.compress(lines(*records).encode())}[layout]
    put(filled, f"layout_{layout}/file", text)
    run(filled, wait_until)
    assert query(filled, f"SELECT count(*), sum(id), max(text), sum(cardinality(deep.list)) FROM layout_{layout}") == \
        [["100", "4950", "Zürich 99", "300"]]


def test_broken_records_go_to_quarantine_and_the_others_go_on(filled, wait_until):
    text = '{"id": 1}\n{"id": 2,}\n{"id": 3}\n[4]\n{"id": 5, "s": "\x01"}\n{"id": 6}\n{"id": 7'
    put(filled, "broken/a.json", text)
    run(filled, wait_until)
    assert sorted(query(filled, "SELECT id FROM broken")) == [["1"], ["3"], ["6"]]
    body = filled.client("s3").get_object(Bucket="lake-stage", Key="_quarantine/broken/a.json.ndjson")["Body"].read()
    bad = [json.loads(line) for line in body.splitlines()]
    assert [item["offset"] for item in bad] == [text.index('{"id": 2'), text.index("[4]"), text.index('{"id": 5'), text.index('{"id": 7')]
    assert all(item["source"] == "s3://lake-raw/broken/a.json" and item["reason"] for item in bad)
    assert bad[0]["record"] == '{"id": 2,}'
    job = next(job for job in jobs(filled).values() if job.get("source") == "s3://lake-raw/broken/a.json")
    assert (job["records"], job["quarantined"]) == ("3", "4")
    assert "_quarantine" not in pipeline.tables(filled)


def test_rules_are_applied(filled, wait_until):
    rules = {"drop": ["secret"], "cast": {"id": "bigint"}, "hash": ["mail"], "flatten": ["name"], "rename": {"name_last": "surname"},
             "default": {"country": "CH"}}
    filled.client("s3").put_object(Bucket="lake-artifacts", Key="transforms/ruled.json", Body=json.dumps(rules))
    put(filled, "ruled/a.json", lines({"id": "7", "secret": 1, "mail": "abc", "name": {"last": "Muster", "first": "A"}},
                                      {"id": "x", "name": {"last": "Bad"}}))
    run(filled, wait_until)
    assert query(filled, "SELECT id, mail, surname, name_first, country FROM ruled") == \
        [["7", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "Muster", "A", "CH"]]
    assert filled.client("s3").head_object(Bucket="lake-stage", Key="_quarantine/ruled/a.json.ndjson")["ContentLength"] > 0


def test_files_that_come_late_twice_or_again_are_there_exactly_once(filled, wait_until):
    put(filled, "late/a.json", lines({"id": 1}, {"id": 2}))
    put(filled, "late/a.json", lines({"id": 1}, {"id": 2}))
    run(filled, wait_until)
    assert sorted(query(filled, "SELECT id FROM late")) == [["1"], ["2"]]
    put(filled, "late/b.json", lines({"id": 3, "more": "x"}))
    run(filled, wait_until)
    put(filled, "late/a.json", lines({"id": 1}, {"id": 2}))  # the same again
    run(filled, wait_until)
    assert sorted(query(filled, "SELECT id, more FROM late"), key=str) == [["1", None], ["2", None], ["3", "x"]]
    put(filled, "late/a.json", lines({"id": 10}))  # replaced
    run(filled, wait_until)
    assert sorted(query(filled, "SELECT id FROM late")) == [["10"], ["3"]]


def test_files_that_come_during_a_run_are_not_lost(filled, wait_until):
    filled.advance(pipeline.INTERVAL_MS)
    for i in range(20):
        put(filled, f"stream/{i}.json", lines(*({"file": i, "n": n} for n in range(10))))
        if i % 5 == 0:
            filled.advance(pipeline.INTERVAL_MS)
    run(filled, wait_until)
    run(filled, wait_until)
    assert query(filled, "SELECT count(*), count(DISTINCT file * 100 + n) FROM stream") == [["200", "200"]]


def test_a_failed_workflow_says_why_and_redriving_completes_it(filled, wait_until):
    s3 = filled.client("s3")
    s3.put_object(Bucket="lake-artifacts", Key="transforms/mended.json", Body="{not json")
    put(filled, "mended/a.json", lines({"id": 1}))
    wait_until(lambda: executions(filled, "raw-to-stage", "FAILED"), 30, "the failure")
    job = next(job for job in jobs(filled).values() if job.get("source") == "s3://lake-raw/mended/a.json")
    assert job["status"] == "FAILED" and "Transform.BadRules" in job["error"]
    assert waiting(filled, "lake-raw-events-dlq") == 1
    s3.delete_object(Bucket="lake-artifacts", Key="transforms/mended.json")
    redrive(filled, "lake-raw-events-dlq", "lake-raw-events")
    wait_until(lambda: any(job["status"] == "SUCCEEDED" and job.get("source") == "s3://lake-raw/mended/a.json"
                           for job in jobs(filled).values()), 30, "the repetition")
    run(filled, wait_until)
    assert query(filled, "SELECT id FROM mended") == [["1"]]
    assert settled(filled)


def test_function_output_is_in_the_logs(filled):
    out = filled.aws("logs", "tail", "/aws/lambda/lake-transform", "--since", "7d").stdout
    assert "START RequestId" in out and "REPORT RequestId" in out


def test_the_stack_is_updated_and_deleted(filled):
    cloudformation = filled.client("cloudformation")
    outputs = {o["OutputKey"]: o["OutputValue"] for o in cloudformation.describe_stacks(StackName="lake")["Stacks"][0]["Outputs"]}
    assert outputs["RawBucket"] == "lake-raw" and outputs["Workgroup"] == "lake"
    packaged = filled.folder / "packaged.yaml"
    same = filled.aws("cloudformation", "deploy", "--template-file", packaged, "--stack-name", "lake", "--capabilities",
                      "CAPABILITY_NAMED_IAM", "--no-fail-on-empty-changeset")
    assert "No changes to deploy" in same.stdout
    filled.aws("cloudformation", "deploy", "--template-file", packaged, "--stack-name", "lake", "--capabilities",
               "CAPABILITY_NAMED_IAM", "--parameter-overrides", "ScheduleExpression=rate(5 minutes)")
    schedule = filled.client("scheduler").get_schedule(Name="lake-drain")
    assert schedule["ScheduleExpression"] == "rate(5 minutes)"
