// SPDX-License-Identifier: Apache-2.0
// Terms are a list of substrings to look for; JSON patterns are parsed by recursive descent into a
// small tree:
//
//     or := and ("||" and)*      and := one ("&&" one)*      one := "(" or ")" | selector test
#include "services/logs/pattern.h"

#include "base/pattern.h"

#include <string.h>

#define DEPTH_MAX 32

enum node_kind { NODE_OR, NODE_AND, NODE_TEST };
enum test {
    TEST_EQUAL,
    TEST_UNEQUAL,
    TEST_LESS,
    TEST_LESS_EQUAL,
    TEST_GREATER,
    TEST_GREATER_EQUAL,
    TEST_NULL,
    TEST_TRUE,
    TEST_FALSE,
    TEST_ABSENT
};

struct step { // one part of a selector: a member, or an index
    struct str member;
    int64_t index;
};
struct node {
    enum node_kind kind;
    struct node *left, *right;
    struct step *steps;
    size_t step_count, step_capacity;
    enum test test;
    bool is_number;
    struct str text;
    double number;
};
struct term {
    struct str text;
    char kind; // 0: must occur; '?': one of these; '-': must not
};
struct log_pattern {
    struct node *root; // of a JSON pattern
    struct term *terms;
    size_t count, capacity;
};

// --- parsing

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    int depth;
    struct error *error;
};

static char peek(const struct parser *p)
{
    return p->at < p->text.len ? p->text.ptr[p->at] : 0;
}

static void skip_space(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n')
        p->at++;
}

static bool accept(struct parser *p, const char *word)
{
    skip_space(p);
    struct str rest = str_from(p->text, p->at);
    if (!str_starts(rest, str_of(word)))
        return false;
    p->at += strlen(word);
    return true;
}

static enum err wrong(struct parser *p, const char *expected)
{
    return error_set_at(p->error, ERR_SYNTAX, p->at, "%s expected at character %zu", expected,
                        p->at + 1);
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           strchr("_-:@/\\", c) != NULL;
}

static struct str take_word(struct parser *p)
{
    size_t start = p->at;
    while (peek(p) && is_word_char(peek(p)))
        p->at++;
    return str_slice(p->text, start, p->at);
}

static enum err take_quoted(struct parser *p, struct str *out)
{
    struct buf text = buf_in(p->arena, 4096);
    for (p->at++; peek(p) != '"'; p->at++) {
        if (peek(p) == '\\' && p->at + 1 < p->text.len)
            p->at++;
        if (!peek(p))
            return wrong(p, "a closing quote");
        buf_put_char(&text, peek(p));
    }
    p->at++;
    *out = buf_str(&text);
    return OK;
}

static enum err parse_selector(struct parser *p, struct node *node)
{
    if (!accept(p, "$"))
        return wrong(p, "a selector ($.name)");
    for (;;) {
        struct step step = {.index = -1};
        if (peek(p) == '.') {
            p->at++;
            step.member = take_word(p);
            if (!step.member.len)
                return wrong(p, "a name");
        } else if (peek(p) == '[') {
            p->at++;
            if (peek(p) == '"') {
                TRY(take_quoted(p, &step.member));
            } else if (!str_to_i64(take_word(p), &step.index) || step.index < 0) {
                return wrong(p, "an index");
            }
            if (peek(p) != ']')
                return wrong(p, "']'");
            p->at++;
        } else {
            return node->step_count ? OK : wrong(p, "'.' and a name");
        }
        *ARENA_PUSH(p->arena, node->steps, node->step_count, node->step_capacity) = step;
    }
}

static enum err parse_value(struct parser *p, struct node *node)
{
    skip_space(p);
    if (peek(p) == '"')
        return take_quoted(p, &node->text);
    if (peek(p) == '%')
        return error_set(p->error, ERR_UNSUPPORTED,
                         "regular expressions (%%...%%) are not supported");
    size_t start = p->at;
    while (peek(p) && !strchr(" \t\n)&|}", peek(p)))
        p->at++;
    node->text = str_slice(p->text, start, p->at);
    node->is_number = str_to_double(node->text, &node->number);
    return node->text.len ? OK : wrong(p, "a value");
}

static enum err parse_test(struct parser *p, struct node *node)
{
    static const struct {
        const char *sign;
        enum test test;
    } SIGNS[] = {{"!=", TEST_UNEQUAL}, {"<=", TEST_LESS_EQUAL}, {">=", TEST_GREATER_EQUAL},
                 {"=", TEST_EQUAL},    {"<", TEST_LESS},        {">", TEST_GREATER}};
    TRY(parse_selector(p, node));
    for (size_t i = 0; i < sizeof SIGNS / sizeof *SIGNS; i++)
        if (accept(p, SIGNS[i].sign)) {
            node->test = SIGNS[i].test;
            return parse_value(p, node);
        }
    if (accept(p, "NOT") && accept(p, "EXISTS")) {
        node->test = TEST_ABSENT;
        return OK;
    }
    if (!accept(p, "IS"))
        return wrong(p, "a comparison");
    if (accept(p, "NULL"))
        node->test = TEST_NULL;
    else if (accept(p, "TRUE"))
        node->test = TEST_TRUE;
    else if (accept(p, "FALSE"))
        node->test = TEST_FALSE;
    else
        return wrong(p, "NULL, TRUE or FALSE");
    return OK;
}

static enum err parse_or(struct parser *p, struct node **out);

static enum err parse_one(struct parser *p, struct node **out)
{
    if (++p->depth > DEPTH_MAX)
        return error_set(p->error, ERR_LIMIT, "the pattern is nested too deeply");
    if (accept(p, "(")) {
        TRY(parse_or(p, out));
        p->depth--;
        return accept(p, ")") ? OK : wrong(p, "')'");
    }
    *out = ARENA_NEW(p->arena, struct node);
    (*out)->kind = NODE_TEST;
    p->depth--;
    return parse_test(p, *out);
}

static enum err parse_chain(struct parser *p, const char *sign, enum node_kind kind,
                            enum err (*parse)(struct parser *, struct node **), struct node **out)
{
    TRY(parse(p, out));
    while (accept(p, sign)) {
        struct node *node = ARENA_NEW(p->arena, struct node);
        node->kind = kind;
        node->left = *out;
        TRY(parse(p, &node->right));
        *out = node;
    }
    return OK;
}

static enum err parse_and(struct parser *p, struct node **out)
{
    return parse_chain(p, "&&", NODE_AND, parse_one, out);
}

static enum err parse_or(struct parser *p, struct node **out)
{
    return parse_chain(p, "||", NODE_OR, parse_and, out);
}

static enum err parse_terms(struct parser *p, struct log_pattern *pattern)
{
    for (skip_space(p); peek(p); skip_space(p)) {
        struct term term = {0};
        if ((peek(p) == '?' || peek(p) == '-') && p->at + 1 < p->text.len)
            term.kind = p->text.ptr[p->at++];
        if (peek(p) == '"') {
            TRY(take_quoted(p, &term.text));
        } else {
            size_t start = p->at;
            while (peek(p) && !strchr(" \t\n", peek(p)))
                p->at++;
            term.text = str_slice(p->text, start, p->at);
        }
        *ARENA_PUSH(p->arena, pattern->terms, pattern->count, pattern->capacity) = term;
    }
    return OK;
}

enum err log_pattern_parse(struct arena *arena, struct str text, struct log_pattern **out,
                           struct error *error)
{
    struct parser p = {.arena = arena, .text = str_trim(text), .error = error};
    struct log_pattern *pattern = ARENA_NEW(arena, struct log_pattern);
    *out = pattern;
    if (peek(&p) == '[')
        return error_set(
            error, ERR_UNSUPPORTED,
            "space-delimited patterns are not supported: use terms or { $.name = value }");
    if (!accept(&p, "{"))
        return parse_terms(&p, pattern);
    TRY(parse_or(&p, &pattern->root));
    if (!accept(&p, "}"))
        return wrong(&p, "'}'");
    skip_space(&p);
    return peek(&p) ? wrong(&p, "the end") : OK;
}

// --- matching

static const struct json *select_value(const struct node *node, const struct json *value)
{
    for (size_t i = 0; i < node->step_count; i++) {
        const struct step *step = &node->steps[i];
        value = step->index >= 0 ? json_at(value, (size_t)step->index)
                                 : json_get_str(value, step->member);
    }
    return value;
}

static bool equal(const struct node *node, const struct json *value)
{
    double number;
    if (json_is(value, JSON_NUMBER) && node->is_number && json_as_double(value, &number))
        return number == node->number;
    if (json_is(value, JSON_NUMBER))
        return wildcard_match_star(node->text, value->text);
    return json_is(value, JSON_STRING) && wildcard_match_star(node->text, json_as_str(value));
}

static bool test_matches(const struct node *node, const struct json *root)
{
    const struct json *value = select_value(node, root);
    double number = 0;
    bool comparable = node->is_number && json_as_double(value, &number);
    switch (node->test) {
    case TEST_EQUAL:
        return equal(node, value);
    case TEST_UNEQUAL:
        return value && !equal(node, value);
    case TEST_LESS:
        return comparable && number < node->number;
    case TEST_LESS_EQUAL:
        return comparable && number <= node->number;
    case TEST_GREATER:
        return comparable && number > node->number;
    case TEST_GREATER_EQUAL:
        return comparable && number >= node->number;
    case TEST_NULL:
        return json_is(value, JSON_NULL);
    case TEST_TRUE:
        return json_is(value, JSON_BOOL) && value->boolean;
    case TEST_FALSE:
        return json_is(value, JSON_BOOL) && !value->boolean;
    case TEST_ABSENT:
        return !value;
    }
    return false;
}

static bool node_matches(const struct node *node, const struct json *root)
{
    switch (node->kind) {
    case NODE_OR:
        return node_matches(node->left, root) || node_matches(node->right, root);
    case NODE_AND:
        return node_matches(node->left, root) && node_matches(node->right, root);
    case NODE_TEST:
        return test_matches(node, root);
    }
    return false;
}

static bool terms_match(const struct log_pattern *pattern, struct str message)
{
    bool any_optional = false, optional_found = false;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct term *term = &pattern->terms[i];
        bool found = str_contains(message, term->text);
        if (term->kind == '?') {
            any_optional = true;
            optional_found |= found;
        } else if (found == (term->kind == '-')) {
            return false;
        }
    }
    return !any_optional || optional_found;
}

bool log_pattern_matches(const struct log_pattern *pattern, struct arena *scratch,
                         struct str message)
{
    struct json *value;
    if (!pattern->root)
        return terms_match(pattern, message);
    return json_parse(scratch, str_trim(message), &value, NULL) == OK &&
           json_is(value, JSON_OBJECT) && node_matches(pattern->root, value);
}
