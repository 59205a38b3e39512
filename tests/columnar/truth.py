# SPDX-License-Identifier: Apache-2.0
"""What the right answer is: random JSON whose values are known, and a model of the types that Tarn must find for them.

Values are Python's, with one addition: a number that was written with a fraction or an exponent is a Real, which keeps its
text. The model follows the lattice as src/columnar/type.h states it, not as it is coded: it looks at all values of a column
at once and asks which kinds of values there are, so the order of rows cannot matter.

Types are tuples: ("int64",), ("decimal", 38, 0), ("list", T), ("struct", ((name, original, T), ...)).
"""
import calendar
import datetime
import math
import random
import re

EXACT_INTEGER_MAX = 2 ** 53  # up to here every integer is a double
DECIMAL_DIGITS_MAX = 38


class Real:
    """A number with a fraction or exponent, or "-0", as it was written."""
    __slots__ = ("text",)

    def __init__(self, text):
        self.text = text

    def __eq__(self, other):
        return isinstance(other, Real) and self.text == other.text

    def __repr__(self):
        return f"Real({self.text})"

    def is_kept(self):
        """As a double: neither infinite, nor zero without being zero."""
        number = float(self.text)
        return math.isfinite(number) and (number != 0 or not re.search("[1-9]", re.split("[eE]", self.text)[0]))


# --- dates, as src/columnar/datetime.h has them

DATE = re.compile("([0-9]{4})-([0-9]{2})-([0-9]{2})")
TIMESTAMP = re.compile("([0-9]{4}-[0-9]{2}-[0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:[.]([0-9]{1,6}))?)?"
                       "([Zz]|([+-])([0-9]{2}):?([0-9]{2})?)?")


def days_of(text):
    match = DATE.fullmatch(text)
    if not match:
        return None
    try:
        return datetime.date(*map(int, match.groups())).toordinal() - datetime.date(1970, 1, 1).toordinal()
    except ValueError:
        return None


def micros_of(text):
    """(microseconds, whether it had a zone), or None."""
    match = TIMESTAMP.fullmatch(text)
    if not match or (match[6] and match[6][-1] == ":"):
        return None
    days = days_of(match[1])
    hour, minute, second = int(match[2]), int(match[3]), int(match[4] or 0)
    offset_hour, offset_minute = int(match[8] or 0), int(match[9] or 0)
    if days is None or hour > 23 or minute > 59 or second > 59 or offset_hour > 23 or offset_minute > 59:
        return None
    offset = (offset_hour * 60 + offset_minute) * (-1 if match[7] == "-" else 1)
    micros = (((days * 24 + hour) * 60 + minute - offset) * 60 + second) * 1_000_000
    return micros + int((match[5] or "0").ljust(6, "0")), match[6] is not None


# --- the model of types

STRINGS = {"string", "date", "timestamp", "timestamp_utc"}


def kind_of(value):
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "int64" if -2 ** 63 <= value < 2 ** 63 else "decimal" if abs(value) < 10 ** DECIMAL_DIGITS_MAX else "json"
    if isinstance(value, Real):
        return "double" if value.is_kept() else "json"
    if isinstance(value, str):
        if days_of(value) is not None:
            return "date"
        micros = micros_of(value)
        return "string" if micros is None else "timestamp_utc" if micros[1] else "timestamp"
    return "list" if isinstance(value, list) else "struct"


def lower_ascii(text):
    return "".join(c.lower() if c < "\x80" else c for c in text)


def infer_struct(objects):
    """Fields in the order of first appearance; names that differ in case alone get _2, _3, ..."""
    fields, names = {}, set()
    for key in (key for value in objects for key in value):
        if key not in fields:
            name, n = lower_ascii(key), 2
            while name in names:
                name, n = f"{lower_ascii(key)}_{n}", n + 1
            names.add(name)
            fields[key] = name
    return ("struct", tuple((name, key, infer([value.get(key) for value in objects])) for key, name in fields.items()))


def infer(values):
    """The least type that holds all values without loss."""
    values = [value for value in values if value is not None]
    kinds = {kind_of(value) for value in values}
    if not kinds:
        return ("null",)
    if kinds == {"struct"}:
        return infer_struct(values)
    if kinds == {"list"}:
        return ("list", infer([item for value in values for item in value]))
    if len(kinds) == 1:
        return ("decimal", DECIMAL_DIGITS_MAX, 0) if kinds == {"decimal"} else (kinds.pop(),)
    if kinds == {"int64", "decimal"}:
        return ("decimal", DECIMAL_DIGITS_MAX, 0)
    if kinds == {"int64", "double"}:
        exact = all(abs(value) <= EXACT_INTEGER_MAX for value in values if isinstance(value, int))
        return ("double",) if exact else ("json",)
    if kinds == {"date", "timestamp"}:
        return ("timestamp",)
    return ("string",) if kinds <= STRINGS else ("json",)


# --- the types of modes that do not keep everything: Spark's and Glue's


def loose_kind_of(value, small):
    if isinstance(value, str):
        return "string"
    if isinstance(value, Real):
        return "double"
    kind = kind_of(value)
    if kind == "int64" and small and -2 ** 31 <= value < 2 ** 31:
        return "int32"
    return "double" if kind == "json" and isinstance(value, int) else kind


def infer_loose(values, small, sort):
    """`small`: int32 while that holds them (Glue). `sort`: fields by name (Spark)."""
    values = [value for value in values if value is not None]
    kinds = {loose_kind_of(value, small) for value in values}
    if not kinds:
        return ("null",)
    if kinds == {"struct"}:
        keys = dict.fromkeys(key for value in values for key in value)
        fields = [(key, key, infer_loose([value.get(key) for value in values], small, sort)) for key in keys]
        return ("struct", tuple(sorted(fields) if sort else fields))
    if kinds == {"list"}:
        return ("list", infer_loose([item for value in values for item in value], small, sort))
    if kinds <= {"int32", "int64", "decimal", "double"}:
        widest = max(kinds, key=["int32", "int64", "decimal", "double"].index)
        return ("decimal", DECIMAL_DIGITS_MAX, 0) if widest == "decimal" else (widest,)
    return (kinds.pop(),) if len(kinds) == 1 else ("json",)


# --- random values

WORDS = ["alpha", "bravo", "delta", "kilo", "oscar", "tango", "zulu", "yes", "no", "", " ", "null", "true", "12", "1.5"]
SPECIAL = ["\n", "\"", "\\", "/", "\t", "\x01", "\x1f", "\x7f", "é", "ß", "Ж", "湖", "\u2028", "\ufeff", "\ufffd", "😀", "𝒳", "\U0010ffff", "\0"]
INTEGERS = [0, 1, -1, 9, 10, -10, 99999999, 100000000, 2 ** 31 - 1, 2 ** 31, -2 ** 31 - 1, 2 ** 53, 2 ** 53 + 1, 10 ** 16, 10 ** 18,
            2 ** 63 - 1, -2 ** 63]
BIG = [2 ** 63, -2 ** 63 - 1, 2 ** 64, 10 ** 19, 10 ** 37, 10 ** 38 - 1, 1 - 10 ** 38]
REALS = ["0.0", "-0.0", "-0", "1.0", "0.1", "1e5", "1E+2", "5e-324", "4.9406564584124654e-324", "2.2250738585072014e-308",
         "1.7976931348623157e308", "0.30000000000000004", "9007199254740993.0", "123456789012345678901234567890.5",
         "8.5e-07", "1.000000000000000055511151231257827021181583404541015625", "0e999", "2.5E-3", "7.2057594037927933e16",
         "0.000000000000000000000000000000000000000000000001", "17976931348623157e292"]


def random_integer(rng):
    if rng.random() < 0.15:
        return rng.choice(INTEGERS)
    return rng.randrange(-10 ** rng.randrange(1, 19), 10 ** rng.randrange(1, 19))


def random_small(rng):
    return rng.randrange(-1000, 100000)


def random_big(rng):
    return rng.choice(BIG) if rng.random() < 0.3 else rng.choice((1, -1)) * rng.randrange(2 ** 63 + 1, 10 ** rng.randrange(20, 39))


def random_huge(rng):
    return rng.randrange(10 ** 38, 10 ** rng.randrange(39, 60))


def random_real(rng):
    choice = rng.random()
    if choice < 0.15:
        return Real(rng.choice(REALS))
    if choice < 0.3:  # any double, as Python writes it
        number = math.ldexp(rng.uniform(-1, 1), rng.randrange(-1070, 1024))
        text = repr(number)
        return Real(text if re.search("[.e]", text) else text + ".0")
    if choice < 0.4:  # more digits than a double has
        return Real(f"{rng.randrange(-10 ** 6, 10 ** 6)}.{rng.randrange(10 ** 25):025d}e{rng.randrange(-300, 290)}")
    return Real(f"{rng.uniform(-10000, 10000):.{rng.randrange(1, 7)}f}")


def random_lost(rng):
    return Real(rng.choice(["1e999", "-1e400", "1e-400", "1.8e308", "-3.5e-330"]))


def random_text(rng):
    return "".join(rng.choice(SPECIAL) if rng.random() < 0.3 else rng.choice("abcXYZ 019_") for _ in range(rng.randrange(30)))


def random_long(rng):
    piece = rng.choice(["abcdefgh", "ёж", "湖", "😀", "\\", "z", "\U0010ffff"])
    return piece * rng.randrange(1, rng.choice([20, 80, 300])) + rng.choice(["", "a", "é", "\x7f"])


def random_date(rng):
    if rng.random() < 0.1:
        return rng.choice(["0001-01-01", "9999-12-31", "1970-01-01", "1969-12-31", "2000-02-29", "1900-02-28", "2024-02-29"])
    year, month = rng.randrange(1, 9999), rng.randrange(1, 13)
    return f"{year:04d}-{month:02d}-{rng.randrange(1, calendar.monthrange(year, month)[1] + 1):02d}"


def random_timestamp(rng, zones=("",)):
    year, month = rng.randrange(1, 9998) + 1, rng.randrange(1, 13)  # an offset must not leave the years
    text = f"{year:04d}-{month:02d}-{rng.randrange(1, 29):02d}{rng.choice('TTT ')}{rng.randrange(24):02d}:{rng.randrange(60):02d}"
    if rng.random() < 0.9:
        text += f":{rng.randrange(60):02d}"
        digits = rng.choice([0, 0, 1, 2, 3, 3, 3, 6, 6])
        text += f".{rng.randrange(10 ** digits):0{digits}d}" if digits else ""
    return text + rng.choice(zones)


def random_utc(rng):
    return random_timestamp(rng, ("Z", "Z", "Z", "z", "+00:00", "-07:00", "+05:30", "+0145", "-11", "+14:00"))


def random_nearly(rng):
    """Strings that look like dates and are none."""
    return rng.choice(["2024-02-30", "2023-02-29", "2024-13-01", "2024-1-01", "24-01-01", "0000-01-01", "2024-01-01T", "2024-01-01T24:00:00",
                       "2024-01-01T10:00:60Z", "2024-01-01T10:00:00.", "2024-01-01T10:00:00.1234567Z", "2024-01-01T10:00:00+24:00",
                       "2024-01-01  10:00", "2024-01-01t10:00", "2024-01-01 ", " 2024-01-01", "2024-01-01T10:00:00 Z", "2024/01/01", "-2024-01-01",
                       "2024-01-01T1:00", "20240101", "2024-01-01T10", "2024-01-01T10:00Zz", "2024-01-01T10:00:00+", "２024-01-01"])


SCALARS = {
    "boolean": lambda rng: rng.random() < 0.5,
    "small": random_small,
    "integer": random_integer,
    "big": random_big,
    "huge": random_huge,
    "real": random_real,
    "lost": random_lost,
    "word": lambda rng: rng.choice(WORDS),
    "text": random_text,
    "long": random_long,
    "date": random_date,
    "timestamp": random_timestamp,
    "utc": random_utc,
    "nearly": random_nearly,
    "null": lambda rng: None,
}
ORDINARY = ["boolean", "small", "integer", "real", "word", "text", "date", "timestamp", "utc"]


class Node:
    """A place in the documents: what stands there, how often, and what is below it."""

    def __init__(self, rng, style, depth=0):
        self.kind = style.pick_kind(rng, depth)
        self.missing = rng.choice([0, 0, 0, 0.1, 0.5, 0.95]) if depth else 0
        self.null = rng.choice([0, 0, 0.05, 0.5]) if depth else 0
        self.other = style.pick_other(rng) if depth else None  # (kind, from which part of the rows on, how often)
        self.length = rng.choice([1, 3, 3, 8])
        self.fields = {}
        self.item = None
        if self.kind == "struct":
            empty = depth and rng.random() < 0.06
            for i in range(0 if empty else rng.randrange(1, style.fields_max + 1)):
                self.fields[style.pick_key(rng, i, self.fields)] = Node(rng, style, depth + 1)
        elif self.kind == "list":
            self.item = Node(rng, style, depth + 1)

    def value(self, rng, progress):
        if rng.random() < self.null:
            return None
        if self.other and progress >= self.other[1] and rng.random() < self.other[2]:
            return {"struct": lambda _: {"k": 1}, "list": lambda _: [1, "x"]}.get(self.other[0], SCALARS.get(self.other[0]))(rng)
        if self.kind == "struct":
            return {key: node.value(rng, progress) for key, node in self.fields.items() if rng.random() >= node.missing}
        if self.kind == "list":
            return [self.item.value(rng, progress) for _ in range(rng.randrange(self.length + 1))]
        return SCALARS[self.kind](rng)


class Style:
    """What a family of documents is about."""

    def __init__(self, scalars=None, depth=1, nested=0.0, fields_max=8, other=0.0, odd_keys=False, rows=(1, 30), others=None):
        self.scalars = scalars or ORDINARY
        self.others = others or list(SCALARS) + ["struct", "list"]
        self.depth, self.nested, self.fields_max, self.other, self.odd_keys, self.rows = depth, nested, fields_max, other, odd_keys, rows

    def pick_kind(self, rng, depth):
        if depth == 0:
            return "struct"
        if depth <= self.depth and rng.random() < self.nested:
            return rng.choice(["struct", "list"])
        return rng.choice(self.scalars)

    def pick_other(self, rng):
        if rng.random() >= self.other:
            return None
        kind = rng.choice(self.others)
        return kind, rng.choice([0, 0.3, 0.9]), rng.choice([0.02, 0.3, 1])

    def pick_key(self, rng, i, taken):
        key = f"{rng.choice(['id', 'name', 'a_field', 'x', 'total_amount_of_it', 'k'])}{i or ''}"
        if self.odd_keys:
            key = rng.choice([key, key.upper(), key.title(), rng.choice(list(taken) or [key]).swapcase(), "with space", "dot.ted", "ключ", "a\"b",
                              "back\\slash", "tab\t", "😀", "-", "1", "select", "k" * 70, "p" * 300, "element", "list", "a:b", "a`b", "x,y"])
        return f"{key}_{i}" if key in taken else key


def rows_of(rng, style):
    root = Node(rng, style)
    count = rng.randrange(style.rows[0], style.rows[1] + 1)
    return [root.value(rng, i / count) for i in range(count)]
