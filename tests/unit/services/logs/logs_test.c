// SPDX-License-Identifier: Apache-2.0
// What the wire tests cannot see: background removal, and what functions' output takes.
#include "../lake_fixture.h"

#include "store/store.h"

static size_t rows(struct fixture *f, enum keyspace keyspace)
{
    struct key prefix;
    struct str key, value;
    size_t count = 0;
    struct tx *tx = tx_begin(lake_store(f->lake), true);
    struct scan *scan = scan_open(tx, key_start(&prefix, keyspace), NULL, false);
    while (scan_next(scan, &key, &value) == OK)
        count++;
    scan_close(scan);
    tx_abort(tx);
    return count;
}

static void append(struct fixture *f, const char *group, const char *stream, int count)
{
    struct buf lines = buf_in(&f->arena, 1 << 24);
    for (int i = 0; i < count; i++)
        buf_printf(&lines, "%s{'timestamp': %lld, 'message': 'line %d'}", i ? "," : "",
                   (long long)FIXTURE_START_MS + i, i);
    fixture_ok(
        f, "logs", "AppendLines",
        "{'Streams': [{'Region': 'us-east-1', 'Group': '%s', 'Stream': '%s', 'Lines': [%.*s]}]}",
        group, stream, STR_ARG(buf_str(&lines)));
}

static void output_makes_its_group_and_stream(void **state)
{
    struct fixture *f = *state;
    append(f, "g", "s", 2);
    append(f, "g", "s", 1);
    struct json *reply =
        fixture_ok(f, "logs", "GetLogEvents",
                   "{'logGroupName': 'g', 'logStreamName': 's', 'startFromHead': true}");
    assert_int_equal(json_count(json_get(reply, "events")), 3);
    reply = fixture_ok(f, "logs", "DescribeLogGroups", "{}");
    assert_int_equal(json_i64_or(json_at(json_get(reply, "logGroups"), 0), "storedBytes", 0),
                     3 * (6 + 26));
}

static void deleted_groups_leave_no_rows(void **state)
{
    struct fixture *f = *state;
    append(f, "g", "s", 7000); // more than one transaction removes
    append(f, "g", "t", 3);
    append(f, "kept", "s", 2);
    fixture_ok(f, "logs", "DeleteLogGroup", "{'logGroupName': 'g'}");
    lake_run_due(f->lake);
    assert_int_equal(rows(f, KEYSPACE_LOGS_EVENT), 2);
    assert_int_equal(rows(f, KEYSPACE_LOGS_STREAM_EVENT), 2);
    assert_int_equal(rows(f, KEYSPACE_LOGS_STREAM), 1);
}

static void deleted_streams_leave_no_rows(void **state)
{
    struct fixture *f = *state;
    append(f, "g", "s", 5);
    append(f, "g", "t", 3);
    fixture_ok(f, "logs", "DeleteLogStream", "{'logGroupName': 'g', 'logStreamName': 's'}");
    lake_run_due(f->lake);
    assert_int_equal(rows(f, KEYSPACE_LOGS_EVENT), 3);
    struct json *reply = fixture_ok(f, "logs", "FilterLogEvents", "{'logGroupName': 'g'}");
    assert_int_equal(json_count(json_get(reply, "events")), 3);
}

static void retention_removes_in_the_background(void **state)
{
    struct fixture *f = *state;
    append(f, "g", "s", 3);
    fixture_ok(f, "logs", "PutRetentionPolicy", "{'logGroupName': 'g', 'retentionInDays': 1}");
    lake_run_due(f->lake);
    assert_int_equal(rows(f, KEYSPACE_LOGS_EVENT), 3);
    for (int i = 0; i < 6; i++) { // each look is six hours after the last
        clock_advance(f->clock, (int64_t)6 * 3600 * 1000);
        lake_run_due(f->lake);
    }
    assert_int_equal(rows(f, KEYSPACE_LOGS_EVENT), 0);
    struct json *reply =
        fixture_ok(f, "logs", "GetLogEvents", "{'logGroupName': 'g', 'logStreamName': 's'}");
    assert_int_equal(json_count(json_get(reply, "events")), 0);
    fixture_ok(f, "logs", "DeleteRetentionPolicy", "{'logGroupName': 'g'}");
    clock_advance(f->clock, (int64_t)24 * 3600 * 1000);
    lake_run_due(f->lake);
    assert_int_equal(lake_run_due(f->lake), 0); // the chain has ended
}

static void a_group_that_comes_back_is_another(void **state)
{
    struct fixture *f = *state;
    append(f, "g", "s", 3);
    fixture_ok(f, "logs", "DeleteLogGroup", "{'logGroupName': 'g'}");
    append(f, "g", "s", 1);
    lake_run_due(f->lake);
    struct json *reply = fixture_ok(f, "logs", "FilterLogEvents", "{'logGroupName': 'g'}");
    assert_int_equal(json_count(json_get(reply, "events")), 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(output_makes_its_group_and_stream),  TEST(deleted_groups_leave_no_rows),
        TEST(deleted_streams_leave_no_rows),      TEST(retention_removes_in_the_background),
        TEST(a_group_that_comes_back_is_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
