#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of a build folder and ends in one line: "N passed, N failed[, N skipped]".

    tools/test.py BUILD [--unit-only]

Unit tests (cmocka, by meson) come first, then tests/wire and tests/crash (pytest) against BUILD/tarn, so that the
first failure is the most basic one. Every single test is counted, not every program.
"""
import json
import os
import re
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


def main():
    build = sys.argv[1]
    suites = [run_unit(build)]
    if "--unit-only" not in sys.argv[2:]:
        suites += [run_pytest(build, "wire"), run_pytest(build, "crash")]
    passed, failed, skipped = (sum(column) for column in zip(*suites))
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""), flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
