// SPDX-License-Identifier: Apache-2.0
// Conversions as a whole: layouts of the text, what becomes of broken records, schemas that change
// late, threads, settings. What values come back from the files is the matter of
// tests/columnar/differential.py.
#include "converting.h"

#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

// ================================================================ layouts

static void layouts_of_the_same_records_make_the_same_file(void **state)
{
    static const char *const layouts[] = {
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n",
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}",
        "{\"a\":1,\"b\":\"x\"}\r\n{\"a\":2,\"b\":\"y\"}\r\n",
        "\xef\xbb\xbf{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n",
        "{\"a\":1,\"b\":\"x\"}{\"a\":2,\"b\":\"y\"}",
        "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]",
        "\xef\xbb\xbf [ {\"a\":1,\"b\":\"x\"} ,\n{\"a\":2,\"b\":\"y\"}\n]\n",
        "[{\"a\":1,\"b\":\"x\"}]\n[{\"a\":2,\"b\":\"y\"}]",
        "[]\n{\"a\":1,\"b\":\"x\"}\n[{\"a\":2,\"b\":\"y\"}]",
        "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n{\n  \"a\": 2,\n  \"b\": \"y\"\n}\n",
        "\n\n{\"a\" : 1 , \"b\" : \"x\" }\n \t\n{ \"\\u0061\":2,\"b\":\"\\u0079\"}  ",
        "{\"a\":1,\"b\":\"x\"}\n{\"b\":\"y\",\"a\":2}",
    };
    struct converted first, c;
    convert_text(*state, layouts[0], &first);
    assert_int_equal(first.result.rows, 2);
    assert_str(first.schema, "struct<a:bigint,b:string>");
    for (size_t i = 1; i < COUNT_OF(layouts); i++) {
        convert_text(*state, layouts[i], &c);
        if (!str_eq(buf_str(&c.file), buf_str(&first.file)))
            fail_msg("another file for %s", layouts[i]);
    }
}

static void nothing_becomes_a_file_without_rows(void **state)
{
    static const char *const texts[] = {"", " \n", "\xef\xbb\xbf", "[]", "[ ]\n[]"};
    struct converted c;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        convert_text(*state, texts[i], &c);
        assert_int_equal(c.result.rows, 0);
        assert_int_equal(c.result.rejected, 0);
    }
    struct convert_settings settings = of_text(S(""));
    settings.schema = S("struct<a:bigint,b:array<string>>");
    convert(*state, settings, &c);
    assert_int_equal(c.err, OK);
    assert_int_equal(footer_of(*state, buf_str(&c.file))->leaf_count, 2);
}

static void records_without_fields_are_rows(void **state)
{
    struct converted c;
    convert_text(*state, "{}\n{}\n{\"a\":null}\n", &c);
    assert_int_equal(c.result.rows, 3);
    assert_str(c.schema, "struct<a:string>");
    convert_text(*state, "{\"a\":{},\"b\":[],\"c\":[{}],\"d\":{\"e\":{}}}\n", &c);
    assert_str(c.schema, "struct<a:string,b:array<string>,c:array<string>,d:struct<e:string>>");
}

// ================================================================ compressed text

static struct str gzipped(struct arena *arena, struct str text)
{
    size_t bound = compressBound(text.len) + 64;
    char *out = arena_bytes(arena, bound);
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)bound;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    deflateEnd(&z);
    return str_n(out, z.total_out);
}

static struct str zstandard(struct arena *arena, struct str text)
{
    size_t bound = ZSTD_compressBound(text.len);
    char *out = arena_bytes(arena, bound);
    size_t len = ZSTD_compress(out, bound, text.ptr, text.len, 1);
    assert_false(ZSTD_isError(len));
    return str_n(out, len);
}

static void compressed_text_makes_the_same_file(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    for (int i = 0; i < 20000; i++)
        buf_printf(&text, "{\"a\":%d,\"b\":\"text %d\"}\n", i, i % 100);
    struct str whole = buf_str(&text), half = str_slice(whole, 0, whole.len / 2),
               rest = str_from(whole, whole.len / 2);
    struct converted plain, c;
    convert(*state, of_text(whole), &plain);
    struct str packed[] = {
        gzipped(*state, whole),
        zstandard(*state, whole),
        str_format(*state, "%s", ""),
        str_format(*state, "%s", ""),
    };
    struct buf members = buf_in(*state, SIZE_MAX / 2), frames = buf_in(*state, SIZE_MAX / 2);
    buf_put(&members, gzipped(*state, half));
    buf_put(&members, gzipped(*state, S("")));
    buf_put(&members, gzipped(*state, rest));
    buf_put(&frames, zstandard(*state, half));
    buf_put(&frames, zstandard(*state, rest));
    packed[2] = buf_str(&members);
    packed[3] = buf_str(&frames);
    for (size_t i = 0; i < COUNT_OF(packed); i++) {
        convert(*state, of_text(packed[i]), &c);
        assert_int_equal(c.err, OK);
        assert_int_equal(c.result.text_bytes, whole.len);
        assert_int_equal(c.result.stored_bytes, packed[i].len);
        assert_true(str_eq(buf_str(&c.file), buf_str(&plain.file)));
    }
    convert(*state, of_text(gzipped(*state, S(""))), &c);
    assert_int_equal(c.err, OK);
    assert_int_equal(c.result.rows, 0);
}

static void broken_compressed_data_is_refused(void **state)
{
    struct str text = S("{\"a\":1}\n{\"a\":2}\n");
    for (int zstd = 0; zstd < 2; zstd++) {
        struct str packed = zstd ? zstandard(*state, text) : gzipped(*state, text);
        for (size_t len = 4; len < packed.len; len++) { // the first four bytes tell what it is
            struct converted c;
            convert(*state, of_text(str_slice(packed, 0, len)), &c);
            assert_int_equal(c.err, ERR_CORRUPT);
            assert_true(str_starts(str_of(c.error.text), S("<memory>: ")));
        }
        struct converted c;
        convert(*state, of_text(str_format(*state, "%.*sgarbage", STR_ARG(packed))), &c);
        assert_int_equal(c.err, ERR_CORRUPT);
    }
    char *bytes = str_cstr(*state, gzipped(*state, text));
    struct str spoilt = gzipped(*state, text);
    memcpy(bytes, spoilt.ptr, spoilt.len);
    bytes[spoilt.len - 8] ^= 1; // the checksum
    struct converted c;
    convert(*state, of_text(str_n(bytes, spoilt.len)), &c);
    assert_int_equal(c.err, ERR_CORRUPT);
}

// ================================================================ records that are rejected

static void rejected_records_are_told_with_their_places(void **state)
{
    struct converted c;
    convert_text(*state, "{\"a\":1}\n{\"a\":\n{\"a\":3}\n[1]\n\"x\"\n{\"a\":4}", &c);
    assert_int_equal(c.result.rows, 3);
    assert_int_equal(c.result.rejected, 3);
    assert_int_equal(c.result.rejected_syntax, 1);
    assert_str(buf_str(&c.rejected),
               "8+5 invalid JSON at byte 14: expected ',' or '}'\n"
               "23+1 the record is not an object\n26+3 the record is not an object\n");
}

static void a_record_longer_than_allowed_is_rejected(void **state)
{
    struct buf text = buf_in(*state, SIZE_MAX / 2);
    buf_puts(&text, "{\"a\":\"1\"}\n{\"a\":\"");
    for (int i = 0; i < 1000; i++)
        buf_puts(&text, "0123456789");
    buf_puts(&text, "\"}\n{\"a\":\"3\"}\n");
    struct convert_settings settings = of_text(buf_str(&text));
    settings.record_bytes_max = 5000;
    struct converted c;
    convert(*state, settings, &c);
    assert_int_equal(c.err, OK);
    assert_int_equal(c.result.rows, 2);
    assert_str(buf_str(&c.rejected), "10+10008 the record has more than 5000 bytes\n");
}

// ================================================================ schemas that change late

// Lines by a function of their number, so many that there are several portions. Samples do not see
// what is rare.
typedef void line_function(struct buf *out, int i);
static struct str lines(struct arena *arena, line_function *put, int count)
{
    struct buf out = buf_in(arena, SIZE_MAX / 2);
    for (int i = 0; i < count; i++)
        put(&out, i);
    return buf_str(&out);
}

#define LATE_LINES 150000 // about 6 MB; the samples are of 1 MB at the front and 15 times 64 KiB

static void put_late_real(struct buf *out, int i)
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\",\"a\":%s}\n", i, i == 140001 ? "1.5" : "7");
}
static void put_late_text(struct buf *out, int i)
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\",\"a\":%s}\n", i,
               i == 140001 ? "\"x\"" : "7");
}
static void put_late_column(struct buf *out, int i)
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\"%s}\n", i, i == 140001 ? ",\"late\":1" : "");
}
static void put_late_after_null(struct buf *out, int i)
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\",\"a\":%s}\n", i,
               i == 140001 ? "{\"x\":[1]}" : "null");
}
static void put_late_field(struct buf *out, int i)
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\",\"a\":%s}\n", i,
               i == 140001 ? "{\"x\":1}" : "{}");
}
static void put_inexact(struct buf *out,
                        int i) // known to be text only once all of it has been seen as double
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\",\"a\":%s}\n", i,
               i == 70001    ? "9007199254740993"
               : i == 140001 ? "1.5"
                             : "7");
}
static void put_other_case(struct buf *out, int i)
{
    buf_printf(out, "{\"id\":%d,\"filler\":\"abcdefgh\",%s}\n", i,
               i == 70001   ? "\"A\":1"
               : i == 70002 ? "\"a\":\"x\""
               : i > 140000 ? "\"a\":\"y\""
                            : "\"b\":1");
}

static const struct {
    line_function *put;
    const char *schema;
} LATE[] = {
    {put_late_real, "struct<id:bigint,filler:string,a:double>"},
    {put_late_text, "struct<id:bigint,filler:string,a:string>"},
    {put_late_column, "struct<id:bigint,filler:string,late:bigint>"},
    {put_late_after_null, "struct<id:bigint,filler:string,a:struct<x:array<bigint>>>"},
    {put_late_field, "struct<id:bigint,filler:string,a:struct<x:bigint>>"},
    {put_inexact, "struct<id:bigint,filler:string,a:string>"},
};

static void late_changes_reach_all_rows(void **state)
{
    static const struct {
        unsigned threads;
        uint64_t row_group_bytes, row_group_rows;
    } ways[] = {{1, 0, 0}, {1, 1 << 20, 0}, {3, 1 << 20, 0}, {2, 0, 10000}, {2, 1 << 20, 4096}};
    for (size_t i = 0; i < COUNT_OF(LATE); i++) {
        struct arena arena;
        arena_init(&arena);
        struct str text = lines(&arena, LATE[i].put, LATE_LINES);
        for (size_t k = 0; k < COUNT_OF(ways); k++) {
            struct convert_settings settings = of_text(text);
            settings.threads = ways[k].threads;
            settings.row_group_bytes = ways[k].row_group_bytes;
            settings.row_group_rows = ways[k].row_group_rows;
            struct converted c;
            convert(&arena, settings, &c);
            if (c.err != OK)
                fail_msg("case %zu, way %zu: %s", i, k, c.error.text);
            assert_str(c.schema, LATE[i].schema);
            struct parquet_footer *footer = footer_of(&arena, buf_str(&c.file));
            assert_int_equal(c.result.rows, LATE_LINES);
            assert_int_equal(footer->rows, LATE_LINES);
            assert_true(ways[k].row_group_bytes || ways[k].row_group_rows
                            ? footer->row_group_count > 1
                            : footer->row_group_count == 1);
        }
        arena_deinit(&arena);
    }
}

static void spellings_pair_between_portions(void **state)
{
    struct str text = lines(*state, put_other_case, LATE_LINES);
    for (unsigned threads = 1; threads <= 3; threads++) {
        struct convert_settings settings = of_text(text);
        settings.threads = threads;
        settings.row_group_bytes = 1 << 20;
        struct converted c;
        convert(*state, settings, &c);
        assert_int_equal(c.err, OK);
        assert_true(str_contains(c.schema, S("a:bigint"))
                        ? str_contains(c.schema, S("a_2:string"))
                        : str_contains(c.schema, S("a:string")) &&
                              str_contains(c.schema, S("a_2:bigint")));
    }
}

static void put_rejected_early(struct buf *out, int i)
{
    if (i == 5)
        buf_puts(out, "broken\n");
    put_late_text(out, i);
}

static void a_restart_reports_rejected_records_once(void **state)
{
    struct convert_settings settings = of_text(lines(*state, put_rejected_early, LATE_LINES));
    settings.row_group_bytes = 1 << 20;
    struct converted c;
    convert(*state, settings, &c);
    assert_int_equal(c.err, OK);
    assert_int_equal(c.restarts, 1);
    assert_int_equal(c.result.passes, 2);
    assert_int_equal(c.result.rejected, 1);
    assert_true(str_ends(buf_str(&c.rejected), S("+6 invalid JSON at byte 0: expected a value\n")));
    assert_int_equal(str_find_char(buf_str(&c.rejected), '\n') + 1, c.rejected.len);
}

static void changes_are_explained(void **state)
{
    struct str text = lines(*state, put_late_text, LATE_LINES);
    for (uint64_t bytes = 0; bytes <= 1 << 20; bytes += 1 << 20) {
        struct convert_settings settings = of_text(text);
        settings.row_group_bytes = bytes;
        settings.output.sink = (struct byte_sink){
            take_bytes, &(struct converted){.file = buf_in(*state, SIZE_MAX / 2)}};
        struct conversion *conversion = NULL;
        struct convert_result result;
        struct error error = {0};
        assert_int_equal(convert_run(&settings, &conversion, &result, &error), OK);
        assert_int_equal(result.explanation_count, 1);
        const struct convert_explanation *e = &result.explanations[0];
        assert_str(e->source, "<memory>");
        assert_str(e->widening.path, "a");
        assert_str(e->widening.from, "bigint");
        assert_str(e->widening.to, "string");
        assert_str(e->widening.value, "\"x\"");
        assert_true(str_starts(str_from(text, e->widening.offset), S("{\"id\":140001,")));
        convert_free(conversion);
    }
}

// ================================================================ variants and threads

static void put_everything(struct buf *out, int i)
{
    buf_printf(out,
               "{\"id\":%d,\"s\":\"text %d "
               "\\u00e9\",\"d\":%d.25,\"t\":\"2024-01-%02dT10:00:00Z\",\"l\":[%d,null],\"o\":{"
               "\"x\":%s,\"y\":[{\"z\":%d}]}}\n",
               i, i % 77, i % 1000, i % 28 + 1, i, i % 3 ? "true" : "null", i);
    if (i % 1000 == 999)
        buf_puts(out, "{\"id\":1,\n\xff\n");
}

static void variants_make_the_same_file(void **state)
{
    struct str text = lines(*state, put_everything, 20000);
    struct converted first, c;
    convert(*state, of_text(text), &first);
    assert_int_equal(first.result.rows, 20000);
    assert_true(first.result.rejected >= 20);
    for (const struct variant *const *v = variants(); *v; v++)
        for (unsigned threads = 1; threads <= 4; threads += 3) {
            struct convert_settings settings = of_text(text);
            settings.variant = *v;
            settings.threads = threads;
            convert(*state, settings, &c);
            assert_int_equal(c.err, OK);
            assert_true(str_eq(buf_str(&c.file), buf_str(&first.file)));
            assert_true(str_eq(buf_str(&c.rejected), buf_str(&first.rejected)));
        }
}

static void arrays_and_pretty_text_are_cut_between_records(void **state)
{
    struct buf array = buf_in(*state, SIZE_MAX / 2), pretty = buf_in(*state, SIZE_MAX / 2);
    for (int i = 0; i < 60000; i++) {
        buf_printf(&array, "%c{\"a\":%d,\"b\":{\"c\":\"}{[,%d\"}}", i ? ',' : '[', i, i);
        buf_printf(&pretty, "{\n  \"a\": %d,\n  \"b\": {\n    \"c\": \"}{[,%d\"\n  }\n}\n", i, i);
    }
    buf_puts(&array, "]\n");
    struct str texts[] = {buf_str(&array), buf_str(&pretty), gzipped(*state, buf_str(&array))};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        for (unsigned threads = 1; threads <= 3; threads++) {
            struct convert_settings settings = of_text(texts[i]);
            settings.threads = threads;
            settings.row_group_bytes = 100000;
            struct converted c;
            convert(*state, settings, &c);
            assert_int_equal(c.err, OK);
            assert_int_equal(c.result.rejected, 0);
            assert_int_equal(c.result.rows, 60000);
            assert_true(i == 2 || c.result.row_groups > 1);
        }
}

// ================================================================ settings

static void settings_that_cannot_be_are_refused(void **state)
{
    static const struct str nowhere[] = {S_INIT("b")}, all[] = {S_INIT("a")};
    struct converted c;
    struct convert_settings settings = of_text(S("{\"a\":1}"));
    settings.schema = S("bigint");
    convert(*state, settings, &c);
    assert_int_equal(c.err, ERR_INVALID);
    settings.schema = S("struct<a:what>");
    convert(*state, settings, &c);
    assert_true(c.err != OK);
    settings = of_text(S("{\"a\":1}"));
    settings.partition_by = nowhere;
    settings.partition_by_count = 1;
    convert(*state, settings, &c);
    assert_int_equal(c.err, ERR_INVALID);
    assert_string_equal(c.error.text, "there is no column b to partition by");
    settings.partition_by = all;
    convert(*state, settings, &c);
    assert_int_equal(c.err, ERR_INVALID);
}

static void modes_infer_as_glue_and_spark_do(void **state)
{
    struct convert_settings settings =
        of_text(S("{\"z\":1,\"d\":\"2024-01-01\",\"m\":1}\n{\"a\":1.5,\"m\":2.5}\n"));
    struct converted c;
    settings.infer = INFER_GLUE;
    convert(*state, settings, &c);
    assert_str(c.schema, "struct<z:int,d:string,m:double,a:double>");
    settings.infer = INFER_SPARK;
    convert(*state, settings, &c);
    assert_str(c.schema, "struct<a:double,d:string,m:double,z:bigint>");
    settings.input.memory = S("{\"m\":9007199254740993}\n{\"m\":0.5}\n");
    convert(*state, settings, &c);
    assert_str(c.schema, "struct<m:double>");
    assert_int_equal(c.result.rejected, 0);
}

// Glue reads the front alone: what comes later and does not fit is rejected, other names are left
// out.
static void glue_does_not_see_what_comes_late(void **state)
{
    struct convert_settings settings = of_text(lines(*state, put_late_text, LATE_LINES));
    settings.infer = INFER_GLUE;
    struct converted c;
    convert(*state, settings, &c);
    assert_str(c.schema, "struct<id:int,filler:string,a:int>");
    assert_int_equal(c.result.rejected, 1);
    assert_int_equal(c.result.rows, LATE_LINES - 1);
    assert_true(str_ends(buf_str(&c.rejected), S("a: not an int: \"x\"\n")));
}

static bool stop(void *context, uint64_t done, uint64_t total)
{
    (void)context;
    assert_true(done <= total);
    return false;
}

static void progress_can_stop_it(void **state)
{
    struct convert_settings settings = of_text(lines(*state, put_everything, 1000));
    settings.progress = stop;
    struct converted c;
    convert(*state, settings, &c);
    assert_int_equal(c.err, ERR_CANCELLED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(layouts_of_the_same_records_make_the_same_file),
        ARENA_TEST(nothing_becomes_a_file_without_rows),
        ARENA_TEST(records_without_fields_are_rows),
        ARENA_TEST(compressed_text_makes_the_same_file),
        ARENA_TEST(broken_compressed_data_is_refused),
        ARENA_TEST(rejected_records_are_told_with_their_places),
        ARENA_TEST(a_record_longer_than_allowed_is_rejected),
        ARENA_TEST(late_changes_reach_all_rows),
        ARENA_TEST(spellings_pair_between_portions),
        ARENA_TEST(a_restart_reports_rejected_records_once),
        ARENA_TEST(changes_are_explained),
        ARENA_TEST(variants_make_the_same_file),
        ARENA_TEST(arrays_and_pretty_text_are_cut_between_records),
        ARENA_TEST(settings_that_cannot_be_are_refused),
        ARENA_TEST(modes_infer_as_glue_and_spark_do),
        ARENA_TEST(glue_does_not_see_what_comes_late),
        ARENA_TEST(progress_can_stop_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
