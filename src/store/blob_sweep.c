// SPDX-License-Identifier: Apache-2.0
// Housekeeping of blobs: the sweep, the scrub, the backup.
//
// The sweep takes the lock of a file's row before it removes the file, so it never meets a
// transaction that is just keeping it: the lock is not to be had, and the file is left for next
// time.
#include "store/internal.h"

#include "base/digest.h"
#include "os/file.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SCRUB_CHUNK_BYTES ((size_t)256 << 10)

// --- sweep

struct sweep {
    struct store *store;
    int64_t older_than_ms;
    size_t removed;
};

static enum err remove_if_unkept(struct sweep *sweep, const char *path,
                                 const uint8_t id[BLOB_ID_BYTES], struct error *error)
{
    struct tx *tx = tx_begin(sweep->store, false);
    struct key key;
    struct str row;
    blob_key(&key, KEYSPACE_STORE_BLOB_FILE, id);
    enum err kept = tx_lock(tx, &key, &tx->arena, &row);
    enum err result = kept;
    if (kept == ERR_NOT_FOUND) {
        result = file_remove(path, error);
        sweep->removed += result == OK;
    }
    tx_abort(tx);
    return result == ERR_CONFLICT ? OK : result;
}

static enum err sweep_file(struct sweep *sweep, const char *folder, struct str name,
                           struct error *error)
{
    uint8_t id[BLOB_ID_BYTES];
    char *path;
    int len = asprintf(&path, "%s/%.*s", folder, STR_ARG(name));
    assert(len > 0);
    int64_t age_ms;
    enum err result = OK;
    if (!blob_unhex(name, id) || blob_is_being_written(sweep->store, id))
        goto out; // not ours, or not finished
    result = file_age(path, &age_ms, error);
    if (result == OK && age_ms >= sweep->older_than_ms) {
        struct key key;
        bool kept;
        result = store_has(sweep->store, blob_key(&key, KEYSPACE_STORE_BLOB_FILE, id), &kept);
        if (result == OK && !kept)
            result = remove_if_unkept(sweep, path, id, error);
    }
    if (result == ERR_NOT_FOUND)
        result = OK; // gone meanwhile: dropped, or finished and moved
out:
    free(path);
    return result;
}

// Calls visit for every file in the folders below blobs/.
static enum err each_file(struct store *store,
                          enum err visit(void *context, const char *folder, struct str name,
                                         struct error *error),
                          void *context, struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    struct folder_entry *folders, *files;
    size_t folder_count, file_count;
    enum err result = folder_list(&arena, store->blob_folder, &folders, &folder_count, error);
    for (size_t i = 0; i < folder_count && result == OK; i++) {
        if (!folders[i].is_folder)
            continue;
        struct arena inner;
        arena_init(&inner);
        struct str path =
            str_format(&inner, "%s/%.*s", store->blob_folder, STR_ARG(folders[i].name));
        char *folder = str_cstr(&inner, path);
        result = folder_list(&inner, folder, &files, &file_count, error);
        for (size_t j = 0; j < file_count && result == OK; j++)
            if (!files[j].is_folder)
                result = visit(context, folder, files[j].name, error);
        arena_deinit(&inner);
    }
    arena_deinit(&arena);
    return result;
}

static enum err sweep_visit(void *context, const char *folder, struct str name, struct error *error)
{
    return sweep_file(context, folder, name, error);
}

enum err blob_sweep(struct store *store, int64_t older_than_ms, size_t *out_removed,
                    struct error *error)
{
    struct sweep sweep = {.store = store, .older_than_ms = older_than_ms};
    pthread_rwlock_rdlock(&store->unlink_lock);
    enum err result = each_file(store, sweep_visit, &sweep, error);
    pthread_rwlock_unlock(&store->unlink_lock);
    *out_removed = sweep.removed;
    return result;
}

// --- scrub

static enum err scrub_file(struct store *store, const uint8_t id[BLOB_ID_BYTES], struct str row)
{
    struct cursor cursor = cursor_of(row);
    cursor_u8(&cursor);
    uint64_t size = cursor_u64le(&cursor), at = 0;
    uint32_t expected = cursor_u32le(&cursor), crc = 0;
    char *path = blob_file_path(store->blob_folder, id);
    uint64_t found_size;
    int fd = -1;
    enum err result = cursor.failed ? ERR_CORRUPT : file_size(path, &found_size, NULL);
    if (result == OK && found_size != size)
        result = ERR_CORRUPT;
    if (result == OK)
        result = file_open_read(path, &fd, NULL);
    char *chunk = malloc(SCRUB_CHUNK_BYTES);
    assert(chunk);
    while (result == OK && at < size) {
        size_t len = size - at < SCRUB_CHUNK_BYTES ? (size_t)(size - at) : SCRUB_CHUNK_BYTES;
        result = file_read_at(fd, at, chunk, len, NULL);
        if (result == OK)
            crc = crc32c(crc, chunk, len);
        at += len;
    }
    free(chunk);
    free(path);
    file_close(fd);
    return result == OK && crc != expected ? ERR_CORRUPT : result;
}

static enum err scrub_inline(struct store *store, const uint8_t id[BLOB_ID_BYTES], struct str row)
{
    struct cursor cursor = cursor_of(row);
    cursor_u8(&cursor);
    uint32_t expected = cursor_u32le(&cursor);
    struct str bytes = cursor_take(&cursor, cursor_left(&cursor));
    return cursor.failed || crc32c(0, bytes.ptr, bytes.len) != expected ? ERR_CORRUPT : OK;
}

static enum err scrub_keyspace(struct store *store, enum keyspace keyspace,
                               enum err check(struct store *, const uint8_t *, struct str),
                               size_t *checked, size_t *broken)
{
    struct tx *tx = tx_begin(store, true);
    struct key prefix;
    struct scan *scan = scan_open(tx, key_start(&prefix, keyspace), NULL, false);
    struct str key, row;
    enum err result;
    while ((result = scan_next(scan, &key, &row)) == OK) {
        const uint8_t *id = (const uint8_t *)key.ptr + 2;
        bool whole = key.len == 2 + BLOB_ID_BYTES;
        (*checked)++;
        if (whole && check(store, id, row) == OK)
            continue;
        struct key same;
        bool kept = true;
        if (whole && store_has(store, blob_key(&same, keyspace, id), &kept) == OK && !kept)
            continue; // dropped while we looked
        char hex[BLOB_HEX_LEN + 1] = "?";
        if (whole)
            blob_hex(id, hex);
        log_event(store->log, LOG_ERROR, "store", "scrub: blob %s is broken", hex);
        (*broken)++;
    }
    scan_close(scan);
    tx_abort(tx);
    return result == ERR_NOT_FOUND ? OK : result;
}

enum err blob_scrub(struct store *store, size_t *out_checked, size_t *out_broken,
                    struct error *error)
{
    size_t checked = 0, broken = 0;
    enum err result =
        scrub_keyspace(store, KEYSPACE_STORE_BLOB_INLINE, scrub_inline, &checked, &broken);
    if (result == OK)
        result = scrub_keyspace(store, KEYSPACE_STORE_BLOB_FILE, scrub_file, &checked, &broken);
    if (result != OK)
        return error_set(error, result, "the scrub could not read the store");
    *out_checked = checked;
    *out_broken = broken;
    return OK;
}

// --- backup

static enum err checkpoint(struct store *store, const char *to, struct error *error)
{
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint =
        rocksdb_transactiondb_checkpoint_object_create(store->db, &message);
    TRY(store_status(store, message, "begin a backup", error));
    rocksdb_checkpoint_create(checkpoint, to, 0, &message);
    rocksdb_checkpoint_object_destroy(checkpoint);
    return store_status(store, message, "back up the store", error);
}

struct backup {
    const char *blob_folder; // of the copy
};

static enum err link_visit(void *context, const char *folder, struct str name, struct error *error)
{
    struct backup *backup = context;
    uint8_t id[BLOB_ID_BYTES];
    if (!blob_unhex(name, id) || strcmp(strrchr(folder, '/'), "/tmp") == 0)
        return OK;
    char *from, *to = blob_file_path(backup->blob_folder, id);
    int len = asprintf(&from, "%s/%.*s", folder, STR_ARG(name));
    assert(len > 0);
    enum err result = file_link(from, to, error);
    free(from);
    free(to);
    return result;
}

static enum err make_folders(const char *blob_folder, struct error *error)
{
    for (int i = 0; i < BLOB_FOLDERS; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%02x", blob_folder, (unsigned)i);
        TRY(folder_make(path, 0700, error));
    }
    return OK;
}

static enum err sync_folders(const char *to_folder, const char *blob_folder, struct error *error)
{
    for (int i = 0; i < BLOB_FOLDERS; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%02x", blob_folder, (unsigned)i);
        TRY(folder_sync(path, error));
    }
    TRY(folder_sync(blob_folder, error));
    return folder_sync(to_folder, error);
}

// With the unlink lock held for writing: what the checkpoint names cannot go before it is linked.
// What is linked and not named is garbage, which the copy's own sweep removes.
static enum err backup_locked(struct store *store, const char *to_folder, struct arena *arena,
                              struct error *error)
{
    char *db = str_cstr(arena, str_format(arena, "%s/store", to_folder));
    char *blobs = str_cstr(arena, str_format(arena, "%s/blobs", to_folder));
    if (file_exists(db) || file_exists(blobs))
        return error_set(error, ERR_EXISTS, "%s has a store already", to_folder);
    TRY(folder_make(to_folder, 0700, error));
    TRY(make_folders(blobs, error));
    TRY(checkpoint(store, db, error));
    struct backup backup = {.blob_folder = blobs};
    TRY(each_file(store, link_visit, &backup, error));
    return sync_folders(to_folder, blobs, error);
}

enum err store_backup(struct store *store, const char *to_folder, struct error *error)
{
    struct arena arena;
    arena_init(&arena);
    pthread_rwlock_wrlock(&store->unlink_lock);
    enum err result = backup_locked(store, to_folder, &arena, error);
    pthread_rwlock_unlock(&store->unlink_lock);
    arena_deinit(&arena);
    return result;
}
