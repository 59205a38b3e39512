// SPDX-License-Identifier: Apache-2.0
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#define BIG_BYTES (300 * 1024)

static struct str pattern(struct fixture *f, size_t len)
{
    char *bytes = arena_bytes(&f->arena, len + 1);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 7 + i / 251);
    return str_n(bytes, len);
}

static struct blob write_blob(struct fixture *f, struct str bytes, size_t piece)
{
    struct blob_writer *writer;
    struct blob blob;
    assert_ok(blob_writer_open(f->store, &writer, &f->error));
    for (size_t at = 0; at < bytes.len; at += piece) {
        struct str part = str_slice(bytes, at, at + piece);
        assert_ok(blob_writer_append(writer, part.ptr, part.len, &f->error));
    }
    assert_ok(blob_writer_finish(writer, &f->arena, &blob, &f->error));
    return blob;
}

static void keep(struct fixture *f, const struct blob *blob)
{
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_blob_keep(tx, blob));
    assert_ok(tx_commit(tx, &f->error));
}

static void drop(struct fixture *f, const struct blob *blob)
{
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_blob_drop(tx, blob));
    assert_ok(tx_commit(tx, &f->error));
}

// As a service does: through the JSON value that names it.
static struct blob through_json(struct fixture *f, const struct blob *blob)
{
    struct blob back;
    assert_ok(blob_from_json(blob_to_json(&f->arena, blob), &back));
    assert_int_equal(back.pending.len, 0);
    return back;
}

static enum err read_blob(struct fixture *f, const struct blob *blob, struct str *out)
{
    struct tx *tx = tx_begin(f->store, true);
    enum err result = blob_read_all(tx, blob, &f->arena, 1 << 20, out, &f->error);
    tx_abort(tx);
    return result;
}

static void every_size_comes_back(void **state)
{
    struct fixture *f = *state;
    size_t sizes[] = {0,        1, 1000, BLOB_INLINE_MAX - 1, BLOB_INLINE_MAX, BLOB_INLINE_MAX + 1,
                      BIG_BYTES};
    size_t pieces[] = {777, BLOB_INLINE_MAX, 100000};
    struct blob blobs[32];
    size_t count = 0;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        for (size_t j = 0; j < sizeof pieces / sizeof *pieces; j++) {
            struct blob blob = write_blob(f, pattern(f, sizes[i]), pieces[j]);
            assert_int_equal(blob.in_file, sizes[i] > BLOB_INLINE_MAX);
            assert_int_equal(blob.size_bytes, sizes[i]);
            keep(f, &blob);
            blobs[count++] = through_json(f, &blob);
        }
    fixture_reopen(f);
    for (size_t i = 0; i < count; i++) {
        struct str bytes;
        assert_ok(read_blob(f, &blobs[i], &bytes));
        assert_str(bytes, pattern(f, (size_t)blobs[i].size_bytes));
    }
}

static void at_once_from_memory(void **state)
{
    struct fixture *f = *state;
    struct str small = pattern(f, 100), big = pattern(f, BIG_BYTES), bytes;
    struct blob a, b;
    assert_ok(blob_of_bytes(f->store, &f->arena, small, &a, &f->error));
    assert_ok(blob_of_bytes(f->store, &f->arena, big, &b, &f->error));
    assert_false(a.in_file);
    assert_true(b.in_file);
    // Not kept yet, and readable by who made it.
    assert_ok(read_blob(f, &a, &bytes));
    assert_str(bytes, small);
    keep(f, &a);
    keep(f, &b);
    struct blob a_back = through_json(f, &a);
    assert_ok(read_blob(f, &a_back, &bytes));
    assert_str(bytes, small);
    assert_ok(read_blob(f, &b, &bytes));
    assert_str(bytes, big);
    assert_int_equal(read_blob(f, &(struct blob){.size_bytes = 2 << 20}, &bytes), ERR_LIMIT);
}

static void a_finished_file_is_adopted(void **state)
{
    struct fixture *f = *state;
    struct str content = pattern(f, BIG_BYTES), bytes;
    char *path = str_cstr(&f->arena, str_format(&f->arena, "%s/made-by-a-worker", f->folder));
    assert_ok(file_write_atomic(path, content, 0600, &f->error));
    struct blob blob;
    assert_ok(blob_adopt_file(f->store, path, &blob, &f->error));
    assert_false(file_exists(path));
    keep(f, &blob);
    assert_ok(read_blob(f, &blob, &bytes));
    assert_str(bytes, content);
    assert_true(file_exists(blob_path(f->store, &f->arena, &blob)));
    assert_int_equal(blob_adopt_file(f->store, path, &blob, &f->error), ERR_NOT_FOUND);
}

static void bad_json_is_corrupt(void **state)
{
    struct fixture *f = *state;
    struct blob blob = {.size_bytes = 3, .crc32c = UINT32_MAX, .in_file = true};
    struct blob back = through_json(f, &blob);
    assert_true(back.in_file && back.crc32c == UINT32_MAX && back.size_bytes == 3);
    static const char *const bad[] = {
        "{}",
        "null",
        "{\"id\":\"zz\",\"file\":true,\"crc\":1,\"size\":1}",
        "{\"id\":\"00000000000000000000000000000000\",\"file\":true,\"crc\":-1,\"size\":1}",
        "{\"id\":\"0000000000000000000000000000000G\",\"file\":true,\"crc\":1,\"size\":1}",
        "{\"id\":\"00000000000000000000000000000000\",\"file\":true,\"crc\":1,\"size\":-1}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct json *json;
        assert_ok(json_parse(&f->arena, str_of(bad[i]), &json, &f->error));
        assert_int_equal(blob_from_json(json, &back), ERR_CORRUPT);
    }
}

static void dropping_removes_after_the_commit_only(void **state)
{
    struct fixture *f = *state;
    struct blob blob = write_blob(f, pattern(f, BIG_BYTES), 4096);
    struct blob small = write_blob(f, pattern(f, 10), 4096);
    keep(f, &blob);
    keep(f, &small);
    small = through_json(f, &small);
    char *path = blob_path(f->store, &f->arena, &blob);
    assert_null(blob_path(f->store, &f->arena, &small));
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_blob_drop(tx, &blob));
    tx_abort(tx);
    assert_true(file_exists(path));
    drop(f, &blob);
    drop(f, &small);
    assert_false(file_exists(path));
    struct str bytes;
    // Who comes with a stale name is told to look again.
    assert_int_equal(read_blob(f, &blob, &bytes), ERR_CONFLICT);
    assert_int_equal(read_blob(f, &small, &bytes), ERR_CONFLICT);
}

static void readers_outlive_the_drop(void **state)
{
    struct fixture *f = *state;
    size_t sizes[] = {100, BIG_BYTES};
    for (int i = 0; i < 2; i++) {
        struct str content = pattern(f, sizes[i]);
        struct blob blob = write_blob(f, content, 4096);
        keep(f, &blob);
        struct blob_reader *reader;
        struct tx *tx = tx_begin(f->store, true);
        assert_ok(blob_reader_open(tx, &blob, &reader, &f->error));
        tx_abort(tx);
        assert_int_equal(blob_reader_fd(reader) >= 0, blob.in_file);
        drop(f, &blob);
        char part[50];
        assert_ok(blob_reader_read(reader, sizes[i] - 50, part, 50, &f->error));
        assert_memory_equal(part, content.ptr + sizes[i] - 50, 50);
        assert_ok(blob_reader_read(reader, sizes[i], part, 0, &f->error));
        blob_reader_close(reader);
    }
}

static void a_shared_blob_is_independent(void **state)
{
    struct fixture *f = *state;
    size_t sizes[] = {0, 100, BIG_BYTES};
    for (int i = 0; i < 3; i++) {
        struct str content = pattern(f, sizes[i]), bytes;
        struct blob blob = write_blob(f, content, 4096), copy;
        keep(f, &blob);
        struct blob named = through_json(f, &blob);
        struct tx *tx = tx_begin(f->store, false);
        assert_ok(tx_blob_share(tx, &named, &copy));
        assert_ok(tx_commit(tx, &f->error));
        assert_memory_not_equal(copy.id, blob.id, BLOB_ID_BYTES);
        drop(f, &named);
        assert_ok(read_blob(f, &copy, &bytes));
        assert_str(bytes, content);
    }
}

static void damage(struct fixture *f, const struct blob *blob)
{
    int fd = open(blob_path(f->store, &f->arena, blob), O_RDWR);
    assert_true(fd >= 0);
    char byte;
    assert_int_equal(pread(fd, &byte, 1, 1234), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 1234), 1);
    close(fd);
}

static void damage_is_found(void **state)
{
    struct fixture *f = *state;
    size_t checked, broken;
    struct str bytes;
    struct blob good = write_blob(f, pattern(f, BIG_BYTES), 4096);
    struct blob bad = write_blob(f, pattern(f, BIG_BYTES), 4096);
    struct blob lost = write_blob(f, pattern(f, BIG_BYTES), 4096);
    struct blob small = write_blob(f, pattern(f, 100), 4096);
    keep(f, &good);
    keep(f, &bad);
    keep(f, &lost);
    keep(f, &small);
    assert_ok(blob_scrub(f->store, &checked, &broken, &f->error));
    assert_int_equal(checked, 4);
    assert_int_equal(broken, 0);
    damage(f, &bad);
    assert_ok(file_remove(blob_path(f->store, &f->arena, &lost), &f->error));
    assert_int_equal(read_blob(f, &bad, &bytes), ERR_CORRUPT);
    assert_int_equal(read_blob(f, &lost, &bytes), ERR_CORRUPT);
    assert_ok(read_blob(f, &good, &bytes));
    // An inline one whose row does not match what names it.
    struct blob wrong = through_json(f, &small);
    wrong.crc32c ^= 1;
    assert_int_equal(read_blob(f, &wrong, &bytes), ERR_CORRUPT);
    assert_ok(blob_scrub(f->store, &checked, &broken, &f->error));
    assert_int_equal(checked, 4);
    assert_int_equal(broken, 2);
}

static void the_sweep_takes_garbage_only(void **state)
{
    struct fixture *f = *state;
    size_t removed;
    struct blob kept = write_blob(f, pattern(f, BIG_BYTES), 4096);
    struct blob garbage = write_blob(f, pattern(f, BIG_BYTES), 4096);
    struct blob keeping = write_blob(f, pattern(f, BIG_BYTES), 4096);
    keep(f, &kept);
    struct blob_writer *writing;
    assert_ok(blob_writer_open(f->store, &writing, &f->error));
    struct str content = pattern(f, BIG_BYTES), bytes;
    assert_ok(blob_writer_append(writing, content.ptr, content.len, &f->error));

    // Young files are left alone.
    assert_ok(blob_sweep(f->store, 60000, &removed, &f->error));
    assert_int_equal(removed, 0);
    // And so is what is being written, kept, or just being kept.
    struct tx *tx = tx_begin(f->store, false);
    assert_ok(tx_blob_keep(tx, &keeping));
    assert_ok(blob_sweep(f->store, 0, &removed, &f->error));
    assert_int_equal(removed, 1);
    assert_ok(tx_commit(tx, &f->error));
    assert_false(file_exists(blob_path(f->store, &f->arena, &garbage)));
    struct blob finished;
    assert_ok(blob_writer_finish(writing, &f->arena, &finished, &f->error));
    keep(f, &finished);
    assert_ok(read_blob(f, &finished, &bytes));
    assert_ok(read_blob(f, &kept, &bytes));
    assert_ok(read_blob(f, &keeping, &bytes));

    // Kept too late.
    tx = tx_begin(f->store, false);
    assert_int_equal(tx_blob_keep(tx, &garbage), ERR_CORRUPT);
    tx_abort(tx);
    assert_ok(blob_sweep(f->store, 0, &removed, &f->error));
    assert_int_equal(removed, 0);
}

static size_t count_files(struct fixture *f, const char *folder)
{
    struct folder_entry *entries;
    size_t count, files = 0;
    char *path = str_cstr(&f->arena, str_format(&f->arena, "%s/%s", f->folder, folder));
    assert_ok(folder_list(&f->arena, path, &entries, &count, &f->error));
    for (size_t i = 0; i < count; i++) {
        char *inner =
            str_cstr(&f->arena, str_format(&f->arena, "%s/%.*s", folder, STR_ARG(entries[i].name)));
        files += entries[i].is_folder ? count_files(f, inner) : 1;
    }
    return files;
}

static void abandoned_uploads_leave_nothing(void **state)
{
    struct fixture *f = *state;
    struct blob_writer *writer;
    struct str content = pattern(f, BIG_BYTES);
    assert_ok(blob_writer_open(f->store, &writer, &f->error));
    assert_ok(blob_writer_append(writer, content.ptr, content.len, &f->error));
    assert_int_equal(count_files(f, "blobs/tmp"), 1);
    blob_writer_abandon(writer);
    blob_writer_abandon(NULL);
    assert_int_equal(count_files(f, "blobs"), 0);
    // What a killed process left is gone at the next start.
    char *path = str_cstr(&f->arena, str_format(&f->arena, "%s/blobs/tmp/%032d", f->folder, 7));
    assert_ok(file_write_atomic(path, S("half"), 0600, &f->error));
    fixture_reopen(f);
    assert_int_equal(count_files(f, "blobs"), 0);
}

// --- faults: the n-th system call of an upload fails

struct faults {
    int countdown;
    bool happened;
};

static int fail_once(void *context, const char *operation)
{
    struct faults *faults = context;
    if (faults->countdown-- != 0)
        return 0;
    faults->happened = true;
    return ENOSPC;
}

static enum err upload(struct fixture *f, struct str content, struct blob *out_blob)
{
    struct blob_writer *writer;
    TRY(blob_writer_open(f->store, &writer, &f->error));
    for (size_t at = 0; at < content.len; at += 20000) {
        struct str part = str_slice(content, at, at + 20000);
        enum err result = blob_writer_append(writer, part.ptr, part.len, &f->error);
        if (result != OK) {
            blob_writer_abandon(writer);
            return result;
        }
    }
    return blob_writer_finish(writer, &f->arena, out_blob, &f->error);
}

static void whatever_fails_nothing_half_is_left(void **state)
{
    struct fixture *f = *state;
    struct str content = pattern(f, 100000), bytes;
    int n = 0;
    for (;; n++) {
        struct faults faults = {.countdown = n};
        struct blob blob;
        file_set_fault(fail_once, &faults);
        enum err result = upload(f, content, &blob);
        file_set_fault(NULL, NULL);
        if (!faults.happened) {
            assert_ok(result);
            keep(f, &blob);
            assert_ok(read_blob(f, &blob, &bytes));
            assert_str(bytes, content);
            break;
        }
        assert_int_equal(result, ERR_IO);
        assert_non_null(strstr(f->error.text, "No space left on device"));
        assert_int_equal(count_files(f, "blobs"), 0);
    }
    assert_true(n >= 8); // create, five writes, sync, rename, folder sync: they all were hit
}

// --- backup

static void a_backup_is_a_store(void **state)
{
    struct fixture *f = *state;
    struct str content = pattern(f, BIG_BYTES), bytes;
    struct blob kept = write_blob(f, content, 4096), unkept = write_blob(f, content, 4096);
    struct blob small = write_blob(f, pattern(f, 100), 4096);
    keep(f, &kept);
    keep(f, &small);
    put_now(f, "a", "then");
    char *to = str_cstr(&f->arena, str_format(&f->arena, "%s/backup", f->folder));
    assert_ok(store_backup(f->store, to, &f->error));
    assert_int_equal(store_backup(f->store, to, &f->error), ERR_EXISTS);
    // The original goes on.
    put_now(f, "a", "later");
    drop(f, &kept);

    struct fixture copy = *f;
    copy.folder = to;
    fixture_open(&copy);
    assert_str(get_now(&copy, "a"), S("then"));
    assert_ok(read_blob(&copy, &kept, &bytes));
    assert_str(bytes, content);
    small = through_json(f, &small);
    assert_ok(read_blob(&copy, &small, &bytes));
    size_t checked, broken, removed;
    assert_ok(blob_scrub(copy.store, &checked, &broken, &f->error));
    assert_int_equal(broken, 0);
    assert_ok(blob_sweep(copy.store, 0, &removed, &f->error));
    assert_int_equal(removed, 1);
    assert_true(file_exists(blob_path(f->store, &f->arena, &unkept)));
    put_now(&copy, "a", "elsewhere");
    store_close(copy.store);
    assert_str(get_now(f, "a"), S("later"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_size_comes_back),
        TEST(at_once_from_memory),
        TEST(a_finished_file_is_adopted),
        TEST(bad_json_is_corrupt),
        TEST(dropping_removes_after_the_commit_only),
        TEST(readers_outlive_the_drop),
        TEST(a_shared_blob_is_independent),
        TEST(damage_is_found),
        TEST(the_sweep_takes_garbage_only),
        TEST(abandoned_uploads_leave_nothing),
        TEST(whatever_fails_nothing_half_is_left),
        TEST(a_backup_is_a_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
