// SPDX-License-Identifier: Apache-2.0
// A block is eight words of 32 bits, and a value sets one bit in each: so a look-up is one cache
// line.
#include "columnar/bloom.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

#define BLOCK_BYTES 32
#define WORDS 8

static const uint32_t SALTS[WORDS] = {0x47b6137bU, 0x44974d91U, 0x8824ad5bU, 0xa2b7289dU,
                                      0x705495c7U, 0x2df1424bU, 0x9efc4947U, 0x5c6bfb31U};

uint64_t bloom_hash(const void *bytes, size_t len)
{
    return XXH64(bytes, len, 0);
}

// Linear counting: of as many places as there are hashes, how many stayed empty?
size_t bloom_distinct(const uint64_t *hashes, size_t count)
{
    size_t places = 1024;
    while (places < count)
        places *= 2;
    uint64_t *taken = calloc(places / 64, sizeof *taken);
    if (!taken)
        abort();
    for (size_t i = 0; i < count; i++) {
        size_t place = hashes[i] & (places - 1);
        taken[place / 64] |= (uint64_t)1 << place % 64;
    }
    size_t full = 0;
    for (size_t i = 0; i < places / 64; i++)
        full += (size_t)__builtin_popcountll(taken[i]);
    free(taken);
    double empty = (double)(places - full) / (double)places;
    double estimate = empty > 0 ? -log(empty) * (double)places : (double)count;
    return estimate < (double)count ? (size_t)estimate + 1 : count;
}

size_t bloom_bytes(size_t distinct)
{
    double bits = -8.0 * (double)distinct / log(1 - pow(BLOOM_FALSE_POSITIVES, 1.0 / 8));
    size_t bytes = BLOCK_BYTES;
    while (bytes < BLOOM_BYTES_MAX && (double)bytes * 8 < bits)
        bytes *= 2;
    return bytes;
}

static size_t block_of(size_t bytes, uint64_t hash)
{
    return (size_t)((hash >> 32) * (bytes / BLOCK_BYTES) >> 32) * BLOCK_BYTES;
}

void bloom_set(void *filter, size_t bytes, const uint64_t *hashes, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint32_t block[WORDS], key = (uint32_t)hashes[i];
        char *at = (char *)filter + block_of(bytes, hashes[i]);
        memcpy(block, at, BLOCK_BYTES);
        for (int w = 0; w < WORDS; w++)
            block[w] |= (uint32_t)1 << (key * SALTS[w] >> 27);
        memcpy(at, block, BLOCK_BYTES);
    }
}

bool bloom_has(const void *filter, size_t bytes, uint64_t hash)
{
    uint32_t block[WORDS], key = (uint32_t)hash;
    memcpy(block, (const char *)filter + block_of(bytes, hash), BLOCK_BYTES);
    for (int w = 0; w < WORDS; w++)
        if (!(block[w] >> (key * SALTS[w] >> 27) & 1))
            return false;
    return true;
}
