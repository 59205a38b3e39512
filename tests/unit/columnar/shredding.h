// SPDX-License-Identifier: Apache-2.0
// A shredder at work on text in memory, and what it made of it as one text that tests compare.
//
// Of each leaf: its path, its type, and its entries. An entry begins with ';' where a row does and
// with ',' where a further item of a list does; it is a value, or ~ and the definition level where
// there is none. Rejected records follow: offset, length and reason.
#ifndef TESTS_SHREDDING_H
#define TESTS_SHREDDING_H

#include "../fixture.h"
#include "columnar/simd.h"
#include "columnar/variant.h"

#include <string.h>

struct shredding {
    struct arena *arena;
    struct columns *columns;
    struct shredder s;
    struct widenings notes;
    struct buf *leaves; // one for each leaf
    size_t leaf_count;
    struct buf rejected;
    char *window;
};

static inline void put_leaf_value(struct buf *out, const struct leaf *leaf,
                                  const struct leaf_values *values, size_t i)
{
    enum kind kind = leaf->type->kind;
    if (kind == KIND_BOOLEAN)
        buf_puts(out, values->booleans[i] ? "true" : "false");
    else if (kind == KIND_FLOAT || kind == KIND_DOUBLE)
        buf_printf(out, "%.17g", values->doubles[i]);
    else if (kind == KIND_DECIMAL)
        buf_printf(out, "%lld:%llu", (long long)(values->decimals[i] >> 64),
                   (unsigned long long)values->decimals[i]);
    else if (kind_is_integer(kind))
        buf_printf(out, "%lld", (long long)values->integers[i]);
    else
        buf_put(out, str_n(values->texts[i].ptr, values->texts[i].len));
}

static inline void put_batch(struct shredding *t)
{
    struct arena levels;
    arena_init(&levels);
    size_t count;
    struct leaf *leaves = type_leaves(&levels, t->columns->root->type, &count);
    struct leaf_values *values = ARENA_ARRAY(&levels, struct leaf_values, count + 1);
    assert_int_equal(count, columns_leaf_count(t->columns));
    columns_leaves(t->columns, &levels, values);
    struct buf *grown = ARENA_ARRAY(t->arena, struct buf, count + 1);
    for (size_t i = 0; i < count;
         i++) { // what has come late is behind the others, or else `stale` is set
        grown[i] = i < t->leaf_count ? t->leaves[i] : buf_in(t->arena, SIZE_MAX / 2);
        for (uint64_t row = 0; i >= t->leaf_count && row < t->s.rows_before; row++)
            buf_puts(&grown[i], ";~0");
    }
    t->leaves = grown;
    t->leaf_count = count;
    for (size_t i = 0; i < count; i++) {
        size_t value = 0;
        assert_int_equal(values[i].rows, t->columns->rows);
        for (size_t k = 0; k < values[i].entries; k++) {
            uint8_t level =
                values[i].definition ? values[i].definition[k] : leaves[i].max_definition;
            buf_put_char(&grown[i], values[i].repetition && values[i].repetition[k] ? ',' : ';');
            if (level == leaves[i].max_definition)
                put_leaf_value(&grown[i], &leaves[i], &values[i], value++);
            else
                buf_printf(&grown[i], "~%u", level);
        }
        assert_int_equal(value, values[i].count);
    }
    arena_deinit(&levels);
}

// The window: a block of exactly its size, so that a sanitizer sees what reads on.
static inline void next_text(struct shredding *t, struct str text, size_t step)
{
    uint64_t at = t->s.window ? t->s.offset + (uint64_t)(t->s.at - t->s.window) : 0;
    size_t had = t->s.window ? (size_t)(t->s.offset + (uint64_t)(t->s.end - t->s.window)) : 0;
    size_t end = text.len - had < step ? text.len : had + step;
    char *block = malloc(end - at + SIMD_PADDING);
    assert_non_null(block);
    memcpy(block, text.ptr + at, end - at);
    memset(block + (end - at), 0, SIMD_PADDING);
    free(t->window);
    t->s.window = t->s.at = t->s.utf8_end = t->window = block;
    t->s.end = t->s.batch_end = block + (end - at);
    t->s.offset = at;
    t->s.final = end == text.len;
}

static inline void put_rejected(struct shredding *t)
{
    struct shredder *s = &t->s;
    buf_printf(&t->rejected, "%zu+%zu %s\n", (size_t)s->offset + (size_t)(s->record - s->window),
               (size_t)(s->rejected_end - s->record), s->error.text);
}

// One attempt. False when the schema has widened so that all must be read again.
static inline bool shred_once(struct shredding *t, const struct variant *variant,
                              struct type *schema, bool given, struct str text, size_t step)
{
    *t = (struct shredding){.arena = t->arena, .rejected = buf_in(t->arena, SIZE_MAX / 2)};
    t->columns = columns_new(schema, given);
    arena_init(&t->notes.arena);
    t->s = (struct shredder){
        .columns = t->columns, .rules = {.dates = true}, .arena = t->arena, .notes = &t->notes};
    next_text(t, text, step);
    for (enum shred_stop stop = SHRED_MORE; stop != SHRED_DONE;) {
        stop = variant->shred(&t->s);
        if (stop == SHRED_REJECTED) {
            put_rejected(t);
            continue;
        }
        if (!t->s.stale)
            put_batch(t);
        t->s.rows_before += t->columns->rows;
        columns_clear(t->columns);
        if (stop == SHRED_MORE)
            next_text(t, text, step);
    }
    columns_free(t->columns);
    arena_deinit(&t->notes.arena);
    free(t->window);
    return !t->s.stale;
}

// All of it, with windows that grow by `step` bytes. schema NULL: learn.
static inline struct str shredded(struct arena *arena, const struct variant *variant,
                                  const char *schema, struct str text, size_t step)
{
    struct shredding t = {.arena = arena};
    struct type *type = type_new(arena, KIND_STRUCT);
    struct error error = {0};
    if (schema)
        assert_int_equal(type_parse(arena, str_of(schema), &type, &error), OK);
    for (int attempt = 0; !shred_once(&t, variant, type, schema != NULL, text, step); attempt++)
        assert_true(attempt < 20);
    struct buf out = buf_in(arena, SIZE_MAX / 2);
    size_t count;
    struct leaf *leaves = type_leaves(arena, type, &count);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < leaves[i].path_count; k++)
            buf_printf(&out, "%s%.*s", k ? "." : "", STR_ARG(leaves[i].path[k]));
        buf_put_char(&out, ' ');
        type_put(&out, leaves[i].type);
        if (i < t.leaf_count)
            buf_put(&out, buf_str(&t.leaves[i]));
        buf_put_char(&out, '\n');
    }
    buf_put(&out, buf_str(&t.rejected));
    return buf_str(&out);
}

// By every variant, whole and cut at every byte: all must say the same, which is returned.
static inline struct str shredded_always(struct arena *arena, const char *schema, struct str text)
{
    struct str expected = shredded(arena, variant_best(), schema, text, text.len + 1);
    for (const struct variant *const *v = variants(); *v; v++)
        for (size_t step = 1; step <= text.len + 1; step += step < 90 ? 1 : step) {
            struct arena once;
            arena_init(&once);
            struct str got = shredded(&once, *v, schema, text, step);
            if (!str_eq(got, expected))
                fail_msg("%s, windows of %zu: %.*s\ninstead of\n%.*s\nfor\n%.*s", (*v)->name, step,
                         STR_ARG(got), STR_ARG(expected), STR_ARG(text));
            arena_deinit(&once);
        }
    return expected;
}

#endif
