// SPDX-License-Identifier: Apache-2.0
#include "cli/table.h"

#include "cli/cli.h"

#include <string.h>

#define CELL_WIDTH_MAX 60 // longer cells are cut on a terminal table; json and csv show them whole

bool table_form_parse(const char *text, enum table_form *out_form)
{
    static const char *const NAMES[] = {
        [TABLE_ALIGNED] = "table", [TABLE_JSON] = "json", [TABLE_CSV] = "csv"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++)
        if (strcmp(text, NAMES[i]) == 0) {
            *out_form = (enum table_form)i;
            return true;
        }
    cli_fail("--output is table, json or csv, not %s", text);
    return false;
}

struct table_view table_view_new(struct arena *arena, const char *const *columns)
{
    return (struct table_view){.arena = arena, .columns = columns};
}

static size_t column_count(const struct table_view *table)
{
    size_t count = 0;
    while (table->columns[count])
        count++;
    return count;
}

struct str *table_view_add(struct table_view *table)
{
    struct str *row = ARENA_ARRAY(table->arena, struct str, column_count(table));
    *ARENA_PUSH(table->arena, table->rows, table->count, table->capacity) = row;
    return row;
}

// Decodes one character; malformed bytes count as one column each.
static size_t character(struct str text, uint32_t *out_code)
{
    unsigned char first = (unsigned char)text.ptr[0];
    size_t len = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    if (len > text.len)
        len = 1;
    uint32_t code = len == 1 ? first : first & (0xFFu >> (len + 1));
    for (size_t i = 1; i < len; i++)
        code = code << 6 | ((unsigned char)text.ptr[i] & 0x3F);
    *out_code = code;
    return len;
}

static size_t character_width(uint32_t code)
{
    bool combining = (code >= 0x300 && code <= 0x36F) || code == 0x200B || code == 0x200D ||
                     (code >= 0xFE00 && code <= 0xFE0F);
    bool wide = (code >= 0x1100 && code <= 0x115F) || (code >= 0x2E80 && code <= 0xA4CF) ||
                (code >= 0xAC00 && code <= 0xD7A3) || (code >= 0xF900 && code <= 0xFAFF) ||
                (code >= 0xFE30 && code <= 0xFE6F) || (code >= 0xFF00 && code <= 0xFF60) ||
                (code >= 0x1F300 && code <= 0x1FAFF) || (code >= 0x20000 && code <= 0x3FFFD);
    return combining ? 0 : wide ? 2 : 1;
}

size_t display_width(struct str text)
{
    size_t width = 0;
    while (text.len) {
        uint32_t code;
        text = str_from(text, character(text, &code));
        width += character_width(code);
    }
    return width;
}

// A cell as one line: line breaks and other controls become spaces, and what is too long is cut.
static struct str one_line(struct arena *arena, struct str text)
{
    struct buf out = buf_in(arena, 4096);
    size_t width = 0;
    while (text.len && !out.overflowed) {
        uint32_t code;
        size_t len = character(text, &code);
        if (width + character_width(code) > CELL_WIDTH_MAX) {
            buf_puts(&out, "…");
            break;
        }
        if (code < 0x20)
            buf_put_char(&out, ' ');
        else
            buf_put_bytes(&out, text.ptr, len);
        width += character_width(code);
        text = str_from(text, len);
    }
    return buf_str(&out);
}

static bool is_numeric(struct str text)
{
    double number;
    return text.len && str_to_double(text, &number);
}

static void print_cell(FILE *out, struct str text, size_t width, bool right, bool last)
{
    size_t pad = width - display_width(text);
    if (right)
        fprintf(out, "%*s", (int)pad, "");
    fprintf(out, "%.*s", STR_ARG(text));
    if (!right && !last)
        fprintf(out, "%*s", (int)pad, "");
    fputs(last ? "\n" : "  ", out);
}

static void print_aligned(const struct table_view *table, FILE *out)
{
    size_t columns = column_count(table);
    size_t *widths = ARENA_ARRAY(table->arena, size_t, columns);
    bool *right = ARENA_ARRAY(table->arena, bool, columns);
    for (size_t c = 0; c < columns; c++) {
        widths[c] = display_width(str_of(table->columns[c]));
        right[c] = table->count > 0;
        for (size_t r = 0; r < table->count; r++) {
            struct str *cell = &table->rows[r][c];
            *cell = one_line(table->arena, *cell);
            size_t width = display_width(*cell);
            widths[c] = width > widths[c] ? width : widths[c];
            right[c] &= is_numeric(*cell) || !cell->len;
        }
    }
    for (size_t c = 0; c < columns; c++)
        print_cell(out, str_of(table->columns[c]), widths[c], right[c], c + 1 == columns);
    for (size_t c = 0; c < columns; c++) {
        for (size_t i = 0; i < widths[c]; i++)
            fputs("─", out);
        fputs(c + 1 == columns ? "\n" : "  ", out);
    }
    for (size_t r = 0; r < table->count; r++)
        for (size_t c = 0; c < columns; c++)
            print_cell(out, table->rows[r][c], widths[c], right[c], c + 1 == columns);
}

static void print_json(const struct table_view *table, FILE *out)
{
    struct buf line = buf_in(table->arena, BUF_MAX_DEFAULT);
    for (size_t r = 0; r < table->count; r++) {
        struct json *object = json_object(table->arena);
        for (size_t c = 0; table->columns[c]; c++) {
            struct str cell = table->rows[r][c];
            json_set(table->arena, object, table->columns[c],
                     cell.ptr ? json_string(table->arena, cell) : json_null(table->arena));
        }
        buf_clear(&line);
        json_write(&line, object);
        fprintf(out, "%.*s\n", STR_ARG(buf_str(&line)));
    }
}

static void print_csv_cell(FILE *out, struct str text)
{
    if (text.ptr) { // a missing value is empty and unquoted, as Athena writes it
        fputc('"', out);
        for (size_t i = 0; i < text.len; i++) {
            if (text.ptr[i] == '"')
                fputc('"', out);
            fputc(text.ptr[i], out);
        }
        fputc('"', out);
    }
}

static void print_csv(const struct table_view *table, FILE *out)
{
    size_t columns = column_count(table);
    for (size_t c = 0; c < columns; c++) {
        print_csv_cell(out, str_of(table->columns[c]));
        fputc(c + 1 == columns ? '\n' : ',', out);
    }
    for (size_t r = 0; r < table->count; r++)
        for (size_t c = 0; c < columns; c++) {
            print_csv_cell(out, table->rows[r][c]);
            fputc(c + 1 == columns ? '\n' : ',', out);
        }
}

void table_view_print(const struct table_view *table, enum table_form form, FILE *out)
{
    if (form == TABLE_JSON)
        print_json(table, out);
    else if (form == TABLE_CSV)
        print_csv(table, out);
    else
        print_aligned(table, out);
}
