// SPDX-License-Identifier: Apache-2.0
// One row per kind. OpenSSL's algorithms are the built-in method objects (EVP_sha256() and so on),
// which need no fetching by name and no global to keep them in.
#include "base/digest.h"
#include "base/crc.h"
#include "base/encode.h"

#include <assert.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

struct digest_row {
    size_t size;
    const EVP_MD *(*method)(void); // NULL for a CRC
};

static const struct digest_row *row_of(enum digest_kind kind)
{
    static const struct digest_row rows[] = {
        [DIGEST_CRC32] = {4, NULL},     [DIGEST_CRC32C] = {4, NULL},
        [DIGEST_CRC64NVME] = {8, NULL}, [DIGEST_MD5] = {16, EVP_md5},
        [DIGEST_SHA1] = {20, EVP_sha1}, [DIGEST_SHA256] = {32, EVP_sha256},
    };
    assert((size_t)kind < sizeof rows / sizeof *rows);
    return &rows[kind];
}

// OpenSSL fails only for want of memory or of its own algorithms: nothing that a caller could
// answer.
static void must(int done)
{
    if (done != 1)
        abort();
}

size_t digest_size(enum digest_kind kind)
{
    return row_of(kind)->size;
}

void digest_init(struct digest *digest, enum digest_kind kind)
{
    *digest = (struct digest){.kind = kind};
    const struct digest_row *row = row_of(kind);
    if (!row->method)
        return;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (!context)
        abort();
    must(EVP_DigestInit_ex(context, row->method(), NULL));
    digest->context = context;
}

void digest_update(struct digest *digest, const void *bytes, size_t len)
{
    if (len == 0)
        return;
    switch (digest->kind) {
    case DIGEST_CRC32:
        digest->crc = crc32_update((uint32_t)digest->crc, bytes, len);
        return;
    case DIGEST_CRC32C:
        digest->crc = crc32c_update((uint32_t)digest->crc, bytes, len);
        return;
    case DIGEST_CRC64NVME:
        digest->crc = crc64nvme_update(digest->crc, bytes, len);
        return;
    case DIGEST_MD5:
    case DIGEST_SHA1:
    case DIGEST_SHA256:
        assert(digest->context);
        must(EVP_DigestUpdate(digest->context, bytes, len));
        return;
    }
}

size_t digest_final(struct digest *digest, uint8_t out[DIGEST_BYTES_MAX])
{
    size_t size = digest_size(digest->kind);
    if (row_of(digest->kind)->method) {
        assert(digest->context);
        must(EVP_DigestFinal_ex(digest->context, out, NULL));
        digest_deinit(digest);
    } else {
        for (size_t i = 0; i < size; i++)
            out[i] = (uint8_t)(digest->crc >> (8 * (size - 1 - i)));
    }
    return size;
}

void digest_deinit(struct digest *digest)
{
    if (!digest)
        return;
    EVP_MD_CTX_free(digest->context);
    digest->context = NULL;
}

size_t digest_of(enum digest_kind kind, struct str bytes, uint8_t out[DIGEST_BYTES_MAX])
{
    struct digest digest;
    digest_init(&digest, kind);
    digest_update(&digest, bytes.ptr, bytes.len);
    return digest_final(&digest, out);
}

struct str digest_hex(struct arena *arena, enum digest_kind kind, struct str bytes)
{
    uint8_t value[DIGEST_BYTES_MAX];
    size_t size = digest_of(kind, bytes, value);
    return hex_encode(arena, str_n((const char *)value, size));
}

uint32_t crc32c(uint32_t seed, const void *bytes, size_t len)
{
    return crc32c_update(seed, bytes, len);
}

void hmac_sha256(struct str key, struct str message, uint8_t out[32])
{
    assert(key.len <= INT32_MAX);
    // A NULL key would mean "the last one" to OpenSSL.
    if (!HMAC(EVP_sha256(), key.ptr ? key.ptr : "", (int)key.len, (const uint8_t *)message.ptr,
              message.len, out, NULL))
        abort();
}

bool bytes_equal_const_time(const void *a, const void *b, size_t len)
{
    return len == 0 || CRYPTO_memcmp(a, b, len) == 0;
}
