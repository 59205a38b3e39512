// SPDX-License-Identifier: Apache-2.0
// aws-chunked bodies: payload in chunks, each signed or not, and trailing headers.
//
//     1000;chunk-signature=<64 hex>\r\n  <4096 bytes>  \r\n  ...  0;chunk-signature=<64 hex>\r\n
//     x-amz-checksum-crc32c:sOO8/Q==\r\n  x-amz-trailer-signature:<64 hex>\r\n  \r\n
//
// The decoder is fed pieces cut anywhere. Payload comes out as it goes in, before its chunk's signature is known to be
// good; whoever writes it somewhere must throw that away when a later step fails.
//
// Specified: Amazon S3 API Reference, "Signature calculations: transferring payload in multiple chunks" and "... with
// trailing headers".
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include "base/digest.h"
#include "http/sigv4.h"

#define CHUNK_LINE_BYTES_MAX 1024
#define CHUNK_TRAILER_BYTES_MAX (16 * 1024)

enum chunked_step { CHUNK_HEADER, CHUNK_DATA, CHUNK_DATA_END, CHUNK_TRAILER, CHUNK_END };

struct chunked {
    struct arena *arena;  // for what lasts: the trailers
    struct arena scratch; // for one chunk
    bool is_signed;         // chunk signatures
    bool has_trailer;       // trailing headers are announced
    struct sigv4_seed seed; // when signed
    enum chunked_step step;
    struct buf line;
    uint64_t left; // of the chunk's data
    struct digest hash;
    bool hashing;
    struct str chunk_signature;     // in scratch
    char previous_signature[64];
    struct buf trailer;           // the lines that are signed
    struct http_header *trailers; // names lower case
    size_t trailer_count, trailer_capacity;
    uint64_t payload_bytes;
};

// `seed` NULL: chunks are not signed.
void chunked_init(struct chunked *chunked, struct arena *arena, const struct sigv4_seed *seed, bool has_trailer);
void chunked_deinit(struct chunked *chunked);
// Takes bytes off the front of *input; *out_payload is the payload among them, a view, perhaps empty. Call until *input is
// empty. ERR_SYNTAX: not aws-chunked. ERR_DENIED: a signature does not match.
enum err chunked_next(struct chunked *chunked, struct str *input, struct str *out_payload,
                      struct error *error) MUST_CHECK;
bool chunked_is_complete(const struct chunked *chunked);
struct str chunked_trailer(const struct chunked *chunked, const char *name);

#endif
