#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# combine.sh OBJECT LIBRARY ARCHIVE...: makes one object of the archives, of whose symbols only columnar_* are
# global, and a static library of that object. What it is linked with may have a str_eq of its own.
set -eu
object=$1 library=$2
shift 2
${CC:-cc} -r -nostdlib -o "$object" -Wl,--whole-archive "$@" -Wl,--no-whole-archive
${OBJCOPY:-objcopy} --wildcard --keep-global-symbol='columnar_*' "$object"
rm -f "$library"
${AR:-ar} rcs "$library" "$object"
