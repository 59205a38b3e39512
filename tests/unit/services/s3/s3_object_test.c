// SPDX-License-Identifier: Apache-2.0
#include "s3_fixture.h"

#define HELLO_MD5 "5d41402abc4b2a76b9719d911017c592"

static void puts_and_gets(void **state)
{
    struct fixture *f = *state;
    struct str hello = S("hello");
    struct json *reply =
        s3_wire(f, "PutObject", &hello,
                "{'Bucket': 'lake-raw', 'Key': 'a/b', 'ContentType': 'text/plain', "
                "'CacheControl': 'no-cache', 'ContentEncoding': 'aws-chunked,gzip', "
                "'Metadata': {'Who': 'me'}, 'Tagging': 'a=1&b=%%C3%%BC'}");
    assert_str(json_str(reply, "ETag"), "\"" HELLO_MD5 "\"");
    reply = s3_wire(f, "GetObject", NULL, "{'Bucket': 'lake-raw', 'Key': 'a/b'}");
    assert_str(s3_reply_bytes(f), "hello");
    assert_str(json_str(reply, "ContentType"), "text/plain");
    assert_str(json_str(reply, "CacheControl"), "no-cache");
    assert_str(json_str(reply, "ContentEncoding"), "gzip");
    assert_str(json_str(json_get(reply, "Metadata"), "who"), "me");
    assert_int_equal(json_i64_or(reply, "ContentLength", 0), 5);
    assert_int_equal(json_i64_or(reply, "TagCount", 0), 2);
    assert_int_equal(json_i64_or(reply, "LastModified", 0), FIXTURE_START_MS / 1000);
    reply = fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'a/b'}");
    assert_str(json_str(reply, "ETag"), "\"" HELLO_MD5 "\"");
    fixture_refused(f, "NoSuchKey", "s3", "GetObject", "{'Bucket': 'lake-raw', 'Key': 'a'}");
    assert_str(json_str(f->call->error_members, "Key"), "a");
    fixture_refused(f, "NoSuchBucket", "s3", "GetObject", "{'Bucket': 'nowhere', 'Key': 'a'}");
}

static void overwrites_large_with_small_and_back(void **state)
{
    struct fixture *f = *state;
    struct str large = s3_fill(f, 'x', 100000), small = S("s");
    s3_wire(f, "PutObject", &large, "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_true(str_eq(s3_get(f, "lake-raw", "k"), large));
    s3_wire(f, "PutObject", &small, "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_true(str_eq(s3_get(f, "lake-raw", "k"), small));
    s3_wire(f, "PutObject", &large, "{'Bucket': 'lake-raw', 'Key': 'k'}");
    fixture_reopen(f);
    assert_true(str_eq(s3_get(f, "lake-raw", "k"), large));
    struct str empty = S("");
    s3_wire(f, "PutObject", &empty, "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_int_equal(s3_get(f, "lake-raw", "k").len, 0);
}

static void reads_on_while_it_is_overwritten(void **state)
{
    struct fixture *f = *state;
    struct str large = s3_fill(f, 'x', 100000);
    s3_wire(f, "PutObject", &large, "{'Bucket': 'lake-raw', 'Key': 'k'}");
    s3_wire(f, "GetObject", NULL, "{'Bucket': 'lake-raw', 'Key': 'k'}");
    struct call *getting = f->call;
    s3_put(f, "lake-raw", "k", "new");
    f->call = getting;
    assert_true(str_eq(s3_reply_bytes(f), large));
}

static void takes_bodies_from_inside(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "PutObject",
               "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': {'a': [1, 2.50]}}");
    struct json *reply = fixture_ok(f, "s3", "GetObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_str(json_str(reply, "Body"), "{\"a\":[1,2.50]}");
    struct str large = s3_fill(f, 'x', S3_INSIDE_BODY_BYTES_MAX + 1), binary = S("\xff\xfe");
    s3_wire(f, "PutObject", &large, "{'Bucket': 'lake-raw', 'Key': 'large'}");
    fixture_refused(f, "InvalidRequest", "s3", "GetObject",
                    "{'Bucket': 'lake-raw', 'Key': 'large'}");
    s3_wire(f, "PutObject", &binary, "{'Bucket': 'lake-raw', 'Key': 'binary'}");
    fixture_refused(f, "InvalidRequest", "s3", "GetObject",
                    "{'Bucket': 'lake-raw', 'Key': 'binary'}");
}

static void parses_ranges(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        uint64_t size;
        enum err result;
        bool partial;
        uint64_t offset, length;
    } cases[] = {
        {"bytes=0-0", 10, OK, true, 0, 1},      {"bytes=2-", 10, OK, true, 2, 8},
        {"bytes=-3", 10, OK, true, 7, 3},       {"bytes=-30", 10, OK, true, 0, 10},
        {"bytes=5-99", 10, OK, true, 5, 5},     {"bytes=10-", 10, ERR_INVALID, 0, 0, 0},
        {"bytes=-0", 10, ERR_INVALID, 0, 0, 0}, {"bytes=0-", 0, ERR_INVALID, 0, 0, 0},
        {"bytes=5-4", 10, OK, false, 0, 10},    {"bytes=1-2,4-5", 10, OK, false, 0, 10},
        {"lines=1-2", 10, OK, false, 0, 10},    {"bytes=-", 10, OK, false, 0, 10},
        {"bytes=a-b", 10, OK, false, 0, 10},    {"bytes=", 10, OK, false, 0, 10},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct s3_range range = {0};
        enum err result = s3_range_parse(str_of(cases[i].header), cases[i].size, &range);
        if (result != cases[i].result)
            fail_msg("%s", cases[i].header);
        if (result != OK)
            continue;
        if (range.partial != cases[i].partial || range.offset != cases[i].offset ||
            range.length != cases[i].length)
            fail_msg("%s: %d %d %d", cases[i].header, range.partial, (int)range.offset,
                     (int)range.length);
    }
    struct s3_range range;
    assert_int_equal(s3_range_parse_exact(S("bytes=0-9"), 10, &range), OK);
    assert_int_equal(s3_range_parse_exact(S("bytes=0-10"), 10, &range), ERR_INVALID);
    assert_int_equal(s3_range_parse_exact(S("bytes=1-"), 10, &range), ERR_INVALID);
    assert_int_equal(s3_range_parse_exact(S("bytes=-1"), 10, &range), ERR_INVALID);
}

static void gives_ranges_and_overrides(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "k", "0123456789");
    struct json *reply = s3_wire(f, "GetObject", NULL,
                                 "{'Bucket': 'lake-raw', 'Key': 'k', 'Range': 'bytes=2-4', "
                                 "'ResponseContentType': 'a/b'}");
    assert_str(s3_reply_bytes(f), "234");
    assert_int_equal(f->call->reply_status, 206);
    assert_str(json_str(reply, "ContentRange"), "bytes 2-4/10");
    assert_str(json_str(reply, "ContentType"), "a/b");
    s3_wire_refused(f, "InvalidRange", "GetObject", NULL,
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Range': 'bytes=10-'}");
    assert_int_equal(f->call->code->status, 416);
    assert_int_equal(json_i64_or(f->call->error_members, "ActualObjectSize", 0), 10);
}

static void heeds_conditions(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "k", "hello");
#define READ_K(more) "{'Bucket': 'lake-raw', 'Key': 'k', " more "}"
    fixture_ok(f, "s3", "HeadObject", READ_K("'IfMatch': '\\\"" HELLO_MD5 "\\\"'"));
    fixture_ok(f, "s3", "HeadObject", READ_K("'IfMatch': 'x, " HELLO_MD5 "'"));
    fixture_ok(f, "s3", "HeadObject", READ_K("'IfMatch': '*'"));
    fixture_refused(f, "PreconditionFailed", "s3", "HeadObject", READ_K("'IfMatch': 'x'"));
    fixture_refused(f, "NotModified", "s3", "HeadObject", READ_K("'IfNoneMatch': '" HELLO_MD5 "'"));
    fixture_ok(f, "s3", "HeadObject", READ_K("'IfNoneMatch': 'x'"));
    fixture_refused(f, "NotModified", "s3", "HeadObject",
                    READ_K("'IfModifiedSince': 'Sun, 22 Nov 2026 00:00:00 GMT'"));
    fixture_ok(f, "s3", "HeadObject", READ_K("'IfModifiedSince': 'Sat, 21 Nov 2026 23:59:59 GMT'"));
    fixture_refused(f, "PreconditionFailed", "s3", "HeadObject",
                    READ_K("'IfUnmodifiedSince': 'Sat, 21 Nov 2026 23:59:59 GMT'"));
    fixture_ok(f, "s3", "HeadObject",
               READ_K("'IfUnmodifiedSince': 'Sat, 21 Nov 2026 23:59:59 GMT', "
                      "'IfMatch': '" HELLO_MD5 "'"));
    fixture_ok(f, "s3", "HeadObject", READ_K("'IfModifiedSince': 'whenever'"));

    fixture_refused(f, "PreconditionFailed", "s3", "PutObject", READ_K("'IfNoneMatch': '*'"));
    fixture_refused(f, "NotImplemented", "s3", "PutObject", READ_K("'IfNoneMatch': 'x'"));
    fixture_refused(f, "PreconditionFailed", "s3", "PutObject", READ_K("'IfMatch': 'x'"));
    fixture_ok(f, "s3", "PutObject", READ_K("'IfMatch': '" HELLO_MD5 "', 'Body': 'new'"));
    fixture_refused(f, "NoSuchKey", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'other', 'IfMatch': 'x'}");
    fixture_ok(f, "s3", "PutObject",
               "{'Bucket': 'lake-raw', 'Key': 'other', 'IfNoneMatch': '*', 'Body': 'o'}");
}

static void verifies_and_returns_checksums(void **state)
{
    struct fixture *f = *state;
    fixture_refused(f, "BadDigest", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': 'hello', "
                    "'ContentMD5': 'AAAAAAAAAAAAAAAAAAAAAA=='}");
    fixture_refused(f, "InvalidDigest", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': 'hello', 'ContentMD5': 'AAAA'}");
    fixture_refused(f, "NoSuchKey", "s3", "GetObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    fixture_refused(f, "BadDigest", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': 'hello', "
                    "'ChecksumCRC32': 'AAAAAA=='}");
    struct json *reply = fixture_ok(f, "s3", "PutObject",
                                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': 'hello', "
                                    "'ContentMD5': 'XUFAKrxLKna5cZ2REBfFkg==', "
                                    "'ChecksumCRC32': 'NhCmhg==', 'ChecksumAlgorithm': 'SHA256'}");
    assert_str(json_str(reply, "ChecksumCRC32"), "NhCmhg==");
    assert_str(json_str(reply, "ChecksumSHA256"), "LPJNul+wow4m6DsqxbninhsWHlwfp0JecwQzYpOLmCQ=");
    reply = fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_false(json_has(reply, "ChecksumCRC32"));
    reply = fixture_ok(f, "s3", "HeadObject",
                       "{'Bucket': 'lake-raw', 'Key': 'k', 'ChecksumMode': 'ENABLED'}");
    assert_str(json_str(reply, "ChecksumCRC32"), "NhCmhg==");
    assert_str(json_str(reply, "ChecksumType"), "FULL_OBJECT");
}

static void copies(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'lake-stage'}");
    struct str large = s3_fill(f, 'x', 50000);
    s3_wire(f, "PutObject", &large,
            "{'Bucket': 'lake-raw', 'Key': 'a b', 'ContentType': 'a/b', 'Metadata': {'m': '1'}}");
    struct json *reply = fixture_ok(f, "s3", "CopyObject",
                                    "{'Bucket': 'lake-stage', 'Key': 'copy', 'CopySource': "
                                    "'/lake-raw/a%%20b?versionId=null'}");
    assert_true(json_str(json_get(reply, "CopyObjectResult"), "ETag").len == 34);
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'lake-raw', 'Key': 'a b'}");
    assert_true(str_eq(s3_get(f, "lake-stage", "copy"), large));
    reply = fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-stage', 'Key': 'copy'}");
    assert_str(json_str(json_get(reply, "Metadata"), "m"), "1");
    // Onto itself, to replace its description.
    fixture_ok(f, "s3", "CopyObject",
               "{'Bucket': 'lake-stage', 'Key': 'copy', 'CopySource': 'lake-stage/copy', "
               "'MetadataDirective': 'REPLACE', 'ContentType': 'c/d'}");
    reply = fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-stage', 'Key': 'copy'}");
    assert_str(json_str(reply, "ContentType"), "c/d");
    assert_false(json_has(reply, "Metadata"));
    assert_true(str_eq(s3_get(f, "lake-stage", "copy"), large));

    fixture_refused(f, "InvalidRequest", "s3", "CopyObject",
                    "{'Bucket': 'lake-stage', 'Key': 'copy', 'CopySource': 'lake-stage/copy'}");
    fixture_refused(f, "NoSuchKey", "s3", "CopyObject",
                    "{'Bucket': 'lake-stage', 'Key': 'x', 'CopySource': 'lake-stage/nope'}");
    fixture_refused(f, "NoSuchBucket", "s3", "CopyObject",
                    "{'Bucket': 'lake-stage', 'Key': 'x', 'CopySource': 'nowhere/nope'}");
    fixture_refused(f, "InvalidArgument", "s3", "CopyObject",
                    "{'Bucket': 'lake-stage', 'Key': 'x', 'CopySource': 'justabucket'}");
    fixture_refused(f, "PreconditionFailed", "s3", "CopyObject",
                    "{'Bucket': 'lake-stage', 'Key': 'x', 'CopySource': 'lake-stage/copy', "
                    "'CopySourceIfMatch': 'x'}");
}

static void deletes(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "a", "1");
    s3_put(f, "lake-raw", "b", "2");
    s3_put(f, "lake-raw", "c", "3");
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'lake-raw', 'Key': 'not there'}");
    fixture_ok(f, "s3", "DeleteObject", "{'Bucket': 'lake-raw', 'Key': 'a'}");
    fixture_refused(f, "NoSuchKey", "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'a'}");
    fixture_refused(f, "PreconditionFailed", "s3", "DeleteObject",
                    "{'Bucket': 'lake-raw', 'Key': 'b', 'IfMatch': 'x'}");
    struct json *reply = fixture_ok(
        f, "s3", "DeleteObjects",
        "{'Bucket': 'lake-raw', 'Delete': {'Objects': [{'Key': 'b', 'VersionId': 'null'}, "
        "{'Key': 'c', 'VersionId': 'v1'}, {'Key': 'zzz'}]}}");
    assert_int_equal(json_count(json_get(reply, "Deleted")), 2);
    assert_int_equal(json_count(json_get(reply, "Errors")), 1);
    assert_str(json_str(json_at(json_get(reply, "Errors"), 0), "Code"), "InvalidArgument");
    fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'c'}");
    reply = fixture_ok(f, "s3", "DeleteObjects",
                       "{'Bucket': 'lake-raw', 'Delete': {'Quiet': true, 'Objects': "
                       "[{'Key': 'c'}]}}");
    assert_int_equal(json_count(reply), 0);
    fixture_refused(f, "MalformedXML", "s3", "DeleteObjects",
                    "{'Bucket': 'lake-raw', 'Delete': {'Objects': []}}");
}

static void refuses_what_it_cannot_store(void **state)
{
    struct fixture *f = *state;
    struct str key = s3_fill(f, 'k', 1025), meta = s3_fill(f, 'm', 2048);
    fixture_refused(f, "KeyTooLongError", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': '%.*s'}", STR_ARG(key));
    fixture_ok(f, "s3", "PutObject", "{'Bucket': 'lake-raw', 'Key': '%.*s'}", 1024, key.ptr);
    fixture_refused(f, "MetadataTooLarge", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Metadata': {'x': '%.*s'}}", STR_ARG(meta));
    fixture_refused(f, "InvalidStorageClass", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'StorageClass': 'FAST'}");
    fixture_refused(f, "NotImplemented", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'StorageClass': 'GLACIER'}");
    fixture_refused(f, "NotImplemented", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'ServerSideEncryption': 'aws:kms'}");
    fixture_refused(f, "NotImplemented", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'SSECustomerAlgorithm': 'AES256'}");
    fixture_refused(f, "AccessControlListNotSupported", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'ACL': 'public-read'}");
    fixture_refused(f, "InvalidTag", "s3", "PutObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Tagging': 'a=1&a=2'}");
    fixture_refused(f, "InvalidArgument", "s3", "GetObject",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'VersionId': 'v1'}");
    fixture_ok(f, "s3", "PutObject",
               "{'Bucket': 'lake-raw', 'Key': 'k', 'StorageClass': 'STANDARD_IA'}");
    struct json *reply = fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_str(json_str(reply, "StorageClass"), "STANDARD_IA");
}

static void keeps_tags(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "k", "x");
    fixture_ok(f, "s3", "PutObjectTagging",
               "{'Bucket': 'lake-raw', 'Key': 'k', 'Tagging': {'TagSet': "
               "[{'Key': 'a', 'Value': '1'}, {'Key': 'b', 'Value': ''}]}}");
    struct json *reply =
        fixture_ok(f, "s3", "GetObjectTagging", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_int_equal(json_count(json_get(reply, "TagSet")), 2);
    assert_str(s3_get(f, "lake-raw", "k"), "x");
    fixture_ok(f, "s3", "DeleteObjectTagging", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    reply = fixture_ok(f, "s3", "GetObjectTagging", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_int_equal(json_count(json_get(reply, "TagSet")), 0);
    fixture_refused(f, "InvalidTag", "s3", "PutObjectTagging",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Tagging': {'TagSet': "
                    "[{'Key': '', 'Value': '1'}]}}");
    fixture_refused(f, "NoSuchKey", "s3", "PutObjectTagging",
                    "{'Bucket': 'lake-raw', 'Key': 'x', 'Tagging': {'TagSet': []}}");
}

static void describes_attributes(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "PutObject",
               "{'Bucket': 'lake-raw', 'Key': 'k', 'Body': 'hello', 'ChecksumCRC32': 'NhCmhg=='}");
    struct json *reply = fixture_ok(f, "s3", "GetObjectAttributes",
                                    "{'Bucket': 'lake-raw', 'Key': 'k', 'ObjectAttributes': "
                                    "'ETag,Checksum,ObjectSize,StorageClass,ObjectParts'}");
    assert_str(json_str(reply, "ETag"), HELLO_MD5);
    assert_str(json_str(json_get(reply, "Checksum"), "ChecksumCRC32"), "NhCmhg==");
    assert_int_equal(json_i64_or(reply, "ObjectSize", 0), 5);
    assert_str(json_str(reply, "StorageClass"), "STANDARD");
    assert_false(json_has(reply, "ObjectParts"));
    reply = fixture_ok(f, "s3", "GetObjectAttributes",
                       "{'Bucket': 'lake-raw', 'Key': 'k', 'ObjectAttributes': ['ObjectSize']}");
    assert_false(json_has(reply, "ETag"));
}

static void serves_engines(void **state)
{
    struct fixture *f = *state;
    struct error error = {0};
    struct blob blob;
    struct str bytes = s3_fill(f, 'p', 30000);
    assert_int_equal(blob_of_bytes(lake_store(f->lake), &f->arena, bytes, &blob, &error), OK);
    struct json *input = json_object(&f->arena), *reply;
    json_set_str(&f->arena, input, "Bucket", S("lake-raw"));
    json_set_str(&f->arena, input, "Key", S("t/part-0.parquet"));
    json_set(&f->arena, input, "Blob", blob_to_json(&f->arena, &blob));
    assert_int_equal(fixture_run(f, "s3", "AdoptBlob", input, &reply), OK);
    assert_true(str_ends(json_str(reply, "ETag"), S("-1\"")));
    s3_put(f, "lake-raw", "t/x", "small");
    s3_put(f, "lake-raw", "u/x", "small");
    assert_true(str_eq(s3_get(f, "lake-raw", "t/part-0.parquet"), bytes));

    reply = fixture_ok(f, "s3", "OpenObject", "{'Bucket': 'lake-raw', 'Key': 't/part-0.parquet'}");
    struct blob opened;
    assert_int_equal(blob_from_json(json_get(reply, "Blob"), &opened), OK);
    assert_int_equal(opened.size_bytes, 30000);
    reply = fixture_ok(f, "s3", "ListForEngine", "{'Bucket': 'lake-raw', 'Prefix': 't/'}");
    struct json *contents = json_get(reply, "Contents");
    assert_int_equal(json_count(contents), 2);
    assert_str(json_str(json_at(contents, 1), "Key"), "t/x");
    assert_int_equal(json_i64_or(json_at(contents, 1), "Size", 0), 5);
    fixture_refused(f, "InvalidArgument", "s3", "AdoptBlob",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'Blob': {}}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parses_ranges),
        S3_TEST(puts_and_gets),
        S3_TEST(overwrites_large_with_small_and_back),
        S3_TEST(reads_on_while_it_is_overwritten),
        S3_TEST(takes_bodies_from_inside),
        S3_TEST(gives_ranges_and_overrides),
        S3_TEST(heeds_conditions),
        S3_TEST(verifies_and_returns_checksums),
        S3_TEST(copies),
        S3_TEST(deletes),
        S3_TEST(refuses_what_it_cannot_store),
        S3_TEST(keeps_tags),
        S3_TEST(describes_attributes),
        S3_TEST(serves_engines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
