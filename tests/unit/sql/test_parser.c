// SPDX-License-Identifier: Apache-2.0
// Trees of DDL, and errors. Queries are tested by what they give:
// tests/unit/engines/test_athena_sql.c.
#include "../fixture.h"

#include "sql/parser.h"

static struct sql_node *parse(void **state, const char *text)
{
    struct sql_statement statement = {0};
    struct error error = {0};
    if (sql_parse(*state, str_of(text), &statement, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    return statement.root;
}

static struct str property(const struct sql_node *list, const char *key)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_is(list->children[i]->text, key))
            return list->children[i]->children[0]->text;
    return STR_NONE;
}

static void create_table_keeps_all_its_parts(void **state)
{
    const struct sql_node *table =
        parse(state, "CREATE EXTERNAL TABLE IF NOT EXISTS db.`my table` (\n"
                     "  id int COMMENT 'the id', name struct<first:string, `last`:string>, price "
                     "decimal(10, 2)\n"
                     ") COMMENT 'ours' PARTITIONED BY (day string, hour int)\n"
                     "ROW FORMAT SERDE 'org.openx.data.jsonserde.JsonSerDe' WITH SERDEPROPERTIES "
                     "('a.b'='1', 'c'='2')\n"
                     "STORED AS INPUTFORMAT 'in' OUTPUTFORMAT 'out' LOCATION 's3://b/p/' "
                     "TBLPROPERTIES ('classification'='json');");
    assert_int_equal(table->kind, SQL_CREATE_TABLE);
    assert_true(table->flags & SQL_IF);
    assert_str(table->children[0]->children[0]->text, "db");
    assert_str(table->children[0]->children[1]->text, "my table");
    const struct sql_node *columns = table->children[1], *keys = table->children[2],
                          *list = table->children[3];
    assert_int_equal(columns->count, 3);
    assert_str(columns->children[0]->children[0]->text, "int");
    assert_str(columns->children[0]->children[1]->text, "the id");
    assert_str(columns->children[1]->children[0]->text, "struct<first:string,`last`:string>");
    assert_str(columns->children[2]->children[0]->text, "decimal(10,2)");
    assert_int_equal(keys->count, 2);
    assert_str(keys->children[1]->text, "hour");
    assert_str(property(list, "comment"), "ours");
    assert_str(property(list, "serde"), "org.openx.data.jsonserde.JsonSerDe");
    assert_str(property(list, "serde:a.b"), "1");
    assert_str(property(list, "input_format"), "in");
    assert_str(property(list, "location"), "s3://b/p/");
    assert_str(property(list, "table:classification"), "json");
}

static void every_statement_is_known(void **state)
{
    static const struct {
        const char *text;
        enum sql_kind kind;
    } STATEMENTS[] = {
        {"SELECT 1", SQL_QUERY},
        {"(SELECT 1)", SQL_QUERY},
        {"VALUES 1, 2", SQL_QUERY},
        {"EXPLAIN SELECT 1", SQL_EXPLAIN},
        {"CREATE DATABASE x COMMENT 'c' LOCATION 's3://b/'", SQL_CREATE_DATABASE},
        {"create schema if not exists x", SQL_CREATE_DATABASE},
        {"DROP DATABASE IF EXISTS x CASCADE", SQL_DROP_DATABASE},
        {"DROP TABLE IF EXISTS a.b", SQL_DROP_TABLE},
        {"CREATE TABLE t WITH (format='PARQUET') AS SELECT 1", SQL_CREATE_TABLE_AS},
        {"CREATE OR REPLACE VIEW v AS SELECT 1", SQL_CREATE_VIEW},
        {"SHOW DATABASES LIKE 'a*'", SQL_SHOW_DATABASES},
        {"SHOW TABLES IN x 'a*|b'", SQL_SHOW_TABLES},
        {"SHOW COLUMNS FROM t IN d", SQL_SHOW_COLUMNS},
        {"SHOW PARTITIONS t", SQL_SHOW_PARTITIONS},
        {"SHOW CREATE TABLE t", SQL_SHOW_CREATE_TABLE},
        {"SHOW TBLPROPERTIES t", SQL_SHOW_PROPERTIES},
        {"DESCRIBE FORMATTED t", SQL_DESCRIBE},
        {"DESC t", SQL_DESCRIBE},
        {"ALTER TABLE t ADD IF NOT EXISTS PARTITION (a='1', b=2) LOCATION 's3://b/x' PARTITION "
         "(a='2', b=3)",
         SQL_ADD_PARTITION},
        {"ALTER TABLE t DROP PARTITION (a='1')", SQL_DROP_PARTITION},
        {"ALTER TABLE t SET LOCATION 's3://b/'", SQL_ALTER_OTHER},
        {"MSCK REPAIR TABLE t", SQL_REPAIR_TABLE},
        {"INSERT INTO t SELECT 1", SQL_INSERT},
        {"UNLOAD (SELECT 1) TO 's3://b/' WITH (format='JSON')", SQL_UNLOAD},
        {"MERGE INTO t USING u ON 1=1", SQL_DELETE_UPDATE_MERGE},
        {"EXECUTE p USING 1", SQL_PREPARED},
    };
    for (size_t i = 0; i < COUNT_OF(STATEMENTS); i++)
        if (parse(state, STATEMENTS[i].text)->kind != STATEMENTS[i].kind)
            fail_msg("%s: kind %d", STATEMENTS[i].text,
                     (int)parse(state, STATEMENTS[i].text)->kind);
}

static void errors_have_a_position(void **state)
{
    static const char *const BAD[][2] = {
        {"", "SYNTAX_ERROR: line 1:1: mismatched input '<EOF>'"},
        {"SELECT\n  FROM t",
         "SYNTAX_ERROR: line 2:3: mismatched input 'FROM'. Expecting: <expression>"},
        {"SELECT a b c", "SYNTAX_ERROR: line 1:12: mismatched input 'c'"},
        {"SELECT 1 WHERE", "SYNTAX_ERROR: line 1:15: mismatched input '<EOF>'"},
        {"SELECT * FROM a JOIN b",
         "SYNTAX_ERROR: line 1:23: mismatched input '<EOF>'. Expecting: 'ON', 'USING'"},
        {"SELECT \"a", "SYNTAX_ERROR: line 1:8: a quoted identifier is not closed"},
        {"SELECT /* x", "SYNTAX_ERROR: line 1:8: a comment is not closed"},
        {"SELECT a ~ b", "SYNTAX_ERROR: line 1:10: unexpected character"},
        {"CREATE EXTERNAL TABLE t (a)",
         "SYNTAX_ERROR: line 1:27: mismatched input ')'. Expecting: <type>"},
        {"SELECT CASE END", "SYNTAX_ERROR: line 1:13: mismatched input 'END'"},
    };
    for (size_t i = 0; i < COUNT_OF(BAD); i++) {
        struct sql_statement statement = {0};
        struct error error = {0};
        assert_int_equal(sql_parse(*state, str_of(BAD[i][0]), &statement, &error), ERR_SYNTAX);
        if (!str_starts(str_of(error.text), str_of(BAD[i][1])))
            fail_msg("%s: %s", BAD[i][0], error.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(create_table_keeps_all_its_parts),
        ARENA_TEST(every_statement_is_known),
        ARENA_TEST(errors_have_a_position),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
