// SPDX-License-Identifier: Apache-2.0
// The schema is written as a flat list, depth first, each group with its number of children. It is
// walked once with a stack of open groups, which bounds the depth and needs no recursion.
#include "columnar/footer.h"

struct open_group {
    size_t element;
    size_t missing; // children still to come
};

static enum err bad_element(struct error *error, size_t index,
                            const struct parquet_element *element, enum err kind, const char *what)
{
    struct str name = str_slice(element->name, 0, 100);
    return error_set(error, kind, "schema element %zu (\"%.*s\") %s", index, STR_ARG(name), what);
}

static enum err check_element(const struct parquet_element *element, size_t index,
                              struct error *error)
{
    if ((unsigned)element->repetition > PARQUET_REPEATED)
        return bad_element(error, index, element, ERR_UNSUPPORTED,
                           "has a repetition that this version does not know");
    if (!element->is_leaf)
        return OK;
    if ((unsigned)element->physical > PARQUET_FIXED_LEN_BYTE_ARRAY)
        return bad_element(error, index, element, ERR_UNSUPPORTED,
                           "has a physical type that this version does not know");
    if (element->children)
        return bad_element(error, index, element, ERR_CORRUPT, "has both a type and children");
    if (element->physical == PARQUET_FIXED_LEN_BYTE_ARRAY && element->type_length < 0)
        return bad_element(error, index, element, ERR_CORRUPT, "has values of a negative length");
    return OK;
}

static void link_element(struct parquet_footer *footer, size_t index, size_t parent)
{
    struct parquet_element *element = &footer->elements[index];
    const struct parquet_element *above = &footer->elements[parent];
    element->parent = parent;
    element->max_definition =
        (uint8_t)(above->max_definition + (element->repetition != PARQUET_REQUIRED));
    element->max_repetition =
        (uint8_t)(above->max_repetition + (element->repetition == PARQUET_REPEATED));
    element->first_leaf = footer->leaf_count;
    element->next = index + 1;
    if (element->is_leaf) {
        footer->leaves[footer->leaf_count++] = index;
        element->leaf_count = 1;
    }
}

static void close_group(struct parquet_footer *footer, size_t group, size_t next)
{
    footer->elements[group].next = next;
    footer->elements[group].leaf_count = footer->leaf_count - footer->elements[group].first_leaf;
}

enum err footer_link(struct arena *arena, struct parquet_footer *footer, struct error *error)
{
    if (footer->element_count == 0 || footer->elements[0].is_leaf)
        return error_set(error, ERR_CORRUPT, "the schema has no root");
    footer->leaves = ARENA_ARRAY(arena, size_t, footer->element_count);
    footer->leaf_count = 0;
    footer->elements[0].repetition =
        PARQUET_REQUIRED; // some writers say otherwise: it has no meaning
    struct open_group open[FOOTER_DEPTH_MAX + 1] = {{0, footer->elements[0].children}};
    size_t depth = 1;
    for (size_t i = 1; i < footer->element_count; i++) {
        const struct parquet_element *element = &footer->elements[i];
        while (depth && open[depth - 1].missing == 0)
            close_group(footer, open[--depth].element, i);
        if (depth == 0)
            return bad_element(error, i, element, ERR_CORRUPT, "belongs to no group");
        TRY(check_element(element, i, error));
        open[depth - 1].missing--;
        link_element(footer, i, open[depth - 1].element);
        if (element->is_leaf)
            continue;
        if (depth > FOOTER_DEPTH_MAX - 1)
            return bad_element(error, i, element, ERR_LIMIT, "is nested too deep");
        open[depth++] = (struct open_group){i, element->children};
    }
    for (; depth; depth--) {
        if (open[depth - 1].missing)
            return bad_element(error, open[depth - 1].element,
                               &footer->elements[open[depth - 1].element], ERR_CORRUPT,
                               "has fewer children than it says");
        close_group(footer, open[depth - 1].element, footer->element_count);
    }
    return OK;
}

void footer_path_put(struct buf *out, const struct parquet_footer *footer, size_t leaf)
{
    size_t path[FOOTER_DEPTH_MAX + 1], depth = 0;
    for (size_t at = footer->leaves[leaf]; at; at = footer->elements[at].parent)
        path[depth++] = at;
    while (depth--) {
        buf_put(out, footer->elements[path[depth]].name);
        if (depth)
            buf_put_char(out, '.');
    }
}

// ================================================================ statistics

// Where bytes compared as signed ones, as writers of old did, come in the order of the values.
static bool is_signed_order(const struct parquet_element *leaf)
{
    if (leaf->logical.kind == LOGICAL_INTEGER && !leaf->logical.is_signed)
        return false;
    return leaf->physical != PARQUET_BYTE_ARRAY && leaf->physical != PARQUET_FIXED_LEN_BYTE_ARRAY;
}

bool footer_bounds_hold(const struct parquet_element *leaf,
                        const struct parquet_statistics *statistics)
{
    if (leaf->physical == PARQUET_INT96)
        return leaf->order == ORDER_INT96;
    switch (leaf->logical.kind) {
    case LOGICAL_INTERVAL:
    case LOGICAL_VARIANT:
    case LOGICAL_GEOMETRY:
    case LOGICAL_GEOGRAPHY:
    case LOGICAL_UNKNOWN:
        return false;
    default:
        break;
    }
    if (!statistics->deprecated)
        return leaf->order != ORDER_OTHER;
    bool one_value = statistics->least.ptr && str_eq(statistics->least, statistics->greatest);
    return one_value || is_signed_order(leaf);
}

// ================================================================ names

#define NAME_OF(names, value)                                                                      \
    ((size_t)(value) < sizeof(names) / sizeof *(names) && (names)[value] ? (names)[value]          \
                                                                         : "unknown")

const char *parquet_physical_name(enum parquet_physical physical)
{
    static const char *const NAMES[] = {
        "BOOLEAN", "INT32",  "INT64",      "INT96",
        "FLOAT",   "DOUBLE", "BYTE_ARRAY", "FIXED_LEN_BYTE_ARRAY",
    };
    return NAME_OF(NAMES, physical);
}

const char *parquet_codec_name(int32_t codec)
{
    static const char *const NAMES[] = {
        "UNCOMPRESSED", "SNAPPY", "GZIP", "LZO", "BROTLI", "LZ4", "ZSTD", "LZ4_RAW",
    };
    return NAME_OF(NAMES, codec);
}

const char *parquet_encoding_name(unsigned encoding)
{
    static const char *const NAMES[] = {
        [PARQUET_PLAIN] = "PLAIN",
        [PARQUET_PLAIN_DICTIONARY] = "PLAIN_DICTIONARY",
        [PARQUET_RLE] = "RLE",
        [PARQUET_BIT_PACKED] = "BIT_PACKED",
        [PARQUET_DELTA_BINARY_PACKED] = "DELTA_BINARY_PACKED",
        [PARQUET_DELTA_LENGTH_BYTE_ARRAY] = "DELTA_LENGTH_BYTE_ARRAY",
        [PARQUET_DELTA_BYTE_ARRAY] = "DELTA_BYTE_ARRAY",
        [PARQUET_RLE_DICTIONARY] = "RLE_DICTIONARY",
        [PARQUET_BYTE_STREAM_SPLIT] = "BYTE_STREAM_SPLIT",
    };
    return NAME_OF(NAMES, encoding);
}

const char *parquet_repetition_name(enum parquet_repetition repetition)
{
    static const char *const NAMES[] = {"required", "optional", "repeated"};
    return NAME_OF(NAMES, repetition);
}
