// SPDX-License-Identifier: Apache-2.0
#include "../lake_fixture.h"

#include "services/glue/expression.h"

static void make_table(struct fixture *f)
{
    fixture_ok(f, "glue", "CreateDatabase", "{'DatabaseInput': {'Name': 'Stage'}}");
    fixture_ok(f, "glue", "CreateTable",
               "{'DatabaseName': 'STAGE', 'TableInput': {'Name': 'Events', 'StorageDescriptor': "
               "{'Columns': [{'Name': 'id', 'Type': 'int'}], 'Location': 's3://b/events/'}, "
               "'PartitionKeys': [{'Name': 'year', 'Type': 'int'}, {'Name': 'day', 'Type': "
               "'string'}], 'TableType': 'EXTERNAL_TABLE'}}");
}

static void folds_names_and_refuses_twins(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    struct json *reply = fixture_ok(f, "glue", "GetDatabase", "{'Name': 'sTAGE'}");
    assert_str(json_str(json_get(reply, "Database"), "Name"), "stage");
    fixture_refused(f, "AlreadyExistsException", "glue", "CreateDatabase",
                    "{'DatabaseInput': {'Name': 'STAGE'}}");
    fixture_refused(f, "EntityNotFoundException", "glue", "GetDatabase", "{'Name': 'x'}");
    assert_str(str_of(f->call->error.text), "Database x not found.");
    fixture_refused(f, "EntityNotFoundException", "glue", "GetTable",
                    "{'DatabaseName': 'x', 'Name': 't'}");
    fixture_refused(f, "EntityNotFoundException", "glue", "GetTable",
                    "{'DatabaseName': 'stage', 'Name': 't'}");
    assert_str(str_of(f->call->error.text), "Table t not found.");
    fixture_refused(f, "EntityNotFoundException", "glue", "GetDatabase",
                    "{'Name': 'stage', 'CatalogId': '999999999999'}");
    struct json *table = json_get(
        fixture_ok(f, "glue", "GetTable", "{'DatabaseName': 'stage', 'Name': 'EVENTS'}"), "Table");
    assert_str(json_str(table, "Name"), "events");
    assert_false(json_bool_or(json_get(table, "StorageDescriptor"), "Compressed", true));
}

static void deleting_a_database_takes_everything(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    fixture_ok(f, "glue", "CreatePartition",
               "{'DatabaseName': 'stage', 'TableName': 'events', 'PartitionInput': {'Values': "
               "['2026', 'x']}}");
    fixture_ok(f, "glue", "DeleteDatabase", "{'Name': 'stage'}");
    make_table(f);
    struct json *reply =
        fixture_ok(f, "glue", "GetPartitions", "{'DatabaseName': 'stage', 'TableName': 'events'}");
    assert_int_equal(json_count(json_get(reply, "Partitions")), 0);
}

static void updates_keep_versions(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    fixture_ok(f, "glue", "UpdateTable",
               "{'DatabaseName': 'stage', 'TableInput': {'Name': 'events', 'Description': 'two'}}");
    fixture_ok(f, "glue", "UpdateTable",
               "{'DatabaseName': 'stage', 'SkipArchive': true, 'TableInput': {'Name': 'events', "
               "'Description': 'three'}}");
    fixture_refused(f, "ConcurrentModificationException", "glue", "UpdateTable",
                    "{'DatabaseName': 'stage', 'VersionId': '1', 'TableInput': {'Name': "
                    "'events'}}");
    struct json *versions = json_get(fixture_ok(f, "glue", "GetTableVersions",
                                                "{'DatabaseName': 'stage', 'TableName': 'events'}"),
                                     "TableVersions");
    assert_int_equal(json_count(versions), 2);
    assert_str(json_str(json_at(versions, 0), "VersionId"), "2");
    assert_str(json_str(json_at(versions, 1), "VersionId"), "0");
    fixture_ok(f, "glue", "DeleteTableVersion",
               "{'DatabaseName': 'stage', 'TableName': 'events', 'VersionId': '0'}");
    fixture_refused(f, "EntityNotFoundException", "glue", "GetTableVersion",
                    "{'DatabaseName': 'stage', 'TableName': 'events', 'VersionId': '0'}");
}

static void lists_by_pages_and_patterns(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    const char *const names[] = {"alpha", "beta", "gamma", "alpine"};
    for (int i = 0; i < 4; i++)
        fixture_ok(f, "glue", "CreateTable",
                   "{'DatabaseName': 'stage', 'TableInput': {'Name': '%s'}}", names[i]);
    const char *const patterns[] = {"al*", "al.*", "*", "beta|gamma", "^a.*$", "bet."};
    const size_t counts[] = {2, 2, 5, 2, 2, 1};
    for (int i = 0; i < 6; i++) {
        struct json *reply = fixture_ok(
            f, "glue", "GetTables", "{'DatabaseName': 'stage', 'Expression': '%s'}", patterns[i]);
        assert_int_equal(json_count(json_get(reply, "TableList")), counts[i]);
    }
    fixture_refused(f, "InvalidInputException", "glue", "GetTables",
                    "{'DatabaseName': 'stage', 'Expression': 'a+'}");
    size_t seen = 0;
    struct str token = S("");
    do {
        struct json *reply =
            token.len
                ? fixture_ok(f, "glue", "GetTables",
                             "{'DatabaseName': 'stage', 'MaxResults': 2, 'NextToken': '%.*s'}",
                             STR_ARG(token))
                : fixture_ok(f, "glue", "GetTables", "{'DatabaseName': 'stage', 'MaxResults': 2}");
        seen += json_count(json_get(reply, "TableList"));
        token = json_str(reply, "NextToken");
    } while (token.len);
    assert_int_equal(seen, 5);
}

static size_t matching(struct fixture *f, const char *expression)
{
    return json_count(json_get(fixture_ok(f, "glue", "GetPartitions",
                                          "{'DatabaseName': 'stage', 'TableName': 'events', "
                                          "'Expression': \"%s\"}",
                                          expression),
                               "Partitions"));
}

static void partitions(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    struct json *reply = fixture_ok(
        f, "glue", "BatchCreatePartition",
        "{'DatabaseName': 'stage', 'TableName': 'events', 'PartitionInputList': ["
        "{'Values': ['9', 'mon']}, {'Values': ['10', 'tue']}, {'Values': ['10', 'wed']}, "
        "{'Values': ['9', 'mon']}, {'Values': ['9']}]}");
    assert_int_equal(json_count(json_get(reply, "Errors")), 2);
    assert_int_equal(matching(f, "year >= 9"), 3);
    reply = fixture_ok(f, "glue", "GetPartitions",
                       "{'DatabaseName': 'stage', 'TableName': 'events', 'MaxResults': 2}");
    reply = fixture_ok(f, "glue", "GetPartitions",
                       "{'DatabaseName': 'stage', 'TableName': 'events', 'MaxResults': 2, "
                       "'NextToken': '%.*s'}",
                       STR_ARG(json_str(reply, "NextToken")));
    assert_int_equal(json_count(json_get(reply, "Partitions")), 1);
    fixture_ok(f, "glue", "UpdatePartition",
               "{'DatabaseName': 'stage', 'TableName': 'events', 'PartitionValueList': ['9', "
               "'mon'], 'PartitionInput': {'Values': ['9', 'sun']}}");
    fixture_refused(f, "EntityNotFoundException", "glue", "GetPartition",
                    "{'DatabaseName': 'stage', 'TableName': 'events', 'PartitionValues': ['9', "
                    "'mon']}");
    fixture_ok(f, "glue", "DeletePartition",
               "{'DatabaseName': 'stage', 'TableName': 'events', 'PartitionValues': ['9', 'sun']}");
    assert_int_equal(matching(f, "year < 10 or day < 5"), 0);
    size_t in_segments = 0;
    for (int i = 0; i < 3; i++)
        in_segments += json_count(
            json_get(fixture_ok(f, "glue", "GetPartitions",
                                "{'DatabaseName': 'stage', 'TableName': 'events', 'Segment': "
                                "{'SegmentNumber': %d, 'TotalSegments': 3}}",
                                i),
                     "Partitions"));
    assert_int_equal(in_segments, 2);
}

static void expressions(void **state)
{
    struct fixture *f = *state;
    struct error error = {0};
    struct json *keys, *values;
    assert_int_equal(json_parse(&f->arena,
                                S("[{\"Name\":\"year\",\"Type\":\"int\"},"
                                  "{\"Name\":\"day\",\"Type\":\"string\"}]"),
                                &keys, &error),
                     OK);
    assert_int_equal(json_parse(&f->arena, S("[\"10\",\"2026-11-23\"]"), &values, &error), OK);
    static const struct {
        const char *text;
        bool accepted;
    } CASES[] = {
        {"year > 9", true},
        {"year = '10' AND day = '2026-11-23'", true},
        {"(year in (1, 2,10))", true},
        {"year not in (10)", false},
        {"NOT (year = 10)", false},
        {"day between '2026-01-01' and '2026-12-31' and year <> 11", true},
        {"day like '2026-%-2_'", true},
        {"day LIKE '2025%' or year <= 10", true},
        {"`day` = date '2026-11-23'", true},
        {"day is null", false},
        {"day is not null", true},
        {"year = 1 or year = 2 and day = 'x'", false},
        {"day = 'it''s'", false},
        {"", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct expression *e;
        if (expression_parse(&f->arena, str_of(CASES[i].text), keys, &e, &error) != OK)
            fail_msg("%s: %s", CASES[i].text, error.text);
        if (expression_accepts(e, values) != CASES[i].accepted)
            fail_msg("%s", CASES[i].text);
    }
    static const char *const BAD[] = {"month = 1",   "year =",       "year in (1", "year = 1 x",
                                      "day = 'open", "year not = 1", "(year = 1",  "and"};
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        struct expression *e;
        assert_int_equal(expression_parse(&f->arena, str_of(BAD[i]), keys, &e, &error),
                         ERR_INVALID);
    }
}

static void tags(void **state)
{
    struct fixture *f = *state;
    make_table(f);
    const char *arn = "arn:aws:glue:us-east-1:000000000000:table/stage/events";
    fixture_ok(f, "glue", "TagResource", "{'ResourceArn': '%s', 'TagsToAdd': {'a': '1', 'b': '2'}}",
               arn);
    fixture_ok(f, "glue", "UntagResource", "{'ResourceArn': '%s', 'TagsToRemove': ['a']}", arn);
    struct json *found =
        json_get(fixture_ok(f, "glue", "GetTags", "{'ResourceArn': '%s'}", arn), "Tags");
    assert_int_equal(json_count(found), 1);
    fixture_refused(f, "EntityNotFoundException", "glue", "GetTags", "{'ResourceArn': '%sx'}", arn);
    fixture_refused(f, "NotImplemented", "glue", "CreateTable",
                    "{'DatabaseName': 'stage', 'TableInput': {'Name': 'x'}, "
                    "'OpenTableFormatInput': {}}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(expressions),
        TEST(folds_names_and_refuses_twins),
        TEST(deleting_a_database_takes_everything),
        TEST(updates_keep_versions),
        TEST(lists_by_pages_and_patterns),
        TEST(partitions),
        TEST(tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
