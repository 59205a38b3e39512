// SPDX-License-Identifier: Apache-2.0
// The hot paths of datetime.h. Dates and times have their digits at fixed places, so that many
// bytes are checked and converted at once: taking the template away leaves each digit's value, and
// zero where a separator is right; one comparison by byte checks all of them; and one
// multiplication makes pairs of digits numbers.
//
// What these do not take goes to the general functions, which decide.
#ifndef COLUMNAR_DATETIME_INLINE_H
#define COLUMNAR_DATETIME_INLINE_H

#include "columnar/datetime.h"
#include "columnar/simd.h"
#include "columnar/swar.h"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

// Bytes as they stand in the text.
#define DATETIME_WORD(a, b, c, d, e, f, g, h)                                                      \
    ((uint64_t)(a) | (uint64_t)(b) << 8 | (uint64_t)(c) << 16 | (uint64_t)(d) << 24 |              \
     (uint64_t)(e) << 32 | (uint64_t)(f) << 40 | (uint64_t)(g) << 48 | (uint64_t)(h) << 56)
#define DATETIME_BYTE(word, i) ((unsigned)((word) >> 8 * (i)) & 0xff)

// Years are taken to begin in March here, so that a leap day is a year's last and no month's place
// depends on it.
struct datetime_month {
    uint16_t before; // days from the first of March to the month's first
    uint8_t days;    // 29 for February; 0 where there is no such month
    uint8_t past;    // 1 when it belongs to the March year before
};

// Checks a date and counts its days from 1970-01-01. A month is what two digits make of which the
// first is at most 1.
HOT_INLINE bool datetime_date_of(unsigned year, unsigned month, unsigned day, int32_t *out_days)
{
    static const struct datetime_month months[20] = {
        {0},       {306, 31, 1}, {337, 29, 1}, {0, 31},   {31, 30},  {61, 31},  {92, 30},
        {122, 31}, {153, 31},    {184, 30},    {214, 31}, {245, 30}, {275, 31},
    };
    struct datetime_month found = months[month];
    if (__builtin_expect(year == 0 || day - 1 >= found.days, 0))
        return false;
    if (__builtin_expect(month * 32 + day == 2 * 32 + 29, 0) && year % (year % 100 ? 4 : 400) != 0)
        return false;
    unsigned past = year - found.past, centuries = past / 100;
    // 1970-01-01 is 719469 days behind the day before 0000-03-01.
    unsigned days = (past * 1461 >> 2) - centuries + (centuries >> 2) + found.before + day;
    *out_days = (int32_t)days - 719469;
    return true;
}

HOT_INLINE bool datetime_date_take(const char *p, size_t len, int32_t *out_days)
{
    uint64_t first = swar_load(p) ^ DATETIME_WORD('0', '0', '0', '0', '-', '0', '0', '-');
    uint64_t second = (swar_load(p + 8) ^ DATETIME_WORD('0', '0', 0, 0, 0, 0, 0, 0)) & 0xffff;
    uint64_t wrong = swar_greater(first, DATETIME_WORD(9, 9, 9, 9, 0, 1, 9, 0)) |
                     swar_greater(second, DATETIME_WORD(3, 9, 0, 0, 0, 0, 0, 0));
    if (__builtin_expect(len != 10 || wrong, 0))
        return false;
    uint64_t pairs = swar_pairs(first);
    return datetime_date_of(DATETIME_BYTE(pairs, 0) * 100 + DATETIME_BYTE(pairs, 2),
                            DATETIME_BYTE(pairs, 5), DATETIME_BYTE(swar_pairs(second), 0),
                            out_days);
}

// The fields of YYYY-MM-DD?hh:mm:ss with a fraction of 1 to 6 digits or none, of `body` bytes; what
// stands at the question mark is not looked at. False when a byte cannot be right where it is.
struct datetime_fields {
    unsigned year, month, day;
    unsigned minutes; // since midnight; hours are not checked beyond their first digit
    uint32_t micros;  // in the minute
};
#if defined(__AVX2__)

// All of it in one register. Bytes behind the text count as zeros; pairs of digits become numbers,
// then pairs of these.
HOT_INLINE bool datetime_fields(const char *p, size_t body, struct datetime_fields *out)
{
    static const char before_end[64] = {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
                                        -1, -1, -1, -1, -1, -1, -1, -1, -1, -1};
    const __m256i layout =
        _mm256_setr_epi8('0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 0, '0', '0', ':', '0',
                         '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 0, 0, 0, 0, 0, 0);
    const __m256i greatest = _mm256_setr_epi8(9, 9, 9, 9, 0, 1, 9, 0, 3, 9, -1, 2, 9, 0, 5, 9, 0, 5,
                                              9, 0, 9, 9, 9, 9, 9, 9, 0, 0, 0, 0, 0, 0);
    const __m256i digits = _mm256_setr_epi8(0, 1, 2, 3, 5, 6, 8, 9, 11, 12, 14, 15, -1, -1, -1, -1,
                                            1, 2, 4, 5, 6, 7, 8, 9, -1, -1, -1, -1, -1, -1, -1, -1);
    const __m256i weights =
        _mm256_setr_epi16(100, 1, 64, 1, 60, 1, 0, 0, 100, 1, 100, 1, 0, 0, 0, 0);
    __m256i inside = _mm256_loadu_si256((const __m256i *)(before_end + 32 - body));
    __m256i values = _mm256_sub_epi8(_mm256_loadu_si256((const __m256i *)p), layout);
    values = _mm256_and_si256(values, inside);
    __m256i over = _mm256_subs_epu8(values, greatest);
    if (__builtin_expect(!_mm256_testz_si256(over, over), 0))
        return false;
    __m256i pairs =
        _mm256_maddubs_epi16(_mm256_shuffle_epi8(values, digits), _mm256_set1_epi16(0x010a));
    __m256i fields = _mm256_madd_epi16(pairs, weights);
    uint64_t date = (uint64_t)_mm_cvtsi128_si64(_mm256_castsi256_si128(fields));
    uint64_t rest = (uint64_t)_mm_cvtsi128_si64(_mm256_extracti128_si256(fields, 1));
    out->year = (unsigned)date & 0xffff;
    out->month = (unsigned)(date >> 38);
    out->day = (unsigned)(date >> 32) & 63;
    out->minutes = (unsigned)_mm_extract_epi32(_mm256_castsi256_si128(fields), 2);
    out->micros = (uint32_t)rest * 10000 + (uint32_t)(rest >> 32);
    return true;
}

#else

HOT_INLINE bool datetime_fields(const char *p, size_t body, struct datetime_fields *out)
{
    uint64_t first = swar_load(p) ^ DATETIME_WORD('0', '0', '0', '0', '-', '0', '0', '-');
    uint64_t second = swar_load(p + 8) ^ DATETIME_WORD('0', '0', 0, '0', '0', ':', '0', '0');
    uint64_t third = swar_load(p + 16) ^ DATETIME_WORD(':', '0', '0', 0, 0, 0, 0, 0);
    second &= ~DATETIME_WORD(0, 0, 0xff, 0, 0, 0, 0, 0);
    uint64_t wrong = swar_greater(first, DATETIME_WORD(9, 9, 9, 9, 0, 1, 9, 0)) |
                     swar_greater(second, DATETIME_WORD(3, 9, 0, 2, 9, 0, 5, 9)) |
                     swar_greater(third & 0xffffff, DATETIME_WORD(0, 5, 9, 0, 0, 0, 0, 0));
    uint32_t fraction = 0;
    if (body > 19) {
        // What is missing of six digits is zero, and so are the two before them.
        uint64_t values = (swar_load(p + 20) ^ SWAR_ZEROS) & ((UINT64_C(1) << 8 * (body - 20)) - 1);
        wrong |= swar_greater(values, SWAR_ONES * 9) | (uint64_t)(p[19] ^ '.');
        fraction = swar_decimal(values << 16);
    }
    uint64_t date = swar_pairs(first), time = swar_pairs(second);
    out->year = DATETIME_BYTE(date, 0) * 100 + DATETIME_BYTE(date, 2);
    out->month = DATETIME_BYTE(date, 5);
    out->day = DATETIME_BYTE(time, 0);
    out->minutes = DATETIME_BYTE(time, 3) * 60 + DATETIME_BYTE(time, 6);
    out->micros = DATETIME_BYTE(swar_pairs(third), 1) * 1000000 + fraction;
    return wrong == 0;
}

#endif

// YYYY-MM-DDTHH:MM:SS, with 'T' or ' ', with a fraction of 1 to 6 digits or none, with Z or
// nothing.
HOT_INLINE bool datetime_timestamp_take(const char *p, size_t len, int64_t *out_micros,
                                        bool *out_zoned)
{
    const uint32_t lengths = 1 << 19 | 0x3f << 21; // a dot without digits is missing
    if (__builtin_expect(len < 19 || len > 27, 0))
        return datetime_timestamp(str_n(p, len), out_micros, out_zoned);
    uint64_t zoned = swar_is(p[len - 1] & ~0x20, 'Z');
    size_t body = len - zoned;
    struct datetime_fields fields;
    int32_t days;
    if (__builtin_expect((lengths >> body & 1) == 0 || (p[10] != 'T' && p[10] != ' '), 0) ||
        !datetime_fields(p, body, &fields) ||
        !datetime_date_of(fields.year, fields.month, fields.day, &days) ||
        __builtin_expect(fields.minutes >= 1440, 0))
        return datetime_timestamp(str_n(p, len), out_micros, out_zoned);
    *out_micros = days * INT64_C(86400000000) +
                  (int64_t)(fields.minutes * UINT64_C(60000000) + fields.micros);
    *out_zoned = zoned;
    return true;
}

#endif
