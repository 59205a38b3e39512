# SPDX-License-Identifier: Apache-2.0
# For people. Meson does the building (meson.build); these are the things one types.
#
#   make            build/tarn               make demo     the eleven steps, live
#   make test       every test               make bench    what it does per second
#   make asan       unit tests, sanitized    make install  into PREFIX (/usr/local)
#   make format     clang-format             make clean    removes the build folders
#   make bench-columnar    JSON to Parquet, beside DuckDB
#
# Debian packages and libduckdb are installed by tools/deps.sh when they are missing.

PREFIX ?= /usr/local
export PATH := /usr/bin:/bin:$(PATH)

.PHONY: all deps test-deps demo test unit asan bench bench-columnar install format clean

all: deps
	@tools/build.sh build

deps:
	@tools/deps.sh

test-deps:
	@tools/deps.sh --tests

demo: all
	@./build/tarn demo

test: test-deps
	@tools/build.sh build
	@tools/test.py build

# The unit tests alone, and under AddressSanitizer and UndefinedBehaviorSanitizer.
unit: test-deps
	@tools/build.sh build
	@tools/test.py build --unit-only

asan: test-deps
	@tools/build.sh build-asan -Db_sanitize=address,undefined -Db_lundef=false
	@tools/test.py build-asan --unit-only

bench: all test-deps
	@bench/run build

bench-columnar: all
	@bench/columnar build

install: all
	@meson configure build --prefix "$(PREFIX)" && meson install -C build

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build build-asan build-fuzz
