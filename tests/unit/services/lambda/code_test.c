// SPDX-License-Identifier: Apache-2.0
// Packages: what is unpacked, and what is not.
#include "../../fixture.h"

#include "os/file.h"
#include "services/lambda/code.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

struct fixture {
    struct arena arena;
    char *folder;
    zip_t *zip;
    zip_source_t *source;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct error error = {0};
    zip_error_t reason;
    arena_init(&f->arena);
    if (folder_make_temp(&f->arena, NULL, "code", &f->folder, &error) != OK)
        return -1;
    zip_error_init(&reason);
    f->source = zip_source_buffer_create(NULL, 0, 0, &reason);
    zip_source_keep(f->source);
    f->zip = zip_open_from_source(f->source, ZIP_TRUNCATE, &reason);
    *state = f;
    return f->zip ? 0 : -1;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    struct error error;
    (void)!folder_remove_all(f->folder, &error);
    zip_source_free(f->source);
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static void add(struct fixture *f, const char *name, const char *text, unsigned mode)
{
    zip_source_t *from = zip_source_buffer(f->zip, text, strlen(text), 0);
    zip_int64_t index = zip_file_add(f->zip, name, from, ZIP_FL_ENC_UTF_8);
    assert_true(index >= 0);
    if (mode)
        assert_int_equal(zip_file_set_external_attributes(f->zip, (zip_uint64_t)index, 0,
                                                          ZIP_OPSYS_UNIX, mode << 16),
                         0);
}

static struct str finish(struct fixture *f)
{
    zip_stat_t stat;
    assert_int_equal(zip_close(f->zip), 0);
    assert_int_equal(zip_source_open(f->source), 0);
    assert_int_equal(zip_source_stat(f->source, &stat), 0);
    char *bytes = arena_bytes(&f->arena, stat.size);
    assert_int_equal(zip_source_read(f->source, bytes, stat.size), stat.size);
    zip_source_close(f->source);
    return str_n(bytes, stat.size);
}

static char *inside(struct fixture *f, const char *name)
{
    return str_cstr(&f->arena, str_format(&f->arena, "%s/out/%s", f->folder, name));
}

static void unpacks_with_modes(void **state)
{
    struct fixture *f = *state;
    struct error error = {0};
    struct str text;
    struct stat status;
    add(f, "bootstrap", "run", 0100755);
    add(f, "data.txt", "data", 0100600);
    add(f, "deep/er/x.py", "x = 1", 0100644);
    add(f, "foreign", "y", 0); // made elsewhere
    struct str zip = finish(f);
    assert_int_equal(code_check(zip, &error), OK);
    assert_int_equal(code_unpack(zip, inside(f, ""), &error), OK);
    assert_int_equal(file_read_all(&f->arena, inside(f, "deep/er/x.py"), 100, &text, &error), OK);
    assert_true(str_is(text, "x = 1"));
    assert_int_equal(stat(inside(f, "bootstrap"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0755);
    assert_int_equal(stat(inside(f, "data.txt"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0644); // for the sandbox' user to read
}

static void bad_names_are_refused(void **state)
{
    static const char *const NAMES[] = {"../escape", "a/../../b", "/etc/passwd",
                                        "a//b",      "a\\b",      ".."};
    (void)state;
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        void *inner;
        struct error error = {0};
        assert_int_equal(setup(&inner), 0);
        add(inner, NAMES[i], "x", 0100644);
        struct str zip = finish(inner);
        assert_int_equal(code_check(zip, &error), ERR_INVALID);
        assert_int_equal(code_unpack(zip, inside(inner, ""), &error), ERR_INVALID);
        teardown(&inner);
    }
}

static void links_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error error = {0};
    add(f, "link", "/etc/passwd", 0120777);
    assert_int_equal(code_check(finish(f), &error), ERR_INVALID);
    assert_non_null(strstr(error.text, "neither a file nor a folder"));
}

static void no_zips_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error error = {0};
    assert_int_equal(code_check(S(""), &error), ERR_INVALID);
    assert_int_equal(code_check(S("not a zip at all"), &error), ERR_INVALID);
    add(f, "a", "some text that is stored", 0100644);
    struct str zip = finish(f);
    assert_int_equal(code_check(str_slice(zip, 0, zip.len / 2), &error), ERR_INVALID);
}

static void damaged_entries_are_refused(void **state)
{
    struct fixture *f = *state;
    struct error error = {0};
    add(f, "a", "0123456789012345678901234567890123456789", 0100644);
    zip_set_file_compression(f->zip, 0, ZIP_CM_STORE, 0);
    struct str zip = finish(f);
    size_t at = str_find(zip, S("012345"));
    assert_true(at != STR_NPOS);
    ((char *)zip.ptr)[at] = 'X';
    assert_int_equal(code_check(zip, &error), OK); // only reading it tells
    assert_int_equal(code_unpack(zip, inside(f, ""), &error), ERR_INVALID);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(unpacks_with_modes),  cmocka_unit_test(bad_names_are_refused), TEST(links_are_refused),
        TEST(no_zips_are_refused), TEST(damaged_entries_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
