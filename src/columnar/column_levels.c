// SPDX-License-Identifier: Apache-2.0
// From slots to Dremel's levels, for one leaf after the other, top down.
//
// An *outline* says what the nodes above have decided: for each entry its repetition level and how
// much of the path is there. While there is no list on the path, entries are records and slots
// alike, and a struct's definition levels are those above it plus its `valid` bytes. A list opens
// each of its entries into as many as it has items (one, if it has none). Entries whose definition
// level reaches `slot_level` have a slot below the innermost list, in order.
//
// A path on which nothing is missing has no level bytes at all: definition stays NULL from node to
// node.
#include "columnar/column.h"

#include <string.h>

struct outline {
    size_t entries, slots;
    uint8_t level;             // definition level of all entries while `definition` is NULL
    uint8_t slot_level;        // entries at or above it have a slot
    const uint8_t *definition; // NULL: all at `level`
    const uint8_t *repetition; // NULL: all 0
};

struct emission {
    struct arena *arena;
    size_t rows;
    struct leaf_values *next;
};

// Adds a node's `valid` bytes to the definition levels.
static struct outline below_optional(struct emission *out, const struct outline *above,
                                     const struct column *column)
{
    struct outline below = *above;
    below.level++;
    if (column->count == above->slots && !above->definition)
        return below;
    uint8_t *definition = (uint8_t *)arena_bytes(out->arena, above->entries + 64);
    const uint8_t *valid = column->valid;
    if (!above->definition) {
        for (size_t i = 0; i < above->entries; i++)
            definition[i] = (uint8_t)(above->level + valid[i]);
    } else if (above->slots == above->entries) {
        for (size_t i = 0; i < above->entries; i++)
            definition[i] = (uint8_t)(above->definition[i] + valid[i]);
    } else {
        for (size_t i = 0, slot = 0; i < above->entries; i++) {
            bool has_slot = above->definition[i] >= above->slot_level;
            definition[i] = (uint8_t)(above->definition[i] + (has_slot ? valid[slot] : 0));
            slot += has_slot;
        }
    }
    below.definition = definition;
    return below;
}

// `list` is the outline of the list itself, its own optional level included.
static struct outline below_list(struct emission *out, const struct outline *list,
                                 const struct column *column)
{
    size_t entries = list->entries - column->count + column->slots;
    for (size_t i = 0; i < column->count; i++)
        entries += column->lengths[i] == 0;
    uint8_t *definition = (uint8_t *)arena_bytes(out->arena, entries + 64);
    uint8_t *repetition = (uint8_t *)arena_bytes(out->arena, entries + 64);
    size_t to = 0, item = 0;
    for (size_t i = 0; i < list->entries; i++) {
        uint8_t level = list->definition ? list->definition[i] : list->level;
        uint8_t first = list->repetition ? list->repetition[i] : 0;
        uint32_t length = level == column->definition ? column->lengths[item++] : 0;
        definition[to] = (uint8_t)(level + (length > 0));
        repetition[to++] = first;
        for (uint32_t k = 1; k < length; k++) {
            definition[to] = (uint8_t)(level + 1);
            repetition[to++] = (uint8_t)(column->repetition + 1);
        }
    }
    uint8_t level = (uint8_t)(column->definition + 1);
    return (struct outline){.entries = to,
                            .slots = column->slots,
                            .level = level,
                            .slot_level = level,
                            .definition = to == column->slots ? NULL : definition,
                            .repetition = repetition};
}

static void emit(struct emission *out, const struct outline *above, const struct column *column)
{
    struct outline own = column->required ? *above : below_optional(out, above, column);
    if (column->kind == KIND_STRUCT) {
        for (size_t i = 0; i < column->child_count; i++)
            emit(out, &own, column->children[i]);
    } else if (column->kind == KIND_LIST || column->kind == KIND_MAP) {
        struct outline items = below_list(out, &own, column);
        for (size_t i = 0; i < column->child_count; i++)
            emit(out, &items, column->children[i]);
    } else {
        struct leaf_values *values = out->next++;
        *values = (struct leaf_values){.rows = out->rows,
                                       .entries = own.entries,
                                       .definition = own.definition,
                                       .repetition = own.repetition,
                                       .count = column->count};
        values->texts = column->texts; // whichever member it is
    }
}

void columns_leaves(const struct columns *columns, struct arena *arena,
                    struct leaf_values *out_values)
{
    struct emission out = {.arena = arena, .rows = columns->rows, .next = out_values};
    struct outline rows = {.entries = columns->rows, .slots = columns->rows};
    for (size_t i = 0; i < columns->root->child_count; i++)
        emit(&out, &rows, columns->root->children[i]);
}
