// SPDX-License-Identifier: Apache-2.0
// Eisel and Lemire's algorithm, and behind it a comparison of big integers that decides what it
// cannot.
//
// The algorithm multiplies the digits by a 128-bit approximation of the power of ten and looks
// whether the error of that could change the rounding; one multiplication is nearly always enough.
// See Lemire, "Number parsing at a gigabyte per second", 2021.
//
// The exact way needs no division: an estimate is moved up and down until the number lies between
// the halfway points around it. Digits * 10^e is compared with m * 2^k by moving every factor to
// the side where it is an integer.
#include "columnar/number_scale.h"

#include "columnar/leaf_values.h"
#include "columnar/number_powers.h"

#include <assert.h>
#include <string.h>

#define FRACTION_BITS 52
#define INFINITE_BITS (UINT64_C(0x7ff) << FRACTION_BITS)

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

struct product {
    uint64_t high, low;
};

// The upper 128 bits of digits * power, where `digits` has its highest bit set. The power's lower
// half is of consequence only when the bits behind the mantissa are all ones, so that a carry could
// run through them.
static struct product multiply(uint64_t digits, const uint64_t power[2])
{
    const uint64_t behind_mantissa = UINT64_MAX >> (FRACTION_BITS + 3);
    uint128 upper = (uint128)digits * power[0];
    struct product product = {(uint64_t)(upper >> 64), (uint64_t)upper};
    if ((product.high & behind_mantissa) == behind_mantissa) {
        uint64_t carried = (uint64_t)((uint128)digits * power[1] >> 64);
        product.low += carried;
        product.high += product.low < carried;
    }
    return product;
}

// From a mantissa with one bit too many, and the biased exponent, to the nearest double's bits.
static uint64_t rounded(uint64_t mantissa, int exponent)
{
    mantissa = (mantissa + (mantissa & 1)) >> 1;
    if (mantissa >= UINT64_C(2) << FRACTION_BITS) {
        mantissa >>= 1;
        exponent++;
    }
    if (exponent >= 0x7ff)
        return INFINITE_BITS;
    return (mantissa & ~(UINT64_C(1) << FRACTION_BITS)) | (uint64_t)exponent << FRACTION_BITS;
}

static uint64_t rounded_subnormal(uint64_t mantissa, int exponent)
{
    int shift = 1 - exponent;
    if (shift >= 64)
        return 0;
    mantissa >>= shift;
    // Rounding up to 2^52 makes the least normal number, whose exponent's bit is just there.
    return (mantissa + (mantissa & 1)) >> 1;
}

// The bits of the double; *out_decided is false when they may be those of a neighbour.
static uint64_t scale(uint64_t digits, int64_t exponent, bool *out_decided)
{
    *out_decided = true;
    if (digits == 0 || exponent < NUMBER_POWER_FIRST)
        return 0;
    if (exponent > NUMBER_POWER_LAST)
        return INFINITE_BITS;
    int q = (int)exponent, leading = __builtin_clzll(digits);
    struct product product = multiply(digits << leading, number_powers[q - NUMBER_POWER_FIRST]);
    if (product.low == UINT64_MAX && (q < -27 || q > 55)) // a power that 128 bits do not hold
        *out_decided = false;
    int top = (int)(product.high >> 63), shift = top + 64 - FRACTION_BITS - 3;
    uint64_t mantissa = product.high >> shift;
    // floor(q * log2(10)) + 63 is the power's own exponent; 1023 is the bias.
    int binary = ((217706 * q) >> 16) + 63 + top - leading + 1023;
    if (binary <= 0)
        return rounded_subnormal(mantissa, binary);
    // Ties are possible only where the power, or its inverse, is small; then the product is exact.
    if (product.low <= 1 && q >= -4 && q <= 23 && (mantissa & 3) == 1 &&
        mantissa << shift == product.high)
        mantissa &= ~UINT64_C(1);
    return rounded(mantissa, binary);
}

// --- exactly

// The largest: 769 digits and an exponent near -1110 make 5^1110 * 2^2100, about 4700 bits.
#define BIG_LIMBS 96
struct big {
    unsigned count; // limbs in use, the least first; the last is not 0
    uint64_t limbs[BIG_LIMBS];
};

static void big_push(struct big *big, uint64_t limb)
{
    if (limb) {
        assert(big->count < BIG_LIMBS);
        big->limbs[big->count++] = limb;
    }
}

static void big_multiply_add(struct big *big, uint64_t factor, uint64_t summand)
{
    for (unsigned i = 0; i < big->count; i++) {
        uint128 product = (uint128)big->limbs[i] * factor + summand;
        big->limbs[i] = (uint64_t)product;
        summand = (uint64_t)(product >> 64);
    }
    big_push(big, summand);
}

static void big_multiply_5(struct big *big, unsigned power)
{
    const uint64_t five_27 = UINT64_C(7450580596923828125);
    for (; power >= 27; power -= 27)
        big_multiply_add(big, five_27, 0);
    uint64_t factor = 1;
    for (; power > 0; power--)
        factor *= 5;
    big_multiply_add(big, factor, 0);
}

static void big_shift(struct big *big, unsigned bits)
{
    big_multiply_add(big, UINT64_C(1) << bits % 64, 0);
    unsigned limbs = bits / 64;
    if (limbs == 0)
        return;
    assert(big->count + limbs <= BIG_LIMBS);
    memmove(big->limbs + limbs, big->limbs, big->count * sizeof *big->limbs);
    memset(big->limbs, 0, limbs * sizeof *big->limbs);
    big->count += limbs;
}

static int big_compare(const struct big *a, const struct big *b)
{
    if (a->count != b->count)
        return a->count < b->count ? -1 : 1;
    for (unsigned i = a->count; i-- > 0;)
        if (a->limbs[i] != b->limbs[i])
            return a->limbs[i] < b->limbs[i] ? -1 : 1;
    return 0;
}

// The number against the point halfway between the double of `bits` and the next greater one.
static int compare_halfway(const struct number_digits *digits, uint64_t bits)
{
    struct big number = {0}, halfway = {0};
    for (unsigned i = 0; i < digits->count; i++)
        big_multiply_add(&number, 10, digits->values[i]);
    uint64_t mantissa = bits & ((UINT64_C(1) << FRACTION_BITS) - 1), biased = bits >> FRACTION_BITS;
    if (biased)
        mantissa |= UINT64_C(1) << FRACTION_BITS;
    big_push(&halfway, 2 * mantissa + 1);
    int binary = (int)(biased ? biased : 1) - 1023 - FRACTION_BITS - 1;
    int decimal = (int)digits->exponent, shift = decimal - binary;
    big_multiply_5(decimal >= 0 ? &number : &halfway,
                   (unsigned)(decimal >= 0 ? decimal : -decimal));
    big_shift(shift >= 0 ? &number : &halfway, (unsigned)(shift >= 0 ? shift : -shift));
    return big_compare(&number, &halfway);
}

double number_scale_exact(const struct number_digits *digits, double estimate)
{
    // Far outside of the doubles, so that what follows has bounds: the least half is above 10^-324,
    // the greatest below 10^309.
    int64_t magnitude = digits->exponent +
                        digits->count; // the number is below 10^magnitude, at least a tenth of it
    if (magnitude < -323)
        return 0;
    if (magnitude > 310)
        return double_of(INFINITE_BITS);
    uint64_t bits;
    memcpy(&bits, &estimate, sizeof bits);
    for (int order; bits < INFINITE_BITS; bits++)
        if ((order = compare_halfway(digits, bits)) < 0 || (order == 0 && bits % 2 == 0))
            break;
    for (int order; bits > 0; bits--)
        if ((order = compare_halfway(digits, bits - 1)) > 0 || (order == 0 && bits % 2 == 0))
            break;
    return double_of(bits);
}

// --- what others call

static double scale_exactly(uint64_t value, int64_t exponent, double estimate)
{
    struct number_digits digits = {.exponent = exponent};
    uint64_t power = 1;
    while (value / power >= 10)
        power *= 10;
    for (; power > 0; power /= 10)
        digits.values[digits.count++] = (uint8_t)(value / power % 10);
    return number_scale_exact(&digits, estimate);
}

double number_scale(uint64_t digits, int64_t exponent)
{
    bool decided;
    double value = double_of(scale(digits, exponent, &decided));
    return decided ? value : scale_exactly(digits, exponent, value);
}

bool number_scale_between(uint64_t digits, int64_t exponent, double *out)
{
    bool decided_low, decided_high;
    uint64_t low = scale(digits, exponent, &decided_low),
             high = scale(digits + 1, exponent, &decided_high);
    *out = double_of(low);
    return decided_low && decided_high && low == high;
}
