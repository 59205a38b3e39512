// SPDX-License-Identifier: Apache-2.0
// Columns as memory: growing, emptying, taking back, and the table of keys.
#include "columnar/column.h"

#include "columnar/key_hash.h"
#include "columnar/simd.h"

#include <stdlib.h>
#include <string.h>

#define TEXT_BLOCK_BYTES ((size_t)64 << 10)
#define LIST_CAPACITY_FIRST 256
#define CACHE_LINE_BYTES 64
#define STAGGER_BYTES 4096
// All 64 places come in turn, near ones far apart.
#define STAGGER_STEP ((size_t)11 * CACHE_LINE_BYTES)
// Slots of a batch over all leaves, about: bounds a wide table's memory.
#define VALUES_TARGET ((size_t)1 << 20)

struct text_block {
    struct text_block *older;
    size_t size_bytes;
    char bytes[];
};

static void *resized(void *memory, size_t bytes)
{
    memory = realloc(memory, bytes);
    if (!memory)
        abort();
    return memory;
}

static size_t value_bytes(enum kind kind)
{
    if (kind == KIND_BOOLEAN)
        return 1;
    if (kind == KIND_LIST || kind == KIND_MAP)
        return sizeof(uint32_t);
    if (kind == KIND_DECIMAL)
        return sizeof(int128);
    if (kind_is_text(kind))
        return sizeof(struct text_view);
    return kind == KIND_STRUCT ? 0 : 8;
}

// Whether the slots of a node's children are its own.
static bool shares_slots(const struct column *column)
{
    return column->kind == KIND_STRUCT;
}

// Arrays begin at different places of a page. A record puts a value into each of many arrays, at
// about the same index; were they all aligned alike, these would all be of the same few lines of
// the first cache, and push each other out.
static void *staggered(struct columns *columns, void *old, size_t old_bytes, size_t bytes,
                       void **in_out_block)
{
    size_t place = columns->arrays++ * STAGGER_STEP % STAGGER_BYTES;
    char *block = resized(NULL, bytes + STAGGER_BYTES + CACHE_LINE_BYTES);
    char *aligned = block + (CACHE_LINE_BYTES - (uintptr_t)block % CACHE_LINE_BYTES) + place;
    if (old_bytes)
        memcpy(aligned, old, old_bytes);
    free(*in_out_block);
    *in_out_block = block;
    return aligned;
}

void column_grow(struct columns *columns, struct column *column, size_t slots)
{
    if (slots > column->capacity) {
        size_t capacity = column->capacity ? column->capacity * 2 : LIST_CAPACITY_FIRST;
        while (capacity < slots)
            capacity *= 2;
        size_t size = value_bytes(column->kind);
        column->valid =
            staggered(columns, column->valid, column->capacity, capacity, &column->valid_block);
        memset(column->valid + column->capacity, 0, capacity - column->capacity);
        if (size)
            column->texts = staggered(columns, column->texts, column->capacity * size,
                                      capacity * size, &column->values_block);
        column->capacity = capacity;
    }
    if (shares_slots(column))
        for (size_t i = 0; i < column->child_count; i++)
            column_grow(columns, column->children[i], slots);
}

// ================================================================ making

static struct column *new_column(struct columns *columns, struct column *parent, struct type *type,
                                 struct str name)
{
    struct column *column = ARENA_NEW(&columns->arena, struct column);
    column->type = type;
    column->kind = type->kind;
    column->parent = parent;
    column->name = name;
    column->batch = columns->batches;
    columns->fields += parent != NULL;
    column->required = parent && parent->kind == KIND_MAP && parent->child_count == 0;
    if (parent) {
        bool repeated = parent->kind == KIND_LIST || parent->kind == KIND_MAP;
        column->definition = (uint8_t)(parent->definition + repeated + !column->required);
        column->repetition = (uint8_t)(parent->repetition + repeated);
        *ARENA_PUSH(&columns->arena, parent->children, parent->child_count,
                    parent->child_capacity) = column;
    }
    return column;
}

static void add_children(struct columns *columns, struct column *column);

// What a name is written with, most often. Not so one that needs escapes: as it is it would look
// like other text.
static void add_plain_key(struct columns *columns, struct column *parent, struct str original,
                          struct column *column)
{
    for (size_t i = 0; i < original.len; i++)
        if ((unsigned char)original.ptr[i] < ' ' || original.ptr[i] == '"' ||
            original.ptr[i] == '\\')
            return;
    struct buf key = buf_in(&columns->arena, SIZE_MAX / 2);
    buf_put_char(&key, '"');
    buf_put(&key, original);
    buf_puts(&key, "\":");
    column_add_key(columns, parent, buf_str(&key), column);
}

static void add_field_column(struct columns *columns, struct column *parent, struct field *field)
{
    struct column *column = new_column(columns, parent, field->type, field->name);
    if (parent->kind == KIND_STRUCT)
        add_plain_key(columns, parent, field->original, column);
    add_children(columns, column);
}

static void add_children(struct columns *columns, struct column *column)
{
    for (size_t i = 0; i < column->type->count; i++)
        add_field_column(columns, column, &column->type->fields[i]);
}

size_t column_leaf_count(const struct column *column)
{
    if (!kind_is_nested(column->kind))
        return 1;
    size_t count = 0;
    for (size_t i = 0; i < column->child_count; i++)
        count += column_leaf_count(column->children[i]);
    return count;
}

size_t columns_leaf_count(const struct columns *columns)
{
    return column_leaf_count(columns->root);
}

struct columns *columns_new(struct type *schema, bool given)
{
    struct columns *columns = calloc(1, sizeof *columns);
    if (!columns)
        abort();
    arena_init(&columns->arena);
    columns->given = given;
    columns->root = new_column(columns, NULL, schema, S("schema"));
    add_children(columns, columns->root);
    size_t rows = VALUES_TARGET / (columns_leaf_count(columns) + 1);
    columns->rows_max = rows > BATCH_ROWS_MAX ? BATCH_ROWS_MAX : rows < 64 ? 64 : rows;
    column_grow(columns, columns->root, columns->rows_max);
    return columns;
}

static void free_memory(struct column *column)
{
    free(column->valid_block);
    free(column->values_block);
    column->valid_block = column->values_block = NULL;
    column->valid = NULL;
    column->texts = NULL;
    column->capacity = column->count = column->slots = 0;
    for (size_t i = 0; i < column->child_count; i++)
        free_memory(column->children[i]);
}

void columns_clear_texts(struct columns *columns)
{
    while (columns->unescaped) {
        struct text_block *older = columns->unescaped->older;
        free(columns->unescaped);
        columns->unescaped = older;
    }
    columns->unescaped_next = columns->unescaped_end = NULL;
}

void columns_free(struct columns *columns)
{
    if (!columns)
        return;
    free_memory(columns->root);
    columns_clear_texts(columns);
    arena_deinit(&columns->arena);
    free(columns);
}

struct column *column_add_field(struct columns *columns, struct column *parent, struct str name,
                                struct str original, struct type *type)
{
    struct column *column = new_column(columns, parent, type, name);
    add_plain_key(columns, parent, original, column);
    column_grow(columns, column, parent->capacity);
    return column;
}

static size_t node_count(const struct column *column)
{
    size_t count = 1;
    for (size_t i = 0; i < column->child_count; i++)
        count += node_count(column->children[i]);
    return count;
}

void column_retype(struct columns *columns, struct column *column)
{
    size_t slots = column->capacity;
    columns->fields -= node_count(column) - 1;
    free_memory(column);
    column->kind = column->type->kind;
    column->children = NULL;
    column->child_count = column->child_capacity = 0;
    column->keys = NULL;
    column->start = (struct key){0};
    column->key_count = column->key_capacity = 0;
    add_children(columns, column);
    column_grow(columns, column, slots);
}

// ================================================================ emptying

static void clear(struct column *column, size_t slots)
{
    if (column->count)
        memset(column->valid, 0, slots);
    column->count = 0;
    size_t below = shares_slots(column) ? slots : column->slots;
    column->slots = 0;
    for (size_t i = 0; i < column->child_count; i++)
        clear(column->children[i], below);
}

void columns_clear(struct columns *columns)
{
    clear(columns->root, columns->rows);
    columns->rows = 0;
    columns->batches++;
    columns_clear_texts(columns);
}

void column_take_back(struct column *column, size_t slot)
{
    if (!column->valid[slot])
        return;
    column->valid[slot] = 0;
    column->count--;
    if (column->kind == KIND_STRUCT) {
        for (size_t i = 0; i < column->child_count; i++)
            column_take_back(column->children[i], slot);
        return;
    }
    if (column->kind != KIND_LIST && column->kind != KIND_MAP)
        return;
    for (uint32_t length = column->lengths[column->count]; length > 0; length--) {
        column->slots--;
        for (size_t i = 0; i < column->child_count; i++)
            column_take_back(column->children[i], column->slots);
    }
}

void columns_take_back_row(struct columns *columns)
{
    for (size_t i = 0; i < columns->root->child_count; i++)
        column_take_back(columns->root->children[i], columns->rows);
}

char *columns_text_room(struct columns *columns, size_t len)
{
    if ((size_t)(columns->unescaped_end - columns->unescaped_next) < len + SIMD_PADDING) {
        size_t bytes =
            len + SIMD_PADDING > TEXT_BLOCK_BYTES ? len + SIMD_PADDING : TEXT_BLOCK_BYTES;
        struct text_block *block = resized(NULL, sizeof *block + bytes);
        block->older = columns->unescaped;
        block->size_bytes = bytes;
        columns->unescaped = block;
        columns->unescaped_next = block->bytes;
        columns->unescaped_end = block->bytes + bytes;
    }
    char *room = columns->unescaped_next;
    columns->unescaped_next += len;
    return room;
}

// ================================================================ keys

uint32_t column_key_hash(struct str text)
{
    return key_hash(text.ptr, text.len);
}

struct key *column_key(const struct column *column, struct str text)
{
    if (column->key_capacity == 0)
        return NULL;
    uint32_t hash = column_key_hash(text);
    for (size_t i = hash;; i++) {
        const struct key_slot *slot = &column->keys[i & (column->key_capacity - 1)];
        if (!slot->key || (slot->hash == hash && str_eq(slot->key->text, text)))
            return slot->key;
    }
}

static void put_key(struct column *column, struct key *key)
{
    size_t i = key->hash;
    while (column->keys[i & (column->key_capacity - 1)].key)
        i++;
    column->keys[i & (column->key_capacity - 1)] = (struct key_slot){key, key->hash};
}

struct key *column_add_key(struct columns *columns, struct column *parent, struct str text,
                           struct column *child)
{
    if ((parent->key_count + 1) * 2 > parent->key_capacity) {
        struct key_slot *old = parent->keys;
        size_t old_capacity = parent->key_capacity;
        parent->key_capacity = old_capacity ? old_capacity * 2 : 16;
        parent->keys = ARENA_ARRAY(&columns->arena, struct key_slot, parent->key_capacity);
        for (size_t i = 0; i < old_capacity; i++)
            if (old[i].key)
                put_key(parent, old[i].key);
    }
    struct key *key = ARENA_NEW(&columns->arena, struct key);
    char *bytes = arena_alloc(&columns->arena, text.len + SIMD_PADDING);
    memcpy(bytes, text.ptr, text.len);
    memcpy(key->pattern, text.ptr, text.len < KEY_PATTERN_BYTES ? text.len : KEY_PATTERN_BYTES);
    key->text = str_n(bytes, text.len);
    key->column = child;
    key->hash = column_key_hash(key->text);
    put_key(parent, key);
    if (!parent->start.next)
        parent->start.next = key;
    parent->key_count++;
    return key;
}

struct str column_path(struct arena *arena, const struct column *column)
{
    if (!column->parent || !column->parent->parent)
        return column->parent ? column->name : S("the record");
    struct str above = column_path(arena, column->parent);
    if (column->parent->kind == KIND_LIST)
        return str_format(arena, "%.*s[]", STR_ARG(above));
    return str_format(arena, "%.*s.%.*s", STR_ARG(above), STR_ARG(column->name));
}
