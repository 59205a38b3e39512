// SPDX-License-Identifier: Apache-2.0
// Decimal to binary, correctly rounded: what number.c and number_inline.h build on.
#ifndef COLUMNAR_NUMBER_SCALE_H
#define COLUMNAR_NUMBER_SCALE_H

#include <stdbool.h>
#include <stdint.h>

// The double nearest to digits * 10^exponent, ties to even; infinite beyond the range.
double number_scale(uint64_t digits, int64_t exponent);

// The same for a number that lies between digits and digits + 1 times 10^exponent. False when that
// does not decide it; *out is then close to it.
bool number_scale_between(uint64_t digits, int64_t exponent, double *out);

// All digits of a number. 768 decide every double, for a halfway point between two has no more;
// whether anything but zeros follows is told by one more digit that is not zero.
#define NUMBER_DIGITS_MAX 769
struct number_digits {
    uint8_t values[NUMBER_DIGITS_MAX]; // 0 to 9; the first is not 0
    unsigned count;                    // at least 1
    int64_t exponent;                  // of the last digit
};
// By comparing big integers, starting from an estimate: the nearer it is, the faster.
double number_scale_exact(const struct number_digits *digits, double estimate);

#endif
