// SPDX-License-Identifier: Apache-2.0
#include "s3_fixture.h"

static void knows_valid_names(void **state)
{
    (void)state;
    static const char *const good[] = {"abc", "a.b-c", "lake-raw", "123", "1.2.3.four"};
    static const char *const bad[] = {"ab",  "Abc",         "-abc",      "abc-",        "a..b",
                                      "a_b", "192.168.0.1", "xn--abc",   "abc-s3alias", "a b c",
                                      "",    "sthree-a",    "abc--x-s3", ".abc",        "a.b."};
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(s3_bucket_name_valid(str_of(good[i])));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (s3_bucket_name_valid(str_of(bad[i])))
            fail_msg("%s", bad[i]);
    char name[64];
    memset(name, 'a', sizeof name);
    assert_true(s3_bucket_name_valid(str_n(name, 63)));
    assert_false(s3_bucket_name_valid(str_n(name, 64)));
}

static void creates_lists_and_deletes(void **state)
{
    struct fixture *f = *state;
    struct json *reply = fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'b-two'}");
    assert_str(json_str(reply, "Location"), "/b-two");
    reply = fixture_ok(f, "s3", "ListBuckets", "{}");
    struct json *buckets = json_get(reply, "Buckets");
    assert_int_equal(json_count(buckets), 2);
    assert_str(json_str(json_at(buckets, 0), "Name"), "b-two");
    assert_str(json_str(json_at(buckets, 1), "Name"), "lake-raw");
    assert_int_equal(json_i64_or(json_at(buckets, 0), "CreationDate", 0), FIXTURE_START_MS / 1000);
    assert_int_equal(json_str(json_get(reply, "Owner"), "ID").len, 64);

    reply = fixture_ok(f, "s3", "HeadBucket", "{'Bucket': 'b-two'}");
    assert_str(json_str(reply, "BucketRegion"), "us-east-1");
    fixture_ok(f, "s3", "DeleteBucket", "{'Bucket': 'b-two'}");
    fixture_refused(f, "NoSuchBucket", "s3", "HeadBucket", "{'Bucket': 'b-two'}");
    assert_int_equal(f->call->code->status, 404);
    fixture_refused(f, "NoSuchBucket", "s3", "DeleteBucket", "{'Bucket': 'b-two'}");
}

static void pages_through_buckets(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'lake-stage'}");
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'other'}");
    struct json *reply = fixture_ok(f, "s3", "ListBuckets", "{'MaxBuckets': 1, 'Prefix': 'lake'}");
    assert_int_equal(json_count(json_get(reply, "Buckets")), 1);
    struct str token = json_str(reply, "ContinuationToken");
    assert_true(token.len > 0);
    reply = fixture_ok(f, "s3", "ListBuckets",
                       "{'MaxBuckets': 1, 'Prefix': 'lake', 'ContinuationToken': '%.*s'}",
                       STR_ARG(token));
    assert_str(json_str(json_at(json_get(reply, "Buckets"), 0), "Name"), "lake-stage");
    assert_false(json_has(reply, "ContinuationToken"));
    fixture_refused(f, "InvalidArgument", "s3", "ListBuckets", "{'ContinuationToken': 'x'}");
}

static void refuses_bad_requests(void **state)
{
    struct fixture *f = *state;
    fixture_refused(f, "InvalidBucketName", "s3", "CreateBucket", "{'Bucket': 'Nope'}");
    fixture_refused(f, "BucketAlreadyOwnedByYou", "s3", "CreateBucket", "{'Bucket': 'lake-raw'}");
    s3_wire(f, "CreateBucket", NULL, "{'Bucket': 'lake-raw'}"); // in us-east-1, as on AWS
    fixture_refused(f, "InvalidLocationConstraint", "s3", "CreateBucket",
                    "{'Bucket': 'abc', 'CreateBucketConfiguration': "
                    "{'LocationConstraint': 'us-east-1'}}");
    fixture_refused(f, "AccessControlListNotSupported", "s3", "CreateBucket",
                    "{'Bucket': 'abc', 'ACL': 'public-read'}");
    fixture_refused(f, "NotImplemented", "s3", "CreateBucket",
                    "{'Bucket': 'abc', 'ObjectLockEnabledForBucket': true}");
    fixture_refused(f, "NotImplemented", "s3", "CreateBucket",
                    "{'Bucket': 'abc', 'GrantRead': 'id=x'}");
    fixture_refused(f, "AccessDenied", "s3", "HeadBucket",
                    "{'Bucket': 'lake-raw', 'ExpectedBucketOwner': '111122223333'}");
    fixture_refused(f, "InvalidArgument", "s3", "HeadBucket", "{}");
}

static void keeps_regions(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket",
               "{'Bucket': 'frankfurt', 'CreateBucketConfiguration': "
               "{'LocationConstraint': 'eu-central-1'}}");
    s3_wire(f, "GetBucketLocation", NULL, "{'Bucket': 'frankfurt'}");
    assert_true(str_contains(s3_reply_bytes(f), S(">eu-central-1</LocationConstraint>")));
    struct json *reply = fixture_ok(f, "s3", "GetBucketLocation", "{'Bucket': 'lake-raw'}");
    assert_str(json_str(reply, "LocationConstraint"), "");
    f->call = lake_call(f->lake, &f->arena, lake_root(f->lake), S("eu-west-1"));
    f->call->method = S("PUT");
    struct json *input = json_set_str(&f->arena, json_object(&f->arena), "Bucket", S("abc"));
    assert_int_equal(lake_run_blocking(f->call, "s3", "CreateBucket", input, &reply), ERR_CODED);
    assert_string_equal(f->call->code->code, "IllegalLocationConstraintException");
}

static void deletes_only_empty_ones(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "a", "x");
    fixture_refused(f, "BucketNotEmpty", "s3", "DeleteBucket", "{'Bucket': 'lake-raw'}");
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'lake-raw', 'Key': 'a'}");
    // An upload that was never completed goes with the bucket, and what was configured too.
    fixture_ok(f, "s3", "CreateMultipartUpload", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    fixture_ok(f, "s3", "PutBucketTagging",
               "{'Bucket': 'lake-raw', 'Tagging': {'TagSet': [{'Key': 'a', 'Value': 'b'}]}}");
    fixture_ok(f, "s3", "DeleteBucket", "{'Bucket': 'lake-raw'}");
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchTagSet", "s3", "GetBucketTagging", "{'Bucket': 'lake-raw'}");
    struct json *reply = fixture_ok(f, "s3", "ListMultipartUploads", "{'Bucket': 'lake-raw'}");
    assert_int_equal(json_count(json_get(reply, "Uploads")), 0);
}

static void configures_notification(void **state)
{
    struct fixture *f = *state;
    struct json *reply =
        fixture_ok(f, "s3", "GetBucketNotificationConfiguration", "{'Bucket': 'lake-raw'}");
    assert_false(json_has(reply, "EventBridgeConfiguration"));
    fixture_ok(f, "s3", "PutBucketNotificationConfiguration",
               "{'Bucket': 'lake-raw', 'NotificationConfiguration': "
               "{'EventBridgeConfiguration': {}, 'QueueConfigurations': []}}");
    reply = fixture_ok(f, "s3", "GetBucketNotificationConfiguration", "{'Bucket': 'lake-raw'}");
    assert_true(json_has(reply, "EventBridgeConfiguration"));
    fixture_refused(f, "NotImplemented", "s3", "PutBucketNotificationConfiguration",
                    "{'Bucket': 'lake-raw', 'NotificationConfiguration': "
                    "{'QueueConfigurations': [{'Id': 'x'}]}}");
    assert_non_null(strstr(f->call->error.text, "QueueConfigurations"));
    fixture_ok(f, "s3", "PutBucketNotificationConfiguration",
               "{'Bucket': 'lake-raw', 'NotificationConfiguration': {}}");
    reply = fixture_ok(f, "s3", "GetBucketNotificationConfiguration", "{'Bucket': 'lake-raw'}");
    assert_false(json_has(reply, "EventBridgeConfiguration"));
}

static void keeps_policy_and_tags(void **state)
{
    struct fixture *f = *state;
    fixture_refused(f, "NoSuchBucketPolicy", "s3", "GetBucketPolicy", "{'Bucket': 'lake-raw'}");
    struct json *input = json_object(&f->arena), *reply;
    json_set_str(&f->arena, input, "Bucket", S("lake-raw"));
    json_set_str(&f->arena, input, "Policy", S("{\"Version\": \"2012-10-17\", \"Statement\": []}"));
    assert_int_equal(fixture_run(f, "s3", "PutBucketPolicy", input, &reply), OK);
    reply = fixture_ok(f, "s3", "GetBucketPolicy", "{'Bucket': 'lake-raw'}");
    assert_true(str_starts(json_str(reply, "Policy"), S("{\"Version\"")));
    fixture_ok(f, "s3", "DeleteBucketPolicy", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchBucketPolicy", "s3", "GetBucketPolicy", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "MalformedPolicy", "s3", "PutBucketPolicy",
                    "{'Bucket': 'lake-raw', 'Policy': 'nonsense'}");

    fixture_ok(f, "s3", "PutBucketTagging",
               "{'Bucket': 'lake-raw', 'Tagging': {'TagSet': [{'Key': 'a', 'Value': 'b'}]}}");
    reply = fixture_ok(f, "s3", "GetBucketTagging", "{'Bucket': 'lake-raw'}");
    assert_str(json_str(json_at(json_get(reply, "TagSet"), 0), "Value"), "b");
    fixture_ok(f, "s3", "DeleteBucketTagging", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchTagSet", "s3", "GetBucketTagging", "{'Bucket': 'lake-raw'}");
}

static void answers_what_is_true_of_all(void **state)
{
    struct fixture *f = *state;
    struct json *reply = fixture_ok(f, "s3", "GetBucketVersioning", "{'Bucket': 'lake-raw'}");
    assert_int_equal(json_count(reply), 0);
    fixture_ok(f, "s3", "GetBucketLogging", "{'Bucket': 'lake-raw'}");
    reply = fixture_ok(f, "s3", "GetBucketAcl", "{'Bucket': 'lake-raw'}");
    assert_str(json_str(json_at(json_get(reply, "Grants"), 0), "Permission"), "FULL_CONTROL");
    reply = fixture_ok(f, "s3", "GetPublicAccessBlock", "{'Bucket': 'lake-raw'}");
    assert_true(
        json_bool_or(json_get(reply, "PublicAccessBlockConfiguration"), "BlockPublicAcls", false));
    fixture_ok(f, "s3", "DeletePublicAccessBlock", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchPublicAccessBlockConfiguration", "s3", "GetPublicAccessBlock",
                    "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchCORSConfiguration", "s3", "GetBucketCors", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchLifecycleConfiguration", "s3", "GetBucketLifecycleConfiguration",
                    "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NoSuchBucket", "s3", "GetBucketWebsite", "{'Bucket': 'not-there'}");
    fixture_refused(f, "ServerSideEncryptionConfigurationNotFoundError", "s3",
                    "GetBucketEncryption", "{'Bucket': 'lake-raw'}");
    fixture_refused(f, "NotImplemented", "s3", "PutBucketEncryption",
                    "{'Bucket': 'lake-raw', 'ServerSideEncryptionConfiguration': {'Rules': "
                    "[{'ApplyServerSideEncryptionByDefault': {'SSEAlgorithm': 'aws:kms'}}]}}");
    fixture_refused(f, "OwnershipControlsNotFoundError", "s3", "GetBucketOwnershipControls",
                    "{'Bucket': 'lake-raw'}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_valid_names),
        S3_TEST(creates_lists_and_deletes),
        S3_TEST(pages_through_buckets),
        S3_TEST(refuses_bad_requests),
        S3_TEST(keeps_regions),
        S3_TEST(deletes_only_empty_ones),
        S3_TEST(configures_notification),
        S3_TEST(keeps_policy_and_tags),
        S3_TEST(answers_what_is_true_of_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
