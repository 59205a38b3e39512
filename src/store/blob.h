// SPDX-License-Identifier: Apache-2.0
// Blobs: the bytes of objects, durable before anything names them.
//
// A writer takes bytes of any number; finishing makes them durable and gives a `struct blob`, a small value that names
// them. They belong to nobody until a transaction calls tx_blob_keep; a blob that was never kept, or was dropped by a
// committed transaction, is garbage and swept. Small blobs (up to BLOB_INLINE_MAX) are held in memory by the writer and
// written into the store by tx_blob_keep, in the same commit; larger ones are plain files DIR/blobs/ab/abcdef..., which
// engines read in place and the HTTP server sends with sendfile.
//
// A blob is kept by one owner. A copy of an object makes a blob of its own with tx_blob_share (a hard link for files).
// Every blob carries CRC32C, checked on full reads and by blob_scrub.
//
// On disk: KEYSPACE_STORE_BLOB_INLINE holds bytes; KEYSPACE_STORE_BLOB_FILE names each kept file, so that the sweep can tell.
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include "store/store.h"

#define BLOB_INLINE_MAX (16 * 1024)
#define BLOB_ID_BYTES 16

struct blob {
    uint8_t id[BLOB_ID_BYTES];
    bool in_file;
    uint32_t crc32c;
    uint64_t size_bytes;
    struct str pending; // inline bytes not yet kept, in the writer's arena; empty once read back from disk
};
// As JSON for a value that names it ({"id": hex, "file": bool, "crc": n, "size": n}), and back. ERR_CORRUPT.
struct json *blob_to_json(struct arena *arena, const struct blob *blob);
enum err blob_from_json(const struct json *json, struct blob *out_blob) MUST_CHECK;

struct blob_writer;
enum err blob_writer_open(struct store *store, struct blob_writer **out_writer, struct error *error) MUST_CHECK;
enum err blob_writer_append(struct blob_writer *writer, const void *bytes, size_t len, struct error *error) MUST_CHECK;
// Durable on return; the writer is freed either way. `pending` bytes live in `arena`.
enum err blob_writer_finish(struct blob_writer *writer, struct arena *arena, struct blob *out_blob, struct error *error) MUST_CHECK;
void blob_writer_abandon(struct blob_writer *writer); // takes NULL
// At once, from memory. From a finished file that becomes the blob (renamed or linked in; same file system required).
enum err blob_of_bytes(struct store *store, struct arena *arena, struct str bytes, struct blob *out_blob, struct error *error) MUST_CHECK;
enum err blob_adopt_file(struct store *store, const char *path, struct blob *out_blob, struct error *error) MUST_CHECK;

enum err tx_blob_keep(struct tx *tx, const struct blob *blob) MUST_CHECK;
enum err tx_blob_drop(struct tx *tx, const struct blob *blob) MUST_CHECK; // file removed after the commit
enum err tx_blob_share(struct tx *tx, const struct blob *blob, struct blob *out_copy) MUST_CHECK; // the copy is kept

// Reading. An open reader goes on reading after the blob was dropped.
struct blob_reader;
enum err blob_reader_open(struct tx *tx, const struct blob *blob, struct blob_reader **out_reader, struct error *error) MUST_CHECK;
// Exactly `len` bytes from `offset`, which must be within the blob.
enum err blob_reader_read(struct blob_reader *reader, uint64_t offset, void *out, size_t len, struct error *error) MUST_CHECK;
int blob_reader_fd(struct blob_reader *reader); // a file's descriptor (owned by the reader), or -1 for an inline blob
void blob_reader_close(struct blob_reader *reader);
// All bytes, checksum verified. ERR_LIMIT above max_bytes.
enum err blob_read_all(struct tx *tx, const struct blob *blob, struct arena *arena, size_t max_bytes, struct str *out, struct error *error) MUST_CHECK;
// The path of a file blob (terminated), NULL for an inline one.
char *blob_path(struct store *store, struct arena *arena, const struct blob *blob);

// Removes files that no transaction has kept and that are older than `older_than_ms`; run at start and from time to time.
enum err blob_sweep(struct store *store, int64_t older_than_ms, size_t *out_removed, struct error *error) MUST_CHECK;
// Verifies every kept blob's checksum; counts and logs the broken ones.
enum err blob_scrub(struct store *store, size_t *out_checked, size_t *out_broken, struct error *error) MUST_CHECK;

#endif
