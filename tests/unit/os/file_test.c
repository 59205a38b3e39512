// SPDX-License-Identifier: Apache-2.0
#include "os/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct fixture {
    struct arena arena;
    char *folder;
    struct error error;
};

#define assert_ok(expr) assert_int_equal((expr), OK)

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    arena_init(&f->arena);
    assert_ok(folder_make_temp(&f->arena, NULL, "tarn-file", &f->folder, &f->error));
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    file_set_fault(NULL, NULL);
    assert_ok(folder_remove_all(f->folder, &f->error));
    assert_false(file_exists(f->folder));
    assert_ok(folder_remove_all(f->folder, &f->error)); // absent is fine
    arena_deinit(&f->arena);
    free(f);
    return 0;
}

static const char *in(struct fixture *f, const char *name)
{
    return str_cstr(&f->arena, str_format(&f->arena, "%s/%s", f->folder, name));
}

static void assert_content(struct fixture *f, const char *name, const char *expected)
{
    struct str content;
    assert_ok(file_read_all(&f->arena, in(f, name), 1000, &content, &f->error));
    assert_int_equal(content.len, strlen(expected));
    assert_memory_equal(content.ptr, expected, content.len);
}

static void writes_replace_whole_files(void **state)
{
    struct fixture *f = *state;
    assert_ok(file_write_atomic(in(f, "a"), S("one"), 0640, &f->error));
    assert_content(f, "a", "one");
    assert_ok(file_write_atomic(in(f, "a"), S(""), 0600, &f->error));
    assert_content(f, "a", "");
    struct stat status;
    assert_int_equal(stat(in(f, "a"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void reading_says_what_is_wrong(void **state)
{
    struct fixture *f = *state;
    struct str content = S("untouched");
    assert_int_equal(file_read_all(&f->arena, in(f, "none"), 10, &content, &f->error),
                     ERR_NOT_FOUND);
    assert_non_null(strstr(f->error.text, "/none"));
    assert_non_null(strstr(f->error.text, "No such file"));
    assert_ok(file_write_atomic(in(f, "a"), S("0123456789x"), 0600, &f->error));
    assert_int_equal(file_read_all(&f->arena, in(f, "a"), 10, &content, &f->error), ERR_LIMIT);
    assert_memory_equal(content.ptr, "untouched", 9);
    assert_ok(file_read_all(&f->arena, in(f, "a"), 11, &content, &f->error));
    assert_ok(
        file_read_all(&f->arena, "/proc/self/stat", 10000, &content, &f->error)); // says size 0
    assert_true(content.len > 0);
    assert_int_equal(file_read_all(&f->arena, f->folder, 10, &content, &f->error), ERR_IO);
}

static void pieces_at_offsets(void **state)
{
    struct fixture *f = *state;
    int fd, again;
    assert_ok(file_create(in(f, "a"), 0600, &fd, &f->error));
    assert_int_equal(file_create(in(f, "a"), 0600, &again, &f->error), ERR_EXISTS);
    assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    assert_ok(file_append(fd, S("hello "), &f->error));
    assert_ok(file_append(fd, S("world"), &f->error));
    assert_ok(file_sync(fd, &f->error));
    char part[6] = {0};
    assert_ok(file_read_at(fd, 6, part, 5, &f->error));
    assert_string_equal(part, "world");
    assert_int_equal(file_read_at(fd, 7, part, 5, &f->error), ERR_IO);
    assert_non_null(strstr(f->error.text, "too early"));
    file_close(fd);
    file_close(-1);
    assert_ok(file_open_read(in(f, "a"), &fd, &f->error));
    assert_int_equal(file_append(fd, S("x"), &f->error), ERR_IO);
    assert_non_null(strstr(f->error.text, "/a")); // named though only the descriptor was given
    file_close(fd);
    uint64_t size;
    assert_ok(file_size(in(f, "a"), &size, &f->error));
    assert_int_equal(size, 11);
}

static void names_move_and_multiply(void **state)
{
    struct fixture *f = *state;
    assert_ok(file_write_atomic(in(f, "a"), S("A"), 0600, &f->error));
    assert_ok(file_link(in(f, "a"), in(f, "b"), &f->error));
    assert_int_equal(file_link(in(f, "a"), in(f, "b"), &f->error), ERR_EXISTS);
    assert_int_equal(file_link(in(f, "none"), in(f, "c"), &f->error), ERR_NOT_FOUND);
    assert_ok(file_rename(in(f, "a"), in(f, "c"), &f->error));
    assert_int_equal(file_rename(in(f, "a"), in(f, "c"), &f->error), ERR_NOT_FOUND);
    assert_ok(file_remove(in(f, "c"), &f->error));
    assert_ok(file_remove(in(f, "c"), &f->error)); // absent is fine
    assert_content(f, "b", "A");
    int64_t age_ms;
    assert_ok(file_age(in(f, "b"), &age_ms, &f->error));
    assert_true(age_ms > -1000 && age_ms < 60000);
    assert_int_equal(file_age(in(f, "c"), &age_ms, &f->error), ERR_NOT_FOUND);
}

static void folders_with_parents(void **state)
{
    struct fixture *f = *state;
    assert_ok(folder_make(in(f, "x/y//z/"), 0700, &f->error));
    assert_ok(folder_make(in(f, "x/y/z"), 0700, &f->error)); // existing is fine
    assert_ok(file_write_atomic(in(f, "x/y/z/file"), S("12345"), 0600, &f->error));
    assert_int_equal(folder_make(in(f, "x/y/z/file/w"), 0700, &f->error), ERR_IO);
    assert_int_equal(symlink("/", in(f, "x/link")), 0); // must be removed, not followed
    assert_ok(folder_sync(in(f, "x"), &f->error));
    assert_int_equal(folder_sync(in(f, "none"), &f->error), ERR_NOT_FOUND);
    assert_ok(folder_remove_all(in(f, "x"), &f->error));
    assert_false(file_exists(in(f, "x")));
    assert_true(file_exists("/proc"));
}

static void lists_are_sorted(void **state)
{
    struct fixture *f = *state;
    assert_ok(file_write_atomic(in(f, "b"), S("22"), 0600, &f->error));
    assert_ok(file_write_atomic(in(f, ".hidden"), S(""), 0600, &f->error));
    assert_ok(folder_make(in(f, "a"), 0700, &f->error));
    struct folder_entry *entries;
    size_t count;
    assert_ok(folder_list(&f->arena, f->folder, &entries, &count, &f->error));
    assert_int_equal(count, 3);
    assert_true(str_is(entries[0].name, ".hidden"));
    assert_true(str_is(entries[1].name, "a") && entries[1].is_folder);
    assert_true(str_is(entries[2].name, "b") && !entries[2].is_folder);
    assert_int_equal(entries[2].size_bytes, 2);
    assert_ok(folder_list(&f->arena, in(f, "a"), &entries, &count, &f->error));
    assert_int_equal(count, 0);
    assert_int_equal(folder_list(&f->arena, in(f, "none"), &entries, &count, &f->error),
                     ERR_NOT_FOUND);
}

static void a_lock_is_held_by_one(void **state)
{
    struct fixture *f = *state;
    int fd, second;
    assert_ok(file_lock(in(f, "lock"), &fd, &f->error));
    assert_int_equal(file_lock(in(f, "lock"), &second, &f->error), ERR_EXISTS);
    assert_non_null(strstr(f->error.text, "held by another process"));
    pid_t child = fork();
    if (child == 0)
        _exit(file_lock(in(f, "lock"), &second, NULL) == ERR_EXISTS ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    file_close(fd);
    assert_ok(file_lock(in(f, "lock"), &second, &f->error));
    file_close(second);
}

// --- faults

struct faults {
    int countdown; // which call fails
    const char *failed;
};

static int fail_once(void *context, const char *operation)
{
    struct faults *faults = context;
    if (faults->countdown-- != 0)
        return 0;
    faults->failed = operation;
    return EIO;
}

static void an_atomic_write_is_all_or_nothing(void **state)
{
    struct fixture *f = *state;
    assert_ok(file_write_atomic(in(f, "a"), S("before"), 0600, &f->error));
    static const char *const operations[] = {"create", "write", "sync", "rename", "sync", NULL};
    for (int i = 0; i < 6; i++) {
        struct faults faults = {.countdown = i};
        file_set_fault(fail_once, &faults);
        enum err result = file_write_atomic(in(f, "a"), S("after"), 0600, &f->error);
        file_set_fault(NULL, NULL);
        assert_int_equal(result, i < 5 ? ERR_IO : OK);
        if (i < 5) {
            assert_string_equal(faults.failed, operations[i]);
            assert_non_null(strstr(f->error.text, "Input/output error"));
        }
        // Renamed before the folder's sync failed: new, whole, and reported as not known to be
        // durable.
        assert_content(f, "a", i < 4 ? "before" : "after");
        struct folder_entry *entries;
        size_t count;
        assert_ok(folder_list(&f->arena, f->folder, &entries, &count, &f->error));
        assert_int_equal(count, 1); // nothing beside it
    }
}

static void every_changing_call_can_be_made_to_fail(void **state)
{
    struct fixture *f = *state;
    int fd, other;
    assert_ok(file_create(in(f, "a"), 0600, &fd, &f->error));
    struct faults faults;
#define FAILS(operation, call)                                                                     \
    do {                                                                                           \
        faults = (struct faults){0};                                                               \
        file_set_fault(fail_once, &faults);                                                        \
        assert_int_equal((call), ERR_IO);                                                          \
        assert_string_equal(faults.failed, (operation));                                           \
        file_set_fault(NULL, NULL);                                                                \
    } while (0)
    FAILS("create", file_create(in(f, "b"), 0600, &other, &f->error));
    FAILS("create", folder_make(in(f, "c"), 0700, &f->error));
    FAILS("create", file_link(in(f, "a"), in(f, "d"), &f->error));
    FAILS("write", file_append(fd, S("x"), &f->error));
    FAILS("sync", file_sync(fd, &f->error));
    FAILS("sync", folder_sync(f->folder, &f->error));
    FAILS("rename", file_rename(in(f, "a"), in(f, "e"), &f->error));
    file_close(fd);
    assert_content(f, "a", "");
    assert_false(file_exists(in(f, "b")) || file_exists(in(f, "c")) || file_exists(in(f, "d")));
}

static size_t files_in_folder(struct fixture *f)
{
    struct folder_entry *entries;
    size_t count;
    assert_ok(folder_list(&f->arena, f->folder, &entries, &count, &f->error));
    return count;
}

static int unnamed_file(struct fixture *f, const char *content)
{
    int fd = -1;
    assert_ok(file_create_unnamed(f->folder, 0640, &fd, &f->error));
    assert_ok(file_append(fd, str_of(content), &f->error));
    return fd;
}

static void unnamed_files_have_a_name_once_they_are_published(void **state)
{
    struct fixture *f = *state;
    struct stat info;
    int fd = unnamed_file(f, "one");
    assert_false(file_exists(in(f, "named")));
    assert_ok(file_publish(fd, in(f, "named"), &f->error));
    file_close(fd);
    assert_content(f, "named", "one");
    assert_int_equal(stat(in(f, "named"), &info), 0);
    assert_int_equal(info.st_mode & 0777 & ~0640u, 0);
    fd = unnamed_file(f, "another"); // over what is there
    assert_ok(file_publish(fd, in(f, "named"), &f->error));
    file_close(fd);
    assert_content(f, "named", "another");
    assert_int_equal(files_in_folder(f), 1);
}

static void unnamed_files_leave_nothing(void **state)
{
    struct fixture *f = *state;
    file_discard(unnamed_file(f, "gone"));
    int fd = unnamed_file(f, "nowhere to go");
    assert_int_equal(file_publish(fd, in(f, "missing/named"), &f->error), ERR_NOT_FOUND);
    file_discard(fd);
    assert_int_equal(files_in_folder(f), 0);
}

static void reading_goes_on_from_where_it_is(void **state)
{
    struct fixture *f = *state;
    char bytes[4];
    size_t len;
    int fd = unnamed_file(f, "sixsix");
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_ok(file_read_some(fd, bytes, sizeof bytes, &len, &f->error));
    assert_int_equal(len, 4);
    assert_ok(file_read_some(fd, bytes, sizeof bytes, &len, &f->error));
    assert_int_equal(len, 2);
    assert_memory_equal(bytes, "ix", 2);
    assert_ok(file_read_some(fd, bytes, sizeof bytes, &len, &f->error));
    assert_int_equal(len, 0);
    file_discard(fd);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(writes_replace_whole_files),
        TEST(reading_says_what_is_wrong),
        TEST(pieces_at_offsets),
        TEST(names_move_and_multiply),
        TEST(folders_with_parents),
        TEST(lists_are_sorted),
        TEST(a_lock_is_held_by_one),
        TEST(an_atomic_write_is_all_or_nothing),
        TEST(every_changing_call_can_be_made_to_fail),
        TEST(unnamed_files_have_a_name_once_they_are_published),
        TEST(unnamed_files_leave_nothing),
        TEST(reading_goes_on_from_where_it_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
