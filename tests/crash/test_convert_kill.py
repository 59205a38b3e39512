# SPDX-License-Identifier: Apache-2.0
"""tarn convert, killed, interrupted or failing while it writes: nothing is left behind, and what was there before is as it was."""
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "wire"))

from lake import tarn_program  # noqa: E402

SLOW = ["--threads", "1", "--codec", "zstd", "--level", "19", "--row-group-rows", "2000"]


def everything_below(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    rng = random.Random(7)
    path = tmp_path_factory.mktemp("source") / "in.json"
    with open(path, "w") as file:
        for i in range(150_000):
            file.write(json.dumps({"id": i, "token": rng.getrandbits(160), "text": " ".join(rng.choices(["ab", "cde", "fghi", "jk"], k=12))}) + "\n")
    return path


def bytes_written(process):
    """To files without a name."""
    total = 0
    for name in os.listdir(f"/proc/{process.pid}/fd"):
        try:
            if os.readlink(f"/proc/{process.pid}/fd/{name}").endswith("(deleted)"):
                total += os.stat(f"/proc/{process.pid}/fd/{name}").st_size
        except OSError:
            pass  # closed meanwhile
    return total


def begin(*arguments, **more):
    return subprocess.Popen([tarn_program(), "convert", *map(str, arguments)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def stop_while_it_writes(process, number):
    deadline = time.monotonic() + 60
    while bytes_written(process) < 100_000:
        assert process.poll() is None, "it was done before anything was seen of it"
        assert time.monotonic() < deadline, "nothing was written within 60 s"
        time.sleep(0.002)  # between looks
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
@pytest.mark.parametrize("out", ["out.parquet", "new/out.parquet", "folder", "parts"])
def test_stopped(source, tmp_path, number, out):
    more = ["--partition-by", "part"] if out == "parts" else []
    schema = ["--schema", "struct<id:bigint,token:string,text:string,part:string>"] if more else []
    aside = ["--quarantine", tmp_path / "aside"]
    stop_while_it_writes(begin(source, "-o", tmp_path / out, *SLOW, *more, *schema, *aside), number)
    assert everything_below(tmp_path) == []


def test_what_was_there_stays(source, tmp_path):
    out = tmp_path / "out.parquet"
    out.write_text("what was there")
    stop_while_it_writes(begin(source, "-o", out, *SLOW), signal.SIGKILL)
    assert out.read_text() == "what was there" and everything_below(tmp_path) == ["out.parquet"]


def test_a_conversion_that_fails_at_the_end(source, tmp_path):
    out, broken = tmp_path / "out.parquet", tmp_path / "broken.json"
    out.write_text("what was there")
    broken.write_text('{"id":')
    process = begin(source, broken, "-o", out, "--quarantine", tmp_path / "no/such/folder")
    assert b"no/such" in process.communicate(timeout=120)[1] and process.returncode == 1
    process = begin(source, broken, "-o", out)
    assert b"broken.json, line 1, byte 0: " in process.communicate(timeout=120)[1] and process.returncode == 1
    assert out.read_text() == "what was there" and everything_below(tmp_path) == ["broken.json", "out.parquet"]


def test_killed_while_standard_input_is_copied(tmp_path):
    process = begin("-", "-o", tmp_path / "out.parquet", stdin=subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)})
    record = b'{"a":"' + b"x" * 1000 + b'"}\n'
    process.stdin.write(record * 1000)
    process.stdin.flush()
    deadline = time.monotonic() + 60
    while bytes_written(process) < 900_000:
        assert time.monotonic() < deadline and process.poll() is None
        time.sleep(0.002)  # between looks
    process.kill()
    process.wait(timeout=60)
    process.stdin.close()
    process.stdout.close()
    process.stderr.close()
    assert everything_below(tmp_path) == []


def test_a_full_disk(source, tmp_path):
    """A limit on the size of files stands for it: SIGXFSZ is ignored, the write fails."""
    def limit():
        import resource
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    process = begin(source, "-o", tmp_path / "new/out.parquet", preexec_fn=limit)
    assert b"tarn: convert: " in process.communicate(timeout=120)[1] and process.returncode == 1
    assert everything_below(tmp_path) == []
