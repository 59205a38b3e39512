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
