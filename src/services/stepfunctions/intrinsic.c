// SPDX-License-Identifier: Apache-2.0
// Intrinsic functions of the States Language.
//
// A call is read and evaluated in one pass over its text; checking is the same pass with evaluation
// left out. The table FUNCTIONS says each function's name, numbers of arguments and body. What
// fails inside a function fails the whole expression, with AWS's words: The function '<the whole
// expression>' had the following error: ...
#include "services/stepfunctions/scope.h"

#include "base/digest.h"
#include "base/encode.h"

#include <openssl/evp.h>
#include <string.h>

#define NESTING_MAX 10
#define ARGUMENTS_MAX 100
#define RANGE_ITEMS_MAX 1000
#define ENCODE_CHARS_MAX 10000

struct call_text {
    struct scope *scope; // NULL: check only
    struct arena *arena;
    struct str text;
    size_t at;
    int depth;
    struct str problem; // what went wrong
    const char *error;  // the States Language's name for it
};

struct arguments {
    struct json **items;
    size_t count, capacity;
};

typedef enum err function_body(struct call_text *c, const struct arguments *args,
                               struct json **out);

static enum err problem(struct call_text *c, const char *format, ...) PRINTF_LIKE(2, 3);
static enum err problem(struct call_text *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    c->problem = str_formatv(c->arena, format, args);
    va_end(args);
    return ERR_INVALID;
}

// --- arguments' types

static enum err want(struct call_text *c, const struct arguments *args, size_t index,
                     enum json_type type)
{
    static const char *const names[] = {"null",     "a boolean", "a number",
                                        "a string", "an array",  "an object"};
    if (json_is(args->items[index], type))
        return OK;
    return problem(c, "Invalid arguments: argument %zu must be %s", index + 1, names[type]);
}

static enum err want_int(struct call_text *c, const struct arguments *args, size_t index,
                         int64_t *out)
{
    double number;
    if (json_as_i64(args->items[index], out))
        return OK;
    if (!json_as_double(args->items[index], &number) || number < -9e18 || number > 9e18)
        return problem(c, "Invalid arguments: argument %zu must be an integer", index + 1);
    *out = (int64_t)(number < 0 ? number - 0.5 : number + 0.5); // AWS rounds to the nearest integer
    return OK;
}

// --- bodies

static enum err do_format(struct call_text *c, const struct arguments *args, struct json **out)
{
    TRY(want(c, args, 0, JSON_STRING));
    struct str format = args->items[0]->text;
    struct buf text = buf_in(c->arena, BUF_MAX_DEFAULT);
    size_t next = 1;
    for (size_t i = 0; i < format.len; i++) {
        char ch = format.ptr[i];
        if (ch == '\\' && i + 1 < format.len && strchr("{}\\'", format.ptr[i + 1])) {
            buf_put_char(&text, format.ptr[++i]);
        } else if (ch == '{' && i + 1 < format.len && format.ptr[i + 1] == '}') {
            if (next >= args->count)
                return problem(c, "Invalid arguments: fewer arguments than {}");
            struct json *value = args->items[next++];
            buf_put(&text, json_is(value, JSON_STRING) ? value->text : json_text(c->arena, value));
            i++;
        } else {
            buf_put_char(&text, ch);
        }
    }
    if (next != args->count)
        return problem(c, "Invalid arguments: more arguments than {}");
    *out = json_string(c->arena, buf_str(&text));
    return OK;
}

static enum err do_string_to_json(struct call_text *c, const struct arguments *args,
                                  struct json **out)
{
    TRY(want(c, args, 0, JSON_STRING));
    struct error error = {0};
    struct str text = args->items[0]->text;
    if (str_trim(text).len == 0) {
        *out = json_null(c->arena);
        return OK;
    }
    if (json_parse(c->arena, text, out, &error) != OK)
        return problem(c, "Invalid JSON at offset %zu: %s", error.offset, error.text);
    return OK;
}

static enum err do_json_to_string(struct call_text *c, const struct arguments *args,
                                  struct json **out)
{
    *out = json_string(c->arena, json_text(c->arena, args->items[0]));
    return OK;
}

static enum err do_array(struct call_text *c, const struct arguments *args, struct json **out)
{
    *out = json_array(c->arena);
    for (size_t i = 0; i < args->count; i++)
        json_push(c->arena, *out, args->items[i]);
    return OK;
}

static enum err do_array_partition(struct call_text *c, const struct arguments *args,
                                   struct json **out)
{
    int64_t size;
    TRY(want(c, args, 0, JSON_ARRAY));
    TRY(want_int(c, args, 1, &size));
    if (size <= 0)
        return problem(c, "Invalid arguments: the chunk size must be a positive integer");
    *out = json_array(c->arena);
    struct json *chunk = NULL;
    JSON_EACH (item, args->items[0]) {
        if (!chunk || (int64_t)chunk->count == size) {
            chunk = json_array(c->arena);
            json_push(c->arena, *out, chunk);
        }
        json_push(c->arena, chunk, item);
    }
    return OK;
}

static enum err do_array_contains(struct call_text *c, const struct arguments *args,
                                  struct json **out)
{
    TRY(want(c, args, 0, JSON_ARRAY));
    bool found = false;
    JSON_EACH (item, args->items[0])
        found |= json_equal(item, args->items[1]);
    *out = json_bool(c->arena, found);
    return OK;
}

static enum err do_array_range(struct call_text *c, const struct arguments *args, struct json **out)
{
    int64_t first, last, step;
    TRY(want_int(c, args, 0, &first));
    TRY(want_int(c, args, 1, &last));
    TRY(want_int(c, args, 2, &step));
    if (step == 0)
        return problem(c, "Invalid arguments: the increment must not be 0");
    *out = json_array(c->arena);
    for (int64_t value = first; step > 0 ? value <= last : value >= last;) {
        if ((*out)->count == RANGE_ITEMS_MAX)
            return problem(c, "The array holds more than %d elements", RANGE_ITEMS_MAX);
        json_push(c->arena, *out, json_i64(c->arena, value));
        if (__builtin_add_overflow(value, step, &value))
            break;
    }
    return OK;
}

static enum err do_array_get_item(struct call_text *c, const struct arguments *args,
                                  struct json **out)
{
    int64_t index;
    TRY(want(c, args, 0, JSON_ARRAY));
    TRY(want_int(c, args, 1, &index));
    *out = index < 0 ? NULL : json_at(args->items[0], (size_t)index);
    return *out ? OK : problem(c, "Index %lld is out of the array's bounds", (long long)index);
}

static enum err do_array_length(struct call_text *c, const struct arguments *args,
                                struct json **out)
{
    TRY(want(c, args, 0, JSON_ARRAY));
    *out = json_i64(c->arena, (int64_t)args->items[0]->count);
    return OK;
}

static enum err do_array_unique(struct call_text *c, const struct arguments *args,
                                struct json **out)
{
    TRY(want(c, args, 0, JSON_ARRAY));
    *out = json_array(c->arena);
    JSON_EACH (item, args->items[0]) {
        bool seen = false;
        for (size_t i = 0; i < (*out)->count && !seen; i++)
            seen = json_equal((*out)->items[i], item);
        if (!seen)
            json_push(c->arena, *out, item);
    }
    return OK;
}

static enum err do_base64_encode(struct call_text *c, const struct arguments *args,
                                 struct json **out)
{
    TRY(want(c, args, 0, JSON_STRING));
    if (args->items[0]->text.len > ENCODE_CHARS_MAX)
        return problem(c, "The data is longer than %d characters", ENCODE_CHARS_MAX);
    *out = json_string(c->arena, base64_encode(c->arena, args->items[0]->text));
    return OK;
}

static enum err do_base64_decode(struct call_text *c, const struct arguments *args,
                                 struct json **out)
{
    struct str bytes;
    TRY(want(c, args, 0, JSON_STRING));
    if (args->items[0]->text.len > ENCODE_CHARS_MAX)
        return problem(c, "The data is longer than %d characters", ENCODE_CHARS_MAX);
    if (base64_decode(c->arena, args->items[0]->text, &bytes) != OK || !str_is_utf8(bytes))
        return problem(c, "The data is not base64 of text");
    *out = json_string(c->arena, bytes);
    return OK;
}

static enum err do_hash(struct call_text *c, const struct arguments *args, struct json **out)
{
    static const char *const algorithms[][2] = {{"MD5", "MD5"},
                                                {"SHA-1", "SHA1"},
                                                {"SHA-256", "SHA256"},
                                                {"SHA-384", "SHA384"},
                                                {"SHA-512", "SHA512"}};
    TRY(want(c, args, 1, JSON_STRING));
    const struct json *data = args->items[0];
    struct str text = json_is(data, JSON_STRING) ? data->text : json_text(c->arena, data);
    if (text.len > ENCODE_CHARS_MAX)
        return problem(c, "The data is longer than %d characters", ENCODE_CHARS_MAX);
    for (size_t i = 0; i < sizeof algorithms / sizeof *algorithms; i++) {
        unsigned char digest[EVP_MAX_MD_SIZE];
        unsigned len = 0;
        if (!str_is(args->items[1]->text, algorithms[i][0]))
            continue;
        // base/digest.h has no SHA-384 and SHA-512, as nothing else needs them.
        if (EVP_Digest(text.ptr ? text.ptr : "", text.len, digest, &len,
                       EVP_get_digestbyname(algorithms[i][1]), NULL) != 1)
            return problem(c, "The algorithm is not available");
        *out = json_string(c->arena, hex_encode(c->arena, str_n((const char *)digest, len)));
        return OK;
    }
    return problem(
        c, "Invalid arguments: the algorithm must be MD5, SHA-1, SHA-256, SHA-384 or SHA-512");
}

static enum err do_json_merge(struct call_text *c, const struct arguments *args, struct json **out)
{
    TRY(want(c, args, 0, JSON_OBJECT));
    TRY(want(c, args, 1, JSON_OBJECT));
    TRY(want(c, args, 2, JSON_BOOL));
    if (args->items[2]->boolean)
        return problem(c, "Deep merge is not supported: argument 3 must be false");
    *out = json_copy_shallow(c->arena, args->items[0]);
    JSON_EACH_MEMBER (member, args->items[1])
        json_set_named(c->arena, *out, member->name, member->value);
    return OK;
}

static uint64_t seeded(uint64_t seed)
{
    seed += 0x9E3779B97F4A7C15u; // splitmix64
    seed = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9u;
    seed = (seed ^ (seed >> 27)) * 0x94D049BB133111EBu;
    return seed ^ (seed >> 31);
}

static enum err do_math_random(struct call_text *c, const struct arguments *args, struct json **out)
{
    int64_t start, end, seed = 0;
    TRY(want_int(c, args, 0, &start));
    TRY(want_int(c, args, 1, &end));
    if (args->count == 3)
        TRY(want_int(c, args, 2, &seed));
    if (end <= start)
        return problem(c, "Invalid arguments: the end must be greater than the start");
    uint64_t random = args->count == 3 ? seeded((uint64_t)seed) : random_u64(c->scope->random);
    *out =
        json_i64(c->arena, (int64_t)((uint64_t)start + random % ((uint64_t)end - (uint64_t)start)));
    return OK;
}

static enum err do_math_add(struct call_text *c, const struct arguments *args, struct json **out)
{
    int64_t a, b, sum;
    TRY(want_int(c, args, 0, &a));
    TRY(want_int(c, args, 1, &b));
    if (__builtin_add_overflow(a, b, &sum))
        return problem(c, "The sum is too large");
    *out = json_i64(c->arena, sum);
    return OK;
}

// Every character of the second argument separates; empty parts are dropped.
static enum err do_string_split(struct call_text *c, const struct arguments *args,
                                struct json **out)
{
    TRY(want(c, args, 0, JSON_STRING));
    TRY(want(c, args, 1, JSON_STRING));
    struct str text = args->items[0]->text, separators = args->items[1]->text;
    *out = json_array(c->arena);
    for (size_t start = 0, i = 0; i <= text.len; i++) {
        if (i < text.len && str_find_char(separators, text.ptr[i]) == STR_NPOS)
            continue;
        if (i > start)
            json_push(c->arena, *out, json_string(c->arena, str_slice(text, start, i)));
        start = i + 1;
    }
    return OK;
}

static enum err do_uuid(struct call_text *c, const struct arguments *args, struct json **out)
{
    (void)args;
    *out = json_string(c->arena, random_uuid(c->scope->random, c->arena));
    return OK;
}

static const struct {
    const char *name;
    size_t least, most;
    function_body *body;
} FUNCTIONS[] = {
    {"Format", 1, ARGUMENTS_MAX, do_format},
    {"StringToJson", 1, 1, do_string_to_json},
    {"JsonToString", 1, 1, do_json_to_string},
    {"Array", 0, ARGUMENTS_MAX, do_array},
    {"ArrayPartition", 2, 2, do_array_partition},
    {"ArrayContains", 2, 2, do_array_contains},
    {"ArrayRange", 3, 3, do_array_range},
    {"ArrayGetItem", 2, 2, do_array_get_item},
    {"ArrayLength", 1, 1, do_array_length},
    {"ArrayUnique", 1, 1, do_array_unique},
    {"Base64Encode", 1, 1, do_base64_encode},
    {"Base64Decode", 1, 1, do_base64_decode},
    {"Hash", 2, 2, do_hash},
    {"JsonMerge", 3, 3, do_json_merge},
    {"MathRandom", 2, 3, do_math_random},
    {"MathAdd", 2, 2, do_math_add},
    {"StringSplit", 2, 2, do_string_split},
    {"UUID", 0, 0, do_uuid},
};

// --- reading a call

static char peek(const struct call_text *c)
{
    return c->at < c->text.len ? c->text.ptr[c->at] : '\0';
}

static void skip_space(struct call_text *c)
{
    while (peek(c) == ' ' || peek(c) == '\t' || peek(c) == '\n')
        c->at++;
}

static bool take_char(struct call_text *c, char ch)
{
    skip_space(c);
    if (peek(c) != ch)
        return false;
    c->at++;
    return true;
}

// '...' with backslash escapes. Escaped braces keep their backslash, as they mean something to
// Format.
static enum err read_string(struct call_text *c, struct json **out)
{
    struct buf text = buf_in(c->arena, c->text.len + 1);
    for (c->at++; peek(c) != '\'' && c->at < c->text.len; c->at++) {
        if (peek(c) == '\\') {
            char next = c->at + 1 < c->text.len ? c->text.ptr[c->at + 1] : '\0';
            if (!next || !strchr("'\\{}", next))
                return problem(c, "a backslash must escape ', {, } or a backslash");
            if (next != '\'')
                buf_put_char(&text, '\\');
            c->at++;
        }
        buf_put_char(&text, peek(c));
    }
    if (peek(c) != '\'')
        return problem(c, "a string is not closed");
    c->at++;
    *out = json_string(c->arena, text.len ? buf_str(&text) : S(""));
    return OK;
}

// Where a path argument ends: at a comma or bracket that is outside of the path's own brackets and
// quotes.
static struct str take_path(struct call_text *c)
{
    size_t start = c->at;
    int depth = 0;
    char quote = '\0';
    for (; c->at < c->text.len; c->at++) {
        char ch = peek(c);
        if (quote) {
            quote = ch == quote ? '\0' : quote;
        } else if (ch == '\'' || ch == '"') {
            quote = ch;
        } else if (ch == '[' || ch == '(') {
            depth++;
        } else if (ch == ']' || (ch == ')' && depth > 0)) {
            depth--;
        } else if (depth == 0 && (ch == ',' || ch == ')')) {
            break;
        }
    }
    return str_trim(str_slice(c->text, start, c->at));
}

static enum err read_path(struct call_text *c, struct json **out)
{
    struct str text = take_path(c);
    if (!c->scope)
        return scope_path_check(c->arena, text, false, NULL) == OK ? OK
                                                                   : problem(c, "an invalid path");
    if (scope_path(c->scope, text, out) == OK)
        return OK;
    c->error = STATES_RUNTIME;
    const struct json *input = str_starts(text, S("$$")) ? c->scope->context : c->scope->input;
    return problem(
        c, "The JsonPath argument for the field '%.*s' could not be found in the input '%.*s'",
        STR_ARG(text), STR_ARG(json_text(c->arena, input)));
}

static enum err read_literal(struct call_text *c, struct json **out)
{
    size_t start = c->at;
    while (c->at < c->text.len && !strchr(",) \t\n", peek(c)))
        c->at++;
    if (json_parse(c->arena, str_slice(c->text, start, c->at), out, NULL) != OK)
        return problem(c, "an argument must be a string in single quotes, a number, true, false, "
                          "null, a path or a call");
    return OK;
}

static enum err read_call(struct call_text *c, struct json **out);

// Within strings that are not formats, the escapes of braces and backslashes are undone.
static void unescape(struct call_text *c, struct json *string)
{
    if (!json_is(string, JSON_STRING) || str_find_char(string->text, '\\') == STR_NPOS)
        return;
    struct buf text = buf_in(c->arena, string->text.len + 1);
    for (size_t i = 0; i < string->text.len; i++) {
        if (string->text.ptr[i] == '\\' && i + 1 < string->text.len)
            i++;
        buf_put_char(&text, string->text.ptr[i]);
    }
    string->text = buf_str(&text);
}

static enum err read_argument(struct call_text *c, bool is_format, struct json **out)
{
    skip_space(c);
    if (peek(c) == '\'') {
        TRY(read_string(c, out));
        if (!is_format)
            unescape(c, *out);
        return OK;
    }
    if (peek(c) == '$')
        return read_path(c, out);
    if (intrinsic_is(str_from(c->text, c->at)))
        return read_call(c, out);
    return read_literal(c, out);
}

static enum err read_arguments(struct call_text *c, bool is_format, struct arguments *args)
{
    if (!take_char(c, '('))
        return problem(c, "an opening bracket is expected");
    if (take_char(c, ')'))
        return OK;
    do {
        struct json *value = NULL;
        TRY(read_argument(c, is_format && args->count == 0, &value));
        *ARENA_PUSH(c->arena, args->items, args->count, args->capacity) = value;
        if (args->count > ARGUMENTS_MAX)
            return problem(c, "too many arguments");
    } while (take_char(c, ','));
    return take_char(c, ')') ? OK : problem(c, "a closing bracket is expected");
}

static enum err read_call(struct call_text *c, struct json **out)
{
    if (++c->depth > NESTING_MAX)
        return problem(c, "calls are nested more than %d deep", NESTING_MAX);
    c->at += sizeof "States." - 1;
    size_t start = c->at;
    while (c->at < c->text.len && peek(c) != '(' && peek(c) != ' ')
        c->at++;
    struct str name = str_slice(c->text, start, c->at);
    for (size_t i = 0; i < sizeof FUNCTIONS / sizeof *FUNCTIONS; i++) {
        if (!str_is(name, FUNCTIONS[i].name))
            continue;
        struct arguments args = {0};
        TRY(read_arguments(c, FUNCTIONS[i].body == do_format, &args));
        if (args.count < FUNCTIONS[i].least || args.count > FUNCTIONS[i].most)
            return problem(c, "Invalid number of arguments for States.%s", FUNCTIONS[i].name);
        c->depth--;
        return c->scope ? FUNCTIONS[i].body(c, &args, out) : OK;
    }
    return problem(c, "States.%.*s is not an intrinsic function", STR_ARG(name));
}

static enum err read_whole(struct call_text *c, struct json **out)
{
    TRY(read_call(c, out));
    skip_space(c);
    return c->at == c->text.len ? OK : problem(c, "unexpected characters after the call");
}

bool intrinsic_is(struct str text)
{
    return str_starts(text, S("States."));
}

enum err intrinsic_check(struct arena *arena, struct str text, struct error *error)
{
    struct call_text c = {.arena = arena, .text = text};
    struct json *ignored = NULL;
    if (read_whole(&c, &ignored) == OK)
        return OK;
    return error_set_at(error, ERR_SYNTAX, c.at, "%.*s", STR_ARG(c.problem));
}

enum err intrinsic_value(struct scope *scope, struct str text, struct json **out_value)
{
    struct call_text c = {
        .scope = scope, .arena = scope->arena, .text = text, .error = "States.IntrinsicFailure"};
    if (read_whole(&c, out_value) == OK)
        return OK;
    return scope_fail(scope, c.error, "The function '%.*s' had the following error: %.*s",
                      STR_ARG(text), STR_ARG(c.problem));
}
