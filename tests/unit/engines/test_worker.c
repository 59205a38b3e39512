// SPDX-License-Identifier: Apache-2.0
// Worker processes for real: this program is also the worker (`test_worker worker`), as tarn is.
#include "engines/worker_main.h"
#include "lake/worker.h"
#include "os/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
    struct arena arena;
    struct clock *clock;
    struct random *random;
    struct lake *lake;
    char *folder, *scratch;
    struct error error;
};
static const struct service *const NO_SERVICES[] = {NULL};

static int setup(void **state)
{
    static struct fixture f;
    f = (struct fixture){0};
    arena_init(&f.arena);
    f.clock = clock_new_real();
    f.random = random_new_seeded(1);
    assert_int_equal(folder_make_temp(&f.arena, NULL, "tarn-worker-", &f.folder, &f.error), OK);
    struct lake_options options = {.folder = f.folder,
                                   .account = S("000000000000"),
                                   .region = S("us-east-1"),
                                   .base_url = S("http://127.0.0.1:4566"),
                                   .clock = f.clock,
                                   .random = f.random,
                                   .runner_threads_max = 2,
                                   .unsafe_no_sync = true,
                                   .services = NO_SERVICES};
    assert_int_equal(lake_open(&options, &f.lake, &f.error), OK);
    assert_int_equal(worker_scratch(f.lake, &f.arena, &f.scratch, &f.error), OK);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    worker_scratch_remove(f->lake, f->scratch);
    lake_close(f->lake);
    assert_int_equal(folder_remove_all(f->folder, &f->error), OK);
    clock_free(f->clock);
    random_free(f->random);
    arena_deinit(&f->arena);
    return 0;
}

static struct json *parse(struct fixture *f, const char *text)
{
    struct json *value = NULL;
    assert_int_equal(json_parse(&f->arena, str_of(text), &value, &f->error), OK);
    return value;
}

static const char *write_file(struct fixture *f, const char *name, const char *text)
{
    const char *path = str_cstr(&f->arena, str_format(&f->arena, "%s/%s", f->folder, name));
    assert_int_equal(file_write_atomic(path, str_of(text), 0600, &f->error), OK);
    return path;
}

static enum err run(struct fixture *f, const char *kind, const struct json *input, const char *path,
                    struct json **out)
{
    const char *paths[] = {path, NULL};
    struct worker_job job = {.kind = kind,
                             .input = input,
                             .read_paths = paths,
                             .scratch = f->scratch,
                             .timeout_ms = 60000};
    f->error = (struct error){0};
    return worker_run(f->lake, &job, &f->arena, out, &f->error);
}

static struct str query(struct fixture *f, const char *sql, const char *path)
{
    struct json *input = json_object(&f->arena), *reply = NULL;
    static int number;
    struct str name = str_format(&f->arena, "out%d.csv", number++), csv;
    json_set_str(&f->arena, input, "sql", str_of(sql));
    json_set_str(&f->arena, input, "output", name);
    if (run(f, "query", input, path, &reply) != OK)
        return str_of(f->error.text);
    const char *file =
        str_cstr(&f->arena, str_format(&f->arena, "%s/%.*s", f->scratch, STR_ARG(name)));
    assert_int_equal(file_read_all(&f->arena, file, 1 << 20, &csv, &f->error), OK);
    return csv;
}

static void assert_text(struct str got, const char *expected)
{
    if (!str_is(got, expected))
        fail_msg("got: %.*s\nexpected: %s", STR_ARG(got), expected);
}

static void test_query_prints_values_as_athena_does(void **state)
{
    struct fixture *f = *state;
    assert_text(query(f, "SELECT 1 AS a, NULL AS b, '' AS c, 'x\"y' AS d", NULL),
                "\"a\",\"b\",\"c\",\"d\"\n\"1\",,\"\",\"x\"\"y\"\n");
    assert_text(query(f,
                      "SELECT 1e10::DOUBLE a, 0.1::DOUBLE b, 100::DOUBLE c, 1e-5::DOUBLE d, "
                      "12345678.9::DOUBLE e, 0.1::FLOAT f",
                      NULL),
                "\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"\n\"1.0E10\",\"0.1\",\"100.0\",\"1.0E-5\",\"1."
                "23456789E7\",\"0.1\"\n");
    assert_text(query(f,
                      "SELECT [1,NULL] AS l, {'a': 1, 'b': 'x'} AS s, MAP {'k': 2.50} AS m, DATE "
                      "'2020-02-29' AS d, "
                      "TIMESTAMP '1969-12-31 23:59:59.5' AS t, -0.05 AS n, 'a'::BLOB AS b",
                      NULL),
                "\"l\",\"s\",\"m\",\"d\",\"t\",\"n\",\"b\"\n"
                "\"[1, null]\",\"{a=1, b=x}\",\"{k=2.50}\",\"2020-02-29\",\"1969-12-31 "
                "23:59:59.500\",\"-0.05\",\"61\"\n");
}

static void test_a_worker_reaches_its_files_and_no_others(void **state)
{
    struct fixture *f = *state;
    const char *mine = write_file(f, "mine.csv", "a\n1\n"),
               *other = write_file(f, "other.csv", "a\n2\n");
    struct str sql = str_format(&f->arena, "SELECT a FROM read_csv('%s')", mine);
    assert_text(query(f, str_cstr(&f->arena, sql), mine), "\"a\"\n\"1\"\n");
    const char *const forbidden[] = {
        str_cstr(&f->arena, str_format(&f->arena, "SELECT a FROM read_csv('%s')", other)),
        str_cstr(&f->arena, str_format(&f->arena, "SELECT * FROM read_text('%s')", other)),
        str_cstr(&f->arena, str_format(&f->arena, "SELECT * FROM glob('%s/*')", f->folder)),
        str_cstr(&f->arena, str_format(&f->arena, "COPY (SELECT 1) TO '%s/new.csv'", f->folder)),
        str_cstr(&f->arena, str_format(&f->arena, "ATTACH '%s/new.db'", f->folder)),
        "SET enable_external_access=true",
        "SET allowed_directories=['/']",
        "SET lock_configuration=false",
        "INSTALL httpfs",
        "LOAD '/tmp/x.duckdb_extension'",
    };
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++) {
        struct str got = query(f, forbidden[i], mine);
        if (!str_contains(got, S("Permission")) && !str_contains(got, S("locked")) &&
            !str_contains(got, S("disabled")) && !str_contains(got, S("Cannot change")) &&
            !str_contains(got, S("file system operations")))
            fail_msg("%s was answered: %.*s", forbidden[i], STR_ARG(got));
    }
}

static void convert_keeps_good_records_and_exact_values(struct fixture *f, const char *kind)
{
    const char *path = write_file(
        f, "in.json",
        "{\"id\":9007199254740993,\"Price\":12.50,\"name\":{\"last\":\"O\\\"x\"},\"tags\":[\"a\"],"
        "\"day\":\"2020-01-01\",\"at\":\"2020-01-01T10:00:00.123456+02:00\"}\n"
        "{\"id\":\"seven\",\"day\":\"2020-01-01\"}\n"
        "{broken\n"
        "{\"id\":2,\"price\":1e1,\"extra\":1,\"day\":\"b/"
        "c\",\"tags\":null,\"name\":null,\"s\":{\"raw\":true}}\n");
    struct json *input = parse(f, "{\"columns\":[{\"name\":\"id\",\"type\":\"bigint\"},{\"name\":"
                                  "\"price\",\"type\":\"decimal(20,2)\"},"
                                  "{\"name\":\"name\",\"type\":\"struct<last:string,n:decimal(4,1)>"
                                  "\"},{\"name\":\"tags\",\"type\":\"array<string>\"},"
                                  "{\"name\":\"at\",\"type\":\"timestamp\"},{\"name\":\"s\","
                                  "\"type\":\"string\"},{\"name\":\"day\",\"type\":\"string\"}],"
                                  "\"partition_by\":[\"day\"],\"run\":\"r1\"}");
    struct json *files = json_array(&f->arena), *file = json_object(&f->arena), *reply = NULL;
    json_set_str(&f->arena, file, "path", str_of(path));
    json_set(&f->arena, input, "files", json_push(&f->arena, files, file));
    if (run(f, kind, input, path, &reply) != OK)
        fail_msg("%s", f->error.text);
    assert_int_equal(json_i64_or(reply, "rows", -1), 2);
    assert_int_equal(json_count(json_get(reply, "rejected")), 2);
    struct json *first = json_at(json_get(reply, "rejected"), 0),
                *second = json_at(json_get(reply, "rejected"), 1);
    assert_text(json_str(first, "reason"), "id: not a bigint: \"seven\"");
    assert_true(json_i64_or(second, "offset", 0) > json_i64_or(first, "offset", 0));
    assert_int_equal(json_count(json_get(reply, "files")), 2);
    struct json *one = json_at(json_get(reply, "files"), 0),
                *two = json_at(json_get(reply, "files"), 1);
    assert_text(json_str(one, "path"), "day=2020-01-01/part-00000-r1.snappy.parquet");
    assert_text(json_str(two, "path"), "day=b%2Fc/part-00000-r1.snappy.parquet");
    assert_text(json_str(json_get(two, "partition"), "day"), "b/c");
    struct str sql = str_format(
        &f->arena, "SELECT * FROM read_parquet(['%s/%.*s', '%s/%.*s'], hive_partitioning=false)",
        f->scratch, STR_ARG(json_str(one, "path")), f->scratch, STR_ARG(json_str(two, "path")));
    assert_text(query(f, str_cstr(&f->arena, sql), NULL),
                "\"id\",\"price\",\"name\",\"tags\",\"at\",\"s\"\n"
                "\"9007199254740993\",\"12.50\",\"{last=O\"\"x, n=null}\",\"[a]\",\"2020-01-01 "
                "08:00:00.123\",\n"
                "\"2\",\"10.00\",,,,\"{\"\"raw\"\":true}\"\n");
}

static void test_convert_keeps_good_records_and_exact_values(void **state)
{
    convert_keeps_good_records_and_exact_values(*state, "convert");
}

static void test_duckdb_keeps_good_records_and_exact_values(void **state)
{
    convert_keeps_good_records_and_exact_values(*state, "convert_duckdb");
}

static void test_infer_names_types_as_glue_does(void **state)
{
    struct fixture *f = *state;
    const char *path =
        write_file(f, "in.json",
                   "[{\"Id\":1,\"big\":3000000000,\"x\":1,\"name\":{\"First\":\"a\"},\"l\":[]},\n "
                   "{\"id\":2,\"x\":2.5,\"name\":{\"last\":\"b\"},\"l\":[{\"k\":true}],\"mix\":1},{"
                   "\"mix\":\"s\",\"nothing\":null}]");
    struct json *input = parse(f, "{\"files\":[{}, {\"path\":\"/nowhere\",\"format\":\"json\"}]}"),
                *reply = NULL;
    json_set_str(&f->arena, json_at(json_get(input, "files"), 0), "path", str_of(path));
    json_set_str(&f->arena, json_at(json_get(input, "files"), 0), "format", S("auto"));
    if (run(f, "infer", input, path, &reply) != OK)
        fail_msg("%s", f->error.text);
    struct json *files = json_get(reply, "files");
    assert_text(
        json_text(&f->arena, json_get(json_at(files, 0), "columns")),
        "[{\"name\":\"id\",\"type\":\"int\"},{\"name\":\"big\",\"type\":\"bigint\"},{\"name\":"
        "\"x\",\"type\":\"double\"},"
        "{\"name\":\"name\",\"type\":\"struct<first:string,last:string>\"},{\"name\":\"l\","
        "\"type\":\"array<struct<k:boolean>>\"},"
        "{\"name\":\"mix\",\"type\":\"string\"},{\"name\":\"nothing\",\"type\":\"void\"}]");
    assert_int_equal(json_i64_or(json_at(files, 0), "rows", 0), 3);
    assert_true(json_has(json_at(files, 1), "error"));
}

static void test_infer_reads_csv_and_parquet(void **state)
{
    struct fixture *f = *state;
    const char *path = write_file(f, "in.csv", "id;name\n1;a\n2;b\n");
    struct json *input = parse(f, "{\"files\":[{\"format\":\"auto\"}]}"), *reply = NULL;
    struct json *file = json_at(json_get(input, "files"), 0);
    json_set_str(&f->arena, file, "path", str_of(path));
    if (run(f, "infer", input, path, &reply) != OK)
        fail_msg("%s", f->error.text);
    assert_text(json_text(&f->arena, reply),
                "{\"files\":[{\"csv\":{\"delimiter\":\";\",\"quote\":\"(empty)\",\"escape\":\"("
                "empty)\",\"header\":true},"
                "\"columns\":[{\"name\":\"id\",\"type\":\"bigint\"},{\"name\":\"name\",\"type\":"
                "\"string\"}],"
                "\"format\":\"csv\",\"compression\":\"none\",\"rows\":2}]}");
    struct str copy = str_format(
        &f->arena,
        "COPY (SELECT 1::INTEGER AS a, {'b': [1.5::DECIMAL(3,1)]} AS s) TO '%s/x.parquet'",
        f->scratch);
    query(f, str_cstr(&f->arena, copy), NULL);
    const char *parquet = str_cstr(&f->arena, str_format(&f->arena, "%s/x.parquet", f->scratch));
    json_set_str(&f->arena, file, "path", str_of(parquet));
    if (run(f, "infer", input, parquet, &reply) != OK)
        fail_msg("%s", f->error.text);
    assert_text(json_text(&f->arena, reply),
                "{\"files\":[{\"columns\":[{\"name\":\"a\",\"type\":\"int\"},{\"name\":\"s\","
                "\"type\":\"struct<b:array<decimal(3,1)>>\"}],"
                "\"format\":\"parquet\",\"compression\":\"snappy\",\"rows\":1}]}");
    const char *cut = write_file(f, "cut.parquet", "PAR1 and no more");
    json_set_str(&f->arena, file, "path", str_of(cut));
    if (run(f, "infer", input, cut, &reply) != OK)
        fail_msg("%s", f->error.text);
    struct str reason = json_str(json_at(json_get(reply, "files"), 0), "error");
    assert_true(str_contains(reason, S("byte 12")) && str_contains(reason, S("cut short")));
}

static void test_a_job_that_is_too_slow_is_ended(void **state)
{
    struct fixture *f = *state;
    struct json *input = parse(f, "{\"sql\":\"SELECT count(*) FROM range(100000000) a, "
                                  "range(100000000) b WHERE a.range*b.range%7=3\","
                                  "\"output\":\"slow.csv\"}"),
                *reply = NULL;
    struct worker_job job = {
        .kind = "query", .input = input, .scratch = f->scratch, .timeout_ms = 100};
    assert_int_equal(worker_run(f->lake, &job, &f->arena, &reply, &f->error), ERR_TIMEOUT);
}

static void cancel_at_first_progress(void *context, double fraction)
{
    struct fixture *f = context;
    worker_cancel(f->lake, S("test/1"));
}

static void test_a_cancelled_job_says_so(void **state)
{
    struct fixture *f = *state;
    const char *path = write_file(f, "in.json", "{\"a\":1}\n");
    struct json *input =
                    parse(f, "{\"columns\":[{\"name\":\"a\",\"type\":\"int\"}],\"files\":[{}]}"),
                *reply = NULL;
    json_set_str(&f->arena, json_at(json_get(input, "files"), 0), "path", str_of(path));
    const char *paths[] = {path, NULL};
    struct worker_job job = {.kind = "convert",
                             .input = input,
                             .read_paths = paths,
                             .scratch = f->scratch,
                             .cancel_key = S("test/1"),
                             .progress = cancel_at_first_progress,
                             .context = f};
    assert_int_equal(worker_run(f->lake, &job, &f->arena, &reply, &f->error), ERR_CANCELLED);
}

static void test_errors_of_the_statement_come_back(void **state)
{
    struct fixture *f = *state;
    assert_true(str_contains(query(f, "SELECT nothing", NULL), S("nothing")));
    assert_true(str_contains(query(f, "SELECT CAST('x' AS INTEGER)", NULL), S("Conversion Error")));
    assert_true(str_contains(query(f,
                                   "SELECT sum(range) FROM range(9223372036854775807::BIGINT - 3, "
                                   "9223372036854775807::BIGINT)",
                                   NULL),
                             S("overflow")));
}

int main(int argc, char **argv)
{
    if (argc > 1 && !strcmp(argv[1], "worker"))
        return engine_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_query_prints_values_as_athena_does, setup, teardown),
        cmocka_unit_test_setup_teardown(test_errors_of_the_statement_come_back, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_worker_reaches_its_files_and_no_others, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_convert_keeps_good_records_and_exact_values, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_duckdb_keeps_good_records_and_exact_values, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(test_infer_names_types_as_glue_does, setup, teardown),
        cmocka_unit_test_setup_teardown(test_infer_reads_csv_and_parquet, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_job_that_is_too_slow_is_ended, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_cancelled_job_says_so, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
