// SPDX-License-Identifier: Apache-2.0
// What the shapes of json_gen share: a random number generator, writers of JSON values, the table.
//
// Everything follows from the seed, so two machines measure the same bytes. Writers append to a
// buffer with room for the largest row behind its mark, and check nothing: a row is at most
// GEN_ROW_MAX bytes by construction, and a shape that breaks this is caught by an assert after each
// row.
#ifndef BENCH_JSON_GEN_H
#define BENCH_JSON_GEN_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define GEN_ROW_MAX ((size_t)4 << 20)

struct table {
    struct table *next;
    _Alignas(16) char bytes[];
};

struct gen {
    char *at; // where the next byte goes
    uint64_t random;
    uint64_t seed;
    uint64_t row;         // number of this row, from 0
    double progress;      // 0 to 1: how much of the file is written
    struct table *tables; // newest first
};

// A shape writes whole rows, its line end or separator included.
struct shape {
    const char *name;
    const char *about;
    void *(*open)(struct gen *gen);             // its tables, by gen_new
    void (*row)(struct gen *gen, void *tables); // appends one row
    const char *before, *between, *after;       // of the file, rows
    void (*end)(struct gen *gen, void *tables); // after the last row; may be NULL
};
extern const struct shape flat_shapes[], nested_shapes[], odd_shapes[], random_shapes[];

void *gen_new(struct gen *gen, size_t size); // zeroes; freed at the end

// --- random numbers

// splitmix64: one addition and two multiplications, and any seed is a good one.
static inline uint64_t mix64(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}
static inline uint64_t gen_random(struct gen *gen)
{
    return mix64(gen->random += 0x9e3779b97f4a7c15u);
}
static inline uint64_t gen_below(struct gen *gen, uint64_t n) // n < 2^32
{
    return ((gen_random(gen) >> 32) * n) >> 32;
}
static inline double gen_unit(struct gen *gen)
{
    return (double)(gen_random(gen) >> 11) * 0x1p-53;
}
static inline bool gen_percent(struct gen *gen, unsigned percent)
{
    return gen_below(gen, 100) < percent;
}
// 0 to n-1 after Zipf's law with exponent 1: the k-th is about as likely as 1/k.
static inline uint64_t gen_skewed(struct gen *gen, uint64_t n)
{
    return (uint64_t)exp(gen_unit(gen) * log((double)n + 1)) - 1;
}
// About the standard normal distribution: the sum of four uniform numbers.
static inline double gen_normal(struct gen *gen)
{
    uint64_t r = gen_random(gen);
    double sum = (double)((r & 0xffff) + (r >> 16 & 0xffff) + (r >> 32 & 0xffff) + (r >> 48));
    return (sum / 65536 - 2) * 1.7320508;
}

// --- writers

static inline void put_bytes(struct gen *gen, const char *text, size_t len)
{
    memcpy(gen->at, text, len);
    gen->at += len;
}
static inline void put(struct gen *gen, const char *text)
{
    put_bytes(gen, text, strlen(text));
}
static inline void put_char(struct gen *gen, char c)
{
    *gen->at++ = c;
}
static inline void put_quoted(struct gen *gen, const char *plain)
{
    put_char(gen, '"');
    put(gen, plain);
    put_char(gen, '"');
}
static inline void put_digits(struct gen *gen, uint64_t value, unsigned count) // with leading zeros
{
    for (unsigned i = count; i-- > 0; value /= 10)
        gen->at[i] = (char)('0' + value % 10);
    gen->at += count;
}
static inline void put_uint(struct gen *gen, uint64_t value)
{
    unsigned count = 1;
    for (uint64_t limit = 10; count < 19 && value >= limit; limit *= 10)
        count++;
    put_digits(gen, value, value >= 10000000000000000000u ? 20 : count);
}
static inline void put_int(struct gen *gen, int64_t value)
{
    if (value < 0)
        put_char(gen, '-');
    put_uint(gen, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}
static inline void put_hex(struct gen *gen, uint64_t value, unsigned count)
{
    for (unsigned i = count; i-- > 0; value >>= 4)
        gen->at[i] = "0123456789abcdef"[value & 15];
    gen->at += count;
}
static inline void put_bool(struct gen *gen, bool value)
{
    put(gen, value ? "true" : "false");
}
// Thousandths as serialisers print the double: 12.5, not 12.500; 12.0 for a whole number.
static inline void put_thousandths(struct gen *gen, uint64_t value)
{
    put_uint(gen, value / 1000);
    put_char(gen, '.');
    put_digits(gen, value % 1000, 3);
    while (gen->at[-1] == '0' && gen->at[-2] != '.')
        gen->at--;
}
void put_date(struct gen *gen, int64_t days);           // 2026-01-31
void put_timestamp(struct gen *gen, int64_t ms);        // 2026-01-31T23:59:59.999Z
void put_timestamp_seconds(struct gen *gen, int64_t s); // 2026-01-31T23:59:59Z
void put_words(struct gen *gen, unsigned count, char between);
const char *gen_word(uint64_t number); // one of WORDS, for any number
#define WORDS 256

#endif
