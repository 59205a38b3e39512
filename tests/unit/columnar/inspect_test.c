// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include "columnar/inspect.h"

#include <string.h>

// ================================================================ values

struct value_case {
    struct parquet_element leaf;
    struct str value;
    const char *text;
};

#define LOGICAL(what, ...) .logical = {.kind = LOGICAL_##what, __VA_ARGS__}
#define ANNOTATED(what) .logical = {.kind = LOGICAL_##what}

static void test_values_as_text(void **state)
{
    static const struct value_case CASES[] = {
        {{.physical = PARQUET_BOOLEAN}, S_INIT("\x01"), "true"},
        {{.physical = PARQUET_INT32}, S_INIT("\xff\xff\xff\xff"), "-1"},
        {{.physical = PARQUET_INT32, LOGICAL(INTEGER, .bits = 32)},
         S_INIT("\xff\xff\xff\xff"),
         "4294967295"},
        {{.physical = PARQUET_INT64, LOGICAL(INTEGER, .bits = 64)},
         S_INIT("\xff\xff\xff\xff\xff\xff\xff\xff"),
         "18446744073709551615"},
        {{.physical = PARQUET_INT32, ANNOTATED(DATE)}, S_INIT("\0\0\0\0"), "1970-01-01"},
        {{.physical = PARQUET_INT32, ANNOTATED(DATE)}, S_INIT("\xff\xff\xff\xff"), "1969-12-31"},
        {{.physical = PARQUET_INT32, ANNOTATED(DATE)}, S_INIT("\x08\x2b\0\0"), "2000-02-29"},
        {{.physical = PARQUET_INT32, ANNOTATED(DATE)}, S_INIT("\0\0\0\x80"), "-5877641-06-23"},
        {{.physical = PARQUET_INT64, LOGICAL(TIMESTAMP, .unit = PARQUET_MILLIS, .is_utc = true)},
         S_INIT("\xff\xff\xff\xff\xff\xff\xff\xff"),
         "1969-12-31 23:59:59.999Z"},
        {{.physical = PARQUET_INT64, LOGICAL(TIMESTAMP, .unit = PARQUET_MICROS)},
         S_INIT("\x40\x42\x0f\0\0\0\0\0"),
         "1970-01-01 00:00:01"},
        {{.physical = PARQUET_INT64, LOGICAL(TIMESTAMP, .unit = PARQUET_NANOS)},
         S_INIT("\x01\0\0\0\0\0\0\0"),
         "1970-01-01 00:00:00.000000001"},
        {{.physical = PARQUET_INT32, LOGICAL(TIME, .unit = PARQUET_MILLIS)},
         S_INIT("\x01\x5c\x26\x05"),
         "24:00:00.001"},
        {{.physical = PARQUET_INT96},
         S_INIT("\x01\0\0\0\0\0\0\0\x8c\x3d\x25\0"),
         "1970-01-01 00:00:00.000000001"},
        {{.physical = PARQUET_INT32, LOGICAL(DECIMAL, .precision = 9, .scale = 2)},
         S_INIT("\xfb\xff\xff\xff"),
         "-0.05"},
        {{.physical = PARQUET_BYTE_ARRAY, LOGICAL(DECIMAL, .precision = 9, .scale = 1)},
         S_INIT("\x01\x00"),
         "25.6"},
        {{.physical = PARQUET_BYTE_ARRAY, LOGICAL(DECIMAL, .precision = 38)},
         S_INIT("\x80\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
         "-170141183460469231731687303715884105728"},
        {{.physical = PARQUET_BYTE_ARRAY, LOGICAL(DECIMAL, .precision = 50, .scale = 0)},
         S_INIT("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"),
         "-2"},
        {{.physical = PARQUET_FLOAT}, S_INIT("\xcd\xcc\xcc\x3d"), "0.1"},
        {{.physical = PARQUET_DOUBLE}, S_INIT("\x9a\x99\x99\x99\x99\x99\xb9\x3f"), "0.1"},
        {{.physical = PARQUET_FIXED_LEN_BYTE_ARRAY, ANNOTATED(FLOAT16)}, S_INIT("\x00\xc2"), "-3"},
        {{.physical = PARQUET_FIXED_LEN_BYTE_ARRAY, ANNOTATED(FLOAT16)}, S_INIT("\x00\x7c"), "inf"},
        {{.physical = PARQUET_FIXED_LEN_BYTE_ARRAY, ANNOTATED(UUID)},
         S_INIT("\x00\x11\x22\x33\x44\x55\x66\x77\x88\x99\xaa\xbb\xcc\xdd\xee\xff"),
         "00112233-4455-6677-8899-aabbccddeeff"},
        {{.physical = PARQUET_BYTE_ARRAY, ANNOTATED(STRING)}, S_INIT("caf\xc3\xa9"), "caf\xc3\xa9"},
        {{.physical = PARQUET_BYTE_ARRAY, ANNOTATED(STRING)}, S_INIT("caf\xc3"), "0x636166c3"},
        {{.physical = PARQUET_BYTE_ARRAY}, S_INIT("plain"), "plain"},
        {{.physical = PARQUET_BYTE_ARRAY}, S_INIT("\x00\xff"), "0x00ff"},
        {{.physical = PARQUET_INT64}, S_INIT("\x01\x02"), "0x0102"}, // of a wrong length
        {{.physical = PARQUET_BOOLEAN}, S_INIT(""), "0x"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct buf out = buf_in(*state, 1000);
        inspect_value_put(&out, &CASES[i].leaf, CASES[i].value);
        assert_str(buf_str(&out), CASES[i].text);
    }
}

static void test_the_order_of_values(void **state)
{
    (void)state;
    static const struct {
        struct parquet_element leaf;
        struct str less, more;
    } CASES[] = {
        {{.physical = PARQUET_INT32}, S_INIT("\xff\xff\xff\xff"), S_INIT("\0\0\0\0")},
        {{.physical = PARQUET_INT32, LOGICAL(INTEGER, .bits = 32)},
         S_INIT("\0\0\0\0"),
         S_INIT("\xff\xff\xff\xff")},
        {{.physical = PARQUET_INT96},
         S_INIT("\xff\0\0\0\0\0\0\0\x01\0\0\0"),
         S_INIT("\0\0\0\0\0\0\0\0\x02\0\0\0")},
        {{.physical = PARQUET_FLOAT}, S_INIT("\0\0\x80\xbf"), S_INIT("\0\0\0\0")},
        {{.physical = PARQUET_BYTE_ARRAY, LOGICAL(DECIMAL, .precision = 9)},
         S_INIT("\xff"),
         S_INIT("\x00\x01")},
        {{.physical = PARQUET_FIXED_LEN_BYTE_ARRAY, ANNOTATED(FLOAT16)},
         S_INIT("\x00\xc2"),
         S_INIT("\x00\x00")},
        {{.physical = PARQUET_BYTE_ARRAY}, S_INIT("a"), S_INIT("\xff")},
        {{.physical = PARQUET_BYTE_ARRAY}, S_INIT("a"), S_INIT("ab")},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        assert_true(inspect_value_cmp(&CASES[i].leaf, CASES[i].less, CASES[i].more) < 0);
        assert_true(inspect_value_cmp(&CASES[i].leaf, CASES[i].more, CASES[i].less) > 0);
        assert_int_equal(inspect_value_cmp(&CASES[i].leaf, CASES[i].less, CASES[i].less), 0);
    }
}

static void test_annotations(void **state)
{
    static const struct {
        struct parquet_logical logical;
        const char *text;
    } CASES[] = {
        {{.kind = LOGICAL_NONE}, ""},
        {{.kind = LOGICAL_STRING}, "STRING"},
        {{.kind = LOGICAL_DECIMAL, .precision = 10, .scale = 2}, "DECIMAL(10, 2)"},
        {{.kind = LOGICAL_TIMESTAMP, .unit = PARQUET_MICROS, .is_utc = true},
         "TIMESTAMP(MICROS, UTC)"},
        {{.kind = LOGICAL_TIME, .unit = PARQUET_NANOS}, "TIME(NANOS, local)"},
        {{.kind = LOGICAL_INTEGER, .bits = 16}, "INTEGER(16, unsigned)"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct buf out = buf_in(*state, 100);
        inspect_logical_put(&out, &CASES[i].logical);
        assert_str(buf_str(&out), CASES[i].text);
    }
}

// ================================================================ tables

#define CHUNK(most, less, more, lost)                                                              \
    {                                                                                              \
        .has_metadata = true, .physical = PARQUET_INT32, .codec = (most), .entries = 10,           \
        .bytes_compressed = 50, .bytes_uncompressed = 100, .encodings = 1u << PARQUET_PLAIN,       \
        .dictionary_offset = -1, .bloom_offset = -1, .column_index_offset = -1,                    \
        .offset_index_offset = -1, .data_pages = -1, .unencoded_bytes = -1, .statistics = {        \
            .least = less,                                                                         \
            .greatest = more,                                                                      \
            .nulls = (lost),                                                                       \
            .least_exact = -1,                                                                     \
            .greatest_exact = 0,                                                                   \
            .distinct = -1,                                                                        \
            .nans = -1                                                                             \
        }                                                                                          \
    }

static struct parquet_footer *sample(struct arena *arena, const struct parquet_chunk *a,
                                     const struct parquet_chunk *b)
{
    struct parquet_footer *footer = ARENA_NEW(arena, struct parquet_footer);
    footer->elements = ARENA_ARRAY(arena, struct parquet_element, 2);
    footer->element_count = 2;
    footer->elements[0] = (struct parquet_element){.name = S("root"), .children = 1};
    footer->elements[1] =
        (struct parquet_element){.name = S("N\xff"), .is_leaf = true, .physical = PARQUET_INT32};
    footer->rows = 20;
    footer->row_groups = ARENA_ARRAY(arena, struct parquet_row_group, 2);
    footer->row_group_count = 2;
    const struct parquet_chunk *chunks[] = {a, b};
    for (int i = 0; i < 2; i++) {
        footer->row_groups[i].rows = 10;
        footer->row_groups[i].bytes_compressed = -1;
        footer->row_groups[i].chunks = ARENA_NEW(arena, struct parquet_chunk);
        *footer->row_groups[i].chunks = *chunks[i];
    }
    struct error error = {0};
    assert_int_equal(footer_link(arena, footer, &error), OK);
    return footer;
}

static struct type *columns_of(struct arena *arena, const struct parquet_footer *footer)
{
    struct type *type = NULL;
    struct error error = {0};
    assert_int_equal(footer_type(arena, footer, &type, &error), OK);
    return type;
}

static void test_chunks_and_their_sum(void **state)
{
    static const struct parquet_chunk A =
        CHUNK(PARQUET_SNAPPY, S_INIT("\x05\0\0\0"), S_INIT("\x07\0\0\0"), 1);
    static const struct parquet_chunk B =
        CHUNK(PARQUET_ZSTD, S_INIT("\xff\xff\xff\xff"), S_INIT("\x06\0\0\0"), 2);
    struct parquet_footer *footer = sample(*state, &A, &B);
    struct inspect_table one = inspect_chunks(*state, footer, 0);
    static const char *const ONE[] = {"N\xef\xbf\xbd", "10",   "1", "PLAIN", "SNAPPY", "50",
                                      "100",           "2.00", "5", "7…"};
    assert_int_equal(one.count, 1);
    for (size_t i = 0; i < COUNT_OF(ONE); i++)
        assert_str(one.rows[0][i], ONE[i]);
    assert_null(one.columns[COUNT_OF(ONE)]);
    struct inspect_table all = inspect_columns(*state, footer);
    static const char *const ALL[] = {"N\xef\xbf\xbd", "20",  "3",    "PLAIN", "several",
                                      "100",           "200", "2.00", "-1",    "7…"};
    for (size_t i = 0; i < COUNT_OF(ALL); i++)
        assert_str(all.rows[0][i], ALL[i]);
}

static void test_a_sum_tells_only_what_all_chunks_tell(void **state)
{
    static const struct parquet_chunk TOLD =
        CHUNK(PARQUET_SNAPPY, S_INIT("\x05\0\0\0"), S_INIT("\x07\0\0\0"), 1);
    static const struct parquet_chunk SILENT = CHUNK(PARQUET_SNAPPY, {0}, {0}, -1);
    static const struct parquet_chunk NULLS = CHUNK(PARQUET_SNAPPY, {0}, {0}, 10);
    struct inspect_table table = inspect_columns(*state, sample(*state, &TOLD, &SILENT));
    assert_null(table.rows[0][2].ptr);
    assert_null(table.rows[0][8].ptr);
    assert_null(table.rows[0][9].ptr);
    table = inspect_columns(*state, sample(*state, &SILENT, &TOLD));
    assert_null(table.rows[0][8].ptr);
    table = inspect_columns(*state, sample(*state, &NULLS, &TOLD));
    assert_str(table.rows[0][2], "11");
    assert_str(table.rows[0][8], "5");
}

static struct str fact_named(const struct inspect_table *facts, const char *name)
{
    for (size_t i = 0; i < facts->count; i++)
        if (str_is(facts->rows[i][0], name))
            return facts->rows[i][1];
    return STR_NONE;
}

static void test_facts_and_what_is_odd(void **state)
{
    static const struct parquet_chunk A = CHUNK(PARQUET_SNAPPY, {0}, {0}, 1);
    struct parquet_footer *footer = sample(*state, &A, &A);
    char *text = (char *)arena_alloc(*state, 1000);
    memset(text, 'x', 1000);
    footer->metadata = ARENA_NEW(*state, struct parquet_pair);
    *footer->metadata = (struct parquet_pair){S("long"), str_n(text, 1000)};
    footer->metadata_count = 1;
    struct inspect_table facts = inspect_facts(*state, footer);
    assert_str(fact_named(&facts, "rows"), "20");
    assert_str(fact_named(&facts, "row groups"), "2");
    assert_true(str_ends(fact_named(&facts, "long"), S("x... (1000 bytes)")));
    assert_null(fact_named(&facts, "odd").ptr);
    assert_null(fact_named(&facts, "bloom filter").ptr);
    footer->rows = 21;
    footer->row_groups[0].chunks[0].bloom_offset = 4;
    facts = inspect_facts(*state, footer);
    assert_str(fact_named(&facts, "odd"), "the row groups have 20 rows together");
    assert_str(fact_named(&facts, "bloom filter"), "1 of 2 column chunks");
}

static void test_the_schema_is_indented(void **state)
{
    struct parquet_element elements[] = {
        {.name = S("root"), .children = 2},
        {.name = S("empty"), .repetition = PARQUET_OPTIONAL},
        {.name = S("S"), .children = 1, .repetition = PARQUET_OPTIONAL},
        {.name = S("f"),
         .is_leaf = true,
         .physical = PARQUET_FIXED_LEN_BYTE_ARRAY,
         .type_length = 16,
         ANNOTATED(UUID)},
    };
    struct parquet_footer footer = {.elements = elements, .element_count = COUNT_OF(elements)};
    struct error error = {0};
    assert_int_equal(footer_link(*state, &footer, &error), OK);
    struct inspect_table table = inspect_schema(*state, &footer, columns_of(*state, &footer));
    assert_int_equal(table.count, 3);
    assert_null(table.rows[0][4].ptr); // no column: it has no fields
    assert_str(table.rows[1][0], "S");
    assert_str(table.rows[1][4], "struct<f:string>");
    assert_str(table.rows[2][0], "  f");
    assert_str(table.rows[2][1], "required");
    assert_str(table.rows[2][2], "FIXED_LEN_BYTE_ARRAY(16)");
    assert_str(table.rows[2][3], "UUID");
}

static void test_json_has_everything(void **state)
{
    static const struct parquet_chunk A =
        CHUNK(PARQUET_SNAPPY, S_INIT("\x05\0\0\0"), S_INIT("\x07\0\0\0"), 1);
    struct parquet_footer *footer = sample(*state, &A, &A);
    footer->row_groups[1].chunks[0].is_encrypted = true;
    footer->row_groups[1].chunks[0].has_metadata = false;
    struct json *document = inspect_json(*state, footer, columns_of(*state, footer));
    assert_int_equal(json_i64_or(document, "num_rows", 0), 20);
    const struct json *column = json_at(json_get(document, "columns"), 0);
    assert_str(json_str(column, "name"), "n\xef\xbf\xbd");
    assert_str(json_str(column, "type"), "int");
    const struct json *groups = json_get(document, "row_groups");
    const struct json *chunk = json_at(json_get(json_at(groups, 0), "columns"), 0);
    assert_str(json_str(chunk, "codec"), "SNAPPY");
    assert_false(json_has(chunk, "bloom_filter"));
    const struct json *statistics = json_get(chunk, "statistics");
    assert_str(json_str(statistics, "max"), "7");
    assert_false(json_has(statistics, "is_min_exact"));
    assert_false(json_bool_or(statistics, "is_max_exact", true));
    assert_true(json_bool_or(statistics, "is_ordered", false));
    chunk = json_at(json_get(json_at(groups, 1), "columns"), 0);
    assert_true(json_bool_or(chunk, "is_encrypted", false));
    assert_false(json_has(chunk, "codec"));
    struct json *back = NULL;
    struct error error = {0};
    assert_int_equal(json_parse(*state, json_text(*state, document), &back, &error), OK);
    assert_true(json_equal(back, document));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_values_as_text),
        ARENA_TEST(test_the_order_of_values),
        ARENA_TEST(test_annotations),
        ARENA_TEST(test_chunks_and_their_sum),
        ARENA_TEST(test_a_sum_tells_only_what_all_chunks_tell),
        ARENA_TEST(test_facts_and_what_is_odd),
        ARENA_TEST(test_the_schema_is_indented),
        ARENA_TEST(test_json_has_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
