// SPDX-License-Identifier: Apache-2.0
// Columns: the values of a few thousand records, one tree node for each node of the schema.
//
// The layout is Arrow's, so that a missing value costs nothing: a node has *slots*, and `valid` has
// a byte for each, zero until a value is put. The slots of a struct's fields are the struct's own;
// the root's slots are the records; a list's items have slots of their own, numbered on through the
// batch. Values stand close together, one for each valid slot: Parquet wants them so.
// column_levels.c turns the tree into Dremel's levels, leaf by leaf, at the end of a batch.
//
// Taking back is what makes records all or nothing: column_take_back undoes the value of the newest
// slot, all that is below it included. A record that breaks in its middle leaves no trace, and of a
// name that comes twice in an object the last value counts.
//
// Keys. A struct knows its names by the bytes they are written with, quotes and colon included, and
// each name remembers which names followed it last: the next one is mostly confirmed by one wide
// compare. Other spellings (escapes, upper case) become aliases.
//
// Ownership: a tree owns its memory; texts point into the window that was read, or into the tree's
// `unescaped`.
#ifndef COLUMNAR_COLUMN_H
#define COLUMNAR_COLUMN_H

#include "columnar/leaf_values.h"
#include "columnar/type.h"

struct text_block;

#define BATCH_ROWS_MAX 4096
#define KEY_PATTERN_BYTES 64
// Spellings that a struct remembers; more are looked up by name each time.
#define KEY_ALIASES_MAX 4096

struct column;
struct key {
    char pattern[KEY_PATTERN_BYTES]; // "name": as it is written; longer ones are in `text` alone
    struct str text;                 // all of it, readable SIMD_PADDING bytes past its end
    struct column *column;           // NULL: a name that is not in the schema: skip its value
    struct key *next, *other_next;   // what followed it
    uint32_t hash;
};

struct key_slot {
    struct key *key; // NULL: free
    uint32_t hash;
};

struct column {     // what every value touches comes first
    enum kind kind; // of type
    uint8_t definition,
        repetition; // maximum levels at the node; its own items are one repetition further
    bool required;  // a map's key
    int16_t trust;  // structs: whether names come in an order that is worth guessing; negative: no
    uint8_t *valid;
    union {
        uint8_t *booleans;
        int64_t *integers;
        double *doubles;
        int128 *decimals;
        struct text_view *texts;
        uint32_t *lengths; // lists and maps: items of each
    };
    size_t count;          // valid slots: values, structs, lists
    uint32_t size, steady; // of the last value in JSON, and how many before it had the same
    size_t slots;          // lists and maps: of their items
    size_t capacity;       // slots for which `valid` and the values have room
    struct column **children;
    size_t child_count, child_capacity;
    struct column *parent; // NULL: the root
    struct type *type;
    struct str name;
    void *valid_block, *values_block; // what was allocated
    uint64_t batch;                   // in which it was made
    struct key_slot *keys;            // structs: open addressing by hash
    size_t key_count, key_capacity;
    struct key
        start; // structs: in front of the first key, whose `next` are the names that come first
};

struct columns {
    struct arena arena; // nodes, keys
    struct column *root;
    size_t rows, rows_max;
    uint64_t batches; // emptied so far
    size_t arrays;    // allocated so far
    size_t fields;    // nodes, the root aside
    bool given;       // the schema is not to grow
    // Bytes of texts that were written with escapes, as a list of blocks; emptied with the batch.
    struct text_block *unescaped;
    char *unescaped_next, *unescaped_end;
};

struct columns *columns_new(struct type *schema,
                            bool given);     // `schema` is kept and, unless given, changed
void columns_free(struct columns *columns);  // takes NULL
void columns_clear(struct columns *columns); // after a batch: no rows

// Makes room for the slot `slot` below (and including) a list's items. Called once an item.
void column_grow(struct columns *columns, struct column *column, size_t slots);
void column_take_back(struct column *column, size_t slot);
void columns_take_back_row(struct columns *columns);

// A field that a record brought: of type KIND_NULL until its value is seen.
struct column *column_add_field(struct columns *columns, struct column *parent, struct str name,
                                struct str original, struct type *type);
// The node as if it had been made of its (changed) type: all its values of this batch are gone.
void column_retype(struct columns *columns, struct column *column);
// The key for the bytes from the opening quote to the colon, or NULL. Text is readable SIMD_PADDING
// bytes past its end.
struct key *column_key(const struct column *column, struct str text);
uint32_t column_key_hash(struct str text);
struct key *column_add_key(struct columns *columns, struct column *parent, struct str text,
                           struct column *child);
// "a.b[].c" for messages; may be the column's own name.
struct str column_path(struct arena *arena, const struct column *column);

void columns_clear_texts(struct columns *columns);
// Room for `len` bytes and padding, which stay until columns_clear.
char *columns_text_room(struct columns *columns, size_t len);

// The leaves of the batch in the order of type_leaves: out_values[i] is lent until columns_clear.
// `arena` takes the levels.
void columns_leaves(const struct columns *columns, struct arena *arena,
                    struct leaf_values *out_values);
size_t column_leaf_count(const struct column *column);
size_t columns_leaf_count(const struct columns *columns);

#endif
