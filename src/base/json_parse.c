// SPDX-License-Identifier: Apache-2.0
// The parser is recursive descent over bytes, bounded by JSON_DEPTH_MAX. Its time goes into
// strings, so those are scanned sixteen bytes at a step for a quote, a backslash, a control
// character or a byte outside ASCII; a string without escapes is then a view into the text, and
// only one with bytes outside ASCII is checked as UTF-8.
//
// Duplicate member names are found when an object ends: pair by pair in a small one, through a hash
// table in a large one, and by sorting when somebody chose names whose hashes collide. So no input
// makes it quadratic.
#include "base/json.h"

#include <stdlib.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define PAIRWISE_MAX 16 // members up to which pairs are compared
#define PROBES_MAX 32   // steps in the hash table before giving up on it

struct parser {
    struct arena *arena;
    struct str text;
    const char *p, *end;
    int depth;
    struct error *error;
};

static enum err parse_value(struct parser *parser, struct json **out_value);

static enum err refuse_at(struct parser *parser, const char *where, const char *what)
{
    return error_set_at(parser->error, ERR_SYNTAX, (size_t)(where - parser->text.ptr),
                        "invalid JSON at byte %zu: %s", (size_t)(where - parser->text.ptr), what);
}

static enum err refuse(struct parser *parser, const char *what)
{
    return refuse_at(parser, parser->p, parser->p < parser->end ? what : "unexpected end of text");
}

static void skip_space(struct parser *parser)
{
    while (parser->p < parser->end &&
           (*parser->p == ' ' || *parser->p == '\n' || *parser->p == '\r' || *parser->p == '\t'))
        parser->p++;
}

// --- strings

// First byte from p on that is a quote, a backslash or a control character. Bytes outside ASCII set
// *out_high.
static const char *scan_plain(const char *p, const char *end, bool *out_high)
{
#ifdef __SSE2__
    const __m128i quote = _mm_set1_epi8('"'), backslash = _mm_set1_epi8('\\');
    const __m128i control_max = _mm_set1_epi8(0x1F);
    while (end - p >= 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)p);
        __m128i control = _mm_cmpeq_epi8(_mm_max_epu8(bytes, control_max), control_max);
        __m128i special = _mm_or_si128(
            control, _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash)));
        unsigned stop = (unsigned)_mm_movemask_epi8(special);
        unsigned high = (unsigned)_mm_movemask_epi8(bytes);
        if (stop) {
            unsigned before = (unsigned)__builtin_ctz(stop);
            *out_high |= (high & ((1u << before) - 1)) != 0;
            return p + before;
        }
        *out_high |= high != 0;
        p += 16;
    }
#endif
    for (; p < end; p++) {
        unsigned char c = (unsigned char)*p;
        if (c == '"' || c == '\\' || c < 0x20)
            break;
        *out_high |= c >= 0x80;
    }
    return p;
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

// The four digits at p, or -1.
static int hex_four(const char *p, const char *end)
{
    if (end - p < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *put_utf8(char *out, unsigned c)
{
    if (c < 0x80) {
        *out++ = (char)c;
    } else if (c < 0x800) {
        *out++ = (char)(0xC0 | c >> 6);
        *out++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *out++ = (char)(0xE0 | c >> 12);
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    } else {
        *out++ = (char)(0xF0 | c >> 18);
        *out++ = (char)(0x80 | (c >> 12 & 0x3F));
        *out++ = (char)(0x80 | (c >> 6 & 0x3F));
        *out++ = (char)(0x80 | (c & 0x3F));
    }
    return out;
}

// \uXXXX at parser->p (which is at the backslash), or a pair of them.
static enum err parse_unicode_escape(struct parser *parser, char **out)
{
    const char *start = parser->p;
    int unit = hex_four(start + 2, parser->end);
    if (unit < 0)
        return refuse_at(parser, start, "\\u wants four hexadecimal digits");
    parser->p = start + 6;
    unsigned c = (unsigned)unit;
    if (c >= 0xD800 && c <= 0xDFFF) {
        int low = -1;
        if (c < 0xDC00 && parser->end - parser->p >= 6 && parser->p[0] == '\\' &&
            parser->p[1] == 'u')
            low = hex_four(parser->p + 2, parser->end);
        if (low < 0xDC00 || low > 0xDFFF)
            return refuse_at(parser, start, "lone surrogate escape");
        parser->p += 6;
        c = 0x10000 + ((c - 0xD800) << 10) + ((unsigned)low - 0xDC00);
    }
    *out = put_utf8(*out, c);
    return OK;
}

static enum err parse_escape(struct parser *parser, char **out)
{
    if (parser->end - parser->p < 2)
        return refuse_at(parser, parser->end, "unexpected end of text");
    char plain;
    switch (parser->p[1]) {
    case '"':
    case '\\':
    case '/':
        plain = parser->p[1];
        break;
    case 'b':
        plain = '\b';
        break;
    case 'f':
        plain = '\f';
        break;
    case 'n':
        plain = '\n';
        break;
    case 'r':
        plain = '\r';
        break;
    case 't':
        plain = '\t';
        break;
    case 'u':
        return parse_unicode_escape(parser, out);
    default:
        return refuse(parser, "unknown escape");
    }
    *(*out)++ = plain;
    parser->p += 2;
    return OK;
}

// Finds the closing quote without unescaping, so that the copy is made once at its largest possible
// size.
static const char *find_closing_quote(const char *p, const char *end)
{
    bool high = false;
    while (p < end) {
        p = scan_plain(p, end, &high);
        if (p == end || *p == '"')
            break;
        p += *p == '\\' && end - p >= 2 ? 2 : 1;
    }
    return p;
}

static enum err parse_escaped(struct parser *parser, const char *start, struct str *out)
{
    size_t room = (size_t)(find_closing_quote(start, parser->end) - start);
    char *text = arena_bytes(parser->arena, room), *end = text;
    bool high = false;
    parser->p = start;
    for (;;) {
        const char *stop = scan_plain(parser->p, parser->end, &high);
        end = mempcpy(end, parser->p, (size_t)(stop - parser->p));
        parser->p = stop;
        if (stop == parser->end || *stop == '"')
            break;
        if (*stop != '\\')
            return refuse(parser, "control character in a string");
        TRY(parse_escape(parser, &end));
    }
    *out = str_n(text, (size_t)(end - text));
    return OK;
}

// parser->p is behind the opening quote.
static enum err parse_string(struct parser *parser, struct str *out)
{
    const char *start = parser->p;
    bool high = false;
    parser->p = scan_plain(start, parser->end, &high);
    *out = str_n(start, (size_t)(parser->p - start));
    if (parser->p < parser->end && *parser->p == '\\') {
        high = true; // not known: the rest has not been scanned
        TRY(parse_escaped(parser, start, out));
    }
    if (parser->p == parser->end || *parser->p != '"')
        return refuse(parser, "control character in a string");
    if (high) {
        struct str raw = str_n(start, (size_t)(parser->p - start));
        size_t valid = str_utf8_prefix(raw);
        if (valid < raw.len)
            return refuse_at(parser, start + valid, "string is not valid UTF-8");
    }
    parser->p++;
    return OK;
}

// --- numbers and words

static const char *skip_digits(const char *p, const char *end)
{
    while (p < end && *p >= '0' && *p <= '9')
        p++;
    return p;
}

static enum err parse_digits(struct parser *parser)
{
    const char *start = parser->p;
    parser->p = skip_digits(start, parser->end);
    return parser->p > start ? OK : refuse(parser, "a number wants a digit here");
}

static enum err parse_number(struct parser *parser, struct json *value)
{
    const char *start = parser->p;
    if (*parser->p == '-')
        parser->p++;
    const char *whole = parser->p;
    TRY(parse_digits(parser));
    if (*whole == '0' && parser->p - whole > 1)
        return refuse_at(parser, whole, "a number must not start with a zero");
    if (parser->p < parser->end && *parser->p == '.') {
        parser->p++;
        TRY(parse_digits(parser));
    }
    if (parser->p < parser->end && (*parser->p == 'e' || *parser->p == 'E')) {
        parser->p++;
        if (parser->p < parser->end && (*parser->p == '+' || *parser->p == '-'))
            parser->p++;
        TRY(parse_digits(parser));
    }
    value->type = JSON_NUMBER;
    value->text = str_n(start, (size_t)(parser->p - start));
    return OK;
}

static enum err parse_word(struct parser *parser, const char *word)
{
    size_t len = strlen(word);
    if (!str_starts(str_n(parser->p, (size_t)(parser->end - parser->p)), str_n(word, len)))
        return refuse(parser, "expected a value");
    parser->p += len;
    return OK;
}

// --- arrays and objects

static enum err parse_array(struct parser *parser, struct json *array)
{
    array->type = JSON_ARRAY;
    parser->p++;
    skip_space(parser);
    if (parser->p < parser->end && *parser->p == ']') {
        parser->p++;
        return OK;
    }
    for (;;) {
        struct json *item;
        TRY(parse_value(parser, &item));
        *ARENA_PUSH(parser->arena, array->items, array->count, array->capacity) = item;
        skip_space(parser);
        if (parser->p == parser->end || (*parser->p != ',' && *parser->p != ']'))
            return refuse(parser, "expected ',' or ']'");
        if (*parser->p++ == ']')
            return OK;
    }
}

static int member_name_cmp(const void *a, const void *b)
{
    const struct json_member *const *x = a, *const *y = b;
    return str_cmp((*x)->name, (*y)->name);
}

static struct json_member *duplicate_by_sorting(const struct json *object)
{
    struct json_member **sorted = malloc(object->count * sizeof *sorted);
    if (!sorted)
        abort();
    for (size_t i = 0; i < object->count; i++)
        sorted[i] = &object->members[i];
    qsort(sorted, object->count, sizeof *sorted, member_name_cmp);
    struct json_member *duplicate = NULL;
    for (size_t i = 1; i < object->count && !duplicate; i++)
        if (str_eq(sorted[i - 1]->name, sorted[i]->name))
            duplicate = sorted[i - 1] > sorted[i] ? sorted[i - 1] : sorted[i];
    free(sorted);
    return duplicate;
}

static struct json_member *duplicate_by_hash(const struct json *object)
{
    size_t slots = 64;
    while (slots < object->count * 2)
        slots *= 2;
    struct json_member **table = calloc(slots, sizeof *table);
    if (!table)
        abort();
    struct json_member *duplicate = NULL;
    bool crowded = false;
    for (size_t i = 0; i < object->count && !duplicate && !crowded; i++) {
        struct json_member *member = &object->members[i];
        size_t slot = str_hash(member->name) & (slots - 1), probes = 0;
        while (table[slot] && !duplicate && !crowded) {
            if (str_eq(table[slot]->name, member->name))
                duplicate = member;
            crowded = ++probes > PROBES_MAX;
            slot = (slot + 1) & (slots - 1);
        }
        table[slot] = member;
    }
    free(table);
    return crowded && !duplicate ? duplicate_by_sorting(object) : duplicate;
}

// A member whose name another before it has, or NULL.
static struct json_member *find_duplicate(const struct json *object)
{
    if (object->count > PAIRWISE_MAX)
        return duplicate_by_hash(object);
    for (size_t i = 1; i < object->count; i++)
        for (size_t j = 0; j < i; j++)
            if (str_eq(object->members[i].name, object->members[j].name))
                return &object->members[i];
    return NULL;
}

static enum err refuse_duplicate(struct parser *parser, struct str name)
{
    // A name with escapes is not in the text: then the object's end has to do.
    bool in_text = name.ptr >= parser->text.ptr && name.ptr < parser->end;
    const char *where = in_text ? name.ptr - 1 : parser->p - 1;
    size_t offset = (size_t)(where - parser->text.ptr);
    int shown = name.len < 100 ? (int)name.len : 100;
    return error_set_at(parser->error, ERR_SYNTAX, offset,
                        "invalid JSON at byte %zu: duplicate member \"%.*s\"", offset, shown,
                        name.ptr);
}

static enum err parse_member(struct parser *parser, struct json *object)
{
    skip_space(parser);
    if (parser->p == parser->end || *parser->p != '"')
        return refuse(parser, "expected a member name");
    parser->p++;
    struct json_member member;
    TRY(parse_string(parser, &member.name));
    skip_space(parser);
    if (parser->p == parser->end || *parser->p != ':')
        return refuse(parser, "expected ':'");
    parser->p++;
    TRY(parse_value(parser, &member.value));
    *ARENA_PUSH(parser->arena, object->members, object->count, object->capacity) = member;
    return OK;
}

static enum err parse_object(struct parser *parser, struct json *object)
{
    object->type = JSON_OBJECT;
    parser->p++;
    skip_space(parser);
    if (parser->p < parser->end && *parser->p == '}') {
        parser->p++;
        return OK;
    }
    for (;;) {
        TRY(parse_member(parser, object));
        skip_space(parser);
        if (parser->p == parser->end || (*parser->p != ',' && *parser->p != '}'))
            return refuse(parser, "expected ',' or '}'");
        if (*parser->p++ == '}')
            break;
    }
    struct json_member *duplicate = find_duplicate(object);
    return duplicate ? refuse_duplicate(parser, duplicate->name) : OK;
}

static enum err parse_nested(struct parser *parser, struct json *value)
{
    if (parser->depth == JSON_DEPTH_MAX)
        return refuse(parser, "nested too deeply");
    parser->depth++;
    enum err err = *parser->p == '[' ? parse_array(parser, value) : parse_object(parser, value);
    parser->depth--;
    return err;
}

static enum err parse_value(struct parser *parser, struct json **out_value)
{
    skip_space(parser);
    if (parser->p == parser->end)
        return refuse(parser, "");
    struct json *value = ARENA_NEW(parser->arena, struct json);
    *out_value = value;
    switch (*parser->p) {
    case '{':
    case '[':
        return parse_nested(parser, value);
    case '"':
        value->type = JSON_STRING;
        parser->p++;
        return parse_string(parser, &value->text);
    case 't':
        value->type = JSON_BOOL;
        value->boolean = true;
        return parse_word(parser, "true");
    case 'f':
        value->type = JSON_BOOL;
        return parse_word(parser, "false");
    case 'n':
        return parse_word(parser, "null");
    default:
        if (*parser->p != '-' && (*parser->p < '0' || *parser->p > '9'))
            return refuse(parser, "expected a value");
        return parse_number(parser, value);
    }
}

static struct parser parser_of(struct arena *arena, struct str text, struct error *error)
{
    if (!text.ptr)
        text = S("");
    return (struct parser){
        .arena = arena, .text = text, .p = text.ptr, .end = text.ptr + text.len, .error = error};
}

enum err json_parse(struct arena *arena, struct str text, struct json **out_value,
                    struct error *error)
{
    struct parser parser = parser_of(arena, text, error);
    struct json *value;
    TRY(parse_value(&parser, &value));
    skip_space(&parser);
    if (parser.p < parser.end)
        return refuse(&parser, "more text after the value");
    *out_value = value;
    return OK;
}

enum err json_parse_next(struct arena *arena, struct str text, struct json **out_value,
                         size_t *out_taken, struct error *error)
{
    struct parser parser = parser_of(arena, text, error);
    struct json *value = NULL;
    skip_space(&parser);
    if (parser.p < parser.end)
        TRY(parse_value(&parser, &value));
    *out_value = value;
    *out_taken = (size_t)(parser.p - parser.text.ptr);
    return OK;
}
