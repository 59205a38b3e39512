// SPDX-License-Identifier: Apache-2.0
#include "../../fixture.h"

#include "services/lambda/sqs_event.h"

#include <stdio.h>
#include <stdlib.h>

#define ARN "arn:aws:sqs:eu-west-1:000000000000:work"

static struct arena arena;

static struct json *parse(const char *text)
{
    char *copy = str_cstr(&arena, str_of(text));
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    struct json *value;
    struct error error = {0};
    if (json_parse(&arena, str_of(copy), &value, &error) != OK)
        fail_msg("%s in %s", error.text, text);
    return value;
}

static struct sqs_batch batch_of(int count, bool reports)
{
    struct sqs_batch batch;
    struct json *mapping =
        parse(reports ? "{'EventSourceArn': '" ARN
                        "', 'FunctionResponseTypes': ['ReportBatchItemFailures']}"
                      : "{'EventSourceArn': '" ARN "', 'FunctionResponseTypes': []}");
    sqs_batch_init(&batch, &arena, mapping, S("eu-west-1"), S("http://127.0.0.1:4566"));
    for (int i = 0; i < count; i++) {
        char text[256];
        snprintf(
            text, sizeof text,
            "[{'MessageId': 'm-%d', 'ReceiptHandle': 'r-%d', 'Body': 'b-%d', 'MD5OfBody': 'x'}]", i,
            i, i);
        sqs_batch_add(&batch, parse(text));
    }
    return batch;
}

// "r-0 r-2": what would be deleted.
static struct str deleted(const struct sqs_batch *batch, const char *answer)
{
    struct buf text = buf_in(&arena, 1 << 16);
    char *copy = str_cstr(&arena, str_of(answer));
    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    JSON_EACH (input, sqs_batch_deletions(batch, &arena, str_of(copy)))
        JSON_EACH (entry, json_get(input, "Entries"))
            buf_printf(&text, "%s%.*s", text.len ? " " : "",
                       STR_ARG(json_str(entry, "ReceiptHandle")));
    return buf_str(&text);
}

static void event_has_the_documented_shape(void **state)
{
    (void)state;
    struct sqs_batch batch = batch_of(0, false);
    sqs_batch_add(
        &batch, parse("[{'MessageId': 'm', 'ReceiptHandle': 'r', 'Body': 'text', 'MD5OfBody': 'd',"
                      "'Attributes': {'SentTimestamp': '1'}, 'MD5OfMessageAttributes': 'e', "
                      "'MessageAttributes':"
                      "{'k': {'DataType': 'String', 'StringValue': 'v'}}}]"));
    struct json *event,
        *expected = parse("{'Records': [{'messageId': 'm', 'receiptHandle': 'r', 'body': 'text', "
                          "'attributes': {'SentTimestamp': '1'},"
                          "'messageAttributes': {'k': {'stringValue': 'v', 'stringListValues': [], "
                          "'binaryListValues': [], 'dataType': 'String'}},"
                          "'md5OfMessageAttributes': 'e', 'md5OfBody': 'd', 'eventSource': "
                          "'aws:sqs', 'eventSourceARN': '" ARN "', 'awsRegion': 'eu-west-1'}]}");
    assert_int_equal(json_parse(&arena, sqs_batch_event(&batch, &arena), &event, NULL), OK);
    assert_true(json_equal(event, expected));
    assert_string_equal(str_cstr(&arena, batch.queue_url),
                        "http://127.0.0.1:4566/000000000000/work");
}

static void without_reporting_all_are_deleted(void **state)
{
    (void)state;
    struct sqs_batch batch = batch_of(2, false);
    assert_string_equal(
        str_cstr(&arena, deleted(&batch, "{'batchItemFailures': [{'itemIdentifier': 'm-0'}]}")),
        "r-0 r-1");
    assert_string_equal(str_cstr(&arena, deleted(&batch, "not json")), "r-0 r-1");
}

static void reported_failures_stay(void **state)
{
    static const struct {
        const char *answer, *deleted;
    } ROWS[] = {
        {"{'batchItemFailures': [{'itemIdentifier': 'm-1'}]}", "r-0 r-2"},
        {"{'batchItemFailures': []}", "r-0 r-1 r-2"},
        {"{'batchItemFailures': null}", "r-0 r-1 r-2"},
        {"{}", "r-0 r-1 r-2"},
        {"null", "r-0 r-1 r-2"},
        {"", "r-0 r-1 r-2"},
        // AWS: these count as a failure of the whole batch
        {"not json", ""},
        {"{'batchItemFailures': [{'itemIdentifier': 'other'}]}", ""},
        {"{'batchItemFailures': [{'itemIdentifier': ''}]}", ""},
        {"{'batchItemFailures': [{'itemIdentifier': null}]}", ""},
        {"{'batchItemFailures': [{'wrong': 'm-1'}]}", ""},
        {"{'batchItemFailures': 'm-1'}", ""},
    };
    (void)state;
    struct sqs_batch batch = batch_of(3, true);
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        assert_string_equal(str_cstr(&arena, deleted(&batch, ROWS[i].answer)), ROWS[i].deleted);
}

static void deletions_come_in_tens(void **state)
{
    (void)state;
    struct sqs_batch batch = batch_of(25, false);
    struct json *inputs = sqs_batch_deletions(&batch, &arena, S("null"));
    assert_int_equal(json_count(inputs), 3);
    assert_int_equal(json_count(json_get(json_at(inputs, 0), "Entries")), 10);
    assert_int_equal(json_count(json_get(json_at(inputs, 2), "Entries")), 5);
}

static void filters_choose(void **state)
{
    (void)state;
    struct sqs_batch batch;
    struct json *mapping =
        parse("{'EventSourceArn': '" ARN "', 'FilterCriteria': {'Filters': ["
              "{'Pattern': '{\\'body\\': {\\'kind\\': [\\'a\\', {\\'prefix\\': \\'b\\'}]}}'},"
              "{'Pattern': '{\\'body\\': [\\'plain\\']}'}]}}");
    static const char *const BODIES[] = {"{\\'kind\\': \\'a\\'}",
                                         "{\\'kind\\': \\'bc\\'}",
                                         "{\\'kind\\': \\'c\\'}",
                                         "plain",
                                         "other",
                                         "[1]"};
    sqs_batch_init(&batch, &arena, mapping, S("eu-west-1"), S("http://127.0.0.1:4566"));
    assert_int_equal(batch.filter_count, 2);
    for (int i = 0; i < 6; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "[{'MessageId': 'm-%d', 'ReceiptHandle': 'r-%d', 'Body': '%s'}]", i, i, BODIES[i]);
        sqs_batch_add(&batch, parse(text));
    }
    assert_string_equal(str_cstr(&arena, deleted(&batch, "null")), "r-0 r-1 r-3");
    assert_int_equal(
        json_count(json_get(json_at(sqs_batch_unwanted(&batch, &arena), 0), "Entries")), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(event_has_the_documented_shape),
        cmocka_unit_test(without_reporting_all_are_deleted),
        cmocka_unit_test(reported_failures_stay),
        cmocka_unit_test(deletions_come_in_tens),
        cmocka_unit_test(filters_choose),
    };
    arena_init(&arena);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit(&arena);
    return failed;
}
