// SPDX-License-Identifier: Apache-2.0
#include "columnar/partition.h"

#include "base/timefmt.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A folder's name holds no separators and no control characters; Hive writes them as %XX.
static void put_escaped(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 || c == 0x7f || memchr("\"#%'*/:=?\\{}[]^", c, 15))
            buf_printf(out, "%%%02X", c);
        else
            buf_put_char(out, (char)c);
    }
}

static void put_decimal(struct buf *out, int128 value, unsigned scale)
{
    char digits[48];
    size_t at = sizeof digits;
    bool negative = value < 0;
    uint128 rest = negative ? -(uint128)value : (uint128)value;
    for (unsigned count = 0; rest > 0 || count <= scale; count++) {
        if (count == scale && scale > 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (negative)
        digits[--at] = '-';
    buf_put(out, str_n(digits + at, sizeof digits - at));
}

// The shortest text that reads back the same.
static void put_double(struct buf *out, double value)
{
    char text[40];
    for (int digits = 1; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    buf_puts(out, text);
}

static void put_instant(struct buf *out, enum kind kind, int64_t value)
{
    if (kind == KIND_DATE) {
        struct civil date = civil_from_ms(value * 86400000);
        buf_printf(out, "%04d-%02d-%02d", date.year, date.month, date.day);
        return;
    }
    int64_t ms = value >= 0 ? value / 1000 : -((999 - value) / 1000);
    struct civil at = civil_from_ms(ms);
    int64_t micros = value - ms * 1000 + ms % 1000 * 1000;
    micros = (micros % 1000000 + 1000000) % 1000000;
    buf_printf(out, "%04d-%02d-%02d %02d%%3A%02d%%3A%02d", at.year, at.month, at.day, at.hour,
               at.minute, at.second);
    if (micros)
        buf_printf(out, ".%06lld", (long long)micros);
}

static void put_value(struct buf *out, const struct column *column, size_t index)
{
    switch (column->kind) {
    case KIND_BOOLEAN:
        buf_puts(out, column->booleans[index] ? "true" : "false");
        break;
    case KIND_INT8:
    case KIND_INT16:
    case KIND_INT32:
    case KIND_INT64:
        buf_printf(out, "%lld", (long long)column->integers[index]);
        break;
    case KIND_FLOAT:
    case KIND_DOUBLE:
        put_double(out, column->doubles[index]);
        break;
    case KIND_DECIMAL:
        put_decimal(out, column->decimals[index], column->type->scale);
        break;
    case KIND_DATE:
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMP_UTC:
        put_instant(out, column->kind, column->integers[index]);
        break;
    default: {
        struct str text = str_n(column->texts[index].ptr, column->texts[index].len);
        if (text.len == 0)
            buf_puts(out, PARTITION_DEFAULT);
        put_escaped(out, text);
    }
    }
}

void partition_put_folder(struct buf *out, struct column *const *keys, size_t key_count, size_t row,
                          size_t *value_index)
{
    for (size_t i = 0; i < key_count; i++) {
        put_escaped(out, keys[i]->name);
        buf_put_char(out, '=');
        if (keys[i]->valid[row])
            put_value(out, keys[i], value_index[i]++);
        else
            buf_puts(out, PARTITION_DEFAULT);
        buf_put_char(out, '/');
    }
}

static size_t value_size(enum kind kind)
{
    if (kind == KIND_BOOLEAN)
        return 1;
    if (kind == KIND_DECIMAL)
        return sizeof(int128);
    return kind_is_text(kind) ? sizeof(struct text_view) : 8;
}

struct partition_rows *partition_divide(struct arena *arena, const uint32_t *partition_of,
                                        size_t rows, size_t partition_count, size_t *out_count)
{
    size_t *ends = ARENA_ARRAY(arena, size_t, partition_count + 1), found = 0, at = 0; // zeroed
    for (size_t row = 0; row < rows; row++)
        found += ends[partition_of[row]]++ == 0;
    struct partition_rows *parts = ARENA_ARRAY(arena, struct partition_rows, found + 1);
    uint32_t *order = ARENA_ARRAY(arena, uint32_t, rows + 1);
    found = 0;
    for (size_t i = 0; i < partition_count; i++) {
        if (ends[i])
            parts[found++] = (struct partition_rows){
                .partition = (uint32_t)i, .rows = order + at, .count = ends[i]};
        at += ends[i];
        ends[i] = at - ends[i]; // where its next row goes
    }
    for (size_t row = 0; row < rows; row++)
        order[ends[partition_of[row]]++] = (uint32_t)row;
    *out_count = found;
    return parts;
}

struct partition_places partition_find_places(struct arena *arena, const struct leaf_values *all,
                                              uint8_t max_definition)
{
    struct partition_places places = {0};
    if (!all->definition && !all->repetition)
        return places;
    uint32_t *entry = ARENA_ARRAY(arena, uint32_t, all->rows + 1),
             *value = ARENA_ARRAY(arena, uint32_t, all->rows + 1);
    size_t row = 0, taken = 0;
    for (size_t i = 0; i < all->entries; i++) {
        if (!all->repetition || all->repetition[i] == 0) {
            entry[row] = (uint32_t)i;
            value[row++] = (uint32_t)taken;
        }
        taken += !all->definition || all->definition[i] == max_definition;
    }
    entry[row] = (uint32_t)all->entries;
    value[row] = (uint32_t)taken;
    places.entry = entry;
    places.value = value;
    return places;
}

struct leaf_values partition_share(struct arena *arena, const struct leaf_values *all,
                                   enum kind kind, uint8_t max_definition,
                                   const struct partition_places *places,
                                   const struct partition_rows *part)
{
    size_t size = value_size(kind), entries = 0;
    for (size_t i = 0; i < part->count; i++)
        entries +=
            places->entry ? places->entry[part->rows[i] + 1] - places->entry[part->rows[i]] : 1;
    uint8_t *definition = (uint8_t *)arena_bytes(arena, entries + 64);
    uint8_t *repetition = all->repetition ? (uint8_t *)arena_bytes(arena, entries + 64) : NULL;
    char *values = arena_alloc(arena, entries * size + 64);
    const char *from = (const char *)all->texts;
    struct leaf_values share = {
        .rows = part->count, .definition = definition, .repetition = repetition};
    for (size_t i = 0; i < part->count; i++) {
        size_t row = part->rows[i], entry = places->entry ? places->entry[row] : row,
               value = places->value ? places->value[row] : row;
        size_t entry_count = places->entry ? places->entry[row + 1] - entry : 1;
        size_t value_count = places->value ? places->value[row + 1] - value : 1;
        if (all->definition)
            memcpy(definition + share.entries, all->definition + entry, entry_count);
        else
            memset(definition + share.entries, max_definition, entry_count);
        if (repetition)
            memcpy(repetition + share.entries, all->repetition + entry, entry_count);
        memcpy(values + share.count * size, from + value * size, value_count * size);
        share.entries += entry_count;
        share.count += value_count;
    }
    share.texts = (const struct text_view *)(const void *)values;
    if (share.count == share.entries)
        share.definition = NULL;
    return share;
}
