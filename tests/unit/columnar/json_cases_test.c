// SPDX-License-Identifier: Apache-2.0
// JSONTestSuite: what every variant takes for JSON, and what whole conversions do. The argument is
// the folder of the cases; its README says how they are judged.
#include "converting.h"

#include "columnar/simd.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

static const char *folder;

// Well-formed as a sequence of values, though not as one value.
static const char *const SEQUENCES[] = {
    "n_single_space.json", "n_structure_no_data.json", "n_structure_UTF8_BOM_no_data.json",
    "n_structure_double_array.json", "n_structure_object_with_trailing_garbage.json"};
static bool is_sequence(const char *name)
{
    for (size_t i = 0; i < COUNT_OF(SEQUENCES); i++)
        if (strcmp(SEQUENCES[i], name) == 0)
            return true;
    return false;
}

static bool is_accepted(const char *name)
{
    return name[0] == 'y' || strncmp(name, "i_number_", 9) == 0 ||
           strcmp(name, "i_structure_500_nested_arrays.json") == 0;
}

static bool has_mark(const char *name)
{
    return strcmp(name, "i_structure_UTF-8_BOM_empty_object.json") == 0;
}

typedef void case_check(struct arena *arena, const char *name, struct str text);
static void for_all(struct arena *arena, case_check *check)
{
    DIR *cases = opendir(folder);
    assert_non_null(cases);
    size_t count = 0;
    for (struct dirent *entry; (entry = readdir(cases));) {
        if (entry->d_name[0] == '.')
            continue;
        struct str text;
        struct error error = {0};
        char *path = str_cstr(arena, str_format(arena, "%s/%s", folder, entry->d_name));
        assert_int_equal(file_read_all(arena, path, 1 << 20, &text, &error), OK);
        check(arena, entry->d_name, text);
        count++;
    }
    closedir(cases);
    assert_int_equal(count, 318);
}

static void check_one_value(struct arena *arena, const char *name, struct str text)
{
    char *padded = arena_alloc(arena, text.len + SIMD_PADDING);
    if (text.len)
        memcpy(padded, text.ptr, text.len);
    for (const struct variant *const *v = variants(); *v; v++) {
        size_t failed = 0;
        struct str whole = str_n(padded, text.len);
        bool accepted = (*v)->utf8_valid(whole) && (*v)->json_check(whole, &failed);
        if (accepted != is_accepted(name))
            fail_msg("%s: %s is %s, byte %zu", (*v)->name, name, accepted ? "accepted" : "refused",
                     failed);
        assert_true(failed <= text.len);
    }
}

static void every_variant_takes_what_is_json(void **state)
{
    for_all(*state, check_one_value);
}

// Records that are no objects are rejected, but not as broken JSON.
static void check_conversion(struct arena *arena, const char *name, struct str text)
{
    for (const struct variant *const *v = variants(); *v; v++) {
        struct convert_settings settings = of_text(text);
        settings.variant = *v;
        struct converted c;
        convert(arena, settings, &c);
        if (c.err != OK)
            fail_msg("%s: %s", name, c.error.text);
        bool accepted = is_accepted(name) || is_sequence(name) || has_mark(name);
        if (accepted != (c.result.rejected_syntax == 0))
            fail_msg("%s: %s is %s: %.*s", (*v)->name, name, accepted ? "refused" : "accepted",
                     STR_ARG(buf_str(&c.rejected)));
        assert_int_equal(footer_of(arena, buf_str(&c.file))->rows, c.result.rows);
    }
}

static void conversions_reject_what_is_no_json(void **state)
{
    for_all(*state, check_conversion);
}

// As the value of a column a case is accepted where it is by itself, but for white space that ends
// lines.
static void check_as_column(struct arena *arena, const char *name, struct str text)
{
    if (name[0] == 'i')
        return;
    struct str record = str_format(arena, "{\"a\":%.*s}", STR_ARG(text));
    if (record.len != text.len + 6 || str_find_char(text, 0) != STR_NPOS)
        return; // it has a zero byte
    struct converted c;
    convert(arena, of_text(record), &c);
    assert_int_equal(c.err, OK);
    bool sequence = name[0] == 'n' && c.result.rejected == 0;
    if (sequence)
        fail_msg("%s is accepted as a value", name);
    if (name[0] == 'y' && (c.result.rejected || c.result.rows != 1))
        fail_msg("%s is refused as a value: %.*s", name, STR_ARG(buf_str(&c.rejected)));
}

static void cases_are_judged_alike_as_values_of_a_column(void **state)
{
    for_all(*state, check_as_column);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    folder = argv[1];
    const struct CMUnitTest tests[] = {
        ARENA_TEST(every_variant_takes_what_is_json),
        ARENA_TEST(conversions_reject_what_is_no_json),
        ARENA_TEST(cases_are_judged_alike_as_values_of_a_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
