// SPDX-License-Identifier: Apache-2.0
// Columns as Arrow arrays, by the C data interface.
//
// A builder takes one batch of the shredder after the other and appends it, node by node: `valid`
// bytes become bitmaps, values that stand close together move to their slots, lengths become
// offsets. What it hands out owns its memory. A column without nulls has no bitmap.
//
// The tree must not change meanwhile: a schema that is given. Structs have fields (builder_settle).
// Specified in: arrow.apache.org/docs/format/, CDataInterface and Columnar.
#ifndef COLUMNAR_ARROW_H
#define COLUMNAR_ARROW_H

#include "columnar/column.h"
#include "tarn/columnar.h"

// The struct of all columns; its memory is its own.
void arrow_schema(const struct type *schema, struct ArrowSchema *out);

struct arrow_builder;
struct arrow_builder *arrow_builder_new(const struct columns *columns); // lent
void arrow_builder_free(struct arrow_builder *builder);                 // takes NULL
// Appends all rows of the columns. ERR_LIMIT when a column's texts or items outgrow 32-bit offsets:
// the builder can then only be freed.
enum err arrow_builder_add(struct arrow_builder *builder, struct error *error) MUST_CHECK;
size_t arrow_builder_rows(const struct arrow_builder *builder);
// What was added, as a struct array; the builder is empty again.
void arrow_builder_take(struct arrow_builder *builder, struct ArrowArray *out);

#endif
