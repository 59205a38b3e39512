// SPDX-License-Identifier: Apache-2.0
// The files of a conversion: none is there before all are.
//
// A file is written without a name and named at the end, after it was synced (os/file.h): what
// fails, is interrupted or killed leaves nothing. A path that ends in ".parquet" is one file; any
// other is a folder, made if need be, with part-00000SUFFIX, part-00001SUFFIX, ... in it or in a
// folder for each partition. A part that has reached `file_bytes` is followed by another.
//
// Threads: one at a time; the conversion's lock.
#ifndef COLUMNAR_OUTPUT_H
#define COLUMNAR_OUTPUT_H

#include "columnar/file_writer.h"

struct output_file {
    struct str folder; // of the partition, with its slash; "" without
    struct str path;   // known once published
    struct file_writer *writer;
    struct byte_sink sink;
    int fd;
    bool finished;
    uint64_t rows, bytes;
    struct output *output;
};
struct output_settings {
    const char *path; // NULL: `sink` takes the one file
    struct byte_sink sink;
    const char *name_suffix; // ".snappy.parquet"
    uint64_t file_bytes;     // 0: one file for each partition, whatever its size
    const struct chunk_settings *chunk;
    const struct key_value *metadata;
    size_t metadata_count;
};
struct output {
    struct output_settings settings;
    struct arena arena;
    struct output_file **files;
    size_t file_count, file_capacity;
    struct output_file **open; // the last file of each partition, open addressing by folder
    size_t open_capacity, open_count;
    bool is_folder;
    const char *home; // where files without names are made
    uint64_t bytes;   // of all files so far
};

enum err output_open(struct output *output, const struct output_settings *settings,
                     struct error *error) MUST_CHECK;
enum err output_row_group(struct output *output, struct str folder, const struct type *schema,
                          uint64_t rows, const struct chunk *chunks, size_t count,
                          struct error *error) MUST_CHECK;
// Forgets all that was written.
void output_restart(struct output *output);
// Footers, sync, names. Without any row a single file is still made, with the schema; a folder
// stays empty.
enum err output_publish(struct output *output, const struct type *schema,
                        struct error *error) MUST_CHECK;
void output_close(struct output *output);

#endif
