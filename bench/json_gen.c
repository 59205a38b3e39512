// SPDX-License-Identifier: Apache-2.0
// json_gen SHAPE ROWS|BYTES [--seed N]: writes JSON to measure and test with, as fast as it can be
// read. BYTES has a unit: 500MB, 64KB, 2GB (powers of ten). The shapes are in json_gen_*.c.
#include "json_gen.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define BLOCK_BYTES ((size_t)256 << 10) // written at once: stays in L2

static const struct shape *const shapes[] = {flat_shapes, nested_shapes, odd_shapes, random_shapes};
#define SHAPE_LISTS (sizeof shapes / sizeof *shapes)

static const char *const syllables[16] = {"ba",  "co", "de",  "fin", "gra", "hol", "ist", "ju",
                                          "kel", "lo", "men", "nor", "ost", "pri", "ren", "sul"};

void *gen_new(struct gen *gen, size_t size)
{
    struct table *table = calloc(1, sizeof *table + size);
    if (!table)
        abort();
    table->next = gen->tables;
    gen->tables = table;
    return table->bytes;
}

static void free_tables(struct table *table)
{
    while (table) {
        struct table *next = table->next;
        free(table);
        table = next;
    }
}

const char *gen_word(uint64_t number)
{
    static char words[WORDS][12]; // filled as they are asked for: the program has one thread
    char *word = words[number % WORDS];
    if (!*word)
        snprintf(word, sizeof words[0], "%s%s%s", syllables[number % 16],
                 syllables[number / 16 % 16], number % 3 ? "" : syllables[number * 7 / 5 % 16]);
    return word;
}

void put_words(struct gen *gen, unsigned count, char between)
{
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            put_char(gen, between);
        put(gen, gen_word(gen_skewed(gen, WORDS)));
    }
}

// Days since 1970-01-01 to the civil date: years begin in March, so that the leap day is the last.
void put_date(struct gen *gen, int64_t days)
{
    int64_t shifted = days + 719468, era = shifted / 146097, day = shifted % 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    int64_t of_year = day - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * of_year + 2) / 153; // 0 is March
    put_digits(gen, (uint64_t)(year + era * 400 + (month >= 10)), 4);
    put_char(gen, '-');
    put_digits(gen, (uint64_t)(month < 10 ? month + 3 : month - 9), 2);
    put_char(gen, '-');
    put_digits(gen, (uint64_t)(of_year - (153 * month + 2) / 5 + 1), 2);
}

static void put_date_and_time(struct gen *gen, int64_t s)
{
    put_date(gen, s / 86400);
    uint64_t of_day = (uint64_t)(s % 86400);
    put_char(gen, 'T');
    put_digits(gen, of_day / 3600, 2);
    put_char(gen, ':');
    put_digits(gen, of_day / 60 % 60, 2);
    put_char(gen, ':');
    put_digits(gen, of_day % 60, 2);
}

void put_timestamp_seconds(struct gen *gen, int64_t s)
{
    put_date_and_time(gen, s);
    put_char(gen, 'Z');
}

void put_timestamp(struct gen *gen, int64_t ms)
{
    put_date_and_time(gen, ms / 1000);
    put_char(gen, '.');
    put_digits(gen, (uint64_t)(ms % 1000), 3);
    put_char(gen, 'Z');
}

static int usage(void)
{
    fprintf(stderr, "usage: json_gen SHAPE ROWS|BYTES [--seed N] > FILE\n"
                    "BYTES is a number with KB, MB or GB. Shapes:\n");
    for (size_t i = 0; i < SHAPE_LISTS; i++)
        for (const struct shape *shape = shapes[i]; shape->name; shape++)
            fprintf(stderr, "  %-12s %s\n", shape->name, shape->about);
    return 2;
}

static const struct shape *shape_named(const char *name)
{
    for (size_t i = 0; i < SHAPE_LISTS; i++)
        for (const struct shape *shape = shapes[i]; shape->name; shape++)
            if (!strcmp(shape->name, name))
                return shape;
    return NULL;
}

struct amount {
    uint64_t rows, bytes; // the one that is 0 does not count
};

static bool parse_amount(const char *text, struct amount *out)
{
    char *end;
    double number = strtod(text, &end);
    if (end == text || !(number >= 1 && number < 1e18))
        return false;
    double unit = !strcmp(end, "KB")   ? 1e3
                  : !strcmp(end, "MB") ? 1e6
                  : !strcmp(end, "GB") ? 1e9
                                       : 0;
    if (unit == 0 && *end)
        return false;
    *out = unit == 0 ? (struct amount){.rows = (uint64_t)number}
                     : (struct amount){.bytes = (uint64_t)(number * unit)};
    return true;
}

static bool write_all(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, len);
        if (done < 0 && errno != EINTR)
            return false;
        if (done > 0) {
            bytes += done;
            len -= (size_t)done;
        }
    }
    return true;
}

static bool generate(const struct shape *shape, struct amount amount, struct gen *gen)
{
    char *block = malloc(BLOCK_BYTES + GEN_ROW_MAX);
    if (!block)
        abort();
    uint64_t written = 0;
    gen->at = block;
    void *tables = shape->open(gen);
    put(gen, shape->before);
    for (bool done = false; !done; gen->row++) {
        char *row = gen->at;
        gen->progress = amount.rows ? (double)gen->row / (double)amount.rows
                                    : (double)written / (double)amount.bytes;
        if (gen->row > 0)
            put(gen, shape->between);
        shape->row(gen, tables);
        assert((size_t)(gen->at - row) <= GEN_ROW_MAX - 16);
        uint64_t size = written + (uint64_t)(gen->at - block);
        done = amount.rows ? gen->row + 1 == amount.rows : size >= amount.bytes;
        if (done && shape->end)
            shape->end(gen, tables);
        if (done)
            put(gen, shape->after);
        if (done || gen->at >= block + BLOCK_BYTES) {
            if (!write_all(block, (size_t)(gen->at - block))) {
                free(block);
                return false;
            }
            written += (uint64_t)(gen->at - block);
            gen->at = block;
        }
    }
    free(block);
    return true;
}

int main(int count, char **arguments)
{
    struct amount amount = {0};
    struct gen gen = {.seed = 1};
    if (count != 3 && !(count == 5 && !strcmp(arguments[3], "--seed")))
        return usage();
    const struct shape *shape = shape_named(arguments[1]);
    if (!shape || !parse_amount(arguments[2], &amount))
        return usage();
    if (count == 5)
        gen.seed = strtoull(arguments[4], NULL, 10);
    gen.random = mix64(gen.seed + 0x5eed);
    bool written = generate(shape, amount, &gen);
    if (!written)
        perror("json_gen: write");
    free_tables(gen.tables);
    return written ? 0 : 1;
}
