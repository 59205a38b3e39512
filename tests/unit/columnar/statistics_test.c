// SPDX-License-Identifier: Apache-2.0
#include "decode.h"
#include "columnar/statistics.h"

#include <math.h>

static const struct bound_format INT64 = {.physical = PARQUET_INT64, .width = 8};
static const struct bound_format INT32 = {.physical = PARQUET_INT32, .width = 4};
static const struct bound_format DOUBLE = {.physical = PARQUET_DOUBLE, .width = 8};
static const struct bound_format DECIMAL = {.physical = PARQUET_FIXED_LEN_BYTE_ARRAY, .width = 9};
static const struct bound_format TEXT = {.physical = PARQUET_BYTE_ARRAY, .characters = true};
static const struct bound_format BINARY = {.physical = PARQUET_BYTE_ARRAY};

static void integers_have_ends(void **state)
{
    struct bounds bounds;
    struct written_bounds written;
    bounds_clear(&bounds, ORDER_INTEGER);
    assert_false(bounds_write(*state, &bounds, &INT64, &written));
    const int64_t values[] = {5, -3, 9, INT64_MAX, 7, INT64_MIN, 0};
    for (size_t count = 1; count <= 7; count++) {
        bounds_clear(&bounds, ORDER_INTEGER);
        bounds_integers(&bounds, values, count);
        int64_t least = values[0], greatest = values[0];
        for (size_t i = 0; i < count; i++) {
            least = values[i] < least ? values[i] : least;
            greatest = values[i] > greatest ? values[i] : greatest;
        }
        assert_true(bounds_write(*state, &bounds, &INT64, &written));
        assert_memory_equal(written.least.ptr, &least, 8);
        assert_memory_equal(written.greatest.ptr, &greatest, 8);
        assert_true(written.least_exact && written.greatest_exact);
    }
    assert_int_equal(written.least.len, 8);
    assert_true(bounds_write(*state, &bounds, &INT32, &written));
    assert_int_equal(written.least.len, 4);
}

static void assert_reals(struct arena *arena, const double *values, size_t count, double least,
                         double greatest)
{
    struct bounds bounds;
    struct written_bounds written;
    bounds_clear(&bounds, ORDER_DOUBLE);
    bounds_doubles(&bounds, values, count);
    assert_true(bounds_write(arena, &bounds, &DOUBLE, &written));
    assert_memory_equal(written.least.ptr, &least, 8); // bytes: the signs of zeros count
    assert_memory_equal(written.greatest.ptr, &greatest, 8);
}

static void doubles_ignore_nan_and_mind_zeros(void **state)
{
    const double mixed[] = {NAN, 2, NAN, -1, NAN, NAN, NAN};
    const double zeros[] = {0.0, 0.0}, negative[] = {-0.0}, infinite[] = {INFINITY, NAN, INFINITY};
    assert_reals(*state, mixed, 7, -1, 2);
    assert_reals(*state, zeros, 2, -0.0, 0.0);
    assert_reals(*state, negative, 1, -0.0, 0.0);
    assert_reals(*state, infinite, 3, INFINITY, INFINITY);
    struct bounds bounds;
    bounds_clear(&bounds, ORDER_DOUBLE);
    bounds_doubles(&bounds, mixed + 4, 3);
    assert_false(bounds.any);
}

static void decimals_are_signed(void **state)
{
    struct bounds bounds;
    struct written_bounds written;
    const int128 values[] = {3, -1, 256};
    bounds_clear(&bounds, ORDER_DECIMAL);
    bounds_decimals(&bounds, values, 3);
    assert_true(bounds_write(*state, &bounds, &DECIMAL, &written));
    assert_memory_equal(written.least.ptr, "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 9);
    assert_memory_equal(written.greatest.ptr, "\0\0\0\0\0\0\0\1\0", 9);
}

// `texts` end with NULL.
static struct written_bounds text_bounds(struct arena *arena, const char *const *texts,
                                         const struct bound_format *format)
{
    struct bounds bounds;
    struct written_bounds written = {0};
    bounds_clear(&bounds, ORDER_TEXT);
    for (; *texts; texts++) {
        char *padded = arena_alloc(arena, strlen(*texts) + 64);
        memcpy(padded, *texts, strlen(*texts));
        struct text_view view = {padded, (uint32_t)strlen(*texts), 0};
        bounds_texts(&bounds, &view, 1);
    }
    bounds_write(arena, &bounds, format, &written);
    return written;
}

static void texts_are_ordered_by_bytes(void **state)
{
    static const struct {
        const char *texts[6], *least, *greatest;
    } rows[] = {
        {{"b", "a", "c"}, "a", "c"},
        {{"same-prefix-2", "same-prefix-1", "same-prefix-"}, "same-prefix-", "same-prefix-2"},
        {{"z", "\xC3\xA9"}, "z", "\xC3\xA9"},
        {{"abcdefgh", "abcdefg", "abcdefghi"}, "abcdefg", "abcdefghi"},
        {{"", "x"}, "", "x"},
        {{""}, "", ""},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct written_bounds written = text_bounds(*state, rows[i].texts, &TEXT);
        assert_str(written.least, rows[i].least);
        assert_str(written.greatest, rows[i].greatest);
        assert_true(written.least_exact && written.greatest_exact);
    }
}

#define EIGHT "aaaaaaaa"
#define FIFTY_SIX EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT EIGHT

static void long_texts_are_cut_between_characters(void **state)
{
    static const struct {
        const char *text, *least, *greatest;
    } rows[] = {
        {FIFTY_SIX EIGHT "x", FIFTY_SIX EIGHT, FIFTY_SIX "aaaaaaab"},
        // a character across the cut goes
        {FIFTY_SIX "aaaaaaa\xC3\xA9", FIFTY_SIX "aaaaaaa", FIFTY_SIX "aaaaaab"},
        {FIFTY_SIX "aaaaa\xF0\x9F\x98\x80", FIFTY_SIX "aaaaa", FIFTY_SIX "aaaab"},
        // a character that is the last of its length cannot be raised
        {FIFTY_SIX "aaaaaaa\x7F"
                   "x",
         FIFTY_SIX "aaaaaaa\x7F", FIFTY_SIX "aaaaaab"},
        {FIFTY_SIX "aaaaaa\xDF\xBF"
                   "x",
         FIFTY_SIX "aaaaaa\xDF\xBF", FIFTY_SIX "aaaaab"},
        // surrogates are skipped
        {FIFTY_SIX "aaaaa\xED\x9F\xBF"
                   "x",
         FIFTY_SIX "aaaaa\xED\x9F\xBF", FIFTY_SIX "aaaaa\xEE\x80\x80"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        const char *texts[] = {rows[i].text, NULL};
        struct written_bounds written = text_bounds(*state, texts, &TEXT);
        assert_str(written.least, rows[i].least);
        assert_str(written.greatest, rows[i].greatest);
        assert_false(written.least_exact || written.greatest_exact);
    }
}

static void bytes_are_cut_anywhere(void **state)
{
    const char *texts[] = {FIFTY_SIX "aaaaaa\xFF\xFF"
                                     "x",
                           NULL};
    struct written_bounds written = text_bounds(*state, texts, &BINARY);
    assert_str(written.least, FIFTY_SIX "aaaaaa\xFF\xFF");
    assert_str(written.greatest, FIFTY_SIX "aaaaab");
    char all[80];
    memset(all, 0xFF, sizeof all);
    all[79] = 0;
    const char *no_bound[] = {all, NULL};
    assert_null(text_bounds(*state, no_bound, &BINARY).greatest.ptr);
}

static void merged_bounds_hold_both(void **state)
{
    (void)state;
    struct bounds a, b;
    bounds_clear(&a, ORDER_INTEGER);
    bounds_clear(&b, ORDER_INTEGER);
    const int64_t low[] = {1, 5}, high[] = {-4, 3};
    bounds_integers(&b, low, 2);
    bounds_merge(&a, &b);
    assert_int_equal(a.integer.greatest, 5);
    bounds_clear(&b, ORDER_INTEGER);
    bounds_merge(&a, &b); // of nothing
    bounds_integers(&b, high, 2);
    bounds_merge(&a, &b);
    assert_int_equal(a.integer.least, -4);
    assert_int_equal(a.integer.greatest, 5);
}

static void order_of_pages_is_seen(void **state)
{
    (void)state;
    static const struct {
        int32_t ends[3][2];
        bool middle_is_null;
        enum parquet_boundary order;
    } rows[] = {
        {{{-5, 1}, {1, 2}, {2, 9}}, false, PARQUET_ASCENDING},
        {{{8, 9}, {5, 8}, {-1, 8}}, false, PARQUET_DESCENDING},
        {{{1, 9}, {2, 8}, {3, 9}}, false, PARQUET_UNORDERED},
        {{{1, 2}, {0, 0}, {3, 4}}, true, PARQUET_ASCENDING},
        {{{7, 7}, {7, 7}, {7, 7}}, false, PARQUET_ASCENDING},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct page_location pages[3] = {0};
        for (size_t p = 0; p < 3; p++) {
            pages[p].has_bounds = !(p == 1 && rows[i].middle_is_null);
            pages[p].least = str_n((const char *)&rows[i].ends[p][0], 4);
            pages[p].greatest = str_n((const char *)&rows[i].ends[p][1], 4);
        }
        assert_int_equal(boundary_order(pages, 3, &INT32), rows[i].order);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(integers_have_ends),
        ARENA_TEST(doubles_ignore_nan_and_mind_zeros),
        ARENA_TEST(decimals_are_signed),
        ARENA_TEST(texts_are_ordered_by_bytes),
        ARENA_TEST(long_texts_are_cut_between_characters),
        ARENA_TEST(bytes_are_cut_anywhere),
        ARENA_TEST(merged_bounds_hold_both),
        ARENA_TEST(order_of_pages_is_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
