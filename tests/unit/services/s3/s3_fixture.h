// SPDX-License-Identifier: Apache-2.0
// What the tests of S3 share: calls as they come from the wire, with a streamed body.
#ifndef TESTS_S3_FIXTURE_H
#define TESTS_S3_FIXTURE_H

#include "../lake_fixture.h"
#include "services/s3/s3.h"

#include "base/encode.h"

// Runs `op` as a client would: with a method, and a body when `body` is not NULL.
static inline enum err s3_wire_run(struct fixture *f, const char *op, struct json *input,
                                   const struct str *body, struct json **out)
{
    f->call = lake_call(f->lake, &f->arena, lake_root(f->lake), STR_NONE);
    f->call->method = S("PUT");
    f->call->source_ip = S("192.0.2.7");
    struct blob *blob = ARENA_NEW(&f->arena, struct blob);
    struct error error = {0};
    if (body) {
        assert_int_equal(blob_of_bytes(lake_store(f->lake), &f->arena, *body, blob, &error), OK);
        f->call->body = blob;
    }
    return lake_run_blocking(f->call, "s3", op, input, out);
}

static inline struct json *s3_wire(struct fixture *f, const char *op, const struct str *body,
                                   const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct json *input = fixture_json(f, format, args), *reply = NULL;
    va_end(args);
    if (s3_wire_run(f, op, input, body, &reply) != OK)
        fail_msg("%s: %s: %s", op, f->call->code ? f->call->code->code : "?", f->call->error.text);
    return reply;
}

static inline void s3_wire_refused(struct fixture *f, const char *code, const char *op,
                                   const struct str *body, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    struct json *input = fixture_json(f, format, args), *reply = NULL;
    va_end(args);
    if (s3_wire_run(f, op, input, body, &reply) == OK)
        fail_msg("%s succeeded instead of %s", op, code);
    if (!f->call->code || strcmp(f->call->code->code, code) != 0)
        fail_msg("%s: %s instead of %s: %s", op, f->call->code ? f->call->code->code : "?", code,
                 f->call->error.text);
}

// The bytes of the last reply, as http/ would send them.
static inline struct str s3_reply_bytes(struct fixture *f)
{
    struct reply_body *body = &f->call->reply_body;
    assert_true(body->present);
    if (!body->reader)
        return body->bytes;
    char *bytes = arena_bytes(&f->arena, body->length + 1);
    struct error error = {0};
    assert_int_equal(blob_reader_read(body->reader, body->offset, bytes, body->length, &error), OK);
    blob_reader_close(body->reader);
    body->reader = NULL;
    return str_n(bytes, body->length);
}

static inline struct str s3_get(struct fixture *f, const char *bucket, const char *key)
{
    s3_wire(f, "GetObject", NULL, "{'Bucket': '%s', 'Key': '%s'}", bucket, key);
    return s3_reply_bytes(f);
}

static inline void s3_put(struct fixture *f, const char *bucket, const char *key, const char *text)
{
    fixture_ok(f, "s3", "PutObject", "{'Bucket': '%s', 'Key': '%s', 'Body': '%s'}", bucket, key,
               text);
}

static inline struct str s3_fill(struct fixture *f, char c, size_t len)
{
    char *bytes = arena_bytes(&f->arena, len);
    memset(bytes, c, len);
    return str_n(bytes, len);
}

static inline int s3_setup(void **state)
{
    int result = fixture_setup(state);
    fixture_ok(*state, "s3", "CreateBucket", "{'Bucket': 'lake-raw'}");
    return result;
}

#define S3_TEST(function) cmocka_unit_test_setup_teardown(function, s3_setup, fixture_teardown)

#endif
