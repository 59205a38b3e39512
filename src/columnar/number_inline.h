// SPDX-License-Identifier: Apache-2.0
// The hot paths of number.h: no loops, and hardly a branch that depends on how long a number is.
//
// A run of digits is found by one wide compare and converted by a handful of multiplications,
// whatever its length. A number with a fraction is converted as one integer with the dot taken out,
// then divided by a power of ten: exact when both are exact as doubles (Clinger, "How to read
// floating point numbers accurately", 1990).
#ifndef COLUMNAR_NUMBER_INLINE_H
#define COLUMNAR_NUMBER_INLINE_H

#include "columnar/number.h"
#include "columnar/number_scale.h"
#include "columnar/simd.h"
#include "columnar/swar.h"

HOT_INLINE bool number_goes_on(char c)
{
    return c == '.' || (c | 0x20) == 'e';
}

// The value of up to 18 digits.
HOT_INLINE uint64_t number_digits(const char *p, unsigned n)
{
    if (__builtin_expect(n <= 16, 1))
        return simd_decimal(p, n);
    static const uint8_t powers[3] = {1, 10, 100};
    return simd_decimal(p, 16) * powers[n - 16] + simd_decimal(p + 16, n - 16);
}

HOT_INLINE const char *number_take_integer(const char *p, int64_t *out)
{
    uint64_t negative = swar_is(*p, '-');
    p += negative;
    unsigned n = simd_digits(p);
    // No digit; a leading zero, and with it "-0", which is no integer.
    if (__builtin_expect(n == 0 || (*p == '0' && n + negative > 1), 0))
        return NULL;
    if (__builtin_expect(n == 16, 0) && (n += simd_digits(p + 16)) > 18)
        return NULL;
    uint64_t value = number_digits(p, n);
    if (__builtin_expect(number_goes_on(p[n]), 0))
        return NULL;
    *out = (int64_t)((value ^ -negative) + negative);
    return p + n;
}

// digits / 10^fraction, negated when `negative` is 1: by the divisor's sign, which costs nothing
// and makes -0. Correct up to 2^53, and without a fraction up to 2^63, for the conversion rounds
// once and the division by 1 does not.
HOT_INLINE double number_quotient(uint64_t digits, unsigned fraction, uint64_t negative)
{
    static const double powers[2][20] = {
        {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,
         1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19},
        {-1e0,  -1e1,  -1e2,  -1e3,  -1e4,  -1e5,  -1e6,  -1e7,  -1e8,  -1e9,
         -1e10, -1e11, -1e12, -1e13, -1e14, -1e15, -1e16, -1e17, -1e18, -1e19}};
    return (double)(int64_t)digits / powers[negative][fraction];
}

// A number with a dot at p[whole] that ends behind the first sixteen bytes; false for what is too
// long.
HOT_INLINE bool number_long_real(const char *p, unsigned whole, unsigned end, uint64_t negative,
                                 double *out)
{
    static const uint32_t powers[6] = {1, 10, 100, 1000, 10000, 100000};
    // Nineteen digits always fit, and a zero before the dot is no more; a dot beyond sixteen bytes
    // is rare.
    if (whole > 15 || end > (*p == '0' ? 21 : 20))
        return false;
    uint64_t high = simd_decimal_dotted(p, 16, 15 - whole),
             digits = high * powers[end - 16] + simd_decimal(p + 16, end - 16);
    unsigned fraction = end - whole - 1;
    if (digits <= UINT64_C(1) << 53) {
        *out = number_quotient(digits, fraction, negative);
    } else {
        double value = number_scale(digits, -(int)fraction);
        *out = negative ? -value : value;
    }
    return true;
}

HOT_INLINE const char *number_take_real(const char *p, double *out, bool *out_exact_integer)
{
    uint64_t negative = swar_is(*p, '-');
    p += negative;
    uint64_t stops = simd_not_digit(p) | UINT64_C(1) << 32;
    unsigned whole = (unsigned)__builtin_ctzll(stops), end = whole;
    bool leading_zero = swar_is(*p, '0') & ~stops >> 1; // and a digit behind it
    if (__builtin_expect(whole == 0 || whole > 18 || leading_zero, 0))
        return NULL;
    if (p[whole] == '.') {
        stops &= stops - 1;
        end = (unsigned)__builtin_ctzll(stops);
        unsigned fraction = end - whole - 1;
        if (__builtin_expect(fraction == 0, 0))
            return NULL;
        if (__builtin_expect(end <= 16, 1))
            *out = number_quotient(simd_decimal_dotted(p, end, fraction), fraction, negative);
        else if (!number_long_real(p, whole, end, negative, out))
            return NULL;
        *out_exact_integer = false;
    } else {
        uint64_t digits = number_digits(p, whole);
        *out = number_quotient(digits, 0, negative);
        *out_exact_integer = digits >= negative; // "-0" is none
    }
    return __builtin_expect((p[end] | 0x20) == 'e', 0) ? NULL : p + end;
}

#endif
