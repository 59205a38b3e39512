// SPDX-License-Identifier: Apache-2.0
#include "services/stepfunctions/integration.h"

#include <string.h>

// How a .sync integration follows its job. The watch operation belongs to the service that runs the
// job: it takes the job's id and OnDone, an operation that it calls with "Result", the job's
// description, in the transaction that ends it.
struct job {
    const char *watch_op;
    const char *id_in_reply, *id_in_watch;
    const char *stop_op, *id_in_stop;
    bool stop_takes_list;
    const char *carried; // a parameter that watching and stopping take, too
    const char *status;  // where the status is in Result: "JobRunState", or "Status.State"
    const char *wrap_in; // the state's result has Result as this member; NULL: is Result
};

struct optimised {
    const char *service, *action; // as in the resource
    const char *inside, *op;      // the operation here
    unsigned patterns;
    const char *prefix;        // of errors
    const char *json_texts[3]; // string members that may be given as JSON
    const struct job *job;
};

static const struct job GLUE_JOB = {.watch_op = "WatchJobRun",
                                    .id_in_reply = "JobRunId",
                                    .id_in_watch = "RunId",
                                    .stop_op = "BatchStopJobRun",
                                    .id_in_stop = "JobRunIds",
                                    .stop_takes_list = true,
                                    .carried = "JobName",
                                    .status = "JobRunState"};
static const struct job ATHENA_QUERY = {.watch_op = "WatchQueryExecution",
                                        .id_in_reply = "QueryExecutionId",
                                        .id_in_watch = "QueryExecutionId",
                                        .stop_op = "StopQueryExecution",
                                        .id_in_stop = "QueryExecutionId",
                                        .status = "Status.State",
                                        .wrap_in = "QueryExecution"};
static const struct job EXECUTION = {.watch_op = "WatchExecution",
                                     .id_in_reply = "executionArn",
                                     .id_in_watch = "executionArn",
                                     .stop_op = "StopExecution",
                                     .id_in_stop = "executionArn",
                                     .status = "Status"};

#define RESPONSE PATTERN_RESPONSE
#define TOKEN PATTERN_TOKEN
static const struct optimised OPTIMISED[] = {
    {"lambda", "invoke", "lambda", "Invoke", RESPONSE | TOKEN, "Lambda", {0}, NULL},
    {"sqs", "sendMessage", "sqs", "SendMessage", RESPONSE | TOKEN, "SQS", {"MessageBody"}, NULL},
    {"dynamodb", "getItem", "dynamodb", "GetItem", RESPONSE, "DynamoDB", {0}, NULL},
    {"dynamodb", "putItem", "dynamodb", "PutItem", RESPONSE, "DynamoDB", {0}, NULL},
    {"dynamodb", "updateItem", "dynamodb", "UpdateItem", RESPONSE, "DynamoDB", {0}, NULL},
    {"dynamodb", "deleteItem", "dynamodb", "DeleteItem", RESPONSE, "DynamoDB", {0}, NULL},
    {"events",
     "putEvents",
     "events",
     "PutEvents",
     RESPONSE | TOKEN,
     "EventBridge",
     {"Detail"},
     NULL},
    {"states",
     "startExecution",
     "states",
     "StartExecution",
     RESPONSE | PATTERN_SYNC | PATTERN_SYNC2 | TOKEN,
     "StepFunctions",
     {"input"},
     &EXECUTION},
    {"glue", "startJobRun", "glue", "StartJobRun", RESPONSE | PATTERN_SYNC, "Glue", {0}, &GLUE_JOB},
    {"athena",
     "startQueryExecution",
     "athena",
     "StartQueryExecution",
     RESPONSE | PATTERN_SYNC,
     "Athena",
     {0},
     &ATHENA_QUERY},
    {"athena", "stopQueryExecution", "athena", "StopQueryExecution", RESPONSE, "Athena", {0}, NULL},
    {"athena", "getQueryExecution", "athena", "GetQueryExecution", RESPONSE, "Athena", {0}, NULL},
    {"athena", "getQueryResults", "athena", "GetQueryResults", RESPONSE, "Athena", {0}, NULL},
};

// --- reading a resource

static enum err not_recognised(struct str resource, struct error *error)
{
    return error_set(error, ERR_NOT_FOUND,
                     "The resource provided %.*s is not recognized. The value is not a valid "
                     "resource ARN, or the "
                     "resource is not available in this region.",
                     STR_ARG(resource));
}

static enum pattern take_pattern(struct str *action)
{
    static const struct {
        const char *suffix;
        enum pattern pattern;
    } rows[] = {
        {".sync:2", PATTERN_SYNC2}, {".sync", PATTERN_SYNC}, {".waitForTaskToken", PATTERN_TOKEN}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct str suffix = str_of(rows[i].suffix);
        if (!str_ends(*action, suffix))
            continue;
        action->len -= suffix.len;
        return rows[i].pattern;
    }
    return PATTERN_RESPONSE;
}

static bool find_optimised(struct lake *lake, struct str service, struct str action,
                           struct integration *out)
{
    for (size_t i = 0; i < sizeof OPTIMISED / sizeof *OPTIMISED; i++) {
        const struct optimised *row = &OPTIMISED[i];
        if (!str_is(service, row->service) || !str_is(action, row->action) ||
            !(row->patterns & out->pattern))
            continue;
        out->optimised = row;
        out->service = lake_service(lake, str_of(row->inside));
        out->op = out->service ? service_op(out->service, str_of(row->op)) : NULL;
        bool sync = out->pattern & (PATTERN_SYNC | PATTERN_SYNC2);
        if (sync && out->service && !service_op(out->service, str_of(row->job->watch_op)))
            return false;
        return out->op != NULL;
    }
    return false;
}

enum err integration_parse(struct lake *lake, struct arena *arena, struct str resource,
                           struct integration *out, struct error *error)
{
    struct arn arn;
    *out = (struct integration){.pattern = PATTERN_RESPONSE};
    if (!arn_parse(resource, &arn))
        return not_recognised(resource, error);
    if (str_is(arn.service, "lambda") && str_starts(arn.resource, S("function:"))) {
        out->function = true;
        out->arn = resource;
        out->resource_type = S("lambda");
        return find_optimised(lake, S("lambda"), S("invoke"), out)
                   ? OK
                   : not_recognised(resource, error);
    }
    if (str_is(arn.service, "states") && str_starts(arn.resource, S("activity:"))) {
        out->activity = true;
        out->arn = resource;
        out->resource = str_from(arn.resource, sizeof "activity:" - 1);
        out->pattern = PATTERN_TOKEN;
        return OK;
    }
    if (!str_is(arn.service, "states") || arn.region.len || arn.account.len)
        return not_recognised(resource, error);
    struct str service = arn.resource, prefix = S("aws-sdk:");
    bool sdk = str_starts(service, prefix);
    struct str rest = sdk ? str_from(service, prefix.len) : service, action;
    size_t colon = str_find_char(rest, ':');
    if (colon == STR_NPOS)
        return not_recognised(resource, error);
    out->resource_type = str_slice(service, 0, colon + (sdk ? prefix.len : 0));
    out->resource = action = str_from(rest, colon + 1);
    out->pattern = take_pattern(&action);
    struct str name = str_slice(rest, 0, colon);
    if (!sdk)
        return find_optimised(lake, name, action, out) ? OK : not_recognised(resource, error);
    out->sdk = sdk_name(name);
    if (out->pattern & (PATTERN_SYNC | PATTERN_SYNC2) ||
        sdk_operation(lake, arena, name, action, &out->service, &out->op, NULL) != OK)
        return not_recognised(resource, error);
    return OK;
}

bool integration_is_lambda(const struct integration *integration)
{
    return str_is(str_of(integration->service->name), "lambda") &&
           str_is(str_of(integration->op->name), "Invoke");
}

static bool has_stream(const struct shape *shape)
{
    for (const struct field *field = shape ? shape->fields : NULL; field && field->name; field++)
        if (field->place == IN_STREAM)
            return true;
    return false;
}

// An operation of Step Functions itself may be about the very execution whose row this transaction
// holds and writes at its end: those that change something must not run within it. A start makes
// rows of its own.
static bool may_touch_executions(const struct integration *integration)
{
    return str_is(str_of(integration->service->name), "states") &&
           integration->op->kind == OP_WRITE &&
           !str_is(str_of(integration->op->name), "StartExecution");
}

bool integration_is_job(const struct integration *integration)
{
    const struct op *op = integration->op;
    return op->kind == OP_JOB || (op->flags & OP_STREAM_IN) || has_stream(op->output) ||
           may_touch_executions(integration);
}

// --- parameters

static bool may_be_json(const struct optimised *row, struct str name)
{
    for (size_t i = 0; i < 3 && row->json_texts[i]; i++)
        if (str_is(name, row->json_texts[i]))
            return true;
    return false;
}

// Objects in string members that may be JSON texts become texts; PutEvents has them in its entries.
static struct json *with_texts(struct arena *arena, const struct optimised *row, struct json *value)
{
    if (json_is(value, JSON_ARRAY)) {
        struct json *list = json_array(arena);
        JSON_EACH (item, value)
            json_push(arena, list, with_texts(arena, row, item));
        return list;
    }
    if (!json_is(value, JSON_OBJECT))
        return value;
    struct json *object = json_object(arena);
    JSON_EACH_MEMBER (member, value) {
        struct json *inner = member->value;
        if (may_be_json(row, member->name) && !json_is(inner, JSON_STRING))
            inner = json_string(arena, json_text(arena, inner));
        else if (str_is(member->name, "Entries"))
            inner = with_texts(arena, row, inner);
        json_set_named(arena, object, member->name, inner);
    }
    return object;
}

enum err integration_input(struct call *call, const struct integration *integration,
                           const struct json *parameters, struct json **out_input,
                           struct error *error)
{
    if (!json_is(parameters, JSON_OBJECT))
        return error_set(error, ERR_INVALID, "The parameters of %.*s must be a JSON object",
                         STR_ARG(integration->resource));
    struct json *input = sdk_input(call->arena, integration->op, parameters);
    if (integration->optimised)
        input = with_texts(call->arena, integration->optimised, input);
    *out_input = input;
    return OK;
}

// --- results

static struct json *http_metadata(struct arena *arena)
{
    return json_set_i64(arena, json_object(arena), "HttpStatusCode", 200);
}

struct json *integration_output(struct call *call, const struct integration *integration,
                                struct json *reply)
{
    struct arena *arena = call->arena;
    static const struct sdk_name camel = {.camel_members = true};
    if (integration->sdk)
        return sdk_output(arena, integration->sdk, integration->op, reply);
    bool of_states = str_is(str_of(integration->optimised->service), "states");
    struct json *result = of_states ? sdk_output(arena, &camel, integration->op, reply)
                                    : json_copy_shallow(arena, reply);
    struct json *about = json_object(arena);
    json_set_str(arena, about, "RequestId", call->request_id);
    json_set(arena, result, "SdkHttpMetadata", http_metadata(arena));
    return json_set(arena, result, "SdkResponseMetadata", about);
}

struct str integration_error(struct arena *arena, const struct integration *integration,
                             struct str code)
{
    const struct sdk_name optimised = {
        .prefix = integration->optimised ? integration->optimised->prefix : ""};
    return sdk_error(arena, integration->sdk ? integration->sdk : &optimised, code);
}

bool integration_refused(struct arena *arena, const struct integration *integration,
                         const struct json *reply, struct str *out_error, struct str *out_cause)
{
    if (!integration->optimised || strcmp(integration->optimised->service, "events") != 0 ||
        json_i64_or(reply, "FailedEntryCount", 0) == 0)
        return false;
    *out_error = S("EventBridge.FailedEntry");
    *out_cause = json_text(arena, reply);
    return true;
}

// --- jobs

static const struct job *job_of(const struct integration *integration)
{
    return integration->optimised && (integration->pattern & (PATTERN_SYNC | PATTERN_SYNC2))
               ? integration->optimised->job
               : NULL;
}

const char *integration_watch_op(const struct integration *integration)
{
    const struct job *job = job_of(integration);
    return job ? job->watch_op : NULL;
}

struct json *integration_job_input(struct arena *arena, const struct integration *integration,
                                   const struct json *input, const struct json *reply)
{
    const struct job *job = job_of(integration);
    struct json *watch = json_object(arena);
    json_set(arena, watch, job->id_in_watch, json_get(reply, job->id_in_reply));
    if (job->carried)
        json_set(arena, watch, job->carried, json_get(input, job->carried));
    return watch;
}

struct json *integration_canceller(struct arena *arena, const struct integration *integration,
                                   const struct json *input, const struct json *reply)
{
    const struct job *job = job_of(integration);
    struct json *plan = json_object(arena), *stop = json_object(arena), *id;
    if (!job || !service_op(integration->service, str_of(job->stop_op)))
        return NULL;
    id = json_get(reply, job->id_in_reply);
    if (job->stop_takes_list)
        id = json_push(arena, json_array(arena), id);
    json_set(arena, stop, job->id_in_stop, id);
    if (job->carried)
        json_set(arena, stop, job->carried, json_get(input, job->carried));
    json_set_str(arena, plan, "service", str_of(integration->optimised->inside));
    json_set_str(arena, plan, "op", str_of(job->stop_op));
    return json_set(arena, plan, "input", stop);
}

static struct str status_in(const struct job *job, const struct json *result)
{
    struct str rest = str_of(job->status), name;
    while (str_cut(&rest, '.', &name))
        result = json_get_str(result, name);
    return json_as_str(result);
}

bool integration_job_result(struct arena *arena, const struct integration *integration,
                            struct json *job, struct json **out_result, struct str *out_cause)
{
    const struct job *row = job_of(integration);
    *out_result = row->wrap_in ? json_set(arena, json_object(arena), row->wrap_in, job) : job;
    if (integration->pattern == PATTERN_SYNC2 && json_has(job, "Output")) {
        struct json *output = NULL;
        if (json_parse(arena, json_str(job, "Output"), &output, NULL) == OK)
            *out_result = json_set(arena, json_copy_shallow(arena, job), "Output", output);
    }
    if (str_is(status_in(row, job), "SUCCEEDED"))
        return true;
    *out_cause = json_text(arena, *out_result);
    return false;
}
