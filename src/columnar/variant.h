// SPDX-License-Identifier: Apache-2.0
// Which of the compiled variants of the hot loops runs on this processor.
//
// Each file named in meson.build's columnar_variant_sources is compiled once for every variant; a
// function that it offers is named by VARIANT(function) and reached through the table here.
#ifndef COLUMNAR_VARIANT_H
#define COLUMNAR_VARIANT_H

#include "columnar/boundary.h"
#include "columnar/shred.h"

#if defined(SIMD_AVX512)
#define VARIANT(function) function##_avx512
#elif defined(SIMD_AVX2)
#define VARIANT(function) function##_avx2
#elif defined(SIMD_NEON)
#define VARIANT(function) function##_neon
#else
#define VARIANT(function) function##_portable
#endif

// RFC 3629. Text is readable SIMD_PADDING bytes past its end.
typedef bool utf8_valid_function(struct str text);

struct variant {
    const char *name; // "avx512", "avx2", "neon", "portable"
    utf8_valid_function *utf8_valid;
    boundary_last_function *boundary_last;
    boundary_first_function *boundary_first;
    boundary_newlines_function *newlines;
    shred_function *shred;
    json_check_function *json_check;
};
// The variants that this processor can run, best first, the portable one last; NULL-terminated.
const struct variant *const *variants(void);
const struct variant *variant_best(void);

// What the table is made of: the functions of the variant that is compiled.
utf8_valid_function VARIANT(utf8_valid);
boundary_last_function VARIANT(boundary_last);
boundary_first_function VARIANT(boundary_first);
boundary_newlines_function VARIANT(boundary_newlines);
shred_function VARIANT(shred);
json_check_function VARIANT(json_check);

#endif
