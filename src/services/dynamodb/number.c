// SPDX-License-Identifier: Apache-2.0
#include "services/dynamodb/number.h"

#include <string.h>

#define OUT_OF_RANGE_HIGH                                                                          \
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
#define OUT_OF_RANGE_LOW                                                                           \
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
#define TOO_PRECISE "Attempting to store more than 38 significant digits in a Number"

// Takes zeros off both ends, checks the limits, and fills `out`.
static enum err settle(int sign, const char *digits, int count, int64_t exponent,
                       struct number *out, struct error *error)
{
    while (count && *digits == '0')
        digits++, count--, exponent--;
    while (count && digits[count - 1] == '0')
        count--;
    if (count == 0) {
        *out = (struct number){0};
        return OK;
    }
    if (count > NUMBER_DIGITS_MAX)
        return error_set(error, ERR_LIMIT, TOO_PRECISE);
    if (exponent > NUMBER_EXPONENT_MAX)
        return error_set(error, ERR_LIMIT, OUT_OF_RANGE_HIGH);
    if (exponent < NUMBER_EXPONENT_MIN)
        return error_set(error, ERR_LIMIT, OUT_OF_RANGE_LOW);
    *out = (struct number){.sign = sign, .exponent = (int)exponent, .count = count};
    memcpy(out->digits, digits, (size_t)count);
    return OK;
}

#define TEXT_MAX 512 // characters; a number within the limits can be written in 170

enum err number_parse(struct str text, struct number *out, struct error *error)
{
    char digits[TEXT_MAX];
    int count = 0, sign = 1;
    int64_t exponent = 0;
    size_t i = 0;
    bool seen = false, point = false;
    if (text.len == 0 || text.len > TEXT_MAX)
        goto not_a_number;
    if (text.ptr[0] == '-' || text.ptr[0] == '+')
        sign = text.ptr[i++] == '-' ? -1 : 1;
    for (; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '.' && !point) {
            point = true;
        } else if (c >= '0' && c <= '9') {
            digits[count++] = c;
            seen = true;
            exponent += !point;
        } else {
            break;
        }
    }
    if (!seen)
        goto not_a_number;
    if (i < text.len) {
        int64_t written;
        struct str rest = str_from(text, i + 1);
        if (text.ptr[i] != 'e' && text.ptr[i] != 'E')
            goto not_a_number;
        if (rest.len && rest.ptr[0] == '+')
            rest = str_from(rest, 1);
        if (rest.len > 9 || !str_to_i64(rest, &written))
            goto not_a_number;
        exponent += written;
    }
    return settle(sign, digits, count, exponent, out, error);

not_a_number:
    return error_set(error, ERR_SYNTAX,
                     "The parameter cannot be converted to a numeric value: %.*s", STR_ARG(text));
}

struct str number_text(struct arena *arena, const struct number *number)
{
    if (number->sign == 0)
        return S("0");
    struct buf buf = buf_in(arena, 512);
    if (number->sign < 0)
        buf_put_char(&buf, '-');
    if (number->exponent <= 0) {
        buf_puts(&buf, "0.");
        for (int i = number->exponent; i < 0; i++)
            buf_put_char(&buf, '0');
    }
    for (int i = 0; i < number->count; i++) {
        if (i == number->exponent && i > 0)
            buf_put_char(&buf, '.');
        buf_put_char(&buf, number->digits[i]);
    }
    for (int i = number->count; i < number->exponent; i++)
        buf_put_char(&buf, '0');
    return buf_str(&buf);
}

static int magnitude_cmp(const struct number *a, const struct number *b)
{
    if (a->exponent != b->exponent)
        return a->exponent < b->exponent ? -1 : 1;
    int shared = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->digits, b->digits, (size_t)shared);
    return order ? order : a->count - b->count;
}

int number_cmp(const struct number *a, const struct number *b)
{
    if (a->sign != b->sign)
        return a->sign < b->sign ? -1 : 1;
    return a->sign == 0 ? 0 : a->sign * magnitude_cmp(a, b);
}

struct number number_negated(const struct number *number)
{
    struct number negated = *number;
    negated.sign = -negated.sign;
    return negated;
}

// The widest sum has digits from 10^125 down to 10^-167.
#define COLUMNS (NUMBER_EXPONENT_MAX - NUMBER_EXPONENT_MIN + NUMBER_DIGITS_MAX + 2)

// Digits laid out in columns, the first one worth 10^NUMBER_EXPONENT_MAX.
static void lay_out(const struct number *number, int8_t columns[COLUMNS])
{
    memset(columns, 0, COLUMNS);
    for (int i = 0; i < number->count; i++)
        columns[NUMBER_EXPONENT_MAX - number->exponent + 1 + i] = (int8_t)(number->digits[i] - '0');
}

enum err number_add(const struct number *a, const struct number *b, struct number *out,
                    struct error *error)
{
    if (a->sign == 0 || b->sign == 0) {
        *out = a->sign ? *a : *b;
        return OK;
    }
    const struct number *large = magnitude_cmp(a, b) >= 0 ? a : b, *small = large == a ? b : a;
    int8_t sum[COLUMNS], other[COLUMNS];
    char digits[COLUMNS];
    lay_out(large, sum);
    lay_out(small, other);
    int direction = large->sign == small->sign ? 1 : -1, carry = 0;
    for (int i = COLUMNS - 1; i >= 0; i--) {
        int digit = sum[i] + direction * other[i] + carry;
        carry = digit > 9 ? 1 : digit < 0 ? -1 : 0;
        digits[i] = (char)('0' + digit - 10 * carry);
    }
    return settle(large->sign, digits, COLUMNS, NUMBER_EXPONENT_MAX + 1, out, error);
}

// Sign, then exponent, then digits; all of it inverted below zero, and ended there by 0xFF, so that
// -1.23 sorts before -1.2.
struct str number_sortable(struct arena *arena, const struct number *number)
{
    struct buf buf = buf_in(arena, 64);
    buf_put_u8(&buf, (uint8_t)(number->sign + 1));
    if (number->sign == 0)
        return buf_str(&buf);
    uint8_t invert = number->sign < 0 ? 0xFF : 0;
    buf_put_u16be(&buf, (uint16_t)((number->exponent + 0x4000) ^ (invert ? 0xFFFF : 0)));
    for (int i = 0; i < number->count; i++)
        buf_put_u8(&buf, (uint8_t)number->digits[i] ^ invert);
    if (invert)
        buf_put_u8(&buf, 0xFF);
    return buf_str(&buf);
}
