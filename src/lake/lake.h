// SPDX-License-Identifier: Apache-2.0
// The lake: store, clock, services and the dispatcher that runs operations. One per process of `tarn serve`; tests make
// their own on a temporary folder and a virtual clock.
//
// lake_run is where everything passes: it finds the operation's row, checks the input against its shape, asks
// authorize.h, opens the transaction, runs the handler, commits, and only then answers. Background work is the task
// queue, run by runner threads that end in lake_run too.
//
// Threads: all functions from any thread.
#ifndef LAKE_LAKE_H
#define LAKE_LAKE_H

#include "lake/call.h"

struct lake_options {
    const char *folder;
    struct str account;        // "000000000000"
    struct str region;         // default region for inside work
    struct str base_url;       // where clients reach it
    struct clock *clock;       // borrowed
    struct random *random;     // borrowed
    struct log *log;           // borrowed
    size_t runner_threads_max; // for jobs; tasks that are transactions use a few threads of their own
    bool unsafe_no_sync;       // unit tests
    const struct service *const *services; // NULL: SERVICES
};
enum err lake_open(const struct lake_options *options, struct lake **out_lake, struct error *error) MUST_CHECK;
// Begins the work that nobody asks for: tasks run, services poll, old garbage is swept. Once, when whoever serves the lake does
// serve it, because functions that run as tasks call back. Tests leave it out and step tasks by hand with lake_run_due.
void lake_begin(struct lake *lake);
// Begins the end: no task is started any more, foreign work (functions, workers) is interrupted, parked calls answer.
// Calls that are running end by themselves. Whoever serves the lake stops after this and before lake_close.
void lake_cancel(struct lake *lake);
void lake_close(struct lake *lake); // waits for what runs; takes NULL
struct store *lake_store(struct lake *lake);
struct clock *lake_clock(struct lake *lake);
struct random *lake_random(struct lake *lake);
struct log *lake_log(struct lake *lake);
struct str lake_account(struct lake *lake);
struct str lake_region(struct lake *lake);
struct str lake_base_url(struct lake *lake);
const char *lake_folder(struct lake *lake);
const struct service *const *lake_services(struct lake *lake); // NULL-terminated
const struct service *lake_service(struct lake *lake, struct str name); // NULL when this lake has none of that name

// A zeroed call in `arena`, with lake, region (STR_NONE: the default), account, principal, request id and instant set.
struct call *lake_call(struct lake *lake, struct arena *arena, const struct principal *principal, struct str region);

// Runs one operation to its end: OK with *out_reply; ERR_PARKED (call->park_key, park_deadline_ms: call lake_park); or
// refused: call->code and call->error hold the answer, never an unnamed failure (those become InternalFailure, 500, and
// a log line with the reason).
enum err lake_run(struct call *call, const struct service *service, const struct op *op, struct json *input,
                  struct json **out_reply) MUST_CHECK;
// lake_run, waiting through parks on this thread: for jobs, tools and tests.
enum err lake_run_blocking(struct call *call, const char *service, const char *op, struct json *input,
                           struct json **out_reply) MUST_CHECK;

// Parked calls: `resume(context)` is called once, from any thread, when the key is woken or the deadline passes.
typedef void lake_resume(void *context, bool deadline_passed);
void lake_park(struct lake *lake, struct str key, int64_t deadline_ms, uint64_t seen_epoch, lake_resume *resume, void *context);
// Taken before running; given to lake_park so that a wake between the run and the parking is not missed.
uint64_t lake_wake_epoch(struct lake *lake);
void lake_wake(struct lake *lake, struct str key);

// Runs every task that is due now, and those they add that are due now, on this thread; returns how many. For tests.
size_t lake_run_due(struct lake *lake);

// The account's root, and a service acting for itself.
const struct principal *lake_root(struct lake *lake);
struct principal lake_service_principal(struct arena *arena, const char *name); // "events.amazonaws.com"


// The server that makes this lake reachable (http/server.h), for services whose sandboxes bring their own connections.
// NULL while nobody serves it. Set once, before the first request.
struct http_server;
void lake_set_http_server(struct lake *lake, struct http_server *server);
struct http_server *lake_http_server(struct lake *lake);

// Counters for /_tarn/metrics: calls, errors and time by service and operation; tasks.
void lake_metrics(struct lake *lake, struct buf *out);

#endif
