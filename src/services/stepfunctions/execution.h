// SPDX-License-Identifier: Apache-2.0
// Executions, and the frames that are their state.
//
// An execution is a row that every transition locks and writes: small, so its data is elsewhere. A
// frame is one thread of control: the state it is in, what it waits for, and its counters. The root
// frame runs the definition's top level; a Parallel or Map state makes a frame for each branch or
// iteration that is under way. Frames are rows of their own, so a Map over a thousand items does
// not rewrite one large value for each transition. Data - inputs, items, results - are rows by
// frame and slot, written once.
//
//     frame waits for     it goes on when
//     FRAME_READY         its Advance task runs (an execution that had more to do than fits one
//     transaction) FRAME_TIME          the named task "states/<execution>/<frame>/due" runs: Wait,
//     or the delay before a retry FRAME_TASK          TaskDone, JobDone or SendTask... comes with
//     its attempt's number (or its token), or it times out FRAME_CHILDREN      its branches end
//     FRAME_STOPPED       the execution is redriven
//
// Each time a frame begins to wait its attempt number grows; whatever arrives with an older number
// is ignored. That is all there is against completions that come late or twice.
//
// On disk: see keyspaces.h, STATES_*.
#ifndef STEPFUNCTIONS_EXECUTION_H
#define STEPFUNCTIONS_EXECUTION_H

#include "lake/call.h"
#include "services/stepfunctions/asl.h"

enum execution_status {
    EXECUTION_RUNNING,
    EXECUTION_SUCCEEDED,
    EXECUTION_FAILED,
    EXECUTION_TIMED_OUT,
    EXECUTION_ABORTED
};
const char *execution_status_name(enum execution_status status);
bool execution_status_parse(struct str name, enum execution_status *out_status);

struct execution {
    uint64_t id;
    uint64_t machine_id; // tells apart machines that had the same name
    struct str machine, machine_arn, name, arn, role_arn, region, trace_header;
    struct str definition; // definitions.h
    bool express;
    enum execution_status status;
    int64_t start_ms, stop_ms;
    struct str error, cause;
    bool has_error, has_cause;
    uint64_t events; // how many history has
    uint64_t frames; // the last frame's number
    uint64_t watches;
    uint64_t redrives;
    int64_t redrive_ms;
    struct json *logging; // logging.h; NULL: nothing is logged
};
#define EXECUTION_ROOT                                                                             \
    1 // the root frame's number; as a frame in data keys, 0 is the execution itself

enum frame_wait { FRAME_READY, FRAME_TIME, FRAME_TASK, FRAME_CHILDREN, FRAME_STOPPED };
struct frame {
    uint64_t id, parent, index; // parent 0: the root
    struct str state;
    enum frame_wait wait;
    bool entered; // its state's Entered event is written
    uint64_t attempt;
    uint64_t last_event, entered_event, started_event;
    int64_t entered_ms;
    uint64_t retry_count;
    struct json *retries; // how often each retrier was used
    // What has to be cancelled when it stops waiting.
    bool timed, beating, working;
    bool submitted; // the job has started, its end is awaited
    int64_t heartbeat_ms;
    struct str secret;      // in the task token that was handed out
    struct json *canceller; // {"service", "op", "input"}: ends the job that it waits for
    // A Parallel or Map state's progress.
    uint64_t total, started, done, concurrency;

    // In memory only.
    const struct asl_state *asl;
    struct json *input;
    struct str input_text;
    bool stored;      // it has a row
    bool input_moved; // its input differs from its row's
    bool deleted, queued;
};

enum data_slot_kind { SLOT_INPUT = 0, SLOT_OUTPUT = 1, SLOT_ITEM = 2, SLOT_RESULT = 3 };

// Rows. Getting locks when told. ERR_NOT_FOUND.
enum err execution_get(struct call *call, uint64_t id, bool lock, struct execution *out) MUST_CHECK;
enum err execution_find(struct call *call, struct str machine, struct str name, bool lock,
                        uint64_t *out_id) MUST_CHECK;
enum err execution_create(struct call *call,
                          struct execution *execution) MUST_CHECK; // sets id, writes all indexes
enum err execution_put(struct call *call, const struct execution *execution) MUST_CHECK;
enum err execution_status_changed(struct call *call,
                                  const struct execution *execution) MUST_CHECK; // the list's row
enum err execution_delete(struct call *call,
                          const struct execution *execution) MUST_CHECK; // everything of it

enum err frame_get(struct call *call, uint64_t execution, uint64_t id,
                   struct frame **out) MUST_CHECK;
enum err frame_put(struct call *call, uint64_t execution, const struct frame *frame) MUST_CHECK;
// Removes it with its input; and all data of a frame: items and results too.
enum err frame_delete(struct call *call, uint64_t execution, uint64_t id) MUST_CHECK;
enum err frame_clear(struct call *call, uint64_t execution, uint64_t id) MUST_CHECK;
struct frame_list {
    struct frame **items;
    size_t count, capacity;
};
enum err frame_list(struct call *call, uint64_t execution, struct frame_list *out) MUST_CHECK;

// `index` is an item's or result's number, else 0.
enum err data_put(struct call *call, uint64_t execution, uint64_t frame, enum data_slot_kind kind,
                  uint64_t index, const struct json *value) MUST_CHECK;
enum err data_get(struct call *call, uint64_t execution, uint64_t frame, enum data_slot_kind kind,
                  uint64_t index, struct json **out_value) MUST_CHECK;
enum err data_text(struct call *call, uint64_t execution, uint64_t frame, enum data_slot_kind kind,
                   uint64_t index, struct str *out_text) MUST_CHECK;
enum err data_put_text(struct call *call, uint64_t execution, uint64_t frame,
                       enum data_slot_kind kind, uint64_t index, struct str text) MUST_CHECK;

struct key *history_key(struct key *key, uint64_t execution); // all events
struct key *execution_list_key(struct key *key, struct str region,
                               uint64_t machine_id); // newest first
struct key *watch_key(struct key *key, uint64_t execution);

#endif
