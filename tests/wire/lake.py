# SPDX-License-Identifier: Apache-2.0
"""A `tarn serve` process for tests: started on a free port and a temporary directory, driven by real clients."""

import configparser
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import time
import urllib.request

import boto3
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parents[2]
REGION = "us-east-1"
ACCOUNT = "000000000000"
# (service, operation) of all that were called, and that ended well, in any server of this session: see test_zz_coverage.py
CALLED, SUCCEEDED = set(), set()
START_SECONDS_MAX = 30
STOP_SECONDS_MAX = 30


def tarn_program():
    """The program under test: $TARN_PROGRAM, else the build folder's."""
    program = pathlib.Path(os.environ.get("TARN_PROGRAM", ROOT / "build" / "tarn"))
    if not program.exists():
        raise RuntimeError(f"{program} is not there: build it first, or set TARN_PROGRAM")
    return str(program)


class Lake:
    """One server on one data directory; survives restarts of the process, with the same port."""

    def __init__(self, folder, arguments=()):
        self.folder = pathlib.Path(folder)
        self.data = self.folder / "data"
        self.log_path = self.folder / "serve.log"
        self.arguments = list(arguments)
        self.port = 0
        self.process = None
        self.url = None
        self._clients = {}
        self.deployed_in_second = None

    # --- the process
    def start(self):
        """Starts the server and returns when it is ready."""
        command = [tarn_program(), "serve", "--data", str(self.data), "--listen", f"127.0.0.1:{self.port}",
                   "--region", REGION, "--account", ACCOUNT, "--test-clock", "--log-level", "debug", *self.arguments]
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "TARN_"))}
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=environment)
        guard = threading.Timer(START_SECONDS_MAX, self.process.kill)  # a start that hangs must not hang the test
        guard.start()
        line = self.process.stdout.readline()  # printed when requests are answered
        guard.cancel()
        if " serves http://" not in line:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"tarn serve did not start: {line!r}\n{self.log()}")
        self.url = line.split(" serves ")[1].split()[0]
        self.port = int(self.url.rsplit(":", 1)[1])
        # Whatever else it prints must not fill the pipe.
        threading.Thread(target=self.process.stdout.read, daemon=True).start()
        return self

    def stop(self, kill=False):
        """Ends the server: cleanly, or as a crash would. Returns its exit status."""
        if not self.process:
            return None
        self._note_operations()
        self.process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)
        try:
            status = self.process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise RuntimeError(f"tarn serve did not stop\n{self.log()}") from None
        self.process = None
        self._clients = {}
        return status

    def restart(self, kill=False):
        self.stop(kill=kill)
        return self.start()

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    # --- clients
    def credentials(self):
        parsed = configparser.ConfigParser()
        parsed.read(self.data / "credentials")
        return dict(parsed["default"])

    def session(self, access_key=None, secret_key=None, token=None):
        root = self.credentials()
        return boto3.session.Session(aws_access_key_id=access_key or root["aws_access_key_id"],
                                     aws_secret_access_key=secret_key or root["aws_secret_access_key"],
                                     aws_session_token=token, region_name=REGION)

    def client(self, service, config=None, **keys):
        """A boto3 client as root; keys: access_key, secret_key, token. Errors are not retried."""
        settings = botocore.config.Config(retries={"max_attempts": 0}, connect_timeout=5, read_timeout=60)
        if config or keys:
            settings = settings.merge(config) if config else settings
            return self.session(**keys).client(service, endpoint_url=self.url, config=settings)
        if service not in self._clients:
            self._clients[service] = self.session().client(service, endpoint_url=self.url, config=settings)
        return self._clients[service]

    def env(self):
        """The environment for aws-cli and other programs."""
        config = self.folder / "aws-config"
        plugins = pathlib.Path(__file__).parent / "aws_plugin"
        config.write_text(f"[plugins]\ncli_legacy_plugin_path = {plugins}\nendpoint = tarn_endpoint\n")
        return {"AWS_CONFIG_FILE": str(config), "PATH": "/usr/bin:/bin", "HOME": str(self.folder), "AWS_ENDPOINT_URL": self.url,
                "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION, "AWS_PAGER": "", "AWS_EC2_METADATA_DISABLED": "true",
                "AWS_SHARED_CREDENTIALS_FILE": str(self.data / "credentials")}

    def aws(self, *arguments, check=True, text=True, **options):
        """Runs aws-cli (Debian's) and returns the completed process."""
        command = ["/usr/bin/aws", "--endpoint-url", self.url, *map(str, arguments)]
        deploys = arguments[:2] == ("cloudformation", "deploy")
        while deploys and int(time.time()) == self.deployed_in_second:  # it names a change set after the second it is made in
            time.sleep(0.01)  # between looks
        done = subprocess.run(command, env=self.env(), capture_output=True, text=text, timeout=120, **options)
        if deploys:
            self.deployed_in_second = int(time.time())
        if check and done.returncode != 0:
            raise AssertionError(f"aws {' '.join(map(str, arguments))}: {done.stderr}\n{done.stdout}")
        return done

    def aws_json(self, *arguments):
        output = self.aws("--output", "json", *arguments).stdout
        return json.loads(output) if output.strip() else None

    # --- Tarn's own endpoints
    def request(self, path, data=None):
        body = json.dumps(data).encode() if data is not None else None
        with urllib.request.urlopen(urllib.request.Request(self.url + path, data=body), timeout=30) as reply:
            return reply.read().decode()

    def health(self):
        return json.loads(self.request("/_tarn/health"))

    def metrics(self):
        return self.request("/_tarn/metrics")

    def operations(self, counter="operations"):
        """How often each (service, operation) was run; or counted as "operation_refusals", "operation_failures"."""
        pattern = rf'^tarn_{counter}_total{{service="([^"]+)",operation="([^"]+)"}} (\S+)$'
        return {(service, name): float(number) for service, name, number in re.findall(pattern, self.metrics(), re.MULTILINE)}

    def _note_operations(self):
        if self.process.poll() is not None:
            return  # it is dead already
        refused, failed = self.operations("operation_refusals"), self.operations("operation_failures")
        for row, number in self.operations().items():
            CALLED.add(row)
            if number > refused.get(row, 0) + failed.get(row, 0):
                SUCCEEDED.add(row)

    def advance(self, ms):
        """Moves the lake's clock forward; everything that waits for a time wakes. Returns the new instant."""
        return json.loads(self.request("/_tarn/clock", {"advance_ms": int(ms)}))["now_ms"]

    def has(self, service):
        return service in self.health()["services"]
