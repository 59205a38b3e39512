// SPDX-License-Identifier: Apache-2.0
// Lambda inside a lake: names, the contracts of tasks, and, where sandboxes work, functions that
// run.
#include "lake/service.h"

#include "services/lambda/lambda.h"

// A service that takes what InvokeTask hands over, and counts.
static enum err test_done(struct call *call, const struct json *in, struct json **out);
static const struct shape ANYTHING = {.type = SHAPE_ANY};
static const struct op TEST_OPS[] = {{"Done", test_done, OP_WRITE, &ANYTHING, .flags = OP_INTERNAL},
                                     {0}};
static const struct service TEST_SERVICE = {
    .name = "test", .signing_name = "test", .protocols = PROTOCOL_JSON_1_0, .ops = TEST_OPS};
extern const struct service LAMBDA_SERVICE, LOGS_SERVICE, SQS_SERVICE, S3_SERVICE;
static const struct service *const SERVICES_HERE[] = {&LAMBDA_SERVICE, &LOGS_SERVICE, &SQS_SERVICE,
                                                      &S3_SERVICE,     &TEST_SERVICE, NULL};
#define FIXTURE_SERVICES SERVICES_HERE

#include "../lake_fixture.h"

#include "base/encode.h"
#include "http/server.h"
#include "os/sandbox.h"

#include <zip.h>

static struct str last_result; // of Done, malloced
static int results;

static enum err test_done(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    if (json_has(in, "Refuse"))
        return error_set(&call->error, ERR_INVALID, "refused");
    free((char *)last_result.ptr);
    struct str text = json_text(call->arena, in);
    char *copy = malloc(text.len + 1);
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = 0;
    last_result = str_n(copy, text.len);
    results++;
    return OK;
}

static struct str zip_of(struct fixture *f, const char *name, const char *text)
{
    zip_error_t reason;
    zip_stat_t stat;
    zip_error_init(&reason);
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, &reason);
    zip_source_keep(target);
    zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, &reason);
    zip_int64_t index = zip_file_add(zip, name, zip_source_buffer(zip, text, strlen(text), 0), 0);
    zip_file_set_external_attributes(zip, (zip_uint64_t)index, 0, ZIP_OPSYS_UNIX, 0100755u << 16);
    assert_int_equal(zip_close(zip), 0);
    assert_int_equal(zip_source_open(target), 0);
    zip_source_stat(target, &stat);
    char *bytes = arena_bytes(&f->arena, stat.size);
    zip_source_read(target, bytes, stat.size);
    zip_source_close(target);
    zip_source_free(target);
    return base64_encode(&f->arena, str_n(bytes, stat.size));
}

static void create(struct fixture *f, const char *name, const char *source, const char *more)
{
    fixture_ok(f, "lambda", "CreateFunction",
               "{'FunctionName': '%s', 'Runtime': 'python3.12', 'Role': "
               "'arn:aws:iam::000000000000:role/r', "
               "'Handler': 'app.handler', 'Code': {'ZipFile': '%.*s'}%s}",
               name, STR_ARG(zip_of(f, "app.py", source)), more);
}

static void names_in_all_their_forms(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "", "");
    static const char *const GOOD[] = {"f",
                                       "arn:aws:lambda:us-east-1:000000000000:function:f",
                                       "000000000000:function:f",
                                       "function:f",
                                       "f:$LATEST",
                                       "arn:aws:lambda:us-east-1:000000000000:function:f:$LATEST"};
    static const char *const ABSENT[] = {"g", "f:1", "f:live",
                                         "arn:aws:lambda:eu-west-1:000000000000:function:f"};
    static const char *const BAD[] = {"a b", "f:", "f:a:b", "f/x",
                                      "arn:aws:lambda:us-east-1:000000000000:layer:f"};
    for (size_t i = 0; i < sizeof GOOD / sizeof *GOOD; i++)
        fixture_ok(f, "lambda", "GetFunctionConfiguration", "{'FunctionName': '%s'}", GOOD[i]);
    for (size_t i = 0; i < sizeof ABSENT / sizeof *ABSENT; i++)
        fixture_refused(f, "ResourceNotFoundException", "lambda", "GetFunctionConfiguration",
                        "{'FunctionName': '%s'}", ABSENT[i]);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++)
        if (i != 1)
            fixture_refused(f, "InvalidParameterValueException", "lambda",
                            "GetFunctionConfiguration", "{'FunctionName': '%s'}", BAD[i]);
    fixture_refused(f, "InvalidParameterValueException", "lambda", "GetFunctionConfiguration",
                    "{'FunctionName': 'f:1', 'Qualifier': '2'}");
}

// --- tasks

struct later {
    struct task task;
};

static enum err add_task(struct call *call, void *context)
{
    struct later *later = context;
    return call_later(call, &later->task);
}

static void add(struct fixture *f, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct later later = {.task = {.name = S("t"),
                                   .service = S("lambda"),
                                   .op = S("InvokeTask"),
                                   .input = fixture_json(f, format, args)}};
    va_end(args);
    struct call *call = lake_call(f->lake, &f->arena, lake_root(f->lake), STR_NONE);
    assert_int_equal(call_transact(call, add_task, &later), OK);
}

static void expect(struct fixture *f, int count, const char *expected)
{
    assert_int_equal(results, count);
    if (expected && !str_contains(last_result, str_of(expected)))
        fail_msg("%.*s has no %s", STR_ARG(last_result), expected);
    (void)f;
}

#define DONE "'OnDone': {'service': 'test', 'op': 'Done', 'input': {'Token': 'x'}}"

static void a_task_for_nobody_reports_the_error(void **state)
{
    struct fixture *f = *state;
    results = 0;
    add(f, "{'FunctionName': 'gone', 'Payload': '{}', " DONE "}");
    lake_run_due(f->lake);
    expect(f, 1, "\"Token\":\"x\",\"Result\":{\"Error\":{\"Code\":\"ResourceNotFoundException\"");
    assert_int_equal(lake_run_due(f->lake), 0);
}

static void a_task_that_cannot_run_reports_why(void **state)
{
    struct fixture *f = *state; // nobody serves this lake, so that functions cannot reach it
    results = 0;
    create(f, "f", "", "");
    add(f, "{'FunctionName': 'f', 'Payload': '{}', " DONE "}");
    lake_run_due(f->lake);
    expect(f, 1, "\"Code\":\"InvalidRuntimeException\"");
}

static void what_is_not_taken_stays_a_task(void **state)
{
    struct fixture *f = *state;
    results = 0;
    add(f, "{'FunctionName': 'gone', 'OnDone': {'service': 'test', 'op': 'Done', 'input': "
           "{'Refuse': true}}}");
    assert_int_equal(lake_run_due(f->lake), 1);
    assert_int_equal(lake_run_due(f->lake), 0); // waits for its retry
    clock_advance(f->clock, 60 * 1000);
    assert_int_equal(lake_run_due(f->lake), 1);
    expect(f, 0, NULL);
}

static void a_cancelled_task_reports_nothing(void **state)
{
    struct fixture *f = *state;
    results = 0;
    add(f, "{'FunctionName': 'gone', " DONE "}");
    add(f, "{'FunctionName': 'gone', 'OnDone': {'service': 'test', 'op': 'Done', 'input': "
           "{'Second': 1}}}"); // replaces it
    lake_run_due(f->lake);
    expect(f, 1, "\"Second\":1");
}

static void async_attempts_are_tasks(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "sqs", "CreateQueue", "{'QueueName': 'letters'}");
    create(f, "f", "",
           ", 'DeadLetterConfig': {'TargetArn': 'arn:aws:sqs:us-east-1:000000000000:letters'}");
    fixture_ok(f, "lambda", "Invoke",
               "{'FunctionName': 'f', 'InvocationType': 'Event', 'Payload': '%.*s'}",
               STR_ARG(base64_encode(&f->arena, S("{\"n\":1}"))));
    size_t runs = lake_run_due(f->lake);
    for (int i = 0; i < 3; i++) {
        clock_advance(f->clock, 120 * 1000);
        runs += lake_run_due(f->lake);
    }
    assert_int_equal(runs, 3); // and two retries
    struct json *reply = fixture_ok(f, "sqs", "ReceiveMessage",
                                    "{'QueueUrl': 'http://127.0.0.1:4566/000000000000/letters', "
                                    "'MessageAttributeNames': ['All']}");
    struct json *letter = json_at(json_get(reply, "Messages"), 0);
    assert_str(json_str(letter, "Body"), "{\"n\":1}");
    assert_true(json_has(json_get(letter, "MessageAttributes"), "RequestID"));
}

static void a_throttled_event_waits_without_counting(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "", "");
    fixture_ok(f, "lambda", "PutFunctionConcurrency",
               "{'FunctionName': 'f', 'ReservedConcurrentExecutions': 0}");
    fixture_ok(f, "lambda", "Invoke", "{'FunctionName': 'f', 'InvocationType': 'Event'}");
    for (int i = 0; i < 20; i++) {
        assert_int_equal(lake_run_due(f->lake), 1);
        clock_advance(f->clock, 5 * 60 * 1000);
    }
    clock_advance(f->clock, (int64_t)6 * 3600 * 1000); // older than an event may be
    assert_int_equal(lake_run_due(f->lake), 1);
    clock_advance(f->clock, 10 * 60 * 1000);
    assert_int_equal(lake_run_due(f->lake), 0);
}

static void waiting_is_refused_inside(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "", "");
    struct later later = {.task = {.service = S("lambda"),
                                   .op = S("Invoke"),
                                   .input = json_object(&f->arena),
                                   .attempts_max = 1}};
    json_set_str(&f->arena, later.task.input, "FunctionName", S("f"));
    struct call *call = lake_call(f->lake, &f->arena, lake_root(f->lake), STR_NONE);
    assert_int_equal(call_transact(call, add_task, &later), OK);
    assert_int_equal(lake_run_due(f->lake), 1); // refused, not stuck
}

// --- functions that run

static int setup_served(void **state)
{
    struct error error = {0};
    if (fixture_setup(state) != 0)
        return -1;
    struct fixture *f = *state;
    struct http_server *server = http_server_new(f->lake, NULL);
    if (http_server_start(server, -1, &error) != OK)
        fail_msg("%s", error.text);
    lake_set_http_server(f->lake, server);
    results = 0;
    return 0;
}

static int teardown_served(void **state)
{
    struct fixture *f = *state;
    struct http_server *server = lake_http_server(f->lake);
    lake_cancel(f->lake);
    bool stopped = http_server_stop(server, 10000);
    assert_true(stopped);
    int failed = fixture_teardown(state);
    http_server_free(server);
    return failed;
}

static struct str invoke(struct fixture *f, const char *name, const char *payload)
{
    fixture_ok(f, "lambda", "Invoke", "{'FunctionName': '%s', 'Payload': '%.*s'}", name,
               STR_ARG(base64_encode(&f->arena, str_of(payload))));
    assert_true(f->call->reply_body.present);
    return f->call->reply_body.bytes;
}

static void a_function_answers(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "def handler(event, context): return {'got': event}", "");
    assert_str(invoke(f, "f", "[1, 2]"), "{\"got\": [1, 2]}");
    assert_str(invoke(f, "f", "\"again\""), "{\"got\": \"again\"}");
    struct lambda *lambda = lake_state(f->lake, "lambda");
    assert_int_equal(engine_environments(lambda->engine), 1);
}

static void a_changed_function_gets_a_new_environment(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "def handler(event, context): return 1", "");
    assert_str(invoke(f, "f", "{}"), "1");
    fixture_ok(f, "lambda", "UpdateFunctionCode", "{'FunctionName': 'f', 'ZipFile': '%.*s'}",
               STR_ARG(zip_of(f, "app.py", "def handler(event, context): return 2")));
    assert_str(invoke(f, "f", "{}"), "2");
}

static void a_task_ends_with_the_answer(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "def handler(event, context): return event['n'] * 2", "");
    add(f, "{'FunctionName': 'f', 'Payload': '{\\'n\\': 21}', " DONE "}");
    lake_run_due(f->lake);
    expect(f, 1,
           "\"Result\":{\"StatusCode\":200,\"ExecutedVersion\":\"$LATEST\",\"Payload\":\"42\"}");
}

static void a_task_ends_with_the_failure(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "def handler(event, context): raise ValueError('bad')", "");
    add(f, "{'FunctionName': 'f', 'Payload': '{}', " DONE "}");
    lake_run_due(f->lake);
    expect(f, 1, "\"FunctionError\":\"Unhandled\"");
    assert_true(str_contains(last_result, S("ValueError")));
}

static void a_task_need_not_wait(void **state)
{
    struct fixture *f = *state;
    create(f, "f", "def handler(event, context): return 1", "");
    add(f, "{'FunctionName': 'f', 'Payload': '{}', 'InvocationType': 'Event', " DONE "}");
    assert_int_equal(lake_run_due(f->lake), 2); // itself, and the event
    expect(f, 1, "\"StatusCode\":202");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
#define SERVED(name) cmocka_unit_test_setup_teardown(name, setup_served, teardown_served)
    const struct CMUnitTest tests[] = {
        TEST(names_in_all_their_forms),
        TEST(a_task_for_nobody_reports_the_error),
        TEST(a_task_that_cannot_run_reports_why),
        TEST(what_is_not_taken_stays_a_task),
        TEST(a_cancelled_task_reports_nothing),
        TEST(async_attempts_are_tasks),
        TEST(a_throttled_event_waits_without_counting),
        TEST(waiting_is_refused_inside),
    };
    const struct CMUnitTest running[] = {
        SERVED(a_function_answers),          SERVED(a_changed_function_gets_a_new_environment),
        SERVED(a_task_ends_with_the_answer), SERVED(a_task_ends_with_the_failure),
        SERVED(a_task_need_not_wait),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    struct error error = {0};
    if (sandbox_probe(&error) == OK)
        failed += cmocka_run_group_tests(running, NULL, NULL);
    else
        print_message("functions are not run: %s\n", error.text);
    free((char *)last_result.ptr);
    return failed;
}
