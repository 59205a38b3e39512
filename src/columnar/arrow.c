// SPDX-License-Identifier: Apache-2.0
// The builder: a node for each node of the columns, with Arrow's buffers, which grow by doubling
// and begin as large as those of the batch before became.
//
// Work is done node by node over a whole batch of the shredder, so that its columns are still in
// the cache, and in loops without branches where there are nulls.
#include "columnar/arrow.h"

#include "columnar/arrow_memory.h"
#include "columnar/simd.h"

#include <stdlib.h>
#include <string.h>

#define COPIED_AT_ONCE 32
#define COPIED_IN_STEPS 256 // texts up to this length; memcpy is faster for longer ones
#define BUFFERS_MAX 3
#define BUFFER_SLACK 64 // written behind a buffer's end, for good or not

struct bytes {
    char *ptr;
    size_t len, capacity;
    size_t len_before;
};

struct node {
    struct arrow_store *store;
    const struct column *column;
    size_t slots, nulls;
    int32_t end;           // of the offsets
    struct bytes validity; // empty while nothing is null
    struct bytes offsets;
    struct bytes values;
    struct node *children;
    size_t child_count;
};

struct arrow_builder {
    const struct columns *columns;
    struct arena arena; // the nodes
    struct arrow_store *store;
    struct node root;
};

// ================================================================ buffers

// Room for `len` more bytes; the caller adds to len what it wrote.
static void *room(struct arrow_store *store, struct bytes *bytes, size_t len)
{
    size_t needed = bytes->len + len;
    if (needed > bytes->capacity) {
        size_t first = needed < bytes->len_before ? bytes->len_before : needed;
        char *ptr = arrow_buffer_new(store, bytes->ptr ? needed : first, &bytes->capacity);
        if (bytes->len)
            memcpy(ptr, bytes->ptr, bytes->len);
        arrow_buffer_free(bytes->ptr);
        bytes->ptr = ptr;
    }
    return bytes->ptr + bytes->len;
}

static void *taken(struct bytes *bytes)
{
    void *ptr = bytes->ptr;
    *bytes = (struct bytes){.len_before = bytes->len + BUFFER_SLACK};
    return ptr;
}

// ================================================================ bits

// The lowest bits of eight bytes that are 0 or 1.
static inline uint8_t bits_of(const uint8_t *flags)
{
    uint64_t eight;
    memcpy(&eight, flags, sizeof eight);
    return (uint8_t)(eight * UINT64_C(0x0102040810204080) >> 56);
}

static inline void put_bit(struct bytes *bits, size_t at, bool bit)
{
    uint8_t *byte = (uint8_t *)bits->ptr + at / 8;
    *byte = (uint8_t)((at % 8 ? *byte : 0) | bit << at % 8);
}

// Bits `at` and on; those before it are there.
static void put_bits(struct arrow_store *store, struct bytes *bits, size_t at, const uint8_t *flags,
                     size_t count)
{
    size_t i = 0;
    bits->len = (at + 7) / 8;
    room(store, bits, count / 8 + 1);
    for (; i < count && (at + i) % 8; i++)
        put_bit(bits, at + i, flags[i]);
    for (uint8_t *to = (uint8_t *)bits->ptr + (at + i) / 8; i + 8 <= count; i += 8)
        *to++ = bits_of(flags + i);
    for (; i < count; i++)
        put_bit(bits, at + i, flags[i]);
    bits->len = (at + count + 7) / 8;
}

static void put_ones(struct arrow_store *store, struct bytes *bits, size_t at, size_t count)
{
    size_t i = 0;
    bits->len = (at + 7) / 8;
    room(store, bits, count / 8 + 1);
    for (; i < count && (at + i) % 8; i++)
        put_bit(bits, at + i, true);
    memset(bits->ptr + (at + i) / 8, 0xff, (count - i) / 8);
    for (i += (count - i) / 8 * 8; i < count; i++)
        put_bit(bits, at + i, true);
    bits->len = (at + count + 7) / 8;
}

static void add_validity(struct node *node, size_t slots)
{
    const struct column *column = node->column;
    size_t nulls = slots - column->count;
    if (nulls && !node->nulls)
        put_ones(node->store, &node->validity, 0, node->slots);
    node->nulls += nulls;
    if (nulls)
        put_bits(node->store, &node->validity, node->slots, column->valid, slots);
    else if (node->nulls)
        put_ones(node->store, &node->validity, node->slots, slots);
}

// ================================================================ values

// From close together to their slots, and to the width that they have there. `from` has room, and
// so a readable place, for each slot.
#define SPREAD(name, from_type, to_type)                                                           \
    static void name(void *restrict out, const void *restrict in, const uint8_t *restrict valid,   \
                     size_t slots, size_t count)                                                   \
    {                                                                                              \
        to_type *to = out;                                                                         \
        const from_type *from = in;                                                                \
        for (size_t i = 0; count == slots && i < slots; i++)                                       \
            to[i] = (to_type)from[i];                                                              \
        for (size_t i = 0, k = 0; count < slots && i < slots; k += valid[i++])                     \
            to[i] = valid[i] ? (to_type)from[k] : 0;                                               \
    }
SPREAD(spread_bytes, uint8_t, uint8_t)
SPREAD(spread_i8, int64_t, int8_t)
SPREAD(spread_i16, int64_t, int16_t)
SPREAD(spread_i32, int64_t, int32_t)
SPREAD(spread_i64, int64_t, int64_t)
SPREAD(spread_f32, double, float)
SPREAD(spread_f64, double, double)
SPREAD(spread_i128, int128, int128)

static const struct width {
    void (*spread)(void *restrict out, const void *restrict in, const uint8_t *restrict valid,
                   size_t slots, size_t count);
    size_t bytes;
} WIDTHS[KIND_STRUCT + 1] = {
    [KIND_INT8] = {spread_i8, 1},       [KIND_INT16] = {spread_i16, 2},
    [KIND_INT32] = {spread_i32, 4},     [KIND_INT64] = {spread_i64, 8},
    [KIND_FLOAT] = {spread_f32, 4},     [KIND_DOUBLE] = {spread_f64, 8},
    [KIND_DECIMAL] = {spread_i128, 16}, [KIND_DATE] = {spread_i32, 4},
    [KIND_TIMESTAMP] = {spread_i64, 8}, [KIND_TIMESTAMP_UTC] = {spread_i64, 8},
};

static void add_fixed(struct node *node, const struct width *width, size_t slots)
{
    const struct column *column = node->column;
    void *to = room(node->store, &node->values, slots * width->bytes);
    width->spread(to, column->integers, column->valid, slots, column->count);
    node->values.len += slots * width->bytes;
}

static void add_booleans(struct node *node, size_t slots)
{
    const struct column *column = node->column;
    uint8_t flags[BATCH_ROWS_MAX];
    for (size_t i = 0, k = 0; i < slots; i += BATCH_ROWS_MAX) {
        size_t some = slots - i < BATCH_ROWS_MAX ? slots - i : BATCH_ROWS_MAX, count = 0;
        for (size_t j = 0; j < some; j++)
            count += column->valid[i + j];
        spread_bytes(flags, column->booleans + k, column->valid + i, some, count);
        put_bits(node->store, &node->values, node->slots + i, flags, some);
        k += count;
    }
}

static enum err too_long(const struct column *column, struct error *error)
{
    return error_set(error, ERR_LIMIT, "column %.*s: more than 2 GiB of values in one batch",
                     STR_ARG(column->name));
}

// Room for the offsets of `slots` more; the first slot's start is there already.
static int32_t *offsets_room(struct node *node, size_t slots)
{
    if (node->offsets.len == 0) {
        int32_t *first = room(node->store, &node->offsets, (slots + 1) * sizeof *first);
        *first = 0;
        node->offsets.len = sizeof *first;
    }
    int32_t *ends = room(node->store, &node->offsets, slots * sizeof *ends);
    node->offsets.len += slots * sizeof *ends;
    return ends;
}

// Texts may be read and written COPIED_AT_ONCE bytes past their ends.
static inline char *put_text(char *to, const struct text_view *text)
{
    memcpy(to, text->ptr, COPIED_AT_ONCE);
    if (text->len <= COPIED_AT_ONCE)
        return to + text->len;
    if (text->len <= COPIED_IN_STEPS)
        for (size_t i = COPIED_AT_ONCE; i < text->len; i += COPIED_AT_ONCE)
            memcpy(to + i, text->ptr + i, COPIED_AT_ONCE);
    else
        memcpy(to, text->ptr, text->len);
    return to + text->len;
}

static enum err add_texts(struct node *node, size_t slots, struct error *error)
{
    _Static_assert(COPIED_AT_ONCE <= SIMD_PADDING, "what is readable behind a text");
    const struct column *column = node->column;
    uint64_t len = 0;
    for (size_t i = 0; i < column->count; i++)
        len += column->texts[i].len;
    if (len > (uint64_t)(INT32_MAX - node->end))
        return too_long(column, error);
    int32_t *ends = offsets_room(node, slots);
    char *start = room(node->store, &node->values, (size_t)len + COPIED_AT_ONCE), *to = start;
    if (column->count == slots) {
        for (size_t i = 0; i < slots; i++) {
            to = put_text(to, &column->texts[i]);
            ends[i] = node->end + (int32_t)(to - start);
        }
    } else {
        for (size_t i = 0, k = 0; i < slots; i++) {
            if (column->valid[i])
                to = put_text(to, &column->texts[k++]);
            ends[i] = node->end + (int32_t)(to - start);
        }
    }
    node->end += (int32_t)len;
    node->values.len += (size_t)len;
    return OK;
}

static enum err add_lengths(struct node *node, size_t slots, struct error *error)
{
    const struct column *column = node->column;
    if (column->slots > (size_t)(INT32_MAX - node->end))
        return too_long(column, error);
    int32_t *ends = offsets_room(node, slots);
    for (size_t i = 0, k = 0; i < slots; i++) {
        if (column->valid[i])
            node->end += (int32_t)column->lengths[k++];
        ends[i] = node->end;
    }
    return OK;
}

// ================================================================ nodes

static enum err add(struct node *node, size_t slots, struct error *error)
{
    const struct column *column = node->column;
    add_validity(node, slots);
    if (column->kind == KIND_BOOLEAN)
        add_booleans(node, slots);
    else if (kind_is_text(column->kind))
        TRY(add_texts(node, slots, error));
    else if (column->kind == KIND_LIST || column->kind == KIND_MAP)
        TRY(add_lengths(node, slots, error));
    else if (WIDTHS[column->kind].spread)
        add_fixed(node, &WIDTHS[column->kind], slots);
    node->slots += slots;
    size_t below = column->kind == KIND_STRUCT ? slots : column->slots;
    for (size_t i = 0; i < node->child_count; i++)
        TRY(add(&node->children[i], below, error));
    return OK;
}

enum err arrow_builder_add(struct arrow_builder *builder, struct error *error)
{
    size_t rows = builder->columns->rows;
    for (size_t i = 0; i < builder->root.child_count; i++)
        TRY(add(&builder->root.children[i], rows, error));
    builder->root.slots += rows;
    return OK;
}

size_t arrow_builder_rows(const struct arrow_builder *builder)
{
    return builder->root.slots;
}

static void init_node(struct arrow_builder *builder, struct node *node, const struct column *column)
{
    *node = (struct node){
        .store = builder->store, .column = column, .child_count = column->child_count};
    node->children = ARENA_ARRAY(&builder->arena, struct node, column->child_count + 1);
    for (size_t i = 0; i < column->child_count; i++)
        init_node(builder, &node->children[i], column->children[i]);
}

struct arrow_builder *arrow_builder_new(const struct columns *columns)
{
    struct arrow_builder *builder = calloc(1, sizeof *builder);
    if (!builder)
        abort();
    builder->columns = columns;
    arena_init(&builder->arena);
    builder->store = arrow_store_new();
    init_node(builder, &builder->root, columns->root);
    return builder;
}

static void free_buffers(struct node *node)
{
    arrow_buffer_free(node->validity.ptr);
    arrow_buffer_free(node->offsets.ptr);
    arrow_buffer_free(node->values.ptr);
    for (size_t i = 0; i < node->child_count; i++)
        free_buffers(&node->children[i]);
}

void arrow_builder_free(struct arrow_builder *builder)
{
    if (!builder)
        return;
    free_buffers(&builder->root);
    arrow_store_close(builder->store);
    arena_deinit(&builder->arena);
    free(builder);
}

// ================================================================ handing out

// What an array points to, in one block with its children and the pointers to them. Children may be
// moved out, so each array releases its own buffers.
struct array_block {
    const void *buffers[BUFFERS_MAX];
    struct ArrowArray *pointers[];
};

static void release_array(struct ArrowArray *array)
{
    struct array_block *block = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (array->children[i]->release)
            array->children[i]->release(array->children[i]);
    for (size_t i = 0; i < BUFFERS_MAX; i++)
        arrow_buffer_free((void *)(uintptr_t)block->buffers[i]);
    free(block);
    array->release = NULL;
}

static struct array_block *put_array(struct ArrowArray *out, size_t length, size_t children)
{
    size_t head = sizeof(struct array_block) + children * sizeof(struct ArrowArray *);
    struct array_block *block = calloc(1, head + children * sizeof(struct ArrowArray));
    if (!block)
        abort();
    struct ArrowArray *arrays = (struct ArrowArray *)((char *)block + head);
    for (size_t i = 0; i < children; i++)
        block->pointers[i] = &arrays[i];
    *out = (struct ArrowArray){.length = (int64_t)length,
                               .n_buffers = 1,
                               .n_children = (int64_t)children,
                               .buffers = block->buffers,
                               .children = block->pointers,
                               .release = release_array,
                               .private_data = block};
    return block;
}

static void take(struct node *node, struct ArrowArray *out);

static void take_children(struct node *node, struct ArrowArray *out)
{
    for (size_t i = 0; i < node->child_count; i++)
        take(&node->children[i], out->children[i]);
}

static size_t items(const struct node *node)
{
    return (size_t)node->end;
}

static void take(struct node *node, struct ArrowArray *out)
{
    enum kind kind = node->column->kind;
    bool text = kind_is_text(kind), map = kind == KIND_MAP,
         offsets = text || map || kind == KIND_LIST;
    struct array_block *block = put_array(out, node->slots, map ? 1 : node->child_count);
    if (offsets && node->offsets.len == 0) // not even the first, as nothing was added
        offsets_room(node, 0);
    out->null_count = (int64_t)node->nulls;
    out->n_buffers = kind == KIND_STRUCT ? 1 : text ? 3 : 2;
    block->buffers[0] = taken(&node->validity);
    if (offsets)
        block->buffers[1] = taken(&node->offsets);
    block->buffers[offsets ? 2 : 1] = taken(&node->values);
    if (map)
        put_array(out->children[0], items(node), node->child_count);
    take_children(node, map ? out->children[0] : out);
    node->slots = node->nulls = 0;
    node->end = 0;
}

void arrow_builder_take(struct arrow_builder *builder, struct ArrowArray *out)
{
    put_array(out, builder->root.slots, builder->root.child_count);
    take_children(&builder->root, out);
    builder->root.slots = 0;
}
