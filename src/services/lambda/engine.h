// SPDX-License-Identifier: Apache-2.0
// The engine: runs invocations in execution environments (sandboxed processes), in memory only.
//
// An invocation names a function's version and carries an event; the engine gives it to a warm
// environment of that version, or starts one, or lets it wait for one. An environment serves one
// invocation at a time, asks for the next by the Runtime API, and is ended when it was idle for
// long, overstayed its timeout, or its function changed. What must survive a crash (asynchronous
// events, queue batches) is a task or a message of its own; the engine forgets.
//
// Ownership: an invocation belongs to the engine from engine_invoke until its `done` is called,
// exactly once, from any thread, perhaps before engine_invoke returns; then it is the caller's to
// free. Threads: engine_* from any thread. One loop thread does all input and output with the
// sandboxes; a fixed pool of two starts them. No thread exists before the first invocation.
#ifndef LAMBDA_ENGINE_H
#define LAMBDA_ENGINE_H

#include "lake/lake.h"

#define LAMBDA_PAYLOAD_BYTES_MAX ((size_t)6 * 1024 * 1024 + 100) // as AWS counts: 6,291,556
#define LAMBDA_TAIL_BYTES_MAX 4096

struct engine;
struct invocation;
typedef void invocation_done(void *context, struct invocation *invocation);

enum invocation_outcome {
    INVOCATION_PENDING,
    INVOCATION_ANSWERED,  // payload is what the function returned
    INVOCATION_FAILED,    // payload is AWS's error object: the function failed, timed out or died
    INVOCATION_THROTTLED, // its concurrency is exhausted: `message`
    INVOCATION_REFUSED,   // it cannot run here: `message` (no interpreter, no sandbox, code
                          // unreadable)
    INVOCATION_CANCELLED, // the server ends
};

struct invocation {
    struct arena arena;
    // What to run: set by the caller, in the arena but for `function`.
    struct str id;           // request id, a UUID
    struct str region, name; // of the function
    struct str version;      // "$LATEST" or a number
    struct str revision;     // changes with code and configuration: environments are per revision
    struct str arn;          // as invoked
    struct str payload, client_context;
    int64_t timeout_ms;
    int64_t concurrency_max; // reserved concurrency; -1: none reserved
    bool wait_for_capacity;  // rather than be throttled
    bool want_tail;
    const struct json *function; // its row (function.h), borrowed until engine_invoke returns
    invocation_done *done;
    void *context;
    // What came of it.
    enum invocation_outcome outcome;
    struct str answer;
    struct str tail; // with want_tail: the last 4 KB of its log
    char message[512];
    // The engine's.
    struct environment *environment;
    struct invocation *next;
    int64_t begun_us;
};
struct invocation *invocation_new(void);
void invocation_free(struct invocation *invocation); // takes NULL

struct engine *engine_new(struct lake *lake);
void engine_cancel(
    struct engine *engine); // ends everything; what is invoked later is cancelled at once
void engine_free(struct engine *engine);
void engine_invoke(struct engine *engine, struct invocation *invocation);
// engine_invoke, waiting on this thread.
void engine_invoke_blocking(struct engine *engine, struct invocation *invocation);
// The function changed or is gone: its environments end, busy ones after their invocation.
void engine_retire(struct engine *engine, struct str region, struct str name);
// Unpacks code ahead of its first use.
void engine_prefetch(struct engine *engine, struct str sha256_hex, const struct blob *code);
// For metrics and tests.
size_t engine_environments(struct engine *engine);

// Whether this machine can run the runtime ("python3.12"): ERR_UNSUPPORTED with the reason.
enum err engine_runtime_check(struct str runtime, struct error *error) MUST_CHECK;

#endif
