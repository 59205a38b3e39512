// SPDX-License-Identifier: Apache-2.0
// Compiled once for each variant.
#include "variant_probe.h"
#include "columnar/datetime_inline.h"
#include "columnar/number_inline.h"

// What is always inlined has no address of its own worth taking at every optimisation level.
static uint64_t string_end(const char *p)
{
    return simd_string_end(p);
}
static uint64_t not_space(const char *p)
{
    return simd_not_space(p);
}
static uint64_t equal(const char *p, char c)
{
    return simd_equal(p, c);
}
static uint32_t not_digit(const char *p)
{
    return simd_not_digit(p);
}
static unsigned digits(const char *p)
{
    return simd_digits(p);
}
static uint64_t decimal(const char *p, unsigned n)
{
    return simd_decimal(p, n);
}
static uint64_t decimal_dotted(const char *p, unsigned end, unsigned fraction)
{
    return simd_decimal_dotted(p, end, fraction);
}
static bool matches(const char *p, const char *pattern, unsigned len)
{
    return simd_matches(p, pattern, len);
}
static struct simd_structure structure(const char *p)
{
    return simd_structure(p);
}
static uint64_t prefix_xor(uint64_t bits)
{
    return simd_prefix_xor(bits);
}
static const char *take_integer(const char *p, int64_t *out)
{
    return number_take_integer(p, out);
}
static const char *take_real(const char *p, double *out, bool *out_exact_integer)
{
    return number_take_real(p, out, out_exact_integer);
}
static bool date_take(const char *p, size_t len, int32_t *out_days)
{
    return datetime_date_take(p, len, out_days);
}
static bool timestamp_take(const char *p, size_t len, int64_t *out_micros, bool *out_zoned)
{
    return datetime_timestamp_take(p, len, out_micros, out_zoned);
}

const struct variant_probe VARIANT(probe) = {
    .string_end = string_end,
    .not_space = not_space,
    .equal = equal,
    .not_digit = not_digit,
    .digits = digits,
    .decimal = decimal,
    .decimal_dotted = decimal_dotted,
    .matches = matches,
    .structure = structure,
    .prefix_xor = prefix_xor,
    .take_integer = take_integer,
    .take_real = take_real,
    .date_take = date_take,
    .timestamp_take = timestamp_take,
};
