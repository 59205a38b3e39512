// SPDX-License-Identifier: Apache-2.0
// Signing keys and their cache: a direct-mapped table whose rows are replaced by whoever comes. A
// row is used only when everything that its key was derived from is equal, the secret included.
#include "http/sigv4.h"

#include "base/digest.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ROWS 256
#define SOURCE_BYTES_MAX 256 // longer ones are not cached

struct row {
    size_t source_len; // 0: free
    char source[SOURCE_BYTES_MAX];
    uint8_t key[32];
};
struct sigv4_keys {
    pthread_mutex_t mutex;
    struct row rows[ROWS];
};

struct sigv4_keys *sigv4_keys_new(void)
{
    struct sigv4_keys *keys = calloc(1, sizeof *keys);
    if (!keys)
        abort();
    pthread_mutex_init(&keys->mutex, NULL);
    return keys;
}

void sigv4_keys_free(struct sigv4_keys *keys)
{
    if (!keys)
        return;
    pthread_mutex_destroy(&keys->mutex);
    free(keys);
}

static void derive(struct str secret_key, struct str date, struct str region, struct str service,
                   uint8_t out[32])
{
    char first[4 + SOURCE_BYTES_MAX];
    size_t len = secret_key.len < SOURCE_BYTES_MAX ? secret_key.len : SOURCE_BYTES_MAX;
    memcpy(first, "AWS4", 4);
    memcpy(first + 4, secret_key.ptr, len);
    uint8_t step[32];
    hmac_sha256(str_n(first, 4 + len), date, step);
    hmac_sha256(str_n((char *)step, 32), region, out);
    hmac_sha256(str_n((char *)out, 32), service, step);
    hmac_sha256(str_n((char *)step, 32), S("aws4_request"), out);
}

// All that a key depends on, in one text. Its length, or 0 when it is too long.
static size_t source_of(char out[SOURCE_BYTES_MAX], const struct str *parts, size_t count)
{
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (parts[i].len + 1 > SOURCE_BYTES_MAX - len)
            return 0;
        memcpy(out + len, parts[i].ptr ? parts[i].ptr : "", parts[i].len);
        len += parts[i].len;
        out[len++] = '\n';
    }
    return len;
}

void sigv4_signing_key(struct sigv4_keys *keys, struct str access_key, struct str secret_key,
                       struct str date, struct str region, struct str service, uint8_t out[32])
{
    char source[SOURCE_BYTES_MAX];
    const struct str parts[] = {access_key, secret_key, date, region, service};
    size_t len = keys ? source_of(source, parts, sizeof parts / sizeof *parts) : 0;
    struct row *row = len ? &keys->rows[str_hash(str_n(source, len)) % ROWS] : NULL;
    if (row) {
        pthread_mutex_lock(&keys->mutex);
        bool found = row->source_len == len && memcmp(row->source, source, len) == 0;
        if (found)
            memcpy(out, row->key, 32);
        pthread_mutex_unlock(&keys->mutex);
        if (found)
            return;
    }
    derive(secret_key, date, region, service, out);
    if (row) {
        pthread_mutex_lock(&keys->mutex);
        row->source_len = len;
        memcpy(row->source, source, len);
        memcpy(row->key, out, 32);
        pthread_mutex_unlock(&keys->mutex);
    }
}
