// SPDX-License-Identifier: Apache-2.0
// AWS Glue: the Data Catalog, crawlers that fill it, jobs that convert what it names.
//
// What the files of this folder share. Rows are JSON in the shape that the API shows them (a table
// is stored as GetTable returns it), so that reading is handing out. Names of databases, tables and
// partitions' tables are folded to lower case, as Glue does.
//
// Locks: whoever adds to a database or a table holds that row's shared lock, whoever deletes it the
// exclusive one, so nothing is ever added to what is going away.
#ifndef GLUE_GLUE_H
#define GLUE_GLUE_H

#include "base/timefmt.h"
#include "lake/call.h"

extern const struct error_code GLUE_NOT_FOUND;       // EntityNotFoundException
extern const struct error_code GLUE_EXISTS;          // AlreadyExistsException
extern const struct error_code GLUE_INVALID;         // InvalidInputException
extern const struct error_code GLUE_MODIFIED;        // ConcurrentModificationException
extern const struct error_code GLUE_NOT_IMPLEMENTED; // what this server refuses to pretend

// --- pages over rows: every listing of this service
// `prefix` covers the rows; the token and MaxResults come from the input. Then:
//     while ((err = glue_list_next(&list, &row)) == OK)
//         if (wanted(row) && !glue_list_push(&list, row))
//             break;
//     return glue_list_end(&list, err, "TableList", out);
struct glue_list {
    struct call *call;
    struct scan *scan;
    struct json *items;
    size_t prefix_len;
    struct str position; // of the row last read, after the prefix
    struct str token;    // set when the page is full
    int64_t max;
};
enum err glue_list_begin(struct call *call, const struct json *in, const struct key *prefix,
                         int64_t max_default, struct glue_list *out_list) MUST_CHECK;
enum err glue_list_next(struct glue_list *list, struct json **out_row) MUST_CHECK;
bool glue_list_push(struct glue_list *list, struct json *item); // false: the page was full before
enum err glue_list_end(struct glue_list *list, enum err err, const char *name,
                       struct json **out) MUST_CHECK;

// --- conveniences
struct str glue_name(struct call *call, const struct json *in, const char *member); // lower case
enum err glue_check_catalog(struct call *call, const struct json *in) MUST_CHECK;   // CatalogId
void glue_copy(struct call *call, struct json *to, const struct json *from,
               const char *const *members);        // those that are there; NULL-terminated
struct json *glue_error_detail(struct call *call); // {ErrorCode, ErrorMessage} of a refusal
// Raises an event of source aws.glue, in the call's transaction.
enum err glue_emit(struct call *call, const char *detail_type, struct json *detail) MUST_CHECK;
// {Bucket, Prefix} of an s3:// path. False when it is none.
bool glue_s3_path(struct str path, struct str *out_bucket, struct str *out_key);

// --- databases
struct key *glue_database_key(struct call *call, struct key *key, struct str name);
enum glue_hold { GLUE_READ, GLUE_SHARED, GLUE_ALONE };
enum err glue_database_get(struct call *call, struct str name, enum glue_hold hold,
                           struct json **out_row) MUST_CHECK;

// --- tables
struct key *glue_table_key(struct call *call, struct key *key, struct str database,
                           struct str name);
enum err glue_table_get(struct call *call, struct str database, struct str name,
                        enum glue_hold hold, struct json **out_row) MUST_CHECK;
// From a TableInput; the database's lock is the caller's. ERR_CODED when the table is there.
enum err glue_table_create(struct call *call, struct str database,
                           const struct json *table_input) MUST_CHECK;
// Replaces what TableInput says; the old version is kept unless `skip_archive`.
enum err glue_table_update(struct call *call, struct str database, const struct json *table_input,
                           bool skip_archive) MUST_CHECK;
enum err glue_table_delete(struct call *call, struct str database, struct str name) MUST_CHECK;
enum err glue_delete_prefix(struct call *call, const struct key *prefix) MUST_CHECK; // every row
struct json *glue_storage_defaults(struct call *call, struct json *storage); // what Glue fills in

// --- partitions
struct key *glue_partition_key(struct call *call, struct key *key, struct str database,
                               struct str table, const struct json *values);
// The row to store for a PartitionInput.
struct json *glue_partition_row(struct call *call, struct str database, struct str table,
                                const struct json *partition_input);

// --- handlers, by file
#define GLUE_HANDLER(name)                                                                         \
    enum err glue_##name(struct call *call, const struct json *in, struct json **out)
GLUE_HANDLER(create_database); // database.c
GLUE_HANDLER(get_database);
GLUE_HANDLER(get_databases);
GLUE_HANDLER(update_database);
GLUE_HANDLER(delete_database);
GLUE_HANDLER(create_table); // table.c
GLUE_HANDLER(get_table);
GLUE_HANDLER(get_tables);
GLUE_HANDLER(update_table);
GLUE_HANDLER(delete_table);
GLUE_HANDLER(batch_delete_table);
GLUE_HANDLER(search_tables);
GLUE_HANDLER(get_table_version); // table_version.c
GLUE_HANDLER(get_table_versions);
GLUE_HANDLER(delete_table_version);
GLUE_HANDLER(create_partition); // partition.c
GLUE_HANDLER(batch_create_partition);
GLUE_HANDLER(get_partition);
GLUE_HANDLER(batch_get_partition);
GLUE_HANDLER(get_partitions);
GLUE_HANDLER(update_partition);
GLUE_HANDLER(batch_update_partition);
GLUE_HANDLER(delete_partition);
GLUE_HANDLER(batch_delete_partition);
GLUE_HANDLER(get_user_defined_functions); // tag.c
GLUE_HANDLER(get_partition_indexes);
GLUE_HANDLER(get_column_statistics);
GLUE_HANDLER(tag_resource);
GLUE_HANDLER(untag_resource);
GLUE_HANDLER(get_tags);

// Tags are kept by ARN: "database/x", "table/x/y", "crawler/x", "job/x". NULL tags are no tags.
enum err glue_tags_set(struct call *call, struct str resource, const struct json *tags) MUST_CHECK;
enum err glue_tags_drop(struct call *call, struct str resource) MUST_CHECK;
bool glue_tags_match(struct call *call, struct str resource, const struct json *wanted);

#endif
