// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"
#include "base/err.h"

#include <string.h>

static void kind_text_and_offset_are_recorded(void **state)
{
    struct error error = {0};
    assert_int_equal(error_set_at(&error, ERR_SYNTAX, 17, "at %d: %s", 17, "oops"), ERR_SYNTAX);
    assert_int_equal(error.kind, ERR_SYNTAX);
    assert_int_equal(error.offset, 17);
    assert_string_equal(error.text, "at 17: oops");
    assert_int_equal(error_set(&error, ERR_LIMIT, "too much"), ERR_LIMIT);
    assert_int_equal(error.offset, 0);
    assert_int_equal(error_set(NULL, ERR_IO, "x"), ERR_IO);
    (void)state;
}

static void an_error_may_quote_itself(void **state)
{
    struct error error = {0};
    error_set(&error, ERR_IO, "disk full");
    error_set(&error, error.kind, "while saving: %s", error.text);
    assert_string_equal(error.text, "while saving: disk full");
    (void)state;
}

static void long_texts_are_cut_between_characters(void **state)
{
    static const char *const characters[] = {"a", "\u00e9", "\u20ac", "\U0001F600"};
    for (size_t i = 0; i < COUNT_OF(characters); i++) {
        for (size_t shift = 0; shift < 4; shift++) {
            char text[ERROR_TEXT_MAX * 2] = "xxxx";
            text[shift] = '\0';
            while (strlen(text) < ERROR_TEXT_MAX + 8)
                strcat(text, characters[i]);
            struct error error = {0};
            error_set(&error, ERR_LIMIT, "%s", text);
            size_t len = strlen(error.text);
            assert_true(len < ERROR_TEXT_MAX && len >= ERROR_TEXT_MAX - 4);
            assert_true(str_is_utf8(str_of(error.text)));
            assert_memory_equal(error.text, text, len);
        }
    }
    (void)state;
}

static void every_kind_has_a_name(void **state)
{
    for (enum err kind = OK; kind <= ERR_PARKED; kind++)
        assert_string_not_equal(err_name(kind), "unknown");
    assert_string_equal(err_name((enum err)99), "unknown");
    (void)state;
}

static enum err failing(int *steps)
{
    TRY(OK);
    ++*steps;
    TRY(ERR_DENIED);
    ++*steps;
    return OK;
}

static void try_returns_the_first_failure(void **state)
{
    int steps = 0;
    assert_int_equal(failing(&steps), ERR_DENIED);
    assert_int_equal(steps, 1);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kind_text_and_offset_are_recorded),
        cmocka_unit_test(an_error_may_quote_itself),
        cmocka_unit_test(long_texts_are_cut_between_characters),
        cmocka_unit_test(every_kind_has_a_name),
        cmocka_unit_test(try_returns_the_first_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
