// SPDX-License-Identifier: Apache-2.0
// The body of an S3 request on its way in: decoded, hashed, compared with what the client declared, and kept.
//
// Bytes go to a blob (OP_STREAM_IN operations) or to memory. On the way they are unwrapped from aws-chunked when the request
// says so, and hashed: MD5 for blobs always (it is the ETag), SHA-256 when x-amz-content-sha256 states one, and every
// checksum that the client states in a header, announces in x-amz-trailer, or asks for.
//
// Errors: all refusals are S3's: BadDigest, InvalidDigest, XAmzContentSHA256Mismatch, IncompleteBody, SignatureDoesNotMatch
// (of a chunk), InvalidRequest, InvalidArgument. A disk that fails is ERR_IO.
#ifndef HTTP_UPLOAD_H
#define HTTP_UPLOAD_H

#include "http/protocol.h"
#include "http/sigv4.h"

struct upload;
// `seed` NULL: the request carries no signature whose chunks could continue it. `store` NULL: to memory, at most `bytes_max`.
// ERR_CODED with *out_refusal filled when the declarations cannot be (everywhere below too).
enum err upload_open(const struct http_request *request, const struct sigv4_seed *seed, struct store *store,
                     size_t bytes_max, struct upload **out_upload, struct refusal *out_refusal) MUST_CHECK;
enum err upload_feed(struct upload *upload, struct str bytes, struct refusal *out_refusal) MUST_CHECK;
// All has come: compares, and makes the blob durable. `out_digests`: {"md5": hex, "sha256": hex, "crc32": base64, ...}.
enum err upload_finish(struct upload *upload, struct blob *out_blob, struct str *out_bytes, struct json **out_digests,
                       struct refusal *out_refusal) MUST_CHECK;
void upload_free(struct upload *upload); // abandons what was not finished; takes NULL

#endif
