// SPDX-License-Identifier: Apache-2.0
// Athena: SQL over the catalog's tables. What its files share.
//
// A query execution is one row: AWS's QueryExecution, and beside it what a client does not see -
// the result's columns, who waits for the end. StartQueryExecution adds the row and a task in one
// transaction; the task (run.c) moves it from QUEUED to RUNNING to an end. The end is one
// transaction too: status, result objects, watchers.
#ifndef SERVICES_ATHENA_ATHENA_H
#define SERVICES_ATHENA_ATHENA_H

#include "lake/call.h"
#include "lake/lake.h"
#include "sql/translate.h"

extern const struct error_code ATHENA_INVALID_REQUEST, ATHENA_NOT_FOUND, ATHENA_METADATA;

// --- workgroups (workgroup.c)
// The group's row, or its FAIL. "primary" is there without a row.
enum err workgroup_get(struct call *call, struct str name, struct json **out_group) MUST_CHECK;
op_handler athena_create_work_group, athena_get_work_group, athena_list_work_groups,
    athena_update_work_group, athena_delete_work_group, athena_list_engine_versions,
    athena_tag_resource, athena_untag_resource, athena_list_tags;

// --- executions (execution.c)
struct key *query_key(struct call *call, struct key *key, struct str id);
// The row {"QueryExecution", "Columns", "Watchers", "Statement"}; locked for update or only read.
enum err query_get(struct call *call, struct str id, bool lock, struct json **out_row) MUST_CHECK;
enum err query_put(struct call *call, struct str id, const struct json *row) MUST_CHECK;
bool query_is_over(const struct json *row);
// State and reason; the end also tells the watchers.
enum err query_set_state(struct call *call, struct str id, struct json *row, const char *state,
                         struct str reason) MUST_CHECK;
op_handler athena_start_query_execution, athena_stop_query_execution, athena_get_query_execution,
    athena_batch_get_query_execution, athena_list_query_executions,
    athena_get_query_runtime_statistics, athena_watch_query_execution, athena_fail_query;

// --- running (run.c)
op_handler athena_run_query;

// --- tables of a query (tables.c)
struct query_tables {
    struct call *call;
    const char *folder;        // where files are linked or copied to
    struct json *views;        // the worker's "tables"
    struct json *json_sources; // the worker's "json_sources"
    uint64_t bytes;            // of all files
    size_t files;
    struct json *seen; // "database.table" -> GetTable's Table
};
enum err query_tables_find(void *context, struct str database, struct str table,
                           const struct sql_node *node, struct sql_table *out,
                           struct error *error) MUST_CHECK;
struct str table_format(const struct json *descriptor,
                        const struct json *parameters); // "parquet", "json", "csv", or ""
enum err s3_location(struct arena *arena, struct str location, struct str *out_bucket,
                     struct str *out_prefix) MUST_CHECK;

// --- DDL (ddl.c)
struct ddl_result {
    struct buf text;      // lines of the .txt
    struct json *columns; // {"name", "type"}...
};
// ERR_INVALID with Hive's words in `error`.
enum err ddl_run(struct call *call, const struct sql_statement *statement, struct str database,
                 struct ddl_result *result, struct error *error) MUST_CHECK;
const char *ddl_substatement(enum sql_kind kind); // "CREATE_TABLE"...
const char *statement_type(enum sql_kind kind);   // "DML", "DDL", "UTILITY"

// --- results (results.c), the catalog's read side (catalog.c), saved texts (saved.c)
op_handler athena_get_query_results;
op_handler athena_list_data_catalogs, athena_get_data_catalog, athena_list_databases,
    athena_get_database, athena_list_table_metadata, athena_get_table_metadata;
op_handler athena_create_named_query, athena_get_named_query, athena_batch_get_named_query,
    athena_list_named_queries, athena_delete_named_query, athena_update_named_query;
op_handler athena_create_prepared_statement, athena_get_prepared_statement,
    athena_list_prepared_statements, athena_delete_prepared_statement,
    athena_update_prepared_statement;

#endif
