// SPDX-License-Identifier: Apache-2.0
// A decoder by steps: header line, data, the line end after it, trailer lines. Each chunk's
// signature continues from the one before, so chunks can be neither reordered nor left out.
#include "http/chunked.h"

#include "base/encode.h"

#include <assert.h>
#include <string.h>

#define SIGNATURE_HEX 64

void chunked_init(struct chunked *chunked, struct arena *arena, const struct sigv4_seed *seed,
                  bool has_trailer)
{
    *chunked = (struct chunked){.arena = arena,
                                .is_signed = seed != NULL,
                                .has_trailer = has_trailer,
                                .line = buf_in(arena, CHUNK_LINE_BYTES_MAX),
                                .trailer = buf_in(arena, CHUNK_TRAILER_BYTES_MAX)};
    if (seed) {
        assert(seed->signature.len == SIGNATURE_HEX);
        chunked->seed = *seed;
        memcpy(chunked->previous_signature, seed->signature.ptr,
               SIGNATURE_HEX); // verified: of that length
    }
}

void chunked_deinit(struct chunked *chunked)
{
    if (chunked->hashing)
        digest_deinit(&chunked->hash);
    chunked->hashing = false;
    arena_deinit(&chunked->scratch);
}

bool chunked_is_complete(const struct chunked *chunked)
{
    return chunked->step == CHUNK_END;
}

struct str chunked_trailer(const struct chunked *chunked, const char *name)
{
    for (size_t i = 0; i < chunked->trailer_count; i++)
        if (str_is(chunked->trailers[i].name, name))
            return chunked->trailers[i].value;
    return STR_NONE;
}

// --- signatures

static enum err check_signature(struct chunked *chunked, const char *algorithm, struct str hashes,
                                struct str given, struct error *error)
{
    uint8_t mac[32];
    struct str to_sign = str_format(&chunked->scratch, "%s\n%.*s\n%.*s\n%.*s\n%.*s", algorithm,
                                    STR_ARG(chunked->seed.time_text), STR_ARG(chunked->seed.scope),
                                    SIGNATURE_HEX, chunked->previous_signature, STR_ARG(hashes));
    hmac_sha256(str_n((char *)chunked->seed.key, 32), to_sign, mac);
    struct str expected = hex_encode(&chunked->scratch, str_n((char *)mac, 32));
    if (given.len != SIGNATURE_HEX ||
        !bytes_equal_const_time(expected.ptr, given.ptr, SIGNATURE_HEX))
        return error_set(error, ERR_DENIED, "a chunk's signature does not match");
    memcpy(chunked->previous_signature, expected.ptr, SIGNATURE_HEX);
    return OK;
}

static enum err end_of_data(struct chunked *chunked, struct error *error)
{
    if (!chunked->is_signed)
        return OK;
    uint8_t hash[DIGEST_BYTES_MAX];
    size_t len = digest_final(&chunked->hash, hash);
    chunked->hashing = false;
    struct str hashes =
        str_format(&chunked->scratch, SIGV4_EMPTY_SHA256 "\n%.*s",
                   STR_ARG(hex_encode(&chunked->scratch, str_n((char *)hash, len))));
    return check_signature(chunked, "AWS4-HMAC-SHA256-PAYLOAD", hashes, chunked->chunk_signature,
                           error);
}

static enum err end_of_trailer(struct chunked *chunked, struct str signature, struct error *error)
{
    struct str hash = digest_hex(&chunked->scratch, DIGEST_SHA256, buf_str(&chunked->trailer));
    return check_signature(chunked, "AWS4-HMAC-SHA256-TRAILER", hash, signature, error);
}

// --- lines

// Takes a line off the input, without its end. False: the input ended within it.
static bool take_line(struct chunked *chunked, struct str *input, struct str *out_line)
{
    size_t end = str_find_char(*input, '\n');
    bool whole = end != STR_NPOS;
    buf_put(&chunked->line, str_slice(*input, 0, whole ? end : input->len));
    *input = str_from(*input, whole ? end + 1 : input->len);
    if (!whole)
        return false;
    struct str line = str_dup(&chunked->scratch, buf_str(&chunked->line));
    buf_clear(&chunked->line);
    *out_line = str_ends(line, S("\r")) ? str_slice(line, 0, line.len - 1) : line;
    return true;
}

static enum err read_size(struct str text, uint64_t *out_size, struct error *error)
{
    uint64_t size = 0;
    if (text.len == 0 || text.len > 15)
        return error_set(error, ERR_SYNTAX, "a chunk's size is not a number");
    for (size_t i = 0; i < text.len; i++) {
        const char *digits = "0123456789abcdef", *digit = strchr(digits, text.ptr[i] | 0x20);
        if (!digit || !*digit)
            return error_set(error, ERR_SYNTAX, "a chunk's size is not a number");
        size = size << 4 | (uint64_t)(digit - digits);
    }
    *out_size = size;
    return OK;
}

static enum err on_header(struct chunked *chunked, struct str line, struct error *error)
{
    struct str extension = line, size = STR_NONE;
    str_cut(&extension, ';', &size);
    TRY(read_size(str_trim(size), &chunked->left, error));
    chunked->chunk_signature = STR_NONE;
    if (str_starts(str_trim(extension), S("chunk-signature=")))
        chunked->chunk_signature = str_from(str_trim(extension), strlen("chunk-signature="));
    if (chunked->is_signed) {
        if (!chunked->chunk_signature.len)
            return error_set(error, ERR_DENIED, "a chunk has no signature");
        digest_init(&chunked->hash, DIGEST_SHA256);
        chunked->hashing = true;
    }
    if (chunked->left) {
        chunked->step = CHUNK_DATA;
        return OK;
    }
    chunked->step = CHUNK_TRAILER; // of the last chunk: its data is empty
    return end_of_data(chunked, error);
}

static enum err on_trailer(struct chunked *chunked, struct str line, struct error *error)
{
    if (line.len == 0) {
        chunked->step = CHUNK_END;
        if (chunked->is_signed && chunked->has_trailer)
            return error_set(error, ERR_DENIED, "the trailing headers are not signed");
        return OK;
    }
    struct str value = line, name = STR_NONE;
    str_cut(&value, ':', &name);
    if (!value.ptr || !chunked->has_trailer)
        return error_set(error, ERR_SYNTAX, "a trailing header was not expected");
    if (str_eq_nocase(str_trim(name), S("x-amz-trailer-signature"))) {
        chunked->has_trailer = false; // seen, whole and good
        return chunked->is_signed ? end_of_trailer(chunked, str_trim(value), error) : OK;
    }
    struct http_header trailer = {str_lower(chunked->arena, str_trim(name)),
                                  str_dup(chunked->arena, str_trim(value))};
    *ARENA_PUSH(chunked->arena, chunked->trailers, chunked->trailer_count,
                chunked->trailer_capacity) = trailer;
    buf_put(&chunked->trailer, trailer.name);
    buf_put_char(&chunked->trailer, ':');
    buf_put(&chunked->trailer, trailer.value);
    buf_put_char(&chunked->trailer, '\n');
    return chunked->trailer.overflowed
               ? error_set(error, ERR_LIMIT, "the trailing headers are too long")
               : OK;
}

static enum err on_line(struct chunked *chunked, struct str line, struct error *error)
{
    switch (chunked->step) {
    case CHUNK_HEADER:
        return on_header(chunked, line, error);
    case CHUNK_DATA_END:
        arena_reset(&chunked->scratch);
        chunked->step = CHUNK_HEADER;
        return line.len ? error_set(error, ERR_SYNTAX, "a chunk is longer than it says") : OK;
    default:
        return on_trailer(chunked, line, error);
    }
}

enum err chunked_next(struct chunked *chunked, struct str *input, struct str *out_payload,
                      struct error *error)
{
    *out_payload = S("");
    if (chunked->step == CHUNK_DATA) {
        size_t take = input->len < chunked->left ? input->len : (size_t)chunked->left;
        *out_payload = str_slice(*input, 0, take);
        *input = str_from(*input, take);
        chunked->left -= take;
        chunked->payload_bytes += take;
        if (chunked->hashing)
            digest_update(&chunked->hash, out_payload->ptr, take);
        if (chunked->left)
            return OK;
        chunked->step = CHUNK_DATA_END;
        return end_of_data(chunked, error);
    }
    if (chunked->step == CHUNK_END)
        return error_set(error, ERR_SYNTAX, "bytes after the last chunk");
    struct str line;
    if (!take_line(chunked, input, &line))
        return chunked->line.overflowed
                   ? error_set(error, ERR_SYNTAX, "a chunk's header is too long")
                   : OK;
    return on_line(chunked, line, error);
}
