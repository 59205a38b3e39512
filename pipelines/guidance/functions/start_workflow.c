// SPDX-License-Identifier: Apache-2.0
// start-workflow (steps 2 and 3): each message of the raw-events queue starts one execution of the
// raw-to-stage workflow.
//
// The execution is named after the message, so that a message which is delivered twice starts
// nothing twice, while one that was redriven from the dead-letter queue, which is a new message,
// starts the work again. What cannot be started is reported as a failed item of the batch: the
// queue keeps it.
#include "function.h"

#define DATASET_CHARACTERS_MAX 40 // of the execution's name, which may have 80

// What a name may hold: letters, digits, '-' and '_'.
static struct str name_part(struct arena *arena, struct str text)
{
    struct buf out = buf_in(arena, DATASET_CHARACTERS_MAX);
    for (size_t i = 0; i < text.len && i < DATASET_CHARACTERS_MAX; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_';
        buf_put_char(&out, plain ? c : '-');
    }
    return buf_str(&out);
}

static int start(struct tarn_event *event, struct arena *arena, const char *state_machine,
                 const struct json *message)
{
    struct json *body;
    struct object_event object;
    struct tarn_reply reply;
    if (json_parse(arena, json_str(message, "body"), &body, NULL) != OK ||
        !object_event_read(body, &object)) {
        tarn_log(event, "ERROR", "message %.*s is not an Object Created event",
                 STR_ARG(json_str(message, "messageId")));
        return -1;
    }
    struct str rest = object.key, dataset;
    str_cut(&rest, '/', &dataset);
    struct str name = str_format(arena, "%.*s-%.*s", STR_ARG(name_part(arena, dataset)),
                                 STR_ARG(json_str(message, "messageId")));
    struct json *input = json_object(arena);
    json_set_str(arena, input, "bucket", object.bucket);
    json_set_str(arena, input, "key", object.key);
    json_set_str(arena, input, "source",
                 str_format(arena, "s3://%.*s/%.*s", STR_ARG(object.bucket), STR_ARG(object.key)));
    json_set(arena, input, "event", body);
    if (tarn_start_execution(event, state_machine, str_cstr(arena, name),
                             lambda_text(json_text(arena, input)), &reply) == 0 ||
        str_contains(str_of(reply.error_code), S("ExecutionAlreadyExists")))
        return 0;
    tarn_log(event, "ERROR", "%.*s was not started: %s: %s", STR_ARG(name), reply.error_code,
             reply.error_message);
    return -1;
}

static int handle(struct tarn_event *event, struct arena *arena)
{
    const char *state_machine = setting(event, "STATE_MACHINE_ARN");
    struct json *payload = event_json(event, arena), *failures = json_array(arena);
    if (!state_machine || !payload)
        return -1;
    JSON_EACH(message, json_get(payload, "Records"))
    if (start(event, arena, state_machine, message) != 0)
        json_push(
            arena, failures,
            json_set(arena, json_object(arena), "itemIdentifier", json_get(message, "messageId")));
    return respond_json(event, arena,
                        json_set(arena, json_object(arena), "batchItemFailures", failures));
}

int main(void)
{
    return function_serve(handle);
}
