// SPDX-License-Identifier: Apache-2.0
// DynamoDB's numbers: decimals of up to 38 significant digits, from 1E-130 to 9.99...E+125, either
// sign, and zero.
//
// A number is sign, decimal digits without leading or trailing zeros, and the exponent of 0.DIGITS
// x 10^exponent. Nothing here passes through a double. Source: "Supported data types and naming
// rules", Amazon DynamoDB Developer Guide.
#ifndef SERVICES_DYNAMODB_NUMBER_H
#define SERVICES_DYNAMODB_NUMBER_H

#include "base/buf.h"

#define NUMBER_DIGITS_MAX 38
#define NUMBER_EXPONENT_MAX 126
#define NUMBER_EXPONENT_MIN (-129)

struct number {
    int sign;                       // -1, 0, 1
    int exponent;                   // of 0.DIGITS
    int count;                      // of digits; 0 for zero
    char digits[NUMBER_DIGITS_MAX]; // '0'..'9'
};

// ERR_SYNTAX when it is no number; ERR_LIMIT with DynamoDB's words when it has too many digits or
// is out of range.
enum err number_parse(struct str text, struct number *out, struct error *error) MUST_CHECK;
struct str number_text(struct arena *arena,
                       const struct number *number); // plain notation, as DynamoDB answers
int number_cmp(const struct number *a, const struct number *b);
enum err number_add(const struct number *a, const struct number *b, struct number *out,
                    struct error *error) MUST_CHECK;
struct number number_negated(const struct number *number);
// Bytes that sort as the numbers do, for keys.
struct str number_sortable(struct arena *arena, const struct number *number);

#endif
