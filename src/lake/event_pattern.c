// SPDX-License-Identifier: Apache-2.0
// A compiled pattern is a tree: nodes with fields, which lead to nodes or to lists of tests.
// Matching walks the tree, so a field that the pattern does not name costs nothing, and "absent" is
// a value that only `exists: false` accepts.
#include "lake/event_pattern.h"

#include "base/pattern.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum test_kind {
    TEST_VALUE,
    TEST_PREFIX,
    TEST_SUFFIX,
    TEST_SAME_NOCASE,
    TEST_WILDCARD,
    TEST_NUMERIC,
    TEST_CIDR,
    TEST_EXISTS,
    TEST_ANYTHING_BUT,
};

struct test {
    enum test_kind kind;
    const struct json *value; // TEST_VALUE
    struct str text;          // prefix, suffix, wildcard
    bool nocase;              // prefix, suffix
    bool exists;
    struct { // numeric: a bound on each side
        bool present, inclusive;
        struct str number;
    } low, high;
    int family; // cidr
    uint8_t address[16];
    unsigned prefix_bits;
    struct test *tests; // anything-but: none of them
    size_t count, capacity;
};

struct leaf {
    struct test *tests;
    size_t count, capacity;
};

struct field {
    struct str name;
    struct event_pattern *node; // or
    struct leaf *leaf;
};

struct alternatives { // one "$or"
    struct event_pattern **nodes;
    size_t count, capacity;
};

struct event_pattern {
    struct field *fields;
    size_t count, capacity;
    struct alternatives *ors;
    size_t or_count, or_capacity;
};

struct compile {
    struct arena *arena;
    struct error *error;
};

#define REFUSE(compile, ...) return error_set((compile)->error, ERR_INVALID, __VA_ARGS__)

// --- compiling

static enum err take_string(struct compile *c, const char *name, const struct json *value,
                            struct str *out)
{
    if (!json_is(value, JSON_STRING))
        REFUSE(c, "%s match pattern must be a string", name);
    *out = json_as_str(value);
    return OK;
}

// "x", or {"equals-ignore-case": "x"} for prefix and suffix.
static enum err compile_text(struct compile *c, enum test_kind kind, const char *name,
                             const struct json *value, struct test *out)
{
    *out = (struct test){.kind = kind};
    bool affix = kind == TEST_PREFIX || kind == TEST_SUFFIX;
    if (affix && json_is(value, JSON_OBJECT) && value->count == 1 &&
        json_has(value, "equals-ignore-case")) {
        out->nocase = true;
        value = json_get(value, "equals-ignore-case");
    }
    TRY(take_string(c, name, value, &out->text));
    if (kind == TEST_WILDCARD && str_contains(out->text, S("**")))
        REFUSE(c, "Consecutive wildcard characters are not allowed");
    if (out->text.len == 0 && kind != TEST_SAME_NOCASE && kind != TEST_WILDCARD)
        REFUSE(c, "Null prefix/suffix not allowed");
    return OK;
}

static enum err compile_bound(struct compile *c, const struct json *op, const struct json *number,
                              struct test *out)
{
    struct str sign = json_as_str(op);
    double value;
    if (!json_is(number, JSON_NUMBER) || !json_as_double(number, &value))
        REFUSE(c, "Value of %.*s must be numeric", STR_ARG(sign));
    if (value < -5e9 || value > 5e9)
        REFUSE(c, "Value must be between -5.0E9 and 5.0E9, inclusive");
    bool equal = str_is(sign, "=");
    if (equal || str_is(sign, ">") || str_is(sign, ">=")) {
        if (out->low.present || out->high.present)
            REFUSE(c, "Bad numeric range operator: %.*s", STR_ARG(sign));
        out->low.present = true;
        out->low.inclusive = !str_is(sign, ">");
        out->low.number = number->text;
    }
    if (equal || str_is(sign, "<") || str_is(sign, "<=")) {
        if (out->high.present)
            REFUSE(c, "Bad numeric range operator: %.*s", STR_ARG(sign));
        out->high.present = true;
        out->high.inclusive = !str_is(sign, "<");
        out->high.number = number->text;
    }
    if (!out->low.present && !out->high.present)
        REFUSE(c, "Unrecognized numeric range operator: %.*s", STR_ARG(sign));
    return OK;
}

static enum err compile_numeric(struct compile *c, const struct json *value, struct test *out)
{
    *out = (struct test){.kind = TEST_NUMERIC};
    if (!json_is(value, JSON_ARRAY) || (value->count != 2 && value->count != 4))
        REFUSE(c, "Invalid member in numeric match: it is an array of one or two pairs of operator "
                  "and number");
    for (size_t i = 0; i < value->count; i += 2) {
        if (!json_is(value->items[i], JSON_STRING))
            REFUSE(c, "Invalid member in numeric match: an operator must be a string");
        TRY(compile_bound(c, value->items[i], value->items[i + 1], out));
    }
    if (value->count == 4 && json_number_cmp(out->low.number, out->high.number) >= 0)
        REFUSE(c, "Bottom must be less than top");
    return OK;
}

static bool parse_address(struct str text, int *out_family, uint8_t out[16])
{
    char cstr[64];
    if (text.len >= sizeof cstr)
        return false;
    memcpy(cstr, text.ptr, text.len);
    cstr[text.len] = 0;
    *out_family = strchr(cstr, ':') ? AF_INET6 : AF_INET;
    return inet_pton(*out_family, cstr, out) == 1;
}

static enum err compile_cidr(struct compile *c, const struct json *value, struct test *out)
{
    *out = (struct test){.kind = TEST_CIDR};
    struct str text;
    TRY(take_string(c, "prefix", value, &text));
    size_t slash = str_find_char(text, '/');
    int64_t bits;
    if (slash == STR_NPOS || !str_to_i64(str_from(text, slash + 1), &bits) ||
        !parse_address(str_slice(text, 0, slash), &out->family, out->address) || bits < 0 ||
        bits > (out->family == AF_INET ? 32 : 128))
        REFUSE(c, "Malformed CIDR, one '/' required: %.*s", STR_ARG(text));
    out->prefix_bits = (unsigned)bits;
    return OK;
}

static enum err compile_value(struct compile *c, const struct json *value, struct test *out)
{
    if (json_is(value, JSON_ARRAY))
        REFUSE(c, "Match value must be String, number, true, false, or null");
    *out = (struct test){.kind = TEST_VALUE, .value = value};
    return OK;
}

static enum err push_all(struct compile *c, struct test *out, enum test_kind kind, const char *name,
                         const struct json *value)
{
    const struct json *const single = value;
    size_t count = json_is(value, JSON_ARRAY) ? value->count : 1;
    if (!count)
        REFUSE(c, "Empty arrays are not allowed in anything-but");
    for (size_t i = 0; i < count; i++) {
        const struct json *item = json_is(value, JSON_ARRAY) ? value->items[i] : single;
        struct test test;
        if (kind == TEST_VALUE) {
            if (!json_is(item, JSON_STRING) && !json_is(item, JSON_NUMBER))
                REFUSE(c, "Inside anything-but list, start|null|boolean is not supported.");
            TRY(compile_value(c, item, &test));
        } else {
            TRY(compile_text(c, kind, name, item, &test));
        }
        *ARENA_PUSH(c->arena, out->tests, out->count, out->capacity) = test;
    }
    return OK;
}

static const struct {
    const char *name;
    enum test_kind kind;
} TEXT_TESTS[] = {
    {"prefix", TEST_PREFIX},
    {"suffix", TEST_SUFFIX},
    {"equals-ignore-case", TEST_SAME_NOCASE},
    {"wildcard", TEST_WILDCARD},
};
#define TEXT_TEST_COUNT (sizeof TEXT_TESTS / sizeof *TEXT_TESTS)

static enum err compile_anything_but(struct compile *c, const struct json *value, struct test *out)
{
    *out = (struct test){.kind = TEST_ANYTHING_BUT};
    if (!json_is(value, JSON_OBJECT))
        return push_all(c, out, TEST_VALUE, "anything-but", value);
    if (value->count != 1)
        REFUSE(c, "Only one key allowed in match expression");
    for (size_t i = 0; i < TEXT_TEST_COUNT; i++)
        if (str_is(value->members[0].name, TEXT_TESTS[i].name))
            return push_all(c, out, TEXT_TESTS[i].kind, TEXT_TESTS[i].name,
                            value->members[0].value);
    REFUSE(c, "Unsupported anything-but pattern: %.*s", STR_ARG(value->members[0].name));
}

static enum err compile_test(struct compile *c, const struct json *value, struct test *out)
{
    if (!json_is(value, JSON_OBJECT))
        return compile_value(c, value, out);
    if (value->count != 1)
        REFUSE(c, "Only one key allowed in match expression");
    struct str name = value->members[0].name;
    const struct json *argument = value->members[0].value;
    for (size_t i = 0; i < TEXT_TEST_COUNT; i++)
        if (str_is(name, TEXT_TESTS[i].name))
            return compile_text(c, TEXT_TESTS[i].kind, TEXT_TESTS[i].name, argument, out);
    if (str_is(name, "anything-but"))
        return compile_anything_but(c, argument, out);
    if (str_is(name, "numeric"))
        return compile_numeric(c, argument, out);
    if (str_is(name, "cidr"))
        return compile_cidr(c, argument, out);
    if (!str_is(name, "exists"))
        REFUSE(c, "Unrecognized match type %.*s", STR_ARG(name));
    if (!json_is(argument, JSON_BOOL))
        REFUSE(c, "exists match pattern must be either true or false.");
    *out = (struct test){.kind = TEST_EXISTS, .exists = argument->boolean};
    return OK;
}

static enum err compile_leaf(struct compile *c, const struct json *tests, struct leaf **out)
{
    struct leaf *leaf = ARENA_NEW(c->arena, struct leaf);
    if (!tests->count)
        REFUSE(c, "Empty arrays are not allowed");
    JSON_EACH(item, tests)
    TRY(compile_test(c, item, ARENA_PUSH(c->arena, leaf->tests, leaf->count, leaf->capacity)));
    *out = leaf;
    return OK;
}

static enum err compile_node(struct compile *c, const struct json *object, size_t depth,
                             struct event_pattern **out);

static enum err compile_or(struct compile *c, const struct json *list, size_t depth,
                           struct event_pattern *node)
{
    struct alternatives *alternatives =
        ARENA_PUSH(c->arena, node->ors, node->or_count, node->or_capacity);
    if (list->count < 2)
        REFUSE(c, "There must have at least 2 Objects in $or relationship.");
    JSON_EACH(item, list)
    {
        struct event_pattern *alternative;
        if (!json_is(item, JSON_OBJECT))
            REFUSE(c, "Only JSON object is allowed in array of $or relationship.");
        TRY(compile_node(c, item, depth, &alternative));
        *ARENA_PUSH(c->arena, alternatives->nodes, alternatives->count, alternatives->capacity) =
            alternative;
    }
    return OK;
}

static enum err compile_field(struct compile *c, const struct json_member *m, size_t depth,
                              struct event_pattern *node)
{
    if (str_is(m->name, "$or") && json_is(m->value, JSON_ARRAY))
        return compile_or(c, m->value, depth, node);
    struct field *field = ARENA_PUSH(c->arena, node->fields, node->count, node->capacity);
    field->name = m->name;
    if (json_is(m->value, JSON_OBJECT))
        return compile_node(c, m->value, depth, &field->node);
    if (json_is(m->value, JSON_ARRAY))
        return compile_leaf(c, m->value, &field->leaf);
    REFUSE(c, "\"%.*s\" must be an object or an array", STR_ARG(m->name));
}

static enum err compile_node(struct compile *c, const struct json *object, size_t depth,
                             struct event_pattern **out)
{
    struct event_pattern *node = ARENA_NEW(c->arena, struct event_pattern);
    if (!object->count)
        REFUSE(c, "Empty objects are not allowed");
    if (depth >= EVENT_PATTERN_DEPTH_MAX)
        REFUSE(c, "The pattern is nested more than %d levels deep", EVENT_PATTERN_DEPTH_MAX);
    JSON_EACH_MEMBER(m, object)
    TRY(compile_field(c, m, depth + 1, node));
    *out = node;
    return OK;
}

enum err event_pattern_compile(struct arena *arena, struct str text,
                               struct event_pattern **out_pattern, struct error *error)
{
    struct compile c = {arena, error};
    struct json *pattern = NULL;
    struct error syntax = {0};
    if (text.len > EVENT_PATTERN_BYTES_MAX)
        REFUSE(&c, "The pattern is longer than %d bytes", EVENT_PATTERN_BYTES_MAX);
    if (json_parse(arena, text, &pattern, &syntax) != OK)
        REFUSE(&c, "%s at offset %zu", syntax.text, syntax.offset);
    if (!json_is(pattern, JSON_OBJECT))
        REFUSE(&c, "Filter is not an object");
    return compile_node(&c, pattern, 0, out_pattern);
}

// --- matching

static bool text_matches(const struct test *test, struct str text)
{
    struct str part = text;
    switch (test->kind) {
    case TEST_PREFIX:
        part.len = part.len < test->text.len ? part.len : test->text.len;
        break;
    case TEST_SUFFIX:
        part = str_from(part, part.len < test->text.len ? 0 : part.len - test->text.len);
        break;
    case TEST_WILDCARD:
        return wildcard_match_star(test->text, text);
    default:
        return str_eq_nocase(test->text, text);
    }
    return test->nocase ? str_eq_nocase(part, test->text) : str_eq(part, test->text);
}

static bool same_value(const struct json *a, const struct json *b)
{
    if (a->type != b->type)
        return false;
    if (a->type == JSON_BOOL)
        return a->boolean == b->boolean;
    return a->type == JSON_NULL || str_eq(a->text, b->text);
}

static bool numeric_matches(const struct test *test, const struct json *value)
{
    if (!json_is(value, JSON_NUMBER))
        return false;
    int low = test->low.present ? json_number_cmp(value->text, test->low.number) : 1;
    int high = test->high.present ? json_number_cmp(value->text, test->high.number) : -1;
    return (low > 0 || (low == 0 && test->low.inclusive)) &&
           (high < 0 || (high == 0 && test->high.inclusive));
}

static bool cidr_matches(const struct test *test, const struct json *value)
{
    int family;
    uint8_t address[16];
    if (!json_is(value, JSON_STRING) || !parse_address(value->text, &family, address) ||
        family != test->family)
        return false;
    for (unsigned bit = 0; bit < test->prefix_bits; bit += 8) {
        unsigned left = test->prefix_bits - bit;
        uint8_t mask = left >= 8 ? 0xFF : (uint8_t)(0xFF << (8 - left));
        if ((address[bit / 8] ^ test->address[bit / 8]) & mask)
            return false;
    }
    return true;
}

// `value` is a scalar.
static bool scalar_matches(const struct test *test, const struct json *value)
{
    switch (test->kind) {
    case TEST_VALUE:
        return same_value(test->value, value);
    case TEST_PREFIX:
    case TEST_SUFFIX:
    case TEST_SAME_NOCASE:
    case TEST_WILDCARD:
        return json_is(value, JSON_STRING) && text_matches(test, value->text);
    case TEST_NUMERIC:
        return numeric_matches(test, value);
    case TEST_CIDR:
        return cidr_matches(test, value);
    case TEST_EXISTS:
        return test->exists;
    case TEST_ANYTHING_BUT:
        for (size_t i = 0; i < test->count; i++)
            if (scalar_matches(&test->tests[i], value))
                return false;
        return true;
    }
    return false;
}

static bool is_leaf(const struct json *value)
{
    if (!value || value->type == JSON_OBJECT)
        return false;
    if (value->type != JSON_ARRAY)
        return true;
    JSON_EACH(item, value)
    if (is_leaf(item))
        return true;
    return false;
}

static bool any_matches(const struct test *test, const struct json *value)
{
    if (!value || value->type == JSON_OBJECT)
        return false;
    if (value->type != JSON_ARRAY)
        return scalar_matches(test, value);
    JSON_EACH(item, value)
    if (any_matches(test, item))
        return true;
    return false;
}

static bool leaf_matches(const struct leaf *leaf, const struct json *value)
{
    for (size_t i = 0; i < leaf->count; i++) {
        const struct test *test = &leaf->tests[i];
        if (test->kind == TEST_EXISTS ? test->exists == is_leaf(value) : any_matches(test, value))
            return true;
    }
    return false;
}

static bool object_matches(const struct event_pattern *node, const struct json *object);

// The value below a field that leads to a node: an object, an array of which one object matches, or
// nothing.
static bool node_matches(const struct event_pattern *node, const struct json *value)
{
    if (!json_is(value, JSON_ARRAY))
        return object_matches(node, json_is(value, JSON_OBJECT) ? value : NULL);
    JSON_EACH(item, value)
    if ((json_is(item, JSON_OBJECT) || json_is(item, JSON_ARRAY)) && node_matches(node, item))
        return true;
    return value->count == 0 && object_matches(node, NULL);
}

static bool object_matches(const struct event_pattern *node, const struct json *object)
{
    for (size_t i = 0; i < node->count; i++) {
        const struct field *field = &node->fields[i];
        const struct json *value = json_get_str(object, field->name);
        if (field->leaf ? !leaf_matches(field->leaf, value) : !node_matches(field->node, value))
            return false;
    }
    for (size_t i = 0; i < node->or_count; i++) {
        bool any = false;
        for (size_t j = 0; !any && j < node->ors[i].count; j++)
            any = object_matches(node->ors[i].nodes[j], object);
        if (!any)
            return false;
    }
    return true;
}

bool event_pattern_match(const struct event_pattern *pattern, const struct json *event)
{
    return object_matches(pattern, json_is(event, JSON_OBJECT) ? event : NULL);
}
