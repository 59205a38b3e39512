# SPDX-License-Identifier: Apache-2.0
"""Every public operation of every service must have succeeded at least once in this session: an operation that no client ever
calls is not known to work. Runs last, by its name; it is skipped when only a part of the suite ran."""
import json
import pathlib
import re
import subprocess

import pytest

import lake as lake_module

# Operations that can only refuse, as what they ask for cannot be made here: it is enough that a test has called them.
ONLY_REFUSE = {("s3", name) for name in ("GetBucketCors", "GetBucketLifecycleConfiguration", "GetBucketReplication", "GetBucketWebsite",
                                         "GetObjectLockConfiguration")}

# (service, operation) -> why no test calls it.
EXCEPTIONS = {}

# README's names, where they are not a part of the service's title.
NAMES = {"scheduler": "Scheduler", "sts": "STS", "iam": "IAM", "ssm": "SSM"}


def table(*arguments):
    command = [lake_module.tarn_program(), "api", *arguments, "--output", "json"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def public_operations():
    services = [row["service"] for row in table()]
    return {(service, row["operation"]) for service in services for row in table(service)}


def test_the_readme_counts_them():
    """The table of services in README.md says how many operations each has."""
    lines = (lake_module.ROOT / "README.md").read_text().splitlines()
    said = {m[1]: int(m[2]) for m in (re.match(r"\| ([^|]+) \| (\d+) \|", line) for line in lines) if m}
    for row in table():
        name = next((n for n in said if n in NAMES.get(row["service"], row["title"])), None)
        assert name, f"README.md has no row for {row['title']}"
        assert said[name] == int(row["operations"]), f"README.md says {said[name]} operations of {name}; they are {row['operations']}"


def is_whole_suite(session):
    files = {path.name for path in pathlib.Path(__file__).parent.glob("test_*.py")}
    chosen = {pathlib.Path(str(item.fspath)).name for item in session.items}
    option = session.config.option
    part = option.keyword or option.markexpr or getattr(option, "deselect", None) or any("::" in a for a in session.config.args)
    return files <= chosen and not part


def test_every_operation_is_exercised(request):
    if not is_whole_suite(request.session):
        pytest.skip("only a part of the suite ran")
    if request.session.testsfailed:
        pytest.skip("tests have failed before: they may be the ones that call what is missing")
    operations = public_operations()
    unknown = (EXCEPTIONS.keys() | ONLY_REFUSE) - operations
    assert not unknown, f"exceptions for operations that are not there: {sorted(unknown)}"
    missing = operations - lake_module.SUCCEEDED - EXCEPTIONS.keys() - (ONLY_REFUSE & lake_module.CALLED)
    assert not missing, "no wire test has a success of " + ", ".join(f"{service}:{name}" for service, name in sorted(missing))
    needless = (EXCEPTIONS.keys() | ONLY_REFUSE) & lake_module.SUCCEEDED
    assert not needless, f"exceptions for operations that are exercised: {sorted(needless)}"
