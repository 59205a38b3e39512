// SPDX-License-Identifier: Apache-2.0
#include "../lake_fixture.h"

#define Q "http://127.0.0.1:4566/000000000000/q"
#define DLQ "http://127.0.0.1:4566/000000000000/dlq"
#define DLQ_ARN "arn:aws:sqs:us-east-1:000000000000:dlq"

static struct json *receive(struct fixture *f, const char *url, int max)
{
    struct json *reply =
        fixture_ok(f, "sqs", "ReceiveMessage",
                   "{'QueueUrl': '%s', 'MaxNumberOfMessages': %d, 'AttributeNames': ['All'], "
                   "'MessageAttributeNames': ['All']}",
                   url, max);
    return json_get(reply, "Messages");
}

static void expect_counts(struct fixture *f, const char *url, const char *visible,
                          const char *delayed, const char *in_flight)
{
    struct json *reply = fixture_ok(f, "sqs", "GetQueueAttributes",
                                    "{'QueueUrl': '%s', 'AttributeNames': ['All']}", url);
    struct json *attributes = json_get(reply, "Attributes");
    assert_str(json_str(attributes, "ApproximateNumberOfMessages"), visible);
    assert_str(json_str(attributes, "ApproximateNumberOfMessagesDelayed"), delayed);
    assert_str(json_str(attributes, "ApproximateNumberOfMessagesNotVisible"), in_flight);
}

static void delete_handle(struct fixture *f, const char *url, struct str handle)
{
    fixture_ok(f, "sqs", "DeleteMessage", "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s'}", url,
               STR_ARG(handle));
}

static void makes_and_describes_queues(void **state)
{
    struct fixture *f = *state;
    struct json *reply = fixture_ok(
        f, "sqs", "CreateQueue",
        "{'QueueName': 'q', 'Attributes': {'VisibilityTimeout': '60'}, 'tags': {'a': 'b'}}");
    assert_str(json_str(reply, "QueueUrl"), Q);
    fixture_ok(f, "sqs", "CreateQueue",
               "{'QueueName': 'q', 'Attributes': {'VisibilityTimeout': '60'}}");
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    fixture_refused(f, "QueueNameExists", "sqs", "CreateQueue",
                    "{'QueueName': 'q', 'Attributes': {'VisibilityTimeout': '61'}}");
    fixture_refused(f, "InvalidParameterValue", "sqs", "CreateQueue", "{'QueueName': 'no spaces'}");
    fixture_refused(f, "UnsupportedOperation", "sqs", "CreateQueue", "{'QueueName': 'q.fifo'}");
    fixture_refused(f, "InvalidAttributeName", "sqs", "CreateQueue",
                    "{'QueueName': 'x', 'Attributes': {'Nope': '1'}}");
    fixture_refused(f, "InvalidAttributeValue", "sqs", "CreateQueue",
                    "{'QueueName': 'x', 'Attributes': {'DelaySeconds': '901'}}");
    fixture_refused(f, "QueueDoesNotExist", "sqs", "GetQueueUrl", "{'QueueName': 'x'}");
    assert_str(json_str(fixture_ok(f, "sqs", "GetQueueUrl", "{'QueueName': 'q'}"), "QueueUrl"), Q);

    reply = fixture_ok(
        f, "sqs", "GetQueueAttributes",
        "{'QueueUrl': '%s', 'AttributeNames': ['QueueArn', 'VisibilityTimeout', 'Policy']}", Q);
    struct json *attributes = json_get(reply, "Attributes");
    assert_int_equal(json_count(attributes), 2);
    assert_str(json_str(attributes, "QueueArn"), "arn:aws:sqs:us-east-1:000000000000:q");
    fixture_ok(f, "sqs", "SetQueueAttributes",
               "{'QueueUrl': '%s', 'Attributes': {'DelaySeconds': '5'}}", Q);
    fixture_refused(f, "InvalidAttributeName", "sqs", "SetQueueAttributes",
                    "{'QueueUrl': '%s', 'Attributes': {'QueueArn': 'x'}}", Q);

    fixture_ok(f, "sqs", "TagQueue", "{'QueueUrl': '%s', 'Tags': {'c': 'd'}}", Q);
    fixture_ok(f, "sqs", "UntagQueue", "{'QueueUrl': '%s', 'TagKeys': ['a']}", Q);
    struct json *tags =
        json_get(fixture_ok(f, "sqs", "ListQueueTags", "{'QueueUrl': '%s'}", Q), "Tags");
    assert_int_equal(json_count(tags), 1);
    assert_str(json_str(tags, "c"), "d");

    fixture_ok(f, "sqs", "DeleteQueue", "{'QueueUrl': '%s'}", Q);
    fixture_refused(f, "QueueDoesNotExist", "sqs", "DeleteQueue", "{'QueueUrl': '%s'}", Q);
    fixture_refused(f, "QueueDoesNotExist", "sqs", "ReceiveMessage", "{'QueueUrl': '%s'}", Q);
}

static void lists_in_pages(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 5; i++)
        fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'a%d'}", i);
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'b'}");
    struct json *reply =
        fixture_ok(f, "sqs", "ListQueues", "{'QueueNamePrefix': 'a', 'MaxResults': 3}");
    assert_int_equal(json_count(json_get(reply, "QueueUrls")), 3);
    reply = fixture_ok(f, "sqs", "ListQueues",
                       "{'QueueNamePrefix': 'a', 'MaxResults': 3, 'NextToken': '%.*s'}",
                       STR_ARG(json_str(reply, "NextToken")));
    assert_int_equal(json_count(json_get(reply, "QueueUrls")), 2);
    assert_false(json_has(reply, "NextToken"));
    assert_int_equal(json_count(json_get(fixture_ok(f, "sqs", "ListQueues", "{}"), "QueueUrls")),
                     6);
}

static void sends_receives_deletes(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    struct json *sent =
        fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': 'hello'}", Q);
    assert_str(json_str(sent, "MD5OfMessageBody"), "5d41402abc4b2a76b9719d911017c592");
    expect_counts(f, Q, "1", "0", "0");

    struct json *message = json_at(receive(f, Q, 10), 0);
    assert_str(json_str(message, "Body"), "hello");
    assert_true(str_eq(json_str(message, "MessageId"), json_str(sent, "MessageId")));
    assert_str(json_str(json_get(message, "Attributes"), "ApproximateReceiveCount"), "1");
    assert_str(json_str(json_get(message, "Attributes"), "SentTimestamp"), "1795305600000");
    assert_int_equal(json_count(receive(f, Q, 10)), 0);
    expect_counts(f, Q, "0", "0", "1");

    clock_advance(f->clock, 30000);
    struct json *again = json_at(receive(f, Q, 10), 0);
    assert_str(json_str(json_get(again, "Attributes"), "ApproximateReceiveCount"), "2");
    delete_handle(
        f, Q, json_str(message, "ReceiptHandle")); // an old receive's: succeeds, deletes nothing
    expect_counts(f, Q, "0", "0", "1");
    delete_handle(f, Q, json_str(again, "ReceiptHandle"));
    delete_handle(f, Q, json_str(again, "ReceiptHandle"));
    expect_counts(f, Q, "0", "0", "0");
    clock_advance(f->clock, 60000);
    assert_int_equal(json_count(receive(f, Q, 10)), 0);
    fixture_refused(f, "ReceiptHandleIsInvalid", "sqs", "DeleteMessage",
                    "{'QueueUrl': '%s', 'ReceiptHandle': 'x'}", Q);
}

static void checks_what_is_sent(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue",
               "{'QueueName': 'q', 'Attributes': {'MaximumMessageSize': '1024'}}");
    fixture_refused(f, "InvalidParameterValue", "sqs", "SendMessage",
                    "{'QueueUrl': '%s', 'MessageBody': ''}", Q);
    fixture_refused(f, "InvalidMessageContents", "sqs", "SendMessage",
                    "{'QueueUrl': '%s', 'MessageBody': '\\u0001'}", Q);
    char large[1026];
    memset(large, 'x', sizeof large);
    large[1025] = 0;
    fixture_refused(f, "InvalidParameterValue", "sqs", "SendMessage",
                    "{'QueueUrl': '%s', 'MessageBody': '%s'}", Q, large);
    large[1024] = 0;
    fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': '%s'}", Q, large);
    fixture_refused(f, "InvalidParameterValue", "sqs", "SendMessage",
                    "{'QueueUrl': '%s', 'MessageBody': 'x', 'DelaySeconds': 901}", Q);
    fixture_refused(
        f, "InvalidParameterValue", "sqs", "SendMessage",
        "{'QueueUrl': '%s', 'MessageBody': 'x', 'MessageAttributes': {'a': {'DataType': 'Text', "
        "'StringValue': 'b'}}}",
        Q);
    fixture_refused(f, "InvalidParameterValue", "sqs", "SendMessage",
                    "{'QueueUrl': '%s', 'MessageBody': 'x', 'MessageAttributes': {'AWS.a': "
                    "{'DataType': 'String', "
                    "'StringValue': 'b'}}}",
                    Q);
}

static void digests_attributes(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    struct json *sent = fixture_ok(f, "sqs", "SendMessage",
                                   "{'QueueUrl': '%s', 'MessageBody': 'x', 'MessageAttributes': "
                                   "{'b': {'DataType': 'Number', 'StringValue': '1.5'},"
                                   "'a': {'DataType': 'String', 'StringValue': 'v'}, 'c': "
                                   "{'DataType': 'Binary', 'BinaryValue': 'AAEC'}}}",
                                   Q);
    // as calculated by the procedure in the SQS Developer Guide
    assert_str(json_str(sent, "MD5OfMessageAttributes"), "9fd4ca8d61697cb1997c26d9a223f54b");
    struct json *message = json_at(receive(f, Q, 1), 0);
    assert_int_equal(json_count(json_get(message, "MessageAttributes")), 3);
    assert_true(str_eq(json_str(sent, "MD5OfMessageAttributes"),
                       json_str(message, "MD5OfMessageAttributes")));
    clock_advance(f->clock, 30000);
    struct json *reply = fixture_ok(f, "sqs", "ReceiveMessage",
                                    "{'QueueUrl': '%s', 'MessageAttributeNames': ['a', 'z.*']}", Q);
    message = json_at(json_get(reply, "Messages"), 0);
    assert_int_equal(json_count(json_get(message, "MessageAttributes")), 1);
    assert_false(json_has(message, "Attributes"));
}

static void delays(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q', 'Attributes': {'DelaySeconds': '10'}}");
    fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': 'late'}", Q);
    fixture_ok(f, "sqs", "SendMessage",
               "{'QueueUrl': '%s', 'MessageBody': 'now', 'DelaySeconds': 0}", Q);
    expect_counts(f, Q, "1", "1", "0");
    assert_str(json_str(json_at(receive(f, Q, 10), 0), "Body"), "now");
    clock_advance(f->clock, 10000);
    assert_str(json_str(json_at(receive(f, Q, 10), 0), "Body"), "late");
}

static void changes_visibility(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': 'x'}", Q);
    struct str handle = json_str(json_at(receive(f, Q, 1), 0), "ReceiptHandle");
    fixture_ok(f, "sqs", "ChangeMessageVisibility",
               "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s', 'VisibilityTimeout': 100}", Q,
               STR_ARG(handle));
    clock_advance(f->clock, 99000);
    assert_int_equal(json_count(receive(f, Q, 1)), 0);
    fixture_ok(f, "sqs", "ChangeMessageVisibility",
               "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s', 'VisibilityTimeout': 0}", Q,
               STR_ARG(handle));
    fixture_refused(f, "MessageNotInflight", "sqs", "ChangeMessageVisibility",
                    "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s', 'VisibilityTimeout': 0}", Q,
                    STR_ARG(handle));
    assert_int_equal(json_count(receive(f, Q, 1)), 1);
    fixture_refused(f, "InvalidParameterValue", "sqs", "ChangeMessageVisibility",
                    "{'QueueUrl': '%s', 'ReceiptHandle': '%.*s', 'VisibilityTimeout': 43201}", Q,
                    STR_ARG(handle));
}

static void runs_batches(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    struct json *reply = fixture_ok(f, "sqs", "SendMessageBatch",
                                    "{'QueueUrl': '%s', 'Entries': [{'Id': 'a', 'MessageBody': "
                                    "'1'}, {'Id': 'b', 'MessageBody': '2', "
                                    "'DelaySeconds': 1000}, {'Id': 'c', 'MessageBody': '3'}]}",
                                    Q);
    assert_int_equal(json_count(json_get(reply, "Successful")), 2);
    struct json *failed = json_at(json_get(reply, "Failed"), 0);
    assert_str(json_str(failed, "Id"), "b");
    assert_str(json_str(failed, "Code"), "InvalidParameterValue");
    assert_true(json_bool_or(failed, "SenderFault", false));
    struct json *messages = receive(f, Q, 10);
    assert_int_equal(json_count(messages), 2);
    reply = fixture_ok(
        f, "sqs", "DeleteMessageBatch",
        "{'QueueUrl': '%s', 'Entries': [{'Id': 'a', 'ReceiptHandle': '%.*s'}, {'Id': 'b', "
        "'ReceiptHandle': 'x'}]}",
        Q, STR_ARG(json_str(json_at(messages, 0), "ReceiptHandle")));
    assert_str(json_str(json_at(json_get(reply, "Successful"), 0), "Id"), "a");
    assert_str(json_str(json_at(json_get(reply, "Failed"), 0), "Code"), "ReceiptHandleIsInvalid");
    fixture_refused(f, "EmptyBatchRequest", "sqs", "SendMessageBatch",
                    "{'QueueUrl': '%s', 'Entries': []}", Q);
    fixture_refused(f, "BatchEntryIdsNotDistinct", "sqs", "SendMessageBatch",
                    "{'QueueUrl': '%s', 'Entries': [{'Id': 'a', 'MessageBody': '1'}, {'Id': 'a', "
                    "'MessageBody': '2'}]}",
                    Q);
    fixture_refused(f, "InvalidBatchEntryId", "sqs", "SendMessageBatch",
                    "{'QueueUrl': '%s', 'Entries': [{'Id': 'a b', 'MessageBody': '1'}]}", Q);
}

static void redrives(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'dlq'}");
    fixture_refused(
        f, "InvalidAttributeValue", "sqs", "CreateQueue",
        "{'QueueName': 'q', 'Attributes': {'RedrivePolicy': '{\\\"deadLetterTargetArn\\\":\\\""
        "arn:aws:sqs:us-east-1:000000000000:none\\\",\\\"maxReceiveCount\\\":2}'}}");
    fixture_ok(f, "sqs", "CreateQueue",
               "{'QueueName': 'q', 'Attributes': {'RedrivePolicy': "
               "'{\\\"deadLetterTargetArn\\\":\\\"" DLQ_ARN
               "\\\",\\\"maxReceiveCount\\\":\\\"2\\\"}'}}");
    struct json *sources =
        fixture_ok(f, "sqs", "ListDeadLetterSourceQueues", "{'QueueUrl': '%s'}", DLQ);
    assert_str(json_as_str(json_at(json_get(sources, "queueUrls"), 0)), Q);
    fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': 'poison'}", Q);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(json_count(receive(f, Q, 1)), 1);
        clock_advance(f->clock, 30000);
    }
    assert_int_equal(json_count(receive(f, Q, 1)), 0);
    expect_counts(f, Q, "0", "0", "0");
    expect_counts(f, DLQ, "1", "0", "0");
    struct json *message = json_at(receive(f, DLQ, 1), 0);
    assert_str(json_str(message, "Body"), "poison");
    assert_str(json_str(json_get(message, "Attributes"), "DeadLetterQueueSourceArn"),
               "arn:aws:sqs:us-east-1:000000000000:q");
    clock_advance(f->clock, 30000);

    fixture_refused(f, "InvalidParameterValue", "sqs", "StartMessageMoveTask",
                    "{'SourceArn': 'arn:aws:sqs:us-east-1:000000000000:q'}");
    struct json *started =
        fixture_ok(f, "sqs", "StartMessageMoveTask", "{'SourceArn': '" DLQ_ARN "'}");
    fixture_refused(f, "UnsupportedOperation", "sqs", "StartMessageMoveTask",
                    "{'SourceArn': '" DLQ_ARN "'}");
    assert_true(json_str(started, "TaskHandle").len > 0);
    lake_run_due(f->lake);
    struct json *listed =
        fixture_ok(f, "sqs", "ListMessageMoveTasks", "{'SourceArn': '" DLQ_ARN "'}");
    struct json *move = json_at(json_get(listed, "Results"), 0);
    assert_str(json_str(move, "Status"), "COMPLETED");
    assert_int_equal(json_i64_or(move, "ApproximateNumberOfMessagesMoved", 0), 1);
    expect_counts(f, DLQ, "0", "0", "0");
    assert_str(json_str(json_at(receive(f, Q, 1), 0), "Body"), "poison");
}

static void purges_and_expires(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue",
               "{'QueueName': 'q', 'Attributes': {'MessageRetentionPeriod': '60'}}");
    for (int i = 0; i < 3; i++)
        fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': '%d'}", Q, i);
    fixture_ok(f, "sqs", "PurgeQueue", "{'QueueUrl': '%s'}", Q);
    fixture_refused(f, "PurgeQueueInProgress", "sqs", "PurgeQueue", "{'QueueUrl': '%s'}", Q);
    expect_counts(f, Q, "0", "0", "0");
    fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': 'after'}", Q);
    lake_run_due(f->lake);
    fixture_reopen(f);
    expect_counts(f, Q, "1", "0", "0");
    clock_advance(f->clock, 60000);
    assert_int_equal(json_count(receive(f, Q, 10)), 0);
    fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': 'swept'}", Q);
    clock_advance(f->clock, 3600 * 1000);
    assert_true(lake_run_due(f->lake) > 0);
    expect_counts(f, Q, "0", "0", "0");
}

static void survives_a_restart(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    for (int i = 0; i < 3; i++)
        fixture_ok(f, "sqs", "SendMessage",
                   "{'QueueUrl': '%s', 'MessageBody': '%d', 'DelaySeconds': %d}", Q, i,
                   i == 2 ? 100 : 0);
    struct str handle = json_str(json_at(receive(f, Q, 1), 0), "ReceiptHandle");
    fixture_reopen(f);
    expect_counts(f, Q, "1", "1", "1");
    delete_handle(f, Q, handle);
    expect_counts(f, Q, "1", "1", "0");
}

// --- long polls

struct poll {
    struct fixture *f;
    struct arena arena;
    struct json *messages;
};

static void *poll(void *argument)
{
    struct poll *p = argument;
    struct json *reply = NULL, *input = json_object(&p->arena);
    json_set_str(&p->arena, input, "QueueUrl", S(Q));
    json_set_i64(&p->arena, input, "WaitTimeSeconds", 20);
    struct call *call = lake_call(p->f->lake, &p->arena, lake_root(p->f->lake), STR_NONE);
    if (lake_run_blocking(call, "sqs", "ReceiveMessage", input, &reply) == OK)
        p->messages = json_get(reply, "Messages");
    return NULL;
}

static void wakes_long_polls(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'q'}");
    enum { POLLS = 8 };
    struct poll polls[POLLS] = {0};
    pthread_t threads[POLLS];
    for (int i = 0; i < POLLS; i++) {
        polls[i].f = f;
        arena_init(&polls[i].arena);
        pthread_create(&threads[i], NULL, poll, &polls[i]);
    }
    for (int i = 0; i < POLLS; i++)
        fixture_ok(f, "sqs", "SendMessage", "{'QueueUrl': '%s', 'MessageBody': '%d'}", Q, i);
    int seen = 0;
    for (int i = 0; i < POLLS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(json_count(polls[i].messages),
                         1); // every poll one message, no message twice
        int64_t body;
        assert_true(str_to_i64(json_str(json_at(polls[i].messages, 0), "Body"), &body));
        assert_false(seen & 1 << body);
        seen |= 1 << body;
        arena_deinit(&polls[i].arena);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(makes_and_describes_queues), TEST(lists_in_pages),     TEST(sends_receives_deletes),
        TEST(checks_what_is_sent),        TEST(digests_attributes), TEST(delays),
        TEST(changes_visibility),         TEST(runs_batches),       TEST(redrives),
        TEST(purges_and_expires),         TEST(survives_a_restart), TEST(wakes_long_polls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
