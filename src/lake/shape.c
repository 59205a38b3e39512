// SPDX-License-Identifier: Apache-2.0
// Checking values against their shapes. One walk both validates and builds the canonical value.
//
// Two kinds of trouble are kept apart, as AWS does. A value of the wrong type cannot be read at
// all: the walk stops and the request is a SerializationException. A value that breaks a constraint
// is noted with its path, and the walk goes on, so that the client sees all violations at once.
//
// Paths are spelled as AWS spells them: lower-case first letter, list items as "tags.1.member.key"
// (counting from one), map values as "attributes.NAME.member". Constraints on the items of a list
// of scalars are reported at the list.
#include "lake/shape.h"

#include "base/encode.h"
#include "base/timefmt.h"
#include "lake/shape_pattern.h"

#include <ctype.h>
#include <string.h>

#define PATH_BYTES_MAX 1024
#define SHOWN_BYTES_MAX 256 // of an offending value
#define TEXT_BYTES_MAX (16 * 1024)

const struct shape ANY_STRING = {.type = SHAPE_STRING};
const struct shape ANY_INTEGER = {.type = SHAPE_INTEGER};
const struct shape ANY_NUMBER = {.type = SHAPE_NUMBER};
const struct shape ANY_BOOLEAN = {.type = SHAPE_BOOLEAN};
const struct shape ANY_TIMESTAMP = {.type = SHAPE_TIMESTAMP};
const struct shape ANY_BLOB = {.type = SHAPE_BLOB};
const struct shape ANY_JSON = {.type = SHAPE_ANY};
const struct shape STRING_LIST = {.type = SHAPE_LIST, .item = &ANY_STRING};
const struct shape STRING_MAP = {.type = SHAPE_MAP, .item = &ANY_STRING};

struct check {
    struct arena *arena;
    struct error *error; // of the failure that stops the walk
    struct buf path;
    struct buf text; // the violations so far, "; " between them
    size_t violations;
};

static enum err check_value(struct check *check, const struct shape *shape, unsigned flags,
                            const struct json *value, struct json **out);

// --- the path

static size_t path_push(struct check *check, struct str name)
{
    size_t before = check->path.len;
    if (before)
        buf_put_char(&check->path, '.');
    buf_put(&check->path, name);
    return before;
}

static size_t path_push_field(struct check *check, const char *name)
{
    size_t before = path_push(check, str_of(name));
    size_t first = before ? before + 1 : 0;
    if (first < check->path.len)
        check->path.ptr[first] = (char)tolower((unsigned char)check->path.ptr[first]);
    return before;
}

static void path_pop(struct check *check, size_t before)
{
    check->path.len = before;
    check->path.overflowed = false;
}

// --- violations

static void value_show(struct check *check, const struct json *value, unsigned flags)
{
    struct buf *text = &check->text;
    if (flags & FIELD_SECRET) {
        buf_puts(text, "Value at '");
        return;
    }
    buf_puts(text, "Value ");
    if (!value) {
        buf_puts(text, "null at '");
        return;
    }
    struct str shown = value->type == JSON_STRING || value->type == JSON_NUMBER
                           ? value->text
                           : json_text(check->arena, value);
    buf_put_char(text, '\'');
    buf_put(text, str_slice(shown, 0, SHOWN_BYTES_MAX));
    if (shown.len > SHOWN_BYTES_MAX)
        buf_puts(text, "...");
    buf_puts(text, "' at '");
}

static void violation(struct check *check, const struct json *value, unsigned flags,
                      const char *constraint, ...) PRINTF_LIKE(4, 5);
static void violation(struct check *check, const struct json *value, unsigned flags,
                      const char *constraint, ...)
{
    if (check->violations++)
        buf_puts(&check->text, "; ");
    value_show(check, value, flags);
    buf_put(&check->text, buf_str(&check->path));
    buf_puts(&check->text, "' failed to satisfy constraint: Member must ");
    va_list args;
    va_start(args, constraint);
    buf_put(&check->text, str_formatv(check->arena, constraint, args));
    va_end(args);
}

static const char *type_name(const struct json *value)
{
    static const char *const NAMES[] = {
        [JSON_NULL] = "NULL_VALUE",     [JSON_BOOL] = "BOOLEAN_VALUE",
        [JSON_NUMBER] = "NUMBER_VALUE", [JSON_STRING] = "STRING_VALUE",
        [JSON_ARRAY] = "LIST_VALUE",    [JSON_OBJECT] = "STRUCTURE_VALUE",
    };
    return NAMES[value->type];
}

static enum err wrong_type(struct check *check, const struct json *value, const char *wanted)
{
    return error_set(check->error, ERR_SYNTAX, "%s can not be converted to %s at '%.*s'",
                     type_name(value), wanted, STR_ARG(buf_str(&check->path)));
}

static bool limited(const struct shape *shape)
{
    return shape->max != 0 || shape->min != 0;
}

static void check_length(struct check *check, const struct shape *shape, unsigned flags,
                         const struct json *value, uint64_t length)
{
    if (!limited(shape))
        return;
    if (shape->min > 0 && length < (uint64_t)shape->min)
        violation(check, value, flags, "have length greater than or equal to %lld",
                  (long long)shape->min);
    if (shape->max > 0 && length > (uint64_t)shape->max)
        violation(check, value, flags, "have length less than or equal to %lld",
                  (long long)shape->max);
}

// --- scalars

static size_t character_count(struct str s)
{
    size_t count = 0;
    for (size_t i = 0; i < s.len; i++)
        count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

static bool enumerated(const char *const *values, struct str s)
{
    for (; *values; values++)
        if (str_is(s, *values))
            return true;
    return false;
}

static struct str enumeration_text(struct arena *arena, const char *const *values)
{
    struct buf text = buf_in(arena, TEXT_BYTES_MAX);
    for (size_t i = 0; values[i]; i++)
        buf_printf(&text, "%s%s", i ? ", " : "", values[i]);
    return buf_str(&text);
}

static enum err check_string(struct check *check, const struct shape *shape, unsigned flags,
                             const struct json *value, struct json **out)
{
    if (value->type != JSON_STRING)
        return wrong_type(check, value, "a String");
    struct str s = value->text;
    if (limited(shape))
        check_length(check, shape, flags, value, character_count(s));
    if (shape->pattern && !pattern_matches(shape->pattern, s))
        violation(check, value, flags, "satisfy regular expression pattern: %s", shape->pattern);
    if (shape->values && !enumerated(shape->values, s))
        violation(check, value, flags, "satisfy enum value set: [%.*s]",
                  STR_ARG(enumeration_text(check->arena, shape->values)));
    *out = (struct json *)value;
    return OK;
}

static enum err check_integer(struct check *check, const struct shape *shape, unsigned flags,
                              const struct json *value, struct json **out)
{
    int64_t number;
    bool text = value->type == JSON_STRING; // from a header, a query string or a form
    if (!(text ? str_to_i64(str_trim(value->text), &number) : json_as_i64(value, &number)))
        return wrong_type(check, value, "an Integer");
    if (limited(shape) && number < shape->min)
        violation(check, value, flags, "have value greater than or equal to %lld",
                  (long long)shape->min);
    if (shape->max != 0 && number > shape->max)
        violation(check, value, flags, "have value less than or equal to %lld",
                  (long long)shape->max);
    *out = text ? json_i64(check->arena, number) : (struct json *)value;
    return OK;
}

static enum err check_number(struct check *check, const struct shape *shape, unsigned flags,
                             const struct json *value, struct json **out)
{
    double number;
    bool text = value->type == JSON_STRING;
    if (!(text ? str_to_double(str_trim(value->text), &number) : json_as_double(value, &number)))
        return wrong_type(check, value, "a Double");
    if (limited(shape) && number < (double)shape->min)
        violation(check, value, flags, "have value greater than or equal to %lld",
                  (long long)shape->min);
    if (shape->max != 0 && number > (double)shape->max)
        violation(check, value, flags, "have value less than or equal to %lld",
                  (long long)shape->max);
    *out = text ? json_number(check->arena, str_trim(value->text)) : (struct json *)value;
    return OK;
}

static enum err check_boolean(struct check *check, const struct json *value, struct json **out)
{
    *out = (struct json *)value;
    if (value->type == JSON_BOOL)
        return OK;
    struct str s = json_as_str(value);
    if (!str_eq_nocase(s, S("true")) && !str_eq_nocase(s, S("false")))
        return wrong_type(check, value, "a Boolean");
    *out = json_bool(check->arena, str_eq_nocase(s, S("true")));
    return OK;
}

static enum err check_timestamp(struct check *check, const struct json *value, struct json **out)
{
    int64_t ms;
    if (!time_from_json(value, &ms))
        return wrong_type(check, value, "a Timestamp");
    *out = time_json(check->arena, ms);
    return OK;
}

// Decoded length of strict base64, without decoding: payloads are large. False when it is not
// base64.
static bool base64_length(struct str text, uint64_t *out_length)
{
    if (text.len % 4)
        return false;
    size_t padding =
        text.len && text.ptr[text.len - 1] == '=' ? 1 + (text.ptr[text.len - 2] == '=') : 0;
    for (size_t i = 0; i < text.len - padding; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (!((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
              c == '+' || c == '/'))
            return false;
    }
    *out_length = text.len / 4 * 3 - padding;
    return true;
}

static enum err check_blob(struct check *check, const struct shape *shape, unsigned flags,
                           const struct json *value, struct json **out)
{
    uint64_t length;
    if (value->type != JSON_STRING)
        return wrong_type(check, value, "a Blob");
    if (!base64_length(value->text, &length))
        return error_set(check->error, ERR_SYNTAX, "Invalid base64 at '%.*s'",
                         STR_ARG(buf_str(&check->path)));
    check_length(check, shape, flags | FIELD_SECRET, value, length);
    *out = (struct json *)value;
    return OK;
}

// --- structures, lists, maps

static bool absent(const struct json *value)
{
    return !value || value->type == JSON_NULL;
}

static enum err check_field(struct check *check, const struct field *field,
                            const struct json *input, struct json *into)
{
    const struct json *value = json_get(input, field->name);
    if (absent(value)) {
        if (!(field->flags & FIELD_REQUIRED))
            return OK;
        size_t before = path_push_field(check, field->name);
        violation(check, NULL, 0, "not be null");
        path_pop(check, before);
        return OK;
    }
    if (field->flags & FIELD_REFUSED)
        return error_set(check->error, ERR_UNSUPPORTED,
                         "The parameter %s is not supported by Tarn.", field->name);
    size_t before = path_push_field(check, field->name);
    struct json *checked = NULL;
    TRY(check_value(check, field->shape, field->flags, value, &checked));
    json_set(check->arena, into, field->name, checked);
    path_pop(check, before);
    return OK;
}

static enum err check_struct(struct check *check, const struct shape *shape,
                             const struct json *value, struct json **out)
{
    if (value && value->type != JSON_OBJECT)
        return wrong_type(check, value, "a Structure");
    struct json *into = json_object(check->arena);
    for (const struct field *field = shape->fields; field && field->name; field++)
        if (field->place != IN_STREAM)
            TRY(check_field(check, field, value, into));
    *out = into;
    return OK;
}

static enum err check_list(struct check *check, const struct shape *shape, unsigned flags,
                           const struct json *value, struct json **out)
{
    if (value->type != JSON_ARRAY)
        return wrong_type(check, value, "a List");
    check_length(check, shape, flags, value, json_count(value));
    struct json *into = json_array(check->arena);
    for (size_t i = 0; i < value->count; i++) {
        struct json *checked = NULL;
        size_t before = path_push(check, str_format(check->arena, "%zu.member", i + 1));
        if (absent(value->items[i]))
            violation(check, NULL, 0, "not be null");
        else
            TRY(check_value(check, shape->item, flags, value->items[i], &checked));
        path_pop(check, before);
        if (checked)
            json_push(check->arena, into, checked);
    }
    *out = into;
    return OK;
}

static enum err check_map(struct check *check, const struct shape *shape, unsigned flags,
                          const struct json *value, struct json **out)
{
    if (value->type != JSON_OBJECT)
        return wrong_type(check, value, "a Map");
    check_length(check, shape, flags, value, json_count(value));
    struct json *into = json_object(check->arena);
    JSON_EACH_MEMBER(member, value)
    {
        if (absent(member->value))
            continue;
        struct json *checked = NULL;
        size_t before = path_push(check, member->name);
        path_push(check, S("member"));
        TRY(check_value(check, shape->item, flags, member->value, &checked));
        path_pop(check, before);
        json_set_named(check->arena, into, member->name, checked);
    }
    *out = into;
    return OK;
}

static enum err check_value(struct check *check, const struct shape *shape, unsigned flags,
                            const struct json *value, struct json **out)
{
    switch (shape ? shape->type : SHAPE_ANY) {
    case SHAPE_STRING:
        return check_string(check, shape, flags, value, out);
    case SHAPE_INTEGER:
        return check_integer(check, shape, flags, value, out);
    case SHAPE_NUMBER:
        return check_number(check, shape, flags, value, out);
    case SHAPE_BOOLEAN:
        return check_boolean(check, value, out);
    case SHAPE_TIMESTAMP:
        return check_timestamp(check, value, out);
    case SHAPE_BLOB:
        return check_blob(check, shape, flags, value, out);
    case SHAPE_STRUCT:
        return check_struct(check, shape, value, out);
    case SHAPE_LIST:
        return check_list(check, shape, flags, value, out);
    case SHAPE_MAP:
        return check_map(check, shape, flags, value, out);
    case SHAPE_ANY:
        break;
    }
    *out = (struct json *)value;
    return OK;
}

enum err shape_check(const struct shape *shape, const struct json *input, struct arena *arena,
                     struct json **out_value, struct error *error)
{
    struct check check = {.arena = arena,
                          .error = error,
                          .path = buf_in(arena, PATH_BYTES_MAX),
                          .text = buf_in(arena, TEXT_BYTES_MAX)};
    const struct json *value = absent(input) ? json_object(arena) : input;
    struct json *checked = NULL;
    TRY(check_value(&check, shape, 0, value, &checked));
    if (check.violations)
        return error_set(error, ERR_INVALID, "%zu validation error%s detected: %.*s",
                         check.violations, check.violations == 1 ? "" : "s",
                         STR_ARG(buf_str(&check.text)));
    *out_value = checked;
    return OK;
}
