// SPDX-License-Identifier: Apache-2.0
// A column chunk: the values of one leaf in one row group, as encoded and compressed pages.
//
// Values come batch by batch. A page is closed between batches once it has PAGE_ROWS rows or
// PAGE_BYTES bytes, and encoded and compressed at once, so that what is held is small: the open
// page, the dictionary, and finished pages.
//
// Policy, which decides speed and size more than anything else:
//   dictionary  tried on the first values of a chunk, given up early when they are mostly distinct
//   or the dictionary
//               outgrows its limits; pages that have been closed keep theirs. A writer remembers
//               what its last chunk found and starts with that.
//   codec       the first data page is compressed; a chunk that does not shrink by a tenth is left
//   uncompressed. profile     compat: PLAIN and RLE_DICTIONARY, data pages V1. modern:
//   DELTA_BINARY_PACKED for integers, dates and
//               timestamps, DELTA_LENGTH_BYTE_ARRAY for texts without a dictionary,
//               BYTE_STREAM_SPLIT for doubles.
//
// Statistics are exact: nulls, least and greatest value of each page and of the chunk; no NaN among
// them, -0.0 as a least and +0.0 as a greatest zero; texts cut to 64 bytes on a character boundary,
// with the flag that says so, the greatest one rounded up (parquet-format: Statistics,
// ColumnIndex).
//
// Ownership: a writer owns all it holds; a finished chunk is lent until the writer's next
// chunk_begin. Threads: one a writer. Limits: the values of one row take less than 1 GiB, as who
// reads records sees to. Errors: memory aborts; nothing else can fail (zlib's and zstd's contexts
// are made at the start).
#ifndef COLUMNAR_CHUNK_H
#define COLUMNAR_CHUNK_H

#include "columnar/leaf_values.h"
#include "columnar/parquet.h"
#include "columnar/type.h"

#define PAGE_ROWS 20000
#define PAGE_BYTES ((size_t)1 << 20)
#define STATISTIC_BYTES_MAX 64

enum profile { PROFILE_COMPAT, PROFILE_MODERN };

struct codec;
struct chunk_settings {
    enum kind kind;
    uint8_t precision, scale;
    uint8_t max_definition, max_repetition;
    enum profile profile;
    enum parquet_codec codec;
    int codec_level;          // 0: the codec's default (see codec.h)
    bool bloom;               // make a split-block bloom filter of the values
    struct codec *lent_codec; // NULL: the writer makes its own
    size_t dictionary_memory; // that a dictionary may take, about; 0: 8 MiB, which its other limits
                              // are the first to reach
};

struct page_location {
    uint64_t offset; // of the page's header, from the start of the chunk
    uint32_t bytes;  // header and body
    uint64_t first_row;
    uint64_t rows, entries, nulls; // nulls: entries below the maximum definition level
    bool has_bounds;               // false: no value, or nothing but NaN
    struct str least,
        greatest; // as Parquet's PLAIN has them, texts without length and cut to 64 bytes
};

struct chunk {
    uint64_t rows, entries, nulls, values;
    struct str bytes;            // dictionary page (if any) and data pages
    uint64_t dictionary_offset;  // meaningful when has_dictionary; it is 0
    uint64_t data_offset;        // of the first data page
    uint64_t bytes_uncompressed; // headers included, as Parquet's total_uncompressed_size
    bool has_dictionary;
    uint32_t encodings;      // bit per enum parquet_encoding
    size_t dictionary_pages; // data pages that are made of indices
    enum parquet_codec codec;
    bool has_bounds, least_exact, greatest_exact;
    struct str least, greatest; // of the chunk
    const struct page_location *pages;
    size_t page_count;
    enum parquet_boundary boundary;
    struct str bloom;  // the filter's bitset; empty: none
    uint64_t distinct; // values in the dictionary when it was kept to the end, else 0
};

// How values of a kind are stored; *out_width: bytes of a value, 0 for BYTE_ARRAY.
enum parquet_physical chunk_physical(enum kind kind, unsigned precision, unsigned *out_width);

struct chunk_writer;
struct chunk_writer *chunk_writer_new(const struct chunk_settings *settings);
void chunk_writer_free(struct chunk_writer *writer); // takes NULL
const struct chunk_settings *chunk_writer_settings(const struct chunk_writer *writer);
void chunk_begin(struct chunk_writer *writer);
void chunk_add(struct chunk_writer *writer, const struct leaf_values *values);
// Rows without the column: entries at definition level 0.
void chunk_add_nulls(struct chunk_writer *writer, uint64_t rows);
void chunk_finish(struct chunk_writer *writer, struct chunk *out_chunk);

#endif
