// SPDX-License-Identifier: Apache-2.0
// Scans: a RocksDB iterator that is bounded to the prefix.
//
// RocksDB leaves open what an iterator does when its transaction writes meanwhile, and forbids it
// after an undo. Here a scan notices both and finds its place again: it then sees what was written
// ahead of it. Views into the transaction's own batch would move as it grows, so once it has
// written, what scan_next shows is a copy.
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct scan {
    struct tx *tx;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator;
    bool reverse, started, ended;
    uint64_t writes, undos; // of the transaction, when the iterator was positioned
    size_t start_len;       // 0: at the end of the range
    struct buf copy;        // of the last pair
    size_t key_len;         // its first bytes are the key
    size_t lower_len, upper_len;
    char *lower, *upper, *start; // behind the struct
};

// The first key after all that start with prefix. Keyspace numbers end long before 0xffff, so there
// is one.
static size_t successor(char *out, struct str prefix)
{
    memcpy(out, prefix.ptr, prefix.len);
    size_t len = prefix.len;
    while (len > 0 && (uint8_t)out[len - 1] == 0xff)
        len--;
    assert(len > 0);
    out[len - 1]++;
    return len;
}

static void position_iterator(struct scan *scan)
{
    struct tx *tx = scan->tx;
    if (scan->iterator)
        rocksdb_iter_destroy(scan->iterator);
    scan->iterator = tx->read_only
                         ? rocksdb_transactiondb_create_iterator(tx->store->db, scan->options)
                         : rocksdb_transaction_create_iterator(tx->rocks, scan->options);
}

struct scan *scan_open(struct tx *tx, const struct key *prefix, const struct key *from,
                       bool reverse)
{
    assert(prefix->len >= 2 && !prefix->overflowed);
    struct str lower = key_bytes(prefix), start = from ? key_bytes(from) : STR_NONE;
    struct scan *scan = calloc(1, sizeof *scan + 2 * lower.len + start.len);
    assert(scan);
    scan->tx = tx;
    scan->reverse = reverse;
    scan->lower = (char *)(scan + 1);
    scan->lower_len = lower.len;
    memcpy(scan->lower, lower.ptr, lower.len);
    scan->upper = scan->lower + lower.len;
    scan->upper_len = successor(scan->upper, lower);
    scan->start = scan->upper + lower.len;
    scan->start_len = start.len;
    if (start.len)
        memcpy(scan->start, start.ptr, start.len);
    scan->copy = buf_heap(SIZE_MAX / 2);
    scan->options = rocksdb_readoptions_create();
    if (tx->read_only) {
        tx_read_options(tx);
        rocksdb_readoptions_set_snapshot(scan->options, tx->snapshot);
    }
    rocksdb_readoptions_set_iterate_lower_bound(scan->options, scan->lower, scan->lower_len);
    rocksdb_readoptions_set_iterate_upper_bound(scan->options, scan->upper, scan->upper_len);
    return scan;
}

static void seek_first(struct scan *scan)
{
    position_iterator(scan);
    bool before = scan->start_len > 0 && str_cmp(str_n(scan->start, scan->start_len),
                                                 str_n(scan->lower, scan->lower_len)) < 0;
    bool bounded = scan->start_len > 0 && !before;
    if (!scan->reverse)
        rocksdb_iter_seek(scan->iterator, bounded ? scan->start : scan->lower,
                          bounded ? scan->start_len : scan->lower_len);
    else if (before)
        scan->ended = true; // all of the range is above
    else
        rocksdb_iter_seek_for_prev(scan->iterator, bounded ? scan->start : scan->upper,
                                   bounded ? scan->start_len : scan->upper_len);
}

// Back to just behind the last pair, whose key is in the copy.
static void seek_again(struct scan *scan)
{
    position_iterator(scan);
    struct str last = str_n(scan->copy.ptr, scan->key_len);
    if (scan->reverse)
        rocksdb_iter_seek_for_prev(scan->iterator, last.ptr, last.len);
    else
        rocksdb_iter_seek(scan->iterator, last.ptr, last.len);
    if (!rocksdb_iter_valid(scan->iterator))
        return;
    size_t len;
    const char *key = rocksdb_iter_key(scan->iterator, &len);
    if (!str_eq(str_n(key, len), last))
        return;
    if (scan->reverse)
        rocksdb_iter_prev(scan->iterator);
    else
        rocksdb_iter_next(scan->iterator);
}

static void advance(struct scan *scan)
{
    struct tx *tx = scan->tx;
    if (!scan->started)
        seek_first(scan);
    else if (scan->writes != tx->writes || scan->undos != tx->undos)
        seek_again(scan);
    else if (scan->reverse)
        rocksdb_iter_prev(scan->iterator);
    else
        rocksdb_iter_next(scan->iterator);
    scan->started = true;
    scan->writes = tx->writes;
    scan->undos = tx->undos;
}

static enum err finish(struct scan *scan)
{
    scan->ended = true;
    char *message = NULL;
    if (scan->iterator)
        rocksdb_iter_get_error(scan->iterator, &message);
    TRY(store_status(scan->tx->store, message, "scan", NULL));
    return ERR_NOT_FOUND;
}

enum err scan_next(struct scan *scan, struct str *out_key, struct str *out_value)
{
    if (!scan->ended)
        advance(scan);
    if (scan->ended || !rocksdb_iter_valid(scan->iterator))
        return finish(scan);
    struct str key, value, lower = str_n(scan->lower, scan->lower_len);
    key.ptr = rocksdb_iter_key(scan->iterator, &key.len);
    if (!str_starts(key, lower))
        return finish(scan); // a transaction's own writes are not bounded by the options
    value.ptr = rocksdb_iter_value(scan->iterator, &value.len);
    scan->key_len = key.len;
    buf_clear(&scan->copy);
    buf_put(&scan->copy, key);
    if (scan->tx->writes > 0) {
        buf_put(&scan->copy, value);
        value = str_n(scan->copy.ptr + key.len, value.len);
    }
    *out_key = str_n(scan->copy.ptr, key.len);
    *out_value = value;
    return OK;
}

void scan_close(struct scan *scan)
{
    if (!scan)
        return;
    if (scan->iterator)
        rocksdb_iter_destroy(scan->iterator);
    rocksdb_readoptions_destroy(scan->options);
    buf_deinit(&scan->copy);
    free(scan);
}
