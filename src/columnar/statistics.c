// SPDX-License-Identifier: Apache-2.0
// Numbers run through four accumulators, so that one comparison need not wait for the one before.
// Texts are compared by their first eight bytes, and looked at again only when these do not decide.
#include "columnar/statistics.h"

#include <math.h>
#include <string.h>

void bounds_booleans(struct bounds *bounds, const uint8_t *values, size_t count)
{
    uint8_t all = 1, some = 0;
    for (size_t i = 0; i < count; i++) {
        all &= values[i];
        some |= values[i];
    }
    if (count == 0)
        return;
    struct bounds fresh = {.order = ORDER_BOOLEAN, .any = true, .integer = {all, some}};
    bounds_merge(bounds, &fresh);
}

#define LESSER(a, b) ((b) < (a) ? (b) : (a))
#define GREATER(a, b) ((b) > (a) ? (b) : (a))

void bounds_integers(struct bounds *bounds, const int64_t *values, size_t count)
{
    if (count == 0)
        return;
    int64_t low[4], high[4];
    for (int k = 0; k < 4; k++)
        low[k] = high[k] = values[0];
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int k = 0; k < 4; k++) {
            low[k] = LESSER(low[k], values[i + (size_t)k]);
            high[k] = GREATER(high[k], values[i + (size_t)k]);
        }
    for (; i < count; i++) {
        low[0] = LESSER(low[0], values[i]);
        high[0] = GREATER(high[0], values[i]);
    }
    struct bounds fresh = {.order = ORDER_INTEGER, .any = true, .integer = {low[0], high[0]}};
    for (int k = 1; k < 4; k++) {
        fresh.integer.least = LESSER(fresh.integer.least, low[k]);
        fresh.integer.greatest = GREATER(fresh.integer.greatest, high[k]);
    }
    bounds_merge(bounds, &fresh);
}

// A comparison with NaN is false, so the accumulators never take one.
void bounds_doubles(struct bounds *bounds, const double *values, size_t count)
{
    double low[4], high[4];
    for (int k = 0; k < 4; k++) {
        low[k] = INFINITY;
        high[k] = -INFINITY;
    }
    size_t i = 0;
    for (; i + 4 <= count; i += 4)
        for (int k = 0; k < 4; k++) {
            low[k] = LESSER(low[k], values[i + (size_t)k]);
            high[k] = GREATER(high[k], values[i + (size_t)k]);
        }
    for (; i < count; i++) {
        low[0] = LESSER(low[0], values[i]);
        high[0] = GREATER(high[0], values[i]);
    }
    struct bounds fresh = {.order = ORDER_DOUBLE, .real = {low[0], high[0]}};
    for (int k = 1; k < 4; k++) {
        fresh.real.least = LESSER(fresh.real.least, low[k]);
        fresh.real.greatest = GREATER(fresh.real.greatest, high[k]);
    }
    fresh.any = fresh.real.least <= fresh.real.greatest; // else: no number among them
    bounds_merge(bounds, &fresh);
}

void bounds_decimals(struct bounds *bounds, const int128 *values, size_t count)
{
    if (count == 0)
        return;
    struct bounds fresh = {.order = ORDER_DECIMAL, .any = true, .decimal = {values[0], values[0]}};
    for (size_t i = 1; i < count; i++) {
        fresh.decimal.least = LESSER(fresh.decimal.least, values[i]);
        fresh.decimal.greatest = GREATER(fresh.decimal.greatest, values[i]);
    }
    bounds_merge(bounds, &fresh);
}

// --- texts

uint64_t text_prefix(const char *ptr, size_t len)
{
    uint64_t bytes;
    memcpy(&bytes, ptr, sizeof bytes);
    bytes = __builtin_bswap64(bytes);
    // shifting by 64 is not defined, by 32 twice is
    unsigned spare = len < 8 ? (unsigned)(8 - len) * 4 : 0;
    return bytes >> spare >> spare << spare << spare;
}

// Both are the same up to `from`.
static int compare_from(const char *a, size_t a_len, const struct text_bound *b, size_t from)
{
    size_t both = a_len < b->len ? a_len : b->len;
    for (size_t i = from; i < both; i += 8) {
        uint64_t x = text_prefix(a + i, both - i), y = text_prefix(b->bytes + i, both - i);
        if (x != y)
            return x < y ? -1 : 1;
    }
    return (a_len > b->len) - (a_len < b->len);
}

static int compare_text(const char *a, size_t a_len, const struct text_bound *b)
{
    return compare_from(a, a_len, b, 0);
}

static void take_text(struct text_bound *bound, const char *ptr, size_t len)
{
    bound->prefix = text_prefix(ptr, len);
    bound->len = (uint32_t)len;
    memcpy(bound->bytes, ptr, len);
}

static size_t kept(size_t len)
{
    return len < STATISTIC_TEXT_MAX ? len : STATISTIC_TEXT_MAX;
}

// What the least and the greatest text have in common at their front, everything between them has,
// too: so it is skipped, and the eight bytes behind it decide nearly always.
struct window {
    size_t common;
    uint64_t least, greatest; // the eight bytes
};

static struct window window_of(const struct text_bound *least, const struct text_bound *greatest)
{
    size_t both = least->len < greatest->len ? least->len : greatest->len, common = 0;
    while (common < both && least->bytes[common] == greatest->bytes[common])
        common++;
    if (common < 8)
        return (struct window){0, least->prefix, greatest->prefix};
    return (struct window){common, text_prefix(least->bytes + common, least->len - common),
                           text_prefix(greatest->bytes + common, greatest->len - common)};
}

// Whether the first `count` >= 8 bytes are the same.
static inline bool same_front(const char *a, const char *b, size_t count)
{
    uint64_t x, y, difference = 0;
    for (size_t i = 0; i + 8 < count; i += 8) {
        memcpy(&x, a + i, 8);
        memcpy(&y, b + i, 8);
        difference |= x ^ y;
    }
    memcpy(&x, a + count - 8, 8);
    memcpy(&y, b + count - 8, 8);
    return (difference | (x ^ y)) == 0;
}

// Takes the first text into empty bounds.
static void take_first(struct bounds *bounds, const struct text_view *text)
{
    take_text(&bounds->text.least, text->ptr, kept(text->len));
    take_text(&bounds->text.greatest, text->ptr, kept(text->len));
    bounds->any = true;
}

void bounds_texts(struct bounds *bounds, const struct text_view *values, size_t count)
{
    struct text_bound *least = &bounds->text.least, *greatest = &bounds->text.greatest;
    if (count && !bounds->any)
        take_first(bounds, values);
    if (count == 0)
        return;
    struct window window = window_of(least, greatest);
    for (size_t i = 0; i < count; i++) {
        const char *ptr = values[i].ptr;
        size_t len = kept(values[i].len), from = 0;
        if (len >= window.common &&
            (window.common == 0 || same_front(ptr, least->bytes, window.common))) {
            uint64_t next = text_prefix(ptr + window.common, len - window.common);
            if (next > window.least && next < window.greatest)
                continue;
            from = window.common;
        }
        bool is_least = compare_from(ptr, len, least, from) < 0;
        bool is_greatest = compare_from(ptr, len, greatest, from) > 0;
        if (is_least)
            take_text(least, ptr, len);
        if (is_greatest)
            take_text(greatest, ptr, len);
        if (is_least || is_greatest)
            window = window_of(least, greatest);
    }
}

#define MERGE(member)                                                                              \
    do {                                                                                           \
        bounds->member.least = LESSER(bounds->member.least, other->member.least);                  \
        bounds->member.greatest = GREATER(bounds->member.greatest, other->member.greatest);        \
    } while (0)

void bounds_merge(struct bounds *bounds, const struct bounds *other)
{
    if (!other->any)
        return;
    if (!bounds->any) {
        *bounds = *other;
        return;
    }
    switch (bounds->order) {
    case ORDER_BOOLEAN:
    case ORDER_INTEGER:
        MERGE(integer);
        return;
    case ORDER_DOUBLE:
        MERGE(real);
        return;
    case ORDER_DECIMAL:
        MERGE(decimal);
        return;
    case ORDER_TEXT:
        if (compare_text(other->text.least.bytes, other->text.least.len, &bounds->text.least) < 0)
            bounds->text.least = other->text.least;
        if (compare_text(other->text.greatest.bytes, other->text.greatest.len,
                         &bounds->text.greatest) > 0)
            bounds->text.greatest = other->text.greatest;
    }
}

// --- how they are written

static bool continues_character(char c)
{
    return (c & 0xC0) == 0x80;
}

// The length of `text` cut to STATISTIC_BYTES_MAX, and between characters where there are any.
static size_t cut(const struct text_bound *text, bool characters)
{
    size_t len = text->len;
    if (len <= STATISTIC_BYTES_MAX)
        return len;
    len = STATISTIC_BYTES_MAX;
    while (characters && len > STATISTIC_BYTES_MAX - 3 && continues_character(text->bytes[len]))
        len--;
    return len;
}

// Raises the last byte that can be raised and drops what follows. 0: there is none.
static size_t raise_bytes(char *bytes, size_t len)
{
    while (len && (uint8_t)bytes[len - 1] == 0xFF)
        len--;
    if (len)
        bytes[len - 1]++;
    return len;
}

// The greatest character that is written with so many bytes.
static const uint32_t CHARACTER_MAX[] = {0, 0x7F, 0x7FF, 0xFFFF, 0x10FFFF};

static uint32_t read_character(const char *at, size_t bytes)
{
    static const uint8_t LEAD[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = (uint8_t)at[0] & LEAD[bytes];
    for (size_t i = 1; i < bytes; i++)
        code = code << 6 | ((uint8_t)at[i] & 0x3F);
    return code;
}

static void write_character(char *at, size_t bytes, uint32_t code)
{
    static const uint8_t LEAD[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = bytes - 1; i > 0; i--, code >>= 6)
        at[i] = (char)(0x80 | (code & 0x3F));
    at[0] = (char)(LEAD[bytes] | code);
}

// The same with characters, which stay as long as they are: so the text stays UTF-8 and no longer
// than it was.
static size_t raise_characters(char *bytes, size_t len)
{
    while (len) {
        size_t start = len - 1;
        while (start > 0 && len - start < 4 && continues_character(bytes[start]))
            start--;
        size_t width = len - start;
        uint32_t code = read_character(bytes + start, width);
        if (code < CHARACTER_MAX[width]) {
            write_character(bytes + start, width, code == 0xD7FF ? 0xE000 : code + 1);
            return len;
        }
        len = start;
    }
    return 0;
}

static bool write_text(struct arena *arena, const struct bounds *bounds, bool characters,
                       struct written_bounds *out)
{
    const struct text_bound *least = &bounds->text.least, *greatest = &bounds->text.greatest;
    char raised[STATISTIC_BYTES_MAX];
    size_t least_len = cut(least, characters), len = cut(greatest, characters);
    memcpy(raised, greatest->bytes, len);
    bool exact = len == greatest->len;
    if (!exact)
        len = characters ? raise_characters(raised, len) : raise_bytes(raised, len);
    if (len == 0 && !exact)
        return false;
    *out = (struct written_bounds){
        .least = str_dup(arena, str_n(least->bytes, least_len)),
        .greatest = str_dup(arena, str_n(raised, len)),
        .least_exact = least_len == least->len,
        .greatest_exact = exact,
    };
    return true;
}

static struct str write_integer(struct arena *arena, int64_t value, size_t bytes)
{
    return str_dup(arena,
                   str_n((const char *)&value, bytes)); // little-endian, as this processor is
}

static struct str write_real(struct arena *arena, double value, double zero,
                             enum parquet_physical physical)
{
    if (value == 0)
        value = zero;
    float narrow = (float)value;
    return physical == PARQUET_FLOAT ? str_dup(arena, str_n((const char *)&narrow, sizeof narrow))
                                     : str_dup(arena, str_n((const char *)&value, sizeof value));
}

static struct str write_decimal(struct arena *arena, int128 value, unsigned width)
{
    char bytes[16];
    for (int i = 15; i >= 0; i--, value >>= 8)
        bytes[i] = (char)(uint8_t)value;
    return str_dup(arena, str_n(bytes + 16 - width, width));
}

bool bounds_write(struct arena *arena, const struct bounds *bounds,
                  const struct bound_format *format, struct written_bounds *out)
{
    if (!bounds->any)
        return false;
    if (bounds->order == ORDER_TEXT)
        return write_text(arena, bounds, format->characters, out);
    *out = (struct written_bounds){.least_exact = true, .greatest_exact = true};
    switch (bounds->order) {
    case ORDER_BOOLEAN:
    case ORDER_INTEGER: {
        size_t bytes = format->physical == PARQUET_BOOLEAN ? 1
                       : format->physical == PARQUET_INT32 ? 4
                                                           : 8;
        out->least = write_integer(arena, bounds->integer.least, bytes);
        out->greatest = write_integer(arena, bounds->integer.greatest, bytes);
        return true;
    }
    case ORDER_DOUBLE:
        out->least = write_real(arena, bounds->real.least, -0.0, format->physical);
        out->greatest = write_real(arena, bounds->real.greatest, 0.0, format->physical);
        return true;
    default:
        out->least = write_decimal(arena, bounds->decimal.least, format->width);
        out->greatest = write_decimal(arena, bounds->decimal.greatest, format->width);
        return true;
    }
}

// --- the order of pages

static int compare_reals(double a, double b)
{
    return (a > b) - (a < b);
}

static int compare_written(struct str a, struct str b, const struct bound_format *format)
{
    int64_t x = 0, y = 0;
    double p, q;
    float r, s;
    switch (format->physical) {
    case PARQUET_BOOLEAN:
        return a.ptr[0] - b.ptr[0];
    case PARQUET_INT32:
        memcpy((char *)&x + 4, a.ptr, 4); // into the upper half, for the sign
        memcpy((char *)&y + 4, b.ptr, 4);
        return (x > y) - (x < y);
    case PARQUET_INT64:
        memcpy(&x, a.ptr, 8);
        memcpy(&y, b.ptr, 8);
        return (x > y) - (x < y);
    case PARQUET_FLOAT:
        memcpy(&r, a.ptr, 4);
        memcpy(&s, b.ptr, 4);
        return compare_reals(r, s);
    case PARQUET_DOUBLE:
        memcpy(&p, a.ptr, 8);
        memcpy(&q, b.ptr, 8);
        return compare_reals(p, q);
    case PARQUET_FIXED_LEN_BYTE_ARRAY:
        if ((a.ptr[0] ^ b.ptr[0]) & 0x80) // of different sign
            return a.ptr[0] & 0x80 ? -1 : 1;
        return str_cmp(a, b);
    default:
        return str_cmp(a, b);
    }
}

enum parquet_boundary boundary_order(const struct page_location *pages, size_t count,
                                     const struct bound_format *format)
{
    bool ascending = true, descending = true;
    const struct page_location *before = NULL;
    for (size_t i = 0; i < count; i++) {
        if (!pages[i].has_bounds)
            continue;
        if (before) {
            int least = compare_written(before->least, pages[i].least, format);
            int greatest = compare_written(before->greatest, pages[i].greatest, format);
            ascending &= least <= 0 && greatest <= 0;
            descending &= least >= 0 && greatest >= 0;
        }
        before = &pages[i];
    }
    return ascending ? PARQUET_ASCENDING : descending ? PARQUET_DESCENDING : PARQUET_UNORDERED;
}
