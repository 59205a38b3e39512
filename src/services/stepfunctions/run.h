// SPDX-License-Identifier: Apache-2.0
// A run: one transaction's work on one execution.
//
// run_execution locks the execution's row and lends a run to a function, which starts, finishes or
// stops something and thereby makes frames ready; then frames are stepped until each of them waits,
// or the transaction has done enough and an Advance task goes on. At the end what changed is
// written. So a chain of Pass, Choice and Succeed states, and calls of operations that are
// transactions, is one durable commit.
//
// What happens to a frame is one of three: state_exits, state_fails, or it waits. These three and
// what they lead to (transitions, branches that end, the end of the execution) are in
// interpreter.c, branches.c and failure.c.
#ifndef STEPFUNCTIONS_RUN_H
#define STEPFUNCTIONS_RUN_H

#include "services/stepfunctions/definitions.h"
#include "services/stepfunctions/execution.h"
#include "services/stepfunctions/scope.h"

#define DATA_BYTES_MAX ((size_t)256 * 1024)
#define HISTORY_EVENTS_MAX 25000

struct run {
    struct call *call;
    struct arena *arena;
    struct execution execution;
    struct definition *definition;
    const struct asl *asl;
    struct principal role;
    struct json *input;       // the execution's, when it was needed
    struct frame_list frames; // those looked at
    struct frame_list queue;  // those to be stepped, from `queue_next` on
    size_t queue_next;
    struct json *log; // lines for CloudWatch Logs, written at the end
    bool ended;       // the execution ended in this run
};

typedef enum err run_body(struct run *run, void *context);
// ERR_NOT_FOUND when there is no such execution. `body` decides by run->execution.status whether to
// do anything.
enum err run_execution(struct call *call, uint64_t execution, run_body *body,
                       void *context) MUST_CHECK;
// The same for an execution that was just created, its root frame included; `later` leaves its
// first step to a task.
enum err run_new_execution(struct call *call, const struct execution *execution, struct json *input,
                           bool later) MUST_CHECK;

enum err run_frame(struct run *run, uint64_t id, struct frame **out_frame) MUST_CHECK;
struct frame *run_add_frame(struct run *run, const struct frame *parent, uint64_t index,
                            const struct asl_state *state, struct json *input);
enum err run_drop_frame(struct run *run, struct frame *frame) MUST_CHECK;
void run_ready(struct run *run, struct frame *frame); // to be stepped in this run, if possible
enum err run_input(struct run *run, struct frame *frame) MUST_CHECK; // loads frame->input
enum err run_execution_input(struct run *run, struct json **out) MUST_CHECK;
void frame_set_input(struct run *run, struct frame *frame, struct json *input);

// --- tasks of a frame
struct json *run_task_input(struct run *run,
                            const struct frame *frame); // {"Execution", "Frame", "Attempt"}
struct str run_task_name(struct run *run, const struct frame *frame, const char *what);
enum err run_later(struct run *run, struct str name, const char *op, struct json *input,
                   int64_t due_ms) MUST_CHECK;
// An inside call whose refusal must not hold up the execution (an event, a log line): it is undone
// and forgotten.
enum err run_tell(struct run *run, const struct principal *principal, const char *service,
                  const char *op, struct json *input) MUST_CHECK;
enum err run_later_as_role(struct run *run,
                           struct task *task) MUST_CHECK; // foreign work, on the workflow's behalf
// Names hold the attempt, so that a task that runs never replaces itself. An operation that runs as
// one of these tasks must take its mark off the frame first (timed, beating, working; FRAME_TIME),
// as a task that is cancelled cannot commit. Cancels everything that the frame's waiting has set
// up, and ends the job that it waits for when `abandon`.
enum err frame_stop_waiting(struct run *run, struct frame *frame, bool abandon) MUST_CHECK;

// --- history.c. `details_name` NULL: none. The event becomes the frame's last one unless `aside`.
struct json *history_data(struct run *run, const char *name,
                          struct str text); // {name: text, nameDetails: {...}}
enum err history_add(struct run *run, struct frame *frame, const char *type,
                     const char *details_name, struct json *details) MUST_CHECK;
enum err history_add_aside(struct run *run, struct frame *frame, const char *type,
                           const char *details_name, struct json *details) MUST_CHECK;
enum err history_state(struct run *run, struct frame *frame, const char *what,
                       const char *details_name,
                       struct json *details) MUST_CHECK; // "<Type>State<what>"
bool history_is_full(const struct run *run);

// --- interpreter.c
enum err state_step(struct run *run, struct frame *frame) MUST_CHECK;
struct scope state_scope(struct run *run, struct frame *frame);
// Adds $$ when the state uses it. `item`: the Map iteration that $$.Map is about, or NULL for the
// frame's own.
struct iteration {
    uint64_t index;
    const struct json *value;
};
enum err state_context(struct run *run, struct frame *frame, const struct iteration *item,
                       struct scope *scope) MUST_CHECK;
enum err state_effective_input(struct run *run, struct frame *frame,
                               struct scope *scope) MUST_CHECK;
// ResultSelector, ResultPath, OutputPath, and on to Next.
enum err state_result(struct run *run, struct frame *frame, struct json *result) MUST_CHECK;
enum err state_exits(struct run *run, struct frame *frame, struct json *output,
                     struct str next) MUST_CHECK;
enum err state_wait_over(struct run *run, struct frame *frame) MUST_CHECK;

// --- branches.c
enum err branches_begin(struct run *run, struct frame *frame) MUST_CHECK;
enum err branch_ends(struct run *run, struct frame *child, struct json *output) MUST_CHECK;
// Descendants of `frame` that are still there; those at and below `except` left out.
enum err branches_list(struct run *run, const struct frame *frame, const struct frame *except,
                       struct frame_list *out) MUST_CHECK;

// --- task.c
enum err task_begin(struct run *run, struct frame *frame) MUST_CHECK;
enum err task_times_out(struct run *run, struct frame *frame, bool heartbeat) MUST_CHECK;
enum err task_started(struct run *run, struct frame *frame,
                      struct str worker) MUST_CHECK; // an activity's
// What came of the work: a reply, or a refusal with the service's own code. And of a function.
enum err task_replied(struct run *run, struct frame *frame, const struct json *input,
                      struct json *reply) MUST_CHECK;
enum err task_refused(struct run *run, struct frame *frame, struct str code, int status,
                      struct str message) MUST_CHECK;
enum err task_function_ended(struct run *run, struct frame *frame,
                             const struct json *result) MUST_CHECK;
// What came of the job behind a .sync integration.
enum err task_job_ended(struct run *run, struct frame *frame, struct json *job) MUST_CHECK;
// By token.
enum err task_ends(struct run *run, struct frame *frame, struct json *output) MUST_CHECK;
enum err task_fails(struct run *run, struct frame *frame, struct str error,
                    struct str cause) MUST_CHECK;
enum err task_beats(struct run *run, struct frame *frame) MUST_CHECK;
// Tokens name execution, frame and attempt, and hold a secret.
struct task_token {
    uint64_t execution, frame, attempt;
    struct str secret;
};
bool task_token_read(struct arena *arena, struct str token, struct task_token *out);
bool task_token_fits(const struct task_token *token,
                     const struct frame *frame); // it still waits for it

// --- failure.c. An absent error or cause has no ptr.
enum err state_fails(struct run *run, struct frame *frame, struct str error,
                     struct str cause) MUST_CHECK;
// What an expression left in the scope; `err` is what it returned, passed on when it is not
// ERR_INVALID.
enum err state_fails_by(struct run *run, struct frame *frame, const struct scope *scope,
                        enum err err) MUST_CHECK;
enum err state_fails_runtime(struct run *run, struct frame *frame, const char *format, ...)
    PRINTF_LIKE(3, 4) MUST_CHECK;
// Stops all of `frames` where they are; their states' Aborted events are written when `tell`.
enum err frames_abort(struct run *run, const struct frame_list *frames, bool tell) MUST_CHECK;
enum err execution_ends(struct run *run, struct frame *frame, enum execution_status status,
                        struct str error, struct str cause, struct json *output) MUST_CHECK;

// --- ending.c
// {"ExecutionArn", "Status", ...}: what a .sync integration gets, and the detail of the status
// event.
struct json *execution_described(struct run *run, struct json *output);
// Tells everybody who waits for the execution's end, and the event bus.
enum err execution_announce(struct run *run, struct json *output) MUST_CHECK;
// Calls an operation later: {"service", "op", "input"} with "Result" added to the input.
enum err on_done_call(struct call *call, const struct json *on_done,
                      struct json *result) MUST_CHECK;

#endif
