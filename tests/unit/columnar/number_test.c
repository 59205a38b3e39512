// SPDX-License-Identifier: Apache-2.0
// Numbers against strtod in the C locale (which a test process starts in), grammar against tables.
#include "fixture.h"
#include "variant_probe.h"
#include "columnar/number.h"
#include "columnar/number_scale.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX 2048

static uint64_t bits_of(double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}
static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

// The text must be a number; every way to read it must give strtod's value.
static void check_real(const char *text)
{
    size_t len = strlen(text);
    char buffer[TEXT_MAX + SIMD_PADDING] = {0};
    assert_true(len < TEXT_MAX);
    memcpy(buffer, text, len);
    double expected = strtod(text, NULL);
    struct number number;
    number_read(buffer, &number);
    if (number.kind == NUMBER_NONE || number.end != buffer + len ||
        bits_of(number.real) != bits_of(expected))
        fail_msg("%s: kind %d, %zu bytes, %a instead of %a", text, number.kind,
                 (size_t)(number.end - buffer), number.real, expected);
    bool nonzero = strcspn(text, "123456789") < strcspn(text, "eE");
    assert_int_equal(number.underflowed, expected == 0 && nonzero);
    for (const struct variant *const *variant = variants(); *variant; variant++) {
        double real = 0;
        bool exact = false;
        const char *end = variant_probe(*variant)->take_real(buffer, &real, &exact);
        if (end && (end != buffer + len || bits_of(real) != bits_of(expected)))
            fail_msg("%s, %s: %a instead of %a", text, (*variant)->name, real, expected);
        if (end)
            assert_int_equal(exact, number.kind == NUMBER_INTEGER);
        int64_t integer = 0;
        end = variant_probe(*variant)->take_integer(buffer, &integer);
        if (end)
            assert_true(end == buffer + len && number.kind == NUMBER_INTEGER &&
                        integer == number.integer);
        else
            assert_true(number.kind != NUMBER_INTEGER || len > 18);
    }
}

static void integers(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum number_kind kind;
        int64_t integer;
        unsigned digits;
    } rows[] = {
        {"0", NUMBER_INTEGER, 0},
        {"7", NUMBER_INTEGER, 7},
        {"-1", NUMBER_INTEGER, -1},
        {"1234567890123456", NUMBER_INTEGER, 1234567890123456},
        {"-12345678901234567", NUMBER_INTEGER, -12345678901234567},
        {"999999999999999999", NUMBER_INTEGER, 999999999999999999},
        {"9223372036854775807", NUMBER_INTEGER, INT64_MAX},
        {"-9223372036854775808", NUMBER_INTEGER, INT64_MIN},
        {"9223372036854775808", NUMBER_BIG, 0, 19},
        {"-9223372036854775809", NUMBER_BIG, 0, 19},
        {"18446744073709551617", NUMBER_BIG, 0, 20},
        {"100000000000000000000000000000000000000", NUMBER_BIG, 0, 39},
        {"-0", NUMBER_REAL},
        {"1.0", NUMBER_REAL},
        {"1e2", NUMBER_REAL},
        {"1E+2", NUMBER_REAL},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct number number;
        char *text = padded_copy(rows[i].text, strlen(rows[i].text));
        number_read(text, &number);
        assert_int_equal(number.kind, rows[i].kind);
        assert_int_equal(number.integer, rows[i].integer);
        assert_int_equal(number.digits, rows[i].digits);
        free(text);
        check_real(rows[i].text);
    }
}

static void what_is_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t wrong; // the offset of the byte that is
    } rows[] = {
        {"", 0},     {"-", 1},    {"+1", 0},     {".5", 0},
        {"-.5", 1},  {"01", 1},   {"-01", 2},    {"00", 1},
        {"1.", 2},   {"1.e5", 2}, {"1e", 2},     {"1e+", 3},
        {"1E-", 3},  {"1ex", 2},  {"NaN", 0},    {"Infinity", 0},
        {"--1", 1},  {"1.5e", 4}, {"0123.5", 1}, {"-e1", 1},
        {"\xb1", 0}, {"/", 0},    {":", 0},      {"00000000000000000001", 1},
        {"1.x", 2},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct number number;
        char *text = padded_copy(rows[i].text, strlen(rows[i].text));
        number_read(text, &number);
        assert_int_equal(number.kind, NUMBER_NONE);
        assert_int_equal(number.end - text, rows[i].wrong);
        for (const struct variant *const *variant = variants(); *variant; variant++) {
            double real;
            int64_t integer;
            bool exact;
            assert_null(variant_probe(*variant)->take_real(text, &real, &exact));
            assert_null(variant_probe(*variant)->take_integer(text, &integer));
        }
        free(text);
    }
}

// What follows ends a number, and is the caller's to judge.
static void what_follows(void **state)
{
    (void)state;
    static const char *const rows[] = {"12,", "12}", "12]", "12 ",  "12\n",
                                       "12x", "12-", "12+", "12\"", "12\xe9"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *text = padded_copy(rows[i], 3);
        struct number number;
        number_read(text, &number);
        assert_int_equal(number.end - text, 2);
        for (const struct variant *const *variant = variants(); *variant; variant++) {
            double real;
            int64_t integer;
            bool exact;
            assert_ptr_equal(variant_probe(*variant)->take_integer(text, &integer), text + 2);
            assert_ptr_equal(variant_probe(*variant)->take_real(text, &real, &exact), text + 2);
            assert_true(integer == 12 && real == 12 && exact);
        }
        free(text);
    }
}

// The fast path must take what it is for, not only be right when it does.
static void the_fast_path_takes(void **state)
{
    (void)state;
    static const char *const rows[] = {"0.0",
                                       "-0",
                                       "123.456",
                                       "0.1234567890123456789",
                                       "1234567890.123456789",
                                       "123456789012345678",
                                       "0.8444218515250481",
                                       "-17.25",
                                       "123456789012345.6789"};
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char *text = padded_copy(rows[i], strlen(rows[i]));
        for (const struct variant *const *variant = variants(); *variant; variant++) {
            double real;
            bool exact;
            assert_non_null(variant_probe(*variant)->take_real(text, &real, &exact));
        }
        free(text);
        check_real(rows[i]);
    }
}

static void hard_cases(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "0.0",
        "-0.0",
        "0e999",
        "-0e-999",
        "0.000e5",
        "1e400",
        "-1e400",
        "1e-400",
        "-1e-400",
        "1e308",
        "1e309",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405303415079934132710037826936173778980444968292764750946649017"
        "977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273"
        "854845817711531764475730270069855571366959622842914819860834936475292719074168444365510704"
        "342711559699508093042880",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "4.9e-324",
        "5e-324",
        "2.5e-324",
        "2.4e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "9007199254740991",
        "9007199254740992",
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740993.00000000000000000000000001",
        "9007199254740992.99999999999999999999999999",
        "9007199254740994.5",
        "9007199254740995",
        "123456789012345678901234567890",
        "0.123456789012345678901234567890",
        "1.00000000000000011102230246251565404",
        "1.00000000000000011102230246251565405",
        "1.0000000000000001110223024625156540423631668090820312",
        "1.0000000000000001110223024625156540423631668090820313",
        "1e22",
        "1e23",
        "9.5367431640625e-7",
        "8.442911973260991817129021e-309",
        "9355950000000000000."
        "000000000000000000000000000000000018446744073709551616000001844674407370955161618446744073"
        "709551614073709551616184467440737095516160001844674407370955161660000018446744073709551616"
        "184467440737095516140737095516161844674407370955161600018446744073709551616018446744073709"
        "556744516161844674407370955161407370955161618446744073709551616000184467440737095516160184"
        "467440737095516116160001844674407370950018446744073709551616001844674407370955161600184467"
        "440737095511681644674407370955161600018440737095516160184467440737095516161844674407370955"
        "161600018446744075369107516016116160001844674407370950018446744073709551616001844674407370"
        "955161600184467440737095516161844674407370955161600018449551616184467440737095516160001844"
        "67440753691075160018446744073709",
        "0."
        "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
        "00001e85",
        "1e0000000000000000000000000000001",
        "1e-99999999999999999999999",
        "1e99999999999999999999999",
        "100000000000000000000000000000000000000000000000000e-50",
        "7.3177701707893310e+15",
        "1090544144181609348671888949248",
        "2.22507385850720113605740979670913197593481954635164564e-308",
        "1448997445238699",
        "6.631236846766476e-316",
        "3.2378839133029012895883524125015321748630094790000000e-319",
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        check_real(rows[i]);
}

// An exponent that makes up for very many zeros.
static void zeros_without_end(void **state)
{
    (void)state;
    enum { ZEROS = 200000 };
    char *text = malloc(ZEROS + 64 + SIMD_PADDING);
    memset(text, '0', ZEROS + 64 + SIMD_PADDING);
    text[1] = '.';
    strcpy(text + ZEROS, "15e200000");
    struct number number;
    number_read(text, &number);
    assert_int_equal(number.kind, NUMBER_REAL);
    assert_true(number.real == strtod(text, NULL) && number.real == 15);
    memset(text, '9', ZEROS);
    strcpy(text + ZEROS, "e-200000");
    number_read(text, &number);
    assert_true(number.real == 1);
    free(text);
}

static void random_texts(void **state)
{
    (void)state;
    uint64_t random = 8;
    for (unsigned round = 0; round < 300000; round++) {
        char text[128];
        uint64_t a = random_next(&random), b = random_next(&random);
        const char *sign = b & 1 ? "-" : "";
        switch (round % 6) {
        case 0: // any double, as short as it goes, and longer than needed
            snprintf(text, sizeof text, "%.*g", (int)(15 + b % 20),
                     double_of(a & ~(UINT64_C(1) << 62)));
            break;
        case 1: // what files are full of
            snprintf(text, sizeof text, "%s%" PRIu64 ".%0*u", sign, a >> (b >> 8) % 64 & 0xffffff,
                     (int)(1 + (b >> 4) % 6), (unsigned)(a >> 50));
            break;
        case 2:
            snprintf(text, sizeof text, "%s%" PRIu64, sign, a >> (b >> 8) % 64);
            break;
        case 3: // all magnitudes, subnormal ones too
            snprintf(text, sizeof text, "%s%" PRIu64 "e%d", sign, a >> (b >> 8) % 64,
                     (int)((b >> 16) % 700) - 360);
            break;
        case 4:
            snprintf(text, sizeof text, "%s0.%0*" PRIu64, sign, (int)((b >> 8) % 24),
                     a >> (b >> 16) % 64);
            break;
        default: // more digits than 64 bits
            snprintf(text, sizeof text, "%s%" PRIu64 ".%020" PRIu64 "%020" PRIu64 "E%+d", sign,
                     a >> (b >> 8) % 64, a, b, (int)((b >> 16) % 600) - 300);
        }
        if (!strpbrk(text, "ni")) // infinities and NaN
            check_real(text);
    }
}

// Exactly halfway between two doubles, and the least bit above and below: rounding must see the
// last digit.
static void halfway_points(void **state)
{
    (void)state;
    uint64_t random = 9;
    for (unsigned round = 0; round < 3000; round++) {
        uint64_t bits = random_next(&random) >> 1;
        if (round % 3 == 0)
            bits >>= 11; // subnormal
        else if (round % 3 == 1)
            bits = (bits & ((UINT64_C(1) << 52) - 1)) | (1023 + bits % 64)
                                                            << 52; // decided by few digits
        double low = double_of(bits), high = double_of(bits + 1);
        if (!isfinite(low) || !isfinite(high))
            continue;
#if LDBL_MANT_DIG >= 64
        long double halfway = ((long double)low + (long double)high) / 2;
#else
        double halfway = low; // no type holds the point: the digits of doubles themselves
#endif
        char text[TEXT_MAX];
        snprintf(text, sizeof text, "%.1100Le",
                 (long double)halfway); // all digits there are, then zeros
        char *mark = strchr(text, 'e');
        check_real(text);
        mark[-1] = '1';
        check_real(text);
        char *last = mark - 2; // the last digit that is not zero, made smaller
        while (*last == '0')
            last--;
        mark[-1] = '0';
        if (*last != '.') {
            (*last)--;
            check_real(text);
        }
    }
}

// The comparison of big integers is right whatever it starts from, not only where the fast way
// gives up.
static void exact_from_any_estimate(void **state)
{
    (void)state;
    uint64_t random = 10;
    for (unsigned round = 0; round < 5000; round++) {
        struct number_digits digits = {.count = 1 + (unsigned)(random_next(&random) % 30)};
        char text[64];
        for (unsigned i = 0; i < digits.count; i++) {
            digits.values[i] = (uint8_t)(1 + random_next(&random) % 9);
            text[i] = (char)('0' + digits.values[i]);
        }
        digits.exponent = (int64_t)(random_next(&random) % 660) - 350;
        snprintf(text + digits.count, 16, "e%d", (int)digits.exponent);
        double expected = strtod(text, NULL);
        uint64_t bits = bits_of(expected);
        uint64_t away = random_next(&random) % 4, estimate = round % 2 ? bits + away : bits - away;
        if (estimate > bits_of(INFINITY))
            estimate = bits;
        assert_true(bits_of(number_scale_exact(&digits, double_of(estimate))) == bits);
    }
}

static void decimals(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned precision, scale;
        bool fits;
        int64_t unscaled;
    } rows[] = {
        {"0", 1, 0, true, 0},
        {"-0.000", 1, 1, true, 0},
        {"0e5000", 1, 0, true, 0},
        {"12.5", 3, 1, true, 125},
        {"-12.5", 3, 1, true, -125},
        {"12.50", 3, 1, true, 125},
        {"12.55", 3, 1, false},
        {"112.5", 3, 1, false},
        {"12", 3, 1, true, 120},
        {"1200", 4, 0, true, 1200},
        {"1200", 3, 0, false},
        {"12e2", 4, 0, true, 1200},
        {"1.25e1", 3, 1, true, 125},
        {"1250e-2", 3, 1, true, 125},
        {"0.05", 2, 2, true, 5},
        {"0.05", 2, 1, false},
        {"5e-2", 2, 2, true, 5},
        {"100.000e-2", 1, 0, true, 1},
        {"1e99999999999999999999", 38, 0, false},
        {"1e-99999999999999999999", 38, 38, false},
        {"0000", 4, 0, false},
        {"01", 4, 0, false},
        {"", 4, 0, false},
        {"-", 4, 0, false},
        {"+1", 4, 0, false},
        {" 1", 4, 0, false},
        {"1 ", 4, 0, false},
        {"1.", 4, 0, false},
        {".1", 4, 2, false},
        {"1e", 4, 0, false},
        {"1e+", 4, 0, false},
        {"1e5x", 9, 0, false},
        {"1x", 4, 0, false},
        {"0x10", 4, 0, false},
        {"1.5.5", 9, 4, false},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        size_t len = strlen(rows[i].text);
        char *text = malloc(len + 1); // no padding is asked for
        memcpy(text, rows[i].text, len);
        text[len] = '9';
        int128 value = 0;
        if (number_decimal(str_n(text, len), rows[i].precision, rows[i].scale, &value) !=
                rows[i].fits ||
            value != rows[i].unscaled)
            fail_msg("%s as decimal(%u,%u)", rows[i].text, rows[i].precision, rows[i].scale);
        free(text);
    }
}

static void decimals_of_38_digits(void **state)
{
    (void)state;
    int128 greatest = 0, value;
    for (unsigned i = 0; i < 38; i++)
        greatest = greatest * 10 + 9;
    assert_true(number_decimal(S("-99999999999999999999999999999999999999"), 38, 0, &value));
    assert_true(value == -greatest);
    assert_true(number_decimal(S("9.9999999999999999999999999999999999999"), 38, 37, &value));
    assert_true(value == greatest);
    assert_false(number_decimal(S("100000000000000000000000000000000000000"), 38, 0, &value));
    assert_false(number_decimal(S("999999999999999999999999999999999999999"), 38, 0, &value));
    assert_true(number_decimal(S("1e37"), 38, 0, &value));
    assert_false(number_decimal(S("1e38"), 38, 0, &value));
}

static void whole_numbers(void **state)
{
    (void)state;
    int64_t value;
    assert_true(number_whole(S("3"), &value) && value == 3);
    assert_true(number_whole(S("3.0"), &value) && value == 3);
    assert_true(number_whole(S("3e2"), &value) && value == 300);
    assert_true(number_whole(S("-300e-2"), &value) && value == -3);
    assert_true(number_whole(S("-0"), &value) && value == 0);
    assert_true(number_whole(S("9223372036854775807"), &value) && value == INT64_MAX);
    assert_true(number_whole(S("-922337203685477580.8e1"), &value) && value == INT64_MIN);
    assert_false(number_whole(S("9223372036854775808"), &value));
    assert_false(number_whole(S("-9223372036854775809"), &value));
    assert_false(number_whole(S("3.5"), &value));
    assert_false(number_whole(S("1e19"), &value));
    assert_false(number_whole(S("3x"), &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(what_is_no_number),
        cmocka_unit_test(what_follows),
        cmocka_unit_test(the_fast_path_takes),
        cmocka_unit_test(hard_cases),
        cmocka_unit_test(zeros_without_end),
        cmocka_unit_test(random_texts),
        cmocka_unit_test(halfway_points),
        cmocka_unit_test(exact_from_any_estimate),
        cmocka_unit_test(decimals),
        cmocka_unit_test(decimals_of_38_digits),
        cmocka_unit_test(whole_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
