// SPDX-License-Identifier: Apache-2.0
// Hive's partitions: which one a record belongs to, and its share of a leaf's values.
#ifndef COLUMNAR_PARTITION_H
#define COLUMNAR_PARTITION_H

#include "columnar/column.h"

// Null and empty values (Hive's name for them).
#define PARTITION_DEFAULT "__HIVE_DEFAULT_PARTITION__"

// Appends "name=value/" for each partition column of one record: values as Hive writes them,
// escaped for a folder's name. `value_index` counts, for each partition column, the values taken so
// far: call with rows in order.
void partition_put_folder(struct buf *out, struct column *const *keys, size_t key_count, size_t row,
                          size_t *value_index);
// A batch's rows, partition by partition; memory from the arena. The work is one of the rows,
// however many partitions they are of.
struct partition_rows {
    uint32_t partition;
    const uint32_t *rows; // in order
    size_t count;
};
struct partition_rows *partition_divide(struct arena *arena, const uint32_t *partition_of,
                                        size_t rows, size_t partition_count, size_t *out_count);

// Where each row begins among a leaf's entries and values; one more at the end. NULL: row i is
// entry i, or value i.
struct partition_places {
    const uint32_t *entry, *value;
};
struct partition_places partition_find_places(struct arena *arena, const struct leaf_values *all,
                                              uint8_t max_definition);
// Those rows of `all`; memory from `arena`.
struct leaf_values partition_share(struct arena *arena, const struct leaf_values *all,
                                   enum kind kind, uint8_t max_definition,
                                   const struct partition_places *places,
                                   const struct partition_rows *part);

#endif
