// SPDX-License-Identifier: Apache-2.0
// Documents of a random schema, for tests: the seed decides the tree, then each row's values.
//
// A schema is a struct of up to eight fields; a field is a scalar of some kind, a struct, or a list
// of either, to a depth of five. Fields may be missing, be null, change their place, or - in a few
// schemas - be of another kind in some rows. The file is NDJSON or one array, compact or with
// blanks.
#include "json_gen.h"

#define DEPTH_MAX 5
#define FIELDS_MAX 8

enum node_kind {
    BOOLEAN,
    SMALL,
    INTEGER,
    HUGE_INTEGER,
    DOUBLE,
    TEXT,
    DATE,
    INSTANT,
    NOTHING,
    SCALARS,
    LIST = SCALARS,
    STRUCT
};

struct node {
    unsigned kind;
    unsigned missing_percent, null_percent, strange_percent, length_max; // length: of lists, texts
    unsigned count;                                                      // children
    struct node *children[FIELDS_MAX];
    char key[12];
};
struct random {
    struct node *root;
    const char *comma, *colon;
    bool is_array, shuffled;
};

static struct node *make_node(struct gen *gen, unsigned depth, bool strange)
{
    struct node *node = gen_new(gen, sizeof *node);
    node->kind =
        depth == 0 ? STRUCT : (unsigned)gen_below(gen, depth < DEPTH_MAX ? STRUCT + 2 : SCALARS);
    if (node->kind > STRUCT)
        node->kind = STRUCT;
    if (depth > 0) {
        node->missing_percent = gen_percent(gen, 40) ? (unsigned)gen_below(gen, 90) : 0;
        node->null_percent = gen_percent(gen, 40) ? (unsigned)gen_below(gen, 50) : 0;
        node->strange_percent =
            strange && gen_percent(gen, 30) ? 1 + (unsigned)gen_below(gen, 20) : 0;
    }
    node->length_max = 1 + (unsigned)gen_below(gen, node->kind == LIST ? 6 : 40);
    if (node->kind == LIST)
        node->count = 1;
    else if (node->kind == STRUCT)
        node->count =
            depth == 0 || !gen_percent(gen, 8) ? 1 + (unsigned)gen_below(gen, FIELDS_MAX) : 0;
    for (unsigned i = 0; i < node->count; i++) {
        node->children[i] = make_node(gen, depth + 1, strange);
        char *key = node->children[i]->key;
        key[0] = (char)('a' + i);
        for (uint64_t c = 1 + gen_below(gen, 9); c > 1; c--)
            key[c - 1] = "abcdefghij_klmnopqrstuvwxyz0123456"[gen_below(gen, 34)];
    }
    return node;
}

static void *open_random(struct gen *gen)
{
    struct random *random = gen_new(gen, sizeof *random);
    random->root = make_node(gen, 0, gen_percent(gen, 20));
    bool spaced = gen_percent(gen, 25);
    random->comma = spaced ? ", " : ",";
    random->colon = spaced ? ": " : ":";
    random->is_array = gen_percent(gen, 20);
    random->shuffled = gen_percent(gen, 15);
    return random;
}

static void put_text(struct gen *gen, unsigned length_max)
{
    static const char *const pieces[] = {
        "a",   "Z",   "7",    " ",    "_",       "é",       "湖",
        "😀",   "\\n", "\\\"", "\\\\", "\\u0001", "\\u00e9", "\\ud83d\\ude00",
        "\\/", "-"};
    put_char(gen, '"');
    for (uint64_t i = gen_below(gen, length_max + 1); i > 0; i--)
        put(gen, pieces[gen_below(gen, gen_percent(gen, 10) ? 16 : 5)]);
    put_char(gen, '"');
}

static void put_double(struct gen *gen)
{
    put_int(gen, (int64_t)gen_below(gen, 2000) - 1000);
    put_char(gen, '.');
    put_digits(gen, gen_random(gen) >> 20, 1 + (unsigned)gen_below(gen, 12));
    if (gen_percent(gen, 10)) {
        put(gen, gen_percent(gen, 50) ? "e-" : "E+");
        put_uint(gen, gen_below(gen, 300));
    }
}

static void put_scalar(struct gen *gen, unsigned kind, unsigned length_max)
{
    switch (kind) {
    case BOOLEAN:
        put_bool(gen, gen_percent(gen, 50));
        break;
    case SMALL:
        put_uint(gen, gen_below(gen, 10));
        break;
    case INTEGER:
        put_int(gen, (int64_t)(gen_random(gen) >> gen_below(gen, 64)) >> 1);
        break;
    case HUGE_INTEGER:
        put_uint(gen, 1 + gen_below(gen, 9));
        put_digits(gen, gen_random(gen) >> 4, 10 + (unsigned)gen_below(gen, 9));
        put_digits(gen, gen_random(gen) >> 4, 9);
        break;
    case DOUBLE:
        put_double(gen);
        break;
    case TEXT:
        put_text(gen, length_max);
        break;
    case DATE:
        put_char(gen, '"');
        put_date(gen, (int64_t)gen_below(gen, 40000));
        put_char(gen, '"');
        break;
    case INSTANT:
        put_char(gen, '"');
        put_timestamp(gen, (int64_t)(gen_random(gen) % 4000000000000));
        put_char(gen, '"');
        break;
    default:
        put(gen, "null");
    }
}

static void put_node(struct gen *gen, const struct random *random, const struct node *node);

static void put_fields(struct gen *gen, const struct random *random, const struct node *node)
{
    unsigned order[FIELDS_MAX];
    const char *comma = "";
    for (unsigned i = 0; i < node->count; i++) {
        unsigned swap = random->shuffled ? (unsigned)gen_below(gen, i + 1) : i;
        order[i] = order[swap];
        order[swap] = i;
    }
    put_char(gen, '{');
    for (unsigned i = 0; i < node->count; i++) {
        const struct node *child = node->children[order[i]];
        if (gen_percent(gen, child->missing_percent))
            continue;
        put(gen, comma);
        put_quoted(gen, child->key);
        put(gen, random->colon);
        put_node(gen, random, child);
        comma = random->comma;
    }
    put_char(gen, '}');
}

static void put_node(struct gen *gen, const struct random *random, const struct node *node)
{
    if (gen_percent(gen, node->null_percent)) {
        put(gen, "null");
    } else if (gen_percent(gen, node->strange_percent)) {
        put_scalar(gen, (unsigned)gen_below(gen, SCALARS), 10);
    } else if (node->kind == STRUCT) {
        put_fields(gen, random, node);
    } else if (node->kind == LIST) {
        put_char(gen, '[');
        for (uint64_t i = 0, n = gen_below(gen, node->length_max + 1); i < n; i++) {
            put(gen, i > 0 ? random->comma : "");
            put_node(gen, random, node->children[0]);
        }
        put_char(gen, ']');
    } else {
        put_scalar(gen, node->kind, node->length_max);
    }
}

static void put_random(struct gen *gen, void *tables)
{
    struct random *random = tables;
    if (random->is_array)
        put(gen, gen->row == 0 ? "[" : ",");
    put_node(gen, random, random->root);
    put_char(gen, '\n');
}

static void end_random(struct gen *gen, void *tables)
{
    const struct random *random = tables;
    if (random->is_array)
        put(gen, "]\n");
}

const struct shape random_shapes[] = {
    {"random", "documents of a random schema, for tests", open_random, put_random, "", "", "",
     end_random},
    {0},
};
