#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# build.sh FOLDER [MESON OPTION...]: configures the build folder when it is new or libduckdb has moved, and builds all, or $NINJA_TARGETS.
set -euo pipefail
cd "$(dirname "$0")/.."
folder=$1
shift
duckdb=$(tools/deps.sh --duckdb-dir)
if [ ! -f "$folder/build.ninja" ]; then
    meson setup "$folder" -Dduckdb_dir="$duckdb" "$@" >"/tmp/tarn-setup.$$" || {
        cat "/tmp/tarn-setup.$$"
        exit 1
    }
    rm -f "/tmp/tarn-setup.$$"
elif [ "$(cat "$folder/.duckdb_dir" 2>/dev/null)" != "$duckdb" ]; then
    meson configure "$folder" -Dduckdb_dir="$duckdb"
fi
echo "$duckdb" >"$folder/.duckdb_dir"
read -ra targets <<<"${NINJA_TARGETS:-}"
exec ninja -C "$folder" --quiet "${targets[@]}"
