// SPDX-License-Identifier: Apache-2.0
// UploadPartCopy: a part that is a range of an object.
//
// A job, as it reads and writes as many bytes as the range has: the source is opened in one
// transaction, copied without a lock (an open reader goes on reading even if the object is
// overwritten), and the part stored in another.
#include "services/s3/s3.h"

#include "base/encode.h"

#include <assert.h>
#include <stdlib.h>

#define COPY_BYTES ((size_t)1 << 20)

struct part_copy {
    const struct json *in;
    struct s3_upload upload;
    struct blob_reader *reader;
    struct s3_range range;
    struct s3_part part;
};

static enum err open_source(struct call *call, void *context)
{
    struct part_copy *copy = context;
    struct s3_bucket bucket, source_bucket;
    struct s3_object source;
    struct str name, key, range = json_str(copy->in, "CopySourceRange");
    struct str owner = json_str(copy->in, "ExpectedSourceBucketOwner");
    TRY(s3_bucket_get(call, copy->in, S3_READ, &bucket));
    TRY(s3_upload_get(call, copy->in, bucket.name, S3_READ, &copy->upload));
    TRY(s3_copy_source(call, copy->in, &name, &key));
    TRY(s3_bucket_named(call, name, S3_READ, &source_bucket));
    if (owner.len && !str_eq(owner, call->account))
        FAIL(call, S3_ACCESS_DENIED, "Access Denied");
    TRY(s3_object_get(call, source_bucket.name, key, &source));
    TRY(s3_condition_copy(call, copy->in, &source));
    copy->range = (struct s3_range){.length = source.size};
    if (range.len && s3_range_parse_exact(range, source.size, &copy->range) != OK)
        FAIL(call, S3_INVALID_ARGUMENT,
             "Range specified is not valid for source object of size: %llu",
             (unsigned long long)source.size);
    if (copy->range.length > S3_PUT_BYTES_MAX)
        FAIL(call, S3_INVALID_REQUEST,
             "The specified copy source is larger than the maximum allowable size for a copy "
             "source: %llu",
             (unsigned long long)S3_PUT_BYTES_MAX);
    return blob_reader_open(call->tx, &source.blob, &copy->reader, &call->error);
}

struct digests {
    struct digest md5, sum;
    const struct s3_algorithm *algorithm; // NULL: only the MD5
};

static enum err copy_bytes(struct call *call, struct part_copy *copy, struct blob_writer *writer,
                           struct digests *digests, char *chunk)
{
    uint64_t length = copy->range.length;
    for (uint64_t at = 0; at < length;) {
        size_t len = length - at < COPY_BYTES ? (size_t)(length - at) : COPY_BYTES;
        TRY(blob_reader_read(copy->reader, copy->range.offset + at, chunk, len, &call->error));
        digest_update(&digests->md5, chunk, len);
        if (digests->algorithm)
            digest_update(&digests->sum, chunk, len);
        TRY(blob_writer_append(writer, chunk, len, &call->error));
        at += len;
    }
    return OK;
}

static void describe_part(struct call *call, struct part_copy *copy, struct digests *digests)
{
    uint8_t bytes[DIGEST_BYTES_MAX];
    size_t len = digest_final(&digests->md5, bytes);
    copy->part.etag = hex_encode(call->arena, str_n((const char *)bytes, len));
    copy->part.size = copy->range.length;
    if (!digests->algorithm)
        return;
    len = digest_final(&digests->sum, bytes);
    copy->part.sums = json_object(call->arena);
    json_set_str(call->arena, copy->part.sums, digests->algorithm->member,
                 base64_encode(call->arena, str_n((const char *)bytes, len)));
}

static enum err copy_range(struct call *call, struct part_copy *copy)
{
    struct digests digests = {.algorithm = s3_algorithm_named(copy->upload.algorithm)};
    struct blob_writer *writer;
    TRY(blob_writer_open(lake_store(call->lake), &writer, &call->error));
    char *chunk = malloc(COPY_BYTES);
    assert(chunk);
    digest_init(&digests.md5, DIGEST_MD5);
    if (digests.algorithm)
        digest_init(&digests.sum, digests.algorithm->kind);
    enum err result = copy_bytes(call, copy, writer, &digests, chunk);
    free(chunk);
    if (result == OK) {
        describe_part(call, copy, &digests);
        return blob_writer_finish(writer, call->arena, &copy->part.blob, &call->error);
    }
    blob_writer_abandon(writer);
    digest_deinit(&digests.md5);
    if (digests.algorithm)
        digest_deinit(&digests.sum);
    return result;
}

static enum err store_part(struct call *call, void *context)
{
    struct part_copy *copy = context;
    struct s3_bucket bucket;
    TRY(s3_bucket_get(call, copy->in, S3_SHARED, &bucket));
    TRY(s3_upload_get(call, copy->in, bucket.name, S3_SHARED, &copy->upload));
    return s3_part_put(call, copy->upload.id, &copy->part);
}

enum err s3_upload_part_copy(struct call *call, const struct json *in, struct json **out)
{
    int64_t number = json_i64_or(in, "PartNumber", 0);
    struct part_copy copy = {.in = in, .part.number = (uint64_t)number};
    if (number < 1 || number > S3_PART_NUMBER_MAX)
        FAIL(call, S3_INVALID_ARGUMENT,
             "Part number must be an integer between 1 and 10000, inclusive");
    TRY(call_transact(call, open_source, &copy));
    enum err result = copy_range(call, &copy);
    blob_reader_close(copy.reader);
    TRY(result);
    TRY(call_transact(call, store_part, &copy));

    struct json *about = json_object(call->arena);
    json_set_str(call->arena, about, "ETag", s3_etag_quoted(call->arena, copy.part.etag));
    json_set(call->arena, about, "LastModified", s3_seconds(call->arena, copy.part.modified_ms));
    JSON_EACH_MEMBER(m, copy.part.sums)
    {
        json_set_named(call->arena, about, m->name, m->value);
    }
    *out = json_set(call->arena, json_object(call->arena), "CopyPartResult", about);
    return OK;
}
