// SPDX-License-Identifier: Apache-2.0
// Randomness: from the kernel, or from a seed in tests. Never fails; safe from any thread.
#ifndef OS_RANDOM_H
#define OS_RANDOM_H

#include "base/str.h"

struct random;
struct random *random_new_system(void);            // getrandom(2), buffered per call
struct random *random_new_seeded(uint64_t seed);   // deterministic, for tests
void random_free(struct random *random);

void random_bytes(struct random *random, void *out, size_t len);
uint64_t random_u64(struct random *random);
struct str random_uuid(struct random *random, struct arena *arena);
// `len` characters of the alphabet, for ids and keys.
struct str random_text(struct random *random, struct arena *arena, const char *alphabet, size_t len);

#endif
