# SPDX-License-Identifier: Apache-2.0
"""`tarn serve` as a process: readiness, its own endpoints, locking, ending, and coming back."""

import subprocess
import urllib.error

import pytest

from lake import Lake, tarn_program


def test_health_and_metrics(lake):
    health = lake.health()
    assert health["status"] == "ok" and health["region"] == "us-east-1"
    assert "sts" in health["services"]
    lake.client("sts").get_caller_identity()
    assert 'tarn_http_responses_total{status="2xx"}' in lake.metrics()


def test_root_credentials_are_private_and_stay(fresh_lake):
    path = fresh_lake.data / "credentials"
    assert path.stat().st_mode & 0o777 == 0o600
    before = fresh_lake.credentials()
    fresh_lake.restart()
    assert fresh_lake.credentials() == before
    assert fresh_lake.client("sts").get_caller_identity()["Account"] == "000000000000"


def test_what_is_kept_is_private_in_an_open_folder(tmp_path):
    server = Lake(tmp_path)
    server.data.mkdir(mode=0o755)
    server.start()
    assert server.stop() == 0
    for name in ("store", "blobs"):
        assert (server.data / name).stat().st_mode & 0o777 == 0o700, name


def test_data_directory_has_one_owner(lake):
    done = subprocess.run([tarn_program(), "serve", "--data", str(lake.data), "--listen", "127.0.0.1:0"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    assert str(lake.data) in done.stderr


def test_taken_port_is_said(lake, tmp_path):
    done = subprocess.run([tarn_program(), "serve", "--data", str(tmp_path / "d"), "--listen", f"127.0.0.1:{lake.port}"],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 1 and "in use" in done.stderr


def test_wrong_usage(tmp_path):
    for arguments in (["--nonsense"], ["--listen", "nowhere"], ["--account", "12"], ["extra"]):
        done = subprocess.run([tarn_program(), "serve", *arguments], capture_output=True, text=True, timeout=30,
                              cwd=tmp_path)
        assert done.returncode == 2, arguments
        assert done.stderr.startswith("tarn: serve: ")
    assert not list(tmp_path.iterdir())


def test_clock_moves(fresh_lake):
    before = fresh_lake.advance(0)
    assert fresh_lake.advance(3_600_000) >= before + 3_600_000
    fresh_lake.client("sts").get_caller_identity()  # clients sign by their own clock all the same


def test_clock_is_for_tests_only(tmp_path):
    class PlainLake(Lake):
        pass

    server = PlainLake(tmp_path)
    command = [tarn_program(), "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    server.url = process.stdout.readline().split(" serves ")[1].split()[0]
    with pytest.raises(urllib.error.HTTPError) as refused:
        server.advance(1)
    assert refused.value.code == 404
    process.terminate()
    assert process.wait(30) == 0


def test_survives_being_killed(fresh_lake):
    fresh_lake.client("ssm").put_parameter(Name="/kept", Value="yes", Type="String")
    fresh_lake.restart(kill=True)
    assert fresh_lake.client("ssm").get_parameter(Name="/kept")["Parameter"]["Value"] == "yes"
