#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# deps.sh: installs what Tarn is built from, and nothing twice.
#
#   tools/deps.sh               Debian packages and libduckdb for building and running
#   tools/deps.sh --tests       ... and what the tests drive Tarn with
#   tools/deps.sh --check       only says what is missing; exit status 1 when something is
#   tools/deps.sh --duckdb-dir  prints the folder of libduckdb.so and duckdb.h
#
# Debian packages come from apt-get, as root or by sudo. DuckDB comes as two npm packages, pinned by version and
# SHA-512, and is kept outside the source tree: in $TARN_DEPS, by default ~/.cache/tarn. When all is there
# already nothing is run and no network is used.
set -euo pipefail

BUILD_PACKAGES="gcc libc6-dev meson ninja-build pkg-config libcmocka-dev librocksdb-dev libmicrohttpd-dev
  libexpat1-dev libyaml-dev libssl-dev libcurl4-openssl-dev libzip-dev zlib1g-dev libzstd-dev libsnappy-dev liblz4-dev
  libisal-dev libxxhash-dev  bubblewrap zip curl ca-certificates tzdata"
TEST_PACKAGES="g++ python3 python3-boto3 python3-pytest awscli"

case "$(uname -m)" in
x86_64)
    DUCKDB_VERSION=1.5.6
    LIBRARY_PACK=@duckdb/node-bindings-linux-x64@1.5.6-r.1
    LIBRARY_SHA512=21772b64913a904a8cd19e30c1d5671811d7fdface4b7dd53cd0300d743f43e16cf386f4e7c41ef78721ac208870d2651bc6375072145387817824315b998dd5
    ;;
aarch64)
    DUCKDB_VERSION=1.5.5
    LIBRARY_PACK=@duckdb/node-bindings-linux-arm64@1.5.5-r.5
    LIBRARY_SHA512=09a7c7d8022f5eda700f29c6dca07fe2e10e1d11a516807b6ae091308c07dc128d2286ec00d5792d2a43277b5fc9108522c2ba7bc013d5eb1e5959eed83bf773
    ;;
*)
    echo "deps: no libduckdb for $(uname -m): SQL queries and conversions will say so" >&2
    DUCKDB_VERSION=none
    ;;
esac
HEADER_PACK=duckdb@1.4.4
HEADER_SHA512=844249e61c9517454b8f776638ba6c5ab411d1bddde1892ab72826ea25178c72430e74aa83f5122b171be6abcdace84560f824b5ac94e9d5c2b603ea7269a9a2
HEADER_PATH=package/src/duckdb/src/include/duckdb.h

deps_folder=${TARN_DEPS:-${XDG_CACHE_HOME:-$HOME/.cache}/tarn}
duckdb_folder=$deps_folder/duckdb-$DUCKDB_VERSION

say() { echo "deps: $*" >&2; }

as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        say "cannot install: neither root nor sudo. As root: $*"
        exit 1
    fi
}

missing_packages() {
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' ok installed' || printf '%s ' "$package"
    done
}

install_packages() {
    local missing
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    say "installing: $missing"
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q >&2
    # shellcheck disable=SC2086 # a list of names
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $missing >&2
}

# fetch PACK SHA512: prints the path of the npm package's archive, checked.
fetch() {
    local name=$1 sha512=$2 file
    file=$(echo "$name" | sed -e 's/^@//' -e 's/[\/]/-/' -e 's/@/-/').tgz
    if ! echo "$sha512  $deps_folder/$file" | sha512sum --check --status 2>/dev/null; then
        if ! command -v npm >/dev/null; then
            install_packages npm
        fi
        say "fetching $name"
        (cd "$deps_folder" && npm pack --silent "$name" >/dev/null)
        echo "$sha512  $deps_folder/$file" | sha512sum --check --status || {
            rm -f "$deps_folder/$file"
            say "$name does not have the pinned SHA-512: refused"
            exit 1
        }
    fi
    echo "$deps_folder/$file"
}

install_duckdb() {
    local library header fresh
    [ "$DUCKDB_VERSION" != none ] || return 0
    [ ! -f "$duckdb_folder/duckdb.h" ] || return 0
    mkdir -p "$deps_folder"
    library=$(fetch "$LIBRARY_PACK" "$LIBRARY_SHA512")
    header=$(fetch "$HEADER_PACK" "$HEADER_SHA512")
    fresh=$(mktemp -d "$deps_folder/fresh.XXXXXX")
    tar -xzf "$library" -C "$fresh" --strip-components=1 package/libduckdb.so package/LICENSE
    tar -xzf "$header" -C "$fresh" --strip-components=5 "$HEADER_PATH"
    chmod 755 "$fresh"
    rm -rf "$duckdb_folder"
    mv "$fresh" "$duckdb_folder"
    say "libduckdb $DUCKDB_VERSION is in $duckdb_folder"
}

packages=$BUILD_PACKAGES
mode=install
for argument in "$@"; do
    case "$argument" in
    --tests) packages="$BUILD_PACKAGES $TEST_PACKAGES" ;;
    --check) mode=check ;;
    --duckdb-dir) mode=folder ;;
    *)
        say "unknown argument $argument"
        exit 2
        ;;
    esac
done

case "$mode" in
folder)
    if [ -f "$duckdb_folder/duckdb.h" ]; then echo "$duckdb_folder"; fi
    ;;
check)
    status=0
    # shellcheck disable=SC2086 # a list of names
    missing=$(missing_packages $packages)
    if [ -n "$missing" ]; then
        echo "missing packages: $missing"
        status=1
    fi
    if [ "$DUCKDB_VERSION" != none ] && [ ! -f "$duckdb_folder/duckdb.h" ]; then
        echo "missing: libduckdb $DUCKDB_VERSION in $duckdb_folder"
        status=1
    fi
    exit $status
    ;;
install)
    # shellcheck disable=SC2086 # a list of names
    install_packages $packages
    install_duckdb
    ;;
esac
