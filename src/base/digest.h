// SPDX-License-Identifier: Apache-2.0
// Checksums and digests: cryptographic ones by OpenSSL, CRCs by our own kernels (hardware where there is).
//
// One interface for all, because S3 lets a client choose: CRC32 (ISO-HDLC, as zlib), CRC32C (Castagnoli),
// CRC64NVME, MD5, SHA-1, SHA-256. Values come out big-endian, as S3 encodes them in base64.
#ifndef BASE_DIGEST_H
#define BASE_DIGEST_H

#include "base/str.h"

enum digest_kind { DIGEST_CRC32, DIGEST_CRC32C, DIGEST_CRC64NVME, DIGEST_MD5, DIGEST_SHA1, DIGEST_SHA256 };
#define DIGEST_BYTES_MAX 32

struct digest {
    enum digest_kind kind;
    uint64_t crc;
    void *context; // OpenSSL's, owned
};
void digest_init(struct digest *digest, enum digest_kind kind);
void digest_update(struct digest *digest, const void *bytes, size_t len);
size_t digest_final(struct digest *digest, uint8_t out[DIGEST_BYTES_MAX]); // length; the digest is deinitialised
void digest_deinit(struct digest *digest);                                 // abandons; safe after final
size_t digest_size(enum digest_kind kind);

// The CRC of two texts one after the other, from their CRCs and the second's length: how S3 finds a multipart upload's
// FULL_OBJECT checksum from its parts'. CRC kinds only. Values are the numbers, not their bytes.
uint64_t crc_combine(enum digest_kind kind, uint64_t first, uint64_t second, uint64_t second_len);

// At once.
size_t digest_of(enum digest_kind kind, struct str bytes, uint8_t out[DIGEST_BYTES_MAX]);
struct str digest_hex(struct arena *arena, enum digest_kind kind, struct str bytes);
uint32_t crc32c(uint32_t seed, const void *bytes, size_t len); // seed 0 to start, the last value to go on
void hmac_sha256(struct str key, struct str message, uint8_t out[32]);
bool bytes_equal_const_time(const void *a, const void *b, size_t len);

#endif
