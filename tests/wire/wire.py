# SPDX-License-Identifier: Apache-2.0
"""Requests by hand: signed with botocore's signers, changed on purpose, sent over a plain socket or http.client."""

import base64
import contextlib
import datetime
import hashlib
import hmac
import http.client
import re
import socket
import types
import unittest.mock
import zlib

import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

REGION = "us-east-1"
EMPTY_SHA256 = hashlib.sha256(b"").hexdigest()


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def code(self):
        """The error's code, whatever the protocol."""
        text = self.body.decode(errors="replace")
        found = re.search(r"<Code>([^<]*)</Code>", text) or re.search(r'"__type":"(?:[^"]*#)?([^"]*)"', text)
        return found.group(1) if found else self.headers.get("x-amzn-ErrorType")

    @property
    def message(self):
        text = self.body.decode(errors="replace")
        found = re.search(r"<Message>([^<]*)</Message>", text) or re.search(r'"[mM]essage":"((?:[^"\\]|\\.)*)"', text)
        return found.group(1) if found else None

    def __repr__(self):
        return f"<{self.status} {self.body[:300]!r}>"


def credentials_of(lake, **keys):
    root = lake.credentials()
    return Credentials(keys.get("access_key", root["aws_access_key_id"]),
                       keys.get("secret_key", root["aws_secret_access_key"]), keys.get("token"))


@contextlib.contextmanager
def moved_clock(seconds):
    """botocore's Python signers (not its native ones) believe that it is so many seconds later."""
    moment = datetime.datetime.utcnow() + datetime.timedelta(seconds=seconds)

    class Moved(datetime.datetime):
        @classmethod
        def utcnow(cls):
            return moment

        @classmethod
        def now(cls, tz=None):
            return moment.replace(tzinfo=tz)

    # botocore asked the module datetime once, and asks a function of its own since 1.40.
    with unittest.mock.patch.object(botocore.auth, "datetime", types.SimpleNamespace(datetime=Moved), create=True), \
            unittest.mock.patch.object(botocore.auth, "get_current_datetime", lambda remove_tzinfo=True: moment, create=True):
        yield


def presigned_path(lake, path, seconds=60, at=0, method="GET", **keys):
    """The path with a presigned query, signed `at` seconds from now."""
    request = AWSRequest(method=method, url=lake.url + path)
    with moved_clock(at):
        S3SigV4QueryAuth(credentials_of(lake, **keys), "s3", REGION, expires=seconds).add_auth(request)
    return request.url[len(lake.url):]


def signed(lake, service, method, path, body=b"", headers=None, at=None, region=REGION, payload=None, **keys):
    """(method, path, headers, body), signed. `at` moves the signature's time by so many seconds; `payload` is what stands
    for the body's hash in S3's header."""
    request = AWSRequest(method=method, url=lake.url + path, data=body, headers=dict(headers or {}))
    signer_class = S3SigV4Auth if service == "s3" else SigV4Auth
    signer = signer_class(credentials_of(lake, **keys), service, region)
    if payload is not None:
        signer.payload = lambda request: payload
    with moved_clock(at or 0):
        signer.add_auth(request)
    return method, path, dict(request.headers.items()), body


def send(lake, method, path, headers=None, body=b"", host=None):
    connection = http.client.HTTPConnection("127.0.0.1", lake.port, timeout=30)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    headers = dict(headers or {})
    if not any(name.lower() == "host" for name in headers):
        headers["Host"] = host or f"127.0.0.1:{lake.port}"
    if (body or method in ("PUT", "POST")) and not any(
            n.lower() in ("content-length", "transfer-encoding") for n in headers):
        headers["Content-Length"] = str(len(body))
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.endheaders(body or None)
    reply = connection.getresponse()
    result = Reply(reply.status, reply.headers, reply.read())
    connection.close()
    return result


def call(lake, service, method, path, body=b"", headers=None, **options):
    return send(lake, *signed(lake, service, method, path, body, headers, **options)[:3], body=body)


def json_call(lake, service, target, body=b"{}", version="1.0", **options):
    headers = {"X-Amz-Target": target, "Content-Type": f"application/x-amz-json-{version}"}
    return call(lake, service, "POST", "/", body, headers, **options)


def raw(lake, data, until_closed=False):
    """Sends bytes as they are; what comes back until the server closes or has answered once."""
    with socket.create_connection(("127.0.0.1", lake.port), timeout=10) as connection:
        connection.sendall(data)
        got = b""
        while True:
            piece = connection.recv(65536)
            got += piece
            if not piece:
                return got
            if not until_closed and b"\r\n\r\n" in got:
                return got


# --- aws-chunked bodies

def signing_key(secret, date, region=REGION, service="s3"):
    key = ("AWS4" + secret).encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return key


def chunked_put(lake, path, payload, chunk=65536, trailer=None, unsigned=False, tamper=None, headers=None):
    """PUTs a body in signed (or unsigned) chunks. `trailer` is (name, value). `tamper` changes the body's bytes."""
    kind = "STREAMING-UNSIGNED-PAYLOAD-TRAILER" if unsigned else "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
    if trailer and not unsigned:
        kind += "-TRAILER"
    headers = {"Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": str(len(payload)), **(headers or {})}
    if trailer:
        headers["X-Amz-Trailer"] = trailer[0]
    method, path, headers, _ = signed(lake, "s3", "PUT", path, headers=headers, payload=kind)
    amz_date = headers["X-Amz-Date"]
    scope = f"{amz_date[:8]}/{REGION}/s3/aws4_request"
    key = signing_key(lake.credentials()["aws_secret_access_key"], amz_date[:8])
    previous = re.search(r"Signature=(\w+)", headers["Authorization"]).group(1)

    def sign(algorithm, *hashes):
        nonlocal previous
        text = "\n".join([algorithm, amz_date, scope, previous, *hashes])
        previous = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
        return previous

    body = b""
    for at in [*range(0, len(payload), chunk), None]:
        data = payload[at:at + chunk] if at is not None else b""
        signature = ""
        if not unsigned:
            digest = hashlib.sha256(data).hexdigest()
            signature = ";chunk-signature=" + sign("AWS4-HMAC-SHA256-PAYLOAD", EMPTY_SHA256, digest)
        body += f"{len(data):x}{signature}\r\n".encode() + data + (b"\r\n" if data else b"")
    if trailer:
        line = f"{trailer[0]}:{trailer[1]}"
        body += line.encode() + b"\r\n"
        if not unsigned:
            digest = hashlib.sha256((line + "\n").encode()).hexdigest()
            body += b"x-amz-trailer-signature:" + sign("AWS4-HMAC-SHA256-TRAILER", digest).encode() + b"\r\n"
    body += b"\r\n"
    if tamper:
        body = tamper(body)
    return send(lake, method, path, headers, body)


# --- checksums, computed here on purpose by other code than Tarn's

def _crc_table(polynomial, width):
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (polynomial if value & 1 else 0)
        table.append(value)
    return table


_CRC32C = _crc_table(0x82F63B78, 32)
_CRC64NVME = _crc_table(0x9A6C9329AC4BC9B5, 64)


def _crc(table, width, data):
    value = mask = (1 << width) - 1
    for byte in data:
        value = value >> 8 ^ table[(value ^ byte) & 0xFF]
    return (value ^ mask).to_bytes(width // 8, "big")


CHECKSUMS = {
    "crc32": lambda data: zlib.crc32(data).to_bytes(4, "big"),
    "crc32c": lambda data: _crc(_CRC32C, 32, data),
    "crc64nvme": lambda data: _crc(_CRC64NVME, 64, data),
    "sha1": lambda data: hashlib.sha1(data).digest(),
    "sha256": lambda data: hashlib.sha256(data).digest(),
}


def checksum(name, data):
    return base64.b64encode(CHECKSUMS[name](data)).decode()
