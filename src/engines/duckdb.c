// SPDX-License-Identifier: Apache-2.0
// Loading, locking and running. The functions we use are listed once, in DUCKDB_FUNCTIONS; their
// types come from DuckDB's own header. Reading vectors is duckdb_cells.c.
#include "engines/duckdb.h"

#include "engines/duckdb_api.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

void sql_put_text(struct buf *sql, struct str text)
{
    buf_put_char(sql, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'')
            buf_put_char(sql, '\'');
        buf_put_char(sql, text.ptr[i]);
    }
    buf_put_char(sql, '\'');
}

void sql_put_name(struct buf *sql, struct str name)
{
    buf_put_char(sql, '"');
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '"')
            buf_put_char(sql, '"');
        buf_put_char(sql, name.ptr[i]);
    }
    buf_put_char(sql, '"');
}

#ifdef TARN_HAVE_DUCKDB

// A worker is loaded for each job, and a fifth of that was looking up the library's many symbols in
// every library of the program first. AddressSanitizer does not work with it.
#ifdef __SANITIZE_ADDRESS__
#define SEARCH_SELF_FIRST 0
#else
#define SEARCH_SELF_FIRST RTLD_DEEPBIND
#endif

static enum err load(struct duckdb_api *api, struct error *error)
{
    const char *path = getenv("TARN_DUCKDB");
    if (!path || !*path)
        path = TARN_DUCKDB_PATH;
    api->library = dlopen(path, RTLD_LAZY | RTLD_LOCAL | SEARCH_SELF_FIRST);
    if (!api->library)
        return error_set(
            error, ERR_UNSUPPORTED,
            "DuckDB's library cannot be loaded (%s); set TARN_DUCKDB to the path of libduckdb.so",
            dlerror());
#define LOAD(name)                                                                                 \
    *(void **)&api->name = dlsym(api->library, "duckdb_" #name);                                   \
    if (!api->name)                                                                                \
        return error_set(error, ERR_UNSUPPORTED, "%s has no duckdb_" #name, path);
    DUCKDB_FUNCTIONS(LOAD)
#undef LOAD
    return OK;
}

enum err engine_open(struct engine **out_engine, struct error *error)
{
    struct engine *engine = calloc(1, sizeof *engine);
    if (!engine)
        abort();
    struct duckdb_api *api = &engine->api;
    enum err err = load(api, error);
    if (err != OK) {
        engine_close(engine);
        return err;
    }
    duckdb_config config = NULL;
    char *why = NULL;
    // One thread until the process is confined; nothing is looked for in the user's home.
    if (api->create_config(&config) != DuckDBSuccess ||
        api->set_config(config, "threads", "1") != DuckDBSuccess ||
        api->set_config(config, "autoinstall_known_extensions", "false") != DuckDBSuccess ||
        api->set_config(config, "autoload_known_extensions", "false") != DuckDBSuccess ||
        api->set_config(config, "allow_community_extensions", "false") != DuckDBSuccess ||
        api->open_ext(":memory:", &engine->database, config, &why) != DuckDBSuccess ||
        api->connect(engine->database, &engine->connection) != DuckDBSuccess)
        err = error_set(error, ERR_IO, "DuckDB does not open: %s", why ? why : "refused a setting");
    if (why)
        api->free(why);
    if (config)
        api->destroy_config(&config);
    if (err == OK)
        err = engine_exec(engine,
                          S("SET TimeZone='UTC'; SET integer_division=true;"
                            "SET default_null_order='nulls_last'"),
                          error);
    if (err != OK) {
        engine_close(engine);
        return err;
    }
    *out_engine = engine;
    return OK;
}

void engine_close(struct engine *engine)
{
    if (!engine)
        return;
    if (engine->connection)
        engine->api.disconnect(&engine->connection);
    if (engine->database)
        engine->api.close(&engine->database);
    if (engine->api.library)
        dlclose(engine->api.library);
    free(engine);
}

const char *engine_version(const struct engine *engine)
{
    return engine->api.library_version();
}

// A setting of paths as DuckDB's list literal. A folder and what is below it is one thing for
// allowed_directories, which compares prefixes that end in a slash; a file goes to allowed_paths.
// Both get every path: what a path is does not matter here, only that nothing else is allowed.
static void put_paths(struct buf *sql, const char *setting, const struct engine_limits *limits)
{
    buf_printf(sql, "SET %s=[", setting);
    sql_put_text(sql, str_of(limits->scratch));
    for (const char *const *path = limits->read_paths; path && *path; path++) {
        buf_put_char(sql, ',');
        sql_put_text(sql, str_of(*path));
    }
    buf_puts(sql, "];");
}

enum err engine_lock(struct engine *engine, const struct engine_limits *limits, struct error *error)
{
    struct buf sql = buf_heap(BUF_MAX_DEFAULT);
    uint64_t memory = limits->memory_bytes_max ? limits->memory_bytes_max : (uint64_t)1 << 30;
    put_paths(&sql, "allowed_directories", limits);
    put_paths(&sql, "allowed_paths", limits);
    buf_printf(&sql, "SET memory_limit='%llu B';", (unsigned long long)memory);
    buf_puts(&sql, "SET temp_directory=");
    sql_put_text(&sql, str_of(limits->scratch));
    buf_puts(&sql, "||'/spill'; SET max_temp_directory_size='64 GiB';");
    buf_puts(&sql, "SET enable_external_access=false;");
    buf_printf(&sql, "SET threads=%u;", limits->threads ? limits->threads : 1);
    buf_puts(&sql, "SET lock_configuration=true;");
    enum err err = sql.overflowed ? error_set(error, ERR_LIMIT, "too many paths for one job")
                                  : engine_exec(engine, buf_str(&sql), error);
    buf_deinit(&sql);
    return err;
}

static enum err kind_of(duckdb_error_type type)
{
    switch (type) {
    case DUCKDB_ERROR_OUT_OF_MEMORY:
        return ERR_LIMIT;
    case DUCKDB_ERROR_INTERRUPT:
        return ERR_CANCELLED;
    case DUCKDB_ERROR_IO:
    case DUCKDB_ERROR_FATAL:
    case DUCKDB_ERROR_INTERNAL:
        return ERR_IO;
    case DUCKDB_ERROR_NOT_IMPLEMENTED:
    case DUCKDB_ERROR_MISSING_EXTENSION:
        return ERR_UNSUPPORTED;
    default:
        return ERR_INVALID;
    }
}

static enum err refuse(struct engine *engine, duckdb_result *result, struct error *error)
{
    const char *text = engine->api.result_error(result);
    enum err kind = kind_of(engine->api.result_error_type(result));
    error_set(error, kind, "%s", text ? text : "DuckDB gave no reason");
    engine->api.destroy_result(result);
    return kind;
}

enum err engine_exec(struct engine *engine, struct str sql, struct error *error)
{
    duckdb_result result;
    char *text = strndup(sql.ptr, sql.len);
    duckdb_state state = engine->api.query(engine->connection, text, &result);
    free(text);
    if (state != DuckDBSuccess)
        return refuse(engine, &result, error);
    engine->api.destroy_result(&result);
    return OK;
}

static enum err prepare(struct engine *engine, struct str sql,
                        duckdb_prepared_statement *out_statement, struct error *error)
{
    char *text = strndup(sql.ptr, sql.len);
    duckdb_state state = engine->api.prepare(engine->connection, text, out_statement);
    free(text);
    if (state == DuckDBSuccess)
        return OK;
    const char *why = engine->api.prepare_error(*out_statement);
    enum err kind = why && !strncmp(why, "IO Error", 8) ? ERR_IO : ERR_INVALID;
    error_set(error, kind, "%s", why ? why : "DuckDB gave no reason");
    engine->api.destroy_prepare(out_statement);
    return kind;
}

enum err engine_query(struct engine *engine, struct str sql, struct engine_result **out_result,
                      struct error *error)
{
    duckdb_prepared_statement statement = NULL;
    TRY(prepare(engine, sql, &statement, error));
    struct engine_result *result = calloc(1, sizeof *result);
    if (!result)
        abort();
    result->engine = engine;
    arena_init(&result->arena);
    result->statement = statement;
    if (engine->api.execute_prepared_streaming(statement, &result->result) != DuckDBSuccess) {
        enum err kind = refuse(engine, &result->result, error);
        result->failed = true;
        engine_result_close(result);
        return kind;
    }
    enum err err = engine_result_types(result, error);
    if (err != OK) {
        engine_result_close(result);
        return err;
    }
    *out_result = result;
    return OK;
}

enum err engine_fetch(struct engine_result *result, size_t *out_rows, struct error *error)
{
    struct duckdb_api *api = &result->engine->api;
    if (result->chunk)
        api->destroy_data_chunk(&result->chunk);
    result->chunk = api->stream_fetch_chunk(result->result);
    if (!result->chunk) {
        const char *why = api->result_error(&result->result);
        if (why && *why)
            return error_set(error, kind_of(api->result_error_type(&result->result)), "%s", why);
        *out_rows = 0;
        return OK;
    }
    *out_rows = api->data_chunk_get_size(result->chunk);
    return OK;
}

void engine_result_close(struct engine_result *result)
{
    if (!result)
        return;
    struct duckdb_api *api = &result->engine->api;
    if (result->chunk)
        api->destroy_data_chunk(&result->chunk);
    if (!result->failed)
        api->destroy_result(&result->result);
    if (result->statement)
        api->destroy_prepare(&result->statement);
    arena_deinit(&result->arena);
    free(result);
}

enum err engine_number(struct engine *engine, struct str sql, int64_t *out_number,
                       struct error *error)
{
    struct engine_result *result = NULL;
    size_t rows = 0;
    TRY(engine_query(engine, sql, &result, error));
    enum err err = engine_fetch(result, &rows, error);
    if (err == OK && rows > 0) {
        struct cell cell = engine_cell(result, &result->arena, 0, 0);
        *out_number = cell.is_null ? 0 : (int64_t)cell.integer;
    } else if (err == OK) {
        err = error_set(error, ERR_NOT_FOUND, "no row");
    }
    engine_result_close(result);
    return err;
}

#else

static enum err absent(struct error *error)
{
    return error_set(error, ERR_UNSUPPORTED,
                     "this build has no DuckDB, which answers SQL and converts files: run "
                     "tools/deps.sh and build again");
}

enum err engine_open(struct engine **out_engine, struct error *error)
{
    return absent(error);
}
void engine_close(struct engine *engine)
{
}
enum err engine_lock(struct engine *engine, const struct engine_limits *limits, struct error *error)
{
    return absent(error);
}
const char *engine_version(const struct engine *engine)
{
    return "none";
}
enum err engine_exec(struct engine *engine, struct str sql, struct error *error)
{
    return absent(error);
}
enum err engine_query(struct engine *engine, struct str sql, struct engine_result **out_result,
                      struct error *error)
{
    return absent(error);
}
size_t engine_column_count(const struct engine_result *result)
{
    return 0;
}
struct str engine_column_name(const struct engine_result *result, size_t column)
{
    return STR_NONE;
}
const struct engine_type *engine_column_type(const struct engine_result *result, size_t column)
{
    return NULL;
}
enum err engine_fetch(struct engine_result *result, size_t *out_rows, struct error *error)
{
    return absent(error);
}
struct cell engine_cell(const struct engine_result *result, struct arena *arena, size_t column,
                        size_t row)
{
    return (struct cell){.is_null = true};
}
void engine_result_close(struct engine_result *result)
{
}
enum err engine_number(struct engine *engine, struct str sql, int64_t *out_number,
                       struct error *error)
{
    return absent(error);
}

#endif
