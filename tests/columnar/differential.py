#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Converts random JSON with `tarn convert` and compares what independent readers find in the Parquet with the truth.

    differential.py BUILD [--seconds 60] [--family NAME] [--seed N] [--keep FOLDER] [--writer tarn|arrow] [--self-test]

Truth is known before any JSON exists (truth.py): the values, and the type that each column must get. Compared are every value,
null and type as DuckDB reads them (build/tests/columnar/duckdb_rows) and as pyarrow does where it is importable, and all counts
and bounds in the file (footer.py). Families are run in turns until the seconds are over; every failure prints the command that
repeats it alone. `--writer arrow` lets pyarrow write the truth instead of Tarn and `--self-test` spoils answers on purpose: both
test the tests.

Ends in one line: N passed, N failed[, N skipped], where a family counts as one.
"""
import argparse
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback

import footer
from readers import Arrow, DuckDB, bits_of
from spelling import Spelling, parsed, shuffled
from truth import ORDINARY, SCALARS, Real, Style, infer, infer_loose, micros_of, days_of, rows_of

ALL = list(SCALARS)
FAMILIES = {
    "scalars": Style(ALL),
    "numbers": Style(["small", "integer", "big", "huge", "real", "lost"], other=0.2),
    "texts": Style(["word", "text", "long", "nearly"]),
    "dates": Style(["date", "timestamp", "utc", "nearly"], other=0.1),
    "nested": Style(ALL, depth=4, nested=0.5, fields_max=5),
    "deep": Style(ORDINARY, depth=12, nested=0.8, fields_max=2, rows=(1, 20)),
    "widening": Style(ALL, depth=2, nested=0.3, fields_max=6, other=0.6),
    "keys": Style(ORDINARY + ["null"], depth=2, nested=0.3, fields_max=14, odd_keys=True),
    "spellings": Style(ALL, depth=3, nested=0.4, fields_max=5, odd_keys=True),
    "sparse": Style(ORDINARY, depth=1, nested=0.2, fields_max=60, rows=(10, 100)),
    "many_rows": Style(ALL, depth=2, nested=0.25, fields_max=4, other=0.2, rows=(2000, 9000)),
    "many_pages": Style(["small", "integer", "real", "word", "long", "utc", "boolean"], depth=1, nested=0.15, fields_max=3, rows=(41000, 50000)),
    "partitions": Style(ORDINARY, depth=1, nested=0.2, fields_max=4, rows=(20, 200)),
    "given": Style(ORDINARY, depth=2, nested=0.3, fields_max=6),
    "late": Style(ALL, depth=2, nested=0.3, fields_max=6, other=0.3, odd_keys=True, rows=(8000, 16000)),
    "glue": Style([kind for kind in ALL if kind != "lost"], depth=2, nested=0.3, fields_max=6, other=0.3, others=ORDINARY + ["big", "huge", "struct", "list"]),
    "spark": Style([kind for kind in ALL if kind != "lost"], depth=2, nested=0.3, fields_max=6, other=0.3, others=ORDINARY + ["big", "huge", "struct", "list"]),
}
SELDOM = {"many_rows": 10, "many_pages": 60, "partitions": 3, "late": 20}  # one in so many turns: they are slow
WILD = {"spellings"}
NO_VALUE = "__HIVE_DEFAULT_PARTITION__"


# --- types and values as the readers must show them


def shown_type(kind):
    if kind[0] in ("null", "json", "string") or kind == ("struct", ()):
        return ["string"]
    if kind[0] == "list":
        return ["list", ["", shown_type(kind[1])]]
    if kind[0] == "struct":
        return ["struct"] + [[name, shown_type(child)] for name, _, child in kind[1]]
    return list(kind)


def same(kind, value, got):
    """Whether a reader's value is the true one, in a column of type `kind`."""
    if value is None or got is None:
        return value is None and got is None
    name = kind[0]
    if name == "json" or kind == ("struct", ()):
        return got == value if isinstance(value, str) else same_json(value, got)
    if name == "list":
        return isinstance(got, list) and len(got) == len(value) and all(same(kind[1], v, g) for v, g in zip(value, got))
    if name == "struct":
        return isinstance(got, list) and len(got) == len(kind[1]) and all(same(child, value.get(key), g) for (_, key, child), g in zip(kind[1], got))
    return equal(got, plain(name, value))


def same_json(value, text):
    try:
        return equal(parsed(text), value)
    except (ValueError, TypeError):
        return False


def equal(a, b):
    """Python takes 1, 1.0 and True for the same."""
    if type(a) is not type(b):
        return False
    if isinstance(a, list):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(equal(a[key], b[key]) for key in a)
    return a == b


def plain(name, value):
    if name == "double":
        return bits_of(float(value.text if isinstance(value, Real) else value))
    if name == "date":
        return days_of(value)
    if name in ("timestamp", "timestamp_utc"):
        days = days_of(value)
        return micros_of(value)[0] if days is None else days * 86_400_000_000
    return value


def differences(kind, rows, columns, got_rows):
    """Texts on what a reader found instead of the truth."""
    expected = [(name, shown_type(child)) for name, _, child in kind[1]]
    if [(name, list(found)) for name, found in columns] != expected:
        return [f"columns {columns}, not {expected}"]
    if len(got_rows) != len(rows):
        return [f"{len(got_rows)} rows, not {len(rows)}"]
    problems = []
    for i, (row, got) in enumerate(zip(rows, got_rows)):
        for (name, key, child), value in zip(kind[1], got):
            if not same(child, row.get(key), value):
                problems.append(f"row {i}, {name} {child}: {value!r}, not {row.get(key)!r}")
    return problems


# --- one case


class Case:
    def __init__(self, run, family, seed):
        self.run, self.family, self.seed = run, family, seed
        self.rng = random.Random(f"{family} {seed}")
        self.folder = run.folder / f"{family}-{seed}"
        self.folder.mkdir()
        rows = rows_of(self.rng, FAMILIES[family])
        rows[0] = rows[0] or {"only": None}
        self.rows = [shuffled(self.rng, row) for row in rows] if self.rng.random() < 0.2 else rows
        self.kind = infer(self.rows)
        self.codec = self.rng.choice(["snappy", "snappy", "zstd", "lz4", "gzip", "none"])
        self.profile = self.rng.choice(["compat", "compat", "modern"])
        self.out = self.folder / "out.parquet"
        # Names that a list of dotted names cannot say are left out.
        leaves = [path for name, _, child in self.kind[1] for path, _ in footer.leaves_of(name, shown_type(child))]
        self.blooms = [path for path in leaves if all(part and part.strip() == part and not set(part) & set(".,") for part in path)]
        self.blooms = self.rng.sample(self.blooms, min(len(self.blooms), 3)) if self.rng.random() < 0.2 and family != "partitions" else []

    def options(self):
        rng = self.rng
        options = ["--codec", self.codec, "--profile", self.profile, "--threads", str(rng.choice([1, 1, 2, 4]))]
        if self.blooms:
            options += ["--bloom", ",".join(".".join(path) for path in self.blooms)]
        if self.family == "late" or rng.random() < 0.1:
            options += ["--row-group-bytes", str(rng.choice([65536, 200000, 1000000]))]
        if rng.random() < 0.3:
            options += ["--row-group-rows", str(rng.choice([1, 7, 100, 1000, 5000]) if len(self.rows) < 2000 else rng.choice([500, 20000]))]
        return options

    def write_json(self, rows):
        """One file, or several that are one input."""
        spelling = Spelling(self.rng, self.family in WILD)
        cut = self.rng.randrange(len(rows) + 1) if self.rng.random() < 0.1 else len(rows)
        paths = []
        for part in (rows[:cut], rows[cut:]):
            if part or not paths:
                paths.append(self.folder / f"in{len(paths)}.json")
                paths[-1].write_bytes(spelling.document(part).encode())
        return paths

    def convert(self, paths, *more):
        command = [str(self.run.build / "tarn"), "convert", *map(str, paths), "-o", str(self.out), *self.options(), *more]
        (self.folder / "command").write_text(" ".join(f"'{part}'" for part in command) + "\n")
        done = subprocess.run(command, capture_output=True, text=True, timeout=300)
        if done.returncode != 0:
            raise AssertionError(f"exit status {done.returncode}: {done.stderr.strip()[-600:]}")

    def check_file(self, path, kind, rows):
        problems = []
        for reader in self.run.readers:
            columns, got = reader.read(path)
            problems += [f"{type(reader).__name__}: {text}" for text in differences(kind, rows, columns, got)]
        ours = self.run.writer == "tarn"
        return problems + footer.check(path, columns, got, self.codec, self.profile, 64 if ours else 1 << 30,
                                       self.blooms if ours else ())

    def problems(self):
        if self.run.writer == "arrow":
            self.run.arrow_writer(self)
            return self.check_file(self.out, self.kind, self.rows)
        return getattr(self, f"run_{self.family}", self.run_plain)()

    def run_plain(self):
        self.convert(self.write_json(self.rows))
        return self.check_file(self.out, self.kind, self.rows)

    def run_loose(self, mode, small, sort):
        kind = infer_loose(self.rows, small, sort)
        self.convert(self.write_json(self.rows), "--infer", mode)
        return self.check_file(self.out, kind, self.rows)

    def run_glue(self):
        return self.run_loose("glue", True, False)

    def run_spark(self):
        return self.run_loose("spark", False, True)

    def run_given(self):
        """With the right schema given, rows that do not fit it are put aside and the others stay as they were."""
        fields = tuple(field for field in self.kind[1] if hive_type(field[2]))
        if not fields:
            return []
        kind = ("struct", fields)
        broken = [{fields[0][1]: {"no": ["such", "value"]}}] if fields[0][2][0] not in ("struct", "string", "json", "null") else []
        mixed = list(self.rows)
        for row in broken:
            mixed.insert(self.rng.randrange(len(mixed) + 1), row)
        aside = self.folder / "aside.ndjson"
        schema = "struct<" + ",".join(f"{name}:{hive_type(child)}" for name, _, child in fields) + ">"
        self.convert(self.write_json(mixed), "--schema", schema, "--quarantine", str(aside))
        seen = len(aside.read_text().splitlines()) if aside.exists() else 0
        problems = [] if seen == len(broken) else [f"{seen} rows put aside, not {len(broken)}"]
        return problems + self.check_file(self.out, kind, self.rows)

    def run_partitions(self):
        names = ["part_a", "part_b"][:self.rng.randrange(1, 3)]
        rows = []
        for i, row in enumerate(self.rows):
            rows.append({"row_id": i, **row, "part_a": self.rng.choice(["x", "y", "a/b=c", "ключ", "with space", "%41", "", None]),
                         "part_b": self.rng.choice([0, 1, -2, None])})
            if len(names) == 1:
                del rows[-1]["part_b"]
        self.out = self.folder / "out"
        self.convert(self.write_json(rows), "--partition-by", ",".join(names))
        return self.check_partitions(names, rows)

    def check_partitions(self, names, rows):
        """Each row is in one file, in the folders of its values, without the columns that are in the folders' names."""
        from urllib.parse import unquote
        problems, seen = [], {}
        for path in sorted(self.out.rglob("*.parquet")):
            folders = path.relative_to(self.out).parts[:-1]
            if [folder.split("=")[0] for folder in folders] != names:
                problems.append(f"{path}: not in folders of {names}")
                continue
            values = [unquote(folder.split("=", 1)[1]) for folder in folders]
            columns, got = self.run.readers[0].read(path)
            place = [name for name, _ in columns].index("row_id")
            ids = [row[place] for row in got]
            for i in ids:
                if i in seen or [NO_VALUE if rows[i][name] in (None, "") else str(rows[i][name]) for name in names] != values:
                    problems.append(f"row {i} is in {path.relative_to(self.out)}")
                seen[i] = path
            kind = ("struct", tuple(field for field in infer(rows)[1] if field[0] not in names))
            expected = [(name, shown_type(child)) for name, _, child in kind[1]]
            if [(name, list(found)) for name, found in columns] == expected:
                problems += self.check_file(path, kind, [rows[i] for i in ids])
            else:
                problems.append(f"{path.name}: columns {columns}, not {expected}")
        return problems + ([] if len(seen) == len(rows) else [f"{len(seen)} rows in all, not {len(rows)}"])


def hive_type(kind):
    """The type in Hive's notation; None for what that cannot say."""
    simple = {"boolean": "boolean", "int64": "bigint", "double": "double", "string": "string", "json": "string", "null": "string",
              "date": "date", "timestamp": "timestamp", "decimal": "decimal(38,0)"}
    if kind[0] == "list":
        item = hive_type(kind[1])
        return item and f"array<{item}>"
    if kind[0] == "struct":
        children = [hive_type(child) for _, _, child in kind[1]]
        if not children or None in children:
            return None
        return "struct<" + ",".join(f"{name}:{child}" for (name, _, _), child in zip(kind[1], children)) + ">"
    return simple.get(kind[0])


# --- all cases


class Run:
    def __init__(self, options, folder):
        self.build, self.writer, self.folder = options.build, options.writer, folder
        self.readers, self.missing = [], []
        rows_program = options.build / "tests" / "columnar" / "duckdb_rows"
        try:
            self.readers.append(DuckDB(rows_program))
            self.readers[-1].ask("SELECT 1")
        except (OSError, RuntimeError) as reason:
            self.readers.clear()
            self.missing.append(f"DuckDB does not read: {reason}")
        try:
            self.readers.append(Arrow())
        except ImportError:
            self.missing.append("pyarrow is not importable")

    def arrow_writer(self, case):
        """What a right `tarn convert` would have written, by pyarrow; columns of JSON text get its own spelling."""
        import arrow_writer
        case.profile = "modern"
        arrow_writer.write(case.out, case.kind, case.rows, case.codec)

    def one(self, family, seed, keep):
        """None, or what is wrong."""
        case = Case(self, family, seed)
        try:
            problems = case.problems()
        except Exception as reason:  # whatever went wrong is this case's failure
            where = traceback.format_exc().splitlines()[-3].strip() if not isinstance(reason, AssertionError) else ""
            problems = [f"{type(reason).__name__}: {reason} {where}"]
        if not problems or not keep:
            shutil.rmtree(case.folder)
        return problems


def can_convert(build):
    try:
        return "convert" in subprocess.run([str(build / "tarn"), "convert", "--help"], capture_output=True, text=True).stdout
    except OSError:
        return False


def self_test(run):
    """The comparison must see every kind of fault: each value of some cases is spoilt, and each must be missed."""
    missed = seen = 0
    for seed in range(200):
        case = Case(run, "nested", seed)
        shutil.rmtree(case.folder)
        for i, row in enumerate(case.rows):
            for name, key, child in case.kind[1]:
                value = row.get(key)
                for wrong in (None, "?", value if value is None else [value]):
                    if wrong == value:
                        continue
                    seen += 1
                    missed += same(child, value, wrong)
    print(f"differential: {seen} spoilt values, {missed} taken for right")
    arrow = any(isinstance(reader, Arrow) for reader in run.readers)
    return missed == 0 and seen > 1000 and (not arrow or self_test_footer(run))


def self_test_footer(run):
    """Values that the file's counts and bounds do not speak of must be missed in it, wherever they stand."""
    case = Case(run, "scalars", 1)
    case.kind = ("struct", (("n", "n", ("int64",)), ("t", "t", ("string",)), ("l", "l", ("list", ("double",)))))
    case.rows = [{"n": i, "t": f"t{i:03d}", "l": [Real(f"{i}.5")] * (i % 3)} for i in range(400)]
    run.arrow_writer(case)
    columns, rows = run.readers[-1].read(case.out)  # pyarrow
    problems = footer.check(case.out, columns, rows, case.codec, "modern", 1 << 30)
    missed = 0
    for row in range(0, 400, 7):
        for column, wrong in ((0, 999), (0, -1), (0, None), (1, "a"), (1, "z"), (1, None), (2, [bits_of(1e9)]), (2, [None, None])):
            spoilt = [list(r) for r in rows]
            spoilt[row][column] = wrong
            missed += not footer.check(case.out, columns, spoilt, case.codec, "modern", 1 << 30)
    shutil.rmtree(case.folder)
    print(f"differential: {len(problems)} faults in a good file, {missed} spoilt values unseen in its bounds and counts")
    return not problems and not missed


def run_families(run, options):
    names = [options.family] if options.family else list(FAMILIES)
    failures, counts = {name: 0 for name in names}, {name: 0 for name in names}
    deadline = time.monotonic() + options.seconds
    turn = 0
    while options.seed is None or turn == 0:
        for name in names:
            if options.seed is None and turn % SELDOM.get(name, 1):
                continue
            if options.seed is None and (time.monotonic() > deadline and counts[name] > 0 or failures[name] >= 5):
                continue
            seed = turn if options.seed is None else options.seed
            problems = run.one(name, seed, options.keep)
            counts[name] += 1
            if problems:
                failures[name] += 1
                print(f"FAILED {name}: {sys.argv[0]} {options.build} --family {name} --seed {seed}")
                for problem in problems[:6]:
                    print(f"    {problem[:800]}", flush=True)
        turn += 1
        if time.monotonic() > deadline and turn > 0 or all(failures[name] >= 5 for name in names):
            break
    print("differential: " + ", ".join(f"{name} {counts[name]}" for name in names))
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=pathlib.Path)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--family", choices=FAMILIES)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--keep", type=pathlib.Path, help="keeps the files of failed cases there")
    parser.add_argument("--writer", choices=["tarn", "arrow"], default="tarn")
    parser.add_argument("--self-test", action="store_true")
    options = parser.parse_args()
    base = "/dev/shm" if pathlib.Path("/dev/shm").is_dir() else None
    folder = options.keep or pathlib.Path(tempfile.mkdtemp(prefix="tarn-differential-", dir=base))
    folder.mkdir(parents=True, exist_ok=True)
    run = Run(options, folder)
    for missing in run.missing:
        print(f"differential: {missing}: not compared with it")
    try:
        if options.self_test:
            good = self_test(run)
            print(f"{int(good)} passed, {int(not good)} failed")
            return 0 if good else 1
        if not run.readers or (options.writer == "tarn" and not can_convert(options.build)):
            print("differential: skipped: " + ("no independent reader is here" if not run.readers else "this tarn has no convert"))
            print(f"0 passed, 0 failed, {len(FAMILIES)} skipped")
            return 0
        failures = run_families(run, options)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    bad = sum(1 for count in failures.values() if count)
    print(f"{len(failures) - bad} passed, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
