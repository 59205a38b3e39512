// SPDX-License-Identifier: Apache-2.0
// Thrift's compact protocol, read: the language of Parquet's footers, page headers and indexes.
//
// A struct is a row of fields, each with a number and a type; whoever reads one walks it:
//
//     for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
//         switch (thrift_key(f)) {
//         case INT_FIELD(1): x->version = thrift_i32(r, f.type); break;
//         default: thrift_skip(r, f.type);
//         }
//
// Every field must be read or skipped. A field that has another type than its specification says is
// none that is known, as for the readers that Thrift generates: it falls to the default (some forks
// of Parquet have given numbers of theirs to fields that Parquet used later). Where a struct or a
// list's item has the wrong type there is no way around, and it is an error.
//
// Errors: the first one is kept, with its offset in the file, and ends everything: from then on
// reads give zero, lists are empty and structs have no more fields. So the check is made once, at
// the end, by thrift_end. Nothing that the bytes say is trusted: a length is compared with what is
// left, nesting with THRIFT_DEPTH_MAX, a list's count with the bytes that so many items take at
// least.
//
// Ownership: strings are views into the bytes. Specification: thrift-compact-protocol.md of Apache
// Thrift.
#ifndef COLUMNAR_THRIFT_READ_H
#define COLUMNAR_THRIFT_READ_H

#include "base/str.h"

#define THRIFT_DEPTH_MAX 32 // structs, lists and maps inside each other

enum thrift_type {
    THRIFT_STOP = 0,
    THRIFT_TRUE = 1, // a field's boolean is its type; in a list, a byte
    THRIFT_FALSE = 2,
    THRIFT_I8 = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_SET = 10,
    THRIFT_MAP = 11,
    THRIFT_STRUCT = 12,
    THRIFT_UUID = 13,
};

struct thrift_reader {
    const char *start, *at, *end;
    uint64_t offset; // of `start` in its file
    unsigned depth;
    enum err failed;
    struct error *error; // may be NULL
};
struct thrift_field {
    int32_t id;
    uint8_t type;
};

// A field's number and type, integers of all widths and lists and sets being one: for switches.
#define INT_FIELD(id) ((id)*16 + THRIFT_I64)
#define BOOL_FIELD(id) ((id)*16 + THRIFT_TRUE)
#define BINARY_FIELD(id) ((id)*16 + THRIFT_BINARY)
#define LIST_FIELD(id) ((id)*16 + THRIFT_LIST)
#define STRUCT_FIELD(id) ((id)*16 + THRIFT_STRUCT)
static inline int32_t thrift_key(struct thrift_field field)
{
    static const uint8_t CLASSES[16] = {
        [THRIFT_TRUE] = THRIFT_TRUE,     [THRIFT_FALSE] = THRIFT_TRUE,
        [THRIFT_I8] = THRIFT_I64,        [THRIFT_I16] = THRIFT_I64,
        [THRIFT_I32] = THRIFT_I64,       [THRIFT_I64] = THRIFT_I64,
        [THRIFT_DOUBLE] = THRIFT_DOUBLE, [THRIFT_BINARY] = THRIFT_BINARY,
        [THRIFT_LIST] = THRIFT_LIST,     [THRIFT_SET] = THRIFT_LIST,
        [THRIFT_MAP] = THRIFT_MAP,       [THRIFT_STRUCT] = THRIFT_STRUCT,
        [THRIFT_UUID] = THRIFT_UUID,
    };
    return field.id * 16 + CLASSES[field.type & 15];
}

struct thrift_reader thrift_reader_of(struct str bytes, uint64_t offset, struct error *error);
// OK, or what went wrong.
enum err thrift_end(const struct thrift_reader *reader) MUST_CHECK;
// For what a reader of structs finds wrong: the first failure wins. Returns false.
bool thrift_fail(struct thrift_reader *reader, enum err kind, const char *format, ...)
    PRINTF_LIKE(3, 4);

struct thrift_field thrift_enter(struct thrift_reader *reader, uint8_t type);
bool thrift_next(struct thrift_reader *reader, struct thrift_field *field);
void thrift_skip(struct thrift_reader *reader, uint8_t type); // a field's value

bool thrift_bool(struct thrift_reader *reader, uint8_t type);   // a field's
int64_t thrift_i64(struct thrift_reader *reader, uint8_t type); // of any width
int32_t thrift_i32(struct thrift_reader *reader, uint8_t type); // of any width, if the value fits
struct str thrift_binary(struct thrift_reader *reader, uint8_t type); // ptr never NULL
double thrift_double(struct thrift_reader *reader, uint8_t type);

// A list's or set's count and its items' type. An item takes at least `item_bytes` (1 or more).
size_t thrift_list(struct thrift_reader *reader, uint8_t type, size_t item_bytes,
                   uint8_t *out_item_type);
bool thrift_item_bool(struct thrift_reader *reader, uint8_t type);

#endif
