// SPDX-License-Identifier: Apache-2.0
#include "engines/infer_json.h"

#include "../fixture.h"
#include "os/file.h"

#include <string.h>
#include <zlib.h>

static struct error error;

static struct json *infer(struct arena *arena, struct str text, uint64_t sample_bytes,
                          enum err expected)
{
    struct json *out = json_object(arena);
    char *folder = NULL;
    assert_int_equal(folder_make_temp(arena, NULL, "tarn-infer-", &folder, &error), OK);
    char *path = str_cstr(arena, str_format(arena, "%s/x.json", folder));
    assert_int_equal(file_write_atomic(path, text, 0600, &error), OK);
    assert_int_equal(infer_json(arena, path, sample_bytes, out, &error), expected);
    assert_int_equal(folder_remove_all(folder, &error), OK);
    return out;
}

// "name type, name type" of the columns, from all of the text.
static struct str columns(struct arena *arena, const char *text)
{
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    JSON_EACH (column, json_get(infer(arena, str_of(text), 0, OK), "columns"))
        buf_printf(&out, "%s%.*s %.*s", out.len ? ", " : "", STR_ARG(json_str(column, "name")),
                   STR_ARG(json_str(column, "type")));
    return buf_str(&out);
}

static void types_are_named_as_glue_does(void **state)
{
    struct arena *arena = *state;
    assert_str(columns(arena, "{\"a\":true,\"b\":1,\"c\":2147483648,\"d\":1.5,\"e\":\"2020-01-01\","
                              "\"f\":null,\"g\":[],\"h\":{},\"i\":[{\"k\":[null]}]}"),
               "a boolean, b int, c bigint, d double, e string, f void, g array<void>, h string, "
               "i array<struct<k:array<void>>>");
}

static void numbers_widen(void **state)
{
    struct arena *arena = *state;
    assert_str(columns(arena, "{\"a\":1}{\"a\":2147483648}"), "a bigint");
    assert_str(columns(arena, "{\"a\":9223372036854775808}{\"a\":1}"), "a decimal(38,0)");
    assert_str(columns(arena, "{\"a\":1}{\"a\":9223372036854775808}"), "a decimal(38,0)");
    assert_str(columns(arena, "{\"a\":9223372036854775808}{\"a\":1.5}"), "a double");
    assert_str(columns(arena, "{\"a\":1.5}{\"a\":9223372036854775808}{\"a\":1}"), "a double");
    assert_str(columns(arena, "{\"a\":9007199254740993}{\"a\":0.5}"), "a double");
    assert_str(columns(arena, "{\"a\":100000000000000000000000000000000000000}"), "a double");
}

static void what_conflicts_is_a_string(void **state)
{
    struct arena *arena = *state;
    assert_str(columns(arena, "{\"a\":1,\"b\":[1],\"c\":{\"d\":1},\"e\":true}"
                              "{\"a\":\"x\",\"b\":{\"x\":1},\"c\":{\"d\":[]},\"e\":0}"),
               "a string, b string, c struct<d:string>, e string");
}

static void names_are_one_without_case(void **state)
{
    struct arena *arena = *state;
    assert_str(columns(arena, "{\"Id\":1,\"S\":{\"Last\":1}}{\"ID\":1.5,\"s\":{\"last\":\"x\"}}"),
               "id double, s struct<last:string>");
    assert_str(columns(arena, "{\"s\":{\"a b\":1},\"t\":{\"\":1},\"u v\":1}"),
               "s string, t string, u v int");
}

static void bad_records_are_left_out(void **state)
{
    struct arena *arena = *state;
    struct json *out = infer(arena, S("{\"a\":1}\n[2]\n{\"b\":\n{\"a\":2.5}\n7\n"), 0, OK);
    assert_int_equal(json_i64_or(out, "rows", 0), 2);
    assert_int_equal(json_count(json_get(out, "columns")), 1); // nothing is learnt from them
    infer(arena, S("nothing\n"), 0, ERR_INVALID);
    assert_true(str_starts(str_of(error.text), S("no valid JSON object: ")));
    infer(arena, S(" \n"), 1 << 20, ERR_INVALID);
    assert_true(str_ends(str_of(error.text), S("the file is empty")));
}

// Ten records of 100 bytes; the type changes in the sixth.
static struct str ten_records(struct arena *arena)
{
    struct buf text = buf_in(arena, BUF_MAX_DEFAULT);
    for (int i = 0; i < 10; i++)
        buf_printf(&text, "{\"a\":%s,\"pad\":\"%080d\"}\n", i < 5 ? "1 " : "\"\"", i);
    return buf_str(&text);
}

static void a_sample_is_read_in_steps(void **state)
{
    struct arena *arena = *state;
    struct str text = ten_records(arena);
    struct json *front = infer(arena, text, 250, OK), *all = infer(arena, text, 0, OK);
    assert_str(json_str(json_at(json_get(front, "columns"), 0), "type"), "int");
    assert_str(json_str(json_at(json_get(all, "columns"), 0), "type"), "string");
    assert_int_equal(json_i64_or(front, "rows", 0), 2);
    assert_int_equal(json_i64_or(front, "sampled_bytes", 0), 250);
    assert_int_equal(json_i64_or(all, "rows", 0), 10);
    assert_int_equal(json_i64_or(all, "sampled_bytes", 0), text.len);
    // A step that holds no record is followed by another, up to ten.
    assert_int_equal(json_i64_or(infer(arena, text, 30, OK), "sampled_bytes", 0), 120);
    infer(arena, text, 5, ERR_INVALID);
}

static void compressed_files_are_unpacked(void **state)
{
    struct arena *arena = *state;
    struct str text = ten_records(arena);
    char packed[4096];
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)text.ptr,
                       .avail_in = (uInt)text.len,
                       .next_out = (Bytef *)packed,
                       .avail_out = sizeof packed};
    assert_int_equal(
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 31, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    struct str gzip = str_n(packed, stream.total_out);
    struct json *out = infer(arena, gzip, 250, OK);
    assert_str(json_str(out, "compression"), "gzip");
    assert_int_equal(json_i64_or(out, "rows", 0), 2);
    assert_int_equal(json_i64_or(infer(arena, gzip, 0, OK), "rows", 0), 10);
    infer(arena, str_slice(gzip, 0, gzip.len - 9), 0, ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(types_are_named_as_glue_does),  ARENA_TEST(numbers_widen),
        ARENA_TEST(what_conflicts_is_a_string),    ARENA_TEST(names_are_one_without_case),
        ARENA_TEST(bad_records_are_left_out),      ARENA_TEST(a_sample_is_read_in_steps),
        ARENA_TEST(compressed_files_are_unpacked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
