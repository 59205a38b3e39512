// SPDX-License-Identifier: Apache-2.0
// SendTaskSuccess, SendTaskFailure, SendTaskHeartbeat: the outside world's side of
// .waitForTaskToken.
#include "services/stepfunctions/ops.h"
#include "services/stepfunctions/run.h"

struct sending {
    const struct json *in;
    struct task_token token;
    struct json *output;
    enum err (*apply)(struct run *run, struct frame *frame, const struct sending *sending);
};

static enum err gone(struct call *call)
{
    FAIL(call, STATES_TASK_TIMED_OUT, "Task Timed Out: 'Provided task does not exist anymore'");
}

static enum err on_waiting_frame(struct run *run, void *context)
{
    struct sending *sending = context;
    const struct task_token *token = &sending->token;
    struct frame *frame = NULL;
    if (run->execution.status != EXECUTION_RUNNING)
        return gone(run->call);
    enum err err = run_frame(run, token->frame, &frame);
    if (err == ERR_NOT_FOUND)
        return gone(run->call);
    TRY(err);
    if (!task_token_fits(token, frame))
        return gone(run->call);
    return sending->apply(run, frame, sending);
}

static enum err send(struct call *call, struct sending *sending)
{
    if (!task_token_read(call->arena, json_str(sending->in, "taskToken"), &sending->token))
        FAIL(call, STATES_INVALID_TOKEN, "Invalid Token: 'Invalid token'");
    enum err err = run_execution(call, sending->token.execution, on_waiting_frame, sending);
    if (err == ERR_NOT_FOUND)
        FAIL(call, STATES_TASK_DOES_NOT_EXIST,
             "Task Does Not Exist: 'Provided task does not exist'");
    return err;
}

static enum err succeed(struct run *run, struct frame *frame, const struct sending *sending)
{
    return task_ends(run, frame, sending->output);
}

enum err states_send_success(struct call *call, const struct json *in, struct json **out)
{
    struct sending sending = {.in = in, .apply = succeed};
    struct error error = {0};
    (void)out;
    if (json_parse(call->arena, json_str(in, "output"), &sending.output, &error) != OK)
        FAIL(call, STATES_INVALID_OUTPUT, "Invalid Output: '%s at byte %zu'", error.text,
             error.offset);
    return send(call, &sending);
}

static enum err fail(struct run *run, struct frame *frame, const struct sending *sending)
{
    return task_fails(run, frame, json_str(sending->in, "error"), json_str(sending->in, "cause"));
}

enum err states_send_failure(struct call *call, const struct json *in, struct json **out)
{
    struct sending sending = {.in = in, .apply = fail};
    (void)out;
    return send(call, &sending);
}

static enum err beat(struct run *run, struct frame *frame, const struct sending *sending)
{
    (void)sending;
    return task_beats(run, frame);
}

enum err states_send_heartbeat(struct call *call, const struct json *in, struct json **out)
{
    struct sending sending = {.in = in, .apply = beat};
    (void)out;
    return send(call, &sending);
}
