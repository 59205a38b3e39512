# SPDX-License-Identifier: Apache-2.0
"""The columnar engine as a library: installed, built against, run, and read from Python."""
import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest

from lake import tarn_program

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(tarn_program()).parent
EXAMPLES = ROOT / "examples" / "columnar"
ROWS = [{"id": i, "name": f"name {i}", "score": None if i % 3 else i / 2, "tags": ["a"] * (i % 4)} for i in range(1000)]

# What pyarrow makes of a file, as JSON.
READ = """
import ctypes, json, sys, pyarrow
tarn = ctypes.CDLL(sys.argv[1])
reader = ctypes.c_void_p()
paths = (ctypes.c_char_p * 1)(sys.argv[2].encode())
assert tarn.columnar_reader_open(paths, ctypes.c_size_t(1), None, ctypes.byref(reader), None) == 0
stream = (ctypes.c_void_p * 5)()
tarn.columnar_reader_stream(reader, stream)
batches = pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream))
table = batches.read_all()
table.validate(full=True)
print(json.dumps({"schema": [[f.name, str(f.type)] for f in table.schema], "rows": table.to_pylist()}, default=str))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The prefix of an installation, and the environment that finds it."""
    if b"sanitize" in (BUILD / "build.ninja").read_bytes():
        pytest.skip("a sanitizer's runtime is not in the programs that link the library")
    root = tmp_path_factory.mktemp("installed")
    options = json.loads(subprocess.run(["meson", "introspect", str(BUILD), "--buildoptions"], check=True, capture_output=True).stdout)
    option = {o["name"]: o["value"] for o in options}
    subprocess.run(["meson", "install", "-C", str(BUILD), "--no-rebuild", "--quiet", "--destdir", str(root)], check=True,
                   capture_output=True)
    libraries = root / option["prefix"].lstrip("/") / option["libdir"]
    environment = dict(os.environ, PKG_CONFIG_PATH=str(libraries / "pkgconfig"), PKG_CONFIG_SYSROOT_DIR=str(root),
                       LD_LIBRARY_PATH=str(libraries))
    return root / option["prefix"].lstrip("/"), libraries, environment


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    path = tmp_path_factory.mktemp("people") / "people.json"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def build(tmp_path, environment, *arguments):
    folder = tmp_path / "examples"
    shutil.copytree(EXAMPLES, folder)
    done = subprocess.run(["make", "-C", str(folder), *arguments], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "warning" not in done.stderr
    return folder


def check_examples(folder, environment, people):
    out = folder / "people.parquet"
    done = subprocess.run([folder / "convert", out], stdin=people.open(), env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1000 rows") and "struct<id:bigint,name:string,score:double,tags:array<string>>" in done.stdout
    facts = json.loads(subprocess.run([tarn_program(), "inspect", "--output", "json", str(out)], capture_output=True, check=True).stdout)
    assert "1000" in json.dumps(facts)
    done = subprocess.run([folder / "arrow", people], env=environment, capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["id", "l", "0", "nulls,", str(sum(range(1000)))]
    assert lines[1].split()[:2] == ["name", "u"]
    assert lines[2].split() == ["score", "g", "666", "nulls,", f"{sum(i / 2 for i in range(0, 1000, 3)):.10g}"]
    assert lines[4] == "1000 rows"
    done = subprocess.run([folder / "arrow", folder / "none"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "none" in done.stderr


def test_what_is_installed(installed):
    prefix, libraries, _ = installed
    assert (prefix / "include" / "tarn" / "columnar.h").exists()
    assert (libraries / "libtarn-columnar.so").resolve() == (libraries / "libtarn-columnar.so.0").resolve()
    dynamic = subprocess.run(["readelf", "-d", libraries / "libtarn-columnar.so.0"], capture_output=True, text=True, check=True).stdout
    assert "soname: [libtarn-columnar.so.0]" in dynamic
    assert (prefix / "share" / "tarn" / "examples" / "columnar" / "Makefile").exists()


@pytest.mark.parametrize("name,flags", [("libtarn-columnar.a", ["-g"]), ("libtarn-columnar.so.0", ["-D"])])
def test_only_its_own_names_are_global(installed, name, flags):
    text = subprocess.run(["nm", *flags, "--defined-only", installed[1] / name], capture_output=True, text=True, check=True).stdout
    names = [line.split()[-1] for line in text.splitlines() if len(line.split()) == 3]
    assert "columnar_convert_files" in names
    assert [n for n in names if not n.startswith("columnar_")] == []


def test_examples_shared(installed, tmp_path, people):
    check_examples(build(tmp_path, installed[2]), installed[2], people)


def test_examples_static(installed, tmp_path, people):
    folder = build(tmp_path, installed[2], "STATIC=1")
    needed = subprocess.run(["readelf", "-d", folder / "convert"], capture_output=True, text=True, check=True).stdout
    assert "tarn" not in needed
    check_examples(folder, {"PATH": os.environ["PATH"]}, people)


def test_the_header_is_cplusplus_too(installed, tmp_path):
    source = tmp_path / "main.cc"
    source.write_text('#include <tarn/columnar.h>\n#include <cstring>\n'
                      'int main() { columnar_options options = COLUMNAR_OPTIONS; columnar_reader *reader;\n'
                      'return columnar_reader_open_push(&options, &reader, nullptr) || (columnar_reader_free(reader), 0); }\n')
    flags = subprocess.run(["pkg-config", "--cflags", "--libs", "tarn-columnar"], env=installed[2], capture_output=True, text=True,
                           check=True).stdout.split()
    subprocess.run(["c++", "-Wall", "-Wextra", "-Werror", "-std=c++17", "-o", tmp_path / "main", source, *flags], check=True)
    subprocess.run([tmp_path / "main"], env=installed[2], check=True)


def python_with_pyarrow():
    for python in (sys.executable, "python3", "/usr/bin/python3"):
        found = subprocess.run([python, "-c", "import pyarrow"], capture_output=True, check=False)
        if found.returncode == 0:
            return python
    return pytest.skip("no Python here has pyarrow")


def test_pyarrow_takes_streams(installed, tmp_path):
    rows = [{"i": 1, "d": 0.5, "s": "é", "b": True, "day": "2024-02-29", "at": "2024-02-29T01:02:03", "utc": "2024-02-29T01:02:03Z",
             "list": [1, None], "deep": {"x": [{"y": "z"}]}, "big": 12345678901234567890}, {"i": None}, {"list": [], "deep": {}}]
    path = tmp_path / "rows.json"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    done = subprocess.run([python_with_pyarrow(), "-c", READ, str(installed[1] / "libtarn-columnar.so.0"), str(path)],
                          env=installed[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    table = json.loads(done.stdout)
    assert table["schema"] == [
        ["i", "int64"], ["d", "double"], ["s", "string"], ["b", "bool"], ["day", "date32[day]"], ["at", "timestamp[us]"],
        ["utc", "timestamp[us, tz=UTC]"], ["list", "list<element: int64>"],
        ["deep", "struct<x: list<element: struct<y: string>>>"], ["big", "decimal128(38, 0)"]]
    first = dict(rows[0], at="2024-02-29 01:02:03", utc="2024-02-29 01:02:03+00:00", big="12345678901234567890")
    nothing = dict.fromkeys(first)
    assert table["rows"] == [first, nothing, dict(nothing, list=[], deep={"x": None})]
