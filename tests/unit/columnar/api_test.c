// SPDX-License-Identifier: Apache-2.0
// The library as other programs see it: converting, pushing, callbacks, refusals.
#include "arrow_json.h"

#include "base/buf.h"
#include "columnar/convert.h"
#include "os/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct place {
    struct arena arena;
    char *folder;
    struct columnar_error error;
};

static int setup(void **state)
{
    struct place *place = calloc(1, sizeof *place);
    arena_init(&place->arena);
    *state = place;
    return folder_make_temp(&place->arena, NULL, "api", &place->folder, NULL) == OK ? 0 : -1;
}

static int teardown(void **state)
{
    struct place *place = *state;
    enum err err = folder_remove_all(place->folder, NULL);
    arena_deinit(&place->arena);
    free(place);
    return err == OK ? 0 : -1;
}
#define PLACE_TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

static const char *path_in(struct place *place, const char *name)
{
    return str_format(&place->arena, "%s/%s%c", place->folder, name, 0).ptr;
}

static const char *file_of(struct place *place, const char *name, const char *text)
{
    const char *path = path_in(place, name);
    assert_int_equal(file_write_atomic(path, str_of(text), 0644, NULL), OK);
    return path;
}

static size_t files_in(struct place *place)
{
    struct folder_entry *entries;
    size_t count;
    assert_int_equal(folder_list(&place->arena, place->folder, &entries, &count, NULL), OK);
    return count;
}

// A code, and words with `part` in them.
static void assert_failed(struct place *place, int got, int code, const char *part)
{
    if (got != code || place->error.code != code || !strstr(place->error.text, part))
        fail_msg("code %d and %d instead of %d, \"%s\" instead of \"%s\"", got, place->error.code,
                 code, place->error.text, part);
}

static void assert_ok(struct place *place, int got)
{
    if (got != 0)
        fail_msg("code %d: %s", got, place->error.text);
}

static void assert_file(struct place *place, const char *path, uint64_t rows, const char *schema)
{
    struct columnar_file *file;
    assert_ok(place, columnar_file_open(path, &file, &place->error));
    assert_int_equal(columnar_file_rows(file), rows);
    assert_string_equal(columnar_file_schema(file), schema);
    columnar_file_free(file);
}

// ================================================================ converting

static void the_version_is_known(void **state)
{
    (void)state;
    assert_string_equal(columnar_version(), TARN_VERSION);
}

static void files_become_parquet(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", "{\"a\":1}\n{\"a\":2}\n"),
                              file_of(place, "b.json", "[{\"a\":3,\"b\":\"x\"}]")};
    const char *out = path_in(place, "out.parquet");
    struct columnar_result result;
    assert_ok(place, columnar_convert_files(in, 2, out, NULL, &result, &place->error));
    assert_int_equal(result.rows, 3);
    assert_int_equal(result.rejected, 0);
    assert_int_equal(result.text_bytes, 16 + 17);
    assert_int_equal(result.path_count, 1);
    assert_string_equal(result.paths[0], out);
    assert_string_equal(result.schema, "struct<a:bigint,b:string>");
    columnar_result_free(&result);
    columnar_result_free(&result);
    columnar_result_free(NULL);
    assert_file(place, out, 3, "struct<a:bigint,b:string>");
}

static void options_reach_the_file(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n")};
    const struct columnar_pair metadata[] = {{"owner", "me"}};
    struct columnar_options options = COLUMNAR_OPTIONS;
    options.schema = "struct<a:int,late:date>";
    options.codec = COLUMNAR_ZSTD;
    options.level = 3;
    options.profile = COLUMNAR_MODERN;
    options.metadata = metadata;
    options.metadata_count = 1;
    const char *out = path_in(place, "out.parquet");
    assert_ok(place, columnar_convert_files(in, 1, out, &options, NULL, &place->error));
    struct columnar_file *file;
    assert_ok(place, columnar_file_open(out, &file, &place->error));
    assert_string_equal(columnar_file_schema(file), "struct<a:int,late:date>");
    assert_string_equal(columnar_file_metadata(file, "owner"), "me");
    assert_null(columnar_file_metadata(file, "nobody"));
    assert_non_null(strstr(columnar_file_created_by(file), "tarn"));
    assert_int_equal(columnar_file_row_groups(file), 1);
    assert_int_equal(columnar_file_row_group_rows(file, 0), 3);
    assert_int_equal(columnar_file_row_group_rows(file, 1), 0);
    columnar_file_free(file);
}

static void partitions_are_folders(void **state)
{
    struct place *place = *state;
    const char *const in[] = {
        file_of(place, "a.json", "{\"a\":1,\"p\":\"x\"}{\"a\":2,\"p\":\"y\"}")};
    const char *const by[] = {"P"};
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_result result;
    options.partition_by = by;
    options.partition_by_count = 1;
    assert_ok(place, columnar_convert_files(in, 1, path_in(place, "out"), &options, &result,
                                            &place->error));
    assert_int_equal(result.path_count, 2);
    assert_string_equal(result.paths[0], path_in(place, "out/p=x/part-00000.snappy.parquet"));
    assert_file(place, result.paths[1], 1, "struct<a:bigint>");
    columnar_result_free(&result);
}

// ================================================================ pushing

static void push_pieces(struct place *place, struct columnar_writer *writer, struct str text,
                        size_t piece)
{
    for (size_t at = 0; at < text.len; at += piece) {
        struct str part = str_slice(text, at, at + piece);
        assert_ok(place, columnar_writer_push(writer, part.ptr, part.len, &place->error));
    }
}

static void bytes_may_be_cut_anywhere(void **state)
{
    struct place *place = *state;
    static const char JSON[] = "{\"a\":1,\"s\":\"caf\xc3\xa9\"}\n{\"a\":2.5,\"s\":\"\\u00e9\"}\n";
    for (size_t piece = 1; piece < sizeof JSON; piece += 7) {
        const char *out = path_in(place, "out.parquet");
        struct columnar_writer *writer;
        struct columnar_result result;
        assert_ok(place, columnar_writer_open(out, NULL, &writer, &place->error));
        push_pieces(place, writer, str_of(JSON), piece);
        assert_ok(place, columnar_writer_push(writer, NULL, 0, &place->error));
        assert_false(file_exists(out));
        assert_ok(place, columnar_writer_finish(writer, &result, &place->error));
        assert_int_equal(result.rows, 2);
        columnar_result_free(&result);
        columnar_writer_free(writer);
        assert_file(place, out, 2, "struct<a:double,s:string>");
        assert_int_equal(unlink(out), 0);
    }
}

struct sink {
    struct buf bytes;
    unsigned calls, stop_at; // 0: never
};

static int write_sink(void *context, const void *bytes, size_t len)
{
    struct sink *sink = context;
    buf_put_bytes(&sink->bytes, bytes, len);
    return ++sink->calls == sink->stop_at;
}

static struct columnar_writer *sink_writer(struct place *place, struct sink *sink,
                                           const struct columnar_options *options)
{
    struct columnar_writer *writer;
    assert_ok(place, columnar_writer_open_sink(write_sink, sink, options, &writer, &place->error));
    return writer;
}

// A type that changes late, behind row groups that were written before: what a sink has got cannot
// be taken back.
static void a_sink_gets_one_file(void **state)
{
    struct place *place = *state;
    struct sink sink = {.bytes = buf_heap(BUF_MAX_DEFAULT)};
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_result result;
    options.row_group_rows = 1000;
    options.threads = 2;
    struct columnar_writer *writer = sink_writer(place, &sink, &options);
    for (unsigned i = 0; i < 5000; i++) {
        char row[64];
        snprintf(row, sizeof row, i == 4999 ? "{\"a\":\"text\"}\n" : "{\"a\":%u}\n", i);
        assert_ok(place, columnar_writer_push(writer, row, strlen(row), &place->error));
    }
    assert_ok(place, columnar_writer_finish(writer, &result, &place->error));
    assert_int_equal(result.rows, 5000);
    assert_int_equal(result.path_count, 0);
    assert_int_equal(result.output_bytes, sink.bytes.len);
    columnar_result_free(&result);
    columnar_writer_free(writer);
    const char *path = path_in(place, "sink.parquet");
    assert_int_equal(file_write_atomic(path, buf_str(&sink.bytes), 0644, NULL), OK);
    assert_file(place, path, 5000, "struct<a:string>");
    buf_deinit(&sink.bytes);
}

static void a_sink_may_stop(void **state)
{
    struct place *place = *state;
    struct sink sink = {.bytes = buf_heap(BUF_MAX_DEFAULT), .stop_at = 2};
    struct columnar_writer *writer = sink_writer(place, &sink, NULL);
    assert_ok(place, columnar_writer_push(writer, "{\"a\":1}", 7, &place->error));
    assert_failed(place, columnar_writer_finish(writer, NULL, &place->error), COLUMNAR_STOPPED,
                  "said so");
    assert_int_equal(sink.calls, 2);
    columnar_writer_free(writer);
    buf_deinit(&sink.bytes);
}

// More than is kept in memory.
static void much_goes_through_a_file(void **state)
{
    struct place *place = *state;
    const char *out = path_in(place, "out.parquet");
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_writer *writer;
    struct columnar_result result;
    struct buf block = buf_heap(BUF_MAX_DEFAULT);
    for (unsigned i = 0; i < 20000; i++)
        buf_printf(&block, "{\"number\":%u,\"text\":\"some text that takes its place\"}\n", i);
    options.temporary_folder = place->folder;
    assert_ok(place, columnar_writer_open(out, &options, &writer, &place->error));
    for (unsigned i = 0; i < 20; i++)
        assert_ok(place, columnar_writer_push(writer, block.ptr, block.len, &place->error));
    assert_int_equal(files_in(place), 0); // it has no name
    assert_ok(place, columnar_writer_finish(writer, &result, &place->error));
    assert_int_equal(result.rows, 400000);
    assert_int_equal(result.text_bytes, 20 * block.len);
    columnar_result_free(&result);
    columnar_writer_free(writer);
    assert_file(place, out, 400000, "struct<number:bigint,text:string>");
    assert_int_equal(files_in(place), 1);
    buf_deinit(&block);
}

static void giving_up_leaves_nothing(void **state)
{
    struct place *place = *state;
    struct columnar_writer *writer;
    const char *out = path_in(place, "out.parquet");
    assert_ok(place, columnar_writer_open(out, NULL, &writer, &place->error));
    assert_ok(place, columnar_writer_push(writer, "{\"a\":1}", 7, &place->error));
    columnar_writer_free(writer);
    columnar_writer_free(NULL);
    assert_ok(place, columnar_writer_open(out, NULL, &writer, &place->error));
    assert_ok(place, columnar_writer_push(writer, "{\"a\":}", 6, &place->error));
    assert_failed(place, columnar_writer_finish(writer, NULL, &place->error), COLUMNAR_BAD_RECORD,
                  "<pushed>, line 1, byte 0: ");
    assert_failed(place, columnar_writer_push(writer, "{}", 2, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "finished or failed");
    assert_failed(place, columnar_writer_finish(writer, NULL, &place->error), COLUMNAR_BAD_ARGUMENT,
                  "finished or failed");
    columnar_writer_free(writer);
    assert_int_equal(files_in(place), 0);
}

static void nothing_pushed_is_an_empty_file(void **state)
{
    struct place *place = *state;
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_writer *writer;
    options.schema = "struct<a:int>";
    const char *out = path_in(place, "out.parquet");
    assert_ok(place, columnar_writer_open(out, &options, &writer, &place->error));
    assert_ok(place, columnar_writer_finish(writer, NULL, &place->error));
    columnar_writer_free(writer);
    assert_file(place, out, 0, "struct<a:int>");
}

static void what_cannot_be_kept_is_told(void **state)
{
    struct place *place = *state;
    struct columnar_options options = COLUMNAR_OPTIONS;
    struct columnar_writer *writer;
    const size_t len = (size_t)17 << 20;
    char *bytes = calloc(1, len);
    options.temporary_folder = "/nowhere/at/all";
    assert_ok(place, columnar_writer_open(path_in(place, "out.parquet"), &options, &writer,
                                          &place->error));
    assert_failed(place, columnar_writer_push(writer, bytes, len, &place->error),
                  COLUMNAR_NOT_FOUND, "/nowhere");
    columnar_writer_free(writer);
    free(bytes);
}

// ================================================================ callbacks

struct told {
    struct buf text;
    unsigned count, stop_at;
};

static int note_rejected(void *context, const struct columnar_rejected *record)
{
    struct told *told = context;
    const char *name = strrchr(record->source, '/');
    buf_printf(&told->text, "%s:%llu:%llu:%d:%.*s\n", name ? name + 1 : record->source,
               (unsigned long long)record->line, (unsigned long long)record->offset,
               record->is_json, (int)record->text_bytes, record->text);
    assert_true(strlen(record->reason) > 0);
    assert_int_equal(record->bytes, record->text_bytes);
    return ++told->count == told->stop_at;
}

#define MIXED "{\"a\":1}\n{\"a\":\"x\"}\n\n{\"a\":2\n{\"a\":3}\n"

static struct columnar_options telling(struct told *told)
{
    struct columnar_options options = COLUMNAR_OPTIONS;
    *told = (struct told){.text = buf_heap(BUF_MAX_DEFAULT)};
    options.schema = "struct<a:int>";
    options.rejected = note_rejected;
    options.context = told;
    return options;
}

static void rejected_records_are_told(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", MIXED), file_of(place, "b.json", MIXED)};
    struct told told;
    struct columnar_options options = telling(&told);
    struct columnar_result result;
    assert_ok(place, columnar_convert_files(in, 2, path_in(place, "out.parquet"), &options, &result,
                                            &place->error));
    assert_int_equal(result.rows, 4);
    assert_int_equal(result.rejected, 4);
    assert_str(buf_str(&told.text), "a.json:2:8:1:{\"a\":\"x\"}\na.json:4:19:0:{\"a\":2\n"
                                    "b.json:2:8:1:{\"a\":\"x\"}\nb.json:4:19:0:{\"a\":2\n");
    columnar_result_free(&result);
    buf_deinit(&told.text);
}

static void a_callback_may_stop(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", MIXED)};
    struct told told;
    struct columnar_options options = telling(&told);
    told.stop_at = 1;
    assert_failed(
        place,
        columnar_convert_files(in, 1, path_in(place, "out.parquet"), &options, NULL, &place->error),
        COLUMNAR_STOPPED, "rejected");
    assert_int_equal(told.count, 1);
    assert_int_equal(files_in(place), 1);
    buf_deinit(&told.text);
}

// Where a late type makes the conversion begin again: broken records in the first and last portion.
static void put_late_type(struct place *place, const char *path)
{
    struct buf json = buf_in(&place->arena, BUF_MAX_DEFAULT);
    buf_puts(&json, "{broken}\n");
    for (unsigned i = 0; i < 400000; i++)
        buf_printf(&json, "{\"s\":{\"number\":%u,\"text\":\"to fill the portion up\"}}\n", i);
    buf_puts(&json, "{\"s\":{\"number\":\"none\"}}\n{broken, too}\n{\"s\":{\"late\":true}}\n");
    assert_int_equal(file_write_atomic(path, buf_str(&json), 0644, NULL), OK);
}

// Who was told the first time is not told again.
static void rejected_records_are_told_once(void **state)
{
    struct place *place = *state;
    struct told told;
    struct columnar_options options = telling(&told);
    struct columnar_result result;
    const char *const in[] = {path_in(place, "in.json")};
    put_late_type(place, in[0]);
    options.schema = NULL;
    options.threads = 1;
    options.row_group_bytes = (uint64_t)1 << 20;
    assert_ok(place, columnar_convert_files(in, 1, path_in(place, "out.parquet"), &options, &result,
                                            &place->error));
    assert_int_equal(result.rows, 400002);
    assert_int_equal(result.rejected, 2);
    assert_true(result.passes > 1);
    assert_int_equal(told.count, 2);
    columnar_result_free(&result);
    buf_deinit(&told.text);
}

static enum err count_rejected(void *context, const struct source *source,
                               const struct rejected *record, struct error *error)
{
    (void)source, (void)record, (void)error;
    ++*(unsigned *)context;
    return OK;
}

static enum err forget_rejected(void *context, struct error *error)
{
    (void)error;
    assert_int_equal(*(unsigned *)context, 1);
    *(unsigned *)context = 0;
    return OK;
}

// Who can forget what it was told, as the quarantine of `tarn convert` does, is told all of it
// anew.
static void or_told_again_to_who_forgot(void **state)
{
    struct place *place = *state;
    unsigned count = 0;
    const char *const in[] = {path_in(place, "in.json")};
    put_late_type(place, in[0]);
    const struct convert_settings settings = {.input = {.paths = in, .path_count = 1},
                                              .output = {.path = path_in(place, "out.parquet")},
                                              .threads = 1,
                                              .codec = PARQUET_SNAPPY,
                                              .row_group_bytes = (uint64_t)1 << 20,
                                              .rejected = count_rejected,
                                              .restarted = forget_rejected,
                                              .context = &count};
    struct conversion *conversion = NULL;
    struct convert_result result;
    assert_int_equal(convert_run(&settings, &conversion, &result, NULL), OK);
    assert_true(result.passes > 1);
    assert_int_equal(count, 2);
    convert_free(conversion);
}

static int note_progress(void *context, uint64_t done, uint64_t all)
{
    uint64_t *last = context;
    assert_true(done >= *last && done <= all);
    *last = done;
    return 0;
}

static int stop_progress(void *context, uint64_t done, uint64_t all)
{
    (void)context, (void)done, (void)all;
    return 1;
}

static void progress_reaches_the_end_or_stops(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", "{\"a\":1}")};
    const char *out = path_in(place, "out.parquet");
    struct columnar_options options = COLUMNAR_OPTIONS;
    uint64_t last = 0;
    options.progress = note_progress;
    options.context = &last;
    assert_ok(place, columnar_convert_files(in, 1, out, &options, NULL, &place->error));
    assert_int_equal(last, 7);
    options.progress = stop_progress;
    assert_int_equal(unlink(out), 0);
    assert_failed(place, columnar_convert_files(in, 1, out, &options, NULL, &place->error),
                  COLUMNAR_STOPPED, "stopped");
    assert_false(file_exists(out));
}

// ================================================================ reading

static void readers_are_pushed_to(void **state)
{
    struct place *place = *state;
    struct columnar_reader *reader;
    static const char JSON[] = "{\"a\":1}\n{\"a\":null,\"b\":[true]}\n";
    assert_ok(place, columnar_reader_open_push(NULL, &reader, &place->error));
    for (size_t i = 0; i < sizeof JSON - 1; i++)
        assert_ok(place, columnar_reader_push(reader, JSON + i, 1, &place->error));
    assert_null(columnar_reader_schema_text(reader));
    struct buf got = buf_heap(BUF_MAX_DEFAULT);
    arrow_put_rest(&got, reader);
    assert_str(buf_str(&got), "{\"a\":1,\"b\":null}\n{\"a\":null,\"b\":[true]}\n");
    assert_string_equal(columnar_reader_schema_text(reader), "struct<a:bigint,b:array<boolean>>");
    assert_failed(place, columnar_reader_push(reader, "{}", 2, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "no more");
    buf_deinit(&got);
    columnar_reader_free(reader);
}

static void readers_tell_and_fail_for_good(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", MIXED), file_of(place, "b.json", MIXED)};
    struct told told;
    struct columnar_options options = telling(&told);
    struct columnar_reader *reader;
    assert_ok(place, columnar_reader_open(in, 2, &options, &reader, &place->error));
    struct buf got = buf_heap(BUF_MAX_DEFAULT);
    arrow_put_rest(&got, reader);
    assert_str(buf_str(&got), "{\"a\":1}\n{\"a\":3}\n{\"a\":1}\n{\"a\":3}\n");
    assert_int_equal(columnar_reader_rejected(reader), 4);
    assert_int_equal(told.count, 4);
    columnar_reader_free(reader);
    buf_deinit(&got);
    buf_deinit(&told.text);

    struct ArrowArray batch;
    options.rejected = NULL;
    assert_ok(place, columnar_reader_open(in, 2, &options, &reader, &place->error));
    for (unsigned i = 0; i < 2; i++) {
        assert_failed(place, columnar_reader_next(reader, &batch, &place->error),
                      COLUMNAR_BAD_RECORD, "a.json, line 2, byte 8: a: not an int: \"x\"");
        assert_null(batch.release);
    }
    columnar_reader_free(reader);
}

static void streams_own_their_reader(void **state)
{
    struct place *place = *state;
    struct columnar_reader *reader;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    struct columnar_options options = COLUMNAR_OPTIONS;
    static const char JSON[] = "{\"a\":1}{\"a\":x}";
    options.batch_rows = 1;
    assert_ok(place,
              columnar_reader_open_bytes(JSON, sizeof JSON - 1, &options, &reader, &place->error));
    columnar_reader_stream(reader, &stream);
    assert_int_equal(stream.get_schema(&stream, &schema), 0);
    assert_string_equal(schema.children[0]->name, "a");
    schema.release(&schema);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 1);
    batch.release(&batch);
    assert_null(stream.get_last_error(&stream));
    assert_int_equal(stream.get_next(&stream, &batch), EINVAL);
    assert_non_null(strstr(stream.get_last_error(&stream), "<memory>, line 1, byte 7"));
    stream.release(&stream);
    assert_null(stream.release);
}

// ================================================================ refusals

static void paths_that_are_not_there(void **state)
{
    struct place *place = *state;
    const char *const in[] = {path_in(place, "none.json")}, *const null[] = {NULL};
    const char *out = path_in(place, "out.parquet");
    struct columnar_reader *reader;
    struct columnar_file *file;
    struct columnar_writer *writer;
    assert_failed(place, columnar_convert_files(in, 1, out, NULL, NULL, &place->error),
                  COLUMNAR_NOT_FOUND, "none.json");
    assert_failed(place, columnar_convert_files(in, 0, out, NULL, NULL, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "no paths");
    assert_failed(place, columnar_convert_files(null, 1, out, NULL, NULL, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "NULL");
    assert_failed(place, columnar_writer_open("", NULL, &writer, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "no path");
    assert_failed(place, columnar_writer_open_sink(NULL, NULL, NULL, &writer, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "no function");
    assert_failed(place, columnar_reader_open(in, 1, NULL, &reader, &place->error),
                  COLUMNAR_NOT_FOUND, "none.json");
    assert_failed(place, columnar_file_open(in[0], &file, &place->error), COLUMNAR_NOT_FOUND,
                  "none.json");
    assert_failed(
        place,
        columnar_file_open(file_of(place, "x.parquet", "no Parquet at all"), &file, &place->error),
        COLUMNAR_BAD_ARGUMENT, "not a Parquet file");
    assert_int_equal(columnar_file_open(NULL, &file, NULL), COLUMNAR_BAD_ARGUMENT);
}

static void broken_compression_is_bad_data(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json.gz", "\x1f\x8b\x08 and no more")};
    assert_failed(
        place,
        columnar_convert_files(in, 1, path_in(place, "out.parquet"), NULL, NULL, &place->error),
        COLUMNAR_BAD_DATA, "a.json.gz");
    assert_int_equal(files_in(place), 1);
}

static void refuse(struct place *place, const struct columnar_options *options, int code,
                   const char *part)
{
    struct columnar_writer *writer = NULL;
    struct columnar_reader *reader = NULL;
    const char *out = path_in(place, "out.parquet");
    assert_failed(place, columnar_writer_open(out, options, &writer, &place->error), code, part);
    assert_null(writer);
    if (!strstr(part, "folder"))
        assert_failed(place, columnar_reader_open_push(options, &reader, &place->error), code,
                      part);
    assert_null(reader);
}

static void options_that_cannot_be(void **state)
{
    struct place *place = *state;
    const struct columnar_options defaults = COLUMNAR_OPTIONS;
    static const char *const twice[] = {"a", "A"}, *const null[] = {NULL};
    const struct columnar_pair pair = {"key", "\xff"};
#define REFUSED(part, ...)                                                                         \
    do {                                                                                           \
        struct columnar_options o = defaults;                                                      \
        __VA_ARGS__;                                                                               \
        refuse(place, &o, COLUMNAR_BAD_ARGUMENT, part);                                            \
    } while (0)
    REFUSED("COLUMNAR_OPTIONS", o.size_bytes = 0);
    REFUSED("no codec 5", o.codec = 5);
    REFUSED("no codec -1", o.codec = -1);
    REFUSED("no level 1", o.level = 1);
    REFUSED("no level 23", o.codec = COLUMNAR_ZSTD; o.level = 23);
    REFUSED("no profile", o.profile = 2);
    REFUSED("no mode", o.infer = 3);
    REFUSED("threads", o.threads = 257);
    REFUSED("row_group_rows", o.row_group_rows = UINT64_MAX);
    REFUSED("row_group_bytes", o.row_group_bytes = UINT64_MAX);
    REFUSED("batch_rows", o.batch_rows = SIZE_MAX);
    REFUSED("", o.schema = "struct<a:");
    REFUSED("struct with columns", o.schema = "bigint");
    REFUSED("UTF-8", o.schema = "struct<\xff:int>");
    REFUSED("NULL", o.partition_by_count = 1);
    REFUSED("NULL", o.partition_by = null; o.partition_by_count = 1);
    REFUSED("twice", o.bloom_columns = twice; o.bloom_column_count = 2);
    REFUSED("NULL", o.metadata_count = 1);
    REFUSED("UTF-8", o.metadata = &pair; o.metadata_count = 1);
    REFUSED("folder", o.partition_by = twice; o.partition_by_count = 1);
    REFUSED("folder", o.file_bytes = 1);
#undef REFUSED
}

static void options_of_other_versions(void **state)
{
    struct place *place = *state;
    struct {
        struct columnar_options options;
        uint64_t later;
    } newer = {.options = COLUMNAR_OPTIONS};
    struct columnar_reader *reader;
    newer.options.size_bytes = sizeof newer;
    assert_ok(place, columnar_reader_open_push(&newer.options, &reader, &place->error));
    columnar_reader_free(reader);
    newer.later = 1;
    assert_failed(place, columnar_reader_open_push(&newer.options, &reader, &place->error),
                  COLUMNAR_BAD_ARGUMENT, "newer");
    struct columnar_options older = COLUMNAR_OPTIONS;
    older.size_bytes = offsetof(struct columnar_options, codec);
    older.codec = 99; // not its own
    assert_ok(place, columnar_reader_open_push(&older, &reader, &place->error));
    columnar_reader_free(reader);
}

static void partition_columns_must_exist(void **state)
{
    struct place *place = *state;
    const char *const in[] = {file_of(place, "a.json", "{\"a\":1}")}, *const by[] = {"b"};
    struct columnar_options options = COLUMNAR_OPTIONS;
    options.partition_by = by;
    options.partition_by_count = 1;
    assert_failed(
        place, columnar_convert_files(in, 1, path_in(place, "out"), &options, NULL, &place->error),
        COLUMNAR_BAD_ARGUMENT, "b");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_version_is_known),
        PLACE_TEST(files_become_parquet),
        PLACE_TEST(options_reach_the_file),
        PLACE_TEST(partitions_are_folders),
        PLACE_TEST(bytes_may_be_cut_anywhere),
        PLACE_TEST(a_sink_gets_one_file),
        PLACE_TEST(a_sink_may_stop),
        PLACE_TEST(much_goes_through_a_file),
        PLACE_TEST(giving_up_leaves_nothing),
        PLACE_TEST(nothing_pushed_is_an_empty_file),
        PLACE_TEST(what_cannot_be_kept_is_told),
        PLACE_TEST(rejected_records_are_told),
        PLACE_TEST(a_callback_may_stop),
        PLACE_TEST(rejected_records_are_told_once),
        PLACE_TEST(or_told_again_to_who_forgot),
        PLACE_TEST(progress_reaches_the_end_or_stops),
        PLACE_TEST(readers_are_pushed_to),
        PLACE_TEST(readers_tell_and_fail_for_good),
        PLACE_TEST(streams_own_their_reader),
        PLACE_TEST(paths_that_are_not_there),
        PLACE_TEST(broken_compression_is_bad_data),
        PLACE_TEST(options_that_cannot_be),
        PLACE_TEST(options_of_other_versions),
        PLACE_TEST(partition_columns_must_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
