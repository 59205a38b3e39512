// SPDX-License-Identifier: Apache-2.0
// Uploads in parts: begin, store parts, abort. Completing is s3_complete.c, listing
// s3_multipart_list.c.
//
// An upload's row is the object to be, without bytes (s3_object_row.c), and: sum (checksum
// algorithm), sum_type. Its key is (bucket, key, upload id), and ids begin with the instant, so
// that a listing is in the order that AWS documents. A part's row, (upload id, number) -> JSON:
// size, etag (MD5 in hexadecimal), ms, blob, sums.
//
// Who stores a part holds a shared lock on the upload's row: parts go in side by side, and none is
// left behind when the upload is completed or aborted, which take the lock alone.
#include "services/s3/s3.h"

#include "base/encode.h"

#include <string.h>

struct key *s3_upload_key(struct key *key, struct str bucket, struct str object_key,
                          struct str upload_id)
{
    return key_str(key_str(key_str(key_start(key, KEYSPACE_S3_UPLOAD), bucket), object_key),
                   upload_id);
}

struct key *s3_part_key(struct key *key, struct str upload_id, uint64_t number)
{
    return key_u64(key_str(key_start(key, KEYSPACE_S3_PART), upload_id), number);
}

// --- rows
enum err s3_upload_from_json(struct str object_key, struct str id, struct json *row,
                             struct s3_upload *out)
{
    *out = (struct s3_upload){
        .id = id, .algorithm = json_str(row, "sum"), .algorithm_type = json_str(row, "sum_type")};
    return s3_object_from_json(object_key, row, &out->object);
}

enum err s3_no_such_upload(struct call *call, struct str upload_id)
{
    call->error_members = json_object(call->arena);
    json_set_str(call->arena, call->error_members, "UploadId", upload_id);
    FAIL(
        call, S3_NO_SUCH_UPLOAD,
        "The specified upload does not exist. The upload ID may be invalid, or the upload may have "
        "been aborted or completed.");
}

enum err s3_upload_get(struct call *call, const struct json *in, struct str bucket,
                       enum s3_hold hold, struct s3_upload *out)
{
    struct str key_text, row_text, id = json_str(in, "UploadId");
    struct key key;
    struct json *row;
    enum err found;
    TRY(s3_key_of(call, in, &key_text));
    s3_upload_key(&key, bucket, key_text, id);
    if (hold == S3_READ)
        found = tx_get(call->tx, &key, call->arena, &row_text);
    else if (hold == S3_SHARED)
        found = tx_lock_shared(call->tx, &key, call->arena, &row_text);
    else
        found = tx_lock(call->tx, &key, call->arena, &row_text);
    if (found == ERR_NOT_FOUND)
        return s3_no_such_upload(call, id);
    TRY(found);
    if (json_parse(call->arena, row_text, &row, &call->error) != OK)
        return ERR_CORRUPT;
    return s3_upload_from_json(key_text, id, row, out);
}

enum err s3_part_from_json(uint64_t number, struct json *row, struct s3_part *out)
{
    *out = (struct s3_part){
        .number = number,
        .size = (uint64_t)json_i64_or(row, "size", 0),
        .etag = json_str(row, "etag"),
        .modified_ms = json_i64_or(row, "ms", 0),
        .sums = json_get(row, "sums"),
    };
    return blob_from_json(json_get(row, "blob"), &out->blob);
}

// Keeps the part's blob in place of an earlier upload of the same number.
enum err s3_part_put(struct call *call, struct str upload_id, struct s3_part *part)
{
    struct key key;
    struct json *old_row, *row = json_object(call->arena);
    s3_part_key(&key, upload_id, part->number);
    enum err found = tx_lock_json(call->tx, &key, call->arena, &old_row);
    if (found == OK) {
        struct s3_part old;
        TRY(s3_part_from_json(part->number, old_row, &old));
        TRY(tx_blob_drop(call->tx, &old.blob));
    } else if (found != ERR_NOT_FOUND) {
        return found;
    }
    part->modified_ms = call->now_ms;
    json_set_i64(call->arena, row, "size", (int64_t)part->size);
    json_set_str(call->arena, row, "etag", part->etag);
    json_set_i64(call->arena, row, "ms", part->modified_ms);
    json_set(call->arena, row, "blob", blob_to_json(call->arena, &part->blob));
    if (json_count(part->sums))
        json_set(call->arena, row, "sums", part->sums);
    TRY(tx_blob_keep(call->tx, &part->blob));
    return tx_put_json(call->tx, &key, row);
}

// --- begin
static enum err choose_algorithm(struct call *call, const struct json *in, struct s3_upload *upload)
{
    struct str name = json_str(in, "ChecksumAlgorithm"), type = json_str(in, "ChecksumType");
    if (!name.len)
        return OK;
    const struct s3_algorithm *algorithm = s3_algorithm_named(name);
    if (!algorithm)
        FAIL(call, S3_INVALID_REQUEST,
             "Checksum algorithm provided is unsupported. Please try again with any of the valid "
             "types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]");
    bool digest = algorithm->kind == DIGEST_SHA1 || algorithm->kind == DIGEST_SHA256;
    if (!type.len)
        type = algorithm->composite ? S("COMPOSITE") : S("FULL_OBJECT");
    if ((str_is(type, "FULL_OBJECT") && digest) ||
        (str_is(type, "COMPOSITE") && !algorithm->composite))
        FAIL(call, S3_INVALID_REQUEST,
             "The %.*s checksum type cannot be used with the %.*s checksum algorithm.",
             STR_ARG(type), STR_ARG(name));
    upload->algorithm = str_of(algorithm->name);
    upload->algorithm_type = type;
    return OK;
}

enum err s3_create_multipart_upload(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_upload upload = {0};
    struct key key;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_key_of(call, in, &upload.object.key));
    TRY(s3_object_describe(call, in, &upload.object));
    TRY(choose_algorithm(call, in, &upload));
    upload.object.modified_ms = call->now_ms;
    upload.id = str_format(call->arena, "%012llx%.*s", (unsigned long long)call->now_ms,
                           STR_ARG(call_random(call, "0123456789abcdefghijklmnopqrstuvwxyz", 32)));

    struct json *row = s3_object_to_json(call->arena, &upload.object);
    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "Bucket", bucket.name);
    json_set_str(call->arena, *out, "Key", upload.object.key);
    json_set_str(call->arena, *out, "UploadId", upload.id);
    if (upload.algorithm.len) {
        json_set_str(call->arena, row, "sum", upload.algorithm);
        json_set_str(call->arena, row, "sum_type", upload.algorithm_type);
        json_set_str(call->arena, *out, "ChecksumAlgorithm", upload.algorithm);
        json_set_str(call->arena, *out, "ChecksumType", upload.algorithm_type);
    }
    s3_upload_key(&key, bucket.name, upload.object.key, upload.id);
    return tx_put_json(call->tx, &key, row);
}

// --- parts
enum err s3_upload_part(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_upload upload;
    int64_t number = json_i64_or(in, "PartNumber", 0);
    struct s3_part part = {.number = (uint64_t)number};
    struct str md5;
    if (number < 1 || number > S3_PART_NUMBER_MAX)
        FAIL(call, S3_INVALID_ARGUMENT,
             "Part number must be an integer between 1 and 10000, inclusive");
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_upload_get(call, in, bucket.name, S3_SHARED, &upload));
    TRY(s3_body_of(call, in, &part.blob));
    TRY(s3_checksums_verify(call, in, &part.blob, upload.algorithm, &part.sums));
    TRY(s3_digest_of(call, &part.blob, call->body_digests, DIGEST_MD5, &md5));
    json_remove(part.sums, S("ChecksumType"));
    part.size = part.blob.size_bytes;
    part.etag = hex_encode(call->arena, md5);
    TRY(s3_part_put(call, upload.id, &part));

    *out = json_object(call->arena);
    json_set_str(call->arena, *out, "ETag", s3_etag_quoted(call->arena, part.etag));
    JSON_EACH_MEMBER(m, part.sums)
    {
        json_set_named(call->arena, *out, m->name, m->value);
    }
    return OK;
}

// --- the end of an upload
enum err s3_upload_remove(struct call *call, struct str bucket, struct str object_key,
                          struct str upload_id, const struct blob *spared)
{
    struct key prefix, key;
    struct str raw_key, text;
    enum err next;
    key_str(key_start(&prefix, KEYSPACE_S3_PART), upload_id);
    struct scan *scan = scan_open(call->tx, &prefix, NULL, false);
    while ((next = scan_next(scan, &raw_key, &text)) == OK) {
        struct cursor cursor = key_cursor(raw_key);
        struct json *row;
        struct s3_part part;
        key_take_str(&cursor, call->arena);
        uint64_t number = key_take_u64(&cursor);
        next = json_parse(call->arena, str_dup(call->arena, text), &row, &call->error);
        if (next == OK)
            next = s3_part_from_json(number, row, &part);
        if (next == OK && (!spared || memcmp(spared->id, part.blob.id, BLOB_ID_BYTES) != 0))
            next = tx_blob_drop(call->tx, &part.blob);
        if (next == OK)
            next = tx_delete(call->tx, s3_part_key(&key, upload_id, number));
        if (next != OK)
            break;
    }
    scan_close(scan);
    if (next != ERR_NOT_FOUND)
        return next;
    return tx_delete(call->tx, s3_upload_key(&key, bucket, object_key, upload_id));
}

enum err s3_abort_multipart_upload(struct call *call, const struct json *in, struct json **out)
{
    struct s3_bucket bucket;
    struct s3_upload upload;
    TRY(s3_bucket_get(call, in, S3_SHARED, &bucket));
    TRY(s3_upload_get(call, in, bucket.name, S3_OWNED, &upload));
    *out = json_object(call->arena);
    return s3_upload_remove(call, bucket.name, upload.object.key, upload.id, NULL);
}
