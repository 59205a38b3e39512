// SPDX-License-Identifier: Apache-2.0
// A footer as people and programs read it: rows of text for tables, and one JSON document.
//
// Whatever a file holds comes out as valid UTF-8: bytes that are none become U+FFFD. Cells without
// a value have ptr NULL. Minima and maxima are written by their column's type - dates, times,
// decimals, UUIDs - and left out where the format defines no order for them (footer_bounds_hold);
// "…" behind one says that it is a bound, not a value of the column.
//
// Ownership: everything is in the arena.
#ifndef COLUMNAR_INSPECT_H
#define COLUMNAR_INSPECT_H

#include "columnar/footer.h"

#include "base/json.h"

struct inspect_table {
    const char *const *columns; // NULL-terminated
    struct str **rows;
    size_t count, capacity;
};
// About the file: a fact and its value a row; last what is odd about it. Metadata's values are cut.
struct inspect_table inspect_facts(struct arena *arena, const struct parquet_footer *footer);
// The schema's fields, indented, with the columns' Hive types. `columns` from footer_type.
struct inspect_table inspect_schema(struct arena *arena, const struct parquet_footer *footer,
                                    const struct type *columns);
// A row for each row group.
struct inspect_table inspect_row_groups(struct arena *arena, const struct parquet_footer *footer);
// A row for each column chunk of a row group.
struct inspect_table inspect_chunks(struct arena *arena, const struct parquet_footer *footer,
                                    size_t row_group);
// The same for the whole file: the chunks of each column summed up.
struct inspect_table inspect_columns(struct arena *arena, const struct parquet_footer *footer);
// Everything, nothing cut.
struct json *inspect_json(struct arena *arena, const struct parquet_footer *footer,
                          const struct type *columns);

// --- values (inspect_value.c)

// A value of a leaf in PLAIN encoding, byte arrays without length; bytes of another length than the
// type's as hex.
void inspect_value_put(struct buf *out, const struct parquet_element *leaf, struct str value);
// By the column's order: <0, 0, >0.
int inspect_value_cmp(const struct parquet_element *leaf, struct str a, struct str b);
// "TIMESTAMP(MICROS, UTC)", "DECIMAL(10, 2)"; nothing for none.
void inspect_logical_put(struct buf *out, const struct parquet_logical *logical);

#endif
