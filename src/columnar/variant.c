// SPDX-License-Identifier: Apache-2.0
// The table of variants, and what each asks of the processor: exactly the features that meson.build
// compiles it with.
#include "columnar/variant.h"

#include <stdbool.h>

#define VARIANT_DECLARE(suffix)                                                                    \
    utf8_valid_function utf8_valid_##suffix;                                                       \
    boundary_last_function boundary_last_##suffix;                                                 \
    boundary_first_function boundary_first_##suffix;                                               \
    boundary_newlines_function boundary_newlines_##suffix;                                         \
    shred_function shred_##suffix;                                                                 \
    json_check_function json_check_##suffix
#define VARIANT_ROW(suffix)                                                                        \
    {                                                                                              \
        .name = #suffix, .utf8_valid = utf8_valid_##suffix,                                        \
        .boundary_last = boundary_last_##suffix, .boundary_first = boundary_first_##suffix,        \
        .newlines = boundary_newlines_##suffix, .shred = shred_##suffix,                           \
        .json_check = json_check_##suffix,                                                         \
    }

VARIANT_DECLARE(portable);
static const struct variant portable = VARIANT_ROW(portable);

#if defined(__x86_64__)

#include <cpuid.h>

VARIANT_DECLARE(avx512);
VARIANT_DECLARE(avx2);
static const struct variant avx512 = VARIANT_ROW(avx512), avx2 = VARIANT_ROW(avx2);

static bool has_lzcnt(void) // not every compiler has a word for it
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000001, &a, &b, &c, &d) && c & bit_LZCNT;
}

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2") && has_lzcnt() && __builtin_cpu_supports("popcnt") &&
           __builtin_cpu_supports("pclmul");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
}

const struct variant *const *variants(void)
{
    static const struct variant *const all[] = {&avx512, &avx2, &portable, NULL};
    return has_avx512() ? all : has_avx2() ? all + 1 : all + 2;
}

#elif defined(__aarch64__)

VARIANT_DECLARE(neon);
static const struct variant neon = VARIANT_ROW(neon);

const struct variant *const *variants(void) // every 64-bit ARM has NEON
{
    static const struct variant *const all[] = {&neon, &portable, NULL};
    return all;
}

#else

const struct variant *const *variants(void)
{
    static const struct variant *const all[] = {&portable, NULL};
    return all;
}

#endif

const struct variant *variant_best(void)
{
    return variants()[0];
}
