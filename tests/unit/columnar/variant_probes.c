// SPDX-License-Identifier: Apache-2.0
#include "variant_probe.h"

#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
extern const struct variant_probe probe_avx512, probe_avx2;
#elif defined(__aarch64__)
extern const struct variant_probe probe_neon;
#endif

const struct variant_probe *variant_probe(const struct variant *variant)
{
#if defined(__x86_64__)
    if (strcmp(variant->name, "avx512") == 0)
        return &probe_avx512;
    if (strcmp(variant->name, "avx2") == 0)
        return &probe_avx2;
#elif defined(__aarch64__)
    if (strcmp(variant->name, "neon") == 0)
        return &probe_neon;
#endif
    return &probe_portable;
}

char *padded_copy(const char *text, size_t len)
{
    char *copy = malloc(len + SIMD_PADDING);
    if (!copy)
        abort();
    memcpy(copy, text, len);
    memset(copy + len, 0, SIMD_PADDING);
    return copy;
}
