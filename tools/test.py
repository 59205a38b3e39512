#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of a build folder and ends in one line: "N passed, N failed[, N skipped]".

    tools/test.py BUILD [--unit-only]

Unit tests (cmocka, by meson) come first, then random JSON against what readers of Parquet find (tests/columnar), then
tests/wire and tests/crash (pytest) against BUILD/tarn, so that the first failure is the most basic one; then, where clang is, a
short while of fuzzing. Every single test is counted, not every program.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def count(pattern, text):
    return sum(int(n) for n in re.findall(pattern, text))


def run_unit(build):
    """cmocka reports each group's sums on stderr; a program that dies reports nothing and counts as one failure."""
    environment = dict(os.environ, ASAN_OPTIONS="detect_leaks=1", UBSAN_OPTIONS="halt_on_error=1:print_stacktrace=1")
    done = subprocess.run(["meson", "test", "-C", build, "--no-rebuild", "--suite", "unit", "--print-errorlogs"],
                          env=environment, check=False)
    log = os.path.join(build, "meson-logs", "testlog.json")
    passed = failed = skipped = 0
    if os.path.exists(log):
        with open(log, encoding="utf-8") as lines:
            for line in lines:
                test = json.loads(line)
                text = test.get("stdout", "") + "\n" + test.get("stderr", "")
                ok = count(r"\[  PASSED  \] (\d+) test", text)
                bad = count(r"\[  FAILED  \].*?(\d+) test\(s\), listed below", text)
                skips = count(r"\[  SKIPPED \].*?(\d+) test\(s\), listed below", text)
                if test["result"] not in ("OK", "EXPECTEDFAIL", "SKIP") and bad == 0:
                    bad = 1
                passed, failed, skipped = passed + ok, failed + bad, skipped + skips
    if done.returncode != 0 and failed == 0:
        failed = 1
    return passed, failed, skipped


def run_pytest(build, folder):
    path = os.path.join(ROOT, "tests", folder)
    if not any(name.startswith("test_") for name in os.listdir(path)):
        return 0, 0, 0
    with tempfile.TemporaryDirectory() as temporary:
        report = os.path.join(temporary, "report.xml")
        environment = dict(os.environ, TARN_PROGRAM=os.path.join(os.path.abspath(build), "tarn"))
        done = subprocess.run(["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                               "--junitxml", report, path], cwd=ROOT, env=environment, check=False)
        passed = failed = skipped = 0
        if os.path.exists(report):
            for suite in ElementTree.parse(report).getroot().iter("testsuite"):
                bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
                skips = int(suite.get("skipped", 0))
                passed += int(suite.get("tests", 0)) - bad - skips
                failed, skipped = failed + bad, skipped + skips
        if done.returncode not in (0, 5) and failed == 0:
            failed = 1
    return passed, failed, skipped


def run_differential(build):
    """It says itself what it cannot compare with here. pyarrow may belong to another Python than Debian's."""
    program = os.path.join(ROOT, "tests", "columnar", "differential.py")
    with_arrow = subprocess.run(["python3", "-c", "import pyarrow"], capture_output=True, check=False).returncode == 0
    python = "python3" if with_arrow else "/usr/bin/python3"
    passed = failed = skipped = 0
    for arguments in (["--self-test"], []):
        done = subprocess.run([python, program, build] + arguments, stdout=subprocess.PIPE, text=True, check=False)
        print(done.stdout, end="", flush=True)
        last = done.stdout.strip().splitlines()[-1:] or [""]
        passed, failed, skipped = (before + count(rf"(\d+) {what}", last[0])
                                   for before, what in zip((passed, failed, skipped), ("passed", "failed", "skipped")))
        failed += done.returncode != 0 and count(r"(\d+) failed", last[0]) == 0
    return passed, failed, skipped


def run_spark(build):
    done = subprocess.run(["python3", os.path.join(ROOT, "tests", "columnar", "spark.py"), build], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True, check=False)
    print(done.stdout, end="", flush=True)
    last = done.stdout.strip().splitlines()[-1:] or [""]
    passed, failed, skipped = (count(rf"(\d+) {what}", last[0]) for what in ("passed", "failed", "skipped"))
    return passed, failed or int(done.returncode != 0), skipped


FUZZ_SECONDS = 20  # for each target
FUZZ_TARGETS = ["columnar_json", "columnar_number", "columnar_convert", "footer"]


def has_libfuzzer():
    """clang and its runtime are two packages."""
    if not shutil.which("clang"):
        return False
    target = "#include <stddef.h>\nint LLVMFuzzerTestOneInput(const char *p, size_t n) { return p != 0 && n > 99; }\n"
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run(["clang", "-fsanitize=fuzzer,address", "-x", "c", "-", "-o", os.path.join(folder, "target")], input=target,
                              text=True, capture_output=True, check=False).returncode == 0


def run_fuzz():
    """What reads files from strangers, by libFuzzer. Without it the unit tests' replays of the corpora must do."""
    if not has_libfuzzer():
        print("fuzz: no clang with libFuzzer here: the corpora were replayed only")
        return 0, 0, 0
    options = ["-Dfuzz=true", "-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dc_args=-fsanitize=fuzzer-no-link"]
    built = subprocess.run([os.path.join(ROOT, "tools", "build.sh"), "build-fuzz"] + options,
                           env=dict(os.environ, CC="clang", NINJA_TARGETS=" ".join(f"fuzz/fuzz_{name}" for name in FUZZ_TARGETS)), check=False)
    failed = int(built.returncode != 0)
    passed = 0
    for name in FUZZ_TARGETS if not failed else []:
        with tempfile.TemporaryDirectory() as found:
            done = subprocess.run([os.path.join(ROOT, "build-fuzz", "fuzz", f"fuzz_{name}"), f"-max_total_time={FUZZ_SECONDS}", "-max_len=1000",
                                   "-verbosity=0", f"-artifact_prefix={os.path.join(ROOT, 'build-fuzz')}/{name}-", found,
                                   os.path.join(ROOT, "fuzz", "corpus", name)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode != 0:
            print(done.stderr[-6000:], flush=True)
        passed, failed = passed + (done.returncode == 0), failed + (done.returncode != 0)
    return passed, failed, 0


def main():
    build = sys.argv[1]
    suites = [run_unit(build)]
    if "--unit-only" not in sys.argv[2:]:
        suites += [run_differential(build), run_spark(build), run_pytest(build, "wire"), run_pytest(build, "crash"), run_fuzz()]
    passed, failed, skipped = (sum(column) for column in zip(*suites))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
