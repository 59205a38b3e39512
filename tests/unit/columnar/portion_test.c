// SPDX-License-Identifier: Apache-2.0
// Many sources: how they are opened, named, and shared out.
#include "columnar/input.h"

#include "../fixture.h"
#include "os/file.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#define SOURCES 500 // more than stay open

struct many {
    struct arena arena;
    char *folder;
    const char *paths[SOURCES];
    struct str names[SOURCES];
};

static struct str gzip(struct arena *arena, struct str text)
{
    char *out = arena_alloc(arena, text.len + 100);
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text.ptr,
                       .avail_in = (uInt)text.len,
                       .next_out = (Bytef *)out,
                       .avail_out = (uInt)text.len + 100};
    assert_int_equal(deflateInit2(&stream, 1, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return str_n(out, stream.total_out);
}

// Every other one is compressed.
static int setup(void **state)
{
    static struct many many;
    struct error error = {0};
    arena_init(&many.arena);
    assert_int_equal(folder_make_temp(&many.arena, NULL, "tarn-portion-", &many.folder, &error),
                     OK);
    for (size_t i = 0; i < SOURCES; i++) {
        struct str path = str_format(&many.arena, "%s/%zu", many.folder, i),
                   text = str_format(&many.arena, "{\"n\":%zu}\n", i);
        many.paths[i] = str_cstr(&many.arena, path);
        many.names[i] = str_format(&many.arena, "source %zu", i);
        int fd;
        assert_int_equal(file_create(many.paths[i], 0600, &fd, &error), OK);
        assert_int_equal(file_append(fd, i % 2 ? gzip(&many.arena, text) : text, &error), OK);
        file_close(fd);
    }
    *state = &many;
    return 0;
}

static int teardown(void **state)
{
    struct many *many = *state;
    struct error error;
    assert_int_equal(folder_remove_all(many->folder, &error), OK);
    arena_deinit(&many->arena);
    return 0;
}

static struct input *open_many(const struct many *many)
{
    struct input_settings settings = {.paths = many->paths,
                                      .names = many->names,
                                      .path_count = SOURCES,
                                      .portion_bytes = 1 << 20,
                                      .threads = 2};
    struct input *input = NULL;
    struct error error = {0};
    if (input_open(&settings, &input, &error) != OK)
        fail_msg("%s", error.text);
    return input;
}

static void small_sources_share_a_portion(void **state)
{
    struct input *input = open_many(*state);
    struct portion portion;
    struct error error = {0};
    assert_int_equal(input_next(input, &portion, &error), OK);
    assert_int_equal(portion.piece_count, SOURCES);
    assert_int_equal(portion.stored_bytes, input_stored_bytes(input));
    for (size_t i = 0; i < SOURCES; i++) {
        const struct piece *piece = &portion.pieces[i];
        char expected[32];
        size_t len = (size_t)snprintf(expected, sizeof expected, "{\"n\":%zu}\n", i);
        assert_int_equal(piece->source_index, i);
        assert_int_equal(piece->end - piece->start, len);
        assert_true(piece->ends_source);
        assert_int_equal(piece->text != NULL, i % 2);
        if (piece->text)
            assert_memory_equal(piece->text, expected, len);
    }
    portion_free(&portion);
    assert_int_equal(input_next(input, &portion, &error), ERR_NOT_FOUND);
    input_close(input);
}

static void sources_keep_their_names_and_are_opened_when_read(void **state)
{
    const struct many *many = *state;
    struct input *input = open_many(many);
    struct error error = {0};
    struct line_counter counter = {0};
    uint64_t line;
    assert_str(input_source(input, 7)->name, "source 7");
    assert_int_equal(input_source(input, 7)->fd, -1);
    assert_int_equal(line_counter_find(&counter, input_source(input, 8), 8, &line, &error), OK);
    assert_int_equal(line, 2);
    assert_int_equal(file_remove(many->paths[8], &error), OK);
    line_counter_deinit(&counter);
    assert_int_equal(line_counter_find(&counter, input_source(input, 8), 8, &line, &error),
                     ERR_NOT_FOUND);
    line_counter_deinit(&counter);
    input_close(input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(small_sources_share_a_portion, setup, teardown),
        cmocka_unit_test_setup_teardown(sources_keep_their_names_and_are_opened_when_read, setup,
                                        teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
