// SPDX-License-Identifier: Apache-2.0
// Types and cells: what DuckDB's vectors hold, as neutral values.
//
// A vector is an array of fixed-width slots plus a validity bitmap; a list's slot is an offset and
// a length into a child vector, a struct's children are vectors of the same rows, a map is a list
// of key-value structs.
#include "engines/duckdb_api.h"

#ifdef TARN_HAVE_DUCKDB

#include <string.h>

static const struct {
    duckdb_type type;
    enum cell_kind kind;
    unsigned bits;
} SIMPLE_TYPES[] = {
    {DUCKDB_TYPE_BOOLEAN, CELL_BOOLEAN, 0},
    {DUCKDB_TYPE_TINYINT, CELL_INTEGER, 8},
    {DUCKDB_TYPE_SMALLINT, CELL_INTEGER, 16},
    {DUCKDB_TYPE_INTEGER, CELL_INTEGER, 32},
    {DUCKDB_TYPE_BIGINT, CELL_INTEGER, 64},
    {DUCKDB_TYPE_HUGEINT, CELL_INTEGER, 128},
    {DUCKDB_TYPE_UTINYINT, CELL_INTEGER, 16},
    {DUCKDB_TYPE_USMALLINT, CELL_INTEGER, 32},
    {DUCKDB_TYPE_UINTEGER, CELL_INTEGER, 64},
    {DUCKDB_TYPE_UBIGINT, CELL_INTEGER, 128},
    {DUCKDB_TYPE_FLOAT, CELL_REAL, 0},
    {DUCKDB_TYPE_DOUBLE, CELL_DOUBLE, 0},
    {DUCKDB_TYPE_VARCHAR, CELL_TEXT, 0},
    {DUCKDB_TYPE_BLOB, CELL_BYTES, 0},
    {DUCKDB_TYPE_DATE, CELL_DATE, 0},
    {DUCKDB_TYPE_TIME, CELL_TIME, 0},
    {DUCKDB_TYPE_TIMESTAMP, CELL_TIMESTAMP, 0},
    {DUCKDB_TYPE_TIMESTAMP_S, CELL_TIMESTAMP, 0},
    {DUCKDB_TYPE_TIMESTAMP_MS, CELL_TIMESTAMP, 0},
    {DUCKDB_TYPE_TIMESTAMP_NS, CELL_TIMESTAMP, 0},
    {DUCKDB_TYPE_TIMESTAMP_TZ, CELL_INSTANT, 0},
    {DUCKDB_TYPE_INTERVAL, CELL_INTERVAL, 0},
    {DUCKDB_TYPE_UUID, CELL_UUID, 0},
    {DUCKDB_TYPE_SQLNULL, CELL_NOTHING, 0},
};

static enum err read_type(struct engine_result *result, duckdb_logical_type logical,
                          struct engine_type *out, struct error *error);

static enum err read_child(struct engine_result *result, duckdb_logical_type child,
                           struct engine_type *out, struct error *error)
{
    enum err err = read_type(result, child, out, error);
    result->engine->api.destroy_logical_type(&child);
    return err;
}

static enum err read_nested(struct engine_result *result, duckdb_logical_type logical,
                            struct engine_type *out, struct error *error)
{
    struct duckdb_api *api = &result->engine->api;
    struct arena *arena = &result->arena;
    switch (out->storage) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
        out->kind = CELL_LIST;
        out->child_count = 1;
        out->children = ARENA_NEW(arena, struct engine_type);
        if (out->storage == DUCKDB_TYPE_ARRAY) {
            out->bits = (unsigned)api->array_type_array_size(logical);
            return read_child(result, api->array_type_child_type(logical), out->children, error);
        }
        return read_child(result, api->list_type_child_type(logical), out->children, error);
    case DUCKDB_TYPE_MAP:
        out->kind = CELL_MAP;
        out->child_count = 2;
        out->children = ARENA_ARRAY(arena, struct engine_type, 2);
        TRY(read_child(result, api->map_type_key_type(logical), &out->children[0], error));
        return read_child(result, api->map_type_value_type(logical), &out->children[1], error);
    default:
        out->kind = CELL_STRUCT;
        out->child_count = api->struct_type_child_count(logical);
        out->children = ARENA_ARRAY(arena, struct engine_type, out->child_count);
        out->names = ARENA_ARRAY(arena, struct str, out->child_count);
        for (size_t i = 0; i < out->child_count; i++) {
            char *name = api->struct_type_child_name(logical, i);
            out->names[i] = str_dup(arena, str_of(name));
            api->free(name);
            TRY(read_child(result, api->struct_type_child_type(logical, i), &out->children[i],
                           error));
        }
        return OK;
    }
}

static enum err read_enum(struct engine_result *result, duckdb_logical_type logical,
                          struct engine_type *out)
{
    struct duckdb_api *api = &result->engine->api;
    out->kind = CELL_TEXT;
    out->decimal_storage = (int)api->enum_internal_type(logical);
    size_t count = api->enum_dictionary_size(logical);
    out->names = ARENA_ARRAY(&result->arena, struct str, count);
    for (size_t i = 0; i < count; i++) {
        char *value = api->enum_dictionary_value(logical, i);
        out->names[i] = str_dup(&result->arena, str_of(value));
        api->free(value);
    }
    return OK;
}

static enum err read_type(struct engine_result *result, duckdb_logical_type logical,
                          struct engine_type *out, struct error *error)
{
    struct duckdb_api *api = &result->engine->api;
    duckdb_type type = api->get_type_id(logical);
    out->storage = (int)type;
    for (size_t i = 0; i < sizeof SIMPLE_TYPES / sizeof *SIMPLE_TYPES; i++)
        if (SIMPLE_TYPES[i].type == type) {
            out->kind = SIMPLE_TYPES[i].kind;
            out->bits = SIMPLE_TYPES[i].bits;
            char *alias = type == DUCKDB_TYPE_VARCHAR ? api->logical_type_get_alias(logical) : NULL;
            out->is_json = alias && !strcmp(alias, "JSON");
            if (alias)
                api->free(alias);
            return OK;
        }
    switch (type) {
    case DUCKDB_TYPE_DECIMAL:
        out->kind = CELL_DECIMAL;
        out->precision = api->decimal_width(logical);
        out->scale = api->decimal_scale(logical);
        out->decimal_storage = (int)api->decimal_internal_type(logical);
        return OK;
    case DUCKDB_TYPE_ENUM:
        return read_enum(result, logical, out);
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_STRUCT:
        return read_nested(result, logical, out, error);
    default:
        return error_set(error, ERR_UNSUPPORTED,
                         "a result column has a type that is not supported (DuckDB's number %d)",
                         (int)type);
    }
}

enum err engine_result_types(struct engine_result *result, struct error *error)
{
    struct duckdb_api *api = &result->engine->api;
    result->column_count = api->column_count(&result->result);
    result->names = ARENA_ARRAY(&result->arena, struct str, result->column_count);
    result->types = ARENA_ARRAY(&result->arena, struct engine_type, result->column_count);
    for (size_t i = 0; i < result->column_count; i++) {
        result->names[i] = str_dup(&result->arena, str_of(api->column_name(&result->result, i)));
        TRY(read_child(result, api->column_logical_type(&result->result, i), &result->types[i],
                       error));
    }
    return OK;
}

size_t engine_column_count(const struct engine_result *result)
{
    return result->column_count;
}

struct str engine_column_name(const struct engine_result *result, size_t column)
{
    return result->names[column];
}

const struct engine_type *engine_column_type(const struct engine_result *result, size_t column)
{
    return &result->types[column];
}

// --- cells

static wide_int read_integer(int storage, const void *data, size_t row)
{
    switch (storage) {
    case DUCKDB_TYPE_TINYINT:
        return ((const int8_t *)data)[row];
    case DUCKDB_TYPE_UTINYINT:
        return ((const uint8_t *)data)[row];
    case DUCKDB_TYPE_SMALLINT:
        return ((const int16_t *)data)[row];
    case DUCKDB_TYPE_USMALLINT:
        return ((const uint16_t *)data)[row];
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_DATE:
        return ((const int32_t *)data)[row];
    case DUCKDB_TYPE_UINTEGER:
        return ((const uint32_t *)data)[row];
    case DUCKDB_TYPE_UBIGINT:
        return ((const uint64_t *)data)[row];
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UUID: {
        wide_int value;
        memcpy(&value, (const char *)data + row * sizeof value, sizeof value);
        return value;
    }
    default: // BIGINT, TIME and the timestamps
        return ((const int64_t *)data)[row];
    }
}

static struct str read_text(struct arena *arena, const duckdb_string_t *slot)
{
    // Up to twelve bytes sit in the slot itself.
    uint32_t len = slot->value.inlined.length;
    return str_dup(arena,
                   str_n(len <= 12 ? slot->value.inlined.inlined : slot->value.pointer.ptr, len));
}

static struct cell read_cell(struct duckdb_api *api, const struct engine_type *type,
                             duckdb_vector vector, size_t row, struct arena *arena);

static void read_items(struct duckdb_api *api, const struct engine_type *type, duckdb_vector vector,
                       size_t row, struct arena *arena, struct cell *cell)
{
    if (type->kind == CELL_STRUCT) {
        cell->count = type->child_count;
        cell->items = ARENA_ARRAY(arena, struct cell, cell->count);
        for (size_t i = 0; i < cell->count; i++)
            cell->items[i] = read_cell(api, &type->children[i],
                                       api->struct_vector_get_child(vector, i), row, arena);
        return;
    }
    bool fixed = type->storage == DUCKDB_TYPE_ARRAY;
    duckdb_list_entry entry = fixed ? (duckdb_list_entry){row * type->bits, type->bits}
                                    : ((duckdb_list_entry *)api->vector_get_data(vector))[row];
    duckdb_vector child =
        fixed ? api->array_vector_get_child(vector) : api->list_vector_get_child(vector);
    cell->count = entry.length * type->child_count;
    cell->items = ARENA_ARRAY(arena, struct cell, cell->count);
    for (size_t i = 0; i < entry.length; i++) {
        if (type->kind == CELL_LIST) {
            cell->items[i] = read_cell(api, type->children, child, entry.offset + i, arena);
            continue;
        }
        for (size_t part = 0; part < 2; part++)
            cell->items[2 * i + part] =
                read_cell(api, &type->children[part], api->struct_vector_get_child(child, part),
                          entry.offset + i, arena);
    }
}

static struct cell read_cell(struct duckdb_api *api, const struct engine_type *type,
                             duckdb_vector vector, size_t row, struct arena *arena)
{
    struct cell cell = {0};
    uint64_t *validity = api->vector_get_validity(vector);
    if (type->kind == CELL_NOTHING || (validity && !api->validity_row_is_valid(validity, row))) {
        cell.is_null = true;
        return cell;
    }
    const void *data = api->vector_get_data(vector);
    switch (type->kind) {
    case CELL_BOOLEAN:
        cell.boolean = ((const bool *)data)[row];
        break;
    case CELL_REAL:
        cell.number = ((const float *)data)[row];
        break;
    case CELL_DOUBLE:
        cell.number = ((const double *)data)[row];
        break;
    case CELL_DECIMAL:
        cell.integer = read_integer(type->decimal_storage, data, row);
        break;
    case CELL_TEXT:
        if (type->storage == DUCKDB_TYPE_ENUM) {
            cell.text = type->names[read_integer(type->decimal_storage, data, row)];
            break;
        }
        __attribute__((fallthrough));
    case CELL_BYTES:
        cell.text = read_text(arena, &((const duckdb_string_t *)data)[row]);
        break;
    case CELL_TIMESTAMP: {
        int64_t value = ((const int64_t *)data)[row];
        cell.integer = type->storage == DUCKDB_TYPE_TIMESTAMP_S    ? (wide_int)value * 1000000
                       : type->storage == DUCKDB_TYPE_TIMESTAMP_MS ? (wide_int)value * 1000
                       : type->storage == DUCKDB_TYPE_TIMESTAMP_NS
                           ? (value - (value % 1000 + 1000) % 1000) / 1000
                           : value;
        break;
    }
    case CELL_INTERVAL: {
        const duckdb_interval *interval = &((const duckdb_interval *)data)[row];
        cell.months = interval->months;
        cell.days = interval->days;
        cell.micros = interval->micros;
        break;
    }
    case CELL_LIST:
    case CELL_MAP:
    case CELL_STRUCT:
        read_items(api, type, vector, row, arena, &cell);
        break;
    default:
        cell.integer = read_integer(type->storage, data, row);
    }
    return cell;
}

struct cell engine_cell(const struct engine_result *result, struct arena *arena, size_t column,
                        size_t row)
{
    struct duckdb_api *api = &result->engine->api;
    return read_cell(api, &result->types[column], api->data_chunk_get_vector(result->chunk, column),
                     row, arena);
}

#endif
