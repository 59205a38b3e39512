# SPDX-License-Identifier: Apache-2.0
"""Tarn's own command line: a client of the public API."""
import csv
import io
import json
import subprocess

import pytest

import pipeline
from lake import tarn_program


def tarn(lake, *arguments, check=True, stdin=None):
    environment = {k: v for k, v in lake.env().items() if not k.startswith("AWS_")}
    done = subprocess.run([tarn_program(), *arguments], env=environment, capture_output=True, text=True, timeout=120, input=stdin)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def at(lake):
    return ("--endpoint", lake.url, "--data", str(lake.data))


@pytest.fixture(scope="module")
def filled(lake, wait_until):
    out = tarn(lake, "deploy", *at(lake)).stdout
    assert "lake is deployed." in out and "CREATE_COMPLETE" in out
    tarn(lake, "put", *at(lake), *(str(pipeline.SAMPLES / name) for name in pipeline.FILES.values()))
    wait_until(lambda: pipeline.staged(lake, len(pipeline.COUNTS)), 30, "the stage bucket's files")
    pipeline.tick(lake, wait_until)
    return lake


def test_overview_and_help():
    overview = subprocess.run([tarn_program(), "--help"], capture_output=True, text=True, check=True).stdout
    for command in ("serve", "demo", "deploy", "put", "status", "sql", "inspect", "logs", "env", "api"):
        assert f"  {command} " in overview
        assert "Usage: tarn " + command in subprocess.run([tarn_program(), command, "--help"], capture_output=True, text=True, check=True).stdout


def test_wrong_usage_is_status_2(lake):
    assert tarn(lake, "nonsense", check=False).returncode == 2
    assert tarn(lake, "sql", "--nonsense", check=False).returncode == 2
    assert tarn(lake, "put", *at(lake), check=False).returncode == 2
    assert tarn(lake, "sql", "--output", "xml", "SELECT 1", check=False).returncode == 2


def test_what_to_do_when_nothing_answers(lake):
    done = tarn(lake, "sql", "--endpoint", "http://127.0.0.1:1", "--data", str(lake.data), "SELECT 1", check=False)
    assert done.returncode == 1 and "tarn serve" in done.stderr
    done = tarn(lake, "sql", "--endpoint", lake.url, "--data", "/nowhere", "SELECT 1", check=False)
    assert done.returncode == 1 and "--data" in done.stderr


def test_deploying_the_same_again_changes_nothing(filled):
    assert "up to date" in tarn(filled, "deploy", *at(filled)).stdout


def test_sql_in_every_form(filled):
    query = "SELECT state, count(*) AS n, CAST(NULL AS varchar) AS nothing FROM offices GROUP BY state ORDER BY n DESC, state LIMIT 2"
    rows = [json.loads(line) for line in tarn(filled, "sql", *at(filled), "--output", "json", query).stdout.splitlines()]
    assert len(rows) == 2 and set(rows[0]) == {"state", "n", "nothing"} and rows[0]["nothing"] is None
    table = tarn(filled, "sql", *at(filled), query).stdout.splitlines()
    assert table[0].split() == ["state", "n", "nothing"] and table[2].split() == [rows[0]["state"], rows[0]["n"]]
    parsed = list(csv.reader(io.StringIO(tarn(filled, "sql", *at(filled), "--output", "csv", stdin=query).stdout)))
    assert parsed == [["state", "n", "nothing"]] + [[row["state"], row["n"], ""] for row in rows]
    failed = tarn(filled, "sql", *at(filled), "SELECT * FROM nothing_there", check=False)
    assert failed.returncode == 1 and "nothing_there" in failed.stderr


def test_status_shows_jobs_queues_and_tables(filled):
    out = tarn(filled, "status", *at(filled)).stdout
    assert "raw-to-stage" in out and "SUCCEEDED" in out and "lake-stage-events-dlq" in out and "analytics.persons" in out
    jobs = [json.loads(line) for line in tarn(filled, "status", *at(filled), "--output", "json").stdout.splitlines()]
    assert {job["records"] for job in jobs if job["workflow"] == "raw-to-stage"} == {str(n) for n in pipeline.COUNTS.values()}


def test_logs(filled, wait_until):
    wait_until(lambda: "REPORT RequestId" in tarn(filled, "logs", *at(filled), "lake-transform").stdout, 10, "the function's log")


def test_api_lists_services_and_operations(lake):
    services = {json.loads(line)["service"] for line in tarn(lake, "api", "--output", "json").stdout.splitlines()}
    assert {"s3", "sqs", "events", "scheduler", "lambda", "states", "dynamodb", "glue", "athena", "iam", "sts", "ssm", "logs",
            "cloudformation"} <= services
    rows = [json.loads(line) for line in tarn(lake, "api", "sqs", "--output", "json").stdout.splitlines()]
    assert "QueueUrl*" in next(row["input"] for row in rows if row["operation"] == "SendMessage")
    assert tarn(lake, "api", "nonsense", check=False).returncode == 1


def test_env_is_for_a_shell(lake):
    script = f'eval "$({tarn_program()} env --endpoint {lake.url} --data {lake.data})"; echo "$AWS_ENDPOINT_URL $AWS_ACCESS_KEY_ID"'
    out = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert out == [lake.url, lake.credentials()["aws_access_key_id"]]


def test_demo_runs_the_whole_lake():
    done = subprocess.run([tarn_program(), "demo"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    for number in range(1, 12):
        assert f" {number}  " in done.stdout
    assert "537" in done.stdout and "3879" in done.stdout
