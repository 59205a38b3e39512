// SPDX-License-Identifier: Apache-2.0
// Least and greatest values: found by loops over batches, merged from pages to chunks, and written
// as Parquet wants them.
//
// Doubles: NaN never counts; a zero is written as -0.0 where it is the least and +0.0 where it is
// the greatest value. Texts are ordered by their bytes. Only their first STATISTIC_TEXT_MAX bytes
// are kept: bounds are cut to STATISTIC_BYTES_MAX anyway, so what differs further on makes no
// difference. Specified in: parquet-format, parquet.thrift, Statistics, ColumnIndex and
// ColumnOrder.
#ifndef COLUMNAR_STATISTICS_H
#define COLUMNAR_STATISTICS_H

#include "columnar/chunk.h"

#define STATISTIC_TEXT_MAX 72 // the cut, and the rest of a character that lies across it

enum order {
    ORDER_BOOLEAN,
    ORDER_INTEGER,
    ORDER_DOUBLE,
    ORDER_DECIMAL,
    ORDER_TEXT,
};

struct text_bound {
    uint64_t prefix; // its first eight bytes, big-endian, zeros behind its end
    uint32_t len;
    char bytes[STATISTIC_TEXT_MAX + 64];
};
struct bounds {
    enum order order;
    bool any; // else nothing below means anything
    union {
        struct {
            int64_t least, greatest;
        } integer; // booleans, too
        struct {
            double least, greatest;
        } real;
        struct {
            int128 least, greatest;
        } decimal;
        struct {
            struct text_bound least, greatest;
        } text;
    };
};

static inline void bounds_clear(struct bounds *bounds, enum order order)
{
    bounds->order = order;
    bounds->any = false;
}
void bounds_booleans(struct bounds *bounds, const uint8_t *values, size_t count);
void bounds_integers(struct bounds *bounds, const int64_t *values, size_t count);
void bounds_doubles(struct bounds *bounds, const double *values, size_t count);
void bounds_decimals(struct bounds *bounds, const int128 *values, size_t count);
void bounds_texts(struct bounds *bounds, const struct text_view *values, size_t count);
void bounds_merge(struct bounds *bounds, const struct bounds *other);
// The first eight bytes as a number that orders as they do. Reads eight bytes whatever `len` is.
uint64_t text_prefix(const char *ptr, size_t len);

// Where bounds go: `physical` and `width` (of FIXED_LEN_BYTE_ARRAY) say how they are written.
// False: no bound can be given.
struct written_bounds {
    struct str least, greatest;
    bool least_exact, greatest_exact;
};
struct bound_format {
    enum parquet_physical physical;
    unsigned width;
    bool characters; // text is UTF-8 and is cut between characters
};
bool bounds_write(struct arena *arena, const struct bounds *bounds,
                  const struct bound_format *format, struct written_bounds *out);
// How the pages' bounds are ordered, pages without any left out.
enum parquet_boundary boundary_order(const struct page_location *pages, size_t count,
                                     const struct bound_format *format);

#endif
