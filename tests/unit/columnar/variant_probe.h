// SPDX-License-Identifier: Apache-2.0
// The inline functions of src/columnar, compiled for each variant, as tables that tests can go
// through; and what those tests have in common.
#ifndef TESTS_VARIANT_PROBE_H
#define TESTS_VARIANT_PROBE_H

#include "columnar/simd.h"
#include "columnar/variant.h"

struct variant_probe {
    uint64_t (*string_end)(const char *p);
    uint64_t (*not_space)(const char *p);
    uint64_t (*equal)(const char *p, char c);
    uint32_t (*not_digit)(const char *p);
    unsigned (*digits)(const char *p);
    uint64_t (*decimal)(const char *p, unsigned n);
    uint64_t (*decimal_dotted)(const char *p, unsigned end, unsigned fraction);
    bool (*matches)(const char *p, const char *pattern, unsigned len);
    struct simd_structure (*structure)(const char *p);
    uint64_t (*prefix_xor)(uint64_t bits);
    const char *(*take_integer)(const char *p, int64_t *out);
    const char *(*take_real)(const char *p, double *out, bool *out_exact_integer);
    bool (*date_take)(const char *p, size_t len, int32_t *out_days);
    bool (*timestamp_take)(const char *p, size_t len, int64_t *out_micros, bool *out_zoned);
};
const struct variant_probe *variant_probe(const struct variant *variant); // of the same name

extern const struct variant_probe VARIANT(probe);

static inline uint64_t random_next(uint64_t *state) // xorshift64*
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(2685821657736338717);
}

// A copy with just the padding behind it that readers may rely on, so that sanitizers see them go
// further. free() it.
char *padded_copy(const char *text, size_t len);

#endif
