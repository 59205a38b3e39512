// SPDX-License-Identifier: Apache-2.0
// Completing an upload: its parts become one object.
//
// Engines read an object as one plain file, so the parts are joined into one now, once, rather than
// at every read. That takes as long as the disk needs, hence a job in three steps:
//     look    (transaction)  the list of parts is checked against what is there
//     join    (no lock)      the parts are copied into a new blob, one open file at a time; a
//     checksum of the whole is
//                            computed on the way when the upload asked for one
//     adopt   (transaction)  upload and parts are looked at again, alone; the object is made, the
//     parts and the upload go,
//                            the event is raised
// A client that did not hear the answer asks again: when the object that is there came from this
// upload and these parts, the answer is the same again.
//
// An upload of one part is not copied: the object takes over its blob. A crash or a refusal in
// between leaves the upload as it was; the joined blob that nobody kept is swept.
#include "services/s3/s3.h"

#include "base/encode.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define COPY_BYTES ((size_t)1 << 20)

struct completion {
    const struct json *in;
    struct arena *arena;
    struct s3_upload upload;
    struct s3_part *parts;
    size_t count, capacity;
    uint64_t size;
    struct blob whole;
    struct digest digest; // of the whole
    bool digesting;
    struct json *sums;
    struct s3_object object;
    bool done_before;
};

// --- tag
// The MD5 of the parts' MD5s, and their number. False when the list names something that is no MD5.
static bool named_etag(struct arena *arena, const struct json *named, struct str *out)
{
    struct buf all = buf_in(arena, json_count(named) * DIGEST_BYTES_MAX + 1);
    JSON_EACH(item, named)
    {
        struct str md5;
        if (hex_decode(arena, s3_etag_bare(json_str(item, "ETag")), &md5) != OK ||
            md5.len != digest_size(DIGEST_MD5))
            return false;
        buf_put(&all, md5);
    }
    *out = str_format(arena, "%.*s-%zu", STR_ARG(digest_hex(arena, DIGEST_MD5, buf_str(&all))),
                      json_count(named));
    return true;
}

// --- look
static enum err find_part(struct call *call, const struct json *named, struct str upload_id,
                          struct s3_part *out)
{
    int64_t number = json_i64_or(named, "PartNumber", 0);
    struct str etag = json_str(named, "ETag");
    struct key key;
    struct json *row;
    enum err found =
        tx_get_json(call->tx, s3_part_key(&key, upload_id, (uint64_t)number), call->arena, &row);
    if (found == OK)
        found = s3_part_from_json((uint64_t)number, row, out);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    bool same = found == OK && str_eq(s3_etag_bare(etag), out->etag);
    for (const struct s3_algorithm *a = S3_ALGORITHMS; same && a->name; a++)
        same = !json_str(named, a->member).len ||
               str_eq(json_str(named, a->member), json_str(out->sums, a->member));
    if (!same)
        FAIL(call, S3_INVALID_PART,
             "One or more of the specified parts could not be found.  The part may not have been "
             "uploaded, or the specified entity tag may not match the part's entity tag.");
    return OK;
}

static enum err check_order(struct call *call, const struct json *named)
{
    int64_t last = 0;
    JSON_EACH(item, named)
    {
        int64_t number = json_i64_or(item, "PartNumber", 0);
        if (number < 1 || number > S3_PART_NUMBER_MAX)
            FAIL(call, S3_INVALID_ARGUMENT,
                 "Part number must be an integer between 1 and 10000, inclusive");
        if (number <= last)
            FAIL(call, S3_INVALID_PART_ORDER,
                 "The list of parts was not in ascending order. Parts must be ordered by part "
                 "number.");
        last = number;
    }
    return OK;
}

static enum err look_at_parts(struct call *call, struct completion *c)
{
    const struct json *named = json_get(json_get(c->in, "MultipartUpload"), "Parts");
    size_t left = json_count(named);
    if (left == 0 || left > S3_PART_NUMBER_MAX)
        FAIL(call, S3_MALFORMED_XML,
             "The XML you provided was not well-formed or did not validate against our published "
             "schema");
    TRY(check_order(call, named));
    c->count = 0;
    c->size = 0;
    JSON_EACH(item, named)
    {
        struct s3_part part;
        TRY(find_part(call, item, c->upload.id, &part));
        if (--left > 0 && part.size < S3_PART_BYTES_MIN)
            FAIL(call, S3_ENTITY_TOO_SMALL,
                 "Your proposed upload is smaller than the minimum allowed size");
        *ARENA_PUSH(c->arena, c->parts, c->count, c->capacity) = part;
        c->size += part.size;
    }
    int64_t said = json_i64_or(c->in, "MpuObjectSize", (int64_t)c->size);
    if (said != (int64_t)c->size)
        FAIL(call, S3_INVALID_REQUEST,
             "The provided 'x-amz-mp-object-size' header does not match what was computed.");
    return OK;
}

// Is the object that is there what this upload, with these parts, was completed to?
static enum err find_done(struct call *call, struct completion *c, struct str bucket)
{
    const struct json *named = json_get(json_get(c->in, "MultipartUpload"), "Parts");
    struct str key, etag;
    TRY(s3_key_of(call, c->in, &key));
    enum err found = s3_object_find(call, bucket, key, false, &c->object);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    c->done_before = found == OK && str_eq(c->object.upload_id, json_str(c->in, "UploadId")) &&
                     named_etag(c->arena, named, &etag) && str_eq(etag, c->object.etag);
    return OK;
}

static enum err look(struct call *call, void *context)
{
    struct completion *c = context;
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, c->in, S3_READ, &bucket));
    TRY(find_done(call, c, bucket.name));
    if (c->done_before)
        return OK;
    TRY(s3_upload_get(call, c->in, bucket.name, S3_READ, &c->upload));
    return look_at_parts(call, c);
}

// --- join
struct opening {
    struct completion *completion;
    const struct s3_part *part;
    struct blob_reader *reader;
};

static enum err open_part(struct call *call, void *context)
{
    struct opening *opening = context;
    return blob_reader_open(call->tx, &opening->part->blob, &opening->reader, &call->error);
}

static enum err copy_part(struct call *call, struct completion *c, struct blob_reader *reader,
                          uint64_t size, struct blob_writer *writer, char *chunk)
{
    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < COPY_BYTES ? (size_t)(size - at) : COPY_BYTES;
        TRY(blob_reader_read(reader, at, chunk, len, &call->error));
        if (c->digesting)
            digest_update(&c->digest, chunk, len);
        if (writer)
            TRY(blob_writer_append(writer, chunk, len, &call->error));
        at += len;
    }
    return OK;
}

static enum err append_part(struct call *call, struct completion *c, const struct s3_part *part,
                            struct blob_writer *writer, char *chunk)
{
    struct opening opening = {.completion = c, .part = part};
    enum err opened = call_transact(call, open_part, &opening);
    if (opened == ERR_CONFLICT) // the part went while we were at it
        return s3_no_such_upload(call, c->upload.id);
    TRY(opened);
    enum err result = copy_part(call, c, opening.reader, part->size, writer, chunk);
    blob_reader_close(opening.reader);
    return result;
}

static enum err join_parts(struct call *call, struct completion *c, struct blob_writer *writer)
{
    char *chunk = malloc(COPY_BYTES);
    assert(chunk);
    enum err result = OK;
    for (size_t i = 0; i < c->count && result == OK; i++)
        result = append_part(call, c, &c->parts[i], writer, chunk);
    free(chunk);
    return result;
}

static enum err join(struct call *call, struct completion *c)
{
    struct blob_writer *writer;
    if (c->count == 1) {
        c->whole = c->parts[0].blob;
        return c->digesting ? join_parts(call, c, NULL) : OK;
    }
    TRY(blob_writer_open(lake_store(call->lake), &writer, &call->error));
    enum err result = join_parts(call, c, writer);
    if (result != OK) {
        blob_writer_abandon(writer);
        return result;
    }
    return blob_writer_finish(writer, c->arena, &c->whole, &call->error);
}

// --- checksums
// "The checksum of checksums": the digest of the parts' digests, and their number.
static enum err composite_sum(struct completion *c, const struct s3_algorithm *algorithm,
                              struct str *out)
{
    struct buf all = buf_in(c->arena, c->count * DIGEST_BYTES_MAX + 1);
    uint8_t bytes[DIGEST_BYTES_MAX];
    for (size_t i = 0; i < c->count; i++) {
        struct str part;
        if (base64_decode(c->arena, json_str(c->parts[i].sums, algorithm->member), &part) != OK)
            return ERR_CORRUPT;
        buf_put(&all, part);
    }
    size_t len = digest_of(algorithm->kind, buf_str(&all), bytes);
    struct str base64 = base64_encode(c->arena, str_n((const char *)bytes, len));
    *out = str_format(c->arena, "%.*s-%zu", STR_ARG(base64), c->count);
    return OK;
}

static enum err make_sums(struct call *call, struct completion *c,
                          const struct s3_algorithm *algorithm)
{
    struct str sum, given;
    if (!algorithm)
        return OK;
    if (c->digesting) {
        uint8_t bytes[DIGEST_BYTES_MAX];
        size_t len = digest_final(&c->digest, bytes);
        c->digesting = false;
        sum = base64_encode(c->arena, str_n((const char *)bytes, len));
    } else {
        TRY(composite_sum(c, algorithm, &sum));
    }
    given = json_str(c->in, algorithm->member);
    if (given.len && !str_eq(given, sum))
        FAIL(call, S3_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
             algorithm->name);
    c->sums = json_object(c->arena);
    json_set_str(c->arena, c->sums, algorithm->member, sum);
    json_set_str(c->arena, c->sums, "ChecksumType", c->upload.algorithm_type);
    return OK;
}

// --- adopt
// The parts must be the ones that were joined.
static enum err look_again(struct call *call, struct completion *c)
{
    for (size_t i = 0; i < c->count; i++) {
        struct key key;
        struct json *row;
        struct s3_part part;
        s3_part_key(&key, c->upload.id, c->parts[i].number);
        TRY(tx_get_json(call->tx, &key, call->arena, &row));
        TRY(s3_part_from_json(c->parts[i].number, row, &part));
        if (memcmp(part.blob.id, c->parts[i].blob.id, BLOB_ID_BYTES) != 0)
            FAIL(call, S3_INVALID_PART,
                 "Part %llu was uploaded again while the upload was being completed.",
                 (unsigned long long)part.number);
    }
    return OK;
}

static enum err adopt(struct call *call, void *context)
{
    struct completion *c = context;
    struct s3_bucket bucket;
    struct s3_object old;
    TRY(s3_bucket_get(call, c->in, S3_SHARED, &bucket));
    TRY(s3_upload_get(call, c->in, bucket.name, S3_OWNED, &c->upload));
    TRY(look_again(call, c));
    enum err found = s3_object_find(call, bucket.name, c->upload.object.key, true, &old);
    if (found != OK && found != ERR_NOT_FOUND)
        return found;
    TRY(s3_condition_write(call, c->in, found == OK ? &old : NULL));

    c->object = c->upload.object;
    c->object.blob = c->whole;
    c->object.size = c->size;
    c->object.sums = c->sums;
    c->object.upload_id = c->upload.id;
    const struct json *named = json_get(json_get(c->in, "MultipartUpload"), "Parts");
    if (!named_etag(c->arena, named, &c->object.etag))
        return ERR_CORRUPT; // they are the stored parts' tags
    c->object.parts = json_array(call->arena);
    for (size_t i = 0; i < c->count; i++)
        json_push(call->arena, c->object.parts, json_i64(call->arena, (int64_t)c->parts[i].size));

    bool taken_over = c->count == 1; // the part's blob is kept already
    if (!taken_over)
        TRY(tx_blob_keep(call->tx, &c->whole));
    TRY(s3_upload_remove(call, bucket.name, c->object.key, c->upload.id,
                         taken_over ? &c->whole : NULL));
    return s3_object_replace(call, &bucket, found == OK ? &old : NULL, &c->object,
                             "CompleteMultipartUpload");
}

static enum err complete(struct call *call, struct completion *c)
{
    TRY(call_transact(call, look, c));
    if (c->done_before)
        return OK;
    const struct s3_algorithm *algorithm = s3_algorithm_named(c->upload.algorithm);
    if (algorithm && str_is(c->upload.algorithm_type, "FULL_OBJECT")) {
        digest_init(&c->digest, algorithm->kind);
        c->digesting = true;
    }
    TRY(join(call, c));
    TRY(make_sums(call, c, algorithm));
    return call_transact(call, adopt, c);
}

enum err s3_complete_multipart_upload(struct call *call, const struct json *in, struct json **out)
{
    struct completion c = {.in = in, .arena = call->arena};
    enum err result = complete(call, &c);
    if (c.digesting)
        digest_deinit(&c.digest);
    TRY(result);
    struct str bucket = json_str(in, "Bucket");
    struct buf path = buf_in(call->arena, 3 * S3_KEY_BYTES_MAX + 1);
    uri_encode(&path, c.object.key, true);
    *out = json_object(call->arena);
    json_set(call->arena, *out, "Location",
             json_stringf(call->arena, "%.*s/%.*s/%.*s", STR_ARG(call->base_url), STR_ARG(bucket),
                          STR_ARG(buf_str(&path))));
    json_set_str(call->arena, *out, "Bucket", bucket);
    json_set_str(call->arena, *out, "Key", c.object.key);
    json_set_str(call->arena, *out, "ETag", s3_etag_quoted(call->arena, c.object.etag));
    s3_checksums_reply(call, &c.object, *out);
    return OK;
}
