// SPDX-License-Identifier: Apache-2.0
#include "services/sqs/message.h"

#include "base/digest.h"
#include "base/encode.h"

#include <stdlib.h>

#define MESSAGE_VERSION 1
#define STATE_VERSION 1
#define RECEIPT_VERSION 1
#define ROW_BYTES_MAX ((size_t)8 << 20)

// --- rows

struct key *message_queue_key(struct key *key, uint64_t queue_id)
{
    return key_u64(key_start(key, KEYSPACE_SQS_MESSAGE), queue_id);
}

struct key *message_key(struct key *key, uint64_t queue_id, uint64_t sequence)
{
    return key_u64(message_queue_key(key, queue_id), sequence);
}

static struct key *state_key(struct key *key, uint64_t queue_id, uint64_t sequence)
{
    return key_u64(key_u64(key_start(key, KEYSPACE_SQS_MESSAGE_STATE), queue_id), sequence);
}

int64_t message_first_visible_ms(struct str row)
{
    struct cursor cursor = cursor_of(row);
    cursor_u8(&cursor);
    return (int64_t)cursor_u64le(&cursor);
}

enum err message_get(struct tx *tx, struct arena *arena, uint64_t queue_id, uint64_t sequence,
                     struct message *out)
{
    struct key key;
    struct str row;
    TRY(tx_get(tx, message_key(&key, queue_id, sequence), arena, &row));
    struct cursor cursor = cursor_of(row);
    uint8_t version = cursor_u8(&cursor);
    struct message message = {.sequence = sequence};
    message.first_visible_ms = (int64_t)cursor_u64le(&cursor);
    size_t meta_bytes = cursor_u32le(&cursor);
    struct str meta = cursor_take(&cursor, meta_bytes);
    message.body = cursor_take(&cursor, cursor_left(&cursor));
    if (cursor.failed || version != MESSAGE_VERSION ||
        json_parse(arena, meta, &message.meta, NULL) != OK)
        return ERR_CORRUPT;
    *out = message;
    return OK;
}

enum err message_put(struct tx *tx, struct arena *arena, uint64_t queue_id,
                     const struct message *message)
{
    struct buf row = buf_in(arena, ROW_BYTES_MAX);
    struct str meta = json_text(arena, message->meta);
    buf_put_u8(&row, MESSAGE_VERSION);
    buf_put_u64le(&row, (uint64_t)message->first_visible_ms);
    buf_put_u32le(&row, (uint32_t)meta.len);
    buf_put(&row, meta);
    buf_put(&row, message->body);
    struct key key;
    return tx_put(tx, message_key(&key, queue_id, message->sequence), buf_str(&row));
}

enum err message_delete(struct tx *tx, uint64_t queue_id, uint64_t sequence)
{
    struct key key;
    TRY(tx_delete(tx, state_key(&key, queue_id, sequence)));
    return tx_delete(tx, message_key(&key, queue_id, sequence));
}

int64_t message_sent_ms(const struct message *message)
{
    return json_i64_or(message->meta, "sent", 0);
}

static enum err state_decode(struct str row, struct message_state *out)
{
    struct cursor cursor = cursor_of(row);
    uint8_t version = cursor_u8(&cursor);
    struct message_state state = {0};
    state.visible_ms = (int64_t)cursor_u64le(&cursor);
    state.first_received_ms = (int64_t)cursor_u64le(&cursor);
    state.receives = cursor_u32le(&cursor);
    if (cursor.failed || version != STATE_VERSION)
        return ERR_CORRUPT;
    *out = state;
    return OK;
}

enum err message_state_get(struct tx *tx, struct arena *arena, uint64_t queue_id, uint64_t sequence,
                           struct message_state *out)
{
    struct key key;
    struct str row;
    TRY(tx_get(tx, state_key(&key, queue_id, sequence), arena, &row));
    return state_decode(row, out);
}

enum err message_state_lock(struct tx *tx, struct arena *arena, uint64_t queue_id,
                            uint64_t sequence, struct message_state *out)
{
    struct key key;
    struct str row;
    TRY(tx_lock(tx, state_key(&key, queue_id, sequence), arena, &row));
    return state_decode(row, out);
}

enum err message_state_put(struct tx *tx, struct arena *arena, uint64_t queue_id, uint64_t sequence,
                           const struct message_state *state)
{
    struct buf row = buf_in(arena, 64);
    buf_put_u8(&row, STATE_VERSION);
    buf_put_u64le(&row, (uint64_t)state->visible_ms);
    buf_put_u64le(&row, (uint64_t)state->first_received_ms);
    buf_put_u32le(&row, state->receives);
    struct key key;
    return tx_put(tx, state_key(&key, queue_id, sequence), buf_str(&row));
}

// --- receipt handles

struct str receipt_text(struct arena *arena, const struct receipt *receipt)
{
    struct buf bytes = buf_in(arena, 64);
    buf_put_u8(&bytes, RECEIPT_VERSION);
    buf_put_u64be(&bytes, receipt->queue_id);
    buf_put_u64be(&bytes, receipt->sequence);
    buf_put_u32le(&bytes, receipt->receives);
    buf_put_u32le(&bytes,
                  crc32c(0, bytes.ptr, bytes.len)); // tells a mangled handle from a real one
    return base64_encode(arena, buf_str(&bytes));
}

bool receipt_parse(struct arena *arena, struct str text, struct receipt *out)
{
    struct str bytes;
    if (base64_decode(arena, text, &bytes) != OK || bytes.len != 25)
        return false;
    struct cursor cursor = cursor_of(bytes);
    bool known = cursor_u8(&cursor) == RECEIPT_VERSION;
    struct receipt receipt;
    receipt.queue_id = cursor_u64be(&cursor);
    receipt.sequence = cursor_u64be(&cursor);
    receipt.receives = cursor_u32le(&cursor);
    if (!known || cursor_u32le(&cursor) != crc32c(0, bytes.ptr, bytes.len - 4))
        return false;
    *out = receipt;
    return true;
}

// --- attributes

static int by_name(const void *a, const void *b)
{
    const struct json_member *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static void put_counted(struct buf *buf, struct str s)
{
    char length[4] = {(char)(s.len >> 24), (char)(s.len >> 16), (char)(s.len >> 8), (char)s.len};
    buf_put_bytes(buf, length, sizeof length);
    buf_put(buf, s);
}

struct str message_attributes_md5(struct arena *arena, const struct json *attributes)
{
    size_t count = json_count(attributes);
    if (!count)
        return STR_NONE;
    const struct json_member **sorted = ARENA_ARRAY(arena, const struct json_member *, count);
    size_t i = 0;
    JSON_EACH_MEMBER(m, attributes)
    sorted[i++] = m;
    qsort(sorted, count, sizeof *sorted, by_name);

    struct buf bytes = buf_in(arena, ROW_BYTES_MAX);
    for (i = 0; i < count; i++) {
        const struct json *value = sorted[i]->value;
        struct str type = json_str(value, "DataType"), binary;
        put_counted(&bytes, sorted[i]->name);
        put_counted(&bytes, type);
        bool is_binary = str_starts(type, S("Binary"));
        buf_put_u8(&bytes, is_binary ? 2 : 1);
        if (!is_binary)
            put_counted(&bytes, json_str(value, "StringValue"));
        else if (base64_decode(arena, json_str(value, "BinaryValue"), &binary) == OK)
            put_counted(&bytes, binary);
    }
    return digest_hex(arena, DIGEST_MD5, buf_str(&bytes));
}

size_t message_attributes_bytes(struct arena *arena, const struct json *attributes)
{
    size_t total = 0;
    JSON_EACH_MEMBER(m, attributes)
    {
        struct str binary;
        total += m->name.len + json_str(m->value, "DataType").len +
                 json_str(m->value, "StringValue").len;
        if (base64_decode(arena, json_str(m->value, "BinaryValue"), &binary) == OK)
            total += binary.len;
    }
    return total;
}

// Valid UTF-8 is assumed (JSON and form decoding see to it): what is left are control characters,
// U+FFFE and U+FFFF.
bool message_text_allowed(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20 && c != '\t' && c != '\n' && c != '\r')
            return false;
        if (c == 0xEF && i + 2 < text.len && (unsigned char)text.ptr[i + 1] == 0xBF &&
            (unsigned char)text.ptr[i + 2] >= 0xBE)
            return false;
    }
    return true;
}
