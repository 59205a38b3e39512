// SPDX-License-Identifier: Apache-2.0
#include "../lake_fixture.h"

#define Q "http://127.0.0.1:4566/000000000000/q"
#define Q_ARN "arn:aws:sqs:us-east-1:000000000000:q"
#define DLQ "http://127.0.0.1:4566/000000000000/dlq"
#define DLQ_ARN "arn:aws:sqs:us-east-1:000000000000:dlq"

static void make_queue(struct fixture *f, const char *name)
{
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': '%s'}", name);
}

static void make_rule(struct fixture *f, const char *name, const char *pattern,
                      const char *target_members)
{
    struct str escaped = str_replace(&f->arena, str_of(pattern), S("'"), S("\\'"));
    fixture_ok(f, "events", "PutRule", "{'Name': '%s', 'EventPattern': '%.*s'}", name,
               STR_ARG(escaped));
    fixture_ok(f, "events", "PutTargets", "{'Rule': '%s', 'Targets': [{'Id': 't', %s}]}", name,
               target_members);
}

// The bodies in a queue, taken out; JSON.
static struct json *take(struct fixture *f, const char *url)
{
    struct json *reply = fixture_ok(
        f, "sqs", "ReceiveMessage",
        "{'QueueUrl': '%s', 'MaxNumberOfMessages': 10, 'MessageAttributeNames': ['All']}", url);
    struct json *bodies = json_array(&f->arena);
    JSON_EACH(message, json_get(reply, "Messages"))
    {
        struct json *body;
        assert_int_equal(json_parse(&f->arena, json_str(message, "Body"), &body, NULL), OK);
        json_push(&f->arena, bodies, body);
        if (json_has(message, "MessageAttributes"))
            json_set(&f->arena, body, "attributes", json_get(message, "MessageAttributes"));
        fixture_ok(f, "sqs", "DeleteMessage", "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s'}", url,
                   STR_ARG(json_str(message, "ReceiptHandle")));
    }
    return bodies;
}

static void emit(struct fixture *f, const char *key)
{
    fixture_ok(
        f, "events", "EmitEvent",
        "{'Source': 'aws.s3', 'DetailType': 'Object Created', 'Resources': ['arn:aws:s3:::b'], "
        "'Detail': {'object': {'key': '%s'}}}",
        key);
}

static void delivers_to_queues(void **state)
{
    struct fixture *f = *state;
    make_queue(f, "q");
    emit(f, "before any rule");
    make_rule(f, "r", "{'source':['aws.s3'],'detail':{'object':{'key':[{'prefix':'raw/'}]}}}",
              "'Arn': '" Q_ARN "'");
    emit(f, "raw/a");
    emit(f, "other/b");
    struct json *bodies = take(f, Q);
    assert_int_equal(json_count(bodies), 1);
    struct json *event = json_at(bodies, 0);
    assert_str(json_str(event, "version"), "0");
    assert_str(json_str(event, "detail-type"), "Object Created");
    assert_str(json_str(event, "source"), "aws.s3");
    assert_str(json_str(event, "account"), "000000000000");
    assert_str(json_str(event, "region"), "us-east-1");
    assert_str(json_str(event, "time"), "2026-11-22T00:00:00Z");
    assert_str(json_as_str(json_at(json_get(event, "resources"), 0)), "arn:aws:s3:::b");
    assert_str(json_str(json_get(json_get(event, "detail"), "object"), "key"), "raw/a");

    fixture_ok(f, "events", "DisableRule", "{'Name': 'r'}");
    emit(f, "raw/c");
    assert_int_equal(json_count(take(f, Q)), 0);
    fixture_ok(f, "events", "EnableRule", "{'Name': 'r'}");
    fixture_reopen(f);
    emit(f, "raw/d");
    assert_int_equal(json_count(take(f, Q)), 1);
}

static void transforms_input(void **state)
{
    struct fixture *f = *state;
    make_queue(f, "q");
    make_rule(f, "r", "{'source':['aws.s3']}",
              "'Arn': '" Q_ARN
              "', 'InputTransformer': {'InputPathsMap': {'k': '$.detail.object.key'}, "
              "'InputTemplate': '{\\\"key\\\": <k>, \\\"rule\\\": <aws.events.rule-arn>}'}");
    emit(f, "x");
    struct json *body = json_at(take(f, Q), 0);
    assert_str(json_str(body, "key"), "x");
    assert_str(json_str(body, "rule"), "arn:aws:events:us-east-1:000000000000:rule/r");
}

static void puts_events(void **state)
{
    struct fixture *f = *state;
    make_queue(f, "q");
    make_rule(f, "r", "{'source':['mine']}", "'Arn': '" Q_ARN "'");
    struct json *reply = fixture_ok(
        f, "events", "PutEvents",
        "{'Entries': [{'Source': 'mine', 'DetailType': 't', 'Detail': '{\\\"a\\\": 1}', 'Time': "
        "1700000000},"
        "{'Source': 'mine', 'DetailType': 't', 'Detail': 'x'}, {'DetailType': 't', 'Detail': '{}'},"
        "{'Source': 'aws.s3', 'DetailType': 't', 'Detail': '{}'},"
        "{'Source': 'mine', 'DetailType': 't', 'Detail': '{}', 'EventBusName': 'none'}]}");
    assert_int_equal(json_i64_or(reply, "FailedEntryCount", 0), 4);
    struct json *entries = json_get(reply, "Entries");
    assert_int_equal(json_str(json_at(entries, 0), "EventId").len, 36);
    assert_str(json_str(json_at(entries, 1), "ErrorCode"), "MalformedDetail");
    assert_str(json_str(json_at(entries, 2), "ErrorCode"), "InvalidArgument");
    assert_str(json_str(json_at(entries, 3), "ErrorCode"), "NotAuthorizedForSourceException");
    assert_str(json_str(json_at(entries, 4), "ErrorCode"), "ResourceNotFoundException");
    struct json *event = json_at(take(f, Q), 0);
    assert_str(json_str(event, "time"), "2023-11-14T22:13:20Z");
    assert_int_equal(json_i64_or(json_get(event, "detail"), "a", 0), 1);
    fixture_refused(f, "ValidationException", "events", "PutEvents", "{'Entries': []}");
}

static void manages_buses_and_rules(void **state)
{
    struct fixture *f = *state;
    struct json *reply = fixture_ok(f, "events", "CreateEventBus",
                                    "{'Name': 'mine', 'Tags': [{'Key': 'a', 'Value': 'b'}]}");
    assert_str(json_str(reply, "EventBusArn"),
               "arn:aws:events:us-east-1:000000000000:event-bus/mine");
    fixture_refused(f, "ResourceAlreadyExistsException", "events", "CreateEventBus",
                    "{'Name': 'mine'}");
    fixture_refused(f, "ResourceAlreadyExistsException", "events", "CreateEventBus",
                    "{'Name': 'default'}");
    reply = fixture_ok(f, "events", "ListEventBuses", "{}");
    assert_int_equal(json_count(json_get(reply, "EventBuses")), 2);
    assert_str(json_str(json_at(json_get(reply, "EventBuses"), 0), "Name"), "default");
    reply = fixture_ok(f, "events", "ListEventBuses", "{'Limit': 1}");
    reply = fixture_ok(f, "events", "ListEventBuses", "{'Limit': 1, 'NextToken': '%.*s'}",
                       STR_ARG(json_str(reply, "NextToken")));
    assert_str(json_str(json_at(json_get(reply, "EventBuses"), 0), "Name"), "mine");
    assert_false(json_has(reply, "NextToken"));
    fixture_refused(f, "ResourceNotFoundException", "events", "DescribeEventBus",
                    "{'Name': 'none'}");

    reply = fixture_ok(
        f, "events", "PutRule",
        "{'Name': 'r', 'EventBusName': 'mine', 'EventPattern': '{\\\"source\\\":[\\\"x\\\"]}', "
        "'Description': 'd', 'State': 'DISABLED'}");
    assert_str(json_str(reply, "RuleArn"), "arn:aws:events:us-east-1:000000000000:rule/mine/r");
    reply = fixture_ok(f, "events", "DescribeRule", "{'Name': 'r', 'EventBusName': 'mine'}");
    assert_str(json_str(reply, "State"), "DISABLED");
    assert_str(json_str(reply, "Description"), "d");
    fixture_refused(f, "ResourceNotFoundException", "events", "DescribeRule", "{'Name': 'r'}");
    fixture_refused(f, "InvalidEventPatternException", "events", "PutRule",
                    "{'Name': 'x', 'EventPattern': '{\\\"source\\\":\\\"x\\\"}'}");
    fixture_refused(f, "ValidationException", "events", "PutRule", "{'Name': 'x'}");
    fixture_refused(f, "ValidationException", "events", "PutRule",
                    "{'Name': 'x', 'ScheduleExpression': 'rate(1 minutes)'}");
    fixture_refused(
        f, "ValidationException", "events", "PutRule",
        "{'Name': 'x', 'EventBusName': 'mine', 'ScheduleExpression': 'rate(1 minute)'}");
    fixture_refused(f, "ValidationException", "events", "PutTargets",
                    "{'Rule': 'r', 'EventBusName': 'mine', 'Targets': [{'Id': 't', 'Arn': "
                    "'arn:aws:sns:us-east-1:1:t'}]}");
    fixture_ok(f, "events", "PutTargets",
               "{'Rule': 'r', 'EventBusName': 'mine', 'Targets': [{'Id': 't', 'Arn': '" Q_ARN
               "'}]}");
    reply = fixture_ok(f, "events", "ListRuleNamesByTarget",
                       "{'TargetArn': '" Q_ARN "', 'EventBusName': 'mine'}");
    assert_str(json_as_str(json_at(json_get(reply, "RuleNames"), 0)), "r");
    reply = fixture_ok(f, "events", "ListTargetsByRule", "{'Rule': 'r', 'EventBusName': 'mine'}");
    assert_str(json_str(json_at(json_get(reply, "Targets"), 0), "Arn"), Q_ARN);
    fixture_refused(f, "ValidationException", "events", "DeleteRule",
                    "{'Name': 'r', 'EventBusName': 'mine'}");
    fixture_refused(f, "ValidationException", "events", "DeleteEventBus", "{'Name': 'mine'}");
    reply = fixture_ok(f, "events", "RemoveTargets",
                       "{'Rule': 'r', 'EventBusName': 'mine', 'Ids': ['t', 'u']}");
    assert_int_equal(json_i64_or(reply, "FailedEntryCount", 0), 1);
    fixture_ok(f, "events", "TagResource",
               "{'ResourceARN': 'arn:aws:events:us-east-1:000000000000:rule/mine/r', 'Tags': "
               "[{'Key': 'k', 'Value': 'v'}]}");
    reply = fixture_ok(f, "events", "ListTagsForResource",
                       "{'ResourceARN': 'arn:aws:events:us-east-1:000000000000:rule/mine/r'}");
    assert_int_equal(json_count(json_get(reply, "Tags")), 1);
    fixture_ok(f, "events", "DeleteRule", "{'Name': 'r', 'EventBusName': 'mine'}");
    fixture_ok(f, "events", "DeleteRule", "{'Name': 'r', 'EventBusName': 'mine'}");
    fixture_ok(f, "events", "DeleteEventBus", "{'Name': 'mine'}");
    assert_int_equal(
        json_count(json_get(fixture_ok(f, "events", "ListEventBuses", "{}"), "EventBuses")), 1);
}

static void forwards_between_buses(void **state)
{
    struct fixture *f = *state;
    make_queue(f, "q");
    fixture_ok(f, "events", "CreateEventBus", "{'Name': 'mine'}");
    make_rule(f, "forward", "{'source':['aws.s3']}",
              "'Arn': 'arn:aws:events:us-east-1:000000000000:event-bus/mine'");
    fixture_ok(f, "events", "PutRule",
               "{'Name': 'r', 'EventBusName': 'mine', 'EventPattern': "
               "'{\\\"source\\\":[\\\"aws.s3\\\"]}'}");
    fixture_ok(f, "events", "PutTargets",
               "{'Rule': 'r', 'EventBusName': 'mine', 'Targets': [{'Id': 't', 'Arn': '" Q_ARN
               "'}]}");
    emit(f, "x");
    assert_int_equal(json_count(take(f, Q)), 1);
}

static void keeps_what_cannot_be_delivered(void **state)
{
    struct fixture *f = *state;
    make_queue(f, "dlq");
    make_rule(f, "lost", "{'source':['aws.s3']}",
              "'Arn': '" Q_ARN "', 'DeadLetterConfig': {'Arn': '" DLQ_ARN "'}");
    emit(f, "a"); // there is no queue q: to the dead-letter queue at once
    struct json *body = json_at(take(f, DLQ), 0);
    struct json *attributes = json_get(body, "attributes");
    assert_str(json_str(json_get(attributes, "ERROR_CODE"), "StringValue"), "QueueDoesNotExist");
    assert_str(json_str(json_get(attributes, "TARGET_ARN"), "StringValue"), Q_ARN);

    fixture_ok(f, "events", "PutTargets",
               "{'Rule': 'lost', 'Targets': [{'Id': 't', 'Arn': '" Q_ARN "'}]}");
    emit(f, "b"); // without one: tried again until the queue is there
    lake_run_due(f->lake);
    make_queue(f, "q");
    clock_advance(f->clock, 60 * 1000);
    lake_run_due(f->lake);
    assert_int_equal(json_count(take(f, Q)), 1);
}

static void fires_schedules(void **state)
{
    struct fixture *f = *state;
    make_queue(f, "q");
    fixture_ok(f, "events", "PutRule", "{'Name': 'r', 'ScheduleExpression': 'rate(5 minutes)'}");
    fixture_ok(f, "events", "PutTargets",
               "{'Rule': 'r', 'Targets': [{'Id': 't', 'Arn': '" Q_ARN "'}]}");
    lake_run_due(f->lake);
    assert_int_equal(json_count(take(f, Q)), 0);
    clock_advance(f->clock, 5 * 60 * 1000);
    lake_run_due(f->lake);
    struct json *bodies = take(f, Q);
    assert_int_equal(json_count(bodies), 1);
    assert_str(json_str(json_at(bodies, 0), "detail-type"), "Scheduled Event");
    assert_str(json_str(json_at(bodies, 0), "time"), "2026-11-22T00:05:00Z");
    clock_advance(f->clock, 60 * 60 * 1000 + 1000); // a long pause: once, and then on
    lake_run_due(f->lake);
    assert_int_equal(json_count(take(f, Q)), 1);
    clock_advance(f->clock, 5 * 60 * 1000);
    lake_run_due(f->lake);
    bodies = take(f, Q);
    assert_int_equal(json_count(bodies), 1);
    assert_str(json_str(json_at(bodies, 0), "time"), "2026-11-22T01:10:00Z");
    fixture_ok(f, "events", "DisableRule", "{'Name': 'r'}");
    clock_advance(f->clock, 60 * 60 * 1000);
    lake_run_due(f->lake);
    assert_int_equal(json_count(take(f, Q)), 0);
}

static void tests_patterns(void **state)
{
    struct fixture *f = *state;
    const char *event =
        "{\\\"id\\\":\\\"1\\\",\\\"account\\\":\\\"1\\\",\\\"source\\\":\\\"s\\\",\\\"time\\\":"
        "\\\"t\\\","
        "\\\"region\\\":\\\"r\\\",\\\"resources\\\":[],\\\"detail-type\\\":\\\"d\\\"}";
    struct json *reply =
        fixture_ok(f, "events", "TestEventPattern",
                   "{'EventPattern': '{\\\"source\\\":[\\\"s\\\"]}', 'Event': '%s'}", event);
    assert_true(json_bool_or(reply, "Result", false));
    fixture_refused(f, "InvalidEventPatternException", "events", "TestEventPattern",
                    "{'EventPattern': '{}', 'Event': '%s'}", event);
    fixture_refused(f, "ValidationException", "events", "TestEventPattern",
                    "{'EventPattern': '{\\\"source\\\":[\\\"s\\\"]}', 'Event': '{}'}");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(delivers_to_queues),
        TEST(transforms_input),
        TEST(puts_events),
        TEST(manages_buses_and_rules),
        TEST(forwards_between_buses),
        TEST(keeps_what_cannot_be_delivered),
        TEST(fires_schedules),
        TEST(tests_patterns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
