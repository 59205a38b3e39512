# SPDX-License-Identifier: Apache-2.0
"""Glue through boto3: the catalog, crawlers on real objects, jobs that convert them."""

import gzip
import json
import pathlib

import botocore.exceptions
import pytest

DATA = pathlib.Path(__file__).resolve().parents[2] / "examples" / "legislators"
FILES = {"persons": "persons.json", "memberships": "memberships.json", "committees": "committees.json",
         "offices": "offices.ndjson"}
COUNTS = {"persons": 537, "memberships": 3879, "committees": 49, "offices": 1312}
LEVEL_2 = json.dumps({"Version": 1.0, "Grouping": {"TableGroupingPolicy": "CombineCompatibleSchemas",
                                                   "TableLevelConfiguration": 2}})


def refusal(function, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as raised:
        function(**arguments)
    return raised.value.response["Error"]["Code"]


def make(lake, bucket, database, **crawler):
    """A bucket, a database, and a crawler of the database's name over the bucket."""
    s3, glue = lake.client("s3"), lake.client("glue")
    s3.create_bucket(Bucket=bucket)
    glue.create_database(DatabaseInput={"Name": database})
    glue.create_crawler(Name=database, Role="crawler", DatabaseName=database,
                        Targets={"S3Targets": [{"Path": f"s3://{bucket}/"}]}, **crawler)
    return s3, glue


def crawl(glue, name, wait_until):
    glue.start_crawler(Name=name)
    crawler = wait_until(lambda: (c := glue.get_crawler(Name=name)["Crawler"])["State"] == "READY" and c,
                         what="the crawl")
    return crawler["LastCrawl"]


def tables_of(glue, database):
    pages = glue.get_paginator("get_tables").paginate(DatabaseName=database)
    return {t["Name"]: t for page in pages for t in page["TableList"]}


def columns_of(table):
    return {c["Name"]: c["Type"] for c in table["StorageDescriptor"]["Columns"]}


def put_samples(s3, bucket):
    for dataset, name in FILES.items():
        s3.upload_file(str(DATA / name), bucket, f"{dataset}/{name}")


def test_crawler_makes_tables_of_sample_data(lake, wait_until):
    s3, glue = make(lake, "crawl-samples", "samples", Configuration=LEVEL_2)
    put_samples(s3, "crawl-samples")
    s3.put_object(Bucket="crawl-samples", Key="_quarantine/persons/x.ndjson", Body=b'{"bad": 1}\n')
    assert crawl(glue, "samples", wait_until)["Status"] == "SUCCEEDED"
    tables = tables_of(glue, "samples")
    assert set(tables) == set(FILES)
    persons = tables["persons"]
    storage = persons["StorageDescriptor"]
    assert storage["Location"] == "s3://crawl-samples/persons/"
    assert storage["SerdeInfo"]["SerializationLibrary"] == "org.openx.data.jsonserde.JsonSerDe"
    assert "name" in storage["SerdeInfo"]["Parameters"]["paths"].split(",")
    assert persons["TableType"] == "EXTERNAL_TABLE"
    assert persons["Parameters"]["classification"] == "json"
    assert persons["Parameters"]["UPDATED_BY_CRAWLER"] == "samples"
    columns = columns_of(persons)
    assert columns["name"].startswith("struct<first:string,last:string")
    assert columns["terms"].startswith("array<struct<type:string,start:string")
    assert columns_of(tables["offices"])["latitude"] == "double"
    for name, table in tables.items():
        assert int(table["Parameters"]["recordCount"]) == COUNTS[name], name
    # Nothing has changed: nothing is read, no new version.
    version = persons["VersionId"]
    crawl(glue, "samples", wait_until)
    assert tables_of(glue, "samples")["persons"]["VersionId"] == version
    assert glue.get_crawler_metrics(CrawlerNameList=["samples"])["CrawlerMetricsList"][0]["TablesUpdated"] == 0
    assert len(glue.list_crawls(CrawlerName="samples")["Crawls"]) == 2


def test_crawler_widens_and_forgets(lake, wait_until):
    s3, glue = make(lake, "crawl-changes", "changes", Configuration=LEVEL_2,
                    SchemaChangePolicy={"UpdateBehavior": "UPDATE_IN_DATABASE",
                                        "DeleteBehavior": "DELETE_FROM_DATABASE"})

    def put(key, *records):
        s3.put_object(Bucket="crawl-changes", Key=key, Body="".join(json.dumps(r) + "\n" for r in records))

    put("t/1.json", {"id": 1, "n": None, "tags": []})
    put("gone/1.json", {"id": 1})
    crawl(glue, "changes", wait_until)
    assert columns_of(tables_of(glue, "changes")["t"]) == {"id": "int", "n": "string", "tags": "array<string>"}
    put("t/2.json", {"id": 1 << 40, "n": 1, "tags": [{"k": 1}], "Extra": True})
    s3.delete_object(Bucket="crawl-changes", Key="gone/1.json")
    crawl(glue, "changes", wait_until)
    tables = tables_of(glue, "changes")
    assert set(tables) == {"t"}
    assert columns_of(tables["t"]) == {"id": "bigint", "n": "int", "tags": "array<struct<k:int>>", "extra": "boolean"}
    put("t/3.json", {"id": 0.5, "n": "text"})
    crawl(glue, "changes", wait_until)
    columns = columns_of(tables_of(glue, "changes")["t"])
    assert (columns["id"], columns["n"]) == ("double", "string")


def test_crawler_makes_partitions(lake, wait_until):
    s3, glue = lake.client("s3"), lake.client("glue")
    s3.create_bucket(Bucket="crawl-parts")
    glue.create_database(DatabaseInput={"Name": "parts"})
    for day in ("2026-11-22", "2026-11-23"):
        s3.put_object(Bucket="crawl-parts", Key=f"logs/day={day}/a.json.gz",
                      Body=gzip.compress(b'{"id": 1, "day": "x"}\n'))
    s3.put_object(Bucket="crawl-parts", Key="logs/day=2026-11-23/skip.tmp", Body=b"a,b\n1,2\n")
    s3.put_object(Bucket="crawl-parts", Key="plain/a/1.csv", Body=b"id,name\n1,x\n2,y\n")
    s3.put_object(Bucket="crawl-parts", Key="plain/b/1.csv", Body=b"id,name\n3,z\n4,w\n")
    glue.create_crawler(Name="parts", Role="r", DatabaseName="parts", TablePrefix="raw_", Targets={"S3Targets": [
        {"Path": "s3://crawl-parts/logs", "Exclusions": ["**.tmp"]}, {"Path": "s3://crawl-parts/plain/"}]})
    assert crawl(glue, "parts", wait_until)["Status"] == "SUCCEEDED"
    tables = tables_of(glue, "parts")
    assert set(tables) == {"raw_logs", "raw_plain"}
    logs = tables["raw_logs"]
    assert [k["Name"] for k in logs["PartitionKeys"]] == ["day"]
    assert columns_of(logs) == {"id": "int"}
    assert logs["Parameters"]["compressionType"] == "gzip"
    assert [k["Name"] for k in tables["raw_plain"]["PartitionKeys"]] == ["partition_0"]
    assert tables["raw_plain"]["Parameters"]["skip.header.line.count"] == "1"
    partitions = glue.get_partitions(DatabaseName="parts", TableName="raw_logs",
                                     Expression="day > '2026-11-22'")["Partitions"]
    assert [p["Values"] for p in partitions] == [["2026-11-23"]]
    assert partitions[0]["StorageDescriptor"]["Location"] == "s3://crawl-parts/logs/day=2026-11-23/"


def test_crawler_refusals(lake, wait_until):
    glue = lake.client("glue")
    targets = {"S3Targets": [{"Path": "s3://nowhere/"}]}
    create = {"Name": "refused", "Role": "r", "DatabaseName": "none", "Targets": targets}
    assert refusal(glue.create_crawler, **{**create, "Targets": {"JdbcTargets": [{"ConnectionName": "c"}]}}) == \
        "NotImplemented"
    assert refusal(glue.create_crawler, **create, Schedule="rate(1 day)") == "InvalidInputException"
    assert refusal(glue.create_crawler, **create, Configuration="{}") == "InvalidInputException"
    glue.create_crawler(**create, Schedule="cron(0 3 * * ? *)", Tags={"team": "x"})
    assert refusal(glue.create_crawler, **create) == "AlreadyExistsException"
    assert glue.list_crawlers(Tags={"team": "x"})["CrawlerNames"] == ["refused"]
    last = crawl(glue, "refused", wait_until)
    assert last["Status"] == "FAILED" and "bucket" in last["ErrorMessage"]
    assert refusal(glue.stop_crawler, Name="refused") == "CrawlerNotRunningException"
    glue.stop_crawler_schedule(CrawlerName="refused")
    assert glue.get_crawler(Name="refused")["Crawler"]["Schedule"]["State"] == "NOT_SCHEDULED"
    glue.delete_crawler(Name="refused")
    assert refusal(glue.get_crawler, Name="refused") == "EntityNotFoundException"


def test_crawler_runs_on_its_schedule(lake, wait_until):
    s3, glue = make(lake, "crawl-cron", "cron", Configuration=LEVEL_2, Schedule="cron(0 3 * * ? *)")
    s3.put_object(Bucket="crawl-cron", Key="t/1.json", Body=b'{"id": 1}')
    lake.advance(25 * 3600 * 1000)
    wait_until(lambda: "t" in tables_of(glue, "cron"), what="the scheduled crawl")


# --- jobs

def make_job(lake, name, **arguments):
    """Buckets NAME-stage and NAME-analytics, databases and crawlers for both, and a job between them."""
    s3, glue = make(lake, f"{name}-stage", f"{name}_stage", Configuration=LEVEL_2)
    make(lake, f"{name}-analytics", f"{name}_analytics", Configuration=LEVEL_2)
    glue.create_job(Name=name, Role="r", Command={"Name": "glueetl", "ScriptLocation": "s3://x/script.py"},
                    DefaultArguments={"--tarn-engine": "embedded", "--source_database": f"{name}_stage",
                                      "--target_path": f"s3://{name}-analytics/",
                                      "--job-bookmark-option": "job-bookmark-enable",
                                      **{f"--{k}": v for k, v in arguments.items()}})
    return s3, glue


def run_job(glue, name, wait_until, state="SUCCEEDED", **arguments):
    run_id = glue.start_job_run(JobName=name, **arguments)["JobRunId"]
    return ended(glue, name, run_id, wait_until, state)


def ended(glue, name, run_id, wait_until, state="SUCCEEDED"):
    def over():
        run = glue.get_job_run(JobName=name, RunId=run_id)["JobRun"]
        return run["JobRunState"] not in ("STARTING", "RUNNING", "STOPPING") and run
    run = wait_until(over, what="the run")
    assert run["JobRunState"] == state, run
    return run


def keys_of(s3, bucket):
    return [o["Key"] for o in s3.list_objects_v2(Bucket=bucket).get("Contents", [])]


def put_lines(s3, bucket, key, *records):
    s3.put_object(Bucket=bucket, Key=key, Body="".join(json.dumps(r) + "\n" for r in records))


def flow(glue, name, wait_until):
    """Crawl, convert, crawl; the analytics tables."""
    assert crawl(glue, f"{name}_stage", wait_until)["Status"] == "SUCCEEDED"
    run_job(glue, name, wait_until)
    assert crawl(glue, f"{name}_analytics", wait_until)["Status"] == "SUCCEEDED"
    return tables_of(glue, f"{name}_analytics")


def records(table):
    return int(table["Parameters"]["recordCount"])


def test_json_becomes_parquet(lake, wait_until):
    s3, glue = make_job(lake, "samples-job")
    put_samples(s3, "samples-job-stage")
    tables = flow(glue, "samples-job", wait_until)
    assert {name: records(t) for name, t in tables.items()} == COUNTS
    for name, stage in tables_of(glue, "samples-job_stage").items():
        assert tables[name]["Parameters"]["classification"] == "parquet"
        assert columns_of(tables[name]) == columns_of(stage), name
    runs = glue.get_job_runs(JobName="samples-job")["JobRuns"]
    assert len(runs) == 1 and runs[0]["ExecutionTime"] >= 1 and runs[0]["CompletedOn"] >= runs[0]["StartedOn"]
    # Nothing new: nothing is written.
    before = keys_of(s3, "samples-job-analytics")
    run_job(glue, "samples-job", wait_until)
    assert keys_of(s3, "samples-job-analytics") == before
    assert glue.get_job_bookmark(JobName="samples-job")["JobBookmarkEntry"]["Version"] == 2


def test_each_record_is_there_once(lake, wait_until):
    s3, glue = make_job(lake, "once")
    stage = "once-stage"
    put_lines(s3, stage, "t/1.json", {"id": 1}, {"id": 2})
    put_lines(s3, stage, "t/2.json", {"id": 3})
    assert records(flow(glue, "once", wait_until)["t"]) == 3
    put_lines(s3, stage, "t/3.json", {"id": 4, "late": "x"})  # late, and wider
    tables = flow(glue, "once", wait_until)
    assert records(tables["t"]) == 4 and "late" in columns_of(tables["t"])
    assert len(keys_of(s3, "once-analytics")) == 2
    put_lines(s3, stage, "t/1.json", {"id": 1}, {"id": 2}, {"id": 5})  # replaced: its batch is made anew
    assert records(flow(glue, "once", wait_until)["t"]) == 5
    assert len(keys_of(s3, "once-analytics")) == 2
    s3.delete_object(Bucket=stage, Key="t/2.json")
    assert records(flow(glue, "once", wait_until)["t"]) == 4
    glue.reset_job_bookmark(JobName="once")
    assert records(flow(glue, "once", wait_until)["t"]) == 4
    assert len(keys_of(s3, "once-analytics")) == 1
    for key in ("t/1.json", "t/3.json"):
        s3.delete_object(Bucket=stage, Key=key)
    glue.delete_table(DatabaseName="once_stage", Name="t")
    run_job(glue, "once", wait_until)
    assert keys_of(s3, "once-analytics") == []


def test_columns_that_no_crawler_saw_are_kept(lake, wait_until):
    s3, glue = make_job(lake, "unseen")
    put_lines(s3, "unseen-stage", "t/1.json", {"id": 1})
    crawl(glue, "unseen_stage", wait_until)
    put_lines(s3, "unseen-stage", "t/2.json", {"id": "two", "more": [1]})  # after the crawl
    run_job(glue, "unseen", wait_until)
    crawl(glue, "unseen_analytics", wait_until)
    table = tables_of(glue, "unseen_analytics")["t"]
    assert columns_of(table) == {"id": "string", "more": "array<int>"} and records(table) == 2


def test_job_partitions_and_codec(lake, wait_until):
    s3, glue = make_job(lake, "parted", partition_by="day", codec="zstd")
    put_lines(s3, "parted-stage", "t/1.json", {"id": 1, "day": "a/b"}, {"id": 2, "day": "c"}, {"id": 3, "day": None})
    tables = flow(glue, "parted", wait_until)
    keys = keys_of(s3, "parted-analytics")
    assert {k.split("/")[1] for k in keys} == {"day=a%2Fb", "day=c", "day=__HIVE_DEFAULT_PARTITION__"}
    assert all(k.endswith(".zstd.parquet") for k in keys)
    assert [k["Name"] for k in tables["t"]["PartitionKeys"]] == ["day"]
    partitions = glue.get_partitions(DatabaseName="parted_analytics", TableName="t")["Partitions"]
    assert sorted(p["Values"][0] for p in partitions) == ["__HIVE_DEFAULT_PARTITION__", "a/b", "c"]


def test_broken_records_are_quarantined(lake, wait_until):
    s3, glue = make_job(lake, "broken")
    s3.put_object(Bucket="broken-stage", Key="t/1.json", Body=b'{"id": 1}\n{"id": oops}\n{"id": 3}\n')
    crawl(glue, "broken_stage", wait_until)
    run = run_job(glue, "broken", wait_until)
    key = f"_quarantine/t/{run['Id']}.ndjson"
    assert key in keys_of(s3, "broken-analytics")
    line = json.loads(s3.get_object(Bucket="broken-analytics", Key=key)["Body"].read())
    assert line["source"] == "s3://broken-stage/t/1.json" and line["offset"] == 10 and line["reason"]
    crawl(glue, "broken_analytics", wait_until)
    assert records(tables_of(glue, "broken_analytics")["t"]) == 2


def test_job_refusals(lake, wait_until):
    glue = lake.client("glue")
    spark = {"Name": "spark", "Role": "r", "Command": {"Name": "glueetl", "ScriptLocation": "s3://x/etl.py"}}
    assert glue.create_job(**spark)["Name"] == "spark"
    assert refusal(glue.create_job, **spark) == "AlreadyExistsException"
    assert refusal(glue.start_job_run, JobName="spark") == "InvalidInputException"
    assert refusal(glue.start_job_run, JobName="nothing") == "EntityNotFoundException"
    assert refusal(glue.get_job_run, JobName="spark", RunId="jr_0") == "EntityNotFoundException"
    embedded = {"--tarn-engine": "embedded", "--source_database": "nowhere"}
    assert refusal(glue.start_job_run, JobName="spark", Arguments=embedded) == "InvalidInputException"
    embedded["--target_path"] = "s3://nowhere/"
    assert refusal(glue.start_job_run, JobName="spark", Arguments={**embedded, "--codec": "x"}) == \
        "InvalidInputException"
    run = run_job(glue, "spark", wait_until, state="FAILED", Arguments=embedded)
    assert "Database nowhere not found" in run["ErrorMessage"]
    glue.update_job(JobName="spark", JobUpdate={"Role": "r", "Command": spark["Command"], "MaxRetries": 1})
    first = run_job(glue, "spark", wait_until, state="FAILED", Arguments=embedded)
    again = ended(glue, "spark", first["Id"] + "_attempt_1", wait_until, state="FAILED")
    assert again["Attempt"] == 1 and again["PreviousRunId"] == first["Id"]
    reply = glue.batch_stop_job_run(JobName="spark", JobRunIds=[first["Id"], "jr_0"])
    assert len(reply["Errors"]) == 2
    assert glue.delete_job(JobName="spark")["JobName"] == "spark"
    assert refusal(glue.get_job, JobName="spark") == "EntityNotFoundException"


def test_what_cannot_be_converted_does_not_hold_up_the_rest(lake, wait_until):
    s3, glue = make_job(lake, "mixed")
    put_lines(s3, "mixed-stage", "good/1.json", {"id": 1, "": 0})
    s3.put_object(Bucket="mixed-stage", Key="sheet/1.csv", Body=b"a,b\n1,2\n3,4\n")
    s3.put_object(Bucket="mixed-stage", Key="noise/1.bin", Body=bytes(range(256)) * 100)
    tables = flow(glue, "mixed", wait_until)
    assert records(tables["good"]) == 1 and "sheet" not in tables
    stage = tables_of(glue, "mixed_stage")
    assert stage["sheet"]["Parameters"]["classification"] == "csv"
    run_job(glue, "mixed", wait_until, state="FAILED", Arguments={"--source_tables": "sheet"})


def test_runs_one_at_a_time_and_stops(lake, wait_until):
    s3, glue = make_job(lake, "stopped")
    line = json.dumps({"id": 1, "text": "x" * 200}) + "\n"
    s3.put_object(Bucket="stopped-stage", Key="t/1.json", Body=line * 200000)  # long enough to be met while it runs
    crawl(glue, "stopped_stage", wait_until)
    run_id = glue.start_job_run(JobName="stopped")["JobRunId"]
    assert refusal(glue.start_job_run, JobName="stopped") == "ConcurrentRunsExceededException"
    reply = glue.batch_stop_job_run(JobName="stopped", JobRunIds=[run_id])
    assert reply["SuccessfulSubmissions"] == [{"JobName": "stopped", "JobRunId": run_id}]
    ended(glue, "stopped", run_id, wait_until, state="STOPPED")
    assert keys_of(s3, "stopped-analytics") == []


def test_a_killed_server_finishes_the_run_once(fresh_lake, wait_until):
    s3, glue = make_job(fresh_lake, "killed")
    put_samples(s3, "killed-stage")
    crawl(glue, "killed_stage", wait_until)
    run_id = glue.start_job_run(JobName="killed")["JobRunId"]
    fresh_lake.restart(kill=True)
    s3, glue = fresh_lake.client("s3"), fresh_lake.client("glue")
    ended(glue, "killed", run_id, wait_until)
    crawl(glue, "killed_analytics", wait_until)
    assert {name: records(t) for name, t in tables_of(glue, "killed_analytics").items()} == COUNTS


def test_engines_find_no_statistics_and_no_functions(lake):
    glue = lake.client("glue")
    glue.create_database(DatabaseInput={"Name": "engines"})
    glue.create_table(DatabaseName="engines", TableInput={"Name": "t"})
    reply = glue.get_column_statistics_for_table(DatabaseName="engines", TableName="t", ColumnNames=["a"])
    assert reply["ColumnStatisticsList"] == [] and reply["Errors"][0]["Error"]["ErrorCode"] == "EntityNotFoundException"
    assert glue.get_user_defined_functions(DatabaseName="engines", Pattern="*")["UserDefinedFunctions"] == []
    assert glue.get_partition_indexes(DatabaseName="engines", TableName="t")["PartitionIndexDescriptorList"] == []
    assert refusal(glue.update_column_statistics_for_table, DatabaseName="engines", TableName="t",
                   ColumnStatisticsList=[]) == "UnknownOperationException"
