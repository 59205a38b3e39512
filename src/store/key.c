// SPDX-License-Identifier: Apache-2.0
// The sign bit of an i64 is flipped so that negative numbers sort before positive ones as unsigned
// bytes.
#include "store/key.h"

#include <string.h>

static void put(struct key *key, const void *bytes, size_t len)
{
    if (key->overflowed || len > sizeof key->bytes - key->len) {
        key->overflowed = true;
        return;
    }
    if (len > 0)
        memcpy(key->bytes + key->len, bytes, len);
    key->len += len;
}

static void put_u64(struct key *key, uint64_t value)
{
    value = __builtin_bswap64(value);
    put(key, &value, sizeof value);
}

struct key *key_start(struct key *key, enum keyspace keyspace)
{
    key->len = 2;
    key->overflowed = false;
    key->bytes[0] = (uint8_t)((unsigned)keyspace >> 8);
    key->bytes[1] = (uint8_t)keyspace;
    return key;
}

struct key *key_str(struct key *key, struct str field)
{
    while (field.len > 0) {
        const char *zero = memchr(field.ptr, 0, field.len);
        size_t plain = zero ? (size_t)(zero - field.ptr) : field.len;
        put(key, field.ptr, plain);
        if (zero)
            put(key, "\x00\xff", 2);
        field = str_from(field, zero ? plain + 1 : plain);
    }
    put(key, "\x00\x01", 2);
    return key;
}

struct key *key_u64(struct key *key, uint64_t field)
{
    put_u64(key, field);
    return key;
}

struct key *key_i64(struct key *key, int64_t field)
{
    put_u64(key, (uint64_t)field ^ ((uint64_t)1 << 63));
    return key;
}

struct key *key_raw(struct key *key, struct str tail)
{
    put(key, tail.ptr, tail.len);
    return key;
}

struct str key_bytes(const struct key *key)
{
    return str_n((const char *)key->bytes, key->len);
}

struct cursor key_cursor(struct str key)
{
    struct cursor cursor = cursor_of(key);
    cursor_take(&cursor, 2);
    return cursor;
}

struct str key_take_str(struct cursor *cursor, struct arena *arena)
{
    if (cursor->failed)
        return STR_NONE;
    // First find the end, then unescape into exactly as much as can be needed.
    const char *end = cursor->ptr;
    for (;; end += 2) {
        end = memchr(end, 0, (size_t)(cursor->end - end));
        if (!end || cursor->end - end < 2 || (end[1] != '\x01' && end[1] != '\xff')) {
            cursor->failed = true;
            return STR_NONE;
        }
        if (end[1] == '\x01')
            break;
    }
    size_t escaped = (size_t)(end - cursor->ptr), len = 0;
    char *text = arena_bytes(arena, escaped + 1);
    for (const char *at = cursor->ptr; at < end; at++) {
        text[len++] = *at;
        if (*at == 0)
            at++;
    }
    text[len] = 0;
    cursor->ptr = end + 2;
    return str_n(text, len);
}

uint64_t key_take_u64(struct cursor *cursor)
{
    return cursor_u64be(cursor);
}

int64_t key_take_i64(struct cursor *cursor)
{
    return (int64_t)(cursor_u64be(cursor) ^ ((uint64_t)1 << 63));
}

struct str key_take_raw(struct cursor *cursor)
{
    return cursor_take(cursor, cursor_left(cursor));
}
