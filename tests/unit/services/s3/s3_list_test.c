// SPDX-License-Identifier: Apache-2.0
#include "s3_fixture.h"

// "key,key|prefix,prefix" and "+" when there is more.
static struct str summary(struct fixture *f, const struct json *reply)
{
    struct buf out = buf_in(&f->arena, 1 << 20);
    const char *separator = "";
    JSON_EACH(item, json_get(reply, "Contents"))
    {
        buf_printf(&out, "%s%.*s", separator, STR_ARG(json_str(item, "Key")));
        separator = ",";
    }
    buf_put_char(&out, '|');
    separator = "";
    JSON_EACH(item, json_get(reply, "CommonPrefixes"))
    {
        buf_printf(&out, "%s%.*s", separator, STR_ARG(json_str(item, "Prefix")));
        separator = ",";
    }
    if (json_bool_or(reply, "IsTruncated", false))
        buf_put_char(&out, '+');
    return buf_str(&out);
}

static void fill(struct fixture *f)
{
    static const char *const keys[] = {"a", "b/1", "b/2", "b/c/1", "c", "d/1", "e"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        s3_put(f, "lake-raw", keys[i], "x");
}

#define LIST(more) fixture_ok(f, "s3", "ListObjectsV2", "{'Bucket': 'lake-raw'" more "}")

static void lists_by_prefix_and_delimiter(void **state)
{
    struct fixture *f = *state;
    fill(f);
    struct json *reply = LIST("");
    assert_str(summary(f, reply), "a,b/1,b/2,b/c/1,c,d/1,e|");
    assert_int_equal(json_i64_or(reply, "KeyCount", 0), 7);
    assert_int_equal(json_i64_or(reply, "MaxKeys", 0), 1000);
    assert_str(json_str(reply, "Name"), "lake-raw");
    assert_str(summary(f, LIST(", 'Prefix': 'b/'")), "b/1,b/2,b/c/1|");
    assert_str(summary(f, LIST(", 'Prefix': 'b'")), "b/1,b/2,b/c/1|");
    assert_str(summary(f, LIST(", 'Prefix': 'zzz'")), "|");
    assert_str(summary(f, LIST(", 'Delimiter': '/'")), "a,c,e|b/,d/");
    assert_str(summary(f, LIST(", 'Delimiter': '/', 'Prefix': 'b/'")), "b/1,b/2|b/c/");
    assert_str(summary(f, LIST(", 'Delimiter': '/', 'Prefix': 'b'")), "|b/");
    assert_str(summary(f, LIST(", 'StartAfter': 'b/2'")), "b/c/1,c,d/1,e|");
    assert_str(summary(f, LIST(", 'StartAfter': 'b/', 'Delimiter': '/'")), "c,e|d/");
    assert_str(summary(f, LIST(", 'StartAfter': 'b/1', 'Delimiter': '/'")), "c,e|b/,d/");
    assert_str(summary(f, LIST(", 'StartAfter': 'a', 'Prefix': 'd'")), "d/1|");
    assert_str(summary(f, LIST(", 'MaxKeys': 0")), "|");
    fixture_refused(f, "InvalidArgument", "s3", "ListObjectsV2",
                    "{'Bucket': 'lake-raw', 'MaxKeys': -1}");
    fixture_refused(f, "NoSuchBucket", "s3", "ListObjectsV2", "{'Bucket': 'nowhere'}");
}

static void pages(void **state)
{
    struct fixture *f = *state;
    fill(f);
    static const char *const pages[] = {"a|b/+", "c|d/+", "e|"};
    struct str token = STR_NONE;
    for (int i = 0; i < 3; i++) {
        struct json *reply =
            token.len ? fixture_ok(f, "s3", "ListObjectsV2",
                                   "{'Bucket': 'lake-raw', 'Delimiter': '/', 'MaxKeys': 2, "
                                   "'ContinuationToken': '%.*s'}",
                                   STR_ARG(token))
                      : LIST(", 'Delimiter': '/', 'MaxKeys': 2");
        assert_str(summary(f, reply), pages[i]);
        token = json_str(reply, "NextContinuationToken");
    }
    assert_int_equal(token.len, 0);
    fixture_refused(f, "InvalidArgument", "s3", "ListObjectsV2",
                    "{'Bucket': 'lake-raw', 'ContinuationToken': 'abc'}");
    fixture_refused(f, "InvalidArgument", "s3", "ListObjectsV2",
                    "{'Bucket': 'lake-raw', 'ContinuationToken': ''}");
}

static void pages_by_marker(void **state)
{
    struct fixture *f = *state;
    fill(f);
    struct json *reply = fixture_ok(f, "s3", "ListObjects",
                                    "{'Bucket': 'lake-raw', 'Delimiter': '/', 'MaxKeys': 2}");
    assert_str(summary(f, reply), "a|b/+");
    assert_str(json_str(reply, "NextMarker"), "b/");
    reply = fixture_ok(f, "s3", "ListObjects",
                       "{'Bucket': 'lake-raw', 'Delimiter': '/', 'Marker': 'b/'}");
    assert_str(summary(f, reply), "c,e|d/");
    reply = fixture_ok(f, "s3", "ListObjects", "{'Bucket': 'lake-raw', 'MaxKeys': 1}");
    assert_str(summary(f, reply), "a|+");
    assert_false(json_has(reply, "NextMarker"));
    assert_true(json_has(json_at(json_get(reply, "Contents"), 0), "Owner"));
    reply = fixture_ok(f, "s3", "ListObjectVersions", "{'Bucket': 'lake-raw', 'MaxKeys': 2}");
    assert_int_equal(json_count(json_get(reply, "Versions")), 2);
    assert_str(json_str(json_at(json_get(reply, "Versions"), 0), "VersionId"), "null");
    assert_str(json_str(reply, "NextKeyMarker"), "b/1");
}

// Groups larger than the few steps that are walked before a jump, and a prefix that ends in 0xFF.
static void jumps_over_large_groups(void **state)
{
    struct fixture *f = *state;
    for (int group = 0; group < 3; group++)
        for (int i = 0; i < 30; i++) {
            struct str key = str_format(&f->arena, "g%d/%02d", group, i);
            s3_put(f, "lake-raw", str_cstr(&f->arena, key), "x");
        }
    s3_put(f, "lake-raw", "h", "x");
    assert_str(summary(f, LIST(", 'Delimiter': '/'")), "h|g0/,g1/,g2/");
    assert_str(summary(f, LIST(", 'Delimiter': '/', 'MaxKeys': 2")), "|g0/,g1/+");
    assert_str(summary(f, LIST(", 'Delimiter': '/', 'MaxKeys': 3")), "|g0/,g1/,g2/+");
    assert_str(summary(f, LIST(", 'Delimiter': '/', 'MaxKeys': 4")), "h|g0/,g1/,g2/");
    assert_str(summary(f, LIST(", 'Delimiter': '/', 'Prefix': 'g2'")), "|g2/");
}

static void encodes_names(void **state)
{
    struct fixture *f = *state;
    s3_put(f, "lake-raw", "a b+c/\xc3\xbc", "x");
    struct json *reply = LIST(", 'EncodingType': 'url'");
    assert_str(summary(f, reply), "a%20b%2Bc/%C3%BC|");
    reply = LIST(", 'EncodingType': 'url', 'Delimiter': '/', 'Prefix': 'a b'");
    assert_str(summary(f, reply), "|a%20b%2Bc/");
    assert_str(json_str(reply, "Prefix"), "a%20b");
    fixture_refused(f, "InvalidArgument", "s3", "ListObjectsV2",
                    "{'Bucket': 'lake-raw', 'EncodingType': 'html'}");
}

static void keeps_buckets_apart(void **state)
{
    struct fixture *f = *state;
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'lake-raw2'}");
    fixture_ok(f, "s3", "CreateBucket", "{'Bucket': 'lake-ra'}");
    s3_put(f, "lake-raw2", "x", "x");
    s3_put(f, "lake-ra", "w", "x");
    assert_str(summary(f, LIST("")), "|");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        S3_TEST(lists_by_prefix_and_delimiter),
        S3_TEST(pages),
        S3_TEST(pages_by_marker),
        S3_TEST(jumps_over_large_groups),
        S3_TEST(encodes_names),
        S3_TEST(keeps_buckets_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
