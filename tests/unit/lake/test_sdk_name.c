// SPDX-License-Identifier: Apache-2.0
#include "lake/sdk_name.h"

#include <setjmp.h>
#include <cmocka.h>

static const struct field TAG_FIELDS[] = {{"key", &ANY_STRING}, {"value", &ANY_STRING}, {0}};
static const struct shape TAG = SHAPE_STRUCT(TAG_FIELDS);
static const struct shape TAGS = SHAPE_LIST(&TAG, 0, 0);
static const struct field INPUT_FIELDS[] = {
    {"stateMachineArn", &ANY_STRING}, {"tags", &TAGS}, {"names", &STRING_MAP}, {0}};
static const struct shape INPUT = SHAPE_STRUCT(INPUT_FIELDS);
static const struct op OP = {.name = "StartExecution", .input = &INPUT};

static struct str text_of(struct arena *arena, const char *json, bool to_sdk)
{
    struct json *value = NULL;
    assert_int_equal(json_parse(arena, str_of(json), &value, NULL), OK);
    return json_text(arena, to_sdk ? sdk_output(arena, sdk_name(S("sfn")), &OP, value)
                                   : sdk_input(arena, &OP, value));
}

#define assert_str(actual, expected)                                                               \
    do {                                                                                           \
        struct str actual_ = (actual);                                                             \
        assert_int_equal(actual_.len, sizeof(expected) - 1);                                       \
        assert_memory_equal(actual_.ptr, expected, sizeof(expected) - 1);                          \
    } while (0)

static void test_members(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_str(text_of(&arena,
                       "{\"StateMachineArn\":\"a\",\"Tags\":[{\"Key\":\"k\"}],\"Names\":{\"Any\":"
                       "\"x\"},\"Odd\":1}",
                       false),
               "{\"stateMachineArn\":\"a\",\"tags\":[{\"key\":\"k\"}],\"names\":{\"Any\":\"x\"},"
               "\"Odd\":1}");
    assert_str(text_of(&arena, "{\"executionArn\":\"a\",\"list\":[{\"name\":1}]}", true),
               "{\"ExecutionArn\":\"a\",\"List\":[{\"Name\":1}]}");
    arena_deinit(&arena);
}

static void test_errors(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_str(sdk_error(&arena, sdk_name(S("s3")), S("NoSuchKey")), "S3.NoSuchKeyException");
    assert_str(sdk_error(&arena, sdk_name(S("dynamodb")), S("ConditionalCheckFailedException")),
               "DynamoDb.ConditionalCheckFailedException");
    assert_str(sdk_error(&arena, sdk_name(S("sqs")), S("AWS.SimpleQueueService.NonExistentQueue")),
               "Sqs.NonExistentQueueException");
    assert_str(sdk_error(&arena, sdk_name(S("s3")), S("PreconditionFailed")), "S3.S3Exception");
    assert_null(sdk_name(S("nothing")));
    arena_deinit(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_members),
                                       cmocka_unit_test(test_errors)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
