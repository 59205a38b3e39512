# SPDX-License-Identifier: Apache-2.0
"""The flow from upload to table, with the server killed at ten different moments: nothing lost, nothing doubled, nothing stuck."""
import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "wire"))

import pipeline  # noqa: E402
from lake import Lake  # noqa: E402
from pipeline import COUNTS  # noqa: E402

# What has been seen from outside when the server is killed. Each is as far into the flow as its name says.
MOMENTS = {
    "after the first upload": lambda lake: True,
    "a message waits or its function runs": lambda lake: pipeline.waiting(lake, "lake-raw-events") or pipeline.executions(lake, "raw-to-stage"),
    "the first workflow has started": lambda lake: pipeline.executions(lake, "raw-to-stage"),
    "a job is recorded": lambda lake: pipeline.jobs(lake),
    "a file is staged": lambda lake: lake.client("s3").list_objects_v2(Bucket="lake-stage")["KeyCount"] > 0,
    "all files are staged": lambda lake: pipeline.staged(lake, len(COUNTS)),
    "the second workflow has started": lambda lake: pipeline.executions(lake, "stage-to-analytics"),
    "the stage is crawled": lambda lake: lake.client("glue").get_tables(DatabaseName="stage")["TableList"],
    "the conversion has begun": lambda lake: lake.client("glue").get_job_runs(JobName="lake-json-to-parquet")["JobRuns"],
    "the Parquet files are there": lambda lake: lake.client("s3").list_objects_v2(Bucket="lake-analytics")["KeyCount"] > 0,
}
NEEDS_SCHEDULE = list(MOMENTS).index("the second workflow has started")


def wait_for(condition, seconds, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come true within {seconds} s"
        time.sleep(0.002)  # between looks


def let_time_pass(lake, condition, what):
    """Moves the lake's clock on, a schedule interval at a time, until the condition holds."""
    for _ in range(20):
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline:
            if condition():
                return
            time.sleep(0.01)  # between looks
        lake.advance(pipeline.INTERVAL_MS)
    pytest.fail(f"{what} did not come true within 20 intervals")


@pytest.fixture
def lake(tmp_path):
    server = Lake(tmp_path).start()
    pipeline.deploy(server)
    yield server
    if server.process:
        server.stop()


@pytest.mark.parametrize("moment", MOMENTS)
def test_killed(lake, moment):
    scheduled = list(MOMENTS).index(moment) >= NEEDS_SCHEDULE
    pipeline.upload_samples(lake)
    if scheduled:
        wait_for(lambda: pipeline.staged(lake, len(COUNTS)), 60, "the staging")
        lake.advance(pipeline.INTERVAL_MS)
    wait_for(lambda: MOMENTS[moment](lake), 60, moment)
    lake.restart(kill=True)

    # Messages that were in somebody's hands at the kill come back when their visibility timeout has passed.
    let_time_pass(lake, lambda: pipeline.staged(lake, len(COUNTS)), "the staging after the restart")
    let_time_pass(lake, lambda: pipeline.settled(lake) and pipeline.tables(lake) >= set(COUNTS), "the tables after the restart")
    assert pipeline.settled(lake), "something is stuck"
    assert pipeline.counts(lake) == COUNTS
    runs = pipeline.executions(lake, "raw-to-stage")
    assert {run["status"] for run in runs} == {"SUCCEEDED"} and len(runs) == len(COUNTS)
    assert {run["status"] for run in pipeline.executions(lake, "stage-to-analytics")} == {"SUCCEEDED"}
    assert {job["status"] for job in pipeline.jobs(lake).values()} == {"SUCCEEDED"}
    assert not pipeline.waiting(lake, "lake-raw-events-dlq") and not pipeline.waiting(lake, "lake-stage-events-dlq")
