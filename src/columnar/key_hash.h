// SPDX-License-Identifier: Apache-2.0
// The hash of a name as it is written in JSON: of its length and its first and last eight bytes,
// which tell the names of one struct apart. Names made to collide are found all the same, one by
// one.
#ifndef COLUMNAR_KEY_HASH_H
#define COLUMNAR_KEY_HASH_H

#include "columnar/leaf_values.h"

#include <string.h>

// p is readable for 8 bytes whatever the length.
static inline uint32_t key_hash(const char *p, size_t len)
{
    uint64_t first, last = 0;
    memcpy(&first, p, sizeof first);
    if (len >= 8)
        memcpy(&last, p + len - 8, sizeof last);
    else
        first &= ((uint64_t)1 << len * 8) - 1;
    uint128 product = (uint128)(first ^ 0x9E3779B97F4A7C15u ^ len) * (last ^ 0xE7037ED1A0B428DBu);
    uint64_t folded = (uint64_t)product ^ (uint64_t)(product >> 64);
    return (uint32_t)(folded ^ folded >> 32);
}

#endif
