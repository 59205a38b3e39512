#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spark reads what `tarn convert` writes: every profile and codec, of generated and real data.

    spark.py BUILD

Each file's rows are counted, and its values hashed column by column: the hashes must be those of the same data in the other profiles and codecs, and
of flat data those that Spark finds in the JSON itself. Needs pyspark (and so Java), and says so when it is not there.
Ends in a line "N passed, N failed[, N skipped]".
"""
import json
import pathlib
import subprocess
import sys
import tempfile

SHAPES = ["flat", "nested", "sparse", "unicode", "mixed_types"]
RANDOM_SEEDS = range(1, 7)
ROWS = 2000
CODECS = ["snappy", "zstd", "lz4", "gzip", "none"]


def inputs(build, folder):
    generator = build / "bench" / "json_gen"
    for shape in SHAPES:
        (folder / f"{shape}.json").write_bytes(subprocess.run([generator, shape, str(ROWS)], check=True, capture_output=True).stdout)
    for seed in RANDOM_SEEDS:
        made = subprocess.run([generator, "random", "300", "--seed", str(seed)], check=True, capture_output=True).stdout
        (folder / f"random{seed}.json").write_bytes(made)
    examples = pathlib.Path(__file__).parents[2] / "examples" / "legislators"
    return sorted(folder.glob("*.json")) + sorted(examples.glob("*.*json"))


def hashes(frame, functions):
    """One number for each column that Spark can hash: not maps."""
    columns = [f.name for f in frame.schema.fields if "map<" not in f.dataType.simpleString()]
    sums = [functions.sum(functions.xxhash64(f"`{name}`").cast("decimal(38,0)")).alias(f"column{i}") for i, name in enumerate(columns)]
    return tuple(frame.select(sums).collect()[0])


def check(tarn, spark, functions, path, folder):
    first = None
    for profile in ("compat", "modern"):
        for codec in CODECS:
            out = folder / f"{path.stem}.{profile}.{codec}.parquet"
            done = subprocess.run([tarn, "convert", path, "-o", out, "--profile", profile, "--codec", codec, "--output", "json"],
                                  check=True, capture_output=True)
            frame = spark.read.parquet(str(out))
            if frame.count() != json.loads(done.stdout)["rows"]:
                return f"{out.name}: {frame.count()} rows of {json.loads(done.stdout)['rows']}"
            found = hashes(frame, functions)
            if found != (first := first or found):
                return f"{out.name}: other values than in compat, snappy"
            if path.stem == "flat" and codec == "none" and hashes(spark.read.schema(frame.schema).json(str(path)), functions) != found:
                return f"{out.name}: other values than in the JSON"
    return None


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    try:
        from pyspark.sql import SparkSession, functions
    except ImportError:
        print("spark: pyspark is not importable: Spark has not read anything")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    spark = (SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
             .getOrCreate())
    spark.sparkContext.setLogLevel("ERROR")
    passed, problems = 0, []
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        for path in inputs(build, folder):
            problem = check(build / "tarn", spark, functions, path, folder)
            passed += problem is None
            problems += [problem] if problem else []
    spark.stop()
    for problem in problems:
        print(f"spark: {problem}")
    print(f"{passed} passed, {len(problems)} failed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
