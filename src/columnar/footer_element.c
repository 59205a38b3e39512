// SPDX-License-Identifier: Apache-2.0
// A field of the schema with its annotation, of which there are two generations: LogicalType, which
// wins where it is known, and ConvertedType.
#include "columnar/footer_parse.h"

static enum parquet_unit read_unit(struct thrift_reader *r, uint8_t type, bool *out_known)
{
    enum parquet_unit unit = PARQUET_MICROS;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);) {
        if (f.id >= 1 && f.id <= 3) {
            unit = (enum parquet_unit)(PARQUET_MILLIS + f.id - 1);
            *out_known = true;
        }
        thrift_skip(r, f.type);
    }
    return unit;
}

static void read_logical_decimal(struct thrift_reader *r, uint8_t type, struct parquet_logical *out)
{
    out->kind = LOGICAL_DECIMAL;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            out->scale = thrift_i32(r, f.type);
            break;
        case INT_FIELD(2):
            out->precision = thrift_i32(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
}

// A unit from the future leaves the column as what it physically is.
static void read_logical_time(struct thrift_reader *r, uint8_t type, enum parquet_logical_kind kind,
                              struct parquet_logical *out)
{
    bool is_known = false;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case BOOL_FIELD(1):
            out->is_utc = thrift_bool(r, f.type);
            break;
        case STRUCT_FIELD(2):
            out->unit = read_unit(r, f.type, &is_known);
            break;
        default:
            thrift_skip(r, f.type);
        }
    out->kind = is_known ? kind : LOGICAL_NONE;
}

static void read_logical_integer(struct thrift_reader *r, uint8_t type, struct parquet_logical *out)
{
    int32_t bits = 0;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            bits = thrift_i32(r, f.type);
            break;
        case BOOL_FIELD(2):
            out->is_signed = thrift_bool(r, f.type);
            break;
        default:
            thrift_skip(r, f.type);
        }
    if (bits == 8 || bits == 16 || bits == 32 || bits == 64) {
        out->kind = LOGICAL_INTEGER;
        out->bits = (uint8_t)bits;
    }
}

static void read_logical_geo(struct thrift_reader *r, uint8_t type, enum parquet_logical_kind kind,
                             struct parquet_logical *out)
{
    out->kind = kind;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        if (thrift_key(f) == BINARY_FIELD(1))
            out->crs = thrift_binary(r, f.type);
        else
            thrift_skip(r, f.type);
}

static void read_logical(struct thrift_reader *r, uint8_t type, struct parquet_logical *out)
{
    static const uint8_t KINDS[] = {
        [1] = LOGICAL_STRING,    [2] = LOGICAL_MAP,        [3] = LOGICAL_LIST,
        [4] = LOGICAL_ENUM,      [5] = LOGICAL_DECIMAL,    [6] = LOGICAL_DATE,
        [7] = LOGICAL_TIME,      [8] = LOGICAL_TIMESTAMP,  [10] = LOGICAL_INTEGER,
        [11] = LOGICAL_UNKNOWN,  [12] = LOGICAL_JSON,      [13] = LOGICAL_BSON,
        [14] = LOGICAL_UUID,     [15] = LOGICAL_FLOAT16,   [16] = LOGICAL_VARIANT,
        [17] = LOGICAL_GEOMETRY, [18] = LOGICAL_GEOGRAPHY,
    };
    *out = (struct parquet_logical){0};
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);) {
        enum parquet_logical_kind kind =
            f.type == THRIFT_STRUCT && f.id > 0 && (size_t)f.id < sizeof KINDS ? KINDS[f.id]
                                                                               : LOGICAL_NONE;
        switch (kind) {
        case LOGICAL_DECIMAL:
            read_logical_decimal(r, f.type, out);
            break;
        case LOGICAL_TIME:
        case LOGICAL_TIMESTAMP:
            read_logical_time(r, f.type, kind, out);
            break;
        case LOGICAL_INTEGER:
            read_logical_integer(r, f.type, out);
            break;
        case LOGICAL_GEOMETRY:
        case LOGICAL_GEOGRAPHY:
            read_logical_geo(r, f.type, kind, out);
            break;
        default:
            out->kind = kind;
            thrift_skip(r, f.type);
        }
    }
}

// LogicalTypes.md's tables of backward compatibility. Precision and scale stand in the element.
static struct parquet_logical converted(int32_t type)
{
    static const struct parquet_logical TABLE[] = {
        [0] = {.kind = LOGICAL_STRING},
        [1] = {.kind = LOGICAL_MAP},
        [2] = {.kind = LOGICAL_MAP_KEY_VALUE},
        [3] = {.kind = LOGICAL_LIST},
        [4] = {.kind = LOGICAL_ENUM},
        [5] = {.kind = LOGICAL_DECIMAL},
        [6] = {.kind = LOGICAL_DATE},
        [7] = {.kind = LOGICAL_TIME, .unit = PARQUET_MILLIS, .is_utc = true},
        [8] = {.kind = LOGICAL_TIME, .unit = PARQUET_MICROS, .is_utc = true},
        [9] = {.kind = LOGICAL_TIMESTAMP, .unit = PARQUET_MILLIS, .is_utc = true},
        [10] = {.kind = LOGICAL_TIMESTAMP, .unit = PARQUET_MICROS, .is_utc = true},
        [11] = {.kind = LOGICAL_INTEGER, .bits = 8},
        [12] = {.kind = LOGICAL_INTEGER, .bits = 16},
        [13] = {.kind = LOGICAL_INTEGER, .bits = 32},
        [14] = {.kind = LOGICAL_INTEGER, .bits = 64},
        [15] = {.kind = LOGICAL_INTEGER, .bits = 8, .is_signed = true},
        [16] = {.kind = LOGICAL_INTEGER, .bits = 16, .is_signed = true},
        [17] = {.kind = LOGICAL_INTEGER, .bits = 32, .is_signed = true},
        [18] = {.kind = LOGICAL_INTEGER, .bits = 64, .is_signed = true},
        [19] = {.kind = LOGICAL_JSON},
        [20] = {.kind = LOGICAL_BSON},
        [21] = {.kind = LOGICAL_INTERVAL},
    };
    bool is_known = type >= 0 && (size_t)type < sizeof TABLE / sizeof *TABLE;
    return is_known ? TABLE[type] : (struct parquet_logical){0};
}

void footer_element_read(struct thrift_reader *r, uint8_t type, struct parquet_element *out)
{
    struct parquet_logical old = {0};
    int32_t precision = 0, scale = 0, children = 0;
    for (struct thrift_field f = thrift_enter(r, type); thrift_next(r, &f);)
        switch (thrift_key(f)) {
        case INT_FIELD(1):
            out->is_leaf = true;
            out->physical = (enum parquet_physical)thrift_i32(r, f.type);
            break;
        case INT_FIELD(2):
            out->type_length = thrift_i32(r, f.type);
            break;
        case INT_FIELD(3):
            out->repetition = (enum parquet_repetition)thrift_i32(r, f.type);
            break;
        case BINARY_FIELD(4):
            out->name = thrift_binary(r, f.type);
            break;
        case INT_FIELD(5):
            children = thrift_i32(r, f.type);
            break;
        case INT_FIELD(6):
            old = converted(thrift_i32(r, f.type));
            break;
        case INT_FIELD(7):
            scale = thrift_i32(r, f.type);
            break;
        case INT_FIELD(8):
            precision = thrift_i32(r, f.type);
            break;
        case INT_FIELD(9):
            out->has_field_id = true;
            out->field_id = thrift_i32(r, f.type);
            break;
        case STRUCT_FIELD(10):
            read_logical(r, f.type, &out->logical);
            break;
        default:
            thrift_skip(r, f.type);
        }
    if (out->logical.kind == LOGICAL_NONE && old.kind != LOGICAL_NONE) {
        out->logical = old;
        out->logical.precision = precision;
        out->logical.scale = scale;
    }
    if (!out->name.ptr || children < 0)
        thrift_fail(r, ERR_CORRUPT, "a schema element has no name, or less than no children");
    out->children = children > 0 ? (size_t)children : 0;
}
