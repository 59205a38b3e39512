// SPDX-License-Identifier: Apache-2.0
// A path is parsed into a list of steps; reading walks the steps with the set of values reached so
// far, which has one member as long as the steps are definite. Filters are small trees whose leaves
// are literals and paths from `@` or `$`.
#include "services/stepfunctions/path.h"

#include <assert.h>
#include <string.h>

enum step_kind {
    STEP_NAME,
    STEP_NAMES,
    STEP_INDEXES,
    STEP_SLICE,
    STEP_ALL,
    STEP_FILTER,
    STEP_FUNCTION
};

struct step {
    enum step_kind kind;
    bool deep;         // `..`: this step is taken from every descendant, too
    struct str name;   // STEP_NAME, STEP_FUNCTION
    struct str *names; // STEP_NAMES
    int64_t *indexes;  // STEP_INDEXES; STEP_SLICE: from, to
    size_t count, capacity;
    bool has_from, has_to; // STEP_SLICE
    struct filter *filter;
};
struct path {
    struct step *steps;
    size_t count, capacity;
    bool definite;
};

enum filter_kind { FILTER_OR, FILTER_AND, FILTER_NOT, FILTER_EXISTS, FILTER_COMPARE };
enum compare { CMP_EQ, CMP_NE, CMP_LT, CMP_LE, CMP_GT, CMP_GE, CMP_IN, CMP_NIN };
struct operand {
    struct path *path; // NULL: a literal
    bool from_root;
    struct json *literal;
};
struct filter {
    enum filter_kind kind;
    struct filter *a, *b;
    enum compare compare;
    struct operand left, right;
};

// --- parsing

struct parser {
    struct arena *arena;
    struct str text;
    size_t at;
    struct error *error;
    int depth;
};

static enum err parse_steps(struct parser *p, struct path *path, bool in_filter);
static enum err parse_or(struct parser *p, struct filter **out);

static char peek(const struct parser *p)
{
    return p->at < p->text.len ? p->text.ptr[p->at] : '\0';
}

static bool take(struct parser *p, const char *token)
{
    struct str t = str_of(token);
    if (!str_starts(str_from(p->text, p->at), t))
        return false;
    p->at += t.len;
    return true;
}

static void skip_space(struct parser *p)
{
    while (peek(p) == ' ' || peek(p) == '\t' || peek(p) == '\n' || peek(p) == '\r')
        p->at++;
}

static enum err parse_fail(struct parser *p, const char *what)
{
    return error_set_at(p->error, ERR_SYNTAX, p->at, "%s", what);
}

// 'text' or "text", with backslash escapes.
static enum err parse_quoted(struct parser *p, struct str *out)
{
    char quote = peek(p);
    struct buf buf = buf_in(p->arena, p->text.len + 1);
    for (p->at++; p->at < p->text.len && peek(p) != quote; p->at++) {
        if (peek(p) == '\\' && p->at + 1 < p->text.len)
            p->at++;
        buf_put_char(&buf, peek(p));
    }
    if (peek(p) != quote)
        return parse_fail(p, "a quoted name is not closed");
    p->at++;
    *out = buf_str(&buf);
    if (!out->ptr)
        *out = S("");
    return OK;
}

static enum err parse_int(struct parser *p, int64_t *out)
{
    size_t start = p->at;
    if (peek(p) == '-')
        p->at++;
    while (peek(p) >= '0' && peek(p) <= '9')
        p->at++;
    if (!str_to_i64(str_slice(p->text, start, p->at), out))
        return parse_fail(p, "an index must be a whole number");
    return OK;
}

static bool name_ends(char c)
{
    return c == '\0' || c == '.' || c == '[' || c == '(';
}

// In a filter, a name also ends where an operator or a bracket may begin.
static bool name_ends_in_filter(char c)
{
    return name_ends(c) || strchr(" \t)&|=!<>,]~", c) != NULL;
}

static enum err parse_name(struct parser *p, struct step *step, bool in_filter)
{
    size_t start = p->at;
    while (p->at < p->text.len && !(in_filter ? name_ends_in_filter(peek(p)) : name_ends(peek(p))))
        p->at++;
    step->name = str_slice(p->text, start, p->at);
    step->kind = STEP_NAME;
    if (step->name.len == 0)
        return parse_fail(p, "a name is missing");
    if (!take(p, "("))
        return OK;
    static const char *const functions[] = {"length", "keys", "min", "max", "avg", "sum"};
    bool known = false;
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
        known |= str_is(step->name, functions[i]);
    if (!known || !take(p, ")"))
        return parse_fail(p, "an unknown function");
    step->kind = STEP_FUNCTION;
    return OK;
}

static enum err parse_numbers(struct parser *p, struct step *step)
{
    step->kind = STEP_INDEXES;
    int64_t number = 0;
    if (peek(p) != ':') {
        TRY(parse_int(p, &number));
        *ARENA_PUSH(p->arena, step->indexes, step->count, step->capacity) = number;
        step->has_from = true;
    }
    skip_space(p);
    if (take(p, ":")) {
        step->kind = STEP_SLICE;
        int64_t *bounds = ARENA_ARRAY(p->arena, int64_t, 2);
        bounds[0] = number;
        step->indexes = bounds;
        skip_space(p);
        if (peek(p) != ']') {
            TRY(parse_int(p, &bounds[1]));
            step->has_to = true;
        }
        return OK;
    }
    while (take(p, ",")) {
        skip_space(p);
        TRY(parse_int(p, &number));
        *ARENA_PUSH(p->arena, step->indexes, step->count, step->capacity) = number;
        skip_space(p);
    }
    return OK;
}

static enum err parse_names(struct parser *p, struct step *step)
{
    step->kind = STEP_NAMES;
    do {
        skip_space(p);
        if (peek(p) != '\'' && peek(p) != '"')
            return parse_fail(p, "a quoted name is expected");
        struct str name;
        TRY(parse_quoted(p, &name));
        *ARENA_PUSH(p->arena, step->names, step->count, step->capacity) = name;
        skip_space(p);
    } while (take(p, ","));
    if (step->count == 1) {
        step->kind = STEP_NAME;
        step->name = step->names[0];
    }
    return OK;
}

static enum err parse_bracket(struct parser *p, struct step *step)
{
    skip_space(p);
    if (take(p, "?(")) {
        step->kind = STEP_FILTER;
        TRY(parse_or(p, &step->filter));
        skip_space(p);
        if (!take(p, ")"))
            return parse_fail(p, "a filter is not closed");
    } else if (take(p, "*")) {
        step->kind = STEP_ALL;
    } else if (peek(p) == '\'' || peek(p) == '"') {
        TRY(parse_names(p, step));
    } else {
        TRY(parse_numbers(p, step));
    }
    skip_space(p);
    return take(p, "]") ? OK : parse_fail(p, "a bracket is not closed");
}

static bool step_is_definite(const struct step *step)
{
    return !step->deep && (step->kind == STEP_NAME || step->kind == STEP_FUNCTION ||
                           (step->kind == STEP_INDEXES && step->count == 1));
}

static enum err parse_steps(struct parser *p, struct path *path, bool in_filter)
{
    path->definite = true;
    for (;;) {
        struct step step = {0};
        if (take(p, "..")) {
            step.deep = true;
            if (take(p, "["))
                TRY(parse_bracket(p, &step));
            else if (take(p, "*"))
                step.kind = STEP_ALL;
            else
                TRY(parse_name(p, &step, in_filter));
        } else if (take(p, ".")) {
            if (take(p, "*"))
                step.kind = STEP_ALL;
            else if (take(p, "["))
                TRY(parse_bracket(p, &step));
            else
                TRY(parse_name(p, &step, in_filter));
        } else if (take(p, "[")) {
            TRY(parse_bracket(p, &step));
        } else {
            return OK;
        }
        // A function looks at all matches at once, so what it gives is one value.
        if (step.kind == STEP_FUNCTION)
            path->definite = true;
        else
            path->definite &= step_is_definite(&step);
        *ARENA_PUSH(p->arena, path->steps, path->count, path->capacity) = step;
    }
}

static enum err parse_literal(struct parser *p, struct json **out)
{
    if (peek(p) == '\'') {
        struct str text;
        TRY(parse_quoted(p, &text));
        *out = json_string(p->arena, text);
        return OK;
    }
    size_t taken = 0;
    if (json_parse_next(p->arena, str_from(p->text, p->at), out, &taken, p->error) == OK && *out) {
        p->at += taken;
        return OK;
    }
    // A bare number is followed by an operator or a bracket, which the JSON parser may not like.
    size_t start = p->at;
    while (p->at < p->text.len && strchr("+-.0123456789eE", peek(p)))
        p->at++;
    if (json_parse(p->arena, str_slice(p->text, start, p->at), out, p->error) != OK)
        return parse_fail(p, "a literal is expected");
    return OK;
}

static enum err parse_operand(struct parser *p, struct operand *out)
{
    skip_space(p);
    if (peek(p) == '@' || peek(p) == '$') {
        out->from_root = peek(p) == '$';
        p->at++;
        out->path = ARENA_NEW(p->arena, struct path);
        return parse_steps(p, out->path, true);
    }
    return parse_literal(p, &out->literal);
}

static enum err parse_comparison(struct parser *p, struct filter *filter)
{
    static const struct {
        const char *token;
        enum compare compare;
    } operators[] = {{"==", CMP_EQ},  {"!=", CMP_NE},   {"<=", CMP_LE},  {">=", CMP_GE},
                     {"<", CMP_LT},   {">", CMP_GT},    {"in ", CMP_IN}, {"nin ", CMP_NIN},
                     {"in[", CMP_IN}, {"nin[", CMP_NIN}};
    TRY(parse_operand(p, &filter->left));
    skip_space(p);
    filter->kind = FILTER_EXISTS;
    for (size_t i = 0; i < sizeof operators / sizeof *operators; i++) {
        if (!take(p, operators[i].token))
            continue;
        if (p->text.ptr[p->at - 1] == '[')
            p->at--;
        filter->kind = FILTER_COMPARE;
        filter->compare = operators[i].compare;
        return parse_operand(p, &filter->right);
    }
    if (peek(p) == '=' || peek(p) == '~')
        return parse_fail(p, "an unsupported filter operator");
    return filter->left.path ? OK : parse_fail(p, "a filter needs a path");
}

static enum err parse_unary(struct parser *p, struct filter **out)
{
    if (++p->depth > 64)
        return parse_fail(p, "a filter is nested too deeply");
    skip_space(p);
    struct filter *filter = ARENA_NEW(p->arena, struct filter);
    if (peek(p) == '!' && str_from(p->text, p->at).len > 1 && p->text.ptr[p->at + 1] != '=') {
        p->at++;
        filter->kind = FILTER_NOT;
        TRY(parse_unary(p, &filter->a));
    } else if (take(p, "(")) {
        TRY(parse_or(p, &filter));
        skip_space(p);
        if (!take(p, ")"))
            return parse_fail(p, "a bracket is not closed");
    } else {
        TRY(parse_comparison(p, filter));
    }
    p->depth--;
    *out = filter;
    return OK;
}

static enum err parse_chain(struct parser *p, const char *token, enum filter_kind kind,
                            enum err (*next)(struct parser *, struct filter **),
                            struct filter **out)
{
    TRY(next(p, out));
    for (skip_space(p); take(p, token); skip_space(p)) {
        struct filter *both = ARENA_NEW(p->arena, struct filter);
        both->kind = kind;
        both->a = *out;
        TRY(next(p, &both->b));
        *out = both;
    }
    return OK;
}

static enum err parse_and(struct parser *p, struct filter **out)
{
    return parse_chain(p, "&&", FILTER_AND, parse_unary, out);
}

static enum err parse_or(struct parser *p, struct filter **out)
{
    return parse_chain(p, "||", FILTER_OR, parse_and, out);
}

enum err path_parse(struct arena *arena, struct str text, struct path **out_path,
                    struct error *error)
{
    struct parser p = {arena, text, 0, error, 0};
    struct path *path = ARENA_NEW(arena, struct path);
    if (!take(&p, "$"))
        return parse_fail(&p, "a path starts with $");
    TRY(parse_steps(&p, path, false));
    if (p.at != text.len)
        return parse_fail(&p, "unexpected characters");
    *out_path = path;
    return OK;
}

bool path_is_reference(const struct path *path)
{
    for (size_t i = 0; i < path->count; i++) {
        const struct step *step = &path->steps[i];
        if (!step_is_definite(step) || step->kind == STEP_FUNCTION ||
            (step->kind == STEP_INDEXES && step->indexes[0] < 0))
            return false;
    }
    return true;
}

// --- reading

struct walk {
    struct arena *arena;
    const struct json *root;
    struct json **found;
    size_t count, capacity;
};

static bool filter_holds(struct arena *arena, const struct filter *filter, const struct json *root,
                         const struct json *current);

static void walk_add(struct walk *walk, const struct json *value)
{
    if (value)
        *ARENA_PUSH(walk->arena, walk->found, walk->count, walk->capacity) = (struct json *)value;
}

static struct json *at_index(const struct json *array, int64_t index)
{
    if (!json_is(array, JSON_ARRAY))
        return NULL;
    if (index < 0)
        index += (int64_t)array->count;
    return index < 0 ? NULL : json_at(array, (size_t)index);
}

static void walk_slice(struct walk *walk, const struct step *step, const struct json *value)
{
    if (!json_is(value, JSON_ARRAY))
        return;
    int64_t count = (int64_t)value->count;
    int64_t from = step->has_from ? step->indexes[0] : 0;
    int64_t to = step->has_to ? step->indexes[1] : count;
    from = from < 0 ? from + count : from;
    to = to < 0 ? to + count : to;
    for (int64_t i = from < 0 ? 0 : from; i < to && i < count; i++)
        walk_add(walk, value->items[i]);
}

static void walk_here(struct walk *walk, const struct step *step, const struct json *value)
{
    switch (step->kind) {
    case STEP_NAME:
        walk_add(walk, json_get_str(value, step->name));
        return;
    case STEP_NAMES: {
        if (!json_is(value, JSON_OBJECT))
            return;
        struct json *picked = json_object(walk->arena);
        for (size_t i = 0; i < step->count; i++)
            json_set_named(walk->arena, picked, step->names[i],
                           json_get_str(value, step->names[i]));
        walk_add(walk, picked);
        return;
    }
    case STEP_INDEXES:
        for (size_t i = 0; i < step->count; i++)
            walk_add(walk, at_index(value, step->indexes[i]));
        return;
    case STEP_SLICE:
        walk_slice(walk, step, value);
        return;
    case STEP_ALL:
    case STEP_FILTER:
        JSON_EACH (item, value)
            if (step->kind == STEP_ALL || filter_holds(walk->arena, step->filter, walk->root, item))
                walk_add(walk, item);
        JSON_EACH_MEMBER (member, value)
            if (step->kind == STEP_ALL)
                walk_add(walk, member->value);
        if (step->kind == STEP_FILTER && json_is(value, JSON_OBJECT) &&
            filter_holds(walk->arena, step->filter, walk->root, value))
            walk_add(walk, value);
        return;
    case STEP_FUNCTION:
        assert(!"functions are applied to all matches at once");
    }
}

static void walk_deep(struct walk *walk, const struct step *step, const struct json *value)
{
    walk_here(walk, step, value);
    JSON_EACH (item, value)
        walk_deep(walk, step, item);
    JSON_EACH_MEMBER (member, value)
        walk_deep(walk, step, member->value);
}

// Numbers of the matches, or of the one array that was matched.
static struct json *apply_function(struct walk *walk, struct str name, bool definite)
{
    struct arena *arena = walk->arena;
    struct json *one = walk->count == 1 ? walk->found[0] : NULL;
    struct json *all = json_array(arena);
    if (definite && !one)
        return NULL;
    if (definite) {
        all = one;
    } else {
        for (size_t i = 0; i < walk->count; i++)
            json_push(arena, all, walk->found[i]);
    }
    if (str_is(name, "length"))
        return json_is(all, JSON_STRING) ? json_i64(arena, (int64_t)all->text.len)
               : json_is(all, JSON_ARRAY) || json_is(all, JSON_OBJECT)
                   ? json_i64(arena, (int64_t)json_count(all))
                   : NULL;
    if (str_is(name, "keys")) {
        struct json *keys = json_array(arena);
        JSON_EACH_MEMBER (member, all)
            json_push(arena, keys, json_string(arena, member->name));
        return json_is(all, JSON_OBJECT) ? keys : NULL;
    }
    double sum = 0, least = 0, most = 0, number;
    size_t count = 0;
    JSON_EACH (item, all) {
        if (!json_as_double(item, &number))
            continue;
        least = count == 0 || number < least ? number : least;
        most = count == 0 || number > most ? number : most;
        sum += number;
        count++;
    }
    if (count == 0)
        return NULL;
    double value = str_is(name, "min")   ? least
                   : str_is(name, "max") ? most
                   : str_is(name, "sum") ? sum
                                         : sum / (double)count;
    return json_double(arena, value);
}

enum err path_get(struct arena *arena, const struct path *path, const struct json *root,
                  struct json **out_value)
{
    struct walk reached = {.arena = arena, .root = root};
    walk_add(&reached, root);
    bool definite = true;
    for (size_t i = 0; i < path->count; i++) {
        const struct step *step = &path->steps[i];
        struct walk next = {.arena = arena, .root = root};
        if (step->kind == STEP_FUNCTION) {
            walk_add(&next, apply_function(&reached, step->name, definite));
            definite = true;
        } else {
            for (size_t k = 0; k < reached.count; k++) {
                if (step->deep)
                    walk_deep(&next, step, reached.found[k]);
                else
                    walk_here(&next, step, reached.found[k]);
            }
            definite &= step_is_definite(step);
        }
        if (definite && next.count == 0)
            return step->kind == STEP_INDEXES && i + 1 == path->count && reached.count == 1 &&
                           json_is(reached.found[0], JSON_ARRAY)
                       ? ERR_LIMIT
                       : ERR_NOT_FOUND;
        reached = next;
    }
    if (definite) {
        if (reached.count == 0)
            return ERR_NOT_FOUND;
        *out_value = reached.found[0];
        return OK;
    }
    struct json *matches = json_array(arena);
    for (size_t i = 0; i < reached.count; i++)
        json_push(arena, matches, reached.found[i]);
    *out_value = matches;
    return OK;
}

// --- filters

static const struct json *operand_value(struct arena *arena, const struct operand *operand,
                                        const struct json *root, const struct json *current)
{
    struct json *value = NULL;
    if (!operand->path)
        return operand->literal;
    if (path_get(arena, operand->path, operand->from_root ? root : current, &value) != OK)
        return NULL;
    return value;
}

// Values of different types are unequal and in no order.
static bool values_compare(enum compare compare, const struct json *a, const struct json *b)
{
    if (compare == CMP_IN || compare == CMP_NIN) {
        bool found = false;
        JSON_EACH (item, b)
            found |= a && json_equal(a, item);
        return found == (compare == CMP_IN);
    }
    if (compare == CMP_EQ || compare == CMP_NE)
        return (a && b && json_equal(a, b)) == (compare == CMP_EQ);
    if (!a || !b || a->type != b->type || (a->type != JSON_NUMBER && a->type != JSON_STRING))
        return false;
    int order =
        a->type == JSON_NUMBER ? json_number_cmp(a->text, b->text) : str_cmp(a->text, b->text);
    return compare == CMP_LT   ? order < 0
           : compare == CMP_LE ? order <= 0
           : compare == CMP_GT ? order > 0
                               : order >= 0;
}

static bool filter_holds(struct arena *arena, const struct filter *filter, const struct json *root,
                         const struct json *current)
{
    switch (filter->kind) {
    case FILTER_OR:
        return filter_holds(arena, filter->a, root, current) ||
               filter_holds(arena, filter->b, root, current);
    case FILTER_AND:
        return filter_holds(arena, filter->a, root, current) &&
               filter_holds(arena, filter->b, root, current);
    case FILTER_NOT:
        return !filter_holds(arena, filter->a, root, current);
    case FILTER_EXISTS: {
        const struct json *value = operand_value(arena, &filter->left, root, current);
        return value && (filter->left.path->definite || json_count(value) > 0);
    }
    case FILTER_COMPARE:
        return values_compare(filter->compare, operand_value(arena, &filter->left, root, current),
                              operand_value(arena, &filter->right, root, current));
    }
    return false;
}

// --- writing

static enum err set_from(struct arena *arena, const struct path *path, size_t at,
                         const struct json *root, struct json *value, struct json **out)
{
    if (at == path->count) {
        *out = value;
        return OK;
    }
    const struct step *step = &path->steps[at];
    struct json *inner = NULL, *copy;
    if (step->kind == STEP_NAME) {
        if (root && !json_is(root, JSON_OBJECT))
            return ERR_INVALID;
        TRY(set_from(arena, path, at + 1, json_get_str(root, step->name), value, &inner));
        copy = root ? json_copy_shallow(arena, root) : json_object(arena);
        *out = json_set_named(arena, copy, step->name, inner);
        return OK;
    }
    size_t index = (size_t)step->indexes[0];
    if (!json_is(root, JSON_ARRAY) || index > root->count)
        return ERR_INVALID;
    TRY(set_from(arena, path, at + 1, json_at(root, index), value, &inner));
    copy = json_copy_shallow(arena, root);
    if (index == root->count)
        json_push(arena, copy, inner);
    else
        copy->items[index] = inner;
    *out = copy;
    return OK;
}

enum err path_set(struct arena *arena, const struct path *path, const struct json *root,
                  struct json *value, struct json **out_root)
{
    assert(path_is_reference(path));
    return set_from(arena, path, 0, root, value, out_root);
}
