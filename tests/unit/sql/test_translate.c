// SPDX-License-Identifier: Apache-2.0
// The text that the translation prints. What it means when it runs:
// tests/unit/engines/test_athena_sql.c.
#include "../fixture.h"

#include "sql/translate.h"

static enum err find_table(void *context, struct str database, struct str table,
                           const struct sql_node *node, struct sql_table *out, struct error *error)
{
    struct arena *arena = context;
    static const char *const COLUMNS[][2] = {
        {"id", "int"}, {"tags", "array<string>"}, {"props", "map<string,int>"}};
    out->sql_name = str_format(arena, "\"db_%.*s\".\"%.*s\"", STR_ARG(database), STR_ARG(table));
    out->columns = ARENA_ARRAY(arena, struct sql_column, 3);
    for (; out->count < 3; out->count++) {
        struct hive_type *type = NULL;
        TRY(hive_type_parse(arena, str_of(COLUMNS[out->count][1]), &type, error));
        out->columns[out->count] = (struct sql_column){str_of(COLUMNS[out->count][0]), type};
    }
    return OK;
}

static void check(void **state, const char *trino, const char *duckdb)
{
    struct sql_statement statement = {0};
    struct error error = {0};
    struct str sql;
    struct sql_catalog catalog = {
        .find_table = find_table, .context = *state, .database = S("main")};
    if (sql_parse(*state, str_of(trino), &statement, &error) != OK ||
        sql_translate(*state, statement.root, &catalog, &sql, &error) != OK)
        fail_msg("%s: %s", trino, error.text);
    assert_str(sql, duckdb);
}

static void names_are_quoted_and_qualified(void **state)
{
    check(state, "SELECT Id, T.id FROM t WHERE main.t.id = 1",
          "SELECT \"Id\" AS \"Id\", \"t\".\"id\" AS \"id\" FROM \"db_main\".\"t\" AS \"t\" WHERE "
          "(\"t\".\"id\" = 1)");
    check(state, "SELECT 1 AS \"a\"\"b\", 'it''s'", "SELECT 1 AS \"a\"\"b\", 'it''s' AS \"_col1\"");
    check(state, "SELECT x FROM other.t AS u (x, y, z)",
          "SELECT \"x\" AS \"x\" FROM \"db_other\".\"t\" AS \"u\" (\"x\", \"y\", \"z\")");
}

static void types_decide_where_they_are_known(void **state)
{
    check(state, "SELECT cardinality(tags), cardinality(props) FROM t",
          "SELECT len(\"tags\") AS \"_col0\", CAST(cardinality(\"props\") AS BIGINT) AS \"_col1\" "
          "FROM \"db_main\".\"t\" AS \"t\"");
    check(state, "SELECT id/2, id/2E0 FROM t",
          "SELECT tarn_divide(\"id\", 2) AS \"_col0\", tarn_divide_double(\"id\", CAST('2E0' AS "
          "DOUBLE)) AS \"_col1\" FROM "
          "\"db_main\".\"t\" AS \"t\"");
    check(state, "SELECT k FROM t CROSS JOIN UNNEST(props) AS u(k, v)",
          "SELECT \"k\" AS \"k\" FROM \"db_main\".\"t\" AS \"t\" CROSS JOIN LATERAL (SELECT k0, v0 "
          "FROM (SELECT "
          "unnest(map_keys(\"props\")) AS k0, unnest(map_values(\"props\")) AS v0)) AS \"u\" "
          "(\"k\", \"v\")");
}

static void functions_are_rewritten(void **state)
{
    check(state, "SELECT date_format(now(), '%Y-%m-%d %H:%i'), regexp_replace('a', '(x)', '$1!')",
          "SELECT strftime(now(), '%Y-%m-%d %H:%M') AS \"_col0\", regexp_replace('a', '(x)', "
          "'\\1!', 'g') AS \"_col1\"");
    check(state, "SELECT transform(ARRAY[1], x -> x + 1)",
          "SELECT list_transform([1], lambda p1: (p1 + 1)) AS \"_col0\"");
    check(state,
          "SELECT count(DISTINCT id) FILTER (WHERE id > 1), array_agg(id ORDER BY id) FROM t",
          "SELECT count(DISTINCT \"id\") FILTER (WHERE (\"id\" > 1)) AS \"_col0\", "
          "array_agg(\"id\" ORDER BY \"id\" ASC NULLS LAST) AS "
          "\"_col1\" FROM \"db_main\".\"t\" AS \"t\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(names_are_quoted_and_qualified),
        ARENA_TEST(types_decide_where_they_are_known),
        ARENA_TEST(functions_are_rewritten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
