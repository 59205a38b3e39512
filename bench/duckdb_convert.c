// SPDX-License-Identifier: Apache-2.0
// DuckDB as the peer of `tarn convert`: the same work by its own best way, and the clock around the
// statement alone, so that neither loading the library nor opening a database counts.
//
//   duckdb_convert convert IN OUT CODEC THREADS [OPTIONS OF read_json]
//   duckdb_convert scan PARQUET THREADS      reads every value of every column and hashes it
//
// Prints {"seconds":S}. CODEC is Parquet's name, or zstd1 for zstd with its lowest level. Settings
// are DuckDB's defaults but for the threads: columns and types are detected, rows keep their order.
#include "engines/duckdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void put_convert(struct buf *sql, char **arguments, const char *options)
{
    const char *codec = arguments[2];
    buf_puts(sql, "COPY (SELECT * FROM read_json(");
    sql_put_text(sql, str_of(arguments[0]));
    if (options && *options)
        buf_printf(sql, ", %s", options);
    buf_puts(sql, ")) TO ");
    sql_put_text(sql, str_of(arguments[1]));
    if (!strcmp(codec, "zstd1"))
        buf_puts(sql, " (FORMAT parquet, CODEC zstd, COMPRESSION_LEVEL 1)");
    else
        buf_printf(sql, " (FORMAT parquet, CODEC %s)", codec);
}

static void put_scan(struct buf *sql, const char *path)
{
    buf_puts(sql, "SELECT count(*), bit_xor(hash(COLUMNS(*))) FROM read_parquet(");
    sql_put_text(sql, str_of(path));
    buf_puts(sql, ")");
}

static enum err run(const char *threads, struct str sql, struct error *error)
{
    struct engine *engine = NULL;
    struct buf set = buf_heap(BUF_MAX_DEFAULT);
    TRY(engine_open(&engine, error));
    buf_printf(&set, "SET preserve_insertion_order=true; SET threads=%d", atoi(threads));
    enum err err = engine_exec(engine, buf_str(&set), error);
    double begun = now_s();
    if (err == OK)
        err = engine_exec(engine, sql, error);
    if (err == OK)
        printf("{\"seconds\":%.6f}\n", now_s() - begun);
    buf_deinit(&set);
    engine_close(engine);
    return err;
}

int main(int count, char **arguments)
{
    bool convert = count >= 6 && count <= 7 && !strcmp(arguments[1], "convert");
    bool scan = count == 4 && !strcmp(arguments[1], "scan");
    if (!convert && !scan) {
        fprintf(stderr, "usage: duckdb_convert convert IN OUT CODEC THREADS [READ_JSON OPTIONS]\n"
                        "       duckdb_convert scan PARQUET THREADS\n");
        return 2;
    }
    struct buf sql = buf_heap(BUF_MAX_DEFAULT);
    struct error error = {0};
    if (convert)
        put_convert(&sql, arguments + 2, count == 7 ? arguments[6] : NULL);
    else
        put_scan(&sql, arguments[2]);
    enum err err = run(arguments[convert ? 5 : 3], buf_str(&sql), &error);
    if (err != OK)
        fprintf(stderr, "duckdb_convert: %s\n", error.text);
    buf_deinit(&sql);
    return err == OK ? 0 : 1;
}
