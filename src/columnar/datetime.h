// SPDX-License-Identifier: Apache-2.0
// Dates and timestamps in strings: what counts as one, and its value.
//
//     date       YYYY-MM-DD, years 0001 to 9999, proleptic Gregorian
//     timestamp  a date, 'T' or one space, hh:mm or hh:mm:ss or hh:mm:ss.f (1 to 6 digits), then
//                nothing, 'Z', 'z', or an offset: + or -, then hh:mm, hhmm or hh, below 24 hours
//
// Leap seconds (":60") and more than six digits of a second are no timestamps: they would not
// survive. An offset may carry a value a day beyond the years.
// Hot: datetime_timestamp_take in datetime_inline.h knows the commonest layouts by wide compares
// and calls the general one else. Its text is readable SIMD_PADDING bytes past its end.
#ifndef COLUMNAR_DATETIME_H
#define COLUMNAR_DATETIME_H

#include "base/str.h"

bool datetime_date(struct str text, int32_t *out_days);
// *out_zoned: it ended in Z or an offset; the value is then in UTC.
bool datetime_timestamp(struct str text, int64_t *out_micros, bool *out_zoned);

// In datetime_inline.h, for the same answers:
//   bool datetime_date_take(const char *p, size_t len, int32_t *out_days)
//   bool datetime_timestamp_take(const char *p, size_t len, int64_t *out_micros, bool *out_zoned)

#endif
