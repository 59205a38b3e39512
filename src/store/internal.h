// SPDX-License-Identifier: Apache-2.0
// What the files of this folder share. Nobody else includes it.
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include "store/blob.h"
#include "store/task.h"

#include <pthread.h>
#include <rocksdb/c.h>

#define SEQUENCE_NAME_MAX 48
#define BLOB_FOLDERS 256

struct sequence {
    char name[SEQUENCE_NAME_MAX];
    uint64_t next, end; // numbers in [next, end) are ours to give
    uint64_t block;     // how many were reserved last
};

struct store {
    char *folder, *db_folder, *blob_folder, *tmp_folder;
    struct clock *clock;
    struct random *random;
    struct log *log;
    int lock_fd;

    rocksdb_transactiondb_t *db;
    rocksdb_options_t *options;
    rocksdb_writeoptions_t *write_options;
    rocksdb_readoptions_t *read_options; // the latest committed state
    rocksdb_transaction_options_t *tx_options;
    rocksdb_cache_t *cache;

    pthread_mutex_t free_lock; // tx.c: transactions to be used again
    struct tx *free_txs;
    size_t free_count;
    int64_t open_txs; // atomic; must be zero at the close

    pthread_mutex_t sequence_lock; // sequence.c
    struct sequence *sequences;
    size_t sequence_count;

    uint8_t blob_folder_made[BLOB_FOLDERS]; // atomic; its entry in blobs/ is durable
    pthread_rwlock_t
        unlink_lock; // held for reading by who removes blob files, for writing by a backup
    pthread_mutex_t writers_lock;
    struct blob_writer *writers; // open ones, whose files a sweep leaves alone

    struct task_queue *queue; // atomic; NULL until task_queue_new
};

// A savepoint of RocksDB is set only when something is written or locked after the mark, so that a
// mark costs nothing to calls that only read. RocksDB's C API cannot drop a savepoint without
// undoing, so those of forgotten marks stay, and undoing an older mark rolls back over them.
struct mark {
    size_t savepoint; // how many savepoints there were before its own; NO_SAVEPOINT: none set yet
    size_t after_count;
};
#define NO_SAVEPOINT SIZE_MAX

struct after {
    tx_after *action;
    void *context;
};

struct tx {
    struct store *store;
    bool read_only;
    rocksdb_transaction_t *rocks;            // read-write
    rocksdb_readoptions_t *snapshot_options; // read-only
    const rocksdb_snapshot_t *snapshot;      // taken at the first read
    struct arena arena;
    struct mark *marks;
    size_t mark_count, mark_capacity;
    size_t savepoints;
    size_t unset_marks; // of the newest marks, how many have no savepoint
    struct after *afters;
    size_t after_count, after_capacity;
    uint64_t writes; // counts up, so that scans notice
    uint64_t undos;
    struct tx *next_free;
};

// Takes RocksDB's message (NULL is OK), frees it, and says what kind it is. Errors that are not the
// caller's are logged.
enum err store_status(struct store *store, char *message, const char *doing, struct error *error);
// An error after which nothing may be acknowledged: logs and aborts.
_Noreturn void store_fatal(struct store *store, const char *doing, const char *message);

// tx.c. Before every write and lock: sets the savepoints that are due.
void tx_touch(struct tx *tx);
const rocksdb_readoptions_t *tx_read_options(struct tx *tx);
// The latest committed value's presence, outside of the transaction and its snapshot.
enum err store_has(struct store *store, const struct key *key, bool *out_has) MUST_CHECK;
void store_free_txs(struct store *store);

// sequence.c
void sequences_free(struct store *store);

// blob files
#define BLOB_HEX_LEN (2 * BLOB_ID_BYTES)
void blob_hex(const uint8_t id[BLOB_ID_BYTES], char out[BLOB_HEX_LEN + 1]);
bool blob_unhex(struct str hex, uint8_t out_id[BLOB_ID_BYTES]);
struct key *blob_key(struct key *key, enum keyspace keyspace, const uint8_t id[BLOB_ID_BYTES]);
// "BLOBS/ab/abcdef...", on the heap.
char *blob_file_path(const char *blob_folder, const uint8_t id[BLOB_ID_BYTES]);
// Makes the two-digit folder for an id and its entry durable.
enum err blob_folder_ready(struct store *store, const uint8_t id[BLOB_ID_BYTES],
                           struct error *error) MUST_CHECK;
enum err blob_folder_sync(struct store *store, const uint8_t id[BLOB_ID_BYTES],
                          struct error *error) MUST_CHECK;
bool blob_is_being_written(struct store *store, const uint8_t id[BLOB_ID_BYTES]);

// task_queue.c, called after the commit of what task.c wrote.
struct task_change {
    uint64_t id;
    int64_t due_ms;
    bool removed;    // else added or rescheduled
    bool ends_lease; // the row says what comes next, the lease's release need not look
};
void task_queue_notice(struct store *store, const struct task_change *change);
enum err task_read_row(struct tx *tx, struct arena *arena, uint64_t id, bool lock,
                       struct task *out_task) MUST_CHECK;

#endif
