// SPDX-License-Identifier: Apache-2.0
// What DuckDB reads, without loss: SQL in, typed rows out. differential.py compares them with the
// truth.
//
// Each line of standard input is a statement. Its answer is a line {"columns":[[NAME,TYPE],...]}
// and a line for each row, or a line {"error":TEXT}; an empty line ends it. DuckDB's own JSON would
// round decimals and doubles, so values are written for comparing, not for reading: whole numbers
// in full, decimals unscaled, doubles as the 16 hexadecimal digits of their bits, dates in days,
// timestamps in microseconds, structs as lists of their fields' values.
#include "engines/duckdb.h"

#include "base/arena.h"
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_BYTES_MAX ((size_t)1 << 20)

static void put_wide(struct buf *out, wide_int value)
{
    char digits[40], *at = digits + sizeof digits;
    wide_uint left = value < 0 ? 0 - (wide_uint)value : (wide_uint)value;
    do
        *--at = (char)('0' + (int)(left % 10));
    while (left /= 10);
    if (value < 0)
        buf_put_char(out, '-');
    buf_put(out, str_n(at, (size_t)(digits + sizeof digits - at)));
}

static void put_type(struct buf *out, const struct engine_type *type)
{
    static const char *const names[] = {
        [CELL_BOOLEAN] = "boolean",
        [CELL_REAL] = "float",
        [CELL_DOUBLE] = "double",
        [CELL_TEXT] = "string",
        [CELL_BYTES] = "binary",
        [CELL_DATE] = "date",
        [CELL_TIME] = "time",
        [CELL_TIMESTAMP] = "timestamp",
        [CELL_INSTANT] = "timestamp_utc",
        [CELL_INTERVAL] = "interval",
        [CELL_UUID] = "uuid",
        [CELL_LIST] = "list",
        [CELL_MAP] = "map",
        [CELL_STRUCT] = "struct",
        [CELL_NOTHING] = "nothing",
    };
    if (type->kind == CELL_INTEGER) {
        buf_printf(out, "[\"int%u\"]", type->bits);
        return;
    }
    if (type->kind == CELL_DECIMAL) {
        buf_printf(out, "[\"decimal\",%u,%u]", type->precision, type->scale);
        return;
    }
    buf_printf(out, "[\"%s\"", names[type->kind]);
    for (size_t i = 0; i < type->child_count; i++) {
        buf_puts(out, ",[");
        if (type->kind == CELL_STRUCT)
            json_write_string(out, type->names[i]);
        else
            buf_puts(out, "\"\"");
        buf_put_char(out, ',');
        put_type(out, &type->children[i]);
        buf_put_char(out, ']');
    }
    buf_put_char(out, ']');
}

static void put_bits(struct buf *out, double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof bits);
    buf_printf(out, "\"%016llx\"", (unsigned long long)bits);
}

static void put_hex(struct buf *out, struct str bytes)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < bytes.len; i++)
        buf_printf(out, "%02x", (unsigned char)bytes.ptr[i]);
    buf_put_char(out, '"');
}

static void put_cell(struct buf *out, const struct engine_type *type, const struct cell *cell)
{
    if (cell->is_null) {
        buf_puts(out, "null");
        return;
    }
    switch (type->kind) {
    case CELL_BOOLEAN:
        buf_puts(out, cell->boolean ? "true" : "false");
        break;
    case CELL_REAL:
    case CELL_DOUBLE:
        put_bits(out, cell->number);
        break;
    case CELL_TEXT:
        json_write_string(out, cell->text);
        break;
    case CELL_BYTES:
        put_hex(out, cell->text);
        break;
    case CELL_LIST:
    case CELL_MAP: // keys and values alternate
    case CELL_STRUCT:
        buf_put_char(out, '[');
        for (size_t i = 0; i < cell->count; i++) {
            buf_puts(out, i ? "," : "");
            size_t child = type->kind == CELL_LIST ? 0 : type->kind == CELL_MAP ? i % 2 : i;
            put_cell(out, &type->children[child], &cell->items[i]);
        }
        buf_put_char(out, ']');
        break;
    default:
        put_wide(out, cell->integer);
    }
}

static void put_columns(struct buf *out, const struct engine_result *result)
{
    buf_puts(out, "{\"columns\":[");
    for (size_t i = 0; i < engine_column_count(result); i++) {
        buf_puts(out, i ? ",[" : "[");
        json_write_string(out, engine_column_name(result, i));
        buf_put_char(out, ',');
        put_type(out, engine_column_type(result, i));
        buf_put_char(out, ']');
    }
    buf_puts(out, "]}\n");
}

static void flush_to_stdout(struct buf *out)
{
    fwrite(out->ptr, 1, out->len, stdout);
    buf_clear(out);
}

static enum err put_rows(struct buf *out, struct engine_result *result, struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    size_t rows = 0, columns = engine_column_count(result);
    enum err err;
    while ((err = engine_fetch(result, &rows, error)) == OK && rows > 0) {
        for (size_t row = 0; row < rows; row++) {
            for (size_t i = 0; i < columns; i++) {
                struct cell cell = engine_cell(result, &arena, i, row);
                buf_put_char(out, i ? ',' : '[');
                put_cell(out, engine_column_type(result, i), &cell);
            }
            buf_puts(out, "]\n");
        }
        flush_to_stdout(out);
        arena_deinit(&arena);
        arena_init(&arena);
    }
    arena_deinit(&arena);
    return err;
}

static void answer(struct engine *engine, struct str sql, struct buf *out)
{
    struct error error = {0};
    struct engine_result *result = NULL;
    enum err err = engine_query(engine, sql, &result, &error);
    if (err == OK) {
        put_columns(out, result);
        err = put_rows(out, result, &error);
    }
    if (err != OK) {
        buf_puts(out, "{\"error\":");
        json_write_string(out, str_of(error.text));
        buf_puts(out, "}\n");
    }
    engine_result_close(result);
    buf_put_char(out, '\n');
    flush_to_stdout(out);
    fflush(stdout);
}

int main(void)
{
    struct engine *engine = NULL;
    struct error error = {0};
    if (engine_open(&engine, &error) != OK) {
        fprintf(stderr, "duckdb_rows: %s\n", error.text);
        return 1;
    }
    struct buf out = buf_heap((size_t)1 << 30);
    char *line = malloc(SQL_BYTES_MAX);
    if (!line)
        abort();
    while (fgets(line, SQL_BYTES_MAX, stdin))
        answer(engine, str_trim(str_of(line)), &out);
    free(line);
    buf_deinit(&out);
    engine_close(engine);
    return 0;
}
