// SPDX-License-Identifier: Apache-2.0
#include "../../fixture.h"

#include "services/dynamodb/number.h"

static struct number number(const char *text)
{
    struct number value;
    struct error error = {0};
    if (number_parse(str_of(text), &value, &error) != OK)
        fail_msg("%s: %s", text, error.text);
    return value;
}

static void text_is_plain_and_without_superfluous_zeros(void **state)
{
    static const struct {
        const char *given, *expected;
    } CASES[] = {
        {"0", "0"},          {"-0.000", "0"},      {"1", "1"},      {"+007", "7"},
        {"1e3", "1000"},     {"1.50", "1.5"},      {"-.5", "-0.5"}, {"5.", "5"},
        {"1E-5", "0.00001"}, {"12.34e1", "123.4"}, {"100e-2", "1"}, {"-1e2", "-100"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct number value = number(CASES[i].given);
        assert_str(number_text(*state, &value), CASES[i].expected);
    }
}

static void limits_are_dynamodbs(void **state)
{
    (void)state;
    static const char *const FITS[] = {"9.9999999999999999999999999999999999999e125", "1e-130",
                                       "-1e-130", "12345678901234567890123456789012345678"};
    static const char *const TOO_MUCH[] = {"1e126", "1e-131",
                                           "123456789012345678901234567890123456789", "-1e126"};
    static const char *const NOT[] = {"",    "-",  ".",   "e5",       "1e", "1e+",
                                      "0x1", "1 ", "NaN", "Infinity", "1,5"};
    struct number value;
    for (size_t i = 0; i < COUNT_OF(FITS); i++)
        assert_int_equal(number_parse(str_of(FITS[i]), &value, NULL), OK);
    for (size_t i = 0; i < COUNT_OF(TOO_MUCH); i++)
        assert_int_equal(number_parse(str_of(TOO_MUCH[i]), &value, NULL), ERR_LIMIT);
    for (size_t i = 0; i < COUNT_OF(NOT); i++)
        assert_int_equal(number_parse(str_of(NOT[i]), &value, NULL), ERR_SYNTAX);
}

static void sums_are_exact(void **state)
{
    static const struct {
        const char *a, *b, *sum;
    } CASES[] = {
        {"1", "2", "3"},
        {"0.1", "0.2", "0.3"},
        {"-5", "3", "-2"},
        {"5", "-5", "0"},
        {"999", "1", "1000"},
        {"1000", "-1", "999"},
        {"-1", "-2", "-3"},
        {"0", "7", "7"},
        {"1e37", "1", "10000000000000000000000000000000000001"},
        {"0.00001", "-0.00002", "-0.00001"},
    };
    for (size_t i = 0; i < COUNT_OF(CASES); i++) {
        struct number a = number(CASES[i].a), b = number(CASES[i].b), sum;
        assert_int_equal(number_add(&a, &b, &sum, NULL), OK);
        assert_str(number_text(*state, &sum), CASES[i].sum);
        assert_int_equal(number_add(&b, &a, &sum, NULL), OK);
        assert_str(number_text(*state, &sum), CASES[i].sum);
    }
    struct number large = number("1e38"), one = number("1"), sum;
    assert_int_equal(number_add(&large, &one, &sum, NULL),
                     ERR_LIMIT); // 39 digits: refused, not rounded
}

static void keys_sort_as_numbers_do(void **state)
{
    static const char *const ORDER[] = {"-1e125", "-123.4", "-123",    "-12.34", "-12.3",  "-1",
                                        "-0.5",   "-0.05",  "-1e-130", "0",      "1e-130", "0.05",
                                        "0.5",    "1",      "1.5",     "2",      "10",     "12.3",
                                        "12.34",  "123",    "1e125"};
    for (size_t i = 0; i < COUNT_OF(ORDER); i++)
        for (size_t j = 0; j < COUNT_OF(ORDER); j++) {
            struct number a = number(ORDER[i]), b = number(ORDER[j]);
            int expected = i < j ? -1 : i > j, by_value = number_cmp(&a, &b);
            int by_bytes = str_cmp(number_sortable(*state, &a), number_sortable(*state, &b));
            assert_int_equal((by_value > 0) - (by_value < 0), expected);
            assert_int_equal((by_bytes > 0) - (by_bytes < 0), expected);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(text_is_plain_and_without_superfluous_zeros),
        ARENA_TEST(limits_are_dynamodbs),
        ARENA_TEST(sums_are_exact),
        ARENA_TEST(keys_sort_as_numbers_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
