# SPDX-License-Identifier: Apache-2.0
"""Conversions by the native engine and by DuckDB: the same tables and the same rejected records, but for what is stated.

Jobs are given to `tarn worker` as the server gives them, so that columns may have any of Hive's types; the last tests go
through Glue."""

import base64
import gzip
import json
import random
import subprocess

import pytest

from lake import tarn_program
from test_glue import COUNTS, DATA, FILES, keys_of, make_job, put_samples, records, run_job, tables_of, crawl

ENGINES = {"native": "convert", "duckdb": "convert_duckdb"}


class JobFailed(Exception):
    pass


def work(kind, arguments, read_paths, scratch):
    """One job in a worker process of its own."""
    job = {"kind": kind, "input": arguments, "read_paths": [str(path) for path in read_paths], "scratch": str(scratch),
           "memory_bytes_max": 1 << 30, "threads": 2}
    done = subprocess.run([tarn_program(), "worker"], input=json.dumps(job) + "\n", capture_output=True, text=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert "ready" in answers[0], (done.stdout, done.stderr)
    if "error" in answers[-1]:
        raise JobFailed(answers[-1]["error"]["text"])
    return answers[-1]["result"]


def convert(engine, folder, files, columns, **more):
    """`files`: contents. The worker's reply, "scratch" (a folder) added."""
    scratch = folder / f"{engine}-{len(list(folder.iterdir()))}"
    scratch.mkdir()
    paths = [folder / f"in-{i}" for i in range(len(files))]
    for path, content in zip(paths, files):
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    arguments = {"files": [{"path": str(path), "compression": "auto"} for path in paths], "run": "r1",
                 "columns": [{"name": name, "type": kind} for name, kind in columns.items()], **more}
    return {**work(ENGINES[engine], arguments, paths, scratch), "scratch": scratch}


def table(reply):
    """Names and types of the columns, and the rows as text, of all files in their order."""
    paths = [str(reply["scratch"] / file["path"]) for file in sorted(reply["files"], key=lambda f: f["path"])]
    if not paths:
        return [], ""
    sql = f"SELECT * FROM read_parquet({paths}, hive_partitioning=false)".replace('"', "'")
    result = work("query", {"sql": sql, "output": "rows.csv"}, [], reply["scratch"])
    return [(c["name"], c["full_type"]) for c in result["columns"]], (reply["scratch"] / "rows.csv").read_text()


def first_difference(mine, theirs):
    at = next((i for i, (a, b) in enumerate(zip(mine, theirs)) if a != b), min(len(mine), len(theirs)))
    return f"row {mine.count(chr(10), 0, at)}: {mine[at - 200:at + 50]!r} instead of {theirs[at - 200:at + 50]!r}"


def compared(folder, files, columns, **more):
    """Converts with both and asserts that they agree; the native engine's reply."""
    native, duckdb = (convert(engine, folder, files, columns, **more) for engine in ENGINES)
    places = [[(r["path"], r["offset"]) for r in reply["rejected"]] for reply in (native, duckdb)]
    assert places[0] == places[1], [r for r in native["rejected"] + duckdb["rejected"]
                                    if sum((r["path"], r["offset"]) in place for place in places) == 1]
    assert all(r["reason"] for r in native["rejected"])
    assert native["rejected_count"] == duckdb["rejected_count"] and native["rows"] == duckdb["rows"]

    def made(reply):
        return sorted((f["path"], f["rows"], tuple(f["partition"].items())) for f in reply["files"])
    assert made(native) == made(duckdb)
    for reply in (native, duckdb):
        assert all((reply["scratch"] / f["path"]).stat().st_size == f["bytes"] for f in reply["files"])
    mine, theirs = table(native), table(duckdb)
    assert mine[0] == theirs[0]
    assert mine[1] == theirs[1], first_difference(mine[1], theirs[1])
    return native


def lines(*values):
    return "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values)


# --- generated data

COLUMNS = {"id": "bigint", "small": "smallint", "tiny": "tinyint", "whole": "int", "real": "double", "short": "float",
           "price": "decimal(20,4)", "cents": "decimal(9,2)", "huge": "decimal(38,0)", "yes": "boolean", "text": "string", "code": "varchar(10)",
           "day": "date", "at": "timestamp", "raw": "binary", "list": "array<int>", "lists": "array<array<string>>",
           "name": "struct<first:string,last:string,born:date>", "terms": "array<struct<k:string,v:double,t:array<bigint>>>",
           "map": "map<string,int>", "numbered": "map<int,double>", "deep": "struct<a:struct<b:struct<c:decimal(10,2)>>>", "never": "string"}


class Records:
    """Random records for COLUMNS, most of them good, in many spellings; or `plain`: in the one that DuckDB's path would write."""

    def __init__(self, seed, plain=False):
        self.random = random.Random(seed)
        self.plain = plain

    def some(self, *choices):
        return self.random.choice(choices)

    def text(self):
        letters = "abc XYZ\"\\/\n\t\x7fäßéλЖ漢字🙂\u2028"
        return "".join(self.random.choice(letters) for _ in range(self.random.randrange(20)))

    def integer(self, bits):
        value = self.random.getrandbits(self.random.randrange(1, bits)) * self.some(1, -1)
        return self.some(value, value, value, -(1 << bits - 1), (1 << bits - 1) - 1)

    def number(self):
        return self.some(self.random.random(), self.random.uniform(-1e9, 1e9), self.random.uniform(-1, 1) * 10.0 ** self.random.randrange(-300, 300),
                         self.random.randrange(1000), 0, 5e-324, 1.7976931348623157e308, 0.1)

    def date(self):
        return f"{self.random.randrange(1, 10000):04}-{self.random.randrange(1, 13):02}-{self.random.randrange(1, 29):02}"

    def timestamp(self):
        clock = f"{self.random.randrange(24):02}:{self.random.randrange(60):02}"
        clock += self.some("", f":{self.random.randrange(60):02}", f":{self.random.randrange(60):02}.{self.random.randrange(10 ** 6):06}", ":07.5")
        year = f"{self.random.randrange(1900, 2100)}"
        return year + self.date()[4:] + self.some("T", " ") + clock + self.some("", "", "Z", "+02:00", "-0930", "+05")

    def decimal(self, whole, scale):
        digits = str(self.random.randrange(10 ** self.random.randrange(1, whole + 1)))
        fraction = "".join(self.random.choice("0123456789") for _ in range(self.random.randrange(scale + 1)))
        plain = self.some("", "-") + digits + (f".{fraction}" if fraction else "")
        return self.some(Raw(plain), Raw(plain), plain, Raw(f"{digits}e0"))

    def value(self, column):
        make = {
            "id": lambda: self.integer(64), "small": lambda: self.integer(16), "tiny": lambda: self.integer(8),
            "whole": lambda: self.some(self.integer(32), Raw("1.0"), Raw("1e2"), Raw("1" if self.plain else "-0")), "real": self.number,
            "short": lambda: self.some(self.random.uniform(-1e6, 1e6), 0.1, 16777217), "price": lambda: self.decimal(16, 4),
            "cents": lambda: self.decimal(7, 2), "huge": lambda: self.decimal(38, 0), "yes": lambda: self.some(True, False),
            "text": lambda: self.some(self.text(), self.text(), self.text(), 7, True, Raw('[1,{"a":null}]'), Raw("1.50")), "code": self.text,
            "day": self.date, "at": lambda: self.some(self.timestamp(), self.timestamp(), "2020-02-29"),
            "raw": lambda: base64.b64encode(self.random.randbytes(self.random.randrange(20))).decode(),
            "list": lambda: [self.some(self.integer(32), self.integer(32), None) for _ in range(self.random.randrange(5))],
            "lists": lambda: [self.some([self.text()], [], None, ["x", None]) for _ in range(self.random.randrange(3))],
            "name": lambda: self.some({"first": self.text(), "last": "L"}, {"Last": self.text(), "extra": [1]}, {}, {"born": self.date(), "first": None}),
            "terms": lambda: [self.some({"k": self.text(), "v": self.number(), "t": [1, None, 2]}, {"V": 1.5}, None, {}) for _ in range(self.random.randrange(4))],
            "map": lambda: {self.text(): self.some(1, None, self.integer(32)) for _ in range(self.random.randrange(3))},
            "numbered": lambda: {str(self.integer(32)): 0.5 for _ in range(self.random.randrange(3))},
            "deep": lambda: self.some({"a": {"b": {"c": self.decimal(8, 2)}}}, {"a": None}, {"a": {}}, {"A": {"B": {"C": 1}}}),
            "never": lambda: None,
        }
        return make[column]()

    def misfit(self):
        return self.some({"id": "seven"}, {"id": 1 << 63}, {"tiny": 128}, {"small": -32769}, {"whole": 1.5}, {"real": "1"}, {"price": "1.00001"},
                         {"cents": 12345678}, {"huge": "1" + "0" * 38}, {"yes": 1}, {"day": "2021-02-29"}, {"day": 20210301}, {"at": "2020-01-01T24:00"},
                         {"at": "2020-01-01T00:00:60"}, {"raw": "%%%"}, {"list": 1}, {"list": [1, "x"]}, {"name": []}, {"terms": [{"v": "x"}]},
                         {"map": [1]}, {"map": {"a": "b"}}, {"deep": {"a": {"b": {"c": "x"}}}}, {"lists": [1]})

    def record(self):
        names = [name for name in COLUMNS if self.random.random() < 0.8]
        if self.random.random() < 0.2:
            self.random.shuffle(names)
        value = {name: None if self.random.random() < 0.1 else self.value(name) for name in names}
        if self.random.random() < 0.1:
            value = {self.some(name.upper(), name.title()): v for name, v in value.items()}
        if self.random.random() < 0.1:
            value["unknown"] = {"any": ["thing", {"at": 1}]}
        if self.random.random() < 0.05:
            value.update(self.misfit())
        return value

    def line(self):
        broken = ("{", '{"id": }', '{"id": 1,}', '{"id": 01}', '{"id": +1}', '{"id": NaN}', '{"text": "\x01"}', '{"text": "\\x"}', "7", '"x"',
                  "null", '{"id": 1} x', "{'id': 1}", '{"id" 1}', '{"text": "\\ud800"}', '{"yes": tru}', '{"real": 1.}', '{"real": .5}')
        if self.random.random() < 0.03:
            return self.some(*broken)
        spelling = self.some({}, {"ensure_ascii": False}, {"separators": (",", ":")}, {"separators": (" , ", " : ")})
        return dump(self.record(), **({"ensure_ascii": False, "separators": (",", ":")} if self.plain else spelling))


class Raw(float):
    """A number with its spelling kept, or any text that is to stand in the JSON as it is."""

    def __new__(cls, text):
        try:
            self = super().__new__(cls, text)
        except ValueError:
            self = super().__new__(cls, 0)
        self.text = text
        return self


def dump(value, ensure_ascii=True, separators=(", ", ": ")):
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        members = (json.dumps(k, ensure_ascii=ensure_ascii) + separators[1] + dump(v, ensure_ascii, separators) for k, v in value.items())
        return "{" + separators[0].join(members) + "}"
    if isinstance(value, list):
        return "[" + separators[0].join(dump(v, ensure_ascii, separators) for v in value) + "]"
    return json.dumps(value, ensure_ascii=ensure_ascii)


@pytest.mark.parametrize("seed", range(3))
def test_generated_records_become_the_same_table(tmp_path, seed):
    made = Records(seed)
    files = ["\n".join(made.line() for _ in range(400)) + "\n" for _ in range(3)]
    reply = compared(tmp_path, files, COLUMNS)
    assert reply["rows"] > 800 and reply["rejected_count"] > 20
    assert len(reply["files"]) == 1


def test_layouts_and_compression(tmp_path):
    made = Records(7)
    some = [dump(made.record()) for _ in range(200)]  # all JSON, but some do not fit
    files = ["[" + ",\n".join(some) + "]", "".join(some), gzip.compress("\n".join(some).encode()), "\ufeff" + "\n".join(some), "", " \n"]
    reply = compared(tmp_path, files, COLUMNS)
    assert reply["rows"] > 600 and reply["rejected_count"] > 20 and reply["rows"] + reply["rejected_count"] == 800


def test_many_small_files_become_one_row_group(tmp_path):
    made = Records(8)
    files = [gzip.compress(made.line().encode()) if i % 2 else made.line() for i in range(300)]
    reply = compared(tmp_path, files, COLUMNS)
    (file,) = reply["files"]
    sql = f"SELECT count(DISTINCT row_group_id) FROM parquet_metadata('{reply['scratch'] / file['path']}')"
    work("query", {"sql": sql, "output": "groups.csv"}, [], reply["scratch"])
    assert (reply["scratch"] / "groups.csv").read_text().splitlines()[1] == '"1"'


@pytest.mark.parametrize("codec, suffix", [("snappy", ".snappy"), ("zstd", ".zstd"), ("gzip", ".gz"), ("lz4", ".lz4"), ("none", "")])
def test_codecs(tmp_path, codec, suffix):
    reply = compared(tmp_path, [lines(*({"id": i, "text": "x" * 100} for i in range(1000)))], {"id": "int", "text": "string"}, codec=codec)
    assert [f["path"] for f in reply["files"]] == [f"part-00000-r1{suffix}.parquet"]


def test_partitions(tmp_path):
    values = ["a", "a/b", "ä =%", "", None, 7, "a"]
    text = lines(*({"id": i, "Day": value, "hour": i % 2} for i, value in enumerate(values))) + lines({"id": 9})
    reply = compared(tmp_path, [text], {"id": "int", "day": "string", "hour": "int"}, partition_by=["day", "hour"])
    assert {f["partition"]["day"] for f in reply["files"]} == {"a", "a/b", "ä =%", "7", "__HIVE_DEFAULT_PARTITION__"}


def test_a_thousand_partitions(tmp_path):
    text = lines(*({"id": i, "key": f"k{i % 1000}", "values": [i], "s": {"a": str(i)}} for i in range(5000)))
    columns = {"id": "int", "key": "string", "values": "array<int>", "s": "struct<a:string>"}
    reply = convert("native", tmp_path, [text], columns, partition_by=["key"])
    assert len(reply["files"]) == 1000 and {f["rows"] for f in reply["files"]} == {5}
    head, rows = table(reply)
    assert sorted(rows.splitlines()[1:], key=lambda row: int(row.split('"')[1])) == \
        [f'"{i}","[{i}]","{{a={i}}}"' for i in range(5000)]


def test_nothing_at_all(tmp_path):
    assert compared(tmp_path, ["", "oops\n"], {"id": "int"})["files"] == []


@pytest.mark.parametrize("engine", ENGINES)
def test_refusals(tmp_path, engine):
    for columns, more, reason in (({"id": "nothing"}, {}, "nothing"), ({"id": "int"}, {"partition_by": ["id"]}, "partition key"),
                                  ({"id": "int"}, {"codec": "lzo"}, "lzo")):
        with pytest.raises(JobFailed, match=reason):
            convert(engine, tmp_path, ['{"id": 1}'], columns, **more)


# --- where they differ, by design

def rows_of(engine, folder, text, columns):
    reply = convert(engine, folder, [text], columns)
    return [] if not reply["files"] else [row.strip('"') for row in table(reply)[1].splitlines()[1:]], reply["rejected_count"]


def test_difference_of_names_that_are_there_twice(tmp_path):
    text = '{"id": 1, "id": 2}\n'
    assert rows_of("native", tmp_path, text, {"id": "int"}) == (["2"], 0)  # the last one counts
    assert rows_of("duckdb", tmp_path, text, {"id": "int"}) == ([], 1)  # no JSON
    text = '{"id": 1, "ID": 2}\n'
    assert rows_of("native", tmp_path, text, {"id": "int"}) == (["2"], 0)  # the same name
    assert rows_of("duckdb", tmp_path, text, {"id": "int"}) == (["1"], 0)  # the exact one goes first


def test_difference_of_values_in_string_columns(tmp_path):
    text = '{"s": {"a" : [1, "\\u00e4"]}}\n'
    assert rows_of("native", tmp_path, text, {"s": "string"}) == (['{""a"" : [1, ""\\u00e4""]}'], 0)  # as it was written
    assert rows_of("duckdb", tmp_path, text, {"s": "string"}) == (['{""a"":[1,""ä""]}'], 0)  # written anew


def test_difference_of_numbers_that_no_double_holds(tmp_path):
    assert rows_of("native", tmp_path, '{"d": 1e400}\n{"d": 1}\n', {"d": "double"}) == (["1.0"], 1)
    assert rows_of("duckdb", tmp_path, '{"d": 1e400}\n{"d": 1}\n', {"d": "double"}) == (["Infinity", "1.0"], 0)
    assert rows_of("native", tmp_path, '{"d": -0}\n', {"d": "double"}) == (["-0.0"], 0)
    assert rows_of("duckdb", tmp_path, '{"d": -0}\n', {"d": "double"}) == (["0.0"], 0)


def test_difference_of_arrays_between_records(tmp_path):
    text = '{"id": 1}\n[{"id": 2}, {"id": 3}]\n{"id": 4}\n'
    assert rows_of("native", tmp_path, text, {"id": "int"}) == (["1", "2", "3", "4"], 0)  # an array's items are records wherever it is
    assert rows_of("duckdb", tmp_path, text, {"id": "int"}) == (["1", "4"], 1)  # only where it begins the file


def test_difference_of_nested_binary(tmp_path):
    columns = {"s": "struct<b:binary>"}
    assert rows_of("native", tmp_path, '{"s": {"b": "aGk="}}\n', columns) == (["{b=68 69}"], 0)
    with pytest.raises(JobFailed, match="binary inside a nested column"):
        convert("duckdb", tmp_path, ['{"s": {"b": "aGk="}}\n'], columns)


# --- through Glue

def tables_by_engine(lake, wait_until, name, put):
    """The same sources through a job of each engine; {engine: {table: (columns, rows)}} and the runs."""
    s3, glue = make_job(lake, name)
    put(s3, f"{name}-stage")
    assert crawl(glue, f"{name}_stage", wait_until)["Status"] == "SUCCEEDED"
    found, runs = {}, {}
    for engine in ("embedded", "duckdb"):
        database = f"{name}_{engine}"
        target = f"{name}-{engine}"
        s3.create_bucket(Bucket=target)
        glue.create_database(DatabaseInput={"Name": database})
        configuration = json.dumps({"Version": 1.0, "Grouping": {"TableLevelConfiguration": 2}})
        glue.create_crawler(Name=database, Role="r", DatabaseName=database, Targets={"S3Targets": [{"Path": f"s3://{target}/"}]},
                            Configuration=configuration)
        runs[engine] = run_job(glue, name, wait_until, Arguments={"--tarn-engine": engine, "--target_path": f"s3://{target}/",
                                                                  "--job-bookmark-option": "job-bookmark-disable"})
        assert crawl(glue, database, wait_until)["Status"] == "SUCCEEDED"
        found[engine] = {table: (t["StorageDescriptor"]["Columns"], athena_rows(lake, wait_until, database, table))
                         for table, t in tables_of(glue, database).items()}
        quarantine = [key for key in keys_of(s3, target) if key.startswith("_quarantine/")]
        found[engine]["quarantine"] = [(line["source"], line["offset"]) for key in quarantine for line in map(
            json.loads, s3.get_object(Bucket=target, Key=key)["Body"].read().splitlines())]
    return found, runs


def athena_rows(lake, wait_until, database, table):
    athena = lake.client("athena")
    query_id = athena.start_query_execution(QueryString=f'SELECT * FROM "{table}"', QueryExecutionContext={"Database": database},
                                            ResultConfiguration={"OutputLocation": f"s3://{database.replace('_', '-')}/_results/"}
                                            )["QueryExecutionId"]

    def over():
        status = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]["Status"]
        return status["State"] not in ("QUEUED", "RUNNING") and status
    status = wait_until(over, what="the query")
    assert status["State"] == "SUCCEEDED", status
    pages = athena.get_paginator("get_query_results").paginate(QueryExecutionId=query_id)
    rows = [tuple(cell.get("VarCharValue") for cell in row["Data"]) for page in pages for row in page["ResultSet"]["Rows"]]
    return rows[:1] + sorted(rows[1:], key=str)


def test_jobs_make_the_same_tables_of_the_sample_data(lake, wait_until):
    found, _ = tables_by_engine(lake, wait_until, "alike", put_samples)
    assert set(found["embedded"]) == {*COUNTS, "quarantine"}
    for name in COUNTS:
        assert found["embedded"][name] == found["duckdb"][name], name
        assert len(found["embedded"][name][1]) == COUNTS[name] + 1


def test_jobs_make_the_same_tables_of_generated_data(lake, wait_until):
    made = Records(11, plain=True)

    def put(s3, bucket):
        for i in range(4):
            s3.put_object(Bucket=bucket, Key=f"t/{i}.json", Body="\n".join(made.line() for _ in range(100)))
    found, _ = tables_by_engine(lake, wait_until, "random", put)
    assert len(found["embedded"]["quarantine"]) > 3
    assert found["embedded"]["t"][1] == found["duckdb"]["t"][1]
    assert found["embedded"] == found["duckdb"]


def test_engines_by_name(lake, wait_until):
    s3, glue = make_job(lake, "named")
    s3.upload_file(str(DATA / FILES["committees"]), "named-stage", "committees/1.json")
    crawl(glue, "named_stage", wait_until)
    for engine in ("native", "embedded", "duckdb"):
        run_job(glue, "named", wait_until, Arguments={"--tarn-engine": engine, "--job-bookmark-option": "job-bookmark-disable"})
    with pytest.raises(glue.exceptions.InvalidInputException, match="native"):
        glue.start_job_run(JobName="named", Arguments={"--tarn-engine": "spark"})
    crawl(glue, "named_analytics", wait_until)
    assert records(tables_of(glue, "named_analytics")["committees"]) == 3 * COUNTS["committees"]
