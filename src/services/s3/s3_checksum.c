// SPDX-License-Identifier: Apache-2.0
// Checksums that clients give and ask for ("Checking object integrity" of the S3 User Guide).
//
// While a body streams in, http/ computes the digests that its headers and trailer announce
// (call->body_digests) and has checked trailers against them. What came in a header is checked
// here. A digest that is needed and was not computed is computed by reading the blob again: for
// bodies of inside calls, and for parts whose upload asked for it.
#include "services/s3/s3.h"

#include "base/encode.h"

#define CHUNK_BYTES ((size_t)256 * 1024)

const struct s3_algorithm S3_ALGORITHMS[] = {
    {"CRC32", "ChecksumCRC32", "crc32", DIGEST_CRC32, true},
    {"CRC32C", "ChecksumCRC32C", "crc32c", DIGEST_CRC32C, true},
    {"CRC64NVME", "ChecksumCRC64NVME", "crc64nvme", DIGEST_CRC64NVME, false},
    {"SHA1", "ChecksumSHA1", "sha1", DIGEST_SHA1, true},
    {"SHA256", "ChecksumSHA256", "sha256", DIGEST_SHA256, true},
    {0},
};

const struct s3_algorithm *s3_algorithm_named(struct str name)
{
    for (const struct s3_algorithm *a = S3_ALGORITHMS; a->name; a++)
        if (str_is(name, a->name))
            return a;
    return NULL;
}

// Digests come as hexadecimal or base64, told apart by their length.
static bool decode_digest(struct arena *arena, struct str text, enum digest_kind kind,
                          struct str *out_bytes)
{
    size_t size = digest_size(kind);
    if (text.len == 2 * size)
        return hex_decode(arena, text, out_bytes) == OK;
    return base64_decode(arena, text, out_bytes) == OK && out_bytes->len == size;
}

static enum err digest_reader(struct call *call, struct blob_reader *reader, uint64_t size,
                              enum digest_kind kind, struct str *out_bytes)
{
    struct digest digest;
    char *chunk = arena_bytes(call->arena, CHUNK_BYTES);
    uint8_t bytes[DIGEST_BYTES_MAX];
    digest_init(&digest, kind);
    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < CHUNK_BYTES ? (size_t)(size - at) : CHUNK_BYTES;
        enum err read = blob_reader_read(reader, at, chunk, len, &call->error);
        if (read != OK) {
            digest_deinit(&digest);
            return read;
        }
        digest_update(&digest, chunk, len);
        at += len;
    }
    size_t len = digest_final(&digest, bytes);
    *out_bytes = str_dup(call->arena, str_n((const char *)bytes, len));
    return OK;
}

enum err s3_digest_of(struct call *call, const struct blob *blob, const struct json *digests,
                      enum digest_kind kind, struct str *out_bytes)
{
    const char *name = "md5";
    for (const struct s3_algorithm *a = S3_ALGORITHMS; a->name; a++)
        if (a->kind == kind)
            name = a->digest;
    struct str known = json_str(digests, name);
    if (known.len && decode_digest(call->arena, known, kind, out_bytes))
        return OK;
    struct blob_reader *reader;
    TRY(blob_reader_open(call->tx, blob, &reader, &call->error));
    enum err result = digest_reader(call, reader, blob->size_bytes, kind, out_bytes);
    blob_reader_close(reader);
    return result;
}

static enum err verify_md5(struct call *call, const struct json *in, const struct blob *blob)
{
    struct str given = json_str(in, "ContentMD5"), want, have;
    if (!given.len)
        return OK;
    if (base64_decode(call->arena, given, &want) != OK || want.len != digest_size(DIGEST_MD5))
        FAIL(call, S3_INVALID_DIGEST, "The Content-MD5 you specified was invalid.");
    TRY(s3_digest_of(call, blob, call->body_digests, DIGEST_MD5, &have));
    if (!str_eq(want, have))
        FAIL(call, S3_BAD_DIGEST, "The Content-MD5 you specified did not match what we received.");
    return OK;
}

// Was the algorithm asked for: by a value, by the SDK's header, by the trailer's announcement, or
// by the upload?
static bool wants(struct call *call, const struct json *in, const struct s3_algorithm *algorithm,
                  struct str also)
{
    struct str trailer = json_str(call->headers, "x-amz-trailer");
    struct str announced = str_format(call->arena, "x-amz-checksum-%s", algorithm->digest);
    return json_str(in, algorithm->member).len || str_is(also, algorithm->name) ||
           str_is(json_str(in, "ChecksumAlgorithm"), algorithm->name) ||
           str_eq_nocase(str_trim(trailer), announced);
}

enum err s3_checksums_verify(struct call *call, const struct json *in, const struct blob *blob,
                             struct str also, struct json **out_sums)
{
    struct json *sums = json_object(call->arena);
    TRY(verify_md5(call, in, blob));
    for (const struct s3_algorithm *a = S3_ALGORITHMS; a->name; a++) {
        struct str given = json_str(in, a->member), want, have;
        if (!wants(call, in, a, also))
            continue;
        if (given.len &&
            (base64_decode(call->arena, given, &want) != OK || want.len != digest_size(a->kind)))
            FAIL(call, S3_INVALID_REQUEST, "Value for x-amz-checksum-%s header is invalid.",
                 a->digest);
        TRY(s3_digest_of(call, blob, call->body_digests, a->kind, &have));
        if (given.len && !str_eq(want, have))
            FAIL(call, S3_BAD_DIGEST, "The %s you specified did not match the calculated checksum.",
                 a->name);
        json_set_str(call->arena, sums, a->member, base64_encode(call->arena, have));
    }
    if (json_count(sums))
        json_set_str(call->arena, sums, "ChecksumType", S("FULL_OBJECT"));
    *out_sums = json_count(sums) ? sums : NULL;
    return OK;
}

void s3_checksums_reply(struct call *call, const struct s3_object *object, struct json *out)
{
    JSON_EACH_MEMBER(m, object->sums)
    {
        json_set_named(call->arena, out, m->name, m->value);
    }
}
