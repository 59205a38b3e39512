// SPDX-License-Identifier: Apache-2.0
// The job and its phases.
//
// Each step has an arena of its own; the template is read once for each run of the job, as it
// cannot change meanwhile.
#include "services/cloudformation/engine.h"

#include "services/cloudformation/cloudformation.h"
#include "services/cloudformation/graph.h"
#include "services/cloudformation/parameters.h"

#include <string.h>

struct run {
    struct str stack_id, operation_id;
    struct template template;
    bool template_is_read;
    struct scope scope; // its parameters and conditions
    struct json *order;
    struct arena template_arena; // of all of these
    bool finished;
};

// --- beginning

enum err engine_resume(struct call *call, struct json *stack, const char *status)
{
    struct arena *arena = call->arena;
    TRY(stack_set_status(call, stack, status, S("User Initiated")));
    TRY(stack_put(call, stack));
    struct json *input = json_set(arena, json_object(arena), "StackId", json_get(stack, "Id"));
    json_set(arena, input, "OperationId", json_get(json_get(stack, "Operation"), "Id"));
    struct task task = {.service = S("cloudformation"),
                        .op = S("RunStack"),
                        .input = input,
                        .backoff_ms = 1000,
                        .backoff_ms_max =
                            60 * 1000}; // for ever: only the server itself can fail here
    return call_later(call, &task);
}

enum err engine_begin(struct call *call, struct json *stack, struct json *operation,
                      const char *phase, const char *status, const struct str *template_text)
{
    struct arena *arena = call->arena;
    struct str id = call_uuid(call), stack_id = json_str(stack, "Id");
    json_set_str(arena, operation, "Id", id);
    json_set_str(arena, operation, "Phase", str_of(phase));
    json_set_i64(arena, operation, "StartedMs", call->now_ms);
    json_set(arena, stack, "Operation", operation);
    if (json_bool_or(operation, "HasSecrets", false))
        json_set_bool(arena, stack, "HasSecrets", true);
    if (template_text)
        TRY(stack_template_put(call, stack_id, id, *template_text));
    return engine_resume(call, stack, status);
}

// --- steps

bool is_of_operation(const struct step *step, const struct json *row)
{
    return str_eq(json_str(row, "Operation"), json_str(step->operation, "Id"));
}

struct json *step_row_new(struct step *step, struct str logical, struct str type)
{
    struct json *row =
        json_set_str(step->call->arena, json_object(step->call->arena), "Logical", logical);
    return json_set_str(step->call->arena, row, "Type", type);
}

enum err step_status(struct step *step, struct json *row, const char *status, struct str reason)
{
    struct arena *arena = step->call->arena;
    json_set_str(arena, row, "Status", str_of(status));
    json_set_i64(arena, row, "UpdatedMs", step->call->now_ms);
    json_remove(row, S("Reason"));
    if (reason.len)
        json_set_str(arena, row, "Reason", reason);
    json_set_named(arena, step->rows, json_str(row, "Logical"), row);
    TRY(resource_put(step->call, step->stack, row));
    return event_add(step->call, step->stack, json_str(row, "Logical"),
                     json_str_or(row, "Physical", S("")), json_str(row, "Type"), str_of(status),
                     reason, json_get(row, "Properties"));
}

struct str step_refusal(struct step *step)
{
    struct call *call = step->call;
    struct str words = str_dup(call->arena, str_of(call->error.text));
    if (call->code)
        words = str_format(call->arena, "%.*s (Status Code: %d; Error Code: %s)", STR_ARG(words),
                           call->code->status, call->code->code);
    call->code = NULL;
    call->error = (struct error){0};
    call->error_members = NULL;
    return words;
}

// What the operation's template says with its parameters' values: the same in all steps, so found
// out once.
static enum err read_template(struct run *run, struct step *step)
{
    struct str text;
    struct arena *arena = step->call->arena;
    TRY(stack_template_text(step->call, run->stack_id, run->operation_id, &text));
    text = str_dup(&run->template_arena, text);
    TRY(template_read(&run->template_arena, text, &run->template, &step->call->error));
    struct json *values = json_copy(&run->template_arena, json_get(step->operation, "Parameters"));
    step->call->arena = &run->template_arena;
    run->scope = (struct scope){
        .call = step->call,
        .template = &run->template,
        .parameters = parameters_resolved(&run->template_arena, &run->template, values),
    };
    enum err err = scope_conditions(&run->scope);
    if (err == OK)
        err = graph_order(&run->scope, &run->order);
    step->call->arena = arena;
    run->template_is_read = err == OK;
    return err;
}

static enum err use_template(struct run *run, struct step *step)
{
    if (!run->template_is_read)
        TRY(read_template(run, step));
    step->template = &run->template;
    step->order = run->order;
    step->scope = run->scope;
    step->scope.stack_name = json_str(step->stack, "Name");
    step->scope.stack_arn = json_str(step->stack, "Arn");
    step->scope.notification_arns = json_get(step->operation, "NotificationARNs");
    step->scope.resources = step->rows;
    return OK;
}

// --- moving on

static void set_phase(struct step *step, const char *phase)
{
    json_set_str(step->call->arena, step->operation, "Phase", str_of(phase));
}

// The operation is over: the stack's row is all that is left of it.
static enum err finish(struct step *step, const char *status, struct str reason)
{
    TRY(stack_set_status(step->call, step->stack, status, reason));
    TRY(stack_template_delete(step->call, json_str(step->stack, "Id"),
                              json_str(step->operation, "Id")));
    json_remove(step->stack, S("Operation"));
    step->finished = true;
    return OK;
}

static enum err fail_create(struct step *step, struct str reason)
{
    struct str on_failure = json_str_or(step->stack, "OnFailure", S("ROLLBACK"));
    if (str_is(on_failure, "DO_NOTHING"))
        return finish(step, "CREATE_FAILED", reason);
    set_phase(step, str_is(on_failure, "DELETE") ? "delete" : "rollback");
    return stack_set_status(
        step->call, step->stack,
        str_is(on_failure, "DELETE") ? "DELETE_IN_PROGRESS" : "ROLLBACK_IN_PROGRESS", reason);
}

static enum err fail_update(struct step *step, struct str reason)
{
    if (json_bool_or(step->operation, "DisableRollback", false))
        return finish(step, "UPDATE_FAILED", reason);
    set_phase(step, "undo");
    return stack_set_status(step->call, step->stack, "UPDATE_ROLLBACK_IN_PROGRESS", reason);
}

// What the stack has from now on.
static void take_over(struct step *step, struct json *outputs)
{
    static const char *const members[] = {"Parameters", "Tags", "Capabilities", "RoleARN",
                                          "NotificationARNs"};
    struct arena *arena = step->call->arena;
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        json_remove(step->stack, str_of(members[i]));
        json_set(arena, step->stack, members[i], json_get(step->operation, members[i]));
    }
    json_remove(step->stack, S("Description"));
    json_set(arena, step->stack, "Description", json_get(step->template->document, "Description"));
    json_set(arena, step->stack, "Outputs", outputs);
    json_set(arena, step->stack, "Imports", step->scope.imports);
}

static enum err settle_outputs(struct step *step)
{
    struct json *outputs;
    step->scope.imports = json_array(step->call->arena);
    JSON_EACH_MEMBER (m, step->rows)
        JSON_EACH (name, is_of_operation(step, m->value) ? json_get(m->value, "Imports") : NULL)
            json_push(step->call->arena, step->scope.imports, name);
    TRY(plan_outputs(&step->scope, &outputs));
    TRY(exports_set(step->call, step->stack, outputs, step->scope.imports));
    take_over(step, outputs);
    return stack_template_put(step->call, json_str(step->stack, "Id"), S("current"),
                              step->template->text);
}

// --- forward

static struct json *next_in_order(struct step *step)
{
    JSON_EACH (name, step->order) {
        const struct json *row = json_get_str(step->rows, json_as_str(name));
        if (!row || !is_of_operation(step, row))
            return name;
    }
    return NULL;
}

static bool has_timed_out(const struct step *step)
{
    int64_t minutes = json_i64_or(step->stack, "TimeoutInMinutes", 0);
    return minutes &&
           step->call->now_ms - json_i64_or(step->operation, "StartedMs", 0) > minutes * 60 * 1000;
}

static enum err step_forward(struct step *step, bool create)
{
    struct json *name = next_in_order(step);
    if (create && has_timed_out(step))
        return fail_create(
            step,
            S("Stack creation time exceeded the specified timeout. Rollback requested by user."));
    if (name) {
        bool failed;
        TRY(apply_resource(step, json_as_str(name), &failed));
        struct str reason =
            str_format(step->call->arena, "The following resource(s) failed to %s: [%.*s]. ",
                       create ? "create" : "update", STR_ARG(json_as_str(name)));
        if (failed)
            return create ? fail_create(step, reason) : fail_update(step, reason);
        return OK;
    }
    tx_mark(step->call->tx);
    enum err err = settle_outputs(step);
    if (err == ERR_INVALID || err == ERR_UNSUPPORTED) {
        tx_undo_to_mark(step->call->tx);
        struct str reason = step_refusal(step);
        return create ? fail_create(step, reason) : fail_update(step, reason);
    }
    tx_forget_mark(step->call->tx);
    TRY(err);
    if (create)
        return finish(step, "CREATE_COMPLETE", STR_NONE);
    set_phase(step, "update-cleanup");
    return stack_set_status(step->call, step->stack, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
                            STR_NONE);
}

static enum err step_create(struct step *step)
{
    return step_forward(step, true);
}

static enum err step_update(struct step *step)
{
    return step_forward(step, false);
}

// --- cleaning up

static bool is_left_behind(const struct step *step, const struct json *row)
{
    return !is_of_operation(step, row);
}

static bool was_made_now(const struct step *step, const struct json *row)
{
    return is_of_operation(step, row) &&
           (str_is(json_str(row, "Done"), "created") || str_is(json_str(row, "Done"), "failed"));
}

// A deletion that fails here does not fail the stack, as in AWS: the resource is given up, and its
// events say so.
static enum err step_cleanup(struct step *step, row_filter *wanted, const char *status)
{
    bool done;
    TRY(remove_next(step, wanted, false, &done));
    if (done)
        TRY(remove_leftover(step, &done));
    return done ? finish(step, status, STR_NONE) : OK;
}

static enum err step_update_cleanup(struct step *step)
{
    return step_cleanup(step, is_left_behind, "UPDATE_COMPLETE");
}

static enum err step_undo_cleanup(struct step *step)
{
    return step_cleanup(step, was_made_now, "UPDATE_ROLLBACK_COMPLETE");
}

// --- undoing an update

// The last in order of what the update has touched.
static struct json *next_to_undo(struct step *step)
{
    struct json *found = NULL;
    JSON_EACH (name, step->order) {
        struct json *row = json_get_str(step->rows, json_as_str(name));
        if (row && is_of_operation(step, row) && json_has(row, "Before"))
            found = row;
    }
    return found;
}

static enum err step_undo(struct step *step)
{
    struct json *row = next_to_undo(step);
    if (!row) {
        set_phase(step, "undo-cleanup");
        return stack_set_status(step->call, step->stack,
                                "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS", STR_NONE);
    }
    bool failed;
    TRY(undo_resource(step, row, &failed));
    if (!failed)
        return OK;
    // Kept as it is, operation and all, for ContinueUpdateRollback.
    TRY(stack_set_status(step->call, step->stack, "UPDATE_ROLLBACK_FAILED",
                         str_format(step->call->arena,
                                    "The following resource(s) failed to update: [%.*s]. ",
                                    STR_ARG(json_str(row, "Logical")))));
    step->finished = true;
    return OK;
}

// --- deleting

static bool is_any(const struct step *step, const struct json *row)
{
    return true;
}

static struct str failed_names(struct step *step)
{
    struct buf names = buf_in(step->call->arena, 8192);
    JSON_EACH_MEMBER (m, step->rows)
        if (str_is(json_str(m->value, "Status"), "DELETE_FAILED"))
            buf_printf(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(m->name));
    return buf_str(&names);
}

static enum err finish_deletion(struct step *step, const char *complete, const char *failed)
{
    struct str names = failed_names(step);
    if (names.len)
        return finish(step, failed,
                      str_format(step->call->arena,
                                 "The following resource(s) failed to delete: [%.*s]. ",
                                 STR_ARG(names)));
    return finish(step, complete, STR_NONE);
}

static enum err step_rollback(struct step *step)
{
    bool done;
    TRY(remove_next(step, is_any, true, &done));
    return done ? finish_deletion(step, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED") : OK;
}

static enum err step_delete(struct step *step)
{
    bool done;
    TRY(remove_next(step, is_any, true, &done));
    if (done)
        TRY(remove_leftover(step, &done));
    if (!done)
        return OK;
    if (!failed_names(step).len) {
        json_set_i64(step->call->arena, step->stack, "DeletedMs", step->call->now_ms);
        TRY(stack_release_name(step->call, step->stack));
    }
    return finish_deletion(step, "DELETE_COMPLETE", "DELETE_FAILED");
}

// --- the job

static const struct {
    const char *name;
    enum err (*step)(struct step *step);
    bool needs_template;
} PHASES[] = {
    {"create", step_create, true},
    {"update", step_update, true},
    {"update-cleanup", step_update_cleanup, true},
    {"undo", step_undo, true},
    {"undo-cleanup", step_undo_cleanup, true},
    {"rollback", step_rollback, false},
    {"delete", step_delete, false},
};

// Who acts: the stack's role when it has one, else who asked.
static const struct principal *actor(struct step *step)
{
    struct arn role;
    struct call *call = step->call;
    struct str arn = json_str_or(step->operation, "RoleARN", json_str(step->stack, "RoleARN"));
    if (!arn.len || !arn_parse(arn, &role))
        return call->principal;
    size_t slash = str_rfind_char(role.resource, '/');
    struct str name = slash == STR_NPOS ? role.resource : str_from(role.resource, slash + 1);
    struct principal *principal = ARENA_NEW(call->arena, struct principal);
    *principal = (struct principal){
        .kind = PRINCIPAL_ROLE,
        .arn = str_format(call->arena, "arn:aws:sts::%.*s:assumed-role/%.*s/AWSCloudFormation",
                          STR_ARG(call->account), STR_ARG(name)),
        .role_arn = arn,
    };
    return principal;
}

static enum err run_phase(struct run *run, struct step *step)
{
    struct str phase = json_str(step->operation, "Phase");
    for (size_t i = 0; i < sizeof PHASES / sizeof *PHASES; i++) {
        if (!str_is(phase, PHASES[i].name))
            continue;
        if (PHASES[i].needs_template)
            TRY(use_template(run, step));
        return PHASES[i].step(step);
    }
    return error_set(&step->call->error, ERR_CORRUPT, "a stack in the phase %.*s", STR_ARG(phase));
}

static enum err run_step(struct call *call, void *context)
{
    struct run *run = context;
    struct step step = {.call = call};
    run->finished = false;
    enum err err = stack_lock_id(call, run->stack_id, &step.stack);
    if (err != OK && err != ERR_NOT_FOUND)
        return err;
    step.operation = err == OK ? json_get(step.stack, "Operation") : NULL;
    if (!str_eq(json_str(step.operation, "Id"), run->operation_id)) {
        run->finished = true;
        return call_finish_task(call);
    }
    step.principal = actor(&step);
    TRY(resources_load(call, run->stack_id, &step.rows));
    TRY(run_phase(run, &step));
    TRY(stack_put(call, step.stack));
    run->finished = step.finished;
    return step.finished ? call_finish_task(call) : OK;
}

enum err cloudformation_run_stack(struct call *call, const struct json *in, struct json **out)
{
    struct run run = {.stack_id = json_str(in, "StackId"),
                      .operation_id = json_str(in, "OperationId")};
    struct arena *outer = call->arena, arena;
    enum err err = OK;
    arena_init(&arena);
    arena_init(&run.template_arena);
    while (err == OK && !run.finished) {
        arena_reset(&arena);
        call->arena = &arena;
        err = call_transact(call, run_step, &run);
        call->arena = outer;
    }
    call->error_members = NULL; // was of the step's arena
    arena_deinit(&run.template_arena);
    arena_deinit(&arena);
    return err;
}
