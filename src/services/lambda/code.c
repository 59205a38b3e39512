// SPDX-License-Identifier: Apache-2.0
// Unpacking writes into a folder beside the final one and renames it into place, so that two
// launchers that meet are harmless: the second finds the folder there and throws its own away.
// Nothing is synced: the cache does not outlive us.
#include "services/lambda/code.h"

#include "os/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zip.h>

#define ENTRIES_MAX 65536
#define NAME_BYTES_MAX 1024

static enum err open_zip(struct str bytes, zip_t **out_zip, struct error *error)
{
    zip_error_t reason;
    zip_error_init(&reason);
    zip_source_t *source = zip_source_buffer_create(bytes.ptr, bytes.len, 0, &reason);
    zip_t *zip = source ? zip_open_from_source(source, ZIP_RDONLY, &reason) : NULL;
    enum err err = OK;
    if (!zip) {
        if (source)
            zip_source_free(source);
        err = error_set(
            error, ERR_INVALID,
            "Could not unzip uploaded file. Please check your file, then try to upload again.");
    }
    zip_error_fini(&reason);
    if (err == OK)
        *out_zip = zip;
    return err;
}

// Relative, without "..", empty parts or backslashes.
static bool name_ok(struct str name)
{
    if (name.len == 0 || name.len > NAME_BYTES_MAX || name.ptr[0] == '/' ||
        memchr(name.ptr, '\\', name.len))
        return false;
    struct str part, rest = name;
    if (name.ptr[name.len - 1] == '/')
        rest.len--;
    while (str_cut(&rest, '/', &part))
        if (part.len == 0 || str_is(part, ".."))
            return false;
    return true;
}

static enum err check_entry(zip_t *zip, zip_uint64_t index, zip_stat_t *out_entry, uint64_t *total,
                            struct error *error)
{
    if (zip_stat_index(zip, index, 0, out_entry) != 0 || !(out_entry->valid & ZIP_STAT_NAME))
        return error_set(error, ERR_INVALID,
                         "Could not unzip uploaded file: entry %llu has no name.",
                         (unsigned long long)index);
    if (!name_ok(str_of(out_entry->name)))
        return error_set(error, ERR_INVALID,
                         "Could not unzip uploaded file: the entry name '%.200s' is not allowed.",
                         out_entry->name);
    zip_uint8_t system;
    zip_uint32_t attributes;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) == 0 &&
        system == ZIP_OPSYS_UNIX) {
        mode_t type = (mode_t)(attributes >> 16) & S_IFMT;
        if (type != 0 && type != S_IFREG && type != S_IFDIR)
            return error_set(
                error, ERR_INVALID,
                "Could not unzip uploaded file: '%.200s' is neither a file nor a folder.",
                out_entry->name);
    }
    *total += out_entry->size;
    if (*total > CODE_UNPACKED_BYTES_MAX)
        return error_set(error, ERR_LIMIT, "Unzipped size must be smaller than %llu bytes",
                         (unsigned long long)CODE_UNPACKED_BYTES_MAX);
    return OK;
}

static enum err check_open(zip_t *zip, struct error *error)
{
    uint64_t total = 0;
    zip_int64_t count = zip_get_num_entries(zip, 0);
    if (count > ENTRIES_MAX)
        return error_set(error, ERR_LIMIT, "A package holds at most %d entries", ENTRIES_MAX);
    if (count == 0)
        return error_set(error, ERR_INVALID, "Uploaded file must be a non-empty zip");
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t entry;
        TRY(check_entry(zip, (zip_uint64_t)i, &entry, &total, error));
    }
    return OK;
}

enum err code_check(struct str bytes, struct error *error)
{
    if (bytes.len == 0)
        return error_set(error, ERR_INVALID, "Uploaded file must be a non-empty zip");
    zip_t *zip;
    TRY(open_zip(bytes, &zip, error));
    enum err err = check_open(zip, error);
    zip_discard(zip);
    return err;
}

// --- unpacking

// Everybody may read code; what was executable stays so. Zips written on other systems say nothing:
// then all is executable, as Lambda treats them.
static mode_t entry_mode(zip_t *zip, zip_uint64_t index)
{
    zip_uint8_t system;
    zip_uint32_t attributes;
    if (zip_file_get_external_attributes(zip, index, 0, &system, &attributes) != 0 ||
        system != ZIP_OPSYS_UNIX || attributes >> 16 == 0)
        return 0755;
    return (attributes >> 16) & 0111 ? 0755 : 0644;
}

static enum err copy_entry(zip_file_t *entry, int fd, uint64_t size, struct error *error)
{
    char block[65536];
    uint64_t left = size;
    for (;;) {
        zip_int64_t len = zip_fread(entry, block, sizeof block);
        if (len < 0 || (uint64_t)len > left)
            return error_set(error, ERR_INVALID,
                             "Could not unzip uploaded file: an entry is damaged.");
        if (len == 0)
            return left == 0 ? OK
                             : error_set(error, ERR_INVALID,
                                         "Could not unzip uploaded file: an entry is cut short.");
        TRY(file_append(fd, str_n(block, (size_t)len), error));
        left -= (uint64_t)len;
    }
}

static enum err unpack_file(zip_t *zip, const zip_stat_t *entry, const char *path,
                            struct error *error)
{
    zip_file_t *from = zip_fopen_index(zip, entry->index, 0);
    if (!from)
        return error_set(error, ERR_INVALID,
                         "Could not unzip uploaded file: '%.200s' cannot be read (%s).",
                         entry->name, zip_strerror(zip));
    int fd = -1;
    enum err err = file_create(path, entry_mode(zip, entry->index), &fd, error);
    if (err == OK)
        err = copy_entry(from, fd, entry->size, error);
    if (err == OK && fchmod(fd, entry_mode(zip, entry->index)) != 0)
        err = error_set(error, ERR_IO, "cannot set the mode of %s: %s", path, strerror(errno));
    file_close(fd);
    zip_fclose(from);
    return err;
}

static enum err unpack_entry(zip_t *zip, const zip_stat_t *entry, const char *folder,
                             struct error *error)
{
    char path[4096];
    int len = snprintf(path, sizeof path, "%s/%s", folder, entry->name);
    if (len < 0 || (size_t)len >= sizeof path)
        return error_set(error, ERR_LIMIT, "Could not unzip uploaded file: a name is too long.");
    if (path[len - 1] == '/')
        return folder_make(path, 0755, error);
    char *slash = strrchr(path, '/');
    *slash = 0;
    TRY(folder_make(path, 0755, error));
    *slash = '/';
    return unpack_file(zip, entry, path, error);
}

enum err code_unpack(struct str bytes, const char *folder, struct error *error)
{
    zip_t *zip;
    uint64_t total = 0;
    TRY(open_zip(bytes, &zip, error));
    enum err err = check_open(zip, error);
    if (err == OK)
        err = folder_make(folder, 0755, error);
    zip_int64_t count = zip_get_num_entries(zip, 0);
    for (zip_int64_t i = 0; err == OK && i < count; i++) {
        zip_stat_t entry;
        err = check_entry(zip, (zip_uint64_t)i, &entry, &total, error);
        if (err == OK)
            err = unpack_entry(zip, &entry, folder, error);
    }
    zip_discard(zip);
    return err;
}

static enum err unpack_beside(struct lake *lake, struct arena *arena, const struct blob *code,
                              const char *folder, struct error *error)
{
    struct str zip;
    struct tx *tx = tx_begin(lake_store(lake), true);
    enum err err = blob_read_all(tx, code, arena, CODE_ZIP_BYTES_MAX, &zip, error);
    tx_abort(tx);
    TRY(err);
    char *beside;
    TRY(folder_make_temp(arena,
                         str_cstr(arena, str_format(arena, "%s/functions", lake_folder(lake))),
                         "unpack", &beside, error));
    if (chmod(beside, 0755) != 0)
        err = error_set(error, ERR_IO, "cannot set the mode of %s: %s", beside, strerror(errno));
    if (err == OK)
        err = code_unpack(zip, beside, error);
    if (err == OK && rename(beside, folder) != 0 && !file_exists(folder))
        err = error_set(error, ERR_IO, "cannot rename %s: %s", beside, strerror(errno));
    struct error ignored;
    if (file_exists(beside))
        (void)!folder_remove_all(beside, &ignored);
    return err;
}

enum err code_folder(struct lake *lake, struct arena *arena, struct str sha256_hex,
                     const struct blob *code, char **out_folder, struct error *error)
{
    char *folder = str_cstr(
        arena, str_format(arena, "%s/functions/%.*s", lake_folder(lake), STR_ARG(sha256_hex)));
    if (!file_exists(folder)) {
        struct arena scratch;
        arena_init(&scratch);
        enum err err = unpack_beside(lake, &scratch, code, folder, error);
        arena_deinit(&scratch);
        TRY(err);
    }
    *out_folder = folder;
    return OK;
}

enum err code_open(struct lake *lake, struct error *error)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s/functions", lake_folder(lake));
    if (file_exists(folder))
        TRY(folder_remove_all(folder, error));
    return folder_make(folder, 0755, error);
}
