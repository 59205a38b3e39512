// SPDX-License-Identifier: Apache-2.0
// JSON (RFC 8259): one document model for all of Tarn.
//
// A value is a node in an arena. Objects keep the order of their members; numbers keep the text they were written
// with, so that no integer is lost through a double and a 38-digit number survives. Parsing is strict: no trailing
// commas, no NaN, no control characters in strings, valid UTF-8, no duplicate member names; an error carries the byte
// offset. A lone surrogate escape is refused. Nesting is limited to JSON_DEPTH_MAX.
//
// Ownership: everything lives in the arena that the function was given. Strings that had no escapes point into the
// parsed text, which must therefore live as long as the nodes. Nodes may be shared between documents of the same
// arena, as nothing is freed singly; treat a value that you did not build as read-only.
//
// Reading is forgiving so that handlers stay straight-line: every accessor takes NULL and the wrong type, and answers
// with "absent". Input that came from outside has been checked against its operation's shape (lake/shape.h) before.
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include "base/buf.h"

#define JSON_DEPTH_MAX 512

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json_member;
struct json {
    enum json_type type;
    bool boolean;    // JSON_BOOL
    struct str text; // JSON_STRING: the unescaped value; JSON_NUMBER: as written
    size_t count;    // items or members
    size_t capacity;
    union {
        struct json **items;         // JSON_ARRAY
        struct json_member *members; // JSON_OBJECT
    };
};
struct json_member {
    struct str name;
    struct json *value;
};

// --- text to value and back
enum err json_parse(struct arena *arena, struct str text, struct json **out_value, struct error *error) MUST_CHECK;
// Parses one value at the front and says how many bytes it took (leading white space included), so that a text of
// several values can be read one by one. At end of text (only white space left) *out_value is NULL.
enum err json_parse_next(struct arena *arena, struct str text, struct json **out_value, size_t *out_taken,
                         struct error *error) MUST_CHECK;
void json_write(struct buf *buf, const struct json *value);                   // compact
void json_write_pretty(struct buf *buf, const struct json *value);            // two-space indent
void json_write_string(struct buf *buf, struct str s);                        // quoted and escaped
struct str json_text(struct arena *arena, const struct json *value);          // compact

// --- reading; NULL-safe
struct json *json_get(const struct json *object, const char *name); // NULL when absent
struct json *json_get_str(const struct json *object, struct str name);
struct json *json_at(const struct json *array, size_t index); // NULL past the end
size_t json_count(const struct json *value);                  // 0 unless array or object
bool json_is(const struct json *value, enum json_type type);  // false for NULL pointers
bool json_has(const struct json *object, const char *name);   // present, even when null
struct str json_as_str(const struct json *value);             // STR_NONE unless a string
bool json_as_i64(const struct json *value, int64_t *out);     // whole numbers only ("3", "3.0", "3e2")
bool json_as_double(const struct json *value, double *out);
struct str json_str(const struct json *object, const char *name);                       // STR_NONE when absent
struct str json_str_or(const struct json *object, const char *name, struct str fallback);
int64_t json_i64_or(const struct json *object, const char *name, int64_t fallback);
double json_double_or(const struct json *object, const char *name, double fallback);
bool json_bool_or(const struct json *object, const char *name, bool fallback);
// Equal values: objects regardless of order, numbers by exact decimal value (1 equals 1.0 and 10e-1).
bool json_equal(const struct json *a, const struct json *b);
// Exact decimal comparison of two JSON numbers' texts: <0, 0, >0.
int json_number_cmp(struct str a, struct str b);

// --- building
struct json *json_null(struct arena *arena);
struct json *json_bool(struct arena *arena, bool value);
struct json *json_i64(struct arena *arena, int64_t value);
// The shortest text that reads back the same; what JSON cannot say (NaN, infinity) becomes null.
struct json *json_double(struct arena *arena, double value);
struct json *json_number(struct arena *arena, struct str text);    // text must be a JSON number; not copied
bool json_number_is(struct str text);                              // whether a text is one, by RFC 8259's grammar
struct json *json_string(struct arena *arena, struct str value);   // not copied
struct json *json_stringf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3);
struct json *json_array(struct arena *arena);
struct json *json_object(struct arena *arena);
struct json *json_push(struct arena *arena, struct json *array, struct json *value); // returns array
// Replaces or appends; `name` must outlive the value (a literal usually). A NULL value is skipped. Returns object.
struct json *json_set(struct arena *arena, struct json *object, const char *name, struct json *value);
struct json *json_set_named(struct arena *arena, struct json *object, struct str name, struct json *value);
struct json *json_set_str(struct arena *arena, struct json *object, const char *name, struct str value);
struct json *json_set_i64(struct arena *arena, struct json *object, const char *name, int64_t value);
struct json *json_set_bool(struct arena *arena, struct json *object, const char *name, bool value);
bool json_remove(struct json *object, struct str name); // whether it was there
struct json *json_copy(struct arena *arena, const struct json *value);         // deep, strings too
struct json *json_copy_shallow(struct arena *arena, const struct json *value); // own member list, shared values

// Iterates: JSON_EACH(item, array) { ... }   JSON_EACH_MEMBER(m, object) { m->name, m->value }. NULL-safe; `break` and
// `continue` work. The end is found once, at the start: do not remove inside the loop.
static inline size_t json_count_of(const struct json *value, enum json_type type)
{
    return value && value->type == type ? value->count : 0;
}
static inline struct json **json_items_of(const struct json *array)
{
    return json_count_of(array, JSON_ARRAY) ? array->items : (struct json **)0;
}
static inline struct json_member *json_members_of(const struct json *object)
{
    return json_count_of(object, JSON_OBJECT) ? object->members : (struct json_member *)0;
}
#define JSON_EACH(item, array)                                                                     \
    for (struct json **item##_at = json_items_of(array),                                              \
                     **item##_end = item##_at + json_count_of((array), JSON_ARRAY), *item = NULL;  \
         item##_at < item##_end && ((item = *item##_at), true); item##_at++)
#define JSON_EACH_MEMBER(m, object)                                                                \
    for (struct json_member *m = json_members_of(object),                                             \
                            *m##_end = m + json_count_of((object), JSON_OBJECT);                   \
         m < m##_end; m++)

#endif
