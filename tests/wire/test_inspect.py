# SPDX-License-Identifier: Apache-2.0
"""tarn inspect, which needs no server. Its files are footers of the fuzzer's corpus behind a hole where the data was."""
import json
import pathlib
import subprocess

import pytest

from lake import tarn_program

CORPUS = pathlib.Path(__file__).parents[2] / "fuzz" / "corpus" / "footer"
HOLE_BYTES = 2 << 20


def inspect(*arguments):
    return subprocess.run([tarn_program(), "inspect", *map(str, arguments)], capture_output=True, text=True, timeout=60)


@pytest.fixture
def parquet(tmp_path):
    def make(name):
        path = tmp_path / f"{name}.parquet"
        with open(path, "wb") as file:
            file.write(b"PAR1")
            file.seek(HOLE_BYTES)
            file.write((CORPUS / name).read_bytes())
        return path

    return make


def document(path):
    done = inspect("--output", "json", path)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_file_as_tables(parquet):
    done = inspect(parquet("alltypes_plain"))
    assert done.returncode == 0 and done.stderr == ""
    lines = [line.split() for line in done.stdout.splitlines()]
    assert ["rows", "8"] in lines and ["row", "groups", "1"] in lines
    assert ["bigint_col", "optional", "INT64", "bigint"] in lines
    assert ["timestamp_col", "optional", "INT96", "timestamp"] in lines
    assert "impala version 1.3.0" in done.stdout and "PLAIN_DICTIONARY" in done.stdout


def test_nested_fields_are_indented(parquet):
    out = inspect(parquet("nested_lists.snappy")).stdout
    assert "array<array<array<string>>>" in out
    depths = [len(line) - len(line.lstrip()) for line in out.splitlines() if " LIST " in line + " "]
    assert depths == [0, 4, 8]


def test_a_file_as_json(parquet):
    found = document(parquet("noarrow"))
    types = {column["name"]: column["type"] for column in found["columns"]}
    assert types["u32"] == "bigint" and types["u64"] == "decimal(20,0)" and types["d38"] == "decimal(38,4)"
    assert types["m"] == "map<string,bigint>" and types["ts_utc"] == "timestamp" and types["dup_1"] == "bigint"
    chunks = {chunk["path"]: chunk for chunk in found["row_groups"][0]["columns"]}
    assert chunks["u64"]["statistics"]["max"] == "18000000000000000049"
    assert chunks["date"]["statistics"]["min"] == "1960-02-28"
    assert chunks["ts_us"]["statistics"]["min"] == "1950-03-01 01:02:03.456789"
    assert chunks["d9"]["statistics"]["max"] == "0.49"
    assert found["num_rows"] == 50 and found["bytes"] > HOLE_BYTES


def test_many_row_groups_are_summed_up(parquet):
    path = parquet("mixed")
    few, all_of_them = inspect(path).stdout, inspect("--row-groups", path).stdout
    assert "all row groups" in few and "row group 4, 10 rows" not in few
    assert "all row groups" not in all_of_them and "row group 4, 10 rows" in all_of_them
    rows = [line.split() for line in few.splitlines() if line.startswith("i64 ")]
    assert rows[-1][1] == "50"


def test_what_cannot_be_read_does_not_hide_the_others(parquet, tmp_path):
    cut = tmp_path / "cut.parquet"
    cut.write_bytes(b"PAR1" + b"x" * 100)
    text = tmp_path / "rows.json"
    text.write_text('{"a": 1}\n{"a": 2}\n')
    done = inspect(cut, text, parquet("enc_footer"), tmp_path / "nowhere.parquet", parquet("alltypes_plain"))
    assert done.returncode == 1 and "timestamp_col" in done.stdout
    reasons = done.stderr.splitlines()
    assert len(reasons) == 4
    for reason, words in zip(reasons, ("cut short", "looks like JSON", "encrypted", "nowhere.parquet")):
        assert words in reason, reason


def test_every_footer_of_the_corpus_is_read_or_refused(parquet):
    for path in sorted(CORPUS.iterdir()):
        done = inspect("--output", "json", parquet(path.name))
        assert done.returncode in (0, 1), (path.name, done.returncode)
        assert (done.returncode == 1) == bool(done.stderr) and bool(done.stderr) != bool(done.stdout), path.name


def test_usage():
    assert inspect().returncode == 2 and "name the files" in inspect().stderr
    assert inspect("--output", "csv", "x").returncode == 2
    assert inspect("--nonsense", "x").returncode == 2
    done = inspect("--help")
    assert done.returncode == 0 and done.stdout.startswith("Usage: tarn inspect")
