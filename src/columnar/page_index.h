// SPDX-License-Identifier: Apache-2.0
// Page indexes: where the pages of a column chunk are, and what is in each.
//
// Ownership: as with footers, in the arena; strings are views into the bytes. Errors: ERR_CORRUPT
// with the offset. Specification: parquet-format's PageIndex.md.
#ifndef COLUMNAR_PAGE_INDEX_H
#define COLUMNAR_PAGE_INDEX_H

#include "columnar/footer.h"

struct page_index_location {
    int64_t offset; // in the file
    int32_t bytes;  // header and body
    int64_t first_row;
};
struct page_index_bounds {
    bool is_null; // nothing but nulls: no least and greatest
    struct str least, greatest;
    int64_t nulls; // -1: not told
};
struct page_index {
    struct page_index_location *locations; // of the offset index
    struct page_index_bounds *bounds;      // of the column index
    size_t count;
    enum parquet_boundary boundary; // of the column index
};

// From the bytes of an index, which stands at `offset` of its file. `out` is zeroed before the
// first and may take both. Rows and offsets do not go backwards; all lists are of one length.
enum err page_index_offsets(struct arena *arena, struct str bytes, uint64_t offset,
                            struct page_index *out, struct error *error) MUST_CHECK;
enum err page_index_columns(struct arena *arena, struct str bytes, uint64_t offset,
                            struct page_index *out, struct error *error) MUST_CHECK;

#endif
