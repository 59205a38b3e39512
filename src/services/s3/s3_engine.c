// SPDX-License-Identifier: Apache-2.0
// For other services: objects as blobs, so that engines read files in place. Internal operations
// only.
#include "services/s3/s3.h"

#include "base/timefmt.h"

static struct json *entry_of(struct call *call, const struct s3_object *object)
{
    struct arena *arena = call->arena;
    struct json *entry = json_object(arena);
    json_set_str(arena, entry, "Key", object->key);
    json_set_i64(arena, entry, "Size", (int64_t)object->size);
    json_set_str(arena, entry, "ETag", s3_etag_quoted(arena, object->etag));
    json_set(arena, entry, "LastModified", time_json(arena, object->modified_ms));
    json_set(arena, entry, "Blob", blob_to_json(arena, &object->blob));
    const char *const headers[] = {"ContentType", "ContentEncoding"};
    for (int i = 0; i < 2; i++)
        json_set(arena, entry, headers[i], json_get(object->headers, headers[i]));
    return entry;
}

enum err s3_open_object(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object object;
    struct str key;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    TRY(s3_key_of(call, in, &key));
    TRY(s3_object_get(call, bucket.name, key, &object));
    *out = entry_of(call, &object);
    if (json_count(object.metadata))
        json_set(call->arena, *out, "Metadata", object.metadata);
    return OK;
}

enum err s3_list_for_engine(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct str raw_key, text;
    struct key prefix;
    enum err next;
    struct json *contents = json_array(call->arena);
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    s3_object_key(&prefix, bucket.name, json_str(in, "Prefix"));
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((next = scan_next(scan, &raw_key, &text)) == OK) {
        struct cursor cursor = key_cursor(raw_key);
        struct s3_object object;
        struct json *row;
        key_take_str(&cursor, call->arena);
        struct str key = str_dup(call->arena, key_take_raw(&cursor));
        next = json_parse(call->arena, str_dup(call->arena, text), &row, &call->error);
        if (next == OK)
            next = s3_object_from_json(key, row, &object);
        if (next != OK) {
            next = ERR_CORRUPT;
            break;
        }
        json_push(call->arena, contents, entry_of(call, &object));
    }
    scan_close(scan);
    if (next != ERR_NOT_FOUND)
        return next;
    *out = json_set(call->arena, json_object(call->arena), "Contents", contents);
    return OK;
}
