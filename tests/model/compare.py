#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the services' tables with AWS's own models, as botocore carries them: names, routes, places and types of members.

    compare.py TABLES_DUMP

What Tarn leaves out is fine; what it calls otherwise than AWS is a problem. Skipped (exit status 77) without a botocore
that is as new as the tables.
"""
import json
import re
import subprocess
import sys

OLDEST_BOTOCORE = (1, 38)

try:
    import botocore.loaders
except ImportError:
    print("botocore is not installed")
    sys.exit(77)
if tuple(int(part) for part in botocore.__version__.split(".")[:2]) < OLDEST_BOTOCORE:
    print(f"botocore {botocore.__version__} is older than the tables")
    sys.exit(77)

MODELS = {"states": "stepfunctions"}  # where botocore's folder has another name
TYPES = {"integer": {"integer", "long"}, "number": {"float", "double", "integer", "long"}, "string": {"string", "character"},
         "boolean": {"boolean"}, "timestamp": {"timestamp"}, "blob": {"blob"}, "structure": {"structure"},
         "list": {"list"}, "map": {"map"}}

# On purpose, by service and place, and why.
ALLOWED = {
    ("dynamodb", "Query.input.KeyConditionExpression"): "the older KeyConditions are refused",
    ("dynamodb", "CreateTable.input.AttributeDefinitions"): "models differ: global tables made it optional",
    ("dynamodb", "CreateTable.input.KeySchema"): "models differ: global tables made it optional",
    ("iam", "CreateAccessKey.input.UserName"): "the caller's own user is not looked for",
    ("iam", "ListAccessKeys.input.UserName"): "the caller's own user is not looked for",
    ("iam", "DeleteAccessKey.input.UserName"): "the caller's own user is not looked for",
    ("lambda", "DeleteFunction"): "204 is what Lambda answers; newer models say 200",
    ("lambda", "DownloadFunctionCode"): "Tarn's own: what Code.Location points to",
    ("s3", "PutBucketPolicy"): "204 is what S3 answers",
    ("s3", "PutBucketTagging"): "204 is what S3 answers",
    ("s3", "PutObject.input.Body"): "a member for calls from inside; on the wire it is streamed",
    ("s3", "UploadPart.input.Body"): "a member for calls from inside; on the wire it is streamed",
    ("s3", "PostObject POST /{Bucket}"): "documented, and in no model",
    ("s3", "GetObject.output.Body"): "a member for calls from inside; on the wire it is streamed",
}


class Comparison:
    def __init__(self, tables, service, model):
        self.shapes, self.service, self.model = tables["shapes"], service, model
        self.problems, self.seen = [], set()
        self.members = {name for shape in model["shapes"].values() for name in shape.get("members", {})}
        self.query = self.model["metadata"]["protocol"] in ("query", "ec2")
        self.xml = self.query or self.model["metadata"]["protocol"] == "rest-xml"

    def problem(self, where, text):
        if (self.service["name"], where) not in ALLOWED:
            self.problems.append(f"{self.service['name']} {where}: {text}")

    def run(self):
        metadata = self.model["metadata"]
        self.same("signing name", self.service["signing_name"], metadata.get("signingName", metadata["endpointPrefix"]))
        if self.service.get("target_prefix"):
            self.same("target prefix", self.service["target_prefix"], metadata.get("targetPrefix"))
        for operation in self.service["operations"]:
            known = self.model["operations"].get(operation["name"])
            if known is None:
                self.problem(operation["name"], "AWS has no such operation")
            else:
                self.operation(operation, known)
        for row in self.service["known"]:
            if row.split()[0] not in self.model["operations"]:
                self.problem(row, "is listed as lacking, and AWS has no such operation")
        return self.problems

    def same(self, where, ours, theirs):
        if ours != theirs:
            self.problem(where, f"{ours!r}, AWS has {theirs!r}")

    def operation(self, operation, known):
        name = operation["name"]
        if operation.get("http"):
            ours = re.sub(r"#.*", "", operation["http"]).rstrip("/").replace("/?", "?")
            theirs = (known["http"]["method"] + " " + known["http"]["requestUri"]).rstrip("/").replace("/?", "?")
            theirs = re.sub(r"[?&]x-id=\w+", "", theirs)
            ours, theirs = ours.replace("+}", "}"), theirs.replace("+}", "}")
            if ours.split("?")[0] != theirs.split("?")[0]:
                self.problem(name, f"route {ours}, AWS has {theirs}")
            ours_parts = set(filter(None, ours.partition("?")[2].split("&")))
            theirs_parts = set(filter(None, theirs.partition("?")[2].split("&")))
            if not theirs_parts <= ours_parts:
                self.problem(name, f"route {ours} lacks {theirs_parts - ours_parts}")
            status = known["http"].get("responseCode", 200)
            if (operation["status"] or 200) != status:
                self.problem(name, f"status {operation['status'] or 200}, AWS has {status}")
        for side, reading in (("input", True), ("output", False)):
            if operation.get(side) is not None and known.get(side):
                self.shape(f"{name}.{side}", operation[side], known[side]["shape"], reading, top=True)
            elif reading and operation.get(side) is not None and self.shapes[operation[side]]["fields"]:
                self.problem(f"{name}.{side}", "AWS has none")

    def shape(self, where, number, known_name, reading, top=False):
        if (number, known_name) in self.seen:
            return
        self.seen.add((number, known_name))
        shape, known = self.shapes[number], self.model["shapes"][known_name]
        kind = shape["type"]
        if kind == "any":
            return
        scalar_as_text = kind == "string" and self.service["protocols"] & 3 and known["type"] not in ("structure", "list", "map")
        if known["type"] not in TYPES[kind] and not scalar_as_text:
            self.problem(where, f"{kind}, AWS has {known['type']}")
            return
        if kind == "structure":
            self.structure(where, shape, known, reading, top)
        elif kind == "list":
            self.item(where, shape, known["member"]["shape"], reading)
            if self.xml and bool(shape["flat"]) != bool(known.get("flattened")):
                self.problem(where, f"flat is {shape['flat']}, AWS has {bool(known.get('flattened'))}")
            if self.xml and not shape["flat"]:
                self.same(where + "[]", shape.get("item_name", "member"), known["member"].get("locationName", "member"))
        elif kind == "map":
            self.item(where, shape, known["value"]["shape"], reading)
            if self.xml:
                self.same(where + " keys", shape.get("key_name", "key"), known["key"].get("locationName", "key"))
                self.same(where + " values", shape.get("value_name", "value"), known["value"].get("locationName", "value"))
        for value in shape["values"]:
            if known.get("enum") and value not in known["enum"] and reading:
                self.problem(where, f"AWS has no value {value}")

    def item(self, where, shape, known_name, reading):
        self.shape(where + "[]", shape["item"], known_name, reading)

    def structure(self, where, shape, known, reading, top):
        for field in shape["fields"]:
            at = f"{where}.{field['name']}"
            member = known["members"].get(field["name"])
            if member is None:
                # Operations may share a structure of which each knows a part.
                if field["name"] not in self.members:
                    self.problem(at, "AWS has no such member")
                continue
            if top:
                place = field["place"]
                theirs = member.get("location", "body")
                payload = known.get("payload") == field["name"]
                streaming = self.model["shapes"][member["shape"]].get("streaming") or member.get("streaming")
                expected = "stream" if payload and streaming else "payload" if payload else theirs
                if place != expected and not {place, expected} <= {"payload", "stream"}:
                    self.problem(at, f"in {place}, AWS has it in {expected}")
                if self.service["protocols"] & 3 == 0:
                    pass
                elif place in ("querystring", "header", "headers", "uri"):
                    ours_wire = field.get("wire", field["name"])
                    theirs_wire = member.get("locationName", field["name"])
                    if ours_wire.lower() != theirs_wire.lower() or (place == "querystring" and ours_wire != theirs_wire):
                        self.problem(at, f"is called {ours_wire}, AWS has {theirs_wire}")
            if self.xml and field["place"] == "body" and not top or (top and self.xml and field["place"] == "body"):
                self.wire(at, field, member)
            if reading and field["required"] and field["name"] not in known.get("required", []):
                self.problem(at, "is required here and not by AWS")
            if field.get("shape") is not None:
                self.shape(at, field["shape"], member["shape"], reading)

    def wire(self, at, field, member):
        target = self.model["shapes"][member["shape"]]
        theirs = member.get("locationName", field["name"])
        if target["type"] == "list" and target.get("flattened") and self.query:
            theirs = target["member"].get("locationName", theirs)
        ours = field.get("wire", field["name"])
        if ours != theirs:
            self.problem(at, f"is called {ours}, AWS has {theirs}")


def main():
    tables = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True).stdout)
    loader = botocore.loaders.Loader()
    problems = []
    for service in tables["services"]:
        model = loader.load_service_model(MODELS.get(service["name"], service["name"]), "service-2")
        problems += Comparison(tables, service, model).run()
    for line in problems:
        print(line)
    print(f"{sum(len(s['operations']) for s in tables['services'])} operations compared, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
