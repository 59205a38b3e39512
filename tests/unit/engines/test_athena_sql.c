// SPDX-License-Identifier: Apache-2.0
// Trino's SQL, run: each row is a query as an Athena user writes it, and the value that Trino's
// documentation gives for it. A result is written as text as Athena prints it, rows by newlines,
// columns by '|', NULL as nothing.
#include "engines/macros.h"
#include "engines/trino_text.h"
#include "sql/translate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

struct fixture {
    struct arena arena;
    struct engine *engine;
};

static const char TABLES[] =
    "CREATE SCHEMA lake; CREATE TABLE lake.persons AS SELECT * FROM (VALUES"
    " (1, {'first': 'Ada', 'last': 'Lovelace'}, [{'type': 'sen', 'start': DATE '1990-01-02'}, "
    "{'type': 'rep', 'start': DATE '2000-03-04'}],"
    "  MAP {'x': 1, 'y': 2}, 10.5::DOUBLE, TIMESTAMP '2020-01-02 03:04:05.678'),"
    " (2, {'first': 'Alan', 'last': 'Turing'}, [], MAP {}, NULL, NULL),"
    " (3, {'first': 'Grace', 'last': NULL}, NULL, NULL, -1.5, TIMESTAMP '2021-06-07 08:09:10'))"
    " t(id, name, terms, tags, score, seen);";

static enum err find_table(void *context, struct str database, struct str table,
                           const struct sql_node *node, struct sql_table *out, struct error *error)
{
    static const char *const COLUMNS[][2] = {{"id", "int"},
                                             {"name", "struct<first:string,last:string>"},
                                             {"terms", "array<struct<type:string,start:date>>"},
                                             {"tags", "map<string,int>"},
                                             {"score", "double"},
                                             {"seen", "timestamp"}};
    struct fixture *f = context;
    if (!str_is(database, "lake") || !str_is(table, "persons"))
        return sql_refuse(error, node, "TABLE_NOT_FOUND",
                          "Table 'awsdatacatalog.%.*s.%.*s' does not exist", STR_ARG(database),
                          STR_ARG(table));
    *out = (struct sql_table){.sql_name = S("\"lake\".\"persons\""), .count = 6};
    out->columns = ARENA_ARRAY(&f->arena, struct sql_column, 6);
    for (size_t i = 0; i < 6; i++) {
        struct hive_type *type = NULL;
        TRY(hive_type_parse(&f->arena, str_of(COLUMNS[i][1]), &type, error));
        out->columns[i] = (struct sql_column){str_of(COLUMNS[i][0]), type};
    }
    return OK;
}

static int setup(void **state)
{
    static struct fixture f;
    struct error error = {0};
    arena_init(&f.arena);
    if (engine_open(&f.engine, &error) != OK)
        fail_msg("%s", error.text);
    if (engine_exec(f.engine, TRINO_MACROS, &error) != OK)
        fail_msg("%s", error.text);
    if (engine_exec(f.engine, str_of(TABLES), &error) != OK)
        fail_msg("%s", error.text);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    engine_close(f->engine);
    arena_deinit(&f->arena);
    return 0;
}

static enum err print_rows(struct fixture *f, struct engine_result *result, struct buf *out,
                           struct error *error)
{
    for (size_t rows = 1, line = 0; rows;) {
        TRY(engine_fetch(result, &rows, error));
        for (size_t row = 0; row < rows; row++, line++) {
            if (line)
                buf_put_char(out, '\n');
            for (size_t column = 0; column < engine_column_count(result); column++) {
                struct cell cell = engine_cell(result, &f->arena, column, row);
                if (column)
                    buf_put_char(out, '|');
                if (!cell.is_null)
                    TRY(trino_text_put(out, engine_column_type(result, column), &cell, error));
            }
        }
    }
    return OK;
}

// The rows, or the error's text.
static struct str run(struct fixture *f, const char *text, struct str *out_sql)
{
    struct error error = {0};
    struct sql_statement statement = {0};
    static const struct str PARAMETERS[] = {S_INIT("7"), S_INIT("'it''s'")};
    struct sql_catalog catalog = {.find_table = find_table,
                                  .context = f,
                                  .database = S("lake"),
                                  .parameters = PARAMETERS,
                                  .parameter_count = 2};
    struct engine_result *result = NULL;
    struct buf out = buf_in(&f->arena, BUF_MAX_DEFAULT);
    enum err err = sql_parse(&f->arena, str_of(text), &statement, &error);
    if (err == OK)
        err = sql_translate(&f->arena, statement.root, &catalog, out_sql, &error);
    if (err == OK)
        err = engine_query(f->engine, *out_sql, &result, &error);
    if (err == OK)
        err = print_rows(f, result, &out, &error);
    engine_result_close(result);
    return err == OK ? buf_str(&out) : str_dup(&f->arena, str_of(error.text));
}

struct example {
    const char *sql, *result;
};

static void check(void **state, const struct example *examples, size_t count)
{
    struct fixture *f = *state;
    int failures = 0;
    for (size_t i = 0; i < count; i++) {
        struct str sql = S("(not translated)"), got = run(f, examples[i].sql, &sql);
        bool is_error =
            strstr(examples[i].result, ": line ") || strstr(examples[i].result, "Error: ");
        if (is_error ? str_contains(got, str_of(examples[i].result))
                     : str_is(got, examples[i].result))
            continue;
        failures++;
        print_error("%s\n  as       %.*s\n  gave     %.*s\n  expected %s\n", examples[i].sql,
                    STR_ARG(sql), STR_ARG(got), examples[i].result);
    }
    assert_int_equal(failures, 0);
}
#define CHECK(state, examples) check((state), (examples), sizeof(examples) / sizeof *(examples))

static void test_literals_and_operators(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT 7/2, -7/2, 7%3, 7E0/2, 2*3+1", "3|-3|1|3.5|7"},
        {"SELECT 1/0", "Invalid Input Error: DIVISION_BY_ZERO: Division by zero"},
        {"SELECT 1E0/0, -1E0/0, 0E0/0, score/0 FROM persons WHERE id = 1",
         "Infinity|-Infinity|NaN|Infinity"},
        {"SELECT 0.1+0.2, 1.5*2, DECIMAL '1.50'", "0.3|3.0|1.50"},
        {"SELECT 'it''s', 'a' || 'b', 'a' || NULL", "it's|ab|"},
        {"SELECT TRUE AND NULL, NOT FALSE, 1 IS DISTINCT FROM NULL", "|true|true"},
        {"SELECT 2 BETWEEN 1 AND 3, 2 NOT IN (1, 3), 'abc' LIKE 'a%', 'a%' LIKE 'a#%' ESCAPE '#'",
         "true|true|true|true"},
        {"SELECT DATE '2020-02-28' + INTERVAL '2' DAY, TIMESTAMP '2020-01-01 00:00:00' - INTERVAL "
         "'1' HOUR",
         "2020-03-01|2019-12-31 23:00:00.000"},
        {"SELECT DATE '2020-03-01' - DATE '2020-02-28'", "2 00:00:00.000"},
        {"SELECT INTERVAL '1-2' YEAR TO MONTH, INTERVAL '3' DAY, INTERVAL '1 02:03:04' DAY TO "
         "SECOND",
         "1-2|3 00:00:00.000|1 02:03:04.000"},
        {"SELECT CASE WHEN 1=1 THEN 'a' ELSE 'b' END, CASE 2 WHEN 1 THEN 'x' END", "a|"},
        {"SELECT X'4142', U.a FROM (VALUES 1, 2) AS U(a) ORDER BY a DESC", "41 42|2\n41 42|1"},
        {"SELECT ?, ? || '!'", "7|it's!"},
        {"SELECT \"x\".\"y\" FROM (SELECT 1 AS y) AS x", "1"},
        {"SELECT 9223372036854775807 + 1",
         "Out of Range Error: Overflow in addition of INT64 (9223372036854775807 + 1)!"},
    };
    CHECK(state, EXAMPLES);
}

static void test_casts(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT CAST(1E10 AS varchar), CAST(0.1E0 AS varchar), CAST(123456789E-12 AS varchar), "
         "CAST(-2E0 AS varchar)",
         "1.0E10|0.1|1.23456789E-4|-2.0"},
        {"SELECT CAST(12345678.9E0 AS varchar), CAST(1E-10 AS varchar), CAST(0E0 AS varchar), "
         "CAST(1E25 AS varchar)",
         "1.23456789E7|1.0E-10|0.0|1.0E25"},
        {"SELECT CAST(2.5E0 AS bigint), CAST(-2.5E0 AS integer), CAST(2.5 AS integer)", "3|-3|3"},
        {"SELECT CAST('9007199254740993' AS bigint), CAST(9007199254740993 AS bigint), CAST(true "
         "AS integer)",
         "9007199254740993|9007199254740993|1"},
        {"SELECT CAST('2020-01-02' AS date), TRY_CAST('x' AS integer), CAST('abc' AS varchar(2))",
         "2020-01-02||ab"},
        {"SELECT CAST(TIMESTAMP '2020-01-02 03:04:05' AS varchar), CAST(true AS varchar), "
         "CAST(1.50 AS varchar)",
         "2020-01-02 03:04:05.000|true|1.50"},
        {"SELECT CAST(ROW(1, 'x') AS ROW(a bigint, b varchar)).b, CAST(ARRAY[1,2] AS "
         "ARRAY(varchar))",
         "x|[1, 2]"},
        {"SELECT CAST('abc' AS JSON), CAST(JSON '\"abc\"' AS varchar), CAST(JSON '[1,2]' AS "
         "ARRAY(integer))",
         "\"abc\"|abc|[1, 2]"},
        {"SELECT CAST(1 AS foo)", "TYPE_NOT_FOUND: line 1:18: Unknown type: foo"},
        {"SELECT TIMESTAMP '2020-01-01 00:00:00 UTC', TIMESTAMP '2020-01-01 00:00:00.123'",
         "2020-01-01 00:00:00.000 UTC|2020-01-01 00:00:00.123"},
        {"SELECT CAST('x' AS integer)", "Conversion Error: Could not convert string 'x' to INT32"},
    };
    CHECK(state, EXAMPLES);
}

static void test_scalar_functions(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT greatest(1, NULL, 3), least(1, 2), coalesce(NULL, 2), nullif(1, 1), if(1>2, 'a', "
         "'b'), if(false, 1)",
         "|1|2||b|"},
        {"SELECT floor(7), floor(2.5E0), ceil(-1.5), round(2.5), round(-2.5), round(3.14159E0, 2), "
         "abs(-3)",
         "7|2.0|-1|3|-3|3.14|3"},
        {"SELECT mod(7, 3), power(2, 10), sqrt(9), sqrt(-1), ln(0), log10(1000), log2(8), log(3, "
         "9)",
         "1|1024.0|3.0|NaN|-Infinity|3.0|3.0|2.0"},
        {"SELECT concat('a', 'b', 'c'), concat('a', NULL), concat_ws(',', 'a', NULL, 'b'), "
         "concat(ARRAY[1], ARRAY[2])",
         "abc||a,b|[1, 2]"},
        {"SELECT substr('hello', 2), substr('hello', -3, 2), substr('hello', 0), substring('hello' "
         "FROM 2 FOR 3), substr('hello', -9)",
         "ello|ll||ell|"},
        {"SELECT trim(' a '), ltrim('  a'), rtrim('a  '), trim(BOTH 'x' FROM 'xax'), length('héé')",
         "a|a|a|a|3"},
        {"SELECT split('a,b', ','), split_part('a,b', ',', 2), split_part('a,b', ',', 3), "
         "strpos('abc', 'c'), position('b' IN 'abc')",
         "[a, b]|b||3|2"},
        {"SELECT replace('aXb', 'X'), replace('aXb', 'X', 'y'), reverse('abc'), reverse(ARRAY[1, "
         "2]), lpad('a', 3, 'x'), upper('a')",
         "ab|ayb|cba|[2, 1]|xxa|A"},
        {"SELECT regexp_like('1a 2b', '\\d+b'), regexp_extract('1a 2b', '\\d+'), "
         "regexp_extract('1a', '(\\d)([a-z])', 2), regexp_extract('a', '\\d')",
         "true|1|a|"},
        {"SELECT regexp_replace('1a 2b 14m', '(\\d+)([ab]) ', '3c$2 '), regexp_replace('1a 2b', "
         "'\\d+[ab] ?'), regexp_split('1a 2b', ' ')",
         "3ca 3cb 14m||[1a, 2b]"},
        {"SELECT regexp_extract_all('1a 2b 14m', '\\d+'), regexp_count('1a 2b 14m', '\\d+')",
         "[1, 2, 14]|3"},
        {"SELECT to_hex(to_utf8('A')), from_utf8(from_hex('41')), to_base64(to_utf8('a')), "
         "to_hex(md5(to_utf8('a')))",
         "41|A|YQ==|0CC175B9C0F1B6A831C399E269772661"},
        {"SELECT chr(65), codepoint('A'), starts_with('abc', 'ab'), levenshtein_distance('kitten', "
         "'sitting')",
         "A|65|true|3"},
        {"SELECT bitwise_and(19, 25), bitwise_or(19, 25), bitwise_xor(19, 25), bitwise_not(-12)",
         "17|27|10|11"},
    };
    CHECK(state, EXAMPLES);
}

static void test_dates(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT date_trunc('month', DATE '2020-02-15'), date_trunc('hour', TIMESTAMP '2020-02-15 "
         "01:02:03')",
         "2020-02-01|2020-02-15 01:00:00.000"},
        {"SELECT date_add('day', 3, DATE '2020-02-27'), date_add('month', 1, DATE '2020-01-31'), "
         "date_add('second', 86, TIMESTAMP '2020-03-01 00:00:00')",
         "2020-03-01|2020-02-29|2020-03-01 00:01:26.000"},
        {"SELECT date_diff('day', DATE '2020-03-01', DATE '2020-03-02'), date_diff('month', DATE "
         "'2020-01-31', DATE '2020-02-28'), date_diff('second', TIMESTAMP '2020-06-01 12:30:45', "
         "TIMESTAMP '2020-06-02 12:30:45')",
         "1|0|86400"},
        {"SELECT date_format(TIMESTAMP '2020-01-02 03:04:05.678', '%Y-%m-%d %H:%i:%s'), "
         "date_format(DATE '2020-01-02', '%W %M %e')",
         "2020-01-02 03:04:05|Thursday January 2"},
        {"SELECT date_parse('2020-01-02 03:04:05', '%Y-%m-%d %H:%i:%s'), "
         "parse_datetime('02/01/2020', 'dd/MM/yyyy')",
         "2020-01-02 03:04:05.000|2020-01-02 00:00:00.000 UTC"},
        {"SELECT format_datetime(TIMESTAMP '2020-01-02 03:04:05', 'yyyy-MM-dd''T''HH:mm:ss')",
         "2020-01-02T03:04:05"},
        {"SELECT from_iso8601_timestamp('2020-05-11T11:15:05+01:00'), "
         "from_iso8601_date('2020-05-11'), from_unixtime(1.5), to_unixtime(TIMESTAMP '1970-01-02 "
         "00:00:00')",
         "2020-05-11 10:15:05.000 UTC|2020-05-11|1970-01-01 00:00:01.500 UTC|86400.0"},
        {"SELECT year(d), month(d), day(d), day_of_week(d), day_of_year(d), week(d), quarter(d), "
         "year_of_week(d) FROM (VALUES DATE '2021-01-03') t(d)",
         "2021|1|3|7|3|53|1|2020"},
        {"SELECT EXTRACT(YEAR FROM DATE '2021-01-03'), EXTRACT(DOW FROM DATE '2021-01-03'), "
         "hour(TIMESTAMP '2021-01-03 05:00:00'), last_day_of_month(DATE '2020-02-01')",
         "2021|7|5|2020-02-29"},
        {"SELECT to_iso8601(DATE '2020-01-02'), date(TIMESTAMP '2020-01-02 03:04:05'), "
         "current_date = date(now())",
         "2020-01-02|2020-01-02|true"},
        {"SELECT date_format(now(), '%D')",
         "NOT_SUPPORTED: line 1:27: %D in a date format is not supported"},
        {"SELECT date(t AT TIME ZONE 'Asia/Tokyo'), hour(t AT TIME ZONE 'Asia/Tokyo'), CAST(t AT "
         "TIME ZONE "
         "'America/New_York' AS timestamp), date_format(t AT TIME ZONE 'Asia/Tokyo', '%H:%i') FROM "
         "(VALUES "
         "TIMESTAMP '2020-06-01 20:30:00 UTC') x(t)",
         "2020-06-02|5|2020-06-01 16:30:00.000|05:30"},
        {"SELECT sequence(DATE '2020-01-30', DATE '2020-02-01')",
         "[2020-01-30, 2020-01-31, 2020-02-01]"},
    };
    CHECK(state, EXAMPLES);
}

static void test_arrays_and_maps(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT cardinality(ARRAY[1, 2]), cardinality(tags), cardinality(terms) FROM persons "
         "WHERE id = 1",
         "2|2|2"},
        {"SELECT contains(ARRAY[1, 2], 2), contains(ARRAY[1, NULL], 2), element_at(ARRAY[1, 2], "
         "-1), element_at(ARRAY[1], 5), ARRAY[4, 5][1]",
         "true||2||4"},
        {"SELECT ARRAY[1, 2][3]", "Invalid Input Error: INVALID_FUNCTION_ARGUMENT: Array subscript "
                                  "must be less than or equal to array length: 3 > 2"},
        {"SELECT tags['x'], element_at(tags, 'z') FROM persons WHERE id = 1", "1|"},
        {"SELECT array_distinct(ARRAY[3, 1, NULL, 1, NULL]), array_sort(ARRAY[2, NULL, 1]), "
         "array_join(ARRAY[1, NULL, 2], '-'), array_join(ARRAY[1, NULL], '-', 'n')",
         "[3, 1, null]|[1, 2, null]|1-2|1-n"},
        {"SELECT array_max(ARRAY[1, 3]), array_min(ARRAY[1, NULL]), array_position(ARRAY[1, 2], "
         "2), array_position(ARRAY[1], 9), array_remove(ARRAY[1, 2, NULL], 2)",
         "3||2|0|[1, null]"},
        {"SELECT array_union(ARRAY[1, 2], ARRAY[2, 3]), array_intersect(ARRAY[1, 2, 2], ARRAY[2, "
         "4]), array_except(ARRAY[1, 2, 1], ARRAY[2]), arrays_overlap(ARRAY[1], ARRAY[1])",
         "[1, 2, 3]|[2]|[1]|true"},
        {"SELECT flatten(ARRAY[ARRAY[1], ARRAY[2, 3]]), sequence(1, 3), sequence(3, 1), "
         "slice(ARRAY[1, 2, 3, 4], 2, 2), slice(ARRAY[1, 2, 3], -2, 2), repeat('a', 2)",
         "[1, 2, 3]|[1, 2, 3]|[3, 2, 1]|[2, 3]|[2, 3]|[a, a]"},
        {"SELECT filter(ARRAY[5, -6, NULL, 7], x -> x > 0), transform(ARRAY[1, 2], x -> x * 2), "
         "reduce(ARRAY[5, 20, 50], 0, (s, x) -> s + x, s -> s * 2)",
         "[5, 7]|[2, 4]|150"},
        {"SELECT any_match(ARRAY[1, 2], x -> x > 1), all_match(ARRAY[1, 2], x -> x > 1), "
         "none_match(ARRAY[1], x -> x > 1), any_match(ARRAY[1, NULL], x -> x > 1)",
         "true|false|true|"},
        {"SELECT zip_with(ARRAY[1, 2], ARRAY[10, 20], (a, b) -> a + b), transform(terms, t -> "
         "t.type) FROM persons WHERE id = 1",
         "[11, 22]|[sen, rep]"},
        {"SELECT map(ARRAY['a', 'b'], ARRAY[1, 2]), map_keys(tags), map_values(tags), "
         "map_filter(tags, (k, v) -> v > 1), transform_values(tags, (k, v) -> v * 10) FROM persons "
         "WHERE id = 1",
         "{a=1, b=2}|[x, y]|[1, 2]|{y=2}|{x=10, y=20}"},
        {"SELECT map_concat(tags, MAP(ARRAY['x'], ARRAY[9])), transform_keys(tags, (k, v) -> "
         "upper(k)) FROM persons WHERE id = 1",
         "{x=9, y=2}|{X=1, Y=2}"},
        {"SELECT name.last, name FROM persons ORDER BY id",
         "Lovelace|{first=Ada, last=Lovelace}\nTuring|{first=Alan, last=Turing}\n|{first=Grace, "
         "last=null}"},
        {"SELECT name.middle FROM persons",
         "COLUMN_NOT_FOUND: line 1:8: Column 'middle' cannot be resolved"},
        {"SELECT cardinality(map_agg(k, v)) FROM (VALUES ('a', 1), ('b', 2)) t(k, v)", "2"},
    };
    CHECK(state, EXAMPLES);
}

static void test_json(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT json_extract('{\"a\":{\"b\":[1,2]}}', '$.a.b[0]'), json_extract('{\"a b\":1}', "
         "'$[\"a b\"]'), json_extract('{\"a\":1}', '$.z')",
         "1|1|"},
        {"SELECT json_extract_scalar('{\"a\":\"x\",\"o\":{}}', '$.a'), "
         "json_extract_scalar('{\"o\":{}}', '$.o'), json_extract_scalar('[1,true]', '$[1]')",
         "x||true"},
        {"SELECT json_array_length('[1,2,3]'), json_size('{\"x\":{\"a\":1,\"b\":2}}', '$.x'), "
         "json_format(json_parse('[1, 2]')), json_extract('broken', '$.a')",
         "3|2|[1,2]|"},
        {"SELECT json_extract('{}', '$..a')",
         "NOT_SUPPORTED: line 1:27: the JSON path '$..a' is not supported"},
    };
    CHECK(state, EXAMPLES);
}

static void test_queries(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELECT count(*), count(score), sum(id), avg(score), min(id), max(name.first) FROM "
         "persons",
         "3|2|6|4.5|1|Grace"},
        {"SELECT p.id, t.type, t.start FROM persons p CROSS JOIN UNNEST(p.terms) AS t(type, start) "
         "ORDER BY t.start",
         "1|sen|1990-01-02\n1|rep|2000-03-04"},
        {"SELECT id, k, v FROM lake.persons, UNNEST(tags) AS u(k, v) ORDER BY k", "1|x|1\n1|y|2"},
        {"SELECT a, b, n FROM UNNEST(ARRAY[1, 2, 3], ARRAY['x', 'y']) WITH ORDINALITY AS t(a, b, "
         "n) ORDER BY n",
         "1|x|1\n2|y|2\n3||3"},
        {"SELECT p.id, x FROM persons p LEFT JOIN UNNEST(map_keys(tags)) AS u(x) ON TRUE ORDER BY "
         "1, 2",
         "1|x\n1|y\n2|\n3|"},
        {"WITH a AS (SELECT id FROM persons WHERE id > 1), b(n) AS (SELECT max(id) FROM a) SELECT "
         "n FROM b",
         "3"},
        {"WITH RECURSIVE t(n) AS (VALUES 1 UNION ALL SELECT n + 1 FROM t WHERE n < 4) SELECT "
         "sum(n) FROM t",
         "10"},
        {"SELECT id FROM persons UNION ALL SELECT 9 EXCEPT SELECT 1 ORDER BY id DESC LIMIT 2",
         "9\n3"},
        {"SELECT a.id, b.id FROM persons a JOIN persons b ON a.id = b.id - 1 ORDER BY a.id",
         "1|2\n2|3"},
        {"SELECT a.id FROM persons a LEFT JOIN persons b USING (id) WHERE EXISTS (SELECT 1 FROM "
         "persons c WHERE c.id = a.id AND c.score > 0)",
         "1"},
        {"SELECT id, row_number() OVER (ORDER BY score DESC), sum(id) OVER (ORDER BY id ROWS "
         "BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) FROM persons ORDER BY id",
         "1|1|1\n2|3|3\n3|2|6"},
        {"SELECT lag(id) OVER w, last_value(score) IGNORE NULLS OVER w FROM persons WINDOW w AS "
         "(ORDER BY id) ORDER BY id",
         "|10.5\n1|10.5\n2|-1.5"},
        {"SELECT substr(name.first, 1, 1) AS letter, count(*) FROM persons GROUP BY "
         "substr(name.first, 1, 1) HAVING count(*) > 1",
         "A|2"},
        {"SELECT name.first, count(*) c FROM persons GROUP BY GROUPING SETS ((name.first), ()) "
         "ORDER BY c DESC, 1",
         "|3\nAda|1\nAlan|1\nGrace|1"},
        {"SELECT id FROM persons ORDER BY score", "3\n1\n2"},
        {"SELECT id FROM persons ORDER BY score DESC NULLS FIRST OFFSET 1 FETCH FIRST 1 ROW ONLY",
         "1"},
        {"SELECT array_agg(id ORDER BY id DESC), listagg(name.first, ',') WITHIN GROUP (ORDER BY "
         "id), count(DISTINCT id % 2) FILTER (WHERE id > 0), max_by(name.first, id), "
         "approx_distinct(id) FROM persons",
         "[3, 2, 1]|Ada,Alan,Grace|2|Grace|3"},
        {"SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(n, s) WHERE (n, s) IN (ROW(2, 'b'))",
         "2|b"},
        {"SELECT (SELECT max(id) FROM persons), id IN (SELECT 1), id > ALL (SELECT 2), id = ANY "
         "(SELECT 3) FROM persons WHERE id = 3",
         "3|false|true|true"},
        {"SELECT persons.id, lake.persons.id FROM lake.persons WHERE "
         "AwsDataCatalog.lake.persons.id = 1",
         "COLUMN_NOT_FOUND: line 1:60"},
        {"SELECT lake.persons.id, p2.* FROM lake.persons JOIN (SELECT 5 AS five) p2 ON TRUE WHERE "
         "id = 1",
         "1|5"},
        {"SELECT DISTINCT id > 1 FROM persons ORDER BY 1", "false\ntrue"},
        {"SELECT try(1/0), try(CAST('x' AS integer)), try(ARRAY[1][2]), TRY_CAST(1/0 AS varchar)",
         "|||"},
        {"TABLE persons",
         "1|{first=Ada, last=Lovelace}|[{type=sen, start=1990-01-02}, {type=rep, "
         "start=2000-03-04}]|{x=1, y=2}|10.5|2020-01-02 03:04:05.678\n2|{first=Alan, "
         "last=Turing}|[]|{}||\n3|{first=Grace, last=null}|||-1.5|2021-06-07 08:09:10.000"},
        {"SELECT t.a FROM (SELECT 1 AS a UNION SELECT 2) t, LATERAL (SELECT t.a + 1 AS b) u WHERE "
         "u.b = 3",
         "2"},
    };
    CHECK(state, EXAMPLES);
}

static void test_refusals_name_construct_and_position(void **state)
{
    static const struct example EXAMPLES[] = {
        {"SELEC 1", "SYNTAX_ERROR: line 1:1: mismatched input 'SELEC'. Expecting: "},
        {"SELECT 1 FROM", "SYNTAX_ERROR: line 1:14: mismatched input '<EOF>'. Expecting: "},
        {"SELECT (1", "SYNTAX_ERROR: line 1:10: mismatched input '<EOF>'. Expecting: ')'"},
        {"SELECT 'a", "SYNTAX_ERROR: line 1:8: a string is not closed"},
        {"SELECT foo(1)", "FUNCTION_NOT_FOUND: line 1:8: Function 'foo' not registered"},
        {"SELECT read_csv('/etc/passwd')",
         "FUNCTION_NOT_FOUND: line 1:8: Function 'read_csv' not registered"},
        {"SELECT * FROM read_csv('/etc/passwd')", "SYNTAX_ERROR: line 1:23: mismatched input '('"},
        {"SELECT * FROM nowhere",
         "TABLE_NOT_FOUND: line 1:15: Table 'awsdatacatalog.lake.nowhere' does not exist"},
        {"SELECT nothing FROM persons",
         "COLUMN_NOT_FOUND: line 1:8: Column 'nothing' cannot be resolved"},
        {"SELECT x.id FROM persons p",
         "COLUMN_NOT_FOUND: line 1:8: Column 'x.id' cannot be resolved"},
        {"SELECT kurtosis(id) FROM persons",
         "NOT_SUPPORTED: line 1:8: the function kurtosis is not supported"},
        {"SELECT * FROM persons TABLESAMPLE BERNOULLI (10)",
         "NOT_SUPPORTED: line 1:23: TABLESAMPLE is not supported"},
        {"SELECT now() AT TIME ZONE 'Asia/Tokyo'",
         "NOT_SUPPORTED: line 1:8: AT TIME ZONE is not supported here"},
        {"SELECT id FROM\n  persons WHERE\n  nope = 1",
         "COLUMN_NOT_FOUND: line 3:3: Column 'nope' cannot be resolved"},
        {"SELECT row_number() FROM persons",
         "MISSING_OVER: line 1:8: Window function row_number requires an OVER clause"},
        {"SELECT 1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1/1",
         "NOT_SUPPORTED: line 1:1: an expression that is nested so deep is not supported"},
        {"SELECT 1; SELECT 2",
         "SYNTAX_ERROR: line 1:11: mismatched input 'SELECT'. Expecting: <EOF>"},
    };
    CHECK(state, EXAMPLES);
}

static void test_deep_nesting_is_an_error(void **state)
{
    struct fixture *f = *state;
    struct buf sql = buf_in(&f->arena, BUF_MAX_DEFAULT);
    buf_puts(&sql, "SELECT ");
    for (int i = 0; i < 5000; i++)
        buf_put_char(&sql, '(');
    buf_put_char(&sql, '1');
    struct str translated;
    assert_true(str_contains(run(f, str_cstr(&f->arena, buf_str(&sql)), &translated),
                             S("nested more than")));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_literals_and_operators),
        cmocka_unit_test(test_casts),
        cmocka_unit_test(test_scalar_functions),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_arrays_and_maps),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_refusals_name_construct_and_position),
        cmocka_unit_test(test_deep_nesting_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
