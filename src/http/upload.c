// SPDX-License-Identifier: Apache-2.0
// See upload.h. Digests are a small array, one slot a kind, run only when somebody wants the value.
#include "http/upload.h"

#include "base/digest.h"
#include "base/encode.h"
#include "http/chunked.h"

#include <string.h>

#define DIGEST_KINDS 6

static const struct error_code BAD_DIGEST = {"BadDigest", 400, NULL};
static const struct error_code INVALID_DIGEST = {"InvalidDigest", 400, NULL};
static const struct error_code INVALID_REQUEST = {"InvalidRequest", 400, NULL};
static const struct error_code INVALID_ARGUMENT = {"InvalidArgument", 400, NULL};
static const struct error_code CONTENT_SHA256_MISMATCH = {"XAmzContentSHA256Mismatch", 400, NULL};
static const struct error_code INCOMPLETE_BODY = {"IncompleteBody", 400, NULL};
static const struct error_code SIGNATURE_MISMATCH = {"SignatureDoesNotMatch", 403, NULL};
static const struct error_code MALFORMED_TRAILER = {"MalformedTrailerError", 400, NULL};
static const struct error_code ENTITY_TOO_LARGE = {"EntityTooLarge", 400, NULL};

// The checksums a client can choose, by their names on the wire.
static const struct checksum {
    enum digest_kind kind;
    const char *name;   // x-amz-sdk-checksum-algorithm, and in sentences
    const char *header; // x-amz-checksum-...
    const char *member; // of body_digests
} CHECKSUMS[] = {
    {DIGEST_CRC32, "CRC32", "x-amz-checksum-crc32", "crc32"},
    {DIGEST_CRC32C, "CRC32C", "x-amz-checksum-crc32c", "crc32c"},
    {DIGEST_CRC64NVME, "CRC64NVME", "x-amz-checksum-crc64nvme", "crc64nvme"},
    {DIGEST_SHA1, "SHA1", "x-amz-checksum-sha1", "sha1"},
    {DIGEST_SHA256, "SHA256", "x-amz-checksum-sha256", "sha256"},
};
#define CHECKSUM_COUNT (sizeof CHECKSUMS / sizeof *CHECKSUMS)

struct upload {
    const struct http_request *request;
    struct arena *arena;
    struct store *store;
    struct blob_writer *writer; // NULL: to memory
    struct buf memory;
    bool is_chunked;
    struct chunked chunked;
    struct digest digests[DIGEST_KINDS];
    bool wanted[DIGEST_KINDS];
    bool running; // the digests are initialised and not final
    uint8_t values[DIGEST_KINDS][DIGEST_BYTES_MAX];
    struct str content_sha256; // hexadecimal, to be compared, or STR_NONE
    uint64_t length;           // of the payload, as declared
    uint64_t received;
    const struct checksum *trailer; // announced, or NULL
};

static enum err refuse(struct arena *arena, struct refusal *out, const struct error_code *code,
                       const char *format, ...) PRINTF_LIKE(4, 5);
static enum err refuse(struct arena *arena, struct refusal *out, const struct error_code *code,
                       const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *out = (struct refusal){.code = code, .text = str_formatv(arena, format, args)};
    va_end(args);
    return ERR_CODED;
}

// ================================================================ what the headers declare

static enum err read_content_sha256(struct upload *upload, const struct sigv4_seed *seed,
                                    struct refusal *out)
{
    struct str value = http_request_header(upload->request, "x-amz-content-sha256");
    bool trailer = str_ends(value, S("-TRAILER"));
    if (!value.ptr || str_is(value, SIGV4_UNSIGNED_PAYLOAD))
        return OK;
    if (str_is(value, "STREAMING-UNSIGNED-PAYLOAD-TRAILER")) {
        upload->is_chunked = true;
        chunked_init(&upload->chunked, upload->arena, NULL, true);
        return OK;
    }
    if (str_is(value, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD") ||
        str_is(value, "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")) {
        if (!seed)
            return refuse(
                upload->arena, out, &INVALID_REQUEST,
                "Signed chunks need a request that is signed by its Authorization header.");
        upload->is_chunked = true;
        chunked_init(&upload->chunked, upload->arena, seed, trailer);
        return OK;
    }
    struct str bytes;
    if (value.len != 64 || hex_decode(upload->arena, value, &bytes) != OK)
        return refuse(
            upload->arena, out, &INVALID_ARGUMENT,
            "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, "
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD, STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER or a "
            "valid "
            "sha256 value.");
    upload->content_sha256 = str_lower(upload->arena, value);
    upload->wanted[DIGEST_SHA256] = true;
    return OK;
}

static enum err check_encoded(struct upload *upload, const char *header, enum digest_kind kind,
                              bool md5, struct refusal *out)
{
    struct str value = http_request_header(upload->request, header), bytes;
    if (!value.ptr)
        return OK;
    upload->wanted[kind] = true;
    if (base64_decode(upload->arena, value, &bytes) == OK && bytes.len == digest_size(kind))
        return OK;
    if (md5)
        return refuse(upload->arena, out, &INVALID_DIGEST,
                      "The Content-MD5 you specified was invalid.");
    return refuse(upload->arena, out, &INVALID_REQUEST, "Value for %s header is invalid.", header);
}

static enum err read_checksums(struct upload *upload, struct refusal *out)
{
    const struct http_request *request = upload->request;
    struct str trailer = http_request_header(request, "x-amz-trailer");
    struct str asked = http_request_header(request, "x-amz-sdk-checksum-algorithm");
    TRY(check_encoded(upload, "content-md5", DIGEST_MD5, true, out));
    for (size_t i = 0; i < CHECKSUM_COUNT; i++) {
        const struct checksum *checksum = &CHECKSUMS[i];
        TRY(check_encoded(upload, checksum->header, checksum->kind, false, out));
        if (str_eq_nocase(asked, str_of(checksum->name)))
            upload->wanted[checksum->kind] = true;
        if (str_eq_nocase(str_trim(trailer), str_of(checksum->header)))
            upload->trailer = checksum;
    }
    if (upload->trailer)
        upload->wanted[upload->trailer->kind] = true;
    else if (trailer.len)
        return refuse(upload->arena, out, &INVALID_REQUEST,
                      "The value specified in the x-amz-trailer header is not supported");
    return OK;
}

static enum err read_length(struct upload *upload, struct refusal *out)
{
    struct str decoded = http_request_header(upload->request, "x-amz-decoded-content-length");
    upload->length = upload->request->length;
    if (!upload->is_chunked)
        return OK;
    if (!decoded.ptr)
        upload->length = HTTP_LENGTH_UNKNOWN;
    else if (!str_to_u64(decoded, &upload->length))
        return refuse(upload->arena, out, &INVALID_ARGUMENT,
                      "x-amz-decoded-content-length must be a number.");
    return OK;
}

enum err upload_open(const struct http_request *request, const struct sigv4_seed *seed,
                     struct store *store, size_t bytes_max, struct upload **out_upload,
                     struct refusal *out)
{
    struct upload *upload = ARENA_NEW(request->arena, struct upload);
    upload->request = request;
    upload->arena = request->arena;
    upload->store = store;
    upload->memory = buf_in(request->arena, bytes_max);
    TRY(read_content_sha256(upload, seed, out));
    TRY(read_checksums(upload, out));
    TRY(read_length(upload, out));
    if (store) {
        struct error error = {0};
        upload->wanted[DIGEST_MD5] = true;
        if (blob_writer_open(store, &upload->writer, &error) != OK)
            return error_set(NULL, ERR_IO, "%s", error.text);
    }
    for (size_t kind = 0; kind < DIGEST_KINDS; kind++)
        if (upload->wanted[kind])
            digest_init(&upload->digests[kind], (enum digest_kind)kind);
    upload->running = true;
    *out_upload = upload;
    return OK;
}

// ================================================================ bytes

static enum err take_payload(struct upload *upload, struct str bytes, struct refusal *out)
{
    struct error error = {0};
    upload->received += bytes.len;
    if (upload->received > upload->length)
        return refuse(upload->arena, out, &INCOMPLETE_BODY,
                      "The request body is longer than x-amz-decoded-content-length says.");
    for (size_t kind = 0; kind < DIGEST_KINDS; kind++)
        if (upload->wanted[kind])
            digest_update(&upload->digests[kind], bytes.ptr, bytes.len);
    if (upload->writer)
        return blob_writer_append(upload->writer, bytes.ptr, bytes.len, &error);
    buf_put(&upload->memory, bytes);
    return upload->memory.overflowed
               ? refuse(upload->arena, out, &ENTITY_TOO_LARGE,
                        "Your proposed upload exceeds the maximum allowed object size.")
               : OK;
}

static enum err refuse_chunk(struct upload *upload, enum err err, const struct error *error,
                             struct refusal *out)
{
    if (err == ERR_DENIED)
        return refuse(upload->arena, out, &SIGNATURE_MISMATCH,
                      "The request signature we calculated does not match the signature you "
                      "provided. Check your key "
                      "and signing method. (%s)",
                      error->text);
    const struct error_code *code =
        upload->chunked.step == CHUNK_TRAILER ? &MALFORMED_TRAILER : &INVALID_REQUEST;
    return refuse(upload->arena, out, code, "The body is not a well-formed aws-chunked one: %s",
                  error->text);
}

enum err upload_feed(struct upload *upload, struct str bytes, struct refusal *out)
{
    if (!upload->is_chunked)
        return take_payload(upload, bytes, out);
    while (bytes.len) {
        struct str payload;
        struct error error = {0};
        enum err err = chunked_next(&upload->chunked, &bytes, &payload, &error);
        if (err != OK)
            return refuse_chunk(upload, err, &error, out);
        if (payload.len)
            TRY(take_payload(upload, payload, out));
    }
    return OK;
}

// ================================================================ the end

static struct str value_of(const struct upload *upload, enum digest_kind kind)
{
    return str_n((const char *)upload->values[kind], digest_size(kind));
}

static enum err compare_base64(struct upload *upload, struct str declared, enum digest_kind kind,
                               const char *name, struct refusal *out)
{
    if (!declared.ptr || str_eq(declared, base64_encode(upload->arena, value_of(upload, kind))))
        return OK;
    if (kind == DIGEST_MD5)
        return refuse(upload->arena, out, &BAD_DIGEST,
                      "The Content-MD5 you specified did not match what we received.");
    return refuse(upload->arena, out, &BAD_DIGEST,
                  "The %s you specified did not match the calculated checksum.", name);
}

static enum err compare(struct upload *upload, struct refusal *out)
{
    struct arena *arena = upload->arena;
    if (upload->is_chunked && !chunked_is_complete(&upload->chunked) &&
        !(upload->chunked.step == CHUNK_TRAILER && !upload->chunked.has_trailer))
        return refuse(arena, out, &INCOMPLETE_BODY, "The request body terminated unexpectedly");
    if (upload->length != HTTP_LENGTH_UNKNOWN && upload->received != upload->length)
        return refuse(
            arena, out, &INCOMPLETE_BODY,
            "You did not provide the number of bytes specified by the Content-Length HTTP header");
    struct str sha256 = hex_encode(arena, value_of(upload, DIGEST_SHA256));
    if (upload->content_sha256.ptr && !str_eq(sha256, upload->content_sha256)) {
        struct json *members = json_object(arena);
        json_set_str(arena, members, "ClientComputedContentSHA256", upload->content_sha256);
        json_set_str(arena, members, "S3ComputedContentSHA256", sha256);
        enum err err =
            refuse(arena, out, &CONTENT_SHA256_MISMATCH,
                   "The provided 'x-amz-content-sha256' header does not match what was computed.");
        out->members = members;
        return err;
    }
    TRY(compare_base64(upload, http_request_header(upload->request, "content-md5"), DIGEST_MD5,
                       "MD5", out));
    for (size_t i = 0; i < CHECKSUM_COUNT; i++) {
        const struct checksum *checksum = &CHECKSUMS[i];
        TRY(compare_base64(upload, http_request_header(upload->request, checksum->header),
                           checksum->kind, checksum->name, out));
    }
    if (!upload->trailer || !upload->is_chunked)
        return OK;
    struct str declared = chunked_trailer(&upload->chunked, upload->trailer->header);
    if (!declared.ptr)
        return refuse(arena, out, &MALFORMED_TRAILER,
                      "The request contained trailing data that was not well-formed "
                      "or did not conform to our published schema.");
    return compare_base64(upload, declared, upload->trailer->kind, upload->trailer->name, out);
}

static struct json *digests_json(struct upload *upload)
{
    struct arena *arena = upload->arena;
    struct json *digests = json_object(arena);
    if (upload->wanted[DIGEST_MD5])
        json_set_str(arena, digests, "md5", hex_encode(arena, value_of(upload, DIGEST_MD5)));
    if (upload->wanted[DIGEST_SHA256])
        json_set_str(arena, digests, "sha256", hex_encode(arena, value_of(upload, DIGEST_SHA256)));
    for (size_t i = 0; i < CHECKSUM_COUNT; i++)
        if (upload->wanted[CHECKSUMS[i].kind] && CHECKSUMS[i].kind != DIGEST_SHA256)
            json_set_str(arena, digests, CHECKSUMS[i].member,
                         base64_encode(arena, value_of(upload, CHECKSUMS[i].kind)));
    return digests;
}

enum err upload_finish(struct upload *upload, struct blob *out_blob, struct str *out_bytes,
                       struct json **out_digests, struct refusal *out)
{
    for (size_t kind = 0; kind < DIGEST_KINDS; kind++)
        if (upload->wanted[kind])
            digest_final(&upload->digests[kind], upload->values[kind]);
    upload->running = false;
    TRY(compare(upload, out));
    *out_digests = digests_json(upload);
    if (!upload->writer) {
        *out_bytes = buf_str(&upload->memory);
        return OK;
    }
    struct error error = {0};
    struct blob_writer *writer = upload->writer;
    upload->writer = NULL; // freed either way
    return blob_writer_finish(writer, upload->arena, out_blob, &error);
}

void upload_free(struct upload *upload)
{
    if (!upload)
        return;
    for (size_t kind = 0; kind < DIGEST_KINDS && upload->running; kind++)
        if (upload->wanted[kind])
            digest_deinit(&upload->digests[kind]);
    upload->running = false;
    if (upload->is_chunked)
        chunked_deinit(&upload->chunked);
    blob_writer_abandon(upload->writer);
    upload->writer = NULL;
}
