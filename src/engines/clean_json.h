// SPDX-License-Identifier: Apache-2.0
// Clean JSON: records that are known to fit a table's columns, and the SQL that reads them without
// loss.
//
// json_fit.h says what a value becomes; here a record becomes a line, and lines become a relation.
// Conversions write such lines per partition, queries over JSON tables one file for each table.
#ifndef ENGINES_CLEAN_JSON_H
#define ENGINES_CLEAN_JSON_H

#include "engines/json_fit.h"
#include "engines/worker_main.h"

#define CLEAN_JSON_RECORD_BYTES_MAX ((size_t)64 << 20)

// ERR_UNSUPPORTED for column types that DuckDB's JSON reader cannot be given without loss.
enum err clean_json_check(const struct fit_column *columns, size_t count,
                          struct error *error) MUST_CHECK;
// The record as one line. ERR_INVALID with the reason when it does not fit.
enum err clean_json_put_record(struct buf *line, const struct json *record,
                               const struct fit_column *columns, size_t count, struct arena *arena,
                               struct error *error) MUST_CHECK;
// SELECT ... FROM read_json('path', ...), every column with its type.
void clean_json_put_source(struct buf *sql, const char *path, const struct fit_column *columns,
                           size_t count);

// A query's JSON tables: {"name", "files": [{"path"}], "columns": [{"name", "type"}],
// "ignore_malformed"} becomes the view tarn_sources.NAME. ERR_INVALID in Hive's words for a record
// that does not fit, unless these are to be ignored.
enum err clean_json_make_view(struct worker_run *run, const struct json *source,
                              struct error *error) MUST_CHECK;

#endif
