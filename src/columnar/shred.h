// SPDX-License-Identifier: Apache-2.0
// Shredding: JSON text into the columns of a batch, by speculation.
//
// A schema is a prediction. At each place of a record the next key's exact bytes and its value's
// type are expected, confirmed by one wide compare and one typed kernel, and put into the column;
// there is no token, no index, no document in between. Only where the prediction fails is something
// looked up, or learnt.
//
// The text comes in windows; a record that a window cuts is taken back and read again with the
// next. A top-level array's items are records like concatenated values are; what stands between
// records is checked as strictly as what stands in them. UTF-8 is checked piece by piece, ahead of
// the records (text_check.c).
//
// Learning (schema not given; from records that are JSON to their end): a new name becomes a field,
// a value that does not fit widens the column's type (type.h). Where that makes values wrong that
// are in earlier batches of the row group, `stale` is set: what follows is read for the schema
// alone, and the row group must be shredded again. With a given schema a record that does not fit
// is rejected.
//
// Rejected is a record, never a file: the shredder stops with the reason and goes on behind the
// record when it is called again. Behind is: the next line, where records so far stood on lines of
// their own; else behind the bracket that closes it.
//
// Duplicate names: the last value counts (RFC 8259 leaves it open). Lone surrogates cannot be
// UTF-8: rejected. Limits: SHRED_DEPTH_MAX levels; types TYPE_DEPTH_MAX, what is deeper is kept as
// text. Threads: one a shredder.
#ifndef COLUMNAR_SHRED_H
#define COLUMNAR_SHRED_H

#include "columnar/column.h"

#define SHRED_DEPTH_MAX 1024
#define RECORD_BYTES_MAX ((size_t)256 << 20) // a record that is longer is rejected
// A nested struct with more names is a map in truth: it is kept as text.
#define SHRED_STRUCT_FIELDS_MAX 1000

enum shred_stop {
    SHRED_FULL,     // the batch has as many rows as it may: take them, clear, call again
    SHRED_MORE,     // the window is used up to `at`: move what is left to the front of the next
    SHRED_REJECTED, // the record [record, rejected_end) is not in the batch: see `error`
    SHRED_DONE,     // nothing is left, and the window is final
};

enum shred_place {
    PLACE_TOP,
    PLACE_ARRAY_BEGUN,
    PLACE_ARRAY_VALUE,
    PLACE_ARRAY_COMMA,
    PLACE_ARRAY_ANY
};

// Which of JSON's values become which types while learning.
struct infer_rules {
    bool dates;      // strings may be dates and timestamps
    bool lossy_real; // integers and reals are double even where that is not exact (Spark, Glue's
                     // crawler)
    bool small_integers; // int32 until one is larger (Glue)
    bool fold_case;      // names that differ in case alone are one field (Glue's crawler)
};

struct widening { // for "why is this column a string?"
    struct str path;
    struct str from, to; // types
    size_t source_index;
    uint64_t offset;  // of the record, from the start of the source
    struct str value; // the value that did it, cut
};

struct widenings {
    struct arena arena;
    struct widening *items;
    size_t count, capacity;
};
#define WIDENINGS_MAX 10000 // of one thread; nobody reads more

struct shredder {
    struct columns *columns;
    struct infer_rules rules;
    // The window. Text is readable SIMD_PADDING bytes past `end`: zero bytes, or what follows in
    // the source where reading on ends sooner or later in zero bytes, too.
    const char *at, *end;
    const char *batch_end; // a batch is full once a record ends behind it
    bool final;            // the text ends with the window
    bool cut_in_array;     // but the source goes on: an array may be open
    uint64_t offset;       // of the window's first byte in its source
    size_t source_index;
    size_t record_bytes_max; // 0: RECORD_BYTES_MAX
    const char *window;
    enum shred_place place;
    const char *utf8_end;  // up to here the window is known to be UTF-8
    bool spans_lines;      // records have newlines in them
    bool in_rejected_line; // the window before ended in it
    // The row group.
    uint64_t rows_before; // rows in earlier batches
    bool stale;
    // The record that is being read, and what is wrong with it.
    const char *record, *rejected_end;
    const char *failed_at;
    size_t search_bytes; // for the bracket that closes a broken record; 0: none was broken yet
    bool again;          // it only has to be read again, as its schema has changed
    struct error error;  // ERR_SYNTAX, ERR_INVALID (does not fit), ERR_LIMIT
    // What was learnt; in `arena`, which outlives the columns: types, too.
    struct arena *arena;
    bool learnt;       // the schema has changed
    const char *sound; // the record that is known to be JSON to its end
    bool (*may_learn)(
        struct shredder *shredder); // whether this record is; false: shred_fail has the reason
    struct column *spare;           // of a name whose spelling is one too many to remember
    struct widenings *notes;
};

typedef enum shred_stop shred_function(struct shredder *shredder);
// Whether the text is one JSON value with white space around it, by RFC 8259; else *out_failed is
// the byte.
typedef bool json_check_function(struct str text, size_t *out_failed);

// --- shred_learn.c: the paths off the hot one.

// A value (checked JSON, not null) that the hot path did not take: RETRY when the column's type now
// has room for it, TAKEN when it was put into the column here, FAILED when the record is to be
// rejected or read again.
enum shred_fit { FIT_RETRY, FIT_TAKEN, FIT_FAILED };
enum shred_fit shred_fit(struct shredder *s, struct column *column, size_t slot, struct str value);
// The field for an unknown name (text: quotes and colon included; it stands at `at`). *out_key
// NULL: it is s->spare; that NULL, or *out_key->column: skip the value. False: failed.
bool shred_unknown_key(struct shredder *s, struct column *parent, struct str text, const char *at,
                       struct key **out_key);
const char *shred_fail(struct shredder *s, const char *at, const char *expected);
const char *shred_misfit(struct shredder *s, const struct column *column, struct str value);
#endif
