// SPDX-License-Identifier: Apache-2.0
// Encodings of bytes as text: hexadecimal, base64 (RFC 4648), percent-encoding (RFC 3986), UUIDs.
#ifndef BASE_ENCODE_H
#define BASE_ENCODE_H

#include "base/buf.h"

struct str hex_encode(struct arena *arena, struct str bytes); // lower case
enum err hex_decode(struct arena *arena, struct str text, struct str *out_bytes) MUST_CHECK;
struct str base64_encode(struct arena *arena, struct str bytes); // standard alphabet, padded
// Strict: padding required, no white space. ERR_SYNTAX otherwise.
enum err base64_decode(struct arena *arena, struct str text, struct str *out_bytes) MUST_CHECK;
struct str base64url_encode(struct arena *arena, struct str bytes); // no padding
enum err base64url_decode(struct arena *arena, struct str text, struct str *out_bytes) MUST_CHECK;

// AWS's URI encoding (Signature V4): unreserved A-Z a-z 0-9 - . _ ~ stay, all else becomes %XX; '/' stays when told.
void uri_encode(struct buf *buf, struct str s, bool keep_slash);
// %XX decoded; '+' becomes a space when `form`. Broken escapes are ERR_SYNTAX.
enum err uri_decode(struct arena *arena, struct str s, bool form, struct str *out) MUST_CHECK;

#define UUID_TEXT_LEN 36
// The canonical text of 16 random bytes, version and variant bits set (RFC 9562 version 4).
struct str uuid_text(struct arena *arena, const uint8_t random[16]);
bool uuid_is(struct str s);

#endif
