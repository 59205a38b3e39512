// SPDX-License-Identifier: Apache-2.0
// A buffer doubles; in an arena the old bytes are simply left behind, so a buffer costs at most
// twice its contents there. The last allocation of an arena is extended in place where there is
// room behind it.
#include "base/buf.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAPACITY_FIRST 64

struct buf buf_in(struct arena *arena, size_t max_bytes)
{
    assert(arena);
    return (struct buf){.arena = arena, .max_bytes = max_bytes};
}

struct buf buf_heap(size_t max_bytes)
{
    return (struct buf){.max_bytes = max_bytes};
}

void buf_deinit(struct buf *buf)
{
    if (!buf || buf->arena)
        return;
    free(buf->ptr);
    *buf = (struct buf){.max_bytes = buf->max_bytes};
}

void buf_clear(struct buf *buf)
{
    buf->len = 0;
    buf->overflowed = false;
}

static void grow(struct buf *buf, size_t needed)
{
    size_t capacity = buf->capacity ? buf->capacity * 2 : CAPACITY_FIRST;
    if (capacity > buf->max_bytes)
        capacity = buf->max_bytes;
    if (capacity < needed)
        capacity = needed;
    if (!buf->arena) {
        char *moved = realloc(buf->ptr, capacity);
        if (!moved)
            abort();
        buf->ptr = moved;
        buf->capacity = capacity;
        return;
    }
    struct arena *arena = buf->arena;
    size_t more = capacity - buf->capacity;
    if (buf->ptr && buf->ptr + buf->capacity == arena->next &&
        more <= (size_t)(arena->end - arena->next)) {
        arena_bytes(arena, more); // the bytes right behind ours
    } else {
        char *moved = arena_bytes(arena, capacity);
        if (buf->len)
            memcpy(moved, buf->ptr, buf->len);
        buf->ptr = moved;
    }
    buf->capacity = capacity;
}

char *buf_reserve(struct buf *buf, size_t len)
{
    if (buf->overflowed)
        return NULL;
    if (len > buf->max_bytes || buf->len > buf->max_bytes - len) {
        buf->overflowed = true;
        return NULL;
    }
    if (buf->len + len > buf->capacity || !buf->ptr)
        grow(buf, buf->len + len);
    return buf->ptr + buf->len;
}

void buf_put_bytes(struct buf *buf, const void *bytes, size_t len)
{
    char *room = buf_reserve(buf, len);
    if (!room || len == 0)
        return;
    memcpy(room, bytes, len);
    buf->len += len;
}

void buf_put(struct buf *buf, struct str s)
{
    buf_put_bytes(buf, s.ptr, s.len);
}

void buf_puts(struct buf *buf, const char *cstr)
{
    buf_put_bytes(buf, cstr, strlen(cstr));
}

void buf_put_char(struct buf *buf, char c)
{
    if (buf->len < buf->capacity && !buf->overflowed)
        buf->ptr[buf->len++] = c;
    else
        buf_put_bytes(buf, &c, 1);
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    char small[256];
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int len = vsnprintf(small, sizeof small, format, args);
    va_end(args);
    assert(len >= 0);
    if ((size_t)len < sizeof small) {
        buf_put_bytes(buf, small, (size_t)len);
    } else if (buf->len > buf->max_bytes || (size_t)len > buf->max_bytes - buf->len) {
        buf->overflowed = true;
    } else {
        // vsnprintf writes a terminator, for which the maximum leaves no room: so it is formatted
        // aside.
        char *large = malloc((size_t)len + 1);
        if (!large)
            abort();
        vsnprintf(large, (size_t)len + 1, format, again);
        buf_put_bytes(buf, large, (size_t)len);
        free(large);
    }
    va_end(again);
}

struct str buf_str(const struct buf *buf)
{
    return str_n(buf->ptr ? buf->ptr : "", buf->len);
}

void buf_put_u8(struct buf *buf, uint8_t v)
{
    buf_put_char(buf, (char)v);
}

static void put_be(struct buf *buf, uint64_t v, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(v >> (8 * (size - 1 - i)));
    buf_put_bytes(buf, bytes, size);
}

static void put_le(struct buf *buf, uint64_t v, size_t size)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)(v >> (8 * i));
    buf_put_bytes(buf, bytes, size);
}

void buf_put_u16be(struct buf *buf, uint16_t v)
{
    put_be(buf, v, sizeof v);
}

void buf_put_u32le(struct buf *buf, uint32_t v)
{
    put_le(buf, v, sizeof v);
}

void buf_put_u64le(struct buf *buf, uint64_t v)
{
    put_le(buf, v, sizeof v);
}

void buf_put_u64be(struct buf *buf, uint64_t v)
{
    put_be(buf, v, sizeof v);
}

struct cursor cursor_of(struct str s)
{
    const char *start = s.ptr ? s.ptr : "";
    return (struct cursor){.ptr = start, .end = start + s.len};
}

size_t cursor_left(const struct cursor *c)
{
    return c->failed ? 0 : (size_t)(c->end - c->ptr);
}

struct str cursor_take(struct cursor *c, size_t len)
{
    if (c->failed || len > (size_t)(c->end - c->ptr)) {
        c->failed = true;
        return STR_NONE;
    }
    struct str taken = str_n(c->ptr, len);
    c->ptr += len;
    return taken;
}

static uint64_t take_be(struct cursor *c, size_t size)
{
    struct str bytes = cursor_take(c, size);
    uint64_t v = 0;
    for (size_t i = 0; i < bytes.len; i++)
        v = v << 8 | (uint8_t)bytes.ptr[i];
    return v;
}

static uint64_t take_le(struct cursor *c, size_t size)
{
    struct str bytes = cursor_take(c, size);
    uint64_t v = 0;
    for (size_t i = 0; i < bytes.len; i++)
        v |= (uint64_t)(uint8_t)bytes.ptr[i] << (8 * i);
    return v;
}

uint8_t cursor_u8(struct cursor *c)
{
    return (uint8_t)take_le(c, 1);
}

uint16_t cursor_u16be(struct cursor *c)
{
    return (uint16_t)take_be(c, 2);
}

uint32_t cursor_u32le(struct cursor *c)
{
    return (uint32_t)take_le(c, 4);
}

uint64_t cursor_u64le(struct cursor *c)
{
    return take_le(c, 8);
}

uint64_t cursor_u64be(struct cursor *c)
{
    return take_be(c, 8);
}
