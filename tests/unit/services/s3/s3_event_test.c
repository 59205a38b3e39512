// SPDX-License-Identifier: Apache-2.0
// The events that S3 raises, taken by a stand-in for EventBridge.
#include "lake/service.h"

extern const struct service S3_SERVICE;
static const struct service EVENTS_SERVICE;
static const struct service *const SOME_SERVICES[] = {&S3_SERVICE, &EVENTS_SERVICE, NULL};
#define FIXTURE_SERVICES SOME_SERVICES
#include "s3_fixture.h"

static char last_event[4096]; // as JSON text; "" when none was raised since it was cleared
static bool refusing;

static const struct error_code REFUSED = {"Refused", 400, NULL};

static enum err emit_event(struct call *call, const struct json *in, struct json **out)
{
    (void)out;
    if (refusing)
        FAIL(call, REFUSED, "no");
    snprintf(last_event, sizeof last_event, "%.*s", STR_ARG(json_text(call->arena, in)));
    return OK;
}

static const struct field EMIT_FIELDS[] = {{"Source", &ANY_STRING, FIELD_REQUIRED},
                                           {"DetailType", &ANY_STRING, FIELD_REQUIRED},
                                           {"Resources", &STRING_LIST},
                                           {"Detail", &ANY_JSON, FIELD_REQUIRED},
                                           {0}};
static const struct shape EMIT_INPUT = SHAPE_STRUCT(EMIT_FIELDS);
static const struct op EVENTS_OPS[] = {
    {"EmitEvent", emit_event, OP_WRITE, &EMIT_INPUT, .flags = OP_INTERNAL}, {0}};
static const struct service EVENTS_SERVICE = {.name = "events", .ops = EVENTS_OPS};

static struct json *take_event(struct fixture *f)
{
    struct json *event = NULL;
    struct error error = {0};
    struct str text = str_dup(&f->arena, str_of(last_event));
    if (text.len)
        assert_int_equal(json_parse(&f->arena, text, &event, &error), OK);
    last_event[0] = 0;
    return event;
}

static int setup(void **state)
{
    last_event[0] = 0;
    refusing = false;
    int result = s3_setup(state);
    fixture_ok(*state, "s3", "PutBucketNotificationConfiguration",
               "{'Bucket': 'lake-raw', 'NotificationConfiguration': "
               "{'EventBridgeConfiguration': {}}}");
    return result;
}

static void raises_object_created(void **state)
{
    struct fixture *f = *state;
    s3_wire(f, "PutObject", &S("hello"), "{'Bucket': 'lake-raw', 'Key': 'a b'}");
    struct json *event = take_event(f), *detail = json_get(event, "Detail");
    assert_str(json_str(event, "Source"), "aws.s3");
    assert_str(json_str(event, "DetailType"), "Object Created");
    assert_str(json_as_str(json_at(json_get(event, "Resources"), 0)), "arn:aws:s3:::lake-raw");
    assert_str(json_str(detail, "version"), "0");
    assert_str(json_str(json_get(detail, "bucket"), "name"), "lake-raw");
    struct json *object = json_get(detail, "object");
    assert_str(json_str(object, "key"), "a b");
    assert_int_equal(json_i64_or(object, "size", 0), 5);
    assert_str(json_str(object, "etag"), "5d41402abc4b2a76b9719d911017c592");
    assert_int_equal(json_str(object, "sequencer").len, 16);
    assert_true(str_eq(json_str(detail, "request-id"), f->call->request_id));
    assert_str(json_str(detail, "requester"), "000000000000");
    assert_str(json_str(detail, "source-ip-address"), "192.0.2.7");
    assert_str(json_str(detail, "reason"), "PutObject");
}

static void grows_sequencers(void **state)
{
    struct fixture *f = *state;
    struct str last = S("");
    for (int i = 0; i < 3; i++) {
        s3_put(f, "lake-raw", "k", "x");
        struct str sequencer =
            json_str(json_get(json_get(take_event(f), "Detail"), "object"), "sequencer");
        assert_true(str_cmp(sequencer, last) > 0);
        last = sequencer;
    }
}

static void raises_object_deleted(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "k", "x");
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    struct json *event = take_event(f), *detail = json_get(event, "Detail");
    assert_str(json_str(event, "DetailType"), "Object Deleted");
    assert_str(json_str(detail, "reason"), "DeleteObject");
    assert_str(json_str(detail, "deletion-type"), "Permanently Deleted");
    assert_str(json_str(json_get(detail, "object"), "key"), "k");
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_null(take_event(f)); // it was not there
}

static void tells_reasons_apart(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "k", "x");
    fixture_ok(f, "s3", "CopyObject",
               "{'Bucket': 'lake-raw', 'Key': 'copy', 'CopySource': 'lake-raw/k'}");
    assert_str(json_str(json_get(take_event(f), "Detail"), "reason"), "CopyObject");
    struct json *reply =
        fixture_ok(f, "s3", "CreateMultipartUpload", "{'Bucket': 'lake-raw', 'Key': 'm'}");
    struct str id = json_str(reply, "UploadId");
    fixture_ok(f, "s3", "UploadPart",
               "{'Bucket': 'lake-raw', 'Key': 'm', 'UploadId': '%.*s', 'PartNumber': 1, "
               "'Body': 'hello'}",
               STR_ARG(id));
    assert_null(take_event(f));
    fixture_ok(f, "s3", "CompleteMultipartUpload",
               "{'Bucket': 'lake-raw', 'Key': 'm', 'UploadId': '%.*s', 'MultipartUpload': "
               "{'Parts': [{'PartNumber': 1, 'ETag': '5d41402abc4b2a76b9719d911017c592'}]}}",
               STR_ARG(id));
    assert_str(json_str(json_get(take_event(f), "Detail"), "reason"), "CompleteMultipartUpload");
}

static void raises_nothing_unless_asked(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'quiet'}");
    s3_put(f, "quiet", "k", "x");
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'quiet', 'Key': 'k'}");
    assert_null(take_event(f));
}

// The object and its event commit together or not at all.
static void shares_the_transaction(void **state)
{
    struct fixture *f = *state;
    refusing = true;
    fixture_refused(f, "Refused", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': 'x'}");
    fixture_refused(f, "NoSuchKey", "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(raises_object_created),       TEST(grows_sequencers),
        TEST(raises_object_deleted),       TEST(tells_reasons_apart),
        TEST(raises_nothing_unless_asked), TEST(shares_the_transaction),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
