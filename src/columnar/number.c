// SPDX-License-Identifier: Apache-2.0
// Any number of RFC 8259, section 6: one pass for the grammar, digits gathered in 64 bits as long
// as they fit, then number_scale.c.
//
// The gathered value may wrap around: only when more than 19 digits count is that of consequence,
// and then they are read again.
#include "columnar/number.h"
#include "columnar/number_scale.h"
#include "columnar/swar.h"

#include <assert.h>

#define DIGITS_SAFE 19 // that many always fit into 64 bits

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static const char *gather(const char *p, uint64_t *value)
{
    uint64_t word;
    while (swar_not_digit(word = swar_load(p)) == 0) {
        *value = *value * 100000000 + swar_decimal(word ^ SWAR_ZEROS);
        p += 8;
    }
    for (; is_digit(*p); p++)
        *value = *value * 10 + (uint64_t)(*p - '0');
    return p;
}

// What follows an 'e'. A text is never so long that it could make up for an exponent beyond the
// limit.
static const char *take_exponent(const char *p, int64_t *out_exponent)
{
    const int64_t limit = INT64_C(1) << 50;
    bool negative = *p == '-';
    if (negative || *p == '+')
        p++;
    if (!is_digit(*p)) {
        *out_exponent = 0;
        return p;
    }
    int64_t exponent = 0;
    for (; is_digit(*p); p++)
        if (exponent < limit)
            exponent = exponent * 10 + (*p - '0');
    *out_exponent = negative ? -exponent : exponent;
    return p;
}

// The digits of a number that has passed the grammar, without leading zeros.
struct digit_run {
    const char *first, *end; // a dot may stand between
    int64_t count;
    int64_t exponent; // of the last digit
};

static double long_real(struct digit_run run)
{
    struct number_digits digits = {0};
    uint64_t first = 0;
    bool more = false;
    for (const char *p = run.first; p < run.end; p++) {
        if (*p == '.')
            continue;
        uint8_t value = (uint8_t)(*p - '0');
        if (digits.count < DIGITS_SAFE)
            first = first * 10 + value;
        if (digits.count < NUMBER_DIGITS_MAX - 1)
            digits.values[digits.count++] = value;
        else
            more = more || value != 0;
    }
    double value;
    if (number_scale_between(first, run.exponent + run.count - DIGITS_SAFE, &value))
        return value;
    digits.exponent = run.exponent + run.count - digits.count;
    if (more) {
        digits.values[digits.count++] = 1;
        digits.exponent--;
    }
    return number_scale_exact(&digits, value);
}

static void wrong_at(struct number *out, const char *p)
{
    *out = (struct number){.kind = NUMBER_NONE, .end = p};
}

void number_read(const char *p, struct number *out)
{
    bool negative = *p == '-';
    p += negative;
    if (!is_digit(*p)) {
        wrong_at(out, p);
        return;
    }
    if (*p == '0' && is_digit(p[1])) {
        wrong_at(out, p + 1);
        return;
    }
    uint64_t value = 0;
    struct digit_run run = {.first = p, .end = gather(p, &value)};
    p = run.end;
    run.count = run.end - run.first;
    bool whole = *p != '.' && (*p | 0x20) != 'e';
    if (*p == '.') {
        run.end = gather(p + 1, &value);
        run.exponent = -(run.end - p - 1);
        run.count += -run.exponent;
        if (run.exponent == 0) {
            wrong_at(out, p + 1);
            return;
        }
        p = run.end;
    }
    if ((*p | 0x20) == 'e') {
        int64_t exponent;
        p = take_exponent(p + 1, &exponent);
        if (!is_digit(p[-1])) {
            wrong_at(out, p);
            return;
        }
        run.exponent += exponent;
    }
    for (; run.first < run.end && (*run.first == '0' || *run.first == '.'); run.first++)
        run.count -= *run.first == '0';
    double real = run.count <= DIGITS_SAFE ? number_scale(value, run.exponent) : long_real(run);
    *out = (struct number){
        .kind = NUMBER_REAL,
        .end = p,
        .real = negative ? -real : real,
        .underflowed = real == 0 && run.count > 0,
    };
    if (!whole || (negative && run.count == 0))
        return;
    if (run.count <= DIGITS_SAFE && value <= (uint64_t)INT64_MAX + negative) {
        out->kind = NUMBER_INTEGER;
        out->integer = (int64_t)(negative ? 0 - value : value);
    } else {
        out->kind = NUMBER_BIG;
        out->digits = (unsigned)(run.count < UINT32_MAX ? run.count : UINT32_MAX);
    }
}
