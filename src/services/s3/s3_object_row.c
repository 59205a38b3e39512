// SPDX-License-Identifier: Apache-2.0
// The rows of objects, and the few moves that change them: find, describe, replace, remove.
//
// Row KEYSPACE_S3_OBJECT, JSON; members that are empty are left out:
//     size, etag (without quotes), ms (last modified), seq (sequencer), blob,
//     headers {ContentType...}, meta {name: value}, tags {key: value}, sums {ChecksumX: base64,
//     ChecksumType}, class (storage class), parts [size of each part], upload (upload id)
// A row of KEYSPACE_S3_UPLOAD is the same without a blob, as the object's description is given when
// an upload begins.
#include "services/s3/s3.h"

struct key *s3_object_key(struct key *key, struct str bucket, struct str object_key)
{
    return key_raw(key_str(key_start(key, KEYSPACE_S3_OBJECT), bucket), object_key);
}

struct json *s3_object_to_json(struct arena *arena, const struct s3_object *object)
{
    struct json *row = json_object(arena);
    json_set_i64(arena, row, "size", (int64_t)object->size);
    if (object->etag.len)
        json_set_str(arena, row, "etag", object->etag);
    json_set_i64(arena, row, "ms", object->modified_ms);
    if (object->sequencer.len)
        json_set_str(arena, row, "seq", object->sequencer);
    if (object->etag.len)
        json_set(arena, row, "blob", blob_to_json(arena, &object->blob));
    if (object->storage_class.len)
        json_set_str(arena, row, "class", object->storage_class);
    if (object->upload_id.len)
        json_set_str(arena, row, "upload", object->upload_id);
    const struct {
        const char *name;
        struct json *value;
    } members[] = {{"headers", object->headers},
                   {"meta", object->metadata},
                   {"tags", object->tags},
                   {"sums", object->sums},
                   {"parts", object->parts}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (json_count(members[i].value))
            json_set(arena, row, members[i].name, members[i].value);
    return row;
}

enum err s3_object_from_json(struct str object_key, struct json *row, struct s3_object *out)
{
    *out = (struct s3_object){
        .key = object_key,
        .size = (uint64_t)json_i64_or(row, "size", 0),
        .etag = json_str(row, "etag"),
        .modified_ms = json_i64_or(row, "ms", 0),
        .sequencer = json_str(row, "seq"),
        .storage_class = json_str(row, "class"),
        .headers = json_get(row, "headers"),
        .metadata = json_get(row, "meta"),
        .tags = json_get(row, "tags"),
        .sums = json_get(row, "sums"),
        .parts = json_get(row, "parts"),
        .upload_id = json_str(row, "upload"),
    };
    return out->etag.len ? blob_from_json(json_get(row, "blob"), &out->blob) : OK;
}

struct str s3_etag_quoted(struct arena *arena, struct str etag)
{
    return str_format(arena, "\"%.*s\"", STR_ARG(etag));
}

// --- finding
enum err s3_key_of(struct call *call, const struct json *in, struct str *out_key)
{
    struct str key = json_str(in, "Key"), version = json_str(in, "VersionId");
    if (key.len > S3_KEY_BYTES_MAX) {
        call->error_members = json_object(call->arena);
        json_set_i64(call->arena, call->error_members, "Size", (int64_t)key.len);
        json_set_i64(call->arena, call->error_members, "MaxSizeAllowed", S3_KEY_BYTES_MAX);
        FAIL(call, S3_KEY_TOO_LONG, "Your key is too long");
    }
    if (key.len == 0)
        FAIL(call, S3_INVALID_ARGUMENT, "An object key must not be empty");
    if (version.len && !str_is(version, "null"))
        FAIL(call, S3_INVALID_ARGUMENT, "Invalid version id specified");
    *out_key = key;
    return OK;
}

enum err s3_object_find(struct call *call, struct str bucket, struct str object_key, bool lock,
                        struct s3_object *out)
{
    struct key key;
    struct json *row;
    s3_object_key(&key, bucket, object_key);
    TRY(lock ? tx_lock_json(call->tx, &key, call->arena, &row)
             : tx_get_json(call->tx, &key, call->arena, &row));
    return s3_object_from_json(object_key, row, out);
}

enum err s3_no_such_key(struct call *call, struct str key)
{
    call->error_members = json_object(call->arena);
    json_set_str(call->arena, call->error_members, "Key", key);
    FAIL(call, S3_NO_SUCH_KEY, "The specified key does not exist.");
}

enum err s3_object_get(struct call *call, struct str bucket, struct str key, struct s3_object *out)
{
    enum err found = s3_object_find(call, bucket, key, false, out);
    return found == ERR_NOT_FOUND ? s3_no_such_key(call, key) : found;
}

// --- describing
// S3's own transfer coding is not the object's encoding: "aws-chunked,gzip" is stored as "gzip".
static struct str content_encoding(struct arena *arena, struct str header)
{
    struct buf kept = buf_in(arena, header.len + 1);
    for (struct str part, rest = header; str_cut(&rest, ',', &part);) {
        if (str_eq_nocase(str_trim(part), S("aws-chunked")))
            continue;
        if (kept.len)
            buf_put_char(&kept, ',');
        buf_put(&kept, str_trim(part));
    }
    return buf_str(&kept);
}

static struct json *described_headers(struct call *call, const struct json *in)
{
    static const char *const names[] = {"CacheControl",
                                        "ContentDisposition",
                                        "ContentLanguage",
                                        "ContentType",
                                        "Expires",
                                        "WebsiteRedirectLocation",
                                        NULL};
    struct json *headers = json_object(call->arena);
    for (int i = 0; names[i]; i++)
        if (json_str(in, names[i]).len)
            json_set_str(call->arena, headers, names[i], json_str(in, names[i]));
    struct str encoding = content_encoding(call->arena, json_str(in, "ContentEncoding"));
    if (encoding.len)
        json_set_str(call->arena, headers, "ContentEncoding", encoding);
    return headers;
}

static enum err described_metadata(struct call *call, const struct json *in, struct json **out)
{
    struct json *metadata = json_object(call->arena);
    size_t bytes = 0;
    JSON_EACH_MEMBER(m, json_get(in, "Metadata"))
    {
        struct str value = json_as_str(m->value);
        json_set_named(call->arena, metadata, str_lower(call->arena, m->name), m->value);
        bytes += m->name.len + value.len;
    }
    if (bytes > S3_METADATA_BYTES_MAX) {
        call->error_members = json_object(call->arena);
        json_set_i64(call->arena, call->error_members, "Size", (int64_t)bytes);
        json_set_i64(call->arena, call->error_members, "MaxSizeAllowed", S3_METADATA_BYTES_MAX);
        FAIL(call, S3_METADATA_TOO_LARGE,
             "Your metadata headers exceed the maximum allowed metadata size");
    }
    *out = metadata;
    return OK;
}

// Classes differ in price and speed on AWS and are only recorded here; the two whose objects cannot
// be read until they are restored are refused, as there is no restoring.
static enum err described_class(struct call *call, const struct json *in, struct str *out)
{
    static const char *const taken[] = {"REDUCED_REDUNDANCY",  "STANDARD_IA", "ONEZONE_IA",
                                        "INTELLIGENT_TIERING", "GLACIER_IR",  NULL};
    struct str given = json_str(in, "StorageClass");
    *out = STR_NONE;
    if (!given.len || str_is(given, "STANDARD"))
        return OK;
    for (int i = 0; taken[i]; i++)
        if (str_is(given, taken[i])) {
            *out = given;
            return OK;
        }
    if (str_is(given, "GLACIER") || str_is(given, "DEEP_ARCHIVE"))
        FAIL(call, S3_NOT_IMPLEMENTED, "Storage class %.*s is not implemented", STR_ARG(given));
    FAIL(call, S3_INVALID_STORAGE_CLASS, "The storage class you specified is not valid");
}

enum err s3_object_describe(struct call *call, const struct json *in, struct s3_object *object)
{
    struct str acl = json_str(in, "ACL"), sse = json_str(in, "ServerSideEncryption");
    if (acl.len && !str_is(acl, "private") && !str_is(acl, "bucket-owner-full-control"))
        FAIL(call, S3_ACL_NOT_SUPPORTED, "The bucket does not allow ACLs");
    if (sse.len && !str_is(sse, "AES256"))
        FAIL(call, S3_NOT_IMPLEMENTED, "x-amz-server-side-encryption: %.*s is not implemented",
             STR_ARG(sse));
    object->headers = described_headers(call, in);
    TRY(described_metadata(call, in, &object->metadata));
    TRY(described_class(call, in, &object->storage_class));
    return s3_tags_from_header(call, json_str(in, "Tagging"), &object->tags);
}

// --- changing
static enum err next_sequencer(struct call *call, struct str *out)
{
    uint64_t number;
    TRY(store_next(lake_store(call->lake), "s3.sequencer", &number));
    *out = str_format(call->arena, "%016llX", (unsigned long long)number);
    return OK;
}

enum err s3_object_replace(struct call *call, const struct s3_bucket *bucket,
                           const struct s3_object *old, struct s3_object *object,
                           const char *reason)
{
    struct key key;
    if (old)
        TRY(tx_blob_drop(call->tx, &old->blob));
    object->modified_ms = call->now_ms;
    TRY(next_sequencer(call, &object->sequencer));
    TRY(tx_put_json(call->tx, s3_object_key(&key, bucket->name, object->key),
                    s3_object_to_json(call->arena, object)));
    return s3_event_created(call, bucket, object, reason);
}

enum err s3_object_remove(struct call *call, const struct s3_bucket *bucket,
                          const struct s3_object *object)
{
    struct key key;
    struct str sequencer;
    TRY(tx_blob_drop(call->tx, &object->blob));
    TRY(tx_delete(call->tx, s3_object_key(&key, bucket->name, object->key)));
    TRY(next_sequencer(call, &sequencer));
    return s3_event_deleted(call, bucket, object->key, sequencer);
}
