// SPDX-License-Identifier: Apache-2.0
// The bytes of whole files: their frame, and that every offset the writer counts is where the thing
// is. That readers understand them is for the differential tests.
#include "decode.h"
#include "columnar/file_writer.h"

static enum err collect(void *context, struct str bytes, struct error *error)
{
    (void)error;
    buf_put(context, bytes);
    return OK;
}

struct fixture {
    struct arena *arena;
    struct buf out;
    struct file_writer *writer;
    struct error error;
};

static void begin(struct fixture *f, struct arena *arena)
{
    *f = (struct fixture){.arena = arena, .out = buf_in(arena, 64 << 20)};
    assert_int_equal(file_writer_open((struct byte_sink){collect, &f->out}, &f->writer, &f->error),
                     OK);
}

static struct type *parsed(struct fixture *f, const char *text)
{
    struct type *type = NULL;
    assert_int_equal(type_parse(f->arena, str_of(text), &type, &f->error), OK);
    return type;
}

static void put_group(struct fixture *f, const struct chunk_settings *settings, uint64_t rows,
                      size_t leaves)
{
    struct chunk_writer *writers[4];
    struct chunk chunks[4];
    for (size_t i = 0; i < leaves; i++) {
        writers[i] = chunk_writer_new(settings);
        int64_t *values = ARENA_ARRAY(f->arena, int64_t, rows);
        for (uint64_t r = 0; r < rows; r++)
            values[r] = (int64_t)(r * (i + 1));
        struct leaf_values batch = {
            .rows = rows, .entries = rows, .count = rows, .integers = values};
        chunk_begin(writers[i]);
        chunk_add(writers[i], &batch);
        chunk_finish(writers[i], &chunks[i]);
    }
    assert_int_equal(file_writer_row_group(f->writer, rows, chunks, leaves, &f->error), OK);
    for (size_t i = 0; i < leaves; i++)
        chunk_writer_free(writers[i]);
}

static struct str finish(struct fixture *f, const char *schema,
                         const struct chunk_settings *settings)
{
    const struct key_value metadata = {S("owner"), S("somebody")};
    assert_int_equal(
        file_writer_finish(f->writer, parsed(f, schema), settings, &metadata, 1, &f->error), OK);
    assert_int_equal(file_writer_bytes(f->writer), f->out.len);
    file_writer_free(f->writer);
    return buf_str(&f->out);
}

static struct str footer_of(struct str file)
{
    assert_true(file.len > 12);
    assert_str(str_slice(file, 0, 4), "PAR1");
    assert_str(str_from(file, file.len - 4), "PAR1");
    struct cursor c = cursor_of(str_from(file, file.len - 8));
    size_t len = cursor_u32le(&c);
    assert_true(len <= file.len - 12);
    return str_slice(file, file.len - 8 - len, file.len - 8);
}

static const struct chunk_settings INTEGERS = {
    .kind = KIND_INT64, .max_definition = 1, .codec = PARQUET_SNAPPY, .bloom = true};

static void an_empty_file_has_a_footer(void **state)
{
    struct fixture f;
    begin(&f, *state);
    assert_int_equal(file_writer_bytes(f.writer), 4);
    struct str footer = footer_of(finish(&f, "struct<a:bigint>", &INTEGERS));
    // version 1; a list of two elements: the root named "schema" with one child, then "a"
    assert_memory_equal(footer.ptr,
                        "\x15\x02\x19\x2C\x48\x06schema\x15\x02\0\x15\x04\x25\x02\x18\x01"
                        "a\0",
                        23);
    assert_true(str_contains(footer, S("tarn version ")));
    assert_true(str_contains(footer, S("owner")));
}

static void rows_and_bytes_are_counted(void **state)
{
    struct fixture f;
    begin(&f, *state);
    put_group(&f, &INTEGERS, 100, 2);
    put_group(&f, &INTEGERS, 50, 2);
    assert_int_equal(file_writer_rows(f.writer), 150);
    assert_int_equal(file_writer_bytes(f.writer), f.out.len);
    struct str footer = footer_of(finish(&f, "struct<a:bigint,b:bigint>", &INTEGERS));
    assert_true(footer.len > 200);
}

// The first group has one column, the schema three; the others' chunks come behind the second
// group.
static void columns_that_came_later_are_null_before(void **state)
{
    struct fixture f;
    begin(&f, *state);
    put_group(&f, &INTEGERS, 1000, 1);
    put_group(&f, &INTEGERS, 10, 2);
    size_t before = f.out.len;
    struct str file = finish(&f, "struct<a:bigint,b:bigint,c:array<string>>", &INTEGERS);
    struct str footer = footer_of(file);
    // data page V1, without values: `levels`, PLAIN, RLE, RLE
    const char *page = file.ptr + before;
    assert_memory_equal(page, "\x15\x00\x15", 3);
    assert_true(str_contains(footer, S("list")));
    assert_true(str_contains(footer, S("element")));
    assert_true(file.len > before + footer.len);
}

static enum err refuse(void *context, struct str bytes, struct error *error)
{
    size_t *left = context;
    if (bytes.len > *left)
        return error_set(error, ERR_IO, "the disk is full");
    *left -= bytes.len;
    return OK;
}

static void a_failing_sink_is_reported_whenever_it_fails(void **state)
{
    for (size_t room = 0; room < 2000; room += 3) {
        struct fixture f = {.arena = *state};
        size_t left = room;
        struct byte_sink sink = {refuse, &left};
        if (file_writer_open(sink, &f.writer, &f.error) != OK) {
            assert_true(room < 4);
            continue;
        }
        int64_t values[100] = {0};
        struct leaf_values batch = {.rows = 100, .entries = 100, .count = 100, .integers = values};
        struct chunk_writer *chunks = chunk_writer_new(&INTEGERS);
        struct chunk chunk;
        chunk_begin(chunks);
        chunk_add(chunks, &batch);
        chunk_finish(chunks, &chunk);
        enum err err = file_writer_row_group(f.writer, 100, &chunk, 1, &f.error);
        if (err == OK)
            err = file_writer_finish(f.writer, parsed(&f, "struct<a:bigint,b:string>"), &INTEGERS,
                                     NULL, 0, &f.error);
        assert_int_equal(err, room < 300 ? ERR_IO : room >= 1000 ? OK : err);
        chunk_writer_free(chunks);
        file_writer_free(f.writer);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(an_empty_file_has_a_footer),
        ARENA_TEST(rows_and_bytes_are_counted),
        ARENA_TEST(columns_that_came_later_are_null_before),
        ARENA_TEST(a_failing_sink_is_reported_whenever_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
