// SPDX-License-Identifier: Apache-2.0
// What logs do besides being regular: rows with a few of very many keys, text beyond ASCII, columns
// whose values stop being what they were in the first hundred megabytes.
#include "json_gen.h"

#include <stdio.h>

static void *open_nothing(struct gen *gen)
{
    return gen;
}

// --- sparse: 20 of 100 keys a row, in a fixed order; each key has a kind of its own

#define SPARSE_KEYS 100
#define SPARSE_PRESENT 20

struct sparse {
    char keys[SPARSE_KEYS][24];
};

static void *open_sparse(struct gen *gen)
{
    struct sparse *sparse = gen_new(gen, sizeof *sparse);
    for (unsigned i = 0; i < SPARSE_KEYS; i++)
        snprintf(sparse->keys[i], sizeof sparse->keys[i], "\"%s_%u\":", gen_word(i * 7u), i);
    return sparse;
}

static void put_sparse_value(struct gen *gen, unsigned key)
{
    uint64_t r = gen_random(gen) >> 20;
    switch (key % 10) {
    case 0:
        put_uint(gen, r % 100000);
        break;
    case 1:
        put_int(gen, (int64_t)(r % 2000000000000) - 1000000000000);
        break;
    case 2:
        put_thousandths(gen, r % 10000000);
        break;
    case 3:
        put_bool(gen, r & 1);
        break;
    case 4:
        put_quoted(gen, gen_word(r % 16));
        break;
    case 5:
        put_char(gen, '"');
        put_words(gen, 3 + (unsigned)(r % 5), ' ');
        put_char(gen, '"');
        break;
    case 6:
        put_char(gen, '"');
        put_timestamp(gen, 1767225600000 + (int64_t)(r % 100000000000));
        put_char(gen, '"');
        break;
    case 7:
        put_char(gen, '"');
        put_date(gen, (int64_t)(20000 + r % 1000));
        put_char(gen, '"');
        break;
    case 8:
        put_char(gen, '[');
        for (uint64_t i = 0; i < r % 4; i++) {
            put(gen, i > 0 ? "," : "");
            put_uint(gen, r >> (i * 5) & 1023);
        }
        put_char(gen, ']');
        break;
    default:
        put(gen, "{\"code\":");
        put_uint(gen, r % 50);
        put(gen, ",\"label\":");
        put_quoted(gen, gen_word(r % 50));
        put_char(gen, '}');
    }
}

// Selection sampling: each key is taken with the chance that leaves exactly 20 of 100.
static void put_sparse(struct gen *gen, void *tables)
{
    const struct sparse *sparse = tables;
    unsigned wanted = SPARSE_PRESENT;
    put_char(gen, '{');
    for (unsigned i = 0; i < SPARSE_KEYS && wanted > 0; i++) {
        if (gen_below(gen, SPARSE_KEYS - i) >= wanted)
            continue;
        put(gen, wanted < SPARSE_PRESENT ? "," : "");
        put(gen, sparse->keys[i]);
        put_sparse_value(gen, i);
        wanted--;
    }
    put_char(gen, '}');
}

// --- unicode

// Pieces of text: plain, as UTF-8, as escapes, as escaped surrogate pairs.
static const char *const cyrillic[] = {"Привет",  "данные", "озеро",  "Москва",
                                       "сегодня", "ёлка",   "объект", "щука"};
static const char *const east_asian[] = {"数据", "湖",     "東京都", "こんにちは",
                                         "서울", "데이터", "漢字",   "カタカナ"};
static const char *const emoji[] = {"😀", "🚀", "👩‍🔬", "🇩🇪", "❤️", "𝒳", "🦆", "✓"};
static const char *const escaped[] = {"\\n", "\\\"", "\\u00e9", "\\ud83d\\ude00",
                                      "\\t", "\\\\", "\\/",     "\\u4e2d\\u6587"};
static const char *const latin[] = {"naïve", "Übergröße", "façade", "señor",
                                    "Łódź",  "Ærø",       "crème",  "smørrebrød"};

static void put_unicode_text(struct gen *gen, unsigned words, unsigned escapes_percent)
{
    static const char *const *const scripts[] = {cyrillic, east_asian, latin, emoji};
    put_char(gen, '"');
    for (unsigned i = 0; i < words; i++) {
        uint64_t r = gen_random(gen);
        if (i > 0)
            put_char(gen, ' ');
        if (r >> 32 & 1)
            put(gen, gen_word(r >> 40));
        else
            put(gen, scripts[r >> 8 & 3][r & 7]);
        if ((r >> 16 & 0xffff) % 100 < escapes_percent)
            put(gen, escaped[r >> 48 & 7]);
    }
    put_char(gen, '"');
}

static void put_unicode(struct gen *gen, void *tables)
{
    (void)tables;
    uint64_t r = gen_random(gen);
    put(gen, "{\"id\":");
    put_uint(gen, gen->row);
    put(gen, ",\"name\":");
    put_unicode_text(gen, 2, 0);
    put(gen, ",\"city\":");
    put_quoted(gen, (r & 1 ? cyrillic : latin)[r >> 4 & 7]);
    put(gen, ",\"mood\":");
    put_quoted(gen, emoji[gen_skewed(gen, 8)]);
    put(gen, ",\"naïve_ключ\":");
    put_uint(gen, r % 1000);
    put(gen, ",\"title\":");
    put_unicode_text(gen, 4 + (unsigned)(r >> 8 & 3), 10);
    put(gen, ",\"text\":");
    put_unicode_text(gen, 8 + (unsigned)(r >> 10 & 31), 25);
    put(gen, ",\"path\":\"\\/files\\/");
    put(gen, east_asian[r >> 16 & 7]);
    put_uint(gen, gen_below(gen, 5000));
    put(gen, ".txt\"}");
}

// --- mixed_types: each column widens at its own place in the file, and is mixed from there on

static bool late(struct gen *gen, double from, unsigned percent)
{
    return gen->progress >= from && gen_percent(gen, percent);
}

static void put_mixed_texts(struct gen *gen, uint64_t r)
{
    put(gen, ",\"day_or_instant\":\"");
    if (late(gen, 0.4, 50))
        put_timestamp(gen, 1767225600000 + (int64_t)(r % 10000000000));
    else
        put_date(gen, (int64_t)(20454 + r % 365));
    put(gen, "\",\"instant_or_text\":\"");
    if (late(gen, 0.95, 1))
        put(gen, "not known");
    else
        put_timestamp(gen, 1767225600000 + (int64_t)(r % 10000000000));
    put(gen, "\"");
}

static void put_mixed_nested(struct gen *gen, uint64_t r)
{
    put(gen, ",\"null_or_struct\":");
    if (late(gen, 0.6, 30)) {
        put(gen, "{\"code\":");
        put_uint(gen, r % 77);
        put_char(gen, '}');
    } else {
        put(gen, "null");
    }
    put(gen, ",\"grows\":{\"a\":");
    put_uint(gen, r % 1000);
    if (late(gen, 0.5, 50)) {
        put(gen, ",\"b\":");
        put_quoted(gen, gen_word(r));
    }
    put(gen, "},\"list_or_scalar\":");
    if (late(gen, 0.75, 5)) {
        put_uint(gen, r % 9);
    } else {
        put_char(gen, '[');
        put_uint(gen, r % 9);
        put(gen, ",");
        put_uint(gen, r % 99);
        put_char(gen, ']');
    }
    if (late(gen, 0.85, 50)) {
        put(gen, ",\"new_key\":");
        put_uint(gen, r % 12345);
    }
}

static void put_mixed(struct gen *gen, void *tables)
{
    (void)tables;
    uint64_t r = gen_random(gen) >> 8;
    put(gen, "{\"id\":");
    put_uint(gen, gen->row);
    put(gen, ",\"int_or_double\":");
    if (late(gen, 0.5, 20))
        put_thousandths(gen, r % 1000000);
    else
        put_uint(gen, r % 1000);
    put(gen, ",\"int_or_text\":");
    if (late(gen, 0.7, 5))
        put_quoted(gen, gen_word(r));
    else
        put_uint(gen, r % 100000);
    put(gen, ",\"bool_or_int\":");
    if (late(gen, 0.8, 10))
        put_uint(gen, r % 3);
    else
        put_bool(gen, r & 1);
    put(gen, ",\"int_or_huge\":");
    put_uint(gen, r % 100000000000);
    if (late(gen, 0.9, 2))
        put(gen, "000000000001");
    put_mixed_texts(gen, r);
    put_mixed_nested(gen, r);
    put_char(gen, '}');
}

const struct shape odd_shapes[] = {
    {"sparse", "20 of 100 keys a row, ten kinds of values", open_sparse, put_sparse, "", "\n",
     "\n"},
    {"unicode", "text in many scripts, with escapes", open_nothing, put_unicode, "", "\n", "\n"},
    {"mixed_types", "columns that widen between 40 and 95 % of the file", open_nothing, put_mixed,
     "", "\n", "\n"},
    {0},
};
