// SPDX-License-Identifier: Apache-2.0
// From files to tables: which objects below a crawler's include path are one table, and which
// folders are its partitions. Pure: files with their schemas in, tables out.
//
// The rule, folder by folder from the leaves up (AWS Glue guide, "How does a crawler determine when
// to create partitions?"):
//   * The files of one folder are one table: those of its most frequent format. A file of another
//     format is a table of its own.
//   * Folders whose tables agree in format, compression and depth, and whose schemas are similar
//     (more than 0.7, at most five different ones), become partitions of one table above them.
//   * CombineCompatibleSchemas leaves out the similarity. TableLevelConfiguration says the depth of
//     the tables' folders (the bucket is level 1), and everything below such a folder is its table.
//
// Folders "key=value" are partitions by that key, others by partition_0, partition_1, ... A table
// whose files lie at different depths has no partitions.
#ifndef GLUE_CRAWL_GROUP_H
#define GLUE_CRAWL_GROUP_H

#include "base/json.h"

#define CRAWL_SIMILARITY_MIN 0.7
#define CRAWL_SCHEMAS_MAX 5

// What was learnt of a file; shared by the files that look the same.
struct crawl_schema {
    struct str hash;
    struct str format, compression;
    struct json *columns; // schema.h
    struct json *csv;     // delimiter, quote, escape, header; NULL for other formats
    struct str error;     // the file cannot be read; it belongs to no table
};
struct crawl_file {
    struct str bucket, key, etag;
    uint64_t size_bytes;
    int64_t rows;
    struct json *blob;
    const struct crawl_schema *schema;
    bool is_new;       // was not remembered
    bool read_in_full; // its schema is that of all its records
};
struct crawl_partition {
    struct json *values; // strings
    struct str prefix;   // key prefix, ends in a slash
    const struct crawl_file **files;
    size_t count, capacity;
};
struct crawl_table {
    struct str bucket, root; // root: key prefix that ends in a slash, "", or one file's key
    bool is_file;
    const struct crawl_file **files;
    size_t count, capacity;
    struct str format, compression;
    struct json *columns;        // union, without partition keys
    const struct json *csv;      // of the first file
    struct json *partition_keys; // names
    struct crawl_partition *partitions;
    size_t partition_count, partition_capacity;
    struct json *schemas; // distinct hashes, at most CRAWL_SCHEMAS_MAX + 1 of them
    bool ragged;          // files at different depths
    size_t depth;         // folders between root and files
};
struct crawl_tables {
    struct crawl_table **items;
    size_t count, capacity;
};
struct crawl_grouping {
    bool combine;
    int64_t table_level; // 0: not given
};
// `files` are sorted by key, all of one bucket and below `include` (a prefix that ends in a slash,
// "", or one file's key). Tables are appended.
void crawl_group(struct arena *arena, const struct crawl_grouping *grouping, struct str include,
                 const struct crawl_file *const *files, size_t count, struct crawl_tables *out);
// A table's name as Glue makes it of its folder's or file's name.
struct str crawl_table_name(struct arena *arena, const struct crawl_table *table);
// Whether an object below the include path counts: no folder or name that begins with "_" or ".",
// no folder marker, not excluded by a glob.
bool crawl_wants(struct str include, struct str key, uint64_t size_bytes,
                 const struct json *exclusions);

#endif
