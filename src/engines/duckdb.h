// SPDX-License-Identifier: Apache-2.0
// DuckDB: the one module that touches it.
//
// libduckdb.so is loaded at run time (dlopen), so that a build without it still serves everything
// else and says clearly what is missing when a query comes. It is looked for at $TARN_DUCKDB (a
// file), then where the build found it.
//
// An engine is one in-memory database with one connection in one process, which runs one job.
// engine_lock then takes away everything that a job does not need - in this order, because some
// settings cannot be made after others - and makes the settings immutable. The operating system
// confines the process as well (os/confine.h): DuckDB's own list of allowed folders allows writing
// wherever it allows reading.
//
// Results come out as cells: small values of a neutral kind, nested ones as trees, decoded from
// DuckDB's vectors row by row.
//
// Ownership: an engine and a result are closed by their functions; cells and texts live in the
// arena given to engine_cell. Threads: one. DuckDB starts threads of its own at engine_lock, not
// before: confinement needs that. Errors: ERR_INVALID for the statement's faults, ERR_LIMIT for
// memory, ERR_UNSUPPORTED for what DuckDB or this module does not have (including DuckDB itself),
// ERR_IO, ERR_CANCELLED.
#ifndef ENGINES_DUCKDB_H
#define ENGINES_DUCKDB_H

#include "base/buf.h"

struct engine;
struct engine_limits {
    const char *const *read_paths; // NULL-terminated: files or folders
    const char *scratch;           // readable and writable; temporary files go below it
    uint64_t memory_bytes_max;     // 0: 1 GiB
    unsigned threads;              // 0: 1
};
enum err engine_open(struct engine **out_engine, struct error *error) MUST_CHECK;
void engine_close(struct engine *engine); // takes NULL
enum err engine_lock(struct engine *engine, const struct engine_limits *limits,
                     struct error *error) MUST_CHECK;
const char *engine_version(const struct engine *engine); // "v1.5.6"

__extension__ typedef __int128 wide_int; // ISO C has no name for it
__extension__ typedef unsigned __int128 wide_uint;

enum cell_kind {
    CELL_BOOLEAN,
    CELL_INTEGER, // all widths
    CELL_REAL,    // 32 bits
    CELL_DOUBLE,
    CELL_DECIMAL,
    CELL_TEXT,
    CELL_BYTES,
    CELL_DATE,      // days since 1970-01-01
    CELL_TIME,      // microseconds
    CELL_TIMESTAMP, // microseconds, without zone
    CELL_INSTANT,   // microseconds, UTC: TIMESTAMP WITH TIME ZONE
    CELL_INTERVAL,
    CELL_UUID,
    CELL_LIST,
    CELL_MAP, // items are STRUCTs of key and value
    CELL_STRUCT,
    CELL_NOTHING, // the type of a bare NULL
};
struct engine_type {
    enum cell_kind kind;
    unsigned bits;             // CELL_INTEGER: 8 to 128
    bool is_json;              // CELL_TEXT that DuckDB knows to be JSON
    unsigned precision, scale; // CELL_DECIMAL
    struct str *names;         // CELL_STRUCT: of the fields
    struct engine_type *children;
    size_t child_count; // fields; 1 for a list; 2 (key, value) for a map
    int storage;        // DuckDB's own type numbers
    int decimal_storage;
};
struct cell {
    bool is_null;
    union {
        bool boolean;
        wide_int integer; // CELL_INTEGER, CELL_DECIMAL (unscaled), CELL_UUID (as DuckDB stores it),
                          // dates and times
        double number;
        struct str text; // CELL_TEXT, CELL_BYTES
        struct {
            struct cell *items; // list items, struct fields, or map keys and values alternating
            size_t count;
        };
        struct {
            int32_t months, days;
            int64_t micros;
        };
    };
};

// Runs statements whose rows do not matter.
enum err engine_exec(struct engine *engine, struct str sql, struct error *error) MUST_CHECK;

// Runs one statement; rows are computed as they are fetched, so that a large result needs little
// memory.
struct engine_result;
enum err engine_query(struct engine *engine, struct str sql, struct engine_result **out_result,
                      struct error *error) MUST_CHECK;
size_t engine_column_count(const struct engine_result *result);
struct str engine_column_name(const struct engine_result *result, size_t column);
const struct engine_type *engine_column_type(const struct engine_result *result, size_t column);
// The next rows: *out_rows 0 at the end. Cells are read with engine_cell until the next fetch.
enum err engine_fetch(struct engine_result *result, size_t *out_rows,
                      struct error *error) MUST_CHECK;
struct cell engine_cell(const struct engine_result *result, struct arena *arena, size_t column,
                        size_t row);
void engine_result_close(struct engine_result *result); // takes NULL

// The first column of the first row as a number, for counts.
enum err engine_number(struct engine *engine, struct str sql, int64_t *out_number,
                       struct error *error) MUST_CHECK;

// SQL text: 'it''s' and "a ""name""".
void sql_put_text(struct buf *sql, struct str text);
void sql_put_name(struct buf *sql, struct str name);

#endif
