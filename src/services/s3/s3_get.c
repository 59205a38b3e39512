// SPDX-License-Identifier: Apache-2.0
// Reading objects: GetObject, HeadObject, GetObjectAttributes.
//
// To a client the bytes go from an open reader of the blob, after the call; to an inside call they
// are a string in the reply.
#include "services/s3/s3.h"

#include "base/timefmt.h"

static enum err find(struct call *call, const struct json *in, struct s3_bucket *bucket,
                     struct s3_object *out)
{
    struct str key;
    TRY(s3_bucket_get(call, in, S3_READ, bucket));
    TRY(s3_key_of(call, in, &key));
    return s3_object_get(call, bucket->name, key, out);
}

// --- which bytes
static enum err fail_range(struct call *call, struct str range, uint64_t size)
{
    call->error_members = json_object(call->arena);
    json_set_str(call->arena, call->error_members, "RangeRequested", range);
    json_set_i64(call->arena, call->error_members, "ActualObjectSize", (int64_t)size);
    call_reply_header(call, "Content-Range",
                      str_format(call->arena, "bytes */%llu", (unsigned long long)size));
    FAIL(call, S3_INVALID_RANGE, "The requested range is not satisfiable");
}

// partNumber=N of an object that was uploaded in parts; any other object is its own only part.
static enum err part_range(struct call *call, const struct s3_object *object, int64_t number,
                           struct s3_range *out)
{
    size_t count = json_count(object->parts) ? json_count(object->parts) : 1;
    if (number < 1 || number > S3_PART_NUMBER_MAX)
        FAIL(call, S3_INVALID_ARGUMENT,
             "Part number must be an integer between 1 and 10000, inclusive");
    if ((size_t)number > count)
        FAIL(call, S3_INVALID_PART_NUMBER, "The requested partnumber is not satisfiable");
    *out = (struct s3_range){.partial = true, .length = object->size};
    if (!json_count(object->parts))
        return OK;
    for (int64_t i = 0; i < number; i++) {
        int64_t size = 0;
        json_as_i64(json_at(object->parts, (size_t)i), &size);
        if (i + 1 == number)
            out->length = (uint64_t)size;
        else
            out->offset += (uint64_t)size;
    }
    return OK;
}

static enum err choose_range(struct call *call, const struct json *in,
                             const struct s3_object *object, struct s3_range *out)
{
    struct str range = json_str(in, "Range");
    if (json_has(in, "PartNumber")) {
        if (range.len)
            FAIL(call, S3_INVALID_REQUEST,
                 "Cannot specify both Range header and partNumber query parameter");
        return part_range(call, object, json_i64_or(in, "PartNumber", 0), out);
    }
    *out = (struct s3_range){.length = object->size};
    if (range.len && s3_range_parse(range, object->size, out) != OK)
        return fail_range(call, range, object->size);
    return OK;
}

// --- what is said about it
// "response-content-type=..." and its like replace what is stored.
static void override_headers(struct call *call, const struct json *in, struct json *out)
{
    static const struct {
        const char *given, *member;
    } overrides[] = {
        {"ResponseCacheControl", "CacheControl"},
        {"ResponseContentDisposition", "ContentDisposition"},
        {"ResponseContentEncoding", "ContentEncoding"},
        {"ResponseContentLanguage", "ContentLanguage"},
        {"ResponseContentType", "ContentType"},
        {"ResponseExpires", "Expires"},
    };
    for (size_t i = 0; i < sizeof overrides / sizeof *overrides; i++)
        json_set(call->arena, out, overrides[i].member, json_get(in, overrides[i].given));
}

static struct json *description(struct call *call, const struct json *in,
                                const struct s3_object *object, const struct s3_range *range)
{
    struct arena *arena = call->arena;
    struct json *out = json_object(arena);
    json_set_str(arena, out, "AcceptRanges", S("bytes"));
    json_set(arena, out, "LastModified", s3_seconds(arena, object->modified_ms));
    json_set_i64(arena, out, "ContentLength", (int64_t)range->length);
    json_set_str(arena, out, "ETag", s3_etag_quoted(arena, object->etag));
    json_set_str(arena, out, "ContentType", S("binary/octet-stream"));
    JSON_EACH_MEMBER(m, object->headers)
    {
        json_set_named(arena, out, m->name, m->value);
    }
    override_headers(call, in, out);
    if (json_count(object->metadata))
        json_set(arena, out, "Metadata", object->metadata);
    if (object->storage_class.len)
        json_set_str(arena, out, "StorageClass", object->storage_class);
    if (json_count(object->tags))
        json_set_i64(arena, out, "TagCount", (int64_t)json_count(object->tags));
    if (json_has(in, "PartNumber") && json_count(object->parts))
        json_set_i64(arena, out, "PartsCount", (int64_t)json_count(object->parts));
    // A checksum is of the whole object: with a part of it, it would only mislead.
    bool whole = range->length == object->size;
    if (whole && str_eq_nocase(json_str(in, "ChecksumMode"), S("ENABLED")))
        s3_checksums_reply(call, object, out);
    if (range->partial && range->length) {
        uint64_t last = range->offset + range->length - 1;
        json_set(arena, out, "ContentRange",
                 json_stringf(arena, "bytes %llu-%llu/%llu", (unsigned long long)range->offset,
                              (unsigned long long)last, (unsigned long long)object->size));
    }
    if (range->partial)
        call->reply_status = 206;
    return out;
}

// --- get and head
static enum err body_as_string(struct call *call, const struct s3_object *object,
                               const struct s3_range *range, struct json *out)
{
    struct blob_reader *reader;
    if (range->length > S3_INSIDE_BODY_BYTES_MAX)
        FAIL(call, S3_INVALID_REQUEST,
             "The object has %llu bytes; a body in a state's data is limited to %d",
             (unsigned long long)range->length, S3_INSIDE_BODY_BYTES_MAX);
    TRY(blob_reader_open(call->tx, &object->blob, &reader, &call->error));
    char *bytes = arena_bytes(call->arena, (size_t)range->length + 1);
    enum err read =
        blob_reader_read(reader, range->offset, bytes, (size_t)range->length, &call->error);
    blob_reader_close(reader);
    TRY(read);
    struct str body = str_n(bytes, (size_t)range->length);
    if (!str_is_utf8(body))
        FAIL(call, S3_INVALID_REQUEST, "The object is not UTF-8 text and cannot be a string");
    json_set_str(call->arena, out, "Body", body);
    return OK;
}

enum err s3_get_object(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object object;
    struct s3_range range;
    TRY(find(call, in, &bucket, &object));
    TRY(s3_condition_read(call, in, &object));
    TRY(choose_range(call, in, &object, &range));
    if (s3_from_inside(call)) {
        *out = description(call, in, &object, &range);
        return body_as_string(call, &object, &range, *out);
    }
    TRY(blob_reader_open(call->tx, &object.blob, &call->reply_body.reader, &call->error));
    call->reply_body.present = true;
    call->reply_body.offset = range.offset;
    call->reply_body.length = range.length;
    *out = description(call, in, &object, &range);
    return OK;
}

enum err s3_head_object(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_object object;
    struct s3_range range;
    TRY(find(call, in, &bucket, &object));
    TRY(s3_condition_read(call, in, &object));
    TRY(choose_range(call, in, &object, &range));
    *out = description(call, in, &object, &range);
    return OK;
}

// --- attributes
static bool asked(const struct json *wanted, const char *attribute)
{
    if (json_is(wanted, JSON_ARRAY)) {
        JSON_EACH(item, wanted)
        {
            if (str_is(json_as_str(item), attribute))
                return true;
        }
        return false;
    }
    for (struct str part, rest = json_as_str(wanted); str_cut(&rest, ',', &part);)
        if (str_is(str_trim(part), attribute))
            return true;
    return false;
}

static struct json *object_parts(struct call *call, const struct json *in,
                                 const struct s3_object *object)
{
    struct arena *arena = call->arena;
    struct json *out = json_object(arena), *parts = json_array(arena);
    int64_t marker = 0, max = json_i64_or(in, "MaxParts", 1000), last, size;
    str_to_i64(json_str(in, "PartNumberMarker"), &marker);
    int64_t count = (int64_t)json_count(object->parts);
    if (marker < 0)
        marker = 0;
    if (max < 0 || max > 1000)
        max = 1000;
    last = marker;
    for (int64_t i = marker; i < count && (int64_t)json_count(parts) < max; i++) {
        struct json *part = json_object(arena);
        json_as_i64(json_at(object->parts, (size_t)i), &size);
        json_set_i64(arena, part, "PartNumber", i + 1);
        json_set_i64(arena, part, "Size", size);
        json_push(arena, parts, part);
        last = i + 1;
    }
    json_set_i64(arena, out, "TotalPartsCount", count);
    json_set_i64(arena, out, "PartNumberMarker", marker);
    json_set_i64(arena, out, "NextPartNumberMarker", last);
    json_set_i64(arena, out, "MaxParts", max);
    json_set_bool(arena, out, "IsTruncated", last < count);
    return json_set(arena, out, "Parts", parts);
}

enum err s3_get_object_attributes(struct call *call, const struct json *in, struct json **out)
{
    const struct json *wanted = json_get(in, "ObjectAttributes");
    struct arena *arena = call->arena;
    struct s3_bucket bucket;
    struct s3_object object;
    TRY(find(call, in, &bucket, &object));
    *out = json_object(arena);
    json_set(arena, *out, "LastModified", s3_seconds(arena, object.modified_ms));
    if (asked(wanted, "ETag"))
        json_set_str(arena, *out, "ETag", object.etag); // without quotes, here alone
    if (asked(wanted, "Checksum") && json_count(object.sums))
        json_set(arena, *out, "Checksum", object.sums);
    if (asked(wanted, "ObjectParts") && json_count(object.parts))
        json_set(arena, *out, "ObjectParts", object_parts(call, in, &object));
    if (asked(wanted, "StorageClass"))
        json_set_str(arena, *out, "StorageClass",
                     object.storage_class.len ? object.storage_class : S("STANDARD"));
    if (asked(wanted, "ObjectSize"))
        json_set_i64(arena, *out, "ObjectSize", (int64_t)object.size);
    return OK;
}
