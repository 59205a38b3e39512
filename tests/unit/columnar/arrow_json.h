// SPDX-License-Identifier: Apache-2.0
// Rows of Arrow batches as JSON, read by nothing but the C data interface: what a reader gives can
// so be compared with what it was given. Every field is written, null or not; binary as base64.
// Bitmaps, offsets and null counts are checked on the way.
#ifndef TESTS_COLUMNAR_ARROW_JSON_H
#define TESTS_COLUMNAR_ARROW_JSON_H

#include "../fixture.h"
#include "base/encode.h"
#include "base/json.h"
#include "base/timefmt.h"
#include "columnar/leaf_values.h"
#include "tarn/columnar.h"

#include <stdio.h>
#include <string.h>

static bool arrow_is_null(const struct ArrowArray *array, int64_t at)
{
    const uint8_t *bits = array->buffers[0];
    return bits && !(bits[at / 8] >> at % 8 & 1);
}

static void arrow_check(const struct ArrowSchema *schema, const struct ArrowArray *array)
{
    int64_t nulls = 0;
    assert_int_equal(array->offset, 0);
    assert_int_equal(array->n_children, schema->n_children);
    for (int64_t i = 0; i < array->length; i++)
        nulls += arrow_is_null(array, i);
    assert_int_equal(array->null_count, nulls);
    if (!(schema->flags & ARROW_FLAG_NULLABLE))
        assert_int_equal(nulls, 0);
    bool list = schema->format[0] == '+' && schema->format[1] != 's';
    if (list || strchr("uz", schema->format[0])) {
        const int32_t *offsets = array->buffers[1];
        assert_int_equal(offsets[0], 0);
        for (int64_t i = 0; i < array->length; i++)
            assert_true(offsets[i] <= offsets[i + 1]);
        if (list)
            assert_int_equal(array->children[0]->length, offsets[array->length]);
    }
    for (int64_t i = 0; i < array->n_children; i++) {
        if (!list)
            assert_int_equal(array->children[i]->length, array->length);
        arrow_check(schema->children[i], array->children[i]);
    }
}

static void arrow_put_time(struct buf *out, int64_t micros, const char *zone)
{
    int64_t ms = micros / 1000 - (micros % 1000 < 0);
    struct civil civil = civil_from_ms(ms);
    buf_printf(out, "\"%04d-%02d-%02dT%02d:%02d:%02d.%06d%s\"", (int)civil.year, (int)civil.month,
               (int)civil.day, (int)civil.hour, (int)civil.minute, (int)civil.second,
               (int)(((micros % 1000000) + 1000000) % 1000000), zone);
}

static void arrow_put_decimal(struct buf *out, int128 value, unsigned scale)
{
    char digits[48];
    size_t at = sizeof digits;
    uint128 rest = value < 0 ? -(uint128)value : (uint128)value;
    for (unsigned i = 0; rest || i <= scale; i++) {
        if (i == scale && scale)
            digits[--at] = '.';
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0)
        buf_put_char(out, '-');
    buf_put_bytes(out, digits + at, sizeof digits - at);
}

static void arrow_put_value(struct buf *out, const struct ArrowSchema *schema,
                            const struct ArrowArray *array, int64_t at);

static void arrow_put_struct(struct buf *out, const struct ArrowSchema *schema,
                             const struct ArrowArray *array, int64_t at)
{
    buf_put_char(out, '{');
    for (int64_t i = 0; i < schema->n_children; i++) {
        buf_printf(out, "%s\"%s\":", i ? "," : "", schema->children[i]->name);
        arrow_put_value(out, schema->children[i], array->children[i], at);
    }
    buf_put_char(out, '}');
}

static void arrow_put_items(struct buf *out, const struct ArrowSchema *schema,
                            const struct ArrowArray *array, int64_t at)
{
    bool map = schema->format[1] == 'm';
    const int32_t *offsets = array->buffers[1];
    const struct ArrowSchema *item = schema->children[0];
    const struct ArrowArray *items = array->children[0];
    buf_put_char(out, map ? '{' : '[');
    for (int64_t i = offsets[at]; i < offsets[at + 1]; i++) {
        if (i > offsets[at])
            buf_put_char(out, ',');
        if (map) {
            arrow_put_value(out, item->children[0], items->children[0], i);
            buf_put_char(out, ':');
            arrow_put_value(out, item->children[1], items->children[1], i);
        } else {
            arrow_put_value(out, item, items, i);
        }
    }
    buf_put_char(out, map ? '}' : ']');
}

static void arrow_put_text(struct buf *out, bool binary, const struct ArrowArray *array, int64_t at)
{
    const int32_t *offsets = array->buffers[1];
    struct str text = str_n((const char *)array->buffers[2] + offsets[at],
                            (size_t)(offsets[at + 1] - offsets[at]));
    struct arena arena;
    arena_init(&arena);
    json_write_string(out, binary ? base64_encode(&arena, text) : text);
    arena_deinit(&arena);
}

static void arrow_put_number(struct buf *out, const char *format, const void *values, int64_t at)
{
    unsigned precision, scale;
    if (format[0] == 'c')
        buf_printf(out, "%d", ((const int8_t *)values)[at]);
    else if (format[0] == 's')
        buf_printf(out, "%d", ((const int16_t *)values)[at]);
    else if (format[0] == 'i')
        buf_printf(out, "%d", ((const int32_t *)values)[at]);
    else if (format[0] == 'l')
        buf_printf(out, "%lld", (long long)((const int64_t *)values)[at]);
    else if (format[0] == 'f')
        buf_printf(out, "%.9g", (double)((const float *)values)[at]);
    else if (format[0] == 'g')
        buf_printf(out, "%.17g", ((const double *)values)[at]);
    else if (sscanf(format, "d:%u,%u", &precision, &scale) == 2)
        arrow_put_decimal(out, ((const int128 *)values)[at], scale);
    else
        fail_msg("format %s", format);
}

static void arrow_put_value(struct buf *out, const struct ArrowSchema *schema,
                            const struct ArrowArray *array, int64_t at)
{
    const char *format = schema->format;
    const uint8_t *bits = array->buffers[array->n_buffers > 1];
    if (arrow_is_null(array, at))
        buf_puts(out, "null");
    else if (strcmp(format, "+s") == 0)
        arrow_put_struct(out, schema, array, at);
    else if (format[0] == '+')
        arrow_put_items(out, schema, array, at);
    else if (format[0] == 'u' || format[0] == 'z')
        arrow_put_text(out, format[0] == 'z', array, at);
    else if (format[0] == 'b')
        buf_puts(out, bits[at / 8] >> at % 8 & 1 ? "true" : "false");
    else if (strcmp(format, "tdD") == 0)
        arrow_put_time(out, ((const int32_t *)array->buffers[1])[at] * INT64_C(86400000000), "");
    else if (strncmp(format, "tsu:", 4) == 0)
        arrow_put_time(out, ((const int64_t *)array->buffers[1])[at], format[4] ? "Z" : "");
    else
        arrow_put_number(out, format, array->buffers[1], at);
}

// All that a reader has left, a line each row.
static void arrow_put_rest(struct buf *out, struct columnar_reader *reader)
{
    struct columnar_error error = {0};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    assert_int_equal(columnar_reader_schema(reader, &schema, &error), 0);
    for (;;) {
        if (columnar_reader_next(reader, &batch, &error) != 0)
            fail_msg("%s", error.text);
        if (!batch.release)
            break;
        arrow_check(&schema, &batch);
        for (int64_t i = 0; i < batch.length; i++) {
            arrow_put_struct(out, &schema, &batch, i);
            buf_put_char(out, '\n');
        }
        batch.release(&batch);
        assert_null(batch.release);
    }
    schema.release(&schema);
}

#endif
