// SPDX-License-Identifier: Apache-2.0
// What the prediction did not foresee: new names, other types, values in unusual spellings, and the
// words for a refusal.
#include "columnar/shred.h"

#include "base/encode.h"
#include "columnar/datetime.h"
#include "columnar/number.h"
#include "columnar/unescape.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define EXACT_DOUBLE_MAX (INT64_C(1) << 53) // up to it every integer is a double
#define DECIMAL_DIGITS_MAX 38
#define MESSAGE_VALUE_BYTES 80

const char *shred_fail(struct shredder *s, const char *at, const char *expected)
{
    s->failed_at = at;
    size_t offset = at > s->record ? (size_t)(at - s->record) : 0;
    error_set_at(&s->error, ERR_SYNTAX, offset, "invalid JSON at byte %zu: expected %s", offset,
                 expected);
    return NULL;
}

static struct str cut(struct str value)
{
    if (value.len > MESSAGE_VALUE_BYTES)
        value.len = str_utf8_prefix(str_slice(value, 0, MESSAGE_VALUE_BYTES));
    return value;
}

const char *shred_misfit(struct shredder *s, const struct column *column, struct str value)
{
    struct arena arena;
    arena_init(&arena);
    struct buf type = buf_in(&arena, ERROR_TEXT_MAX);
    type_put(&type, column->type);
    struct str path = column_path(&arena, column), seen = cut(value), name = buf_str(&type);
    bool vowel = name.len && memchr("aeiou", name.ptr[0], 5);
    s->failed_at = value.ptr;
    error_set_at(&s->error, ERR_INVALID, (size_t)(value.ptr - s->record),
                 "%.*s: not %s %.*s: %.*s%s", STR_ARG(path), vowel ? "an" : "a", STR_ARG(name),
                 STR_ARG(seen), seen.len < value.len ? "..." : "");
    arena_deinit(&arena);
    return NULL;
}

// ================================================================ strings

// The characters of a string value, quotes included in `value`.
static struct str string_text(struct shredder *s, struct str value)
{
    struct str inside = str_slice(value, 1, value.len - 1);
    if (str_find_char(inside, '\\') == STR_NPOS)
        return inside;
    char *room = columns_text_room(s->columns, inside.len);
    const char *bad = NULL;
    return str_n(room, unescape(inside, room, &bad)); // it was checked
}

// ================================================================ learning

static size_t depth_of(const struct column *column)
{
    size_t depth = 0;
    for (; column->parent; column = column->parent)
        depth++;
    return depth;
}

static enum kind kind_of_number(struct shredder *s, struct str value)
{
    struct number number;
    number_read(value.ptr, &number);
    if (number.kind == NUMBER_INTEGER)
        return s->rules.small_integers && number.integer == (int32_t)number.integer ? KIND_INT32
                                                                                    : KIND_INT64;
    if (number.kind == NUMBER_BIG && number.digits <= DECIMAL_DIGITS_MAX)
        return KIND_DECIMAL;
    bool kept = number.kind == NUMBER_REAL && isfinite(number.real) && !number.underflowed;
    return kept || s->rules.lossy_real ? KIND_DOUBLE : KIND_JSON;
}

static enum kind kind_of_string(struct shredder *s, struct str value)
{
    int32_t days;
    int64_t micros;
    bool zoned;
    struct str text = string_text(s, value);
    if (s->rules.dates && datetime_date(text, &days))
        return KIND_DATE;
    if (s->rules.dates && datetime_timestamp(text, &micros, &zoned))
        return zoned ? KIND_TIMESTAMP_UTC : KIND_TIMESTAMP;
    return KIND_STRING;
}

// The least kind that a value shows by itself.
static enum kind kind_of_value(struct shredder *s, const struct column *column, struct str value)
{
    switch (value.ptr[0]) {
    case '{':
        return depth_of(column) < TYPE_DEPTH_MAX ? KIND_STRUCT : KIND_JSON;
    case '[':
        return depth_of(column) < TYPE_DEPTH_MAX ? KIND_LIST : KIND_JSON;
    case '"':
        return kind_of_string(s, value);
    case 't':
    case 'f':
        return KIND_BOOLEAN;
    default:
        return kind_of_number(s, value);
    }
}

// Of nested types the outermost level.
static struct type *type_of_kind(struct shredder *s, enum kind kind)
{
    struct type *type = type_new(s->arena, kind);
    if (kind == KIND_DECIMAL)
        type->precision = DECIMAL_DIGITS_MAX;
    if (kind == KIND_LIST)
        type_field_add(s->arena, type, S("element"), S("element"), type_new(s->arena, KIND_NULL));
    return type;
}

static void note_widening(struct shredder *s, const struct column *column, struct str from,
                          struct str value)
{
    struct widenings *notes = s->notes;
    if (notes->count == WIDENINGS_MAX)
        return;
    struct buf to = buf_in(&notes->arena, SIZE_MAX / 2);
    type_put(&to, column->type);
    *ARENA_PUSH(&notes->arena, notes->items, notes->count, notes->capacity) = (struct widening){
        .path = str_dup(&notes->arena, column_path(&notes->arena, column)), // names live shorter
        .from = str_dup(&notes->arena, from),
        .to = buf_str(&to),
        .source_index = s->source_index,
        .offset = s->offset + (uint64_t)(s->record - s->window),
        .value = str_dup(&notes->arena, cut(value))};
}

static bool is_whole(enum kind kind)
{
    return kind == KIND_INT32 || kind == KIND_INT64 || kind == KIND_DECIMAL;
}

// Spark and Glue take whole numbers and reals together as double, Tarn only while nothing is lost.
static bool join(struct shredder *s, struct type *type, const struct type *other)
{
    bool numbers = (type->kind == KIND_DOUBLE && is_whole(other->kind)) ||
                   (is_whole(type->kind) && other->kind == KIND_DOUBLE);
    if (s->rules.lossy_real && numbers) {
        bool changed = type->kind != KIND_DOUBLE;
        *type = (struct type){.kind = KIND_DOUBLE};
        return changed;
    }
    return type_join(s->arena, type, other);
}

static void widen(struct shredder *s, struct column *column, const struct type *seen,
                  struct str value)
{
    bool first = column->kind == KIND_NULL && !column->type->objects;
    bool new_at_top = first && !column->parent->parent && column->batch == s->columns->batches;
    struct buf from = buf_in(s->arena, SIZE_MAX / 2);
    type_put(&from, column->type);
    if (!join(s, column->type, seen))
        column->type->kind = KIND_JSON,
        column->type->count = 0; // an integer that is no double, beside doubles
    s->learnt = true;
    if (!first)
        note_widening(s, column, buf_str(&from), value);
    // A column may begin late at the top: batches before it had none, and their rows are null.
    if (s->rows_before > 0 && !new_at_top)
        s->stale = true;
    if (!first && (column->count > 0 || s->rows_before > 0))
        s->stale = true;
    column_retype(s->columns, column);
}

// ================================================================ fitting

static enum shred_fit taken(struct column *column, size_t slot)
{
    column->valid[slot] = 1;
    column->count++;
    return FIT_TAKEN;
}

static enum shred_fit fit_integer(struct shredder *s, struct column *column, size_t slot,
                                  struct str value)
{
    int bits = column->kind == KIND_INT8    ? 8
               : column->kind == KIND_INT16 ? 16
               : column->kind == KIND_INT32 ? 32
                                            : 64;
    int64_t most = (int64_t)(UINT64_MAX >> (65 - bits)), integer;
    bool number = value.ptr[0] == '-' || (value.ptr[0] >= '0' && value.ptr[0] <= '9');
    if (!number || !number_whole(value, &integer) || integer > most || integer < -most - 1)
        return shred_misfit(s, column, value), FIT_FAILED;
    column->integers[column->count] = integer;
    return taken(column, slot);
}

static enum shred_fit fit_real(struct shredder *s, struct column *column, size_t slot,
                               struct str value)
{
    struct number number;
    number_read(value.ptr, &number);
    bool fits = number.kind != NUMBER_NONE &&
                fabs(number.real) <= (column->kind == KIND_FLOAT ? (double)FLT_MAX : DBL_MAX);
    if (!fits)
        return shred_misfit(s, column, value), FIT_FAILED;
    column->doubles[column->count] = number.real;
    return taken(column, slot);
}

static enum shred_fit fit_decimal(struct shredder *s, struct column *column, size_t slot,
                                  struct str value)
{
    struct str text = value.ptr[0] == '"' ? string_text(s, value) : value;
    if (!number_decimal(text, column->type->precision, column->type->scale,
                        &column->decimals[column->count]))
        return shred_misfit(s, column, value), FIT_FAILED;
    return taken(column, slot);
}

static enum shred_fit fit_text(struct shredder *s, struct column *column, size_t slot,
                               struct str value)
{
    struct str text = value;
    if (column->kind == KIND_BINARY) {
        struct arena arena;
        arena_init(&arena);
        bool decoded =
            value.ptr[0] == '"' && base64_decode(&arena, string_text(s, value), &text) == OK;
        if (decoded) {
            char *room = columns_text_room(s->columns, text.len);
            memcpy(room, text.ptr, text.len);
            text.ptr = room;
        }
        arena_deinit(&arena);
        if (!decoded)
            return shred_misfit(s, column, value), FIT_FAILED;
    } else if (value.ptr[0] == '"') {
        text = string_text(s, value);
    }
    bool is_string = value.ptr[0] == '"';
    column->texts[column->count] =
        (struct text_view){.ptr = text.ptr,
                           .len = (uint32_t)text.len,
                           .first = is_string ? 0 : (unsigned char)value.ptr[0]};
    return taken(column, slot);
}

static enum shred_fit fit_instant(struct shredder *s, struct column *column, size_t slot,
                                  struct str value)
{
    int32_t days = 0;
    int64_t micros = 0;
    bool zoned;
    struct str text = value.ptr[0] == '"' ? string_text(s, value) : STR_NONE;
    if (column->kind == KIND_DATE
            ? !datetime_date(text, &days)
            : !datetime_timestamp(text, &micros, &zoned) && !datetime_date(text, &days))
        return shred_misfit(s, column, value), FIT_FAILED;
    column->integers[column->count] =
        column->kind == KIND_DATE ? days : micros + days * INT64_C(86400000000);
    return taken(column, slot);
}

// A map's key is a string in JSON, whatever its type. What is no number in the quotes stays as it
// is, and does not fit.
static struct str unquoted_key(struct str value)
{
    struct number number;
    struct str inside = str_slice(value, 1, value.len - 1);
    number_read(inside.ptr, &number);
    return number.kind != NUMBER_NONE && number.end == inside.ptr + inside.len ? inside : value;
}

// Into a type that is given, or that holds the value already.
static enum shred_fit fit_given(struct shredder *s, struct column *column, size_t slot,
                                struct str value)
{
    if (column->required && column->kind >= KIND_INT8 && column->kind <= KIND_DOUBLE &&
        value.ptr[0] == '"')
        value = unquoted_key(value);
    switch (column->kind) {
    case KIND_INT8:
    case KIND_INT16:
    case KIND_INT32:
    case KIND_INT64:
        return fit_integer(s, column, slot, value);
    case KIND_FLOAT:
    case KIND_DOUBLE:
        return fit_real(s, column, slot, value);
    case KIND_DECIMAL:
        return fit_decimal(s, column, slot, value);
    case KIND_NULL:
    case KIND_STRING:
    case KIND_JSON:
    case KIND_BINARY:
        return fit_text(s, column, slot, value);
    case KIND_DATE:
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMP_UTC:
        return fit_instant(s, column, slot, value);
    case KIND_BOOLEAN:
    case KIND_LIST:
    case KIND_MAP:
    case KIND_STRUCT:
        break;
    }
    return shred_misfit(s, column, value), FIT_FAILED;
}

// Whether a learnt column holds the value though the hot path left it: an unusual spelling, not
// another type.
static bool holds(struct shredder *s, const struct column *column, enum kind seen, struct str value)
{
    struct number number;
    switch (column->kind) {
    case KIND_JSON:
        return true;
    case KIND_INT32:
    case KIND_INT64:
        return seen == column->kind || (seen == KIND_INT32 && column->kind == KIND_INT64);
    case KIND_DECIMAL:
        return seen == KIND_INT64 || seen == KIND_INT32 || seen == KIND_DECIMAL;
    case KIND_DOUBLE:
        if (seen == KIND_DOUBLE || (s->rules.lossy_real && is_whole(seen)))
            return true;
        number_read(value.ptr, &number);
        return number.kind == NUMBER_INTEGER && number.integer <= EXACT_DOUBLE_MAX &&
               number.integer >= -EXACT_DOUBLE_MAX;
    case KIND_DATE:
    case KIND_TIMESTAMP:
    case KIND_TIMESTAMP_UTC:
        return seen == column->kind || (seen == KIND_DATE && column->kind == KIND_TIMESTAMP);
    default:
        return false;
    }
}

static bool is_empty_object(struct str value)
{
    return value.ptr[0] == '{' && str_trim(str_slice(value, 1, value.len - 1)).len == 0;
}

enum shred_fit shred_fit(struct shredder *s, struct column *column, size_t slot, struct str value)
{
    if (s->columns->given)
        return fit_given(s, column, slot, value);
    if (column->type->objects && is_empty_object(value))
        return fit_given(s, column, slot, value);
    enum kind seen = kind_of_value(s, column, value);
    if (holds(s, column, seen, value))
        return fit_given(s, column, slot, value);
    if (!s->may_learn(s))
        return FIT_FAILED;
    widen(s, column, type_of_kind(s, seen), value);
    return FIT_RETRY;
}

// ================================================================ names

static struct column *field_named(const struct column *parent, struct str original, bool any_case)
{
    for (size_t i = 0; i < parent->child_count; i++) {
        const struct field *field = &parent->type->fields[i];
        if (str_eq(field->original, original) || (any_case && str_eq(field->name, original)))
            return parent->children[i];
    }
    for (size_t i = 0; any_case && i < parent->child_count; i++)
        if (str_eq_nocase(parent->type->fields[i].name, original))
            return parent->children[i];
    return NULL;
}

// A struct with so many names is a map in truth, and a table with more is none.
static bool too_many_names(struct shredder *s, struct column *parent)
{
    if (parent->parent) {
        struct type text = {.kind = KIND_JSON};
        widen(s, parent, &text, str_n(s->record, 1));
        s->stale |= s->columns->rows > 0;
        s->again = true;
    } else {
        s->failed_at = s->record;
        error_set(&s->error, ERR_LIMIT, "the records have more than %d names at their top level",
                  TYPE_FIELDS_MAX);
    }
    return false;
}

bool shred_unknown_key(struct shredder *s, struct column *parent, struct str text, const char *at,
                       struct key **out_key)
{
    struct str inside = str_slice(text, 1, text.len - 2);
    const char *bad = NULL;
    char *room = columns_text_room(s->columns, inside.len);
    size_t len = unescape(inside, room, &bad);
    if (len == SIZE_MAX)
        return shred_fail(s, at + (bad - text.ptr), "an escape of JSON's"), false;
    struct str name = str_n(room, len);
    if (!str_is_utf8(name))
        return shred_fail(s, at + 1, "UTF-8"), false;
    struct column *column = field_named(parent, name, s->columns->given || s->rules.fold_case);
    if (!column && !s->columns->given) {
        if (!s->may_learn(s))
            return false;
        bool too_many =
            parent->child_count >= SHRED_STRUCT_FIELDS_MAX || s->columns->fields >= TYPE_FIELDS_MAX;
        if (parent->parent ? too_many : parent->child_count >= TYPE_FIELDS_MAX)
            return too_many_names(s, parent);
        struct str original = str_dup(s->arena, name);
        struct str unique = type_free_name(s->arena, parent->type, original);
        struct type *type = type_new(s->arena, KIND_NULL);
        type_field_add(s->arena, parent->type, unique, original, type);
        column = column_add_field(s->columns, parent, unique, original, type);
        s->learnt = true;
        s->stale |= parent->parent && s->rows_before > 0;
        *out_key = column_key(parent, text);
        if (*out_key)
            return true;
    }
    *out_key = parent->key_count < KEY_ALIASES_MAX + parent->child_count
                   ? column_add_key(s->columns, parent, text, column)
                   : NULL;
    s->spare = column;
    return true;
}
