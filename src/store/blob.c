// SPDX-License-Identifier: Apache-2.0
// Blobs that are finished: keeping, dropping, sharing, reading.
//
// Rows: KEYSPACE_STORE_BLOB_INLINE holds version, CRC32C and the bytes; KEYSPACE_STORE_BLOB_FILE
// version, size and CRC32C of a file. A reader of a snapshot may find that the file has gone since:
// then the row has gone too, and the answer is ERR_CONFLICT, upon which the transaction is run
// again and sees what is there now. Gone with its row still there is ERR_CORRUPT.
#include "store/internal.h"

#include "base/digest.h"
#include "os/file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define ROW_VERSION 1
#define INLINE_HEAD_BYTES 5

struct key *blob_key(struct key *key, enum keyspace keyspace, const uint8_t id[BLOB_ID_BYTES])
{
    return key_raw(key_start(key, keyspace), str_n((const char *)id, BLOB_ID_BYTES));
}

struct json *blob_to_json(struct arena *arena, const struct blob *blob)
{
    char hex[BLOB_HEX_LEN + 1];
    blob_hex(blob->id, hex);
    struct json *value = json_object(arena);
    json_set_str(arena, value, "id", str_dup(arena, str_of(hex)));
    json_set_bool(arena, value, "file", blob->in_file);
    json_set_i64(arena, value, "crc", blob->crc32c);
    json_set_i64(arena, value, "size", (int64_t)blob->size_bytes);
    return value;
}

enum err blob_from_json(const struct json *json, struct blob *out_blob)
{
    struct blob blob = {.in_file = json_bool_or(json, "file", false)};
    int64_t crc = json_i64_or(json, "crc", -1), size = json_i64_or(json, "size", -1);
    if (!blob_unhex(json_str(json, "id"), blob.id) || crc < 0 || crc > UINT32_MAX || size < 0)
        return ERR_CORRUPT;
    blob.crc32c = (uint32_t)crc;
    blob.size_bytes = (uint64_t)size;
    *out_blob = blob;
    return OK;
}

char *blob_path(struct store *store, struct arena *arena, const struct blob *blob)
{
    if (!blob->in_file)
        return NULL;
    char *path = blob_file_path(store->blob_folder, blob->id);
    char *copy = str_cstr(arena, str_of(path));
    free(path);
    return copy;
}

// --- keeping and dropping

static enum err put_inline(struct tx *tx, const struct blob *blob, struct str bytes)
{
    struct key key;
    blob_key(&key, KEYSPACE_STORE_BLOB_INLINE, blob->id);
    char row[INLINE_HEAD_BYTES + BLOB_INLINE_MAX];
    assert(bytes.len == blob->size_bytes && bytes.len <= BLOB_INLINE_MAX);
    row[0] = ROW_VERSION;
    for (int i = 0; i < 4; i++)
        row[1 + i] = (char)(blob->crc32c >> (8 * i));
    if (bytes.len)
        memcpy(row + INLINE_HEAD_BYTES, bytes.ptr, bytes.len);
    return tx_put(tx, &key, str_n(row, INLINE_HEAD_BYTES + bytes.len));
}

static enum err put_file_row(struct tx *tx, const struct blob *blob)
{
    struct key key;
    blob_key(&key, KEYSPACE_STORE_BLOB_FILE, blob->id);
    struct buf row = buf_in(&tx->arena, 64);
    buf_put_u8(&row, ROW_VERSION);
    buf_put_u64le(&row, blob->size_bytes);
    buf_put_u32le(&row, blob->crc32c);
    return tx_put(tx, &key, buf_str(&row));
}

enum err tx_blob_keep(struct tx *tx, const struct blob *blob)
{
    if (!blob->in_file)
        return put_inline(tx, blob, blob->pending);
    TRY(put_file_row(tx, blob));
    // The row's lock is ours now, so no sweep takes the file any more; but one may have done so
    // before.
    char *path = blob_file_path(tx->store->blob_folder, blob->id);
    bool there = file_exists(path);
    free(path);
    if (there)
        return OK;
    log_event(tx->store->log, LOG_ERROR, "store", "a blob was swept before it was kept");
    return ERR_CORRUPT;
}

struct dropped {
    struct store *store;
    uint8_t id[BLOB_ID_BYTES];
};

static void unlink_dropped(void *context)
{
    struct dropped *dropped = context;
    struct store *store = dropped->store;
    if (pthread_rwlock_tryrdlock(&store->unlink_lock) != 0)
        return; // a backup is linking files: the sweep removes this one later
    char *path = blob_file_path(store->blob_folder, dropped->id);
    struct error error = {0};
    if (file_remove(path, &error) != OK)
        log_event(store->log, LOG_WARN, "store", "%s; left to the sweep", error.text);
    free(path);
    pthread_rwlock_unlock(&store->unlink_lock);
}

enum err tx_blob_drop(struct tx *tx, const struct blob *blob)
{
    struct key key;
    if (!blob->in_file)
        return tx_delete(tx, blob_key(&key, KEYSPACE_STORE_BLOB_INLINE, blob->id));
    TRY(tx_delete(tx, blob_key(&key, KEYSPACE_STORE_BLOB_FILE, blob->id)));
    struct dropped dropped = {.store = tx->store};
    memcpy(dropped.id, blob->id, BLOB_ID_BYTES);
    tx_after_commit(tx, unlink_dropped, &dropped, sizeof dropped);
    return OK;
}

// A file that is named by what a transaction has read was not found.
static enum err file_missing(struct tx *tx, const struct blob *blob, struct error *error)
{
    struct key key;
    bool kept;
    TRY(store_has(tx->store, blob_key(&key, KEYSPACE_STORE_BLOB_FILE, blob->id), &kept));
    char hex[BLOB_HEX_LEN + 1];
    blob_hex(blob->id, hex);
    if (!kept)
        return error_set(error, ERR_CONFLICT, "blob %s was dropped meanwhile", hex);
    log_event(tx->store->log, LOG_ERROR, "store", "the file of blob %s is missing", hex);
    return error_set(error, ERR_CORRUPT, "the file of blob %s is missing", hex);
}

// The bytes of an inline blob, checksum verified.
static enum err get_inline(struct tx *tx, const struct blob *blob, struct arena *arena,
                           struct str *out_bytes, struct error *error)
{
    char hex[BLOB_HEX_LEN + 1];
    blob_hex(blob->id, hex);
    struct str row;
    struct key key;
    enum err found = tx_get(tx, blob_key(&key, KEYSPACE_STORE_BLOB_INLINE, blob->id), arena, &row);
    if (found == ERR_NOT_FOUND && (blob->pending.len > 0 || blob->size_bytes == 0)) {
        *out_bytes = blob->pending; // not kept yet
        return OK;
    }
    if (found == ERR_NOT_FOUND)
        return error_set(error, ERR_CONFLICT, "blob %s was dropped meanwhile", hex);
    TRY(found);
    struct cursor cursor = cursor_of(row);
    uint8_t version = cursor_u8(&cursor);
    uint32_t crc = cursor_u32le(&cursor);
    struct str bytes = cursor_take(&cursor, cursor_left(&cursor));
    if (cursor.failed || version != ROW_VERSION || bytes.len != blob->size_bytes ||
        crc != blob->crc32c || crc32c(0, bytes.ptr, bytes.len) != crc) {
        log_event(tx->store->log, LOG_ERROR, "store", "blob %s is corrupt", hex);
        return error_set(error, ERR_CORRUPT, "blob %s is corrupt", hex);
    }
    *out_bytes = bytes;
    return OK;
}

static enum err share_file(struct tx *tx, const struct blob *blob, const struct blob *copy)
{
    struct store *store = tx->store;
    TRY(blob_folder_ready(store, copy->id, NULL));
    char *from = blob_file_path(store->blob_folder, blob->id);
    char *to = blob_file_path(store->blob_folder, copy->id);
    enum err result = file_link(from, to, NULL);
    free(from);
    free(to);
    if (result == ERR_NOT_FOUND)
        return file_missing(tx, blob, NULL);
    TRY(result);
    TRY(blob_folder_sync(store, copy->id, NULL));
    return put_file_row(tx, copy);
}

enum err tx_blob_share(struct tx *tx, const struct blob *blob, struct blob *out_copy)
{
    struct blob copy = *blob;
    copy.pending = STR_NONE;
    random_bytes(tx->store->random, copy.id, BLOB_ID_BYTES);
    if (blob->in_file) {
        TRY(share_file(tx, blob, &copy));
    } else {
        struct str bytes;
        TRY(get_inline(tx, blob, &tx->arena, &bytes, NULL));
        TRY(put_inline(tx, &copy, bytes));
    }
    *out_copy = copy;
    return OK;
}

// --- reading

struct blob_reader {
    int fd;
    uint64_t size_bytes;
    struct arena arena; // an inline blob's bytes
    struct str bytes;
};

static enum err open_file(struct tx *tx, const struct blob *blob, int *out_fd, struct error *error)
{
    char *path = blob_file_path(tx->store->blob_folder, blob->id);
    enum err result = file_open_read(path, out_fd, error);
    free(path);
    return result == ERR_NOT_FOUND ? file_missing(tx, blob, error) : result;
}

enum err blob_reader_open(struct tx *tx, const struct blob *blob, struct blob_reader **out_reader,
                          struct error *error)
{
    struct blob_reader *reader = calloc(1, sizeof *reader);
    assert(reader);
    reader->fd = -1;
    reader->size_bytes = blob->size_bytes;
    arena_init(&reader->arena);
    enum err result = blob->in_file ? open_file(tx, blob, &reader->fd, error)
                                    : get_inline(tx, blob, &reader->arena, &reader->bytes, error);
    if (result == OK && !blob->in_file && reader->bytes.ptr == blob->pending.ptr)
        reader->bytes =
            str_dup(&reader->arena, reader->bytes); // the reader may outlive the blob's arena
    if (result != OK) {
        blob_reader_close(reader);
        return result;
    }
    *out_reader = reader;
    return OK;
}

enum err blob_reader_read(struct blob_reader *reader, uint64_t offset, void *out, size_t len,
                          struct error *error)
{
    assert(offset <= reader->size_bytes && len <= reader->size_bytes - offset);
    if (reader->fd >= 0)
        return file_read_at(reader->fd, offset, out, len, error);
    if (len > 0)
        memcpy(out, reader->bytes.ptr + offset, len);
    return OK;
}

int blob_reader_fd(struct blob_reader *reader)
{
    return reader->fd;
}

void blob_reader_close(struct blob_reader *reader)
{
    if (!reader)
        return;
    file_close(reader->fd);
    arena_deinit(&reader->arena);
    free(reader);
}

enum err blob_read_all(struct tx *tx, const struct blob *blob, struct arena *arena,
                       size_t max_bytes, struct str *out, struct error *error)
{
    if (blob->size_bytes > max_bytes)
        return error_set(error, ERR_LIMIT, "a blob of %llu bytes is larger than %zu",
                         (unsigned long long)blob->size_bytes, max_bytes);
    if (!blob->in_file)
        return get_inline(tx, blob, arena, out, error);
    int fd;
    TRY(open_file(tx, blob, &fd, error));
    size_t len = (size_t)blob->size_bytes;
    char *bytes = arena_bytes(arena, len + 1);
    bytes[len] = 0;
    enum err result = file_read_at(fd, 0, bytes, len, error);
    file_close(fd);
    TRY(result);
    if (crc32c(0, bytes, len) != blob->crc32c) {
        char hex[BLOB_HEX_LEN + 1];
        blob_hex(blob->id, hex);
        log_event(tx->store->log, LOG_ERROR, "store", "blob %s is corrupt", hex);
        return error_set(error, ERR_CORRUPT, "blob %s is corrupt", hex);
    }
    *out = str_n(bytes, len);
    return OK;
}
