// SPDX-License-Identifier: Apache-2.0
// A Parquet file from its magic to its footer, row group by row group.
//
// Row groups are given as finished chunks and appended as they come; page indexes, bloom filters
// and the footer are kept in memory (a few hundred bytes a page) and written at the end. The schema
// is told at the end only: a file may gain top-level columns while it is written. Row groups from
// before get chunks of nulls for these, at the file's end, where their offsets may point.
//
// Output goes through a `struct byte_sink`, front to back, never back.
#ifndef COLUMNAR_FILE_WRITER_H
#define COLUMNAR_FILE_WRITER_H

#include "columnar/chunk.h"

struct byte_sink {
    enum err (*write)(void *context, struct str bytes, struct error *error);
    void *context;
};

struct key_value {
    struct str key, value;
};

struct file_writer;
// Writes "PAR1".
enum err file_writer_open(struct byte_sink sink, struct file_writer **out_writer,
                          struct error *error) MUST_CHECK;
// The chunks of leaves 0 to count-1 of the schema-to-be, each of `rows` rows.
enum err file_writer_row_group(struct file_writer *writer, uint64_t rows,
                               const struct chunk *chunks, size_t count,
                               struct error *error) MUST_CHECK;
// Null chunks, indexes, bloom filters, footer. `settings` says profile and codec of the null
// chunks. The writer is spent, but not freed.
enum err file_writer_finish(struct file_writer *writer, const struct type *schema,
                            const struct chunk_settings *settings, const struct key_value *metadata,
                            size_t metadata_count, struct error *error) MUST_CHECK;
uint64_t file_writer_bytes(const struct file_writer *writer); // written so far
uint64_t file_writer_rows(const struct file_writer *writer);
void file_writer_free(struct file_writer *writer); // takes NULL

#endif
