// SPDX-License-Identifier: Apache-2.0
// The pages of a chunk: the open one, which gathers levels and encoded values, and the finished
// ones.
//
// A data page V1 is its repetition levels, its definition levels (each with its length in front)
// and its values, compressed together. Values are gathered PAGES_HEADROOM behind the start of their
// buffer, so that levels can be put in front of them without moving them.
//
// The codec is settled when the first page that has values is closed: `pages_close` compresses it,
// and the dictionary so far along with it; a tenth must be gained. Specified in: parquet-format,
// README.md "Data Pages", parquet.thrift PageHeader.
#ifndef COLUMNAR_PAGES_H
#define COLUMNAR_PAGES_H

#include "columnar/chunk.h"
#include "columnar/codec.h"
#include "columnar/levels.h"
#include "columnar/statistics.h"

#define PAGES_HEADROOM ((size_t)16 << 10)

struct pages {
    const struct chunk_settings *settings;
    struct codec *codec;
    bool has_words;
    bool settled, compressed; // whether the codec is used
    // the open page
    struct levels repetition, definition;
    uint64_t page_rows, page_entries, page_values;
    struct bounds bounds;
    struct buf body; // PAGES_HEADROOM bytes, then values
    // the finished ones
    struct arena arena; // their bounds
    struct buf bytes;
    struct page_location *locations;
    size_t count, capacity;
    uint64_t rows, entries, values, bytes_uncompressed;
    uint32_t encodings;      // bit per enum parquet_encoding
    size_t dictionary_pages; // data pages of indices
    struct bounds chunk_bounds;
    struct buf header;
};

// `has_words`: PLAIN values take eight bytes.
void pages_init(struct pages *pages, const struct chunk_settings *settings, bool has_words);
void pages_deinit(struct pages *pages);
void pages_begin(struct pages *pages, enum order order);
// The values encoded so far. Room for `bytes` more of them is reserved by pages_room, which gives
// its address; pages_filled says how many were used.
struct str pages_body(const struct pages *pages);
char *pages_room(struct pages *pages, size_t bytes);
void pages_filled(struct pages *pages, size_t bytes);
// Closes the open page, whose body is encoded by `encoding`. `dictionary`: the dictionary so far,
// for settling the codec.
void pages_close(struct pages *pages, enum parquet_encoding encoding,
                 const struct bound_format *format, struct str dictionary);
// Puts the dictionary page in front of all pages.
void pages_put_dictionary(struct pages *pages, struct str body, size_t count);
// Bytes that `input` has after compression, when that is worth it; for estimates.
size_t pages_sample(struct pages *pages, struct str input, bool is_words);

#endif
