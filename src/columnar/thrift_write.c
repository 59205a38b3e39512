// SPDX-License-Identifier: Apache-2.0
// A field's header holds the distance to the id before it, so ids in order cost a byte.
#include "columnar/thrift_write.h"

#include <assert.h>

static void put_varint(struct thrift_out *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        buf_put_u8(out->buf, (uint8_t)(value | 0x80));
    buf_put_u8(out->buf, (uint8_t)value);
}

static void put_zigzag(struct thrift_out *out, int64_t value)
{
    put_varint(out, ((uint64_t)value << 1) ^ (uint64_t)(value >> 63));
}

static void put_header(struct thrift_out *out, int id, enum thrift_wire type)
{
    int distance = id - out->last;
    assert(distance > 0 && distance <= 15);
    buf_put_u8(out->buf, (uint8_t)(distance << 4 | (int)type));
    out->last = id;
}

struct thrift_out thrift_begin(struct buf *buf)
{
    return (struct thrift_out){.buf = buf, .depth = 0};
}

static void open_struct(struct thrift_out *out)
{
    assert(out->depth < THRIFT_DEPTH_MAX);
    out->outer[out->depth++] = out->last;
    out->last = 0;
}

void thrift_finish(struct thrift_out *out)
{
    buf_put_u8(out->buf, 0);
    if (out->depth)
        out->last = out->outer[--out->depth];
}

void thrift_put_bool(struct thrift_out *out, int id, bool value)
{
    put_header(out, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_put_i8(struct thrift_out *out, int id, int8_t value)
{
    put_header(out, id, THRIFT_I8);
    buf_put_u8(out->buf, (uint8_t)value);
}

void thrift_put_i16(struct thrift_out *out, int id, int16_t value)
{
    put_header(out, id, THRIFT_I16);
    put_zigzag(out, value);
}

void thrift_put_i32(struct thrift_out *out, int id, int32_t value)
{
    put_header(out, id, THRIFT_I32);
    put_zigzag(out, value);
}

void thrift_put_i64(struct thrift_out *out, int id, int64_t value)
{
    put_header(out, id, THRIFT_I64);
    put_zigzag(out, value);
}

void thrift_put_binary(struct thrift_out *out, int id, struct str value)
{
    put_header(out, id, THRIFT_BINARY);
    thrift_put_item_binary(out, value);
}

void thrift_put_struct(struct thrift_out *out, int id)
{
    put_header(out, id, THRIFT_STRUCT);
    open_struct(out);
}

void thrift_put_empty(struct thrift_out *out, int id)
{
    thrift_put_struct(out, id);
    thrift_finish(out);
}

void thrift_put_list(struct thrift_out *out, int id, enum thrift_wire type, size_t count)
{
    put_header(out, id, THRIFT_LIST);
    if (count < 15) {
        buf_put_u8(out->buf, (uint8_t)(count << 4 | type));
        return;
    }
    buf_put_u8(out->buf, (uint8_t)(0xF0 | type));
    put_varint(out, count);
}

void thrift_put_item_bool(struct thrift_out *out, bool value)
{
    buf_put_u8(out->buf, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_put_item_i32(struct thrift_out *out, int32_t value)
{
    put_zigzag(out, value);
}

void thrift_put_item_i64(struct thrift_out *out, int64_t value)
{
    put_zigzag(out, value);
}

void thrift_put_item_binary(struct thrift_out *out, struct str value)
{
    put_varint(out, value.len);
    buf_put(out->buf, value);
}

void thrift_put_item_struct(struct thrift_out *out)
{
    open_struct(out);
}
