// SPDX-License-Identifier: Apache-2.0
// Opening and closing, and RocksDB's settings.
//
// One column family: every keyspace is in one log and one memtable, and values from 4 KiB on
// (inline blobs) are kept apart by RocksDB's blob files when a memtable is flushed, so that
// compaction does not copy them again and again. The settings aim at a small idle process (nothing
// is allocated until it is needed; no statistics threads) and at a quick start (small logs, a flush
// at the close).
#include "store/internal.h"

#include "os/file.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MIB ((size_t)1 << 20)
#define CACHE_BYTES (32 * MIB)
#define WRITE_BUFFER_BYTES (16 * MIB)
#define WRITE_BUFFERS 3
#define LOG_BYTES_MAX (64 * MIB)
#define BIG_VALUE_BYTES 4096
#define OPEN_FILES_MAX 256
#define BACKGROUND_JOBS 2
#define LOCK_TIMEOUT_MS 1000
#define FORMAT "1"

static const struct {
    const char *prefix;
    enum err kind;
} statuses[] = {
    // RocksDB's status texts (util/status.cc) that are part of normal life.
    {"Resource busy", ERR_CONFLICT},
    {"Operation timed out", ERR_CONFLICT},
    {"Operation failed. Try again.", ERR_CONFLICT},
    {"Corruption", ERR_CORRUPT},
};

enum err store_status(struct store *store, char *message, const char *doing, struct error *error)
{
    if (!message)
        return OK;
    enum err kind = ERR_IO;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++)
        if (strncmp(message, statuses[i].prefix, strlen(statuses[i].prefix)) == 0)
            kind = statuses[i].kind;
    if (kind != ERR_CONFLICT)
        log_event(store->log, LOG_ERROR, "store", "cannot %s: %s", doing, message);
    error_set(error, kind, "cannot %s: %s", doing, message);
    rocksdb_free(message);
    return kind;
}

_Noreturn void store_fatal(struct store *store, const char *doing, const char *message)
{
    log_event(store->log, LOG_ERROR, "store", "fatal: cannot %s: %s; nothing more is acknowledged",
              doing, message);
    fprintf(stderr, "tarn: store: cannot %s: %s; aborting, as nothing more may be acknowledged\n",
            doing, message);
    abort();
}

static rocksdb_block_based_table_options_t *table_options(rocksdb_cache_t *cache)
{
    rocksdb_block_based_table_options_t *table = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(table, cache);
    rocksdb_block_based_options_set_block_size(table, 8 * 1024);
    rocksdb_block_based_options_set_format_version(table, 5);
    rocksdb_block_based_options_set_filter_policy(table,
                                                  rocksdb_filterpolicy_create_bloom_full(10));
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1);
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1);
    return table;
}

static rocksdb_options_t *db_options(rocksdb_cache_t *cache)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_write_buffer_size(options, WRITE_BUFFER_BYTES);
    rocksdb_options_set_max_write_buffer_number(options, WRITE_BUFFERS);
    rocksdb_options_set_arena_block_size(options, 256 * 1024);
    rocksdb_options_set_max_total_wal_size(options, LOG_BYTES_MAX);
    rocksdb_options_set_max_open_files(options, OPEN_FILES_MAX);
    rocksdb_options_set_max_background_jobs(options, BACKGROUND_JOBS);
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_target_file_size_base(options, 16 * MIB);
    rocksdb_options_set_max_bytes_for_level_base(options, 64 * MIB);
    rocksdb_options_set_compression(options, rocksdb_lz4_compression);
    rocksdb_options_set_enable_blob_files(options, 1);
    rocksdb_options_set_min_blob_size(options, BIG_VALUE_BYTES);
    rocksdb_options_set_blob_file_size(options, 64 * MIB);
    rocksdb_options_set_enable_blob_gc(options, 1);
    rocksdb_options_set_bytes_per_sync(options, MIB);
    // The leader of a group of commits writes the memtable for all: on two cores a fifth more
    // commits than each on its own.
    rocksdb_options_set_allow_concurrent_memtable_write(options, 0);
    // Start and idle: no statistics, small logs, no look at every file.
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_skip_stats_update_on_db_open(options, 1);
    rocksdb_options_set_skip_checking_sst_file_sizes_on_db_open(options, 1);
    rocksdb_options_set_manifest_preallocation_size(options, 64 * 1024);
    rocksdb_options_set_keep_log_file_num(options, 2);
    rocksdb_options_set_info_log_level(options, 2); // warnings
    rocksdb_block_based_table_options_t *table = table_options(cache);
    rocksdb_options_set_block_based_table_factory(options, table);
    rocksdb_block_based_options_destroy(table);
    return options;
}

static enum err open_db(struct store *store, bool sync, struct error *error)
{
    rocksdb_lru_cache_options_t *cache_options = rocksdb_lru_cache_options_create();
    rocksdb_lru_cache_options_set_capacity(cache_options, CACHE_BYTES);
    rocksdb_lru_cache_options_set_num_shard_bits(cache_options, 2);
    store->cache = rocksdb_cache_create_lru_opts(cache_options);
    rocksdb_lru_cache_options_destroy(cache_options);

    store->options = db_options(store->cache);
    store->write_options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_set_sync(store->write_options, sync);
    store->read_options = rocksdb_readoptions_create();
    store->tx_options = rocksdb_transaction_options_create();
    rocksdb_transaction_options_set_deadlock_detect(store->tx_options, 1);
    rocksdb_transaction_options_set_lock_timeout(store->tx_options, LOCK_TIMEOUT_MS);

    rocksdb_transactiondb_options_t *locking = rocksdb_transactiondb_options_create();
    rocksdb_transactiondb_options_set_default_lock_timeout(locking, LOCK_TIMEOUT_MS);
    char *message = NULL;
    store->db = rocksdb_transactiondb_open(store->options, locking, store->db_folder, &message);
    rocksdb_transactiondb_options_destroy(locking);
    return store_status(store, message, "open the store", error);
}

// The format of everything on disk, so that a future Tarn knows what it sees and this one refuses
// what it does not.
static enum err check_format(struct store *store, struct error *error)
{
    struct key key;
    key_str(key_start(&key, KEYSPACE_STORE_META), S("format"));
    char *message = NULL;
    size_t len;
    char *found = rocksdb_transactiondb_get(store->db, store->read_options, (const char *)key.bytes,
                                            key.len, &len, &message);
    TRY(store_status(store, message, "read the store's format", error));
    if (!found) {
        rocksdb_transactiondb_put(store->db, store->write_options, (const char *)key.bytes, key.len,
                                  FORMAT, strlen(FORMAT), &message);
        return store_status(store, message, "write the store's format", error);
    }
    enum err result = OK;
    if (!str_eq(str_n(found, len), S(FORMAT)))
        result = error_set(error, ERR_UNSUPPORTED,
                           "the store in %s has format %.*s; this program knows format " FORMAT,
                           store->folder, (int)len, found);
    rocksdb_free(found);
    return result;
}

static char *path_in(const char *folder, const char *name)
{
    char *path;
    int len = asprintf(&path, "%s/%s", folder, name);
    assert(len > 0);
    return path;
}

static enum err open_folders(struct store *store, struct error *error)
{
    TRY(folder_make(store->folder, 0700, error));
    char *lock_path = path_in(store->folder, "lock");
    enum err locked = file_lock(lock_path, &store->lock_fd, error);
    free(lock_path);
    TRY(locked);
    // It holds secrets, and the folder that we were given may be open to others.
    TRY(folder_make(store->db_folder, 0700, error));
    bool fresh = !file_exists(store->blob_folder);
    // Nobody else is here: whatever is in tmp belongs to uploads that died.
    TRY(folder_remove_all(store->tmp_folder, error));
    TRY(folder_make(store->tmp_folder, 0700, error));
    if (fresh) {
        TRY(folder_sync(store->blob_folder, error));
        TRY(folder_sync(store->folder, error));
    }
    return OK;
}

static enum err open_all(struct store *store, bool sync, struct error *error)
{
    TRY(open_folders(store, error));
    TRY(open_db(store, sync, error));
    return check_format(store, error);
}

enum err store_open(const struct store_options *options, struct store **out_store,
                    struct error *error)
{
    struct store *store = calloc(1, sizeof *store);
    assert(store);
    store->folder = strdup(options->folder);
    assert(store->folder);
    store->db_folder = path_in(store->folder, "store");
    store->blob_folder = path_in(store->folder, "blobs");
    store->tmp_folder = path_in(store->blob_folder, "tmp");
    store->clock = options->clock;
    store->random = options->random;
    store->log = options->log;
    store->lock_fd = -1;
    pthread_mutex_init(&store->free_lock, NULL);
    pthread_mutex_init(&store->sequence_lock, NULL);
    pthread_mutex_init(&store->writers_lock, NULL);
    pthread_rwlock_init(&store->unlink_lock, NULL);
    enum err result = open_all(store, !options->unsafe_no_sync, error);
    if (result != OK) {
        store_close(store);
        return result;
    }
    *out_store = store;
    return OK;
}

// What the log holds goes into a table, so that the next open need not replay it.
static void flush(struct store *store)
{
    uint64_t entries = 0;
    if (rocksdb_transactiondb_property_int(store->db, "rocksdb.num-entries-active-mem-table",
                                           &entries) == 0 &&
        entries == 0)
        return;
    char *message = NULL;
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    rocksdb_flushoptions_set_wait(options, 1);
    rocksdb_transactiondb_flush(store->db, options, &message);
    rocksdb_flushoptions_destroy(options);
    // The log has it all the same.
    if (store_status(store, message, "flush the store", NULL) != OK)
        return;
}

static void close_db(struct store *store)
{
    if (store->db) {
        store_free_txs(store);
        flush(store);
        rocksdb_transactiondb_close(store->db);
    }
    if (!store->options)
        return;
    rocksdb_transaction_options_destroy(store->tx_options);
    rocksdb_readoptions_destroy(store->read_options);
    rocksdb_writeoptions_destroy(store->write_options);
    rocksdb_options_destroy(store->options);
    rocksdb_cache_destroy(store->cache);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    assert(store->open_txs == 0 && !store->writers && !store->queue);
    close_db(store);
    sequences_free(store);
    file_close(store->lock_fd);
    pthread_mutex_destroy(&store->free_lock);
    pthread_mutex_destroy(&store->sequence_lock);
    pthread_mutex_destroy(&store->writers_lock);
    pthread_rwlock_destroy(&store->unlink_lock);
    free(store->folder);
    free(store->db_folder);
    free(store->blob_folder);
    free(store->tmp_folder);
    free(store);
}

const char *store_folder(struct store *store)
{
    return store->folder;
}

struct clock *store_clock(struct store *store)
{
    return store->clock;
}

struct random *store_random(struct store *store)
{
    return store->random;
}
