// SPDX-License-Identifier: Apache-2.0
// Functions in C: a runtime for AWS Lambda's `provided.*` runtimes, and the AWS calls that data functions make.
//
// A function is one handler and a main of one line; the program is the zip's `bootstrap`:
//
//     static int handle(struct tarn_event *event, void *user)
//     {
//         struct tarn_reply reply;
//         if (tarn_s3_get(event, "raw", "persons/a.json", 64 << 20, &reply) != 0)
//             return tarn_fail_reply(event, &reply); // the service's error code becomes the function's error type
//         return tarn_respondf(event, "{\"bytes\": %zu}", reply.body.len);
//     }
//     int main(void) { return tarn_lambda_run(handle, NULL); }
//
// The same program runs in Tarn and on AWS: it speaks the documented Runtime API, signs with the environment's
// credentials (Signature V4), and talks to AWS_ENDPOINT_URL (or AWS_ENDPOINT_URL_S3, ...) when set, else to AWS's own
// endpoints. Connections are kept and reused between invocations. Start-up links nothing but libc: libcurl is loaded at
// the first AWS call.
//
// Memory: tarn_alloc's blocks and everything that a reply points to live until the handler returns.
// Threads: one thread; an event and its calls belong to the thread that runs the handler.
// Errors: calls return 0, or -1 with the reason in the reply: `status` is the HTTP status (0 when the service was
// not reached), `error_code` the service's code ("NoSuchKey", "QueueDoesNotExist", "ConnectionFailed").
// A service's throttling and 5xx answers, and lost connections, are tried again twice for calls that may be repeated.
#ifndef TARN_LAMBDA_H
#define TARN_LAMBDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Bytes that belong to somebody else. Bodies are also terminated by a zero byte, which `len` does not count.
struct tarn_text {
    const char *ptr;
    size_t len;
};

// --- the runtime

struct tarn_event {
    struct tarn_text payload; // the event's JSON
    const char *request_id;
    const char *function_arn;
    const char *trace_id;       // "" when there is none
    const char *client_context; // JSON, "" when there is none
    int64_t deadline_ms;        // epoch; the invocation is ended then
    struct tarn_runtime *runtime; // private
};

// Answers by tarn_respond* (return 0) or tarn_fail* (they return -1). Returning without either answers `null`,
// or an error "Function.Failed" when -1 was returned.
typedef int tarn_handler(struct tarn_event *event, void *user);

// Serves invocations until the runtime API goes away; gives main's exit status. Run without AWS_LAMBDA_RUNTIME_API (by hand,
// in a test) it reads one event from standard input, writes the answer to standard output and returns.
int tarn_lambda_run(tarn_handler *handler, void *user);

int tarn_respond(struct tarn_event *event, const char *json, size_t len); // copied; 0
int tarn_respondf(struct tarn_event *event, const char *format, ...) __attribute__((format(printf, 2, 3)));
// The invocation fails: Step Functions and callers see `type` as the error's name. Always -1.
int tarn_fail(struct tarn_event *event, const char *type, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

int64_t tarn_remaining_ms(const struct tarn_event *event);
void *tarn_alloc(struct tarn_event *event, size_t bytes); // zeroed
char *tarn_printf(struct tarn_event *event, const char *format, ...) __attribute__((format(printf, 2, 3)));
// One line to the function's log: "<level> <request id> text".
void tarn_log(struct tarn_event *event, const char *level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
// Appends `text` as a quoted JSON string, at most `capacity` bytes with the terminator; the length it needs.
size_t tarn_json_quote(char *out, size_t capacity, struct tarn_text text);

// --- AWS calls

struct tarn_reply {
    int status;
    struct tarn_text body;
    struct tarn_text etag, content_type, version_id; // S3
    uint64_t content_length;                         // S3: of the object or range
    char error_code[128];
    char error_message[1024];
};
// Fails the invocation with what the service said. Always -1.
int tarn_fail_reply(struct tarn_event *event, const struct tarn_reply *reply);

// Any operation of a JSON service: tarn_call(event, "dynamodb", "DynamoDB_20120810.GetItem", json, len, &reply).
// Service is the signing name: "sqs", "dynamodb", "states", "glue", "athena", "events", "logs", "ssm".
int tarn_call(struct tarn_event *event, const char *service, const char *target, const char *json, size_t len,
              struct tarn_reply *out_reply);
// The same with the input formatted, for short ones: values must be quoted by the caller (tarn_json_quote).
int tarn_callf(struct tarn_event *event, const char *service, const char *target, struct tarn_reply *out_reply,
               const char *format, ...) __attribute__((format(printf, 5, 6)));

// S3. Keys are given as they are (not URL-encoded).
int tarn_s3_get(struct tarn_event *event, const char *bucket, const char *key, size_t bytes_max,
                struct tarn_reply *out_reply); // error_code "TooLarge" above bytes_max
// Streams an object of any size: sink gets it piece by piece; a sink that returns non-zero ends the read
// (error_code "Aborted"). A connection lost midway is taken up again where it broke, if the object is still the same.
typedef int tarn_sink(void *context, const void *bytes, size_t len);
int tarn_s3_read(struct tarn_event *event, const char *bucket, const char *key, tarn_sink *sink, void *context,
                 struct tarn_reply *out_reply);
int tarn_s3_head(struct tarn_event *event, const char *bucket, const char *key, struct tarn_reply *out_reply);
int tarn_s3_put(struct tarn_event *event, const char *bucket, const char *key, const void *bytes, size_t len,
                const char *content_type, struct tarn_reply *out_reply);
int tarn_s3_delete(struct tarn_event *event, const char *bucket, const char *key, struct tarn_reply *out_reply);
// Every key below `prefix`, in order, over all pages; a visitor that returns non-zero ends the listing.
struct tarn_s3_object {
    const char *key;
    uint64_t size_bytes;
    const char *etag;          // with its quotes
    const char *last_modified; // ISO 8601
};
typedef int tarn_s3_visit(void *context, const struct tarn_s3_object *object);
int tarn_s3_list(struct tarn_event *event, const char *bucket, const char *prefix, tarn_s3_visit *visit, void *context,
                 struct tarn_reply *out_reply);

// Writes an object piece by piece, holding one part (8 MiB) in memory: a small one becomes one PUT, a larger one a
// multipart upload. The object appears whole at finish, or never.
struct tarn_upload;
struct tarn_upload *tarn_upload_open(struct tarn_event *event, const char *bucket, const char *key, const char *content_type);
int tarn_upload_append(struct tarn_upload *upload, const void *bytes, size_t len, struct tarn_reply *out_reply);
int tarn_upload_finish(struct tarn_upload *upload, struct tarn_reply *out_reply); // also ends `upload` when it fails
void tarn_upload_abort(struct tarn_upload *upload);                               // takes NULL

// SQS. Bodies of replies are the service's JSON ("Messages": [...]).
int tarn_sqs_receive(struct tarn_event *event, const char *queue_url, int max_messages, int wait_seconds,
                     int visibility_seconds /* -1: the queue's */, struct tarn_reply *out_reply);
int tarn_sqs_delete(struct tarn_event *event, const char *queue_url, const char *receipt_handle,
                    struct tarn_reply *out_reply);
int tarn_sqs_send(struct tarn_event *event, const char *queue_url, struct tarn_text body, struct tarn_reply *out_reply);

// DynamoDB and Step Functions: `json` is the operation's whole input.
int tarn_dynamodb_put_item(struct tarn_event *event, const char *json, size_t len, struct tarn_reply *out_reply);
int tarn_dynamodb_update_item(struct tarn_event *event, const char *json, size_t len, struct tarn_reply *out_reply);
int tarn_dynamodb_get_item(struct tarn_event *event, const char *json, size_t len, struct tarn_reply *out_reply);
// `name` NULL: the service makes one. "ExecutionAlreadyExists" is how a repeated start shows itself.
int tarn_start_execution(struct tarn_event *event, const char *state_machine_arn, const char *name, struct tarn_text input,
                         struct tarn_reply *out_reply);

#endif
