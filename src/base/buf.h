// SPDX-License-Identifier: Apache-2.0
// Growing byte buffers, each born with a maximum.
//
// A buffer grows inside an arena, or on the heap when it was made without one. Past its maximum it stops growing
// and remembers that it overflowed, so that appending code stays straight-line and the check is made once, at the end.
//
// Ownership: in an arena nothing needs to be freed; a heap buffer is freed by buf_deinit.
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
    struct arena *arena; // NULL: heap
    char *ptr;
    size_t len;
    size_t capacity;
    size_t max_bytes;
    bool overflowed; // something did not fit; contents end before it
};

#define BUF_MAX_DEFAULT ((size_t)64 << 20)

struct buf buf_in(struct arena *arena, size_t max_bytes);
struct buf buf_heap(size_t max_bytes);
void buf_deinit(struct buf *buf); // no-op in an arena
void buf_clear(struct buf *buf);  // keeps the memory

void buf_put(struct buf *buf, struct str s);
void buf_puts(struct buf *buf, const char *cstr);
void buf_put_char(struct buf *buf, char c);
void buf_put_bytes(struct buf *buf, const void *bytes, size_t len);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
// Room for `len` more bytes at ptr + len, or NULL past the maximum; the caller adds to len what it wrote.
char *buf_reserve(struct buf *buf, size_t len);
struct str buf_str(const struct buf *buf); // valid until the next append

// Fixed-width integers. Little-endian for values, big-endian where order matters.
void buf_put_u8(struct buf *buf, uint8_t v);
void buf_put_u16be(struct buf *buf, uint16_t v);
void buf_put_u32le(struct buf *buf, uint32_t v);
void buf_put_u64le(struct buf *buf, uint64_t v);
void buf_put_u64be(struct buf *buf, uint64_t v);

// A cursor reads bytes and cannot run past their end: after a failed read `failed` stays set and reads give zero.
struct cursor {
    const char *ptr;
    const char *end;
    bool failed;
};
struct cursor cursor_of(struct str s);
size_t cursor_left(const struct cursor *c);
uint8_t cursor_u8(struct cursor *c);
uint16_t cursor_u16be(struct cursor *c);
uint32_t cursor_u32le(struct cursor *c);
uint64_t cursor_u64le(struct cursor *c);
uint64_t cursor_u64be(struct cursor *c);
struct str cursor_take(struct cursor *c, size_t len); // a view into the bytes

#endif
