// SPDX-License-Identifier: Apache-2.0
// A hand-written lexer and recursive descent over DynamoDB's small grammars.
//
//     condition := or ; or := and {OR and} ; and := not {AND not} ; not := [NOT] primary
//     primary   := '(' condition ')' | function | operand comparator operand | operand BETWEEN
//     operand AND operand
//                | operand IN '(' operand {',' operand} ')'
//     operand   := path | :value | size '(' path ')'
//     update    := { SET path '=' sum {',' ...} | REMOVE path {...} | ADD path :value {...} |
//     DELETE path :value {...} }
#include "services/dynamodb/expression.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 64 // nested parentheses; DynamoDB allows 300 operators in all

struct parser {
    struct arena *arena;
    const char *kind;
    struct str text;
    size_t at; // of `token`
    struct str token, next_rest;
    struct placeholders *placeholders;
    struct error *error;
    int depth;
};

// --- tokens

static bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static void advance(struct parser *p)
{
    struct str rest = p->next_rest;
    size_t skip = 0, len;
    while (skip < rest.len && (rest.ptr[skip] == ' ' || rest.ptr[skip] == '\t' ||
                               rest.ptr[skip] == '\n' || rest.ptr[skip] == '\r'))
        skip++;
    rest = str_from(rest, skip);
    if (rest.len == 0) {
        len = 0;
    } else if (is_word(rest.ptr[0]) || rest.ptr[0] == '#' || rest.ptr[0] == ':') {
        for (len = 1; len < rest.len && is_word(rest.ptr[len]); len++)
            ;
    } else if (str_starts(rest, S("<>")) || str_starts(rest, S("<=")) ||
               str_starts(rest, S(">="))) {
        len = 2;
    } else {
        len = 1;
    }
    p->at = (size_t)(rest.ptr - p->text.ptr);
    p->token = str_slice(rest, 0, len);
    p->next_rest = str_from(rest, len);
}

static enum err syntax_error(struct parser *p)
{
    if (p->token.len == 0)
        return error_set_at(p->error, ERR_INVALID, p->at,
                            "Invalid %s: Syntax error; token: <EOF>, near: end", p->kind);
    struct str near = str_slice(p->text, p->at > 8 ? p->at - 8 : 0, p->at + p->token.len + 8);
    return error_set_at(p->error, ERR_INVALID, p->at,
                        "Invalid %s: Syntax error; token: \"%.*s\", near: \"%.*s\"", p->kind,
                        STR_ARG(p->token), STR_ARG(near));
}

static bool at_char(struct parser *p, char c)
{
    return p->token.len == 1 && p->token.ptr[0] == c;
}

static bool take_char(struct parser *p, char c)
{
    if (!at_char(p, c))
        return false;
    advance(p);
    return true;
}

static bool take_word(struct parser *p, const char *word)
{
    if (!str_eq_nocase(p->token, str_of(word)))
        return false;
    advance(p);
    return true;
}

static enum err expect(struct parser *p, char c)
{
    return take_char(p, c) ? OK : syntax_error(p);
}

static enum err start(struct parser *p)
{
    if (str_trim(p->text).len == 0)
        return error_set(p->error, ERR_INVALID, "Invalid %s: The expression can not be empty;",
                         p->kind);
    p->next_rest = p->text;
    advance(p);
    return OK;
}

// --- operands

static struct node *new_node(struct parser *p, enum node_kind kind)
{
    struct node *node = ARENA_NEW(p->arena, struct node);
    node->kind = kind;
    return node;
}

static void add_child(struct parser *p, struct node *node, struct node *child)
{
    *ARENA_PUSH(p->arena, node->children, node->count, node->capacity) = child;
}

static void mark_used(struct parser *p, struct str placeholder)
{
    if (!p->placeholders->used)
        p->placeholders->used = json_object(p->arena);
    json_set_named(p->arena, p->placeholders->used, placeholder, json_bool(p->arena, true));
}

static enum err parse_name(struct parser *p, struct str *out_name)
{
    struct str token = p->token;
    if (token.len && token.ptr[0] == '#') {
        *out_name = json_as_str(json_get_str(p->placeholders->names, token));
        if (!out_name->ptr)
            return error_set(p->error, ERR_INVALID,
                             "Invalid %s: An expression attribute name used in the document path "
                             "is not defined; attribute name: %.*s",
                             p->kind, STR_ARG(token));
        mark_used(p, token);
    } else if (token.len && is_word(token.ptr[0]) &&
               !(token.ptr[0] >= '0' && token.ptr[0] <= '9')) {
        *out_name = token;
    } else {
        return syntax_error(p);
    }
    advance(p);
    return OK;
}

static enum err parse_path(struct parser *p, struct path *out_path)
{
    struct path path = {0};
    struct path_step step = {0};
    TRY(parse_name(p, &step.name));
    *ARENA_PUSH(p->arena, path.steps, path.count, path.capacity) = step;
    for (;;) {
        step = (struct path_step){0};
        if (take_char(p, '.')) {
            TRY(parse_name(p, &step.name));
        } else if (take_char(p, '[')) {
            if (!str_to_i64(p->token, &step.index) || step.index < 0)
                return syntax_error(p);
            advance(p);
            TRY(expect(p, ']'));
        } else {
            *out_path = path;
            return OK;
        }
        *ARENA_PUSH(p->arena, path.steps, path.count, path.capacity) = step;
    }
}

static enum err parse_value(struct parser *p, struct node **out)
{
    if (!p->token.len || p->token.ptr[0] != ':')
        return syntax_error(p);
    struct node *node = new_node(p, NODE_VALUE);
    node->value = json_get_str(p->placeholders->values, p->token);
    if (!node->value)
        return error_set(p->error, ERR_INVALID,
                         "Invalid %s: An expression attribute value used in expression is not "
                         "defined; attribute value: %.*s",
                         p->kind, STR_ARG(p->token));
    mark_used(p, p->token);
    advance(p);
    *out = node;
    return OK;
}

// Whether the token is `word` and a parenthesis follows: a function, not an attribute of that name.
static bool at_function(struct parser *p, const char *word)
{
    return str_is(p->token, word) && str_starts(str_trim(p->next_rest), S("("));
}

static enum err parse_operand(struct parser *p, struct node **out)
{
    if (p->token.len && p->token.ptr[0] == ':')
        return parse_value(p, out);
    if (at_function(p, "size")) {
        advance(p);
        TRY(expect(p, '('));
        struct node *inner;
        TRY(parse_operand(p, &inner));
        *out = new_node(p, NODE_SIZE);
        add_child(p, *out, inner);
        return expect(p, ')');
    }
    *out = new_node(p, NODE_PATH);
    return parse_path(p, &(*out)->path);
}

// --- conditions

static enum err parse_or(struct parser *p, struct node **out);

static const struct function_row {
    const char *name;
    enum node_kind kind;
    int arguments;
} FUNCTIONS[] = {
    {"attribute_exists", NODE_EXISTS, 1}, {"attribute_not_exists", NODE_NOT_EXISTS, 1},
    {"attribute_type", NODE_TYPE, 2},     {"begins_with", NODE_BEGINS, 2},
    {"contains", NODE_CONTAINS, 2},
};

static enum err parse_function(struct parser *p, const struct function_row *row, struct node **out)
{
    struct node *node = new_node(p, row->kind);
    advance(p);
    TRY(expect(p, '('));
    do {
        struct node *argument;
        TRY(parse_operand(p, &argument));
        add_child(p, node, argument);
    } while (take_char(p, ','));
    TRY(expect(p, ')'));
    if ((int)node->count != row->arguments)
        return error_set(p->error, ERR_INVALID,
                         "Invalid %s: Incorrect number of operands for operator or function; "
                         "operator or function: %s, number of "
                         "operands: %zu",
                         p->kind, row->name, node->count);
    if (row->arguments == 1 && node->children[0]->kind != NODE_PATH)
        return error_set(
            p->error, ERR_INVALID,
            "Invalid %s: Operator or function requires a document path; operator or function: %s",
            p->kind, row->name);
    *out = node;
    return OK;
}

static bool comparator(struct str token, enum node_kind *out_kind)
{
    static const struct {
        const char *text;
        enum node_kind kind;
    } ROWS[] = {{"=", NODE_EQ},  {"<>", NODE_NE}, {"<", NODE_LT},
                {"<=", NODE_LE}, {">", NODE_GT},  {">=", NODE_GE}};
    for (size_t i = 0; i < sizeof ROWS / sizeof *ROWS; i++)
        if (str_is(token, ROWS[i].text)) {
            *out_kind = ROWS[i].kind;
            return true;
        }
    return false;
}

static enum err parse_comparison(struct parser *p, struct node **out)
{
    struct node *left, *operand;
    enum node_kind kind;
    TRY(parse_operand(p, &left));
    if (comparator(p->token, &kind)) {
        *out = new_node(p, kind);
        add_child(p, *out, left);
        advance(p);
        TRY(parse_operand(p, &operand));
        add_child(p, *out, operand);
        return OK;
    }
    if (take_word(p, "BETWEEN")) {
        *out = new_node(p, NODE_BETWEEN);
        add_child(p, *out, left);
        TRY(parse_operand(p, &operand));
        add_child(p, *out, operand);
        if (!take_word(p, "AND"))
            return syntax_error(p);
        TRY(parse_operand(p, &operand));
        add_child(p, *out, operand);
        return OK;
    }
    if (take_word(p, "IN")) {
        *out = new_node(p, NODE_IN);
        add_child(p, *out, left);
        TRY(expect(p, '('));
        do {
            TRY(parse_operand(p, &operand));
            add_child(p, *out, operand);
        } while (take_char(p, ','));
        return expect(p, ')');
    }
    return syntax_error(p);
}

static enum err parse_primary(struct parser *p, struct node **out)
{
    if (take_char(p, '(')) {
        if (++p->depth > DEPTH_MAX)
            return error_set(p->error, ERR_INVALID,
                             "Invalid %s: The expression is nested too deeply", p->kind);
        TRY(parse_or(p, out));
        p->depth--;
        return expect(p, ')');
    }
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++)
        if (at_function(p, FUNCTIONS[i].name))
            return parse_function(p, &FUNCTIONS[i], out);
    return parse_comparison(p, out);
}

static enum err parse_not(struct parser *p, struct node **out)
{
    if (!str_eq_nocase(p->token, S("NOT")))
        return parse_primary(p, out);
    advance(p);
    if (++p->depth > DEPTH_MAX)
        return error_set(p->error, ERR_INVALID, "Invalid %s: The expression is nested too deeply",
                         p->kind);
    struct node *inner;
    TRY(parse_not(p, &inner));
    p->depth--;
    *out = new_node(p, NODE_NOT);
    add_child(p, *out, inner);
    return OK;
}

static enum err parse_and(struct parser *p, struct node **out)
{
    struct node *node, *right;
    TRY(parse_not(p, &node));
    while (take_word(p, "AND")) {
        TRY(parse_not(p, &right));
        struct node *both = new_node(p, NODE_AND);
        add_child(p, both, node);
        add_child(p, both, right);
        node = both;
    }
    *out = node;
    return OK;
}

static enum err parse_or(struct parser *p, struct node **out)
{
    struct node *node, *right;
    TRY(parse_and(p, &node));
    while (take_word(p, "OR")) {
        TRY(parse_and(p, &right));
        struct node *either = new_node(p, NODE_OR);
        add_child(p, either, node);
        add_child(p, either, right);
        node = either;
    }
    *out = node;
    return OK;
}

enum err expression_parse_condition(struct arena *arena, const char *kind, struct str text,
                                    struct placeholders *placeholders, struct node **out_node,
                                    struct error *error)
{
    struct parser p = {
        .arena = arena, .kind = kind, .text = text, .placeholders = placeholders, .error = error};
    TRY(start(&p));
    TRY(parse_or(&p, out_node));
    return p.token.len ? syntax_error(&p) : OK;
}

// --- updates

static enum err parse_set_term(struct parser *p, struct node **out)
{
    enum node_kind kind;
    if (at_function(p, "if_not_exists"))
        kind = NODE_IF_NOT_EXISTS;
    else if (at_function(p, "list_append"))
        kind = NODE_LIST_APPEND;
    else
        return parse_operand(p, out);
    struct node *node = new_node(p, kind), *argument;
    advance(p);
    TRY(expect(p, '('));
    TRY(parse_set_term(p, &argument));
    add_child(p, node, argument);
    TRY(expect(p, ','));
    TRY(parse_set_term(p, &argument));
    add_child(p, node, argument);
    if (kind == NODE_IF_NOT_EXISTS && node->children[0]->kind != NODE_PATH)
        return error_set(p->error, ERR_INVALID,
                         "Invalid UpdateExpression: Operator or function requires a document path; "
                         "operator or function: if_not_exists");
    *out = node;
    return expect(p, ')');
}

static enum err parse_set_value(struct parser *p, struct node **out)
{
    struct node *left, *right;
    TRY(parse_set_term(p, &left));
    if (!at_char(p, '+') && !at_char(p, '-')) {
        *out = left;
        return OK;
    }
    *out = new_node(p, at_char(p, '+') ? NODE_PLUS : NODE_MINUS);
    advance(p);
    TRY(parse_set_term(p, &right));
    add_child(p, *out, left);
    add_child(p, *out, right);
    return OK;
}

static enum err parse_action(struct parser *p, enum update_kind kind, struct update *update)
{
    struct update_action action = {.kind = kind};
    TRY(parse_path(p, &action.path));
    if (kind == UPDATE_SET) {
        TRY(expect(p, '='));
        TRY(parse_set_value(p, &action.operand));
    } else if (kind != UPDATE_REMOVE) {
        TRY(parse_value(p, &action.operand));
    }
    *ARENA_PUSH(p->arena, update->actions, update->count, update->capacity) = action;
    return OK;
}

static bool paths_overlap(const struct path *a, const struct path *b)
{
    size_t shared = a->count < b->count ? a->count : b->count;
    for (size_t i = 0; i < shared; i++) {
        if (!a->steps[i].name.ptr != !b->steps[i].name.ptr)
            return false;
        if (a->steps[i].name.ptr ? !str_eq(a->steps[i].name, b->steps[i].name)
                                 : a->steps[i].index != b->steps[i].index)
            return false;
    }
    return true;
}

static enum err check_overlap(const struct update *update, struct error *error)
{
    for (size_t i = 0; i < update->count; i++)
        for (size_t j = i + 1; j < update->count; j++)
            if (paths_overlap(&update->actions[i].path, &update->actions[j].path))
                return error_set(error, ERR_INVALID,
                                 "Invalid UpdateExpression: Two document paths overlap with each "
                                 "other; must remove or rewrite "
                                 "one of these paths; path one: [%.*s], path two: [%.*s]",
                                 STR_ARG(update->actions[i].path.steps[0].name),
                                 STR_ARG(update->actions[j].path.steps[0].name));
    return OK;
}

enum err expression_parse_update(struct arena *arena, struct str text,
                                 struct placeholders *placeholders, struct update *out_update,
                                 struct error *error)
{
    static const char *const SECTIONS[] = {[UPDATE_SET] = "SET",
                                           [UPDATE_REMOVE] = "REMOVE",
                                           [UPDATE_ADD] = "ADD",
                                           [UPDATE_DELETE] = "DELETE"};
    struct parser p = {.arena = arena,
                       .kind = "UpdateExpression",
                       .text = text,
                       .placeholders = placeholders,
                       .error = error};
    struct update update = {0};
    bool seen[4] = {false};
    TRY(start(&p));
    while (p.token.len) {
        size_t kind = 0;
        while (kind < 4 && !str_eq_nocase(p.token, str_of(SECTIONS[kind])))
            kind++;
        if (kind == 4)
            return syntax_error(&p);
        if (seen[kind])
            return error_set(
                error, ERR_INVALID,
                "Invalid UpdateExpression: The \"%s\" section can only be used once in an update "
                "expression;",
                SECTIONS[kind]);
        seen[kind] = true;
        advance(&p);
        do
            TRY(parse_action(&p, (enum update_kind)kind, &update));
        while (take_char(&p, ','));
    }
    TRY(check_overlap(&update, error));
    *out_update = update;
    return OK;
}

enum err expression_parse_projection(struct arena *arena, struct str text,
                                     struct placeholders *placeholders,
                                     struct projection *out_projection, struct error *error)
{
    struct parser p = {.arena = arena,
                       .kind = "ProjectionExpression",
                       .text = text,
                       .placeholders = placeholders,
                       .error = error};
    struct projection projection = {0};
    TRY(start(&p));
    do {
        struct path path;
        TRY(parse_path(&p, &path));
        *ARENA_PUSH(arena, projection.paths, projection.count, projection.capacity) = path;
    } while (take_char(&p, ','));
    if (p.token.len)
        return syntax_error(&p);
    *out_projection = projection;
    return OK;
}

static enum err check_all(struct arena *arena, const struct json *given, const struct json *used,
                          const char *parameter, struct error *error)
{
    struct buf unused = buf_in(arena, 4096);
    JSON_EACH_MEMBER(m, given)
    if (!json_get_str(used, m->name))
        buf_printf(&unused, "%s%.*s", unused.len ? ", " : "", STR_ARG(m->name));
    if (unused.len == 0)
        return OK;
    return error_set(error, ERR_INVALID, "Value provided in %s unused in expressions: keys: {%.*s}",
                     parameter, STR_ARG(buf_str(&unused)));
}

enum err expression_check_used(struct arena *arena, const struct placeholders *placeholders,
                               struct error *error)
{
    TRY(check_all(arena, placeholders->names, placeholders->used, "ExpressionAttributeNames",
                  error));
    return check_all(arena, placeholders->values, placeholders->used, "ExpressionAttributeValues",
                     error);
}
