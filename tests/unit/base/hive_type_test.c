// SPDX-License-Identifier: Apache-2.0
#include "../fixture.h"

#include "base/hive_type.h"

static void check(void **state, const char *text, const char *hive, const char *duckdb,
                  const char *trino)
{
    struct arena *arena = *state;
    struct hive_type *type = NULL;
    struct error error = {0};
    if (hive_type_parse(arena, str_of(text), &type, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    struct buf out = buf_in(arena, BUF_MAX_DEFAULT);
    hive_type_put(&out, type);
    assert_str(buf_str(&out), hive);
    buf_clear(&out);
    hive_type_put_duckdb(&out, type);
    assert_str(buf_str(&out), duckdb);
    buf_clear(&out);
    hive_type_put_trino(&out, type);
    assert_str(buf_str(&out), trino);
}

static void types_are_printed_in_every_notation(void **state)
{
    check(state, "INT", "int", "INTEGER", "integer");
    check(state, "decimal", "decimal(10,0)", "DECIMAL(10,0)", "decimal(10,0)");
    check(state, "decimal( 38 , 4 )", "decimal(38,4)", "DECIMAL(38,4)", "decimal(38,4)");
    check(state, "varchar(20)", "varchar(20)", "VARCHAR", "varchar(20)");
    check(state, "array<map<string,bigint>>", "array<map<string,bigint>>", "MAP(VARCHAR, BIGINT)[]",
          "array(map(varchar, bigint))");
    check(state, "struct<a:int,b c:struct<d:timestamp>>", "struct<a:int,b c:struct<d:timestamp>>",
          "STRUCT(\"a\" INTEGER, \"b c\" STRUCT(\"d\" TIMESTAMP))",
          "row(a integer, b c row(d timestamp(3)))");
    check(state, "struct<`a:b`:binary>", "struct<a:b:binary>", "STRUCT(\"a:b\" BLOB)",
          "row(a:b varbinary)");
}

static void what_is_no_type_is_refused(void **state)
{
    static const char *const BAD[] = {
        "",           "foo",          "array",      "array<>",     "array<int",
        "map<int>",   "struct<a>",    "struct<>",   "decimal(39)", "decimal(4,5)",
        "int int",    "struct<:int>", "varchar(x)", "array<int>>", "map<int,int,int>",
        "decimal(-1)"};
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct hive_type *type = NULL;
        struct error error = {0};
        if (hive_type_parse(*state, str_of(BAD[i]), &type, &error) != ERR_INVALID)
            fail_msg("'%s' was taken", BAD[i]);
        assert_true(error.text[0]);
    }
}

static void nesting_is_limited(void **state)
{
    struct buf text = buf_in(*state, BUF_MAX_DEFAULT);
    struct hive_type *type = NULL;
    for (int i = 0; i < 10000; i++)
        buf_puts(&text, "array<");
    assert_int_equal(hive_type_parse(*state, buf_str(&text), &type, NULL), ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(types_are_printed_in_every_notation),
        ARENA_TEST(what_is_no_type_is_refused),
        ARENA_TEST(nesting_is_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
