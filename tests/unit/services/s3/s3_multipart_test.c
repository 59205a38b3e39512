// SPDX-License-Identifier: Apache-2.0
#include "s3_fixture.h"

#define MIB ((size_t)1 << 20)

static struct str begin(struct fixture *f, const char *key, const char *more)
{
    struct json *reply = fixture_ok(f, "s3", "CreateMultipartUpload",
                                    "{'Bucket': 'lake-raw', 'Key': '%s'%s}", key, more);
    return json_str(reply, "UploadId");
}

// The part's ETag, without quotes.
static struct str add(struct fixture *f, const char *key, struct str id, int number,
                      struct str body)
{
    struct json *reply =
        s3_wire(f, "UploadPart", &body,
                "{'Bucket': 'lake-raw', 'Key': '%s', 'UploadId': '%.*s', 'PartNumber': %d}", key,
                STR_ARG(id), number);
    struct str etag = json_str(reply, "ETag");
    return str_slice(etag, 1, etag.len - 1);
}

static void joins_parts(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, "k", ", 'ContentType': 'a/b', 'Metadata': {'m': '1'}");
    struct str one = s3_fill(f, '1', 5 * MIB), two = s3_fill(f, '2', 5 * MIB + 7), three = S("end");
    struct str e3 = add(f, "k", id, 30, three), e1 = add(f, "k", id, 1, one);
    add(f, "k", id, 2, three);
    struct str e2 = add(f, "k", id, 2, two); // again: replaces
    fixture_refused(f, "NoSuchKey", "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    struct json *reply =
        fixture_ok(f, "s3", "CompleteMultipartUpload",
                   "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'MultipartUpload': "
                   "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}, {'PartNumber': 2, 'ETag': "
                   "'\\\"%.*s\\\"'}, {'PartNumber': 30, 'ETag': '%.*s'}]}}",
                   STR_ARG(id), STR_ARG(e1), STR_ARG(e2), STR_ARG(e3));
    assert_true(str_ends(json_str(reply, "ETag"), S("-3\"")));
    assert_str(json_str(reply, "Location"), "http://127.0.0.1:4566/lake-raw/k");
    // Asked again, as a client does that did not hear the answer; and with another list.
    struct json *again =
        fixture_ok(f, "s3", "CompleteMultipartUpload",
                   "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'MultipartUpload': "
                   "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}, {'PartNumber': 2, 'ETag': "
                   "'%.*s'}, {'PartNumber': 30, 'ETag': '%.*s'}]}}",
                   STR_ARG(id), STR_ARG(e1), STR_ARG(e2), STR_ARG(e3));
    assert_true(json_equal(reply, again));
    fixture_refused(f, "NoSuchUpload", "s3", "CompleteMultipartUpload",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'MultipartUpload': "
                    "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}]}}",
                    STR_ARG(id), STR_ARG(e1));
    struct str all = s3_get(f, "lake-raw", "k");
    assert_int_equal(all.len, one.len + two.len + three.len);
    assert_true(str_starts(all, one));
    assert_true(str_ends(all, three));
    reply = fixture_ok(f, "s3", "HeadObject", "{'Bucket': 'lake-raw', 'Key': 'k'}");
    assert_str(json_str(reply, "ContentType"), "a/b");

    reply = s3_wire(f, "GetObject", NULL, "{'Bucket': 'lake-raw', 'Key': 'k', 'PartNumber': 3}");
    assert_str(s3_reply_bytes(f), "end");
    assert_int_equal(json_i64_or(reply, "PartsCount", 0), 3);
    s3_wire_refused(f, "InvalidPartNumber", "GetObject", NULL,
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'PartNumber': 4}");
    reply = fixture_ok(f, "s3", "GetObjectAttributes",
                       "{'Bucket': 'lake-raw', 'Key': 'k', 'ObjectAttributes': 'ObjectParts', "
                       "'MaxParts': 2}");
    reply = json_get(reply, "ObjectParts");
    assert_int_equal(json_i64_or(reply, "TotalPartsCount", 0), 3);
    assert_int_equal(json_count(json_get(reply, "Parts")), 2);
    assert_true(json_bool_or(reply, "IsTruncated", false));
    // The upload has gone.
    fixture_refused(f, "NoSuchUpload", "s3", "ListParts",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s'}", STR_ARG(id));
}

static void takes_a_single_part_over(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, "k", ""), body = s3_fill(f, 'x', 100000);
    struct str etag = add(f, "k", id, 1, body);
    struct json *reply =
        fixture_ok(f, "s3", "CompleteMultipartUpload",
                   "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'MultipartUpload': "
                   "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}]}}",
                   STR_ARG(id), STR_ARG(etag));
    assert_true(str_ends(json_str(reply, "ETag"), S("-1\"")));
    fixture_reopen(f);
    assert_true(str_eq(s3_get(f, "lake-raw", "k"), body));
    size_t checked = 0, broken = 0;
    struct error error = {0};
    assert_int_equal(blob_scrub(lake_store(f->lake), &checked, &broken, &error), OK);
    assert_int_equal(checked, 1);
    assert_int_equal(broken, 0);
}

static void refuses_wrong_lists(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, "k", "");
    struct str e1 = add(f, "k", id, 1, S("small")), e2 = add(f, "k", id, 2, S("last"));
#define COMPLETE "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'MultipartUpload': "
    fixture_refused(f, "EntityTooSmall", "s3", "CompleteMultipartUpload",
                    COMPLETE "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}, {'PartNumber': 2, "
                             "'ETag': '%.*s'}]}}",
                    STR_ARG(id), STR_ARG(e1), STR_ARG(e2));
    fixture_refused(f, "InvalidPartOrder", "s3", "CompleteMultipartUpload",
                    COMPLETE "{'Parts': [{'PartNumber': 2, 'ETag': '%.*s'}, {'PartNumber': 2, "
                             "'ETag': '%.*s'}]}}",
                    STR_ARG(id), STR_ARG(e2), STR_ARG(e2));
    fixture_refused(f, "InvalidPart", "s3", "CompleteMultipartUpload",
                    COMPLETE "{'Parts': [{'PartNumber': 3, 'ETag': 'x'}]}}", STR_ARG(id));
    fixture_refused(f, "InvalidPart", "s3", "CompleteMultipartUpload",
                    COMPLETE "{'Parts': [{'PartNumber': 1, 'ETag': 'x'}]}}", STR_ARG(id));
    fixture_refused(f, "MalformedXML", "s3", "CompleteMultipartUpload", COMPLETE "{'Parts': []}}",
                    STR_ARG(id));
    fixture_refused(f, "NoSuchUpload", "s3", "CompleteMultipartUpload",
                    COMPLETE "{'Parts': [{'PartNumber': 1, 'ETag': 'x'}]}}", STR_ARG(S("none")));
    fixture_refused(f, "NoSuchUpload", "s3", "UploadPart",
                    "{'Bucket': 'lake-raw', 'Key': 'other', 'UploadId': '%.*s', 'PartNumber': 1}",
                    STR_ARG(id));
    fixture_refused(f, "InvalidArgument", "s3", "UploadPart",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'PartNumber': 0}",
                    STR_ARG(id));
    fixture_refused(f, "InvalidArgument", "s3", "UploadPart",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'PartNumber': 10001}",
                    STR_ARG(id));
    // After all that it can still be completed.
    fixture_ok(f, "s3", "CompleteMultipartUpload",
               COMPLETE "{'Parts': [{'PartNumber': 2, 'ETag': '%.*s'}]}}", STR_ARG(id),
               STR_ARG(e2));
    assert_str(s3_get(f, "lake-raw", "k"), "last");
}

static void makes_checksums_of_both_types(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, "k", ", 'ChecksumAlgorithm': 'CRC32'");
    struct json *reply = s3_wire(f, "UploadPart", &S("hello"),
                                 "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', "
                                 "'PartNumber': 1, 'ChecksumCRC32': 'NhCmhg=='}",
                                 STR_ARG(id));
    assert_str(json_str(reply, "ChecksumCRC32"), "NhCmhg==");
    reply = fixture_ok(f, "s3", "CompleteMultipartUpload",
                       COMPLETE "{'Parts': [{'PartNumber': 1, 'ETag': "
                                "'5d41402abc4b2a76b9719d911017c592', "
                                "'ChecksumCRC32': 'NhCmhg=='}]}}",
                       STR_ARG(id));
    assert_str(json_str(reply, "ChecksumType"), "COMPOSITE");
    assert_true(str_ends(json_str(reply, "ChecksumCRC32"), S("==-1")));

    id = begin(f, "k2", ", 'ChecksumAlgorithm': 'CRC32', 'ChecksumType': 'FULL_OBJECT'");
    struct str etag = add(f, "k2", id, 1, S("hello"));
    reply = fixture_ok(f, "s3", "CompleteMultipartUpload",
                       "{'Bucket': 'lake-raw', 'Key': 'k2', 'UploadId': '%.*s', "
                       "'ChecksumCRC32': 'NhCmhg==', 'MultipartUpload': "
                       "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}]}}",
                       STR_ARG(id), STR_ARG(etag));
    assert_str(json_str(reply, "ChecksumCRC32"), "NhCmhg==");
    assert_str(json_str(reply, "ChecksumType"), "FULL_OBJECT");
    fixture_refused(f, "InvalidRequest", "s3", "CreateMultipartUpload",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'ChecksumAlgorithm': 'SHA1', "
                    "'ChecksumType': 'FULL_OBJECT'}");
    fixture_refused(f, "InvalidRequest", "s3", "CreateMultipartUpload",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'ChecksumAlgorithm': 'MD4'}");
}

static void copies_parts(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "source", "0123456789");
    struct str id = begin(f, "k", "");
    struct json *reply =
        fixture_ok(f, "s3", "UploadPartCopy",
                   "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'PartNumber': 1, "
                   "'CopySource': 'lake-raw/source', 'CopySourceRange': 'bytes=2-4'}",
                   STR_ARG(id));
    struct str etag = json_str(json_get(reply, "CopyPartResult"), "ETag");
    etag = str_slice(etag, 1, etag.len - 1);
    assert_str(etag, "289dff07669d7a23de0ef88d2f7129e7"); // of 234
    fixture_ok(f, "s3", "CompleteMultipartUpload",
               COMPLETE "{'Parts': [{'PartNumber': 1, 'ETag': '%.*s'}]}}", STR_ARG(id),
               STR_ARG(etag));
    assert_str(s3_get(f, "lake-raw", "k"), "234");
    id = begin(f, "k", "");
    fixture_refused(f, "InvalidArgument", "s3", "UploadPartCopy",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'PartNumber': 1, "
                    "'CopySource': 'lake-raw/source', 'CopySourceRange': 'bytes=2-10'}",
                    STR_ARG(id));
    fixture_refused(f, "NoSuchKey", "s3", "UploadPartCopy",
                    "{'Bucket': 'lake-raw', 'Key': 'k', 'UploadId': '%.*s', 'PartNumber': 1, "
                    "'CopySource': 'lake-raw/nope'}",
                    STR_ARG(id));
}

static void aborts_and_lists(void **state)
{
    struct fixture *f = *state;
    struct str id = begin(f, "a/1", ""), other;
    add(f, "a/1", id, 1, S("x"));
    add(f, "a/1", id, 3, S("y"));
    clock_advance(f->clock, 5);
    other = begin(f, "a/1", "");
    begin(f, "b", "");
    struct json *reply = fixture_ok(f, "s3", "ListParts",
                                    "{'Bucket': 'lake-raw', 'Key': 'a/1', 'UploadId': '%.*s', "
                                    "'MaxParts': 1}",
                                    STR_ARG(id));
    assert_true(json_bool_or(reply, "IsTruncated", false));
    assert_int_equal(json_i64_or(reply, "NextPartNumberMarker", 0), 1);
    reply = fixture_ok(f, "s3", "ListParts",
                       "{'Bucket': 'lake-raw', 'Key': 'a/1', 'UploadId': '%.*s', "
                       "'PartNumberMarker': '1'}",
                       STR_ARG(id));
    assert_int_equal(json_i64_or(json_at(json_get(reply, "Parts"), 0), "PartNumber", 0), 3);

    reply = fixture_ok(f, "s3", "ListMultipartUploads", "{'Bucket': 'lake-raw'}");
    struct json *uploads = json_get(reply, "Uploads");
    assert_int_equal(json_count(uploads), 3);
    assert_true(str_eq(json_str(json_at(uploads, 0), "UploadId"), id)); // the older one first
    reply = fixture_ok(f, "s3", "ListMultipartUploads",
                       "{'Bucket': 'lake-raw', 'Delimiter': '/', 'MaxUploads': 1}");
    assert_str(json_str(json_at(json_get(reply, "CommonPrefixes"), 0), "Prefix"), "a/");
    assert_str(json_str(reply, "NextKeyMarker"), "a/");
    reply = fixture_ok(f, "s3", "ListMultipartUploads",
                       "{'Bucket': 'lake-raw', 'Delimiter': '/', 'KeyMarker': 'a/'}");
    assert_str(json_str(json_at(json_get(reply, "Uploads"), 0), "Key"), "b");
    reply = fixture_ok(f, "s3", "ListMultipartUploads",
                       "{'Bucket': 'lake-raw', 'KeyMarker': 'a/1', 'UploadIdMarker': '%.*s'}",
                       STR_ARG(id));
    assert_int_equal(json_count(json_get(reply, "Uploads")), 2);
    assert_true(str_eq(json_str(json_at(json_get(reply, "Uploads"), 0), "UploadId"), other));

    fixture_ok(f, "s3", "AbortMultipartUpload",
               "{'Bucket': 'lake-raw', 'Key': 'a/1', 'UploadId': '%.*s'}", STR_ARG(id));
    fixture_refused(f, "NoSuchUpload", "s3", "AbortMultipartUpload",
                    "{'Bucket': 'lake-raw', 'Key': 'a/1', 'UploadId': '%.*s'}", STR_ARG(id));
    size_t checked = 1, broken = 0;
    struct error error = {0};
    assert_int_equal(blob_scrub(lake_store(f->lake), &checked, &broken, &error), OK);
    assert_int_equal(checked, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(joins_parts),         S3_TEST(takes_a_single_part_over),
        S3_TEST(refuses_wrong_lists), S3_TEST(makes_checksums_of_both_types),
        S3_TEST(copies_parts),        S3_TEST(aborts_and_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
