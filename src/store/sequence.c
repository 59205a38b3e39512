// SPDX-License-Identifier: Apache-2.0
// Sequences: numbers are reserved in blocks by a durable write of their own, and given out from
// memory. Blocks double while a sequence is in demand, so that a busy one writes seldom and a quiet
// one leaves small gaps.
#include "store/internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN 64
#define BLOCK_MAX 65536

void sequences_free(struct store *store)
{
    free(store->sequences);
}

static struct sequence *find(struct store *store, const char *name)
{
    for (size_t i = 0; i < store->sequence_count; i++)
        if (strcmp(store->sequences[i].name, name) == 0)
            return &store->sequences[i];
    assert(strlen(name) < SEQUENCE_NAME_MAX);
    store->sequences =
        realloc(store->sequences, (store->sequence_count + 1) * sizeof *store->sequences);
    assert(store->sequences);
    struct sequence *sequence = &store->sequences[store->sequence_count++];
    memset(sequence, 0, sizeof *sequence);
    strcpy(sequence->name, name);
    return sequence;
}

static enum err read_next(struct store *store, const struct key *key, uint64_t *out_next)
{
    char *message = NULL;
    size_t len = 0;
    char *value = rocksdb_transactiondb_get(store->db, store->read_options,
                                            (const char *)key->bytes, key->len, &len, &message);
    TRY(store_status(store, message, "read a sequence", NULL));
    *out_next = 1; // so that 0 can mean "none"
    if (!value)
        return OK;
    struct cursor cursor = cursor_of(str_n(value, len));
    *out_next = cursor_u64le(&cursor);
    rocksdb_free(value);
    return cursor.failed ? ERR_CORRUPT : OK;
}

static enum err reserve(struct store *store, struct sequence *sequence)
{
    struct key key;
    key_str(key_start(&key, KEYSPACE_STORE_SEQUENCE), str_of(sequence->name));
    uint64_t next = sequence->end;
    if (next == 0)
        TRY(read_next(store, &key, &next));
    uint64_t block = sequence->block ? sequence->block * 2 : BLOCK_MIN;
    if (block > BLOCK_MAX)
        block = BLOCK_MAX;
    char bytes[8];
    uint64_t end = next + block;
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(end >> (8 * i));
    char *message = NULL;
    rocksdb_transactiondb_put(store->db, store->write_options, (const char *)key.bytes, key.len,
                              bytes, sizeof bytes, &message);
    TRY(store_status(store, message, "reserve numbers of a sequence", NULL));
    sequence->next = next;
    sequence->end = end;
    sequence->block = block;
    return OK;
}

enum err store_next(struct store *store, const char *name, uint64_t *out_number)
{
    pthread_mutex_lock(&store->sequence_lock);
    struct sequence *sequence = find(store, name);
    enum err result = sequence->next == sequence->end ? reserve(store, sequence) : OK;
    if (result == OK)
        *out_number = sequence->next++;
    pthread_mutex_unlock(&store->sequence_lock);
    return result;
}
