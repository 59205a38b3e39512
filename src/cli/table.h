// SPDX-License-Identifier: Apache-2.0
// What commands print: rows of text as an aligned table, as JSON lines, or as CSV.
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "base/json.h"

#include <stdio.h>

enum table_form { TABLE_ALIGNED, TABLE_JSON, TABLE_CSV };
// "table", "json", "csv"; false after saying on standard error that it is none of them.
bool table_form_parse(const char *text, enum table_form *out_form);

struct table_view {
    struct arena *arena;
    const char *const *columns; // NULL-terminated headings
    struct str **rows;          // each with one cell a column; ptr NULL is a missing value
    size_t count, capacity;
};
struct table_view table_view_new(struct arena *arena, const char *const *columns);
struct str *table_view_add(struct table_view *table); // a row of empty cells to fill
void table_view_print(const struct table_view *table, enum table_form form, FILE *out);

// Columns a piece of UTF-8 text takes on a terminal: wide East Asian characters count two, combining ones none.
size_t display_width(struct str text);

#endif
