// SPDX-License-Identifier: Apache-2.0
// JSON's numbers, exactly. An integer never passes through a double; a double is the one nearest to
// the text (IEEE 754, ties to even), as strtod of the C locale would give it.
//
// The inline functions are the hot path: they take what nearly every number is and leave the rest
// to number_read. Text is readable SIMD_PADDING bytes past its end, and a byte that is no part of
// a number follows it (the padding is zero).
#ifndef COLUMNAR_NUMBER_H
#define COLUMNAR_NUMBER_H

#include "base/str.h"
#include "columnar/leaf_values.h"

enum number_kind {
    NUMBER_NONE,    // not a number by RFC 8259's grammar; `end` is the byte that is wrong
    NUMBER_INTEGER, // no fraction, no exponent, not "-0", within int64
    NUMBER_BIG,     // no fraction, no exponent, beyond int64: `digits` long
    NUMBER_REAL,    // "-0", or with a fraction or exponent
};
struct number {
    enum number_kind kind;
    const char *end;  // behind its last byte
    int64_t integer;  // NUMBER_INTEGER
    double real;      // every kind but NONE: nearest double; infinite beyond the range
    unsigned digits;  // NUMBER_BIG: its digits, zeros at the end included
    bool underflowed; // a number that is not zero became zero
};
void number_read(const char *p, struct number *out_number);

// The text of a number (or of a string that holds one: then nothing but RFC 8259's number is taken,
// and nothing is read past the end) as decimal(precision, scale), unscaled; false when it does not
// fit exactly: trailing zeros are no digits, exponents are applied.
bool number_decimal(struct str text, unsigned precision, unsigned scale, int128 *out_unscaled);
// Whole numbers in any spelling: "3", "3.0", "3e2"; "-0" is 0. False when there is a fraction, or
// beyond int64.
bool number_whole(struct str text, int64_t *out_integer);

// --- hot paths, defined in number_inline.h: the address behind the number, or NULL when
// number_read must look (never an error by itself; what the out-parameters hold is then undefined).
//   const char *number_take_integer(const char *p, int64_t *out)
//        plain integers of up to 18 digits, followed by no '.', 'e', 'E'
//   const char *number_take_real(const char *p, double *out, bool *out_exact_integer)
//        up to 19 digits, no exponent: Clinger 1990, Eisel-Lemire else; *out_exact_integer: it was
//        a plain integer, of up to 18 digits and not "-0"

#endif
