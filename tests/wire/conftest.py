# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the wire tests.

`lake`        a server shared by the tests of one file: use names of your own for what you make in it
`fresh_lake`  a server of the test's own, for tests that kill it, count everything, or move its clock far
`wait_until`  waits for a condition that has no event to wait on (work in the background), with a deadline

Run: /usr/bin/python3 -m pytest tests/wire
"""

import pathlib
import sys
import time

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lake import Lake  # noqa: E402


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A failed test shows the end of its server's log."""
    outcome = yield
    report = outcome.get_result()
    for name in ("lake", "fresh_lake"):
        server = getattr(item, "funcargs", {}).get(name)
        if report.failed and server is not None:
            report.sections.append((f"{name}'s log", "\n".join(server.log().splitlines()[-60:])))


def _serve(folder):
    server = Lake(folder).start()
    try:
        yield server
    finally:
        if server.process:
            status = server.stop()
            assert status == 0, f"tarn serve ended with {status}\n{server.log()[-4000:]}"


@pytest.fixture(scope="module")
def lake(tmp_path_factory):
    yield from _serve(tmp_path_factory.mktemp("lake"))


@pytest.fixture
def fresh_lake(tmp_path):
    yield from _serve(tmp_path)


@pytest.fixture(scope="session")
def wait_until():
    def wait(condition, seconds=20, what="the condition"):
        """Returns what `condition()` returned as soon as that is true."""
        deadline = time.monotonic() + seconds
        while True:
            value = condition()
            if value:
                return value
            if time.monotonic() > deadline:
                pytest.fail(f"{what} did not come true within {seconds} s")
            time.sleep(0.01)  # between looks, not instead of one

    return wait
