// SPDX-License-Identifier: Apache-2.0
// Parquet says what a list or map is by groups with annotations, and its writers have had several
// habits of nesting these. LogicalTypes.md ("Lists", "Maps": backward-compatibility rules) settles
// how each is read; this file is those rules. A group that claims to be a list or a map and has
// none of the known shapes is read as the struct that it is.
#include "columnar/footer.h"

#define DECIMAL_DIGITS_MAX 38
#define NUMBERS_TRIED 16

struct convert {
    struct arena *arena;
    const struct parquet_footer *footer;
    struct error *error;
    size_t fields;
};

// All of these give NULL in *out for what has no fields and so no values.
static enum err convert_value(struct convert *c, size_t index, unsigned depth, struct type **out);

// ================================================================ leaves

static struct type integer_of(const struct parquet_logical *logical)
{
    static const enum kind SIGNED[] = {KIND_INT8, KIND_INT16, KIND_INT32, KIND_INT64};
    unsigned width = logical->bits == 8 ? 0 : logical->bits == 16 ? 1 : logical->bits == 32 ? 2 : 3;
    if (logical->is_signed || width < 3)
        return (struct type){.kind = SIGNED[width + !logical->is_signed]};
    return (struct type){.kind = KIND_DECIMAL, .precision = 20};
}

static struct type decimal_of(const struct parquet_logical *logical, struct type physical)
{
    int32_t scale = logical->scale;
    int32_t precision = logical->precision < scale ? scale : logical->precision;
    if (scale < 0 || precision < 1)
        return physical;
    if (precision > DECIMAL_DIGITS_MAX)
        return (struct type){.kind = KIND_DOUBLE};
    return (struct type){
        .kind = KIND_DECIMAL, .precision = (uint8_t)precision, .scale = (uint8_t)scale};
}

static struct type physical_of(enum parquet_physical physical)
{
    static const enum kind KINDS[] = {
        [PARQUET_BOOLEAN] = KIND_BOOLEAN,   [PARQUET_INT32] = KIND_INT32,
        [PARQUET_INT64] = KIND_INT64,       [PARQUET_INT96] = KIND_TIMESTAMP,
        [PARQUET_FLOAT] = KIND_FLOAT,       [PARQUET_DOUBLE] = KIND_DOUBLE,
        [PARQUET_BYTE_ARRAY] = KIND_BINARY, [PARQUET_FIXED_LEN_BYTE_ARRAY] = KIND_BINARY,
    };
    return (struct type){.kind = KINDS[physical]};
}

// An annotation that does not go with the physical type is ignored.
static struct type leaf_of(const struct parquet_element *leaf)
{
    const struct parquet_logical *logical = &leaf->logical;
    struct type physical = physical_of(leaf->physical);
    bool is_bytes = physical.kind == KIND_BINARY;
    bool is_int = physical.kind == KIND_INT32 || physical.kind == KIND_INT64;
    bool is_fixed = leaf->physical == PARQUET_FIXED_LEN_BYTE_ARRAY;
    switch (logical->kind) {
    case LOGICAL_STRING:
    case LOGICAL_ENUM:
    case LOGICAL_JSON:
        return is_bytes ? (struct type){.kind = KIND_STRING} : physical;
    case LOGICAL_UUID:
    case LOGICAL_INTERVAL:
        return is_fixed ? (struct type){.kind = KIND_STRING} : physical;
    case LOGICAL_TIME:
        return is_int ? (struct type){.kind = KIND_STRING} : physical;
    case LOGICAL_DECIMAL:
        return is_int || is_bytes ? decimal_of(logical, physical) : physical;
    case LOGICAL_DATE:
        return is_int ? (struct type){.kind = KIND_DATE} : physical;
    case LOGICAL_TIMESTAMP:
        return !is_int
                   ? physical
                   : (struct type){.kind = logical->is_utc ? KIND_TIMESTAMP_UTC : KIND_TIMESTAMP};
    case LOGICAL_INTEGER:
        return is_int ? integer_of(logical) : physical;
    case LOGICAL_FLOAT16:
        return is_fixed && leaf->type_length == 2 ? (struct type){.kind = KIND_FLOAT} : physical;
    case LOGICAL_UNKNOWN:
        return (struct type){.kind = KIND_NULL};
    default:
        return physical;
    }
}

// ================================================================ groups

static enum err check_depth(const struct convert *c, unsigned depth)
{
    if (depth <= TYPE_DEPTH_MAX)
        return OK;
    return error_set(c->error, ERR_LIMIT, "the schema is nested deeper than %d", TYPE_DEPTH_MAX);
}

static enum err add_field(struct convert *c, struct type *type, struct str name,
                          struct str original, struct type *child)
{
    if (++c->fields > TYPE_FIELDS_MAX)
        return error_set(c->error, ERR_LIMIT, "the schema has more than %d fields",
                         TYPE_FIELDS_MAX);
    type_field_add(c->arena, type, name, original, child);
    return OK;
}

static struct type *list_of(struct convert *c, struct type *element)
{
    if (!element)
        return NULL;
    struct type *list = type_new(c->arena, KIND_LIST);
    type_field_add(c->arena, list, S("element"), S("element"), element);
    return list;
}

// A field by itself: a repeated one outside of lists and maps is a list of its own.
static enum err convert_field(struct convert *c, size_t index, unsigned depth, struct type **out)
{
    bool is_repeated = c->footer->elements[index].repetition == PARQUET_REPEATED;
    TRY(convert_value(c, index, depth + is_repeated, out));
    if (is_repeated)
        *out = list_of(c, *out);
    return OK;
}

// The names of a struct that are taken, by hash: files have thousands of columns.
struct names {
    struct str *slots;
    size_t mask;
};

static struct names names_for(struct arena *arena, size_t count)
{
    size_t slots = 4;
    while (slots < 2 * count)
        slots *= 2;
    return (struct names){ARENA_ARRAY(arena, struct str, slots), slots - 1};
}

// False when it was taken before.
static bool take_name(struct names *names, struct str name)
{
    size_t at = str_hash(name) & names->mask;
    for (; names->slots[at].ptr; at = (at + 1) & names->mask)
        if (str_eq(names->slots[at], name))
            return false;
    names->slots[at] = name;
    return true;
}

// Small numbers are tried first, as DuckDB does, so that both give a column the same name; the
// place in the struct ends what a file made for it could draw out.
static struct str unique_name(struct convert *c, struct names *names, struct str original,
                              size_t place)
{
    struct str lower = str_lower(c->arena, original), name = lower;
    for (int i = 1; i <= NUMBERS_TRIED; i++) {
        if (take_name(names, name))
            return name;
        name = str_format(c->arena, "%.*s_%d", STR_ARG(lower), i);
    }
    name = str_format(c->arena, "%.*s_%zu", STR_ARG(lower), place);
    while (!take_name(names, name))
        name = str_format(c->arena, "%.*s_", STR_ARG(name));
    return name;
}

static enum err convert_struct(struct convert *c, size_t index, unsigned depth, struct type **out)
{
    const struct parquet_element *elements = c->footer->elements;
    struct type *type = type_new(c->arena, KIND_STRUCT);
    TRY(check_depth(c, depth));
    size_t place = 1;
    struct names names = names_for(c->arena, elements[index].children);
    for (size_t i = index + 1; i < elements[index].next; i = elements[i].next, place++) {
        struct type *child = NULL;
        TRY(convert_field(c, i, depth + 1, &child));
        if (child)
            TRY(add_field(c, type, unique_name(c, &names, elements[i].name, place),
                          elements[i].name, child));
    }
    *out = type->count ? type : NULL;
    return OK;
}

// Whether the repeated group is the element itself (rules 1 to 4), or has it as its only field.
static bool is_element(const struct parquet_element *elements, size_t list, size_t repeated)
{
    const struct parquet_element *group = &elements[repeated];
    if (group->is_leaf || group->children != 1)
        return true;
    if (elements[repeated + 1].repetition == PARQUET_REPEATED || str_is(group->name, "array"))
        return true;
    struct str name = elements[list].name;
    return group->name.len == name.len + 6 && str_starts(group->name, name) &&
           str_ends(group->name, S("_tuple"));
}

static enum err convert_list(struct convert *c, size_t index, unsigned depth, struct type **out)
{
    size_t repeated = index + 1;
    struct type *element = NULL;
    TRY(check_depth(c, depth));
    if (is_element(c->footer->elements, index, repeated))
        TRY(convert_value(c, repeated, depth + 1, &element));
    else
        TRY(convert_field(c, repeated + 1, depth + 1, &element));
    *out = list_of(c, element);
    return OK;
}

// Key and value are known by their places. A map without values is the list of its keys.
static enum err convert_map(struct convert *c, size_t index, unsigned depth, struct type **out)
{
    const struct parquet_element *elements = c->footer->elements;
    size_t repeated = index + 1, key_at = repeated + 1;
    struct type *key = NULL, *value = NULL;
    TRY(check_depth(c, depth));
    TRY(convert_field(c, key_at, depth + 1, &key));
    if (elements[repeated].children == 2)
        TRY(convert_field(c, elements[key_at].next, depth + 1, &value));
    if (!key || !value) {
        *out = list_of(c, key);
        return OK;
    }
    *out = type_new(c->arena, KIND_MAP);
    TRY(add_field(c, *out, S("key"), S("key"), key));
    return add_field(c, *out, S("value"), S("value"), value);
}

static bool has_repeated_child(const struct parquet_element *elements, size_t index)
{
    return elements[index].children == 1 && elements[index + 1].repetition == PARQUET_REPEATED;
}

static enum err convert_value(struct convert *c, size_t index, unsigned depth, struct type **out)
{
    const struct parquet_element *elements = c->footer->elements, *element = &elements[index];
    enum parquet_logical_kind kind = element->logical.kind;
    if (element->is_leaf) {
        struct type *type = type_new(c->arena, KIND_NULL);
        *type = leaf_of(element);
        *out = type;
        return OK;
    }
    if (kind == LOGICAL_VARIANT) {
        *out = type_new(c->arena, KIND_STRING);
        return OK;
    }
    bool is_shaped = has_repeated_child(elements, index);
    if (kind == LOGICAL_LIST && is_shaped)
        return convert_list(c, index, depth, out);
    size_t pair = is_shaped && !elements[index + 1].is_leaf ? elements[index + 1].children : 0;
    if ((kind == LOGICAL_MAP || kind == LOGICAL_MAP_KEY_VALUE) && (pair == 1 || pair == 2))
        return convert_map(c, index, depth, out);
    return convert_struct(c, index, depth, out);
}

enum err footer_type(struct arena *arena, const struct parquet_footer *footer,
                     struct type **out_type, struct error *error)
{
    struct convert c = {.arena = arena, .footer = footer, .error = error};
    struct type *type = NULL;
    TRY(convert_struct(&c, 0, 0, &type));
    *out_type = type ? type : type_new(arena, KIND_STRUCT);
    return OK;
}
