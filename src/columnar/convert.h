// SPDX-License-Identifier: Apache-2.0
// A whole conversion: sources in, Parquet files out.
//
// Each thread takes a portion of the input (input.h), makes row groups of it (builder.h), waits for
// its turn and appends them (output.h): the order of the records stays. What is in memory is, for
// each thread, one window of text, one batch, and the encoded row group.
//
// The schema, unless given, begins with samples from all over the input and grows with every
// portion. Row groups that were written before a top-level column appeared lack it and get nulls at
// the end. Whatever else a portion brings (another type, a new name inside a struct) makes what was
// written wrong: the rest is then read for the schema alone, and all begins again with the schema
// that holds everything. So an input is read once in all but odd cases, twice at most in nearly all
// of these; and a few times more when what holds everything is known only then (integers that turn
// out not to be exact as the doubles that came behind them). Glue's and Spark's modes learn first,
// from the front or from everything, and then treat the schema as given.
#ifndef COLUMNAR_CONVERT_H
#define COLUMNAR_CONVERT_H

#include "columnar/builder.h"
#include "columnar/output.h"

#define CONVERT_ROW_GROUP_ROWS 1048576
#define CONVERT_ROW_GROUP_BYTES ((uint64_t)128 << 20)

enum infer_mode { INFER_FULL, INFER_GLUE, INFER_SPARK };

struct convert_settings {
    struct input_settings input;   // portion_bytes is set here
    struct output_settings output; // chunk, metadata are set here
    struct str schema;             // Hive's notation of a struct; none: infer
    const struct type
        *columns; // the same as a tree (a struct; lent), for names that the notation cannot hold
    enum infer_mode infer;
    bool learn_first; // mode full: all of the input is read for the schema alone first, and what is
                      // written is never taken back
    bool explain; // take censuses; and no samples, so that explanations name the first record of
                  // the input that did it
    unsigned threads; // 0: as many as there are processors
    enum profile profile;
    enum parquet_codec codec;
    int codec_level;
    uint64_t row_group_rows, row_group_bytes; // 0: the defaults; bytes are of JSON text
    const struct str *partition_by;
    size_t partition_by_count;
    const struct str *bloom_columns;
    size_t bloom_column_count;
    const struct key_value *metadata;
    size_t metadata_count;
    // For tests: one of variants(), and a smaller limit than RECORD_BYTES_MAX.
    const struct variant *variant;
    size_t record_bytes_max;
    // Called with rejected records, in order, under the lock; NULL: only count.
    enum err (*rejected)(void *context, const struct source *source, const struct rejected *record,
                         struct error *error);
    // All begins again: what was rejected so far will be told again. NULL: it will not.
    enum err (*restarted)(void *context, struct error *error);
    // Called now and then from any thread, under the lock; false stops the conversion
    // (ERR_CANCELLED).
    bool (*progress)(void *context, uint64_t stored_bytes_done, uint64_t stored_bytes);
    void *context;
};
struct convert_explanation {
    struct str source;
    struct widening widening;
};
struct convert_result {
    uint64_t rows, rejected, rejected_syntax, text_bytes, stored_bytes, output_bytes, row_groups;
    unsigned passes; // over the input
    const struct output_file *const *files;
    size_t file_count;
    const struct type *schema;                      // of all columns, partition columns included
    const struct convert_explanation *explanations; // in the order found
    size_t explanation_count;
    const struct census *censuses; // of columns of mixed values, in no order
    size_t census_count;
};
struct conversion;
// The result is lent until convert_free. ERR_INVALID for settings and schemas, ERR_LIMIT,
// ERR_CANCELLED, ERR_IO and kin, ERR_CORRUPT.
enum err convert_run(const struct convert_settings *settings, struct conversion **out_conversion,
                     struct convert_result *out_result, struct error *error) MUST_CHECK;
// The schema alone, inferred from all that the mode looks at, or parsed: for those who read the
// input themselves.
enum err convert_schema(const struct convert_settings *settings, struct arena *arena,
                        struct type **out_type, struct error *error) MUST_CHECK;
void convert_free(struct conversion *conversion); // takes NULL

#endif
