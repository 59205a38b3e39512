#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""pack.py OUT.zip PROGRAM: a function's deployment package, PROGRAM as `bootstrap`; the same input gives the same bytes."""
import sys
import zipfile

out, program = sys.argv[1:]
entry = zipfile.ZipInfo("bootstrap", date_time=(2026, 1, 1, 0, 0, 0))
entry.external_attr = 0o755 << 16
entry.compress_type = zipfile.ZIP_DEFLATED
with open(program, "rb") as source, zipfile.ZipFile(out, "w") as archive:
    archive.writestr(entry, source.read())
