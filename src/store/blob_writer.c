// SPDX-License-Identifier: Apache-2.0
// Making blobs. Up to BLOB_INLINE_MAX bytes stay in the writer's memory; the first byte more makes
// it a file in blobs/tmp, where it grows until it is finished: synced, renamed to its final folder,
// the folder synced. Writes of less than a buffer are gathered in it. The name of the file is the
// blob's id from the start, which is how a sweep knows the ones that are still being written.
#include "store/internal.h"

#include "base/digest.h"
#include "os/file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <fcntl.h>

// A file's bytes are handed to the disk this often, so that the sync at the end finds little left
// to do.
#define WRITE_BACK_BYTES ((uint64_t)8 << 20)
#define ADOPT_CHUNK_BYTES ((size_t)256 << 10)

struct blob_writer {
    struct store *store;
    struct blob blob;
    char *bytes; // BLOB_INLINE_MAX of them, the ones not yet in the file
    size_t len;
    int fd; // -1: all is in memory so far
    char *tmp_path;
    uint64_t file_bytes, written_back_bytes;
    struct blob_writer *next, **link; // store->writers
};

// --- names and folders

void blob_hex(const uint8_t id[BLOB_ID_BYTES], char out[BLOB_HEX_LEN + 1])
{
    for (int i = 0; i < BLOB_ID_BYTES; i++) {
        out[2 * i] = "0123456789abcdef"[id[i] >> 4];
        out[2 * i + 1] = "0123456789abcdef"[id[i] & 15];
    }
    out[BLOB_HEX_LEN] = 0;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool blob_unhex(struct str hex, uint8_t out_id[BLOB_ID_BYTES])
{
    if (hex.len != BLOB_HEX_LEN)
        return false;
    uint8_t id[BLOB_ID_BYTES];
    for (int i = 0; i < BLOB_ID_BYTES; i++) {
        int high = hex_digit(hex.ptr[2 * i]), low = hex_digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        id[i] = (uint8_t)(high << 4 | low);
    }
    memcpy(out_id, id, sizeof id);
    return true;
}

char *blob_file_path(const char *blob_folder, const uint8_t id[BLOB_ID_BYTES])
{
    char hex[BLOB_HEX_LEN + 1], *path;
    blob_hex(id, hex);
    int len = asprintf(&path, "%s/%.2s/%s", blob_folder, hex, hex);
    assert(len > 0);
    return path;
}

static char *blob_folder_path(struct store *store, const uint8_t id[BLOB_ID_BYTES])
{
    char *path;
    int len = asprintf(&path, "%s/%02x", store->blob_folder, id[0]);
    assert(len > 0);
    return path;
}

enum err blob_folder_ready(struct store *store, const uint8_t id[BLOB_ID_BYTES],
                           struct error *error)
{
    uint8_t *made = &store->blob_folder_made[id[0]];
    if (__atomic_load_n(made, __ATOMIC_ACQUIRE))
        return OK;
    char *path = blob_folder_path(store, id);
    enum err result = folder_make(path, 0700, error);
    free(path);
    TRY(result);
    // Also when it was there: another thread may have made it a moment ago and not synced it yet.
    TRY(folder_sync(store->blob_folder, error));
    __atomic_store_n(made, 1, __ATOMIC_RELEASE);
    return OK;
}

enum err blob_folder_sync(struct store *store, const uint8_t id[BLOB_ID_BYTES], struct error *error)
{
    char *path = blob_folder_path(store, id);
    enum err result = folder_sync(path, error);
    free(path);
    return result;
}

// --- the list of open writers

static void enlist(struct blob_writer *writer)
{
    struct store *store = writer->store;
    pthread_mutex_lock(&store->writers_lock);
    writer->next = store->writers;
    writer->link = &store->writers;
    if (writer->next)
        writer->next->link = &writer->next;
    store->writers = writer;
    pthread_mutex_unlock(&store->writers_lock);
}

static void delist(struct blob_writer *writer)
{
    pthread_mutex_lock(&writer->store->writers_lock);
    *writer->link = writer->next;
    if (writer->next)
        writer->next->link = writer->link;
    pthread_mutex_unlock(&writer->store->writers_lock);
}

bool blob_is_being_written(struct store *store, const uint8_t id[BLOB_ID_BYTES])
{
    bool found = false;
    pthread_mutex_lock(&store->writers_lock);
    for (struct blob_writer *w = store->writers; w && !found; w = w->next)
        found = memcmp(w->blob.id, id, BLOB_ID_BYTES) == 0;
    pthread_mutex_unlock(&store->writers_lock);
    return found;
}

// --- writing

enum err blob_writer_open(struct store *store, struct blob_writer **out_writer, struct error *error)
{
    struct blob_writer *writer = calloc(1, sizeof *writer);
    assert(writer);
    writer->bytes = malloc(BLOB_INLINE_MAX);
    assert(writer->bytes);
    writer->store = store;
    writer->fd = -1;
    random_bytes(store->random, writer->blob.id, BLOB_ID_BYTES);
    enlist(writer);
    *out_writer = writer;
    return OK;
}

static enum err become_file(struct blob_writer *writer, struct error *error)
{
    char hex[BLOB_HEX_LEN + 1];
    blob_hex(writer->blob.id, hex);
    int len = asprintf(&writer->tmp_path, "%s/%s", writer->store->tmp_folder, hex);
    assert(len > 0);
    return file_create(writer->tmp_path, 0600, &writer->fd, error);
}

static enum err write_out(struct blob_writer *writer, struct str bytes, struct error *error)
{
    TRY(file_append(writer->fd, bytes, error));
    writer->file_bytes += bytes.len;
    if (writer->file_bytes - writer->written_back_bytes >= WRITE_BACK_BYTES) {
        // Only a hint; the sync at the end is what counts.
        sync_file_range(writer->fd, (off_t)writer->written_back_bytes,
                        (off_t)(writer->file_bytes - writer->written_back_bytes),
                        SYNC_FILE_RANGE_WRITE);
        writer->written_back_bytes = writer->file_bytes;
    }
    return OK;
}

static enum err write_buffered(struct blob_writer *writer, struct error *error)
{
    size_t len = writer->len;
    writer->len = 0;
    return write_out(writer, str_n(writer->bytes, len), error);
}

enum err blob_writer_append(struct blob_writer *writer, const void *bytes, size_t len,
                            struct error *error)
{
    writer->blob.crc32c = crc32c(writer->blob.crc32c, bytes, len);
    writer->blob.size_bytes += len;
    if (len > BLOB_INLINE_MAX - writer->len) {
        if (writer->fd < 0)
            TRY(become_file(writer, error));
        TRY(write_buffered(writer, error));
    }
    if (len >= BLOB_INLINE_MAX && writer->fd >= 0)
        return write_out(writer, str_n(bytes, len), error);
    if (len > 0)
        memcpy(writer->bytes + writer->len, bytes, len);
    writer->len += len;
    return OK;
}

// Moves a synced file to where blobs live and makes the name durable.
static enum err settle(struct store *store, const char *path, const uint8_t id[BLOB_ID_BYTES],
                       struct error *error)
{
    TRY(blob_folder_ready(store, id, error));
    char *final_path = blob_file_path(store->blob_folder, id);
    enum err result = file_rename(path, final_path, error);
    if (result == OK) {
        result = blob_folder_sync(store, id, error);
        if (result != OK && file_remove(final_path, NULL) != OK)
            log_event(store->log, LOG_WARN, "store", "a failed upload is left to the sweep");
    }
    free(final_path);
    return result;
}

static enum err finish_file(struct blob_writer *writer, struct error *error)
{
    TRY(write_buffered(writer, error));
    TRY(file_sync(writer->fd, error));
    return settle(writer->store, writer->tmp_path, writer->blob.id, error);
}

enum err blob_writer_finish(struct blob_writer *writer, struct arena *arena, struct blob *out_blob,
                            struct error *error)
{
    enum err result = OK;
    struct blob blob = writer->blob;
    if (writer->fd < 0) {
        blob.pending = str_dup(arena, str_n(writer->bytes, writer->len));
    } else {
        blob.in_file = true;
        result = finish_file(writer, error);
    }
    if (result == OK) {
        *out_blob = blob;
        // It is at its final place now: nothing to remove.
        free(writer->tmp_path);
        writer->tmp_path = NULL;
    }
    blob_writer_abandon(writer);
    return result;
}

void blob_writer_abandon(struct blob_writer *writer)
{
    if (!writer)
        return;
    delist(writer);
    file_close(writer->fd);
    if (writer->tmp_path && file_remove(writer->tmp_path, NULL) != OK)
        log_event(writer->store->log, LOG_WARN, "store",
                  "an abandoned upload is left to the sweep");
    free(writer->tmp_path);
    free(writer->bytes);
    free(writer);
}

enum err blob_of_bytes(struct store *store, struct arena *arena, struct str bytes,
                       struct blob *out_blob, struct error *error)
{
    if (bytes.len <= BLOB_INLINE_MAX) {
        struct blob blob = {.crc32c = crc32c(0, bytes.ptr, bytes.len), .size_bytes = bytes.len};
        random_bytes(store->random, blob.id, BLOB_ID_BYTES);
        blob.pending = str_dup(arena, bytes);
        *out_blob = blob;
        return OK;
    }
    struct blob_writer *writer;
    TRY(blob_writer_open(store, &writer, error));
    enum err result = blob_writer_append(writer, bytes.ptr, bytes.len, error);
    if (result != OK) {
        blob_writer_abandon(writer);
        return result;
    }
    return blob_writer_finish(writer, arena, out_blob, error);
}

static enum err checksum_and_sync(int fd, struct blob *blob, struct error *error)
{
    char *chunk = malloc(ADOPT_CHUNK_BYTES);
    assert(chunk);
    enum err result = OK;
    for (uint64_t at = 0; at < blob->size_bytes && result == OK;) {
        uint64_t left = blob->size_bytes - at;
        size_t len = left < ADOPT_CHUNK_BYTES ? (size_t)left : ADOPT_CHUNK_BYTES;
        result = file_read_at(fd, at, chunk, len, error);
        if (result == OK)
            blob->crc32c = crc32c(blob->crc32c, chunk, len);
        at += len;
    }
    free(chunk);
    TRY(result);
    return file_sync(fd, error);
}

enum err blob_adopt_file(struct store *store, const char *path, struct blob *out_blob,
                         struct error *error)
{
    struct blob blob = {.in_file = true};
    random_bytes(store->random, blob.id, BLOB_ID_BYTES);
    TRY(file_size(path, &blob.size_bytes, error));
    int fd;
    TRY(file_open_read(path, &fd, error));
    enum err result = checksum_and_sync(fd, &blob, error);
    file_close(fd);
    TRY(result);
    TRY(settle(store, path, blob.id, error));
    *out_blob = blob;
    return OK;
}
