// SPDX-License-Identifier: Apache-2.0
// Chunks are read back page by page, by a decoder of the few encodings that they use.
#include "decode.h"
#include "columnar/chunk.h"

#include <snappy-c.h>
#include <stdio.h>

// A page's header, as far as it matters here.
struct page {
    int64_t type, uncompressed, compressed, entries, encoding;
};

static void read_fields(struct cursor *c, struct page *page, unsigned depth)
{
    for (int64_t id = 0;;) {
        uint8_t head = cursor_u8(c);
        if (head == 0)
            return;
        id += head >> 4;
        if ((head & 15) == 12) {
            read_fields(c, page, depth + 1);
            continue;
        }
        assert_int_equal(head & 15, 5);
        int64_t value = decode_zigzag(c);
        if (depth == 1)
            *(id == 1   ? &page->entries
              : id == 2 ? &page->encoding
                        : &(struct page){0}.type) = value;
        else
            *(id == 1 ? &page->type : id == 2 ? &page->uncompressed : &page->compressed) = value;
    }
}

// What was read: entries with their levels, and the values as PLAIN has them.
struct column {
    struct arena *arena;
    const struct chunk_settings *settings;
    uint32_t *definition, *repetition;
    size_t entries;
    struct str *values;
    size_t count, capacity;
    struct str *dictionary;
    size_t dictionary_count, pages, dictionary_pages;
};

static unsigned width_of(unsigned max)
{
    return max ? 32u - (unsigned)__builtin_clz(max) : 0;
}

static size_t read_levels(struct cursor *c, unsigned max, size_t entries, uint32_t *out)
{
    size_t at_max = entries;
    for (size_t i = 0; i < entries; i++)
        out[i] = 0;
    if (max) {
        struct str bytes = cursor_take(c, cursor_u32le(c));
        decode_hybrid(bytes, width_of(max), entries, out);
        at_max = 0;
        for (size_t i = 0; i < entries; i++) {
            assert_true(out[i] <= max);
            at_max += out[i] == max;
        }
    }
    return at_max;
}

static struct str take_plain(struct cursor *c, const struct chunk_settings *settings)
{
    unsigned width;
    if (chunk_physical(settings->kind, settings->precision, &width) == PARQUET_BYTE_ARRAY)
        return cursor_take(c, cursor_u32le(c));
    return cursor_take(c, width);
}

static void add_value(struct column *column, struct str value)
{
    *ARENA_PUSH(column->arena, column->values, column->count, column->capacity) = value;
}

static void read_values(struct column *column, struct cursor *c, const struct page *page,
                        size_t count)
{
    if (page->encoding == PARQUET_RLE_DICTIONARY) {
        uint32_t *indices = ARENA_ARRAY(column->arena, uint32_t, count + 1);
        unsigned width = cursor_u8(c);
        decode_hybrid(str_n(c->ptr, cursor_left(c)), width, count, indices);
        for (size_t i = 0; i < count; i++) {
            assert_in_range(indices[i], 0, column->dictionary_count - 1);
            add_value(column, column->dictionary[indices[i]]);
        }
        column->dictionary_pages++;
        return;
    }
    if (page->encoding == PARQUET_DELTA_BINARY_PACKED) {
        int64_t *values = ARENA_ARRAY(column->arena, int64_t, count + 1);
        assert_int_equal(decode_delta(c, false, values), count);
        for (size_t i = 0; i < count; i++)
            add_value(column, str_n((const char *)&values[i], 8));
    } else {
        assert_int_equal(page->encoding, PARQUET_PLAIN);
        for (size_t i = 0; i < count; i++) {
            if (column->settings->kind == KIND_BOOLEAN)
                add_value(column, decode_bits(c->ptr, i, 1) ? S("1") : S("0"));
            else
                add_value(column, take_plain(c, column->settings));
        }
        if (column->settings->kind == KIND_BOOLEAN)
            cursor_take(c, (count + 7) / 8);
    }
    assert_false(c->failed);
    assert_int_equal(cursor_left(c), 0);
}

static void read_page(struct column *column, const struct chunk *chunk, struct cursor *c)
{
    struct page page = {0};
    read_fields(c, &page, 0);
    struct str body = cursor_take(c, (size_t)page.compressed);
    assert_false(c->failed);
    if (chunk->codec == PARQUET_SNAPPY) {
        size_t len = (size_t)page.uncompressed;
        char *bytes = arena_bytes(column->arena, len + 1);
        assert_int_equal(snappy_uncompress(body.ptr, body.len, bytes, &len), SNAPPY_OK);
        assert_int_equal(len, page.uncompressed);
        body = str_n(bytes, len);
    }
    struct cursor values = cursor_of(body);
    if (page.type == PARQUET_DICTIONARY_PAGE) {
        column->dictionary_count = (size_t)page.entries;
        column->dictionary = ARENA_ARRAY(column->arena, struct str, page.entries);
        for (size_t i = 0; i < column->dictionary_count; i++)
            column->dictionary[i] = take_plain(&values, column->settings);
        assert_int_equal(cursor_left(&values), 0);
        return;
    }
    size_t entries = (size_t)page.entries;
    read_levels(&values, column->settings->max_repetition, entries,
                column->repetition + column->entries);
    size_t count = read_levels(&values, column->settings->max_definition, entries,
                               column->definition + column->entries);
    assert_int_equal(chunk->pages[column->pages].nulls, entries - count);
    read_values(column, &values, &page, count);
    column->entries += entries;
    column->pages++;
}

static struct column read_chunk(struct arena *arena, const struct chunk_settings *settings,
                                const struct chunk *chunk)
{
    struct column column = {.arena = arena, .settings = settings};
    column.definition = ARENA_ARRAY(arena, uint32_t, chunk->entries + 1);
    column.repetition = ARENA_ARRAY(arena, uint32_t, chunk->entries + 1);
    struct cursor c = cursor_of(chunk->bytes);
    while (cursor_left(&c)) {
        size_t at = (size_t)(c.ptr - chunk->bytes.ptr);
        bool is_dictionary = chunk->has_dictionary && at == 0;
        if (!is_dictionary)
            assert_int_equal(chunk->pages[column.pages].offset, at);
        read_page(&column, chunk, &c);
        if (!is_dictionary)
            assert_int_equal(chunk->pages[column.pages - 1].bytes,
                             (size_t)(c.ptr - chunk->bytes.ptr) - at);
    }
    assert_int_equal(column.pages, chunk->page_count);
    assert_int_equal(column.dictionary_pages, chunk->dictionary_pages);
    assert_int_equal(column.entries, chunk->entries);
    assert_int_equal(column.count, chunk->values);
    return column;
}

static struct chunk_settings settings_of(enum kind kind)
{
    return (struct chunk_settings){.kind = kind, .max_definition = 1, .codec = PARQUET_SNAPPY};
}

#define BATCH 3000

static void add_integers(struct chunk_writer *writer, const int64_t *values, size_t count)
{
    for (size_t i = 0; i < count; i += BATCH) {
        size_t part = count - i < BATCH ? count - i : BATCH;
        struct leaf_values batch = {
            .rows = part, .entries = part, .count = part, .integers = values + i};
        chunk_add(writer, &batch);
    }
}

static void assert_integers(const struct column *column, const int64_t *values, size_t count)
{
    assert_int_equal(column->count, count);
    for (size_t i = 0; i < count; i++)
        assert_memory_equal(column->values[i].ptr, &values[i], 8);
}

#define COUNT 100000

// One chunk of `values`, read back.
static struct column integers(struct arena *arena, struct chunk_writer *writer,
                              const struct chunk_settings *settings, const int64_t *values,
                              struct chunk *out_chunk)
{
    chunk_begin(writer);
    add_integers(writer, values, COUNT);
    chunk_finish(writer, out_chunk);
    struct column column = read_chunk(arena, settings, out_chunk);
    assert_integers(&column, values, COUNT);
    return column;
}

static void different_integers_are_plain(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    static int64_t values[COUNT];
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = 1000 + i;
    integers(*state, writer, &settings, values, &chunk);
    assert_false(chunk.has_dictionary);
    assert_int_equal(chunk.codec, PARQUET_SNAPPY);
    assert_int_equal(chunk.boundary, PARQUET_ASCENDING);
    assert_in_range(chunk.page_count, COUNT / PAGE_ROWS / 2, COUNT / PAGE_ROWS + 1);
    assert_memory_equal(chunk.least.ptr, &values[0], 8);
    assert_memory_equal(chunk.greatest.ptr, &values[COUNT - 1], 8);
    uint64_t first = 0;
    for (size_t p = 0; p < chunk.page_count; p++) {
        assert_int_equal(chunk.pages[p].first_row, first);
        assert_memory_equal(chunk.pages[p].least.ptr, &values[first], 8);
        first += chunk.pages[p].rows;
        assert_memory_equal(chunk.pages[p].greatest.ptr, &values[first - 1], 8);
    }
    chunk_writer_free(writer);
}

static void repeated_integers_get_a_dictionary(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    static int64_t values[COUNT];
    uint64_t seed = 1;
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = (int64_t)(random_next(&seed) % 500) * 1000000007;
    integers(*state, writer, &settings, values, &chunk);
    assert_true(chunk.has_dictionary);
    assert_int_equal(chunk.distinct, 500);
    assert_int_equal(chunk.dictionary_pages, chunk.page_count);
    assert_in_range(chunk.bytes.len, COUNT, COUNT * 10 / 8);
    assert_int_equal(chunk.encodings,
                     1u << PARQUET_PLAIN | 1u << PARQUET_RLE | 1u << PARQUET_RLE_DICTIONARY);
    chunk_writer_free(writer);
}

static void noise_is_not_compressed(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    static int64_t values[COUNT];
    uint64_t seed = 2;
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = (int64_t)random_next(&seed);
    integers(*state, writer, &settings, values, &chunk);
    assert_int_equal(chunk.codec, PARQUET_UNCOMPRESSED);
    assert_int_equal(chunk.bytes_uncompressed, chunk.bytes.len);
    chunk_writer_free(writer);
}

// A dictionary that looks good at first and then is not.
static void a_dictionary_that_outgrows_its_limit_is_left(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    static int64_t values[400000];
    uint64_t seed = 3;
    for (int64_t i = 0; i < 400000; i++)
        values[i] = i < 30000 ? (int64_t)(random_next(&seed) % 100) : i;
    for (int round = 0; round < 3; round++) {
        chunk_begin(writer);
        add_integers(writer, values, 400000);
        chunk_finish(writer, &chunk);
        struct column column = read_chunk(*state, &settings, &chunk);
        assert_integers(&column, values, 400000);
        assert_int_equal(chunk.distinct, 0);
        if (round) { // it was lost on most of the values
            assert_false(chunk.has_dictionary);
            continue;
        }
        assert_true(chunk.has_dictionary);
        assert_in_range(chunk.dictionary_pages, 2, chunk.page_count - 1);
    }
    chunk_writer_free(writer);
}

static void what_a_writer_has_learnt_is_tried_again(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    static int64_t distinct[COUNT], repeated[COUNT];
    for (int64_t i = 0; i < COUNT; i++) {
        distinct[i] = i;
        repeated[i] = i % 10;
    }
    struct chunk chunk;
    integers(*state, writer, &settings, distinct, &chunk);
    int without = 0;
    do {
        integers(*state, writer, &settings, repeated, &chunk);
        without++;
    } while (!chunk.has_dictionary && without < 20);
    assert_in_range(without, 2, 10);
    chunk_writer_free(writer);
}

// --- texts

static struct text_view *make_texts(struct arena *arena, size_t count, unsigned different)
{
    struct text_view *texts = ARENA_ARRAY(arena, struct text_view, count);
    char *bytes = arena_alloc(arena, count * 48 + 64);
    uint64_t seed = 4;
    for (size_t i = 0; i < count; i++) {
        unsigned number = (unsigned)(random_next(&seed) % different);
        int len = snprintf(bytes, 48, "https://host/%u/%.*s", number, (int)(number % 20),
                           "abcdefghijklmnopqrst");
        texts[i] = (struct text_view){bytes, (uint32_t)len, 0};
        bytes += len;
    }
    return texts;
}

static void assert_texts(const struct column *column, const struct text_view *texts, size_t count)
{
    assert_int_equal(column->count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(str_eq(column->values[i], str_n(texts[i].ptr, texts[i].len)));
}

static void assert_text_bounds(const struct chunk *chunk, const struct text_view *texts)
{
    size_t at = 0;
    for (size_t p = 0; p < chunk->page_count; p++) {
        struct str least = str_n(texts[at].ptr, texts[at].len), greatest = least;
        for (uint64_t i = 0; i < chunk->pages[p].rows; i++, at++) {
            struct str text = str_n(texts[at].ptr, texts[at].len);
            least = str_cmp(text, least) < 0 ? text : least;
            greatest = str_cmp(text, greatest) > 0 ? text : greatest;
        }
        assert_true(str_eq(chunk->pages[p].least, least));
        assert_true(str_eq(chunk->pages[p].greatest, greatest));
    }
}

static void texts_come_back_with_exact_bounds(void **state)
{
    static const unsigned DIFFERENT[] = {1, 3, 1000, 100000000};
    for (size_t d = 0; d < COUNT_OF(DIFFERENT); d++) {
        struct text_view *texts = make_texts(*state, COUNT, DIFFERENT[d]);
        struct chunk_settings settings = settings_of(KIND_STRING);
        struct chunk_writer *writer = chunk_writer_new(&settings);
        struct chunk chunk;
        chunk_begin(writer);
        struct leaf_values batch = {
            .rows = COUNT, .entries = COUNT, .count = COUNT, .texts = texts};
        chunk_add(writer, &batch);
        chunk_finish(writer, &chunk);
        struct column column = read_chunk(*state, &settings, &chunk);
        assert_texts(&column, texts, COUNT);
        assert_text_bounds(&chunk, texts);
        assert_int_equal(chunk.has_dictionary, DIFFERENT[d] <= 1000);
        chunk_writer_free(writer);
    }
}

static void large_texts_make_pages_of_bytes(void **state)
{
    enum { LARGE = 100, LARGE_BYTES = 300000 };
    char *bytes = arena_alloc(*state, LARGE_BYTES + 64);
    struct text_view texts[LARGE];
    uint64_t seed = 5;
    for (size_t i = 0; i < LARGE_BYTES; i++)
        bytes[i] = (char)('a' + random_next(&seed) % 26);
    for (uint32_t i = 0; i < LARGE; i++)
        texts[i] = (struct text_view){bytes + i, LARGE_BYTES - i, 0};
    struct chunk_settings settings = settings_of(KIND_STRING);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    chunk_begin(writer);
    struct leaf_values batch = {.rows = LARGE, .entries = LARGE, .count = LARGE, .texts = texts};
    chunk_add(writer, &batch);
    chunk_finish(writer, &chunk);
    struct column column = read_chunk(*state, &settings, &chunk);
    assert_texts(&column, texts, LARGE);
    assert_in_range(chunk.page_count, LARGE / 7, LARGE);
    assert_int_equal(chunk.least.len, STATISTIC_BYTES_MAX);
    assert_false(chunk.least_exact || chunk.greatest_exact);
    chunk_writer_free(writer);
}

// --- levels

static void nulls_and_lists_keep_their_levels(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    settings.max_definition = 3;
    settings.max_repetition = 1;
    struct chunk_writer *writer = chunk_writer_new(&settings);
    static uint8_t definition[COUNT], repetition[COUNT];
    static int64_t values[COUNT];
    size_t rows = 0, count = 0;
    uint64_t seed = 6;
    for (size_t i = 0; i < COUNT; i++) {
        repetition[i] = i && random_next(&seed) % 3;
        definition[i] = repetition[i] ? 2 + random_next(&seed) % 2 : random_next(&seed) % 4;
        rows += repetition[i] == 0;
        if (definition[i] == 3)
            values[count++] = (int64_t)(random_next(&seed) >> 20);
    }
    struct leaf_values batch = {.rows = rows,
                                .entries = COUNT,
                                .count = count,
                                .definition = definition,
                                .repetition = repetition,
                                .integers = values};
    struct chunk chunk;
    chunk_begin(writer);
    chunk_add(writer, &batch);
    chunk_finish(writer, &chunk);
    assert_int_equal(chunk.rows, rows);
    assert_int_equal(chunk.nulls, COUNT - count);
    struct column column = read_chunk(*state, &settings, &chunk);
    assert_integers(&column, values, count);
    size_t entry = 0;
    for (size_t i = 0; i < COUNT; i++) {
        assert_int_equal(column.definition[i], definition[i]);
        assert_int_equal(column.repetition[i], repetition[i]);
    }
    for (size_t p = 0; p < chunk.page_count; p++) { // pages start with a row
        assert_int_equal(repetition[entry], 0);
        entry += chunk.pages[p].entries;
    }
    chunk_writer_free(writer);
}

static void nothing_but_nulls_is_one_small_page(void **state)
{
    struct chunk_settings settings = settings_of(KIND_STRING);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    chunk_begin(writer);
    chunk_add_nulls(writer, 500000);
    chunk_add_nulls(writer, 500000);
    chunk_finish(writer, &chunk);
    struct column column = read_chunk(*state, &settings, &chunk);
    assert_int_equal(column.count, 0);
    assert_int_equal(chunk.nulls, 1000000);
    assert_false(chunk.has_bounds || chunk.has_dictionary || chunk.pages[0].has_bounds);
    assert_in_range(chunk.bytes.len, 10, 60);
    chunk_begin(writer);
    chunk_finish(writer, &chunk);
    assert_int_equal(chunk.page_count, 0);
    assert_int_equal(chunk.bytes.len, 0);
    chunk_writer_free(writer);
}

static void nulls_around_values_are_kept(void **state)
{
    struct chunk_settings settings = settings_of(KIND_BOOLEAN);
    struct chunk_writer *writer = chunk_writer_new(&settings);
    uint8_t booleans[100], definition[300];
    for (size_t i = 0; i < 300; i++)
        definition[i] = i % 3 == 0;
    for (size_t i = 0; i < 100; i++)
        booleans[i] = i % 7 == 0;
    struct leaf_values batch = {
        .rows = 300, .entries = 300, .count = 100, .definition = definition, .booleans = booleans};
    struct chunk chunk;
    chunk_begin(writer);
    chunk_add_nulls(writer, 30000);
    chunk_add(writer, &batch);
    chunk_add_nulls(writer, 5);
    chunk_finish(writer, &chunk);
    struct column column = read_chunk(*state, &settings, &chunk);
    assert_int_equal(column.entries, 30305);
    for (size_t i = 0; i < 300; i++)
        assert_int_equal(column.definition[30000 + i], definition[i]);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(column.values[i].ptr[0], booleans[i] ? '1' : '0');
    assert_memory_equal(chunk.least.ptr, "\0", 1);
    assert_memory_equal(chunk.greatest.ptr, "\1", 1);
    chunk_writer_free(writer);
}

// --- kinds and profiles

static void decimals_take_as_few_bytes_as_they_can(void **state)
{
    (void)state;
    static const struct {
        unsigned precision, width;
        enum parquet_physical physical;
    } rows[] = {
        {1, 4, PARQUET_INT32},
        {9, 4, PARQUET_INT32},
        {10, 8, PARQUET_INT64},
        {18, 8, PARQUET_INT64},
        {19, 9, PARQUET_FIXED_LEN_BYTE_ARRAY},
        {21, 9, PARQUET_FIXED_LEN_BYTE_ARRAY},
        {22, 10, PARQUET_FIXED_LEN_BYTE_ARRAY},
        {38, 16, PARQUET_FIXED_LEN_BYTE_ARRAY},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        unsigned width;
        assert_int_equal(chunk_physical(KIND_DECIMAL, rows[i].precision, &width), rows[i].physical);
        assert_int_equal(width, rows[i].width);
    }
}

static void modern_integers_are_deltas(void **state)
{
    struct chunk_settings settings = settings_of(KIND_INT64);
    settings.profile = PROFILE_MODERN;
    struct chunk_writer *writer = chunk_writer_new(&settings);
    struct chunk chunk;
    static int64_t values[COUNT];
    for (int64_t i = 0; i < COUNT; i++)
        values[i] = 1700000000000000 + i * 1000;
    integers(*state, writer, &settings, values, &chunk);
    assert_true(chunk.encodings & 1u << PARQUET_DELTA_BINARY_PACKED);
    assert_in_range(chunk.bytes.len, 100, COUNT / 4);
    chunk_writer_free(writer);
}

static void a_bloom_filter_is_made_when_wanted(void **state)
{
    for (int64_t different = 10; different <= 1000000; different *= 100000) {
        struct chunk_settings settings = settings_of(KIND_INT64);
        settings.bloom = true;
        struct chunk_writer *writer = chunk_writer_new(&settings);
        static int64_t values[COUNT];
        for (int64_t i = 0; i < COUNT; i++)
            values[i] = i % different;
        struct chunk chunk;
        integers(*state, writer, &settings, values, &chunk);
        assert_int_equal(chunk.has_dictionary, different == 10);
        assert_int_equal(chunk.bloom.len, different == 10 ? 32 : 1 << 17);
        chunk_writer_free(writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(different_integers_are_plain),
        ARENA_TEST(repeated_integers_get_a_dictionary),
        ARENA_TEST(noise_is_not_compressed),
        ARENA_TEST(a_dictionary_that_outgrows_its_limit_is_left),
        ARENA_TEST(what_a_writer_has_learnt_is_tried_again),
        ARENA_TEST(texts_come_back_with_exact_bounds),
        ARENA_TEST(large_texts_make_pages_of_bytes),
        ARENA_TEST(nulls_and_lists_keep_their_levels),
        ARENA_TEST(nothing_but_nulls_is_one_small_page),
        ARENA_TEST(nulls_around_values_are_kept),
        ARENA_TEST(decimals_take_as_few_bytes_as_they_can),
        ARENA_TEST(modern_integers_are_deltas),
        ARENA_TEST(a_bloom_filter_is_made_when_wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
