// SPDX-License-Identifier: Apache-2.0
// What the lake's functions share: JSON in and out, and settings from the environment.
//
// The functions are ordinary programs on include/tarn/lambda.h; JSON comes from Tarn's base
// library, linked in statically.
#ifndef FUNCTION_H
#define FUNCTION_H

#include "base/json.h"
#include "tarn/lambda.h"

// Serves invocations with `handle`, each with an arena of its own; main's whole work.
typedef int function_handler(struct tarn_event *event, struct arena *arena);
int function_serve(function_handler *handle);

struct str text_of(struct tarn_text text);
struct tarn_text lambda_text(struct str s);

// The event's payload as JSON; fails the invocation ("Event.Malformed") and returns NULL when it is
// none.
struct json *event_json(struct tarn_event *event, struct arena *arena);
// A reply's body; NULL when it is no JSON.
struct json *reply_json(const struct tarn_reply *reply, struct arena *arena);
// A setting that the template gives; fails the invocation ("Setting.Missing") and returns NULL
// without it.
const char *setting(struct tarn_event *event, const char *name);

int respond_json(struct tarn_event *event, struct arena *arena, const struct json *value);
// An operation of a JSON service with a JSON input.
int call_json(struct tarn_event *event, struct arena *arena, const char *service,
              const char *target, const struct json *input, struct tarn_reply *out_reply);

// What an "Object Created" event (as EventBridge delivers it) tells; false when it is not one.
struct object_event {
    struct str bucket, key;
};
bool object_event_read(const struct json *event, struct object_event *out);

#endif
