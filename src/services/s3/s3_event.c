// SPDX-License-Identifier: Apache-2.0
// Events: "Object Created" and "Object Deleted" for EventBridge, in the shape of the S3 User
// Guide's page "EventBridge event message structure". They are raised in the transaction that
// changes the object.
#include "services/s3/s3.h"

static struct json *detail_of(struct call *call, const struct s3_bucket *bucket,
                              struct json *object, const char *reason)
{
    struct arena *arena = call->arena;
    struct json *name = json_set_str(arena, json_object(arena), "name", bucket->name);
    struct json *detail = json_object(arena);
    json_set_str(arena, detail, "version", S("0"));
    json_set(arena, detail, "bucket", name);
    json_set(arena, detail, "object", object);
    json_set_str(arena, detail, "request-id", call->request_id);
    json_set_str(arena, detail, "requester",
                 call->principal && call->principal->kind == PRINCIPAL_SERVICE
                     ? call->principal->arn
                     : call->account);
    if (call->source_ip.len)
        json_set_str(arena, detail, "source-ip-address", call->source_ip);
    json_set_str(arena, detail, "reason", str_of(reason));
    return detail;
}

static enum err emit(struct call *call, const struct s3_bucket *bucket, const char *type,
                     struct json *detail)
{
    struct arena *arena = call->arena;
    struct json *resources = json_array(arena), *input = json_object(arena), *ignored;
    json_push(arena, resources, json_stringf(arena, "arn:aws:s3:::%.*s", STR_ARG(bucket->name)));
    json_set_str(arena, input, "Source", S("aws.s3"));
    json_set_str(arena, input, "DetailType", str_of(type));
    json_set(arena, input, "Resources", resources);
    json_set(arena, input, "Detail", detail);
    return call_operation(call, "events", "EmitEvent", input, &ignored);
}

enum err s3_event_created(struct call *call, const struct s3_bucket *bucket,
                          const struct s3_object *object, const char *reason)
{
    if (!bucket->events)
        return OK;
    struct json *about = json_object(call->arena);
    json_set_str(call->arena, about, "key", object->key);
    json_set_i64(call->arena, about, "size", (int64_t)object->size);
    json_set_str(call->arena, about, "etag", object->etag);
    json_set_str(call->arena, about, "sequencer", object->sequencer);
    return emit(call, bucket, "Object Created", detail_of(call, bucket, about, reason));
}

enum err s3_event_deleted(struct call *call, const struct s3_bucket *bucket, struct str key,
                          struct str sequencer)
{
    if (!bucket->events)
        return OK;
    struct json *about = json_object(call->arena);
    json_set_str(call->arena, about, "key", key);
    json_set_str(call->arena, about, "sequencer", sequencer);
    struct json *detail = detail_of(call, bucket, about, "DeleteObject");
    json_set_str(call->arena, detail, "deletion-type", S("Permanently Deleted"));
    return emit(call, bucket, "Object Deleted", detail);
}
