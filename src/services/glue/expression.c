// SPDX-License-Identifier: Apache-2.0
// A recursive-descent parser into a small tree, and its evaluation on a partition's values.
#include "services/glue/expression.h"

#include <string.h>

#define DEPTH_MAX 64

enum node_kind { NODE_AND, NODE_OR, NODE_NOT, NODE_COMPARE, NODE_IN, NODE_LIKE, NODE_IS_NULL };
struct expression {
    enum node_kind kind;
    struct expression *left, *right; // AND, OR; NOT has left
    size_t key;                      // index of the partition key
    bool numeric;
    char op[3];         // NODE_COMPARE
    struct str *values; // literals
    size_t count, capacity;
};
struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    const struct json *keys;
    struct error *error;
    unsigned depth;
};

#define HIVE_NULL "__HIVE_DEFAULT_PARTITION__"

static enum err refuse(struct parser *p, const char *what)
{
    return error_set(p->error, ERR_INVALID, "Unsupported expression '%.*s': %s at position %zu",
                     STR_ARG(p->text), what, p->at);
}

static void skip_space(struct parser *p)
{
    while (p->at < p->text.len && strchr(" \t\r\n", p->text.ptr[p->at]))
        p->at++;
}

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.' || c == '+';
}

static struct str peek_word(struct parser *p)
{
    skip_space(p);
    size_t end = p->at;
    while (end < p->text.len && is_word(p->text.ptr[end]))
        end++;
    return str_slice(p->text, p->at, end);
}

static bool take_word(struct parser *p, const char *word)
{
    struct str next = peek_word(p);
    if (!str_eq_nocase(next, str_of(word)))
        return false;
    p->at += next.len;
    return true;
}

static bool take(struct parser *p, const char *mark)
{
    skip_space(p);
    if (!str_starts(str_from(p->text, p->at), str_of(mark)))
        return false;
    p->at += strlen(mark);
    return true;
}

static enum err take_quoted(struct parser *p, char quote, struct str *out)
{
    struct buf text = buf_in(p->arena, 4096);
    for (p->at++; p->at < p->text.len; p->at++) {
        char c = p->text.ptr[p->at];
        if (c == quote) {
            if (p->at + 1 < p->text.len && p->text.ptr[p->at + 1] == quote) {
                p->at++;
            } else {
                p->at++;
                *out = buf_str(&text);
                return OK;
            }
        }
        buf_put_char(&text, c);
    }
    return refuse(p, "a quote is not closed");
}

static enum err take_literal(struct parser *p, struct str *out)
{
    skip_space(p);
    if (take_word(p, "date") || take_word(p, "timestamp"))
        skip_space(p);
    if (p->at < p->text.len && (p->text.ptr[p->at] == '\'' || p->text.ptr[p->at] == '"'))
        return take_quoted(p, p->text.ptr[p->at], out);
    struct str word = peek_word(p);
    bool is_boolean = str_eq_nocase(word, S("true")) || str_eq_nocase(word, S("false"));
    double number;
    if (!is_boolean && !str_to_double(word, &number))
        return refuse(p, "a literal is expected");
    p->at += word.len;
    *out = word;
    return OK;
}

static bool is_numeric(struct str type)
{
    static const char *const TYPES[] = {"tinyint", "smallint", "int",   "integer",
                                        "bigint",  "long",     "float", "double"};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++)
        if (str_eq_nocase(type, str_of(TYPES[i])))
            return true;
    return str_starts(type, S("decimal"));
}

static enum err take_key(struct parser *p, struct expression *node)
{
    struct str name;
    skip_space(p);
    if (p->at < p->text.len && (p->text.ptr[p->at] == '`' || p->text.ptr[p->at] == '"')) {
        TRY(take_quoted(p, p->text.ptr[p->at], &name));
    } else {
        name = peek_word(p);
        p->at += name.len;
    }
    for (size_t i = 0; i < json_count(p->keys); i++) {
        const struct json *key = json_at(p->keys, i);
        if (!str_eq_nocase(json_str(key, "Name"), name))
            continue;
        node->key = i;
        node->numeric = is_numeric(json_str(key, "Type"));
        return OK;
    }
    return error_set(p->error, ERR_INVALID, "'%.*s' is not a partition key of the table",
                     STR_ARG(name));
}

static enum err take_value(struct parser *p, struct expression *node)
{
    struct str value;
    TRY(take_literal(p, &value));
    *ARENA_PUSH(p->arena, node->values, node->count, node->capacity) = value;
    return OK;
}

static struct expression *node_new(struct parser *p, enum node_kind kind, struct expression *left,
                                   struct expression *right)
{
    struct expression *node = ARENA_NEW(p->arena, struct expression);
    node->kind = kind;
    node->left = left;
    node->right = right;
    return node;
}

static struct expression *compare_node(struct parser *p, const struct expression *key,
                                       const char *op, struct str value)
{
    struct expression *node = node_new(p, NODE_COMPARE, NULL, NULL);
    node->key = key->key;
    node->numeric = key->numeric;
    memcpy(node->op, op, strlen(op) + 1);
    *ARENA_PUSH(p->arena, node->values, node->count, node->capacity) = value;
    return node;
}

// What follows a key. `*node` becomes the whole comparison.
static enum err parse_test(struct parser *p, struct expression **node)
{
    static const char *const OPS[] = {"<=", ">=", "<>", "!=", "=", "<", ">"};
    struct expression *n = *node;
    if (take_word(p, "is")) {
        bool negated = take_word(p, "not");
        if (!take_word(p, "null"))
            return refuse(p, "NULL is expected");
        n->kind = NODE_IS_NULL;
        *node = negated ? node_new(p, NODE_NOT, n, NULL) : n;
        return OK;
    }
    bool negated = take_word(p, "not");
    if (take_word(p, "in")) {
        n->kind = NODE_IN;
        if (!take(p, "("))
            return refuse(p, "( is expected");
        do
            TRY(take_value(p, n));
        while (take(p, ","));
        if (!take(p, ")"))
            return refuse(p, ") is expected");
    } else if (take_word(p, "between")) {
        TRY(take_value(p, n));
        if (!take_word(p, "and"))
            return refuse(p, "AND is expected");
        TRY(take_value(p, n));
        n = node_new(p, NODE_AND, compare_node(p, n, ">=", n->values[0]),
                     compare_node(p, n, "<=", n->values[1]));
    } else if (take_word(p, "like")) {
        n->kind = NODE_LIKE;
        TRY(take_value(p, n));
    } else {
        n->kind = NODE_COMPARE;
        size_t i = 0, count = sizeof OPS / sizeof *OPS;
        while (i < count && !take(p, OPS[i]))
            i++;
        if (negated || i == count)
            return refuse(p, "an operator is expected");
        memcpy(n->op, OPS[i], strlen(OPS[i]) + 1);
        TRY(take_value(p, n));
    }
    *node = negated ? node_new(p, NODE_NOT, n, NULL) : n;
    return OK;
}

static enum err parse_or(struct parser *p, struct expression **out);

static enum err parse_term(struct parser *p, struct expression **out)
{
    if (++p->depth > DEPTH_MAX)
        return refuse(p, "it is nested too deeply");
    enum err err;
    if (take_word(p, "not")) {
        err = parse_term(p, out);
        if (err == OK)
            *out = node_new(p, NODE_NOT, *out, NULL);
    } else if (take(p, "(")) {
        err = parse_or(p, out);
        if (err == OK && !take(p, ")"))
            err = refuse(p, ") is expected");
    } else {
        *out = node_new(p, NODE_COMPARE, NULL, NULL);
        err = take_key(p, *out);
        if (err == OK)
            err = parse_test(p, out);
    }
    p->depth--;
    return err;
}

static enum err parse_and(struct parser *p, struct expression **out)
{
    TRY(parse_term(p, out));
    while (take_word(p, "and")) {
        struct expression *right;
        TRY(parse_term(p, &right));
        *out = node_new(p, NODE_AND, *out, right);
    }
    return OK;
}

static enum err parse_or(struct parser *p, struct expression **out)
{
    TRY(parse_and(p, out));
    while (take_word(p, "or")) {
        struct expression *right;
        TRY(parse_and(p, &right));
        *out = node_new(p, NODE_OR, *out, right);
    }
    return OK;
}

enum err expression_parse(struct arena *arena, struct str text, const struct json *keys,
                          struct expression **out_expression, struct error *error)
{
    struct parser p = {.arena = arena, .text = text, .keys = keys, .error = error};
    *out_expression = NULL;
    if (!str_trim(text).len)
        return OK;
    struct expression *root;
    TRY(parse_or(&p, &root));
    skip_space(&p);
    if (p.at < text.len)
        return refuse(&p, "the end is expected");
    *out_expression = root;
    return OK;
}

// --- evaluation

static int compare(const struct expression *node, struct str a, struct str b)
{
    double x, y;
    if (node->numeric && str_to_double(a, &x) && str_to_double(b, &y))
        return (x > y) - (x < y);
    return str_cmp(a, b);
}

static bool holds(const struct expression *node, struct str value)
{
    int order = compare(node, value, node->values[0]);
    switch (node->op[0]) {
    case '=':
        return order == 0;
    case '!':
        return order != 0;
    case '<':
        return node->op[1] == '>' ? order != 0 : node->op[1] == '=' ? order <= 0 : order < 0;
    default:
        return node->op[1] == '=' ? order >= 0 : order > 0;
    }
}

// SQL's LIKE: % is any text, _ one character. Proportional to pattern times text at worst.
static bool like(struct str pattern, struct str text)
{
    size_t p = 0, t = 0, star = STR_NPOS, mark = 0;
    while (t < text.len) {
        if (p < pattern.len && pattern.ptr[p] == '%') {
            star = p++;
            mark = t;
        } else if (p < pattern.len && (pattern.ptr[p] == '_' || pattern.ptr[p] == text.ptr[t])) {
            p++;
            t++;
        } else if (star != STR_NPOS) {
            p = star + 1;
            t = ++mark;
        } else {
            return false;
        }
    }
    while (p < pattern.len && pattern.ptr[p] == '%')
        p++;
    return p == pattern.len;
}

static bool accepts_value(const struct expression *node, struct str value)
{
    bool is_null = !value.len || str_is(value, HIVE_NULL);
    if (node->kind == NODE_IS_NULL)
        return is_null;
    if (node->kind == NODE_LIKE)
        return like(node->values[0], value);
    if (node->kind == NODE_COMPARE)
        return holds(node, value);
    for (size_t i = 0; i < node->count; i++)
        if (compare(node, value, node->values[i]) == 0)
            return true;
    return false;
}

bool expression_accepts(const struct expression *e, const struct json *values)
{
    if (!e)
        return true;
    switch (e->kind) {
    case NODE_AND:
        return expression_accepts(e->left, values) && expression_accepts(e->right, values);
    case NODE_OR:
        return expression_accepts(e->left, values) || expression_accepts(e->right, values);
    case NODE_NOT:
        return !expression_accepts(e->left, values);
    default:
        return accepts_value(e, json_as_str(json_at(values, e->key)));
    }
}
