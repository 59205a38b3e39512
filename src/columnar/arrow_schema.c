// SPDX-License-Identifier: Apache-2.0
// Each node of a schema is released by itself, for a consumer may move children out; what it points
// to is one block: the children, the pointers to them, format and name.
#include "columnar/arrow.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT_BYTES 16 // "d:38,38", "tsu:UTC"

struct schema_block {
    char format[FORMAT_BYTES];
    char *name;
    struct ArrowSchema *pointers[2]; // as many as there are children, or more
};

static const char *const FORMATS[] = {
    [KIND_NULL] = "u",    [KIND_BOOLEAN] = "b", [KIND_INT8] = "c",
    [KIND_INT16] = "s",   [KIND_INT32] = "i",   [KIND_INT64] = "l",
    [KIND_FLOAT] = "f",   [KIND_DOUBLE] = "g",  [KIND_STRING] = "u",
    [KIND_JSON] = "u",    [KIND_BINARY] = "z",  [KIND_DATE] = "tdD",
    [KIND_LIST] = "+l",   [KIND_MAP] = "+m",    [KIND_TIMESTAMP] = "tsu:",
    [KIND_STRUCT] = "+s", [KIND_DECIMAL] = "d", [KIND_TIMESTAMP_UTC] = "tsu:UTC",
};

static void release_schema(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    free(schema->private_data);
    schema->release = NULL;
}

// Fills in a node with room for its children, which are zero.
static void put_node(struct ArrowSchema *out, struct str name, size_t children)
{
    size_t head = sizeof(struct schema_block) + children * sizeof(struct ArrowSchema *);
    struct schema_block *block =
        calloc(1, head + children * sizeof(struct ArrowSchema) + name.len + 1);
    if (!block)
        abort();
    struct ArrowSchema *nodes = (struct ArrowSchema *)((char *)block + head);
    for (size_t i = 0; i < children; i++)
        block->pointers[i] = &nodes[i];
    block->name = (char *)&nodes[children];
    if (name.len)
        memcpy(block->name, name.ptr, name.len);
    *out = (struct ArrowSchema){.format = block->format,
                                .name = block->name,
                                .flags = ARROW_FLAG_NULLABLE,
                                .n_children = (int64_t)children,
                                .children = block->pointers,
                                .release = release_schema,
                                .private_data = block};
}

static void put_format(struct ArrowSchema *schema, const char *format)
{
    snprintf(((struct schema_block *)schema->private_data)->format, FORMAT_BYTES, "%s", format);
}

static void put_type(struct ArrowSchema *out, struct str name, const struct type *type);

static void put_fields(struct ArrowSchema *out, const struct type *type)
{
    for (size_t i = 0; i < type->count; i++)
        put_type(out->children[i], type->fields[i].name, type->fields[i].type);
}

// A map's one child is a struct of its entries, which are never null, and nor are their keys.
static void put_map(struct ArrowSchema *out, struct str name, const struct type *type)
{
    put_node(out, name, 1);
    put_node(out->children[0], S("entries"), type->count);
    put_format(out->children[0], "+s");
    put_fields(out->children[0], type);
    out->children[0]->flags = 0;
    out->children[0]->children[0]->flags = 0;
}

static void put_type(struct ArrowSchema *out, struct str name, const struct type *type)
{
    if (type->kind == KIND_MAP) {
        put_map(out, name, type);
    } else {
        put_node(out, name, type->count);
        put_fields(out, type);
    }
    put_format(out, FORMATS[type->kind]);
    if (type->kind == KIND_DECIMAL)
        snprintf(((struct schema_block *)out->private_data)->format, FORMAT_BYTES, "d:%u,%u",
                 type->precision, type->scale);
}

void arrow_schema(const struct type *schema, struct ArrowSchema *out)
{
    put_type(out, STR_NONE, schema);
    out->flags = 0;
}
