// SPDX-License-Identifier: Apache-2.0
// Thrift's compact protocol, written: what Parquet's headers and footers are made of.
//
// A struct's fields are written in ascending order of their ids; each function writes one field
// with its header, thrift_item_* one item of a list. Ids and list lengths are ours, so misuse is an
// assert. Specified in: Apache Thrift, doc/specs/thrift-compact-protocol.md.
#ifndef COLUMNAR_THRIFT_WRITE_H
#define COLUMNAR_THRIFT_WRITE_H

#include "base/buf.h"

#define THRIFT_DEPTH_MAX 16

enum thrift_wire {
    THRIFT_TRUE = 1, // also: the type of a list of booleans
    THRIFT_FALSE = 2,
    THRIFT_I8 = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_STRUCT = 12,
};

struct thrift_out {
    struct buf *buf;
    int last;                    // id of the last field of the struct that is open
    int outer[THRIFT_DEPTH_MAX]; // the same of those around it
    unsigned depth;
};

// The top struct is open at once; thrift_end closes it, as it does every other one.
struct thrift_out thrift_begin(struct buf *buf);
void thrift_finish(struct thrift_out *out);

void thrift_put_bool(struct thrift_out *out, int id, bool value);
void thrift_put_i8(struct thrift_out *out, int id, int8_t value);
void thrift_put_i16(struct thrift_out *out, int id, int16_t value);
void thrift_put_i32(struct thrift_out *out, int id, int32_t value);
void thrift_put_i64(struct thrift_out *out, int id, int64_t value);
void thrift_put_binary(struct thrift_out *out, int id, struct str value);
void thrift_put_struct(struct thrift_out *out, int id); // up to thrift_finish
void thrift_put_empty(struct thrift_out *out, int id);  // a struct without fields
void thrift_put_list(struct thrift_out *out, int id, enum thrift_wire type, size_t count);

void thrift_put_item_bool(struct thrift_out *out, bool value);
void thrift_put_item_i32(struct thrift_out *out, int32_t value);
void thrift_put_item_i64(struct thrift_out *out, int64_t value);
void thrift_put_item_binary(struct thrift_out *out, struct str value);
void thrift_put_item_struct(struct thrift_out *out); // up to thrift_finish

#endif
