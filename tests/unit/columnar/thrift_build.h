// SPDX-License-Identifier: Apache-2.0
// Thrift's compact protocol, written by hand for tests of what reads it: fields in rising order,
// structs opened and ended.
#ifndef TESTS_COLUMNAR_THRIFT_BUILD_H
#define TESTS_COLUMNAR_THRIFT_BUILD_H

#include "base/buf.h"
#include "columnar/thrift_read.h"

struct build {
    struct buf bytes;
    int last[16]; // the last field's number, of each open struct
    int depth;
};

static inline struct build build_in(struct arena *arena)
{
    return (struct build){.bytes = buf_in(arena, BUF_MAX_DEFAULT)};
}
static inline void build_varint(struct build *b, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_put_u8(&b->bytes, (uint8_t)(value | 0x80));
    buf_put_u8(&b->bytes, (uint8_t)value);
}
static inline void build_zigzag(struct build *b, int64_t value)
{
    build_varint(b, (uint64_t)value << 1 ^ (uint64_t)(value >> 63));
}
static inline void build_head(struct build *b, int id, uint8_t type)
{
    int delta = id - b->last[b->depth];
    buf_put_u8(&b->bytes, (uint8_t)((delta > 0 && delta < 16 ? delta << 4 : 0) | type));
    if (delta <= 0 || delta >= 16)
        build_zigzag(b, id);
    b->last[b->depth] = id;
}
static inline void build_int(struct build *b, int id, int64_t value)
{
    build_head(b, id, THRIFT_I64);
    build_zigzag(b, value);
}
static inline void build_bool(struct build *b, int id, bool value)
{
    build_head(b, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}
static inline void build_text_item(struct build *b, struct str text)
{
    build_varint(b, text.len);
    buf_put(&b->bytes, text);
}
static inline void build_text(struct build *b, int id, struct str text)
{
    build_head(b, id, THRIFT_BINARY);
    build_text_item(b, text);
}
static inline void build_list(struct build *b, int id, uint8_t type, size_t count)
{
    build_head(b, id, THRIFT_LIST);
    buf_put_u8(&b->bytes, (uint8_t)((count < 15 ? count << 4 : 0xF0) | type));
    if (count >= 15)
        build_varint(b, count);
}
static inline void build_item(struct build *b) // a struct in a list
{
    b->last[++b->depth] = 0;
}
static inline void build_struct(struct build *b, int id)
{
    build_head(b, id, THRIFT_STRUCT);
    build_item(b);
}
static inline void build_end(struct build *b)
{
    buf_put_u8(&b->bytes, THRIFT_STOP);
    b->depth--;
}

#endif
