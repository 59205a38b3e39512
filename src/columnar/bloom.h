// SPDX-License-Identifier: Apache-2.0
// Split-block Bloom filters over the hashes of a chunk's values.
//
// Hashes are gathered while values come, and the filter is sized at the end, when one knows how
// many differ. Values are hashed by XXH64 (seed 0) as PLAIN writes them, texts without their
// length. Specified in: parquet-format, BloomFilter.md.
#ifndef COLUMNAR_BLOOM_H
#define COLUMNAR_BLOOM_H

#include "base/buf.h"

#define BLOOM_BYTES_MAX ((size_t)16 << 20)
#define BLOOM_FALSE_POSITIVES 0.01

uint64_t bloom_hash(const void *bytes, size_t len);
// About how many of the hashes differ.
size_t bloom_distinct(const uint64_t *hashes, size_t count);
// A power of two from 32 to BLOOM_BYTES_MAX that keeps BLOOM_FALSE_POSITIVES.
size_t bloom_bytes(size_t distinct);
// Sets the hashes in `filter`, which is `bytes` long and was zero at first.
void bloom_set(void *filter, size_t bytes, const uint64_t *hashes, size_t count);
bool bloom_has(const void *filter, size_t bytes, uint64_t hash);

#endif
