// SPDX-License-Identifier: Apache-2.0
// Making objects: PutObject, CopyObject, and AdoptBlob for bytes that another service has made.
//
// By the time a handler runs the bytes are durable in a blob that nobody owns; the transaction
// keeps it, drops the object's old one, writes the row and raises the event. A copy shares the
// bytes (a hard link), so its cost does not depend on its size.
#include "services/s3/s3.h"

#include "base/encode.h"
#include "base/timefmt.h"

enum err s3_body_of(struct call *call, const struct json *in, struct blob *out_blob)
{
    if (call->body) {
        *out_blob = *call->body;
    } else {
        const struct json *body = json_get(in, "Body");
        struct str bytes = STR_NONE;
        if (body)
            bytes = body->type == JSON_STRING ? body->text : json_text(call->arena, body);
        TRY(blob_of_bytes(lake_store(call->lake), call->arena, bytes, out_blob, &call->error));
    }
    if (out_blob->size_bytes > S3_PUT_BYTES_MAX) {
        call->error_members = json_object(call->arena);
        json_set_i64(call->arena, call->error_members, "ProposedSize",
                     (int64_t)out_blob->size_bytes);
        json_set_i64(call->arena, call->error_members, "MaxSizeAllowed", S3_PUT_BYTES_MAX);
        FAIL(call, S3_ENTITY_TOO_LARGE,
             "Your proposed upload exceeds the maximum allowed object size.");
    }
    return OK;
}

// The object that is there, locked; *out_old NULL when there is none. Checks If-Match and
// If-None-Match.
static enum err lock_old(struct call *call, const struct json *in, const struct s3_bucket *bucket,
                         struct str key, struct s3_object *room, struct s3_object **out_old)
{
    enum err found = s3_object_find(call, bucket->name, key, true, room);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    *out_old = found == OK ? room : NULL;
    return s3_condition_write(call, in, *out_old);
}

enum err s3_put_object(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object room, *old, object = {0};
    struct str md5;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_key_of(call, in, &object.key));
    TRY(s3_object_describe(call, in, &object));
    TRY(s3_body_of(call, in, &object.blob));
    TRY(s3_checksums_verify(call, in, &object.blob, STR_NONE, &object.sums));
    TRY(s3_digest_of(call, &object.blob, call->body_digests, DIGEST_MD5, &md5));
    object.size = object.blob.size_bytes;
    object.etag = hex_encode(call->arena, md5);

    TRY(lock_old(call, in, &bucket, object.key, &room, &old));
    TRY(tx_blob_keep(call->tx, &object.blob));
    TRY(s3_object_replace(call, &bucket, old, &object, "PutObject"));
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "ETag", s3_etag_quoted(call->arena, object.etag));
    s3_checksums_reply(call, &object, *out);
    return OK;
}

// The blob's MD5 is not always known to who made it; then the tag is opaque: it has a dash, as
// those of uploads in parts, so that no client takes it for an MD5.
static struct str adopted_etag(struct call *call, struct str md5, const struct blob *blob)
{
    if (md5.len == 32)
        return str_lower(call->arena, md5);
    struct str id = str_n((const char *)blob->id, BLOB_ID_BYTES);
    return str_format(call->arena, "%.*s-1", STR_ARG(hex_encode(call->arena, id)));
}

enum err s3_adopt_blob(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object room, *old, object = {0};
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_key_of(call, in, &object.key));
    TRY(s3_object_describe(call, in, &object));
    if (blob_from_json(json_get(in, "Blob"), &object.blob) != OK || !object.blob.in_file)
        FAIL(call, S3_INVALID_ARGUMENT, "Blob does not name a finished file");
    object.size = object.blob.size_bytes;
    object.etag = adopted_etag(call, json_str(in, "MD5"), &object.blob);

    TRY(lock_old(call, in, &bucket, object.key, &room, &old));
    TRY(tx_blob_keep(call->tx, &object.blob));
    TRY(s3_object_replace(call, &bucket, old, &object, "PutObject"));
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "ETag", s3_etag_quoted(call->arena, object.etag));
    return OK;
}

// --- copy
enum err s3_copy_source(struct call *call, const struct json *in, struct str *out_bucket,
                        struct str *out_key)
{
    struct str source = json_str(in, "CopySource"), version = STR_NONE;
    size_t query = str_find(source, S("?versionId="));
    if (query != STR_NPOS) {
        version = str_from(source, query + 11);
        source = str_slice(source, 0, query);
    }
    if (str_starts(source, S("arn:")))
        FAIL(call, S3_NOT_IMPLEMENTED, "x-amz-copy-source: access points are not implemented");
    if (uri_decode(call->arena, source, false, &source) != OK)
        FAIL(call, S3_INVALID_ARGUMENT, "Invalid copy source encoding.");
    if (str_starts(source, S("/")))
        source = str_from(source, 1);
    size_t slash = str_find_char(source, '/');
    if (slash == STR_NPOS || slash == 0 || slash + 1 == source.len)
        FAIL(call, S3_INVALID_ARGUMENT,
             "Copy Source must mention the source bucket and key: sourcebucket/sourcekey");
    if (version.len && !str_is(version, "null"))
        FAIL(call, S3_INVALID_ARGUMENT, "Invalid version id specified");
    *out_bucket = str_slice(source, 0, slash);
    *out_key = str_from(source, slash + 1);
    return OK;
}

// The source, locked against change by a shared lock on its row. A row that this transaction has
// locked alone already (a copy onto itself) stays so.
static enum err read_source(struct call *call, const struct json *in, struct s3_object *out)
{
    struct s3_bucket bucket;
    struct str bucket_name, name, text, owner = json_str(in, "ExpectedSourceBucketOwner");
    struct key key;
    struct json *row;
    TRY(s3_copy_source(call, in, &bucket_name, &name));
    TRY(s3_bucket_named(call, bucket_name, S3_READ, &bucket));
    if (owner.len && !str_eq(owner, call->account))
        FAIL(call, S3_ACCESS_DENIED, "Access Denied");
    enum err found =
        tx_lock_shared(call->tx, s3_object_key(&key, bucket.name, name), call->arena, &text);
    if (found == ERR_NOT_FOUND)
        return s3_no_such_key(call, name);
    TRY(found);
    if (json_parse(call->arena, text, &row, &call->error) != OK)
        return ERR_CORRUPT;
    TRY(s3_object_from_json(name, row, out));
    TRY(s3_condition_copy(call, in, out));
    if (out->size > S3_PUT_BYTES_MAX)
        FAIL(call, S3_INVALID_REQUEST,
             "The specified copy source is larger than the maximum allowable size for a copy "
             "source: %llu",
             (unsigned long long)S3_PUT_BYTES_MAX);
    return OK;
}

// What the copy takes from its source, by the directives.
static enum err describe_copy(struct call *call, const struct json *in,
                              const struct s3_object *source, struct s3_object *object)
{
    TRY(s3_object_describe(call, in, object));
    if (!str_is(json_str(in, "MetadataDirective"), "REPLACE")) {
        object->headers = source->headers;
        object->metadata = source->metadata;
    }
    if (!str_is(json_str(in, "TaggingDirective"), "REPLACE"))
        object->tags = source->tags;
    object->size = source->size;
    object->etag = source->etag;
    object->sums = source->sums;
    object->parts = source->parts;
    return OK;
}

static enum err refuse_idle_copy(struct call *call, const struct json *in,
                                 const struct s3_object *source, const struct s3_object *object,
                                 struct str bucket)
{
    struct str from_bucket, from_key;
    TRY(s3_copy_source(call, in, &from_bucket, &from_key));
    bool same = str_eq(bucket, from_bucket) && str_eq(object->key, source->key);
    if (same && !str_is(json_str(in, "MetadataDirective"), "REPLACE") &&
        !str_is(json_str(in, "TaggingDirective"), "REPLACE") &&
        str_eq(object->storage_class, source->storage_class) &&
        !json_str(in, "WebsiteRedirectLocation").len && !json_str(in, "ServerSideEncryption").len)
        FAIL(
            call, S3_INVALID_REQUEST,
            "This copy request is illegal because it is trying to copy an object to itself without "
            "changing the object's metadata, storage class, website redirect location or "
            "encryption attributes.");
    return OK;
}

enum err s3_copy_object(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object room, source, *old, object = {0};
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_key_of(call, in, &object.key));
    TRY(lock_old(call, in, &bucket, object.key, &room, &old));
    TRY(read_source(call, in, &source));
    TRY(describe_copy(call, in, &source, &object));
    TRY(refuse_idle_copy(call, in, &source, &object, bucket.name));

    TRY(tx_blob_share(call->tx, &source.blob, &object.blob));
    TRY(s3_object_replace(call, &bucket, old, &object, "CopyObject"));
    struct json *result = json_object(call->arena);
    json_set_str(call->arena, result, "ETag", s3_etag_quoted(call->arena, object.etag));
    json_set(call->arena, result, "LastModified", s3_seconds(call->arena, object.modified_ms));
    s3_checksums_reply(call, &object, result);
    *out = json_set(call->arena, json_object(call->arena), "CopyObjectResult", result);
    return OK;
}
