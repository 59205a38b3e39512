// SPDX-License-Identifier: Apache-2.0
// What a Parquet file says of itself at its end: schema, row groups, statistics, and where
// everything is.
//
// A footer is read from the last bytes of a file alone, so that a crawler, a planner or `tarn
// inspect` learns all that can be known without the data. The model keeps parquet.thrift's terms,
// with what readers must know already settled: the schema is a linked tree with levels, the two
// generations of type annotations are one, and so are the two generations of minima and maxima.
//
// Nothing in the file is trusted. What is checked: magic at both ends, lengths against the file,
// the schema's tree, as many column chunks in each row group as there are leaves, physical types,
// counts that are not negative, offsets inside the file. What is only odd (paths that differ, row
// counts that do not add up) is kept and told by inspect.h, for such files can be read.
//
// Ownership: a footer lives in the arena it was made in; its strings are views into the bytes it
// was read from.
//
// Errors: ERR_INVALID for what is no Parquet file, ERR_CORRUPT with the offset in the file for what
// is a broken one, ERR_UNSUPPORTED for encrypted footers and kinds of fields from the future,
// ERR_LIMIT for the limits below; footer_open also file.h's.
//
// Limits: FOOTER_*.
//
// Specification: parquet-format's README.md, parquet.thrift, LogicalTypes.md, Encryption.md.
#ifndef COLUMNAR_FOOTER_H
#define COLUMNAR_FOOTER_H

#include "columnar/parquet.h"
#include "columnar/type.h"

#define FOOTER_BYTES_MAX ((uint64_t)256 << 20) // as written in the file
#define FOOTER_MEMORY_MAX ((uint64_t)1 << 30)  // of its model
#define FOOTER_TAIL_BYTES ((size_t)64 << 10)   // read first; most footers are smaller
#define FOOTER_ENDING_BYTES ((size_t)8)        // length and magic
#define FOOTER_DEPTH_MAX 100                   // of groups inside each other: levels are bytes
#define FOOTER_HISTOGRAM_MAX (FOOTER_DEPTH_MAX + 1)

enum parquet_logical_kind {
    LOGICAL_NONE,
    LOGICAL_STRING,
    LOGICAL_MAP,
    LOGICAL_LIST,
    LOGICAL_ENUM,
    LOGICAL_DECIMAL,
    LOGICAL_DATE,
    LOGICAL_TIME,
    LOGICAL_TIMESTAMP,
    LOGICAL_INTERVAL,
    LOGICAL_INTEGER,
    LOGICAL_UNKNOWN, // always null
    LOGICAL_JSON,
    LOGICAL_BSON,
    LOGICAL_UUID,
    LOGICAL_FLOAT16,
    LOGICAL_VARIANT,
    LOGICAL_GEOMETRY,
    LOGICAL_GEOGRAPHY,
    LOGICAL_MAP_KEY_VALUE, // only ever a converted type
};
enum parquet_unit { PARQUET_MILLIS, PARQUET_MICROS, PARQUET_NANOS };

struct parquet_logical {
    enum parquet_logical_kind kind;
    int32_t precision, scale; // DECIMAL
    enum parquet_unit unit;   // TIME, TIMESTAMP
    bool is_utc;              // TIME, TIMESTAMP: adjusted to UTC
    bool is_signed;           // INTEGER
    uint8_t bits;             // INTEGER: 8, 16, 32, 64
    struct str crs;           // GEOMETRY, GEOGRAPHY; absent: the default, OGC:CRS84
};

enum parquet_order { ORDER_NOT_TOLD, ORDER_BY_TYPE, ORDER_IEEE754_TOTAL, ORDER_INT96, ORDER_OTHER };

struct parquet_element {
    struct str name;
    bool is_leaf;
    enum parquet_physical physical; // of a leaf
    int32_t type_length;            // FIXED_LEN_BYTE_ARRAY: bytes of a value
    enum parquet_repetition repetition;
    struct parquet_logical logical;
    bool has_field_id;
    int32_t field_id;
    uint8_t max_definition, max_repetition;
    enum parquet_order order; // of a leaf's statistics
    // The tree. Elements stand depth first: a group's first child is the element behind it.
    size_t parent; // of the root: 0
    size_t children;
    size_t next; // the element behind this one and all below it: the next sibling, if there is one
    size_t first_leaf, leaf_count;
};

struct parquet_statistics {
    struct str least, greatest; // as PLAIN has them, byte arrays without length; ptr NULL: not told
    int8_t least_exact, greatest_exact; // 1: it occurs, 0: a bound, -1: not told
    bool deprecated; // from the fields of old, which compare everything as if it were signed
    int64_t nulls, distinct, nans; // -1: not told
};

struct parquet_chunk {
    bool is_encrypted; // with a key of its own
    bool has_metadata; // else nothing is known but the indexes' places
    bool path_differs; // its path is not that of the leaf at its place
    enum parquet_physical physical;
    int32_t codec;                                // enum parquet_codec, or what a newer format has
    uint32_t encodings;                           // bit per enum parquet_encoding; bit 31: others
    int64_t entries;                              // values, nulls included
    int64_t bytes_compressed, bytes_uncompressed; // page headers included
    int64_t data_offset, dictionary_offset;       // -1: no dictionary
    int64_t bloom_offset, bloom_bytes;            // -1: none; -1: not told
    int64_t column_index_offset, column_index_bytes;                             // -1: none
    int64_t offset_index_offset, offset_index_bytes;                             // -1: none
    int32_t data_pages, data_pages_v2, dictionary_coded_pages, dictionary_pages; // -1: not told
    struct str file_path; // of summary files: where the data is, relative; absent: in this file
    struct parquet_statistics statistics;
    int64_t unencoded_bytes;             // of byte arrays, without their lengths; -1: not told
    const int64_t *repetition_histogram; // entries at each level; NULL: not told
    const int64_t *definition_histogram;
    uint8_t repetition_levels, definition_levels; // counts of these
};

struct parquet_sorting {
    int32_t leaf;
    bool is_descending, nulls_first;
};

struct parquet_row_group {
    int64_t rows;
    int64_t bytes_uncompressed;
    int64_t bytes_compressed;     // -1: not told
    struct parquet_chunk *chunks; // leaf_count of them
    struct parquet_sorting *sorting;
    size_t sorting_count;
};

struct parquet_pair {
    struct str key, value; // value.ptr NULL: none
};

struct parquet_footer {
    uint64_t file_bytes, offset, bytes; // of the file; of the footer in it
    int32_t version;
    struct str created_by; // ptr NULL: not told
    int64_t rows;
    bool is_signed; // the file has encrypted columns and a signature behind its footer
    struct parquet_element *elements; // [0] is the root
    size_t element_count;
    size_t *leaves; // the elements that have column chunks, in their order
    size_t leaf_count;
    struct parquet_row_group *row_groups;
    size_t row_group_count;
    struct parquet_pair *metadata;
    size_t metadata_count;
};

// --- reading (footer_read.c, footer_parse.c)

// The footer of a file: its last FOOTER_TAIL_BYTES, and once more when the footer is longer.
enum err footer_open(struct arena *arena, const char *path, struct parquet_footer **out_footer,
                     struct error *error) MUST_CHECK;
// For callers with their own I/O. How many bytes from the end of the file hold the footer with its
// ending, told by the last FOOTER_ENDING_BYTES or more of them.
enum err footer_tail_bytes(struct str tail, uint64_t file_bytes, uint64_t *out_bytes,
                           struct error *error) MUST_CHECK;
// The footer from these last bytes of the file.
enum err footer_parse(struct arena *arena, struct str tail, uint64_t file_bytes,
                      struct parquet_footer **out_footer, struct error *error) MUST_CHECK;
// ERR_INVALID, with what it is instead, when a file that starts so is no Parquet file. `head` has 4
// bytes or more.
enum err footer_head_check(struct str head, struct error *error) MUST_CHECK;

// --- the schema (footer.c)

// Links the elements to a tree and gives them levels and leaves; what footer_parse does with those
// of a file.
enum err footer_link(struct arena *arena, struct parquet_footer *footer,
                     struct error *error) MUST_CHECK;
// "a.list.element" of a leaf.
void footer_path_put(struct buf *out, const struct parquet_footer *footer, size_t leaf);
static inline const struct parquet_element *footer_leaf(const struct parquet_footer *footer,
                                                        size_t leaf)
{
    return &footer->elements[footer->leaves[leaf]];
}
// Whether least and greatest of a chunk may be relied on: they are in an order that is defined for
// the leaf's type.
bool footer_bounds_hold(const struct parquet_element *leaf,
                        const struct parquet_statistics *statistics);

// The names that parquet.thrift has for them; "unknown" for others.
const char *parquet_physical_name(enum parquet_physical physical);
const char *parquet_codec_name(int32_t codec);
const char *parquet_encoding_name(unsigned encoding);
const char *parquet_repetition_name(enum parquet_repetition repetition);

// --- as columns (footer_type.c)

// The schema as a struct of columns, with LogicalTypes.md's rules for lists and maps of every
// generation. Names become lower case; a name that is taken then gets the first number behind it
// that is free, as in DuckDB: "id" and "ID" become "id" and "id_1". Groups without fields are left
// out. ERR_LIMIT beyond TYPE_DEPTH_MAX and TYPE_FIELDS_MAX.
//
//     INT32, INT64, INTEGER(n)      the integer of that width; unsigned: the next wider one
//     INTEGER(64, unsigned)         decimal(20,0)
//     DECIMAL(p, s)                 decimal(p, s); p beyond 38: double
//     TIMESTAMP, INT96              timestamp, timestamp_utc
//     FLOAT16                       float
//     STRING ENUM JSON UUID TIME INTERVAL VARIANT    string
//     BSON GEOMETRY GEOGRAPHY and plain bytes        binary
//     UNKNOWN                       null
enum err footer_type(struct arena *arena, const struct parquet_footer *footer,
                     struct type **out_type, struct error *error) MUST_CHECK;

#endif
