// SPDX-License-Identifier: Apache-2.0
// The call: one operation being run, from the wire, from a task, or from inside another operation.
//
// It carries everything a handler may use: its arena (the call's lifetime), its transaction, who is asking, from which
// region, and the instant at which it runs (one instant for a whole call, so that all it writes agrees).
//
// Refusing: FAIL records one of the service's codes and words, and returns:
//     FAIL(call, SQS_QUEUE_DOES_NOT_EXIST, "The specified queue does not exist.");
// A call that is refused leaves no trace: its transaction (or its savepoint, for an inside call) is undone.
//
// Inside calls: call_operation runs another operation with the same validation, authorisation and errors, on a savepoint of
// the same transaction. Effects travel in the transaction: a PUT, its event, the rules that match and the message
// they produce commit together.
//
// Later: call_later adds a task in this transaction. Waiting: call_park says "not yet": the dispatcher calls the
// handler again from the start when a commit wakes the key, or at the deadline; no thread is held. call->deadline_passed is
// then true on the last run, which must answer. Inside calls and tasks never wait: they see deadline_passed at once.
#ifndef LAKE_CALL_H
#define LAKE_CALL_H

#include "lake/service.h"
#include "store/blob.h"
#include "store/task.h"

enum principal_kind { PRINCIPAL_ROOT, PRINCIPAL_USER, PRINCIPAL_ROLE, PRINCIPAL_SERVICE, PRINCIPAL_ANONYMOUS };
struct principal {
    enum principal_kind kind;
    struct str arn;        // arn:aws:iam::000000000000:root, ...:assumed-role/NAME/SESSION; a service: events.amazonaws.com
    struct str access_key; // "" for inside principals
    struct str role_arn;   // of an assumed role
    struct str user_id;    // GetCallerIdentity's UserId
};

// A reply that is bytes instead of JSON (S3 GetObject, Lambda Invoke's payload).
struct reply_body {
    bool present;
    struct str bytes;           // used when reader is NULL
    // A range of a blob, sent after the call. The handler opens it in its transaction, so that an overwrite that commits
    // before the sending is harmless; who sends (or discards) the reply closes it.
    struct blob_reader *reader;
    uint64_t offset, length;
};

struct call {
    struct lake *lake;
    struct arena *arena;
    struct tx *tx; // NULL in an OP_JOB outside call_transact
    const struct service *service;
    const struct op *op;
    const struct principal *principal;
    struct str account; // "000000000000"
    struct str region;
    struct str request_id;
    int64_t now_ms;
    int64_t started_ms; // of the first run, for a parked call
    bool deadline_passed;
    struct call *outer; // the operation that called this one, or NULL
    uint64_t task_id;   // when it runs as a task, else 0
    uint32_t task_attempt; // failures before this run
    bool task_finished;    // call_finish_task has committed

    // From the wire; empty for inside calls.
    struct str method, path, host, source_ip, user_agent;
    struct json *headers;     // lower-case names to values, as they came
    const struct blob *body;  // OP_STREAM_IN: what was uploaded
    struct json *body_digests; // OP_STREAM_IN: {"md5": hex, "sha256": hex, "crc32": base64, ...}: those that were computed
    struct str base_url;      // "http://127.0.0.1:4566": for URLs in replies

    // Beyond JSON.
    struct json *reply_headers; // extra headers, or NULL; set through call_reply_header
    struct reply_body reply_body;
    int reply_status;           // overrides the row's, when not 0

    // Refusals.
    const struct error_code *code;
    struct json *error_members; // more members of the error's body, or NULL
    struct error error;

    // Parking.
    struct str park_key;
    int64_t park_deadline_ms;
};

#define FAIL(call, error_code, ...) return call_fail((call), &(error_code), __VA_ARGS__)
enum err call_fail(struct call *call, const struct error_code *code, const char *format, ...) PRINTF_LIKE(3, 4);

// --- inside calls
// Runs `service`'s `op`. OK with *out_reply, or the inner call's error, whose code and text are then in `call` too
// (returning it refuses the outer call with the same error). Inner: same principal unless given another.
enum err call_operation(struct call *call, const char *service, const char *op, struct json *input,
                        struct json **out_reply) MUST_CHECK;
enum err call_operation_as(struct call *call, const struct principal *principal, const char *service, const char *op,
                           struct json *input, struct json **out_reply) MUST_CHECK;
// For OP_JOB handlers: a transaction of its own; body may run again on a conflict.
typedef enum err call_body(struct call *call, void *context);
enum err call_transact(struct call *call, call_body *body, void *context) MUST_CHECK;
// Within call_transact, in a job that runs as a task: removes the task in this same transaction. ERR_CANCELLED when the
// task was cancelled meanwhile: return it, so that nothing is adopted. A transaction that runs as a task is finished by the
// dispatcher; it calls this itself, first, when it adds a task under its own name (a schedule's next firing).
enum err call_finish_task(struct call *call) MUST_CHECK;

// --- later
// Retry is five attempts from one second on, doubling, unless set. service, op and input are required; caller is filled in.
enum err call_later(struct call *call, struct task *task) MUST_CHECK;
enum err call_cancel(struct call *call, struct str task_name) MUST_CHECK;

// --- waiting and waking
enum err call_park(struct call *call, struct str key, int64_t deadline_ms); // returns ERR_PARKED: `return call_park(...)`
void call_wake(struct call *call, struct str key); // after this call's commit, every call parked on key runs again

// --- conveniences
void *call_state(struct call *call);                      // this service's state
void *lake_state(struct lake *lake, const char *service); // any service's, by its name: within its own folder only
void call_reply_header(struct call *call, const char *name, struct str value);
struct str call_uuid(struct call *call);
struct str call_random(struct call *call, const char *alphabet, size_t len);
// "arn:aws:<service>:<region>:<account>:<resource>"
struct str call_arn(struct call *call, const char *service, const char *resource_format, ...) PRINTF_LIKE(3, 4);

// Parts of an ARN; false when `arn` is not one.
struct arn {
    struct str partition, service, region, account, resource;
};
bool arn_parse(struct str arn, struct arn *out);

// Pages: tokens are opaque to clients, and say where to go on. A token made by another operation is refused.
struct str page_token(struct call *call, struct str position);
enum err page_position(struct call *call, struct str token, struct str *out_position) MUST_CHECK; // ERR_INVALID

#endif
