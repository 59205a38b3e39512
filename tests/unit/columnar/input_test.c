// SPDX-License-Identifier: Apache-2.0
// Input: sources in portions that are cut between records, windows over files that cannot be
// mapped, lines.
#include "../fixture.h"
#include "columnar/input.h"
#include "columnar/simd.h"
#include "columnar/unpack.h"
#include "columnar/variant.h"
#include "os/file.h"

#include <string.h>
#include <unistd.h>
#include <zstd.h>

static struct input *opened(struct str memory, uint64_t portion_bytes)
{
    struct input_settings settings = {
        .memory = memory, .portion_bytes = portion_bytes, .threads = 1};
    struct input *input = NULL;
    struct error error = {0};
    assert_int_equal(input_open(&settings, &input, &error), OK);
    return input;
}

// The text of each portion, its pieces joined.
static size_t portions(struct arena *arena, struct input *input, struct str *out, size_t most)
{
    struct portion portion;
    size_t count = 0;
    for (;; count++) {
        enum err err = input_next(input, &portion, NULL);
        if (err == ERR_NOT_FOUND)
            return count;
        assert_int_equal(err, OK);
        assert_int_equal(portion.number, count);
        struct buf text = buf_in(arena, SIZE_MAX / 2);
        for (size_t i = 0; i < portion.piece_count; i++) {
            const struct piece *piece = &portion.pieces[i];
            size_t len = (size_t)(piece->end - piece->start);
            char *to = buf_reserve(&text, len);
            if (piece->text)
                memcpy(to, piece->text, len);
            else
                assert_int_equal(source_read(piece->source, piece->start, to, len, NULL), OK);
            text.len += len;
        }
        assert_true(count < most);
        assert_int_equal(portion.text_bytes, text.len);
        out[count] = buf_str(&text);
        portion_free(&portion);
    }
}

static struct str lines(struct arena *arena, size_t count, const char *before, const char *between,
                        const char *after)
{
    struct buf text = buf_in(arena, SIZE_MAX / 2);
    buf_puts(&text, before);
    for (size_t i = 0; i < count; i++)
        buf_printf(&text, "%s{\"a\":%zu,\"b\":{\"c\":\"}\\n{ [\\\"%zu\"}}", i ? between : "", i, i);
    buf_puts(&text, after);
    return buf_str(&text);
}

static struct str compressed(struct arena *arena, struct str text)
{
    size_t bound = ZSTD_compressBound(text.len);
    char *out = arena_bytes(arena, bound);
    return str_n(out, ZSTD_compress(out, bound, text.ptr, text.len, 1));
}

static void portions_are_cut_between_records(void **state)
{
    static const struct {
        const char *before, *between, *after;
    } layouts[] = {{"", "\n", "\n"},
                   {"", "\n", ""},
                   {"\xef\xbb\xbf", "\r\n", "\r\n"},
                   {"[", ",", "]"},
                   {" [\n", "\n,\n", "\n]\n"},
                   {"", "", ""},
                   {"", " \n\n ", "\n"}};
    static struct str got[1000];
    for (size_t i = 0; i < COUNT_OF(layouts); i++) {
        struct str text =
            lines(*state, 100000, layouts[i].before, layouts[i].between, layouts[i].after);
        struct input *input = opened(text, 700000);
        size_t count = portions(*state, input, got, COUNT_OF(got));
        assert_in_range(count, 3, 20);
        struct buf joined = buf_in(*state, SIZE_MAX / 2);
        for (size_t k = 0; k < count; k++) {
            buf_put(&joined, got[k]);
            assert_true(k == count - 1 || str_ends(str_trim(got[k]), S("}}")));
        }
        assert_true(str_eq(buf_str(&joined), text));
        input_rewind(input);
        assert_int_equal(portions(*state, input, got, COUNT_OF(got)), count);
        input_close(input);
        input = opened(compressed(*state, text), 1 << 20);
        assert_int_equal(portions(*state, input, got, COUNT_OF(got)), 1);
        assert_true(str_eq(got[0], text));
        input_close(input);
    }
}

static void compressed_text_comes_in_portions(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    for (size_t i = 0; text.len < COMPRESSED_PORTION_BYTES * 2 + 1000; i++)
        buf_printf(&text, "{\"a\":%zu,\"b\":\"%0200zu\"}\n", i, i);
    static struct str got[10];
    struct input *input = opened(compressed(*state, buf_str(&text)), (uint64_t)128 << 20);
    size_t count = portions(*state, input, got, COUNT_OF(got));
    assert_int_equal(count, 3);
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        assert_true(str_starts(got[i], S("{\"a\":")) && str_ends(got[i], S("}\n")));
        assert_memory_equal(got[i].ptr, text.ptr + len, got[i].len);
        len += got[i].len;
    }
    assert_int_equal(len, text.len);
    input_close(input);
}

static void small_files_share_a_portion(void **state)
{
    char *folder = NULL;
    struct error error = {0};
    assert_int_equal(folder_make_temp(*state, NULL, "input", &folder, &error), OK);
    const char *paths[10];
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        paths[i] = str_cstr(*state, str_format(*state, "%s/%zu.json", folder, i));
        struct str text = i == 3 ? STR_NONE
                                 : str_format(*state, "{\"a\":%zu}",
                                              i); // no newlines: texts of files are not joined
        assert_int_equal(file_write_atomic(paths[i], text, 0600, &error), OK);
    }
    struct input_settings settings = {
        .paths = paths, .path_count = COUNT_OF(paths), .portion_bytes = 1 << 20};
    struct input *input = NULL;
    assert_int_equal(input_open(&settings, &input, &error), OK);
    assert_int_equal(input_stored_bytes(input), 63);
    struct portion portion;
    assert_int_equal(input_next(input, &portion, &error), OK);
    assert_int_equal(portion.piece_count, 9); // an empty file has none
    for (size_t i = 0; i < portion.piece_count; i++)
        assert_true(portion.pieces[i].ends_source);
    portion_free(&portion);
    assert_int_equal(input_next(input, &portion, &error), ERR_NOT_FOUND);
    input_close(input);
    for (size_t i = 0; i < COUNT_OF(paths); i++)
        unlink(paths[i]);
    rmdir(folder);
}

static void seams_are_where_records_meet_on_lines(void **state)
{
    static const struct {
        const char *text;
        uint64_t seam;
    } rows[] = {
        {"{\"a\":1}\n{\"a\":2}", 8},
        {"{}\r\n \n{}", 6},
        {"{} {}", 0},
        {"{\"a\":\n{}}", 0},
        {"[{},\n{}]", 0},
        {"{}\n", 0},
        {"{}\n[]", 0},
        {"{}\n{}\n{}", 6},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct input *input = opened(str_of(rows[i].text), 100);
        uint64_t seam = 99;
        assert_int_equal(source_seam(input_source(input, 0), 0, &seam, NULL), OK);
        assert_int_equal(seam, rows[i].seam);
        input_close(input);
    }
    (void)state;
}

static void lines_are_counted_from_where_they_were(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    for (size_t i = 0; i < 300000; i++)
        buf_printf(&text, "%07zu\n", i);
    struct str stored[] = {buf_str(&text), compressed(*state, buf_str(&text))};
    struct line_counter counter = {0};
    for (size_t i = 0; i < COUNT_OF(stored); i++) {
        struct input *input = opened(stored[i], 1 << 20);
        static const uint64_t offsets[] = {0, 7, 8, 9, 1 << 20, (1 << 20) + 1, 2399999, 16, 0};
        for (size_t k = 0; k < COUNT_OF(offsets); k++) {
            uint64_t line = 0;
            assert_int_equal(
                line_counter_find(&counter, input_source(input, 0), offsets[k], &line, NULL), OK);
            assert_int_equal(line, offsets[k] / 8 + 1);
        }
        input_close(input);
        line_counter_deinit(&counter);
    }
}

// Windows over memory are copies: records that are cut by them come again, whole.
static void windows_hold_each_record_whole(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    for (size_t i = 0; text.len < 5 * WINDOW_BYTES; i++)
        buf_printf(&text, "{\"a\":%zu,\"b\":\"%0*zu\"}\n", i, (int)(i % 7 == 6 ? 400000 : i % 500),
                   i);
    struct input *input = opened(buf_str(&text), SIZE_MAX / 4);
    struct portion portion;
    assert_int_equal(input_next(input, &portion, NULL), OK);
    struct window window = {0};
    struct shredder s = {.columns = columns_new(type_new(*state, KIND_STRUCT), false),
                         .arena = *state,
                         .rules = {.dates = true}};
    window_open(&window, &portion.pieces[0], &s);
    assert_int_equal(window_next(&window, &s, NULL), OK);
    size_t rows = 0;
    for (enum shred_stop stop = SHRED_FULL; stop != SHRED_DONE;) {
        s.batch_end = s.end;
        stop = variant_best()->shred(&s);
        assert_int_not_equal(stop, SHRED_REJECTED);
        const struct column *a =
            columns_leaf_count(s.columns) ? s.columns->root->children[0] : NULL;
        for (size_t i = 0; i < s.columns->rows; i++)
            assert_int_equal(a->integers[i], rows + i);
        rows += s.columns->rows;
        columns_clear(s.columns);
        if (stop == SHRED_MORE)
            assert_int_equal(window_next(&window, &s, NULL), OK);
    }
    assert_true(rows > 20);
    window_close(&window);
    columns_free(s.columns);
    portion_free(&portion);
    input_close(input);
}

static void what_is_no_file_is_refused(void **state)
{
    const char *paths[] = {"/"};
    struct input_settings settings = {.paths = paths, .path_count = 1, .portion_bytes = 1 << 20};
    struct input *input = NULL;
    struct error error = {0};
    assert_int_equal(input_open(&settings, &input, &error), ERR_INVALID);
    paths[0] = "/no/such/file";
    assert_int_equal(input_open(&settings, &input, &error), ERR_NOT_FOUND);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(portions_are_cut_between_records),
        ARENA_TEST(compressed_text_comes_in_portions),
        ARENA_TEST(small_files_share_a_portion),
        ARENA_TEST(seams_are_where_records_meet_on_lines),
        ARENA_TEST(lines_are_counted_from_where_they_were),
        ARENA_TEST(windows_hold_each_record_whole),
        ARENA_TEST(what_is_no_file_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
