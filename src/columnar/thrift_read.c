// SPDX-License-Identifier: Apache-2.0
// A failure moves the reader to the end of its bytes, so that no read needs to ask whether one has
// happened: whatever is tried there finds nothing.
#include "columnar/thrift_read.h"

#include <string.h>

static const char *const TYPE_NAMES[] = {
    "a stop",   "a boolean", "a boolean", "an integer", "an integer", "an integer", "an integer",
    "a double", "a binary",  "a list",    "a set",      "a map",      "a struct",   "a uuid",
};

struct thrift_reader thrift_reader_of(struct str bytes, uint64_t offset, struct error *error)
{
    const char *start = bytes.len ? bytes.ptr : "";
    return (struct thrift_reader){
        .start = start, .at = start, .end = start + bytes.len, .offset = offset, .error = error};
}

enum err thrift_end(const struct thrift_reader *reader)
{
    return reader->failed;
}

bool thrift_fail(struct thrift_reader *reader, enum err kind, const char *format, ...)
{
    if (reader->failed == OK) {
        va_list args;
        va_start(args, format);
        uint64_t offset = reader->offset + (uint64_t)(reader->at - reader->start);
        reader->failed = error_setv(reader->error, kind, (size_t)offset, format, args);
        va_end(args);
    }
    reader->at = reader->end;
    return false;
}

static bool fail_short(struct thrift_reader *reader)
{
    return thrift_fail(reader, ERR_CORRUPT, "the bytes end in the middle of a value");
}

static bool fail_type(struct thrift_reader *reader, const char *expected, uint8_t type)
{
    const char *found =
        type < sizeof TYPE_NAMES / sizeof *TYPE_NAMES ? TYPE_NAMES[type] : "an unknown type";
    return thrift_fail(reader, ERR_CORRUPT, "%s is expected here, not %s", expected, found);
}

static size_t left(const struct thrift_reader *reader)
{
    return (size_t)(reader->end - reader->at);
}

static uint8_t take_byte(struct thrift_reader *reader)
{
    if (reader->at == reader->end) {
        fail_short(reader);
        return 0;
    }
    return (uint8_t)*reader->at++;
}

static uint64_t take_varint(struct thrift_reader *reader)
{
    uint64_t value = 0;
    if (reader->at < reader->end && (uint8_t)*reader->at < 0x80) // nearly all
        return (uint8_t)*reader->at++;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        uint8_t byte = take_byte(reader);
        value |= (uint64_t)(byte & 0x7F) << shift;
        if (byte < 0x80)
            return value;
    }
    thrift_fail(reader, ERR_CORRUPT, "an integer is longer than 64 bits");
    return 0;
}

static int64_t take_zigzag(struct thrift_reader *reader)
{
    uint64_t value = take_varint(reader);
    return (int64_t)(value >> 1) ^ -(int64_t)(value & 1);
}

static bool deeper(struct thrift_reader *reader)
{
    if (reader->depth >= THRIFT_DEPTH_MAX)
        return thrift_fail(reader, ERR_LIMIT, "values are nested deeper than %d", THRIFT_DEPTH_MAX);
    reader->depth++;
    return true;
}

// ================================================================ structs

struct thrift_field thrift_enter(struct thrift_reader *reader, uint8_t type)
{
    if (type != THRIFT_STRUCT)
        fail_type(reader, "a struct", type);
    else
        deeper(reader);
    return (struct thrift_field){0};
}

bool thrift_next(struct thrift_reader *reader, struct thrift_field *field)
{
    uint8_t head = take_byte(reader);
    field->type = head & 0x0F;
    if (reader->failed != OK)
        return false;
    if (field->type == THRIFT_STOP) {
        reader->depth--;
        return false;
    }
    int64_t id = head >> 4 ? field->id + (head >> 4) : take_zigzag(reader);
    if (id < INT16_MIN || id > INT16_MAX)
        return thrift_fail(reader, ERR_CORRUPT, "a field's number is beyond 16 bits");
    field->id = (int32_t)id;
    return reader->failed == OK;
}

// ================================================================ values

bool thrift_bool(struct thrift_reader *reader, uint8_t type)
{
    if (type != THRIFT_TRUE && type != THRIFT_FALSE)
        return fail_type(reader, "a boolean", type);
    return type == THRIFT_TRUE;
}

bool thrift_item_bool(struct thrift_reader *reader, uint8_t type)
{
    if (type != THRIFT_TRUE && type != THRIFT_FALSE)
        return fail_type(reader, "a boolean", type);
    return take_byte(reader) == THRIFT_TRUE;
}

int64_t thrift_i64(struct thrift_reader *reader, uint8_t type)
{
    if (type == THRIFT_I8)
        return (int8_t)take_byte(reader);
    if (type >= THRIFT_I16 && type <= THRIFT_I64)
        return take_zigzag(reader);
    fail_type(reader, "an integer", type);
    return 0;
}

int32_t thrift_i32(struct thrift_reader *reader, uint8_t type)
{
    int64_t value = thrift_i64(reader, type);
    if (value < INT32_MIN || value > INT32_MAX) {
        thrift_fail(reader, ERR_CORRUPT, "an integer is beyond 32 bits");
        return 0;
    }
    return (int32_t)value;
}

double thrift_double(struct thrift_reader *reader, uint8_t type)
{
    double value = 0;
    if (type != THRIFT_DOUBLE)
        fail_type(reader, "a double", type);
    else if (left(reader) < sizeof value)
        fail_short(reader);
    else {
        memcpy(&value, reader->at, sizeof value); // both little-endian
        reader->at += sizeof value;
    }
    return value;
}

struct str thrift_binary(struct thrift_reader *reader, uint8_t type)
{
    if (type != THRIFT_BINARY) {
        fail_type(reader, "a binary", type);
        return S("");
    }
    uint64_t len = take_varint(reader);
    if (len > left(reader)) {
        thrift_fail(reader, ERR_CORRUPT, "a binary of %llu bytes is longer than what is left, %zu",
                    (unsigned long long)len, left(reader));
        return S("");
    }
    struct str bytes = str_n(reader->at, (size_t)len);
    reader->at += len;
    return bytes;
}

static size_t checked_count(struct thrift_reader *reader, uint64_t count, size_t item_bytes)
{
    if (count <= left(reader) / item_bytes)
        return (size_t)count;
    thrift_fail(reader, ERR_CORRUPT, "%llu items do not fit into the %zu bytes that are left",
                (unsigned long long)count, left(reader));
    return 0;
}

size_t thrift_list(struct thrift_reader *reader, uint8_t type, size_t item_bytes,
                   uint8_t *out_item_type)
{
    *out_item_type = THRIFT_STOP;
    if (type != THRIFT_LIST && type != THRIFT_SET) {
        fail_type(reader, "a list", type);
        return 0;
    }
    uint8_t head = take_byte(reader);
    uint64_t count = head >> 4 == 15 ? take_varint(reader) : head >> 4;
    *out_item_type = head & 0x0F;
    return checked_count(reader, count, item_bytes);
}

// ================================================================ skipping

static void skip_bytes(struct thrift_reader *reader, size_t len)
{
    if (len > left(reader))
        fail_short(reader);
    else
        reader->at += len;
}

static void skip_item(struct thrift_reader *reader, uint8_t type);

static void skip_items(struct thrift_reader *reader, uint8_t type)
{
    uint8_t item_type;
    if (!deeper(reader))
        return;
    size_t count = thrift_list(reader, type, 1, &item_type);
    while (count-- && reader->failed == OK)
        skip_item(reader, item_type);
    reader->depth--;
}

static void skip_map(struct thrift_reader *reader)
{
    if (!deeper(reader))
        return;
    uint64_t count = take_varint(reader);
    uint8_t types = count ? take_byte(reader) : 0;
    for (size_t i = checked_count(reader, count, 2); i && reader->failed == OK; i--) {
        skip_item(reader, types >> 4);
        skip_item(reader, types & 0x0F);
    }
    reader->depth--;
}

static void skip_item(struct thrift_reader *reader, uint8_t type)
{
    if (type == THRIFT_TRUE || type == THRIFT_FALSE)
        skip_bytes(reader, 1);
    else
        thrift_skip(reader, type);
}

void thrift_skip(struct thrift_reader *reader, uint8_t type)
{
    switch (type) {
    case THRIFT_TRUE:
    case THRIFT_FALSE:
        return;
    case THRIFT_I8:
        skip_bytes(reader, 1);
        return;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        take_varint(reader);
        return;
    case THRIFT_DOUBLE:
        skip_bytes(reader, 8);
        return;
    case THRIFT_UUID:
        skip_bytes(reader, 16);
        return;
    case THRIFT_BINARY:
        thrift_binary(reader, type);
        return;
    case THRIFT_LIST:
    case THRIFT_SET:
        skip_items(reader, type);
        return;
    case THRIFT_MAP:
        skip_map(reader);
        return;
    case THRIFT_STRUCT:
        for (struct thrift_field f = thrift_enter(reader, type); thrift_next(reader, &f);)
            thrift_skip(reader, f.type);
        return;
    default:
        fail_type(reader, "a value", type);
    }
}
