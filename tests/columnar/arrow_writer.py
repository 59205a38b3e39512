# SPDX-License-Identifier: Apache-2.0
"""pyarrow in Tarn's place: writes the truth as a right conversion would, so that the comparison can be tested without one."""
import datetime
import decimal
import json

import pyarrow
import pyarrow.parquet

from truth import Real, days_of, micros_of

CODECS = {"lz4": "lz4", "none": "none", "gzip": "gzip", "zstd": "zstd", "snappy": "snappy"}


def arrow_type(kind):
    simple = {"boolean": pyarrow.bool_(), "int64": pyarrow.int64(), "double": pyarrow.float64(), "date": pyarrow.date32(),
              "timestamp": pyarrow.timestamp("us"), "timestamp_utc": pyarrow.timestamp("us", "UTC"),
              "decimal": pyarrow.decimal128(38, 0)}
    if kind[0] == "list":
        return pyarrow.list_(pyarrow.field("element", arrow_type(kind[1])))
    if kind[0] == "struct" and kind[1]:
        return pyarrow.struct([(name, arrow_type(child)) for name, _, child in kind[1]])
    return simple.get(kind[0], pyarrow.string())


def text_of(value):
    """JSON text with numbers as they were written."""
    if isinstance(value, Real):
        return value.text
    if isinstance(value, list):
        return "[" + ",".join(map(text_of, value)) + "]"
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{text_of(item)}" for key, item in value.items()) + "}"
    return json.dumps(value)


def arrow_value(kind, value):
    if value is None:
        return None
    if kind[0] == "json" or kind == ("struct", ()):
        return value if isinstance(value, str) else text_of(value)
    if kind[0] == "list":
        return [arrow_value(kind[1], item) for item in value]
    if kind[0] == "struct":
        return {name: arrow_value(child, value.get(key)) for name, key, child in kind[1]}
    if kind[0] == "double":
        return float(value.text if isinstance(value, Real) else value)
    if kind[0] == "decimal":
        return decimal.Decimal(value)
    if kind[0] == "date":
        return datetime.date(1970, 1, 1) + datetime.timedelta(days_of(value))
    if kind[0] in ("timestamp", "timestamp_utc"):
        days = days_of(value)
        micros = micros_of(value)[0] if days is None else days * 86_400_000_000
        return datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
    return value


def write(path, kind, rows, codec):
    columns = [pyarrow.array([arrow_value(child, row.get(key)) for row in rows], arrow_type(child)) for _, key, child in kind[1]]
    table = pyarrow.Table.from_arrays(columns, [name for name, _, _ in kind[1]])
    pyarrow.parquet.write_table(table, path, compression=CODECS[codec], row_group_size=max(1, len(rows) // 2), store_schema=False,
                                write_page_index=True, data_page_size=1000)
