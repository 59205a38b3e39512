// SPDX-License-Identifier: Apache-2.0
// The store: ordered keys and values in transactions (RocksDB's pessimistic TransactionDB underneath).
//
// A transaction reads and writes and then commits whole, durably, or not at all. Reading with tx_lock takes the key's
// lock until the end, so that a decision based on it holds at the commit; plain reads see the latest committed value
// and the transaction's own writes. Writes take their key's lock. Locks are on keys, not on ranges: where a decision
// depends on the absence of a range, lock one agreed key for it. A lock that cannot be had in time, or a deadlock,
// is ERR_CONFLICT; store_transact tries again from the start, so its function must depend on its input and the store
// only, and must return ERR_CONFLICT unchanged when a tx_ function gives it.
//
// Things to be done in memory (waking a poller) are registered with tx_after_commit and run after the commit is
// durable; they are forgotten when the transaction fails.
//
// Threads: a store is used by any number of threads; a transaction by one.
// Errors: ERR_CONFLICT, ERR_CORRUPT, ERR_IO. A sync that fails is fatal: the process says why and aborts, as nothing
// may be acknowledged any more.
// On disk: DIR/store (RocksDB), DIR/blobs (blob.h), DIR/lock (one process at a time). Keyspaces: keyspaces.h.
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "os/clock.h"
#include "os/random.h"
#include "store/key.h"
#include "base/json.h"
#include "base/log.h"

struct store;
struct tx;

struct store_options {
    const char *folder;    // created when absent
    struct clock *clock;   // borrowed
    struct random *random; // borrowed
    struct log *log;       // borrowed, may be NULL
    bool unsafe_no_sync;   // for unit tests that do not care about durability
};
// ERR_EXISTS when another process holds the folder.
enum err store_open(const struct store_options *options, struct store **out_store, struct error *error) MUST_CHECK;
void store_close(struct store *store); // takes NULL; no transaction may be open
const char *store_folder(struct store *store);
struct clock *store_clock(struct store *store);
struct random *store_random(struct store *store);

// --- transactions
typedef enum err tx_body(struct tx *tx, void *context);
// Runs body in a transaction and commits when it returned OK, else rolls back and returns what it returned. Retries
// on ERR_CONFLICT (a bounded number of times, with back-off). Returns after the commit is durable.
enum err store_transact(struct store *store, tx_body *body, void *context, struct error *error) MUST_CHECK;
// Waits a random moment before the attempt of that number (1, 2, ...) of a transaction that met ERR_CONFLICT.
void store_back_off(struct store *store, unsigned attempt);
// By hand, for the dispatcher: begin, then exactly one of commit and abort. A read-only transaction sees one snapshot,
// takes no locks and asserts that nothing is written.
struct tx *tx_begin(struct store *store, bool read_only);
enum err tx_commit(struct tx *tx, struct error *error) MUST_CHECK; // durable; frees tx even when it fails
void tx_abort(struct tx *tx);
struct store *tx_store(struct tx *tx);
// A savepoint: what happened since the last mark can be undone alone (after-commit actions too).
void tx_mark(struct tx *tx);
void tx_undo_to_mark(struct tx *tx); // and forgets the mark
void tx_forget_mark(struct tx *tx);  // keeps what happened

// --- keys and values. Values live in `arena`. ERR_NOT_FOUND when absent (out untouched).
enum err tx_get(struct tx *tx, const struct key *key, struct arena *arena, struct str *out_value) MUST_CHECK;
enum err tx_lock(struct tx *tx, const struct key *key, struct arena *arena, struct str *out_value) MUST_CHECK; // get for update
// The same, but any number of transactions hold it at once; tx_lock and writers of the key wait for all of them. For
// what many depend on and few change (a bucket, while objects are put into it).
enum err tx_lock_shared(struct tx *tx, const struct key *key, struct arena *arena, struct str *out_value) MUST_CHECK;
enum err tx_put(struct tx *tx, const struct key *key, struct str value) MUST_CHECK;
enum err tx_delete(struct tx *tx, const struct key *key) MUST_CHECK; // absent is OK
// The same for JSON values (compact text on disk). A value that does not parse is ERR_CORRUPT.
enum err tx_get_json(struct tx *tx, const struct key *key, struct arena *arena, struct json **out_value) MUST_CHECK;
enum err tx_lock_json(struct tx *tx, const struct key *key, struct arena *arena, struct json **out_value) MUST_CHECK;
enum err tx_put_json(struct tx *tx, const struct key *key, const struct json *value) MUST_CHECK;

// --- scans, in key order, over committed values and the transaction's own writes
struct scan;
// All keys that start with `prefix`, from `from` on (NULL: the first; with reverse: from `from` downwards, NULL: the last).
// `from` itself is included when it is there. Writes of the transaction during the scan are seen if they are ahead of it.
struct scan *scan_open(struct tx *tx, const struct key *prefix, const struct key *from, bool reverse);
// The next pair, or ERR_NOT_FOUND at the end. Views are valid until the next call on this scan.
enum err scan_next(struct scan *scan, struct str *out_key, struct str *out_value) MUST_CHECK;
void scan_close(struct scan *scan); // takes NULL

// --- after the commit
typedef void tx_after(void *context);
// Runs after the durable commit on the committing thread, in order of registration. The context's bytes are copied.
void tx_after_commit(struct tx *tx, tx_after *action, const void *context, size_t context_bytes);

// The next number of a named durable sequence: unique, growing, gaps allowed. Handed out from blocks, never waits on
// other transactions' locks.
enum err store_next(struct store *store, const char *sequence, uint64_t *out_number) MUST_CHECK;

// A consistent copy into a new folder, while serving: RocksDB's checkpoint and hard links to blobs.
enum err store_backup(struct store *store, const char *to_folder, struct error *error) MUST_CHECK;

#endif
