// SPDX-License-Identifier: Apache-2.0
// Deleting objects, one or up to a thousand in one transaction.
//
// Deleting what is not there succeeds, as on AWS, and raises no event.
#include "services/s3/s3.h"

#define DELETE_KEYS_MAX 1000

static enum err delete_one(struct call *call, const struct s3_bucket *bucket, struct str key,
                           struct str if_match)
{
    struct s3_object object;
    enum err found = s3_object_find(call, bucket->name, key, true, &object);
    if (found == ERR_NOT_FOUND && if_match.len)
        return s3_no_such_key(call, key);
    if (found == ERR_NOT_FOUND)
        return OK;
    TRY(found);
    if (if_match.len && !s3_etag_listed(if_match, object.etag)) {
        FAIL(call, S3_PRECONDITION_FAILED,
             "At least one of the pre-conditions you specified did not hold");
    }
    return s3_object_remove(call, bucket, &object);
}

enum err s3_delete_object(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct str key;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_key_of(call, in, &key));
    TRY(delete_one(call, &bucket, key, json_str(in, "IfMatch")));
    *out = json_object(call->arena);
    return OK;
}

// One key of many: what is wrong with it is told in the reply and does not spoil the others.
static enum err delete_entry(struct call *call, const struct s3_bucket *bucket,
                             const struct json *entry, bool quiet, struct json *deleted,
                             struct json *errors)
{
    struct arena *arena = call->arena;
    struct str key;
    struct json *about = json_object(arena);
    json_set(arena, about, "Key", json_get(entry, "Key"));
    json_set(arena, about, "VersionId", json_get(entry, "VersionId"));
    enum err result = s3_key_of(call, entry, &key);
    if (result == OK)
        result = delete_one(call, bucket, key, json_str(entry, "ETag"));
    if (result == OK) {
        if (!quiet)
            json_push(arena, deleted, about);
        return OK;
    }
    if (result != ERR_CODED)
        return result;
    json_set_str(arena, about, "Code", str_of(call->code->code));
    json_set_str(arena, about, "Message", str_dup(arena, str_of(call->error.text)));
    json_push(arena, errors, about);
    return OK;
}

enum err s3_delete_objects(struct call *call, const struct json *in, struct json **out)
{
    const struct json *request = json_get(in, "Delete"), *objects = json_get(request, "Objects");
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    if (json_count(objects) == 0 || json_count(objects) > DELETE_KEYS_MAX)
        FAIL(call, S3_MALFORMED_XML,
             "The XML you provided was not well-formed or did not validate against our published "
             "schema");
    struct json *deleted = json_array(call->arena), *errors = json_array(call->arena);
    bool quiet = json_bool_or(request, "Quiet", false);
    JSON_EACH(entry, objects)
    {
        TRY(delete_entry(call, &bucket, entry, quiet, deleted, errors));
    }
    *out = json_object(call->arena);
    if (json_count(deleted))
        json_set(call->arena, *out, "Deleted", deleted);
    if (json_count(errors))
        json_set(call->arena, *out, "Errors", errors);
    return OK;
}
