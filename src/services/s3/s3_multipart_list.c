// SPDX-License-Identifier: Apache-2.0
// Listings of uploads in parts: an upload's parts, a bucket's uploads.
#include "services/s3/s3.h"

#include "base/encode.h"

#define ENTRIES_MAX 1000

static enum err page_size(struct call *call, const struct json *in, const char *member,
                          size_t *out_max)
{
    int64_t max = json_i64_or(in, member, ENTRIES_MAX);
    if (max < 0 || max > INT32_MAX)
        FAIL(call, S3_INVALID_ARGUMENT, "Argument %s must be an integer between 0 and 2147483647",
             member);
    *out_max = max < ENTRIES_MAX ? (size_t)max : ENTRIES_MAX;
    return OK;
}

static void set_class_and_sum(struct arena *arena, const struct s3_upload *upload, struct json *out)
{
    struct str class = upload->object.storage_class;
    json_set_str(arena, out, "StorageClass", class.len ? class : S("STANDARD"));
    if (!upload->algorithm.len)
        return;
    json_set_str(arena, out, "ChecksumAlgorithm", upload->algorithm);
    json_set_str(arena, out, "ChecksumType", upload->algorithm_type);
}

// --- parts
static struct json *part_entry(struct call *call, const struct s3_part *part)
{
    struct arena *arena = call->arena;
    struct json *entry = json_object(arena);
    json_set_i64(arena, entry, "PartNumber", (int64_t)part->number);
    json_set(arena, entry, "LastModified", s3_seconds(arena, part->modified_ms));
    json_set_str(arena, entry, "ETag", s3_etag_quoted(arena, part->etag));
    json_set_i64(arena, entry, "Size", (int64_t)part->size);
    JSON_EACH_MEMBER(m, part->sums)
    {
        json_set_named(arena, entry, m->name, m->value);
    }
    return entry;
}

static enum err scan_parts(struct call *call, struct scan *scan, size_t max, struct json *parts,
                           uint64_t *last, bool *truncated)
{
    struct str raw_key, text;
    enum err next;
    while ((next = scan_next(scan, &raw_key, &text)) == OK) {
        struct cursor cursor = key_cursor(raw_key);
        struct json *row;
        struct s3_part part;
        key_take_str(&cursor, call->arena);
        uint64_t number = key_take_u64(&cursor);
        if (json_count(parts) == max) {
            *truncated = max > 0;
            return OK;
        }
        if (json_parse(call->arena, str_dup(call->arena, text), &row, &call->error) != OK ||
            s3_part_from_json(number, row, &part) != OK)
            return ERR_CORRUPT;
        json_push(call->arena, parts, part_entry(call, &part));
        *last = number;
    }
    return next == ERR_NOT_FOUND ? OK : next;
}

enum err s3_list_parts(struct call *call, const struct json *in, struct json **out)
{
    struct arena *arena = call->arena;
    struct s3_bucket bucket;
    struct s3_upload upload;
    struct key prefix, from;
    uint64_t marker = 0, last;
    size_t max = 0;
    bool truncated = false;
    struct str marker_text = json_str(in, "PartNumberMarker");
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    TRY(s3_upload_get(call, in, bucket.name, S3_READ, &upload));
    TRY(page_size(call, in, "MaxParts", &max));
    if (marker_text.len && (!str_to_u64(marker_text, &marker) || marker > INT32_MAX))
        FAIL(call, S3_INVALID_ARGUMENT,
             "Argument part-number-marker must be an integer between 0 and 2147483647");
    last = marker;
    struct json *parts = json_array(arena);
    key_str(key_start(&prefix, KEYSPACE_S3_PART), upload.id);
    s3_part_key(&from, upload.id, marker + 1);
    struct scan *scan = scan_open(call->tx, &prefix, &from, false);
    enum err result = scan_parts(call, scan, max, parts, &last, &truncated);
    scan_close(scan);
    TRY(result);

    *out = json_object(arena);
    json_set_str(arena, *out, "Bucket", bucket.name);
    json_set_str(arena, *out, "Key", upload.object.key);
    json_set_str(arena, *out, "UploadId", upload.id);
    json_set_i64(arena, *out, "PartNumberMarker", (int64_t)marker);
    json_set_i64(arena, *out, "NextPartNumberMarker", (int64_t)last);
    json_set_i64(arena, *out, "MaxParts", (int64_t)max);
    json_set_bool(arena, *out, "IsTruncated", truncated);
    json_set(arena, *out, "Parts", parts);
    json_set(arena, *out, "Initiator", s3_owner(call));
    json_set(arena, *out, "Owner", s3_owner(call));
    set_class_and_sum(arena, &upload, *out);
    return OK;
}

// --- uploads
struct upload_page {
    const struct json *in;
    struct str bucket, prefix, delimiter;
    bool encode;
    size_t max, count;
    struct json *uploads, *prefixes;
    struct str last_key, last_id; // last_id is empty behind a common prefix
    bool truncated;
};

static struct json *name_json(struct call *call, bool encode, struct str name)
{
    if (!encode)
        return json_string(call->arena, name);
    struct buf buf = buf_in(call->arena, 3 * name.len + 1);
    uri_encode(&buf, name, true);
    return json_string(call->arena, buf_str(&buf));
}

static enum err add_upload(struct call *call, struct upload_page *page, struct str key,
                           struct str id, struct str text)
{
    struct arena *arena = call->arena;
    struct json *row, *entry = json_object(arena);
    struct s3_upload upload;
    if (json_parse(arena, str_dup(arena, text), &row, &call->error) != OK ||
        s3_upload_from_json(key, id, row, &upload) != OK)
        return ERR_CORRUPT;
    json_set_str(arena, entry, "UploadId", id);
    json_set(arena, entry, "Key", name_json(call, page->encode, key));
    json_set(arena, entry, "Initiated", s3_seconds(arena, upload.object.modified_ms));
    json_set(arena, entry, "Owner", s3_owner(call));
    json_set(arena, entry, "Initiator", s3_owner(call));
    set_class_and_sum(arena, &upload, entry);
    json_push(arena, page->uploads, entry);
    return OK;
}

// Behind the markers: a key alone means all of its uploads, with an id those up to it.
static bool is_behind(const struct upload_page *page, struct str key, struct str id)
{
    struct str key_marker = json_str(page->in, "KeyMarker");
    struct str id_marker = json_str(page->in, "UploadIdMarker");
    if (!key_marker.len)
        return true;
    if (page->delimiter.len && str_ends(key_marker, page->delimiter) && str_starts(key, key_marker))
        return false;
    int order = str_cmp(key, key_marker);
    return order > 0 || (order == 0 && id_marker.len && str_cmp(id, id_marker) > 0);
}

static enum err take_upload(struct call *call, struct upload_page *page, struct str key,
                            struct str id, struct str text)
{
    size_t at = STR_NPOS;
    if (page->delimiter.len)
        at = str_find(str_from(key, page->prefix.len), page->delimiter);
    struct str group = STR_NONE;
    if (at != STR_NPOS)
        group = str_slice(key, 0, page->prefix.len + at + page->delimiter.len);
    if (group.len && page->count && !page->last_id.len && str_eq(group, page->last_key))
        return OK;
    if (page->count == page->max) {
        page->truncated = page->max > 0;
        return ERR_NOT_FOUND;
    }
    page->count++;
    page->last_key = group.len ? group : key;
    page->last_id = group.len ? STR_NONE : id;
    if (!group.len)
        return add_upload(call, page, key, id, text);
    struct json *entry = json_object(call->arena);
    json_set(call->arena, entry, "Prefix", name_json(call, page->encode, group));
    json_push(call->arena, page->prefixes, entry);
    return OK;
}

static enum err scan_uploads(struct call *call, struct upload_page *page, struct scan *scan)
{
    struct str raw_key, text;
    enum err next;
    while ((next = scan_next(scan, &raw_key, &text)) == OK) {
        struct cursor cursor = key_cursor(raw_key);
        key_take_str(&cursor, call->arena);
        struct str key = key_take_str(&cursor, call->arena);
        struct str id = key_take_str(&cursor, call->arena);
        if (!str_starts(key, page->prefix)) {
            if (str_cmp(key, page->prefix) > 0)
                return OK;
            continue;
        }
        if (!is_behind(page, key, id))
            continue;
        next = take_upload(call, page, key, id, text);
        if (next != OK)
            break;
    }
    return next == ERR_NOT_FOUND ? OK : next;
}

static void upload_page_reply(struct call *call, struct upload_page *page, struct json *out)
{
    struct arena *arena = call->arena;
    bool encode = page->encode;
    json_set_str(arena, out, "Bucket", page->bucket);
    json_set(arena, out, "KeyMarker", name_json(call, encode, json_str(page->in, "KeyMarker")));
    json_set_str(arena, out, "UploadIdMarker", json_str(page->in, "UploadIdMarker"));
    if (page->truncated) {
        json_set(arena, out, "NextKeyMarker", name_json(call, encode, page->last_key));
        json_set_str(arena, out, "NextUploadIdMarker", page->last_id);
    }
    json_set(arena, out, "Prefix", name_json(call, encode, page->prefix));
    if (page->delimiter.len)
        json_set(arena, out, "Delimiter", name_json(call, encode, page->delimiter));
    json_set_i64(arena, out, "MaxUploads", (int64_t)page->max);
    json_set_bool(arena, out, "IsTruncated", page->truncated);
    if (encode)
        json_set_str(arena, out, "EncodingType", S("url"));
    json_set(arena, out, "Uploads", page->uploads);
    json_set(arena, out, "CommonPrefixes", page->prefixes);
}

enum err s3_list_multipart_uploads(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct key prefix;
    TRY(s3_bucket_get(call, in, S3_READ, &bucket));
    struct upload_page page = {
        .in = in,
        .bucket = bucket.name,
        .prefix = json_str(in, "Prefix"),
        .delimiter = json_str(in, "Delimiter"),
        .encode = str_is(json_str(in, "EncodingType"), "url"),
        .uploads = json_array(call->arena),
        .prefixes = json_array(call->arena),
    };
    TRY(page_size(call, in, "MaxUploads", &page.max));
    key_str(key_start(&prefix, KEYSPACE_S3_UPLOAD), bucket.name);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    enum err result = scan_uploads(call, &page, scan);
    scan_close(scan);
    TRY(result);
    *out = json_object(call->arena);
    upload_page_reply(call, &page, *out);
    return OK;
}
