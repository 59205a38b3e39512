// SPDX-License-Identifier: Apache-2.0
// A row per kind says which annotations it has; nesting is the depth-first order that the format
// asks for.
#include "columnar/schema_write.h"
#include "columnar/chunk.h"

enum converted {
    CONVERTED_UTF8 = 0,
    CONVERTED_MAP = 1,
    CONVERTED_LIST = 3,
    CONVERTED_DECIMAL = 5,
    CONVERTED_DATE = 6,
    CONVERTED_TIMESTAMP_MICROS = 10,
    CONVERTED_INT_8 = 15,
    CONVERTED_INT_16 = 16,
    CONVERTED_NONE = -1
};
enum logical {
    LOGICAL_NONE = 0,
    LOGICAL_STRING = 1,
    LOGICAL_MAP = 2,
    LOGICAL_LIST = 3,
    LOGICAL_DECIMAL = 5,
    LOGICAL_DATE = 6,
    LOGICAL_TIMESTAMP = 8,
    LOGICAL_INTEGER = 10
};

static const struct annotation {
    enum logical logical;
    enum converted converted;
    int8_t bits; // LOGICAL_INTEGER
    bool utc;    // LOGICAL_TIMESTAMP
} ANNOTATIONS[] = {
    [KIND_NULL] = {LOGICAL_STRING, CONVERTED_UTF8, 0, false},
    [KIND_BOOLEAN] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
    [KIND_INT8] = {LOGICAL_INTEGER, CONVERTED_INT_8, 8, false},
    [KIND_INT16] = {LOGICAL_INTEGER, CONVERTED_INT_16, 16, false},
    [KIND_INT32] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
    [KIND_INT64] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
    [KIND_FLOAT] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
    [KIND_DOUBLE] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
    [KIND_DECIMAL] = {LOGICAL_DECIMAL, CONVERTED_DECIMAL, 0, false},
    [KIND_STRING] = {LOGICAL_STRING, CONVERTED_UTF8, 0, false},
    [KIND_JSON] = {LOGICAL_STRING, CONVERTED_UTF8, 0, false},
    [KIND_BINARY] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
    [KIND_DATE] = {LOGICAL_DATE, CONVERTED_DATE, 0, false},
    [KIND_TIMESTAMP] = {LOGICAL_TIMESTAMP, CONVERTED_NONE, 0,
                        false}, // the converted type means UTC
    [KIND_TIMESTAMP_UTC] = {LOGICAL_TIMESTAMP, CONVERTED_TIMESTAMP_MICROS, 0, true},
    [KIND_LIST] = {LOGICAL_LIST, CONVERTED_LIST, 0, false},
    [KIND_MAP] = {LOGICAL_MAP, CONVERTED_MAP, 0, false},
    [KIND_STRUCT] = {LOGICAL_NONE, CONVERTED_NONE, 0, false},
};

static size_t element_count(const struct type *type)
{
    size_t count = type->kind == KIND_LIST || type->kind == KIND_MAP; // the repeated group
    for (size_t i = 0; i < type->count; i++)
        count += 1 + element_count(type->fields[i].type);
    return count;
}

static void put_logical(struct thrift_out *out, const struct type *type, const struct annotation *a)
{
    if (a->logical == LOGICAL_NONE)
        return;
    thrift_put_struct(out, 10);
    thrift_put_struct(out, (int)a->logical);
    if (a->logical == LOGICAL_DECIMAL) {
        thrift_put_i32(out, 1, type->scale);
        thrift_put_i32(out, 2, type->precision);
    } else if (a->logical == LOGICAL_TIMESTAMP) {
        thrift_put_bool(out, 1, a->utc);
        thrift_put_struct(out, 2);
        thrift_put_empty(out, 2); // microseconds
        thrift_finish(out);
    } else if (a->logical == LOGICAL_INTEGER) {
        thrift_put_i8(out, 1, a->bits);
        thrift_put_bool(out, 2, true); // signed
    }
    thrift_finish(out);
    thrift_finish(out);
}

static void put_field(struct thrift_out *out, struct str name, const struct type *type,
                      enum parquet_repetition repetition);

static void put_repeated(struct thrift_out *out, const struct type *type)
{
    bool is_map = type->kind == KIND_MAP;
    thrift_put_item_struct(out);
    thrift_put_i32(out, 3, PARQUET_REPEATED);
    thrift_put_binary(out, 4, is_map ? S("key_value") : S("list"));
    thrift_put_i32(out, 5, (int32_t)type->count);
    thrift_finish(out);
    for (size_t i = 0; i < type->count; i++)
        put_field(out, is_map ? (i == 0 ? S("key") : S("value")) : S("element"),
                  type->fields[i].type, is_map && i == 0 ? PARQUET_REQUIRED : PARQUET_OPTIONAL);
}

static void put_field(struct thrift_out *out, struct str name, const struct type *type,
                      enum parquet_repetition repetition)
{
    const struct annotation *a = &ANNOTATIONS[type->kind];
    bool nested = kind_is_nested(type->kind);
    thrift_put_item_struct(out);
    if (!nested) {
        unsigned width;
        enum parquet_physical physical = chunk_physical(type->kind, type->precision, &width);
        thrift_put_i32(out, 1, (int32_t)physical);
        if (physical == PARQUET_FIXED_LEN_BYTE_ARRAY)
            thrift_put_i32(out, 2, (int32_t)width);
    }
    thrift_put_i32(out, 3, (int32_t)repetition);
    thrift_put_binary(out, 4, name);
    if (nested)
        thrift_put_i32(out, 5, type->kind == KIND_STRUCT ? (int32_t)type->count : 1);
    if (a->converted != CONVERTED_NONE)
        thrift_put_i32(out, 6, (int32_t)a->converted);
    if (type->kind == KIND_DECIMAL) {
        thrift_put_i32(out, 7, type->scale);
        thrift_put_i32(out, 8, type->precision);
    }
    put_logical(out, type, a);
    thrift_finish(out);
    if (type->kind == KIND_LIST || type->kind == KIND_MAP)
        put_repeated(out, type);
    for (size_t i = 0; type->kind == KIND_STRUCT && i < type->count; i++)
        put_field(out, type->fields[i].name, type->fields[i].type, PARQUET_OPTIONAL);
}

void schema_write(struct thrift_out *out, int id, const struct type *root)
{
    thrift_put_list(out, id, THRIFT_STRUCT, 1 + element_count(root));
    thrift_put_item_struct(out);
    thrift_put_binary(out, 4, S("schema"));
    thrift_put_i32(out, 5, (int32_t)root->count);
    thrift_finish(out);
    for (size_t i = 0; i < root->count; i++)
        put_field(out, root->fields[i].name, root->fields[i].type, PARQUET_OPTIONAL);
}
