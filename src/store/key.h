// SPDX-License-Identifier: Apache-2.0
// Keys: tuples in an order-preserving binary encoding.
//
// A key is a keyspace (two bytes, big-endian, see keyspaces.h) followed by fields. Encoded keys sort as their tuples
// do, field by field:
//     string   bytes with 0x00 written as 0x00 0xFF, ended by 0x00 0x01 - so a prefix sorts before what extends it
//     u64      eight bytes big-endian          i64   the same with the sign bit flipped
//     raw tail bytes to the end of the key, unescaped (last field only)
//
// A prefix of fields is a prefix of bytes, so a scan over "all of this queue's messages" is a scan over a key built
// with fewer fields. Longest key: KEY_BYTES_MAX.
#ifndef STORE_KEY_H
#define STORE_KEY_H

#include "base/buf.h"
#include "store/keyspaces.h"

#define KEY_BYTES_MAX 4096

struct key {
    size_t len;
    bool overflowed; // a field did not fit; the store refuses the key
    uint8_t bytes[KEY_BYTES_MAX];
};

// Builders return their argument, so that a key is one expression:
//     struct key key; key_u64(key_str(key_start(&key, KEYSPACE_SQS_MESSAGE), queue_id), sequence);
struct key *key_start(struct key *key, enum keyspace keyspace);
struct key *key_str(struct key *key, struct str field);
struct key *key_u64(struct key *key, uint64_t field);
struct key *key_i64(struct key *key, int64_t field);
struct key *key_raw(struct key *key, struct str tail);
struct str key_bytes(const struct key *key);

// Reading a key back: start after the keyspace, then field by field. A malformed key sets the cursor's `failed`.
struct cursor key_cursor(struct str key);
struct str key_take_str(struct cursor *cursor, struct arena *arena);
uint64_t key_take_u64(struct cursor *cursor);
int64_t key_take_i64(struct cursor *cursor);
struct str key_take_raw(struct cursor *cursor);

#endif
