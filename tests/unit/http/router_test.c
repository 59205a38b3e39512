// SPDX-License-Identifier: Apache-2.0
// Which service and operation a request is for, on small tables of the test's own.
#include "request.h"

#include "http/router.h"

static const struct field LIST_FIELDS[] = {{"Prefix", &ANY_STRING, 0, IN_QUERY, "prefix"}, {0}};
static const struct shape LIST_INPUT = SHAPE_STRUCT(LIST_FIELDS);

static const struct op S3_OPS[] = {
    {"ListBuckets", .http = "GET /"},
    {"ListObjects", .http = "GET /{Bucket}", .input = &LIST_INPUT},
    {"ListObjectsV2", .http = "GET /{Bucket}?list-type=2", .input = &LIST_INPUT},
    {"GetBucketLocation", .http = "GET /{Bucket}?location"},
    {"CreateBucket", .http = "PUT /{Bucket}"},
    {"PutObject", .http = "PUT /{Bucket}/{Key+}"},
    {"CopyObject", .http = "PUT /{Bucket}/{Key+}#x-amz-copy-source"},
    {"UploadPart", .http = "PUT /{Bucket}/{Key+}?partNumber=&uploadId="},
    {"GetObject", .http = "GET /{Bucket}/{Key+}"},
    {0},
};
static const char *const S3_KNOWN[] = {"GetBucketWebsite GET /{Bucket}?website", NULL};
static const struct service S3 = {.name = "s3",
                                  .title = "Amazon S3",
                                  .signing_name = "s3",
                                  .protocols = PROTOCOL_REST_XML,
                                  .ops = S3_OPS,
                                  .known = S3_KNOWN};

static const struct op LAMBDA_OPS[] = {
    {"ListFunctions", .http = "GET /2015-03-31/functions/"},
    {"GetFunction", .http = "GET /2015-03-31/functions/{FunctionName}"},
    {"GetFunctionConfiguration", .http = "GET /2015-03-31/functions/{FunctionName}/configuration"},
    {"Hidden", .http = "GET /2015-03-31/hidden", .flags = OP_INTERNAL},
    {0},
};
static const struct service LAMBDA = {.name = "lambda",
                                      .title = "AWS Lambda",
                                      .signing_name = "lambda",
                                      .api_version = "2015-03-31",
                                      .protocols = PROTOCOL_REST_JSON,
                                      .ops = LAMBDA_OPS};

static const struct op SQS_OPS[] = {{"SendMessage"}, {"Deliver", .flags = OP_INTERNAL}, {0}};
static const struct service SQS = {.name = "sqs",
                                   .title = "Amazon SQS",
                                   .signing_name = "sqs",
                                   .target_prefix = "AmazonSQS",
                                   .api_version = "2012-11-05",
                                   .protocols = PROTOCOL_JSON_1_0 | PROTOCOL_QUERY,
                                   .ops = SQS_OPS};

static const struct op STS_OPS[] = {{"GetCallerIdentity"}, {0}};
static const struct service STS = {.name = "sts",
                                   .title = "AWS STS",
                                   .signing_name = "sts",
                                   .api_version = "2011-06-15",
                                   .protocols = PROTOCOL_QUERY,
                                   .ops = STS_OPS};

static const struct service *const TABLE[] = {&S3, &LAMBDA, &SQS, &STS, NULL};

static struct route find(struct arena *arena, const char *request, const char *signing_name,
                         const char *body)
{
    struct router *router = router_new(TABLE);
    struct route route;
    struct error error = {0};
    assert_int_equal(router_find(router, request_of(arena, request), str_of(signing_name),
                                 str_of(body), &route, &error),
                     OK);
    router_free(router);
    return route;
}

static void assert_op(struct route route, const struct service *service, const char *op)
{
    assert_ptr_equal(route.service, service);
    assert_non_null(route.op);
    assert_string_equal(route.op->name, op);
}

static void assert_label(struct route route, const char *name, const char *value)
{
    const struct http_pair *label = http_pair_find(route.labels, route.label_count, name);
    assert_non_null(label);
    assert_str(label->value, value);
}

static void rest_routes(void **state)
{
    static const struct {
        const char *request, *op;
    } CASES[] = {
        {"GET /", "ListBuckets"},
        {"GET /b", "ListObjects"},
        {"GET /b/", "ListObjects"},
        {"GET /b?prefix=", "ListObjects"},
        {"GET /b?list-type=2&prefix=x", "ListObjectsV2"},
        {"GET /b?list-type=3", "ListObjects"},
        {"GET /b?location", "GetBucketLocation"},
        {"GET /b?location=", "GetBucketLocation"},
        {"PUT /b", "CreateBucket"},
        {"PUT /b/k", "PutObject"},
        {"PUT /b/k/", "PutObject"},
        {"PUT /b/k?partNumber=1&uploadId=u", "UploadPart"},
        {"PUT /b/k?partNumber=1", "PutObject"},
        {"PUT /b/k\nx-amz-copy-source: /a/b", "CopyObject"},
        {"GET /b/k?X-Amz-Signature=", "GetObject"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_op(find(*state, CASES[i].request, "s3", ""), &S3, CASES[i].op);
}

static void labels(void **state)
{
    struct route route = find(*state, "GET /b/a%2Fb//c%20+d/%C3%BC/", "s3", "");
    assert_label(route, "Bucket", "b");
    assert_label(route, "Key", "a/b//c +d/\xC3\xBC/");
    assert_label(find(*state, "GET /b//lead", "s3", ""), "Key", "/lead");
    route = find(*state, "GET /2015-03-31/functions/arn%3Aaws%3Ax/configuration", "lambda", "");
    assert_op(route, &LAMBDA, "GetFunctionConfiguration");
    assert_label(route, "FunctionName", "arn:aws:x");

    struct router *router = router_new(TABLE);
    struct error error = {0};
    assert_int_equal(
        router_find(router, request_of(*state, "GET /b/%zz"), S("s3"), S(""), &route, &error),
        ERR_SYNTAX);
    assert_int_equal(
        router_find(router, request_of(*state, "GET /b/%FF"), S("s3"), S(""), &route, &error),
        ERR_SYNTAX);
    router_free(router);
}

static void assert_lacking(struct route route, const struct service *service,
                           enum protocol protocol, const char *name)
{
    assert_ptr_equal(route.service, service);
    assert_null(route.op);
    assert_int_equal(route.protocol, protocol);
    assert_str(route.op_name, name);
}

static void what_is_not_there(void **state)
{
    const char *target =
        "POST /\nX-Amz-Target: AmazonSQS.MakeTea\nContent-Type: application/x-amz-json-1.0";
    const char *internal =
        "POST /\nX-Amz-Target: AmazonSQS.Deliver\nContent-Type: application/x-amz-json-1.0";
    assert_lacking(find(*state, "GET /b?website", "s3", ""), &S3, PROTOCOL_REST_XML,
                   "GetBucketWebsite");
    assert_lacking(find(*state, "GET /b?unheardof", "s3", ""), &S3, PROTOCOL_REST_XML,
                   "ListObjects ?unheardof");
    assert_lacking(find(*state, "PATCH /b", "s3", ""), &S3, PROTOCOL_REST_XML, "");
    assert_lacking(find(*state, "GET /2015-03-31/hidden", "lambda", ""), &LAMBDA,
                   PROTOCOL_REST_JSON, "");
    assert_lacking(find(*state, target, "sqs", "{}"), &SQS, PROTOCOL_JSON_1_0, "MakeTea");
    assert_lacking(find(*state, internal, "sqs", "{}"), &SQS, PROTOCOL_JSON_1_0, "Deliver");
    assert_lacking(find(*state, "GET /", "ec2", ""), NULL, PROTOCOL_REST_XML, "");
    assert_lacking(find(*state, "POST /\nX-Amz-Target: Tea.Make", "", ""), NULL, PROTOCOL_JSON_1_0,
                   "Make");
}

static void json_targets(void **state)
{
    struct route route = find(
        *state,
        "POST /\nX-Amz-Target: AmazonSQS.SendMessage\nContent-Type: application/x-amz-json-1.0",
        "sqs", "{}");
    assert_op(route, &SQS, "SendMessage");
    assert_int_equal(route.protocol, PROTOCOL_JSON_1_0);
    route = find(
        *state,
        "POST /\nX-Amz-Target: AmazonSQS.SendMessage\nContent-Type: application/x-amz-json-1.1", "",
        "");
    assert_int_equal(route.protocol, PROTOCOL_JSON_1_0); // the one that the service speaks
}

#define FORM "POST /\nContent-Type: application/x-www-form-urlencoded; charset=utf-8"
static void query_forms(void **state)
{
    struct route route =
        find(*state, FORM, "sqs", "Action=SendMessage&MessageBody=a+b%26c&Version=2012-11-05");
    assert_op(route, &SQS, "SendMessage");
    assert_int_equal(route.protocol, PROTOCOL_QUERY);
    assert_str(http_pair_find(route.pairs, route.pair_count, "MessageBody")->value, "a b&c");
    assert_op(find(*state, FORM, "", "Action=GetCallerIdentity&Version=2011-06-15"), &STS,
              "GetCallerIdentity");
    assert_op(find(*state, "GET /?Action=SendMessage&Version=2012-11-05", "sqs", ""), &SQS,
              "SendMessage");
    // To a service that has no Query protocol a form is just a body.
    assert_op(find(*state, "PUT /b/k?Action=x\nContent-Type: application/x-www-form-urlencoded",
                   "s3", "a=b"),
              &S3, "PutObject");
    assert_lacking(find(*state, FORM, "sts", "Action=MakeTea"), &STS, PROTOCOL_QUERY, "MakeTea");
}

static void unsigned_requests(void **state)
{
    assert_op(find(*state, "GET /b/k", "", ""), &S3, "GetObject");
    assert_op(find(*state, "GET /2015-03-31/functions/f", "", ""), &LAMBDA, "GetFunction");
    assert_op(find(*state, "GET /2015-03-31/functions/f\nHost: lambda.us-east-1.localhost", "", ""),
              &LAMBDA, "GetFunction");
}

static void hosts(void **state)
{
    static const struct {
        const char *host, *bucket;
    } CASES[] = {
        {"b.s3.amazonaws.com", "b"},
        {"a.b.s3.us-east-1.amazonaws.com", "a.b"},
        {"b.s3-us-west-2.amazonaws.com", "b"},
        {"b.s3.localhost:4566", "b"},
        {"b.localhost:4566", "b"},
        {"a.b.localhost", "a.b"},
        {"localhost:4566", ""},
        {"127.0.0.1:4566", ""},
        {"[::1]:4566", ""},
        {"s3.localhost", ""},
        {"s3.us-east-1.amazonaws.com", ""},
        {"sqs.localhost:4566", ""},
        {"example.com", ""},
        {"", ""},
    };
    (void)state;
    struct router *router = router_new(TABLE);
    for (size_t i = 0; i < COUNT_OF(CASES); i++)
        assert_str(router_bucket_of_host(router, str_of(CASES[i].host)), CASES[i].bucket);
    router_free(router);
    struct route route = find(*state, "GET /k/l\nHost: b.s3.localhost:4566", "s3", "");
    assert_op(route, &S3, "GetObject");
    assert_label(route, "Bucket", "b");
    assert_label(route, "Key", "k/l");
    assert_op(find(*state, "GET /\nHost: b.localhost", "s3", ""), &S3, "ListObjects");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(rest_routes),       ARENA_TEST(labels),
        ARENA_TEST(json_targets),      ARENA_TEST(query_forms),
        ARENA_TEST(what_is_not_there), ARENA_TEST(hosts),
        ARENA_TEST(unsigned_requests),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
