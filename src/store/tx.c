// SPDX-License-Identifier: Apache-2.0
// Transactions: begin, commit, marks, single keys.
//
// A struct tx and the RocksDB transaction within are used again, as making one costs a dozen
// allocations. A read-only transaction is a snapshot, taken at its first read.
#include "store/internal.h"

#include "os/thread.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FREE_TXS_MAX 32
#define ATTEMPTS_MAX 30
#define BACK_OFF_US_MIN 100
#define BACK_OFF_US_MAX 20000

// --- beginning and ending

static struct tx *take_free(struct store *store)
{
    pthread_mutex_lock(&store->free_lock);
    struct tx *tx = store->free_txs;
    if (tx) {
        store->free_txs = tx->next_free;
        store->free_count--;
    }
    pthread_mutex_unlock(&store->free_lock);
    return tx;
}

static void destroy(struct tx *tx)
{
    if (tx->rocks)
        rocksdb_transaction_destroy(tx->rocks);
    if (tx->snapshot_options)
        rocksdb_readoptions_destroy(tx->snapshot_options);
    arena_deinit(&tx->arena);
    free(tx);
}

static void give_back(struct tx *tx)
{
    struct store *store = tx->store;
    __atomic_sub_fetch(&store->open_txs, 1, __ATOMIC_RELAXED);
    pthread_mutex_lock(&store->free_lock);
    bool keep = store->free_count < FREE_TXS_MAX;
    if (keep) {
        tx->next_free = store->free_txs;
        store->free_txs = tx;
        store->free_count++;
    }
    pthread_mutex_unlock(&store->free_lock);
    if (!keep)
        destroy(tx);
}

void store_free_txs(struct store *store)
{
    for (struct tx *tx; (tx = take_free(store));)
        destroy(tx);
}

struct tx *tx_begin(struct store *store, bool read_only)
{
    struct tx *tx = take_free(store);
    if (!tx) {
        tx = calloc(1, sizeof *tx);
        assert(tx);
        arena_init(&tx->arena);
        tx->store = store;
    }
    __atomic_add_fetch(&store->open_txs, 1, __ATOMIC_RELAXED);
    tx->read_only = read_only;
    if (!read_only)
        tx->rocks = rocksdb_transaction_begin(store->db, store->write_options, store->tx_options,
                                              tx->rocks);
    return tx;
}

// Forgets everything but what is worth keeping for the next user.
static void clear(struct tx *tx)
{
    if (tx->snapshot) {
        rocksdb_readoptions_set_snapshot(tx->snapshot_options, NULL);
        rocksdb_transactiondb_release_snapshot(tx->store->db, tx->snapshot);
        tx->snapshot = NULL;
    }
    arena_reset(&tx->arena);
    tx->marks = NULL;
    tx->mark_count = tx->mark_capacity = 0;
    tx->savepoints = tx->unset_marks = 0;
    tx->afters = NULL;
    tx->after_count = tx->after_capacity = 0;
    tx->writes = tx->undos = 0;
}

static void roll_back(struct tx *tx)
{
    char *message = NULL;
    rocksdb_transaction_rollback(tx->rocks, &message);
    assert(!message); // it only forgets memory and locks
}

enum err tx_commit(struct tx *tx, struct error *error)
{
    struct store *store = tx->store;
    enum err result = OK;
    if (tx->read_only) {
        // nothing to do
    } else if (tx->writes == 0) {
        roll_back(tx); // lets the locks go, and spares a sync of nothing
    } else {
        char *message = NULL;
        rocksdb_transaction_commit(tx->rocks, &message);
        if (message) {
            char *copy = strdup(message);
            result = store_status(store, message, "commit", error);
            if (result != ERR_CONFLICT)
                store_fatal(store, "commit", copy ? copy : "");
            free(copy);
            roll_back(tx);
        }
    }
    if (result == OK)
        for (size_t i = 0; i < tx->after_count; i++)
            tx->afters[i].action(tx->afters[i].context);
    clear(tx);
    give_back(tx);
    return result;
}

void tx_abort(struct tx *tx)
{
    if (!tx->read_only)
        roll_back(tx);
    clear(tx);
    give_back(tx);
}

struct store *tx_store(struct tx *tx)
{
    return tx->store;
}

void store_back_off(struct store *store, unsigned attempt)
{
    uint64_t most_us = (uint64_t)BACK_OFF_US_MIN << (attempt < 8 ? attempt : 8);
    if (most_us > BACK_OFF_US_MAX)
        most_us = BACK_OFF_US_MAX;
    thread_pause_us(random_u64(store->random) % most_us);
}

enum err store_transact(struct store *store, tx_body *body, void *context, struct error *error)
{
    for (unsigned attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
        if (attempt > 0)
            store_back_off(store, attempt);
        struct tx *tx = tx_begin(store, false);
        enum err result = body(tx, context);
        if (result == OK)
            result = tx_commit(tx, error);
        else
            tx_abort(tx);
        if (result != ERR_CONFLICT)
            return result;
    }
    return error_set(error, ERR_CONFLICT, "%d attempts met conflicting transactions", ATTEMPTS_MAX);
}

// --- marks

void tx_touch(struct tx *tx)
{
    assert(!tx->read_only);
    if (tx->unset_marks == 0)
        return;
    rocksdb_transaction_set_savepoint(tx->rocks);
    for (size_t i = tx->mark_count - tx->unset_marks; i < tx->mark_count; i++)
        tx->marks[i].savepoint = tx->savepoints;
    tx->savepoints++;
    tx->unset_marks = 0;
}

void tx_mark(struct tx *tx)
{
    *ARENA_PUSH(&tx->arena, tx->marks, tx->mark_count, tx->mark_capacity) =
        (struct mark){NO_SAVEPOINT, tx->after_count};
    tx->unset_marks++;
}

void tx_undo_to_mark(struct tx *tx)
{
    assert(tx->mark_count > 0);
    struct mark mark = tx->marks[--tx->mark_count];
    tx->after_count = mark.after_count;
    if (mark.savepoint == NO_SAVEPOINT) {
        tx->unset_marks--;
        return;
    }
    for (; tx->savepoints > mark.savepoint; tx->savepoints--) {
        char *message = NULL;
        rocksdb_transaction_rollback_to_savepoint(tx->rocks, &message);
        assert(!message); // there is one
    }
    tx->undos++;
    // Older marks that shared the savepoint stand where it stood, and get a new one when it
    // matters.
    for (size_t i = tx->mark_count; i > 0 && tx->marks[i - 1].savepoint == mark.savepoint; i--) {
        tx->marks[i - 1].savepoint = NO_SAVEPOINT;
        tx->unset_marks++;
    }
}

void tx_forget_mark(struct tx *tx)
{
    assert(tx->mark_count > 0);
    if (tx->marks[--tx->mark_count].savepoint == NO_SAVEPOINT)
        tx->unset_marks--;
}

void tx_after_commit(struct tx *tx, tx_after *action, const void *context, size_t context_bytes)
{
    void *copy = arena_alloc(&tx->arena, context_bytes ? context_bytes : 1);
    if (context_bytes)
        memcpy(copy, context, context_bytes);
    *ARENA_PUSH(&tx->arena, tx->afters, tx->after_count, tx->after_capacity) =
        (struct after){action, copy};
}

// --- keys and values

const rocksdb_readoptions_t *tx_read_options(struct tx *tx)
{
    if (!tx->read_only)
        return tx->store->read_options;
    if (!tx->snapshot_options)
        tx->snapshot_options = rocksdb_readoptions_create();
    if (!tx->snapshot) {
        tx->snapshot = rocksdb_transactiondb_create_snapshot(tx->store->db);
        rocksdb_readoptions_set_snapshot(tx->snapshot_options, tx->snapshot);
    }
    return tx->snapshot_options;
}

// Moves what RocksDB pinned (NULL: absent) into the arena.
static enum err take_value(rocksdb_pinnableslice_t *pinned, struct arena *arena,
                           struct str *out_value)
{
    if (!pinned)
        return ERR_NOT_FOUND;
    size_t len;
    const char *bytes = rocksdb_pinnableslice_value(pinned, &len);
    char *copy = arena_bytes(arena, len + 1);
    memcpy(copy, bytes, len);
    copy[len] = 0;
    rocksdb_pinnableslice_destroy(pinned);
    *out_value = str_n(copy, len);
    return OK;
}

enum err tx_get(struct tx *tx, const struct key *key, struct arena *arena, struct str *out_value)
{
    if (key->overflowed)
        return ERR_LIMIT;
    char *message = NULL;
    const rocksdb_readoptions_t *options = tx_read_options(tx);
    rocksdb_pinnableslice_t *pinned =
        tx->read_only ? rocksdb_transactiondb_get_pinned(
                            tx->store->db, options, (const char *)key->bytes, key->len, &message)
                      : rocksdb_transaction_get_pinned(tx->rocks, options, (const char *)key->bytes,
                                                       key->len, &message);
    TRY(store_status(tx->store, message, "read a key", NULL));
    return take_value(pinned, arena, out_value);
}

static enum err lock(struct tx *tx, const struct key *key, bool exclusive, struct arena *arena,
                     struct str *out_value)
{
    if (key->overflowed)
        return ERR_LIMIT;
    tx_touch(tx);
    char *message = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_transaction_get_pinned_for_update(
        tx->rocks, tx->store->read_options, (const char *)key->bytes, key->len, exclusive,
        &message);
    TRY(store_status(tx->store, message, "lock a key", NULL));
    return take_value(pinned, arena, out_value);
}

enum err tx_lock(struct tx *tx, const struct key *key, struct arena *arena, struct str *out_value)
{
    return lock(tx, key, true, arena, out_value);
}

enum err tx_lock_shared(struct tx *tx, const struct key *key, struct arena *arena,
                        struct str *out_value)
{
    return lock(tx, key, false, arena, out_value);
}

enum err tx_put(struct tx *tx, const struct key *key, struct str value)
{
    if (key->overflowed)
        return ERR_LIMIT;
    tx_touch(tx);
    char *message = NULL;
    rocksdb_transaction_put(tx->rocks, (const char *)key->bytes, key->len,
                            value.ptr ? value.ptr : "", value.len, &message);
    tx->writes++;
    return store_status(tx->store, message, "write a key", NULL);
}

enum err tx_delete(struct tx *tx, const struct key *key)
{
    if (key->overflowed)
        return ERR_LIMIT;
    tx_touch(tx);
    char *message = NULL;
    rocksdb_transaction_delete(tx->rocks, (const char *)key->bytes, key->len, &message);
    tx->writes++;
    return store_status(tx->store, message, "delete a key", NULL);
}

enum err store_has(struct store *store, const struct key *key, bool *out_has)
{
    char *message = NULL;
    rocksdb_pinnableslice_t *pinned = rocksdb_transactiondb_get_pinned(
        store->db, store->read_options, (const char *)key->bytes, key->len, &message);
    TRY(store_status(store, message, "read a key", NULL));
    *out_has = pinned != NULL;
    if (pinned)
        rocksdb_pinnableslice_destroy(pinned);
    return OK;
}

static enum err parse(struct tx *tx, const struct key *key, struct arena *arena, struct str text,
                      struct json **out_value)
{
    struct error error = {0};
    if (json_parse(arena, text, out_value, &error) == OK)
        return OK;
    log_event(tx->store->log, LOG_ERROR, "store", "a value of keyspace 0x%02x%02x is broken: %s",
              key->bytes[0], key->bytes[1], error.text);
    return ERR_CORRUPT;
}

enum err tx_get_json(struct tx *tx, const struct key *key, struct arena *arena,
                     struct json **out_value)
{
    struct str text;
    TRY(tx_get(tx, key, arena, &text));
    return parse(tx, key, arena, text, out_value);
}

enum err tx_lock_json(struct tx *tx, const struct key *key, struct arena *arena,
                      struct json **out_value)
{
    struct str text;
    TRY(tx_lock(tx, key, arena, &text));
    return parse(tx, key, arena, text, out_value);
}

enum err tx_put_json(struct tx *tx, const struct key *key, const struct json *value)
{
    struct buf buf = buf_in(&tx->arena, BUF_MAX_DEFAULT);
    json_write(&buf, value);
    if (buf.overflowed)
        return ERR_LIMIT;
    return tx_put(tx, key, buf_str(&buf));
}
