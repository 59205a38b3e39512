// SPDX-License-Identifier: Apache-2.0
// One thread's work: a portion of text becomes encoded row groups, one for each partition.
//
// Batches of records go from the shredder to the columns, from these as levels and values to the
// chunk writers. While nothing but the schema is wanted (learning), batches are dropped. When a
// batch shows that earlier ones were wrong (shredder: stale), the portion begins again with the
// wider schema: at once the first few times, then after all of it has been read, so that it is read
// four times at most beyond the one that counts.
//
// Partitions. The values of the partition columns, as texts in folder notation
// ("year=2026/month=1"), decide which partition a record belongs to; the columns themselves are not
// part of the files.
//
// Ownership: a builder is made once for each thread and reused; what it has built is lent until its
// next portion.
#ifndef COLUMNAR_BUILDER_H
#define COLUMNAR_BUILDER_H

#include "columnar/chunk.h"
#include "columnar/input.h"

#define PARTITIONS_MAX 10000
#define REJECTED_TEXT_MAX ((size_t)64 << 10)
// Rejected records that are kept until they are reported; with so many, the portion's row groups
// are taken early.
#define REJECTED_KEPT_MAX 100000
#define REJECTED_KEPT_BYTES_MAX ((size_t)64 << 20)

struct rejected {
    size_t source_index;
    uint64_t offset; // of the record, in the source's text
    uint64_t bytes;  // of the record
    struct str reason;
    struct str text; // the record, cut to REJECTED_TEXT_MAX
    bool is_json;    // well-formed: it does not fit the schema
};

struct partition {
    struct str folder; // "", or "key=value/...", each with its slash
    uint64_t rows;
    struct chunk_writer **writers; // by leaf, partition columns left out
    size_t writer_count, writer_capacity;
};

#define WRITER_SETS_KEPT 4
struct writer_set {
    struct chunk_writer **writers; // by leaf
    size_t count;
};

// What a column of mixed values holds.
struct census {
    struct str path;
    uint64_t strings, numbers, booleans, lists, structs;
};

struct builder_settings {
    bool explain;                       // take a census of columns of mixed values
    const struct chunk_settings *chunk; // profile, codec, level, bloom
    struct infer_rules rules;
    const struct str *partition_by;
    size_t partition_by_count;
    const struct str *bloom_columns; // top-level or dotted names
    size_t bloom_column_count;
    uint64_t row_group_rows;
    const struct variant *variant; // NULL: the best
    size_t record_bytes_max;       // 0: RECORD_BYTES_MAX
};

struct builder {
    const struct builder_settings *settings;
    struct arena arena;  // of one attempt: the schema, partitions, rejected records
    struct type *schema; // of the last portion
    struct columns *columns;
    struct shredder shredder;
    struct window window;
    struct partition *partitions;
    size_t partition_count, partition_capacity;
    struct writer_set kept[WRITER_SETS_KEPT]; // of the portion before
    struct codec *codec;                      // of all writers: partitions may be many
    size_t *partition_index;                  // open addressing, partition number + 1
    size_t partition_index_capacity;
    uint64_t records; // read since the attempt began, learnt from or encoded
    uint64_t rows;    // encoded since the last row groups were taken
    size_t batch_rows_max;
    struct rejected *rejected;
    size_t rejected_kept, rejected_capacity, rejected_bytes;
    uint64_t rejected_count, rejected_syntax_count;
    struct arena levels; // of one batch
    struct leaf_values *leaves;
    size_t leaf_capacity;
    const struct leaf
        *file_leaves; // the leaves that go into files, and which of the batch's each is
    size_t file_leaf_count, *leaf_index;
    struct widenings notes;  // of all portions so far
    struct census *censuses; // of the portion, if wanted
    size_t census_count, census_capacity;
    bool taken; // `full` has taken row groups of this portion
    struct arena rejected_arena;
    // Called when row_group_rows are reached in mid-portion, or many rejected records are kept; the
    // row groups are then begun anew, and no rejected records are kept.
    enum err (*full)(void *context, struct builder *builder, struct error *error);
    void *context;
};

void builder_init(struct builder *builder, const struct builder_settings *settings);
void builder_deinit(struct builder *builder);

enum build_mode { BUILD_ROW_GROUPS, BUILD_LEARN };
// Reads the portion. `schema` is copied; what was learnt on top of it is builder->schema
// afterwards. `given`: it is not to grow. ERR_LIMIT when there are too many partitions or names;
// ERR_CONFLICT when rows were taken by `full` and turn out to be wrong: everything has to begin
// again (builder->schema is wide enough then as far as the portion goes).
enum err builder_run(struct builder *builder, const struct portion *portion,
                     const struct type *schema, bool given, enum build_mode mode,
                     struct error *error) MUST_CHECK;
// Learns from a few records at the beginning and at places all over the input, in builder->schema.
enum err builder_sample(struct builder *builder, const struct input *input,
                        const struct type *schema, struct error *error) MUST_CHECK;

// Learns from the first `step_bytes` of a source, or twice, three times ... `steps` times that, as
// long as no record in it was valid.
enum err builder_front(struct builder *builder, const struct source *source,
                       const struct type *schema, uint64_t step_bytes, unsigned steps,
                       uint64_t *out_text_bytes, struct error *error) MUST_CHECK;
// Makes text of structs without any field, which a file cannot hold. True when there was one.
bool builder_settle(struct type *schema);

// The schema of the files: without partition columns.
struct type *builder_file_schema(struct arena *arena, const struct type *schema,
                                 const struct builder_settings *settings);
struct chunk_settings builder_chunk_settings(const struct builder_settings *settings,
                                             const struct leaf *leaf);

#endif
