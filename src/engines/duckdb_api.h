// SPDX-License-Identifier: Apache-2.0
// Private to duckdb.c and duckdb_cells.c: the functions of libduckdb that are used, and what an
// engine and a result are.
#ifndef ENGINES_DUCKDB_API_H
#define ENGINES_DUCKDB_API_H

#include "engines/duckdb.h"

#ifdef TARN_HAVE_DUCKDB
#include <duckdb.h>

#define DUCKDB_FUNCTIONS(X)                                                                        \
    X(library_version)                                                                             \
    X(create_config)                                                                               \
    X(set_config)                                                                                  \
    X(destroy_config)                                                                              \
    X(open_ext)                                                                                    \
    X(close)                                                                                       \
    X(connect)                                                                                     \
    X(disconnect)                                                                                  \
    X(free)                                                                                        \
    X(query)                                                                                       \
    X(prepare)                                                                                     \
    X(prepare_error)                                                                               \
    X(destroy_prepare)                                                                             \
    X(execute_prepared_streaming)                                                                  \
    X(stream_fetch_chunk)                                                                          \
    X(destroy_result)                                                                              \
    X(result_error)                                                                                \
    X(result_error_type)                                                                           \
    X(column_count)                                                                                \
    X(column_name)                                                                                 \
    X(column_logical_type)                                                                         \
    X(destroy_logical_type)                                                                        \
    X(get_type_id)                                                                                 \
    X(logical_type_get_alias)                                                                      \
    X(decimal_width)                                                                               \
    X(decimal_scale)                                                                               \
    X(decimal_internal_type)                                                                       \
    X(enum_internal_type)                                                                          \
    X(enum_dictionary_size)                                                                        \
    X(enum_dictionary_value)                                                                       \
    X(list_type_child_type)                                                                        \
    X(array_type_child_type)                                                                       \
    X(array_type_array_size)                                                                       \
    X(map_type_key_type)                                                                           \
    X(map_type_value_type)                                                                         \
    X(struct_type_child_count)                                                                     \
    X(struct_type_child_name)                                                                      \
    X(struct_type_child_type)                                                                      \
    X(destroy_data_chunk)                                                                          \
    X(data_chunk_get_size)                                                                         \
    X(data_chunk_get_vector)                                                                       \
    X(vector_get_data)                                                                             \
    X(vector_get_validity)                                                                         \
    X(validity_row_is_valid)                                                                       \
    X(list_vector_get_child)                                                                       \
    X(array_vector_get_child)                                                                      \
    X(struct_vector_get_child)

struct duckdb_api {
    void *library;
#define DUCKDB_MEMBER(name) __typeof__(&duckdb_##name) name;
    DUCKDB_FUNCTIONS(DUCKDB_MEMBER)
#undef DUCKDB_MEMBER
};
struct engine {
    struct duckdb_api api;
    duckdb_database database;
    duckdb_connection connection;
};
struct engine_result {
    struct engine *engine;
    struct arena arena; // of the columns' types and names
    duckdb_prepared_statement statement;
    duckdb_result result;
    duckdb_data_chunk chunk;
    bool failed; // `result` holds nothing
    size_t column_count;
    struct str *names;
    struct engine_type *types;
};
enum err engine_result_types(struct engine_result *result, struct error *error) MUST_CHECK;
#endif

#endif
