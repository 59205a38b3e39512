# SPDX-License-Identifier: Apache-2.0
"""Athena with boto3: queries over Parquet, JSON and CSV tables, DDL, results, workgroups, refusals."""
import base64
import gzip
import json
import uuid

import pytest
from botocore.exceptions import ClientError

# Columns id int, name struct<first:string,last:string>, terms array<int>, price decimal(10,2); two rows.
PARQUET = base64.b64decode(
    b"UEFSMRUAFRwVICwVBBUAFQYVBgAADjQCAAAABAEBAAAAAgAAABUAFSoVLiwVBBUAFQYVBgAAFVACAAAABAIDAAAAQWRhBAAAAEFs"
    b"YW4VABWiARUyLBUEFQAVBhUGAABRGEEAAABBBgD2AQAsCAAAAExvdmVsYWNlFQAV5AEVQiwVBhUAFQYVBgAAchghAAAAQQIAdgEA"
    b"AEEBJQAPdiQAggEAHAEAAAACAAAAFQAVWhUqLBUEFQAVBhUGAAAtGCEAAABBAQB2AQAcGgQAAAAAAAAVAhmcNQAYDWR1Y2tkYl9z"
    b"Y2hlbWEVCAAVAiUCGAJpZCUiADUCGARuYW1lFQQAFQwlAhgFZmlyc3QlAAAVDCUCGARsYXN0JQAANQIYBXRlcm1zFQIVBgA1BBgE"
    b"bGlzdBUCABUCJQIYB2VsZW1lbnQlIgAVBCUCGAVwcmljZSUKFQQVFCxcFQQVFAAAABYEGRwZXCYAHBUCGRUAGRgCaWQVAhYEFj4W"
    b"QiYIPBgEAgAAABgEAQAAABYAKAQCAAAAGAQBAAAAEREAAAAmABwVDBkVABkoBG5hbWUFZmlyc3QVAhYEFkwWUCZKPBgEQWxhbhgD"
    b"QWRhFgAoBEFsYW4YA0FkYRERAAAAJgAcFQwZFQAZKARuYW1lBGxhc3QVAhYEFsYBFlYmmgE8GAhMb3ZlbGFjZRgITG92ZWxhY2UW"
    b"AigITG92ZWxhY2UYCExvdmVsYWNlEREAAAAmABwVAhkVABk4BXRlcm1zBGxpc3QHZWxlbWVudBUCFgYWiAIWZibwATwYBAIAAAAY"
    b"BAEAAAAWAigEAgAAABgEAQAAABERAAAAJgAcFQQZFQAZGAVwcmljZRUCFgQWfBZMJtYCPBgIGgQAAAAAAAAYCBoEAAAAAAAAFgIo"
    b"CBoEAAAAAAAAGAgaBAAAAAAAABERAAAAFtQFFgQmCBaaAwAoKER1Y2tEQiB2ZXJzaW9uIHYxLjUuNiAoYnVpbGQgMDY5Y2M5Zjli"
    b"NSkZXBwAABwAABwAABwAABwAAAAxAgAAUEFSMQ==")

PARQUET_TABLE = """
CREATE EXTERNAL TABLE persons (id int, name struct<first:string,last:string>, terms array<int>, price decimal(10,2), missing string)
STORED AS PARQUET LOCATION 's3://athena-data/persons/'"""


class Athena:
    def __init__(self, lake, wait_until):
        self.client, self.wait_until = lake.client("athena"), wait_until

    def start(self, sql, **arguments):
        arguments.setdefault("ResultConfiguration", {"OutputLocation": "s3://athena-results/out/"})
        arguments.setdefault("QueryExecutionContext", {"Database": "people"})
        return self.client.start_query_execution(QueryString=sql, **arguments)["QueryExecutionId"]

    def execution(self, query_id):
        return self.client.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]

    def end(self, query_id):
        def over():
            execution = self.execution(query_id)
            return execution if execution["Status"]["State"] in ("SUCCEEDED", "FAILED", "CANCELLED") else None
        return self.wait_until(over, what=f"the end of query {query_id}")

    def run(self, sql, **arguments):
        execution = self.end(self.start(sql, **arguments))
        assert execution["Status"]["State"] == "SUCCEEDED", execution["Status"]
        return execution

    def rows(self, sql, **arguments):
        """Without the header."""
        query_id = self.run(sql, **arguments)["QueryExecutionId"]
        found = self.client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [[cell.get("VarCharValue") for cell in row["Data"]] for row in found][1:]

    def lines(self, sql, **arguments):
        query_id = self.run(sql, **arguments)["QueryExecutionId"]
        found = self.client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
        return [row["Data"][0].get("VarCharValue") for row in found]

    def reason(self, sql, **arguments):
        execution = self.end(self.start(sql, **arguments))
        assert execution["Status"]["State"] == "FAILED"
        assert execution["Status"]["AthenaError"]["ErrorCategory"] == 2
        return execution["Status"]["StateChangeReason"]


@pytest.fixture(scope="module")
def athena(lake, wait_until):
    s3 = lake.client("s3")
    for bucket in ("athena-data", "athena-results"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="athena-data", Key="persons/part-0.snappy.parquet", Body=PARQUET)
    s3.put_object(Bucket="athena-data", Key="persons/_hidden/x", Body=b"no parquet")
    made = Athena(lake, wait_until)
    made.run("CREATE DATABASE people", QueryExecutionContext={})
    made.run(PARQUET_TABLE)
    return made


def refused(call, **arguments):
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    assert caught.value.response["Error"]["Code"] == "InvalidRequestException"
    return caught.value.response["Error"]["Message"]


def test_select_over_parquet(athena):
    assert athena.rows("SELECT count(*) FROM persons") == [["2"]]
    assert athena.rows("SELECT name.last, cardinality(terms), price, missing FROM people.persons ORDER BY id") == [
        ["Lovelace", "2", "10.50", None], [None, None, None, None]]
    assert athena.rows("SELECT p.id, t FROM awsdatacatalog.people.persons p CROSS JOIN UNNEST(terms) AS u(t) ORDER BY t") == [
        ["1", "1"], ["1", "2"]]


def test_result_files_and_execution(athena, lake):
    execution = athena.run("SELECT id, '' AS empty, NULL AS nothing, 'a\"b' AS quoted FROM persons WHERE id = 1")
    location = execution["ResultConfiguration"]["OutputLocation"]
    query_id = execution["QueryExecutionId"]
    assert location == f"s3://athena-results/out/{query_id}.csv"
    body = lake.client("s3").get_object(Bucket="athena-results", Key=f"out/{query_id}.csv")["Body"].read()
    assert body == b'"id","empty","nothing","quoted"\n"1","",,"a""b"\n'
    lake.client("s3").head_object(Bucket="athena-results", Key=f"out/{query_id}.csv.metadata")
    assert (execution["StatementType"], execution["WorkGroup"]) == ("DML", "primary")
    assert execution["Statistics"]["DataScannedInBytes"] == len(PARQUET)
    assert execution["Status"]["CompletionDateTime"] >= execution["Status"]["SubmissionDateTime"]
    results = athena.client.get_query_results(QueryExecutionId=query_id)["ResultSet"]
    assert results["Rows"][0]["Data"] == [{"VarCharValue": n} for n in ("id", "empty", "nothing", "quoted")]
    assert results["Rows"][1]["Data"] == [{"VarCharValue": "1"}, {"VarCharValue": ""}, {}, {"VarCharValue": 'a"b'}]
    info = results["ResultSetMetadata"]["ColumnInfo"][0]
    assert (info["Name"], info["Type"], info["Precision"], info["CatalogName"]) == ("id", "integer", 10, "hive")
    assert query_id in athena.client.list_query_executions()["QueryExecutionIds"]
    batch = athena.client.batch_get_query_execution(QueryExecutionIds=[query_id, "nobody"])
    assert batch["QueryExecutions"][0]["QueryExecutionId"] == query_id
    assert batch["UnprocessedQueryExecutionIds"][0]["QueryExecutionId"] == "nobody"
    runtime = athena.client.get_query_runtime_statistics(QueryExecutionId=query_id)["QueryRuntimeStatistics"]
    assert runtime["Rows"]["OutputRows"] == 1


def test_results_come_in_pages(athena):
    query_id = athena.run("SELECT x FROM UNNEST(sequence(1, 2500)) AS t(x) ORDER BY x")["QueryExecutionId"]
    pages = list(athena.client.get_paginator("get_query_results").paginate(QueryExecutionId=query_id))
    values = [row["Data"][0]["VarCharValue"] for page in pages for row in page["ResultSet"]["Rows"]]
    assert len(pages) == 3
    assert values == ["x"] + [str(n) for n in range(1, 2501)]
    assert "Malformed" in refused(athena.client.get_query_results, QueryExecutionId=query_id, NextToken="nonsense")


def test_json_tables_with_partitions(athena, lake):
    s3 = lake.client("s3")
    for day, records in {"2020-01-01": [{"Id": 9007199254740993, "tags": ["a"]}, {"Id": 2}], "2020-01-02": [{"Id": 3, "price": 1.25}]}.items():
        text = "".join(json.dumps(r) + "\n" for r in records).encode()
        s3.put_object(Bucket="athena-data", Key=f"days/day={day}/x.json.gz", Body=gzip.compress(text))
    athena.run("CREATE EXTERNAL TABLE days (id bigint, tags array<string>, price decimal(20,2)) PARTITIONED BY (day string) "
               "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' LOCATION 's3://athena-data/days/'")
    assert athena.rows("SELECT count(*) FROM days") == [["0"]]
    athena.run("ALTER TABLE days ADD PARTITION (day='2020-01-01')")
    athena.run("MSCK REPAIR TABLE days")
    assert athena.lines("SHOW PARTITIONS days") == ["day=2020-01-01", "day=2020-01-02"]
    assert athena.rows("SELECT id, tags, price, day FROM days ORDER BY day, id DESC") == [
        ["9007199254740993", "[a]", None, "2020-01-01"], ["2", None, None, "2020-01-01"], ["3", None, "1.25", "2020-01-02"]]
    assert athena.rows("SELECT day, count(*) FROM days WHERE day > '2020-01-01' GROUP BY day") == [["2020-01-02", "1"]]
    s3.put_object(Bucket="athena-data", Key="days/day=2020-01-02/y.json", Body=b"{broken\n")
    assert athena.reason("SELECT count(*) FROM days").startswith("HIVE_CURSOR_ERROR: Row is not a valid JSON Object")


def test_a_broken_file_is_named_without_our_folders(athena, lake):
    lake.client("s3").put_object(Bucket="athena-data", Key="broken/x.parquet", Body=b"this is no parquet file at all")
    athena.run("CREATE EXTERNAL TABLE broken (id int) STORED AS PARQUET LOCATION 's3://athena-data/broken/'")
    reason = athena.reason("SELECT * FROM broken")
    assert reason.startswith("HIVE_BAD_DATA: ")
    assert "scratch" not in reason


def test_csv_tables(athena, lake):
    lake.client("s3").put_object(Bucket="athena-data", Key="csv/a.csv", Body=b"id,name\n1,x\nbad,\n")
    athena.run("CREATE EXTERNAL TABLE csv_rows (id int, name string) ROW FORMAT DELIMITED FIELDS TERMINATED BY ',' "
               "LOCATION 's3://athena-data/csv/' TBLPROPERTIES ('skip.header.line.count'='1')")
    assert athena.rows("SELECT id, name FROM csv_rows ORDER BY id") == [["1", "x"], [None, ""]]


def test_ddl(athena, lake):
    assert "people" in athena.lines("SHOW DATABASES")
    assert athena.lines("SHOW TABLES IN people 'pers*'") == ["persons"]
    assert athena.lines("SHOW COLUMNS IN persons")[0] == "id                  "
    described = athena.lines("DESCRIBE persons")
    assert described[0] == "id                  \tint                 \t                    "
    assert athena.lines("SHOW CREATE TABLE persons")[0] == "CREATE EXTERNAL TABLE `persons`("
    assert athena.reason("CREATE DATABASE people").endswith("Database people already exists")
    athena.run("CREATE DATABASE IF NOT EXISTS people")
    assert "Table not found" in athena.reason("DROP TABLE nobody")
    athena.run("DROP TABLE IF EXISTS nobody")
    athena.run("CREATE DATABASE gone COMMENT 'for a while'")
    athena.run("CREATE EXTERNAL TABLE gone.t (a int) STORED AS PARQUET LOCATION 's3://athena-data/none/'")
    assert athena.rows("SELECT * FROM gone.t") == []
    assert "is not empty" in athena.reason("DROP DATABASE gone")
    athena.run("DROP DATABASE gone CASCADE")
    assert "Database does not exist" in athena.reason("SHOW TABLES IN gone")
    execution = athena.run("SHOW TABLES")
    assert execution["ResultConfiguration"]["OutputLocation"].endswith(".txt")
    assert execution["StatementType"] == "UTILITY"


def test_refusals(athena):
    assert athena.reason("SELECT * FROM nowhere") == (
        "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.people.nowhere' does not exist")
    assert athena.reason("SELECT * FROM nobody.nowhere") == "SCHEMA_NOT_FOUND: line 1:15: Schema 'nobody' does not exist"
    assert athena.reason("SELECT nothing FROM persons") == "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved"
    assert athena.reason("SELECT 1/0") == "DIVISION_BY_ZERO: Division by zero"
    assert athena.reason("SELECT CAST(name.first AS integer) FROM persons").startswith("INVALID_CAST_ARGUMENT: ")
    assert athena.reason("SELECT read_csv('/etc/passwd')") == "FUNCTION_NOT_FOUND: line 1:8: Function 'read_csv' not registered"
    assert athena.reason("CREATE TABLE x AS SELECT 1") == "NOT_SUPPORTED: line 1:1: CREATE TABLE AS is not supported"
    start = athena.client.start_query_execution
    where = {"OutputLocation": "s3://athena-results/out/"}
    assert refused(start, QueryString="SELEC 1", ResultConfiguration=where).startswith("line 1:1: mismatched input 'SELEC'. Expecting: ")
    assert refused(start, QueryString="SELECT 1").startswith("No output location provided")
    assert refused(start, QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "x"}) == "outputLocation is not a valid S3 path."
    assert refused(start, QueryString="SELECT 1", WorkGroup="nobody") == "WorkGroup nobody is not found."
    assert refused(athena.client.get_query_execution, QueryExecutionId="nobody") == "QueryExecution nobody was not found"
    failed = athena.end(athena.start("SELECT * FROM nowhere"))["QueryExecutionId"]
    assert refused(athena.client.get_query_results, QueryExecutionId=failed) == (
        "Query did not finish successfully. Final query state: FAILED")


def test_parameters_and_idempotency(athena):
    assert athena.rows("SELECT id FROM persons WHERE id = ? AND name.first = ?", ExecutionParameters=["2", "'Alan'"]) == [["2"]]
    assert athena.reason("SELECT ?").startswith("INVALID_PARAMETER_USAGE")
    assert "not an expression" in athena.reason("SELECT ?", ExecutionParameters=["1 FROM persons; DROP"])
    token = str(uuid.uuid4())
    first = athena.start("SELECT 1", ClientRequestToken=token)
    assert athena.start("SELECT 1", ClientRequestToken=token) == first
    assert "Idempotent" in refused(athena.start, sql="SELECT 2", ClientRequestToken=token)


def test_stop(athena):
    query_id = athena.start("SELECT count(*) FROM UNNEST(sequence(1, 30000)) a(x), UNNEST(sequence(1, 30000)) b(y), "
                            "UNNEST(sequence(1, 30000)) c(z) WHERE (x * y + z) % 7 = 3")
    athena.wait_until(lambda: athena.execution(query_id)["Status"]["State"] == "RUNNING")
    athena.client.stop_query_execution(QueryExecutionId=query_id)
    assert athena.end(query_id)["Status"]["State"] == "CANCELLED"
    athena.client.stop_query_execution(QueryExecutionId=query_id)  # again is fine


def test_workgroups(athena):
    client = athena.client
    client.create_work_group(Name="team", Description="ours", Tags=[{"Key": "a", "Value": "b"}],
                             Configuration={"ResultConfiguration": {"OutputLocation": "s3://athena-results/team"}})
    group = client.get_work_group(WorkGroup="team")["WorkGroup"]
    assert group["Configuration"]["EnforceWorkGroupConfiguration"] is True
    assert {"primary", "team"} <= {g["Name"] for g in client.list_work_groups()["WorkGroups"]}
    execution = athena.run("SELECT 1", WorkGroup="team")
    assert execution["ResultConfiguration"]["OutputLocation"].startswith("s3://athena-results/team/")
    arn = "arn:aws:athena:us-east-1:000000000000:workgroup/team"
    client.tag_resource(ResourceARN=arn, Tags=[{"Key": "c", "Value": "d"}])
    client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert client.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "c", "Value": "d"}]
    client.update_work_group(WorkGroup="team", State="DISABLED", ConfigurationUpdates={"EnforceWorkGroupConfiguration": False})
    assert refused(athena.start, sql="SELECT 1", WorkGroup="team") == "WorkGroup team is disabled"
    assert refused(client.create_work_group, Name="team") == "WorkGroup is already created"
    assert refused(client.delete_work_group, WorkGroup="team") == "WorkGroup team is not empty"
    client.delete_work_group(WorkGroup="team", RecursiveDeleteOption=True)
    assert refused(client.get_work_group, WorkGroup="team") == "WorkGroup team is not found."
    assert client.list_engine_versions()["EngineVersions"]


def test_catalog_and_saved_queries(athena):
    client = athena.client
    assert client.list_data_catalogs()["DataCatalogsSummary"][0]["CatalogName"] == "AwsDataCatalog"
    assert client.get_data_catalog(Name="AwsDataCatalog")["DataCatalog"]["Type"] == "GLUE"
    assert "people" in {d["Name"] for d in client.list_databases(CatalogName="AwsDataCatalog")["DatabaseList"]}
    assert client.get_database(CatalogName="AwsDataCatalog", DatabaseName="people")["Database"]["Name"] == "people"
    tables = client.list_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="people")["TableMetadataList"]
    assert "persons" in {t["Name"] for t in tables}
    table = client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="people", TableName="persons")["TableMetadata"]
    assert table["Columns"][0] == {"Name": "id", "Type": "int"}
    with pytest.raises(ClientError) as caught:
        client.get_table_metadata(CatalogName="AwsDataCatalog", DatabaseName="people", TableName="nobody")
    assert caught.value.response["Error"]["Code"] == "MetadataException"

    query_id = client.create_named_query(Name="all", Database="people", QueryString="SELECT 1")["NamedQueryId"]
    client.update_named_query(NamedQueryId=query_id, Name="all", QueryString="SELECT 2")
    assert client.get_named_query(NamedQueryId=query_id)["NamedQuery"]["QueryString"] == "SELECT 2"
    assert client.list_named_queries()["NamedQueryIds"] == [query_id]
    assert client.batch_get_named_query(NamedQueryIds=[query_id])["NamedQueries"][0]["Name"] == "all"
    client.delete_named_query(NamedQueryId=query_id)
    assert "was not found" in refused(client.get_named_query, NamedQueryId=query_id)

    client.create_prepared_statement(StatementName="one", WorkGroup="primary", QueryStatement="SELECT ?")
    client.update_prepared_statement(StatementName="one", WorkGroup="primary", QueryStatement="SELECT ?, 1")
    assert client.get_prepared_statement(StatementName="one", WorkGroup="primary")["PreparedStatement"]["QueryStatement"] == "SELECT ?, 1"
    assert client.list_prepared_statements(WorkGroup="primary")["PreparedStatements"][0]["StatementName"] == "one"
    client.delete_prepared_statement(StatementName="one", WorkGroup="primary")


def test_a_query_survives_a_kill(fresh_lake, wait_until):
    fresh_lake.client("s3").create_bucket(Bucket="athena-results")
    athena = Athena(fresh_lake, wait_until)
    query_id = athena.start("SELECT sum(x) FROM UNNEST(sequence(1, 1000000)) AS t(x)", QueryExecutionContext={})
    fresh_lake.restart(kill=True)
    athena = Athena(fresh_lake, wait_until)
    assert athena.end(query_id)["Status"]["State"] == "SUCCEEDED"
    rows = athena.client.get_query_results(QueryExecutionId=query_id)["ResultSet"]["Rows"]
    assert rows[1]["Data"] == [{"VarCharValue": "500000500000"}]
