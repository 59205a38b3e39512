# SPDX-License-Identifier: Apache-2.0
"""A small reader of Parquet's metadata (parquet-format's parquet.thrift), and what must be true of it.

It decodes no values: those come from the readers, are laid out entry by entry as each leaf has them, and every count and bound in the
file - of chunks, in the column index, in the offset index, in page headers - is held against them.
"""
import struct
import zlib

from bloom import Bloom, plain_bytes
from readers import bits_of

# --- Thrift's compact protocol: structs as {field id: value}


class Thrift:
    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def varint(self):
        value = shift = 0
        while True:
            byte = self.data[self.at]
            self.at += 1
            value |= (byte & 0x7f) << shift
            shift += 7
            if byte < 0x80:
                return value

    def zigzag(self):
        value = self.varint()
        return value >> 1 ^ -(value & 1)

    def value(self, kind):
        if kind in (1, 2):  # only in lists: in fields the kind is the value
            self.at += 1
            return self.data[self.at - 1] == 1
        if kind == 3:
            self.at += 1
            return struct.unpack_from("b", self.data, self.at - 1)[0]
        if kind in (4, 5, 6):
            return self.zigzag()
        if kind == 7:
            self.at += 8
            return struct.unpack_from("<d", self.data, self.at - 8)[0]
        if kind == 8:
            size = self.varint()
            self.at += size
            assert self.at <= len(self.data), "a text beyond the end"
            return bytes(self.data[self.at - size:self.at])
        if kind in (9, 10):
            head = self.data[self.at]
            self.at += 1
            count = self.varint() if head >> 4 == 15 else head >> 4
            return [self.value(head & 15) for _ in range(count)]
        assert kind == 12, f"thrift type {kind}"
        return self.struct()

    def struct(self):
        fields, last = {}, 0
        while True:
            head = self.data[self.at]
            self.at += 1
            if head == 0:
                return fields
            last = last + (head >> 4) if head >> 4 else self.zigzag()
            fields[last] = head & 15 == 1 if head & 15 in (1, 2) else self.value(head & 15)


# --- the schema, and values as entries of its leaves

CODECS = {0: "none", 1: "snappy", 2: "gzip", 6: "zstd", 7: "lz4"}
PHYSICAL = {0: "boolean", 1: "int32", 2: "int64", 4: "float", 5: "double", 6: "bytes", 7: "fixed"}
EXPECTED_PHYSICAL = {"boolean": 0, "int8": 1, "int16": 1, "int32": 1, "int64": 2, "float": 4, "double": 5, "string": 6, "binary": 6,
                     "date": 1, "timestamp": 2, "timestamp_utc": 2}


def leaves_of(name, kind, path=()):
    """[(path, type)], depth first, of a type as the readers give it."""
    path += (name,)
    if kind[0] == "struct":
        return [leaf for child, child_kind in kind[1:] for leaf in leaves_of(child, child_kind, path)]
    if kind[0] == "list":
        return leaves_of("element", kind[1][1], path + ("list",))
    return [(path, kind)]


def put_entries(kind, value, leaves, at):
    """Appends one row's entries (None: not defined down to the leaf) to leaves[at...]; the number of the next leaf."""
    if kind[0] == "struct":
        for i, (_, child_kind) in enumerate(kind[1:]):
            at = put_entries(child_kind, None if value is None else value[i], leaves, at)
        return at
    if kind[0] == "list":
        for item in value or [None]:
            end = put_entries(kind[1][1], item, leaves, at)
        return end
    leaves[at].append(value)
    return at + 1


def entries_of(columns, row, leaf_count):
    leaves, at = [[] for _ in range(leaf_count)], 0
    for (_, kind), value in zip(columns, row):
        at = put_entries(kind, value, leaves, at)
    return leaves


# --- bounds


def decode(kind, raw):
    """A bound as a number or bytes that compare as Parquet orders them."""
    name = kind[0]
    if name in ("string", "binary"):
        return raw
    if name == "boolean":
        return raw[0] != 0
    if name == "decimal":
        return int.from_bytes(raw, "big" if kind[-1] == "fixed" else "little", signed=True)
    if name in ("double", "float"):
        return struct.unpack("<d" if name == "double" else "<f", raw)[0]
    return int.from_bytes(raw, "little", signed=True)


def comparable(kind, value):
    if kind[0] == "string":
        return value.encode()
    if kind[0] == "binary":
        return bytes.fromhex(value)
    return struct.unpack(">d", bytes.fromhex(value))[0] if kind[0] == "double" else value


def check_bounds(kind, entries, least, greatest, exact, say, bound_bytes_max=64):
    """least, greatest: raw, or None; exact: whether they claim to be values themselves (None: no claim)."""
    values = [comparable(kind, value) for value in entries if value is not None]
    if not values:
        if least is not None or greatest is not None:
            say("bounds of no values")
        return
    if least is None or greatest is None:
        say("no bounds")
        return
    low, high = decode(kind, least), decode(kind, greatest)
    if not low <= min(values) or not high >= max(values):
        say(f"bounds {low!r} {high!r} do not hold {min(values)!r} {max(values)!r}")
    if kind[0] in ("string", "binary"):
        for bound, is_exact, true in zip((low, high), exact, (min(values), max(values))):
            if len(bound) > bound_bytes_max:
                say(f"a bound of {len(bound)} bytes")
            if is_exact and bound != true or is_exact is None and len(true) <= bound_bytes_max and bound != true:
                say(f"bound {bound!r} of {true!r} claims to be exact")
            if kind[0] == "string" and not is_utf8(bound):
                say(f"bound {bound!r} cuts a character")
    elif low != min(values) or high != max(values):
        say(f"bounds {low!r} {high!r} are not {min(values)!r} {max(values)!r}")
    if kind[0] == "double" and (low == 0 and bits_of(low) != bits_of(-0.0) or high == 0 and bits_of(high) != bits_of(0.0)):
        say("the sign of a zero bound")


def is_unbounded(kind, entries, bound_bytes_max):
    """Nothing is greater than the last character of all, again and again: such a text has no bound that is short."""
    last = "\U0010ffff" * (bound_bytes_max // 4)
    return kind[0] == "string" and any(value is not None and value.startswith(last) for value in entries)


def is_utf8(raw):
    try:
        raw.decode()
        return True
    except UnicodeDecodeError:
        return False


# --- the file


class File:
    def __init__(self, path):
        self.data = path.read_bytes()
        assert self.data[:4] == b"PAR1" and self.data[-4:] == b"PAR1", "no magic"
        size = struct.unpack("<I", self.data[-8:-4])[0]
        assert size + 12 <= len(self.data), "footer larger than the file"
        thrift = Thrift(self.data, len(self.data) - 8 - size)
        self.meta = thrift.struct()
        assert thrift.at == len(self.data) - 8, "bytes behind the footer"

    def schema_leaves(self):
        """[(path, physical type, schema element)]"""
        elements = iter(self.meta[2])
        leaves = []

        def walk(path):
            element = next(elements)
            path = path + (element[4].decode(),)
            for _ in range(element.get(5, 0)):
                walk(path)
            if 5 not in element:
                leaves.append((path[1:], element[1], element))
        walk(())
        assert next(elements, None) is None, "schema elements outside the tree"
        return leaves

    def pages(self, chunk):
        """[(offset, header, size of the header)] of a chunk's pages, in file order."""
        meta = chunk[3]
        at = meta.get(11, meta[9])
        end, out = at + meta[7], []
        while at < end:
            thrift = Thrift(self.data, at)
            header = thrift.struct()
            out.append((at, header, thrift.at - at))
            if 4 in header and zlib.crc32(self.data[thrift.at:thrift.at + header[3]]) != header[4] & 0xffffffff:
                raise AssertionError("a page's CRC")
            at = thrift.at + header[3]
        assert at == end, "pages end beyond their chunk"
        return out


ABSENT = [f"absent {i}" for i in range(100)]


def check_bloom(file, chunk, kind, entries, wanted, say):
    offset = chunk[3].get(14)
    if not wanted or kind[0] == "boolean":
        if offset is not None:
            say("a Bloom filter that nobody wanted")
        return
    values = {value for row in entries for value in row if value is not None}
    if offset is None:
        if values:
            say("no Bloom filter")
        return
    thrift = Thrift(file.data, offset)
    header = thrift.struct()
    if header.get(2) != {1: {}} or header.get(3) != {1: {}} or header.get(4) != {1: {}}:
        say(f"Bloom filter: header {header}")
    if chunk[3].get(15) != thrift.at - offset + header[1]:
        say(f"Bloom filter: {chunk[3].get(15)} bytes, not {thrift.at - offset + header[1]}")
    bloom = Bloom(file.data[thrift.at:thrift.at + header[1]])
    missing = [value for value in values if plain_bytes(kind[0], value) is not None and plain_bytes(kind[0], value) not in bloom]
    if missing:
        say(f"Bloom filter: {len(missing)} of {len(values)} values are not in it, as {missing[0]!r}")
    if sum(text.encode() in bloom for text in ABSENT) > 20:
        say("Bloom filter: takes too much for present")


COMPAT_ENCODINGS, MODERN_ENCODINGS = {0, 3, 8}, {0, 3, 5, 6, 8, 9}


def check_chunk(file, chunk, kind, entries, options, say):
    meta = chunk[3]
    if CODECS.get(meta[4]) not in (options["codec"], "none"):
        say(f"codec {meta[4]}, not {options['codec']}")
    if not set(meta[2]) <= (COMPAT_ENCODINGS if options["profile"] == "compat" else MODERN_ENCODINGS):
        say(f"encodings {meta[2]} in profile {options['profile']}")
    if kind[0] != "double" and 9 in meta[2]:
        say("BYTE_STREAM_SPLIT that is not of doubles")
    total = sum(map(len, entries))
    if meta[5] != total:
        say(f"{meta[5]} values, not {total}")
    statistics = meta.get(12, {})
    flat = [value for row in entries for value in row]
    if statistics.get(3) != flat.count(None):
        say(f"null_count {statistics.get(3)}, not {flat.count(None)}")
    if 4 in statistics and statistics[4] != len({value for value in flat if value is not None}):
        say(f"distinct_count {statistics[4]}")
    if is_unbounded(kind, flat, options["bound_bytes_max"]) and 6 not in statistics and 5 not in statistics and 6 not in chunk:
        return
    check_bounds(kind, flat, statistics.get(6), statistics.get(5), (statistics.get(8), statistics.get(7)), say,
                 options["bound_bytes_max"])
    check_pages(file, chunk, kind, entries, options, say)


def check_pages(file, chunk, kind, entries, options, say):
    if 4 not in chunk or 6 not in chunk:
        say("no page index")
        return
    locations = Thrift(file.data, chunk[4]).struct()[1]
    index = Thrift(file.data, chunk[6]).struct()
    if not len(locations) == len(index[1]) == len(index[2]) == len(index[3]) == len(index.get(5, index[1])):
        say("page indexes of different lengths")
        return
    pages = {offset: (header, size) for offset, header, size in file.pages(chunk) if header[1] != 2}
    if [location[1] for location in locations] != list(pages):
        say("the offset index names other pages than there are")
        return
    starts = [location[3] for location in locations] + [len(entries)]
    if starts[0] != 0 or sorted(set(starts)) != starts:
        say(f"first rows {starts}")
        return
    lows, highs = [], []
    for i, location in enumerate(locations):
        flat = [value for row in entries[starts[i]:starts[i + 1]] for value in row]
        header, size = pages[location[1]]
        if header[3] + size != location[2]:
            say(f"page {i}: {location[2]} bytes, not {header[3] + size}")
        if options["profile"] == "compat" and header[1] != 0:
            say(f"page {i}: type {header[1]} in profile compat")
        if (header.get(5) or header.get(8))[1] != len(flat):
            say(f"page {i}: {header[5][1]} values, not {len(flat)}")
        if 5 in index and index[5][i] != flat.count(None):
            say(f"page {i}: null count {index[5][i]}, not {flat.count(None)}")
        empty = all(value is None for value in flat)
        if index[1][i] != empty:
            say(f"page {i}: null page {index[1][i]}")
        if not empty:
            lows.append(decode(kind, index[2][i]))
            highs.append(decode(kind, index[3][i]))
            # What the index claims is only that values lie between; texts may be cut.
            check_bounds(kind, flat, index[2][i], index[3][i], (False, False), lambda text, i=i: say(f"page {i}: {text}"),
                         options["bound_bytes_max"])
    order = index[4]
    if order == 1 and (sorted(lows) != lows or sorted(highs) != highs):
        say("not ascending")
    if order == 2 and (sorted(lows, reverse=True) != lows or sorted(highs, reverse=True) != highs):
        say("not descending")


def check(path, columns, rows, codec="snappy", profile="compat", bound_bytes_max=64, blooms=()):
    """Everything that is wrong with the file's metadata, as texts; `columns` and `rows` are what a reader found in it, `blooms` are paths
    of leaves that Bloom filters were wanted for."""
    problems = []
    options = {"codec": codec, "profile": profile, "bound_bytes_max": bound_bytes_max}
    file = File(path)
    leaves = [leaf for name, kind in columns for leaf in leaves_of(name, kind)]
    found = file.schema_leaves()
    if [leaf[0] for leaf in found] != [leaf[0] for leaf in leaves]:
        return [f"leaves {[leaf[0] for leaf in found]}, not {[leaf[0] for leaf in leaves]}"]
    for (_, physical, element), (path_, kind) in zip(found, leaves):
        expected = EXPECTED_PHYSICAL.get(kind[0], 7)
        if physical != expected and kind[0] != "decimal":
            problems.append(f"{path_}: physical type {PHYSICAL.get(physical)}")
        if kind[0] in ("timestamp", "timestamp_utc") and element.get(10, {}).get(8, {}).get(1) != (kind[0] == "timestamp_utc"):
            problems.append(f"{path_}: isAdjustedToUTC")
    if len(file.meta.get(7, [])) != len(leaves):
        problems.append("column_orders")
    groups = file.meta[4]
    if file.meta[3] != len(rows) or sum(group[3] for group in groups) != len(rows):
        problems.append(f"{file.meta[3]} rows, not {len(rows)}")
    start = 0
    for g, group in enumerate(groups):
        entries = [entries_of(columns, row, len(leaves)) for row in rows[start:start + group[3]]]
        start += group[3]
        for i, (chunk, (path_, kind)) in enumerate(zip(group[1], leaves)):
            column = [row[i] for row in entries]
            kind = kind + ["fixed"] if found[i][1] == 7 else kind
            if tuple(part.decode() for part in chunk[3][3]) != path_:
                problems.append(f"chunk of {chunk[3][3]}, not of {path_}")
            def say(text, g=g, path_=path_):
                problems.append(f"row group {g}, {'.'.join(path_)}: {text}")
            check_chunk(file, chunk, kind, column, options, say)
            check_bloom(file, chunk, kind, column, path_ in blooms, say)
    return problems
