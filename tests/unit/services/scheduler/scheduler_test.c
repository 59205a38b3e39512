// SPDX-License-Identifier: Apache-2.0
#include "../lake_fixture.h"

#define Q "http://127.0.0.1:4566/000000000000/q"
#define Q_ARN "arn:aws:sqs:us-east-1:000000000000:q"
#define DLQ "http://127.0.0.1:4566/000000000000/dlq"
#define DLQ_ARN "arn:aws:sqs:us-east-1:000000000000:dlq"
#define ROLE "'RoleArn': 'arn:aws:iam::000000000000:role/r'"
#define OFF "'FlexibleTimeWindow': {'Mode': 'OFF'}"
#define TO_QUEUE "'Target': {'Arn': '" Q_ARN "', " ROLE "}"
#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

static struct json *take(struct fixture *f, const char *url)
{
    struct json *reply = fixture_ok(
        f, "sqs", "ReceiveMessage",
        "{'QueueUrl': '%s', 'MaxNumberOfMessages': 10, 'MessageAttributeNames': ['All']}", url);
    struct json *messages = json_get(reply, "Messages");
    JSON_EACH(message, messages)
    fixture_ok(f, "sqs", "DeleteMessage", "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s'}", url,
               STR_ARG(json_str(message, "ReceiptHandle")));
    return messages;
}

static void advance(struct fixture *f, int64_t ms)
{
    clock_advance(f->clock, ms);
    lake_run_due(f->lake);
}

static void expect_firings(struct fixture *f, size_t count)
{
    struct json *messages = take(f, Q);
    if (json_count(messages) != count)
        fail_msg("%zu firings instead of %zu", json_count(messages), count);
}

static int with_queue(void **state)
{
    int failed = fixture_setup(state);
    if (!failed)
        fixture_ok(*state, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    return failed;
}

static void fires_at_a_rate(void **state)
{
    struct fixture *f = *state;
    struct json *reply = fixture_ok(f, "scheduler", "CreateSchedule",
                                    "{'Name': 's', 'ScheduleExpression': 'rate(10 seconds)', " OFF
                                    ", " TO_QUEUE "}");
    assert_str(json_str(reply, "ScheduleArn"),
               "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
    lake_run_due(f->lake);
    struct json *messages = take(f, Q); // without a start date a rate begins at once
    assert_int_equal(json_count(messages), 1);
    struct json *event;
    assert_int_equal(json_parse(&f->arena, json_str(json_at(messages, 0), "Body"), &event, NULL),
                     OK);
    assert_str(json_str(event, "source"), "aws.scheduler");
    assert_str(json_str(event, "detail"), "{}");
    assert_str(json_str(event, "time"), "2026-11-22T00:00:00Z");
    assert_str(json_as_str(json_at(json_get(event, "resources"), 0)),
               "arn:aws:scheduler:us-east-1:000000000000:schedule/default/s");
    advance(f, 9999);
    expect_firings(f, 0);
    advance(f, 1);
    expect_firings(f, 1);
    fixture_reopen(f);
    advance(f, 10 * SECOND);
    expect_firings(f, 1);
    advance(f, HOUR + 3 * SECOND); // what was missed fires once
    expect_firings(f, 1);
    advance(f, 7 * SECOND);
    expect_firings(f, 1);
}

static void fires_in_a_zone(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'cron(30 9 * * ? *)', "
               "'ScheduleExpressionTimezone': 'America/New_York', " OFF
               ", 'Target': {'Arn': '" Q_ARN "', " ROLE
               ", 'Input': '<aws.scheduler.scheduled-time> "
               "<aws.scheduler.schedule-arn> <aws.scheduler.attempt-number>'}}");
    advance(f, 14 * HOUR + 29 * MINUTE);
    expect_firings(f, 0);
    advance(f, MINUTE);
    assert_str(
        json_str(json_at(take(f, Q), 0), "Body"),
        "2026-11-22T14:30:00Z arn:aws:scheduler:us-east-1:000000000000:schedule/default/s 1");
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 't', 'ScheduleExpression': 'rate(1 day)', "
                    "'ScheduleExpressionTimezone': 'Mars/Olympus', " OFF ", " TO_QUEUE "}");
}

static void fires_once(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'at(2026-11-22T01:00:00)', "
               "'ActionAfterCompletion': 'DELETE', " OFF ", " TO_QUEUE "}");
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 'kept', 'ScheduleExpression': 'at(2026-11-22T01:00:00)', " OFF
               ", " TO_QUEUE "}");
    advance(f, HOUR);
    expect_firings(f, 2);
    fixture_refused(f, "ResourceNotFoundException", "scheduler", "GetSchedule", "{'Name': 's'}");
    fixture_ok(f, "scheduler", "GetSchedule", "{'Name': 'kept'}");
    advance(f, 48 * HOUR);
    expect_firings(f, 0);
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 'past', 'ScheduleExpression': 'at(2020-01-01T00:00:00)', " OFF
                    ", " TO_QUEUE "}");
}

static void keeps_to_its_dates(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'rate(1 hours)', 'StartDate': "
               "'2026-11-22T02:30:00Z', 'EndDate': "
               "'2026-11-22T04:00:00Z', " OFF ", " TO_QUEUE "}");
    advance(f, 2 * HOUR);
    expect_firings(f, 0);
    advance(f, 30 * MINUTE);
    expect_firings(f, 1);
    advance(f, HOUR);
    expect_firings(f, 1);
    advance(f, 5 * HOUR);
    expect_firings(f, 0);
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 'x', 'ScheduleExpression': 'rate(1 hour)', 'EndDate': "
                    "'2026-11-22T04:00:00Z', " OFF ", " TO_QUEUE "}");
}

static void fires_within_its_window(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'at(2026-11-22T01:00:00)', "
               "'FlexibleTimeWindow': {'Mode': 'FLEXIBLE', "
               "'MaximumWindowInMinutes': 30}, " TO_QUEUE "}");
    advance(f, HOUR - 1);
    expect_firings(f, 0);
    advance(f, 30 * MINUTE);
    expect_firings(f, 1);
}

static void changes_and_deletes(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'cron(0 * * * ? *)', 'Description': 'd', "
               "'ClientToken': 'x', " OFF ", " TO_QUEUE "}");
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'cron(0 * * * ? *)', 'Description': 'd', "
               "'ClientToken': 'x', " OFF ", " TO_QUEUE "}"); // the same request
    fixture_refused(
        f, "ConflictException", "scheduler", "CreateSchedule",
        "{'Name': 's', 'ScheduleExpression': 'cron(0 * * * ? *)', 'ClientToken': 'y', " OFF
        ", " TO_QUEUE "}");
    struct json *schedule = fixture_ok(f, "scheduler", "GetSchedule", "{'Name': 's'}");
    assert_str(json_str(schedule, "State"), "ENABLED");
    assert_str(json_str(schedule, "GroupName"), "default");
    assert_str(json_str(schedule, "ScheduleExpressionTimezone"), "UTC");
    assert_str(json_str(schedule, "Description"), "d");
    assert_int_equal(json_i64_or(json_get(json_get(schedule, "Target"), "RetryPolicy"),
                                 "MaximumRetryAttempts", 0),
                     185);
    fixture_ok(f, "scheduler", "UpdateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'cron(0 * * * ? *)', 'State': 'DISABLED', " OFF
               ", " TO_QUEUE "}");
    schedule = fixture_ok(f, "scheduler", "GetSchedule", "{'Name': 's'}");
    assert_false(json_has(schedule, "Description")); // an update replaces everything
    advance(f, 2 * HOUR);
    expect_firings(f, 0);
    fixture_ok(f, "scheduler", "UpdateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'cron(0 * * * ? *)', " OFF ", " TO_QUEUE "}");
    advance(f, HOUR);
    expect_firings(f, 1);
    fixture_ok(f, "scheduler", "DeleteSchedule", "{'Name': 's'}");
    fixture_refused(f, "ResourceNotFoundException", "scheduler", "DeleteSchedule", "{'Name': 's'}");
    advance(f, 2 * HOUR);
    expect_firings(f, 0);
}

static void refuses(void **state)
{
    struct fixture *f = *state;
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 's', 'ScheduleExpression': 'cron(* * * * *)', " OFF ", " TO_QUEUE
                    "}");
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 's', 'ScheduleExpression': 'rate(1 hour)', 'FlexibleTimeWindow': "
                    "{'Mode': 'FLEXIBLE'}, " TO_QUEUE "}");
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 's', 'ScheduleExpression': 'rate(1 hour)', " OFF
                    ", 'Target': {'Arn': 'arn:aws:sns:us-east-1:000000000000:t', " ROLE "}}");
    fixture_refused(f, "ValidationException", "scheduler", "CreateSchedule",
                    "{'Name': 's', 'ScheduleExpression': 'rate(1 hour)', " OFF
                    ", 'Target': {'Arn': 'arn:aws:scheduler:::aws-sdk:sqs:flyToTheMoon', " ROLE
                    "}}");
    fixture_refused(f, "ResourceNotFoundException", "scheduler", "CreateSchedule",
                    "{'Name': 's', 'GroupName': 'none', 'ScheduleExpression': 'rate(1 hour)', " OFF
                    ", " TO_QUEUE "}");
    fixture_refused(f, "NotImplemented", "scheduler", "CreateSchedule",
                    "{'Name': 's', 'ScheduleExpression': 'rate(1 hour)', 'KmsKeyArn': 'x', " OFF
                    ", " TO_QUEUE "}");
}

static void runs_any_operation(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'rate(1 hour)', " OFF
               ", 'Target': {'Arn': 'arn:aws:scheduler:::aws-sdk:sqs:sendMessage', " ROLE
               ", 'Input': "
               "'{\\\"QueueUrl\\\": \\\"" Q "\\\", \\\"MessageBody\\\": \\\"hello\\\"}'}}");
    lake_run_due(f->lake);
    assert_str(json_str(json_at(take(f, Q), 0), "Body"), "hello");
}

static void sends_events(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "events", "PutRule",
               "{'Name': 'r', 'EventPattern': '{\\\"source\\\":[\\\"mine\\\"]}'}");
    fixture_ok(f, "events", "PutTargets",
               "{'Rule': 'r', 'Targets': [{'Id': 't', 'Arn': '" Q_ARN "'}]}");
    fixture_ok(
        f, "scheduler", "CreateSchedule",
        "{'Name': 's', 'ScheduleExpression': 'rate(1 hour)', " OFF
        ", 'Target': {'Arn': 'arn:aws:events:us-east-1:000000000000:event-bus/default', " ROLE
        ", 'Input': '{\\\"a\\\":1}', 'EventBridgeParameters': {'Source': 'mine', 'DetailType': "
        "'d'}}}");
    lake_run_due(f->lake);
    expect_firings(f, 1);
}

static void keeps_what_fails(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'dlq'}");
    fixture_ok(f, "scheduler", "CreateSchedule",
               "{'Name': 's', 'ScheduleExpression': 'at(2026-11-22T01:00:00)', " OFF
               ", 'Target': {'Arn': 'arn:aws:sqs:us-east-1:000000000000:gone', " ROLE
               ", 'Input': 'precious', "
               "'RetryPolicy': {'MaximumRetryAttempts': 1}, 'DeadLetterConfig': {'Arn': '" DLQ_ARN
               "'}}}");
    advance(f, HOUR);
    assert_int_equal(json_count(take(f, DLQ)), 0);
    advance(f, MINUTE);
    struct json *message = json_at(take(f, DLQ), 0),
                *attributes = json_get(message, "MessageAttributes");
    assert_str(json_str(message, "Body"), "precious");
    assert_str(json_str(json_get(attributes, "ERROR_CODE"), "StringValue"), "QueueDoesNotExist");
    assert_str(json_str(json_get(attributes, "SCHEDULED_TIME"), "StringValue"),
               "2026-11-22T01:00:00Z");
}

static void groups_schedules(void **state)
{
    struct fixture *f = *state;
    struct json *reply = fixture_ok(f, "scheduler", "CreateScheduleGroup",
                                    "{'Name': 'g', 'Tags': [{'Key': 'a', 'Value': 'b'}]}");
    assert_str(json_str(reply, "ScheduleGroupArn"),
               "arn:aws:scheduler:us-east-1:000000000000:schedule-group/g");
    fixture_refused(f, "ConflictException", "scheduler", "CreateScheduleGroup", "{'Name': 'g'}");
    for (int i = 0; i < 3; i++)
        fixture_ok(
            f, "scheduler", "CreateSchedule",
            "{'Name': 's%d', 'GroupName': 'g', 'ScheduleExpression': 'cron(0 0 * * ? *)', " OFF
            ", " TO_QUEUE "}",
            i);
    fixture_ok(
        f, "scheduler", "CreateSchedule",
        "{'Name': 'other', 'ScheduleExpression': 'cron(0 0 * * ? *)', 'State': 'DISABLED', " OFF
        ", " TO_QUEUE "}");
    reply = fixture_ok(f, "scheduler", "ListSchedules", "{}");
    assert_int_equal(json_count(json_get(reply, "Schedules")), 4);
    reply = fixture_ok(f, "scheduler", "ListSchedules", "{'State': 'DISABLED'}");
    assert_str(json_str(json_at(json_get(reply, "Schedules"), 0), "Name"), "other");
    reply = fixture_ok(f, "scheduler", "ListSchedules",
                       "{'GroupName': 'g', 'NamePrefix': 's', 'MaxResults': 2}");
    assert_int_equal(json_count(json_get(reply, "Schedules")), 2);
    reply = fixture_ok(f, "scheduler", "ListSchedules",
                       "{'GroupName': 'g', 'MaxResults': 2, 'NextToken': '%.*s'}",
                       STR_ARG(json_str(reply, "NextToken")));
    assert_int_equal(json_count(json_get(reply, "Schedules")), 1);
    assert_false(json_has(reply, "NextToken"));
    reply = fixture_ok(f, "scheduler", "ListScheduleGroups", "{}");
    assert_int_equal(json_count(json_get(reply, "ScheduleGroups")), 2);
    fixture_ok(f, "scheduler", "TagResource",
               "{'ResourceArn': 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/g', "
               "'Tags': [{'Key': 'c', 'Value': "
               "'d'}]}");
    reply =
        fixture_ok(f, "scheduler", "ListTagsForResource",
                   "{'ResourceArn': 'arn:aws:scheduler:us-east-1:000000000000:schedule-group/g'}");
    assert_int_equal(json_count(json_get(reply, "Tags")), 2);
    fixture_ok(f, "scheduler", "DeleteScheduleGroup", "{'Name': 'g'}");
    assert_str(json_str(fixture_ok(f, "scheduler", "GetScheduleGroup", "{'Name': 'g'}"), "State"),
               "DELETING");
    fixture_refused(
        f, "ConflictException", "scheduler", "CreateSchedule",
        "{'Name': 'x', 'GroupName': 'g', 'ScheduleExpression': 'cron(0 0 * * ? *)', " OFF
        ", " TO_QUEUE "}");
    lake_run_due(f->lake);
    fixture_refused(f, "ResourceNotFoundException", "scheduler", "GetScheduleGroup",
                    "{'Name': 'g'}");
    reply = fixture_ok(f, "scheduler", "ListSchedules", "{}");
    assert_int_equal(json_count(json_get(reply, "Schedules")), 1);
    advance(f, 48 * HOUR);
    expect_firings(f, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, with_queue, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(fires_at_a_rate),
        TEST(fires_in_a_zone),
        TEST(fires_once),
        TEST(keeps_to_its_dates),
        TEST(fires_within_its_window),
        TEST(changes_and_deletes),
        TEST(refuses),
        TEST(runs_any_operation),
        TEST(sends_events),
        TEST(keeps_what_fails),
        TEST(groups_schedules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
