// SPDX-License-Identifier: Apache-2.0
// Each protocol's way in and out, on small tables of the test's own. Replies are made by hand: no
// lake is needed.
#include "request.h"

#include "http/protocol.h"

#include <string.h>

static const struct field PART_FIELDS[] = {{"Number", &ANY_INTEGER}, {"Tag", &ANY_STRING}, {0}};
static const struct shape PART = SHAPE_STRUCT(PART_FIELDS);
static const struct shape PARTS = {.type = SHAPE_LIST, .item = &PART, .flat = true};
static const struct field DOCUMENT_FIELDS[] = {{"Parts", &PARTS, .wire = "Part"}, {0}};
static const struct shape DOCUMENT = SHAPE_STRUCT(DOCUMENT_FIELDS);

// Every place that a member can be in.
static const struct field XML_IN_FIELDS[] = {
    {"Bucket", &ANY_STRING, FIELD_REQUIRED, IN_PATH},
    {"UploadId", &ANY_STRING, 0, IN_QUERY, "uploadId"},
    {"Attributes", &STRING_LIST, 0, IN_HEADER, "x-amz-object-attributes"},
    {"Metadata", &STRING_MAP, 0, IN_PREFIX_HEADERS, "x-amz-meta-"},
    {"Document", &DOCUMENT, 0, IN_PAYLOAD, "CompleteMultipartUpload"},
    {0},
};
static const struct shape XML_IN = SHAPE_STRUCT(XML_IN_FIELDS);
static const struct field XML_OUT_FIELDS[] = {
    {"Name", &ANY_STRING},
    {"Parts", &PARTS, .wire = "Part"},
    {"ETag", &ANY_STRING, 0, IN_HEADER, "ETag"},
    {"Modified", &ANY_TIMESTAMP, 0, IN_HEADER, "Last-Modified"},
    {"Metadata", &STRING_MAP, 0, IN_PREFIX_HEADERS, "x-amz-meta-"},
    {"Status", &ANY_INTEGER, 0, IN_STATUS},
    {0},
};
static const struct shape XML_OUT = SHAPE_STRUCT(XML_OUT_FIELDS);
static const struct field HEADERS_ONLY_FIELDS[] = {{"ETag", &ANY_STRING, 0, IN_HEADER, "ETag"},
                                                   {0}};
static const struct shape HEADERS_ONLY = SHAPE_STRUCT(HEADERS_ONLY_FIELDS);
static const struct op XML_OPS[] = {
    {"Complete", .input = &XML_IN, .output = &XML_OUT, .wrapper = "CompleteResult"},
    {"Put", .output = &HEADERS_ONLY, .status = 201},
    {0},
};
static const struct service XML_SERVICE = {.name = "s3",
                                           .title = "S3",
                                           .signing_name = "s3",
                                           .protocols = PROTOCOL_REST_XML,
                                           .ops = XML_OPS,
                                           .xml_namespace =
                                               "http://s3.amazonaws.com/doc/2006-03-01/"};

static const struct field JSON_IN_FIELDS[] = {
    {"FunctionName", &ANY_STRING, FIELD_REQUIRED, IN_PATH},
    {"TagKeys", &STRING_LIST, 0, IN_QUERY, "tagKeys"},
    {"Kind", &ANY_STRING, 0, IN_HEADER, "X-Amz-Invocation-Type"},
    {"Description", &ANY_STRING},
    {0},
};
static const struct shape JSON_IN = SHAPE_STRUCT(JSON_IN_FIELDS);
static const struct field INVOKE_IN_FIELDS[] = {{"Payload", &ANY_BLOB, 0, IN_PAYLOAD}, {0}};
static const struct shape INVOKE_IN = SHAPE_STRUCT(INVOKE_IN_FIELDS);
static const struct field JSON_OUT_FIELDS[] = {
    {"Description", &ANY_STRING},
    {"StatusCode", &ANY_INTEGER, 0, IN_STATUS},
    {"Error", &ANY_STRING, 0, IN_HEADER, "X-Amz-Function-Error"},
    {0},
};
static const struct shape JSON_OUT = SHAPE_STRUCT(JSON_OUT_FIELDS);
static const struct op JSON_OPS[] = {
    {"Update", .input = &JSON_IN, .output = &JSON_OUT}, {"Invoke", .input = &INVOKE_IN}, {0}};
static const struct service JSON_SERVICE = {.name = "lambda",
                                            .title = "Lambda",
                                            .signing_name = "lambda",
                                            .protocols = PROTOCOL_REST_JSON,
                                            .ops = JSON_OPS};

static const struct field QUEUE_FIELDS[] = {{"QueueUrl", &ANY_STRING}, {"Body", &ANY_STRING}, {0}};
static const struct shape QUEUE_INPUT = SHAPE_STRUCT(QUEUE_FIELDS);
static const struct op QUEUE_OPS[] = {
    {"Send", .input = &QUEUE_INPUT, .output = &QUEUE_INPUT}, {"Purge"}, {0}};
static const char *const QUEUE_KNOWN[] = {"StartTask", NULL};
static const struct service QUEUE_SERVICE = {.name = "sqs",
                                             .title = "Amazon SQS",
                                             .signing_name = "sqs",
                                             .protocols = PROTOCOL_JSON_1_0 | PROTOCOL_QUERY,
                                             .ops = QUEUE_OPS,
                                             .known = QUEUE_KNOWN,
                                             .error_namespace = "com.amazonaws.sqs",
                                             .xml_namespace = "http://queue/"};
static const struct error_code QUEUE_GONE = {"QueueDoesNotExist", 400, "AWS.NonExistentQueue"};

static struct route route_of(const struct service *service, size_t op, enum protocol protocol)
{
    return (struct route){.service = service,
                          .op = &service->ops[op],
                          .op_name = str_of(service->ops[op].name),
                          .protocol = protocol};
}

static const char *decode(struct arena *arena, const struct route *route, const char *request,
                          const char *body)
{
    struct json *input;
    struct error error = {0};
    if (protocol_decode(route, request_of(arena, request), str_of(body), S("http://h"), &input,
                        &error) != OK)
        return "refused";
    return str_cstr(arena, json_text(arena, input));
}

static struct json *parse(struct arena *arena, const char *text)
{
    struct json *value;
    struct error error = {0};
    assert_int_equal(json_parse(arena, str_of(text), &value, &error), OK);
    return value;
}

static struct http_response reply(struct arena *arena, const struct route *route, const char *text)
{
    struct http_response response = {.file_fd = -1};
    struct error error = {0};
    struct call call = {.arena = arena, .request_id = S("ID")};
    assert_int_equal(protocol_reply(route, request_of(arena, "GET /"), &call, parse(arena, text),
                                    &response, &error),
                     OK);
    return response;
}

static struct http_response refuse(struct arena *arena, const struct route *route,
                                   const struct refusal *refusal)
{
    struct http_response response = {.file_fd = -1};
    protocol_refuse(route, request_of(arena, "GET /b/k"), S("ID"), refusal, &response);
    return response;
}

static struct str header(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->header_count; i++)
        if (str_is(response->headers[i].name, name))
            return response->headers[i].value;
    return STR_NONE;
}

static void rest_xml_in(void **state)
{
    struct route route = route_of(&XML_SERVICE, 0, PROTOCOL_REST_XML);
    struct http_pair bucket = {S("Bucket"), S("b"), true}, upload = {S("uploadId"), S("u"), true};
    route.labels = &bucket;
    route.label_count = 1;
    route.pairs = &upload;
    route.pair_count = 1;
    const char *request = "POST /b/k?uploadId=u\nX-Amz-Meta-A-b: 1\nx-amz-meta-c: "
                          "2\nx-amz-object-attributes: ETag, Size";
    assert_string_equal(
        decode(*state, &route, request,
               "<?xml version=\"1.0\"?><CompleteMultipartUpload "
               "xmlns=\"x\"><Part><Number>1</Number></Part>"
               "<Part><Number>2</Number><Tag>&quot;t&quot;</Tag></Part></CompleteMultipartUpload>"),
        "{\"Document\":{\"Parts\":[{\"Number\":\"1\"},{\"Number\":\"2\",\"Tag\":\"\\\"t\\\"\"}]},"
        "\"Bucket\":\"b\","
        "\"UploadId\":\"u\",\"Attributes\":[\"ETag\",\"Size\"],\"Metadata\":{\"a-b\":\"1\",\"c\":"
        "\"2\"}}");
    assert_string_equal(decode(*state, &route, "POST /b/k", "<Broken>"), "refused");
    assert_string_equal(decode(*state, &route, "POST /b/k", ""),
                        "{\"Bucket\":\"b\",\"UploadId\":\"u\"}");
}

static void rest_xml_out(void **state)
{
    struct route route = route_of(&XML_SERVICE, 0, PROTOCOL_REST_XML);
    struct http_response response =
        reply(*state, &route,
              "{\"Name\":\"a<b\",\"Parts\":[{\"Number\":1},{\"Number\":2}],\"ETag\":\"\\\"e\\\"\","
              "\"Modified\":1795305600,\"Metadata\":{\"a\":\"1\"},\"Status\":206}");
    assert_int_equal(response.status, 206);
    assert_str(
        response.body,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<CompleteResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>a&lt;b</Name>"
        "<Part><Number>1</Number></Part><Part><Number>2</Number></Part></CompleteResult>");
    assert_str(header(&response, "ETag"), "\"e\"");
    assert_str(header(&response, "Last-Modified"), "Sun, 22 Nov 2026 00:00:00 GMT");
    assert_str(header(&response, "x-amz-meta-a"), "1");
    assert_str(header(&response, "x-amz-request-id"), "ID");
    assert_str(header(&response, "Content-Type"), "application/xml");

    route = route_of(&XML_SERVICE, 1, PROTOCOL_REST_XML);
    response = reply(*state, &route, "{\"ETag\":\"e\"}");
    assert_int_equal(response.status, 201);
    assert_int_equal(response.body.len, 0);
    assert_null(header(&response, "Content-Type").ptr);
}

static void rest_json_in(void **state)
{
    struct route route = route_of(&JSON_SERVICE, 0, PROTOCOL_REST_JSON);
    struct http_pair name = {S("FunctionName"), S("f"), true};
    struct http_pair keys[] = {
        {S("tagKeys"), S("a"), true}, {S("x"), S("y"), true}, {S("tagKeys"), S("b"), true}};
    route.labels = &name;
    route.label_count = 1;
    route.pairs = keys;
    route.pair_count = 3;
    assert_string_equal(
        decode(*state, &route, "PUT /f\nx-amz-invocation-type: Event", "{\"Description\":\"d\"}"),
        "{\"Description\":\"d\",\"FunctionName\":\"f\",\"TagKeys\":[\"a\",\"b\"],\"Kind\":"
        "\"Event\"}");
    // What the path says is not overruled by the body.
    assert_string_equal(decode(*state, &route, "PUT /f", "{\"FunctionName\":\"g\"}"),
                        "{\"FunctionName\":\"f\",\"TagKeys\":[\"a\",\"b\"]}");
    assert_string_equal(decode(*state, &route, "PUT /f", "[]"), "refused");
    route = route_of(&JSON_SERVICE, 1, PROTOCOL_REST_JSON);
    assert_string_equal(decode(*state, &route, "POST /f", "{\"x\":1}"),
                        "{\"Payload\":\"eyJ4IjoxfQ==\"}");
    assert_string_equal(decode(*state, &route, "POST /f", ""), "{}");
}

static void rest_json_out(void **state)
{
    struct route route = route_of(&JSON_SERVICE, 0, PROTOCOL_REST_JSON);
    struct http_response response =
        reply(*state, &route,
              "{\"Description\":\"d\",\"StatusCode\":202,\"Error\":\"Unhandled\",\"More\":1}");
    assert_int_equal(response.status, 202);
    assert_str(response.body, "{\"Description\":\"d\",\"More\":1}");
    assert_str(header(&response, "X-Amz-Function-Error"), "Unhandled");
    assert_str(header(&response, "Content-Type"), "application/json");
}

static void json_in_and_out(void **state)
{
    struct route route = route_of(&QUEUE_SERVICE, 0, PROTOCOL_JSON_1_0);
    assert_string_equal(decode(*state, &route, "POST /", "{\"Body\":\"b\"}"), "{\"Body\":\"b\"}");
    assert_string_equal(decode(*state, &route, "POST /", ""), "{}");
    assert_string_equal(decode(*state, &route, "POST /", "\"b\""), "refused");
    struct http_response response = reply(*state, &route, "{\"Any\":[1]}");
    assert_str(response.body, "{\"Any\":[1]}");
    assert_str(header(&response, "Content-Type"), "application/x-amz-json-1.0");
    assert_str(header(&response, "x-amzn-RequestId"), "ID");
}

static void query_in_and_out(void **state)
{
    struct route route = route_of(&QUEUE_SERVICE, 0, PROTOCOL_QUERY);
    struct http_pair body = {S("Body"), S("b"), true};
    route.pairs = &body;
    route.pair_count = 1;
    assert_string_equal(decode(*state, &route, "POST /1/q", ""),
                        "{\"QueueUrl\":\"http://h/1/q\",\"Body\":\"b\"}");
    assert_string_equal(decode(*state, &route, "POST /", ""), "{\"Body\":\"b\"}");
    struct http_response response = reply(*state, &route, "{\"Body\":\"<\"}");
    assert_str(response.body,
               "<SendResponse xmlns=\"http://queue/\"><SendResult><Body>&lt;</Body></SendResult>"
               "<ResponseMetadata><RequestId>ID</RequestId></ResponseMetadata></SendResponse>");
    route = route_of(&QUEUE_SERVICE, 1, PROTOCOL_QUERY);
    response = reply(*state, &route, "{}");
    assert_str(response.body,
               "<PurgeResponse xmlns=\"http://queue/\"><ResponseMetadata><RequestId>ID</RequestId>"
               "</ResponseMetadata></PurgeResponse>");
}

static void refusals(void **state)
{
    struct arena *arena = *state;
    const struct refusal refusal = {.code = &QUEUE_GONE,
                                    .text = S("Gone & away"),
                                    .members = parse(arena, "{\"Extra\":\"e\"}")};
    struct route route = route_of(&QUEUE_SERVICE, 0, PROTOCOL_JSON_1_0);
    struct http_response response = refuse(arena, &route, &refusal);
    assert_int_equal(response.status, 400);
    assert_str(response.body, "{\"__type\":\"com.amazonaws.sqs#QueueDoesNotExist\",\"message\":"
                              "\"Gone & away\",\"Extra\":\"e\"}");
    assert_str(header(&response, "x-amzn-query-error"), "AWS.NonExistentQueue;Sender");

    route.protocol = PROTOCOL_QUERY;
    response = refuse(arena, &route, &refusal);
    assert_str(response.body,
               "<ErrorResponse "
               "xmlns=\"http://queue/\"><Error><Type>Sender</Type><Code>AWS.NonExistentQueue</Code>"
               "<Message>Gone &amp; "
               "away</Message><Extra>e</Extra></Error><RequestId>ID</RequestId></ErrorResponse>");

    route = route_of(&JSON_SERVICE, 0, PROTOCOL_REST_JSON);
    response = refuse(arena, &route, &refusal);
    assert_str(response.body, "{\"Type\":\"User\",\"message\":\"Gone & away\",\"Extra\":\"e\"}");
    assert_str(header(&response, "x-amzn-ErrorType"), "QueueDoesNotExist");

    route = route_of(&XML_SERVICE, 0, PROTOCOL_REST_XML);
    response = refuse(arena, &route, &refusal);
    assert_str(response.body,
               "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>QueueDoesNotExist</Code>"
               "<Message>Gone &amp; away</Message><Extra>e</Extra><Resource>/b/k</Resource>"
               "<RequestId>ID</RequestId><HostId>SUQ=</HostId></Error>");
}

static void assert_unknown(struct arena *arena, struct route route, int status, const char *code,
                           const char *text)
{
    struct refusal refusal = protocol_unknown_operation(&route, request_of(arena, "GET /x?y"));
    assert_int_equal(refusal.code->status, status);
    assert_string_equal(refusal.code->code, code);
    assert_str(refusal.text, text);
}

static void unknown_operations(void **state)
{
    struct route route = {
        .service = &QUEUE_SERVICE, .protocol = PROTOCOL_JSON_1_0, .op_name = S("StartTask")};
    assert_unknown(*state, route, 400, "UnknownOperationException",
                   "Tarn does not implement the operation StartTask of Amazon SQS.");
    route.op_name = S("MakeTea");
    assert_unknown(*state, route, 400, "UnknownOperationException",
                   "The operation MakeTea is not one of Amazon SQS.");
    route.protocol = PROTOCOL_QUERY;
    assert_unknown(*state, route, 400, "InvalidAction",
                   "The operation MakeTea is not one of Amazon SQS.");
    route =
        (struct route){.service = &XML_SERVICE, .protocol = PROTOCOL_REST_XML, .op_name = S("")};
    assert_unknown(*state, route, 501, "NotImplemented", "No operation of S3 answers GET /x?y.");
    route =
        (struct route){.service = &JSON_SERVICE, .protocol = PROTOCOL_REST_JSON, .op_name = S("")};
    assert_unknown(*state, route, 404, "UnknownOperationException",
                   "No operation of Lambda answers GET /x?y.");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(rest_xml_in),   ARENA_TEST(rest_xml_out),       ARENA_TEST(rest_json_in),
        ARENA_TEST(rest_json_out), ARENA_TEST(json_in_and_out),    ARENA_TEST(query_in_and_out),
        ARENA_TEST(refusals),      ARENA_TEST(unknown_operations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
