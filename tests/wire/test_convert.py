# SPDX-License-Identifier: Apache-2.0
"""tarn convert, which needs no server: its options, its words, and what it leaves behind."""
import gzip
import json
import os
import subprocess

import pytest

from lake import tarn_program

RECORDS = [{"id": i, "day": f"2026-01-{i % 3 + 1:02d}", "name": f"name {i}", "nested": {"x": [i]}} for i in range(30)]
LINES = "".join(json.dumps(record) + "\n" for record in RECORDS)


def convert(*arguments, stdin=None, cwd=None):
    return subprocess.run([tarn_program(), "convert", *map(str, arguments)], input=stdin, capture_output=True, timeout=120, cwd=cwd)


def summary(*arguments, **more):
    done = convert(*arguments, "--output", "json", **more)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def refused(*arguments, status=1, **more):
    done = convert(*arguments, **more)
    assert done.returncode == status and done.stdout == b"", done
    return done.stderr.decode()


def inspect(path):
    done = subprocess.run([tarn_program(), "inspect", "--output", "json", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def files_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.json"
    path.write_text(LINES)
    return path


# --- where text comes from, where files go


def test_a_file(source, tmp_path):
    done = convert(source, "-o", tmp_path / "out.parquet")
    assert done.returncode == 0 and done.stderr == b""
    assert done.stdout.startswith(b"30 rows, 4 columns: ") and b" in 1 file, " in done.stdout
    found = inspect(tmp_path / "out.parquet")
    assert found["num_rows"] == 30
    assert [(column["name"], column["type"]) for column in found["columns"]] == [
        ("id", "bigint"), ("day", "date"), ("name", "string"), ("nested", "struct<x:array<bigint>>")]


def test_a_summary_as_json(source, tmp_path):
    out = tmp_path / "out.parquet"
    found = summary(source, "-o", out)
    assert found["rows"] == 30 and found["rejected"] == 0 and found["passes"] == 1
    assert found["text_bytes"] == found["stored_bytes"] == len(LINES)
    assert found["files"] == [{"path": str(out), "rows": 30, "bytes": out.stat().st_size}]
    assert found["output_bytes"] == out.stat().st_size
    assert found["schema"] == "struct<id:bigint,day:date,name:string,nested:struct<x:array<bigint>>>"
    assert found["columns"][0] == {"name": "id", "type": "bigint"}


def test_options_may_stand_anywhere(source, tmp_path):
    found = summary("--codec=zstd", "-o", tmp_path / "out", source, "--level", "3", source)
    assert found["rows"] == 60
    assert files_below(tmp_path / "out") == ["part-00000.zstd.parquet"]


def test_standard_input_piped_redirected_and_compressed(source, tmp_path):
    out = tmp_path / "out.parquet"
    assert summary("-", "-o", out, stdin=LINES.encode())["rows"] == 30
    with open(source, "rb") as file:
        done = subprocess.run([tarn_program(), "convert", "-", "-o", str(out), "--output", "json"], stdin=file, capture_output=True, timeout=60)
    assert json.loads(done.stdout)["rows"] == 30
    found = summary("-", "-o", out, stdin=gzip.compress(LINES.encode()))
    assert found["rows"] == 30 and found["text_bytes"] == len(LINES)
    assert summary("-", "-o", out, stdin=b"")["rows"] == 0


def test_a_file_in_the_working_folder(tmp_path):
    (tmp_path / "in.json").write_text(LINES)
    assert summary("in.json", "-o", "out.parquet", cwd=tmp_path)["rows"] == 30
    assert summary("in.json", "-o", "folder", "--partition-by", "day", cwd=tmp_path)["rows"] == 30
    assert len(files_below(tmp_path / "folder")) == 3


def test_folders_are_made(source, tmp_path):
    assert summary(source, "-o", tmp_path / "a/b/out.parquet")["rows"] == 30
    assert summary(source, "-o", tmp_path / "c/d/")["rows"] == 30
    assert files_below(tmp_path / "a") == ["b/out.parquet"] and files_below(tmp_path / "c") == ["d/part-00000.snappy.parquet"]


@pytest.mark.parametrize("codec, suffix", [("snappy", ".snappy"), ("zstd", ".zstd"), ("lz4", ".lz4"), ("gzip", ".gz"), ("none", "")])
def test_codecs_are_in_the_names_of_parts(source, tmp_path, codec, suffix):
    summary(source, "-o", tmp_path / "out", "--codec", codec)
    assert files_below(tmp_path / "out") == [f"part-00000{suffix}.parquet"]


def test_parts_of_a_limited_size(source, tmp_path):
    found = summary(source, "-o", tmp_path / "out", "--file-bytes", 1, "--row-group-rows", 10)
    assert [file["rows"] for file in found["files"]] == [10, 10, 10]
    assert files_below(tmp_path / "out") == [f"part-0000{i}.snappy.parquet" for i in range(3)]


def test_partitions(tmp_path):
    rows = [{"id": 1, "k": "a/b", "n": 1}, {"id": 2, "k": None, "n": 1}, {"id": 3, "k": "", "n": None}, {"id": 4, "n": 2}, {"id": 5, "k": "ж=", "n": 2}]
    (tmp_path / "in.json").write_text("".join(json.dumps(row) + "\n" for row in rows))
    found = summary(tmp_path / "in.json", "-o", tmp_path / "out", "--partition-by", "K, n")
    none = "__HIVE_DEFAULT_PARTITION__"
    assert {file["path"][len(str(tmp_path)) + 5:]: file["rows"] for file in found["files"]} == {
        f"{folder}/part-00000.snappy.parquet": 1
        for folder in ("k=a%2Fb/n=1", f"k={none}/n=1", f"k={none}/n={none}", f"k={none}/n=2", "k=ж%3D/n=2")}
    for file in found["files"]:
        assert [column["name"] for column in inspect(file["path"])["columns"]] == ["id"]


def test_an_output_that_is_there_is_replaced(source, tmp_path):
    out = tmp_path / "out.parquet"
    out.write_text("something else")
    summary(source, "-o", out)
    assert inspect(out)["num_rows"] == 30


# --- records that are rejected


def test_a_broken_record_is_an_error_that_says_where(tmp_path):
    path = tmp_path / "in.json"
    path.write_text('{"a":1}\n{"a":2}\n{"a":tru}\n')
    text = refused(path, "-o", tmp_path / "new/out.parquet")
    assert text == f"tarn: convert: {path}, line 3, byte 16: invalid JSON at byte 5: expected a value (--quarantine FILE sets such records aside)\n"
    assert files_below(tmp_path) == ["in.json"] and not (tmp_path / "new").exists()


def test_a_quarantine(tmp_path):
    first, second, aside = tmp_path / "1.json", tmp_path / "2.json.gz", tmp_path / "aside.ndjson"
    first.write_bytes(b'{"a":1}\n{"a":tru}\n{"a":"x\xff"}\n')
    second.write_bytes(gzip.compress(b'[{"a":2},\n{"a":"no"},\n3,{"a":4}]'))
    found = summary(first, second, "-o", tmp_path / "out.parquet", "--schema", "struct<a:bigint>", "--quarantine", aside)
    assert found["rows"] == 3 and found["rejected"] == 4
    lines = [json.loads(line) for line in aside.read_bytes().decode().splitlines()]
    assert [(line["source"], line["line"], line["offset"], line["bytes"], line["reason"]) for line in lines] == [
        (str(first), 2, 8, 9, "invalid JSON at byte 5: expected a value"),
        (str(first), 3, 18, 10, "invalid JSON at byte 7: expected UTF-8"),
        (str(second), 2, 10, 10, 'a: not a bigint: "no"'),
        (str(second), 3, 22, 1, "the record is not an object"),
    ]
    assert lines[0]["record"] == '{"a":tru}' and lines[2]["record"] == '{"a":"no"}'


def test_a_quarantine_of_nothing_is_empty(source, tmp_path):
    done = convert(source, "-o", tmp_path / "out.parquet", "--quarantine", tmp_path / "aside")
    assert done.returncode == 0 and (tmp_path / "aside").read_bytes() == b""


def test_the_summary_tells_of_the_quarantine(tmp_path):
    (tmp_path / "in.json").write_text("{}\n?\n")
    done = convert(tmp_path / "in.json", "-o", tmp_path / "out.parquet", "--quarantine", tmp_path / "aside")
    assert done.stdout.decode().splitlines()[1] == f"1 records are in quarantine: {tmp_path / 'aside'}"


# --- why a column has its type


def test_explanations(tmp_path):
    path = tmp_path / "in.json"
    path.write_text('{"a":1,"b":{"c":[1]}}\n{"a":1.5,"b":{"c":[true]}}\n{"a":"x"}\n')
    found = summary(path, "-o", tmp_path / "out.parquet", "--explain")
    assert found["explanations"] == [
        {"column": "a", "from": "bigint", "to": "double", "source": str(path), "offset": 22, "value": "1.5"},
        {"column": "b.c[]", "from": "bigint", "to": "string", "source": str(path), "offset": 22, "value": "true"},
        {"column": "a", "from": "double", "to": "string", "source": str(path), "offset": 49, "value": '"x"'},
    ]
    counts = {"strings": 0, "numbers": 0, "booleans": 0, "lists": 0, "structs": 0}
    assert found["mixed"] == [{"column": "a", **counts, "strings": 1, "numbers": 2},
                              {"column": "b.c[]", **counts, "numbers": 1, "booleans": 1}]
    text = convert(path, "-o", tmp_path / "out.parquet", "--explain").stdout.decode()
    assert "      a holds 1 string, 2 numbers\n" in text
    assert f'      a: double until {path}, byte 49, has "x"; then string\n' in text
    assert "  b: struct<c:array<string>>\n" in text and f"      b.c[]: bigint until {path}, byte 22, has true; then string\n" in text


@pytest.mark.parametrize("mode, schema", [
    ("full", "struct<z:bigint,a:date,m:string>"),
    ("glue", "struct<z:int,a:string,m:string>"),
    ("spark", "struct<a:string,m:string,z:bigint>"),
])
def test_modes(tmp_path, mode, schema):
    (tmp_path / "in.json").write_text('{"z":1,"a":"2024-01-01","m":"x"}\n')
    assert summary(tmp_path / "in.json", "-o", tmp_path / "out.parquet", "--infer", mode)["schema"] == schema


def test_bloom_filters(source, tmp_path):
    out = tmp_path / "out.parquet"
    summary(source, "-o", out, "--bloom", "name,nested.x.list.element")
    blooms = [chunk["path"] for chunk in inspect(out)["row_groups"][0]["columns"] if chunk.get("bloom_filter")]
    assert blooms == ["name", "nested.x.list.element"]


# --- wrong usage says what is right


@pytest.mark.parametrize("options, words", [
    (["--codec", "lzo"], "--codec lzo: it is one of snappy, zstd, lz4, gzip, none"),
    (["--profile", "x"], "--profile x: it is one of compat, modern"),
    (["--infer", "x"], "--infer x: it is one of full, glue, spark"),
    (["--threads", "0"], "--threads 0: a whole number from 1 to 256"),
    (["--level", "99"], "--level 99: a whole number from 1 to 22"),
    (["--row-group-rows", "1.5"], "--row-group-rows 1.5: a whole number from 1 to 2147483647"),
    (["--partition-by", "day,"], "--partition-by day,: a list of up to 64 names"),
    (["--partition-by", "day"], "is one file; with --partition-by and --file-bytes name a folder"),
    (["--output", "xml"], "--output xml: it is one of table, json"),
])
def test_wrong_options(source, tmp_path, options, words):
    assert words in refused(source, "-o", tmp_path / "out.parquet", *options, status=2)
    assert files_below(tmp_path) == ["in.json"]


@pytest.mark.parametrize("options, words", [
    (["--schema", "bigint"], "the schema is not a struct with columns: bigint"),
    (["--schema", "struct<a:what>"], "what"),
    (["--partition-by", "nothing"], "there is no column nothing to partition by"),
    (["--partition-by", "nested"], "the partition column nested is nested"),
])
def test_settings_that_do_not_fit_the_data(source, tmp_path, options, words):
    assert words in refused(source, "-o", tmp_path / "out", *options)
    assert files_below(tmp_path) == ["in.json"] and not (tmp_path / "out").exists()


def test_missing_arguments(source, tmp_path):
    for arguments in ([], [source], ["-o", tmp_path / "out"]):
        assert refused(*arguments, status=2) == "tarn: convert: which files, and where to? See tarn convert --help\n"


def test_sources_that_cannot_be_read(tmp_path):
    assert "No such file" in refused(tmp_path / "none.json", "-o", tmp_path / "out.parquet")
    assert "is not a regular file" in refused(tmp_path, "-o", tmp_path / "out.parquet")
    (tmp_path / "in.gz").write_bytes(gzip.compress(LINES.encode())[:-9])
    assert f"{tmp_path / 'in.gz'}: the compressed data ends too early at byte " in refused(tmp_path / "in.gz", "-o", tmp_path / "out.parquet")
    assert files_below(tmp_path) == ["in.gz"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_output_that_cannot_be_written(source, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "cannot write in" in refused(source, "-o", tmp_path / "closed/out.parquet")


def test_an_output_below_a_file(source):
    assert "in.json" in refused(source, "-o", source / "out.parquet")


def test_help():
    done = convert("--help")
    assert done.returncode == 0 and done.stderr == b""
    for option in ("--schema", "--infer", "--codec", "--level", "--profile", "--partition-by", "--bloom", "--row-group-rows", "--row-group-bytes",
                   "--file-bytes", "--threads", "--quarantine", "--explain", "--output"):
        assert option.encode() in done.stdout
