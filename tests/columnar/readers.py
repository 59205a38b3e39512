# SPDX-License-Identifier: Apache-2.0
"""Independent readers of Parquet, both giving the same: a list of (name, type) and rows as lists of values.

Types are lists, ["int64"], ["decimal", 38, 0], ["list", ["", T]], ["struct", [name, T], ...]; values are whole numbers (dates
in days, timestamps in microseconds, decimals unscaled), doubles as the hexadecimal digits of their bits, texts, lists.
"""
import json
import struct
import subprocess


def bits_of(number):
    return struct.pack(">d", number).hex()


def unscaled(value):
    """Of a Decimal, whose arithmetic would round."""
    sign, digits, _ = value.as_tuple()
    return int("".join(map(str, digits))) * (-1 if sign else 1)


class DuckDB:
    """duckdb_rows, one process for all questions."""

    def __init__(self, program):
        self.process = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, sql):
        self.process.stdin.write(sql.replace("\n", " ").encode() + b"\n")
        self.process.stdin.flush()
        columns, rows = None, []
        while True:
            line = self.process.stdout.readline()
            if line == b"":
                raise RuntimeError("duckdb_rows died")
            if line == b"\n":
                return columns, rows
            answer = json.loads(line)
            if isinstance(answer, list):
                rows.append(answer)
            elif "error" in answer:
                self.process.stdout.readline()
                raise RuntimeError(f"DuckDB: {answer['error']}")
            else:
                columns = [tuple(column) for column in answer["columns"]]

    def read(self, path):
        return self.ask("SELECT * FROM read_parquet('{}', hive_partitioning = false)".format(str(path).replace("'", "''")))

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


class Arrow:
    """pyarrow, where it is installed. Timestamps are taken as whole numbers: Python's dates end at the year 9999."""

    def __init__(self):
        import pyarrow
        import pyarrow.parquet
        self.arrow, self.parquet = pyarrow, pyarrow.parquet

    def type_of(self, arrow_type):
        types = self.arrow.types
        if types.is_struct(arrow_type):
            return ["struct"] + [[field.name, self.type_of(field.type)] for field in arrow_type]
        if types.is_list(arrow_type):
            return ["list", ["", self.type_of(arrow_type.value_type)]]
        if types.is_decimal(arrow_type):
            return ["decimal", arrow_type.precision, arrow_type.scale]
        if types.is_timestamp(arrow_type):
            assert arrow_type.unit == "us", arrow_type
            return ["timestamp_utc" if arrow_type.tz else "timestamp"]
        return [{"bool": "boolean", "date32[day]": "date", "large_string": "string"}.get(str(arrow_type), str(arrow_type))]

    def values_of(self, array):
        """The array's values in the common form."""
        arrow, types = self.arrow, self.arrow.types
        if types.is_struct(array.type):
            columns = [self.values_of(array.field(i)) for i in range(array.type.num_fields)]
            rows = [list(row) for row in zip(*columns)] if columns else [[] for _ in range(len(array))]
            return [row if valid else None for row, valid in zip(rows, array.is_valid().to_pylist())]
        if types.is_list(array.type):
            items, offsets = self.values_of(array.values), array.offsets.to_pylist()
            return [items[start:end] if valid else None
                    for start, end, valid in zip(offsets, offsets[1:], array.is_valid().to_pylist())]
        if types.is_timestamp(array.type):
            array = array.view(arrow.int64())
        elif types.is_date32(array.type):
            array = array.view(arrow.int32())
        values = array.to_pylist()
        if types.is_floating(array.type):
            return [None if value is None else bits_of(value) for value in values]
        if types.is_decimal(array.type):
            return [None if value is None else unscaled(value) for value in values]
        return values

    def read(self, path):
        table = self.parquet.ParquetFile(path).read()
        columns = []
        for column in table.columns:
            columns.append([value for chunk in column.chunks for value in self.values_of(chunk)])
        rows = [list(row) for row in zip(*columns)] if columns else [[] for _ in range(table.num_rows)]
        return [(field.name, self.type_of(field.type)) for field in table.schema], rows
